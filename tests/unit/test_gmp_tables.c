// SPDX-License-Identifier: GPL-2.0-or-later
/* lib/gmp_group: the tables of RFC 3376 6.4, row by row. */
#include "tests/unit/gmp_router_world.h"

/* ---------------------------------------------------------------- the tables of 6.4 */

enum role {
	QUERIER,
	OTHER_IS_QUERIER,
	IMMEDIATE_LEAVE,
	ROLES,
};

static const struct {
	const char *before; /* "I:ab", "E:ab/cd": EXCLUDE (X, Y) */
	enum gmp_record_type type;
	const char *sources;
	struct {
		const char *state, *sent, *told; /* told "": no callback */
	} after[ROLES];
} table[] = {
	/* 6.4.1 */
	{"I:ab",
	 GMP_IS_IN,
	 "bc",
	 {{"I a:o b:g c:g", "", "INCLUDE {abc}"},
	  {"I a:o b:g c:g", "", "INCLUDE {abc}"},
	  {"I a:o b:g c:g", "", "INCLUDE {abc}"}}},
	{"I:ab",
	 GMP_IS_IN,
	 "b",
	 {{"I a:o b:g", "", ""}, {"I a:o b:g", "", ""}, {"I a:o b:g", "", ""}}},
	{"I:ab",
	 GMP_IS_EX,
	 "bc",
	 {{"E(g) b:o c:-", "", "EXCLUDE {c}"},
	  {"E(g) b:o c:-", "", "EXCLUDE {c}"},
	  {"E(g) b:o c:-", "", "EXCLUDE {c}"}}},
	{"E:ab/cd",
	 GMP_IS_IN,
	 "bde",
	 {{"E(o) a:o b:g c:- d:g e:g", "", "EXCLUDE {c}"},
	  {"E(o) a:o b:g c:- d:g e:g", "", "EXCLUDE {c}"},
	  {"E(o) a:o b:g c:- d:g e:g", "", "EXCLUDE {c}"}}},
	{"E:ab/cd",
	 GMP_IS_IN,
	 "be",
	 {{"E(o) a:o b:g c:- d:- e:g", "", ""},
	  {"E(o) a:o b:g c:- d:- e:g", "", ""},
	  {"E(o) a:o b:g c:- d:- e:g", "", ""}}},
	{"E:ab/cd",
	 GMP_IS_EX,
	 "bde",
	 {{"E(g) b:o d:- e:g", "", "EXCLUDE {d}"},
	  {"E(g) b:o d:- e:g", "", "EXCLUDE {d}"},
	  {"E(g) b:o d:- e:g", "", "EXCLUDE {d}"}}},
	{"E:ab/cd",
	 GMP_IS_EX,
	 "cde",
	 {{"E(g) c:- d:- e:g", "", ""},
	  {"E(g) c:- d:- e:g", "", ""},
	  {"E(g) c:- d:- e:g", "", ""}}},
	/* 6.4.2 */
	{"I:ab",
	 GMP_ALLOW,
	 "bc",
	 {{"I a:o b:g c:g", "", "INCLUDE {abc}"},
	  {"I a:o b:g c:g", "", "INCLUDE {abc}"},
	  {"I a:o b:g c:g", "", "INCLUDE {abc}"}}},
	{"I:ab",
	 GMP_BLOCK,
	 "bc",
	 {{"I a:o b:l", "S{b}", ""}, {"I a:o b:o", "", ""}, {"I a:o", "", "INCLUDE {a}"}}},
	{"I:ab",
	 GMP_BLOCK,
	 "abb",
	 {{"I a:l b:l", "S{ab}", ""}, {"I a:o b:o", "", ""}, {"none", "", "INCLUDE {}"}}},
	{"I:ab",
	 GMP_TO_EX,
	 "bc",
	 {{"E(g) b:l c:-", "S{b}", "EXCLUDE {c}"},
	  {"E(g) b:o c:-", "", "EXCLUDE {c}"},
	  {"E(g) b:- c:-", "", "EXCLUDE {bc}"}}},
	{"I:ab",
	 GMP_TO_EX,
	 "",
	 {{"E(g)", "", "EXCLUDE {}"}, {"E(g)", "", "EXCLUDE {}"}, {"E(g)", "", "EXCLUDE {}"}}},
	{"I:ab",
	 GMP_TO_IN,
	 "bc",
	 {{"I a:l b:g c:g", "S{a}", "INCLUDE {abc}"},
	  {"I a:o b:g c:g", "", "INCLUDE {abc}"},
	  {"I b:g c:g", "", "INCLUDE {bc}"}}},
	{"I:ab",
	 GMP_TO_IN,
	 "",
	 {{"I a:l b:l", "S{ab}", ""}, {"I a:o b:o", "", ""}, {"none", "", "INCLUDE {}"}}},
	{"E:ab/cd",
	 GMP_ALLOW,
	 "bde",
	 {{"E(o) a:o b:g c:- d:g e:g", "", "EXCLUDE {c}"},
	  {"E(o) a:o b:g c:- d:g e:g", "", "EXCLUDE {c}"},
	  {"E(o) a:o b:g c:- d:g e:g", "", "EXCLUDE {c}"}}},
	{"E:ab/cd",
	 GMP_BLOCK,
	 "bde",
	 {{"E(o) a:o b:l c:- d:- e:l", "S{be}", ""},
	  {"E(o) a:o b:o c:- d:- e:t", "", ""},
	  {"E(o) a:o b:- c:- d:- e:-", "", "EXCLUDE {bcde}"}}},
	{"E:ab/cd",
	 GMP_TO_EX,
	 "bde",
	 {{"E(g) b:l d:- e:l", "S{be}", "EXCLUDE {d}"},
	  {"E(g) b:o d:- e:t", "", "EXCLUDE {d}"},
	  {"E(g) b:- d:- e:-", "", "EXCLUDE {bde}"}}},
	{"E:ab/cd",
	 GMP_TO_IN,
	 "bde",
	 {{"E(l) a:l b:g c:- d:g e:g", "G S{a}", "EXCLUDE {c}"},
	  {"E(o) a:o b:g c:- d:g e:g", "", "EXCLUDE {c}"},
	  {"I b:g d:g e:g", "", "INCLUDE {bde}"}}},
	{"E:ab/cd",
	 GMP_TO_IN,
	 "",
	 {{"E(l) a:l b:l c:- d:-", "G S{ab}", ""},
	  {"E(o) a:o b:o c:- d:-", "", ""},
	  {"none", "", "INCLUDE {}"}}},
	{"E:/", GMP_TO_IN, "", {{"E(l)", "G", ""}, {"E(o)", "", ""}, {"none", "", "INCLUDE {}"}}},
};

static void enter_state(const char *text)
{
	const char *slash = strchr(text, '/');
	char x[LETTERS + 1] = "";

	if (text[0] == 'I') {
		hear(GMP_IS_IN, text + 2);
	} else {
		memcpy(x, text + 2, slash - text - 2);
		hear(GMP_IS_EX, slash + 1);
		run_to(1500); /* the source timers differ from the Group Timer */
		hear(GMP_ALLOW, x);
	}
	run_to(10000);
}

static void check_row(int i, enum role role, bool mld)
{
	gmp_router_params_default(&params, mld);
	params.address = addr_of(mld ? "fe80::5" : "10.0.0.5");
	params.immediate_leave = role == IMMEDIATE_LEAVE;
	params.election = role == OTHER_IS_QUERIER;
	start();
	if (role == OTHER_IS_QUERIER)
		hear_query(mld ? "fe80::1" : "10.0.0.1", (struct gmp_msg){0});
	enter_state(table[i].before);
	remember();
	forget();
	hear(table[i].type, table[i].sources);
	ck_assert_str_eq(state(), table[i].after[role].state);
	ck_assert_str_eq(sent, table[i].after[role].sent);
	ck_assert_str_eq(told, table[i].after[role].told);
	ck_assert_uint_eq(n_told, *told ? 1 : 0);
	stop();
}

START_TEST(a_record_changes_the_state_as_the_tables_say)
{
	for (enum role role = 0; role < ROLES; role++) {
		check_row(_i, role, false);
		check_row(_i, role, true);
	}
}
END_TEST

static const struct {
	enum gmp_record_type type;
	const char *sources, *told;
} first_records[] = {
	{GMP_IS_IN, "", ""},	       {GMP_IS_IN, "ab", "INCLUDE {ab}"},
	{GMP_IS_EX, "", "EXCLUDE {}"}, {GMP_IS_EX, "ab", "EXCLUDE {ab}"},
	{GMP_TO_IN, "", ""},	       {GMP_TO_IN, "a", "INCLUDE {a}"},
	{GMP_TO_EX, "", "EXCLUDE {}"}, {GMP_TO_EX, "ba", "EXCLUDE {ab}"},
	{GMP_ALLOW, "", ""},	       {GMP_ALLOW, "aa", "INCLUDE {a}"},
	{GMP_BLOCK, "", ""},	       {GMP_BLOCK, "ab", ""},
};

START_TEST(the_first_record_of_a_group_makes_state_or_none)
{
	start();
	hear(first_records[_i].type, first_records[_i].sources);
	ck_assert_str_eq(told, first_records[_i].told);
	ck_assert_str_eq(sent, "");
	ck_assert_uint_eq(gmp_router_group_count(router), *told ? 1 : 0);
	stop();
}
END_TEST

/* ---------------------------------------------------------------- older hosts: 7.3.2 */

static const struct {
	uint8_t report; /* version of the report heard before */
	enum gmp_record_type type;
	const char *sources;
	const char *state, *sent;
	unsigned int ignored;
} older[] = {
	{2, GMP_IS_IN, "a", "E(o) a:g", "", 0}, {2, GMP_IS_EX, "a", "E(g) a:g", "", 0},
	{2, GMP_ALLOW, "a", "E(o) a:g", "", 0}, {2, GMP_BLOCK, "a", "E(o)", "", 1},
	{2, GMP_TO_EX, "a", "E(g)", "", 0},	{2, GMP_TO_IN, "a", "E(l) a:g", "G", 0},
	{1, GMP_IS_IN, "a", "E(o) a:g", "", 0}, {1, GMP_BLOCK, "a", "E(o)", "", 1},
	{1, GMP_TO_EX, "a", "E(g)", "", 0},	{1, GMP_TO_IN, "a", "E(o)", "", 1},
};

/* R4045-4.1-1, R4045-4.2-4 */
START_TEST(beside_an_older_host_newer_records_are_reduced)
{
	for (int mld = 0; mld <= (older[_i].report == 2); mld++) {
		gmp_router_params_default(&params, mld);
		params.address = addr_of(mld ? "fe80::1" : "10.0.0.1");
		start();
		hear_old(GMP_REPORT, older[_i].report);
		ck_assert_str_eq(told, "EXCLUDE {}");
		run_to(10000);
		ck_assert_uint_eq(the_group().version, older[_i].report);
		remember();
		forget();
		hear(older[_i].type, older[_i].sources);
		ck_assert_str_eq(state(), older[_i].state);
		ck_assert_str_eq(sent, older[_i].sent);
		ck_assert_str_eq(told, "");
		ck_assert_uint_eq(gmp_router_stats(router)->rx_ignored_version, older[_i].ignored);
		stop();
	}
}
END_TEST

static void add_tests(TCase *c)
{
	tcase_add_loop_test(c, a_record_changes_the_state_as_the_tables_say, 0, array_size(table));
	tcase_add_loop_test(c, the_first_record_of_a_group_makes_state_or_none, 0,
			    array_size(first_records));
	tcase_add_loop_test(c, beside_an_older_host_newer_records_are_reduced, 0,
			    array_size(older));
}

int main(void)
{
	return run_suite("gmp_tables", add_tests);
}
