// SPDX-License-Identifier: GPL-2.0-or-later
/* Debug flags and their commands. */
#include "l2mcd/l2mcd_vty.h"

#include "lib/vty_debug.h"

#include "l2mcd/l2mcd_debug_clippy.c"

struct debug l2mcd_dbg_events = {.desc = "L2TP events"};
struct debug l2mcd_dbg_packets = {.desc = "L2TP control messages"};
struct debug l2mcd_dbg_hex = {.desc = "L2TP control messages in hexadecimal"};
struct debug l2mcd_dbg_fsm = {.desc = "L2TP state changes"};
struct debug l2mcd_dbg_gmp = {.desc = "IGMP and MLD"};
struct debug l2mcd_dbg_pppoe = {.desc = "PPPoE Discovery"};
struct debug l2mcd_dbg_multicast = {.desc = "Multicast sessions (RFC 4045)"};
struct debug l2mcd_dbg_zebra = {.desc = "Interfaces told by zebra"};
struct debug l2mcd_dbg_fib = {.desc = "Forwarding objects and agents"};

static const struct debug_flag table[] = {
	{"events", "debug l2tp events", &l2mcd_dbg_events},
	{"packets", "debug l2tp packets", &l2mcd_dbg_packets},
	{"packets hex", "debug l2tp packets hex", &l2mcd_dbg_hex},
	{"fsm", "debug l2tp fsm", &l2mcd_dbg_fsm},
	{"gmp", "debug l2tp gmp", &l2mcd_dbg_gmp},
	{"pppoe", "debug l2tp pppoe", &l2mcd_dbg_pppoe},
	{"multicast", "debug l2tp multicast", &l2mcd_dbg_multicast},
	{"zebra", "debug l2tp zebra", &l2mcd_dbg_zebra},
	{"fib", "debug l2tp fib", &l2mcd_dbg_fib},
};

static const struct debug_flags flags = {table, array_size(table)};

DEFPY (l2mcd_debug,
       l2mcd_debug_cmd,
       "[no] debug l2tp <events|packets|fsm|gmp|pppoe|multicast|zebra|fib>$what",
       NO_STR
       DEBUG_STR
       "L2TP\n"
       "Tunnels and sessions coming and going\n"
       "Control messages, decoded\n"
       "State changes\n"
       "IGMP and MLD of subscribers and towards pimd\n"
       "PPPoE Discovery frames, decoded\n"
       "Multicast sessions (RFC 4045)\n"
       "Interfaces told by zebra\n"
       "Forwarding objects and agents\n")
{
	debug_flags_set(vty, &flags, what, !no);
	if (no && strcmp(what, "packets") == 0)
		debug_flags_set(vty, &flags, "packets hex", false);
	return CMD_SUCCESS;
}

DEFPY (l2mcd_debug_hex,
       l2mcd_debug_hex_cmd,
       "[no] debug l2tp packets hex",
       NO_STR
       DEBUG_STR
       "L2TP\n"
       "Control messages, decoded\n"
       "And in hexadecimal\n")
{
	debug_flags_set(vty, &flags, "packets hex", !no);
	if (!no)
		debug_flags_set(vty, &flags, "packets", true);
	return CMD_SUCCESS;
}

DEFUN_NOSH (l2mcd_show_debugging,
	    l2mcd_show_debugging_cmd,
	    "show debugging [l2tp]",
	    SHOW_STR
	    DEBUG_STR
	    "L2TP\n")
{
	vty_out(vty, "L2TP debugging status:\n");
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

void l2mcd_debug_init(void)
{
	debug_flags_install(&flags);
	install_node(&debug_node);
	install_element(ENABLE_NODE, &l2mcd_debug_cmd);
	install_element(CONFIG_NODE, &l2mcd_debug_cmd);
	install_element(ENABLE_NODE, &l2mcd_debug_hex_cmd);
	install_element(CONFIG_NODE, &l2mcd_debug_hex_cmd);
	install_element(VIEW_NODE, &l2mcd_show_debugging_cmd);
}
