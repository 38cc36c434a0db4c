// SPDX-License-Identifier: GPL-2.0-or-later
/* Commands about PPPoE subscribers and the access interfaces they come from; see l2mcd_vty.h. */
#include "l2mcd/l2mcd_pppoe.h"
#include "l2mcd/l2mcd_show.h"
#include "l2mcd/l2mcd_vty.h"

#include "l2mcd/l2mcd_show_pppoe_clippy.c"

#define L2TP_STR "L2TP\n"

/** What is shown of a session. */
struct shown {
	struct pppoe_session_info info;
	const struct l2mcd_pppoe_call *call;
	char mac[PPPOE_MAC_STRLEN], access[L2MCD_ACCESS_STRLEN];
	uint16_t tunnel_id, session_id; /* L2TP, 0: no call yet */
};

struct listing {
	struct vty *vty;
	bool json;
	struct json_rows rows;
	size_t n;
};

static void fill(struct l2mcd_port *p, struct pppoe_session *s, struct shown *out)
{
	memset(out, 0, sizeof(*out));
	pppoe_session_info(s, &out->info);
	out->call = pppoe_session_data(s);
	pppoe_mac_str(out->info.mac, out->mac);
	l2mcd_access_str(p->interface, p->n_vlans, p->vlan, out->access);
	if (out->call && out->call->session) {
		out->tunnel_id = out->call->session->tunnel->tunnel_id;
		out->session_id = out->call->session->session_id;
	}
}

static const char *state(const struct shown *s)
{
	return s->info.pending ? "calling" : "established";
}

static const char *data_path(const struct shown *s)
{
	return s->call && s->call->data_path ? "kernel" : "none";
}

static json_object *session_json(const struct shown *s, const struct l2mcd_port *p)
{
	json_object *o = json_object_new_object();

	json_object_int_add(o, "pppoeSessionId", s->info.session_id);
	json_object_string_add(o, "macAddress", s->mac);
	json_object_string_add(o, "access", s->access);
	json_object_string_add(o, "interface", p->interface);
	if (p->n_vlans)
		json_object_int_add(o, "vlan", p->vlan[0]);
	if (p->n_vlans > 1)
		json_object_int_add(o, "innerVlan", p->vlan[1]);
	json_object_string_add(o, "state", state(s));
	json_object_string_add(o, "serviceName", s->info.service);
	json_object_string_add(o, "circuitId", s->info.circuit_id);
	json_object_string_add(o, "remoteId", s->info.remote_id);
	json_object_string_add(o, "peerGroup", s->call ? s->call->peer_group : "");
	json_object_string_add(o, "dataPath", data_path(s));
	json_object_int_add(o, "maxPayload", s->info.max_payload);
	if (s->tunnel_id) {
		json_object_int_add(o, "tunnelId", s->tunnel_id);
		json_object_int_add(o, "sessionId", s->session_id);
	}
	json_add_since(o, "upTime", s->info.created, l2mcd_now());
	return o;
}

static void session_line(struct vty *vty, const struct shown *s)
{
	char up[SHOW_TIME_LEN];

	vty_out(vty, "%-17s %6u %-20s %-11s %-9s %6u %7u %9s %s\n", s->mac, s->info.session_id,
		s->access, state(s), data_path(s), s->tunnel_id, s->session_id,
		show_since(s->info.created, l2mcd_now(), up),
		s->info.service[0] ? s->info.service : "-");
}

static void list_sessions(void *arg, struct l2mcd_port *p)
{
	struct listing *l = arg;
	struct pppoe_session *s;
	struct shown shown;

	for (s = pppoe_session_first(p->engine); s; s = pppoe_session_next(s)) {
		fill(p, s, &shown);
		if (l->json) {
			json_row(&l->rows, session_json(&shown, p));
			continue;
		}
		if (!l->n++)
			vty_out(l->vty, "%-17s %6s %-20s %-11s %-9s %6s %7s %9s %s\n", "Subscriber",
				"PPPoE", "Access", "State", "Data path", "Tunnel", "Session",
				"Uptime", "Service");
		session_line(l->vty, &shown);
	}
}

DEFPY (l2mcd_show_pppoe,
       l2mcd_show_pppoe_cmd,
       "show l2tp pppoe [json$json]",
       SHOW_STR
       L2TP_STR
       "Subscribers that came by PPPoE\n"
       JSON_STR)
{
	struct listing l = {vty, json != NULL, json_rows_init(vty, "sessions"), 0};

	l2mcd_pppoe_walk(list_sessions, &l);
	return json ? json_rows_end(&l.rows) : CMD_SUCCESS;
}

/* ---------------------------------------------------------------- access interfaces */

static const struct {
	const char *key, *text;
	size_t offset;
} counters[] = {
#define COUNTER(key, text, field) {key, text, offsetof(struct pppoe_stats, field)}
	COUNTER("padiReceived", "PADI received", rx[0]),
	COUNTER("padoSent", "PADO sent", tx[1]),
	COUNTER("padrReceived", "PADR received", rx[2]),
	COUNTER("padsSent", "PADS sent", tx[3]),
	COUNTER("padtReceived", "PADT received", rx[4]),
	COUNTER("padtSent", "PADT sent", tx[4]),
	COUNTER("sessionsOpened", "sessions opened", sessions),
	COUNTER("sessionsRefused", "sessions refused", refused),
	COUNTER("repeatedPadr", "PADR again", repeated),
	COUNTER("dropShort", "too short", decode[PPPOE_DECODE_SHORT]),
	COUNTER("dropVersion", "wrong version", decode[PPPOE_DECODE_VERSION]),
	COUNTER("dropTag", "malformed tag", decode[PPPOE_DECODE_TAG]),
	COUNTER("dropAddress", "not to us", drop_address),
	COUNTER("dropCode", "not for a concentrator", drop_code),
	COUNTER("dropRate", "PADI over the limit", drop_rate),
	COUNTER("dropService", "service not here", drop_service),
	COUNTER("dropFull", "no room", drop_full),
	COUNTER("dropCookie", "AC-Cookie not valid", drop_cookie),
	COUNTER("dropSession", "PADT without session", drop_session),
#undef COUNTER
};

static uint64_t counter(const struct pppoe_stats *s, size_t i)
{
	uint64_t v;

	memcpy(&v, (const uint8_t *)s + counters[i].offset, sizeof(v));
	return v;
}

static json_object *access_json(const struct l2mcd_access *a, const struct l2mcd_port *p)
{
	json_object *o = json_object_new_object();
	char name[L2MCD_ACCESS_STRLEN];

	json_object_string_add(o, "access",
			       l2mcd_access_str(a->interface, a->n_vlans, a->vlan, name));
	json_object_boolean_add(o, "up", p != NULL);
	if (!p)
		return o;
	json_object_int_add(o, "sessions", pppoe_port_sessions(p->engine));
	for (size_t i = 0; i < array_size(counters); i++)
		json_object_int_add(o, counters[i].key,
				    counter(pppoe_port_stats(p->engine), i));
	return o;
}

static void access_text(struct vty *vty, const struct l2mcd_access *a, const struct l2mcd_port *p)
{
	char name[L2MCD_ACCESS_STRLEN];

	vty_out(vty, "Access %s: ", l2mcd_access_str(a->interface, a->n_vlans, a->vlan, name));
	if (!p) {
		vty_out(vty, "down\n");
		return;
	}
	vty_out(vty, "up, %zu of %u sessions\n", pppoe_port_sessions(p->engine),
		a->ppp.session_limit);
	for (size_t i = 0; i < array_size(counters); i++)
		vty_out(vty, "  %-24s %" PRIu64 "\n", counters[i].text,
			counter(pppoe_port_stats(p->engine), i));
}

DEFPY (l2mcd_show_pppoe_access,
       l2mcd_show_pppoe_access_cmd,
       "show l2tp pppoe access [json$json]",
       SHOW_STR
       L2TP_STR
       "Subscribers that came by PPPoE\n"
       "Access interfaces and what came in through them\n"
       JSON_STR)
{
	struct l2mcd_config *c = l2mcd_vty_config();
	struct json_rows rows = json_rows_init(vty, "accesses");
	struct l2mcd_access *a;

	frr_each (l2mcd_accesses, &c->accesses, a) {
		struct l2mcd_port *p = l2mcd_port_find(a->interface, a->n_vlans, a->vlan);

		if (!a->pppoe)
			continue;
		if (json)
			json_row(&rows, access_json(a, p));
		else
			access_text(vty, a, p);
	}
	return json ? json_rows_end(&rows) : CMD_SUCCESS;
}

void l2mcd_show_pppoe_init(void)
{
	install_element(VIEW_NODE, &l2mcd_show_pppoe_cmd);
	install_element(VIEW_NODE, &l2mcd_show_pppoe_access_cmd);
}
