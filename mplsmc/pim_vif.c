// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The virtual PIM neighbour; see pim_vif.h.
 *
 * Facts about pimd that shape it: an 8.4 or 10.3 pimd joins at once when our Hello comes, does
 * not rejoin for a new generation ID of ours, sends one Join(*,G) too many when an ASM group
 * ends (it is never refreshed), and reflects our own joins when it has no receivers.
 */
#include "mplsmc/pim_vif.h"

#include <stdlib.h>

#include "mplsmc/pim_codec.h"

DEFINE_MGROUP(PIMVIF, "virtual PIM neighbour");
DEFINE_MTYPE_STATIC(PIMVIF, PIM_VIF, "PIM interface");
DEFINE_MTYPE_STATIC(PIMVIF, PIM_TREE, "PIM tree");

#define FAREWELL_MS 1000 /* pimd says it in the same millisecond */

PREDECL_HASH(pim_trees);

/** (S,G), or (*,G) with source ADDR_ANY. */
struct pim_tree {
	struct pim_trees_item item;
	struct pim_vif *v;
	struct addr source, group;
	struct addr rp;	 /* (*,G): what stands in the message, ours or pimd's */
	bool downstream; /* pimd wants it */
	bool joined;	 /* we want it of pimd */
	bool pruned;	 /* pimd does not want it of the shared tree: (S,G,rpt) */
	bool named;	 /* so in the message that is being read */
	bool left;	 /* (*,G): pimd pruned it just now */
	msec_t since;	 /* downstream */
	struct timer expiry;
};

struct pim_vif {
	struct pim_vif_params params;
	const struct pim_vif_ops *ops;
	void *ctx;
	struct twheel *wheel;
	struct pim_trees_head trees;
	bool up, has_generation;
	uint32_t neighbour_generation, generation;
	struct timer hello, join, neighbour;
	struct pim_decoder decoder;
	struct pim_vif_info info;
};

static int tree_cmp(const struct pim_tree *a, const struct pim_tree *b)
{
	int r = addr_cmp(&a->group, &b->group);

	return r ? r : addr_cmp(&a->source, &b->source);
}

static uint32_t tree_hash(const struct pim_tree *t)
{
	return jhash(t->group.b, 16, jhash(t->source.b, 16, 0x7761));
}

DECLARE_HASH(pim_trees, struct pim_tree, item, tree_cmp, tree_hash);

void pim_vif_params_default(struct pim_vif_params *p)
{
	*p = (struct pim_vif_params){
		.hello_interval_s = 30,
		.hello_hold_s = 105,
		.join_interval_s = 60,
		.join_hold_s = 210,
		.restart_hold_ms = 15 * MSEC_PER_S,
	};
}

/* ---------------------------------------------------------------- trees */

static struct pim_tree *tree_get(struct pim_vif *v, const struct addr *source,
				 const struct addr *group, bool create)
{
	struct pim_tree key = {.source = *source, .group = *group}, *t;

	t = pim_trees_find(&v->trees, &key);
	if (t || !create)
		return t;
	t = XCALLOC(MTYPE_PIM_TREE, sizeof(*t));
	t->v = v;
	t->source = *source;
	t->group = *group;
	pim_trees_add(&v->trees, t);
	return t;
}

static void tree_release(struct pim_tree *t)
{
	if (t->downstream || t->joined || t->pruned || t->left)
		return;
	timer_stop(t->v->wheel, &t->expiry);
	pim_trees_del(&t->v->trees, t);
	XFREE(MTYPE_PIM_TREE, t);
}

static void set_pruned(struct pim_tree *t, bool pruned)
{
	struct pim_vif *v = t->v;

	if (t->pruned == pruned)
		return;
	t->pruned = pruned;
	v->info.n_pruned += pruned ? 1 : -1;
	if (v->ops->pruned)
		v->ops->pruned(v->ctx, &t->source, &t->group, pruned);
}

/* The (*,G) join ended (all), or it came with fewer prunes: RFC 7761 4.5.3. */
static void end_prunes(struct pim_vif *v, const struct addr *group, bool all)
{
	struct pim_tree *t;

	if (!v->info.n_pruned)
		return;
	frr_each_safe (pim_trees, &v->trees, t) {
		if (!t->pruned || (t->named && !all) || addr_cmp(&t->group, group) != 0)
			continue;
		set_pruned(t, false);
		tree_release(t);
	}
}

static void set_downstream(struct pim_tree *t, bool wanted, msec_t now)
{
	bool shared = addr_is_any(&t->source);
	struct addr group = t->group;
	struct pim_vif *v = t->v;

	if (!wanted)
		timer_stop(v->wheel, &t->expiry);
	if (t->downstream == wanted)
		return;
	t->downstream = wanted;
	t->since = now;
	v->info.n_downstream += wanted ? 1 : -1;
	v->ops->downstream(v->ctx, &t->source, &t->group, wanted);
	if (!wanted && shared) /* t may be gone: the callback may have pruned it */
		end_prunes(v, &group, true);
}

static void expiry_fires(struct timer *timer, msec_t now)
{
	struct pim_tree *t = container_of(timer, struct pim_tree, expiry);

	t->left = false;
	set_downstream(t, false, now);
	tree_release(t);
}

/* ---------------------------------------------------------------- sending */

static void send(struct pim_vif *v, struct pim_msg *m)
{
	uint8_t buf[PIM_MAX_PACKET];
	size_t n;

	m->src = v->params.address;
	m->upstream = v->params.neighbour;
	n = pim_msg_encode(m, buf, sizeof(buf));
	if (n)
		v->ops->send(v->ctx, (struct span){buf, n});
}

static void send_hello(struct pim_vif *v, uint16_t hold_s)
{
	struct pim_msg m = {.type = PIM_HELLO, .hold_s = hold_s, .generation = v->generation};

	v->info.tx_hellos++;
	send(v, &m);
}

/*
 * False for a tree of the other family, and for (*,G) without an RP (a leaf may name any tree in
 * its FEC): one such source would take all the joins of its packet with it.
 */
static bool can_send(const struct pim_vif *v, const struct pim_tree *t)
{
	const struct addr *source = addr_is_any(&t->source) ? &t->rp : &t->source;
	bool v4 = addr_is_v4(&v->params.address);

	return addr_is_v4(&t->group) == v4 && addr_is_v4(source) == v4 && !addr_is_any(source);
}

static struct pim_source source_of(const struct pim_tree *t, bool prune)
{
	bool wildcard = addr_is_any(&t->source);

	return (struct pim_source){
		.group = t->group,
		.source = wildcard ? t->rp : t->source,
		.flags = PIM_SPARSE | (wildcard ? PIM_WILDCARD | PIM_RPT : 0),
		.prune = prune,
	};
}

static void send_sources(struct pim_vif *v, const struct pim_source *sources, size_t n)
{
	struct pim_msg m = {.type = PIM_JOIN_PRUNE,
			    .hold_s = v->params.join_hold_s,
			    .sources = sources,
			    .n_sources = n};

	if (!n)
		return;
	v->info.tx_join_prunes++;
	send(v, &m);
}

static int by_group(const void *a, const void *b)
{
	const struct pim_source *x = a, *y = b;

	return addr_cmp(&x->group, &y->group);
}

/* All joins (or, at the end, prunes), in as few packets as they fit into. */
static void send_all(struct pim_vif *v, bool prune)
{
	bool v6 = !addr_is_v4(&v->params.address);
	size_t max =
		(PIM_MAX_PACKET - pim_header_size(v6)) / (pim_group_size(v6) + pim_source_size(v6));
	struct pim_source *all = XCALLOC(MTYPE_TMP, (v->info.n_joined + 1) * sizeof(*all));
	struct pim_tree *t;
	size_t n = 0;

	frr_each (pim_trees, &v->trees, t)
		if (t->joined && can_send(v, t))
			all[n++] = source_of(t, prune);
	qsort(all, n, sizeof(*all), by_group);
	for (size_t i = 0; i < n; i += max)
		send_sources(v, &all[i], n - i < max ? n - i : max);
	XFREE(MTYPE_TMP, all);
}

static void hello_fires(struct timer *t, msec_t now)
{
	struct pim_vif *v = container_of(t, struct pim_vif, hello);

	send_hello(v, v->params.hello_hold_s);
	timer_start(v->wheel, t, now + v->params.hello_interval_s * MSEC_PER_S, hello_fires);
}

static void join_fires(struct timer *t, msec_t now)
{
	struct pim_vif *v = container_of(t, struct pim_vif, join);

	send_all(v, false);
	timer_start(v->wheel, t, now + v->params.join_interval_s * MSEC_PER_S, join_fires);
}

void pim_vif_start(struct pim_vif *v, msec_t now)
{
	v->generation++;
	send_hello(v, v->params.hello_hold_s);
	send_all(v, false);
	timer_start(v->wheel, &v->hello, now + v->params.hello_interval_s * MSEC_PER_S,
		    hello_fires);
	timer_start(v->wheel, &v->join, now + v->params.join_interval_s * MSEC_PER_S, join_fires);
}

void pim_vif_join(struct pim_vif *v, const struct addr *source, const struct addr *group,
		  const struct addr *rp, bool joined, msec_t now)
{
	struct pim_tree *t = tree_get(v, source, group, joined);
	struct pim_source s;

	if (!t || t->joined == joined)
		return;
	if (joined && addr_is_any(source))
		t->rp = *rp;
	t->joined = joined;
	v->info.n_joined += joined ? 1 : -1;
	s = source_of(t, !joined);
	if (can_send(v, t))
		send_sources(v, &s, 1);
	if (joined)
		set_downstream(t, false, now); /* pimd would only reflect what we ask for */
	else
		tree_release(t);
}

/* ---------------------------------------------------------------- receiving */

/* pimd may be restarting: what it does not join again within a while goes. */
static void expire_soon(struct pim_vif *v, msec_t now)
{
	struct pim_tree *t;

	frr_each (pim_trees, &v->trees, t)
		if (t->downstream)
			timer_start(v->wheel, &t->expiry, now + v->params.restart_hold_ms,
				    expiry_fires);
}

static void neighbour_lost(struct pim_vif *v, msec_t now)
{
	timer_stop(v->wheel, &v->neighbour);
	if (!v->up)
		return;
	v->up = false;
	v->info.neighbour_up = false;
	expire_soon(v, now);
	v->ops->neighbour(v->ctx, false, false);
}

static void neighbour_fires(struct timer *t, msec_t now)
{
	neighbour_lost(container_of(t, struct pim_vif, neighbour), now);
}

static void on_hello(struct pim_vif *v, const struct pim_msg *m, msec_t now)
{
	bool restarted = v->up && m->has_generation && v->has_generation &&
			 m->generation != v->neighbour_generation;
	bool is_new = !v->up;

	v->info.rx_hellos++;
	if (m->has_hold && !m->hold_s) {
		neighbour_lost(v, now);
		return;
	}
	v->up = true;
	v->info.neighbour_up = true;
	v->has_generation = m->has_generation;
	v->neighbour_generation = m->generation;
	if (m->has_hold && m->hold_s == 0xffff)
		timer_stop(v->wheel, &v->neighbour);
	else
		timer_start(v->wheel, &v->neighbour,
			    now + (m->has_hold ? m->hold_s : 105) * MSEC_PER_S, neighbour_fires);
	if (!is_new && !restarted)
		return;
	v->info.neighbour_since = now;
	v->info.restarts += restarted;
	if (restarted)
		expire_soon(v, now);
	/* it knows nothing of us: Hello first, then every join */
	send_hello(v, v->params.hello_hold_s);
	send_all(v, false);
	v->ops->neighbour(v->ctx, true, restarted);
}

/* (S,G,rpt): means something beside a (*,G) join only. */
static void on_rpt_source(struct pim_vif *v, const struct pim_source *s)
{
	const struct pim_tree *shared = tree_get(v, &ADDR_ANY, &s->group, false);
	bool pruned = s->prune && shared && shared->downstream;
	struct pim_tree *t = tree_get(v, &s->source, &s->group, pruned);

	if (!t)
		return;
	set_pruned(t, pruned);
	t->named = pruned;
	tree_release(t);
}

static void on_prune(struct pim_tree *t, msec_t now)
{
	bool was = t->downstream;

	set_downstream(t, false, now);
	if (was && addr_is_any(&t->source)) {
		t->left = true;
		timer_start(t->v->wheel, &t->expiry, now + FAREWELL_MS, expiry_fires);
	}
	tree_release(t);
}

static void on_source(struct pim_vif *v, const struct pim_source *s, uint16_t hold_s, msec_t now)
{
	bool wildcard = s->flags & PIM_WILDCARD, rpt = s->flags & PIM_RPT;
	struct pim_tree *t;

	if (!wildcard && addr_is_any(&s->source)) {
		v->info.rx_bad++; /* no source; here it would be taken for (*,G) */
		return;
	}
	if (rpt && !wildcard) {
		on_rpt_source(v, s);
		return;
	}
	t = tree_get(v, wildcard ? &ADDR_ANY : &s->source, &s->group, !s->prune);
	if (!t)
		return;
	if (t->joined) {
		v->info.rx_reflected++;
		return;
	}
	if (s->prune) {
		on_prune(t, now);
		return;
	}
	t->left = false;
	if (wildcard && addr_cmp(&t->rp, &s->source) != 0) {
		set_downstream(t, false, now); /* another RP may be another root */
		t->rp = s->source;
	}
	if (hold_s == 0xffff)
		timer_stop(v->wheel, &t->expiry);
	else
		timer_start(v->wheel, &t->expiry, now + hold_s * MSEC_PER_S, expiry_fires);
	set_downstream(t, true, now);
}

static bool is_rpt_prune(const struct pim_source *s)
{
	return s->prune && (s->flags & PIM_RPT) && !(s->flags & PIM_WILDCARD);
}

static bool is_shared_join(const struct pim_source *s)
{
	return !s->prune && (s->flags & PIM_WILDCARD);
}

/*
 * A message that prunes S off the shared tree and joins (*,G) right after both were pruned is
 * pimd's farewell to an ASM group: it is never refreshed.  Believed, it would hold an LSP for
 * 210 s.
 */
static bool is_farewell(struct pim_vif *v, const struct pim_msg *m, const struct pim_source *join)
{
	const struct pim_tree *t;

	if (!is_shared_join(join))
		return false;
	t = tree_get(v, &ADDR_ANY, &join->group, false);
	if (!t || !t->left)
		return false;
	for (size_t i = 0; i < m->n_sources; i++)
		if (is_rpt_prune(&m->sources[i]) &&
		    addr_cmp(&m->sources[i].group, &join->group) == 0)
			return true;
	return false;
}

/* A (*,G) join tells all the sources that are pruned off it. */
static void after_prunes(struct pim_vif *v, const struct pim_msg *m)
{
	struct pim_tree *t;

	for (size_t i = 0; i < m->n_sources; i++)
		if (is_shared_join(&m->sources[i]))
			end_prunes(v, &m->sources[i].group, false);
	for (size_t i = 0; i < m->n_sources; i++) {
		if (!is_rpt_prune(&m->sources[i]))
			continue;
		t = tree_get(v, &m->sources[i].source, &m->sources[i].group, false);
		if (t)
			t->named = false;
	}
}

static void on_join_prune(struct pim_vif *v, const struct pim_msg *m, msec_t now)
{
	v->info.rx_join_prunes++;
	if (addr_cmp(&m->upstream, &v->params.address) != 0)
		return; /* for another neighbour */
	for (size_t i = 0; i < m->n_sources; i++)
		if (!is_farewell(v, m, &m->sources[i]))
			on_source(v, &m->sources[i], m->hold_s, now);
	after_prunes(v, m);
}

void pim_vif_input(struct pim_vif *v, struct span packet, msec_t now)
{
	struct pim_msg m;
	enum pim_decode r = pim_msg_decode(&v->decoder, packet, &m);

	if (r == PIM_DECODE_BAD)
		v->info.rx_bad++;
	if (r != PIM_DECODE_OK || addr_cmp(&m.src, &v->params.address) == 0)
		return;
	if (m.type == PIM_HELLO)
		on_hello(v, &m, now);
	else if (v->up)
		on_join_prune(v, &m, now);
}

/* ---------------------------------------------------------------- life cycle */

struct pim_vif *pim_vif_new(const struct pim_vif_params *p, const struct pim_vif_ops *ops,
			    void *ctx, struct twheel *wheel)
{
	struct pim_vif *v = XCALLOC(MTYPE_PIM_VIF, sizeof(*v));

	v->params = *p;
	v->ops = ops;
	v->ctx = ctx;
	v->wheel = wheel;
	v->generation = (uint32_t)wheel->now;
	pim_trees_init(&v->trees);
	return v;
}

void pim_vif_free(struct pim_vif *v, bool goodbye)
{
	struct timer *timers[] = {&v->hello, &v->join, &v->neighbour};
	struct pim_tree *t;

	if (goodbye) {
		send_all(v, true); /* or pimd would go on for the hold time */
		send_hello(v, 0);
	}
	for (size_t i = 0; i < array_size(timers); i++)
		timer_stop(v->wheel, timers[i]);
	while ((t = pim_trees_pop(&v->trees))) {
		timer_stop(v->wheel, &t->expiry);
		XFREE(MTYPE_PIM_TREE, t);
	}
	pim_trees_fini(&v->trees);
	XFREE(MTYPE_PIM_VIF, v);
}

bool pim_vif_wants(const struct pim_vif *v, const struct addr *source, const struct addr *group)
{
	const struct pim_tree key = {.source = *source, .group = *group};
	const struct pim_tree *t = pim_trees_const_find(&v->trees, &key);

	return t && t->downstream;
}

struct addr pim_vif_rp(const struct pim_vif *v, const struct addr *group)
{
	const struct pim_tree key = {.source = ADDR_ANY, .group = *group};
	const struct pim_tree *t = pim_trees_const_find(&v->trees, &key);

	return t && t->downstream ? t->rp : ADDR_ANY;
}

void pim_vif_clear_stats(struct pim_vif *v)
{
	v->info = (struct pim_vif_info){
		.neighbour_up = v->info.neighbour_up,
		.neighbour_since = v->info.neighbour_since,
		.n_downstream = v->info.n_downstream,
		.n_joined = v->info.n_joined,
		.n_pruned = v->info.n_pruned,
	};
}

void pim_vif_info(const struct pim_vif *v, struct pim_vif_info *info)
{
	*info = v->info;
}

void pim_vif_downstream(const struct pim_vif *v,
			void (*fn)(void *arg, const struct addr *source, const struct addr *group,
				   msec_t since),
			void *arg)
{
	const struct pim_tree *t;

	frr_each (pim_trees_const, &v->trees, t)
		if (t->downstream)
			fn(arg, &t->source, &t->group, t->since);
}
