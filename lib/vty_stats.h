/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vty_stats.h - counters as rows of tables, for `show ... statistics` as text and as JSON. */
#ifndef MCAST_VTY_STATS_H
#define MCAST_VTY_STATS_H

#include "lib/base.h"
#include "lib/frr_compat.h"

/** One uint64_t of a struct. */
struct stats_counter {
	const char *label, *key;
	size_t offset;
};

#define STATS_COUNTER(type, member, label, key)        \
	{                                              \
		(label), (key), offsetof(type, member) \
	}

/** Counters of one struct, which is at base. */
struct stats_section {
	const char *label, *key;
	const struct stats_counter *counters;
	size_t n;
	const void *base;
};

void stats_section_text(struct vty *vty, const struct stats_section *s);
/** Adds the section as an object of its own to o. */
void stats_section_json(json_object *o, const struct stats_section *s);
/** sum += one, of each counter listed; both are structs of the type the table is about. */
void stats_sum(void *sum, const void *one, const struct stats_counter *counters, size_t n);

/** Messages by type: one row of the text, one object {received, sent} of the JSON. */
void stats_messages_head(struct vty *vty, const char *title);
void stats_messages_text(struct vty *vty, const char *name, uint64_t rx, uint64_t tx);
void stats_messages_json(json_object *o, const char *name, uint64_t rx, uint64_t tx);

#endif
