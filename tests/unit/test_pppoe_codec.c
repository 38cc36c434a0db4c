// SPDX-License-Identifier: GPL-2.0-or-later
/* Discovery frames (RFC 2516 sections 4 and 5, appendix A; TR-101 3.9.2; RFC 4638). */
#include <check.h>
#include <stdlib.h>

#include "l2mcd/pppoe_codec.h"
#include "lib/siphash.h"

static struct pppoe_frame frame;

static size_t from_hex(const char *hex, uint8_t *to)
{
	size_t n = 0;
	unsigned int v;

	for (; *hex; hex += 2) {
		while (*hex == ' ')
			hex++;
		ck_assert_int_eq(sscanf(hex, "%2x", &v), 1);
		to[n++] = v;
	}
	return n;
}

/* A copy of the exact size: a sanitizer sees the first octet read beyond it. */
static enum pppoe_decode decode(const uint8_t *octets, size_t len)
{
	static uint8_t *copy; /* spans of frame point into it */

	free(copy);
	copy = malloc(len ? len : 1);
	memcpy(copy, octets, len);
	memset(&frame, 0xaa, sizeof(frame));
	return pppoe_decode((struct span){copy, len}, &frame);
}

static const struct {
	const char *octets, *text;
} vectors[] = {
	/* clang-format off */
	/* RFC 2516 appendix B: PADI, PADO */
	{"ffffffffffff 020000000001 8863 11 09 0000 0004 0101 0000",
	 "PADI 02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff, session 0, Service-Name "},
	{"020000000001 0200000000ac 8863 11 07 0000 0020 0101 0000 0102 0018"
	 "476f205265644261636b202d206573686173657473686f70",
	 "PADO 02:00:00:00:00:ac > 02:00:00:00:00:01, session 0, Service-Name , "
	 "AC-Name Go RedBack - eshasetshop"},
	{"0200000000ac 020000000001 88a8 0064 8100 00c8 8863 11 19 0000 0023 0101 0003 697370"
	 "0103 0004 deadbeef 0104 0002 0102 0110 0004 01020304 0120 0002 05dc",
	 "PADR 02:00:00:00:00:01 > 02:00:00:00:00:ac vlan 100 vlan 200, session 0, "
	 "Service-Name isp, Host-Uniq deadbeef, AC-Cookie 0102, Relay-Session-Id 01020304, "
	 "PPP-Max-Payload 1500"},
	{"020000000001 0200000000ac 8100 0005 8863 11 65 0000 000f 0101 0000 0202 0007"
	 "6e6f726f6f6d21",
	 "PADS 02:00:00:00:00:ac > 02:00:00:00:00:01 vlan 5, session 0, Service-Name , "
	 "error noroom!"},
	{"0200000000ac 020000000001 8863 11 a7 1234 0000",
	 "PADT 02:00:00:00:00:01 > 02:00:00:00:00:ac, session 4660"},
	{"0200000000ac 020000000001 8863 11 19 0000 0016 0101 0000 0105 000e 00000de9"
	 "01 04 65302f31 02 02 6375",
	 "PADR 02:00:00:00:00:01 > 02:00:00:00:00:ac, session 0, Service-Name , "
	 "Circuit-Id e0/1, Remote-Id cu"},
	/* clang-format on */
};

START_TEST(a_frame_decodes_and_encodes_to_itself)
{
	uint8_t in[PPPOE_MAX_FRAME], out[PPPOE_MAX_FRAME];
	size_t len = from_hex(vectors[_i].octets, in);
	char text[512];

	/* the length field of the vector is checked, too */
	ck_assert_int_eq(decode(in, len), PPPOE_DECODE_OK);
	pppoe_text(&frame, text, sizeof(text));
	ck_assert_str_eq(text, vectors[_i].text);
	ck_assert_uint_eq(pppoe_encode(&frame, out, sizeof(out)), len);
	ck_assert_mem_eq(in, out, len);
	ck_assert_uint_eq(pppoe_encode(&frame, out, len - 1), 0);
}
END_TEST

START_TEST(every_truncation_is_found)
{
	uint8_t in[PPPOE_MAX_FRAME];
	size_t len = from_hex(vectors[_i].octets, in);

	for (size_t n = 0; n < len; n++)
		ck_assert_int_eq(decode(in, n), PPPOE_DECODE_SHORT);
}
END_TEST

START_TEST(padding_of_the_ethernet_is_no_tag)
{
	uint8_t in[64] = {};

	from_hex(vectors[0].octets, in);
	memset(in + 24, 0xff, sizeof(in) - 24);
	ck_assert_int_eq(decode(in, sizeof(in)), PPPOE_DECODE_OK);
	ck_assert_uint_eq(frame.n_services, 1);
}
END_TEST

static const struct {
	const char *octets;
	enum pppoe_decode result;
} malformed[] = {
	/* clang-format off */
	{"ffffffffffff 020000000001 8863 12 09 0000 0004 0101 0000", PPPOE_DECODE_VERSION},
	{"ffffffffffff 020000000001 8863 21 09 0000 0004 0101 0000", PPPOE_DECODE_VERSION},
	{"ffffffffffff 020000000001 8864 11 09 0000 0004 0101 0000", PPPOE_DECODE_OTHER},
	{"ffffffffffff 020000000001 8100 0001 8100 0001 8100 0001 8863 11 09 0000 0004 01010000",
	 PPPOE_DECODE_OTHER},
	{"ffffffffffff 020000000001 8863 11 09 0000 0005 0101 0002 00", PPPOE_DECODE_TAG},
	{"ffffffffffff 020000000001 8863 11 09 0000 0002 0101", PPPOE_DECODE_TAG},
	{"ffffffffffff 020000000001 8863 11 09 0000 0009 0101 0000 0120 0001 05", PPPOE_DECODE_TAG},
	/* after End-Of-List nothing is looked at */
	{"ffffffffffff 020000000001 8863 11 09 0000 000a 0101 0000 0000 0000 0101", PPPOE_DECODE_OK},
	/* a vendor's tag that we do not understand is nobody's fault */
	{"ffffffffffff 020000000001 8863 11 09 0000 000f 0101 0000 0105 0007 00000de9 01 09 61",
	 PPPOE_DECODE_OK},
	/* clang-format on */
};

START_TEST(what_is_malformed_is_named)
{
	uint8_t in[PPPOE_MAX_FRAME];

	ck_assert_int_eq(decode(in, from_hex(malformed[_i].octets, in)), malformed[_i].result);
	ck_assert_uint_le(frame.n_services, 1);
}
END_TEST

START_TEST(siphash_is_the_one_of_its_authors)
{
	uint8_t key[SIPHASH_KEY_LEN], in[15];

	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = i;
	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = i;
	ck_assert_uint_eq(siphash(key, in, 15), 0xa129ca6149be45e5ULL);
	ck_assert_uint_eq(siphash(key, in, 0), 0x726fdb47dd0e0e31ULL);
	ck_assert_uint_eq(siphash(key, in, 8), 0x93f5f5799a932462ULL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pppoe_codec");
	TCase *t = tcase_create("frames");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(t, a_frame_decodes_and_encodes_to_itself, 0, array_size(vectors));
	tcase_add_loop_test(t, every_truncation_is_found, 0, array_size(vectors));
	tcase_add_test(t, padding_of_the_ethernet_is_no_tag);
	tcase_add_loop_test(t, what_is_malformed_is_named, 0, array_size(malformed));
	tcase_add_test(t, siphash_is_the_one_of_its_authors);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
