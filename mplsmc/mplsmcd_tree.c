// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mplsmcd_tree.c - callbacks of the tree engine: labels, routes, messages, forwarding.
 */
#include "mplsmc/mplsmcd_p.h"

const char *mplsmcd_lsp_str(const struct mldp_fec *fec, char *buf, size_t size)
{
	char text[MLDP_FEC_STRLEN];

	snprintf(buf, size, "lsp %s", mldp_fec_str(fec, text, sizeof(text)));
	return buf;
}

static uint32_t cb_label_alloc(void *ctx)
{
	return mplsmcd_label_alloc();
}

static void cb_label_free(void *ctx, uint32_t label)
{
	mplsmcd_label_free(label);
}

static void cb_send(void *ctx, struct mldp_peer *peer, struct ldp_msg *m)
{
	MPLSMCD_DEBUG(messages, "%s sent", ldp_msg_name(m->type));
	ldp_session_send(mldp_peer_data(peer), m, mplsmcd_now());
}

static void cb_watch_route(void *ctx, const struct addr *root, bool watch)
{
	mplsmcd_zebra_watch_route(root, watch);
}

static void tell_entry(struct mplsmcd *d, const struct mldp_lsp *lsp, const struct fib_key *key,
		       const struct mldp_branch *branches, size_t n, bool local)
{
	struct mldp_lsp_info i;

	mldp_lsp_info(lsp, &i);
	mplsmcd_fib_ilm(key, branches, n,
			local ? mplsmcd_device(d, mc_map_is_shared(d->map, i.fec)) : NULL);
}

static void cb_ilm(void *ctx, const struct mldp_lsp *lsp, uint32_t label,
		   const struct mldp_branch *branches, size_t n, bool local)
{
	const struct fib_key key = fib_key_p2mp_ilm(label);

	MPLSMCD_DEBUG(labels, "label %u: %zu branches%s", label, n, local ? " and local" : "");
	tell_entry(ctx, lsp, &key, branches, n, local);
}

static void cb_context_ilm(void *ctx, const struct mldp_lsp *lsp, const struct mldp_context *c,
			   uint32_t label, const struct mldp_branch *branches, size_t n, bool local)
{
	const struct fib_key key = fib_key_p2mp_context(c->interface, c->label, label);

	MPLSMCD_DEBUG(labels, "label %u, context %u on %s: %zu branches%s", label, c->label,
		      c->interface, n, local ? " and local" : "");
	tell_entry(ctx, lsp, &key, branches, n, local);
}

static void cb_root(void *ctx, const struct mldp_lsp *lsp, const struct mldp_branch *branches,
		    size_t n)
{
	struct mplsmcd *d = ctx;
	struct mldp_lsp_info i;

	mldp_lsp_info(lsp, &i);
	mc_map_lsp(d->map, i.fec, branches, n, mplsmcd_now());
	mplsmcd_kick();
}

static bool cb_installed(void *ctx, const struct mldp_lsp *lsp, uint32_t label)
{
	struct mldp_lsp_info i;

	mldp_lsp_info(lsp, &i);
	return mplsmcd_fib_installed(&i);
}

static void cb_event(void *ctx, const struct mldp_lsp *lsp, const char *what)
{
	struct mldp_lsp_info i;
	char name[MLDP_FEC_STRLEN];

	mldp_lsp_info(lsp, &i);
	mplsmcd_history_add(mplsmcd_lsp_str(i.fec, name, sizeof(name)), "%s", what);
	MPLSMCD_DEBUG(tree, "%s: %s", name, what);
}

static const struct mldp_ops ops = {
	.label_alloc = cb_label_alloc,
	.label_free = cb_label_free,
	.send = cb_send,
	.watch_route = cb_watch_route,
	.ilm = cb_ilm,
	.context_ilm = cb_context_ilm,
	.root = cb_root,
	.installed = cb_installed,
	.event = cb_event,
};

static void params(const struct mplsmcd *d, struct mldp_params *p)
{
	mldp_params_default(p);
	p->mbb = d->config.mbb;
	p->mbb_delay_ms = d->config.mbb_delay_ms;
	p->mbb_wait_ms = d->config.mbb_timeout_s * MSEC_PER_S;
	p->maximum_branches = d->config.maximum_branches;
	p->maximum_lsps = d->config.maximum_lsps;
	p->maximum_per_peer = d->config.maximum_per_neighbour;
	p->upstream_labels = mplsmcd_upstream_labels(&d->config);
	p->upstream_on_demand = d->config.policy.distribution == MC_UPSTREAM_ON_DEMAND;
	p->lan_hash_sum = d->config.lan_hash_sum;
}

void mplsmcd_tree_init(struct mplsmcd *d)
{
	struct mldp_params p;

	params(d, &p);
	d->mldp = mldp_new(&p, &ops, d, &d->wheel);
}

void mplsmcd_tree_reconcile(struct mplsmcd *d)
{
	struct mldp_params p;

	params(d, &p);
	mldp_set_params(d->mldp, &p);
}

/* What changes for many LSPs at a time is told in full PDUs. */
static void hold(struct mplsmcd *d, bool on)
{
	if (d->ldp)
		ldp_engine_hold(d->ldp, on, mplsmcd_now());
}

void mplsmcd_tree_labels(struct mplsmcd *d)
{
	hold(d, true);
	mplsmcd_tree_reconcile(d);
	hold(d, false);
	mplsmcd_kick();
}

void mplsmcd_tree_route(struct mplsmcd *d, const struct addr *root, const struct addr *next_hops,
			size_t n)
{
	hold(d, true);
	mldp_route(d->mldp, root, next_hops, n, mplsmcd_now());
	hold(d, false);
}

void mplsmcd_tree_fini(struct mplsmcd *d)
{
	mldp_free(d->mldp);
}

/* ---------------------------------------------------------------- clear */

DEFINE_MTYPE_STATIC(MPLSMCD, MPLSMCD_CLEAR, "LSPs to clear");

struct clear {
	const struct addr *root;
	struct mldp_fec *fecs; /* clearing changes what is being walked */
	size_t n, size;
};

static void collect(void *arg, const struct mldp_lsp *lsp)
{
	struct clear *c = arg;
	struct mldp_lsp_info i;

	mldp_lsp_info(lsp, &i);
	if (!addr_is_any(c->root) && addr_cmp(&i.fec->root, c->root) != 0)
		return;
	if (c->n == c->size) {
		c->size = c->size ? 2 * c->size : 64;
		c->fecs = XREALLOC(MTYPE_MPLSMCD_CLEAR, c->fecs, c->size * sizeof(*c->fecs));
	}
	c->fecs[c->n++] = *i.fec;
}

static unsigned int clear_collected(struct clear *c)
{
	struct mplsmcd *d = mplsmcd_instance();

	for (size_t i = 0; i < c->n; i++) {
		struct mldp_lsp *lsp = mldp_lsp_find(d->mldp, &c->fecs[i]);

		if (lsp)
			mldp_lsp_clear(lsp, mplsmcd_now());
	}
	XFREE(MTYPE_MPLSMCD_CLEAR, c->fecs);
	mplsmcd_kick();
	return c->n;
}

unsigned int mplsmcd_clear_lsp(const struct addr *root)
{
	struct clear c = {.root = root};

	mldp_lsp_walk(mplsmcd_instance()->mldp, collect, &c);
	return clear_collected(&c);
}

static void collect_shared(void *arg, const struct mldp_lsp *lsp)
{
	struct mldp_lsp_info i;

	mldp_lsp_info(lsp, &i);
	if (mc_map_is_shared(mplsmcd_instance()->map, i.fec))
		collect(arg, lsp);
}

void mplsmcd_clear_shared(void)
{
	struct clear c = {.root = &ADDR_ANY};

	mldp_lsp_walk(mplsmcd_instance()->mldp, collect_shared, &c);
	clear_collected(&c);
}

void mplsmcd_clear_statistics(void)
{
	struct mplsmcd *d = mplsmcd_instance();

	if (d->ldp)
		ldp_engine_clear_stats(d->ldp);
	mldp_clear_stats(d->mldp);
	mc_map_clear_stats(d->map);
	if (d->pim)
		pim_vif_clear_stats(d->pim);
	if (d->pim6)
		pim_vif_clear_stats(d->pim6);
	memset(&d->stats, 0, sizeof(d->stats));
}
