// SPDX-License-Identifier: GPL-2.0-or-later
/* Configuration commands: multicast; see l2mcd_vty.h. */
#include "l2mcd/l2mcd_vty.h"

#include "l2mcd/l2mcd_vty_multicast_clippy.c"

static struct l2mcd_multicast *multicast(void)
{
	return &l2mcd_vty_config()->multicast;
}

static const struct l2mcd_multicast *multicast_defaults(void)
{
	return &l2mcd_vty_defaults()->multicast;
}

#define MULTICAST_STR "Group membership and multicast sessions\n"

DEFUN_NOSH (l2mcd_multicast_enter,
	    l2mcd_multicast_enter_cmd,
	    "multicast",
	    MULTICAST_STR)
{
	vty->node = L2MCD_MULTICAST_NODE;
	return CMD_SUCCESS;
}

static void multicast_reset(struct l2mcd_multicast *m)
{
	const struct l2mcd_multicast *d = multicast_defaults();
	struct l2mcd_ranges_head ranges;
	struct l2mcd_subscriber *s;
	struct l2mcd_range *r;

	while ((r = l2mcd_ranges_first(&m->ranges)))
		l2mcd_range_del(m, &r->prefix, r->prefixlen);
	while ((s = l2mcd_subscribers_first(&m->subscribers)))
		l2mcd_subscriber_del(m, s);
	ranges = m->ranges; /* comes back to its place: an empty head points at itself */
	*m = *d;
	m->ranges = ranges;
}

DEFUN (l2mcd_no_multicast,
       l2mcd_no_multicast_cmd,
       "no multicast",
       NO_STR
       MULTICAST_STR)
{
	multicast_reset(multicast());
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_membership_source,
       l2mcd_membership_source_cmd,
       "[no] membership source ![<session|pimd>$source]",
       NO_STR
       "Group memberships of subscribers\n"
       "Where they come from; default session\n"
       "IGMP and MLD on the session interfaces: this daemon is the querier\n"
       "IGMP of pimd, which is the querier on up to 28 session interfaces\n")
{
	multicast()->membership_pimd = !no && strcmp(source, "pimd") == 0;
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_upstream_interface,
       l2mcd_upstream_interface_cmd,
       "[no] upstream-interface ![IFNAME$interface]",
       NO_STR
       "Interface on which pimd forwards what subscribers want; default l2mc0\n"
       "Name of the interface, made by this daemon\n")
{
	if (!no && !vty_ifname_ok(interface))
		return vty_refuse(vty, "'%s' cannot be the name of an interface", interface);
	strlcpy(multicast()->upstream_interface,
		no ? multicast_defaults()->upstream_interface : interface, IFNAMSIZ);
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_upstream_address,
       l2mcd_upstream_address_cmd,
       "[no] upstream-address ![A.B.C.D/M$prefix]",
       NO_STR
       "Address of the upstream interface; default 10.99.0.1/30\n"
       "Address, and the host that reports memberships has the next one\n")
{
	struct l2mcd_multicast *m = multicast();

	if (!no && !vty_two_hosts_ok(prefix))
		return vty_refuse(
			vty, "'%s': this address and the next must be hosts of the prefix",
			prefix_str);
	m->upstream_address =
		no ? multicast_defaults()->upstream_address : addr_from_v4(&prefix->prefix);
	m->upstream_prefixlen = no ? multicast_defaults()->upstream_prefixlen : prefix->prefixlen;
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_group_range,
       l2mcd_group_range_cmd,
       "[no] group-range <A.B.C.D/M|X:X::X:X/M>$prefix",
       NO_STR
       "Groups that may be carried; default all but link-local ones\n"
       "Prefix of IPv4 groups\n"
       "Prefix of IPv6 groups\n")
{
	struct addr a = vty_prefix_addr(prefix);

	if (!vty_group_prefix_ok(prefix))
		return vty_refuse(vty, "'%s' is not a range of groups", prefix_str);
	if (no)
		l2mcd_range_del(multicast(), &a, prefix->prefixlen);
	else
		l2mcd_range_add(multicast(), &a, prefix->prefixlen);
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_replication_context,
       l2mcd_replication_context_cmd,
       "[no] replication-context ![<per-source|per-group>$what]",
       NO_STR
       "Multicast sessions for INCLUDE memberships (RFC 4045 4.1); default per-source\n"
       "One for each source of a group\n"
       "One for all sources of a group that are wanted together\n")
{
	multicast()->per_group = !no && strcmp(what, "per-group") == 0;
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_threshold,
       l2mcd_threshold_cmd,
       "[no] threshold ![(1-65535)$open [teardown (0-65535)$teardown]]",
       NO_STR
       "When a multicast session is worth it; default 2\n"
       "Receivers that open one\n"
       "When it ends; default at fewer receivers than open one\n"
       "Fewer receivers than this end it, 0 is the number that opens it\n")
{
	struct l2mcd_multicast *m = multicast();

	if (!no && teardown > open)
		return vty_refuse(vty, "teardown '%s' is above threshold '%s'", teardown_str,
					open_str);
	m->threshold = no ? multicast_defaults()->threshold : (uint32_t)open;
	m->teardown = no ? 0 : (uint32_t)teardown;
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_holdtime,
       l2mcd_holdtime_cmd,
       "[no] holdtime ![(0-3600)$seconds]",
       NO_STR
       "How long too few receivers are tolerated; default 10\n"
       "Seconds before the multicast session ends, 0 ends it at once\n")
{
	multicast()->holdtime_s = no ? multicast_defaults()->holdtime_s : (uint32_t)seconds;
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_ack_wait,
       l2mcd_ack_wait_cmd,
       "[no] acknowledgement-wait ![(0-10000)$ms]",
       NO_STR
       "How long a new receiver of a running multicast session waits for its LAC\n"
       "Milliseconds without a unicast copy, 0 starts one at once\n")
{
	multicast()->ack_wait_ms = no ? multicast_defaults()->ack_wait_ms : (uint32_t)ms;
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_maximum_bps,
       l2mcd_maximum_bps_cmd,
       "[no] maximum-bps ![(1-4294967295)$bps]",
       NO_STR
       "Bandwidth told to the LAC for each multicast session; default none is told\n"
       "Bits per second\n")
{
	multicast()->maximum_bps = no ? 0 : (uint32_t)bps;
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_packet_size,
       l2mcd_packet_size_cmd,
       "[no] packet-size ![(68-65535)$octets]",
       NO_STR
       "Largest multicast packet; default 1492\n"
       "Octets of IP; sessions with a smaller MRU stay on unicast copies\n")
{
	multicast()->packet_size = no ? multicast_defaults()->packet_size : (uint32_t)octets;
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_osl_mtu,
       l2mcd_osl_mtu_cmd,
       "[no] osl-mtu strict",
       NO_STR
       "What is too large for a session of the list\n"
       "The LNS sends nothing larger than packet-size; default it does, and the LAC drops it for who cannot take it\n")
{
	multicast()->osl_mtu_strict = !no;
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_length_field,
       l2mcd_length_field_cmd,
       "[no] length-field",
       NO_STR
       "Data of multicast sessions has the L bit and its length, for a LAC that wants them\n")
{
	multicast()->length = !no;
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_immediate_leave,
       l2mcd_immediate_leave_cmd,
       "[no] immediate-leave",
       NO_STR
       "A leave ends the membership at once: one host behind each session\n")
{
	multicast()->immediate_leave = !no;
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_maximum_groups,
       l2mcd_maximum_groups_cmd,
       "[no] maximum-groups ![(1-65535)$groups per-session]",
       NO_STR
       "Limit the groups of a subscriber; default no limit\n"
       "Number of groups\n"
       "In one unicast session\n")
{
	multicast()->maximum_groups = no ? 0 : (uint32_t)groups;
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_maximum_sessions,
       l2mcd_maximum_sessions_cmd,
       "[no] maximum-sessions ![(1-65535)$sessions per-tunnel]",
       NO_STR
       "Limit the multicast sessions; default no limit\n"
       "Number of multicast sessions\n"
       "In one tunnel\n")
{
	multicast()->maximum_sessions = no ? 0 : (uint32_t)sessions;
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_maximum_joins,
       l2mcd_maximum_joins_cmd,
       "[no] maximum-joins ![(1-100000)$joins per-second]",
       NO_STR
       "Limit how fast a subscriber may join; default no limit\n"
       "Number of joins\n"
       "In one second, of one unicast session\n")
{
	multicast()->maximum_joins = no ? 0 : (uint32_t)joins;
	return l2mcd_vty_changed();
}

#define QUERIER_STR "Queries on the session interfaces (RFC 3376, RFC 3810)\n"

DEFPY (l2mcd_querier_interval,
       l2mcd_querier_interval_cmd,
       "[no] querier interval ![(2-31744)$seconds]",
       NO_STR
       QUERIER_STR
       "Time between two General Queries; default 125\n"
       "Seconds\n")
{
	multicast()->query_interval_s =
		no ? multicast_defaults()->query_interval_s : (uint32_t)seconds;
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_querier_robustness,
       l2mcd_querier_robustness_cmd,
       "[no] querier robustness ![(1-7)$number]",
       NO_STR
       QUERIER_STR
       "Expected loss: state survives the loss of all but one; default 2\n"
       "Number of messages\n")
{
	multicast()->robustness = no ? multicast_defaults()->robustness : number;
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_querier_last_member,
       l2mcd_querier_last_member_cmd,
       "[no] querier last-member-interval ![(1-31744)$tenths]",
       NO_STR
       QUERIER_STR
       "Time to answer after a leave; default 10\n"
       "Tenths of a second\n")
{
	multicast()->last_member_ds = no ? multicast_defaults()->last_member_ds : (uint32_t)tenths;
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_querier_version,
       l2mcd_querier_version_cmd,
       "[no] querier version ![(2-3)$version]",
       NO_STR
       QUERIER_STR
       "Version of the queries; default 3\n"
       "2 is IGMPv2 and MLDv1, 3 is IGMPv3 and MLDv2\n")
{
	multicast()->version = no ? multicast_defaults()->version : version;
	return l2mcd_vty_changed();
}

/* ---------------------------------------------------------------- running configuration */

static void upstream_write(struct vty *vty, const struct l2mcd_multicast *m,
			   const struct l2mcd_multicast *d)
{
	char buf[ADDR_STRLEN];
	const struct l2mcd_range *r;

	if (strcmp(m->upstream_interface, d->upstream_interface) != 0)
		vty_out(vty, "  upstream-interface %s\n", m->upstream_interface);
	if (addr_cmp(&m->upstream_address, &d->upstream_address) != 0 ||
	    m->upstream_prefixlen != d->upstream_prefixlen)
		vty_out(vty, "  upstream-address %s/%u\n", addr_str(&m->upstream_address, buf),
			m->upstream_prefixlen);
	frr_each (l2mcd_ranges_const, &m->ranges, r)
		vty_out(vty, "  group-range %s/%u\n", addr_str(&r->prefix, buf), r->prefixlen);
}

static void policy_write(struct vty *vty, const struct l2mcd_multicast *m,
			 const struct l2mcd_multicast *d)
{
	if (m->per_group)
		vty_out(vty, "  replication-context per-group\n");
	if (m->teardown)
		vty_out(vty, "  threshold %u teardown %u\n", m->threshold, m->teardown);
	else if (m->threshold != d->threshold)
		vty_out(vty, "  threshold %u\n", m->threshold);
	if (m->holdtime_s != d->holdtime_s)
		vty_out(vty, "  holdtime %u\n", m->holdtime_s);
	if (m->ack_wait_ms != d->ack_wait_ms)
		vty_out(vty, "  acknowledgement-wait %u\n", m->ack_wait_ms);
	if (m->maximum_bps)
		vty_out(vty, "  maximum-bps %u\n", m->maximum_bps);
	if (m->packet_size != d->packet_size)
		vty_out(vty, "  packet-size %u\n", m->packet_size);
	if (m->osl_mtu_strict)
		vty_out(vty, "  osl-mtu strict\n");
	if (m->length)
		vty_out(vty, "  length-field\n");
	if (m->immediate_leave)
		vty_out(vty, "  immediate-leave\n");
	if (m->maximum_groups)
		vty_out(vty, "  maximum-groups %u per-session\n", m->maximum_groups);
	if (m->maximum_sessions)
		vty_out(vty, "  maximum-sessions %u per-tunnel\n", m->maximum_sessions);
	if (m->maximum_joins)
		vty_out(vty, "  maximum-joins %u per-second\n", m->maximum_joins);
}

static void querier_write(struct vty *vty, const struct l2mcd_multicast *m,
			  const struct l2mcd_multicast *d)
{
	if (m->query_interval_s != d->query_interval_s)
		vty_out(vty, "  querier interval %u\n", m->query_interval_s);
	if (m->robustness != d->robustness)
		vty_out(vty, "  querier robustness %u\n", m->robustness);
	if (m->last_member_ds != d->last_member_ds)
		vty_out(vty, "  querier last-member-interval %u\n", m->last_member_ds);
	if (m->version != d->version)
		vty_out(vty, "  querier version %u\n", m->version);
}

void l2mcd_vty_multicast_write(struct vty *vty, const struct l2mcd_config *c)
{
	const struct l2mcd_multicast *d = multicast_defaults();

	vty_out(vty, " multicast\n");
	if (c->multicast.membership_pimd)
		vty_out(vty, "  membership source pimd\n");
	upstream_write(vty, &c->multicast, d);
	policy_write(vty, &c->multicast, d);
	l2mcd_vty_policy_write(vty, &c->multicast, d);
	querier_write(vty, &c->multicast, d);
	vty_out(vty, " exit\n");
}

/* ---------------------------------------------------------------- init */

static struct cmd_node multicast_node = {
	.name = "l2tp-multicast multicast",
	.node = L2MCD_MULTICAST_NODE,
	.parent_node = L2MCD_NODE,
	.prompt = "%s(config-l2tp-mc-multicast)# ",
};

void l2mcd_vty_multicast_init(void)
{
	install_node(&multicast_node);
	install_default(L2MCD_MULTICAST_NODE);
	install_element(L2MCD_NODE, &l2mcd_multicast_enter_cmd);
	install_element(L2MCD_NODE, &l2mcd_no_multicast_cmd);
	install_element(L2MCD_MULTICAST_NODE, &l2mcd_membership_source_cmd);
	install_element(L2MCD_MULTICAST_NODE, &l2mcd_upstream_interface_cmd);
	install_element(L2MCD_MULTICAST_NODE, &l2mcd_upstream_address_cmd);
	install_element(L2MCD_MULTICAST_NODE, &l2mcd_group_range_cmd);
	install_element(L2MCD_MULTICAST_NODE, &l2mcd_replication_context_cmd);
	install_element(L2MCD_MULTICAST_NODE, &l2mcd_threshold_cmd);
	install_element(L2MCD_MULTICAST_NODE, &l2mcd_holdtime_cmd);
	install_element(L2MCD_MULTICAST_NODE, &l2mcd_ack_wait_cmd);
	install_element(L2MCD_MULTICAST_NODE, &l2mcd_maximum_bps_cmd);
	install_element(L2MCD_MULTICAST_NODE, &l2mcd_packet_size_cmd);
	install_element(L2MCD_MULTICAST_NODE, &l2mcd_osl_mtu_cmd);
	install_element(L2MCD_MULTICAST_NODE, &l2mcd_length_field_cmd);
	install_element(L2MCD_MULTICAST_NODE, &l2mcd_immediate_leave_cmd);
	install_element(L2MCD_MULTICAST_NODE, &l2mcd_maximum_groups_cmd);
	install_element(L2MCD_MULTICAST_NODE, &l2mcd_maximum_sessions_cmd);
	install_element(L2MCD_MULTICAST_NODE, &l2mcd_maximum_joins_cmd);
	install_element(L2MCD_MULTICAST_NODE, &l2mcd_querier_interval_cmd);
	install_element(L2MCD_MULTICAST_NODE, &l2mcd_querier_robustness_cmd);
	install_element(L2MCD_MULTICAST_NODE, &l2mcd_querier_last_member_cmd);
	install_element(L2MCD_MULTICAST_NODE, &l2mcd_querier_version_cmd);
	l2mcd_vty_policy_init();
}
