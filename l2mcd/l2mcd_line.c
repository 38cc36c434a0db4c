// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * l2mcd_line.c - what both ends agree about the line of an established call: sequence numbers
 * (RFC 2661 5.4), ACCM (SLI, 6.14), errors (WEN, 6.13).
 */
#include "l2mcd/l2mcd_p.h"

#include <ifaddrs.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>

#define ERRORS_INTERVAL_MS 10000 /* how often interfaces are asked for their errors */
#define ERRORS_FIRST_MS	   500	 /* after a call is up */

/* ---------------------------------------------------------------- sequence numbers */

static enum l2mcd_data_sequencing mode_of(const struct l2mcd *d, const char *peer_group)
{
	struct l2mcd_config *c = (struct l2mcd_config *)&d->config;
	const struct l2mcd_peer_group *g = l2mcd_peer_group_find(c, peer_group);
	const struct l2mcd_profile *p = g ? l2mcd_profile_find(c, g->profile) : NULL;

	return p ? p->data_sequencing : L2MCD_SEQ_ALLOW;
}

bool l2mcd_lac_asks_for_sequencing(const struct l2mcd_access *a)
{
	enum l2mcd_data_sequencing mode = mode_of(l2mcd_instance(), a->peer_group);

	return mode == L2MCD_SEQ_REQUIRE || (mode == L2MCD_SEQ_PREFER && !a->unsequenced);
}

/*
 * With Sequencing Required every data message has numbers (R2661-5.4-1).  Without it the LNS
 * decides (R2661-5.4-2) and the LAC does as the LNS does (R2661-5.4-3), in forwarding.
 */
static bool sequenced(const struct l2mcd_session *s, bool required)
{
	enum l2mcd_data_sequencing mode = mode_of(l2mcd_instance(), s->tunnel->peer_group);

	return required || (!s->lac && (mode == L2MCD_SEQ_PREFER || mode == L2MCD_SEQ_REQUIRE));
}

bool l2mcd_line_up(struct l2mcd_session *s)
{
	enum l2mcd_data_sequencing mode = mode_of(l2mcd_instance(), s->tunnel->peer_group);
	struct l2tp_session_info info;
	const char *why = NULL;

	l2tp_session_info(s->l2tp, &info);
	if (!s->lac && info.call.sequencing_required && mode == L2MCD_SEQ_DENY)
		why = "data sequencing is denied";
	if (!s->lac && !info.call.sequencing_required && mode == L2MCD_SEQ_REQUIRE)
		why = "data sequencing is required";
	if (why) {
		l2tp_session_close(s->l2tp, L2TP_CDN_NO_FACILITIES_PERMANENT, L2TP_ERR_NONE, why,
				   l2mcd_now());
		return false;
	}
	s->sequencing = sequenced(s, info.call.sequencing_required);
	return true;
}

static void review_sequencing(void *arg, struct l2mcd_session *s)
{
	struct l2tp_session_info info;
	bool on;

	l2tp_session_info(s->l2tp, &info);
	on = sequenced(s, info.call.sequencing_required);
	if (!s->up || on == s->sequencing)
		return;
	s->sequencing = on;
	l2mcd_history_add(s->tunnel->tunnel_id, s->session_id, "data messages %s numbers",
			  on ? "with" : "without");
	l2mcd_lns_sequencing_changed(s);
}

void l2mcd_line_reconcile(struct l2mcd *d)
{
	l2mcd_sessions_walk(review_sequencing, NULL);
}

/* ---------------------------------------------------------------- proxy LCP, SLI */

bool l2mcd_accepts_proxy(const struct l2mcd_session *s)
{
	struct l2mcd_config *c = &l2mcd_instance()->config;
	const struct l2mcd_peer_group *g = l2mcd_peer_group_find(c, s->tunnel->peer_group);
	const struct l2mcd_profile *p = g ? l2mcd_profile_find(c, g->profile) : NULL;

	return p && p->accept_proxy;
}

/*
 * LCP that the LAC has finished for us: the maps it has agreed on are the ones it needs now.
 * Only an asynchronous link escapes anything.
 */
void l2mcd_line_agree(struct l2mcd_session *s)
{
	struct l2tp_session_info info;
	uint32_t send, receive;

	l2tp_session_info(s->l2tp, &info);
	if (s->lac || !(info.call.framing_type & 2) || !info.call.proxy || !l2mcd_accepts_proxy(s))
		return;
	if (l2tp_proxy_accm(info.call.proxy, &send, &receive))
		l2tp_session_sli(s->l2tp, send, receive, l2mcd_now());
}

unsigned int l2mcd_session_accm(uint16_t tunnel_id, uint16_t session_id, uint32_t send,
				uint32_t receive)
{
	struct l2tp_tunnel *t = l2tp_tunnel_find(l2mcd_instance()->l2tp, tunnel_id);
	struct l2tp_session *s = t ? l2tp_session_find(t, session_id) : NULL;
	struct l2tp_session_info info;

	if (!s)
		return 0;
	l2tp_session_info(s, &info);
	if (info.lac || info.state != L2TP_S_ESTABLISHED)
		return 0;
	l2tp_session_sli(s, send, receive, l2mcd_now());
	l2mcd_kick();
	return 1;
}

/* ---------------------------------------------------------------- errors of the line */

static struct event *t_errors;
static bool soon; /* t_errors is as near as it gets */

static struct l2tp_call_errors read_errors(const struct rtnl_link_stats *st)
{
	return (struct l2tp_call_errors){.crc = st->rx_crc_errors,
					 .framing = st->rx_length_errors,
					 .hardware_overrun =
						 st->rx_over_errors + st->rx_fifo_errors,
					 .buffer_overrun = st->rx_missed_errors,
					 .alignment = st->rx_frame_errors};
}

static const struct rtnl_link_stats *stats_of(const struct ifaddrs *all, const char *interface)
{
	for (const struct ifaddrs *i = all; i; i = i->ifa_next)
		if (i->ifa_addr && i->ifa_addr->sa_family == AF_PACKET && i->ifa_data &&
		    strcmp(i->ifa_name, interface) == 0)
			return i->ifa_data;
	return NULL;
}

/* Of this call only: what was there before it does not count. */
static void tell_errors(struct l2mcd_session *s, const struct rtnl_link_stats *st)
{
	struct l2tp_call_errors e = read_errors(st);

	if (!s->line_known) {
		s->line_known = true;
		s->line_before = e;
	}
	e.crc -= s->line_before.crc;
	e.framing -= s->line_before.framing;
	e.hardware_overrun -= s->line_before.hardware_overrun;
	e.buffer_overrun -= s->line_before.buffer_overrun;
	e.alignment -= s->line_before.alignment;
	l2tp_session_errors(s->l2tp, &e, l2mcd_now());
}

static void look_for_errors(struct event *event)
{
	struct l2mcd *d = l2mcd_instance();
	struct ifaddrs *all = NULL;
	struct l2mcd_access *a;
	bool again = false;

	soon = false;
	if (getifaddrs(&all) < 0)
		all = NULL;
	frr_each (l2mcd_accesses, &d->config.accesses, a) {
		const struct rtnl_link_stats *st;

		if (!a->session || !a->session->up)
			continue;
		again = true;
		st = stats_of(all, a->interface);
		if (st)
			tell_errors(a->session, st);
	}
	if (all)
		freeifaddrs(all);
	if (again)
		event_add_timer_msec(d->master, look_for_errors, NULL, ERRORS_INTERVAL_MS,
				     &t_errors);
	l2mcd_kick();
}

void l2mcd_line_watch(void)
{
	if (soon)
		return; /* call after call must not put it off for ever */
	soon = true;
	event_cancel(&t_errors);
	event_add_timer_msec(l2mcd_instance()->master, look_for_errors, NULL, ERRORS_FIRST_MS,
			     &t_errors);
}

void l2mcd_line_fini(void)
{
	event_cancel(&t_errors);
}
