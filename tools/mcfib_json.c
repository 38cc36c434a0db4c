// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages of mcfib/1 as JSON; see mcfib_json.h. */
#include "tools/mcfib_json.h"

const char *mcfib_table_field(enum fib_table table)
{
	switch (table) {
	case FIB_L2TP_TUNNEL:
		return "l2tpTunnel";
	case FIB_ACCESS_SESSION:
		return "accessSession";
	case FIB_L2TP_REPLICATION:
		return "l2tpReplication";
	case FIB_L2TP_FLOW:
		return "l2tpFlow";
	case FIB_P2MP_ILM:
		return "p2mpIlm";
	case FIB_P2MP_FTN:
		return "p2mpFtn";
	}
	return "unknown";
}

static json_object *hello_ack_json(const struct fib_hello_ack *h)
{
	json_object *o = json_object_new_object();

	json_object_int_add(o, "proto", h->proto);
	json_object_int_add(o, "sessionId", h->session_id);
	json_object_int_add(o, "heartbeatMs", h->heartbeat_ms);
	json_object_int_add(o, "liveness", h->liveness);
	json_object_boolean_add(o, "resume", h->resume);
	json_object_int_add(o, "holdOnLossS", h->hold_on_loss_s);
	json_object_int_add(o, "activityMs", h->activity_ms);
	json_object_string_add(o, "software", h->software);
	return o;
}

static json_object *op_json(const struct fib_op *op)
{
	json_object *o = json_object_new_object(), *key = json_object_new_object();
	const char *field = mcfib_table_field(op->key.table);

	json_object_object_add(key, field, fib_key_json(&op->key));
	json_object_object_add(o, "key", key);
	json_object_int_add(o, "generation", op->generation);
	if (!op->deleted)
		json_object_object_add(o, field, fib_value_json(op->key.table, &op->value));
	return o;
}

static json_object *update_json(const struct fib_msg *m)
{
	json_object *o = json_object_new_object(), *ops = json_object_new_array();

	for (size_t i = 0; i < m->update.n_ops; i++)
		json_object_array_add(ops, op_json(&m->update.ops[i]));
	json_object_object_add(o, "ops", ops);
	json_object_int_add(o, "journal", m->update.journal);
	return o;
}

static json_object *snapshot_end_json(const struct fib_msg *m)
{
	json_object *o = json_object_new_object();

	json_object_string_add(o, "table", fib_table_name(m->snapshot_end.table));
	json_object_int_add(o, "objectCount", m->snapshot_end.object_count);
	json_object_boolean_add(o, "configComplete", m->snapshot_end.config_complete);
	return o;
}

static json_object *stamp_json(uint64_t stamp)
{
	json_object *o = json_object_new_object();

	json_object_int_add(o, "stamp", stamp);
	return o;
}

static const char *bye_name(enum fib_bye_code code)
{
	static const char *const names[] = {
		[FIB_BYE_SHUTDOWN] = "shutdown",
		[FIB_BYE_VERSION] = "version",
		[FIB_BYE_DUPLICATE_NAME] = "duplicate-name",
		[FIB_BYE_PROTOCOL] = "protocol",
		[FIB_BYE_RESYNC] = "resync",
		[FIB_BYE_ADMIN] = "admin",
	};

	return code && code < array_size(names) ? names[code] : "unknown";
}

static json_object *bye_json(const struct fib_msg *m)
{
	json_object *o = json_object_new_object();

	json_object_string_add(o, "code", bye_name(m->bye.code));
	json_object_string_add(o, "text", m->bye.text);
	return o;
}

json_object *mcfib_msg_json(const struct fib_msg *m)
{
	json_object *o = json_object_new_object(), *begin;

	json_object_int_add(o, "seq", m->seq);
	json_object_int_add(o, "epoch", m->epoch);
	switch (m->type) {
	case FIB_MSG_HELLO_ACK:
		json_object_object_add(o, "helloAck", hello_ack_json(&m->hello_ack));
		break;
	case FIB_MSG_SNAPSHOT_BEGIN:
		begin = json_object_new_object();
		json_object_string_add(begin, "table", fib_table_name(m->snapshot_begin.table));
		json_object_object_add(o, "snapshotBegin", begin);
		break;
	case FIB_MSG_UPDATE:
		json_object_object_add(o, "update", update_json(m));
		break;
	case FIB_MSG_SNAPSHOT_END:
		json_object_object_add(o, "snapshotEnd", snapshot_end_json(m));
		break;
	case FIB_MSG_PING:
		json_object_object_add(o, "ping", stamp_json(m->ping.stamp));
		break;
	case FIB_MSG_PONG:
		json_object_object_add(o, "pong", stamp_json(m->pong.stamp));
		break;
	case FIB_MSG_BYE:
		json_object_object_add(o, "bye", bye_json(m));
		break;
	default: /* of the other direction, or newer than this program */
		json_object_int_add(o, "unexpected", m->type);
	}
	return o;
}
