// SPDX-License-Identifier: GPL-2.0-or-later
/* RFC 4045 on the LAC: multicast sessions, state table S4045-A*. */
#include <stdlib.h>

#include "tests/unit/l2mc_lac_bench.h"

/* ---------------------------------------------------------------- opening */

/* S4045-A1, R4045-5.2-1, R4045-5.3-1, -2 */
START_TEST(the_mse_waits_for_forwarding)
{
	bench_start(true);
	bench_msrq(1);
	expect("MSRP 4001 3001; program 3001 v1");
	ck_assert_str_eq(bench_state(), "wait-ready");
	bench_installed(1);
	expect("MSE 4001");
	ck_assert_str_eq(bench_state(), "established");
	bench_installed(1);
	expect("");
	ck_assert_uint_eq(bench_stats().opened, 1);
}
END_TEST

START_TEST(forwarding_may_confirm_at_once)
{
	b.at_once = true;
	bench_start(true);
	bench_msrq(1);
	expect("MSRP 4001 3001; program 3001 v1; MSE 4001");
	bench_msi(0x3001, "+2 +1");
	expect("program 3001 v2 1 2; NOSA 4001 1 2");
}
END_TEST

/* A4045-2 */
START_TEST(the_header_of_a_nosa_has_the_id_that_was_agreed_on)
{
	b.policy.ack_lac_id = _i;
	b.at_once = true;
	bench_established();
	bench_log();
	bench_msi(0x3001, "+2 +1");
	expect(_i ? "program 3001 v2 1 2; NOSA 3001 1 2" : "program 3001 v2 1 2; NOSA 4001 1 2");
}
END_TEST

/* R4045-5.3-3 */
START_TEST(the_mse_may_ask_for_sequence_numbers)
{
	struct l2mc_osl_info info;

	b.policy.sequencing = true;
	bench_start(true);
	bench_msrq(1);
	bench_installed(1);
	expect("MSRP 4001 3001; program 3001 v1; MSE 4001 sequenced");
	l2mc_osl_info(l2mc_osl_find(b.t, 0x3001), &info);
	ck_assert(info.sequencing);
}
END_TEST

/* A4045-17 */
START_TEST(the_maximum_bps_of_the_msrq_is_kept)
{
	struct l2tp_msg m = {.type = L2TP_MSRQ, .assigned_session_id = 1, .maximum_bps = 4000000};
	struct l2mc_osl_info info;

	bench_start(true);
	l2tp_msg_set(&m, L2TP_AVP_MAXIMUM_BPS);
	l2mc_lac_input(b.t, &m, NULL, b.now);
	l2mc_osl_info(l2mc_osl_find(b.t, 0x3001), &info);
	ck_assert_uint_eq(info.maximum_bps, 4000000);
	ck_assert_uint_eq(info.peer_session_id, 1);
}
END_TEST

/* R4045-5.1-3 */
START_TEST(an_msrq_is_ignored_where_avp_80_was_not_offered)
{
	bench_start(false);
	bench_msrq(1);
	expect("");
	ck_assert_uint_eq(bench_stats().not_offered, 1);
	ck_assert_uint_eq(bench_stats().rx[L2TP_MSRQ], 1);
}
END_TEST

/* S4045-A2, A4045-29, R4045-10-3 */
START_TEST(an_msrq_that_cannot_be_served_is_refused)
{
	b.policy.maximum_sessions = 1;
	bench_start(true);
	b.not_ready = true;
	bench_msrq(1);
	expect("MSEN 4001 3001 2/4");
	ck_assert_uint_eq(b.cookie, 0);
	b.not_ready = false;
	bench_msrq(2);
	expect("MSRP 4002 3002; program 3002 v1");
	bench_msrq(3); /* one is the limit; the first is not affected */
	expect("MSEN 4003 3003 2/4");
	ck_assert_uint_eq(b.ids, 1);
	ck_assert_uint_eq(bench_stats().refused, 2);
	b.no_ids = true; /* no ID, no answer */
	bench_msrq(4);
	expect("");
	b.no_ids = false;
	l2mc_osl_clear(b.t, 0x3002, b.now); /* closing ones do not count */
	bench_log();
	bench_msrq(5);
	expect("MSRP 4005 3004; program 3004 v1");
}
END_TEST

START_TEST(a_malformed_msrq_is_refused_if_it_can_be_answered)
{
	struct l2tp_msg m = {.type = L2TP_MSRQ, .assigned_session_id = 0x4001};
	struct l2tp_fault fault = {.error = L2TP_ERR_LENGTH};

	bench_start(true);
	l2mc_lac_input(b.t, &m, &fault, b.now);
	expect("MSEN 4001 3001 2/2");
	m.assigned_session_id = 0;
	l2mc_lac_input(b.t, &m, &fault, b.now);
	l2mc_lac_input(b.t, &m, NULL, b.now);
	expect("");
	ck_assert_uint_eq(bench_stats().malformed, 3);
}
END_TEST

START_TEST(an_msrq_for_an_id_in_use_is_dropped)
{
	bench_established();
	bench_msrq(1);
	expect("");
	ck_assert_uint_eq(bench_stats().unexpected, 1);
	l2mc_osl_clear(b.t, 0x3001, b.now); /* the LNS has freed it when it sends the next */
	bench_log();
	bench_msrq(1);
	expect("MSRP 4001 3002; program 3002 v1");
}
END_TEST

/* S4045-A7: forwarding cannot do it */
START_TEST(a_session_that_cannot_be_installed_is_ended)
{
	bench_start(true);
	bench_msrq(1);
	l2mc_osl_installed(b.t, 0x3001, 1, false, b.now);
	expect("MSRP 4001 3001; program 3001 v1; unprogram 3001; MSEN 4001 3001 2/4");
	ck_assert_str_eq(bench_state(), "closing");
	ck_assert_uint_eq(b.ids, 1); /* A4045-47: reserved until acknowledged */
	bench_installed(1);
	l2mc_lac_acked(b.lac, 4711, b.now);
	l2mc_lac_acked(b.lac, UINT64_C(1) << 63 | 8 << 16 | 0x3001, b.now);
	ck_assert_str_eq(bench_state(), "closing");
	l2mc_lac_acked(b.lac, b.cookie, b.now);
	ck_assert_str_eq(bench_state(), "-");
	ck_assert_uint_eq(b.ids, 0);
	expect("");
}
END_TEST

/* ---------------------------------------------------------------- ending */

/* R4045-7.2-1, R2661-5.3-3 */
START_TEST(an_msen_is_understood_before_the_lns_knows_our_id)
{
	bench_start(true);
	bench_msrq(1);
	bench_log();
	bench_msen(0, 0x4002);
	expect("");
	bench_msen(0, 0x4001);
	expect("unprogram 3001");
	ck_assert_str_eq(bench_state(), "-");
}
END_TEST

/* R4045-7-6, A4045-33: the LAC does not count receivers */
START_TEST(an_empty_list_is_no_reason_to_end_a_session)
{
	bench_established();
	bench_msi(0x3001, "+1");
	bench_msi(0x3001, "-1");
	bench_installed(3);
	expect("program 3001 v2 1; program 3001 v3");
	ck_assert_str_eq(bench_state(), "established");
}
END_TEST

/* R4045-7.3-1 */
START_TEST(a_session_without_data_may_be_ended)
{
	bench_start(true);
	bench_msrq(1);
	bench_log();
	l2mc_osl_idle(b.t, 0x3001, b.now); /* nothing could have come */
	expect("");
	bench_installed(1);
	bench_log();
	l2mc_osl_idle(b.t, 0x3001, b.now);
	expect("unprogram 3001; MSEN 4001 3001 1");
	ck_assert_str_eq(bench_state(), "closing");
	l2mc_osl_idle(b.t, 0x3001, b.now);
	expect("");
	l2mc_lac_acked(b.lac, b.cookie, b.now);
	ck_assert_str_eq(bench_state(), "-");
}
END_TEST

/* R4045-7.2-2 */
START_TEST(a_tunnel_takes_its_sessions_along)
{
	bench_established();
	bench_msrq(2);
	bench_log();
	l2mc_osl_clear(b.t, 0x3001, b.now);
	expect("unprogram 3001; MSEN 4001 3001 2/6");
	l2mc_lac_tunnel_del(b.t);
	expect("unprogram 3002"); /* nothing is sent */
	ck_assert_uint_eq(b.ids, 0);
	b.t = l2mc_lac_tunnel_add(b.lac, 7, true, &b);
}
END_TEST

static size_t n_walked;

static void count_osl(void *arg, const struct l2mc_osl *o)
{
	n_walked++;
}

START_TEST(every_session_is_shown)
{
	bench_established();
	bench_msrq(2);
	l2mc_osl_clear(b.t, 0x3001, b.now);
	n_walked = 0;
	l2mc_osl_walk(b.lac, count_osl, NULL);
	ck_assert_uint_eq(n_walked, 2);
}
END_TEST

/* A4045-22: both roles in one tunnel */
START_TEST(the_messages_for_the_lac_can_be_told_from_those_for_the_lns)
{
	static const struct {
		enum l2tp_msg_type type;
		uint16_t session_id;
		bool lac;
	} rows[] = {
		{L2TP_MSRQ, 0, true},	    {L2TP_MSRP, 0x4444, false}, {L2TP_MSE, 0x3001, false},
		{L2TP_MSI, 0x3001, true},   {L2TP_MSI, 3, true},	{L2TP_MSI, 0x4444, false},
		{L2TP_MSEN, 0x3001, true},  {L2TP_MSEN, 0, true},	{L2TP_MSEN, 3, false},
		{L2TP_MSEN, 0x4444, false},
	};

	bench_established();
	for (size_t i = 0; i < array_size(rows); i++) {
		struct l2tp_msg m = {.type = rows[i].type, .session_id = rows[i].session_id};

		ck_assert_int_eq(l2mc_lac_concerns(b.t, &m), rows[i].lac);
	}
}
END_TEST

/* ---------------------------------------------------------------- state x message */

/* S4045-A1 to -A7, S4045-X1, A4045-47; the messages of a LAC are not for a LAC */
enum {
	MSRQ,
	MSRP,
	MSE,
	MSI,
	MSEN,
	MESSAGES
};

static const struct {
	const char *next, *log;
	bool unexpected;
} product[][MESSAGES] = {
	{{"wait-ready", "", true},
	 {"wait-ready", "", true},
	 {"wait-ready", "", true},
	 {"wait-ready", "program 3001 v2 1", false},
	 {"-", "unprogram 3001", false}},
	{{"established", "", true},
	 {"established", "", true},
	 {"established", "", true},
	 {"established", "program 3001 v2 1", false},
	 {"-", "unprogram 3001", false}},
	{{"closing", "MSRP 4001 3002; program 3002 v1", false},
	 {"closing", "", false},
	 {"closing", "", false},
	 {"closing", "", false},
	 {"closing", "", false}},
};

START_TEST(every_message_in_every_state)
{
	static const uint8_t types[] = {L2TP_MSRQ, L2TP_MSRP, L2TP_MSE, L2TP_MSI, L2TP_MSEN};
	int st = _i / MESSAGES, message = _i % MESSAGES;
	struct l2tp_sid_op op = {L2TP_AVP_NEW_OUTGOING_SESSIONS, 1};
	struct l2tp_msg m = {.type = types[message],
			     .session_id = message == MSRQ ? 0 : 0x3001,
			     .assigned_session_id = 0x4001,
			     .sids = &op,
			     .n_sids = message == MSI};

	bench_start(true);
	bench_msrq(1);
	if (st >= 1)
		bench_installed(1);
	if (st >= 2)
		l2mc_osl_clear(b.t, 0x3001, b.now);
	bench_log();
	l2mc_lac_input(b.t, &m, NULL, b.now);
	ck_assert_str_eq(bench_state(), product[st][message].next);
	expect(product[st][message].log);
	ck_assert_uint_eq(bench_stats().unexpected, product[st][message].unexpected);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("l2mc_lac");
	TCase *tc = tcase_create("lac");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, bench_setup, bench_teardown);
	tcase_add_test(tc, the_mse_waits_for_forwarding);
	tcase_add_test(tc, forwarding_may_confirm_at_once);
	tcase_add_loop_test(tc, the_header_of_a_nosa_has_the_id_that_was_agreed_on, 0, 2);
	tcase_add_test(tc, the_mse_may_ask_for_sequence_numbers);
	tcase_add_test(tc, the_maximum_bps_of_the_msrq_is_kept);
	tcase_add_test(tc, an_msrq_is_ignored_where_avp_80_was_not_offered);
	tcase_add_test(tc, an_msrq_that_cannot_be_served_is_refused);
	tcase_add_test(tc, a_malformed_msrq_is_refused_if_it_can_be_answered);
	tcase_add_test(tc, an_msrq_for_an_id_in_use_is_dropped);
	tcase_add_test(tc, a_session_that_cannot_be_installed_is_ended);
	tcase_add_test(tc, an_msen_is_understood_before_the_lns_knows_our_id);
	tcase_add_test(tc, an_empty_list_is_no_reason_to_end_a_session);
	tcase_add_test(tc, a_session_without_data_may_be_ended);
	tcase_add_test(tc, a_tunnel_takes_its_sessions_along);
	tcase_add_test(tc, every_session_is_shown);
	tcase_add_test(tc, the_messages_for_the_lac_can_be_told_from_those_for_the_lns);
	tcase_add_loop_test(tc, every_message_in_every_state, 0, array_size(product) * MESSAGES);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
