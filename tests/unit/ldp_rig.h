/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ldp_rig.h - an LDP engine on a virtual clock and a scripted peer that speaks octets.
 *
 * The peer writes hexadecimal octets straight from RFC 5036; what the engine sends is cut into
 * messages in rig->got.  We are 10.0.0.5; the peer is 10.0.0.2 (we connect) or 10.0.0.8 (it does).
 */
#ifndef TESTS_LDP_RIG_H
#define TESTS_LDP_RIG_H

#include <check.h>

#include "mplsmc/ldp_engine.h"

#define RIG_US			    0x0a000005
#define RIG_LOW			    0x0a000002 /* peer with the smaller transport address */
#define RIG_HIGH		    0x0a000008
#define RIG_IFINDEX		    3

/* Bodies of messages: what follows the message ID */
#define RIG_SESSION(KEEPALIVE, PDU) "0500000e0001" KEEPALIVE "0000" PDU "0a0000050000"
#define RIG_INIT		    RIG_SESSION("00b4", "1000")
#define RIG_CAPS		    "85060001808508000180850a000180850b0001808603000180"

/** A message of the engine. */
struct rig_got {
	enum ldp_msg_type type;
	uint32_t id;
	msec_t at;
	unsigned int pdu, pdu_len; /* in which PDU it came, octets of that */
	uint32_t status;	   /* Notification: code, */
	uint32_t about_id;	   /* and about what */
	uint16_t about_type;
	uint8_t raw[4200];
	size_t len; /* of raw: the whole message */
};

struct rig {
	struct twheel wheel;
	struct ldp_params params;
	struct ldp_engine *e;
	msec_t now;
	uint32_t peer; /* LSR-Id, transport and source address */

	/* what the daemon behind the engine does */
	struct ldp_session *s; /* the last seen */
	bool refuse_connect, connect_at_once, clear_in_up, clear_in_down, clear_in_message;
	bool interface_del_in_message, interface_del_in_adjacency, closed_in_write, send_in_up;

	/* what it has heard */
	unsigned int connects, closes, ups, downs, messages, adjacencies, gones, events, suspects;
	bool connected; /* there is a connection, or there will be */
	bool ttl255;
	struct addr connect_to;
	msec_t connect_at[64];
	enum ldp_msg_type message_type;
	struct ldp_msg message;
	char reason[100], event[100];
	msec_t down_at;

	/* what the peer has seen */
	unsigned int hellos;
	msec_t hello_at[256];
	uint8_t hello[128];
	size_t hello_len;
	struct rig_got got[256];
	unsigned int n_got, next, pdus;
	uint32_t message_id;
};

/** active: we are to connect. */
struct rig *rig_new(bool active);
/** With other parameters: NULL fields of rig->params are changed before this. */
void rig_start(struct rig *r);
void rig_free(struct rig *r);

void rig_wait(struct rig *r, msec_t ms);

struct addr rig_addr(uint32_t host);
/** Octets of a text in hexadecimal; blanks are skipped. */
size_t rig_hex(const char *hex, uint8_t *to, size_t size);

/** A Hello datagram of the peer: hold time, flags (T, R, G) and more TLVs. */
void rig_hello(struct rig *r, uint16_t hold_s, uint16_t flags, const char *tlvs);
void rig_hello_from(struct rig *r, unsigned int ifindex, uint32_t lsr_id, uint32_t source,
		    uint16_t hold_s, uint16_t flags, const char *tlvs);
void rig_datagram(struct rig *r, const char *hex);

/** Octets on the connection. */
void rig_octets(struct rig *r, const char *hex);
/** A PDU with one message of the peer. */
void rig_say(struct rig *r, uint16_t type, const char *body);
/** The same from another LDP identifier. */
void rig_say_as(struct rig *r, uint32_t lsr_id, uint16_t type, const char *body);
/** The octets of that PDU. */
size_t rig_pdu(struct rig *r, uint32_t lsr_id, uint16_t type, const char *body, uint8_t *to,
	       size_t size);
void rig_notify(struct rig *r, uint32_t status);

/** A session in this state, with the peer's RIG_CAPS; what was sent on the way is forgotten. */
void rig_reach(struct rig *r, enum ldp_session_state state);
/** The peer connects; NULL if the engine does not want it. */
struct ldp_session *rig_accept(struct rig *r);

const struct rig_got *rig_next(struct rig *r, enum ldp_msg_type type);
/** It says this, and the connection is closed. */
const struct rig_got *rig_fatal(struct rig *r, uint32_t status);
void rig_silent(struct rig *r);
void rig_forget(struct rig *r);

enum ldp_session_state rig_state(const struct rig *r);
struct ldp_session_info rig_info(const struct rig *r);
size_t rig_sessions(const struct rig *r);
/** True if the octets stand somewhere in the message. */
bool rig_has(const struct rig_got *g, const char *hex);

#endif
