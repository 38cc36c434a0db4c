// SPDX-License-Identifier: GPL-2.0-or-later
/* Traffic as a condition for multicast sessions: RFC 4045 4.3 and 7.3. */
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

static void report_both(int group, const char *state)
{
	for (int user = 1; user <= 2; user++)
		lab_report(&lab, user, group, state);
	lab_flush(&lab);
}

/* R4045-4.3-4 */
START_TEST(receivers_alone_open_no_session)
{
	lab.policy.require_traffic = true;
	lab_start(&lab, 2);
	report_both(1, "ex");
	lab_expect(&lab, "");
	lab_expect_copies(&lab, 1, 1, "u1 u2");
	ck_assert_str_eq(lab_contexts(&lab, 1), "*:2=traffic");
	lab_traffic(&lab, 1, 0, 0); /* forwarding knows the flow, and that is all */
	lab_traffic(&lab, 2, 0, 5); /* another group */
	lab_traffic(&lab, 1, 7, 5); /* no such flow */
	lab_expect(&lab, "");
	lab_traffic(&lab, 1, 0, 5);
	lab_expect(&lab, "MSRQ 4001");
}
END_TEST

/* Traffic that was there before the receivers were enough; it must not be long ago. */
START_TEST(traffic_counts_that_came_not_long_ago)
{
	lab.policy.require_traffic = true;
	lab_start(&lab, 2);
	lab_report(&lab, 1, 1, "ex");
	lab_traffic(&lab, 1, 0, 5);
	lab_wait(&lab, lab.policy.recent_ms - 1 + _i);
	lab_traffic(&lab, 1, 0, 5); /* no new packet */
	lab_report(&lab, 2, 1, "ex");
	lab_settle(&lab);
	lab_expect(&lab, _i ? "" : "MSRQ 4001; MSI 3001 NOS 1 2");
}
END_TEST

/* The traffic of one source opens the session of that source. */
START_TEST(each_context_waits_for_traffic_of_its_own)
{
	lab.policy.require_traffic = true;
	lab_start(&lab, 4);
	lab_tunnel(&lab, 2, true);
	lab_user(&lab, 2, 5);
	lab_report(&lab, 5, 1, "in 3");
	report_both(1, "in 1 2");
	lab_traffic(&lab, 1, 3, 9); /* wanted in the other tunnel only */
	lab_expect(&lab, "");
	lab_traffic(&lab, 1, 2, 9);
	lab_settle(&lab);
	lab_expect(&lab, "MSRQ 4001; MSI 3001 NOS 1 2");
	lab_expect_copies(&lab, 1, 1, "u1 u2");
	lab_expect_copies(&lab, 1, 2, "m4001");
}
END_TEST

/* What all receivers exclude is no traffic for them. */
START_TEST(a_source_that_nobody_wants_is_no_traffic)
{
	lab.policy.require_traffic = true;
	lab_start(&lab, 2);
	report_both(1, "ex 1");
	lab_traffic(&lab, 1, 1, 9);
	lab_expect(&lab, "");
	lab_traffic(&lab, 1, 0, 9);
	lab_expect(&lab, "MSRQ 4001");
}
END_TEST

/* R4045-7.3-1: result 1; the flow is back on unicast and opens a session when it comes again */
START_TEST(a_session_without_packets_ends_and_comes_back_with_them)
{
	lab.policy.idle_ms = 60000;
	lab_start(&lab, 2);
	report_both(1, "in 1");
	lab_settle(&lab);
	lab_expect(&lab, "MSRQ 4001; MSI 3001 NOS 1 2"); /* traffic is not required */
	lab_wait(&lab, 50000);
	lab_traffic(&lab, 1, 1, 7);
	lab_wait(&lab, 59999);
	lab_expect(&lab, "");
	lab_wait(&lab, 1);
	lab_expect(&lab, "MSEN 3001 4001 1");
	lab_expect_copies(&lab, 1, 1, "u1 u2");
	lab_settle(&lab);
	lab_wait(&lab, 1000000);
	report_both(1, "in 1 2"); /* that changes nothing for the first source */
	lab_settle(&lab);
	lab_expect(&lab, "MSRQ 4002; MSI 3002 NOS 1 2");
	lab_traffic(&lab, 1, 1, 8);
	lab_settle(&lab);
	lab_expect(&lab, "MSRQ 4003; MSI 3003 NOS 1 2");
	lab_expect_copies(&lab, 1, 1, "m4003");
}
END_TEST

START_TEST(a_new_timeout_is_for_sessions_that_are_there)
{
	lab_start(&lab, 2);
	report_both(1, "ex");
	lab_settle(&lab);
	lab_sent(&lab);
	lab_wait(&lab, 100000);
	lab.policy.idle_ms = 50000;
	l2mc_lns_set_policy(lab.lns, &lab.policy, lab.now);
	lab_expect(&lab, "");
	lab_wait(&lab, 10);
	lab_expect(&lab, "MSEN 3001 4001 1");
	lab_traffic(&lab, 1, 0, 1);
	lab_settle(&lab);
	lab_expect(&lab, "MSRQ 4002; MSI 3002 NOS 1 2");
	lab.policy.idle_ms = 0;
	l2mc_lns_set_policy(lab.lns, &lab.policy, lab.now);
	lab_wait(&lab, 1000000);
	lab_expect(&lab, "");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("l2mc_traffic");
	TCase *tc = tcase_create("traffic");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, receivers_alone_open_no_session);
	tcase_add_loop_test(tc, traffic_counts_that_came_not_long_ago, 0, 2);
	tcase_add_test(tc, each_context_waits_for_traffic_of_its_own);
	tcase_add_test(tc, a_source_that_nobody_wants_is_no_traffic);
	tcase_add_test(tc, a_session_without_packets_ends_and_comes_back_with_them);
	tcase_add_test(tc, a_new_timeout_is_for_sessions_that_are_there);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
