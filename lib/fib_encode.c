// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Plain C to mcfib/1.
 *
 * protobuf-c wants a tree of structs.  It is built in an arena that goes away with it, and
 * borrows addresses and names from the message.
 */
#include "lib/fib_codec.h"

#include <stdlib.h>

#include "proto/mcfib.pb-c.h"

#define CHUNK_SIZE 65536

struct chunk {
	struct chunk *next;
	size_t used, size;
	uint64_t octets[]; /* aligned for every member of the generated structs */
};

struct arena {
	struct chunk *chunks;
};

static void *arena_alloc(struct arena *a, size_t size)
{
	struct chunk *c = a->chunks;

	size = (size + 7) & ~(size_t)7;
	if (!c || c->size - c->used < size) {
		size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;

		c = fib_alloc(1, sizeof(*c) + room);
		c->size = room;
		c->next = a->chunks;
		a->chunks = c;
	}
	c->used += size;
	return (uint8_t *)c->octets + c->used - size;
}

static void arena_free(struct arena *a)
{
	while (a->chunks) {
		struct chunk *c = a->chunks;

		a->chunks = c->next;
		free(c);
	}
}

/* A new message of the generated type mcfib__v1__<name>. */
#define NEW(a, Type, name)                                               \
	({                                                               \
		Mcfib__V1__##Type *new_ = arena_alloc(a, sizeof(*new_)); \
		mcfib__v1__##name##__init(new_);                         \
		new_;                                                    \
	})

static ProtobufCBinaryData address(const struct addr *a)
{
	if (addr_cmp(a, &ADDR_ANY) == 0)
		return (ProtobufCBinaryData){};
	return (ProtobufCBinaryData){.len = addr_len(a), .data = (uint8_t *)addr_octets(a)};
}

/* ---------------------------------------------------------------- keys and values */

static Mcfib__V1__Key *encode_key(struct arena *a, const struct fib_key *key)
{
	Mcfib__V1__Key *to = NEW(a, Key, key);

	to->key_case = key->table; /* the same numbers, see mcfib.proto */
	switch (key->table) {
	case FIB_L2TP_TUNNEL:
		to->l2tp_tunnel = NEW(a, L2tpTunnelKey, l2tp_tunnel_key);
		to->l2tp_tunnel->tunnel_id = key->l2tp_tunnel.tunnel_id;
		break;
	case FIB_ACCESS_SESSION:
		to->access_session = NEW(a, AccessSessionKey, access_session_key);
		to->access_session->tunnel_id = key->access_session.tunnel_id;
		to->access_session->session_id = key->access_session.session_id;
		break;
	case FIB_L2TP_REPLICATION:
		to->l2tp_replication = NEW(a, L2tpReplicationKey, l2tp_replication_key);
		to->l2tp_replication->tunnel_id = key->l2tp_replication.tunnel_id;
		to->l2tp_replication->session_id = key->l2tp_replication.session_id;
		break;
	case FIB_L2TP_FLOW:
		to->l2tp_flow = NEW(a, L2tpFlowKey, l2tp_flow_key);
		to->l2tp_flow->vrf = (char *)key->l2tp_flow.vrf;
		to->l2tp_flow->group = address(&key->l2tp_flow.group);
		to->l2tp_flow->source = address(&key->l2tp_flow.source);
		break;
	case FIB_P2MP_ILM:
		to->p2mp_ilm = NEW(a, P2mpIlmKey, p2mp_ilm_key);
		to->p2mp_ilm->label = key->p2mp_ilm.label;
		to->p2mp_ilm->context = key->p2mp_ilm.context;
		to->p2mp_ilm->interface = (char *)key->p2mp_ilm.interface;
		break;
	case FIB_P2MP_FTN:
		to->p2mp_ftn = NEW(a, P2mpFtnKey, p2mp_ftn_key);
		to->p2mp_ftn->vrf = (char *)key->p2mp_ftn.vrf;
		to->p2mp_ftn->group = address(&key->p2mp_ftn.group);
		to->p2mp_ftn->source = address(&key->p2mp_ftn.source);
		break;
	default:
		to->key_case = MCFIB__V1__KEY__KEY__NOT_SET;
	}
	return to;
}

static Mcfib__V1__L2tpTunnel *encode_tunnel(struct arena *a, const struct fib_l2tp_tunnel *v)
{
	Mcfib__V1__L2tpTunnel *to = NEW(a, L2tpTunnel, l2tp_tunnel);

	to->peer_tunnel_id = v->peer_tunnel_id;
	to->local_address = address(&v->local.addr);
	to->local_port = v->local.port;
	to->peer_address = address(&v->peer.addr);
	to->peer_port = v->peer.port;
	to->udp_checksum = v->udp_checksum;
	return to;
}

static void encode_framing(struct arena *a, const struct fib_access_session *v,
			   Mcfib__V1__AccessSession *to)
{
	switch (v->framing) {
	case FIB_FRAMING_RAW_IP:
		to->framing_case = MCFIB__V1__ACCESS_SESSION__FRAMING_RAW_IP;
		to->raw_ip = NEW(a, RawIp, raw_ip);
		break;
	case FIB_FRAMING_ETHERNET:
		to->framing_case = MCFIB__V1__ACCESS_SESSION__FRAMING_ETHERNET;
		to->ethernet = NEW(a, Ethernet, ethernet);
		break;
	case FIB_FRAMING_PPPOE:
		to->framing_case = MCFIB__V1__ACCESS_SESSION__FRAMING_PPPOE;
		to->pppoe = NEW(a, Pppoe, pppoe);
		to->pppoe->mac.len = sizeof(v->pppoe.mac);
		to->pppoe->mac.data = (uint8_t *)v->pppoe.mac;
		to->pppoe->session_id = v->pppoe.session_id;
		to->pppoe->vlan = arena_alloc(a, FIB_MAX_VLANS * sizeof(to->pppoe->vlan[0]));
		to->pppoe->n_vlan = v->pppoe.n_vlans;
		for (size_t i = 0; i < v->pppoe.n_vlans; i++)
			to->pppoe->vlan[i] = v->pppoe.vlan[i];
		break;
	}
}

static Mcfib__V1__AccessSession *encode_session(struct arena *a, const struct fib_access_session *v)
{
	Mcfib__V1__AccessSession *to = NEW(a, AccessSession, access_session);

	to->peer_session_id = v->peer_session_id;
	to->role = (Mcfib__V1__SessionRole)v->role;
	to->interface = (char *)v->interface;
	encode_framing(a, v, to);
	to->unicast = v->unicast;
	to->maximum_packet = v->maximum_packet;
	to->sequencing = v->sequencing;
	to->drop_late = v->drop_late;
	return to;
}

static Mcfib__V1__L2tpReplication *encode_replication(struct arena *a,
						      const struct fib_l2tp_replication *v)
{
	Mcfib__V1__L2tpReplication *to = NEW(a, L2tpReplication, l2tp_replication);

	to->n_members = v->n_members;
	to->members = arena_alloc(a, v->n_members * sizeof(to->members[0]));
	for (size_t i = 0; i < v->n_members; i++) {
		to->members[i] = NEW(a, L2tpReplication__Member, l2tp_replication__member);
		to->members[i]->session_id = v->members[i].session_id;
		to->members[i]->priority = (Mcfib__V1__Priority)v->members[i].priority;
	}
	to->drop_late = v->drop_late;
	return to;
}

static Mcfib__V1__L2tpFlow__Branch *encode_branch(struct arena *a, const struct fib_flow_branch *b)
{
	Mcfib__V1__L2tpFlow__Branch *to = NEW(a, L2tpFlow__Branch, l2tp_flow__branch);
	Mcfib__V1__L2tpFlow__MulticastSession *m;
	Mcfib__V1__L2tpFlow__UnicastSession *u;

	switch (b->kind) {
	case FIB_BRANCH_MULTICAST_SESSION:
		m = NEW(a, L2tpFlow__MulticastSession, l2tp_flow__multicast_session);
		m->tunnel_id = b->tunnel_id;
		m->session_id = b->session_id;
		m->peer_session_id = b->peer_session_id;
		m->sequencing = b->sequencing;
		m->maximum_bps = b->maximum_bps;
		m->maximum_packet = b->maximum_packet;
		m->length = b->length;
		to->multicast_session = m;
		to->branch_case = MCFIB__V1__L2TP_FLOW__BRANCH__BRANCH_MULTICAST_SESSION;
		break;
	case FIB_BRANCH_UNICAST_SESSION:
		u = NEW(a, L2tpFlow__UnicastSession, l2tp_flow__unicast_session);
		u->tunnel_id = b->tunnel_id;
		u->session_id = b->session_id;
		to->unicast_session = u;
		to->branch_case = MCFIB__V1__L2TP_FLOW__BRANCH__BRANCH_UNICAST_SESSION;
		break;
	}
	return to;
}

static Mcfib__V1__L2tpFlow *encode_flow(struct arena *a, const struct fib_l2tp_flow *v)
{
	Mcfib__V1__L2tpFlow *to = NEW(a, L2tpFlow, l2tp_flow);

	to->upstream_interface = (char *)v->upstream_interface;
	to->n_branches = v->n_branches;
	to->branches = arena_alloc(a, v->n_branches * sizeof(to->branches[0]));
	for (size_t i = 0; i < v->n_branches; i++)
		to->branches[i] = encode_branch(a, &v->branches[i]);
	return to;
}

static Mcfib__V1__P2mpBranch **encode_p2mp_branches(struct arena *a,
						    const struct fib_p2mp_branch *b, size_t n)
{
	Mcfib__V1__P2mpBranch **to = arena_alloc(a, n * sizeof(to[0]));

	for (size_t i = 0; i < n; i++) {
		to[i] = NEW(a, P2mpBranch, p2mp_branch);
		to[i]->interface = (char *)b[i].interface;
		to[i]->next_hop = address(&b[i].next_hop);
		to[i]->n_label = b[i].n_labels;
		to[i]->label = (uint32_t *)b[i].labels;
		to[i]->multicast = b[i].multicast;
	}
	return to;
}

static Mcfib__V1__P2mpIlm *encode_ilm(struct arena *a, const struct fib_p2mp_ilm *v)
{
	Mcfib__V1__P2mpIlm *to = NEW(a, P2mpIlm, p2mp_ilm);

	to->n_branches = v->n_branches;
	to->branches = encode_p2mp_branches(a, v->branches, v->n_branches);
	to->local_interface = (char *)v->local_interface;
	to->ttl = (Mcfib__V1__TtlMode)v->ttl;
	to->payload = (Mcfib__V1__P2mpIlm__Payload)v->payload;
	return to;
}

static Mcfib__V1__P2mpFtn *encode_ftn(struct arena *a, const struct fib_p2mp_ftn *v)
{
	Mcfib__V1__P2mpFtn *to = NEW(a, P2mpFtn, p2mp_ftn);

	to->upstream_interface = (char *)v->upstream_interface;
	to->n_branches = v->n_branches;
	to->branches = encode_p2mp_branches(a, v->branches, v->n_branches);
	to->ttl = (Mcfib__V1__TtlMode)v->ttl;
	return to;
}

static Mcfib__V1__Op *encode_op(struct arena *a, const struct fib_op *op)
{
	Mcfib__V1__Op *to = NEW(a, Op, op);

	to->key = encode_key(a, &op->key);
	to->generation = op->generation;
	if (op->deleted)
		return to;
	switch (op->key.table) {
	case FIB_L2TP_TUNNEL:
		to->value_case = MCFIB__V1__OP__VALUE_L2TP_TUNNEL;
		to->l2tp_tunnel = encode_tunnel(a, &op->value.l2tp_tunnel);
		break;
	case FIB_ACCESS_SESSION:
		to->value_case = MCFIB__V1__OP__VALUE_ACCESS_SESSION;
		to->access_session = encode_session(a, &op->value.access_session);
		break;
	case FIB_L2TP_REPLICATION:
		to->value_case = MCFIB__V1__OP__VALUE_L2TP_REPLICATION;
		to->l2tp_replication = encode_replication(a, &op->value.l2tp_replication);
		break;
	case FIB_L2TP_FLOW:
		to->value_case = MCFIB__V1__OP__VALUE_L2TP_FLOW;
		to->l2tp_flow = encode_flow(a, &op->value.l2tp_flow);
		break;
	case FIB_P2MP_ILM:
		to->value_case = MCFIB__V1__OP__VALUE_P2MP_ILM;
		to->p2mp_ilm = encode_ilm(a, &op->value.p2mp_ilm);
		break;
	case FIB_P2MP_FTN:
		to->value_case = MCFIB__V1__OP__VALUE_P2MP_FTN;
		to->p2mp_ftn = encode_ftn(a, &op->value.p2mp_ftn);
		break;
	}
	return to;
}

/* ---------------------------------------------------------------- messages */

static Mcfib__V1__Hello *encode_hello(struct arena *a, const struct fib_hello *h)
{
	Mcfib__V1__Hello *to = NEW(a, Hello, hello);

	to->instance_uuid.len = sizeof(h->instance_uuid);
	to->instance_uuid.data = (uint8_t *)h->instance_uuid;
	to->name = (char *)h->name;
	to->role = (Mcfib__V1__Role)h->role;
	to->proto_min = h->proto_min;
	to->proto_max = h->proto_max;
	to->tables = arena_alloc(a, FIB_TABLES * sizeof(to->tables[0]));
	for (int t = 1; t < FIB_TABLES; t++)
		if (h->tables & 1U << t)
			to->tables[to->n_tables++] = (Mcfib__V1__Table)t;
	to->max_batch = h->max_batch;
	to->window = h->window;
	to->last_epoch = h->last_epoch;
	to->last_journal = h->last_journal;
	to->capabilities = NEW(a, Capabilities, capabilities);
	to->capabilities->l2tp_replication = h->capabilities.l2tp_replication;
	to->capabilities->unicast_sessions = h->capabilities.unicast_sessions;
	to->capabilities->activity = h->capabilities.activity;
	to->capabilities->maximum_branches = h->capabilities.maximum_branches;
	to->capabilities->mpls_p2mp = h->capabilities.mpls_p2mp;
	to->capabilities->mpls_context = h->capabilities.mpls_context;
	to->capabilities->priority = h->capabilities.priority;
	to->capabilities->maximum_bps = h->capabilities.maximum_bps;
	to->capabilities->sequencing = h->capabilities.sequencing;
	to->software = (char *)h->software;
	return to;
}

static Mcfib__V1__HelloAck *encode_hello_ack(struct arena *a, const struct fib_hello_ack *h)
{
	Mcfib__V1__HelloAck *to = NEW(a, HelloAck, hello_ack);

	to->proto = h->proto;
	to->session_id = h->session_id;
	to->heartbeat_ms = h->heartbeat_ms;
	to->liveness = h->liveness;
	to->resume = h->resume;
	to->hold_on_loss_s = h->hold_on_loss_s;
	to->activity_ms = h->activity_ms;
	to->software = (char *)h->software;
	return to;
}

static Mcfib__V1__Update *encode_update(struct arena *a, const struct fib_msg *m)
{
	Mcfib__V1__Update *to = NEW(a, Update, update);

	to->n_ops = m->update.n_ops;
	to->ops = arena_alloc(a, to->n_ops * sizeof(to->ops[0]));
	for (size_t i = 0; i < to->n_ops; i++)
		to->ops[i] = encode_op(a, &m->update.ops[i]);
	to->journal = m->update.journal;
	return to;
}

static Mcfib__V1__StatusReport *encode_status(struct arena *a, const struct fib_msg *m)
{
	Mcfib__V1__StatusReport *to = NEW(a, StatusReport, status_report);

	to->n_status = m->status.n;
	to->status = arena_alloc(a, to->n_status * sizeof(to->status[0]));
	for (size_t i = 0; i < to->n_status; i++) {
		const struct fib_status *from = &m->status.status[i];
		Mcfib__V1__Status *st = NEW(a, Status, status);

		st->key = encode_key(a, &from->key);
		st->generation = from->generation;
		st->result = (Mcfib__V1__Result)from->result;
		st->code = from->code;
		st->text = (char *)from->text;
		to->status[i] = st;
	}
	return to;
}

static Mcfib__V1__ActivityReport *encode_activity(struct arena *a, const struct fib_msg *m)
{
	Mcfib__V1__ActivityReport *to = NEW(a, ActivityReport, activity_report);

	to->n_activity = m->activity.n;
	to->activity = arena_alloc(a, to->n_activity * sizeof(to->activity[0]));
	for (size_t i = 0; i < to->n_activity; i++) {
		const struct fib_activity *from = &m->activity.activity[i];
		Mcfib__V1__Activity *act = NEW(a, Activity, activity);

		act->key = encode_key(a, &from->key);
		act->packets = from->packets;
		act->bytes = from->bytes;
		act->copies = from->copies;
		act->copied_bytes = from->copied_bytes;
		act->drops = from->drops;
		act->idle_ms = from->idle_ms;
		to->activity[i] = act;
	}
	return to;
}

static void encode_body(struct arena *a, const struct fib_msg *m, Mcfib__V1__Envelope *to)
{
	to->body_case = (Mcfib__V1__Envelope__BodyCase)m->type; /* the field numbers */
	switch (m->type) {
	case FIB_MSG_HELLO:
		to->hello = encode_hello(a, &m->hello);
		break;
	case FIB_MSG_HELLO_ACK:
		to->hello_ack = encode_hello_ack(a, &m->hello_ack);
		break;
	case FIB_MSG_SNAPSHOT_BEGIN:
		to->snapshot_begin = NEW(a, SnapshotBegin, snapshot_begin);
		to->snapshot_begin->table = (Mcfib__V1__Table)m->snapshot_begin.table;
		break;
	case FIB_MSG_UPDATE:
		to->update = encode_update(a, m);
		break;
	case FIB_MSG_SNAPSHOT_END:
		to->snapshot_end = NEW(a, SnapshotEnd, snapshot_end);
		to->snapshot_end->table = (Mcfib__V1__Table)m->snapshot_end.table;
		to->snapshot_end->object_count = m->snapshot_end.object_count;
		to->snapshot_end->config_complete = m->snapshot_end.config_complete;
		break;
	case FIB_MSG_ACK:
		to->ack = NEW(a, Ack, ack);
		to->ack->seq = m->ack.seq;
		break;
	case FIB_MSG_STATUS:
		to->status = encode_status(a, m);
		break;
	case FIB_MSG_ACTIVITY:
		to->activity = encode_activity(a, m);
		break;
	case FIB_MSG_PING:
		to->ping = NEW(a, Ping, ping);
		to->ping->stamp = m->ping.stamp;
		break;
	case FIB_MSG_PONG:
		to->pong = NEW(a, Pong, pong);
		to->pong->stamp = m->pong.stamp;
		break;
	case FIB_MSG_BYE:
		to->bye = NEW(a, Bye, bye);
		to->bye->code = (Mcfib__V1__ByeCode)m->bye.code;
		to->bye->text = (char *)m->bye.text;
		break;
	default:
		to->body_case = MCFIB__V1__ENVELOPE__BODY__NOT_SET;
	}
}

size_t fib_encode(const struct fib_msg *m, uint8_t **buf)
{
	Mcfib__V1__Envelope envelope = MCFIB__V1__ENVELOPE__INIT;
	struct arena arena = {};
	size_t len;

	envelope.seq = m->seq;
	envelope.epoch = m->epoch;
	encode_body(&arena, m, &envelope);
	len = 1 + mcfib__v1__envelope__get_packed_size(&envelope);
	*buf = NULL;
	if (len > FIB_MAX_MESSAGE) {
		len = 0;
	} else {
		*buf = fib_alloc(1, len);
		(*buf)[0] = FIB_MAGIC;
		mcfib__v1__envelope__pack(&envelope, *buf + 1);
	}
	arena_free(&arena);
	return len;
}
