// SPDX-License-Identifier: GPL-2.0-or-later
/* Hidden AVPs in messages (RFC 2661 4.3). */
#include "tests/unit/l2tp_build.h"

static const uint8_t octets[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
static const struct span vector = {octets, sizeof(octets)}, other_vector = {octets + 4, 9};

static struct datagram with_vector(unsigned int type, uint16_t flags)
{
	struct datagram d = start_msg(type, flags);

	add_avp_octets(&d, AVP_M, 0, L2TP_AVP_RANDOM_VECTOR, vector.p, vector.len);
	return d;
}

static void expect_sids(const char *hex)
{
	struct datagram ids = from_hex(hex);
	struct rd r = rd_init(ids.octets, ids.len);

	ck_assert_uint_eq(msg.n_sids, ids.len / 2);
	for (size_t i = 0; i < msg.n_sids; i++)
		ck_assert_uint_eq(msg.sids[i].session_id, rd_u16(&r));
}

/* W4045-16, W4045-17, W2661-3; R4045-3.2-4, R4045-6.2.1-6 */
START_TEST(the_hidden_vectors_are_read)
{
	struct datagram d = with_vector(L2TP_MSI, 0);

	add_hex(&d, "c00e00000051 3a33116aff327f8c");
	put_length(&d);
	ck_assert_int_eq(decode_with(&d, secret), L2TP_DECODE_OK);
	expect_sids("0101 0102 0103");
	ck_assert_uint_eq(stats.avp_hidden, 1);

	d = with_vector(L2TP_SCCRQ, AVP_M);
	add_hex(&d, "400800000050 a6b0");
	put_length(&d);
	decode_with(&d, secret);
	ck_assert(l2tp_msg_has(&msg, L2TP_AVP_MULTICAST_CAPABILITY));

	d = with_vector(L2TP_ICRQ, AVP_M);
	add_hex(&d, "c02000000016 d7053a636b5eab61beb1eb84be01a18b dd6ee287924a6cbe9689");
	put_length(&d);
	decode_with(&d, secret);
	ck_assert_uint_eq(msg.calling_number.len, 24);
	ck_assert_mem_eq(msg.calling_number.p, "0123456789abcdefghijklmn", 24);
}
END_TEST

START_TEST(the_nearest_random_vector_before_counts)
{
	struct datagram d = with_vector(L2TP_MSI, 0); /* R2661-4.3-2 */

	add_hidden(&d, AVP_M, 81, "0101", vector, 0);
	add_avp_octets(&d, AVP_M, 0, L2TP_AVP_RANDOM_VECTOR, other_vector.p, other_vector.len);
	add_hidden(&d, AVP_M, 81, "0102 0103", other_vector, 0);
	add_hidden(&d, AVP_M, 83, "0104", other_vector, 0);
	ck_assert_int_eq(decode_with(&d, secret), L2TP_DECODE_OK);
	expect_sids("0101 0102 0103 0104");
	ck_assert_uint_eq(stats.avp_hidden, 3);
}
END_TEST

START_TEST(padding_of_any_length_is_ignored)
{
	for (size_t padding = 0; padding <= 40; padding++) { /* R2661-4.3-4 */
		struct datagram d = with_vector(L2TP_MSI, 0);

		add_hidden(&d, AVP_M, 81, "0101 0102", vector, padding);
		add_hidden(&d, 0, 84, "0001", vector, padding);
		ck_assert_int_eq(decode_with(&d, secret), L2TP_DECODE_OK);
		expect_sids("0101 0102");
		ck_assert_uint_eq(msg.multicast_priority, 1);
	}
}
END_TEST

/* ---------------------------------------------------------------- what cannot be unhidden */

enum obstacle {
	NO_SECRET,
	WRONG_SECRET,
	NO_VECTOR,
	TOO_SHORT
};

/* A4045-19: fatal for 81 to 83, which is the end of one multicast session; 80 is ignored. */
static const struct {
	unsigned int type;
	const char *value;
	enum l2tp_decode result;
} hidden[] = {
	{81, "0101", L2TP_DECODE_BAD}, {82, "0101", L2TP_DECODE_BAD}, {83, "0101", L2TP_DECODE_BAD},
	{84, "0001", L2TP_DECODE_OK},  {80, "", L2TP_DECODE_OK},
};

static struct datagram obstructed(size_t i, enum obstacle what)
{
	bool control = hidden[i].type == 80;
	struct datagram d = start_msg(control ? L2TP_SCCRQ : L2TP_MSI, control ? AVP_M : 0);

	if (control) {
		add_avp(&d, AVP_M, 2, "0100");
		add_avp(&d, AVP_M, 3, "00000003");
		add_avp(&d, AVP_M, 7, "61");
		add_avp(&d, AVP_M, 9, "0001");
	}
	if (what != NO_VECTOR)
		add_avp_octets(&d, AVP_M, 0, L2TP_AVP_RANDOM_VECTOR, vector.p, vector.len);
	if (what == TOO_SHORT)
		add_avp(&d, AVP_M | AVP_H, hidden[i].type, "00");
	else
		add_hidden(&d, AVP_M, hidden[i].type, hidden[i].value, vector, 0);
	return d;
}

START_TEST(what_cannot_be_unhidden_is_fatal_by_the_m_bit)
{
	const struct span wrong = {(const uint8_t *)"secret", 6};

	for (enum obstacle what = NO_SECRET; what <= TOO_SHORT; what++) {
		struct datagram d = obstructed(_i, what);
		struct span with = what == NO_SECRET	  ? no_secret
				   : what == WRONG_SECRET ? wrong
							  : secret;

		ck_assert_int_eq(decode_with(&d, with), hidden[_i].result);
		ck_assert(!l2tp_msg_has(&msg, hidden[_i].type));
		ck_assert_uint_eq(msg.n_sids, 0);
		ck_assert_uint_eq(stats.avp_hidden, 1);
		ck_assert_uint_eq(stats.avp_unhide_failed, 1);
		if (hidden[_i].result == L2TP_DECODE_BAD) {
			ck_assert_uint_eq(fault.error, L2TP_ERR_VALUE);
			ck_assert_uint_eq(fault.avp, hidden[_i].type);
		}
	}
}
END_TEST

/* Whoever has no secret must not be talked into unhiding with the empty one (R2661-4.3-1). */
START_TEST(nothing_is_hidden_with_an_empty_secret_or_without_a_vector)
{
	static const struct {
		struct span key, vector, with;
	} cases[] = {{{NULL, 0}, {octets, 16}, {NULL, 0}}, {{octets, 6}, {NULL, 0}, {octets, 6}}};

	for (size_t i = 0; i < array_size(cases); i++) {
		uint8_t value[] = {0, 2, 1, 1};
		struct datagram d = start_msg(L2TP_MSI, 0);

		if (cases[i].vector.len)
			add_avp_octets(&d, AVP_M, 0, L2TP_AVP_RANDOM_VECTOR, vector.p, vector.len);
		l2tp_hide(81, cases[i].key, cases[i].vector, value, sizeof(value));
		add_avp_octets(&d, AVP_M | AVP_H, 0, 81, value, sizeof(value));
		ck_assert_int_eq(decode_with(&d, cases[i].with), L2TP_DECODE_BAD);
		ck_assert_uint_eq(msg.n_sids, 0);
	}
}
END_TEST

START_TEST(a_value_too_long_to_be_hidden_is_not_sent)
{
	static const uint8_t value[1017];
	struct l2tp_hide hide = {.secret = secret};
	struct l2tp_msg m = {.type = L2TP_SCCRP, .challenge = {value, 1015}};
	uint8_t out[2048];

	l2tp_msg_set(&m, L2TP_AVP_CHALLENGE);
	ck_assert_uint_eq(l2tp_msg_encode(&m, &hide, out, sizeof(out)), 20 + 22 + 1023);
	m.challenge.len = 1016;
	ck_assert_uint_eq(l2tp_msg_encode(&m, &hide, out, sizeof(out)), 0);
	ck_assert_uint_eq(l2tp_msg_encode(&m, NULL, out, sizeof(out)), 20 + 1022);
}
END_TEST

/* Section 2 of the catalogue: AVPs never hidden; with the message they are in. */
static const struct {
	unsigned int message, type;
	const char *value;
} plain_only[] = {
	{L2TP_STOPCCN, 1, "0001"}, {L2TP_SCCRQ, 2, "0100"},  {L2TP_SCCRQ, 5, "0102030405060708"},
	{L2TP_SCCRQ, 7, "61"},	   {L2TP_SCCRQ, 10, "0004"}, {L2TP_CDN, 12, "000203"},
	{L2TP_MSE, 36, "00"},	   {L2TP_MSE, 39, ""},
};

START_TEST(what_must_not_be_hidden_is_malformed_if_it_is)
{
	struct datagram d = with_vector(plain_only[_i].message, AVP_M);

	add_hidden(&d, AVP_M, plain_only[_i].type, plain_only[_i].value, vector, 0);
	ck_assert_int_eq(decode_with(&d, secret), L2TP_DECODE_BAD);
	ck_assert_uint_eq(stats.avp_unhide_failed, 1);
	ck_assert(!l2tp_msg_has(&msg, plain_only[_i].type));
	if (plain_only[_i].type != 5) /* M=0: what is missing after it is the fault */
		ck_assert_uint_eq(fault.avp, plain_only[_i].type);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("l2tp_hidden");
	TCase *t = tcase_create("hidden");

	tcase_add_test(t, the_hidden_vectors_are_read);
	tcase_add_test(t, the_nearest_random_vector_before_counts);
	tcase_add_test(t, padding_of_any_length_is_ignored);
	tcase_add_loop_test(t, what_cannot_be_unhidden_is_fatal_by_the_m_bit, 0,
			    array_size(hidden));
	tcase_add_test(t, nothing_is_hidden_with_an_empty_secret_or_without_a_vector);
	tcase_add_test(t, a_value_too_long_to_be_hidden_is_not_sent);
	tcase_add_loop_test(t, what_must_not_be_hidden_is_malformed_if_it_is, 0,
			    array_size(plain_only));
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return run_suite(suite());
}
