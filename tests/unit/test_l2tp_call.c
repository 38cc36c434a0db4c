// SPDX-License-Identifier: GPL-2.0-or-later
/* Calls of the L2TP engine: set-up, state tables. */
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

/* ---------------------------------------------------------------- calls */

/* F2661-C13, R2661-5.2.1-1, R2661-6.6-1, R2661-6.8-1, R2661-5.3-3, R2661-4.4.4-1 */
START_TEST(lac_places_an_incoming_call)
{
	const struct l2tp_call call = {.calling_number = "port 7",
				       .called_number = "isp",
				       .sub_address = "eth0.100",
				       .tx_speed_bps = 100000000,
				       .rx_speed_bps = _i ? 40000000 : 0,
				       .framing_type = 1,
				       .sequencing_required = _i};
	const struct l2tp_msg *m;
	int data;

	rig_tunnel(r, L2TP_T_ESTABLISHED);
	r->s = l2tp_session_call(r->t, &call, &data, r->now);
	rig_collect(r);
	m = &rig_next(r, L2TP_ICRQ)->m;
	ck_assert_uint_eq(m->session_id, 0);
	ck_assert_uint_eq(m->assigned_session_id, rig_sid(r->s));
	ck_assert(l2tp_msg_has(m, L2TP_AVP_CALL_SERIAL_NUMBER));
	ck_assert_mem_eq(m->calling_number.p, "port 7", 6);
	ck_assert_mem_eq(m->called_number.p, "isp", 3);
	ck_assert_uint_eq(m->sub_address.len, 8);
	ck_assert_mem_eq(m->sub_address.p, "eth0.100", 8);
	rig_say(r, rig_to_session(r, L2TP_ICRP, rig_sid(r->s)));
	m = &rig_next(r, L2TP_ICCN)->m;
	ck_assert_uint_eq(m->session_id, RIG_PEER_SID);
	ck_assert_uint_eq(m->tx_connect_speed, 100000000);
	ck_assert_uint_eq(m->framing_type, 1);
	ck_assert_int_eq(l2tp_msg_has(m, L2TP_AVP_RX_CONNECT_SPEED), _i);
	ck_assert_int_eq(l2tp_msg_has(m, L2TP_AVP_SEQUENCING_REQUIRED), _i); /* R2661-4.4.4-7 */
	rig_silent(r);
	ck_assert_uint_eq(r->session_ups, 1);
	ck_assert(rig_session_info(r->s).lac);
	ck_assert_ptr_eq(l2tp_session_data(r->s), &data);
	ck_assert_ptr_eq(l2tp_session_tunnel(r->s), r->t);
	ck_assert_ptr_eq(l2tp_session_find(r->t, rig_sid(r->s)), r->s);
}
END_TEST

/* Logs and terminals get what peers say of themselves. */
START_TEST(control_characters_of_a_peer_are_not_in_its_numbers)
{
	static const uint8_t octets[] = {'m', 'e', '\n', 0x1b, '[', '2', 'J', 0, 0x7f, 0xc3, 0xa9};
	struct l2tp_msg m;

	rig_tunnel(r, L2TP_T_ESTABLISHED);
	m = rig_msg(r, L2TP_ICRQ);
	m.calling_number = (struct span){octets, sizeof(octets)};
	l2tp_msg_set(&m, L2TP_AVP_CALLING_NUMBER);
	rig_say(r, m);
	rig_next(r, L2TP_ICRP);
	ck_assert_str_eq(rig_session_info(r->s).call.calling_number, "me??[2J??\xc3\xa9");
}
END_TEST

/* F2661-IN1, R2661-5.2.1-1, R2661-6.7-1 */
START_TEST(lns_takes_an_incoming_call)
{
	struct l2tp_msg m;
	const struct rig_got *g;

	rig_tunnel(r, L2TP_T_ESTABLISHED);
	m = rig_msg(r, L2TP_ICRQ);
	m.calling_number = (struct span){(const uint8_t *)"me", 2};
	l2tp_msg_set(&m, L2TP_AVP_CALLING_NUMBER);
	m.call_serial_number = 77;
	rig_say(r, m);
	g = rig_next(r, L2TP_ICRP);
	ck_assert_uint_eq(g->m.session_id, RIG_PEER_SID);
	ck_assert_uint_eq(g->m.assigned_session_id, rig_sid(r->s));
	m = rig_to_session(r, L2TP_ICCN, rig_sid(r->s));
	l2tp_msg_set(&m, L2TP_AVP_SEQUENCING_REQUIRED);
	rig_say(r, m);
	rig_next(r, L2TP_ZLB);
	ck_assert_uint_eq(r->session_ups, 1);
	ck_assert_str_eq(rig_session_info(r->s).call.calling_number, "me");
	ck_assert_uint_eq(rig_session_info(r->s).call_serial_number, 77);
	ck_assert_uint_eq(rig_session_info(r->s).call.tx_speed_bps, 1000000);
	ck_assert(rig_session_info(r->s).call.sequencing_required);
	ck_assert(!rig_session_info(r->s).lac);
	ck_assert_uint_eq(rig_session_info(r->s).peer_session_id, RIG_PEER_SID);
}
END_TEST

/* R2661-5-1, F2661-IA1, F2661-IA4 */
START_TEST(calls_wait_for_the_tunnel)
{
	const struct l2tp_call call = {.framing_type = 1};
	struct l2tp_session *s[3];

	r->t = l2tp_tunnel_open(r->e, &r->us, &r->them, &r->params, r->now);
	for (unsigned int i = 0; i < 3; i++) {
		s[i] = l2tp_session_call(r->t, &call, NULL, r->now);
		ck_assert_int_eq(rig_session_info(s[i]).state, L2TP_S_WAIT_TUNNEL);
	}
	l2tp_session_close(s[1], L2TP_CDN_ADMIN, L2TP_ERR_NONE, NULL, r->now); /* F2661-IA3 */
	ck_assert_uint_eq(r->session_downs, 1);
	rig_collect(r);
	rig_next(r, L2TP_SCCRQ);
	r->acks_itself = true;
	rig_say(r, rig_msg(r, L2TP_SCCRP));
	rig_next(r, L2TP_SCCCN);
	ck_assert_uint_eq(rig_next(r, L2TP_ICRQ)->m.assigned_session_id, rig_sid(s[0]));
	ck_assert_uint_eq(rig_next(r, L2TP_ICRQ)->m.assigned_session_id, rig_sid(s[2]));
	rig_silent(r);
}
END_TEST

/* R2661-5-1 */
START_TEST(a_call_before_the_tunnel_is_open_gets_no_reply)
{
	rig_tunnel(r, L2TP_T_WAIT_CTL_CONN);
	rig_say(r, rig_msg(r, L2TP_ICRQ));
	rig_next(r, L2TP_STOPCCN); /* out of sequence (R2661-7.1-1) */
	rig_silent(r);
	ck_assert_uint_eq(r->session_accepts, 0);
}
END_TEST

/* R2661-4.4.4-3, R2661-5.3-2, R2661-9.1-1, R2661-7.3-1 */
START_TEST(a_hundred_calls_have_growing_serials_and_ids_without_pattern)
{
	const struct l2tp_call call = {.framing_type = 1};
	uint32_t serial = 0;
	unsigned int n = 0, pattern = 0;
	uint16_t ids[100], step = 0;

	rig_tunnel(r, L2TP_T_ESTABLISHED);
	r->acks_itself = true;
	for (unsigned int i = 0; i < 100; i++)
		l2tp_session_call(r->t, &call, NULL, r->now);
	rig_collect(r);
	for (unsigned int i = 0; i < r->n_got; i++) {
		const struct l2tp_msg *m = &r->got[i].m;

		ck_assert_int_eq(m->type, L2TP_ICRQ); /* none waits for an ICRP */
		ck_assert_uint_gt(m->call_serial_number, serial);
		serial = m->call_serial_number;
		ck_assert_uint_ne(m->assigned_session_id, 0);
		for (unsigned int k = 0; k < n; k++)
			ck_assert_uint_ne(ids[k], m->assigned_session_id);
		pattern += n && (uint16_t)(m->assigned_session_id - ids[n - 1]) == step;
		step = n ? m->assigned_session_id - ids[n - 1] : 0;
		ids[n++] = m->assigned_session_id;
	}
	ck_assert_uint_eq(n, 100);
	ck_assert_uint_lt(pattern, 5);
}
END_TEST

/* R2661-5.8-11 */
START_TEST(with_a_window_of_one_ten_calls_go_one_by_one)
{
	const struct l2tp_call call = {.framing_type = 1};
	struct l2tp_msg m = rig_msg(r, L2TP_SCCRQ);

	l2tp_msg_set(&m, L2TP_AVP_RECEIVE_WINDOW_SIZE);
	m.receive_window_size = 1;
	rig_say(r, m);
	rig_say(r, rig_msg(r, L2TP_SCCCN));
	rig_forget(r);
	for (unsigned int i = 0; i < 10; i++)
		l2tp_session_call(r->t, &call, NULL, r->now);
	rig_collect(r);
	for (unsigned int i = 0; i < 10; i++) {
		rig_next(r, L2TP_ICRQ);
		rig_silent(r);
		rig_ack(r);
	}
	rig_silent(r);
}
END_TEST

/* R2661-4.4.3-3 */
START_TEST(no_call_with_a_framing_the_peer_does_not_advertise)
{
	const struct l2tp_call call = {.framing_type = 2};
	struct l2tp_msg m = rig_msg(r, L2TP_SCCRQ);

	m.framing_capabilities = 1;
	rig_say(r, m);
	rig_say(r, rig_msg(r, L2TP_SCCCN));
	rig_forget(r);
	r->s = l2tp_session_call(r->t, &call, NULL, r->now);
	ck_assert_ptr_ne(r->s, NULL);
	ck_assert_uint_eq(r->session_downs, 0);
	rig_wait(r, 10);
	rig_silent(r);
	ck_assert_uint_eq(r->session_downs, 1);
}
END_TEST

/* ---------------------------------------------------------------- state tables */

/* What an end does in a row. */
enum outcome {
	SILENT, /* acknowledged only, session as before */
	GONE,	/* acknowledged only, session ended */
	CDN,
	ICCN,
	UP,
	INFORMED,
};

static const struct {
	const char *id;
	bool lac;
	enum l2tp_session_state state;
	enum l2tp_msg_type type; /* 0: local close */
	bool bad;
	enum outcome outcome;
} table[] = {
	{"F2661-IA5", true, L2TP_S_WAIT_REPLY, L2TP_ICRP, false, ICCN},
	{"F2661-IA6", true, L2TP_S_WAIT_REPLY, L2TP_ICRP, true, CDN},
	{"F2661-IA6", true, L2TP_S_WAIT_REPLY, L2TP_ICRQ, false, CDN},
	{"F2661-IA6", true, L2TP_S_WAIT_REPLY, 0, false, CDN},
	{"F2661-IA7", true, L2TP_S_WAIT_REPLY, L2TP_CDN, false, GONE},
	{"F2661-IA7", true, L2TP_S_WAIT_REPLY, L2TP_ICCN, false, GONE},
	{"F2661-IA8", true, L2TP_S_ESTABLISHED, L2TP_CDN, false, GONE},
	{"F2661-IA9", true, L2TP_S_ESTABLISHED, L2TP_ICRQ, false, CDN},
	{"F2661-IA9", true, L2TP_S_ESTABLISHED, L2TP_ICRP, false, CDN},
	{"F2661-IA9", true, L2TP_S_ESTABLISHED, L2TP_ICCN, false, CDN},
	{"F2661-IA9", true, L2TP_S_ESTABLISHED, 0, false, CDN},
	{"F2661-IN4", false, L2TP_S_WAIT_CONNECT, L2TP_ICCN, false, UP},
	{"F2661-IN5", false, L2TP_S_WAIT_CONNECT, L2TP_ICCN, true, CDN},
	{"F2661-IN5", false, L2TP_S_WAIT_CONNECT, L2TP_ICRQ, false, CDN},
	{"F2661-IN5", false, L2TP_S_WAIT_CONNECT, L2TP_ICRP, false, CDN},
	{"F2661-IN5", false, L2TP_S_WAIT_CONNECT, 0, false, CDN},
	{"F2661-IN6", false, L2TP_S_WAIT_CONNECT, L2TP_CDN, false, GONE},
	{"F2661-IN6", false, L2TP_S_ESTABLISHED, L2TP_CDN, false, GONE},
	{"F2661-IN7", false, L2TP_S_ESTABLISHED, L2TP_ICRQ, false, CDN},
	{"F2661-IN7", false, L2TP_S_ESTABLISHED, L2TP_ICRP, false, CDN},
	{"F2661-IN7", false, L2TP_S_ESTABLISHED, L2TP_ICCN, false, CDN},
	{"F2661-IN7", false, L2TP_S_ESTABLISHED, 0, false, CDN},
	{"WEN received", false, L2TP_S_ESTABLISHED, L2TP_WEN, false, INFORMED},
	{"SLI received", true, L2TP_S_ESTABLISHED, L2TP_SLI, false, INFORMED},
};

static void check(enum outcome outcome, unsigned int ups)
{
	switch (outcome) {
	case ICCN:
		rig_next(r, L2TP_ICCN);
		break;
	case CDN:
		ck_assert_uint_eq(rig_next(r, L2TP_CDN)->m.session_id, RIG_PEER_SID);
		break;
	default:
		rig_next(r, L2TP_ZLB);
	}
	rig_silent(r);
	ck_assert_uint_eq(r->session_downs, outcome == GONE || outcome == CDN);
	ck_assert_uint_eq(r->session_ups - ups, outcome == ICCN || outcome == UP);
	ck_assert_uint_eq(r->infos, outcome == INFORMED);
	ck_assert_int_eq(rig_state(r), L2TP_T_ESTABLISHED); /* A2661-6 */
	ck_assert_uint_eq(rig_info(r->t).sessions, outcome != GONE && outcome != CDN);
}

/* R2661-7.4-1, R2661-7.4-2 and the rows named in the table */
START_TEST(rows_of_incoming_calls)
{
	bool knows_sid = !table[_i].lac || table[_i].state == L2TP_S_ESTABLISHED;
	enum l2tp_msg_type type = table[_i].type;
	unsigned int ups;
	struct l2tp_msg m;
	uint16_t sid;

	rig_session(r, table[_i].lac, table[_i].state);
	ups = r->session_ups;
	sid = rig_sid(r->s);
	if (type) {
		m = rig_to_session(r, type, sid);
		if (table[_i].bad && type == L2TP_ICCN)
			m.framing_type = 0x100;
		if (table[_i].bad && type == L2TP_ICRP)
			rig_say_with_avp(r, m, 0x8000, 9999, 0);
		else
			rig_say(r, m);
	} else {
		l2tp_session_close(r->s, L2TP_CDN_CARRIER_LOST, L2TP_ERR_NONE, NULL, r->now);
		rig_collect(r);
	}
	if (table[_i].outcome == CDN && !knows_sid) { /* by the peer's ID it could not be found */
		ck_assert_uint_eq(rig_next_cdn(r, type ? L2TP_CDN_ERROR : L2TP_CDN_CARRIER_LOST)
					  ->m.assigned_session_id,
				  sid);
		rig_silent(r);
		ck_assert_uint_eq(r->session_downs, 1);
		return;
	}
	check(table[_i].outcome, ups);
	ck_assert_ptr_eq(l2tp_session_find(r->t, sid), r->session_downs ? NULL : r->s);
}
END_TEST

static enum l2tp_session_event event_of(enum l2tp_msg_type type)
{
	static const enum l2tp_session_event events[L2TP_MSG_TYPES] = {
		[L2TP_ICRQ] = L2TP_SE_ICRQ, [L2TP_ICRP] = L2TP_SE_ICRP, [L2TP_ICCN] = L2TP_SE_ICCN,
		[L2TP_OCRQ] = L2TP_SE_OCRQ, [L2TP_OCRP] = L2TP_SE_OCRP, [L2TP_OCCN] = L2TP_SE_OCCN,
		[L2TP_CDN] = L2TP_SE_CDN,   [L2TP_WEN] = L2TP_SE_INFO,	[L2TP_SLI] = L2TP_SE_INFO,
	};

	return events[type];
}

static const enum l2tp_session_state states[2][4] = {
	{L2TP_S_WAIT_CONNECT, L2TP_S_ESTABLISHED, L2TP_S_CLOSING, L2TP_S_IDLE},
	{L2TP_S_WAIT_REPLY, L2TP_S_ESTABLISHED, L2TP_S_CLOSING, L2TP_S_IDLE},
};

/* Both roles hear every message about calls in every state: they do what the row says. */
START_TEST(full_product_of_states_and_messages)
{
	enum l2tp_msg_type type = _i % L2TP_MSG_TYPES;
	bool lac = _i / L2TP_MSG_TYPES % 2;
	enum l2tp_session_state state = states[lac][_i / L2TP_MSG_TYPES / 2];
	struct l2tp_session_row row;
	unsigned int ups;

	if (!l2tp_msg_is_session(type) || type >= L2TP_MSRQ || state == L2TP_S_IDLE)
		return;
	row = l2tp_session_row(lac ? L2TP_IN_LAC : L2TP_IN_LNS, state, event_of(type));
	rig_session(r, lac, state == L2TP_S_CLOSING ? L2TP_S_ESTABLISHED : state);
	ups = r->session_ups;
	if (state == L2TP_S_CLOSING) {
		uint16_t sid = rig_sid(r->s);

		r->acks_itself = false;
		l2tp_session_close(r->s, L2TP_CDN_ADMIN, L2TP_ERR_NONE, NULL, r->now);
		rig_collect(r);
		rig_next(r, L2TP_CDN);
		r->nr--; /* not acknowledged */
		rig_say(r, rig_to_session(r, type, sid));
		rig_next(r, L2TP_ZLB);
		rig_silent(r);
		ck_assert_uint_eq(r->session_downs, 1);
		return;
	}
	rig_say(r, rig_to_session(r, type, rig_sid(r->s)));
	if (row.action == L2TP_SA_CDN && state == L2TP_S_WAIT_REPLY) {
		rig_next_cdn(r, L2TP_CDN_ERROR);
		return;
	}
	check(row.action == L2TP_SA_CDN	       ? CDN
	      : row.action == L2TP_SA_CLEAN_UP ? GONE
	      : row.action == L2TP_SA_ICCN_UP  ? ICCN
	      : row.action == L2TP_SA_UP       ? UP
	      : row.action == L2TP_SA_INFO     ? (type == L2TP_SLI) == lac ? INFORMED : SILENT
					       : SILENT,
	      ups);
}
END_TEST

static const struct {
	const char *id;
	bool lac; /* we may act as LAC */
	enum l2tp_msg_type type;
	uint16_t session_id;
	uint16_t cdn;	 /* result, 0: nothing */
	uint16_t refuse; /* what the daemon says of it */
} idle[] = {
	{"F2661-IA2", true, L2TP_ICCN, 0x999, 0},
	{"F2661-IA2", true, L2TP_ICRP, 0x999, 0},
	{"F2661-IA2", true, L2TP_CDN, 0x999, 0},
	{"F2661-IN2", false, L2TP_ICRP, 0x999, 2},
	{"F2661-IN3", false, L2TP_ICCN, 0x999, 0},
	{"F2661-IN6", false, L2TP_CDN, 0x999, 0},
	{"F2661-OA2", true, L2TP_OCRQ, 0, 6, L2TP_CDN_INVALID_DESTINATION},
	{"F2661-OA2", true, L2TP_OCRP, 0x999, 5},
	{"F2661-OA3", true, L2TP_OCCN, 0x999, 0},
	{"F2661-OA3", true, L2TP_CDN, 0, 0},
	{"F2661-ON2", false, L2TP_OCRP, 0x999, 0},
	{"F2661-ON2", false, L2TP_OCCN, 0x999, 0},
	{"F2661-ON10", false, L2TP_CDN, 0, 0},
	{"an LNS places no calls", false, L2TP_OCRQ, 0, 5},
	{"no such session", true, L2TP_WEN, 0x999, 0},
	{"no such session", true, L2TP_SLI, 0x999, 0},
	{"ICRQ to a session", false, L2TP_ICRQ, 0x999, 0},
};

/* R2661-5.2.2-1, R2661-6.10-1 */
START_TEST(rows_of_idle)
{
	r->params.lac = idle[_i].lac;
	r->refuse_call = idle[_i].refuse;
	rig_tunnel(r, L2TP_T_ESTABLISHED);
	rig_say(r, rig_to_session(r, idle[_i].type, idle[_i].session_id));
	if (idle[_i].cdn)
		ck_assert_uint_eq(rig_next_cdn(r, idle[_i].cdn)->m.session_id, RIG_PEER_SID);
	else
		rig_next(r, L2TP_ZLB);
	rig_silent(r);
	ck_assert_uint_eq(rig_stats(r)->rx_unknown_session, !idle[_i].cdn);
	ck_assert_uint_eq(r->session_accepts, idle[_i].refuse != 0);
	ck_assert_uint_eq(r->session_downs, 0);
	ck_assert_uint_eq(rig_info(r->t).sessions, 0);
	ck_assert_int_eq(rig_state(r), L2TP_T_ESTABLISHED);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_loop_test(tc, lac_places_an_incoming_call, 0, 2);
	tcase_add_test(tc, lns_takes_an_incoming_call);
	tcase_add_test(tc, control_characters_of_a_peer_are_not_in_its_numbers);
	tcase_add_test(tc, calls_wait_for_the_tunnel);
	tcase_add_test(tc, a_call_before_the_tunnel_is_open_gets_no_reply);
	tcase_add_test(tc, a_hundred_calls_have_growing_serials_and_ids_without_pattern);
	tcase_add_test(tc, with_a_window_of_one_ten_calls_go_one_by_one);
	tcase_add_test(tc, no_call_with_a_framing_the_peer_does_not_advertise);
	tcase_add_loop_test(tc, rows_of_incoming_calls, 0, array_size(table));
	tcase_add_loop_test(tc, full_product_of_states_and_messages, 0, 8 * L2TP_MSG_TYPES);
	tcase_add_loop_test(tc, rows_of_idle, 0, array_size(idle));
}

int main(void)
{
	Suite *s = suite_create("l2tp_call");
	TCase *tc = tcase_create("l2tp_call");
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
