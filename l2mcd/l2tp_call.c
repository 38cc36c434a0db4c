// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What calls say: ICRQ, ICRP, ICCN (RFC 2661 6.6 to 6.8) and, for the calls that an LNS asks
 * for, OCRQ, OCRP, OCCN (6.9 to 6.11).
 */
#include "l2mcd/l2tp_session_p.h"

static void put_number(struct l2tp_msg *m, enum l2tp_avp_type avp, struct span *to,
		       const char *number)
{
	if (!number[0])
		return;
	*to = l2tp_text_span(number);
	l2tp_msg_set(m, avp);
}

static void await_reply(struct l2tp_session *s, msec_t now)
{
	l2tp_session_await(s, l2tp_tunnel_setup_time(s->t), now);
}

/* ---------------------------------------------------------------- incoming calls */

void l2tp_act_icrq(struct l2tp_session *s, const struct occasion *o, msec_t now)
{
	struct l2tp_msg m = {.type = L2TP_ICRQ,
			     .tunnel_id = s->t->peer_id,
			     .assigned_session_id = s->sid.id,
			     .call_serial_number = s->serial};

	l2tp_msg_set(&m, L2TP_AVP_ASSIGNED_SESSION_ID);
	l2tp_msg_set(&m, L2TP_AVP_CALL_SERIAL_NUMBER);
	put_number(&m, L2TP_AVP_CALLING_NUMBER, &m.calling_number, s->call.calling_number);
	put_number(&m, L2TP_AVP_CALLED_NUMBER, &m.called_number, s->call.called_number);
	put_number(&m, L2TP_AVP_SUB_ADDRESS, &m.sub_address, s->call.sub_address);
	await_reply(s, now);
	l2tp_tunnel_transmit(s->t, &m, 0, now);
}

static void reply(struct l2tp_session *s, enum l2tp_msg_type type, msec_t now)
{
	struct l2tp_msg m = {.type = type,
			     .tunnel_id = s->t->peer_id,
			     .session_id = s->peer_session_id,
			     .assigned_session_id = s->sid.id};

	l2tp_msg_set(&m, L2TP_AVP_ASSIGNED_SESSION_ID);
	l2tp_tunnel_transmit(s->t, &m, 0, now);
}

void l2tp_act_icrp(struct l2tp_session *s, const struct occasion *o, msec_t now)
{
	await_reply(s, now);
	reply(s, L2TP_ICRP, now);
}

/* ICCN or OCCN. */
static void connected(struct l2tp_session *s, enum l2tp_msg_type type, msec_t now)
{
	struct l2tp_msg m = {.type = type,
			     .tunnel_id = s->t->peer_id,
			     .session_id = s->peer_session_id,
			     .tx_connect_speed = s->call.tx_speed_bps,
			     .rx_connect_speed = s->call.rx_speed_bps,
			     .framing_type = s->call.framing_type};
	struct l2tp_msg full;

	l2tp_msg_set(&m, L2TP_AVP_TX_CONNECT_SPEED);
	l2tp_msg_set(&m, L2TP_AVP_FRAMING_TYPE);
	if (m.rx_connect_speed)
		l2tp_msg_set(&m, L2TP_AVP_RX_CONNECT_SPEED);
	if (s->call.sequencing_required)
		l2tp_msg_set(&m, L2TP_AVP_SEQUENCING_REQUIRED);
	full = m;
	if (type == L2TP_ICCN)
		l2tp_proxy_put(s->proxy, &full);
	if (!l2tp_tunnel_transmit(s->t, &full, 0, now))
		l2tp_tunnel_transmit(s->t, &m, 0, now); /* no room for what is optional */
	l2tp_session_up(s, now);
}

void l2tp_act_iccn_up(struct l2tp_session *s, const struct occasion *o, msec_t now)
{
	l2tp_session_set_peer_id(s, o->m->assigned_session_id);
	connected(s, L2TP_ICCN, now);
}

/* What ICCN and OCCN say. */
void l2tp_act_up(struct l2tp_session *s, const struct occasion *o, msec_t now)
{
	s->call.tx_speed_bps = o->m->tx_connect_speed;
	s->call.rx_speed_bps = o->m->rx_connect_speed;
	s->call.framing_type = o->m->framing_type;
	s->call.sequencing_required = l2tp_msg_has(o->m, L2TP_AVP_SEQUENCING_REQUIRED);
	l2tp_proxy_free(&s->proxy);
	s->call.proxy = s->proxy = l2tp_proxy_read(o->m);
	l2tp_session_up(s, now);
}

/* ---------------------------------------------------------------- outgoing calls */

void l2tp_act_ocrq(struct l2tp_session *s, const struct occasion *o, msec_t now)
{
	struct l2tp_msg m = {.type = L2TP_OCRQ,
			     .tunnel_id = s->t->peer_id,
			     .assigned_session_id = s->sid.id,
			     .call_serial_number = s->serial,
			     .minimum_bps = s->call.minimum_bps,
			     .maximum_bps = s->call.maximum_bps,
			     .bearer_type = s->call.bearer_type,
			     .framing_type = s->call.framing_type,
			     .called_number = l2tp_text_span(s->call.called_number)};
	static const enum l2tp_avp_type avps[] = {
		L2TP_AVP_ASSIGNED_SESSION_ID, L2TP_AVP_CALL_SERIAL_NUMBER, L2TP_AVP_MINIMUM_BPS,
		L2TP_AVP_MAXIMUM_BPS,	      L2TP_AVP_BEARER_TYPE,	   L2TP_AVP_FRAMING_TYPE,
		L2TP_AVP_CALLED_NUMBER,
	};

	for (size_t i = 0; i < array_size(avps); i++) /* R2661-6.9-1 */
		l2tp_msg_set(&m, avps[i]);
	await_reply(s, now);
	l2tp_tunnel_transmit(s->t, &m, 0, now);
}

void l2tp_act_ocrp(struct l2tp_session *s, const struct occasion *o, msec_t now)
{
	l2tp_session_await(s, L2TP_ANSWER_MS, now);
	reply(s, L2TP_OCRP, now);
}

/* The LAC is calling; how long that may take is its business, but not for ever. */
void l2tp_act_proceed(struct l2tp_session *s, const struct occasion *o, msec_t now)
{
	l2tp_session_set_peer_id(s, o->m->assigned_session_id);
	l2tp_session_await(s, L2TP_ANSWER_MS + l2tp_tunnel_setup_time(s->t), now);
}

void l2tp_act_occn_up(struct l2tp_session *s, const struct occasion *o, msec_t now)
{
	connected(s, L2TP_OCCN, now);
}

/* ---------------------------------------------------------------- what is acceptable */

/* Framing that nobody has advertised is not asked for (R2661-4.4.3-3). */
static bool framing_bad(uint32_t type, uint32_t advertised)
{
	return type && !(type & advertised);
}

const char *l2tp_call_impossible(const struct l2tp_session *s)
{
	if (framing_bad(s->call.framing_type, s->t->peer_framing))
		return "the peer does not support the framing type";
	/* R2661-6.9-1: only a LAC that has sent Bearer Capabilities can place calls */
	if (s->role == L2TP_OUT_LNS && !(s->call.bearer_type & s->t->peer_bearer))
		return "the peer does not place calls on this bearer";
	return NULL;
}

static bool awaits(const struct l2tp_session *s, enum l2tp_role role, enum l2tp_session_state state)
{
	return s && s->role == role && s->state == state;
}

enum l2tp_session_event l2tp_call_event(const struct l2tp_session *s, const struct l2tp_msg *m,
					struct l2tp_cause *cause)
{
	bool framing = framing_bad(m->framing_type, L2TP_FRAMING_ALL);
	bool twice = s && l2tp_session_by_peer(s->t, m->assigned_session_id);

	*cause = (struct l2tp_cause){
		.result = L2TP_CDN_ERROR, .has_error = true, .error = L2TP_ERR_VALUE};
	switch (m->type) {
	case L2TP_ICRQ:
		return L2TP_SE_ICRQ;
	case L2TP_ICRP:
	case L2TP_OCRP:
		cause->error = L2TP_ERR_SESSION_ID;
		cause->text = "Session ID assigned twice";
		if (m->type == L2TP_ICRP)
			return twice && s->state == L2TP_S_WAIT_REPLY ? L2TP_SE_ICRP_BAD
								      : L2TP_SE_ICRP;
		return twice && awaits(s, L2TP_OUT_LNS, L2TP_S_WAIT_REPLY) ? L2TP_SE_OCRP_BAD
									   : L2TP_SE_OCRP;
	case L2TP_ICCN:
		cause->text = "framing type not advertised";
		return framing ? L2TP_SE_ICCN_BAD : L2TP_SE_ICCN;
	case L2TP_OCRQ:
		cause->text = framing ? "framing type not advertised" : NULL;
		return framing && !s ? L2TP_SE_OCRQ_BAD : L2TP_SE_OCRQ;
	case L2TP_OCCN:
		cause->text = framing ? "framing type not advertised" : NULL;
		return framing && awaits(s, L2TP_OUT_LNS, L2TP_S_WAIT_CONNECT) ? L2TP_SE_OCCN_BAD
									       : L2TP_SE_OCCN;
	case L2TP_CDN:
		return L2TP_SE_CDN;
	default:
		return L2TP_SE_INFO;
	}
}

/* ---------------------------------------------------------------- requests */

static void learn(struct l2tp_session *s, const struct l2tp_msg *m)
{
	l2tp_session_set_peer_id(s, m->assigned_session_id);
	s->serial = m->call_serial_number;
	l2tp_copy_text(s->call.calling_number, sizeof(s->call.calling_number), m->calling_number);
	l2tp_copy_text(s->call.called_number, sizeof(s->call.called_number), m->called_number);
	l2tp_copy_text(s->call.sub_address, sizeof(s->call.sub_address), m->sub_address);
	s->call.minimum_bps = m->minimum_bps;
	s->call.maximum_bps = m->maximum_bps;
	s->call.bearer_type = m->bearer_type;
	s->call.framing_type = m->framing_type;
}

void l2tp_call_request(struct l2tp_tunnel *t, const struct l2tp_msg *m, enum l2tp_session_event ev,
		       struct l2tp_cause *cause, msec_t now)
{
	bool in = ev == L2TP_SE_ICRQ;
	enum l2tp_role role = in ? L2TP_IN_LNS : L2TP_OUT_LAC;
	enum l2tp_session_event bad = in ? L2TP_SE_ICRQ_BAD : L2TP_SE_OCRQ_BAD;
	struct l2tp_session *s;

	if (ev == bad) {
		l2tp_session_refuse(t, role, bad, m, cause, now);
		return;
	}
	*cause = (struct l2tp_cause){
		.result = L2TP_CDN_ERROR, .has_error = true, .error = L2TP_ERR_RESOURCES};
	if (l2tp_sessions_count(&t->sessions) >= t->p.session_limit) {
		cause->text = "session limit";
		l2tp_session_refuse(t, role, bad, m, cause, now); /* R2661-5.8-14 */
		return;
	}
	s = l2tp_session_new(t, role, now);
	if (!s) {
		t->e->stats.sessions_refused++;
		return;
	}
	learn(s, m);
	s->announced = true;
	*cause = (struct l2tp_cause){.result = t->e->ops->call_accept(t->e->ctx, s)};
	if (s->dead || s->state != L2TP_S_IDLE)
		return; /* closed meanwhile, or its tunnel */
	if (cause->result) {
		t->e->stats.sessions_refused++;
		s->announced = false; /* the daemon did not want it */
	}
	l2tp_session_event(s, cause->result ? bad : ev, &(struct occasion){.m = m, .cause = cause},
			   now);
}
