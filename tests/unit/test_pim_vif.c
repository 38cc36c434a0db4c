// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The virtual PIM neighbour on a virtual clock (mplsmc/pim_vif.h): what it tells of pimd's joins,
 * what it says itself, and when.
 */
#include <stdlib.h>

#include "tests/unit/pim_rig.h"

/* ---------------------------------------------------------------- Hello */

START_TEST(hello_is_sent_at_once_and_every_30_s)
{
	ck_assert_uint_eq(rig.n_sent, 1);
	rig_pass(95000);
	ck_assert_uint_eq(rig.n_sent, 4);
	for (size_t i = 0; i < 4; i++) {
		ck_assert_int_eq(rig.sent[i].m.type, PIM_HELLO);
		ck_assert_uint_eq(rig.sent[i].m.hold_s, 105);
		ck_assert_uint_eq(rig.sent[i].m.generation, rig.sent[0].m.generation);
		ck_assert_int_eq(rig.sent[i].at, START + i * 30000);
	}
	ck_assert_uint_eq(rig_info().tx_hellos, 4);
}
END_TEST

START_TEST(first_hello_brings_the_neighbour_up_and_is_answered)
{
	rig_forget();
	rig_pass(1000);
	rig_hello(105, 1);
	ck_assert_uint_eq(rig.n_up, 1);
	ck_assert(rig_info().neighbour_up);
	ck_assert_int_eq(rig_info().neighbour_since, START + 1000);
	ck_assert_uint_eq(rig.n_sent, 1);
	ck_assert_int_eq(rig.sent[0].m.type, PIM_HELLO);
	rig_pass(1000);
	rig_hello(105, 1);
	ck_assert_uint_eq(rig.n_up, 1);
	ck_assert_uint_eq(rig.n_sent, 1);
	ck_assert_int_eq(rig_info().neighbour_since, START + 1000);
	ck_assert_uint_eq(rig_info().rx_hellos, 2);
}
END_TEST

START_TEST(neighbour_goes_down_when_its_hold_time_ends)
{
	rig_hello(40, 1);
	rig_pass(39000);
	rig_hello(40, 1);
	rig_pass(39999);
	ck_assert_uint_eq(rig.n_down, 0);
	rig_pass(1);
	ck_assert_uint_eq(rig.n_down, 1);
	ck_assert(!rig_info().neighbour_up);
}
END_TEST

START_TEST(neighbour_with_infinite_hold_time_stays)
{
	rig_hello(40, 1);
	rig_hello(0xffff, 1);
	rig_pass(3600 * 1000);
	ck_assert_uint_eq(rig.n_down, 0);
}
END_TEST

START_TEST(goodbye_takes_the_neighbour_down_at_once)
{
	rig_hello(0, 1);
	ck_assert_uint_eq(rig.n_up + rig.n_down, 0);
	rig_hello(105, 1);
	rig_hello(0, 1);
	ck_assert_uint_eq(rig.n_down, 1);
	rig_hello(0, 1);
	ck_assert_uint_eq(rig.n_down, 1);
	rig_hello(105, 1);
	ck_assert_uint_eq(rig.n_up, 2);
}
END_TEST

/* ---------------------------------------------------------------- pimd's joins */

START_TEST(join_starts_a_tree_and_prune_stops_it)
{
	rig_hello(105, 1);
	rig_one("172.16.1.10", "232.1.1.1", PIM_SPARSE, false);
	ck_assert_uint_eq(rig.n_told, 1);
	expect_told(0, "172.16.1.10", "232.1.1.1", true);
	ck_assert_uint_eq(rig_info().n_downstream, 1);
	rig_one("172.16.1.10", "232.1.1.1", PIM_SPARSE, true);
	ck_assert_uint_eq(rig.n_told, 2);
	expect_told(1, "172.16.1.10", "232.1.1.1", false);
	ck_assert_uint_eq(rig_info().n_downstream, 0);
	rig_one("172.16.1.10", "232.1.1.1", PIM_SPARSE, true);
	ck_assert_uint_eq(rig.n_told, 2);
}
END_TEST

START_TEST(clearing_the_counters_leaves_what_is_there)
{
	struct pim_vif_info before, after;

	rig_hello(105, 1);
	rig_one("172.16.1.10", "232.1.1.1", PIM_SPARSE, false);
	rig_ours("172.16.1.11", "232.1.1.2", "*", true);
	before = rig_info();
	ck_assert_uint_gt(before.rx_hellos * before.tx_hellos, 0);
	ck_assert_uint_gt(before.rx_join_prunes * before.tx_join_prunes, 0);
	pim_vif_clear_stats(rig.v);
	after = rig_info();
	ck_assert_uint_eq(after.rx_hellos + after.tx_hellos + after.rx_join_prunes +
				  after.tx_join_prunes + after.rx_bad + after.rx_reflected +
				  after.restarts,
			  0);
	ck_assert(after.neighbour_up);
	ck_assert_int_eq(after.neighbour_since, before.neighbour_since);
	ck_assert_uint_eq(after.n_downstream, 1);
	ck_assert_uint_eq(after.n_joined, 1);
}
END_TEST

START_TEST(tree_of_ipv6_starts_and_stops)
{
	rig_close();
	rig_open(true);
	rig_hello(105, 1);
	rig_one("2001:db8::1", "ff3e::8000:1", PIM_SPARSE, false);
	expect_told(0, "2001:db8::1", "ff3e::8000:1", true);
	rig_one("2001:db8::1", "ff3e::8000:1", PIM_SPARSE, true);
	expect_told(1, "2001:db8::1", "ff3e::8000:1", false);
	rig_ours("2001:db8::2", "ff3e::1", "*", true);
	expect_sent_source(rig.n_sent - 1, "2001:db8::2", "ff3e::1", PIM_SPARSE, false);
}
END_TEST

/* The source that stands in a (*,G) join is the RP, and not told */
START_TEST(wildcard_join_is_a_tree_without_source)
{
	rig_hello(105, 1);
	rig_one("172.31.0.1", "239.1.1.1", STAR_G, false);
	expect_told(0, "*", "239.1.1.1", true);
	rig_one("172.16.1.10", "239.1.1.1", PIM_SPARSE, false);
	expect_told(1, "172.16.1.10", "239.1.1.1", true);
	rig_one("172.31.0.1", "239.1.1.1", STAR_G, true);
	expect_told(2, "*", "239.1.1.1", false);
	ck_assert_uint_eq(rig.n_told, 3);
	ck_assert_uint_eq(rig_info().n_downstream, 1);
}
END_TEST

START_TEST(one_message_carries_joins_and_prunes_of_several_groups)
{
	struct pim_source s[] = {
		entry("172.16.1.10", "232.1.1.1", PIM_SPARSE, false),
		entry("172.16.1.11", "232.1.1.1", PIM_SPARSE, true),
		entry("172.16.1.12", "232.1.1.2", PIM_SPARSE, false),
	};

	rig_hello(105, 1);
	rig_one("172.16.1.11", "232.1.1.1", PIM_SPARSE, false);
	rig_forget();
	rig_join_prune(s, array_size(s));
	ck_assert_uint_eq(rig.n_told, 3);
	expect_told(0, "172.16.1.10", "232.1.1.1", true);
	expect_told(1, "172.16.1.11", "232.1.1.1", false);
	expect_told(2, "172.16.1.12", "232.1.1.2", true);
}
END_TEST

/* F3353-5.1-3: joins are soft state here, and cost the domain nothing */
START_TEST(repeated_join_tells_nothing_and_keeps_the_tree)
{
	rig_hello(0xffff, 1);
	for (int i = 0; i < 20; i++) {
		rig_one("172.16.1.10", "232.1.1.1", PIM_SPARSE, false);
		rig_pass(60000);
	}
	ck_assert_uint_eq(rig.n_told, 1);
	rig_pass(149999);
	ck_assert_uint_eq(rig.n_told, 1);
	rig_pass(1);
	ck_assert_uint_eq(rig.n_told, 2);
	expect_told(1, "172.16.1.10", "232.1.1.1", false);
}
END_TEST

static void join_with_hold(uint16_t hold_s)
{
	struct pim_source s = entry("172.16.1.10", "232.1.1.1", PIM_SPARSE, false);

	rig_join_prune_to("198.18.0.2", &s, 1, hold_s);
}

START_TEST(tree_ends_with_the_hold_time_of_the_join)
{
	rig_hello(0xffff, 1);
	join_with_hold(8);
	rig_pass(7999);
	ck_assert_uint_eq(rig.n_told, 1);
	rig_pass(1);
	ck_assert_uint_eq(rig.n_told, 2);
	ck_assert_int_eq(rig.told[1].at, START + 8000);
	join_with_hold(8);
	join_with_hold(0xffff); /* never */
	rig_pass(3600 * 1000);
	ck_assert_uint_eq(rig.n_told, 3);
}
END_TEST

/* F3353-5.1-4: the interface is ours alone; what others say to each other is not listened to */
START_TEST(join_for_another_upstream_neighbour_is_ignored)
{
	struct pim_source s = entry("172.16.1.10", "232.1.1.1", PIM_SPARSE, false);

	rig_hello(105, 1);
	rig_join_prune_to("198.18.0.3", &s, 1, 210);
	ck_assert_uint_eq(rig.n_told, 0);
	rig_join_prune_to("198.18.0.2", &s, 1, 210);
	s.prune = true;
	rig_join_prune_to("198.18.0.3", &s, 1, 210);
	ck_assert_uint_eq(rig.n_told, 1);
	ck_assert_uint_eq(rig_info().n_downstream, 1);
}
END_TEST

START_TEST(join_without_hello_is_ignored)
{
	rig_one("172.16.1.10", "232.1.1.1", PIM_SPARSE, false);
	rig_hello(105, 1);
	rig_hello(0, 1);
	rig_one("172.16.1.10", "232.1.1.1", PIM_SPARSE, false);
	ck_assert_uint_eq(rig.n_told, 0);
}
END_TEST

START_TEST(own_packet_and_broken_one_are_ignored)
{
	struct pim_source s = entry("172.16.1.10", "232.1.1.1", PIM_SPARSE, false);
	static const uint8_t cut[] = {0x45, 0xc0, 0, 26,  0, 0, 0,  0,	  1, 103, 0, 0, 198,
				      18,   0,	  1, 224, 0, 0, 13, 0x20, 0, 0,	  0, 0, 1};
	struct pim_msg m = {.type = PIM_HELLO, .hold_s = 105};

	rig_input(m, "198.18.0.2");
	ck_assert_uint_eq(rig.n_up, 0);
	rig_hello(105, 1);
	m = (struct pim_msg){.type = PIM_JOIN_PRUNE,
			     .upstream = address("198.18.0.2"),
			     .hold_s = 210,
			     .sources = &s,
			     .n_sources = 1};
	rig_input(m, "198.18.0.2");
	ck_assert_uint_eq(rig.n_told, 0);
	ck_assert_uint_eq(rig_info().rx_bad, 0);
	pim_vif_input(rig.v, (struct span){cut, sizeof(cut)}, rig.now);
	ck_assert_uint_eq(rig_info().rx_bad, 1);
}
END_TEST

/* ---------------------------------------------------------------- shared trees */

static const struct {
	const char *what;
	size_t n;
	struct {
		const char *source;
		uint8_t flags;
		bool prune;
	} s[3];
	size_t pruned;
} prunes[] = {
	{"refreshed", 2, {{"172.31.0.1", STAR_G, false}, {"172.16.1.10", SG_RPT, true}}, 1},
	{"one more",
	 3,
	 {{"172.31.0.1", STAR_G, false},
	  {"172.16.1.10", SG_RPT, true},
	  {"172.16.1.11", SG_RPT, true}},
	 2},
	{"another instead", 2, {{"172.31.0.1", STAR_G, false}, {"172.16.1.11", SG_RPT, true}}, 1},
	{"join without it ends it", 1, {{"172.31.0.1", STAR_G, false}}, 0},
	{"wanted again", 1, {{"172.16.1.10", SG_RPT, false}}, 0},
	{"end of the shared tree", 1, {{"172.31.0.1", STAR_G, true}}, 0},
	{"of another group, or without (*,G)", 1, {{"172.16.1.12", PIM_SPARSE, false}}, 1},
};

/* RFC 7761 4.5.3: (S,G,rpt) prunes stand in every (*,G) join, which is their life */
START_TEST(source_pruned_off_the_shared_tree_is_told_as_long_as_it_is)
{
	struct pim_source s[] = {
		entry("172.31.0.1", "239.1.1.1", STAR_G, false),
		entry("172.16.1.10", "239.1.1.1", SG_RPT, true),
	};
	struct pim_source next[3];

	rig_hello(105, 1);
	rig_one("172.16.1.10", "239.1.1.1", SG_RPT, true); /* of no (*,G) join */
	ck_assert_uint_eq(rig_info().n_pruned, 0);
	rig_join_prune(s, array_size(s)); /* an on-tree DR of the source begins like this */
	ck_assert_uint_eq(rig.n_told, 1);
	expect_told(0, "*", "239.1.1.1", true);
	ck_assert_uint_eq(rig.n_pruned, 1);
	ck_assert(addr_is(&rig.pruned.source, "172.16.1.10") && rig.pruned.wanted);
	for (size_t i = 0; i < prunes[_i].n; i++)
		next[i] = entry(prunes[_i].s[i].source, "239.1.1.1", prunes[_i].s[i].flags,
				prunes[_i].s[i].prune);
	rig_join_prune(next, prunes[_i].n);
	ck_assert_uint_eq(rig_info().n_pruned, prunes[_i].pruned);
	if (!prunes[_i].pruned)
		ck_assert(addr_is(&rig.pruned.source, "172.16.1.10") && !rig.pruned.wanted);
}
END_TEST

/* M-7438-7-1: the root is where the RP is */
/* An address of zeros stands for "no source" here only; on the wire the flags say so. */
START_TEST(source_of_zeros_is_none_and_does_not_touch_the_shared_tree)
{
	rig_hello(105, 1);
	rig_one("172.31.0.1", "239.1.1.1", STAR_G, false);
	rig_one("0.0.0.0", "239.1.1.1", SG_RPT, true);
	rig_one("0.0.0.0", "239.1.1.1", PIM_SPARSE, true);
	rig_one("0.0.0.0", "239.1.1.2", PIM_SPARSE, false);
	ck_assert_uint_eq(rig.n_told, 1);
	ck_assert_uint_eq(rig.n_pruned, 0);
	ck_assert_uint_eq(rig_info().rx_bad, 3);
	expect_told(0, "*", "239.1.1.1", true);
}
END_TEST

START_TEST(shared_tree_with_another_rp_is_another_one)
{
	struct addr g = address("239.1.1.1"), rp = pim_vif_rp(rig.v, &g);

	ck_assert(addr_is_any(&rp));
	rig_hello(105, 1);
	rig_one("172.31.0.1", "239.1.1.1", STAR_G, false);
	rig_one("172.31.0.1", "239.1.1.1", STAR_G, false);
	ck_assert_uint_eq(rig.n_told, 1);
	rp = pim_vif_rp(rig.v, &g);
	ck_assert(addr_is(&rp, "172.31.0.1"));
	rig_one("172.31.0.2", "239.1.1.1", STAR_G, false);
	ck_assert_uint_eq(rig.n_told, 3);
	expect_told(1, "*", "239.1.1.1", false);
	expect_told(2, "*", "239.1.1.1", true);
	rp = pim_vif_rp(rig.v, &g);
	ck_assert(addr_is(&rp, "172.31.0.2"));
	rig_pass(210000);
	ck_assert_uint_eq(rig.n_told, 4);
	rp = pim_vif_rp(rig.v, &g);
	ck_assert(addr_is_any(&rp));
}
END_TEST

/* pimd's one Join(*,G) too many at the end of a group (never refreshed) */
START_TEST(farewell_to_a_group_does_not_start_its_tree_again)
{
	struct pim_source s[] = {
		entry("172.31.0.1", "239.1.1.1", STAR_G, false),
		entry("172.16.1.10", "239.1.1.1", SG_RPT, true),
	};

	rig_hello(105, 1);
	rig_one("172.31.0.1", "239.1.1.1", STAR_G, false);
	rig_one("172.16.1.10", "239.1.1.1", PIM_SPARSE, false);
	rig_one("172.31.0.1", "239.1.1.1", STAR_G, true);
	rig_one("172.16.1.10", "239.1.1.1", PIM_SPARSE, true);
	rig_forget();
	rig_join_prune(s, array_size(s));
	ck_assert_uint_eq(rig.n_told, 0);
	ck_assert_uint_eq(rig_info().n_downstream, 0);
	rig_pass(1000); /* whoever joins later means it */
	rig_join_prune(s, array_size(s));
	ck_assert_uint_eq(rig.n_told, 1);
	ck_assert_uint_eq(rig_info().n_downstream, 1);
}
END_TEST

/* ---------------------------------------------------------------- our joins */

START_TEST(our_join_is_sent_at_once_repeated_and_pruned)
{
	rig_forget();
	rig_ours("10.20.0.2", "232.9.9.9", "*", true);
	rig_ours("10.20.0.2", "232.9.9.9", "*", true);
	ck_assert_uint_eq(rig.n_sent, 1);
	expect_sent_source(0, "10.20.0.2", "232.9.9.9", PIM_SPARSE, false);
	for (size_t i = 1; i <= 3; i++) {
		rig_pass(59000);
		rig_forget();
		rig_pass(1000);
		ck_assert_uint_eq(rig.n_sent, 2); /* with a Hello */
		expect_sent_source(rig.sent[0].m.type == PIM_HELLO, "10.20.0.2", "232.9.9.9",
				   PIM_SPARSE, false);
	}
	rig_forget();
	rig_ours("10.20.0.2", "232.9.9.9", "*", false);
	rig_ours("10.20.0.2", "232.9.9.9", "*", false);
	ck_assert_uint_eq(rig.n_sent, 1);
	expect_sent_source(0, "10.20.0.2", "232.9.9.9", PIM_SPARSE, true);
	rig_pass(300000);
	for (size_t i = 1; i < rig.n_sent; i++)
		ck_assert_int_eq(rig.sent[i].m.type, PIM_HELLO);
	ck_assert_uint_eq(rig_info().n_joined, 0);
}
END_TEST

START_TEST(our_wildcard_join_names_the_rp)
{
	rig_forget();
	rig_ours("*", "239.2.2.2", "10.255.0.1", true);
	expect_sent_source(0, "10.255.0.1", "239.2.2.2", STAR_G, false);
	rig_ours("*", "239.2.2.2", "10.255.0.1", false);
	expect_sent_source(1, "10.255.0.1", "239.2.2.2", STAR_G, true);
}
END_TEST

/* A leaf can name anything in its FEC. */
START_TEST(join_that_cannot_be_said_does_not_silence_the_others)
{
	rig_forget();
	rig_ours("*", "239.2.2.2", "*", true);
	rig_ours("2001:db8::1", "ff3e::1", "*", true);
	ck_assert_uint_eq(rig.n_sent, 0);
	ck_assert_uint_eq(rig_info().tx_join_prunes, 0);
	rig_ours("10.20.0.2", "232.9.9.9", "*", true);
	rig_forget();
	rig_hello(105, 1);
	ck_assert_uint_eq(rig.n_sent, 2);
	expect_sent_source(1, "10.20.0.2", "232.9.9.9", PIM_SPARSE, false);
	rig_forget();
	rig_ours("*", "239.2.2.2", "*", false);
	rig_ours("2001:db8::1", "ff3e::1", "*", false);
	ck_assert_uint_eq(rig.n_sent, 0);
	ck_assert_uint_eq(rig_info().n_joined, 1);
}
END_TEST

START_TEST(our_joins_go_in_as_few_packets_as_they_fit_into)
{
	size_t n = 0, packets = 0;

	for (unsigned int i = 0; i < 150; i++) {
		struct addr s = address("10.20.0.2"), g = address("232.9.0.0");

		g.b[15] = i;
		pim_vif_join(rig.v, &s, &g, &ADDR_ANY, true, rig.now);
	}
	rig_forget();
	rig_hello(105, 1);
	for (size_t i = 0; i < rig.n_sent; i++) {
		n += rig.sent[i].m.n_sources;
		packets += rig.sent[i].m.type == PIM_JOIN_PRUNE;
	}
	ck_assert_uint_eq(n, 150);
	ck_assert_uint_eq(packets, 3);
	ck_assert_int_eq(rig.sent[0].m.type, PIM_HELLO);
}
END_TEST

START_TEST(reflection_of_our_join_is_no_interest_of_pimd)
{
	rig_hello(105, 1);
	rig_ours("10.20.0.2", "232.9.9.9", "*", true);
	rig_one("10.20.0.2", "232.9.9.9", PIM_SPARSE, false);
	rig_one("10.20.0.2", "232.9.9.9", PIM_SPARSE, true);
	ck_assert_uint_eq(rig.n_told, 0);
	ck_assert_uint_eq(rig_info().rx_reflected, 2);
	rig_ours("10.20.0.2", "232.9.9.9", "*", false);
	rig_one("10.20.0.2", "232.9.9.9", PIM_SPARSE, true);
	ck_assert_uint_eq(rig.n_told, 0);
	/* and now it is pimd's own */
	rig_one("10.20.0.2", "232.9.9.9", PIM_SPARSE, false);
	expect_told(0, "10.20.0.2", "232.9.9.9", true);
}
END_TEST

START_TEST(our_join_ends_the_interest_of_pimd_in_the_tree)
{
	rig_hello(105, 1);
	rig_one("10.20.0.2", "232.9.9.9", PIM_SPARSE, false);
	rig_forget();
	rig_ours("10.20.0.2", "232.9.9.9", "*", true);
	ck_assert_uint_eq(rig.n_told, 1);
	expect_told(0, "10.20.0.2", "232.9.9.9", false);
	ck_assert_uint_eq(rig_info().n_downstream, 0);
	rig_pass(300000);
	ck_assert_uint_eq(rig.n_told, 1);
	ck_assert_uint_eq(rig_info().n_joined, 1);
}
END_TEST

static void stop_ours(void)
{
	rig_ours("10.20.0.2", "232.9.9.9", "*", false);
}

START_TEST(join_may_be_stopped_from_within_what_it_tells)
{
	rig_hello(105, 1);
	rig_one("10.20.0.2", "232.9.9.9", PIM_SPARSE, false);
	rig_forget();
	rig.react = stop_ours;
	rig_ours("10.20.0.2", "232.9.9.9", "*", true);
	ck_assert_uint_eq(rig.n_told, 1);
	expect_sent_source(0, "10.20.0.2", "232.9.9.9", PIM_SPARSE, false);
	expect_sent_source(1, "10.20.0.2", "232.9.9.9", PIM_SPARSE, true);
	ck_assert_uint_eq(rig_info().n_joined + rig_info().n_downstream, 0);
}
END_TEST

/* ---------------------------------------------------------------- restarts */

START_TEST(restarted_pimd_gets_a_hello_and_every_join)
{
	rig_hello(105, 1);
	rig_ours("10.20.0.2", "232.9.9.9", "*", true);
	rig_pass(1000);
	rig_forget();
	rig_hello(105, 1);
	ck_assert_uint_eq(rig.n_sent, 0);
	rig_hello(105, 2);
	ck_assert_uint_eq(rig.n_restarts, 1);
	ck_assert_uint_eq(rig.n_up, 1);
	ck_assert_uint_eq(rig.n_sent, 2);
	ck_assert_int_eq(rig.sent[0].m.type, PIM_HELLO);
	expect_sent_source(1, "10.20.0.2", "232.9.9.9", PIM_SPARSE, false);
	ck_assert_uint_eq(rig_info().restarts, 1);
	ck_assert_int_eq(rig_info().neighbour_since, START + 1000);
}
END_TEST

/* 0: a Hello with another generation ID, 1: goodbye and Hello, 2: goodbye only */
START_TEST(trees_of_a_restarted_pimd_are_kept_for_15_s)
{
	rig_hello(105, 1);
	rig_one("172.16.1.10", "232.1.1.1", PIM_SPARSE, false);
	rig_one("172.16.1.11", "232.1.1.1", PIM_SPARSE, false);
	rig_pass(100000);
	rig_hello(105, 1);
	rig_pass_without_run(19000); /* nothing was due */
	rig_forget();
	if (_i)
		rig_hello(0, 1);
	if (_i < 2)
		rig_hello(105, 2);
	rig_pass(14000);
	ck_assert_uint_eq(rig.n_told, 0);
	if (_i < 2)
		rig_one("172.16.1.10", "232.1.1.1", PIM_SPARSE, false);
	rig_pass(999);
	ck_assert_uint_eq(rig.n_told, 0);
	rig_pass(1);
	ck_assert_uint_eq(rig.n_told, _i < 2 ? 1 : 2);
	if (_i < 2)
		expect_told(0, "172.16.1.11", "232.1.1.1", false);
}
END_TEST

START_TEST(interface_made_again_is_a_new_generation_with_all_joins)
{
	uint32_t generation = rig.sent[0].m.generation;

	rig_ours("10.20.0.2", "232.9.9.9", "*", true);
	rig_pass(10000);
	rig_forget();
	pim_vif_start(rig.v, rig.now);
	ck_assert_uint_eq(rig.n_sent, 2);
	ck_assert_int_eq(rig.sent[0].m.type, PIM_HELLO);
	ck_assert_uint_ne(rig.sent[0].m.generation, generation);
	expect_sent_source(1, "10.20.0.2", "232.9.9.9", PIM_SPARSE, false);
}
END_TEST

START_TEST(end_prunes_our_joins_and_says_goodbye)
{
	rig_hello(105, 1);
	rig_ours("10.20.0.2", "232.9.9.9", "*", true);
	rig_one("172.16.1.10", "232.1.1.1", PIM_SPARSE, false);
	rig_forget();
	pim_vif_free(rig.v, true);
	ck_assert_uint_eq(rig.n_sent, 2);
	expect_sent_source(0, "10.20.0.2", "232.9.9.9", PIM_SPARSE, true);
	ck_assert_int_eq(rig.sent[1].m.type, PIM_HELLO);
	ck_assert_uint_eq(rig.sent[1].m.hold_s, 0);
	ck_assert_uint_eq(rig.wheel.count, 0);
	rig_open(false); /* for teardown */
}
END_TEST

/* ---------------------------------------------------------------- what it shows */

static void take_tree(void *arg, const struct addr *source, const struct addr *group, msec_t since)
{
	ck_assert(addr_is(source, "172.16.1.10") && addr_is(group, "232.1.1.1"));
	ck_assert_int_eq(since, START + 20000);
	(*(size_t *)arg)++;
}

START_TEST(trees_are_listed_with_the_time_of_their_join)
{
	size_t n = 0;

	rig_hello(105, 1);
	rig_ours("10.20.0.2", "232.9.9.9", "*", true);
	rig_pass_without_run(20000);
	rig_one("172.16.1.10", "232.1.1.1", PIM_SPARSE, false);
	rig_pass_without_run(5000);
	rig_one("172.16.1.10", "232.1.1.1", PIM_SPARSE, false);
	pim_vif_downstream(rig.v, take_tree, &n);
	ck_assert_uint_eq(n, 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pim_vif");
	TCase *t = tcase_create("vif");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, rig_setup, rig_close);
	tcase_add_test(t, hello_is_sent_at_once_and_every_30_s);
	tcase_add_test(t, first_hello_brings_the_neighbour_up_and_is_answered);
	tcase_add_test(t, neighbour_goes_down_when_its_hold_time_ends);
	tcase_add_test(t, neighbour_with_infinite_hold_time_stays);
	tcase_add_test(t, goodbye_takes_the_neighbour_down_at_once);
	tcase_add_test(t, join_starts_a_tree_and_prune_stops_it);
	tcase_add_test(t, clearing_the_counters_leaves_what_is_there);
	tcase_add_test(t, tree_of_ipv6_starts_and_stops);
	tcase_add_test(t, wildcard_join_is_a_tree_without_source);
	tcase_add_test(t, one_message_carries_joins_and_prunes_of_several_groups);
	tcase_add_test(t, repeated_join_tells_nothing_and_keeps_the_tree);
	tcase_add_test(t, tree_ends_with_the_hold_time_of_the_join);
	tcase_add_test(t, join_for_another_upstream_neighbour_is_ignored);
	tcase_add_test(t, join_without_hello_is_ignored);
	tcase_add_test(t, own_packet_and_broken_one_are_ignored);
	tcase_add_loop_test(t, source_pruned_off_the_shared_tree_is_told_as_long_as_it_is, 0,
			    array_size(prunes));
	tcase_add_test(t, source_of_zeros_is_none_and_does_not_touch_the_shared_tree);
	tcase_add_test(t, shared_tree_with_another_rp_is_another_one);
	tcase_add_test(t, farewell_to_a_group_does_not_start_its_tree_again);
	tcase_add_test(t, our_join_is_sent_at_once_repeated_and_pruned);
	tcase_add_test(t, our_wildcard_join_names_the_rp);
	tcase_add_test(t, join_that_cannot_be_said_does_not_silence_the_others);
	tcase_add_test(t, our_joins_go_in_as_few_packets_as_they_fit_into);
	tcase_add_test(t, reflection_of_our_join_is_no_interest_of_pimd);
	tcase_add_test(t, our_join_ends_the_interest_of_pimd_in_the_tree);
	tcase_add_test(t, join_may_be_stopped_from_within_what_it_tells);
	tcase_add_test(t, restarted_pimd_gets_a_hello_and_every_join);
	tcase_add_loop_test(t, trees_of_a_restarted_pimd_are_kept_for_15_s, 0, 3);
	tcase_add_test(t, interface_made_again_is_a_new_generation_with_all_joins);
	tcase_add_test(t, end_prunes_our_joins_and_says_goodbye);
	tcase_add_test(t, trees_are_listed_with_the_time_of_their_join);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
