// SPDX-License-Identifier: GPL-2.0-or-later
/* lib/gmp_router, lib/gmp_group: RFC 3376 section 6 on a virtual clock. */
#include "tests/unit/gmp_router_world.h"

/* ---------------------------------------------------------------- time */

/* R4045-4.1-4: also without any member */
START_TEST(general_queries_are_sent_twice_fast_and_then_regularly)
{
	log_time = true;
	twheel_init(&wheel, T0);
	group = ADDR_ANY;
	forget();
	router = gmp_router_new(&params, &ops, &wheel, &wheel);
	ck_assert_str_eq(sent, "");
	run_to(300000);
	ck_assert_str_eq(sent, "1:GQ 31251:GQ 156251:GQ 281251:GQ");
	ck_assert_uint_eq(gmp_router_stats(router)->tx_queries, 4);
	stop();
}
END_TEST

START_TEST(startup_queries_are_sent_again_when_the_network_is_reached)
{
	start();
	run_to(40000);
	forget();
	log_time = true;
	gmp_router_startup(router);
	run_to(200000);
	ck_assert_str_eq(sent, "40001:GQ 71251:GQ 196251:GQ");
	stop();
}
END_TEST

/* 8.6: the interval of the startup queries is a parameter of its own */
START_TEST(startup_queries_have_an_interval_of_their_own)
{
	log_time = true;
	twheel_init(&wheel, T0);
	forget();
	params.startup_interval_ms = 1000;
	router = gmp_router_new(&params, &ops, &wheel, &wheel);
	run_to(130000);
	ck_assert_str_eq(sent, "1:GQ 1001:GQ 126001:GQ");
	stop();
}
END_TEST

START_TEST(a_shorter_query_interval_takes_effect_at_once)
{
	start();
	run_to(40000);
	forget();
	log_time = true;
	params.query_interval_ms = 20000;
	gmp_router_set_params(router, &params);
	run_to(85000);
	ck_assert_str_eq(sent, "60000:GQ 80000:GQ");
	stop();
}
END_TEST

START_TEST(an_include_source_is_dropped_when_its_timer_expires)
{
	start();
	hear(GMP_IS_IN, "ab");
	run_to(60000);
	hear(GMP_IS_IN, "b");
	forget();
	run_to(GMI);
	ck_assert_str_eq(told, "");
	run_to(GMI + 1);
	ck_assert_str_eq(told, "INCLUDE {b}");
	run_to(GMI + 60001);
	ck_assert_str_eq(told, "INCLUDE {}");
	ck_assert_uint_eq(n_told, 2);
	ck_assert_uint_eq(gmp_router_group_count(router), 0);
	stop();
}
END_TEST

/* V4045-D6 */
START_TEST(an_exclude_group_without_sources_ends_with_its_timer)
{
	start();
	hear(GMP_IS_EX, "");
	forget();
	run_to(GMI);
	ck_assert_str_eq(told, "");
	run_to(GMI + 1);
	ck_assert_str_eq(told, "INCLUDE {}");
	ck_assert_uint_eq(gmp_router_group_count(router), 0);
	stop();
}
END_TEST

/* 6.5 */
START_TEST(an_exclude_group_turns_to_include_with_the_sources_that_run)
{
	start();
	hear(GMP_IS_EX, "cd");
	run_to(60000);
	hear(GMP_ALLOW, "ab");
	forget();
	run_to(GMI + 1);
	ck_assert_str_eq(told, "INCLUDE {ab}");
	ck_assert_uint_eq(n_told, 1);
	run_to(GMI + 60001);
	ck_assert_str_eq(told, "INCLUDE {}");
	ck_assert_uint_eq(n_told, 2); /* both sources at once */
	stop();
}
END_TEST

/* R4045-4.2-5, V4045-D5: S1 runs for another 120 s, S2 has timer 0 */
START_TEST(exclude_sources_with_a_running_timer_are_not_in_the_list)
{
	start();
	hear(GMP_IS_EX, "b");
	hear(GMP_IS_IN, "a");
	run_to(GMI - 120000);
	hear(GMP_IS_EX, "ab");
	ck_assert_int_eq(gmp_sources_count(&gmp_group_find(router, &group)->sources), 2);
	ck_assert(the_group().exclude);
	ck_assert_str_eq(told, "EXCLUDE {b}");
	run_to(GMI);
	ck_assert_str_eq(told, "EXCLUDE {b}");
	run_to(GMI + 1);
	ck_assert_str_eq(told, "EXCLUDE {ab}");
	stop();
}
END_TEST

/* ---------------------------------------------------------------- last member queries */

START_TEST(sources_are_queried_twice_and_then_given_up)
{
	start();
	hear(GMP_IS_IN, "abc");
	run_to(10000);
	forget();
	log_time = true;
	hear(GMP_BLOCK, "ab");
	hear(GMP_BLOCK, "ab"); /* repeated by the host: no new series */
	run_to(11999);
	hear(GMP_BLOCK, "b");
	ck_assert_str_eq(sent, "10000:S{ab} 11000:S{ab}");
	ck_assert_str_eq(told, "");
	run_to(12000);
	ck_assert_str_eq(told, "INCLUDE {c}");
	run_to(30000);
	ck_assert_str_eq(sent, "10000:S{ab} 11000:S{ab}");
	stop();
}
END_TEST

/* 6.6.3.2: the S flag keeps other routers from lowering their timers */
START_TEST(a_source_reported_again_is_queried_with_the_s_flag)
{
	start();
	hear(GMP_IS_IN, "ab");
	run_to(10000);
	forget();
	hear(GMP_BLOCK, "ab");
	run_to(10500);
	hear(GMP_IS_IN, "a");
	run_to(15000);
	ck_assert_str_eq(sent, "S{ab} s{a} S{b}");
	ck_assert_str_eq(told, "INCLUDE {a}");
	stop();
}
END_TEST

START_TEST(a_group_reported_again_is_queried_with_the_s_flag)
{
	start();
	hear(GMP_IS_EX, "");
	run_to(10000);
	forget();
	hear(GMP_TO_IN, "");
	run_to(10500);
	hear(GMP_IS_EX, "");
	run_to(15000);
	ck_assert_str_eq(sent, "G g");
	ck_assert_str_eq(told, "");
	ck_assert_uint_eq(the_group().timer_ms, GMI - 4500);
	stop();
}
END_TEST

START_TEST(a_leave_ends_the_group_after_the_last_member_query_time)
{
	params.last_member_count = 3;
	params.last_member_ms = 500;
	start();
	hear_old(GMP_REPORT, 2);
	run_to(10000);
	forget();
	log_time = true;
	hear_old(GMP_LEAVE, 2);
	run_to(10200);
	hear_old(GMP_LEAVE, 2);
	run_to(11499);
	ck_assert_str_eq(sent, "10000:G 10500:G 11000:G");
	ck_assert_str_eq(told, "");
	run_to(11500);
	ck_assert_str_eq(told, "INCLUDE {}");
	ck_assert_uint_eq(gmp_router_stats(router)->rx_leaves, 2);
	ck_assert_uint_eq(gmp_router_stats(router)->rx_reports, 1);
	stop();
}
END_TEST

START_TEST(a_leave_takes_effect_at_once_if_there_is_one_host)
{
	params.immediate_leave = true;
	start();
	hear_old(GMP_REPORT, 2);
	forget();
	hear_old(GMP_LEAVE, 2);
	ck_assert_str_eq(sent, "");
	ck_assert_str_eq(told, "INCLUDE {}");
	stop();
}
END_TEST

/* A source list too long for a packet is asked about in several. */
START_TEST(many_sources_are_queried_in_packets_of_1500_octets)
{
	static struct addr sources[1000];
	struct gmp_record rec = {.type = GMP_IS_IN, .n_sources = 1000, .sources = sources};
	struct gmp_msg m = {.type = GMP_RECORDS, .version = 3, .n_records = 1, .records = &rec};

	params.mld = m.mld = _i;
	params.address = addr_of(_i ? "fe80::1" : "10.0.0.1");
	for (int i = 0; i < 1000; i++) {
		sources[i] = source_of(_i, 'a');
		sources[i].b[14] = i >> 8;
		sources[i].b[15] = i & 0xff;
	}
	start();
	rec.group = group;
	gmp_router_input(router, &m, wheel.now);
	forget();
	rec.type = GMP_BLOCK;
	gmp_router_input(router, &m, wheel.now);
	/* (1500 - 36) / 4 = 366; (1500 - 76) / 16 = 89 */
	ck_assert_uint_eq(gmp_router_stats(router)->tx_queries, 1 + (_i ? 12 : 3));
	run_to(10000);
	ck_assert_uint_eq(gmp_router_stats(router)->tx_queries, 1 + 2 * (_i ? 12 : 3));
	ck_assert_uint_eq(n_told, 1);
	ck_assert_uint_eq(gmp_router_group_count(router), 0);
	stop();
}
END_TEST

START_TEST(a_leave_is_ignored_beside_a_v1_host)
{
	start();
	hear_old(GMP_REPORT, 1);
	hear_old(GMP_REPORT, 2);
	forget();
	hear_old(GMP_LEAVE, 2);
	ck_assert_str_eq(sent, "");
	run_to(GMI);
	ck_assert_str_eq(told, "");
	stop();
}
END_TEST

START_TEST(an_older_host_is_forgotten_after_its_interval)
{
	start();
	hear_old(GMP_REPORT, 1);
	run_to(100000);
	hear_old(GMP_REPORT, 2);
	hear(GMP_IS_EX, "");
	ck_assert_uint_eq(the_group().version, 1);
	run_to(GMI - 10);
	hear(GMP_IS_EX, "");
	ck_assert_uint_eq(the_group().version, 1);
	run_to(GMI + 1);
	ck_assert_uint_eq(the_group().version, 2);
	run_to(GMI + 100000);
	ck_assert_uint_eq(the_group().version, 3);
	forget();
	hear(GMP_BLOCK, "a");
	ck_assert_str_eq(sent, "S{a}");
	stop();
}
END_TEST

START_TEST(a_router_of_version_2_does_not_know_records)
{
	params.version = 2;
	start();
	hear(GMP_IS_EX, "");
	ck_assert_str_eq(told, "");
	ck_assert_uint_eq(gmp_router_stats(router)->rx_ignored_version, 1);
	hear_old(GMP_REPORT, 2);
	ck_assert_str_eq(told, "EXCLUDE {}");
	hear_old(GMP_LEAVE, 2);
	ck_assert_str_eq(sent, "G");
	run_to(10000);
	ck_assert_str_eq(told, "INCLUDE {}");
	stop();
}
END_TEST

/* ---------------------------------------------------------------- querier election: 6.6.2 */

START_TEST(the_lower_address_is_the_querier)
{
	params.election = true;
	start();
	hear_query("10.0.0.2", (struct gmp_msg){0});
	hear_query("0.0.0.0", (struct gmp_msg){0});
	ck_assert(gmp_router_is_querier(router));
	hear_query("9.0.0.1", (struct gmp_msg){.qrv = 3, .qqi_ms = 60000});
	ck_assert(!gmp_router_is_querier(router));
	log_time = true;
	run_to(185000);
	ck_assert_str_eq(sent, "");
	run_to(190000); /* 3 * 60 s + 10 s / 2 after the query heard at 1 ms, and the wheel */
	ck_assert(gmp_router_is_querier(router));
	ck_assert_str_eq(sent, "185002:GQ");
	ck_assert_uint_eq(router->robustness, 2);
	ck_assert_uint_eq(router->query_interval_ms, 125000);
	stop();
}
END_TEST

START_TEST(without_election_other_queriers_do_not_matter)
{
	start();
	hear_query("9.0.0.1", (struct gmp_msg){.qrv = 3, .qqi_ms = 60000});
	ck_assert(gmp_router_is_querier(router));
	ck_assert_uint_eq(gmp_router_stats(router)->rx_queries, 1);
	stop();
}
END_TEST

START_TEST(the_end_of_the_election_makes_us_querier)
{
	params.election = true;
	start();
	hear_query("9.0.0.1", (struct gmp_msg){0});
	params.election = false;
	gmp_router_set_params(router, &params);
	ck_assert(gmp_router_is_querier(router));
	run_to(10);
	ck_assert_str_eq(sent, "GQ");
	stop();
}
END_TEST

/* 6.6.1 */
START_TEST(timers_are_lowered_by_the_queriers_questions)
{
	struct addr a = source_of(false, 'a');
	struct gmp_msg of_group = {.group = addr_of("239.1.1.1"), .max_resp_ms = 1000, .qrv = 2};
	struct gmp_msg of_source = of_group, suppressed = of_group;

	of_source.n_sources = 1;
	of_source.sources = &a;
	suppressed.suppress = true;
	params.election = true;
	start();
	hear_query("9.0.0.1", (struct gmp_msg){0});
	hear(GMP_IS_EX, "c");
	run_to(500);
	hear(GMP_ALLOW, "ab");
	run_to(10000);
	remember();
	hear_query("9.0.0.1", suppressed);
	ck_assert_str_eq(state(), "E(o) a:o b:o c:-");
	hear_query("9.0.0.1", of_source);
	ck_assert_str_eq(state(), "E(o) a:l b:o c:-");
	hear_query("9.0.0.1", of_group);
	ck_assert_str_eq(state(), "E(l) a:l b:o c:-");
	run_to(12000);
	ck_assert_str_eq(told, "INCLUDE {b}");
	stop();
}
END_TEST

/* ---------------------------------------------------------------- limits, what is ignored */

static void join(const char *g)
{
	struct addr keep = group;

	group = addr_of(g);
	hear(GMP_TO_EX, "");
	group = keep;
}

START_TEST(groups_beyond_the_limit_are_refused)
{
	params.maximum_groups = 2;
	start();
	join("239.0.0.1");
	join("239.0.0.2");
	join("239.0.0.3");
	join("239.0.0.1");
	ck_assert_uint_eq(gmp_router_group_count(router), 2);
	ck_assert_uint_eq(gmp_router_stats(router)->rx_refused_groups, 1);
	ck_assert_uint_eq(gmp_router_stats(router)->rx_records, 4);
	stop();
}
END_TEST

START_TEST(sources_beyond_the_limit_are_refused)
{
	params.maximum_sources = 3;
	start();
	hear(GMP_ALLOW, "ab");
	hear(GMP_ALLOW, "cde");
	ck_assert_str_eq(told, "INCLUDE {abc}");
	ck_assert_uint_eq(gmp_router_stats(router)->rx_refused_sources, 2);
	hear(GMP_TO_EX, "fc");
	ck_assert_str_eq(told, "EXCLUDE {}");
	stop();
}
END_TEST

START_TEST(joins_are_limited_per_second)
{
	params.maximum_joins_per_s = 2;
	start();
	join("239.0.0.1");
	join("239.0.0.2");
	join("239.0.0.3");
	join("239.0.0.1"); /* there already: no new state */
	ck_assert_uint_eq(gmp_router_group_count(router), 2);
	ck_assert_uint_eq(gmp_router_stats(router)->rx_rate_limited, 1);
	run_to(400);
	join("239.0.0.3");
	run_to(501);
	join("239.0.0.3");
	ck_assert_uint_eq(gmp_router_group_count(router), 3);
	ck_assert_uint_eq(gmp_router_stats(router)->rx_rate_limited, 2);
	run_to(60000);
	for (int i = 0; i < 3; i++) {
		group = addr_of("239.0.0.3");
		hear(GMP_ALLOW, (const char *[]){"a", "b", "c"}[i]);
	}
	ck_assert_uint_eq(gmp_sources_count(&gmp_group_find(router, &group)->sources), 2);
	ck_assert_uint_eq(gmp_router_stats(router)->rx_rate_limited, 3);
	stop();
}
END_TEST

START_TEST(groups_that_are_not_routed_have_no_state)
{
	static const char *const groups[] = {"224.0.0.251", "ff02::1:3", "ff01::1"};

	for (size_t i = 0; i < array_size(groups); i++) {
		gmp_router_params_default(&params, i > 0);
		start();
		join(groups[i]);
		ck_assert_uint_eq(gmp_router_group_count(router), 0);
		ck_assert_str_eq(told, "");
		stop();
	}
}
END_TEST

/* RFC 4604 2.2: one host that asks for all sources must not disturb the others */
START_TEST(an_ssm_group_cannot_be_joined_for_all_sources)
{
	static const struct {
		const char *group;
		size_t groups; /* after an attempt to join it for all sources */
	} rows[] = {
		{"232.1.1.1", 0},
		{"239.1.1.1", 1},
		{"ff3e::8000:1", 0},
		{"ff3e::1", 1},
	};

	for (size_t i = 0; i < array_size(rows); i++) {
		struct addr keep = group;

		gmp_router_params_default(&params, rows[i].group[0] == 'f');
		start();
		group = addr_of(rows[i].group);
		hear_old(GMP_REPORT, 2);
		hear(GMP_TO_EX, "");
		hear(GMP_IS_EX, "a");
		ck_assert_uint_eq(gmp_router_group_count(router), rows[i].groups);
		ck_assert_uint_eq(gmp_router_stats(router)->rx_ignored_ssm, rows[i].groups ? 0 : 3);
		if (!rows[i].groups) {
			hear(GMP_ALLOW, "a");
			ck_assert_str_eq(told, "INCLUDE {a}");
		}
		group = keep;
		stop();
	}
}
END_TEST

START_TEST(messages_of_the_other_protocol_are_ignored)
{
	struct gmp_msg m = {.type = GMP_REPORT, .mld = true, .version = 2};

	start();
	m.group = addr_of("ff0e::1");
	gmp_router_input(router, &m, wheel.now);
	ck_assert_uint_eq(gmp_router_group_count(router), 0);
	ck_assert_uint_eq(gmp_router_stats(router)->rx_reports, 0);
	stop();
}
END_TEST

START_TEST(what_is_known_of_a_group_can_be_shown)
{
	struct gmp_group_info info;

	start();
	run_to(500);
	hear_from("0.0.0.0", GMP_IS_EX, "a"); /* RFC 3376 4.2.13 */
	run_to(1000);
	hear_from("10.0.0.77", GMP_ALLOW, "b");
	info = the_group();
	ck_assert(addr_cmp(&info.group, &group) == 0);
	ck_assert(info.exclude);
	ck_assert_uint_eq(info.version, 3);
	ck_assert_int_eq(info.timer_ms, GMI - 500);
	ck_assert_int_eq(info.since, T0 + 500);
	ck_assert(info.last_reporter.b[15] == 77);
	ck_assert_str_eq(told, "EXCLUDE {a}");
	ck_assert_ptr_eq(gmp_router_ctx(router), &wheel);
	stop();
}
END_TEST

static void add_tests(TCase *c)
{
	tcase_add_test(c, general_queries_are_sent_twice_fast_and_then_regularly);
	tcase_add_test(c, startup_queries_are_sent_again_when_the_network_is_reached);
	tcase_add_test(c, startup_queries_have_an_interval_of_their_own);
	tcase_add_test(c, a_shorter_query_interval_takes_effect_at_once);
	tcase_add_test(c, an_include_source_is_dropped_when_its_timer_expires);
	tcase_add_test(c, an_exclude_group_without_sources_ends_with_its_timer);
	tcase_add_test(c, an_exclude_group_turns_to_include_with_the_sources_that_run);
	tcase_add_test(c, exclude_sources_with_a_running_timer_are_not_in_the_list);
	tcase_add_test(c, sources_are_queried_twice_and_then_given_up);
	tcase_add_test(c, a_source_reported_again_is_queried_with_the_s_flag);
	tcase_add_test(c, a_group_reported_again_is_queried_with_the_s_flag);
	tcase_add_test(c, a_leave_ends_the_group_after_the_last_member_query_time);
	tcase_add_test(c, a_leave_takes_effect_at_once_if_there_is_one_host);
	tcase_add_loop_test(c, many_sources_are_queried_in_packets_of_1500_octets, 0, 2);
	tcase_add_test(c, a_leave_is_ignored_beside_a_v1_host);
	tcase_add_test(c, an_older_host_is_forgotten_after_its_interval);
	tcase_add_test(c, a_router_of_version_2_does_not_know_records);
	tcase_add_test(c, the_lower_address_is_the_querier);
	tcase_add_test(c, without_election_other_queriers_do_not_matter);
	tcase_add_test(c, the_end_of_the_election_makes_us_querier);
	tcase_add_test(c, timers_are_lowered_by_the_queriers_questions);
	tcase_add_test(c, groups_beyond_the_limit_are_refused);
	tcase_add_test(c, sources_beyond_the_limit_are_refused);
	tcase_add_test(c, joins_are_limited_per_second);
	tcase_add_test(c, groups_that_are_not_routed_have_no_state);
	tcase_add_test(c, an_ssm_group_cannot_be_joined_for_all_sources);
	tcase_add_test(c, messages_of_the_other_protocol_are_ignored);
	tcase_add_test(c, what_is_known_of_a_group_can_be_shown);
}

int main(void)
{
	return run_suite("gmp_router", add_tests);
}
