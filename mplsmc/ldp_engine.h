/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ldp_engine.h - LDP discovery and sessions (RFC 5036 2.4, 2.5; 5561, 6720, 7473).
 *
 * An engine: Hellos, octets of TCP connections and `now` go in; Hellos, octets, "connect" and
 * "close" come out; label and address messages of operational sessions are handed up.  Speaks
 * only for multipoint FECs: SAC turns unicast off (M-7473-4.1-1).
 */
#ifndef MPLSMC_LDP_ENGINE_H
#define MPLSMC_LDP_ENGINE_H

#include "lib/twheel.h"
#include "mplsmc/ldp_msg.h"

struct ldp_engine;
struct ldp_interface;
struct ldp_adjacency;
struct ldp_session; /* with one peer LDP identifier */

struct ldp_params {
	struct ldp_id id;
	struct addr transport;	     /* IPv4 */
	uint16_t hello_hold_s;	     /* 15 */
	uint16_t keepalive_s;	     /* 180 */
	uint16_t max_pdu;	     /* 4096 */
	uint32_t init_backoff_s;     /* 15, doubling up to ... */
	uint32_t init_backoff_max_s; /* ... 120 */
	uint32_t capabilities;	     /* what we announce: enum ldp_capability */
	bool gtsm;		     /* G bit in link Hellos (RFC 6720) */
};

void ldp_params_default(struct ldp_params *p);

/** Callbacks must not hand input to the engine (Hellos, octets, accept); all else they may do. */
struct ldp_ops {
	/** Link Hello to 224.0.0.2 port 646 on this interface. */
	void (*send_hello)(void *ctx, struct ldp_interface *i, struct span data);
	/**
	 * Active role: connect to peer's transport address from ours.  ttl255: require and send TTL
	 * 255.  ldp_session_connected() or ldp_session_closed() follows.
	 */
	void (*connect)(void *ctx, struct ldp_session *s, const struct addr *peer, bool ttl255);
	/** Queue octets on the session's connection, in order. */
	void (*write)(void *ctx, struct ldp_session *s, struct span data);
	/** Close after what was queued has been sent; no ldp_session_closed() follows. */
	void (*close)(void *ctx, struct ldp_session *s);
	/**
	 * The peer of an operational session seems to have restarted, and a KeepAlive is on its
	 * way.  If TCP has no acknowledgement in a few seconds the old connection is dead: close
	 * it, with ldp_session_closed().  May be NULL: then the KeepAlive timer finds out.
	 */
	void (*suspect)(void *ctx, struct ldp_session *s);
	/** Operational. */
	void (*up)(void *ctx, struct ldp_session *s);
	/** No longer operational. */
	void (*down)(void *ctx, struct ldp_session *s, const char *reason);
	/**
	 * The memory of s goes: its last adjacency has gone, or the engine.  The last callback, of
	 * sessions that never were operational as well; no function may be called for s.  May be
	 * NULL.
	 */
	void (*gone)(void *ctx, struct ldp_session *s, void *data);
	/** Address, label, capability and non-fatal notification messages of an operational
	 * session; address messages only if they say something new. */
	void (*message)(void *ctx, struct ldp_session *s, const struct ldp_msg *m);
	/** An adjacency with the peer of s came, changed or went: paths to it are to be reviewed.
	 */
	void (*adjacency)(void *ctx, struct ldp_session *s);
	/** Transitions for the history; may be NULL. */
	void (*event)(void *ctx, const struct ldp_session *s, const char *what);
};

struct ldp_engine *ldp_engine_new(const struct ldp_params *p, const struct ldp_ops *ops, void *ctx,
				  struct twheel *wheel);
/** Nothing is sent; see ldp_engine_shutdown(). */
void ldp_engine_free(struct ldp_engine *e);
/** Notification Shutdown on all sessions, then close; no session comes up any more. */
void ldp_engine_shutdown(struct ldp_engine *e, msec_t now);

/** name and address are for display and for the paths to peers. */
struct ldp_interface *ldp_interface_add(struct ldp_engine *e, unsigned int ifindex,
					const char *name, const struct addr *address, msec_t now);
/** Its adjacencies end. */
void ldp_interface_del(struct ldp_interface *i, msec_t now);
unsigned int ldp_interface_index(const struct ldp_interface *i);
struct ldp_interface *ldp_interface_find(struct ldp_engine *e, unsigned int ifindex);

/** A UDP datagram to port 646. */
void ldp_hello_input(struct ldp_engine *e, unsigned int ifindex, const struct addr *src,
		     struct span data, msec_t now);

/**
 * Somebody connected to our port 646.  NULL: no Hello adjacency names that address, or we are
 * the active side: close it (M-5036-5.3-1); or it is contested.  A connection on which the peer
 * has not said a word gives way.
 */
struct ldp_session *ldp_session_accept(struct ldp_engine *e, const struct addr *peer, msec_t now);
/**
 * After accept() has said no.  True: this peer has a connection already.  It may be a dead one,
 * of a peer that has restarted, or the new one is forged: the old one is suspect, and lives if
 * it answers.  Keep the new one unread and call accept() again, for 16 s.
 */
bool ldp_session_contested(struct ldp_engine *e, const struct addr *peer);
void ldp_session_connected(struct ldp_session *s, msec_t now);
void ldp_session_input(struct ldp_session *s, struct span data, msec_t now);
/** The connection failed, broke or was closed by the peer. */
void ldp_session_closed(struct ldp_session *s, const char *why, msec_t now);

/**
 * Sends a message on an operational session; the message ID is filled in and returned.  0: it
 * does not fit into the agreed PDU, or the peer has not announced that it understands it.
 */
uint32_t ldp_session_send(struct ldp_session *s, struct ldp_msg *m, msec_t now);
/**
 * Between on and off what is sent is packed into full PDUs.  Pairs may be nested; the engine must
 * not be freed between them.
 */
void ldp_engine_hold(struct ldp_engine *e, bool on, msec_t now);
/** Notification with this status about a received message (or NULL). */
void ldp_session_notify(struct ldp_session *s, uint32_t status, const struct ldp_msg *about,
			msec_t now);

/** Our addresses: sent on new sessions before anything else, changes as they come.  IPv6 ones are
 *  not told: that is for dual-stack peers (RFC 7552 7). */
void ldp_address_add(struct ldp_engine *e, const struct addr *a, msec_t now);
void ldp_address_del(struct ldp_engine *e, const struct addr *a, msec_t now);

/**
 * The way to the peer changed (a route, a link): an attempt to connect that has not got through
 * starts again at once, unless the session is backed off (RFC 5036 2.5.3).  The passive side
 * makes the peer do so, by a Hello.
 */
void ldp_session_retry(struct ldp_session *s, msec_t now);

/** Administrative restart of the session. */
void ldp_session_clear(struct ldp_session *s, msec_t now);

void ldp_session_set_data(struct ldp_session *s, void *data);
void *ldp_session_data(const struct ldp_session *s);

enum ldp_session_state {
	LDP_NONEXISTENT,
	LDP_INITIALIZED,
	LDP_OPENSENT,
	LDP_OPENREC,
	LDP_OPERATIONAL,
	LDP_SESSION_STATES
};

struct ldp_session_info {
	enum ldp_session_state state;
	struct ldp_id peer;
	struct addr transport; /* peer's */
	bool active, gtsm;
	uint32_t capabilities; /* enabled by the peer */
	uint16_t keepalive_s, max_pdu;
	msec_t since;
	uint64_t rx[16], tx[16]; /* by row of the message table: see ldp_msg_row() */
	const char *last_error;
	uint32_t backoff_s; /* 0: none */
	size_t n_adjacencies, n_addresses;
};
void ldp_session_info(const struct ldp_session *s, struct ldp_session_info *info);

/** The links to a peer: interface, and the source address of its Hellos (next hop). */
struct ldp_path {
	unsigned int ifindex;
	const char *interface;
	struct addr next_hop;
};
void ldp_session_paths(const struct ldp_session *s, void (*fn)(void *arg, const struct ldp_path *p),
		       void *arg);
/** True if the peer has told this address to be its own. */
bool ldp_session_has_address(const struct ldp_session *s, const struct addr *a);

struct ldp_session *ldp_session_first(struct ldp_engine *e);
struct ldp_session *ldp_session_next(struct ldp_engine *e, struct ldp_session *s);

struct ldp_stats {
	uint64_t hellos_rx, hellos_tx, hellos_bad, hellos_targeted, refused_connections, faults,
		fatal_tx, fatal_rx, unknown_messages;
};
const struct ldp_stats *ldp_engine_stats(const struct ldp_engine *e);
/** Counters of the engine and of its sessions. */
void ldp_engine_clear_stats(struct ldp_engine *e);
const char *ldp_session_state_name(enum ldp_session_state state);

#endif
