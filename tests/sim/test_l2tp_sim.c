// SPDX-License-Identifier: GPL-2.0-or-later
/* L2TP engines against each other over bad links, in virtual time. */
#include <check.h>
#include <stdlib.h>

#include "tests/sim/l2tp_net.h"

#define SEEDS 20

/* ---------------------------------------------------------------- two engines */

static struct l2tp_tunnel_info info_of(struct l2tp_tunnel *t)
{
	struct l2tp_tunnel_info info;

	l2tp_tunnel_info(t, &info);
	return info;
}

static struct l2tp_tunnel *some_tunnel(struct node *n)
{
	struct l2tp_tunnel *t = l2tp_tunnel_first(n->e);

	for (uint32_t skip = net_below(n->net, 8); t && skip; skip--)
		t = l2tp_tunnel_next(n->e, t);
	return t && info_of(t).state != L2TP_T_CLOSING ? t : NULL;
}

static struct l2tp_session *some_session(struct node *n)
{
	struct l2tp_tunnel *t = some_tunnel(n);
	struct l2tp_session *s = t ? l2tp_session_first(t) : NULL;

	for (uint32_t skip = net_below(n->net, 5); s && skip; skip--)
		s = l2tp_session_next(t, s);
	return s;
}

/* One thing that a daemon may do. */
static void act(struct node *n, struct node *other)
{
	const struct l2tp_call line = {.framing_type = 1, .tx_speed_bps = 64000};
	struct l2tp_tunnel *t = some_tunnel(n);
	struct l2tp_session *s = some_session(n);

	if (s) /* if it is one that rings */
		l2tp_session_answered(s, &line, n->net->now);
	switch (net_below(n->net, 20)) {
	case 0:
		if (n->tunnels < 8)
			node_open(n, other);
		break;
	case 1:
		if (t && net_below(n->net, 4) == 0)
			l2tp_tunnel_close(t, L2TP_STOP_GENERAL, n->net->now);
		break;
	case 2 ... 4:
		s = some_session(n);
		if (s)
			l2tp_session_close(s, L2TP_CDN_ADMIN, L2TP_ERR_NONE, "bye", n->net->now);
		break;
	case 5 ... 8:
		if (t)
			node_call(n, t);
		break;
	case 9 ... 12:
		if (t)
			node_dial(n, t);
		break;
	default:
		if (t)
			node_multicast(n, t);
	}
	node_pump(n);
}

static struct l2tp_tunnel *counterpart(struct node *n, struct l2tp_tunnel *t)
{
	struct l2tp_tunnel *other = l2tp_tunnel_find(n->e, info_of(t).peer_tunnel_id);

	ck_assert_ptr_ne(other, NULL);
	ck_assert_uint_eq(info_of(other).peer_tunnel_id, info_of(t).tunnel_id);
	ck_assert_int_ne(info_of(other).initiator, info_of(t).initiator);
	return other;
}

static void same_session(struct l2tp_tunnel *there, struct l2tp_session *s)
{
	struct l2tp_session_info here, other;
	struct l2tp_session *o;

	l2tp_session_info(s, &here);
	ck_assert_int_eq(here.state, L2TP_S_ESTABLISHED);
	o = l2tp_session_find(there, here.peer_session_id);
	ck_assert_ptr_ne(o, NULL);
	l2tp_session_info(o, &other);
	ck_assert_uint_eq(other.peer_session_id, here.session_id);
	ck_assert_int_ne(other.lac, here.lac);
	ck_assert_int_eq(other.outgoing, here.outgoing);
	ck_assert_uint_eq(other.call_serial_number, here.call_serial_number);
}

/* All that one end has is established and the other end has it as well. */
static void same_state(struct node *n, struct node *other)
{
	for (struct l2tp_tunnel *t = l2tp_tunnel_first(n->e); t; t = l2tp_tunnel_next(n->e, t)) {
		struct l2tp_tunnel *there;
		struct l2tp_session *s;

		ck_assert_int_eq(info_of(t).state, L2TP_T_ESTABLISHED);
		ck_assert_uint_eq(info_of(t).queued, 0);
		ck_assert_uint_le(info_of(t).unacked, 1); /* a HELLO */
		there = counterpart(other, t);
		ck_assert_uint_eq(info_of(t).sessions, info_of(there).sessions);
		for (s = l2tp_session_first(t); s; s = l2tp_session_next(t, s))
			same_session(there, s);
	}
	ck_assert_uint_eq(n->tunnels, other->tunnels);
	ck_assert_uint_eq(n->sessions, other->sessions);
	ck_assert_uint_eq(n->sessions, n->sessions_up);
}

static void close_all(struct node *n)
{
	for (struct l2tp_tunnel *t = l2tp_tunnel_first(n->e); t; t = l2tp_tunnel_next(n->e, t))
		l2tp_tunnel_close(t, L2TP_STOP_SHUTDOWN, n->net->now);
	node_pump(n);
}

static void patient(struct l2tp_params *p)
{
	/* 30 % loss each way: half of the transmissions fail, a retry limit of 5 is for others */
	p->retries = 20;
	p->rto_max_s = 8;
	p->hello_interval_s = 20;
	p->lac = true;
	p->offer_multicast = true;
	memcpy(p->secret, "simulated", 9);
	p->secret_len = 9;
	p->hiding = L2TP_HIDE_WHEN_SECRET;
}

static void bad_link(struct net *net, uint64_t seed)
{
	net_init(net, 2, seed);
	net->loss_percent = 30;
	net->duplicate_percent = 10;
	net->jitter_ms = 300; /* many times the gaps: thorough reordering */
	for (size_t i = 0; i < 2; i++)
		patient(&net->nodes[i].params);
}

START_TEST(tunnels_and_sessions_come_up_and_go_over_a_bad_link)
{
	struct node *lac, *lns;
	struct net net;

	bad_link(&net, _i + 1);
	lac = &net.nodes[0];
	lns = &net.nodes[1];
	for (unsigned int i = 0; i < 5; i++) {
		struct l2tp_tunnel *t = node_open(lac, lns);

		for (unsigned int k = 0; k < 40; k++)
			node_call(lac, t);
	}
	net_run(&net, 600000);
	ck_assert_uint_gt(net.lost, net.sent / 5);
	ck_assert_uint_eq(lns->tunnels_up, 5);
	ck_assert_uint_eq(lns->sessions_up, 200);
	same_state(lac, lns);
	same_state(lns, lac);
	close_all(lac);
	net_run(&net, 1200000);
	ck_assert_uint_eq(lac->tunnels + lns->tunnels + lac->sessions + lns->sessions, 0);
	ck_assert_ptr_eq(l2tp_tunnel_first(lac->e), NULL);
	ck_assert_ptr_eq(l2tp_tunnel_first(lns->e), NULL);
	net_fini(&net);
}
END_TEST

START_TEST(after_random_opens_and_closes_both_ends_agree)
{
	struct node *a, *b;
	struct net net;

	bad_link(&net, 1000 + _i);
	a = &net.nodes[0];
	b = &net.nodes[1];
	for (unsigned int i = 0; i < 3000; i++) {
		act(a, b);
		act(b, a);
		net_run(&net, net.now + net_below(&net, 400));
	}
	net_run(&net, net.now + 2000000);
	same_state(a, b);
	same_state(b, a);
	ck_assert_uint_gt(a->multicast_received, 100);
	ck_assert_uint_gt(b->multicast_acked, 100);
	ck_assert_uint_gt(a->outgoing_up, 20);
	ck_assert_uint_gt(b->outgoing_up, 20);
	close_all(a);
	close_all(b);
	net_run(&net, net.now + 2000000);
	ck_assert_uint_eq(a->tunnels + b->tunnels + a->sessions + b->sessions, 0);
	ck_assert_ptr_eq(l2tp_tunnel_first(a->e), NULL);
	ck_assert_ptr_eq(l2tp_tunnel_first(b->e), NULL);
	net_fini(&net);
}
END_TEST

START_TEST(tunnels_that_give_up_leave_nothing_behind)
{
	struct node *a, *b;
	struct net net;

	bad_link(&net, 2000 + _i);
	net.loss_percent = 60;
	a = &net.nodes[0];
	b = &net.nodes[1];
	a->params.retries = b->params.retries = 2;
	for (unsigned int i = 0; i < 3000; i++) {
		act(a, b);
		act(b, a);
		net_run(&net, net.now + net_below(&net, 400));
	}
	close_all(a);
	close_all(b);
	net.loss_percent = 100;
	net_run(&net, net.now + 100000);
	ck_assert_uint_eq(a->tunnels + b->tunnels + a->sessions + b->sessions, 0);
	ck_assert_ptr_eq(l2tp_tunnel_first(a->e), NULL);
	ck_assert_ptr_eq(l2tp_tunnel_first(b->e), NULL);
	net_fini(&net);
}
END_TEST

START_TEST(without_loss_nothing_is_repeated)
{
	struct node *lac, *lns;
	struct l2tp_tunnel *t;
	struct net net;

	net_init(&net, 2, 7);
	lac = &net.nodes[0];
	lns = &net.nodes[1];
	t = node_open(lac, lns);
	for (unsigned int k = 0; k < 1000; k++)
		node_call(lac, t);
	net_run(&net, 5000);
	ck_assert_uint_eq(lns->sessions_up, 1000);
	ck_assert_uint_eq(l2tp_engine_stats(lac->e)->tx_retransmit, 0);
	ck_assert_uint_eq(l2tp_engine_stats(lns->e)->tx_retransmit, 0);
	ck_assert_uint_eq(l2tp_engine_stats(lns->e)->rx_duplicate, 0);
	net_fini(&net);
}
END_TEST

/* ---------------------------------------------------------------- one LNS, many LACs */

#define LACS 1000

static size_t up(const struct net *net)
{
	size_t n = 0;

	for (size_t i = 1; i <= LACS; i++)
		n += net->nodes[i].tunnels_up == 1 && net->nodes[i].sessions_up == 1;
	return n;
}

static void open_all(struct net *net)
{
	for (size_t i = 1; i <= LACS; i++) {
		struct l2tp_tunnel *t = node_open(&net->nodes[i], &net->nodes[0]);

		node_call(&net->nodes[i], t);
	}
}

/* Time goes on until all are up, but not beyond `until`. */
static double seconds_until_up(struct net *net, msec_t until)
{
	msec_t start = net->now;

	while (up(net) < LACS && net->now < until)
		net_run(net, net->now + 100);
	return (double)(net->now - start) / MSEC_PER_S;
}

START_TEST(a_thousand_lacs_come_back_at_once_after_a_power_cut)
{
	double first, again;
	struct node *lns;
	struct net net;

	net_init(&net, LACS + 1, 42 + _i);
	net.loss_percent = 5;
	net.jitter_ms = 50;
	lns = &net.nodes[0];
	for (size_t i = 0; i <= LACS; i++)
		net.nodes[i].params.rto_max_s = 8;
	open_all(&net);
	first = seconds_until_up(&net, 30000);
	ck_assert_uint_eq(up(&net), LACS);
	net_run(&net, 30000);
	for (size_t i = 1; i <= LACS; i++)
		node_stop(&net.nodes[i]);
	net_run(&net, 32000);
	for (size_t i = 1; i <= LACS; i++)
		node_start(&net.nodes[i]);
	open_all(&net);
	again = seconds_until_up(&net, 62000);
	ck_assert_uint_eq(up(&net), LACS);
	net_run(&net, 62000);
	printf("%u LACs, 5 %% loss: all up after %.1f s, after a power cut %.1f s\n", LACS, first,
	       again);
	/* the LNS has found out about the old ones by HELLO; none is stuck */
	net_run(&net, 32000 + 60000 + 120000);
	ck_assert_uint_eq(up(&net), LACS);
	ck_assert_uint_eq(lns->tunnels, LACS);
	ck_assert_uint_eq(lns->tunnels_up, LACS);
	ck_assert_uint_eq(lns->sessions_up, LACS);
	net_fini(&net);
}
END_TEST

/* 30 % each way: 51 % of the exchanges fail */
START_TEST(a_thousand_lacs_come_over_a_link_that_loses_30_percent)
{
	struct node *lns;
	struct net net;
	double seconds;

	net_init(&net, LACS + 1, 4045);
	net.loss_percent = 30;
	net.jitter_ms = 50;
	lns = &net.nodes[0];
	for (size_t i = 0; i <= LACS; i++) {
		net.nodes[i].params.rto_max_s = 8;
		net.nodes[i].params.retries = 20;
	}
	open_all(&net);
	seconds = seconds_until_up(&net, 200000);
	ck_assert_uint_eq(up(&net), LACS);
	printf("%u LACs, 30 %% loss: all up after %.1f s, %zu of %zu datagrams lost\n", LACS, seconds,
	       net.lost, net.sent);
	net_run(&net, 400000); /* nothing is stuck, nothing is given up */
	ck_assert_uint_eq(lns->tunnels, LACS);
	ck_assert_uint_eq(lns->tunnels_up, LACS);
	ck_assert_uint_eq(lns->sessions_up, LACS);
	net_fini(&net);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("l2tp_sim");
	TCase *tc = tcase_create("l2tp_sim");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, tc);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, tunnels_and_sessions_come_up_and_go_over_a_bad_link, 0, SEEDS);
	tcase_add_loop_test(tc, after_random_opens_and_closes_both_ends_agree, 0, SEEDS);
	tcase_add_loop_test(tc, tunnels_that_give_up_leave_nothing_behind, 0, SEEDS);
	tcase_add_test(tc, without_loss_nothing_is_repeated);
	tcase_add_loop_test(tc, a_thousand_lacs_come_back_at_once_after_a_power_cut, 0, 2);
	tcase_add_test(tc, a_thousand_lacs_come_over_a_link_that_loses_30_percent);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
