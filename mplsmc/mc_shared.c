// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Shared trees: the RP of a group, roots that support wildcards, and what becomes of (*,G)
 * (RFC 7438, RFC 3353 section 3.4).
 *
 * An LSP cannot prune one source off a shared tree.  If everything that leaves an LSP reaches
 * pimd on one interface, its RPF check cannot tell the copy of the shared tree from that of the
 * source tree.  At a leaf the two never exist side by side then: while the (*,G) LSP is there, it
 * brings the sources that pimd joins, too.  With an interface for shared trees pimd is free.
 */
#include "mplsmc/mc_map_p.h"

DECLARE_MGROUP(MCMAP);
DEFINE_MTYPE_STATIC(MCMAP, MC_SHARED, "shared tree configuration");

/* ---------------------------------------------------------------- RPs */

struct addr mc_rp_of(const struct mc_map *m, const struct addr *group)
{
	const struct mc_rp *r;

	frr_each (mc_rps_const, &m->rps, r)
		if (addr_in_prefix(group, &r->prefix, r->prefixlen))
			return r->rp;
	return ADDR_ANY;
}

/* The line is as wanted; the longest prefix first. */
static void set_rp(struct mc_map *m, const struct addr *prefix, uint8_t prefixlen,
		   const struct addr *rp)
{
	struct mc_rp *r, *after = NULL, *found = NULL;

	frr_each (mc_rps, &m->rps, r) {
		if (r->prefixlen == prefixlen && addr_cmp(&r->prefix, prefix) == 0)
			found = r;
		if (r->prefixlen >= prefixlen)
			after = r;
	}
	if (found && addr_is_any(rp)) {
		mc_rps_del(&m->rps, found);
		XFREE(MTYPE_MC_SHARED, found);
		return;
	}
	if (!found) {
		if (addr_is_any(rp))
			return;
		found = XCALLOC(MTYPE_MC_SHARED, sizeof(*found));
		found->prefix = *prefix;
		found->prefixlen = prefixlen;
		mc_rps_add_after(&m->rps, after, found); /* NULL: at the head */
	}
	found->rp = *rp;
}

void mc_map_configure_rp(struct mc_map *m, const struct addr *prefix, uint8_t prefixlen,
			 const struct addr *rp, msec_t now)
{
	set_rp(m, prefix, prefixlen, rp);
	mc_decide_all(m);
	mc_root_rps_changed(m);
}

/* ---------------------------------------------------------------- roots */

const struct mc_wildcard *mc_wildcards_of(const struct mc_map *m, const struct addr *root)
{
	const struct mc_wildcard *w;

	frr_each (mc_wildcards_const, &m->wildcards, w)
		if (addr_cmp(&w->root, root) == 0)
			return w;
	return NULL;
}

void mc_map_configure_wildcards(struct mc_map *m, const struct addr *root, bool source_wildcard,
				bool group_wildcard, msec_t now)
{
	struct mc_wildcard *w = (struct mc_wildcard *)mc_wildcards_of(m, root);

	if (!w) {
		w = XCALLOC(MTYPE_MC_SHARED, sizeof(*w));
		w->root = *root;
		mc_wildcards_add_tail(&m->wildcards, w);
	}
	w->source = source_wildcard;
	w->group = group_wildcard;
	if (!w->source && !w->group) {
		mc_wildcards_del(&m->wildcards, w);
		XFREE(MTYPE_MC_SHARED, w);
	}
	mc_decide_all(m);
}

/* ---------------------------------------------------------------- shared trees */

/* What pimd says of the RP counts before what is configured. */
void mc_shared_find_rp(struct mc_tree *t)
{
	struct mc_map *m = t->m;
	struct addr rp = addr_is_any(&t->rp) ? mc_rp_of(m, &t->group) : t->rp;

	mc_tree_towards(t, m->policy.coexistence == MC_LAYER3 ? &rp : &ADDR_ANY);
}

const char *mc_shared_fec(const struct mc_tree *t, struct mldp_fec *fec)
{
	const struct mc_map *m = t->m;
	const struct mc_wildcard *w;
	struct addr root;
	const char *why;

	if (m->policy.coexistence != MC_LAYER3) /* RFC 3353 3.4 method c; M-6826-2.1-1 */
		return "a shared tree: only source trees are label-switched (coexistence source-trees-only)";
	if (!t->from)
		return "no RP is known for its group (configure rp)";
	why = mc_root_of(t, &root);
	if (why)
		return why;
	w = mc_wildcards_of(m, &root);
	if (!w || !w->source) /* M-6826-2-2, M-7438-3.3-1, M-7438-3.4-1 */
		return "its root may not support FECs without a source (configure root ... wildcard)";
	*fec = mldp_fec_source(&root, &ADDR_ANY, &t->group);
	return NULL;
}

bool mc_shared_carries(const struct mc_tree *t)
{
	const struct mc_tree *shared = mc_tree_find(t->m, &ADDR_ANY, &t->group);

	return shared && shared->leaf && !mc_apart(t->m, &t->group);
}

void mc_shared_changed(const struct mc_tree *shared)
{
	struct mc_map *m = shared->m;
	struct mc_tree *t;

	frr_each (mc_trees, &m->trees, t)
		if (t != shared && addr_cmp(&t->group, &shared->group) == 0)
			mc_decide(t);
}

void mc_map_shared_tree(struct mc_map *m, const struct addr *group, const struct addr *rp,
			bool wanted, msec_t now)
{
	struct mc_tree *t =
		wanted ? mc_tree_get(m, &ADDR_ANY, group) : mc_tree_find(m, &ADDR_ANY, group);

	if (!t)
		return;
	if (wanted)
		t->rp = *rp;
	t->wanted = wanted;
	mc_decide(t);
	mc_tree_release(t);
}

void mc_map_rpt_prune(struct mc_map *m, const struct addr *source, const struct addr *group,
		      bool pruned, msec_t now)
{
	struct mc_tree *t = pruned ? mc_tree_get(m, source, group) : mc_tree_find(m, source, group);

	if (!t || t->rpt_pruned == pruned)
		return;
	t->rpt_pruned = pruned;
	mc_decide(t);
	mc_tree_release(t);
}

bool mc_map_is_shared(const struct mc_map *m, const struct mldp_fec *fec)
{
	const struct mldp_opaque o = mldp_opaque_parse(fec);
	const struct mc_static *s;
	const struct mc_member *member;

	frr_each (mc_statics_const, &m->statics, s)
		if (mldp_fec_cmp(&s->fec, fec) == 0)
			frr_each (mc_members_const, &s->members, member)
				if (addr_is_any(&member->source) && addr_is_v4(&member->group))
					return true;
	return o.kind == MLDP_OPAQUE_SOURCE && addr_is_any(&o.source) && addr_is_v4(&o.group) &&
	       !addr_is_ssm_group(&o.group);
}

void mc_shared_free(struct mc_map *m)
{
	struct mc_wildcard *w;
	struct mc_rp *r;

	while ((w = mc_wildcards_pop(&m->wildcards)))
		XFREE(MTYPE_MC_SHARED, w);
	while ((r = mc_rps_pop(&m->rps)))
		XFREE(MTYPE_MC_SHARED, r);
	mc_wildcards_fini(&m->wildcards);
	mc_rps_fini(&m->rps);
}
