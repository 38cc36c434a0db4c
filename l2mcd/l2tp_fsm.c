// SPDX-License-Identifier: GPL-2.0-or-later
/* State tables of RFC 2661 section 7; the row numbers are those of the conformance catalogue (F2661-*). */
#include "l2mcd/l2tp_fsm.h"

/* clang-format off */

/* ---------------------------------------------------------------- control connection */

#define ROW(ACTION, NEXT) {L2TP_TA_##ACTION, L2TP_T_##NEXT}
#define E(EVENT)	  [L2TP_TE_##EVENT]

/* What is not listed is ignored.  Messages about calls before the tunnel is open are out of
 * sequence and clear it (R2661-7.1-1, R2661-5-1); those of RFC 4045 are not allowed to
 * (A4045-46). */
static const struct l2tp_tunnel_row tunnel_rows[L2TP_T_STATES][L2TP_T_EVENTS] = {
	[L2TP_T_IDLE] = {
		E(OPEN) = ROW(SCCRQ, WAIT_CTL_REPLY),		/* C1 */
		E(SCCRQ) = ROW(SCCRP, WAIT_CTL_CONN),		/* C2 */
		E(SCCRQ_BAD) = ROW(STOP, CLOSING),		/* C3 */
		E(SCCRP) = ROW(STOP, CLOSING),			/* C4; see A2661-8: no tunnel, */
		E(SCCRP_BAD) = ROW(STOP, CLOSING),		/* no answer: never comes here */
		E(SCCCN) = ROW(CLEAN_UP, IDLE),			/* C5 */
		E(SCCCN_BAD) = ROW(CLEAN_UP, IDLE),
		E(CLOSE) = ROW(CLEAN_UP, IDLE),
		E(STOPCCN) = ROW(CLEAN_UP, IDLE),		/* C16 */
		E(MALFORMED) = ROW(STOP, CLOSING),		/* an SCCRQ: C3 */
		E(TIMEOUT) = ROW(CLEAN_UP, IDLE),
	},
	[L2TP_T_WAIT_CTL_REPLY] = {
		E(SCCRQ) = ROW(STOP, CLOSING),			/* in this tunnel, not crossing */
		E(SCCRQ_BAD) = ROW(STOP, CLOSING),
		E(SCCRP) = ROW(SCCCN_UP, ESTABLISHED),		/* C6 */
		E(SCCRP_BAD) = ROW(STOP, CLOSING),		/* C7 */
		E(TIE_LOST) = ROW(CLEAN_UP, IDLE),		/* C8 */
		E(SCCCN) = ROW(STOP, CLOSING),			/* C9 */
		E(SCCCN_BAD) = ROW(STOP, CLOSING),
		E(CLOSE) = ROW(STOP, CLOSING),
		E(STOPCCN) = ROW(LINGER, CLOSING),		/* C16 */
		E(CALL) = ROW(STOP, CLOSING),
		E(HELLO) = ROW(NONE, WAIT_CTL_REPLY),
		E(MALFORMED) = ROW(STOP, CLOSING),
		E(TIMEOUT) = ROW(STOP, CLOSING),
		E(DEAD) = ROW(CLEAN_UP, IDLE),			/* R2661-5.8-9 */
	},
	[L2TP_T_WAIT_CTL_CONN] = {
		E(SCCRQ) = ROW(STOP, CLOSING),			/* C12 */
		E(SCCRQ_BAD) = ROW(STOP, CLOSING),
		E(SCCRP) = ROW(STOP, CLOSING),			/* C12 */
		E(SCCRP_BAD) = ROW(STOP, CLOSING),
		E(SCCCN) = ROW(UP, ESTABLISHED),		/* C10 */
		E(SCCCN_BAD) = ROW(STOP, CLOSING),		/* C11 */
		E(CLOSE) = ROW(STOP, CLOSING),
		E(STOPCCN) = ROW(LINGER, CLOSING),		/* C16 */
		E(CALL) = ROW(STOP, CLOSING),
		E(HELLO) = ROW(NONE, WAIT_CTL_CONN),
		E(MALFORMED) = ROW(STOP, CLOSING),
		E(TIMEOUT) = ROW(STOP, CLOSING),
		E(RESTART) = ROW(CLEAN_UP, IDLE),
		E(DEAD) = ROW(CLEAN_UP, IDLE),
	},
	[L2TP_T_ESTABLISHED] = {
		E(OPEN) = ROW(NONE, ESTABLISHED),		/* C13 */
		E(SCCRQ) = ROW(STOP, CLOSING),			/* C15 */
		E(SCCRQ_BAD) = ROW(STOP, CLOSING),
		E(SCCRP) = ROW(STOP, CLOSING),			/* C15 */
		E(SCCRP_BAD) = ROW(STOP, CLOSING),
		E(SCCCN) = ROW(STOP, CLOSING),			/* C15 */
		E(SCCCN_BAD) = ROW(STOP, CLOSING),
		E(CLOSE) = ROW(STOP, CLOSING),			/* C14 */
		E(STOPCCN) = ROW(LINGER, CLOSING),		/* C16 */
		E(CALL) = ROW(CALL, ESTABLISHED),
		E(MULTICAST) = ROW(MULTICAST, ESTABLISHED),
		E(HELLO) = ROW(NONE, ESTABLISHED),
		E(MALFORMED) = ROW(STOP, CLOSING),
		E(RESTART) = ROW(CLEAN_UP, IDLE),
		E(DEAD) = ROW(CLEAN_UP, IDLE),
	},
	[L2TP_T_CLOSING] = {
		E(RESTART) = ROW(CLEAN_UP, IDLE),
		E(STOPCCN) = ROW(LINGER, CLOSING),		/* crossing ours */
		E(TIMEOUT) = ROW(CLEAN_UP, IDLE),		/* end of the cycle */
		E(DEAD) = ROW(CLEAN_UP, IDLE),			/* R2661-7.6-1 */
	},
};

#undef ROW
#undef E

static const char *const tunnel_events[L2TP_T_EVENTS] = {
	"open", "SCCRQ", "SCCRQ (not acceptable)", "SCCRP", "SCCRP (not acceptable)", "SCCCN",
	"SCCCN (not acceptable)", "tie lost", "close", "StopCCN", "call message",
	"multicast message", "HELLO", "malformed message", "timeout",
	"peer has restarted", "not acknowledged",
};

static const char *const tunnel_actions[L2TP_T_ACTIONS] = {
	"ignore", "-", "SCCRQ", "SCCRP", "SCCCN, up", "up", "StopCCN, clean up",
	"clean up, acknowledge", "clean up", "call", "multicast",
};

static const char *const tunnel_states[L2TP_T_STATES] = {
	"idle", "wait-ctl-reply", "wait-ctl-conn", "established", "closing",
};

/* ---------------------------------------------------------------- calls */

#define ROW(ACTION, NEXT) {L2TP_SA_##ACTION, L2TP_S_##NEXT}
#define E(EVENT)	  [L2TP_SE_##EVENT]

/* Out of sequence or malformed in any state that has an ID of the peer (A2661-6): CDN. */
#define OUTGOING_IN_INCOMING                                                                  \
	E(OCRQ) = ROW(CDN, CLOSING), E(OCRP) = ROW(CDN, CLOSING), E(OCCN) = ROW(CDN, CLOSING), \
	E(MALFORMED) = ROW(CDN, CLOSING)

#define INCOMING_IN_OUTGOING                                                                   \
	E(ICRQ) = ROW(CDN, CLOSING), E(ICRP) = ROW(CDN, CLOSING),                              \
	E(ICRP_BAD) = ROW(CDN, CLOSING), E(ICCN) = ROW(CDN, CLOSING),                          \
	E(ICCN_BAD) = ROW(CDN, CLOSING), E(MALFORMED) = ROW(CDN, CLOSING)

static const struct l2tp_session_row session_rows[L2TP_ROLES][L2TP_S_STATES][L2TP_S_EVENTS] = {
	[L2TP_IN_LAC] = {
		[L2TP_S_IDLE] = {
			E(CALL) = ROW(NONE, WAIT_TUNNEL),	/* IA1 */
			E(ICRP) = ROW(CLEAN_UP, IDLE),		/* IA2 */
			E(ICRP_BAD) = ROW(CLEAN_UP, IDLE),
			E(ICCN) = ROW(CLEAN_UP, IDLE),		/* IA2 */
			E(ICCN_BAD) = ROW(CLEAN_UP, IDLE),
			E(CDN) = ROW(CLEAN_UP, IDLE),		/* IA2 */
			E(CLOSE) = ROW(CLEAN_UP, IDLE),
			E(TUNNEL_DOWN) = ROW(CLEAN_UP, IDLE),
		},
		[L2TP_S_WAIT_TUNNEL] = {
			E(TUNNEL_OPEN) = ROW(ICRQ, WAIT_REPLY),	/* IA4 */
			E(CLOSE) = ROW(CLEAN_UP, IDLE),		/* IA3 */
			E(TIMEOUT) = ROW(CLEAN_UP, IDLE),
			E(TUNNEL_DOWN) = ROW(CLEAN_UP, IDLE),
		},
		[L2TP_S_WAIT_REPLY] = {
			E(ICRQ) = ROW(CDN, CLOSING),		/* IA6 */
			E(ICRQ_BAD) = ROW(CDN, CLOSING),
			E(ICRP) = ROW(ICCN_UP, ESTABLISHED),	/* IA5 */
			E(ICRP_BAD) = ROW(CDN, CLOSING),	/* IA6 */
			E(ICCN) = ROW(CLEAN_UP, IDLE),		/* IA7 */
			E(ICCN_BAD) = ROW(CLEAN_UP, IDLE),
			OUTGOING_IN_INCOMING,
			E(CDN) = ROW(CLEAN_UP, IDLE),		/* IA7 */
			E(CLOSE) = ROW(CDN, CLOSING),		/* IA6 */
			E(TIMEOUT) = ROW(CDN, CLOSING),
			E(TUNNEL_DOWN) = ROW(CLEAN_UP, IDLE),
		},
		[L2TP_S_ESTABLISHED] = {
			E(ICRQ) = ROW(CDN, CLOSING),		/* IA9 */
			E(ICRQ_BAD) = ROW(CDN, CLOSING),
			E(ICRP) = ROW(CDN, CLOSING),		/* IA9 */
			E(ICRP_BAD) = ROW(CDN, CLOSING),
			E(ICCN) = ROW(CDN, CLOSING),		/* IA9 */
			E(ICCN_BAD) = ROW(CDN, CLOSING),
			OUTGOING_IN_INCOMING,
			E(CDN) = ROW(CLEAN_UP, IDLE),		/* IA8 */
			E(INFO) = ROW(INFO, ESTABLISHED),
			E(CLOSE) = ROW(CDN, CLOSING),		/* IA9 */
			E(TUNNEL_DOWN) = ROW(CLEAN_UP, IDLE),
		},
	},
	[L2TP_IN_LNS] = {
		[L2TP_S_IDLE] = {
			E(ICRQ) = ROW(ICRP, WAIT_CONNECT),	/* IN1 */
			E(ICRQ_BAD) = ROW(CDN, CLOSING),	/* IN2 */
			E(ICRP) = ROW(CDN, CLOSING),		/* IN2 */
			E(ICRP_BAD) = ROW(CDN, CLOSING),
			E(ICCN) = ROW(CLEAN_UP, IDLE),		/* IN3 */
			E(ICCN_BAD) = ROW(CLEAN_UP, IDLE),
			E(CDN) = ROW(CLEAN_UP, IDLE),		/* IN6 */
			E(CLOSE) = ROW(CDN, CLOSING),		/* while it is being accepted */
			E(MALFORMED) = ROW(CDN, CLOSING),	/* an ICRQ: IN2 */
			E(TUNNEL_DOWN) = ROW(CLEAN_UP, IDLE),
		},
		[L2TP_S_WAIT_CONNECT] = {
			E(ICRQ) = ROW(CDN, CLOSING),		/* IN5 */
			E(ICRQ_BAD) = ROW(CDN, CLOSING),
			E(ICRP) = ROW(CDN, CLOSING),		/* IN5 */
			E(ICRP_BAD) = ROW(CDN, CLOSING),
			E(ICCN) = ROW(UP, ESTABLISHED),		/* IN4 */
			E(ICCN_BAD) = ROW(CDN, CLOSING),	/* IN5 */
			OUTGOING_IN_INCOMING,
			E(CDN) = ROW(CLEAN_UP, IDLE),		/* IN6 */
			E(CLOSE) = ROW(CDN, CLOSING),		/* IN5 */
			E(TIMEOUT) = ROW(CDN, CLOSING),
			E(TUNNEL_DOWN) = ROW(CLEAN_UP, IDLE),
		},
		[L2TP_S_ESTABLISHED] = {
			E(ICRQ) = ROW(CDN, CLOSING),		/* IN7 */
			E(ICRQ_BAD) = ROW(CDN, CLOSING),
			E(ICRP) = ROW(CDN, CLOSING),		/* IN7 */
			E(ICRP_BAD) = ROW(CDN, CLOSING),
			E(ICCN) = ROW(CDN, CLOSING),		/* IN7 */
			E(ICCN_BAD) = ROW(CDN, CLOSING),
			OUTGOING_IN_INCOMING,
			E(CDN) = ROW(CLEAN_UP, IDLE),		/* IN6 */
			E(INFO) = ROW(INFO, ESTABLISHED),
			E(CLOSE) = ROW(CDN, CLOSING),		/* IN7 */
			E(TUNNEL_DOWN) = ROW(CLEAN_UP, IDLE),
		},
	},
	[L2TP_OUT_LAC] = {
		[L2TP_S_IDLE] = {
			E(OCRQ) = ROW(OCRP, WAIT_CS_ANSWER),	/* OA1 */
			E(OCRQ_BAD) = ROW(CDN, CLOSING),	/* OA2 */
			E(OCRP) = ROW(CDN, CLOSING),		/* OA2 */
			E(OCCN) = ROW(CLEAN_UP, IDLE),		/* OA3 */
			E(CDN) = ROW(CLEAN_UP, IDLE),		/* OA3 */
			E(CLOSE) = ROW(CDN, CLOSING),		/* while it is being accepted */
			E(MALFORMED) = ROW(CDN, CLOSING),	/* an OCRQ: OA2 */
			E(TUNNEL_DOWN) = ROW(CLEAN_UP, IDLE),
		},
		[L2TP_S_WAIT_CS_ANSWER] = {
			E(OCRQ) = ROW(CDN, CLOSING),		/* OA5 */
			E(OCRP) = ROW(CDN, CLOSING),		/* OA5 */
			E(ANSWER) = ROW(OCCN_UP, ESTABLISHED),	/* OA4 */
			E(OCCN) = ROW(CDN, CLOSING),		/* OA5 */
			INCOMING_IN_OUTGOING,
			E(CDN) = ROW(CLEAN_UP, IDLE),		/* OA6 */
			E(CLOSE) = ROW(CDN, CLOSING),		/* OA5: bearer failure */
			E(TIMEOUT) = ROW(CDN, CLOSING),
			E(TUNNEL_DOWN) = ROW(CLEAN_UP, IDLE),
		},
		[L2TP_S_ESTABLISHED] = {
			E(OCRQ) = ROW(CDN, CLOSING),		/* OA7 */
			E(OCRP) = ROW(CDN, CLOSING),		/* OA7 */
			E(OCCN) = ROW(CDN, CLOSING),		/* OA7 */
			INCOMING_IN_OUTGOING,
			E(CDN) = ROW(CLEAN_UP, IDLE),		/* OA6 */
			E(INFO) = ROW(INFO, ESTABLISHED),
			E(CLOSE) = ROW(CDN, CLOSING),		/* OA7 */
			E(TUNNEL_DOWN) = ROW(CLEAN_UP, IDLE),
		},
	},
	[L2TP_OUT_LNS] = {
		[L2TP_S_IDLE] = {
			E(CALL) = ROW(NONE, WAIT_TUNNEL),	/* ON1 */
			E(OCRQ) = ROW(CDN, CLOSING),		/* an LNS places no calls */
			E(OCRP) = ROW(CLEAN_UP, IDLE),		/* ON2 */
			E(OCCN) = ROW(CLEAN_UP, IDLE),		/* ON2 */
			E(CDN) = ROW(CLEAN_UP, IDLE),		/* ON2 */
			E(CLOSE) = ROW(CLEAN_UP, IDLE),
			E(MALFORMED) = ROW(CDN, CLOSING),
			E(TUNNEL_DOWN) = ROW(CLEAN_UP, IDLE),
		},
		[L2TP_S_WAIT_TUNNEL] = {
			E(TUNNEL_OPEN) = ROW(OCRQ, WAIT_REPLY),	/* ON3 */
			E(CLOSE) = ROW(CLEAN_UP, IDLE),		/* ON4 */
			E(TIMEOUT) = ROW(CLEAN_UP, IDLE),
			E(TUNNEL_DOWN) = ROW(CLEAN_UP, IDLE),
		},
		[L2TP_S_WAIT_REPLY] = {
			E(OCRQ) = ROW(CDN, CLOSING),		/* ON6 */
			E(OCRP) = ROW(PROCEED, WAIT_CONNECT),	/* ON5 */
			E(OCRP_BAD) = ROW(CDN, CLOSING),	/* ON6 */
			E(OCCN) = ROW(CDN, CLOSING),		/* ON6 */
			INCOMING_IN_OUTGOING,
			E(CDN) = ROW(CLEAN_UP, IDLE),		/* ON10 */
			E(CLOSE) = ROW(CDN, CLOSING),		/* ON6 */
			E(TIMEOUT) = ROW(CDN, CLOSING),
			E(TUNNEL_DOWN) = ROW(CLEAN_UP, IDLE),
		},
		[L2TP_S_WAIT_CONNECT] = {
			E(OCRQ) = ROW(CDN, CLOSING),		/* ON8 */
			E(OCRP) = ROW(CDN, CLOSING),		/* ON8 */
			E(OCCN) = ROW(UP, ESTABLISHED),		/* ON7 */
			E(OCCN_BAD) = ROW(CDN, CLOSING),
			INCOMING_IN_OUTGOING,
			E(CDN) = ROW(CLEAN_UP, IDLE),		/* ON10 */
			E(CLOSE) = ROW(CDN, CLOSING),		/* ON8 */
			E(TIMEOUT) = ROW(CDN, CLOSING),
			E(TUNNEL_DOWN) = ROW(CLEAN_UP, IDLE),
		},
		[L2TP_S_ESTABLISHED] = {
			E(OCRQ) = ROW(CDN, CLOSING),		/* ON9 */
			E(OCRP) = ROW(CDN, CLOSING),		/* ON9 */
			E(OCCN) = ROW(CDN, CLOSING),		/* ON9 */
			INCOMING_IN_OUTGOING,
			E(CDN) = ROW(CLEAN_UP, IDLE),		/* ON10 */
			E(INFO) = ROW(INFO, ESTABLISHED),
			E(CLOSE) = ROW(CDN, CLOSING),		/* ON9 */
			E(TUNNEL_DOWN) = ROW(CLEAN_UP, IDLE),
		},
	},
};

static const char *const session_events[L2TP_S_EVENTS] = {
	"call", "tunnel open", "ICRQ", "ICRQ (not acceptable)", "ICRP", "ICRP (not acceptable)",
	"ICCN", "ICCN (not acceptable)", "OCRQ", "OCRQ (not acceptable)", "OCRP",
	"OCRP (not acceptable)", "answer", "OCCN", "OCCN (not acceptable)", "CDN", "WEN or SLI",
	"close", "malformed message", "timeout", "tunnel down",
};

static const char *const session_actions[L2TP_S_ACTIONS] = {
	"ignore", "-", "ICRQ", "ICRP", "ICCN, up", "OCRQ", "OCRP", "proceed", "OCCN, up", "up",
	"CDN, clean up", "clean up", "inform",
};

static const char *const session_states[L2TP_S_STATES] = {
	"idle", "wait-tunnel", "wait-reply", "wait-cs-answer", "wait-connect", "established",
	"closing",
};

/* clang-format on */

struct l2tp_tunnel_row l2tp_tunnel_row(enum l2tp_tunnel_state state, enum l2tp_tunnel_event event)
{
	struct l2tp_tunnel_row row = tunnel_rows[state][event];

	if (row.action == L2TP_TA_IGNORE)
		row.next = state;
	return row;
}

struct l2tp_session_row l2tp_session_row(enum l2tp_role role, enum l2tp_session_state state,
					 enum l2tp_session_event event)
{
	struct l2tp_session_row row = session_rows[role][state][event];

	if (row.action == L2TP_SA_IGNORE)
		row.next = state;
	return row;
}

const char *l2tp_tunnel_event_name(enum l2tp_tunnel_event event)
{
	return tunnel_events[event];
}

const char *l2tp_tunnel_action_name(enum l2tp_tunnel_action action)
{
	return tunnel_actions[action];
}

const char *l2tp_tunnel_state_name(enum l2tp_tunnel_state state)
{
	return state < L2TP_T_STATES ? tunnel_states[state] : "unknown";
}

const char *l2tp_session_event_name(enum l2tp_session_event event)
{
	return session_events[event];
}

const char *l2tp_session_action_name(enum l2tp_session_action action)
{
	return session_actions[action];
}

const char *l2tp_session_state_name(enum l2tp_session_state state)
{
	return state < L2TP_S_STATES ? session_states[state] : "unknown";
}
