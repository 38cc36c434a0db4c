// SPDX-License-Identifier: GPL-2.0-or-later
/* Many LDP engines on a bad network, in virtual time. */
#include <check.h>
#include <stdlib.h>

#include "tests/sim/ldp_net.h"

#define NODES 24
#define LINKS 40
#define SEEDS 12

/* A line so that all hang together, more links at random, some of them with three or four ends. */
static void random_net(struct net *net, uint64_t seed)
{
	net_init(net, NODES, LINKS, seed);
	for (unsigned int l = 0; l < LINKS; l++) {
		unsigned int a = l < NODES - 1 ? l : net_below(net, NODES);
		unsigned int ends = net_below(net, 5) == 0 ? 4 : 2;

		for (unsigned int k = 0; k < ends; k++) {
			struct node *n;

			if (k)
				a = k == 1 && l < NODES - 1 ? l + 1 : (a + 1 + k) % NODES;
			n = &net->nodes[a];
			if (n->n_links < NET_MAX_LINKS &&
			    (!n->n_links || n->links[n->n_links - 1] != l))
				net_attach(net, l, a);
		}
	}
}

static unsigned int shared_links(const struct node *a, const struct node *b)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < a->n_links; i++)
		for (unsigned int k = 0; k < b->n_links; k++)
			n += a->links[i] == b->links[k] && !a->net->links[a->links[i]].cut;
	return n;
}

static void same_addresses(struct node *of, struct ldp_session *at_peer)
{
	struct ldp_session_info info;

	ldp_session_info(at_peer, &info);
	ck_assert_uint_eq(info.n_addresses, of->n_links + 1);
	ck_assert(ldp_session_has_address(at_peer, &of->transport));
}

/* What a has of b is what the network and b say. */
static void agree(struct node *a, struct node *b)
{
	unsigned int links = shared_links(a, b);
	struct ldp_session *s = node_session(a, b);
	struct ldp_session_info info;

	if (!links) {
		ck_assert_ptr_eq(s, NULL);
		return;
	}
	ck_assert_ptr_ne(s, NULL);
	ldp_session_info(s, &info);
	ck_assert_str_eq(ldp_session_state_name(info.state), "operational");
	ck_assert_uint_eq(info.n_adjacencies, links);
	ck_assert_int_eq(info.active, a->index > b->index); /* M-5036-2.5.2-2 */
	ck_assert_uint_eq(info.capabilities, b->params.capabilities);
	ck_assert_uint_eq(info.keepalive_s, a->params.keepalive_s < b->params.keepalive_s
						    ? a->params.keepalive_s
						    : b->params.keepalive_s);
	ck_assert(info.gtsm);
	same_addresses(b, s); /* M-5036-2.7-1 */
}

static void all_agree(struct net *net)
{
	for (unsigned int i = 0; i < net->n_nodes; i++) {
		unsigned int up = 0;

		for (unsigned int k = 0; k < net->n_nodes; k++)
			if (i != k) {
				agree(&net->nodes[i], &net->nodes[k]);
				up += shared_links(&net->nodes[i], &net->nodes[k]) > 0;
			}
		ck_assert_uint_eq(net->nodes[i].sessions_up, up);
	}
}

START_TEST(all_sessions_come_up)
{
	struct net net;

	random_net(&net, 1 + _i);
	net.chunk = _i % 3 == 0 ? 1 : _i % 3 == 1 ? 50 : 5000; /* M-5036-3.1-1 */
	for (unsigned int i = 0; i < NODES; i++) {
		net.nodes[i].params.keepalive_s = 20 + net_below(&net, 60);
		net.nodes[i].params.max_pdu = 256 + net_below(&net, 5000);
	}
	net_start(&net);
	net_run(&net, 60000);
	all_agree(&net);
	for (unsigned int i = 0; i < NODES; i++)
		ck_assert_uint_eq(net.nodes[i].downs, 0);
	net_run(&net, 600000); /* and stay */
	all_agree(&net);
	for (unsigned int i = 0; i < NODES; i++)
		ck_assert_uint_eq(net.nodes[i].downs, 0);
	net_fini(&net);
}
END_TEST

/* ---------------------------------------------------------------- trouble */

static void some_mappings(struct node *n)
{
	struct ldp_fec fec = {.kind = LDP_FEC_MULTIPOINT,
			      .mp = mldp_fec_generic(&n->transport, net_random(n->net))};
	struct ldp_msg m = {.type = LDP_LABEL_MAPPING,
			    .n_fecs = 1,
			    .fecs = &fec,
			    .has_label = true,
			    .label = 16 + net_below(n->net, 100000)};

	for (struct ldp_session *s = ldp_session_first(n->e); s; s = ldp_session_next(n->e, s))
		if (ldp_session_data(s))
			n->mappings_tx += ldp_session_send(s, &m, n->net->now) != 0;
}

static void come_and_go(struct node *n)
{
	if (!n->e)
		node_start(n);
	else if (net_below(n->net, 4) == 0)
		node_stop(n);
	else if (net_below(n->net, 4) == 0)
		node_crash(n);
}

static void flap_address(struct node *n)
{
	if (!n->e)
		return;
	ldp_address_del(n->e, &n->transport, n->net->now);
	ldp_address_add(n->e, &n->transport, n->net->now);
}

static void clear_some(struct node *n)
{
	if (n->e && ldp_session_first(n->e))
		ldp_session_clear(ldp_session_first(n->e), n->net->now);
}

static void trouble(struct net *net)
{
	struct node *n = &net->nodes[net_below(net, NODES)];
	struct link *l = &net->links[net_below(net, LINKS)];

	switch (net_below(net, 10)) {
	case 0:
		l->cut = !l->cut;
		break;
	case 1:
		come_and_go(n);
		break;
	case 2:
		net_break_one(net);
		break;
	case 3:
		flap_address(n);
		break;
	case 4:
		if (net_below(net, 4) == 0)
			clear_some(n);
		break;
	default:
		if (n->e)
			some_mappings(n);
	}
}

START_TEST(after_any_trouble_all_ends_agree)
{
	unsigned int downs = 0;
	uint64_t rx = 0, tx = 0;
	struct net net;

	random_net(&net, 1000 + _i);
	net.hello_loss_percent = 20;
	net.delay_ms = 400;
	net_start(&net);
	for (unsigned int i = 0; i < 2000; i++) {
		trouble(&net);
		net_run(&net, net.now + net_below(&net, 1000));
	}
	net.hello_loss_percent = 0;
	for (unsigned int i = 0; i < NODES; i++) {
		if (!net.nodes[i].e)
			node_start(&net.nodes[i]);
		downs += net.nodes[i].downs;
		rx += net.nodes[i].mappings_rx;
		tx += net.nodes[i].mappings_tx;
	}
	ck_assert_uint_gt(downs, 100);
	ck_assert_uint_gt(net.broken, 10);
	ck_assert_uint_gt(rx, 1000);
	ck_assert_uint_le(rx, tx);
	net_run(&net, net.now + 400000);
	all_agree(&net);
	net_fini(&net);
}
END_TEST

/* KeepAlive and Hello hold times (180 and 15 s) would take longer. */
START_TEST(a_power_failure_is_found_out_in_seconds)
{
	struct net net;

	random_net(&net, 3000 + _i);
	net_start(&net);
	net_run(&net, 60000);
	all_agree(&net);
	node_crash(&net.nodes[5 + _i]);
	net_run(&net, net.now + 2000);
	node_start(&net.nodes[5 + _i]);
	net_run(&net, net.now + 11000); /* a Hello, three seconds, a connection */
	all_agree(&net);
	ck_assert_uint_gt(net.suspicions, 0);
	net_fini(&net);
}
END_TEST

START_TEST(a_shutdown_is_clean)
{
	struct net net;

	random_net(&net, 2000 + _i);
	net_start(&net);
	net_run(&net, 60000);
	all_agree(&net);
	ldp_engine_shutdown(net.nodes[3].e, net.now);
	ck_assert_uint_eq(net.nodes[3].sessions_up, 0);
	net_run(&net, net.now + 1000); /* long before any timer */
	for (unsigned int i = 0; i < NODES; i++)
		if (i != 3 && shared_links(&net.nodes[i], &net.nodes[3]))
			ck_assert_uint_eq(net.nodes[i].downs, 1);
	node_stop(&net.nodes[3]);
	node_start(&net.nodes[3]);
	net_run(&net, net.now + 30000);
	all_agree(&net);
	net_fini(&net);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("ldp_sim");
	TCase *t = tcase_create("sim");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, all_sessions_come_up, 0, SEEDS);
	tcase_add_loop_test(t, after_any_trouble_all_ends_agree, 0, SEEDS);
	tcase_add_loop_test(t, a_power_failure_is_found_out_in_seconds, 0, 6);
	tcase_add_loop_test(t, a_shutdown_is_clean, 0, 3);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	SRunner *sr = srunner_create(suite());
	int failed;

	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
