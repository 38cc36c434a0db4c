// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * neighbour.c - LSRs on directly attached links: one watched next hop for all the branches to
 * it, however many LSPs they belong to.
 *
 * A neighbour is an object of the table INTERFACE whose key has an address; it lives while a
 * branch refers to it.
 */
#include "mcfibd/objects_p.h"

#include <errno.h>

static struct fib_key key_of(const char *interface, const struct addr *address)
{
	struct fib_key key = object_key_interface(interface);

	key.l2tp_flow.group = *address;
	return key;
}

void neighbour_release(struct objects *os, struct object *o)
{
	if (o->neighbour.watched)
		links_unwatch(os->links, &o->neighbour.nh);
	o->neighbour.watched = false;
}

struct object *neighbour_ref(struct objects *os, struct object *user, const char *interface,
			     const struct addr *address)
{
	struct fib_key key = key_of(interface, address), at = object_key_interface(interface);
	const struct link *link = links_by_name(os->links, interface);
	struct object *o = object_ref(os, user, &key);
	struct nexthop *nh = &o->neighbour.nh;

	object_ref(os, user, &at); /* comes, goes, is another one by the same name */
	if (o->neighbour.watched && (!link || nh->oif != link->ifindex))
		neighbour_release(os, o);
	if (!link || o->neighbour.watched)
		return o;
	memset(nh, 0, sizeof(*nh));
	nh->peer = *address;
	nh->oif = link->ifindex;
	nh->owner = o;
	links_watch(os->links, nh, os->now);
	o->neighbour.watched = true;
	return o;
}

bool neighbour_is(const struct object *o)
{
	return o->key.table == INTERFACE && addr_cmp(&o->key.l2tp_flow.group, &ADDR_ANY) != 0;
}

void neighbour_judge(const struct objects *os, struct object *user, const struct object *o)
{
	const struct nexthop *nh = &o->neighbour.nh;
	const char *interface = o->key.l2tp_flow.vrf;
	char address[ADDR_STRLEN];

	addr_str(&o->key.l2tp_flow.group, address);
	if (!links_by_name(os->links, interface))
		object_fail(user, FIB_FAILED, ENODEV, "no interface %s", interface);
	else if (nh->state == NEXTHOP_NO_ROUTE)
		object_fail(user, FIB_FAILED, EHOSTUNREACH, "interface %s is down", interface);
	else if (nh->raw)
		object_fail(user, FIB_UNSUPPORTED, EOPNOTSUPP, "%s is not an Ethernet", interface);
	else if (nh->state == NEXTHOP_UNRESOLVED)
		object_fail(user, FIB_FAILED, EHOSTUNREACH, "next hop %s on %s not resolved",
			    address, interface);
}
