// SPDX-License-Identifier: GPL-2.0-or-later
/* Debug flags and their commands. */
#include "l2mcd/l2mcd_vty.h"

#include "l2mcd/l2mcd_debug_clippy.c"

FRRX_DEBUG_DEFINE(l2mcd_dbg_events, "debug l2tp events", "L2TP events");
FRRX_DEBUG_DEFINE(l2mcd_dbg_packets, "debug l2tp packets", "L2TP control messages");
FRRX_DEBUG_DEFINE(l2mcd_dbg_hex, "debug l2tp packets hex", "L2TP control messages in hexadecimal");
FRRX_DEBUG_DEFINE(l2mcd_dbg_fsm, "debug l2tp fsm", "L2TP state changes");
FRRX_DEBUG_DEFINE(l2mcd_dbg_gmp, "debug l2tp gmp", "IGMP and MLD");
FRRX_DEBUG_DEFINE(l2mcd_dbg_multicast, "debug l2tp multicast", "Multicast sessions (RFC 4045)");
FRRX_DEBUG_DEFINE(l2mcd_dbg_zebra, "debug l2tp zebra", "Interfaces told by zebra");
FRRX_DEBUG_DEFINE(l2mcd_dbg_fib, "debug l2tp fib", "Forwarding objects and agents");

static const struct {
	const char *word;
	struct debug *debug;
} flags[] = {
	{"events", &l2mcd_dbg_events},
	{"packets", &l2mcd_dbg_packets},
	{"fsm", &l2mcd_dbg_fsm},
	{"gmp", &l2mcd_dbg_gmp},
	{"multicast", &l2mcd_dbg_multicast},
	{"zebra", &l2mcd_dbg_zebra},
	{"fib", &l2mcd_dbg_fib},
};

DEFPY (l2mcd_debug,
       l2mcd_debug_cmd,
       "[no] debug l2tp <events|packets|fsm|gmp|multicast|zebra|fib>$what",
       NO_STR
       DEBUG_STR
       "L2TP\n"
       "Tunnels and sessions coming and going\n"
       "Control messages, decoded\n"
       "State changes\n"
       "IGMP and MLD of subscribers and towards pimd\n"
       "Multicast sessions (RFC 4045)\n"
       "Interfaces told by zebra\n"
       "Forwarding objects and agents\n")
{
	uint32_t mode = DEBUG_NODE2MODE(vty->node);

	for (size_t i = 0; i < array_size(flags); i++)
		if (strcmp(flags[i].word, what) == 0)
			DEBUG_MODE_SET(flags[i].debug, mode, !no);
	if (no && strcmp(what, "packets") == 0)
		DEBUG_MODE_SET(&l2mcd_dbg_hex, mode, false);
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
	uint32_t mode = DEBUG_NODE2MODE(vty->node);

	DEBUG_MODE_SET(&l2mcd_dbg_hex, mode, !no);
	if (!no)
		DEBUG_MODE_SET(&l2mcd_dbg_packets, mode, true);
	return CMD_SUCCESS;
}

static void show_flag(struct vty *vty, const struct debug *d)
{
	if (DEBUG_MODE_CHECK(d, DEBUG_MODE_ALL))
		vty_out(vty, "  %s debugging is on\n", d->desc);
}

DEFUN_NOSH (l2mcd_show_debugging,
	    l2mcd_show_debugging_cmd,
	    "show debugging [l2tp]",
	    SHOW_STR
	    DEBUG_STR
	    "L2TP\n")
{
	vty_out(vty, "L2TP debugging status:\n");
	for (size_t i = 0; i < array_size(flags); i++)
		show_flag(vty, flags[i].debug);
	show_flag(vty, &l2mcd_dbg_hex);
	return CMD_SUCCESS;
}

static int debug_write(struct vty *vty)
{
	int written = 0;

	written += FRRX_DEBUG_WRITE(vty, l2mcd_dbg_events);
	written += FRRX_DEBUG_WRITE(vty, l2mcd_dbg_packets);
	written += FRRX_DEBUG_WRITE(vty, l2mcd_dbg_hex);
	written += FRRX_DEBUG_WRITE(vty, l2mcd_dbg_fsm);
	written += FRRX_DEBUG_WRITE(vty, l2mcd_dbg_gmp);
	written += FRRX_DEBUG_WRITE(vty, l2mcd_dbg_multicast);
	written += FRRX_DEBUG_WRITE(vty, l2mcd_dbg_zebra);
	written += FRRX_DEBUG_WRITE(vty, l2mcd_dbg_fib);
	return written;
}

static struct cmd_node debug_node = {
	.name = "debug",
	.node = DEBUG_NODE,
	.prompt = "",
	.config_write = debug_write,
};

void l2mcd_debug_init(void)
{
	frrx_debug_install(l2mcd_dbg_events);
	frrx_debug_install(l2mcd_dbg_packets);
	frrx_debug_install(l2mcd_dbg_hex);
	frrx_debug_install(l2mcd_dbg_fsm);
	frrx_debug_install(l2mcd_dbg_gmp);
	frrx_debug_install(l2mcd_dbg_multicast);
	frrx_debug_install(l2mcd_dbg_zebra);
	frrx_debug_install(l2mcd_dbg_fib);

	install_node(&debug_node);
	install_element(ENABLE_NODE, &l2mcd_debug_cmd);
	install_element(CONFIG_NODE, &l2mcd_debug_cmd);
	install_element(ENABLE_NODE, &l2mcd_debug_hex_cmd);
	install_element(CONFIG_NODE, &l2mcd_debug_hex_cmd);
	install_element(VIEW_NODE, &l2mcd_show_debugging_cmd);
}
