// SPDX-License-Identifier: GPL-2.0-or-later
/* lib/gmp_host: RFC 3376 section 5 on a virtual clock. */
#include "lib/gmp_host.h"
#include "lib/gmp_text.h"
#include "tests/unit/gmp_helper.h"

#define T0 1000000

static struct twheel wheel;
static struct gmp_host_params params;
static struct gmp_host *host;
static struct gmp_decoder decoder;
static struct addr group;
static char sent[8192];
static struct text sent_text;
static bool log_time;
static unsigned int n_packets, n_records, n_sources;
static size_t longest;

static void forget(void)
{
	sent_text = text_init(sent, sizeof(sent));
	n_packets = n_records = n_sources = 0;
}

/* "ALLOW{a} BLOCK{b} | TO_IN{}": records of two packets */
static void on_send(void *ctx, struct span packet)
{
	struct gmp_msg m;

	ck_assert_ptr_eq(ctx, &wheel);
	ck_assert_int_eq(gmp_msg_decode(&decoder, packet, &m), GMP_DECODE_OK);
	ck_assert_int_eq(m.type, GMP_RECORDS);
	ck_assert(addr_cmp(&m.src, &params.address) == 0);
	if (sent_text.len)
		text_add(&sent_text, " | ");
	if (log_time)
		text_add(&sent_text, "%" PRId64 ": ", wheel.now - T0);
	for (size_t i = 0; i < m.n_records; i++) {
		if (i)
			text_add(&sent_text, " ");
		text_add(&sent_text, "%s", gmp_record_type_name(m.records[i].type));
		if (m.records[i].n_sources < LETTERS)
			add_letters(&sent_text, m.records[i].sources, m.records[i].n_sources);
		else
			text_add(&sent_text, "{%zu}", m.records[i].n_sources);
		n_sources += m.records[i].n_sources;
	}
	n_packets++;
	n_records += m.n_records;
	if (packet.len > longest)
		longest = packet.len;
}

static const struct gmp_host_ops ops = {.send = on_send};

static void start(void)
{
	twheel_init(&wheel, T0);
	group = addr_of(params.mld ? "ff0e::1" : "239.1.1.1");
	params.address = addr_of(params.mld ? "fe80::2" : "10.99.0.2");
	host = gmp_host_new(&params, &ops, &wheel, &wheel);
	forget();
}

static void stop(void)
{
	gmp_host_free(host);
	ck_assert_uint_eq(wheel.count, 0);
	twheel_fini(&wheel);
}

static void setup(void)
{
	gmp_host_params_default(&params, false);
	log_time = false;
	longest = 0;
}

static void run_to(msec_t t)
{
	twheel_run(&wheel, T0 + t);
}

/* "I ab", "E": INCLUDE {a, b}, EXCLUDE {} */
static void want(const char *text)
{
	struct addr sources[LETTERS];
	struct gmp_filter f = {.exclude = text[0] == 'E', .sources = sources};

	if (text[1])
		f.n = sources_of(params.mld, text + 2, sources);
	gmp_host_set(host, &group, &f, wheel.now);
}

static void ask(const struct addr *about, const char *letters, uint32_t max_resp_ms)
{
	struct addr sources[LETTERS];
	struct gmp_msg m = {.type = GMP_QUERY,
			    .mld = params.mld,
			    .version = 3,
			    .group = *about,
			    .max_resp_ms = max_resp_ms,
			    .n_sources = sources_of(params.mld, letters, sources),
			    .sources = sources};

	gmp_host_query(host, &m, wheel.now);
}

/* ---------------------------------------------------------------- state changes: 5.1 */

static const struct {
	const char *before, *after, *records;
} changes[] = {
	{"I", "E", "TO_EX{}"},
	{"I", "E ab", "TO_EX{ab}"},
	{"I", "I ab", "ALLOW{ab}"},
	{"I a", "I abc", "ALLOW{bc}"},
	{"I ab", "I bc", "ALLOW{c} BLOCK{a}"},
	{"I ab", "I", "BLOCK{ab}"},
	{"I ab", "E", "TO_EX{}"},
	{"I ab", "E bc", "TO_EX{bc}"},
	{"E a", "E ab", "BLOCK{b}"},
	{"E ab", "E", "ALLOW{ab}"},
	{"E ab", "E bc", "ALLOW{a} BLOCK{c}"},
	{"E ab", "I", "TO_IN{}"},
	{"E", "I", "TO_IN{}"},
	{"E", "I ab", "TO_IN{ab}"},
	{"E ab", "I bc", "TO_IN{bc}"},
	{"I ab", "I ab", ""},
	{"E ab", "E ab", ""},
	{"I", "I", ""},
};

START_TEST(a_change_is_told_as_often_as_robustness_says)
{
	static const char *const formats[] = {"", "%d: %s", "%d: %s | %d: %s",
					      "%d: %s | %d: %s | %d: %s"};
	const char *records = changes[_i].records;
	char expected[256];

	for (int robustness = 1; robustness <= 3; robustness++) {
		gmp_host_params_default(&params, robustness == 3);
		params.robustness = robustness;
		start();
		want(changes[_i].before);
		run_to(10000);
		forget();
		log_time = true;
		want(changes[_i].after);
		ck_assert_str_eq(sent, "");
		run_to(20000);
		snprintf(expected, sizeof(expected), formats[*records ? robustness : 0], 10001,
			 records, 11001, records, 12001, records);
		ck_assert_str_eq(sent, expected);
		ck_assert_uint_eq(gmp_host_group_count(host), strcmp(changes[_i].after, "I") != 0);
		log_time = false;
		stop();
	}
}
END_TEST

START_TEST(changes_of_sources_share_reports)
{
	start();
	log_time = true;
	want("I a");
	run_to(500);
	want("I ab");
	run_to(10000);
	ck_assert_str_eq(sent, "1: ALLOW{a} | 501: ALLOW{ab} | 1501: ALLOW{b}");
	stop();
}
END_TEST

START_TEST(a_source_that_is_withdrawn_at_once_is_blocked)
{
	start();
	want("I ab");
	run_to(500);
	want("I b");
	run_to(10000);
	ck_assert_str_eq(sent, "ALLOW{ab} | ALLOW{b} BLOCK{a} | BLOCK{a}");
	stop();
}
END_TEST

START_TEST(a_mode_change_takes_the_list_with_it)
{
	start();
	want("I a");
	run_to(500);
	want("E");
	run_to(600);
	want("E b");
	run_to(10000);
	ck_assert_str_eq(sent, "ALLOW{a} | TO_EX{} | TO_EX{b} | TO_EX{b}");
	stop();
}
END_TEST

START_TEST(changes_are_gathered)
{
	struct addr other = addr_of("232.1.1.1");
	struct gmp_filter all = {.exclude = true};

	params.gather_ms = 20;
	start();
	log_time = true;
	want("I a");
	run_to(10);
	want("I b");
	gmp_host_set(host, &other, &all, wheel.now);
	run_to(35);
	/* the second group waits its own 20 ms */
	ck_assert_str_eq(sent, "20: ALLOW{b} BLOCK{a} | 30: TO_EX{}");
	stop();
}
END_TEST

START_TEST(groups_are_packed_into_packets_of_1500_octets)
{
	struct gmp_filter all = {.exclude = true};

	params.mld = _i;
	params.robustness = 1;
	start();
	for (int i = 0; i < 1000; i++) {
		group.b[14] = i >> 8;
		group.b[15] = i & 0xff;
		gmp_host_set(host, &group, &all, wheel.now);
	}
	run_to(1000);
	ck_assert_uint_eq(n_records, 1000);
	ck_assert_uint_eq(n_packets, _i ? 14 : 6); /* 72 and 183 records fit */
	ck_assert_uint_le(longest, GMP_MAX_PACKET);
	ck_assert_uint_eq(gmp_host_group_count(host), 1000);
	forget();
	ask(&ADDR_ANY, "", 10000);
	run_to(12000);
	ck_assert_uint_eq(n_records, 1000);
	ck_assert_uint_eq(n_packets, _i ? 14 : 6);
	stop();
}
END_TEST

/* RFC 3376 4.2.16 */
START_TEST(a_list_too_long_for_a_packet_is_cut)
{
	static struct addr sources[1010];
	struct gmp_filter f = {.n = 1010, .sources = sources};
	static const struct {
		bool exclude;
		const char *told[2]; /* IGMP, MLD */
	} steps[] = {
		{true, {"TO_EX{365}", "TO_EX{89}"}},
		{false,
		 {"TO_IN{365} | ALLOW{365} | ALLOW{280}",
		  "TO_IN{89} | ALLOW{89} | ALLOW{89} | ALLOW{89} | ALLOW{89} | ALLOW{89} | "
		  "ALLOW{89} | ALLOW{89} | ALLOW{89} | ALLOW{89} | ALLOW{89} | ALLOW{31}"}},
	};

	params.mld = _i;
	params.robustness = 1;
	start();
	for (int i = 0; i < 1010; i++) {
		sources[i] = source_of(params.mld, 'a');
		sources[i].b[14] = i >> 8;
		sources[i].b[15] = i & 0xff;
	}
	for (size_t i = 0; i < array_size(steps); i++) {
		forget();
		f.exclude = steps[i].exclude;
		gmp_host_set(host, &group, &f, wheel.now);
		twheel_run(&wheel, wheel.now + 1000);
		ck_assert_str_eq(sent, steps[i].told[_i]);
		ck_assert_uint_le(longest, GMP_MAX_PACKET);
	}
	forget();
	ask(&group, "", 0);
	twheel_run(&wheel, wheel.now + 1000);
	ck_assert_uint_eq(n_sources, 1010);
	ck_assert_uint_eq(n_records, _i ? 12 : 3);
	stop();
}
END_TEST

/* ---------------------------------------------------------------- what pimd can use */

static const struct {
	bool flatten_exclude, asm_as_exclude;
	const char *group, *before, *after, *records;
} flattened[] = {
	{true, false, "239.1.1.1", "I", "E ab", "TO_EX{}"},
	{true, false, "239.1.1.1", "E ab", "E c", ""},
	{true, false, "239.1.1.1", "E ab", "E", ""},
	{true, false, "239.1.1.1", "E ab", "I", "TO_IN{}"},
	{true, false, "239.1.1.1", "E ab", "I a", "TO_IN{a}"},
	{true, false, "239.1.1.1", "I a", "I b", "ALLOW{b} BLOCK{a}"},
	{true, false, "232.1.1.1", "I", "E ab", "TO_EX{}"},
	{false, true, "239.1.1.1", "I", "I a", "TO_EX{}"},
	{false, true, "239.1.1.1", "I a", "I ab", ""},
	{false, true, "239.1.1.1", "I a", "E", ""},
	{false, true, "239.1.1.1", "I a", "E b", "BLOCK{b}"},
	{false, true, "239.1.1.1", "I a", "I", "TO_IN{}"},
	{false, true, "232.1.1.1", "I", "I a", "ALLOW{a}"},
	{false, true, "232.1.1.1", "I a", "I b", "ALLOW{b} BLOCK{a}"},
	{true, true, "239.1.1.1", "I a", "E b", ""},
};

START_TEST(what_pimd_cannot_use_is_reported_as_exclude_nothing)
{
	params.flatten_exclude = flattened[_i].flatten_exclude;
	params.asm_as_exclude = flattened[_i].asm_as_exclude;
	params.robustness = 1;
	start();
	group = addr_of(flattened[_i].group);
	want(flattened[_i].before);
	run_to(1000);
	forget();
	want(flattened[_i].after);
	run_to(2000);
	ck_assert_str_eq(sent, flattened[_i].records);
	stop();
}
END_TEST

/* ---------------------------------------------------------------- queries: 5.2 */

static const struct {
	const char *state;
	bool of_group;
	const char *asked, *answer;
} queries[] = {
	{"I ab", false, "", "IS_IN{ab}"},
	{"E ab", false, "", "IS_EX{ab}"},
	{"E", false, "", "IS_EX{}"},
	{"I ab", true, "", "IS_IN{ab}"},
	{"E", true, "", "IS_EX{}"},
	{"I ab", true, "bc", "IS_IN{b}"},
	{"I ab", true, "cd", ""},
	{"E ab", true, "bc", "IS_IN{c}"},
	{"E ab", true, "ab", ""},
	{"E", true, "a", "IS_IN{a}"},
	{"I", true, "", ""},
	{"I", true, "a", ""},
	{"I", false, "", ""},
};

START_TEST(a_query_is_answered_once_in_time)
{
	for (int mld = 0; mld <= 1; mld++) {
		gmp_host_params_default(&params, mld);
		start();
		want("E z"); /* so that "I" is a group that was left */
		run_to(5000);
		want(queries[_i].state);
		run_to(10000);
		forget();
		ask(queries[_i].of_group ? &group : &ADDR_ANY, queries[_i].asked, 3000);
		ck_assert_str_eq(sent, "");
		run_to(13001);
		ck_assert_str_eq(sent, queries[_i].answer);
		run_to(30000);
		ck_assert_str_eq(sent, queries[_i].answer);
		stop();
	}
}
END_TEST

START_TEST(answers_are_spread_over_the_response_time)
{
	unsigned int early = 0, n = 200;

	start();
	want("E");
	run_to(10000);
	for (unsigned int i = 0; i < n; i++) {
		msec_t t = 20000 + i * 20000;

		run_to(t);
		forget();
		ask(&ADDR_ANY, "", 10000);
		run_to(t + 5000);
		early += *sent != '\0';
		run_to(t + 10001);
		ck_assert_str_eq(sent, "IS_EX{}");
	}
	ck_assert_uint_gt(early, n / 4);
	ck_assert_uint_lt(early, n * 3 / 4);
	stop();
}
END_TEST

START_TEST(questions_before_the_answer_are_joined)
{
	start();
	want("I abc");
	run_to(10000);
	forget();
	ask(&group, "a", 1000);
	ask(&group, "bd", 1000);
	run_to(11001);
	ck_assert_str_eq(sent, "IS_IN{ab}");
	forget();
	ask(&group, "a", 1000);
	ask(&group, "", 1000);
	ask(&group, "b", 1000);
	run_to(20000);
	ck_assert_str_eq(sent, "IS_IN{abc}");
	forget();
	ask(&ADDR_ANY, "", 10);
	ask(&ADDR_ANY, "", 1000);
	ask(&group, "", 10000); /* the general answer comes sooner */
	run_to(40000);
	ck_assert_str_eq(sent, "IS_IN{abc}");
	stop();
}
END_TEST

START_TEST(the_earlier_answer_counts)
{
	start();
	want("E");
	run_to(10000);
	for (int i = 0; i < 20; i++) {
		forget();
		ask(&group, "", 10);
		ask(&group, "", 100000);
		twheel_run(&wheel, wheel.now + 11);
		ck_assert_str_eq(sent, "IS_EX{}");
	}
	stop();
}
END_TEST

START_TEST(a_question_survives_a_change)
{
	start();
	want("E a");
	run_to(10000);
	forget();
	want("E ab");
	ask(&group, "abc", 3000);
	run_to(20000);
	ck_assert(strstr(sent, "BLOCK{b}"));
	ck_assert(strstr(sent, "IS_IN{c}"));
	stop();
}
END_TEST

START_TEST(a_group_that_is_left_meanwhile_is_not_reported)
{
	start();
	want("E a");
	run_to(10000);
	ask(&group, "", 1000);
	want("I");
	forget();
	run_to(20000);
	ck_assert_str_eq(sent, "TO_IN{} | TO_IN{}");
	want("I b");
	run_to(30000);
	ck_assert_str_eq(sent, "TO_IN{} | TO_IN{} | ALLOW{b} | ALLOW{b}");
	stop();
}
END_TEST

START_TEST(other_messages_are_no_queries)
{
	struct gmp_msg m = {.type = GMP_REPORT, .version = 2};

	start();
	want("E");
	run_to(10000);
	forget();
	gmp_host_query(host, &m, wheel.now);
	m = (struct gmp_msg){.type = GMP_QUERY, .mld = true, .version = 3};
	gmp_host_query(host, &m, wheel.now);
	run_to(20000);
	ck_assert_str_eq(sent, "");
	stop();
}
END_TEST

/* ---------------------------------------------------------------- the rest */

START_TEST(a_refresh_tells_everything_again)
{
	start();
	want("I ab");
	group = addr_of("239.1.1.3");
	want("E d"); /* and left long ago */
	run_to(3000);
	want("I");
	group = addr_of("239.1.1.2");
	want("E c");
	run_to(10000);
	forget();
	gmp_host_refresh(host, wheel.now);
	run_to(20000);
	ck_assert_uint_eq(n_packets, 2);
	ck_assert_uint_eq(n_records, 4);
	ck_assert(strstr(sent, "TO_IN{ab}") && strstr(sent, "TO_EX{c}"));
	stop();
}
END_TEST

START_TEST(groups_that_are_not_routed_are_not_reported)
{
	start();
	group = addr_of("224.0.0.251");
	want("E");
	group = addr_of("ff0e::1"); /* not of this protocol */
	want("E");
	run_to(1000);
	ck_assert_str_eq(sent, "");
	ck_assert_uint_eq(gmp_host_group_count(host), 0);
	stop();
}
END_TEST

START_TEST(the_end_is_silent)
{
	start();
	want("E");
	ask(&ADDR_ANY, "", 1000);
	stop();
	ck_assert_str_eq(sent, "");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("gmp_host");
	TCase *c = tcase_create("gmp_host");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, setup, NULL);
	tcase_add_loop_test(c, a_change_is_told_as_often_as_robustness_says, 0,
			    array_size(changes));
	tcase_add_test(c, changes_of_sources_share_reports);
	tcase_add_test(c, a_source_that_is_withdrawn_at_once_is_blocked);
	tcase_add_test(c, a_mode_change_takes_the_list_with_it);
	tcase_add_test(c, changes_are_gathered);
	tcase_add_loop_test(c, groups_are_packed_into_packets_of_1500_octets, 0, 2);
	tcase_add_loop_test(c, a_list_too_long_for_a_packet_is_cut, 0, 2);
	tcase_add_loop_test(c, what_pimd_cannot_use_is_reported_as_exclude_nothing, 0,
			    array_size(flattened));
	tcase_add_loop_test(c, a_query_is_answered_once_in_time, 0, array_size(queries));
	tcase_add_test(c, answers_are_spread_over_the_response_time);
	tcase_add_test(c, questions_before_the_answer_are_joined);
	tcase_add_test(c, the_earlier_answer_counts);
	tcase_add_test(c, a_question_survives_a_change);
	tcase_add_test(c, a_group_that_is_left_meanwhile_is_not_reported);
	tcase_add_test(c, other_messages_are_no_queries);
	tcase_add_test(c, a_refresh_tells_everything_again);
	tcase_add_test(c, groups_that_are_not_routed_are_not_reported);
	tcase_add_test(c, the_end_is_silent);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
