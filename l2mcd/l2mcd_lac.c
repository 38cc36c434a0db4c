// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * l2mcd_lac.c - access interfaces: the subscriber behind each gets one incoming call.
 *
 * A call is placed while its netdev is up.  The LNS is the first endpoint of the peer-group, by
 * preference, that is not on the denylist; calls of one peer-group share a tunnel.
 */
#include "l2mcd/l2mcd_p.h"
#include "l2mcd/l2mcd_pppoe.h"

#define RETRY_FIRST_MS 1000
#define RETRY_MAX_MS   60000
#define URGENT_MS      2000 /* between attempts at endpoints that are denied */

static msec_t deadline = MSEC_NEVER;
static bool awake;

void l2mcd_lac_wake(void)
{
	awake = true;
	l2mcd_kick();
}

static void retry_later(struct l2mcd_access *a, msec_t now)
{
	uint32_t shift = a->failures < 6 ? a->failures : 6;
	msec_t delay = (msec_t)RETRY_FIRST_MS << shift;

	a->failures++;
	a->retry_at = now + (delay < RETRY_MAX_MS ? delay : RETRY_MAX_MS);
}

/* The access this session belongs to; NULL if it has been removed or has another call. */
static struct l2mcd_access *access_of(const struct l2mcd_session *s)
{
	struct l2mcd_access *a = l2mcd_access_find(&l2mcd_instance()->config, s->interface);

	return a && a->session == s ? a : NULL;
}

static struct l2mcd_endpoint *endpoint_of(struct l2mcd_peer_group *g, const struct l2mcd_tunnel *t)
{
	struct l2mcd_endpoint *e;

	frr_each (l2mcd_endpoints, &g->endpoints, e)
		if (addr_cmp(&e->addr, &t->peer.addr) == 0)
			return e;
	return NULL;
}

void l2mcd_lac_session_up(struct l2mcd_session *s)
{
	struct l2mcd_access *a = access_of(s);

	if (s->pppoe) {
		l2mcd_pppoe_session_up(s);
		return;
	}
	if (a)
		a->failures = 0;
	l2mcd_fib_session(s);
	l2mcd_line_watch();
}

void l2mcd_lac_session_down(struct l2mcd_session *s, const char *reason)
{
	struct l2mcd_access *a = access_of(s);
	struct l2tp_session_info info;

	l2mcd_fib_session_del(s);
	l2tp_session_info(s->l2tp, &info);
	if (info.peer_result == L2TP_CDN_ERROR && info.peer_error == L2TP_ERR_TRY_ANOTHER)
		l2mcd_lac_try_another(s->tunnel);
	if (s->pppoe)
		l2mcd_pppoe_session_down(s, reason);
	if (!a)
		return;
	a->session = NULL;
	if (info.call.sequencing_required && info.peer_result)
		a->unsequenced = true; /* `prefer`: the next call does without */
	retry_later(a, l2mcd_now());
	l2mcd_lac_wake();
}

void l2mcd_lac_try_another(const struct l2mcd_tunnel *t)
{
	struct l2mcd_peer_group *g =
		l2mcd_peer_group_find(&l2mcd_instance()->config, t->peer_group);
	struct l2mcd_endpoint *e = g ? endpoint_of(g, t) : NULL;

	if (e)
		e->busy_until = l2mcd_now() + (msec_t)g->denylist_s * MSEC_PER_S;
}

void l2mcd_lac_reachable(struct l2mcd *d, const struct l2mcd_tunnel *t, bool reachable)
{
	struct l2mcd_peer_group *g = l2mcd_peer_group_find(&d->config, t->peer_group);
	struct l2mcd_endpoint *e;

	if (!g)
		return;
	e = endpoint_of(g, t);
	if (e)
		e->denied_until = reachable ? 0 : l2mcd_now() + (msec_t)g->denylist_s * MSEC_PER_S;
	l2mcd_lac_wake();
}

/* ---------------------------------------------------------------- choosing a tunnel */

struct search {
	struct l2mcd_peer_group *group;
	bool busy_too;
	msec_t now;
	struct l2mcd_tunnel *found;
};

static void tunnel_fits(void *arg, struct l2mcd_tunnel *t)
{
	struct search *s = arg;
	const struct l2mcd_endpoint *e;
	struct l2tp_tunnel_info info;

	if (s->found || strcmp(t->peer_group, s->group->name) != 0)
		return;
	e = endpoint_of(s->group, t);
	if (e && e->busy_until > s->now && !s->busy_too)
		return;
	l2tp_tunnel_info(t->l2tp, &info);
	if (info.state != L2TP_T_CLOSING)
		s->found = t;
}

/* Preferred endpoint that may be tried; if all are denied, the one that is free soonest. */
static struct l2mcd_endpoint *choose_endpoint(struct l2mcd_peer_group *g, bool busy_too, msec_t now,
					      msec_t *wait)
{
	struct l2mcd_endpoint *e;

	*wait = MSEC_NEVER;
	frr_each (l2mcd_endpoints, &g->endpoints, e) {
		if (e->busy_until > now && !busy_too)
			continue;
		if (e->denied_until <= now)
			return e;
		if (e->denied_until < *wait)
			*wait = e->denied_until;
	}
	return NULL;
}

/* LNSs that have sent us to another are the last resort (R2661-4.4.2-4). */
static struct l2mcd_tunnel *tunnel_for(struct l2mcd *d, struct l2mcd_peer_group *g, msec_t now,
				       msec_t *wait)
{
	struct search s = {.group = g, .now = now};

	*wait = MSEC_NEVER;
	for (int i = 0; i < 2; i++) {
		struct l2mcd_endpoint *e;

		s.busy_too = i;
		l2mcd_tunnels_walk(d, tunnel_fits, &s);
		if (s.found)
			return s.found;
		e = choose_endpoint(g, s.busy_too, now, wait);
		if (e)
			return l2mcd_tunnel_call(d, g, e);
	}
	return NULL;
}

struct l2mcd_tunnel *l2mcd_lac_tunnel(struct l2mcd *d, const char *peer_group, msec_t now,
				      const char **why)
{
	struct l2mcd_peer_group *g = l2mcd_peer_group_find(&d->config, peer_group);
	struct l2mcd_tunnel *t;
	msec_t wait;

	if (!g || !g->lac || g->shutdown) {
		*why = g ? "the peer-group is shut down" : "no peer-group for this service";
		return NULL;
	}
	t = tunnel_for(d, g, now, &wait);
	if (!t && wait != MSEC_NEVER && now >= g->urgent_at) {
		g->urgent_at = now + URGENT_MS;
		t = tunnel_for(d, g, wait, &wait);
	}
	if (!t)
		*why = wait == MSEC_NEVER ? "the peer-group has no endpoint"
					  : "no LNS of the peer-group can be reached";
	return t;
}

/* ---------------------------------------------------------------- reconciling */

static bool wanted(struct l2mcd *d, const struct l2mcd_access *a, struct l2mcd_peer_group **g)
{
	*g = a->peer_group[0] ? l2mcd_peer_group_find(&d->config, a->peer_group) : NULL;
	if (!d->config.present || a->pppoe || !*g || !(*g)->lac || (*g)->shutdown)
		*g = NULL;
	return *g && l2mcd_interface_up(a->interface);
}

static void wait_until(msec_t when)
{
	if (when < deadline)
		deadline = when;
}

static struct span text_span(const char *text)
{
	return (struct span){(const uint8_t *)text, strlen(text)};
}

static void place_call(struct l2mcd *d, struct l2mcd_access *a, struct l2mcd_peer_group *g,
		       msec_t now)
{
	struct l2tp_call call = {.framing_type = 1, .tx_speed_bps = L2MCD_ACCESS_BPS};
	struct l2tp_proxy proxy = {};
	struct l2mcd_tunnel *t;
	msec_t wait;

	if (a->retry_at > now) {
		wait_until(a->retry_at);
		return;
	}
	t = tunnel_for(d, g, now, &wait);
	if (!t) {
		wait_until(wait);
		return;
	}
	/* what a session provider of the LNS knows the subscriber by */
	strlcpy(call.calling_number, a->interface, sizeof(call.calling_number));
	call.sequencing_required = l2mcd_lac_asks_for_sequencing(a);
	if (a->proxy_name[0]) { /* the operator vouches for the subscriber (RFC 2661 4.4.5) */
		proxy.type = L2TP_PROXY_TEXT;
		proxy.name = text_span(a->proxy_name);
		proxy.response = text_span(a->proxy_password);
		call.proxy = &proxy;
	}
	a->session = l2mcd_session_call(t, a->interface, &call);
	if (!a->session) {
		retry_later(a, now);
		wait_until(a->retry_at);
	}
}

static void end_call(struct l2mcd_access *a, const char *why)
{
	/* the callback clears a->session */
	l2tp_session_close(a->session->l2tp, L2TP_CDN_CARRIER_LOST, L2TP_ERR_NONE, why, l2mcd_now());
	a->retry_at = 0;
	a->failures = 0;
}

static void orphan(void *arg, struct l2mcd_session *s)
{
	if (s->lac && !s->pppoe && !access_of(s))
		l2tp_session_close(s->l2tp, L2TP_CDN_ADMIN, L2TP_ERR_NONE, "access removed",
				   l2mcd_now());
}

void l2mcd_lac_configured(void)
{
	l2mcd_sessions_walk(orphan, NULL);
	l2mcd_lac_wake();
}

/* An LNS can ask for calls only in a tunnel that is there. */
static void keep_tunnel(struct l2mcd *d, struct l2mcd_access *a, struct l2mcd_peer_group *g,
			msec_t now)
{
	struct l2tp_tunnel_info info;
	struct l2mcd_tunnel *t;
	msec_t wait;

	if (a->retry_at > now) {
		wait_until(a->retry_at);
		return;
	}
	t = tunnel_for(d, g, now, &wait);
	if (!t) {
		wait_until(wait);
		return;
	}
	l2tp_tunnel_info(t->l2tp, &info);
	if (info.state == L2TP_T_ESTABLISHED)
		a->failures = 0;
	else
		retry_later(a, now); /* its end wakes us */
}

/* Why the call of this access is to end; NULL: it may stay. */
static const char *end_reason(const struct l2mcd_access *a, const struct l2mcd_peer_group *g,
			      bool want)
{
	bool outgoing = l2mcd_lac_is_outgoing(a->session);

	if (!g || strcmp(a->session->tunnel->peer_group, g->name) != 0)
		return "peer-group changed";
	if (outgoing != (a->called_number[0] != 0))
		return "called-number changed";
	if (want || (outgoing && !a->session->up))
		return NULL; /* it rings */
	return "access interface down";
}

void l2mcd_lac_reconcile(struct l2mcd *d, msec_t now)
{
	struct l2mcd_access *a;

	if (!awake && now < deadline)
		return;
	awake = false;
	deadline = MSEC_NEVER;
	l2mcd_pppoe_reconcile(d, now);
	frr_each (l2mcd_accesses, &d->config.accesses, a) {
		struct l2mcd_peer_group *g;
		bool want = wanted(d, a, &g);
		const char *why = a->session ? end_reason(a, g, want) : NULL;

		if (why)
			end_call(a, why);
		if (g && a->called_number[0] && !a->session)
			keep_tunnel(d, a, g, now);
		else if (want && a->called_number[0])
			l2mcd_lac_answer(a, now);
		else if (want && !a->session)
			place_call(d, a, g, now);
	}
}

msec_t l2mcd_lac_deadline(const struct l2mcd *d)
{
	return deadline;
}
