/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pimd_state.h - group membership as pimd keeps it, per interface and group.
 *
 * Filled by whoever reads pimd, as snapshots and as single changes.  Tells what changed.  When
 * pimd was restarted it knows nothing until hosts have answered its queries: what it knew before
 * is held meanwhile, so that forwarding goes on.
 *
 * Engine file.
 */
#ifndef MCAST_PIMD_STATE_H
#define MCAST_PIMD_STATE_H

#include "lib/gmp_filter.h"
#include "lib/twheel.h"

/** How long hosts have to answer the first queries of a new pimd: RFC 3376 8.3, and a little. */
#define PIMD_STATE_HOLD_MS (15 * MSEC_PER_S)

struct pimd_state;

struct pimd_membership {
	uint32_t ifindex;
	struct addr group;
	uint8_t version;	  /* of the oldest host heard */
	bool refused;		  /* beyond the limit: not told */
	bool held;		  /* of the pimd before; not confirmed yet */
	msec_t since;		  /* of the membership */
	struct gmp_filter filter; /* while nothing changes */
};

typedef void pimd_membership_fn(void *arg, const struct pimd_membership *m);

/** changed: the state of (ifindex, group) is now the filter's; GMP_FILTER_NONE: it is gone. */
struct pimd_state *pimd_state_new(pimd_membership_fn *changed, void *arg, struct twheel *wheel);
void pimd_state_free(struct pimd_state *st);

/** Most groups of one interface that are told, 0: no limit.  Further ones wait for their turn. */
void pimd_state_limit(struct pimd_state *st, uint32_t maximum_groups);
/** What follows comes of another process than what is there. */
void pimd_state_restarted(struct pimd_state *st, msec_t now);
/** A snapshot begins; it may begin again before it ended. */
void pimd_state_begin(struct pimd_state *st);
/** It is complete: what was not told is gone. */
void pimd_state_end(struct pimd_state *st, msec_t now);
void pimd_state_set(struct pimd_state *st, uint32_t ifindex, const struct addr *group,
		    uint8_t version, const struct gmp_filter *f, msec_t now);
/** It is known, and the reader could not tell its state: as it was. */
void pimd_state_keep(struct pimd_state *st, uint32_t ifindex, const struct addr *group);
void pimd_state_gone(struct pimd_state *st, uint32_t ifindex, const struct addr *group);

size_t pimd_state_count(const struct pimd_state *st);
size_t pimd_state_held(const struct pimd_state *st);
/** The groups of one interface, sorted. */
void pimd_state_walk(const struct pimd_state *st, uint32_t ifindex, pimd_membership_fn *fn,
		     void *arg);

#endif
