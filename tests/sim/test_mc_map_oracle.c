// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A hundred thousand random events for the mapping of trees onto LSPs.  After each one, what the
 * mapping has asked for must be what an oracle computes anew from all inputs: the LSPs wanted as
 * leaf, the trees joined and pushed as root, the sources asked for, and why not.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "mplsmc/mc_map.h"

#define EVENTS	 100000
#define IDLE_MS	 5000
#define BRANCHES 4
#define MAX_SET	 256

/* Asserted hundreds of times for each event: says nothing unless it fails. */
#define REQUIRE(condition)                                                              \
	do {                                                                            \
		if (!(condition))                                                       \
			ck_abort_msg("seed %u, event %d: %s", seed, event, #condition); \
	} while (0)

static unsigned int seed;
static int event;

static const char *const source_text[] = {"10.1.1.1", "10.1.1.2", "10.2.0.1", "172.16.0.1",
					  "2001:db8::1"};
static const char *const group_text[] = {"232.1.1.1", "232.1.2.1", "239.1.1.1", "239.2.1.1"};
static const char *const group6_text[] = {"ff3e::1", "ff3e::2", "ff0e::1", "ff0e::2"};
static const char *const root_text[] = {"10.0.0.1", "10.0.0.2", "10.0.0.3"};
static const struct {
	const char *prefix;
	uint8_t len;
} root_lines[] = {{"0.0.0.0", 0},
		  {"10.0.0.0", 8},
		  {"10.1.0.0", 16},
		  {"10.1.1.1", 32},
		  {"2001:db8::", 32}},
  group_lines[] = {{"224.0.0.0", 4}, {"232.1.0.0", 16}, {"232.1.1.0", 24},
		   {"239.0.0.0", 8}, {"ff00::", 8},	{"ff3e::", 16}};
static const char *const static_names[] = {"a", "b", "c"};

enum {
	SOURCES = array_size(source_text) + 1, /* the last one: any */
	ANY = SOURCES - 1,
	GROUPS = 2 * array_size(group_text),
	ROOTS = array_size(root_text),
	ROOT_LINES = array_size(root_lines),
	GROUP_LINES = array_size(group_lines),
	STATICS = array_size(static_names),
	LSP_IDS = 3,
	LSPS = 14,
};

/* ---------------------------------------------------------------- all inputs */

static struct mc_map *map;
static struct twheel wheel;
static struct mc_policy policy;
static struct addr sources[SOURCES], groups[GROUPS], roots[ROOTS];
static struct addr root_prefix[ROOT_LINES], group_prefix[GROUP_LINES];
static char peers[BRANCHES];

static struct tree {
	bool wanted, mroute, pruned;
	msec_t measured, flows_until; /* measured 0: no */
	uint64_t packets, bytes;
} trees[SOURCES][GROUPS];
static struct {
	int root; /* -1: unknown */
	bool local;
} found[SOURCES];
static int root_line[ROOT_LINES];   /* -1: none */
static int group_line[GROUP_LINES]; /* -1: none, else in-band */
static int rp_line[GROUP_LINES];    /* -1: none, else the RP is a source */
static int named_rp[GROUPS];	    /* by pimd; -1: none */
static bool wildcard_source[ROOTS], wildcard_group[ROOTS];
static struct {
	unsigned int age; /* 0: is not there */
	int root;
	uint32_t id;
	bool member[SOURCES][GROUPS];
} statics[STATICS];
static unsigned int next_age;
static struct {
	struct mldp_fec fec;
	unsigned int bits;
} lsps[LSPS];
static uint64_t inert;
static struct {
	msec_t until; /* wheel.now and before: is not there */
	uint64_t packets;
} streams[SOURCES][GROUPS];

/* ---------------------------------------------------------------- what the mapping asked for */

static struct mldp_fec leaves[MAX_SET];
static size_t n_leaves;
static bool joined[SOURCES][GROUPS], watched[SOURCES];
static unsigned int pushed[SOURCES][GROUPS];
static int joined_rp[GROUPS]; /* of the last join of (*,G) */
static bool streams_watched;

static unsigned int index_of(const struct addr *a, const struct addr *in, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (addr_cmp(a, &in[i]) == 0)
			return i;
	ck_abort_msg("an address that nobody named");
	return 0;
}

static int leaf_index(const struct mldp_fec *fec)
{
	for (size_t i = 0; i < n_leaves; i++)
		if (mldp_fec_cmp(fec, &leaves[i]) == 0)
			return (int)i;
	return -1;
}

static void on_leaf(void *ctx, const struct mldp_fec *fec, bool wanted)
{
	int i = leaf_index(fec);

	REQUIRE(wanted == (i < 0));
	if (wanted) {
		REQUIRE(n_leaves < MAX_SET);
		leaves[n_leaves++] = *fec;
	} else {
		leaves[i] = leaves[--n_leaves];
	}
}

static void on_join(void *ctx, const struct addr *source, const struct addr *group,
		    const struct addr *rp, bool on)
{
	bool *j = &joined[index_of(source, sources, SOURCES)][index_of(group, groups, GROUPS)];

	REQUIRE(*j != on);
	*j = on;
	if (addr_is_any(source))
		joined_rp[index_of(group, groups, GROUPS)] = (int)index_of(rp, sources, SOURCES);
}

static void on_ftn(void *ctx, const struct addr *source, const struct addr *group,
		   const struct mldp_branch *branches, size_t n)
{
	unsigned int bits = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned int bit = 1u << ((const char *)branches[i].peer - peers);

		REQUIRE(!(bits & bit));
		bits |= bit;
	}
	pushed[index_of(source, sources, SOURCES)][index_of(group, groups, GROUPS)] = bits;
}

static void on_watch_root(void *ctx, const struct addr *source, bool watch)
{
	bool *w = &watched[index_of(source, sources, SOURCES)];

	REQUIRE(*w != watch);
	*w = watch;
	found[index_of(source, sources, SOURCES)].root = -1; /* forgotten, or not yet known */
	found[index_of(source, sources, SOURCES)].local = false;
}

static void on_watch_streams(void *ctx, bool watch)
{
	REQUIRE(streams_watched != watch);
	streams_watched = watch;
}

static const struct mc_map_ops ops = {
	.leaf = on_leaf,
	.join = on_join,
	.ftn = on_ftn,
	.watch_root = on_watch_root,
	.watch_streams = on_watch_streams,
};

/* ---------------------------------------------------------------- the oracle: leaf side */

static int longest_root(unsigned int s)
{
	int best = -1;

	for (unsigned int i = 0; i < ROOT_LINES; i++) {
		if (root_line[i] >= 0 &&
		    addr_in_prefix(&sources[s], &root_prefix[i], root_lines[i].len) &&
		    (best < 0 || root_lines[i].len > root_lines[best].len))
			best = (int)i;
	}
	return best < 0 ? -1 : root_line[best];
}

static bool group_in_band(unsigned int g)
{
	int best = -1;

	for (unsigned int i = 0; i < GROUP_LINES; i++) {
		if (group_line[i] >= 0 &&
		    addr_in_prefix(&groups[g], &group_prefix[i], group_lines[i].len) &&
		    (best < 0 || group_lines[i].len > group_lines[best].len))
			best = (int)i;
	}
	return best < 0 || group_line[best];
}

static int configured_rp(unsigned int g)
{
	int best = -1;

	for (unsigned int i = 0; i < GROUP_LINES; i++) {
		if (rp_line[i] >= 0 &&
		    addr_in_prefix(&groups[g], &group_prefix[i], group_lines[i].len) &&
		    (best < 0 || group_lines[i].len > group_lines[best].len))
			best = (int)i;
	}
	return best < 0 ? -1 : rp_line[best];
}

static bool is_there(unsigned int s, unsigned int g)
{
	return trees[s][g].wanted || trees[s][g].mroute || trees[s][g].pruned;
}

/* The shared tree has an interface of its own. */
static bool apart(unsigned int g)
{
	return policy.shared_interface && addr_is_v4(&groups[g]);
}

/* Towards whom the root of (*,G) is looked for, -1: nobody. */
static int rp_of(unsigned int g)
{
	if (policy.coexistence != MC_LAYER3 || !is_there(ANY, g))
		return -1;
	return named_rp[g] >= 0 ? named_rp[g] : configured_rp(g);
}

/* The oldest static tree of which it is a member, or -1. */
static int static_of(unsigned int s, unsigned int g)
{
	int best = -1;

	for (int i = 0; i < STATICS; i++)
		if (statics[i].age && (statics[i].member[s][g] || statics[i].member[ANY][g]) &&
		    (best < 0 || statics[i].age < statics[best].age))
			best = i;
	return best;
}

static struct mldp_fec static_fec(int i)
{
	return mldp_fec_generic(&roots[statics[i].root], statics[i].id);
}

static const char *why_no_root(unsigned int towards, int *root)
{
	*root = longest_root(towards);
	if (*root < 0 && found[towards].local)
		return "of this router";
	if (*root < 0)
		*root = found[towards].root;
	return *root < 0 ? "no root" : NULL;
}

/* Words of the reason, or NULL and the FEC. */
static const char *oracle_why_not(unsigned int s, unsigned int g, struct mldp_fec *fec)
{
	const struct tree *t = &trees[s][g];
	struct mldp_fec shared;
	const char *why;
	int r;

	if (t->pruned && !t->wanted && !t->mroute)
		return "pruned off";
	if (policy.trigger == MC_TRIGGER_REQUEST && !t->wanted)
		return "pimd does not want it";
	if (policy.trigger == MC_TRIGGER_TRAFFIC && t->flows_until <= wheel.now)
		return "no traffic";
	if (static_of(s, g) >= 0) {
		*fec = static_fec(static_of(s, g));
		return NULL;
	}
	if (!group_in_band(g))
		return "map";
	if (s == ANY && policy.coexistence != MC_LAYER3)
		return "source-trees-only";
	if (s == ANY && rp_of(g) < 0)
		return "no RP";
	if (s != ANY && !apart(g) && is_there(ANY, g) && !oracle_why_not(ANY, g, &shared))
		return "shared tree brings it";
	why = why_no_root(s == ANY ? (unsigned int)rp_of(g) : s, &r);
	if (why)
		return why;
	if (s == ANY && !wildcard_source[r])
		return "without a source";
	*fec = mldp_fec_source(&roots[r], &sources[s],
			       s != ANY && wildcard_group[r] ? &ADDR_ANY : &groups[g]);
	return NULL;
}

/* ---------------------------------------------------------------- comparison */

static struct {
	bool leaf[SOURCES][GROUPS], root[SOURCES][GROUPS];
	size_t n;
} walked;

static void on_walk(void *arg, const struct mc_map_info *i)
{
	unsigned int s = index_of(&i->source, sources, SOURCES);
	unsigned int g = index_of(&i->group, groups, GROUPS);
	bool *seen = i->leaf ? &walked.leaf[s][g] : &walked.root[s][g];
	struct mldp_fec fec;
	const char *why;

	REQUIRE(!*seen);
	*seen = true;
	if (!i->leaf)
		return;
	why = oracle_why_not(s, g, &fec);
	REQUIRE(i->label_switched == !why);
	if (why)
		REQUIRE(strstr(i->why_not, why));
	else
		REQUIRE(!i->why_not && mldp_fec_cmp(&i->fec, &fec) == 0);
}

static void check_leaf_side(void)
{
	struct mldp_fec expected[MAX_SET], fec;
	size_t n = 0, n_trees = 0;

	for (unsigned int s = 0; s < SOURCES; s++) {
		bool source_there = false;

		for (unsigned int g = 0; g < GROUPS; g++) {
			bool there = is_there(s, g), known = false;

			REQUIRE(walked.leaf[s][g] == there);
			n_trees += there;
			source_there |= (there && s != ANY) || (s != ANY && rp_of(g) == (int)s);
			if (!there || oracle_why_not(s, g, &fec))
				continue;
			for (size_t i = 0; i < n; i++)
				known |= mldp_fec_cmp(&expected[i], &fec) == 0;
			if (!known)
				expected[n++] = fec;
		}
		REQUIRE(watched[s] == source_there);
	}
	REQUIRE(n == n_leaves);
	for (size_t i = 0; i < n; i++)
		REQUIRE(leaf_index(&expected[i]) >= 0);
	REQUIRE(mc_map_stats(map)->trees == n_trees);
	REQUIRE(mc_map_stats(map)->leaves == n);
}

/* The LSP carries streams: all of a source, or of an SSM group. */
static bool is_wild(unsigned int l)
{
	struct mldp_opaque o = mldp_opaque_parse(&lsps[l].fec);

	return o.kind == MLDP_OPAQUE_SOURCE &&
	       (addr_is_any(&o.group) || (addr_is_any(&o.source) && addr_is_ssm_group(&o.group)));
}

static bool stream_of(unsigned int l, unsigned int s, unsigned int g)
{
	struct mldp_opaque o = mldp_opaque_parse(&lsps[l].fec);

	return (addr_is_any(&o.source) || addr_cmp(&o.source, &sources[s]) == 0) &&
	       (addr_is_any(&o.group) || addr_cmp(&o.group, &groups[g]) == 0);
}

/* Does the LSP carry the tree? */
static bool carries(unsigned int l, unsigned int s, unsigned int g)
{
	struct mldp_opaque o = mldp_opaque_parse(&lsps[l].fec);

	for (int i = 0; i < STATICS; i++) {
		struct mldp_fec fec;

		if (!statics[i].age || !statics[i].member[s][g])
			continue;
		fec = static_fec(i);
		if (mldp_fec_cmp(&fec, &lsps[l].fec) == 0)
			return true;
	}
	if (o.kind != MLDP_OPAQUE_SOURCE)
		return false;
	if (is_wild(l))
		return s != ANY && streams[s][g].until > wheel.now && stream_of(l, s, g);
	return addr_cmp(&o.source, &sources[s]) == 0 && addr_cmp(&o.group, &groups[g]) == 0;
}

static unsigned int bits_of(unsigned int s, unsigned int g)
{
	unsigned int bits = 0;

	for (unsigned int l = 0; l < LSPS; l++)
		if (lsps[l].bits && carries(l, s, g))
			bits |= lsps[l].bits;
	return bits;
}

/* `map ... none` is against trees that leaves ask for, not against static ones. */
static bool may_be_sent(unsigned int s, unsigned int g)
{
	for (unsigned int l = 0; l < LSPS; l++)
		if (lsps[l].bits && carries(l, s, g) &&
		    mldp_opaque_parse(&lsps[l].fec).kind == MLDP_OPAQUE_GENERIC)
			return true;
	return group_in_band(g);
}

static unsigned int sent_to(unsigned int s, unsigned int g)
{
	return may_be_sent(s, g) ? bits_of(s, g) : 0;
}

static void check_root_side(void)
{
	bool wild = false;
	size_t n = 0, n_joins = 0;

	for (unsigned int s = 0; s < SOURCES; s++)
		for (unsigned int g = 0; g < GROUPS; g++) {
			unsigned int bits = sent_to(s, g);

			if (bits && !apart(g))
				bits |= sent_to(ANY, g);
			REQUIRE(pushed[s][g] == bits);
			REQUIRE(joined[s][g] == (bits != 0));
			REQUIRE(walked.root[s][g] == (bits_of(s, g) != 0));
			n += bits_of(s, g) != 0;
			n_joins += bits != 0;
		}
	for (unsigned int g = 0; g < GROUPS; g++)
		REQUIRE(!joined[ANY][g] ||
			joined_rp[g] == (configured_rp(g) < 0 ? ANY : configured_rp(g)));
	for (unsigned int l = 0; l < LSPS; l++)
		wild |= is_wild(l) && lsps[l].bits;
	REQUIRE(streams_watched == wild);
	REQUIRE(mc_map_stats(map)->ftns == n);
	REQUIRE(mc_map_stats(map)->joins == n_joins);
	REQUIRE(mc_map_stats(map)->inert == inert);
}

static void check(void)
{
	memset(&walked, 0, sizeof(walked));
	mc_map_walk(map, on_walk, NULL);
	check_leaf_side();
	check_root_side();
}

/* ---------------------------------------------------------------- events */

static unsigned int any_of(unsigned int n)
{
	return (unsigned int)rand() % n;
}

/* One of the source's family. */
static unsigned int any_group(unsigned int s)
{
	if (s == ANY)
		return any_of(GROUPS);
	return any_of(GROUPS / 2) + (addr_is_v4(&sources[s]) ? 0 : GROUPS / 2);
}

/* A tree that nobody wants is forgotten. */
static void forget(unsigned int s, unsigned int g)
{
	if (is_there(s, g))
		return;
	trees[s][g] = (struct tree){};
	if (s == ANY)
		named_rp[g] = -1;
}

/* A stream that no LSP wants is forgotten. */
static void forget_streams(void)
{
	for (unsigned int s = 0; s < ANY; s++)
		for (unsigned int g = 0; g < GROUPS; g++) {
			bool wanted = false;

			for (unsigned int l = 0; l < LSPS; l++)
				wanted |= lsps[l].bits && is_wild(l) && stream_of(l, s, g);
			if (!wanted)
				streams[s][g].until = 0;
		}
}

static void event_stream(void)
{
	unsigned int s = any_of(ANY), g = any_group(s);
	bool there = streams[s][g].until > wheel.now, seen = !any_of(3);
	uint64_t packets = any_of(3);

	mc_map_stream(map, &sources[s], &groups[g], seen ? UINT64_MAX : packets, wheel.now);
	if (there && !seen && packets == streams[s][g].packets)
		return;
	if (!there)
		streams[s][g].packets = 0;
	if (!seen)
		streams[s][g].packets = packets;
	streams[s][g].until = wheel.now + IDLE_MS;
	forget_streams();
}

static void event_shared(void)
{
	unsigned int g = any_of(GROUPS);
	int rp = (int)any_of(SOURCES) - 1;

	trees[ANY][g].wanted = any_of(2);
	if (trees[ANY][g].wanted)
		named_rp[g] = rp;
	mc_map_shared_tree(map, &groups[g], rp < 0 ? &ADDR_ANY : &sources[rp], trees[ANY][g].wanted,
			   wheel.now);
	forget(ANY, g);
}

static void event_prune(void)
{
	unsigned int s = any_of(ANY), g = any_group(s);

	trees[s][g].pruned = any_of(2);
	mc_map_rpt_prune(map, &sources[s], &groups[g], trees[s][g].pruned, wheel.now);
	forget(s, g);
}

static void event_rp_line(void)
{
	unsigned int i = any_of(GROUP_LINES);

	rp_line[i] = (int)any_of(SOURCES) - 1;
	mc_map_configure_rp(map, &group_prefix[i], group_lines[i].len,
			    rp_line[i] < 0 ? &ADDR_ANY : &sources[rp_line[i]], wheel.now);
}

static void event_tree(void)
{
	unsigned int s = any_of(SOURCES), g = any_group(s);

	trees[s][g].wanted = any_of(2);
	mc_map_tree(map, &sources[s], &groups[g], trees[s][g].wanted, wheel.now);
	forget(s, g);
}

static void event_mroute(void)
{
	unsigned int s = any_of(SOURCES), g = any_group(s);
	struct tree *t = &trees[s][g];
	bool there = any_of(3), wants = there && any_of(4);
	uint64_t packets = t->measured ? t->packets + any_of(3) : any_of(1000);
	uint64_t bytes = t->measured ? t->bytes + (packets - t->packets) * any_of(2000) : 0;

	if (there && t->measured && packets > t->packets && wheel.now > t->measured &&
	    (bytes - t->bytes) * 8 >= policy.traffic_kbps * (uint64_t)(wheel.now - t->measured))
		t->flows_until = wheel.now + IDLE_MS;
	else if (there && t->measured && packets > t->packets && !policy.traffic_kbps)
		t->flows_until = wheel.now + IDLE_MS;
	t->mroute = wants;
	t->measured = there ? wheel.now : 0;
	t->packets = packets;
	t->bytes = bytes;
	mc_map_mroute(map, &sources[s], &groups[g], there ? packets : UINT64_MAX, bytes, wants,
		      wheel.now);
	forget(s, g);
}

static void event_routing(void)
{
	unsigned int s = any_of(ANY);
	int r = (int)any_of(ROOTS + 1) - 1;
	bool local = !any_of(4);

	mc_map_root(map, &sources[s], r < 0 ? &ADDR_ANY : &roots[r], local, wheel.now);
	if (!watched[s])
		return;
	found[s].root = r;
	found[s].local = local;
}

static void event_root_line(void)
{
	unsigned int i = any_of(ROOT_LINES);

	root_line[i] = (int)any_of(ROOTS + 2) - 2;
	if (root_line[i] < 0)
		root_line[i] = -1;
	mc_map_configure_root(map, &root_prefix[i], root_lines[i].len,
			      root_line[i] < 0 ? &ADDR_ANY : &roots[root_line[i]], wheel.now);
}

static void event_group_line(void)
{
	unsigned int i = any_of(GROUP_LINES);

	group_line[i] = (int)any_of(3) - 1;
	mc_map_configure_group(map, &group_prefix[i], group_lines[i].len, group_line[i] == 1,
			       group_line[i] < 0, wheel.now);
}

static void event_wildcard(void)
{
	unsigned int r = any_of(ROOTS);

	wildcard_source[r] = any_of(2);
	wildcard_group[r] = !any_of(3);
	mc_map_configure_wildcards(map, &roots[r], wildcard_source[r], wildcard_group[r],
				   wheel.now);
}

/* Trees that have an LSP are taken to have traffic when that is what begins to count. */
static void presume_traffic(void)
{
	struct mldp_fec fec;

	for (unsigned int s = 0; s < SOURCES; s++)
		for (unsigned int g = 0; g < GROUPS; g++)
			if ((trees[s][g].wanted || trees[s][g].mroute) &&
			    !oracle_why_not(s, g, &fec))
				trees[s][g].flows_until = wheel.now + IDLE_MS;
}

static void event_policy(void)
{
	enum mc_trigger before = policy.trigger, after = (enum mc_trigger)any_of(3);

	if (after == MC_TRIGGER_TRAFFIC && before != after)
		presume_traffic();
	policy.trigger = after;
	policy.coexistence = (enum mc_coexistence)any_of(2);
	policy.traffic_kbps = any_of(2) * 4;
	policy.shared_interface = any_of(2);
	mc_map_set_policy(map, &policy, wheel.now);
}

static void event_static(void)
{
	unsigned int i = any_of(STATICS);

	if (!any_of(3)) {
		memset(&statics[i], 0, sizeof(statics[i]));
		mc_map_static_tree_del(map, static_names[i], wheel.now);
		return;
	}
	if (!statics[i].age)
		statics[i].age = ++next_age;
	statics[i].root = (int)any_of(ROOTS);
	statics[i].id = 1 + any_of(LSP_IDS);
	mc_map_static_tree(map, static_names[i], &roots[statics[i].root], statics[i].id, wheel.now);
}

static void event_member(void)
{
	unsigned int i = any_of(STATICS), s = any_of(SOURCES), g = any_group(s);
	bool add = any_of(2);

	mc_map_static_member(map, static_names[i], &sources[s], &groups[g], add, wheel.now);
	if (statics[i].age)
		statics[i].member[s][g] = add;
}

static void event_lsp(void)
{
	unsigned int l = any_of(LSPS), bits = any_of(1u << BRANCHES);
	enum mldp_opaque_kind kind = mldp_opaque_parse(&lsps[l].fec).kind;
	struct mldp_branch b[BRANCHES];
	size_t n = 0;

	for (unsigned int i = 0; i < BRANCHES; i++)
		if (bits & 1u << i)
			b[n++] = (struct mldp_branch){.peer = (void *)&peers[i], .label = 100 + i};
	if (bits && !lsps[l].bits && kind == MLDP_OPAQUE_UNKNOWN)
		inert++;
	lsps[l].bits = bits;
	mc_map_lsp(map, &lsps[l].fec, b, n, wheel.now);
	forget_streams();
}

static void event_time(void)
{
	twheel_run(&wheel, wheel.now + 1 + any_of(1000));
}

static const struct {
	void (*happens)(void);
	unsigned int weight;
} kinds[] = {
	{event_tree, 30},  {event_mroute, 30},	  {event_routing, 10}, {event_root_line, 4},
	{event_lsp, 20},   {event_group_line, 4}, {event_wildcard, 2}, {event_policy, 1},
	{event_static, 4}, {event_member, 10},	  {event_time, 10},    {event_shared, 10},
	{event_prune, 6},  {event_rp_line, 2},	  {event_stream, 10},
};

static void happen(void)
{
	unsigned int total = 0, pick;

	for (size_t i = 0; i < array_size(kinds); i++)
		total += kinds[i].weight;
	pick = any_of(total);
	for (size_t i = 0; i < array_size(kinds); i++) {
		if (pick < kinds[i].weight) {
			kinds[i].happens();
			return;
		}
		pick -= kinds[i].weight;
	}
}

/* ---------------------------------------------------------------- */

/* Source trees, generic ones, (S,*), (*,G) of both kinds, and an unknown type. */
static void name_lsps(void)
{
	for (unsigned int l = 0; l < LSPS; l++)
		lsps[l].fec =
			l < 5 ? mldp_fec_source(&roots[l % 2], &sources[l % 3], &groups[l / 3])
			      : mldp_fec_generic(&roots[l % 2], 1 + l % LSP_IDS);
	lsps[LSPS - 4].fec = mldp_fec_source(&roots[0], &ADDR_ANY, &groups[0]);
	lsps[LSPS - 3].fec = mldp_fec_source(&roots[0], &ADDR_ANY, &groups[2]);
	lsps[LSPS - 2].fec = mldp_fec_source(&roots[0], &sources[0], &ADDR_ANY);
	lsps[LSPS - 1].fec.opaque[0] = 200;
	for (unsigned int l = 0; l < LSPS; l++)
		for (unsigned int k = 0; k < l; k++)
			ck_assert_int_ne(mldp_fec_cmp(&lsps[l].fec, &lsps[k].fec), 0);
}

static void name_all(void)
{
	for (unsigned int s = 0; s < ANY; s++)
		ck_assert(addr_parse(source_text[s], &sources[s]));
	sources[ANY] = ADDR_ANY;
	for (unsigned int g = 0; g < GROUPS; g++)
		ck_assert(addr_parse(g < GROUPS / 2 ? group_text[g] : group6_text[g - GROUPS / 2],
				     &groups[g]));
	for (unsigned int r = 0; r < ROOTS; r++)
		ck_assert(addr_parse(root_text[r], &roots[r]));
	for (unsigned int i = 0; i < ROOT_LINES; i++) {
		root_line[i] = -1;
		ck_assert(addr_parse(root_lines[i].prefix, &root_prefix[i]));
	}
	for (unsigned int i = 0; i < GROUP_LINES; i++) {
		group_line[i] = rp_line[i] = -1;
		ck_assert(addr_parse(group_lines[i].prefix, &group_prefix[i]));
	}
	for (unsigned int s = 0; s < SOURCES; s++)
		found[s].root = -1;
	for (unsigned int g = 0; g < GROUPS; g++)
		named_rp[g] = -1;
	name_lsps();
}

START_TEST(mapping_is_what_the_inputs_say)
{
	const char *text = getenv("MC_MAP_SEED");

	seed = text ? (unsigned int)atoi(text) : 3353;
	srand(seed);
	name_all();
	twheel_init(&wheel, 1000);
	mc_policy_default(&policy);
	policy.idle_ms = IDLE_MS;
	map = mc_map_new(&policy, &ops, NULL, &wheel);
	for (event = 0; event < EVENTS; event++) {
		happen();
		check();
	}
	mc_map_free(map);
	ck_assert_uint_eq(wheel.count, 0);
	twheel_fini(&wheel);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("mc_map_oracle");
	TCase *t = tcase_create("oracle");

	tcase_set_timeout(t, 300);
	tcase_add_test(t, mapping_is_what_the_inputs_say);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	SRunner *r = srunner_create(suite());
	int failed;

	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
