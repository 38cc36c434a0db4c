/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l2tp_session_p.h - what l2tp_session.c (IDs, life cycle, events), l2tp_call.c (what calls say)
 * and l2tp_link.c (SLI, WEN) share.
 */
#ifndef L2MCD_L2TP_SESSION_P_H
#define L2MCD_L2TP_SESSION_P_H

#include "l2mcd/l2tp_engine_p.h"

/* What an event brings along. */
struct occasion {
	const struct l2tp_msg *m;	/* NULL: no message */
	const struct l2tp_cause *cause; /* for a CDN */
	const char *reason;		/* NULL: the text of the cause */
};

typedef void l2tp_session_act(struct l2tp_session *s, const struct occasion *o, msec_t now);

/* ---------------------------------------------------------------- l2tp_session.c */

void l2tp_session_event(struct l2tp_session *s, enum l2tp_session_event ev,
			const struct occasion *o, msec_t now);

/** NULL: no Session ID is left. */
struct l2tp_session *l2tp_session_new(struct l2tp_tunnel *t, enum l2tp_role role, msec_t now);
struct l2tp_session *l2tp_session_by_peer(struct l2tp_tunnel *t, uint16_t peer_session_id);
void l2tp_session_set_peer_id(struct l2tp_session *s, uint16_t peer_session_id);
/** The next step of the set-up must come within ms. */
void l2tp_session_await(struct l2tp_session *s, msec_t ms, msec_t now);
void l2tp_session_up(struct l2tp_session *s, msec_t now);
/** Sends CDN for a call that never becomes a session. */
void l2tp_session_refuse(struct l2tp_tunnel *t, enum l2tp_role role, enum l2tp_session_event ev,
			 const struct l2tp_msg *m, const struct l2tp_cause *cause, msec_t now);

/* ---------------------------------------------------------------- l2tp_call.c */

l2tp_session_act l2tp_act_icrq, l2tp_act_icrp, l2tp_act_iccn_up, l2tp_act_ocrq, l2tp_act_ocrp,
	l2tp_act_proceed, l2tp_act_occn_up, l2tp_act_up;

/** The event a message is; not acceptable: with the cause. */
enum l2tp_session_event l2tp_call_event(const struct l2tp_session *s, const struct l2tp_msg *m,
					struct l2tp_cause *cause);
/** ICRQ or OCRQ for a new call. */
void l2tp_call_request(struct l2tp_tunnel *t, const struct l2tp_msg *m, enum l2tp_session_event ev,
		       struct l2tp_cause *cause, msec_t now);
/** Why the peer cannot take this call of ours, NULL: it can. */
const char *l2tp_call_impossible(const struct l2tp_session *s);

/* ---------------------------------------------------------------- l2tp_link.c */

l2tp_session_act l2tp_act_info;

/** No WEN is due any more. */
void l2tp_link_stop(struct l2tp_session *s);
void l2tp_link_free(struct l2tp_session *s);
void l2tp_link_info(const struct l2tp_session *s, struct l2tp_session_info *info);

#endif
