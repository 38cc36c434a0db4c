// SPDX-License-Identifier: GPL-2.0-or-later
/* What pimd prints, and the table of memberships (lib/pimd_show.h, lib/pimd_state.h). */
#include <check.h>
#include <stdlib.h>

#include "lib/pimd_show.h"
#include "lib/pimd_state.h"
#include "lib/text.h"

/* ---------------------------------------------------------------- show commands */

#define GROUPS_HEAD                                                \
	"Total IGMP groups: 7\nWatermark warn limit(Not Set): 0\n" \
	"Interface        Group           Mode Timer    Srcs V Uptime  \n"
#define SOURCES_HEAD "Interface        Group           Source          Timer Fwd Uptime  \n"

/* of pimd 8.4.4, for the reports that follow each line */
static const char groups_84[] = GROUPS_HEAD
	"s1               239.1.1.1       EXCL 00:04:17    1 3 00:00:02\n"  /* TO_EX {} */
	"s1               239.1.1.2       EXCL 00:04:17    2 3 00:00:02\n"  /* TO_EX {.2 .3} */
	"s1               232.1.1.1       INCL --:--:--    2 3 00:00:02\n"  /* TO_IN {.9 .2} */
	"s2               239.1.1.1       ---- 00:04:18    1 2 00:00:01\n"  /* IGMPv2 */
	"s2               239.1.1.4       INCL --:--:--    0 3 00:00:01\n"  /* IGMPv1: no use */
	"s2               239.1.1.6       EXCL 00:04:18    2 3 00:00:01\n"  /* ALLOW {.2} later */
	"s2               239.1.1.7       EXCL 00:04:18    2 3 00:00:01\n"; /* BLOCK {.2} later */

static const char sources_84[] =
	SOURCES_HEAD "s1               239.1.1.1       *               --:--   Y 00:00:02\n"
		     "s1               239.1.1.2       10.1.0.2        --:--   N 00:00:02\n"
		     "s1               239.1.1.2       10.1.0.3        --:--   N 00:00:02\n"
		     "s1               232.1.1.1       10.1.0.9        04:18   Y 00:00:02\n"
		     "s1               232.1.1.1       10.1.0.2        04:18   Y 00:00:02\n"
		     "s2               239.1.1.1       *               --:--   Y 00:00:01\n"
		     "s2               239.1.1.6       *               --:--   N 00:00:01\n"
		     "s2               239.1.1.6       10.1.0.2        04:18   N 00:00:01\n"
		     "s2               239.1.1.7       *               --:--   N 00:00:01\n"
		     "s2               239.1.1.7       10.1.0.2        --:--   N 00:00:01\n";

static const char json_103[] =
	"{\"totalGroups\":7,\"watermarkLimit\":0,"
	"\"s1\":{\"name\":\"s1\",\"state\":\"up\",\"address\":\"10.10.1.1\",\"index\":3,\"groups\":["
	"{\"group\":\"239.1.1.1\",\"mode\":\"EXCLUDE\",\"timer\":\"00:04:17\",\"sourcesCount\":1,\"version\":3,"
	"\"sources\":[{\"source\":\"*\",\"timer\":\"--:--\",\"forwarded\":true}]},"
	"{\"group\":\"239.1.1.2\",\"mode\":\"EXCLUDE\",\"timer\":\"00:04:17\",\"sourcesCount\":2,\"version\":3,"
	"\"sources\":[{\"source\":\"10.1.0.2\",\"timer\":\"--:--\"},{\"source\":\"10.1.0.3\",\"timer\":\"--:--\"}]},"
	"{\"group\":\"232.1.1.1\",\"mode\":\"INCLUDE\",\"version\":3,\"sourcesCount\":2,"
	"\"sources\":[{\"source\":\"10.1.0.9\",\"timer\":\"04:17\"},{\"source\":\"10.1.0.2\",\"timer\":\"04:17\"}]}]},"
	"\"s2\":{\"groups\":["
	"{\"group\":\"239.1.1.1\",\"timer\":\"00:04:18\",\"version\":2,\"sources\":[{\"source\":\"*\",\"timer\":\"--:--\"}]},"
	"{\"group\":\"239.1.1.4\",\"mode\":\"INCLUDE\",\"version\":3,\"sourcesCount\":0},"
	"{\"group\":\"239.1.1.6\",\"mode\":\"EXCLUDE\",\"version\":3,\"sources\":["
	"{\"source\":\"*\",\"timer\":\"--:--\"},{\"source\":\"10.1.0.2\",\"timer\":\"04:18\"}]},"
	"{\"group\":\"239.1.1.7\",\"mode\":\"EXCLUDE\",\"version\":3,\"sources\":["
	"{\"source\":\"*\",\"timer\":\"--:--\"},{\"source\":\"10.1.0.2\",\"timer\":\"--:--\"}]}]}}";

static const char all_of_them[] =
	"s1 239.1.1.1 v3 EX; s1 239.1.1.2 v3 EX 10.1.0.2 10.1.0.3; "
	"s1 232.1.1.1 v3 IN 10.1.0.2 10.1.0.9; s2 239.1.1.1 v2 EX; s2 239.1.1.4 v3 IN; "
	"s2 239.1.1.6 v3 EX; s2 239.1.1.7 v3 EX 10.1.0.2; ";

static void add_filter(struct text *t, const struct gmp_filter *f)
{
	char a[ADDR_STRLEN];

	text_add(t, " %s", f->exclude ? "EX" : "IN");
	for (size_t i = 0; i < f->n; i++)
		text_add(t, " %s", addr_str(&f->sources[i], a));
	text_add(t, "; ");
}

static const char *rows_text(const struct pimd_rows *r)
{
	static char buf[1024];
	struct text t = text_init(buf, sizeof(buf));
	char a[ADDR_STRLEN];

	for (size_t i = 0; i < r->n; i++) {
		text_add(&t, "%s%s %s v%u", r->rows[i].whole ? "" : "?", r->rows[i].interface,
			 addr_str(&r->rows[i].group, a), r->rows[i].version);
		add_filter(&t, &r->rows[i].filter);
	}
	return buf;
}

/* R4045-4.2-4: a plain join is EXCLUDE {}; R4045-4.2-5: EXCLUDE names sources without a timer */
START_TEST(two_commands_of_frr_8_are_one_state)
{
	struct pimd_rows r;

	pimd_rows_init(&r);
	ck_assert(pimd_show_groups(&r, groups_84));
	ck_assert(pimd_show_sources(&r, sources_84));
	ck_assert(pimd_rows_finish(&r));
	ck_assert_str_eq(rows_text(&r), all_of_them);
	pimd_rows_fini(&r);
}
END_TEST

START_TEST(document_of_frr_10_is_the_same_state)
{
	struct pimd_rows r;

	pimd_rows_init(&r);
	ck_assert(pimd_show_json(&r, json_103));
	ck_assert(pimd_rows_finish(&r));
	ck_assert_str_eq(rows_text(&r), all_of_them);
	pimd_rows_fini(&r);
}
END_TEST

#define GROUP_LINE "s1               239.1.1.1       EXCL 00:04:17    2 3 00:00:02\n"

static const struct {
	const char *sources, *rows;
} changed[] = {
	/* a source came in between, or one went */
	{"s1               239.1.1.1       10.1.0.2        --:--   Y 00:00:02\n",
	 "?s1 239.1.1.1 v3 EX 10.1.0.2; "},
	{"", "?s1 239.1.1.1 v3 EX; "},
	/* a group came */
	{"s1               239.1.1.1       *               --:--   Y 00:00:02\n"
	 "s1               239.1.1.1       10.1.0.2        --:--   Y 00:00:02\n"
	 "s1               239.1.1.2       *               --:--   Y 00:00:00\n",
	 "s1 239.1.1.1 v3 EX 10.1.0.2; "},
};

START_TEST(change_between_the_two_commands_is_noticed)
{
	char sources[512];
	struct pimd_rows r;

	snprintf(sources, sizeof(sources), SOURCES_HEAD "%s", changed[_i].sources);
	pimd_rows_init(&r);
	ck_assert(pimd_show_groups(&r, GROUPS_HEAD GROUP_LINE));
	ck_assert(pimd_show_sources(&r, sources));
	ck_assert(!pimd_rows_finish(&r));
	ck_assert_str_eq(rows_text(&r), changed[_i].rows);
	pimd_rows_fini(&r);
}
END_TEST

START_TEST(nothing_is_joined_on_an_idle_pimd)
{
	struct pimd_rows r;

	pimd_rows_init(&r);
	ck_assert(pimd_show_groups(&r, GROUPS_HEAD));
	ck_assert(pimd_show_sources(&r, SOURCES_HEAD));
	ck_assert(pimd_show_json(&r, "{\"totalGroups\":0,\"watermarkLimit\":0}"));
	ck_assert(pimd_rows_finish(&r));
	ck_assert_uint_eq(r.n, 0);
	pimd_rows_fini(&r);
}
END_TEST

static const struct {
	bool (*read)(struct pimd_rows *r, const char *text);
	const char *text;
} foreign[] = {
	{pimd_show_groups, ""},
	{pimd_show_groups, "% Unknown command: show ip igmp groups\n"},
	{pimd_show_groups, GROUPS_HEAD "s1 239.1.1.1 EXCL\n"},
	{pimd_show_groups, GROUPS_HEAD "s1 10.1.1.1 EXCL 00:04:17 2 3 00:00:02\n"},
	{pimd_show_groups, GROUPS_HEAD "an-interface-too-long 239.1.1.1 EXCL 00:04:17 2 3 0\n"},
	{pimd_show_sources, ""},
	{pimd_show_sources, SOURCES_HEAD "s1 x 10.1.0.2 --:-- N\n"},
	{pimd_show_json, ""},
	{pimd_show_json, "[]"},
	{pimd_show_json, "{\"s1\":{\"groups\":[{}]}}"},
	{pimd_show_json, "{\"s1\":{\"groups\":[7]}}"},
	{pimd_show_json, "{\"s1\":{\"groups\":[{\"group\":\"239.1.1.1\",\"sources\":[{}]}]}}"},
	{pimd_show_json, "{\"s1\":{\"groups\":[{\"group\":\"239.1.1.1\""},
};

START_TEST(other_output_is_refused)
{
	struct pimd_rows r;

	pimd_rows_init(&r);
	ck_assert(!foreign[_i].read(&r, foreign[_i].text));
	pimd_rows_fini(&r);
}
END_TEST

/* ---------------------------------------------------------------- the table */

static struct twheel wheel;
static struct pimd_state *st;
static char told[1024];
static struct text log_text;

static void tell(void *arg, const struct pimd_membership *m)
{
	char a[ADDR_STRLEN];

	text_add(&log_text, "%u %s", m->ifindex, addr_str(&m->group, a));
	add_filter(&log_text, &m->filter);
}

static void setup(void)
{
	twheel_init(&wheel, 1000);
	log_text = text_init(told, sizeof(told));
	st = pimd_state_new(tell, NULL, &wheel);
}

static void teardown(void)
{
	pimd_state_free(st);
	twheel_fini(&wheel);
}

static void heard(const char *want)
{
	ck_assert_str_eq(told, want);
	log_text = text_init(told, sizeof(told));
}

static struct addr address(const char *text)
{
	struct addr a;

	ck_assert(addr_parse(text, &a));
	return a;
}

/* source NULL: EXCLUDE {} */
static void set(uint32_t ifindex, const char *group, const char *source)
{
	struct addr g = address(group), s = source ? address(source) : ADDR_ANY;
	struct gmp_filter f = {.exclude = !source, .n = !!source, .sources = &s};

	pimd_state_set(st, ifindex, &g, 3, &f, wheel.now);
}

static void gone(uint32_t ifindex, const char *group)
{
	struct addr g = address(group);

	pimd_state_gone(st, ifindex, &g);
}

/* INCLUDE {}: pimd keeps such a group for a while */
static void nobody(uint32_t ifindex, const char *group)
{
	struct addr g = address(group);

	pimd_state_set(st, ifindex, &g, 3, &GMP_FILTER_NONE, wheel.now);
}

START_TEST(changes_are_told_once)
{
	set(7, "239.1.1.1", NULL);
	set(7, "239.1.1.1", NULL);
	set(8, "239.1.1.1", "10.1.0.2");
	heard("7 239.1.1.1 EX; 8 239.1.1.1 IN 10.1.0.2; ");
	set(7, "239.1.1.1", "10.1.0.2");
	gone(8, "239.1.1.1");
	gone(8, "239.1.1.1");
	nobody(7, "232.1.1.1");
	heard("7 239.1.1.1 IN 10.1.0.2; 8 239.1.1.1 IN; ");
	nobody(7, "239.1.1.1");
	heard("7 239.1.1.1 IN; ");
	ck_assert_uint_eq(pimd_state_count(st), 0);
}
END_TEST

START_TEST(what_a_snapshot_does_not_tell_is_gone_at_its_end)
{
	struct addr kept = address("239.1.1.3");

	set(7, "239.1.1.1", NULL);
	set(7, "239.1.1.2", NULL);
	set(7, "239.1.1.3", NULL);
	heard("7 239.1.1.1 EX; 7 239.1.1.2 EX; 7 239.1.1.3 EX; ");
	pimd_state_begin(st);
	set(7, "239.1.1.1", NULL);
	pimd_state_begin(st); /* the reader was too slow: again */
	set(7, "239.1.1.2", NULL);
	pimd_state_keep(st, 7, &kept);
	heard("");
	pimd_state_end(st, wheel.now);
	heard("7 239.1.1.1 IN; ");
}
END_TEST

/* pimd was restarted: its snapshot is empty until hosts have answered. */
START_TEST(memberships_of_the_pimd_before_are_held)
{
	set(7, "239.1.1.1", NULL);
	set(7, "239.1.1.2", NULL);
	heard("7 239.1.1.1 EX; 7 239.1.1.2 EX; ");
	pimd_state_restarted(st, wheel.now);
	pimd_state_begin(st);
	pimd_state_end(st, wheel.now);
	heard("");
	ck_assert_uint_eq(pimd_state_held(st), 2);
	set(7, "239.1.1.1", NULL); /* this host answers */
	heard("");
	ck_assert_uint_eq(pimd_state_held(st), 1);
	pimd_state_begin(st);
	set(7, "239.1.1.1", NULL);
	pimd_state_end(st, wheel.now);
	heard("");
	twheel_run(&wheel, wheel.now + PIMD_STATE_HOLD_MS - 1);
	heard("");
	twheel_run(&wheel, wheel.now + 1);
	heard("7 239.1.1.2 IN; ");
	ck_assert_uint_eq(pimd_state_held(st), 0);
}
END_TEST

/* Only those: what the new one knew and forgot is gone at once. */
START_TEST(memberships_of_the_new_pimd_are_not_held)
{
	pimd_state_restarted(st, wheel.now);
	set(7, "239.1.1.1", NULL);
	pimd_state_begin(st);
	pimd_state_end(st, wheel.now);
	heard("7 239.1.1.1 EX; 7 239.1.1.1 IN; ");
}
END_TEST

/* A greedy subscriber; others are not concerned. */
START_TEST(groups_beyond_the_limit_wait)
{
	pimd_state_limit(st, 2);
	set(7, "239.1.1.1", NULL);
	set(7, "239.1.1.3", NULL);
	set(7, "239.1.1.2", NULL);
	set(7, "239.1.1.4", NULL);
	set(8, "239.1.1.1", NULL);
	heard("7 239.1.1.1 EX; 7 239.1.1.3 EX; 8 239.1.1.1 EX; ");
	set(7, "239.1.1.2", "10.1.0.2");
	gone(7, "239.1.1.4");
	heard("");
	pimd_state_walk(st, 7, tell, NULL);
	heard("7 239.1.1.1 EX; 7 239.1.1.3 EX; ");
	gone(7, "239.1.1.3");
	heard("7 239.1.1.3 IN; 7 239.1.1.2 IN 10.1.0.2; ");
	set(7, "239.1.1.5", NULL);
	set(7, "239.1.1.6", NULL);
	heard("");
	pimd_state_limit(st, 3);
	heard("7 239.1.1.5 EX; ");
	pimd_state_limit(st, 0);
	heard("7 239.1.1.6 EX; ");
}
END_TEST

START_TEST(groups_of_one_interface_are_walked)
{
	set(7, "239.1.1.2", NULL);
	set(6, "239.1.1.9", NULL);
	set(8, "239.1.1.1", NULL);
	set(7, "239.1.1.1", "10.1.0.2");
	heard("7 239.1.1.2 EX; 6 239.1.1.9 EX; 8 239.1.1.1 EX; 7 239.1.1.1 IN 10.1.0.2; ");
	pimd_state_walk(st, 7, tell, NULL);
	heard("7 239.1.1.1 IN 10.1.0.2; 7 239.1.1.2 EX; ");
	pimd_state_walk(st, 5, tell, NULL);
	heard("");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pimd_state");
	TCase *show = tcase_create("show"), *table = tcase_create("table");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_test(show, two_commands_of_frr_8_are_one_state);
	tcase_add_test(show, document_of_frr_10_is_the_same_state);
	tcase_add_loop_test(show, change_between_the_two_commands_is_noticed, 0,
			    array_size(changed));
	tcase_add_test(show, nothing_is_joined_on_an_idle_pimd);
	tcase_add_loop_test(show, other_output_is_refused, 0, array_size(foreign));
	suite_add_tcase(s, show);
	tcase_add_checked_fixture(table, setup, teardown);
	tcase_add_test(table, changes_are_told_once);
	tcase_add_test(table, what_a_snapshot_does_not_tell_is_gone_at_its_end);
	tcase_add_test(table, memberships_of_the_pimd_before_are_held);
	tcase_add_test(table, memberships_of_the_new_pimd_are_not_held);
	tcase_add_test(table, groups_beyond_the_limit_wait);
	tcase_add_test(table, groups_of_one_interface_are_walked);
	suite_add_tcase(s, table);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
