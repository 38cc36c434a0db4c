// SPDX-License-Identifier: GPL-2.0-or-later
/* Debug flags; see vty_debug.h. */
#include "lib/vty_debug.h"

void debug_flags_set(struct vty *vty, const struct debug_flags *f, const char *word, bool on)
{
	uint32_t mode = DEBUG_NODE2MODE(vty->node);

	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->flags[i].word, word) == 0)
			DEBUG_MODE_SET(f->flags[i].debug, mode, on);
}

void debug_flags_show(struct vty *vty, const struct debug_flags *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (DEBUG_MODE_CHECK(f->flags[i].debug, DEBUG_MODE_ALL))
			vty_out(vty, "  %s debugging is on\n", f->flags[i].debug->desc);
}

int debug_flags_write(struct vty *vty, const struct debug_flags *f)
{
	int written = 0;

	for (size_t i = 0; i < f->n; i++)
		written += frrx_debug_write(vty, f->flags[i].debug, f->flags[i].line);
	return written;
}

void debug_flags_install(const struct debug_flags *f)
{
	for (size_t i = 0; i < f->n; i++)
		frrx_debug_install(f->flags[i].debug, f->flags[i].line);
}
