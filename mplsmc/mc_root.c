// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The root side of the mapping: an LSP with branches names a tree; the tree is joined at pimd and
 * pushed onto the LSP (M-6826-2-4, M-7438-3.2-1).
 *
 * Several LSPs may carry one tree (an (S,*) LSP beside an (S,G) one): the entry has the union of
 * their branches, each once.  A packet finds the entry of its (S,G) before that of (*,G), so the
 * former has the branches of the latter, too (as in RFC 7761 4.1.5 an (S,G) inherits).
 */
#include "mplsmc/mc_map_p.h"

#include <stdlib.h>

DECLARE_MGROUP(MCMAP);
DEFINE_MTYPE_STATIC(MCMAP, MC_LSP, "root LSP");
DEFINE_MTYPE_STATIC(MCMAP, MC_BRANCHES, "root LSP branches");
DEFINE_MTYPE_STATIC(MCMAP, MC_FEED, "tree of a root LSP");
DEFINE_MTYPE_STATIC(MCMAP, MC_SENT, "sent tree");
DEFINE_MTYPE_STATIC(MCMAP, MC_SENT_GROUP, "group of sent trees");

static struct mc_lsp *lsp_find(struct mc_map *m, const struct mldp_fec *fec)
{
	struct mc_lsp key = {.fec = *fec};

	return mc_lsps_find(&m->lsps, &key);
}

/* ---------------------------------------------------------------- trees we send */

static struct mc_sent *sent_find(struct mc_map *m, const struct addr *source,
				 const struct addr *group)
{
	struct mc_sent key = {.source = *source, .group = *group};

	return mc_sents_find(&m->sents, &key);
}

static bool listed(const struct mldp_branch *b, const struct mldp_branch *in, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (in[i].peer == b->peer && in[i].label == b->label &&
		    in[i].context == b->context)
			return true;
	return false;
}

static size_t max_branches(const struct mc_sent *s)
{
	const struct mc_feed *f;
	size_t n = 0;

	if (s)
		frr_each (mc_sent_feeds_const, &s->feeds, f)
			n += f->lsp->n;
	return n;
}

static size_t collect(const struct mc_sent *s, struct mldp_branch *all, size_t n)
{
	const struct mc_feed *f;

	if (s && !s->denied)
		frr_each (mc_sent_feeds_const, &s->feeds, f)
			for (size_t i = 0; i < f->lsp->n; i++)
				if (!listed(&f->lsp->branches[i], all, n))
					all[n++] = f->lsp->branches[i];
	return n;
}

/* On an interface of its own the shared tree is another packet. */
static bool shares(const struct mc_map *m, const struct mc_sent *s)
{
	return !addr_is_any(&s->source) && !mc_apart(m, &s->group);
}

static void push_one(struct mc_map *m, struct mc_sent *s)
{
	struct mc_sent *shared = shares(m, s) ? sent_find(m, &ADDR_ANY, &s->group) : NULL;
	struct mldp_branch *all =
		XCALLOC(MTYPE_TMP, (max_branches(s) + max_branches(shared) + 1) * sizeof(*all));
	size_t n = 0;

	if (mc_sent_feeds_count(&s->feeds) && !s->denied) /* else it goes */
		n = collect(shared, all, collect(s, all, 0));
	m->ops->ftn(m->ctx, &s->source, &s->group, all, n);
	XFREE(MTYPE_TMP, all);
}

static void push(struct mc_map *m, struct mc_sent *s)
{
	struct mc_sent *other;

	push_one(m, s);
	if (!addr_is_any(&s->source))
		return;
	frr_each (mc_group_sents, &s->of->sents, other) {
		m->looked_at++;
		if (other != s)
			push_one(m, other);
	}
}

/* A Join(*,G) names the RP that pimd has; without one pim_vif says nothing. */
static void set_joined(struct mc_map *m, struct mc_sent *s, bool joined)
{
	if (s->joined == joined)
		return;
	s->joined = joined;
	if (joined)
		s->rp = addr_is_any(&s->source) ? mc_rp_of(m, &s->group) : ADDR_ANY;
	m->stats.joins += joined ? 1 : -1;
	m->ops->join(m->ctx, &s->source, &s->group, &s->rp, joined);
}

/* What leaves ask for is filtered as what pimd asks for (F3353-11-2); a static tree was asked for
 * by the operator. */
static bool is_allowed(const struct mc_map *m, const struct mc_sent *s)
{
	const struct mc_feed *f;

	frr_each (mc_sent_feeds_const, &s->feeds, f)
		if (mldp_opaque_parse(&f->lsp->fec).kind == MLDP_OPAQUE_GENERIC)
			return true;
	return mc_group_allowed(m, &s->group);
}

/* Joined before packets are pushed, pruned after. */
static void settle(struct mc_map *m, struct mc_sent *s)
{
	bool denied = !is_allowed(m, s);

	if (denied && !s->denied)
		m->stats.denied++;
	s->denied = denied;
	if (mc_sent_feeds_count(&s->feeds) && !s->denied) {
		set_joined(m, s, true);
		push(m, s);
	} else if (s->joined) {
		push(m, s);
		set_joined(m, s, false);
	}
}

void mc_root_groups_changed(struct mc_map *m)
{
	struct mc_sent *s;

	frr_each (mc_sents, &m->sents, s)
		if (s->denied == is_allowed(m, s))
			settle(m, s);
}

void mc_root_push_all(struct mc_map *m)
{
	struct mc_sent *s;

	frr_each (mc_sents, &m->sents, s) {
		if (!s->joined)
			continue;
		set_joined(m, s, false);
		set_joined(m, s, true);
		push_one(m, s);
	}
}

void mc_root_rps_changed(struct mc_map *m)
{
	struct mc_sent *s;
	struct addr rp;

	frr_each (mc_sents, &m->sents, s) {
		if (!addr_is_any(&s->source) || !s->joined)
			continue;
		rp = mc_rp_of(m, &s->group);
		if (addr_cmp(&rp, &s->rp) == 0)
			continue;
		set_joined(m, s, false);
		set_joined(m, s, true);
	}
}

static struct mc_sent *sent_new(struct mc_map *m, const struct addr *source,
				const struct addr *group)
{
	struct mc_sent_group key = {.group = *group},
			     *g = mc_sent_groups_find(&m->sent_groups, &key);
	struct mc_sent *s = XCALLOC(MTYPE_MC_SENT, sizeof(*s));

	if (!g) {
		g = XCALLOC(MTYPE_MC_SENT_GROUP, sizeof(*g));
		g->group = *group;
		mc_group_sents_init(&g->sents);
		mc_sent_groups_add(&m->sent_groups, g);
	}
	s->source = *source;
	s->group = *group;
	s->since = m->wheel->now;
	s->of = g;
	mc_sent_feeds_init(&s->feeds);
	mc_sents_add(&m->sents, s);
	mc_group_sents_add_tail(&g->sents, s);
	m->stats.ftns++;
	return s;
}

/* Out of the tables already, but for its group's. */
static void sent_free(struct mc_map *m, struct mc_sent *s)
{
	struct mc_sent_group *g = s->of;

	mc_group_sents_del(&g->sents, s);
	mc_sent_feeds_fini(&s->feeds);
	XFREE(MTYPE_MC_SENT, s);
	if (mc_group_sents_count(&g->sents))
		return;
	mc_group_sents_fini(&g->sents);
	mc_sent_groups_del(&m->sent_groups, g);
	XFREE(MTYPE_MC_SENT_GROUP, g);
}

static void feed_add(struct mc_map *m, struct mc_lsp *lsp, const struct addr *source,
		     const struct addr *group)
{
	struct mc_sent *s = sent_find(m, source, group);
	struct mc_feed *f;

	frr_each (mc_lsp_feeds, &lsp->feeds, f)
		if (f->sent == s) {
			f->stale = false;
			return;
		}
	if (!s)
		s = sent_new(m, source, group);
	f = XCALLOC(MTYPE_MC_FEED, sizeof(*f));
	f->lsp = lsp;
	f->sent = s;
	mc_lsp_feeds_add_tail(&lsp->feeds, f);
	mc_sent_feeds_add_tail(&s->feeds, f);
}

static void feed_del(struct mc_map *m, struct mc_feed *f)
{
	struct mc_sent *s = f->sent;

	mc_lsp_feeds_del(&f->lsp->feeds, f);
	mc_sent_feeds_del(&s->feeds, f);
	XFREE(MTYPE_MC_FEED, f);
	settle(m, s);
	if (mc_sent_feeds_count(&s->feeds))
		return;
	m->stats.ftns--;
	mc_sents_del(&m->sents, s);
	sent_free(m, s);
}

void mc_root_carry(struct mc_map *m, struct mc_lsp *lsp, const struct addr *source,
		   const struct addr *group, bool carry)
{
	struct mc_sent *s;
	struct mc_feed *f;

	if (carry)
		feed_add(m, lsp, source, group);
	s = sent_find(m, source, group);
	if (!s)
		return;
	if (carry) {
		settle(m, s);
		return;
	}
	frr_each (mc_sent_feeds, &s->feeds, f)
		if (f->lsp == lsp)
			break;
	if (f)
		feed_del(m, f);
}

/* ---------------------------------------------------------------- which trees an LSP carries */

static void feed_static(struct mc_map *m, struct mc_lsp *lsp)
{
	struct mc_static *s;
	struct mc_member *member;

	frr_each (mc_statics, &m->statics, s)
		if (mldp_fec_cmp(&s->fec, &lsp->fec) == 0)
			frr_each (mc_members, &s->members, member)
				feed_add(m, lsp, &member->source, &member->group);
}

static void feed_source(struct mc_map *m, struct mc_lsp *lsp, const struct mldp_opaque *o)
{
	if (addr_is_any(&o->group) || (addr_is_any(&o->source) && addr_is_ssm_group(&o->group))) {
		if (!lsp->wild)
			mc_streams_wanted(m, lsp, &o->source, &o->group);
	} else {
		feed_add(m, lsp, &o->source, &o->group);
	}
}

static void feed(struct mc_map *m, struct mc_lsp *lsp)
{
	struct mldp_opaque o = mldp_opaque_parse(&lsp->fec);

	if (o.kind == MLDP_OPAQUE_GENERIC)
		feed_static(m, lsp);
	else if (o.kind == MLDP_OPAQUE_SOURCE)
		feed_source(m, lsp, &o);
	else
		m->stats.inert++; /* built, but we send nothing (M-6826-2-5) */
}

static void lsp_free(struct mc_map *m, struct mc_lsp *lsp)
{
	struct mc_feed *f;

	XFREE(MTYPE_MC_BRANCHES, lsp->branches);
	lsp->n = 0;
	if (lsp->wild)
		mc_streams_unwanted(m, lsp);
	while ((f = mc_lsp_feeds_first(&lsp->feeds)))
		feed_del(m, f);
	mc_lsp_feeds_fini(&lsp->feeds);
	mc_lsps_del(&m->lsps, lsp);
	XFREE(MTYPE_MC_LSP, lsp);
}

void mc_map_lsp(struct mc_map *m, const struct mldp_fec *fec, const struct mldp_branch *branches,
		size_t n, msec_t now)
{
	struct mc_lsp *lsp = lsp_find(m, fec);
	bool is_new = !lsp;
	struct mc_feed *f;

	if (!n) {
		if (lsp)
			lsp_free(m, lsp);
		return;
	}
	if (is_new) {
		lsp = XCALLOC(MTYPE_MC_LSP, sizeof(*lsp));
		lsp->fec = *fec;
		mc_lsp_feeds_init(&lsp->feeds);
		mc_lsps_add(&m->lsps, lsp);
	}
	XFREE(MTYPE_MC_BRANCHES, lsp->branches);
	lsp->branches = XCALLOC(MTYPE_MC_BRANCHES, n * sizeof(*branches));
	memcpy(lsp->branches, branches, n * sizeof(*branches));
	lsp->n = n;
	if (is_new)
		feed(m, lsp);
	frr_each (mc_lsp_feeds, &lsp->feeds, f)
		settle(m, f->sent);
}

void mc_root_static_changed(struct mc_map *m, const struct mldp_fec *fec)
{
	struct mc_lsp *lsp = lsp_find(m, fec);
	struct mc_feed *f, *last;

	if (!lsp)
		return;
	frr_each (mc_lsp_feeds, &lsp->feeds, f)
		f->stale = true;
	last = mc_lsp_feeds_last(&lsp->feeds);
	feed(m, lsp);
	f = last ? mc_lsp_feeds_next(&lsp->feeds, last) : mc_lsp_feeds_first(&lsp->feeds);
	for (; f; f = mc_lsp_feeds_next(&lsp->feeds, f))
		settle(m, f->sent); /* what is new; the others stay as they are */
	frr_each_safe (mc_lsp_feeds, &lsp->feeds, f)
		if (f->stale)
			feed_del(m, f);
}

void mc_root_free(struct mc_map *m)
{
	struct mc_lsp *lsp;
	struct mc_feed *f;
	struct mc_sent *s;

	while ((lsp = mc_lsps_pop(&m->lsps))) {
		while ((f = mc_lsp_feeds_pop(&lsp->feeds))) {
			mc_sent_feeds_del(&f->sent->feeds, f);
			XFREE(MTYPE_MC_FEED, f);
		}
		XFREE(MTYPE_MC_BRANCHES, lsp->branches);
		XFREE(MTYPE_MC_LSP, lsp);
	}
	while ((s = mc_sents_pop(&m->sents)))
		sent_free(m, s);
	mc_lsps_fini(&m->lsps);
	mc_sents_fini(&m->sents);
	mc_sent_groups_fini(&m->sent_groups);
}

void mc_root_walk(const struct mc_map *m, void (*fn)(void *arg, const struct mc_map_info *i),
		  void *arg)
{
	const struct mc_sent *s;

	frr_each (mc_sents_const, &m->sents, s) {
		const struct mc_feed *f = mc_sent_feeds_const_first(&s->feeds);
		struct mc_map_info i = {.source = s->source,
					.group = s->group,
					.fec = f->lsp->fec,
					.since = s->since};

		if (s->denied)
			i.why_not = mc_group_denied;
		else if (addr_is_any(&s->source) && addr_is_any(&s->rp))
			i.why_not = "no RP is known for its group (configure rp)";
		i.label_switched = !i.why_not;
		fn(arg, &i);
	}
}
