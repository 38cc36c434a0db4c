// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A new receiver of a multicast session that runs already: its unicast copy is not started while
 * the NOSA is on its way, so that it never gets two copies of a packet.
 */
#include <stdlib.h>

#include "tests/unit/l2mc_lab.h"

#define WAIT 200

static struct lab lab;

/* Users 1 and 2 are served by the session 4001. */
static void setup(void)
{
	lab_init(&lab);
	lab.policy.await_ms = WAIT;
	lab_start(&lab, 6);
	lab_report(&lab, 1, 1, "ex");
	lab_report(&lab, 2, 1, "ex");
	lab_settle(&lab);
	lab_sent(&lab);
}

static void teardown(void)
{
	lab_fini(&lab);
}

/* R4045-6.2.2-4: never two copies */
START_TEST(a_new_receiver_has_one_copy_or_none_until_acknowledged)
{
	lab_report(&lab, 3, 1, "ex");
	lab_flush(&lab);
	lab_expect(&lab, "MSI 3001 NOS 3");
	lab_expect_copies(&lab, 1, 1, "m4001");
	ck_assert_str_eq(lab_session(&lab, 1), "established 1 2");
	lab_wait(&lab, WAIT - 1);
	lab_nosa(&lab, 1, "3");
	lab_expect_copies(&lab, 1, 1, "m4001");
	lab_wait(&lab, WAIT);
	lab_expect_copies(&lab, 1, 1, "m4001");
	ck_assert_str_eq(lab_session(&lab, 1), "established 1 2 3");
}
END_TEST

/* R4045-6.2.2-8: a LAC that does not acknowledge costs a moment, not the flow */
START_TEST(without_an_acknowledgement_the_unicast_copy_starts)
{
	lab_report(&lab, 3, 1, "ex");
	lab_wait(&lab, WAIT / 2);
	lab_report(&lab, 4, 1, "ex");
	lab_wait(&lab, WAIT / 2 - 1);
	lab_expect_copies(&lab, 1, 1, "m4001");
	lab_wait(&lab, 1);
	lab_expect_copies(&lab, 1, 1, "m4001 u3");
	lab_wait(&lab, WAIT / 2);
	lab_expect_copies(&lab, 1, 1, "m4001 u3 u4");
	lab_ack(&lab); /* only now is the second MSI sent */
	lab_flush(&lab);
	lab_nosa(&lab, 1, "4");
	lab_expect_copies(&lab, 1, 1, "m4001 u3");
}
END_TEST

START_TEST(a_receiver_that_had_unicast_copies_keeps_them_until_acknowledged)
{
	l2mc_user_set_eligible(lab.u[3], false, false, lab.now);
	lab_report(&lab, 3, 1, "ex");
	lab_flush(&lab);
	lab_expect_copies(&lab, 1, 1, "m4001 u3");
	l2mc_user_set_eligible(lab.u[3], true, true, lab.now);
	lab_flush(&lab);
	lab_expect(&lab, "MSI 3001 NOS 3");
	lab_expect_copies(&lab, 1, 1, "m4001 u3");
}
END_TEST

START_TEST(who_leaves_while_awaited_leaves_nothing_behind)
{
	lab_report(&lab, 3, 1, "ex");
	lab_report(&lab, 3, 1, "-");
	lab_flush(&lab);
	lab_expect(&lab, "");
	lab_report(&lab, 4, 1, "ex");
	lab_flush(&lab);
	lab_report(&lab, 4, 1, "-");
	lab_flush(&lab);
	lab_wait(&lab, 2 * WAIT);
	lab_expect_copies(&lab, 1, 1, "m4001");
	lab_msen(&lab, 1, L2TP_MSEN_ERROR);
	lab_expect_copies(&lab, 1, 1, "u1 u2");
}
END_TEST

START_TEST(a_session_that_ends_gives_awaited_receivers_their_copies)
{
	lab_report(&lab, 3, 1, "ex");
	lab_flush(&lab);
	lab_msen(&lab, 1, L2TP_MSEN_ERROR);
	lab_expect_copies(&lab, 1, 1, "u1 u2 u3");
	lab_wait(&lab, WAIT);
	lab_expect_copies(&lab, 1, 1, "u1 u2 u3");
}
END_TEST

START_TEST(a_source_that_was_wanted_already_goes_on_by_unicast)
{
	lab_report(&lab, 3, 2, "in 1");
	lab_report(&lab, 4, 2, "in 1");
	lab_report(&lab, 5, 2, "in 2");
	lab_settle(&lab);
	lab_sent(&lab);
	lab_expect_copies(&lab, 2, 2, "u5");
	lab_report(&lab, 5, 2, "in 1 2"); /* source 1 is new to it, source 2 is not */
	lab_flush(&lab);
	lab_expect_copies(&lab, 2, 1, "m4002");
	lab_expect_copies(&lab, 2, 2, "u5");
	lab_wait(&lab, WAIT);
	lab_expect_copies(&lab, 2, 1, "m4002 u5");
}
END_TEST

START_TEST(nobody_is_awaited_before_a_session_carries_the_flow)
{
	lab_report(&lab, 1, 3, "ex");
	lab_report(&lab, 2, 3, "ex");
	lab_flush(&lab);
	lab_msrp(&lab, 2);
	lab_mse(&lab, 2);
	lab_flush(&lab);
	lab_report(&lab, 3, 3, "ex"); /* established, but nobody is acknowledged */
	lab_flush(&lab);
	lab_expect_copies(&lab, 3, 1, "u1 u2 u3");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("l2mc_await");
	TCase *c = tcase_create("await");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, a_new_receiver_has_one_copy_or_none_until_acknowledged);
	tcase_add_test(c, without_an_acknowledgement_the_unicast_copy_starts);
	tcase_add_test(c, a_receiver_that_had_unicast_copies_keeps_them_until_acknowledged);
	tcase_add_test(c, who_leaves_while_awaited_leaves_nothing_behind);
	tcase_add_test(c, a_session_that_ends_gives_awaited_receivers_their_copies);
	tcase_add_test(c, a_source_that_was_wanted_already_goes_on_by_unicast);
	tcase_add_test(c, nobody_is_awaited_before_a_session_carries_the_flow);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
