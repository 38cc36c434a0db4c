// SPDX-License-Identifier: GPL-2.0-or-later
/* Commands about the daemon and its neighbours, and the offline decoder; see mplsmcd_vty.h. */
#include "mplsmc/mplsmcd_show.h"
#include "mplsmc/mplsmcd_vty.h"

#include "mplsmc/mplsmcd_show_clippy.c"

const struct show_capability show_capabilities[SHOW_CAPABILITIES] = {
	{LDP_CAP_P2MP, "p2mp"},
	{LDP_CAP_MP2MP, "mp2mp"},
	{LDP_CAP_MBB, "make-before-break"},
	{LDP_CAP_TYPED_WILDCARD, "typed-wildcard"},
	{LDP_CAP_UPSTREAM_LABEL, "upstream-label"},
	{LDP_CAP_DYNAMIC, "dynamic-announcement"},
	{LDP_CAP_SAC, "state-advertisement-control"},
	{LDP_CAP_UNRECOGNISED, "unrecognised-notification"},
};

const char *show_ldp_id(const struct ldp_id *id, char buf[SHOW_ID_LEN])
{
	snprintf(buf, SHOW_ID_LEN, "%u.%u.%u.%u:%u", id->lsr_id >> 24, id->lsr_id >> 16 & 0xff,
		 id->lsr_id >> 8 & 0xff, id->lsr_id & 0xff, id->space);
	return buf;
}

const char *show_not_running(const struct mplsmcd *d)
{
	struct addr id = mplsmcd_router_id(d);

	if (d->ldp)
		return NULL;
	if (!d->config.present)
		return "not configured";
	return addr_is_any(&id) ? "no router id" : "cannot listen on the transport address";
}

/* ---------------------------------------------------------------- totals */

static void count_lsp(void *arg, const struct mldp_lsp *lsp)
{
	struct show_totals *t = arg;
	struct mldp_lsp_info i;

	mldp_lsp_info(lsp, &i);
	t->lsps++;
	t->states[i.state]++;
	t->roles[show_lsp_role(lsp, &i)]++;
}

static void count_tree(void *arg, const struct mc_map_info *i)
{
	struct show_totals *t = arg;

	if (!i->leaf) {
		t->sent++;
		return;
	}
	t->trees++;
	t->label_switched += i->label_switched;
}

void show_totals_fill(struct show_totals *t)
{
	struct mplsmcd *d = mplsmcd_instance();
	struct ldp_session *s;

	*t = (struct show_totals){};
	for (s = d->ldp ? ldp_session_first(d->ldp) : NULL; s; s = ldp_session_next(d->ldp, s)) {
		struct ldp_session_info i;

		ldp_session_info(s, &i);
		t->neighbours++;
		t->operational += i.state == LDP_OPERATIONAL;
	}
	mldp_lsp_walk(d->mldp, count_lsp, t);
	mc_map_walk(d->map, count_tree, t);
	t->branches = mldp_stats(d->mldp)->branches;
	mplsmcd_labels_info(&t->labels_used, &t->labels_total, &t->labels_source);
}

/* ---------------------------------------------------------------- show mpls multicast */

static void row(struct vty *vty, const char *label, const char *fmt, ...) PRINTFRR(3, 4);

static void row(struct vty *vty, const char *label, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintfrr(text, sizeof(text), fmt, ap);
	va_end(ap);
	vty_out(vty, "%-22s %s\n", label, text);
}

static void show_identity(struct vty *vty, const struct mplsmcd *d)
{
	struct addr id = mplsmcd_router_id(d), transport = mplsmcd_transport(d);
	char buf[ADDR_STRLEN], up[SHOW_TIME_LEN];
	const char *why = show_not_running(d);

	row(vty, "LDP", "%s%s", why ? "not running: " : "running", why ? why : "");
	row(vty, "Router id", "%s", addr_is_any(&id) ? "-" : addr_str(&id, buf));
	row(vty, "Transport address", "%s",
	    addr_is_any(&transport) ? "-" : addr_str(&transport, buf));
	row(vty, "Up", "%s", show_since(d->started, mplsmcd_now(), up));
}

static void show_pim(struct vty *vty, const char *who, const char *interface,
		     const struct pim_vif *v)
{
	struct pim_vif_info i;
	char since[SHOW_TIME_LEN];

	if (!v) {
		row(vty, who, "no interface %s", interface);
		return;
	}
	pim_vif_info(v, &i);
	if (i.neighbour_up)
		row(vty, who, "on %s since %s", interface,
		    show_since(i.neighbour_since, mplsmcd_now(), since));
	else
		row(vty, who, "not on %s", interface);
}

static void show_daemon(struct vty *vty)
{
	struct mplsmcd *d = mplsmcd_instance();
	const char *fib, *error = NULL;
	struct show_totals t;

	show_totals_fill(&t);
	fib = mplsmcd_fib_endpoint(&error);
	show_identity(vty, d);
	row(vty, "Neighbors", "%zu operational of %zu", t.operational, t.neighbours);
	row(vty, "LSPs", "%zu operational of %zu", t.states[MLDP_OPERATIONAL], t.lsps);
	row(vty, "Labels", "%zu of %zu used, %s", t.labels_used, t.labels_total, t.labels_source);
	show_pim(vty, "pimd", mplsmcd_device(d, false), d->pim);
	if (d->pim6)
		show_pim(vty, "pim6d", mplsmcd_device(d, false), d->pim6);
	if (d->config.shared_interface[0])
		show_pim(vty, "pimd, shared trees", mplsmcd_device(d, true), d->shared_pim);
	row(vty, "Trigger", "%s", mplsmcd_trigger_names[d->config.policy.trigger]);
	if (d->config.policy.trigger != MC_TRIGGER_REQUEST)
		row(vty, "Multicast routes", "%zu in the kernel", mplsmcd_mroute_count());
	row(vty, "Trees wanted here", "%zu, %zu label-switched", t.trees, t.label_switched);
	row(vty, "Trees sent as root", "%zu", t.sent);
	row(vty, "Forwarding agents at", "%s%s%s", fib[0] ? fib : "-", error ? ", " : "",
	    error ? error : "");
}

DEFPY (mplsmcd_show,
       mplsmcd_show_cmd,
       "show mpls multicast [json$json]",
       SHOW_STR
       MPLS_STR
       MULTICAST_STR
       JSON_STR)
{
	if (json)
		return vty_json(vty, show_json_daemon());
	show_daemon(vty);
	return CMD_SUCCESS;
}

DEFPY (mplsmcd_show_count,
       mplsmcd_show_count_cmd,
       "show mpls multicast count [json$json]",
       SHOW_STR
       MPLS_STR
       MULTICAST_STR
       "Numbers of neighbors, LSPs, labels and trees\n"
       JSON_STR)
{
	struct show_totals t;

	if (json)
		return vty_json(vty, show_json_count());
	show_totals_fill(&t);
	row(vty, "Neighbors", "%zu", t.neighbours);
	row(vty, "  operational", "%zu", t.operational);
	row(vty, "LSPs", "%zu", t.lsps);
	for (size_t i = 0; i < SHOW_ROLES; i++)
		vty_out(vty, "  %-20s %zu\n", show_role_name(i), t.roles[i]);
	vty_out(vty, "LSPs by state\n");
	for (size_t i = 0; i < MLDP_LSP_STATES; i++)
		vty_out(vty, "  %-20s %zu\n", mldp_lsp_state_name(i), t.states[i]);
	row(vty, "Branches", "%zu", t.branches);
	row(vty, "Labels", "%zu of %zu", t.labels_used, t.labels_total);
	row(vty, "Trees wanted here", "%zu", t.trees);
	row(vty, "  label-switched", "%zu", t.label_switched);
	row(vty, "Trees sent as root", "%zu", t.sent);
	return CMD_SUCCESS;
}

/* ---------------------------------------------------------------- show mpls multicast neighbor */

void show_neighbour_fill(struct ldp_session *s, struct show_neighbour *out)
{
	struct mplsmcd_neighbour *n;

	*out = (struct show_neighbour){.s = s};
	ldp_session_info(s, &out->info);
	show_ldp_id(&out->info.peer, out->id);
	n = mplsmcd_neighbour_find(&mplsmcd_instance()->config, &out->info.transport);
	out->password = n && n->password[0];
}

static void print_path(void *arg, const struct ldp_path *p)
{
	char buf[ADDR_STRLEN];

	vty_out(arg, "  Adjacency:      %s, %s\n", p->interface, addr_str(&p->next_hop, buf));
}

static void neighbour_detail(struct vty *vty, const struct show_neighbour *n)
{
	const struct ldp_session_info *i = &n->info;
	char buf[ADDR_STRLEN], since[SHOW_TIME_LEN];

	vty_out(vty, "Neighbor %s, %s since %s\n", n->id, ldp_session_state_name(i->state),
		show_since(i->since, mplsmcd_now(), since));
	vty_out(vty, "  Transport:      %s, %s\n", addr_str(&i->transport, buf),
		i->active ? "we connect" : "it connects");
	vty_out(vty, "  Security:       password: %s, TTL security %s\n",
		n->password ? "set" : "none", i->gtsm ? "on" : "off");
	vty_out(vty, "  Session:        keepalive %u s, PDUs up to %u octets\n", i->keepalive_s,
		i->max_pdu);
	vty_out(vty, "  Capabilities:  ");
	for (size_t c = 0; c < SHOW_CAPABILITIES; c++)
		if (i->capabilities & show_capabilities[c].bit)
			vty_out(vty, " %s", show_capabilities[c].name);
	vty_out(vty, "%s\n", i->capabilities ? "" : " none");
	ldp_session_paths(n->s, print_path, vty);
	vty_out(vty, "  Addresses:      %zu\n", i->n_addresses);
	if (i->last_error && i->last_error[0])
		vty_out(vty, "  Last error:     %s\n", i->last_error);
	if (i->backoff_s)
		vty_out(vty, "  Back-off:       %u s\n", i->backoff_s);
}

static void neighbour_line(struct vty *vty, const struct show_neighbour *n)
{
	const struct ldp_session_info *i = &n->info;
	char buf[ADDR_STRLEN], since[SHOW_TIME_LEN];

	vty_out(vty, "%-18s %-15s %-12s %-8s %-5s %-4s %11zu %10s\n", n->id,
		addr_str(&i->transport, buf), ldp_session_state_name(i->state),
		i->active ? "active" : "passive", i->capabilities & LDP_CAP_P2MP ? "yes" : "no",
		i->capabilities & LDP_CAP_MBB ? "yes" : "no", i->n_adjacencies,
		show_since(i->since, mplsmcd_now(), since));
}

DEFPY (mplsmcd_show_neighbor,
       mplsmcd_show_neighbor_cmd,
       "show mpls multicast neighbor [A.B.C.D$lsr_id] [detail$detail] [json$json]",
       SHOW_STR
       MPLS_STR
       MULTICAST_STR
       "LDP neighbors\n"
       "LSR-Id of one neighbor\n"
       "All that is known\n"
       JSON_STR)
{
	struct mplsmcd *d = mplsmcd_instance();
	struct json_rows rows = json_rows_init(vty, "neighbors");
	struct ldp_session *s;
	size_t n = 0;

	for (s = d->ldp ? ldp_session_first(d->ldp) : NULL; s; s = ldp_session_next(d->ldp, s)) {
		struct show_neighbour row;

		show_neighbour_fill(s, &row);
		if (lsr_id_str && row.info.peer.lsr_id != ntohl(lsr_id.s_addr))
			continue;
		if (json) {
			json_row(&rows, show_json_neighbour(&row, detail));
		} else if (detail) {
			neighbour_detail(vty, &row);
		} else {
			if (n == 0)
				vty_out(vty, "%-18s %-15s %-12s %-8s %-5s %-4s %11s %10s\n",
					"Neighbor", "Transport", "State", "Role", "P2MP", "MBB",
					"Adjacencies", "Since");
			neighbour_line(vty, &row);
		}
		n++;
	}
	if (json)
		return json_rows_end(&rows);
	if (!n)
		vty_out(vty, "No neighbors\n");
	return CMD_SUCCESS;
}

/* ---------------------------------------------------------------- show mpls multicast history */

struct history_walk {
	struct vty *vty;
	struct json_rows *rows;
	size_t n;
};

static void show_step(void *arg, const struct mplsmcd_step *s)
{
	struct history_walk *w = arg;
	char age[SHOW_TIME_LEN];

	if (w->rows) {
		json_row(w->rows, show_json_step(s));
		return;
	}
	if (w->n++ == 0)
		vty_out(w->vty, "%10s %-48s %s\n", "Ago", "Object", "What");
	vty_out(w->vty, "%10s %-48s %s\n", show_since(s->when, mplsmcd_now(), age), s->object,
		s->text);
}

DEFPY (mplsmcd_show_history,
       mplsmcd_show_history_cmd,
       "show mpls multicast history [json$json]",
       SHOW_STR
       MPLS_STR
       MULTICAST_STR
       "Last steps of sessions and LSPs, oldest first\n"
       JSON_STR)
{
	struct json_rows rows = json_rows_init(vty, "steps");
	struct history_walk w = {.vty = vty};

	if (json)
		w.rows = &rows;
	mplsmcd_history_walk(show_step, &w);
	if (json)
		return json_rows_end(&rows);
	if (!w.n)
		vty_out(vty, "Nothing has happened\n");
	return CMD_SUCCESS;
}

/* ---------------------------------------------------------------- clear, test */

DEFPY (mplsmcd_clear_neighbors,
       mplsmcd_clear_neighbors_cmd,
       "clear mpls multicast neighbor <A.B.C.D$lsr_id|all>",
       CLEAR_STR
       MPLS_STR
       MULTICAST_STR
       "End the session with Shutdown; it comes back\n"
       "LSR-Id of one neighbor\n"
       "All neighbors\n")
{
	struct addr a = lsr_id_str ? addr_from_v4(&lsr_id) : ADDR_ANY;

	/* 0.0.0.0 is nobody's, and would be everybody */
	if (lsr_id_str && addr_is_any(&a))
		return vty_cleared(vty, 0, "neighbor", lsr_id_str);
	return vty_cleared(vty, mplsmcd_clear_neighbour(&a), "neighbor", lsr_id_str);
}

DEFPY (mplsmcd_clear_lsps,
       mplsmcd_clear_lsps_cmd,
       "clear mpls multicast lsp <root A.B.C.D$root|all>",
       CLEAR_STR
       MPLS_STR
       MULTICAST_STR
       "Release LSPs and set them up anew\n"
       "LSPs of one root\n"
       "Address of the root\n"
       "All LSPs\n")
{
	struct addr a = root_str ? addr_from_v4(&root) : ADDR_ANY;

	unsigned int n = root_str && addr_is_any(&a) ? 0 : mplsmcd_clear_lsp(&a);

	if (!n && root_str)
		return vty_cleared(vty, 0, "root", root_str);
	return vty_cleared(vty, n, "LSP", NULL);
}

#define DECODE_MAX 2048 /* octets; a vty line has 4096 characters */

DEFUN (mplsmcd_test_decode,
       mplsmcd_test_decode_cmd,
       "test mpls multicast decode HEX...",
       "Test functions\n"
       MPLS_STR
       MULTICAST_STR
       "Decode LDP PDUs as if they had been received\n"
       "Octets in hexadecimal from the PDU header on, blanks allowed\n")
{
	uint8_t octets[DECODE_MAX];
	char text[16384];
	size_t n;

	if (!vty_read_hex(vty, argv + 4, argc - 4, octets, sizeof(octets), &n))
		return CMD_WARNING;
	ldp_text((struct span){octets, n}, text, sizeof(text));
	vty_out(vty, "%s%s", text, text[0] && text[strlen(text) - 1] == '\n' ? "" : "\n");
	return CMD_SUCCESS;
}

void mplsmcd_show_init(void)
{
	install_element(VIEW_NODE, &mplsmcd_show_cmd);
	install_element(VIEW_NODE, &mplsmcd_show_count_cmd);
	install_element(VIEW_NODE, &mplsmcd_show_neighbor_cmd);
	install_element(VIEW_NODE, &mplsmcd_show_history_cmd);
	install_element(VIEW_NODE, &mplsmcd_test_decode_cmd);
	install_element(ENABLE_NODE, &mplsmcd_clear_neighbors_cmd);
	install_element(ENABLE_NODE, &mplsmcd_clear_lsps_cmd);
}
