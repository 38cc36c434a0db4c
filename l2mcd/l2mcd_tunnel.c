// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * l2mcd_tunnel.c - what the L2TP engine tells: tunnels and unicast sessions come and go.
 *
 * Decides nothing of the protocol; finds the peer-group a control connection belongs to and
 * passes sessions to the side they are for (l2mcd_lac.c, l2mcd_lns.c).
 */
#include "l2mcd/l2mcd_kernel.h"
#include "l2mcd/l2mcd_p.h"
#include "l2mcd/l2mcd_pppoe.h"
#include "lib/text.h"

#include <sys/random.h>

DEFINE_MTYPE_STATIC(L2MCD, L2MCD_TUNNEL, "tunnel");
DEFINE_MTYPE_STATIC(L2MCD, L2MCD_SESSION, "session");

static struct l2mcd_tunnel *tunnel_new(struct l2tp_tunnel *l2tp, const char *peer_group)
{
	struct l2mcd_tunnel *t = XCALLOC(MTYPE_L2MCD_TUNNEL, sizeof(*t));
	struct l2tp_tunnel_info info;

	l2tp_tunnel_info(l2tp, &info);
	t->l2tp = l2tp;
	t->tunnel_id = info.tunnel_id;
	t->local = info.local;
	t->peer = info.peer;
	strlcpy(t->peer_group, peer_group, sizeof(t->peer_group));
	l2tp_tunnel_set_data(l2tp, t);
	return t;
}

/* ---------------------------------------------------------------- callbacks: tunnels */

/* Tunnel and Session IDs, challenges: unpredictable (R2661-9.1-1). */
static uint32_t cb_random(void *ctx)
{
	uint32_t r;

	while (getrandom(&r, sizeof(r), 0) != sizeof(r))
		; /* interrupted before the kernel's pool was ready */
	return r;
}

/* Whether a tunnel that a peer opened, established or on its way, is one of this group. */
static bool opened_by(struct l2mcd *d, const struct l2mcd_peer_group *g, struct l2tp_tunnel *l2tp)
{
	const struct l2mcd_tunnel *t = l2tp_tunnel_data(l2tp);
	struct l2tp_tunnel_info info;

	if (t)
		return strcmp(t->peer_group, g->name) == 0;
	l2tp_tunnel_info(l2tp, &info);
	return info.state == L2TP_T_WAIT_CTL_CONN &&
	       l2mcd_config_match(&d->config, &info.peer.addr, info.peer_host_name) == g;
}

static bool cb_tunnel_accept(void *ctx, const struct endpoint *local, const struct endpoint *peer,
			     const struct l2tp_msg *sccrq, struct l2tp_params *p)
{
	struct l2mcd *d = ctx;
	char host[L2TP_HOST_NAME_LEN], text[ADDR_STRLEN];
	struct l2mcd_peer_group *g;
	unsigned int n = 0;

	text_copy_octets(host, sizeof(host), sccrq->host_name);
	g = l2mcd_config_match(&d->config, &peer->addr, host);
	if (!g) {
		zlog_notice("control connection from %s (%s) refused: no peer-group accepts it",
			    addr_str(&peer->addr, text), host);
		return false;
	}
	for (struct l2tp_tunnel *t = g->maximum_tunnels ? l2tp_tunnel_first(d->l2tp) : NULL; t;
	     t = l2tp_tunnel_next(d->l2tp, t))
		n += opened_by(d, g, t);
	if (g->maximum_tunnels && n >= g->maximum_tunnels) {
		zlog_notice("control connection from %s (%s) refused: peer-group %s has %u tunnels",
			    addr_str(&peer->addr, text), host, g->name, n);
		return false;
	}
	l2mcd_config_params(&d->config, g, p);
	return true;
}

static struct l2mcd_peer_group *group_of(struct l2mcd *d, const struct l2mcd_tunnel *t)
{
	return l2mcd_peer_group_find(&d->config, t->peer_group);
}

static void cb_tunnel_up(void *ctx, struct l2tp_tunnel *l2tp)
{
	struct l2mcd *d = ctx;
	struct l2mcd_tunnel *t = l2tp_tunnel_data(l2tp);
	struct l2tp_tunnel_info info;
	struct l2mcd_peer_group *g;
	char text[ADDR_STRLEN];

	l2tp_tunnel_info(l2tp, &info);
	if (!t) { /* the peer opened it */
		g = l2mcd_config_match(&d->config, &info.peer.addr, info.peer_host_name);
		t = tunnel_new(l2tp, g ? g->name : "");
	}
	t->local = info.local;
	t->peer = info.peer; /* the responder may answer from another port (R2661-8.1-1) */
	g = group_of(d, t);
	if (!g) {
		l2tp_tunnel_close(l2tp, L2TP_STOP_GENERAL, l2mcd_now());
		return;
	}
	if (g->multicast == L2MCD_MCAST_REQUIRE && g->lns && !info.peer_multicast) {
		zlog_notice(
			"tunnel %u to %s closed: the LAC offers no multicast, peer-group %s requires it",
			t->tunnel_id, addr_str(&t->peer.addr, text), g->name);
		l2tp_tunnel_close(l2tp, L2TP_STOP_NOT_AUTHORISED, l2mcd_now());
		return;
	}
	zlog_info("tunnel %u to %s (%s) established, multicast %s", t->tunnel_id,
		  addr_str(&t->peer.addr, text), info.peer_host_name,
		  info.peer_multicast || info.offered_multicast ? "negotiated" : "not available");
	l2mcd_history_add(t->tunnel_id, 0, "established, peer %s, AVP 80 %s, %s",
			  info.peer_host_name, info.offered_multicast ? "sent" : "not sent",
			  info.peer_multicast ? "received" : "not received");
	if (t->called)
		l2mcd_lac_reachable(d, t, true);
	l2mcd_fib_tunnel(t);
	l2mcd_multicast_tunnel_up(t, g);
	l2mcd_kick();
}

static void cb_tunnel_down(void *ctx, struct l2tp_tunnel *l2tp, const char *reason)
{
	struct l2mcd *d = ctx;
	struct l2mcd_tunnel *t = l2tp_tunnel_data(l2tp);
	struct l2tp_tunnel_info info;
	struct l2mcd_peer_group *g = t ? group_of(d, t) : NULL;
	char text[ADDR_STRLEN];

	if (!t)
		return; /* never came up */
	l2tp_tunnel_info(l2tp, &info);
	zlog_info("tunnel %u to %s is down: %s", t->tunnel_id, addr_str(&t->peer.addr, text),
		  reason);
	l2mcd_history_add(t->tunnel_id, 0, "down: %s", reason);
	/* one that fell silent is skipped if there is another; else it may be back already */
	if (t->called && (!info.established || (strcmp(reason, L2TP_REASON_SILENT) == 0 && g &&
						l2mcd_endpoints_count(&g->endpoints) > 1)))
		l2mcd_lac_reachable(d, t, false);
	if (info.peer_result == L2TP_STOP_ERROR && info.peer_error == L2TP_ERR_TRY_ANOTHER)
		l2mcd_lac_try_another(t);
	if (t->called)
		l2mcd_lac_wake();
	l2mcd_multicast_tunnel_down(t);
	l2mcd_fib_tunnel_del(t);
	l2mcd_kernel_tunnel_gone(t);
	l2tp_tunnel_set_data(l2tp, NULL);
	XFREE(MTYPE_L2MCD_TUNNEL, t);
	l2mcd_kick();
}

/* ---------------------------------------------------------------- callbacks: sessions */

static uint16_t cb_call_accept(void *ctx, struct l2tp_session *l2tp)
{
	struct l2mcd_tunnel *t = l2tp_tunnel_data(l2tp_session_tunnel(l2tp));
	struct l2mcd_session *s;
	struct l2tp_session_info info;
	uint16_t result;

	l2tp_session_info(l2tp, &info);
	if (!t || (info.outgoing ? !t->lac : !t->lns))
		return L2TP_CDN_NO_FACILITIES_PERMANENT; /* not our role towards this peer */
	s = XCALLOC(MTYPE_L2MCD_SESSION, sizeof(*s));
	s->l2tp = l2tp;
	s->tunnel = t;
	s->session_id = info.session_id;
	s->peer_session_id = info.peer_session_id;
	result = info.outgoing ? l2mcd_lac_call_accept(s) : l2mcd_lns_call_accept(s);
	if (result) {
		XFREE(MTYPE_L2MCD_SESSION, s);
		return result;
	}
	l2tp_session_set_data(l2tp, s);
	return 0;
}

static void cb_session_up(void *ctx, struct l2tp_session *l2tp)
{
	struct l2mcd_session *s = l2tp_session_data(l2tp);
	struct l2tp_session_info info;

	if (!s)
		return;
	l2tp_session_info(l2tp, &info);
	s->session_id = info.session_id;
	s->peer_session_id = info.peer_session_id;
	if (!l2mcd_line_up(s))
		return;
	s->up = true;
	l2mcd_history_add(s->tunnel->tunnel_id, s->session_id, "established, interface %s",
			  s->interface[0] ? s->interface : "not made yet");
	l2mcd_line_agree(s);
	if (s->lac)
		l2mcd_lac_session_up(s);
	else
		l2mcd_lns_session_up(s); /* which may end it */
	l2mcd_kick();
}

static void cb_session_down(void *ctx, struct l2tp_session *l2tp, const char *reason)
{
	struct l2mcd_session *s = l2tp_session_data(l2tp);

	if (!s)
		return;
	l2mcd_history_add(s->tunnel->tunnel_id, s->session_id, "down: %s", reason);
	if (s->tunnel->lac)
		l2mc_lac_session_gone(s->tunnel->lac, s->session_id);
	if (s->lac)
		l2mcd_lac_session_down(s, reason);
	else
		l2mcd_lns_session_down(s);
	l2tp_session_set_data(l2tp, NULL);
	XFREE(MTYPE_L2MCD_SESSION, s);
	l2mcd_kick();
}

static void cb_session_info(void *ctx, struct l2tp_session *l2tp, const struct l2tp_msg *m)
{
	struct l2mcd_session *s = l2tp_session_data(l2tp);

	if (s)
		l2mcd_history_add(s->tunnel->tunnel_id, s->session_id, "%s received",
				  l2tp_msg_name(m->type));
}

/* ---------------------------------------------------------------- callbacks: the rest */

static void cb_multicast(void *ctx, struct l2tp_tunnel *l2tp, const struct l2tp_msg *m,
			 const struct l2tp_fault *fault)
{
	struct l2mcd_tunnel *t = l2tp_tunnel_data(l2tp);

	if (t)
		l2mcd_multicast_input(t, m, fault, l2mcd_now());
}

static void cb_acked(void *ctx, struct l2tp_tunnel *l2tp, uint64_t cookie)
{
	l2mcd_multicast_acked(ctx, cookie, l2mcd_now());
}

static void cb_trace(void *ctx, const struct l2tp_tunnel *t, bool sent, struct span datagram)
{
	char text[2048];

	if (!DEBUG_MODE_CHECK(&l2mcd_dbg_packets, DEBUG_MODE_ALL))
		return;
	l2tp_msg_text(datagram, (struct span){}, text, sizeof(text));
	zlog_debug("%s %s", sent ? "sent" : "received", text);
	if (DEBUG_MODE_CHECK(&l2mcd_dbg_hex, DEBUG_MODE_ALL))
		zlog_debug("%*pHX", (int)datagram.len, datagram.p);
}

static void cb_fsm(void *ctx, const struct l2tp_tunnel *t, const struct l2tp_session *s,
		   const char *from, const char *event, const char *to)
{
	struct l2tp_tunnel_info ti = {};
	struct l2tp_session_info si = {};

	if (t)
		l2tp_tunnel_info(t, &ti);
	if (s)
		l2tp_session_info(s, &si);
	l2mcd_history_add(ti.tunnel_id, si.session_id, "%s: %s -> %s", event, from, to);
}

static const struct l2tp_ops ops = {
	.random = cb_random,
	.tunnel_accept = cb_tunnel_accept,
	.tunnel_up = cb_tunnel_up,
	.tunnel_down = cb_tunnel_down,
	.call_accept = cb_call_accept,
	.session_up = cb_session_up,
	.session_down = cb_session_down,
	.session_info = cb_session_info,
	.multicast = cb_multicast,
	.acked = cb_acked,
	.trace = cb_trace,
	.fsm = cb_fsm,
};

/* ---------------------------------------------------------------- walking, closing */

void l2mcd_tunnels_walk(struct l2mcd *d, void (*fn)(void *arg, struct l2mcd_tunnel *t), void *arg)
{
	struct l2tp_tunnel *l2tp = l2tp_tunnel_first(d->l2tp), *next;

	for (; l2tp; l2tp = next) {
		struct l2mcd_tunnel *t = l2tp_tunnel_data(l2tp);

		next = l2tp_tunnel_next(d->l2tp, l2tp);
		if (t)
			fn(arg, t);
	}
}

void l2mcd_sessions_walk(void (*fn)(void *arg, struct l2mcd_session *s), void *arg)
{
	struct l2mcd *d = l2mcd_instance();
	struct l2tp_tunnel *t;

	for (t = l2tp_tunnel_first(d->l2tp); t; t = l2tp_tunnel_next(d->l2tp, t)) {
		struct l2tp_session *l2tp = l2tp_session_first(t), *next;

		for (; l2tp; l2tp = next) {
			struct l2mcd_session *s = l2tp_session_data(l2tp);

			next = l2tp_session_next(t, l2tp);
			if (s)
				fn(arg, s);
		}
	}
}

static void close_orphan(void *arg, struct l2mcd_tunnel *t)
{
	struct l2mcd *d = arg;
	const struct l2mcd_peer_group *g = group_of(d, t);

	if (d->config.present && g && !g->shutdown)
		return;
	l2tp_tunnel_close(t->l2tp, g ? L2TP_STOP_SHUTDOWN : L2TP_STOP_GENERAL, l2mcd_now());
}

void l2mcd_tunnel_reconcile(struct l2mcd *d)
{
	l2mcd_tunnels_walk(d, close_orphan, d);
}

static void close_one(void *arg, struct l2mcd_tunnel *t)
{
	l2tp_tunnel_close(t->l2tp, L2TP_STOP_SHUTDOWN, l2mcd_now());
}

void l2mcd_tunnel_shutdown(struct l2mcd *d)
{
	l2mcd_tunnels_walk(d, close_one, NULL);
}

struct clear {
	uint16_t tunnel_id, session_id;
	unsigned int n;
};

static void clear_tunnel(void *arg, struct l2mcd_tunnel *t)
{
	struct clear *c = arg;

	if (c->tunnel_id && c->tunnel_id != t->tunnel_id)
		return;
	l2tp_tunnel_close(t->l2tp, L2TP_STOP_GENERAL, l2mcd_now());
	c->n++;
}

unsigned int l2mcd_clear_tunnel(uint16_t tunnel_id)
{
	struct clear c = {.tunnel_id = tunnel_id};

	l2mcd_tunnels_walk(l2mcd_instance(), clear_tunnel, &c);
	l2mcd_kick();
	return c.n;
}

static void clear_session(void *arg, struct l2mcd_session *s)
{
	struct clear *c = arg;

	if (s->tunnel->tunnel_id != c->tunnel_id)
		return;
	if (c->session_id && s->session_id != c->session_id)
		return;
	l2tp_session_close(s->l2tp, L2TP_CDN_ADMIN, L2TP_ERR_NONE, "cleared by the operator",
			   l2mcd_now());
	c->n++;
}

unsigned int l2mcd_clear_session(uint16_t tunnel_id, uint16_t session_id)
{
	struct clear c = {.tunnel_id = tunnel_id, .session_id = session_id};

	l2mcd_sessions_walk(clear_session, &c);
	l2mcd_kick();
	return c.n;
}

void l2mcd_clear_statistics(void)
{
	struct l2mcd *d = l2mcd_instance();

	l2tp_engine_clear_stats(d->l2tp);
	l2mcd_pppoe_clear_stats();
	memset(&d->stats, 0, sizeof(d->stats));
}

void l2mcd_tunnel_init(struct l2mcd *d)
{
	d->l2tp = l2tp_engine_new(&ops, d, &d->wheel);
}

static void free_session(void *arg, struct l2mcd_session *s)
{
	l2tp_session_set_data(s->l2tp, NULL);
	XFREE(MTYPE_L2MCD_SESSION, s);
}

static void free_tunnel(void *arg, struct l2mcd_tunnel *t)
{
	l2tp_tunnel_set_data(t->l2tp, NULL);
	XFREE(MTYPE_L2MCD_TUNNEL, t);
}

void l2mcd_tunnel_fini(struct l2mcd *d)
{
	l2mcd_sessions_walk(free_session, NULL);
	l2mcd_tunnels_walk(d, free_tunnel, NULL);
	l2tp_engine_free(d->l2tp);
}

/* ---------------------------------------------------------------- for the LAC */

struct l2mcd_tunnel *l2mcd_tunnel_call(struct l2mcd *d, const struct l2mcd_peer_group *g,
				       struct l2mcd_endpoint *e)
{
	struct endpoint local = d->config.listen, peer = {.addr = e->addr, .port = L2TP_PORT};
	struct l2tp_params p;
	struct l2mcd_tunnel *t;

	if (!addr_is_any(&e->source))
		local.addr = e->source;
	l2mcd_config_params(&d->config, g, &p);
	t = tunnel_new(l2tp_tunnel_open(d->l2tp, &local, &peer, &p, l2mcd_now()), g->name);
	t->called = true;
	return t;
}

struct l2mcd_session *l2mcd_session_call(struct l2mcd_tunnel *t, const char *interface,
					 const struct l2tp_call *call)
{
	struct l2mcd_session *s = XCALLOC(MTYPE_L2MCD_SESSION, sizeof(*s));
	struct l2tp_session_info info;

	s->tunnel = t;
	s->lac = true;
	strlcpy(s->interface, interface, sizeof(s->interface));
	s->l2tp = l2tp_session_call(t->l2tp, call, s, l2mcd_now());
	if (!s->l2tp) {
		XFREE(MTYPE_L2MCD_SESSION, s);
		return NULL;
	}
	l2tp_session_info(s->l2tp, &info);
	s->session_id = info.session_id;
	return s;
}

struct l2mcd_session *l2mcd_session_dial(struct l2mcd_tunnel *t, const struct l2tp_call *call,
					 const char **why)
{
	struct l2mcd_session *s = XCALLOC(MTYPE_L2MCD_SESSION, sizeof(*s));
	struct l2tp_session_info info;

	s->tunnel = t;
	if (l2mcd_lns_reserve(s, call->called_number, why)) {
		s->l2tp = l2tp_session_dial(t->l2tp, call, s, l2mcd_now());
		if (s->l2tp) {
			l2tp_session_info(s->l2tp, &info);
			s->session_id = info.session_id;
			return s;
		}
		*why = "the tunnel takes no more sessions";
		l2mcd_lns_session_down(s);
	}
	XFREE(MTYPE_L2MCD_SESSION, s);
	return NULL;
}
