// SPDX-License-Identifier: GPL-2.0-or-later
/* L2TP control messages: header, faults, Session ID lists, results (RFC 2661 3.1, 4.1, 7.1). */
#include "tests/unit/l2tp_build.h"

/* ---------------------------------------------------------------- wire vectors */

/* Of the catalogues; what is encoded again is the same, octet for octet. */
static const struct {
	const char *id, *octets;
	enum l2tp_msg_type type;
} vectors[] = {
	/* clang-format off */
	{"W4045-1", "c8020046 00000000 00000000 8008000000000001 8008000000020100"
		    "800a000000076c616331 800a0000000300000003 8008000000091111 80080000000a0008"
		    "000600000050", L2TP_SCCRQ},
	{"W4045-2", "c8020026 11110000 00050007 0008000000000017 80080000000e4001"
		    "800a00000011003d0900", L2TP_MSRQ},
	{"W4045-3", "c802001c 22224001 00070006 0008000000000018 80080000000e3001", L2TP_MSRP},
	{"W4045-4", "c8020014 22224001 00080006 0008000000000019", L2TP_MSE},
	{"W4045-5", "c802001a 22224001 00080006 0008000000000019 800600000027", L2TP_MSE},
	{"W4045-6", "c8020020 11113001 00060009 000800000000001a 800c00000051 010101020103",
	 L2TP_MSI},
	{"W4045-7", "c8020020 22224001 00090007 000800000000001a 800c00000052 010101020103",
	 L2TP_MSI},
	{"W4045-8", "c802001c 11113001 0007000a 000800000000001a 8008000000530102", L2TP_MSI},
	{"W4045-9", "c802001c 11113001 0008000a 000800000000001a 0008000000540002", L2TP_MSI},
	{"W4045-10", "c802001c 11110103 0009000a 000800000000001a 0008000000540001", L2TP_MSI},
	{"W4045-11", "c8020024 11113001 000a000a 000800000000001b 8008000000010004"
		     "80080000000e4001", L2TP_MSEN},
	{"W4045-12", "c8020026 22224001 000a000b 000800000000001b 800a0000000100020004"
		     "80080000000e3001", L2TP_MSEN},
	{"W4045-13", "c802000c 22220000 000a000b", L2TP_ZLB},
	{"W4045-16", "c8020038 11113001 00060009 000800000000001a 801600000024"
		     "000102030405060708090a0b0c0d0e0f c00e00000051 3a33116aff327f8c", L2TP_MSI},
	{"W2661-4", "c802000c 22220000 000a000b", L2TP_ZLB},
	/* clang-format on */
};

START_TEST(every_vector_decodes_and_encodes_to_itself)
{
	struct datagram d = from_hex(vectors[_i].octets);
	bool hidden = !strcmp(vectors[_i].id, "W4045-16");
	struct l2tp_hide hide = {.secret = hidden ? secret : no_secret};
	uint8_t out[2048];
	size_t len;

	for (size_t i = 0; i < sizeof(hide.vector); i++)
		hide.vector[i] = i;
	ck_assert_int_eq(decode_with(&d, secret), L2TP_DECODE_OK);
	ck_assert_int_eq(msg.type, vectors[_i].type);
	len = l2tp_msg_encode(&msg, &hide, out, sizeof(out));
	ck_assert_uint_eq(len, d.len);
	if (msg.type == L2TP_SCCRQ)
		return; /* its AVPs are not in ascending order */
	ck_assert_mem_eq(out, d.octets, len);
	for (size_t size = 0; size < len; size++)
		ck_assert_uint_eq(l2tp_msg_encode(&msg, &hide, out, size), 0);
}
END_TEST

START_TEST(the_fields_of_a_vector_are_those_of_the_catalogue)
{
	struct datagram d = from_hex(vectors[0].octets);

	ck_assert_int_eq(decode(&d), L2TP_DECODE_OK);
	ck_assert_uint_eq(msg.protocol_version, 0x0100);
	ck_assert_uint_eq(msg.host_name.len, 4);
	ck_assert_mem_eq(msg.host_name.p, "lac1", 4);
	ck_assert_uint_eq(msg.framing_capabilities, 3);
	ck_assert_uint_eq(msg.assigned_tunnel_id, 0x1111);
	ck_assert_uint_eq(msg.receive_window_size, 8);
	ck_assert(l2tp_msg_has(&msg, L2TP_AVP_MULTICAST_CAPABILITY)); /* R4045-3.2-2 */
	ck_assert(!l2tp_msg_has(&msg, L2TP_AVP_CHALLENGE));

	d = from_hex(vectors[11].octets);
	ck_assert_int_eq(decode(&d), L2TP_DECODE_OK);
	ck_assert_uint_eq(msg.tunnel_id, 0x2222); /* R2661-3.1-5 */
	ck_assert_uint_eq(msg.session_id, 0x4001);
	ck_assert_uint_eq(msg.ns, 10);
	ck_assert_uint_eq(msg.nr, 11);
	ck_assert_uint_eq(msg.result.result, L2TP_MSEN_ERROR);
	ck_assert(msg.result.has_error); /* R4045-7.3-2 */
	ck_assert_uint_eq(msg.result.error, L2TP_ERR_RESOURCES);
	ck_assert_uint_eq(msg.assigned_session_id, 0x3001);
}
END_TEST

/* True if the first len octets end between two AVPs. */
static bool is_boundary(const struct datagram *d, size_t len)
{
	size_t at = 12;

	while (at < len)
		at += (d->octets[at] & 3) << 8 | d->octets[at + 1];
	return at == len;
}

START_TEST(every_truncation_is_found)
{
	struct datagram whole = from_hex(vectors[_i].octets), d;

	for (size_t len = 0; len < whole.len; len++) {
		enum l2tp_decode result;

		/* the datagram is cut: its header says more than there is (A2661-10) */
		d = whole;
		d.len = len;
		ck_assert_int_eq(decode_with(&d, secret), L2TP_DECODE_DISCARD);
		if (len < 12)
			continue;
		/* the message is cut */
		put_length(&d);
		result = decode_with(&d, secret);
		if (len == 12) {
			ck_assert_int_eq(result, L2TP_DECODE_OK); /* a ZLB */
		} else if (len < 20) {
			ck_assert_int_eq(result, L2TP_DECODE_DISCARD);
		} else if (!is_boundary(&whole, len)) {
			ck_assert_int_eq(result, L2TP_DECODE_BAD);
			ck_assert_uint_eq(fault.error, L2TP_ERR_LENGTH);
			ck_assert_int_eq(msg.type, vectors[_i].type);
		} else if (result != L2TP_DECODE_OK) {
			ck_assert_uint_eq(fault.error, L2TP_ERR_VENDOR); /* one is missing */
		}
	}
}
END_TEST

/* ---------------------------------------------------------------- header */

static const struct {
	uint16_t flags;
	bool good;
} headers[] = {
	{0xc802, true},
	/* reserved bits are ignored (R2661-3.1-2) */
	{0xe802, true},
	{0xd802, true},
	{0xcc02, true},
	{0xc882, true},
	{0xc842, true},
	{0xc822, true},
	{0xc812, true},
	/* version (R2661-3.1-3) */
	{0xc800, false},
	{0xc801, false},
	{0xc803, false},
	{0xc80a, false},
	/* T, L, S, O of a control message (R2661-3.1-1) */
	{0x4802, false},
	{0x8802, false},
	{0xc002, false},
	{0xca02, false},
};

START_TEST(a_control_message_has_the_header_of_one)
{
	struct datagram d = start_msg(L2TP_HELLO, AVP_M);

	put_u16(d.octets, headers[_i].flags);
	ck_assert_int_eq(decode(&d), headers[_i].good ? L2TP_DECODE_OK : L2TP_DECODE_DISCARD);
	if (headers[_i].good)
		ck_assert_int_eq(msg.type, L2TP_HELLO);
	else
		ck_assert_uint_gt(strlen(fault.text), 0);
}
END_TEST

START_TEST(octets_behind_the_header_length_are_ignored)
{
	struct datagram d = start_msg(L2TP_HELLO, AVP_M);

	add_hex(&d, "ffffffffff"); /* A2661-10 */
	ck_assert_int_eq(decode(&d), L2TP_DECODE_OK);
	put_u16(d.octets + 2, 11);
	ck_assert_int_eq(decode(&d), L2TP_DECODE_DISCARD);
}
END_TEST

/* R2661-3.1-1 and ZLBs */
START_TEST(what_is_encoded_starts_with_c802)
{
	struct l2tp_msg m = {.type = L2TP_HELLO, .tunnel_id = 1, .ns = 2, .nr = 3};
	uint8_t out[64];

	ck_assert_uint_eq(l2tp_msg_encode(&m, NULL, out, sizeof(out)), 20);
	ck_assert_mem_eq(out, "\xc8\x02\0\x14\0\x01\0\0\0\x02\0\x03\x80\x08\0\0\0\0\0\x06", 20);
	m.type = L2TP_ZLB;
	ck_assert_uint_eq(l2tp_msg_encode(&m, NULL, out, sizeof(out)), 12);
	ck_assert_mem_eq(out, "\xc8\x02\0\x0c\0\x01\0\0\0\x02\0\x03", 12);
	m.type = 99;
	ck_assert_uint_eq(l2tp_msg_encode(&m, NULL, out, sizeof(out)), 0);
}
END_TEST

/* ---------------------------------------------------------------- Message Type */

START_TEST(an_unknown_type_is_fatal_by_its_m_bit)
{
	static const unsigned int unknown[] = {0, 5, 13, 17, 22, 28, 99, 0xffff};

	for (size_t i = 0; i < array_size(unknown); i++) { /* R2661-4.4.1-2 */
		struct datagram d = start_msg(unknown[i], AVP_M);

		ck_assert_int_eq(decode(&d), L2TP_DECODE_UNKNOWN_TYPE);
		ck_assert_uint_eq(msg.type, unknown[i]);
		d = start_msg(unknown[i], 0);
		ck_assert_int_eq(decode(&d), L2TP_DECODE_IGNORE);
		ck_assert_uint_eq(msg.nr, 2);
	}
}
END_TEST

/* First, plain, 8 octets, vendor 0 (R2661-4.4.1-1, R2661-4.1-5) */
START_TEST(without_message_type_there_is_no_message)
{
	static const char *const first[] = {
		"c0080000 00000006", "80070000 000006",	  "80090000 00000006 00",
		"80080009 00000006", "80080000 00070006", "84080000 00000006",
		"80060000 0000",     "80050000 00000006",
	};

	for (size_t i = 0; i < array_size(first); i++) {
		struct datagram d = from_hex("c8020000 22220102 00030002");

		add_hex(&d, first[i]);
		put_length(&d);
		ck_assert_int_eq(decode(&d), L2TP_DECODE_DISCARD);
	}
}
END_TEST

START_TEST(a_second_message_type_is_ignored)
{
	struct datagram d = start_msg(L2TP_HELLO, AVP_M);

	add_avp(&d, AVP_M, L2TP_AVP_MESSAGE_TYPE, "0004");
	ck_assert_int_eq(decode(&d), L2TP_DECODE_OK);
	ck_assert_int_eq(msg.type, L2TP_HELLO);
	ck_assert_uint_eq(stats.avp_misplaced, 1);
}
END_TEST

/* ---------------------------------------------------------------- AVPs that are not known */

/* R2661-4.1-3, -4, -5, R4045-6.1-5; the text has the number (R2661-4.4.2-3) */
static const struct {
	uint16_t flags, vendor, type;
	enum l2tp_decode result;
	const char *text;
} strangers[] = {
	{0, 0, 9999, L2TP_DECODE_OK, NULL},
	{AVP_M, 0, 9999, L2TP_DECODE_BAD, "AVP 9999 unknown"},
	{0, 0, 20, L2TP_DECODE_OK, NULL},
	{AVP_M, 0, 20, L2TP_DECODE_BAD, "AVP 20 unknown"},
	{AVP_M, 0, 85, L2TP_DECODE_BAD, "AVP 85 unknown"},
	{AVP_M, 0, 40, L2TP_DECODE_BAD, "AVP 40 unknown"},
	{0, 9, 0, L2TP_DECODE_OK, NULL},
	{0, 9, 84, L2TP_DECODE_OK, NULL},
	{AVP_M, 9, 1, L2TP_DECODE_BAD, "vendor 9 AVP 1 unknown"},
	{AVP_M | AVP_H, 0, 9999, L2TP_DECODE_BAD, "AVP 9999 unknown"},
};

START_TEST(an_unknown_avp_is_fatal_by_its_m_bit)
{
	struct datagram d = start_msg(L2TP_MSI, 0);

	add_avp(&d, AVP_M, L2TP_AVP_NEW_OUTGOING_SESSIONS, "0101");
	add_avp_octets(&d, strangers[_i].flags, strangers[_i].vendor, strangers[_i].type,
		       (const uint8_t *)"\0\1", 2);
	add_avp(&d, AVP_M, L2TP_AVP_NEW_OUTGOING_SESSIONS, "0102");
	ck_assert_int_eq(decode_with(&d, secret), strangers[_i].result);
	ck_assert_uint_eq(stats.avp_unknown, 1);
	ck_assert(!l2tp_msg_has(&msg, L2TP_AVP_MULTICAST_PRIORITY));
	ck_assert_int_eq(msg.type, L2TP_MSI);
	if (strangers[_i].text) {
		ck_assert_str_eq(fault.text, strangers[_i].text);
		ck_assert_uint_eq(fault.error, L2TP_ERR_UNKNOWN_AVP);
		ck_assert_uint_eq(fault.avp, strangers[_i].type);
		ck_assert_uint_eq(fault.vendor, strangers[_i].vendor);
		ck_assert_uint_eq(fault.offset, 28);
	} else {
		ck_assert_uint_eq(msg.n_sids, 2);
	}
}
END_TEST

/* R2661-4.1-1: M, H, 4 reserved bits, 10 bits of length with the header; vendor; type; value */
START_TEST(an_avp_has_a_header_of_six_octets_and_ten_bits_of_length)
{
	static const uint16_t flags[] = {6, 7, 1023, 5, 0};
	struct l2tp_msg m = {.type = L2TP_ICRQ,
			     .assigned_session_id = 0x1234,
			     .call_serial_number = 0x01020304,
			     .calling_number = {(const uint8_t *)"ab", 2}};
	uint8_t out[64];

	l2tp_msg_set(&m, L2TP_AVP_ASSIGNED_SESSION_ID);
	l2tp_msg_set(&m, L2TP_AVP_CALL_SERIAL_NUMBER);
	l2tp_msg_set(&m, L2TP_AVP_CALLING_NUMBER);
	ck_assert_uint_eq(l2tp_msg_encode(&m, NULL, out, sizeof(out)), 12 + 8 + 8 + 10 + 8);
	ck_assert_mem_eq(out + 12,
			 "\x80\x08\0\0\0\0\0\x0a"
			 "\x80\x08\0\0\0\x0e\x12\x34"
			 "\x80\x0a\0\0\0\x0f\1\2\3\4"
			 "\x80\x08\0\0\0\x16"
			 "ab",
			 34);
	for (size_t i = 0; i < array_size(flags); i++) {
		struct datagram d = start_msg(L2TP_HELLO, AVP_M);
		bool good = flags[i] >= 6;

		put_u16(d.octets + d.len, flags[i]); /* M=0: ignored, if its end is known */
		put_u16(d.octets + d.len + 2, 9);
		put_u16(d.octets + d.len + 4, 1);
		memset(d.octets + d.len + 6, 'x', 1017);
		d.len += good ? flags[i] : 1023;
		put_u16(d.octets + 2, d.len);
		ck_assert_int_eq(decode(&d) == L2TP_DECODE_OK, good);
		ck_assert_uint_eq(stats.avp_unknown, good);
	}
}
END_TEST

START_TEST(a_reserved_bit_makes_an_avp_unknown)
{
	for (uint16_t bit = 0x0400; bit <= 0x2000; bit <<= 1) { /* R2661-4.1-2 */
		struct datagram d = start_msg(L2TP_MSI, 0);

		add_avp(&d, bit, L2TP_AVP_MULTICAST_PRIORITY, "0001");
		ck_assert_int_eq(decode(&d), L2TP_DECODE_OK);
		ck_assert(!l2tp_msg_has(&msg, L2TP_AVP_MULTICAST_PRIORITY));
		ck_assert_uint_eq(stats.avp_reserved_bits, 1);
		add_avp(&d, AVP_M | bit, L2TP_AVP_NEW_OUTGOING_SESSIONS, "0101");
		ck_assert_int_eq(decode(&d), L2TP_DECODE_BAD);
		ck_assert_uint_eq(fault.error, L2TP_ERR_UNKNOWN_AVP);
		ck_assert_str_eq(fault.text, "AVP 81 has reserved bits set");
		ck_assert_uint_eq(msg.n_sids, 0);
	}
}
END_TEST

/* The answer to a bad SCCRQ or ICRQ needs the ID that its sender assigned. */
START_TEST(ids_behind_a_fault_are_still_there)
{
	struct datagram d = start_msg(L2TP_SCCRQ, AVP_M);

	add_avp(&d, AVP_M, 9999, "");
	add_avp(&d, AVP_M, L2TP_AVP_ASSIGNED_TUNNEL_ID, "1234");
	add_avp(&d, AVP_M, L2TP_AVP_HOST_NAME, "");
	ck_assert_int_eq(decode(&d), L2TP_DECODE_BAD);
	ck_assert_uint_eq(fault.avp, 9999); /* the first one counts */
	ck_assert(l2tp_msg_has(&msg, L2TP_AVP_ASSIGNED_TUNNEL_ID));
	ck_assert_uint_eq(msg.assigned_tunnel_id, 0x1234);
	ck_assert(!l2tp_msg_has(&msg, L2TP_AVP_HOST_NAME));

	d = start_msg(L2TP_ICRQ, AVP_M);
	add_avp(&d, AVP_M, L2TP_AVP_ASSIGNED_SESSION_ID, "4321");
	add_hex(&d, "80050000000f");
	put_length(&d);
	ck_assert_int_eq(decode(&d), L2TP_DECODE_BAD);
	ck_assert_uint_eq(fault.offset, 28);
	ck_assert_uint_eq(msg.assigned_session_id, 0x4321);
}
END_TEST

/* ---------------------------------------------------------------- Session ID lists */

START_TEST(session_ids_keep_their_order_across_avps)
{
	/* A4045-7; 0 is delivered, not judged (A4045-8) */
	static const struct l2tp_sid_op expected[] = {{83, 0x0105}, {81, 0x0101}, {81, 0},
						      {81, 0x0102}, {82, 0x0103}, {81, 0x0105}};
	struct datagram d = start_msg(L2TP_MSI, 0);
	uint8_t out[256];

	add_avp(&d, AVP_M, 83, "0105");
	add_avp(&d, AVP_M, 81, "0101 0000");
	add_avp(&d, AVP_M, 81, "0102");
	add_avp(&d, 0, 84, "0002");
	add_avp(&d, 0, 82, "0103"); /* M=0 is as good (A4045-15) */
	add_avp(&d, AVP_M, 81, "0105");
	for (int round = 0; round < 2; round++) {
		ck_assert_int_eq(decode(&d), L2TP_DECODE_OK);
		ck_assert_uint_eq(msg.n_sids, array_size(expected));
		for (size_t i = 0; i < array_size(expected); i++) {
			ck_assert_uint_eq(msg.sids[i].avp, expected[i].avp);
			ck_assert_uint_eq(msg.sids[i].session_id, expected[i].session_id);
		}
		ck_assert_uint_eq(msg.multicast_priority, 2);
		d.len = l2tp_msg_encode(&msg, NULL, out, sizeof(out));
		memcpy(d.octets, out, d.len);
	}
}
END_TEST

START_TEST(an_odd_or_empty_list_is_malformed)
{
	static const char *const lists[] = {"", "01", "010203", "0102030405*9"};

	for (unsigned int avp = 81; avp <= 83; avp++) {
		for (size_t i = 0; i < array_size(lists); i++) {
			struct datagram d = start_msg(L2TP_MSI, 0);

			add_avp(&d, AVP_M, 81, "0101");
			add_avp(&d, 0, avp, lists[i]); /* whatever its M bit (A4045-44) */
			ck_assert_int_eq(decode(&d), L2TP_DECODE_BAD);
			ck_assert_uint_eq(fault.error, L2TP_ERR_LENGTH);
			ck_assert_uint_eq(fault.avp, avp);
			ck_assert_uint_eq(msg.n_sids, 1);
			ck_assert_uint_eq(msg.session_id, 0x0102);
		}
	}
}
END_TEST

/* A4045-6: 508 in one AVP, 507 if it is hidden; more in the next */
START_TEST(a_long_list_is_split_at_what_an_avp_holds)
{
	static struct l2tp_sid_op sids[1200];
	struct l2tp_msg m = {.type = L2TP_MSI, .sids = sids, .n_sids = array_size(sids)};
	struct l2tp_hide hide = {.secret = secret};
	struct datagram d;

	for (size_t i = 0; i < array_size(sids); i++)
		sids[i] = (struct l2tp_sid_op){81, 0x1000 + i};
	d.len = l2tp_msg_encode(&m, NULL, d.octets, sizeof(d.octets));
	ck_assert_uint_eq(d.len, 20 + 3 * 6 + 2 * 1200);
	ck_assert_mem_eq(d.octets + 20, "\x83\xfe\0\0\0\x51", 6); /* M, Length 1022 */
	ck_assert_int_eq(decode(&d), L2TP_DECODE_OK);
	ck_assert_uint_eq(msg.n_sids, array_size(sids));
	ck_assert_mem_eq(msg.sids, sids, sizeof(sids));

	d.len = l2tp_msg_encode(&m, &hide, d.octets, sizeof(d.octets));
	ck_assert_uint_eq(d.len, 20 + 22 + 3 * 8 + 2 * 1200);
	ck_assert_int_eq(decode_with(&d, secret), L2TP_DECODE_OK);
	ck_assert_uint_eq(msg.n_sids, array_size(sids));
	ck_assert_mem_eq(msg.sids, sids, sizeof(sids));
}
END_TEST

START_TEST(a_message_is_not_longer_than_its_length_field_can_say)
{
	static struct l2tp_sid_op sids[32600];
	static uint8_t out[70000];
	struct l2tp_msg m = {.type = L2TP_MSI, .sids = sids, .n_sids = 32000};

	for (size_t i = 0; i < array_size(sids); i++)
		sids[i] = (struct l2tp_sid_op){81, 1};
	ck_assert_uint_eq(l2tp_msg_encode(&m, NULL, out, sizeof(out)), 20 + 63 * 6 + 64000);
	m.n_sids = array_size(sids);
	ck_assert_uint_eq(l2tp_msg_encode(&m, NULL, out, sizeof(out)), 0);
}
END_TEST

START_TEST(session_ids_are_for_msi_only)
{
	const struct l2tp_sid_op op = {81, 0x0101}, other = {84, 0x0101};
	struct l2tp_msg m = {.type = L2TP_MSE, .sids = &op, .n_sids = 1};
	uint8_t out[64];

	ck_assert_uint_eq(l2tp_msg_encode(&m, NULL, out, sizeof(out)), 0); /* R4045-6.2-6 */
	m.type = L2TP_MSI;
	ck_assert_uint_eq(l2tp_msg_encode(&m, NULL, out, sizeof(out)), 28);
	m.sids = &other;
	ck_assert_uint_eq(l2tp_msg_encode(&m, NULL, out, sizeof(out)), 0);
}
END_TEST

/* ---------------------------------------------------------------- results */

/* R2661-4.4.2-1, R2661-4.4.2-2, R4045-7.3-2 */
static const struct {
	unsigned int type;
	const char *value, *text; /* NULL: malformed */
} results[] = {
	{L2TP_STOPCCN, "0001", "request to clear the control connection"},
	{L2TP_STOPCCN, "0004", "not authorised"},
	{L2TP_STOPCCN, "0005 0100", "protocol version not supported: highest is 1.0"},
	{L2TP_STOPCCN, "0006 0000", "shutting down"},
	{L2TP_STOPCCN, "0007", "state machine error"},
	{L2TP_STOPCCN, "0002 0008 4156502039393939",
	 "see error code: unknown mandatory AVP (AVP 9999)"},
	{L2TP_CDN, "0001", "loss of carrier"},
	{L2TP_CDN, "0002 0003", "see error code: value out of range"},
	{L2TP_CDN, "0002 0007", "see error code: try another LNS"},
	{L2TP_CDN, "0002 0063", "see error code: error 99"},
	{L2TP_CDN, "0002 0000", "see error code: no general error"},
	{L2TP_CDN, "000b", "no framing detected"},
	{L2TP_CDN, "000c", "result 12"},
	{L2TP_CDN, "0000", "result 0"},
	{L2TP_MSEN, "0001", "no multicast traffic for the group"},
	{L2TP_MSEN, "0002 0004", "see error code: insufficient resources"},
	{L2TP_MSEN, "0003", "no more receivers"},
	{L2TP_MSEN, "0004", "no more receivers, filter-mode change"},
	{L2TP_MSEN, "0003 0000 1b5b324a5c", "no more receivers (\\x1b[2J\\x5c)"},
	{L2TP_CDN, "", NULL},
	{L2TP_CDN, "00", NULL},
	{L2TP_CDN, "000100", NULL},
};

START_TEST(a_result_has_a_text)
{
	struct datagram d = start_msg(results[_i].type, AVP_M);
	char text[128], small[8];

	add_avp(&d, AVP_M, L2TP_AVP_RESULT_CODE, results[_i].value);
	add_avp(&d, AVP_M, results[_i].type == L2TP_STOPCCN ? 9 : 14, "0001");
	if (!results[_i].text) {
		ck_assert_int_eq(decode(&d), L2TP_DECODE_BAD);
		ck_assert_uint_eq(fault.error, L2TP_ERR_LENGTH);
		return;
	}
	ck_assert_int_eq(decode(&d), L2TP_DECODE_OK);
	ck_assert_str_eq(l2tp_result_str(msg.type, &msg.result, text, sizeof(text)),
			 results[_i].text);
	l2tp_result_str(msg.type, &msg.result, small, sizeof(small));
	ck_assert_uint_eq(strlen(small), sizeof(small) - 1);
	ck_assert_int_eq(strncmp(small, results[_i].text, sizeof(small) - 1), 0);
}
END_TEST

/* ---------------------------------------------------------------- text */

START_TEST(the_text_is_cut_at_any_size)
{
	struct datagram d = from_hex(vectors[_i].octets);
	const struct span octets = {d.octets, d.len};
	char whole[4096], cut[4096];
	size_t len = l2tp_msg_text(octets, secret, whole, sizeof(whole));

	ck_assert_uint_gt(len, 0);
	ck_assert_uint_eq(strlen(whole), len);
	ck_assert_uint_eq(l2tp_msg_text(octets, secret, cut, 0), 0);
	for (size_t size = 1; size <= len + 1; size++) {
		ck_assert_uint_eq(l2tp_msg_text(octets, secret, cut, size), size - 1);
		ck_assert_mem_eq(cut, whole, size - 1);
		ck_assert_uint_eq(strlen(cut), size - 1);
	}
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("l2tp_msg");
	TCase *t = tcase_create("messages");

	tcase_add_loop_test(t, every_vector_decodes_and_encodes_to_itself, 0, array_size(vectors));
	tcase_add_test(t, the_fields_of_a_vector_are_those_of_the_catalogue);
	tcase_add_loop_test(t, every_truncation_is_found, 0, array_size(vectors));
	tcase_add_loop_test(t, a_control_message_has_the_header_of_one, 0, array_size(headers));
	tcase_add_test(t, octets_behind_the_header_length_are_ignored);
	tcase_add_test(t, what_is_encoded_starts_with_c802);
	tcase_add_test(t, an_unknown_type_is_fatal_by_its_m_bit);
	tcase_add_test(t, without_message_type_there_is_no_message);
	tcase_add_test(t, a_second_message_type_is_ignored);
	tcase_add_loop_test(t, an_unknown_avp_is_fatal_by_its_m_bit, 0, array_size(strangers));
	tcase_add_test(t, an_avp_has_a_header_of_six_octets_and_ten_bits_of_length);
	tcase_add_test(t, a_reserved_bit_makes_an_avp_unknown);
	tcase_add_test(t, ids_behind_a_fault_are_still_there);
	tcase_add_test(t, session_ids_keep_their_order_across_avps);
	tcase_add_test(t, an_odd_or_empty_list_is_malformed);
	tcase_add_test(t, a_long_list_is_split_at_what_an_avp_holds);
	tcase_add_test(t, a_message_is_not_longer_than_its_length_field_can_say);
	tcase_add_test(t, session_ids_are_for_msi_only);
	tcase_add_loop_test(t, a_result_has_a_text, 0, array_size(results));
	tcase_add_loop_test(t, the_text_is_cut_at_any_size, 0, array_size(vectors));
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return run_suite(suite());
}
