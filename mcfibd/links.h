/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * links.h - what the kernel knows of interfaces, routes and neighbours (rtnetlink).
 *
 * Two things are watched: interfaces by name, and the next hop towards an address.  Changes
 * are reported once they are applied here; watchers are called from links_input() and
 * links_run() only.
 */
#ifndef MCFIBD_LINKS_H
#define MCFIBD_LINKS_H

#include <linux/if_arp.h>

#include "lib/addr.h"
#include "lib/base.h"

struct links;

struct link {
	int ifindex;
	char name[16];
	uint8_t mac[6];
	uint16_t type; /* ARPHRD_ */
	uint32_t mtu;
	unsigned int flags; /* IFF_ */
};

/** No link header: packets begin with IP (tun, ppp). */
static inline bool link_is_raw(const struct link *l)
{
	switch (l->type) {
	case ARPHRD_NONE:
	case ARPHRD_PPP:
	case ARPHRD_RAWIP:
	case ARPHRD_TUNNEL:
	case ARPHRD_TUNNEL6:
	case ARPHRD_SIT:
	case ARPHRD_IPGRE:
		return true;
	default:
		return false;
	}
}

static inline bool link_is_ethernet(const struct link *l)
{
	return l->type == ARPHRD_ETHER || l->type == ARPHRD_LOOPBACK;
}

enum nexthop_state {
	NEXTHOP_NO_ROUTE,
	NEXTHOP_UNRESOLVED, /* route, but no link address yet */
	NEXTHOP_READY,
};

/** The way to an address.  Made and freed by its user, filled in here. */
struct nexthop {
	struct addr peer, local; /* local ADDR_ANY: the kernel chooses */
	int oif;		 /* not 0: the peer is a neighbour there, whatever the routes say */
	enum nexthop_state state;
	int ifindex;
	bool raw;
	uint8_t src_mac[6], dst_mac[6];
	uint32_t mtu;
	struct addr source; /* the kernel's choice of source address */
	void *owner;

	/* private to links.c */
	struct addr gateway;
	msec_t kicked; /* last time the kernel was asked to resolve */
	bool usable;   /* dst_mac was valid once: keep it while the kernel looks again */
	struct nexthop *next;
};

struct links_ops {
	/** An interface of this name appeared, changed or is gone. */
	void (*link)(void *ctx, const char *name);
	/** State or addresses of a next hop changed. */
	void (*nexthop)(void *ctx, struct nexthop *nh);
};

/** NULL: errno. */
struct links *links_open(const struct links_ops *ops, void *ctx);
void links_close(struct links *l);

int links_fd(const struct links *l);
/** Events are waiting on links_fd(). */
void links_input(struct links *l, msec_t now);
/** Timers: routes after a burst of changes, unresolved and ageing neighbours. */
void links_run(struct links *l, msec_t now);
msec_t links_deadline(const struct links *l);

const struct link *links_by_name(const struct links *l, const char *name);
const struct link *links_by_index(const struct links *l, int ifindex);
/** All of them, in no order: NULL starts and ends. */
const struct link *links_next(const struct links *l, const struct link *prev);

/** Watches the way to nh->peer; resolves at once as far as possible, without calling ops. */
void links_watch(struct links *l, struct nexthop *nh, msec_t now);
void links_unwatch(struct links *l, struct nexthop *nh);

#endif
