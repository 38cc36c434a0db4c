// SPDX-License-Identifier: GPL-2.0-or-later
/* Merged records: RFC 4045 4.2, RFC 3376 3.2. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "l2mcd/l2mc_group.h"

enum {
	MEMBERS = 12,
	SOURCES = 8
};

static struct l2mc_record record;
static struct gmp_filter members[MEMBERS];
static struct addr sources_of[MEMBERS][SOURCES];

/* "ex 1 2" or "in 3" or "-": sources 192.0.2.n. */
static struct gmp_filter parse(const char *text, struct addr *sources)
{
	struct gmp_filter f = {.exclude = strncmp(text, "ex", 2) == 0, .sources = sources};

	for (const char *p = strchr(text, ' '); p; p = strchr(p + 1, ' '))
		sources[f.n++] = addr_from_v4((uint8_t[]){192, 0, 2, atoi(p + 1)});
	return f;
}

static bool change(int member, struct gmp_filter f)
{
	struct gmp_filter old = members[member];
	struct addr copy[SOURCES];
	bool changed;

	memcpy(copy, sources_of[member], sizeof(copy));
	old.sources = copy;
	changed = l2mc_record_change(&record, &old, &f);
	for (size_t i = 0; i < old.n; i++) {
		struct l2mc_source *s = l2mc_record_source(&record, &old.sources[i]);

		if (s)
			l2mc_record_release(&record, s);
	}
	if (f.n)
		memmove(sources_of[member], f.sources, f.n * sizeof(*f.sources));
	f.sources = sources_of[member];
	members[member] = f;
	return changed;
}

static bool report(int member, const char *text)
{
	struct addr sources[SOURCES];

	return change(member, parse(text, sources));
}

static void expect(const char *text)
{
	struct addr want_sources[SOURCES], have_sources[SOURCES];
	struct gmp_filter want = parse(text, want_sources), have;

	ck_assert_uint_eq(l2mc_record_count(&record), want.n);
	have = l2mc_record_get(&record, have_sources);
	ck_assert_int_eq(have.exclude, want.exclude);
	ck_assert_uint_eq(have.n, want.n);
	if (want.n)
		ck_assert_mem_eq(have.sources, want.sources, want.n * sizeof(*want.sources));
}

static void setup(void)
{
	memset(members, 0, sizeof(members));
	l2mc_record_init(&record, sizeof(struct l2mc_source));
}

static void teardown(void)
{
	for (int m = 0; m < MEMBERS; m++)
		report(m, "-");
	expect("-");
	ck_assert(l2mc_record_empty(&record));
	ck_assert_ptr_null(l2mc_record_first(&record));
	l2mc_record_fini(&record);
}

/* R4045-4.2-6, A4045-39 */
START_TEST(the_example_of_rfc_3376)
{
	ck_assert(report(0, "ex 1 2 3 4"));
	expect("ex 1 2 3 4");
	ck_assert(report(1, "ex 2 3 4 5"));
	expect("ex 2 3 4");
	ck_assert(report(2, "in 4 5 6"));
	expect("ex 2 3"); /* V4045-D1 */
	ck_assert(report(3, "ex"));
	expect("ex"); /* V4045-D2 */
	ck_assert(!report(4, "in 1 2 3"));
	expect("ex");
	ck_assert(!report(0, "-")); /* member 3 still excludes nothing */
	ck_assert(!report(1, "-"));
	ck_assert(report(3, "-"));
	expect("in 1 2 3 4 5 6"); /* V4045-D3 in other words */
}
END_TEST

START_TEST(a_change_that_changes_nothing_is_not_told)
{
	ck_assert(report(0, "in 1 2"));
	ck_assert(!report(1, "in 2"));
	ck_assert(!report(1, "in 1 2"));
	ck_assert(!report(0, "in 1"));
	ck_assert(report(1, "in 1"));
	expect("in 1");
	ck_assert(!report(0, "-"));
	ck_assert(report(1, "-"));
}
END_TEST

/* Equal in number, not in content: sources the member does not name. */
START_TEST(an_intersection_that_changes_unseen_is_told)
{
	report(0, "ex 1 2");
	report(1, "ex 1 3");
	expect("ex 1");
	ck_assert(report(1, "in 1"));
	expect("ex 2");
	ck_assert(report(1, "ex 3"));
	expect("ex");
	ck_assert(report(1, "-"));
	expect("ex 1 2");
}
END_TEST

START_TEST(entries_live_as_long_as_somebody_names_the_source)
{
	struct addr a = addr_from_v4((uint8_t[]){192, 0, 2, 1});

	report(0, "in 1");
	report(1, "ex 1");
	report(0, "-");
	ck_assert_ptr_nonnull(l2mc_record_source(&record, &a));
	ck_assert(!l2mc_record_release(&record, l2mc_record_source(&record, &a)));
	report(1, "-");
	ck_assert_ptr_null(l2mc_record_source(&record, &a));
}
END_TEST

/* Random states against the rule as RFC 3376 3.2 has it. */
START_TEST(random_records_agree_with_the_rule)
{
	uint32_t seed = 4045;
	char before[64] = "-";

	for (int n = 0; n < 20000; n++) {
		uint8_t exclude = 0xff, include = 0, mask;
		char text[64] = "in", *end;
		struct addr sources[SOURCES];
		struct gmp_filter f = {.sources = sources};
		bool any = false, changed;

		seed = seed * 1103515245 + 12345;
		mask = seed >> 20;
		f.exclude = (seed >> 12 & 3) == 0;
		if (f.exclude)
			mask |= seed >> 14; /* else intersections are mostly empty */
		if ((seed >> 9 & 7) == 0)
			mask = f.exclude = 0;
		for (int k = 0; k < SOURCES; k++)
			if (mask >> k & 1)
				sources[f.n++] = addr_from_v4((uint8_t[]){192, 0, 2, k + 1});
		changed = change((seed >> 16) % MEMBERS, f);
		for (int m = 0; m < MEMBERS; m++) {
			mask = 0;
			for (size_t i = 0; i < members[m].n; i++)
				mask |= 1 << (members[m].sources[i].b[15] - 1);
			any |= members[m].exclude;
			if (members[m].exclude)
				exclude &= mask;
			else
				include |= mask;
		}
		mask = any ? exclude & ~include : include;
		strcpy(text, any ? "ex" : mask ? "in" : "-");
		end = text + strlen(text);
		for (int k = 0; k < SOURCES; k++)
			if (mask >> k & 1)
				end += sprintf(end, " %d", k + 1);
		expect(text);
		ck_assert_int_eq(changed, strcmp(text, before) != 0);
		strcpy(before, text);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("l2mc_group");
	TCase *tc = tcase_create("group");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_example_of_rfc_3376);
	tcase_add_test(tc, a_change_that_changes_nothing_is_not_told);
	tcase_add_test(tc, an_intersection_that_changes_unseen_is_told);
	tcase_add_test(tc, entries_live_as_long_as_somebody_names_the_source);
	tcase_add_test(tc, random_records_agree_with_the_rule);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
