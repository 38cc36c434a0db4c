// SPDX-License-Identifier: GPL-2.0-or-later
/* mplsmcd_map.c - the mapping of trees onto LSPs: what it asks for, and what it is told. */
#include "mplsmc/mplsmcd_p.h"

/* ---------------------------------------------------------------- mapping */

static void cb_leaf(void *ctx, const struct mldp_fec *fec, bool wanted)
{
	struct mplsmcd *d = ctx;

	mldp_leaf(d->mldp, fec, wanted, mplsmcd_now());
	mplsmcd_kick();
}

static void cb_join(void *ctx, const struct addr *source, const struct addr *group,
		    const struct addr *rp, bool joined)
{
	mplsmcd_pim_join(ctx, source, group, rp, joined);
}

static void cb_ftn(void *ctx, const struct addr *source, const struct addr *group,
		   const struct mldp_branch *branches, size_t n)
{
	mplsmcd_fib_ftn(source, group, branches, n);
}

static void cb_watch_root(void *ctx, const struct addr *source, bool watch)
{
	mplsmcd_zebra_watch_source(source, watch);
}

static void cb_watch_streams(void *ctx, bool watch)
{
	mplsmcd_streams_watch(watch);
}

static const struct mc_map_ops map_ops = {
	.leaf = cb_leaf,
	.join = cb_join,
	.ftn = cb_ftn,
	.watch_root = cb_watch_root,
	.watch_streams = cb_watch_streams,
};

/* ---------------------------------------------------------------- configuration */

/* What was told to the mapping: configuration is compared with it. */
static struct mplsmcd_config told;

static const struct mplsmcd_root *same_root(const struct mplsmcd_config *c,
					    const struct mplsmcd_root *r)
{
	const struct mplsmcd_root *found = mplsmcd_roots_const_find(&c->roots, r);

	return found && addr_cmp(&found->root, &r->root) == 0 ? found : NULL;
}

/* What has not changed is not touched: its LSPs stay.  New lines before old ones go. */
static void reconcile_roots(struct mplsmcd *d)
{
	struct mplsmcd_root *r;

	frr_each (mplsmcd_roots, &d->config.roots, r) {
		if (same_root(&told, r))
			continue;
		mc_map_configure_root(d->map, &r->prefix, r->prefixlen, &r->root, mplsmcd_now());
		mplsmcd_root_set(&told, &r->prefix, r->prefixlen, &r->root);
	}
	frr_each_safe (mplsmcd_roots, &told.roots, r) {
		if (same_root(&d->config, r))
			continue;
		mc_map_configure_root(d->map, &r->prefix, r->prefixlen, &ADDR_ANY, mplsmcd_now());
		mplsmcd_root_set(&told, &r->prefix, r->prefixlen, &ADDR_ANY);
	}
}

static bool same_group(const struct mplsmcd_config *c, const struct mplsmcd_group *g)
{
	const struct mplsmcd_group *other;

	frr_each (mplsmcd_groups_const, &c->groups, other)
		if (other->prefixlen == g->prefixlen && other->in_band == g->in_band &&
		    addr_cmp(&other->prefix, &g->prefix) == 0)
			return true;
	return false;
}

static void reconcile_groups(struct mplsmcd *d)
{
	struct mplsmcd_group *g;

	frr_each (mplsmcd_groups, &d->config.groups, g) {
		if (same_group(&told, g))
			continue;
		mc_map_configure_group(d->map, &g->prefix, g->prefixlen, g->in_band, false,
				       mplsmcd_now());
		mplsmcd_group_set(&told, &g->prefix, g->prefixlen, g->in_band, false);
	}
	frr_each_safe (mplsmcd_groups, &told.groups, g) {
		if (same_group(&d->config, g))
			continue;
		mc_map_configure_group(d->map, &g->prefix, g->prefixlen, g->in_band, true,
				       mplsmcd_now());
		mplsmcd_group_set(&told, &g->prefix, g->prefixlen, g->in_band, true);
	}
}

static void reconcile_wildcards(struct mplsmcd *d)
{
	struct mplsmcd_wildcard *w, *old;

	frr_each (mplsmcd_wildcards, &d->config.wildcards, w) {
		old = mplsmcd_wildcards_find(&told.wildcards, w);
		if (old && old->source == w->source && old->group == w->group)
			continue;
		mc_map_configure_wildcards(d->map, &w->root, w->source, w->group, mplsmcd_now());
		mplsmcd_wildcard_set(&told, &w->root, w->source, w->group);
	}
	frr_each_safe (mplsmcd_wildcards, &told.wildcards, old) {
		if (mplsmcd_wildcards_find(&d->config.wildcards, old))
			continue;
		mc_map_configure_wildcards(d->map, &old->root, false, false, mplsmcd_now());
		mplsmcd_wildcard_set(&told, &old->root, false, false);
	}
}

static void reconcile_rps(struct mplsmcd *d)
{
	struct mplsmcd_rp *r, *old;

	frr_each (mplsmcd_rps, &d->config.rps, r) {
		old = mplsmcd_rps_find(&told.rps, r);
		if (old && addr_cmp(&old->rp, &r->rp) == 0)
			continue;
		mc_map_configure_rp(d->map, &r->prefix, r->prefixlen, &r->rp, mplsmcd_now());
		mplsmcd_rp_set(&told, &r->prefix, r->prefixlen, &r->rp);
	}
	frr_each_safe (mplsmcd_rps, &told.rps, old) {
		if (mplsmcd_rps_find(&d->config.rps, old))
			continue;
		mc_map_configure_rp(d->map, &old->prefix, old->prefixlen, &ADDR_ANY, mplsmcd_now());
		mplsmcd_rp_set(&told, &old->prefix, old->prefixlen, &ADDR_ANY);
	}
}

static void tell_tree(struct mplsmcd *d, const struct mplsmcd_tree *t)
{
	struct mldp_fec fec = mldp_fec_generic(&t->root, t->lsp_id);
	const struct mplsmcd_member *m;

	mc_map_static_tree(d->map, t->name, &t->root, t->lsp_id, mplsmcd_now());
	mldp_route_override(d->mldp, &fec, &t->next_hop, mplsmcd_now());
	frr_each (mplsmcd_members_const, &t->members, m)
		mc_map_static_member(d->map, t->name, &m->source, &m->group, true, mplsmcd_now());
}

static void forget_tree(struct mplsmcd *d, const struct mplsmcd_tree *t)
{
	struct mldp_fec fec = mldp_fec_generic(&t->root, t->lsp_id);

	mldp_route_override(d->mldp, &fec, &ADDR_ANY, mplsmcd_now());
	mc_map_static_tree_del(d->map, t->name, mplsmcd_now());
}

static bool same_tree(const struct mplsmcd_tree *a, const struct mplsmcd_tree *b)
{
	const struct mplsmcd_member *m, *n;

	if (addr_cmp(&a->root, &b->root) != 0 || a->lsp_id != b->lsp_id ||
	    addr_cmp(&a->next_hop, &b->next_hop) != 0)
		return false;
	m = mplsmcd_members_const_first(&a->members);
	n = mplsmcd_members_const_first(&b->members);
	while (m && n) {
		if (addr_cmp(&m->group, &n->group) != 0 || addr_cmp(&m->source, &n->source) != 0)
			return false;
		m = mplsmcd_members_const_next(&a->members, m);
		n = mplsmcd_members_const_next(&b->members, n);
	}
	return !m && !n;
}

static bool has_member(const struct mplsmcd_tree *t, const struct mplsmcd_member *m)
{
	const struct mplsmcd_member *other;

	frr_each (mplsmcd_members_const, &t->members, other)
		if (addr_cmp(&other->group, &m->group) == 0 &&
		    addr_cmp(&other->source, &m->source) == 0)
			return true;
	return false;
}

static void copy_tree(const struct mplsmcd_tree *from)
{
	struct mplsmcd_tree *to = mplsmcd_tree_add(&told, from->name);
	const struct mplsmcd_member *m;

	to->root = from->root;
	to->lsp_id = from->lsp_id;
	to->next_hop = from->next_hop;
	frr_each (mplsmcd_members_const, &from->members, m)
		mplsmcd_member_set(to, &m->group, &m->source, true);
}

/* The members that stay do not notice. */
static void change_tree(struct mplsmcd *d, const struct mplsmcd_tree *from,
			const struct mplsmcd_tree *to)
{
	struct mldp_fec old = mldp_fec_generic(&from->root, from->lsp_id);
	struct mldp_fec new = mldp_fec_generic(&to->root, to->lsp_id);
	const struct mplsmcd_member *m;

	tell_tree(d, to);
	if (mldp_fec_cmp(&old, &new) != 0)
		mldp_route_override(d->mldp, &old, &ADDR_ANY, mplsmcd_now());
	frr_each (mplsmcd_members_const, &from->members, m)
		if (!has_member(to, m))
			mc_map_static_member(d->map, to->name, &m->source, &m->group, false,
					     mplsmcd_now());
}

/* A tree is told when it is complete: root and LSP identifier are configured. */
static void reconcile_trees(struct mplsmcd *d)
{
	struct mplsmcd_tree *t, *old;

	frr_each_safe (mplsmcd_trees, &told.trees, old) {
		t = mplsmcd_tree_find(&d->config, old->name);
		if (t && same_tree(t, old))
			continue;
		if (t && t->lsp_id) {
			change_tree(d, old, t);
			mplsmcd_tree_del(&told, old);
			copy_tree(t);
			continue;
		}
		forget_tree(d, old);
		mplsmcd_tree_del(&told, old);
	}
	frr_each (mplsmcd_trees, &d->config.trees, t) {
		if (!t->lsp_id || mplsmcd_tree_find(&told, t->name))
			continue;
		tell_tree(d, t);
		copy_tree(t);
	}
}

/* LSPs of shared trees come from, and go to, another interface: they are set up anew. */
static void reconcile_policy(struct mplsmcd *d)
{
	struct mc_policy p = d->config.policy;
	static bool was;

	p.shared_interface = d->config.shared_interface[0];
	mc_map_set_policy(d->map, &p, mplsmcd_now());
	if (p.shared_interface != was)
		mplsmcd_clear_shared();
	was = p.shared_interface;
}

void mplsmcd_map_reconcile(struct mplsmcd *d)
{
	mplsmcd_pim_close_changed(d);
	reconcile_policy(d);
	reconcile_roots(d);
	reconcile_groups(d);
	reconcile_wildcards(d);
	reconcile_rps(d);
	reconcile_trees(d);
	mplsmcd_pim_open(d);
	mplsmcd_mroute_reconcile(d);
}

void mplsmcd_map_init(struct mplsmcd *d)
{
	mplsmcd_config_init(&told);
	d->map = mc_map_new(&d->config.policy, &map_ops, d, &d->wheel);
	mplsmcd_pim_init(d);
	mplsmcd_mroute_init();
}

void mplsmcd_map_fini(struct mplsmcd *d)
{
	mplsmcd_pim_fini();
	mplsmcd_mroute_fini(d);
	mplsmcd_streams_watch(false);
	mc_map_free(d->map);
	mplsmcd_config_reset(&told);
}
