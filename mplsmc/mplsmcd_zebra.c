// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mplsmcd_zebra.c - interfaces, addresses, router id, next hops, the owners of sources, and label
 * blocks from zebra.
 *
 * Interfaces and addresses are announced twice at connect and again after each restart of
 * zebra: handlers are idempotent.  A watched address may be a root, a source and the transport
 * address of peers at a time.
 */
#include "mplsmc/mplsmcd_p.h"

PREDECL_HASH(mplsmcd_watches);
DEFINE_MTYPE_STATIC(MPLSMCD, MPLSMCD_WATCH, "watched address");

struct watch {
	struct mplsmcd_watches_item item;
	struct addr addr;
	bool root, source;
	unsigned int peers;
	/* the last answer, for who asks later */
	bool known, local;
	bool by_bgp; /* whose route it is: BGP tells of its owner */
	size_t n;
	struct addr next_hops[MLDP_MAX_NEXTHOPS];
};

static int watch_cmp(const struct watch *a, const struct watch *b)
{
	return addr_cmp(&a->addr, &b->addr);
}

static uint32_t watch_hash(const struct watch *w)
{
	return jhash(w->addr.b, sizeof(w->addr.b), 0x3353);
}

DECLARE_HASH(mplsmcd_watches, struct watch, item, watch_cmp, watch_hash);

static struct zclient *zclient;
static struct mplsmcd_watches_head watches;
static bool telling, unused; /* some are unused: they go when all is told */

/* ---------------------------------------------------------------- next hops */

struct prefix mplsmcd_host_prefix(const struct addr *a)
{
	struct prefix p = {.family = AF_INET, .prefixlen = 32};

	if (addr_is_v4(a)) {
		memcpy(&p.u.prefix4, addr_octets(a), 4);
	} else {
		p.family = AF_INET6;
		p.prefixlen = 128;
		memcpy(&p.u.prefix6, addr_octets(a), 16);
	}
	return p;
}

static void send_watch(const struct watch *w, bool add)
{
	struct prefix p = mplsmcd_host_prefix(&w->addr);

	if (zclient && zclient->sock >= 0)
		zclient_send_rnh(zclient, add ? ZEBRA_NEXTHOP_REGISTER : ZEBRA_NEXTHOP_UNREGISTER,
				 &p, SAFI_UNICAST, false, false, VRF_DEFAULT);
}

/* RFC 6826 2: the LSR to which the route leads; an IGP does not tell (see mplsmcd_bgp.c). */
static enum mplsmcd_origin owner_of(const struct watch *w, struct addr *root, struct prefix *of)
{
	*root = ADDR_ANY;
	if (w->local)
		return MPLSMCD_CONNECTED;
	/* M-6826-2-2: who takes IPv6 in FECs is configured with the root */
	if (w->by_bgp && addr_is_v4(&w->addr) && mplsmcd_bgp_owner(&w->addr, root, of))
		return MPLSMCD_BGP;
	return MPLSMCD_UNKNOWN;
}

static void tell_root(const struct watch *w)
{
	struct mplsmcd *d = mplsmcd_instance();
	const struct addr *explicit = mplsmcd_explicit_find(&d->config, &w->addr);

	if (!w->root)
		return;
	/* RFC 3353 7: the explicit route counts, whether it leads anywhere or not */
	if (explicit)
		mplsmcd_tree_route(d, &w->addr, explicit, 1);
	else
		mplsmcd_tree_route(d, &w->addr, w->next_hops, w->n);
	mplsmcd_kick();
}

static void tell_source(const struct watch *w)
{
	struct mplsmcd *d = mplsmcd_instance();
	struct addr root;
	struct prefix of;

	if (!w->source || !w->known)
		return;
	owner_of(w, &root, &of);
	mc_map_root(d->map, &w->addr, &root, w->local, mplsmcd_now());
	mplsmcd_kick();
}

static void tell(const struct watch *w)
{
	tell_root(w);
	tell_source(w);
	if (w->peers && w->known && w->n)
		mplsmcd_ldp_route(mplsmcd_instance(), &w->addr);
}

/*
 * With FRR 8.4 the route to a source leads into mplsmc0 for the sake of pimd: it hides the one
 * of BGP from next-hop tracking, but not, if it is for a longer prefix, from redistribution.
 */
static bool leads_into_domain(const struct watch *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (mplsmcd_pim_is_neighbour(&w->next_hops[i]))
			return true;
	return false;
}

static struct watch *watch_get(const struct addr *a)
{
	struct watch key = {.addr = *a}, *w = mplsmcd_watches_find(&watches, &key);

	if (w)
		return w;
	w = XCALLOC(MTYPE_MPLSMCD_WATCH, sizeof(*w));
	w->addr = *a;
	mplsmcd_watches_add(&watches, w);
	send_watch(w, true);
	return w;
}

static void watch_release(struct watch *w)
{
	if (w->root || w->source || w->peers)
		return;
	unused = telling;
	if (telling)
		return;
	send_watch(w, false);
	mplsmcd_watches_del(&watches, w);
	XFREE(MTYPE_MPLSMCD_WATCH, w);
}

/* What is told may start and end watches, this one too. */
static void told(void)
{
	struct watch *w;

	telling = false;
	if (!unused)
		return;
	frr_each_safe (mplsmcd_watches, &watches, w)
		watch_release(w);
}

static void tell_each(void (*fn)(const struct watch *w))
{
	struct watch *w;

	telling = true;
	frr_each (mplsmcd_watches, &watches, w)
		fn(w);
	told();
}

static void nht_update(struct vrf *vrf, struct prefix *match, struct zapi_route *nhr)
{
	struct watch key = {}, *w;
	char text[ADDR_STRLEN];

	key.addr = match->family == AF_INET ? addr_from_v4(&match->u.prefix4)
					    : addr_from_v6(&match->u.prefix6);
	w = mplsmcd_watches_find(&watches, &key);
	if (!w)
		return;
	w->known = true;
	w->n = 0;
	w->local = nhr->type == ZEBRA_ROUTE_CONNECT && nhr->nexthop_num;
	for (unsigned int i = 0; i < nhr->nexthop_num && w->n < array_size(w->next_hops); i++) {
		const struct zapi_nexthop *nh = &nhr->nexthops[i];

		if (nh->type == NEXTHOP_TYPE_IPV4 || nh->type == NEXTHOP_TYPE_IPV4_IFINDEX)
			w->next_hops[w->n++] = addr_from_v4(&nh->gate.ipv4);
		else if (nh->type == NEXTHOP_TYPE_IPV6 || nh->type == NEXTHOP_TYPE_IPV6_IFINDEX)
			w->next_hops[w->n++] = addr_from_v6(&nh->gate.ipv6);
		else if (nh->type == NEXTHOP_TYPE_IFINDEX)
			w->next_hops[w->n++] = w->addr; /* on a connected network */
	}
	w->by_bgp = nhr->type == ZEBRA_ROUTE_BGP || leads_into_domain(w);
	MPLSMCD_DEBUG(rpf, "%s: %zu next hops by %pFX%s", addr_str(&w->addr, text), w->n,
		      &nhr->prefix, w->local ? ", connected" : "");
	telling = true;
	tell(w);
	told();
}
FRRX_NHT_HANDLER(nht_update);

/* The engine is in the middle of a change: what is known already is told in an event. */
static void tell_later(struct event *event)
{
	tell_each(tell);
}

static struct event *t_tell;

static void watch(const struct addr *a, bool on, bool as_root)
{
	struct watch *w = watch_get(a);

	if (as_root)
		w->root = on;
	else
		w->source = on;
	if (on && (w->known || mplsmcd_explicit_find(&mplsmcd_instance()->config, a)))
		event_add_event(mplsmcd_instance()->master, tell_later, NULL, 0, &t_tell);
	watch_release(w);
}

void mplsmcd_zebra_watch_route(const struct addr *root, bool on)
{
	watch(root, on, true);
}

void mplsmcd_zebra_watch_source(const struct addr *source, bool on)
{
	watch(source, on, false);
	if (on)
		mplsmcd_bgp_want(zclient);
}

void mplsmcd_zebra_reconcile(void)
{
	tell_each(tell_root);
}

void mplsmcd_zebra_tell_sources(void)
{
	tell_each(tell_source);
}

void mplsmcd_zebra_sources(void (*fn)(void *arg, const struct mplsmcd_source *s), void *arg)
{
	struct watch *w;

	frr_each (mplsmcd_watches, &watches, w) {
		struct mplsmcd_source s = {.source = w->addr};

		if (!w->source)
			continue;
		s.origin = owner_of(w, &s.root, &s.prefix);
		fn(arg, &s);
	}
}

static int bgp_add(ZAPI_CALLBACK_ARGS)
{
	struct zapi_route r;

	if (vrf_id == VRF_DEFAULT && zapi_route_decode(zclient->ibuf, &r) >= 0)
		mplsmcd_bgp_route(&r, true);
	return 0;
}

static int bgp_del(ZAPI_CALLBACK_ARGS)
{
	struct zapi_route r;

	if (vrf_id == VRF_DEFAULT && zapi_route_decode(zclient->ibuf, &r) >= 0)
		mplsmcd_bgp_route(&r, false);
	return 0;
}

void mplsmcd_zebra_watch_peer(const struct addr *transport, bool on)
{
	struct watch *w = watch_get(transport);

	w->peers += on ? 1 : -1;
	watch_release(w);
}

/* ---------------------------------------------------------------- interfaces */

/* zebra tells of every VRF; LSPs are those of the default one. */
static bool is_ours(const struct interface *ifp)
{
	return ifp->vrf->vrf_id == VRF_DEFAULT;
}

static int interface_changed(struct interface *ifp)
{
	MPLSMCD_DEBUG(zebra, "interface %s %s", ifp->name, if_is_operative(ifp) ? "up" : "down");
	if (!is_ours(ifp))
		return 0;
	mplsmcd_pim_interface(ifp);
	mplsmcd_ldp_interface(mplsmcd_instance(), ifp->name, ifp);
	return 0;
}

static int interface_gone(struct interface *ifp)
{
	MPLSMCD_DEBUG(zebra, "interface %s is gone", ifp->name);
	if (is_ours(ifp))
		mplsmcd_ldp_interface(mplsmcd_instance(), ifp->name, NULL);
	return 0;
}

static bool read_address(const struct connected *c, struct addr *a)
{
	if (c->address->family == AF_INET)
		*a = addr_from_v4(&c->address->u.prefix4);
	else if (c->address->family == AF_INET6 && !IN6_IS_ADDR_LINKLOCAL(&c->address->u.prefix6))
		*a = addr_from_v6(&c->address->u.prefix6);
	else
		return false;
	return true;
}

static int address_add(ZAPI_CALLBACK_ARGS)
{
	struct connected *c = zebra_interface_address_read(cmd, zclient->ibuf, vrf_id);
	struct addr a;

	if (!c)
		return 0;
	MPLSMCD_DEBUG(zebra, "address %pFX on %s", c->address, c->ifp->name);
	if (read_address(c, &a) && mplsmcd_ldp_is_ours(c->ifp, &a))
		mplsmcd_ldp_address(mplsmcd_instance(), &a, true);
	interface_changed(c->ifp);
	return 0;
}

static int address_del(ZAPI_CALLBACK_ARGS)
{
	struct connected *c = zebra_interface_address_read(cmd, zclient->ibuf, vrf_id);
	struct addr a;

	if (!c)
		return 0;
	if (read_address(c, &a) && mplsmcd_ldp_is_ours(c->ifp, &a))
		mplsmcd_ldp_address(mplsmcd_instance(), &a, false);
	if (is_ours(c->ifp)) /* its context label may be another one */
		mplsmcd_ldp_interface(mplsmcd_instance(), c->ifp->name, c->ifp);
	connected_free(&c);
	return 0;
}

static int router_id(ZAPI_CALLBACK_ARGS)
{
	struct prefix p;

	zebra_router_id_update_read(zclient->ibuf, &p);
	if (p.family == AF_INET)
		mplsmcd_instance()->zebra_router_id = addr_from_v4(&p.u.prefix4);
	mplsmcd_reconcile();
	return 0;
}

/* ---------------------------------------------------------------- labels */

bool mplsmcd_zebra_get_labels(uint32_t n)
{
	return zclient && zclient->sock >= 0 &&
	       zclient_send_get_label_chunk(zclient, 1, n, MPLS_LABEL_BASE_ANY) >= 0;
}

static int label_chunk(ZAPI_CALLBACK_ARGS)
{
	struct stream *s = zclient->ibuf;
	uint32_t low, high;
	uint16_t instance;
	uint8_t proto, keep;

	STREAM_GETC(s, proto);
	STREAM_GETW(s, instance);
	STREAM_GETC(s, keep);
	STREAM_GETL(s, low);
	STREAM_GETL(s, high);
	(void)proto;
	(void)instance;
	(void)keep;
	mplsmcd_labels_chunk(low, high);
	return 0;

stream_failure:
	zlog_warn("zebra's label manager has no labels left");
	return -1;
}

/* ---------------------------------------------------------------- the connection */

static void connected_to_zebra(struct zclient *zc)
{
	struct watch *w;

	zclient_send_reg_requests(zc, VRF_DEFAULT);
	frr_each (mplsmcd_watches, &watches, w)
		send_watch(w, true);
	mplsmcd_bgp_zebra_up(zc);
	lm_label_manager_connect(zc, 1);
	mplsmcd_labels_zebra_up();
}

static zclient_handler *const handlers[] = {[ZEBRA_ROUTER_ID_UPDATE] = router_id,
					    [ZEBRA_INTERFACE_ADDRESS_ADD] = address_add,
					    [ZEBRA_INTERFACE_ADDRESS_DELETE] = address_del,
					    [ZEBRA_GET_LABEL_CHUNK] = label_chunk,
					    [ZEBRA_REDISTRIBUTE_ROUTE_ADD] = bgp_add,
					    [ZEBRA_REDISTRIBUTE_ROUTE_DEL] = bgp_del,
					    FRRX_NHT_TABLE(nht_update)};

/* A session of its own: zebra releases the labels of whoever connects with the same one. */
#define ZAPI_INSTANCE 3353

void mplsmcd_zebra_init(struct mplsmcd *d)
{
	mplsmcd_watches_init(&watches);
	mplsmcd_bgp_init();
	frrx_if_hooks(interface_changed, interface_changed, interface_changed, interface_gone);
	zclient = frrx_zclient_new(d->master, handlers, array_size(handlers));
	zclient_init(zclient, ZEBRA_ROUTE_SHARP, ZAPI_INSTANCE, &mplsmcd_privs);
	zclient->zebra_connected = connected_to_zebra;
	frrx_zclient_set_nht(zclient, nht_update);
}

void mplsmcd_zebra_fini(void)
{
	struct watch *w;

	event_cancel(&t_tell);
	while ((w = mplsmcd_watches_pop(&watches)))
		XFREE(MTYPE_MPLSMCD_WATCH, w);
	mplsmcd_watches_fini(&watches);
	mplsmcd_bgp_fini();
	zclient_stop(zclient);
	zclient_free(zclient);
}
