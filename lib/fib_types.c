// SPDX-License-Identifier: GPL-2.0-or-later
/* Forwarding objects as plain C; see fib_types.h. */
#include "lib/fib_types.h"

#include <stdio.h>
#include <stdlib.h>

/* ---------------------------------------------------------------- keys and names */

struct fib_key fib_key_l2tp_tunnel(uint16_t tunnel_id)
{
	struct fib_key key;

	memset(&key, 0, sizeof(key));
	key.table = FIB_L2TP_TUNNEL;
	key.l2tp_tunnel.tunnel_id = tunnel_id;
	return key;
}

struct fib_key fib_key_access_session(uint16_t tunnel_id, uint16_t session_id)
{
	struct fib_key key;

	memset(&key, 0, sizeof(key));
	key.table = FIB_ACCESS_SESSION;
	key.access_session.tunnel_id = tunnel_id;
	key.access_session.session_id = session_id;
	return key;
}

struct fib_key fib_key_l2tp_replication(uint16_t tunnel_id, uint16_t session_id)
{
	struct fib_key key = fib_key_access_session(tunnel_id, session_id);

	key.table = FIB_L2TP_REPLICATION;
	return key;
}

struct fib_key fib_key_l2tp_flow(const char *vrf, const struct addr *group,
				 const struct addr *source)
{
	struct fib_key key;

	memset(&key, 0, sizeof(key));
	key.table = FIB_L2TP_FLOW;
	if (vrf)
		memcpy(key.l2tp_flow.vrf, vrf, strnlen(vrf, FIB_IFNAME_LEN - 1));
	key.l2tp_flow.group = *group;
	if (source && !addr_is_any(source))
		key.l2tp_flow.source = *source;
	return key;
}

struct fib_key fib_key_p2mp_ilm(uint32_t label)
{
	struct fib_key key;

	memset(&key, 0, sizeof(key));
	key.table = FIB_P2MP_ILM;
	key.p2mp_ilm.label = label;
	return key;
}

struct fib_key fib_key_p2mp_context(const char *interface, uint32_t context, uint32_t label)
{
	struct fib_key key = fib_key_p2mp_ilm(label);

	key.p2mp_ilm.context = context;
	memcpy(key.p2mp_ilm.interface, interface, strnlen(interface, FIB_IFNAME_LEN - 1));
	return key;
}

struct fib_key fib_key_p2mp_ftn(const char *vrf, const struct addr *group,
				const struct addr *source)
{
	struct fib_key key = fib_key_l2tp_flow(vrf, group, source);

	key.table = FIB_P2MP_FTN;
	return key;
}

const char *fib_key_str(const struct fib_key *key, char *buf, size_t size)
{
	char group[ADDR_STRLEN], source[ADDR_STRLEN];
	const char *table = fib_table_name(key->table);
	const char *vrf = key->l2tp_flow.vrf;

	switch (key->table) {
	case FIB_L2TP_TUNNEL:
		snprintf(buf, size, "%s %u", table, key->l2tp_tunnel.tunnel_id);
		break;
	case FIB_ACCESS_SESSION:
	case FIB_L2TP_REPLICATION:
		snprintf(buf, size, "%s %u/%u", table, key->access_session.tunnel_id,
			 key->access_session.session_id);
		break;
	case FIB_P2MP_ILM:
		if (key->p2mp_ilm.context)
			snprintf(buf, size, "%s %u context %u on %s", table, key->p2mp_ilm.label,
				 key->p2mp_ilm.context, key->p2mp_ilm.interface);
		else
			snprintf(buf, size, "%s %u", table, key->p2mp_ilm.label);
		break;
	case FIB_L2TP_FLOW:
	case FIB_P2MP_FTN:
		snprintf(buf, size, "%s %s from %s%s%s", table,
			 addr_str(&key->l2tp_flow.group, group),
			 addr_str(&key->l2tp_flow.source, source), vrf[0] ? " vrf " : "", vrf);
		break;
	default:
		snprintf(buf, size, "%s", table);
	}
	return buf;
}

const char *fib_table_name(enum fib_table table)
{
	switch (table) {
	case FIB_L2TP_TUNNEL:
		return "l2tp-tunnel";
	case FIB_ACCESS_SESSION:
		return "access-session";
	case FIB_L2TP_REPLICATION:
		return "l2tp-replication";
	case FIB_L2TP_FLOW:
		return "l2tp-flow";
	case FIB_P2MP_ILM:
		return "p2mp-ilm";
	case FIB_P2MP_FTN:
		return "p2mp-ftn";
	}
	return "unknown";
}

const char *fib_result_name(enum fib_result result)
{
	switch (result) {
	case FIB_INSTALLED:
		return "installed";
	case FIB_FAILED:
		return "failed";
	case FIB_UNSUPPORTED:
		return "unsupported";
	case FIB_REMOVED:
		return "removed";
	}
	return "unknown";
}

const char *fib_role_name(enum fib_role role)
{
	return role == FIB_PRIMARY ? "primary" : role == FIB_OBSERVER ? "observer" : "unknown";
}

const char *fib_framing_name(enum fib_framing framing)
{
	switch (framing) {
	case FIB_FRAMING_RAW_IP:
		return "raw-ip";
	case FIB_FRAMING_ETHERNET:
		return "ethernet";
	case FIB_FRAMING_PPPOE:
		return "pppoe";
	}
	return "unknown";
}

const char *fib_priority_name(enum fib_priority p)
{
	return p == FIB_UNICAST_FIRST	  ? "unicast-first"
	       : p == FIB_MULTICAST_FIRST ? "multicast-first"
					  : "best-effort";
}

const char *fib_ttl_name(enum fib_ttl ttl)
{
	return ttl == FIB_TTL_UNIFORM ? "uniform" : ttl == FIB_TTL_PIPE ? "pipe" : "unknown";
}

const char *fib_payload_name(enum fib_payload payload)
{
	switch (payload) {
	case FIB_PAYLOAD_ANY:
		return "any";
	case FIB_PAYLOAD_IPV4:
		return "ipv4";
	case FIB_PAYLOAD_IPV6:
		return "ipv6";
	case FIB_PAYLOAD_UNKNOWN:
		break;
	}
	return "unknown";
}

/* ---------------------------------------------------------------- values */

void *fib_alloc(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size);

	if (!p)
		abort(); /* as XCALLOC does */
	return p;
}

void fib_value_free(enum fib_table table, union fib_value *value)
{
	if (table == FIB_L2TP_REPLICATION)
		free(value->l2tp_replication.members);
	if (table == FIB_L2TP_FLOW)
		free(value->l2tp_flow.branches);
	if (table == FIB_P2MP_ILM)
		free(value->p2mp_ilm.branches);
	if (table == FIB_P2MP_FTN)
		free(value->p2mp_ftn.branches);
	memset(value, 0, sizeof(*value));
}

static void *copy_array(const void *from, size_t count, size_t size)
{
	void *to;

	if (!count)
		return NULL;
	to = fib_alloc(count, size);
	memcpy(to, from, count * size);
	return to;
}

void fib_value_copy(enum fib_table table, union fib_value *to, const union fib_value *from)
{
	*to = *from;
	if (table == FIB_L2TP_REPLICATION)
		to->l2tp_replication.members =
			copy_array(from->l2tp_replication.members, from->l2tp_replication.n_members,
				   sizeof(struct fib_member));
	if (table == FIB_L2TP_FLOW)
		to->l2tp_flow.branches =
			copy_array(from->l2tp_flow.branches, from->l2tp_flow.n_branches,
				   sizeof(struct fib_flow_branch));
	if (table == FIB_P2MP_ILM)
		to->p2mp_ilm.branches =
			copy_array(from->p2mp_ilm.branches, from->p2mp_ilm.n_branches,
				   sizeof(struct fib_p2mp_branch));
	if (table == FIB_P2MP_FTN)
		to->p2mp_ftn.branches =
			copy_array(from->p2mp_ftn.branches, from->p2mp_ftn.n_branches,
				   sizeof(struct fib_p2mp_branch));
}

static bool tunnel_equal(const struct fib_l2tp_tunnel *a, const struct fib_l2tp_tunnel *b)
{
	return a->peer_tunnel_id == b->peer_tunnel_id && endpoint_cmp(&a->local, &b->local) == 0 &&
	       endpoint_cmp(&a->peer, &b->peer) == 0 && a->udp_checksum == b->udp_checksum;
}

static bool session_equal(const struct fib_access_session *a, const struct fib_access_session *b)
{
	if (a->peer_session_id != b->peer_session_id || a->role != b->role ||
	    a->framing != b->framing || a->unicast != b->unicast ||
	    a->maximum_packet != b->maximum_packet || a->sequencing != b->sequencing ||
	    a->drop_late != b->drop_late ||
	    strncmp(a->interface, b->interface, sizeof(a->interface)) != 0)
		return false;
	if (a->framing != FIB_FRAMING_PPPOE)
		return true;
	return memcmp(a->pppoe.mac, b->pppoe.mac, sizeof(a->pppoe.mac)) == 0 &&
	       a->pppoe.session_id == b->pppoe.session_id && a->pppoe.n_vlans == b->pppoe.n_vlans &&
	       memcmp(a->pppoe.vlan, b->pppoe.vlan, a->pppoe.n_vlans * sizeof(uint16_t)) == 0;
}

static bool replication_equal(const struct fib_l2tp_replication *a,
			      const struct fib_l2tp_replication *b)
{
	if (a->n_members != b->n_members || a->drop_late != b->drop_late)
		return false;
	for (size_t i = 0; i < a->n_members; i++)
		if (a->members[i].session_id != b->members[i].session_id ||
		    a->members[i].priority != b->members[i].priority)
			return false;
	return true;
}

static bool branch_equal(const struct fib_flow_branch *a, const struct fib_flow_branch *b)
{
	if (a->kind != b->kind || a->tunnel_id != b->tunnel_id || a->session_id != b->session_id)
		return false;
	return a->kind != FIB_BRANCH_MULTICAST_SESSION ||
	       (a->peer_session_id == b->peer_session_id && a->sequencing == b->sequencing &&
		a->maximum_bps == b->maximum_bps && a->maximum_packet == b->maximum_packet &&
		a->length == b->length);
}

static bool flow_equal(const struct fib_l2tp_flow *a, const struct fib_l2tp_flow *b)
{
	if (a->n_branches != b->n_branches ||
	    strncmp(a->upstream_interface, b->upstream_interface, FIB_IFNAME_LEN) != 0)
		return false;
	for (size_t i = 0; i < a->n_branches; i++)
		if (!branch_equal(&a->branches[i], &b->branches[i]))
			return false;
	return true;
}

static bool p2mp_branches_equal(const struct fib_p2mp_branch *a, size_t n_a,
				const struct fib_p2mp_branch *b, size_t n_b)
{
	if (n_a != n_b)
		return false;
	for (size_t i = 0; i < n_a; i++)
		if (strncmp(a[i].interface, b[i].interface, FIB_IFNAME_LEN) != 0 ||
		    addr_cmp(&a[i].next_hop, &b[i].next_hop) != 0 ||
		    a[i].n_labels != b[i].n_labels || a[i].multicast != b[i].multicast ||
		    memcmp(a[i].labels, b[i].labels, a[i].n_labels * sizeof(uint32_t)) != 0)
			return false;
	return true;
}

static bool ilm_equal(const struct fib_p2mp_ilm *a, const struct fib_p2mp_ilm *b)
{
	return strncmp(a->local_interface, b->local_interface, FIB_IFNAME_LEN) == 0 &&
	       a->ttl == b->ttl && a->payload == b->payload &&
	       p2mp_branches_equal(a->branches, a->n_branches, b->branches, b->n_branches);
}

static bool ftn_equal(const struct fib_p2mp_ftn *a, const struct fib_p2mp_ftn *b)
{
	return strncmp(a->upstream_interface, b->upstream_interface, FIB_IFNAME_LEN) == 0 &&
	       a->ttl == b->ttl &&
	       p2mp_branches_equal(a->branches, a->n_branches, b->branches, b->n_branches);
}

bool fib_value_equal(enum fib_table table, const union fib_value *a, const union fib_value *b)
{
	switch (table) {
	case FIB_L2TP_TUNNEL:
		return tunnel_equal(&a->l2tp_tunnel, &b->l2tp_tunnel);
	case FIB_ACCESS_SESSION:
		return session_equal(&a->access_session, &b->access_session);
	case FIB_L2TP_REPLICATION:
		return replication_equal(&a->l2tp_replication, &b->l2tp_replication);
	case FIB_L2TP_FLOW:
		return flow_equal(&a->l2tp_flow, &b->l2tp_flow);
	case FIB_P2MP_ILM:
		return ilm_equal(&a->p2mp_ilm, &b->p2mp_ilm);
	case FIB_P2MP_FTN:
		return ftn_equal(&a->p2mp_ftn, &b->p2mp_ftn);
	}
	return true;
}

size_t fib_value_branches(enum fib_table table, const union fib_value *value)
{
	if (table == FIB_L2TP_REPLICATION)
		return value->l2tp_replication.n_members;
	if (table == FIB_L2TP_FLOW)
		return value->l2tp_flow.n_branches;
	if (table == FIB_P2MP_ILM)
		return value->p2mp_ilm.n_branches;
	if (table == FIB_P2MP_FTN)
		return value->p2mp_ftn.n_branches;
	return 0;
}

bool fib_value_known(enum fib_table table, const union fib_value *value, const char **what)
{
	if (table == FIB_ACCESS_SESSION) {
		*what = !value->access_session.role ? "unknown session role" : "unknown framing";
		return value->access_session.role && value->access_session.framing;
	}
	if (table == FIB_L2TP_FLOW) {
		*what = "unknown kind of branch";
		for (size_t i = 0; i < value->l2tp_flow.n_branches; i++)
			if (!value->l2tp_flow.branches[i].kind)
				return false;
	}
	if (table == FIB_P2MP_ILM) {
		const struct fib_p2mp_ilm *v = &value->p2mp_ilm;

		*what = "unknown TTL mode or payload";
		return v->payload != FIB_PAYLOAD_UNKNOWN && (v->ttl || !v->local_interface[0]);
	}
	*what = "unknown TTL mode";
	return table != FIB_P2MP_FTN || value->p2mp_ftn.ttl;
}

static const char *replication_unenforced(const struct fib_l2tp_replication *v,
					  const struct fib_capabilities *can)
{
	for (size_t i = 0; !can->priority && i < v->n_members; i++)
		if (v->members[i].priority)
			return "priority";
	return v->drop_late && !can->sequencing ? "drop-late" : NULL;
}

static const char *flow_unenforced(const struct fib_l2tp_flow *v,
				   const struct fib_capabilities *can)
{
	for (size_t i = 0; !can->maximum_bps && i < v->n_branches; i++)
		if (v->branches[i].maximum_bps)
			return "maximum-bps";
	return NULL;
}

const char *fib_value_unenforced(enum fib_table table, const union fib_value *value,
				 const struct fib_capabilities *can)
{
	if (table == FIB_L2TP_REPLICATION)
		return replication_unenforced(&value->l2tp_replication, can);
	if (table == FIB_L2TP_FLOW)
		return flow_unenforced(&value->l2tp_flow, can);
	if (table != FIB_ACCESS_SESSION || can->sequencing || !value->access_session.unicast)
		return NULL;
	return value->access_session.sequencing	 ? "sequencing"
	       : value->access_session.drop_late ? "drop-late"
						 : NULL;
}

static bool any_multicast(const struct fib_p2mp_branch *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (b[i].multicast)
			return true;
	return false;
}

bool fib_needs_context(const struct fib_key *key, const union fib_value *value)
{
	if (key->table == FIB_P2MP_ILM)
		return key->p2mp_ilm.context ||
		       any_multicast(value->p2mp_ilm.branches, value->p2mp_ilm.n_branches);
	return key->table == FIB_P2MP_FTN &&
	       any_multicast(value->p2mp_ftn.branches, value->p2mp_ftn.n_branches);
}

/* Key, generation, tags and lengths, and the parts of a value that have a fixed size. */
#define OP_FIXED_SIZE 192

static size_t number_size(uint32_t n)
{
	size_t size = 2; /* tag, and a varint of seven bits each */

	while (n >>= 7)
		size++;
	return size;
}

/* A branch: tag and length; interface, address of 16 octets, multicast and each label at their
 * longest. */
#define P2MP_BRANCH_SIZE (2 + 2 + FIB_IFNAME_LEN - 1 + 2 + 16 + 2 + 2)
#define P2MP_LABEL_SIZE	 3

static size_t p2mp_branches_size(const struct fib_p2mp_branch *b, size_t n)
{
	size_t size = n * P2MP_BRANCH_SIZE;

	for (size_t i = 0; i < n; i++)
		size += b[i].n_labels * P2MP_LABEL_SIZE;
	return size;
}

size_t fib_op_size(enum fib_table table, const union fib_value *value)
{
	size_t size = OP_FIXED_SIZE;

	if (table == FIB_L2TP_REPLICATION)
		for (size_t i = 0; i < value->l2tp_replication.n_members; i++)
			size += 2 + number_size(value->l2tp_replication.members[i].session_id) +
				(value->l2tp_replication.members[i].priority ? 2 : 0);
	if (table == FIB_L2TP_FLOW)
		for (size_t i = 0; i < value->l2tp_flow.n_branches; i++) {
			const struct fib_flow_branch *b = &value->l2tp_flow.branches[i];

			size += 4 + number_size(b->tunnel_id) + number_size(b->session_id);
			if (b->kind == FIB_BRANCH_MULTICAST_SESSION)
				size += number_size(b->peer_session_id) + 2 * b->sequencing +
					2 * b->length +
					(b->maximum_bps ? number_size(b->maximum_bps) : 0) +
					(b->maximum_packet ? number_size(b->maximum_packet) : 0);
		}
	if (table == FIB_P2MP_ILM)
		size += p2mp_branches_size(value->p2mp_ilm.branches, value->p2mp_ilm.n_branches);
	if (table == FIB_P2MP_FTN)
		size += p2mp_branches_size(value->p2mp_ftn.branches, value->p2mp_ftn.n_branches);
	return size;
}

void fib_msg_free(struct fib_msg *msg)
{
	switch (msg->type) {
	case FIB_MSG_UPDATE:
		for (size_t i = 0; i < msg->update.n_ops; i++)
			if (!msg->update.ops[i].deleted)
				fib_value_free(msg->update.ops[i].key.table,
					       &msg->update.ops[i].value);
		free(msg->update.ops);
		msg->update.ops = NULL;
		msg->update.n_ops = 0;
		break;
	case FIB_MSG_STATUS:
		free(msg->status.status);
		msg->status.status = NULL;
		msg->status.n = 0;
		break;
	case FIB_MSG_ACTIVITY:
		free(msg->activity.activity);
		msg->activity.activity = NULL;
		msg->activity.n = 0;
		break;
	default:
		break;
	}
}
