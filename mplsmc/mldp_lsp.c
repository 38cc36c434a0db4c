// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One P2MP LSP on one LSR: its life, its downstream mappings, its forwarding entry (RFC 6388 2.4).
 *
 * A branch never goes back to the LSR the packets come from (M-6388-2.4.1.4-2, M-6388-4-1): its
 * mapping is retained and counts again when that LSR is no longer upstream.
 */
#include "mplsmc/mldp_tree_p.h"

#include <stdlib.h>

DEFINE_MGROUP(MLDP, "mLDP");
DEFINE_MTYPE_STATIC(MLDP, MLDP_LSP, "LSP");
DEFINE_MTYPE_STATIC(MLDP, MLDP_BINDING, "downstream mapping");

/* ---------------------------------------------------------------- life cycle */

struct mldp_lsp *mldp_lsp_get(struct mldp *m, const struct mldp_fec *fec)
{
	struct mldp_lsp *lsp = mldp_lsp_find(m, fec);

	if (lsp)
		return lsp;
	if (m->params.maximum_lsps && m->stats.lsps >= m->params.maximum_lsps) {
		m->stats.refused_limit++;
		return NULL;
	}
	lsp = XCALLOC(MTYPE_MLDP_LSP, sizeof(*lsp));
	lsp->m = m;
	lsp->fec = *fec;
	lsp->since = m->wheel->now;
	mldp_lsp_bindings_init(&lsp->bindings);
	mldp_lsp_shared_init(&lsp->shared);
	mldp_lsps_add(&m->lsps, lsp);
	lsp->route = mldp_route_get(m, &fec->root);
	mldp_route_lsps_add_tail(&lsp->route->lsps, lsp);
	m->stats.lsps++;
	return lsp;
}

void mldp_lsp_free(struct mldp_lsp *lsp)
{
	struct mldp *m = lsp->m;
	struct mldp_binding *b;

	timer_stop(m->wheel, &lsp->mbb);
	timer_stop(m->wheel, &lsp->retry);
	timer_stop(m->wheel, &lsp->stay);
	timer_stop(m->wheel, &lsp->install);
	mldp_shared_forget(lsp);
	while ((b = mldp_lsp_bindings_first(&lsp->bindings)))
		mldp_binding_del(b);
	if (lsp->active)
		mldp_element_free(lsp->active);
	if (lsp->pending)
		mldp_element_free(lsp->pending);
	m->n_no_label -= lsp->no_label;
	m->n_overrides -= !addr_is_any(&lsp->override);
	mldp_lsp_bindings_fini(&lsp->bindings);
	mldp_route_lsps_del(&lsp->route->lsps, lsp);
	mldp_route_release(lsp->route);
	mldp_lsps_del(&m->lsps, lsp);
	m->stats.lsps--;
	XFREE(MTYPE_MLDP_LSP, lsp);
}

/* ---------------------------------------------------------------- downstream mappings */

struct mldp_binding *mldp_binding_find(struct mldp_lsp *lsp, const struct mldp_peer *peer)
{
	struct mldp_binding *b;

	frr_each (mldp_lsp_bindings, &lsp->bindings, b)
		if (b->peer == peer)
			return b;
	return NULL;
}

struct mldp_binding *mldp_binding_add(struct mldp_lsp *lsp, struct mldp_peer *peer, uint32_t label)
{
	struct mldp_binding *b = XCALLOC(MTYPE_MLDP_BINDING, sizeof(*b));

	b->lsp = lsp;
	b->peer = peer;
	b->label = label;
	mldp_lsp_bindings_add_tail(&lsp->bindings, b);
	mldp_peer_bindings_add_tail(&peer->bindings, b);
	lsp->m->stats.branches++;
	return b;
}

void mldp_binding_del(struct mldp_binding *b)
{
	mldp_shared_put(b, false);
	mldp_lsp_bindings_del(&b->lsp->bindings, b);
	mldp_peer_bindings_del(&b->peer->bindings, b);
	b->lsp->m->stats.branches--;
	XFREE(MTYPE_MLDP_BINDING, b);
}

/* ---------------------------------------------------------------- messages */

void mldp_send_msg(struct mldp_peer *peer, struct ldp_msg *m)
{
	struct mldp_stats *stats = &peer->m->stats;

	if (m->type == LDP_NOTIFICATION) { /* make-before-break ack (RFC 6388 8.2) */
		m->has_status = true;
		m->status.code = LDP_S_MP_STATUS;
		stats->mbb_acks_tx++;
	}
	stats->mappings_tx += m->type == LDP_LABEL_MAPPING;
	stats->requests_tx += m->type == LDP_LABEL_REQUEST;
	stats->withdraws_tx += m->type == LDP_LABEL_WITHDRAW;
	stats->releases_tx += m->type == LDP_LABEL_RELEASE;
	stats->mbb_requests_tx += m->mbb == LDP_MBB_REQUEST;
	peer->m->ops->send(peer->m->ctx, peer, m);
}

void mldp_send(struct mldp_peer *peer, enum ldp_msg_type type, const struct mldp_fec *fec,
	       uint32_t label, enum ldp_mbb mbb)
{
	struct ldp_fec f = {.kind = LDP_FEC_MULTIPOINT, .mp = *fec};
	struct ldp_msg m = {.type = type,
			    .fecs = &f,
			    .n_fecs = 1,
			    .has_label = true,
			    .label = label,
			    .mbb = mbb};

	mldp_send_msg(peer, &m);
}

/* ---------------------------------------------------------------- forwarding */

/* Packets from `from` (NULL: our own) may go to this branch. */
static bool usable(const struct mldp_binding *b, const struct mldp_peer *from)
{
	return b->peer != from && b->peer->n_links > 0 &&
	       (!b->shared || b->shared->ifindex == b->peer->links[0].ifindex);
}

static void branch_of(const struct mldp_binding *b, struct mldp_branch *to)
{
	const struct mldp_link *l = &b->peer->links[0];

	*to = (struct mldp_branch){.peer = b->peer,
				   .label = b->label,
				   .ifindex = l->ifindex,
				   .interface = l->interface,
				   .next_hop = l->next_hop,
				   .context = b->shared ? b->shared->context : 0};
}

/* The frame of a LAN is one branch, whoever listens (M-6389-6-1). */
static bool counted(struct mldp *m, struct mldp_shared *s)
{
	if (!s)
		return false;
	if (s->collected == m->collections)
		return true;
	s->collected = m->collections;
	return false;
}

static size_t collect(const struct mldp_lsp *lsp, const struct mldp_peer *from,
		      struct mldp_branch *to)
{
	const struct mldp_binding *b;
	size_t n = 0;

	lsp->m->collections++;
	frr_each (mldp_lsp_bindings_const, &lsp->bindings, b)
		if (usable(b, from) && n < lsp->m->params.maximum_branches &&
		    !counted(lsp->m, b->shared))
			branch_of(b, &to[n++]);
	return n;
}

void mldp_entry_remove(const struct mldp_element *e)
{
	struct mldp *m = e->lsp->m;

	if (!e->upstream)
		m->ops->ilm(m->ctx, e->lsp, e->label, NULL, 0, false);
	else if (e->label)
		m->ops->context_ilm(m->ctx, e->lsp, &e->context, e->label, NULL, 0, false);
}

void mldp_lsp_forward_from(struct mldp_lsp *lsp, const struct mldp_element *e)
{
	size_t max = mldp_lsp_bindings_count(&lsp->bindings), n;
	struct mldp_branch *branches;

	if (e && !e->label)
		return; /* it has not been answered */
	branches = XCALLOC(MTYPE_TMP, (max + 1) * sizeof(*branches));

	n = collect(lsp, e ? e->peer : NULL, branches);
	if (e && e->upstream)
		lsp->m->ops->context_ilm(lsp->m->ctx, lsp, &e->context, e->label, branches, n,
					 lsp->leaf);
	else if (e)
		lsp->m->ops->ilm(lsp->m->ctx, lsp, e->label, branches, n, lsp->leaf);
	else
		lsp->m->ops->root(lsp->m->ctx, lsp, branches, n);
	XFREE(MTYPE_TMP, branches);
}

void mldp_lsp_forward(struct mldp_lsp *lsp)
{
	if (lsp->root)
		mldp_lsp_forward_from(lsp, NULL);
	if (lsp->active)
		mldp_lsp_forward_from(lsp, lsp->active);
}

/* ---------------------------------------------------------------- what operators want to see */

const char *mldp_lsp_state_name(enum mldp_lsp_state state)
{
	static const char *const names[] = {
		[MLDP_NO_ROUTE] = "no-route",	    [MLDP_NO_LABEL] = "no-label",
		[MLDP_REFUSED] = "refused",	    [MLDP_SIGNALLED] = "signalled",
		[MLDP_OPERATIONAL] = "operational",
	};

	return state < array_size(names) ? names[state] : "unknown";
}

void mldp_lsp_info(const struct mldp_lsp *lsp, struct mldp_lsp_info *info)
{
	const struct mldp_element *e = lsp->active ? lsp->active : lsp->pending;
	const struct mldp_binding *b;

	*info = (struct mldp_lsp_info){
		.fec = &lsp->fec,
		.state = lsp->state,
		.root = lsp->root,
		.leaf = lsp->leaf,
		.upstream = e ? e->peer : NULL,
		.label = lsp->active ? lsp->active->label : 0,
		.context = lsp->active && lsp->active->upstream ? lsp->active->context.label : 0,
		.pending_label = lsp->pending ? lsp->pending->label : 0,
		.since = lsp->since,
	};
	if (e) {
		info->upstream_next_hop = e->next_hop;
		if (e->upstream && e->label)
			info->upstream_interface = e->context.interface;
		else if (e->peer->n_links)
			info->upstream_interface = e->peer->links[0].interface;
	}
	frr_each (mldp_lsp_bindings_const, &lsp->bindings, b)
		info->n_branches += usable(b, info->upstream);
}

void mldp_lsp_branches(const struct mldp_lsp *lsp,
		       void (*fn)(void *arg, const struct mldp_branch *b, bool installed),
		       void *arg)
{
	const struct mldp_peer *up = lsp->active ? lsp->active->peer : NULL;
	const struct mldp_binding *b;

	frr_each (mldp_lsp_bindings_const, &lsp->bindings, b) {
		struct mldp_branch branch;

		branch_of(b, &branch);
		fn(arg, &branch, (lsp->root || lsp->active) && usable(b, up));
	}
}
