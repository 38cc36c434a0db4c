/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mc_map.h - which multicast tree goes down which LSP, and why not: RFC 3353, 6826, 7438.
 *
 * Leaf side: a tree that pimd wants from the domain becomes a FEC (root and opaque value), if
 * trigger, coexistence and policy allow.  Root side: an LSP with branches whose opaque value
 * names a tree makes us join towards pimd and push labels.  An engine: trees, LSP events,
 * roots and policy go in; leaves, joins and FTN entries come out.
 */
#ifndef MPLSMC_MC_MAP_H
#define MPLSMC_MC_MAP_H

#include "lib/twheel.h"
#include "mplsmc/mldp_tree.h"

struct mc_map;

/** RFC 3353 section 5. */
enum mc_trigger {
	MC_TRIGGER_REQUEST,
	MC_TRIGGER_TOPOLOGY,
	MC_TRIGGER_TRAFFIC
};
/** RFC 3353 section 10.4 and Table 2. */
enum mc_distribution {
	MC_DOWNSTREAM_UNSOLICITED,
	MC_UPSTREAM_ON_DEMAND
};
/** RFC 3353 section 3.4: methods c and a. */
enum mc_coexistence {
	MC_SOURCE_TREES_ONLY,
	MC_LAYER3
};
/** RFC 3443. */
enum mc_ttl {
	MC_TTL_UNIFORM,
	MC_TTL_PIPE
};

struct mc_policy {
	enum mc_trigger trigger;
	enum mc_distribution distribution;
	enum mc_coexistence coexistence;
	enum mc_ttl ttl;
	uint32_t traffic_kbps; /* TRAFFIC: at least so much, 0: any packet */
	uint32_t idle_ms;      /* TRAFFIC: the LSP ends after so long without */
	bool mixed_forwarding; /* routed and label-switched branches of one tree */
	/** Shared trees of IPv4 reach pimd on an interface of their own: its RPF check tells them
	 *  from source trees, so both may be there. */
	bool shared_interface;
};

void mc_policy_default(struct mc_policy *p);

/** NULL if Table 2 allows the combination, else why not. */
const char *mc_policy_invalid(const struct mc_policy *p);

struct mc_map_ops {
	/** Want or no longer want an LSP as leaf: mldp_leaf(). */
	void (*leaf)(void *ctx, const struct mldp_fec *fec, bool wanted);
	/** Join or prune towards pimd at the root: pim_vif_join(). */
	void (*join)(void *ctx, const struct addr *source, const struct addr *group,
		     const struct addr *rp, bool joined);
	/** Packets of the tree leaving mplsmc0 go to these branches; n 0: remove the entry. */
	void (*ftn)(void *ctx, const struct addr *source, const struct addr *group,
		    const struct mldp_branch *branches, size_t n);
	/** Start or stop telling the root towards a source or RP (mc_map_root()). */
	void (*watch_root)(void *ctx, const struct addr *source, bool watch);
	/** Start or stop telling which streams there are (mc_map_stream()).  May be NULL. */
	void (*watch_streams)(void *ctx, bool watch);
};

struct mc_map *mc_map_new(const struct mc_policy *p, const struct mc_map_ops *ops, void *ctx,
			  struct twheel *wheel);
void mc_map_free(struct mc_map *m);
/** The caller has checked mc_policy_invalid(). */
void mc_map_set_policy(struct mc_map *m, const struct mc_policy *p, msec_t now);

/* ---- leaf side */

/** pimd wants this tree from the domain ((*,G): source ADDR_ANY), or no longer. */
void mc_map_tree(struct mc_map *m, const struct addr *source, const struct addr *group, bool wanted,
		 msec_t now);
/** The same for (*,G) with the RP that pimd named; it counts before mc_map_configure_rp(). */
void mc_map_shared_tree(struct mc_map *m, const struct addr *group, const struct addr *rp,
			bool wanted, msec_t now);
/** pimd pruned a source off the shared tree, (S,G,rpt), or wants it again. */
void mc_map_rpt_prune(struct mc_map *m, const struct addr *source, const struct addr *group,
		      bool pruned, msec_t now);
/** The kernel's multicast routing table: the tree's packet counter, whatever way they come;
 *  packets UINT64_MAX: it has no entry any more; wants_domain: the entry expects them from the
 *  domain (TOPOLOGY, TRAFFIC). */
void mc_map_mroute(struct mc_map *m, const struct addr *source, const struct addr *group,
		   uint64_t packets, uint64_t bytes, bool wants_domain, msec_t now);
/** Configured: the root for sources in a prefix, most specific first; ADDR_ANY removes it. */
void mc_map_configure_root(struct mc_map *m, const struct addr *prefix, uint8_t prefixlen,
			   const struct addr *root, msec_t now);
/** Found by routing: the root for a watched source; ADDR_ANY: unknown (A root that is ourselves:
 *  local true, the tree does not cross the domain). */
void mc_map_root(struct mc_map *m, const struct addr *source, const struct addr *root, bool local,
		 msec_t now);
/** Root is known to support FECs without a source, (*,G), and without a group, (S,*)
 *  (M-6826-2-2, M-7438-3.1-1, M-7438-3.3-1). */
void mc_map_configure_wildcards(struct mc_map *m, const struct addr *root, bool source_wildcard,
				bool group_wildcard, msec_t now);
/**
 * The RP of groups in a prefix, most specific first; ADDR_ANY removes it.  The mapping is where RPs
 * are kept: a leaf has them from pimd's Join(*,G), a root must be told, as no FEC names an RP and
 * pimd takes only a Join(*,G) with its own one.
 */
void mc_map_configure_rp(struct mc_map *m, const struct addr *prefix, uint8_t prefixlen,
			 const struct addr *rp, msec_t now);
/** `map PREFIX none|in-band`: groups that may be label-switched, most specific first; at a root
 *  it is the filter for what leaves ask for (F3353-11-2). */
void mc_map_configure_group(struct mc_map *m, const struct addr *prefix, uint8_t prefixlen,
			    bool in_band, bool remove, msec_t now);

/* ---- static trees (`tree NAME root A.B.C.D lsp-id N`), both sides */

void mc_map_static_tree(struct mc_map *m, const char *name, const struct addr *root,
			uint32_t lsp_id, msec_t now);
void mc_map_static_tree_del(struct mc_map *m, const char *name, msec_t now);
/** This tree (source ADDR_ANY: any) travels on the static LSP: leaf and root side. */
void mc_map_static_member(struct mc_map *m, const char *name, const struct addr *source,
			  const struct addr *group, bool add, msec_t now);

/* ---- root side */

/** An LSP of which we are root has these branches now (n 0: gone). */
void mc_map_lsp(struct mc_map *m, const struct mldp_fec *fec, const struct mldp_branch *branches,
		size_t n, msec_t now);
/**
 * A stream that reaches this router from outside the domain: what an LSP with a wildcard group, or
 * with a wildcard source for an SSM group, carries (M-7438-3.2-1, M-7438-6-1).  packets: counter
 * of its entry, UINT64_MAX: a packet of it was seen.  A stream whose counter stands still ends.
 */
void mc_map_stream(struct mc_map *m, const struct addr *source, const struct addr *group,
		   uint64_t packets, msec_t now);

/** The LSP carries shared trees of IPv4: (*,G), or a static tree for any source. */
bool mc_map_is_shared(const struct mc_map *m, const struct mldp_fec *fec);

/* ---- what operators want to see */

struct mc_map_info {
	struct addr source, group; /* source ADDR_ANY: (*,G) */
	bool leaf;		   /* wanted here; else root side */
	bool label_switched;
	struct mldp_fec fec; /* if label_switched, or would be */
	const char *why_not; /* "no root known for the source", ... NULL if label-switched */
	msec_t since;
};
/** Every tree known, leaf side first: answers "why is this tree not label-switched?". */
void mc_map_walk(const struct mc_map *m, void (*fn)(void *arg, const struct mc_map_info *i),
		 void *arg);

struct mc_map_stats {
	uint64_t denied; /* trees of root LSPs that `map ... none` is against */
	uint64_t inert;	 /* LSPs whose opaque value we cannot act on (A-mLDP-17, -18, -19) */
	size_t trees, leaves, joins, ftns, streams;
};
const struct mc_map_stats *mc_map_stats(const struct mc_map *m);
/** What counts events becomes 0. */
void mc_map_clear_stats(struct mc_map *m);

#endif
