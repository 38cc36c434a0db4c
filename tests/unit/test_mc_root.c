// SPDX-License-Identifier: GPL-2.0-or-later
/* LSPs that name trees, and static trees: the root side of the mapping (mplsmc/mc_root.c). */
#include "mplsmc/mc_map_p.h"
#include "tests/unit/mc_map_rig.h"

/* ---------------------------------------------------------------- root side */

/* M-6826-2-4 */
START_TEST(leaf_of_an_lsp_starts_the_join_and_its_end_stops_it)
{
	struct mldp_fec fec = source_fec("10.0.0.1", "10.1.1.1", "232.1.1.1");

	lsp(&fec, 1);
	expect("join 10.1.1.1,232.1.1.1; push 10.1.1.1,232.1.1.1 to 100; ");
	lsp(&fec, 5);
	expect("push 10.1.1.1,232.1.1.1 to 100 102; ");
	ck_assert(info("10.1.1.1", "232.1.1.1", false).label_switched);
	lsp(&fec, 4);
	expect("push 10.1.1.1,232.1.1.1 to 102; ");
	lsp(&fec, 0);
	expect("push 10.1.1.1,232.1.1.1 to; prune 10.1.1.1,232.1.1.1; ");
	lsp(&fec, 0);
	expect("");
	ck_assert_uint_eq(mc_map_stats(map)->joins, 0);
	ck_assert_uint_eq(mc_map_stats(map)->ftns, 0);
}
END_TEST

static const struct {
	const char *what;
	uint16_t len;
	uint8_t opaque[16];
} no_tree[] = {
	{"unknown type", 4, {200, 0, 1, 7}},
	{"truncated", 7, {3, 0, 8, 10, 1, 1, 1}},
	{"two elements", 14, {1, 0, 4, 0, 0, 0, 1, 1, 0, 4, 0, 0, 0, 2}},
	{"(*,*)", 11, {3, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0}},
	/* M-6826-2.3-1: only an MP2MP LSP may carry it */
	{"bidirectional", 12, {5, 0, 9, 32, 10, 0, 0, 1, 239, 1, 1, 1}},
};

/* M-6826-2-5 */
START_TEST(lsp_that_names_no_tree_carries_none)
{
	struct mldp_fec fec = {.type = MLDP_P2MP, .root = address("10.0.0.1")};

	fec.opaque_len = no_tree[_i].len;
	memcpy(fec.opaque, no_tree[_i].opaque, sizeof(no_tree[_i].opaque));
	lsp(&fec, 1);
	lsp(&fec, 3); /* counted once */
	expect("");
	ck_assert_uint_eq(mc_map_stats(map)->inert, 1);
	mc_map_clear_stats(map);
	ck_assert_uint_eq(mc_map_stats(map)->inert, 0);
	lsp(&fec, 0);
	expect("");
}
END_TEST

/* F3353-11-2: the LSP is there, nothing is joined and nothing sent; a static tree is the operator's
 */
START_TEST(root_sends_no_group_that_the_operator_denies)
{
	struct mldp_fec fec = source_fec("10.0.0.1", "10.1.1.1", "239.9.1.1");
	struct mldp_fec generic = generic_fec("10.0.0.1", 7);

	group_line("239.9.0.0/16", false, false);
	lsp(&fec, 1);
	expect("");
	ck_assert_str_eq(info("10.1.1.1", "239.9.1.1", false).why_not,
			 "its group is not to be label-switched (map ... none)");
	ck_assert_uint_eq(mc_map_stats(map)->denied, 1);
	ck_assert_uint_eq(mc_map_stats(map)->joins, 0);
	group_line("239.9.1.0/24", true, false);
	expect("join 10.1.1.1,239.9.1.1; push 10.1.1.1,239.9.1.1 to 100; ");
	group_line("239.9.1.0/24", true, true);
	expect("push 10.1.1.1,239.9.1.1 to; prune 10.1.1.1,239.9.1.1; ");
	ck_assert_uint_eq(mc_map_stats(map)->denied, 2);
	static_tree("video", "10.0.0.1", 7);
	member("video", "10.1.1.1", "239.9.1.1", true);
	expect("");
	lsp(&generic, 2);
	expect("join 10.1.1.1,239.9.1.1; push 10.1.1.1,239.9.1.1 to 100 101; ");
	lsp(&generic, 0);
	expect("push 10.1.1.1,239.9.1.1 to; prune 10.1.1.1,239.9.1.1; ");
	lsp(&fec, 0);
	expect("");
	ck_assert_uint_eq(mc_map_stats(map)->ftns, 0);
}
END_TEST

/* ---------------------------------------------------------------- wildcards */

/* M-7438-5-1: as if a (*,G) report had come from downstream; pimd hears its own RP's address */
START_TEST(lsp_without_a_source_joins_the_shared_tree_of_the_configured_rp)
{
	struct mldp_fec fec = source_fec("10.0.0.1", "*", "239.1.1.1");

	rp_line("224.0.0.0/4", "10.9.0.1");
	lsp(&fec, 1);
	expect("join *,239.1.1.1 of RP 10.9.0.1; push *,239.1.1.1 to 100; ");
	ck_assert(info("*", "239.1.1.1", false).label_switched);
	rp_line("239.1.0.0/16", "10.9.0.2");
	expect("prune *,239.1.1.1 of RP 10.9.0.1; join *,239.1.1.1 of RP 10.9.0.2; ");
	rp_line("239.1.0.0/16", "10.9.0.2");
	rp_line("238.0.0.0/8", "10.9.0.3");
	expect("");
	rp_line("239.1.0.0/16", "*");
	rp_line("224.0.0.0/4", "*");
	expect("prune *,239.1.1.1 of RP 10.9.0.2; join *,239.1.1.1 of RP 10.9.0.1; "
	       "prune *,239.1.1.1 of RP 10.9.0.1; join *,239.1.1.1; ");
	ck_assert_str_eq(info("*", "239.1.1.1", false).why_not,
			 "no RP is known for its group (configure rp)");
	lsp(&fec, 0);
	expect("push *,239.1.1.1 to; prune *,239.1.1.1; ");
}
END_TEST

/* RFC 7761 4.1.5: what the shared tree has, a source tree of its group has, too */
START_TEST(packets_of_a_source_tree_go_to_the_leaves_of_the_shared_tree_as_well)
{
	struct mldp_fec shared = source_fec("10.0.0.1", "*", "239.1.1.1");
	struct mldp_fec tree = source_fec("10.0.0.1", "10.1.1.1", "239.1.1.1");

	lsp(&tree, 1);
	heard[0] = '\0';
	lsp(&shared, 2);
	expect("join *,239.1.1.1; push *,239.1.1.1 to 101; push 10.1.1.1,239.1.1.1 to 100 101; ");
	lsp(&tree, 3);
	expect("push 10.1.1.1,239.1.1.1 to 100 101; ");
	lsp(&shared, 0);
	expect("push *,239.1.1.1 to; push 10.1.1.1,239.1.1.1 to 100 101; prune *,239.1.1.1; ");
	lsp(&shared, 2);
	heard[0] = '\0';
	lsp(&tree, 0);
	expect("push 10.1.1.1,239.1.1.1 to; prune 10.1.1.1,239.1.1.1; ");
}
END_TEST

/* F3353-3.4-3: what leaves by an interface of its own is not sent twice */
START_TEST(shared_tree_on_an_interface_of_its_own_has_its_own_leaves)
{
	struct mldp_fec shared = source_fec("10.0.0.1", "*", "239.1.1.1");
	struct mldp_fec tree = source_fec("10.0.0.1", "10.1.1.1", "239.1.1.1");

	lsp(&tree, 1);
	lsp(&shared, 2);
	heard[0] = '\0';
	policy.shared_interface = true;
	mc_map_set_policy(map, &policy, wheel.now);
	ck_assert_ptr_nonnull(
		strstr(heard, "prune *,239.1.1.1; join *,239.1.1.1; push *,239.1.1.1 to 101; "));
	ck_assert_ptr_nonnull(strstr(heard, "push 10.1.1.1,239.1.1.1 to 100; "));
	heard[0] = '\0';
	lsp(&shared, 6);
	ck_assert_ptr_nonnull(strstr(heard, "push *,239.1.1.1 to 101 102; "));
	ck_assert_ptr_null(strstr(heard, "10.1.1.1,239.1.1.1 to 100 "));
	ck_assert(mc_map_is_shared(map, &shared) && !mc_map_is_shared(map, &tree));
}
END_TEST

/* M-7438-6-1, F3353-3.1-2 */
START_TEST(lsp_without_a_group_carries_every_stream_of_its_source)
{
	struct mldp_fec fec = source_fec("10.0.0.1", "10.1.1.1", "*");

	stream("10.1.1.1", "232.1.1.1", -1); /* nobody wants it */
	expect("");
	lsp(&fec, 1);
	expect("watch streams; ");
	stream("10.1.1.1", "232.1.1.1", 0);
	expect("join 10.1.1.1,232.1.1.1; push 10.1.1.1,232.1.1.1 to 100; ");
	stream("10.1.1.1", "239.1.1.1", -1);
	expect("join 10.1.1.1,239.1.1.1; push 10.1.1.1,239.1.1.1 to 100; ");
	stream("10.1.1.1", "224.0.0.5", -1); /* is not routed */
	stream("10.2.1.1", "232.1.1.1", -1); /* another source */
	expect("");
	lsp(&fec, 3);
	ck_assert_ptr_nonnull(strstr(heard, "push 10.1.1.1,232.1.1.1 to 100 101; "));
	ck_assert_ptr_nonnull(strstr(heard, "push 10.1.1.1,239.1.1.1 to 100 101; "));
	heard[0] = '\0';
	ck_assert_uint_eq(mc_map_stats(map)->streams, 2);
	lsp(&fec, 0);
	ck_assert_ptr_nonnull(strstr(heard, "prune 10.1.1.1,232.1.1.1; "));
	ck_assert_ptr_nonnull(strstr(heard, "prune 10.1.1.1,239.1.1.1; "));
	ck_assert_ptr_nonnull(strstr(heard, "unwatch streams; "));
	ck_assert_uint_eq(mc_map_stats(map)->streams, 0);
	ck_assert_uint_eq(mc_map_stats(map)->inert, 0);
}
END_TEST

START_TEST(stream_whose_counter_stands_still_ends)
{
	struct mldp_fec fec = source_fec("10.0.0.1", "10.1.1.1", "*");

	policy.idle_ms = 10000;
	mc_map_set_policy(map, &policy, wheel.now);
	lsp(&fec, 1);
	stream("10.1.1.1", "232.1.1.1", 5);
	heard[0] = '\0';
	pass(9000);
	stream("10.1.1.1", "232.1.1.1", 6);
	pass(9000);
	stream("10.1.1.1", "232.1.1.1", 6);
	pass(999);
	expect("");
	pass(1);
	expect("push 10.1.1.1,232.1.1.1 to; prune 10.1.1.1,232.1.1.1; ");
}
END_TEST

/* M-7438-3.2-1, M-7438-5-1: a source-specific group has no shared tree, but known sources */
START_TEST(lsp_without_a_source_carries_the_known_sources_of_an_ssm_group)
{
	struct mldp_fec fec = source_fec("10.0.0.1", "*", "232.1.1.1");

	lsp(&fec, 1);
	stream("10.1.1.1", "232.1.1.1", -1);
	stream("10.2.1.1", "232.1.1.1", -1);
	stream("10.1.1.1", "232.1.1.2", -1);
	expect("watch streams; join 10.1.1.1,232.1.1.1; push 10.1.1.1,232.1.1.1 to 100; "
	       "join 10.2.1.1,232.1.1.1; push 10.2.1.1,232.1.1.1 to 100; ");
}
END_TEST

START_TEST(streams_are_bounded_in_number)
{
	struct mldp_fec fec = source_fec("10.0.0.1", "10.1.1.1", "*");
	struct addr s = address("10.1.1.1");

	lsp(&fec, 1);
	for (unsigned int i = 0; i < 11000; i++) {
		struct addr g = addr_from_v4((uint8_t[]){239, 1, (uint8_t)(i >> 8), (uint8_t)i});

		mc_map_stream(map, &s, &g, UINT64_MAX, wheel.now);
	}
	ck_assert_uint_eq(mc_map_stats(map)->streams, 10000);
}
END_TEST

START_TEST(tree_on_two_lsps_has_each_branch_once)
{
	struct mldp_fec a = source_fec("10.0.0.1", "10.1.1.1", "232.1.1.1");
	struct mldp_fec b = generic_fec("10.0.0.1", 7);

	static_tree("video", "10.0.0.1", 7);
	member("video", "10.1.1.1", "232.1.1.1", true);
	lsp(&a, 3);
	heard[0] = '\0';
	lsp(&b, 6);
	expect("push 10.1.1.1,232.1.1.1 to 100 101 102; ");
	lsp(&a, 0);
	expect("push 10.1.1.1,232.1.1.1 to 101 102; ");
	lsp(&b, 0);
	expect("push 10.1.1.1,232.1.1.1 to; prune 10.1.1.1,232.1.1.1; ");
}
END_TEST

/* ---------------------------------------------------------------- static trees */

START_TEST(static_tree_comes_before_all_other_rules)
{
	static_tree("video", "10.0.0.5", 7);
	member("video", "10.1.1.1", "239.1.1.1", true);
	member("video", "*", "239.1.1.2", true);
	group_line("224.0.0.0/4", false, false);
	tree("10.1.1.1", "239.1.1.1", true);
	expect("watch 10.1.1.1; leaf root 10.0.0.5 generic 7; ");
	tree("*", "239.1.1.2", true); /* one LSP for both */
	expect("");
	tree("10.2.1.1", "239.1.1.1", true); /* another source */
	expect("watch 10.2.1.1; ");
	static_tree("video", "10.0.0.6", 8);
	ck_assert_ptr_nonnull(strstr(heard, "leaf root 10.0.0.6 generic 8; "));
	ck_assert_uint_eq(mc_map_stats(map)->leaves, 1);
	heard[0] = '\0';
	member("video", "10.1.1.1", "239.1.1.1", false);
	expect("");
	mc_map_static_tree_del(map, "video", wheel.now);
	expect("no leaf root 10.0.0.6 generic 8; ");
	shown_as("10.1.1.1", "239.1.1.1", "its group is not to be label-switched (map ... none)");
}
END_TEST

START_TEST(member_of_a_static_tree_comes_and_goes_without_the_others_noticing)
{
	struct mldp_fec fec = generic_fec("10.0.0.1", 7);

	lsp(&fec, 1); /* nothing to send yet */
	expect("");
	static_tree("video", "10.0.0.1", 7);
	member("video", "10.1.1.1", "239.1.1.1", true);
	expect("join 10.1.1.1,239.1.1.1; push 10.1.1.1,239.1.1.1 to 100; ");
	member("video", "*", "239.1.1.2", true);
	expect("join *,239.1.1.2; push *,239.1.1.2 to 100; ");
	member("video", "*", "239.1.1.2", true);
	expect("");
	member("video", "10.1.1.1", "239.1.1.1", false);
	expect("push 10.1.1.1,239.1.1.1 to; prune 10.1.1.1,239.1.1.1; ");
	mc_map_static_tree_del(map, "video", wheel.now);
	expect("push *,239.1.1.2 to; prune *,239.1.1.2; ");
	ck_assert_uint_eq(mc_map_stats(map)->inert, 0);
}
END_TEST

START_TEST(static_tree_with_another_identifier_leaves_the_old_lsp)
{
	struct mldp_fec a = generic_fec("10.0.0.1", 7), b = generic_fec("10.0.0.1", 8);

	static_tree("video", "10.0.0.1", 7);
	member("video", "10.1.1.1", "239.1.1.1", true);
	lsp(&a, 1);
	lsp(&b, 2);
	heard[0] = '\0';
	static_tree("video", "10.0.0.1", 8);
	expect("push 10.1.1.1,239.1.1.1 to 100 101; push 10.1.1.1,239.1.1.1 to 101; ");
}
END_TEST

/* A (*,G) branch costs as much as its group has trees, however many others the root sends. */
START_TEST(branch_of_a_shared_tree_costs_what_its_group_has)
{
	struct mldp_fec fec;

	rp_line("239.0.0.0/8", "10.9.9.9");
	for (unsigned int i = 0; i < 1000; i++) {
		char group[ADDR_STRLEN];

		snprintf(group, sizeof(group), "239.7.%u.%u", i / 250, i % 250 + 1);
		fec = source_fec("10.0.0.1", "10.1.1.1", group);
		lsp(&fec, 1);
	}
	for (unsigned int i = 1; i <= 3; i++) {
		char source[ADDR_STRLEN];

		snprintf(source, sizeof(source), "10.1.1.%u", i);
		fec = source_fec("10.0.0.1", source, "239.1.1.1");
		lsp(&fec, 1);
	}
	fec = source_fec("10.0.0.1", "*", "239.1.1.1");
	ck_assert_uint_eq(map->looked_at, 0);
	calls = 0;
	lsp(&fec, 2);
	ck_assert_uint_eq(map->looked_at, 4); /* itself and three source trees */
	ck_assert_uint_eq(calls, 1 + 4);
	lsp(&fec, 6);
	ck_assert_uint_eq(map->looked_at, 8);
}
END_TEST

/* ---------------------------------------------------------------- */

static Suite *suite(void)
{
	Suite *s = suite_create("mc_root");
	TCase *t = tcase_create("mc_root");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, leaf_of_an_lsp_starts_the_join_and_its_end_stops_it);
	tcase_add_loop_test(t, lsp_that_names_no_tree_carries_none, 0, array_size(no_tree));
	tcase_add_test(t, root_sends_no_group_that_the_operator_denies);
	tcase_add_test(t, lsp_without_a_source_joins_the_shared_tree_of_the_configured_rp);
	tcase_add_test(t, packets_of_a_source_tree_go_to_the_leaves_of_the_shared_tree_as_well);
	tcase_add_test(t, branch_of_a_shared_tree_costs_what_its_group_has);
	tcase_add_test(t, shared_tree_on_an_interface_of_its_own_has_its_own_leaves);
	tcase_add_test(t, lsp_without_a_group_carries_every_stream_of_its_source);
	tcase_add_test(t, stream_whose_counter_stands_still_ends);
	tcase_add_test(t, lsp_without_a_source_carries_the_known_sources_of_an_ssm_group);
	tcase_add_test(t, streams_are_bounded_in_number);
	tcase_add_test(t, tree_on_two_lsps_has_each_branch_once);
	tcase_add_test(t, static_tree_comes_before_all_other_rules);
	tcase_add_test(t, member_of_a_static_tree_comes_and_goes_without_the_others_noticing);
	tcase_add_test(t, static_tree_with_another_identifier_leaves_the_old_lsp);
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
