/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mldp_tree.h - P2MP LSPs on one LSR: RFC 6388 sections 2.4 and 8.
 *
 * An engine: peers with their capabilities and addresses, routes to roots, label messages and
 * local leaves go in; label messages, forwarding entries and "this LSP is now so" come out.
 *
 *   lsp ── accepting element: our label towards an upstream LSR (two while make-before-break)
 *    └──── branch: what a downstream LSR mapped to us
 *
 * Roles follow from the state: root (we own the root address), leaf (somebody here wants it),
 * transit, bud.
 */
#ifndef MPLSMC_MLDP_TREE_H
#define MPLSMC_MLDP_TREE_H

#include "lib/twheel.h"
#include "mplsmc/ldp_msg.h"

struct mldp;
struct mldp_peer;
struct mldp_lsp;

#define MLDP_MAX_NEXTHOPS 64

struct mldp_params {
	bool mbb;		    /* announced and used: make before break */
	/* For an ack, then as if it had come.  30 s, not A-mLDP-25's 5: where a link comes back the
	 * IGP is faster than LDP by up to ten seconds, and the old path forwards all the while. */
	uint32_t mbb_wait_ms;
	uint32_t mbb_delay_ms;	    /* after the ack, before the old element goes: 0 */
	uint32_t root_hold_ms;	    /* A-mLDP-14: 5 s */
	uint32_t refusal_retry_ms;  /* A-mLDP-13: 60 s */
	uint32_t maximum_branches;  /* of one LSP: 127 */
	uint32_t maximum_lsps;	    /* 0: no limit */
	uint32_t maximum_per_peer;  /* LSPs a peer may map, 0: no limit (F3353-11-3) */
	bool upstream_labels;	    /* announced: peers may ask for labels that we assign (RFC 6389) */
	bool upstream_on_demand;    /* we ask the upstream LSR for its label, if it can */
	bool lan_hash_sum;	    /* of the octets (RFC 6389 6) instead of the CRC-32 (A-mLDP-2) */
};

void mldp_params_default(struct mldp_params *p);

/** Where a copy goes. */
struct mldp_branch {
	const struct mldp_peer *peer;
	uint32_t label; /* the peer's */
	unsigned int ifindex;
	const char *interface;
	struct addr next_hop;
	/* Not 0: the label is ours, behind this context label, in one frame for all LSRs of the LAN
	 * that have asked for it; peer and next hop are those of one of them (RFC 6389 6). */
	uint32_t context;
};

/** Where an upstream LSR's label is looked up (RFC 5331 8). */
struct mldp_context {
	unsigned int ifindex;
	char interface[16];
	uint32_t label;
};

struct mldp_ops {
	/** A label of the platform space; 0: none left. */
	uint32_t (*label_alloc)(void *ctx);
	void (*label_free)(void *ctx, uint32_t label);
	/** Sends a message to the peer; the engine leaves m->id to the session. */
	void (*send)(void *ctx, struct mldp_peer *peer, struct ldp_msg *m);
	/** Start (watch) or stop telling the next hops towards an address. */
	void (*watch_route)(void *ctx, const struct addr *root, bool watch);
	/**
	 * Packets arriving with this label go to these branches and, if local, to this LSR's IP
	 * multicast.  n 0 and not local: the label is retired, remove the entry.
	 */
	void (*ilm)(void *ctx, const struct mldp_lsp *lsp, uint32_t label,
		    const struct mldp_branch *branches, size_t n, bool local);
	/** The same for a label that the upstream LSR has assigned; NULL: there are none. */
	void (*context_ilm)(void *ctx, const struct mldp_lsp *lsp, const struct mldp_context *c,
			    uint32_t label, const struct mldp_branch *branches, size_t n,
			    bool local);
	/** We are root: what is to be sent down the LSP goes to these branches. */
	void (*root)(void *ctx, const struct mldp_lsp *lsp, const struct mldp_branch *branches,
		     size_t n);
	/**
	 * What ilm() or context_ilm() last said of this label, or root() (label 0), is in the forwarding plane; or
	 * nobody can tell.  May be NULL: it is at once.
	 */
	bool (*installed)(void *ctx, const struct mldp_lsp *lsp, uint32_t label);
	/** For the history; may be NULL. */
	void (*event)(void *ctx, const struct mldp_lsp *lsp, const char *what);
};

struct mldp *mldp_new(const struct mldp_params *p, const struct mldp_ops *ops, void *ctx,
		      struct twheel *wheel);
/** Frees all without messages or callbacks. */
void mldp_free(struct mldp *m);
void mldp_set_params(struct mldp *m, const struct mldp_params *p);

/* ---------------------------------------------------------------- the world */

/** A session is operational; capabilities: what the peer enabled (enum ldp_capability). */
struct mldp_peer *mldp_peer_up(struct mldp *m, const struct ldp_id *id, uint32_t capabilities,
			       void *data, msec_t now);
/** The session is gone: all bindings of the peer are discarded (M-mLDP-fail-1). */
void mldp_peer_down(struct mldp_peer *p, msec_t now);
/** The peer changed its capabilities at run time (A-mLDP-22). */
void mldp_peer_capabilities(struct mldp_peer *p, uint32_t capabilities, msec_t now);
/** The peer owns, or no longer owns, this address (Address, Address Withdraw). */
void mldp_peer_address(struct mldp_peer *p, const struct addr *a, bool owned, msec_t now);
/** The links to the peer, the one to be used for branches first; n 0: none at the moment. */
struct mldp_link {
	unsigned int ifindex;
	char interface[16];
	struct addr next_hop;
};
void mldp_peer_links(struct mldp_peer *p, const struct mldp_link *links, size_t n, msec_t now);
void *mldp_peer_data(const struct mldp_peer *p);
const struct ldp_id *mldp_peer_id(const struct mldp_peer *p);

/** The context label of an address on a LAN, 0: it has none (M-5331-8-2). */
uint32_t mldp_context_label(const struct addr *a, uint8_t prefixlen);
/** Our address on this interface; ADDR_ANY: none. */
void mldp_interface(struct mldp *m, unsigned int ifindex, const struct addr *a, uint8_t prefixlen,
		    msec_t now);

/** An address of this router came or went: it may be a root (A-mLDP-16). */
void mldp_local_address(struct mldp *m, const struct addr *a, bool owned, msec_t now);

/** Next hops towards a watched root, in any order; n 0: unreachable. */
void mldp_route(struct mldp *m, const struct addr *root, const struct addr *next_hops, size_t n,
		msec_t now);
/** Per-root override of the next hop (`tree ... next-hop`, RFC 3353 section 7); ADDR_ANY ends it. */
void mldp_route_override(struct mldp *m, const struct mldp_fec *fec, const struct addr *next_hop,
			 msec_t now);

/** A label message, or a notification with MP status, from the peer. */
void mldp_input(struct mldp_peer *p, const struct ldp_msg *msg, msec_t now);

/** Somebody on this router wants the LSP, or no longer. */
void mldp_leaf(struct mldp *m, const struct mldp_fec *fec, bool wanted, msec_t now);

/** Administrative: releases and sets up an LSP anew. */
void mldp_lsp_clear(struct mldp_lsp *lsp, msec_t now);

/* ---------------------------------------------------------------- what operators want to see */

enum mldp_lsp_state {
	MLDP_NO_ROUTE,	  /* no way to the root, or its next hop is no P2MP peer */
	MLDP_NO_LABEL,	  /* out of labels or beyond a limit */
	MLDP_REFUSED,	  /* released by the upstream LSR */
	MLDP_SIGNALLED,	  /* mapping sent, not confirmed (make before break) */
	MLDP_OPERATIONAL,
	MLDP_LSP_STATES
};

struct mldp_lsp_info {
	const struct mldp_fec *fec;
	enum mldp_lsp_state state;
	bool root, leaf;
	size_t n_branches;	    /* installed */
	const struct mldp_peer *upstream; /* NULL: none */
	uint32_t label;		    /* active accepting element, 0: none */
	uint32_t context;	    /* not 0: the label is the upstream LSR's, in this context */
	uint32_t pending_label;	    /* make before break, 0: none */
	struct addr upstream_next_hop;
	const char *upstream_interface; /* NULL: none */
	msec_t since;		    /* of the state */
};

void mldp_lsp_info(const struct mldp_lsp *lsp, struct mldp_lsp_info *info);
void mldp_lsp_walk(const struct mldp *m, void (*fn)(void *arg, const struct mldp_lsp *lsp),
		   void *arg);
struct mldp_lsp *mldp_lsp_find(const struct mldp *m, const struct mldp_fec *fec);
/** Branches, those retained but not installed included (installed false). */
void mldp_lsp_branches(const struct mldp_lsp *lsp,
		       void (*fn)(void *arg, const struct mldp_branch *b, bool installed), void *arg);

struct mldp_stats {
	uint64_t mappings_rx, mappings_tx, withdraws_rx, withdraws_tx, releases_rx, releases_tx,
		requests_rx, mbb_requests_rx, mbb_requests_tx, mbb_acks_rx, mbb_acks_tx, mbb_timeouts,
		refused_limit, refused_labels, refused_mp2mp, reserved_labels, unexpected,
		requests_tx, upstream_refused;
	size_t lsps, branches, labels, peers;
	size_t shared_labels; /* assigned by us as upstream LSR, for a LAN */
};
const struct mldp_stats *mldp_stats(const struct mldp *m);
/** What counts events becomes 0. */
void mldp_clear_stats(struct mldp *m);
const char *mldp_lsp_state_name(enum mldp_lsp_state state);

#endif
