/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l2tp_engine_p.h - inside of the L2TP engine; not for users of l2tp_engine.h.
 *
 * Files: l2tp_fsm.c has the state tables, l2tp_tunnel.c and l2tp_session.c what the rows do,
 * l2tp_reliable.c the delivery below them, l2tp_engine.c the way in and out, l2tp_accept.c what
 * belongs to no tunnel yet, l2tp_handshake.c what the ends say about themselves.
 *
 * Life times.  A callback may close what is being processed.  What ends is taken out of all
 * tables at once, but its memory is freed when the outermost function of the engine returns
 * (l2tp_enter(), l2tp_leave()), so code may look at ->dead after a callback.
 */
#ifndef L2MCD_L2TP_ENGINE_P_H
#define L2MCD_L2TP_ENGINE_P_H

#include "l2mcd/l2tp_fsm.h"
#include "l2mcd/l2tp_hide.h"
#include "l2mcd/l2tp_reliable.h"

#define L2TP_CHALLENGE_LEN   16
#define L2TP_VENDOR_NAME_LEN 64
#define L2TP_VERSION	     0x0100 /* AVP 2: version 1, revision 0 (R2661-4.4.3-1) */
#define L2TP_FRAMING_ALL     0x3    /* synchronous and asynchronous */
#define L2TP_BEARER_ALL	     0x3    /* digital and analogue */
#define L2TP_ACCM_DEFAULT    0xffffffff /* everything is escaped (R2661-4.4.6-2) */
#define L2TP_ANSWER_MS	     60000	/* time a called line has to answer */

PREDECL_HASH(l2tp_sids);
PREDECL_HASH(l2tp_peer_sids);
PREDECL_DLIST(l2tp_sessions);
PREDECL_DLIST(l2tp_waiting);
PREDECL_DLIST(l2tp_dead_sessions);
PREDECL_HASH(l2tp_tids);
PREDECL_HASH(l2tp_peers);
PREDECL_HASH(l2tp_digests);
PREDECL_DLIST(l2tp_tunnels);
PREDECL_DLIST(l2tp_opening);
PREDECL_DLIST(l2tp_pending);
PREDECL_DLIST(l2tp_dead_tunnels);
PREDECL_DLIST(l2tp_out);

/** Why something ends, as StopCCN and CDN tell it. */
struct l2tp_cause {
	uint16_t result;
	bool has_error;
	uint16_t error;
	const char *text; /* NULL: none */
};

/** A Session ID in use: by a session, or reserved for multicast (A4045-31). */
struct l2tp_sid {
	struct l2tp_sids_item item;
	uint16_t id;
	struct l2tp_session *session; /* NULL: multicast */
};

struct l2tp_session {
	struct l2tp_sid sid; /* sid.id 0: there was none left */
	struct l2tp_peer_sids_item peer_item;
	struct l2tp_sessions_item item;
	struct l2tp_waiting_item waiting_item;
	struct l2tp_dead_sessions_item dead_item;
	struct l2tp_tunnel *t;
	enum l2tp_role role;
	enum l2tp_session_state state;
	bool listed;	 /* in t->sessions */
	bool waiting;	 /* in t->waiting: for the tunnel */
	bool peer_known; /* in t->peer_sids */
	bool announced;	 /* the daemon knows it: session_down() is due */
	bool dead;
	uint16_t peer_session_id;
	uint32_t serial;
	struct l2tp_call call;
	struct l2tp_proxy *proxy; /* what call.proxy points to */
	uint32_t send_accm, receive_accm;
	struct l2tp_link *link; /* errors of the call, l2tp_link.c; NULL: none so far */
	msec_t created, established;
	struct timer timer; /* set-up */
	const char *doomed; /* ends when the timer fires, for this reason */
	uint16_t peer_result, peer_error; /* of the peer's CDN */
	void *data;
};

struct l2tp_tunnel {
	struct l2tp_tids_item id_item;
	struct l2tp_peers_item peer_item;
	struct l2tp_digests_item digest_item;
	struct l2tp_tunnels_item item;
	struct l2tp_opening_item opening_item;
	struct l2tp_pending_item pending_item;
	struct l2tp_dead_tunnels_item dead_item;
	struct l2tp_engine *e;
	enum l2tp_tunnel_state state;
	uint16_t id, peer_id;
	struct endpoint local, peer;
	struct endpoint from_local, from_peer; /* of the datagram being processed */
	struct l2tp_out *zlb;		       /* in e->out; what follows acknowledges, too */
	bool initiator;
	bool peer_fixed; /* the peer's address and port are (R2661-8.1-1) */
	bool opening;	 /* in e->opening: a SCCRQ may cross ours */
	bool waits;	 /* in e->pending */
	bool peer_known; /* in e->by_peer */
	bool digested;	 /* in e->by_digest: its SCCRQ hid the peer's Tunnel ID */
	uint32_t digest; /* of that SCCRQ */
	bool announced;	 /* the daemon knows it: tunnel_down() is due */
	bool dead;
	uint16_t refused; /* StopCCN result the SCCRQ is to be refused with, 0: none */
	struct l2tp_params p;
	void *data;

	char peer_host_name[L2TP_HOST_NAME_LEN], peer_vendor_name[L2TP_VENDOR_NAME_LEN];
	uint16_t peer_firmware;
	uint32_t peer_framing, peer_bearer;
	bool peer_multicast, offered_multicast; /* AVP 80 (A4045-20, -21) */
	bool authenticated;
	bool has_tie_breaker;
	uint64_t tie_breaker;
	bool tie_lost;			       /* l2tp_engine.c, crossing() */
	uint8_t challenge[L2TP_CHALLENGE_LEN]; /* ours */

	msec_t created, established, heard;
	struct timer hello, idle;
	struct timer timer; /* set-up; linger in CLOSING */
	const char *doomed; /* ends when the timer fires, for this reason */
	uint16_t peer_result, peer_error; /* of the peer's StopCCN */
	struct l2tp_reliable reliable;

	struct l2tp_sids_head sids;
	struct l2tp_peer_sids_head peer_sids;
	struct l2tp_sessions_head sessions; /* all but those in CLOSING */
	struct l2tp_waiting_head waiting;
};

/** A datagram to send. */
struct l2tp_out {
	struct l2tp_out_item item;
	struct endpoint local, peer;
	struct l2tp_tunnel *zlb_of; /* a ZLB of this tunnel, not sent yet */
	size_t len;
	uint8_t data[];
};

/*
 * Tunnels that peers have opened and that are not established, refused ones that wait for the
 * acknowledgement of StopCCN included: anybody can send a SCCRQ.  In all, and of one address.
 */
#define L2TP_MAX_PENDING      1024
#define L2TP_MAX_PENDING_PEER 64

struct l2tp_engine {
	const struct l2tp_ops *ops;
	void *ctx;
	struct twheel *wheel;
	struct l2tp_stats stats;
	struct l2tp_decoder *decoder;
	uint32_t last_serial; /* Call Serial Number (R2661-4.4.4-3) */
	unsigned int depth;
	struct l2tp_tids_head by_id;
	struct l2tp_peers_head by_peer;
	struct l2tp_digests_head by_digest;
	struct l2tp_tunnels_head tunnels;
	struct l2tp_opening_head opening;
	struct l2tp_pending_head pending;
	struct l2tp_dead_tunnels_head dead_tunnels;
	struct l2tp_dead_sessions_head dead_sessions;
	struct l2tp_out_head out;
	struct l2tp_out *last; /* lent to the caller of l2tp_engine_output() */
};

int l2tp_tid_cmp(const struct l2tp_tunnel *a, const struct l2tp_tunnel *b);
uint32_t l2tp_tid_hash(const struct l2tp_tunnel *t);
int l2tp_peer_cmp(const struct l2tp_tunnel *a, const struct l2tp_tunnel *b);
uint32_t l2tp_peer_hash(const struct l2tp_tunnel *t);
int l2tp_digest_cmp(const struct l2tp_tunnel *a, const struct l2tp_tunnel *b);
uint32_t l2tp_digest_hash(const struct l2tp_tunnel *t);
int l2tp_sid_cmp(const struct l2tp_sid *a, const struct l2tp_sid *b);
uint32_t l2tp_sid_hash(const struct l2tp_sid *s);
int l2tp_peer_sid_cmp(const struct l2tp_session *a, const struct l2tp_session *b);
uint32_t l2tp_peer_sid_hash(const struct l2tp_session *s);

DECLARE_HASH(l2tp_tids, struct l2tp_tunnel, id_item, l2tp_tid_cmp, l2tp_tid_hash);
DECLARE_HASH(l2tp_peers, struct l2tp_tunnel, peer_item, l2tp_peer_cmp, l2tp_peer_hash);
DECLARE_HASH(l2tp_digests, struct l2tp_tunnel, digest_item, l2tp_digest_cmp, l2tp_digest_hash);
DECLARE_DLIST(l2tp_tunnels, struct l2tp_tunnel, item);
DECLARE_DLIST(l2tp_opening, struct l2tp_tunnel, opening_item);
DECLARE_DLIST(l2tp_pending, struct l2tp_tunnel, pending_item);
DECLARE_DLIST(l2tp_dead_tunnels, struct l2tp_tunnel, dead_item);
DECLARE_HASH(l2tp_sids, struct l2tp_sid, item, l2tp_sid_cmp, l2tp_sid_hash);
DECLARE_HASH(l2tp_peer_sids, struct l2tp_session, peer_item, l2tp_peer_sid_cmp, l2tp_peer_sid_hash);
DECLARE_DLIST(l2tp_sessions, struct l2tp_session, item);
DECLARE_DLIST(l2tp_waiting, struct l2tp_session, waiting_item);
DECLARE_DLIST(l2tp_dead_sessions, struct l2tp_session, dead_item);
DECLARE_DLIST(l2tp_out, struct l2tp_out, item);

/* ---------------------------------------------------------------- l2tp_engine.c */

/** A control message with a valid header. */
struct l2tp_arrival {
	const struct endpoint *local, *peer;
	uint16_t tunnel_id, ns, nr;
	struct span data; /* cut to the Length of its header (A2661-10) */
};

/** A datagram that belongs to t. */
void l2tp_tunnel_input(struct l2tp_tunnel *t, const struct l2tp_arrival *d, msec_t now);

/** Around everything that may run callbacks; the outermost leave frees what has died. */
void l2tp_enter(struct l2tp_engine *e);
void l2tp_leave(struct l2tp_engine *e);

/** Queues a datagram of this tunnel for l2tp_engine_output(). */
void l2tp_engine_emit(struct l2tp_tunnel *t, enum l2tp_msg_type type, struct span data, bool again);

void l2tp_random_octets(struct l2tp_engine *e, uint8_t *to, size_t len);
struct l2tp_tunnel *l2tp_tunnel_by_id(struct l2tp_engine *e, uint16_t id);
struct l2tp_tunnel *l2tp_tunnel_by_peer(struct l2tp_engine *e, const struct endpoint *peer,
					uint16_t peer_id);

/* ---------------------------------------------------------------- l2tp_accept.c */

/** A control message with Tunnel ID 0. */
void l2tp_accept_input(struct l2tp_engine *e, const struct l2tp_arrival *d, msec_t now);

/* ---------------------------------------------------------------- l2tp_tunnel.c */

/** No Session or Tunnel ID is 0 (R2661-5.3-2); id 0 means that all are taken. */
struct l2tp_tunnel *l2tp_tunnel_new(struct l2tp_engine *e, const struct endpoint *local,
				    const struct endpoint *peer, const struct l2tp_params *p,
				    msec_t now);

/** Out of all tables, without callbacks; memory goes with l2tp_leave(). */
void l2tp_tunnel_end(struct l2tp_tunnel *t);
void l2tp_tunnel_free(struct l2tp_tunnel *t);

/** The last session has gone, or the tunnel is up without one (R2661-7.6-2). */
void l2tp_tunnel_idle(struct l2tp_tunnel *t, msec_t now);

/** The peer's Tunnel ID is known now. */
void l2tp_tunnel_set_peer_id(struct l2tp_tunnel *t, uint16_t peer_id);

void l2tp_tunnel_forget_peer_id(struct l2tp_tunnel *t);

/** What no message of this tunnel has brought about, such as a crossing SCCRQ. */
void l2tp_tunnel_event(struct l2tp_tunnel *t, enum l2tp_tunnel_event ev, const char *reason,
		       msec_t now);

/** Encodes and queues a message of this tunnel; false: it does not fit. */
bool l2tp_tunnel_transmit(struct l2tp_tunnel *t, const struct l2tp_msg *m, uint64_t cookie,
			  msec_t now);

/** A message in order; fault is set for L2TP_DECODE_BAD and _UNKNOWN_TYPE. */
void l2tp_tunnel_receive(struct l2tp_tunnel *t, const struct l2tp_msg *m, enum l2tp_decode verdict,
			 const struct l2tp_fault *fault, msec_t now);

/** Any datagram of the peer is a sign of life (R2661-6.5-2). */
static inline void l2tp_tunnel_heard(struct l2tp_tunnel *t, msec_t now)
{
	t->heard = now;
}

/** Time that a set-up may take: a message each way, with all repetitions. */
static inline msec_t l2tp_tunnel_setup_time(const struct l2tp_tunnel *t)
{
	return 2 * (l2tp_reliable_cycle(&t->reliable.p) + t->reliable.p.rto_max_ms);
}

/* ---------------------------------------------------------------- l2tp_handshake.c */

/** What SCCRQ and SCCRP have in common (R2661-6.1-1, R2661-6.2-1). */
void l2tp_handshake_put(struct l2tp_tunnel *t, struct l2tp_msg *m);

/** Answers in *m the challenge of the peer's message, if it has one (R2661-4.4.3-11). */
void l2tp_handshake_respond(const struct l2tp_tunnel *t, const struct l2tp_msg *from,
			    struct l2tp_msg *m, uint8_t response[L2TP_RESPONSE_LEN]);

void l2tp_handshake_learn(struct l2tp_tunnel *t, const struct l2tp_msg *m);

/** Whether the tunnel may go on; if not, *c says why. */
bool l2tp_sccrq_acceptable(struct l2tp_tunnel *t, const struct l2tp_msg *m, struct l2tp_cause *c);
bool l2tp_sccrp_acceptable(struct l2tp_tunnel *t, const struct l2tp_msg *m, struct l2tp_cause *c);

/** The peer has answered our challenge, if we have a secret (R2661-5.1.1-1). */
bool l2tp_authenticate(struct l2tp_tunnel *t, const struct l2tp_msg *m, struct l2tp_cause *c);

/* ---------------------------------------------------------------- l2tp_session.c */

/** A message about a call came on an established tunnel; fault: it was malformed. */
void l2tp_session_receive(struct l2tp_tunnel *t, const struct l2tp_msg *m,
			  const struct l2tp_fault *fault, msec_t now);

/** If the tunnel is open, waiting calls proceed (F2661-IA4). */
void l2tp_sessions_tunnel_open(struct l2tp_tunnel *t, msec_t now);

/** The tunnel ends: so do its sessions, without CDN (R2661-6.4-1). */
void l2tp_sessions_tunnel_down(struct l2tp_tunnel *t, const char *reason, msec_t now);

/** The CDN of this session is acknowledged: its ID is free (A4045-32). */
void l2tp_session_cdn_acked(struct l2tp_tunnel *t, uint16_t session_id);

/** Frees all Session IDs, sessions in CLOSING and reservations included. */
void l2tp_sessions_end(struct l2tp_tunnel *t);
void l2tp_session_free(struct l2tp_session *s);

/* ---------------------------------------------------------------- helpers */

static inline struct span l2tp_text_span(const char *text)
{
	return (struct span){(const uint8_t *)text, text ? strlen(text) : 0};
}

/** Copies octets of a message as text, cut if need be. */
void l2tp_copy_text(char *to, size_t size, struct span from);

/** The text is cut: a StopCCN or CDN always fits. */
void l2tp_put_result(struct l2tp_msg *m, const struct l2tp_cause *c);

#endif
