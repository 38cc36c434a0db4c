// SPDX-License-Identifier: GPL-2.0-or-later
/* Multicast sessions on the LNS: RFC 4045 4.3, 5, 6 and 7, state table S4045-L*. */
#include <stdlib.h>

#include "tests/unit/l2mc_lab.h"

static struct lab lab;

static void setup(void)
{
	lab_init(&lab);
}

static void teardown(void)
{
	lab_fini(&lab);
}

static void report_range(int first, int last, int group, const char *state)
{
	for (int i = first; i <= last; i++)
		lab_report(&lab, i, group, state);
}

/* Users 1 .. n in group 1, all acknowledged on 4001. */
static void established(int n)
{
	lab_start(&lab, n);
	report_range(1, n, 1, "ex");
	lab_settle(&lab);
	lab_sent(&lab);
}

/* ---------------------------------------------------------------- opening */

/* R4045-4.3-2, R4045-4.3-3, R4045-5.1-1, S4045-L1 */
START_TEST(the_receiver_that_meets_the_threshold_sends_one_msrq)
{
	static const uint32_t thresholds[] = {2, 3, 1, 0};
	uint32_t n = thresholds[_i] ? thresholds[_i] : 1;

	if (_i)
		lab.policy.threshold = thresholds[_i];
	lab_start(&lab, 5);
	report_range(1, n - 1, 1, "ex");
	lab_wait(&lab, 100);
	lab_expect(&lab, "");
	report_range(n, n, 1, "ex");
	lab_expect(&lab, "MSRQ 4001");
	report_range(n + 1, 5, 1, "ex");
	lab_flush(&lab);
	lab_expect(&lab, "");
}
END_TEST

/* R4045-5.1-2, R4045-3.2-5, -7, -8 */
START_TEST(without_avp_80_there_is_never_an_msrq)
{
	lab.policy.threshold = 1;
	lab_start(&lab, 2);
	lab_tunnel(&lab, 2, false);
	for (int u = 11; u <= 20; u++) {
		lab_user(&lab, 2, u);
		lab_report(&lab, u, 1, "ex");
		lab_report(&lab, u, 2, "in 1");
		lab_wait(&lab, 10000);
	}
	lab_expect(&lab, "");
	lab_expect_copies(&lab, 1, 5, "u11 u12 u13 u14 u15 u16 u17 u18 u19 u20");
	lab_report(&lab, 1, 1, "ex");
	lab_settle(&lab);
	lab_expect(&lab, "MSRQ 4001; MSI 3001 NOS 1"); /* in the tunnel that has it */
}
END_TEST

/* R4045-5-1, R4045-6-1, R4045-6.2.2-2, -3, -4, -8, A4045-38, S4045-L2, S4045-L3, S4045-L5 */
START_TEST(each_acknowledged_id_moves_one_user_to_multicast)
{
	lab_start(&lab, 3);
	report_range(1, 3, 1, "ex");
	lab_flush(&lab);
	lab_expect(&lab, "MSRQ 4001");
	lab_expect_copies(&lab, 1, 1, "u1 u2 u3");
	lab_msrp(&lab, 1);
	lab_expect(&lab, ""); /* R4045-5.3-1: nothing before the MSE */
	lab_mse(&lab, 1);
	lab_expect(&lab, "MSI 3001 NOS 1 2 3");
	lab_ack(&lab);
	lab_expect_copies(&lab, 1, 1, "u1 u2 u3");
	lab_nosa(&lab, 1, "3 1");
	lab_expect_copies(&lab, 1, 1, "m4001 u2");
	ck_assert_str_eq(lab_session(&lab, 1), "established 1 3");
	lab_nosa(&lab, 1, "2");
	lab_expect_copies(&lab, 1, 1, "m4001");
	lab_expect(&lab, "");
}
END_TEST

/* R4045-6.2.2-6 */
START_TEST(an_id_that_was_not_listed_is_not_acknowledged)
{
	established(2);
	lab_user(&lab, 1, 3);
	lab_nosa(&lab, 1, "3 77 0");
	ck_assert_uint_eq(lab_stats(&lab).foreign_acks, 3);
	lab_report(&lab, 3, 1, "ex");
	lab_nosa(&lab, 1, "3"); /* the NOS is sent only now, after this NOSA */
	ck_assert_uint_eq(lab_stats(&lab).foreign_acks, 4);
	lab_expect_copies(&lab, 1, 1, "m4001 u3");
	lab_expect(&lab, "MSI 3001 NOS 3");
	lab_nosa(&lab, 1, "3 3");
	lab_expect_copies(&lab, 1, 1, "m4001");
	ck_assert_uint_eq(lab_stats(&lab).foreign_acks, 4);
}
END_TEST

/* A4045-18, R4045-5.3-3 */
START_TEST(the_mse_may_ask_for_sequence_numbers)
{
	struct l2tp_msg m = {.type = L2TP_MSE, .session_id = 0x4001};

	lab_start(&lab, 2);
	report_range(1, 2, 1, "ex");
	lab_msrp(&lab, 1);
	if (_i)
		l2tp_msg_set(&m, L2TP_AVP_SEQUENCING_REQUIRED);
	lab_input(&lab, 1, &m, NULL);
	ck_assert_int_eq(lab_is_sequenced(&lab, 1), _i);
}
END_TEST

/* A4045-30, S4045-L4: neither MSRP (0) nor MSE (1) */
START_TEST(a_lac_that_does_not_answer_is_left_alone_for_a_minute)
{
	lab_start(&lab, 2);
	report_range(1, 2, 1, "ex");
	lab_expect(&lab, "MSRQ 4001");
	if (_i)
		lab_msrp(&lab, 1);
	lab_wait(&lab, 9999);
	lab_expect(&lab, "");
	lab_wait(&lab, 1);
	lab_expect(&lab, _i ? "MSEN 3001 4001 2/0" : "MSEN 0 4001 2/0");
	lab_expect_copies(&lab, 1, 1, "u1 u2");
	ck_assert_uint_eq(lab_stats(&lab).timeouts, 1);
	ck_assert_str_eq(lab_session(&lab, 0), "hold-off");
	lab_user(&lab, 1, 3);
	lab_report(&lab, 3, 1, "ex");
	lab_wait(&lab, 59999);
	lab_expect(&lab, "");
	lab_wait(&lab, 1);
	lab_expect(&lab, "MSRQ 4002");
}
END_TEST

/* A4045-29, S4045-L8: refused while waiting for the MSRP (0), for the MSE (1) */
START_TEST(a_refused_context_stays_on_unicast_for_a_minute)
{
	lab_start(&lab, 2);
	report_range(1, 2, 1, "ex");
	if (_i)
		lab_msrp(&lab, 1);
	lab_sent(&lab);
	lab_msen(&lab, 1, L2TP_MSEN_ERROR);
	lab_expect(&lab, ""); /* R4045-7.2-1: no message in return */
	ck_assert_str_eq(lab_session(&lab, 1), "-");
	ck_assert_uint_eq(lab_stats(&lab).refused, 1);
	lab_expect_copies(&lab, 1, 1, "u1 u2");
	lab_wait(&lab, 59999);
	lab_expect(&lab, "");
	lab_wait(&lab, 1);
	lab_expect(&lab, "MSRQ 4002");
}
END_TEST

START_TEST(the_limit_of_sessions_holds_until_one_ends)
{
	lab.policy.maximum_sessions = 1;
	lab_start(&lab, 2);
	report_range(1, 2, 1, "ex");
	report_range(1, 2, 2, "ex");
	lab_settle(&lab);
	lab_expect(&lab, "MSRQ 4001; MSI 3001 NOS 1 2");
	lab_expect_copies(&lab, 2, 1, "u1 u2");
	report_range(1, 2, 1, "-");
	lab_flush(&lab);
	lab_expect(&lab, "MSI 3001 WOS 1 2; MSEN 3001 4001 3; MSRQ 4002");
}
END_TEST

/* A4045-41 */
START_TEST(groups_that_are_not_routed_have_no_context)
{
	static const uint8_t all_hosts[] = {224, 0, 0, 251};
	struct addr g = addr_from_v4(all_hosts);
	struct gmp_filter f = {.exclude = true};

	lab_start(&lab, 2);
	for (int u = 1; u <= 2; u++) {
		l2mc_user_report(lab.u[u], &g, &f, lab.now);
		l2mc_user_set_sender(lab.u[u], &g, true, lab.now);
	}
	lab_flush(&lab);
	lab_expect(&lab, "");
	ck_assert_uint_eq(lab_stats(&lab).memberships, 0);
	ck_assert_str_eq(lab.upstream, "");
}
END_TEST

/* Two users, one Session ID of the LAC: it could not tell them apart. */
START_TEST(a_second_user_with_the_same_id_is_served_by_unicast)
{
	established(2);
	lab.u[3] = l2mc_user_add(lab.t[1], 103, 2, &lab);
	lab_report(&lab, 3, 1, "ex");
	lab_settle(&lab);
	lab_expect(&lab, "");
	lab_expect_copies(&lab, 1, 1, "m4001 u3");
}
END_TEST

/* ---------------------------------------------------------------- OSL updates */

/* R4045-6.2-1, -2, R4045-6.2.1-4, R4045-6.2.3-1, A4045-7 */
START_TEST(changes_between_two_flushes_travel_in_one_msi)
{
	established(4);
	lab_user(&lab, 1, 5);
	lab_user(&lab, 1, 6);
	lab_report(&lab, 2, 1, "-");
	lab_report(&lab, 6, 1, "ex");
	lab_report(&lab, 5, 1, "ex 1");
	lab_report(&lab, 4, 1, "-");
	lab_flush(&lab);
	lab_expect(&lab, "MSI 3001 NOS 6 5 WOS 2 4");
	/* the next waits until the LAC has this one */
	lab_report(&lab, 3, 1, "-");
	lab_flush(&lab);
	lab_expect(&lab, "");
	lab_ack(&lab);
	lab_expect(&lab, "MSI 3001 WOS 3");
}
END_TEST

START_TEST(who_leaves_and_comes_back_between_two_flushes_is_not_mentioned)
{
	established(3);
	lab_report(&lab, 2, 1, "-");
	lab_report(&lab, 2, 1, "in 1");
	lab_user(&lab, 1, 4);
	lab_report(&lab, 4, 1, "ex");
	lab_report(&lab, 4, 1, "-");
	lab_flush(&lab);
	lab_expect(&lab, "");
	lab_expect_copies(&lab, 1, 1, "m4001");
	ck_assert_str_eq(lab_session(&lab, 1), "established 1 2 3");
}
END_TEST

/* A4045-37 for one that left altogether */
START_TEST(who_comes_back_after_the_wos_is_listed_again_when_the_lac_has_it)
{
	established(3);
	lab_report(&lab, 3, 1, "-");
	lab_flush(&lab);
	lab_expect(&lab, "MSI 3001 WOS 3");
	lab_report(&lab, 3, 1, "ex");
	lab_flush(&lab);
	lab_expect_copies(&lab, 1, 1, "m4001"); /* still in the LAC's OSL */
	lab_nosa(&lab, 1, "3");			/* crossed the WOS */
	lab_expect(&lab, "");
	lab_ack(&lab);
	lab_expect(&lab, "MSI 3001 NOS 3");
	lab_expect_copies(&lab, 1, 1, "m4001 u3");
	lab_nosa(&lab, 1, "3");
	lab_expect_copies(&lab, 1, 1, "m4001");
}
END_TEST

/* The NOSA of one that left before its NOS was answered, and came back. */
START_TEST(a_nosa_that_comes_while_nobody_wants_it_is_remembered)
{
	established(2);
	lab_user(&lab, 1, 3);
	lab_report(&lab, 3, 1, "ex");
	lab_flush(&lab);
	lab_expect(&lab, "MSI 3001 NOS 3");
	lab_report(&lab, 3, 1, "-");
	lab_nosa(&lab, 1, "3");
	lab_expect(&lab, "");
	lab_report(&lab, 3, 1, "ex");
	lab_flush(&lab);
	lab_ack(&lab);
	lab_expect(&lab, "");
	ck_assert_str_eq(lab_session(&lab, 1), "established 1 2 3");
	ck_assert_uint_eq(lab_stats(&lab).foreign_acks, 0);
}
END_TEST

/* ... and one whose NOSA is still to come is not forgotten (A4045-12). */
START_TEST(who_comes_back_unacknowledged_is_listed_again)
{
	established(2);
	for (int u = 3; u <= 4; u++) {
		lab_user(&lab, 1, u);
		lab_report(&lab, u, 1, "ex");
	}
	lab_flush(&lab);
	lab_expect(&lab, "MSI 3001 NOS 3 4");
	lab_report(&lab, 3, 1, "-");
	lab_nosa(&lab, 1, "4"); /* nobody is waited for any more */
	lab_report(&lab, 3, 1, "ex");
	lab_flush(&lab);
	lab_ack(&lab);
	lab_wait(&lab, 29999);
	lab_expect(&lab, "");
	lab_wait(&lab, 1);
	lab_expect(&lab, "MSI 3001 NOS 3");
}
END_TEST

/* A4045-37: acknowledged (0), or a second over (1) */
START_TEST(unicast_resumes_when_the_lac_has_the_wos_or_after_a_second)
{
	established(3);
	l2mc_user_set_eligible(lab.u[2], false, true, lab.now);
	lab_flush(&lab);
	lab_expect(&lab, "MSI 3001 WOS 2");
	lab_expect_copies(&lab, 1, 1, "m4001");
	lab_wait(&lab, 999);
	lab_expect_copies(&lab, 1, 1, "m4001");
	if (_i)
		lab_wait(&lab, 1);
	else
		lab_ack(&lab);
	lab_expect_copies(&lab, 1, 1, "m4001 u2");
	l2mc_user_set_eligible(lab.u[2], true, true, lab.now);
	lab_settle(&lab);
	lab_expect(&lab, "MSI 3001 NOS 2");
	lab_expect_copies(&lab, 1, 1, "m4001");
}
END_TEST

/* A4045-32 */
START_TEST(a_user_that_is_gone_leaves_without_a_wos)
{
	established(3);
	l2mc_user_del(lab.u[2], lab.now);
	lab_flush(&lab);
	lab_expect(&lab, "");
	ck_assert_str_eq(lab_session(&lab, 1), "established 1 3");
	l2mc_user_del(lab.u[1], lab.now);
	lab_wait(&lab, 10000); /* the threshold rules run afterwards */
	lab_expect(&lab, "MSEN 3001 4001 3");
	lab_expect_copies(&lab, 1, 1, "u3");
	l2mc_user_del(lab.u[3], lab.now);
	lab_expect_copies(&lab, 1, 1, "");
}
END_TEST

/* A4045-12, R4045-6.2.2-7 */
START_TEST(an_id_that_is_never_acknowledged_is_listed_four_times)
{
	established(2);
	lab_user(&lab, 1, 3);
	lab_report(&lab, 3, 1, "ex");
	lab_flush(&lab);
	for (int i = 0; i < 4; i++) {
		lab_expect(&lab, "MSI 3001 NOS 3");
		lab_ack(&lab);
		lab_wait(&lab, 29999);
		lab_expect(&lab, "");
		lab_expect_copies(&lab, 1, 1, "m4001 u3");
		lab_wait(&lab, 1);
	}
	lab_expect(&lab, "MSI 3001 WOS 3"); /* the LAC may have it all the same */
	lab_ack(&lab);
	lab_wait(&lab, 600000);
	lab_expect(&lab, "");
	lab_expect_copies(&lab, 1, 1, "m4001 u3");
	/* a new membership is a new chance */
	lab_report(&lab, 3, 1, "-");
	lab_report(&lab, 3, 1, "ex");
	lab_settle(&lab);
	lab_expect(&lab, "MSI 3001 NOS 3");
	lab_expect_copies(&lab, 1, 1, "m4001");
}
END_TEST

START_TEST(one_that_joins_late_has_its_own_attempts)
{
	established(2);
	for (int u = 3; u <= 6; u++) {
		lab_user(&lab, 1, u);
		lab_report(&lab, u, 1, "ex");
		lab_flush(&lab);
		lab_ack(&lab);
		lab_wait(&lab, 30000);
		lab_ack(&lab);
	}
	/* one after the other reaches its fourth */
	lab_sent(&lab);
	lab_wait(&lab, 30000);
	lab_expect(&lab, "MSI 3001 NOS 5 6 WOS 4");
	lab_ack(&lab);
	lab_wait(&lab, 30000);
	lab_expect(&lab, "MSI 3001 NOS 6 WOS 5");
}
END_TEST

static size_t n_listed, n_messages;

static void count_listed(void *arg, const struct l2mc_session *s)
{
	struct l2mc_session_info info;

	l2mc_session_info(s, &info);
	n_listed = info.n_listed;
}

/* A4045-6 */
START_TEST(a_list_longer_than_an_avp_is_split)
{
	static const size_t expected[] = {508, 1016, 1200};
	struct addr g = lab_group(1);
	struct gmp_filter f = {.exclude = true};

	lab_start(&lab, 0);
	for (int i = 0; i < 1200; i++)
		l2mc_user_report(l2mc_user_add(lab.t[1], 200 + i, 200 + i, &lab), &g, &f, lab.now);
	lab_msrp(&lab, 1);
	lab_mse(&lab, 1);
	for (n_messages = 0; n_messages < 3; n_messages++) {
		l2mc_session_walk(lab.lns, count_listed, NULL);
		ck_assert_uint_eq(n_listed, expected[n_messages]);
		lab_ack(&lab);
	}
	lab_sent(&lab);
	lab_wait(&lab, 1000);
	lab_expect(&lab, "");
}
END_TEST

/* ---------------------------------------------------------------- ending */

/* R4045-4.3-5, -6, R4045-7-1, A4045-35, S4045-L7, -L9 */
START_TEST(an_empty_list_ends_the_session_at_once)
{
	established(2);
	lab_report(&lab, 1, 1, "-");
	lab_report(&lab, 2, 1, "-");
	lab_expect(&lab, "MSI 3001 WOS 1 2; MSEN 3001 4001 3");
	ck_assert_str_eq(lab_session(&lab, 1), "closing");
	/* A4045-47: the ID stays reserved, and a new session has another */
	report_range(1, 2, 1, "ex");
	lab_flush(&lab);
	lab_expect(&lab, "MSRQ 4002");
	ck_assert_uint_eq(lab.ids, 2);
	lab_ack(&lab);
	ck_assert_uint_eq(lab.ids, 1);
	ck_assert_str_eq(lab_session(&lab, 1), "-");
}
END_TEST

/* R4045-7-2: method A */
START_TEST(a_lower_teardown_threshold_stops_flapping)
{
	lab.policy.threshold = 3;
	lab.policy.teardown = 1;
	established(3);
	for (int i = 0; i < 3; i++) {
		lab_report(&lab, 3, 1, "-");
		lab_wait(&lab, 20000);
		lab_ack(&lab);
		lab_report(&lab, 3, 1, "ex");
		lab_settle(&lab);
		lab_expect(&lab, "MSI 3001 WOS 3; MSI 3001 NOS 3");
	}
}
END_TEST

/* R4045-7-3, -4: method B */
START_TEST(a_session_below_the_threshold_is_ended_after_ten_seconds)
{
	established(2);
	lab_report(&lab, 2, 1, "-");
	lab_wait(&lab, 5000);
	lab_report(&lab, 2, 1, "ex"); /* continuously below: not any more */
	lab_settle(&lab);
	lab_wait(&lab, 20000);
	lab_expect(&lab, "MSI 3001 WOS 2; MSI 3001 NOS 2");
	lab_report(&lab, 2, 1, "-");
	lab_wait(&lab, 9999);
	lab_expect(&lab, "MSI 3001 WOS 2");
	lab_expect_copies(&lab, 1, 1, "m4001");
	lab_wait(&lab, 1);
	lab_expect(&lab, "MSEN 3001 4001 3");
	lab_expect_copies(&lab, 1, 1, "u1");
}
END_TEST

START_TEST(a_hold_time_of_zero_ends_it_at_once)
{
	lab.policy.holdtime_ms = 0;
	established(2);
	lab_report(&lab, 2, 1, "-");
	lab_expect(&lab, "MSEN 3001 4001 3");
	lab_expect_copies(&lab, 1, 1, "u1");
}
END_TEST

/* R4045-6.2.2-5, R4045-7.2-1, S4045-L8 */
START_TEST(when_the_lac_ends_it_unicast_resumes_at_once)
{
	established(2);
	lab_msen(&lab, 1, 1 + _i % 3);
	lab_expect(&lab, "");
	lab_expect_copies(&lab, 1, 1, "u1 u2");
	ck_assert_uint_eq(lab_stats(&lab).ended_by_peer, 1);
	ck_assert_uint_eq(lab.ids, 0);
	lab_wait(&lab, 60000);
	lab_expect(&lab, "MSRQ 4002");
}
END_TEST

START_TEST(an_administrator_ends_a_session_and_a_new_one_follows)
{
	established(2);
	l2mc_session_clear(lab.lns, 1, 0x4001, lab.now);
	lab_expect(&lab, "MSEN 3001 4001 2/6");
	lab_expect_copies(&lab, 1, 1, "u1 u2");
	l2mc_session_clear(lab.lns, 1, 0x4001, lab.now); /* on its way out */
	l2mc_session_clear(lab.lns, 1, 0x4711, lab.now);
	l2mc_session_clear(lab.lns, 7, 0x4001, lab.now);
	lab_wait(&lab, 59999);
	lab_expect(&lab, "");
	lab_wait(&lab, 1);
	lab_expect(&lab, "MSRQ 4002");
}
END_TEST

/* R4045-7.2-2 */
START_TEST(a_tunnel_takes_its_sessions_along_and_no_others)
{
	established(2);
	lab_tunnel(&lab, 2, true);
	for (int u = 11; u <= 12; u++) {
		lab_user(&lab, 2, u);
		lab_report(&lab, u, 1, "ex");
	}
	lab_settle(&lab);
	lab_expect(&lab, "MSRQ 4002; MSI 3002 NOS 11 12");
	lab_expect_copies(&lab, 1, 1, "m4001 m4002");
	l2mc_tunnel_del(lab.t[1], lab.now);
	lab.t[1] = NULL;
	lab_wait(&lab, 100000);
	lab_expect(&lab, "");
	lab_expect_copies(&lab, 1, 1, "m4002");
	ck_assert_uint_eq(lab.ids, 1);
}
END_TEST

/* A4045-44, -46 */
START_TEST(a_malformed_message_ends_this_session_only)
{
	struct l2tp_msg m = {.type = L2TP_MSI, .session_id = 0x4001};
	struct l2tp_fault fault = {.error = L2TP_ERR_LENGTH, .avp = 82};

	established(2);
	report_range(1, 2, 2, "ex");
	lab_settle(&lab);
	lab_sent(&lab);
	lab_input(&lab, 1, &m, &fault);
	lab_expect(&lab, "MSEN 3001 4001 2/2");
	lab_expect_copies(&lab, 1, 1, "u1 u2");
	lab_expect_copies(&lab, 2, 1, "m4002");
	lab_input(&lab, 1, &m, &fault); /* crossed the MSEN */
	lab_expect(&lab, "");
	ck_assert_uint_eq(lab_stats(&lab).malformed, 1);
	/* an MSEN is an end even if it is not well said */
	m.type = L2TP_MSEN;
	m.session_id = 0x4002;
	lab_input(&lab, 1, &m, &fault);
	lab_expect(&lab, "");
	lab_expect_copies(&lab, 2, 1, "u1 u2");
	ck_assert_uint_eq(lab_stats(&lab).malformed, 2);
}
END_TEST

/* A4045-14 */
START_TEST(a_message_for_an_unknown_session_is_counted)
{
	lab_start(&lab, 2);
	lab_msrp(&lab, 9);
	lab_mse(&lab, 9);
	lab_nosa(&lab, 9, "1");
	lab_msen(&lab, 9, 2);
	lab_expect(&lab, "");
	ck_assert_uint_eq(lab_stats(&lab).unknown_id, 4);
	ck_assert_uint_eq(lab_stats(&lab).rx[L2TP_MSRP], 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("l2mc_lns");
	TCase *tc = tcase_create("lns");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, the_receiver_that_meets_the_threshold_sends_one_msrq, 0, 4);
	tcase_add_test(tc, without_avp_80_there_is_never_an_msrq);
	tcase_add_test(tc, each_acknowledged_id_moves_one_user_to_multicast);
	tcase_add_test(tc, an_id_that_was_not_listed_is_not_acknowledged);
	tcase_add_loop_test(tc, the_mse_may_ask_for_sequence_numbers, 0, 2);
	tcase_add_loop_test(tc, a_lac_that_does_not_answer_is_left_alone_for_a_minute, 0, 2);
	tcase_add_loop_test(tc, a_refused_context_stays_on_unicast_for_a_minute, 0, 2);
	tcase_add_test(tc, the_limit_of_sessions_holds_until_one_ends);
	tcase_add_test(tc, groups_that_are_not_routed_have_no_context);
	tcase_add_test(tc, a_second_user_with_the_same_id_is_served_by_unicast);
	tcase_add_test(tc, changes_between_two_flushes_travel_in_one_msi);
	tcase_add_test(tc, who_leaves_and_comes_back_between_two_flushes_is_not_mentioned);
	tcase_add_test(tc, who_comes_back_after_the_wos_is_listed_again_when_the_lac_has_it);
	tcase_add_test(tc, a_nosa_that_comes_while_nobody_wants_it_is_remembered);
	tcase_add_test(tc, who_comes_back_unacknowledged_is_listed_again);
	tcase_add_loop_test(tc, unicast_resumes_when_the_lac_has_the_wos_or_after_a_second, 0, 2);
	tcase_add_test(tc, a_user_that_is_gone_leaves_without_a_wos);
	tcase_add_test(tc, an_id_that_is_never_acknowledged_is_listed_four_times);
	tcase_add_test(tc, one_that_joins_late_has_its_own_attempts);
	tcase_add_test(tc, a_list_longer_than_an_avp_is_split);
	tcase_add_test(tc, an_empty_list_ends_the_session_at_once);
	tcase_add_test(tc, a_lower_teardown_threshold_stops_flapping);
	tcase_add_test(tc, a_session_below_the_threshold_is_ended_after_ten_seconds);
	tcase_add_test(tc, a_hold_time_of_zero_ends_it_at_once);
	tcase_add_loop_test(tc, when_the_lac_ends_it_unicast_resumes_at_once, 0, 3);
	tcase_add_test(tc, an_administrator_ends_a_session_and_a_new_one_follows);
	tcase_add_test(tc, a_tunnel_takes_its_sessions_along_and_no_others);
	tcase_add_test(tc, a_malformed_message_ends_this_session_only);
	tcase_add_test(tc, a_message_for_an_unknown_session_is_counted);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
