// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mcfib/1 to plain C.
 *
 * The other side is not trusted: every length, count and range is checked here and nowhere
 * else.  A reader returns NULL or what is wrong.  What is merely unknown is left out.
 */
#include "lib/fib_codec.h"

#include <stdlib.h>

#include "proto/mcfib.pb-c.h"

/* Memory protobuf-c may take for one message: 65536 branches need a quarter of it. */
#define MAX_UNPACKED (32U << 20)

/* ---------------------------------------------------------------- basics */

static const char *read_id(uint32_t from, uint16_t *to)
{
	*to = from;
	return from > UINT16_MAX ? "ID or port of more than 16 bits" : NULL;
}

static const char *read_label(uint32_t from, uint32_t *to)
{
	*to = from;
	return from > 0xfffff ? "label of more than 20 bits" : NULL;
}

/* What is shown to operators must not be able to play with their terminals. */
static const char *read_text(const char *from, char *to, size_t size)
{
	size_t len = strlen(from);

	if (len >= size)
		return "text too long";
	for (size_t i = 0; i < len; i++)
		to[i] = from[i] >= 0x20 && from[i] < 0x7f ? from[i] : '?';
	to[len] = '\0';
	return NULL;
}

/* For people only: cut off, not refused. */
static void read_free_text(const char *from, char *to, size_t size)
{
	size_t len = strnlen(from, size - 1);

	for (size_t i = 0; i < len; i++)
		to[i] = from[i] >= 0x20 && from[i] < 0x7f ? from[i] : '?';
	to[len] = '\0';
}

static const char *read_address(ProtobufCBinaryData from, bool optional, struct addr *to)
{
	if (from.len == 4)
		*to = addr_from_v4(from.data);
	else if (from.len == 16)
		*to = addr_from_v6(from.data);
	else if (from.len == 0 && optional)
		*to = ADDR_ANY;
	else
		return "address is not of 4 or 16 octets";
	return NULL;
}

#define TRY(expr)                          \
	do {                               \
		const char *why_ = (expr); \
		if (why_)                  \
			return why_;       \
	} while (0)

/* ---------------------------------------------------------------- keys */

static const char *read_flow_key(const Mcfib__V1__L2tpFlowKey *from, struct fib_key *key)
{
	char vrf[FIB_IFNAME_LEN];
	struct addr group, source;

	TRY(read_text(from->vrf, vrf, sizeof(vrf)));
	TRY(read_address(from->group, false, &group));
	TRY(read_address(from->source, true, &source));
	*key = fib_key_l2tp_flow(vrf, &group, &source);
	return NULL;
}

static const char *read_ftn_key(const Mcfib__V1__P2mpFtnKey *from, struct fib_key *key)
{
	char vrf[FIB_IFNAME_LEN];
	struct addr group, source;

	TRY(read_text(from->vrf, vrf, sizeof(vrf)));
	TRY(read_address(from->group, false, &group));
	TRY(read_address(from->source, true, &source));
	*key = fib_key_p2mp_ftn(vrf, &group, &source);
	return NULL;
}

static const char *read_ilm_key(const Mcfib__V1__P2mpIlmKey *from, struct fib_key *key)
{
	char interface[FIB_IFNAME_LEN];
	uint32_t label, context;

	TRY(read_label(from->label, &label));
	TRY(read_label(from->context, &context));
	TRY(read_text(from->interface, interface, sizeof(interface)));
	if (!context != !interface[0])
		return "context label or interface without the other";
	*key = fib_key_p2mp_context(interface, context, label);
	return NULL;
}

/* A key of a table this side does not know has table 0. */
static const char *read_key(const Mcfib__V1__Key *from, struct fib_key *key)
{
	uint16_t tunnel, session;

	memset(key, 0, sizeof(*key));
	if (!from)
		return NULL;
	switch (from->key_case) {
	case MCFIB__V1__KEY__KEY_L2TP_TUNNEL:
		TRY(read_id(from->l2tp_tunnel->tunnel_id, &tunnel));
		*key = fib_key_l2tp_tunnel(tunnel);
		return NULL;
	case MCFIB__V1__KEY__KEY_ACCESS_SESSION:
		TRY(read_id(from->access_session->tunnel_id, &tunnel));
		TRY(read_id(from->access_session->session_id, &session));
		*key = fib_key_access_session(tunnel, session);
		return NULL;
	case MCFIB__V1__KEY__KEY_L2TP_REPLICATION:
		TRY(read_id(from->l2tp_replication->tunnel_id, &tunnel));
		TRY(read_id(from->l2tp_replication->session_id, &session));
		*key = fib_key_l2tp_replication(tunnel, session);
		return NULL;
	case MCFIB__V1__KEY__KEY_L2TP_FLOW:
		return read_flow_key(from->l2tp_flow, key);
	case MCFIB__V1__KEY__KEY_P2MP_ILM:
		return read_ilm_key(from->p2mp_ilm, key);
	case MCFIB__V1__KEY__KEY_P2MP_FTN:
		return read_ftn_key(from->p2mp_ftn, key);
	default:
		return NULL;
	}
}

/* ---------------------------------------------------------------- values */

static const char *read_tunnel(const Mcfib__V1__L2tpTunnel *from, struct fib_l2tp_tunnel *v)
{
	TRY(read_id(from->peer_tunnel_id, &v->peer_tunnel_id));
	TRY(read_address(from->local_address, true, &v->local.addr));
	TRY(read_id(from->local_port, &v->local.port));
	TRY(read_address(from->peer_address, true, &v->peer.addr));
	TRY(read_id(from->peer_port, &v->peer.port));
	v->udp_checksum = from->udp_checksum;
	return NULL;
}

static const char *read_pppoe(const Mcfib__V1__Pppoe *from, struct fib_access_session *v)
{
	if (from->mac.len != sizeof(v->pppoe.mac))
		return "MAC address is not of 6 octets";
	memcpy(v->pppoe.mac, from->mac.data, sizeof(v->pppoe.mac));
	TRY(read_id(from->session_id, &v->pppoe.session_id));
	if (from->n_vlan > FIB_MAX_VLANS)
		return "too many VLAN tags";
	v->pppoe.n_vlans = from->n_vlan;
	for (size_t i = 0; i < from->n_vlan; i++) {
		if (from->vlan[i] > 4095)
			return "VLAN ID of more than 12 bits";
		v->pppoe.vlan[i] = from->vlan[i];
	}
	return NULL;
}

static const char *read_session(const Mcfib__V1__AccessSession *from, struct fib_access_session *v)
{
	TRY(read_id(from->peer_session_id, &v->peer_session_id));
	if (from->role == MCFIB__V1__SESSION_ROLE__SESSION_ROLE_LAC ||
	    from->role == MCFIB__V1__SESSION_ROLE__SESSION_ROLE_LNS)
		v->role = (enum fib_session_role)from->role;
	TRY(read_text(from->interface, v->interface, sizeof(v->interface)));
	v->unicast = from->unicast;
	v->maximum_packet = from->maximum_packet;
	v->sequencing = from->sequencing;
	v->drop_late = from->drop_late;
	switch (from->framing_case) {
	case MCFIB__V1__ACCESS_SESSION__FRAMING_RAW_IP:
		v->framing = FIB_FRAMING_RAW_IP;
		return NULL;
	case MCFIB__V1__ACCESS_SESSION__FRAMING_ETHERNET:
		v->framing = FIB_FRAMING_ETHERNET;
		return NULL;
	case MCFIB__V1__ACCESS_SESSION__FRAMING_PPPOE:
		v->framing = FIB_FRAMING_PPPOE;
		return read_pppoe(from->pppoe, v);
	default:
		return NULL;
	}
}

static enum fib_priority read_priority(Mcfib__V1__Priority from)
{
	return from == MCFIB__V1__PRIORITY__PRIORITY_UNICAST_FIRST     ? FIB_UNICAST_FIRST
	       : from == MCFIB__V1__PRIORITY__PRIORITY_MULTICAST_FIRST ? FIB_MULTICAST_FIRST
								       : FIB_BEST_EFFORT;
}

static const char *read_replication(const Mcfib__V1__L2tpReplication *from,
				    struct fib_l2tp_replication *v)
{
	if (from->n_members > FIB_MAX_BRANCHES)
		return "too many members";
	v->drop_late = from->drop_late;
	if (!from->n_members)
		return NULL;
	v->members = fib_alloc(from->n_members, sizeof(v->members[0]));
	v->n_members = from->n_members;
	for (size_t i = 0; i < from->n_members; i++) {
		TRY(read_id(from->members[i]->session_id, &v->members[i].session_id));
		v->members[i].priority = read_priority(from->members[i]->priority);
	}
	return NULL;
}

static const char *read_branch(const Mcfib__V1__L2tpFlow__Branch *from, struct fib_flow_branch *b)
{
	switch (from->branch_case) {
	case MCFIB__V1__L2TP_FLOW__BRANCH__BRANCH_MULTICAST_SESSION:
		b->kind = FIB_BRANCH_MULTICAST_SESSION;
		TRY(read_id(from->multicast_session->tunnel_id, &b->tunnel_id));
		TRY(read_id(from->multicast_session->session_id, &b->session_id));
		TRY(read_id(from->multicast_session->peer_session_id, &b->peer_session_id));
		b->sequencing = from->multicast_session->sequencing;
		b->maximum_bps = from->multicast_session->maximum_bps;
		b->maximum_packet = from->multicast_session->maximum_packet;
		b->length = from->multicast_session->length;
		return NULL;
	case MCFIB__V1__L2TP_FLOW__BRANCH__BRANCH_UNICAST_SESSION:
		b->kind = FIB_BRANCH_UNICAST_SESSION;
		TRY(read_id(from->unicast_session->tunnel_id, &b->tunnel_id));
		TRY(read_id(from->unicast_session->session_id, &b->session_id));
		return NULL;
	default:
		return NULL;
	}
}

static const char *read_flow(const Mcfib__V1__L2tpFlow *from, struct fib_l2tp_flow *v)
{
	TRY(read_text(from->upstream_interface, v->upstream_interface,
		      sizeof(v->upstream_interface)));
	if (from->n_branches > FIB_MAX_BRANCHES)
		return "too many branches";
	if (!from->n_branches)
		return NULL;
	v->branches = fib_alloc(from->n_branches, sizeof(v->branches[0]));
	v->n_branches = from->n_branches;
	for (size_t i = 0; i < from->n_branches; i++)
		TRY(read_branch(from->branches[i], &v->branches[i]));
	return NULL;
}

static const char *read_p2mp_branch(const Mcfib__V1__P2mpBranch *from, struct fib_p2mp_branch *b)
{
	TRY(read_text(from->interface, b->interface, sizeof(b->interface)));
	TRY(read_address(from->next_hop, true, &b->next_hop));
	if (from->n_label > FIB_MAX_LABELS)
		return "too many labels";
	b->n_labels = from->n_label;
	for (size_t i = 0; i < from->n_label; i++)
		TRY(read_label(from->label[i], &b->labels[i]));
	b->multicast = from->multicast;
	return NULL;
}

static const char *read_p2mp_branches(Mcfib__V1__P2mpBranch *const *from, size_t n,
				      struct fib_p2mp_branch **to, size_t *n_to)
{
	if (n > FIB_MAX_BRANCHES)
		return "too many branches";
	if (!n)
		return NULL;
	*to = fib_alloc(n, sizeof((*to)[0]));
	*n_to = n;
	for (size_t i = 0; i < n; i++)
		TRY(read_p2mp_branch(from[i], &(*to)[i]));
	return NULL;
}

static enum fib_ttl read_ttl(Mcfib__V1__TtlMode from)
{
	return from == MCFIB__V1__TTL_MODE__TTL_MODE_UNIFORM ? FIB_TTL_UNIFORM
	       : from == MCFIB__V1__TTL_MODE__TTL_MODE_PIPE  ? FIB_TTL_PIPE
							     : 0;
}

static const char *read_ilm(const Mcfib__V1__P2mpIlm *from, struct fib_p2mp_ilm *v)
{
	bool known = (uint32_t)from->payload <= FIB_PAYLOAD_IPV6;

	TRY(read_text(from->local_interface, v->local_interface, sizeof(v->local_interface)));
	v->ttl = read_ttl(from->ttl);
	v->payload = known ? (enum fib_payload)from->payload : FIB_PAYLOAD_UNKNOWN;
	return read_p2mp_branches(from->branches, from->n_branches, &v->branches, &v->n_branches);
}

static const char *read_ftn(const Mcfib__V1__P2mpFtn *from, struct fib_p2mp_ftn *v)
{
	TRY(read_text(from->upstream_interface, v->upstream_interface,
		      sizeof(v->upstream_interface)));
	v->ttl = read_ttl(from->ttl);
	return read_p2mp_branches(from->branches, from->n_branches, &v->branches, &v->n_branches);
}

/* ---------------------------------------------------------------- lists */

/* The table a value belongs to. */
static uint32_t value_table(const Mcfib__V1__Op *op)
{
	return op->value_case - MCFIB__V1__OP__VALUE_L2TP_TUNNEL + FIB_L2TP_TUNNEL;
}

static const char *read_value(const Mcfib__V1__Op *from, union fib_value *v)
{
	switch (from->value_case) {
	case MCFIB__V1__OP__VALUE_L2TP_TUNNEL:
		return read_tunnel(from->l2tp_tunnel, &v->l2tp_tunnel);
	case MCFIB__V1__OP__VALUE_ACCESS_SESSION:
		return read_session(from->access_session, &v->access_session);
	case MCFIB__V1__OP__VALUE_L2TP_REPLICATION:
		return read_replication(from->l2tp_replication, &v->l2tp_replication);
	case MCFIB__V1__OP__VALUE_L2TP_FLOW:
		return read_flow(from->l2tp_flow, &v->l2tp_flow);
	case MCFIB__V1__OP__VALUE_P2MP_ILM:
		return read_ilm(from->p2mp_ilm, &v->p2mp_ilm);
	case MCFIB__V1__OP__VALUE_P2MP_FTN:
		return read_ftn(from->p2mp_ftn, &v->p2mp_ftn);
	default:
		return NULL;
	}
}

static const char *read_update(const Mcfib__V1__Update *from, struct fib_msg *m)
{
	if (from->n_ops > FIB_MAX_BATCH)
		return "too many operations";
	m->update.journal = from->journal;
	m->update.ops = fib_alloc(from->n_ops, sizeof(m->update.ops[0]));
	for (size_t i = 0; i < from->n_ops; i++) {
		struct fib_op *op = &m->update.ops[m->update.n_ops];

		TRY(read_key(from->ops[i]->key, &op->key));
		if (!op->key.table)
			continue;
		m->update.n_ops++;
		op->generation = from->ops[i]->generation;
		op->deleted = from->ops[i]->value_case == MCFIB__V1__OP__VALUE__NOT_SET;
		if (!op->deleted && value_table(from->ops[i]) != op->key.table) {
			op->deleted = true; /* owns nothing */
			return "key and value of different tables";
		}
		TRY(read_value(from->ops[i], &op->value));
	}
	return NULL;
}

static const char *read_status(const Mcfib__V1__StatusReport *from, struct fib_msg *m)
{
	if (from->n_status > FIB_MAX_BATCH)
		return "too many status entries";
	m->status.status = fib_alloc(from->n_status, sizeof(m->status.status[0]));
	for (size_t i = 0; i < from->n_status; i++) {
		const Mcfib__V1__Status *st = from->status[i];
		struct fib_status *to = &m->status.status[m->status.n];

		TRY(read_key(st->key, &to->key));
		if (!to->key.table || (int)st->result < FIB_INSTALLED ||
		    (int)st->result > FIB_REMOVED)
			continue;
		m->status.n++;
		to->generation = st->generation;
		to->result = (enum fib_result)st->result;
		to->code = st->code;
		read_free_text(st->text, to->text, sizeof(to->text));
	}
	return NULL;
}

static const char *read_activity(const Mcfib__V1__ActivityReport *from, struct fib_msg *m)
{
	if (from->n_activity > FIB_MAX_BATCH)
		return "too many activity entries";
	m->activity.activity = fib_alloc(from->n_activity, sizeof(m->activity.activity[0]));
	for (size_t i = 0; i < from->n_activity; i++) {
		const Mcfib__V1__Activity *a = from->activity[i];
		struct fib_activity *to = &m->activity.activity[m->activity.n];

		TRY(read_key(a->key, &to->key));
		if (!to->key.table)
			continue;
		m->activity.n++;
		to->packets = a->packets;
		to->bytes = a->bytes;
		to->copies = a->copies;
		to->copied_bytes = a->copied_bytes;
		to->drops = a->drops;
		to->idle_ms = a->idle_ms;
	}
	return NULL;
}

/* ---------------------------------------------------------------- session */

static uint32_t known_table(int table)
{
	return table > 0 && table < FIB_TABLES ? (uint32_t)table : 0;
}

static const char *read_hello(const Mcfib__V1__Hello *from, struct fib_hello *h)
{
	if (from->instance_uuid.len != sizeof(h->instance_uuid))
		return "instance UUID is not of 16 octets";
	memcpy(h->instance_uuid, from->instance_uuid.data, sizeof(h->instance_uuid));
	TRY(read_text(from->name, h->name, sizeof(h->name)));
	if (from->role == MCFIB__V1__ROLE__ROLE_PRIMARY ||
	    from->role == MCFIB__V1__ROLE__ROLE_OBSERVER)
		h->role = (enum fib_role)from->role;
	h->proto_min = from->proto_min;
	h->proto_max = from->proto_max;
	for (size_t i = 0; i < from->n_tables; i++)
		h->tables |= 1U << known_table(from->tables[i]);
	h->tables &= FIB_TABLE_ALL;
	h->max_batch = from->max_batch;
	h->window = from->window;
	h->last_epoch = from->last_epoch;
	h->last_journal = from->last_journal;
	if (from->capabilities) {
		h->capabilities.l2tp_replication = from->capabilities->l2tp_replication;
		h->capabilities.unicast_sessions = from->capabilities->unicast_sessions;
		h->capabilities.activity = from->capabilities->activity;
		h->capabilities.maximum_branches = from->capabilities->maximum_branches;
		h->capabilities.mpls_p2mp = from->capabilities->mpls_p2mp;
		h->capabilities.mpls_context = from->capabilities->mpls_context;
		h->capabilities.priority = from->capabilities->priority;
		h->capabilities.maximum_bps = from->capabilities->maximum_bps;
		h->capabilities.sequencing = from->capabilities->sequencing;
	}
	read_free_text(from->software, h->software, sizeof(h->software));
	return NULL;
}

static const char *read_hello_ack(const Mcfib__V1__HelloAck *from, struct fib_hello_ack *h)
{
	h->proto = from->proto;
	h->session_id = from->session_id;
	h->heartbeat_ms = from->heartbeat_ms;
	h->liveness = from->liveness;
	h->resume = from->resume;
	h->hold_on_loss_s = from->hold_on_loss_s;
	h->activity_ms = from->activity_ms;
	read_free_text(from->software, h->software, sizeof(h->software));
	return NULL;
}

static void read_bye(const Mcfib__V1__Bye *from, struct fib_msg *m)
{
	if ((int)from->code >= FIB_BYE_SHUTDOWN && (int)from->code <= FIB_BYE_ADMIN)
		m->bye.code = (enum fib_bye_code)from->code;
	read_free_text(from->text, m->bye.text, sizeof(m->bye.text));
}

static const char *read_body(const Mcfib__V1__Envelope *from, struct fib_msg *m)
{
	m->type = (enum fib_msg_type)from->body_case; /* 0: one this side does not know */
	switch (from->body_case) {
	case MCFIB__V1__ENVELOPE__BODY_HELLO:
		return read_hello(from->hello, &m->hello);
	case MCFIB__V1__ENVELOPE__BODY_HELLO_ACK:
		return read_hello_ack(from->hello_ack, &m->hello_ack);
	case MCFIB__V1__ENVELOPE__BODY_SNAPSHOT_BEGIN:
		m->snapshot_begin.table = known_table(from->snapshot_begin->table);
		return NULL;
	case MCFIB__V1__ENVELOPE__BODY_UPDATE:
		return read_update(from->update, m);
	case MCFIB__V1__ENVELOPE__BODY_SNAPSHOT_END:
		m->snapshot_end.table = known_table(from->snapshot_end->table);
		m->snapshot_end.object_count = from->snapshot_end->object_count;
		m->snapshot_end.config_complete = from->snapshot_end->config_complete;
		return NULL;
	case MCFIB__V1__ENVELOPE__BODY_ACK:
		m->ack.seq = from->ack->seq;
		return NULL;
	case MCFIB__V1__ENVELOPE__BODY_STATUS:
		return read_status(from->status, m);
	case MCFIB__V1__ENVELOPE__BODY_ACTIVITY:
		return read_activity(from->activity, m);
	case MCFIB__V1__ENVELOPE__BODY_PING:
		m->ping.stamp = from->ping->stamp;
		return NULL;
	case MCFIB__V1__ENVELOPE__BODY_PONG:
		m->pong.stamp = from->pong->stamp;
		return NULL;
	case MCFIB__V1__ENVELOPE__BODY_BYE:
		read_bye(from->bye, m);
		return NULL;
	default:
		return NULL;
	}
}

/* ---------------------------------------------------------------- memory */

/* A few octets can stand for many structs; a message may not buy much memory with them. */
static void *limited_alloc(void *data, size_t size)
{
	size_t *left = data;

	if (size > *left)
		return NULL;
	*left -= size;
	return malloc(size ? size : 1);
}

static void limited_free(void *data, void *p)
{
	free(p);
}

bool fib_decode(struct span data, struct fib_msg *m, const char **why)
{
	size_t left = MAX_UNPACKED;
	ProtobufCAllocator allocator = {limited_alloc, limited_free, &left};
	Mcfib__V1__Envelope *envelope;

	memset(m, 0, sizeof(*m));
	*why = data.len > FIB_MAX_MESSAGE		? "message too long"
	       : data.len < 1 || data.p[0] != FIB_MAGIC ? "not of mcfib transport version 1"
							: NULL;
	if (*why)
		return false;
	envelope = mcfib__v1__envelope__unpack(&allocator, data.len - 1, data.p + 1);
	if (!envelope) {
		*why = "not an Envelope";
		return false;
	}
	m->seq = envelope->seq;
	m->epoch = envelope->epoch;
	*why = read_body(envelope, m);
	mcfib__v1__envelope__free_unpacked(envelope, &allocator);
	if (*why)
		fib_msg_free(m);
	return !*why;
}
