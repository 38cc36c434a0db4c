// SPDX-License-Identifier: GPL-2.0-or-later
/* The line of an established call: WEN and SLI; a tunnel without calls. */
#include <stdlib.h>

#include "tests/unit/l2tp_rig.h"

static struct rig *r;

static void setup(void)
{
	r = rig_new();
}

static void teardown(void)
{
	rig_free(r);
}

/* ---------------------------------------------------------------- WEN */

static unsigned int wens(msec_t *first, msec_t *last)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < r->n_got; i++)
		if (r->got[i].m.type == L2TP_WEN) {
			*first = n ? *first : r->got[i].at;
			*last = r->got[i].at;
			n++;
		}
	return n;
}

static void count(uint32_t crc)
{
	const struct l2tp_call_errors e = {.crc = crc,
					   .framing = 2,
					   .hardware_overrun = 3,
					   .buffer_overrun = 4,
					   .timeout = 5,
					   .alignment = 6};

	l2tp_session_errors(r->s, &e, r->now);
	rig_collect(r);
}

/* R2661-6.13-1, R2661-4.4.6-1 */
START_TEST(errors_of_the_line_are_told_in_a_wen)
{
	const struct l2tp_msg *m;

	if (_i)
		rig_outgoing(r, true, L2TP_S_ESTABLISHED);
	else
		rig_session(r, true, L2TP_S_ESTABLISHED);
	count(7);
	m = &rig_next(r, L2TP_WEN)->m;
	ck_assert_uint_eq(m->session_id, RIG_PEER_SID);
	ck_assert_uint_eq(m->call_errors.crc, 7);
	ck_assert_uint_eq(m->call_errors.framing, 2);
	ck_assert_uint_eq(m->call_errors.hardware_overrun, 3);
	ck_assert_uint_eq(m->call_errors.buffer_overrun, 4);
	ck_assert_uint_eq(m->call_errors.timeout, 5);
	ck_assert_uint_eq(m->call_errors.alignment, 6);
	rig_silent(r);
	ck_assert_uint_eq(rig_session_info(r->s).wens, 1);
	ck_assert_uint_eq(rig_session_info(r->s).errors.crc, 7);
}
END_TEST

/* R2661-6.13-1: ten minutes with an error each second */
START_TEST(a_wen_comes_at_most_once_a_minute_with_all_errors_of_the_call)
{
	msec_t first = 0, last = 0;
	unsigned int n;

	rig_session(r, true, L2TP_S_ESTABLISHED);
	for (uint32_t s = 1; s <= 600; s++) {
		count(s);
		rig_wait(r, 1000);
	}
	n = wens(&first, &last);
	ck_assert_uint_eq(n, 11); /* the first at once, the last at the end */
	ck_assert_uint_ge(last - first, 10 * 60000);
	for (unsigned int i = 0, k = 0; i < r->n_got; i++)
		if (r->got[i].m.type == L2TP_WEN) /* cumulative */
			ck_assert_uint_ge(r->got[i].m.call_errors.crc, 60 * k++);
}
END_TEST

/* R2661-6.13-1 */
START_TEST(a_line_without_new_errors_is_not_talked_about)
{
	const struct l2tp_call_errors none = {0};
	msec_t first, last;

	rig_session(r, true, L2TP_S_ESTABLISHED);
	for (unsigned int i = 0; i < 10; i++) {
		l2tp_session_errors(r->s, &none, r->now);
		rig_wait(r, 60000);
	}
	ck_assert_uint_eq(wens(&first, &last), 0);
	count(1);
	for (unsigned int i = 0; i < 10; i++) {
		count(1);
		rig_wait(r, 60000);
	}
	ck_assert_uint_eq(wens(&first, &last), 1);
}
END_TEST

START_TEST(a_wen_that_waits_dies_with_its_call)
{
	msec_t first, last;

	rig_session(r, true, L2TP_S_ESTABLISHED);
	count(1);
	count(2);
	rig_say(r, rig_to_session(r, L2TP_CDN, rig_sid(r->s)));
	rig_wait(r, 120000);
	ck_assert_uint_eq(wens(&first, &last), 1);
}
END_TEST

/* R2661-6.13-1 */
START_TEST(an_lns_keeps_the_errors_and_sends_no_wen_itself)
{
	struct l2tp_msg m;

	rig_session(r, false, L2TP_S_ESTABLISHED);
	count(9);
	rig_silent(r);
	m = rig_to_session(r, L2TP_WEN, rig_sid(r->s));
	m.call_errors.crc = 11;
	m.call_errors.alignment = 12;
	rig_say(r, m);
	ck_assert_uint_eq(r->infos, 1);
	ck_assert_uint_eq(rig_session_info(r->s).errors.crc, 11);
	ck_assert_uint_eq(rig_session_info(r->s).errors.alignment, 12);
	ck_assert_uint_eq(rig_session_info(r->s).wens, 1);
}
END_TEST

/* ---------------------------------------------------------------- SLI */

/* R2661-6.14-1, R2661-4.4.6-2 */
START_TEST(an_sli_changes_what_the_lac_escapes)
{
	struct l2tp_msg m;

	if (_i)
		rig_outgoing(r, true, L2TP_S_ESTABLISHED);
	else
		rig_session(r, true, L2TP_S_ESTABLISHED);
	ck_assert_uint_eq(rig_session_info(r->s).send_accm, 0xffffffff);
	ck_assert_uint_eq(rig_session_info(r->s).receive_accm, 0xffffffff);
	for (uint32_t i = 0; i < 3; i++) { /* at any time, any number of times */
		m = rig_to_session(r, L2TP_SLI, rig_sid(r->s));
		m.accm.send = i;
		m.accm.receive = 0xa0000 + i;
		rig_say(r, m);
		ck_assert_uint_eq(r->infos, i + 1);
		ck_assert_uint_eq(rig_session_info(r->s).send_accm, i);
		ck_assert_uint_eq(rig_session_info(r->s).receive_accm, 0xa0000 + i);
		rig_wait(r, 1000);
	}
	ck_assert_uint_eq(rig_session_info(r->s).slis, 3);
}
END_TEST

/* R2661-6.14-1 */
START_TEST(only_an_lns_sends_sli)
{
	const struct l2tp_msg *m;

	rig_session(r, _i, L2TP_S_ESTABLISHED);
	l2tp_session_sli(r->s, 0, 0xa0000, r->now);
	rig_collect(r);
	if (!_i) {
		m = &rig_next(r, L2TP_SLI)->m;
		ck_assert_uint_eq(m->session_id, RIG_PEER_SID);
		ck_assert_uint_eq(m->accm.send, 0);
		ck_assert_uint_eq(m->accm.receive, 0xa0000);
		ck_assert_uint_eq(rig_session_info(r->s).slis, 1);
	}
	rig_silent(r);
}
END_TEST

/* The other way round they mean nothing. */
START_TEST(a_message_of_the_other_end_is_counted_only)
{
	rig_session(r, _i, L2TP_S_ESTABLISHED);
	rig_say(r, rig_to_session(r, _i ? L2TP_WEN : L2TP_SLI, rig_sid(r->s)));
	rig_next(r, L2TP_ZLB);
	rig_silent(r);
	ck_assert_uint_eq(r->infos, 0);
	ck_assert_uint_eq(rig_stats(r)->rx_unexpected, 1);
	ck_assert_uint_eq(rig_session_info(r->s).send_accm, 0xffffffff);
}
END_TEST

/* ---------------------------------------------------------------- a tunnel without calls */

/* R2661-7.6-2 */
START_TEST(an_idle_tunnel_is_closed_when_that_is_configured)
{
	r->params.idle_timeout_s = _i ? 100 : 0;
	r->params.hello_interval_s = 0;
	rig_session(r, true, L2TP_S_ESTABLISHED);
	rig_wait(r, 1000000);
	ck_assert_int_eq(rig_state(r), L2TP_T_ESTABLISHED); /* it has a call */
	rig_say(r, rig_to_session(r, L2TP_CDN, rig_sid(r->s)));
	rig_forget(r);
	rig_wait(r, 99000);
	ck_assert_int_eq(rig_state(r), L2TP_T_ESTABLISHED);
	rig_wait(r, 2000);
	if (_i)
		rig_stopccn(r, L2TP_STOP_GENERAL);
	rig_silent(r);
	ck_assert_uint_eq(r->downs, _i);
}
END_TEST

/* R2661-7.6-2 */
START_TEST(the_clock_starts_with_the_last_call_and_with_the_tunnel)
{
	const struct l2tp_call call = {.framing_type = 1};

	r->params.idle_timeout_s = 100;
	r->params.hello_interval_s = 0;
	rig_tunnel(r, L2TP_T_ESTABLISHED);
	r->acks_itself = true;
	rig_wait(r, 90000);
	r->s = l2tp_session_call(r->t, &call, NULL, r->now); /* in time */
	rig_collect(r);
	rig_say(r, rig_to_session(r, L2TP_ICRP, rig_sid(r->s)));
	rig_wait(r, 50000);
	l2tp_session_close(r->s, L2TP_CDN_ADMIN, L2TP_ERR_NONE, NULL, r->now);
	rig_collect(r);
	rig_wait(r, 99000);
	ck_assert_uint_eq(r->downs, 0);
	rig_wait(r, 2000);
	ck_assert_uint_eq(r->downs, 1);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_loop_test(tc, errors_of_the_line_are_told_in_a_wen, 0, 2);
	tcase_add_test(tc, a_wen_comes_at_most_once_a_minute_with_all_errors_of_the_call);
	tcase_add_test(tc, a_line_without_new_errors_is_not_talked_about);
	tcase_add_test(tc, a_wen_that_waits_dies_with_its_call);
	tcase_add_test(tc, an_lns_keeps_the_errors_and_sends_no_wen_itself);
	tcase_add_loop_test(tc, an_sli_changes_what_the_lac_escapes, 0, 2);
	tcase_add_loop_test(tc, only_an_lns_sends_sli, 0, 2);
	tcase_add_loop_test(tc, a_message_of_the_other_end_is_counted_only, 0, 2);
	tcase_add_loop_test(tc, an_idle_tunnel_is_closed_when_that_is_configured, 0, 2);
	tcase_add_test(tc, the_clock_starts_with_the_last_call_and_with_the_tunnel);
}

int main(void)
{
	Suite *s = suite_create("l2tp_link");
	TCase *tc = tcase_create("l2tp_link");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	add_tests(tc);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
