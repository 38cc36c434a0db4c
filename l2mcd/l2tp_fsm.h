/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l2tp_fsm.h - the state tables of RFC 2661 section 7 as data.
 *
 * Total functions: every state and event has a row.  What the RFC calls "idle" after a Stop or
 * a CDN is CLOSING here as long as reliable delivery still has work to do.
 */
#ifndef L2MCD_L2TP_FSM_H
#define L2MCD_L2TP_FSM_H

#include "l2mcd/l2tp_engine.h"

#define L2TP_T_STATES (L2TP_T_CLOSING + 1)
#define L2TP_S_STATES (L2TP_S_CLOSING + 1)

/* ---------------------------------------------------------------- control connection */

enum l2tp_tunnel_event {
	L2TP_TE_OPEN,	   /* local open */
	L2TP_TE_SCCRQ,	   /* acceptable, where the state asks for it */
	L2TP_TE_SCCRQ_BAD, /* not acceptable */
	L2TP_TE_SCCRP,
	L2TP_TE_SCCRP_BAD,
	L2TP_TE_SCCCN,
	L2TP_TE_SCCCN_BAD,
	L2TP_TE_TIE_LOST,  /* crossing SCCRQs, ours gives way */
	L2TP_TE_CLOSE,	   /* administrative */
	L2TP_TE_STOPCCN,
	L2TP_TE_CALL,	   /* message about a call */
	L2TP_TE_MULTICAST, /* message of RFC 4045 */
	L2TP_TE_HELLO,
	L2TP_TE_MALFORMED, /* tunnel message with a fault, or unknown mandatory type */
	L2TP_TE_TIMEOUT,   /* not established in time */
	L2TP_TE_RESTART,   /* a new SCCRQ with the Tunnel ID of this one */
	L2TP_TE_DEAD,	   /* a message was not acknowledged */
	L2TP_T_EVENTS
};

enum l2tp_tunnel_action {
	L2TP_TA_IGNORE,	   /* does not belong here: acknowledged, counted; state as before */
	L2TP_TA_NONE,
	L2TP_TA_SCCRQ,	   /* send it */
	L2TP_TA_SCCRP,
	L2TP_TA_SCCCN_UP,  /* send SCCCN; the tunnel is open */
	L2TP_TA_UP,
	L2TP_TA_STOP,	   /* send StopCCN and clean up */
	L2TP_TA_LINGER,	   /* StopCCN came: clean up, go on acknowledging (R2661-5.7-1) */
	L2TP_TA_CLEAN_UP,  /* without a word */
	L2TP_TA_CALL,	   /* hand over to the call */
	L2TP_TA_MULTICAST, /* hand over to the daemon */
	L2TP_T_ACTIONS
};

struct l2tp_tunnel_row {
	enum l2tp_tunnel_action action;
	enum l2tp_tunnel_state next;
};

struct l2tp_tunnel_row l2tp_tunnel_row(enum l2tp_tunnel_state state, enum l2tp_tunnel_event event);
const char *l2tp_tunnel_event_name(enum l2tp_tunnel_event event);
const char *l2tp_tunnel_action_name(enum l2tp_tunnel_action action);

/* ---------------------------------------------------------------- calls */

enum l2tp_role {
	L2TP_IN_LAC,
	L2TP_IN_LNS,
	L2TP_OUT_LAC, /* we place the call that an LNS asks for */
	L2TP_OUT_LNS,
	L2TP_ROLES
};

enum l2tp_session_event {
	L2TP_SE_CALL,	     /* local call */
	L2TP_SE_TUNNEL_OPEN,
	L2TP_SE_ICRQ,	     /* acceptable, where the state asks for it */
	L2TP_SE_ICRQ_BAD,
	L2TP_SE_ICRP,
	L2TP_SE_ICRP_BAD,
	L2TP_SE_ICCN,
	L2TP_SE_ICCN_BAD,
	L2TP_SE_OCRQ,	     /* as above */
	L2TP_SE_OCRQ_BAD,
	L2TP_SE_OCRP,
	L2TP_SE_OCRP_BAD,
	L2TP_SE_ANSWER,	     /* the bearer is there: answered, framing detected */
	L2TP_SE_OCCN,
	L2TP_SE_OCCN_BAD,
	L2TP_SE_CDN,
	L2TP_SE_INFO,	     /* WEN or SLI */
	L2TP_SE_CLOSE,	     /* line drop or local close */
	L2TP_SE_MALFORMED,   /* session message with a fault */
	L2TP_SE_TIMEOUT,     /* not established in time */
	L2TP_SE_TUNNEL_DOWN,
	L2TP_S_EVENTS
};

enum l2tp_session_action {
	L2TP_SA_IGNORE,
	L2TP_SA_NONE,
	L2TP_SA_ICRQ,	 /* send it */
	L2TP_SA_ICRP,
	L2TP_SA_ICCN_UP, /* send ICCN; the session is up */
	L2TP_SA_OCRQ,
	L2TP_SA_OCRP,	 /* send it; the daemon opens the bearer */
	L2TP_SA_PROCEED, /* OCRP came: the peer's Session ID is known, the call on its way */
	L2TP_SA_OCCN_UP,
	L2TP_SA_UP,
	L2TP_SA_CDN,	 /* send CDN and clean up */
	L2TP_SA_CLEAN_UP,
	L2TP_SA_INFO,	 /* hand over to the daemon */
	L2TP_S_ACTIONS
};

struct l2tp_session_row {
	enum l2tp_session_action action;
	enum l2tp_session_state next;
};

struct l2tp_session_row l2tp_session_row(enum l2tp_role role, enum l2tp_session_state state,
					 enum l2tp_session_event event);
const char *l2tp_session_event_name(enum l2tp_session_event event);
const char *l2tp_session_action_name(enum l2tp_session_action action);

#endif
