// SPDX-License-Identifier: GPL-2.0-or-later
/* Configuration commands: the node, settings of the daemon, LDP, policy; see mplsmcd_vty.h. */
#include "mplsmc/mplsmcd_vty.h"

#include "lib/fib_vty.h"

#include "mplsmc/mplsmcd_vty_clippy.c"

static struct mplsmcd_config defaults; /* what is equal to it is not printed */

int mplsmcd_vty_changed(void)
{
	/* Another terminal may have removed the whole node meanwhile. */
	mplsmcd_vty_config()->present = true;
	mplsmcd_reconcile();
	return CMD_SUCCESS;
}

bool mplsmcd_vty_router_ok(struct vty *vty, const struct addr *a, const char *typed)
{
	if (!addr_is_any(a) && !addr_is_multicast(a))
		return true;
	vty_refuse(vty, "'%s' is not the address of a router", typed);
	return false;
}

/* ---------------------------------------------------------------- mpls ldp-multicast */

#define CONFIG_MPLS_STR "Configure MPLS\n"
#define LDPM_STR	"P2MP LSPs for IP multicast, signalled by mLDP (RFC 6388, RFC 3353)\n"

DEFUN_NOSH (mplsmcd_enter,
	    mplsmcd_enter_cmd,
	    "mpls ldp-multicast",
	    CONFIG_MPLS_STR
	    LDPM_STR)
{
	vty->node = MPLSMCD_NODE;
	return mplsmcd_vty_changed();
}

DEFUN (mplsmcd_no_enter,
       mplsmcd_no_enter_cmd,
       "no mpls ldp-multicast",
       NO_STR
       CONFIG_MPLS_STR
       LDPM_STR)
{
	mplsmcd_config_reset(mplsmcd_vty_config());
	mplsmcd_reconcile();
	return CMD_SUCCESS;
}

DEFPY (mplsmcd_set_router_id,
       mplsmcd_set_router_id_cmd,
       "[no] router-id ![A.B.C.D$address]",
       NO_STR
       "LSR-Id, of our own if ldpd runs beside; default is zebra's router id\n"
       "An address of this router\n")
{
	struct addr a = addr_from_v4(&address);

	if (!no && !mplsmcd_vty_router_ok(vty, &a, address_str))
		return CMD_WARNING_CONFIG_FAILED;
	mplsmcd_vty_config()->router_id = no ? ADDR_ANY : a;
	return mplsmcd_vty_changed();
}

DEFPY (mplsmcd_transport_address,
       mplsmcd_transport_address_cmd,
       "[no] transport-address ![A.B.C.D$address]",
       NO_STR
       "Our end of the sessions, of our own if ldpd runs beside; default is the router id\n"
       "An address of this router\n")
{
	struct addr a = addr_from_v4(&address);

	if (!no && !mplsmcd_vty_router_ok(vty, &a, address_str))
		return CMD_WARNING_CONFIG_FAILED;
	mplsmcd_vty_config()->transport = no ? ADDR_ANY : a;
	return mplsmcd_vty_changed();
}

DEFPY (mplsmcd_label_range,
       mplsmcd_label_range_cmd,
       "[no] label range ![(16-1048575)$low (16-1048575)$high]",
       NO_STR
       "Labels we assign\n"
       "Where they come from; default are blocks of zebra's label manager\n"
       "Lowest label\n"
       "Highest label\n")
{
	struct mplsmcd_config *c = mplsmcd_vty_config();

	if (!no && low > high)
		return vty_refuse(vty, "label '%s' is above label '%s'", low_str, high_str);
	c->label_low = no ? 0 : low;
	c->label_high = no ? 0 : high;
	return mplsmcd_vty_changed();
}

/* ---------------------------------------------------------------- neighbours */

#define PEER_STR     "Settings for one neighbor\n"
#define PASSWORD_STR "TCP MD5 password of the session; default none\n"

static int set_password(struct in_addr address, const char *text)
{
	struct addr a = addr_from_v4(&address);
	struct mplsmcd_neighbour *n = mplsmcd_neighbour_add(mplsmcd_vty_config(), &a);

	strlcpy(n->password, text, sizeof(n->password));
	return mplsmcd_vty_changed();
}

/* The text is not repeated: it may be a secret with a typing error. */
#define REFUSE_LONG(vty)                                         \
	vty_refuse(vty, "the password has more than %zu octets", \
		   sizeof(((struct mplsmcd_neighbour *)0)->password) - 1)

DEFPY (mplsmcd_password,
       mplsmcd_password_cmd,
       "neighbor A.B.C.D$address password WORD$text",
       PEER_STR
       "Transport address of the neighbor\n"
       PASSWORD_STR
       "Password without blanks, up to 80 octets\n")
{
	struct addr a = addr_from_v4(&address);

	if (!mplsmcd_vty_router_ok(vty, &a, address_str))
		return CMD_WARNING_CONFIG_FAILED;
	if (strlen(text) >= sizeof(((struct mplsmcd_neighbour *)0)->password))
		return REFUSE_LONG(vty);
	return set_password(address, text);
}

DEFPY (mplsmcd_password_form,
       mplsmcd_password_form_cmd,
       "neighbor A.B.C.D$address password <0|8>$form LINE$text",
       PEER_STR
       "Transport address of the neighbor\n"
       PASSWORD_STR
       "The password itself follows\n"
       "Its obfuscated form follows, as the running configuration shows it\n"
       "Password without blanks, up to 80 octets\n")
{
	char password[sizeof(((struct mplsmcd_neighbour *)0)->password)];
	struct addr a = addr_from_v4(&address);
	int r;

	if (!mplsmcd_vty_router_ok(vty, &a, address_str))
		return CMD_WARNING_CONFIG_FAILED;
	if (form[0] == '8' && !vty_secret_reveal(text, password, sizeof(password)))
		return vty_refuse(vty, "'password 8' is not followed by an obfuscated password");
	if (form[0] == '0' && strlcpy(password, text, sizeof(password)) >= sizeof(password))
		return REFUSE_LONG(vty);
	r = set_password(address, password);
	explicit_bzero(password, sizeof(password));
	return r;
}

DEFPY (mplsmcd_no_password,
       mplsmcd_no_password_cmd,
       "no neighbor A.B.C.D$address password [<0|8>] [WORD]",
       NO_STR
       PEER_STR
       "Transport address of the neighbor\n"
       PASSWORD_STR
       "The password itself follows\n"
       "Its obfuscated form follows\n"
       "Password\n")
{
	struct addr a = addr_from_v4(&address);
	struct mplsmcd_neighbour *n = mplsmcd_neighbour_find(mplsmcd_vty_config(), &a);

	if (n)
		mplsmcd_neighbour_del(mplsmcd_vty_config(), n);
	return mplsmcd_vty_changed();
}

/* ---------------------------------------------------------------- LDP */

DEFPY (mplsmcd_hello_holdtime,
       mplsmcd_hello_holdtime_cmd,
       "[no] discovery hello holdtime ![(3-65535)$seconds]",
       NO_STR
       "Discovery of neighbors (RFC 5036 2.4)\n"
       "Link Hellos\n"
       "How long a neighbor is known without a further Hello; default 15\n"
       "Seconds, 65535 is for ever\n")
{
	mplsmcd_vty_config()->hello_hold_s = no ? defaults.hello_hold_s : seconds;
	return mplsmcd_vty_changed();
}

DEFPY (mplsmcd_session_holdtime,
       mplsmcd_session_holdtime_cmd,
       "[no] session holdtime ![(15-65535)$seconds]",
       NO_STR
       "Sessions (RFC 5036 2.5)\n"
       "KeepAlive time we propose: the lower proposal counts; default 180\n"
       "Seconds without a message after which the session ends\n")
{
	mplsmcd_vty_config()->keepalive_s = no ? defaults.keepalive_s : seconds;
	return mplsmcd_vty_changed();
}

DEFPY (mplsmcd_capability_mbb,
       mplsmcd_capability_mbb_cmd,
       "[no] capability make-before-break",
       NO_STR
       "Capabilities told to neighbors (RFC 5561)\n"
       "Make before break when the upstream LSR changes (RFC 6388 8); default on\n")
{
	mplsmcd_vty_config()->mbb = !no;
	return mplsmcd_vty_changed();
}

DEFPY (mplsmcd_capability_upstream_label,
       mplsmcd_capability_upstream_label_cmd,
       "[no] capability upstream-label",
       NO_STR
       "Capabilities told to neighbors (RFC 5561)\n"
       "Labels that the upstream LSR assigns (RFC 6389): one frame for a LAN; default off\n")
{
	mplsmcd_vty_config()->upstream_label = !no;
	return mplsmcd_vty_changed();
}

DEFPY (mplsmcd_lan_hash,
       mplsmcd_lan_hash_cmd,
       "[no] lan-hash ![<crc32|sum>$how]",
       NO_STR
       "Choice of one of several upstream LSRs; default crc32\n"
       "By the CRC-32 of the FEC (RFC 6388 2.4.1.1)\n"
       "By the sum of its octets (RFC 6389 6)\n")
{
	mplsmcd_vty_config()->lan_hash_sum = !no && strcmp(how, "sum") == 0;
	return mplsmcd_vty_changed();
}

DEFPY (mplsmcd_mbb_delay,
       mplsmcd_mbb_delay_cmd,
       "[no] make-before-break delay ![(0-600000)$ms]",
       NO_STR
       "Make before break when the upstream LSR changes (RFC 6388 8)\n"
       "Time from the acknowledgement to the end of the old path; default 0\n"
       "Milliseconds, 0 is at once\n")
{
	mplsmcd_vty_config()->mbb_delay_ms = no ? defaults.mbb_delay_ms : (uint32_t)ms;
	return mplsmcd_vty_changed();
}

DEFPY (mplsmcd_mbb_timeout,
       mplsmcd_mbb_timeout_cmd,
       "[no] make-before-break timeout ![(1-300)$seconds]",
       NO_STR
       "Make before break when the upstream LSR changes (RFC 6388 8)\n"
       "Longest time to wait for the acknowledgement; default 30\n"
       "Seconds\n")
{
	mplsmcd_vty_config()->mbb_timeout_s = no ? defaults.mbb_timeout_s : (uint32_t)seconds;
	return mplsmcd_vty_changed();
}

/* ---------------------------------------------------------------- policy */

const char *const mplsmcd_trigger_names[MC_TRIGGERS] = {
	[MC_TRIGGER_REQUEST] = "request",
	[MC_TRIGGER_TOPOLOGY] = "topology",
	[MC_TRIGGER_TRAFFIC] = "traffic",
};
static const char *const distribution_names[] = {
	[MC_DOWNSTREAM_UNSOLICITED] = "downstream-unsolicited",
	[MC_UPSTREAM_ON_DEMAND] = "upstream-on-demand",
};
static const char *const coexistence_names[] = {
	[MC_SOURCE_TREES_ONLY] = "source-trees-only",
	[MC_LAYER3] = "layer3",
};
static const char *const ttl_names[] = {
	[MC_TTL_UNIFORM] = "uniform",
	[MC_TTL_PIPE] = "pipe",
};

#define NAME_INDEX(names, name) vty_name_index(names, array_size(names), name)

/* RFC 3353 Table 2: an invalid combination changes nothing (M3353-2, -3, -4). */
static int set_policy(struct vty *vty, const struct mc_policy *p, const char *typed)
{
	const char *why = mc_policy_invalid(p);

	if (why)
		return vty_refuse(vty, "'%s': %s", typed, why);
	mplsmcd_vty_config()->policy = *p;
	return mplsmcd_vty_changed();
}

DEFPY (mplsmcd_trigger,
       mplsmcd_trigger_cmd,
       "[no] trigger ![<request$what|topology$what|traffic$what [{rate (1-4294967295)$rate|idle (1-4294967)$idle}]>]",
       NO_STR
       "What makes a tree label-switched (RFC 3353 5); default request\n"
       "Its Join\n"
       "Its entry in the multicast routing table\n"
       "Packets of it\n"
       "As long as they come at this rate; default is any packet\n"
       "Kilobits per second\n"
       "So long the LSP stays without; default 300\n"
       "Seconds\n")
{
	struct mc_policy p = mplsmcd_vty_config()->policy;

	p.trigger = no ? defaults.policy.trigger : NAME_INDEX(mplsmcd_trigger_names, what);
	p.traffic_kbps = no ? defaults.policy.traffic_kbps : (uint32_t)rate;
	p.idle_ms = no || !idle_str ? defaults.policy.idle_ms : (uint32_t)idle * MSEC_PER_S;
	return set_policy(vty, &p, no ? "no trigger" : what);
}

DEFPY (mplsmcd_label_distribution,
       mplsmcd_label_distribution_cmd,
       "[no] label-distribution ![<downstream-unsolicited|upstream-on-demand>$mode]",
       NO_STR
       "Who assigns labels, and when (RFC 3353 10.4); default downstream-unsolicited\n"
       "The downstream LSR, unasked: mLDP\n"
       "The upstream LSR, asked, if it can (RFC 6389); else as above\n")
{
	struct mc_policy p = mplsmcd_vty_config()->policy;

	p.distribution = no ? defaults.policy.distribution : NAME_INDEX(distribution_names, mode);
	return set_policy(vty, &p, no ? "no label-distribution" : mode);
}

DEFPY (mplsmcd_coexistence,
       mplsmcd_coexistence_cmd,
       "[no] coexistence ![<source-trees-only|layer3>$method]",
       NO_STR
       "Source trees and shared trees of one group (RFC 3353 3.4); default source-trees-only\n"
       "Only source trees are label-switched (method c)\n"
       "Shared trees too, while their group has no source tree (method a)\n")
{
	struct mc_policy p = mplsmcd_vty_config()->policy;

	p.coexistence = no ? defaults.policy.coexistence : NAME_INDEX(coexistence_names, method);
	return set_policy(vty, &p, no ? "no coexistence" : method);
}

DEFPY (mplsmcd_ttl,
       mplsmcd_ttl_cmd,
       "[no] ttl ![<uniform|pipe>$model]",
       NO_STR
       "The LSP in the TTL of packets (RFC 3443); default uniform\n"
       "Every LSR counts\n"
       "The whole LSP counts as one hop\n")
{
	struct mc_policy p = mplsmcd_vty_config()->policy;

	p.ttl = no ? defaults.policy.ttl : NAME_INDEX(ttl_names, model);
	return set_policy(vty, &p, no ? "no ttl" : model);
}

/* ---------------------------------------------------------------- limits */

DEFPY (mplsmcd_maximum_branches,
       mplsmcd_maximum_branches_cmd,
       "[no] maximum-branches ![(1-1024)$n]",
       NO_STR
       "Most branches of one LSP on this router; default 127\n"
       "Number of branches\n")
{
	mplsmcd_vty_config()->maximum_branches = no ? defaults.maximum_branches : (uint32_t)n;
	return mplsmcd_vty_changed();
}

DEFPY (mplsmcd_maximum_lsps,
       mplsmcd_maximum_lsps_cmd,
       "[no] maximum-lsps ![(1-1000000)$n]",
       NO_STR
       "Most LSPs through this router; default is no limit\n"
       "Number of LSPs\n")
{
	mplsmcd_vty_config()->maximum_lsps = no ? defaults.maximum_lsps : (uint32_t)n;
	return mplsmcd_vty_changed();
}

DEFPY (mplsmcd_maximum_per_neighbor,
       mplsmcd_maximum_per_neighbor_cmd,
       "[no] maximum-lsps-per-neighbor ![(1-1000000)$n]",
       NO_STR
       "Most LSPs one neighbor may map to us; default is no limit\n"
       "Number of LSPs\n")
{
	mplsmcd_vty_config()->maximum_per_neighbour =
		no ? defaults.maximum_per_neighbour : (uint32_t)n;
	return mplsmcd_vty_changed();
}

/* ---------------------------------------------------------------- the interface to pimd */

DEFPY (mplsmcd_upstream_interface,
       mplsmcd_upstream_interface_cmd,
       "[no] upstream-interface ![IFNAME$interface]",
       NO_STR
       "Interface on which pimd has the MPLS domain as its neighbor; default mplsmc0\n"
       "Name of the interface, made by this daemon\n")
{
	if (!no && !vty_ifname_ok(interface))
		return vty_refuse(vty, "'%s' cannot be the name of an interface", interface);
	if (!no && strcmp(interface, mplsmcd_vty_config()->shared_interface) == 0)
		return vty_refuse(vty, "'%s' is the interface of shared trees", interface);
	strlcpy(mplsmcd_vty_config()->upstream_interface,
		no ? defaults.upstream_interface : interface, IFNAMSIZ);
	return mplsmcd_vty_changed();
}

DEFPY (mplsmcd_upstream_address,
       mplsmcd_upstream_address_cmd,
       "[no] upstream-address ![A.B.C.D/M$prefix]",
       NO_STR
       "Address of the upstream interface; default 198.18.0.1/30\n"
       "Address of pimd, and the virtual neighbor has the next one\n")
{
	struct mplsmcd_config *c = mplsmcd_vty_config();

	if (!no && !vty_two_hosts_ok(prefix))
		return vty_refuse(vty,
				  "'%s': this address and the next must be hosts of the prefix",
				  prefix_str);
	c->upstream_address = no ? defaults.upstream_address : addr_from_v4(&prefix->prefix);
	c->upstream_prefixlen = no ? defaults.upstream_prefixlen : prefix->prefixlen;
	return mplsmcd_vty_changed();
}

#define SHARED_STR "A second interface to pimd, for shared trees; default none\n"

DEFPY (mplsmcd_shared_interface,
       mplsmcd_shared_interface_cmd,
       "[no] shared-tree-interface ![IFNAME$interface]",
       NO_STR
       SHARED_STR
       "Name of the interface, made by this daemon\n")
{
	if (!no && !vty_ifname_ok(interface))
		return vty_refuse(vty, "'%s' cannot be the name of an interface", interface);
	if (!no && strcmp(interface, mplsmcd_vty_config()->upstream_interface) == 0)
		return vty_refuse(vty, "'%s' is the interface of all trees", interface);
	strlcpy(mplsmcd_vty_config()->shared_interface, no ? "" : interface, IFNAMSIZ);
	return mplsmcd_vty_changed();
}

DEFPY (mplsmcd_shared_address,
       mplsmcd_shared_address_cmd,
       "[no] shared-tree-address ![A.B.C.D/M$prefix]",
       NO_STR
       "Address of the interface for shared trees; default 198.18.0.5/30\n"
       "Address of pimd, and the virtual neighbor has the next one\n")
{
	struct mplsmcd_config *c = mplsmcd_vty_config();

	if (!no && !vty_two_hosts_ok(prefix))
		return vty_refuse(vty,
				  "'%s': this address and the next must be hosts of the prefix",
				  prefix_str);
	c->shared_address = no ? defaults.shared_address : addr_from_v4(&prefix->prefix);
	c->shared_prefixlen = no ? defaults.shared_prefixlen : prefix->prefixlen;
	return mplsmcd_vty_changed();
}

/* ---------------------------------------------------------------- running configuration */

static void identity_write(struct vty *vty, const struct mplsmcd_config *c)
{
	char buf[ADDR_STRLEN];

	if (!addr_is_any(&c->router_id))
		vty_out(vty, " router-id %s\n", addr_str(&c->router_id, buf));
	if (!addr_is_any(&c->transport))
		vty_out(vty, " transport-address %s\n", addr_str(&c->transport, buf));
	if (c->label_low)
		vty_out(vty, " label range %u %u\n", c->label_low, c->label_high);
}

static void ldp_write(struct vty *vty, const struct mplsmcd_config *c)
{
	char hidden[2 * sizeof(((struct mplsmcd_neighbour *)0)->password)], buf[ADDR_STRLEN];
	const struct mplsmcd_neighbour *n;

	if (c->hello_hold_s != defaults.hello_hold_s)
		vty_out(vty, " discovery hello holdtime %u\n", c->hello_hold_s);
	if (c->keepalive_s != defaults.keepalive_s)
		vty_out(vty, " session holdtime %u\n", c->keepalive_s);
	frr_each (mplsmcd_neighbours_const, &c->neighbours, n) {
		vty_secret_hide(n->password, hidden, sizeof(hidden));
		vty_out(vty, " neighbor %s password 8 %s\n", addr_str(&n->addr, buf), hidden);
	}
	if (!c->mbb)
		vty_out(vty, " no capability make-before-break\n");
	if (c->upstream_label)
		vty_out(vty, " capability upstream-label\n");
	if (c->lan_hash_sum)
		vty_out(vty, " lan-hash sum\n");
	if (c->mbb_delay_ms != defaults.mbb_delay_ms)
		vty_out(vty, " make-before-break delay %u\n", c->mbb_delay_ms);
	if (c->mbb_timeout_s != defaults.mbb_timeout_s)
		vty_out(vty, " make-before-break timeout %u\n", c->mbb_timeout_s);
}

static void policy_write(struct vty *vty, const struct mc_policy *p)
{
	if (p->trigger != defaults.policy.trigger)
		vty_out(vty, " trigger %s", mplsmcd_trigger_names[p->trigger]);
	if (p->trigger == MC_TRIGGER_TRAFFIC && p->traffic_kbps)
		vty_out(vty, " rate %u", p->traffic_kbps);
	if (p->trigger == MC_TRIGGER_TRAFFIC && p->idle_ms != defaults.policy.idle_ms)
		vty_out(vty, " idle %u", p->idle_ms / MSEC_PER_S);
	if (p->trigger != defaults.policy.trigger)
		vty_out(vty, "\n");
	if (p->distribution != defaults.policy.distribution)
		vty_out(vty, " label-distribution %s\n", distribution_names[p->distribution]);
	if (p->coexistence != defaults.policy.coexistence)
		vty_out(vty, " coexistence %s\n", coexistence_names[p->coexistence]);
	if (p->ttl != defaults.policy.ttl)
		vty_out(vty, " ttl %s\n", ttl_names[p->ttl]);
}

static void limits_write(struct vty *vty, const struct mplsmcd_config *c)
{
	char buf[ADDR_STRLEN];

	if (c->maximum_branches != defaults.maximum_branches)
		vty_out(vty, " maximum-branches %u\n", c->maximum_branches);
	if (c->maximum_lsps != defaults.maximum_lsps)
		vty_out(vty, " maximum-lsps %u\n", c->maximum_lsps);
	if (c->maximum_per_neighbour != defaults.maximum_per_neighbour)
		vty_out(vty, " maximum-lsps-per-neighbor %u\n", c->maximum_per_neighbour);
	if (strcmp(c->upstream_interface, defaults.upstream_interface) != 0)
		vty_out(vty, " upstream-interface %s\n", c->upstream_interface);
	if (addr_cmp(&c->upstream_address, &defaults.upstream_address) != 0 ||
	    c->upstream_prefixlen != defaults.upstream_prefixlen)
		vty_out(vty, " upstream-address %s/%u\n", addr_str(&c->upstream_address, buf),
			c->upstream_prefixlen);
	if (c->shared_interface[0])
		vty_out(vty, " shared-tree-interface %s\n", c->shared_interface);
	if (addr_cmp(&c->shared_address, &defaults.shared_address) != 0 ||
	    c->shared_prefixlen != defaults.shared_prefixlen)
		vty_out(vty, " shared-tree-address %s/%u\n", addr_str(&c->shared_address, buf),
			c->shared_prefixlen);
}

static int config_write(struct vty *vty)
{
	const struct mplsmcd_config *c = mplsmcd_vty_config();

	if (!c->present)
		return 0;
	vty_out(vty, "!\nmpls ldp-multicast\n");
	identity_write(vty, c);
	ldp_write(vty, c);
	mplsmcd_vty_roots_write(vty, c);
	mplsmcd_vty_rps_write(vty, c);
	policy_write(vty, &c->policy);
	limits_write(vty, c);
	mplsmcd_vty_interfaces_write(vty, c);
	mplsmcd_vty_trees_write(vty, c);
	mplsmcd_vty_groups_write(vty, c);
	fib_config_vty_write(vty);
	vty_out(vty, "exit\n!\n");
	return 1;
}

/* ---------------------------------------------------------------- init */

static struct cmd_node mplsmcd_node = {
	.name = "ldp-multicast",
	.node = MPLSMCD_NODE,
	.parent_node = CONFIG_NODE,
	.prompt = "%s(config-ldp-mc)# ",
	.config_write = config_write,
};

static struct fib_server_config *fib_config(void)
{
	return &mplsmcd_vty_config()->fib;
}

static const struct fib_config_vty fib_node = {
	.name = "ldp-multicast fib",
	.prompt = "%s(config-ldp-mc-fib)# ",
	.config = fib_config,
	.changed = mplsmcd_reconcile,
};

static void install_settings(void)
{
	install_element(MPLSMCD_NODE, &mplsmcd_set_router_id_cmd);
	install_element(MPLSMCD_NODE, &mplsmcd_transport_address_cmd);
	install_element(MPLSMCD_NODE, &mplsmcd_label_range_cmd);
	install_element(MPLSMCD_NODE, &mplsmcd_password_cmd);
	install_element(MPLSMCD_NODE, &mplsmcd_password_form_cmd);
	install_element(MPLSMCD_NODE, &mplsmcd_no_password_cmd);
	install_element(MPLSMCD_NODE, &mplsmcd_hello_holdtime_cmd);
	install_element(MPLSMCD_NODE, &mplsmcd_session_holdtime_cmd);
	install_element(MPLSMCD_NODE, &mplsmcd_capability_mbb_cmd);
	install_element(MPLSMCD_NODE, &mplsmcd_capability_upstream_label_cmd);
	install_element(MPLSMCD_NODE, &mplsmcd_lan_hash_cmd);
	install_element(MPLSMCD_NODE, &mplsmcd_mbb_delay_cmd);
	install_element(MPLSMCD_NODE, &mplsmcd_mbb_timeout_cmd);
	install_element(MPLSMCD_NODE, &mplsmcd_trigger_cmd);
	install_element(MPLSMCD_NODE, &mplsmcd_label_distribution_cmd);
	install_element(MPLSMCD_NODE, &mplsmcd_coexistence_cmd);
	install_element(MPLSMCD_NODE, &mplsmcd_ttl_cmd);
	install_element(MPLSMCD_NODE, &mplsmcd_maximum_branches_cmd);
	install_element(MPLSMCD_NODE, &mplsmcd_maximum_lsps_cmd);
	install_element(MPLSMCD_NODE, &mplsmcd_maximum_per_neighbor_cmd);
	install_element(MPLSMCD_NODE, &mplsmcd_upstream_interface_cmd);
	install_element(MPLSMCD_NODE, &mplsmcd_upstream_address_cmd);
	install_element(MPLSMCD_NODE, &mplsmcd_shared_interface_cmd);
	install_element(MPLSMCD_NODE, &mplsmcd_shared_address_cmd);
}

void mplsmcd_vty_init(void)
{
	mplsmcd_config_init(&defaults);
	install_node(&mplsmcd_node);
	install_default(MPLSMCD_NODE);
	install_element(CONFIG_NODE, &mplsmcd_enter_cmd);
	install_element(CONFIG_NODE, &mplsmcd_no_enter_cmd);
	install_settings();
	mplsmcd_vty_tree_init();
	fib_config_vty_init(&fib_node);
	mplsmcd_debug_init();
	mplsmcd_show_init();
	mplsmcd_show_lsp_init();
	mplsmcd_show_root_init();
	mplsmcd_show_stats_init();
	fib_vty_init(&mplsmcd_instance()->fib, mplsmcd_now);
}

void mplsmcd_vty_fini(void)
{
	mplsmcd_config_reset(&defaults);
}
