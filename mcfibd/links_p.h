/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * links_p.h - shared by links.c (sockets, interfaces) and nexthop.c (routes, neighbours).
 */
#ifndef MCFIBD_LINKS_P_H
#define MCFIBD_LINKS_P_H

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "mcfibd/links.h"

/* Room for any answer of rtnetlink: the kernel fills at most 32 KiB into one datagram. */
#define RTNL_BUFFER 32768

/** A request being built. */
struct rtnl_request {
	struct nlmsghdr *nlh;
	char buf[512];
};

/** Starts a request; returns the family's header of `size` octets, zeroed. */
void *rtnl_request(struct rtnl_request *r, uint16_t type, uint16_t flags, size_t size);

/**
 * Sends the request and hands each answer to cb.  False: errno, e.g. what the kernel refused
 * it with.
 */
bool rtnl_talk(struct links *l, struct rtnl_request *r, mnl_cb_t cb, void *arg);

/** Ends the change burst timer and reports; see nexthop.c. */
struct nexthops *nexthops_new(struct links *l);
void nexthops_free(struct nexthops *n);
struct nexthops *links_nexthops(const struct links *l);
void links_report_nexthop(const struct links *l, struct nexthop *nh);

/** A route or a link changed: look again, a moment later. */
void nexthops_changed(struct nexthops *n, msec_t now);
void nexthops_neigh_event(struct nexthops *n, const struct nlmsghdr *nlh, msec_t now);
void nexthops_run(struct nexthops *n, msec_t now);
msec_t nexthops_deadline(const struct nexthops *n);

#endif
