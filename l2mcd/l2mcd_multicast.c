// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * l2mcd_multicast.c - connects the two RFC 4045 engines with tunnels, forwarding and upstream.
 *
 * Which engine a message is for follows from its type, or from whose Session ID its header
 * carries (A4045-22): all IDs of a tunnel share one space.
 */
#include "l2mcd/l2mcd_p.h"

/* Set in the cookies of the LAC engine, clear in those of the LNS engine (l2mc_lns.h). */
#define COOKIE_LAC (UINT64_C(1) << 63)

/* ---------------------------------------------------------------- LNS */

static struct l2mcd_tunnel *of_lns(struct l2mc_tunnel *t)
{
	return l2mc_tunnel_data(t);
}

static uint16_t lns_reserve_id(void *ctx, struct l2mc_tunnel *t)
{
	return l2tp_tunnel_reserve_id(of_lns(t)->l2tp);
}

static void lns_release_id(void *ctx, struct l2mc_tunnel *t, uint16_t session_id)
{
	l2tp_tunnel_release_id(of_lns(t)->l2tp, session_id);
}

static void trace(const struct l2mcd_tunnel *t, const char *dir, const struct l2tp_msg *m)
{
	l2mcd_history_add(t->tunnel_id, m->session_id, "%s %s%s", l2tp_msg_name(m->type), dir,
			  m->n_sids ? " with session list" : "");
	L2MCD_DEBUG(multicast, "tunnel %u: %s %s session 0x%04x, %zu session IDs", t->tunnel_id,
		    l2tp_msg_name(m->type), dir, m->session_id, m->n_sids);
}

/* What is configured, but not more than the fastest user connection (R4045-5.1-6). */
static uint32_t lns_maximum_bps(void *ctx, struct l2mc_tunnel *t)
{
	const struct l2mcd *d = ctx;
	uint32_t configured = d->config.multicast.maximum_bps, fastest = 0;

	if (!configured)
		return 0;
	for (struct l2tp_session *s = l2tp_session_first(of_lns(t)->l2tp); s;
	     s = l2tp_session_next(of_lns(t)->l2tp, s)) {
		struct l2tp_session_info info;

		l2tp_session_info(s, &info);
		if (!info.lac && info.call.tx_speed_bps > fastest)
			fastest = info.call.tx_speed_bps;
	}
	return fastest ? MIN(fastest, configured) : configured; /* 0: nobody told */
}

static bool lns_send(void *ctx, struct l2mc_tunnel *t, const struct l2tp_msg *m, uint64_t cookie)
{
	trace(of_lns(t), "sent", m);
	return l2tp_tunnel_send(of_lns(t)->l2tp, m, cookie, l2mcd_now());
}

static void lns_flow_changed(void *ctx, struct l2mc_flow *f, bool gone)
{
	l2mcd_fib_flow_changed(f, gone);
}

static void lns_record_changed(void *ctx, const struct addr *group, const struct gmp_filter *merged)
{
	l2mcd_upstream_set(group, merged);
}

static void lns_event(void *ctx, const struct l2mc_session *s, const char *what)
{
	struct l2mc_session_info i;
	char group[ADDR_STRLEN];

	l2mc_session_info(s, &i);
	l2mcd_history_add(l2mc_tunnel_id(i.tunnel), i.session_id, "multicast session %s: %s",
			  addr_str(&i.group, group), what);
}

static const struct l2mc_lns_ops lns_ops = {
	.reserve_id = lns_reserve_id,
	.release_id = lns_release_id,
	.send = lns_send,
	.maximum_bps = lns_maximum_bps,
	.flow_changed = lns_flow_changed,
	.record_changed = lns_record_changed,
	.event = lns_event,
};

/* ---------------------------------------------------------------- LAC */

static struct l2mcd_tunnel *of_lac(struct l2mc_lac_tunnel *t)
{
	return l2mc_lac_tunnel_data(t);
}

static uint16_t lac_reserve_id(void *ctx, struct l2mc_lac_tunnel *t)
{
	return l2tp_tunnel_reserve_id(of_lac(t)->l2tp);
}

static void lac_release_id(void *ctx, struct l2mc_lac_tunnel *t, uint16_t session_id)
{
	l2tp_tunnel_release_id(of_lac(t)->l2tp, session_id);
}

static bool lac_send(void *ctx, struct l2mc_lac_tunnel *t, const struct l2tp_msg *m,
		     uint64_t cookie)
{
	trace(of_lac(t), "sent", m);
	return l2tp_tunnel_send(of_lac(t)->l2tp, m, cookie, l2mcd_now());
}

static bool lac_is_member(void *ctx, struct l2mc_lac_tunnel *t, uint16_t session_id)
{
	struct l2tp_session *l2tp = l2tp_session_find(of_lac(t)->l2tp, session_id);
	const struct l2mcd_session *s = l2tp ? l2tp_session_data(l2tp) : NULL;

	return s && s->up && s->lac;
}

static bool lac_ready(void *ctx)
{
	return l2mcd_fib_ready();
}

static void lac_program(void *ctx, const struct l2mc_osl *o)
{
	l2mcd_fib_program(o);
}

static void lac_unprogram(void *ctx, const struct l2mc_osl *o)
{
	l2mcd_fib_unprogram(o);
}

static void lac_event(void *ctx, const struct l2mc_osl *o, const char *what)
{
	struct l2mc_osl_info i;

	l2mc_osl_info(o, &i);
	l2mcd_history_add(l2mc_lac_tunnel_id(i.tunnel), i.session_id, "multicast session: %s",
			  what);
}

static const struct l2mc_lac_ops lac_ops = {
	.reserve_id = lac_reserve_id,
	.release_id = lac_release_id,
	.send = lac_send,
	.is_member = lac_is_member,
	.ready = lac_ready,
	.program = lac_program,
	.unprogram = lac_unprogram,
	.event = lac_event,
};

/* ---------------------------------------------------------------- both */

void l2mcd_multicast_input(struct l2mcd_tunnel *t, const struct l2tp_msg *m,
			   const struct l2tp_fault *fault, msec_t now)
{
	trace(t, "received", m);
	if (t->lac && (!t->lns || l2mc_lac_concerns(t->lac, m)))
		l2mc_lac_input(t->lac, m, fault, now);
	else if (t->lns)
		l2mc_lns_input(t->lns, m, fault, now);
	l2mcd_kick();
}

void l2mcd_multicast_acked(struct l2mcd *d, uint64_t cookie, msec_t now)
{
	if (cookie & COOKIE_LAC)
		l2mc_lac_acked(d->lac, cookie, now);
	else
		l2mc_lns_acked(d->lns, cookie, now);
	l2mcd_kick();
}

void l2mcd_multicast_tunnel_up(struct l2mcd_tunnel *t, const struct l2mcd_peer_group *g)
{
	struct l2mcd *d = l2mcd_instance();
	struct l2tp_tunnel_info info;

	l2tp_tunnel_info(t->l2tp, &info);
	if (g->lac)
		t->lac = l2mc_lac_tunnel_add(d->lac, t->tunnel_id, info.offered_multicast, t);
	if (g->lns) /* the administrator can switch it off towards a set of LACs (R4045-3.2-8) */
		t->lns = l2mc_tunnel_add(d->lns, t->tunnel_id,
					 info.peer_multicast && g->multicast != L2MCD_MCAST_DISABLE,
					 t);
}

void l2mcd_multicast_tunnel_down(struct l2mcd_tunnel *t)
{
	if (t->lac)
		l2mc_lac_tunnel_del(t->lac);
	if (t->lns)
		l2mc_tunnel_del(t->lns, l2mcd_now());
	t->lac = NULL;
	t->lns = NULL;
}

static void lns_policy(const struct l2mcd *d, struct l2mc_policy *p)
{
	const struct l2mcd_multicast *m = &d->config.multicast;

	l2mc_policy_default(p);
	p->per_group = m->per_group;
	p->threshold = m->threshold;
	p->teardown = m->teardown;
	p->holdtime_ms = m->holdtime_s * MSEC_PER_S;
	p->require_traffic = m->require_traffic;
	p->idle_ms = m->idle_timeout_s * MSEC_PER_S;
	p->maximum_sessions = m->maximum_sessions;
	p->await_ms = m->ack_wait_ms;
	p->holdoff_ms = m->refused_holdoff_s * MSEC_PER_S;
	p->nos_retry_ms = m->nos_retry_s * MSEC_PER_S;
	p->nos_retries = m->nos_retries;
	p->widen_ms = m->transition_ms;
	p->active = m->active_termination;
	p->ack_lac_id = m->ack_lac_id;
	p->priority = m->priority;
}

static void lac_policy(const struct l2mcd *d, struct l2mc_lac_policy *p)
{
	const struct l2mcd_multicast *m = &d->config.multicast;

	*p = (struct l2mc_lac_policy){
		.maximum_sessions = m->maximum_sessions,
		.maximum_osl = m->maximum_receivers,
		.sequencing = m->sequencing,
		.drop_late = m->drop_late,
		.ack_lac_id = m->ack_lac_id,
		.precedence = m->precedence,
	};
}

void l2mcd_multicast_reconcile(struct l2mcd *d)
{
	struct l2mc_policy lns;
	struct l2mc_lac_policy lac;

	lns_policy(d, &lns);
	lac_policy(d, &lac);
	l2mc_lns_set_policy(d->lns, &lns, l2mcd_now());
	l2mc_lac_set_policy(d->lac, &lac);
	l2mcd_priority_reconcile(d);
}

void l2mcd_multicast_init(struct l2mcd *d)
{
	struct l2mc_policy lns;
	struct l2mc_lac_policy lac;

	lns_policy(d, &lns);
	lac_policy(d, &lac);
	d->lns = l2mc_lns_new(&lns_ops, d, &d->wheel, &lns);
	d->lac = l2mc_lac_new(&lac_ops, d, &lac);
}

void l2mcd_multicast_fini(struct l2mcd *d)
{
	l2mc_lns_free(d->lns);
	l2mc_lac_free(d->lac);
}

/* ---------------------------------------------------------------- clear */

struct clear {
	struct l2mcd *d;
	uint16_t tunnel_id, session_id;
	unsigned int n;
	uint16_t ids[256]; /* clearing changes what is being walked */
	size_t n_ids;
};

static void collect_lns(void *arg, const struct l2mc_session *s)
{
	struct clear *c = arg;
	struct l2mc_session_info i;

	l2mc_session_info(s, &i);
	if (l2mc_tunnel_id(i.tunnel) == c->tunnel_id && i.state <= L2MC_ESTABLISHED &&
	    (!c->session_id || c->session_id == i.session_id) && c->n_ids < array_size(c->ids))
		c->ids[c->n_ids++] = i.session_id;
}

static void collect_lac(void *arg, const struct l2mc_osl *o)
{
	struct clear *c = arg;
	struct l2mc_osl_info i;

	l2mc_osl_info(o, &i);
	if (l2mc_lac_tunnel_id(i.tunnel) == c->tunnel_id && i.state != L2MC_OSL_CLOSING &&
	    (!c->session_id || c->session_id == i.session_id) && c->n_ids < array_size(c->ids))
		c->ids[c->n_ids++] = i.session_id;
}

static void clear_tunnel(void *arg, struct l2mcd_tunnel *t)
{
	struct clear *c = arg;
	msec_t now = l2mcd_now();

	if (t->tunnel_id != c->tunnel_id)
		return;
	do {
		c->n_ids = 0;
		if (t->lns)
			l2mc_session_walk(c->d->lns, collect_lns, c);
		for (size_t i = 0; i < c->n_ids; i++)
			l2mc_session_clear(c->d->lns, c->tunnel_id, c->ids[i], now);
		c->n += c->n_ids;
	} while (c->n_ids == array_size(c->ids));
	c->n_ids = 0;
	l2mc_osl_walk(c->d->lac, collect_lac, c);
	for (size_t i = 0; t->lac && i < c->n_ids; i++) {
		l2mc_osl_clear(t->lac, c->ids[i], now);
		c->n++;
	}
}

unsigned int l2mcd_clear_multicast(uint16_t tunnel_id, uint16_t session_id)
{
	struct clear c = {.d = l2mcd_instance(), .tunnel_id = tunnel_id, .session_id = session_id};

	l2mcd_tunnels_walk(c.d, clear_tunnel, &c);
	l2mcd_kick();
	return c.n;
}
