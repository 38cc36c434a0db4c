// SPDX-License-Identifier: GPL-2.0-or-later
/* The world of the tree engine: peers, addresses, routes, leaves; see mldp_tree.h. */
#include "mplsmc/mldp_tree_p.h"

DECLARE_MGROUP(MLDP);
DEFINE_MTYPE_STATIC(MLDP, MLDP, "mLDP engine");
DEFINE_MTYPE_STATIC(MLDP, MLDP_PEER, "mLDP peer");
DEFINE_MTYPE_STATIC(MLDP, MLDP_ADDR, "address");
DEFINE_MTYPE_STATIC(MLDP, MLDP_ROUTE, "route to a root");

void mldp_params_default(struct mldp_params *p)
{
	*p = (struct mldp_params){
		.mbb = true,
		.mbb_wait_ms = 30 * MSEC_PER_S,
		.root_hold_ms = 5 * MSEC_PER_S,	     /* A-mLDP-14 */
		.refusal_retry_ms = 60 * MSEC_PER_S, /* A-mLDP-13 */
		.maximum_branches = 127,
	};
}

/* ---------------------------------------------------------------- sets of addresses */

bool mldp_owns(const struct mldp_owned_head *set, const struct addr *a)
{
	struct mldp_owned key = {.addr = *a};

	return mldp_owned_const_find(set, &key) != NULL;
}

/* False: nothing changed (M-5036-3.5.5-2). */
static bool own(struct mldp_owned_head *set, const struct addr *a, bool owned)
{
	struct mldp_owned key = {.addr = *a}, *o = mldp_owned_find(set, &key);

	if (owned == !!o)
		return false;
	if (!owned) {
		mldp_owned_del(set, o);
		XFREE(MTYPE_MLDP_ADDR, o);
		return true;
	}
	o = XCALLOC(MTYPE_MLDP_ADDR, sizeof(*o));
	o->addr = *a;
	mldp_owned_add(set, o);
	return true;
}

static void own_nothing(struct mldp_owned_head *set)
{
	struct mldp_owned *o;

	while ((o = mldp_owned_pop(set)))
		XFREE(MTYPE_MLDP_ADDR, o);
	mldp_owned_fini(set);
}

/* ---------------------------------------------------------------- routes */

struct mldp_route *mldp_route_get(struct mldp *m, const struct addr *root)
{
	struct mldp_route key = {.root = *root}, *r = mldp_routes_find(&m->routes, &key);

	if (r)
		return r;
	r = XCALLOC(MTYPE_MLDP_ROUTE, sizeof(*r));
	r->m = m;
	r->root = *root;
	r->lost = true; /* nothing known */
	mldp_route_lsps_init(&r->lsps);
	mldp_routes_add(&m->routes, r);
	m->ops->watch_route(m->ctx, root, true);
	return r;
}

static void route_free(struct mldp_route *r)
{
	timer_stop(r->m->wheel, &r->hold);
	mldp_routes_del(&r->m->routes, r);
	mldp_route_lsps_fini(&r->lsps);
	XFREE(MTYPE_MLDP_ROUTE, r);
}

void mldp_route_release(struct mldp_route *r)
{
	if (mldp_route_lsps_count(&r->lsps))
		return;
	r->m->ops->watch_route(r->m->ctx, &r->root, false);
	route_free(r);
}

/* A review may free the LSP, and with the last one the route. */
static void review_route(struct mldp_route *r)
{
	struct mldp_lsp *lsp = mldp_route_lsps_first(&r->lsps), *next;

	for (; lsp; lsp = next) {
		next = mldp_route_lsps_next(&r->lsps, lsp);
		mldp_lsp_review(lsp);
	}
}

static void review_all(struct mldp *m)
{
	struct mldp_lsp *lsp;

	frr_each_safe (mldp_lsps, &m->lsps, lsp)
		mldp_lsp_review(lsp);
}

static void hold_fires(struct timer *t, msec_t now)
{
	struct mldp_route *r = container_of(t, struct mldp_route, hold);

	r->lost = true;
	review_route(r);
}

void mldp_route(struct mldp *m, const struct addr *root, const struct addr *next_hops, size_t n,
		msec_t now)
{
	struct mldp_route key = {.root = *root}, *r = mldp_routes_find(&m->routes, &key);

	if (!r)
		return;
	if (n > MLDP_MAX_NEXTHOPS)
		n = MLDP_MAX_NEXTHOPS;
	if (n == r->n && memcmp(r->next_hops, next_hops, n * sizeof(*next_hops)) == 0 && n)
		return;
	r->n = n;
	if (n) {
		memcpy(r->next_hops, next_hops, n * sizeof(*next_hops));
		r->lost = false;
		timer_stop(m->wheel, &r->hold);
	} else if (!r->lost && !r->hold.running) {
		timer_start(m->wheel, &r->hold, now + m->params.root_hold_ms, hold_fires);
	}
	review_route(r);
}

void mldp_route_override(struct mldp *m, const struct mldp_fec *fec, const struct addr *next_hop,
			 msec_t now)
{
	struct mldp_lsp *lsp = addr_is_any(next_hop) ? mldp_lsp_find(m, fec) : mldp_lsp_get(m, fec);

	if (!lsp || addr_cmp(&lsp->override, next_hop) == 0)
		return;
	m->n_overrides -= !addr_is_any(&lsp->override);
	m->n_overrides += !addr_is_any(next_hop);
	lsp->override = *next_hop;
	mldp_lsp_review(lsp);
}

/* ---------------------------------------------------------------- peers */

struct mldp_peer *mldp_peer_up(struct mldp *m, const struct ldp_id *id, uint32_t capabilities,
			       void *data, msec_t now)
{
	struct mldp_peer *p = XCALLOC(MTYPE_MLDP_PEER, sizeof(*p));

	p->m = m;
	p->id = *id;
	p->serial = ++m->serial;
	p->capabilities = capabilities;
	p->announced = m->params.upstream_labels;
	p->data = data;
	mldp_owned_init(&p->addresses);
	mldp_peer_bindings_init(&p->bindings);
	mldp_peer_elements_init(&p->elements);
	mldp_peer_withdrawn_init(&p->withdrawn);
	mldp_peer_requests_init(&p->requests);
	mldp_peers_add_tail(&m->peers, p);
	m->stats.peers++;
	return p;
}

/* F3353-2-1: who went without a label has its turn, until there is none again. */
static void labels_freed(struct timer *t, msec_t now)
{
	struct mldp *m = container_of(t, struct mldp, freed);
	uint64_t refused = m->stats.refused_labels;
	struct mldp_lsp *lsp;

	frr_each_safe (mldp_lsps, &m->lsps, lsp) {
		if (!m->n_no_label || m->stats.refused_labels != refused)
			return;
		if (lsp->no_label)
			mldp_lsp_review(lsp);
	}
}

void mldp_label_free(struct mldp *m, uint32_t label)
{
	m->ops->label_free(m->ctx, label);
	if (m->n_no_label) /* not now: what frees it is under way */
		timer_start(m->wheel, &m->freed, m->wheel->now, labels_freed);
}

void mldp_withdrawn_free(struct mldp_peer *p, struct mldp_withdrawn *w)
{
	mldp_label_free(p->m, w->label);
	mldp_peer_withdrawn_del(&p->withdrawn, w);
	mldp_withdrawn_entry_free(w);
}

static void peer_free(struct mldp_peer *p)
{
	own_nothing(&p->addresses);
	mldp_peer_bindings_fini(&p->bindings);
	mldp_peer_elements_fini(&p->elements);
	mldp_peer_withdrawn_fini(&p->withdrawn);
	mldp_peer_requests_fini(&p->requests);
	p->m->stats.peers--;
	XFREE(MTYPE_MLDP_PEER, p);
}

/* The LSPs that lose something; each is reviewed once, when all is gone. */
struct touched {
	struct mldp_lsp **lsps;
	size_t n;
};

static void touch(struct touched *t, struct mldp_lsp *lsp)
{
	if (lsp->touched)
		return;
	lsp->touched = true;
	t->lsps[t->n++] = lsp;
}

/* Everything the peer gave us or was given, without a message. */
static void forget_labels(struct mldp_peer *p)
{
	size_t max =
		mldp_peer_bindings_count(&p->bindings) + mldp_peer_elements_count(&p->elements);
	struct touched t = {.lsps = XCALLOC(MTYPE_TMP, (max + 1) * sizeof(*t.lsps))};
	struct mldp_withdrawn *w;
	struct mldp_binding *b;
	struct mldp_element *e;

	while ((w = mldp_peer_withdrawn_first(&p->withdrawn)))
		mldp_withdrawn_free(p, w);
	while ((e = mldp_peer_elements_first(&p->elements))) {
		struct mldp_lsp *lsp = e->lsp;

		touch(&t, lsp);
		mldp_element_lost(e);
		if (lsp->pending) /* M-6388-8.4.3-3: the old upstream is down, proceed at once */
			lsp->ready = true;
	}
	while ((b = mldp_peer_bindings_first(&p->bindings))) {
		touch(&t, b->lsp);
		mldp_binding_del(b);
	}
	for (size_t i = 0; i < t.n; i++) {
		t.lsps[i]->touched = false;
		mldp_lsp_review(t.lsps[i]);
	}
	XFREE(MTYPE_TMP, t.lsps);
}

void mldp_peer_down(struct mldp_peer *p, msec_t now)
{
	mldp_peers_del(&p->m->peers, p); /* nobody's upstream LSR any more */
	forget_labels(p);
	peer_free(p);
}

/* The LSPs whose next hop may be this address. */
static void review_next_hop(struct mldp *m, const struct addr *a)
{
	struct mldp_route *r;

	frr_each_safe (mldp_routes, &m->routes, r)
		for (size_t i = 0; i < r->n; i++)
			if (addr_cmp(&r->next_hops[i], a) == 0) {
				review_route(r);
				break;
			}
}

void mldp_peer_address(struct mldp_peer *p, const struct addr *a, bool owned, msec_t now)
{
	struct mldp *m = p->m;
	struct mldp_lsp *lsp;

	if (!own(&p->addresses, a, owned))
		return;
	review_next_hop(m, a);
	if (m->n_overrides)
		frr_each_safe (mldp_lsps, &m->lsps, lsp)
			if (addr_cmp(&lsp->override, a) == 0)
				mldp_lsp_review(lsp);
}

/* A-mLDP-22: without P2MP the peer is as good as gone. */
void mldp_peer_capabilities(struct mldp_peer *p, uint32_t capabilities, msec_t now)
{
	uint32_t lost = p->capabilities & ~capabilities;

	p->capabilities = capabilities;
	if (lost & LDP_CAP_P2MP)
		forget_labels(p);
	else
		review_all(p->m);
}

void mldp_peer_links(struct mldp_peer *p, const struct mldp_link *links, size_t n, msec_t now)
{
	struct mldp_binding *b;

	if (n > MLDP_MAX_LINKS)
		n = MLDP_MAX_LINKS;
	if (n == p->n_links && memcmp(p->links, links, n * sizeof(*links)) == 0)
		return;
	memcpy(p->links, links, n * sizeof(*links));
	p->n_links = n;
	mldp_upstream_links(p);
	frr_each (mldp_peer_bindings, &p->bindings, b)
		mldp_lsp_forward(b->lsp);
}

void *mldp_peer_data(const struct mldp_peer *p)
{
	return p->data;
}

const struct ldp_id *mldp_peer_id(const struct mldp_peer *p)
{
	return &p->id;
}

/* ---------------------------------------------------------------- this router */

void mldp_local_address(struct mldp *m, const struct addr *a, bool owned, msec_t now)
{
	struct mldp_route key = {.root = *a}, *r;

	if (!own(&m->own, a, owned))
		return;
	r = mldp_routes_find(&m->routes, &key);
	if (r)
		review_route(r);
}

void mldp_leaf(struct mldp *m, const struct mldp_fec *fec, bool wanted, msec_t now)
{
	struct mldp_lsp *lsp = wanted ? mldp_lsp_get(m, fec) : mldp_lsp_find(m, fec);

	if (!lsp || lsp->leaf == wanted)
		return;
	lsp->leaf = wanted;
	mldp_lsp_review(lsp);
}

/* ---------------------------------------------------------------- the engine */

struct mldp *mldp_new(const struct mldp_params *p, const struct mldp_ops *ops, void *ctx,
		      struct twheel *wheel)
{
	struct mldp *m = XCALLOC(MTYPE_MLDP, sizeof(*m));

	m->params = *p;
	m->ops = ops;
	m->ctx = ctx;
	m->wheel = wheel;
	mldp_lsps_init(&m->lsps);
	mldp_routes_init(&m->routes);
	mldp_owned_init(&m->own);
	mldp_peers_init(&m->peers);
	mldp_lans_init(&m->lans);
	return m;
}

void mldp_free(struct mldp *m)
{
	struct mldp_withdrawn *w;
	struct mldp_route *r;
	struct mldp_peer *p;
	struct mldp_lsp *lsp;

	timer_stop(m->wheel, &m->freed);
	while ((lsp = mldp_lsps_first(&m->lsps)))
		mldp_lsp_free(lsp);
	while ((p = mldp_peers_pop(&m->peers))) {
		while ((w = mldp_peer_withdrawn_pop(&p->withdrawn)))
			mldp_withdrawn_entry_free(w);
		peer_free(p);
	}
	while ((r = mldp_routes_first(&m->routes)))
		route_free(r);
	own_nothing(&m->own);
	mldp_lans_free(m);
	mldp_lsps_fini(&m->lsps);
	mldp_routes_fini(&m->routes);
	mldp_peers_fini(&m->peers);
	XFREE(MTYPE_MLDP, m);
}

void mldp_set_params(struct mldp *m, const struct mldp_params *p)
{
	bool branches = p->maximum_branches != m->params.maximum_branches;
	bool asked = m->params.upstream_on_demand != p->upstream_on_demand;
	struct mldp_lsp *lsp;

	m->params = *p;
	if (asked) /* the other kind of label from now on */
		frr_each_safe (mldp_lsps, &m->lsps, lsp)
			mldp_lsp_clear(lsp, m->wheel->now);
	if (branches || m->n_no_label) /* labels may be there now */
		review_all(m);
}

struct mldp_lsp *mldp_lsp_find(const struct mldp *m, const struct mldp_fec *fec)
{
	struct mldp_lsp key = {.fec = *fec};

	return mldp_lsps_find((struct mldp_lsps_head *)&m->lsps, &key);
}

void mldp_lsp_walk(const struct mldp *m, void (*fn)(void *arg, const struct mldp_lsp *lsp),
		   void *arg)
{
	const struct mldp_lsp *lsp;

	frr_each (mldp_lsps_const, &m->lsps, lsp)
		fn(arg, lsp);
}

void mldp_clear_stats(struct mldp *m)
{
	m->stats = (struct mldp_stats){
		.lsps = m->stats.lsps,
		.branches = m->stats.branches,
		.labels = m->stats.labels,
		.shared_labels = m->stats.shared_labels,
		.peers = m->stats.peers,
	};
}

const struct mldp_stats *mldp_stats(const struct mldp *m)
{
	return &m->stats;
}
