/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l2tp_net.h - L2TP engines joined by lossy virtual links, on one virtual clock.
 *
 * Every node is an engine with a daemon behind it that counts what it hears and checks it:
 * each object ends once, multicast messages arrive once and in order, acknowledgements too.
 */
#ifndef TESTS_L2TP_NET_H
#define TESTS_L2TP_NET_H

#include "l2mcd/l2tp_engine.h"

struct net;

struct node {
	struct net *net;
	struct l2tp_engine *e; /* NULL: switched off */
	struct endpoint at;
	struct l2tp_params params;	/* of the tunnels it accepts */
	unsigned int tunnels, sessions; /* that have begun and not ended */
	unsigned int tunnels_up, sessions_up;
	unsigned int outgoing_up; /* ever */
	uint64_t multicast_sent, multicast_received, multicast_acked;
	void (*on_down)(struct node *n); /* a tunnel has ended */
};

struct net {
	struct twheel wheel;
	msec_t now;
	uint64_t seed;
	unsigned int loss_percent, duplicate_percent;
	msec_t delay_ms, jitter_ms; /* jitter beyond the gaps between datagrams reorders */
	struct node *nodes;
	size_t n_nodes;
	size_t in_flight, sent, lost;
};

void net_init(struct net *net, size_t n_nodes, uint64_t seed);
void net_fini(struct net *net);
void node_start(struct node *n);
/** Power cut: no word to anybody. */
void node_stop(struct node *n);

uint32_t net_random(struct net *net);
static inline uint32_t net_below(struct net *net, uint32_t n)
{
	return net_random(net) % n;
}

/** Time goes on until `until`. */
void net_run(struct net *net, msec_t until);
/** Puts what the node's engine has to say on its links; after calls into the engine. */
void node_pump(struct node *n);

struct l2tp_tunnel *node_open(struct node *n, struct node *to);
struct l2tp_session *node_call(struct node *n, struct l2tp_tunnel *t);
/** Asks the other end to place a call. */
struct l2tp_session *node_dial(struct node *n, struct l2tp_tunnel *t);
/** A message of RFC 4045 with a number to check order by. */
void node_multicast(struct node *n, struct l2tp_tunnel *t);

#endif
