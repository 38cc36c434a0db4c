// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What becomes of an LSP: RFC 6388 2.4 and 8.
 *
 * mldp_lsp_review() decides everything: role, upstream LSR, whether a label is wanted and from
 * whom, how to change (delete before add, or make before break).
 */
#include "mplsmc/mldp_tree_p.h"

#include <stdlib.h>

DECLARE_MGROUP(MLDP);
DEFINE_MTYPE_STATIC(MLDP, MLDP_ELEMENT, "accepting element");
DEFINE_MTYPE_STATIC(MLDP, MLDP_WITHDRAWN, "withdrawn label");

void mldp_withdrawn_add(struct mldp_peer *p, const struct mldp_fec *fec, uint32_t label,
			bool upstream)
{
	struct mldp_withdrawn *w = XCALLOC(MTYPE_MLDP_WITHDRAWN, sizeof(*w));

	w->fec = *fec;
	w->label = label;
	w->upstream = upstream;
	mldp_peer_withdrawn_add_tail(&p->withdrawn, w);
}

void mldp_withdrawn_entry_free(struct mldp_withdrawn *w)
{
	XFREE(MTYPE_MLDP_WITHDRAWN, w);
}

static void event(const struct mldp_lsp *lsp, const char *what)
{
	if (lsp->m->ops->event)
		lsp->m->ops->event(lsp->m->ctx, lsp, what);
}

/* ---------------------------------------------------------------- accepting elements */

struct candidate {
	struct mldp_peer *peer;
	struct addr next_hop;
};

/* Out of labels: none is made. */
void mldp_element_free(struct mldp_element *e)
{
	if (e->lsp->active == e) {
		e->lsp->active = NULL;
		e->lsp->unconfirmed = false;
	} else {
		e->lsp->pending = NULL;
	}
	mldp_upstream_forget(e);
	mldp_peer_elements_del(&e->peer->elements, e);
	e->lsp->m->stats.labels -= !e->upstream;
	XFREE(MTYPE_MLDP_ELEMENT, e);
}

static struct mldp_element *element_new(struct mldp_lsp *lsp, const struct candidate *up)
{
	struct mldp *m = lsp->m;
	bool upstream = mldp_upstream_wanted(lsp, up->peer);
	uint32_t label = upstream ? 0 : m->ops->label_alloc(m->ctx);
	bool none = !label && !upstream;
	struct mldp_element *e;

	if (lsp->no_label != none)
		m->n_no_label += none ? 1 : -1;
	lsp->no_label = none;
	if (none) {
		m->stats.refused_labels++;
		return NULL;
	}
	e = XCALLOC(MTYPE_MLDP_ELEMENT, sizeof(*e));
	e->lsp = lsp;
	e->peer = up->peer;
	e->label = label;
	e->upstream = upstream;
	e->next_hop = up->next_hop;
	mldp_peer_elements_add_tail(&up->peer->elements, e);
	m->stats.labels += !upstream;
	return e;
}

/* The label is told; an active one forwards before the first packet can come. */
static void element_map(struct mldp_lsp *lsp, struct mldp_element *e, enum ldp_mbb mbb)
{
	if (e->upstream) {
		mldp_upstream_ask(e, mbb);
		return;
	}
	if (lsp->active == e)
		mldp_lsp_forward_from(lsp, e);
	mldp_send(e->peer, LDP_LABEL_MAPPING, &lsp->fec, e->label, mbb);
}

/* The label is ours again when the peer has released it (M-5036-3.5.10-1). */
static void element_withdraw(struct mldp_element *e)
{
	struct mldp_lsp *lsp = e->lsp;

	if (lsp->active == e)
		mldp_entry_remove(e);
	if (e->upstream) {
		mldp_upstream_leave(e);
	} else {
		mldp_withdrawn_add(e->peer, &lsp->fec, e->label, false);
		mldp_send(e->peer, LDP_LABEL_WITHDRAW, &lsp->fec, e->label, LDP_MBB_NONE);
	}
	mldp_element_free(e);
}

void mldp_element_lost(struct mldp_element *e)
{
	struct mldp_lsp *lsp = e->lsp;

	if (lsp->active == e)
		mldp_entry_remove(e);
	if (!e->upstream)
		mldp_label_free(lsp->m, e->label);
	mldp_element_free(e);
}

/* ---------------------------------------------------------------- upstream LSR */

static int candidate_cmp(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	return addr_cmp(&x->next_hop, &y->next_hop);
}

/* An LDP peer that can do P2MP and has told this address to be its own (M-5036-2.7-1). */
static struct mldp_peer *peer_of(struct mldp *m, const struct addr *next_hop)
{
	struct mldp_peer *p;

	frr_each (mldp_peers, &m->peers, p)
		if (p->capabilities & LDP_CAP_P2MP && mldp_owns(&p->addresses, next_hop))
			return p;
	return NULL;
}

/* M-6388-2.4.1.1-1 to -3, A-mLDP-3, -15: CRC-32 over the opaque value picks one of several. */
static struct candidate select_upstream(struct mldp_lsp *lsp)
{
	const struct addr *hops = lsp->route->next_hops;
	size_t n_hops = lsp->route->n, n = 0;
	struct candidate c[MLDP_MAX_NEXTHOPS];

	if (!addr_is_any(&lsp->override)) {
		hops = &lsp->override;
		n_hops = 1;
	}
	for (size_t i = 0; i < n_hops; i++) {
		struct mldp_peer *p = peer_of(lsp->m, &hops[i]);

		if (p)
			c[n++] = (struct candidate){.peer = p, .next_hop = hops[i]};
	}
	if (!n)
		return (struct candidate){};
	qsort(c, n, sizeof(*c), candidate_cmp);
	return c[(lsp->m->params.lan_hash_sum ? mldp_fec_sum(&lsp->fec)
					      : mldp_fec_crc32(&lsp->fec)) %
		 n];
}

/* ---------------------------------------------------------------- review */

static void mbb_fires(struct timer *t, msec_t now)
{
	struct mldp_lsp *lsp = container_of(t, struct mldp_lsp, mbb);

	/* M-6388-8.4.3-3: as if acknowledged */
	if (!lsp->acked && (lsp->pending || lsp->unconfirmed))
		lsp->m->stats.mbb_timeouts++;
	lsp->unconfirmed = false;
	lsp->ready = lsp->pending;
	mldp_lsp_review(lsp);
}

/* Change to the pending element: new state first, so that no packet is lost. */
static void activate_pending(struct mldp_lsp *lsp)
{
	struct mldp_element *old = lsp->active, *e = lsp->pending;

	bool unconfirmed = !lsp->ready && !lsp->acked; /* A-mLDP-24 */

	if (!unconfirmed)
		timer_stop(lsp->m->wheel, &lsp->mbb);
	lsp->acked = lsp->ready = false;
	mldp_lsp_forward_from(lsp, e);
	if (old)
		element_withdraw(old);
	lsp->active = e;
	lsp->pending = NULL;
	lsp->unconfirmed = unconfirmed;
	event(lsp, "switched to the new upstream LSR");
}

static void drop_pending(struct mldp_lsp *lsp)
{
	if (!lsp->pending)
		return;
	if (!lsp->unconfirmed)
		timer_stop(lsp->m->wheel, &lsp->mbb);
	lsp->acked = lsp->ready = false;
	element_withdraw(lsp->pending);
}

/* Somebody downstream of `up` has asked for make before break, or has not. */
static bool any_branch(const struct mldp_lsp *lsp, const struct mldp_peer *up, bool marked)
{
	const struct mldp_binding *b;

	frr_each (mldp_lsp_bindings_const, &lsp->bindings, b)
		if (b->marked == marked && b->peer != up)
			return true;
	return false;
}

/* A-mLDP-24: those who have not asked need not wait for an ack. */
static bool impatient(const struct mldp_lsp *lsp, const struct mldp_peer *up)
{
	return lsp->leaf || any_branch(lsp, up, false);
}

/* With make before break: pending while there is an old element or nobody is in a hurry. */
static void ask(struct mldp_lsp *lsp, const struct candidate *up)
{
	struct mldp_element *e = element_new(lsp, up);

	if (!e)
		return;
	if (lsp->active || !impatient(lsp, up->peer)) {
		lsp->pending = e;
	} else {
		lsp->active = e;
		lsp->unconfirmed = true;
	}
	lsp->acked = false;
	timer_start(lsp->m->wheel, &lsp->mbb, lsp->m->wheel->now + lsp->m->params.mbb_wait_ms,
		    mbb_fires);
	element_map(lsp, e, LDP_MBB_REQUEST);
}

/* The upstream LSR is, or should be, another one (M-6388-2.4.3-1, -2; 8.4.3). */
static void change_upstream(struct mldp_lsp *lsp, const struct candidate *up)
{
	bool mbb = lsp->m->params.mbb && up->peer->capabilities & LDP_CAP_MBB;

	if (lsp->pending && lsp->pending->peer != up->peer)
		drop_pending(lsp); /* M-6388-8.4.3-2 */
	if (lsp->pending)
		return;
	if (mbb && (lsp->active || any_branch(lsp, up->peer, true))) {
		ask(lsp, up);
		return;
	}
	if (lsp->active)
		element_withdraw(lsp->active); /* before the new one: no loop, no duplicate */
	lsp->active = element_new(lsp, up);
	if (lsp->active)
		element_map(lsp, lsp->active, LDP_MBB_NONE);
}

static void install_fires(struct timer *t, msec_t now)
{
	mldp_lsp_review(container_of(t, struct mldp_lsp, install));
}

/*
 * Whoever hears an ack takes the old path away, so packets must find the new one here.  Asked
 * after 1, 2, 4, ... ms; a forwarding plane that has not got it within a second will not get it.
 */
static bool installed(struct mldp_lsp *lsp)
{
	const struct mldp_ops *ops = lsp->m->ops;
	uint32_t label = lsp->root ? 0 : lsp->active->label;

	if (!ops->installed || lsp->install_ms >= 512 || ops->installed(lsp->m->ctx, lsp, label)) {
		timer_stop(lsp->m->wheel, &lsp->install);
		lsp->install_ms = 0;
		return true;
	}
	if (!lsp->install.running) {
		lsp->install_ms = lsp->install_ms ? 2 * lsp->install_ms : 1;
		timer_start(lsp->m->wheel, &lsp->install, lsp->m->wheel->now + lsp->install_ms,
			    install_fires);
	}
	return false;
}

/* M-6388-8.4.4-1, -2, 8.3-2: whoever asked hears that the LSP is complete. */
static void acknowledge(struct mldp_lsp *lsp)
{
	const struct mldp_peer *up = lsp->active ? lsp->active->peer : NULL;
	struct mldp_binding *b;

	if (!lsp->root && (!lsp->active || !lsp->active->label || lsp->unconfirmed))
		return;
	if (!any_branch(lsp, up, true) || !installed(lsp))
		return;
	frr_each (mldp_lsp_bindings, &lsp->bindings, b) {
		if (!b->marked || b->peer == up)
			continue;
		b->marked = false;
		if (b->shared)
			mldp_upstream_ack(b);
		else
			mldp_send(b->peer, LDP_NOTIFICATION, &lsp->fec, b->label, LDP_MBB_ACK);
	}
}

/* A branch for every mapping but that of the upstream LSR. */
static bool wanted(const struct mldp_lsp *lsp, const struct mldp_peer *up)
{
	const struct mldp_binding *b;

	if (lsp->leaf)
		return true;
	frr_each (mldp_lsp_bindings_const, &lsp->bindings, b)
		if (b->peer != up)
			return true;
	return false;
}

static void become_root(struct mldp_lsp *lsp, bool root)
{
	if (lsp->root == root)
		return;
	lsp->root = root;
	if (root)
		return;
	lsp->m->ops->root(lsp->m->ctx, lsp, NULL, 0);
}

static void leave_upstream(struct mldp_lsp *lsp)
{
	drop_pending(lsp);
	if (lsp->active)
		element_withdraw(lsp->active);
}

static void settle_state(struct mldp_lsp *lsp)
{
	bool labelled = lsp->active && lsp->active->label;
	enum mldp_lsp_state state = lsp->root || labelled	  ? MLDP_OPERATIONAL
				    : lsp->active || lsp->pending ? MLDP_SIGNALLED
				    : lsp->refused		  ? MLDP_REFUSED
				    : lsp->no_label		  ? MLDP_NO_LABEL
								  : MLDP_NO_ROUTE;

	if (state == lsp->state && lsp->since)
		return;
	lsp->state = state;
	lsp->since = lsp->m->wheel->now;
	event(lsp, mldp_lsp_state_name(state));
}

static void refusal_ends(struct mldp_lsp *lsp)
{
	timer_stop(lsp->m->wheel, &lsp->retry);
	lsp->refused = false;
}

static void stay_fires(struct timer *t, msec_t now)
{
	struct mldp_lsp *lsp = container_of(t, struct mldp_lsp, stay);

	leave_upstream(lsp);
	mldp_lsp_review(lsp);
}

/*
 * The next hops are no LDP neighbours that we could ask.  A link that comes back has its route
 * before its session: who makes before it breaks waits for that on the old path (M-6388-8.4.3-1),
 * as long as for an ack.  A-mLDP-14: without any route state is kept for a while, too; else it
 * is gone for good.
 */
static void no_upstream(struct mldp_lsp *lsp)
{
	bool routed = lsp->route->n || !addr_is_any(&lsp->override);

	if (routed && lsp->active && lsp->m->params.mbb) {
		drop_pending(lsp);
		if (!lsp->stay.running)
			timer_start(lsp->m->wheel, &lsp->stay,
				    lsp->m->wheel->now + lsp->m->params.mbb_wait_ms, stay_fires);
	} else if (routed || lsp->route->lost) {
		leave_upstream(lsp);
	}
}

/* Transit and leaf: which upstream LSR, and how to get there. */
static void review_upstream(struct mldp_lsp *lsp)
{
	struct candidate up = select_upstream(lsp);

	if (lsp->refused && (!up.peer || up.peer->serial != lsp->refused_by))
		refusal_ends(lsp); /* A-mLDP-13: another session or route */
	if (up.peer)
		timer_stop(lsp->m->wheel, &lsp->stay);
	if (!wanted(lsp, up.peer)) {
		leave_upstream(lsp);
	} else if (lsp->pending && lsp->pending->peer == up.peer &&
		   (lsp->ready || (!lsp->active && impatient(lsp, up.peer)))) {
		activate_pending(lsp);
	} else if (!up.peer) {
		no_upstream(lsp);
	} else if (lsp->refused) {
		drop_pending(lsp);
	} else if (lsp->active && lsp->active->peer == up.peer) {
		lsp->active->next_hop = up.next_hop;
		drop_pending(lsp);
	} else {
		change_upstream(lsp, &up);
	}
}

static bool unused(const struct mldp_lsp *lsp)
{
	return !lsp->leaf && !lsp->active && !lsp->pending && addr_is_any(&lsp->override) &&
	       !mldp_lsp_bindings_count(&lsp->bindings);
}

void mldp_lsp_review(struct mldp_lsp *lsp)
{
	if (lsp->reviewing) { /* a callback came back to us */
		lsp->again = true;
		return;
	}
	lsp->reviewing = true;
	do {
		lsp->again = false;
		become_root(lsp, mldp_owns(&lsp->m->own, &lsp->fec.root));
		if (lsp->root)
			leave_upstream(lsp);
		else
			review_upstream(lsp);
		mldp_lsp_forward(lsp);
		acknowledge(lsp);
		if (!unused(lsp)) /* else its end is the news */
			settle_state(lsp);
	} while (lsp->again);
	lsp->reviewing = false;
	if (unused(lsp)) {
		become_root(lsp, false);
		event(lsp, "removed: nobody wants it any more");
		mldp_lsp_free(lsp);
	}
}

void mldp_lsp_acked(struct mldp_lsp *lsp)
{
	struct mldp *m = lsp->m;

	if (lsp->acked)
		return;
	lsp->acked = true;
	if (m->params.mbb_delay_ms)
		timer_start(m->wheel, &lsp->mbb, m->wheel->now + m->params.mbb_delay_ms, mbb_fires);
	else
		mbb_fires(&lsp->mbb, m->wheel->now);
}

void mldp_lsp_confirmed(struct mldp_lsp *lsp)
{
	lsp->unconfirmed = false;
	if (!lsp->pending)
		timer_stop(lsp->m->wheel, &lsp->mbb);
	mldp_lsp_review(lsp);
}

static void retry_fires(struct timer *t, msec_t now)
{
	struct mldp_lsp *lsp = container_of(t, struct mldp_lsp, retry);

	refusal_ends(lsp);
	mldp_lsp_review(lsp);
}

void mldp_lsp_refused(struct mldp_lsp *lsp, struct mldp_element *e)
{
	struct mldp *m = lsp->m;

	lsp->refused = true;
	lsp->refused_by = e->peer->serial;
	mldp_element_lost(e);
	timer_start(m->wheel, &lsp->retry, m->wheel->now + m->params.refusal_retry_ms, retry_fires);
	mldp_lsp_review(lsp);
}

bool mldp_lsp_requested(struct mldp_lsp *lsp, struct mldp_peer *p)
{
	uint64_t before = p->m->stats.mappings_tx;

	if (!lsp->refused || lsp->refused_by != p->serial)
		return false;
	refusal_ends(lsp);
	mldp_lsp_review(lsp);
	return p->m->stats.mappings_tx > before;
}

void mldp_lsp_clear(struct mldp_lsp *lsp, msec_t now)
{
	refusal_ends(lsp);
	leave_upstream(lsp);
	mldp_lsp_review(lsp);
}
