/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l2mc_lns.h - RFC 4045 on the LNS.
 *
 * From the group state of each unicast session the engine keeps, per tunnel, merged records;
 * derives replication contexts; opens, feeds and ends multicast sessions; and says for each
 * flow which copies have to be sent.  An engine: reports, messages and `now` go in; messages
 * to the LAC, changed flows and the state of the router as a whole come out.
 *
 * Where is what:
 *   l2mc_group    merged record of a group (4.2)
 *   l2mc_member   what one user wants of one group, and what hangs on its changes (4.1, 4.2)
 *   l2mc_context  replication contexts: when a multicast session is opened (4.1, 4.3)
 *   l2mc_transition  from one filter mode to the other (4.3a, 4.3b)
 *   l2mc_session  multicast sessions: MSRQ .. MSEN (5, 6, 7)
 *   l2mc_entry    a session's OSL as the LNS keeps it: listed, acknowledged, withdrawn (6.2)
 *   l2mc_traffic  whether packets arrive: a condition for opening, and for staying open
 *   l2mc_flow     which copies of a packet go where: what forwarding needs
 *   l2mc_lns      the engine object, tunnels, unicast sessions
 */
#ifndef L2MCD_L2MC_LNS_H
#define L2MCD_L2MC_LNS_H

#include "l2mcd/l2mc_group.h"
#include "l2mcd/l2mc_priority.h"
#include "l2mcd/l2tp_msg.h"
#include "lib/twheel.h"

struct l2mc_lns;
struct l2mc_tunnel;  /* control connection to one LAC */
struct l2mc_user;    /* one unicast session: a subscriber */
struct l2mc_flow;    /* packets of one source (or of all others) to one group */
struct l2mc_session; /* one multicast session */

/** Policy; may be changed at run time. */
struct l2mc_policy {
	bool per_group;		   /* INCLUDE: one context per source list, not per source */
	uint32_t threshold;	   /* receivers that open a multicast session (R4045-4.3-3) */
	uint32_t teardown;	   /* fewer receivers end it; 0: the threshold */
	uint32_t holdtime_ms;	   /* ... after this time continuously below (R4045-7-4) */
	bool require_traffic;	   /* ... and only while packets arrive (R4045-4.3-4) */
	uint32_t recent_ms;	   /* ... not longer ago than this */
	uint32_t idle_ms;	   /* without packets it ends (R4045-7.3-1), 0: it does not */
	uint32_t maximum_sessions; /* multicast sessions per tunnel, 0: no limit */
	uint32_t establish_ms;	   /* A4045-30 */
	uint32_t holdoff_ms;	   /* A4045-29 */
	uint32_t widen_ms;	   /* INCLUDE to EXCLUDE: wait for NOSA (A4045-23) */
	uint32_t narrow_ms;	   /* EXCLUDE to INCLUDE: wait for the new sessions (A4045-24) */
	bool active;		   /* superfluous sessions end without a WOS (R4045-4.3-10) */
	bool ack_lac_id;	   /* the header of a NOSA has the LAC's ID (A4045-2) */
	uint32_t nos_retry_ms;	   /* list unacknowledged sessions again (A4045-12) ... */
	uint32_t nos_retries;	   /* ... so many times */
	uint32_t withdraw_ms;	   /* unicast resumes at the latest (A4045-37) */
	uint8_t priority;	   /* AVP 84, told for each multicast session (R4045-6.3.1-1) */
	uint32_t await_ms;	   /* a new receiver of a running session gets no unicast copy this
				    * long: its NOSA is on the way; 0: it does */
};

/** The defaults of the catalogue: 2, 2, 10 s, ... */
void l2mc_policy_default(struct l2mc_policy *p);

/** Where a copy goes. */
struct l2mc_branch {
	const struct l2mc_tunnel *tunnel;
	const struct l2mc_session *session; /* multicast session, or NULL: */
	const struct l2mc_user *user;	    /* unicast session */
};

/** None of these may call back into the engine: it is in the middle of a change. */
struct l2mc_lns_ops {
	/** A Session ID for a multicast session; 0: none left (l2tp_tunnel_reserve_id()). */
	uint16_t (*reserve_id)(void *ctx, struct l2mc_tunnel *t);
	void (*release_id)(void *ctx, struct l2mc_tunnel *t, uint16_t session_id);
	/**
	 * Sends a message reliably; l2mc_lns_acked() follows with the cookie, unless it is 0.
	 * Cookies of this engine have the highest bit clear, those of the LAC engine have it
	 * set: what the transport acknowledges may be offered to both.
	 */
	bool (*send)(void *ctx, struct l2mc_tunnel *t, const struct l2tp_msg *m, uint64_t cookie);
	/** Maximum BPS of a session that is being opened, 0: none is told; may be NULL. */
	uint32_t (*maximum_bps)(void *ctx, struct l2mc_tunnel *t);
	/** The branches of a flow changed; gone: nobody names this flow any more. */
	void (*flow_changed)(void *ctx, struct l2mc_flow *f, bool gone);
	/** What the router as a whole wants of a group changed (for the upstream router). */
	void (*record_changed)(void *ctx, const struct addr *group,
			       const struct gmp_filter *merged);
	/** Something happened that an operator may want to see; may be NULL. */
	void (*event)(void *ctx, const struct l2mc_session *s, const char *what);
};

struct l2mc_lns *l2mc_lns_new(const struct l2mc_lns_ops *ops, void *ctx, struct twheel *wheel,
			      const struct l2mc_policy *policy);

/** All tunnels must have been deleted. */
void l2mc_lns_free(struct l2mc_lns *lns);

void l2mc_lns_set_policy(struct l2mc_lns *lns, const struct l2mc_policy *policy, msec_t now);

/**
 * capable: the peer sent AVP 80 and the administrator allows its use (R4045-3.2-6, -8).
 * Without it the tunnel's users are served by unicast copies only.
 */
struct l2mc_tunnel *l2mc_tunnel_add(struct l2mc_lns *lns, uint16_t tunnel_id, bool capable,
				    void *data);
/** Forgets the tunnel with all its users and sessions; nothing is sent (R4045-7.2-2). */
void l2mc_tunnel_del(struct l2mc_tunnel *t, msec_t now);
void *l2mc_tunnel_data(const struct l2mc_tunnel *t);
uint16_t l2mc_tunnel_id(const struct l2mc_tunnel *t);

/**
 * A unicast session is up.  peer_session_id is the LAC's, the one that stands in AVPs 81 to 83
 * (A4045-1).
 */
struct l2mc_user *l2mc_user_add(struct l2mc_tunnel *t, uint16_t session_id,
				uint16_t peer_session_id, void *data);
/** The session is gone: it leaves every OSL without a WOS (A4045-32). */
void l2mc_user_del(struct l2mc_user *u, msec_t now);
void *l2mc_user_data(const struct l2mc_user *u);
uint16_t l2mc_user_session_id(const struct l2mc_user *u);

/** Whether the LAC can frame packets for this user (A4045-28); both true at first. */
void l2mc_user_set_eligible(struct l2mc_user *u, bool v4, bool v6, msec_t now);

/**
 * The user's own priority for all multicast sessions (R4045-6.3.2-1), or none.  The wire cannot
 * take one back: `set` false after true tells the LAC the global value, and goes on to do so
 * when that changes (A4045-4).
 */
void l2mc_user_set_priority(struct l2mc_user *u, bool set, uint8_t priority);

/** The user sends to the group itself: keep it out of the group's OSLs (4.4 option 2). */
void l2mc_user_set_sender(struct l2mc_user *u, const struct addr *group, bool sends, msec_t now);

/** The user's state for a group is now f; an empty INCLUDE: it left. */
void l2mc_user_report(struct l2mc_user *u, const struct addr *group, const struct gmp_filter *f,
		      msec_t now);

/**
 * Forwarding has carried so many packets of a flow since it knows it; source ADDR_ANY: of the
 * sources that have no flow of their own.  What counts is that the number changes.
 */
void l2mc_lns_traffic(struct l2mc_lns *lns, const struct addr *group, const struct addr *source,
		      uint64_t packets, msec_t now);

/** A message of RFC 4045 from the LAC; fault: it was malformed there (may be NULL). */
void l2mc_lns_input(struct l2mc_tunnel *t, const struct l2tp_msg *m, const struct l2tp_fault *fault,
		    msec_t now);

/** The transport acknowledged the message sent with this cookie. */
void l2mc_lns_acked(struct l2mc_lns *lns, uint64_t cookie, msec_t now);

/**
 * Sends the OSL updates that have accumulated.  Call after each round of inputs: changes made
 * between two calls travel together.
 */
void l2mc_lns_flush(struct l2mc_lns *lns, msec_t now);

/* ---------------------------------------------------------------- what forwarding needs */

/** flow_changed() for every flow: the caller says something else of all of them now. */
void l2mc_lns_flows_changed(struct l2mc_lns *lns);

const struct addr *l2mc_flow_group(const struct l2mc_flow *f);
/** ADDR_ANY: every source of the group that has no flow of its own. */
const struct addr *l2mc_flow_source(const struct l2mc_flow *f);

/**
 * Calls fn for each copy to be sent: first the multicast sessions, then the unicast sessions.
 * The order matters to the LAC: it sees a packet's multicast copy before a unicast copy.
 */
void l2mc_flow_branches(struct l2mc_flow *f, void (*fn)(void *arg, const struct l2mc_branch *b),
			void *arg);

/* ---------------------------------------------------------------- what operators want to see */

enum l2mc_session_state {
	L2MC_WAIT_MSRP,
	L2MC_WAIT_MSE,
	L2MC_ESTABLISHED,
	L2MC_CLOSING, /* MSEN sent, not acknowledged */
	L2MC_HOLDOFF, /* refused or not answered: no session, no retry yet */
	L2MC_STATES
};

enum l2mc_entry_state {
	L2MC_ENTRY_NONE,
	L2MC_ENTRY_ADD,	   /* to be listed in the next NOS */
	L2MC_ENTRY_LISTED, /* NOS sent, not acknowledged by a NOSA */
	L2MC_ENTRY_ACKED,  /* served by the multicast session */
	L2MC_ENTRY_HELD,   /* withdrawn, still wants the flow: unicast resumes soon (A4045-37) */
};

struct l2mc_session_info {
	enum l2mc_session_state state;
	const struct l2mc_tunnel *tunnel;
	struct addr group;
	bool whole; /* whole group, or only source */
	struct addr source;
	uint16_t session_id, peer_session_id;
	bool sequencing;
	uint32_t maximum_bps; /* as told in the MSRQ; 0: none was */
	uint8_t priority;     /* global, as told last */
	msec_t since;	      /* of the state */
	size_t n_waiting, n_listed, n_acked;
	uint32_t n_eligible; /* receivers of the context */
};

void l2mc_session_info(const struct l2mc_session *s, struct l2mc_session_info *info);

/** Calls fn for every multicast session, those on their way out included. */
void l2mc_session_walk(struct l2mc_lns *lns, void (*fn)(void *arg, const struct l2mc_session *s),
		       void *arg);
/** Calls fn for every user in the session's OSL. */
void l2mc_session_osl(const struct l2mc_session *s,
		      void (*fn)(void *arg, const struct l2mc_user *u, enum l2mc_entry_state state),
		      void *arg);
/** Administrative end: MSEN 2/6; a new one is opened if the hold-off is over. */
void l2mc_session_clear(struct l2mc_lns *lns, uint16_t tunnel_id, uint16_t session_id, msec_t now);

/** Merged record of each group of a tunnel: sources of the filter are valid during the call. */
void l2mc_tunnel_records(struct l2mc_tunnel *t,
			 void (*fn)(void *arg, const struct addr *group,
				    const struct gmp_filter *merged, uint32_t n_members),
			 void *arg);

/** A replication context: the flow of one or all sources of a group, and who wants it (4.1). */
struct l2mc_context_info {
	struct addr group, source;	    /* source ADDR_ANY: the whole group */
	uint32_t n_eligible;		    /* receivers */
	const struct l2mc_session *session; /* NULL: none */
	const char *why;		    /* there is none: "threshold", "traffic", "limit" */
};

/** Calls fn for every context of the tunnel. */
void l2mc_tunnel_contexts(struct l2mc_tunnel *t,
			  void (*fn)(void *arg, const struct l2mc_context_info *c), void *arg,
			  msec_t now);

/** The same over all tunnels: what the router as a whole wants. */
void l2mc_lns_records(struct l2mc_lns *lns,
		      void (*fn)(void *arg, const struct addr *group,
				 const struct gmp_filter *merged, uint32_t n_members),
		      void *arg);

struct l2mc_lns_stats {
	uint64_t tx[L2TP_MSG_TYPES], rx[L2TP_MSG_TYPES];
	uint64_t opened, refused, timeouts, ended_by_peer;
	uint64_t unexpected;   /* message not listed for the state (S4045-X1) */
	uint64_t unknown_id;   /* no such session (A4045-14) */
	uint64_t foreign_acks; /* NOSA for a session that was not listed (R4045-6.2.2-6) */
	uint64_t malformed;
	size_t tunnels, users, memberships, sessions, flows;
};

void l2mc_lns_stats(const struct l2mc_lns *lns, struct l2mc_lns_stats *stats);

const char *l2mc_session_state_name(enum l2mc_session_state state);
const char *l2mc_entry_state_name(enum l2mc_entry_state state);

#endif
