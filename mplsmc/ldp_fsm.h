/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ldp_fsm.h - the session state table of RFC 5036 2.5.4 as data (table 3.2a, F-LDP-*).
 *
 * A total function: every state and event has a row.  "Non existent" is a peer that Hellos have
 * told of and that no connection leads to.
 */
#ifndef MPLSMC_LDP_FSM_H
#define MPLSMC_LDP_FSM_H

#include "mplsmc/ldp_engine.h"

enum ldp_event {
	LDP_E_CONNECTED, /* TCP connection is there */
	LDP_E_ACTIVE,	 /* and it is for us to begin */
	LDP_E_INIT,	 /* Initialization, acceptable where the state asks for it */
	LDP_E_INIT_BAD,	 /* not acceptable */
	LDP_E_KEEPALIVE,
	LDP_E_SHUTDOWN, /* Notification of a fatal error, Shutdown among them */
	LDP_E_MESSAGE,	/* any other */
	LDP_E_FAULT,	/* PDU or message with a fatal fault */
	LDP_E_TIMEOUT,	/* KeepAlive time, or time for the set-up */
	LDP_E_CLOSE,	/* administrative, or no Hello adjacency is left */
	LDP_E_LOST,	/* connection failed or was closed */
	LDP_EVENTS
};

enum ldp_action {
	LDP_A_IGNORE, /* cannot come here; state as before */
	LDP_A_NONE,
	LDP_A_INIT,	      /* send Initialization */
	LDP_A_INIT_KEEPALIVE, /* send both */
	LDP_A_KEEPALIVE,      /* send it */
	LDP_A_UP,
	LDP_A_PROCESS,	/* the message */
	LDP_A_NAK,	/* send an error Notification, close */
	LDP_A_CLEAN_UP, /* without a word */
	LDP_ACTIONS
};

struct ldp_fsm_row {
	enum ldp_action action;
	enum ldp_session_state next;
};

struct ldp_fsm_row ldp_fsm_row(enum ldp_session_state state, enum ldp_event event);
const char *ldp_event_name(enum ldp_event event);
const char *ldp_action_name(enum ldp_action action);

#endif
