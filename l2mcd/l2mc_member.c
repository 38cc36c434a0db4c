// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memberships: what one user wants of one group (RFC 4045 4.1 and 4.2).
 *
 * A report goes through here: it changes the records of the tunnel and of the router, the terms
 * of the membership, the receivers of the contexts, and the flows.  All of that costs time in
 * the sources of the report, not in users or sessions.
 */
#include "l2mcd/l2mc_lns_p.h"

DEFINE_MTYPE_STATIC(L2MC, L2MC_GROUP, "group");
DEFINE_MTYPE_STATIC(L2MC, L2MC_TGROUP, "group in tunnel");
DEFINE_MTYPE_STATIC(L2MC, L2MC_MEMBERSHIP, "membership");
DEFINE_MTYPE_STATIC(L2MC, L2MC_TERM, "source of a membership");
DEFINE_MTYPE_STATIC(L2MC, L2MC_TGROUPS, "list of a group's tunnels");
DEFINE_MTYPE_STATIC(L2MC, L2MC_TERMS, "sources of a membership");

/* ---------------------------------------------------------------- groups */

static struct l2mc_group *group_get(struct l2mc_lns *lns, const struct addr *addr, bool create)
{
	struct l2mc_group key = {.addr = *addr}, *group = l2mc_groups_find(&lns->groups, &key);

	if (group || !create)
		return group;
	group = XCALLOC(MTYPE_L2MC_GROUP, sizeof(*group));
	group->addr = *addr;
	group->lns = lns;
	group->any.group = group;
	l2mc_record_init(&group->record, sizeof(struct l2mc_flow));
	l2mc_groups_add(&lns->groups, group);
	return group;
}

static void group_free(struct l2mc_group *group)
{
	l2mc_groups_del(&group->lns->groups, group);
	l2mc_record_fini(&group->record);
	XFREE(MTYPE_L2MC_TGROUPS, group->tgroups);
	XFREE(MTYPE_L2MC_GROUP, group);
}

static void tgroup_enter(struct l2mc_group *group, struct l2mc_tgroup *g)
{
	if (group->n_tgroups == group->tgroups_size) {
		group->tgroups_size = group->tgroups_size ? 2 * group->tgroups_size : 4;
		group->tgroups = XREALLOC(MTYPE_L2MC_TGROUPS, group->tgroups,
					  group->tgroups_size * sizeof(*group->tgroups));
	}
	g->in_group = group->n_tgroups;
	group->tgroups[group->n_tgroups++] = g;
}

static void tgroup_leave(struct l2mc_group *group, struct l2mc_tgroup *g)
{
	struct l2mc_tgroup *last = group->tgroups[--group->n_tgroups];

	last->in_group = g->in_group;
	group->tgroups[g->in_group] = last;
}

static struct l2mc_tgroup *tgroup_get(struct l2mc_tunnel *t, struct l2mc_group *group)
{
	struct l2mc_tgroup key = {.group = group}, *g = l2mc_tgroups_find(&t->tgroups, &key);

	if (g)
		return g;
	g = XCALLOC(MTYPE_L2MC_TGROUP, sizeof(*g));
	g->t = t;
	g->group = group;
	l2mc_record_init(&g->record, sizeof(struct l2mc_tsource));
	l2mc_members_init(&g->members);
	l2mc_excluders_init(&g->excluders[false]);
	l2mc_excluders_init(&g->excluders[true]);
	l2mc_retiring_init(&g->retiring);
	l2mc_tgroups_add(&t->tgroups, g);
	tgroup_enter(group, g);
	return g;
}

static void tgroup_free(struct l2mc_tgroup *g)
{
	if (g->rc.session) /* in hold-off; all others ended with their last receiver */
		l2mc_session_free(g->rc.session);
	timer_stop(g->t->lns->wheel, &g->timer);
	l2mc_tgroups_del(&g->t->tgroups, g);
	tgroup_leave(g->group, g);
	l2mc_record_fini(&g->record);
	l2mc_members_fini(&g->members);
	l2mc_excluders_fini(&g->excluders[false]);
	l2mc_excluders_fini(&g->excluders[true]);
	l2mc_retiring_fini(&g->retiring);
	XFREE(MTYPE_L2MC_TGROUP, g);
}

/* The sources of f have entries in both records (l2mc_record_change() made them). */
static void name_sources(struct l2mc_tgroup *g, const struct gmp_filter *f)
{
	for (size_t i = 0; i < f->n; i++) {
		struct l2mc_source *s = l2mc_record_source(&g->record, &f->sources[i]);
		struct l2mc_tsource *ts = (struct l2mc_tsource *)s;
		struct l2mc_flow *flow;

		if (!ts->ready) {
			l2mc_terms_init(&ts->wanted[false]);
			l2mc_terms_init(&ts->wanted[true]);
			ts->ready = true;
		}
		s = l2mc_record_source(&g->group->record, &f->sources[i]);
		flow = (struct l2mc_flow *)s;
		if (!flow->group) {
			flow->group = g->group;
			g->t->lns->stats.flows++;
		}
	}
}

/* Entries of sources that nobody names any more go away. */
static void forget_sources(struct l2mc_tgroup *g, const struct gmp_filter *f)
{
	for (size_t i = 0; i < f->n; i++) {
		struct l2mc_source *s = l2mc_record_source(&g->record, &f->sources[i]);
		struct l2mc_tsource *ts = (struct l2mc_tsource *)s;

		if (s && !s->n_include && !s->n_exclude) {
			if (ts->rc.session) /* in hold-off */
				l2mc_session_free(ts->rc.session);
			l2mc_terms_fini(&ts->wanted[false]);
			l2mc_terms_fini(&ts->wanted[true]);
			l2mc_record_release(&g->record, s);
		}
		s = l2mc_record_source(&g->group->record, &f->sources[i]);
		if (s && l2mc_record_release(&g->group->record, s))
			g->t->lns->stats.flows--;
	}
}

/* ---------------------------------------------------------------- memberships */

struct l2mc_membership *l2mc_membership_find(struct l2mc_user *u, const struct l2mc_group *group)
{
	struct l2mc_membership key = {.group = (struct l2mc_group *)group};

	return l2mc_memberships_find(&u->memberships, &key);
}

struct l2mc_entry *l2mc_membership_entry(struct l2mc_membership *m, const struct l2mc_session *s)
{
	struct l2mc_term *term;

	if (m->entry.session == s)
		return &m->entry;
	term = l2mc_membership_term(m, &s->source);
	return term && term->entry.session == s ? &term->entry : NULL;
}

static struct l2mc_membership *membership_new(struct l2mc_user *u, struct l2mc_group *group)
{
	struct l2mc_membership *m = XCALLOC(MTYPE_L2MC_MEMBERSHIP, sizeof(*m));

	m->user = u;
	m->group = group;
	m->g = tgroup_get(u->t, group);
	m->entry.m = m;
	l2mc_memberships_add(&u->memberships, m);
	l2mc_members_add_tail(&m->g->members, m);
	return m;
}

static bool membership_empty(const struct l2mc_membership *m)
{
	return !m->exclude && m->n_terms == 0;
}

/* A user that left is remembered only while it sends to the group (4.4 option 2). */
static void membership_free_unused(struct l2mc_membership *m)
{
	struct l2mc_tgroup *g = m->g;
	struct l2mc_group *group = m->group;

	if (!membership_empty(m) || m->sender)
		return;
	l2mc_memberships_del(&m->user->memberships, m);
	l2mc_members_del(&g->members, m);
	XFREE(MTYPE_L2MC_MEMBERSHIP, m);
	if (l2mc_members_count(&g->members) == 0)
		tgroup_free(g);
	if (!group->n_tgroups)
		group_free(group);
}

/* The state the membership stands for; sources has room for m->n_terms. */
static struct gmp_filter filter_of(const struct l2mc_membership *m, struct addr *sources)
{
	struct gmp_filter f = {.exclude = m->exclude, .n = m->n_terms, .sources = sources};

	for (size_t i = 0; i < m->n_terms; i++)
		sources[i] = m->terms[i]->source->s.addr;
	return f;
}

static bool same_filter(const struct l2mc_membership *m, const struct gmp_filter *f)
{
	if (m->exclude != f->exclude || m->n_terms != f->n)
		return false;
	for (size_t i = 0; i < f->n; i++)
		if (addr_cmp(&m->terms[i]->source->s.addr, &f->sources[i]) != 0)
			return false;
	return true;
}

/* ---------------------------------------------------------------- terms */

static struct l2mc_term *term_new(struct l2mc_membership *m, const struct addr *source,
				  bool exclude)
{
	struct l2mc_term *term = XCALLOC(MTYPE_L2MC_TERM, sizeof(*term));

	term->source = (struct l2mc_tsource *)l2mc_record_source(&m->g->record, source);
	term->flow = (struct l2mc_flow *)l2mc_record_source(&m->group->record, source);
	term->entry.m = m;
	term->entry.term = term;
	if (!exclude) {
		term->served = l2mc_entry_serves(&m->entry);
		l2mc_terms_add_tail(&term->source->wanted[term->served], term);
	}
	return term;
}

static void term_free(struct l2mc_term *term, bool exclude)
{
	if (!exclude) {
		l2mc_entry_leave(&term->entry);
		l2mc_entry_count(&term->entry, &term->source->rc, false);
		l2mc_terms_del(&term->source->wanted[term->served], term);
	}
	XFREE(MTYPE_L2MC_TERM, term);
}

/* The membership enters (1) or leaves (-1) the lists of members that exclude. */
static void count_excluder(struct l2mc_membership *m, int delta)
{
	if (!m->exclude)
		return;
	if (delta > 0)
		l2mc_excluders_add_tail(&m->g->excluders[m->served], m);
	else
		l2mc_excluders_del(&m->g->excluders[m->served], m);
	if (m->served)
		for (size_t i = 0; i < m->n_terms; i++)
			m->terms[i]->source->n_excluders_served += delta;
}

/* Terms that stay keep their place in the OSL. */
static void replace_terms(struct l2mc_membership *m, const struct gmp_filter *f)
{
	bool keep = m->exclude == f->exclude;
	struct l2mc_term **terms = NULL;
	size_t old = 0;

	if (f->n)
		terms = XCALLOC(MTYPE_L2MC_TERMS, f->n * sizeof(*terms));
	for (size_t i = 0; i < f->n; i++) {
		int c = -1;

		while (old < m->n_terms) {
			c = addr_cmp(&f->sources[i], &m->terms[old]->source->s.addr);
			if (c < 0 || (c == 0 && keep))
				break;
			term_free(m->terms[old++], m->exclude);
			c = -1;
		}
		terms[i] = c == 0 ? m->terms[old++] : term_new(m, &f->sources[i], f->exclude);
	}
	while (old < m->n_terms)
		term_free(m->terms[old++], m->exclude);
	XFREE(MTYPE_L2MC_TERMS, m->terms);
	m->terms = terms;
	m->n_terms = f->n;
	m->exclude = f->exclude;
}

/* ---------------------------------------------------------------- receivers */

/* A4045-28, -41; 4.4 option 2 */
static bool eligible(const struct l2mc_membership *m)
{
	const struct l2mc_user *u = m->user;

	if (!u->t->capable || !u->known || m->sender || membership_empty(m))
		return false;
	return addr_is_v4(&m->group->addr) ? u->eligible_v4 : u->eligible_v6;
}

static void recount(struct l2mc_membership *m)
{
	bool e = eligible(m);

	l2mc_entry_count(&m->entry, &m->g->rc, e);
	if (!m->exclude)
		for (size_t i = 0; i < m->n_terms; i++)
			l2mc_entry_count(&m->terms[i]->entry, &m->terms[i]->source->rc, e);
}

static void join(struct l2mc_entry *e, struct l2mc_session *s, bool is_new)
{
	if (is_new && s)
		l2mc_entry_join_new(e, s);
	else
		l2mc_entry_join(e, s);
}

/* old: what the member wanted so far; what it did not want, it did not get. */
static void membership_join(struct l2mc_membership *m, const struct gmp_filter *old)
{
	if (membership_empty(m))
		return;
	if (m->g->whole) {
		join(&m->entry, m->g->rc.session, gmp_filter_empty(old));
		return;
	}
	for (size_t i = 0; i < m->n_terms; i++) {
		struct l2mc_tsource *ts = m->terms[i]->source;

		join(&m->terms[i]->entry, ts->rc.session, !gmp_filter_wants(old, &ts->s.addr));
	}
}

void l2mc_membership_join(struct l2mc_membership *m)
{
	static const struct gmp_filter everything = {.exclude = true};

	membership_join(m, &everything);
}

/* Contexts of sources that f names, or of the whole group. */
static void review(struct l2mc_tgroup *g, const struct gmp_filter *f, msec_t now)
{
	if (g->whole)
		l2mc_context_review(g, NULL, now);
	for (size_t i = 0; i < f->n && !g->whole; i++) {
		struct l2mc_source *s = l2mc_record_source(&g->record, &f->sources[i]);

		l2mc_context_review(g, (struct l2mc_tsource *)s, now);
	}
	l2mc_transition_progress(g, now);
}

static void review_membership(struct l2mc_membership *m, msec_t now)
{
	struct addr *sources = XCALLOC(MTYPE_TMP, (m->n_terms + 1) * sizeof(*sources));
	struct gmp_filter f = filter_of(m, sources);

	recount(m);
	if (!m->entry.counted)
		l2mc_entry_leave(&m->entry);
	if (!m->exclude)
		for (size_t i = 0; i < m->n_terms; i++)
			if (!m->terms[i]->entry.counted)
				l2mc_entry_leave(&m->terms[i]->entry);
	l2mc_membership_join(m);
	review(m->g, &f, now);
	XFREE(MTYPE_TMP, sources);
}

/* ---------------------------------------------------------------- reports */

static void flows_changed(struct l2mc_group *group, const struct gmp_filter *f)
{
	for (size_t i = 0; i < f->n; i++)
		l2mc_flow_changed(
			(struct l2mc_flow *)l2mc_record_source(&group->record, &f->sources[i]));
}

/* What the router as a whole wants, for upstream. */
static void announce(struct l2mc_group *group)
{
	struct addr *sources =
		XCALLOC(MTYPE_TMP, (l2mc_record_count(&group->record) + 1) * sizeof(*sources));
	struct gmp_filter merged = l2mc_record_get(&group->record, sources);

	group->lns->ops->record_changed(group->lns->ctx, &group->addr, &merged);
	XFREE(MTYPE_TMP, sources);
}

static void count_memberships(struct l2mc_lns *lns, const struct gmp_filter *old,
			      const struct gmp_filter *new, const struct l2mc_record *r)
{
	lns->stats.memberships += gmp_filter_empty(old);
	lns->stats.memberships -= gmp_filter_empty(new);
	/* "every other source" is a flow while somebody excludes */
	lns->stats.flows += !old->exclude && new->exclude && r->n_exclude == 1;
	lns->stats.flows -= old->exclude && !new->exclude && r->n_exclude == 0;
}

static void change(struct l2mc_membership *m, const struct gmp_filter *new, msec_t now)
{
	struct l2mc_tgroup *g = m->g;
	struct l2mc_group *group = m->group;
	struct addr *sources = XCALLOC(MTYPE_TMP, (m->n_terms + 1) * sizeof(*sources));
	struct gmp_filter old = filter_of(m, sources);
	bool upstream;

	l2mc_record_change(&g->record, &old, new);
	upstream = l2mc_record_change(&group->record, &old, new);
	count_memberships(g->t->lns, &old, new, &group->record);
	name_sources(g, new);
	/* to EXCLUDE: the member's place in the session that is kept outlives its terms */
	if (new->exclude)
		l2mc_context_mode(g, now);
	count_excluder(m, -1);
	replace_terms(m, new);
	m->served = m->exclude && l2mc_entry_serves(&m->entry);
	count_excluder(m, 1);
	if (gmp_filter_empty(new)) {
		l2mc_entry_leave(&m->entry);
		m->entry.refused = false;
	}
	recount(m);
	l2mc_context_mode(g, now);
	membership_join(m, &old);
	if (old.exclude || new->exclude) {
		l2mc_flows_of_group(group);
	} else {
		flows_changed(group, &old);
		flows_changed(group, new);
	}
	review(g, &old, now);
	if (!g->whole)
		review(g, new, now);
	forget_sources(g, &old);
	if (upstream)
		announce(group);
	XFREE(MTYPE_TMP, sources);
}

void l2mc_user_report(struct l2mc_user *u, const struct addr *group, const struct gmp_filter *f,
		      msec_t now)
{
	struct l2mc_group *gr;
	struct l2mc_membership *m;

	if (addr_is_unrouted_group(group)) /* A4045-41 */
		return;
	gr = group_get(u->t->lns, group, !gmp_filter_empty(f));
	m = gr ? l2mc_membership_find(u, gr) : NULL;
	if (!m && gmp_filter_empty(f))
		return;
	if (!m)
		m = membership_new(u, gr);
	if (!same_filter(m, f))
		change(m, f, now);
	membership_free_unused(m);
}

void l2mc_user_set_sender(struct l2mc_user *u, const struct addr *group, bool sends, msec_t now)
{
	struct l2mc_group *gr;
	struct l2mc_membership *m;

	if (addr_is_unrouted_group(group))
		return;
	gr = group_get(u->t->lns, group, sends);
	m = gr ? l2mc_membership_find(u, gr) : NULL;
	if (!m && !sends)
		return;
	if (!m)
		m = membership_new(u, gr);
	if (m->sender != sends) {
		m->sender = sends;
		review_membership(m, now);
	}
	membership_free_unused(m);
}

void l2mc_user_set_eligible(struct l2mc_user *u, bool v4, bool v6, msec_t now)
{
	struct l2mc_membership *m;

	if (u->eligible_v4 == v4 && u->eligible_v6 == v6)
		return;
	u->eligible_v4 = v4;
	u->eligible_v6 = v6;
	frr_each (l2mc_memberships, &u->memberships, m)
		review_membership(m, now);
}

void l2mc_user_leave_all(struct l2mc_user *u, msec_t now)
{
	struct l2mc_membership *m;

	while ((m = l2mc_memberships_first(&u->memberships))) {
		m->sender = false;
		if (!membership_empty(m))
			change(m, &GMP_FILTER_NONE, now);
		membership_free_unused(m);
	}
}
