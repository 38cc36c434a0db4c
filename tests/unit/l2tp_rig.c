// SPDX-License-Identifier: GPL-2.0-or-later
/* An L2TP engine and a scripted peer; see l2tp_rig.h. */
#include "tests/unit/l2tp_rig.h"

#include <stdlib.h>

/* ---------------------------------------------------------------- the daemon */

static uint32_t random_of(void *ctx)
{
	struct rig *r = ctx;

	r->seed = r->seed * 1664525 + 1013904223;
	return r->seed >> 8 ^ r->seed << 16;
}

static bool tunnel_accept(void *ctx, const struct endpoint *local, const struct endpoint *peer,
			  const struct l2tp_msg *sccrq, struct l2tp_params *p)
{
	struct rig *r = ctx;

	r->accepts++;
	snprintf(r->host, sizeof(r->host), "%.*s", (int)sccrq->host_name.len,
		 (const char *)sccrq->host_name.p);
	*p = r->params;
	return !r->refuse_tunnel;
}

static void tunnel_up(void *ctx, struct l2tp_tunnel *t)
{
	struct rig *r = ctx;

	r->ups++;
	r->t = t;
	if (r->close_tunnel_in_up)
		l2tp_tunnel_close(t, L2TP_STOP_GENERAL, r->now);
}

static void tunnel_down(void *ctx, struct l2tp_tunnel *t, const char *reason)
{
	struct rig *r = ctx;

	r->downs++;
	snprintf(r->reason, sizeof(r->reason), "%s", reason);
	if (r->t == t)
		r->t = NULL;
	if (r->open_in_down) {
		r->open_in_down = false;
		r->t = l2tp_tunnel_open(r->e, &r->us, &r->them, &r->params, r->now);
	}
}

static uint16_t call_accept(void *ctx, struct l2tp_session *s)
{
	struct rig *r = ctx;

	r->session_accepts++;
	r->s = s;
	if (r->close_session_in_accept)
		l2tp_session_close(s, L2TP_CDN_ADMIN, L2TP_ERR_NONE, NULL, r->now);
	if (r->close_tunnel_in_accept)
		l2tp_tunnel_close(l2tp_session_tunnel(s), L2TP_STOP_GENERAL, r->now);
	return r->refuse_call;
}

static void session_up(void *ctx, struct l2tp_session *s)
{
	struct rig *r = ctx;

	r->session_ups++;
	r->s = s;
	if (r->close_session_in_up)
		l2tp_session_close(s, L2TP_CDN_ADMIN, L2TP_ERR_NONE, NULL, r->now);
}

static void session_down(void *ctx, struct l2tp_session *s, const char *reason)
{
	struct rig *r = ctx;

	r->session_downs++;
	snprintf(r->session_reason, sizeof(r->session_reason), "%s", reason);
	if (r->s == s)
		r->s = NULL;
}

static void session_info(void *ctx, struct l2tp_session *s, const struct l2tp_msg *m)
{
	struct rig *r = ctx;

	r->infos++;
	r->info_type = m->type;
}

static void multicast(void *ctx, struct l2tp_tunnel *t, const struct l2tp_msg *m,
		      const struct l2tp_fault *fault)
{
	struct rig *r = ctx;

	r->multicasts++;
	r->multicast_type = m->type;
	r->faults += fault != NULL;
}

static void acked(void *ctx, struct l2tp_tunnel *t, uint64_t cookie)
{
	struct rig *r = ctx;

	r->acked[r->acks++ % 64] = cookie;
}

static void fsm(void *ctx, const struct l2tp_tunnel *t, const struct l2tp_session *s,
		const char *from, const char *event, const char *to)
{
	struct rig *r = ctx;

	snprintf(r->fsm, sizeof(r->fsm), "%s: %s -> %s", event, from, to);
}

static const struct l2tp_ops ops = {
	.random = random_of,
	.tunnel_accept = tunnel_accept,
	.tunnel_up = tunnel_up,
	.tunnel_down = tunnel_down,
	.call_accept = call_accept,
	.session_up = session_up,
	.session_down = session_down,
	.session_info = session_info,
	.multicast = multicast,
	.acked = acked,
	.fsm = fsm,
};

/* ---------------------------------------------------------------- the rig */

struct span rig_secret(void)
{
	return (struct span){(const uint8_t *)RIG_SECRET, strlen(RIG_SECRET)};
}

void rig_set_secret(struct l2tp_params *p)
{
	memcpy(p->secret, RIG_SECRET, strlen(RIG_SECRET));
	p->secret_len = strlen(RIG_SECRET);
}

struct l2tp_tunnel_info rig_info(struct l2tp_tunnel *t)
{
	struct l2tp_tunnel_info info;

	ck_assert_ptr_ne(t, NULL);
	l2tp_tunnel_info(t, &info);
	return info;
}

const struct rig_got *rig_stopccn(struct rig *r, uint16_t result)
{
	const struct rig_got *g = rig_next(r, L2TP_STOPCCN);

	ck_assert_uint_eq(g->m.result.result, result);
	ck_assert_uint_eq(g->m.tunnel_id, r->peer_tid);
	ck_assert_uint_eq(g->m.assigned_tunnel_id, r->tid ? r->tid : g->m.assigned_tunnel_id);
	ck_assert_uint_ne(g->m.assigned_tunnel_id, 0); /* R2661-4.4.3-8 */
	return g;
}

struct rig *rig_new(void)
{
	struct rig *r = calloc(1, sizeof(*r));

	r->seed = 4711;
	r->now = 1000000;
	twheel_init(&r->wheel, r->now);
	ck_assert(addr_parse("192.0.2.1", &r->us.addr));
	ck_assert(addr_parse("192.0.2.2", &r->them.addr));
	r->us.port = r->them.port = L2TP_PORT;
	l2tp_params_default(&r->params);
	snprintf(r->params.host_name, sizeof(r->params.host_name), "rig");
	r->params.lac = true;
	r->peer_tid = RIG_PEER_TID;
	r->e = l2tp_engine_new(&ops, r, &r->wheel);
	return r;
}

void rig_free(struct rig *r)
{
	l2tp_engine_free(r->e);
	ck_assert_uint_eq(r->wheel.count, 0); /* no timer has survived */
	twheel_fini(&r->wheel);
	free(r);
}

void rig_ack(struct rig *r)
{
	rig_put(r, &(struct l2tp_msg){
			   .type = L2TP_ZLB, .tunnel_id = r->tid, .ns = r->ns, .nr = r->nr});
}

static void learn(struct rig *r, const struct l2tp_msg *m)
{
	if (m->type != L2TP_ZLB && m->ns == r->nr)
		r->nr++;
	if (m->type == L2TP_SCCRQ || m->type == L2TP_SCCRP)
		r->tid = m->assigned_tunnel_id;
}

void rig_collect(struct rig *r)
{
	struct l2tp_decode_stats stats = {0};
	struct l2tp_datagram d;
	struct l2tp_fault fault;
	bool news = false;

	while (l2tp_engine_output(r->e, &d)) {
		struct rig_got *g = &r->got[r->n_got++];

		ck_assert_uint_lt(r->n_got, array_size(r->got));
		ck_assert_uint_le(d.data.len, sizeof(g->data));
		memcpy(g->data, d.data.p, d.data.len);
		g->raw = (struct span){g->data, d.data.len};
		g->at = r->now;
		g->local = d.local;
		g->peer = d.peer;
		ck_assert_int_eq(
			l2tp_msg_decode(&r->decoder, g->raw,
					(struct span){r->params.secret, r->params.secret_len},
					&g->m, &fault, &stats),
			L2TP_DECODE_OK);
		learn(r, &g->m);
		news |= g->m.type != L2TP_ZLB;
	}
	if (news && r->acks_itself)
		rig_ack(r);
}

void rig_put_raw(struct rig *r, const struct endpoint *from, const void *data, size_t len)
{
	/* exactly as long as it is: ASan sees what is read behind it */
	uint8_t *copy = malloc(len ? len : 1);

	memcpy(copy, data, len);
	l2tp_engine_input(r->e, &r->us, from, (struct span){copy, len}, r->now);
	free(copy);
	rig_collect(r);
}

void rig_put(struct rig *r, const struct l2tp_msg *m)
{
	uint8_t data[L2TP_MAX_CONTROL];
	size_t len = l2tp_msg_encode(m, &r->hide, data, sizeof(data));

	ck_assert_uint_ne(len, 0);
	rig_put_raw(r, &r->them, data, len);
}

void rig_say(struct rig *r, struct l2tp_msg m)
{
	m.ns = r->ns++;
	m.nr = r->nr;
	rig_put(r, &m);
}

/* Octets of *m plus one AVP. */
void rig_say_with_avp(struct rig *r, struct l2tp_msg m, uint16_t flags, uint16_t type,
		      uint16_t value)
{
	uint8_t data[L2TP_MAX_CONTROL];
	struct wr w = wr_init(data, sizeof(data));
	size_t len;

	m.ns = r->ns++;
	m.nr = r->nr;
	len = l2tp_msg_encode(&m, NULL, data, sizeof(data));
	wr_reserve(&w, len);
	wr_u16(&w, flags | 8);
	wr_u16(&w, 0);
	wr_u16(&w, type);
	wr_u16(&w, value);
	wr_patch_u16(&w, 2, wr_len(&w));
	rig_put_raw(r, &r->them, data, wr_len(&w));
}

void rig_wait(struct rig *r, msec_t ms)
{
	msec_t until = r->now + ms, next;

	while ((next = twheel_next(&r->wheel)) <= until) {
		r->now = next;
		twheel_run(&r->wheel, r->now);
		rig_collect(r);
	}
	r->now = until;
	twheel_run(&r->wheel, r->now);
	rig_collect(r);
}

const struct rig_got *rig_next(struct rig *r, enum l2tp_msg_type type)
{
	ck_assert_msg(r->next < r->n_got, "%s expected, nothing came", l2tp_msg_name(type));
	ck_assert_str_eq(l2tp_msg_name(r->got[r->next].m.type), l2tp_msg_name(type));
	return &r->got[r->next++];
}

void rig_silent(struct rig *r)
{
	if (r->next < r->n_got)
		ck_abort_msg("%s not expected", l2tp_msg_name(r->got[r->next].m.type));
}

void rig_forget(struct rig *r)
{
	r->next = r->n_got = 0;
}

static void set_all(struct l2tp_msg *m, const enum l2tp_avp_type *avps, size_t n)
{
	for (size_t i = 0; i < n; i++)
		l2tp_msg_set(m, avps[i]);
}

#define SET(M, ...)                                              \
	do {                                                     \
		const enum l2tp_avp_type avps[] = {__VA_ARGS__}; \
		set_all(M, avps, array_size(avps));              \
	} while (0)

static void fill(struct l2tp_msg *m)
{
	switch (m->type) {
	case L2TP_SCCRQ:
	case L2TP_SCCRP:
		SET(m, L2TP_AVP_PROTOCOL_VERSION, L2TP_AVP_FRAMING_CAPABILITIES, L2TP_AVP_HOST_NAME,
		    L2TP_AVP_ASSIGNED_TUNNEL_ID);
		break;
	case L2TP_STOPCCN:
		SET(m, L2TP_AVP_ASSIGNED_TUNNEL_ID, L2TP_AVP_RESULT_CODE);
		break;
	case L2TP_OCRQ:
		SET(m, L2TP_AVP_MINIMUM_BPS, L2TP_AVP_MAXIMUM_BPS, L2TP_AVP_BEARER_TYPE,
		    L2TP_AVP_FRAMING_TYPE, L2TP_AVP_CALLED_NUMBER);
		/* fallthrough */
	case L2TP_ICRQ:
		SET(m, L2TP_AVP_ASSIGNED_SESSION_ID, L2TP_AVP_CALL_SERIAL_NUMBER);
		break;
	case L2TP_ICRP:
	case L2TP_OCRP:
	case L2TP_MSRQ:
	case L2TP_MSRP:
		SET(m, L2TP_AVP_ASSIGNED_SESSION_ID);
		break;
	case L2TP_ICCN:
	case L2TP_OCCN:
		SET(m, L2TP_AVP_TX_CONNECT_SPEED, L2TP_AVP_FRAMING_TYPE);
		break;
	case L2TP_CDN:
	case L2TP_MSEN:
		SET(m, L2TP_AVP_ASSIGNED_SESSION_ID, L2TP_AVP_RESULT_CODE);
		break;
	case L2TP_WEN:
		SET(m, L2TP_AVP_CALL_ERRORS);
		break;
	case L2TP_SLI:
		SET(m, L2TP_AVP_ACCM);
		break;
	default:
		break;
	}
}

struct l2tp_msg rig_msg(const struct rig *r, enum l2tp_msg_type type)
{
	static const char host[] = "peer";
	struct l2tp_msg m = {
		.type = type,
		.tunnel_id = r->tid,
		.protocol_version = 0x0100,
		.framing_capabilities = 3,
		.host_name = {(const uint8_t *)host, 4},
		.called_number = {(const uint8_t *)host, 4},
		.assigned_tunnel_id = r->peer_tid,
		.assigned_session_id = RIG_PEER_SID,
		.call_serial_number = 1,
		.tx_connect_speed = 1000000,
		.framing_type = 1,
		.bearer_type = 1,
		.result = {.result = 1},
	};

	fill(&m);
	return m;
}

/* ---------------------------------------------------------------- states */

enum l2tp_tunnel_state rig_state(const struct rig *r)
{
	struct l2tp_tunnel *t = l2tp_tunnel_first(r->e);
	struct l2tp_tunnel_info info;

	if (!t)
		return L2TP_T_IDLE;
	l2tp_tunnel_info(t, &info);
	return info.state;
}

size_t rig_tunnels(const struct rig *r)
{
	size_t n = 0;

	for (struct l2tp_tunnel *t = l2tp_tunnel_first(r->e); t; t = l2tp_tunnel_next(r->e, t))
		n++;
	return n;
}

const struct l2tp_stats *rig_stats(const struct rig *r)
{
	return l2tp_engine_stats(r->e);
}

void rig_tunnel(struct rig *r, enum l2tp_tunnel_state state)
{
	switch (state) {
	case L2TP_T_IDLE:
		break;
	case L2TP_T_WAIT_CTL_REPLY:
		r->t = l2tp_tunnel_open(r->e, &r->us, &r->them, &r->params, r->now);
		rig_collect(r);
		rig_ack(r);
		break;
	case L2TP_T_WAIT_CTL_CONN:
	case L2TP_T_ESTABLISHED:
	case L2TP_T_CLOSING:
		rig_say(r, rig_msg(r, L2TP_SCCRQ));
		rig_ack(r);
		if (state == L2TP_T_WAIT_CTL_CONN)
			break;
		rig_say(r, rig_msg(r, L2TP_SCCCN));
		ck_assert_ptr_ne(r->t, NULL);
		if (state == L2TP_T_ESTABLISHED)
			break;
		l2tp_tunnel_close(r->t, L2TP_STOP_GENERAL, r->now);
		rig_collect(r);
		break;
	}
	ck_assert_int_eq(rig_state(r), state);
	rig_forget(r);
}

void rig_session(struct rig *r, bool lac, enum l2tp_session_state state)
{
	const struct l2tp_call call = {.tx_speed_bps = 64000, .framing_type = 1};
	struct l2tp_session_info info;
	struct l2tp_msg m;

	rig_tunnel(r, L2TP_T_ESTABLISHED);
	r->acks_itself = true;
	if (state == L2TP_S_IDLE)
		return;
	if (lac) {
		r->s = l2tp_session_call(r->t, &call, NULL, r->now);
		rig_collect(r);
	} else {
		rig_say(r, rig_msg(r, L2TP_ICRQ));
	}
	l2tp_session_info(r->s, &info);
	if (state == L2TP_S_ESTABLISHED || state == L2TP_S_CLOSING) {
		m = rig_msg(r, lac ? L2TP_ICRP : L2TP_ICCN);
		m.session_id = info.session_id;
		rig_say(r, m);
	}
	l2tp_session_info(r->s, &info);
	if (state == L2TP_S_CLOSING) {
		r->acks_itself = false;
		l2tp_session_close(r->s, L2TP_CDN_ADMIN, L2TP_ERR_NONE, NULL, r->now);
		rig_collect(r);
	} else {
		ck_assert_int_eq(info.state, state);
	}
	rig_forget(r);
}

/* A tunnel to a peer that places calls, if it is the LAC. */
static void outgoing_tunnel(struct rig *r)
{
	struct l2tp_msg m = rig_msg(r, L2TP_SCCRQ);

	l2tp_msg_set(&m, L2TP_AVP_BEARER_CAPABILITIES);
	m.bearer_capabilities = 3;
	rig_say(r, m);
	rig_ack(r);
	rig_say(r, rig_msg(r, L2TP_SCCCN));
	ck_assert_int_eq(rig_state(r), L2TP_T_ESTABLISHED);
	rig_forget(r);
}

void rig_outgoing(struct rig *r, bool lac, enum l2tp_session_state state)
{
	const struct l2tp_call call = {.called_number = "42",
				       .minimum_bps = 64000,
				       .maximum_bps = 128000,
				       .bearer_type = 1,
				       .framing_type = 1};
	const struct l2tp_call line = {.tx_speed_bps = 64000, .framing_type = 1};

	r->params.lac = lac;
	outgoing_tunnel(r);
	r->acks_itself = true;
	if (lac) {
		rig_say(r, rig_msg(r, L2TP_OCRQ));
		if (state == L2TP_S_ESTABLISHED)
			l2tp_session_answered(r->s, &line, r->now);
	} else {
		r->s = l2tp_session_dial(r->t, &call, NULL, r->now);
		rig_collect(r);
		if (state != L2TP_S_WAIT_REPLY)
			rig_say(r, rig_to_session(r, L2TP_OCRP, rig_sid(r->s)));
		if (state == L2TP_S_ESTABLISHED)
			rig_say(r, rig_to_session(r, L2TP_OCCN, rig_sid(r->s)));
	}
	rig_collect(r);
	ck_assert_int_eq(rig_session_info(r->s).state, state);
	rig_forget(r);
}

struct l2tp_session_info rig_session_info(struct l2tp_session *s)
{
	struct l2tp_session_info info;

	ck_assert_ptr_ne(s, NULL);
	l2tp_session_info(s, &info);
	return info;
}

uint16_t rig_sid(struct l2tp_session *s)
{
	return rig_session_info(s).session_id;
}

struct l2tp_msg rig_to_session(struct rig *r, enum l2tp_msg_type type, uint16_t session_id)
{
	struct l2tp_msg m = rig_msg(r, type);

	m.session_id = session_id;
	return m;
}

const struct rig_got *rig_next_cdn(struct rig *r, uint16_t result)
{
	const struct rig_got *g = rig_next(r, L2TP_CDN);

	ck_assert_uint_eq(g->m.result.result, result);
	ck_assert_uint_ne(g->m.assigned_session_id, 0); /* R2661-4.4.4-2 */
	return g;
}
