// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages about multicast routes, as a kernel wrote them (lib/mroute_netlink.c). */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/mroute_netlink.h"

/* Parts of the messages, to be put together: */
#define NEW    "18000000000000000000000080202000fd11000500000000"
#define TABLE  "08000f00fd000000"
#define SOURCE "080002000a010002"
#define GROUP  "08000100e8010101"
#define IIF    "0800030003000000"
#define STATS  "1c001100020000000000000038000000000000000000000000000000"

/* Netlink is in host byte order; these are of a little-endian machine. */
static const struct {
	const char *hex, *text;
} recorded[] = {
	/* a new entry, one outgoing interface */
	{"70000000" NEW TABLE SOURCE GROUP IIF
	 "0c00090008000001050000001c0011000000000000000000000000000000000000000000000000000c0017000000000000000000",
	 "10.1.0.2 232.1.1.1 iif 3 oif 5 0/0"},
	/* (*,G), its incoming interface is among the outgoing ones */
	{"78000000" NEW TABLE "0800020000000000"
	 "08000100ef010101" IIF
	 "14000900080000010300000008000001050000001c0011000000000000000000000000000000000000000000000000000c0017000000000000000000",
	 "* 239.1.1.1 iif 3 oif 3 oif 5 0/0"},
	/* packets wait for whoever answers the upcall */
	{"3400000018000000000000000000000080202000fd1100052000000008000f00fd000000080002000a01000208000100e8090909",
	 "10.1.0.2 232.9.9.9 iif 0 0/0"},
	/* nobody wants it any more: an empty list; two packets of 28 octets were forwarded */
	{"68000000" NEW TABLE SOURCE GROUP IIF "04000900" STATS "0c0017000000000000000000",
	 "10.1.0.2 232.1.1.1 iif 3 2/56"},
	{"680000001900000000000000000000008020"
	 "2000fd11000500000000" TABLE SOURCE GROUP IIF "04000900" STATS "0c0017000000000000000000",
	 "gone 10.1.0.2 232.1.1.1 iif 3 2/56"},
	/* of a dump, 0.27 s after it was made */
	{"880000001800020007000000a4fe438181808000fe1100050000000008000f00fe0000001400020020010db800000000000000000000000214000100ff3e000000000000000000000000000108000300030000000c00090008000001050000001c0011000000000000000000000000000000000000000000000000000c0017001b00000000000000",
	 "2001:db8::2 ff3e::1 iif 3 oif 5 0/0 idle 270"},
};

/* Not entries of the default tables, or not well-formed. */
static const char *const refused[] = {
	"",
	/* another table: a VRF's */
	"34000000" NEW "08000f00e8030000" SOURCE GROUP,
	/* no table, no group, a group that is a host */
	"2c000000" NEW SOURCE GROUP,
	"2c000000" NEW TABLE SOURCE,
	"34000000" NEW TABLE SOURCE "080001000a010101",
	/* a unicast route, and another message */
	"34000000180000000000000000000000022020"
	"00fd11000500000000" TABLE SOURCE GROUP,
	"340000001c0000000000000000000000802020"
	"00fd11000500000000" TABLE SOURCE GROUP,
	/* shorter than it says; attributes and next hops of no length, or beyond the end */
	"38000000" NEW TABLE SOURCE GROUP,
	"38000000" NEW TABLE SOURCE GROUP "03000300",
	"38000000" NEW TABLE SOURCE GROUP "09000300",
	"3a000000" NEW TABLE SOURCE GROUP "060003000300",
	"3c000000" NEW TABLE SOURCE GROUP "0800090000000000",
	"3c000000" NEW TABLE SOURCE GROUP "080009000c000001",
	"40000000" NEW TABLE SOURCE GROUP "0c00090007000001"
	"05000000",
	/* an IPv6 source, half of it */
	"3800000018000000000000000000000081808000fe1100050000000008000f00fe0000000800020020010db808000100ff3e0000",
};

static size_t unhex(const char *hex, uint8_t *octets)
{
	size_t n = 0;

	for (unsigned int octet; sscanf(hex, "%2x", &octet) == 1; hex += 2)
		octets[n++] = (uint8_t)octet;
	return n;
}

/* In a copy of the exact size: a sanitizer sees the first octet read beyond it. */
static bool parse(const uint8_t *octets, size_t n, struct mroute *r)
{
	uint8_t *copy = malloc(n ? n : 1);
	bool ok;

	memcpy(copy, octets, n);
	ok = mroute_parse((struct span){copy, n}, r);
	free(copy);
	return ok;
}

static const char *text(const struct mroute *r)
{
	static char buf[512];
	char s[ADDR_STRLEN], g[ADDR_STRLEN];
	int n = snprintf(buf, sizeof(buf), "%s%s %s iif %u", r->gone ? "gone " : "",
			 addr_str(&r->source, s), addr_str(&r->group, g), r->iif);

	for (unsigned int i = 0; i < r->n_oif; i++)
		n += snprintf(buf + n, sizeof(buf) - n, " oif %u", r->oif[i]);
	n += snprintf(buf + n, sizeof(buf) - n, " %" PRIu64 "/%" PRIu64, r->packets, r->bytes);
	if (r->idle_ms)
		snprintf(buf + n, sizeof(buf) - n, " idle %d", (int)r->idle_ms);
	return buf;
}

static bool little_endian(void)
{
	const uint16_t one = 1;

	return *(const uint8_t *)&one;
}

START_TEST(message_of_the_kernel_is_understood)
{
	uint8_t octets[512];
	struct mroute r;

	ck_assert(parse(octets, unhex(recorded[_i].hex, octets), &r) || !little_endian());
	if (little_endian())
		ck_assert_str_eq(text(&r), recorded[_i].text);
}
END_TEST

START_TEST(truncated_message_is_refused)
{
	uint8_t octets[512];
	size_t n = unhex(recorded[_i].hex, octets);
	struct mroute r;

	for (size_t len = 0; len < n; len++)
		ck_assert(!parse(octets, len, &r));
}
END_TEST

/* What the refused ones are variations of. */
START_TEST(least_message_is_understood)
{
	uint8_t octets[512];
	struct mroute r;

	ck_assert(parse(octets, unhex("34000000" NEW TABLE SOURCE GROUP, octets), &r) ||
		  !little_endian());
}
END_TEST

START_TEST(anything_else_is_refused)
{
	uint8_t octets[512];
	struct mroute r;

	ck_assert(!parse(octets, unhex(refused[_i], octets), &r));
}
END_TEST

/* The kernel has 32 interfaces for multicast. */
START_TEST(list_of_interfaces_is_bounded)
{
	char hex[2048];
	uint8_t octets[1024];
	struct mroute r;

	for (int n = 32; n <= 33 && little_endian(); n++) {
		int at = snprintf(hex, sizeof(hex), "%08x" NEW TABLE SOURCE GROUP "%02x%02x0900",
				  __builtin_bswap32(0x34 + 4 + 8 * n), (4 + 8 * n) & 0xff,
				  (4 + 8 * n) >> 8);

		for (int i = 1; i <= n; i++)
			at += snprintf(hex + at, sizeof(hex) - at, "08000001%02x000000", i);
		ck_assert_int_eq(parse(octets, unhex(hex, octets), &r), n == 32);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("mroute");
	TCase *tc = tcase_create("messages");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_loop_test(tc, message_of_the_kernel_is_understood, 0, array_size(recorded));
	tcase_add_loop_test(tc, truncated_message_is_refused, 0, array_size(recorded));
	tcase_add_test(tc, least_message_is_understood);
	tcase_add_loop_test(tc, anything_else_is_refused, 0, array_size(refused));
	tcase_add_test(tc, list_of_interfaces_is_bounded);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
