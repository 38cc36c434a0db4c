// SPDX-License-Identifier: GPL-2.0-or-later
/* Another upstream LSR: delete before add, and make before break (RFC 6388 2.4.3, 8). */
#include <stdlib.h>

#include "tests/unit/mldp_rig.h"

static const struct mldp_step tests[][16] = {
	/* ---------------------------------------------------------------- delete before add */
	{
		/* M-6388-2.4.3-1, -2: the old label goes first, then the new one with the branches,
		 * but for that of the new upstream LSR */
		{"up U1", ""},
		{"up U2 p2mp", ""},
		{"up D1", ""},
		{"route U1", ""},
		{"D1 map 55", "101: D1/55@d1; map U1 101"},
		{"U2 map 56", "101: D1/55@d1 U2/56@u2"},
		{"route U2", "101: gone; withdraw U1 101; 102: D1/55@d1; map U2 102"},
		{"U1 release 101", "free 101"},
		/* M-6388-2.4.3-3: the mapping of U2 is retained, and counts without a message when
		 * there is another upstream LSR again */
		{"caps U1 p2mp", ""},
		{"route U1", "102: gone; withdraw U2 102; 103: D1/55@d1 U2/56@u2; map U1 103"},
		{NULL, NULL},
	},
	{
		/* both are there, the upstream LSR fails: the other one at once */
		{"up U1 p2mp", ""},
		{"up U2 p2mp", ""},
		{"route U2", ""},
		{"leaf", "101: here; map U2 101"},
		{"down U2", "101: gone; free 101"},
		{"route U1", "102: here; map U1 102"},
		{NULL, NULL},
	},
	/* ---------------------------------------------------------------- make before break */
	{
		/* M-6388-8.4.3-1: asked; the old label goes on until the ack (M-6388-8.4.5-1), and
		 * the new one forwards before the old one stops.  M-6388-8.4.2-2: withdraw. */
		{"up U1", ""},
		{"up U2", ""},
		{"route U1", ""},
		{"leaf", "101: here; map U1 101"},
		{"route U2", "map U2 102 mbb"},
		/* M-6388-8.4.5-1: not this label, not this neighbour */
		{"U2 ack 101", ""},
		{"U1 ack 102", ""},
		{"U1 ack 101", ""},
		{"U2 ack 102", "102: here; 101: gone; withdraw U1 101"},
		{"U2 ack 102", ""},
		{NULL, NULL},
	},
	{
		/* M-6388-8.4.2-1, M-6388-8.4.3-2: another change while waiting: the one in the
		 * middle goes, and its ack comes too late */
		{"up U1", ""},
		{"up U2", ""},
		{"up U3", ""},
		{"route U1", ""},
		{"leaf", "101: here; map U1 101"},
		{"route U2", "map U2 102 mbb"},
		{"route U3", "withdraw U2 102; map U3 103 mbb"},
		{"U2 ack 102", ""},
		{"U3 ack 103", "103: here; 101: gone; withdraw U1 101"},
		{NULL, NULL},
	},
	{
		/* back again: as if nothing had been */
		{"up U1", ""},
		{"up U2", ""},
		{"route U1", ""},
		{"leaf", "101: here; map U1 101"},
		{"route U2", "map U2 102 mbb"},
		{"route U1", "withdraw U2 102"},
		{"U2 ack 102", ""},
		{"wait 100000", ""},
		{NULL, NULL},
	},
	{
		/* M-6388-8.4.3-3: no ack: as if it had come; A-mLDP-25 */
		{"up U1", ""},
		{"up U2", ""},
		{"route U1", ""},
		{"leaf", "101: here; map U1 101"},
		{"route U2", "map U2 102 mbb"},
		{"wait 29999", ""},
		{"wait 1", "102: here; 101: gone; withdraw U1 101"},
		{NULL, NULL},
	},
	{
		/* M-6388-8.4.3-3: the old upstream LSR is down: at once */
		{"up U1", ""},
		{"up U2", ""},
		{"route U1", ""},
		{"leaf", "101: here; map U1 101"},
		{"route U2", "map U2 102 mbb"},
		{"down U1", "101: gone; free 101; 102: here"},
		{NULL, NULL},
	},
	{
		/* the new one is down: the old one stays, the next one is asked */
		{"up U1", ""},
		{"up U2", ""},
		{"up U3", ""},
		{"route U1", ""},
		{"leaf", "101: here; map U1 101"},
		{"route U2", "map U2 102 mbb"},
		{"down U2", "free 102"},
		{"route U3", "map U3 103 mbb"},
		{"U3 ack 103", "103: here; 101: gone; withdraw U1 101"},
		{NULL, NULL},
	},
	{
		/* M-6388-8.4.4-1: who hears an ack takes the old path away, so it waits for the
		 * forwarding plane; for a second */
		{"up U1", ""},
		{"up D1", ""},
		{"route U1", ""},
		{"leaf", "101: here; map U1 101"},
		{"busy", ""},
		{"D1 map 55 mbb", "101: D1/55@d1 here"},
		{"wait 6", ""},
		{"no busy", ""},
		{"wait 1", "ack D1 55"},
		{"busy", ""},
		{"D1 withdraw 55", "101: here; release D1 55"},
		{"D1 map 56 mbb", "101: D1/56@d1 here"},
		{"wait 1022", ""},
		{"wait 1", "ack D1 56"},
		{NULL, NULL},
	},
	{
		/* a link is back, its route before its session: the old path stays until then */
		{"up U1", ""},
		{"route U1", ""},
		{"leaf", "101: here; map U1 101"},
		{"route 192.0.2.77", ""},
		{"wait 29999", ""},
		{"up U2", ""},
		{"address U2 192.0.2.77", "map U2 102 mbb"},
		{"U2 ack 102", "102: here; 101: gone; withdraw U1 101"},
		/* but not for ever */
		{"route 192.0.2.99", ""},
		{"wait 29999", ""},
		{"wait 1", "102: gone; withdraw U2 102"},
		{NULL, NULL},
	},
	{
		/* and not when it fails itself, or nobody wants it any more */
		{"up U1", ""},
		{"route U1", ""},
		{"leaf", "101: here; map U1 101"},
		{"route 192.0.2.77", ""},
		{"down U1", "101: gone; free 101"},
		{"up U1", ""},
		{"route U1", "102: here; map U1 102"},
		{"route 192.0.2.77", ""},
		{"no leaf", "102: gone; withdraw U1 102"},
		{NULL, NULL},
	},
	{
		/* nobody wants it any more: both go */
		{"up U1", ""},
		{"up U2", ""},
		{"route U1", ""},
		{"leaf", "101: here; map U1 101"},
		{"route U2", "map U2 102 mbb"},
		{"no leaf", "withdraw U2 102; 101: gone; withdraw U1 101"},
		{NULL, NULL},
	},
	{
		/* the new one refuses: the old one stays, and the other is asked again later */
		{"up U1", ""},
		{"up U2", ""},
		{"route U1", ""},
		{"leaf", "101: here; map U1 101"},
		{"route U2", "map U2 102 mbb"},
		{"U2 release 102", "free 102"},
		{"wait 60000", "map U2 103 mbb"},
		{"U2 request", "map U2 103 mbb"},
		{NULL, NULL},
	},
	/* ---------------------------------------------------------------- who asks us */
	{
		/* M-6388-8.4.4-1: we are complete: the branch, then the ack, to whom has asked
		 * (A-mLDP-1); again if asked again */
		{"up U1", ""},
		{"up D1", ""},
		{"up D2", ""},
		{"route U1", ""},
		{"D1 map 55", "101: D1/55@d1; map U1 101"},
		{"D2 map 56 mbb", "101: D1/55@d1 D2/56@d2; ack D2 56"},
		{"D2 map 56 mbb", "ack D2 56"},
		{"D2 map 57 mbb", "release D2 56; 101: D1/55@d1 D2/57@d2; ack D2 57"},
		{NULL, NULL},
	},
	{
		/* M-6388-8.4.4-1: root */
		{"own", ""},
		{"up D1", ""},
		{"D1 map 55 mbb", "push D1/55@d1; ack D1 55"},
		{NULL, NULL},
	},
	{
		/* M-6388-8.4.4-1, M-6388-8.1-1, -2: not complete: the question goes upstream, and
		 * the ack comes down when ours has come */
		{"up U1", ""},
		{"up D1", ""},
		{"up D2", ""},
		{"route U1", ""},
		{"D1 map 55 mbb", "map U1 101 mbb"},
		{"D2 map 56 mbb", ""},
		{"wait 20000", ""},
		{"U1 ack 101", "101: D1/55@d1 D2/56@d2; ack D1 55; ack D2 56"},
		{NULL, NULL},
	},
	{
		/* M-6388-8.4.4-2: our upstream LSR asks: not before it is that no more */
		{"up U1", ""},
		{"up U2 p2mp", ""},
		{"up D1", ""},
		{"route U1", ""},
		{"D1 map 55", "101: D1/55@d1; map U1 101"},
		{"U1 map 57 mbb", ""},
		{"route U2",
		 "101: gone; withdraw U1 101; 102: D1/55@d1 U1/57@u1; map U2 102; ack U1 57"},
		{NULL, NULL},
	},
	{
		/* M-6388-8.3-2, M-6388-8.3-1: our upstream LSR knows nothing of it: it is not asked, and
		 * whoever has asked us hears at once */
		{"up U1 p2mp", ""},
		{"up D1", ""},
		{"route U1", ""},
		{"D1 map 55 mbb", "101: D1/55@d1; map U1 101; ack D1 55"},
		{NULL, NULL},
	},
	{
		/* M-6388-8.3-1: nor does D1, although it asks: no ack */
		{"up U1", ""},
		{"up D1 p2mp", ""},
		{"route U1", ""},
		{"D1 map 55 mbb", "101: D1/55@d1; map U1 101"},
		{NULL, NULL},
	},
	{
		/* A-mLDP-24: who has not asked need not wait, but D1 has to */
		{"up U1", ""},
		{"up D1", ""},
		{"up D2", ""},
		{"route U1", ""},
		{"D1 map 55 mbb", "map U1 101 mbb"},
		{"D2 map 56", "101: D1/55@d1 D2/56@d2"},
		{"U1 ack 99", ""},
		{"U1 ack 101", "ack D1 55"},
		{"U1 ack 101", ""},
		{"wait 100000", ""},
		{NULL, NULL},
	},
	{
		/* nor a leaf here, whoever was first */
		{"up U1", ""},
		{"up D1", ""},
		{"leaf", ""},
		{"D1 map 55 mbb", ""},
		{"route U1", "101: D1/55@d1 here; map U1 101 mbb"},
		{"wait 29999", ""},
		{"wait 1", "ack D1 55"},
		{NULL, NULL},
	},
	{
		/* D1 changes its label and its mind: no ack is due any more */
		{"up U1", ""},
		{"up D1", ""},
		{"route U1", ""},
		{"D1 map 55 mbb", "map U1 101 mbb"},
		{"D1 map 56", "release D1 55; 101: D1/56@d1"},
		{"U1 ack 101", ""},
		{NULL, NULL},
	},
	{
		/* there and back while D1 waits: it hears in the end */
		{"up U1", ""},
		{"up U2", ""},
		{"up D1", ""},
		{"leaf", ""},
		{"D1 map 55 mbb", ""},
		{"route U1", "101: D1/55@d1 here; map U1 101 mbb"},
		{"route U2", "map U2 102 mbb"},
		{"route U1", "withdraw U2 102"},
		{"wait 30000", "ack D1 55"},
		{NULL, NULL},
	},
	{
		/* the upstream LSR changes before its ack has come: D1 waits for the next one */
		{"up U1", ""},
		{"up U2", ""},
		{"up D1", ""},
		{"route U1", ""},
		{"leaf", "101: here; map U1 101"},
		{"U1 release 101", "101: gone; free 101"},
		{"D1 map 55 mbb", ""},
		{"route U2", "102: D1/55@d1 here; map U2 102 mbb"},
		{"route U1", "map U1 103 mbb"},
		{"U2 ack 102", "ack D1 55"},
		{"U1 ack 103", "103: D1/55@d1 here; 102: gone; withdraw U2 102"},
		{NULL, NULL},
	},
};

START_TEST(change_does_what_the_rfc_says)
{
	mldp_play(tests[_i]);
}
END_TEST

/* ---------------------------------------------------------------- parameters */

static void with(bool mbb, uint32_t wait_ms, uint32_t delay_ms)
{
	struct mldp_params p;

	mldp_params_default(&p);
	p.mbb = mbb;
	p.mbb_wait_ms = wait_ms;
	p.mbb_delay_ms = delay_ms;
	mldp_restart(&p);
}

START_TEST(without_make_before_break_nobody_is_asked_or_answered)
{
	static const struct mldp_step steps[] = {
		{"up U1", ""},
		{"up U2", ""},
		{"up D1", ""},
		{"route U1", ""},
		{"D1 map 55 mbb", "101: D1/55@d1; map U1 101"},
		{"route U2", "101: gone; withdraw U1 101; 102: D1/55@d1; map U2 102"},
		{"route 192.0.2.77", "102: gone; withdraw U2 102"},
		{NULL, NULL},
	};

	/* M-6388-8.3-1: what is not announced is not used */
	with(false, 30000, 0);
	mldp_play(steps);
	ck_assert_uint_eq(mldp_rig_stats()->mbb_requests_rx, 0);
}
END_TEST

START_TEST(time_for_an_ack_and_delay_after_it_are_configured)
{
	static const struct mldp_step steps[] = {
		{"up U1", ""},
		{"up U2", ""},
		{"route U1", ""},
		{"leaf", "101: here; map U1 101"},
		{"route U2", "map U2 102 mbb"},
		{"wait 4999", ""},
		{"wait 1", "102: here; 101: gone; withdraw U1 101"},
		{"U1 release 101", "free 101"},
		{"route U1", "map U1 103 mbb"},
		{"U1 ack 103", ""},
		{"wait 1999", ""},
		{"wait 1", "103: here; 102: gone; withdraw U2 102"},
		{NULL, NULL},
	};

	/* A-mLDP-25 */
	with(true, 5000, 2000);
	mldp_play(steps);
	ck_assert_uint_eq(mldp_rig_stats()->mbb_timeouts, 1);
	ck_assert_uint_eq(mldp_rig_stats()->mbb_requests_tx, 2);
	ck_assert_uint_eq(mldp_rig_stats()->mbb_acks_rx, 1);
}
END_TEST

/* ---------------------------------------------------------------- what an operator sees */

static const struct {
	const char *happens;
	enum mldp_lsp_state state;
	uint32_t label, pending;
} states[] = {
	{"leaf", MLDP_NO_ROUTE, 0, 0},
	{"up U1", MLDP_NO_ROUTE, 0, 0},
	{"route U1", MLDP_OPERATIONAL, 101, 0},
	{"U1 release 101", MLDP_REFUSED, 0, 0},
	{"wait 60000", MLDP_OPERATIONAL, 102, 0},
	{"up U2", MLDP_OPERATIONAL, 102, 0},
	{"route U2", MLDP_OPERATIONAL, 102, 103},
	{"U2 ack 103", MLDP_OPERATIONAL, 103, 0},
	{"no leaf", MLDP_LSP_STATES, 0, 0},
	{"up D1", MLDP_LSP_STATES, 0, 0},
	{"D1 map 55 mbb", MLDP_SIGNALLED, 0, 104},
	{"U2 ack 104", MLDP_OPERATIONAL, 104, 0},
	{"route", MLDP_OPERATIONAL, 104, 0},
	{"wait 5000", MLDP_NO_ROUTE, 0, 0},
	{"labels 0", MLDP_NO_ROUTE, 0, 0},
	{"route U1", MLDP_NO_LABEL, 0, 0},
};

START_TEST(state_of_an_lsp_is_told)
{
	for (size_t i = 0; i < array_size(states); i++) {
		const struct mldp_lsp_info *info;

		mldp_do(states[i].happens);
		info = mldp_rig_lsp();
		ck_assert_msg(!info == (states[i].state == MLDP_LSP_STATES), "%s",
			      states[i].happens);
		if (!info)
			continue;
		ck_assert_msg(info->state == states[i].state, "%s: %s", states[i].happens,
			      mldp_lsp_state_name(info->state));
		ck_assert_uint_eq(info->label, states[i].label);
		ck_assert_uint_eq(info->pending_label, states[i].pending);
	}
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("mldp_change");
	TCase *t = tcase_create("change");

	tcase_add_checked_fixture(t, mldp_setup, mldp_teardown);
	tcase_add_loop_test(t, change_does_what_the_rfc_says, 0, array_size(tests));
	tcase_add_test(t, without_make_before_break_nobody_is_asked_or_answered);
	tcase_add_test(t, time_for_an_ack_and_delay_after_it_are_configured);
	tcase_add_test(t, state_of_an_lsp_is_told);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	SRunner *r = srunner_create(suite());
	int failed;

	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
