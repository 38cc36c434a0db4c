// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The root side of the mapping: an LSP with branches names a tree; the tree is joined at pimd and
 * pushed onto the LSP (M-6826-2-4, M-7438-3.2-1).
 *
 * Several LSPs may carry one tree (an (S,*) LSP beside an (S,G) one): the entry has the union of
 * their branches, each once.
 */
#include "mplsmc/mc_map_p.h"

#include <stdlib.h>

DECLARE_MGROUP(MCMAP);
DEFINE_MTYPE_STATIC(MCMAP, MC_LSP, "root LSP");
DEFINE_MTYPE_STATIC(MCMAP, MC_BRANCHES, "root LSP branches");
DEFINE_MTYPE_STATIC(MCMAP, MC_FEED, "tree of a root LSP");
DEFINE_MTYPE_STATIC(MCMAP, MC_SENT, "sent tree");

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
		if (in[i].peer == b->peer && in[i].label == b->label)
			return true;
	return false;
}

static void push(struct mc_map *m, struct mc_sent *s)
{
	struct mldp_branch *all;
	struct mc_feed *f;
	size_t max = 0, n = 0;

	frr_each (mc_sent_feeds, &s->feeds, f)
		max += f->lsp->n;
	all = XCALLOC(MTYPE_TMP, (max + 1) * sizeof(*all));
	frr_each (mc_sent_feeds, &s->feeds, f)
		for (size_t i = 0; i < f->lsp->n; i++)
			if (!listed(&f->lsp->branches[i], all, n))
				all[n++] = f->lsp->branches[i];
	m->ops->ftn(m->ctx, &s->source, &s->group, all, n);
	XFREE(MTYPE_TMP, all);
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
	if (!s) {
		s = XCALLOC(MTYPE_MC_SENT, sizeof(*s));
		s->source = *source;
		s->group = *group;
		s->since = m->wheel->now;
		mc_sent_feeds_init(&s->feeds);
		mc_sents_add(&m->sents, s);
		m->stats.ftns++;
		m->stats.joins++;
		m->ops->join(m->ctx, source, group, &ADDR_ANY, true);
	}
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
	push(m, s);
	if (mc_sent_feeds_count(&s->feeds))
		return;
	m->ops->join(m->ctx, &s->source, &s->group, &ADDR_ANY, false);
	m->stats.ftns--;
	m->stats.joins--;
	mc_sents_del(&m->sents, s);
	mc_sent_feeds_fini(&s->feeds);
	XFREE(MTYPE_MC_SENT, s);
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

/* Only what names exactly one tree, or sources of a table that is kept, is acted on. */
static void feed(struct mc_map *m, struct mc_lsp *lsp)
{
	struct mldp_opaque o = mldp_opaque_parse(&lsp->fec);

	if (o.kind == MLDP_OPAQUE_GENERIC)
		feed_static(m, lsp);
	else if (o.kind == MLDP_OPAQUE_SOURCE && !addr_is_any(&o.source) && !addr_is_any(&o.group))
		feed_add(m, lsp, &o.source, &o.group);
	else
		m->stats.inert++; /* built, but we send nothing (M-6826-2-5) */
}

static void lsp_free(struct mc_map *m, struct mc_lsp *lsp)
{
	struct mc_feed *f;

	XFREE(MTYPE_MC_BRANCHES, lsp->branches);
	lsp->n = 0;
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
		push(m, f->sent);
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
		push(m, f->sent); /* what is new; the others stay as they are */
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
		XFREE(MTYPE_MC_SENT, s);
	mc_lsps_fini(&m->lsps);
	mc_sents_fini(&m->sents);
}

void mc_root_walk(const struct mc_map *m, void (*fn)(void *arg, const struct mc_map_info *i),
		  void *arg)
{
	const struct mc_sent *s;

	frr_each (mc_sents_const, &m->sents, s) {
		const struct mc_feed *f = mc_sent_feeds_const_first(&s->feeds);
		struct mc_map_info i = {.source = s->source,
					.group = s->group,
					.label_switched = true,
					.fec = f->lsp->fec,
					.since = s->since};

		fn(arg, &i);
	}
}
