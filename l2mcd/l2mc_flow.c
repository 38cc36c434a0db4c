// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which copies of a packet are sent: the forwarding view of RFC 4045 on the LNS.
 *
 * For every flow (a source that some member names, or all other sources of a group) and every
 * tunnel: a multicast session that carries the flow and has a receiver that wants it gets one
 * copy; a member that wants it and is not served that way gets a unicast copy (R4045-6.2.2-3,
 * -4, -8).  Members served by multicast are kept apart from the others, so that the cost of a
 * flow is the number of its copies.
 */
#include "l2mcd/l2mc_lns_p.h"

const struct addr *l2mc_flow_group(const struct l2mc_flow *f)
{
	return &f->group->addr;
}

const struct addr *l2mc_flow_source(const struct l2mc_flow *f)
{
	return &f->s.addr;
}

struct l2mc_term *l2mc_membership_term(const struct l2mc_membership *m, const struct addr *source)
{
	size_t lo = 0, hi = m->n_terms;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int c = addr_cmp(source, &m->terms[mid]->source->s.addr);

		if (c == 0)
			return m->terms[mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

/* ---------------------------------------------------------------- changes */

void l2mc_flow_changed(struct l2mc_flow *f)
{
	struct l2mc_lns *lns = f->group->lns;
	bool gone;

	if (f == &f->group->any)
		gone = f->group->record.n_exclude == 0;
	else
		gone = f->s.n_include == 0 && f->s.n_exclude == 0;
	lns->ops->flow_changed(lns->ctx, f, gone);
}

void l2mc_flows_of_group(struct l2mc_group *group)
{
	struct l2mc_source *s;

	for (s = l2mc_record_first(&group->record); s; s = l2mc_record_next(&group->record, s))
		l2mc_flow_changed((struct l2mc_flow *)s);
	l2mc_flow_changed(&group->any);
}

void l2mc_flows_of_membership(struct l2mc_membership *m)
{
	if (m->exclude) {
		l2mc_flows_of_group(m->group);
		return;
	}
	for (size_t i = 0; i < m->n_terms; i++)
		l2mc_flow_changed(m->terms[i]->flow);
}

/* ---------------------------------------------------------------- branches */

struct walk {
	struct l2mc_flow *f;
	bool multicast; /* this pass emits multicast sessions, the other unicast sessions */
	void (*fn)(void *arg, const struct l2mc_branch *b);
	void *arg;
};

static void emit_session(const struct walk *w, const struct l2mc_session *s)
{
	struct l2mc_branch b = {.tunnel = s->t, .session = s};

	w->fn(w->arg, &b);
}

static void emit_user(const struct walk *w, const struct l2mc_user *u)
{
	struct l2mc_branch b = {.tunnel = u->t, .user = u};

	w->fn(w->arg, &b);
}

static bool is_any(const struct l2mc_flow *f)
{
	return f == &f->group->any;
}

static struct l2mc_tsource *tsource_of(struct l2mc_tgroup *g, const struct l2mc_flow *f)
{
	return is_any(f) ? NULL : (struct l2mc_tsource *)l2mc_record_source(&g->record, &f->s.addr);
}

/* True if a receiver that the whole-group session serves wants the flow. */
static bool whole_wanted(const struct l2mc_tgroup *g, const struct l2mc_tsource *ts)
{
	size_t n = l2mc_excluders_count(&g->excluders[true]);

	if (ts)
		n += l2mc_terms_count(&ts->wanted[true]) - ts->n_excluders_served;
	return n > 0;
}

static void steady_multicast(const struct walk *w, struct l2mc_tgroup *g, struct l2mc_tsource *ts)
{
	struct l2mc_session *s;

	if (g->whole) {
		s = g->rc.session;
		if (s && s->forward == L2MC_FWD_ALL && whole_wanted(g, ts))
			emit_session(w, s);
	} else if (ts) {
		s = ts->rc.session;
		if (s && s->forward == L2MC_FWD_ONE && l2mc_terms_count(&ts->wanted[true]))
			emit_session(w, s);
	}
}

static void steady_unicast(const struct walk *w, struct l2mc_tgroup *g, struct l2mc_tsource *ts)
{
	struct l2mc_membership *m;
	struct l2mc_term *term;

	if (ts)
		frr_each (l2mc_terms, &ts->wanted[false], term)
			emit_user(w, term->entry.m->user);
	frr_each (l2mc_excluders, &g->excluders[false], m)
		if (!ts || !l2mc_membership_term(m, &w->f->s.addr))
			emit_user(w, m->user);
}

/* ---- while a filter-mode transition is under way every member is looked at */

static bool carries(const struct l2mc_session *s, const struct l2mc_flow *f)
{
	switch (s->forward) {
	case L2MC_FWD_NONE:
		return false;
	case L2MC_FWD_ONE:
		return !is_any(f) && addr_cmp(&s->source, &f->s.addr) == 0;
	case L2MC_FWD_ALL:
		return true;
	}
	return false;
}

/* The session by which the member receives the flow, or NULL. */
static struct l2mc_session *served_by(struct l2mc_membership *m, const struct l2mc_term *term,
				      const struct l2mc_flow *f)
{
	struct l2mc_withdraw *w;

	if (l2mc_entry_serves(&m->entry) && carries(m->entry.session, f))
		return m->entry.session;
	if (term && l2mc_entry_serves(&term->entry) && carries(term->entry.session, f))
		return term->entry.session;
	/* its entry is gone, but the LAC still replicates to it (A4045-37) */
	frr_each (l2mc_user_withdraws, &m->user->withdraws, w)
		if (w->was_acked && w->session->g == m->g && carries(w->session, f))
			return w->session;
	return NULL;
}

static void moving_member(const struct walk *w, struct l2mc_membership *m)
{
	struct l2mc_term *term = is_any(w->f) ? NULL : l2mc_membership_term(m, &w->f->s.addr);
	struct l2mc_session *s;

	if (m->exclude == !!term)
		return; /* not wanted */
	s = served_by(m, term, w->f);
	if (!s && !w->multicast) {
		emit_user(w, m->user);
	} else if (s && w->multicast && s->mark != s->lns->last_mark) {
		s->mark = s->lns->last_mark;
		emit_session(w, s);
	}
}

/* Each tunnel costs cache misses; what is asked for ahead is waited for together. */
#define AHEAD 8

static void fetch(const struct l2mc_group *group, size_t i)
{
	if (i + 2 * AHEAD < group->n_tgroups)
		__builtin_prefetch(group->tgroups[i + 2 * AHEAD]);
	if (i + AHEAD < group->n_tgroups)
		__builtin_prefetch(
			l2mc_excluders_const_first(&group->tgroups[i + AHEAD]->excluders[false]));
}

static void pass(const struct walk *w)
{
	struct l2mc_group *group = w->f->group;

	group->lns->last_mark++;
	for (size_t i = 0; i < group->n_tgroups; i++) {
		struct l2mc_tgroup *g = group->tgroups[i];
		struct l2mc_tsource *ts = tsource_of(g, w->f);

		fetch(group, i);
		if (g->transition != L2MC_STEADY) {
			struct l2mc_membership *m;

			frr_each (l2mc_members, &g->members, m)
				moving_member(w, m);
		} else if (w->multicast) {
			steady_multicast(w, g, ts);
		} else {
			steady_unicast(w, g, ts);
		}
	}
}

void l2mc_flow_branches(struct l2mc_flow *f, void (*fn)(void *arg, const struct l2mc_branch *b),
			void *arg)
{
	struct walk w = {.f = f, .multicast = true, .fn = fn, .arg = arg};

	pass(&w);
	w.multicast = false;
	pass(&w);
}
