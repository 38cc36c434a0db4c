// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Label messages from a peer: RFC 5036 3.5.7 to 3.5.11 as RFC 6388 changes them, RFC 5918.
 */
#include "mplsmc/mldp_tree_p.h"

#define RESERVED_LABELS 16 /* RFC 7274: never a tree's (A-mLDP-8) */

static void notify(struct mldp_peer *p, uint32_t status, const struct ldp_msg *about)
{
	struct ldp_msg m = {.type = LDP_NOTIFICATION, .has_status = true};

	m.status.code = status;
	m.status.message_id = about->id;
	m.status.message_type = about->type;
	p->m->ops->send(p->m->ctx, p, &m);
}

/* ---------------------------------------------------------------- Label Mapping */

static bool beyond_limits(struct mldp_peer *p, const struct mldp_lsp *lsp)
{
	const struct mldp_params *params = &p->m->params;

	return (params->maximum_per_peer &&
		mldp_peer_bindings_count(&p->bindings) >= params->maximum_per_peer) ||
	       (lsp && mldp_lsp_bindings_count(&lsp->bindings) >= params->maximum_branches);
}

/* F3353-11-3: refused visibly; nobody else is disturbed. */
static void refuse(struct mldp_peer *p, const struct ldp_msg *m, const struct mldp_fec *fec)
{
	p->m->stats.refused_limit++;
	notify(p, LDP_S_NO_LABEL_RESOURCES, m);
	mldp_send(p, LDP_LABEL_RELEASE, fec, m->label, LDP_MBB_NONE);
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
	if (!b && beyond_limits(p, lsp)) {
		refuse(p, m, fec);
		return;
	}
	if (!lsp) {
		lsp = mldp_lsp_get(p->m, fec);
		if (!lsp) {
			refuse(p, m, fec);
			return;
		}
	}
	if (!b) {
		b = mldp_binding_add(lsp, p, m->label);
	} else if (b->label != m->label) { /* M-5036-A.1.2-1, A-mLDP-11 */
		mldp_send(p, LDP_LABEL_RELEASE, fec, b->label, LDP_MBB_NONE);
		b->label = m->label;
		b->marked = false;
	}
	if (m->mbb == LDP_MBB_REQUEST) {
		p->m->stats.mbb_requests_rx++;
		b->marked = true;
	}
	mldp_lsp_review(lsp);
}

static void on_mapping(struct mldp_peer *p, const struct ldp_msg *m)
{
	p->m->stats.mappings_rx++;
	if (!m->has_label || m->n_fecs != 1 || m->fecs[0].kind != LDP_FEC_MULTIPOINT) {
		p->m->stats.unexpected++; /* unicast is not ours; we asked for none of it */
		return;
	}
	if (m->fecs[0].mp.type != MLDP_P2MP) {
		p->m->stats.refused_mp2mp++;
		notify(p, LDP_S_UNKNOWN_FEC, m);
		return;
	}
	mapping(p, m, &m->fecs[0].mp);
}

/* ---------------------------------------------------------------- Withdraw, Release */

/* True if the FEC element names this FEC; wildcards name many (M-5918-4-1). */
static bool names(const struct ldp_fec *f, const struct mldp_fec *fec)
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

static bool label_matches(const struct ldp_msg *m, uint32_t label)
{
	return !m->has_label || m->label == label;
}

static void withdraw(struct mldp_binding *b)
{
	struct mldp_lsp *lsp = b->lsp;

	mldp_send(b->peer, LDP_LABEL_RELEASE, &lsp->fec, b->label, LDP_MBB_NONE);
	mldp_binding_del(b);
	mldp_lsp_review(lsp);
}

static void on_withdraw(struct mldp_peer *p, const struct ldp_msg *m)
{
	p->m->stats.withdraws_rx++;
	for (size_t i = 0; i < m->n_fecs; i++) {
		const struct ldp_fec *f = &m->fecs[i];
		struct mldp_binding *b;
		bool known = false;

		if (f->kind == LDP_FEC_MULTIPOINT) { /* the usual case: no walk */
			struct mldp_lsp *lsp = mldp_lsp_find(p->m, &f->mp);

			b = lsp ? mldp_binding_find(lsp, p) : NULL;
			if (b && label_matches(m, b->label)) {
				withdraw(b);
				known = true;
			}
			/* M-5036-3.5.10-1: an answer in any case */
			if (!known && m->has_label)
				mldp_send(p, LDP_LABEL_RELEASE, &f->mp, m->label, LDP_MBB_NONE);
			continue;
		}
		frr_each_safe (mldp_peer_bindings, &p->bindings, b)
			if (names(f, &b->lsp->fec) && label_matches(m, b->label))
				withdraw(b);
	}
}

/* True: it was a label that had been withdrawn. */
static bool release_withdrawn(struct mldp_peer *p, const struct ldp_msg *m, const struct ldp_fec *f)
{
	struct mldp_withdrawn *w;
	bool any = false;

	frr_each_safe (mldp_peer_withdrawn, &p->withdrawn, w)
		if (names(f, &w->fec) && label_matches(m, w->label)) {
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

		if (release_withdrawn(p, m, f))
			continue;
		frr_each_safe (mldp_peer_elements, &p->elements, e)
			if (names(f, &e->lsp->fec) && label_matches(m, e->label))
				mldp_lsp_refused(e->lsp, e); /* A-mLDP-13 */
	}
}

/* ---------------------------------------------------------------- Request, Notification */

/* A-mLDP-12: downstream unsolicited only, but a request gets an answer. */
static void on_request(struct mldp_peer *p, const struct ldp_msg *m)
{
	struct mldp_lsp *lsp = NULL;

	p->m->stats.requests_rx++;
	if (m->n_fecs == 1 && m->fecs[0].kind == LDP_FEC_MULTIPOINT)
		lsp = mldp_lsp_find(p->m, &m->fecs[0].mp);
	if (lsp && lsp->active && lsp->active->peer == p)
		mldp_send(p, LDP_LABEL_MAPPING, &lsp->fec, lsp->active->label, LDP_MBB_NONE);
	else
		notify(p, LDP_S_NO_ROUTE, m);
}

/* M-6388-8.4.5-1: for the pending element, told by neighbour and label; others are ignored. */
static void on_notification(struct mldp_peer *p, const struct ldp_msg *m)
{
	struct mldp_lsp *lsp = NULL;

	if (m->status.code != LDP_S_MP_STATUS || m->mbb != LDP_MBB_ACK || m->n_fecs != 1)
		return;
	p->m->stats.mbb_acks_rx++;
	if (m->fecs[0].kind == LDP_FEC_MULTIPOINT)
		lsp = mldp_lsp_find(p->m, &m->fecs[0].mp);
	if (lsp && lsp->pending && lsp->pending->peer == p && m->has_label &&
	    lsp->pending->label == m->label)
		mldp_lsp_acked(lsp);
	else
		p->m->stats.unexpected++;
}

void mldp_input(struct mldp_peer *p, const struct ldp_msg *m, msec_t now)
{
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
	default:
		p->m->stats.unexpected++;
	}
}
