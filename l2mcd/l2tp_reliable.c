// SPDX-License-Identifier: GPL-2.0-or-later
/* Reliable delivery of control messages: RFC 2661 5.8, appendices A and B. */
#include "l2mcd/l2tp_reliable.h"

DEFINE_MGROUP(L2TP, "L2TP");
DEFINE_MTYPE_STATIC(L2TP, L2TP_TX, "L2TP message to send");
DEFINE_MTYPE_STATIC(L2TP, L2TP_RX, "L2TP message received early");

/* Octets of the header (RFC 2661 3.1) that are filled in per transmission. */
enum {
	AT_TUNNEL_ID = 4,
	AT_NS = 8,
	AT_NR = 10,
};

#define HEADER_CONTROL 0xc802 /* T, L, S, version 2 (R2661-3.1-1) */

int l2tp_rx_cmp(const struct l2tp_rx_msg *a, const struct l2tp_rx_msg *b)
{
	return (int)a->ns - (int)b->ns;
}

uint32_t l2tp_rx_hash(const struct l2tp_rx_msg *m)
{
	return jhash_1word(m->ns, 0x52d81e5f);
}

/* ---------------------------------------------------------------- life cycle */

void l2tp_reliable_init(struct l2tp_reliable *r, const struct l2tp_reliable_ops *ops,
			struct twheel *wheel, const struct l2tp_reliable_params *p)
{
	*r = (struct l2tp_reliable){.ops = ops, .wheel = wheel, .p = *p};
	l2tp_tx_init(&r->queue);
	l2tp_rx_init(&r->early);
	r->cwnd = 1; /* R2661-A-1 */
	l2tp_reliable_set_window(r, L2TP_DEFAULT_WINDOW);
}

static void drop_early(struct l2tp_reliable *r)
{
	struct l2tp_rx_msg *m;

	while ((m = l2tp_rx_pop(&r->early)))
		l2tp_rx_msg_free(m);
	r->early_octets = 0;
}

void l2tp_reliable_fini(struct l2tp_reliable *r)
{
	l2tp_reliable_silence(r);
	drop_early(r);
	l2tp_tx_fini(&r->queue);
	l2tp_rx_fini(&r->early);
}

void l2tp_reliable_set_window(struct l2tp_reliable *r, uint16_t window)
{
	r->peer_window = MIN(window, L2TP_MAX_WINDOW);
	r->ssthresh = r->peer_window; /* R2661-A-1 */
	r->cwnd = MIN(r->cwnd, r->peer_window);
}

msec_t l2tp_reliable_cycle(const struct l2tp_reliable_params *p)
{
	msec_t sum = 0, rto = p->rto_ms;
	uint32_t left = p->retries;

	for (; left && rto < p->rto_max_ms; left--, rto *= 2)
		sum += rto;
	return sum + (msec_t)left * p->rto_max_ms;
}

/* ---------------------------------------------------------------- sending */

static void fill_in(uint8_t *message, size_t len, size_t offset, uint16_t value)
{
	struct wr w = wr_init(message, len);

	wr_reserve(&w, len);
	wr_patch_u16(&w, offset, value);
}

static void transmit(struct l2tp_reliable *r, struct l2tp_tx_msg *m, msec_t now)
{
	bool again = m->tries > 0;

	if (again) {
		r->retransmits++;
	} else {
		m->ns = r->ns++;
		fill_in(m->data, m->len, AT_NS, m->ns);
		fill_in(m->data, m->len, AT_TUNNEL_ID, r->peer_id);
	}
	fill_in(m->data, m->len, AT_NR, r->nr); /* the current one (R2661-5.8-7) */
	m->tries++;
	m->sent = now;
	r->ack_due = false;
	r->ops->transmit(r, m->type, (struct span){m->data, m->len}, again);
}

static void timed_out(struct timer *t, msec_t now);

static void start_timer(struct l2tp_reliable *r, msec_t now)
{
	msec_t rto = r->p.rto_ms;

	for (uint32_t i = 0; i < r->backoff && rto < r->p.rto_max_ms; i++)
		rto *= 2; /* R2661-5.8-8 */
	timer_start(r->wheel, &r->timer, now + MIN(rto, r->p.rto_max_ms), timed_out);
}

static void push(struct l2tp_reliable *r, msec_t now)
{
	if (r->held)
		return;
	while (r->next && r->flight < r->cwnd) { /* cwnd <= peer_window (R2661-5.8-11) */
		struct l2tp_tx_msg *m = r->next;

		r->next = l2tp_tx_next(&r->queue, m);
		r->flight++;
		transmit(r, m, now);
	}
	if (r->flight && !r->timer.running)
		start_timer(r, now);
}

/* Appendix A: start again with one message; what followed it is presumed lost as well. */
static void timed_out(struct timer *t, msec_t now)
{
	struct l2tp_reliable *r = container_of(t, struct l2tp_reliable, timer);

	if (++r->backoff > r->p.retries) {
		r->ops->dead(r, now);
		return;
	}
	r->ssthresh = MAX(r->cwnd / 2, 1U); /* R2661-A-3 */
	r->cwnd = 1;
	r->cwnd_acks = 0;
	r->flight = 0;
	r->next = l2tp_tx_first(&r->queue);
	push(r, now);
}

void l2tp_reliable_send(struct l2tp_reliable *r, enum l2tp_msg_type type, struct span message,
			uint64_t cookie, msec_t now)
{
	struct l2tp_tx_msg *m = XCALLOC(MTYPE_L2TP_TX, sizeof(*m) + message.len);

	m->type = type;
	m->cookie = cookie;
	m->len = message.len;
	memcpy(m->data, message.p, message.len);
	l2tp_tx_add_tail(&r->queue, m);
	if (!r->next)
		r->next = m;
	push(r, now);
}

void l2tp_reliable_drop_unsent(struct l2tp_reliable *r)
{
	struct l2tp_tx_msg *m = r->next, *after;

	for (; m; m = after) {
		after = l2tp_tx_next(&r->queue, m);
		if (m->tries)
			continue; /* waits for its repetition: the peer needs its Ns */
		if (m == r->next)
			r->next = NULL;
		l2tp_tx_del(&r->queue, m);
		XFREE(MTYPE_L2TP_TX, m);
	}
}

void l2tp_reliable_silence(struct l2tp_reliable *r)
{
	struct l2tp_tx_msg *m;

	timer_stop(r->wheel, &r->timer);
	while ((m = l2tp_tx_pop(&r->queue)))
		XFREE(MTYPE_L2TP_TX, m);
	r->next = NULL;
	r->flight = 0;
}

static void send_zlb(struct l2tp_reliable *r)
{
	uint8_t data[L2TP_HEADER_LEN];
	struct wr w = wr_init(data, sizeof(data));

	wr_u16(&w, HEADER_CONTROL);
	wr_u16(&w, L2TP_HEADER_LEN);
	wr_u16(&w, r->peer_id);
	wr_u16(&w, 0);
	wr_u16(&w, r->ns); /* not consumed (R2661-5.8-1) */
	wr_u16(&w, r->nr);
	r->ops->transmit(r, L2TP_ZLB, (struct span){data, sizeof(data)}, false);
}

void l2tp_reliable_flush(struct l2tp_reliable *r, msec_t now)
{
	push(r, now);
	if (r->ack_due)
		send_zlb(r);
	r->ack_due = false;
}

/* ---------------------------------------------------------------- receiving */

/* One more message has arrived: the window opens (R2661-A-2). */
static void grow(struct l2tp_reliable *r)
{
	if (r->cwnd < r->ssthresh) {
		r->cwnd++;
	} else if (++r->cwnd_acks >= r->cwnd) {
		r->cwnd_acks = 0;
		r->cwnd++;
	}
	r->cwnd = MIN(r->cwnd, r->peer_window);
}

static void measure(struct l2tp_reliable *r, const struct l2tp_tx_msg *m, msec_t now)
{
	uint32_t rtt = (uint32_t)MAX(now - m->sent, 1);

	if (m->tries == 1) /* of a repeated one nobody knows which was acknowledged */
		r->rtt_ms = r->rtt_ms ? (7 * r->rtt_ms + rtt) / 8 : rtt;
}

static void acknowledge(struct l2tp_reliable *r, uint16_t nr, msec_t now)
{
	struct l2tp_tx_msg *m = l2tp_tx_first(&r->queue);
	uint16_t oldest = m && m->tries ? m->ns : r->ns;
	uint16_t n = nr - oldest, outstanding = r->ns - oldest;
	struct l2tp_tx_head done;

	if (!n || n > outstanding)
		return; /* nothing new, or what was never sent */
	l2tp_tx_init(&done);
	while (n--) {
		m = l2tp_tx_first(&r->queue);
		if (m == r->next)
			r->next = l2tp_tx_next(&r->queue, m); /* arrived before its repetition */
		else
			r->flight--;
		l2tp_tx_del(&r->queue, m);
		l2tp_tx_add_tail(&done, m);
		measure(r, m, now);
		grow(r);
	}
	r->backoff = 0;
	timer_stop(r->wheel, &r->timer);
	if (r->flight)
		start_timer(r, now);
	while ((m = l2tp_tx_pop(&done))) {
		r->ops->acked(r, m->type, m->cookie, now);
		XFREE(MTYPE_L2TP_TX, m);
	}
	l2tp_tx_fini(&done);
}

static enum l2tp_rx_verdict keep_early(struct l2tp_reliable *r, uint16_t ns, struct span datagram)
{
	struct l2tp_rx_msg *m, key = {.ns = ns};

	if (l2tp_rx_find(&r->early, &key))
		return L2TP_RX_EARLY;
	if (r->early_octets + datagram.len > L2TP_MAX_EARLY)
		return L2TP_RX_OUT_OF_WINDOW; /* may be dropped (R2661-5.8-5) */
	m = XCALLOC(MTYPE_L2TP_RX, sizeof(*m) + datagram.len);
	m->ns = ns;
	m->len = datagram.len;
	memcpy(m->data, datagram.p, datagram.len);
	r->early_octets += m->len;
	l2tp_rx_add(&r->early, m);
	return L2TP_RX_EARLY;
}

enum l2tp_rx_verdict l2tp_reliable_receive(struct l2tp_reliable *r, uint16_t ns, uint16_t nr,
					   struct span datagram, msec_t now)
{
	uint16_t ahead = ns - r->nr;

	acknowledge(r, nr, now);
	if (datagram.len <= L2TP_HEADER_LEN)
		return L2TP_RX_ZLB; /* its Ns means nothing (R2661-5.8-2) */
	if (ahead >= 32768) {	    /* R2661-5.8-3 */
		r->ack_due = true;
		return L2TP_RX_DUPLICATE;
	}
	if (ahead == 0)
		return L2TP_RX_IN_ORDER;
	if (ahead >= r->p.rx_window)
		return L2TP_RX_OUT_OF_WINDOW;
	return keep_early(r, ns, datagram);
}

void l2tp_reliable_accept(struct l2tp_reliable *r)
{
	r->nr++;
	r->ack_due = true;
}

struct l2tp_rx_msg *l2tp_reliable_early(struct l2tp_reliable *r)
{
	struct l2tp_rx_msg *m, key = {.ns = r->nr};

	m = l2tp_rx_find(&r->early, &key);
	if (!m)
		return NULL;
	l2tp_rx_del(&r->early, m);
	r->early_octets -= m->len;
	return m;
}

void l2tp_rx_msg_free(struct l2tp_rx_msg *m)
{
	XFREE(MTYPE_L2TP_RX, m);
}
