// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Control connections: RFC 2661 5.1, 5.5, 5.7, 6.1 to 6.5, 7.2.  l2tp_fsm.c says what happens
 * in which state, act_*() below do it.
 */
#include "l2mcd/l2tp_engine_p.h"

DEFINE_MTYPE_STATIC(L2TP, L2TP_TUNNEL, "L2TP tunnel");

/* What an event brings along. */
struct occasion {
	const struct l2tp_msg *m;	/* NULL: no message */
	const struct l2tp_cause *cause; /* for a StopCCN */
	const char *reason;		/* NULL: the text of the cause */
	const struct l2tp_fault *fault; /* NULL: the message is well formed */
};

static void event(struct l2tp_tunnel *t, enum l2tp_tunnel_event ev, const struct occasion *o,
		  msec_t now);
static void acked(struct l2tp_reliable *r, enum l2tp_msg_type type, uint64_t cookie, msec_t now);
static void dead(struct l2tp_reliable *r, msec_t now);
static void transmit(struct l2tp_reliable *r, enum l2tp_msg_type type, struct span data,
		     bool again);

static const struct l2tp_reliable_ops delivery = {
	.transmit = transmit,
	.acked = acked,
	.dead = dead,
};

/* ---------------------------------------------------------------- life cycle */

static uint16_t pick_id(struct l2tp_engine *e)
{
	uint16_t id;

	if (l2tp_tids_count(&e->by_id) >= UINT16_MAX)
		return 0;
	do /* unpredictable (R2661-9.1-1), never 0 (R2661-5.3-2) */
		id = e->ops->random(e->ctx) & 0xffff;
	while (!id);
	while (l2tp_tunnel_by_id(e, id))
		id = id == UINT16_MAX ? 1 : id + 1;
	return id;
}

static void set_params(struct l2tp_tunnel *t, const struct l2tp_params *p)
{
	struct l2tp_reliable_params r = {
		.rto_ms = MAX(p->rto_s, 1U) * MSEC_PER_S,
		.rto_max_ms = MAX(p->rto_max_s, 8U) * MSEC_PER_S, /* R2661-5.8-8 */
		.retries = p->retries,
		.rx_window = MIN(MAX(p->receive_window, 1), L2TP_MAX_WINDOW),
	};

	t->p = *p;
	t->p.receive_window = r.rx_window;
	if (!t->p.host_name[0]) /* at least one octet (R2661-4.4.3-5) */
		snprintf(t->p.host_name, sizeof(t->p.host_name), "l2mcd");
	l2tp_reliable_init(&t->reliable, &delivery, t->e->wheel, &r);
}

struct l2tp_tunnel *l2tp_tunnel_new(struct l2tp_engine *e, const struct endpoint *local,
				    const struct endpoint *peer, const struct l2tp_params *p,
				    msec_t now)
{
	struct l2tp_tunnel *t = XCALLOC(MTYPE_L2TP_TUNNEL, sizeof(*t));

	t->e = e;
	t->local = *local;
	t->peer = *peer;
	t->created = t->heard = now;
	set_params(t, p);
	l2tp_sids_init(&t->sids);
	l2tp_peer_sids_init(&t->peer_sids);
	l2tp_sessions_init(&t->sessions);
	l2tp_waiting_init(&t->waiting);
	t->id = pick_id(e);
	if (t->id)
		l2tp_tids_add(&e->by_id, t);
	l2tp_tunnels_add_tail(&e->tunnels, t);
	return t;
}

static void set_opening(struct l2tp_tunnel *t, bool opening)
{
	if (t->opening == opening)
		return;
	t->opening = opening;
	if (opening)
		l2tp_opening_add_tail(&t->e->opening, t);
	else
		l2tp_opening_del(&t->e->opening, t);
}

static void clear_pending(struct l2tp_tunnel *t)
{
	if (t->waits)
		l2tp_pending_del(&t->e->pending, t);
	t->waits = false;
}

void l2tp_tunnel_forget_peer_id(struct l2tp_tunnel *t)
{
	if (t->peer_known)
		l2tp_peers_del(&t->e->by_peer, t);
	t->peer_known = false;
}

void l2tp_tunnel_set_peer_id(struct l2tp_tunnel *t, uint16_t peer_id)
{
	l2tp_tunnel_forget_peer_id(t);
	t->peer_id = t->reliable.peer_id = peer_id;
	/* a peer that assigns an ID twice is found by the first */
	t->peer_known = !l2tp_peers_add(&t->e->by_peer, t);
}

void l2tp_tunnel_end(struct l2tp_tunnel *t)
{
	struct l2tp_engine *e = t->e;

	if (t->dead)
		return;
	t->dead = true;
	l2tp_sessions_end(t);
	l2tp_reliable_silence(&t->reliable);
	timer_stop(e->wheel, &t->hello);
	timer_stop(e->wheel, &t->idle);
	timer_stop(e->wheel, &t->timer);
	set_opening(t, false);
	clear_pending(t);
	l2tp_tunnel_forget_peer_id(t);
	if (t->digested)
		l2tp_digests_del(&e->by_digest, t);
	if (t->id)
		l2tp_tids_del(&e->by_id, t);
	l2tp_tunnels_del(&e->tunnels, t);
	l2tp_dead_tunnels_add_tail(&e->dead_tunnels, t);
}

void l2tp_tunnel_free(struct l2tp_tunnel *t)
{
	l2tp_reliable_fini(&t->reliable);
	l2tp_sids_fini(&t->sids);
	l2tp_peer_sids_fini(&t->peer_sids);
	l2tp_sessions_fini(&t->sessions);
	l2tp_waiting_fini(&t->waiting);
	if (t->zlb)
		t->zlb->zlb_of = NULL;
	XFREE(MTYPE_L2TP_TUNNEL, t);
}

/* ---------------------------------------------------------------- sending */

static void transmit(struct l2tp_reliable *r, enum l2tp_msg_type type, struct span data, bool again)
{
	l2tp_engine_emit(container_of(r, struct l2tp_tunnel, reliable), type, data, again);
}

static bool hides(const struct l2tp_tunnel *t)
{
	return t->p.hiding != L2TP_HIDE_NEVER && t->p.secret_len; /* R2661-4.3-1 */
}

bool l2tp_tunnel_transmit(struct l2tp_tunnel *t, const struct l2tp_msg *m, uint64_t cookie,
			  msec_t now)
{
	struct l2tp_hide hide = {.secret = {t->p.secret, t->p.secret_len}};
	uint8_t data[L2TP_MAX_CONTROL];
	size_t len;

	if (hides(t))
		l2tp_random_octets(t->e, hide.vector, sizeof(hide.vector));
	len = l2tp_msg_encode(m, hides(t) ? &hide : NULL, data, sizeof(data));
	if (len)
		l2tp_reliable_send(&t->reliable, m->type, (struct span){data, len}, cookie, now);
	return len != 0;
}

/* ---------------------------------------------------------------- actions */

static void timer_fires(struct timer *timer, msec_t now)
{
	struct l2tp_tunnel *t = container_of(timer, struct l2tp_tunnel, timer);
	struct l2tp_cause cause = {.result = L2TP_STOP_GENERAL, .text = "not established in time"};

	l2tp_enter(t->e);
	event(t, L2TP_TE_TIMEOUT, &(struct occasion){.cause = &cause, .reason = t->doomed}, now);
	l2tp_leave(t->e);
}

static void await(struct l2tp_tunnel *t, msec_t now)
{
	timer_start(t->e->wheel, &t->timer, now + l2tp_tunnel_setup_time(t), timer_fires);
}

/* The daemon hears of the end; delivery of the last message goes on without it. */
static void down(struct l2tp_tunnel *t, const struct occasion *o, msec_t now)
{
	struct l2tp_engine *e = t->e;
	const char *reason = o->reason;
	struct l2tp_msg m = {0};
	char text[320];

	if (!reason) {
		l2tp_put_result(&m, o->cause);
		reason = l2tp_result_str(L2TP_STOPCCN, &m.result, text, sizeof(text));
	}
	set_opening(t, false);
	timer_stop(e->wheel, &t->hello);
	timer_stop(e->wheel, &t->idle);
	l2tp_sessions_tunnel_down(t, reason, now);
	if (t->announced) {
		t->announced = false;
		e->ops->tunnel_down(e->ctx, t, reason);
	}
	t->data = NULL;
}

/* A message on its way probes the peer as well as a HELLO would. */
void l2tp_tunnel_probe(struct l2tp_tunnel *t, msec_t now)
{
	struct l2tp_msg m = {.type = L2TP_HELLO, .tunnel_id = t->peer_id};

	if (t->state == L2TP_T_ESTABLISHED && !l2tp_tx_count(&t->reliable.queue))
		l2tp_tunnel_transmit(t, &m, 0, now);
}

/* The clock of a HELLO starts again with whatever is heard (R2661-6.5-2). */
static void hello_fires(struct timer *timer, msec_t now)
{
	struct l2tp_tunnel *t = container_of(timer, struct l2tp_tunnel, hello);
	msec_t interval = (msec_t)t->p.hello_interval_s * MSEC_PER_S;
	msec_t due = t->heard + interval;

	if (due <= now) {
		l2tp_tunnel_probe(t, now);
		due = now + interval;
	}
	timer_start(t->e->wheel, timer, due, hello_fires);
}

static void idle_fires(struct timer *timer, msec_t now)
{
	struct l2tp_tunnel *t = container_of(timer, struct l2tp_tunnel, idle);
	struct l2tp_cause cause = {.result = L2TP_STOP_GENERAL, .text = "idle"};

	if (l2tp_sessions_count(&t->sessions))
		return; /* the clock starts again when it ends */
	l2tp_enter(t->e);
	event(t, L2TP_TE_CLOSE, &(struct occasion){.cause = &cause}, now);
	l2tp_leave(t->e);
}

void l2tp_tunnel_idle(struct l2tp_tunnel *t, msec_t now)
{
	if (t->p.idle_timeout_s && t->state == L2TP_T_ESTABLISHED &&
	    !l2tp_sessions_count(&t->sessions))
		timer_start(t->e->wheel, &t->idle, now + (msec_t)t->p.idle_timeout_s * MSEC_PER_S,
			    idle_fires);
}

static void up(struct l2tp_tunnel *t, msec_t now)
{
	struct l2tp_engine *e = t->e;

	t->established = now;
	e->stats.tunnels_up++;
	timer_stop(e->wheel, &t->timer);
	set_opening(t, false);
	clear_pending(t);
	if (t->p.hello_interval_s)
		timer_start(e->wheel, &t->hello, now + (msec_t)t->p.hello_interval_s * MSEC_PER_S,
			    hello_fires);
	l2tp_tunnel_idle(t, now);
	e->ops->tunnel_up(e->ctx, t);
	l2tp_sessions_tunnel_open(t, now);
}

/*
 * A tie breaker says that one tunnel is enough (RFC 2661 4.4.3).  That is so for the first one
 * to this address; whoever opens another wants several, and it must not lose against any SCCRQ
 * that happens to cross.
 */
static bool wants_tie_breaker(const struct l2tp_tunnel *t)
{
	struct l2tp_tunnel *other;

	frr_each (l2tp_tunnels, &t->e->tunnels, other)
		if (other != t && other->state != L2TP_T_CLOSING &&
		    addr_cmp(&other->peer.addr, &t->peer.addr) == 0)
			return false;
	return true;
}

static void act_sccrq(struct l2tp_tunnel *t, const struct occasion *o, msec_t now)
{
	struct l2tp_msg m = {.type = L2TP_SCCRQ};

	l2tp_handshake_put(t, &m);
	t->has_tie_breaker = wants_tie_breaker(t);
	if (t->has_tie_breaker) {
		t->tie_breaker = (uint64_t)t->e->ops->random(t->e->ctx) << 32;
		t->tie_breaker |= t->e->ops->random(t->e->ctx);
		l2tp_msg_set(&m, L2TP_AVP_TIE_BREAKER);
		m.tie_breaker = t->tie_breaker;
	}
	set_opening(t, true);
	await(t, now);
	l2tp_tunnel_transmit(t, &m, 0, now);
}

static void act_sccrp(struct l2tp_tunnel *t, const struct occasion *o, msec_t now)
{
	struct l2tp_msg m = {.type = L2TP_SCCRP, .tunnel_id = t->peer_id};
	uint8_t response[L2TP_RESPONSE_LEN];

	l2tp_handshake_learn(t, o->m);
	l2tp_handshake_put(t, &m);
	l2tp_handshake_respond(t, o->m, &m, response);
	await(t, now);
	l2tp_tunnel_transmit(t, &m, 0, now);
}

static void act_scccn_up(struct l2tp_tunnel *t, const struct occasion *o, msec_t now)
{
	struct l2tp_msg m = {.type = L2TP_SCCCN, .tunnel_id = t->peer_id};
	uint8_t response[L2TP_RESPONSE_LEN];

	l2tp_handshake_learn(t, o->m);
	l2tp_handshake_respond(t, o->m, &m, response);
	l2tp_tunnel_transmit(t, &m, 0, now);
	up(t, now);
}

static void act_up(struct l2tp_tunnel *t, const struct occasion *o, msec_t now)
{
	up(t, now);
}

static void act_stop(struct l2tp_tunnel *t, const struct occasion *o, msec_t now)
{
	/* R2661-4.4.3-8: our ID even now, the peer may not know it yet */
	struct l2tp_msg m = {
		.type = L2TP_STOPCCN, .tunnel_id = t->peer_id, .assigned_tunnel_id = t->id};

	l2tp_msg_set(&m, L2TP_AVP_ASSIGNED_TUNNEL_ID);
	l2tp_put_result(&m, o->cause);
	timer_stop(t->e->wheel, &t->timer);
	l2tp_reliable_drop_unsent(&t->reliable);
	l2tp_tunnel_transmit(t, &m, 0, now); /* delivered in any case (R2661-7.1-3) */
	down(t, o, now);
}

/* Acknowledge whatever the peer may repeat (R2661-5.7-1, R2661-5.8-10). */
static void linger(struct l2tp_tunnel *t, msec_t now)
{
	timer_start(t->e->wheel, &t->timer, now + l2tp_reliable_cycle(&t->reliable.p), timer_fires);
}

static void act_linger(struct l2tp_tunnel *t, const struct occasion *o, msec_t now)
{
	l2tp_reliable_silence(&t->reliable); /* the peer has cleared everything */
	linger(t, now);
	down(t, o, now);
}

static void act_clean_up(struct l2tp_tunnel *t, const struct occasion *o, msec_t now)
{
	down(t, o, now);
	l2tp_tunnel_end(t);
}

static void act_call(struct l2tp_tunnel *t, const struct occasion *o, msec_t now)
{
	l2tp_session_receive(t, o->m, o->fault, now);
}

static void act_multicast(struct l2tp_tunnel *t, const struct occasion *o, msec_t now)
{
	t->e->ops->multicast(t->e->ctx, t, o->m, o->fault);
}

static void act_none(struct l2tp_tunnel *t, const struct occasion *o, msec_t now)
{
}

static void act_ignore(struct l2tp_tunnel *t, const struct occasion *o, msec_t now)
{
	t->e->stats.rx_unexpected++;
}

static void (*const actions[L2TP_T_ACTIONS])(struct l2tp_tunnel *t, const struct occasion *o,
					     msec_t now) = {
	[L2TP_TA_IGNORE] = act_ignore,	     [L2TP_TA_NONE] = act_none,
	[L2TP_TA_SCCRQ] = act_sccrq,	     [L2TP_TA_SCCRP] = act_sccrp,
	[L2TP_TA_SCCCN_UP] = act_scccn_up,   [L2TP_TA_UP] = act_up,
	[L2TP_TA_STOP] = act_stop,	     [L2TP_TA_LINGER] = act_linger,
	[L2TP_TA_CLEAN_UP] = act_clean_up,   [L2TP_TA_CALL] = act_call,
	[L2TP_TA_MULTICAST] = act_multicast,
};

static void event(struct l2tp_tunnel *t, enum l2tp_tunnel_event ev, const struct occasion *o,
		  msec_t now)
{
	struct l2tp_tunnel_row row = l2tp_tunnel_row(t->state, ev);
	enum l2tp_tunnel_state from = t->state;

	t->state = row.next;
	if (from != row.next && t->e->ops->fsm)
		t->e->ops->fsm(t->e->ctx, t, NULL, l2tp_tunnel_state_name(from),
			       l2tp_tunnel_event_name(ev), l2tp_tunnel_state_name(row.next));
	actions[row.action](t, o, now);
}

/* ---------------------------------------------------------------- messages */

/* Good enough to answer: valid in part even if the message is refused. */
static void learn_address(struct l2tp_tunnel *t, const struct l2tp_msg *m)
{
	if (t->peer_fixed)
		return;
	l2tp_tunnel_forget_peer_id(t);
	t->peer = t->from_peer; /* the port of its choice (R2661-8.1-1) */
	t->peer_fixed = true;
	if (addr_is_any(&t->local.addr))
		t->local = t->from_local;
	if (l2tp_msg_has(m, L2TP_AVP_ASSIGNED_TUNNEL_ID))
		l2tp_tunnel_set_peer_id(t, m->assigned_tunnel_id);
}

static void receive_stopccn(struct l2tp_tunnel *t, const struct l2tp_msg *m,
			    const struct l2tp_fault *fault, msec_t now)
{
	char result[128], reason[160];

	if (!fault) {
		t->peer_result = m->result.result;
		t->peer_error = m->result.has_error ? m->result.error : L2TP_ERR_NONE;
	}
	snprintf(reason, sizeof(reason), "peer: %s",
		 fault ? fault->text
		       : l2tp_result_str(L2TP_STOPCCN, &m->result, result, sizeof(result)));
	event(t, L2TP_TE_STOPCCN, &(struct occasion){.m = m, .reason = reason}, now);
}

static enum l2tp_tunnel_event event_of(struct l2tp_tunnel *t, const struct l2tp_msg *m,
				       struct l2tp_cause *cause)
{
	switch (m->type) {
	case L2TP_SCCRQ:
		if (t->state == L2TP_T_IDLE && !l2tp_sccrq_acceptable(t, m, cause))
			return L2TP_TE_SCCRQ_BAD;
		return L2TP_TE_SCCRQ;
	case L2TP_SCCRP:
		if (t->state == L2TP_T_WAIT_CTL_REPLY && !l2tp_sccrp_acceptable(t, m, cause))
			return L2TP_TE_SCCRP_BAD;
		return L2TP_TE_SCCRP;
	case L2TP_SCCCN:
		if (t->state == L2TP_T_WAIT_CTL_CONN && !l2tp_authenticate(t, m, cause))
			return L2TP_TE_SCCCN_BAD;
		return L2TP_TE_SCCCN;
	case L2TP_HELLO:
		return L2TP_TE_HELLO;
	default:
		return m->type >= L2TP_MSRQ ? L2TP_TE_MULTICAST : L2TP_TE_CALL;
	}
}

void l2tp_tunnel_receive(struct l2tp_tunnel *t, const struct l2tp_msg *m, enum l2tp_decode verdict,
			 const struct l2tp_fault *fault, msec_t now)
{
	struct l2tp_cause cause = {.result = L2TP_STOP_FSM};
	struct occasion o = {.m = m, .cause = &cause};
	enum l2tp_tunnel_event ev = L2TP_TE_MALFORMED;
	char text[64];

	if (verdict == L2TP_DECODE_IGNORE)
		return; /* acknowledged, no more (R2661-4.4.1-2) */
	o.fault = verdict == L2TP_DECODE_OK ? NULL : fault;
	if (m->type == L2TP_SCCRP || m->type == L2TP_STOPCCN)
		learn_address(t, m);
	if (m->type == L2TP_STOPCCN) {
		receive_stopccn(t, m, o.fault, now);
		return;
	}
	snprintf(text, sizeof(text), "%s in state %s", l2tp_msg_name(m->type),
		 l2tp_tunnel_state_name(t->state));
	cause.text = text;
	if (!o.fault || l2tp_msg_is_session(m->type))
		ev = event_of(t, m, &cause); /* a call fails alone (A2661-6, A4045-46) */
	else
		cause = (struct l2tp_cause){.result = L2TP_STOP_ERROR,
					    .has_error = true,
					    .error = verdict == L2TP_DECODE_UNKNOWN_TYPE
							     ? L2TP_ERR_UNKNOWN_AVP
							     : fault->error,
					    .text = fault->text};
	event(t, ev, &o, now);
}

/* ---------------------------------------------------------------- reliable delivery */

static void acked(struct l2tp_reliable *r, enum l2tp_msg_type type, uint64_t cookie, msec_t now)
{
	struct l2tp_tunnel *t = container_of(r, struct l2tp_tunnel, reliable);

	if (type == L2TP_CDN)
		l2tp_session_cdn_acked(t, (uint16_t)cookie);
	else if (type == L2TP_STOPCCN)
		linger(t, now);
	else if (type >= L2TP_MSRQ && cookie && t->announced)
		t->e->ops->acked(t->e->ctx, t, cookie);
}

static void dead(struct l2tp_reliable *r, msec_t now)
{
	struct l2tp_tunnel *t = container_of(r, struct l2tp_tunnel, reliable);

	l2tp_enter(t->e);
	event(t, L2TP_TE_DEAD, &(struct occasion){.reason = L2TP_REASON_SILENT}, now);
	l2tp_leave(t->e);
}

void l2tp_tunnel_event(struct l2tp_tunnel *t, enum l2tp_tunnel_event ev, const char *reason,
		       msec_t now)
{
	event(t, ev, &(struct occasion){.reason = reason}, now);
}

/* ---------------------------------------------------------------- interface */

struct l2tp_tunnel *l2tp_tunnel_open(struct l2tp_engine *e, const struct endpoint *local,
				     const struct endpoint *peer, const struct l2tp_params *p,
				     msec_t now)
{
	struct l2tp_tunnel *t = l2tp_tunnel_new(e, local, peer, p, now);

	t->initiator = true;
	t->announced = true;
	if (!t->id)
		t->doomed = "no Tunnel ID left";
	else if (t->p.hiding == L2TP_HIDE_REQUIRE && !t->p.secret_len)
		t->doomed = "no secret to hide AVPs with";
	if (t->doomed) /* reported after the caller has its pointer */
		timer_start(e->wheel, &t->timer, now, timer_fires);
	else
		event(t, L2TP_TE_OPEN, &(struct occasion){0}, now);
	return t;
}

void l2tp_tunnel_close(struct l2tp_tunnel *t, enum l2tp_stop_result result, msec_t now)
{
	struct l2tp_cause cause = {.result = result};
	struct l2tp_engine *e = t->e;

	if (t->dead || t->state == L2TP_T_CLOSING)
		return;
	l2tp_enter(e);
	event(t, L2TP_TE_CLOSE, &(struct occasion){.cause = &cause}, now);
	l2tp_leave(e);
}

struct l2tp_tunnel *l2tp_tunnel_find(struct l2tp_engine *e, uint16_t tunnel_id)
{
	struct l2tp_tunnel *t = l2tp_tunnel_by_id(e, tunnel_id);

	return t && t->state != L2TP_T_CLOSING ? t : NULL;
}

void l2tp_tunnel_set_data(struct l2tp_tunnel *t, void *data)
{
	t->data = data;
}

void *l2tp_tunnel_data(const struct l2tp_tunnel *t)
{
	return t->data;
}

bool l2tp_tunnel_send(struct l2tp_tunnel *t, const struct l2tp_msg *m, uint64_t cookie, msec_t now)
{
	struct l2tp_msg copy = *m;

	if (t->state != L2TP_T_ESTABLISHED || m->type < L2TP_MSRQ)
		return false;
	copy.tunnel_id = t->peer_id;
	return l2tp_tunnel_transmit(t, &copy, cookie, now);
}

void l2tp_tunnel_info(const struct l2tp_tunnel *t, struct l2tp_tunnel_info *info)
{
	const struct l2tp_reliable *r = &t->reliable;

	*info = (struct l2tp_tunnel_info){
		.state = t->state,
		.tunnel_id = t->id,
		.peer_tunnel_id = t->peer_id,
		.local = t->local,
		.peer = t->peer,
		.initiator = t->initiator,
		.peer_host_name = t->peer_host_name,
		.peer_vendor_name = t->peer_vendor_name,
		.peer_firmware = t->peer_firmware,
		.peer_framing = t->peer_framing,
		.peer_bearer = t->peer_bearer,
		.peer_multicast = t->peer_multicast,
		.offered_multicast = t->offered_multicast,
		.authenticated = t->authenticated,
		.hiding = hides(t),
		.created = t->created,
		.established = t->established,
		.sessions = l2tp_sessions_count(&t->sessions),
		.ns = r->ns,
		.nr = r->nr,
		.peer_window = (uint16_t)r->peer_window,
		.cwnd = r->cwnd,
		.ssthresh = r->ssthresh,
		.queued = l2tp_tx_count(&r->queue) - r->flight,
		.unacked = r->flight,
		.retransmits = r->retransmits,
		.rtt_ms = r->rtt_ms,
		.peer_result = t->peer_result,
		.peer_error = t->peer_error,
	};
}
