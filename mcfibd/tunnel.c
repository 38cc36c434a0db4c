// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tunnel.c - L2tpTunnel: the way to the peer, and the program where its packets come in.
 *
 * A tunnel has no key in the maps; its record counts the data messages of all its sessions,
 * which the daemon takes as a sign of life.
 */
#include "mcfibd/objects_p.h"

#include <errno.h>

static void unwatch(struct objects *os, struct object *o)
{
	if (o->tunnel.watched)
		links_unwatch(os->links, &o->tunnel.nh);
	o->tunnel.watched = false;
}

static void watch(struct objects *os, struct object *o)
{
	const struct fib_l2tp_tunnel *t = &o->value.l2tp_tunnel;
	struct nexthop *nh = &o->tunnel.nh;

	if (o->tunnel.watched && !addr_cmp(&nh->peer, &t->peer.addr) &&
	    !addr_cmp(&nh->local, &t->local.addr))
		return;
	unwatch(os, o);
	memset(nh, 0, sizeof(*nh));
	nh->peer = t->peer.addr;
	nh->local = t->local.addr;
	nh->owner = o;
	links_watch(os->links, nh, os->now);
	o->tunnel.watched = true;
}

static void hook(struct objects *os, struct object *o)
{
	int ifindex = o->tunnel.nh.state == NEXTHOP_NO_ROUTE ? 0 : o->tunnel.nh.ifindex;
	const struct link *link = ifindex ? links_by_index(os->links, ifindex) : NULL;
	int old = o->tunnel.hook;

	if (!link)
		ifindex = 0;
	if (ifindex == old)
		return;
	if (ifindex && !attach_use(os->attach, link, MAPS_TUNNEL_IN))
		object_fail(o, FIB_FAILED, (uint32_t)errno, "no program on %s: %s", link->name,
			    strerror(errno));
	o->tunnel.hook = ifindex;
	if (old)
		attach_release(os->attach, old, MAPS_TUNNEL_IN);
}

static void judge(struct objects *os, struct object *o)
{
	const struct fib_l2tp_tunnel *t = &o->value.l2tp_tunnel;
	const struct nexthop *nh = &o->tunnel.nh;
	const struct link *link = links_by_index(os->links, nh->ifindex);
	char peer[ADDR_STRLEN], gateway[ADDR_STRLEN];

	addr_str(&t->peer.addr, peer);
	if (!addr_is_v4(&t->peer.addr))
		object_fail(o, FIB_UNSUPPORTED, EAFNOSUPPORT, "tunnels over IPv6");
	else if (!o->tunnel.slot)
		object_fail(o, FIB_FAILED, ENOSPC, "no room for the object");
	else if (nh->state == NEXTHOP_NO_ROUTE)
		object_fail(o, FIB_FAILED, EHOSTUNREACH, "no route to %s", peer);
	else if (nh->state == NEXTHOP_UNRESOLVED)
		object_fail(o, FIB_FAILED, EHOSTUNREACH, "next hop %s on %s not resolved",
			    addr_str(&nh->gateway, gateway), link ? link->name : "?");
}

void tunnel_rebuild(struct objects *os, struct object *o)
{
	if (!o->tunnel.slot)
		o->tunnel.slot = maps_object_new(os->maps);
	watch(os, o);
	hook(os, o);
	judge(os, o);
	object_mark_users(os, o);
}

void tunnel_remove(struct objects *os, struct object *o)
{
	unwatch(os, o);
	if (o->tunnel.hook)
		attach_release(os->attach, o->tunnel.hook, MAPS_TUNNEL_IN);
	o->tunnel.hook = 0;
	maps_object_free(os->maps, o->tunnel.slot);
	o->tunnel.slot = 0;
}
