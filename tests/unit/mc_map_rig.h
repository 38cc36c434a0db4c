/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mc_map_rig.h - the mapping of trees onto LSPs on virtual time, and what it asks for as text.
 */
#ifndef MCAST_TESTS_MC_MAP_RIG_H
#define MCAST_TESTS_MC_MAP_RIG_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "mplsmc/mc_map.h"

#define LOG_SIZE 4096

static struct mc_map *map;
static struct twheel wheel;
static struct mc_policy policy;
static char heard[LOG_SIZE]; /* since the last look: "watch 10.1.1.1; leaf root ...; " */
static size_t calls;
static char peers[4]; /* their addresses count */

/* ---------------------------------------------------------------- text */

static inline struct addr address(const char *text)
{
	struct addr a = ADDR_ANY;

	ck_assert_msg(!strcmp(text, "*") || addr_parse(text, &a), "%s", text);
	return a;
}

static inline struct addr prefix(const char *text, uint8_t *len)
{
	char copy[ADDR_STRLEN + 4];
	char *slash;

	snprintf(copy, sizeof(copy), "%s", text);
	slash = strchr(copy, '/');
	*slash = '\0';
	*len = (uint8_t)atoi(slash + 1);
	return address(copy);
}

static inline void hear(const char *what, const char *text)
{
	size_t n = strlen(heard);

	calls++;
	if (sizeof(heard) - n > 1)
		snprintf(heard + n, sizeof(heard) - n, "%s %s; ", what, text);
}

static inline const char *tree_str(const struct addr *source, const struct addr *group)
{
	static char buf[2 * ADDR_STRLEN + 2];
	char s[ADDR_STRLEN], g[ADDR_STRLEN];

	snprintf(buf, sizeof(buf), "%s,%s", addr_str(source, s), addr_str(group, g));
	return buf;
}

/* What was heard since the last time is exactly this. */
static inline void expect(const char *what)
{
	ck_assert_str_eq(heard, what);
	heard[0] = '\0';
}

/* ---------------------------------------------------------------- callbacks */

static inline void on_leaf(void *ctx, const struct mldp_fec *fec, bool wanted)
{
	char buf[MLDP_FEC_STRLEN];

	hear(wanted ? "leaf" : "no leaf", mldp_fec_str(fec, buf, sizeof(buf)));
}

static inline void on_join(void *ctx, const struct addr *source, const struct addr *group,
			   const struct addr *rp, bool joined)
{
	char text[3 * ADDR_STRLEN], r[ADDR_STRLEN];

	snprintf(text, sizeof(text), "%s%s%s", tree_str(source, group),
		 addr_is_any(rp) ? "" : " of RP ", addr_is_any(rp) ? "" : addr_str(rp, r));
	hear(joined ? "join" : "prune", text);
}

static inline void on_ftn(void *ctx, const struct addr *source, const struct addr *group,
			  const struct mldp_branch *branches, size_t n)
{
	char buf[256];
	size_t len = (size_t)snprintf(buf, sizeof(buf), "%s to", tree_str(source, group));

	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(buf + len, sizeof(buf) - len, " %u", branches[i].label);
	hear("push", buf);
}

static inline void on_watch_root(void *ctx, const struct addr *source, bool watch)
{
	char s[ADDR_STRLEN];

	hear(watch ? "watch" : "unwatch", addr_str(source, s));
}

static inline void on_watch_streams(void *ctx, bool watch)
{
	hear(watch ? "watch" : "unwatch", "streams");
}

static const struct mc_map_ops ops = {
	.leaf = on_leaf,
	.join = on_join,
	.ftn = on_ftn,
	.watch_root = on_watch_root,
	.watch_streams = on_watch_streams,
};

/* ---------------------------------------------------------------- what happens */

static inline void setup(void)
{
	heard[0] = '\0';
	calls = 0;
	mc_policy_default(&policy);
	twheel_init(&wheel, 1000);
	map = mc_map_new(&policy, &ops, NULL, &wheel);
}

static inline void teardown(void)
{
	mc_map_free(map);
	ck_assert_uint_eq(wheel.count, 0);
	twheel_fini(&wheel);
}

static inline void tree(const char *source, const char *group, bool wanted)
{
	struct addr s = address(source), g = address(group);

	mc_map_tree(map, &s, &g, wanted, wheel.now);
}

static inline void shared(const char *group, const char *rp, bool wanted)
{
	struct addr g = address(group), r = address(rp);

	mc_map_shared_tree(map, &g, &r, wanted, wheel.now);
}

static inline void rpt_prune(const char *source, const char *group, bool pruned)
{
	struct addr s = address(source), g = address(group);

	mc_map_rpt_prune(map, &s, &g, pruned, wheel.now);
}

static inline void rp_line(const char *text, const char *rp)
{
	uint8_t len;
	struct addr p = prefix(text, &len), r = address(rp);

	mc_map_configure_rp(map, &p, len, &r, wheel.now);
}

/* packets < 0: one was seen */
static inline void stream(const char *source, const char *group, int packets)
{
	struct addr s = address(source), g = address(group);

	mc_map_stream(map, &s, &g, packets < 0 ? UINT64_MAX : (uint64_t)packets, wheel.now);
}

static inline void mroute(const char *source, const char *group, uint64_t packets, uint64_t bytes)
{
	struct addr s = address(source), g = address(group);

	mc_map_mroute(map, &s, &g, packets, bytes, true, wheel.now);
}

static inline void root_line(const char *text, const char *root)
{
	uint8_t len;
	struct addr p = prefix(text, &len), r = address(root);

	mc_map_configure_root(map, &p, len, &r, wheel.now);
}

static inline void routing(const char *source, const char *root, bool local)
{
	struct addr s = address(source), r = address(root);

	mc_map_root(map, &s, &r, local, wheel.now);
}

static inline void group_line(const char *text, bool in_band, bool remove)
{
	uint8_t len;
	struct addr p = prefix(text, &len);

	mc_map_configure_group(map, &p, len, in_band, remove, wheel.now);
}

static inline void static_tree(const char *name, const char *root, uint32_t id)
{
	struct addr r = address(root);

	mc_map_static_tree(map, name, &r, id, wheel.now);
}

static inline void member(const char *name, const char *source, const char *group, bool add)
{
	struct addr s = address(source), g = address(group);

	mc_map_static_member(map, name, &s, &g, add, wheel.now);
}

/* The LSP has the branches of these bits: label 100 to 103. */
static inline void lsp(const struct mldp_fec *fec, unsigned int bits)
{
	struct mldp_branch b[array_size(peers)];
	size_t n = 0;

	for (unsigned int i = 0; i < array_size(peers); i++)
		if (bits & 1u << i)
			b[n++] = (struct mldp_branch){.peer = (void *)&peers[i], .label = 100 + i};
	mc_map_lsp(map, fec, b, n, wheel.now);
}

static inline struct mldp_fec source_fec(const char *root, const char *source, const char *group)
{
	struct addr r = address(root), s = address(source), g = address(group);

	return mldp_fec_source(&r, &s, &g);
}

static inline struct mldp_fec generic_fec(const char *root, uint32_t id)
{
	struct addr r = address(root);

	return mldp_fec_generic(&r, id);
}

static inline void pass(msec_t ms)
{
	twheel_run(&wheel, wheel.now + ms);
}

/* ---------------------------------------------------------------- show */

struct asked {
	struct addr source, group;
	bool leaf, found;
	struct mc_map_info info;
};

static inline void compare(void *arg, const struct mc_map_info *i)
{
	struct asked *a = arg;

	if (i->leaf != a->leaf || addr_cmp(&i->source, &a->source) != 0 ||
	    addr_cmp(&i->group, &a->group) != 0)
		return;
	ck_assert(!a->found);
	a->found = true;
	a->info = *i;
}

static inline struct mc_map_info info(const char *source, const char *group, bool leaf)
{
	struct asked a = {.source = address(source), .group = address(group), .leaf = leaf};

	mc_map_walk(map, compare, &a);
	ck_assert_msg(a.found, "%s,%s", source, group);
	ck_assert(a.info.label_switched == !a.info.why_not);
	return a.info;
}

static inline void shown_as(const char *source, const char *group, const char *why)
{
	struct mc_map_info i = info(source, group, true);

	if (!why)
		ck_assert(i.label_switched);
	else
		ck_assert_msg(i.why_not && !strcmp(i.why_not, why), "%s,%s: %s", source, group,
			      i.why_not ? i.why_not : "label-switched");
}

#endif
