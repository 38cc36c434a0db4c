// SPDX-License-Identifier: GPL-2.0-or-later
/* Transitions between filter modes: RFC 4045 4.3a and 4.3b beyond the plain case of V4045-A4. */
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

/* Users 1 to 3 want sources 1 and 2: sessions 4001 and 4002. */
static void include(int n_users)
{
	lab_start(&lab, n_users);
	report_range(1, 3, 1, "in 1 2");
	lab_settle(&lab);
	lab_sent(&lab);
}

/* ... and user 4 wants everything: session 4001. */
static void exclude(void)
{
	include(4);
	lab_report(&lab, 4, 1, "ex");
	lab_settle(&lab);
	lab_sent(&lab);
	ck_assert_str_eq(lab_session(&lab, 1), "established 1 2 3 4");
}

/* R4045-4.3-12: one round trip is all that lies between the updates of a transition */
START_TEST(the_updates_of_a_transition_wait_for_nothing_but_the_lac)
{
	const int rtt = 20;
	msec_t first, last;

	include(4);
	lab_report(&lab, 4, 1, "ex");
	lab_flush(&lab);
	lab_expect(&lab, "MSI 3001 NOS 4");
	first = lab.now;
	lab.now += rtt;
	lab_ack(&lab);
	lab_nosa(&lab, 1, "4");
	lab_expect(&lab, "MSI 3002 WOS 1 2 3; MSEN 3002 4002 4"); /* passive: the OSL first */
	last = lab.now;
	ck_assert_int_le(last - first, rtt);
	lab_settle(&lab);
	lab_report(&lab, 4, 1, "-");
	lab_flush(&lab);
	lab_msrp(&lab, 3);
	lab_mse(&lab, 3);
	lab_expect(&lab, "MSRQ 4003; MSI 3003 NOS 1 2 3");
	first = lab.now;
	lab.now += rtt;
	lab_ack(&lab);
	lab_nosa(&lab, 3, "1 2 3");
	lab_expect(&lab, "MSI 3001 WOS 4");
	ck_assert_int_le(lab.now - first, rtt);
}
END_TEST

/* R4045-4.3-11 */
START_TEST(the_session_that_remains_may_have_too_few_receivers)
{
	lab.policy.threshold = 5;
	lab_start(&lab, 6);
	report_range(1, 5, 1, "in 1 2");
	lab_settle(&lab);
	lab_sent(&lab);
	lab_report(&lab, 5, 1, "-");
	lab_report(&lab, 4, 1, "ex");
	lab_settle(&lab);
	lab_expect(&lab, "MSI 3002 WOS 5 4 1 2 3; MSEN 3002 4002 4; MSI 3001 WOS 5");
	ck_assert_str_eq(lab_session(&lab, 1), "established 1 2 3 4");
	lab_wait(&lab, 9999);
	lab_expect(&lab, "");
	lab_wait(&lab, 2);
	lab_expect(&lab, "MSEN 3001 4001 3");
	lab_expect_copies(&lab, 1, 1, "u1 u2 u3 u4");
}
END_TEST

/* R4045-4.3-10: actively, too */
START_TEST(superfluous_sessions_may_be_ended_without_a_withdrawal)
{
	lab.policy.active = true;
	include(4);
	lab_report(&lab, 4, 1, "ex");
	lab_flush(&lab);
	lab_ack(&lab);
	lab_nosa(&lab, 1, "4");
	lab_expect(&lab, "MSI 3001 NOS 4; MSEN 3002 4002 4");
	lab_expect_copies(&lab, 1, 2, "m4001");
}
END_TEST

/* A4045-2: never guessed, but agreed on */
START_TEST(the_header_of_a_nosa_may_have_the_id_of_the_lac)
{
	struct l2tp_sid_op op = {L2TP_AVP_NEW_OUTGOING_SESSIONS_ACK, 1};
	struct l2tp_msg m = {.type = L2TP_MSI, .session_id = 0x3001, .sids = &op, .n_sids = 1};

	lab.policy.ack_lac_id = true;
	lab_start(&lab, 2);
	report_range(1, 2, 1, "ex");
	lab_flush(&lab);
	lab_msrp(&lab, 1);
	lab_mse(&lab, 1);
	lab_nosa(&lab, 1, "1"); /* 4001: no session of this LAC */
	ck_assert_str_eq(lab_session(&lab, 1), "established");
	lab_input(&lab, 1, &m, NULL);
	ck_assert_str_eq(lab_session(&lab, 1), "established 1");
	lab_sent(&lab);
}
END_TEST

/* A4045-23 */
START_TEST(widening_waits_a_second_for_the_nosa_and_no_longer)
{
	include(4);
	lab_report(&lab, 4, 1, "ex");
	lab_flush(&lab);
	lab_ack(&lab);
	lab_expect(&lab, "MSI 3001 NOS 4");
	lab_wait(&lab, 999);
	lab_expect(&lab, "");
	lab_expect_copies(&lab, 1, 2, "m4002 u4");
	lab_wait(&lab, 1);
	lab_expect(&lab, "MSI 3002 WOS 1 2 3; MSEN 3002 4002 4");
	lab_expect_copies(&lab, 1, 2, "m4001 u4");
	lab_nosa(&lab, 1, "4");
	lab_expect_copies(&lab, 1, 2, "m4001");
}
END_TEST

START_TEST(widening_does_not_wait_if_the_lac_knows_all_members)
{
	include(3);
	lab_report(&lab, 3, 1, "ex");
	lab_flush(&lab);
	lab_expect(&lab, "MSI 3002 WOS 3 1 2; MSEN 3002 4002 4");
	for (int source = 1; source <= 3; source++)
		lab_expect_copies(&lab, 1, source, "m4001");
}
END_TEST

/* A member of a session that is not kept is the one that changes: it keeps what it had. */
START_TEST(the_member_that_widens_gets_no_copy_twice)
{
	include(6);
	lab_report(&lab, 4, 1, "in 2");
	report_range(5, 6, 1, "in 1");
	lab_settle(&lab);
	lab_sent(&lab);
	lab_report(&lab, 4, 1, "ex");
	lab_flush(&lab);
	lab_expect(&lab, "MSI 3001 NOS 4");
	lab_expect_copies(&lab, 1, 1, "m4001 u4");
	lab_expect_copies(&lab, 1, 2, "m4002");
	lab_expect_copies(&lab, 1, 3, "u4");
	lab_nosa(&lab, 1, "4");
	lab_expect(&lab, "MSI 3002 WOS 4 1 2 3; MSEN 3002 4002 4");
	for (int source = 1; source <= 3; source++)
		lab_expect_copies(&lab, 1, source, "m4001");
}
END_TEST

/* A4045-25: the session whose OSL overlaps most with the new one, not the oldest; the member
 * that changes counts, whichever it was in */
START_TEST(the_session_with_the_largest_list_is_kept)
{
	lab_start(&lab, 5);
	report_range(1, 2, 1, "in 1");
	lab_settle(&lab);
	report_range(3, 5, 1, "in 2");
	lab_settle(&lab);
	lab_expect(&lab, "MSRQ 4001; MSI 3001 NOS 1 2; MSRQ 4002; MSI 3002 NOS 3 4 5");
	lab_report(&lab, _i ? 5 : 1, 1, "ex");
	lab_settle(&lab);
	lab_expect(&lab, "MSI 3002 NOS 1 2; MSI 3001 WOS 1 2; MSEN 3001 4001 4");
	lab_expect_copies(&lab, 1, 1, "m4002");
	lab_expect_copies(&lab, 1, 7, "m4002");
}
END_TEST

START_TEST(a_session_that_carries_nothing_yet_just_changes_its_context)
{
	lab_start(&lab, 3);
	report_range(1, 2, 1, "in 1");
	lab_expect(&lab, "MSRQ 4001");
	lab_report(&lab, 3, 1, "ex");
	lab_settle(&lab);
	lab_expect(&lab, "MSI 3001 NOS 1 2 3");
	lab_expect_copies(&lab, 1, 7, "m4001");

	report_range(1, 2, 2, "ex");
	lab_expect(&lab, "MSRQ 4002");
	report_range(1, 2, 2, "in 1");
	lab_settle(&lab);
	lab_expect(&lab, "MSI 3002 NOS 1 2");
	lab_expect_copies(&lab, 2, 1, "m4002");
}
END_TEST

/* R4045-4.3-7: set-up of the others is called off */
START_TEST(sessions_being_opened_are_called_off_when_the_group_widens)
{
	include(4);
	report_range(1, 2, 1, "in 1 2 3");
	lab_flush(&lab);
	lab_expect(&lab, "MSRQ 4003");
	lab_report(&lab, 4, 1, "ex");
	lab_expect(&lab, "MSEN 0 4003 4");
	lab_settle(&lab);
	ck_assert_str_eq(lab_session(&lab, 1), "established 1 2 3 4");
	ck_assert_str_eq(lab_session(&lab, 2), "-");
}
END_TEST

/* The kept session ends while the group widens: everything by unicast, then a new attempt. */
START_TEST(widening_survives_the_end_of_the_session_that_is_kept)
{
	include(4);
	lab_report(&lab, 4, 1, "ex");
	lab_flush(&lab);
	lab_sent(&lab);
	lab_msen(&lab, 1, L2TP_MSEN_ERROR);
	lab_expect(&lab, "MSI 3002 WOS 1 2 3; MSEN 3002 4002 4");
	for (int source = 1; source <= 3; source++)
		lab_expect_copies(&lab, 1, source, source < 3 ? "u1 u2 u3 u4" : "u4");
	lab_wait(&lab, 60000);
	lab_settle(&lab);
	lab_expect(&lab, "MSRQ 4003; MSI 3003 NOS 1 2 3 4");
}
END_TEST

START_TEST(widening_survives_the_end_of_another_session)
{
	include(4);
	lab_report(&lab, 4, 1, "ex");
	lab_flush(&lab);
	lab_sent(&lab);
	lab_msen(&lab, 2, L2TP_MSEN_NO_TRAFFIC);
	lab_expect(&lab, "");
	lab_expect_copies(&lab, 1, 1, "m4001 u4");
	lab_expect_copies(&lab, 1, 2, "u1 u2 u3 u4");
	lab_settle(&lab);
	lab_expect(&lab, "");
	lab_nosa(&lab, 1, "4");
	lab_expect_copies(&lab, 1, 2, "m4001");
}
END_TEST

/* ... even if that one serves only members whose place in it is given up already */
START_TEST(widening_tells_of_the_end_of_a_session_that_lives_on_withdrawals)
{
	lab_start(&lab, 6);
	l2mc_user_set_eligible(lab.u[6], false, false, lab.now);
	report_range(1, 3, 1, "in 1");
	report_range(4, 6, 1, "in 2");
	lab_settle(&lab);
	report_range(4, 5, 1, "ex");
	lab_flush(&lab);
	lab_expect_copies(&lab, 1, 1, "m4001 u4 u5");
	lab_expect_copies(&lab, 1, 2, "m4002 u6");
	lab_expect_copies(&lab, 1, 3, "u4 u5");
	lab_msen(&lab, 2, L2TP_MSEN_NO_TRAFFIC);
	lab_expect_copies(&lab, 1, 2, "u4 u5 u6");
}
END_TEST

/* The EXCLUDE member leaves again before the switch. */
START_TEST(a_group_that_widens_can_narrow_at_once)
{
	include(4);
	lab_report(&lab, 4, 1, "ex");
	lab_report(&lab, 4, 1, "-");
	lab_settle(&lab);
	lab_expect_copies(&lab, 1, 1, "m4001");
	lab_expect_copies(&lab, 1, 2, "m4003");
	ck_assert_str_eq(lab_session(&lab, 1), "established 1 2 3");
	ck_assert_str_eq(lab_session(&lab, 3), "established 1 2 3");
}
END_TEST

/* A4045-24: timeout, the source goes to unicast */
START_TEST(narrowing_waits_three_seconds_for_the_new_sessions)
{
	exclude();
	lab_report(&lab, 4, 1, "-");
	lab_flush(&lab);
	lab_expect(&lab, "MSRQ 4003");
	lab_wait(&lab, 2999);
	lab_expect(&lab, "");
	lab_expect_copies(&lab, 1, 2, "m4001");
	lab_wait(&lab, 1);
	lab_expect(&lab, "MSI 3001 WOS 4");
	lab_expect_copies(&lab, 1, 1, "m4001");
	lab_expect_copies(&lab, 1, 2, "u1 u2 u3");
	lab_settle(&lab); /* late, but not too late */
	lab_expect(&lab, "MSI 3003 NOS 1 2 3");
	lab_expect_copies(&lab, 1, 2, "m4003");
}
END_TEST

/* A new session is refused: the others do not wait for it. */
START_TEST(narrowing_does_not_wait_for_a_session_that_was_refused)
{
	exclude();
	lab_report(&lab, 4, 1, "-");
	lab_flush(&lab);
	lab_sent(&lab);
	lab_msen(&lab, 3, L2TP_MSEN_ERROR);
	lab_expect(&lab, "MSI 3001 WOS 4");
	lab_expect_copies(&lab, 1, 1, "m4001");
	lab_expect_copies(&lab, 1, 2, "u1 u2 u3");
}
END_TEST

START_TEST(narrowing_is_called_off_by_a_new_exclude)
{
	exclude();
	lab_report(&lab, 4, 1, "-");
	lab_flush(&lab);
	lab_expect(&lab, "MSRQ 4003");
	lab_report(&lab, 4, 1, "ex");
	lab_flush(&lab);
	lab_expect(&lab, "MSEN 0 4003 4");
	for (int source = 1; source <= 3; source++)
		lab_expect_copies(&lab, 1, source, "m4001");
	ck_assert_str_eq(lab_session(&lab, 1), "established 1 2 3 4");
}
END_TEST

/* ... by a member the LAC knows: the WOS of the one that left is not forgotten. */
START_TEST(a_wos_held_back_by_narrowing_is_sent_when_it_is_called_off)
{
	exclude();
	lab_report(&lab, 4, 1, "-");
	lab_flush(&lab);
	lab_expect(&lab, "MSRQ 4003");
	lab_report(&lab, 3, 1, "ex");
	lab_flush(&lab);
	lab_expect(&lab, "MSEN 0 4003 4; MSI 3001 WOS 4");
}
END_TEST

START_TEST(narrowing_survives_the_end_of_the_session_that_is_kept)
{
	exclude();
	lab_report(&lab, 4, 1, "-");
	lab_flush(&lab);
	lab_msrp(&lab, 3);
	lab_mse(&lab, 3);
	lab_nosa(&lab, 3, "1");
	lab_sent(&lab);
	lab_msen(&lab, 1, L2TP_MSEN_ERROR);
	lab_expect(&lab, ""); /* and no new attempt for a minute */
	lab_expect_copies(&lab, 1, 1, "u1 u2 u3");
	lab_expect_copies(&lab, 1, 2, "m4003 u2 u3");
	lab_wait(&lab, 60000);
	lab_settle(&lab);
	ck_assert_str_eq(lab_session(&lab, 4), "established 1 2 3");
}
END_TEST

/* A4045-25: the largest list; tie: the lowest address */
START_TEST(the_kept_session_takes_the_source_with_the_largest_list)
{
	lab_start(&lab, 5);
	lab_report(&lab, 1, 1, "ex");
	report_range(2, 3, 1, "in 1 2");
	lab_report(&lab, 4, 1, _i ? "in 2" : "-");
	lab_settle(&lab);
	lab_sent(&lab);
	lab_report(&lab, 1, 1, "-");
	lab_settle(&lab);
	lab_expect_copies(&lab, 1, 1, _i ? "m4002" : "m4001");
	lab_expect_copies(&lab, 1, 2, _i ? "m4001" : "m4002");
}
END_TEST

START_TEST(a_policy_change_moves_groups_as_filter_modes_do)
{
	include(3);
	lab.policy.per_group = true;
	l2mc_lns_set_policy(lab.lns, &lab.policy, lab.now);
	lab_flush(&lab);
	lab_expect(&lab, "MSI 3002 WOS 1 2 3; MSEN 3002 4002 4");
	lab_expect_copies(&lab, 1, 2, "m4001");
	lab_settle(&lab);
	lab.policy.per_group = false;
	l2mc_lns_set_policy(lab.lns, &lab.policy, lab.now);
	lab_expect(&lab, "MSRQ 4003");
	lab_settle(&lab);
	lab_expect_copies(&lab, 1, 1, "m4001");
	lab_expect_copies(&lab, 1, 2, "m4003");
}
END_TEST

/* Refused as member of the group, accepted as member of a source: what counts is the last. */
START_TEST(who_was_refused_in_one_context_may_be_accepted_in_another)
{
	lab_start(&lab, 3);
	report_range(1, 2, 1, "ex");
	lab_settle(&lab);
	lab_report(&lab, 3, 1, "in 1");
	for (int i = 0; i < 5; i++) {
		lab_flush(&lab);
		lab_ack(&lab);
		lab_wait(&lab, 30000);
	}
	lab_expect_copies(&lab, 1, 1, "m4001 u3"); /* refused */
	report_range(1, 2, 1, "in 1");
	lab_settle(&lab);
	lab_expect_copies(&lab, 1, 1, "m4001");
	report_range(1, 2, 1, "ex");
	lab_settle(&lab);
	lab_expect_copies(&lab, 1, 1, "m4001");
	ck_assert_str_eq(lab_session(&lab, 1), "established 1 2 3");
	lab_report(&lab, 1, 1, "-"); /* two receivers are left: enough */
	lab_wait(&lab, 60000);
	ck_assert_str_eq(lab_session(&lab, 1), "established 2 3");
}
END_TEST

/* Everybody leaves in the middle (0: of widening, 1: of narrowing). */
START_TEST(the_last_member_may_leave_during_a_transition)
{
	if (_i)
		exclude();
	else
		include(4);
	lab_report(&lab, 4, 1, _i ? "-" : "ex");
	lab_flush(&lab);
	report_range(1, 4, 1, "-");
	lab_settle(&lab);
	for (int s = 1; s <= 3; s++)
		ck_assert_str_eq(lab_session(&lab, s), "-");
	lab_expect_copies(&lab, 1, 1, "");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("l2mc_transition");
	TCase *tc = tcase_create("transition");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_updates_of_a_transition_wait_for_nothing_but_the_lac);
	tcase_add_test(tc, the_session_that_remains_may_have_too_few_receivers);
	tcase_add_test(tc, superfluous_sessions_may_be_ended_without_a_withdrawal);
	tcase_add_test(tc, the_header_of_a_nosa_may_have_the_id_of_the_lac);
	tcase_add_test(tc, widening_waits_a_second_for_the_nosa_and_no_longer);
	tcase_add_test(tc, widening_does_not_wait_if_the_lac_knows_all_members);
	tcase_add_test(tc, the_member_that_widens_gets_no_copy_twice);
	tcase_add_loop_test(tc, the_session_with_the_largest_list_is_kept, 0, 2);
	tcase_add_test(tc, a_session_that_carries_nothing_yet_just_changes_its_context);
	tcase_add_test(tc, sessions_being_opened_are_called_off_when_the_group_widens);
	tcase_add_test(tc, widening_survives_the_end_of_the_session_that_is_kept);
	tcase_add_test(tc, widening_survives_the_end_of_another_session);
	tcase_add_test(tc, widening_tells_of_the_end_of_a_session_that_lives_on_withdrawals);
	tcase_add_test(tc, a_group_that_widens_can_narrow_at_once);
	tcase_add_test(tc, narrowing_waits_three_seconds_for_the_new_sessions);
	tcase_add_test(tc, narrowing_does_not_wait_for_a_session_that_was_refused);
	tcase_add_test(tc, narrowing_is_called_off_by_a_new_exclude);
	tcase_add_test(tc, a_wos_held_back_by_narrowing_is_sent_when_it_is_called_off);
	tcase_add_test(tc, narrowing_survives_the_end_of_the_session_that_is_kept);
	tcase_add_loop_test(tc, the_kept_session_takes_the_source_with_the_largest_list, 0, 2);
	tcase_add_test(tc, a_policy_change_moves_groups_as_filter_modes_do);
	tcase_add_test(tc, who_was_refused_in_one_context_may_be_accepted_in_another);
	tcase_add_loop_test(tc, the_last_member_may_leave_during_a_transition, 0, 2);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
