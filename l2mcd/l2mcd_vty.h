/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l2mcd_vty.h - what the CLI's files share.
 *
 *   l2mcd_vty.c            nodes, settings of the daemon, profiles
 *   l2mcd_vty_peer.c       peer-groups and access interfaces
 *   l2mcd_vty_calls.c      what calls say and how: called-number, proxy authentication
 *   l2mcd_vty_pppoe.c      access interfaces with PPPoE
 *   l2mcd_vty_multicast.c  multicast
 *   l2mcd_vty_policy.c     multicast: how sessions and subscribers are treated (RFC 4045 4.4, 6.3)
 *   lib/fib_config_vty.c   fib
 *   l2mcd_show*.c          show, clear, test;  l2mcd_json*.c: the same as JSON
 *   l2mcd_debug.c          debug
 *
 * Handlers check, write into the configuration and ask for reconciliation, nothing else: they
 * are idempotent, and `no` takes the whole line (frr-reload applies a change twice).
 */
#ifndef L2MCD_VTY_H
#define L2MCD_VTY_H

#include "l2mcd/l2mcd.h"
#include "lib/fib_config_vty.h"
#include "lib/vty_input.h"
#include "lib/vty_show.h"

#define L2MCD_NODE	      MCAST_TOP_NODE
#define L2MCD_PROFILE_NODE    MCAST_NODE(0)
#define L2MCD_PEER_GROUP_NODE MCAST_NODE(1)
#define L2MCD_ACCESS_NODE     MCAST_NODE(2)
#define L2MCD_MULTICAST_NODE  MCAST_NODE(3)
#define L2MCD_PPPOE_NODE      MCAST_NODE(4)

static inline struct l2mcd_config *l2mcd_vty_config(void)
{
	return &l2mcd_instance()->config;
}

/** A command has written to the configuration; CMD_SUCCESS. */
int l2mcd_vty_changed(void);
/** An untouched configuration: what is equal to it is not printed. */
const struct l2mcd_config *l2mcd_vty_defaults(void);

/** As it is typed: ADDR_ANY is `::`. */
const char *l2mcd_vty_address(const struct addr *a, char buf[ADDR_STRLEN]);

/** True if text is a template of netdev names that differ from session to session. */
bool l2mcd_vty_template_ok(const char *text);

void l2mcd_vty_peer_init(void);
void l2mcd_vty_calls_init(void);
void l2mcd_vty_pppoe_init(void);
void l2mcd_vty_multicast_init(void);
void l2mcd_vty_policy_init(void);
void l2mcd_debug_init(void);
void l2mcd_show_init(void);
void l2mcd_show_multicast_init(void);
void l2mcd_show_stats_init(void);
void l2mcd_show_pppoe_init(void);
void l2mcd_show_membership_init(void);

void l2mcd_vty_peer_write(struct vty *vty, const struct l2mcd_config *c);
void l2mcd_vty_access_write(struct vty *vty, const struct l2mcd_config *c);
void l2mcd_vty_profile_calls_write(struct vty *vty, const struct l2mcd_profile *p);
void l2mcd_vty_access_calls_write(struct vty *vty, const struct l2mcd_access *a);
void l2mcd_vty_pppoe_write(struct vty *vty, const struct l2mcd_access *a);
/** A peer-group calls may be placed to; NULL: refused with the reason. */
struct l2mcd_peer_group *l2mcd_vty_access_group(struct vty *vty, const char *name);
void l2mcd_vty_multicast_write(struct vty *vty, const struct l2mcd_config *c);
/** d: the defaults. */
void l2mcd_vty_policy_write(struct vty *vty, const struct l2mcd_multicast *m,
			    const struct l2mcd_multicast *d);

#endif
