// SPDX-License-Identifier: GPL-2.0-or-later
/* show l2tp membership: where group state comes from, and how well; see l2mcd_vty.h. */
#include "l2mcd/l2mcd_membership.h"
#include "l2mcd/l2mcd_pimd.h"
#include "l2mcd/l2mcd_show.h"
#include "l2mcd/l2mcd_vty.h"

#include "l2mcd/l2mcd_show_membership_clippy.c"

#define L2TP_STR "L2TP\n"

static void show_pimd(struct vty *vty)
{
	char age[SHOW_TIME_LEN], event[SHOW_TIME_LEN];
	msec_t now = l2mcd_now();
	struct l2mcd_pimd_info i;

	l2mcd_pimd_info(&i);
	if (!i.reader[0])
		vty_out(vty, "%-24s none: pimd is not connected\n", "Reader");
	else
		vty_out(vty, "%-24s %s%s, connected %s\n", "Reader", i.reader,
			strcmp(i.trigger, "log") == 0	 ? ", told by pimd's log"
			: strcmp(i.trigger, "poll") == 0 ? ", told by nobody: it polls"
							 : "",
			show_since(i.connected, now, age));
	vty_out(vty, "%-24s %s\n", "pimd", i.version[0] ? i.version : "-");
	vty_out(vty, "%-24s %zu, %zu of them held since pimd was restarted\n", "Memberships",
		i.groups, i.held);
	vty_out(vty, "%-24s %" PRIu64 ", the last one %s ago\n", "Changes", i.events,
		show_since(i.last_event, now, event));
	vty_out(vty, "%-24s %" PRIu64 ", the last one %s ago\n", "Whole readings", i.snapshots,
		show_since(i.last_snapshot, now, age));
	vty_out(vty, "%-24s %" PRIu64 "\n", "Connections", i.connects);
	if (i.vifs_max)
		vty_out(vty, "%-24s %u of the kernel's %u\n", "Multicast interfaces", i.vifs,
			i.vifs_max);
	vty_out(vty, "%-24s %zu\n", "Sessions without IGMP", i.unserved);
	if (i.error[0])
		vty_out(vty, "%-24s %s, %s ago\n", "Last error", i.error,
			show_since(i.last_error, now, age));
}

static void json_pimd(json_object *o)
{
	msec_t now = l2mcd_now();
	struct l2mcd_pimd_info i;

	l2mcd_pimd_info(&i);
	json_object_string_add(o, "reader", i.reader[0] ? i.reader : "none");
	if (i.trigger[0])
		json_object_string_add(o, "trigger", i.trigger);
	if (i.version[0])
		json_object_string_add(o, "pimdVersion", i.version);
	json_add_since(o, "connected", i.connected, now);
	json_object_int_add(o, "memberships", i.groups);
	json_object_int_add(o, "held", i.held);
	json_object_int_add(o, "changes", i.events);
	json_add_since(o, "lastChange", i.last_event, now);
	json_object_int_add(o, "readings", i.snapshots);
	json_add_since(o, "lastReading", i.last_snapshot, now);
	json_object_int_add(o, "connections", i.connects);
	if (i.vifs_max) {
		json_object_int_add(o, "multicastInterfaces", i.vifs);
		json_object_int_add(o, "multicastInterfacesMaximum", i.vifs_max);
	}
	json_object_int_add(o, "sessionsWithoutIgmp", i.unserved);
	if (i.error[0]) {
		json_object_string_add(o, "lastError", i.error);
		json_add_since(o, "lastErrorAge", i.last_error, now);
	}
}

DEFPY(l2mcd_show_membership, l2mcd_show_membership_cmd, "show l2tp membership [json$json]",
      SHOW_STR L2TP_STR "Where group memberships of subscribers come from\n" JSON_STR)
{
	const struct membership_source *source = l2mcd_membership(l2mcd_instance());
	bool pimd = source == &l2mcd_membership_pimd;

	if (json) {
		json_object *o = json_object_new_object();

		json_object_string_add(o, "source", source->name);
		if (pimd)
			json_pimd(o);
		return vty_json(vty, o);
	}
	vty_out(vty, "%-24s %s\n", "Source", source->name);
	if (pimd)
		show_pimd(vty);
	return CMD_SUCCESS;
}

void l2mcd_show_membership_init(void)
{
	install_element(VIEW_NODE, &l2mcd_show_membership_cmd);
}
