// SPDX-License-Identifier: GPL-2.0-or-later
/* Group membership as pimd keeps it; see pimd_state.h. */
#include "lib/pimd_state.h"

DEFINE_MGROUP(PIMD_STATE, "group membership of pimd");
DEFINE_MTYPE_STATIC(PIMD_STATE, STATE, "table");
DEFINE_MTYPE_STATIC(PIMD_STATE, ENTRY, "membership");
DEFINE_MTYPE_STATIC(PIMD_STATE, SOURCES, "sources");

PREDECL_RBTREE_UNIQ(entries);

struct entry {
	struct entries_item item;
	struct pimd_membership m;
	struct addr *sources;
	uint32_t snapshot; /* the last in which it was told */
	uint32_t process;  /* the last that told it */
};

static int entry_cmp(const struct entry *a, const struct entry *b)
{
	if (a->m.ifindex != b->m.ifindex)
		return a->m.ifindex < b->m.ifindex ? -1 : 1;
	return addr_cmp(&a->m.group, &b->m.group);
}

DECLARE_RBTREE_UNIQ(entries, struct entry, item, entry_cmp);

struct pimd_state {
	pimd_membership_fn *changed;
	void *arg;
	struct twheel *wheel;
	struct timer hold;
	struct entries_head entries;
	uint32_t snapshot, process;
	size_t held;
	uint32_t maximum_groups;
};

struct pimd_state *pimd_state_new(pimd_membership_fn *changed, void *arg, struct twheel *wheel)
{
	struct pimd_state *st = XCALLOC(MTYPE_STATE, sizeof(*st));

	st->changed = changed;
	st->arg = arg;
	st->wheel = wheel;
	entries_init(&st->entries);
	return st;
}

static void entry_free(struct entry *e)
{
	XFREE(MTYPE_SOURCES, e->sources);
	XFREE(MTYPE_ENTRY, e);
}

void pimd_state_free(struct pimd_state *st)
{
	struct entry *e;

	timer_stop(st->wheel, &st->hold);
	while ((e = entries_pop(&st->entries)))
		entry_free(e);
	entries_fini(&st->entries);
	XFREE(MTYPE_STATE, st);
}

static struct entry *find(struct pimd_state *st, uint32_t ifindex, const struct addr *group)
{
	struct entry key = {.m = {.ifindex = ifindex, .group = *group}};

	return entries_find(&st->entries, &key);
}

static void hold(struct pimd_state *st, struct entry *e, bool held)
{
	if (e->m.held == held)
		return;
	e->m.held = held;
	st->held += held ? 1 : -1;
}

/* ---------------------------------------------------------------- the limit of an interface */

static struct entry *first_of(struct pimd_state *st, uint32_t ifindex)
{
	struct entry key = {.m = {.ifindex = ifindex}}, *e = entries_find_gteq(&st->entries, &key);

	return e && e->m.ifindex == ifindex ? e : NULL;
}

static struct entry *next_of(struct pimd_state *st, struct entry *e)
{
	struct entry *next = entries_next(&st->entries, e);

	return next && next->m.ifindex == e->m.ifindex ? next : NULL;
}

/* Costs the limit, as nothing else asks for the number. */
static bool full(struct pimd_state *st, uint32_t ifindex)
{
	uint32_t n = 0;

	if (!st->maximum_groups)
		return false;
	for (struct entry *e = first_of(st, ifindex); e; e = next_of(st, e))
		if (!e->m.refused && ++n >= st->maximum_groups)
			return true;
	return false;
}

/* There is room: for those who waited. */
static void admit(struct pimd_state *st, uint32_t ifindex)
{
	for (struct entry *e = first_of(st, ifindex); e; e = next_of(st, e)) {
		if (!e->m.refused)
			continue;
		if (full(st, ifindex))
			return;
		e->m.refused = false;
		st->changed(st->arg, &e->m);
	}
}

void pimd_state_limit(struct pimd_state *st, uint32_t maximum_groups)
{
	struct entry *e;
	bool more = st->maximum_groups && (!maximum_groups || maximum_groups > st->maximum_groups);

	st->maximum_groups = maximum_groups;
	if (!more) /* less: for groups that come from now on */
		return;
	frr_each (entries, &st->entries, e)
		if (e->m.refused)
			admit(st, e->m.ifindex);
}

static void drop(struct pimd_state *st, struct entry *e)
{
	uint32_t ifindex = e->m.ifindex;
	bool told = !e->m.refused;

	hold(st, e, false);
	entries_del(&st->entries, e);
	e->m.filter = GMP_FILTER_NONE;
	if (told)
		st->changed(st->arg, &e->m);
	entry_free(e);
	if (told && st->maximum_groups)
		admit(st, ifindex);
}

/* ---------------------------------------------------------------- one group */

static bool same(const struct gmp_filter *a, const struct gmp_filter *b)
{
	return a->exclude == b->exclude && a->n == b->n &&
	       (!a->n || memcmp(a->sources, b->sources, a->n * sizeof(*a->sources)) == 0);
}

static void take_filter(struct entry *e, const struct gmp_filter *f)
{
	XFREE(MTYPE_SOURCES, e->sources);
	if (f->n) {
		e->sources = XCALLOC(MTYPE_SOURCES, f->n * sizeof(*f->sources));
		memcpy(e->sources, f->sources, f->n * sizeof(*f->sources));
	}
	e->m.filter = (struct gmp_filter){.exclude = f->exclude, .n = f->n, .sources = e->sources};
}

static void confirm(struct pimd_state *st, struct entry *e)
{
	e->snapshot = st->snapshot;
	e->process = st->process;
	hold(st, e, false);
}

void pimd_state_set(struct pimd_state *st, uint32_t ifindex, const struct addr *group,
		    uint8_t version, const struct gmp_filter *f, msec_t now)
{
	struct entry *e = find(st, ifindex, group);
	bool new = !e;

	if (gmp_filter_empty(f)) { /* pimd keeps what nobody wants for a while */
		pimd_state_gone(st, ifindex, group);
		return;
	}
	if (new) {
		e = XCALLOC(MTYPE_ENTRY, sizeof(*e));
		e->m.ifindex = ifindex;
		e->m.group = *group;
		e->m.since = now;
		e->m.refused = full(st, ifindex);
		entries_add(&st->entries, e);
	}
	confirm(st, e);
	e->m.version = version;
	if (!new &&same(&e->m.filter, f))
		return;
	take_filter(e, f);
	if (!e->m.refused)
		st->changed(st->arg, &e->m);
}

void pimd_state_keep(struct pimd_state *st, uint32_t ifindex, const struct addr *group)
{
	struct entry *e = find(st, ifindex, group);

	if (e)
		confirm(st, e);
}

void pimd_state_gone(struct pimd_state *st, uint32_t ifindex, const struct addr *group)
{
	struct entry *e = find(st, ifindex, group);

	if (e)
		drop(st, e);
}

/* ---------------------------------------------------------------- snapshots */

void pimd_state_begin(struct pimd_state *st)
{
	st->snapshot++;
}

void pimd_state_end(struct pimd_state *st, msec_t now)
{
	struct entry *e;

	frr_each_safe (entries, &st->entries, e) {
		if (e->snapshot == st->snapshot)
			continue;
		if (e->process != st->process && timer_left(st->wheel, &st->hold) > 0)
			continue;
		drop(st, e);
	}
}

static void hold_over(struct timer *t, msec_t now)
{
	struct pimd_state *st = container_of(t, struct pimd_state, hold);
	struct entry *e;

	frr_each_safe (entries, &st->entries, e)
		if (e->m.held)
			drop(st, e);
}

void pimd_state_restarted(struct pimd_state *st, msec_t now)
{
	struct entry *e;

	st->process++;
	frr_each (entries, &st->entries, e)
		hold(st, e, true);
	timer_start(st->wheel, &st->hold, now + PIMD_STATE_HOLD_MS, hold_over);
}

/* ---------------------------------------------------------------- looking */

size_t pimd_state_count(const struct pimd_state *st)
{
	return entries_count(&st->entries);
}

size_t pimd_state_held(const struct pimd_state *st)
{
	return st->held;
}

void pimd_state_walk(const struct pimd_state *st, uint32_t ifindex, pimd_membership_fn *fn,
		     void *arg)
{
	struct entry key = {.m = {.ifindex = ifindex}};
	const struct entry *e;

	for (e = entries_const_find_gteq(&st->entries, &key); e && e->m.ifindex == ifindex;
	     e = entries_const_next(&st->entries, e))
		if (!e->m.refused)
			fn(arg, &e->m);
}
