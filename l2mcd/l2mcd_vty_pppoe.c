// SPDX-License-Identifier: GPL-2.0-or-later
/* Configuration commands: access interfaces on which subscribers come by PPPoE; see l2mcd_vty.h. */
#include "l2mcd/l2mcd_vty.h"

#include "l2mcd/l2mcd_vty_pppoe_clippy.c"

#define ACCESS_STR "Interface with a subscriber behind it\n"
#define VLAN_STR                                                                                   \
	"Frames with a VLAN tag\n"                                                                 \
	"VLAN identifier of the outer tag\n"                                                       \
	"Frames with two VLAN tags; then the outer is a service tag (802.1ad)\n"                   \
	"VLAN identifier of the inner tag\n"

static uint8_t tags(const char *outer_str, long outer, const char *inner_str, long inner,
		    uint16_t vlan[PPPOE_MAX_VLANS])
{
	vlan[0] = outer_str ? outer : 0;
	vlan[1] = inner_str ? inner : 0;
	return inner_str ? 2 : outer_str ? 1 : 0;
}

DEFPY_NOSH (l2mcd_pppoe_enter,
	    l2mcd_pppoe_enter_cmd,
	    "access IFNAME$interface [vlan (1-4094)$outer [inner (1-4094)$inner]] pppoe",
	    ACCESS_STR
	    "Name of the interface\n"
	    VLAN_STR
	    "Subscribers come by PPPoE, each gets a call\n")
{
	struct l2mcd_config *c = l2mcd_vty_config();
	uint16_t vlan[PPPOE_MAX_VLANS];
	uint8_t n = tags(outer_str, outer, inner_str, inner, vlan);
	struct l2mcd_access *a = l2mcd_access_find_tagged(c, interface, n, vlan);

	if (!vty_ifname_ok(interface))
		return vty_refuse(vty, "'%s' cannot be the name of an interface", interface);
	if (a && !a->pppoe)
		return vty_refuse(vty, "access '%s' is 'static' already", interface);
	VTY_PUSH_CONTEXT(L2MCD_PPPOE_NODE, l2mcd_access_add_pppoe(c, interface, n, vlan));
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_no_pppoe,
       l2mcd_no_pppoe_cmd,
       "no access IFNAME$interface [vlan (1-4094)$outer [inner (1-4094)$inner]] pppoe",
       NO_STR
       ACCESS_STR
       "Name of the interface\n"
       VLAN_STR
       "Subscribers come by PPPoE, each gets a call\n")
{
	struct l2mcd_config *c = l2mcd_vty_config();
	uint16_t vlan[PPPOE_MAX_VLANS];
	uint8_t n = tags(outer_str, outer, inner_str, inner, vlan);
	struct l2mcd_access *a = l2mcd_access_find_tagged(c, interface, n, vlan);

	if (a && a->pppoe)
		l2mcd_access_del(c, a);
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_pppoe_service,
       l2mcd_pppoe_service_cmd,
       "service-name WORD$service peer-group NAME$group",
       "Service a subscriber asks for\n"
       "Service-Name, up to 63 characters\n"
       "Where the calls of these subscribers go\n"
       "Name of a peer-group in which we are the LAC\n")
{
	VTY_DECLVAR_CONTEXT(l2mcd_access, a);

	if (strlen(service) >= PPPOE_NAME_LEN)
		return vty_refuse(vty, "service '%s' is longer than %d characters", service,
				  PPPOE_NAME_LEN - 1);
	if (!l2mcd_vty_access_group(vty, group))
		return CMD_WARNING_CONFIG_FAILED;
	if (!l2mcd_access_service_set(a, service, group))
		return vty_refuse(vty, "service '%s' would be one more than %d", service,
				  L2MCD_PPPOE_MAX_SERVICES);
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_no_pppoe_service,
       l2mcd_no_pppoe_service_cmd,
       "no service-name WORD$service [peer-group NAME]",
       NO_STR
       "Service a subscriber asks for\n"
       "Service-Name\n"
       "Where the calls of these subscribers go\n"
       "Name of a peer-group\n")
{
	VTY_DECLVAR_CONTEXT(l2mcd_access, a);

	l2mcd_access_service_del(a, service);
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_pppoe_ac_name,
       l2mcd_pppoe_ac_name_cmd,
       "[no] ac-name ![WORD$name]",
       NO_STR
       "AC-Name that subscribers see; default our host name\n"
       "Name, up to 63 characters\n")
{
	VTY_DECLVAR_CONTEXT(l2mcd_access, a);

	if (!no && strlen(name) >= PPPOE_NAME_LEN)
		return vty_refuse(vty, "name '%s' is longer than %d characters", name,
				  PPPOE_NAME_LEN - 1);
	strlcpy(a->ppp.ac_name, no ? "" : name, sizeof(a->ppp.ac_name));
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_pppoe_sessions,
       l2mcd_pppoe_sessions_cmd,
       "[no] maximum-sessions ![(1-65000)$limit]",
       NO_STR
       "Sessions on this access interface\n"
       "Sessions, default 16384\n")
{
	VTY_DECLVAR_CONTEXT(l2mcd_access, a);

	a->ppp.session_limit = no ? L2MCD_PPPOE_SESSIONS : limit;
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_pppoe_host_sessions,
       l2mcd_pppoe_host_sessions_cmd,
       "[no] maximum-sessions-per-host ![(0-65000)$limit]",
       NO_STR
       "Sessions of one MAC address\n"
       "Sessions, 0 for no limit, default 8\n")
{
	VTY_DECLVAR_CONTEXT(l2mcd_access, a);

	a->ppp.host_session_limit = no ? L2MCD_PPPOE_HOST : limit;
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_pppoe_padi,
       l2mcd_pppoe_padi_cmd,
       "[no] maximum-padi ![(0-1000000)$rate]",
       NO_STR
       "PADIs that are answered\n"
       "PADIs per second, 0 for no limit, default 1000\n")
{
	VTY_DECLVAR_CONTEXT(l2mcd_access, a);

	a->ppp.padi_rate = no ? L2MCD_PPPOE_PADI_RATE : rate;
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_pppoe_data_path,
       l2mcd_pppoe_data_path_cmd,
       "[no] data-path ![<kernel|none>$how]",
       NO_STR
       "Who carries the subscribers' frames to the tunnel and back\n"
       "The kernel, between its PPP channels; a call without them is refused (default)\n"
       "Nobody: only multicast sessions reach the subscribers; for labs\n")
{
	VTY_DECLVAR_CONTEXT(l2mcd_access, a);

	a->ppp.no_data_path = !no && strcmp(how, "none") == 0;
	return l2mcd_vty_changed();
}

/* ---------------------------------------------------------------- running configuration */

void l2mcd_vty_pppoe_write(struct vty *vty, const struct l2mcd_access *a)
{
	const struct l2mcd_pppoe_config *p = &a->ppp;

	vty_out(vty, " access %s", a->interface);
	if (a->n_vlans)
		vty_out(vty, " vlan %u", a->vlan[0]);
	if (a->n_vlans > 1)
		vty_out(vty, " inner %u", a->vlan[1]);
	vty_out(vty, " pppoe\n");
	if (a->peer_group[0])
		vty_out(vty, "  peer-group %s\n", a->peer_group);
	for (size_t i = 0; i < p->n_services; i++)
		vty_out(vty, "  service-name %s peer-group %s\n", p->services[i], p->groups[i]);
	if (p->ac_name[0])
		vty_out(vty, "  ac-name %s\n", p->ac_name);
	if (p->session_limit != L2MCD_PPPOE_SESSIONS)
		vty_out(vty, "  maximum-sessions %u\n", p->session_limit);
	if (p->host_session_limit != L2MCD_PPPOE_HOST)
		vty_out(vty, "  maximum-sessions-per-host %u\n", p->host_session_limit);
	if (p->padi_rate != L2MCD_PPPOE_PADI_RATE)
		vty_out(vty, "  maximum-padi %u\n", p->padi_rate);
	if (p->no_data_path)
		vty_out(vty, "  data-path none\n");
	vty_out(vty, " exit\n");
}

/* ---------------------------------------------------------------- init */

static struct cmd_node pppoe_node = {
	.name = "l2tp-multicast access pppoe",
	.node = L2MCD_PPPOE_NODE,
	.parent_node = L2MCD_NODE,
	.prompt = "%s(config-l2tp-mc-pppoe)# ",
};

void l2mcd_vty_pppoe_init(void)
{
	install_node(&pppoe_node);
	install_default(L2MCD_PPPOE_NODE);
	install_element(L2MCD_NODE, &l2mcd_pppoe_enter_cmd);
	install_element(L2MCD_NODE, &l2mcd_no_pppoe_cmd);
	install_element(L2MCD_PPPOE_NODE, &l2mcd_pppoe_service_cmd);
	install_element(L2MCD_PPPOE_NODE, &l2mcd_no_pppoe_service_cmd);
	install_element(L2MCD_PPPOE_NODE, &l2mcd_pppoe_ac_name_cmd);
	install_element(L2MCD_PPPOE_NODE, &l2mcd_pppoe_sessions_cmd);
	install_element(L2MCD_PPPOE_NODE, &l2mcd_pppoe_host_sessions_cmd);
	install_element(L2MCD_PPPOE_NODE, &l2mcd_pppoe_padi_cmd);
	install_element(L2MCD_PPPOE_NODE, &l2mcd_pppoe_data_path_cmd);
}
