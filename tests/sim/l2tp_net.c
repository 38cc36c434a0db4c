// SPDX-License-Identifier: GPL-2.0-or-later
/* L2TP engines joined by lossy virtual links; see l2tp_net.h. */
#include "tests/sim/l2tp_net.h"

#include <check.h>
#include <stdlib.h>

/* Numbers of the multicast messages of one tunnel; the daemon's data of it. */
struct flow {
	uint32_t sent, received, acked;
	bool up;
};

uint32_t net_random(struct net *net)
{
	uint64_t z = net->seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)(z >> 32);
}

/* ---------------------------------------------------------------- the daemon */

static uint32_t random_of(void *ctx)
{
	return net_random(((struct node *)ctx)->net);
}

static struct flow *flow_of(struct l2tp_tunnel *t)
{
	if (!l2tp_tunnel_data(t))
		l2tp_tunnel_set_data(t, calloc(1, sizeof(struct flow)));
	return l2tp_tunnel_data(t);
}

static bool tunnel_accept(void *ctx, const struct endpoint *local, const struct endpoint *peer,
			  const struct l2tp_msg *sccrq, struct l2tp_params *p)
{
	struct node *n = ctx;

	n->tunnels++;
	*p = n->params;
	return true;
}

static void tunnel_up(void *ctx, struct l2tp_tunnel *t)
{
	struct node *n = ctx;

	ck_assert(!flow_of(t)->up); /* once */
	flow_of(t)->up = true;
	n->tunnels_up++;
}

static void tunnel_down(void *ctx, struct l2tp_tunnel *t, const char *reason)
{
	struct node *n = ctx;

	ck_assert_uint_gt(n->tunnels, 0);
	ck_assert_ptr_eq(l2tp_session_first(t), NULL); /* they have gone before */
	n->tunnels--;
	n->tunnels_up -= flow_of(t)->up;
	free(flow_of(t));
	if (n->on_down)
		n->on_down(n);
}

static uint16_t call_accept(void *ctx, struct l2tp_session *s)
{
	((struct node *)ctx)->sessions++;
	return 0;
}

static void session_up(void *ctx, struct l2tp_session *s)
{
	struct l2tp_session_info info;
	struct node *n = ctx;

	l2tp_session_info(s, &info);
	n->sessions_up++;
	n->outgoing_up += info.outgoing;
	ck_assert_ptr_eq(l2tp_session_data(s), NULL); /* once */
	l2tp_session_set_data(s, ctx);
}

static void session_down(void *ctx, struct l2tp_session *s, const char *reason)
{
	struct node *n = ctx;

	ck_assert_uint_gt(n->sessions, 0);
	n->sessions--;
	n->sessions_up -= l2tp_session_data(s) == n;
}

static void session_info(void *ctx, struct l2tp_session *s, const struct l2tp_msg *m)
{
}

static void multicast(void *ctx, struct l2tp_tunnel *t, const struct l2tp_msg *m,
		      const struct l2tp_fault *fault)
{
	struct node *n = ctx;

	ck_assert_ptr_eq(fault, NULL);
	ck_assert_uint_eq(m->maximum_bps, ++flow_of(t)->received); /* R2661-5.8-5 */
	n->multicast_received++;
}

static void acked(void *ctx, struct l2tp_tunnel *t, uint64_t cookie)
{
	struct node *n = ctx;

	ck_assert_uint_eq(cookie, ++flow_of(t)->acked);
	n->multicast_acked++;
}

static const struct l2tp_ops ops = {
	.random = random_of,
	.tunnel_accept = tunnel_accept,
	.tunnel_up = tunnel_up,
	.tunnel_down = tunnel_down,
	.call_accept = call_accept,
	.session_up = session_up,
	.session_down = session_down,
	.session_info = session_info,
	.multicast = multicast,
	.acked = acked,
};

struct l2tp_tunnel *node_open(struct node *n, struct node *to)
{
	struct l2tp_tunnel *t;

	n->tunnels++;
	t = l2tp_tunnel_open(n->e, &n->at, &to->at, &n->params, n->net->now);
	node_pump(n);
	return t;
}

struct l2tp_session *node_call(struct node *n, struct l2tp_tunnel *t)
{
	const struct l2tp_call call = {.framing_type = 1, .tx_speed_bps = 1000000};
	struct l2tp_session *s = l2tp_session_call(t, &call, NULL, n->net->now);

	n->sessions += s != NULL;
	node_pump(n);
	return s;
}

struct l2tp_session *node_dial(struct node *n, struct l2tp_tunnel *t)
{
	const struct l2tp_call call = {.called_number = "42", .bearer_type = 1, .framing_type = 1};
	struct l2tp_session *s = l2tp_session_dial(t, &call, NULL, n->net->now);

	n->sessions += s != NULL;
	node_pump(n);
	return s;
}

void node_multicast(struct node *n, struct l2tp_tunnel *t)
{
	struct l2tp_msg m = {.type = L2TP_MSRQ, .assigned_session_id = 1};

	l2tp_msg_set(&m, L2TP_AVP_ASSIGNED_SESSION_ID);
	l2tp_msg_set(&m, L2TP_AVP_MAXIMUM_BPS);
	m.maximum_bps = flow_of(t)->sent + 1;
	if (l2tp_tunnel_send(t, &m, m.maximum_bps, n->net->now)) {
		flow_of(t)->sent++;
		n->multicast_sent++;
	}
	node_pump(n);
}

/* ---------------------------------------------------------------- links */

struct packet {
	struct timer timer;
	struct net *net;
	struct endpoint from, to;
	size_t len;
	uint8_t data[];
};

static void arrive(struct timer *t, msec_t now)
{
	struct packet *p = container_of(t, struct packet, timer);
	struct net *net = p->net;

	net->in_flight--;
	for (size_t i = 0; i < net->n_nodes; i++) {
		struct node *n = &net->nodes[i];

		/* the address tells the node */
		if (n->e && endpoint_cmp(&n->at, &p->to) == 0) {
			net->now = now;
			l2tp_engine_input(n->e, &p->to, &p->from, (struct span){p->data, p->len},
					  now);
			node_pump(n);
			break;
		}
	}
	free(p);
}

static void launch(struct net *net, const struct l2tp_datagram *d)
{
	struct packet *p;

	if (net_below(net, 100) < net->loss_percent) {
		net->lost++;
		return;
	}
	p = calloc(1, sizeof(*p) + d->data.len);
	p->net = net;
	p->from = d->local;
	p->to = d->peer;
	p->len = d->data.len;
	memcpy(p->data, d->data.p, d->data.len);
	net->in_flight++;
	timer_start(&net->wheel, &p->timer,
		    net->now + net->delay_ms + net_below(net, net->jitter_ms + 1), arrive);
}

void node_pump(struct node *n)
{
	struct l2tp_datagram d;

	while (n->e && l2tp_engine_output(n->e, &d)) {
		n->net->sent++;
		launch(n->net, &d);
		if (net_below(n->net, 100) < n->net->duplicate_percent)
			launch(n->net, &d);
	}
}

void net_run(struct net *net, msec_t until)
{
	msec_t next;

	while ((next = twheel_next(&net->wheel)) <= until) {
		net->now = next;
		twheel_run(&net->wheel, next);
		for (size_t i = 0; i < net->n_nodes; i++)
			node_pump(&net->nodes[i]);
	}
	net->now = until;
	twheel_run(&net->wheel, until);
}

/* ---------------------------------------------------------------- life cycle */

void net_init(struct net *net, size_t n_nodes, uint64_t seed)
{
	*net = (struct net){.seed = seed,
			    .n_nodes = n_nodes,
			    .delay_ms = 5,
			    .nodes = calloc(n_nodes, sizeof(struct node))};
	twheel_init(&net->wheel, 0);
	for (size_t i = 0; i < n_nodes; i++) {
		struct node *n = &net->nodes[i];
		const uint8_t octets[4] = {10, 0, i >> 8, i & 0xff};

		n->net = net;
		n->at = (struct endpoint){addr_from_v4(octets), L2TP_PORT};
		l2tp_params_default(&n->params);
		node_start(n);
	}
}

void node_start(struct node *n)
{
	n->e = l2tp_engine_new(&ops, n, &n->net->wheel);
	n->tunnels = n->sessions = n->tunnels_up = n->sessions_up = 0;
}

void node_stop(struct node *n)
{
	for (struct l2tp_tunnel *t = l2tp_tunnel_first(n->e); t; t = l2tp_tunnel_next(n->e, t))
		free(l2tp_tunnel_data(t));
	l2tp_engine_free(n->e);
	n->e = NULL;
}

void net_fini(struct net *net)
{
	for (size_t i = 0; i < net->n_nodes; i++)
		if (net->nodes[i].e)
			node_stop(&net->nodes[i]);
	net_run(net, net->now + 100000); /* what is in flight comes down */
	ck_assert_uint_eq(net->in_flight, 0);
	ck_assert_uint_eq(net->wheel.count, 0); /* nothing has leaked a timer */
	twheel_fini(&net->wheel);
	free(net->nodes);
}
