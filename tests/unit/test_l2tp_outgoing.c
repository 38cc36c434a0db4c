// SPDX-License-Identifier: GPL-2.0-or-later
/* Calls that the LNS asks the LAC to place: set-up, state tables, time-outs. */
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

static const struct l2tp_call dialled = {.called_number = "0421 42",
					 .minimum_bps = 64000,
					 .maximum_bps = 2000000,
					 .bearer_type = 1,
					 .framing_type = 1};
static const struct l2tp_call line = {.tx_speed_bps = 1000000,
				      .rx_speed_bps = 500000,
				      .framing_type = 1,
				      .sequencing_required = true};

/* ---------------------------------------------------------------- calls */

/* F2661-OA1, F2661-OA4, R2661-5.2.2-1, R2661-6.10-1, R2661-6.11-1, R2661-4.4.4-7 */
START_TEST(lac_places_the_call_an_lns_asks_for)
{
	struct l2tp_session_info info;
	const struct l2tp_msg *m;
	struct l2tp_msg ocrq;

	rig_tunnel(r, L2TP_T_ESTABLISHED);
	ocrq = rig_msg(r, L2TP_OCRQ);
	ocrq.called_number = (struct span){(const uint8_t *)"0421 42", 7};
	ocrq.minimum_bps = 64000;
	ocrq.maximum_bps = 2000000;
	ocrq.call_serial_number = 88;
	rig_say(r, ocrq);
	m = &rig_next(r, L2TP_OCRP)->m;
	ck_assert_uint_eq(m->session_id, RIG_PEER_SID);
	ck_assert_uint_eq(m->assigned_session_id, rig_sid(r->s));
	rig_silent(r);
	info = rig_session_info(r->s);
	ck_assert(info.lac && info.outgoing);
	ck_assert_str_eq(info.call.called_number, "0421 42");
	ck_assert_uint_eq(info.call.minimum_bps, 64000);
	ck_assert_uint_eq(info.call.maximum_bps, 2000000);
	ck_assert_uint_eq(info.call_serial_number, 88);
	ck_assert_uint_eq(r->session_ups, 0);
	rig_ack(r);
	l2tp_session_answered(r->s, &line, r->now);
	rig_collect(r);
	m = &rig_next(r, L2TP_OCCN)->m;
	ck_assert_uint_eq(m->session_id, RIG_PEER_SID);
	ck_assert_uint_eq(m->tx_connect_speed, 1000000);
	ck_assert_uint_eq(m->rx_connect_speed, 500000);
	ck_assert_uint_eq(m->framing_type, 1);
	ck_assert(l2tp_msg_has(m, L2TP_AVP_SEQUENCING_REQUIRED));
	rig_silent(r);
	ck_assert_uint_eq(r->session_ups, 1);
	ck_assert_int_eq(rig_session_info(r->s).state, L2TP_S_ESTABLISHED);
}
END_TEST

/* F2661-ON1, F2661-ON3, F2661-ON5, F2661-ON7, R2661-6.9-1, R2661-5.3-3 */
START_TEST(lns_asks_the_lac_to_place_a_call)
{
	const struct l2tp_msg *m;
	struct l2tp_msg reply;
	int data;

	rig_outgoing(r, false, L2TP_S_WAIT_REPLY);
	r->s = l2tp_session_dial(r->t, &dialled, &data, r->now);
	rig_collect(r);
	m = &rig_next(r, L2TP_OCRQ)->m;
	ck_assert_uint_eq(m->session_id, 0);
	ck_assert_uint_eq(m->assigned_session_id, rig_sid(r->s));
	ck_assert(l2tp_msg_has(m, L2TP_AVP_CALL_SERIAL_NUMBER));
	ck_assert_uint_eq(m->minimum_bps, 64000);
	ck_assert_uint_eq(m->maximum_bps, 2000000);
	ck_assert_uint_eq(m->bearer_type, 1);
	ck_assert_uint_eq(m->framing_type, 1);
	ck_assert_uint_eq(m->called_number.len, 7);
	ck_assert_mem_eq(m->called_number.p, "0421 42", 7);
	reply = rig_to_session(r, L2TP_OCRP, rig_sid(r->s));
	reply.assigned_session_id = 0x2002;
	rig_say(r, reply);
	rig_next(r, L2TP_ZLB);
	ck_assert_int_eq(rig_session_info(r->s).state, L2TP_S_WAIT_CONNECT);
	ck_assert_uint_eq(rig_session_info(r->s).peer_session_id, 0x2002);
	ck_assert_uint_eq(r->session_ups, 0);
	reply = rig_to_session(r, L2TP_OCCN, rig_sid(r->s));
	l2tp_msg_set(&reply, L2TP_AVP_SEQUENCING_REQUIRED);
	rig_say(r, reply);
	rig_next(r, L2TP_ZLB);
	rig_silent(r);
	ck_assert_uint_eq(r->session_ups, 1);
	ck_assert(!rig_session_info(r->s).lac && rig_session_info(r->s).outgoing);
	ck_assert_uint_eq(rig_session_info(r->s).call.tx_speed_bps, 1000000);
	ck_assert(rig_session_info(r->s).call.sequencing_required);
	ck_assert_ptr_eq(l2tp_session_data(r->s), &data);
}
END_TEST

/* F2661-ON1, F2661-ON3, F2661-ON4 */
START_TEST(outgoing_calls_wait_for_the_tunnel)
{
	struct l2tp_session *s[3];
	struct l2tp_msg sccrp;

	r->params.lac = false;
	r->t = l2tp_tunnel_open(r->e, &r->us, &r->them, &r->params, r->now);
	for (unsigned int i = 0; i < 3; i++) {
		s[i] = l2tp_session_dial(r->t, &dialled, NULL, r->now);
		ck_assert_int_eq(rig_session_info(s[i]).state, L2TP_S_WAIT_TUNNEL);
	}
	l2tp_session_close(s[1], L2TP_CDN_ADMIN, L2TP_ERR_NONE, NULL, r->now); /* ON4 */
	ck_assert_uint_eq(r->session_downs, 1);
	rig_collect(r);
	rig_next(r, L2TP_SCCRQ);
	r->acks_itself = true;
	sccrp = rig_msg(r, L2TP_SCCRP);
	l2tp_msg_set(&sccrp, L2TP_AVP_BEARER_CAPABILITIES);
	sccrp.bearer_capabilities = 1;
	rig_say(r, sccrp);
	rig_next(r, L2TP_SCCCN);
	ck_assert_uint_eq(rig_next(r, L2TP_OCRQ)->m.assigned_session_id, rig_sid(s[0]));
	ck_assert_uint_eq(rig_next(r, L2TP_OCRQ)->m.assigned_session_id, rig_sid(s[2]));
	rig_silent(r);
}
END_TEST

static const struct {
	const char *id;
	bool sent;			/* AVP 4 */
	uint32_t capabilities, framing; /* of the peer */
} unable[] = {
	{"R2661-6.9-1: no AVP 4", false, 0, 3},
	{"R2661-6.9-1: of a pure LNS", true, 0, 3},
	{"another bearer", true, 2, 3},
	{"R2661-4.4.3-3", true, 3, 2},
};

START_TEST(a_peer_that_cannot_place_the_call_is_not_asked)
{
	struct l2tp_msg m = rig_msg(r, L2TP_SCCRQ);

	m.framing_capabilities = unable[_i].framing;
	if (unable[_i].sent)
		l2tp_msg_set(&m, L2TP_AVP_BEARER_CAPABILITIES);
	m.bearer_capabilities = unable[_i].capabilities;
	rig_say(r, m);
	rig_say(r, rig_msg(r, L2TP_SCCCN));
	rig_forget(r);
	r->s = l2tp_session_dial(r->t, &dialled, NULL, r->now);
	ck_assert_ptr_ne(r->s, NULL);
	ck_assert_uint_eq(r->session_downs, 0);
	rig_wait(r, 10);
	rig_silent(r);
	ck_assert_uint_eq(r->session_downs, 1);
	ck_assert_int_eq(rig_state(r), L2TP_T_ESTABLISHED);
}
END_TEST

/* F2661-OA2, R2661-4.4.3-3 */
START_TEST(ocrq_with_a_framing_we_do_not_offer_is_refused)
{
	struct l2tp_msg m;

	rig_tunnel(r, L2TP_T_ESTABLISHED);
	m = rig_msg(r, L2TP_OCRQ);
	m.framing_type = 0x100;
	rig_say(r, m);
	ck_assert_uint_eq(rig_next_cdn(r, L2TP_CDN_ERROR)->m.result.error, L2TP_ERR_VALUE);
	rig_silent(r);
	ck_assert_uint_eq(r->session_accepts, 0);
}
END_TEST

/* R2661-5.8-14 */
START_TEST(ocrq_beyond_the_limit_is_refused)
{
	r->params.session_limit = 1;
	rig_outgoing(r, true, L2TP_S_WAIT_CS_ANSWER);
	{
		struct l2tp_msg m = rig_msg(r, L2TP_OCRQ);

		m.assigned_session_id = 0x3003;
		rig_say(r, m);
	}
	ck_assert_uint_eq(rig_next_cdn(r, L2TP_CDN_ERROR)->m.result.error, L2TP_ERR_RESOURCES);
	ck_assert_uint_eq(rig_info(r->t).sessions, 1);
}
END_TEST

/* ---------------------------------------------------------------- state tables */

enum outcome {
	ON_ITS_WAY, /* acknowledged only, the call goes on */
	GONE,	    /* acknowledged only, session ended */
	CDN,
	UP,
	OCCN,
};

enum {
	CLOSE = 0,
	ANSWER = 100
}; /* instead of a message */

static const struct {
	const char *id;
	bool lac;
	enum l2tp_session_state state;
	unsigned int what; /* message type */
	bool bad;
	enum outcome outcome;
} table[] = {
	{"F2661-OA4", true, L2TP_S_WAIT_CS_ANSWER, ANSWER, false, OCCN},
	{"F2661-OA5", true, L2TP_S_WAIT_CS_ANSWER, CLOSE, false, CDN},
	{"F2661-OA5", true, L2TP_S_WAIT_CS_ANSWER, L2TP_OCRQ, false, CDN},
	{"F2661-OA5", true, L2TP_S_WAIT_CS_ANSWER, L2TP_OCRP, false, CDN},
	{"F2661-OA5", true, L2TP_S_WAIT_CS_ANSWER, L2TP_OCCN, false, CDN},
	{"F2661-OA6", true, L2TP_S_WAIT_CS_ANSWER, L2TP_CDN, false, GONE},
	{"F2661-OA6", true, L2TP_S_ESTABLISHED, L2TP_CDN, false, GONE},
	{"F2661-OA7", true, L2TP_S_ESTABLISHED, L2TP_OCRQ, false, CDN},
	{"F2661-OA7", true, L2TP_S_ESTABLISHED, L2TP_OCRP, false, CDN},
	{"F2661-OA7", true, L2TP_S_ESTABLISHED, L2TP_OCCN, false, CDN},
	{"F2661-OA7", true, L2TP_S_ESTABLISHED, CLOSE, false, CDN},
	{"not of this call", true, L2TP_S_WAIT_CS_ANSWER, L2TP_ICRP, false, CDN},
	{"not of this call", true, L2TP_S_ESTABLISHED, L2TP_ICCN, false, CDN},
	{"F2661-ON5", false, L2TP_S_WAIT_REPLY, L2TP_OCRP, false, ON_ITS_WAY},
	{"F2661-ON6", false, L2TP_S_WAIT_REPLY, L2TP_OCRP, true, CDN},
	{"F2661-ON6", false, L2TP_S_WAIT_REPLY, L2TP_OCCN, false, CDN},
	{"F2661-ON6", false, L2TP_S_WAIT_REPLY, L2TP_OCRQ, false, CDN},
	{"F2661-ON6", false, L2TP_S_WAIT_REPLY, CLOSE, false, CDN},
	{"F2661-ON7", false, L2TP_S_WAIT_CONNECT, L2TP_OCCN, false, UP},
	{"framing of OCCN", false, L2TP_S_WAIT_CONNECT, L2TP_OCCN, true, CDN},
	{"F2661-ON8", false, L2TP_S_WAIT_CONNECT, L2TP_OCRQ, false, CDN},
	{"F2661-ON8", false, L2TP_S_WAIT_CONNECT, L2TP_OCRP, false, CDN},
	{"F2661-ON8", false, L2TP_S_WAIT_CONNECT, CLOSE, false, CDN},
	{"F2661-ON9", false, L2TP_S_ESTABLISHED, L2TP_OCRQ, false, CDN},
	{"F2661-ON9", false, L2TP_S_ESTABLISHED, L2TP_OCRP, false, CDN},
	{"F2661-ON9", false, L2TP_S_ESTABLISHED, L2TP_OCCN, false, CDN},
	{"F2661-ON9", false, L2TP_S_ESTABLISHED, CLOSE, false, CDN},
	{"F2661-ON10", false, L2TP_S_WAIT_REPLY, L2TP_CDN, false, GONE},
	{"F2661-ON10", false, L2TP_S_WAIT_CONNECT, L2TP_CDN, false, GONE},
	{"F2661-ON10", false, L2TP_S_ESTABLISHED, L2TP_CDN, false, GONE},
	{"not of this call", false, L2TP_S_WAIT_REPLY, L2TP_ICRQ, false, CDN},
	{"not of this call", false, L2TP_S_WAIT_CONNECT, L2TP_ICCN, false, CDN},
};

static void happens(unsigned int what, bool bad, uint16_t sid)
{
	struct l2tp_msg m;

	if (what == CLOSE) {
		l2tp_session_close(r->s, L2TP_CDN_CARRIER_LOST, L2TP_ERR_NONE, NULL, r->now);
	} else if (what == ANSWER) {
		l2tp_session_answered(r->s, &line, r->now);
	} else {
		m = rig_to_session(r, what, sid);
		if (bad && what == L2TP_OCCN)
			m.framing_type = 0x100;
		if (bad && what == L2TP_OCRP)
			rig_say_with_avp(r, m, 0x8000, 9999, 0);
		else
			rig_say(r, m);
	}
	rig_collect(r);
}

/* R2661-7.5-1, R2661-7.5-2 and the rows named in the table */
START_TEST(rows_of_outgoing_calls)
{
	enum outcome outcome = table[_i].outcome;
	bool local = table[_i].what == CLOSE || table[_i].what == ANSWER;
	const struct rig_got *g;
	unsigned int ups;
	uint16_t sid;

	rig_outgoing(r, table[_i].lac, table[_i].state);
	ups = r->session_ups;
	sid = rig_sid(r->s);
	happens(table[_i].what, table[_i].bad, sid);
	if (outcome == CDN) {
		g = rig_next_cdn(r, local ? L2TP_CDN_CARRIER_LOST : L2TP_CDN_ERROR);
		ck_assert_uint_eq(g->m.assigned_session_id, sid);
		ck_assert_uint_eq(g->m.session_id,
				  table[_i].state == L2TP_S_WAIT_REPLY ? 0 : RIG_PEER_SID);
	} else {
		rig_next(r, outcome == OCCN ? L2TP_OCCN : L2TP_ZLB);
	}
	rig_silent(r);
	ck_assert_uint_eq(r->session_ups - ups, outcome == UP || outcome == OCCN);
	ck_assert_uint_eq(r->session_downs, outcome == CDN || outcome == GONE);
	ck_assert_int_eq(rig_state(r), L2TP_T_ESTABLISHED);
	ck_assert_uint_eq(rig_info(r->t).sessions, outcome != CDN && outcome != GONE);
}
END_TEST

/* ---------------------------------------------------------------- time */

START_TEST(a_line_that_does_not_answer_is_given_up)
{
	rig_outgoing(r, true, L2TP_S_WAIT_CS_ANSWER);
	rig_wait(r, 59000);
	ck_assert_uint_eq(r->session_downs, 0);
	rig_wait(r, 2000);
	ck_assert_uint_eq(r->session_downs, 1);
	while (r->next < r->n_got && r->got[r->next].m.type == L2TP_HELLO)
		r->next++;
	rig_next_cdn(r, L2TP_CDN_TIMEOUT);
}
END_TEST

static const enum l2tp_session_state waits[] = {L2TP_S_WAIT_REPLY, L2TP_S_WAIT_CONNECT};

START_TEST(an_lns_does_not_wait_for_ever)
{
	rig_outgoing(r, false, waits[_i]);
	rig_wait(r, 100000);
	ck_assert_uint_eq(r->session_downs, _i == 0); /* a line may ring for a minute */
	rig_wait(r, 100000);
	ck_assert_uint_eq(r->session_downs, 1);
	ck_assert_int_eq(rig_state(r), L2TP_T_ESTABLISHED);
}
END_TEST

START_TEST(an_answer_that_comes_too_late_is_not_told)
{
	rig_outgoing(r, true, L2TP_S_ESTABLISHED);
	l2tp_session_answered(r->s, &line, r->now);
	rig_collect(r);
	rig_silent(r);
	ck_assert_uint_eq(rig_session_info(r->s).call.rx_speed_bps, 0);
}
END_TEST

START_TEST(the_end_of_the_tunnel_ends_outgoing_calls)
{
	static const struct {
		bool lac;
		enum l2tp_session_state state;
	} rows[] = {
		{true, L2TP_S_WAIT_CS_ANSWER}, {true, L2TP_S_ESTABLISHED},
		{false, L2TP_S_WAIT_REPLY},    {false, L2TP_S_WAIT_CONNECT},
		{false, L2TP_S_ESTABLISHED},
	};

	rig_outgoing(r, rows[_i].lac, rows[_i].state);
	rig_say(r, rig_msg(r, L2TP_STOPCCN));
	rig_next(r, L2TP_ZLB);
	rig_silent(r);
	ck_assert_uint_eq(r->session_downs, 1);
	ck_assert_uint_eq(r->downs, 1);
	rig_wait(r, 100000);
	ck_assert_uint_eq(rig_tunnels(r), 0);
}
END_TEST

static const struct {
	bool tunnel, session;
} within[] = {{false, true}, {true, false}};

START_TEST(a_daemon_may_end_it_while_it_is_asked)
{
	r->close_session_in_accept = within[_i].session;
	r->close_tunnel_in_accept = within[_i].tunnel;
	rig_tunnel(r, L2TP_T_ESTABLISHED);
	rig_say(r, rig_msg(r, L2TP_OCRQ));
	rig_next(r, within[_i].tunnel ? L2TP_STOPCCN : L2TP_CDN);
	rig_silent(r);
	ck_assert_uint_eq(r->session_downs, 1);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, lac_places_the_call_an_lns_asks_for);
	tcase_add_test(tc, lns_asks_the_lac_to_place_a_call);
	tcase_add_test(tc, outgoing_calls_wait_for_the_tunnel);
	tcase_add_loop_test(tc, a_peer_that_cannot_place_the_call_is_not_asked, 0,
			    array_size(unable));
	tcase_add_test(tc, ocrq_with_a_framing_we_do_not_offer_is_refused);
	tcase_add_test(tc, ocrq_beyond_the_limit_is_refused);
	tcase_add_loop_test(tc, rows_of_outgoing_calls, 0, array_size(table));
	tcase_add_test(tc, a_line_that_does_not_answer_is_given_up);
	tcase_add_loop_test(tc, an_lns_does_not_wait_for_ever, 0, array_size(waits));
	tcase_add_test(tc, an_answer_that_comes_too_late_is_not_told);
	tcase_add_loop_test(tc, the_end_of_the_tunnel_ends_outgoing_calls, 0, 5);
	tcase_add_loop_test(tc, a_daemon_may_end_it_while_it_is_asked, 0, array_size(within));
}

int main(void)
{
	Suite *s = suite_create("l2tp_outgoing");
	TCase *tc = tcase_create("l2tp_outgoing");
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
