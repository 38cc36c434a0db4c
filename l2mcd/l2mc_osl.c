// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Outgoing session lists on the LAC; see l2mc_osl.h.
 */
#include "l2mcd/l2mc_osl.h"

DECLARE_MGROUP(L2MC);
DEFINE_MTYPE_STATIC(L2MC, L2MC_OSL_SET, "outgoing session list");

void l2mc_osl_set_init(struct l2mc_osl_set *o)
{
	*o = (struct l2mc_osl_set){.version = 1};
}

void l2mc_osl_set_fini(struct l2mc_osl_set *o)
{
	XFREE(MTYPE_L2MC_OSL_SET, o->ids);
	XFREE(MTYPE_L2MC_OSL_SET, o->entries);
}

/* Where id is, or belongs. */
static size_t place(const struct l2mc_osl_set *o, uint16_t id)
{
	size_t lo = 0, hi = o->n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (o->ids[mid] < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

bool l2mc_osl_set_has(const struct l2mc_osl_set *o, uint16_t id)
{
	size_t i = place(o, id);

	return i < o->n && o->ids[i] == id;
}

static void insert(struct l2mc_osl_set *o, size_t i, uint16_t id, uint64_t version)
{
	if (o->n == o->size) {
		o->size = o->size ? 2 * o->size : 8;
		o->ids = XREALLOC(MTYPE_L2MC_OSL_SET, o->ids, o->size * sizeof(*o->ids));
		o->entries =
			XREALLOC(MTYPE_L2MC_OSL_SET, o->entries, o->size * sizeof(*o->entries));
	}
	memmove(o->ids + i + 1, o->ids + i, (o->n - i) * sizeof(*o->ids));
	memmove(o->entries + i + 1, o->entries + i, (o->n - i) * sizeof(*o->entries));
	o->ids[i] = id;
	o->entries[i] = (struct l2mc_osl_entry){.version = version};
	o->n++;
}

bool l2mc_osl_set_list(struct l2mc_osl_set *o, uint16_t id, uint64_t version)
{
	size_t i = place(o, id);
	bool is_new = i == o->n || o->ids[i] != id;

	if (is_new)
		insert(o, i, id, version);
	o->n_due += !o->entries[i].due;
	o->entries[i].due = true; /* again, if it is there already (A4045-9) */
	return is_new;
}

bool l2mc_osl_set_remove(struct l2mc_osl_set *o, uint16_t id)
{
	size_t i = place(o, id);

	if (i == o->n || o->ids[i] != id)
		return false;
	o->n_due -= o->entries[i].due;
	o->n_acked -= o->entries[i].acked;
	o->n--;
	memmove(o->ids + i, o->ids + i + 1, (o->n - i) * sizeof(*o->ids));
	memmove(o->entries + i, o->entries + i + 1, (o->n - i) * sizeof(*o->entries));
	return true;
}

size_t l2mc_osl_set_take_due(struct l2mc_osl_set *o, uint16_t *ids, size_t max)
{
	size_t n = 0;

	if (!o->n_due)
		return 0;
	for (size_t i = 0; i < o->n && n < max; i++) {
		struct l2mc_osl_entry *e = &o->entries[i];

		if (!e->due || e->version > o->installed)
			continue;
		ids[n++] = o->ids[i];
		o->n_due--;
		o->n_acked += !e->acked;
		e->due = false;
		e->acked = true;
	}
	return n;
}
