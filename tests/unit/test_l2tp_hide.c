// SPDX-License-Identifier: GPL-2.0-or-later
/* Hidden AVPs and challenge responses (RFC 2661 4.3, 5.1.1). */
#include <check.h>
#include <stdlib.h>

#include "l2mcd/l2tp_hide.h"

static const struct span secret = {(const uint8_t *)"s3cret", 6};
static const uint8_t vector_octets[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
static const struct span vector = {vector_octets, sizeof(vector_octets)};

/* W2661-1, W2661-2 (R2661-4.4.3-12) */
static const struct {
	enum l2tp_msg_type type;
	uint8_t response[16];
} responses[] = {
	{L2TP_SCCRP,
	 {0x6e, 0x1c, 0xa1, 0x25, 0x1f, 0x41, 0x31, 0xa7, 0x09, 0x7f, 0x0b, 0xdd, 0x8d, 0x99, 0x32,
	  0xcf}},
	{L2TP_SCCCN,
	 {0x8a, 0xbc, 0x9c, 0xb6, 0x5d, 0x9c, 0xce, 0x2f, 0x04, 0xeb, 0x4d, 0x14, 0x0b, 0xbd, 0x61,
	  0xdf}},
};

START_TEST(the_response_depends_on_the_message_that_carries_it)
{
	uint8_t challenge[16], out[L2TP_RESPONSE_LEN];

	for (size_t i = 0; i < sizeof(challenge); i++)
		challenge[i] = i * 0x11;
	l2tp_challenge_response(responses[_i].type, secret, (struct span){challenge, 16}, out);
	ck_assert_mem_eq(out, responses[_i].response, sizeof(out));
}
END_TEST

START_TEST(a_value_of_two_blocks_is_hidden_as_computed_by_hand)
{
	/* W2661-3: Calling Number, original length first (R2661-4.3-3) */
	static const uint8_t hidden[] = {0xd7, 0x05, 0x3a, 0x63, 0x6b, 0x5e, 0xab, 0x61, 0xbe,
					 0xb1, 0xeb, 0x84, 0xbe, 0x01, 0xa1, 0x8b, 0xdd, 0x6e,
					 0xe2, 0x87, 0x92, 0x4a, 0x6c, 0xbe, 0x96, 0x89};
	uint8_t value[27] = "\0\x18"
			    "0123456789abcdefghijklmn";

	l2tp_hide(L2TP_AVP_CALLING_NUMBER, secret, vector, value, sizeof(hidden));
	ck_assert_mem_eq(value, hidden, sizeof(hidden));
}
END_TEST

START_TEST(every_length_is_unhidden_and_any_other_key_is_not)
{
	const struct span other = {(const uint8_t *)"s3creT", 6};
	uint8_t value[100], hidden[100], plain[100];

	for (size_t len = 3; len <= sizeof(value); len++) {
		for (size_t i = 0; i < len; i++)
			value[i] = hidden[i] = i * 7 + len;
		l2tp_hide(81, secret, vector, hidden, len);
		l2tp_unhide(81, secret, vector, (struct span){hidden, len}, plain);
		ck_assert_mem_eq(plain, value, len);
		l2tp_unhide(82, secret, vector, (struct span){hidden, len}, plain);
		ck_assert_mem_ne(plain, value, len);
		l2tp_unhide(81, other, vector, (struct span){hidden, len}, plain);
		ck_assert_mem_ne(plain, value, len);
		l2tp_unhide(81, secret, other, (struct span){hidden, len}, plain);
		ck_assert_mem_ne(plain, value, len);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("l2tp_hide");
	TCase *t = tcase_create("hide");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, the_response_depends_on_the_message_that_carries_it, 0,
			    array_size(responses));
	tcase_add_test(t, a_value_of_two_blocks_is_hidden_as_computed_by_hand);
	tcase_add_test(t, every_length_is_unhidden_and_any_other_key_is_not);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
