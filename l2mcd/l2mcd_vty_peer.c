// SPDX-License-Identifier: GPL-2.0-or-later
/* Configuration commands: peer-groups and access interfaces; see l2mcd_vty.h. */
#include "l2mcd/l2mcd_vty.h"

#include "l2mcd/l2mcd_vty_peer_clippy.c"

#define PEER_GROUP_STR "Peers and what is agreed with them\n"
#define ACCESS_STR     "Interface with a subscriber behind it\n"

/* A setting that means nothing in this role is a mistake. */
static bool role_is(struct vty *vty, const struct l2mcd_peer_group *g, bool lac, const char *what)
{
	if (lac ? g->lac : g->lns)
		return true;
	vty_refuse(vty, "'%s' is for role %s, peer-group '%s' has role %s", what,
		   lac ? "lac" : "lns", g->name, l2mcd_role_name(g));
	return false;
}

/* ---------------------------------------------------------------- peer-group */

DEFPY_NOSH (l2mcd_peer_group_enter,
            l2mcd_peer_group_enter_cmd,
            "peer-group NAME$name <lac|lns|both>$role",
            PEER_GROUP_STR
            "Name of the peer-group\n"
            "We are the LAC: calls are placed to these peers\n"
            "We are the LNS: calls of these peers are taken\n"
            "We are both, in one tunnel\n")
{
	struct l2mcd_config *c = l2mcd_vty_config();
	struct l2mcd_peer_group *g = l2mcd_peer_group_find(c, name);

	if (strlen(name) >= L2MCD_NAME_LEN)
		return vty_refuse(vty, "peer-group '%s': longer than %d characters", name,
				  L2MCD_NAME_LEN - 1);
	if (g && strcmp(l2mcd_role_name(g), role) != 0)
		return vty_refuse(vty, "peer-group '%s' has role %s, not '%s'", name,
				  l2mcd_role_name(g), role);
	g = l2mcd_peer_group_add(c, name, strcmp(role, "lns") != 0);
	g->lns = strcmp(role, "lac") != 0;
	VTY_PUSH_CONTEXT(L2MCD_PEER_GROUP_NODE, g);
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_no_peer_group,
       l2mcd_no_peer_group_cmd,
       "no peer-group NAME$name [<lac|lns|both>]",
       NO_STR
       PEER_GROUP_STR
       "Name of the peer-group\n"
       "We are the LAC\n"
       "We are the LNS\n"
       "We are both\n")
{
	struct l2mcd_config *c = l2mcd_vty_config();
	struct l2mcd_peer_group *g = l2mcd_peer_group_find(c, name);
	struct l2mcd_access *a;

	if (!g)
		return CMD_SUCCESS;
	frr_each (l2mcd_accesses, &c->accesses, a)
		if (l2mcd_access_uses(a, name))
			return vty_refuse(vty, "peer-group '%s' is used by access '%s'", name,
					  a->interface);
	l2mcd_peer_group_del(c, g);
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_match_host_name,
       l2mcd_match_host_name_cmd,
       "[no] match host-name ![WORD$name]",
       NO_STR
       "Which peers belong to this group; default all\n"
       "Host Name the peer sends\n"
       "Host name, up to 63 characters\n")
{
	VTY_DECLVAR_CONTEXT(l2mcd_peer_group, g);

	if (!role_is(vty, g, false, "match"))
		return CMD_WARNING_CONFIG_FAILED;
	if (!no && strlen(name) >= sizeof(g->match_host))
		return vty_refuse(vty, "host name '%s' is longer than %zu characters", name,
				  sizeof(g->match_host) - 1);
	strlcpy(g->match_host, no ? "" : name, sizeof(g->match_host));
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_match_address,
       l2mcd_match_address_cmd,
       "[no] match address ![<A.B.C.D/M|X:X::X:X/M>$prefix]",
       NO_STR
       "Which peers belong to this group; default all\n"
       "Address of the peer\n"
       "Prefix the address is in\n"
       "Prefix the address is in\n")
{
	VTY_DECLVAR_CONTEXT(l2mcd_peer_group, g);
	struct prefix p;

	if (!role_is(vty, g, false, "match"))
		return CMD_WARNING_CONFIG_FAILED;
	g->has_match_prefix = !no;
	if (!no) {
		p = *prefix;
		apply_mask(&p);
		g->match_prefix = vty_prefix_addr(&p);
		g->match_prefixlen = p.prefixlen;
	}
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_secret,
       l2mcd_secret_cmd,
       "[no] secret ![<0|8>$form LINE$text]",
       NO_STR
       "Shared secret: tunnel authentication and hiding of AVPs; default none\n"
       "The secret itself follows\n"
       "Its obfuscated form follows, as the running configuration shows it\n"
       "Secret without blanks, up to 255 octets\n")
{
	VTY_DECLVAR_CONTEXT(l2mcd_peer_group, g);
	char secret[sizeof(g->secret)];

	/* The text is not repeated: it may be a secret with a typing error. */
	if (no)
		secret[0] = '\0';
	else if (form[0] == '8' && !vty_secret_reveal(text, secret, sizeof(secret)))
		return vty_refuse(vty, "'secret 8' is not followed by an obfuscated secret");
	else if (form[0] == '0' && strlcpy(secret, text, sizeof(secret)) >= sizeof(secret))
		return vty_refuse(vty, "'secret 0' is followed by more than %zu octets",
				  sizeof(secret) - 1);
	memcpy(g->secret, secret, sizeof(secret));
	explicit_bzero(secret, sizeof(secret));
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_use_profile,
       l2mcd_use_profile_cmd,
       "[no] profile ![NAME$name]",
       NO_STR
       "Settings of control connections; default is a profile with nothing set\n"
       "Name of the profile\n")
{
	VTY_DECLVAR_CONTEXT(l2mcd_peer_group, g);

	if (!no && !l2mcd_profile_find(l2mcd_vty_config(), name))
		return vty_refuse(vty, "unknown profile '%s'", name);
	strlcpy(g->profile, no ? "" : name, sizeof(g->profile));
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_endpoint,
       l2mcd_endpoint_cmd,
       "[no] endpoint <A.B.C.D|X:X::X:X>$address [preference (0-65535)$preference] [source <A.B.C.D|X:X::X:X>$source]",
       NO_STR
       "An LNS; endpoints are tried in the order of their preference\n"
       "Address of the LNS\n"
       "Address of the LNS; needs an IPv6 address to listen on\n"
       "Which endpoint is tried first; default 0\n"
       "Lower is tried first\n"
       "Our address towards it; default is the listen address\n"
       "Local address\n"
       "Local address\n")
{
	VTY_DECLVAR_CONTEXT(l2mcd_peer_group, g);
	struct addr a, src = ADDR_ANY;

	addr_parse(address_str, &a);
	if (source_str)
		addr_parse(source_str, &src);
	if (!role_is(vty, g, true, "endpoint"))
		return CMD_WARNING_CONFIG_FAILED;
	if (no) {
		l2mcd_endpoint_del(g, &a);
		return l2mcd_vty_changed();
	}
	if (addr_is_any(&a) || addr_is_multicast(&a))
		return vty_refuse(vty, "'%s' is not the address of an LNS", address_str);
	if (source_str && (addr_is_multicast(&src) || addr_is_v4(&src) != addr_is_v4(&a)))
		return vty_refuse(vty, "'%s' is not an address of this system", source_str);
	l2mcd_endpoint_set(g, &a, preference, addr_is_any(&src) ? NULL : &src);
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_denylist,
       l2mcd_denylist_cmd,
       "[no] denylist ![(0-86400)$seconds]",
       NO_STR
       "How long an unreachable endpoint is skipped; default 60\n"
       "Seconds, 0 tries it again at once\n")
{
	VTY_DECLVAR_CONTEXT(l2mcd_peer_group, g);

	if (!role_is(vty, g, true, "denylist"))
		return CMD_WARNING_CONFIG_FAILED;
	g->denylist_s = no ? L2MCD_DENYLIST_S : (uint32_t)seconds;
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_accept,
       l2mcd_accept_cmd,
       "[no] accept [maximum-tunnels (1-65535)$tunnels]",
       NO_STR
       "Accept tunnels of these peers; default is to refuse them\n"
       "Limit the tunnels of this group\n"
       "Number of tunnels\n")
{
	VTY_DECLVAR_CONTEXT(l2mcd_peer_group, g);

	if (!role_is(vty, g, false, "accept"))
		return CMD_WARNING_CONFIG_FAILED;
	g->accept = !no;
	g->maximum_tunnels = no ? 0 : (uint32_t)tunnels;
	return l2mcd_vty_changed();
}

static const char *const multicast_names[] = {
	[L2MCD_MCAST_NEGOTIATE] = "negotiate",
	[L2MCD_MCAST_DISABLE] = "disable",
	[L2MCD_MCAST_REQUIRE] = "require",
};

DEFPY (l2mcd_multicast_mode,
       l2mcd_multicast_mode_cmd,
       "[no] multicast ![<disable|negotiate|require>$mode]",
       NO_STR
       "Multicast Capability AVP (RFC 4045 3.2); default negotiate\n"
       "Unicast copies only\n"
       "Multicast sessions if the peer can\n"
       "Refuse peers that cannot\n")
{
	VTY_DECLVAR_CONTEXT(l2mcd_peer_group, g);

	g->multicast = L2MCD_MCAST_NEGOTIATE;
	for (size_t i = 0; !no && i < array_size(multicast_names); i++)
		if (strcmp(multicast_names[i], mode) == 0)
			g->multicast = i;
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_shutdown,
       l2mcd_shutdown_cmd,
       "[no] shutdown",
       NO_STR
       "Close the tunnels of this group and open no new ones\n")
{
	VTY_DECLVAR_CONTEXT(l2mcd_peer_group, g);

	g->shutdown = !no;
	return l2mcd_vty_changed();
}

/* ---------------------------------------------------------------- access */

struct l2mcd_peer_group *l2mcd_vty_access_group(struct vty *vty, const char *name)
{
	struct l2mcd_peer_group *g = l2mcd_peer_group_find(l2mcd_vty_config(), name);

	if (g)
		return role_is(vty, g, true, "access") ? g : NULL;
	vty_refuse(vty, "unknown peer-group '%s'", name);
	return NULL;
}

DEFPY_NOSH (l2mcd_access_enter,
            l2mcd_access_enter_cmd,
            "access IFNAME$interface static",
            ACCESS_STR
            "Name of the interface\n"
            "One subscriber, one call for it\n")
{
	struct l2mcd_access *a;

	if (!vty_ifname_ok(interface))
		return vty_refuse(vty, "'%s' cannot be the name of an interface", interface);
	a = l2mcd_access_find(l2mcd_vty_config(), interface);
	if (a && a->pppoe)
		return vty_refuse(vty, "access '%s' is 'pppoe' already", interface);
	VTY_PUSH_CONTEXT(L2MCD_ACCESS_NODE, l2mcd_access_add(l2mcd_vty_config(), interface));
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_no_access,
       l2mcd_no_access_cmd,
       "no access IFNAME$interface [static]",
       NO_STR
       ACCESS_STR
       "Name of the interface\n"
       "One subscriber, one call for it\n")
{
	struct l2mcd_config *c = l2mcd_vty_config();
	struct l2mcd_access *a = l2mcd_access_find(c, interface);

	if (a && !a->pppoe)
		l2mcd_access_del(c, a);
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_access_peer_group,
       l2mcd_access_peer_group_cmd,
       "[no] peer-group ![NAME$name]",
       NO_STR
       "Where the call goes; default nowhere: no call\n"
       "Name of a peer-group in which we are the LAC\n")
{
	VTY_DECLVAR_CONTEXT(l2mcd_access, a);
	struct l2mcd_peer_group *g;

	if (!no) {
		g = l2mcd_vty_access_group(vty, name);
		if (!g)
			return CMD_WARNING_CONFIG_FAILED;
	}
	strlcpy(a->peer_group, no ? "" : name, sizeof(a->peer_group));
	return l2mcd_vty_changed();
}

/* ---------------------------------------------------------------- running configuration */

static void endpoint_write(struct vty *vty, const struct l2mcd_endpoint *e)
{
	char buf[ADDR_STRLEN];

	vty_out(vty, "  endpoint %s", addr_str(&e->addr, buf));
	if (e->preference)
		vty_out(vty, " preference %u", e->preference);
	if (!addr_is_any(&e->source))
		vty_out(vty, " source %s", addr_str(&e->source, buf));
	vty_out(vty, "\n");
}

static void match_write(struct vty *vty, const struct l2mcd_peer_group *g)
{
	char buf[ADDR_STRLEN];

	if (g->match_host[0])
		vty_out(vty, "  match host-name %s\n", g->match_host);
	if (g->has_match_prefix)
		vty_out(vty, "  match address %s/%u\n", addr_str(&g->match_prefix, buf),
			g->match_prefixlen);
}

static void peer_group_write(struct vty *vty, const struct l2mcd_peer_group *g)
{
	char hidden[2 * L2TP_MAX_SECRET + 1];
	const struct l2mcd_endpoint *e;

	vty_out(vty, " peer-group %s %s\n", g->name, l2mcd_role_name(g));
	match_write(vty, g);
	if (g->secret[0]) {
		vty_secret_hide(g->secret, hidden, sizeof(hidden));
		vty_out(vty, "  secret 8 %s\n", hidden);
	}
	if (g->profile[0])
		vty_out(vty, "  profile %s\n", g->profile);
	frr_each (l2mcd_endpoints_const, &g->endpoints, e)
		endpoint_write(vty, e);
	if (g->denylist_s != L2MCD_DENYLIST_S)
		vty_out(vty, "  denylist %u\n", g->denylist_s);
	if (g->accept) {
		vty_out(vty, "  accept");
		if (g->maximum_tunnels)
			vty_out(vty, " maximum-tunnels %u", g->maximum_tunnels);
		vty_out(vty, "\n");
	}
	if (g->multicast != L2MCD_MCAST_NEGOTIATE)
		vty_out(vty, "  multicast %s\n", multicast_names[g->multicast]);
	if (g->shutdown)
		vty_out(vty, "  shutdown\n");
	vty_out(vty, " exit\n");
}

void l2mcd_vty_peer_write(struct vty *vty, const struct l2mcd_config *c)
{
	const struct l2mcd_peer_group *g;

	frr_each (l2mcd_peer_groups_const, &c->peer_groups, g)
		peer_group_write(vty, g);
}

void l2mcd_vty_access_write(struct vty *vty, const struct l2mcd_config *c)
{
	const struct l2mcd_access *a;

	frr_each (l2mcd_accesses_const, &c->accesses, a) {
		if (a->pppoe) {
			l2mcd_vty_pppoe_write(vty, a);
			continue;
		}
		vty_out(vty, " access %s static\n", a->interface);
		if (a->peer_group[0])
			vty_out(vty, "  peer-group %s\n", a->peer_group);
		l2mcd_vty_access_calls_write(vty, a);
		vty_out(vty, " exit\n");
	}
}

/* ---------------------------------------------------------------- init */

static struct cmd_node peer_group_node = {
	.name = "l2tp-multicast peer-group",
	.node = L2MCD_PEER_GROUP_NODE,
	.parent_node = L2MCD_NODE,
	.prompt = "%s(config-l2tp-mc-peer-group)# ",
};

static struct cmd_node access_node = {
	.name = "l2tp-multicast access",
	.node = L2MCD_ACCESS_NODE,
	.parent_node = L2MCD_NODE,
	.prompt = "%s(config-l2tp-mc-access)# ",
};

void l2mcd_vty_peer_init(void)
{
	install_node(&peer_group_node);
	install_default(L2MCD_PEER_GROUP_NODE);
	install_element(L2MCD_NODE, &l2mcd_peer_group_enter_cmd);
	install_element(L2MCD_NODE, &l2mcd_no_peer_group_cmd);
	install_element(L2MCD_PEER_GROUP_NODE, &l2mcd_match_host_name_cmd);
	install_element(L2MCD_PEER_GROUP_NODE, &l2mcd_match_address_cmd);
	install_element(L2MCD_PEER_GROUP_NODE, &l2mcd_secret_cmd);
	install_element(L2MCD_PEER_GROUP_NODE, &l2mcd_use_profile_cmd);
	install_element(L2MCD_PEER_GROUP_NODE, &l2mcd_endpoint_cmd);
	install_element(L2MCD_PEER_GROUP_NODE, &l2mcd_denylist_cmd);
	install_element(L2MCD_PEER_GROUP_NODE, &l2mcd_accept_cmd);
	install_element(L2MCD_PEER_GROUP_NODE, &l2mcd_multicast_mode_cmd);
	install_element(L2MCD_PEER_GROUP_NODE, &l2mcd_shutdown_cmd);

	install_node(&access_node);
	install_default(L2MCD_ACCESS_NODE);
	install_element(L2MCD_NODE, &l2mcd_access_enter_cmd);
	install_element(L2MCD_NODE, &l2mcd_no_access_cmd);
	install_element(L2MCD_ACCESS_NODE, &l2mcd_access_peer_group_cmd);
	l2mcd_vty_pppoe_init();
	install_element(L2MCD_PPPOE_NODE, &l2mcd_access_peer_group_cmd);
}
