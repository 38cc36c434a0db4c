// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * l2mcd_lns.c - unicast sessions on the LNS and their netdevs.
 *
 * RFC 4045 4.2: each session is one attached network; what it wants is l2mcd_membership's
 * business.
 */
#include "l2mcd/l2mcd_membership.h"
#include "l2mcd/l2mcd_p.h"

static int ifsession_cmp(const struct l2mcd_session *a, const struct l2mcd_session *b)
{
	return numcmp(a->ifindex, b->ifindex);
}

static uint32_t ifsession_hash(const struct l2mcd_session *s)
{
	return jhash_1word(s->ifindex, 7);
}

DECLARE_HASH(l2mcd_ifsessions, struct l2mcd_session, by_ifindex, ifsession_cmp, ifsession_hash);

PREDECL_HASH(l2mcd_names);

/** A reserved interface name; the netdev need not exist. */
struct name {
	struct l2mcd_names_item item;
	char interface[IFNAMSIZ];
	struct l2mcd_session *session;
};

static int name_cmp(const struct name *a, const struct name *b)
{
	return strcmp(a->interface, b->interface);
}

static uint32_t name_hash(const struct name *n)
{
	return string_hash_make(n->interface);
}

DECLARE_HASH(l2mcd_names, struct name, item, name_cmp, name_hash);
DEFINE_MTYPE_STATIC(L2MCD, L2MCD_NAME, "session interface name");

static struct l2mcd_ifsessions_head ifsessions;
static struct l2mcd_names_head names;

static const struct l2mcd_provider *provider(const struct l2mcd *d)
{
	switch (d->config.provider) {
	case L2MCD_PROVIDER_EXTERNAL:
		return &l2mcd_external;
	case L2MCD_PROVIDER_PPPD:
		return &l2mcd_pppd;
	case L2MCD_PROVIDER_NONE:
		break;
	}
	return NULL;
}

struct l2mcd_session *l2mcd_lns_by_ifindex(ifindex_t ifindex)
{
	struct l2mcd_session key = {.ifindex = ifindex};

	return l2mcd_ifsessions_find(&ifsessions, &key);
}

static struct name *name_find(const char *interface)
{
	struct name key = {};

	strlcpy(key.interface, interface, sizeof(key.interface));
	return l2mcd_names_find(&names, &key);
}

struct l2mcd_session *l2mcd_lns_by_name(const char *interface)
{
	struct name *n = name_find(interface);

	return n ? n->session : NULL;
}

static void name_set(struct l2mcd_session *s, const char *interface)
{
	struct name *n = XCALLOC(MTYPE_L2MCD_NAME, sizeof(*n));

	if (interface != s->interface)
		strlcpy(s->interface, interface, sizeof(s->interface));
	strlcpy(n->interface, interface, sizeof(n->interface));
	n->session = s;
	l2mcd_names_add(&names, n);
}

static void name_clear(struct l2mcd_session *s)
{
	struct name *n = name_find(s->interface);

	if (n && n->session == s) {
		l2mcd_names_del(&names, n);
		XFREE(MTYPE_L2MCD_NAME, n);
	}
}

/* ---------------------------------------------------------------- A4045-28 */

enum l2mcd_ineligible l2mcd_session_ineligible(const struct l2mcd_session *s, bool v6)
{
	return s->ineligible != L2MCD_ELIGIBLE ? s->ineligible
					       : l2mcd_link_ineligible_family(&s->link, v6);
}

/* For groups of neither family: the reason, if there is one for both. */
static enum l2mcd_ineligible judge(const struct l2mcd *d, const struct l2mcd_session *s)
{
	if (s->sequencing) /* R4045-8-3 */
		return L2MCD_INELIGIBLE_SEQUENCING;
	if (!s->ifindex)
		return L2MCD_INELIGIBLE_NO_INTERFACE;
	return l2mcd_link_ineligible(&s->link, d->config.multicast.packet_size);
}

static void review_eligible(struct l2mcd_session *s)
{
	enum l2mcd_ineligible was = s->ineligible;

	s->ineligible = judge(l2mcd_instance(), s);
	if (s->ineligible != was && s->ineligible != L2MCD_INELIGIBLE_NO_INTERFACE)
		l2mcd_history_add(s->tunnel->tunnel_id, s->session_id, "%s%s",
				  s->ineligible ? "left out of multicast sessions: "
						: "may be in multicast sessions",
				  l2mcd_ineligible_name(s->ineligible));
	if (s->user)
		l2mc_user_set_eligible(s->user, !l2mcd_session_ineligible(s, false),
				       !l2mcd_session_ineligible(s, true), l2mcd_now());
}

/* ---------------------------------------------------------------- the netdev comes and goes */

static void interface_gone(struct l2mcd_session *s)
{
	if (s->ifindex)
		l2mcd_ifsessions_del(&ifsessions, s);
	s->ifindex = 0;
	l2mcd_membership(l2mcd_instance())->stop(s);
	if (s->user)
		l2mc_user_del(s->user, l2mcd_now());
	s->user = NULL;
	l2mcd_fib_session_del(s);
}

void l2mcd_lns_interface(struct l2mcd_session *s, const struct interface *ifp)
{
	struct l2mcd *d = l2mcd_instance();
	bool was = s->ifindex;

	if (ifp && s->link.ifindex && s->link.ifindex != (uint32_t)ifp->ifindex)
		ifp = NULL; /* one of before, with the same name */
	if (!ifp || (s->ifindex && s->ifindex != ifp->ifindex))
		interface_gone(s);
	if (!ifp) {
		if (was || !s->link.told)
			l2mcd_history_add(s->tunnel->tunnel_id, s->session_id, "%s is not up",
					  s->interface);
		review_eligible(s);
		return;
	}
	if (!s->ifindex) {
		s->ifindex = ifp->ifindex;
		s->framing = l2mcd_interface_framing(ifp);
		l2mcd_ifsessions_add(&ifsessions, s);
		l2mcd_fib_session(s);
		s->user = l2mc_user_add(s->tunnel->lns, s->session_id, s->peer_session_id, s);
		l2mcd_priority_session(s);
		l2mcd_sender_session(s);
	}
	review_eligible(s);
	l2mcd_membership(d)->start(d, s, ifp);
	l2mcd_kick();
}

/* A netdev's name may still be that of a session whose end we are about to hear of. */
static void take_name(struct l2mcd_session *s, const char *interface)
{
	struct l2mcd_session *old = l2mcd_lns_by_name(interface);

	if (old == s)
		return;
	if (old) {
		interface_gone(old);
		name_clear(old);
		old->interface[0] = '\0';
	}
	if (s->ifindex)
		interface_gone(s);
	name_clear(s);
	name_set(s, interface);
}

void l2mcd_lns_report(struct l2mcd_session *s, const struct l2mcd_link *link)
{
	struct l2mcd *d = l2mcd_instance();
	bool same = strcmp(link->interface, s->interface) == 0;
	bool opened = (link->ipcp && !s->link.ipcp) || (link->ipv6cp && !s->link.ipv6cp);
	const char *refused = NULL;

	if (link->interface[0] && !same)
		refused = l2mcd_membership(d)->refuse(d, link->interface);
	if (refused) {
		zlog_notice("session %u of tunnel %u ended: %s", s->session_id,
			    s->tunnel->tunnel_id, refused);
		l2tp_session_close(s->l2tp, L2TP_CDN_NO_FACILITIES, L2TP_ERR_NONE, refused,
				   l2mcd_now());
		l2mcd_kick();
		return;
	}
	s->link = *link;
	if (link->interface[0])
		take_name(s, link->interface);
	if (!same && s->interface[0])
		l2mcd_history_add(s->tunnel->tunnel_id, s->session_id, "interface %s, user %s",
				  s->interface, link->user[0] ? link->user : "-");
	if (s->interface[0])
		l2mcd_lns_interface(s, l2mcd_interface_up(s->interface));
	if (opened && s->ifindex) /* PPP has dropped what was asked before (R4045-4.1-4) */
		l2mcd_membership(d)->reached(s);
}

/*
 * What was asked before got lost on its way.  A host that joined before its session was up says
 * so only when it is asked (R4045-4.1-4).
 */
void l2mcd_lns_session_installed(struct l2mcd_session *s)
{
	if (s->reached || !s->ifindex)
		return;
	s->reached = true;
	l2mcd_membership(l2mcd_instance())->reached(s);
	l2mcd_kick();
}

/* ---------------------------------------------------------------- calls */

/* There is an interface for the session, and its group state can be had. */
static bool admit(struct l2mcd_session *s, const struct l2tp_call *call, const char *lac_host,
		  const char **why)
{
	struct l2mcd *d = l2mcd_instance();
	const struct l2mcd_provider *p = provider(d);
	const char *refused;

	if (!p || !p->reserve(s, call, lac_host, why))
		return false;
	refused = l2mcd_membership(d)->refuse(d, s->interface);
	if (!refused) {
		s->provider = p;
		return true;
	}
	p->stop(s);
	s->interface[0] = '\0';
	*why = refused;
	return false;
}

bool l2mcd_lns_reserve(struct l2mcd_session *s, const char *subscriber, const char **why)
{
	struct l2tp_tunnel_info tunnel;
	struct l2tp_call call = {};

	*why = "no session interface is configured";
	l2tp_tunnel_info(s->tunnel->l2tp, &tunnel);
	strlcpy(call.calling_number, subscriber, sizeof(call.calling_number));
	if (!admit(s, &call, tunnel.peer_host_name, why))
		return false;
	if (s->interface[0])
		name_set(s, s->interface);
	return true;
}

uint16_t l2mcd_lns_call_accept(struct l2mcd_session *s)
{
	struct l2tp_session_info info;
	struct l2tp_tunnel_info tunnel;
	const char *why;

	l2tp_session_info(s->l2tp, &info);
	l2tp_tunnel_info(s->tunnel->l2tp, &tunnel);
	if (l2mcd_lns_reserve(s, info.call.calling_number, &why))
		return 0;
	zlog_notice("call \"%s\" from %s refused: %s", info.call.calling_number,
		    tunnel.peer_host_name, why);
	l2mcd_history_add(s->tunnel->tunnel_id, s->session_id, "call %s refused: %s",
			  info.call.calling_number, why);
	return L2TP_CDN_NO_FACILITIES;
}

void l2mcd_lns_sequencing_changed(struct l2mcd_session *s)
{
	if (s->up && s->provider && s->provider->sequencing)
		s->provider->sequencing(s);
	if (!s->ifindex)
		return;
	l2mcd_fib_session(s);
	review_eligible(s);
	l2mcd_kick();
}

void l2mcd_lns_session_up(struct l2mcd_session *s)
{
	review_eligible(s);
	if (s->provider)
		s->provider->start(s);
}

void l2mcd_lns_session_down(struct l2mcd_session *s)
{
	if (s->provider)
		s->provider->stop(s);
	interface_gone(s);
	name_clear(s);
}

/* ---------------------------------------------------------------- configuration */

static void report_again(void *arg, const struct gmp_group_info *g)
{
	struct l2mcd_session *s = arg;
	bool allowed = l2mcd_config_group_allowed(&l2mcd_instance()->config, &g->group);

	l2mcd_sender_report(s, &g->group, allowed ? &g->filter : &GMP_FILTER_NONE);
}

/* The querier's settings and the group range may be new. */
void l2mcd_lns_reconcile(struct l2mcd *d)
{
	struct l2mcd_session *s;

	frr_each (l2mcd_ifsessions, &ifsessions, s) {
		const struct interface *ifp = l2mcd_interface_up(s->interface);

		if (!ifp || !s->user)
			continue;
		review_eligible(s); /* packet-size */
		l2mcd_membership(d)->start(d, s, ifp);
		l2mcd_membership(d)->walk(s, report_again, s);
	}
}

void l2mcd_lns_init(struct l2mcd *d)
{
	l2mcd_ifsessions_init(&ifsessions);
	l2mcd_names_init(&names);
}

void l2mcd_lns_fini(struct l2mcd *d)
{
	struct l2mcd_session *s;
	struct name *n;

	while ((s = l2mcd_ifsessions_pop(&ifsessions))) {
		s->ifindex = 0;
		l2mcd_membership(d)->stop(s);
	}
	while ((n = l2mcd_names_pop(&names)))
		XFREE(MTYPE_L2MCD_NAME, n);
	l2mcd_ifsessions_fini(&ifsessions);
	l2mcd_names_fini(&names);
}
