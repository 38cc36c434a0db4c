// SPDX-License-Identifier: GPL-2.0-or-later
/* Commands about tunnels and unicast sessions, and the offline decoder; see l2mcd_vty.h. */
#include "l2mcd/l2mcd_kernel.h"
#include "l2mcd/l2mcd_membership.h"
#include "l2mcd/l2mcd_p.h"
#include "l2mcd/l2mcd_show.h"
#include "l2mcd/l2mcd_vty.h"

#include "l2mcd/l2mcd_show_clippy.c"

#define L2TP_STR "L2TP\n"

static void count_groups(void *arg, const struct gmp_group_info *g)
{
	++*(size_t *)arg;
}

void l2mcd_show_tunnel_fill(struct l2tp_tunnel *l2tp, struct show_tunnel *out)
{
	struct l2mcd *d = l2mcd_instance();

	memset(out, 0, sizeof(*out));
	l2tp_tunnel_info(l2tp, &out->info);
	out->t = l2tp_tunnel_data(l2tp);
	if (out->t)
		out->g = l2mcd_peer_group_find(&d->config, out->t->peer_group);
	out->role = out->g ? l2mcd_role_name(out->g) : "-";
	out->multicast = out->info.peer_multicast || out->info.offered_multicast ? "yes" : "no";
	if (out->g && out->g->multicast == L2MCD_MCAST_DISABLE)
		out->multicast = "no";
	out->key = fib_key_l2tp_tunnel(out->info.tunnel_id);
}

void l2mcd_show_session_fill(const struct l2mcd_session *s, struct show_session *out)
{
	memset(out, 0, sizeof(*out));
	l2tp_session_info(s->l2tp, &out->info);
	out->s = s;
	out->key = fib_key_access_session(s->tunnel->tunnel_id, out->info.session_id);
	l2mcd_membership(l2mcd_instance())->walk(s, count_groups, &out->groups);
}

/* ---------------------------------------------------------------- show l2tp */

static void row(struct vty *vty, const char *label, const char *fmt, ...) PRINTFRR(3, 4);

static void row(struct vty *vty, const char *label, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintfrr(text, sizeof(text), fmt, ap);
	va_end(ap);
	vty_out(vty, "%-24s %s\n", label, text);
}

/* In front of a colon and a port. */
static const char *show_address(const struct addr *a, char buf[ADDR_STRLEN + 2])
{
	char text[ADDR_STRLEN];

	if (addr_is_v4(a))
		return addr_str(a, buf);
	snprintf(buf, ADDR_STRLEN + 2, "[%s]", l2mcd_vty_address(a, text));
	return buf;
}

static void show_daemon(struct vty *vty)
{
	struct l2mcd *d = l2mcd_instance();
	const char *error = NULL, *fib, *fib_error = NULL;
	bool listening = l2mcd_io_listening(&error);
	char addr[ADDR_STRLEN + 2], up[SHOW_TIME_LEN];
	struct l2mc_lns_stats lns;
	struct show_totals t;

	l2mcd_show_totals(&t);
	l2mc_lns_stats(d->lns, &lns);
	fib = l2mcd_fib_endpoint(&fib_error);
	row(vty, "Host name", "%s", l2mcd_config_host_name(&d->config));
	row(vty, "Up", "%s", show_since(d->started, l2mcd_now(), up));
	row(vty, "Listening on", "%s:%u%s%s", show_address(&d->config.listen.addr, addr),
	    d->config.listen.port, listening ? "" : ", no: ",
	    listening		? ""
	    : error		? error
	    : d->config.present ? "not yet"
				: "not configured");
	row(vty, "PPP in the kernel", "%s%s", l2mcd_kernel_available(&error) ? "yes" : "no: ",
	    error ? error : "");
	row(vty, "Tunnels", "%zu established of %zu", t.tunnels_established, t.tunnels);
	row(vty, "Unicast sessions", "%zu", t.sessions);
	row(vty, "Multicast sessions", "%zu as LNS, %zu as LAC", t.lns_sessions, t.lac_sessions);
	row(vty, "Subscribers", "%zu with %zu group memberships", lns.users, lns.memberships);
	row(vty, "Flows", "%zu towards %s", lns.flows, d->config.multicast.upstream_interface);
	row(vty, "Forwarding agents at", "%s%s%s", fib[0] ? fib : "-", fib_error ? ", " : "",
	    fib_error ? fib_error : "");
}

DEFPY (l2mcd_show,
       l2mcd_show_cmd,
       "show l2tp [json$json]",
       SHOW_STR
       L2TP_STR
       JSON_STR)
{
	if (json)
		return vty_json(vty, l2mcd_json_daemon());
	show_daemon(vty);
	return CMD_SUCCESS;
}

/* ---------------------------------------------------------------- show l2tp tunnel */

static const char *fib_text(const struct fib_key *key, char *buf, size_t size)
{
	return fib_status_str(l2mcd_instance()->fib, key, buf, size);
}

static void tunnel_line(struct vty *vty, const struct show_tunnel *t)
{
	char addr[ADDR_STRLEN], up[SHOW_TIME_LEN], fib[FIB_TEXT_LEN + 16];
	const struct l2tp_tunnel_info *i = &t->info;

	vty_out(vty, "%6u %6u %-4s %-15s %-16s %-15s %8zu %-9s %9s %s\n", i->tunnel_id,
		i->peer_tunnel_id, t->role, l2tp_tunnel_state_name(i->state),
		i->peer_host_name && i->peer_host_name[0] ? i->peer_host_name : "-",
		addr_str(&i->peer.addr, addr), i->sessions, t->multicast,
		show_since(i->established, l2mcd_now(), up), fib_text(&t->key, fib, sizeof(fib)));
}

static void tunnel_heading(struct vty *vty)
{
	vty_out(vty, "%6s %6s %-4s %-15s %-16s %-15s %8s %-9s %9s %s\n", "Tunnel", "Peer", "Role",
		"State", "Peer host", "Peer address", "Sessions", "Multicast", "Uptime", "FIB");
}

static void tunnel_detail(struct vty *vty, const struct show_tunnel *t)
{
	char local[ADDR_STRLEN + 2], peer[ADDR_STRLEN + 2], up[SHOW_TIME_LEN], fib[FIB_TEXT_LEN + 16];
	const struct l2tp_tunnel_info *i = &t->info;

	vty_out(vty, "Tunnel %u, peer's tunnel %u, %s, up %s\n", i->tunnel_id, i->peer_tunnel_id,
		l2tp_tunnel_state_name(i->state), show_since(i->established, l2mcd_now(), up));
	vty_out(vty, "  Peer:        %s, vendor %s, firmware 0x%04x\n",
		i->peer_host_name && i->peer_host_name[0] ? i->peer_host_name : "-",
		i->peer_vendor_name && i->peer_vendor_name[0] ? i->peer_vendor_name : "-",
		i->peer_firmware);
	vty_out(vty, "  Addresses:   %s:%u (ours) %s %s:%u\n", show_address(&i->local.addr, local),
		i->local.port, i->initiator ? "->" : "<-", show_address(&i->peer.addr, peer),
		i->peer.port);
	vty_out(vty, "  Peer-group:  %s, our role %s\n", t->g ? t->g->name : "-", t->role);
	vty_out(vty, "  Security:    secret: %s, %s, AVPs %s\n",
		t->g && t->g->secret[0] ? "set" : "none",
		i->authenticated ? "authenticated" : "not authenticated",
		i->hiding ? "hidden" : "in the clear");
	vty_out(vty, "  Multicast:   %s (capability %s, %s)\n", t->multicast,
		i->offered_multicast ? "sent" : "not sent",
		i->peer_multicast ? "received" : "not received");
	vty_out(vty, "  Sessions:    %zu\n", i->sessions);
	vty_out(vty,
		"  Reliable:    Ns %u Nr %u, %zu queued, %zu unacknowledged, %" PRIu64
		" retransmissions, RTT %u ms\n",
		i->ns, i->nr, i->queued, i->unacked, i->retransmits, i->rtt_ms);
	vty_out(vty, "  FIB:         %s\n", fib_text(&t->key, fib, sizeof(fib)));
}

static bool tunnel_wanted(const struct show_tunnel *t, uint16_t id, const char *host,
			  const struct addr *address)
{
	if (id && t->info.tunnel_id != id)
		return false;
	if (host && (!t->info.peer_host_name || strcmp(t->info.peer_host_name, host) != 0))
		return false;
	return !address || addr_cmp(&t->info.peer.addr, address) == 0;
}

DEFPY (l2mcd_show_tunnel,
       l2mcd_show_tunnel_cmd,
       "show l2tp tunnel [<(1-65535)$id|host-name WORD$host|address <A.B.C.D|X:X::X:X>$address>] [detail$detail] [json$json]",
       SHOW_STR
       L2TP_STR
       "Tunnels\n"
       "Tunnel ID, ours\n"
       "Tunnels of one peer\n"
       "Host name of the peer\n"
       "Tunnels of one peer\n"
       "Address of the peer\n"
       "Address of the peer\n"
       "All that is known\n"
       JSON_STR)
{
	struct l2mcd *d = l2mcd_instance();
	struct json_rows rows = json_rows_init(vty, "tunnels");
	struct addr a = ADDR_ANY;
	struct l2tp_tunnel *l2tp;
	struct show_tunnel t;
	size_t n = 0;

	if (address_str)
		addr_parse(address_str, &a);
	for (l2tp = l2tp_tunnel_first(d->l2tp); l2tp; l2tp = l2tp_tunnel_next(d->l2tp, l2tp)) {
		l2mcd_show_tunnel_fill(l2tp, &t);
		if (!tunnel_wanted(&t, id, host, address_str ? &a : NULL))
			continue;
		if (json)
			json_row(&rows, l2mcd_json_tunnel(&t, detail));
		else if (detail)
			tunnel_detail(vty, &t);
		else {
			if (n == 0)
				tunnel_heading(vty);
			tunnel_line(vty, &t);
		}
		n++;
	}
	if (json)
		return json_rows_end(&rows);
	if (!n)
		vty_out(vty, "No tunnels\n");
	return CMD_SUCCESS;
}

DEFPY (l2mcd_show_reliable,
       l2mcd_show_reliable_cmd,
       "show l2tp reliable [(1-65535)$id] [json$json]",
       SHOW_STR
       L2TP_STR
       "Reliable delivery of control messages (RFC 2661 5.8)\n"
       "Tunnel ID, ours\n"
       JSON_STR)
{
	struct l2mcd *d = l2mcd_instance();
	struct json_rows rows = json_rows_init(vty, "tunnels");
	struct l2tp_tunnel *l2tp;
	struct show_tunnel t;
	size_t n = 0;

	for (l2tp = l2tp_tunnel_first(d->l2tp); l2tp; l2tp = l2tp_tunnel_next(d->l2tp, l2tp)) {
		const struct l2tp_tunnel_info *i = &t.info;

		l2mcd_show_tunnel_fill(l2tp, &t);
		if (id && i->tunnel_id != id)
			continue;
		if (json) {
			json_row(&rows, l2mcd_json_reliable(&t));
			continue;
		}
		if (n++ == 0)
			vty_out(vty, "%6s %6s %6s %8s %6s %9s %7s %8s %12s %7s\n", "Tunnel", "Ns",
				"Nr", "Peer win", "Cwnd", "Ssthresh", "Queued", "Unacked",
				"Retransmits", "RTT ms");
		vty_out(vty, "%6u %6u %6u %8u %6u %9u %7zu %8zu %12" PRIu64 " %7u\n", i->tunnel_id,
			i->ns, i->nr, i->peer_window, i->cwnd, i->ssthresh, i->queued, i->unacked,
			i->retransmits, i->rtt_ms);
	}
	if (json)
		return json_rows_end(&rows);
	if (!n)
		vty_out(vty, "No tunnels\n");
	return CMD_SUCCESS;
}

/* ---------------------------------------------------------------- show l2tp session */

struct session_walk {
	struct vty *vty;
	uint16_t tunnel_id, session_id;
	const char *user; /* NULL: any */
	bool detail;
	struct json_rows *rows;
	size_t n;
};

static const char *multicast_of(const struct l2mcd_session *s)
{
	if (s->lac)
		return "-";
	if (s->ineligible != L2MCD_ELIGIBLE)
		return l2mcd_ineligible_name(s->ineligible);
	if (!l2mcd_session_ineligible(s, false))
		return l2mcd_session_ineligible(s, true) ? "IPv4" : "yes";
	return l2mcd_session_ineligible(s, true) ? "no NCP is open" : "IPv6";
}

static void session_line(struct vty *vty, const struct show_session *s)
{
	char up[SHOW_TIME_LEN], fib[FIB_TEXT_LEN + 16], groups[16] = "-";

	if (!s->s->lac)
		snprintf(groups, sizeof(groups), "%zu", s->groups);
	vty_out(vty, "%6u %7u %6u %-4s %-12s %-15s %6s %-20s %9s %s\n", s->s->tunnel->tunnel_id,
		s->info.session_id, s->info.peer_session_id, s->s->lac ? "lac" : "lns",
		l2tp_session_state_name(s->info.state), s->s->interface[0] ? s->s->interface : "-",
		groups, multicast_of(s->s), show_since(s->info.established, l2mcd_now(), up),
		fib_text(&s->key, fib, sizeof(fib)));
}

static const char *open_or(bool open)
{
	return open ? "open" : "-";
}

static void link_detail(struct vty *vty, const struct l2mcd_session *s)
{
	const struct l2mcd_link *l = &s->link;
	char a[ADDR_STRLEN], b[ADDR_STRLEN];

	if (!s->provider)
		return;
	vty_out(vty, "  Made by:     %s\n", s->provider->name);
	if (!l->told)
		return;
	vty_out(vty, "  User:        %s\n", l->user[0] ? l->user : "-");
	vty_out(vty, "  PPP:         LCP %s IPCP %s IPV6CP %s CCP %s ECP %s%s, MRU %u%s\n",
		open_or(l->lcp), open_or(l->ipcp), open_or(l->ipv6cp), open_or(l->ccp),
		open_or(l->ecp), l->multilink ? " multilink" : "", l->mru,
		l->filter ? ", filtered" : "");
	if (l->ipcp)
		vty_out(vty, "  IPv4:        %s (ours) %s\n", addr_str(&l->local, a),
			addr_str(&l->remote, b));
	if (l->ipv6cp)
		vty_out(vty, "  IPv6:        %s (ours) %s\n", addr_str(&l->local6, a),
			addr_str(&l->remote6, b));
}

static void session_detail(struct vty *vty, const struct show_session *s)
{
	char up[SHOW_TIME_LEN], fib[FIB_TEXT_LEN + 16];
	const struct l2tp_call *c = &s->info.call;

	vty_out(vty, "Session %u of tunnel %u, peer's session %u, %s, up %s\n", s->info.session_id,
		s->s->tunnel->tunnel_id, s->info.peer_session_id,
		l2tp_session_state_name(s->info.state),
		show_since(s->info.established, l2mcd_now(), up));
	vty_out(vty, "  Role:        %s\n", s->s->lac ? "lac" : "lns");
	vty_out(vty, "  Interface:   %s\n", s->s->interface[0] ? s->s->interface : "-");
	vty_out(vty, "  Call:        %s, serial %u, from %s to %s\n",
		s->info.outgoing ? "outgoing" : "incoming", s->info.call_serial_number,
		c->calling_number[0] ? c->calling_number : "-",
		c->called_number[0] ? c->called_number : "-");
	if (c->sub_address[0])
		vty_out(vty, "  Sub-address: %s\n", c->sub_address);
	vty_out(vty, "  Speed:       tx %u rx %u bit/s%s\n", c->tx_speed_bps, c->rx_speed_bps,
		c->sequencing_required ? ", sequencing required" : "");
	l2mcd_show_line(vty, s);
	link_detail(vty, s->s);
	if (!s->s->lac) {
		const char *why = l2mcd_ineligible_name(l2mcd_session_ineligible(s->s, false));
		const char *why6 = l2mcd_ineligible_name(l2mcd_session_ineligible(s->s, true));

		vty_out(vty, "  Multicast:   %s, groups %zu\n", multicast_of(s->s), s->groups);
		vty_out(vty, "    IPv4:      %s%s\n", *why ? "unicast copies: " : "yes", why);
		vty_out(vty, "    IPv6:      %s%s\n", *why6 ? "unicast copies: " : "yes", why6);
	}
	vty_out(vty, "  FIB:         %s\n", fib_text(&s->key, fib, sizeof(fib)));
}

static void show_session(void *arg, struct l2mcd_session *session)
{
	struct session_walk *w = arg;
	struct show_session s;

	if (w->tunnel_id && session->tunnel->tunnel_id != w->tunnel_id)
		return;
	l2mcd_show_session_fill(session, &s);
	if (w->session_id && s.info.session_id != w->session_id)
		return;
	if (w->user && strcmp(session->link.user, w->user) != 0)
		return;
	if (w->rows)
		json_row(w->rows, l2mcd_json_session(&s, w->detail));
	else if (w->detail)
		session_detail(w->vty, &s);
	else {
		if (w->n == 0)
			vty_out(w->vty, "%6s %7s %6s %-4s %-12s %-15s %6s %-20s %9s %s\n", "Tunnel",
				"Session", "Peer", "Role", "State", "Interface", "Groups",
				"Multicast", "Uptime", "FIB");
		session_line(w->vty, &s);
	}
	w->n++;
}

DEFPY (l2mcd_show_session,
       l2mcd_show_session_cmd,
       "show l2tp session [tunnel (1-65535)$tunnel] [<(1-65535)$id|user WORD$user>] [detail$detail] [json$json]",
       SHOW_STR
       L2TP_STR
       "Unicast sessions\n"
       "Sessions of one tunnel\n"
       "Tunnel ID, ours\n"
       "Session ID, ours\n"
       "Sessions of one user\n"
       "Name with which the subscriber authenticated\n"
       "All that is known\n"
       JSON_STR)
{
	struct json_rows rows = json_rows_init(vty, "sessions");
	struct session_walk w = {
		.vty = vty, .tunnel_id = tunnel, .session_id = id, .user = user, .detail = detail != NULL};

	if (json)
		w.rows = &rows;
	l2mcd_sessions_walk(show_session, &w);
	if (json)
		return json_rows_end(&rows);
	if (!w.n)
		vty_out(vty, "No sessions\n");
	return CMD_SUCCESS;
}

/* ---------------------------------------------------------------- show l2tp history */

static void show_step(void *arg, const struct l2mcd_step *s)
{
	struct session_walk *w = arg;
	char age[SHOW_TIME_LEN], session[8] = "-";

	if (w->rows) {
		json_row(w->rows, l2mcd_json_step(s));
		return;
	}
	if (w->n++ == 0)
		vty_out(w->vty, "%10s %6s %7s %s\n", "Ago", "Tunnel", "Session", "What");
	if (s->session_id)
		snprintf(session, sizeof(session), "%u", s->session_id);
	vty_out(w->vty, "%10s %6u %7s %s\n", show_since(s->when, l2mcd_now(), age), s->tunnel_id,
		session, s->text);
}

DEFPY (l2mcd_show_history,
       l2mcd_show_history_cmd,
       "show l2tp history [tunnel (1-65535)$tunnel] [session (1-65535)$session] [json$json]",
       SHOW_STR
       L2TP_STR
       "Last steps of tunnels and sessions, oldest first\n"
       "Of one tunnel and its sessions\n"
       "Tunnel ID, ours\n"
       "Of one session\n"
       "Session ID, ours\n"
       JSON_STR)
{
	struct json_rows rows = json_rows_init(vty, "steps");
	struct session_walk w = {.vty = vty};

	if (json)
		w.rows = &rows;
	l2mcd_history_walk(tunnel, session, show_step, &w);
	if (json)
		return json_rows_end(&rows);
	if (!w.n)
		vty_out(vty, "Nothing has happened\n");
	return CMD_SUCCESS;
}

/* ---------------------------------------------------------------- clear, test */

DEFPY (l2mcd_clear_tunnels,
       l2mcd_clear_tunnels_cmd,
       "clear l2tp tunnel <(1-65535)$id|all>",
       CLEAR_STR
       L2TP_STR
       "Close tunnels with StopCCN\n"
       "Tunnel ID, ours\n"
       "All tunnels\n")
{
	return vty_cleared(vty, l2mcd_clear_tunnel(id), "tunnel", id_str);
}

DEFPY (l2mcd_clear_sessions,
       l2mcd_clear_sessions_cmd,
       "clear l2tp session tunnel (1-65535)$tunnel <(1-65535)$id|all>",
       CLEAR_STR
       L2TP_STR
       "Close unicast sessions with CDN\n"
       "Sessions of one tunnel\n"
       "Tunnel ID, ours\n"
       "Session ID, ours\n"
       "All sessions of the tunnel\n")
{
	if (!l2tp_tunnel_find(l2mcd_instance()->l2tp, tunnel))
		return vty_cleared(vty, 0, "tunnel", tunnel_str);
	return vty_cleared(vty, l2mcd_clear_session(tunnel, id), "session", id_str);
}

#define DECODE_MAX 2048 /* octets; a vty line has 4096 characters */

DEFUN (l2mcd_test_decode,
       l2mcd_test_decode_cmd,
       "test l2tp decode HEX...",
       "Test functions\n"
       L2TP_STR
       "Decode a datagram as if it had been received\n"
       "Octets in hexadecimal from the L2TP header on, blanks allowed\n")
{
	uint8_t octets[DECODE_MAX];
	char text[16384];
	size_t n;

	if (!vty_read_hex(vty, argv + 3, argc - 3, octets, sizeof(octets), &n))
		return CMD_WARNING;
	l2tp_msg_text((struct span){.p = octets, .len = n}, (struct span){}, text, sizeof(text));
	vty_out(vty, "%s%s", text, text[0] && text[strlen(text) - 1] == '\n' ? "" : "\n");
	return CMD_SUCCESS;
}

void l2mcd_show_init(void)
{
	install_element(VIEW_NODE, &l2mcd_show_cmd);
	install_element(VIEW_NODE, &l2mcd_show_tunnel_cmd);
	install_element(VIEW_NODE, &l2mcd_show_session_cmd);
	install_element(VIEW_NODE, &l2mcd_show_reliable_cmd);
	install_element(VIEW_NODE, &l2mcd_show_history_cmd);
	install_element(VIEW_NODE, &l2mcd_test_decode_cmd);
	install_element(ENABLE_NODE, &l2mcd_clear_tunnels_cmd);
	install_element(ENABLE_NODE, &l2mcd_clear_sessions_cmd);
}
