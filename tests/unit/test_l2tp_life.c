// SPDX-License-Identifier: GPL-2.0-or-later
/* Control connections: ends, HELLO, delivery, multicast messages, headers. */
#include <stdlib.h>

#include "l2mcd/l2tp_fsm.h"
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

/* ---------------------------------------------------------------- ends */

/* R2661-5.7-1, R2661-5.8-10 */
START_TEST(stopccn_is_acknowledged_again_for_a_full_cycle)
{
	struct l2tp_msg m;

	rig_tunnel(r, L2TP_T_ESTABLISHED);
	m = rig_msg(r, L2TP_STOPCCN);
	m.result.result = L2TP_STOP_SHUTDOWN;
	m.ns = r->ns;
	m.nr = r->nr;
	rig_put(r, &m);
	rig_next(r, L2TP_ZLB);
	ck_assert_uint_eq(r->downs, 1);
	ck_assert_ptr_ne(strstr(r->reason, "peer: "), NULL);
	ck_assert_ptr_eq(l2tp_tunnel_find(r->e, r->tid), NULL);
	for (unsigned int i = 0; i < 3; i++) {
		rig_wait(r, 10000);
		rig_put(r, &m);
		rig_next(r, L2TP_ZLB);
	}
	rig_wait(r, 1000);
	ck_assert_uint_eq(rig_tunnels(r), 0);
	rig_put(r, &m);
	rig_silent(r);
	ck_assert_uint_eq(rig_stats(r)->rx_unknown_tunnel, 1);
	ck_assert_uint_eq(r->downs, 1);
}
END_TEST

/* R2661-7.6-1, R2661-5.8-9, R2661-7.1-3 */
START_TEST(stopccn_to_a_silent_peer_is_repeated_then_the_tunnel_is_gone)
{
	rig_tunnel(r, L2TP_T_ESTABLISHED);
	l2tp_tunnel_close(r->t, L2TP_STOP_ERROR, r->now);
	ck_assert_uint_eq(r->downs, 1);
	rig_wait(r, 46999);
	for (unsigned int i = 0; i < 6; i++)
		rig_stopccn(r, L2TP_STOP_ERROR);
	rig_silent(r);
	ck_assert_uint_eq(rig_tunnels(r), 1); /* the ID is still reserved */
	rig_wait(r, 1);
	ck_assert_uint_eq(rig_tunnels(r), 0);
	ck_assert_uint_eq(r->downs, 1);
}
END_TEST

START_TEST(after_its_stopccn_was_acknowledged_a_tunnel_stays_for_a_full_cycle)
{
	rig_tunnel(r, L2TP_T_CLOSING);
	rig_ack(r);
	rig_wait(r, 30999);
	rig_silent(r); /* not repeated */
	ck_assert_uint_eq(rig_tunnels(r), 1);
	rig_say(r, rig_msg(r, L2TP_HELLO));
	rig_next(r, L2TP_ZLB); /* R2661-5.8-10 */
	rig_wait(r, 1);
	ck_assert_uint_eq(rig_tunnels(r), 0);
}
END_TEST

/* R2661-4.4.3-8, both ways */
START_TEST(stopccn_works_before_the_peer_knows_our_id)
{
	struct l2tp_msg m = rig_msg(r, L2TP_STOPCCN);

	rig_say(r, rig_msg(r, L2TP_SCCRQ));
	rig_next(r, L2TP_SCCRP);
	m.tunnel_id = 0;
	m.ns = 1;
	rig_put(r, &m);
	rig_next(r, L2TP_ZLB);
	ck_assert_int_eq(rig_state(r), L2TP_T_CLOSING);
	ck_assert_uint_eq(r->downs, 1);
}
END_TEST

START_TEST(stopccn_for_a_sccrq_waits_for_its_acknowledgement)
{
	const struct rig_got *g;

	r->t = l2tp_tunnel_open(r->e, &r->us, &r->them, &r->params, r->now);
	rig_collect(r);
	rig_next(r, L2TP_SCCRQ);
	l2tp_tunnel_close(r->t, L2TP_STOP_GENERAL, r->now);
	rig_collect(r);
	rig_silent(r);
	rig_say(r, rig_msg(r, L2TP_SCCRP)); /* tells the ID to send it to */
	g = rig_stopccn(r, L2TP_STOP_GENERAL);
	ck_assert_uint_eq(g->m.ns, 1);
	ck_assert_uint_eq(g->m.nr, 1);
	ck_assert_uint_eq(r->ups, 0);
}
END_TEST

static void multicast_message(void)
{
	struct l2tp_msg m = {.type = L2TP_MSRQ, .assigned_session_id = 5};

	l2tp_msg_set(&m, L2TP_AVP_ASSIGNED_SESSION_ID);
	ck_assert(l2tp_tunnel_send(r->t, &m, 1, r->now));
}

/* R2661-6.4-1: the peer has cleared everything, repeating is of no use */
START_TEST(after_a_stopccn_of_the_peer_nothing_is_repeated)
{
	int data;

	rig_tunnel(r, L2TP_T_ESTABLISHED);
	l2tp_tunnel_set_data(r->t, &data);
	multicast_message();
	rig_collect(r);
	rig_next(r, L2TP_MSRQ);
	r->nr--; /* it crosses */
	rig_say(r, rig_msg(r, L2TP_STOPCCN));
	rig_next(r, L2TP_ZLB);
	ck_assert_ptr_eq(l2tp_tunnel_data(l2tp_tunnel_first(r->e)), NULL);
	rig_wait(r, 100000);
	rig_silent(r);
	ck_assert_uint_eq(rig_tunnels(r), 0);
}
END_TEST

START_TEST(stopccn_overtakes_what_was_not_sent_yet)
{
	rig_tunnel(r, L2TP_T_ESTABLISHED);
	for (unsigned int i = 0; i < 10; i++)
		multicast_message();
	rig_collect(r);
	ck_assert_uint_lt(r->n_got, 5); /* the window of the peer */
	r->next = r->n_got;
	l2tp_tunnel_close(r->t, L2TP_STOP_SHUTDOWN, r->now);
	rig_ack(r);
	rig_stopccn(r, L2TP_STOP_SHUTDOWN);
	rig_silent(r);
	rig_ack(r);
	rig_silent(r);
	ck_assert_uint_eq(r->acks, 0); /* the daemon's tunnel is gone */
}
END_TEST

START_TEST(a_set_up_that_stalls_ends_by_itself)
{
	rig_tunnel(r, _i ? L2TP_T_WAIT_CTL_CONN : L2TP_T_WAIT_CTL_REPLY);
	r->acks_itself = true;
	rig_wait(r, 94000); /* everything was acknowledged, nothing else came */
	ck_assert_uint_eq(rig_next(r, L2TP_STOPCCN)->m.result.result, L2TP_STOP_GENERAL);
	ck_assert_uint_eq(r->downs, 1);
	rig_wait(r, 31000);
	ck_assert_uint_eq(rig_tunnels(r), 0);
}
END_TEST

START_TEST(a_sccrq_without_any_answer_gives_up)
{
	r->t = l2tp_tunnel_open(r->e, &r->us, &r->them, &r->params, r->now);
	rig_wait(r, 47000);
	for (unsigned int i = 0; i < 6; i++)
		rig_next(r, L2TP_SCCRQ);
	rig_silent(r);
	ck_assert_uint_eq(r->downs, 1);
	ck_assert_uint_eq(rig_tunnels(r), 0);
}
END_TEST

START_TEST(closing_in_the_up_callback_is_safe)
{
	r->close_tunnel_in_up = true;
	if (_i) {
		r->t = l2tp_tunnel_open(r->e, &r->us, &r->them, &r->params, r->now);
		rig_collect(r);
		rig_say(r, rig_msg(r, L2TP_SCCRP));
		rig_ack(r);
	} else {
		rig_say(r, rig_msg(r, L2TP_SCCRQ));
		rig_say(r, rig_msg(r, L2TP_SCCCN));
	}
	ck_assert_uint_eq(r->ups, 1);
	ck_assert_uint_eq(r->downs, 1);
	ck_assert_int_eq(rig_state(r), L2TP_T_CLOSING);
	r->acks_itself = true;
	rig_ack(r);
	rig_wait(r, 80000);
	ck_assert_uint_eq(rig_tunnels(r), 0);
}
END_TEST

/* ---------------------------------------------------------------- HELLO */

/* R2661-6.5-2, R2661-6.5-1 */
START_TEST(hello_is_sent_after_60_idle_seconds_and_keeps_the_tunnel)
{
	msec_t start;

	rig_tunnel(r, L2TP_T_ESTABLISHED);
	start = r->now;
	r->acks_itself = true;
	rig_wait(r, 200000);
	for (unsigned int i = 1; i <= 3; i++) {
		const struct rig_got *g = rig_next(r, L2TP_HELLO);

		ck_assert_int_eq(g->at, start + i * 60000);
		ck_assert_uint_eq(g->m.session_id, 0);
	}
	rig_silent(r);
	ck_assert_uint_eq(r->downs, 0);
}
END_TEST

static void data_message(const struct endpoint *from)
{
	const uint8_t data[] = {0x00, 0x02, r->tid >> 8, r->tid & 0xff, 0, 1, 0xff, 0x03};

	rig_put_raw(r, from, data, sizeof(data));
}

START_TEST(whatever_is_heard_puts_the_hello_off)
{
	struct endpoint foreign = r->them;
	msec_t start;

	foreign.port++;
	rig_tunnel(r, L2TP_T_ESTABLISHED);
	start = r->now;
	rig_wait(r, 40000);
	switch (_i) {
	case 0:
		rig_ack(r);
		break;
	case 1:
		l2tp_engine_data_seen(r->e, r->tid, r->now);
		break;
	case 2:
		data_message(&r->them);
		ck_assert_uint_eq(rig_stats(r)->rx_data, 1);
		break;
	default:
		data_message(&foreign); /* not of this tunnel */
	}
	r->acks_itself = true;
	rig_wait(r, 60000);
	ck_assert_int_eq(rig_next(r, L2TP_HELLO)->at, start + (_i == 3 ? 60000 : 100000));
}
END_TEST

/* R2661-6.5-3, R2661-5.8-9 */
START_TEST(an_unanswered_hello_ends_the_tunnel)
{
	rig_tunnel(r, L2TP_T_ESTABLISHED);
	rig_wait(r, 60000 + 46999);
	for (unsigned int i = 0; i < 6; i++)
		rig_next(r, L2TP_HELLO);
	rig_silent(r);
	ck_assert_uint_eq(r->downs, 0);
	rig_wait(r, 1);
	ck_assert_uint_eq(r->downs, 1);
	ck_assert_uint_eq(rig_tunnels(r), 0);
}
END_TEST

START_TEST(a_message_on_its_way_makes_hello_superfluous)
{
	r->params.hello_interval_s = 5;
	rig_tunnel(r, L2TP_T_ESTABLISHED);
	multicast_message();
	rig_wait(r, 14000);
	for (unsigned int i = 0; i < 4; i++)
		rig_next(r, L2TP_MSRQ); /* 0, 1, 3, 7 s */
	rig_ack(r);
	rig_silent(r);
}
END_TEST

START_TEST(hello_can_be_switched_off)
{
	r->params.hello_interval_s = 0;
	rig_tunnel(r, L2TP_T_ESTABLISHED);
	rig_wait(r, 10000000);
	rig_silent(r);
}
END_TEST

/* ---------------------------------------------------------------- reliable delivery */

/* R2661-5.8-1: the whole engine beyond 65536 messages each way */
START_TEST(numbers_wrap_after_65536_hellos)
{
	r->params.hello_interval_s = 1;
	rig_tunnel(r, L2TP_T_ESTABLISHED);
	r->acks_itself = true;
	for (unsigned int i = 0; i < 66000; i++) {
		rig_say(r, rig_msg(r, L2TP_HELLO));
		rig_next(r, L2TP_ZLB);
		rig_wait(r, 1000);
		rig_next(r, L2TP_HELLO);
		rig_forget(r);
	}
	ck_assert_uint_eq(r->downs, 0);
	ck_assert_uint_eq(rig_info(r->t).ns, (66000 + 1) & 0xffff);
	ck_assert_uint_eq(rig_info(r->t).nr, (66000 + 2) & 0xffff);
	ck_assert_uint_eq(rig_stats(r)->tx_retransmit, 0);
}
END_TEST

/* R2661-5.8-5 */
START_TEST(early_messages_are_processed_once_and_in_order)
{
	struct l2tp_msg m;

	rig_tunnel(r, L2TP_T_WAIT_CTL_CONN);
	m = rig_msg(r, L2TP_MSRQ);
	m.ns = 2;
	m.nr = r->nr;
	rig_put(r, &m);
	rig_put(r, &m);
	rig_silent(r);
	ck_assert_uint_eq(r->multicasts, 0);
	m = rig_msg(r, L2TP_SCCCN);
	m.ns = 1;
	m.nr = r->nr;
	rig_put(r, &m);
	ck_assert_uint_eq(rig_next(r, L2TP_ZLB)->m.nr, 3);
	rig_silent(r);
	ck_assert_uint_eq(r->ups, 1);
	ck_assert_uint_eq(r->multicasts, 1);
	ck_assert_uint_eq(rig_stats(r)->rx_reordered, 2);
}
END_TEST

START_TEST(messages_beyond_the_window_are_dropped)
{
	struct l2tp_msg m;

	rig_tunnel(r, L2TP_T_ESTABLISHED);
	m = rig_msg(r, L2TP_HELLO);
	m.ns = r->ns + r->params.receive_window;
	m.nr = r->nr;
	rig_put(r, &m);
	ck_assert_uint_eq(rig_stats(r)->rx_out_of_window, 1);
	rig_silent(r);
}
END_TEST

/* ---------------------------------------------------------------- multicast */

START_TEST(messages_of_rfc_4045_are_sent_and_their_acknowledgement_told)
{
	struct l2tp_msg m = {.type = L2TP_MSRQ, .assigned_session_id = 5};

	l2tp_msg_set(&m, L2TP_AVP_ASSIGNED_SESSION_ID);
	rig_tunnel(r, L2TP_T_WAIT_CTL_CONN);
	ck_assert(!l2tp_tunnel_send(l2tp_tunnel_first(r->e), &m, 1, r->now));
	rig_say(r, rig_msg(r, L2TP_SCCCN));
	rig_next(r, L2TP_ZLB);
	ck_assert(l2tp_tunnel_send(r->t, &m, 42, r->now));
	ck_assert(l2tp_tunnel_send(r->t, &m, 0, r->now));
	ck_assert(l2tp_tunnel_send(r->t, &m, 43, r->now));
	rig_collect(r);
	ck_assert_uint_eq(rig_next(r, L2TP_MSRQ)->m.tunnel_id, RIG_PEER_TID);
	ck_assert_uint_eq(r->acks, 0);
	r->acks_itself = true;
	rig_ack(r);
	ck_assert_uint_eq(r->acks, 2);
	ck_assert_uint_eq(r->acked[0], 42);
	ck_assert_uint_eq(r->acked[1], 43);
}
END_TEST

static void hello_without_collecting(void)
{
	uint8_t hello[] = {0xc8, 2, 0, 20,	   r->tid >> 8, r->tid & 255, 0,
			   0,	 0, 0, r->nr >> 8, r->nr & 255, 0x80,	      8,
			   0,	 0, 0, 0,	   0,		L2TP_HELLO};

	hello[8] = r->ns >> 8;
	hello[9] = r->ns++ & 255;
	l2tp_engine_input(r->e, &r->us, &r->them, (struct span){hello, sizeof(hello)}, r->now);
}

/* R4045-5-2 */
START_TEST(a_zlb_is_sent_only_if_nothing_else_is_queued)
{
	struct l2tp_msg m = {.type = L2TP_MSRQ, .assigned_session_id = 5};

	l2tp_msg_set(&m, L2TP_AVP_ASSIGNED_SESSION_ID);
	rig_tunnel(r, L2TP_T_ESTABLISHED);
	rig_forget(r);
	hello_without_collecting();
	hello_without_collecting();
	rig_collect(r);
	ck_assert_uint_eq(rig_next(r, L2TP_ZLB)->m.nr, r->ns);
	rig_silent(r);
	hello_without_collecting();
	ck_assert(l2tp_tunnel_send(r->t, &m, 0, r->now));
	rig_collect(r);
	ck_assert_uint_eq(rig_next(r, L2TP_MSRQ)->m.nr, r->ns);
	rig_silent(r);
}
END_TEST

START_TEST(what_does_not_fit_or_is_not_of_rfc_4045_is_not_sent)
{
	static struct l2tp_sid_op sids[1000];
	struct l2tp_msg m = {.type = L2TP_MSI, .sids = sids, .n_sids = 1000};

	for (size_t i = 0; i < array_size(sids); i++)
		sids[i] = (struct l2tp_sid_op){L2TP_AVP_NEW_OUTGOING_SESSIONS, i + 1};
	rig_tunnel(r, L2TP_T_ESTABLISHED);
	ck_assert(!l2tp_tunnel_send(r->t, &m, 1, r->now));
	m.n_sids = 600;
	ck_assert(l2tp_tunnel_send(r->t, &m, 1, r->now));
	m = (struct l2tp_msg){.type = L2TP_HELLO};
	ck_assert(!l2tp_tunnel_send(r->t, &m, 1, r->now));
}
END_TEST

/* A4045-46: a fault goes to the multicast session, the tunnel and its calls do not notice */
START_TEST(a_malformed_message_of_rfc_4045_disturbs_nobody)
{
	struct l2tp_msg m;

	rig_tunnel(r, L2TP_T_ESTABLISHED);
	m = rig_msg(r, L2TP_MSRQ);
	rig_say_with_avp(r, m, 0x8000, 9999, 0);
	ck_assert_uint_eq(r->multicasts, 1);
	ck_assert_uint_eq(r->faults, 1);
	rig_next(r, L2TP_ZLB);
	rig_silent(r);
	ck_assert_int_eq(rig_state(r), L2TP_T_ESTABLISHED);
}
END_TEST

/* ---------------------------------------------------------------- headers */

/* R2661-3.1-2, R2661-3.1-3, R2661-3.1-1, A2661-10 */
static const struct {
	uint16_t flags, length_more;
	bool taken;
} headers[] = {
	{0xc802, 0, true},  {0xfcf2, 0, true},	     {0xc801, 0, false}, {0xc803, 0, false},
	{0xc800, 0, false}, {0x8802, 0, false},	     {0xc002, 0, false}, {0xca02, 0, false},
	{0xc802, 1, false}, {0xc802, 0x8000, false},
};

START_TEST(headers_are_checked_and_their_reserved_bits_ignored)
{
	uint8_t data[64];
	struct wr w = wr_init(data, sizeof(data));
	struct l2tp_msg m;
	size_t len;

	rig_tunnel(r, L2TP_T_ESTABLISHED);
	m = rig_msg(r, L2TP_HELLO);
	m.ns = r->ns;
	m.nr = r->nr;
	len = l2tp_msg_encode(&m, NULL, data, sizeof(data));
	wr_reserve(&w, len);
	wr_patch_u16(&w, 0, headers[_i].flags);
	wr_patch_u16(&w, 2, len + headers[_i].length_more);
	rig_put_raw(r, &r->them, data, len);
	ck_assert_uint_eq(rig_stats(r)->rx[L2TP_HELLO], headers[_i].taken);
	if (headers[_i].taken)
		rig_next(r, L2TP_ZLB);
	rig_silent(r);
	ck_assert_uint_eq(rig_stats(r)->rx_version + rig_stats(r)->rx_malformed,
			  !headers[_i].taken);
}
END_TEST

START_TEST(octets_behind_the_length_of_the_header_are_ignored)
{
	uint8_t data[64] = {0};
	struct l2tp_msg m;
	size_t len;

	rig_tunnel(r, L2TP_T_ESTABLISHED);
	m = rig_msg(r, L2TP_HELLO);
	m.ns = r->ns;
	m.nr = r->nr;
	len = l2tp_msg_encode(&m, NULL, data, sizeof(data));
	rig_put_raw(r, &r->them, data, len + 7); /* A2661-10 */
	ck_assert_uint_eq(rig_stats(r)->rx[L2TP_HELLO], 1);
}
END_TEST

START_TEST(every_truncation_is_dropped)
{
	uint8_t data[L2TP_MAX_CONTROL];
	struct l2tp_msg m = rig_msg(r, L2TP_SCCRQ);
	size_t len = l2tp_msg_encode(&m, NULL, data, sizeof(data));

	for (size_t n = 0; n < len; n++)
		rig_put_raw(r, &r->them, data, n);
	rig_silent(r);
	ck_assert_uint_eq(rig_tunnels(r), 0);
	ck_assert_uint_eq(rig_stats(r)->rx_short + rig_stats(r)->rx_malformed, len);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, stopccn_is_acknowledged_again_for_a_full_cycle);
	tcase_add_test(tc, stopccn_to_a_silent_peer_is_repeated_then_the_tunnel_is_gone);
	tcase_add_test(tc, after_its_stopccn_was_acknowledged_a_tunnel_stays_for_a_full_cycle);
	tcase_add_test(tc, stopccn_works_before_the_peer_knows_our_id);
	tcase_add_test(tc, stopccn_for_a_sccrq_waits_for_its_acknowledgement);
	tcase_add_test(tc, after_a_stopccn_of_the_peer_nothing_is_repeated);
	tcase_add_test(tc, stopccn_overtakes_what_was_not_sent_yet);
	tcase_add_loop_test(tc, a_set_up_that_stalls_ends_by_itself, 0, 2);
	tcase_add_test(tc, a_sccrq_without_any_answer_gives_up);
	tcase_add_loop_test(tc, closing_in_the_up_callback_is_safe, 0, 2);
	tcase_add_test(tc, hello_is_sent_after_60_idle_seconds_and_keeps_the_tunnel);
	tcase_add_loop_test(tc, whatever_is_heard_puts_the_hello_off, 0, 4);
	tcase_add_test(tc, an_unanswered_hello_ends_the_tunnel);
	tcase_add_test(tc, a_message_on_its_way_makes_hello_superfluous);
	tcase_add_test(tc, hello_can_be_switched_off);
	tcase_add_test(tc, numbers_wrap_after_65536_hellos);
	tcase_add_test(tc, early_messages_are_processed_once_and_in_order);
	tcase_add_test(tc, messages_beyond_the_window_are_dropped);
	tcase_add_test(tc, messages_of_rfc_4045_are_sent_and_their_acknowledgement_told);
	tcase_add_test(tc, a_zlb_is_sent_only_if_nothing_else_is_queued);
	tcase_add_test(tc, what_does_not_fit_or_is_not_of_rfc_4045_is_not_sent);
	tcase_add_test(tc, a_malformed_message_of_rfc_4045_disturbs_nobody);
	tcase_add_loop_test(tc, headers_are_checked_and_their_reserved_bits_ignored, 0,
			    array_size(headers));
	tcase_add_test(tc, octets_behind_the_length_of_the_header_are_ignored);
	tcase_add_test(tc, every_truncation_is_dropped);
}

int main(void)
{
	Suite *s = suite_create("l2tp_life");
	TCase *tc = tcase_create("l2tp_life");
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
