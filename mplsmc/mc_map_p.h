/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mc_map_p.h - the structs behind mc_map.h, shared by mc_map.c (leaf side) and mc_root.c.
 *
 *   tree (S,G) wanted here ── leaf (one per FEC, counted)
 *   lsp of which we are root ── feed ── sent (S,G): the FTN entry, union over its feeds
 */
#ifndef MPLSMC_MC_MAP_P_H
#define MPLSMC_MC_MAP_P_H

#include "mplsmc/mc_map.h"

#define MC_NAME_LEN 64

PREDECL_HASH(mc_trees);
PREDECL_HASH(mc_sources);
PREDECL_HASH(mc_leaves);
PREDECL_HASH(mc_lsps);
PREDECL_HASH(mc_sents);
PREDECL_DLIST(mc_source_trees);
PREDECL_DLIST(mc_lsp_feeds);
PREDECL_DLIST(mc_sent_feeds);
PREDECL_DLIST(mc_roots);
PREDECL_DLIST(mc_groups);
PREDECL_DLIST(mc_statics);
PREDECL_DLIST(mc_members);
PREDECL_DLIST(mc_wildcards);

/** Routing is asked once for all trees of a source, and its answer is theirs. */
struct mc_source {
	struct mc_sources_item item;
	struct addr addr, root; /* root by routing */
	bool local;		/* it is ours */
	struct mc_source_trees_head trees;
};

/** A tree that pimd, or the kernel's table, wants from the domain. */
struct mc_tree {
	struct mc_trees_item item;
	struct mc_map *m;
	struct addr source, group; /* source ADDR_ANY: (*,G) */
	bool wanted, mroute;	   /* by pimd, by the kernel's table */
	struct mc_source *from;	   /* NULL: (*,G) */
	struct mc_source_trees_item in_source;
	uint64_t packets, bytes;
	msec_t measured, moved;	   /* bytes were read; traffic was there */
	bool flowing;		   /* TRAFFIC: above the threshold */
	struct mc_leaf *leaf;	   /* NULL: not label-switched */
	const char *why_not;
	msec_t since;
	struct timer idle;
};

/** An LSP wanted here: one for all trees with its FEC. */
struct mc_leaf {
	struct mc_leaves_item item;
	struct mldp_fec fec;
	unsigned int users;
};

/** An LSP of which we are root. */
struct mc_lsp {
	struct mc_lsps_item item;
	struct mldp_fec fec;
	struct mldp_branch *branches;
	size_t n;
	struct mc_lsp_feeds_head feeds;
};

/** One LSP carries one tree. */
struct mc_feed {
	struct mc_lsp_feeds_item in_lsp;
	struct mc_sent_feeds_item in_sent;
	struct mc_lsp *lsp;
	struct mc_sent *sent;
	bool stale; /* to go, unless it is named again */
};

/** A tree we send into the domain: joined at pimd, pushed by forwarding. */
struct mc_sent {
	struct mc_sents_item item;
	struct addr source, group;
	struct mc_sent_feeds_head feeds;
	msec_t since;
};

struct mc_configured_root {
	struct mc_roots_item item;
	struct addr prefix, root;
	uint8_t prefixlen;
};

struct mc_group_rule {
	struct mc_groups_item item;
	struct addr prefix;
	uint8_t prefixlen;
	bool in_band;
};

struct mc_wildcard {
	struct mc_wildcards_item item;
	struct addr root;
	bool source, group;
};

struct mc_member {
	struct mc_members_item item;
	struct addr source, group;
};

struct mc_static {
	struct mc_statics_item item;
	char name[MC_NAME_LEN];
	struct mldp_fec fec;
	struct mc_members_head members;
};

struct mc_map {
	struct mc_policy policy;
	const struct mc_map_ops *ops;
	void *ctx;
	struct twheel *wheel;
	struct mc_trees_head trees;
	struct mc_sources_head sources;
	struct mc_leaves_head leaves;
	struct mc_lsps_head lsps;
	struct mc_sents_head sents;
	struct mc_roots_head roots; /* most specific first */
	struct mc_groups_head groups; /* most specific first */
	struct mc_statics_head statics;
	struct mc_wildcards_head wildcards;
	struct mc_map_stats stats;
};

static inline int mc_tree_cmp(const struct mc_tree *a, const struct mc_tree *b)
{
	int r = addr_cmp(&a->group, &b->group);

	return r ? r : addr_cmp(&a->source, &b->source);
}

static inline uint32_t mc_tree_hash(const struct mc_tree *t)
{
	return jhash(t->group.b, 16, jhash(t->source.b, 16, 1));
}

static inline int mc_source_cmp(const struct mc_source *a, const struct mc_source *b)
{
	return addr_cmp(&a->addr, &b->addr);
}

static inline uint32_t mc_source_hash(const struct mc_source *s)
{
	return jhash(s->addr.b, 16, 3);
}

static inline int mc_leaf_cmp(const struct mc_leaf *a, const struct mc_leaf *b)
{
	return mldp_fec_cmp(&a->fec, &b->fec);
}

static inline uint32_t mc_leaf_hash(const struct mc_leaf *l)
{
	return mldp_fec_hash(&l->fec);
}

static inline int mc_lsp_cmp(const struct mc_lsp *a, const struct mc_lsp *b)
{
	return mldp_fec_cmp(&a->fec, &b->fec);
}

static inline uint32_t mc_lsp_hash(const struct mc_lsp *l)
{
	return mldp_fec_hash(&l->fec);
}

static inline int mc_sent_cmp(const struct mc_sent *a, const struct mc_sent *b)
{
	int r = addr_cmp(&a->group, &b->group);

	return r ? r : addr_cmp(&a->source, &b->source);
}

static inline uint32_t mc_sent_hash(const struct mc_sent *s)
{
	return jhash(s->group.b, 16, jhash(s->source.b, 16, 2));
}

DECLARE_HASH(mc_trees, struct mc_tree, item, mc_tree_cmp, mc_tree_hash);
DECLARE_HASH(mc_sources, struct mc_source, item, mc_source_cmp, mc_source_hash);
DECLARE_HASH(mc_leaves, struct mc_leaf, item, mc_leaf_cmp, mc_leaf_hash);
DECLARE_HASH(mc_lsps, struct mc_lsp, item, mc_lsp_cmp, mc_lsp_hash);
DECLARE_HASH(mc_sents, struct mc_sent, item, mc_sent_cmp, mc_sent_hash);
DECLARE_DLIST(mc_source_trees, struct mc_tree, in_source);
DECLARE_DLIST(mc_lsp_feeds, struct mc_feed, in_lsp);
DECLARE_DLIST(mc_sent_feeds, struct mc_feed, in_sent);
DECLARE_DLIST(mc_roots, struct mc_configured_root, item);
DECLARE_DLIST(mc_groups, struct mc_group_rule, item);
DECLARE_DLIST(mc_statics, struct mc_static, item);
DECLARE_DLIST(mc_members, struct mc_member, item);
DECLARE_DLIST(mc_wildcards, struct mc_wildcard, item);

/* ---------------------------------------------------------------- mc_map.c */

struct mc_static *mc_static_find(struct mc_map *m, const char *name);
/** The static tree that carries this tree, or NULL. */
struct mc_static *mc_static_of(struct mc_map *m, const struct addr *source,
			       const struct addr *group);

/* ---------------------------------------------------------------- mc_root.c */

/** The members of a static tree changed: its LSP, if we are root, carries other trees. */
void mc_root_static_changed(struct mc_map *m, const struct mldp_fec *fec);
void mc_root_free(struct mc_map *m);
void mc_root_walk(const struct mc_map *m, void (*fn)(void *arg, const struct mc_map_info *i),
		  void *arg);

#endif
