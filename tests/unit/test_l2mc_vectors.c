// SPDX-License-Identifier: GPL-2.0-or-later
/* RFC 4045 appendix A and the vectors derived from the rules it cites (V4045-*). */
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

/* V4045-A1.1, R4045-4.1-7 */
START_TEST(two_groups_get_a_session_each)
{
	lab_start(&lab, 5);
	report_range(1, 3, 1, "ex");
	report_range(3, 5, 2, "ex");
	lab_flush(&lab);
	ck_assert_str_eq(lab_record(&lab, 1, 1), "ex");
	ck_assert_str_eq(lab_record(&lab, 1, 2), "ex");
	lab_expect(&lab, "MSRQ 4001; MSRQ 4002");
	lab_settle(&lab);
	lab_expect(&lab, "MSI 3001 NOS 1 2 3; MSI 3002 NOS 3 4 5");
	ck_assert_str_eq(lab_session(&lab, 1), "established 1 2 3");
	ck_assert_str_eq(lab_session(&lab, 2), "established 3 4 5");
	ck_assert_str_eq(lab_contexts(&lab, 1), "*:3=4001");
	ck_assert_str_eq(lab_contexts(&lab, 2), "*:3=4002");
	ck_assert_str_eq(lab_contexts(&lab, 3), "-");
	lab_expect_copies(&lab, 1, 9, "m4001");
	lab_expect_copies(&lab, 2, 9, "m4002");
	lab_expect_copies(&lab, 3, 9, "");
}
END_TEST

static void report_a2(void)
{
	report_range(1, 3, 1, "in 1");
	report_range(4, 6, 1, "in 1 2");
	report_range(7, 9, 1, "in 2");
	lab_settle(&lab);
	ck_assert_str_eq(lab_record(&lab, 1, 1), "in 1 2");
}

/* V4045-A2a.1, R4045-4.1-7 */
START_TEST(include_gets_a_session_per_source)
{
	lab_start(&lab, 9);
	report_a2();
	lab_expect(&lab, "MSRQ 4001; MSRQ 4002; MSI 3001 NOS 1 2 3 4 5 6; "
			 "MSI 3002 NOS 4 5 6 7 8 9");
	ck_assert_str_eq(lab_contexts(&lab, 1), "1:6=4001 2:6=4002");
	lab_expect_copies(&lab, 1, 1, "m4001");
	lab_expect_copies(&lab, 1, 2, "m4002");
	lab_expect_copies(&lab, 1, 3, "");
}
END_TEST

/* V4045-A2b.1: R4045-4.1-8, -12 */
START_TEST(include_gets_one_session_per_source_list_if_policy_says_so)
{
	lab.policy.per_group = true;
	lab_start(&lab, 9);
	report_a2();
	lab_expect(&lab, "MSRQ 4001; MSI 3001 NOS 1 2 3 4 5 6 7 8 9");
	ck_assert_str_eq(lab_contexts(&lab, 1), "*:9=4001");
	lab_expect_copies(&lab, 1, 1, "m4001");
	lab_expect_copies(&lab, 1, 2, "m4001");
	lab_expect_copies(&lab, 1, 3, "");
}
END_TEST

/* V4045-A3.1, V4045-A3.2 */
START_TEST(exclude_carries_all_that_somebody_wants)
{
	lab_start(&lab, 4);
	report_range(1, 2, 1, "ex 1");
	lab_report(&lab, 3, 1, "ex 1 2");
	lab_settle(&lab);
	ck_assert_str_eq(lab_record(&lab, 1, 1), "ex 1");
	lab_expect(&lab, "MSRQ 4001; MSI 3001 NOS 1 2 3");
	lab_expect_copies(&lab, 1, 1, "");
	lab_expect_copies(&lab, 1, 2, "m4001");
	lab_expect_copies(&lab, 1, 3, "m4001");

	lab_report(&lab, 4, 1, "in 1");
	ck_assert_str_eq(lab_record(&lab, 1, 1), "ex");
	lab_expect_copies(&lab, 1, 1, "u4");
	lab_settle(&lab);
	lab_expect(&lab, "MSI 3001 NOS 4");
	ck_assert_str_eq(lab_contexts(&lab, 1), "*:4=4001");
	lab_expect_copies(&lab, 1, 1, "m4001");
	ck_assert_str_eq(lab_session(&lab, 1), "established 1 2 3 4");
}
END_TEST

/* V4045-A4.1, V4045-A4.2, V4045-A4.3: R4045-4.3-7 to -10, -13 to -17, R4045-7.3-4, R4045-7.3-5,
 * S4045-L6 */
START_TEST(filter_modes_change_without_loss_or_copies_too_many)
{
	lab_start(&lab, 4);
	report_range(1, 3, 1, "in 1 2");
	lab_settle(&lab);
	lab_expect(&lab, "MSRQ 4001; MSRQ 4002; MSI 3001 NOS 1 2 3; MSI 3002 NOS 1 2 3");

	lab_report(&lab, 4, 1, "ex");
	lab_flush(&lab);
	lab_expect(&lab, "MSI 3001 NOS 4");
	lab_expect_copies(&lab, 1, 1, "m4001 u4");
	lab_expect_copies(&lab, 1, 2, "m4002 u4");
	lab_expect_copies(&lab, 1, 3, "u4");
	lab_ack(&lab);
	lab_nosa(&lab, 1, "4");
	lab_expect(&lab, "MSI 3002 WOS 1 2 3; MSEN 3002 4002 4");
	for (int source = 1; source <= 3; source++)
		lab_expect_copies(&lab, 1, source, "m4001");
	lab_settle(&lab);
	ck_assert_str_eq(lab_session(&lab, 1), "established 1 2 3 4");
	ck_assert_str_eq(lab_session(&lab, 2), "-");
	ck_assert_str_eq(lab_contexts(&lab, 1), "*:4=4001");

	lab_report(&lab, 4, 1, "-");
	lab_flush(&lab);
	lab_expect(&lab, "MSRQ 4003"); /* no WOS yet: R4045-4.3-17 */
	lab_msrp(&lab, 3);
	lab_mse(&lab, 3);
	lab_expect(&lab, "MSI 3003 NOS 1 2 3");
	lab_ack(&lab);
	lab_expect_copies(&lab, 1, 1, "m4001");
	lab_expect_copies(&lab, 1, 2, "m4001");
	lab_nosa(&lab, 3, "1 2 3");
	lab_expect(&lab, "MSI 3001 WOS 4");
	lab_expect_copies(&lab, 1, 1, "m4001");
	lab_expect_copies(&lab, 1, 2, "m4003");
	lab_settle(&lab);
	ck_assert_str_eq(lab_session(&lab, 1), "established 1 2 3");
	ck_assert_str_eq(lab_session(&lab, 3), "established 1 2 3");
	ck_assert_str_eq(lab_contexts(&lab, 1), "1:3=4001 2:3=4003");
}
END_TEST

/* V4045-D1 to -D4: R4045-4.2-6 */
static const struct {
	const char *states[4], *record;
} merges[] = {
	{{"ex 1 2 3 4", "ex 2 3 4 5", "in 4 5 6", "-"}, "ex 2 3"},
	{{"ex 1 2 3 4", "ex 2 3 4 5", "in 4 5 6", "ex"}, "ex"},
	{{"in 1 2 3", "in 2 3 4", "in 5 6", "-"}, "in 1 2 3 4 5 6"},
	{{"ex", "in 1 2", "-", "-"}, "ex"},
	/* V4045-D5: states as they come here have lost their timers; S1 was running */
	{{"ex 2", "ex 1 2", "-", "-"}, "ex 2"},
	{{"in 1", "in 1", "in 2", "-"}, "in 1 2"},
};

START_TEST(records_merge_as_rfc_3376_says)
{
	lab.policy.threshold = 100;
	lab_start(&lab, 4);
	for (int u = 1; u <= 4; u++)
		lab_report(&lab, u, 1, merges[_i].states[u - 1]);
	ck_assert_str_eq(lab_record(&lab, 1, 1), merges[_i].record);
	ck_assert_str_eq(lab.upstream, merges[_i].record);
}
END_TEST

/* V4045-D6 */
START_TEST(the_last_member_takes_the_session_along)
{
	lab_start(&lab, 2);
	lab.policy.threshold = 1;
	l2mc_lns_set_policy(lab.lns, &lab.policy, lab.now);
	lab_report(&lab, 1, 1, "ex");
	lab_settle(&lab);
	lab_sent(&lab);
	lab_report(&lab, 1, 1, "-");
	lab_expect(&lab, "MSI 3001 WOS 1; MSEN 3001 4001 3"); /* R4045-7.3-3 */
	ck_assert_str_eq(lab_record(&lab, 1, 1), "-");
	lab_expect_copies(&lab, 1, 1, ""); /* R4045-4.3-5 */
	ck_assert_str_eq(lab_session(&lab, 1), "closing");
	lab_ack(&lab);
	ck_assert_str_eq(lab_session(&lab, 1), "-");
}
END_TEST

/* V4045-D7, V4045-D8 */
START_TEST(the_threshold_counts_receivers_of_the_context)
{
	lab.policy.per_group = _i;
	lab_start(&lab, 2);
	lab_report(&lab, 1, 1, "in 1");
	lab_report(&lab, 2, 1, "in 2");
	lab_settle(&lab);
	lab_expect(&lab, _i ? "MSRQ 4001; MSI 3001 NOS 1 2" : "");
	ck_assert_str_eq(lab_contexts(&lab, 1), _i ? "*:2=4001" : "1:1=threshold 2:1=threshold");
}
END_TEST

/* V4045-D9: R4045-8-3 */
START_TEST(an_ineligible_user_is_served_by_unicast)
{
	lab_start(&lab, 5);
	l2mc_user_set_eligible(lab.u[3], false, false, lab.now);
	report_range(1, 3, 1, "ex");
	report_range(3, 5, 2, "ex");
	lab_settle(&lab);
	lab_expect(&lab, "MSRQ 4001; MSRQ 4002; MSI 3001 NOS 1 2; MSI 3002 NOS 4 5");
	lab_expect_copies(&lab, 1, 1, "m4001 u3");
	lab_expect_copies(&lab, 2, 1, "m4002 u3");
}
END_TEST

/* V4045-D10: R4045-4.4-3 */
START_TEST(a_sender_stays_out_of_the_list_of_its_group)
{
	struct addr g1 = lab_group(1);

	lab_start(&lab, 3);
	l2mc_user_set_sender(lab.u[1], &g1, true, lab.now);
	report_range(1, 3, 1, "ex");
	lab_settle(&lab);
	lab_expect(&lab, "MSRQ 4001; MSI 3001 NOS 2 3");
	lab_expect_copies(&lab, 1, 1, "m4001 u1");
	l2mc_user_set_sender(lab.u[1], &g1, false, lab.now);
	lab_settle(&lab);
	lab_expect(&lab, "MSI 3001 NOS 1");
	lab_expect_copies(&lab, 1, 1, "m4001");
	/* it starts to send: served by multicast until the LAC has the WOS (A4045-37) */
	l2mc_user_set_sender(lab.u[1], &g1, true, lab.now);
	lab_flush(&lab);
	lab_expect(&lab, "MSI 3001 WOS 1");
	lab_expect_copies(&lab, 1, 1, "m4001");
	lab_ack(&lab);
	lab_expect_copies(&lab, 1, 1, "m4001 u1");
	/* what is known of a sender survives its membership, and the other way round */
	lab_report(&lab, 1, 1, "-");
	lab_report(&lab, 1, 1, "ex");
	lab_settle(&lab);
	lab_expect(&lab, "");
	lab_report(&lab, 1, 1, "-");
	l2mc_user_set_sender(lab.u[1], &g1, false, lab.now);
	lab_report(&lab, 1, 1, "ex");
	lab_settle(&lab);
	lab_expect(&lab, "MSI 3001 NOS 1");
}
END_TEST

/* V4045-D11 */
START_TEST(ipv6_groups_are_like_ipv4_groups)
{
	lab_start(&lab, 3);
	l2mc_user_set_eligible(lab.u[3], true, false, lab.now);
	report_range(1, 3, 101, "ex");
	report_range(1, 3, 1, "ex");
	lab_settle(&lab);
	ck_assert_str_eq(lab_record(&lab, 1, 101), "ex");
	lab_expect(&lab, "MSRQ 4001; MSRQ 4002; MSI 3001 NOS 1 2; MSI 3002 NOS 1 2 3");
	lab_expect_copies(&lab, 101, 1, "m4001 u3");
	lab_expect_copies(&lab, 1, 1, "m4002");
}
END_TEST

/* V4045-D12: R4045-4.2-3 */
START_TEST(tunnels_have_records_of_their_own)
{
	lab_start(&lab, 1);
	lab_tunnel(&lab, 2, true);
	lab_user(&lab, 2, 2);
	report_range(1, 2, 1, "ex");
	lab_settle(&lab);
	lab_expect(&lab, "");
	ck_assert_str_eq(lab_record(&lab, 1, 1), "ex");
	ck_assert_str_eq(lab_record(&lab, 2, 1), "ex");
	lab_expect_copies(&lab, 1, 1, "u1 u2");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("l2mc_vectors");
	TCase *tc = tcase_create("vectors");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, two_groups_get_a_session_each);
	tcase_add_test(tc, include_gets_a_session_per_source);
	tcase_add_test(tc, include_gets_one_session_per_source_list_if_policy_says_so);
	tcase_add_test(tc, exclude_carries_all_that_somebody_wants);
	tcase_add_test(tc, filter_modes_change_without_loss_or_copies_too_many);
	tcase_add_loop_test(tc, records_merge_as_rfc_3376_says, 0, array_size(merges));
	tcase_add_test(tc, the_last_member_takes_the_session_along);
	tcase_add_loop_test(tc, the_threshold_counts_receivers_of_the_context, 0, 2);
	tcase_add_test(tc, an_ineligible_user_is_served_by_unicast);
	tcase_add_test(tc, a_sender_stays_out_of_the_list_of_its_group);
	tcase_add_test(tc, ipv6_groups_are_like_ipv4_groups);
	tcase_add_test(tc, tunnels_have_records_of_their_own);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
