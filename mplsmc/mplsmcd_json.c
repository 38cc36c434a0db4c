// SPDX-License-Identifier: GPL-2.0-or-later
/* JSON of neighbours, LSPs, trees and the daemon itself; see mplsmcd_show.h. */
#include "mplsmc/mplsmcd_show.h"
#include "mplsmc/mplsmcd_vty.h"

#include "lib/text.h"

void show_json_add_fib(json_object *o, const struct fib_key *key)
{
	json_object *fib = fib_status_json(mplsmcd_instance()->fib, key);

	if (fib)
		json_object_object_add(o, "fib", fib);
}

static void add_addr_if(json_object *o, const char *key, const struct addr *a)
{
	if (!addr_is_any(a))
		json_add_addr(o, key, a);
}

/* ---------------------------------------------------------------- the daemon */

static void add_pim(json_object *o, const char *key, const char *interface,
		    const struct pim_vif *v)
{
	json_object *pim = json_object_new_object();
	struct pim_vif_info i;

	json_object_string_add(pim, "interface", interface);
	json_object_boolean_add(pim, "present", v != NULL);
	if (v) {
		pim_vif_info(v, &i);
		json_object_boolean_add(pim, "neighborUp", i.neighbour_up);
		json_add_since(pim, "neighborSince", i.neighbour_since, mplsmcd_now());
		json_object_int_add(pim, "treesWanted", i.n_downstream);
		json_object_int_add(pim, "treesJoined", i.n_joined);
	}
	json_object_object_add(o, key, pim);
}

static void add_labels(json_object *o, const struct show_totals *t)
{
	json_object *labels = json_object_new_object();

	json_object_int_add(labels, "used", t->labels_used);
	json_object_int_add(labels, "total", t->labels_total);
	json_object_string_add(labels, "source", t->labels_source);
	json_object_object_add(o, "labels", labels);
}

json_object *show_json_daemon(void)
{
	struct mplsmcd *d = mplsmcd_instance();
	struct addr id = mplsmcd_router_id(d), transport = mplsmcd_transport(d);
	const char *why = show_not_running(d), *error = NULL;
	json_object *o = json_object_new_object();
	struct show_totals t;

	show_totals_fill(&t);
	json_object_boolean_add(o, "configured", d->config.present);
	json_object_boolean_add(o, "running", !why);
	if (why)
		json_object_string_add(o, "whyNot", why);
	add_addr_if(o, "routerId", &id);
	add_addr_if(o, "transportAddress", &transport);
	json_add_since(o, "upTime", d->started, mplsmcd_now());
	json_object_int_add(o, "neighbors", t.neighbours);
	json_object_int_add(o, "neighborsOperational", t.operational);
	json_object_int_add(o, "lsps", t.lsps);
	json_object_int_add(o, "lspsOperational", t.states[MLDP_OPERATIONAL]);
	add_labels(o, &t);
	add_pim(o, "pim", mplsmcd_device(d, false), d->pim);
	add_pim(o, "pim6", mplsmcd_device(d, false), d->pim6);
	if (d->config.shared_interface[0])
		add_pim(o, "pimSharedTrees", mplsmcd_device(d, true), d->shared_pim);
	json_object_string_add(o, "trigger", mplsmcd_trigger_names[d->config.policy.trigger]);
	if (d->config.policy.trigger != MC_TRIGGER_REQUEST)
		json_object_int_add(o, "multicastRoutes", mplsmcd_mroute_count());
	json_object_int_add(o, "trees", t.trees);
	json_object_int_add(o, "treesLabelSwitched", t.label_switched);
	json_object_int_add(o, "treesSent", t.sent);
	json_object_string_add(o, "fibEndpoint", mplsmcd_fib_endpoint(&error));
	if (error)
		json_object_string_add(o, "fibError", error);
	return o;
}

json_object *show_json_count(void)
{
	json_object *o = json_object_new_object(), *states = json_object_new_object(),
		    *roles = json_object_new_object();
	struct show_totals t;

	show_totals_fill(&t);
	json_object_int_add(o, "neighbors", t.neighbours);
	json_object_int_add(o, "neighborsOperational", t.operational);
	json_object_int_add(o, "lsps", t.lsps);
	for (size_t i = 0; i < SHOW_ROLES; i++)
		json_object_int_add(roles, show_role_name(i), t.roles[i]);
	json_object_object_add(o, "roles", roles);
	for (size_t i = 0; i < MLDP_LSP_STATES; i++)
		json_object_int_add(states, mldp_lsp_state_name(i), t.states[i]);
	json_object_object_add(o, "states", states);
	json_object_int_add(o, "branches", t.branches);
	add_labels(o, &t);
	json_object_int_add(o, "trees", t.trees);
	json_object_int_add(o, "treesLabelSwitched", t.label_switched);
	json_object_int_add(o, "treesSent", t.sent);
	return o;
}

json_object *show_json_step(const struct mplsmcd_step *s)
{
	json_object *o = json_object_new_object();

	json_add_since(o, "age", s->when, mplsmcd_now());
	json_object_string_add(o, "object", s->object);
	json_object_string_add(o, "text", s->text);
	return o;
}

/* ---------------------------------------------------------------- neighbours */

static void add_path(void *arg, const struct ldp_path *p)
{
	json_object *o = json_object_new_object();

	json_object_string_add(o, "interface", p->interface);
	json_add_addr(o, "nextHop", &p->next_hop);
	json_object_array_add(arg, o);
}

static void neighbour_detail(json_object *o, const struct show_neighbour *n)
{
	const struct ldp_session_info *i = &n->info;
	json_object *messages = json_object_new_object();

	json_object_string_add(o, "password", n->password ? "set" : "none");
	json_object_boolean_add(o, "ttlSecurity", i->gtsm);
	json_object_int_add(o, "keepaliveSeconds", i->keepalive_s);
	json_object_int_add(o, "maximumPdu", i->max_pdu);
	json_object_int_add(o, "addresses", i->n_addresses);
	for (unsigned int type = LDP_NOTIFICATION; type <= LDP_LABEL_ABORT; type++) {
		unsigned int row = ldp_msg_row(type);
		json_object *m;

		if (row == LDP_MSG_ROWS || (!i->rx[row] && !i->tx[row]))
			continue;
		m = json_object_new_object();
		json_object_int_add(m, "received", i->rx[row]);
		json_object_int_add(m, "sent", i->tx[row]);
		json_object_object_add(messages, ldp_msg_name(type), m);
	}
	json_object_object_add(o, "messages", messages);
}

json_object *show_json_neighbour(const struct show_neighbour *n, bool detail)
{
	json_object *o = json_object_new_object(), *paths = json_object_new_array(),
		    *capabilities = json_object_new_array();
	const struct ldp_session_info *i = &n->info;

	json_object_string_add(o, "neighbor", n->id);
	json_add_addr(o, "transportAddress", &i->transport);
	json_object_string_add(o, "state", ldp_session_state_name(i->state));
	json_object_string_add(o, "role", i->active ? "active" : "passive");
	json_add_since(o, "upTime", i->since, mplsmcd_now());
	for (size_t c = 0; c < SHOW_CAPABILITIES; c++)
		if (i->capabilities & show_capabilities[c].bit)
			json_object_array_add(capabilities,
					      json_object_new_string(show_capabilities[c].name));
	json_object_object_add(o, "capabilities", capabilities);
	ldp_session_paths(n->s, add_path, paths);
	json_object_object_add(o, "adjacencies", paths);
	if (i->last_error && i->last_error[0])
		json_object_string_add(o, "lastError", i->last_error);
	if (i->backoff_s)
		json_object_int_add(o, "backoffSeconds", i->backoff_s);
	if (detail)
		neighbour_detail(o, n);
	return o;
}

/* ---------------------------------------------------------------- LSPs */

static void add_branch(void *arg, const struct mldp_branch *b, bool installed)
{
	json_object *o = json_object_new_object();
	char id[SHOW_ID_LEN];

	json_object_string_add(o, "neighbor", show_ldp_id(mldp_peer_id(b->peer), id));
	json_object_int_add(o, "label", b->label);
	if (b->context)
		json_object_int_add(o, "context", b->context);
	json_object_boolean_add(o, "installed", installed);
	if (b->interface && b->interface[0]) {
		json_object_string_add(o, "interface", b->interface);
		json_add_addr(o, "nextHop", &b->next_hop);
	}
	json_object_array_add(arg, o);
}

static void add_fec(json_object *o, const struct mldp_fec *fec)
{
	const struct mldp_opaque value = mldp_opaque_parse(fec);

	json_object_string_add(o, "type", fec->type == MLDP_P2MP ? "P2MP" : "MP2MP");
	json_add_addr(o, "root", &fec->root);
	json_object_int_add(o, "opaqueType", fec->opaque[0]);
	if (value.kind == MLDP_OPAQUE_GENERIC) {
		json_object_int_add(o, "lspId", value.lsp_id);
	} else if (value.kind == MLDP_OPAQUE_SOURCE) {
		json_add_addr(o, "source", &value.source);
		json_add_addr(o, "group", &value.group);
	}
}

static json_object *upstream_json(const struct show_lsp *l)
{
	json_object *o = json_object_new_object();
	const struct mldp_lsp_info *i = &l->info;

	if (l->upstream[0])
		json_object_string_add(o, "neighbor", l->upstream);
	if (i->label)
		json_object_int_add(o, "label", i->label);
	if (i->context)
		json_object_int_add(o, "context", i->context);
	if (i->pending_label)
		json_object_int_add(o, "pendingLabel", i->pending_label);
	if (i->upstream_interface)
		json_object_string_add(o, "interface", i->upstream_interface);
	add_addr_if(o, "nextHop", &i->upstream_next_hop);
	return o;
}

static void add_octets(json_object *o, const char *key, const uint8_t *octets, size_t n)
{
	char hex[2 * MLDP_MAX_OPAQUE + 1];
	struct text t = text_init(hex, sizeof(hex));

	text_add_hex(&t, (struct span){octets, n});
	json_object_string_add(o, key, hex);
}

json_object *show_json_lsp(const struct show_lsp *l, bool detail)
{
	json_object *o = json_object_new_object(), *branches = json_object_new_array();
	const struct mldp_lsp_info *i = &l->info;

	add_fec(o, i->fec);
	json_object_string_add(o, "opaque", l->opaque);
	json_object_string_add(o, "role", show_role_name(l->role));
	json_object_boolean_add(o, "local", i->leaf);
	json_object_string_add(o, "state", mldp_lsp_state_name(i->state));
	json_add_since(o, "upTime", i->since, mplsmcd_now());
	json_object_boolean_add(o, "makeBeforeBreak", i->pending_label != 0);
	if (!i->root)
		json_object_object_add(o, "upstream", upstream_json(l));
	mldp_lsp_branches(l->lsp, add_branch, branches);
	json_object_object_add(o, "branches", branches);
	if (detail) {
		add_octets(o, "opaqueHex", i->fec->opaque, i->fec->opaque_len);
		json_object_int_add(o, "crc32", mldp_fec_crc32(i->fec));
	}
	if (l->has_key)
		show_json_add_fib(o, &l->key);
	return o;
}

json_object *show_json_mapping(const struct show_mapping *m)
{
	json_object *o = json_object_new_object(), *lsp;
	const struct mc_map_info *i = m->info;

	json_add_addr(o, "source", &i->source);
	json_add_addr(o, "group", &i->group);
	json_object_string_add(o, "side", i->leaf ? "leaf" : "root");
	json_object_boolean_add(o, "labelSwitched", i->label_switched);
	json_add_since(o, "upTime", i->since, mplsmcd_now());
	if (!i->label_switched) {
		json_object_string_add(o, "whyNot", i->why_not ? i->why_not : "");
		return o;
	}
	lsp = json_object_new_object();
	add_fec(lsp, &i->fec);
	if (m->lsp_state)
		json_object_string_add(lsp, "state", m->lsp_state);
	json_object_object_add(o, "lsp", lsp);
	if (m->has_key)
		show_json_add_fib(o, &m->key);
	return o;
}
