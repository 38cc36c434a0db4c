// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * l2mcd_fib.c - forwarding objects: what the engines decided, as mcfib/1 says it.
 *
 * Flows change often and in bursts; they are collected and built once per round.  Tunnels and
 * sessions go out at once, before the flows that use them, and leave at the end of the round,
 * behind them.  A replication object carries the version of its OSL, so that the LAC acknowledges
 * exactly what forwarding has taken over.
 */
#include "l2mcd/l2mcd_p.h"
#include "l2mcd/l2mcd_pppoe.h"

#include "lib/fib_server.h"

#define TABLES_LAC (1u << FIB_L2TP_TUNNEL | 1u << FIB_ACCESS_SESSION | 1u << FIB_L2TP_REPLICATION)

DEFINE_MTYPE_STATIC(L2MCD, L2MCD_DIRTY, "changed flow");
DEFINE_MTYPE_STATIC(L2MCD, L2MCD_OSL, "programmed list");

PREDECL_HASH(l2mcd_dirty);
PREDECL_HASH(l2mcd_osls);

/** A flow whose object is to be built anew; a tunnel or session (no flow) that is to go. */
struct dirty {
	struct l2mcd_dirty_item item;
	struct fib_key key;
	struct l2mc_flow *flow;
};

/** An OSL in forwarding: which version of the list a generation stands for. */
struct osl {
	struct l2mcd_osls_item item;
	struct fib_key key;
	uint64_t generation, version;
	bool confirm; /* installed already when it was set: to be told in this round */
};

static uint32_t key_hash(const struct fib_key *k)
{
	return jhash(k, sizeof(*k), 0x4045);
}

static int dirty_cmp(const struct dirty *a, const struct dirty *b)
{
	return memcmp(&a->key, &b->key, sizeof(a->key));
}

static uint32_t dirty_hash(const struct dirty *d)
{
	return key_hash(&d->key);
}

static int osl_cmp(const struct osl *a, const struct osl *b)
{
	return memcmp(&a->key, &b->key, sizeof(a->key));
}

static uint32_t osl_hash(const struct osl *o)
{
	return key_hash(&o->key);
}

DECLARE_HASH(l2mcd_dirty, struct dirty, item, dirty_cmp, dirty_hash);
DECLARE_HASH(l2mcd_osls, struct osl, item, osl_cmp, osl_hash);

static struct l2mcd_dirty_head dirty, leaving;
static struct l2mcd_osls_head osls;
static bool confirm_wanted;
static struct fib_server *server;

/* ---------------------------------------------------------------- tunnels and sessions */

static void dirty_free(struct l2mcd_dirty_head *head, struct dirty *e)
{
	l2mcd_dirty_del(head, e);
	XFREE(MTYPE_L2MCD_DIRTY, e);
}

static void set(const struct fib_key *key, union fib_value *v)
{
	struct l2mcd *d = l2mcd_instance();
	struct dirty ref = {.key = *key}, *e = l2mcd_dirty_find(&leaving, &ref);

	if (e) /* the ID is in use again */
		dirty_free(&leaving, e);
	fib_pub_set(d->fib, key, v);
	fib_server_kick(server);
}

static void del(const struct fib_key *key)
{
	struct l2mcd *d = l2mcd_instance();

	fib_pub_del(d->fib, key);
	fib_server_kick(server);
}

/* At the end of the round: flows that name it are built before. */
static void leave(const struct fib_key *key)
{
	struct dirty ref = {.key = *key}, *e;

	if (l2mcd_dirty_find(&leaving, &ref))
		return;
	e = XCALLOC(MTYPE_L2MCD_DIRTY, sizeof(*e));
	e->key = *key;
	l2mcd_dirty_add(&leaving, e);
}

static void leave_now(enum fib_table table)
{
	struct dirty *e;

	frr_each_safe (l2mcd_dirty, &leaving, e) {
		if (e->key.table != table)
			continue;
		del(&e->key);
		dirty_free(&leaving, e);
	}
}

void l2mcd_fib_tunnel(const struct l2mcd_tunnel *t)
{
	struct fib_key key = fib_key_l2tp_tunnel(t->tunnel_id);
	struct l2tp_tunnel_info info;
	union fib_value v = {};

	l2tp_tunnel_info(t->l2tp, &info);
	v.l2tp_tunnel.peer_tunnel_id = info.peer_tunnel_id;
	v.l2tp_tunnel.local = t->local;
	v.l2tp_tunnel.peer = t->peer;
	v.l2tp_tunnel.udp_checksum = true; /* R2661-8.1-3: on by default */
	set(&key, &v);
}

void l2mcd_fib_tunnel_del(const struct l2mcd_tunnel *t)
{
	struct fib_key key = fib_key_l2tp_tunnel(t->tunnel_id);

	leave(&key);
}

void l2mcd_fib_session(const struct l2mcd_session *s)
{
	struct fib_key key = fib_key_access_session(s->tunnel->tunnel_id, s->session_id);
	const struct interface *ifp = l2mcd_interface_up(s->interface);
	union fib_value v = {};

	v.access_session.peer_session_id = s->peer_session_id;
	v.access_session.role = s->lac ? FIB_ROLE_LAC : FIB_ROLE_LNS;
	strlcpy(v.access_session.interface, s->interface, sizeof(v.access_session.interface));
	v.access_session.framing = ifp ? l2mcd_interface_framing(ifp) : FIB_FRAMING_RAW_IP;
	v.access_session.unicast = !s->provider || !s->provider->kernel;
	v.access_session.sequencing = s->sequencing;
	if (s->pppoe)
		l2mcd_pppoe_framing(s, &v.access_session);
	set(&key, &v);
}

void l2mcd_fib_session_del(const struct l2mcd_session *s)
{
	struct fib_key key = fib_key_access_session(s->tunnel->tunnel_id, s->session_id);

	leave(&key);
}

/* ---------------------------------------------------------------- flows (LNS) */

struct fib_key l2mcd_flow_key(const struct addr *group, const struct addr *source)
{
	return fib_key_l2tp_flow("", group, source);
}

void l2mcd_fib_flow_changed(struct l2mc_flow *f, bool gone)
{
	struct dirty ref = {.key = l2mcd_flow_key(l2mc_flow_group(f), l2mc_flow_source(f))};
	struct dirty *e = l2mcd_dirty_find(&dirty, &ref);

	if (gone) {
		if (e)
			dirty_free(&dirty, e);
		del(&ref.key);
	} else if (!e) {
		e = XCALLOC(MTYPE_L2MCD_DIRTY, sizeof(*e));
		e->key = ref.key;
		e->flow = f;
		l2mcd_dirty_add(&dirty, e);
	}
}

/* What the configuration says of all flows, as it was when they were told. */
static struct {
	char upstream_interface[IFNAMSIZ];
	uint32_t maximum_packet; /* A4045-49: every listed session takes packet-size (A4045-28) */
	bool length;		 /* A4045-48 */
} told;

/* Of every flow, when what is said of all of them has changed. */
static void flows_reconcile(struct l2mcd *d)
{
	const struct l2mcd_multicast *m = &d->config.multicast;
	uint32_t maximum = m->osl_mtu_strict ? m->packet_size : 0;

	if (strcmp(told.upstream_interface, m->upstream_interface) == 0 &&
	    told.maximum_packet == maximum && told.length == m->length)
		return;
	strlcpy(told.upstream_interface, m->upstream_interface, sizeof(told.upstream_interface));
	told.maximum_packet = maximum;
	told.length = m->length;
	l2mc_lns_flows_changed(d->lns);
}

struct build {
	struct fib_flow_branch *branches;
	size_t n, size;
};

static void add_branch(void *arg, const struct l2mc_branch *b)
{
	struct build *build = arg;
	struct fib_flow_branch *to;

	if (build->n == build->size) {
		build->size = build->size ? 2 * build->size : 8;
		build->branches = realloc(build->branches, build->size * sizeof(*to));
		if (!build->branches)
			memory_oom(build->size * sizeof(*to), "flow branches");
	}
	to = &build->branches[build->n++];
	*to = (struct fib_flow_branch){.tunnel_id = l2mc_tunnel_id(b->tunnel)};
	if (b->session) {
		struct l2mc_session_info i;

		l2mc_session_info(b->session, &i);
		to->kind = FIB_BRANCH_MULTICAST_SESSION;
		to->session_id = i.session_id;
		to->peer_session_id = i.peer_session_id;
		to->sequencing = i.sequencing;
		to->maximum_bps = i.maximum_bps;
		to->maximum_packet = told.maximum_packet;
		to->length = told.length;
	} else {
		to->kind = FIB_BRANCH_UNICAST_SESSION;
		to->session_id = l2mc_user_session_id(b->user);
	}
}

static void build_flow(struct l2mcd *d, const struct dirty *e)
{
	struct build build = {};
	union fib_value v = {};

	l2mc_flow_branches(e->flow, add_branch, &build);
	strlcpy(v.l2tp_flow.upstream_interface, told.upstream_interface,
		sizeof(v.l2tp_flow.upstream_interface));
	v.l2tp_flow.branches = build.branches;
	v.l2tp_flow.n_branches = build.n;
	fib_pub_set(d->fib, &e->key, &v);
}

/* ---------------------------------------------------------------- replication (LAC) */

static struct osl *osl_find(const struct fib_key *key)
{
	struct osl ref = {.key = *key};

	return l2mcd_osls_find(&osls, &ref);
}

static void osl_confirm(const struct osl *o, bool ok)
{
	struct l2mcd *d = l2mcd_instance();
	uint16_t tunnel_id = o->key.l2tp_replication.tunnel_id;
	struct l2tp_tunnel *l2tp = l2tp_tunnel_find(d->l2tp, tunnel_id);
	struct l2mcd_tunnel *t = l2tp ? l2tp_tunnel_data(l2tp) : NULL;

	if (t && t->lac)
		l2mc_osl_installed(t->lac, o->key.l2tp_replication.session_id, o->version, ok,
				   l2mcd_now());
}

bool l2mcd_fib_ready(void)
{
	return fib_pub_has_primary(l2mcd_instance()->fib, TABLES_LAC);
}

void l2mcd_fib_program(const struct l2mc_osl *o)
{
	struct l2mcd *d = l2mcd_instance();
	struct fib_object_info installed;
	struct l2mc_osl_info info;
	union fib_value v = {};
	const uint16_t *members;
	struct fib_key key;
	struct osl *e;
	size_t n;

	l2mc_osl_info(o, &info);
	members = l2mc_osl_members(o, &n);
	key = fib_key_l2tp_replication(l2mc_lac_tunnel_id(info.tunnel), info.session_id);
	v.l2tp_replication.n_members = n;
	v.l2tp_replication.drop_late = info.drop_late;
	if (n) {
		v.l2tp_replication.members = fib_alloc(n, sizeof(struct fib_member));
		for (size_t i = 0; i < n; i++)
			v.l2tp_replication.members[i] = (struct fib_member){
				.session_id = members[i],
				.priority = (enum fib_priority)l2mc_osl_priority(o, members[i]),
			};
	}
	e = osl_find(&key);
	if (!e) {
		e = XCALLOC(MTYPE_L2MCD_OSL, sizeof(*e));
		e->key = key;
		l2mcd_osls_add(&osls, e);
	}
	e->version = info.version;
	e->generation = fib_pub_set(d->fib, &key, &v);
	if (fib_pub_lookup(d->fib, &key, &installed) && installed.state == FIB_STATE_INSTALLED) {
		e->confirm = true; /* the same list again: no new status will come */
		confirm_wanted = true;
	}
	fib_server_kick(server);
	l2mcd_kick();
}

void l2mcd_fib_unprogram(const struct l2mc_osl *o)
{
	struct l2mc_osl_info info;
	struct fib_key key;
	struct osl *e;

	l2mc_osl_info(o, &info);
	key = fib_key_l2tp_replication(l2mc_lac_tunnel_id(info.tunnel), info.session_id);
	e = osl_find(&key);
	if (e) {
		l2mcd_osls_del(&osls, e);
		XFREE(MTYPE_L2MCD_OSL, e);
	}
	del(&key);
}

/* ---------------------------------------------------------------- what consumers say */

static void session_installed(const struct fib_key *key)
{
	uint16_t tunnel_id = key->access_session.tunnel_id;
	struct l2tp_tunnel *t = l2tp_tunnel_find(l2mcd_instance()->l2tp, tunnel_id);
	struct l2tp_session *s = t ? l2tp_session_find(t, key->access_session.session_id) : NULL;

	if (s && l2tp_session_data(s))
		l2mcd_lns_session_installed(l2tp_session_data(s));
}

static void cb_installed(void *ctx, const struct fib_key *key, uint64_t generation,
			 enum fib_install state, const char *text)
{
	char name[128];
	struct osl *o;

	L2MCD_DEBUG(fib, "%s generation %" PRIu64 " %s %s", fib_key_str(key, name, sizeof(name)),
		    generation, fib_install_name(state), text);
	if (state == FIB_STATE_FAILED || state == FIB_STATE_UNSUPPORTED)
		zlog_warn("forwarding: %s %s: %s", fib_key_str(key, name, sizeof(name)),
			  fib_install_name(state), text);
	if (key->table == FIB_ACCESS_SESSION && state == FIB_STATE_INSTALLED)
		session_installed(key);
	if (key->table != FIB_L2TP_REPLICATION)
		return;
	o = osl_find(key);
	if (!o || o->generation != generation)
		return;
	if (state == FIB_STATE_INSTALLED)
		osl_confirm(o, true);
	else if (state == FIB_STATE_FAILED || state == FIB_STATE_UNSUPPORTED)
		osl_confirm(o, false);
	l2mcd_kick();
}

/* Data is a sign of life like any other message (R2661-6.5-2, A4045-50). */
static void tunnel_activity(struct l2mcd *d, const struct fib_activity *a)
{
	struct l2tp_tunnel *l2tp = l2tp_tunnel_find(d->l2tp, a->key.l2tp_tunnel.tunnel_id);
	struct l2mcd_tunnel *t = l2tp ? l2tp_tunnel_data(l2tp) : NULL;

	if (!t || a->packets == t->data_packets)
		return;
	t->data_packets = a->packets;
	l2tp_engine_data_seen(d->l2tp, t->tunnel_id, l2mcd_now());
}

/* LAC: the agent knows how long it has seen nothing (R4045-7.3-1). */
static void replication_activity(struct l2mcd *d, const struct fib_activity *a)
{
	uint64_t limit_ms = (uint64_t)d->config.multicast.idle_timeout_s * MSEC_PER_S;
	struct l2tp_tunnel *l2tp = l2tp_tunnel_find(d->l2tp, a->key.l2tp_replication.tunnel_id);
	struct l2mcd_tunnel *t = l2tp ? l2tp_tunnel_data(l2tp) : NULL;

	if (t && t->lac && limit_ms && a->idle_ms >= limit_ms)
		l2mc_osl_idle(t->lac, a->key.l2tp_replication.session_id, l2mcd_now());
}

static void cb_activity(void *ctx, const struct fib_consumer *c, const struct fib_activity *a)
{
	struct l2mcd *d = ctx;

	switch (a->key.table) {
	case FIB_L2TP_TUNNEL:
		tunnel_activity(d, a);
		break;
	case FIB_L2TP_REPLICATION:
		replication_activity(d, a);
		break;
	case FIB_L2TP_FLOW:
		l2mc_lns_traffic(d->lns, &a->key.l2tp_flow.group, &a->key.l2tp_flow.source,
				 a->packets, l2mcd_now());
		break;
	default:
		return;
	}
	l2mcd_kick();
}

static void cb_consumer(void *ctx, const struct fib_consumer *c, bool up, const char *reason)
{
	struct fib_consumer_info i;

	fib_consumer_info(c, &i);
	zlog_info("forwarding agent %s %s%s%s", i.name, up ? "connected" : "gone", up ? "" : ": ",
		  up ? "" : reason);
}

static void cb_slow(void *ctx, const struct fib_consumer *c, msec_t since)
{
	struct fib_consumer_info i;

	fib_consumer_info(c, &i);
	zlog_warn("forwarding agent %s is slow: no progress for %" PRId64 " s, %zu objects wait",
		  i.name, (l2mcd_now() - since) / MSEC_PER_S, i.dirty);
}

static const struct fib_pub_ops pub_ops = {
	.installed = cb_installed,
	.activity = cb_activity,
	.consumer = cb_consumer,
	.slow = cb_slow,
};

/* ---------------------------------------------------------------- the round */

void l2mcd_fib_flush(struct l2mcd *d)
{
	struct dirty *e;
	struct osl *o;
	bool any = l2mcd_dirty_count(&dirty) > 0;

	while ((e = l2mcd_dirty_pop(&dirty))) {
		build_flow(d, e);
		XFREE(MTYPE_L2MCD_DIRTY, e);
	}
	if (any)
		fib_server_kick(server);
	leave_now(FIB_ACCESS_SESSION);
	leave_now(FIB_L2TP_TUNNEL);
	if (!confirm_wanted)
		return;
	confirm_wanted = false;
	frr_each_safe (l2mcd_osls, &osls, o) {
		if (!o->confirm)
			continue;
		o->confirm = false;
		osl_confirm(o, true);
	}
}

/* ---------------------------------------------------------------- the service */

const char *l2mcd_fib_endpoint(const char **error)
{
	return fib_server_endpoint(server, error);
}

void l2mcd_fib_reconcile(struct l2mcd *d)
{
	fib_server_reconcile(server, &d->config.fib, d->config.present);
	flows_reconcile(d);
}

void l2mcd_fib_init(struct l2mcd *d)
{
	l2mcd_dirty_init(&dirty);
	l2mcd_dirty_init(&leaving);
	l2mcd_osls_init(&osls);
	server = fib_server_new(d->master, "l2mcd", &pub_ops, d);
	d->fib = fib_server_pub(server);
}

void l2mcd_fib_fini(struct l2mcd *d)
{
	struct dirty *e;
	struct osl *o;

	fib_server_free(server);
	while ((e = l2mcd_dirty_pop(&dirty)) || (e = l2mcd_dirty_pop(&leaving)))
		XFREE(MTYPE_L2MCD_DIRTY, e);
	while ((o = l2mcd_osls_pop(&osls)))
		XFREE(MTYPE_L2MCD_OSL, o);
	l2mcd_dirty_fini(&dirty);
	l2mcd_dirty_fini(&leaving);
	l2mcd_osls_fini(&osls);
}
