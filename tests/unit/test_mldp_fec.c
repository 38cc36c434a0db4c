// SPDX-License-Identifier: GPL-2.0-or-later
/* Multipoint FECs: identity, hash vectors, opaque values (mplsmc/mldp_fec.h). */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "mplsmc/ldp_msg.h"

static struct addr address(const char *text)
{
	struct addr a = ADDR_ANY;

	ck_assert_msg(!strcmp(text, "*") || addr_parse(text, &a), "%s", text);
	return a;
}

static struct mldp_fec source_fec(const char *root, const char *source, const char *group)
{
	struct addr r = address(root), s = address(source), g = address(group);

	return mldp_fec_source(&r, &s, &g);
}

static size_t unhex(const char *hex, uint8_t *octets)
{
	size_t n = 0;

	for (unsigned int octet; sscanf(hex, "%2x", &octet) == 1; hex += 2)
		octets[n++] = (uint8_t)octet;
	return n;
}

static struct mldp_fec opaque_fec(const char *hex)
{
	struct mldp_fec f = {.type = MLDP_P2MP, .root = address("10.0.0.1")};

	f.opaque_len = (uint16_t)unhex(hex, f.opaque);
	return f;
}

/* ---------------------------------------------------------------- identity */

/* M-6388-2.2-1 */
START_TEST(fec_is_its_type_root_and_opaque_value)
{
	struct mldp_fec f = source_fec("10.0.0.1", "10.1.1.1", "232.1.1.1");
	struct mldp_fec g = f;

	ck_assert_int_eq(mldp_fec_cmp(&f, &g), 0);
	ck_assert_uint_eq(mldp_fec_hash(&f), mldp_fec_hash(&g));
	g.root = address("10.0.0.2");
	ck_assert_int_lt(mldp_fec_cmp(&f, &g), 0);
	ck_assert_int_gt(mldp_fec_cmp(&g, &f), 0);
	ck_assert_uint_ne(mldp_fec_hash(&f), mldp_fec_hash(&g));
	g = f;
	g.type = MLDP_MP2MP_DOWN;
	ck_assert_int_ne(mldp_fec_cmp(&f, &g), 0);
	g = f;
	g.opaque_len--;
	ck_assert_int_gt(mldp_fec_cmp(&f, &g), 0);
	for (size_t i = 0; i < f.opaque_len; i++) {
		g = f;
		g.opaque[i] ^= 1;
		ck_assert_int_ne(mldp_fec_cmp(&f, &g), 0);
		ck_assert_uint_ne(mldp_fec_hash(&f), mldp_fec_hash(&g));
	}
}
END_TEST

/* RFC 6388 2.4.1.1; all of the opaque field counts (A-mLDP-4) */
static const struct {
	const char *id, *opaque;
	uint32_t crc;
	unsigned int mod[3]; /* 2, 3, 4 candidates */
	uint32_t sum;	     /* RFC 6389 6 (A-mLDP-2) */
	unsigned int sum_mod[3];
} hashes[] = {
	{"H-1", "0100040000002a", 0x1520bbdc, {0, 1, 0}, 47, {1, 2, 3}},
	{"H-2", "0300080a010101e8010101", 0xf4239aab, {1, 1, 3}, 259, {1, 1, 3}},
	{"H-3", "03000800000000ef010101", 0xa87f4f7b, {1, 2, 3}, 253, {1, 1, 1}},
	{"H-4",
	 "04002020010db8000000000000000000000001ff3e0000000000000000000080000001",
	 0x0a8ea545,
	 {1, 2, 1},
	 713,
	 {1, 2, 1}},
};

START_TEST(crc_of_opaque_value_selects_upstream)
{
	struct mldp_fec f = opaque_fec(hashes[_i].opaque);
	uint32_t crc = mldp_fec_crc32(&f);

	ck_assert_msg(crc == hashes[_i].crc, "%s: %08x", hashes[_i].id, crc);
	ck_assert_uint_eq(mldp_fec_sum(&f), hashes[_i].sum);
	for (unsigned int n = 0; n < 3; n++) {
		ck_assert_uint_eq(crc % (n + 2), hashes[_i].mod[n]);
		ck_assert_uint_eq(hashes[_i].sum % (n + 2), hashes[_i].sum_mod[n]);
	}
}
END_TEST

/* ---------------------------------------------------------------- what a leaf makes */

static const struct {
	const char *source, *group, *opaque;
} made[] = {
	{"10.1.1.1", "232.1.1.1", "0300080a010101e8010101"},
	{"*", "239.1.1.1", "03000800000000ef010101"}, /* W-LDP-6 */
	{"10.1.1.1", "*", "0300080a01010100000000"},  /* W-LDP-7 */
	{"2001:db8::1", "ff3e::8000:1",
	 "04002020010db8000000000000000000000001ff3e0000000000000000000080000001"}, /* W-LDP-8 */
	{"*", "ff3e::1", "04002000000000000000000000000000000000ff3e0000000000000000000000000001"},
	{"2001:db8::1", "*",
	 "04002020010db800000000000000000000000100000000000000000000000000000000"},
};

/* M-6826-3-1, M-7438-3.1-1: and what was made is understood again */
START_TEST(in_band_fec_has_source_and_group)
{
	struct mldp_fec f = source_fec("10.0.0.1", made[_i].source, made[_i].group);
	struct mldp_fec expected = opaque_fec(made[_i].opaque);
	struct mldp_opaque o = mldp_opaque_parse(&f);
	struct addr s = address(made[_i].source), g = address(made[_i].group);

	ck_assert_int_eq(mldp_fec_cmp(&f, &expected), 0);
	ck_assert_mem_eq(f.opaque, expected.opaque, sizeof(f.opaque));
	ck_assert_int_eq(o.kind, MLDP_OPAQUE_SOURCE);
	ck_assert_int_eq(addr_cmp(&o.source, &s), 0);
	ck_assert_int_eq(addr_cmp(&o.group, &g), 0);
}
END_TEST

/* M-6388-2.3-2 */
START_TEST(source_and_group_of_two_families_name_no_tree)
{
	static const char *const pairs[][2] = {{"10.1.1.1", "ff3e::8000:1"},
					       {"2001:db8::1", "232.1.1.1"}};
	struct mldp_fec f = source_fec("10.0.0.1", pairs[_i][0], pairs[_i][1]);
	static const uint8_t nothing[MLDP_MAX_OPAQUE];

	ck_assert_uint_eq(f.opaque_len, 0);
	ck_assert_mem_eq(f.opaque, nothing, sizeof(nothing));
	ck_assert_int_eq(mldp_opaque_parse(&f).kind, MLDP_OPAQUE_UNKNOWN);
}
END_TEST

START_TEST(generic_fec_has_an_identifier)
{
	struct addr root = address("10.0.0.1");
	struct mldp_fec f = mldp_fec_generic(&root, 42), expected = opaque_fec("0100040000002a");

	ck_assert_int_eq(mldp_fec_cmp(&f, &expected), 0);
	ck_assert_int_eq(mldp_opaque_parse(&f).kind, MLDP_OPAQUE_GENERIC);
	ck_assert_uint_eq(mldp_opaque_parse(&f).lsp_id, 42);
}
END_TEST

/* ---------------------------------------------------------------- what opaque values mean */

#define S6 "20010db8000000000000000000000001"
#define G6 "ff3e0000000000000000000080000001"
#define RD "0000fde800000007"
#define P2 "060001040a000001000b0300080a010101e8010101" /* a FEC element */

static const struct {
	const char *opaque;
	enum mldp_opaque_kind kind;
	const char *text; /* NULL: hex */
} meanings[] = {
	{"0100040000002a", MLDP_OPAQUE_GENERIC, "generic 42"},
	{"0300080a010101e8010101", MLDP_OPAQUE_SOURCE, "ipv4-source 10.1.1.1 232.1.1.1"},
	{"040020" S6 G6, MLDP_OPAQUE_SOURCE, "ipv6-source 2001:db8::1 ff3e::8000:1"},
	{"050009200a090909ef010101", MLDP_OPAQUE_BIDIR, "ipv4-bidir 10.9.9.9 239.1.1.1/32"},
	{"06002180" S6 G6, MLDP_OPAQUE_BIDIR, "ipv6-bidir 2001:db8::1 ff3e::8000:1/128"},
	{"070015" P2, MLDP_OPAQUE_RECURSIVE,
	 "recursive (root 10.0.0.1 ipv4-source 10.1.1.1 232.1.1.1)"},
	{"08001d" RD P2, MLDP_OPAQUE_VPN,
	 "vpn-recursive (root 10.0.0.1 ipv4-source 10.1.1.1 232.1.1.1) rd 0:65000:7"},
	{"090011200a090909ef010101" RD, MLDP_OPAQUE_VPN,
	 "vpnv4-bidir 10.9.9.9 239.1.1.1/32 rd 0:65000:7"},
	{"0a002980" S6 G6 RD, MLDP_OPAQUE_VPN,
	 "vpnv6-bidir 2001:db8::1 ff3e::8000:1/128 rd 0:65000:7"},
	{"fa00100a010101e8010101" RD, MLDP_OPAQUE_VPN,
	 "vpnv4-source 10.1.1.1 232.1.1.1 rd 0:65000:7"},
	{"fb0028" S6 G6 "00010a0000010009", MLDP_OPAQUE_VPN,
	 "vpnv6-source 2001:db8::1 ff3e::8000:1 rd 1:167772161:9"},

	/* nobody knows them: carried, inert */
	{"", MLDP_OPAQUE_UNKNOWN, NULL},
	{"00", MLDP_OPAQUE_UNKNOWN, NULL},
	{"020000", MLDP_OPAQUE_UNKNOWN, NULL},
	{"630004deadbeef", MLDP_OPAQUE_UNKNOWN, NULL},
	{"ff9c4000050102030405", MLDP_OPAQUE_UNKNOWN, NULL},
	/* two elements (A-mLDP-17) */
	{"0100040000002a0100040000002b", MLDP_OPAQUE_UNKNOWN, NULL},
	/* wrong length, mask too long, no group (A-mLDP-18) */
	{"0100050000002a00", MLDP_OPAQUE_UNKNOWN, NULL},
	{"0100040000002a00", MLDP_OPAQUE_UNKNOWN, NULL},
	{"010003000000", MLDP_OPAQUE_UNKNOWN, NULL},
	{"0300090a010101e801010100", MLDP_OPAQUE_UNKNOWN, NULL},
	{"0300080a0101010a010102", MLDP_OPAQUE_UNKNOWN, NULL},
	{"030008e8010101e8010102", MLDP_OPAQUE_UNKNOWN, NULL},
	{"050009210a090909ef010101", MLDP_OPAQUE_UNKNOWN, NULL},
	{"050009200a09090900000000", MLDP_OPAQUE_UNKNOWN, NULL},
	{"06002181" S6 G6, MLDP_OPAQUE_UNKNOWN, NULL},
	{"04002000000000000000000000ffff0a010101" G6, MLDP_OPAQUE_UNKNOWN, NULL},
	/* (*,*) (A-mLDP-19) */
	{"0300080000000000000000", MLDP_OPAQUE_UNKNOWN, NULL},
	/* the inner FEC is not one, or not alone */
	{"070003060001", MLDP_OPAQUE_UNKNOWN, NULL},
	{"070016" P2 "00", MLDP_OPAQUE_UNKNOWN, NULL},
};

START_TEST(opaque_value_is_understood_or_inert)
{
	struct mldp_fec f = opaque_fec(meanings[_i].opaque);
	struct mldp_opaque o = mldp_opaque_parse(&f);
	char text[MLDP_FEC_STRLEN], expected[MLDP_FEC_STRLEN];

	ck_assert_msg(o.kind == meanings[_i].kind, "%s: %d", meanings[_i].opaque, o.kind);
	if (meanings[_i].text)
		snprintf(expected, sizeof(expected), "root 10.0.0.1 %s", meanings[_i].text);
	else
		snprintf(expected, sizeof(expected), "root 10.0.0.1 opaque %s",
			 meanings[_i].opaque);
	ck_assert_str_eq(mldp_fec_str(&f, text, sizeof(text)), expected);
}
END_TEST

START_TEST(recursive_value_has_the_inner_fec)
{
	struct mldp_fec f = opaque_fec("070015" P2), inner;
	struct mldp_fec expected = source_fec("10.0.0.1", "10.1.1.1", "232.1.1.1");
	struct rd r = rd_span(mldp_opaque_parse(&f).inner);
	uint32_t status;

	ck_assert(mldp_fec_read(&r, &inner, &status));
	ck_assert_int_eq(mldp_fec_cmp(&inner, &expected), 0);
}
END_TEST

START_TEST(text_is_cut_to_its_room)
{
	struct mldp_fec f = opaque_fec("630004deadbeef");
	char text[12];

	ck_assert_str_eq(mldp_fec_str(&f, text, sizeof(text)), "root 10.0.0");
}
END_TEST

/* ---------------------------------------------------------------- elements */

static bool read_hex(const char *hex, struct mldp_fec *f, uint32_t *status, size_t *left)
{
	uint8_t *octets = malloc(strlen(hex) / 2 + 1);
	size_t n = unhex(hex, octets);
	struct rd r = rd_init(octets, n);
	bool ok = mldp_fec_read(&r, f, status);

	*left = rd_left(&r);
	free(octets);
	return ok;
}

static const struct {
	const char *hex;
	uint32_t status; /* 0: read */
} elements[] = {
	{P2, 0},
	{"070001040a000001000b0300080a010101e8010101", 0},
	{"080001040a000001000b0300080a010101e8010101", 0},
	{"06000210" S6 "0000", 0},
	{"060001040a0000010000", 0},
	{"060001040a0000010003ffffff", 0}, /* not looked at (M-6388-2.3-1) */
	/* M-5036-3.4.1-1 */
	{"060019040a000001000b0300080a010101e8010101", LDP_S_UNSUPPORTED_AF},
	{"060000040a000001000b0300080a010101e8010101", LDP_S_UNSUPPORTED_AF},
	/* M-6388-2.2-2, M-6388-2.2-3 */
	{"060001050a00000100000b0300080a010101e8010101", LDP_S_UNKNOWN_FEC},
	{"06000110" S6 "0000", LDP_S_UNKNOWN_FEC},
	{"060002040a0000010000", LDP_S_UNKNOWN_FEC},
	/* IPv4-mapped: would be another FEC when sent on */
	{"0600021000000000000000000000ffff0a0000010000", LDP_S_UNKNOWN_FEC},
	{"090001040a0000010000", LDP_S_UNKNOWN_FEC},
	{"060001040a0000010001", LDP_S_MALFORMED_TLV},
	{"", LDP_S_MALFORMED_TLV},
};

START_TEST(fec_element_is_read_and_written_as_it_is)
{
	uint32_t status = 0;
	struct mldp_fec f;
	uint8_t octets[64], back[64];
	size_t left, n = unhex(elements[_i].hex, octets);
	struct wr w = wr_init(back, sizeof(back));
	bool ok = read_hex(elements[_i].hex, &f, &status, &left);

	ck_assert_msg(ok == !elements[_i].status, "%s", elements[_i].hex);
	ck_assert_uint_eq(status, elements[_i].status);
	if (!ok)
		return;
	ck_assert_uint_eq(left, 0);
	mldp_fec_write(&w, &f);
	ck_assert(wr_ok(&w) && wr_len(&w) == n);
	ck_assert_mem_eq(back, octets, n);
}
END_TEST

START_TEST(element_cut_anywhere_is_malformed)
{
	char hex[sizeof(P2)] = P2;

	for (size_t n = sizeof(P2) - 1; n; n -= 2) {
		uint32_t status = 0;
		struct mldp_fec f;
		size_t left;

		ck_assert_int_eq(read_hex(hex, &f, &status, &left), n == sizeof(P2) - 1);
		ck_assert_uint_eq(status, n == sizeof(P2) - 1 ? 0 : LDP_S_MALFORMED_TLV);
		hex[n - 2] = '\0';
	}
}
END_TEST

START_TEST(opaque_value_of_240_octets_fits_and_241_is_refused)
{
	uint8_t octets[10 + MLDP_MAX_OPAQUE + 1] = {6, 0, 1, 4, 10, 0, 0, 1};
	struct mldp_fec f;
	uint32_t status;
	struct rd r;

	put_u16(octets + 8, MLDP_MAX_OPAQUE);
	r = rd_init(octets, 10 + MLDP_MAX_OPAQUE);
	ck_assert(mldp_fec_read(&r, &f, &status));
	ck_assert_uint_eq(f.opaque_len, MLDP_MAX_OPAQUE);
	put_u16(octets + 8, MLDP_MAX_OPAQUE + 1);
	r = rd_init(octets, sizeof(octets));
	ck_assert(!mldp_fec_read(&r, &f, &status));
	ck_assert_uint_eq(status, LDP_S_NO_LABEL_RESOURCES);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("mldp_fec");
	TCase *t = tcase_create("fec");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, fec_is_its_type_root_and_opaque_value);
	tcase_add_loop_test(t, crc_of_opaque_value_selects_upstream, 0, array_size(hashes));
	tcase_add_loop_test(t, in_band_fec_has_source_and_group, 0, array_size(made));
	tcase_add_loop_test(t, source_and_group_of_two_families_name_no_tree, 0, 2);
	tcase_add_test(t, generic_fec_has_an_identifier);
	tcase_add_loop_test(t, opaque_value_is_understood_or_inert, 0, array_size(meanings));
	tcase_add_test(t, recursive_value_has_the_inner_fec);
	tcase_add_test(t, text_is_cut_to_its_room);
	tcase_add_loop_test(t, fec_element_is_read_and_written_as_it_is, 0, array_size(elements));
	tcase_add_test(t, element_cut_anywhere_is_malformed);
	tcase_add_test(t, opaque_value_of_240_octets_fits_and_241_is_refused);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
