// SPDX-License-Identifier: GPL-2.0-or-later
/* Configuration commands: nodes, settings of the daemon, profiles; see l2mcd_vty.h. */
#include "l2mcd/l2mcd_pppd_args.h"
#include "l2mcd/l2mcd_vty.h"

#include "lib/fib_vty.h"

#include "l2mcd/l2mcd_vty_clippy.c"

static struct l2mcd_config defaults;

int l2mcd_vty_changed(void)
{
	/* Another terminal may have removed the whole node meanwhile. */
	l2mcd_vty_config()->present = true;
	l2mcd_reconcile();
	return CMD_SUCCESS;
}

const struct l2mcd_config *l2mcd_vty_defaults(void)
{
	return &defaults;
}

const char *l2mcd_vty_address(const struct addr *a, char buf[ADDR_STRLEN])
{
	return addr_cmp(a, &ADDR_ANY) == 0 ? "::" : addr_str(a, buf);
}

bool l2mcd_vty_template_ok(const char *text)
{
	bool varies = false;

	if (strlen(text) >= sizeof(defaults.session_template))
		return false;
	for (const char *p = text; *p; p++) {
		if (*p == '/' || *p == ':')
			return false;
		if (*p != '%')
			continue;
		p++;
		if (*p == 'c' || *p == 'd')
			varies = true;
		else if (*p != 'h' && *p != '%')
			return false;
	}
	return varies;
}

/* ---------------------------------------------------------------- l2vpn l2tp-multicast */

#define L2VPN_STR "Configure l2vpn commands\n"
#define L2TPM_STR "L2TPv2 LAC and LNS with multicast sessions (RFC 4045)\n"

DEFUN_NOSH (l2mcd_enter,
	    l2mcd_enter_cmd,
	    "l2vpn l2tp-multicast",
	    L2VPN_STR
	    L2TPM_STR)
{
	vty->node = L2MCD_NODE;
	return l2mcd_vty_changed();
}

DEFUN (l2mcd_no_enter,
       l2mcd_no_enter_cmd,
       "no l2vpn l2tp-multicast",
       NO_STR
       L2VPN_STR
       L2TPM_STR)
{
	l2mcd_config_reset(l2mcd_vty_config());
	l2mcd_reconcile();
	return CMD_SUCCESS;
}

DEFPY (l2mcd_host_name,
       l2mcd_host_name_cmd,
       "[no] host-name ![WORD$name]",
       NO_STR
       "Host name sent to peers; default is the system's\n"
       "Host name, up to 63 characters\n")
{
	struct l2mcd_config *c = l2mcd_vty_config();

	if (!no && strlen(name) >= sizeof(c->host_name))
		return vty_refuse(vty, "host name '%s' is longer than %zu characters", name,
					sizeof(c->host_name) - 1);
	strlcpy(c->host_name, no ? "" : name, sizeof(c->host_name));
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_listen,
       l2mcd_listen_cmd,
       "[no] listen ![<A.B.C.D|X:X::X:X>$address [port (1-65535)$port]]",
       NO_STR
       "Local address of tunnels; default is 0.0.0.0 port 1701\n"
       "Address, 0.0.0.0 is every address of IPv4\n"
       "Address, :: is every address of IPv6 and of IPv4\n"
       "UDP port\n"
       "UDP port number\n")
{
	struct l2mcd_config *c = l2mcd_vty_config();
	struct addr a = ADDR_ANY;

	if (address_str)
		addr_parse(address_str, &a);
	if (!no && addr_is_multicast(&a))
		return vty_refuse(vty, "'%s' is not an address of this system", address_str);
	c->listen = defaults.listen;
	if (!no) {
		c->listen.addr = a;
		if (port_str)
			c->listen.port = port;
	}
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_session_interface,
       l2mcd_session_interface_cmd,
       "[no] session interface ![<pppd$pppd|external NAME-TEMPLATE$template>]",
       NO_STR
       "Subscriber sessions at the LNS\n"
       "Who makes the session interfaces; default is nobody: calls are refused\n"
       "A pppd of its own ends the PPP of each session\n"
       "Netdevs that exist already\n"
       "Name of the netdev: %c calling number, %h LAC's host name, %d lowest free number, %% is %\n")
{
	struct l2mcd_config *c = l2mcd_vty_config();

	if (!no && !pppd && !l2mcd_vty_template_ok(template))
		return vty_refuse(
			vty,
			"template '%s': needs %%c or %%d, knows %%c %%h %%d %%%%, up "
			"to %zu characters, no '/' and no ':'",
			template, sizeof(c->session_template) - 1);
	c->provider = no     ? L2MCD_PROVIDER_NONE
		      : pppd ? L2MCD_PROVIDER_PPPD
			     : L2MCD_PROVIDER_EXTERNAL;
	strlcpy(c->session_template, no || pppd ? "" : template, sizeof(c->session_template));
	return l2mcd_vty_changed();
}

DEFUN (l2mcd_ppp_options,
       l2mcd_ppp_options_cmd,
       "ppp options LINE...",
       "PPP sessions at the LNS\n"
       "Options of pppd, in addition to those in its files; several lines add up\n"
       "As on pppd's command line: authentication, addresses, plugins\n")
{
	char *line = argv_concat(argv, argc, 2);
	struct pppd_args args = {};
	bool ok = pppd_args_add_line(&args, line);

	if (ok)
		l2mcd_ppp_options_add(l2mcd_vty_config(), line);
	else
		vty_refuse(vty, "'%s': a quote is not closed, or it is too long", line);
	XFREE(MTYPE_TMP, line);
	return ok ? l2mcd_vty_changed() : CMD_WARNING_CONFIG_FAILED;
}

DEFUN (l2mcd_no_ppp_options,
       l2mcd_no_ppp_options_cmd,
       "no ppp options",
       NO_STR
       "PPP sessions at the LNS\n"
       "Options of pppd: this line, or all of them\n")
{
	char *line = argc > 3 ? argv_concat(argv, argc, 3) : NULL;

	l2mcd_ppp_options_del(l2mcd_vty_config(), line);
	XFREE(MTYPE_TMP, line);
	return l2mcd_vty_changed();
}

ALIAS (l2mcd_no_ppp_options,
       l2mcd_no_ppp_options_line_cmd,
       "no ppp options LINE...",
       NO_STR
       "PPP sessions at the LNS\n"
       "Options of pppd: this line, or all of them\n"
       "As it was typed\n")

/* ---------------------------------------------------------------- profile */

static struct l2mcd_profile default_profile;

DEFPY_NOSH (l2mcd_profile_enter,
	    l2mcd_profile_enter_cmd,
	    "profile NAME$name",
	    "Settings of control connections\n"
	    "Name of the profile\n")
{
	if (strlen(name) >= L2MCD_NAME_LEN)
		return vty_refuse(vty, "profile '%s': longer than %d characters", name,
					L2MCD_NAME_LEN - 1);
	VTY_PUSH_CONTEXT(L2MCD_PROFILE_NODE, l2mcd_profile_add(l2mcd_vty_config(), name));
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_no_profile,
       l2mcd_no_profile_cmd,
       "no profile NAME$name",
       NO_STR
       "Settings of control connections\n"
       "Name of the profile\n")
{
	struct l2mcd_config *c = l2mcd_vty_config();
	struct l2mcd_profile *p = l2mcd_profile_find(c, name);
	struct l2mcd_peer_group *g;

	if (!p)
		return CMD_SUCCESS;
	frr_each (l2mcd_peer_groups, &c->peer_groups, g)
		if (strcmp(g->profile, name) == 0)
			return vty_refuse(vty, "profile '%s' is used by peer-group '%s'",
						name, g->name);
	l2mcd_profile_del(c, p);
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_hello_interval,
       l2mcd_hello_interval_cmd,
       "[no] hello-interval ![(0-3600)$seconds]",
       NO_STR
       "Silence after which the peer is asked for a sign of life; default 60\n"
       "Seconds between Hello messages, 0 disables\n")
{
	VTY_DECLVAR_CONTEXT(l2mcd_profile, p);

	p->hello_interval_s = no ? default_profile.hello_interval_s : (uint32_t)seconds;
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_receive_window,
       l2mcd_receive_window_cmd,
       "[no] receive-window ![(1-32768)$messages]",
       NO_STR
       "Receive Window Size told to the peer; default 16\n"
       "Control messages the peer may send without acknowledgement\n")
{
	VTY_DECLVAR_CONTEXT(l2mcd_profile, p);

	p->receive_window = no ? default_profile.receive_window : messages;
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_retransmit,
       l2mcd_retransmit_cmd,
       "[no] retransmit ![retries (1-30)$retries timeout (1-60)$timeout maximum (8-240)$maximum]",
       NO_STR
       "Retransmission of control messages; default retries 5 timeout 1 maximum 16\n"
       "Retransmissions before the tunnel is given up\n"
       "Number of retransmissions\n"
       "Time to the first retransmission, doubled for each further one\n"
       "Seconds\n"
       "Longest time between two retransmissions\n"
       "Seconds\n")
{
	VTY_DECLVAR_CONTEXT(l2mcd_profile, p);

	if (!no && timeout > maximum)
		return vty_refuse(vty, "timeout '%s' is longer than maximum '%s'",
					timeout_str, maximum_str);
	p->retries = no ? default_profile.retries : (uint32_t)retries;
	p->rto_s = no ? default_profile.rto_s : (uint32_t)timeout;
	p->rto_max_s = no ? default_profile.rto_max_s : (uint32_t)maximum;
	return l2mcd_vty_changed();
}

static const char *const hiding_names[] = {
	[L2TP_HIDE_NEVER] = "never",
	[L2TP_HIDE_WHEN_SECRET] = "when-secret",
	[L2TP_HIDE_REQUIRE] = "require",
};

static const char *const sequencing_names[] = {
	[L2MCD_SEQ_ALLOW] = "allow",
	[L2MCD_SEQ_DENY] = "deny",
	[L2MCD_SEQ_PREFER] = "prefer",
	[L2MCD_SEQ_REQUIRE] = "require",
};

DEFPY (l2mcd_hidden_avps,
       l2mcd_hidden_avps_cmd,
       "[no] hidden-avps ![<never|when-secret|require>$mode]",
       NO_STR
       "Hiding of AVPs (RFC 2661 4.3); default never\n"
       "Hide nothing\n"
       "Hide what may be hidden if there is a secret\n"
       "The same, and refuse tunnels without a secret\n")
{
	VTY_DECLVAR_CONTEXT(l2mcd_profile, p);

	p->hiding = no ? default_profile.hiding
		       : vty_name_index(hiding_names, array_size(hiding_names), mode);
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_data_sequencing,
       l2mcd_data_sequencing_cmd,
       "[no] data-sequencing ![<deny|allow|prefer|require>$mode]",
       NO_STR
       "Sequence numbers in data messages (RFC 2661 5.4); default allow\n"
       "Refuse calls that require them\n"
       "Use them if the peer requires them\n"
       "Ask for them\n"
       "Require them\n")
{
	VTY_DECLVAR_CONTEXT(l2mcd_profile, p);

	p->data_sequencing = no ? default_profile.data_sequencing
				: vty_name_index(sequencing_names, array_size(sequencing_names), mode);
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_session_limit,
       l2mcd_session_limit_cmd,
       "[no] session-limit ![(1-65535)$sessions]",
       NO_STR
       "Most unicast sessions in one tunnel; default 65535\n"
       "Number of sessions\n")
{
	VTY_DECLVAR_CONTEXT(l2mcd_profile, p);

	p->session_limit = no ? default_profile.session_limit : (uint32_t)sessions;
	return l2mcd_vty_changed();
}

/* ---------------------------------------------------------------- running configuration */

static void profile_write(struct vty *vty, const struct l2mcd_profile *p)
{
	const struct l2mcd_profile *d = &default_profile;

	vty_out(vty, " profile %s\n", p->name);
	if (p->hello_interval_s != d->hello_interval_s)
		vty_out(vty, "  hello-interval %u\n", p->hello_interval_s);
	if (p->receive_window != d->receive_window)
		vty_out(vty, "  receive-window %u\n", p->receive_window);
	if (p->retries != d->retries || p->rto_s != d->rto_s || p->rto_max_s != d->rto_max_s)
		vty_out(vty, "  retransmit retries %u timeout %u maximum %u\n", p->retries,
			p->rto_s, p->rto_max_s);
	if (p->hiding != d->hiding)
		vty_out(vty, "  hidden-avps %s\n", hiding_names[p->hiding]);
	if (p->data_sequencing != d->data_sequencing)
		vty_out(vty, "  data-sequencing %s\n", sequencing_names[p->data_sequencing]);
	if (p->session_limit != d->session_limit)
		vty_out(vty, "  session-limit %u\n", p->session_limit);
	l2mcd_vty_profile_calls_write(vty, p);
	vty_out(vty, " exit\n");
}

static void settings_write(struct vty *vty, const struct l2mcd_config *c)
{
	char buf[ADDR_STRLEN];

	if (c->host_name[0])
		vty_out(vty, " host-name %s\n", c->host_name);
	if (endpoint_cmp(&c->listen, &defaults.listen) != 0) {
		vty_out(vty, " listen %s", l2mcd_vty_address(&c->listen.addr, buf));
		if (c->listen.port != defaults.listen.port)
			vty_out(vty, " port %u", c->listen.port);
		vty_out(vty, "\n");
	}
}

static int config_write(struct vty *vty)
{
	const struct l2mcd_config *c = l2mcd_vty_config();
	const struct l2mcd_ppp_line *o;
	const struct l2mcd_profile *p;

	if (!c->present)
		return 0;
	vty_out(vty, "!\nl2vpn l2tp-multicast\n");
	settings_write(vty, c);
	frr_each (l2mcd_profiles_const, &c->profiles, p)
		profile_write(vty, p);
	l2mcd_vty_peer_write(vty, c);
	l2mcd_vty_access_write(vty, c);
	if (c->provider == L2MCD_PROVIDER_EXTERNAL)
		vty_out(vty, " session interface external %s\n", c->session_template);
	if (c->provider == L2MCD_PROVIDER_PPPD)
		vty_out(vty, " session interface pppd\n");
	frr_each (l2mcd_ppp_lines_const, &c->ppp_options, o)
		vty_out(vty, " ppp options %s\n", o->line);
	l2mcd_vty_multicast_write(vty, c);
	fib_config_vty_write(vty);
	vty_out(vty, "exit\n!\n");
	return 1;
}

/* ---------------------------------------------------------------- init */

static struct cmd_node l2mcd_node = {
	.name = "l2tp-multicast",
	.node = L2MCD_NODE,
	.parent_node = CONFIG_NODE,
	.prompt = "%s(config-l2tp-mc)# ",
	.config_write = config_write,
};

static struct cmd_node profile_node = {
	.name = "l2tp-multicast profile",
	.node = L2MCD_PROFILE_NODE,
	.parent_node = L2MCD_NODE,
	.prompt = "%s(config-l2tp-mc-profile)# ",
};

static struct fib_server_config *fib_config(void)
{
	return &l2mcd_vty_config()->fib;
}

static const struct fib_config_vty fib_node = {
	.name = "l2tp-multicast fib",
	.prompt = "%s(config-l2tp-mc-fib)# ",
	.config = fib_config,
	.changed = l2mcd_reconcile,
};

void l2mcd_vty_init(void)
{
	l2mcd_config_init(&defaults);
	l2mcd_profile_default(&default_profile);

	install_node(&l2mcd_node);
	install_default(L2MCD_NODE);
	install_element(CONFIG_NODE, &l2mcd_enter_cmd);
	install_element(CONFIG_NODE, &l2mcd_no_enter_cmd);
	install_element(L2MCD_NODE, &l2mcd_host_name_cmd);
	install_element(L2MCD_NODE, &l2mcd_listen_cmd);
	install_element(L2MCD_NODE, &l2mcd_session_interface_cmd);
	install_element(L2MCD_NODE, &l2mcd_ppp_options_cmd);
	install_element(L2MCD_NODE, &l2mcd_no_ppp_options_cmd);
	install_element(L2MCD_NODE, &l2mcd_no_ppp_options_line_cmd);

	install_node(&profile_node);
	install_default(L2MCD_PROFILE_NODE);
	install_element(L2MCD_NODE, &l2mcd_profile_enter_cmd);
	install_element(L2MCD_NODE, &l2mcd_no_profile_cmd);
	install_element(L2MCD_PROFILE_NODE, &l2mcd_hello_interval_cmd);
	install_element(L2MCD_PROFILE_NODE, &l2mcd_receive_window_cmd);
	install_element(L2MCD_PROFILE_NODE, &l2mcd_retransmit_cmd);
	install_element(L2MCD_PROFILE_NODE, &l2mcd_hidden_avps_cmd);
	install_element(L2MCD_PROFILE_NODE, &l2mcd_data_sequencing_cmd);
	install_element(L2MCD_PROFILE_NODE, &l2mcd_session_limit_cmd);

	l2mcd_vty_peer_init();
	l2mcd_vty_calls_init();
	l2mcd_vty_multicast_init();
	fib_config_vty_init(&fib_node);
	l2mcd_debug_init();
	l2mcd_show_init();
	l2mcd_show_multicast_init();
	l2mcd_show_stats_init();
	l2mcd_show_pppoe_init();
	l2mcd_show_membership_init();
	fib_vty_init(&l2mcd_instance()->fib, l2mcd_now);
}

void l2mcd_vty_fini(void)
{
	l2mcd_config_reset(&defaults);
}
