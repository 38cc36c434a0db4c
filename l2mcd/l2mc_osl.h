/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l2mc_osl.h - an outgoing session list: a set of Session IDs, and for each of them whether an
 * acknowledgement is due (RFC 4045 6.2).
 *
 * Every change of the set makes a new version.  An ID is acknowledged once forwarding has
 * installed a version at least as new as the one that brought it in.  An engine file.
 */
#ifndef L2MCD_L2MC_OSL_H
#define L2MCD_L2MC_OSL_H

#include "lib/base.h"

/** What is known about one Session ID. */
struct l2mc_osl_entry {
	uint64_t version; /* that brought it in */
	bool due;	  /* listed, not acknowledged since */
	bool acked;	  /* acknowledged at least once */
};

struct l2mc_osl_set {
	uint64_t version;   /* of the set as it stands */
	uint64_t installed; /* by forwarding; 0: none */
	size_t n, size, n_due, n_acked;
	uint16_t *ids;			/* ascending */
	struct l2mc_osl_entry *entries; /* in the order of ids */
};

void l2mc_osl_set_init(struct l2mc_osl_set *o);
void l2mc_osl_set_fini(struct l2mc_osl_set *o);

bool l2mc_osl_set_has(const struct l2mc_osl_set *o, uint16_t id);

/** Listed by a NOS: added if it is not there, and an acknowledgement is due.  version: that of
 *  the set after the message at hand.  True if the set changed. */
bool l2mc_osl_set_list(struct l2mc_osl_set *o, uint16_t id, uint64_t version);

/** Removed, with what is due; false if it is not there. */
bool l2mc_osl_set_remove(struct l2mc_osl_set *o, uint16_t id);

/** Moves IDs whose acknowledgement is due and possible to ids, at most max; their number. */
size_t l2mc_osl_set_take_due(struct l2mc_osl_set *o, uint16_t *ids, size_t max);

#endif
