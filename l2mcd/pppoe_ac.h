/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pppoe_ac.h - PPPoE access concentrator: Discovery of RFC 2516, on any number of ports.
 *
 * An engine: frames and `now` go in; frames come out of ops.send, what happened through
 * the other callbacks.  No sockets, no clock.  A port is an interface with its VLAN tags.
 *
 * A host that has only sent a PADI costs nothing: the PADO carries a cookie, a keyed hash over
 * port, host and time, and only a PADR that brings it back makes a session (RFC 2516 appendix A,
 * AC-Cookie).  A session is PENDING until the daemon says accept or refuse: then goes the PADS.
 *
 * Callbacks may call any function of this file except pppoe_ac_free() and pppoe_ac_input().
 */
#ifndef L2MCD_PPPOE_AC_H
#define L2MCD_PPPOE_AC_H

#include "l2mcd/pppoe_codec.h"
#include "lib/twheel.h"

#define PPPOE_NAME_LEN	     64 /* octets of an AC-Name or Service-Name, terminating NUL included */
#define PPPOE_PENDING_MS     60000 /* the daemon must have decided by then */
#define PPPOE_COOKIE_SLOT_MS 32000 /* a cookie is good for one to two of these */

struct pppoe_ac;
struct pppoe_port;
struct pppoe_session;

/** What the operator set for a port. */
struct pppoe_params {
	char ac_name[PPPOE_NAME_LEN];
	bool any_service; /* a host that names no service, or one we do not know, is served */
	size_t n_services;
	const char (*services)[PPPOE_NAME_LEN]; /* lives as long as the port, or the next set */
	uint32_t session_limit;			/* on this port, 1 .. 65000 */
	uint32_t host_session_limit;		/* of one MAC address, 0: no limit */
	uint32_t padi_rate;			/* PADIs answered per second, 0: all */
	uint16_t max_payload;			/* PPP octets the interface can carry (RFC 4638) */
};

struct pppoe_ops {
	/** Unpredictable 32 bits. */
	uint32_t (*random)(void *ctx);
	/** A frame to send, on the port it is for. */
	void (*send)(void *ctx, struct pppoe_port *port, struct span frame);
	/** A valid PADR: accept or refuse now or later. */
	void (*opened)(void *ctx, struct pppoe_session *s);
	/**
	 * For every session that opened() told of and the daemon neither refused nor closed
	 * itself: PADT from the host, or no decision in time.  Freed afterwards.
	 */
	void (*closed)(void *ctx, struct pppoe_session *s, const char *reason);
	/** Every frame received and sent, for debugging; may be NULL. */
	void (*trace)(void *ctx, struct pppoe_port *port, bool sent, const struct pppoe_frame *f);
};

struct pppoe_stats {
	uint64_t rx[5], tx[5]; /* PADI, PADO, PADR, PADS, PADT */
	uint64_t sessions, refused;
	uint64_t decode[PPPOE_DECODE_RESULTS];
	uint64_t drop_address; /* not to us, or from a group address */
	uint64_t drop_code;    /* unknown, not for a concentrator, or with a wrong Session ID */
	uint64_t drop_rate;    /* PADI over the limit */
	uint64_t drop_service; /* PADI for a service that is not ours; wrong AC-Name */
	uint64_t drop_full;    /* PADI while the port has no room */
	uint64_t drop_cookie;  /* PADR without a valid AC-Cookie */
	uint64_t drop_session; /* PADT for a session that this host does not have */
	uint64_t repeated;     /* PADR again for a session that is there */
};

struct pppoe_ac *pppoe_ac_new(const struct pppoe_ops *ops, void *ctx, struct twheel *wheel);
/** Frees everything without a word to the hosts and without callbacks. */
void pppoe_ac_free(struct pppoe_ac *ac);

/* ---------------------------------------------------------------- ports */

/** vlans: outermost first. */
struct pppoe_port *pppoe_port_new(struct pppoe_ac *ac, const uint8_t mac[PPPOE_MAC_LEN],
				  uint8_t n_vlans, const uint16_t *vlans,
				  const struct pppoe_params *params, void *data);
/** Ends its sessions with PADT; no callbacks. */
void pppoe_port_free(struct pppoe_port *port);
void pppoe_port_set(struct pppoe_port *port, const struct pppoe_params *params);
void *pppoe_port_data(const struct pppoe_port *port);
size_t pppoe_port_sessions(const struct pppoe_port *port);
const struct pppoe_stats *pppoe_port_stats(const struct pppoe_port *port);
void pppoe_port_clear_stats(struct pppoe_port *port);

/** A frame arrived on the interface of this port, with this port's tags. */
void pppoe_ac_input(struct pppoe_port *port, const struct pppoe_frame *f, msec_t now);
/** The same for octets; what does not decode is counted. */
void pppoe_ac_input_raw(struct pppoe_port *port, struct span frame, msec_t now);

/* ---------------------------------------------------------------- sessions */

struct pppoe_session_info {
	uint16_t session_id;
	bool pending;
	uint8_t mac[PPPOE_MAC_LEN];
	const char *service;		    /* as the host asked, printable; "": any */
	int service_index;		    /* in params.services; -1: any_service */
	const char *circuit_id, *remote_id; /* of the access node; "": none */
	uint16_t max_payload;
	struct pppoe_port *port;
	msec_t created;
};

void pppoe_session_info(const struct pppoe_session *s, struct pppoe_session_info *info);
void pppoe_session_set_data(struct pppoe_session *s, void *data);
void *pppoe_session_data(const struct pppoe_session *s);

/** Sends PADS. */
void pppoe_session_accept(struct pppoe_session *s);
/** Sends PADS with Session ID 0 and an AC-System-Error that says why; frees the session. */
void pppoe_session_refuse(struct pppoe_session *s, const char *why);
/** Sends PADT, with a Generic-Error that says why; frees the session. */
void pppoe_session_close(struct pppoe_session *s, const char *why);

/** In no order; closing the current one is allowed while walking with next taken before. */
struct pppoe_session *pppoe_session_first(struct pppoe_port *port);
struct pppoe_session *pppoe_session_next(struct pppoe_session *s);

#endif
