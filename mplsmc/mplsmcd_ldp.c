// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mplsmcd_ldp.c - LDP sessions become peers of the tree engine.
 */
#include "mplsmc/mplsmcd_p.h"

DEFINE_MTYPE_STATIC(MPLSMCD, MPLSMCD_PEER, "LDP peer");

static struct ldp_params running; /* with which the engine was made */

struct mplsmcd_peer *mplsmcd_peer_of(struct ldp_session *s)
{
	struct mplsmcd_peer *p = ldp_session_data(s);

	if (!p) {
		p = XCALLOC(MTYPE_MPLSMCD_PEER, sizeof(*p));
		p->session = s;
		ldp_session_set_data(s, p);
	}
	return p;
}

static const char *peer_str(const struct ldp_session *s, char *buf, size_t size)
{
	struct ldp_session_info i;

	ldp_session_info(s, &i);
	snprintf(buf, size, "peer %u.%u.%u.%u:%u", i.peer.lsr_id >> 24, i.peer.lsr_id >> 16 & 0xff,
		 i.peer.lsr_id >> 8 & 0xff, i.peer.lsr_id & 0xff, i.peer.space);
	return buf;
}

/* ---------------------------------------------------------------- callbacks */

static void cb_send_hello(void *ctx, struct ldp_interface *i, struct span data)
{
	mplsmcd_io_send_hello(ldp_interface_index(i), data);
}

static void watch_route(struct mplsmcd_peer *p, const struct addr *transport)
{
	if (addr_cmp(&p->watched, transport) == 0)
		return;
	if (!addr_is_any(&p->watched))
		mplsmcd_zebra_watch_peer(&p->watched, false);
	if (!addr_is_any(transport))
		mplsmcd_zebra_watch_peer(transport, true);
	p->watched = *transport;
}

static void cb_connect(void *ctx, struct ldp_session *s, const struct addr *peer, bool ttl255)
{
	mplsmcd_io_connect(s, peer, ttl255);
}

static void cb_write(void *ctx, struct ldp_session *s, struct span data)
{
	mplsmcd_io_write(s, data);
}

static void cb_close(void *ctx, struct ldp_session *s)
{
	mplsmcd_io_close(s);
}

static void cb_suspect(void *ctx, struct ldp_session *s)
{
	mplsmcd_io_suspect(s);
}

struct links {
	struct mldp_link link[8];
	size_t n;
};

static void add_link(void *arg, const struct ldp_path *p)
{
	const struct mplsmcd_interface *i =
		mplsmcd_interface_find(&mplsmcd_instance()->config, p->interface);
	struct links *l = arg;

	if (l->n == array_size(l->link) || (i && i->no_multicast))
		return;
	l->link[l->n].ifindex = p->ifindex;
	strlcpy(l->link[l->n].interface, p->interface, sizeof(l->link[l->n].interface));
	l->link[l->n].next_hop = p->next_hop;
	l->n++;
}

static void tell_links(struct ldp_session *s)
{
	struct mplsmcd_peer *p = mplsmcd_peer_of(s);
	struct links l = {};

	if (!p->mldp)
		return;
	ldp_session_paths(s, add_link, &l);
	mldp_peer_links(p->mldp, l.link, l.n, mplsmcd_now());
}

static void cb_up(void *ctx, struct ldp_session *s)
{
	struct mplsmcd *d = ctx;
	struct mplsmcd_peer *p = mplsmcd_peer_of(s);
	struct ldp_session_info i;
	char name[64];

	ldp_session_info(s, &i);
	zlog_info("%s is operational, P2MP %s, make before break %s",
		  peer_str(s, name, sizeof(name)), i.capabilities & LDP_CAP_P2MP ? "yes" : "no",
		  i.capabilities & LDP_CAP_MBB ? "yes" : "no");
	p->mldp = mldp_peer_up(d->mldp, &i.peer, i.capabilities, s, mplsmcd_now());
	tell_links(s);
	mplsmcd_kick();
}

static void cb_down(void *ctx, struct ldp_session *s, const char *reason)
{
	struct mplsmcd_peer *p = mplsmcd_peer_of(s);
	char name[64];

	zlog_info("%s is down: %s", peer_str(s, name, sizeof(name)), reason);
	mplsmcd_history_add(peer_str(s, name, sizeof(name)), "down: %s", reason);
	if (p->mldp)
		mldp_peer_down(p->mldp, mplsmcd_now());
	p->mldp = NULL;
	mplsmcd_kick();
}

static void cb_gone(void *ctx, struct ldp_session *s, void *data)
{
	struct mplsmcd_peer *p = data;

	if (!p)
		return;
	mplsmcd_io_forget(p);
	watch_route(p, &ADDR_ANY);
	XFREE(MTYPE_MPLSMCD_PEER, p);
}

static void cb_message(void *ctx, struct ldp_session *s, const struct ldp_msg *m)
{
	struct mplsmcd_peer *p = mplsmcd_peer_of(s);
	struct ldp_session_info i;
	char name[64];

	MPLSMCD_DEBUG(messages, "%s: %s received", peer_str(s, name, sizeof(name)),
		      ldp_msg_name(m->type));
	if (!p->mldp)
		return;
	if (m->type == LDP_ADDRESS || m->type == LDP_ADDRESS_WITHDRAW) {
		for (size_t n = 0; n < m->n_addresses; n++)
			mldp_peer_address(p->mldp, &m->addresses[n], m->type == LDP_ADDRESS,
					  mplsmcd_now());
	} else if (m->type == LDP_CAPABILITY) {
		ldp_session_info(s, &i);
		mldp_peer_capabilities(p->mldp, i.capabilities, mplsmcd_now());
	} else {
		mldp_input(p->mldp, m, mplsmcd_now());
	}
	mplsmcd_kick();
}

static void cb_adjacency(void *ctx, struct ldp_session *s)
{
	struct ldp_session_info i;

	ldp_session_info(s, &i);
	watch_route(mplsmcd_peer_of(s), &i.transport);
	tell_links(s);
}

static void cb_event(void *ctx, const struct ldp_session *s, const char *what)
{
	char name[64];

	mplsmcd_history_add(peer_str(s, name, sizeof(name)), "%s", what);
	MPLSMCD_DEBUG(session, "%s: %s", peer_str(s, name, sizeof(name)), what);
}

static const struct ldp_ops ops = {
	.send_hello = cb_send_hello,
	.connect = cb_connect,
	.write = cb_write,
	.close = cb_close,
	.suspect = cb_suspect,
	.up = cb_up,
	.down = cb_down,
	.gone = cb_gone,
	.message = cb_message,
	.adjacency = cb_adjacency,
	.event = cb_event,
};

/* ---------------------------------------------------------------- life cycle */

struct addr mplsmcd_router_id(const struct mplsmcd *d)
{
	return addr_is_any(&d->config.router_id) ? d->zebra_router_id : d->config.router_id;
}

struct addr mplsmcd_transport(const struct mplsmcd *d)
{
	return addr_is_any(&d->config.transport) ? mplsmcd_router_id(d) : d->config.transport;
}

static void wanted_params(const struct mplsmcd *d, struct ldp_params *p)
{
	struct addr id = mplsmcd_router_id(d);
	const uint8_t *o = addr_octets(&id);

	ldp_params_default(p);
	p->id = (struct ldp_id){.lsr_id = (uint32_t)o[0] << 24 | o[1] << 16 | o[2] << 8 | o[3]};
	p->transport = mplsmcd_transport(d);
	p->hello_hold_s = d->config.hello_hold_s;
	p->keepalive_s = d->config.keepalive_s;
	if (!d->config.mbb)
		p->capabilities &= ~(uint32_t)LDP_CAP_MBB;
	if (mplsmcd_upstream_labels(&d->config))
		p->capabilities |= LDP_CAP_UPSTREAM_LABEL;
}

static void stop(struct mplsmcd *d)
{
	if (!d->ldp)
		return;
	ldp_engine_shutdown(d->ldp, mplsmcd_now());
	ldp_engine_free(d->ldp);
	d->ldp = NULL;
}

/* The first IPv4 address: that of the Hellos; NULL: there is none. */
static const struct prefix *first_address(struct interface *ifp)
{
	struct connected *c;

	frr_each_ifaddr (ifp, c)
		if (c->address->family == AF_INET)
			return c->address;
	return NULL;
}

/* Its address there is what an upstream LSR's context label follows from. */
static void tell_lan(struct mplsmcd *d, unsigned int ifindex, const struct prefix *p)
{
	struct addr a = p ? addr_from_v4(&p->u.prefix4) : ADDR_ANY;

	mldp_interface(d->mldp, ifindex, &a, p ? p->prefixlen : 0, mplsmcd_now());
}

static void add_interface(struct mplsmcd *d, struct interface *ifp)
{
	const struct prefix *p = first_address(ifp);
	struct addr a;

	tell_lan(d, ifp->ifindex, p);
	if (!p || ldp_interface_find(d->ldp, ifp->ifindex))
		return;
	a = addr_from_v4(&p->u.prefix4);
	mplsmcd_io_interface(ifp->ifindex, true);
	ldp_interface_add(d->ldp, ifp->ifindex, ifp->name, &a, mplsmcd_now());
}

void mplsmcd_ldp_interface(struct mplsmcd *d, const char *name, struct interface *ifp)
{
	struct vrf *vrf = vrf_lookup_by_id(VRF_DEFAULT);
	bool want = mplsmcd_interface_find(&d->config, name) && ifp && if_is_operative(ifp);
	struct interface *known = vrf ? if_lookup_by_name(name, VRF_DEFAULT) : NULL;
	struct ldp_interface *i;

	if (!d->ldp)
		return;
	if (want) {
		add_interface(d, ifp);
	} else if (known && (i = ldp_interface_find(d->ldp, known->ifindex))) {
		mplsmcd_io_interface(known->ifindex, false);
		ldp_interface_del(i, mplsmcd_now());
		tell_lan(d, known->ifindex, NULL);
	}
	mplsmcd_kick();
}

/* After a link has come back the first SYN takes the way around it, and GTSM drops it. */
void mplsmcd_ldp_route(struct mplsmcd *d, const struct addr *transport)
{
	if (!d->ldp)
		return;
	for (struct ldp_session *s = ldp_session_first(d->ldp); s;
	     s = ldp_session_next(d->ldp, s)) {
		struct ldp_session_info i;

		ldp_session_info(s, &i);
		if (addr_cmp(&i.transport, transport) == 0)
			ldp_session_retry(s, mplsmcd_now());
	}
}

/* The interface to pimd has the same address on every router, and leads to none. */
bool mplsmcd_ldp_is_ours(const struct interface *ifp, const struct addr *a)
{
	static const struct addr loopback = {{[10] = 0xff, [11] = 0xff, [12] = 127}};

	return ifp->vrf->vrf_id == VRF_DEFAULT && !addr_in_prefix(a, &loopback, 8) &&
	       !mplsmcd_pim_is_device(ifp->name);
}

void mplsmcd_ldp_address(struct mplsmcd *d, const struct addr *a, bool add)
{
	mldp_local_address(d->mldp, a, add, mplsmcd_now());
	if (!d->ldp)
		return;
	if (add)
		ldp_address_add(d->ldp, a, mplsmcd_now());
	else
		ldp_address_del(d->ldp, a, mplsmcd_now());
	mplsmcd_kick();
}

/* Everything zebra has told, into a new engine. */
static void fill(struct mplsmcd *d)
{
	struct vrf *vrf = vrf_lookup_by_id(VRF_DEFAULT);
	struct interface *ifp;
	struct connected *c;

	FOR_ALL_INTERFACES (vrf, ifp) {
		frr_each_ifaddr (ifp, c) {
			struct addr a;

			if (c->address->family != AF_INET)
				continue;
			a = addr_from_v4(&c->address->u.prefix4);
			if (mplsmcd_ldp_is_ours(ifp, &a))
				ldp_address_add(d->ldp, &a, mplsmcd_now());
		}
	}
}

void mplsmcd_ldp_reconcile(struct mplsmcd *d)
{
	struct addr id = mplsmcd_router_id(d);
	struct ldp_params p;
	struct vrf *vrf = vrf_lookup_by_id(VRF_DEFAULT);
	struct interface *ifp;

	if (!d->config.present || addr_is_any(&id)) {
		stop(d);
		mplsmcd_io_reconcile(d);
		return;
	}
	wanted_params(d, &p);
	if (d->ldp && memcmp(&p, &running, sizeof(p)) != 0)
		stop(d);
	mplsmcd_io_reconcile(d);
	if (!mplsmcd_io_listening()) { /* no Hellos that name somebody else's address */
		stop(d);
		return;
	}
	if (!d->ldp) {
		running = p;
		d->ldp = ldp_engine_new(&p, &ops, d, &d->wheel);
		fill(d);
	}
	FOR_ALL_INTERFACES (vrf, ifp)
		mplsmcd_ldp_interface(d, ifp->name, ifp);
	for (struct ldp_session *s = ldp_session_first(d->ldp); s; s = ldp_session_next(d->ldp, s))
		tell_links(s); /* multicast-traffic may have changed */
}

void mplsmcd_ldp_fini(struct mplsmcd *d)
{
	stop(d);
}

unsigned int mplsmcd_clear_neighbour(const struct addr *lsr_id)
{
	struct mplsmcd *d = mplsmcd_instance();
	const uint8_t *o = addr_octets(lsr_id);
	uint32_t id = (uint32_t)o[0] << 24 | o[1] << 16 | o[2] << 8 | o[3];
	unsigned int n = 0;

	if (!d->ldp)
		return 0;
	for (struct ldp_session *s = ldp_session_first(d->ldp); s;
	     s = ldp_session_next(d->ldp, s)) {
		struct ldp_session_info i;

		ldp_session_info(s, &i);
		if (!addr_is_any(lsr_id) && i.peer.lsr_id != id)
			continue;
		ldp_session_clear(s, mplsmcd_now());
		n++;
	}
	mplsmcd_kick();
	return n;
}
