/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l2tp_rig.h - an L2TP engine on a virtual clock and a scripted peer that speaks octets.
 *
 * The peer is passive: what the engine sends is decoded into rig->got, what the test wants to
 * say is encoded with the peer's own Ns and Nr.
 */
#ifndef TESTS_L2TP_RIG_H
#define TESTS_L2TP_RIG_H

#include <check.h>

#include "l2mcd/l2tp_engine.h"
#include "l2mcd/l2tp_hide.h"

#define RIG_PEER_TID 0x7777
#define RIG_PEER_SID 0x1001
#define RIG_SECRET   "s3cret"

/** A datagram of the engine. */
struct rig_got {
	struct l2tp_msg m; /* spans point into raw */
	msec_t at;
	struct endpoint local, peer;
	struct span raw; /* whole datagram */
	uint8_t data[1500];
};

struct rig {
	struct twheel wheel;
	struct l2tp_engine *e;
	msec_t now;
	struct endpoint us, them;
	uint32_t seed;

	/* what the daemon behind the engine does */
	struct l2tp_params params;
	bool refuse_tunnel, close_tunnel_in_up, close_session_in_up, open_in_down;
	bool close_session_in_accept, close_tunnel_in_accept;
	uint16_t refuse_call;

	/* what it has heard */
	struct l2tp_tunnel *t; /* the last that came up or was opened */
	struct l2tp_session *s;
	unsigned int accepts, ups, downs, session_accepts, session_ups, session_downs, infos;
	unsigned int multicasts, faults, acks;
	enum l2tp_msg_type multicast_type, info_type;
	uint64_t acked[64];
	char reason[200], session_reason[200], fsm[200], host[64];

	/* the peer */
	uint16_t peer_tid, tid; /* its own, the engine's */
	uint16_t ns, nr;
	struct l2tp_hide hide;
	struct l2tp_decoder decoder;
	bool acks_itself; /* every message of the engine is acknowledged at once */

	struct rig_got got[1200];
	unsigned int n_got, next;
};

struct rig *rig_new(void);
void rig_free(struct rig *r);

/** A datagram of the peer, Ns and Nr as they are in *m; answers are collected. */
void rig_put(struct rig *r, const struct l2tp_msg *m);
void rig_put_raw(struct rig *r, const struct endpoint *from, const void *data, size_t len);
/** With the peer's next Ns and its current Nr. */
void rig_say(struct rig *r, struct l2tp_msg m);
/** The same with one AVP of 16 bits added. */
void rig_say_with_avp(struct rig *r, struct l2tp_msg m, uint16_t flags, uint16_t type,
		      uint16_t value);
/** A ZLB. */
void rig_ack(struct rig *r);

/** Time goes on; what the engine sends is collected with its time. */
void rig_wait(struct rig *r, msec_t ms);
void rig_collect(struct rig *r);

/** The next datagram of the engine has this type. */
const struct rig_got *rig_next(struct rig *r, enum l2tp_msg_type type);
/** It has sent nothing else. */
void rig_silent(struct rig *r);
void rig_forget(struct rig *r);

/** Messages with what they must have, addressed to the engine's tunnel. */
struct l2tp_msg rig_msg(const struct rig *r, enum l2tp_msg_type type);

/** Tunnels: state reached with the peer's messages all acknowledged and nothing left over. */
void rig_tunnel(struct rig *r, enum l2tp_tunnel_state state);
/** Sessions of an established tunnel. */
void rig_session(struct rig *r, bool lac, enum l2tp_session_state state);
/** The same for a call that the LNS asks for. */
void rig_outgoing(struct rig *r, bool lac, enum l2tp_session_state state);

enum l2tp_tunnel_state rig_state(const struct rig *r);
size_t rig_tunnels(const struct rig *r);
const struct l2tp_stats *rig_stats(const struct rig *r);
struct span rig_secret(void);
void rig_set_secret(struct l2tp_params *p);
struct l2tp_tunnel_info rig_info(struct l2tp_tunnel *t);
/** The engine has sent a StopCCN with this result. */
const struct rig_got *rig_stopccn(struct rig *r, uint16_t result);

/** Of a session that is there. */
struct l2tp_session_info rig_session_info(struct l2tp_session *s);
uint16_t rig_sid(struct l2tp_session *s);
/** A message to one session of the engine. */
struct l2tp_msg rig_to_session(struct rig *r, enum l2tp_msg_type type, uint16_t session_id);
/** The next datagram of the engine is a CDN with this result. */
const struct rig_got *rig_next_cdn(struct rig *r, uint16_t result);

#endif
