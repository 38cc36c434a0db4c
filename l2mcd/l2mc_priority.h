/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l2mc_priority.h - Multicast Packets Priority (AVP 84) as the LAC has received it.
 *
 * A priority comes for a multicast session (global, RFC 4045 6.3.1) or for a unicast session
 * (individual, 6.3.2).  Both may be there; which one counts is the administrator's choice
 * (6.3.3, A4045-3).  No AVP takes a priority back: it stays until a new one comes or its
 * session ends (A4045-4).  An engine file.
 */
#ifndef L2MCD_L2MC_PRIORITY_H
#define L2MCD_L2MC_PRIORITY_H

#include "lib/base.h"

#define L2MC_PRIORITY_MAX 2 /* other values are ignored (A4045-43) */

/** Value of AVP 84. */
enum l2mc_priority {
	L2MC_BEST_EFFORT = 0,	  /* in the order of arrival */
	L2MC_UNICAST_FIRST = 1,	  /* packets of the unicast session go first */
	L2MC_MULTICAST_FIRST = 2, /* packets of multicast sessions go first */
};

/** Which of two priorities counts. */
enum l2mc_precedence {
	L2MC_INDIVIDUAL, /* the default of R4045-6.3.3-1 */
	L2MC_GLOBAL,
	L2MC_LAST_RECEIVED,
	L2MC_PRIORITY_IGNORED, /* AVP 84 is not supported (R4045-6.3.3-2) */
};

/** A priority as it was received; order 0: none was. */
struct l2mc_received {
	uint64_t order; /* grows with every AVP 84 */
	uint8_t value;
};

PREDECL_HASH(l2mc_individuals);

/** The individual priorities of a tunnel's unicast sessions. */
struct l2mc_individuals {
	struct l2mc_individuals_head head;
};

void l2mc_individuals_start(struct l2mc_individuals *i);
void l2mc_individuals_stop(struct l2mc_individuals *i);
void l2mc_individuals_set(struct l2mc_individuals *i, uint16_t session_id, struct l2mc_received r);
/** The session is over. */
void l2mc_individuals_forget(struct l2mc_individuals *i, uint16_t session_id);
struct l2mc_received l2mc_individuals_get(const struct l2mc_individuals *i, uint16_t session_id);

/** What counts for the packets of one multicast session to one unicast session. */
uint8_t l2mc_priority_effective(enum l2mc_precedence precedence, struct l2mc_received global,
				struct l2mc_received individual);

/** "best-effort", "unicast", "multicast": as the operator writes it; "unknown". */
const char *l2mc_priority_name(uint8_t priority);
/** "individual", "global", "last-received", "none". */
const char *l2mc_precedence_name(enum l2mc_precedence precedence);

#endif
