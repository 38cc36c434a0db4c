/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vty_debug.h - the debug flags of a daemon as one table: commands, configuration, show. */
#ifndef MCAST_VTY_DEBUG_H
#define MCAST_VTY_DEBUG_H

#include "lib/frr_compat.h"

struct debug_flag {
	const char *word; /* of the command */
	const char *line; /* of the configuration: "debug l2tp fsm" */
	struct debug *debug;
};

struct debug_flags {
	const struct debug_flag *flags;
	size_t n;
};

/** The command `[no] debug ... WORD`: on in the running daemon, from the configuration node also
 *  in what is written. */
void debug_flags_set(struct vty *vty, const struct debug_flags *f, const char *word, bool on);
/** The lines of `show debugging`: what is on. */
void debug_flags_show(struct vty *vty, const struct debug_flags *f);
/** For cmd_node.config_write: number of lines written. */
int debug_flags_write(struct vty *vty, const struct debug_flags *f);
/** Once, before install_node() of the debug node. */
void debug_flags_install(const struct debug_flags *f);

#endif
