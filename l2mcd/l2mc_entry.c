// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * OSL entries: which receivers a multicast session has, as far as the LNS knows (RFC 4045 6.2).
 *
 *   NONE --join--> ADD --NOS sent--> LISTED --NOSA--> ACKED
 *
 * Leaving before the NOS was sent needs no message; afterwards a withdrawal (WOS) is due, which
 * lives on its own because the membership may be gone by then.  A receiver that leaves the OSL
 * but still wants the flow is HELD until the LAC has the withdrawal (A4045-37).
 */
#include "l2mcd/l2mc_lns_p.h"

DEFINE_MTYPE_STATIC(L2MC, L2MC_WITHDRAW, "OSL withdrawal");

static bool is_served(const struct l2mc_entry *e)
{
	return e->state == L2MC_ENTRY_ACKED || e->state == L2MC_ENTRY_HELD;
}

/* An INCLUDE term is served by the context of its source or by that of the whole group. */
static void term_review(struct l2mc_term *term)
{
	bool served = is_served(&term->entry) || is_served(&term->entry.m->entry);

	if (served == term->served)
		return;
	l2mc_terms_del(&term->source->wanted[term->served], term);
	l2mc_terms_add_tail(&term->source->wanted[served], term);
	term->served = served;
}

static void membership_review_served(struct l2mc_membership *m)
{
	bool served = is_served(&m->entry);

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

void l2mc_entry_set(struct l2mc_entry *e, struct l2mc_session *s, enum l2mc_entry_state state)
{
	bool was_served = is_served(e);

	if (e->state != L2MC_ENTRY_NONE)
		l2mc_entries_del(&e->session->entries[e->state], e);
	e->state = state;
	e->session = state == L2MC_ENTRY_NONE ? NULL : s;
	if (state != L2MC_ENTRY_NONE)
		l2mc_entries_add_tail(&s->entries[state], e);
	if (was_served == is_served(e))
		return;
	if (e->term) {
		term_review(e->term);
		l2mc_flow_changed(e->term->flow);
	} else {
		membership_review_served(e->m);
		l2mc_flows_of_membership(e->m);
	}
}

/* ---------------------------------------------------------------- joining */

static struct l2mc_withdraw *withdraw_find(struct l2mc_user *u, const struct l2mc_session *s)
{
	struct l2mc_withdraw *w;

	frr_each (l2mc_user_withdraws, &u->withdraws, w)
		if (w->session == s)
			return w;
	return NULL;
}

void l2mc_entry_join(struct l2mc_entry *e, struct l2mc_session *s)
{
	struct l2mc_withdraw *w;

	if (!e->counted || !s || s->state == L2MC_CLOSING || s->state == L2MC_HOLDOFF)
		return;
	if (e->state != L2MC_ENTRY_NONE && e->state != L2MC_ENTRY_HELD)
		return;
	w = withdraw_find(e->m->user, s);
	if (w && !w->sent) { /* the LAC does not know that it was to be withdrawn */
		bool acked = w->was_acked;

		l2mc_withdraw_free(w);
		l2mc_entry_set(e, s, acked ? L2MC_ENTRY_ACKED : L2MC_ENTRY_LISTED);
		return;
	}
	if (w)
		w->held = NULL;
	/* a NOS follows the WOS: updates of a session are sent one at a time */
	l2mc_entry_set(e, s, L2MC_ENTRY_ADD);
	l2mc_session_queue(s);
}

void l2mc_entry_move(struct l2mc_entry *from, struct l2mc_entry *to)
{
	struct l2mc_session *s = from->session;
	enum l2mc_entry_state state = from->state;
	struct l2mc_withdraw *w;

	if (state == L2MC_ENTRY_NONE)
		return;
	if (state == L2MC_ENTRY_HELD) {
		w = withdraw_find(from->m->user, s);
		if (w)
			w->held = to;
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

static void withdraw_fires(struct timer *t, msec_t now)
{
	struct l2mc_session *s = container_of(t, struct l2mc_session, withdraw);
	struct l2mc_entry *e;

	while ((e = l2mc_entries_first(&s->entries[L2MC_ENTRY_HELD]))) {
		struct l2mc_withdraw *w = withdraw_find(e->m->user, s);

		if (w)
			w->held = NULL;
		l2mc_entry_set(e, NULL, L2MC_ENTRY_NONE);
	}
}

static void withdraw_add(struct l2mc_entry *e, bool wants)
{
	struct l2mc_session *s = e->session;
	struct l2mc_withdraw *w = XCALLOC(MTYPE_L2MC_WITHDRAW, sizeof(*w));

	w->session = s;
	w->user = e->m->user;
	w->was_acked = e->state == L2MC_ENTRY_ACKED;
	l2mc_withdraws_add_tail(&s->withdraws[false], w);
	l2mc_user_withdraws_add_tail(&w->user->withdraws, w);
	if (wants && w->was_acked) {
		w->held = e;
		l2mc_entry_set(e, s, L2MC_ENTRY_HELD);
		if (!s->withdraw.running)
			timer_start(s->lns->wheel, &s->withdraw,
				    s->lns->wheel->now + s->lns->policy.withdraw_ms,
				    withdraw_fires);
	}
	l2mc_session_queue(s);
}

void l2mc_withdraw_free(struct l2mc_withdraw *w)
{
	l2mc_withdraws_del(&w->session->withdraws[w->sent], w);
	l2mc_user_withdraws_del(&w->user->withdraws, w);
	XFREE(MTYPE_L2MC_WITHDRAW, w);
}

void l2mc_entry_leave(struct l2mc_entry *e, bool wants)
{
	struct l2mc_session *s = e->session;
	struct l2mc_withdraw *w;

	switch (e->state) {
	case L2MC_ENTRY_NONE:
		return;
	case L2MC_ENTRY_ADD:
		break;
	case L2MC_ENTRY_LISTED:
	case L2MC_ENTRY_ACKED:
		if (!e->m->user->gone && s->state == L2MC_ESTABLISHED)
			withdraw_add(e, wants);
		break;
	case L2MC_ENTRY_HELD:
		if (wants)
			return;
		w = withdraw_find(e->m->user, s);
		if (w)
			w->held = NULL;
		break;
	}
	if (e->state != L2MC_ENTRY_HELD || !wants)
		l2mc_entry_set(e, NULL, L2MC_ENTRY_NONE);
}
