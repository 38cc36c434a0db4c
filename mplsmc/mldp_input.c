// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Label messages from a peer: RFC 5036 3.5.7 to 3.5.11 as RFC 6388 changes them, RFC 5918.
 */
#include "mplsmc/mldp_tree_p.h"

void mldp_notify(struct mldp_peer *p, uint32_t status, const struct ldp_msg *about)
{
	struct ldp_msg m = {.type = LDP_NOTIFICATION, .has_status = true};

	m.status.code = status;
	m.status.message_id = about->id;
	m.status.message_type = about->type;
	p->m->ops->send(p->m->ctx, p, &m);
}

/* ---------------------------------------------------------------- Label Mapping */

bool mldp_beyond_limits(struct mldp_peer *p, const struct mldp_lsp *lsp)
{
	const struct mldp_params *params = &p->m->params;

	return (params->maximum_per_peer &&
		mldp_peer_bindings_count(&p->bindings) >= params->maximum_per_peer) ||
	       (lsp && mldp_lsp_bindings_count(&lsp->bindings) >= params->maximum_branches);
}

/* F3353-11-3: refused visibly; nobody else is disturbed. */
static void refuse(struct mldp_peer *p, const struct ldp_msg *m, const struct mldp_fec *fec)
{
	mldp_notify(p, LDP_S_NO_LABEL_RESOURCES, m);
	mldp_send(p, LDP_LABEL_RELEASE, fec, m->label, LDP_MBB_NONE);
}

bool mldp_marks(struct mldp_peer *p)
{
	if (!p->m->params.mbb || !(p->capabilities & LDP_CAP_MBB))
		return false;
	p->m->stats.mbb_requests_rx++;
	return true;
}

/* M-5036-A.1.2-1, A-mLDP-11; M-6389-4.1-3: never both kinds of label. */
static void replace(struct mldp_binding *b, uint32_t label)
{
	if (!b->shared && b->label == label)
		return;
	if (b->shared)
		mldp_shared_withdraw(b);
	else
		mldp_send(b->peer, LDP_LABEL_RELEASE, &b->lsp->fec, b->label, LDP_MBB_NONE);
	b->label = label;
	b->marked = false;
}

static void mapping(struct mldp_peer *p, const struct ldp_msg *m, const struct mldp_fec *fec)
{
	struct mldp_lsp *lsp = mldp_lsp_find(p->m, fec);
	struct mldp_binding *b = lsp ? mldp_binding_find(lsp, p) : NULL;

	if (m->label < RESERVED_LABELS) {
		p->m->stats.reserved_labels++;
		mldp_send(p, LDP_LABEL_RELEASE, fec, m->label, LDP_MBB_NONE);
		return;
	}
	if (!b && mldp_beyond_limits(p, lsp)) {
		p->m->stats.refused_limit++;
		refuse(p, m, fec);
		return;
	}
	if (!lsp) {
		lsp = mldp_lsp_get(p->m, fec);
		if (!lsp) { /* has been counted */
			refuse(p, m, fec);
			return;
		}
	}
	if (!b) {
		b = mldp_binding_add(lsp, p, m->label);
	} else {
		replace(b, m->label);
	}
	if (m->mbb == LDP_MBB_REQUEST && mldp_marks(p))
		b->marked = true; /* from others it is a mapping like any (M-6388-8.3-1) */
	mldp_lsp_review(lsp);
}

/* What a mapping is refused with, however good it is otherwise. */
static uint32_t mapping_refused(struct mldp_peer *p, const struct ldp_msg *m)
{
	if (m->fecs[0].mp.type != MLDP_P2MP) {
		p->m->stats.refused_mp2mp++;
		return LDP_S_UNKNOWN_FEC;
	}
	if (!(p->capabilities & LDP_CAP_P2MP)) /* or no longer (A-mLDP-22) */
		return LDP_S_UNKNOWN_FEC;
	/* a label of the peer's own: understood, but we have not announced it (M-6389-4.1-2) */
	return m->has_label || mldp_upstream_agreed(p) ? LDP_S_SUCCESS : LDP_S_NO_LABEL_RESOURCES;
}

static void on_mapping(struct mldp_peer *p, const struct ldp_msg *m)
{
	uint32_t status;

	p->m->stats.mappings_rx++;
	if (m->n_fecs != 1 || m->fecs[0].kind != LDP_FEC_MULTIPOINT) {
		p->m->stats.unexpected++; /* unicast is not ours; we asked for none of it */
		return;
	}
	status = mapping_refused(p, m);
	if (status)
		mldp_notify(p, status, m);
	else if (!m->has_label)
		mldp_upstream_mapping(p, m);
	else
		mapping(p, m, &m->fecs[0].mp);
}

/* ---------------------------------------------------------------- Withdraw, Release */

bool mldp_names(const struct ldp_fec *f, const struct mldp_fec *fec)
{
	uint16_t family = addr_is_v4(&fec->root) ? 1 : 2;

	switch (f->kind) {
	case LDP_FEC_WILDCARD:
		return true;
	case LDP_FEC_TYPED_WILDCARD:
		return f->wildcard_type == fec->type &&
		       (!f->wildcard_family || f->wildcard_family == family);
	case LDP_FEC_MULTIPOINT:
		return mldp_fec_cmp(&f->mp, fec) == 0;
	default:
		return false;
	}
}

/* Without a label the message is about all labels of the FEC, of both kinds. */
static bool label_matches(const struct ldp_msg *m, uint32_t label)
{
	return m->has_label ? m->label == label : !m->has_upstream_label;
}

/* False: a wildcard of a type that we do not have, and the peer hears so (M-5918-4-1). */
static bool type_known(struct mldp_peer *p, const struct ldp_msg *m, const struct ldp_fec *f)
{
	if (f->kind != LDP_FEC_TYPED_WILDCARD || f->wildcard_type == MLDP_P2MP)
		return true;
	mldp_notify(p, LDP_S_UNKNOWN_FEC, m);
	return false;
}

static void forget(struct mldp_binding *b)
{
	struct mldp_lsp *lsp = b->lsp;

	mldp_binding_del(b);
	mldp_lsp_review(lsp);
}

/* Forwarding first: when the peer has the Release it may use the label for another LSP. */
static void withdraw(struct mldp_peer *p, const struct ldp_msg *m, const struct ldp_fec *f)
{
	struct mldp_binding *b;

	if (f->kind == LDP_FEC_MULTIPOINT) { /* the usual case: no walk */
		struct mldp_lsp *lsp = mldp_lsp_find(p->m, &f->mp);

		b = lsp ? mldp_binding_find(lsp, p) : NULL;
		if (b && !b->shared && label_matches(m, b->label))
			forget(b);
		return;
	}
	frr_each_safe (mldp_peer_bindings, &p->bindings, b)
		if (!b->shared && mldp_names(f, &b->lsp->fec) && label_matches(m, b->label))
			forget(b);
}

/* In the words of the Withdraw, whatever we had of it (M-5036-3.5.10-1, -2). */
static void answer(struct mldp_peer *p, const struct ldp_msg *m, const struct ldp_fec *f)
{
	struct ldp_msg release = {.type = LDP_LABEL_RELEASE,
				  .fecs = f,
				  .n_fecs = 1,
				  .has_label = m->has_label,
				  .label = m->label,
				  .has_upstream_label = m->has_upstream_label,
				  .upstream_label = m->upstream_label};

	p->m->stats.releases_tx++;
	p->m->ops->send(p->m->ctx, p, &release);
}

static void on_withdraw(struct mldp_peer *p, const struct ldp_msg *m)
{
	p->m->stats.withdraws_rx++;
	for (size_t i = 0; i < m->n_fecs; i++)
		if (type_known(p, m, &m->fecs[i])) {
			withdraw(p, m, &m->fecs[i]);
			mldp_upstream_withdraw(p, m, &m->fecs[i]);
			answer(p, m, &m->fecs[i]);
		}
}

/* True: it was a label that had been withdrawn. */
static bool is_withdrawn(const struct ldp_msg *m, const struct mldp_withdrawn *w)
{
	if (w->upstream)
		return m->has_upstream_label ? m->upstream_label == w->label : !m->has_label;
	return label_matches(m, w->label);
}

static bool release_withdrawn(struct mldp_peer *p, const struct ldp_msg *m, const struct ldp_fec *f)
{
	struct mldp_withdrawn *w;
	bool any = false;

	frr_each_safe (mldp_peer_withdrawn, &p->withdrawn, w)
		if (mldp_names(f, &w->fec) && is_withdrawn(m, w)) {
			mldp_withdrawn_free(p, w);
			any = true;
		}
	return any;
}

static void on_release(struct mldp_peer *p, const struct ldp_msg *m)
{
	p->m->stats.releases_rx++;
	for (size_t i = 0; i < m->n_fecs; i++) {
		const struct ldp_fec *f = &m->fecs[i];
		struct mldp_element *e;

		bool known = type_known(p, m, f);

		if (!known || (release_withdrawn(p, m, f) && f->kind == LDP_FEC_MULTIPOINT))
			continue;
		mldp_upstream_release(p, m, f);
		if (m->has_upstream_label)
			continue;
		frr_each_safe (mldp_peer_elements, &p->elements, e)
			if (!e->upstream && mldp_names(f, &e->lsp->fec) &&
			    label_matches(m, e->label))
				mldp_lsp_refused(e->lsp, e); /* A-mLDP-13 */
	}
}

/* ---------------------------------------------------------------- Request, Notification */

static void tell_again(const struct mldp_element *e)
{
	mldp_send(e->peer, LDP_LABEL_MAPPING, &e->lsp->fec, e->label,
		  e == e->lsp->pending ? LDP_MBB_REQUEST : LDP_MBB_NONE);
}

static bool is_mapped(const struct mldp_element *e, const struct mldp_peer *p)
{
	return e && e->peer == p && !e->upstream;
}

/* True if we have, or now get, a label for the peer. */
static bool request_one(struct mldp_peer *p, const struct mldp_fec *fec)
{
	struct mldp_lsp *lsp = mldp_lsp_find(p->m, fec);

	if (lsp && is_mapped(lsp->active, p))
		tell_again(lsp->active);
	else if (lsp && is_mapped(lsp->pending, p))
		tell_again(lsp->pending);
	else
		return lsp && mldp_lsp_requested(lsp, p);
	return true;
}

static bool request_many(struct mldp_peer *p, const struct ldp_fec *f)
{
	struct mldp_element *e;
	bool any = false;

	frr_each (mldp_peer_elements, &p->elements, e)
		if (!e->upstream && mldp_names(f, &e->lsp->fec)) {
			tell_again(e);
			any = true;
		}
	return any;
}

/* A-mLDP-12: downstream unsolicited only, but a request gets an answer. */
static void on_request(struct mldp_peer *p, const struct ldp_msg *m)
{
	const struct ldp_fec *f = m->fecs;

	p->m->stats.requests_rx++;
	if (!m->n_fecs || !type_known(p, m, f))
		return;
	if (m->upstream_request)
		mldp_upstream_request(p, m);
	else if (!(f->kind == LDP_FEC_MULTIPOINT ? request_one(p, &f->mp) : request_many(p, f)))
		mldp_notify(p, LDP_S_NO_ROUTE, m);
}

static bool is_element(const struct mldp_element *e, const struct mldp_peer *p,
		       const struct ldp_msg *m)
{
	if (!e || e->peer != p || !e->label)
		return false;
	return e->upstream ? m->has_upstream_label && e->label == m->upstream_label
			   : m->has_label && e->label == m->label;
}

/* M-6388-8.4.5-1: told by neighbour and label; for an element that waits for it, else ignored. */
static void on_notification(struct mldp_peer *p, const struct ldp_msg *m)
{
	struct mldp_lsp *lsp = NULL;

	if (m->status.code && mldp_upstream_notified(p, m))
		return;
	if (m->status.code != LDP_S_MP_STATUS || m->mbb != LDP_MBB_ACK || m->n_fecs != 1)
		return;
	p->m->stats.mbb_acks_rx++;
	if (m->fecs[0].kind == LDP_FEC_MULTIPOINT)
		lsp = mldp_lsp_find(p->m, &m->fecs[0].mp);
	if (lsp && is_element(lsp->pending, p, m))
		mldp_lsp_acked(lsp);
	else if (lsp && lsp->unconfirmed && is_element(lsp->active, p, m))
		mldp_lsp_confirmed(lsp);
	else
		p->m->stats.unexpected++;
}

void mldp_input(struct mldp_peer *p, const struct ldp_msg *m, msec_t now)
{
	/* without this it would be a message without label: about all labels */
	if (m->has_upstream_label && m->type != LDP_LABEL_MAPPING && !mldp_upstream_agreed(p)) {
		p->m->stats.unexpected++;
		return;
	}
	switch (m->type) {
	case LDP_LABEL_MAPPING:
		on_mapping(p, m);
		break;
	case LDP_LABEL_WITHDRAW:
		on_withdraw(p, m);
		break;
	case LDP_LABEL_RELEASE:
		on_release(p, m);
		break;
	case LDP_LABEL_REQUEST:
		on_request(p, m);
		break;
	case LDP_NOTIFICATION:
		on_notification(p, m);
		break;
	case LDP_LABEL_ABORT: /* the answer is on its way already (A-mLDP-20) */
		break;
	default:
		p->m->stats.unexpected++;
	}
}
