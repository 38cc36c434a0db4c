// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A thousand LSRs on a virtual clock: tree engines exchange label messages over links with
 * delay, links fail and come back, routes converge at different times.  When all is quiet, the
 * trees must be those a global observer computes from the topology alone (the oracle): a packet
 * of the root reaches every leaf exactly once and nobody else, no packet loops, no label leaks.
 */
#include <check.h>
#include <stdlib.h>

#include "mplsmc/mldp_tree.h"

#define MAX_NODES 1000
#define MAX_LINKS 4000
#define ROOTS	  5
#define FECS	  20
#define INFINITE  UINT32_MAX

struct node {
	struct mldp *m;
	struct twheel wheel;
	struct addr id;
	uint32_t next_label;
	size_t labels_used;
	struct entry { /* by label - 1 */
		bool used, local;
		unsigned int fec;
		size_t n;
		struct hop {
			unsigned int node, link;
			uint32_t label, context; /* context 0: the label is the node's own */
		} * hops;
		uint32_t label, context; /* of `contexts` alone */
		unsigned int link;
	} * ilm, *contexts; /* contexts: labels of upstream LSRs (RFC 6389) */
	size_t n_ilm, n_contexts;
	bool can;		/* has announced them */
	struct hop *push[FECS]; /* as root */
	size_t n_push[FECS];
	bool leaf[FECS];
	uint32_t delivered, seen; /* of the packet under way */
};

struct link {
	unsigned int a, b;
	bool up;
	unsigned int life; /* messages of an earlier life are lost */
	struct mldp_peer *at_a, *at_b;
	msec_t last[2]; /* messages arrive in order */
};

struct happening {
	msec_t when;
	uint64_t order;
	bool is_route; /* else a message */
	unsigned int to, link, life;
	struct ldp_msg msg;
	struct ldp_fec fec;
	unsigned int root;
};

static struct node *nodes;
static struct link links[MAX_LINKS];
static unsigned int n_nodes, n_links, roots[ROOTS], fec_root[FECS];
static struct happening *heap;
static size_t n_heap, heap_size;
static uint64_t next_order, messages;
static msec_t now;
static struct mldp_fec fecs[FECS];

/* ---------------------------------------------------------------- a heap of what will happen */

static bool earlier(const struct happening *a, const struct happening *b)
{
	return a->when != b->when ? a->when < b->when : a->order < b->order;
}

static void heap_push(struct happening h)
{
	size_t i = n_heap++;

	if (n_heap > heap_size) {
		heap_size = heap_size ? 2 * heap_size : 1024;
		heap = realloc(heap, heap_size * sizeof(*heap));
	}
	h.order = next_order++;
	for (; i && earlier(&h, &heap[(i - 1) / 2]); i = (i - 1) / 2)
		heap[i] = heap[(i - 1) / 2];
	heap[i] = h;
}

static struct happening heap_pop(void)
{
	struct happening top = heap[0], last = heap[--n_heap];
	size_t i = 0;

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= n_heap)
			break;
		if (child + 1 < n_heap && earlier(&heap[child + 1], &heap[child]))
			child++;
		if (!earlier(&heap[child], &last))
			break;
		heap[i] = heap[child];
		i = child;
	}
	if (n_heap)
		heap[i] = last;
	return top;
}

/* ---------------------------------------------------------------- callbacks */

static unsigned int fec_index(const struct mldp_fec *f)
{
	for (unsigned int i = 0; i < FECS; i++)
		if (mldp_fec_cmp(f, &fecs[i]) == 0)
			return i;
	ck_abort_msg("unknown FEC");
	return 0;
}

static uint32_t label_alloc(void *ctx)
{
	struct node *n = ctx;

	n->labels_used++;
	return ++n->next_label + 1000; /* never again: a stale one is noticed */
}

static void label_free(void *ctx, uint32_t label)
{
	struct node *n = ctx;

	ck_assert_uint_gt(n->labels_used, 0);
	n->labels_used--;
	if (label - 1000 <= n->n_ilm)
		ck_assert(!n->ilm[label - 1001].used);
}

/* The link behind a peer is its data. */
static void send(void *ctx, struct mldp_peer *peer, struct ldp_msg *m)
{
	struct link *l = mldp_peer_data(peer);
	bool from_a = ctx == &nodes[l->a];
	struct happening h = {
		.to = from_a ? l->b : l->a, .link = l - links, .life = l->life, .msg = *m};

	messages++;
	m->id = h.msg.id = messages;
	if (!nodes[l->a].can || !nodes[l->b].can) /* M-5331-4-1 */
		ck_assert(!m->has_upstream_label && !m->upstream_request);
	ck_assert_uint_le(m->n_fecs, 1);
	if (m->n_fecs)
		h.fec = m->fecs[0];
	h.when = now + 1 + rand() % 20;
	if (h.when < l->last[from_a])
		h.when = l->last[from_a];
	l->last[from_a] = h.when;
	heap_push(h);
}

/* Routing answers a little later. */
static void watch_route(void *ctx, const struct addr *root, bool watch)
{
	for (unsigned int r = 0; watch && r < ROOTS; r++)
		if (addr_cmp(root, &nodes[roots[r]].id) == 0)
			heap_push((struct happening){.is_route = true,
						     .when = now + 1,
						     .to = (struct node *)ctx - nodes,
						     .root = r});
}

static unsigned int node_of(const struct mldp_branch *b, const struct node *self)
{
	const struct link *l = mldp_peer_data(b->peer);

	return &nodes[l->a] == self ? l->b : l->a;
}

static struct hop *hops_of(const struct node *self, const struct mldp_branch *branches, size_t n)
{
	struct hop *hops = calloc(n + 1, sizeof(*hops));

	for (size_t i = 0; i < n; i++)
		hops[i] = (struct hop){node_of(&branches[i], self), branches[i].ifindex,
				       branches[i].label, branches[i].context};
	return hops;
}

static struct entry *context_entry(struct node *n, unsigned int link, uint32_t context,
				   uint32_t label)
{
	for (size_t i = 0; i < n->n_contexts; i++) {
		struct entry *e = &n->contexts[i];

		if (e->link == link && e->context == context && e->label == label)
			return e;
	}
	return NULL;
}

static void context_ilm(void *ctx, const struct mldp_lsp *lsp, const struct mldp_context *c,
			uint32_t label, const struct mldp_branch *branches, size_t n, bool local)
{
	struct node *self = ctx;
	struct entry *e = context_entry(self, c->ifindex, c->label, label);
	struct mldp_lsp_info info;

	mldp_lsp_info(lsp, &info);
	if (!e) {
		self->contexts =
			realloc(self->contexts, (self->n_contexts + 1) * sizeof(*self->contexts));
		e = &self->contexts[self->n_contexts++];
		memset(e, 0, sizeof(*e));
	}
	free(e->hops);
	*e = (struct entry){.used = n || local,
			    .local = local,
			    .fec = fec_index(info.fec),
			    .n = n,
			    .hops = hops_of(self, branches, n),
			    .label = label,
			    .context = c->label,
			    .link = c->ifindex};
}

static void ilm(void *ctx, const struct mldp_lsp *lsp, uint32_t label,
		const struct mldp_branch *branches, size_t n, bool local)
{
	struct node *self = ctx;
	struct mldp_lsp_info info;
	struct entry *e;

	mldp_lsp_info(lsp, &info);
	if (label - 1000 > self->n_ilm) {
		self->ilm = realloc(self->ilm, (label - 1000) * sizeof(*self->ilm));
		memset(&self->ilm[self->n_ilm], 0,
		       (label - 1000 - self->n_ilm) * sizeof(*self->ilm));
		self->n_ilm = label - 1000;
	}
	e = &self->ilm[label - 1001];
	free(e->hops);
	*e = (struct entry){.used = n || local,
			    .local = local,
			    .fec = fec_index(info.fec),
			    .n = n,
			    .hops = hops_of(self, branches, n)};
}

static void root_changed(void *ctx, const struct mldp_lsp *lsp, const struct mldp_branch *branches,
			 size_t n)
{
	struct node *self = ctx;
	struct mldp_lsp_info info;
	unsigned int f;

	mldp_lsp_info(lsp, &info);
	f = fec_index(info.fec);
	free(self->push[f]);
	self->push[f] = hops_of(self, branches, n);
	self->n_push[f] = n;
}

static const struct mldp_ops ops = {
	.label_alloc = label_alloc,
	.label_free = label_free,
	.send = send,
	.watch_route = watch_route,
	.ilm = ilm,
	.context_ilm = context_ilm,
	.root = root_changed,
};

/* ---------------------------------------------------------------- topology and routing */

static struct addr node_id(unsigned int i)
{
	uint8_t octets[4] = {10, 0, i >> 8, i & 0xff};

	return addr_from_v4(octets);
}

static void distances(unsigned int root, uint32_t *dist)
{
	static unsigned int queue[MAX_NODES];
	size_t head = 0, tail = 0;

	for (unsigned int i = 0; i < n_nodes; i++)
		dist[i] = INFINITE;
	dist[root] = 0;
	queue[tail++] = root;
	while (head < tail) {
		unsigned int v = queue[head++];

		for (unsigned int l = 0; l < n_links; l++) {
			unsigned int w = links[l].a == v ? links[l].b : links[l].a;

			if (!links[l].up || (links[l].a != v && links[l].b != v) ||
			    dist[w] != INFINITE)
				continue;
			dist[w] = dist[v] + 1;
			queue[tail++] = w;
		}
	}
}

static size_t next_hops(unsigned int v, const uint32_t *dist, struct addr *hops)
{
	size_t n = 0;

	for (unsigned int l = 0; l < n_links && dist[v] != INFINITE; l++) {
		unsigned int w = links[l].a == v ? links[l].b : links[l].a;

		if (links[l].up && (links[l].a == v || links[l].b == v) && dist[w] + 1 == dist[v] &&
		    n < MLDP_MAX_NEXTHOPS)
			hops[n++] = nodes[w].id;
	}
	return n;
}

/* Side 1 or 2 of a link has host part 1 or 2, and context label 17 or 18. */
static struct addr link_address(unsigned int i, unsigned int side)
{
	uint8_t octets[4] = {11, i >> 8, i & 0xff, side};

	return addr_from_v4(octets);
}

/* Every node hears of the new routes at a time of its own. */
static void routes_changed(void)
{
	for (unsigned int r = 0; r < ROOTS; r++)
		for (unsigned int i = 0; i < n_nodes; i++)
			heap_push((struct happening){
				.is_route = true, .when = now + rand() % 100, .to = i, .root = r});
}

static uint32_t dist_cache[ROOTS][MAX_NODES];

static void learn_route(unsigned int node, unsigned int r)
{
	struct addr hops[MLDP_MAX_NEXTHOPS];
	size_t n;

	if (roots[r] == node)
		return;
	n = next_hops(node, dist_cache[r], hops);
	mldp_route(nodes[node].m, &nodes[roots[r]].id, hops, n, now);
}

static void compute_routes(void)
{
	for (unsigned int r = 0; r < ROOTS; r++)
		distances(roots[r], dist_cache[r]);
}

static void link_set(unsigned int i, bool up)
{
	struct link *l = &links[i];
	const struct ldp_id a = {.lsr_id = l->a + 1}, b = {.lsr_id = l->b + 1};
	const struct mldp_link to_a = {i + 1, "link", link_address(i, 1)},
			       to_b = {i + 1, "link", link_address(i, 2)};
	const uint32_t caps = LDP_CAP_P2MP | LDP_CAP_MBB;

	if (l->up == up)
		return;
	l->up = up;
	l->life++;
	if (!up) {
		mldp_peer_down(l->at_a, now);
		mldp_peer_down(l->at_b, now);
		return;
	}
	l->last[0] = l->last[1] = 0;
	l->at_a = mldp_peer_up(nodes[l->a].m, &b,
			       caps | (nodes[l->b].can ? LDP_CAP_UPSTREAM_LABEL : 0), l, now);
	l->at_b = mldp_peer_up(nodes[l->b].m, &a,
			       caps | (nodes[l->a].can ? LDP_CAP_UPSTREAM_LABEL : 0), l, now);
	mldp_peer_links(l->at_a, &to_b, 1, now);
	mldp_peer_links(l->at_b, &to_a, 1, now);
	mldp_peer_address(l->at_a, &nodes[l->b].id, true, now);
	mldp_peer_address(l->at_b, &nodes[l->a].id, true, now);
}

/* ---------------------------------------------------------------- time */

static void happen(struct happening *h)
{
	struct link *l = &links[h->link];

	now = h->when;
	twheel_run(&nodes[h->to].wheel, now);
	if (h->is_route) {
		learn_route(h->to, h->root);
		return;
	}
	if (!l->up || l->life != h->life)
		return;
	h->msg.fecs = &h->fec;
	mldp_input(h->to == l->a ? l->at_a : l->at_b, &h->msg, now);
}

/* Until nothing is under way and no timer has anything to say. */
static void quiet(void)
{
	msec_t start = now;

	for (int round = 0; round < 4; round++) {
		while (n_heap) {
			struct happening h = heap_pop();

			happen(&h);
			ck_assert_msg(now - start < 120000, "does not converge");
		}
		now += 6000; /* beyond root-hold and the MBB wait */
		for (unsigned int i = 0; i < n_nodes; i++)
			twheel_run(&nodes[i].wheel, now);
	}
	ck_assert_uint_eq(n_heap, 0);
}

/* ---------------------------------------------------------------- the oracle */

static uint32_t packet;

static void carry(const struct hop *hop, unsigned int f, unsigned int depth)
{
	unsigned int to = hop->node;
	struct node *n = &nodes[to];
	struct entry *e = NULL;

	ck_assert_msg(depth <= n_nodes, "a packet loops");
	if (hop->context)
		e = context_entry(n, hop->link, hop->context, hop->label);
	else if (hop->label - 1001 < n->n_ilm)
		e = &n->ilm[hop->label - 1001];
	if (!e || !e->used)
		ck_abort_msg("node %u has no entry for the label it was sent", to);
	ck_assert_uint_eq(e->fec, f);
	ck_assert_msg(n->seen != packet, "node %u gets a packet twice", to);
	n->seen = packet;
	n->delivered += e->local;
	for (size_t i = 0; i < e->n; i++)
		carry(&e->hops[i], f, depth + 1);
}

/* The upstream LSR by the rule alone: CRC-32 of the opaque value over ascending next hops. */
static unsigned int upstream_of(unsigned int v, unsigned int f, const uint32_t *dist)
{
	struct addr hops[MLDP_MAX_NEXTHOPS], tmp;
	size_t n = next_hops(v, dist, hops);

	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++)
			if (addr_cmp(&hops[j], &hops[i]) < 0) {
				tmp = hops[i];
				hops[i] = hops[j];
				hops[j] = tmp;
			}
	tmp = hops[mldp_fec_crc32(&fecs[f]) % n];
	return tmp.b[14] << 8 | tmp.b[15];
}

static void check_fec(unsigned int f)
{
	const struct node *root = &nodes[fec_root[f]];
	static bool on_tree[MAX_NODES];
	uint32_t dist[MAX_NODES];

	distances(fec_root[f], dist);
	memset(on_tree, 0, sizeof(on_tree));
	packet++;
	for (unsigned int i = 0; i < n_nodes; i++)
		nodes[i].delivered = 0;
	for (size_t i = 0; i < root->n_push[f]; i++)
		carry(&root->push[f][i], f, 1);
	for (unsigned int i = 0; i < n_nodes; i++) {
		bool reaches = nodes[i].leaf[f] && dist[i] != INFINITE && i != fec_root[f];

		ck_assert_msg(nodes[i].delivered == reaches, "node %u gets %u copies, not %u", i,
			      nodes[i].delivered, reaches);
		for (unsigned int v = i; reaches && v != fec_root[f]; v = upstream_of(v, f, dist))
			on_tree[v] = true;
	}
	for (unsigned int i = 0; i < n_nodes; i++)
		ck_assert_msg((nodes[i].seen == packet) == on_tree[i], "node %u is %son the tree",
			      i, on_tree[i] ? "not " : "");
}

static void check_labels(void)
{
	for (unsigned int i = 0; i < n_nodes; i++) {
		size_t entries = 0;

		for (size_t l = 0; l < nodes[i].n_ilm; l++)
			entries += nodes[i].ilm[l].used;
		ck_assert_uint_eq(mldp_stats(nodes[i].m)->labels, entries);
		entries += mldp_stats(nodes[i].m)->shared_labels;
		ck_assert_msg(entries == nodes[i].labels_used,
			      "node %u: %zu entries, %zu labels in use", i, entries,
			      nodes[i].labels_used);
	}
}

static void check(void)
{
	for (unsigned int f = 0; f < FECS; f++)
		check_fec(f);
	check_labels();
}

/* ---------------------------------------------------------------- scenarios */

/* Some can assign labels as upstream LSRs, and of those some ask for them. */
static void start_node(struct node *n, const struct mldp_params *common, bool upstream)
{
	struct mldp_params p = *common;

	n->can = upstream && rand() % 4;
	p.upstream_labels = n->can;
	p.upstream_on_demand = n->can && rand() % 4;
	twheel_init(&n->wheel, now);
	n->m = mldp_new(&p, &ops, n, &n->wheel);
	mldp_local_address(n->m, &n->id, true, now);
}

static void link_new(unsigned int l)
{
	struct addr a = link_address(l, 1), b = link_address(l, 2);

	mldp_interface(nodes[links[l].a].m, l + 1, &a, 24, now);
	mldp_interface(nodes[links[l].b].m, l + 1, &b, 24, now);
	link_set(l, true);
}

static void make_network(unsigned int n, bool mbb, bool upstream)
{
	struct mldp_params p;

	nodes = calloc(n, sizeof(*nodes));
	n_nodes = n;
	n_links = 0;
	n_heap = 0;
	now = 1000;
	mldp_params_default(&p);
	p.mbb = mbb;
	p.maximum_branches = MAX_NODES;
	for (unsigned int i = 0; i < n; i++) {
		nodes[i].id = node_id(i);
		start_node(&nodes[i], &p, upstream);
		if (i) /* connected, and more links at random */
			links[n_links++] = (struct link){.a = i, .b = rand() % i};
		for (int more = 0; i > 1 && more < 2; more++) {
			unsigned int other = rand() % i;
			bool there = false;

			for (unsigned int l = 0; l < n_links; l++)
				there |= links[l].a == i && links[l].b == other;
			if (!there)
				links[n_links++] = (struct link){.a = i, .b = other};
		}
	}
	for (unsigned int l = 0; l < n_links; l++)
		link_new(l);
	for (unsigned int r = 0; r < ROOTS; r++)
		roots[r] = rand() % n;
	for (unsigned int f = 0; f < FECS; f++) {
		fec_root[f] = roots[f % ROOTS];
		fecs[f] = mldp_fec_generic(&nodes[fec_root[f]].id, 100 + f);
	}
	compute_routes();
}

static void set_leaf(unsigned int i, unsigned int f, bool on)
{
	twheel_run(&nodes[i].wheel, now);
	nodes[i].leaf[f] = on;
	mldp_leaf(nodes[i].m, &fecs[f], on, now);
}

static void free_network(void)
{
	for (unsigned int i = 0; i < n_nodes; i++) {
		mldp_free(nodes[i].m);
		twheel_fini(&nodes[i].wheel);
		for (size_t l = 0; l < nodes[i].n_ilm; l++)
			free(nodes[i].ilm[l].hops);
		free(nodes[i].ilm);
		for (size_t l = 0; l < nodes[i].n_contexts; l++)
			free(nodes[i].contexts[l].hops);
		free(nodes[i].contexts);
		for (unsigned int f = 0; f < FECS; f++)
			free(nodes[i].push[f]);
	}
	free(nodes);
	free(heap);
	heap = NULL;
	heap_size = 0;
}

static void churn(unsigned int steps)
{
	for (unsigned int s = 0; s < steps; s++) {
		unsigned int l = rand() % n_links;

		if (rand() % 3) {
			set_leaf(rand() % n_nodes, rand() % FECS, rand() % 2);
			continue;
		}
		for (unsigned int i = 0; i < n_nodes; i++)
			twheel_run(&nodes[i].wheel, now);
		link_set(l, !links[l].up);
		compute_routes();
		routes_changed();
	}
}

/* M-6388-2.4.1.4-*, M-6388-2.4.2.*, M-6388-2.4.3-*, M-6388-4-1, M-6388-8.4.3-*, M-mLDP-fail-1 */
static void run(unsigned int n, unsigned int rounds, unsigned int steps, bool mbb, bool upstream)
{
	uint64_t asked = 0;

	make_network(n, mbb, upstream);
	routes_changed();
	quiet();
	for (unsigned int r = 0; r < rounds; r++) {
		churn(steps);
		routes_changed();
		quiet();
		check();
	}
	for (unsigned int i = 0; i < n_nodes; i++)
		for (unsigned int f = 0; f < FECS; f++)
			set_leaf(i, f, false);
	quiet();
	check();
	for (unsigned int i = 0; i < n_nodes; i++) {
		ck_assert_uint_eq(mldp_stats(nodes[i].m)->lsps, 0);
		asked += mldp_stats(nodes[i].m)->requests_tx;
		for (size_t l = 0; l < nodes[i].n_contexts; l++)
			ck_assert(!nodes[i].contexts[l].used);
	}
	ck_assert_int_eq(asked > 0, upstream);
	free_network();
}

START_TEST(trees_are_those_of_the_topology_with_delete_before_add)
{
	srand(_i + 1);
	run(20 + rand() % 60, 8, 30, false, false);
}
END_TEST

START_TEST(trees_are_those_of_the_topology_with_make_before_break)
{
	srand(_i + 1);
	run(20 + rand() % 60, 8, 30, true, false);
}
END_TEST

/* M-6389-4-1, M-6389-4.1-1, M-6389-4.1-3, beside LSRs that cannot or do not ask */
START_TEST(trees_are_those_of_the_topology_with_labels_of_the_upstream_lsr)
{
	srand(_i + 1);
	run(20 + rand() % 60, 8, 30, _i % 2, true);
}
END_TEST

START_TEST(a_thousand_lsrs)
{
	srand(7 + _i);
	run(1000, 2, 40, _i, false);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("mldp_sim");
	TCase *c = tcase_create("sim");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(c, 300);
	tcase_add_loop_test(c, trees_are_those_of_the_topology_with_delete_before_add, 0, 10);
	tcase_add_loop_test(c, trees_are_those_of_the_topology_with_make_before_break, 0, 10);
	tcase_add_loop_test(c, trees_are_those_of_the_topology_with_labels_of_the_upstream_lsr, 0,
			    20);
	tcase_add_loop_test(c, a_thousand_lsrs, 0, 2);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
