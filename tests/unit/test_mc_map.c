// SPDX-License-Identifier: GPL-2.0-or-later
/* Which tree becomes which FEC, and why not: the leaf side of the mapping (mplsmc/mc_map.c). */
#include "tests/unit/mc_map_rig.h"

/* ---------------------------------------------------------------- leaf side: the root */

/* The most specific line counts, in whatever order they were typed. */
static const struct {
	const char *source, *group, *fec;
} longest[] = {
	{"10.1.1.1", "232.1.1.1", "root 10.0.0.4 ipv4-source 10.1.1.1 232.1.1.1"},
	{"10.1.1.2", "232.1.1.1", "root 10.0.0.3 ipv4-source 10.1.1.2 232.1.1.1"},
	{"10.2.0.1", "232.1.1.1", "root 10.0.0.2 ipv4-source 10.2.0.1 232.1.1.1"},
	{"172.16.0.1", "232.1.1.1", "root 10.0.0.1 ipv4-source 172.16.0.1 232.1.1.1"},
	{"2001:db8::1", "ff3e::1", "root 10.0.0.6 ipv6-source 2001:db8::1 ff3e::1"},
};

/* F3353-3.1-1 */
START_TEST(root_of_the_longest_prefix_names_the_fec)
{
	char both[512];

	root_line("10.1.1.0/24", "10.0.0.3");
	root_line("0.0.0.0/0", "10.0.0.1");
	root_line("10.1.1.1/32", "10.0.0.4");
	root_line("2001:db8::/32", "10.0.0.6");
	root_line("10.0.0.0/8", "10.0.0.2");
	expect("");
	tree(longest[_i].source, longest[_i].group, true);
	snprintf(both, sizeof(both), "watch %s; leaf %s; ", longest[_i].source, longest[_i].fec);
	expect(both);
	shown_as(longest[_i].source, longest[_i].group, NULL);
}
END_TEST

START_TEST(without_a_line_the_next_hop_of_routing_is_root)
{
	tree("10.1.1.1", "232.1.1.1", true);
	expect("watch 10.1.1.1; ");
	routing("10.1.1.1", "10.0.0.1", false);
	expect("leaf root 10.0.0.1 ipv4-source 10.1.1.1 232.1.1.1; ");
	routing("10.1.1.1", "10.0.0.1", false);
	routing("10.9.9.9", "10.0.0.9", false); /* nobody asked */
	expect("");
	routing("10.1.1.1", "10.0.0.2", false);
	expect("leaf root 10.0.0.2 ipv4-source 10.1.1.1 232.1.1.1; "
	       "no leaf root 10.0.0.1 ipv4-source 10.1.1.1 232.1.1.1; ");
	routing("10.1.1.1", "*", false);
	expect("no leaf root 10.0.0.2 ipv4-source 10.1.1.1 232.1.1.1; ");
}
END_TEST

START_TEST(change_of_a_line_moves_its_trees_and_no_others)
{
	root_line("10.0.0.0/8", "10.0.0.1");
	tree("10.1.1.1", "232.1.1.1", true);
	tree("10.2.0.1", "232.1.1.1", true);
	heard[0] = '\0';
	root_line("10.1.0.0/16", "10.0.0.2");
	expect("leaf root 10.0.0.2 ipv4-source 10.1.1.1 232.1.1.1; "
	       "no leaf root 10.0.0.1 ipv4-source 10.1.1.1 232.1.1.1; ");
	routing("10.1.1.1", "10.0.0.9", false); /* the line says otherwise */
	root_line("10.1.0.0/16", "10.0.0.2");
	expect("");
	root_line("10.1.0.0/16", "10.0.0.3");
	expect("leaf root 10.0.0.3 ipv4-source 10.1.1.1 232.1.1.1; "
	       "no leaf root 10.0.0.2 ipv4-source 10.1.1.1 232.1.1.1; ");
	root_line("10.1.0.0/16", "*");
	expect("leaf root 10.0.0.1 ipv4-source 10.1.1.1 232.1.1.1; "
	       "no leaf root 10.0.0.3 ipv4-source 10.1.1.1 232.1.1.1; ");
	root_line("10.1.0.0/16", "*");
	expect("");
}
END_TEST

START_TEST(second_tree_of_a_source_asks_routing_no_more)
{
	tree("10.1.1.1", "232.1.1.1", true);
	routing("10.1.1.1", "10.0.0.1", false);
	heard[0] = '\0';
	tree("10.1.1.1", "232.1.1.2", true);
	expect("leaf root 10.0.0.1 ipv4-source 10.1.1.1 232.1.1.2; ");
	tree("10.1.1.1", "232.1.1.1", false);
	expect("no leaf root 10.0.0.1 ipv4-source 10.1.1.1 232.1.1.1; ");
	tree("10.1.1.1", "232.1.1.2", false);
	expect("no leaf root 10.0.0.1 ipv4-source 10.1.1.1 232.1.1.2; unwatch 10.1.1.1; ");
	ck_assert_uint_eq(mc_map_stats(map)->trees, 0);
	ck_assert_uint_eq(mc_map_stats(map)->leaves, 0);
}
END_TEST

/* M-6826-2-6, F3353-5.1-3 */
START_TEST(refreshes_of_a_tree_say_nothing)
{
	root_line("10.0.0.0/8", "10.0.0.1");
	tree("10.1.1.1", "232.1.1.1", false); /* nothing known of it */
	expect("");
	tree("10.1.1.1", "232.1.1.1", true);
	heard[0] = '\0';
	for (int i = 0; i < 10; i++)
		tree("10.1.1.1", "232.1.1.1", true);
	expect("");
	tree("10.1.1.1", "232.1.1.1", false);
	expect("no leaf root 10.0.0.1 ipv4-source 10.1.1.1 232.1.1.1; unwatch 10.1.1.1; ");
}
END_TEST

/* M-6826-2-2, M-7438-3.3-1 */
START_TEST(lsp_of_all_groups_only_to_a_root_known_to_support_it)
{
	struct addr root = address("10.0.0.1");

	root_line("10.1.0.0/16", "10.0.0.1");
	root_line("10.2.0.0/16", "10.0.0.2");
	tree("10.1.1.1", "232.1.1.1", true);
	tree("10.1.1.1", "232.1.1.2", true);
	tree("10.2.1.1", "232.1.1.1", true);
	heard[0] = '\0';
	mc_map_configure_wildcards(map, &root, false, true, wheel.now);
	ck_assert_ptr_nonnull(strstr(heard, "leaf root 10.0.0.1 ipv4-source 10.1.1.1 *; "));
	ck_assert_ptr_null(strstr(heard, "10.0.0.2"));
	ck_assert_uint_eq(mc_map_stats(map)->leaves, 2); /* one for both trees of 10.1.1.1 */
	heard[0] = '\0';
	tree("10.1.1.1", "232.1.1.1", false);
	expect("");
	tree("10.1.1.1", "232.1.1.2", false);
	expect("no leaf root 10.0.0.1 ipv4-source 10.1.1.1 *; unwatch 10.1.1.1; ");
}
END_TEST

/* ---------------------------------------------------------------- leaf side: shared trees */

static void layer3(void);

/* M-7438-7-1: the root is looked for with the RP's address; pimd's word counts before the line's */
START_TEST(root_of_a_shared_tree_is_the_root_towards_its_rp)
{
	struct addr root = address("10.0.0.7");

	layer3();
	rp_line("239.0.0.0/8", "10.9.0.1");
	mc_map_configure_wildcards(map, &root, true, false, wheel.now);
	shared("239.1.1.1", "10.9.0.2", true);
	expect("watch 10.9.0.2; ");
	routing("10.9.0.2", "10.0.0.7", false);
	expect("leaf root 10.0.0.7 ipv4-source * 239.1.1.1; ");
	shared("239.1.1.1", "10.9.0.3", true);
	expect("unwatch 10.9.0.2; watch 10.9.0.3; no leaf root 10.0.0.7 ipv4-source * 239.1.1.1; ");
	root_line("10.9.0.3/32", "10.0.0.7");
	expect("leaf root 10.0.0.7 ipv4-source * 239.1.1.1; ");
	shared("239.1.1.1", "10.9.0.3", false);
	expect("no leaf root 10.0.0.7 ipv4-source * 239.1.1.1; unwatch 10.9.0.3; ");
	tree("*", "239.1.1.1", true); /* the kernel's table names no RP */
	expect("watch 10.9.0.1; ");
}
END_TEST

/* F3353-3.4-a, M-7438-3.4-1: never both at a leaf, or receivers would get packets twice */
START_TEST(lsp_of_the_shared_tree_brings_the_sources_of_its_group)
{
	struct addr root = address("10.0.0.1");

	layer3();
	root_line("0.0.0.0/0", "10.0.0.1");
	tree("10.1.1.1", "239.1.1.1", true);
	tree("10.1.1.1", "239.1.1.2", true);
	shared("239.1.1.1", "10.9.0.1", true);
	heard[0] = '\0';
	mc_map_configure_wildcards(map, &root, true, false, wheel.now);
	expect("leaf root 10.0.0.1 ipv4-source * 239.1.1.1; "
	       "no leaf root 10.0.0.1 ipv4-source 10.1.1.1 239.1.1.1; ");
	tree("10.2.1.1", "239.1.1.1", true); /* SPT switch-over */
	expect("watch 10.2.1.1; ");
	shown_as("10.2.1.1", "239.1.1.1",
		 "the LSP of its group's shared tree brings it (coexistence layer3)");
	shown_as("10.1.1.1", "239.1.1.2", NULL);
	tree("10.2.1.1", "239.1.1.1", false);
	heard[0] = '\0';
	shared("239.1.1.1", "10.9.0.1", false); /* the source trees first, then it goes */
	expect("leaf root 10.0.0.1 ipv4-source 10.1.1.1 239.1.1.1; "
	       "no leaf root 10.0.0.1 ipv4-source * 239.1.1.1; unwatch 10.9.0.1; ");
}
END_TEST

/* F3353-3.4-3: a leaf of both LSPs; pimd's RPF check tells them apart */
START_TEST(with_an_interface_for_shared_trees_a_leaf_may_switch_over)
{
	struct addr root = address("10.0.0.1");

	policy.shared_interface = true;
	layer3();
	root_line("0.0.0.0/0", "10.0.0.1");
	mc_map_configure_wildcards(map, &root, true, false, wheel.now);
	shared("239.1.1.1", "10.9.0.1", true);
	heard[0] = '\0';
	tree("10.1.1.1", "239.1.1.1", true);
	expect("watch 10.1.1.1; leaf root 10.0.0.1 ipv4-source 10.1.1.1 239.1.1.1; ");
	policy.shared_interface = false;
	layer3();
	expect("no leaf root 10.0.0.1 ipv4-source 10.1.1.1 239.1.1.1; ");
}
END_TEST

START_TEST(source_pruned_off_the_shared_tree_is_a_tree_again_when_it_is_joined)
{
	root_line("0.0.0.0/0", "10.0.0.1");
	rpt_prune("10.1.1.1", "239.1.1.1", true);
	tree("10.1.1.1", "239.1.1.1", true);
	expect("watch 10.1.1.1; leaf root 10.0.0.1 ipv4-source 10.1.1.1 239.1.1.1; ");
	tree("10.1.1.1", "239.1.1.1", false);
	expect("no leaf root 10.0.0.1 ipv4-source 10.1.1.1 239.1.1.1; ");
	rpt_prune("10.1.1.1", "239.1.1.1", false);
	rpt_prune("10.1.1.1", "239.1.1.1", false);
	expect("unwatch 10.1.1.1; ");
	ck_assert_uint_eq(mc_map_stats(map)->trees, 0);
}
END_TEST

/* ---------------------------------------------------------------- leaf side: why not */

static void not_wanted_by_pimd(void)
{
	mroute("10.1.1.1", "232.1.1.1", 1, 100);
}

static void topology_without_a_root(void)
{
	policy.trigger = MC_TRIGGER_TOPOLOGY;
	mroute("10.1.1.1", "232.1.1.1", 1, 100);
	mc_map_set_policy(map, &policy, wheel.now);
}

static void no_traffic(void)
{
	policy.trigger = MC_TRIGGER_TRAFFIC;
	mc_map_set_policy(map, &policy, wheel.now);
	tree("10.1.1.1", "232.1.1.1", true);
}

static void group_excluded(void)
{
	group_line("232.0.0.0/8", true, false);
	group_line("232.1.0.0/16", false, false);
	tree("10.1.1.1", "232.1.1.1", true);
}

static void own_source(void)
{
	tree("10.1.1.1", "232.1.1.1", true);
	routing("10.1.1.1", "*", true);
}

static void no_root(void)
{
	tree("10.1.1.1", "232.1.1.1", true);
}

static void shared_tree(void)
{
	root_line("0.0.0.0/0", "10.0.0.1");
	tree("*", "239.1.1.1", true);
}

static void layer3(void)
{
	policy.coexistence = MC_LAYER3;
	mc_map_set_policy(map, &policy, wheel.now);
}

static void shared_tree_without_an_rp(void)
{
	layer3();
	shared_tree();
}

static void rp_without_a_root(void)
{
	layer3();
	rp_line("239.0.0.0/8", "10.9.0.1");
	tree("*", "239.1.1.1", true);
}

static void own_rp(void)
{
	rp_without_a_root();
	routing("10.9.0.1", "*", true);
}

static void root_not_known_to_support_it(void)
{
	struct addr root = address("10.0.0.1");

	rp_without_a_root();
	root_line("10.9.0.0/16", "10.0.0.1");
	mc_map_configure_wildcards(map, &root, false, true, wheel.now);
}

static void pruned_off_the_shared_tree(void)
{
	root_line("0.0.0.0/0", "10.0.0.1");
	rpt_prune("10.1.1.1", "239.1.1.1", true);
}

static const struct {
	void (*arrange)(void);
	const char *source, *group, *why;
} reasons[] = {
	{not_wanted_by_pimd, "10.1.1.1", "232.1.1.1", "pimd does not want it"},
	{topology_without_a_root, "10.1.1.1", "232.1.1.1",
	 "no root is known for its source (configure root)"},
	{no_traffic, "10.1.1.1", "232.1.1.1", "no traffic yet (trigger traffic)"},
	{group_excluded, "10.1.1.1", "232.1.1.1",
	 "its group is not to be label-switched (map ... none)"},
	{own_source, "10.1.1.1", "232.1.1.1", "its source is on a network of this router"},
	{no_root, "10.1.1.1", "232.1.1.1", "no root is known for its source (configure root)"},
	/* F3353-3.4-c, M-6826-2.1-1, M-7438-3.4-1 */
	{shared_tree, "*", "239.1.1.1",
	 "a shared tree: only source trees are label-switched (coexistence source-trees-only)"},
	{shared_tree_without_an_rp, "*", "239.1.1.1",
	 "no RP is known for its group (configure rp)"},
	{rp_without_a_root, "*", "239.1.1.1", "no root is known for its RP (configure root)"},
	{own_rp, "*", "239.1.1.1", "its RP is on a network of this router"},
	/* M-6826-2-2, M-7438-3.3-1, M-7438-3.4-1: default off, and each kind on its own */
	{root_not_known_to_support_it, "*", "239.1.1.1",
	 "its root may not support FECs without a source (configure root ... wildcard)"},
	/* F3353-3.4-a */
	{pruned_off_the_shared_tree, "10.1.1.1", "239.1.1.1",
	 "pruned off the shared tree: this router forwards it at layer 3"},
};

START_TEST(tree_that_is_not_label_switched_says_why)
{
	reasons[_i].arrange();
	shown_as(reasons[_i].source, reasons[_i].group, reasons[_i].why);
	ck_assert_ptr_null(strstr(heard, "leaf"));
	ck_assert_uint_eq(mc_map_stats(map)->leaves, 0);
}
END_TEST

START_TEST(tree_says_since_when)
{
	tree("10.1.1.1", "232.1.1.1", true);
	pass(500);
	routing("10.1.1.1", "10.0.0.1", false);
	pass(500);
	routing("10.1.1.1", "10.0.0.1", false);
	ck_assert_int_eq(info("10.1.1.1", "232.1.1.1", true).since, 1500);
	routing("10.1.1.1", "*", false);
	ck_assert_int_eq(info("10.1.1.1", "232.1.1.1", true).since, 2000);
}
END_TEST

START_TEST(group_lines_count_by_length_not_by_age)
{
	root_line("0.0.0.0/0", "10.0.0.1");
	group_line("224.0.0.0/4", false, false);
	group_line("239.1.0.0/16", true, false);
	group_line("239.1.1.0/24", false, false);
	tree("10.1.1.1", "239.1.2.1", true);
	tree("10.1.1.1", "239.1.1.1", true);
	tree("10.1.1.1", "232.1.1.1", true);
	expect("watch 10.1.1.1; leaf root 10.0.0.1 ipv4-source 10.1.1.1 239.1.2.1; ");
	group_line("239.1.1.0/24", true, false);
	expect("leaf root 10.0.0.1 ipv4-source 10.1.1.1 239.1.1.1; ");
	group_line("224.0.0.0/4", false, true);
	expect("leaf root 10.0.0.1 ipv4-source 10.1.1.1 232.1.1.1; ");
	group_line("239.1.1.0/24", false, true); /* the /16 allows it as well */
	group_line("225.0.0.0/8", false, true);
	expect("");
}
END_TEST

/* ---------------------------------------------------------------- triggers, policy */

START_TEST(topology_trigger_takes_the_routing_table_too)
{
	struct addr s = address("10.1.1.1"), g = address("232.1.1.1");

	root_line("10.0.0.0/8", "10.0.0.1");
	mroute("10.1.1.1", "232.1.1.1", 0, 0);
	expect("watch 10.1.1.1; ");
	policy.trigger = MC_TRIGGER_TOPOLOGY;
	mc_map_set_policy(map, &policy, wheel.now);
	expect("leaf root 10.0.0.1 ipv4-source 10.1.1.1 232.1.1.1; ");
	tree("10.1.1.1", "232.1.1.1", true);
	mc_map_mroute(map, &s, &g, UINT64_MAX, 0, true, wheel.now);
	expect("");
	mroute("10.1.1.1", "232.1.1.1", 5, 500);
	tree("10.1.1.1", "232.1.1.1", false);
	expect("");
	mc_map_mroute(map, &s, &g, 6, 600, false, wheel.now); /* not from the domain */
	expect("no leaf root 10.0.0.1 ipv4-source 10.1.1.1 232.1.1.1; unwatch 10.1.1.1; ");
}
END_TEST

START_TEST(traffic_trigger_follows_the_traffic)
{
	policy.trigger = MC_TRIGGER_TRAFFIC;
	policy.idle_ms = 10000;
	mc_map_set_policy(map, &policy, wheel.now);
	root_line("10.0.0.0/8", "10.0.0.1");
	tree("10.1.1.1", "232.1.1.1", true);
	mroute("10.1.1.1", "232.1.1.1", 7, 700); /* of before */
	pass(1000);
	mroute("10.1.1.1", "232.1.1.1", 7, 700);
	expect("watch 10.1.1.1; ");
	pass(1000);
	mroute("10.1.1.1", "232.1.1.1", 8, 800);
	expect("leaf root 10.0.0.1 ipv4-source 10.1.1.1 232.1.1.1; ");
	pass(9000);
	mroute("10.1.1.1", "232.1.1.1", 9, 900);
	pass(9999);
	expect("");
	pass(1);
	expect("no leaf root 10.0.0.1 ipv4-source 10.1.1.1 232.1.1.1; ");
	shown_as("10.1.1.1", "232.1.1.1", "no traffic yet (trigger traffic)");
}
END_TEST

/* F3353-5.3-2: the first packets come by another way, and not to wait for is what was forwarded
 * before the configuration changed. */
START_TEST(traffic_trigger_counts_packets_of_any_way_and_keeps_what_is_there)
{
	struct addr s = address("10.1.1.1"), g = address("232.1.1.1");

	policy.idle_ms = 10000;
	root_line("10.0.0.0/8", "10.0.0.1");
	tree("10.1.1.1", "232.1.1.1", true);
	expect("watch 10.1.1.1; leaf root 10.0.0.1 ipv4-source 10.1.1.1 232.1.1.1; ");
	policy.trigger = MC_TRIGGER_TRAFFIC;
	mc_map_set_policy(map, &policy, wheel.now);
	mc_map_set_policy(map, &policy, wheel.now);
	pass(9999);
	expect("");
	pass(1);
	expect("no leaf root 10.0.0.1 ipv4-source 10.1.1.1 232.1.1.1; ");
	mc_map_mroute(map, &s, &g, 7, 700, false, wheel.now);
	expect("");
	pass(1000);
	mc_map_mroute(map, &s, &g, 8, 800, false, wheel.now);
	expect("leaf root 10.0.0.1 ipv4-source 10.1.1.1 232.1.1.1; ");
}
END_TEST

START_TEST(traffic_trigger_has_a_threshold)
{
	policy.trigger = MC_TRIGGER_TRAFFIC;
	policy.traffic_kbps = 8; /* an octet a millisecond */
	mc_map_set_policy(map, &policy, wheel.now);
	root_line("10.0.0.0/8", "10.0.0.1");
	mroute("10.1.1.1", "232.1.1.1", 0, 0);
	pass(1000);
	mroute("10.1.1.1", "232.1.1.1", 10, 999);
	expect("watch 10.1.1.1; ");
	pass(1000);
	mroute("10.1.1.1", "232.1.1.1", 20, 1999);
	expect("leaf root 10.0.0.1 ipv4-source 10.1.1.1 232.1.1.1; ");
}
END_TEST

/* RFC 3353 Table 2 with downstream unsolicited and upstream on demand labels. */
static const struct {
	enum mc_trigger trigger;
	enum mc_distribution distribution;
	bool mixed;
	const char *invalid; /* words of the reason, NULL: valid */
} table2[] = {
	/* M3353-2 */
	{MC_TRIGGER_REQUEST, MC_DOWNSTREAM_UNSOLICITED, true, NULL},
	{MC_TRIGGER_REQUEST, MC_DOWNSTREAM_UNSOLICITED, false, NULL},
	{MC_TRIGGER_REQUEST, MC_UPSTREAM_ON_DEMAND, true, NULL},
	{MC_TRIGGER_REQUEST, MC_UPSTREAM_ON_DEMAND, false, NULL},
	/* topology driven: valid, though the daemon has no use for it yet */
	{MC_TRIGGER_TOPOLOGY, MC_DOWNSTREAM_UNSOLICITED, true, NULL},
	{MC_TRIGGER_TOPOLOGY, MC_DOWNSTREAM_UNSOLICITED, false, NULL},
	{MC_TRIGGER_TOPOLOGY, MC_UPSTREAM_ON_DEMAND, true, NULL},
	{MC_TRIGGER_TOPOLOGY, MC_UPSTREAM_ON_DEMAND, false, NULL},
	/* F3353-4-4, F3353-10.2-2 */
	{MC_TRIGGER_TRAFFIC, MC_DOWNSTREAM_UNSOLICITED, true, NULL},
	{MC_TRIGGER_TRAFFIC, MC_DOWNSTREAM_UNSOLICITED, false, "mixed"},
	{MC_TRIGGER_TRAFFIC, MC_UPSTREAM_ON_DEMAND, true, NULL},
	{MC_TRIGGER_TRAFFIC, MC_UPSTREAM_ON_DEMAND, false, "mixed"},
};

/* F3353-5.4-1 */
START_TEST(table_2_allows_or_refuses_with_the_reason)
{
	const char *why;

	policy.trigger = table2[_i].trigger;
	policy.distribution = table2[_i].distribution;
	policy.mixed_forwarding = table2[_i].mixed;
	why = mc_policy_invalid(&policy);
	if (table2[_i].invalid)
		ck_assert(why && strstr(why, table2[_i].invalid));
	else
		ck_assert_ptr_null(why);
}
END_TEST

START_TEST(default_policy_is_valid)
{
	ck_assert_ptr_null(mc_policy_invalid(&policy));
}
END_TEST

/* ---------------------------------------------------------------- many trees */

#define OTHERS 10000

START_TEST(change_of_one_tree_among_ten_thousand_is_one_change)
{
	struct addr g = address("232.1.1.1");

	root_line("10.0.0.0/8", "10.0.0.1");
	for (unsigned int i = 0; i < OTHERS; i++) {
		struct addr s = addr_from_v4((uint8_t[]){10, 1, (uint8_t)(i >> 8), (uint8_t)i});
		struct addr root = address("10.0.0.1");
		struct mldp_fec fec = mldp_fec_source(&root, &s, &g);

		mc_map_tree(map, &s, &g, true, wheel.now);
		lsp(&fec, 1);
	}
	ck_assert_uint_eq(calls, 4 * OTHERS);
	ck_assert_uint_eq(mc_map_stats(map)->leaves, OTHERS);
	heard[0] = '\0';
	tree("10.2.0.1", "232.1.1.1", true);
	expect("watch 10.2.0.1; leaf root 10.0.0.1 ipv4-source 10.2.0.1 232.1.1.1; ");
	routing("10.2.0.1", "10.0.0.2", false);
	routing("10.1.0.1", "10.0.0.2", false);
	expect("");
	root_line("10.2.0.0/16", "10.0.0.2");
	expect("leaf root 10.0.0.2 ipv4-source 10.2.0.1 232.1.1.1; "
	       "no leaf root 10.0.0.1 ipv4-source 10.2.0.1 232.1.1.1; ");
	tree("10.2.0.1", "232.1.1.1", false);
	expect("no leaf root 10.0.0.2 ipv4-source 10.2.0.1 232.1.1.1; unwatch 10.2.0.1; ");
	tree("10.1.0.7", "232.1.1.1", false);
	expect("no leaf root 10.0.0.1 ipv4-source 10.1.0.7 232.1.1.1; unwatch 10.1.0.7; ");
}
END_TEST

/* ---------------------------------------------------------------- */

static Suite *suite(void)
{
	Suite *s = suite_create("mc_map");
	TCase *t = tcase_create("mc_map");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, root_of_the_longest_prefix_names_the_fec, 0, array_size(longest));
	tcase_add_test(t, without_a_line_the_next_hop_of_routing_is_root);
	tcase_add_test(t, change_of_a_line_moves_its_trees_and_no_others);
	tcase_add_test(t, second_tree_of_a_source_asks_routing_no_more);
	tcase_add_test(t, refreshes_of_a_tree_say_nothing);
	tcase_add_test(t, lsp_of_all_groups_only_to_a_root_known_to_support_it);
	tcase_add_loop_test(t, tree_that_is_not_label_switched_says_why, 0, array_size(reasons));
	tcase_add_test(t, root_of_a_shared_tree_is_the_root_towards_its_rp);
	tcase_add_test(t, lsp_of_the_shared_tree_brings_the_sources_of_its_group);
	tcase_add_test(t, with_an_interface_for_shared_trees_a_leaf_may_switch_over);
	tcase_add_test(t, source_pruned_off_the_shared_tree_is_a_tree_again_when_it_is_joined);
	tcase_add_test(t, tree_says_since_when);
	tcase_add_test(t, group_lines_count_by_length_not_by_age);
	tcase_add_test(t, topology_trigger_takes_the_routing_table_too);
	tcase_add_test(t, traffic_trigger_follows_the_traffic);
	tcase_add_test(t, traffic_trigger_counts_packets_of_any_way_and_keeps_what_is_there);
	tcase_add_test(t, traffic_trigger_has_a_threshold);
	tcase_add_loop_test(t, table_2_allows_or_refuses_with_the_reason, 0, array_size(table2));
	tcase_add_test(t, default_policy_is_valid);
	tcase_add_test(t, change_of_one_tree_among_ten_thousand_is_one_change);
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
