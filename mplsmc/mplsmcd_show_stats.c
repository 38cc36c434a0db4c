// SPDX-License-Identifier: GPL-2.0-or-later
/* show mpls multicast statistics: counters are rows of tables, for text and JSON alike. */
#include "mplsmc/mplsmcd_vty.h"

#include "lib/vty_stats.h"

#include "mplsmc/mplsmcd_show_stats_clippy.c"

#define LDP(member, label, key)	 STATS_COUNTER(struct ldp_stats, member, label, key)
#define MLDP(member, label, key) STATS_COUNTER(struct mldp_stats, member, label, key)
#define PIM(member, label, key)	 STATS_COUNTER(struct pim_vif_info, member, label, key)
#define MAP(member, label, key)	 STATS_COUNTER(struct mc_map_stats, member, label, key)
#define EDGE(member, label, key) STATS_COUNTER(struct mplsmcd, stats.member, label, key)

static const struct stats_counter ldp[] = {
	LDP(hellos_rx, "Hellos received", "hellosReceived"),
	LDP(hellos_tx, "Hellos sent", "hellosSent"),
	LDP(hellos_bad, "Hellos not understood", "hellosBad"),
	LDP(hellos_targeted, "Targeted Hellos, ignored", "hellosTargeted"),
	LDP(refused_connections, "Connections refused", "refusedConnections"),
	LDP(faults, "Faults in messages of peers", "faults"),
	LDP(fatal_tx, "Fatal notifications sent", "fatalSent"),
	LDP(fatal_rx, "Fatal notifications received", "fatalReceived"),
	LDP(unknown_messages, "Unknown messages", "unknownMessages"),
};

static const struct stats_counter mldp[] = {
	MLDP(mappings_rx, "Label mappings received", "mappingsReceived"),
	MLDP(mappings_tx, "Label mappings sent", "mappingsSent"),
	MLDP(withdraws_rx, "Label withdraws received", "withdrawsReceived"),
	MLDP(withdraws_tx, "Label withdraws sent", "withdrawsSent"),
	MLDP(releases_rx, "Label releases received", "releasesReceived"),
	MLDP(releases_tx, "Label releases sent", "releasesSent"),
	MLDP(requests_rx, "Label requests received", "requestsReceived"),
	MLDP(requests_tx, "Label requests sent", "requestsSent"),
	MLDP(mbb_requests_rx, "Make-before-break requests received", "mbbRequestsReceived"),
	MLDP(mbb_requests_tx, "Make-before-break requests sent", "mbbRequestsSent"),
	MLDP(mbb_acks_rx, "Make-before-break acks received", "mbbAcksReceived"),
	MLDP(mbb_acks_tx, "Make-before-break acks sent", "mbbAcksSent"),
	MLDP(mbb_timeouts, "Make-before-break acks not received", "mbbTimeouts"),
	MLDP(refused_limit, "Refused: a limit", "refusedLimit"),
	MLDP(refused_labels, "Refused: no labels left", "refusedLabels"),
	MLDP(refused_mp2mp, "Refused: MP2MP", "refusedMp2mp"),
	MLDP(reserved_labels, "Refused: reserved label", "reservedLabels"),
	MLDP(upstream_refused, "Upstream-assigned labels not had", "upstreamLabelsNotHad"),
	MLDP(unexpected, "Messages not expected", "unexpected"),
};

static const struct stats_counter pim[] = {
	PIM(rx_hellos, "Hellos of pimd", "hellosReceived"),
	PIM(tx_hellos, "Hellos to pimd", "hellosSent"),
	PIM(rx_join_prunes, "Join/Prunes of pimd", "joinPrunesReceived"),
	PIM(tx_join_prunes, "Join/Prunes to pimd", "joinPrunesSent"),
	PIM(rx_bad, "Not understood", "bad"),
	PIM(rx_reflected, "Our own joins reflected", "reflected"),
	PIM(restarts, "Restarts of pimd", "restarts"),
};

static const struct stats_counter map[] = {
	MAP(denied, "Trees that leaves may not ask for (map)", "denied"),
	MAP(inert, "LSPs whose opaque value names no tree", "inert"),
};

static const struct stats_counter edge[] = {
	EDGE(udp_rx, "Datagrams received", "udpReceived"),
	EDGE(udp_tx, "Datagrams sent", "udpSent"),
	EDGE(udp_errors, "Datagrams not sent", "udpErrors"),
	EDGE(tcp_accepted, "Connections accepted", "tcpAccepted"),
	EDGE(tcp_refused, "Connections refused", "tcpRefused"),
	EDGE(tcp_errors, "Connections that failed", "tcpErrors"),
	EDGE(md5_bad, "Segments with bad TCP MD5, host", "tcpMd5Bad"),
	EDGE(upstream_rx, "Packets of the upstream interface", "upstreamReceived"),
	EDGE(upstream_unforwarded, "  without an agent", "upstreamUnforwarded"),
	EDGE(mroute_changes, "Changes of multicast routes", "mrouteChanges"),
	EDGE(mroute_overruns, "  lost, the table was read again", "mrouteOverruns"),
	EDGE(mroute_dumps, "Times the table was read", "mrouteDumps"),
};

/* ---------------------------------------------------------------- TCP MD5 */

static uint64_t md5_before;

/* The kernel drops segments without signature, or with a wrong one, and counts them for all
 * sockets together: TCPMD5NotFound, TCPMD5Unexpected, TCPMD5Failure (M-5036-2.9-1). */
static uint64_t md5_total(void)
{
	char names[8192], values[8192], *name = NULL, *value = NULL, *n, *v;
	FILE *f = fopen("/proc/net/netstat", "r");
	uint64_t sum = 0;

	if (!f)
		return 0;
	while (fgets(names, sizeof(names), f) && fgets(values, sizeof(values), f)) {
		n = strtok_r(names, " \n", &name);
		v = strtok_r(values, " \n", &value);
		for (; n && v; n = strtok_r(NULL, " \n", &name), v = strtok_r(NULL, " \n", &value))
			if (strncmp(n, "TCPMD5", strlen("TCPMD5")) == 0)
				sum += strtoull(v, NULL, 10);
	}
	fclose(f);
	return sum;
}

/* ---------------------------------------------------------------- the groups of counters */

#define MESSAGE_ROWS 16 /* of ldp_session_info */

struct all {
	struct ldp_stats ldp;
	struct pim_vif_info pim, pim6;
	uint64_t rx[MESSAGE_ROWS], tx[MESSAGE_ROWS];
};

#define SECTIONS 6

static void sections(struct all *a, struct stats_section out[SECTIONS])
{
	struct mplsmcd *d = mplsmcd_instance();
	struct ldp_session *s;

	*a = (struct all){};
	d->stats.md5_bad = md5_total() - md5_before;
	if (d->ldp)
		a->ldp = *ldp_engine_stats(d->ldp);
	if (d->pim)
		pim_vif_info(d->pim, &a->pim);
	if (d->pim6)
		pim_vif_info(d->pim6, &a->pim6);
	for (s = d->ldp ? ldp_session_first(d->ldp) : NULL; s; s = ldp_session_next(d->ldp, s)) {
		struct ldp_session_info i;

		ldp_session_info(s, &i);
		for (size_t row = 0; row < MESSAGE_ROWS; row++) {
			a->rx[row] += i.rx[row];
			a->tx[row] += i.tx[row];
		}
	}
	out[0] = (struct stats_section){"LDP", "ldp", ldp, array_size(ldp), &a->ldp};
	out[1] = (struct stats_section){"P2MP LSPs", "mldp", mldp, array_size(mldp),
					mldp_stats(d->mldp)};
	out[2] = (struct stats_section){"Mapping", "mapping", map, array_size(map),
					mc_map_stats(d->map)};
	out[3] = (struct stats_section){"PIM with pimd", "pim", pim, array_size(pim), &a->pim};
	out[4] = (struct stats_section){"PIM with pim6d", "pim6", pim, array_size(pim), &a->pim6};
	out[5] = (struct stats_section){"Sockets", "sockets", edge, array_size(edge), d};
}

/* Message types with a row; false: it has none, or none was seen. */
static bool message_seen(const struct all *a, unsigned int type, unsigned int *row)
{
	*row = ldp_msg_row(type);
	return *row < LDP_MSG_ROWS && (a->rx[*row] || a->tx[*row]);
}

/* ---------------------------------------------------------------- text and JSON */

static void statistics_text(struct vty *vty)
{
	struct stats_section s[SECTIONS];
	unsigned int row;
	struct all a;

	sections(&a, s);
	stats_messages_head(vty, "Messages of present sessions");
	for (unsigned int type = LDP_NOTIFICATION; type <= LDP_LABEL_ABORT; type++)
		if (message_seen(&a, type, &row))
			stats_messages_text(vty, ldp_msg_name(type), a.rx[row], a.tx[row]);
	for (size_t i = 0; i < SECTIONS; i++)
		stats_section_text(vty, &s[i]);
}

static json_object *messages_json(const struct all *a)
{
	json_object *o = json_object_new_object();
	unsigned int row;

	for (unsigned int type = LDP_NOTIFICATION; type <= LDP_LABEL_ABORT; type++)
		if (message_seen(a, type, &row))
			stats_messages_json(o, ldp_msg_name(type), a->rx[row], a->tx[row]);
	return o;
}

static json_object *statistics_json(void)
{
	json_object *o = json_object_new_object();
	struct stats_section s[SECTIONS];
	struct all a;

	sections(&a, s);
	json_object_object_add(o, "messages", messages_json(&a));
	for (size_t i = 0; i < SECTIONS; i++)
		stats_section_json(o, &s[i]);
	return o;
}

#define STATISTICS_STR "Counters of messages, faults and refusals\n"

DEFPY(mplsmcd_show_statistics, mplsmcd_show_statistics_cmd,
      "show mpls multicast statistics [json$json]",
      SHOW_STR MPLS_STR MULTICAST_STR STATISTICS_STR JSON_STR)
{
	if (json)
		return vty_json(vty, statistics_json());
	statistics_text(vty);
	return CMD_SUCCESS;
}

DEFUN(mplsmcd_clear_counters, mplsmcd_clear_counters_cmd, "clear mpls multicast statistics",
      CLEAR_STR MPLS_STR MULTICAST_STR STATISTICS_STR)
{
	mplsmcd_clear_statistics();
	md5_before = md5_total();
	return CMD_SUCCESS;
}

void mplsmcd_show_stats_init(void)
{
	md5_before = md5_total();
	install_element(VIEW_NODE, &mplsmcd_show_statistics_cmd);
	install_element(ENABLE_NODE, &mplsmcd_clear_counters_cmd);
}
