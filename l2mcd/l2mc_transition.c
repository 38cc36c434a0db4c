// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Transitions between filter modes: RFC 4045 4.3a and 4.3b.
 *
 * One session is kept and changes its context; for a while its OSL and what it carries belong
 * together only member by member, and l2mc_flow.c looks at each.  At the switch everything
 * changes in one update of every flow, so that no user gets a packet twice.
 */
#include "l2mcd/l2mc_lns_p.h"

static struct l2mc_lns *lns_of(const struct l2mc_tgroup *g)
{
	return g->t->lns;
}

static void transition_fires(struct timer *t, msec_t now);

static void begin(struct l2mc_tgroup *g, enum l2mc_transition transition, msec_t due)
{
	g->transition = transition;
	g->kept = g->rc.session;
	timer_start(lns_of(g)->wheel, &g->timer, due, transition_fires);
}

static void end(struct l2mc_tgroup *g)
{
	timer_stop(lns_of(g)->wheel, &g->timer);
	g->transition = L2MC_STEADY;
	g->kept = NULL;
	g->narrow_to = NULL;
}

/* A session whose context no longer exists, because the filter mode changed (R4045-7.3-4). */
static void discard(struct l2mc_session *s, msec_t now)
{
	if (s->state == L2MC_HOLDOFF)
		l2mc_session_free(s);
	else
		l2mc_session_close(s, L2TP_MSEN_FILTER_MODE, L2TP_ERR_NONE, !s->lns->policy.active,
				   now);
}

static void join_members(struct l2mc_tgroup *g)
{
	struct l2mc_membership *m;

	frr_each (l2mc_members, &g->members, m)
		l2mc_membership_join(m);
}

/* ---------------------------------------------------------------- INCLUDE to EXCLUDE */

static void widen_switch(struct l2mc_tgroup *g, msec_t now)
{
	struct l2mc_session *kept = g->kept, *s;

	end(g);
	if (kept) {
		l2mc_session_forward(kept, L2MC_FWD_ALL, &ADDR_ANY);
		l2mc_session_queue(kept);
	}
	while ((s = l2mc_retiring_first(&g->retiring))) /* WOS, then MSEN (A4045-23) */
		discard(s, now);
	l2mc_flows_of_group(g->group);
	l2mc_context_review_group(g, now);
}

/*
 * EXCLUDE again before the new sessions took over: they carry nothing yet, and the old one
 * still carries everything.
 */
static void narrow_cancel(struct l2mc_tgroup *g, msec_t now)
{
	struct l2mc_tsource *ts;

	if (g->kept)
		l2mc_session_queue(g->kept);
	end(g);
	g->whole = true;
	for (ts = l2mc_tsource_first(g); ts; ts = l2mc_tsource_next(g, ts))
		if (ts->rc.session)
			discard(ts->rc.session, now);
	join_members(g);
	l2mc_flows_of_group(g->group);
}

static size_t listed(const struct l2mc_session *s)
{
	return l2mc_session_unconfirmed(s) + l2mc_entries_count(&s->entries[L2MC_ENTRY_ACKED]);
}

/* The order of enum l2mc_session_state, except that hold-off is worse than no session. */
static int rank(const struct l2mc_session *s)
{
	return s->state <= L2MC_ESTABLISHED ? (int)s->state : -1;
}

/* A4045-25: the largest overlap with the new OSL; tie: the oldest. */
static bool better(const struct l2mc_session *a, const struct l2mc_session *b)
{
	if (!b || rank(a) != rank(b))
		return !b || rank(a) > rank(b);
	if (listed(a) != listed(b))
		return listed(a) > listed(b);
	return a->since != b->since ? a->since < b->since : a->serial < b->serial;
}

static struct l2mc_session *choose_kept(struct l2mc_tgroup *g)
{
	struct l2mc_session *best = NULL;
	struct l2mc_tsource *ts;

	for (ts = l2mc_tsource_first(g); ts; ts = l2mc_tsource_next(g, ts))
		if (ts->rc.session && better(ts->rc.session, best))
			best = ts->rc.session;
	return best;
}

/* From the context of a source to that of the group: members keep their place in the OSL. */
static void take_group(struct l2mc_session *s)
{
	l2mc_session_adopt(s, NULL);
	for (size_t i = L2MC_ENTRY_ADD; i < array_size(s->entries); i++) {
		size_t n = l2mc_entries_count(&s->entries[i]);

		while (n--) {
			struct l2mc_entry *e = l2mc_entries_first(&s->entries[i]);

			l2mc_entry_move(e, &e->m->entry);
		}
	}
}

void l2mc_transition_widen(struct l2mc_tgroup *g, msec_t now)
{
	struct l2mc_session *kept;
	struct l2mc_tsource *ts;
	bool carrying;

	if (g->transition == L2MC_NARROW) {
		narrow_cancel(g, now);
		return;
	}
	kept = choose_kept(g);
	carrying = kept && kept->state == L2MC_ESTABLISHED;
	g->whole = true;
	for (ts = l2mc_tsource_first(g); ts; ts = l2mc_tsource_next(g, ts)) {
		struct l2mc_session *s = ts->rc.session;

		if (!s || s == kept)
			continue;
		if (s->state == L2MC_ESTABLISHED)
			l2mc_session_retire(s);
		else
			discard(s, now);
	}
	if (kept)
		take_group(kept);
	if (carrying)
		begin(g, L2MC_WIDEN, now + lns_of(g)->policy.widen_ms);
	join_members(g);
}

/* ---------------------------------------------------------------- EXCLUDE to INCLUDE */

/* From the context of the group to that of a source: the others leave the OSL. */
static void take_source(struct l2mc_session *s, struct l2mc_tsource *ts)
{
	struct l2mc_term *term;

	l2mc_session_adopt(s, ts);
	for (size_t i = L2MC_ENTRY_ADD; i < array_size(s->entries); i++) {
		size_t n = l2mc_entries_count(&s->entries[i]);

		while (n--) {
			struct l2mc_entry *e = l2mc_entries_first(&s->entries[i]);

			term = l2mc_membership_term(e->m, &ts->s.addr);
			if (term)
				l2mc_entry_move(e, &term->entry);
			else
				l2mc_entry_leave(e);
		}
	}
	/* those that came meanwhile; joining may move a term to the other list */
	for (int served = 0; served <= 1; served++)
		frr_each_safe (l2mc_terms, &ts->wanted[served], term)
			l2mc_entry_join(&term->entry, s);
}

static void narrow_switch(struct l2mc_tgroup *g, msec_t now)
{
	struct l2mc_session *kept = g->kept;
	struct l2mc_tsource *to = g->narrow_to, *ts;

	end(g);
	if (kept && to && to->rc.n_eligible) {
		take_source(kept, to);
		l2mc_session_forward(kept, L2MC_FWD_ONE, &to->s.addr);
		l2mc_session_queue(kept);
	} else if (kept) {
		discard(kept, now);
	}
	for (ts = l2mc_tsource_first(g); ts; ts = l2mc_tsource_next(g, ts)) {
		struct l2mc_session *s = ts->rc.session;

		if (s && s->state == L2MC_ESTABLISHED)
			l2mc_session_forward(s, L2MC_FWD_ONE, &ts->s.addr);
	}
	l2mc_flows_of_group(g->group);
	l2mc_context_review_group(g, now);
}

/* A4045-25: the source with the largest OSL; tie: the lowest address. */
static struct l2mc_tsource *choose_source(struct l2mc_tgroup *g)
{
	struct l2mc_tsource *best = NULL, *ts;

	for (ts = l2mc_tsource_first(g); ts; ts = l2mc_tsource_next(g, ts)) {
		if (!ts->rc.n_eligible)
			continue;
		if (!best || ts->rc.n_eligible > best->rc.n_eligible ||
		    (ts->rc.n_eligible == best->rc.n_eligible &&
		     addr_cmp(&ts->s.addr, &best->s.addr) < 0))
			best = ts;
	}
	return best;
}

void l2mc_transition_narrow(struct l2mc_tgroup *g, msec_t now)
{
	struct l2mc_tsource *to = choose_source(g);
	struct l2mc_session *s;

	if (g->transition == L2MC_WIDEN)
		widen_switch(g, now);
	g->whole = false;
	s = g->rc.session;
	if (s && s->state == L2MC_ESTABLISHED) {
		begin(g, L2MC_NARROW, now + lns_of(g)->policy.narrow_ms);
		g->narrow_to = to;
	} else if (s && to) { /* it carries nothing: no care is needed */
		take_source(s, to);
	} else if (s) {
		discard(s, now);
	}
	l2mc_context_review_group(g, now); /* opens the others */
}

/* Every new session is up with its whole OSL, or will not come. */
static bool narrow_ready(struct l2mc_tgroup *g)
{
	struct l2mc_tsource *ts;

	for (ts = l2mc_tsource_first(g); ts; ts = l2mc_tsource_next(g, ts)) {
		const struct l2mc_session *s = ts->rc.session;

		if (s && (s->state < L2MC_ESTABLISHED ||
			  (s->state == L2MC_ESTABLISHED && l2mc_session_unconfirmed(s))))
			return false;
	}
	return true;
}

/* ---------------------------------------------------------------- both */

/* It takes too long: who is not acknowledged is served by unicast (A4045-23, -24). */
static void transition_fires(struct timer *t, msec_t now)
{
	struct l2mc_tgroup *g = container_of(t, struct l2mc_tgroup, timer);

	if (g->transition == L2MC_WIDEN)
		widen_switch(g, now);
	else
		narrow_switch(g, now);
}

void l2mc_transition_progress(struct l2mc_tgroup *g, msec_t now)
{
	switch (g->transition) {
	case L2MC_STEADY:
		break;
	case L2MC_WIDEN:
		if (!g->kept || !l2mc_session_unconfirmed(g->kept))
			widen_switch(g, now);
		break;
	case L2MC_NARROW:
		if (!g->kept || !g->narrow_to || !g->narrow_to->rc.n_eligible || narrow_ready(g))
			narrow_switch(g, now);
		break;
	}
}
