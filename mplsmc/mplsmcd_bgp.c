// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mplsmcd_bgp.c - which router announces a source: BGP next hops from zebra.
 *
 * RFC 6826 2: the root of a tree is the LSR to which the route to its source leads, for instance
 * the BGP next hop.  Next-hop tracking resolves next hops and forgets that one; redistribution
 * passes each selected route on as BGP gave it, and tells of every change.  Only BGP tells who
 * the owner of a network is: a route of an IGP ends at the next router.
 *
 * The routes are asked for when there is the first source.  After a restart of zebra those that
 * do not come again within a while are forgotten.
 */
#include "mplsmc/mplsmcd_p.h"

#include "lib/table.h"

DEFINE_MTYPE_STATIC(MPLSMCD, MPLSMCD_BGP, "BGP route");

struct bgp_route {
	struct addr next_hop;
	bool stale; /* from before zebra's restart */
};

#define RESTART_S 60 /* FRR 8.4 daemons reconnect to zebra after 10 s, or 60 s */
#define SETTLE_MS 20 /* a table is read before its sources are looked up */

static struct route_table *table; /* IPv4 */
static struct event *t_settle, *t_restart;
static bool wanted;

static void settled(struct event *event)
{
	mplsmcd_zebra_tell_sources();
}

static void changed(void)
{
	if (!t_settle)
		event_add_timer_msec(mplsmcd_instance()->master, settled, NULL, SETTLE_MS,
				     &t_settle);
}

static void route_forget(struct route_node *rn)
{
	XFREE(MTYPE_MPLSMCD_BGP, rn->info);
	route_unlock_node(rn); /* what holds info */
}

/* Several next hops: every leaf has to choose the same one (RFC 6513 5.1.3: the highest). */
static struct addr owner_of(const struct zapi_route *r)
{
	struct addr best = ADDR_ANY, a;

	for (unsigned int i = 0; i < r->nexthop_num; i++) {
		const struct zapi_nexthop *nh = &r->nexthops[i];

		if (nh->type != NEXTHOP_TYPE_IPV4 && nh->type != NEXTHOP_TYPE_IPV4_IFINDEX)
			continue;
		a = addr_from_v4(&nh->gate.ipv4);
		if (addr_cmp(&a, &best) > 0)
			best = a;
	}
	return best;
}

static void route_set(const struct zapi_route *r)
{
	struct route_node *rn = route_node_get(table, &r->prefix);
	struct bgp_route *b = rn->info;
	struct addr owner = owner_of(r);

	if (b)
		route_unlock_node(rn); /* it has one lock already */
	else
		rn->info = b = XCALLOC(MTYPE_MPLSMCD_BGP, sizeof(*b));
	b->stale = false;
	if (addr_cmp(&b->next_hop, &owner) != 0)
		changed();
	b->next_hop = owner;
}

void mplsmcd_bgp_route(const struct zapi_route *r, bool add)
{
	struct route_node *rn;

	if (r->type != ZEBRA_ROUTE_BGP || !wanted || r->prefix.family != AF_INET)
		return;
	if (add) {
		route_set(r);
		return;
	}
	rn = route_node_lookup(table, &r->prefix);
	if (!rn)
		return;
	route_unlock_node(rn);
	route_forget(rn);
	changed();
}

static void all_stale(void)
{
	for (struct route_node *rn = route_top(table); rn; rn = route_next(rn))
		if (rn->info)
			((struct bgp_route *)rn->info)->stale = true;
}

static void forget(bool only_stale)
{
	for (struct route_node *rn = route_top(table); rn; rn = route_next(rn)) {
		const struct bgp_route *b = rn->info;

		if (b && (b->stale || !only_stale))
			route_forget(rn);
	}
}

static void restart_over(struct event *event)
{
	forget(true);
	changed();
}

static void ask(struct zclient *zc)
{
	zebra_redistribute_send(ZEBRA_REDISTRIBUTE_ADD, zc, AFI_IP, ZEBRA_ROUTE_BGP, 0,
				VRF_DEFAULT);
}

void mplsmcd_bgp_want(struct zclient *zc)
{
	if (wanted)
		return;
	wanted = true;
	if (zc && zc->sock >= 0)
		ask(zc);
}

void mplsmcd_bgp_zebra_up(struct zclient *zc)
{
	if (!wanted)
		return;
	all_stale();
	event_cancel(&t_restart);
	event_add_timer(mplsmcd_instance()->master, restart_over, NULL, RESTART_S, &t_restart);
	ask(zc);
}

bool mplsmcd_bgp_owner(const struct addr *a, struct addr *owner, struct prefix *of)
{
	struct prefix p = mplsmcd_host_prefix(a);
	struct route_node *rn = route_node_match(table, &p);

	if (!rn)
		return false;
	*owner = ((const struct bgp_route *)rn->info)->next_hop;
	prefix_copy(of, &rn->p);
	route_unlock_node(rn);
	return !addr_is_any(owner);
}

void mplsmcd_bgp_init(void)
{
	table = route_table_init();
}

void mplsmcd_bgp_fini(void)
{
	event_cancel(&t_settle);
	event_cancel(&t_restart);
	forget(false);
	route_table_finish(table);
}
