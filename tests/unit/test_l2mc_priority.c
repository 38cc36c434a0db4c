// SPDX-License-Identifier: GPL-2.0-or-later
/* Multicast Packets Priority (AVP 84): RFC 4045 6.3 on the LAC and on the LNS. */
#include <stdlib.h>

#include "tests/unit/l2mc_lab.h"
#include "tests/unit/l2mc_lac_bench.h"

#define UNSET 9

/* ---------------------------------------------------------------- LAC */

/* R4045-6.3.3-1, A4045-3: what counts for user 3 when priorities came in this order */
static const struct {
	enum l2mc_precedence precedence;
	uint16_t first_global, individual, second_global;
	uint8_t user, others;
} rows[] = {
	/* clang-format off */
	{L2MC_INDIVIDUAL,       UNSET, UNSET, UNSET, 0, 0},
	{L2MC_INDIVIDUAL,       2,     UNSET, UNSET, 2, 2},
	{L2MC_INDIVIDUAL,       UNSET, 1,     UNSET, 1, 0},
	{L2MC_INDIVIDUAL,       2,     1,     UNSET, 1, 2},
	{L2MC_INDIVIDUAL,       UNSET, 1,     2,     1, 2},
	{L2MC_INDIVIDUAL,       2,     0,     UNSET, 0, 2}, /* 0 is a value, too (A4045-4) */
	{L2MC_GLOBAL,           UNSET, 1,     UNSET, 1, 0},
	{L2MC_GLOBAL,           2,     1,     UNSET, 2, 2},
	{L2MC_GLOBAL,           0,     1,     UNSET, 0, 0},
	{L2MC_LAST_RECEIVED,    2,     1,     UNSET, 1, 2},
	{L2MC_LAST_RECEIVED,    UNSET, 1,     2,     2, 2},
	{L2MC_LAST_RECEIVED,    1,     2,     1,     1, 1},
	{L2MC_PRIORITY_IGNORED, 2,     1,     2,     0, 0}, /* R4045-6.3.3-2 */
	/* clang-format on */
};

static void priority(uint16_t session_id, uint16_t value)
{
	if (value != UNSET)
		bench_priority(session_id, value);
}

START_TEST(the_administrator_chooses_which_priority_counts)
{
	const struct l2mc_osl *o;

	b.policy.precedence = rows[_i].precedence;
	bench_established();
	bench_msi(0x3001, "+3 +4");
	priority(0x3001, rows[_i].first_global);
	priority(3, rows[_i].individual);
	priority(0x3001, rows[_i].second_global);
	o = l2mc_osl_find(b.t, 0x3001);
	ck_assert_uint_eq(l2mc_osl_priority(o, 3), rows[_i].user);
	ck_assert_uint_eq(l2mc_osl_priority(o, 4), rows[_i].others);
}
END_TEST

/* A4045-3: who is in several lists has the priority of the flow at hand */
START_TEST(a_global_priority_is_that_of_one_multicast_session)
{
	bench_established();
	bench_msrq(2);
	bench_msi(0x3001, "+3");
	bench_msi(0x3002, "+3");
	bench_log();
	bench_priority(0x3001, 2);
	expect("program 3001 v3 3/2");
	bench_priority(0x3002, 1);
	expect("program 3002 v3 3/1");
	bench_priority(0x3002, 7); /* A4045-43 */
	expect("");
}
END_TEST

/* R4045-6.3.2-1, -2 */
START_TEST(an_individual_priority_is_for_all_flows_of_one_user)
{
	bench_established();
	bench_msrq(2);
	bench_msrq(3);
	bench_msi(0x3001, "+3 +4");
	bench_msi(0x3002, "+3");
	bench_msi(0x3003, "+4");
	bench_log();
	bench_priority(3, 1);
	ck_assert_uint_eq(l2mc_osl_priority(l2mc_osl_find(b.t, 0x3001), 3), 1);
	ck_assert_uint_eq(l2mc_osl_priority(l2mc_osl_find(b.t, 0x3002), 3), 1);
	ck_assert_uint_eq(l2mc_osl_priority(l2mc_osl_find(b.t, 0x3001), 4), 0);
	ck_assert_ptr_null(strstr(bench_log(), "3003")); /* it is not in that list */
	/* a list it enters later */
	bench_msi(0x3003, "+3");
	expect("program 3003 v3 3/1 4");
	ck_assert_uint_eq(bench_stats().individual_priorities, 1);
}
END_TEST

/* A4045-4: no AVP takes it back; the end of the session does */
START_TEST(an_individual_priority_ends_with_its_session)
{
	uint8_t value;

	bench_established();
	bench_msi(0x3001, "+3");
	bench_priority(3, 2);
	ck_assert(l2mc_lac_individual(b.t, 3, &value));
	ck_assert_uint_eq(value, 2);
	bench_log();
	l2mc_lac_session_gone(b.t, 3);
	expect("program 3001 v4");
	bench_msi(0x3001, "+3"); /* another subscriber, the same ID */
	expect("program 3001 v5 3");
	ck_assert(!l2mc_lac_individual(b.t, 3, &value));
}
END_TEST

/* A priority does not depend on a list, and acknowledges nothing. */
START_TEST(a_priority_may_come_before_the_list)
{
	bench_established();
	bench_priority(0x3001, 2);
	bench_priority(3, 1);
	expect("");
	bench_msi(0x3001, "+3 +4");
	bench_installed(2);
	expect("program 3001 v2 3/1 4/2; NOSA 4001 3 4");
	bench_priority(4, 0);
	bench_installed(3);
	expect("program 3001 v3 3/1 4");
}
END_TEST

START_TEST(a_new_precedence_is_for_what_is_there)
{
	bench_established();
	bench_msi(0x3001, "+3");
	bench_priority(0x3001, 2);
	bench_priority(3, 1);
	bench_log();
	b.policy.precedence = L2MC_GLOBAL;
	l2mc_lac_set_policy(b.lac, &b.policy);
	expect("program 3001 v5 3/2");
	l2mc_lac_set_policy(b.lac, &b.policy);
	expect("");
}
END_TEST

/* ---------------------------------------------------------------- LNS */

static struct lab lab;

static void setup(void)
{
	lab_init(&lab);
}

static void teardown(void)
{
	lab_fini(&lab);
}

static void set_global(uint8_t value)
{
	lab.policy.priority = value;
	l2mc_lns_set_policy(lab.lns, &lab.policy, lab.now);
	lab_flush(&lab);
}

/* R4045-6.3-1: without it best effort, and no AVP; R4045-6.3.1-1 */
START_TEST(the_global_priority_travels_with_the_first_list)
{
	lab.policy.priority = 2 * _i;
	lab_start(&lab, 2);
	lab_report(&lab, 1, 1, "ex");
	lab_report(&lab, 2, 1, "ex");
	lab_settle(&lab);
	lab_expect(&lab, _i ? "MSRQ 4001; MSI 3001 NOS 1 2 P2" : "MSRQ 4001; MSI 3001 NOS 1 2");
}
END_TEST

START_TEST(a_new_global_priority_is_told_once_for_each_session)
{
	lab_start(&lab, 2);
	for (int group = 1; group <= 3; group++)
		for (int user = 1; user <= 2; user++)
			lab_report(&lab, user, group, "ex");
	lab_flush(&lab);
	lab_msrp(&lab, 1);
	lab_mse(&lab, 1);
	lab_ack(&lab);
	lab_nosa(&lab, 1, "1 2");
	lab_sent(&lab);
	set_global(1); /* the others are not established yet */
	lab_expect(&lab, "MSI 3001 P1");
	set_global(2); /* one update at a time */
	lab_expect(&lab, "");
	lab_ack(&lab);
	lab_expect(&lab, "MSI 3001 P2");
	lab_ack(&lab);
	lab_expect(&lab, "");
	set_global(0);
	lab_expect(&lab, "MSI 3001 P0");
}
END_TEST

/* R4045-6.3.2-1, -3; A4045-4 */
START_TEST(an_individual_priority_is_told_and_reset_to_the_global_one)
{
	lab_start(&lab, 2);
	l2mc_user_set_priority(lab.u[2], false, 0); /* it never had one */
	lab_expect(&lab, "");
	l2mc_user_set_priority(lab.u[2], true, 0); /* best effort is said, too */
	lab_expect(&lab, "MSI 2 P0");
	l2mc_user_set_priority(lab.u[2], true, 2);
	l2mc_user_set_priority(lab.u[2], true, 2);
	lab_expect(&lab, "MSI 2 P2");
	set_global(1); /* which is not for this user */
	lab_expect(&lab, "");
	l2mc_user_set_priority(lab.u[2], false, 0);
	lab_expect(&lab, "MSI 2 P1");
	set_global(2); /* now it is */
	lab_expect(&lab, "MSI 2 P2");
}
END_TEST

START_TEST(a_lac_without_the_capability_hears_of_no_priority)
{
	lab.policy.priority = 2;
	lab_start(&lab, 0);
	lab_tunnel(&lab, 2, false);
	lab_user(&lab, 2, 1);
	l2mc_user_set_priority(lab.u[1], true, 1);
	set_global(1);
	lab_expect(&lab, "");
}
END_TEST

START_TEST(names_are_those_of_the_commands)
{
	lab_start(&lab, 0);
	ck_assert_str_eq(l2mc_priority_name(0), "best-effort");
	ck_assert_str_eq(l2mc_priority_name(1), "unicast");
	ck_assert_str_eq(l2mc_priority_name(2), "multicast");
	ck_assert_str_eq(l2mc_priority_name(3), "unknown");
	ck_assert_str_eq(l2mc_precedence_name(L2MC_LAST_RECEIVED), "last-received");
	ck_assert_str_eq(l2mc_precedence_name(9), "unknown");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("l2mc_priority");
	TCase *lac = tcase_create("lac"), *lns = tcase_create("lns");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(lac, bench_setup, bench_teardown);
	tcase_add_loop_test(lac, the_administrator_chooses_which_priority_counts, 0,
			    array_size(rows));
	tcase_add_test(lac, a_global_priority_is_that_of_one_multicast_session);
	tcase_add_test(lac, an_individual_priority_is_for_all_flows_of_one_user);
	tcase_add_test(lac, an_individual_priority_ends_with_its_session);
	tcase_add_test(lac, a_priority_may_come_before_the_list);
	tcase_add_test(lac, a_new_precedence_is_for_what_is_there);
	tcase_add_checked_fixture(lns, setup, teardown);
	tcase_add_loop_test(lns, the_global_priority_travels_with_the_first_list, 0, 2);
	tcase_add_test(lns, a_new_global_priority_is_told_once_for_each_session);
	tcase_add_test(lns, an_individual_priority_is_told_and_reset_to_the_global_one);
	tcase_add_test(lns, a_lac_without_the_capability_hears_of_no_priority);
	tcase_add_test(lns, names_are_those_of_the_commands);
	suite_add_tcase(s, lac);
	suite_add_tcase(s, lns);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
