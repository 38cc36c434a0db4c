/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mplsmcd_config.h - what the operator configured under `mpls ldp-multicast`.
 *
 * Plain data, filled by mplsmcd_vty*.c; mplsmcd_reconcile() makes the running state follow.
 */
#ifndef MPLSMCD_CONFIG_H
#define MPLSMCD_CONFIG_H

#include "lib/frr_compat.h"

#include "lib/addr.h"
#include "lib/fib_server.h"
#include "mplsmc/ldp_engine.h"
#include "mplsmc/mc_map.h"

#define MPLSMCD_NAME_LEN 64

PREDECL_SORTLIST_UNIQ(mplsmcd_neighbours);
PREDECL_SORTLIST_UNIQ(mplsmcd_interfaces);
PREDECL_SORTLIST_UNIQ(mplsmcd_roots);
PREDECL_SORTLIST_UNIQ(mplsmcd_explicits);
PREDECL_SORTLIST_UNIQ(mplsmcd_trees);
PREDECL_DLIST(mplsmcd_members);
PREDECL_DLIST(mplsmcd_groups);
PREDECL_SORTLIST_UNIQ(mplsmcd_wildcards);
PREDECL_SORTLIST_UNIQ(mplsmcd_rps);

/** neighbor A.B.C.D ...: the peer's transport address */
struct mplsmcd_neighbour {
	struct mplsmcd_neighbours_item item;
	struct addr addr;
	char password[81]; /* TCP MD5; "": none */
};

/** interface IFNAME: LDP runs there */
struct mplsmcd_interface {
	struct mplsmcd_interfaces_item item;
	char name[IFNAMSIZ];
	bool no_multicast; /* the session stays, no branch through it */

	QOBJ_FIELDS;
};

/** root PREFIX A.B.C.D */
struct mplsmcd_root {
	struct mplsmcd_roots_item item;
	struct addr prefix, root;
	uint8_t prefixlen;
};

/** root A.B.C.D next-hop A.B.C.D: explicit route, our upstream for all LSPs of the root */
struct mplsmcd_explicit {
	struct mplsmcd_explicits_item item;
	struct addr root, next_hop;
};

/** leaf group GROUP [source A.B.C.D] of a tree */
struct mplsmcd_member {
	struct mplsmcd_members_item item;
	struct addr group, source; /* source ADDR_ANY: any */
};

/** root A.B.C.D wildcard <source|group|both>: what this root is known to support */
struct mplsmcd_wildcard {
	struct mplsmcd_wildcards_item item;
	struct addr root;
	bool source, group; /* FECs without */
};

/** rp ADDRESS PREFIX */
struct mplsmcd_rp {
	struct mplsmcd_rps_item item;
	struct addr prefix, rp;
	uint8_t prefixlen;
};

#define MPLSMCD_MAX_HOPS 16

/** tree NAME root A.B.C.D lsp-id N */
struct mplsmcd_tree {
	struct mplsmcd_trees_item item;
	char name[MPLSMCD_NAME_LEN];
	struct addr root;
	uint32_t lsp_id;
	struct addr next_hop; /* explicit route: our upstream for it; ADDR_ANY: routing decides */
	struct mplsmcd_members_head members;

	QOBJ_FIELDS;
};

/** map PREFIX <in-band|none>, first match in order of the prefix length, longest first */
struct mplsmcd_group {
	struct mplsmcd_groups_item item;
	struct addr prefix;
	uint8_t prefixlen;
	bool in_band;
};

struct mplsmcd_config {
	bool present;
	struct addr router_id;		/* ADDR_ANY: zebra's */
	struct addr transport;		/* ADDR_ANY: the router id */
	uint32_t label_low, label_high; /* 0: from zebra's label manager */
	bool mbb;
	bool upstream_label; /* announced, even if we do not ask for such labels ourselves */
	bool lan_hash_sum;
	uint32_t mbb_delay_ms, mbb_timeout_s;
	uint16_t hello_hold_s, keepalive_s;
	struct mc_policy policy;
	uint32_t maximum_branches, maximum_lsps, maximum_per_neighbour;
	char upstream_interface[IFNAMSIZ]; /* mplsmc0 */
	struct addr upstream_address;	   /* pimd's; ours is the next */
	uint8_t upstream_prefixlen;
	char shared_interface[IFNAMSIZ]; /* "": shared trees are on mplsmc0, too */
	struct addr shared_address;
	uint8_t shared_prefixlen;
	struct mplsmcd_neighbours_head neighbours;
	struct mplsmcd_interfaces_head interfaces;
	struct mplsmcd_roots_head roots;
	struct mplsmcd_explicits_head explicits;
	struct mplsmcd_trees_head trees;
	struct mplsmcd_groups_head groups;
	struct mplsmcd_wildcards_head wildcards;
	struct mplsmcd_rps_head rps;
	struct fib_server_config fib;
};

int mplsmcd_neighbour_cmp(const struct mplsmcd_neighbour *a, const struct mplsmcd_neighbour *b);
int mplsmcd_interface_cmp(const struct mplsmcd_interface *a, const struct mplsmcd_interface *b);
int mplsmcd_root_cmp(const struct mplsmcd_root *a, const struct mplsmcd_root *b);
int mplsmcd_explicit_cmp(const struct mplsmcd_explicit *a, const struct mplsmcd_explicit *b);
int mplsmcd_tree_cmp(const struct mplsmcd_tree *a, const struct mplsmcd_tree *b);
int mplsmcd_wildcard_cmp(const struct mplsmcd_wildcard *a, const struct mplsmcd_wildcard *b);
int mplsmcd_rp_cmp(const struct mplsmcd_rp *a, const struct mplsmcd_rp *b);

DECLARE_SORTLIST_UNIQ(mplsmcd_neighbours, struct mplsmcd_neighbour, item, mplsmcd_neighbour_cmp);
DECLARE_SORTLIST_UNIQ(mplsmcd_interfaces, struct mplsmcd_interface, item, mplsmcd_interface_cmp);
DECLARE_SORTLIST_UNIQ(mplsmcd_roots, struct mplsmcd_root, item, mplsmcd_root_cmp);
DECLARE_SORTLIST_UNIQ(mplsmcd_explicits, struct mplsmcd_explicit, item, mplsmcd_explicit_cmp);
DECLARE_SORTLIST_UNIQ(mplsmcd_trees, struct mplsmcd_tree, item, mplsmcd_tree_cmp);
DECLARE_DLIST(mplsmcd_members, struct mplsmcd_member, item);
DECLARE_DLIST(mplsmcd_groups, struct mplsmcd_group, item);
DECLARE_SORTLIST_UNIQ(mplsmcd_wildcards, struct mplsmcd_wildcard, item, mplsmcd_wildcard_cmp);
DECLARE_SORTLIST_UNIQ(mplsmcd_rps, struct mplsmcd_rp, item, mplsmcd_rp_cmp);
DECLARE_QOBJ_TYPE(mplsmcd_interface);
DECLARE_QOBJ_TYPE(mplsmcd_tree);

/** RFC 6389 is announced. */
static inline bool mplsmcd_upstream_labels(const struct mplsmcd_config *c)
{
	return c->upstream_label || c->policy.distribution == MC_UPSTREAM_ON_DEMAND;
}

void mplsmcd_config_init(struct mplsmcd_config *c);
/** Back to the defaults; objects are freed. */
void mplsmcd_config_reset(struct mplsmcd_config *c);

/* Finding returns NULL, adding the existing or a new object. */
struct mplsmcd_neighbour *mplsmcd_neighbour_find(struct mplsmcd_config *c, const struct addr *a);
struct mplsmcd_neighbour *mplsmcd_neighbour_add(struct mplsmcd_config *c, const struct addr *a);
void mplsmcd_neighbour_del(struct mplsmcd_config *c, struct mplsmcd_neighbour *n);
struct mplsmcd_interface *mplsmcd_interface_find(struct mplsmcd_config *c, const char *name);
struct mplsmcd_interface *mplsmcd_interface_add(struct mplsmcd_config *c, const char *name);
void mplsmcd_interface_del(struct mplsmcd_config *c, struct mplsmcd_interface *i);
struct mplsmcd_tree *mplsmcd_tree_find(struct mplsmcd_config *c, const char *name);
struct mplsmcd_tree *mplsmcd_tree_add(struct mplsmcd_config *c, const char *name);
void mplsmcd_tree_del(struct mplsmcd_config *c, struct mplsmcd_tree *t);
bool mplsmcd_member_set(struct mplsmcd_tree *t, const struct addr *group, const struct addr *source,
			bool add);
/** root ADDR_ANY removes; false: there was none to remove. */
bool mplsmcd_root_set(struct mplsmcd_config *c, const struct addr *prefix, uint8_t prefixlen,
		      const struct addr *root);
/** The explicit route to a root; NULL: routing decides. */
const struct addr *mplsmcd_explicit_find(const struct mplsmcd_config *c, const struct addr *root);
/** next_hop ADDR_ANY: routing decides again. */
void mplsmcd_explicit_set(struct mplsmcd_config *c, const struct addr *root,
			  const struct addr *next_hop);
bool mplsmcd_group_set(struct mplsmcd_config *c, const struct addr *prefix, uint8_t prefixlen,
		       bool in_band, bool remove);
/** Neither: removes. */
void mplsmcd_wildcard_set(struct mplsmcd_config *c, const struct addr *root, bool source,
			  bool group);
/** rp ADDR_ANY removes. */
void mplsmcd_rp_set(struct mplsmcd_config *c, const struct addr *prefix, uint8_t prefixlen,
		    const struct addr *rp);

#endif
