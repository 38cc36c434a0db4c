// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whether the packets that receivers want arrive at all: RFC 4045 4.3 lets that be a condition
 * for opening a multicast session, 7.3 lets its absence end one.
 *
 * Forwarding counts packets of flows.  A context has seen traffic if a flow did that it carries;
 * that is kept with the context, not with the session, so that it is known before there is one.
 */
#include "l2mcd/l2mc_lns_p.h"

bool l2mc_traffic_suffices(const struct l2mc_lns *lns, const struct l2mc_rc *rc, msec_t now)
{
	const struct l2mc_policy *p = &lns->policy;
	msec_t recent = p->idle_ms ? p->idle_ms : p->recent_ms;

	if (rc->silent)
		return false;
	return !p->require_traffic || (rc->seen && now - rc->seen < recent);
}

/* ---------------------------------------------------------------- sessions that carry nothing */

static msec_t ends_at(const struct l2mc_session *s)
{
	msec_t seen = l2mc_session_context(s)->seen;

	return (seen > s->since ? seen : s->since) + s->lns->policy.idle_ms;
}

/* R4045-7.3-1 */
static void idle_fires(struct timer *t, msec_t now)
{
	struct l2mc_session *s = container_of(t, struct l2mc_session, idle);
	struct l2mc_tgroup *g = s->g;
	msec_t due = ends_at(s);

	if (g->transition != L2MC_STEADY) /* it has something to carry soon */
		due = now + s->lns->policy.idle_ms;
	if (due > now) {
		timer_start(s->lns->wheel, t, due, idle_fires);
		return;
	}
	l2mc_session_context(s)->silent = true;
	l2mc_session_close(s, L2TP_MSEN_NO_TRAFFIC, L2TP_ERR_NONE, false, now);
	l2mc_transition_progress(g, now);
}

void l2mc_traffic_watch(struct l2mc_session *s, msec_t now)
{
	msec_t due;

	timer_stop(s->lns->wheel, &s->idle);
	if (!s->lns->policy.idle_ms || s->state != L2MC_ESTABLISHED || s->retiring)
		return;
	due = ends_at(s);
	timer_start(s->lns->wheel, &s->idle, due > now ? due : now + 1, idle_fires);
}

/* ---------------------------------------------------------------- packets */

static void see(struct l2mc_rc *rc, msec_t now)
{
	rc->seen = now;
	rc->silent = false;
}

/* True if somebody in the tunnel wants the flow by its EXCLUDE or INCLUDE record. */
static bool wanted(const struct l2mc_tgroup *g, const struct l2mc_tsource *ts)
{
	if (!ts)
		return l2mc_record_is_exclude(&g->record);
	return ts->s.n_include || ts->s.n_exclude < g->record.n_exclude;
}

void l2mc_lns_traffic(struct l2mc_lns *lns, const struct addr *group, const struct addr *source,
		      uint64_t packets, msec_t now)
{
	struct l2mc_group key = {.addr = *group}, *gr = l2mc_groups_find(&lns->groups, &key);
	bool any = addr_is_any(source);
	struct l2mc_flow *f = NULL;

	if (gr)
		f = any ? &gr->any : (struct l2mc_flow *)l2mc_record_source(&gr->record, source);
	if (!f || f->packets == packets)
		return;
	f->packets = packets;
	if (!packets) /* a new count */
		return;
	for (size_t i = 0; i < gr->n_tgroups; i++) {
		struct l2mc_tgroup *g = gr->tgroups[i];
		struct l2mc_tsource *ts = NULL;

		if (!any)
			ts = (struct l2mc_tsource *)l2mc_record_source(&g->record, source);
		if (!wanted(g, ts))
			continue;
		see(&g->rc, now);
		if (ts)
			see(&ts->rc, now);
		if (g->whole || ts)
			l2mc_context_review(g, g->whole ? NULL : ts, now);
	}
}
