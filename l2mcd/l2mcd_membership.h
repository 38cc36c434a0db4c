/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l2mcd_membership.h - where the group state of a session comes from: `membership source`.
 *
 * Each session is one attached network with group state of its own (R4045-4.1-4, -5).  Whoever
 * keeps it, what comes out is the same: the state of a group, and each change of it, told with
 * l2mcd_membership_changed().
 */
#ifndef L2MCD_MEMBERSHIP_H
#define L2MCD_MEMBERSHIP_H

#include "l2mcd/l2mcd.h"

typedef void membership_fn(void *arg, const struct gmp_group_info *g);

struct membership_source {
	const char *name; /* as it is typed */
	/** It is the source from now on, or not any more: no session has started with it. */
	void (*enable)(struct l2mcd *d);
	void (*disable)(struct l2mcd *d);
	/** NULL, or why a session on this netdev could not be served. */
	const char *(*refuse)(struct l2mcd *d, const char *interface);
	/** The session's netdev is there, or settings have changed. */
	void (*start)(struct l2mcd *d, struct l2mcd_session *s, const struct interface *ifp);
	/** The netdev is gone; nothing is told any more. */
	void (*stop)(struct l2mcd_session *s);
	/** Only now do queries reach the subscriber. */
	void (*reached)(struct l2mcd_session *s);
	/** Calls fn for each group of the session. */
	void (*walk)(const struct l2mcd_session *s, membership_fn *fn, void *arg);
};

extern const struct membership_source l2mcd_membership_session, l2mcd_membership_pimd;

const struct membership_source *l2mcd_membership(const struct l2mcd *d);
/** The state of the session's group is now f. */
void l2mcd_membership_changed(struct l2mcd_session *s, const struct addr *group,
			      const struct gmp_filter *f);

/** Follows the configuration; sessions change over to another source. */
void l2mcd_membership_reconcile(struct l2mcd *d);
void l2mcd_membership_fini(struct l2mcd *d);

/* ---- this daemon as the querier of a session, for one of its protocols */
enum l2mcd_gmp {
	L2MCD_IGMP,
	L2MCD_MLD
};

void l2mcd_querier_start(struct l2mcd *d, struct l2mcd_session *s, const struct interface *ifp,
			 enum l2mcd_gmp gmp);
void l2mcd_querier_stop(struct l2mcd_session *s, enum l2mcd_gmp gmp);
void l2mcd_querier_reached(struct l2mcd_session *s, enum l2mcd_gmp gmp);
void l2mcd_querier_walk(const struct l2mcd_session *s, enum l2mcd_gmp gmp, membership_fn *fn,
			void *arg);

#endif
