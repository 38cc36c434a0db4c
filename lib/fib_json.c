// SPDX-License-Identifier: GPL-2.0-or-later
/* Forwarding objects and consumers as JSON; keys are the field names of proto/mcfib.proto. */
#include "lib/fib_vty.h"

json_object *fib_status_json(const struct fib_pub *pub, const struct fib_key *key)
{
	struct fib_object_info info;
	json_object *o;

	if (!fib_pub_lookup(pub, key, &info))
		return NULL;
	o = json_object_new_object();
	json_object_string_add(o, "status", fib_install_name(info.state));
	json_object_int_add(o, "generation", info.generation);
	if (info.text[0])
		json_object_string_add(o, "text", info.text);
	return o;
}

json_object *fib_key_json(const struct fib_key *key)
{
	json_object *o = json_object_new_object();

	switch (key->table) {
	case FIB_L2TP_TUNNEL:
		json_object_int_add(o, "tunnelId", key->l2tp_tunnel.tunnel_id);
		break;
	case FIB_ACCESS_SESSION:
		json_object_int_add(o, "tunnelId", key->access_session.tunnel_id);
		json_object_int_add(o, "sessionId", key->access_session.session_id);
		break;
	case FIB_L2TP_REPLICATION:
		json_object_int_add(o, "tunnelId", key->l2tp_replication.tunnel_id);
		json_object_int_add(o, "sessionId", key->l2tp_replication.session_id);
		break;
	case FIB_L2TP_FLOW:
		json_object_string_add(o, "vrf", key->l2tp_flow.vrf);
		json_add_addr(o, "group", &key->l2tp_flow.group);
		json_add_addr(o, "source", &key->l2tp_flow.source);
		break;
	case FIB_P2MP_ILM:
		json_object_int_add(o, "label", key->p2mp_ilm.label);
		if (key->p2mp_ilm.context) {
			json_object_int_add(o, "context", key->p2mp_ilm.context);
			json_object_string_add(o, "interface", key->p2mp_ilm.interface);
		}
		break;
	case FIB_P2MP_FTN:
		json_object_string_add(o, "vrf", key->p2mp_ftn.vrf);
		json_add_addr(o, "group", &key->p2mp_ftn.group);
		json_add_addr(o, "source", &key->p2mp_ftn.source);
		break;
	}
	return o;
}

static json_object *tunnel_json(const struct fib_l2tp_tunnel *t)
{
	json_object *o = json_object_new_object();

	json_object_int_add(o, "peerTunnelId", t->peer_tunnel_id);
	json_add_endpoint(o, "local", &t->local);
	json_add_endpoint(o, "peer", &t->peer);
	json_object_boolean_add(o, "udpChecksum", t->udp_checksum);
	return o;
}

static json_object *pppoe_json(const struct fib_access_session *s)
{
	json_object *o = json_object_new_object(), *vlans = json_object_new_array();
	const uint8_t *m = s->pppoe.mac;

	json_object_string_addf(o, "mac", "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3],
				m[4], m[5]);
	json_object_int_add(o, "sessionId", s->pppoe.session_id);
	for (size_t i = 0; i < s->pppoe.n_vlans; i++)
		json_object_array_add(vlans, json_object_new_int(s->pppoe.vlan[i]));
	json_object_object_add(o, "vlan", vlans);
	return o;
}

static json_object *session_json(const struct fib_access_session *s)
{
	json_object *o = json_object_new_object();

	json_object_int_add(o, "peerSessionId", s->peer_session_id);
	json_object_string_add(o, "role", s->role == FIB_ROLE_LAC ? "lac" : "lns");
	json_object_string_add(o, "interface", s->interface);
	json_object_string_add(o, "framing", fib_framing_name(s->framing));
	if (s->framing == FIB_FRAMING_PPPOE)
		json_object_object_add(o, "pppoe", pppoe_json(s));
	json_object_boolean_add(o, "unicast", s->unicast);
	json_object_int_add(o, "maximumPacket", s->maximum_packet);
	json_object_boolean_add(o, "sequencing", s->sequencing);
	json_object_boolean_add(o, "dropLate", s->drop_late);
	return o;
}

static json_object *replication_json(const struct fib_l2tp_replication *r)
{
	json_object *o = json_object_new_object(), *members = json_object_new_array();

	for (size_t i = 0; i < r->n_members; i++) {
		json_object *m = json_object_new_object();

		json_object_int_add(m, "sessionId", r->members[i].session_id);
		json_object_string_add(m, "priority", fib_priority_name(r->members[i].priority));
		json_object_array_add(members, m);
	}
	json_object_object_add(o, "members", members);
	json_object_boolean_add(o, "dropLate", r->drop_late);
	return o;
}

static json_object *branch_json(const struct fib_flow_branch *b)
{
	json_object *o = json_object_new_object(), *in = json_object_new_object();
	bool multicast = b->kind == FIB_BRANCH_MULTICAST_SESSION;

	json_object_int_add(in, "tunnelId", b->tunnel_id);
	json_object_int_add(in, "sessionId", b->session_id);
	if (multicast) {
		json_object_int_add(in, "peerSessionId", b->peer_session_id);
		json_object_boolean_add(in, "sequencing", b->sequencing);
		json_object_int_add(in, "maximumBps", b->maximum_bps);
		json_object_int_add(in, "maximumPacket", b->maximum_packet);
		json_object_boolean_add(in, "length", b->length);
	}
	json_object_object_add(o, multicast ? "multicastSession" : "unicastSession", in);
	return o;
}

static json_object *flow_json(const struct fib_l2tp_flow *f)
{
	json_object *o = json_object_new_object(), *branches = json_object_new_array();

	json_object_string_add(o, "upstreamInterface", f->upstream_interface);
	for (size_t i = 0; i < f->n_branches; i++)
		json_object_array_add(branches, branch_json(&f->branches[i]));
	json_object_object_add(o, "branches", branches);
	return o;
}

static json_object *p2mp_branches_json(const struct fib_p2mp_branch *b, size_t n)
{
	json_object *array = json_object_new_array();

	for (size_t i = 0; i < n; i++) {
		json_object *o = json_object_new_object(), *labels = json_object_new_array();

		json_object_string_add(o, "interface", b[i].interface);
		if (b[i].multicast)
			json_object_boolean_add(o, "multicast", true);
		else
			json_add_addr(o, "nextHop", &b[i].next_hop);
		for (size_t l = 0; l < b[i].n_labels; l++)
			json_object_array_add(labels, json_object_new_int(b[i].labels[l]));
		json_object_object_add(o, "label", labels);
		json_object_array_add(array, o);
	}
	return array;
}

static json_object *ilm_json(const struct fib_p2mp_ilm *v)
{
	json_object *o = json_object_new_object();

	json_object_object_add(o, "branches", p2mp_branches_json(v->branches, v->n_branches));
	json_object_string_add(o, "localInterface", v->local_interface);
	if (v->local_interface[0]) {
		json_object_string_add(o, "ttl", fib_ttl_name(v->ttl));
		json_object_string_add(o, "payload", fib_payload_name(v->payload));
	}
	return o;
}

static json_object *ftn_json(const struct fib_p2mp_ftn *v)
{
	json_object *o = json_object_new_object();

	json_object_string_add(o, "upstreamInterface", v->upstream_interface);
	json_object_object_add(o, "branches", p2mp_branches_json(v->branches, v->n_branches));
	json_object_string_add(o, "ttl", fib_ttl_name(v->ttl));
	return o;
}

json_object *fib_value_json(enum fib_table table, const union fib_value *v)
{
	switch (table) {
	case FIB_L2TP_TUNNEL:
		return tunnel_json(&v->l2tp_tunnel);
	case FIB_ACCESS_SESSION:
		return session_json(&v->access_session);
	case FIB_L2TP_REPLICATION:
		return replication_json(&v->l2tp_replication);
	case FIB_L2TP_FLOW:
		return flow_json(&v->l2tp_flow);
	case FIB_P2MP_ILM:
		return ilm_json(&v->p2mp_ilm);
	case FIB_P2MP_FTN:
		return ftn_json(&v->p2mp_ftn);
	}
	return json_object_new_object();
}

json_object *fib_activity_json(const struct fib_activity *a)
{
	json_object *o = json_object_new_object();

	json_object_int_add(o, "packets", a->packets);
	json_object_int_add(o, "bytes", a->bytes);
	json_object_int_add(o, "copies", a->copies);
	json_object_int_add(o, "copiedBytes", a->copied_bytes);
	json_object_int_add(o, "drops", a->drops);
	json_object_int_add(o, "idleMsec", a->idle_ms);
	return o;
}

struct at_consumers {
	const struct fib_object_info *info;
	json_object *array;
};

static void add_consumer(void *arg, const struct fib_consumer *c)
{
	struct at_consumers *at = arg;
	json_object *o = json_object_new_object();
	struct fib_consumer_info i;
	uint64_t generation = 0;
	const char *text = NULL, *not ;
	enum fib_install state = fib_consumer_status(c, &at->info->key, &generation, &text);

	fib_consumer_info(c, &i);
	not = fib_value_unenforced(at->info->key.table, at->info->value, &i.capabilities);
	json_object_string_add(o, "name", i.name);
	json_object_string_add(o, "role", fib_role_name(i.role));
	json_object_string_add(o, "status", fib_install_name(state));
	json_object_int_add(o, "generation", generation);
	if (text && text[0])
		json_object_string_add(o, "text", text);
	if (not )
		json_object_string_add(o, "notEnforced", not );
	json_object_array_add(at->array, o);
}

json_object *fib_object_json(const struct fib_pub *pub, const struct fib_object_info *info,
			     bool detail)
{
	json_object *o = json_object_new_object();
	struct at_consumers at = {.info = info};

	json_object_string_add(o, "table", fib_table_name(info->key.table));
	json_object_object_add(o, "key", fib_key_json(&info->key));
	json_object_object_add(o, "value", fib_value_json(info->key.table, info->value));
	json_object_object_add(o, "fib", fib_status_json(pub, &info->key));
	json_object_object_add(o, "activity", fib_activity_json(&info->activity));
	if (detail) {
		at.array = json_object_new_array();
		fib_pub_consumers(pub, add_consumer, &at);
		json_object_object_add(o, "consumers", at.array);
	}
	return o;
}

json_object *fib_tables_json(uint32_t tables)
{
	json_object *a = json_object_new_array();

	for (int t = 1; t < FIB_TABLES; t++)
		if (tables & (1u << t))
			json_object_array_add(a, json_object_new_string(fib_table_name(t)));
	return a;
}

static json_object *capabilities_json(const struct fib_capabilities *c)
{
	json_object *o = json_object_new_object();

	json_object_boolean_add(o, "l2tpReplication", c->l2tp_replication);
	json_object_boolean_add(o, "unicastSessions", c->unicast_sessions);
	json_object_boolean_add(o, "activity", c->activity);
	json_object_int_add(o, "maximumBranches", c->maximum_branches);
	json_object_boolean_add(o, "mplsP2mp", c->mpls_p2mp);
	json_object_boolean_add(o, "mplsContext", c->mpls_context);
	json_object_boolean_add(o, "priority", c->priority);
	json_object_boolean_add(o, "maximumBps", c->maximum_bps);
	json_object_boolean_add(o, "sequencing", c->sequencing);
	return o;
}

json_object *fib_consumer_json(const struct fib_consumer_info *i, msec_t now)
{
	json_object *o = json_object_new_object();

	json_object_string_add(o, "name", i->name);
	json_object_string_add(o, "software", i->software);
	json_object_string_add(o, "role", fib_role_name(i->role));
	json_object_string_add(o, "state", i->state);
	json_add_since(o, "upTime", i->since, now);
	json_object_int_add(o, "sessionId", i->session_id);
	json_object_object_add(o, "tables", fib_tables_json(i->tables));
	json_object_object_add(o, "capabilities", capabilities_json(&i->capabilities));
	json_object_int_add(o, "txSeq", i->tx_seq);
	json_object_int_add(o, "ackedSeq", i->acked_seq);
	json_object_int_add(o, "lag", i->tx_seq - i->acked_seq);
	json_object_int_add(o, "queued", i->dirty);
	json_object_boolean_add(o, "slow", i->slow);
	json_object_boolean_add(o, "blocked", i->blocked);
	json_object_int_add(o, "rttMsec", i->rtt_ms);
	json_object_int_add(o, "txUpdates", i->tx_updates);
	json_object_int_add(o, "txOperations", i->tx_ops);
	json_object_int_add(o, "installs", i->installs);
	json_object_int_add(o, "failures", i->failures);
	json_object_int_add(o, "requeued", i->requeued);
	if (i->last_error[0])
		json_object_string_add(o, "lastError", i->last_error);
	return o;
}

json_object *fib_stats_json(const struct fib_pub *pub)
{
	const struct fib_pub_stats *s = fib_pub_stats(pub);
	json_object *o = json_object_new_object(), *objects = json_object_new_object();

	for (int t = 1; t < FIB_TABLES; t++)
		json_object_int_add(objects, fib_table_name(t), fib_pub_count(pub, t));
	json_object_object_add(o, "objects", objects);
	json_object_int_add(o, "sets", s->sets);
	json_object_int_add(o, "unchanged", s->unchanged);
	json_object_int_add(o, "deletes", s->deletes);
	json_object_int_add(o, "hellos", s->hellos);
	json_object_int_add(o, "refused", s->refused);
	json_object_int_add(o, "resumes", s->resumes);
	json_object_int_add(o, "snapshots", s->snapshots);
	json_object_int_add(o, "garbage", s->garbage);
	json_object_int_add(o, "staleStatus", s->stale_status);
	json_object_int_add(o, "dropsLiveness", s->drops_liveness);
	json_object_int_add(o, "dropsStall", s->drops_stall);
	return o;
}
