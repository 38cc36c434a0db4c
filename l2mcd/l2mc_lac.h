/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l2mc_lac.h - RFC 4045 on the LAC: multicast sessions and their outgoing session lists.
 *
 * The LAC knows neither groups nor sources (A4045-40): it answers MSRQ, keeps one OSL per
 * multicast session, and acknowledges Session IDs once forwarding replicates to them
 * (R4045-6.2.1-3).  State table S4045-A*.  An engine: messages and `now` go in; messages to
 * the LNS and changed OSLs come out.
 */
#ifndef L2MCD_L2MC_LAC_H
#define L2MCD_L2MC_LAC_H

#include "l2mcd/l2mc_priority.h"
#include "l2mcd/l2tp_msg.h"
#include "lib/base.h"

DECLARE_MGROUP(L2MC);

struct l2mc_lac;
struct l2mc_lac_tunnel;
struct l2mc_osl; /* one multicast session with its outgoing session list */

struct l2mc_lac_policy {
	uint32_t maximum_sessions; /* multicast sessions per tunnel, 0: no limit (R4045-10-3) */
	uint32_t maximum_osl;	   /* entries of one OSL, 0: no limit */
	bool sequencing;	   /* ask for sequence numbers in the MSE (R4045-5.3-3) */
	bool drop_late;		   /* of numbered data: what has been overtaken (A4045-18) */
	bool ack_lac_id;	   /* the header of a NOSA has our ID (A4045-2) */
	enum l2mc_precedence precedence; /* of priorities (R4045-6.3.3-1) */
};

/** program() may call l2mc_osl_installed() at once; no other callback may call back. */
struct l2mc_lac_ops {
	/** As in l2mc_lns.h; cookies have the highest bit set. */
	uint16_t (*reserve_id)(void *ctx, struct l2mc_lac_tunnel *t);
	void (*release_id)(void *ctx, struct l2mc_lac_tunnel *t, uint16_t session_id);
	bool (*send)(void *ctx, struct l2mc_lac_tunnel *t, const struct l2tp_msg *m,
		     uint64_t cookie);
	/** True if session_id is an established unicast session of the tunnel for which we are
	 *  the LAC (A4045-10). */
	bool (*is_member)(void *ctx, struct l2mc_lac_tunnel *t, uint16_t session_id);
	/** True if a forwarding agent is there to replicate; else MSRQ is refused. */
	bool (*ready)(void *ctx);
	/** The OSL is new or changed: have it installed and call l2mc_osl_installed(). */
	void (*program)(void *ctx, const struct l2mc_osl *o);
	/** The multicast session is over: remove it from forwarding. */
	void (*unprogram)(void *ctx, const struct l2mc_osl *o);
	/** Something happened that an operator may want to see; may be NULL. */
	void (*event)(void *ctx, const struct l2mc_osl *o, const char *what);
};

struct l2mc_lac *l2mc_lac_new(const struct l2mc_lac_ops *ops, void *ctx,
			      const struct l2mc_lac_policy *policy);
/** All tunnels must have been deleted. */
void l2mc_lac_free(struct l2mc_lac *lac);
void l2mc_lac_set_policy(struct l2mc_lac *lac, const struct l2mc_lac_policy *policy);

/** offered: we sent AVP 80 in this tunnel's set-up; otherwise MSRQ is ignored (R4045-5.1-3). */
struct l2mc_lac_tunnel *l2mc_lac_tunnel_add(struct l2mc_lac *lac, uint16_t tunnel_id, bool offered,
					    void *data);
/** Forgets the tunnel and its multicast sessions; unprogram() runs, nothing is sent. */
void l2mc_lac_tunnel_del(struct l2mc_lac_tunnel *t);
void *l2mc_lac_tunnel_data(const struct l2mc_lac_tunnel *t);
uint16_t l2mc_lac_tunnel_id(const struct l2mc_lac_tunnel *t);

/** A unicast session is gone: it leaves every OSL at once (A4045-32). */
void l2mc_lac_session_gone(struct l2mc_lac_tunnel *t, uint16_t session_id);

/** A message of RFC 4045 from the LNS; fault: it was malformed there (may be NULL). */
void l2mc_lac_input(struct l2mc_lac_tunnel *t, const struct l2tp_msg *m,
		    const struct l2tp_fault *fault, msec_t now);
/** True if the message is for the LAC of a tunnel in which we are the LNS, too (A4045-22). */
bool l2mc_lac_concerns(const struct l2mc_lac_tunnel *t, const struct l2tp_msg *m);
/** The transport acknowledged the message sent with this cookie. */
void l2mc_lac_acked(struct l2mc_lac *lac, uint64_t cookie, msec_t now);

/**
 * Forwarding has taken over the OSL as of this version (ok) or could not.  The IDs listed up
 * to that version are acknowledged (AVP 82); the first confirmation sends the MSE.  A failure
 * of an empty OSL ends the session (S4045-A7), a later one leaves the new IDs unacknowledged.
 */
void l2mc_osl_installed(struct l2mc_lac_tunnel *t, uint16_t session_id, uint64_t version, bool ok,
			msec_t now);

/** Administrative end: MSEN 2/6 to the LNS. */
void l2mc_osl_clear(struct l2mc_lac_tunnel *t, uint16_t session_id, msec_t now);

/** No data for some time: MSEN 1 (R4045-7.3-1). */
void l2mc_osl_idle(struct l2mc_lac_tunnel *t, uint16_t session_id, msec_t now);

/* ---------------------------------------------------------------- what the OSL is */

enum l2mc_osl_state {
	L2MC_OSL_WAIT_READY,
	L2MC_OSL_ESTABLISHED,
	L2MC_OSL_CLOSING, /* MSEN sent, not acknowledged: the ID stays reserved (A4045-47) */
	L2MC_OSL_STATES
};

struct l2mc_osl_info {
	enum l2mc_osl_state state;
	const struct l2mc_lac_tunnel *tunnel;
	uint16_t session_id, peer_session_id;
	uint32_t maximum_bps; /* 0: not limited (A4045-17) */
	bool sequencing, drop_late;
	uint64_t version; /* grows with every change of the list */
	size_t n_members, n_acked;
	msec_t since;
	bool has_priority;
	uint8_t priority; /* AVP 84, global: l2mc_osl_priority() says what counts */
};

void l2mc_osl_info(const struct l2mc_osl *o, struct l2mc_osl_info *info);
/** Session IDs in ascending order; valid until the next change. */
const uint16_t *l2mc_osl_members(const struct l2mc_osl *o, size_t *n);
/** The priority that counts for packets of this multicast session to a member. */
uint8_t l2mc_osl_priority(const struct l2mc_osl *o, uint16_t session_id);
/** The individual priority of a unicast session; false: none was received. */
bool l2mc_lac_individual(const struct l2mc_lac_tunnel *t, uint16_t session_id, uint8_t *priority);
struct l2mc_osl *l2mc_osl_find(const struct l2mc_lac_tunnel *t, uint16_t session_id);
void l2mc_osl_walk(const struct l2mc_lac *lac, void (*fn)(void *arg, const struct l2mc_osl *o),
		   void *arg);

struct l2mc_lac_stats {
	uint64_t tx[L2TP_MSG_TYPES], rx[L2TP_MSG_TYPES];
	uint64_t opened, refused, not_offered, unknown_id, unexpected, malformed;
	uint64_t ids_listed, ids_acked, ids_unusable, ids_zero, ids_withdrawn, purged;
	uint64_t ids_misplaced;		/* in an MSI about a unicast session (A4045-45) */
	uint64_t individual_priorities; /* AVP 84 about a unicast session (R4045-6.3.2-1) */
	size_t tunnels, sessions;
};
void l2mc_lac_stats(const struct l2mc_lac *lac, struct l2mc_lac_stats *stats);
const char *l2mc_osl_state_name(enum l2mc_osl_state state);

#endif
