// SPDX-License-Identifier: GPL-2.0-or-later
/* State table of RFC 5036 2.5.4; the numbers are those of the conformance catalogue (F-LDP-*). */
#include "mplsmc/ldp_fsm.h"

/* clang-format off */

#define ROW(ACTION, NEXT) {LDP_A_##ACTION, LDP_##NEXT}
#define E(EVENT)	  [LDP_E_##EVENT]

/* Until it is operational a session takes what it waits for and nothing else; the U bit does
 * not help (M-5036-2.5.3-2). */
#define NAK ROW(NAK, NONEXISTENT)

static const struct ldp_fsm_row rows[LDP_SESSION_STATES][LDP_EVENTS] = {
	[LDP_NONEXISTENT] = {
		E(CONNECTED) = ROW(NONE, INITIALIZED),
		E(TIMEOUT) = ROW(CLEAN_UP, NONEXISTENT),	/* of connect() */
		E(CLOSE) = ROW(CLEAN_UP, NONEXISTENT),
		E(LOST) = ROW(CLEAN_UP, NONEXISTENT),
	},
	[LDP_INITIALIZED] = {
		E(ACTIVE) = ROW(INIT, OPENSENT),		/* F-LDP-1 */
		E(INIT) = ROW(INIT_KEEPALIVE, OPENREC),		/* F-LDP-2 */
		E(INIT_BAD) = NAK,				/* F-LDP-3 */
		E(KEEPALIVE) = NAK,
		E(SHUTDOWN) = NAK,
		E(MESSAGE) = NAK,
		E(FAULT) = NAK,
		E(TIMEOUT) = NAK,
		E(CLOSE) = NAK,
		E(LOST) = ROW(CLEAN_UP, NONEXISTENT),
	},
	[LDP_OPENSENT] = {
		E(INIT) = ROW(KEEPALIVE, OPENREC),		/* F-LDP-6 */
		E(INIT_BAD) = NAK,				/* F-LDP-7 */
		E(KEEPALIVE) = NAK,
		E(SHUTDOWN) = NAK,
		E(MESSAGE) = NAK,
		E(FAULT) = NAK,
		E(TIMEOUT) = NAK,
		E(CLOSE) = NAK,
		E(LOST) = ROW(CLEAN_UP, NONEXISTENT),
	},
	[LDP_OPENREC] = {
		E(INIT) = NAK,					/* F-LDP-5 */
		E(INIT_BAD) = NAK,
		E(KEEPALIVE) = ROW(UP, OPERATIONAL),		/* F-LDP-4 */
		E(SHUTDOWN) = NAK,				/* F-LDP-5 */
		E(MESSAGE) = NAK,
		E(FAULT) = NAK,
		E(TIMEOUT) = NAK,
		E(CLOSE) = NAK,
		E(LOST) = ROW(CLEAN_UP, NONEXISTENT),
	},
	[LDP_OPERATIONAL] = {
		E(INIT) = ROW(NONE, OPERATIONAL),		/* F-LDP-9: has no meaning here */
		E(INIT_BAD) = ROW(NONE, OPERATIONAL),
		E(KEEPALIVE) = ROW(NONE, OPERATIONAL),		/* F-LDP-9 */
		E(SHUTDOWN) = NAK,				/* F-LDP-8 */
		E(MESSAGE) = ROW(PROCESS, OPERATIONAL),		/* F-LDP-9 */
		E(FAULT) = NAK,
		E(TIMEOUT) = NAK,				/* F-LDP-10 */
		E(CLOSE) = NAK,
		E(LOST) = ROW(CLEAN_UP, NONEXISTENT),
	},
};

/* clang-format on */

static const char *const events[LDP_EVENTS] = {
	"connected",	   "active",
	"Initialization",  "Initialization (not acceptable)",
	"KeepAlive",	   "fatal Notification",
	"other message",   "fatal fault",
	"timeout",	   "close",
	"connection lost",
};

static const char *const actions[LDP_ACTIONS] = {
	"ignore",    "-",  "Initialization", "Initialization, KeepAlive",
	"KeepAlive", "up", "process",	     "Notification, close",
	"clean up",
};

static const char *const states[LDP_SESSION_STATES] = {
	"non existent", "initialized", "opensent", "openrec", "operational",
};

struct ldp_fsm_row ldp_fsm_row(enum ldp_session_state state, enum ldp_event event)
{
	struct ldp_fsm_row row = rows[state][event];

	if (row.action == LDP_A_IGNORE)
		row.next = state;
	return row;
}

const char *ldp_event_name(enum ldp_event event)
{
	return events[event];
}

const char *ldp_action_name(enum ldp_action action)
{
	return actions[action];
}

const char *ldp_session_state_name(enum ldp_session_state state)
{
	return state < LDP_SESSION_STATES ? states[state] : "unknown";
}
