// SPDX-License-Identifier: GPL-2.0-or-later
/* Configuration commands: how multicast sessions are treated; see l2mcd_vty.h. */
#include "l2mcd/l2mcd_vty.h"

#include "l2mcd/l2mcd_vty_policy_clippy.c"

static struct l2mcd_multicast *multicast(void)
{
	return &l2mcd_vty_config()->multicast;
}

static const struct l2mcd_multicast *defaults(void)
{
	return &l2mcd_vty_defaults()->multicast;
}

/* ---------------------------------------------------------------- priorities (RFC 4045 6.3) */

#define PRIORITIES_STR                                       \
	"Neither goes first: packets leave as they arrive\n" \
	"Packets of the subscriber's own session go first\n" \
	"Packets of multicast sessions go first\n"

static uint8_t priority_of(const char *name)
{
	uint8_t p;

	for (p = L2MC_BEST_EFFORT; p < L2MC_PRIORITY_MAX; p++)
		if (strcmp(name, l2mc_priority_name(p)) == 0)
			break;
	return p;
}

DEFPY (l2mcd_priority,
       l2mcd_priority_cmd,
       "[no] priority ![<best-effort|unicast|multicast>$what]",
       NO_STR
       "What goes first where a subscriber's link is full; default best-effort\n"
       PRIORITIES_STR)
{
	multicast()->priority = no ? L2MC_BEST_EFFORT : priority_of(what);
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_priority_precedence,
       l2mcd_priority_precedence_cmd,
       "[no] priority-precedence ![<individual|global|last-received|none>$what]",
       NO_STR
       "LAC: which priority counts if several came; default individual\n"
       "That of the subscriber's session\n"
       "That of the multicast session\n"
       "The newer one\n"
       "None: what the LNS says of priorities is ignored\n")
{
	enum l2mc_precedence p = L2MC_INDIVIDUAL;

	if (!no)
		while (p < L2MC_PRIORITY_IGNORED && strcmp(what, l2mc_precedence_name(p)) != 0)
			p++;
	multicast()->precedence = p;
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_subscriber,
       l2mcd_subscriber_cmd,
       "[no] subscriber NAME$name priority ![<best-effort|unicast|multicast>$what]",
       NO_STR
       "One subscriber\n"
       "Its session interface, or the number it calls from\n"
       "What goes first on its link; default as for all\n"
       PRIORITIES_STR)
{
	struct l2mcd_multicast *m = multicast();
	struct l2mcd_subscriber *s;

	if (strlen(name) >= L2MCD_NAME_LEN)
		return vty_refuse(vty, "'%s' is too long for the name of a subscriber", name);
	if (!no) {
		l2mcd_subscriber_add(m, name)->priority = priority_of(what);
	} else {
		s = l2mcd_subscriber_find(m, name);
		if (s)
			l2mcd_subscriber_del(m, s);
	}
	return l2mcd_vty_changed();
}

/* ---------------------------------------------------------------- senders (RFC 4045 4.4) */

DEFPY (l2mcd_member_source,
       l2mcd_member_source_cmd,
       "[no] member-source ![<deny|exclude>$what]",
       NO_STR
       "Subscribers that send to groups they have joined; default deny\n"
       "What subscribers send is not forwarded to subscribers\n"
       "A sender is not listed for its group, and gets other sources by unicast\n")
{
	multicast()->member_source_exclude = !no && strcmp(what, "exclude") == 0;
	return l2mcd_vty_changed();
}

/* ---------------------------------------------------------------- multicast sessions */

DEFPY (l2mcd_refused_holdoff,
       l2mcd_refused_holdoff_cmd,
       "[no] refused-holdoff ![(1-86400)$seconds]",
       NO_STR
       "How long a LAC that refused a multicast session, or did not answer, is left alone\n"
       "Seconds; default 60\n")
{
	multicast()->refused_holdoff_s = no ? defaults()->refused_holdoff_s : (uint32_t)seconds;
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_nos_retry,
       l2mcd_nos_retry_cmd,
       "[no] nos-retry ![(1-3600)$seconds attempts (0-100)$attempts]",
       NO_STR
       "Subscribers that the LAC does not acknowledge are listed again; default 30 attempts 3\n"
       "Seconds between two attempts\n"
       "How often\n"
       "Times; then they stay on unicast\n")
{
	multicast()->nos_retry_s = no ? defaults()->nos_retry_s : (uint32_t)seconds;
	multicast()->nos_retries = no ? defaults()->nos_retries : (uint32_t)attempts;
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_transition_timeout,
       l2mcd_transition_timeout_cmd,
       "[no] transition-timeout ![(1-60000)$ms]",
       NO_STR
       "How long a change from INCLUDE to EXCLUDE waits for the LAC; default 1000\n"
       "Milliseconds\n")
{
	multicast()->transition_ms = no ? defaults()->transition_ms : (uint32_t)ms;
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_termination,
       l2mcd_termination_cmd,
       "[no] termination ![<passive|active>$how]",
       NO_STR
       "How multicast sessions end that a change of the filter mode made superfluous; default passive\n"
       "Their subscribers are withdrawn first\n"
       "At once\n")
{
	multicast()->active_termination = !no && strcmp(how, "active") == 0;
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_msi_ack_header,
       l2mcd_msi_ack_header_cmd,
       "[no] msi-ack-header ![<peer-id|lac-id>$whose]",
       NO_STR
       "Session ID in the header of acknowledgements of lists; default peer-id\n"
       "That of the LNS, as RFC 2661 has it\n"
       "That of the LAC, for a peer that takes RFC 4045 6.1 by the letter\n")
{
	multicast()->ack_lac_id = !no && strcmp(whose, "lac-id") == 0;
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_require_traffic,
       l2mcd_require_traffic_cmd,
       "[no] require-traffic",
       NO_STR
       "Open a multicast session only while packets of the flow arrive\n")
{
	multicast()->require_traffic = !no;
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_idle_timeout,
       l2mcd_idle_timeout_cmd,
       "[no] idle-timeout ![(1-86400)$seconds]",
       NO_STR
       "End multicast sessions that carry nothing; default never\n"
       "Seconds without a packet\n")
{
	multicast()->idle_timeout_s = no ? 0 : (uint32_t)seconds;
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_sequencing,
       l2mcd_sequencing_cmd,
       "[no] sequencing [drop-late$late]",
       NO_STR
       "LAC: ask for sequence numbers in multicast sessions\n"
       "Drop packets that are overtaken by later ones; else they pass\n")
{
	multicast()->sequencing = !no;
	multicast()->drop_late = !no && late;
	return l2mcd_vty_changed();
}

DEFPY (l2mcd_maximum_receivers,
       l2mcd_maximum_receivers_cmd,
       "[no] maximum-receivers ![(1-65535)$receivers per-session]",
       NO_STR
       "LAC: limit the outgoing session lists; default no limit\n"
       "Number of subscribers\n"
       "In one multicast session\n")
{
	multicast()->maximum_receivers = no ? 0 : (uint32_t)receivers;
	return l2mcd_vty_changed();
}

/* ---------------------------------------------------------------- running configuration */

static void timing_write(struct vty *vty, const struct l2mcd_multicast *m,
			 const struct l2mcd_multicast *d)
{
	if (m->refused_holdoff_s != d->refused_holdoff_s)
		vty_out(vty, "  refused-holdoff %u\n", m->refused_holdoff_s);
	if (m->nos_retry_s != d->nos_retry_s || m->nos_retries != d->nos_retries)
		vty_out(vty, "  nos-retry %u attempts %u\n", m->nos_retry_s, m->nos_retries);
	if (m->transition_ms != d->transition_ms)
		vty_out(vty, "  transition-timeout %u\n", m->transition_ms);
	if (m->active_termination)
		vty_out(vty, "  termination active\n");
	if (m->ack_lac_id)
		vty_out(vty, "  msi-ack-header lac-id\n");
}

void l2mcd_vty_policy_write(struct vty *vty, const struct l2mcd_multicast *m,
			    const struct l2mcd_multicast *d)
{
	const struct l2mcd_subscriber *s;

	timing_write(vty, m, d);
	if (m->member_source_exclude)
		vty_out(vty, "  member-source exclude\n");
	if (m->require_traffic)
		vty_out(vty, "  require-traffic\n");
	if (m->idle_timeout_s)
		vty_out(vty, "  idle-timeout %u\n", m->idle_timeout_s);
	if (m->sequencing)
		vty_out(vty, "  sequencing%s\n", m->drop_late ? " drop-late" : "");
	if (m->priority != d->priority)
		vty_out(vty, "  priority %s\n", l2mc_priority_name(m->priority));
	if (m->precedence != d->precedence)
		vty_out(vty, "  priority-precedence %s\n", l2mc_precedence_name(m->precedence));
	frr_each (l2mcd_subscribers_const, &m->subscribers, s)
		vty_out(vty, "  subscriber %s priority %s\n", s->name,
			l2mc_priority_name(s->priority));
	if (m->maximum_receivers)
		vty_out(vty, "  maximum-receivers %u per-session\n", m->maximum_receivers);
}

void l2mcd_vty_policy_init(void)
{
	install_element(L2MCD_MULTICAST_NODE, &l2mcd_priority_cmd);
	install_element(L2MCD_MULTICAST_NODE, &l2mcd_priority_precedence_cmd);
	install_element(L2MCD_MULTICAST_NODE, &l2mcd_subscriber_cmd);
	install_element(L2MCD_MULTICAST_NODE, &l2mcd_refused_holdoff_cmd);
	install_element(L2MCD_MULTICAST_NODE, &l2mcd_nos_retry_cmd);
	install_element(L2MCD_MULTICAST_NODE, &l2mcd_transition_timeout_cmd);
	install_element(L2MCD_MULTICAST_NODE, &l2mcd_termination_cmd);
	install_element(L2MCD_MULTICAST_NODE, &l2mcd_msi_ack_header_cmd);
	install_element(L2MCD_MULTICAST_NODE, &l2mcd_member_source_cmd);
	install_element(L2MCD_MULTICAST_NODE, &l2mcd_require_traffic_cmd);
	install_element(L2MCD_MULTICAST_NODE, &l2mcd_idle_timeout_cmd);
	install_element(L2MCD_MULTICAST_NODE, &l2mcd_sequencing_cmd);
	install_element(L2MCD_MULTICAST_NODE, &l2mcd_maximum_receivers_cmd);
}
