// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The leaf side of the mapping: which tree becomes which FEC, and why not.
 *
 * mc_mc_decide() is the one place: static trees first (RFC 3353 section 7), then group policy, the
 * trigger (section 5), coexistence of shared and source trees (section 3.4), and the root
 * (RFC 6826 section 2).
 */
#include "mplsmc/mc_map_p.h"

#include <stdio.h>

DEFINE_MGROUP(MCMAP, "tree mapping");
DEFINE_MTYPE_STATIC(MCMAP, MC_MAP, "mapping");
DEFINE_MTYPE_STATIC(MCMAP, MC_TREE, "tree");
DEFINE_MTYPE_STATIC(MCMAP, MC_SOURCE, "source");
DEFINE_MTYPE_STATIC(MCMAP, MC_LEAF, "leaf");
DEFINE_MTYPE_STATIC(MCMAP, MC_CONFIG, "mapping configuration");

void mc_policy_default(struct mc_policy *p)
{
	*p = (struct mc_policy){
		.trigger = MC_TRIGGER_REQUEST,
		.distribution = MC_DOWNSTREAM_UNSOLICITED,
		.coexistence = MC_SOURCE_TREES_ONLY,
		.ttl = MC_TTL_UNIFORM,
		/* longer than pimd keeps (S,G) without packets (210 s, and it looks every 31 s): as
		 * long as it has it, it prunes the source off the shared tree, and nothing comes at
		 * layer 3 that could bring the LSP back */
		.idle_ms = 300 * MSEC_PER_S,
		.mixed_forwarding = true,
	};
}

/* RFC 3353 Table 2 as far as this daemon signals: mLDP is downstream unsolicited (RFC 7358), RFC 6389
 * upstream on demand.  Both need the same of a trigger (M3353-2 to -4). */
const char *mc_policy_invalid(const struct mc_policy *p)
{
	if (p->trigger == MC_TRIGGER_TRAFFIC && !p->mixed_forwarding)
		return "a traffic trigger with labels that the downstream LSR maps or asks for is valid only with mixed layer 2 and layer 3 forwarding (RFC 3353 Table 2)";
	return NULL;
}

/* ---------------------------------------------------------------- leaves */

static struct mc_leaf *leaf_get(struct mc_map *m, const struct mldp_fec *fec)
{
	struct mc_leaf key = {.fec = *fec}, *l = mc_leaves_find(&m->leaves, &key);

	if (!l) {
		l = XCALLOC(MTYPE_MC_LEAF, sizeof(*l));
		l->fec = *fec;
		mc_leaves_add(&m->leaves, l);
		m->stats.leaves++;
		m->ops->leaf(m->ctx, fec, true);
	}
	l->users++;
	return l;
}

static void leaf_put(struct mc_map *m, struct mc_leaf *l)
{
	if (--l->users)
		return;
	m->ops->leaf(m->ctx, &l->fec, false);
	mc_leaves_del(&m->leaves, l);
	m->stats.leaves--;
	XFREE(MTYPE_MC_LEAF, l);
}

/* ---------------------------------------------------------------- policy */

struct mc_static *mc_static_find(struct mc_map *m, const char *name)
{
	struct mc_static *s;

	frr_each (mc_statics, &m->statics, s)
		if (strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

struct mc_static *mc_static_of(struct mc_map *m, const struct addr *source,
			       const struct addr *group)
{
	struct mc_static *s;
	struct mc_member *member;

	frr_each (mc_statics, &m->statics, s)
		frr_each (mc_members, &s->members, member)
			if (addr_cmp(&member->group, group) == 0 &&
			    (addr_is_any(&member->source) ||
			     addr_cmp(&member->source, source) == 0))
				return s;
	return NULL;
}

const char mc_group_denied[] = "its group is not to be label-switched (map ... none)";

bool mc_group_allowed(const struct mc_map *m, const struct addr *group)
{
	const struct mc_group_rule *r;

	frr_each (mc_groups_const, &m->groups, r)
		if (addr_in_prefix(group, &r->prefix, r->prefixlen))
			return r->in_band;
	return true;
}

static const struct mc_configured_root *configured_root(const struct mc_map *m,
							const struct addr *source)
{
	const struct mc_configured_root *r;

	frr_each (mc_roots_const, &m->roots, r)
		if (addr_in_prefix(source, &r->prefix, r->prefixlen))
			return r;
	return NULL;
}

/* ---------------------------------------------------------------- the decision */

/* A tree that nobody wants is about to go: its reason is not seen. */
static const char *triggered(const struct mc_tree *t)
{
	if (t->rpt_pruned && !t->wanted && !t->mroute) /* RFC 3353 3.4, RPT bit set */
		return "pruned off the shared tree: this router forwards it at layer 3";
	switch (t->m->policy.trigger) {
	case MC_TRIGGER_REQUEST:
		return t->wanted ? NULL : "pimd does not want it";
	case MC_TRIGGER_TOPOLOGY:
		return t->wanted || t->mroute ? NULL : "not in the multicast routing table";
	case MC_TRIGGER_TRAFFIC:
		if (!t->wanted && !t->mroute)
			return "pimd does not want it";
		return t->flowing ? NULL : "no traffic yet (trigger traffic)";
	}
	return "no trigger";
}

const char *mc_root_of(const struct mc_tree *t, struct addr *root)
{
	const struct mc_configured_root *r = configured_root(t->m, &t->from->addr);
	bool shared = addr_is_any(&t->source); /* the RP instead of the source (M-7438-7-1) */

	*root = r ? r->root : t->from->root;
	if (!r && t->from->local)
		return shared ? "its RP is on a network of this router"
			      : "its source is on a network of this router";
	if (addr_is_any(root))
		return shared ? "no root is known for its RP (configure root)"
			      : "no root is known for its source (configure root)";
	return NULL;
}

/* The FEC of the tree, or why it has none. */
static const char *fec_of(struct mc_tree *t, struct mldp_fec *fec)
{
	struct mc_map *m = t->m;
	const struct mc_static *s = mc_static_of(m, &t->source, &t->group);
	const struct mc_wildcard *w;
	struct addr root;
	const char *why;

	if (s) {
		*fec = s->fec;
		return NULL;
	}
	if (!mc_group_allowed(m, &t->group))
		return mc_group_denied;
	if (addr_is_any(&t->source))
		return mc_shared_fec(t, fec);
	if (mc_shared_carries(t))
		return "the LSP of its group's shared tree brings it (coexistence layer3)";
	why = mc_root_of(t, &root);
	if (why)
		return why;
	w = mc_wildcards_of(m, &root);
	*fec = mldp_fec_source(&root, &t->source, w && w->group ? &ADDR_ANY : &t->group);
	return NULL;
}

void mc_decide(struct mc_tree *t)
{
	struct mc_map *m = t->m;
	struct mc_leaf *old = t->leaf;
	struct mldp_fec fec;
	const char *why;

	if (addr_is_any(&t->source))
		mc_shared_find_rp(t);
	why = triggered(t);
	if (!why)
		why = fec_of(t, &fec);
	if (!why && old && mldp_fec_cmp(&old->fec, &fec) == 0)
		return;
	/* the new LSP before the old one goes */
	t->leaf = why ? NULL : leaf_get(m, &fec);
	if (addr_is_any(&t->source) && !!old != !!t->leaf)
		mc_shared_changed(t);
	if (old)
		leaf_put(m, old);
	if (why != t->why_not || old || t->leaf)
		t->since = m->wheel->now;
	t->why_not = why;
}

void mc_decide_all(struct mc_map *m)
{
	struct mc_tree *t;

	frr_each (mc_trees, &m->trees, t)
		mc_decide(t);
}

/* ---------------------------------------------------------------- trees */

struct mc_tree *mc_tree_find(struct mc_map *m, const struct addr *source, const struct addr *group)
{
	struct mc_tree key = {.source = *source, .group = *group};

	return mc_trees_find(&m->trees, &key);
}

static struct mc_source *source_find(struct mc_map *m, const struct addr *addr)
{
	struct mc_source key = {.addr = *addr};

	return mc_sources_find(&m->sources, &key);
}

static void source_join(struct mc_tree *t, const struct addr *addr)
{
	struct mc_map *m = t->m;
	struct mc_source *s = source_find(m, addr);
	bool is_new = !s;

	if (is_new) {
		s = XCALLOC(MTYPE_MC_SOURCE, sizeof(*s));
		s->addr = *addr;
		mc_source_trees_init(&s->trees);
		mc_sources_add(&m->sources, s);
	}
	t->from = s;
	mc_source_trees_add_tail(&s->trees, t);
	if (is_new)
		m->ops->watch_root(m->ctx, &s->addr, true);
}

static void source_leave(struct mc_tree *t)
{
	struct mc_map *m = t->m;
	struct mc_source *s = t->from;

	t->from = NULL;
	mc_source_trees_del(&s->trees, t);
	if (mc_source_trees_count(&s->trees))
		return; /* other trees have it, too */
	m->ops->watch_root(m->ctx, &s->addr, false);
	mc_source_trees_fini(&s->trees);
	mc_sources_del(&m->sources, s);
	XFREE(MTYPE_MC_SOURCE, s);
}

void mc_tree_towards(struct mc_tree *t, const struct addr *addr)
{
	if (t->from && addr_cmp(&t->from->addr, addr) == 0)
		return;
	if (t->from)
		source_leave(t);
	if (!addr_is_any(addr))
		source_join(t, addr);
}

struct mc_tree *mc_tree_get(struct mc_map *m, const struct addr *source, const struct addr *group)
{
	struct mc_tree *t = mc_tree_find(m, source, group);

	if (t)
		return t;
	t = XCALLOC(MTYPE_MC_TREE, sizeof(*t));
	t->m = m;
	t->source = *source;
	t->group = *group;
	t->since = m->wheel->now;
	mc_trees_add(&m->trees, t);
	m->stats.trees++;
	mc_tree_towards(t, source);
	return t;
}

static void tree_free(struct mc_tree *t)
{
	struct mc_map *m = t->m;

	timer_stop(m->wheel, &t->idle);
	mc_trees_del(&m->trees, t);
	m->stats.trees--;
	XFREE(MTYPE_MC_TREE, t);
}

void mc_tree_release(struct mc_tree *t)
{
	if (t->wanted || t->mroute || t->rpt_pruned)
		return;
	if (t->from)
		source_leave(t);
	tree_free(t);
}

void mc_map_tree(struct mc_map *m, const struct addr *source, const struct addr *group, bool wanted,
		 msec_t now)
{
	struct mc_tree *t = wanted ? mc_tree_get(m, source, group) : mc_tree_find(m, source, group);

	if (!t || t->wanted == wanted)
		return;
	t->wanted = wanted;
	mc_decide(t);
	mc_tree_release(t);
}

static void idle_fires(struct timer *timer, msec_t now)
{
	struct mc_tree *t = container_of(timer, struct mc_tree, idle);

	t->flowing = false;
	mc_decide(t);
}

/* RFC 3353 5.3: traffic above the threshold since the last look. */
static void measure(struct mc_tree *t, uint64_t packets, uint64_t bytes, msec_t now)
{
	const struct mc_policy *p = &t->m->policy;
	uint64_t more = bytes - t->bytes;
	msec_t took = now - t->measured;
	bool moved = t->measured && packets > t->packets;

	if (moved && p->traffic_kbps) /* bits a millisecond are kbit/s */
		moved = took > 0 && more * 8 / (uint64_t)took >= p->traffic_kbps;
	t->packets = packets;
	t->bytes = bytes;
	t->measured = now;
	if (!moved)
		return;
	t->flowing = true;
	timer_start(t->m->wheel, &t->idle, now + p->idle_ms, idle_fires);
}

void mc_map_mroute(struct mc_map *m, const struct addr *source, const struct addr *group,
		   uint64_t packets, uint64_t bytes, bool wants_domain, msec_t now)
{
	bool there = packets != UINT64_MAX, wants = there && wants_domain;
	struct mc_tree *t = wants ? mc_tree_get(m, source, group) : mc_tree_find(m, source, group);

	if (!t)
		return;
	t->mroute = wants;
	if (there) /* by the domain or not, its packets reach this router */
		measure(t, packets, bytes, now);
	else
		t->measured = 0; /* another entry counts from 0 */
	mc_decide(t);
	mc_tree_release(t);
}

void mc_map_root(struct mc_map *m, const struct addr *source, const struct addr *root, bool local,
		 msec_t now)
{
	struct mc_source *s = source_find(m, source);
	struct mc_tree *t;

	if (!s)
		return;
	s->root = *root;
	s->local = local;
	frr_each (mc_source_trees, &s->trees, t)
		mc_decide(t);
}

/* ---------------------------------------------------------------- configuration */

/* An LSP that is there carries packets, until the counters say otherwise. */
static void presume_traffic(struct mc_map *m, msec_t now)
{
	struct mc_tree *t;

	frr_each (mc_trees, &m->trees, t) {
		if (!t->leaf)
			continue;
		t->flowing = true;
		timer_start(m->wheel, &t->idle, now + m->policy.idle_ms, idle_fires);
	}
}

void mc_map_set_policy(struct mc_map *m, const struct mc_policy *p, msec_t now)
{
	bool before = m->policy.trigger == MC_TRIGGER_TRAFFIC;
	bool moved = m->policy.shared_interface != p->shared_interface;

	m->policy = *p;
	if (p->trigger == MC_TRIGGER_TRAFFIC && !before)
		presume_traffic(m, now);
	mc_decide_all(m);
	if (moved)
		mc_root_push_all(m);
}

void mc_map_configure_root(struct mc_map *m, const struct addr *prefix, uint8_t prefixlen,
			   const struct addr *root, msec_t now)
{
	struct mc_configured_root *r, *after = NULL, *found = NULL;

	frr_each (mc_roots, &m->roots, r) {
		if (r->prefixlen == prefixlen && addr_cmp(&r->prefix, prefix) == 0)
			found = r;
		if (r->prefixlen >= prefixlen)
			after = r;
	}
	if (addr_is_any(root)) {
		if (!found)
			return;
		mc_roots_del(&m->roots, found);
		XFREE(MTYPE_MC_CONFIG, found);
	} else if (found) {
		found->root = *root;
	} else {
		found = XCALLOC(MTYPE_MC_CONFIG, sizeof(*found));
		*found = (struct mc_configured_root){
			.prefix = *prefix, .prefixlen = prefixlen, .root = *root};
		mc_roots_add_after(&m->roots, after, found); /* NULL: at the head */
	}
	mc_decide_all(m);
}

void mc_map_configure_group(struct mc_map *m, const struct addr *prefix, uint8_t prefixlen,
			    bool in_band, bool remove, msec_t now)
{
	struct mc_group_rule *r, *after = NULL, *other;

	frr_each (mc_groups, &m->groups, r)
		if (r->prefixlen == prefixlen && addr_cmp(&r->prefix, prefix) == 0)
			break;
	if (remove && r) {
		mc_groups_del(&m->groups, r);
		XFREE(MTYPE_MC_CONFIG, r);
	} else if (!remove && !r) {
		r = XCALLOC(MTYPE_MC_CONFIG, sizeof(*r));
		*r = (struct mc_group_rule){
			.prefix = *prefix, .prefixlen = prefixlen, .in_band = in_band};
		frr_each (mc_groups, &m->groups, other)
			if (other->prefixlen >= prefixlen)
				after = other;
		mc_groups_add_after(&m->groups, after, r); /* NULL: at the head */
	} else if (!remove) {
		r->in_band = in_band;
	}
	mc_root_groups_changed(m);
	mc_decide_all(m);
}

void mc_map_static_tree(struct mc_map *m, const char *name, const struct addr *root,
			uint32_t lsp_id, msec_t now)
{
	struct mc_static *s = mc_static_find(m, name);
	struct mldp_fec old;

	if (!s) {
		s = XCALLOC(MTYPE_MC_CONFIG, sizeof(*s));
		snprintf(s->name, sizeof(s->name), "%s", name);
		mc_members_init(&s->members);
		mc_statics_add_tail(&m->statics, s);
	}
	old = s->fec;
	s->fec = mldp_fec_generic(root, lsp_id);
	mc_decide_all(m);
	mc_root_static_changed(m, &s->fec);
	mc_root_static_changed(m, &old); /* after the new one: trees stay joined */
}

static void static_free(struct mc_map *m, struct mc_static *s)
{
	struct mc_member *member;

	while ((member = mc_members_pop(&s->members)))
		XFREE(MTYPE_MC_CONFIG, member);
	mc_members_fini(&s->members);
	mc_statics_del(&m->statics, s);
	XFREE(MTYPE_MC_CONFIG, s);
}

void mc_map_static_tree_del(struct mc_map *m, const char *name, msec_t now)
{
	struct mc_static *s = mc_static_find(m, name);
	struct mldp_fec fec;

	if (!s)
		return;
	fec = s->fec;
	static_free(m, s);
	mc_decide_all(m);
	mc_root_static_changed(m, &fec);
}

void mc_map_static_member(struct mc_map *m, const char *name, const struct addr *source,
			  const struct addr *group, bool add, msec_t now)
{
	struct mc_static *s = mc_static_find(m, name);
	struct mc_member *member;

	if (!s)
		return;
	frr_each (mc_members, &s->members, member)
		if (addr_cmp(&member->group, group) == 0 && addr_cmp(&member->source, source) == 0)
			break;
	if (add && !member) {
		member = XCALLOC(MTYPE_MC_CONFIG, sizeof(*member));
		member->source = *source;
		member->group = *group;
		mc_members_add_tail(&s->members, member);
	} else if (!add && member) {
		mc_members_del(&s->members, member);
		XFREE(MTYPE_MC_CONFIG, member);
	}
	mc_decide_all(m);
	mc_root_static_changed(m, &s->fec);
}

/* ---------------------------------------------------------------- life cycle, show */

struct mc_map *mc_map_new(const struct mc_policy *p, const struct mc_map_ops *ops, void *ctx,
			  struct twheel *wheel)
{
	struct mc_map *m = XCALLOC(MTYPE_MC_MAP, sizeof(*m));

	m->policy = *p;
	m->ops = ops;
	m->ctx = ctx;
	m->wheel = wheel;
	mc_trees_init(&m->trees);
	mc_sources_init(&m->sources);
	mc_leaves_init(&m->leaves);
	mc_lsps_init(&m->lsps);
	mc_sents_init(&m->sents);
	mc_sent_groups_init(&m->sent_groups);
	mc_roots_init(&m->roots);
	mc_groups_init(&m->groups);
	mc_statics_init(&m->statics);
	mc_wildcards_init(&m->wildcards);
	mc_rps_init(&m->rps);
	mc_wild_lsps_init(&m->wild_lsps);
	mc_streams_init(&m->streams);
	return m;
}

void mc_map_free(struct mc_map *m)
{
	struct mc_configured_root *r;
	struct mc_group_rule *g;
	struct mc_static *s;
	struct mc_source *from;
	struct mc_leaf *l;
	struct mc_tree *t;

	mc_root_free(m);
	mc_streams_free(m);
	mc_shared_free(m);
	while ((from = mc_sources_pop(&m->sources))) {
		while (mc_source_trees_pop(&from->trees))
			;
		mc_source_trees_fini(&from->trees);
		XFREE(MTYPE_MC_SOURCE, from);
	}
	while ((t = mc_trees_first(&m->trees)))
		tree_free(t);
	while ((l = mc_leaves_pop(&m->leaves)))
		XFREE(MTYPE_MC_LEAF, l);
	while ((r = mc_roots_pop(&m->roots)))
		XFREE(MTYPE_MC_CONFIG, r);
	while ((g = mc_groups_pop(&m->groups)))
		XFREE(MTYPE_MC_CONFIG, g);
	while ((s = mc_statics_first(&m->statics)))
		static_free(m, s);
	mc_trees_fini(&m->trees);
	mc_sources_fini(&m->sources);
	mc_leaves_fini(&m->leaves);
	mc_roots_fini(&m->roots);
	mc_groups_fini(&m->groups);
	mc_statics_fini(&m->statics);
	XFREE(MTYPE_MC_MAP, m);
}

void mc_map_walk(const struct mc_map *m, void (*fn)(void *arg, const struct mc_map_info *i),
		 void *arg)
{
	const struct mc_tree *t;

	frr_each (mc_trees_const, &m->trees, t) {
		struct mc_map_info i = {
			.source = t->source,
			.group = t->group,
			.leaf = true,
			.label_switched = t->leaf,
			.why_not = t->why_not,
			.since = t->since,
		};

		if (t->leaf)
			i.fec = t->leaf->fec;
		fn(arg, &i);
	}
	mc_root_walk(m, fn, arg);
}

void mc_map_clear_stats(struct mc_map *m)
{
	m->stats.inert = 0;
}

const struct mc_map_stats *mc_map_stats(const struct mc_map *m)
{
	return &m->stats;
}
