// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * l2mcd_outgoing.c - calls that the LNS asks the LAC to place (RFC 2661 5.2.2).
 *
 * At the LAC a number is an access interface.  To place the call is to wait until it is up; it
 * has then answered.  At the LNS the called number is what the subscriber is known by.
 */
#include "l2mcd/l2mcd_p.h"

/* ---------------------------------------------------------------- LAC */

static struct l2mcd_access *access_with_number(struct l2mcd *d, const char *number,
					       const char *peer_group)
{
	struct l2mcd_access *a;

	frr_each (l2mcd_accesses, &d->config.accesses, a)
		if (a->called_number[0] && strcmp(a->called_number, number) == 0 &&
		    strcmp(a->peer_group, peer_group) == 0)
			return a;
	return NULL;
}

static uint16_t refuse(const struct l2mcd_session *s, const char *number, uint16_t result,
		       const char *why)
{
	zlog_notice("outgoing call to \"%s\" in tunnel %u refused: %s", number,
		    s->tunnel->tunnel_id, why);
	l2mcd_history_add(s->tunnel->tunnel_id, s->session_id, "call to %s refused: %s", number,
			  why);
	return result;
}

uint16_t l2mcd_lac_call_accept(struct l2mcd_session *s)
{
	struct l2mcd *d = l2mcd_instance();
	struct l2tp_session_info info;
	struct l2mcd_access *a;
	const char *number;

	l2tp_session_info(s->l2tp, &info);
	number = info.call.called_number;
	a = access_with_number(d, number, s->tunnel->peer_group);
	if (!a)
		return refuse(s, number, L2TP_CDN_INVALID_DESTINATION, "no access has this number");
	if (a->session)
		return refuse(s, number, L2TP_CDN_BUSY, "busy");
	if (info.call.minimum_bps > L2MCD_ACCESS_BPS)
		return refuse(s, number, L2TP_CDN_NO_FACILITIES_PERMANENT, "not that fast");
	s->lac = true;
	strlcpy(s->interface, a->interface, sizeof(s->interface));
	a->session = s;
	l2mcd_history_add(s->tunnel->tunnel_id, s->session_id, "call to %s on %s", number,
			  s->interface);
	l2mcd_lac_wake(); /* OCRP goes first */
	return 0;
}

bool l2mcd_lac_is_outgoing(const struct l2mcd_session *s)
{
	struct l2tp_session_info info;

	l2tp_session_info(s->l2tp, &info);
	return info.outgoing;
}

void l2mcd_lac_answer(struct l2mcd_access *a, msec_t now)
{
	struct l2tp_session_info info;
	struct l2tp_call line = {.framing_type = 1, .tx_speed_bps = L2MCD_ACCESS_BPS};

	l2tp_session_info(a->session->l2tp, &info);
	if (info.state != L2TP_S_WAIT_CS_ANSWER)
		return;
	if (info.call.maximum_bps && info.call.maximum_bps < line.tx_speed_bps)
		line.tx_speed_bps = info.call.maximum_bps;
	line.sequencing_required = l2mcd_lac_asks_for_sequencing(a);
	l2tp_session_answered(a->session->l2tp, &line, now);
}

/* ---------------------------------------------------------------- LNS */

struct l2mcd_session *l2mcd_lns_dial(uint16_t tunnel_id, const char *number, const char **why)
{
	struct l2tp_call call = {.bearer_type = 3, /* whatever the LAC has */
				 .framing_type = 1,
				 .maximum_bps = L2MCD_ACCESS_BPS};
	struct l2tp_tunnel *l2tp = l2tp_tunnel_find(l2mcd_instance()->l2tp, tunnel_id);
	struct l2mcd_tunnel *t = l2tp ? l2tp_tunnel_data(l2tp) : NULL;
	struct l2tp_tunnel_info tunnel;
	struct l2mcd_session *s;

	*why = "no such tunnel";
	if (!t)
		return NULL;
	*why = "we are not the LNS of this tunnel";
	if (!t->lns)
		return NULL;
	l2tp_tunnel_info(l2tp, &tunnel);
	*why = "the LAC places no calls";
	if (!tunnel.peer_bearer)
		return NULL;
	strlcpy(call.called_number, number, sizeof(call.called_number));
	s = l2mcd_session_dial(t, &call, why);
	if (!s)
		return NULL;
	l2mcd_history_add(t->tunnel_id, s->session_id, "call to %s, interface %s", number,
			  s->interface);
	l2mcd_kick();
	return s;
}
