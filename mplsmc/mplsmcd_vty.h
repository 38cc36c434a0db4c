/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mplsmcd_vty.h - what the CLI's files share.
 *
 *   mplsmcd_vty.c         nodes, settings of the daemon, of LDP and of the mapping
 *   mplsmcd_vty_tree.c    what names prefixes: interfaces, roots, static trees, groups
 *   lib/fib_config_vty.c  fib
 *   mplsmcd_show*.c       show, clear, test;  mplsmcd_json.c: the same as JSON
 *   mplsmcd_debug.c       debug
 *
 * Handlers check, write into the configuration and ask for reconciliation, nothing else: they
 * are idempotent, and `no` takes the whole line (frr-reload applies a change twice).
 */
#ifndef MPLSMCD_VTY_H
#define MPLSMCD_VTY_H

#include "mplsmc/mplsmcd.h"
#include "lib/fib_config_vty.h"
#include "lib/vty_input.h"
#include "lib/vty_show.h"

#define MPLSMCD_NODE	       MCAST_TOP_NODE
#define MPLSMCD_INTERFACE_NODE MCAST_NODE(0)
#define MPLSMCD_TREE_NODE      MCAST_NODE(1)

#define MPLS_STR	       "MPLS information\n"
#define MULTICAST_STR	       "Multicast trees on P2MP LSPs\n"

static inline struct mplsmcd_config *mplsmcd_vty_config(void)
{
	return &mplsmcd_instance()->config;
}

/** A command has written to the configuration; CMD_SUCCESS. */
int mplsmcd_vty_changed(void);
/** False: the address is of no router; it has been told which one. */
bool mplsmcd_vty_router_ok(struct vty *vty, const struct addr *a, const char *typed);

#define MC_TRIGGERS (MC_TRIGGER_TRAFFIC + 1)
extern const char *const mplsmcd_trigger_names[MC_TRIGGERS];

void mplsmcd_vty_tree_init(void);
void mplsmcd_debug_init(void);
void mplsmcd_show_init(void);
void mplsmcd_show_lsp_init(void);
void mplsmcd_show_root_init(void);
void mplsmcd_show_stats_init(void);

void mplsmcd_vty_interfaces_write(struct vty *vty, const struct mplsmcd_config *c);
void mplsmcd_vty_roots_write(struct vty *vty, const struct mplsmcd_config *c);
void mplsmcd_vty_rps_write(struct vty *vty, const struct mplsmcd_config *c);
void mplsmcd_vty_trees_write(struct vty *vty, const struct mplsmcd_config *c);
void mplsmcd_vty_groups_write(struct vty *vty, const struct mplsmcd_config *c);

#endif
