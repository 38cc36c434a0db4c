// SPDX-License-Identifier: GPL-2.0-or-later
/* Reports of pppd, and who may be in a multicast session; words of its command line. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "l2mcd/l2mcd_link.h"
#include "l2mcd/l2mcd_pppd_args.h"

#define PACKET_SIZE 1492

static const char PLAIN[] = "interface ppp0\nifindex 7\nlcp 1\nmru 1492\nuser joe\nipcp 1\n"
			    "local 10.0.0.1\nremote 10.0.0.2\nipv6cp 1\nlocal6 fe80::1\n"
			    "remote6 fe80::2\n";

static bool read_text(const char *text, struct l2mcd_link *l)
{
	return l2mcd_link_read((struct span){(const uint8_t *)text, strlen(text)}, l);
}

START_TEST(a_report_tells_everything)
{
	const uint8_t local[] = {10, 0, 0, 1}, remote6[16] = {0xfe, 0x80, [15] = 2};
	struct l2mcd_link l;
	struct addr a = addr_from_v4(local), b = addr_from_v6(remote6);

	ck_assert(read_text(PLAIN, &l));
	ck_assert(l.told && l.lcp && l.ipcp && l.ipv6cp);
	ck_assert(!l.ccp && !l.ecp && !l.multilink && !l.filter);
	ck_assert_str_eq(l.interface, "ppp0");
	ck_assert_str_eq(l.user, "joe");
	ck_assert_uint_eq(l.ifindex, 7);
	ck_assert_uint_eq(l.mru, 1492);
	ck_assert_int_eq(addr_cmp(&l.local, &a), 0);
	ck_assert_int_eq(addr_cmp(&l.remote6, &b), 0);
}
END_TEST

START_TEST(a_report_is_the_whole_state)
{
	struct l2mcd_link l;

	ck_assert(read_text(PLAIN, &l));
	ck_assert(read_text("interface ppp0\nlcp 1\n", &l));
	ck_assert(l.told && l.lcp && !l.ipcp && !l.ipv6cp && !l.user[0]);
	ck_assert(read_text("", &l));
	ck_assert(l.told && !l.lcp);
}
END_TEST

START_TEST(a_word_of_a_later_version_is_skipped)
{
	struct l2mcd_link l;

	ck_assert(read_text("bacp 1\nlcp 1\n", &l));
	ck_assert(l.lcp);
}
END_TEST

START_TEST(a_long_name_is_cut)
{
	char text[256] = "user ";
	struct l2mcd_link l;

	memset(text + 5, 'x', 200);
	strcpy(text + 205, "\nlcp 1\n");
	ck_assert(read_text(text, &l));
	ck_assert_uint_eq(strlen(l.user), sizeof(l.user) - 1);
	ck_assert(l.lcp);
}
END_TEST

static const char *const garbage[] = {
	"lcp",	       "lcp 1",		 "ifindex x\n",	  "ifindex 99999999999\n",
	"mru 14 92\n", "local 10.0.0\n", "local6 fe80\n", "\n",
};

START_TEST(what_is_no_report_is_refused)
{
	struct l2mcd_link l;

	ck_assert_msg(!read_text(garbage[_i], &l), "%s", garbage[_i]);
}
END_TEST

START_TEST(every_truncation_is_read_or_refused)
{
	struct l2mcd_link l;

	for (size_t n = 0; n < sizeof(PLAIN) - 1; n++) {
		struct span part = {(const uint8_t *)PLAIN, n};
		bool whole = n == 0 || PLAIN[n - 1] == '\n';

		ck_assert_int_eq(l2mcd_link_read(part, &l), whole);
	}
	ck_assert(!l2mcd_link_read((struct span){(const uint8_t *)"a b\0\n", 5}, &l));
}
END_TEST

/* ---------------------------------------------------------------- A4045-28 */

static const struct {
	const char *more; /* after a plain report */
	enum l2mcd_ineligible both, v4, v6;
} cases[] = {
	/* A4045-28: the facts that only the LNS knows */
	{"", 0, 0, 0},
	{"ccp 1\n", L2MCD_INELIGIBLE_CCP, 0, 0},
	{"ecp 1\n", L2MCD_INELIGIBLE_ECP, 0, 0},
	{"multilink 1\n", L2MCD_INELIGIBLE_MULTILINK, 0, 0},
	{"filter 1\n", L2MCD_INELIGIBLE_FILTER, 0, 0},
	{"mru 1491\n", L2MCD_INELIGIBLE_MRU, 0, 0},
	{"mru 1500\n", 0, 0, 0},
	{"ipcp 0\n", 0, L2MCD_INELIGIBLE_IPCP, 0},
	{"ipv6cp 0\n", 0, 0, L2MCD_INELIGIBLE_IPV6CP},
	{"ipcp 0\nipv6cp 0\n", 0, L2MCD_INELIGIBLE_IPCP, L2MCD_INELIGIBLE_IPV6CP},
	{"ccp 1\nipcp 0\n", L2MCD_INELIGIBLE_CCP, L2MCD_INELIGIBLE_IPCP, 0},
};

START_TEST(only_plain_ppp_may_be_in_a_multicast_session)
{
	char text[512];
	struct l2mcd_link l;

	snprintf(text, sizeof(text), "%s%s", PLAIN, cases[_i].more);
	ck_assert(read_text(text, &l));
	ck_assert_int_eq(l2mcd_link_ineligible(&l, PACKET_SIZE), cases[_i].both);
	ck_assert_int_eq(l2mcd_link_ineligible_family(&l, false), cases[_i].v4);
	ck_assert_int_eq(l2mcd_link_ineligible_family(&l, true), cases[_i].v6);
}
END_TEST

START_TEST(a_netdev_of_somebody_else_is_taken_as_plain)
{
	struct l2mcd_link l = {};

	ck_assert_int_eq(l2mcd_link_ineligible(&l, PACKET_SIZE), L2MCD_ELIGIBLE);
	ck_assert_int_eq(l2mcd_link_ineligible_family(&l, false), L2MCD_ELIGIBLE);
	ck_assert_int_eq(l2mcd_link_ineligible_family(&l, true), L2MCD_ELIGIBLE);
}
END_TEST

START_TEST(every_reason_has_a_name_of_its_own)
{
	for (int i = L2MCD_ELIGIBLE; i <= L2MCD_INELIGIBLE_IPV6CP; i++) {
		ck_assert_int_eq(l2mcd_ineligible_name(i)[0] == '\0', i == L2MCD_ELIGIBLE);
		for (int j = 0; j < i; j++)
			ck_assert_str_ne(l2mcd_ineligible_name(i), l2mcd_ineligible_name(j));
	}
}
END_TEST

/* ---------------------------------------------------------------- words */

static const struct {
	const char *line;
	size_t n;
	const char *word[4];
} lines[] = {
	{"", 0, {}},
	{"  ", 0, {}},
	{"noauth", 1, {"noauth"}},
	{" mru  1492\tmtu 1492 ", 4, {"mru", "1492", "mtu", "1492"}},
	{"connect 'a b'", 2, {"connect", "a b"}},
	{"password \"it's\"", 2, {"password", "it's"}},
	{"a\\ b \\\"c\\\"", 2, {"a b", "\"c\""}},
	{"user ''", 2, {"user", ""}},
	{"x'y'z", 1, {"xyz"}},
};

START_TEST(a_line_is_split_into_words)
{
	struct pppd_args a = {};

	ck_assert(pppd_args_add_line(&a, lines[_i].line));
	ck_assert_uint_eq(a.n, lines[_i].n);
	for (size_t i = 0; i < a.n; i++)
		ck_assert_str_eq(a.word[i], lines[_i].word[i]);
	ck_assert_ptr_null(a.word[a.n]);
}
END_TEST

START_TEST(an_open_quote_is_refused)
{
	struct pppd_args a = {};

	ck_assert(!pppd_args_add_line(&a, "connect 'a b"));
}
END_TEST

START_TEST(words_beyond_the_room_are_refused)
{
	static struct pppd_args a, b;
	char text[PPPD_MAX_TEXT + 1];
	size_t n = 0;

	while (pppd_args_add(&a, "x"))
		n++;
	ck_assert_uint_eq(n, PPPD_MAX_WORDS);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ck_assert(!pppd_args_add(&b, text));
	memset(&b, 0, sizeof(b));
	ck_assert(!pppd_args_add_line(&b, text));
}
END_TEST

/* ---------------------------------------------------------------- exit status */

#define EXITED(code) ((code) << 8)

static const struct {
	int status;
	enum l2tp_cdn_result result;
	const char *text;
} ends[] = {
	{EXITED(11), L2TP_CDN_ADMIN, "the subscriber failed to authenticate"},
	{EXITED(15), L2TP_CDN_CARRIER_LOST, "LCP echo requests were not answered"},
	{EXITED(127), L2TP_CDN_NO_FACILITIES, "pppd could not be started"},
	{EXITED(77), L2TP_CDN_CARRIER_LOST, "pppd ended"},
	{9, L2TP_CDN_CARRIER_LOST, "pppd was killed"},
};

START_TEST(the_lac_hears_why_pppd_ended)
{
	const char *text;

	ck_assert_int_eq(pppd_result(ends[_i].status, &text), ends[_i].result);
	ck_assert_str_eq(text, ends[_i].text);
}
END_TEST

#define N(table) (sizeof(table) / sizeof((table)[0]))

int main(void)
{
	TCase *tc = tcase_create("link");
	Suite *s = suite_create("l2mcd_link");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_test(tc, a_report_tells_everything);
	tcase_add_test(tc, a_report_is_the_whole_state);
	tcase_add_test(tc, a_word_of_a_later_version_is_skipped);
	tcase_add_test(tc, a_long_name_is_cut);
	tcase_add_loop_test(tc, what_is_no_report_is_refused, 0, N(garbage));
	tcase_add_test(tc, every_truncation_is_read_or_refused);
	tcase_add_loop_test(tc, only_plain_ppp_may_be_in_a_multicast_session, 0, N(cases));
	tcase_add_test(tc, a_netdev_of_somebody_else_is_taken_as_plain);
	tcase_add_test(tc, every_reason_has_a_name_of_its_own);
	tcase_add_loop_test(tc, a_line_is_split_into_words, 0, N(lines));
	tcase_add_test(tc, an_open_quote_is_refused);
	tcase_add_test(tc, words_beyond_the_room_are_refused);
	tcase_add_loop_test(tc, the_lac_hears_why_pppd_ended, 0, N(ends));
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
