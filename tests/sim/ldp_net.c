// SPDX-License-Identifier: GPL-2.0-or-later
/* LDP engines on a virtual network; see ldp_net.h. */
#include "tests/sim/ldp_net.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* One direction of a connection: octets on their way to an end. */
struct flow {
	struct timer timer;
	struct connection *c;
	unsigned int to; /* end */
	uint8_t *data;
	size_t len, size;
	bool fin;
};

/* Ends: 0 has connected, 1 has accepted.  An end without session has closed. */
struct connection {
	struct net *net;
	struct connection *next, **prev;
	struct node *node[2];
	struct ldp_session *s[2];
	bool established;
	bool crashed[2];    /* this end is no more, and has not said so */
	msec_t until;	    /* contested: it waits to be accepted */
	struct timer timer; /* of the handshake; then of suspicion */
	struct flow flow[2];
};

uint32_t net_random(struct net *net)
{
	uint64_t z = net->seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)(z >> 32);
}

static msec_t some_delay(struct net *net)
{
	return net->now + 1 + net_below(net, net->delay_ms);
}

/* ---------------------------------------------------------------- connections */

static void connection_free(struct connection *c)
{
	*c->prev = c->next;
	if (c->next)
		c->next->prev = c->prev;
	timer_stop(&c->net->wheel, &c->timer);
	for (unsigned int i = 0; i < 2; i++) {
		timer_stop(&c->net->wheel, &c->flow[i].timer);
		free(c->flow[i].data);
	}
	c->net->connections--;
	free(c);
}

static struct connection *connection_of(struct net *net, struct ldp_session *s, unsigned int *end)
{
	for (struct connection *c = net->all; c; c = c->next)
		for (*end = 0; *end < 2; (*end)++)
			if (c->s[*end] == s)
				return c;
	return NULL;
}

static void deliver(struct timer *t, msec_t now);

static void flow_kick(struct flow *f)
{
	if (!f->timer.running && (f->len || f->fin))
		timer_start(&f->c->net->wheel, &f->timer, some_delay(f->c->net), deliver);
}

/* The end does not know it yet. */
static void tell_closed(struct connection *c, unsigned int end)
{
	struct ldp_session *s = c->s[end];

	c->s[end] = NULL;
	if (s)
		ldp_session_closed(s, "closed by peer", c->net->now);
}

static void deliver_some(struct flow *f)
{
	struct net *net = f->c->net;
	size_t n = 1 + net_below(net, net->chunk);
	uint8_t *piece;

	if (n > f->len)
		n = f->len;
	piece = malloc(n); /* for the sanitizer's eye */
	memcpy(piece, f->data, n);
	f->len -= n;
	memmove(f->data, f->data + n, f->len);
	net->octets += n;
	ldp_session_input(f->c->s[f->to], (struct span){piece, n}, net->now);
	free(piece);
}

static void deliver(struct timer *t, msec_t now)
{
	struct flow *f = container_of(t, struct flow, timer);
	struct connection *c = f->c;

	c->net->now = now;
	if (!c->s[f->to])
		f->len = 0; /* nobody reads it */
	if (f->len)
		deliver_some(f);
	if (!f->len && f->fin) {
		f->fin = false;
		tell_closed(c, f->to);
	}
	if (!c->s[0] && !c->s[1] && !c->flow[0].fin && !c->flow[1].fin)
		connection_free(c);
	else
		flow_kick(f);
}

/* This end closes: the other one reads what is under way, then the end of it. */
static void end_closes(struct connection *c, unsigned int end)
{
	c->s[end] = NULL;
	if (c->established && c->s[!end])
		c->flow[!end].fin = true;
	flow_kick(&c->flow[!end]);
	if (!c->s[0] && !c->s[1] && !c->flow[0].fin && !c->flow[1].fin)
		timer_start(&c->net->wheel, &c->flow[0].timer, some_delay(c->net), deliver);
}

static struct node *node_at(struct net *net, const struct addr *a)
{
	for (unsigned int i = 0; i < net->n_nodes; i++)
		if (addr_cmp(&net->nodes[i].transport, a) == 0)
			return &net->nodes[i];
	return NULL;
}

static bool reachable(const struct node *a, const struct node *b)
{
	for (unsigned int i = 0; i < a->n_links; i++)
		for (unsigned int k = 0; k < b->n_links; k++)
			if (a->links[i] == b->links[k] && !a->net->links[a->links[i]].cut)
				return true;
	return false;
}

static void handshake(struct timer *t, msec_t now);

/* As the daemon does. */
static bool wait_contested(struct connection *c, msec_t now)
{
	if (!ldp_session_contested(c->node[1]->e, &c->node[0]->transport))
		return false;
	if (!c->until)
		c->until = now + 16000;
	if (now < c->until)
		timer_start(&c->net->wheel, &c->timer, now + 250, handshake);
	return now < c->until;
}

static void handshake(struct timer *t, msec_t now)
{
	struct connection *c = container_of(t, struct connection, timer);

	c->net->now = now;
	if (c->s[0] && c->node[1] && c->node[1]->e && reachable(c->node[0], c->node[1])) {
		c->s[1] = ldp_session_accept(c->node[1]->e, &c->node[0]->transport, now);
		if (!c->s[1] && wait_contested(c, now))
			return;
	}
	if (!c->s[1]) {
		tell_closed(c, 0);
		connection_free(c);
		return;
	}
	c->established = true;
	ldp_session_connected(c->s[0], now);
}

/* Three seconds without an acknowledgement. */
static void no_answer(struct timer *t, msec_t now)
{
	struct connection *c = container_of(t, struct connection, timer);

	c->net->now = now;
	for (unsigned int end = 0; end < 2; end++)
		if (c->crashed[!end])
			tell_closed(c, end);
	connection_free(c);
}

static void suspect(void *ctx, struct ldp_session *s)
{
	struct node *n = ctx;
	unsigned int end;
	struct connection *c = connection_of(n->net, s, &end);

	ck_assert_ptr_ne(c, NULL);
	n->net->suspicions++;
	if (c->crashed[!end])
		timer_start(&n->net->wheel, &c->timer, n->net->now + 3000, no_answer);
}

static void reset(struct connection *c)
{
	tell_closed(c, 0);
	tell_closed(c, 1);
	connection_free(c);
}

void net_break_one(struct net *net)
{
	struct connection *c = net->all;

	for (uint32_t skip = net_below(net, net->connections); c && skip; skip--)
		c = c->next;
	if (c && c->established) {
		net->broken++;
		reset(c);
	}
}

/* ---------------------------------------------------------------- the daemon */

static void do_connect(void *ctx, struct ldp_session *s, const struct addr *peer, bool ttl255)
{
	struct node *n = ctx;
	struct connection *c = calloc(1, sizeof(*c));

	c->net = n->net;
	c->next = c->net->all;
	c->prev = &c->net->all;
	if (c->next)
		c->next->prev = &c->next;
	c->net->all = c;
	c->net->connections++;
	c->node[0] = n;
	c->node[1] = node_at(n->net, peer);
	c->s[0] = s;
	for (unsigned int i = 0; i < 2; i++)
		c->flow[i] = (struct flow){.c = c, .to = i};
	timer_start(&n->net->wheel, &c->timer, some_delay(n->net), handshake);
}

static void do_write(void *ctx, struct ldp_session *s, struct span data)
{
	struct node *n = ctx;
	unsigned int end;
	struct connection *c = connection_of(n->net, s, &end);
	struct flow *f;

	/* accept() says its Initialization only after the peer's */
	ck_assert_ptr_ne(c, NULL);
	f = &c->flow[!end];
	if (f->len + data.len > f->size) {
		f->size = 2 * (f->len + data.len);
		f->data = realloc(f->data, f->size);
	}
	memcpy(f->data + f->len, data.p, data.len);
	f->len += data.len;
	flow_kick(f);
}

static void do_close(void *ctx, struct ldp_session *s)
{
	struct node *n = ctx;
	unsigned int end;
	struct connection *c = connection_of(n->net, s, &end);

	ck_assert_ptr_ne(c, NULL);
	end_closes(c, end);
}

static void up(void *ctx, struct ldp_session *s)
{
	struct node *n = ctx;

	ck_assert_ptr_eq(ldp_session_data(s), NULL);
	ldp_session_set_data(s, n);
	n->ups++;
	n->sessions_up++;
}

static void down(void *ctx, struct ldp_session *s, const char *reason)
{
	struct node *n = ctx;

	ck_assert_ptr_eq(ldp_session_data(s), n);
	ldp_session_set_data(s, NULL);
	ck_assert_uint_gt(strlen(reason), 0);
	n->downs++;
	n->sessions_up--;
}

static void message(void *ctx, struct ldp_session *s, const struct ldp_msg *m)
{
	struct node *n = ctx;

	ck_assert_ptr_eq(ldp_session_data(s), n);
	if (m->type == LDP_LABEL_MAPPING)
		n->mappings_rx++;
}

static void adjacency(void *ctx, struct ldp_session *s)
{
}

/* ---------------------------------------------------------------- Hellos */

struct hello {
	struct timer timer;
	struct node *to;
	unsigned int link;
	struct addr from;
	size_t len;
	uint8_t data[128];
};

static void hello_arrives(struct timer *t, msec_t now)
{
	struct hello *h = container_of(t, struct hello, timer);

	h->to->net->now = now;
	h->to->net->in_flight--;
	if (h->to->e)
		ldp_hello_input(h->to->e, h->link + 1, &h->from, (struct span){h->data, h->len},
				now);
	free(h);
}

/* An address on a link: 10.1.link.node */
static struct addr link_address(unsigned int link, unsigned int node)
{
	const uint8_t octets[4] = {10, (uint8_t)(1 + (node >> 8)), (uint8_t)link,
				   (uint8_t)(node + 1)};

	return addr_from_v4(octets);
}

static void send_hello(void *ctx, struct ldp_interface *i, struct span data)
{
	struct node *n = ctx;
	unsigned int link = ldp_interface_index(i) - 1;
	struct link *l = &n->net->links[link];

	for (unsigned int k = 0; k < l->n_ends && !l->cut; k++) {
		struct hello *h;

		if (l->ends[k] == n->index || net_below(n->net, 100) < n->net->hello_loss_percent)
			continue;
		h = calloc(1, sizeof(*h));
		h->to = &n->net->nodes[l->ends[k]];
		h->link = link;
		h->from = link_address(link, n->index);
		h->len = data.len;
		memcpy(h->data, data.p, data.len);
		n->net->in_flight++;
		timer_start(&n->net->wheel, &h->timer, some_delay(n->net), hello_arrives);
	}
}

static const struct ldp_ops ops = {
	.send_hello = send_hello,
	.connect = do_connect,
	.write = do_write,
	.close = do_close,
	.suspect = suspect,
	.up = up,
	.down = down,
	.message = message,
	.adjacency = adjacency,
};

/* ---------------------------------------------------------------- life cycle */

void net_init(struct net *net, unsigned int n_nodes, unsigned int n_links, uint64_t seed)
{
	*net = (struct net){.seed = seed,
			    .nodes = calloc(n_nodes, sizeof(struct node)),
			    .links = calloc(n_links, sizeof(struct link)),
			    .n_nodes = n_nodes,
			    .n_links = n_links,
			    .delay_ms = 20,
			    .chunk = 100};
	twheel_init(&net->wheel, 0);
	for (unsigned int i = 0; i < n_nodes; i++) {
		struct node *n = &net->nodes[i];
		const uint8_t octets[4] = {10, 0, (uint8_t)(i >> 8), (uint8_t)(i + 1)};

		n->net = net;
		n->index = i;
		n->transport = addr_from_v4(octets);
		ldp_params_default(&n->params);
		n->params.transport = n->transport;
		n->params.id.lsr_id = 0x0a000000 + i + 1;
	}
}

void net_attach(struct net *net, unsigned int link, unsigned int node)
{
	struct node *n = &net->nodes[node];
	struct link *l = &net->links[link];

	ck_assert_uint_lt(n->n_links, NET_MAX_LINKS);
	ck_assert_uint_lt(l->n_ends, array_size(l->ends));
	n->links[n->n_links++] = link;
	l->ends[l->n_ends++] = node;
}

void node_start(struct node *n)
{
	msec_t now = n->net->now;

	n->e = ldp_engine_new(&n->params, &ops, n, &n->net->wheel);
	n->sessions_up = 0;
	ldp_address_add(n->e, &n->transport, now);
	for (unsigned int i = 0; i < n->n_links; i++) {
		struct addr a = link_address(n->links[i], n->index);
		char name[20];

		snprintf(name, sizeof(name), "link%u", n->links[i]);
		ldp_address_add(n->e, &a, now);
		ldp_interface_add(n->e, n->links[i] + 1, name, &a, now);
	}
}

static void node_end(struct node *n, bool crash)
{
	struct connection *c, *next;

	for (c = n->net->all; c; c = next) {
		next = c->next;
		for (unsigned int i = 0; i < 2; i++)
			if (c->node[i] == n && c->s[i]) {
				ldp_session_set_data(c->s[i], NULL);
				c->crashed[i] = crash && c->established && c->s[!i];
				if (c->crashed[i])
					c->s[i] = NULL;
				else
					end_closes(c, i);
				break;
			}
	}
	ldp_engine_free(n->e);
	n->e = NULL;
}

void node_stop(struct node *n)
{
	node_end(n, false);
}

void node_crash(struct node *n)
{
	node_end(n, true);
}

void net_start(struct net *net)
{
	for (unsigned int i = 0; i < net->n_nodes; i++)
		node_start(&net->nodes[i]);
}

void net_run(struct net *net, msec_t until)
{
	msec_t next;

	while ((next = twheel_next(&net->wheel)) <= until) {
		net->now = next;
		twheel_run(&net->wheel, next);
	}
	net->now = until;
	twheel_run(&net->wheel, until);
}

void net_fini(struct net *net)
{
	for (unsigned int i = 0; i < net->n_nodes; i++)
		if (net->nodes[i].e)
			node_stop(&net->nodes[i]);
	net_run(net, net->now + 100000); /* what is in flight comes down */
	ck_assert_uint_eq(net->in_flight, 0);
	ck_assert_uint_eq(net->connections, 0);
	ck_assert_uint_eq(net->wheel.count, 0); /* nothing has leaked a timer */
	twheel_fini(&net->wheel);
	free(net->nodes);
	free(net->links);
}

struct ldp_session *node_session(struct node *n, const struct node *peer)
{
	struct ldp_session *s;

	for (s = ldp_session_first(n->e); s; s = ldp_session_next(n->e, s)) {
		struct ldp_session_info info;

		ldp_session_info(s, &info);
		if (info.peer.lsr_id == peer->params.id.lsr_id)
			return s;
	}
	return NULL;
}
