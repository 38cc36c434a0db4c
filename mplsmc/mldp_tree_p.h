/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mldp_tree_p.h - the structs behind mldp_tree.h, shared by mldp_tree.c, mldp_input.c, mldp_lsp.c,
 * mldp_review.c and mldp_upstream.c.
 *
 *   mldp ── peer ── binding: what the peer mapped to us ──┐
 *    │       └──── element: our label towards it ─────────┤
 *    │       └──── withdrawn label, waiting for Release   │
 *    ├── route: next hops towards a root ── lsp ──────────┘
 *    └── own address
 *
 * All decisions about an LSP are in one function, mldp_lsp_review(): whatever changes, the LSP
 * is compared with what it should be, and the difference is signalled.
 */
#ifndef MPLSMC_MLDP_TREE_P_H
#define MPLSMC_MLDP_TREE_P_H

#include "mplsmc/mldp_tree.h"

#define MLDP_MAX_LINKS	8
#define RESERVED_LABELS 16 /* RFC 7274: never a tree's (A-mLDP-8) */

PREDECL_HASH(mldp_lsps);
PREDECL_HASH(mldp_routes);
PREDECL_HASH(mldp_owned);
PREDECL_DLIST(mldp_peers);
PREDECL_DLIST(mldp_peer_bindings);
PREDECL_DLIST(mldp_lsp_bindings);
PREDECL_DLIST(mldp_peer_elements);
PREDECL_DLIST(mldp_peer_withdrawn);
PREDECL_DLIST(mldp_route_lsps);
PREDECL_DLIST(mldp_lsp_shared);
PREDECL_DLIST(mldp_peer_requests);
PREDECL_HASH(mldp_lans);

/** A set of addresses: a peer's, or ours. */
struct mldp_owned {
	struct mldp_owned_item item;
	struct addr addr;
};

/** Next hops towards a root, shared by all LSPs of that root. */
struct mldp_route {
	struct mldp_routes_item item;
	struct mldp *m;
	struct addr root;
	size_t n;
	struct addr next_hops[MLDP_MAX_NEXTHOPS];
	bool lost; /* unreachable for longer than root_hold_ms */
	struct timer hold;
	struct mldp_route_lsps_head lsps;
};

/** An interface with an address from which a context label follows (RFC 5331 8). */
struct mldp_lan {
	struct mldp_lans_item item;
	unsigned int ifindex;
	struct addr address;
	uint32_t label;
};

/** Our label for all downstream LSRs of an LSP on a LAN (M-6389-6-1). */
struct mldp_shared {
	struct mldp_lsp_shared_item item;
	unsigned int ifindex;
	uint32_t context, label;
	unsigned int users;
	uint64_t collected; /* mldp.collections of the last one that had it */
};

/** A downstream LSR's mapping. */
struct mldp_binding {
	struct mldp_lsp_bindings_item in_lsp;
	struct mldp_peer_bindings_item in_peer;
	struct mldp_lsp *lsp;
	struct mldp_peer *peer;
	uint32_t label;
	struct mldp_shared *shared; /* the label is ours; NULL: it is the peer's */
	bool marked; /* make before break: to be acknowledged (M-6388-8.1-2) */
};

/** Accepting element: a label of ours that an upstream LSR was told (M-6388-8.4.2-1), or one of
 *  its own for which we have asked. */
struct mldp_element {
	struct mldp_peer_elements_item in_peer;
	struct mldp_peer_requests_item in_requests; /* while it waits */
	struct mldp_lsp *lsp;
	struct mldp_peer *peer;
	uint32_t label; /* upstream: 0 as long as there is no answer */
	bool upstream, waits;
	uint32_t request_id;
	struct mldp_context context;
	struct addr next_hop;
};

/** Withdrawn, not released: the label must not be used again yet. */
struct mldp_withdrawn {
	struct mldp_peer_withdrawn_item item;
	struct mldp_fec fec;
	uint32_t label;
	bool upstream;
};

struct mldp_peer {
	struct mldp_peers_item item;
	struct mldp *m;
	struct ldp_id id;
	uint64_t serial; /* no two peers have the same, nor has a later session with this one */
	uint32_t capabilities;
	bool announced; /* by us to it, when the session came up: upstream_labels (M-6389-3-1) */
	void *data;
	struct mldp_owned_head addresses;
	struct mldp_link links[MLDP_MAX_LINKS];
	size_t n_links;
	struct mldp_peer_bindings_head bindings;
	struct mldp_peer_elements_head elements;
	struct mldp_peer_withdrawn_head withdrawn;
	struct mldp_peer_requests_head requests;
};

struct mldp_lsp {
	struct mldp_lsps_item item;
	struct mldp_route_lsps_item in_route;
	struct mldp *m;
	struct mldp_fec fec;
	struct mldp_route *route;
	bool leaf, root;
	struct mldp_lsp_bindings_head bindings;
	struct mldp_lsp_shared_head shared;
	uint64_t no_upstream_by; /* serial of a peer that assigns no label to this LSP */
	struct mldp_element *active, *pending; /* pending: make before break */
	bool acked;	     /* pending was acknowledged, mbb_delay_ms is running */
	bool ready;	     /* pending may become active */
	bool unconfirmed;    /* active was asked for with make before break, no ack yet */
	bool refused;	     /* upstream released our label: no new one before `retry` */
	uint64_t refused_by; /* serial of the peer */
	bool no_label;
	bool reviewing, again; /* a review is under way, and something changed meanwhile */
	bool touched;	       /* mldp_tree.c: to be reviewed */
	struct addr override;  /* next hop by configuration, ADDR_ANY: none */
	enum mldp_lsp_state state;
	msec_t since;
	struct timer mbb, retry;
	struct timer stay;    /* on the old path, while the next hop has no session */
	struct timer install; /* acks wait for the forwarding plane, which is asked again then */
	uint32_t install_ms;  /* how long it was the last time, 0: nobody has asked yet */
};

struct mldp {
	struct mldp_params params;
	const struct mldp_ops *ops;
	void *ctx;
	struct twheel *wheel;
	struct mldp_lsps_head lsps;
	struct mldp_routes_head routes;
	struct mldp_owned_head own;
	struct mldp_peers_head peers;
	struct mldp_lans_head lans;
	uint64_t collections; /* of branches */
	size_t n_no_label, n_overrides; /* LSPs */
	uint64_t serial;		/* of the last peer */
	struct timer freed;		/* a label was, and LSPs want one */
	struct mldp_stats stats;
};

static inline int mldp_owned_cmp(const struct mldp_owned *a, const struct mldp_owned *b)
{
	return addr_cmp(&a->addr, &b->addr);
}

static inline uint32_t mldp_owned_hash(const struct mldp_owned *a)
{
	return jhash(a->addr.b, sizeof(a->addr.b), 0x6388);
}

static inline int mldp_route_cmp(const struct mldp_route *a, const struct mldp_route *b)
{
	return addr_cmp(&a->root, &b->root);
}

static inline uint32_t mldp_route_hash(const struct mldp_route *r)
{
	return jhash(r->root.b, sizeof(r->root.b), 0x6389);
}

static inline int mldp_lsp_cmp(const struct mldp_lsp *a, const struct mldp_lsp *b)
{
	return mldp_fec_cmp(&a->fec, &b->fec);
}

static inline uint32_t mldp_lsp_hash(const struct mldp_lsp *l)
{
	return mldp_fec_hash(&l->fec);
}

static inline int mldp_lan_cmp(const struct mldp_lan *a, const struct mldp_lan *b)
{
	return a->ifindex == b->ifindex ? 0 : a->ifindex < b->ifindex ? -1 : 1;
}

static inline uint32_t mldp_lan_hash(const struct mldp_lan *l)
{
	return jhash_1word(l->ifindex, 0x5331);
}

DECLARE_HASH(mldp_owned, struct mldp_owned, item, mldp_owned_cmp, mldp_owned_hash);
DECLARE_HASH(mldp_routes, struct mldp_route, item, mldp_route_cmp, mldp_route_hash);
DECLARE_HASH(mldp_lsps, struct mldp_lsp, item, mldp_lsp_cmp, mldp_lsp_hash);
DECLARE_DLIST(mldp_peers, struct mldp_peer, item);
DECLARE_DLIST(mldp_peer_bindings, struct mldp_binding, in_peer);
DECLARE_DLIST(mldp_lsp_bindings, struct mldp_binding, in_lsp);
DECLARE_DLIST(mldp_peer_elements, struct mldp_element, in_peer);
DECLARE_DLIST(mldp_peer_withdrawn, struct mldp_withdrawn, item);
DECLARE_DLIST(mldp_route_lsps, struct mldp_lsp, in_route);
DECLARE_DLIST(mldp_lsp_shared, struct mldp_shared, item);
DECLARE_DLIST(mldp_peer_requests, struct mldp_element, in_requests);
DECLARE_HASH(mldp_lans, struct mldp_lan, item, mldp_lan_cmp, mldp_lan_hash);

/* ---------------------------------------------------------------- mldp_tree.c */

bool mldp_owns(const struct mldp_owned_head *set, const struct addr *a);
struct mldp_route *mldp_route_get(struct mldp *m, const struct addr *root);
/** Frees the route if no LSP uses it. */
void mldp_route_release(struct mldp_route *r);

/** The label may be used again; an LSP that has none gets it. */
void mldp_label_free(struct mldp *m, uint32_t label);
/** The peer has released the label. */
void mldp_withdrawn_free(struct mldp_peer *p, struct mldp_withdrawn *w);

/* ---------------------------------------------------------------- mldp_lsp.c, mldp_review.c */

/** The label is free again when the peer has released it. */
void mldp_withdrawn_add(struct mldp_peer *p, const struct mldp_fec *fec, uint32_t label,
			bool upstream);
void mldp_withdrawn_entry_free(struct mldp_withdrawn *w);

/** The LSP of a FEC, made if it does not exist; NULL: beyond maximum_lsps. */
struct mldp_lsp *mldp_lsp_get(struct mldp *m, const struct mldp_fec *fec);
/** Frees an LSP without messages or callbacks. */
void mldp_lsp_free(struct mldp_lsp *lsp);

/** Brings the LSP to what it should be; may free it when nothing is left of it. */
void mldp_lsp_review(struct mldp_lsp *lsp);
/** Tells forwarding the branches again (a link changed). */
void mldp_lsp_forward(struct mldp_lsp *lsp);
/** Of one of its elements. */
void mldp_lsp_forward_from(struct mldp_lsp *lsp, const struct mldp_element *e);

struct mldp_binding *mldp_binding_find(struct mldp_lsp *lsp, const struct mldp_peer *peer);
struct mldp_binding *mldp_binding_add(struct mldp_lsp *lsp, struct mldp_peer *peer, uint32_t label);
void mldp_binding_del(struct mldp_binding *b);

/** The upstream LSR has acknowledged the pending element, or time is over. */
void mldp_lsp_acked(struct mldp_lsp *lsp);
/** The same for an active element that was unconfirmed. */
void mldp_lsp_confirmed(struct mldp_lsp *lsp);
/** The peer asks for a label it has refused (M-5036-A.1.4-1).  True: it gets one. */
bool mldp_lsp_requested(struct mldp_lsp *lsp, struct mldp_peer *p);
/** The upstream LSR released the label unasked (A-mLDP-13). */
void mldp_lsp_refused(struct mldp_lsp *lsp, struct mldp_element *e);
/** The peer of an element is gone: the element goes without a message. */
void mldp_element_lost(struct mldp_element *e);
/** No message is sent. */
void mldp_element_free(struct mldp_element *e);
/** Its forwarding entry goes, if there is one. */
void mldp_entry_remove(const struct mldp_element *e);

/** Sends a label message about the FEC. */
void mldp_send(struct mldp_peer *peer, enum ldp_msg_type type, const struct mldp_fec *fec,
	       uint32_t label, enum ldp_mbb mbb);
/** Counts it, too. */
void mldp_send_msg(struct mldp_peer *peer, struct ldp_msg *m);

/* ---------------------------------------------------------------- mldp_input.c */

/** True if the FEC element names this FEC; wildcards name many (M-5918-4-1). */
bool mldp_names(const struct ldp_fec *f, const struct mldp_fec *fec);
void mldp_notify(struct mldp_peer *p, uint32_t status, const struct ldp_msg *about);
/** lsp NULL: it would be a new one. */
bool mldp_beyond_limits(struct mldp_peer *p, const struct mldp_lsp *lsp);
/** What the peer asks for with make before break is to be acknowledged; counted. */
bool mldp_marks(struct mldp_peer *p);

/* ---------------------------------------------------------------- mldp_upstream.c */

void mldp_lans_free(struct mldp *m);
/** The binding is without its shared label; told: its peer was told so and will release it. */
void mldp_shared_put(struct mldp_binding *b, bool told);
/** The same with a message; the binding stays. */
void mldp_shared_withdraw(struct mldp_binding *b);
/** Without messages or callbacks, for an LSP that goes. */
void mldp_shared_forget(struct mldp_lsp *lsp);
/** Who is reached by another link than before asks again. */
void mldp_upstream_links(struct mldp_peer *p);

/** Both have announced the capability (M-5331-4-1). */
static inline bool mldp_upstream_agreed(const struct mldp_peer *p)
{
	return p->announced && p->capabilities & LDP_CAP_UPSTREAM_LABEL;
}

/* Upstream LSR: messages of a downstream LSR, and to it. */
void mldp_upstream_request(struct mldp_peer *p, const struct ldp_msg *m);
void mldp_upstream_release(struct mldp_peer *p, const struct ldp_msg *m, const struct ldp_fec *f);
void mldp_upstream_ack(const struct mldp_binding *b);

/* Downstream LSR: the label of an element of this peer would be the peer's. */
bool mldp_upstream_wanted(const struct mldp_lsp *lsp, const struct mldp_peer *p);
void mldp_upstream_ask(struct mldp_element *e, enum ldp_mbb mbb);
/** Label Release, or the Request is aborted. */
void mldp_upstream_leave(struct mldp_element *e);
/** No answer is waited for. */
void mldp_upstream_forget(struct mldp_element *e);
void mldp_upstream_mapping(struct mldp_peer *p, const struct ldp_msg *m);
void mldp_upstream_withdraw(struct mldp_peer *p, const struct ldp_msg *m, const struct ldp_fec *f);
/** True: it was about a Request of ours. */
bool mldp_upstream_notified(struct mldp_peer *p, const struct ldp_msg *m);

#endif
