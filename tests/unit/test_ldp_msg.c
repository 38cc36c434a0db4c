// SPDX-License-Identifier: GPL-2.0-or-later
/* LDP messages: what is accepted, what is understood, what is answered (mplsmc/ldp_msg.h). */
#include "mplsmc/ldp_tlv.h"
#include "tests/unit/ldp_build.h"

/* ---------------------------------------------------------------- what is answered */

static const struct {
	unsigned int type;
	const char *tlvs;
	enum ldp_decode result;
	uint32_t status;
	unsigned int tlv; /* that is blamed */
} verdicts[] = {
	/* M-5036-3.5-1: unknown messages */
	{0x3f01, "", LDP_DECODE_BAD, LDP_S_UNKNOWN_MESSAGE, 0},
	{0xbf01, "0102", LDP_DECODE_IGNORE, 0, 0},
	{0x8201, "", LDP_DECODE_OK, 0, 0},
	/* M-5036-3.3-1: unknown TLVs */
	{LDP_LABEL_MAPPING, FEC LABEL "3f010002abcd", LDP_DECODE_BAD, LDP_S_UNKNOWN_TLV, 0x3f01},
	{LDP_LABEL_MAPPING, FEC LABEL "bf010002abcd", LDP_DECODE_OK, 0, 0},
	{LDP_LABEL_MAPPING, "bf010000" FEC LABEL, LDP_DECODE_OK, 0, 0},
	{LDP_LABEL_MAPPING, FEC "ff010000" LABEL, LDP_DECODE_OK, 0, 0}, /* F too */
	/* known ones elsewhere are as good as unknown */
	{LDP_KEEPALIVE, LABEL, LDP_DECODE_BAD, LDP_S_UNKNOWN_TLV, 0x0200},
	{LDP_KEEPALIVE, "8508000180", LDP_DECODE_OK, 0, 0},
	/* U=0, seen in mappings of real routers */
	{LDP_LABEL_MAPPING, FEC LABEL "096a000400000000", LDP_DECODE_OK, 0, 0},
	/* M-5036-3.5-2: mandatory ones and their order */
	{LDP_NOTIFICATION, "", LDP_DECODE_BAD, LDP_S_MISSING_PARAMETERS, 0x0300},
	{LDP_INIT, "8508000180", LDP_DECODE_BAD, LDP_S_MISSING_PARAMETERS, 0x0500},
	{LDP_ADDRESS, "", LDP_DECODE_BAD, LDP_S_MISSING_PARAMETERS, 0x0101},
	{LDP_ADDRESS_WITHDRAW, "", LDP_DECODE_BAD, LDP_S_MISSING_PARAMETERS, 0x0101},
	{LDP_LABEL_MAPPING, FEC, LDP_DECODE_BAD, LDP_S_MISSING_PARAMETERS, 0x0200},
	{LDP_LABEL_MAPPING, LABEL FEC, LDP_DECODE_BAD, LDP_S_MISSING_PARAMETERS, 0x0200},
	{LDP_LABEL_REQUEST, "", LDP_DECODE_BAD, LDP_S_MISSING_PARAMETERS, 0x0100},
	{LDP_LABEL_WITHDRAW, LABEL, LDP_DECODE_BAD, LDP_S_MISSING_PARAMETERS, 0x0100},
	{LDP_LABEL_RELEASE, "", LDP_DECODE_BAD, LDP_S_MISSING_PARAMETERS, 0x0100},
	{LDP_LABEL_ABORT, FEC, LDP_DECODE_BAD, LDP_S_MISSING_PARAMETERS, 0x0600},
	{LDP_LABEL_MAPPING, "896f000401000101" FEC LABEL, LDP_DECODE_OK, 0, 0},
	{LDP_LABEL_MAPPING, FEC "896f000401000101" LABEL, LDP_DECODE_OK, 0, 0},
	{LDP_LABEL_MAPPING,
	 FEC LABEL "010300010a"
		   "896f000401000101",
	 LDP_DECODE_OK, 0, 0},
	{LDP_LABEL_WITHDRAW, FEC, LDP_DECODE_OK, 0, 0},
	{LDP_LABEL_RELEASE, FEC, LDP_DECODE_OK, 0, 0},
	{LDP_CAPABILITY, "", LDP_DECODE_OK, 0, 0},
	/* lengths */
	{LDP_LABEL_MAPPING, FEC "020000050000000001", LDP_DECODE_BAD, LDP_S_BAD_TLV_LENGTH, 0x0200},
	{LDP_LABEL_MAPPING, FEC "02000003000001", LDP_DECODE_BAD, LDP_S_BAD_TLV_LENGTH, 0x0200},
	{LDP_LABEL_MAPPING, FEC "0200000500000001", LDP_DECODE_BAD, LDP_S_BAD_TLV_LENGTH, 0x0200},
	{LDP_LABEL_MAPPING, FEC "0200", LDP_DECODE_BAD, LDP_S_BAD_TLV_LENGTH, 0x0200},
	{LDP_LABEL_MAPPING,
	 FEC "bf01000100"
	     "bf010002",
	 LDP_DECODE_BAD, LDP_S_BAD_TLV_LENGTH, 0x3f01},
	/* values */
	{LDP_LABEL_MAPPING, FEC "0200000400100000", LDP_DECODE_BAD, LDP_S_MALFORMED_TLV, 0x0200},
	{LDP_LABEL_MAPPING, FEC "02000004000fffff", LDP_DECODE_OK, 0, 0},
	{LDP_LABEL_MAPPING, FEC LABEL "896f0004010002ff", LDP_DECODE_BAD, LDP_S_MALFORMED_TLV,
	 0x096f},
	{LDP_LABEL_MAPPING, FEC LABEL "896f000501000201ff", LDP_DECODE_BAD, LDP_S_MALFORMED_TLV,
	 0x096f},
	{LDP_INIT, "0500000e000200b4000010000a0000010000", LDP_DECODE_BAD, LDP_S_BAD_VERSION,
	 0x0500},
	{LDP_ADDRESS, "0101000700010a00000200", LDP_DECODE_BAD, LDP_S_MALFORMED_TLV, 0x0101},
	{LDP_ADDRESS, "0101000600190a000002", LDP_DECODE_BAD, LDP_S_UNSUPPORTED_AF, 0x0101},
	/* M-5036-3.4.1-1, M-6388-2.2-2, M-6388-2.2-3: FECs */
	{LDP_LABEL_MAPPING, "01000015060019040a000001000b0300080a010101e8010101" LABEL,
	 LDP_DECODE_BAD, LDP_S_UNSUPPORTED_AF, 0x0100},
	{LDP_LABEL_MAPPING, "010000020000" LABEL, LDP_DECODE_BAD, LDP_S_UNKNOWN_FEC, 0x0100},
	{LDP_LABEL_MAPPING, "010000050100010203" LABEL, LDP_DECODE_BAD, LDP_S_UNKNOWN_FEC, 0x0100},
	{LDP_LABEL_MAPPING, "0100000170" LABEL, LDP_DECODE_BAD, LDP_S_UNKNOWN_FEC, 0x0100},
	{LDP_LABEL_MAPPING,
	 "0100000b060001050a00000100"
	 "0000" LABEL,
	 LDP_DECODE_BAD, LDP_S_UNKNOWN_FEC, 0x0100},
	{LDP_LABEL_MAPPING, "01000000" LABEL, LDP_DECODE_BAD, LDP_S_BAD_TLV_LENGTH, 0x0100},
	/* M-6388-2.2-4: alone; M-5036-3.4.1-2: several prefixes in a mapping, nowhere else */
	{LDP_LABEL_MAPPING, "0100002a" P2MP P2MP LABEL, LDP_DECODE_BAD, LDP_S_UNKNOWN_FEC, 0x0100},
	{LDP_LABEL_MAPPING, "0100001d" P2MP "020001200a000003" LABEL, LDP_DECODE_BAD,
	 LDP_S_UNKNOWN_FEC, 0x0100},
	{LDP_LABEL_MAPPING,
	 "0100001d"
	 "020001200a000003" P2MP LABEL,
	 LDP_DECODE_BAD, LDP_S_UNKNOWN_FEC, 0x0100},
	{LDP_LABEL_MAPPING,
	 "0100000c"
	 "020001200a000003"
	 "02000100" LABEL,
	 LDP_DECODE_OK, 0, 0},
	{LDP_LABEL_WITHDRAW,
	 "0100000c"
	 "020001200a000003"
	 "02000100",
	 LDP_DECODE_BAD, LDP_S_UNKNOWN_FEC, 0x0100},
	{LDP_LABEL_MAPPING,
	 "01000005"
	 "0200012100" LABEL,
	 LDP_DECODE_BAD, LDP_S_MALFORMED_TLV, 0x0100},
	/* wildcards: everything in Withdraw and Release; typed ones not in mappings (RFC 5918 4) */
	{LDP_LABEL_WITHDRAW, "0100000101", LDP_DECODE_OK, 0, 0},
	{LDP_LABEL_RELEASE, "0100000101" LABEL, LDP_DECODE_OK, 0, 0},
	{LDP_LABEL_MAPPING, "0100000101" LABEL, LDP_DECODE_BAD, LDP_S_UNKNOWN_FEC, 0x0100},
	{LDP_LABEL_REQUEST, "0100000101", LDP_DECODE_BAD, LDP_S_UNKNOWN_FEC, 0x0100},
	{LDP_LABEL_REQUEST, "010000050506020001", LDP_DECODE_OK, 0, 0},
	{LDP_LABEL_MAPPING, "010000050506020001" LABEL, LDP_DECODE_BAD, LDP_S_UNKNOWN_FEC, 0x0100},
	{LDP_LABEL_WITHDRAW,
	 "01000004"
	 "05060100",
	 LDP_DECODE_BAD, LDP_S_UNKNOWN_FEC, 0x0100},
	{LDP_LABEL_WITHDRAW, "010000050580020001", LDP_DECODE_BAD, LDP_S_UNKNOWN_FEC, 0x0100},
	{LDP_LABEL_WITHDRAW, "010000050506020019", LDP_DECODE_BAD, LDP_S_UNSUPPORTED_AF, 0x0100},
	{LDP_LABEL_WITHDRAW, "0100000a05060200010506020001", LDP_DECODE_BAD, LDP_S_UNKNOWN_FEC,
	 0x0100},
	/* a Notification counts even with a FEC that we do not know */
	{LDP_NOTIFICATION, STATUS "0100000170", LDP_DECODE_OK, 0, 0},
	{LDP_NOTIFICATION, "01000015" P2MP STATUS, LDP_DECODE_OK, 0, 0},
	/* M-5561-3-2: capabilities; unknown ones as RFC 5561 6 has it */
	{LDP_INIT,
	 COMMON "8508000180"
		"8508000180",
	 LDP_DECODE_BAD, LDP_S_MALFORMED_TLV, 0x0508},
	{LDP_CAPABILITY,
	 "8508000180"
	 "8508000100",
	 LDP_DECODE_BAD, LDP_S_MALFORMED_TLV, 0x0508},
	{LDP_INIT, COMMON "85ff000180", LDP_DECODE_OK, 0, 0},
	{LDP_INIT, COMMON "05ff000180", LDP_DECODE_BAD, LDP_S_UNSUPPORTED_CAPABILITY, 0x05ff},
	{LDP_CAPABILITY, "05ff000180", LDP_DECODE_BAD, LDP_S_UNSUPPORTED_CAPABILITY, 0x05ff},
	/* nobody answers a Hello */
	{LDP_HELLO, "", LDP_DECODE_BAD, 0, 0x0400},
	{LDP_HELLO, "04000003000f00", LDP_DECODE_BAD, 0, 0x0400},
	{LDP_HELLO,
	 "04000004000f0000"
	 "0401000400000000",
	 LDP_DECODE_BAD, 0, 0x0401},
	{LDP_HELLO,
	 "04000004000f0000"
	 "04010004e0000002",
	 LDP_DECODE_BAD, 0, 0x0401},
};

START_TEST(fault_has_the_status_of_the_standard)
{
	enum ldp_decode result = decode(verdicts[_i].type, verdicts[_i].tlvs);

	ck_assert_msg(result == verdicts[_i].result, "%04x %s: %d %s", verdicts[_i].type,
		      verdicts[_i].tlvs, result, fault.text);
	ck_assert_msg(fault.status == verdicts[_i].status, "%04x %s: %s", verdicts[_i].type,
		      verdicts[_i].tlvs, ldp_status_name(fault.status));
	ck_assert_uint_eq(fault.tlv, verdicts[_i].tlv);
	ck_assert_uint_eq(msg.type, verdicts[_i].type & 0x7fff);
	ck_assert_uint_eq(msg.id, 7);
	if (result != LDP_DECODE_BAD)
		return;
	ck_assert(fault.text[0]);
	ck_assert_uint_eq(fault.message_id, 7);
	ck_assert_uint_eq(fault.message_type, msg.type);
}
END_TEST

START_TEST(first_fault_is_the_one_reported)
{
	ck_assert_int_eq(decode(LDP_LABEL_MAPPING, "0100000170"
						   "0200000400100000"),
			 LDP_DECODE_BAD);
	ck_assert_uint_eq(fault.status, LDP_S_UNKNOWN_FEC);
	ck_assert_uint_eq(fault.offset, 8);
}
END_TEST

/* ---------------------------------------------------------------- what is understood */

/* M-5561-3-1 */
START_TEST(s_bit_counts_in_capability_but_not_in_initialization)
{
	ck_assert_int_eq(decode(LDP_INIT, COMMON "8508000100"
						 "c50a000180"),
			 LDP_DECODE_OK);
	ck_assert_uint_eq(msg.capabilities, LDP_CAP_P2MP | LDP_CAP_MBB);
	ck_assert_uint_eq(msg.enabled, LDP_CAP_P2MP | LDP_CAP_MBB);
	ck_assert_int_eq(decode(LDP_CAPABILITY, "8508000100"
						"850a000180"),
			 LDP_DECODE_OK);
	ck_assert_uint_eq(msg.capabilities, LDP_CAP_P2MP | LDP_CAP_MBB);
	ck_assert_uint_eq(msg.enabled, LDP_CAP_MBB);
}
END_TEST

/* M-6389-3-1, M-5918-5-1, RFC 5561 9 */
START_TEST(capabilities_of_initialization_are_ignored_later)
{
	ck_assert_int_eq(decode(LDP_CAPABILITY, "8506000180"
						"8507000180"
						"850b000180"
						"8508000180"),
			 LDP_DECODE_OK);
	ck_assert_uint_eq(msg.capabilities, LDP_CAP_P2MP);
}
END_TEST

START_TEST(initialization_has_parameters_of_the_session)
{
	ck_assert_int_eq(decode(LDP_INIT, "0500000e0001001e"
					  "c0050000"
					  "0a0000010002"
					  "850d0003"
					  "8090a0"),
			 LDP_DECODE_OK);
	ck_assert_uint_eq(msg.init.keepalive_s, 30);
	ck_assert(msg.init.on_demand && msg.init.loop_detection);
	ck_assert_uint_eq(msg.init.pv_limit, 5);
	ck_assert_uint_eq(msg.init.max_pdu, 0);
	ck_assert_uint_eq(msg.init.receiver.lsr_id, 0x0a000001);
	ck_assert_uint_eq(msg.init.receiver.space, 2);
	ck_assert_uint_eq(msg.enabled, LDP_CAP_SAC);
	ck_assert_uint_eq(msg.n_sac, 2);
	ck_assert_uint_eq(msg.sac[0], 0x90);
	ck_assert_uint_eq(msg.sac[1], 0xa0);
}
END_TEST

START_TEST(hello_with_both_families_gives_the_ipv4_address)
{
#define V6 "0403001020010db8000000000000000000000001"
#define V4 "040100040a000002"
	static const char *const hellos[] = {V6 V4, V4 V6, V4 "040100040a000003"};
	struct addr expected;

	ck_assert(addr_parse("10.0.0.2", &expected));
	for (size_t i = 0; i < array_size(hellos); i++) {
		char tlvs[256];

		snprintf(tlvs, sizeof(tlvs), "04000004002d2000%s", hellos[i]);
		ck_assert_int_eq(decode(LDP_HELLO, tlvs), LDP_DECODE_OK);
		ck_assert_int_eq(addr_cmp(&msg.hello.transport, &expected), 0);
		ck_assert_uint_eq(msg.hello.hold_s, 45);
		ck_assert(msg.hello.gtsm && !msg.hello.targeted && !msg.hello.request);
	}
	ck_assert_int_eq(decode(LDP_HELLO, "0400000400ffe000" V6 "0402000400000009"
					   "8701000440000000"),
			 LDP_DECODE_OK);
	ck_assert(msg.hello.targeted && msg.hello.request);
	ck_assert(!addr_is_v4(&msg.hello.transport));
	ck_assert(msg.hello.has_sequence && msg.hello.sequence == 9);
}
END_TEST

/* A-mLDP-5; null labels included */
START_TEST(label_is_right_justified_and_delivered_as_it_is)
{
	ck_assert_int_eq(decode(LDP_LABEL_MAPPING, FEC LABEL), LDP_DECODE_OK);
	ck_assert(msg.has_label);
	ck_assert_uint_eq(msg.label, 1001);
	ck_assert_int_eq(decode(LDP_LABEL_MAPPING, FEC "0200000400000003"), LDP_DECODE_OK);
	ck_assert_uint_eq(msg.label, 3);
}
END_TEST

/* M-6388-8.2-1 */
START_TEST(mbb_status_is_request_or_ack_among_other_elements)
{
	static const struct {
		const char *tlv;
		enum ldp_mbb mbb;
	} rows[] = {
		{"896f000401000101", LDP_MBB_REQUEST},
		{"896f000401000102", LDP_MBB_ACK},
		{"896f000401000103", LDP_MBB_NONE},
		{"896f0000", LDP_MBB_NONE},
		{"896f000963000201ff"
		 "01000102",
		 LDP_MBB_ACK},
		{"096f000401000101", LDP_MBB_REQUEST}, /* whatever its U bit */
	};

	for (size_t i = 0; i < array_size(rows); i++) {
		char tlvs[256];

		snprintf(tlvs, sizeof(tlvs), FEC LABEL "%s", rows[i].tlv);
		ck_assert_int_eq(decode(LDP_LABEL_MAPPING, tlvs), LDP_DECODE_OK);
		ck_assert_int_eq(msg.mbb, rows[i].mbb);
	}
}
END_TEST

/* M-6388-9-1 */
START_TEST(typed_wildcard_has_type_and_family)
{
	ck_assert_int_eq(decode(LDP_LABEL_WITHDRAW, "010000050506020001"), LDP_DECODE_OK);
	ck_assert_uint_eq(msg.n_fecs, 1);
	ck_assert_int_eq(msg.fecs[0].kind, LDP_FEC_TYPED_WILDCARD);
	ck_assert_uint_eq(msg.fecs[0].wildcard_type, MLDP_P2MP);
	ck_assert_uint_eq(msg.fecs[0].wildcard_family, 1);
	ck_assert_int_eq(decode(LDP_LABEL_WITHDRAW, "010000030508"
						    "00"),
			 LDP_DECODE_OK);
	ck_assert_uint_eq(msg.fecs[0].wildcard_type, MLDP_MP2MP_DOWN);
	ck_assert_uint_eq(msg.fecs[0].wildcard_family, 0);
}
END_TEST

/* A-mLDP-7 */
START_TEST(upstream_label_stands_for_the_label)
{
#define UPSTREAM                   \
	"020400080000000000000bb9" \
	"060000040000000d"
#define CONTEXT            \
	"0000000000000000" \
	"001f000c0a63000100000011"
	static const char *const interface_ids[] = {"082d0014" CONTEXT, "082d0018" CONTEXT};
	/* nothing, another sub-TLV, cut short, a label of 21 bits, an odd address */
	static const char *const no_context[] = {
		"082d00080000000000000000",
		"082d00140000000000000000001e000c0a63000100000011",
		"082d00140000000000000000001f000d0a63000100000011",
		"082d00140000000000000000001f000c0a63000100100011",
		"082d00140000000000000000001f000a0a63000000110000",
	};
	char tlvs[512];

	for (size_t i = 0; i < array_size(interface_ids); i++) {
		snprintf(tlvs, sizeof(tlvs), FEC UPSTREAM "%s", interface_ids[i]);
		ck_assert_int_eq(decode(LDP_LABEL_MAPPING, tlvs), LDP_DECODE_OK);
		ck_assert(!msg.has_label && msg.has_upstream_label && msg.has_request_id);
		ck_assert_uint_eq(msg.upstream_label, 3001);
		ck_assert_uint_eq(msg.request_id, 13);
		/* A-mLDP-6: source address, label; M-6389-6-2 */
		ck_assert(msg.has_context);
		ck_assert_uint_eq(msg.context_label, 17);
		ck_assert_mem_eq(addr_octets(&msg.context_source), "\x0a\x63\x00\x01", 4);
	}
	for (size_t i = 0; i < array_size(no_context); i++) {
		snprintf(tlvs, sizeof(tlvs), FEC UPSTREAM "%s", no_context[i]);
		ck_assert_int_eq(decode(LDP_LABEL_MAPPING, tlvs), LDP_DECODE_OK);
		ck_assert(msg.has_upstream_label && !msg.has_context);
	}
	/* four too many is too many if it is not the last one, or is another TLV */
	ck_assert_int_eq(decode(LDP_LABEL_MAPPING, FEC UPSTREAM "082d0018" CONTEXT "01030001ff"),
			 LDP_DECODE_BAD);
	ck_assert_int_eq(decode(LDP_LABEL_MAPPING, FEC UPSTREAM "01030005ff"), LDP_DECODE_BAD);
}
END_TEST

START_TEST(notification_has_status_and_what_it_is_about)
{
	ck_assert_int_eq(decode(LDP_NOTIFICATION, "0300000ac000000a000000050400"
						  "03010004000000ff"
						  "030200020102"
						  "83040000"),
			 LDP_DECODE_OK);
	ck_assert(msg.has_status && msg.status.forward);
	ck_assert_uint_eq(msg.status.code, LDP_S_SHUTDOWN);
	ck_assert_uint_eq(msg.status.message_id, 5);
	ck_assert_uint_eq(msg.status.message_type, LDP_LABEL_MAPPING);
}
END_TEST

START_TEST(mapped_ipv4_address_is_nobodys)
{
	ck_assert_int_eq(decode(LDP_ADDRESS, "010100220002"
					     "00000000000000000000ffff0a000001"
					     "20010db8000000000000000000000001"),
			 LDP_DECODE_OK);
	ck_assert_uint_eq(msg.n_addresses, 1);
	ck_assert(!addr_is_v4(&msg.addresses[0]));
}
END_TEST

START_TEST(repeated_parameter_does_not_count)
{
	ck_assert_int_eq(decode(LDP_LABEL_MAPPING, FEC LABEL "02000004000003ea"), LDP_DECODE_OK);
	ck_assert_uint_eq(msg.label, 1001);
	ck_assert_int_eq(decode(LDP_LABEL_MAPPING, FEC LABEL UPSTREAM), LDP_DECODE_OK);
	ck_assert_uint_eq(msg.label, 1001);
	ck_assert(!msg.has_upstream_label);
}
END_TEST

START_TEST(more_prefixes_than_we_keep_do_no_harm)
{
	char tlvs[8192] = "010001f4"; /* 125 elements of 4 octets */

	for (int i = 0; i < 125; i++)
		strcat(tlvs, "02000100");
	strcat(tlvs, LABEL);
	ck_assert_int_eq(decode(LDP_LABEL_MAPPING, tlvs), LDP_DECODE_OK);
	ck_assert_uint_eq(msg.n_fecs, LDP_MAX_FECS);
}
END_TEST

/* ---------------------------------------------------------------- framing */

/* M-5036-3.1-1 */
START_TEST(messages_of_a_pdu_follow_each_other_unaligned)
{
	static const char pdu[] = "bf010007000000010102ff" /* unknown, odd length */
				  "3f01000400000002"	   /* unknown, U=0 */
				  "0201000400000003"
				  "020100050000000400"; /* half a TLV */
	static const enum ldp_decode results[] = {LDP_DECODE_IGNORE, LDP_DECODE_BAD, LDP_DECODE_OK,
						  LDP_DECODE_BAD};
	uint8_t octets[64];
	struct rd r = rd_init(octets, unhex(pdu, octets));

	for (unsigned int i = 0; i < 4; i++) {
		ck_assert_int_eq(ldp_msg_decode(&decoder, &r, &msg, &fault), results[i]);
		ck_assert_uint_eq(msg.id, i + 1);
	}
	ck_assert_uint_eq(rd_left(&r), 0);
}
END_TEST

/* RFC 5036 3.5.1.2.1 */
START_TEST(message_length_that_leads_nowhere_is_fatal)
{
	static const char *const bad[] = {
		"0201000500000001", "0201000300000001", "02010000", "02010004000000", "02",
		"0201ffff00000001"};

	for (size_t i = 0; i < array_size(bad); i++) {
		uint8_t octets[64];
		size_t left, n = unhex(bad[i], octets);

		ck_assert_int_eq(decode_octets(octets, n, &left), LDP_DECODE_BAD);
		ck_assert_uint_eq(fault.status, LDP_S_BAD_MESSAGE_LENGTH);
		ck_assert_uint_eq(left, 0);
	}
}
END_TEST

/* RFC 5036 3.1 and 3.5.3: 255 or less means 4096 */
START_TEST(pdu_header_is_checked)
{
	static const struct {
		const char *octets;
		uint16_t max_pdu;
		uint32_t status;
		size_t length;
	} rows[] = {
		{"0001000e0a0000020003", 4096, 0, 18},
		{"000110000a0000020003", 4096, 0, 4100},
		{"000110010a0000020003", 4096, LDP_S_BAD_PDU_LENGTH, 0},
		{"000110000a0000020003", 0, 0, 4100},
		{"000110010a0000020003", 255, LDP_S_BAD_PDU_LENGTH, 0},
		{"000101010a0000020003", 256, LDP_S_BAD_PDU_LENGTH, 0},
		{"0001000d0a0000020003", 4096, LDP_S_BAD_PDU_LENGTH, 0},
		{"0002000e0a0000020003", 4096, LDP_S_BAD_VERSION, 0},
		{"0001000e000000000003", 4096, LDP_S_BAD_LDP_ID, 0},
	};

	for (size_t i = 0; i < array_size(rows); i++) {
		struct ldp_id id;
		uint32_t status;
		uint8_t octets[16];
		size_t length, n = unhex(rows[i].octets, octets);
		bool ok = ldp_pdu_header((struct span){octets, n}, rows[i].max_pdu, &id, &length,
					 &status);

		ck_assert_msg(status == rows[i].status, "%s: %s", rows[i].octets,
			      ldp_status_name(status));
		ck_assert_int_eq(ok, !rows[i].status);
		if (!ok)
			continue;
		ck_assert_uint_eq(length, rows[i].length);
		ck_assert_uint_eq(id.lsr_id, 0x0a000002);
		ck_assert_uint_eq(id.space, 3);
	}
}
END_TEST

START_TEST(message_cut_anywhere_is_not_accepted)
{
	static const struct {
		unsigned int type;
		const char *tlvs;
	} rows[] = {
		{LDP_HELLO, "04000004000f0000"
			    "040100040a000002"},
		{LDP_INIT, COMMON "8508000180"
				  "850d0003"
				  "8090a0"},
		{LDP_NOTIFICATION, STATUS "896f000401000102" FEC LABEL},
		{LDP_ADDRESS, "0101000a00010a0000020a010002"},
		{LDP_LABEL_MAPPING, FEC LABEL "896f000401000101"},
		{LDP_LABEL_MAPPING, FEC UPSTREAM "082d0014" CONTEXT},
		{LDP_LABEL_ABORT, FEC "060000040000000d"},
	};
	uint8_t octets[512] = {rows[_i].type >> 8, rows[_i].type & 0xff, [7] = 1};
	size_t n = 8 + unhex(rows[_i].tlvs, octets + 8), left;

	put_u16(octets + 2, (uint16_t)(n - 4));
	ck_assert_int_eq(decode_octets(octets, n, &left), LDP_DECODE_OK);
	for (size_t cut = 0; cut < n; cut++) { /* in the PDU: the message is too long for it */
		ck_assert_int_eq(decode_octets(octets, cut, &left), LDP_DECODE_BAD);
		ck_assert_uint_eq(fault.status, cut >= 2 && rows[_i].type == LDP_HELLO
							? 0
							: LDP_S_BAD_MESSAGE_LENGTH);
	}
	for (size_t cut = 8; cut < n; cut++) { /* in the message: between TLVs it may be fine */
		enum ldp_decode result;

		put_u16(octets + 2, (uint16_t)(cut - 4));
		result = decode_octets(octets, cut, &left);
		ck_assert(result == LDP_DECODE_OK || fault.offset <= cut);
		ck_assert_uint_eq(left, 0);
	}
}
END_TEST

/* The decoder keeps a bit for each. */
START_TEST(tlv_table_is_consistent)
{
	ck_assert_uint_le(ldp_tlv_n_rows, 64);
	for (size_t i = 0; i < ldp_tlv_n_rows; i++) {
		const struct ldp_tlv_row *row = &ldp_tlv_rows[i];

		ck_assert_ptr_eq(ldp_tlv_row(row->type), row);
		ck_assert(row->name && row->read && row->min <= row->max && row->messages);
		ck_assert(row->write || !row->has);
		ck_assert(!(row->type & ~LDP_TLV_TYPE) && !(row->flags & LDP_TLV_F));
		ck_assert(!row->capability || row->flags == LDP_U); /* M-5561-3-1 */
	}
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("ldp_msg");
	TCase *in = tcase_create("decoding");

	tcase_add_loop_test(in, fault_has_the_status_of_the_standard, 0, array_size(verdicts));
	tcase_add_test(in, first_fault_is_the_one_reported);
	tcase_add_test(in, s_bit_counts_in_capability_but_not_in_initialization);
	tcase_add_test(in, capabilities_of_initialization_are_ignored_later);
	tcase_add_test(in, initialization_has_parameters_of_the_session);
	tcase_add_test(in, hello_with_both_families_gives_the_ipv4_address);
	tcase_add_test(in, label_is_right_justified_and_delivered_as_it_is);
	tcase_add_test(in, mbb_status_is_request_or_ack_among_other_elements);
	tcase_add_test(in, typed_wildcard_has_type_and_family);
	tcase_add_test(in, upstream_label_stands_for_the_label);
	tcase_add_test(in, notification_has_status_and_what_it_is_about);
	tcase_add_test(in, mapped_ipv4_address_is_nobodys);
	tcase_add_test(in, repeated_parameter_does_not_count);
	tcase_add_test(in, more_prefixes_than_we_keep_do_no_harm);
	tcase_add_test(in, messages_of_a_pdu_follow_each_other_unaligned);
	tcase_add_test(in, message_length_that_leads_nowhere_is_fatal);
	tcase_add_test(in, pdu_header_is_checked);
	tcase_add_loop_test(in, message_cut_anywhere_is_not_accepted, 0, 7);
	tcase_add_test(in, tlv_table_is_consistent);
	suite_add_tcase(s, in);
	return s;
}

int main(void)
{
	SRunner *r = srunner_create(suite());
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
