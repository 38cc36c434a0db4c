// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * l2mcd_priority.c - the priority of single subscribers on the LNS (RFC 4045 6.3.2).
 *
 * `subscriber NAME priority` outlives sessions: whenever the subscriber comes, its LAC is told.
 */
#include "l2mcd/l2mcd_p.h"

static const struct l2mcd_subscriber *subscriber_of(const struct l2mcd_session *s)
{
	struct l2mcd_multicast *m = &l2mcd_instance()->config.multicast;
	const struct l2mcd_subscriber *found = l2mcd_subscriber_find(m, s->interface);
	struct l2tp_session_info info;

	if (found || !s->l2tp)
		return found;
	l2tp_session_info(s->l2tp, &info);
	return info.call.calling_number[0] ? l2mcd_subscriber_find(m, info.call.calling_number)
					   : NULL;
}

void l2mcd_priority_session(struct l2mcd_session *s)
{
	const struct l2mcd_subscriber *own;

	if (!s->user)
		return;
	own = subscriber_of(s);
	l2mc_user_set_priority(s->user, own != NULL, own ? own->priority : L2MC_BEST_EFFORT);
}

static void each(void *arg, struct l2mcd_session *s)
{
	l2mcd_priority_session(s);
}

void l2mcd_priority_reconcile(struct l2mcd *d)
{
	l2mcd_sessions_walk(each, NULL);
}
