// SPDX-License-Identifier: GPL-2.0-or-later
/* Commands about forwarding objects and consumers; see fib_vty.h. */
#include "lib/fib_vty.h"

#include "lib/text.h"

#include "lib/fib_vty_clippy.c"

static struct fib_pub *const *publisher;
static msec_t (*clock_now)(void);

#define FIB_STR "Interface to forwarding agents (mcfib/1)\n"

/* ---------------------------------------------------------------- names and values */

const char *fib_tables_str(uint32_t tables, char *buf, size_t size)
{
	struct text t = text_init(buf, size);

	for (int i = 1; i < FIB_TABLES; i++)
		if (tables & (1u << i))
			text_add(&t, "%s%s", t.len ? " " : "", fib_table_name(i));
	return buf;
}

const char *fib_status_str(const struct fib_pub *pub, const struct fib_key *key, char *buf,
			   size_t size)
{
	struct fib_object_info info;

	if (!fib_pub_lookup(pub, key, &info))
		snprintf(buf, size, "-");
	else if (info.text[0] && info.state != FIB_STATE_INSTALLED)
		snprintf(buf, size, "%s: %s", fib_install_name(info.state), info.text);
	else
		snprintf(buf, size, "%s", fib_install_name(info.state));
	return buf;
}

static void tunnel_str(struct text *t, const struct fib_l2tp_tunnel *v)
{
	char a[ADDR_STRLEN], b[ADDR_STRLEN];

	text_add(t, "%s:%u -> %s:%u, peer tunnel %u%s", addr_str(&v->local.addr, a), v->local.port,
		 addr_str(&v->peer.addr, b), v->peer.port, v->peer_tunnel_id,
		 v->udp_checksum ? "" : ", no checksum");
}

static void session_str(struct text *t, const struct fib_access_session *v)
{
	text_add(t, "%s, peer session %u, %s %s", v->role == FIB_ROLE_LAC ? "lac" : "lns",
		 v->peer_session_id, v->interface[0] ? v->interface : "-",
		 fib_framing_name(v->framing));
	if (v->framing == FIB_FRAMING_PPPOE)
		text_add(t, " session %u", v->pppoe.session_id);
	text_add(t, "%s", v->unicast ? ", unicast" : "");
	if (v->maximum_packet)
		text_add(t, ", up to %u octets", v->maximum_packet);
	text_add(t, "%s%s", v->sequencing ? ", sequenced" : "", v->drop_late ? ", in order" : "");
}

static void replication_str(struct text *t, const struct fib_l2tp_replication *v)
{
	text_add(t, "%zu sessions", v->n_members);
	for (size_t i = 0; i < v->n_members; i++) {
		text_add(t, "%s %u", i ? "" : ":", v->members[i].session_id);
		if (v->members[i].priority)
			text_add(t, " (%s)", fib_priority_name(v->members[i].priority));
	}
	text_add(t, "%s", v->drop_late ? ", in order" : "");
}

static void flow_str(struct text *t, const struct fib_l2tp_flow *v)
{
	text_add(t, "%s ->", v->upstream_interface);
	if (!v->n_branches)
		text_add(t, " nowhere");
	for (size_t i = 0; i < v->n_branches; i++) {
		const struct fib_flow_branch *b = &v->branches[i];
		bool multicast = b->kind == FIB_BRANCH_MULTICAST_SESSION;

		text_add(t, "%s %s %u/%u", i ? "," : "", multicast ? "multicast" : "unicast",
			 b->tunnel_id, b->session_id);
		if (multicast)
			text_add(t, " (peer %u%s", b->peer_session_id,
				 b->sequencing ? ", sequenced" : "");
		if (b->length)
			text_add(t, ", with Length");
		if (b->maximum_bps)
			text_add(t, ", up to %u bit/s", b->maximum_bps);
		if (b->maximum_packet)
			text_add(t, ", packets up to %u", b->maximum_packet);
		text_add(t, "%s", multicast ? ")" : "");
	}
}

static void p2mp_branches_str(struct text *t, const struct fib_p2mp_branch *b, size_t n)
{
	char a[ADDR_STRLEN];

	for (size_t i = 0; i < n; i++) {
		text_add(t, "%s %s %s", i ? "," : "", b[i].interface,
			 b[i].multicast ? "multicast" : addr_str(&b[i].next_hop, a));
		for (size_t l = 0; l < b[i].n_labels; l++)
			text_add(t, "%s%u", l ? "/" : " label ", b[i].labels[l]);
	}
}

static void ilm_str(struct text *t, const struct fib_p2mp_ilm *v)
{
	text_add(t, v->n_branches ? "swap ->" : v->local_interface[0] ? "" : "drop");
	p2mp_branches_str(t, v->branches, v->n_branches);
	if (v->local_interface[0])
		text_add(t, "%spop -> %s (%s, %s)", v->n_branches ? "; " : "", v->local_interface,
			 fib_ttl_name(v->ttl), fib_payload_name(v->payload));
}

static void ftn_str(struct text *t, const struct fib_p2mp_ftn *v)
{
	text_add(t, "%s ->%s", v->upstream_interface, v->n_branches ? "" : " nowhere");
	p2mp_branches_str(t, v->branches, v->n_branches);
	text_add(t, " (%s)", fib_ttl_name(v->ttl));
}

const char *fib_value_str(enum fib_table table, const union fib_value *v, char *buf, size_t size)
{
	struct text t = text_init(buf, size);

	switch (table) {
	case FIB_L2TP_TUNNEL:
		tunnel_str(&t, &v->l2tp_tunnel);
		break;
	case FIB_ACCESS_SESSION:
		session_str(&t, &v->access_session);
		break;
	case FIB_L2TP_REPLICATION:
		replication_str(&t, &v->l2tp_replication);
		break;
	case FIB_L2TP_FLOW:
		flow_str(&t, &v->l2tp_flow);
		break;
	case FIB_P2MP_ILM:
		ilm_str(&t, &v->p2mp_ilm);
		break;
	case FIB_P2MP_FTN:
		ftn_str(&t, &v->p2mp_ftn);
		break;
	}
	return buf;
}

/* ---------------------------------------------------------------- consumers */

struct consumer_walk {
	struct vty *vty;
	const char *name; /* NULL: all */
	bool detail;
	struct json_rows *rows; /* NULL: text */
	size_t n;
};

static void consumer_line(struct vty *vty, const struct fib_consumer_info *i, msec_t now)
{
	char up[SHOW_TIME_LEN];

	vty_out(vty, "%-20s %-8s %-8s %9s %8" PRIu64 " %8zu %6u %9" PRIu64 " %9" PRIu64 "\n",
		i->name, fib_role_name(i->role), i->state, show_since(i->since, now, up),
		i->tx_seq - i->acked_seq, i->dirty, i->rtt_ms, i->installs, i->failures);
}

static void consumer_detail(struct vty *vty, const struct fib_consumer_info *i, msec_t now)
{
	char up[SHOW_TIME_LEN], tables[128];

	vty_out(vty, "Consumer %s, %s, %s\n", i->name, fib_role_name(i->role), i->software);
	vty_out(vty, "  State:        %s%s%s, up %s, session %" PRIu64 "\n", i->state,
		i->slow ? ", slow" : "", i->blocked ? ", blocked" : "",
		show_since(i->since, now, up), i->session_id);
	vty_out(vty, "  Tables:       %s\n", fib_tables_str(i->tables, tables, sizeof(tables)));
	vty_out(vty, "  Capabilities:%s%s%s%s%s%s%s%s, branches %s",
		i->capabilities.l2tp_replication ? " replication" : "",
		i->capabilities.unicast_sessions ? " unicast" : "",
		i->capabilities.activity ? " activity" : "",
		i->capabilities.mpls_p2mp ? " mpls-p2mp" : "",
		i->capabilities.mpls_context ? " mpls-context" : "",
		i->capabilities.priority ? " priority" : "",
		i->capabilities.maximum_bps ? " maximum-bps" : "",
		i->capabilities.sequencing ? " sequencing" : "",
		i->capabilities.maximum_branches ? "" : "unlimited\n");
	if (i->capabilities.maximum_branches)
		vty_out(vty, "%u\n", i->capabilities.maximum_branches);
	vty_out(vty,
		"  Sequence:     sent %" PRIu64 ", acknowledged %" PRIu64 ", lag %" PRIu64
		", round trip %u ms\n",
		i->tx_seq, i->acked_seq, i->tx_seq - i->acked_seq, i->rtt_ms);
	vty_out(vty,
		"  Updates:      %" PRIu64 " with %" PRIu64 " operations, %zu queued, %" PRIu64
		" requeued\n",
		i->tx_updates, i->tx_ops, i->dirty, i->requeued);
	vty_out(vty, "  Status:       %" PRIu64 " installs, %" PRIu64 " failures\n", i->installs,
		i->failures);
	vty_out(vty, "  Last error:   %s\n", i->last_error[0] ? i->last_error : "-");
}

static void show_consumer(void *arg, const struct fib_consumer *c)
{
	struct consumer_walk *w = arg;
	struct fib_consumer_info i;

	fib_consumer_info(c, &i);
	if (w->name && strcmp(w->name, i.name) != 0)
		return;
	if (w->rows) {
		json_row(w->rows, fib_consumer_json(&i, clock_now()));
	} else if (w->detail) {
		consumer_detail(w->vty, &i, clock_now());
	} else {
		if (w->n == 0)
			vty_out(w->vty, "%-20s %-8s %-8s %9s %8s %8s %6s %9s %9s\n", "Consumer",
				"Role", "State", "Uptime", "Lag", "Queued", "RTT ms", "Installs",
				"Failures");
		consumer_line(w->vty, &i, clock_now());
	}
	w->n++;
}

DEFPY(fib_show_consumer, fib_show_consumer_cmd,
      "show fib consumer [NAME$name] [detail$detail] [json$json]",
      SHOW_STR FIB_STR "Forwarding agents\n"
		       "Name of one agent\n"
		       "All that is known\n" JSON_STR)
{
	struct json_rows rows = json_rows_init(vty, "consumers");
	struct consumer_walk w = {.vty = vty, .name = name, .detail = detail != NULL};

	if (json)
		w.rows = &rows;
	fib_pub_consumers(*publisher, show_consumer, &w);
	if (json)
		return json_rows_end(&rows);
	if (!w.n)
		vty_out(vty, name ? "No such consumer\n" : "No consumer is connected\n");
	return CMD_SUCCESS;
}

DEFPY(fib_clear_consumer, fib_clear_consumer_cmd, "clear fib consumer <NAME$name|all>",
      CLEAR_STR FIB_STR "End the agent's session: it comes back and gets everything anew\n"
			"Name of one agent\n"
			"All agents\n")
{
	unsigned int n = fib_pub_clear(*publisher, name, clock_now());

	if (!n && name) {
		vty_out(vty, "%% unknown consumer '%s'\n", name);
		return CMD_WARNING;
	}
	vty_out(vty, "%u consumer%s cleared\n", n, n == 1 ? "" : "s");
	return CMD_SUCCESS;
}

/* ---------------------------------------------------------------- entries */

struct entry_walk {
	struct vty *vty;
	bool detail;
	struct json_rows *rows;
	size_t n;
};

struct entry_consumers {
	struct vty *vty;
	const struct fib_object_info *info;
};

static void entry_consumer(void *arg, const struct fib_consumer *c)
{
	struct entry_consumers *e = arg;
	struct fib_consumer_info i;
	uint64_t generation = 0;
	const char *text = NULL, *not ;
	enum fib_install state = fib_consumer_status(c, &e->info->key, &generation, &text);

	fib_consumer_info(c, &i);
	not = fib_value_unenforced(e->info->key.table, e->info->value, &i.capabilities);
	vty_out(e->vty, "  Consumer:   %s (%s): %s (%" PRIu64 ")%s%s%s%s\n", i.name,
		fib_role_name(i.role), fib_install_name(state), generation,
		text && text[0] ? ": " : "", text ? text : "", not ? ", does not enforce " : "",
		not ? not : "");
}

static void entry_detail(struct vty *vty, const struct fib_object_info *info)
{
	const struct fib_activity *a = &info->activity;
	struct entry_consumers e = {.vty = vty, .info = info};
	char name[160], value[1024], idle[SHOW_TIME_LEN];

	vty_out(vty, "%s\n", fib_key_str(&info->key, name, sizeof(name)));
	vty_out(vty, "  Value:      %s\n",
		fib_value_str(info->key.table, info->value, value, sizeof(value)));
	vty_out(vty, "  Status:     %s (generation %" PRIu64 ")%s%s\n",
		fib_install_name(info->state), info->generation, info->text[0] ? ": " : "",
		info->text);
	fib_pub_consumers(*publisher, entry_consumer, &e);
	vty_out(vty,
		"  Activity:   %" PRIu64 " packets, %" PRIu64 " octets, %" PRIu64
		" copies, %" PRIu64 " drops, idle %s\n",
		a->packets, a->bytes, a->copies, a->drops,
		show_time(a->packets ? (msec_t)a->idle_ms : -1, idle));
}

static void show_entry(void *arg, const struct fib_object_info *info)
{
	struct entry_walk *w = arg;
	char name[160], value[256];

	if (w->rows) {
		json_row(w->rows, fib_object_json(*publisher, info, w->detail));
	} else if (w->detail) {
		entry_detail(w->vty, info);
	} else {
		if (w->n == 0)
			vty_out(w->vty, "%-40s %5s %-11s %10s %s\n", "Object", "Gen", "Status",
				"Packets", "Value");
		vty_out(w->vty, "%-40s %5" PRIu64 " %-11s %10" PRIu64 " %s\n",
			fib_key_str(&info->key, name, sizeof(name)), info->generation,
			fib_install_name(info->state), info->activity.packets,
			fib_value_str(info->key.table, info->value, value, sizeof(value)));
	}
	w->n++;
}

DEFPY(fib_show_entry, fib_show_entry_cmd,
      "show fib entry [<l2tp-tunnel|access-session|l2tp-replication|l2tp-flow|p2mp-ilm|p2mp-ftn>$table] [detail$detail] [json$json]",
      SHOW_STR FIB_STR "Forwarding objects as they were sent\n"
		       "Tunnels\n"
		       "Unicast sessions\n"
		       "LAC: outgoing session lists of multicast sessions\n"
		       "LNS: copies of a multicast stream\n"
		       "Transit and egress LSR: incoming labels of P2MP LSPs\n"
		       "Ingress LSR: multicast streams put onto P2MP LSPs\n"
		       "With the status at each agent\n" JSON_STR)
{
	struct json_rows rows = json_rows_init(vty, "entries");
	struct entry_walk w = {.vty = vty, .detail = detail != NULL};

	if (json)
		w.rows = &rows;
	for (int t = 1; t < FIB_TABLES; t++)
		if (!table || strcmp(table, fib_table_name(t)) == 0)
			fib_pub_walk(*publisher, t, show_entry, &w);
	if (json)
		return json_rows_end(&rows);
	if (!w.n)
		vty_out(vty, "No entries\n");
	return CMD_SUCCESS;
}

/* ---------------------------------------------------------------- statistics */

static void statistics_text(struct vty *vty)
{
	const struct fib_pub_stats *s = fib_pub_stats(*publisher);

	for (int t = 1; t < FIB_TABLES; t++)
		vty_out(vty, "%-28s %12zu\n", fib_table_name(t), fib_pub_count(*publisher, t));
	vty_out(vty, "%-28s %12" PRIu64 "\n", "Objects set", s->sets);
	vty_out(vty, "%-28s %12" PRIu64 "\n", "  of which unchanged", s->unchanged);
	vty_out(vty, "%-28s %12" PRIu64 "\n", "Objects deleted", s->deletes);
	vty_out(vty, "%-28s %12" PRIu64 "\n", "Hellos received", s->hellos);
	vty_out(vty, "%-28s %12" PRIu64 "\n", "  refused", s->refused);
	vty_out(vty, "%-28s %12" PRIu64 "\n", "  resumed", s->resumes);
	vty_out(vty, "%-28s %12" PRIu64 "\n", "Snapshots sent", s->snapshots);
	vty_out(vty, "%-28s %12" PRIu64 "\n", "Messages not understood", s->garbage);
	vty_out(vty, "%-28s %12" PRIu64 "\n", "Status of old generations", s->stale_status);
	vty_out(vty, "%-28s %12" PRIu64 "\n", "Dropped: no sign of life", s->drops_liveness);
	vty_out(vty, "%-28s %12" PRIu64 "\n", "Dropped: no progress", s->drops_stall);
}

DEFPY(fib_show_statistics, fib_show_statistics_cmd, "show fib statistics [json$json]",
      SHOW_STR FIB_STR "Counters\n" JSON_STR)
{
	if (json)
		return vty_json(vty, fib_stats_json(*publisher));
	statistics_text(vty);
	return CMD_SUCCESS;
}

void fib_vty_init(struct fib_pub *const *pub, msec_t (*now)(void))
{
	publisher = pub;
	clock_now = now;
	install_element(VIEW_NODE, &fib_show_consumer_cmd);
	install_element(VIEW_NODE, &fib_show_entry_cmd);
	install_element(VIEW_NODE, &fib_show_statistics_cmd);
	install_element(ENABLE_NODE, &fib_clear_consumer_cmd);
}
