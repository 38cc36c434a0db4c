// SPDX-License-Identifier: GPL-2.0-or-later
/* Every message in every state of a multicast session on the LNS: state table S4045-L*. */
#include <stdlib.h>

#include "tests/unit/l2mc_lab.h"

static struct lab lab;

static void setup(void)
{
	lab_init(&lab);
}

static void teardown(void)
{
	lab_fini(&lab);
}

static void report_range(int first, int last, int group, const char *state)
{
	for (int i = first; i <= last; i++)
		lab_report(&lab, i, group, state);
}

enum {
	MSRP,
	MSE,
	NOSA,
	MSEN,
	MSRQ,
	MSRP_0,
	MESSAGES
};
static const char *const starts[] = {"wait-msrp", "wait-mse", "established", "closing"};

/* S4045-L2 to S4045-L9, S4045-X1, A4045-47: what is not listed is dropped, counted, no more */
static const struct {
	const char *next, *sent;
	bool unexpected;
} product[][MESSAGES] = {
	{{"wait-mse", "", false},
	 {"wait-msrp", "", true},
	 {"wait-msrp", "", true},
	 {"-", "", false},
	 {"wait-msrp", "", true},
	 {"closing", "MSEN 0 4001 2/3", false}},
	{{"wait-mse", "", true},
	 {"established", "MSI 3001 NOS 1 2", false},
	 {"wait-mse", "", true},
	 {"-", "", false},
	 {"wait-mse", "", true},
	 {"wait-mse", "", true}},
	{{"established", "", true},
	 {"established", "", true},
	 {"established 1", "", false},
	 {"-", "", false},
	 {"established", "", true},
	 {"established", "", true}},
	{{"closing", "", false},
	 {"closing", "", false},
	 {"closing", "", false},
	 {"closing", "", false},
	 {"closing", "", true},
	 {"closing", "", false}},
};

START_TEST(every_message_in_every_state)
{
	int state = _i / MESSAGES, message = _i % MESSAGES;
	struct l2tp_msg m = {.session_id = 0x4001};

	lab_start(&lab, 2);
	report_range(1, 2, 1, "ex");
	if (state >= 1)
		lab_msrp(&lab, 1);
	if (state >= 2)
		lab_mse(&lab, 1);
	if (state >= 3)
		l2mc_session_clear(lab.lns, 1, 0x4001, lab.now);
	ck_assert_str_eq(lab_session(&lab, 1), starts[state]);
	lab_sent(&lab);
	switch (message) {
	case MSRP:
		lab_msrp(&lab, 1);
		break;
	case MSE:
		lab_mse(&lab, 1);
		break;
	case NOSA:
		lab_nosa(&lab, 1, "1");
		break;
	case MSEN:
		lab_msen(&lab, 1, L2TP_MSEN_ERROR);
		break;
	default: /* not for an LNS; an MSRP without a Session ID */
		m.type = message == MSRQ ? L2TP_MSRQ : L2TP_MSRP;
		lab_input(&lab, 1, &m, NULL);
	}
	ck_assert_str_eq(lab_session(&lab, 1), product[state][message].next);
	lab_expect(&lab, product[state][message].sent);
	ck_assert_uint_eq(lab_stats(&lab).unexpected, product[state][message].unexpected);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("l2mc_product");
	TCase *tc = tcase_create("product");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, every_message_in_every_state, 0, array_size(product) * MESSAGES);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
