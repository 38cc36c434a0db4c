// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Replication contexts: when a multicast session exists (RFC 4045 4.1 step 2, 4.3).
 *
 * A group has one context in a tunnel if its record is EXCLUDE or the policy says so, and else
 * one per source (R4045-4.1-8, -9).  A context with enough receivers has a session.
 */
#include "l2mcd/l2mc_lns_p.h"

/* True if this context is one of those the group has at present. */
static bool exists(const struct l2mc_tgroup *g, const struct l2mc_tsource *ts)
{
	return g->whole == !ts;
}

static void check(struct l2mc_tgroup *g, struct l2mc_tsource *ts, msec_t now)
{
	const struct l2mc_policy *p = &g->t->lns->policy;
	struct l2mc_rc *rc = ts ? &ts->rc : &g->rc;

	if (!exists(g, ts) || g->t->gone)
		return;
	if (rc->session) {
		l2mc_session_review(rc->session, rc->n_eligible, now);
		return;
	}
	/* NARROW: the session that is kept will take this source (A4045-24) */
	if (g->transition == L2MC_NARROW && g->narrow_to == ts)
		return;
	if (rc->n_eligible && rc->n_eligible >= p->threshold && /* R4045-4.3-2 */
	    l2mc_traffic_suffices(g->t->lns, rc, now))
		l2mc_session_open(g, ts, now);
}

void l2mc_context_review(struct l2mc_tgroup *g, struct l2mc_tsource *ts, msec_t now)
{
	check(g, ts, now);
	l2mc_transition_progress(g, now);
}

void l2mc_context_review_group(struct l2mc_tgroup *g, msec_t now)
{
	struct l2mc_tsource *ts;

	if (g->whole)
		check(g, NULL, now);
	else
		for (ts = l2mc_tsource_first(g); ts; ts = l2mc_tsource_next(g, ts))
			check(g, ts, now);
}

void l2mc_context_mode(struct l2mc_tgroup *g, msec_t now)
{
	bool whole = g->t->lns->policy.per_group || l2mc_record_is_exclude(&g->record);

	/* without members there is no mode: what is left of the contexts ends by itself */
	if (l2mc_record_empty(&g->record) || whole == g->whole)
		return;
	if (whole)
		l2mc_transition_widen(g, now);
	else
		l2mc_transition_narrow(g, now);
}

void l2mc_context_review_all(struct l2mc_tunnel *t, msec_t now)
{
	struct l2mc_tgroup *g;

	frr_each (l2mc_tgroups, &t->tgroups, g) {
		l2mc_context_mode(g, now);
		l2mc_context_review_group(g, now);
		l2mc_transition_progress(g, now);
	}
}

/* ---------------------------------------------------------------- what operators want to see */

typedef void (*context_fn)(void *arg, const struct l2mc_context_info *c);

static const char *why_not(const struct l2mc_tgroup *g, const struct l2mc_rc *rc, msec_t now)
{
	const struct l2mc_lns *lns = g->t->lns;

	if (rc->session)
		return "";
	if (!rc->n_eligible || rc->n_eligible < lns->policy.threshold)
		return "threshold";
	return l2mc_traffic_suffices(lns, rc, now) ? "limit" : "traffic";
}

static void tell(const struct l2mc_tgroup *g, const struct l2mc_tsource *ts, context_fn fn,
		 void *arg, msec_t now)
{
	const struct l2mc_rc *rc = ts ? &ts->rc : &g->rc;
	struct l2mc_context_info c = {
		.group = g->group->addr,
		.source = ts ? ts->s.addr : ADDR_ANY,
		.n_eligible = rc->n_eligible,
		.session = rc->session,
		.why = why_not(g, rc, now),
	};

	fn(arg, &c);
}

void l2mc_tunnel_contexts(struct l2mc_tunnel *t, context_fn fn, void *arg, msec_t now)
{
	struct l2mc_tsource *ts;
	struct l2mc_tgroup *g;

	frr_each (l2mc_tgroups, &t->tgroups, g) {
		if (l2mc_record_empty(&g->record))
			continue;
		if (g->whole)
			tell(g, NULL, fn, arg, now);
		for (ts = l2mc_tsource_first(g); ts && !g->whole; ts = l2mc_tsource_next(g, ts))
			tell(g, ts, fn, arg, now);
	}
}
