// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables of counters; see vty_stats.h. */
#include "lib/vty_stats.h"

static uint64_t value(const void *base, const struct stats_counter *c)
{
	return *(const uint64_t *)((const uint8_t *)base + c->offset);
}

void stats_section_text(struct vty *vty, const struct stats_section *s)
{
	vty_out(vty, "%s\n", s->label);
	for (size_t i = 0; i < s->n; i++)
		vty_out(vty, "  %-36s %12" PRIu64 "\n", s->counters[i].label,
			value(s->base, &s->counters[i]));
}

void stats_section_json(json_object *o, const struct stats_section *s)
{
	json_object *section = json_object_new_object();

	for (size_t i = 0; i < s->n; i++)
		json_object_int_add(section, s->counters[i].key, value(s->base, &s->counters[i]));
	json_object_object_add(o, s->key, section);
}

void stats_sum(void *sum, const void *one, const struct stats_counter *counters, size_t n)
{
	for (size_t i = 0; i < n; i++)
		*(uint64_t *)((uint8_t *)sum + counters[i].offset) += value(one, &counters[i]);
}

void stats_messages_head(struct vty *vty, const char *title)
{
	vty_out(vty, "%-38s %12s %12s\n", title, "Received", "Sent");
}

void stats_messages_text(struct vty *vty, const char *name, uint64_t rx, uint64_t tx)
{
	vty_out(vty, "  %-36s %12" PRIu64 " %12" PRIu64 "\n", name, rx, tx);
}

void stats_messages_json(json_object *o, const char *name, uint64_t rx, uint64_t tx)
{
	json_object *m = json_object_new_object();

	json_object_int_add(m, "received", rx);
	json_object_int_add(m, "sent", tx);
	json_object_object_add(o, name, m);
}
