// SPDX-License-Identifier: GPL-2.0-or-later
/* lib/gmp_codec: IGMP and MLD packets.  The octets of `packets` were made by scapy. */
#include <check.h>
#include <stdlib.h>

#include "lib/gmp_codec.h"
#include "lib/gmp_text.h"

static struct gmp_decoder decoder;

/* R4045-4.1-1: each version is understood */
static const struct {
	const char *hex, *text;
} packets[] = {
	{"46c000200000000001023a150a000002e0000001940400001100eeff00000000",
	 "v1 query from 10.0.0.2 to 224.0.0.1, group *, max response 10000 ms\n"},
	{"46c000200000000001023a150a000002e0000001940400001164ee9b00000000",
	 "v2 query from 10.0.0.2 to 224.0.0.1, group *, max response 10000 ms\n"},
	{"46c000200000000001022a140a000002ef01010194040000110afef2ef010101",
	 "v2 query from 10.0.0.2 to 239.1.1.1, group 239.1.1.1, max response 1000 ms\n"},
	{"46c000200000000001022a140a000002ef010101940400001200fdfcef010101",
	 "v1 report from 10.0.0.2 to 239.1.1.1, group 239.1.1.1\n"},
	{"46c000200000000001022a140a000002ef010101940400001600f9fcef010101",
	 "v2 report from 10.0.0.2 to 239.1.1.1, group 239.1.1.1\n"},
	{"46c000200000000001023a140a000002e0000002940400001700f8fcef010101",
	 "v2 leave from 10.0.0.2 to 224.0.0.2, group 239.1.1.1\n"},
	{"46c000240000000001023a110a000002e0000001940400001164ec1e00000000027d0000",
	 "v3 query from 10.0.0.2 to 224.0.0.1, group *, max response 10000 ms, QRV 2, "
	 "QQI 125000 ms, sources {}\n"},
	{"46c0002c00000000010231080a000002e801010194040000110ae75ce80101010a8f00020a010001"
	 "0a010002",
	 "v3 query from 10.0.0.2 to 232.1.1.1, group 232.1.1.1, max response 1000 ms, S, QRV 2, "
	 "QQI 248000 ms, sources {10.1.0.1 10.1.0.2}\n"},
	{"46c0003800000000010239e80a000002e0000016940400002200e9f00000000203000002e8010101"
	 "0a0100010a01000204000000ef010101",
	 "v3 report from 10.0.0.2 to 224.0.0.22\n"
	 "  TO_IN 232.1.1.1 {10.1.0.1 10.1.0.2}\n"
	 "  TO_EX 239.1.1.1 {}\n"},
	/* RFC 3376 4.2.13: from 0.0.0.0 */
	{"46c0002c00000000010243f600000000e0000016940400002200e5f00000000105000001e8010101"
	 "0a010009",
	 "v3 report from 0.0.0.0 to 224.0.0.22\n"
	 "  ALLOW 232.1.1.1 {10.1.0.9}\n"},
	{"6000000000200001fe800000000000000000000000000002ff020000000000000000000000000001"
	 "3a00050200000100820059162710000000000000000000000000000000000000",
	 "mldv1 query from fe80::2 to ff02::1, group *, max response 10000 ms\n"},
	{"6000000000200001fe800000000000000000000000000002ff3e0000000000000000000080000001"
	 "3a0005020000010082007cc103e80000ff3e0000000000000000000080000001",
	 "mldv1 query from fe80::2 to ff3e::8000:1, group ff3e::8000:1, max response 1000 ms\n"},
	{"6000000000200001fe800000000000000000000000000002ff0e0000000000000000000000010001"
	 "3a000502000001008300800800000000ff0e0000000000000000000000010001",
	 "mldv1 report from fe80::2 to ff0e::1:1, group ff0e::1:1\n"},
	{"6000000000200001fe800000000000000000000000000002ff020000000000000000000000000002"
	 "3a0005020000010084007f1400000000ff0e0000000000000000000000010001",
	 "mldv1 done from fe80::2 to ff02::2, group ff0e::1:1\n"},
	{"6000000000340001fe800000000000000000000000000002ff3e0000000000000000000080000001"
	 "3a000502000001008200447303e80000ff3e00000000000000000000800000010a7d000120010db8"
	 "000100000000000000000002",
	 "mldv2 query from fe80::2 to ff3e::8000:1, group ff3e::8000:1, max response 1000 ms, S, "
	 "QRV 2, QQI 125000 ms, sources {2001:db8:1::2}\n"},
	{"6000000000580001fe800000000000000000000000000002ff020000000000000000000000000016"
	 "3a000502000001008f0092040000000203000002ff3e000000000000000000008000000120010db8"
	 "00010000000000000000000220010db800010000000000000000000904000000ff0e000000000000"
	 "0000000000010001",
	 "mldv2 report from fe80::2 to ff02::16\n"
	 "  TO_IN ff3e::8000:1 {2001:db8:1::2 2001:db8:1::9}\n"
	 "  TO_EX ff0e::1:1 {}\n"},
	/* RFC 3810 5.2.13: from :: */
	{"600000000034000100000000000000000000000000000000ff020000000000000000000000000016"
	 "3a000502000001008f00be810000000106000001ff3e000000000000000000008000000120010db8"
	 "000100000000000000000002",
	 "mldv2 report from * to ff02::16\n"
	 "  BLOCK ff3e::8000:1 {2001:db8:1::2}\n"},
};

/* rows of `packets` that are changed by tests */
enum {
	V2_QUERY_GROUP = 2,
	V2_REPORT = 4,
	V3_QUERY = 6,
	V3_QUERY_SOURCES = 7,
	V3_REPORT = 8,
	MLD1_QUERY = 10,
	MLD1_REPORT = 12,
	MLD2_QUERY = 14,
	MLD2_REPORT = 15,
	MLD2_FROM_ANY = 16,
};

enum {
	HEADER4 = 24,
	HEADER6 = 48,
};

static size_t unhex(const char *hex, uint8_t *buf)
{
	size_t n = strlen(hex) / 2;

	for (size_t i = 0; i < n; i++) {
		unsigned int octet;

		ck_assert_int_eq(sscanf(hex + 2 * i, "%2x", &octet), 1);
		buf[i] = octet;
	}
	return n;
}

/* From a block of exactly this size, so that ASan sees what is read beyond it. */
static enum gmp_decode decode(const uint8_t *packet, size_t len, struct gmp_msg *m)
{
	uint8_t *copy = malloc(len ? len : 1);
	enum gmp_decode result;

	memcpy(copy, packet, len);
	memset(&decoder, 0xa5, sizeof(decoder));
	result = gmp_msg_decode(&decoder, (struct span){copy, len}, m);
	free(copy);
	return result;
}

static const char *text_of(const struct gmp_msg *m)
{
	static char buf[2][65536];
	static int turn;
	struct text t;

	turn = !turn;
	t = text_init(buf[turn], sizeof(buf[turn]));
	gmp_msg_text(m, &t);
	return buf[turn];
}

/* ---------------------------------------------------------------- good packets */

START_TEST(a_packet_is_understood_and_written_the_same)
{
	uint8_t packet[200], written[200];
	size_t len = unhex(packets[_i].hex, packet);
	struct gmp_msg m;

	ck_assert_str_eq(gmp_decode_name(decode(packet, len, &m)), "ok");
	ck_assert_str_eq(text_of(&m), packets[_i].text);
	ck_assert_uint_eq(gmp_msg_encode(&m, written, sizeof(written)), len);
	ck_assert_mem_eq(packet, written, len);
	for (size_t size = 0; size < len; size++)
		ck_assert_uint_eq(gmp_msg_encode(&m, written, size), 0);
}
END_TEST

START_TEST(the_destination_is_what_the_standard_prescribes)
{
	uint8_t packet[200], written[200];
	size_t len = unhex(packets[_i].hex, packet);
	struct gmp_msg m;

	ck_assert_int_eq(decode(packet, len, &m), GMP_DECODE_OK);
	m.dst = ADDR_ANY;
	ck_assert_uint_eq(gmp_msg_encode(&m, written, sizeof(written)), len);
	ck_assert_mem_eq(packet, written, len);
}
END_TEST

START_TEST(octets_behind_the_packet_do_not_count)
{
	uint8_t packet[200] = {0};
	size_t len = unhex(packets[_i].hex, packet);
	struct gmp_msg m;

	ck_assert_int_eq(decode(packet, len + 7, &m), GMP_DECODE_OK);
	ck_assert_str_eq(text_of(&m), packets[_i].text);
}
END_TEST

/* ---------------------------------------------------------------- bad packets */

/* RFC 1071, written anew. */
static uint16_t checksum(const uint8_t *p, size_t len, uint32_t acc)
{
	for (size_t i = 0; i < len; i++)
		acc += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	while (acc >> 16)
		acc = (acc & 0xffff) + (acc >> 16);
	return ~acc;
}

/* Makes lengths and checksums fit again. */
static void repair(uint8_t *p, size_t len)
{
	if (p[0] >> 4 == 4) {
		put_u16(p + 2, len);
		put_u16(p + 10, 0);
		put_u16(p + 10, checksum(p, HEADER4, 0));
		if (len < HEADER4 + 4)
			return;
		put_u16(p + HEADER4 + 2, 0);
		put_u16(p + HEADER4 + 2, checksum(p + HEADER4, len - HEADER4, 0));
	} else {
		uint32_t acc = 58 + len - HEADER6;

		put_u16(p + 4, len - 40);
		for (int i = 8; i < 40; i += 2)
			acc += (uint32_t)p[i] << 8 | p[i + 1];
		if (len < HEADER6 + 4)
			return;
		put_u16(p + HEADER6 + 2, 0);
		put_u16(p + HEADER6 + 2, checksum(p + HEADER6, len - HEADER6, acc));
	}
}

START_TEST(a_cut_packet_is_short)
{
	uint8_t packet[200];
	size_t len = unhex(packets[_i].hex, packet);
	struct gmp_msg m;

	for (size_t cut = 0; cut < len; cut++)
		ck_assert_int_eq(decode(packet, cut, &m), GMP_DECODE_SHORT);
}
END_TEST

/* As above, but the IP header knows; a query may become one of an older version (7.1). */
START_TEST(a_cut_message_is_short)
{
	uint8_t packet[200];
	size_t len = unhex(packets[_i].hex, packet);
	bool v4 = packet[0] >> 4 == 4;
	size_t header = v4 ? HEADER4 : HEADER6, one_group = header + (v4 ? 8 : 24);

	for (size_t cut = header; cut < len; cut++) {
		bool query = packet[header] == 0x11 || packet[header] == 130;
		enum gmp_decode expect =
			query && cut == one_group ? GMP_DECODE_OK : GMP_DECODE_SHORT;
		struct gmp_msg m;

		unhex(packets[_i].hex, packet);
		repair(packet, cut);
		ck_assert_int_eq(decode(packet, cut, &m), expect);
		if (expect == GMP_DECODE_OK)
			ck_assert_uint_eq(m.version, 2);
	}
}
END_TEST

static const struct {
	const char *what;
	int row;
	size_t at;
	const char *hex;
	bool keep; /* do not repair the checksums */
	enum gmp_decode result;
} edits[] = {
	{"nothing", V3_REPORT, 0, "", false, GMP_DECODE_OK},
	{"IP version 5", V3_REPORT, 0, "56", true, GMP_DECODE_OTHER},
	{"header length 16", V3_REPORT, 0, "44", false, GMP_DECODE_SHORT},
	{"header longer than the packet", V2_REPORT, 0, "4f", true, GMP_DECODE_SHORT},
	{"total length one more", V3_REPORT, 2, "0039", true, GMP_DECODE_SHORT},
	{"total length within the header", V3_REPORT, 2, "0017", true, GMP_DECODE_SHORT},
	{"header checksum", V3_REPORT, 10, "39e9", true, GMP_DECODE_CHECKSUM},
	{"do not fragment", V3_REPORT, 6, "4000", false, GMP_DECODE_OK},
	{"more fragments", V3_REPORT, 6, "2000", false, GMP_DECODE_OTHER},
	{"a later fragment", V3_REPORT, 6, "0001", false, GMP_DECODE_OTHER},
	{"TTL 2", V3_REPORT, 8, "02", false, GMP_DECODE_SCOPE},
	{"UDP", V3_REPORT, 9, "11", false, GMP_DECODE_OTHER},
	{"no Router Alert", V3_REPORT, 20, "01010100", false, GMP_DECODE_OK},
	{"an option of length 0", V3_REPORT, 20, "07000000", false, GMP_DECODE_OK},
	{"an option beyond the header", V3_REPORT, 20, "07ff0000", false, GMP_DECODE_OK},
	{"DVMRP", V3_REPORT, HEADER4, "13", false, GMP_DECODE_OTHER},
	{"checksum", V3_REPORT, HEADER4 + 2, "e9f1", true, GMP_DECODE_CHECKSUM},
	{"one record too many", V3_REPORT, HEADER4 + 6, "0003", false, GMP_DECODE_SHORT},
	{"one source too many", V3_REPORT, HEADER4 + 26, "0001", false, GMP_DECODE_SHORT},
	{"one word of auxiliary data too many", V3_REPORT, HEADER4 + 25, "01", false,
	 GMP_DECODE_SHORT},
	{"65535 sources", V3_REPORT, HEADER4 + 10, "ffff", false, GMP_DECODE_SHORT},
	{"record of a unicast group", V3_REPORT, HEADER4 + 12, "e0", false, GMP_DECODE_OK},
	{"record of a unicast group", V3_REPORT, HEADER4 + 12, "df", false, GMP_DECODE_GROUP},
	{"record of group 255.x", V3_REPORT, HEADER4 + 12, "ff", false, GMP_DECODE_GROUP},
	{"multicast source", V3_REPORT, HEADER4 + 16, "e1", false, GMP_DECODE_GROUP},
	{"source 0.0.0.0", V3_REPORT, HEADER4 + 16, "00000000", false, GMP_DECODE_GROUP},
	{"source 255.255.255.255", V3_REPORT, HEADER4 + 16, "ffffffff", false, GMP_DECODE_GROUP},
	{"report of a unicast group", V2_REPORT, HEADER4 + 4, "0a", false, GMP_DECODE_GROUP},
	{"query of a unicast group", V2_QUERY_GROUP, HEADER4 + 4, "0a", false, GMP_DECODE_GROUP},
	{"a v1 query is general", V2_QUERY_GROUP, HEADER4 + 1, "0000000a", false, GMP_DECODE_OK},
	{"general query with sources", V3_QUERY_SOURCES, HEADER4 + 4, "00000000", false,
	 GMP_DECODE_GROUP},
	{"query with sources that are missing", V3_QUERY, HEADER4 + 10, "0001", false,
	 GMP_DECODE_SHORT},
	{"payload length one more", MLD2_REPORT, 4, "0059", true, GMP_DECODE_SHORT},
	{"payload length within the options", MLD2_REPORT, 4, "0004", true, GMP_DECODE_SHORT},
	{"UDP over IPv6", MLD2_REPORT, 40, "11", true, GMP_DECODE_OTHER},
	{"a fragment header", MLD2_REPORT, 6, "2c", true, GMP_DECODE_OTHER},
	{"options longer than the packet", MLD2_REPORT, 41, "20", true, GMP_DECODE_SHORT},
	{"hop limit 255", MLD2_REPORT, 7, "ff", false, GMP_DECODE_SCOPE},
	{"a global source", MLD2_REPORT, 8, "2001", false, GMP_DECODE_SCOPE},
	{"fec0::2, which is not link-local", MLD2_REPORT, 8, "fec0", false, GMP_DECODE_SCOPE},
	{"a query from ::", MLD2_QUERY, 8, "00000000000000000000000000000000", false,
	 GMP_DECODE_SCOPE},
	{"an MLDv1 query from ::", MLD1_QUERY, 8, "00000000000000000000000000000000", false,
	 GMP_DECODE_SCOPE},
	{"an MLDv1 report from :: (RFC 3590)", MLD1_REPORT, 8, "00000000000000000000000000000000",
	 false, GMP_DECODE_OK},
	{"no Router Alert", MLD2_REPORT, 42, "010400000000", false, GMP_DECODE_SCOPE},
	{"Router Alert for RSVP", MLD2_REPORT, 42, "050200010100", false, GMP_DECODE_SCOPE},
	{"Router Alert after padding", MLD2_REPORT, 42, "010005020000", false, GMP_DECODE_OK},
	{"Router Alert after Pad1", MLD2_REPORT, 42, "000005020000", false, GMP_DECODE_OK},
	{"an unknown option to be skipped", MLD2_REPORT, 42, "050200001e00", false, GMP_DECODE_OK},
	{"an unknown option not to be skipped", MLD2_REPORT, 42, "05020000de00", false,
	 GMP_DECODE_OTHER},
	{"an option beyond its header", MLD2_REPORT, 42, "050200000101", false, GMP_DECODE_SHORT},
	{"another destination than the checksum says", MLD2_REPORT, 39, "17", true,
	 GMP_DECODE_CHECKSUM},
	{"echo request", MLD2_REPORT, HEADER6, "80", false, GMP_DECODE_OTHER},
	{"one record too many", MLD2_REPORT, HEADER6 + 6, "0003", false, GMP_DECODE_SHORT},
	{"IPv6 record of a unicast group", MLD2_REPORT, HEADER6 + 12, "fe", false,
	 GMP_DECODE_GROUP},
	{"a source that looks like IPv4", MLD2_FROM_ANY, HEADER6 + 28,
	 "00000000000000000000ffff0a000001", false, GMP_DECODE_GROUP},
	{"source ::", MLD2_FROM_ANY, HEADER6 + 28, "00000000000000000000000000000000", false,
	 GMP_DECODE_GROUP},
	{"a group that looks like IPv4", MLD1_REPORT, HEADER6 + 8,
	 "00000000000000000000ffffe1000001", false, GMP_DECODE_GROUP},
};

START_TEST(an_edited_packet_is_judged)
{
	uint8_t packet[200];
	size_t len = unhex(packets[edits[_i].row].hex, packet);
	struct gmp_msg m;

	unhex(edits[_i].hex, packet + edits[_i].at);
	if (!edits[_i].keep)
		repair(packet, len);
	ck_assert_msg(decode(packet, len, &m) == edits[_i].result, "%s: %s, not %s", edits[_i].what,
		      gmp_decode_name(decode(packet, len, &m)), gmp_decode_name(edits[_i].result));
}
END_TEST

/* ---------------------------------------------------------------- details */

START_TEST(query_versions_are_told_by_length_and_code)
{
	static const struct {
		int row;
		size_t octets; /* of the message */
		int version;   /* 0: ignored (RFC 3376 7.1, RFC 3810 8.1) */
	} rows[] = {
		{0, 8, 1},  {1, 8, 2},	{0, 9, 0},   {0, 10, 0},  {0, 11, 0},  {0, 12, 3},
		{1, 12, 3}, {1, 14, 3}, {10, 24, 2}, {10, 25, 0}, {10, 27, 0}, {10, 28, 3},
	};
	uint8_t packet[200] = {0};
	struct gmp_msg m;

	for (size_t i = 0; i < array_size(rows); i++) {
		size_t len = (rows[i].row < 10 ? HEADER4 : HEADER6) + rows[i].octets;

		memset(packet, 0, sizeof(packet));
		unhex(packets[rows[i].row].hex, packet);
		repair(packet, len);
		ck_assert_int_eq(decode(packet, len, &m),
				 rows[i].version ? GMP_DECODE_OK : GMP_DECODE_SHORT);
		if (rows[i].version)
			ck_assert_int_eq(m.version, rows[i].version);
	}
}
END_TEST

START_TEST(unknown_records_and_auxiliary_data_are_skipped)
{
	/* type 7 with a bad group, one source and one word; BLOCK with two words */
	static const char records[] = "2200000000000003"
				      "07010001000000000a01000163636363"
				      "06020001ef0101010a0100010101010102020202"
				      "01000000ef010102";
	uint8_t packet[200];
	struct gmp_msg m;
	size_t len;

	unhex(packets[V3_REPORT].hex, packet);
	len = HEADER4 + unhex(records, packet + HEADER4);
	repair(packet, len);
	ck_assert_int_eq(decode(packet, len, &m), GMP_DECODE_OK);
	ck_assert_str_eq(text_of(&m), "v3 report from 10.0.0.2 to 224.0.0.22\n"
				      "  BLOCK 239.1.1.1 {10.1.0.1}\n"
				      "  IS_IN 239.1.1.2 {}\n");
}
END_TEST

static struct addr addr_number(bool mld, bool group, uint32_t n)
{
	uint8_t octets[16] = {mld ? (group ? 0xff : 0x20) : (group ? 239 : 10), 0x0e};

	put_u32(octets + (mld ? 12 : 0), mld ? n : (uint32_t)octets[0] << 24 | n);
	return mld ? addr_from_v6(octets) : addr_from_v4(octets);
}

START_TEST(more_than_the_limits_is_refused)
{
	static struct gmp_record records[GMP_MAX_RECORDS + 1];
	static struct addr sources[GMP_MAX_SOURCES + 1];
	static uint8_t packet[65536];
	struct gmp_msg m = {.type = GMP_RECORDS,
			    .version = 3,
			    .src = addr_number(false, false, 1),
			    .records = records};
	struct gmp_msg out;
	size_t len;

	for (size_t i = 0; i < array_size(sources); i++)
		sources[i] = addr_number(false, false, i + 1);
	for (size_t i = 0; i < array_size(records); i++)
		records[i] = (struct gmp_record){.type = GMP_IS_EX,
						 .group = addr_number(false, true, i + 1)};
	for (int more = 0; more <= 1; more++) {
		m.n_records = GMP_MAX_RECORDS + more;
		len = gmp_msg_encode(&m, packet, sizeof(packet));
		ck_assert_uint_gt(len, 0);
		ck_assert_int_eq(decode(packet, len, &out),
				 more ? GMP_DECODE_TOO_MANY : GMP_DECODE_OK);
	}
	m.n_records = 2;
	records[0].n_sources = GMP_MAX_SOURCES - 10;
	records[0].sources = records[1].sources = sources;
	for (int more = 0; more <= 1; more++) {
		records[1].n_sources = 10 + more;
		len = gmp_msg_encode(&m, packet, sizeof(packet));
		ck_assert_int_eq(decode(packet, len, &out),
				 more ? GMP_DECODE_TOO_MANY : GMP_DECODE_OK);
	}
	ck_assert_uint_eq(gmp_record_size(&records[1], false), 8 + 11 * 4);
	ck_assert_uint_eq(gmp_record_size(&records[1], true), 20 + 11 * 16);
}
END_TEST

START_TEST(what_is_no_message_is_not_written)
{
	uint8_t packet[200];
	struct gmp_msg m = {.type = GMP_QUERY, .version = 0};

	ck_assert_uint_eq(gmp_msg_encode(&m, packet, sizeof(packet)), 0);
	m.version = 4;
	ck_assert_uint_eq(gmp_msg_encode(&m, packet, sizeof(packet)), 0);
	m = (struct gmp_msg){.type = GMP_QUERY, .mld = true, .version = 1};
	ck_assert_uint_eq(gmp_msg_encode(&m, packet, sizeof(packet)), 0);
	m = (struct gmp_msg){.type = GMP_LEAVE, .version = 1};
	ck_assert_uint_eq(gmp_msg_encode(&m, packet, sizeof(packet)), 0);
	ck_assert_str_eq(gmp_type_name(&m), "unknown");
	ck_assert_str_eq(gmp_decode_name(99), "unknown");
	ck_assert_str_eq(gmp_record_type_name(7), "unknown");
}
END_TEST

START_TEST(a_v2_query_never_turns_into_a_v1_query)
{
	struct gmp_msg m = {.type = GMP_QUERY, .version = 2, .max_resp_ms = 20}, out;
	uint8_t packet[200];
	size_t len = gmp_msg_encode(&m, packet, sizeof(packet));

	ck_assert_int_eq(decode(packet, len, &out), GMP_DECODE_OK);
	ck_assert_uint_eq(out.version, 2);
	ck_assert_uint_eq(out.max_resp_ms, 100);
}
END_TEST

START_TEST(codes_are_the_largest_that_do_not_exceed_the_value)
{
	static const struct {
		uint32_t code, value8, value16;
	} rows[] = {{0, 0, 0},
		    {127, 127, 127},
		    {0x80, 128, 0x80},
		    {0x8f, 248, 0x8f},
		    {0xff, 31744, 0xff}};

	for (size_t i = 0; i < array_size(rows); i++) {
		ck_assert_uint_eq(gmp_code8_value(rows[i].code), rows[i].value8);
		ck_assert_uint_eq(gmp_code16_value(rows[i].code), rows[i].value16);
	}
	ck_assert_uint_eq(gmp_code16_value(0x7fff), 32767);
	ck_assert_uint_eq(gmp_code16_value(0x8000), 32768);
	ck_assert_uint_eq(gmp_code16_value(0xffff), 8387584);
	for (uint32_t v = 0; v < 40000; v++) {
		uint8_t code = gmp_code8(v);

		ck_assert(gmp_code8_value(code) <= v);
		ck_assert(code == 0xff || gmp_code8_value(code + 1) > v);
	}
	for (uint32_t v = 0; v < 9000000; v += 61) {
		uint16_t code = gmp_code16(v);

		ck_assert(gmp_code16_value(code) <= v);
		ck_assert(code == 0xffff || gmp_code16_value(code + 1) > v);
	}
}
END_TEST

/* ---------------------------------------------------------------- any message */

static struct gmp_msg random_message(struct gmp_record *records, struct addr *sources)
{
	bool mld = rand() % 2;
	struct gmp_msg m = {.type = 1 + rand() % 4,
			    .mld = mld,
			    .version = mld ? 2 : 1 + rand() % 2,
			    .group = addr_number(mld, true, rand() % 1000)};

	if (mld)
		addr_parse("fe80::1", &m.src);
	else
		addr_parse("10.0.0.1", &m.src);
	for (int i = 0; i < 100; i++)
		sources[i] = addr_number(mld, false, 1 + rand() % 1000);
	if (m.type == GMP_RECORDS) {
		m.version = 3;
		m.group = ADDR_ANY;
		m.n_records = rand() % 10;
		m.records = records;
		for (size_t i = 0; i < m.n_records; i++)
			records[i] = (struct gmp_record){
				.type = 1 + rand() % 6,
				.group = addr_number(mld, true, rand() % 1000000),
				.n_sources = rand() % 8,
				.sources = sources + rand() % 90};
	} else if (m.type == GMP_LEAVE) {
		m.version = 2;
	} else if (m.type == GMP_QUERY) {
		m.version += rand() % 2;
		m.max_resp_ms = m.version == 1 ? 10000 : 100 * (1 + rand() % 127);
		if (m.version == 1 || rand() % 3 == 0)
			m.group = ADDR_ANY;
		if (m.version == 3) {
			m.qrv = rand() % 8;
			m.suppress = rand() % 2;
			m.qqi_ms = 1000 * (rand() % 128);
			m.n_sources = addr_is_any(&m.group) ? 0 : rand() % 80;
			m.sources = sources;
		}
	}
	return m;
}

START_TEST(what_was_written_is_read)
{
	struct gmp_record records[10];
	struct addr sources[100];
	uint8_t packet[GMP_MAX_PACKET + 1000];

	srand(1);
	for (int i = 0; i < 20000; i++) {
		struct gmp_msg m = random_message(records, sources), out;
		size_t len = gmp_msg_encode(&m, packet, sizeof(packet)), header;

		ck_assert_uint_gt(len, 0);
		ck_assert_int_eq(decode(packet, len, &out), GMP_DECODE_OK);
		m.dst = out.dst;
		ck_assert_str_eq(text_of(&m), text_of(&out));
		/* a flipped bit of the message is seen */
		header = m.mld ? HEADER6 : HEADER4;
		packet[header + rand() % (len - header)] ^= 1 << rand() % 8;
		ck_assert_int_ne(decode(packet, len, &out), GMP_DECODE_OK);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("gmp_codec");
	TCase *c = tcase_create("gmp_codec");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(c, a_packet_is_understood_and_written_the_same, 0, array_size(packets));
	tcase_add_loop_test(c, the_destination_is_what_the_standard_prescribes, 0,
			    array_size(packets));
	tcase_add_loop_test(c, octets_behind_the_packet_do_not_count, 0, array_size(packets));
	tcase_add_loop_test(c, a_cut_packet_is_short, 0, array_size(packets));
	tcase_add_loop_test(c, a_cut_message_is_short, 0, array_size(packets));
	tcase_add_loop_test(c, an_edited_packet_is_judged, 0, array_size(edits));
	tcase_add_test(c, query_versions_are_told_by_length_and_code);
	tcase_add_test(c, unknown_records_and_auxiliary_data_are_skipped);
	tcase_add_test(c, more_than_the_limits_is_refused);
	tcase_add_test(c, what_is_no_message_is_not_written);
	tcase_add_test(c, a_v2_query_never_turns_into_a_v1_query);
	tcase_add_test(c, codes_are_the_largest_that_do_not_exceed_the_value);
	tcase_add_test(c, what_was_written_is_read);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
