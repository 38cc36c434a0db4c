// SPDX-License-Identifier: GPL-2.0-or-later
/* lib/vty_show: durations as an operator reads them. */
#include <check.h>
#include <stdlib.h>

#include "lib/vty_show.h"

static const struct {
	msec_t ms;
	const char *text;
} times[] = {
	{-1, "-"},
	{0, "00:00:00"},
	{999, "00:00:00"},
	{62000, "00:01:02"},
	{86399999, "23:59:59"},
	{86400000, "1d00h00m"},
	{(msec_t)86400000 * 400 + 3600000 * 5 + 60000 * 7, "400d05h07m"},
};

START_TEST(durations_are_readable)
{
	char buf[SHOW_TIME_LEN];

	ck_assert_str_eq(show_time(times[_i].ms, buf), times[_i].text);
}
END_TEST

START_TEST(what_has_not_begun_has_no_duration)
{
	json_object *o = json_object_new_object();
	char buf[SHOW_TIME_LEN];

	ck_assert_str_eq(show_since(0, 5000, buf), "-");
	ck_assert_str_eq(show_since(1000, 5000, buf), "00:00:04");
	json_add_since(o, "upTime", 0, 5000);
	ck_assert_str_eq(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN), "{}");
	json_add_since(o, "upTime", 1000, 5001);
	ck_assert_str_eq(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN),
			 "{\"upTime\":\"00:00:04\",\"upTimeMsec\":4001}");
	json_object_put(o);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vty_show");
	TCase *t = tcase_create("vty_show");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, durations_are_readable, 0, array_size(times));
	tcase_add_test(t, what_has_not_begun_has_no_duration);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
