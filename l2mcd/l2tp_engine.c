// SPDX-License-Identifier: GPL-2.0-or-later
/* The L2TP engine: way in and out of datagrams, tables of tunnels, memory. */
#include "l2mcd/l2tp_engine_p.h"
#include "lib/text.h"

DEFINE_MTYPE_STATIC(L2TP, L2TP_ENGINE, "L2TP engine");
DEFINE_MTYPE_STATIC(L2TP, L2TP_DECODER, "L2TP decoder");
DEFINE_MTYPE_STATIC(L2TP, L2TP_OUT, "L2TP datagram");

/* First 16 bits of a message (RFC 2661 3.1). */
enum {
	HEADER_T = 0x8000,
	HEADER_L = 0x4000,
	HEADER_S = 0x0800,
	HEADER_O = 0x0200,
	HEADER_VERSION = 0x000f,
};

int l2tp_tid_cmp(const struct l2tp_tunnel *a, const struct l2tp_tunnel *b)
{
	return (int)a->id - (int)b->id;
}

uint32_t l2tp_tid_hash(const struct l2tp_tunnel *t)
{
	return jhash_1word(t->id, 0x6b1d4c02);
}

int l2tp_peer_cmp(const struct l2tp_tunnel *a, const struct l2tp_tunnel *b)
{
	int r = endpoint_cmp(&a->peer, &b->peer);

	return r ? r : (int)a->peer_id - (int)b->peer_id;
}

uint32_t l2tp_peer_hash(const struct l2tp_tunnel *t)
{
	return jhash(t->peer.addr.b, sizeof(t->peer.addr.b),
		     (uint32_t)t->peer.port << 16 | t->peer_id);
}

int l2tp_digest_cmp(const struct l2tp_tunnel *a, const struct l2tp_tunnel *b)
{
	return a->digest != b->digest ? (a->digest < b->digest ? -1 : 1)
				      : endpoint_cmp(&a->peer, &b->peer);
}

uint32_t l2tp_digest_hash(const struct l2tp_tunnel *t)
{
	return t->digest;
}

/* ---------------------------------------------------------------- life cycle */

struct l2tp_engine *l2tp_engine_new(const struct l2tp_ops *ops, void *ctx, struct twheel *wheel)
{
	struct l2tp_engine *e = XCALLOC(MTYPE_L2TP_ENGINE, sizeof(*e));

	e->ops = ops;
	e->ctx = ctx;
	e->wheel = wheel;
	e->decoder = XCALLOC(MTYPE_L2TP_DECODER, sizeof(*e->decoder));
	l2tp_tids_init(&e->by_id);
	l2tp_peers_init(&e->by_peer);
	l2tp_digests_init(&e->by_digest);
	l2tp_tunnels_init(&e->tunnels);
	l2tp_opening_init(&e->opening);
	l2tp_pending_init(&e->pending);
	l2tp_dead_tunnels_init(&e->dead_tunnels);
	l2tp_dead_sessions_init(&e->dead_sessions);
	l2tp_out_init(&e->out);
	return e;
}

void l2tp_enter(struct l2tp_engine *e)
{
	e->depth++;
}

static void bury(struct l2tp_engine *e)
{
	struct l2tp_session *s;
	struct l2tp_tunnel *t;

	while ((s = l2tp_dead_sessions_pop(&e->dead_sessions)))
		l2tp_session_free(s);
	while ((t = l2tp_dead_tunnels_pop(&e->dead_tunnels)))
		l2tp_tunnel_free(t);
}

void l2tp_leave(struct l2tp_engine *e)
{
	if (--e->depth == 0)
		bury(e);
}

void l2tp_engine_free(struct l2tp_engine *e)
{
	struct l2tp_tunnel *t;
	struct l2tp_out *out;

	while ((t = l2tp_tunnels_first(&e->tunnels)))
		l2tp_tunnel_end(t);
	bury(e);
	while ((out = l2tp_out_pop(&e->out)))
		XFREE(MTYPE_L2TP_OUT, out);
	XFREE(MTYPE_L2TP_OUT, e->last);
	l2tp_tids_fini(&e->by_id);
	l2tp_peers_fini(&e->by_peer);
	l2tp_digests_fini(&e->by_digest);
	l2tp_tunnels_fini(&e->tunnels);
	l2tp_opening_fini(&e->opening);
	l2tp_pending_fini(&e->pending);
	l2tp_dead_tunnels_fini(&e->dead_tunnels);
	l2tp_dead_sessions_fini(&e->dead_sessions);
	l2tp_out_fini(&e->out);
	XFREE(MTYPE_L2TP_DECODER, e->decoder);
	XFREE(MTYPE_L2TP_ENGINE, e);
}

void l2tp_params_default(struct l2tp_params *p)
{
	*p = (struct l2tp_params){
		.host_name = "l2mcd",
		.hiding = L2TP_HIDE_NEVER,
		.hello_interval_s = 60,
		.receive_window = 16,
		.retries = 5,
		.rto_s = 1,
		.rto_max_s = 16, /* A2661-1 */
		.session_limit = 65535,
	};
}

const struct l2tp_stats *l2tp_engine_stats(const struct l2tp_engine *e)
{
	return &e->stats;
}

void l2tp_engine_clear_stats(struct l2tp_engine *e)
{
	e->stats = (struct l2tp_stats){0};
}

/* ---------------------------------------------------------------- helpers */

void l2tp_random_octets(struct l2tp_engine *e, uint8_t *to, size_t len)
{
	struct wr w = wr_init(to, len);

	while (wr_left(&w) >= sizeof(uint32_t))
		wr_u32(&w, e->ops->random(e->ctx));
	while (wr_left(&w))
		wr_u8(&w, e->ops->random(e->ctx) & 0xff);
}

void l2tp_copy_text(char *to, size_t size, struct span from)
{
	text_copy_octets(to, size, from);
}

void l2tp_put_result(struct l2tp_msg *m, const struct l2tp_cause *c)
{
	struct span text = l2tp_text_span(c->text);

	text.len = MIN(text.len, 255U);
	l2tp_msg_set(m, L2TP_AVP_RESULT_CODE);
	m->result = (struct l2tp_result){
		.result = c->result, .has_error = c->has_error, .error = c->error, .text = text};
}

struct l2tp_tunnel *l2tp_tunnel_by_id(struct l2tp_engine *e, uint16_t id)
{
	struct l2tp_tunnel key = {.id = id};

	return l2tp_tids_find(&e->by_id, &key);
}

struct l2tp_tunnel *l2tp_tunnel_by_peer(struct l2tp_engine *e, const struct endpoint *peer,
					uint16_t peer_id)
{
	struct l2tp_tunnel key = {.peer = *peer, .peer_id = peer_id};

	return l2tp_peers_find(&e->by_peer, &key);
}

struct l2tp_tunnel *l2tp_tunnel_first(struct l2tp_engine *e)
{
	return l2tp_tunnels_first(&e->tunnels);
}

struct l2tp_tunnel *l2tp_tunnel_next(struct l2tp_engine *e, struct l2tp_tunnel *t)
{
	return l2tp_tunnels_next(&e->tunnels, t);
}

/* ---------------------------------------------------------------- output */

void l2tp_engine_emit(struct l2tp_tunnel *t, enum l2tp_msg_type type, struct span data, bool again)
{
	struct l2tp_engine *e = t->e;
	struct l2tp_out *out = XCALLOC(MTYPE_L2TP_OUT, sizeof(*out) + data.len);

	out->local = t->local;
	out->peer = t->peer;
	out->len = data.len;
	memcpy(out->data, data.p, data.len);
	if (t->zlb) { /* only if nothing else is queued (RFC 2661 5.8, R4045-5-2) */
		l2tp_out_del(&e->out, t->zlb);
		XFREE(MTYPE_L2TP_OUT, t->zlb);
		e->stats.tx[L2TP_ZLB]--;
	}
	if (type == L2TP_ZLB) {
		t->zlb = out;
		out->zlb_of = t;
	}
	l2tp_out_add_tail(&e->out, out);
	if (again)
		e->stats.tx_retransmit++;
	else
		e->stats.tx[type]++;
	if (e->ops->trace)
		e->ops->trace(e->ctx, t, true, (struct span){out->data, out->len});
}

bool l2tp_engine_output(struct l2tp_engine *e, struct l2tp_datagram *d)
{
	XFREE(MTYPE_L2TP_OUT, e->last);
	e->last = l2tp_out_pop(&e->out);
	if (!e->last)
		return false;
	if (e->last->zlb_of)
		e->last->zlb_of->zlb = NULL;
	*d = (struct l2tp_datagram){
		.local = e->last->local,
		.peer = e->last->peer,
		.data = {e->last->data, e->last->len},
	};
	return true;
}

/* ---------------------------------------------------------------- input */

static bool is_zlb(const struct l2tp_arrival *d)
{
	return d->data.len == L2TP_HEADER_LEN;
}

/* In order as in l2tp_reliable_receive(): header first, message when its turn has come. */
static bool process(struct l2tp_tunnel *t, struct span data, msec_t now)
{
	struct l2tp_engine *e = t->e;
	struct span secret = {t->p.secret, t->p.secret_len};
	struct l2tp_fault fault;
	enum l2tp_decode verdict;
	struct l2tp_msg m;

	verdict = l2tp_msg_decode(e->decoder, data, secret, &m, &fault, &e->stats.decode);
	if (verdict == L2TP_DECODE_DISCARD) {
		e->stats.rx_malformed++;
		return false;
	}
	l2tp_reliable_accept(&t->reliable);
	if ((unsigned int)m.type < L2TP_MSG_TYPES)
		e->stats.rx[m.type]++;
	if (verdict == L2TP_DECODE_BAD)
		e->stats.rx_malformed++;
	else if (verdict != L2TP_DECODE_OK)
		e->stats.rx_unknown_type++;
	l2tp_tunnel_receive(t, &m, verdict, &fault, now);
	return !t->dead;
}

static void count(struct l2tp_stats *stats, enum l2tp_rx_verdict verdict)
{
	switch (verdict) {
	case L2TP_RX_ZLB:
		stats->rx[L2TP_ZLB]++;
		break;
	case L2TP_RX_EARLY:
		stats->rx_reordered++;
		break;
	case L2TP_RX_DUPLICATE:
		stats->rx_duplicate++;
		break;
	case L2TP_RX_OUT_OF_WINDOW:
		stats->rx_out_of_window++;
		break;
	case L2TP_RX_IN_ORDER:
		break;
	}
}

void l2tp_tunnel_input(struct l2tp_tunnel *t, const struct l2tp_arrival *d, msec_t now)
{
	struct l2tp_reliable *r = &t->reliable;
	enum l2tp_rx_verdict verdict;
	struct l2tp_rx_msg *early;

	if (t->e->ops->trace)
		t->e->ops->trace(t->e->ctx, t, false, d->data);
	l2tp_tunnel_heard(t, now);
	t->from_local = *d->local;
	t->from_peer = *d->peer;
	r->held = true;
	verdict = l2tp_reliable_receive(r, d->ns, d->nr, d->data, now);
	count(&t->e->stats, verdict);
	if (verdict == L2TP_RX_IN_ORDER && !t->dead && process(t, d->data, now)) {
		while ((early = l2tp_reliable_early(r))) {
			bool more = process(t, (struct span){early->data, early->len}, now);

			l2tp_rx_msg_free(early);
			if (!more)
				break;
		}
	}
	r->held = false;
	if (!t->dead)
		l2tp_reliable_flush(r, now);
}

/* The responder may choose the port of its answer; from then on it is fixed (R2661-8.1-1). */
static bool from_peer(const struct l2tp_tunnel *t, const struct endpoint *peer)
{
	if (!t->peer_fixed)
		return addr_cmp(&t->peer.addr, &peer->addr) == 0;
	return endpoint_cmp(&t->peer, peer) == 0;
}

static void input_control(struct l2tp_engine *e, const struct l2tp_arrival *d, msec_t now)
{
	struct l2tp_tunnel *t = d->tunnel_id ? l2tp_tunnel_by_id(e, d->tunnel_id) : NULL;

	if (t && from_peer(t, d->peer))
		l2tp_tunnel_input(t, d, now);
	else if (t)
		e->stats.rx_wrong_peer++; /* R2661-8.1-2 */
	else if (d->tunnel_id || is_zlb(d))
		e->stats.rx_unknown_tunnel++; /* A2661-8 */
	else
		l2tp_accept_input(e, d, now);
}

static void input_data(struct l2tp_engine *e, const struct endpoint *peer, uint16_t flags,
		       struct rd r, msec_t now)
{
	struct l2tp_tunnel *t;

	e->stats.rx_data++;
	if (flags & HEADER_L)
		rd_u16(&r);
	t = l2tp_tunnel_by_id(e, rd_u16(&r));
	if (t && from_peer(t, peer))
		l2tp_tunnel_heard(t, now);
}

void l2tp_engine_input(struct l2tp_engine *e, const struct endpoint *local,
		       const struct endpoint *peer, struct span data, msec_t now)
{
	struct l2tp_arrival d = {.local = local, .peer = peer};
	struct rd r = rd_span(data);
	uint16_t flags = rd_u16(&r), length;

	if (rd_ok(&r) && (flags & HEADER_VERSION) != 2) {
		e->stats.rx_version++; /* R2661-3.1-3 */
		return;
	}
	if (rd_ok(&r) && !(flags & HEADER_T)) {
		input_data(e, peer, flags, r, now);
		return;
	}
	length = rd_u16(&r);
	d.tunnel_id = rd_u16(&r);
	rd_u16(&r); /* Session ID */
	d.ns = rd_u16(&r);
	d.nr = rd_u16(&r);
	if (!rd_ok(&r)) {
		e->stats.rx_short++;
		return;
	}
	if ((flags & (HEADER_L | HEADER_S | HEADER_O)) != (HEADER_L | HEADER_S) ||
	    length < L2TP_HEADER_LEN || length > data.len) {
		e->stats.rx_malformed++; /* R2661-3.1-1, A2661-10 */
		return;
	}
	d.data = (struct span){data.p, length};
	l2tp_enter(e);
	input_control(e, &d, now);
	l2tp_leave(e);
}

void l2tp_engine_data_seen(struct l2tp_engine *e, uint16_t tunnel_id, msec_t now)
{
	struct l2tp_tunnel *t = l2tp_tunnel_by_id(e, tunnel_id);

	if (t)
		l2tp_tunnel_heard(t, now);
}
