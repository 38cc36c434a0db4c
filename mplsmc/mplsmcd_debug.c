// SPDX-License-Identifier: GPL-2.0-or-later
/* Debug flags and their commands. */
#include "mplsmc/mplsmcd_vty.h"

#include "lib/vty_debug.h"

#include "mplsmc/mplsmcd_debug_clippy.c"

struct debug mplsmcd_dbg_discovery = {.desc = "LDP discovery"};
struct debug mplsmcd_dbg_session = {.desc = "LDP sessions"};
struct debug mplsmcd_dbg_messages = {.desc = "LDP messages"};
struct debug mplsmcd_dbg_labels = {.desc = "Labels"};
struct debug mplsmcd_dbg_tree = {.desc = "P2MP LSPs (RFC 6388)"};
struct debug mplsmcd_dbg_rpf = {.desc = "Next hops towards roots"};
struct debug mplsmcd_dbg_mapping = {.desc = "Multicast trees on LSPs"};
struct debug mplsmcd_dbg_fib = {.desc = "Forwarding objects and agents"};
struct debug mplsmcd_dbg_zebra = {.desc = "Interfaces told by zebra"};

static const struct debug_flag table[] = {
	{"discovery", "debug mpls multicast discovery", &mplsmcd_dbg_discovery},
	{"session", "debug mpls multicast session", &mplsmcd_dbg_session},
	{"messages", "debug mpls multicast messages", &mplsmcd_dbg_messages},
	{"labels", "debug mpls multicast labels", &mplsmcd_dbg_labels},
	{"tree", "debug mpls multicast tree", &mplsmcd_dbg_tree},
	{"rpf", "debug mpls multicast rpf", &mplsmcd_dbg_rpf},
	{"mapping", "debug mpls multicast mapping", &mplsmcd_dbg_mapping},
	{"fib", "debug mpls multicast fib", &mplsmcd_dbg_fib},
	{"zebra", "debug mpls multicast zebra", &mplsmcd_dbg_zebra},
};

static const struct debug_flags flags = {table, array_size(table)};

DEFPY (mplsmcd_debug,
       mplsmcd_debug_cmd,
       "[no] debug mpls multicast <discovery|session|messages|labels|tree|rpf|mapping|fib|zebra>$what",
       NO_STR
       DEBUG_STR
       MPLS_STR
       MULTICAST_STR
       "Hellos and adjacencies\n"
       "State changes of sessions\n"
       "Messages by their names\n"
       "Labels and what they lead to\n"
       "State changes of LSPs\n"
       "Next hops towards roots\n"
       "What pimd wants and what becomes of it\n"
       "Forwarding objects and agents\n"
       "Interfaces told by zebra\n")
{
	debug_flags_set(vty, &flags, what, !no);
	return CMD_SUCCESS;
}

DEFUN_NOSH (mplsmcd_show_debugging,
	    mplsmcd_show_debugging_cmd,
	    "show debugging [mpls multicast]",
	    SHOW_STR
	    DEBUG_STR
	    MPLS_STR
	    MULTICAST_STR)
{
	vty_out(vty, "MPLS multicast debugging status:\n");
	debug_flags_show(vty, &flags);
	return CMD_SUCCESS;
}

static int debug_write(struct vty *vty)
{
	return debug_flags_write(vty, &flags);
}

static struct cmd_node debug_node = {
	.name = "debug",
	.node = DEBUG_NODE,
	.prompt = "",
	.config_write = debug_write,
};

void mplsmcd_debug_init(void)
{
	debug_flags_install(&flags);
	install_node(&debug_node);
	install_element(ENABLE_NODE, &mplsmcd_debug_cmd);
	install_element(CONFIG_NODE, &mplsmcd_debug_cmd);
	install_element(VIEW_NODE, &mplsmcd_show_debugging_cmd);
}
