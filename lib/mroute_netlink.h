/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mroute_netlink.h - the kernel's multicast routing table: events, dump, counters.
 *
 * Whatever daemon filled it (pimd, or another one); nothing is asked of that daemon and no
 * privilege is needed.  IPv4 and IPv6, the default tables.
 */
#ifndef MCAST_MROUTE_NETLINK_H
#define MCAST_MROUTE_NETLINK_H

#include "lib/addr.h"
#include "lib/base.h"
#include "lib/bytes.h"

#define MROUTE_MAX_OIFS 32 /* MAXVIFS of the kernel */

/** An entry, as one message tells it. */
struct mroute {
	struct addr source, group; /* source ADDR_ANY: (*,G) */
	bool gone;		   /* was deleted */
	uint32_t iif;		   /* ifindex; 0: not resolved, only its first packets wait */
	uint32_t oif[MROUTE_MAX_OIFS];
	unsigned int n_oif;
	uint64_t packets, bytes; /* with those that came in by another interface and were dropped */
	msec_t idle_ms; /* since the last packet, or since it is there; dumps only, else 0 */
};

/** A netlink message, header included.  False: not an entry of the default tables, or malformed. */
bool mroute_parse(struct span message, struct mroute *r);

struct mroute_netlink;
typedef void mroute_fn(void *arg, const struct mroute *r);

/** changes: they are heard from now on, mroute_netlink_dump() tells what was before; else only a
 *  dump tells anything.  NULL and errno. */
struct mroute_netlink *mroute_netlink_open(bool changes);
void mroute_netlink_close(struct mroute_netlink *n);
/** Changes; readable: call mroute_netlink_input(). */
int mroute_netlink_fd(const struct mroute_netlink *n);
/** Changes, each with the whole entry; of a flood a part, the rest leaves the descriptor readable.
 *  False: some were lost, only a dump tells which. */
bool mroute_netlink_input(struct mroute_netlink *n, mroute_fn *fn, void *arg);
/** All entries with their counters; 5 ms for 10,000.  False: it is not complete. */
bool mroute_netlink_dump(struct mroute_netlink *n, mroute_fn *fn, void *arg);

#endif
