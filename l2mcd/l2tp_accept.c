// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Control connections that a peer opens: crossing SCCRQs (RFC 2661 4.4.3, 7.2), repetitions,
 * restarts, and the question to the daemon whose SCCRQ it takes.
 */
#include "l2mcd/l2tp_engine_p.h"

enum tie {
	TIE_NONE,
	TIE_WON,
	TIE_LOST,
	TIE_EQUAL
};

/* Our outstanding SCCRQ against the peer's (RFC 2661 4.4.3, Tie Breaker). */
static enum tie compare(const struct l2tp_tunnel *t, const struct l2tp_msg *m)
{
	bool theirs = l2tp_msg_has(m, L2TP_AVP_TIE_BREAKER);

	if (!theirs)
		return t->has_tie_breaker ? TIE_WON : TIE_NONE;
	if (!t->has_tie_breaker || m->tie_breaker < t->tie_breaker)
		return TIE_LOST;
	return m->tie_breaker == t->tie_breaker ? TIE_EQUAL : TIE_WON;
}

static struct l2tp_tunnel *loser(struct l2tp_engine *e)
{
	struct l2tp_tunnel *t;

	frr_each (l2tp_opening, &e->opening, t)
		if (t->tie_lost)
			return t;
	return NULL;
}

/*
 * Crossing SCCRQs (R2661-7.2-3): true if the peer's is to be dropped.  Which of our tunnels
 * the peer's would duplicate is told by its address; the Host Name behind it is not known
 * before SCCRP (A2661-5).  All are judged before the first callback: it may open tunnels.
 */
static bool crossing(struct l2tp_engine *e, const struct l2tp_arrival *d, const struct l2tp_msg *m,
		     msec_t now)
{
	struct l2tp_tunnel *t;
	bool drop = false;

	frr_each (l2tp_opening, &e->opening, t) {
		enum tie tie = addr_cmp(&t->peer.addr, &d->peer->addr) ? TIE_NONE : compare(t, m);

		t->tie_lost = tie == TIE_LOST || tie == TIE_EQUAL;
		drop |= tie == TIE_WON || tie == TIE_EQUAL;
	}
	while ((t = loser(e)))
		l2tp_tunnel_event(t, L2TP_TE_TIE_LOST, "tie breaker of crossing SCCRQs", now);
	return drop;
}

/*
 * A SCCRQ from the address and with the Tunnel ID of a tunnel is a repetition (A2661-3) as
 * long as it can be one: the peer has gone on, and that is long ago or the tunnel is closing.
 * Peers that count their IDs from 1 come back after a restart with the one they had.
 */
static bool restarted(const struct l2tp_tunnel *t, msec_t now)
{
	if (t->initiator || t->reliable.nr <= 1)
		return false;
	return t->state == L2TP_T_CLOSING || now - t->created > l2tp_reliable_cycle(&t->reliable.p);
}

static bool decode_sccrq(struct l2tp_engine *e, const struct l2tp_arrival *d,
			 const struct l2tp_params *p, struct l2tp_msg *m, enum l2tp_decode *verdict)
{
	struct l2tp_decode_stats uncounted;
	struct l2tp_fault fault;

	*verdict = l2tp_msg_decode(e->decoder, d->data, (struct span){p->secret, p->secret_len}, m,
				   &fault, &uncounted);
	return m->type == L2TP_SCCRQ && (*verdict == L2TP_DECODE_OK || *verdict == L2TP_DECODE_BAD);
}

/*
 * Of a SCCRQ that hides its Tunnel ID only the octets are known before the daemon has named
 * the secret; by them a repetition is recognised without asking it again.
 */
static struct l2tp_tunnel key_of(const struct l2tp_arrival *d)
{
	return (struct l2tp_tunnel){.peer = *d->peer,
				    .digest = jhash(d->data.p, d->data.len, 0x31c0ffee)};
}

static bool overload(struct l2tp_engine *e, const struct addr *peer)
{
	unsigned int same = 0;
	struct l2tp_tunnel *t;

	if (l2tp_pending_count(&e->pending) >= L2TP_MAX_PENDING)
		return true;
	frr_each (l2tp_pending, &e->pending, t)
		same += addr_cmp(&t->peer.addr, peer) == 0;
	return same >= L2TP_MAX_PENDING_PEER;
}

/*
 * A SCCRQ that belongs to no tunnel.  Who it is from decides about the secret, and that about
 * the hidden AVPs; hence it is decoded again.
 */
static void input_sccrq(struct l2tp_engine *e, const struct l2tp_arrival *d, struct l2tp_msg *m,
			enum l2tp_decode verdict, msec_t now)
{
	struct l2tp_params p;
	struct l2tp_tunnel *t;
	bool asked = verdict == L2TP_DECODE_OK || l2tp_msg_has(m, L2TP_AVP_HOST_NAME);
	bool accepted, hidden;

	if (d->ns != 0) { /* a control connection begins with 0 (R2661-5.8-1) */
		e->stats.rx_out_of_window++;
		return;
	}
	if (overload(e, &d->peer->addr)) { /* the peer will ask again */
		e->stats.rx_overload++;
		return;
	}
	if (crossing(e, d, m, now)) {
		e->stats.rx_unexpected++;
		return;
	}
	l2tp_params_default(&p);
	hidden = !l2tp_msg_has(m, L2TP_AVP_ASSIGNED_TUNNEL_ID);
	accepted = asked && e->ops->tunnel_accept(e->ctx, d->local, d->peer, m, &p);
	decode_sccrq(e, d, &p, m, &verdict);
	t = l2tp_msg_has(m, L2TP_AVP_ASSIGNED_TUNNEL_ID)
		    ? l2tp_tunnel_by_peer(e, d->peer, m->assigned_tunnel_id)
		    : NULL;
	if (t)
		l2tp_tunnel_event(t, L2TP_TE_RESTART, "the peer has restarted", now);
	t = l2tp_tunnel_new(e, d->local, d->peer, &p, now);
	t->announced = accepted; /* from here on tunnel_down() is due, come what may */
	t->refused = asked && !accepted ? L2TP_STOP_NOT_AUTHORISED : 0;
	t->peer_fixed = true;
	l2tp_pending_add_tail(&e->pending, t);
	t->waits = true;
	if (!t->id || !l2tp_msg_has(m, L2TP_AVP_ASSIGNED_TUNNEL_ID)) {
		e->stats.rx_malformed += t->id != 0; /* no answer could reach the peer */
		l2tp_tunnel_event(
			t, L2TP_TE_TIMEOUT,
			t->id ? "Assigned Tunnel ID is not readable" : "no Tunnel ID left", now);
		return;
	}
	l2tp_tunnel_set_peer_id(t, m->assigned_tunnel_id);
	if (hidden) {
		t->digest = key_of(d).digest;
		t->digested = !l2tp_digests_add(&e->by_digest, t);
	}
	l2tp_tunnel_input(t, d, now);
}

/*
 * Tunnel ID 0: the peer does not know ours yet.  By its address and its own Tunnel ID a
 * repeated SCCRQ or a hasty StopCCN finds its tunnel (A2661-3, R2661-4.4.3-8).
 */
void l2tp_accept_input(struct l2tp_engine *e, const struct l2tp_arrival *d, msec_t now)
{
	const struct l2tp_params none = {0};
	struct l2tp_tunnel *t = NULL, key = key_of(d);
	enum l2tp_decode verdict;
	struct l2tp_msg m;
	bool sccrq = decode_sccrq(e, d, &none, &m, &verdict);

	if (verdict == L2TP_DECODE_DISCARD) {
		e->stats.rx_malformed++;
		return;
	}
	if ((sccrq || m.type == L2TP_STOPCCN) && l2tp_msg_has(&m, L2TP_AVP_ASSIGNED_TUNNEL_ID))
		t = l2tp_tunnel_by_peer(e, d->peer, m.assigned_tunnel_id);
	else if (sccrq)
		t = l2tp_digests_find(&e->by_digest, &key);
	if (t && !(sccrq && restarted(t, now)))
		l2tp_tunnel_input(t, d, now);
	else if (sccrq)
		input_sccrq(e, d, &m, verdict, now);
	else
		e->stats.rx_unknown_tunnel++; /* no answer (A2661-8) */
}
