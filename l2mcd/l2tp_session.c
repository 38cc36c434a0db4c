// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls and Session IDs: RFC 2661 5.2, 5.6, 7.3 to 7.5.  l2tp_fsm.c says what happens in which
 * state, act_*() here, in l2tp_call.c and l2tp_link.c do it.
 */
#include "l2mcd/l2tp_session_p.h"

DEFINE_MTYPE_STATIC(L2TP, L2TP_SESSION, "L2TP session");
DEFINE_MTYPE_STATIC(L2TP, L2TP_SID, "L2TP Session ID, reserved");

/* ---------------------------------------------------------------- Session IDs */

int l2tp_sid_cmp(const struct l2tp_sid *a, const struct l2tp_sid *b)
{
	return (int)a->id - (int)b->id;
}

uint32_t l2tp_sid_hash(const struct l2tp_sid *s)
{
	return jhash_1word(s->id, 0x1f0c93d7);
}

int l2tp_peer_sid_cmp(const struct l2tp_session *a, const struct l2tp_session *b)
{
	return (int)a->peer_session_id - (int)b->peer_session_id;
}

uint32_t l2tp_peer_sid_hash(const struct l2tp_session *s)
{
	return jhash_1word(s->peer_session_id, 0x74e2a5b9);
}

static struct l2tp_sid *find_sid(struct l2tp_tunnel *t, uint16_t id)
{
	struct l2tp_sid key = {.id = id};

	return l2tp_sids_find(&t->sids, &key);
}

/* Gives sid an unpredictable, unused, non-zero ID (A4045-31, R2661-9.1-1); false: none left. */
static bool take_id(struct l2tp_tunnel *t, struct l2tp_sid *sid)
{
	if (l2tp_sids_count(&t->sids) >= UINT16_MAX)
		return false;
	do
		sid->id = t->e->ops->random(t->e->ctx) & 0xffff;
	while (!sid->id);
	while (find_sid(t, sid->id))
		sid->id = sid->id == UINT16_MAX ? 1 : sid->id + 1;
	l2tp_sids_add(&t->sids, sid);
	return true;
}

uint16_t l2tp_tunnel_reserve_id(struct l2tp_tunnel *t)
{
	struct l2tp_sid *sid = XCALLOC(MTYPE_L2TP_SID, sizeof(*sid));
	uint16_t id;

	if (!take_id(t, sid))
		XFREE(MTYPE_L2TP_SID, sid);
	id = sid ? sid->id : 0;
	return id;
}

static void release(struct l2tp_tunnel *t, struct l2tp_sid *sid)
{
	l2tp_sids_del(&t->sids, sid);
	XFREE(MTYPE_L2TP_SID, sid);
}

void l2tp_tunnel_release_id(struct l2tp_tunnel *t, uint16_t session_id)
{
	struct l2tp_sid *sid = find_sid(t, session_id);

	if (sid && !sid->session)
		release(t, sid);
}

/* ---------------------------------------------------------------- life cycle */

struct l2tp_session *l2tp_session_new(struct l2tp_tunnel *t, enum l2tp_role role, msec_t now)
{
	struct l2tp_session *s = XCALLOC(MTYPE_L2TP_SESSION, sizeof(*s));

	s->t = t;
	s->sid.session = s;
	if (!take_id(t, &s->sid)) {
		XFREE(MTYPE_L2TP_SESSION, s);
		return NULL;
	}
	s->role = role;
	s->send_accm = s->receive_accm = L2TP_ACCM_DEFAULT;
	s->created = now;
	s->listed = true;
	l2tp_sessions_add_tail(&t->sessions, s);
	return s;
}

static void set_waiting(struct l2tp_session *s, bool waiting)
{
	if (s->waiting == waiting)
		return;
	s->waiting = waiting;
	if (waiting)
		l2tp_waiting_add_tail(&s->t->waiting, s);
	else
		l2tp_waiting_del(&s->t->waiting, s);
}

struct l2tp_session *l2tp_session_by_peer(struct l2tp_tunnel *t, uint16_t peer_session_id)
{
	struct l2tp_session key = {.peer_session_id = peer_session_id};

	return l2tp_peer_sids_find(&t->peer_sids, &key);
}

void l2tp_session_set_peer_id(struct l2tp_session *s, uint16_t peer_session_id)
{
	s->peer_session_id = peer_session_id;
	s->peer_known = peer_session_id && !l2tp_peer_sids_add(&s->t->peer_sids, s);
}

/* No longer a session that is found or counted; its ID stays with it. */
static void unlist(struct l2tp_session *s)
{
	timer_stop(s->t->e->wheel, &s->timer);
	l2tp_link_stop(s);
	set_waiting(s, false);
	if (s->peer_known)
		l2tp_peer_sids_del(&s->t->peer_sids, s);
	s->peer_known = false;
	if (s->listed)
		l2tp_sessions_del(&s->t->sessions, s);
	s->listed = false;
}

static void session_end(struct l2tp_session *s)
{
	if (s->dead)
		return;
	s->dead = true;
	unlist(s);
	l2tp_sids_del(&s->t->sids, &s->sid);
	l2tp_dead_sessions_add_tail(&s->t->e->dead_sessions, s);
}

void l2tp_session_free(struct l2tp_session *s)
{
	l2tp_proxy_free(&s->proxy);
	l2tp_link_free(s);
	XFREE(MTYPE_L2TP_SESSION, s);
}

void l2tp_sessions_end(struct l2tp_tunnel *t)
{
	struct l2tp_sid *sid;

	while ((sid = l2tp_sids_first(&t->sids))) {
		if (sid->session)
			session_end(sid->session);
		else
			release(t, sid);
	}
}

void l2tp_session_cdn_acked(struct l2tp_tunnel *t, uint16_t session_id)
{
	struct l2tp_sid *sid = find_sid(t, session_id);

	if (sid && sid->session && sid->session->state == L2TP_S_CLOSING)
		session_end(sid->session);
}

/* ---------------------------------------------------------------- actions */

static void timer_fires(struct timer *timer, msec_t now)
{
	struct l2tp_session *s = container_of(timer, struct l2tp_session, timer);
	struct l2tp_cause cause = {.result = L2TP_CDN_TIMEOUT};
	struct l2tp_engine *e = s->t->e;

	l2tp_enter(e);
	l2tp_session_event(s, L2TP_SE_TIMEOUT,
			   &(struct occasion){.cause = &cause, .reason = s->doomed}, now);
	l2tp_leave(e);
}

void l2tp_session_await(struct l2tp_session *s, msec_t ms, msec_t now)
{
	timer_start(s->t->e->wheel, &s->timer, now + ms, timer_fires);
}

static void down(struct l2tp_session *s, const struct occasion *o)
{
	struct l2tp_engine *e = s->t->e;
	const char *reason = o->reason;
	struct l2tp_msg m = {0};
	char text[320];

	if (!reason) {
		l2tp_put_result(&m, o->cause);
		reason = l2tp_result_str(L2TP_CDN, &m.result, text, sizeof(text));
	}
	if (s->announced) {
		s->announced = false;
		e->ops->session_down(e->ctx, s, reason);
	}
	s->data = NULL;
}

void l2tp_session_up(struct l2tp_session *s, msec_t now)
{
	struct l2tp_engine *e = s->t->e;

	timer_stop(e->wheel, &s->timer);
	s->established = now;
	e->stats.sessions_up++;
	e->ops->session_up(e->ctx, s);
}

static void act_cdn(struct l2tp_session *s, const struct occasion *o, msec_t now)
{
	/* R2661-4.4.4-2: with our ID, in case the peer has only that */
	struct l2tp_msg m = {.type = L2TP_CDN,
			     .tunnel_id = s->t->peer_id,
			     .session_id = s->peer_session_id,
			     .assigned_session_id = s->sid.id};

	l2tp_msg_set(&m, L2TP_AVP_ASSIGNED_SESSION_ID);
	l2tp_put_result(&m, o->cause);
	unlist(s);
	l2tp_tunnel_transmit(s->t, &m, s->sid.id, now);
	down(s, o);
	l2tp_tunnel_idle(s->t, now);
}

static void act_clean_up(struct l2tp_session *s, const struct occasion *o, msec_t now)
{
	unlist(s);
	down(s, o);
	session_end(s);
	l2tp_tunnel_idle(s->t, now);
}

static void act_none(struct l2tp_session *s, const struct occasion *o, msec_t now)
{
}

static void act_ignore(struct l2tp_session *s, const struct occasion *o, msec_t now)
{
	s->t->e->stats.rx_unexpected++;
}

static l2tp_session_act *const actions[L2TP_S_ACTIONS] = {
	[L2TP_SA_IGNORE] = act_ignore,
	[L2TP_SA_NONE] = act_none,
	[L2TP_SA_ICRQ] = l2tp_act_icrq,
	[L2TP_SA_ICRP] = l2tp_act_icrp,
	[L2TP_SA_ICCN_UP] = l2tp_act_iccn_up,
	[L2TP_SA_OCRQ] = l2tp_act_ocrq,
	[L2TP_SA_OCRP] = l2tp_act_ocrp,
	[L2TP_SA_PROCEED] = l2tp_act_proceed,
	[L2TP_SA_OCCN_UP] = l2tp_act_occn_up,
	[L2TP_SA_UP] = l2tp_act_up,
	[L2TP_SA_CDN] = act_cdn,
	[L2TP_SA_CLEAN_UP] = act_clean_up,
	[L2TP_SA_INFO] = l2tp_act_info,
};

void l2tp_session_event(struct l2tp_session *s, enum l2tp_session_event ev,
			const struct occasion *o, msec_t now)
{
	struct l2tp_session_row row = l2tp_session_row(s->role, s->state, ev);
	enum l2tp_session_state from = s->state;
	const struct l2tp_ops *ops = s->t->e->ops;

	s->state = row.next;
	if (from != row.next && ops->fsm)
		ops->fsm(s->t->e->ctx, s->t, s, l2tp_session_state_name(from),
			 l2tp_session_event_name(ev), l2tp_session_state_name(row.next));
	actions[row.action](s, o, now);
}

/* ---------------------------------------------------------------- the tunnel's part */

static void tunnel_open(struct l2tp_session *s, msec_t now)
{
	set_waiting(s, false);
	s->doomed = l2tp_call_impossible(s);
	if (s->doomed) { /* reported after the caller has its pointer */
		l2tp_session_await(s, 0, now);
		return;
	}
	l2tp_session_event(s, L2TP_SE_TUNNEL_OPEN, &(struct occasion){0}, now);
}

void l2tp_sessions_tunnel_open(struct l2tp_tunnel *t, msec_t now)
{
	struct l2tp_session *s;

	while (t->state == L2TP_T_ESTABLISHED && (s = l2tp_waiting_first(&t->waiting)))
		tunnel_open(s, now);
}

void l2tp_sessions_tunnel_down(struct l2tp_tunnel *t, const char *reason, msec_t now)
{
	struct l2tp_session *s;

	while ((s = l2tp_sessions_first(&t->sessions)))
		l2tp_session_event(s, L2TP_SE_TUNNEL_DOWN, &(struct occasion){.reason = reason},
				   now);
}

/* ---------------------------------------------------------------- messages */

/* A session in IDLE that exists only to send CDN; sessions_refused counts those. */
void l2tp_session_refuse(struct l2tp_tunnel *t, enum l2tp_role role, enum l2tp_session_event ev,
			 const struct l2tp_msg *m, const struct l2tp_cause *cause, msec_t now)
{
	struct l2tp_session *s = l2tp_session_new(t, role, now);

	t->e->stats.sessions_refused++;
	if (!s)
		return; /* no ID left to say it with */
	s->peer_session_id = m->assigned_session_id;
	l2tp_session_event(s, ev, &(struct occasion){.m = m, .cause = cause}, now);
}

/* A message about a session that does not exist: what the rows of "idle" say. */
static void no_session(struct l2tp_tunnel *t, enum l2tp_session_event ev, const struct l2tp_msg *m,
		       struct l2tp_cause *cause, msec_t now)
{
	bool out = m->type == L2TP_OCRQ || m->type == L2TP_OCRP || m->type == L2TP_OCCN;
	enum l2tp_role role;

	if (m->type == L2TP_ICRQ)
		role = L2TP_IN_LNS;
	else if (out)
		role = t->p.lac ? L2TP_OUT_LAC : L2TP_OUT_LNS;
	else
		role = t->p.lac ? L2TP_IN_LAC : L2TP_IN_LNS;
	if (out && ev != L2TP_SE_MALFORMED) /* an LNS places no calls (R2661-6.10-1) */
		*cause = (struct l2tp_cause){.result = L2TP_CDN_NO_FACILITIES_PERMANENT};
	if (l2tp_session_row(role, L2TP_S_IDLE, ev).action == L2TP_SA_CDN && m->assigned_session_id)
		l2tp_session_refuse(t, role, ev, m, cause, now);
	else
		t->e->stats.rx_unknown_session++;
}

/* By our Session ID or, where the header has none, by the peer's (R2661-5.3-3). */
static struct l2tp_session *find(struct l2tp_tunnel *t, const struct l2tp_msg *m)
{
	struct l2tp_sid *sid;

	if (!m->session_id)
		return l2tp_session_by_peer(t, m->assigned_session_id);
	sid = find_sid(t, m->session_id);
	return sid ? sid->session : NULL;
}

/* An ICRQ is for an LNS, an OCRQ for a LAC; which of them we are not is told no_session(). */
static bool is_request(const struct l2tp_tunnel *t, enum l2tp_session_event ev)
{
	return ev == L2TP_SE_ICRQ || (t->p.lac && (ev == L2TP_SE_OCRQ || ev == L2TP_SE_OCRQ_BAD));
}

static void remember_result(struct l2tp_session *s, const struct l2tp_result *r)
{
	s->peer_result = r->result;
	s->peer_error = r->has_error ? r->error : L2TP_ERR_NONE;
}

void l2tp_session_receive(struct l2tp_tunnel *t, const struct l2tp_msg *m,
			  const struct l2tp_fault *fault, msec_t now)
{
	struct l2tp_session *s = find(t, m);
	struct l2tp_cause cause;
	struct occasion o = {.m = m, .cause = &cause};
	enum l2tp_session_event ev = l2tp_call_event(s, m, &cause);
	char result[128], reason[160];

	if (fault) {
		cause = (struct l2tp_cause){.result = L2TP_CDN_ERROR,
					    .has_error = true,
					    .error = fault->error,
					    .text = fault->text};
		if (ev != L2TP_SE_CDN) /* whatever is wrong with it, a CDN ends the session */
			ev = L2TP_SE_MALFORMED;
	}
	if (ev == L2TP_SE_CDN) {
		if (s && !fault)
			remember_result(s, &m->result);
		snprintf(reason, sizeof(reason), "peer: %s",
			 fault ? fault->text
			       : l2tp_result_str(L2TP_CDN, &m->result, result, sizeof(result)));
		o.reason = reason;
	} else if (ev != L2TP_SE_MALFORMED && !cause.text) {
		snprintf(reason, sizeof(reason), "%s out of sequence", l2tp_msg_name(m->type));
		cause.text = reason;
	}
	if (s)
		l2tp_session_event(s, ev, &o, now);
	else if (is_request(t, ev) && !m->session_id)
		l2tp_call_request(t, m, ev, &cause, now);
	else
		no_session(t, ev, m, &cause, now);
}

/* ---------------------------------------------------------------- interface */

static struct l2tp_session *start(struct l2tp_tunnel *t, enum l2tp_role role,
				  const struct l2tp_call *call, void *data, msec_t now)
{
	struct l2tp_session *s;

	if (t->dead || t->state == L2TP_T_CLOSING ||
	    l2tp_sessions_count(&t->sessions) >= t->p.session_limit)
		return NULL;
	s = l2tp_session_new(t, role, now);
	if (!s)
		return NULL;
	s->call = *call;
	s->call.proxy = s->proxy = l2tp_proxy_copy(call->proxy);
	s->data = data;
	s->announced = true;
	s->serial = ++t->e->last_serial; /* R2661-4.4.4-3 */
	l2tp_enter(t->e);
	l2tp_session_event(s, L2TP_SE_CALL, &(struct occasion){0}, now);
	set_waiting(s, true);
	l2tp_sessions_tunnel_open(t, now); /* if it is (F2661-C13) */
	l2tp_leave(t->e);
	return s;
}

struct l2tp_session *l2tp_session_call(struct l2tp_tunnel *t, const struct l2tp_call *call,
				       void *data, msec_t now)
{
	return start(t, L2TP_IN_LAC, call, data, now);
}

struct l2tp_session *l2tp_session_dial(struct l2tp_tunnel *t, const struct l2tp_call *call,
				       void *data, msec_t now)
{
	return start(t, L2TP_OUT_LNS, call, data, now);
}

void l2tp_session_answered(struct l2tp_session *s, const struct l2tp_call *line, msec_t now)
{
	struct l2tp_engine *e = s->t->e;

	if (s->dead || s->state != L2TP_S_WAIT_CS_ANSWER)
		return;
	s->call.tx_speed_bps = line->tx_speed_bps;
	s->call.rx_speed_bps = line->rx_speed_bps;
	s->call.framing_type = line->framing_type;
	s->call.sequencing_required = line->sequencing_required;
	l2tp_enter(e);
	l2tp_session_event(s, L2TP_SE_ANSWER, &(struct occasion){0}, now);
	l2tp_leave(e);
}

void l2tp_session_close(struct l2tp_session *s, enum l2tp_cdn_result result, enum l2tp_error error,
			const char *text, msec_t now)
{
	struct l2tp_cause cause = {.result = result,
				   .has_error = error != L2TP_ERR_NONE,
				   .error = error,
				   .text = text && *text ? text : NULL};
	struct l2tp_engine *e = s->t->e;

	if (s->dead || !s->listed)
		return;
	l2tp_enter(e);
	l2tp_session_event(s, L2TP_SE_CLOSE, &(struct occasion){.cause = &cause}, now);
	l2tp_leave(e);
}

struct l2tp_session *l2tp_session_find(struct l2tp_tunnel *t, uint16_t session_id)
{
	struct l2tp_sid *sid = find_sid(t, session_id);

	return sid && sid->session && sid->session->listed ? sid->session : NULL;
}

struct l2tp_session *l2tp_session_first(struct l2tp_tunnel *t)
{
	return l2tp_sessions_first(&t->sessions);
}

struct l2tp_session *l2tp_session_next(struct l2tp_tunnel *t, struct l2tp_session *s)
{
	return l2tp_sessions_next(&t->sessions, s);
}

struct l2tp_tunnel *l2tp_session_tunnel(const struct l2tp_session *s)
{
	return s->t;
}

void l2tp_session_set_data(struct l2tp_session *s, void *data)
{
	s->data = data;
}

void *l2tp_session_data(const struct l2tp_session *s)
{
	return s->data;
}

void l2tp_session_info(const struct l2tp_session *s, struct l2tp_session_info *info)
{
	*info = (struct l2tp_session_info){
		.state = s->state,
		.session_id = s->sid.id,
		.peer_session_id = s->peer_session_id,
		.lac = s->role == L2TP_IN_LAC || s->role == L2TP_OUT_LAC,
		.outgoing = s->role == L2TP_OUT_LAC || s->role == L2TP_OUT_LNS,
		.call_serial_number = s->serial,
		.call = s->call,
		.send_accm = s->send_accm,
		.receive_accm = s->receive_accm,
		.created = s->created,
		.established = s->established,
		.peer_result = s->peer_result,
		.peer_error = s->peer_error,
	};
	l2tp_link_info(s, info);
}
