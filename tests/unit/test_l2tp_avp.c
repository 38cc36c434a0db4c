// SPDX-License-Identifier: GPL-2.0-or-later
/* AVPs of L2TP: which message has which, their lengths, M and H bits, values, hiding. */
#include "tests/unit/l2tp_build.h"

/* ---------------------------------------------------------------- what the RFCs say */

/*
 * RFC 2661 4.4 and RFC 4045, told independently of the table under test.  A shortest and a
 * longest value; for a fixed length one is NULL.
 */
static const struct avp {
	unsigned int type;
	const char *name;
	bool m, may_hide;
	const char *value, *longest;
} avps[] = {
	/* clang-format off */
	{1, "Result Code", true, false, "0001", "0002 0006 41*1013"},
	{2, "Protocol Version", true, false, "0100"},		      /* R2661-4.4.3-1 */
	{3, "Framing Capabilities", true, true, "00000003"},	      /* R2661-4.4.3-2 */
	{4, "Bearer Capabilities", true, true, "00000002"},
	{5, "Tie Breaker", false, false, "0102030405060708"},	      /* R2661-4.4.3-13 */
	{6, "Firmware Revision", false, true, "0102"},		      /* R2661-4.4.3-6 */
	{7, "Host Name", true, false, "61", "61*1017"},		      /* R2661-4.4.3-5 */
	{8, "Vendor Name", false, true, "", "61*1017"},
	{9, "Assigned Tunnel ID", true, true, "0001"},		      /* R2661-4.4.3-7 */
	{10, "Receive Window Size", true, false, "0001"},
	{11, "Challenge", true, true, "ff", "fe*1017"},		      /* R2661-4.4.3-10 */
	{12, "Q.931 Cause Code", true, false, "000203", "000203 61*1014"}, /* R2661-4.4.4-8 */
	{13, "Challenge Response", true, true, "aa*16"},
	{14, "Assigned Session ID", true, true, "ffff"},	      /* R2661-4.4.4-1 */
	{15, "Call Serial Number", true, true, "01020304"},
	{16, "Minimum BPS", true, true, "01020304"},		      /* R2661-4.4.4-4 */
	{17, "Maximum BPS", true, true, "01020304"},
	{18, "Bearer Type", true, true, "00000001"},
	{19, "Framing Type", true, true, "00000001"},
	{21, "Called Number", true, true, "", "31*1017"},	      /* R2661-4.4.4-5 */
	{22, "Calling Number", true, true, "", "31*1017"},
	{23, "Sub-Address", true, true, "", "31*1017"},
	{24, "(Tx) Connect Speed", true, true, "01020304"},
	{25, "Physical Channel ID", false, true, "01020304"},	      /* R2661-4.4.4-6 */
	{26, "Initial Received LCP CONFREQ", false, true, "", "01*1017"}, /* R2661-4.4.5-1 */
	{27, "Last Sent LCP CONFREQ", false, true, "", "01*1017"},
	{28, "Last Received LCP CONFREQ", false, true, "", "01*1017"},
	{29, "Proxy Authen Type", false, true, "0002"},
	{30, "Proxy Authen Name", false, true, "", "61*1017"},
	{31, "Proxy Authen Challenge", false, true, "01", "01*1017"},
	{32, "Proxy Authen ID", false, true, "0007"},
	{33, "Proxy Authen Response", false, true, "", "01*1017"},
	{34, "Call Errors", true, true,				      /* R2661-4.4.6-1 */
	 "0000 00000001 00000002 00000003 00000004 00000005 00000006"},
	{35, "ACCM", true, true, "0000 ffffffff 000a0000"},	      /* R2661-4.4.6-2 */
	{36, "Random Vector", true, false, "01", "01*1017"},	      /* R2661-4.4.1-3 */
	{37, "Private Group ID", false, true, "", "61*1017"},
	{38, "Rx Connect Speed", false, true, "01020304"},
	{39, "Sequencing Required", true, false, ""},		      /* R2661-4.4.4-7 */
	{80, "Multicast Capability", false, true, ""},		      /* R4045-3.2-3 */
	{81, "New Outgoing Sessions", true, true, "0101", "0101*1015"},	   /* R4045-6.2.1-5 */
	{82, "New Outgoing Sessions Ack", true, true, "0101", "0101*1015"}, /* R4045-6.2.2-9 */
	{83, "Withdraw Outgoing Sessions", true, true, "0101", "0101*1015"}, /* R4045-6.2.3-3 */
	{84, "Multicast Packets Priority", false, true, "0002"},      /* R4045-6.3-5 */
	/* clang-format on */
};

/* RFC 2661 6, RFC 4045 5 to 7: AVPs a message must and may have, 0 ends. */
static const struct message {
	unsigned int type;
	const char *name;
	bool m, session;
	unsigned int must[8], may[12];
} messages[] = {
	/* R2661-6.1-1, R2661-6.2-1, R2661-6.3-1, R2661-6.4-1, R4045-3.2-1 */
	{1, "SCCRQ", true, false, {2, 3, 7, 9}, {4, 5, 6, 8, 10, 11, 80}},
	{2, "SCCRP", true, false, {2, 3, 7, 9}, {4, 6, 8, 10, 11, 13, 80}},
	{3, "SCCCN", true, false, {0}, {13}},
	{4, "StopCCN", true, false, {1, 9}, {0}},
	{6, "HELLO", true, false, {0}, {0}},
	/* R2661-6.9-1, R2661-6.11-1, R2661-6.6-1, R2661-6.7-1, R2661-6.8-1, R2661-6.12-1 */
	{7, "OCRQ", true, true, {14, 15, 16, 17, 18, 19, 21}, {23}},
	{8, "OCRP", true, true, {14}, {25}},
	{9, "OCCN", true, true, {19, 24}, {38, 39}},
	{10, "ICRQ", true, true, {14, 15}, {18, 21, 22, 23, 25}},
	{11, "ICRP", true, true, {14}, {0}},
	{12, "ICCN", true, true, {19, 24}, {26, 27, 28, 29, 30, 31, 32, 33, 37, 38, 39}},
	{14, "CDN", true, true, {1, 14}, {12}},
	{15, "WEN", true, true, {34}, {0}},
	{16, "SLI", true, true, {35}, {0}},
	/* R4045-5.1-4, R4045-5.2-2, R4045-5.3-2, R4045-6.1-4, R4045-7.2-3 */
	{23, "MSRQ", false, true, {14}, {17}},
	{24, "MSRP", false, true, {14}, {0}},
	{25, "MSE", false, true, {0}, {39}},
	{26, "MSI", false, true, {0}, {81, 82, 83, 84}},
	{27, "MSEN", false, true, {1, 14}, {0}},
};

static const struct avp *avp_of(unsigned int type)
{
	for (size_t i = 0; i < array_size(avps); i++)
		if (avps[i].type == type)
			return &avps[i];
	ck_abort_msg("AVP %u", type);
}

static bool listed(const unsigned int *list, size_t n, unsigned int type)
{
	for (size_t i = 0; i < n && list[i]; i++)
		if (list[i] == type)
			return true;
	return false;
}

static bool must_have(const struct message *m, unsigned int avp)
{
	return listed(m->must, array_size(m->must), avp);
}

static bool may_have(const struct message *m, unsigned int avp)
{
	return must_have(m, avp) || listed(m->may, array_size(m->may), avp);
}

/* A message with all it must have except one (0: all). */
static struct datagram build(const struct message *m, unsigned int except)
{
	struct datagram d = start_msg(m->type, m->m ? AVP_M : 0);

	for (size_t i = 0; i < array_size(m->must) && m->must[i]; i++)
		if (m->must[i] != except)
			add_avp(&d, AVP_M, m->must[i], avp_of(m->must[i])->value);
	return d;
}

/* Some message that may have the AVP. */
static const struct message *home_of(unsigned int avp)
{
	for (size_t i = 0; i < array_size(messages); i++)
		if (may_have(&messages[i], avp))
			return &messages[i];
	return &messages[0]; /* a Random Vector is at home everywhere */
}

/* ---------------------------------------------------------------- tables */

START_TEST(names_and_scopes_are_those_of_the_rfcs)
{
	unsigned int known = 0;

	for (size_t i = 0; i < array_size(messages); i++) {
		ck_assert_str_eq(l2tp_msg_name(messages[i].type), messages[i].name);
		ck_assert_int_eq(l2tp_msg_is_session(messages[i].type), messages[i].session);
	}
	for (size_t i = 0; i < array_size(avps); i++)
		ck_assert_str_eq(l2tp_avp_name(avps[i].type), avps[i].name);
	ck_assert_str_eq(l2tp_avp_name(0), "Message Type");
	for (unsigned int type = 0; type < 70000; type++)
		known += strcmp(l2tp_avp_name(type), "unknown") != 0;
	ck_assert_uint_eq(known, array_size(avps) + 1); /* R4045-9-1 */
	ck_assert_str_eq(l2tp_msg_name(0), "ZLB");
	ck_assert_str_eq(l2tp_msg_name(5), "unknown");
	ck_assert_str_eq(l2tp_msg_name(28), "unknown");
}
END_TEST

START_TEST(an_avp_counts_in_its_messages_and_is_ignored_elsewhere)
{
	const struct message *m = &messages[_i];

	for (size_t i = 0; i < array_size(avps); i++) {
		unsigned int type = avps[i].type;
		struct datagram d = build(m, type);

		if (type == L2TP_AVP_RANDOM_VECTOR)
			continue;
		add_avp(&d, AVP_M, type, avps[i].value);
		ck_assert_int_eq(decode(&d), L2TP_DECODE_OK);
		ck_assert_int_eq(msg.type, m->type);
		ck_assert_int_eq(l2tp_msg_has(&msg, type), may_have(m, type));
		ck_assert_uint_eq(stats.avp_misplaced, !may_have(m, type));
		ck_assert_uint_eq(stats.avp_malformed, 0);
	}
}
END_TEST

START_TEST(a_missing_mandatory_avp_is_named)
{
	const struct message *m = &messages[_i];

	for (size_t i = 0; i < array_size(m->must) && m->must[i]; i++) {
		struct datagram d = build(m, m->must[i]);
		char text[80];

		ck_assert_int_eq(decode(&d), L2TP_DECODE_BAD);
		ck_assert_uint_eq(fault.avp, m->must[i]);
		ck_assert_uint_eq(fault.error, L2TP_ERR_VENDOR);
		snprintf(text, sizeof(text), "AVP %u %s missing", m->must[i],
			 avp_of(m->must[i])->name);
		ck_assert_str_eq(fault.text, text);
	}
}
END_TEST

/* R2661-4.4.1-1: M=1; R4045-5.1-8, -5.2-4, -5.3-5, -6.1-2, -7.2-4: M=0 */
START_TEST(the_message_type_has_the_m_bit_of_its_rfc)
{
	const struct message *m = &messages[_i];
	struct datagram d = build(m, 0);
	uint8_t out[256];

	ck_assert_int_eq(decode(&d), L2TP_DECODE_OK);
	ck_assert_uint_gt(l2tp_msg_encode(&msg, NULL, out, sizeof(out)), 0);
	ck_assert_uint_eq(out[12], m->m ? 0x80 : 0);
	ck_assert_mem_eq(out + 13, "\x08\0\0\0\0\0", 6);
	ck_assert_uint_eq(out[19], m->type);
	ck_assert_uint_eq(stats.avp_m_bit, 0);

	d.octets[12] ^= 0x80; /* received, either will do (A4045-16) */
	ck_assert_int_eq(decode(&d), L2TP_DECODE_OK);
	ck_assert_uint_eq(stats.avp_m_bit, 1);
}
END_TEST

/* ---------------------------------------------------------------- one AVP */

static struct datagram alone(const struct avp *a, uint16_t flags, const char *value)
{
	struct datagram d = build(home_of(a->type), a->type);

	add_avp(&d, flags, a->type, value);
	return d;
}

static void length_is_wrong(const struct avp *a, const uint8_t *value, size_t len)
{
	struct datagram d = build(home_of(a->type), a->type);
	size_t at = d.len;

	if (len > 1017)
		return; /* no such AVP */
	add_avp_octets(&d, a->m ? AVP_M : 0, 0, a->type, value, len);
	if (a->m) {
		ck_assert_int_eq(decode(&d), L2TP_DECODE_BAD);
		ck_assert_uint_eq(fault.error, L2TP_ERR_LENGTH);
		ck_assert_uint_eq(fault.avp, a->type);
		ck_assert_uint_eq(fault.offset, at);
	} else {
		ck_assert_int_eq(decode(&d), L2TP_DECODE_OK);
	}
	ck_assert_uint_eq(stats.avp_malformed, 1);
	ck_assert(!l2tp_msg_has(&msg, a->type));
}

/* R2661-7.1-2: fatal if M=1, ignored if M=0; AVP 80: R4045-3.2-2; AVP 84: A4045-43 */
START_TEST(a_wrong_length_is_fatal_by_the_m_bit)
{
	const struct avp *a = &avps[_i];
	struct datagram shortest = from_hex(a->value);
	struct datagram longest = from_hex(a->longest ? a->longest : a->value);

	if (shortest.len)
		length_is_wrong(a, shortest.octets, shortest.len - 1);
	if (shortest.len > 1)
		length_is_wrong(a, shortest.octets, 0);
	longest.octets[longest.len] = 0;
	length_is_wrong(a, longest.octets, longest.len + 1);
}
END_TEST

/* What is sent of an AVP is what was received of it, M=1 or M=0 as its row says. */
START_TEST(an_avp_is_sent_as_the_rfc_has_it)
{
	const struct avp *a = &avps[_i];
	const char *values[] = {a->value, a->longest};

	if (a->type == L2TP_AVP_RANDOM_VECTOR)
		return;
	for (size_t i = 0; i < array_size(values) && values[i]; i++) {
		struct datagram d = alone(a, a->m ? AVP_M : 0, values[i]), out;
		struct l2tp_msg first;

		ck_assert_int_eq(decode(&d), L2TP_DECODE_OK);
		ck_assert_uint_eq(stats.avp_m_bit, 0);
		first = msg;
		out.len = l2tp_msg_encode(&first, NULL, out.octets, sizeof(out.octets));
		ck_assert_uint_eq(out.len, d.len);
		/* alone in its message, or found where ascending order puts it */
		if (!home_of(a->type)->must[0])
			ck_assert_mem_eq(out.octets, d.octets, d.len);
		d = from_hex(values[i]);
		ck_assert_ptr_nonnull(memmem(out.octets, out.len, d.octets, d.len));
		ck_assert_int_eq(decode(&out), L2TP_DECODE_OK);
		ck_assert_uint_eq(stats.avp_m_bit, 0); /* the M bits it was sent with */

		d = alone(a, a->m ? 0 : AVP_M, values[i]); /* A4045-15, A4045-16 */
		ck_assert_int_eq(decode(&d), L2TP_DECODE_OK);
		ck_assert(l2tp_msg_has(&msg, a->type));
		ck_assert_uint_eq(stats.avp_m_bit, 1);
	}
}
END_TEST

START_TEST(a_message_cannot_be_sent_with_an_avp_that_does_not_belong_there)
{
	const struct message *m = &messages[_i];
	uint8_t out[2048];

	for (unsigned int type = 1; type < 128; type++) {
		struct l2tp_msg one = {
			.type = m->type,
			.host_name = secret,
			.challenge = secret,
			.challenge_response = {(const uint8_t *)"0123456789abcdef", 16},
			.proxy_authen_challenge = secret,
		};
		size_t len;

		if (type == L2TP_AVP_RANDOM_VECTOR || (type >= 81 && type <= 83))
			continue; /* not taken from `has` */
		l2tp_msg_set(&one, type);
		len = l2tp_msg_encode(&one, NULL, out, sizeof(out));
		ck_assert_int_eq(len != 0, may_have(m, type));
	}
}
END_TEST

START_TEST(a_length_that_is_not_allowed_is_not_sent)
{
	static const uint8_t octets[2000];
	struct l2tp_msg m = {.type = L2TP_SCCRP};
	uint8_t out[4096];

	l2tp_msg_set(&m, L2TP_AVP_HOST_NAME);
	ck_assert_uint_eq(l2tp_msg_encode(&m, NULL, out, sizeof(out)), 0); /* R2661-4.4.3-5 */
	m.host_name = (struct span){octets, 1017};
	ck_assert_uint_eq(l2tp_msg_encode(&m, NULL, out, sizeof(out)), 20 + 1023); /* A2661-2 */
	m.host_name.len = 1018;
	ck_assert_uint_eq(l2tp_msg_encode(&m, NULL, out, sizeof(out)), 0);

	m = (struct l2tp_msg){.type = L2TP_SCCCN, .challenge_response = {octets, 15}};
	l2tp_msg_set(&m, L2TP_AVP_CHALLENGE_RESPONSE);
	ck_assert_uint_eq(l2tp_msg_encode(&m, NULL, out, sizeof(out)), 0);
	m.challenge_response.len = 16;
	ck_assert_uint_eq(l2tp_msg_encode(&m, NULL, out, sizeof(out)), 42);
	m.challenge_response.len = 17;
	ck_assert_uint_eq(l2tp_msg_encode(&m, NULL, out, sizeof(out)), 0);
}
END_TEST

/* R2661-5.3-2, R2661-4.4.3-9, A4045-43 */
static const struct {
	unsigned int message, avp;
	const char *value;
	enum l2tp_decode result;
} values[] = {
	{L2TP_STOPCCN, L2TP_AVP_ASSIGNED_TUNNEL_ID, "0000", L2TP_DECODE_BAD},
	{L2TP_MSRQ, L2TP_AVP_ASSIGNED_SESSION_ID, "0000", L2TP_DECODE_BAD},
	{L2TP_SCCRQ, L2TP_AVP_RECEIVE_WINDOW_SIZE, "0000", L2TP_DECODE_BAD},
	{L2TP_MSI, L2TP_AVP_MULTICAST_PRIORITY, "0003", L2TP_DECODE_OK},
	{L2TP_MSI, L2TP_AVP_MULTICAST_PRIORITY, "ffff", L2TP_DECODE_OK},
};

START_TEST(a_value_out_of_range_is_fatal_by_the_m_bit)
{
	struct datagram d = start_msg(values[_i].message, AVP_M);

	add_avp(&d, AVP_M, values[_i].avp, values[_i].value);
	if (values[_i].message == L2TP_MSI)
		add_avp(&d, AVP_M, 81, "0101"); /* the rest is applied */
	ck_assert_int_eq(decode(&d), values[_i].result);
	if (values[_i].result == L2TP_DECODE_BAD)
		ck_assert_uint_eq(fault.error, L2TP_ERR_VALUE);
	else
		ck_assert_uint_eq(msg.n_sids, 1);
	ck_assert_uint_eq(stats.avp_malformed, 1);
	ck_assert(!l2tp_msg_has(&msg, values[_i].avp));
}
END_TEST

START_TEST(the_reserved_octet_of_a_proxy_authen_id_is_ignored)
{
	struct datagram d = build(home_of(32), 32);

	add_avp(&d, 0, L2TP_AVP_PROXY_AUTHEN_ID, "ff07");
	ck_assert_int_eq(decode(&d), L2TP_DECODE_OK);
	ck_assert_uint_eq(msg.proxy_authen_id, 7);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("l2tp_avp");
	TCase *t = tcase_create("table");
	size_t n_msgs = array_size(messages), n_avps = array_size(avps);

	tcase_add_test(t, names_and_scopes_are_those_of_the_rfcs);
	tcase_add_loop_test(t, an_avp_counts_in_its_messages_and_is_ignored_elsewhere, 0, n_msgs);
	tcase_add_loop_test(t, a_missing_mandatory_avp_is_named, 0, n_msgs);
	tcase_add_loop_test(t, the_message_type_has_the_m_bit_of_its_rfc, 0, n_msgs);
	tcase_add_loop_test(t, a_wrong_length_is_fatal_by_the_m_bit, 0, n_avps);
	tcase_add_loop_test(t, an_avp_is_sent_as_the_rfc_has_it, 0, n_avps);
	tcase_add_loop_test(t, a_message_cannot_be_sent_with_an_avp_that_does_not_belong_there, 0,
			    n_msgs);
	tcase_add_test(t, a_length_that_is_not_allowed_is_not_sent);
	tcase_add_loop_test(t, a_value_out_of_range_is_fatal_by_the_m_bit, 0, array_size(values));
	tcase_add_test(t, the_reserved_octet_of_a_proxy_authen_id_is_ignored);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return run_suite(suite());
}
