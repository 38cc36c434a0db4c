/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l2mc_lns_p.h - the structs behind l2mc_lns.h, shared by the files of the LNS engine.
 *
 *   lns ── tunnel ── user ── membership ── term (one per source the member names)
 *    │       ├── tgroup: record and contexts of one group in this tunnel
 *    │       │      └── tsource: a source some member of the tunnel names
 *    │       └── session: multicast session, its OSL entries
 *    └── group: all tunnels together
 *            └── flow: a source some member names, and "every other source"
 *
 * A replication context (rc) covers either the whole group in a tunnel (EXCLUDE, or INCLUDE
 * under the per-group policy) or one source.  The receivers it has are OSL entries: a
 * membership has one entry for the whole-group context, each of its INCLUDE terms has one for
 * the context of that source.
 */
#ifndef L2MCD_L2MC_LNS_P_H
#define L2MCD_L2MC_LNS_P_H

#include "l2mcd/l2mc_lns.h"

PREDECL_DLIST(l2mc_entries);
PREDECL_DLIST(l2mc_awaited);
PREDECL_DLIST(l2mc_terms);
PREDECL_DLIST(l2mc_excluders);
PREDECL_DLIST(l2mc_members);
PREDECL_DLIST(l2mc_session_list);
PREDECL_DLIST(l2mc_retiring);
PREDECL_DLIST(l2mc_withdraws);
PREDECL_DLIST(l2mc_user_withdraws);
PREDECL_DLIST(l2mc_flushes);
PREDECL_DLIST(l2mc_tunnel_list);
PREDECL_DLIST(l2mc_user_list);
PREDECL_HASH(l2mc_memberships);
PREDECL_HASH(l2mc_tgroups);
PREDECL_HASH(l2mc_groups);
PREDECL_HASH(l2mc_users);
PREDECL_HASH(l2mc_sids);
PREDECL_HASH(l2mc_serials);

/** A receiver's place in the OSL of a multicast session. */
struct l2mc_entry {
	struct l2mc_entries_item item; /* in session->entries[state], unless NONE */
	struct l2mc_session *session;  /* NULL: NONE */
	struct l2mc_membership *m;
	struct l2mc_term *term; /* NULL: the whole group */
	enum l2mc_entry_state state;
	uint32_t attempts;		     /* how often a NOS has listed it since it joined */
	struct l2mc_awaited_item in_awaited; /* in session->awaited, if awaited */
	msec_t await_until;
	bool awaited; /* NOSA expected at any moment: no unicast copy is started meanwhile */
	bool refused; /* never acknowledged: stays on unicast (A4045-12) */
	bool counted; /* in rc->n_eligible */
};

/** A source that a member names. */
struct l2mc_term {
	struct l2mc_terms_item item; /* INCLUDE: in tsource->wanted[served] */
	struct l2mc_tsource *source;
	struct l2mc_flow *flow;
	struct l2mc_entry entry; /* INCLUDE only */
	bool served;
};

/** What one user wants of one group. */
struct l2mc_membership {
	struct l2mc_memberships_item of_user;
	struct l2mc_members_item in_group;
	struct l2mc_excluders_item excluder; /* EXCLUDE: in tgroup->excluders[served] */
	struct l2mc_user *user;
	struct l2mc_group *group;
	struct l2mc_tgroup *g;
	struct l2mc_entry entry;
	bool exclude, served;
	bool sender; /* sends to the group itself */
	size_t n_terms;
	struct l2mc_term **terms; /* sorted by address */
};

struct l2mc_user {
	struct l2mc_user_list_item in_tunnel;
	struct l2mc_users_item item; /* in tunnel->users, if known */
	struct l2mc_tunnel *t;
	uint16_t session_id, peer_session_id;
	bool eligible_v4, eligible_v6;
	bool known;			  /* no other user has the LAC's Session ID */
	bool gone;			  /* being deleted: no WOS for it any more */
	bool has_priority, priority_told; /* one of its own; the LAC has heard one */
	uint8_t priority, told;
	struct l2mc_memberships_head memberships;
	struct l2mc_user_withdraws_head withdraws;
	void *data;
};

/** Replication context; which one follows from where it is embedded. */
struct l2mc_rc {
	struct l2mc_session *session;
	uint32_t n_eligible;
	msec_t seen; /* its last packet, as far as is known; 0: none was */
	bool silent; /* its last session ended because none came: wait for one */
};

/** A source in a tunnel; first member as l2mc_record_init() demands. */
struct l2mc_tsource {
	struct l2mc_source s;
	struct l2mc_rc rc;
	bool ready;			  /* lists are initialised */
	struct l2mc_terms_head wanted[2]; /* INCLUDE terms: not served, served by multicast */
	uint32_t n_excluders_served;	  /* members that exclude it and are served as a whole */
};

enum l2mc_transition {
	L2MC_STEADY,
	L2MC_WIDEN,  /* INCLUDE to EXCLUDE: kept session gets the whole group (A4045-23) */
	L2MC_NARROW, /* EXCLUDE to INCLUDE: kept session will get one source (A4045-24) */
};

/** A group in a tunnel. */
struct l2mc_tgroup {
	struct l2mc_tgroups_item item;
	size_t in_group; /* index in group->tgroups */
	struct l2mc_tunnel *t;
	struct l2mc_group *group;
	struct l2mc_record record; /* of struct l2mc_tsource */
	struct l2mc_members_head members;
	struct l2mc_excluders_head excluders[2]; /* not served, served */
	struct l2mc_rc rc;			 /* of the whole group */
	bool whole; /* which contexts exist: this one or one per source */
	enum l2mc_transition transition;
	struct l2mc_session *kept;	    /* in a transition */
	struct l2mc_tsource *narrow_to;	    /* NARROW: the source the kept session will carry */
	struct l2mc_retiring_head retiring; /* WIDEN: carry their source until the switch */
	struct timer timer;
};

/** A flow; first member as l2mc_record_init() demands. */
struct l2mc_flow {
	struct l2mc_source s; /* s.addr ADDR_ANY: the group's "every other source" */
	struct l2mc_group *group;
	uint64_t packets; /* carried, as told last */
};

/** A group over all tunnels. */
struct l2mc_group {
	struct l2mc_groups_item item;
	struct addr addr;
	struct l2mc_lns *lns;
	struct l2mc_record record; /* of struct l2mc_flow */
	struct l2mc_flow any;
	struct l2mc_tgroup **tgroups; /* an array: walking it need not wait for each element */
	size_t n_tgroups, tgroups_size;
};

/** What a multicast session carries at this moment. */
enum l2mc_forward {
	L2MC_FWD_NONE,
	L2MC_FWD_ONE, /* session->source */
	L2MC_FWD_ALL,
};

/** A Session ID to be withdrawn from the LAC's OSL. */
struct l2mc_withdraw {
	struct l2mc_withdraws_item item; /* in session->withdraws[sent] */
	struct l2mc_user_withdraws_item of_user;
	struct l2mc_session *session;
	struct l2mc_user *user;
	struct l2mc_entry *held; /* to be released when the LAC has it, or NULL */
	bool sent;
	bool was_acked; /* the LAC still replicates to the user */
	bool rejoin;	/* held is to be listed again once the LAC has this */
};

struct l2mc_session {
	struct l2mc_sids_item by_id; /* in tunnel->sessions while session_id is ours */
	struct l2mc_serials_item by_serial;
	struct l2mc_session_list_item in_tunnel;
	struct l2mc_retiring_item in_retiring; /* g->retiring, if retiring */
	struct l2mc_flushes_item in_flush;
	uint64_t serial; /* cookies are made of it */
	struct l2mc_lns *lns;
	struct l2mc_tunnel *t;
	struct l2mc_tgroup *g;	   /* NULL: detached, on its way out */
	struct l2mc_tsource *ts;   /* its context: one source, or NULL: the whole group */
	struct addr group, source; /* what it carries: for display and L2MC_FWD_ONE */
	enum l2mc_session_state state;
	enum l2mc_forward forward;
	uint16_t session_id, peer_session_id;
	bool sequencing, retiring, in_flight, queued;
	uint32_t maximum_bps; /* told in the MSRQ */
	uint8_t priority;     /* told in an MSI; best effort if none was (R4045-6.3-1) */
	msec_t since;
	struct l2mc_entries_head entries[L2MC_ENTRY_HELD + 1];
	struct l2mc_withdraws_head withdraws[2]; /* to be sent, sent */
	struct l2mc_awaited_head awaited;	 /* the earliest first */
	uint64_t mark;				 /* l2mc_flow.c */
	struct timer timer;			 /* establishment, hold-off */
	struct timer hold;			 /* below the threshold */
	struct timer retry;			 /* unacknowledged entries */
	struct timer withdraw;			 /* unicast resumes */
	struct timer idle;			 /* no packets */
	struct timer await; /* unicast copies for those whose NOSA did not come */
};

struct l2mc_tunnel {
	struct l2mc_tunnel_list_item item;
	struct l2mc_lns *lns;
	uint16_t tunnel_id;
	bool capable, gone;
	bool starved, retry; /* a session could not be opened; one has ended since */
	struct l2mc_user_list_head all_users;
	struct l2mc_users_head users; /* by the LAC's Session ID */
	struct l2mc_tgroups_head tgroups;
	struct l2mc_sids_head sessions; /* by our Session ID */
	struct l2mc_session_list_head list;
	size_t n_sessions; /* neither closing nor in hold-off */
	void *data;
};

struct l2mc_lns {
	const struct l2mc_lns_ops *ops;
	void *ctx;
	struct twheel *wheel;
	struct l2mc_policy policy;
	struct l2mc_groups_head groups;
	struct l2mc_tunnel_list_head tunnels;
	struct l2mc_serials_head serials;
	struct l2mc_flushes_head flushes;
	uint64_t last_serial, last_mark;
	bool retry; /* some tunnel->retry is set */
	struct l2mc_lns_stats stats;
};

/* ---------------------------------------------------------------- containers */

/* Hashed is what things are called, not where they lie: runs can be repeated. */
static inline int l2mc_membership_cmp(const struct l2mc_membership *a,
				      const struct l2mc_membership *b)
{
	return a->group == b->group ? 0 : a->group < b->group ? -1 : 1;
}

static inline uint32_t l2mc_membership_hash(const struct l2mc_membership *m)
{
	return jhash(m->group->addr.b, sizeof(m->group->addr.b), 1);
}

static inline int l2mc_tgroup_cmp(const struct l2mc_tgroup *a, const struct l2mc_tgroup *b)
{
	return a->group == b->group ? 0 : a->group < b->group ? -1 : 1;
}

static inline uint32_t l2mc_tgroup_hash(const struct l2mc_tgroup *g)
{
	return jhash(g->group->addr.b, sizeof(g->group->addr.b), 2);
}

static inline int l2mc_group_cmp(const struct l2mc_group *a, const struct l2mc_group *b)
{
	return addr_cmp(&a->addr, &b->addr);
}

static inline uint32_t l2mc_group_hash(const struct l2mc_group *g)
{
	return jhash(g->addr.b, sizeof(g->addr.b), 3);
}

static inline int l2mc_user_cmp(const struct l2mc_user *a, const struct l2mc_user *b)
{
	return (int)a->peer_session_id - (int)b->peer_session_id;
}

static inline uint32_t l2mc_user_hash(const struct l2mc_user *u)
{
	return jhash_1word(u->peer_session_id, 4);
}

static inline int l2mc_sid_cmp(const struct l2mc_session *a, const struct l2mc_session *b)
{
	return (int)a->session_id - (int)b->session_id;
}

static inline uint32_t l2mc_sid_hash(const struct l2mc_session *s)
{
	return jhash_1word(s->session_id, 5);
}

static inline int l2mc_serial_cmp(const struct l2mc_session *a, const struct l2mc_session *b)
{
	return a->serial == b->serial ? 0 : a->serial < b->serial ? -1 : 1;
}

static inline uint32_t l2mc_serial_hash(const struct l2mc_session *s)
{
	return jhash_2words(s->serial, s->serial >> 32, 6);
}

DECLARE_DLIST(l2mc_entries, struct l2mc_entry, item);
DECLARE_DLIST(l2mc_awaited, struct l2mc_entry, in_awaited);
DECLARE_DLIST(l2mc_terms, struct l2mc_term, item);
DECLARE_DLIST(l2mc_excluders, struct l2mc_membership, excluder);
DECLARE_DLIST(l2mc_members, struct l2mc_membership, in_group);
DECLARE_DLIST(l2mc_session_list, struct l2mc_session, in_tunnel);
DECLARE_DLIST(l2mc_retiring, struct l2mc_session, in_retiring);
DECLARE_DLIST(l2mc_withdraws, struct l2mc_withdraw, item);
DECLARE_DLIST(l2mc_user_withdraws, struct l2mc_withdraw, of_user);
DECLARE_DLIST(l2mc_flushes, struct l2mc_session, in_flush);
DECLARE_DLIST(l2mc_tunnel_list, struct l2mc_tunnel, item);
DECLARE_DLIST(l2mc_user_list, struct l2mc_user, in_tunnel);
DECLARE_HASH(l2mc_memberships, struct l2mc_membership, of_user, l2mc_membership_cmp,
	     l2mc_membership_hash);
DECLARE_HASH(l2mc_tgroups, struct l2mc_tgroup, item, l2mc_tgroup_cmp, l2mc_tgroup_hash);
DECLARE_HASH(l2mc_groups, struct l2mc_group, item, l2mc_group_cmp, l2mc_group_hash);
DECLARE_HASH(l2mc_users, struct l2mc_user, item, l2mc_user_cmp, l2mc_user_hash);
DECLARE_HASH(l2mc_sids, struct l2mc_session, by_id, l2mc_sid_cmp, l2mc_sid_hash);
DECLARE_HASH(l2mc_serials, struct l2mc_session, by_serial, l2mc_serial_cmp, l2mc_serial_hash);

/** Served by multicast: HELD still is, until the LAC has the withdrawal; awaited soon is. */
static inline bool l2mc_entry_serves(const struct l2mc_entry *e)
{
	return e->state == L2MC_ENTRY_ACKED || e->state == L2MC_ENTRY_HELD || e->awaited;
}

/** The context it is a receiver of. */
static inline struct l2mc_rc *l2mc_entry_context(struct l2mc_entry *e)
{
	return e->term ? &e->term->source->rc : &e->m->g->rc;
}

/** Receivers in the OSL that no NOSA has confirmed. */
static inline size_t l2mc_session_unconfirmed(const struct l2mc_session *s)
{
	return l2mc_entries_count(&s->entries[L2MC_ENTRY_ADD]) +
	       l2mc_entries_count(&s->entries[L2MC_ENTRY_LISTED]);
}

static inline struct l2mc_tsource *l2mc_tsource_first(struct l2mc_tgroup *g)
{
	return (struct l2mc_tsource *)l2mc_record_first(&g->record);
}

static inline struct l2mc_tsource *l2mc_tsource_next(struct l2mc_tgroup *g, struct l2mc_tsource *ts)
{
	return (struct l2mc_tsource *)l2mc_record_next(&g->record, &ts->s);
}

/* ---------------------------------------------------------------- l2mc_member.c */

struct l2mc_membership *l2mc_membership_find(struct l2mc_user *u, const struct l2mc_group *group);

/** The entry by which this session serves the membership, or NULL. */
struct l2mc_entry *l2mc_membership_entry(struct l2mc_membership *m, const struct l2mc_session *s);

/** Takes its place in the OSLs of the contexts there are, as far as it may. */
void l2mc_membership_join(struct l2mc_membership *m);

/** Every membership of the user ends. */
void l2mc_user_leave_all(struct l2mc_user *u, msec_t now);

/* ---------------------------------------------------------------- l2mc_context.c */

/** The conditions of the session's context may have changed: open, keep or end it. */
void l2mc_context_review(struct l2mc_tgroup *g, struct l2mc_tsource *ts, msec_t now);

/** Reviews every context of the group; does not look whether a transition is over. */
void l2mc_context_review_group(struct l2mc_tgroup *g, msec_t now);

/** Reviews every context of the tunnel (policy changed, a Session ID became free). */
void l2mc_context_review_all(struct l2mc_tunnel *t, msec_t now);

/** Filter mode or policy may have changed: one context for the group, or one per source. */
void l2mc_context_mode(struct l2mc_tgroup *g, msec_t now);

/* ---------------------------------------------------------------- l2mc_transition.c */

void l2mc_transition_widen(struct l2mc_tgroup *g, msec_t now);
void l2mc_transition_narrow(struct l2mc_tgroup *g, msec_t now);

/** A session came up, was acknowledged by a NOSA or ended: a transition may be over. */
void l2mc_transition_progress(struct l2mc_tgroup *g, msec_t now);

/* ---------------------------------------------------------------- l2mc_entry.c */

/** Moves the entry to another state, and all that hangs on it: lists, served flags, flows. */
void l2mc_entry_set(struct l2mc_entry *e, struct l2mc_session *s, enum l2mc_entry_state state);

/** The receiver joins the OSL, if it may and the session is able to take it. */
void l2mc_entry_join(struct l2mc_entry *e, struct l2mc_session *s);

/** The same for a receiver that did not get the flow so far: it may wait for its NOSA. */
void l2mc_entry_join_new(struct l2mc_entry *e, struct l2mc_session *s);

/** Timer: whoever waited long enough gets unicast copies. */
void l2mc_entry_await_fires(struct timer *t, msec_t now);

/** The receiver leaves the OSL.  If it still wants the flow l2mc_entry_join() comes next: then
 *  it is HELD until the LAC has the withdrawal. */
void l2mc_entry_leave(struct l2mc_entry *e);

/** The receiver keeps its place in the OSL under another entry (same user, same session). */
void l2mc_entry_move(struct l2mc_entry *from, struct l2mc_entry *to);

/** Counts the entry as receiver of rc, or stops doing so. */
void l2mc_entry_count(struct l2mc_entry *e, struct l2mc_rc *rc, bool eligible);

void l2mc_withdraw_free(struct l2mc_withdraw *w);

/** The withdrawal is done, or has waited long enough: unicast resumes (A4045-37). */
void l2mc_withdraw_release(struct l2mc_withdraw *w);

/** The withdrawal of this user that the LAC has not yet acknowledged, or NULL. */
struct l2mc_withdraw *l2mc_withdraw_find(struct l2mc_user *u, const struct l2mc_session *s);

/** Marks the session for l2mc_lns_flush(). */
void l2mc_session_queue(struct l2mc_session *s);

/* ---------------------------------------------------------------- l2mc_session.c */

/** Sends an MSRQ for a context; its receivers join the OSL. */
void l2mc_session_open(struct l2mc_tgroup *g, struct l2mc_tsource *ts, msec_t now);

/**
 * Ends the session: no more data, MSEN.  Its receivers go back to unicast in the same
 * forwarding update.  withdraw_first: WOS for all of them before the MSEN.
 */
void l2mc_session_close(struct l2mc_session *s, enum l2tp_msen_result result, enum l2tp_error error,
			bool withdraw_first, msec_t now);

/** Changes what the session carries. */
void l2mc_session_forward(struct l2mc_session *s, enum l2mc_forward forward,
			  const struct addr *source);

/** Adopts the session for another context. */
void l2mc_session_adopt(struct l2mc_session *s, struct l2mc_tsource *ts);

/** The session leaves its context but carries its source until it is closed (WIDEN). */
void l2mc_session_retire(struct l2mc_session *s);

/** Compares receivers with the threshold: opens nothing, but may end the session. */
void l2mc_session_review(struct l2mc_session *s, uint32_t n_eligible, msec_t now);

/** Sends the accumulated OSL updates of this session. */
void l2mc_session_flush(struct l2mc_session *s, msec_t now);

/** Some receiver is LISTED: list it again if no NOSA comes (A4045-12). */
void l2mc_session_expect(struct l2mc_session *s, msec_t now);

void l2mc_session_input(struct l2mc_session *s, const struct l2tp_msg *m,
			const struct l2tp_fault *fault, msec_t now);
void l2mc_session_acked(struct l2mc_session *s, bool msen, msec_t now);

/** Ends the session because of a fault of the LAC or an order of the administrator. */
void l2mc_session_fail(struct l2mc_session *s, enum l2tp_error error, msec_t now);

/** The context the session belongs to. */
struct l2mc_rc *l2mc_session_context(const struct l2mc_session *s);

/** Forgets the session without a message. */
void l2mc_session_free(struct l2mc_session *s);

/* ---------------------------------------------------------------- l2mc_traffic.c */

/** True if traffic is no reason against a session for this context. */
bool l2mc_traffic_suffices(const struct l2mc_lns *lns, const struct l2mc_rc *rc, msec_t now);

/** The session is established, or the policy is new: it ends when it carries nothing. */
void l2mc_traffic_watch(struct l2mc_session *s, msec_t now);

/* ---------------------------------------------------------------- l2mc_flow.c */

void l2mc_flow_changed(struct l2mc_flow *f);
/** The flows of every source the membership wants, or did until now. */
void l2mc_flows_of_membership(struct l2mc_membership *m);
void l2mc_flows_of_group(struct l2mc_group *group);

/** The term naming this source, or NULL. */
struct l2mc_term *l2mc_membership_term(const struct l2mc_membership *m, const struct addr *source);

#endif
