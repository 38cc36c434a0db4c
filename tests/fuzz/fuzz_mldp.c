// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzes the tree engine: four neighbours that come, go and say anything about labels, of their own
 * and of upstream LSRs (RFC 6388, 6389), while routes, links, leaves and parameters change.  The
 * input is a list of records: operation and neighbour, length, octets.
 *
 * Whatever happens: messages can be written, upstream-assigned labels are for those who have
 * announced them, entries have labels that are ours or a neighbour's, and in the end nothing is
 * left.
 */
#include <stdlib.h>

#include "mplsmc/mldp_tree.h"

#define PEERS  4
#define FECS   3
#define LABELS 4096
#define LANS   3

enum op {
	OP_MESSAGE, /* octets: type, body of the message */
	OP_LABEL,   /* octets: what, FEC, label, how */
	OP_PEER,    /* octets: capabilities; it comes or goes */
	OP_LINKS,   /* octets: interfaces */
	OP_ROUTE,   /* octets: bits of next hops */
	OP_LOCAL,   /* octets: what, FEC or interface, on */
	OP_PARAMS,  /* octets: bits */
	OP_TIME,    /* octets: units of 100 ms */
	OPS
};

struct neighbour {
	struct mldp_peer *p;
	uint32_t capabilities;
	bool announced; /* by us */
	uint32_t asked; /* ID of our last Label Request */
};

struct world {
	struct twheel wheel;
	struct mldp *m;
	struct mldp_params params;
	struct neighbour n[PEERS];
	struct mldp_fec fecs[FECS];
	struct addr root;
	bool in_use[LABELS], forwards[LABELS];
	uint32_t next_label, id;
	unsigned int entries; /* in contexts */
	struct {
		uint32_t ifindex, context, label;
	} context[256];
	struct ldp_decoder decoder;
};

static void check(bool ok)
{
	if (!ok)
		abort();
}

static struct addr address(uint8_t net, uint8_t host)
{
	return addr_from_v4((const uint8_t[]){10, 99, net, host});
}

/* ---------------------------------------------------------------- the daemon */

static uint32_t label_alloc(void *ctx)
{
	struct world *w = ctx;

	for (unsigned int i = 16; i < LABELS; i++) {
		uint32_t label = 16 + (w->next_label++ % (LABELS - 16));

		if (w->in_use[label])
			continue;
		w->in_use[label] = true;
		return label;
	}
	return 0;
}

static void label_free(void *ctx, uint32_t label)
{
	struct world *w = ctx;

	check(label < LABELS && w->in_use[label] && !w->forwards[label]);
	w->in_use[label] = false;
}

static void send(void *ctx, struct mldp_peer *peer, struct ldp_msg *m)
{
	struct world *w = ctx;
	struct neighbour *n = mldp_peer_data(peer);
	uint8_t buf[2048];

	m->id = ++w->id;
	check(n->p == peer && ldp_msg_encode(m, buf, sizeof(buf)) > 0);
	if (m->has_upstream_label || m->upstream_request) /* M-5331-4-1 */
		check(n->announced && n->capabilities & LDP_CAP_UPSTREAM_LABEL);
	if (m->type == LDP_LABEL_REQUEST)
		n->asked = m->id;
	if (m->type == LDP_LABEL_MAPPING) {
		uint32_t label = m->has_label ? m->label : m->upstream_label;

		check(label < LABELS && w->in_use[label]);
		check(m->has_label || (m->has_request_id && m->has_context));
	}
}

static void watch_route(void *ctx, const struct addr *root, bool watch)
{
}

static void check_branches(const struct world *w, const struct mldp_branch *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check(b[i].ifindex && (!b[i].context || w->in_use[b[i].label]));
}

static void ilm(void *ctx, const struct mldp_lsp *lsp, uint32_t label,
		const struct mldp_branch *branches, size_t n, bool local)
{
	struct world *w = ctx;

	check(label < LABELS && w->in_use[label]);
	check_branches(w, branches, n);
	w->forwards[label] = n || local;
}

static void context_ilm(void *ctx, const struct mldp_lsp *lsp, const struct mldp_context *c,
			uint32_t label, const struct mldp_branch *branches, size_t n, bool local)
{
	struct world *w = ctx;
	unsigned int i = 0;

	check(label >= 16 && c->label >= 16 && c->ifindex);
	check_branches(w, branches, n);
	while (i < w->entries &&
	       (w->context[i].ifindex != c->ifindex || w->context[i].context != c->label ||
		w->context[i].label != label))
		i++;
	if (n || local) {
		if (i < array_size(w->context)) {
			w->context[i].ifindex = c->ifindex;
			w->context[i].context = c->label;
			w->context[i].label = label;
		}
		w->entries += i == w->entries;
	} else if (i < w->entries) {
		w->context[i] = w->context[--w->entries];
	}
}

static void on_root(void *ctx, const struct mldp_lsp *lsp, const struct mldp_branch *branches,
		    size_t n)
{
	check_branches(ctx, branches, n);
}

static const struct mldp_ops ops = {
	.label_alloc = label_alloc,
	.label_free = label_free,
	.send = send,
	.watch_route = watch_route,
	.ilm = ilm,
	.context_ilm = context_ilm,
	.root = on_root,
};

/* ---------------------------------------------------------------- what happens */

static void links(struct world *w, struct neighbour *n, struct rd *r)
{
	struct mldp_link l[LANS];
	size_t count = rd_left(r) < LANS ? rd_left(r) : LANS;

	memset(l, 0, sizeof(l));
	for (size_t i = 0; i < count; i++) {
		uint8_t lan = rd_u8(r) % LANS;

		l[i].ifindex = lan + 1u;
		l[i].interface[0] = (char)('a' + lan);
		l[i].next_hop = address(lan, (uint8_t)(10 + (n - w->n)));
	}
	if (n->p)
		mldp_peer_links(n->p, l, count, w->wheel.now);
}

static void peer(struct world *w, struct neighbour *n, struct rd *r)
{
	const struct ldp_id id = {.lsr_id = (uint32_t)(n - w->n) + 1};
	uint8_t caps = rd_u8(r);
	struct mldp_peer *p = n->p;
	struct rd all;

	if (p) {
		n->p = NULL;
		mldp_peer_down(p, w->wheel.now);
		return;
	}
	n->capabilities = LDP_CAP_P2MP | (caps & 1 ? LDP_CAP_MBB : 0) |
			  (caps & 2 ? 0 : LDP_CAP_UPSTREAM_LABEL);
	n->announced = w->params.upstream_labels;
	n->p = mldp_peer_up(w->m, &id, n->capabilities, n, w->wheel.now);
	all = rd_init("\0\1\2", LANS);
	links(w, n, &all);
	for (uint8_t lan = 0; lan < LANS; lan++) {
		struct addr a = address(lan, (uint8_t)(10 + (n - w->n)));

		mldp_peer_address(n->p, &a, true, w->wheel.now);
	}
}

static void input(struct world *w, struct neighbour *n, const struct ldp_msg *m)
{
	if (n->p)
		mldp_input(n->p, m, w->wheel.now);
}

/* Any octets behind valid headers, if they decode. */
static void message(struct world *w, struct neighbour *n, struct rd *r)
{
	static const uint16_t types[] = {LDP_LABEL_MAPPING, LDP_LABEL_REQUEST, LDP_LABEL_WITHDRAW,
					 LDP_LABEL_RELEASE, LDP_LABEL_ABORT,   LDP_NOTIFICATION};
	uint16_t type = types[rd_u8(r) % array_size(types)];
	uint8_t buf[300];
	struct wr out = wr_init(buf, sizeof(buf));
	struct ldp_fault fault;
	struct ldp_msg m;
	struct rd in;

	wr_u16(&out, type);
	wr_u16(&out, (uint16_t)(4 + rd_left(r)));
	wr_u32(&out, ++w->id);
	wr_copy(&out, r->p, rd_left(r));
	check(wr_ok(&out));
	in = rd_init(buf, wr_len(&out));
	if (ldp_msg_decode(&w->decoder, &in, &m, &fault) == LDP_DECODE_OK)
		input(w, n, &m);
}

/* What a neighbour says about labels: how has bits for the kind of label and its context. */
static void label(struct world *w, struct neighbour *n, struct rd *r)
{
	enum {
		MAP,
		REQUEST,
		WITHDRAW,
		RELEASE,
		REFUSE,
		ACK,
		WORDS
	};
	static const uint16_t types[WORDS] = {LDP_LABEL_MAPPING,  LDP_LABEL_REQUEST,
					      LDP_LABEL_WITHDRAW, LDP_LABEL_RELEASE,
					      LDP_NOTIFICATION,	  LDP_NOTIFICATION};
	unsigned int what = rd_u8(r) % WORDS;
	struct ldp_fec f = {.kind = LDP_FEC_MULTIPOINT, .mp = w->fecs[rd_u8(r) % FECS]};
	uint32_t number = rd_u8(r);
	uint8_t how = rd_u8(r);
	struct ldp_msg m = {.type = types[what],
			    .id = ++w->id,
			    .fecs = &f,
			    .n_fecs = 1,
			    .mbb = how & 1 ? LDP_MBB_REQUEST : LDP_MBB_NONE};

	m.upstream_request = what == REQUEST && how & 2;
	m.has_upstream_label = what != REQUEST && how & 2;
	m.has_label = what != REQUEST && !(how & 2) && (what == MAP || how & 4);
	m.label = m.has_label ? number : 0;
	m.upstream_label = m.has_upstream_label ? number : 0;
	if (m.has_upstream_label && how & 8) {
		m.has_context = true;
		m.context_label = how >> 6 ? 17 + (how >> 6) : 3;
		m.context_source = address((how >> 4) % 4, (uint8_t)(10 + (n - w->n)));
	}
	if (what == REFUSE || what == ACK) {
		m.has_status = true;
		m.status.code = what == ACK ? LDP_S_MP_STATUS : LDP_S_NO_LABEL_RESOURCES;
		m.status.message_type = what == ACK ? 0 : LDP_LABEL_REQUEST;
		m.status.message_id = n->asked;
		m.mbb = what == ACK ? LDP_MBB_ACK : LDP_MBB_NONE;
	}
	if (how & 32 && what >= WITHDRAW && what <= RELEASE)
		f = (struct ldp_fec){.kind = LDP_FEC_WILDCARD};
	input(w, n, &m);
}

static void route(struct world *w, uint8_t bits)
{
	struct addr hops[PEERS];
	size_t n = 0;

	for (uint8_t i = 0; i < PEERS; i++)
		if (bits & 1u << i)
			hops[n++] = address((bits >> 4) % LANS, (uint8_t)(10 + i));
	mldp_route(w->m, &w->root, hops, n, w->wheel.now);
}

static void local(struct world *w, struct rd *r)
{
	uint8_t what = rd_u8(r) % 5, which = rd_u8(r), on = rd_u8(r) & 1;
	const struct mldp_fec *fec = &w->fecs[which % FECS];
	struct mldp_lsp *lsp = mldp_lsp_find(w->m, fec);
	struct addr a = address(which % LANS, which >> 4);

	if (what == 0)
		mldp_leaf(w->m, fec, on, w->wheel.now);
	else if (what == 1)
		mldp_local_address(w->m, &w->root, on, w->wheel.now);
	else if (what == 2)
		mldp_interface(w->m, which % LANS + 1u, on ? &a : &ADDR_ANY, 24, w->wheel.now);
	else if (what == 3 && lsp)
		mldp_lsp_clear(lsp, w->wheel.now);
	else if (what == 4)
		mldp_route_override(w->m, fec, on ? &a : &ADDR_ANY, w->wheel.now);
}

/* Sessions restart with another announcement, as those of the daemon do. */
static void params(struct world *w, uint8_t bits)
{
	bool announce = bits & 1;

	w->params.upstream_on_demand = bits & 2;
	w->params.lan_hash_sum = bits & 4;
	w->params.mbb = bits & 8;
	w->params.maximum_branches = bits & 16 ? 1 : 100;
	w->params.maximum_per_peer = bits & 32 ? 1 : 0;
	for (unsigned int i = 0; i < PEERS && announce != w->params.upstream_labels; i++) {
		struct mldp_peer *p = w->n[i].p;

		w->n[i].p = NULL;
		if (p)
			mldp_peer_down(p, w->wheel.now);
	}
	w->params.upstream_labels = announce;
	mldp_set_params(w->m, &w->params);
}

static void time_passes(struct world *w, msec_t ms)
{
	msec_t until = w->wheel.now + ms, next;

	while ((next = twheel_next(&w->wheel)) <= until)
		twheel_run(&w->wheel, next);
	twheel_run(&w->wheel, until);
}

static void record(struct world *w, uint8_t op, struct rd r)
{
	struct neighbour *n = &w->n[op / OPS % PEERS];

	switch (op % OPS) {
	case OP_MESSAGE:
		message(w, n, &r);
		break;
	case OP_LABEL:
		label(w, n, &r);
		break;
	case OP_PEER:
		peer(w, n, &r);
		break;
	case OP_LINKS:
		links(w, n, &r);
		break;
	case OP_ROUTE:
		route(w, rd_u8(&r));
		break;
	case OP_LOCAL:
		local(w, &r);
		break;
	case OP_PARAMS:
		params(w, rd_u8(&r));
		break;
	default:
		time_passes(w, 100 * (msec_t)rd_u8(&r));
	}
}

/* ---------------------------------------------------------------- from beginning to end */

static void start(struct world *w)
{
	w->root = addr_from_v4((const uint8_t[]){10, 0, 0, 1});
	for (uint32_t i = 0; i < FECS; i++)
		w->fecs[i] = mldp_fec_generic(&w->root, 42 + i);
	mldp_params_default(&w->params);
	w->params.upstream_labels = w->params.upstream_on_demand = true;
	twheel_init(&w->wheel, 1000);
	w->m = mldp_new(&w->params, &ops, w, &w->wheel);
	for (uint8_t lan = 0; lan < LANS; lan++) {
		struct addr a = address(lan, 1);

		mldp_interface(w->m, lan + 1u, &a, 24, w->wheel.now);
	}
}

/* Nobody is there and nobody wants anything. */
static void finish(struct world *w)
{
	for (unsigned int i = 0; i < FECS; i++) {
		mldp_leaf(w->m, &w->fecs[i], false, w->wheel.now);
		mldp_route_override(w->m, &w->fecs[i], &ADDR_ANY, w->wheel.now);
	}
	for (unsigned int i = 0; i < PEERS; i++) {
		struct mldp_peer *p = w->n[i].p;

		w->n[i].p = NULL;
		if (p)
			mldp_peer_down(p, w->wheel.now);
	}
	for (unsigned int i = 0; i < LABELS; i++)
		check(!w->in_use[i] && !w->forwards[i]);
	check(!w->entries && !mldp_stats(w->m)->lsps && !mldp_stats(w->m)->branches);
	check(!mldp_stats(w->m)->labels && !mldp_stats(w->m)->shared_labels);
	mldp_free(w->m);
	check(!w->wheel.count);
	twheel_fini(&w->wheel);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_init(data, size);
	struct world *w = calloc(1, sizeof(*w));

	if (!w)
		abort();
	start(w);
	while (rd_left(&r) >= 2) {
		uint8_t op = rd_u8(&r), len = rd_u8(&r);

		record(w, op, rd_sub(&r, len < rd_left(&r) ? len : rd_left(&r)));
	}
	finish(w);
	free(w);
	return 0;
}
