// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's multicast interfaces (lib/vif_table.h). */
#include <check.h>
#include <stdlib.h>

#include "lib/vif_table.h"

#define HEAD "Interface      BytesIn  PktsIn  BytesOut PktsOut Flags Local    Remote\n"

START_TEST(names_are_those_of_the_kernel)
{
	struct vif_table t;

	ck_assert(vif_table_parse(
		&t, HEAD
		" 0 pimreg            0       0         0       0 00004 00000000 00000000\n"
		" 1 lo                0       0         0       0 00008 00000001 00000000\n"
		"12 a-name-of-15-ch       0       0         0       0 00008 00000004 00000000\n"));
	ck_assert_uint_eq(t.n, 3);
	ck_assert(vif_table_has(&t, "pimreg") && vif_table_has(&t, "a-name-of-15-ch"));
	ck_assert(!vif_table_has(&t, "l") && !vif_table_has(&t, ""));
}
END_TEST

START_TEST(table_of_a_router_without_multicast_is_empty)
{
	struct vif_table t;

	ck_assert(vif_table_parse(&t, HEAD));
	ck_assert_uint_eq(t.n, 0);
}
END_TEST

START_TEST(full_table_has_32_and_not_more)
{
	char text[8192] = HEAD;
	struct vif_table t;

	for (int i = 0; i <= VIF_TABLE_MAX; i++) {
		ck_assert(vif_table_parse(&t, text));
		ck_assert_uint_eq(t.n, i);
		snprintf(text + strlen(text), 64, "%2d s%d 0 0 0 0 00008 00000004 00000000\n", i,
			 i);
	}
	ck_assert(!vif_table_parse(&t, text));
}
END_TEST

static const char *const other[] = {"", "Interface", "x\n", HEAD "0 lo", HEAD "lo\n"};

START_TEST(anything_else_is_refused)
{
	struct vif_table t;

	ck_assert(!vif_table_parse(&t, other[_i]));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vif_table");
	TCase *tc = tcase_create("table");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_test(tc, names_are_those_of_the_kernel);
	tcase_add_test(tc, table_of_a_router_without_multicast_is_empty);
	tcase_add_test(tc, full_table_has_32_and_not_more);
	tcase_add_loop_test(tc, anything_else_is_refused, 0, array_size(other));
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
