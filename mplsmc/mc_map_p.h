/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mc_map_p.h - the structs behind mc_map.h, shared by mc_map.c (leaf side), mc_shared.c (shared
 * trees, RPs), mc_root.c and mc_stream.c (streams of LSPs with wildcards).
 *
 *   tree (S,G) wanted here ── leaf (one per FEC, counted)
 *   lsp of which we are root ── feed ── sent (S,G): the FTN entry, union over its feeds and those
 *                                       of (*,G)
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
PREDECL_HASH(mc_sent_groups);
PREDECL_DLIST(mc_source_trees);
PREDECL_DLIST(mc_lsp_feeds);
PREDECL_DLIST(mc_sent_feeds);
PREDECL_DLIST(mc_group_sents);
PREDECL_DLIST(mc_roots);
PREDECL_DLIST(mc_groups);
PREDECL_DLIST(mc_statics);
PREDECL_DLIST(mc_members);
PREDECL_DLIST(mc_wildcards);
PREDECL_DLIST(mc_rps);
PREDECL_DLIST(mc_wild_lsps);
PREDECL_HASH(mc_streams);

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
	bool rpt_pruned;	   /* by pimd off the shared tree */
	struct addr rp;		   /* (*,G): named by pimd; ADDR_ANY: none */
	struct mc_source *from;	   /* or its RP; NULL: (*,G) whose RP is unknown, or not needed */
	struct mc_source_trees_item in_source;
	uint64_t packets, bytes;
	msec_t measured, moved; /* bytes were read; traffic was there */
	bool flowing;		/* TRAFFIC: above the threshold */
	struct mc_leaf *leaf;	/* NULL: not label-switched */
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
	bool wild; /* carries streams: in m->wild_lsps */
	struct mc_wild_lsps_item in_wild;
	struct addr source, group; /* wild: of which; ADDR_ANY: any */
};

/** One LSP carries one tree. */
struct mc_feed {
	struct mc_lsp_feeds_item in_lsp;
	struct mc_sent_feeds_item in_sent;
	struct mc_lsp *lsp;
	struct mc_sent *sent;
	bool stale; /* to go, unless it is named again */
};

/** The trees we send of one group: those of its sources have what its shared tree has. */
struct mc_sent_group {
	struct mc_sent_groups_item item;
	struct addr group;
	struct mc_group_sents_head sents;
};

/** A tree we send into the domain: joined at pimd, pushed by forwarding. */
struct mc_sent {
	struct mc_sents_item item;
	struct mc_group_sents_item in_group;
	struct mc_sent_group *of;
	struct addr source, group;
	struct mc_sent_feeds_head feeds;
	struct addr rp; /* (*,G): in our Join; ADDR_ANY: none is known, pimd does not hear of it */
	bool joined, denied; /* denied: by `map PREFIX none` */
	msec_t since;
};

/** A stream that an LSP with a wildcard carries. */
struct mc_stream {
	struct mc_streams_item item;
	struct mc_map *m;
	struct addr source, group;
	uint64_t packets;
	struct timer idle;
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
	bool source, group; /* FECs without */
};

struct mc_rp {
	struct mc_rps_item item;
	struct addr prefix, rp;
	uint8_t prefixlen;
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
	struct mc_sent_groups_head sent_groups;
	uint64_t looked_at; /* trees, when another one of their group changed */
	struct mc_roots_head roots;   /* most specific first */
	struct mc_groups_head groups; /* most specific first */
	struct mc_statics_head statics;
	struct mc_wildcards_head wildcards;
	struct mc_rps_head rps; /* most specific first */
	struct mc_wild_lsps_head wild_lsps;
	struct mc_streams_head streams;
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

static inline int mc_sent_group_cmp(const struct mc_sent_group *a, const struct mc_sent_group *b)
{
	return addr_cmp(&a->group, &b->group);
}

static inline uint32_t mc_sent_group_hash(const struct mc_sent_group *g)
{
	return jhash(g->group.b, 16, 5);
}

static inline int mc_stream_cmp(const struct mc_stream *a, const struct mc_stream *b)
{
	int r = addr_cmp(&a->group, &b->group);

	return r ? r : addr_cmp(&a->source, &b->source);
}

static inline uint32_t mc_stream_hash(const struct mc_stream *s)
{
	return jhash(s->group.b, 16, jhash(s->source.b, 16, 4));
}

DECLARE_HASH(mc_trees, struct mc_tree, item, mc_tree_cmp, mc_tree_hash);
DECLARE_HASH(mc_sources, struct mc_source, item, mc_source_cmp, mc_source_hash);
DECLARE_HASH(mc_leaves, struct mc_leaf, item, mc_leaf_cmp, mc_leaf_hash);
DECLARE_HASH(mc_lsps, struct mc_lsp, item, mc_lsp_cmp, mc_lsp_hash);
DECLARE_HASH(mc_sents, struct mc_sent, item, mc_sent_cmp, mc_sent_hash);
DECLARE_HASH(mc_sent_groups, struct mc_sent_group, item, mc_sent_group_cmp, mc_sent_group_hash);
DECLARE_DLIST(mc_group_sents, struct mc_sent, in_group);
DECLARE_DLIST(mc_source_trees, struct mc_tree, in_source);
DECLARE_DLIST(mc_lsp_feeds, struct mc_feed, in_lsp);
DECLARE_DLIST(mc_sent_feeds, struct mc_feed, in_sent);
DECLARE_DLIST(mc_roots, struct mc_configured_root, item);
DECLARE_DLIST(mc_groups, struct mc_group_rule, item);
DECLARE_DLIST(mc_statics, struct mc_static, item);
DECLARE_DLIST(mc_members, struct mc_member, item);
DECLARE_DLIST(mc_wildcards, struct mc_wildcard, item);
DECLARE_DLIST(mc_rps, struct mc_rp, item);
DECLARE_DLIST(mc_wild_lsps, struct mc_lsp, in_wild);
DECLARE_HASH(mc_streams, struct mc_stream, item, mc_stream_cmp, mc_stream_hash);

/* ---------------------------------------------------------------- mc_map.c */

struct mc_tree *mc_tree_find(struct mc_map *m, const struct addr *source, const struct addr *group);
struct mc_tree *mc_tree_get(struct mc_map *m, const struct addr *source, const struct addr *group);
/** Frees it if nobody wants it. */
void mc_tree_release(struct mc_tree *t);
/** Whose root is that of the tree: its source, or its RP; ADDR_ANY: not known. */
void mc_tree_towards(struct mc_tree *t, const struct addr *addr);
void mc_decide(struct mc_tree *t);
void mc_decide_all(struct mc_map *m);
/** The root towards mc_tree_towards(), or why there is none. */
const char *mc_root_of(const struct mc_tree *t, struct addr *root);
struct mc_static *mc_static_find(struct mc_map *m, const char *name);
/** The static tree that carries this tree, or NULL. */
struct mc_static *mc_static_of(struct mc_map *m, const struct addr *source,
			       const struct addr *group);

/* ---------------------------------------------------------------- mc_shared.c */

/** mc_tree_towards() the RP of a (*,G) tree. */
void mc_shared_find_rp(struct mc_tree *t);
/** The FEC of a (*,G) tree, or why it has none. */
const char *mc_shared_fec(const struct mc_tree *t, struct mldp_fec *fec);
/** The LSP of its group's shared tree brings this (S,G) already. */
bool mc_shared_carries(const struct mc_tree *t);
/** A shared tree got its LSP or lost it: the source trees of the group are decided anew. */
void mc_shared_changed(const struct mc_tree *t);
/** The shared tree of the group has an interface of its own. */
static inline bool mc_apart(const struct mc_map *m, const struct addr *group)
{
	return m->policy.shared_interface && addr_is_v4(group);
}
/** The configured RP, ADDR_ANY if there is none. */
/** `map PREFIX none|in-band` on both sides, and what is said of a tree it denies. */
bool mc_group_allowed(const struct mc_map *m, const struct addr *group);
extern const char mc_group_denied[];
struct addr mc_rp_of(const struct mc_map *m, const struct addr *group);
const struct mc_wildcard *mc_wildcards_of(const struct mc_map *m, const struct addr *root);
void mc_shared_free(struct mc_map *m);

/* ---------------------------------------------------------------- mc_root.c */

/** The members of a static tree changed: its LSP, if we are root, carries other trees. */
void mc_root_static_changed(struct mc_map *m, const struct mldp_fec *fec);
/** Shared trees have an interface of their own now, or no longer. */
void mc_root_push_all(struct mc_map *m);
/** RPs changed: (*,G) joins name them. */
void mc_root_rps_changed(struct mc_map *m);
void mc_root_groups_changed(struct mc_map *m);
/** The LSP carries this tree, or no longer. */
void mc_root_carry(struct mc_map *m, struct mc_lsp *lsp, const struct addr *source,
		   const struct addr *group, bool carry);
void mc_root_free(struct mc_map *m);
void mc_root_walk(const struct mc_map *m, void (*fn)(void *arg, const struct mc_map_info *i),
		  void *arg);

/* ---------------------------------------------------------------- mc_stream.c */

/** This LSP carries all streams of a source (group ADDR_ANY), or of an SSM group. */
void mc_streams_wanted(struct mc_map *m, struct mc_lsp *lsp, const struct addr *source,
		       const struct addr *group);
/** Its last branch is gone. */
void mc_streams_unwanted(struct mc_map *m, struct mc_lsp *lsp);
void mc_streams_free(struct mc_map *m);

#endif
