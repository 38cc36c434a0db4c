/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ldp_engine_p.h - inside of the LDP engine; not for users of ldp_engine.h.
 *
 * Files: ldp_discovery.c Hellos and adjacencies, ldp_fsm.c the state table, ldp_session.c what
 * its rows do, ldp_init.c the negotiation, ldp_stream.c octets to messages and back,
 * ldp_address.c the addresses of both ends, ldp_engine.c tables and memory.
 *
 * A session lives as long as an adjacency names its peer.
 *
 * Life times.  A callback may close what is being processed.  What ends is taken out of all
 * tables at once, but its memory is freed when the outermost function of the engine returns
 * (ldp_enter(), ldp_leave()), so code may look at ->dead after a callback.
 */
#ifndef MPLSMC_LDP_ENGINE_P_H
#define MPLSMC_LDP_ENGINE_P_H

#include "mplsmc/ldp_fsm.h"

DECLARE_MGROUP(LDP);

#define LDP_SETUP_S	       15   /* from the connection to operational */
#define LDP_SUSPECT_S	       3    /* a session is not suspected more often */
/* From one attempt to connect to the next.  A peer is one hop away: what does not get through in
 * milliseconds went another way (M-6720-2-1), or nobody listens. */
#define LDP_RETRY_MS	       250 /* 250, 500, 1000, 2000, 2000 ms */
#define LDP_RETRY_MAX_MS       2000
#define LDP_RETRY_YOUNG_MS     10 /* an attempt that is left alone */
#define LDP_MAX_ADJACENCIES    1024 /* of one interface */
#define LDP_MAX_PEER_ADDRESSES 8192
#define LDP_ERROR_LEN	       80

PREDECL_HASH(ldp_ids);
PREDECL_DLIST(ldp_sessions);
PREDECL_DLIST(ldp_session_flush);
PREDECL_DLIST(ldp_dead_sessions);
PREDECL_HASH(ldp_ifindexes);
PREDECL_DLIST(ldp_dead_interfaces);
PREDECL_DLIST(ldp_interface_adjs);
PREDECL_DLIST(ldp_session_adjs);
PREDECL_DLIST(ldp_dead_adjs);
PREDECL_HASH(ldp_addresses);
PREDECL_DLIST(ldp_address_order);

/** An address of ours or of a peer. */
struct ldp_address {
	struct ldp_addresses_item item;
	struct ldp_address_order_item order_item;
	struct addr a;
};

struct ldp_address_set {
	struct ldp_addresses_head table;
	struct ldp_address_order_head order; /* as they came */
};

struct ldp_adjacency {
	struct ldp_interface_adjs_item interface_item;
	struct ldp_session_adjs_item session_item;
	struct ldp_dead_adjs_item dead_item;
	struct ldp_interface *i;
	struct ldp_session *s;
	struct addr source; /* of its Hellos: the next hop */
	uint16_t hold_s;    /* the smaller proposal; 0xffff: for ever */
	bool gtsm;
	uint32_t sequence; /* Configuration Sequence Number */
	uint32_t hello_id; /* message ID of the last Hello, */
	msec_t counted;	   /* and when */
	bool dead;
	struct timer hold;
};

struct ldp_interface {
	struct ldp_ifindexes_item item;
	struct ldp_dead_interfaces_item dead_item;
	struct ldp_engine *e;
	unsigned int ifindex;
	char name[32];
	msec_t next_answer; /* to a peer that has restarted: a Hello, not before */
	struct addr address;
	struct ldp_interface_adjs_head adjacencies;
	struct timer hello;
	bool dead;
};

/** Why a session ends, as a Notification tells it. */
struct ldp_cause {
	uint32_t status;
	uint32_t message_id; /* of the peer's message, 0: none */
	uint16_t message_type;
	uint32_t received;    /* LDP_E_SHUTDOWN: status of the peer's Notification */
	struct span returned; /* a TLV to be returned (M-5561-6-1) */
	const char *text;     /* for people; NULL: the name of the status */
};

enum ldp_connection {
	LDP_CLOSED,
	LDP_CONNECTING,
	LDP_CONNECTED
};

struct ldp_session {
	struct ldp_ids_item id_item;
	struct ldp_sessions_item item;
	struct ldp_session_flush_item flush_item;
	struct ldp_dead_sessions_item dead_item;
	struct ldp_engine *e;
	struct ldp_id peer;
	struct addr transport;
	bool active; /* we connect (M-5036-2.5.2-2) */
	bool dead;
	bool ending; /* in ldp_session_end() */
	bool queued; /* in e->flush */
	struct ldp_session_adjs_head adjacencies;
	void *data;

	enum ldp_session_state state;
	enum ldp_connection connection;
	msec_t since;
	struct timer timer;	/* retry, set-up, silence of the peer: by state */
	struct timer keepalive; /* our turn */
	msec_t heard, said, trusted_until;
	msec_t tried; /* the last attempt to connect */
	uint32_t retry_ms, backoff_s;
	bool backing_off; /* the timer is that of M-5036-2.5.3-3 */
	uint32_t message_id;

	/* negotiated */
	uint16_t keepalive_s, max_pdu;
	uint32_t capabilities;
	struct ldp_address_set addresses;
	bool told_addresses;

	uint64_t rx[16], tx[16];
	char error[LDP_ERROR_LEN];

	/* the PDU that is coming in */
	uint8_t *in;
	size_t in_len;
	/* PDUs going out; the last one may take more */
	uint8_t *out;
	size_t out_len, out_size, pdu_start;
	bool pdu_open;
};

struct ldp_engine {
	struct ldp_params p;
	const struct ldp_ops *ops;
	void *ctx;
	struct twheel *wheel;
	struct ldp_stats stats;
	struct ldp_decoder *decoder;
	unsigned int depth;
	bool stopped; /* ldp_engine_shutdown() */
	/* Configuration Sequence Number: sessions that we ended.  A peer that did not hear of it,
	 * because the link was down, holds on to its end of one; it learns by the next Hello. */
	uint32_t sequence;
	uint32_t hello_id;
	struct ldp_ids_head by_id;
	struct ldp_sessions_head sessions;
	struct ldp_session_flush_head flush;
	struct ldp_ifindexes_head interfaces;
	struct ldp_dead_sessions_head dead_sessions;
	struct ldp_dead_interfaces_head dead_interfaces;
	struct ldp_dead_adjs_head dead_adjs;
	struct ldp_address_set addresses;
};

int ldp_session_id_cmp(const struct ldp_session *a, const struct ldp_session *b);
uint32_t ldp_session_id_hash(const struct ldp_session *s);
int ldp_interface_cmp(const struct ldp_interface *a, const struct ldp_interface *b);
uint32_t ldp_interface_hash(const struct ldp_interface *i);
int ldp_address_cmp(const struct ldp_address *a, const struct ldp_address *b);
uint32_t ldp_address_hash(const struct ldp_address *a);

DECLARE_HASH(ldp_ids, struct ldp_session, id_item, ldp_session_id_cmp, ldp_session_id_hash);
DECLARE_DLIST(ldp_sessions, struct ldp_session, item);
DECLARE_DLIST(ldp_session_flush, struct ldp_session, flush_item);
DECLARE_DLIST(ldp_dead_sessions, struct ldp_session, dead_item);
DECLARE_HASH(ldp_ifindexes, struct ldp_interface, item, ldp_interface_cmp, ldp_interface_hash);
DECLARE_DLIST(ldp_dead_interfaces, struct ldp_interface, dead_item);
DECLARE_DLIST(ldp_interface_adjs, struct ldp_adjacency, interface_item);
DECLARE_DLIST(ldp_session_adjs, struct ldp_adjacency, session_item);
DECLARE_DLIST(ldp_dead_adjs, struct ldp_adjacency, dead_item);
DECLARE_HASH(ldp_addresses, struct ldp_address, item, ldp_address_cmp, ldp_address_hash);
DECLARE_DLIST(ldp_address_order, struct ldp_address, order_item);

static inline int ldp_id_cmp(const struct ldp_id *a, const struct ldp_id *b)
{
	if (a->lsr_id != b->lsr_id)
		return a->lsr_id < b->lsr_id ? -1 : 1;
	return (int)a->space - (int)b->space;
}

static inline bool ldp_operational(const struct ldp_session *s)
{
	return s->state == LDP_OPERATIONAL;
}

/* ---------------------------------------------------------------- ldp_engine.c */

/** Around everything that may run callbacks; the outermost leave sends what is packed and frees
 *  what has died. */
void ldp_enter(struct ldp_engine *e);
void ldp_leave(struct ldp_engine *e, msec_t now);

struct ldp_session *ldp_session_by_id(struct ldp_engine *e, const struct ldp_id *id);

/* ---------------------------------------------------------------- ldp_discovery.c */

/** Out of its lists; nobody is told. */
void ldp_adjacency_unlink(struct ldp_adjacency *a);
void ldp_adjacency_free(struct ldp_adjacency *a);
/** A Hello that does not wait for its turn. */
void ldp_hello_send(struct ldp_interface *i);
void ldp_interface_unlink(struct ldp_interface *i);
void ldp_interface_free(struct ldp_interface *i);

/* ---------------------------------------------------------------- ldp_session.c */

struct ldp_session *ldp_session_new(struct ldp_engine *e, const struct ldp_id *peer,
				    const struct addr *transport, msec_t now);
void ldp_session_free(struct ldp_session *s);
/** Out of all tables, without callbacks; its adjacencies as well. */
void ldp_session_unlink(struct ldp_session *s);

/** What the state table says has been done, unless it is LDP_A_PROCESS.  cause: for events that
 *  end a session; may be NULL otherwise. */
enum ldp_action ldp_session_event(struct ldp_session *s, enum ldp_event ev,
				  const struct ldp_cause *cause, msec_t now);
/** a and b, both without a session, change peers (see ldp_stream.c). */
void ldp_session_swap(struct ldp_session *a, struct ldp_session *b);
/** An active session without a connection gets one now. */
void ldp_session_connect(struct ldp_session *s, msec_t now);
/** The same for an attempt that has not got through, unless it is young or backed off. */
void ldp_session_reconnect(struct ldp_session *s, msec_t now);
void ldp_session_record(struct ldp_session *s, const char *what);
/** Its peer seems to have restarted; does nothing unless it is operational.  False: it has been
 *  asked a moment ago, say it again later. */
bool ldp_session_suspect(struct ldp_session *s, const char *why, msec_t now);
/** G bit in the Hellos of both (M-6720-2-1). */
bool ldp_session_gtsm(const struct ldp_session *s);

/* ---------------------------------------------------------------- ldp_init.c */

void ldp_init_send(struct ldp_session *s, msec_t now);
/** False: *cause says why.  Otherwise what was negotiated stands in s. */
bool ldp_init_accept(struct ldp_session *s, const struct ldp_msg *m, struct ldp_cause *cause);
/** The peer's Capability message (RFC 5561 5). */
void ldp_capability_learn(struct ldp_session *s, const struct ldp_msg *m);
/** After the initial advertisement (RFC 5919 4). */
void ldp_end_of_lib(struct ldp_session *s, msec_t now);

/* ---------------------------------------------------------------- ldp_stream.c */

/** Buffers for a new connection. */
void ldp_stream_open(struct ldp_session *s);
/** Nothing is left of the connection's octets. */
void ldp_stream_reset(struct ldp_session *s);
void ldp_stream_free(struct ldp_session *s);
/** Packs a message into the PDU that goes out with ldp_leave(); its ID, 0: it does not fit. */
uint32_t ldp_stream_put(struct ldp_session *s, struct ldp_msg *m, msec_t now);
void ldp_stream_notify(struct ldp_session *s, const struct ldp_cause *cause, msec_t now);
/** Runs ops->write(); nothing else here runs callbacks on sending. */
void ldp_stream_flush(struct ldp_session *s, msec_t now);

/* ---------------------------------------------------------------- ldp_address.c */

void ldp_address_set_init(struct ldp_address_set *set);
void ldp_address_set_clear(struct ldp_address_set *set);
void ldp_address_set_fini(struct ldp_address_set *set);
size_t ldp_address_set_count(const struct ldp_address_set *set);
/**
 * All our addresses, in as many messages as it takes, if the peer wants P2MP LSPs.  Any other
 * gets no label of ours.  If that is an ldpd which has a session with an ldpd of this router, too,
 * the same addresses from both would hide one of them as next hop (A-mLDP-9).
 */
void ldp_addresses_send(struct ldp_session *s, msec_t now);
/** Address or Address Withdraw; true if it says something new (M-5036-3.5.5-2). */
bool ldp_addresses_learn(struct ldp_session *s, const struct ldp_msg *m);

#endif
