// SPDX-License-Identifier: GPL-2.0-or-later
/* The configuration as plain data; see mplsmcd_config.h. */
#include "mplsmc/mplsmcd_config.h"

#include "mplsmc/mplsmcd.h"

DEFINE_MTYPE_STATIC(MPLSMCD, MPLSMCD_CFG, "configuration");

DEFINE_QOBJ_TYPE(mplsmcd_interface);
DEFINE_QOBJ_TYPE(mplsmcd_tree);

int mplsmcd_neighbour_cmp(const struct mplsmcd_neighbour *a, const struct mplsmcd_neighbour *b)
{
	return addr_cmp(&a->addr, &b->addr);
}

int mplsmcd_interface_cmp(const struct mplsmcd_interface *a, const struct mplsmcd_interface *b)
{
	return strcmp(a->name, b->name);
}

/* The most specific first: the first match counts. */
int mplsmcd_root_cmp(const struct mplsmcd_root *a, const struct mplsmcd_root *b)
{
	int r = (int)b->prefixlen - (int)a->prefixlen;

	return r ? r : addr_cmp(&a->prefix, &b->prefix);
}

int mplsmcd_explicit_cmp(const struct mplsmcd_explicit *a, const struct mplsmcd_explicit *b)
{
	return addr_cmp(&a->root, &b->root);
}

int mplsmcd_tree_cmp(const struct mplsmcd_tree *a, const struct mplsmcd_tree *b)
{
	return strcmp(a->name, b->name);
}

int mplsmcd_wildcard_cmp(const struct mplsmcd_wildcard *a, const struct mplsmcd_wildcard *b)
{
	return addr_cmp(&a->root, &b->root);
}

/* The most specific first, as above. */
int mplsmcd_rp_cmp(const struct mplsmcd_rp *a, const struct mplsmcd_rp *b)
{
	int r = (int)b->prefixlen - (int)a->prefixlen;

	return r ? r : addr_cmp(&a->prefix, &b->prefix);
}

/* ---------------------------------------------------------------- the whole */

void mplsmcd_config_init(struct mplsmcd_config *c)
{
	*c = (struct mplsmcd_config){
		.mbb = true,
		.hello_hold_s = 15,
		.keepalive_s = 180,
		.mbb_timeout_s = 30,
		.maximum_branches = 127,
		.upstream_interface = "mplsmc0",
		.upstream_prefixlen = 30,
		.shared_prefixlen = 30,
	};
	addr_parse("198.18.0.1", &c->upstream_address);
	addr_parse("198.18.0.5", &c->shared_address);
	mc_policy_default(&c->policy);
	fib_server_config_default(&c->fib);
	mplsmcd_neighbours_init(&c->neighbours);
	mplsmcd_interfaces_init(&c->interfaces);
	mplsmcd_roots_init(&c->roots);
	mplsmcd_explicits_init(&c->explicits);
	mplsmcd_trees_init(&c->trees);
	mplsmcd_groups_init(&c->groups);
	mplsmcd_wildcards_init(&c->wildcards);
	mplsmcd_rps_init(&c->rps);
}

void mplsmcd_config_reset(struct mplsmcd_config *c)
{
	struct mplsmcd_neighbour *n;
	struct mplsmcd_interface *i;
	struct mplsmcd_explicit *e;
	struct mplsmcd_group *g;
	struct mplsmcd_root *r;
	struct mplsmcd_tree *t;
	struct mplsmcd_wildcard *w;
	struct mplsmcd_rp *rp;

	while ((n = mplsmcd_neighbours_first(&c->neighbours)))
		mplsmcd_neighbour_del(c, n);
	while ((i = mplsmcd_interfaces_first(&c->interfaces)))
		mplsmcd_interface_del(c, i);
	while ((t = mplsmcd_trees_first(&c->trees)))
		mplsmcd_tree_del(c, t);
	while ((r = mplsmcd_roots_pop(&c->roots)))
		XFREE(MTYPE_MPLSMCD_CFG, r);
	while ((e = mplsmcd_explicits_pop(&c->explicits)))
		XFREE(MTYPE_MPLSMCD_CFG, e);
	while ((g = mplsmcd_groups_pop(&c->groups)))
		XFREE(MTYPE_MPLSMCD_CFG, g);
	while ((w = mplsmcd_wildcards_pop(&c->wildcards)))
		XFREE(MTYPE_MPLSMCD_CFG, w);
	while ((rp = mplsmcd_rps_pop(&c->rps)))
		XFREE(MTYPE_MPLSMCD_CFG, rp);
	mplsmcd_wildcards_fini(&c->wildcards);
	mplsmcd_rps_fini(&c->rps);
	mplsmcd_neighbours_fini(&c->neighbours);
	mplsmcd_interfaces_fini(&c->interfaces);
	mplsmcd_roots_fini(&c->roots);
	mplsmcd_explicits_fini(&c->explicits);
	mplsmcd_trees_fini(&c->trees);
	mplsmcd_groups_fini(&c->groups);
	mplsmcd_config_init(c);
}

/* ---------------------------------------------------------------- neighbours, interfaces */

struct mplsmcd_neighbour *mplsmcd_neighbour_find(struct mplsmcd_config *c, const struct addr *a)
{
	struct mplsmcd_neighbour key = {.addr = *a};

	return mplsmcd_neighbours_find(&c->neighbours, &key);
}

struct mplsmcd_neighbour *mplsmcd_neighbour_add(struct mplsmcd_config *c, const struct addr *a)
{
	struct mplsmcd_neighbour *n = mplsmcd_neighbour_find(c, a);

	if (n)
		return n;
	n = XCALLOC(MTYPE_MPLSMCD_CFG, sizeof(*n));
	n->addr = *a;
	mplsmcd_neighbours_add(&c->neighbours, n);
	return n;
}

void mplsmcd_neighbour_del(struct mplsmcd_config *c, struct mplsmcd_neighbour *n)
{
	mplsmcd_neighbours_del(&c->neighbours, n);
	XFREE(MTYPE_MPLSMCD_CFG, n);
}

struct mplsmcd_interface *mplsmcd_interface_find(struct mplsmcd_config *c, const char *name)
{
	struct mplsmcd_interface key = {};

	strlcpy(key.name, name, sizeof(key.name));
	return mplsmcd_interfaces_find(&c->interfaces, &key);
}

struct mplsmcd_interface *mplsmcd_interface_add(struct mplsmcd_config *c, const char *name)
{
	struct mplsmcd_interface *i = mplsmcd_interface_find(c, name);

	if (i)
		return i;
	i = XCALLOC(MTYPE_MPLSMCD_CFG, sizeof(*i));
	strlcpy(i->name, name, sizeof(i->name));
	mplsmcd_interfaces_add(&c->interfaces, i);
	QOBJ_REG(i, mplsmcd_interface);
	return i;
}

void mplsmcd_interface_del(struct mplsmcd_config *c, struct mplsmcd_interface *i)
{
	QOBJ_UNREG(i);
	mplsmcd_interfaces_del(&c->interfaces, i);
	XFREE(MTYPE_MPLSMCD_CFG, i);
}

/* ---------------------------------------------------------------- trees */

struct mplsmcd_tree *mplsmcd_tree_find(struct mplsmcd_config *c, const char *name)
{
	struct mplsmcd_tree key = {};

	strlcpy(key.name, name, sizeof(key.name));
	return mplsmcd_trees_find(&c->trees, &key);
}

struct mplsmcd_tree *mplsmcd_tree_add(struct mplsmcd_config *c, const char *name)
{
	struct mplsmcd_tree *t = mplsmcd_tree_find(c, name);

	if (t)
		return t;
	t = XCALLOC(MTYPE_MPLSMCD_CFG, sizeof(*t));
	strlcpy(t->name, name, sizeof(t->name));
	mplsmcd_members_init(&t->members);
	mplsmcd_trees_add(&c->trees, t);
	QOBJ_REG(t, mplsmcd_tree);
	return t;
}

void mplsmcd_tree_del(struct mplsmcd_config *c, struct mplsmcd_tree *t)
{
	struct mplsmcd_member *m;

	QOBJ_UNREG(t);
	mplsmcd_trees_del(&c->trees, t);
	while ((m = mplsmcd_members_pop(&t->members)))
		XFREE(MTYPE_MPLSMCD_CFG, m);
	mplsmcd_members_fini(&t->members);
	XFREE(MTYPE_MPLSMCD_CFG, t);
}

bool mplsmcd_member_set(struct mplsmcd_tree *t, const struct addr *group, const struct addr *source,
			bool add)
{
	struct mplsmcd_member *m;

	frr_each (mplsmcd_members, &t->members, m)
		if (addr_cmp(&m->group, group) == 0 && addr_cmp(&m->source, source) == 0)
			break;
	if (add == !!m)
		return false;
	if (!add) {
		mplsmcd_members_del(&t->members, m);
		XFREE(MTYPE_MPLSMCD_CFG, m);
		return true;
	}
	m = XCALLOC(MTYPE_MPLSMCD_CFG, sizeof(*m));
	m->group = *group;
	m->source = *source;
	mplsmcd_members_add_tail(&t->members, m);
	return true;
}

/* ---------------------------------------------------------------- roots, groups */

bool mplsmcd_root_set(struct mplsmcd_config *c, const struct addr *prefix, uint8_t prefixlen,
		      const struct addr *root)
{
	struct mplsmcd_root key = {.prefix = *prefix, .prefixlen = prefixlen}, *r;

	r = mplsmcd_roots_find(&c->roots, &key);
	if (addr_is_any(root)) {
		if (!r)
			return false;
		mplsmcd_roots_del(&c->roots, r);
		XFREE(MTYPE_MPLSMCD_CFG, r);
		return true;
	}
	if (!r) {
		r = XCALLOC(MTYPE_MPLSMCD_CFG, sizeof(*r));
		r->prefix = *prefix;
		r->prefixlen = prefixlen;
		mplsmcd_roots_add(&c->roots, r);
	}
	r->root = *root;
	return true;
}

const struct addr *mplsmcd_explicit_find(const struct mplsmcd_config *c, const struct addr *root)
{
	struct mplsmcd_explicit key = {.root = *root};
	const struct mplsmcd_explicit *e = mplsmcd_explicits_const_find(&c->explicits, &key);

	return e ? &e->next_hop : NULL;
}

void mplsmcd_explicit_set(struct mplsmcd_config *c, const struct addr *root,
			  const struct addr *next_hop)
{
	struct mplsmcd_explicit key = {.root = *root}, *e;

	e = mplsmcd_explicits_find(&c->explicits, &key);
	if (addr_is_any(next_hop)) {
		if (e)
			mplsmcd_explicits_del(&c->explicits, e);
		XFREE(MTYPE_MPLSMCD_CFG, e);
		return;
	}
	if (!e) {
		e = XCALLOC(MTYPE_MPLSMCD_CFG, sizeof(*e));
		e->root = *root;
		mplsmcd_explicits_add(&c->explicits, e);
	}
	e->next_hop = *next_hop;
}

static int group_cmp(const struct mplsmcd_group *a, const struct mplsmcd_group *b)
{
	int r = (int)b->prefixlen - (int)a->prefixlen;

	return r ? r : addr_cmp(&a->prefix, &b->prefix);
}

bool mplsmcd_group_set(struct mplsmcd_config *c, const struct addr *prefix, uint8_t prefixlen,
		       bool in_band, bool remove)
{
	struct mplsmcd_group *g, *other, *before = NULL;

	frr_each (mplsmcd_groups, &c->groups, g)
		if (g->prefixlen == prefixlen && addr_cmp(&g->prefix, prefix) == 0)
			break;
	if (remove) {
		if (!g)
			return false;
		mplsmcd_groups_del(&c->groups, g);
		XFREE(MTYPE_MPLSMCD_CFG, g);
		return true;
	}
	if (!g) {
		g = XCALLOC(MTYPE_MPLSMCD_CFG, sizeof(*g));
		g->prefix = *prefix;
		g->prefixlen = prefixlen;
		/* the first match counts: the longest prefix first, however it was typed */
		frr_each (mplsmcd_groups, &c->groups, other)
			if (group_cmp(other, g) < 0)
				before = other;
		mplsmcd_groups_add_after(&c->groups, before, g);
	}
	g->in_band = in_band;
	return true;
}

/* ---------------------------------------------------------------- wildcards, RPs */

void mplsmcd_wildcard_set(struct mplsmcd_config *c, const struct addr *root, bool source,
			  bool group)
{
	struct mplsmcd_wildcard key = {.root = *root};
	struct mplsmcd_wildcard *w = mplsmcd_wildcards_find(&c->wildcards, &key);

	if (!w && (source || group)) {
		w = XCALLOC(MTYPE_MPLSMCD_CFG, sizeof(*w));
		w->root = *root;
		mplsmcd_wildcards_add(&c->wildcards, w);
	}
	if (!w)
		return;
	w->source = source;
	w->group = group;
	if (source || group)
		return;
	mplsmcd_wildcards_del(&c->wildcards, w);
	XFREE(MTYPE_MPLSMCD_CFG, w);
}

void mplsmcd_rp_set(struct mplsmcd_config *c, const struct addr *prefix, uint8_t prefixlen,
		    const struct addr *rp)
{
	struct mplsmcd_rp key = {.prefix = *prefix, .prefixlen = prefixlen};
	struct mplsmcd_rp *r = mplsmcd_rps_find(&c->rps, &key);

	if (addr_is_any(rp)) {
		if (r)
			mplsmcd_rps_del(&c->rps, r);
		XFREE(MTYPE_MPLSMCD_CFG, r);
		return;
	}
	if (!r) {
		r = XCALLOC(MTYPE_MPLSMCD_CFG, sizeof(*r));
		r->prefix = *prefix;
		r->prefixlen = prefixlen;
		mplsmcd_rps_add(&c->rps, r);
	}
	r->rp = *rp;
}
