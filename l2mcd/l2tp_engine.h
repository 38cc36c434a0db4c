/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l2tp_engine.h - L2TPv2 control plane (RFC 2661), LAC and LNS.
 *
 * An engine: datagrams and `now` go in; datagrams come out of l2tp_engine_output(), what
 * happened through struct l2tp_ops.  No sockets, no clock.  One instance serves all tunnels of
 * a daemon.
 *
 * Callbacks may call any function of this file except l2tp_engine_free() and
 * l2tp_engine_input().  Tunnels and sessions stay valid until their *_down callback returns.
 * Timers fire from twheel_run(); ask l2tp_engine_output() after that, too.
 */
#ifndef L2MCD_L2TP_ENGINE_H
#define L2MCD_L2TP_ENGINE_H

#include "l2mcd/l2tp_msg.h"
#include "l2mcd/l2tp_proxy.h"
#include "lib/addr.h"
#include "lib/twheel.h"

struct l2tp_engine;
struct l2tp_tunnel;
struct l2tp_session;

#define L2TP_HOST_NAME_LEN 64 /* octets, terminating NUL included; longer ones are cut */

enum l2tp_hiding {
	L2TP_HIDE_NEVER,
	L2TP_HIDE_WHEN_SECRET, /* every AVP that may be hidden, if there is a secret */
	L2TP_HIDE_REQUIRE,     /* the same, and refuse tunnels without a secret */
};

/** Settings of one tunnel, copied at its creation. */
struct l2tp_params {
	char host_name[L2TP_HOST_NAME_LEN]; /* ours */
	uint8_t secret[L2TP_MAX_SECRET];
	size_t secret_len;	    /* 0: no authentication, no hiding */
	enum l2tp_hiding hiding;
	uint32_t hello_interval_s;  /* 0: never */
	uint16_t receive_window;    /* messages, 1 .. 32768 */
	uint32_t retries;	    /* after the first transmission */
	uint32_t rto_s, rto_max_s;  /* first time-out, cap of the back-off (>= 8) */
	uint32_t session_limit;	    /* unicast sessions */
	uint32_t idle_timeout_s;    /* without a session, 0: stays (RFC 2661 7.6) */
	bool lac;		    /* we may act as LAC here: bearer capabilities are offered */
	bool offer_multicast;	    /* ... and as a multicast LAC: AVP 80 (A4045-20) */
};

/** Defaults of RFC 2661: HELLO 60 s, window 16, 5 retries, 1 s doubling up to 16 s. */
void l2tp_params_default(struct l2tp_params *p);

enum l2tp_tunnel_state {
	L2TP_T_IDLE,
	L2TP_T_WAIT_CTL_REPLY,
	L2TP_T_WAIT_CTL_CONN,
	L2TP_T_ESTABLISHED,
	L2TP_T_CLOSING, /* StopCCN sent or received: only the reliable delivery lives on */
};

enum l2tp_session_state {
	L2TP_S_IDLE,
	L2TP_S_WAIT_TUNNEL,
	L2TP_S_WAIT_REPLY,
	L2TP_S_WAIT_CS_ANSWER, /* LAC, outgoing: the bearer is being opened */
	L2TP_S_WAIT_CONNECT,
	L2TP_S_ESTABLISHED,
	L2TP_S_CLOSING, /* CDN sent, not acknowledged: the ID stays reserved (A4045-32) */
};

/**
 * What the LAC says about a call (ICRQ, ICCN, OCCN), and the LNS about one it asks for (OCRQ).
 * Numbers are texts of the daemon's choice.
 */
struct l2tp_call {
	char calling_number[64], called_number[64], sub_address[64]; /* "": none */
	uint32_t tx_speed_bps, rx_speed_bps;	    /* rx 0: not sent */
	uint32_t framing_type;			    /* 1 synchronous, 2 asynchronous */
	bool sequencing_required;
	uint32_t minimum_bps, maximum_bps, bearer_type; /* outgoing; bearer 1 digital, 2 analogue */
	const struct l2tp_proxy *proxy; /* incoming, in ICCN; NULL: none; copied */
};

/** Errors of a call since its beginning (RFC 2661 4.4.6). */
struct l2tp_call_errors {
	uint32_t crc, framing, hardware_overrun, buffer_overrun, timeout, alignment;
};

struct l2tp_ops {
	/** Unpredictable 32 bits. */
	uint32_t (*random)(void *ctx);
	/** An SCCRQ came: fill *p and return true, or return false to refuse (StopCCN 4). */
	bool (*tunnel_accept)(void *ctx, const struct endpoint *local, const struct endpoint *peer,
			      const struct l2tp_msg *sccrq, struct l2tp_params *p);
	void (*tunnel_up)(void *ctx, struct l2tp_tunnel *t);
	/**
	 * For every tunnel that was created (opened or accepted), up or not; its sessions have
	 * gone before.
	 */
#define L2TP_REASON_SILENT "the peer does not answer" /* no acknowledgement came */
	void (*tunnel_down)(void *ctx, struct l2tp_tunnel *t, const char *reason);
	/**
	 * LNS: an ICRQ came, LAC: an OCRQ.  0 to accept, else the CDN result (enum
	 * l2tp_cdn_result).  Who accepts an OCRQ opens the bearer and calls
	 * l2tp_session_answered() when it is there, not before this function has returned.
	 */
	uint16_t (*call_accept)(void *ctx, struct l2tp_session *s);
	void (*session_up)(void *ctx, struct l2tp_session *s);
	/** For every session that was created (called or accepted), up or not. */
	void (*session_down)(void *ctx, struct l2tp_session *s, const char *reason);
	/** SLI or WEN on an established session (RFC 2661 6.13, 6.14). */
	void (*session_info)(void *ctx, struct l2tp_session *s, const struct l2tp_msg *m);
	/** A message of RFC 4045 on an established tunnel; fault is set if it was malformed. */
	void (*multicast)(void *ctx, struct l2tp_tunnel *t, const struct l2tp_msg *m,
			  const struct l2tp_fault *fault);
	/** The peer has acknowledged the message that was sent with this cookie. */
	void (*acked)(void *ctx, struct l2tp_tunnel *t, uint64_t cookie);
	/** Every control message sent or received, for debugging; may be NULL. */
	void (*trace)(void *ctx, const struct l2tp_tunnel *t, bool sent, struct span datagram);
	/** Every transition: "tunnel 7 wait-ctl-reply SCCRP established"; may be NULL. */
	void (*fsm)(void *ctx, const struct l2tp_tunnel *t, const struct l2tp_session *s,
		    const char *from, const char *event, const char *to);
};

/** A datagram to send; data is valid until the next call of l2tp_engine_output(). */
struct l2tp_datagram {
	struct endpoint local, peer;
	struct span data;
};

/** Messages sent and received per type, and why others were dropped. */
struct l2tp_stats {
	uint64_t rx[L2TP_MSG_TYPES], tx[L2TP_MSG_TYPES];
	uint64_t rx_data, rx_short, rx_version, rx_unknown_tunnel, rx_wrong_peer, rx_duplicate,
		rx_out_of_window, rx_reordered, rx_unknown_session, rx_unknown_type, rx_malformed,
		rx_unexpected, rx_overload, tx_retransmit, tunnels_up, sessions_up,
		sessions_refused;
	struct l2tp_decode_stats decode;
};

struct l2tp_engine *l2tp_engine_new(const struct l2tp_ops *ops, void *ctx, struct twheel *wheel);

/** Frees everything without a word to the peers and without callbacks. */
void l2tp_engine_free(struct l2tp_engine *e);

/** A datagram arrived on UDP; data messages are only counted. */
void l2tp_engine_input(struct l2tp_engine *e, const struct endpoint *local,
		       const struct endpoint *peer, struct span data, msec_t now);

/** Next datagram to send, in order; false when there is none.  Call after every input. */
bool l2tp_engine_output(struct l2tp_engine *e, struct l2tp_datagram *d);

/** A data message arrived for this tunnel: counts as sign of life (RFC 2661 6.5). */
void l2tp_engine_data_seen(struct l2tp_engine *e, uint16_t tunnel_id, msec_t now);

const struct l2tp_stats *l2tp_engine_stats(const struct l2tp_engine *e);
void l2tp_engine_clear_stats(struct l2tp_engine *e);

/* ---------------------------------------------------------------- tunnels */

/** Opens a control connection (SCCRQ).  Never NULL; progress is reported by callbacks. */
struct l2tp_tunnel *l2tp_tunnel_open(struct l2tp_engine *e, const struct endpoint *local,
				     const struct endpoint *peer, const struct l2tp_params *p,
				     msec_t now);

/** Sends StopCCN and ends the tunnel with all its sessions (callbacks run). */
void l2tp_tunnel_close(struct l2tp_tunnel *t, enum l2tp_stop_result result, msec_t now);

/** Sends a HELLO now, unless a message on its way probes the peer anyway (RFC 2661 6.5). */
void l2tp_tunnel_probe(struct l2tp_tunnel *t, msec_t now);

/** By our Tunnel ID; not those in CLOSING. */
struct l2tp_tunnel *l2tp_tunnel_find(struct l2tp_engine *e, uint16_t tunnel_id);

/** All tunnels, also those in CLOSING, of which the daemon has seen the last: data is NULL. */
struct l2tp_tunnel *l2tp_tunnel_first(struct l2tp_engine *e);
struct l2tp_tunnel *l2tp_tunnel_next(struct l2tp_engine *e, struct l2tp_tunnel *t);

/** The daemon's own pointer, NULL at first. */
void l2tp_tunnel_set_data(struct l2tp_tunnel *t, void *data);
void *l2tp_tunnel_data(const struct l2tp_tunnel *t);

struct l2tp_tunnel_info {
	enum l2tp_tunnel_state state;
	uint16_t tunnel_id, peer_tunnel_id;
	struct endpoint local, peer;
	bool initiator;
	const char *peer_host_name, *peer_vendor_name;
	uint16_t peer_firmware;
	uint32_t peer_framing, peer_bearer;
	bool peer_multicast;	/* AVP 80 received: the peer is a multicast LAC */
	bool offered_multicast; /* AVP 80 sent */
	bool authenticated, hiding;
	msec_t created, established; /* established 0: not yet */
	size_t sessions;
	/* reliable delivery (RFC 2661 5.8) */
	uint16_t ns, nr, peer_window;
	uint32_t cwnd, ssthresh;
	size_t queued, unacked;
	uint64_t retransmits;
	uint32_t rtt_ms; /* smoothed, 0: unknown */
	uint16_t peer_result, peer_error; /* of its StopCCN, in tunnel_down(); 0: there was none */
};

void l2tp_tunnel_info(const struct l2tp_tunnel *t, struct l2tp_tunnel_info *info);

/* ---------------------------------------------------------------- sessions */

/**
 * LAC: places an incoming call (ICRQ now or when the tunnel is up).  NULL if the session limit
 * is reached, all Session IDs are in use or the tunnel is in CLOSING.
 */
struct l2tp_session *l2tp_session_call(struct l2tp_tunnel *t, const struct l2tp_call *call,
				       void *data, msec_t now);

/** Sends CDN and ends the session (callback runs). */
void l2tp_session_close(struct l2tp_session *s, enum l2tp_cdn_result result,
			enum l2tp_error error, const char *text, msec_t now);

/**
 * LNS: asks the LAC to place a call (OCRQ now or when the tunnel is up).  NULL as above.  A LAC
 * that has offered no bearer is not asked: the session ends at once.
 */
struct l2tp_session *l2tp_session_dial(struct l2tp_tunnel *t, const struct l2tp_call *call,
				       void *data, msec_t now);

/** LAC, outgoing call: the bearer is there, with these speeds and framing (OCCN). */
void l2tp_session_answered(struct l2tp_session *s, const struct l2tp_call *line, msec_t now);

/** LNS: changes the subscriber's link parameters (SLI, RFC 2661 6.14). */
void l2tp_session_sli(struct l2tp_session *s, uint32_t send_accm, uint32_t receive_accm,
		      msec_t now);

/**
 * LAC: the errors of the call so far.  The LNS is told in a WEN if they are more than it
 * knows, but not more often than every 60 s (RFC 2661 6.13).
 */
void l2tp_session_errors(struct l2tp_session *s, const struct l2tp_call_errors *errors, msec_t now);

/** Sessions in CLOSING are neither found nor counted. */
struct l2tp_session *l2tp_session_find(struct l2tp_tunnel *t, uint16_t session_id);
struct l2tp_session *l2tp_session_first(struct l2tp_tunnel *t);
struct l2tp_session *l2tp_session_next(struct l2tp_tunnel *t, struct l2tp_session *s);
struct l2tp_tunnel *l2tp_session_tunnel(const struct l2tp_session *s);
void l2tp_session_set_data(struct l2tp_session *s, void *data);
void *l2tp_session_data(const struct l2tp_session *s);

struct l2tp_session_info {
	enum l2tp_session_state state;
	uint16_t session_id, peer_session_id;
	bool lac;      /* our role */
	bool outgoing; /* the LNS asked for the call */
	uint32_t call_serial_number;
	struct l2tp_call call;
	uint32_t send_accm, receive_accm; /* of the last SLI, sent or received */
	struct l2tp_call_errors errors;	  /* of the last WEN, sent or received */
	uint64_t slis, wens;
	uint16_t peer_result, peer_error; /* of its CDN, in session_down(); 0: there was none */
	msec_t created, established;
};

void l2tp_session_info(const struct l2tp_session *s, struct l2tp_session_info *info);

/* ---------------------------------------------------------------- multicast sessions */

/**
 * Reserves an unpredictable, unused Session ID for a multicast session: one space per tunnel
 * for both kinds (A4045-31).  0 if the tunnel has none left.
 */
uint16_t l2tp_tunnel_reserve_id(struct l2tp_tunnel *t);
void l2tp_tunnel_release_id(struct l2tp_tunnel *t, uint16_t session_id);

/**
 * Sends a message of RFC 4045 reliably; m->session_id is the Session ID of the header.
 * cookie 0: no acked() callback.  False: the tunnel is not established, or it does not fit
 * into L2TP_MAX_CONTROL.
 */
bool l2tp_tunnel_send(struct l2tp_tunnel *t, const struct l2tp_msg *m, uint64_t cookie,
		      msec_t now);

const char *l2tp_tunnel_state_name(enum l2tp_tunnel_state state);
const char *l2tp_session_state_name(enum l2tp_session_state state);

#endif
