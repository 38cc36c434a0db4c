// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Labels that the upstream LSR assigns (RFC 5331, 6389): one frame for all downstream LSRs of a
 * LAN.
 *
 * Downstream, an accepting element asks with a Label Request instead of mapping a label; the answer
 * names a label in the space of the upstream LSR, which on the LAN stands behind its context label.
 * Upstream, all who ask for an LSP on the same LAN are told the same label, and are one branch.
 *
 * Whoever cannot is served with downstream-assigned labels: the peer that has not announced the
 * capability is not asked and gets none (M-5331-4-1); a Request that is refused ends in a mapping.
 */
#include "mplsmc/mldp_tree_p.h"

DECLARE_MGROUP(MLDP);
DEFINE_MTYPE_STATIC(MLDP, MLDP_LAN, "LAN with a context label");
DEFINE_MTYPE_STATIC(MLDP, MLDP_SHARED, "label shared on a LAN");

/* ---------------------------------------------------------------- messages */

/* Optional parts: label 0, request_id 0, lan NULL: none. */
struct said {
	enum ldp_msg_type type;
	uint32_t label, request_id;
	const struct mldp_lan *lan;
	enum ldp_mbb mbb;
};

/* The message ID. */
static uint32_t say(struct mldp_peer *p, const struct mldp_fec *fec, const struct said *s)
{
	struct ldp_fec f = {.kind = LDP_FEC_MULTIPOINT, .mp = *fec};
	struct ldp_msg m = {
		.type = s->type,
		.fecs = &f,
		.n_fecs = 1,
		.has_upstream_label = s->label,
		.upstream_label = s->label,
		.upstream_request = s->type == LDP_LABEL_REQUEST,
		.has_request_id = s->request_id,
		.request_id = s->request_id,
		.has_context = s->lan, /* M-6389-6-2 */
		.mbb = s->mbb,
	};

	if (s->lan) {
		m.context_source = s->lan->address;
		m.context_label = s->lan->label;
	}
	mldp_send_msg(p, &m);
	return m.id;
}

static void release(struct mldp_peer *p, const struct mldp_fec *fec, uint32_t label)
{
	say(p, fec, &(struct said){.type = LDP_LABEL_RELEASE, .label = label});
}

/* ---------------------------------------------------------------- LANs */

uint32_t mldp_context_label(const struct addr *a, uint8_t prefixlen)
{
	struct rd r = rd_init(addr_octets(a), 4);
	uint32_t host;

	if (!addr_is_v4(a) || prefixlen <= 12 || prefixlen > 31)
		return 0;
	host = rd_u32(&r) & ((UINT32_C(1) << (32 - prefixlen)) - 1);
	return host <= 0xfffef ? host + RESERVED_LABELS : 0;
}

static struct mldp_lan *lan_find(struct mldp *m, unsigned int ifindex)
{
	struct mldp_lan key = {.ifindex = ifindex};

	return mldp_lans_find(&m->lans, &key);
}

static void withdraw(struct mldp_binding *b);

/* Who was told labels on that LAN asks again. */
static void withdraw_all(struct mldp *m, unsigned int ifindex)
{
	struct mldp_binding *b;
	struct mldp_peer *p;

	frr_each (mldp_peers, &m->peers, p)
		frr_each_safe (mldp_peer_bindings, &p->bindings, b)
			if (b->shared && b->shared->ifindex == ifindex)
				withdraw(b);
}

void mldp_interface(struct mldp *m, unsigned int ifindex, const struct addr *a, uint8_t prefixlen,
		    msec_t now)
{
	uint32_t label = mldp_context_label(a, prefixlen);
	struct mldp_lan *lan = lan_find(m, ifindex);

	if (lan && lan->label == label && addr_cmp(&lan->address, a) == 0)
		return;
	if (lan) {
		mldp_lans_del(&m->lans, lan);
		withdraw_all(m, ifindex);
		XFREE(MTYPE_MLDP_LAN, lan);
	}
	if (!label)
		return;
	lan = XCALLOC(MTYPE_MLDP_LAN, sizeof(*lan));
	lan->ifindex = ifindex;
	lan->address = *a;
	lan->label = label;
	mldp_lans_add(&m->lans, lan);
}

void mldp_lans_free(struct mldp *m)
{
	struct mldp_lan *lan;

	while ((lan = mldp_lans_pop(&m->lans)))
		XFREE(MTYPE_MLDP_LAN, lan);
	mldp_lans_fini(&m->lans);
}

/* ---------------------------------------------------------------- upstream: shared labels */

/* M-6389-6-1: one label of an LSP on a LAN; NULL: none is left. */
static struct mldp_shared *shared_get(struct mldp_lsp *lsp, const struct mldp_lan *lan)
{
	struct mldp *m = lsp->m;
	struct mldp_shared *s;
	uint32_t label;

	frr_each (mldp_lsp_shared, &lsp->shared, s)
		if (s->ifindex == lan->ifindex)
			return s;
	label = m->ops->label_alloc(m->ctx);
	if (!label) {
		m->stats.refused_labels++;
		return NULL;
	}
	s = XCALLOC(MTYPE_MLDP_SHARED, sizeof(*s));
	s->ifindex = lan->ifindex;
	s->context = lan->label;
	s->label = label;
	mldp_lsp_shared_add_tail(&lsp->shared, s);
	m->stats.shared_labels++;
	return s;
}

static void shared_free(struct mldp_lsp *lsp, struct mldp_shared *s)
{
	mldp_lsp_shared_del(&lsp->shared, s);
	lsp->m->stats.shared_labels--;
	XFREE(MTYPE_MLDP_SHARED, s);
}

void mldp_shared_put(struct mldp_binding *b, bool told)
{
	struct mldp_shared *s = b->shared;

	b->shared = NULL;
	if (!s || --s->users)
		return;
	if (told) /* the last one to whom it was withdrawn has to say so (M-5036-3.5.10-1) */
		mldp_withdrawn_add(b->peer, &b->lsp->fec, s->label, true);
	else
		mldp_label_free(b->lsp->m, s->label);
	shared_free(b->lsp, s);
}

void mldp_shared_forget(struct mldp_lsp *lsp)
{
	struct mldp_binding *b;
	struct mldp_shared *s;

	frr_each (mldp_lsp_bindings, &lsp->bindings, b)
		b->shared = NULL;
	while ((s = mldp_lsp_shared_first(&lsp->shared)))
		shared_free(lsp, s);
	mldp_lsp_shared_fini(&lsp->shared);
}

void mldp_shared_withdraw(struct mldp_binding *b)
{
	say(b->peer, &b->lsp->fec,
	    &(struct said){.type = LDP_LABEL_WITHDRAW, .label = b->shared->label});
	mldp_shared_put(b, true);
}

static void withdraw(struct mldp_binding *b)
{
	struct mldp_lsp *lsp = b->lsp;

	mldp_shared_withdraw(b);
	mldp_binding_del(b);
	mldp_lsp_review(lsp);
}

void mldp_upstream_links(struct mldp_peer *p)
{
	struct mldp_binding *b;

	if (!p->n_links)
		return;
	frr_each_safe (mldp_peer_bindings, &p->bindings, b)
		if (b->shared && b->shared->ifindex != p->links[0].ifindex)
			withdraw(b);
}

/* ---------------------------------------------------------------- upstream: Request, Release */

static uint32_t request_refused(struct mldp_peer *p, const struct ldp_msg *m,
				const struct mldp_lan **lan)
{
	if (m->fecs[0].kind != LDP_FEC_MULTIPOINT || m->fecs[0].mp.type != MLDP_P2MP ||
	    !(p->capabilities & LDP_CAP_P2MP))
		return LDP_S_UNKNOWN_FEC;
	*lan = p->n_links ? lan_find(p->m, p->links[0].ifindex) : NULL;
	return *lan && mldp_upstream_agreed(p) ? LDP_S_SUCCESS : LDP_S_NO_LABEL_RESOURCES;
}

/* The binding of the peer with the shared label; NULL: beyond a limit, or out of labels. */
static struct mldp_binding *share(struct mldp_lsp *lsp, struct mldp_peer *p,
				  const struct mldp_lan *lan)
{
	struct mldp_binding *b = mldp_binding_find(lsp, p);
	struct mldp_shared *s;

	if (!b && mldp_beyond_limits(p, lsp)) {
		p->m->stats.refused_limit++;
		return NULL;
	}
	s = shared_get(lsp, lan);
	if (!s)
		return NULL;
	if (!b) {
		b = mldp_binding_add(lsp, p, s->label);
	} else if (!b->shared) { /* M-6389-4.1-3: never both */
		mldp_send(p, LDP_LABEL_RELEASE, &lsp->fec, b->label, LDP_MBB_NONE);
		b->marked = false;
	}
	s->users += b->shared != s;
	if (b->shared != s)
		mldp_shared_put(b, false);
	b->shared = s;
	b->label = s->label;
	return b;
}

/* A-mLDP-20: at once, whatever we know upstream. */
void mldp_upstream_request(struct mldp_peer *p, const struct ldp_msg *m)
{
	const struct mldp_fec *fec = &m->fecs[0].mp;
	const struct mldp_lan *lan;
	struct mldp_lsp *lsp;
	struct mldp_binding *b;
	uint32_t status = request_refused(p, m, &lan);

	if (status) {
		mldp_notify(p, status, m);
		return;
	}
	lsp = mldp_lsp_get(p->m, fec);
	b = lsp ? share(lsp, p, lan) : NULL;
	if (b) {
		if (m->mbb == LDP_MBB_REQUEST && mldp_marks(p))
			b->marked = true;
		say(p, fec,
		    &(struct said){.type = LDP_LABEL_MAPPING,
				   .label = b->label,
				   .request_id = m->id,
				   .lan = lan});
	} else {
		mldp_notify(p, LDP_S_NO_LABEL_RESOURCES, m);
	}
	if (lsp)
		mldp_lsp_review(lsp);
}

/* A-mLDP-21: a downstream LSR leaves; nothing is replied. */
static void left(struct mldp_binding *b, const struct ldp_msg *m)
{
	struct mldp_lsp *lsp = b->lsp;

	if (!b->shared || (m->has_upstream_label && m->upstream_label != b->label))
		return;
	mldp_binding_del(b);
	mldp_lsp_review(lsp);
}

void mldp_upstream_release(struct mldp_peer *p, const struct ldp_msg *m, const struct ldp_fec *f)
{
	struct mldp_binding *b;

	if (m->has_label)
		return;
	if (f->kind == LDP_FEC_MULTIPOINT) { /* the usual case: no walk */
		struct mldp_lsp *lsp = mldp_lsp_find(p->m, &f->mp);

		b = lsp ? mldp_binding_find(lsp, p) : NULL;
		if (b)
			left(b, m);
		return;
	}
	frr_each_safe (mldp_peer_bindings, &p->bindings, b)
		if (mldp_names(f, &b->lsp->fec))
			left(b, m);
}

void mldp_upstream_ack(const struct mldp_binding *b)
{
	say(b->peer, &b->lsp->fec,
	    &(struct said){.type = LDP_NOTIFICATION, .label = b->label, .mbb = LDP_MBB_ACK});
}

/* ---------------------------------------------------------------- downstream: asking */

/* M-6389-4-1, M-5331-4-1 */
bool mldp_upstream_wanted(const struct mldp_lsp *lsp, const struct mldp_peer *p)
{
	return lsp->m->params.upstream_on_demand && mldp_upstream_agreed(p) && p->n_links &&
	       lsp->no_upstream_by != p->serial;
}

void mldp_upstream_ask(struct mldp_element *e, enum ldp_mbb mbb)
{
	e->request_id =
		say(e->peer, &e->lsp->fec, &(struct said){.type = LDP_LABEL_REQUEST, .mbb = mbb});
	mldp_peer_requests_add_tail(&e->peer->requests, e);
	e->waits = true;
}

static void answered(struct mldp_element *e)
{
	if (e->waits)
		mldp_peer_requests_del(&e->peer->requests, e);
	e->waits = false;
}

/* A mapping may have crossed the Abort: then it is released as one that nobody has asked for. */
void mldp_upstream_leave(struct mldp_element *e)
{
	if (e->label)
		release(e->peer, &e->lsp->fec, e->label);
	else
		say(e->peer, &e->lsp->fec,
		    &(struct said){.type = LDP_LABEL_ABORT, .request_id = e->request_id});
	answered(e);
}

void mldp_upstream_forget(struct mldp_element *e)
{
	answered(e);
}

/* This upstream LSR assigns no label of its own to this LSP: it gets one of ours. */
static void fall_back(struct mldp_element *e)
{
	struct mldp_lsp *lsp = e->lsp;

	lsp->no_upstream_by = e->peer->serial;
	lsp->m->stats.upstream_refused++;
	mldp_element_lost(e);
	mldp_lsp_review(lsp);
}

/* ---------------------------------------------------------------- downstream: answers */

static struct mldp_element *element_of(const struct mldp_lsp *lsp, const struct mldp_peer *p)
{
	if (lsp->active && lsp->active->upstream && lsp->active->peer == p)
		return lsp->active;
	return lsp->pending && lsp->pending->upstream && lsp->pending->peer == p ? lsp->pending
										 : NULL;
}

/* M-5331-8-1: the LAN is that on which the peer has the address. */
static bool context_of(const struct mldp_peer *p, const struct ldp_msg *m, struct mldp_context *c)
{
	memset(c, 0, sizeof(*c));
	if (!m->has_context || m->context_label < RESERVED_LABELS)
		return false;
	for (size_t i = 0; i < p->n_links; i++) {
		const struct mldp_link *l = &p->links[i];

		if (addr_cmp(&l->next_hop, &m->context_source) != 0)
			continue;
		c->ifindex = l->ifindex;
		memcpy(c->interface, l->interface, sizeof(c->interface));
		c->label = m->context_label;
		return true;
	}
	return false;
}

/* The new entry before the old one goes. */
static void take(struct mldp_element *e, const struct mldp_context *c, uint32_t label)
{
	struct mldp_lsp *lsp = e->lsp;
	struct mldp_element old = *e;
	bool same = e->label == label && memcmp(&e->context, c, sizeof(*c)) == 0;

	answered(e);
	e->context = *c;
	e->label = label;
	if (old.label && !same && lsp->active == e) {
		mldp_lsp_forward_from(lsp, e);
		mldp_entry_remove(&old);
	}
	if (old.label && old.label != label)
		release(e->peer, &lsp->fec, old.label);
	mldp_lsp_review(lsp);
}

void mldp_upstream_mapping(struct mldp_peer *p, const struct ldp_msg *m)
{
	const struct mldp_fec *fec = &m->fecs[0].mp;
	struct mldp_lsp *lsp = mldp_lsp_find(p->m, fec);
	struct mldp_element *e = lsp ? element_of(lsp, p) : NULL;
	struct mldp_context c;

	if (!e) { /* not asked for, or no longer */
		p->m->stats.unexpected++;
		release(p, fec, m->upstream_label);
		return;
	}
	if (m->upstream_label >= RESERVED_LABELS && context_of(p, m, &c)) {
		take(e, &c, m->upstream_label);
		return;
	}
	p->m->stats.reserved_labels += m->upstream_label < RESERVED_LABELS;
	mldp_notify(p, LDP_S_NO_LABEL_RESOURCES, m); /* M-6389-4.1-2 */
	release(p, fec, m->upstream_label);
	fall_back(e);
}

/* It asks again. */
static void taken_back(struct mldp_element *e, const struct ldp_msg *m)
{
	struct mldp_lsp *lsp = e->lsp;

	if (!e->upstream || !e->label || (m->has_upstream_label && m->upstream_label != e->label))
		return;
	mldp_element_lost(e);
	mldp_lsp_review(lsp);
}

void mldp_upstream_withdraw(struct mldp_peer *p, const struct ldp_msg *m, const struct ldp_fec *f)
{
	struct mldp_element *e;

	if (m->has_label)
		return;
	if (f->kind == LDP_FEC_MULTIPOINT) { /* the usual case: no walk */
		struct mldp_lsp *lsp = mldp_lsp_find(p->m, &f->mp);

		e = lsp ? element_of(lsp, p) : NULL;
		if (e)
			taken_back(e, m);
		return;
	}
	frr_each_safe (mldp_peer_elements, &p->elements, e)
		if (mldp_names(f, &e->lsp->fec))
			taken_back(e, m);
}

bool mldp_upstream_notified(struct mldp_peer *p, const struct ldp_msg *m)
{
	struct mldp_element *e;

	if (m->status.message_type != LDP_LABEL_REQUEST)
		return false;
	frr_each (mldp_peer_requests, &p->requests, e) /* answers come in order: mostly the first */
		if (e->request_id == m->status.message_id) {
			fall_back(e);
			return true;
		}
	return false;
}
