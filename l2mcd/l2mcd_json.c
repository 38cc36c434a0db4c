// SPDX-License-Identifier: GPL-2.0-or-later
/* JSON of tunnels, sessions and the daemon itself; see l2mcd_show.h. */
#include "l2mcd/l2mcd_kernel.h"
#include "l2mcd/l2mcd_p.h"
#include "l2mcd/l2mcd_show.h"

static void add_fib(json_object *o, const struct fib_key *key)
{
	json_object *fib = fib_status_json(l2mcd_instance()->fib, key);

	if (fib)
		json_object_object_add(o, "fib", fib);
}

json_object *l2mcd_json_daemon(void)
{
	struct l2mcd *d = l2mcd_instance();
	json_object *o = json_object_new_object();
	const char *error = NULL, *fib_error = NULL;
	struct l2mc_lns_stats lns;
	struct show_totals t;

	l2mcd_show_totals(&t);
	l2mc_lns_stats(d->lns, &lns);
	json_object_string_add(o, "hostName", l2mcd_config_host_name(&d->config));
	json_object_boolean_add(o, "configured", d->config.present);
	json_add_since(o, "upTime", d->started, l2mcd_now());
	json_add_endpoint(o, "listen", &d->config.listen);
	json_object_boolean_add(o, "listening", l2mcd_io_listening(&error));
	if (error)
		json_object_string_add(o, "listenError", error);
	json_object_boolean_add(o, "kernelPpp", l2mcd_kernel_available(&error));
	if (error)
		json_object_string_add(o, "kernelPppError", error);
	json_object_string_add(o, "fibEndpoint", l2mcd_fib_endpoint(&fib_error));
	if (fib_error)
		json_object_string_add(o, "fibError", fib_error);
	json_object_string_add(o, "upstreamInterface", d->config.multicast.upstream_interface);
	json_object_int_add(o, "tunnels", t.tunnels);
	json_object_int_add(o, "tunnelsEstablished", t.tunnels_established);
	json_object_int_add(o, "sessions", t.sessions);
	json_object_int_add(o, "multicastSessions", t.lns_sessions + t.lac_sessions);
	json_object_int_add(o, "subscribers", lns.users);
	json_object_int_add(o, "memberships", lns.memberships);
	json_object_int_add(o, "flows", lns.flows);
	return o;
}

static void reliable_add(json_object *o, const struct l2tp_tunnel_info *i)
{
	json_object_int_add(o, "ns", i->ns);
	json_object_int_add(o, "nr", i->nr);
	json_object_int_add(o, "peerWindow", i->peer_window);
	json_object_int_add(o, "congestionWindow", i->cwnd);
	json_object_int_add(o, "slowStartThreshold", i->ssthresh);
	json_object_int_add(o, "queued", i->queued);
	json_object_int_add(o, "unacknowledged", i->unacked);
	json_object_int_add(o, "retransmits", i->retransmits);
	json_object_int_add(o, "rttMsec", i->rtt_ms);
}

json_object *l2mcd_json_reliable(const struct show_tunnel *t)
{
	json_object *o = json_object_new_object();

	json_object_int_add(o, "tunnelId", t->info.tunnel_id);
	reliable_add(o, &t->info);
	return o;
}

static void tunnel_detail(json_object *o, const struct show_tunnel *t)
{
	const struct l2tp_tunnel_info *i = &t->info;
	json_object *reliable = json_object_new_object();

	json_object_string_add(o, "peerVendorName", i->peer_vendor_name ? i->peer_vendor_name : "");
	json_object_int_add(o, "peerFirmware", i->peer_firmware);
	json_object_int_add(o, "peerFraming", i->peer_framing);
	json_object_int_add(o, "peerBearer", i->peer_bearer);
	json_object_boolean_add(o, "initiator", i->initiator);
	json_object_string_add(o, "secret", t->g && t->g->secret[0] ? "set" : "none");
	json_object_boolean_add(o, "authenticated", i->authenticated);
	json_object_boolean_add(o, "hiding", i->hiding);
	json_object_boolean_add(o, "peerMulticast", i->peer_multicast);
	json_object_boolean_add(o, "offeredMulticast", i->offered_multicast);
	reliable_add(reliable, i);
	json_object_object_add(o, "reliable", reliable);
}

json_object *l2mcd_json_tunnel(const struct show_tunnel *t, bool detail)
{
	const struct l2tp_tunnel_info *i = &t->info;
	json_object *o = json_object_new_object();

	json_object_int_add(o, "tunnelId", i->tunnel_id);
	json_object_int_add(o, "peerTunnelId", i->peer_tunnel_id);
	json_object_string_add(o, "state", l2tp_tunnel_state_name(i->state));
	json_object_string_add(o, "role", t->role);
	json_object_string_add(o, "peerGroup", t->t ? t->t->peer_group : "");
	json_object_string_add(o, "peerHostName", i->peer_host_name ? i->peer_host_name : "");
	json_add_endpoint(o, "local", &i->local);
	json_add_endpoint(o, "peer", &i->peer);
	json_object_boolean_add(o, "multicastCapable", t->multicast[0] == 'y');
	json_object_int_add(o, "sessions", i->sessions);
	json_add_since(o, "upTime", i->established, l2mcd_now());
	if (detail)
		tunnel_detail(o, t);
	add_fib(o, &t->key);
	return o;
}

static void link_add(json_object *o, const struct l2mcd_link *l)
{
	json_object *ppp = json_object_new_object();

	json_object_boolean_add(ppp, "lcp", l->lcp);
	json_object_boolean_add(ppp, "ipcp", l->ipcp);
	json_object_boolean_add(ppp, "ipv6cp", l->ipv6cp);
	json_object_boolean_add(ppp, "ccp", l->ccp);
	json_object_boolean_add(ppp, "ecp", l->ecp);
	json_object_boolean_add(ppp, "multilink", l->multilink);
	json_object_boolean_add(ppp, "filter", l->filter);
	json_object_int_add(ppp, "mru", l->mru);
	if (l->ipcp) {
		json_add_addr(ppp, "localAddress", &l->local);
		json_add_addr(ppp, "remoteAddress", &l->remote);
	}
	if (l->ipv6cp) {
		json_add_addr(ppp, "localIpv6Address", &l->local6);
		json_add_addr(ppp, "remoteIpv6Address", &l->remote6);
	}
	json_object_object_add(o, "ppp", ppp);
}

static void add_ineligible(json_object *o, const struct l2mcd_session *s)
{
	enum l2mcd_ineligible v4 = l2mcd_session_ineligible(s, false);
	enum l2mcd_ineligible v6 = l2mcd_session_ineligible(s, true);

	json_object_boolean_add(o, "eligible", !v4 || !v6);
	json_object_string_add(o, "ineligible", l2mcd_ineligible_name(s->ineligible));
	json_object_string_add(o, "ineligibleIpv4", l2mcd_ineligible_name(v4));
	json_object_string_add(o, "ineligibleIpv6", l2mcd_ineligible_name(v6));
}

static void session_detail(json_object *o, const struct show_session *s)
{
	const struct l2tp_call *c = &s->info.call;

	json_object_string_add(o, "callingNumber", c->calling_number);
	json_object_string_add(o, "calledNumber", c->called_number);
	json_object_string_add(o, "subAddress", c->sub_address);
	json_object_int_add(o, "callSerialNumber", s->info.call_serial_number);
	json_object_int_add(o, "txSpeedBps", c->tx_speed_bps);
	json_object_int_add(o, "rxSpeedBps", c->rx_speed_bps);
	json_object_int_add(o, "framingType", c->framing_type);
	json_object_boolean_add(o, "sequencingRequired", c->sequencing_required);
	l2mcd_json_line(o, s);
	if (!s->s->lac)
		json_object_int_add(o, "ifindex", s->s->ifindex);
	if (s->s->provider)
		json_object_string_add(o, "madeBy", s->s->provider->name);
	if (s->s->link.told)
		link_add(o, &s->s->link);
}

json_object *l2mcd_json_session(const struct show_session *s, bool detail)
{
	json_object *o = json_object_new_object();
	struct l2tp_tunnel_info t;

	l2tp_tunnel_info(s->s->tunnel->l2tp, &t);

	json_object_int_add(o, "tunnelId", s->s->tunnel->tunnel_id);
	json_object_int_add(o, "sessionId", s->info.session_id);
	json_object_int_add(o, "peerSessionId", s->info.peer_session_id);
	json_object_string_add(o, "role", s->s->lac ? "lac" : "lns");
	json_object_string_add(o, "state", l2tp_session_state_name(s->info.state));
	json_object_string_add(o, "interface", s->s->interface);
	json_object_string_add(o, "peerHostName", t.peer_host_name ? t.peer_host_name : "");
	if (!s->s->lac) {
		if (s->s->link.user[0])
			json_object_string_add(o, "user", s->s->link.user);
		add_ineligible(o, s->s);
		json_object_int_add(o, "groups", s->groups);
	}
	json_add_since(o, "upTime", s->info.established, l2mcd_now());
	if (detail)
		session_detail(o, s);
	add_fib(o, &s->key);
	return o;
}

json_object *l2mcd_json_step(const struct l2mcd_step *s)
{
	json_object *o = json_object_new_object();

	json_add_since(o, "age", s->when, l2mcd_now());
	json_object_int_add(o, "tunnelId", s->tunnel_id);
	json_object_int_add(o, "sessionId", s->session_id);
	json_object_string_add(o, "text", s->text);
	return o;
}

/* ---------------------------------------------------------------- multicast */

json_object *l2mcd_json_multicast(void)
{
	struct l2mcd *d = l2mcd_instance();
	json_object *o = json_object_new_object();
	struct l2mc_lns_stats lns;
	struct show_totals t;

	l2mcd_show_totals(&t);
	l2mc_lns_stats(d->lns, &lns);
	json_object_int_add(o, "tunnels", t.tunnels_established);
	json_object_int_add(o, "tunnelsMulticast", t.tunnels_capable);
	json_object_int_add(o, "subscribers", lns.users);
	json_object_int_add(o, "memberships", lns.memberships);
	json_object_int_add(o, "flows", lns.flows);
	json_object_int_add(o, "sessions", t.lns_sessions + t.lac_sessions);
	json_object_int_add(o, "lnsSessions", t.lns_sessions);
	json_object_int_add(o, "lnsSessionsEstablished", t.lns_established);
	json_object_int_add(o, "lacSessions", t.lac_sessions);
	json_object_int_add(o, "lacSessionsEstablished", t.lac_established);
	json_object_int_add(o, "copiesSaved", t.copies_saved);
	json_object_int_add(o, "octetsSaved", t.octets_saved);
	json_object_int_add(o, "bpsSaved", t.bps_saved);
	return o;
}

static json_object *add_entry(json_object *array, const struct l2mcd_tunnel *t, uint16_t session_id)
{
	json_object *o = json_object_new_object();

	json_object_int_add(o, "sessionId", session_id);
	json_object_string_add(o, "interface", l2mcd_show_interface(t, session_id));
	json_object_array_add(array, o);
	return o;
}

struct osl_arg {
	json_object *array;
	const struct l2mcd_tunnel *t;
};

static void add_user(void *arg, const struct l2mc_user *u, enum l2mc_entry_state state)
{
	struct osl_arg *a = arg;

	json_object_string_add(add_entry(a->array, a->t, l2mc_user_session_id(u)), "state",
			       l2mc_entry_state_name(state));
}

static json_object *osl_json(const struct show_multicast *m)
{
	struct osl_arg a = {.array = json_object_new_array(), .t = m->t};

	if (m->lac) {
		const uint16_t *members;
		size_t n;

		members = l2mc_osl_members(m->osl, &n);
		for (size_t i = 0; i < n; i++)
			json_object_string_add(
				add_entry(a.array, m->t, members[i]), "priority",
				l2mc_priority_name(l2mc_osl_priority(m->osl, members[i])));
	} else {
		l2mc_session_osl(m->lns_session, add_user, &a);
	}
	return a.array;
}

static void multicast_lns(json_object *o, const struct show_multicast *m)
{
	json_add_addr(o, "group", &m->group);
	json_add_addr(o, "source", &m->source);
	json_object_int_add(o, "eligible", m->eligible);
	json_object_int_add(o, "waiting", m->waiting);
}

json_object *l2mcd_json_multicast_session(const struct show_multicast *m, bool detail)
{
	json_object *o = json_object_new_object();

	json_object_string_add(o, "role", m->lac ? "lac" : "lns");
	json_object_int_add(o, "tunnelId", m->tunnel_id);
	json_object_int_add(o, "sessionId", m->session_id);
	json_object_int_add(o, "peerSessionId", m->peer_session_id);
	json_object_string_add(o, "state", m->state);
	if (!m->lac)
		multicast_lns(o, m);
	json_object_int_add(o, "listed", m->listed);
	json_object_int_add(o, "acked", m->acked);
	json_object_boolean_add(o, "sequencing", m->sequencing);
	json_object_int_add(o, "maximumBps", m->maximum_bps);
	json_object_string_add(o, "priority", l2mc_priority_name(m->priority));
	json_add_since(o, "upTime", m->since, l2mcd_now());
	json_object_object_add(o, "outgoingSessions", osl_json(m));
	json_object_int_add(o, "copiesSaved", m->copies_saved);
	json_object_int_add(o, "octetsSaved", m->octets_saved);
	if (detail && m->has_fib)
		json_object_object_add(o, "activity", fib_activity_json(&m->fib.activity));
	add_fib(o, &m->key);
	return o;
}

static json_object *sources_json(const struct gmp_filter *f)
{
	json_object *a = json_object_new_array();
	char buf[ADDR_STRLEN];

	for (size_t i = 0; i < f->n; i++)
		json_object_array_add(a, json_object_new_string(addr_str(&f->sources[i], buf)));
	return a;
}

json_object *l2mcd_json_group(const struct show_group *g)
{
	json_object *o = json_object_new_object();
	char buf[SHOW_TIME_LEN];

	json_object_string_add(o, "interface", g->s->interface);
	json_object_int_add(o, "tunnelId", g->s->tunnel->tunnel_id);
	json_object_int_add(o, "sessionId", g->s->session_id);
	json_add_addr(o, "group", &g->g->group);
	json_object_string_add(o, "mode", l2mcd_show_mode(&g->g->filter));
	json_object_object_add(o, "sources", sources_json(&g->g->filter));
	json_object_int_add(o, "version", g->g->version);
	json_add_addr(o, "lastReporter", &g->g->last_reporter);
	if (g->g->exclude) {
		json_object_string_add(o, "expires", show_time(g->g->timer_ms, buf));
		json_object_int_add(o, "expiresMsec", g->g->timer_ms);
	}
	json_add_since(o, "upTime", g->g->since, l2mcd_now());
	return o;
}

json_object *l2mcd_json_record(const struct show_record *r)
{
	json_object *o = json_object_new_object();

	json_object_int_add(o, "tunnelId", r->t->tunnel_id);
	json_add_addr(o, "group", r->group);
	json_object_string_add(o, "mode", l2mcd_show_mode(r->filter));
	json_object_object_add(o, "sources", sources_json(r->filter));
	json_object_int_add(o, "members", r->members);
	return o;
}

json_object *l2mcd_json_context(const struct show_context *c)
{
	json_object *o = json_object_new_object();

	json_object_int_add(o, "tunnelId", c->t->tunnel_id);
	json_add_addr(o, "group", &c->c->group);
	json_add_addr(o, "source", &c->c->source);
	json_object_int_add(o, "receivers", c->c->n_eligible);
	json_object_string_add(o, c->c->session ? "state" : "waitsFor", c->state);
	if (c->session_id)
		json_object_int_add(o, "sessionId", c->session_id);
	return o;
}
