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
	/** The session's netdev is there, or settings have changed. */
	void (*start)(struct l2mcd *d, struct l2mcd_session *s, const struct interface *ifp);
	/** The netdev is gone; nothing is told any more. */
	void (*stop)(struct l2mcd_session *s);
	/** Only now do queries reach the subscriber. */
	void (*reached)(struct l2mcd_session *s);
	/** Calls fn for each group of the session. */
	void (*walk)(const struct l2mcd_session *s, membership_fn *fn, void *arg);
};

extern const struct membership_source l2mcd_membership_session;

const struct membership_source *l2mcd_membership(const struct l2mcd *d);
/** The state of the session's group is now f. */
void l2mcd_membership_changed(struct l2mcd_session *s, const struct addr *group,
			      const struct gmp_filter *f);

#endif
