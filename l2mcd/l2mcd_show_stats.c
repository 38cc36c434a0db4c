// SPDX-License-Identifier: GPL-2.0-or-later
/* show l2tp statistics: counters are rows of tables, for text and JSON alike. */
#include "l2mcd/l2mcd_vty.h"

#include "lib/vty_show.h"
#include "lib/vty_stats.h"

#include "l2mcd/l2mcd_show_stats_clippy.c"

#define L2TP(member, label, key) STATS_COUNTER(struct l2tp_stats, member, label, key)
#define LNS(member, label, key)	 STATS_COUNTER(struct l2mc_lns_stats, member, label, key)
#define LAC(member, label, key)	 STATS_COUNTER(struct l2mc_lac_stats, member, label, key)
#define GMP(member, label, key)	 STATS_COUNTER(struct gmp_router_stats, member, label, key)
#define EDGE(member, label, key) STATS_COUNTER(struct l2mcd, stats.member, label, key)

static const struct stats_counter control[] = {
	L2TP(tunnels_up, "Tunnels established", "tunnelsUp"),
	L2TP(sessions_up, "Sessions established", "sessionsUp"),
	L2TP(sessions_refused, "Sessions refused", "sessionsRefused"),
	L2TP(tx_retransmit, "Retransmissions", "retransmits"),
	L2TP(rx_duplicate, "Duplicates received", "duplicates"),
	L2TP(rx_reordered, "Received out of order", "reordered"),
	L2TP(rx_data, "Data messages received", "dataMessages"),
};

static const struct stats_counter drops[] = {
	L2TP(rx_short, "Too short", "short"),
	L2TP(rx_version, "Wrong version", "version"),
	L2TP(rx_unknown_tunnel, "Unknown tunnel", "unknownTunnel"),
	L2TP(rx_wrong_peer, "Not from the tunnel's peer", "wrongPeer"),
	L2TP(rx_out_of_window, "Outside the window", "outOfWindow"),
	L2TP(rx_unknown_session, "Unknown session", "unknownSession"),
	L2TP(rx_unknown_type, "Unknown message type", "unknownType"),
	L2TP(rx_malformed, "Malformed", "malformed"),
	L2TP(rx_unexpected, "Not expected in this state", "unexpected"),
	L2TP(rx_overload, "Too many tunnels being opened", "overload"),
};

static const struct stats_counter avps[] = {
	L2TP(decode.avp_unknown, "Unknown", "unknown"),
	L2TP(decode.avp_reserved_bits, "Reserved bits set", "reservedBits"),
	L2TP(decode.avp_malformed, "Malformed", "malformed"),
	L2TP(decode.avp_misplaced, "Not allowed in the message", "misplaced"),
	L2TP(decode.avp_hidden, "Hidden", "hidden"),
	L2TP(decode.avp_unhide_failed, "Hidden, not readable", "unhideFailed"),
	L2TP(decode.avp_m_bit, "Wrong M bit", "mBit"),
};

static const struct stats_counter lns[] = {
	LNS(opened, "Multicast sessions opened", "opened"),
	LNS(refused, "Refused by the LAC", "refused"),
	LNS(timeouts, "Not answered by the LAC", "timeouts"),
	LNS(ended_by_peer, "Ended by the LAC", "endedByPeer"),
	LNS(unexpected, "Messages not expected", "unexpected"),
	LNS(unknown_id, "Messages for unknown sessions", "unknownId"),
	LNS(foreign_acks, "IDs acknowledged but not listed", "foreignAcks"),
	LNS(malformed, "Malformed messages", "malformed"),
};

static const struct stats_counter lac[] = {
	LAC(opened, "Multicast sessions opened", "opened"),
	LAC(refused, "Refused", "refused"),
	LAC(not_offered, "Ignored: capability not offered", "notOffered"),
	LAC(unknown_id, "Messages for unknown sessions", "unknownId"),
	LAC(unexpected, "Messages not expected", "unexpected"),
	LAC(malformed, "Malformed messages", "malformed"),
	LAC(ids_listed, "Session IDs listed", "idsListed"),
	LAC(ids_acked, "Session IDs acknowledged", "idsAcked"),
	LAC(ids_unusable, "Session IDs not usable", "idsUnusable"),
	LAC(ids_zero, "Session ID 0", "idsZero"),
	LAC(ids_withdrawn, "Session IDs withdrawn", "idsWithdrawn"),
	LAC(purged, "Session IDs purged with their call", "purged"),
};

static const struct stats_counter gmp[] = {
	GMP(rx_reports, "Reports received", "reports"),
	GMP(rx_leaves, "Leaves received", "leaves"),
	GMP(rx_records, "Group records received", "records"),
	GMP(rx_queries, "Queries received", "queries"),
	GMP(rx_ignored_version, "Ignored: other version", "ignoredVersion"),
	GMP(rx_refused_groups, "Refused: too many groups", "refusedGroups"),
	GMP(rx_refused_sources, "Refused: too many sources", "refusedSources"),
	GMP(rx_rate_limited, "Refused: too many joins", "rateLimited"),
	GMP(rx_ignored_ssm, "Ignored: all sources of an SSM group", "ignoredSsm"),
	GMP(tx_queries, "Queries sent", "queriesSent"),
};

static const struct stats_counter edge[] = {
	EDGE(udp_rx, "Datagrams received", "udpReceived"),
	EDGE(udp_tx, "Datagrams sent", "udpSent"),
	EDGE(udp_errors, "Datagrams not sent", "udpErrors"),
	EDGE(tap_packets, "Packets from session interfaces", "tapPackets"),
	EDGE(tap_ignored, "  of no concern", "tapIgnored"),
	EDGE(tap_errors, "  not sent or not read", "tapErrors"),
	EDGE(upstream_reports, "Reports towards pimd", "upstreamReports"),
	EDGE(upstream_queries, "Queries of pimd", "upstreamQueries"),
	EDGE(upstream_unforwarded, "Packets without an agent", "upstreamUnforwarded"),
};

/* ---------------------------------------------------------------- the groups of counters */

/* Sum over the session interfaces that are there. */
static void add_gmp(void *arg, struct l2mcd_session *s)
{
	for (size_t v = 0; v < array_size(s->gmp); v++)
		if (s->gmp[v])
			stats_sum(arg, gmp_router_stats(s->gmp[v]), gmp, array_size(gmp));
}

struct all {
	const struct l2mcd *d;
	const struct l2tp_stats *l2tp;
	struct l2mc_lns_stats lns;
	struct l2mc_lac_stats lac;
	struct gmp_router_stats gmp;
};

#define SECTIONS 7

static void sections(struct all *a, struct stats_section out[SECTIONS])
{
	a->d = l2mcd_instance();
	a->l2tp = l2tp_engine_stats(a->d->l2tp);
	l2mc_lns_stats(a->d->lns, &a->lns);
	l2mc_lac_stats(a->d->lac, &a->lac);
	memset(&a->gmp, 0, sizeof(a->gmp));
	l2mcd_sessions_walk(add_gmp, &a->gmp);
	out[0] =
		(struct stats_section){"Control", "control", control, array_size(control), a->l2tp};
	out[1] = (struct stats_section){"Messages dropped", "drops", drops, array_size(drops),
					a->l2tp};
	out[2] = (struct stats_section){"AVPs", "avps", avps, array_size(avps), a->l2tp};
	out[3] = (struct stats_section){"Multicast as LNS", "lns", lns, array_size(lns), &a->lns};
	out[4] = (struct stats_section){"Multicast as LAC", "lac", lac, array_size(lac), &a->lac};
	out[5] = (struct stats_section){"IGMP and MLD of subscribers", "gmp", gmp, array_size(gmp),
					&a->gmp};
	out[6] = (struct stats_section){"Sockets", "sockets", edge, array_size(edge), a->d};
}

/* ---------------------------------------------------------------- text and JSON */

static bool message_seen(const struct all *a, unsigned int type)
{
	return a->l2tp->rx[type] || a->l2tp->tx[type];
}

static void statistics_text(struct vty *vty)
{
	const struct l2mcd *d = l2mcd_instance();
	struct stats_section s[SECTIONS];
	struct all a;

	sections(&a, s);
	stats_messages_head(vty, "Messages");
	for (unsigned int t = 0; t < L2TP_MSG_TYPES; t++)
		if (message_seen(&a, t))
			stats_messages_text(vty, l2tp_msg_name(t), a.l2tp->rx[t], a.l2tp->tx[t]);
	for (size_t i = 0; i < SECTIONS; i++)
		stats_section_text(vty, &s[i]);
	vty_out(vty, "IGMP and MLD packets\n");
	for (unsigned int r = 0; r < GMP_DECODE_RESULTS; r++)
		vty_out(vty, "  %-36s %12" PRIu64 "\n", gmp_decode_name(r), d->stats.gmp_decode[r]);
}

static json_object *messages_json(const struct all *a)
{
	json_object *o = json_object_new_object();

	for (unsigned int t = 0; t < L2TP_MSG_TYPES; t++)
		if (message_seen(a, t))
			stats_messages_json(o, l2tp_msg_name(t), a->l2tp->rx[t], a->l2tp->tx[t]);
	return o;
}

static json_object *statistics_json(void)
{
	const struct l2mcd *d = l2mcd_instance();
	json_object *o = json_object_new_object(), *decode = json_object_new_object();
	struct stats_section s[SECTIONS];
	struct all a;

	sections(&a, s);
	json_object_object_add(o, "messages", messages_json(&a));
	for (size_t i = 0; i < SECTIONS; i++)
		stats_section_json(o, &s[i]);
	for (unsigned int r = 0; r < GMP_DECODE_RESULTS; r++)
		json_object_int_add(decode, gmp_decode_name(r), d->stats.gmp_decode[r]);
	json_object_object_add(o, "gmpDecode", decode);
	return o;
}

#define L2TP_STR       "L2TP\n"
#define STATISTICS_STR "Counters of messages, AVP errors and drops\n"

DEFPY (l2mcd_show_statistics,
       l2mcd_show_statistics_cmd,
       "show l2tp statistics [json$json]",
       SHOW_STR
       L2TP_STR
       STATISTICS_STR
       JSON_STR)
{
	if (json)
		return vty_json(vty, statistics_json());
	statistics_text(vty);
	return CMD_SUCCESS;
}

DEFUN (l2mcd_clear_counters,
       l2mcd_clear_counters_cmd,
       "clear l2tp statistics",
       CLEAR_STR
       L2TP_STR
       STATISTICS_STR)
{
	l2mcd_clear_statistics();
	return CMD_SUCCESS;
}

void l2mcd_show_stats_init(void)
{
	install_element(VIEW_NODE, &l2mcd_show_statistics_cmd);
	install_element(ENABLE_NODE, &l2mcd_clear_counters_cmd);
}
