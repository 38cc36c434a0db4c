/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ldp_net.h - LDP engines on a virtual network.
 *
 * Links carry Hellos to all other ends, with loss and delay.  A connection is a pair of octet
 * streams, delivered in order, in random pieces, after random times; it may break at any moment.
 */
#ifndef TESTS_LDP_NET_H
#define TESTS_LDP_NET_H

#include "mplsmc/ldp_engine.h"

#define NET_MAX_LINKS 8 /* of a node */

struct net;
struct connection;

struct node {
	struct net *net;
	struct ldp_engine *e; /* NULL: it is down */
	struct ldp_params params;
	struct addr transport;
	unsigned int index;
	unsigned int links[NET_MAX_LINKS], n_links;
	unsigned int ups, downs, sessions_up;
	uint64_t mappings_rx, mappings_tx;
};

struct link {
	unsigned int ends[4], n_ends;
	bool cut;
};

struct net {
	struct twheel wheel;
	msec_t now;
	uint64_t seed;
	struct node *nodes;
	struct link *links;
	unsigned int n_nodes, n_links;
	unsigned int hello_loss_percent, delay_ms, chunk;
	unsigned int connections, in_flight; /* objects alive */
	uint64_t octets, broken, suspicions;
	struct connection *all;
};

void net_init(struct net *net, unsigned int n_nodes, unsigned int n_links, uint64_t seed);
/** All nodes start, then stop being there. */
void net_start(struct net *net);
void net_fini(struct net *net);

void net_attach(struct net *net, unsigned int link, unsigned int node);
void net_run(struct net *net, msec_t until);
uint32_t net_random(struct net *net);
static inline uint32_t net_below(struct net *net, uint32_t n)
{
	return n ? net_random(net) % n : 0;
}

void node_start(struct node *n);
/** Without a word; connections are reset. */
void node_stop(struct node *n);
/** As a power failure: its peers do not hear of the end of their connections. */
void node_crash(struct node *n);
/** Resets one connection, if there is any. */
void net_break_one(struct net *net);

struct ldp_session *node_session(struct node *n, const struct node *peer);

#endif
