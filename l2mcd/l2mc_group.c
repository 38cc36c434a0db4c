// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Merged records; see l2mc_group.h.  Standards: RFC 4045 4.2, RFC 3376 3.2, RFC 3810 4.2.
 */
#include "l2mcd/l2mc_group.h"

#include <stdlib.h>

DEFINE_MGROUP(L2MC, "L2TP multicast");
DEFINE_MTYPE_STATIC(L2MC, L2MC_SOURCE, "merged source");
DEFINE_MTYPE_STATIC(L2MC, L2MC_HISTOGRAM, "exclusion counts");

static int source_cmp(const struct l2mc_source *a, const struct l2mc_source *b)
{
	return addr_cmp(&a->addr, &b->addr);
}

static uint32_t source_hash(const struct l2mc_source *s)
{
	return jhash(s->addr.b, sizeof(s->addr.b), 0x4045);
}

DECLARE_HASH(l2mc_sources, struct l2mc_source, item, source_cmp, source_hash);

void l2mc_record_init(struct l2mc_record *r, size_t source_size)
{
	*r = (struct l2mc_record){.source_size = source_size};
	l2mc_sources_init(&r->sources);
}

void l2mc_record_fini(struct l2mc_record *r)
{
	l2mc_sources_fini(&r->sources);
	XFREE(MTYPE_L2MC_HISTOGRAM, r->excluded_by);
}

struct l2mc_source *l2mc_record_source(struct l2mc_record *r, const struct addr *addr)
{
	struct l2mc_source key = {.addr = *addr};

	return l2mc_sources_find(&r->sources, &key);
}

struct l2mc_source *l2mc_record_first(struct l2mc_record *r)
{
	return l2mc_sources_first(&r->sources);
}

struct l2mc_source *l2mc_record_next(struct l2mc_record *r, struct l2mc_source *s)
{
	return l2mc_sources_next(&r->sources, s);
}

static struct l2mc_source *source_get(struct l2mc_record *r, const struct addr *addr)
{
	struct l2mc_source *s = l2mc_record_source(r, addr);

	if (!s) {
		s = XCALLOC(MTYPE_L2MC_SOURCE, r->source_size);
		s->addr = *addr;
		l2mc_sources_add(&r->sources, s);
	}
	return s;
}

bool l2mc_record_release(struct l2mc_record *r, struct l2mc_source *s)
{
	if (s->n_include || s->n_exclude)
		return false;
	l2mc_sources_del(&r->sources, s);
	XFREE(MTYPE_L2MC_SOURCE, s);
	return true;
}

/* The place of a source in the histogram, if it has one. */
static uint32_t *histogram_slot(struct l2mc_record *r, const struct l2mc_source *s)
{
	uint32_t k = s->n_exclude;

	if (!k || s->n_include)
		return NULL;
	if (k >= r->excluded_by_size) {
		uint32_t size = k + 1 + k / 2;

		r->excluded_by =
			XREALLOC(MTYPE_L2MC_HISTOGRAM, r->excluded_by, size * sizeof(uint32_t));
		memset(r->excluded_by + r->excluded_by_size, 0,
		       (size - r->excluded_by_size) * sizeof(uint32_t));
		r->excluded_by_size = size;
	}
	return &r->excluded_by[k];
}

/* How many sources all EXCLUDE members exclude and nobody includes. */
static uint32_t excluded_count(const struct l2mc_record *r)
{
	return r->n_exclude && r->n_exclude < r->excluded_by_size ? r->excluded_by[r->n_exclude]
								  : 0;
}

static bool in_record(const struct l2mc_record *r, const struct l2mc_source *s)
{
	if (!s)
		return false;
	return r->n_exclude ? s->n_exclude == r->n_exclude && !s->n_include : s->n_include > 0;
}

/* One member names s (delta 1) or stops naming it (-1). */
static void count_source(struct l2mc_record *r, struct l2mc_source *s, bool exclude, int delta)
{
	uint32_t *slot = histogram_slot(r, s);

	if (slot)
		--*slot;
	if (exclude) {
		s->n_exclude += delta;
	} else {
		if (s->n_include == 0)
			r->n_included++;
		s->n_include += delta;
		if (s->n_include == 0)
			r->n_included--;
	}
	slot = histogram_slot(r, s);
	if (slot)
		++*slot;
}

static void count_filter(struct l2mc_record *r, const struct gmp_filter *f, int delta)
{
	for (size_t i = 0; i < f->n; i++)
		count_source(r, source_get(r, &f->sources[i]), f->exclude, delta);
	if (f->exclude)
		r->n_exclude += delta;
}

/* Which of the sources that f names are in the record. */
static void named_in_record(struct l2mc_record *r, const struct gmp_filter *f, bool *in)
{
	for (size_t i = 0; i < f->n; i++)
		in[i] = in_record(r, l2mc_record_source(r, &f->sources[i]));
}

bool l2mc_record_change(struct l2mc_record *r, const struct gmp_filter *old,
			const struct gmp_filter *new)
{
	bool was_exclude = l2mc_record_is_exclude(r), was_empty = l2mc_record_empty(r);
	bool same = true;
	size_t count = l2mc_record_count(r), n = old->n + new->n;
	bool *before = XCALLOC(MTYPE_TMP, 2 * n + 1), *after = before + n;

	named_in_record(r, old, before);
	named_in_record(r, new, before + old->n);
	/* first the new state: an entry named by both never drops to zero in between */
	count_filter(r, new, 1);
	count_filter(r, old, -1);
	r->n_members += !gmp_filter_empty(new);
	r->n_members -= !gmp_filter_empty(old);
	named_in_record(r, old, after);
	named_in_record(r, new, after + old->n);

	/*
	 * Sources that the member does not name change only together, when the number of EXCLUDE
	 * members changes: the intersection then shrinks or grows, which its size tells.
	 */
	if (memcmp(before, after, n) != 0 || count != l2mc_record_count(r) ||
	    was_exclude != l2mc_record_is_exclude(r) || was_empty != l2mc_record_empty(r))
		same = false;
	XFREE(MTYPE_TMP, before);
	return !same;
}

size_t l2mc_record_count(const struct l2mc_record *r)
{
	return r->n_exclude ? excluded_count(r) : r->n_included;
}

static int addr_qsort_cmp(const void *a, const void *b)
{
	return addr_cmp(a, b);
}

struct gmp_filter l2mc_record_get(struct l2mc_record *r, struct addr *sources)
{
	struct gmp_filter f = {.exclude = l2mc_record_is_exclude(r), .sources = sources};
	struct l2mc_source *s;

	frr_each (l2mc_sources, &r->sources, s)
		if (in_record(r, s))
			sources[f.n++] = s->addr;
	qsort(sources, f.n, sizeof(*sources), addr_qsort_cmp);
	return f;
}
