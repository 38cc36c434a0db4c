// SPDX-License-Identifier: GPL-2.0-or-later
/* RFC 4045 on the LAC: outgoing session lists and priorities (6.2, 6.3). */
#include <stdlib.h>

#include "tests/unit/l2mc_lac_bench.h"

/* S4045-A3, S4045-A4, R4045-6.2-4, R4045-6.2.1-3, R4045-6.2.2-1 */
START_TEST(ids_are_acknowledged_once_forwarding_has_them)
{
	bench_established();
	bench_msi(0x3001, "+3 +1 +2");
	expect("program 3001 v2 1 2 3");
	bench_installed(1); /* an old confirmation */
	expect("");
	bench_installed(2);
	expect("NOSA 4001 1 2 3");
	bench_msi(0x3001, "+9 -2");
	expect("program 3001 v3 1 3 9");
	bench_installed(3);
	expect("NOSA 4001 9");
	ck_assert_uint_eq(bench_stats().ids_listed, 4);
	ck_assert_uint_eq(bench_stats().ids_acked, 4);
	ck_assert_uint_eq(bench_stats().ids_withdrawn, 1);
}
END_TEST

START_TEST(an_id_waits_for_the_version_that_brought_it_in)
{
	bench_established();
	bench_msi(0x3001, "+1");
	bench_msi(0x3001, "+2");
	bench_msi(0x3001, "-1");
	bench_msi(0x3001, "+1");
	bench_log();
	bench_installed(3); /* 1 came in with v5, withdrawn in between */
	expect("NOSA 4001 2");
	bench_installed(5);
	expect("NOSA 4001 1");
	bench_installed(7); /* a version there is not */
	expect("");
}
END_TEST

/* A4045-13 */
START_TEST(an_msi_before_the_mse_is_acknowledged_after_it)
{
	bench_start(true);
	bench_msrq(1);
	bench_msi(0x3001, "+1 +2");
	expect("MSRP 4001 3001; program 3001 v1; program 3001 v2 1 2");
	bench_installed(1);
	expect("MSE 4001");
	bench_installed(2);
	expect("NOSA 4001 1 2");
}
END_TEST

/* A4045-9: listed again, withdrawn without being there */
START_TEST(lists_are_sets)
{
	bench_established();
	bench_msi(0x3001, "+1 +1 -7");
	expect("program 3001 v2 1");
	bench_msi(0x3001, "+1");
	expect(""); /* not installed yet */
	bench_installed(2);
	expect("NOSA 4001 1");
	bench_msi(0x3001, "+1 -8");
	expect("NOSA 4001 1"); /* no need to program */
}
END_TEST

/* A4045-8, -10, -11 */
START_TEST(unusable_ids_are_left_out_and_forgotten)
{
	bench_established();
	b.gone[5] = true;
	bench_msi(0x3001, "+0 +5 +99 +12289"); /* 12289: a multicast session, 0x3001 */
	expect("");
	ck_assert_uint_eq(bench_stats().ids_unusable, 3);
	ck_assert_uint_eq(bench_stats().ids_zero, 1);
	b.gone[5] = false;
	bench_msi(0x3001, "+6 +0");
	bench_installed(2);
	expect("program 3001 v2 6; NOSA 4001 6");
}
END_TEST

/* A4045-7 */
START_TEST(lists_apply_in_the_order_of_appearance)
{
	bench_established();
	bench_msi(0x3001, "+1 +2 -1 +3 -3 +3");
	bench_installed(2);
	expect("program 3001 v2 2 3; NOSA 4001 2 3");
	bench_msi(0x3001, "-2 +2");
	bench_installed(3);
	expect("program 3001 v3 2 3; NOSA 4001 2");
}
END_TEST

/* R4045-10-3 */
START_TEST(a_full_list_takes_no_more)
{
	b.policy.maximum_osl = 2;
	bench_established();
	bench_msi(0x3001, "+1 +2 +3");
	bench_installed(2);
	expect("program 3001 v2 1 2; NOSA 4001 1 2");
	b.policy.maximum_osl = 0;
	l2mc_lac_set_policy(b.lac, &b.policy);
	bench_msi(0x3001, "+3");
	bench_installed(3);
	expect("program 3001 v3 1 2 3; NOSA 4001 3");
}
END_TEST

/* A4045-6 */
START_TEST(a_long_acknowledgement_is_split)
{
	struct l2tp_sid_op sids[1200];
	struct l2tp_msg m = {.type = L2TP_MSI, .session_id = 0x3001, .sids = sids, .n_sids = 1200};

	bench_established();
	for (int i = 0; i < 1200; i++)
		sids[i] = (struct l2tp_sid_op){L2TP_AVP_NEW_OUTGOING_SESSIONS, 6199 - i};
	l2mc_lac_input(b.t, &m, NULL, b.now);
	bench_installed(2);
	expect("program 3001 v2; NOSA 4001 508 of them; NOSA 4001 508 of them; "
	       "NOSA 4001 184 of them");
}
END_TEST

START_TEST(what_could_not_be_installed_is_not_acknowledged)
{
	bench_established();
	bench_msi(0x3001, "+1");
	l2mc_osl_installed(b.t, 0x3001, 2, false, b.now);
	expect("program 3001 v2 1");
	ck_assert_str_eq(bench_state(), "established");
	bench_msi(0x3001, "+2");
	bench_installed(3); /* this version holds both */
	expect("program 3001 v3 1 2; NOSA 4001 1 2");
	bench_msi(0x3001, "-1 -2");
	l2mc_osl_installed(b.t, 0x3001, 4, false, b.now); /* traffic would go on: end it */
	expect("program 3001 v4; unprogram 3001; MSEN 4001 3001 2/4");
}
END_TEST

/* A4045-32 */
START_TEST(a_unicast_session_that_is_gone_leaves_every_list)
{
	bench_established();
	bench_msrq(2);
	l2mc_osl_installed(b.t, 0x3002, 1, true, b.now);
	bench_msi(0x3001, "+1 +2");
	bench_msi(0x3002, "+2 +3");
	bench_installed(2);
	bench_log();
	b.gone[2] = true;
	l2mc_lac_session_gone(b.t, 2);
	bench_log(); /* in no particular order */
	ck_assert_uint_eq(bench_stats().purged, 2);
	l2mc_osl_installed(b.t, 0x3002, 3, true, b.now);
	expect("NOSA 4002 3"); /* 2 was listed, and is not acknowledged any more */
	bench_installed(3);
	expect("");
	l2mc_lac_session_gone(b.t, 2);
	expect("");
}
END_TEST

/* R4045-6.2-3, -5 */
START_TEST(every_session_has_its_own_list)
{
	size_t n;

	bench_established();
	bench_msrq(2);
	bench_msi(0x3001, "+1");
	bench_msi(0x3002, "+2 +3");
	ck_assert_uint_eq(l2mc_osl_members(l2mc_osl_find(b.t, 0x3001), &n)[0], 1);
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(l2mc_osl_members(l2mc_osl_find(b.t, 0x3002), &n)[0], 2);
	ck_assert_uint_eq(n, 2);
}
END_TEST

/* A4045-43, R4045-6.3-1, R4045-6.3.1-1 */
START_TEST(a_priority_is_recorded_if_it_is_one)
{
	static const uint16_t values[] = {2, 3, 1, 65535, 0};
	struct l2tp_msg m = {.type = L2TP_MSI, .session_id = 0x3001};
	struct l2mc_osl_info info;

	bench_established();
	l2mc_osl_info(l2mc_osl_find(b.t, 0x3001), &info);
	ck_assert(!info.has_priority);
	l2tp_msg_set(&m, L2TP_AVP_MULTICAST_PRIORITY);
	for (size_t i = 0; i < array_size(values); i++) {
		uint16_t before = info.priority;

		m.multicast_priority = values[i];
		l2mc_lac_input(b.t, &m, NULL, b.now);
		l2mc_osl_info(l2mc_osl_find(b.t, 0x3001), &info);
		ck_assert_uint_eq(info.priority, values[i] <= 2 ? values[i] : before);
	}
	ck_assert(info.has_priority);
	expect("");
}
END_TEST

/* A4045-45, R4045-6.3.2-3 */
START_TEST(an_msi_about_a_unicast_session_sets_its_priority_and_nothing_else)
{
	struct l2tp_sid_op sids[] = {{81, 1}, {83, 2}};
	struct l2tp_msg m = {.type = L2TP_MSI,
			     .session_id = 3,
			     .sids = sids,
			     .n_sids = 2,
			     .multicast_priority = 1};

	bench_established();
	l2tp_msg_set(&m, L2TP_AVP_MULTICAST_PRIORITY);
	l2mc_lac_input(b.t, &m, NULL, b.now);
	expect("");
	ck_assert_uint_eq(bench_stats().ids_misplaced, 2);
	ck_assert_uint_eq(bench_stats().individual_priorities, 1);
	ck_assert_uint_eq(bench_stats().unknown_id, 0);
	m.session_id = 99;
	l2mc_lac_input(b.t, &m, NULL, b.now);
	ck_assert_uint_eq(bench_stats().unknown_id, 1); /* A4045-14 */
}
END_TEST

/* A4045-44 */
START_TEST(a_malformed_list_ends_its_session_only)
{
	struct l2tp_msg m = {.type = L2TP_MSI, .session_id = 0x3001};
	struct l2tp_fault fault = {.error = L2TP_ERR_LENGTH, .avp = 81};

	bench_established();
	bench_msrq(2);
	bench_log();
	l2mc_lac_input(b.t, &m, &fault, b.now);
	expect("unprogram 3001; MSEN 4001 3001 2/2");
	ck_assert_str_eq(bench_state(), "closing");
	ck_assert_ptr_nonnull(l2mc_osl_find(b.t, 0x3002));
	m.session_id = 3; /* a subscriber's session is not ended for it */
	l2mc_lac_input(b.t, &m, &fault, b.now);
	expect("");
	ck_assert_uint_eq(bench_stats().malformed, 2);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("l2mc_osl");
	TCase *tc = tcase_create("osl");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, bench_setup, bench_teardown);
	tcase_add_test(tc, ids_are_acknowledged_once_forwarding_has_them);
	tcase_add_test(tc, an_id_waits_for_the_version_that_brought_it_in);
	tcase_add_test(tc, an_msi_before_the_mse_is_acknowledged_after_it);
	tcase_add_test(tc, lists_are_sets);
	tcase_add_test(tc, unusable_ids_are_left_out_and_forgotten);
	tcase_add_test(tc, lists_apply_in_the_order_of_appearance);
	tcase_add_test(tc, a_full_list_takes_no_more);
	tcase_add_test(tc, a_long_acknowledgement_is_split);
	tcase_add_test(tc, what_could_not_be_installed_is_not_acknowledged);
	tcase_add_test(tc, a_unicast_session_that_is_gone_leaves_every_list);
	tcase_add_test(tc, every_session_has_its_own_list);
	tcase_add_test(tc, a_priority_is_recorded_if_it_is_one);
	tcase_add_test(tc, an_msi_about_a_unicast_session_sets_its_priority_and_nothing_else);
	tcase_add_test(tc, a_malformed_list_ends_its_session_only);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
