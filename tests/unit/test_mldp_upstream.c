// SPDX-License-Identifier: GPL-2.0-or-later
/* Labels that the upstream LSR assigns (RFC 5331, 6389): both ends of them. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/mldp_rig.h"

static void setup(void)
{
	struct mldp_params p;

	mldp_setup();
	mldp_params_default(&p);
	p.upstream_labels = p.upstream_on_demand = true;
	mldp_restart(&p);
	mldp_do("lan la 10.99.0.1 24"); /* context label 17 */
}

/* "all": p2mp mbb upstream */
#define ALL " p2mp mbb upstream"

static const struct mldp_step tests[][16] = {
	/* ---------------------------------------------------------------- upstream LSR */
	{
		/* M-6389-6-1, F3353-9-3: one label for all who ask on the LAN, and one branch;
		 * A-mLDP-20: answered at once, whatever is upstream; M-6389-4.1-1, M-6389-6-2: see
		 * check_shared() */
		{"up D1" ALL, ""},
		{"up D2" ALL, ""},
		{"links D1 la", ""},
		{"links D2 la", ""},
		{"D1 request asked", "map D1 ^17/101"},
		{"own", "push ^17/101@la"},
		{"D2 request asked", "map D2 ^17/101"},
		/* asked again */
		{"D2 request asked", "map D2 ^17/101"},
		/* A-mLDP-21, F3353-10.4-2: one leaves, the label of the other is the same; nothing
		 * is replied */
		{"D1 release upstream 101", ""},
		{"D1 release upstream 101", ""},
		{"D1 request asked", "map D1 ^17/101"},
		{"D2 release", ""},
		{"D1 release upstream 101", "free 101; push nothing"},
		{NULL, NULL},
	},
	{
		/* F3353-9-6, M-5331-4-1: a peer without the capability has a copy of its own,
		 * whatever it asks for */
		{"own", ""},
		{"up D1" ALL, ""},
		{"up D2", ""},
		{"links D1 la", ""},
		{"links D2 la", ""},
		{"D1 request asked", "map D1 ^17/101; push ^17/101@la"},
		{"D2 map 55", "push ^17/101@la D2/55@la"},
		{"D2 request asked", "notify D2 No Label Resources"},
		{"D2 release upstream 101", ""},
		{"D2 withdraw 55", "push ^17/101@la; release D2 55"},
		{"down D1", "free 101; push nothing"},
		{NULL, NULL},
	},
	{
		/* two LANs: a label and a frame for each; an interface without address has no
		   context */
		{"own", ""},
		{"lan lb 10.98.0.2 24", ""},
		{"up D1" ALL, ""},
		{"up D2" ALL, ""},
		{"up D3" ALL, ""},
		{"links D1 la", ""},
		{"links D2 lb", ""},
		{"D1 request asked", "map D1 ^17/101; push ^17/101@la"},
		{"D2 request asked", "map D2 ^18/102; push ^17/101@la ^18/102@lb"},
		{"D3 request asked", "notify D3 No Label Resources"},
		/* the LAN has another context: who was told the old one asks again */
		{"lan lb 10.98.0.3 24", "withdraw D2 ^102; push ^17/101@la"},
		{"D2 request asked", "map D2 ^19/103; push ^17/101@la ^19/103@lb"},
		{"D2 release upstream 102", "free 102"},
		/* so it does when it is reached by another link */
		{"links D2 la", "withdraw D2 ^103; push ^17/101@la"},
		{"D2 request asked", "map D2 ^17/101"},
		{NULL, NULL},
	},
	{
		/* M-6389-4.1-3: never both kinds; the later one counts */
		{"own", ""},
		{"up D1" ALL, ""},
		{"links D1 la", ""},
		{"D1 map 55", "push D1/55@la"},
		{"D1 request asked", "release D1 55; map D1 ^17/101; push ^17/101@la"},
		{"D1 withdraw 55", "release D1 55"},
		{"D1 map 56", "withdraw D1 ^101; push D1/56@la"},
		{"D1 release upstream 101", "free 101"},
		{"D1 request asked", "release D1 56; map D1 ^17/102; push ^17/102@la"},
		/* a Release without label is about all of the FEC, a Withdraw about the peer's */
		{"D1 withdraw", "release D1"},
		{"D1 abort", ""},
		{"D1 release type 6 1", "free 102; push nothing"},
		{NULL, NULL},
	},
	{
		/* F3353-11-3: out of labels */
		{"own", ""},
		{"labels 0", ""},
		{"up D1" ALL, ""},
		{"links D1 la", ""},
		{"D1 request asked", "notify D1 No Label Resources"},
		{"D1 request mp2mp asked", "notify D1 Unknown FEC"},
		{NULL, NULL},
	},
	/* ---------------------------------------------------------------- downstream LSR */
	{
		/* M-6389-4-1: a Request instead of a mapping; M-5331-7-1: the entry is in the
		 * context of U1's LAN */
		{"up U1" ALL, ""},
		{"route U1", ""},
		{"leaf", "ask U1"},
		{"U1 map upstream 3001 context 17 192.0.2.1", "^17/3001@u1: here"},
		{"U1 map upstream 3001 context 17 192.0.2.1", ""},
		{"up D1", ""},
		{"D1 map 55", "^17/3001@u1: D1/55@d1 here"},
		/* A-mLDP-12: no label of ours for it */
		{"U1 request", "notify U1 No Route"},
		{"U1 release 101", ""},
		/* another label */
		{"U1 map upstream 3002 context 17 192.0.2.1",
		 "^17/3002@u1: D1/55@d1 here; ^17/3001@u1: gone; release U1 ^3001"},
		{"D1 withdraw 55", "^17/3002@u1: here; release D1 55"},
		/* A-mLDP-21 */
		{"no leaf", "^17/3002@u1: gone; release U1 ^3002"},
		{NULL, NULL},
	},
	{
		/* M-5331-4-1: not asked without the capability */
		{"up U1", ""},
		{"route U1", ""},
		{"leaf", "101: here; map U1 101"},
		{"U1 map upstream 3001 context 17 192.0.2.1", "notify U1 No Label Resources"},
		{NULL, NULL},
	},
	{
		/* M-6389-4.1-2: a label that cannot be used: none of a LAN of U1's, no context, a
		 * reserved label; M-6389-4.1-3: a label of ours only after that */
		{"up U1" ALL, ""},
		{"route U1", ""},
		{"leaf", "ask U1"},
		{"U1 map upstream 3001 context 17 192.0.2.77",
		 "notify U1 No Label Resources; release U1 ^3001; 101: here; map U1 101"},
		{"clear", "101: gone; withdraw U1 101; 102: here; map U1 102"},
		{"fec 2", ""},
		{"leaf", "ask U1(2)"},
		{"U1 map upstream 3001",
		 "notify U1 No Label Resources; release U1 ^3001(2); 103: here(2); map U1 103(2)"},
		{"fec 3", ""},
		{"route U1", ""},
		{"leaf", "ask U1(3)"},
		{"U1 map upstream 3 context 17 192.0.2.1",
		 "notify U1 No Label Resources; release U1 ^3(3); 104: here(3); map U1 104(3)"},
		{NULL, NULL},
	},
	{
		/* refused: a label of ours; a new session is asked again */
		{"up U1" ALL, ""},
		{"route U1", ""},
		{"leaf", "ask U1"},
		{"U1 refuse", "101: here; map U1 101"},
		{"U1 refuse", ""},
		{"down U1", "101: gone; free 101"},
		{"up U1" ALL, "ask U1"},
		/* no longer wanted before there is an answer, which crosses the Abort */
		{"no leaf", "abort U1"},
		{"U1 map upstream 3001 context 17 192.0.2.1", "release U1 ^3001"},
		{NULL, NULL},
	},
	{
		/* the label is taken back: another one is asked for */
		{"up U1" ALL, ""},
		{"route U1", ""},
		{"leaf", "ask U1"},
		{"U1 withdraw upstream 3001", "release U1 ^3001"},
		{"U1 map upstream 3001 context 17 192.0.2.1", "^17/3001@u1: here"},
		{"U1 withdraw upstream 3009", "release U1 ^3009"},
		{"U1 withdraw upstream 3001", "^17/3001@u1: gone; ask U1; release U1 ^3001"},
		{"U1 map upstream 3005 context 17 192.0.2.1", "^17/3005@u1: here"},
		{"U1 withdraw all", "^17/3005@u1: gone; ask U1; release U1 all"},
		{"down U1", ""},
		{NULL, NULL},
	},
	{
		/* F3353-9-7: another upstream LSR, another context; the old entry stays until it
		 * has acknowledged.  M-5331-8-1: both may have assigned the same label */
		{"up U1" ALL, ""},
		{"up U2" ALL, ""},
		{"route U1", ""},
		{"leaf", "ask U1"},
		{"U1 map upstream 3001 context 17 192.0.2.1", "^17/3001@u1: here"},
		{"route U2", "ask U2 mbb"},
		{"U2 map upstream 3001 context 18 192.0.2.2", ""},
		{"U2 ack 3001", ""},
		{"U2 ack upstream 3002", ""},
		{"U2 ack upstream 3001", "^18/3001@u2: here; ^17/3001@u1: gone; release U1 ^3001"},
		/* the new one is gone: at once to the old one, which has not the LSP any more */
		{"route U1 U2", "ask U1 mbb"},
		{"down U2", "^18/3001@u2: gone"},
		{"U1 map upstream 3003 context 17 192.0.2.1", "^17/3003@u1: here"},
		{NULL, NULL},
	},
	{
		/* M-6388-8.4.4-1 through both kinds: asked with make before break, acknowledged by
		 * the upstream label when the label upstream is there */
		{"up U1" ALL, ""},
		{"up D1" ALL, ""},
		{"links D1 la", ""},
		{"route U1", ""},
		{"D1 request asked mbb", "map D1 ^17/101; ask U1 mbb"},
		{"U1 map upstream 101 context 17 192.0.2.1", ""},
		{"U1 ack upstream 101", "^17/101@u1: ^17/101@la; ack D1 ^101"},
		{"D1 release", "free 101; ^17/101@u1: gone; release U1 ^101"},
		{NULL, NULL},
	},
};

START_TEST(label_is_the_upstream_lsrs)
{
	mldp_play(tests[_i]);
}
END_TEST

START_TEST(router_that_does_not_ask_still_answers)
{
	static const struct mldp_step before[] = {
		{"up U1" ALL, ""},
		{"up D1" ALL, ""},
		{"lan la 10.99.0.1 24", ""},
		{"links D1 la", ""},
		{"route U1", ""},
		{"D1 request asked", "map D1 ^17/101; 102: ^17/101@la; map U1 102"},
		{NULL, NULL},
	};
	static const struct mldp_step after[] = {
		{"U1 release 102", "free 102"},
		{"U1 map upstream 3001 context 17 192.0.2.1", "^17/3001@u1: ^17/101@la"},
		{NULL, NULL},
	};
	struct mldp_params p;

	mldp_params_default(&p);
	p.upstream_labels = true;
	mldp_restart(&p);
	mldp_play(before);
	/* from now on it asks, too */
	p.upstream_on_demand = true;
	ck_assert_str_eq(mldp_change(&p), "102: gone; withdraw U1 102; ask U1");
	mldp_play(after);
	p.upstream_on_demand = false;
	ck_assert_str_eq(mldp_change(&p),
			 "^17/3001@u1: gone; release U1 ^3001; 103: ^17/101@la; map U1 103");
}
END_TEST

/* A-mLDP-2 */
START_TEST(sum_of_octets_selects_another_upstream_lsr_where_configured)
{
	static const struct mldp_step steps[] = {
		{"up U1", ""},	     {"up U2", ""},
		{"route U2 U1", ""}, {"leaf", "101: here; map U2 101"}, /* H-1: CRC-32 has U1 */
		{NULL, NULL},
	};
	struct mldp_params p;

	mldp_params_default(&p);
	p.lan_hash_sum = true;
	mldp_restart(&p);
	mldp_play(steps);
}
END_TEST

/* M-5331-8-2 */
static const struct {
	const char *address;
	uint8_t prefixlen;
	uint32_t label;
} contexts[] = {
	{"10.99.0.1", 24, 17},
	{"10.99.1.2", 16, 0x102 + 16},
	{"10.111.255.238", 13, 0x7ffee + 16},
	{"10.15.255.239", 12, 0}, /* the mask must be longer than 12 bits */
	{"10.99.0.1", 31, 17},
	{"10.99.0.1", 32, 0},
	{"2001:db8::1", 64, 0},
};

START_TEST(context_label_follows_from_the_address_on_the_lan)
{
	struct addr a;

	ck_assert(addr_parse(contexts[_i].address, &a));
	ck_assert_uint_eq(mldp_context_label(&a, contexts[_i].prefixlen), contexts[_i].label);
}
END_TEST

START_TEST(what_operators_see_of_it)
{
	const struct mldp_lsp_info *i;

	mldp_do("up U1" ALL);
	mldp_do("route U1");
	mldp_do("leaf");
	i = mldp_rig_lsp();
	ck_assert(i->state == MLDP_SIGNALLED && !i->label && !i->context);
	ck_assert_uint_eq(mldp_rig_stats()->requests_tx, 1);
	mldp_do("U1 map upstream 3001 context 17 192.0.2.1");
	i = mldp_rig_lsp();
	ck_assert(i->state == MLDP_OPERATIONAL && i->label == 3001 && i->context == 17);
	ck_assert_str_eq(i->upstream_interface, "u1");
	ck_assert_uint_eq(mldp_rig_stats()->labels, 0);
	mldp_do("up D1" ALL);
	mldp_do("links D1 la");
	mldp_do("D1 request asked");
	ck_assert_uint_eq(mldp_rig_stats()->shared_labels, 1);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("mldp_upstream");
	TCase *t = tcase_create("upstream");

	tcase_add_checked_fixture(t, setup, mldp_teardown);
	tcase_add_loop_test(t, label_is_the_upstream_lsrs, 0, array_size(tests));
	tcase_add_test(t, router_that_does_not_ask_still_answers);
	tcase_add_test(t, sum_of_octets_selects_another_upstream_lsr_where_configured);
	tcase_add_loop_test(t, context_label_follows_from_the_address_on_the_lan, 0,
			    array_size(contexts));
	tcase_add_test(t, what_operators_see_of_it);
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
