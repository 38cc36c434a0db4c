// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages of the module in pimd (lib/pimd_wire.h). */
#include <check.h>
#include <stdlib.h>

#include "lib/addr.h"
#include "lib/base.h"
#include "lib/pimd_wire.h"

static struct pimd_wire_decoder decoder;

static struct addr address(const char *text)
{
	struct addr a;

	ck_assert(addr_parse(text, &a));
	return a;
}

/* Sources as "10.1.0.2 10.1.0.3", into a static array. */
static struct gmp_filter filter(bool exclude, const char *text)
{
	static struct addr sources[8];
	char copy[256], *save, *word;
	size_t n = 0;

	strcpy(copy, text);
	for (word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save))
		sources[n++] = address(word);
	return (struct gmp_filter){.exclude = exclude, .n = n, .sources = sources};
}

static size_t unhex(const char *hex, uint8_t *octets)
{
	size_t n = 0;

	for (; hex[2 * n]; n++) {
		unsigned int v;

		ck_assert_int_eq(sscanf(hex + 2 * n, "%2x", &v), 1);
		octets[n] = (uint8_t)v;
	}
	return n;
}

#define NETWORK "00000000" "00000007"

/* ---------------------------------------------------------------- octet for octet */

static const struct {
	const char *hex;
	struct pimd_wire_msg m;
	const char *group, *sources;
	bool exclude;
} messages[] = {
	{"000c0100" "0001" "05" "382e342e34",
	 {.type = PIMD_WIRE_HELLO, .version = 1, .pimd_version = "8.4.4"}, NULL, "", false},
	{"00040200", {.type = PIMD_WIRE_BEGIN}, NULL, "", false},
	{"00140300" NETWORK "04" "01" "02" "00" "ef010101",
	 {.type = PIMD_WIRE_GROUP, .ifindex = 7, .igmp_version = 2}, "239.1.1.1", "", true},
	{"001c0300" NETWORK "04" "00" "03" "00" "e8010101" "0a010002" "0a010009",
	 {.type = PIMD_WIRE_GROUP, .ifindex = 7, .igmp_version = 3}, "232.1.1.1",
	 "10.1.0.2 10.1.0.9", false},
	{"00300300" "00000009" "00000007" "06" "01" "02" "01" "ff3e0000000000000000000000000001"
	 "20010db8000000000000000000000002",
	 {.type = PIMD_WIRE_GROUP, .vrf = 9, .ifindex = 7, .igmp_version = 2,
	  .flags = PIMD_WIRE_TRUNCATED}, "ff3e::1", "2001:db8::2", true},
	{"00140400" NETWORK "04" "000000" "ef010101",
	 {.type = PIMD_WIRE_GONE, .ifindex = 7}, "239.1.1.1", "", false},
	{"00080500" "00000003", {.type = PIMD_WIRE_END, .groups = 3}, NULL, "", false},
};

static struct pimd_wire_msg message(int i)
{
	struct pimd_wire_msg m = messages[i].m;

	if (messages[i].group)
		m.group = address(messages[i].group);
	m.filter = filter(messages[i].exclude, messages[i].sources);
	return m;
}

START_TEST(message_is_written_as_documented)
{
	uint8_t want[256], got[256];
	struct pimd_wire_msg m = message(_i);
	size_t n = unhex(messages[_i].hex, want);

	ck_assert_uint_eq(pimd_wire_encode(&m, got, sizeof(got)), n);
	ck_assert_mem_eq(got, want, n);
	for (size_t size = 0; size < n; size++)
		ck_assert_uint_eq(pimd_wire_encode(&m, got, size), 0);
}
END_TEST

START_TEST(message_is_read_as_it_was_written)
{
	struct pimd_wire_msg want = message(_i), m;
	uint8_t octets[256];
	struct rd in = rd_init(octets, unhex(messages[_i].hex, octets));

	ck_assert_int_eq(pimd_wire_decode(&decoder, &in, &m), PIMD_WIRE_OK);
	ck_assert_uint_eq(rd_left(&in), 0);
	ck_assert_uint_eq(m.type, want.type);
	ck_assert_uint_eq(m.version, want.version);
	ck_assert_str_eq(m.pimd_version, want.pimd_version);
	ck_assert_uint_eq(m.groups, want.groups);
	ck_assert_uint_eq(m.vrf, want.vrf);
	ck_assert_uint_eq(m.ifindex, want.ifindex);
	ck_assert_uint_eq(m.igmp_version, want.igmp_version);
	ck_assert_uint_eq(m.flags, want.flags);
	ck_assert(addr_cmp(&m.group, &want.group) == 0);
	ck_assert_uint_eq(m.filter.exclude, want.filter.exclude);
	ck_assert_uint_eq(m.filter.n, want.filter.n);
	for (size_t i = 0; i < m.filter.n; i++)
		ck_assert(addr_cmp(&m.filter.sources[i], &want.filter.sources[i]) == 0);
}
END_TEST

START_TEST(part_of_a_message_waits_for_the_rest)
{
	uint8_t octets[256];
	size_t n = unhex(messages[_i].hex, octets);
	struct pimd_wire_msg m;

	for (size_t part = 0; part < n; part++) {
		struct rd in = rd_init(octets, part);

		ck_assert_int_eq(pimd_wire_decode(&decoder, &in, &m), PIMD_WIRE_SHORT);
		ck_assert_uint_eq(rd_left(&in), part);
	}
}
END_TEST

/* ---------------------------------------------------------------- what it must not accept */

static const char *const malformed[] = {
	"00030200",					     /* shorter than its header */
	"00040201",					     /* the octet that is zero */
	"00060100" "0001",				     /* HELLO without the version of pimd */
	"000c0100" "0001" "06" "382e342e34",		     /* which is longer than the message */
	"00080100" "0001" "01" "0a",			     /* and is no text */
	"00070500" "000000",				     /* END without its number */
	"00100300" NETWORK "04" "01" "02" "00",		     /* GROUP without group */
	"00140300" NETWORK "05" "01" "02" "00" "ef010101",   /* family */
	"00140300" NETWORK "04" "02" "02" "00" "ef010101",   /* mode */
	"00140300" NETWORK "04" "01" "02" "00" "0a010101",   /* no group */
	"00160300" NETWORK "04" "01" "02" "00" "ef010101" "0a01", /* half a source */
	"001c0300" NETWORK "04" "00" "03" "00" "e8010101" "0a010009" "0a010002", /* order */
	"001c0300" NETWORK "04" "00" "03" "00" "e8010101" "0a010002" "0a010002", /* twice */
	"00180400" NETWORK "04" "000000" "ef010101" "00000000",
	"00140400" NETWORK "04" "000000" "0a010101",
};

START_TEST(malformed_message_ends_the_stream)
{
	uint8_t octets[256];
	size_t n = unhex(malformed[_i], octets);
	struct rd in = rd_init(octets, n);
	struct pimd_wire_msg m;

	ck_assert_int_eq(pimd_wire_decode(&decoder, &in, &m), PIMD_WIRE_MALFORMED);
	ck_assert_uint_eq(rd_left(&in), n);
}
END_TEST

START_TEST(what_a_later_version_adds_is_skipped)
{
	uint8_t octets[64];
	struct rd in = rd_init(octets, unhex("00060900abcd" "000602000000" "00040200", octets));
	struct pimd_wire_msg m;

	ck_assert_int_eq(pimd_wire_decode(&decoder, &in, &m), PIMD_WIRE_SKIPPED);
	ck_assert_int_eq(pimd_wire_decode(&decoder, &in, &m), PIMD_WIRE_OK);
	ck_assert_int_eq(pimd_wire_decode(&decoder, &in, &m), PIMD_WIRE_OK);
	ck_assert_int_eq(pimd_wire_decode(&decoder, &in, &m), PIMD_WIRE_SHORT);
}
END_TEST

/* A group with more sources than a message carries says so. */
START_TEST(sources_beyond_the_limit_are_cut_off)
{
	static struct addr sources[PIMD_WIRE_MAX_SOURCES + 1];
	static uint8_t octets[PIMD_WIRE_MAX];
	const char *const groups[] = {"232.1.1.1", "ff3e::1"};
	struct pimd_wire_msg m = {.type = PIMD_WIRE_GROUP}, got;

	for (int v6 = 0; v6 <= 1; v6++) {
		struct rd in;

		for (size_t i = 0; i < array_size(sources); i++) {
			sources[i] = address(v6 ? "2001:db8::" : "10.0.0.0");
			put_u16(sources[i].b + 14, (uint16_t)i);
		}
		m.group = address(groups[v6]);
		for (size_t n = PIMD_WIRE_MAX_SOURCES; n <= array_size(sources); n++) {
			m.filter = (struct gmp_filter){.n = n, .sources = sources};
			in = rd_init(octets, pimd_wire_encode(&m, octets, sizeof(octets)));
			ck_assert_int_eq(pimd_wire_decode(&decoder, &in, &got), PIMD_WIRE_OK);
			ck_assert_uint_eq(got.filter.n, PIMD_WIRE_MAX_SOURCES);
			ck_assert_uint_eq(got.flags == PIMD_WIRE_TRUNCATED,
					  n > PIMD_WIRE_MAX_SOURCES);
		}
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pimd_wire");
	TCase *tc = tcase_create("messages");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_loop_test(tc, message_is_written_as_documented, 0, array_size(messages));
	tcase_add_loop_test(tc, message_is_read_as_it_was_written, 0, array_size(messages));
	tcase_add_loop_test(tc, part_of_a_message_waits_for_the_rest, 0, array_size(messages));
	tcase_add_loop_test(tc, malformed_message_ends_the_stream, 0, array_size(malformed));
	tcase_add_test(tc, what_a_later_version_adds_is_skipped);
	tcase_add_test(tc, sources_beyond_the_limit_are_cut_off);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
