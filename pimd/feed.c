// SPDX-License-Identifier: GPL-2.0-or-later
/* Readers of the module and what they have heard; see feed.h. */
#include "pimd/feed.h"

DEFINE_MGROUP(MCAST_FEED, "group membership for others");
DEFINE_MTYPE_STATIC(MCAST_FEED, FEED, "feed");
DEFINE_MTYPE_STATIC(MCAST_FEED, FEED_GROUP, "feed group");
DEFINE_MTYPE_STATIC(MCAST_FEED, FEED_MESSAGE, "feed message");
DEFINE_MTYPE_STATIC(MCAST_FEED, FEED_READER, "feed reader");

PREDECL_RBTREE_UNIQ(feed_groups);
PREDECL_DLIST(feed_changes);
PREDECL_DLIST(feed_readers);

struct feed_group {
	struct feed_groups_item by_key;
	struct feed_changes_item by_change;
	uint32_t vrf, ifindex;
	struct addr group;
	uint8_t *message; /* as it is sent */
	size_t len;
	uint32_t scan;
	bool gone;
};

static int group_cmp(const struct feed_group *a, const struct feed_group *b)
{
	if (a->vrf != b->vrf)
		return a->vrf < b->vrf ? -1 : 1;
	if (a->ifindex != b->ifindex)
		return a->ifindex < b->ifindex ? -1 : 1;
	return addr_cmp(&a->group, &b->group);
}

DECLARE_RBTREE_UNIQ(feed_groups, struct feed_group, by_key, group_cmp);
DECLARE_DLIST(feed_changes, struct feed_group, by_change);

enum stage {
	STAGE_HELLO,
	STAGE_BEGIN,
	STAGE_SNAPSHOT,
	STAGE_CHANGES,
};

struct feed_reader {
	struct feed_readers_item item;
	enum stage stage;
	struct feed_group *next; /* to be told; NULL: all was */
};

DECLARE_DLIST(feed_readers, struct feed_reader, item);

struct feed {
	char version[32];
	struct feed_groups_head groups;
	struct feed_changes_head changes; /* the last change is the last */
	struct feed_readers_head readers;
	uint32_t scan;
	size_t n_gone;
};

struct feed *feed_new(const char *version)
{
	struct feed *f = XCALLOC(MTYPE_FEED, sizeof(*f));
	size_t n = strnlen(version, sizeof(f->version) - 1);

	memcpy(f->version, version, n);
	feed_groups_init(&f->groups);
	feed_changes_init(&f->changes);
	feed_readers_init(&f->readers);
	return f;
}

static void group_free(struct feed_group *g)
{
	XFREE(MTYPE_FEED_MESSAGE, g->message);
	XFREE(MTYPE_FEED_GROUP, g);
}

void feed_free(struct feed *f)
{
	struct feed_group *g;

	while ((g = feed_changes_pop(&f->changes))) {
		feed_groups_del(&f->groups, g);
		group_free(g);
	}
	feed_groups_fini(&f->groups);
	feed_changes_fini(&f->changes);
	feed_readers_fini(&f->readers);
	XFREE(MTYPE_FEED, f);
}

size_t feed_count(const struct feed *f)
{
	return feed_groups_count(&f->groups) - f->n_gone;
}

/* ---------------------------------------------------------------- changes */

static struct feed_group *find(struct feed *f, uint32_t vrf, uint32_t ifindex,
			       const struct addr *group)
{
	struct feed_group key = {.vrf = vrf, .ifindex = ifindex, .group = *group};

	return feed_groups_find(&f->groups, &key);
}

/* Whoever stood there stands at the next one. */
static void unlink_change(struct feed *f, struct feed_group *g)
{
	struct feed_reader *r;

	frr_each (feed_readers, &f->readers, r)
		if (r->next == g)
			r->next = feed_changes_next(&f->changes, g);
	feed_changes_del(&f->changes, g);
}

static void append_change(struct feed *f, struct feed_group *g)
{
	struct feed_reader *r;

	feed_changes_add_tail(&f->changes, g);
	frr_each (feed_readers, &f->readers, r)
		if (!r->next)
			r->next = g;
}

static void take_message(struct feed_group *g, const uint8_t *message, size_t len)
{
	XFREE(MTYPE_FEED_MESSAGE, g->message);
	g->message = XCALLOC(MTYPE_FEED_MESSAGE, len);
	memcpy(g->message, message, len);
	g->len = len;
}

bool feed_set(struct feed *f, const struct pimd_wire_msg *m)
{
	static uint8_t buf[PIMD_WIRE_MAX];
	struct feed_group *g = find(f, m->vrf, m->ifindex, &m->group);
	size_t len = pimd_wire_encode(m, buf, sizeof(buf));

	if (!g) {
		g = XCALLOC(MTYPE_FEED_GROUP, sizeof(*g));
		g->vrf = m->vrf;
		g->ifindex = m->ifindex;
		g->group = m->group;
		feed_groups_add(&f->groups, g);
	} else {
		g->scan = f->scan;
		if (g->len == len && memcmp(g->message, buf, len) == 0)
			return false;
		unlink_change(f, g);
		f->n_gone -= g->gone;
		g->gone = false;
	}
	g->scan = f->scan;
	take_message(g, buf, len);
	append_change(f, g);
	return true;
}

static void forget(struct feed *f, struct feed_group *g)
{
	unlink_change(f, g);
	feed_groups_del(&f->groups, g);
	f->n_gone--;
	group_free(g);
}

/* Those who have not heard of all that is gone begin again. */
static void forget_gone(struct feed *f)
{
	struct feed_reader *r;
	struct feed_group *g;

	frr_each (feed_readers, &f->readers, r)
		if (r->next && r->stage != STAGE_HELLO)
			r->stage = STAGE_BEGIN;
	frr_each_safe (feed_changes, &f->changes, g)
		if (g->gone)
			forget(f, g);
}

static void group_gone(struct feed *f, struct feed_group *g)
{
	const struct pimd_wire_msg m = {
		.type = PIMD_WIRE_GONE, .vrf = g->vrf, .ifindex = g->ifindex, .group = g->group};
	uint8_t buf[64];

	unlink_change(f, g);
	take_message(g, buf, pimd_wire_encode(&m, buf, sizeof(buf)));
	g->gone = true;
	f->n_gone++;
	append_change(f, g);
	if (f->n_gone > FEED_MAX_GONE || !feed_readers_count(&f->readers))
		forget_gone(f);
}

bool feed_gone(struct feed *f, uint32_t vrf, uint32_t ifindex, const struct addr *group)
{
	struct feed_group *g = find(f, vrf, ifindex, group);

	if (!g || g->gone)
		return false;
	group_gone(f, g);
	return true;
}

void feed_scan_begin(struct feed *f)
{
	f->scan++;
}

bool feed_scan_end(struct feed *f)
{
	struct feed_group *g;
	size_t n = 0;

	/* not through `changes`: what goes moves to its end, or out of it */
	for (g = feed_groups_first(&f->groups); g;) {
		struct feed_group *next = feed_groups_next(&f->groups, g);

		if (!g->gone && g->scan != f->scan) {
			struct feed_group key = *g;

			group_gone(f, g); /* may forget others that are gone */
			next = feed_groups_find_gteq(&f->groups, &key);
			if (next && group_cmp(next, &key) == 0)
				next = feed_groups_next(&f->groups, next);
			n++;
		}
		g = next;
	}
	return n > 0;
}

/* ---------------------------------------------------------------- readers */

struct feed_reader *feed_reader_new(struct feed *f)
{
	struct feed_reader *r = XCALLOC(MTYPE_FEED_READER, sizeof(*r));

	feed_readers_add_tail(&f->readers, r);
	return r;
}

void feed_reader_free(struct feed *f, struct feed_reader *r)
{
	feed_readers_del(&f->readers, r);
	XFREE(MTYPE_FEED_READER, r);
}

bool feed_reader_waiting(const struct feed_reader *r)
{
	return r->stage != STAGE_CHANGES || r->next;
}

static bool put(struct wr *w, const struct pimd_wire_msg *m)
{
	size_t n = pimd_wire_encode(m, w->p, wr_left(w));

	if (n)
		wr_reserve(w, n);
	return n > 0;
}

/* The message that opens or closes a stage; false: no room. */
static bool put_stage(struct feed *f, struct feed_reader *r, struct wr *w)
{
	struct pimd_wire_msg m = {.type = PIMD_WIRE_END, .groups = (uint32_t)feed_count(f)};

	if (r->stage == STAGE_HELLO) {
		m.type = PIMD_WIRE_HELLO;
		m.version = PIMD_WIRE_VERSION;
		memcpy(m.pimd_version, f->version, sizeof(m.pimd_version));
	} else if (r->stage == STAGE_BEGIN) {
		m.type = PIMD_WIRE_BEGIN;
	}
	if (!put(w, &m))
		return false;
	if (r->stage == STAGE_BEGIN)
		r->next = feed_changes_first(&f->changes);
	r->stage++;
	return true;
}

static bool put_changes(struct feed *f, struct feed_reader *r, struct wr *w)
{
	for (; r->next; r->next = feed_changes_next(&f->changes, r->next)) {
		if (wr_left(w) < r->next->len)
			return false;
		wr_copy(w, r->next->message, r->next->len);
	}
	return true;
}

static bool all_have_heard(struct feed *f)
{
	struct feed_reader *r;

	frr_each (feed_readers, &f->readers, r)
		if (feed_reader_waiting(r))
			return false;
	return true;
}

size_t feed_reader_fill(struct feed *f, struct feed_reader *r, uint8_t *buf, size_t size)
{
	struct wr w = wr_init(buf, size);
	bool room = true;

	while (room && feed_reader_waiting(r)) {
		if (r->stage == STAGE_SNAPSHOT || r->stage == STAGE_CHANGES)
			room = put_changes(f, r, &w);
		/* END when everything was told, later changes too: nothing is missed by it */
		if (room && r->stage != STAGE_CHANGES)
			room = put_stage(f, r, &w);
	}
	if (f->n_gone && all_have_heard(f))
		forget_gone(f);
	return wr_len(&w);
}
