// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * OSL entries: which receivers a multicast session has, as far as the LNS knows (RFC 4045 6.2).
 *
 *   NONE --join--> ADD --NOS sent--> LISTED --NOSA--> ACKED
 *
 * Leaving before the NOS was sent needs no message; afterwards a withdrawal (WOS) is due, which
 * lives on its own because the membership may be gone by then.  A receiver that leaves the OSL
 * but still wants the flow is HELD until the LAC has the withdrawal (A4045-37).
 *
 * A receiver that joins a session which already carries the flow would get two copies between
 * the LAC's taking it into the OSL and the NOSA's arrival here, if a unicast copy were started
 * at once.  It had nothing so far, so it loses nothing by waiting: it is awaited for await_ms,
 * then it gets unicast copies until it is acknowledged (R4045-6.2.2-4, -8).
 */
#include "l2mcd/l2mc_lns_p.h"

DEFINE_MTYPE_STATIC(L2MC, L2MC_WITHDRAW, "OSL withdrawal");

/* An INCLUDE term is served by the context of its source or by that of the whole group. */
static void term_review(struct l2mc_term *term)
{
	bool served = l2mc_entry_serves(&term->entry) || l2mc_entry_serves(&term->entry.m->entry);

	if (served == term->served)
		return;
	l2mc_terms_del(&term->source->wanted[term->served], term);
	l2mc_terms_add_tail(&term->source->wanted[served], term);
	term->served = served;
}

static void membership_review_served(struct l2mc_membership *m)
{
	bool served = l2mc_entry_serves(&m->entry);

	if (!m->exclude) {
		for (size_t i = 0; i < m->n_terms; i++)
			term_review(m->terms[i]);
		return;
	}
	if (served == m->served)
		return;
	l2mc_excluders_del(&m->g->excluders[m->served], m);
	l2mc_excluders_add_tail(&m->g->excluders[served], m);
	m->served = served;
	for (size_t i = 0; i < m->n_terms; i++)
		m->terms[i]->source->n_excluders_served += served ? 1 : -1;
}

/* Lists, flags and flows follow from whether the entry serves. */
static void reclassify(struct l2mc_entry *e, bool was_served)
{
	if (was_served == l2mc_entry_serves(e))
		return;
	if (e->term) {
		term_review(e->term);
		l2mc_flow_changed(e->term->flow);
	} else {
		membership_review_served(e->m);
		l2mc_flows_of_membership(e->m);
	}
}

static void stop_awaiting(struct l2mc_entry *e)
{
	if (!e->awaited)
		return;
	l2mc_awaited_del(&e->session->awaited, e);
	e->awaited = false;
}

void l2mc_entry_set(struct l2mc_entry *e, struct l2mc_session *s, enum l2mc_entry_state state)
{
	bool was_served = l2mc_entry_serves(e);

	if (state != L2MC_ENTRY_ADD && state != L2MC_ENTRY_LISTED)
		stop_awaiting(e);
	if (e->state != L2MC_ENTRY_NONE)
		l2mc_entries_del(&e->session->entries[e->state], e);
	e->state = state;
	e->session = state == L2MC_ENTRY_NONE ? NULL : s;
	if (state != L2MC_ENTRY_NONE)
		l2mc_entries_add_tail(&s->entries[state], e);
	reclassify(e, was_served);
}

/* ---------------------------------------------------------------- joining */

struct l2mc_withdraw *l2mc_withdraw_find(struct l2mc_user *u, const struct l2mc_session *s)
{
	struct l2mc_withdraw *w;

	frr_each (l2mc_user_withdraws, &u->withdraws, w)
		if (w->session == s)
			return w;
	return NULL;
}

/* The LAC was not told of the withdrawal: the receiver takes its old place. */
static void cancel_withdraw(struct l2mc_withdraw *w, struct l2mc_entry *e)
{
	struct l2mc_session *s = w->session;
	bool acked = w->was_acked;

	e->attempts = 1;
	l2mc_withdraw_free(w);
	l2mc_entry_set(e, s, acked ? L2MC_ENTRY_ACKED : L2MC_ENTRY_LISTED);
	if (!acked)
		l2mc_session_expect(s, s->lns->wheel->now);
}

/* A receiver that may not join, but is not yet out of the LAC's OSL: served until it is. */
static void hold(struct l2mc_entry *e, struct l2mc_session *s)
{
	struct l2mc_withdraw *w = l2mc_withdraw_find(e->m->user, s);

	if (e->state != L2MC_ENTRY_NONE || !w || !w->was_acked)
		return;
	w->held = e;
	l2mc_entry_set(e, s, L2MC_ENTRY_HELD);
}

void l2mc_entry_join(struct l2mc_entry *e, struct l2mc_session *s)
{
	struct l2mc_withdraw *w;

	if (!s || s->state == L2MC_CLOSING || s->state == L2MC_HOLDOFF)
		return;
	if (!e->counted) {
		hold(e, s);
		return;
	}
	if (e->state == L2MC_ENTRY_HELD && e->session != s)
		l2mc_entry_leave(e);
	if (e->state != L2MC_ENTRY_NONE && e->state != L2MC_ENTRY_HELD)
		return;
	w = l2mc_withdraw_find(e->m->user, s);
	if (w && !w->sent) {
		cancel_withdraw(w, e);
	} else if (w && w->was_acked && (w->held || e->state == L2MC_ENTRY_NONE)) {
		/* the WOS is on its way: served until it arrives, then listed again */
		w->held = e;
		w->rejoin = true;
		l2mc_entry_set(e, s, L2MC_ENTRY_HELD);
	} else {
		/* a NOS follows the WOS: updates of a session are sent one at a time */
		e->attempts = 0;
		l2mc_entry_set(e, s, L2MC_ENTRY_ADD);
		l2mc_session_queue(s);
	}
}

/* The session carries the flow, and the LAC answers at once as far as we know. */
static bool runs(const struct l2mc_session *s)
{
	return s->state == L2MC_ESTABLISHED && s->forward != L2MC_FWD_NONE &&
	       s->g->transition == L2MC_STEADY && l2mc_entries_count(&s->entries[L2MC_ENTRY_ACKED]);
}

void l2mc_entry_join_new(struct l2mc_entry *e, struct l2mc_session *s)
{
	struct l2mc_lns *lns = e->m->g->t->lns;

	if (e->state != L2MC_ENTRY_NONE)
		return;
	l2mc_entry_join(e, s);
	if (e->state != L2MC_ENTRY_ADD || !lns->policy.await_ms || !runs(s))
		return;
	e->awaited = true;
	e->await_until = lns->wheel->now + lns->policy.await_ms;
	l2mc_awaited_add_tail(&s->awaited, e);
	if (!s->await.running)
		timer_start(lns->wheel, &s->await, e->await_until, l2mc_entry_await_fires);
	reclassify(e, false);
}

void l2mc_entry_await_fires(struct timer *t, msec_t now)
{
	struct l2mc_session *s = container_of(t, struct l2mc_session, await);
	struct l2mc_entry *e;

	while ((e = l2mc_awaited_first(&s->awaited)) && e->await_until <= now) {
		stop_awaiting(e);
		reclassify(e, true);
	}
	if (e)
		timer_start(s->lns->wheel, t, e->await_until, l2mc_entry_await_fires);
}

void l2mc_entry_move(struct l2mc_entry *from, struct l2mc_entry *to)
{
	struct l2mc_session *s = from->session;
	enum l2mc_entry_state state = from->state;
	struct l2mc_withdraw *w;

	if (state == L2MC_ENTRY_NONE)
		return;
	if (state == L2MC_ENTRY_HELD) {
		w = l2mc_withdraw_find(from->m->user, s);
		if (w)
			w->held = to;
	}
	to->attempts = from->attempts;
	if (to->refused && from->counted) { /* in another session, at another time */
		to->refused = false;
		l2mc_entry_count(to, l2mc_entry_context(to), true);
	}
	/* the new place first: the flow is never without it */
	l2mc_entry_set(to, s, state);
	l2mc_entry_set(from, NULL, L2MC_ENTRY_NONE);
}

void l2mc_entry_count(struct l2mc_entry *e, struct l2mc_rc *rc, bool eligible)
{
	bool count = eligible && !e->refused;

	if (count != e->counted)
		rc->n_eligible += count ? 1 : -1;
	e->counted = count;
}

/* ---------------------------------------------------------------- leaving */

void l2mc_withdraw_release(struct l2mc_withdraw *w)
{
	struct l2mc_session *s = w->session;
	struct l2mc_entry *e = w->held;

	w->was_acked = false;
	w->held = NULL;
	if (e && w->rejoin && e->counted) {
		e->attempts = 0;
		l2mc_entry_set(e, s, L2MC_ENTRY_ADD);
		l2mc_session_queue(s);
	} else if (e) {
		l2mc_entry_set(e, NULL, L2MC_ENTRY_NONE);
	} else if (s->g && s->g->transition != L2MC_STEADY) {
		l2mc_flows_of_group(s->g->group); /* l2mc_flow.c looks at withdrawals then */
	}
}

static void withdraw_add(struct l2mc_entry *e)
{
	struct l2mc_session *s = e->session;
	struct l2mc_withdraw *w = XCALLOC(MTYPE_L2MC_WITHDRAW, sizeof(*w));

	w->session = s;
	w->user = e->m->user;
	w->was_acked = e->state == L2MC_ENTRY_ACKED;
	l2mc_withdraws_add_tail(&s->withdraws[false], w);
	l2mc_user_withdraws_add_tail(&w->user->withdraws, w);
	l2mc_session_queue(s);
}

void l2mc_withdraw_free(struct l2mc_withdraw *w)
{
	l2mc_withdraws_del(&w->session->withdraws[w->sent], w);
	l2mc_user_withdraws_del(&w->user->withdraws, w);
	XFREE(MTYPE_L2MC_WITHDRAW, w);
}

void l2mc_entry_leave(struct l2mc_entry *e)
{
	struct l2mc_session *s = e->session;
	struct l2mc_withdraw *w;

	switch (e->state) {
	case L2MC_ENTRY_NONE:
		return;
	case L2MC_ENTRY_ADD:
		/* listed before, and to be listed again: the LAC may have it */
		if (!e->attempts)
			break;
		/* fallthrough */
	case L2MC_ENTRY_LISTED:
	case L2MC_ENTRY_ACKED:
		if (!e->m->user->gone && s->state == L2MC_ESTABLISHED)
			withdraw_add(e);
		break;
	case L2MC_ENTRY_HELD:
		w = l2mc_withdraw_find(e->m->user, s);
		if (w) {
			w->rejoin = false;
			w->held = NULL;
		}
		break;
	}
	l2mc_entry_set(e, NULL, L2MC_ENTRY_NONE);
}
