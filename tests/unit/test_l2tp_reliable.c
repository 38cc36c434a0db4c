// SPDX-License-Identifier: GPL-2.0-or-later
/* Reliable delivery of control messages (RFC 2661 5.8, appendices A and B) on its own. */
#include <check.h>
#include <stdlib.h>

#include "l2mcd/l2tp_reliable.h"

struct wire {
	struct l2tp_reliable r;
	struct twheel wheel;
	msec_t now;
	unsigned int n, again, acks, n_acked;
	bool dead;
	msec_t at[100];
	uint16_t ns[100], nr[100];
	uint64_t acked[100];
};

static struct wire w;

static void transmit(struct l2tp_reliable *r, enum l2tp_msg_type type, struct span data, bool again)
{
	struct rd rd = rd_span(data);

	rd_take(&rd, 8);
	if (type == L2TP_ZLB) {
		w.acks++;
		return;
	}
	w.at[w.n % 100] = w.wheel.now;
	w.ns[w.n % 100] = rd_u16(&rd);
	w.nr[w.n % 100] = rd_u16(&rd);
	w.n++;
	w.again += again;
}

static void acked(struct l2tp_reliable *r, enum l2tp_msg_type type, uint64_t cookie, msec_t now)
{
	w.acked[w.n_acked++ % 100] = cookie;
}

static void dead(struct l2tp_reliable *r, msec_t now)
{
	w.dead = true;
}

static const struct l2tp_reliable_ops ops = {transmit, acked, dead};

static void start_with(struct l2tp_reliable_params p)
{
	w = (struct wire){.now = 0};
	twheel_init(&w.wheel, 0);
	l2tp_reliable_init(&w.r, &ops, &w.wheel, &p);
}

static void start(void)
{
	start_with((struct l2tp_reliable_params){
		.rto_ms = 1000, .rto_max_ms = 8000, .retries = 5, .rx_window = 4});
}

static void stop(void)
{
	l2tp_reliable_fini(&w.r);
	ck_assert_uint_eq(w.wheel.count, 0);
	twheel_fini(&w.wheel);
}

static void until(msec_t now)
{
	w.now = now;
	twheel_run(&w.wheel, now);
}

static void queue(unsigned int n)
{
	static const uint8_t message[20] = {0xc8, 0x02};

	for (unsigned int i = 0; i < n; i++)
		l2tp_reliable_send(&w.r, L2TP_HELLO, (struct span){message, sizeof(message)}, i + 1,
				   w.now);
}

/* A datagram of the peer; len 12 is a ZLB. */
static enum l2tp_rx_verdict hear(uint16_t ns, uint16_t nr, size_t len)
{
	uint8_t *data = calloc(1, len);
	enum l2tp_rx_verdict v;

	w.r.held = true;
	v = l2tp_reliable_receive(&w.r, ns, nr, (struct span){data, len}, w.now);
	if (v == L2TP_RX_IN_ORDER)
		l2tp_reliable_accept(&w.r);
	w.r.held = false;
	l2tp_reliable_flush(&w.r, w.now);
	free(data);
	return v;
}

static void ack(uint16_t nr)
{
	ck_assert_int_eq(hear(0, nr, 12), L2TP_RX_ZLB);
}

/* R2661-5.8-6, R2661-5.8-8, R2661-5.8-9 */
START_TEST(a_silent_peer_gets_six_transmissions_with_growing_gaps)
{
	static const msec_t at[] = {0, 1000, 3000, 7000, 15000, 23000};

	start();
	queue(1);
	until(30999);
	ck_assert_uint_eq(w.n, 6);
	for (unsigned int i = 0; i < 6; i++) {
		ck_assert_int_eq(w.at[i], at[i]);
		ck_assert_uint_eq(w.ns[i], 0);
	}
	ck_assert(!w.dead);
	until(31000);
	ck_assert(w.dead);
	ck_assert_uint_eq(w.n, 6);
	stop();
}
END_TEST

START_TEST(number_of_retries_is_configurable)
{
	start_with((struct l2tp_reliable_params){
		.rto_ms = 1000, .rto_max_ms = 16000, .retries = _i, .rx_window = 4});
	queue(1);
	until(1000000);
	ck_assert(w.dead);
	ck_assert_uint_eq(w.n, 1 + _i); /* R2661-5.8-9 */
	stop();
}
END_TEST

/* A2661-1 */
START_TEST(the_default_cycle_is_31_seconds)
{
	struct l2tp_reliable_params p = {.rto_ms = 1000, .rto_max_ms = 16000, .retries = 5};

	ck_assert_int_eq(l2tp_reliable_cycle(&p), 31000);
	p.rto_max_ms = 8000;
	ck_assert_int_eq(l2tp_reliable_cycle(&p), 23000);
	p.retries = 0;
	ck_assert_int_eq(l2tp_reliable_cycle(&p), 0);
}
END_TEST

/* R2661-A-1, R2661-A-2, R2661-5.8-11, R2661-5.8-12 */
START_TEST(flights_double_up_to_the_window_of_the_peer)
{
	static const unsigned int total[] = {1, 3, 7, 15, 23, 31};

	start();
	l2tp_reliable_set_window(&w.r, 8);
	queue(40);
	for (size_t i = 0; i < array_size(total); i++) {
		ck_assert_uint_eq(w.n, total[i]);
		ack(w.n);
	}
	stop();
}
END_TEST

START_TEST(without_an_offer_four_messages_are_outstanding)
{
	start();
	queue(40);
	for (unsigned int i = 0; i < 5; i++)
		ack(w.n);
	ck_assert_uint_eq(l2tp_reliable_unacked(&w.r), 4); /* R2661-5.8-12, R2661-4.4.3-9 */
	stop();
}
END_TEST

START_TEST(a_window_of_one_leaves_one_outstanding)
{
	start();
	l2tp_reliable_set_window(&w.r, 1);
	queue(10);
	for (unsigned int i = 1; i <= 10; i++) {
		ck_assert_uint_eq(w.n, i); /* R2661-5.8-11 */
		ack(i);
	}
	stop();
}
END_TEST

/* R2661-A-3, R2661-5.8-13 */
START_TEST(a_loss_starts_again_with_one_and_grows_slower)
{
	start();
	l2tp_reliable_set_window(&w.r, 8);
	queue(60);
	for (unsigned int i = 0; i < 3; i++)
		ack(w.n); /* 1, 2, 4: now 8 are outstanding, Ns 7 to 14 */
	ck_assert_uint_eq(w.r.cwnd, 8);
	ck_assert_uint_eq(w.n, 15);
	until(w.now + 1000);
	ck_assert_uint_eq(w.n, 16); /* one only, the oldest */
	ck_assert_uint_eq(w.ns[15], 7);
	ck_assert_uint_eq(w.r.ssthresh, 4);
	ck_assert_uint_eq(w.r.cwnd, 1);
	ack(8);
	ck_assert_uint_eq(w.n, 18); /* slow start: two, repeated */
	ck_assert_uint_eq(w.ns[17], 9);
	ack(10);
	ck_assert_uint_eq(w.r.cwnd, 4); /* ssthresh: from here one per flight */
	ack(14);
	ck_assert_uint_eq(w.r.cwnd, 5);
	stop();
}
END_TEST

START_TEST(what_arrived_is_not_repeated)
{
	start();
	l2tp_reliable_set_window(&w.r, 8);
	queue(7);
	ack(1);
	ack(3); /* 3 to 6 outstanding */
	until(w.now + 1000);
	ck_assert_uint_eq(w.n, 8);
	ack(7); /* only 3 was lost: the peer kept the others */
	until(w.now + 100000);
	ck_assert_uint_eq(w.n, 8);
	ck_assert_uint_eq(w.again, 1);
	ck_assert_uint_eq(w.n_acked, 7);
	stop();
}
END_TEST

/* R2661-5.8-7 */
START_TEST(a_repetition_carries_the_current_nr)
{
	start();
	queue(1);
	ck_assert_uint_eq(w.nr[0], 0);
	ck_assert_int_eq(hear(0, 0, 20), L2TP_RX_IN_ORDER);
	until(1000);
	ck_assert_uint_eq(w.ns[1], 0);
	ck_assert_uint_eq(w.nr[1], 1);
	stop();
}
END_TEST

START_TEST(cookies_come_back_once_and_in_order)
{
	start();
	queue(4);
	ack(1);
	ack(1);
	ack(3);
	ck_assert_uint_eq(w.n_acked, 3);
	for (unsigned int i = 0; i < 3; i++)
		ck_assert_uint_eq(w.acked[i], i + 1);
	stop();
}
END_TEST

START_TEST(an_nr_of_what_was_never_sent_is_no_acknowledgement)
{
	start();
	queue(1);
	ack(2);
	ack(40000);
	ack(65535);
	ck_assert_uint_eq(w.n_acked, 0);
	ck_assert_uint_eq(l2tp_reliable_unacked(&w.r), 1);
	stop();
}
END_TEST

/* R2661-5.8-3: last received 15 */
static const struct {
	uint16_t ns;
	enum l2tp_rx_verdict verdict;
} judged[] = {
	{0, L2TP_RX_DUPLICATE},	    {15, L2TP_RX_DUPLICATE},	 {32784, L2TP_RX_DUPLICATE},
	{65535, L2TP_RX_DUPLICATE}, {16, L2TP_RX_IN_ORDER},	 {17, L2TP_RX_EARLY},
	{19, L2TP_RX_EARLY},	    {20, L2TP_RX_OUT_OF_WINDOW}, {32783, L2TP_RX_OUT_OF_WINDOW},
};

START_TEST(ns_tells_new_early_duplicate_and_foreign)
{
	start();
	for (uint16_t ns = 0; ns < 16; ns++)
		ck_assert_int_eq(hear(ns, 0, 20), L2TP_RX_IN_ORDER);
	w.acks = 0;
	ck_assert_int_eq(hear(judged[_i].ns, 0, 20), judged[_i].verdict);
	/* R2661-5.8-4 */
	if (judged[_i].verdict == L2TP_RX_DUPLICATE)
		ck_assert_uint_eq(w.acks, 1);
	stop();
}
END_TEST

/* R2661-5.8-2 */
START_TEST(ns_of_a_zlb_means_nothing)
{
	start();
	for (unsigned int ns = 0; ns < 65536; ns += 4369)
		ck_assert_int_eq(hear(ns, 0, 12), L2TP_RX_ZLB);
	ck_assert_uint_eq(w.r.nr, 0);
	ck_assert_uint_eq(w.acks, 0);
	stop();
}
END_TEST

/* R2661-5.8-5 */
START_TEST(early_messages_wait_for_their_turn)
{
	struct l2tp_rx_msg *m;

	start();
	ck_assert_int_eq(hear(2, 0, 22), L2TP_RX_EARLY);
	ck_assert_int_eq(hear(1, 0, 21), L2TP_RX_EARLY);
	ck_assert_int_eq(hear(1, 0, 21), L2TP_RX_EARLY);
	ck_assert_ptr_eq(l2tp_reliable_early(&w.r), NULL);
	ck_assert_int_eq(hear(0, 0, 20), L2TP_RX_IN_ORDER);
	for (size_t len = 21; len <= 22; len++) {
		m = l2tp_reliable_early(&w.r);
		ck_assert_ptr_ne(m, NULL);
		ck_assert_uint_eq(m->len, len);
		l2tp_rx_msg_free(m);
		l2tp_reliable_accept(&w.r);
	}
	ck_assert_ptr_eq(l2tp_reliable_early(&w.r), NULL);
	ck_assert_uint_eq(w.r.nr, 3);
	ck_assert_uint_eq(w.r.early_octets, 0);
	stop();
}
END_TEST

START_TEST(early_messages_are_bounded_in_octets)
{
	enum l2tp_rx_verdict v = L2TP_RX_EARLY;

	start_with((struct l2tp_reliable_params){
		.rto_ms = 1000, .rto_max_ms = 8000, .retries = 5, .rx_window = 32768});
	for (uint16_t ns = 1; ns < 10 && v == L2TP_RX_EARLY; ns++)
		v = hear(ns, 0, 65535);
	ck_assert_int_eq(v, L2TP_RX_OUT_OF_WINDOW);
	ck_assert_uint_le(w.r.early_octets, L2TP_MAX_EARLY);
	stop();
}
END_TEST

/* R2661-5.8-1 */
START_TEST(numbers_wrap_after_65536_messages)
{
	start();
	for (unsigned int i = 0; i < 70000; i++) {
		queue(1);
		ck_assert_uint_eq(w.n, i + 1);
		ck_assert_uint_eq(w.ns[i % 100], i & 0xffff);
		ck_assert_int_eq(hear(i & 0xffff, (i + 1) & 0xffff, 20), L2TP_RX_IN_ORDER);
	}
	ck_assert_uint_eq(w.n_acked, 70000);
	ck_assert_uint_eq(w.r.ns, 70000 - 65536);
	ck_assert_uint_eq(w.r.nr, 70000 - 65536);
	stop();
}
END_TEST

START_TEST(what_was_never_sent_can_be_dropped_without_a_gap)
{
	start();
	queue(5); /* one is out */
	l2tp_reliable_drop_unsent(&w.r);
	queue(1);
	ack(1);
	ck_assert_uint_eq(w.n, 2);
	ck_assert_uint_eq(w.ns[1], 1);
	ack(2);
	until(100000);
	ck_assert_uint_eq(w.n, 2);
	stop();
}
END_TEST

START_TEST(a_silenced_channel_still_acknowledges)
{
	start();
	queue(3);
	l2tp_reliable_silence(&w.r);
	until(100000);
	ck_assert_uint_eq(w.n, 1);
	ck_assert_int_eq(hear(0, 0, 20), L2TP_RX_IN_ORDER);
	ck_assert_int_eq(hear(0, 0, 20), L2TP_RX_DUPLICATE);
	ck_assert_uint_eq(w.acks, 2);
	stop();
}
END_TEST

START_TEST(round_trip_time_is_measured_on_first_transmissions)
{
	start();
	queue(2);
	until(40);
	ack(1);
	ck_assert_uint_eq(w.r.rtt_ms, 40);
	until(1500); /* repeated at 1040 */
	ack(2);
	ck_assert_uint_eq(w.r.rtt_ms, 40);
	stop();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("l2tp_reliable");
	TCase *tc = tcase_create("reliable");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, tc);
	tcase_add_test(tc, a_silent_peer_gets_six_transmissions_with_growing_gaps);
	tcase_add_loop_test(tc, number_of_retries_is_configurable, 0, 8);
	tcase_add_test(tc, the_default_cycle_is_31_seconds);
	tcase_add_test(tc, flights_double_up_to_the_window_of_the_peer);
	tcase_add_test(tc, without_an_offer_four_messages_are_outstanding);
	tcase_add_test(tc, a_window_of_one_leaves_one_outstanding);
	tcase_add_test(tc, a_loss_starts_again_with_one_and_grows_slower);
	tcase_add_test(tc, what_arrived_is_not_repeated);
	tcase_add_test(tc, a_repetition_carries_the_current_nr);
	tcase_add_test(tc, cookies_come_back_once_and_in_order);
	tcase_add_test(tc, an_nr_of_what_was_never_sent_is_no_acknowledgement);
	tcase_add_loop_test(tc, ns_tells_new_early_duplicate_and_foreign, 0, array_size(judged));
	tcase_add_test(tc, ns_of_a_zlb_means_nothing);
	tcase_add_test(tc, early_messages_wait_for_their_turn);
	tcase_add_test(tc, early_messages_are_bounded_in_octets);
	tcase_add_test(tc, numbers_wrap_after_65536_messages);
	tcase_add_test(tc, what_was_never_sent_can_be_dropped_without_a_gap);
	tcase_add_test(tc, a_silenced_channel_still_acknowledges);
	tcase_add_test(tc, round_trip_time_is_measured_on_first_transmissions);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
