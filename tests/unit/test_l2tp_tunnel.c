// SPDX-License-Identifier: GPL-2.0-or-later
/* Control connections of the L2TP engine: set-up, state table, refusals, whose datagram. */
#include <stdlib.h>

#include "l2mcd/l2tp_fsm.h"
#include "tests/unit/l2tp_rig.h"

static struct rig *r;

static void setup(void)
{
	r = rig_new();
}

static void teardown(void)
{
	rig_free(r);
}

/* ---------------------------------------------------------------- set-up */

/* R2661-B-1, R2661-5.1-1, R2661-5.3-3, R2661-4.4.3-7 */
START_TEST(responder_goes_through_the_lock_step_example)
{
	const struct rig_got *g;

	rig_say(r, rig_msg(r, L2TP_SCCRQ));
	g = rig_next(r, L2TP_SCCRP);
	ck_assert_uint_eq(g->m.ns, 0);
	ck_assert_uint_eq(g->m.nr, 1);
	ck_assert_uint_eq(g->m.tunnel_id, RIG_PEER_TID);
	rig_silent(r); /* the acknowledgement rides along */
	rig_say(r, rig_msg(r, L2TP_SCCCN));
	g = rig_next(r, L2TP_ZLB);
	ck_assert_uint_eq(g->m.ns, 1);
	ck_assert_uint_eq(g->m.nr, 2);
	rig_silent(r);
	ck_assert_uint_eq(r->ups, 1);
	ck_assert_int_eq(rig_info(r->t).state, L2TP_T_ESTABLISHED);
	ck_assert(!rig_info(r->t).initiator);
	ck_assert_str_eq(rig_info(r->t).peer_host_name, "peer");
	ck_assert_str_eq(r->host, "peer");
	ck_assert_ptr_eq(l2tp_tunnel_find(r->e, r->tid), r->t);
}
END_TEST

START_TEST(initiator_goes_through_the_lock_step_example)
{
	const struct rig_got *g;

	r->t = l2tp_tunnel_open(r->e, &r->us, &r->them, &r->params, r->now);
	rig_collect(r);
	g = rig_next(r, L2TP_SCCRQ);
	ck_assert_uint_eq(g->m.ns, 0);
	ck_assert_uint_eq(g->m.nr, 0);
	ck_assert_uint_eq(g->m.tunnel_id, 0); /* R2661-5.3-3 */
	ck_assert_uint_ne(g->m.assigned_tunnel_id, 0);
	ck_assert_int_eq(endpoint_cmp(&g->peer, &r->them), 0);
	rig_say(r, rig_msg(r, L2TP_SCCRP));
	g = rig_next(r, L2TP_SCCCN);
	ck_assert_uint_eq(g->m.ns, 1);
	ck_assert_uint_eq(g->m.nr, 1);
	ck_assert_uint_eq(g->m.tunnel_id, RIG_PEER_TID);
	rig_silent(r);
	ck_assert_uint_eq(r->ups, 1);
	ck_assert(rig_info(r->t).initiator);
	ck_assert_uint_eq(rig_info(r->t).peer_tunnel_id, RIG_PEER_TID);
}
END_TEST

/* R2661-6.1-1, R2661-6.2-1, R2661-4.4.3-1, R2661-4.4.3-2, R2661-4.4.3-4, R2661-4.4.3-5 */
START_TEST(what_the_ends_say_about_themselves)
{
	bool sccrp = _i & 1, lac = _i & 2;
	const struct l2tp_msg *m;

	r->params.lac = lac;
	r->params.receive_window = 9;
	if (sccrp)
		rig_say(r, rig_msg(r, L2TP_SCCRQ));
	else
		rig_tunnel(r, L2TP_T_IDLE),
			r->t = l2tp_tunnel_open(r->e, &r->us, &r->them, &r->params, r->now);
	rig_collect(r);
	m = &rig_next(r, sccrp ? L2TP_SCCRP : L2TP_SCCRQ)->m;
	ck_assert_uint_eq(m->protocol_version, 0x0100);
	ck_assert_uint_eq(m->framing_capabilities, 3);
	ck_assert_uint_eq(m->host_name.len, 3);
	ck_assert_mem_eq(m->host_name.p, "rig", 3);
	ck_assert_uint_eq(m->receive_window_size, 9);
	ck_assert(l2tp_msg_has(m, L2TP_AVP_VENDOR_NAME));
	ck_assert_int_eq(l2tp_msg_has(m, L2TP_AVP_BEARER_CAPABILITIES), lac);
	ck_assert(!l2tp_msg_has(m, L2TP_AVP_CHALLENGE));
	ck_assert_int_eq(l2tp_msg_has(m, L2TP_AVP_TIE_BREAKER), !sccrp); /* R2661-4.4.3-13 */
}
END_TEST

/* A4045-20, R4045-3.2-1, R4045-3.2-7, R4045-3.1-2 */
START_TEST(multicast_capability_is_sent_iff_offered_and_kept_per_tunnel)
{
	bool sccrp = _i & 1, offer = _i & 2, theirs = _i & 4;
	struct l2tp_msg m = rig_msg(r, sccrp ? L2TP_SCCRQ : L2TP_SCCRP);
	const struct rig_got *g;

	r->params.offer_multicast = offer;
	if (theirs)
		l2tp_msg_set(&m, L2TP_AVP_MULTICAST_CAPABILITY);
	if (sccrp) {
		rig_say(r, m);
		g = rig_next(r, L2TP_SCCRP);
		rig_say(r, rig_msg(r, L2TP_SCCCN));
		rig_next(r, L2TP_ZLB);
	} else {
		r->t = l2tp_tunnel_open(r->e, &r->us, &r->them, &r->params, r->now);
		rig_collect(r);
		m.tunnel_id = r->tid;
		g = rig_next(r, L2TP_SCCRQ);
		rig_say(r, m);
		ck_assert(
			!l2tp_msg_has(&rig_next(r, L2TP_SCCCN)->m, L2TP_AVP_MULTICAST_CAPABILITY));
	}
	ck_assert_int_eq(l2tp_msg_has(&g->m, L2TP_AVP_MULTICAST_CAPABILITY), offer);
	ck_assert_int_eq(rig_info(r->t).offered_multicast, offer);
	ck_assert_int_eq(rig_info(r->t).peer_multicast, theirs);
}
END_TEST

/* ---------------------------------------------------------------- state table */

enum stimulus {
	HEARS,
	HEARS_BAD,
	IS_CLOSED,
	IS_OPENED
};

static const struct {
	const char *id;
	enum l2tp_tunnel_state state;
	enum stimulus stimulus;
	enum l2tp_msg_type type;
	enum l2tp_msg_type answer;
	uint16_t result; /* of a StopCCN */
	enum l2tp_tunnel_state next;
} table[] = {
	{"F2661-C1", L2TP_T_IDLE, IS_OPENED, 0, L2TP_SCCRQ, 0, L2TP_T_WAIT_CTL_REPLY},
	{"F2661-C2", L2TP_T_IDLE, HEARS, L2TP_SCCRQ, L2TP_SCCRP, 0, L2TP_T_WAIT_CTL_CONN},
	{"F2661-C3", L2TP_T_IDLE, HEARS_BAD, L2TP_SCCRQ, L2TP_STOPCCN, 5, L2TP_T_CLOSING},
	{"F2661-C6", L2TP_T_WAIT_CTL_REPLY, HEARS, L2TP_SCCRP, L2TP_SCCCN, 0, L2TP_T_ESTABLISHED},
	{"F2661-C7", L2TP_T_WAIT_CTL_REPLY, HEARS_BAD, L2TP_SCCRP, L2TP_STOPCCN, 5, L2TP_T_CLOSING},
	{"F2661-C9", L2TP_T_WAIT_CTL_REPLY, HEARS, L2TP_SCCCN, L2TP_STOPCCN, 7, L2TP_T_CLOSING},
	{"F2661-C10", L2TP_T_WAIT_CTL_CONN, HEARS, L2TP_SCCCN, L2TP_ZLB, 0, L2TP_T_ESTABLISHED},
	{"F2661-C12", L2TP_T_WAIT_CTL_CONN, HEARS, L2TP_SCCRP, L2TP_STOPCCN, 7, L2TP_T_CLOSING},
	{"F2661-C12", L2TP_T_WAIT_CTL_CONN, HEARS, L2TP_SCCRQ, L2TP_STOPCCN, 7, L2TP_T_CLOSING},
	{"F2661-C14", L2TP_T_ESTABLISHED, IS_CLOSED, 0, L2TP_STOPCCN, 1, L2TP_T_CLOSING},
	{"F2661-C15", L2TP_T_ESTABLISHED, HEARS, L2TP_SCCRQ, L2TP_STOPCCN, 7, L2TP_T_CLOSING},
	{"F2661-C15", L2TP_T_ESTABLISHED, HEARS, L2TP_SCCRP, L2TP_STOPCCN, 7, L2TP_T_CLOSING},
	{"F2661-C15", L2TP_T_ESTABLISHED, HEARS, L2TP_SCCCN, L2TP_STOPCCN, 7, L2TP_T_CLOSING},
	{"F2661-C16", L2TP_T_WAIT_CTL_REPLY, HEARS, L2TP_STOPCCN, L2TP_ZLB, 0, L2TP_T_CLOSING},
	{"F2661-C16", L2TP_T_WAIT_CTL_CONN, HEARS, L2TP_STOPCCN, L2TP_ZLB, 0, L2TP_T_CLOSING},
	{"F2661-C16", L2TP_T_ESTABLISHED, HEARS, L2TP_STOPCCN, L2TP_ZLB, 0, L2TP_T_CLOSING},
	{"admin close", L2TP_T_WAIT_CTL_REPLY, IS_CLOSED, 0, L2TP_STOPCCN, 1, L2TP_T_CLOSING},
};

/* R2661-7.2-1 and the rows named in the table */
START_TEST(rows_of_the_control_connection)
{
	struct l2tp_msg m;

	rig_tunnel(r, table[_i].state);
	m = rig_msg(r, table[_i].type);
	switch (table[_i].stimulus) {
	case HEARS_BAD:
		m.protocol_version = 0x0200;
		/* fallthrough */
	case HEARS:
		rig_say(r, m);
		break;
	case IS_CLOSED:
		l2tp_tunnel_close(r->t, L2TP_STOP_GENERAL, r->now);
		break;
	case IS_OPENED:
		r->t = l2tp_tunnel_open(r->e, &r->us, &r->them, &r->params, r->now);
		break;
	}
	rig_collect(r);
	ck_assert_int_eq(rig_next(r, table[_i].answer)->m.result.result, table[_i].result);
	rig_silent(r);
	ck_assert_int_eq(rig_state(r), table[_i].next);
	ck_assert_uint_eq(rig_tunnels(r), 1);
	ck_assert_uint_eq(r->downs, table[_i].next == L2TP_T_CLOSING);
	ck_assert_uint_eq(r->ups, table[_i].next == L2TP_T_ESTABLISHED ||
					  table[_i].state == L2TP_T_ESTABLISHED);
}
END_TEST

static enum l2tp_tunnel_event event_of(enum l2tp_msg_type type)
{
	switch (type) {
	case L2TP_SCCRQ:
		return L2TP_TE_SCCRQ;
	case L2TP_SCCRP:
		return L2TP_TE_SCCRP;
	case L2TP_SCCCN:
		return L2TP_TE_SCCCN;
	case L2TP_STOPCCN:
		return L2TP_TE_STOPCCN;
	case L2TP_HELLO:
		return L2TP_TE_HELLO;
	default:
		return type >= L2TP_MSRQ ? L2TP_TE_MULTICAST : L2TP_TE_CALL;
	}
}

/* Every state hears every message: what it does is what its row says. */
START_TEST(full_product_of_states_and_messages)
{
	enum l2tp_tunnel_state state = _i / L2TP_MSG_TYPES;
	enum l2tp_msg_type type = _i % L2TP_MSG_TYPES;
	struct l2tp_tunnel_row row;

	if (state == L2TP_T_IDLE || type == L2TP_ZLB || !strcmp(l2tp_msg_name(type), "unknown"))
		return;
	row = l2tp_tunnel_row(state, event_of(type));
	rig_tunnel(r, state);
	if (state == L2TP_T_CLOSING)
		rig_ack(r);
	rig_say(r, rig_msg(r, type));
	switch (row.action) {
	case L2TP_TA_STOP:
		if (state == L2TP_T_WAIT_CTL_REPLY && type != L2TP_SCCRP)
			r->peer_tid = 0; /* it has not told its ID yet */
		rig_stopccn(r, L2TP_STOP_FSM);
		break;
	case L2TP_TA_SCCCN_UP:
		rig_next(r, L2TP_SCCCN);
		break;
	case L2TP_TA_CALL: /* answered by the call, if at all */
		ck_assert_uint_ne(r->n_got, 0);
		r->next = r->n_got;
		break;
	case L2TP_TA_MULTICAST:
		ck_assert_uint_eq(r->multicasts, 1);
		/* fallthrough */
	default:
		rig_next(r, L2TP_ZLB);
	}
	rig_silent(r);
	ck_assert_int_eq(rig_state(r), row.next);
	ck_assert_uint_eq(r->multicasts, row.action == L2TP_TA_MULTICAST);
}
END_TEST

/* F2661-C4, F2661-C5, F2661-C16, A2661-8: without a tunnel nothing but a SCCRQ has an effect */
START_TEST(without_a_tunnel_no_other_message_has_an_effect)
{
	uint16_t tunnel_id = _i / L2TP_MSG_TYPES ? 0x4321 : 0;
	enum l2tp_msg_type type = _i % L2TP_MSG_TYPES;
	struct l2tp_msg m = rig_msg(r, type);

	if ((type == L2TP_SCCRQ && !tunnel_id) || !strcmp(l2tp_msg_name(type), "unknown"))
		return;
	m.tunnel_id = tunnel_id;
	rig_say(r, m);
	rig_silent(r);
	ck_assert_uint_eq(rig_tunnels(r), 0);
	ck_assert_uint_eq(rig_stats(r)->rx_unknown_tunnel, 1);
}
END_TEST

/* The tables are total, and every row has a name. */
START_TEST(every_state_and_event_has_a_row)
{
	for (int s = 0; s < L2TP_T_STATES; s++)
		for (int ev = 0; ev < L2TP_T_EVENTS; ev++) {
			struct l2tp_tunnel_row row = l2tp_tunnel_row(s, ev);

			ck_assert_int_lt(row.next, L2TP_T_STATES);
			ck_assert_str_ne(l2tp_tunnel_action_name(row.action), "");
			ck_assert_str_ne(l2tp_tunnel_event_name(ev), "");
			/* whatever is not in the row leaves the state alone */
			if (row.action == L2TP_TA_IGNORE)
				ck_assert_int_eq(row.next, s);
			if (row.action == L2TP_TA_STOP)
				ck_assert_int_eq(row.next, L2TP_T_CLOSING);
		}
	for (int role = 0; role < L2TP_ROLES; role++)
		for (int s = 0; s < L2TP_S_STATES; s++)
			for (int ev = 0; ev < L2TP_S_EVENTS; ev++) {
				struct l2tp_session_row row = l2tp_session_row(role, s, ev);

				ck_assert_int_lt(row.next, L2TP_S_STATES);
				ck_assert_str_ne(l2tp_session_action_name(row.action), "");
				ck_assert_str_ne(l2tp_session_event_name(ev), "");
				if (row.action == L2TP_SA_IGNORE)
					ck_assert_int_eq(row.next, s);
				if (row.action == L2TP_SA_CDN)
					ck_assert_int_eq(row.next, L2TP_S_CLOSING);
			}
}
END_TEST

START_TEST(transitions_are_told)
{
	rig_say(r, rig_msg(r, L2TP_SCCRQ));
	ck_assert_str_eq(r->fsm, "SCCRQ: idle -> wait-ctl-conn");
	rig_say(r, rig_msg(r, L2TP_SCCCN));
	ck_assert_str_eq(r->fsm, "SCCCN: wait-ctl-conn -> established");
}
END_TEST

/* ---------------------------------------------------------------- refusals */

/* F2661-C3, R2661-4.4.3-8 */
START_TEST(a_peer_that_is_not_accepted_gets_stopccn_4)
{
	const struct rig_got *g;

	r->refuse_tunnel = true;
	rig_say(r, rig_msg(r, L2TP_SCCRQ));
	g = rig_stopccn(r, L2TP_STOP_NOT_AUTHORISED);
	ck_assert_uint_eq(g->m.ns, 0);
	ck_assert_uint_eq(g->m.nr, 1);
	ck_assert_uint_eq(r->downs, 0); /* never was the daemon's */
	r->tid = g->m.assigned_tunnel_id;
	rig_ack(r);
	rig_wait(r, 31000);
	ck_assert_uint_eq(rig_tunnels(r), 0);
}
END_TEST

/* R2661-7.2-2, A2661-7 */
START_TEST(another_version_gets_stopccn_5_another_revision_does_not)
{
	struct l2tp_msg m = rig_msg(r, L2TP_SCCRQ);
	const struct rig_got *g;

	m.protocol_version = _i ? 0x0200 : 0x0101;
	rig_say(r, m);
	if (_i) {
		g = rig_stopccn(r, L2TP_STOP_VERSION);
		ck_assert(g->m.result.has_error);
		ck_assert_uint_eq(g->m.result.error, 0x0100);
	} else {
		rig_next(r, L2TP_SCCRP);
	}
}
END_TEST

static const enum l2tp_avp_type mandatory[] = {L2TP_AVP_PROTOCOL_VERSION,
					       L2TP_AVP_FRAMING_CAPABILITIES, L2TP_AVP_HOST_NAME,
					       L2TP_AVP_ASSIGNED_TUNNEL_ID};

/* R2661-6.1-1, R2661-6.2-1 */
START_TEST(each_mandatory_avp_missing_is_refused)
{
	enum l2tp_avp_type avp = mandatory[_i / 2];
	bool sccrp = _i % 2;
	struct l2tp_msg m;

	if (sccrp)
		rig_tunnel(r, L2TP_T_WAIT_CTL_REPLY);
	m = rig_msg(r, sccrp ? L2TP_SCCRP : L2TP_SCCRQ);
	m.has[0] &= ~(UINT64_C(1) << avp);
	rig_say(r, m);
	ck_assert_uint_eq(r->ups, 0);
	if (avp == L2TP_AVP_ASSIGNED_TUNNEL_ID && !sccrp) {
		rig_silent(r); /* no way to answer */
		ck_assert_uint_eq(rig_tunnels(r), 0);
	} else {
		ck_assert_uint_eq(rig_next(r, L2TP_STOPCCN)->m.result.result, L2TP_STOP_ERROR);
		ck_assert_int_eq(rig_state(r), L2TP_T_CLOSING);
	}
}
END_TEST

/* R2661-4.1-3, R2661-4.1-4, R2661-4.4.2-3 */
START_TEST(unknown_avp_in_sccrq_with_m_ends_the_tunnel_without_m_it_is_nothing)
{
	const struct rig_got *g;

	rig_say_with_avp(r, rig_msg(r, L2TP_SCCRQ), _i ? 0x8000 : 0, 9999, 1);
	if (_i) {
		g = rig_stopccn(r, L2TP_STOP_ERROR);
		ck_assert_uint_eq(g->m.result.error, L2TP_ERR_UNKNOWN_AVP);
		ck_assert_ptr_ne(memmem(g->m.result.text.p, g->m.result.text.len, "9999", 4), NULL);
	} else {
		rig_next(r, L2TP_SCCRP);
	}
}
END_TEST

/* R2661-4.4.3-9 */
START_TEST(a_receive_window_of_zero_is_refused)
{
	rig_say_with_avp(r, rig_msg(r, L2TP_SCCRQ), 0x8000, L2TP_AVP_RECEIVE_WINDOW_SIZE, 0);
	ck_assert_uint_eq(rig_stopccn(r, L2TP_STOP_ERROR)->m.result.error, L2TP_ERR_VALUE);
}
END_TEST

/* R2661-4.4.1-2 */
START_TEST(unknown_message_type_with_m_ends_the_tunnel_without_m_it_is_acknowledged)
{
	uint8_t data[20];
	struct wr w = wr_init(data, sizeof(data));

	rig_tunnel(r, L2TP_T_ESTABLISHED);
	wr_u16(&w, 0xc802);
	wr_u16(&w, 20);
	wr_u16(&w, r->tid);
	wr_u16(&w, 0);
	wr_u16(&w, r->ns++);
	wr_u16(&w, r->nr);
	wr_u16(&w, _i ? 0x8008 : 0x0008);
	wr_u16(&w, 0);
	wr_u16(&w, 0);
	wr_u16(&w, 99);
	rig_put_raw(r, &r->them, data, sizeof(data));
	ck_assert_uint_eq(rig_stats(r)->rx_unknown_type, 1);
	if (_i) {
		ck_assert_uint_eq(rig_stopccn(r, L2TP_STOP_ERROR)->m.result.error,
				  L2TP_ERR_UNKNOWN_AVP);
		ck_assert_uint_eq(r->downs, 1);
	} else {
		ck_assert_uint_eq(rig_next(r, L2TP_ZLB)->m.nr, r->ns);
		ck_assert_int_eq(rig_state(r), L2TP_T_ESTABLISHED);
	}
}
END_TEST

/* ---------------------------------------------------------------- whose tunnel */

/* A2661-3, R2661-5.8-4 */
START_TEST(a_repeated_sccrq_is_acknowledged_again)
{
	struct l2tp_msg m = rig_msg(r, L2TP_SCCRQ);

	rig_tunnel(r, L2TP_T_WAIT_CTL_CONN + _i);
	rig_put(r, &m);
	rig_next(r, L2TP_ZLB);
	rig_silent(r);
	ck_assert_uint_eq(rig_tunnels(r), 1);
	ck_assert_int_eq(rig_state(r), L2TP_T_WAIT_CTL_CONN + _i);
	ck_assert_uint_eq(r->accepts, 1);
}
END_TEST

START_TEST(a_repeated_sccrq_that_was_refused_is_acknowledged_again)
{
	struct l2tp_msg m = rig_msg(r, L2TP_SCCRQ);

	r->refuse_tunnel = true;
	rig_put(r, &m);
	rig_next(r, L2TP_STOPCCN);
	rig_put(r, &m);
	rig_next(r, L2TP_ZLB);
	ck_assert_uint_eq(r->accepts, 1);
}
END_TEST

START_TEST(a_restarted_peer_may_come_back_with_the_same_tunnel_id)
{
	struct l2tp_msg m = rig_msg(r, L2TP_SCCRQ);

	rig_tunnel(r, L2TP_T_ESTABLISHED);
	if (_i)
		rig_say(r, rig_msg(r, L2TP_STOPCCN)); /* and at once */
	else
		rig_wait(r, 31001); /* without a word, when it cannot be a repetition */
	rig_forget(r);
	rig_put(r, &m);
	rig_next(r, L2TP_SCCRP);
	rig_silent(r);
	ck_assert_uint_eq(r->downs, 1);
	ck_assert_uint_eq(r->accepts, 2);
	ck_assert_uint_eq(rig_tunnels(r), 1);
	ck_assert_int_eq(rig_state(r), L2TP_T_WAIT_CTL_CONN);
}
END_TEST

/* A2661-3, R2661-5.3-4 */
START_TEST(another_sccrq_of_the_same_peer_opens_another_tunnel)
{
	rig_tunnel(r, L2TP_T_ESTABLISHED);
	r->peer_tid++;
	r->tid = r->ns = r->nr = 0;
	rig_say(r, rig_msg(r, L2TP_SCCRQ));
	rig_next(r, L2TP_SCCRP);
	rig_say(r, rig_msg(r, L2TP_SCCCN));
	ck_assert_uint_eq(r->ups, 2);
	ck_assert_uint_eq(rig_tunnels(r), 2);
}
END_TEST

START_TEST(a_control_connection_begins_with_ns_0)
{
	r->ns = 5;
	rig_say(r, rig_msg(r, L2TP_SCCRQ));
	rig_silent(r);
	ck_assert_uint_eq(rig_tunnels(r), 0);
	ck_assert_uint_eq(rig_stats(r)->rx_out_of_window, 1);
}
END_TEST

/* R2661-8.1-2 */
START_TEST(datagrams_from_elsewhere_are_dropped_and_counted)
{
	rig_tunnel(r, L2TP_T_ESTABLISHED);
	if (_i)
		r->them.port = 4000;
	else
		ck_assert(addr_parse("192.0.2.9", &r->them.addr));
	rig_say(r, rig_msg(r, L2TP_STOPCCN));
	rig_silent(r);
	ck_assert_uint_eq(rig_stats(r)->rx_wrong_peer, 1);
	ck_assert_int_eq(rig_state(r), L2TP_T_ESTABLISHED);
}
END_TEST

/* R2661-8.1-1, R2661-8.1-2 */
START_TEST(responder_may_choose_its_port_once)
{
	rig_tunnel(r, L2TP_T_WAIT_CTL_REPLY);
	r->them.port = 40000;
	rig_say(r, rig_msg(r, L2TP_SCCRP));
	ck_assert_uint_eq(rig_next(r, L2TP_SCCCN)->peer.port, 40000);
	ck_assert_uint_eq(r->ups, 1);
	r->them.port = L2TP_PORT;
	rig_say(r, rig_msg(r, L2TP_HELLO));
	rig_silent(r);
	ck_assert_uint_eq(rig_stats(r)->rx_wrong_peer, 1);
}
END_TEST

START_TEST(a_local_address_left_open_is_the_one_the_answer_came_to)
{
	struct endpoint any = {.port = L2TP_PORT};
	struct l2tp_tunnel_info info;

	r->t = l2tp_tunnel_open(r->e, &any, &r->them, &r->params, r->now);
	rig_collect(r);
	rig_say(r, rig_msg(r, L2TP_SCCRP));
	info = rig_info(r->t);
	ck_assert_int_eq(addr_cmp(&info.local.addr, &r->us.addr), 0);
}
END_TEST

/* R2661-5.3-2, R2661-9.1-1 */
START_TEST(tunnel_ids_are_unique_and_not_0_and_follow_no_pattern)
{
	static bool seen[65536];
	unsigned int same_step = 0;
	uint16_t last = 0, step = 0;

	memset(seen, 0, sizeof(seen));
	for (unsigned int i = 0; i < 1000; i++) {
		struct l2tp_tunnel *t =
			l2tp_tunnel_open(r->e, &r->us, &r->them, &r->params, r->now);
		uint16_t id = rig_info(t).tunnel_id;

		ck_assert(id && !seen[id]);
		seen[id] = true;
		same_step += (uint16_t)(id - last) == step;
		step = id - last;
		last = id;
	}
	ck_assert_uint_lt(same_step, 10);
}
END_TEST

/* Refused ones wait for the acknowledgement of StopCCN (_i & 1); from many addresses (_i & 2) */
START_TEST(sccrqs_that_nobody_completes_are_bounded)
{
	struct l2tp_msg m = rig_msg(r, L2TP_SCCRQ);
	struct addr them = r->them.addr;
	unsigned int most = _i & 2 ? 1024 : 64;

	r->refuse_tunnel = _i & 1;
	for (unsigned int i = 0; i < 3000; i++) {
		m.assigned_tunnel_id = i + 1;
		if (_i & 2)
			r->them.addr.b[15] = i;
		rig_put(r, &m);
		rig_forget(r);
	}
	r->them.addr = them;
	ck_assert_uint_eq(rig_tunnels(r), most);
	ck_assert_uint_eq(rig_stats(r)->rx_overload, 3000 - most);
	for (unsigned int i = 0; i < 100; i++) {
		rig_wait(r, MSEC_PER_S);
		rig_forget(r);
	}
	ck_assert_uint_eq(rig_tunnels(r), 0);
	r->refuse_tunnel = false;
	r->tid = r->ns = r->nr = 0;
	rig_tunnel(r, L2TP_T_ESTABLISHED);
}
END_TEST

START_TEST(when_all_tunnel_ids_are_taken_the_next_tunnel_fails)
{
	for (unsigned int i = 0; i < 65535; i++) {
		l2tp_tunnel_open(r->e, &r->us, &r->them, &r->params, r->now);
		rig_collect(r);
		rig_forget(r);
	}
	ck_assert_uint_eq(rig_tunnels(r), 65535);
	r->t = l2tp_tunnel_open(r->e, &r->us, &r->them, &r->params, r->now);
	rig_wait(r, 5);
	ck_assert_uint_eq(r->downs, 1);
	ck_assert_uint_eq(rig_tunnels(r), 65535);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, responder_goes_through_the_lock_step_example);
	tcase_add_test(tc, initiator_goes_through_the_lock_step_example);
	tcase_add_loop_test(tc, what_the_ends_say_about_themselves, 0, 4);
	tcase_add_loop_test(tc, multicast_capability_is_sent_iff_offered_and_kept_per_tunnel, 0, 8);
	tcase_add_loop_test(tc, rows_of_the_control_connection, 0, array_size(table));
	tcase_add_loop_test(tc, full_product_of_states_and_messages, 0,
			    L2TP_T_STATES * L2TP_MSG_TYPES);
	tcase_add_loop_test(tc, without_a_tunnel_no_other_message_has_an_effect, 0,
			    2 * L2TP_MSG_TYPES);
	tcase_add_test(tc, every_state_and_event_has_a_row);
	tcase_add_test(tc, transitions_are_told);
	tcase_add_test(tc, a_peer_that_is_not_accepted_gets_stopccn_4);
	tcase_add_loop_test(tc, another_version_gets_stopccn_5_another_revision_does_not, 0, 2);
	tcase_add_loop_test(tc, each_mandatory_avp_missing_is_refused, 0,
			    2 * array_size(mandatory));
	tcase_add_loop_test(tc, unknown_avp_in_sccrq_with_m_ends_the_tunnel_without_m_it_is_nothing,
			    0, 2);
	tcase_add_test(tc, a_receive_window_of_zero_is_refused);
	tcase_add_loop_test(
		tc, unknown_message_type_with_m_ends_the_tunnel_without_m_it_is_acknowledged, 0, 2);
	tcase_add_loop_test(tc, a_repeated_sccrq_is_acknowledged_again, 0, 2);
	tcase_add_test(tc, a_repeated_sccrq_that_was_refused_is_acknowledged_again);
	tcase_add_loop_test(tc, a_restarted_peer_may_come_back_with_the_same_tunnel_id, 0, 2);
	tcase_add_test(tc, another_sccrq_of_the_same_peer_opens_another_tunnel);
	tcase_add_test(tc, a_control_connection_begins_with_ns_0);
	tcase_add_loop_test(tc, datagrams_from_elsewhere_are_dropped_and_counted, 0, 2);
	tcase_add_test(tc, responder_may_choose_its_port_once);
	tcase_add_test(tc, a_local_address_left_open_is_the_one_the_answer_came_to);
	tcase_add_test(tc, tunnel_ids_are_unique_and_not_0_and_follow_no_pattern);
	tcase_add_loop_test(tc, sccrqs_that_nobody_completes_are_bounded, 0, 4);
	tcase_add_test(tc, when_all_tunnel_ids_are_taken_the_next_tunnel_fails);
}

int main(void)
{
	Suite *s = suite_create("l2tp_tunnel");
	TCase *tc = tcase_create("l2tp_tunnel");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	add_tests(tc);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
