// SPDX-License-Identifier: GPL-2.0-or-later
/* Commands about groups, records and multicast sessions; see l2mcd_vty.h. */
#include "l2mcd/l2mcd_membership.h"
#include "l2mcd/l2mcd_show.h"
#include "l2mcd/l2mcd_vty.h"

#include "l2mcd/l2mcd_show_multicast_clippy.c"

#define L2TP_STR      "L2TP\n"
#define MULTICAST_STR "Multicast (RFC 4045)\n"

/* ---------------------------------------------------------------- both engines as one */

struct multicast_walk {
	void (*fn)(void *arg, const struct show_multicast *m);
	void *arg;
};

/* What crossed the tunnel once instead of once for each acknowledged session. */
static void fill_savings(struct show_multicast *m)
{
	struct l2mcd *d = l2mcd_instance();

	m->has_fib = fib_pub_lookup(d->fib, &m->key, &m->fib);
	if (!m->has_fib || m->acked < 2)
		return;
	m->copies_saved = m->fib.activity.packets * (m->acked - 1);
	m->octets_saved = m->fib.activity.bytes * (m->acked - 1);
}

static void walk_lns(void *arg, const struct l2mc_session *s)
{
	struct multicast_walk *w = arg;
	struct show_multicast m = {.lns_session = s};
	struct l2mc_session_info i;

	l2mc_session_info(s, &i);
	m.t = l2mc_tunnel_data(i.tunnel);
	m.tunnel_id = l2mc_tunnel_id(i.tunnel);
	m.session_id = i.session_id;
	m.peer_session_id = i.peer_session_id;
	m.state = l2mc_session_state_name(i.state);
	m.group = i.group;
	m.source = i.whole ? ADDR_ANY : i.source;
	m.listed = i.n_listed + i.n_acked; /* the whole list, as the LAC has it */
	m.acked = i.n_acked;
	m.waiting = i.n_waiting;
	m.eligible = i.n_eligible;
	m.sequencing = i.sequencing;
	m.maximum_bps = i.maximum_bps;
	m.priority = i.priority;
	m.since = i.since;
	m.key = l2mcd_flow_key(&m.group, &m.source);
	fill_savings(&m);
	w->fn(w->arg, &m);
}

static void walk_lac(void *arg, const struct l2mc_osl *o)
{
	struct multicast_walk *w = arg;
	struct show_multicast m = {.lac = true, .osl = o};
	struct l2mc_osl_info i;

	l2mc_osl_info(o, &i);
	m.t = l2mc_lac_tunnel_data(i.tunnel);
	m.tunnel_id = l2mc_lac_tunnel_id(i.tunnel);
	m.session_id = i.session_id;
	m.peer_session_id = i.peer_session_id;
	m.state = l2mc_osl_state_name(i.state);
	m.listed = i.n_members;
	m.acked = i.n_acked;
	m.sequencing = i.sequencing;
	m.maximum_bps = i.maximum_bps;
	m.priority = i.priority;
	m.since = i.since;
	m.key = fib_key_l2tp_replication(m.tunnel_id, m.session_id);
	fill_savings(&m);
	w->fn(w->arg, &m);
}

void l2mcd_show_multicast_walk(void (*fn)(void *arg, const struct show_multicast *m), void *arg)
{
	struct l2mcd *d = l2mcd_instance();
	struct multicast_walk w = {.fn = fn, .arg = arg};

	l2mc_session_walk(d->lns, walk_lns, &w);
	l2mc_osl_walk(d->lac, walk_lac, &w);
}

uint64_t l2mcd_show_bps_saved(const struct show_multicast *m, msec_t now)
{
	msec_t life = now - m->since;

	return life > 0 ? m->octets_saved * 8 * MSEC_PER_S / (uint64_t)life : 0;
}

const char *l2mcd_show_interface(const struct l2mcd_tunnel *t, uint16_t session_id)
{
	struct l2tp_session *l2tp = t ? l2tp_session_find(t->l2tp, session_id) : NULL;
	const struct l2mcd_session *s = l2tp ? l2tp_session_data(l2tp) : NULL;

	return s && s->interface[0] ? s->interface : "-";
}

static void add_total(void *arg, const struct show_multicast *m)
{
	struct show_totals *t = arg;
	bool established = strcmp(m->state, "established") == 0;

	*(m->lac ? &t->lac_sessions : &t->lns_sessions) += 1;
	if (established)
		*(m->lac ? &t->lac_established : &t->lns_established) += 1;
	t->copies_saved += m->copies_saved;
	t->octets_saved += m->octets_saved;
	t->bps_saved += l2mcd_show_bps_saved(m, l2mcd_now());
}

void l2mcd_show_totals(struct show_totals *t)
{
	struct l2mcd *d = l2mcd_instance();
	struct l2tp_tunnel *l2tp;
	struct show_tunnel s;

	memset(t, 0, sizeof(*t));
	for (l2tp = l2tp_tunnel_first(d->l2tp); l2tp; l2tp = l2tp_tunnel_next(d->l2tp, l2tp)) {
		l2mcd_show_tunnel_fill(l2tp, &s);
		t->tunnels++;
		t->sessions += s.info.sessions;
		if (s.info.state != L2TP_T_ESTABLISHED)
			continue;
		t->tunnels_established++;
		if (s.multicast[0] == 'y')
			t->tunnels_capable++;
	}
	l2mcd_show_multicast_walk(add_total, t);
}

/* ---------------------------------------------------------------- show l2tp multicast */

static void show_multicast_text(struct vty *vty)
{
	struct l2mcd *d = l2mcd_instance();
	struct l2mc_lns_stats lns;
	struct show_totals t;

	l2mcd_show_totals(&t);
	l2mc_lns_stats(d->lns, &lns);
	vty_out(vty, "%-24s %zu of %zu\n", "Tunnels with capability", t.tunnels_capable,
		t.tunnels_established);
	vty_out(vty, "%-24s %zu\n", "Subscribers", lns.users);
	vty_out(vty, "%-24s %zu\n", "Memberships", lns.memberships);
	vty_out(vty, "%-24s %zu\n", "Flows", lns.flows);
	vty_out(vty, "%-24s %zu, %zu established\n", "Sessions as LNS", t.lns_sessions,
		t.lns_established);
	vty_out(vty, "%-24s %zu, %zu established\n", "Sessions as LAC", t.lac_sessions,
		t.lac_established);
	vty_out(vty, "%-24s %" PRIu64 " (%" PRIu64 " octets)\n", "Copies saved", t.copies_saved,
		t.octets_saved);
	vty_out(vty, "%-24s %" PRIu64 " bit/s on average\n", "Bandwidth saved", t.bps_saved);
}

DEFPY (l2mcd_show_multicast,
       l2mcd_show_multicast_cmd,
       "show l2tp multicast [json$json]",
       SHOW_STR
       L2TP_STR
       MULTICAST_STR
       JSON_STR)
{
	if (json)
		return vty_json(vty, l2mcd_json_multicast());
	show_multicast_text(vty);
	return CMD_SUCCESS;
}

/* ---------------------------------------------------------------- groups and records */

static void sources_out(struct vty *vty, const struct gmp_filter *f)
{
	char buf[ADDR_STRLEN];

	if (!f->n)
		vty_out(vty, " -");
	for (size_t i = 0; i < f->n; i++)
		vty_out(vty, " %s", addr_str(&f->sources[i], buf));
	vty_out(vty, "\n");
}

struct group_walk {
	struct vty *vty;
	uint16_t tunnel_id;
	const struct addr *group, *source;
	struct json_rows *rows;
	size_t n;
	const struct l2mcd_session *s; /* being walked */
	const struct l2mcd_tunnel *t;
};

static void show_group(void *arg, const struct gmp_group_info *g)
{
	char group[ADDR_STRLEN], expires[SHOW_TIME_LEN], up[SHOW_TIME_LEN];
	struct group_walk *w = arg;
	struct show_group row = {.s = w->s, .g = g};

	if (w->group && addr_cmp(w->group, &g->group) != 0)
		return;
	if (w->source && !gmp_filter_lists(&g->filter, w->source))
		return;
	if (w->rows) {
		json_row(w->rows, l2mcd_json_group(&row));
		return;
	}
	if (w->n++ == 0)
		vty_out(w->vty, "%-15s %6s %7s %-20s %-7s %3s %9s %9s %s\n", "Interface", "Tunnel",
			"Session", "Group", "Mode", "Ver", "Expires", "Uptime", "Sources");
	vty_out(w->vty, "%-15s %6u %7u %-20s %-7s %3u %9s %9s", w->s->interface,
		w->s->tunnel->tunnel_id, w->s->session_id, addr_str(&g->group, group),
		l2mcd_show_mode(&g->filter), g->version,
		show_time(g->exclude ? g->timer_ms : -1, expires),
		show_since(g->since, l2mcd_now(), up));
	sources_out(w->vty, &g->filter);
}

static void show_session_groups(void *arg, struct l2mcd_session *s)
{
	struct group_walk *w = arg;

	if (w->tunnel_id && s->tunnel->tunnel_id != w->tunnel_id)
		return;
	w->s = s;
	l2mcd_membership(l2mcd_instance())->walk(s, show_group, w);
}

static int walk_end(struct vty *vty, struct group_walk *w, const char *none)
{
	if (w->rows)
		return json_rows_end(w->rows);
	if (!w->n)
		vty_out(vty, "%s\n", none);
	return CMD_SUCCESS;
}

DEFPY (l2mcd_show_group,
       l2mcd_show_group_cmd,
       "show l2tp multicast group [<A.B.C.D|X:X::X:X>$group [<A.B.C.D|X:X::X:X>$source]] [tunnel (1-65535)$tunnel] [json$json]",
       SHOW_STR
       L2TP_STR
       MULTICAST_STR
       "What each subscriber wants\n"
       "IPv4 group\n"
       "IPv6 group\n"
       "IPv4 source that is listed\n"
       "IPv6 source that is listed\n"
       "Subscribers of one tunnel\n"
       "Tunnel ID, ours\n"
       JSON_STR)
{
	struct json_rows rows = json_rows_init(vty, "groups");
	struct group_walk w = {.vty = vty, .tunnel_id = tunnel};
	struct addr g, s;

	if (group_str && addr_parse(group_str, &g))
		w.group = &g;
	if (source_str && addr_parse(source_str, &s))
		w.source = &s;
	if (json)
		w.rows = &rows;
	l2mcd_sessions_walk(show_session_groups, &w);
	return walk_end(vty, &w, "No groups");
}

static void show_record(void *arg, const struct addr *group, const struct gmp_filter *merged,
			uint32_t members)
{
	struct group_walk *w = arg;
	struct show_record row = {.t = w->t, .group = group, .filter = merged, .members = members};
	char text[ADDR_STRLEN];

	if (w->group && addr_cmp(w->group, group) != 0)
		return;
	if (w->rows) {
		json_row(w->rows, l2mcd_json_record(&row));
		return;
	}
	if (w->n++ == 0)
		vty_out(w->vty, "%6s %-20s %-7s %7s %s\n", "Tunnel", "Group", "Mode", "Members",
			"Sources");
	vty_out(w->vty, "%6u %-20s %-7s %7u", w->t->tunnel_id, addr_str(group, text),
		l2mcd_show_mode(merged), members);
	sources_out(w->vty, merged);
}

DEFPY (l2mcd_show_record,
       l2mcd_show_record_cmd,
       "show l2tp multicast record [tunnel (1-65535)$tunnel] [<A.B.C.D|X:X::X:X>$group] [json$json]",
       SHOW_STR
       L2TP_STR
       MULTICAST_STR
       "What all subscribers of a tunnel want together (RFC 4045 4.2)\n"
       "Records of one tunnel\n"
       "Tunnel ID, ours\n"
       "IPv4 group\n"
       "IPv6 group\n"
       JSON_STR)
{
	struct l2mcd *d = l2mcd_instance();
	struct json_rows rows = json_rows_init(vty, "records");
	struct group_walk w = {.vty = vty};
	struct l2tp_tunnel *l2tp;
	struct addr g;

	if (group_str && addr_parse(group_str, &g))
		w.group = &g;
	if (json)
		w.rows = &rows;
	for (l2tp = l2tp_tunnel_first(d->l2tp); l2tp; l2tp = l2tp_tunnel_next(d->l2tp, l2tp)) {
		w.t = l2tp_tunnel_data(l2tp);
		if (w.t && w.t->lns && (!tunnel || w.t->tunnel_id == tunnel))
			l2mc_tunnel_records(w.t->lns, show_record, &w);
	}
	return walk_end(vty, &w, "No records");
}

static void show_context(void *arg, const struct l2mc_context_info *c)
{
	struct group_walk *w = arg;
	struct show_context row = {.t = w->t, .c = c, .state = c->why};
	char group[ADDR_STRLEN], source[ADDR_STRLEN];
	struct l2mc_session_info i;

	if (w->group && addr_cmp(w->group, &c->group) != 0)
		return;
	if (c->session) {
		l2mc_session_info(c->session, &i);
		row.session_id = i.session_id;
		row.state = l2mc_session_state_name(i.state);
	}
	if (w->rows) {
		json_row(w->rows, l2mcd_json_context(&row));
		return;
	}
	if (w->n++ == 0)
		vty_out(w->vty, "%6s %-20s %-20s %9s %7s %s\n", "Tunnel", "Group", "Source",
			"Receivers", "Session", "State");
	vty_out(w->vty, "%6u %-20s %-20s %9u", w->t->tunnel_id, addr_str(&c->group, group),
		addr_str(&c->source, source), c->n_eligible);
	if (row.session_id)
		vty_out(w->vty, " %7u %s\n", row.session_id, row.state);
	else
		vty_out(w->vty, " %7s %s%s\n", "-", c->session ? "" : "waits: ", row.state);
}

DEFPY (l2mcd_show_context,
       l2mcd_show_context_cmd,
       "show l2tp multicast context [tunnel (1-65535)$tunnel] [<A.B.C.D|X:X::X:X>$group] [json$json]",
       SHOW_STR
       L2TP_STR
       MULTICAST_STR
       "What may get a multicast session (RFC 4045 4.1)\n"
       "Contexts of one tunnel\n"
       "Tunnel ID, ours\n"
       "IPv4 group\n"
       "IPv6 group\n"
       JSON_STR)
{
	struct l2mcd *d = l2mcd_instance();
	struct json_rows rows = json_rows_init(vty, "contexts");
	struct group_walk w = {.vty = vty};
	struct l2tp_tunnel *l2tp;
	struct addr g;

	if (group_str && addr_parse(group_str, &g))
		w.group = &g;
	if (json)
		w.rows = &rows;
	for (l2tp = l2tp_tunnel_first(d->l2tp); l2tp; l2tp = l2tp_tunnel_next(d->l2tp, l2tp)) {
		w.t = l2tp_tunnel_data(l2tp);
		if (w.t && w.t->lns && (!tunnel || w.t->tunnel_id == tunnel))
			l2mc_tunnel_contexts(w.t->lns, show_context, &w, l2mcd_now());
	}
	return walk_end(vty, &w, "No contexts");
}

/* ---------------------------------------------------------------- multicast sessions */

struct session_walk {
	struct vty *vty;
	uint16_t tunnel_id;
	bool detail;
	struct json_rows *rows;
	size_t n;
};

static const char *flow_str(const struct show_multicast *m, char *buf, size_t size)
{
	char group[ADDR_STRLEN], source[ADDR_STRLEN];

	if (m->lac)
		snprintf(buf, size, "-");
	else
		snprintf(buf, size, "%s, %s", addr_str(&m->source, source),
			 addr_str(&m->group, group));
	return buf;
}

/* A session that was refused has no IDs until it is asked for again. */
static const char *id_str(uint16_t id, char buf[8])
{
	snprintf(buf, 8, id ? "%u" : "-", id);
	return buf;
}

static void session_line(struct vty *vty, const struct show_multicast *m)
{
	char ours[8], theirs[8];
	char flow[2 * ADDR_STRLEN + 8], up[SHOW_TIME_LEN], fib[FIB_TEXT_LEN + 16];

	vty_out(vty, "%-4s %6u %7s %6s %-32s %-12s %6zu %6zu %11" PRIu64 " %9s %s\n",
		m->lac ? "lac" : "lns", m->tunnel_id, id_str(m->session_id, ours),
		id_str(m->peer_session_id, theirs), flow_str(m, flow, sizeof(flow)), m->state,
		m->listed, m->acked, m->copies_saved, show_since(m->since, l2mcd_now(), up),
		fib_status_str(l2mcd_instance()->fib, &m->key, fib, sizeof(fib)));
}

static void user_out(void *arg, const struct l2mc_user *u, enum l2mc_entry_state state)
{
	struct vty *vty = arg;
	const struct l2mcd_session *s = l2mc_user_data(u);

	vty_out(vty, " %u (%s, %s)", l2mc_user_session_id(u), s ? s->interface : "-",
		l2mc_entry_state_name(state));
}

static void osl_out(struct vty *vty, const struct show_multicast *m)
{
	const uint16_t *members;
	size_t n = 0;

	vty_out(vty, "  OSL:         ");
	if (!m->listed) {
		vty_out(vty, " -");
	} else if (m->lac) {
		members = l2mc_osl_members(m->osl, &n);
		for (size_t i = 0; i < n; i++)
			vty_out(vty, " %u (%s, %s)", members[i],
				l2mcd_show_interface(m->t, members[i]),
				l2mc_priority_name(l2mc_osl_priority(m->osl, members[i])));
	} else {
		l2mc_session_osl(m->lns_session, user_out, vty);
	}
	vty_out(vty, "\n");
}

static void session_detail(struct vty *vty, const struct show_multicast *m)
{
	char ours[8], theirs[8];
	char flow[2 * ADDR_STRLEN + 8], up[SHOW_TIME_LEN], fib[FIB_TEXT_LEN + 16];

	vty_out(vty, "Multicast session %s of tunnel %u, peer's session %s, %s for %s\n",
		id_str(m->session_id, ours), m->tunnel_id, id_str(m->peer_session_id, theirs),
		m->state, show_since(m->since, l2mcd_now(), up));
	vty_out(vty, "  Role:         %s\n", m->lac ? "lac" : "lns");
	if (!m->lac) {
		vty_out(vty, "  Flow:         %s\n", flow_str(m, flow, sizeof(flow)));
		vty_out(vty, "  Receivers:    %zu eligible, %zu to be listed\n", m->eligible,
			m->waiting);
	}
	vty_out(vty, "  Listed:       %zu, acknowledged %zu\n", m->listed, m->acked);
	osl_out(vty, m);
	vty_out(vty, "  Sequencing:   %s\n", m->sequencing ? "yes" : "no");
	vty_out(vty, "  Priority:     %s\n", l2mc_priority_name(m->priority));
	if (m->maximum_bps)
		vty_out(vty, "  Maximum:      %u bit/s\n", m->maximum_bps);
	vty_out(vty, "  Traffic:      %" PRIu64 " packets, %" PRIu64 " octets\n",
		m->has_fib ? m->fib.activity.packets : 0, m->has_fib ? m->fib.activity.bytes : 0);
	vty_out(vty, "  Copies saved: %" PRIu64 ", %" PRIu64 " bit/s on average\n", m->copies_saved,
		l2mcd_show_bps_saved(m, l2mcd_now()));
	vty_out(vty, "  FIB:          %s\n",
		fib_status_str(l2mcd_instance()->fib, &m->key, fib, sizeof(fib)));
}

static void show_session(void *arg, const struct show_multicast *m)
{
	struct session_walk *w = arg;

	if (w->tunnel_id && m->tunnel_id != w->tunnel_id)
		return;
	if (w->rows)
		json_row(w->rows, l2mcd_json_multicast_session(m, w->detail));
	else if (w->detail)
		session_detail(w->vty, m);
	else {
		if (w->n == 0)
			vty_out(w->vty, "%-4s %6s %7s %6s %-32s %-12s %6s %6s %11s %9s %s\n",
				"Role", "Tunnel", "Session", "Peer", "Source, group", "State",
				"Listed", "Acked", "Saved", "Uptime", "FIB");
		session_line(w->vty, m);
	}
	w->n++;
}

DEFPY (l2mcd_show_multicast_session,
       l2mcd_show_multicast_session_cmd,
       "show l2tp multicast session [tunnel (1-65535)$tunnel] [detail$detail] [json$json]",
       SHOW_STR
       L2TP_STR
       MULTICAST_STR
       "Multicast sessions\n"
       "Sessions of one tunnel\n"
       "Tunnel ID, ours\n"
       "With the outgoing session list\n"
       JSON_STR)
{
	struct json_rows rows = json_rows_init(vty, "multicastSessions");
	struct session_walk w = {.vty = vty, .tunnel_id = tunnel, .detail = detail != NULL};

	if (json)
		w.rows = &rows;
	l2mcd_show_multicast_walk(show_session, &w);
	if (json)
		return json_rows_end(&rows);
	if (!w.n)
		vty_out(vty, "No multicast sessions\n");
	return CMD_SUCCESS;
}

DEFPY (l2mcd_clear_multicast_sessions,
       l2mcd_clear_multicast_sessions_cmd,
       "clear l2tp multicast session tunnel (1-65535)$tunnel <(1-65535)$id|all>",
       CLEAR_STR
       L2TP_STR
       MULTICAST_STR
       "End multicast sessions with MSEN\n"
       "Sessions of one tunnel\n"
       "Tunnel ID, ours\n"
       "Session ID, ours\n"
       "All multicast sessions of the tunnel\n")
{
	unsigned int n;

	if (!l2tp_tunnel_find(l2mcd_instance()->l2tp, tunnel)) {
		vty_out(vty, "%% unknown tunnel '%s'\n", tunnel_str);
		return CMD_WARNING;
	}
	n = l2mcd_clear_multicast(tunnel, id);
	if (!n && id) {
		vty_out(vty, "%% unknown multicast session '%s'\n", id_str);
		return CMD_WARNING;
	}
	vty_out(vty, "%u multicast session%s cleared\n", n, n == 1 ? "" : "s");
	return CMD_SUCCESS;
}

void l2mcd_show_multicast_init(void)
{
	install_element(VIEW_NODE, &l2mcd_show_multicast_cmd);
	install_element(VIEW_NODE, &l2mcd_show_group_cmd);
	install_element(VIEW_NODE, &l2mcd_show_record_cmd);
	install_element(VIEW_NODE, &l2mcd_show_context_cmd);
	install_element(VIEW_NODE, &l2mcd_show_multicast_session_cmd);
	install_element(ENABLE_NODE, &l2mcd_clear_multicast_sessions_cmd);
}
