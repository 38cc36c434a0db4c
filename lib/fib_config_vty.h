/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fib_config_vty.h - configuration commands of a daemon's mcfib/1 service (node `fib`). */
#ifndef MCAST_FIB_CONFIG_VTY_H
#define MCAST_FIB_CONFIG_VTY_H

#include "lib/frr_compat.h"

#include "lib/fib_server.h"
#include "lib/vty_show.h"

/* libfrr takes any number as a node; its own end at NODE_TYPE_MAX.  A daemon's top node, and
 * `fib` inside it; a daemon's other nodes take the numbers after these. */
#define MCAST_TOP_NODE ((enum node_type)(NODE_TYPE_MAX + 100))
#define MCAST_FIB_NODE ((enum node_type)(NODE_TYPE_MAX + 101))
#define MCAST_NODE(n)  ((enum node_type)(NODE_TYPE_MAX + 102 + (n)))

/** What the node is called, and what its commands write to. */
struct fib_config_vty {
	const char *name, *prompt;
	struct fib_server_config *(*config)(void);
	void (*changed)(void);
};

/** *node must stay valid. */
void fib_config_vty_init(const struct fib_config_vty *node);
/** The running configuration, as a block inside the parent's. */
void fib_config_vty_write(struct vty *vty);

#endif
