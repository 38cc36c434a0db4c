// SPDX-License-Identifier: GPL-2.0-or-later
/* P2MP LSPs on one LSR: set-up, roles, withdraw (RFC 6388 2.4.1, 2.4.2; RFC 5036 3.5.7 to .11). */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/mldp_rig.h"

static const struct mldp_step tests[][14] = {
	/* ---------------------------------------------------------------- set-up */
	{
		{"up U1", ""},
		{"route U1", ""},
		/* M-6388-2.4.1.3-1 leaf: selects upstream, label, mapping; the entry comes first.
		 * M-6388-2.4.1-1: the label is ours, downstream-assigned. */
		{"leaf", "101: here; map U1 101"},
		{"leaf", ""},
		/* M-6388-2.4.2.1-1 nobody here wants it: withdraw; the label is ours again when the
		 * peer says so */
		{"no leaf", "101: gone; withdraw U1 101"},
		{"U1 release 101", "free 101"},
		{NULL, NULL},
	},
	{
		/* M-5036-2.7-1: the next hop is nobody's address yet; M-6388-2.4.1.1-1 */
		{"up U1", ""},
		{"leaf", ""},
		{"route 192.0.2.9", ""},
		{"address U1 192.0.2.9", "101: here; map U1 101"},
		{NULL, NULL},
	},
	{
		/* M-6388-2.4.1.4-1 transit: the first mapping; M-6388-2.4.1.4-3 another one: only a
		 * branch more; M-6388-1-1 one label upstream for all */
		{"up U1", ""},
		{"up D1", ""},
		{"up D2", ""},
		{"up D3", ""},
		{"route U1", ""},
		{"D1 map 55", "101: D1/55@d1; map U1 101"},
		{"D2 map 55", "101: D1/55@d1 D2/55@d2"},
		{"D3 map 57", "101: D1/55@d1 D2/55@d2 D3/57@d3"},
		/* M-6388-2.4.1.4-5 */
		{"D2 map 55", ""},
		/* M-6388-2.4.2.2-1, M-5036-3.5.10-1: release to whom withdraws */
		{"D1 withdraw 55", "101: D2/55@d2 D3/57@d3; release D1 55"},
		{"D2 withdraw 55", "101: D3/57@d3; release D2 55"},
		/* M-6388-2.4.2.2-2 nobody left: withdraw the own one */
		{"D3 withdraw 57", "101: gone; withdraw U1 101; release D3 57"},
		{NULL, NULL},
	},
	{
		/* M-6388-1.2-1 bud: one label, local delivery and branches */
		{"up U1", ""},
		{"up D1", ""},
		{"route U1", ""},
		{"D1 map 55", "101: D1/55@d1; map U1 101"},
		{"leaf", "101: D1/55@d1 here"},
		/* M-6388-2.4.2.2-2: it stays while there is local need */
		{"D1 withdraw 55", "101: here; release D1 55"},
		{"D1 map 56", "101: D1/56@d1 here"},
		{"no leaf", "101: D1/56@d1"},
		{"D1 withdraw 56", "101: gone; withdraw U1 101; release D1 56"},
		{NULL, NULL},
	},
	{
		/* M-6388-2.4.1.5-1 root: pushes, one per mapping, and says nothing upstream, even
		 * if there is a route; A-mLDP-16 */
		{"own", ""},
		{"up D1", ""},
		{"up D2", ""},
		{"D1 map 55", "push D1/55@d1"},
		{"route D2", ""},
		{"D2 map 56", "push D1/55@d1 D2/56@d2"},
		{"leaf", ""},
		/* M-6388-2.4.2.3-1 */
		{"D1 withdraw 55", "push D2/56@d2; release D1 55"},
		{"no leaf", ""},
		{"D2 withdraw 56", "push nothing; release D2 56"},
		{NULL, NULL},
	},
	{
		/* A-mLDP-16: an address of this router comes, and goes */
		{"up U1", ""},
		{"up D1", ""},
		{"route U1", ""},
		{"D1 map 55", "101: D1/55@d1; map U1 101"},
		{"own", "101: gone; withdraw U1 101; push D1/55@d1"},
		{"U1 release 101", "free 101"},
		{"no own", "push nothing; 102: D1/55@d1; map U1 102"},
		{NULL, NULL},
	},
	{
		/* M-6388-2.4.1.4-2, M-6388-4-1, F3353-3.7-1: the upstream LSR is never downstream.
		 * A-mLDP-10: a mapping is not refused for coming from somebody who is not next hop.
		 */
		{"up U1", ""},
		{"up D1", ""},
		{"route U1", ""},
		{"U1 map 55", ""},
		{"D1 map 56", "101: D1/56@d1; map U1 101"},
		/* M-6388-2.4.1.4-4, M-6388-2.4.3-3: retained, it counts when U1 is not upstream */
		{"up U2 p2mp", ""},
		{"route U2", "101: gone; withdraw U1 101; 102: U1/55@u1 D1/56@d1; map U2 102"},
		{NULL, NULL},
	},
	{
		/* M-6388-2.2-1: same opaque value, two roots: two LSPs.  M-6388-7.1-1: so a leaf
		 * joins all roots of a group of them.  M-6388-2.4-1: labels of one space, whomever
		 * they are told. */
		{"up U1", ""},
		{"up U2", ""},
		{"route U1", ""},
		{"leaf", "101: here; map U1 101"},
		{"fec 3", ""},
		{"route U2", ""},
		{"leaf", "102: here(3); map U2 102(3)"},
		{"fec 2", ""},
		{"leaf", "103: here(2); map U1 103(2)"},
		{"down U2", "102: gone(3); free 102"},
		{NULL, NULL},
	},
	{
		/* M-6388-2.3-1: opaque value of no known kind; M-6826-2-3: in-band ones are nothing
		 * special to a transit LSR */
		{"up U1", ""},
		{"up D1", ""},
		{"route U1", ""},
		{"fec 5", ""},
		{"D1 map 55", "101: D1/55@d1(5); map U1 101(5)"},
		{"fec 4", ""},
		{"D1 map 56", "102: D1/56@d1(4); map U1 102(4)"},
		{"D1 withdraw 56", "102: gone(4); withdraw U1 102(4); release D1 56(4)"},
		{NULL, NULL},
	},
	{
		/* M-6388-2.4.1.2-1: two links to one peer: one copy, on the link that is named
		 * first; none: no branch until there is one */
		{"up U1", ""},
		{"up D1", ""},
		{"route U1", ""},
		{"links D1 e1 e2", ""},
		{"D1 map 55", "101: D1/55@e1; map U1 101"},
		{"links D1 e2", "101: D1/55@e2"},
		{"links D1", "101: gone"},
		{"links D1 e2", "101: D1/55@e2"},
		{NULL, NULL},
	},
	/* ---------------------------------------------------------------- labels */
	{
		/* M-5036-A.1.2-1, A-mLDP-11: another label replaces the first, which is released */
		{"up U1", ""},
		{"up D1", ""},
		{"route U1", ""},
		{"D1 map 1001", "101: D1/1001@d1; map U1 101"},
		{"D1 map 1002", "release D1 1001; 101: D1/1002@d1"},
		/* the old one is not withdrawn from us, but it gets its answer (M-5036-3.5.10-1) */
		{"D1 withdraw 1001", "release D1 1001"},
		{"D1 withdraw 1002", "101: gone; withdraw U1 101; release D1 1002"},
		/* of what we never had as well */
		{"D1 withdraw 1003", "release D1 1003"},
		{"D1 withdraw", "release D1"},
		{"D1 withdraw 1004 mp2mp", "release D1 mp2mp 1004"},
		{NULL, NULL},
	},
	{
		/* M-5036-3.5.10-2: without a label, all of this FEC */
		{"up U1", ""},
		{"up D1", ""},
		{"route U1", ""},
		{"D1 map 55", "101: D1/55@d1; map U1 101"},
		{"D1 withdraw", "101: gone; withdraw U1 101; release D1"},
		{"U1 release", "free 101"},
		{NULL, NULL},
	},
	{
		/* A-mLDP-8: 0 to 15 are no labels of trees */
		{"up U1", ""},
		{"up D1", ""},
		{"route U1", ""},
		{"D1 map 0", "release D1 0"},
		{"D1 map 3", "release D1 3"},
		{"D1 map 15", "release D1 15"},
		{"D1 map 16", "101: D1/16@d1; map U1 101"},
		{"D1 map 3", "release D1 3"},
		{NULL, NULL},
	},
	{
		/* MP2MP is not ours: nothing comes of it; nor of a label of the upstream LSR's
		 * choice: understood, not usable (M-6389-4.1-2) */
		{"up U1", ""},
		{"up D1", ""},
		{"route U1", ""},
		{"D1 map 55 mp2mp", "notify D1 Unknown FEC"},
		{"D1 map upstream 55", "notify D1 No Label Resources"},
		/* a Withdraw of such a label is not one of all labels */
		{"D1 map 55", "101: D1/55@d1; map U1 101"},
		{"D1 withdraw upstream 55", ""},
		{NULL, NULL},
	},
	{
		/* out of labels: nothing is told; when there are some again it goes on */
		{"up U1", ""},
		{"up D1", ""},
		{"route U1", ""},
		{"labels 0", ""},
		{"D1 map 55", ""},
		{"labels 1", ""},
		{"D1 map 56", "release D1 55; 101: D1/56@d1; map U1 101"},
		{NULL, NULL},
	},
	{
		/* F3353-2-1: who waits gets the label that is free, not the one withdrawn only */
		{"up U1", ""},
		{"up D1", ""},
		{"route U1", ""},
		{"labels 1", ""},
		{"D1 map 55", "101: D1/55@d1; map U1 101"},
		{"fec 2", ""},
		{"D1 map 66", ""},
		{"fec 1", ""},
		{"D1 withdraw 55", "101: gone; withdraw U1 101; release D1 55"},
		{"wait 1", ""},
		{"U1 release 101", "free 101"},
		{"wait 1", "102: D1/66@d1(2); map U1 102(2)"},
		{NULL, NULL},
	},
	/* ---------------------------------------------------------------- who is up, who is down
	 */
	{
		/* M-6388-2.1-2: no P2MP, no label, and none is taken */
		{"up U1 mbb", ""},
		{"up D1 mbb", ""},
		{"route U1", ""},
		{"leaf", ""},
		{"D1 map 55", "notify D1 Unknown FEC"},
		/* A-mLDP-22: it comes by a Capability message, and goes: as if the session had */
		{"caps U1 p2mp", "101: here; map U1 101"},
		{"caps D1 p2mp", ""},
		{"D1 map 55", "101: D1/55@d1 here"},
		{"caps D1", "101: here"},
		{"caps U1", "101: gone; free 101"},
		{"caps U1 p2mp", "102: here; map U1 102"},
		{NULL, NULL},
	},
	{
		/* M-mLDP-fail-1, A-mLDP-26: a peer's bindings go with its session at once; its
		 * label is free without a word */
		{"up U1", ""},
		{"up D1", ""},
		{"up D2", ""},
		{"route U1", ""},
		{"D1 map 55", "101: D1/55@d1; map U1 101"},
		{"D2 map 56", "101: D1/55@d1 D2/56@d2"},
		{"down D1", "101: D2/56@d2"},
		{"down U1", "101: gone; free 101"},
		{"up U1", "102: D2/56@d2; map U1 102"},
		{NULL, NULL},
	},
	{
		/* A-mLDP-14: the route is lost: 5 s, then the label goes; the branches are kept */
		{"up U1", ""},
		{"up D1", ""},
		{"route U1", ""},
		{"D1 map 55", "101: D1/55@d1; map U1 101"},
		{"route", ""},
		{"wait 4999", ""},
		{"route U1", ""},
		{"wait 10000", ""},
		{"route", ""},
		{"wait 4999", ""},
		{"wait 1", "101: gone; withdraw U1 101"},
		{"route U1", "102: D1/55@d1; map U1 102"},
		{NULL, NULL},
	},
	/* ---------------------------------------------------------------- release, request */
	{
		/* M-5036-A.1.4-1, A-mLDP-13: our label is released unasked: free, and not told
		 * again for 60 s */
		{"up U1", ""},
		{"up D1", ""},
		{"route U1", ""},
		{"D1 map 55", "101: D1/55@d1; map U1 101"},
		{"U1 release 101", "101: gone; free 101"},
		{"D1 map 56", "release D1 55"},
		{"wait 59999", ""},
		{"wait 1", "102: D1/56@d1; map U1 102"},
		{"U1 release 99", ""},
		{NULL, NULL},
	},
	{
		/* A-mLDP-13: or when a session or a route changes; M-5036-A.1.4-1: or on request */
		{"up U1", ""},
		{"up U2", ""},
		{"route U1", ""},
		{"leaf", "101: here; map U1 101"},
		{"U1 release 101", "101: gone; free 101"},
		{"route U2", "102: here; map U2 102"},
		{"U2 release 102", "102: gone; free 102"},
		{"down U2", ""},
		{"up U2", "103: here; map U2 103"},
		{"U2 release 103", "103: gone; free 103"},
		{"U1 request", "notify U1 No Route"},
		{"U2 request", "104: here; map U2 104"},
		{NULL, NULL},
	},
	{
		/* A-mLDP-12: downstream unsolicited, but a request gets an answer */
		{"up U1", ""},
		{"up D1", ""},
		{"U1 request", "notify U1 No Route"},
		{"route U1", ""},
		{"D1 map 55", "101: D1/55@d1; map U1 101"},
		{"U1 request", "map U1 101"},
		{"D1 request", "notify D1 No Route"},
		{NULL, NULL},
	},
	/* ---------------------------------------------------------------- wildcards */
	{
		/* M-5036-3.5.10-2: everything of this peer; one answer of the same form */
		{"up U1", ""},
		{"up D1", ""},
		{"up D2", ""},
		{"route U1", ""},
		{"D1 map 55", "101: D1/55@d1; map U1 101"},
		{"D2 map 55", "101: D1/55@d1 D2/55@d2"},
		{"fec 2", ""},
		{"D1 map 56", "102: D1/56@d1(2); map U1 102(2)"},
		{"D1 withdraw all 55", "101: D2/55@d2; release D1 all 55"},
		{"D1 withdraw all", "102: gone(2); withdraw U1 102(2); release D1 all"},
		{"D1 withdraw all", "release D1 all"},
		{"U1 release all", "free 102; 101: gone; free 101"},
		{NULL, NULL},
	},
	{
		/* M-5918-4-1, M-6388-9-1: all of a type and address family */
		{"up U1", ""},
		{"up D1", ""},
		{"route U1", ""},
		{"D1 map 55", "101: D1/55@d1; map U1 101"},
		{"D1 withdraw type 6 2", "release D1 type 6 2"},
		{"D1 withdraw type 6 1 54", "release D1 type 6 1 54"},
		{"D1 withdraw type 6 1", "101: gone; withdraw U1 101; release D1 type 6 1"},
		{"U1 release type 6 1", "free 101"},
		/* types that we do not have */
		{"D1 withdraw type 8 1", "notify D1 Unknown FEC"},
		{"D1 withdraw type 2 1", "notify D1 Unknown FEC"},
		{"D1 release type 7 1", "notify D1 Unknown FEC"},
		{"D1 request type 8 1", "notify D1 Unknown FEC"},
		{NULL, NULL},
	},
	{
		/* M-5918-4-1: a request for all of a type */
		{"up U1", ""},
		{"up U2", ""},
		{"route U1", ""},
		{"leaf", "101: here; map U1 101"},
		{"fec 2", ""},
		{"leaf", "102: here(2); map U1 102(2)"},
		{"U1 request type 6 1", "map U1 101; map U1 102(2)"},
		{"U1 request type 6 2", "notify U1 No Route"},
		{"U2 request type 6 1", "notify U2 No Route"},
		{NULL, NULL},
	},
	{
		/* A-mLDP-23: an IPv6 root only by way of a peer that has said that it has the IPv6
		 * next hop: it speaks both */
		{"up U1", ""},
		{"up D1", ""},
		{"fec 6", ""},
		{"route fe80::1", ""},
		{"D1 map 55", ""},
		{"address U1 fe80::1", "101: D1/55@d1(6); map U1 101(6)"},
		{"D1 withdraw type 6 1", "release D1 type 6 1"},
		{"no address U1 fe80::1", ""},
		{"wait 30000", "101: gone(6); withdraw U1 101(6)"},
		{NULL, NULL},
	},
};

START_TEST(lsr_does_what_the_rfc_says)
{
	mldp_play(tests[_i]);
}
END_TEST

/* ---------------------------------------------------------------- several next hops */

/* M-6388-2.4.1.1-2, -3; A-mLDP-2, -3, -15: one of N, by CRC-32 of the opaque value, counted from
 * the lowest address, in whatever order routing tells them.  The remainders are those of H-1 and
 * H-2 in the catalogue; the sum of octets (RFC 6389) gives others for H-1. */
static const struct {
	const char *route;
	bool in_band; /* H-2, else H-1 */
	const char *upstream;
} selections[] = {
	{"route U1 U2", false, "U1"},	 {"route U2 U1", false, "U1"},
	{"route U3 U2 U1", false, "U2"}, {"route U4 U1 U3 U2", false, "U1"},
	{"route U3 U4", false, "U3"},	 {"route U1 U2", true, "U2"},
	{"route U3 U1 U2", true, "U2"},	 {"route U4 U2 U3 U1", true, "U4"},
	{"route U4 U3", true, "U4"},
};

START_TEST(one_of_several_upstream_lsrs_is_selected)
{
	char expected[60];

	for (const char *up = "1234"; *up; up++)
		mldp_do((const char[]){'u', 'p', ' ', 'U', *up, '\0'});
	if (selections[_i].in_band)
		mldp_do("fec 4");
	mldp_do("leaf");
	snprintf(expected, sizeof(expected), "101: here%s; map %s 101%s",
		 selections[_i].in_band ? "(4)" : "", selections[_i].upstream,
		 selections[_i].in_band ? "(4)" : "");
	ck_assert_str_eq(mldp_do(selections[_i].route), expected);
}
END_TEST

START_TEST(next_hop_that_is_no_lsr_is_no_candidate)
{
	static const struct mldp_step steps[] = {
		{"up U1", ""},
		{"up U2 mbb", ""}, /* no P2MP */
		{"leaf", ""},
		{"route U2 192.0.2.77", ""},
		{"route U2 U1 192.0.2.77", "101: here; map U1 101"},
		{NULL, NULL},
	};

	mldp_play(steps);
}
END_TEST

/* RFC 3353 7: configured, whatever routing says. */
START_TEST(configured_next_hop_goes_before_the_route)
{
	static const struct mldp_step steps[] = {
		{"up U1", ""},
		{"up U2", ""},
		{"route U1", ""},
		{"via U2", ""},
		{"leaf", "101: here; map U2 101"},
		{"via none", "map U1 102 mbb"},
		{"U1 ack 102", "102: here; 101: gone; withdraw U2 101"},
		{NULL, NULL},
	};

	mldp_play(steps);
}
END_TEST

/* ---------------------------------------------------------------- limits */

START_TEST(peer_beyond_its_limit_is_refused_and_nobody_else)
{
	static const struct mldp_step steps[] = {
		{"up U1", ""},
		{"up D1", ""},
		{"up D2", ""},
		{"route U1", ""},
		{"D1 map 55", "101: D1/55@d1; map U1 101"},
		{"fec 2", ""},
		{"D1 map 56", "notify D1 No Label Resources; release D1 56(2)"},
		{"D2 map 57", "102: D2/57@d2(2); map U1 102(2)"},
		{"fec 1", ""},
		{"D1 map 58", "release D1 55; 101: D1/58@d1"},
		{NULL, NULL},
	};
	struct mldp_params p;

	/* F3353-11-3 */
	mldp_params_default(&p);
	p.maximum_per_peer = 1;
	mldp_restart(&p);
	mldp_play(steps);
	ck_assert_uint_eq(mldp_rig_stats()->refused_limit, 1);
}
END_TEST

START_TEST(branches_and_lsps_have_a_limit)
{
	static const struct mldp_step steps[] = {
		{"up U1", ""},
		{"up D1", ""},
		{"up D2", ""},
		{"up D3", ""},
		{"route U1", ""},
		{"D1 map 55", "101: D1/55@d1; map U1 101"},
		{"D2 map 56", "101: D1/55@d1 D2/56@d2"},
		{"D3 map 57", "notify D3 No Label Resources; release D3 57"},
		{"fec 2", ""},
		{"D3 map 58", "notify D3 No Label Resources; release D3 58(2)"},
		{"leaf", ""},
		{NULL, NULL},
	};
	struct mldp_params p;

	mldp_params_default(&p);
	p.maximum_branches = 2;
	p.maximum_lsps = 1;
	mldp_restart(&p);
	mldp_play(steps);
	ck_assert_uint_eq(mldp_rig_stats()->refused_limit, 3);
	p.maximum_branches = 1; /* those that are too many are kept, and not used */
	ck_assert_str_eq(mldp_change(&p), "101: D1/55@d1");
	p.maximum_branches = 2;
	ck_assert_str_eq(mldp_change(&p), "101: D1/55@d1 D2/56@d2");
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("mldp_tree");
	TCase *t = tcase_create("tree");

	tcase_add_checked_fixture(t, mldp_setup, mldp_teardown);
	tcase_add_loop_test(t, lsr_does_what_the_rfc_says, 0, array_size(tests));
	tcase_add_loop_test(t, one_of_several_upstream_lsrs_is_selected, 0, array_size(selections));
	tcase_add_test(t, next_hop_that_is_no_lsr_is_no_candidate);
	tcase_add_test(t, configured_next_hop_goes_before_the_route);
	tcase_add_test(t, peer_beyond_its_limit_is_refused_and_nobody_else);
	tcase_add_test(t, branches_and_lsps_have_a_limit);
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
