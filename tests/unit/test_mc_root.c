// SPDX-License-Identifier: GPL-2.0-or-later
/* LSPs that name trees, and static trees: the root side of the mapping (mplsmc/mc_root.c). */
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
	{"(S,*)", 11, {3, 0, 8, 10, 1, 1, 1, 0, 0, 0, 0}},
	{"(*,G)", 11, {3, 0, 8, 0, 0, 0, 0, 239, 1, 1, 1}},
	{"(*,*)", 11, {3, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0}},
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
	lsp(&fec, 0);
	expect("");
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

/* ---------------------------------------------------------------- */

static Suite *suite(void)
{
	Suite *s = suite_create("mc_root");
	TCase *t = tcase_create("mc_root");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, leaf_of_an_lsp_starts_the_join_and_its_end_stops_it);
	tcase_add_loop_test(t, lsp_that_names_no_tree_carries_none, 0, array_size(no_tree));
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
