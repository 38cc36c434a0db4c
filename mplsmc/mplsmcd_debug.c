// SPDX-License-Identifier: GPL-2.0-or-later
/* Debug flags and their commands. */
#include "mplsmc/mplsmcd_vty.h"

#include "mplsmc/mplsmcd_debug_clippy.c"

/* clang-format off */
FRRX_DEBUG_DEFINE(mplsmcd_dbg_discovery, "debug mpls multicast discovery", "LDP discovery");
FRRX_DEBUG_DEFINE(mplsmcd_dbg_session, "debug mpls multicast session", "LDP sessions");
FRRX_DEBUG_DEFINE(mplsmcd_dbg_messages, "debug mpls multicast messages", "LDP messages");
FRRX_DEBUG_DEFINE(mplsmcd_dbg_labels, "debug mpls multicast labels", "Labels");
FRRX_DEBUG_DEFINE(mplsmcd_dbg_tree, "debug mpls multicast tree", "P2MP LSPs (RFC 6388)");
FRRX_DEBUG_DEFINE(mplsmcd_dbg_rpf, "debug mpls multicast rpf", "Next hops towards roots");
FRRX_DEBUG_DEFINE(mplsmcd_dbg_mapping, "debug mpls multicast mapping", "Multicast trees on LSPs");
FRRX_DEBUG_DEFINE(mplsmcd_dbg_fib, "debug mpls multicast fib", "Forwarding objects and agents");
FRRX_DEBUG_DEFINE(mplsmcd_dbg_zebra, "debug mpls multicast zebra", "Interfaces told by zebra");
/* clang-format on */

static const struct {
	const char *word;
	struct debug *debug;
} flags[] = {
	{"discovery", &mplsmcd_dbg_discovery}, {"session", &mplsmcd_dbg_session},
	{"messages", &mplsmcd_dbg_messages},   {"labels", &mplsmcd_dbg_labels},
	{"tree", &mplsmcd_dbg_tree},	       {"rpf", &mplsmcd_dbg_rpf},
	{"mapping", &mplsmcd_dbg_mapping},     {"fib", &mplsmcd_dbg_fib},
	{"zebra", &mplsmcd_dbg_zebra},
};

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
	uint32_t mode = DEBUG_NODE2MODE(vty->node);

	for (size_t i = 0; i < array_size(flags); i++)
		if (strcmp(flags[i].word, what) == 0)
			DEBUG_MODE_SET(flags[i].debug, mode, !no);
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
	for (size_t i = 0; i < array_size(flags); i++)
		if (DEBUG_MODE_CHECK(flags[i].debug, DEBUG_MODE_ALL))
			vty_out(vty, "  %s debugging is on\n", flags[i].debug->desc);
	return CMD_SUCCESS;
}

static int debug_write(struct vty *vty)
{
	int written = 0;

	written += FRRX_DEBUG_WRITE(vty, mplsmcd_dbg_discovery);
	written += FRRX_DEBUG_WRITE(vty, mplsmcd_dbg_session);
	written += FRRX_DEBUG_WRITE(vty, mplsmcd_dbg_messages);
	written += FRRX_DEBUG_WRITE(vty, mplsmcd_dbg_labels);
	written += FRRX_DEBUG_WRITE(vty, mplsmcd_dbg_tree);
	written += FRRX_DEBUG_WRITE(vty, mplsmcd_dbg_rpf);
	written += FRRX_DEBUG_WRITE(vty, mplsmcd_dbg_mapping);
	written += FRRX_DEBUG_WRITE(vty, mplsmcd_dbg_fib);
	written += FRRX_DEBUG_WRITE(vty, mplsmcd_dbg_zebra);
	return written;
}

static struct cmd_node debug_node = {
	.name = "debug",
	.node = DEBUG_NODE,
	.prompt = "",
	.config_write = debug_write,
};

void mplsmcd_debug_init(void)
{
	frrx_debug_install(mplsmcd_dbg_discovery);
	frrx_debug_install(mplsmcd_dbg_session);
	frrx_debug_install(mplsmcd_dbg_messages);
	frrx_debug_install(mplsmcd_dbg_labels);
	frrx_debug_install(mplsmcd_dbg_tree);
	frrx_debug_install(mplsmcd_dbg_rpf);
	frrx_debug_install(mplsmcd_dbg_mapping);
	frrx_debug_install(mplsmcd_dbg_fib);
	frrx_debug_install(mplsmcd_dbg_zebra);

	install_node(&debug_node);
	install_element(ENABLE_NODE, &mplsmcd_debug_cmd);
	install_element(CONFIG_NODE, &mplsmcd_debug_cmd);
	install_element(VIEW_NODE, &mplsmcd_show_debugging_cmd);
}
