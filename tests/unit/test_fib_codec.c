// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mcfib/1 on the wire: what is encoded can be decoded, what is wrong is refused.
 *
 * `test_fib_codec --corpus DIR` writes the samples as seeds for tests/fuzz/fuzz_mcfib.
 */
#include "lib/base.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/fib_codec.h"

static struct addr address(const char *text)
{
	struct addr a = ADDR_ANY;

	if (!addr_parse(text, &a))
		abort();
	return a;
}

/* ---------------------------------------------------------------- samples */

static struct fib_op tunnel_op(void)
{
	return (struct fib_op){
		.key = fib_key_l2tp_tunnel(65535),
		.generation = UINT64_MAX,
		.value.l2tp_tunnel = {.peer_tunnel_id = 1,
				      .local = {address("192.0.2.1"), 1701},
				      .peer = {address("2001:db8::2"), 65535},
				      .udp_checksum = true},
	};
}

static struct fib_op session_op(void)
{
	return (struct fib_op){
		.key = fib_key_access_session(1, 2),
		.generation = 3,
		.value.access_session = {.peer_session_id = 9,
					 .role = FIB_ROLE_LAC,
					 .interface = "fifteen-letters",
					 .framing = FIB_FRAMING_PPPOE,
					 .pppoe = {.mac = {2, 0, 0, 0, 0, 1},
						   .session_id = 77,
						   .n_vlans = 2,
						   .vlan = {4095, 1}},
					 .unicast = true,
					 .maximum_packet = 1492,
					 .sequencing = true,
					 .drop_late = true},
	};
}

static struct fib_op replication_op(void)
{
	struct fib_op op = {.key = fib_key_l2tp_replication(1, 2), .generation = 4};

	op.value.l2tp_replication.n_members = 3;
	op.value.l2tp_replication.members = fib_alloc(3, sizeof(struct fib_member));
	op.value.l2tp_replication.drop_late = true;
	for (int i = 0; i < 3; i++)
		op.value.l2tp_replication.members[i] = (struct fib_member){
			.session_id = 30000 * i, .priority = (enum fib_priority)i};
	return op;
}

static struct fib_op flow_op(void)
{
	struct addr group = address("ff3e::1"), source = address("2001:db8::3");
	struct fib_op op = {.key = fib_key_l2tp_flow("red", &group, &source), .generation = 5};
	struct fib_l2tp_flow *f = &op.value.l2tp_flow;

	snprintf(f->upstream_interface, FIB_IFNAME_LEN, "l2mc0");
	f->n_branches = 2;
	f->branches = fib_alloc(2, sizeof(f->branches[0]));
	f->branches[0] = (struct fib_flow_branch){.kind = FIB_BRANCH_MULTICAST_SESSION,
						  .tunnel_id = 1,
						  .session_id = 2,
						  .peer_session_id = 3,
						  .sequencing = true,
						  .maximum_bps = UINT32_MAX,
						  .maximum_packet = 1480,
						  .length = true};
	f->branches[1] = (struct fib_flow_branch){
		.kind = FIB_BRANCH_UNICAST_SESSION, .tunnel_id = 65535, .session_id = 65535};
	return op;
}

static struct fib_op empty_flow_op(void)
{
	struct addr group = address("232.1.1.1");

	return (struct fib_op){.key = fib_key_l2tp_flow("", &group, NULL), .generation = 6};
}

static void two_p2mp_branches(struct fib_p2mp_branch **branches, size_t *n)
{
	*n = 2;
	*branches = fib_alloc(2, sizeof(**branches));
	(*branches)[0] = (struct fib_p2mp_branch){.interface = "fifteen-letters",
						  .next_hop = address("fe80::1"),
						  .n_labels = FIB_MAX_LABELS,
						  .labels = {0xfffff, 0xfffff, 16, 0xfffff}};
	(*branches)[1] = (struct fib_p2mp_branch){.interface = "eth1",
						  .next_hop = address("192.0.2.1"),
						  .n_labels = 1,
						  .labels = {17}};
}

static struct fib_op ilm_op(void)
{
	struct fib_op op = {.key = fib_key_p2mp_ilm(0xfffff), .generation = 8};
	struct fib_p2mp_ilm *v = &op.value.p2mp_ilm;

	two_p2mp_branches(&v->branches, &v->n_branches);
	snprintf(v->local_interface, FIB_IFNAME_LEN, "mplsmc0");
	v->ttl = FIB_TTL_PIPE;
	v->payload = FIB_PAYLOAD_IPV6;
	return op;
}

static struct fib_op transit_op(void)
{
	struct fib_op op = {.key = fib_key_p2mp_ilm(16), .generation = 9};

	two_p2mp_branches(&op.value.p2mp_ilm.branches, &op.value.p2mp_ilm.n_branches);
	op.value.p2mp_ilm.n_branches = 1;
	return op;
}

/* From one LAN to another, by upstream-assigned labels. */
static struct fib_op context_op(void)
{
	struct fib_op op = {.key = fib_key_p2mp_context("fifteen-letters", 17, 0xfffff),
			    .generation = 9};
	struct fib_p2mp_branch *b = fib_alloc(1, sizeof(*b));

	*b = (struct fib_p2mp_branch){
		.interface = "eth1", .n_labels = 2, .labels = {18, 3001}, .multicast = true};
	op.value.p2mp_ilm.branches = b;
	op.value.p2mp_ilm.n_branches = 1;
	return op;
}

static struct fib_op ftn_op(void)
{
	struct addr group = address("ff3e::1"), source = address("2001:db8::3");
	struct fib_op op = {.key = fib_key_p2mp_ftn("red", &group, &source), .generation = 10};
	struct fib_p2mp_ftn *v = &op.value.p2mp_ftn;

	snprintf(v->upstream_interface, FIB_IFNAME_LEN, "fifteen-letters");
	two_p2mp_branches(&v->branches, &v->n_branches);
	v->ttl = FIB_TTL_UNIFORM;
	return op;
}

static struct fib_op deletion_op(void)
{
	return (struct fib_op){
		.key = fib_key_access_session(7, 8), .generation = 7, .deleted = true};
}

static struct fib_op (*const op_samples[])(void) = {
	tunnel_op, session_op, replication_op, flow_op, empty_flow_op,
	ilm_op,	   transit_op, context_op,     ftn_op,	deletion_op,
};

static struct fib_msg update_msg(void)
{
	struct fib_msg m = {.type = FIB_MSG_UPDATE};

	m.update.journal = 12;
	m.update.n_ops = array_size(op_samples);
	m.update.ops = fib_alloc(m.update.n_ops, sizeof(struct fib_op));
	for (size_t i = 0; i < m.update.n_ops; i++)
		m.update.ops[i] = op_samples[i]();
	return m;
}

static struct fib_msg hello_msg(void)
{
	return (struct fib_msg){
		.type = FIB_MSG_HELLO,
		.hello = {.instance_uuid = {[15] = 255},
			  .name = "agent",
			  .role = FIB_OBSERVER,
			  .proto_min = 1,
			  .proto_max = 2,
			  .tables = FIB_TABLE_ALL,
			  .max_batch = 3,
			  .window = 4,
			  .last_epoch = 5,
			  .last_journal = 6,
			  .capabilities = {true, true, true, 127, true, true, true, true, true},
			  .software = "agent 1.0"},
	};
}

static struct fib_msg hello_ack_msg(void)
{
	return (struct fib_msg){
		.type = FIB_MSG_HELLO_ACK,
		.hello_ack = {1, 2, 1000, 3, true, 4, 5, "daemon 1.0"},
	};
}

static struct fib_msg begin_msg(void)
{
	return (struct fib_msg){.type = FIB_MSG_SNAPSHOT_BEGIN, .snapshot_begin = {FIB_L2TP_FLOW}};
}

static struct fib_msg end_msg(void)
{
	return (struct fib_msg){.type = FIB_MSG_SNAPSHOT_END,
				.snapshot_end = {FIB_L2TP_TUNNEL, 50000, true}};
}

static struct fib_msg ack_msg(void)
{
	return (struct fib_msg){.type = FIB_MSG_ACK, .ack = {UINT64_MAX}};
}

static struct fib_msg status_msg(void)
{
	struct fib_msg m = {.type = FIB_MSG_STATUS};

	m.status.n = 2;
	m.status.status = fib_alloc(2, sizeof(struct fib_status));
	m.status.status[0] =
		(struct fib_status){fib_key_l2tp_replication(1, 2), 9, FIB_FAILED, 28, "no space"};
	m.status.status[1] = (struct fib_status){fib_key_l2tp_tunnel(1), 10, FIB_REMOVED, 0, ""};
	return m;
}

static struct fib_msg activity_msg(void)
{
	struct fib_msg m = {.type = FIB_MSG_ACTIVITY};

	m.activity.n = 1;
	m.activity.activity = fib_alloc(1, sizeof(struct fib_activity));
	m.activity.activity[0] =
		(struct fib_activity){fib_key_access_session(3, 4), 1, 2, 3, 4, 5, UINT64_MAX};
	return m;
}

static struct fib_msg ping_msg(void)
{
	return (struct fib_msg){.type = FIB_MSG_PING, .ping = {1}};
}

static struct fib_msg pong_msg(void)
{
	return (struct fib_msg){.type = FIB_MSG_PONG, .pong = {2}};
}

static struct fib_msg bye_msg(void)
{
	return (struct fib_msg){.type = FIB_MSG_BYE, .bye = {FIB_BYE_ADMIN, "go away"}};
}

static const struct sample {
	const char *name;
	struct fib_msg (*make)(void);
} samples[] = {
	{"update", update_msg}, {"hello", hello_msg},	    {"hello_ack", hello_ack_msg},
	{"begin", begin_msg},	{"end", end_msg},	    {"ack", ack_msg},
	{"status", status_msg}, {"activity", activity_msg}, {"ping", ping_msg},
	{"pong", pong_msg},	{"bye", bye_msg},
};

static struct fib_msg sample(size_t i)
{
	struct fib_msg m = samples[i].make();

	m.seq = 1000 + i;
	m.epoch = 2000 + i;
	return m;
}

/* ---------------------------------------------------------------- comparing */

static void compare_ops(const struct fib_msg *a, const struct fib_msg *b)
{
	ck_assert_uint_eq(a->update.journal, b->update.journal);
	ck_assert_uint_eq(a->update.n_ops, b->update.n_ops);
	for (size_t i = 0; i < a->update.n_ops; i++) {
		const struct fib_op *x = &a->update.ops[i], *y = &b->update.ops[i];

		ck_assert_mem_eq(&x->key, &y->key, sizeof(x->key));
		ck_assert_uint_eq(x->generation, y->generation);
		ck_assert_int_eq(x->deleted, y->deleted);
		if (!x->deleted)
			ck_assert(fib_value_equal(x->key.table, &x->value, &y->value));
	}
}

static void compare(const struct fib_msg *a, const struct fib_msg *b)
{
	ck_assert_uint_eq(a->seq, b->seq);
	ck_assert_uint_eq(a->epoch, b->epoch);
	ck_assert_int_eq(a->type, b->type);
	switch (a->type) {
	case FIB_MSG_UPDATE:
		compare_ops(a, b);
		break;
	case FIB_MSG_STATUS:
		ck_assert_uint_eq(a->status.n, b->status.n);
		for (size_t i = 0; i < a->status.n; i++)
			ck_assert_mem_eq(&a->status.status[i], &b->status.status[i],
					 sizeof(struct fib_status));
		break;
	case FIB_MSG_ACTIVITY:
		ck_assert_uint_eq(a->activity.n, b->activity.n);
		for (size_t i = 0; i < a->activity.n; i++) {
			const struct fib_activity *x = &a->activity.activity[i];
			const struct fib_activity *y = &b->activity.activity[i];

			ck_assert_mem_eq(&x->key, &y->key, sizeof(x->key));
			ck_assert_mem_eq(&x->packets, &y->packets, /* not what lies between */
					 sizeof(*x) - offsetof(struct fib_activity, packets));
		}
		break;
	default: /* everything is in the struct, and made from zero on both sides */
		ck_assert_mem_eq(&a->hello, &b->hello,
				 sizeof(*a) - offsetof(struct fib_msg, hello));
	}
}

START_TEST(every_message_survives_encoding_and_decoding)
{
	struct fib_msg m = sample(_i), back;
	const char *why = NULL;
	uint8_t *data;
	size_t len = fib_encode(&m, &data);

	ck_assert_uint_gt(len, 1);
	ck_assert_uint_eq(data[0], FIB_MAGIC);
	ck_assert_msg(fib_decode((struct span){data, len}, &back, &why), "%s", why);
	compare(&m, &back);
	fib_msg_free(&m);
	fib_msg_free(&back);
	free(data);
}
END_TEST

/* A message that ends early is refused or, between two fields, a shorter message; never more. */
START_TEST(no_truncation_does_harm)
{
	struct fib_msg m = sample(_i), back;
	const char *why;
	uint8_t *data;
	size_t len = fib_encode(&m, &data);

	for (size_t n = 0; n < len; n++) {
		uint8_t *copy = malloc(n ? n : 1); /* so that ASan sees what is read beyond */

		memcpy(copy, data, n);
		if (fib_decode((struct span){copy, n}, &back, &why))
			fib_msg_free(&back);
		else
			ck_assert_ptr_nonnull(why);
		free(copy);
	}
	fib_msg_free(&m);
	free(data);
}
END_TEST

START_TEST(the_size_of_an_operation_is_never_underestimated)
{
	struct fib_msg m = {.type = FIB_MSG_UPDATE};
	struct fib_op op = op_samples[_i]();
	uint8_t *data;
	size_t len;

	m.update.n_ops = 1;
	m.update.ops = &op;
	len = fib_encode(&m, &data);
	ck_assert_uint_gt(len, 0);
	ck_assert_uint_le(len,
			  op.deleted ? fib_op_size(0, NULL) : fib_op_size(op.key.table, &op.value));
	free(data);
	if (!op.deleted)
		fib_value_free(op.key.table, &op.value);
}
END_TEST

static struct fib_op big_op(size_t branches)
{
	struct fib_op op = empty_flow_op();
	struct fib_l2tp_flow *f = &op.value.l2tp_flow;

	f->n_branches = branches;
	f->branches = fib_alloc(branches, sizeof(f->branches[0]));
	for (size_t i = 0; i < branches; i++)
		f->branches[i] = (struct fib_flow_branch){.kind = FIB_BRANCH_MULTICAST_SESSION,
							  .tunnel_id = i,
							  .session_id = i,
							  .peer_session_id = i,
							  .sequencing = i & 1,
							  .maximum_bps = i,
							  .maximum_packet = i,
							  .length = i & 2};
	return op;
}

START_TEST(messages_have_a_maximum_size)
{
	static const size_t branches[] = {1, 127, 128, 16383, 16384, 50000, 65536};

	for (size_t i = 0; i < array_size(branches); i++) {
		struct fib_op op = big_op(branches[i]);
		struct fib_msg m = {.type = FIB_MSG_UPDATE, .update = {.n_ops = 1, .ops = &op}};
		size_t bound = fib_op_size(FIB_L2TP_FLOW, &op.value);
		uint8_t *data;
		size_t len = fib_encode(&m, &data);

		ck_assert_uint_le(len, bound);
		ck_assert_int_eq(len == 0, bound > FIB_MAX_MESSAGE);
		ck_assert_int_eq(data == NULL, len == 0);
		free(data);
		fib_value_free(FIB_L2TP_FLOW, &op.value);
	}
}
END_TEST

enum change {
	PEER_TUNNEL,
	LOCAL_ADDRESS,
	LOCAL_PORT,
	PEER_ADDRESS,
	PEER_PORT,
	CHECKSUM, /* tunnel */
	PEER_SESSION,
	ROLE,
	INTERFACE,
	FRAMING,
	MAC,
	PPPOE_SESSION,
	VLANS,
	VLAN,
	UNICAST,
	MAXIMUM,
	SESSION_SEQUENCING,
	SESSION_LATE,
	MEMBERS,
	MEMBER,
	PRIORITY,
	LATE, /* replication */
	UPSTREAM,
	BRANCHES,
	KIND,
	TUNNEL,
	SESSION,
	BRANCH_PEER,
	SEQUENCING,
	MAXIMUM_BPS,
	MAXIMUM_PACKET,
	LENGTH, /* flow */
	ILM_BRANCHES,
	ILM_INTERFACE,
	ILM_NEXT_HOP,
	ILM_LABELS,
	ILM_LABEL,
	ILM_MULTICAST,
	ILM_LOCAL,
	ILM_TTL,
	ILM_PAYLOAD, /* label */
	FTN_BRANCHES,
	FTN_INTERFACE,
	FTN_NEXT_HOP,
	FTN_LABELS,
	FTN_LABEL,
	FTN_MULTICAST,
	FTN_UPSTREAM,
	FTN_TTL, /* stream onto an LSP */
	CHANGES
};

static void change_tunnel(struct fib_l2tp_tunnel *t, enum change what)
{
	t->peer_tunnel_id ^= what == PEER_TUNNEL;
	t->local.addr.b[15] ^= what == LOCAL_ADDRESS;
	t->local.port ^= what == LOCAL_PORT;
	t->peer.addr.b[0] ^= what == PEER_ADDRESS;
	t->peer.port ^= what == PEER_PORT;
	t->udp_checksum ^= what == CHECKSUM;
}

static void change_session(struct fib_access_session *s, enum change what)
{
	s->peer_session_id ^= what == PEER_SESSION;
	s->role ^= what == ROLE ? FIB_ROLE_LAC ^ FIB_ROLE_LNS : 0;
	s->interface[14] ^= what == INTERFACE;
	s->framing ^= what == FRAMING ? FIB_FRAMING_PPPOE ^ FIB_FRAMING_ETHERNET : 0;
	s->pppoe.mac[5] ^= what == MAC;
	s->pppoe.session_id ^= what == PPPOE_SESSION;
	s->pppoe.n_vlans -= what == VLANS;
	s->pppoe.vlan[1] ^= what == VLAN;
	s->unicast ^= what == UNICAST;
	s->maximum_packet ^= what == MAXIMUM;
	s->sequencing ^= what == SESSION_SEQUENCING;
	s->drop_late ^= what == SESSION_LATE;
}

static void change_replication(struct fib_l2tp_replication *r, enum change what)
{
	r->n_members -= what == MEMBERS;
	r->members[2].session_id ^= what == MEMBER;
	r->members[2].priority ^= what == PRIORITY ? FIB_MULTICAST_FIRST ^ FIB_UNICAST_FIRST : 0;
	r->drop_late ^= what == LATE;
}

static void change_flow(struct fib_l2tp_flow *f, enum change what)
{
	f->upstream_interface[0] ^= what == UPSTREAM;
	f->n_branches -= what == BRANCHES;
	f->branches[0].kind ^= what == KIND ? 3 : 0;
	f->branches[1].tunnel_id ^= what == TUNNEL;
	f->branches[1].session_id ^= what == SESSION;
	f->branches[0].peer_session_id ^= what == BRANCH_PEER;
	f->branches[0].sequencing ^= what == SEQUENCING;
	f->branches[0].maximum_bps ^= what == MAXIMUM_BPS;
	f->branches[0].maximum_packet ^= what == MAXIMUM_PACKET;
	f->branches[0].length ^= what == LENGTH;
}

static void change_p2mp(struct fib_p2mp_branch *b, size_t *n, int what)
{
	*n -= what == 0;
	b[1].interface[0] ^= what == 1;
	b[1].next_hop.b[15] ^= what == 2;
	b[0].n_labels -= what == 3;
	b[0].labels[FIB_MAX_LABELS - 1] ^= what == 4;
	b[1].multicast ^= what == 5;
}

static void change_ilm(struct fib_p2mp_ilm *v, enum change what)
{
	change_p2mp(v->branches, &v->n_branches, what - ILM_BRANCHES);
	v->local_interface[0] ^= what == ILM_LOCAL;
	v->ttl ^= what == ILM_TTL ? FIB_TTL_UNIFORM ^ FIB_TTL_PIPE : 0;
	v->payload ^= what == ILM_PAYLOAD ? FIB_PAYLOAD_IPV4 ^ FIB_PAYLOAD_IPV6 : 0;
}

static void change_ftn(struct fib_p2mp_ftn *v, enum change what)
{
	change_p2mp(v->branches, &v->n_branches, what - FTN_BRANCHES);
	v->upstream_interface[0] ^= what == FTN_UPSTREAM;
	v->ttl ^= what == FTN_TTL ? FIB_TTL_UNIFORM ^ FIB_TTL_PIPE : 0;
}

static void change_value(enum fib_table table, union fib_value *v, enum change what)
{
	if (table == FIB_L2TP_TUNNEL)
		change_tunnel(&v->l2tp_tunnel, what);
	else if (table == FIB_ACCESS_SESSION)
		change_session(&v->access_session, what);
	else if (table == FIB_P2MP_ILM)
		change_ilm(&v->p2mp_ilm, what);
	else if (table == FIB_P2MP_FTN)
		change_ftn(&v->p2mp_ftn, what);
	else if (table == FIB_L2TP_FLOW)
		change_flow(&v->l2tp_flow, what);
	else
		change_replication(&v->l2tp_replication, what);
}

START_TEST(every_field_of_a_value_makes_a_difference)
{
	enum change what = _i;
	struct fib_op op = what < PEER_SESSION	 ? tunnel_op()
			   : what < MEMBERS	 ? session_op()
			   : what < UPSTREAM	 ? replication_op()
			   : what < ILM_BRANCHES ? flow_op()
			   : what < FTN_BRANCHES ? ilm_op()
						 : ftn_op();
	enum fib_table table = op.key.table;
	union fib_value copy = {};

	fib_value_copy(table, &copy, &op.value);
	ck_assert(fib_value_equal(table, &copy, &op.value));
	change_value(table, &copy, what);
	ck_assert(!fib_value_equal(table, &copy, &op.value));
	fib_value_free(table, &copy);
	fib_value_free(table, &op.value);
}
END_TEST

/* ---------------------------------------------------------------- what is not enforced */

/* A4045-17 and R4045-6.3.3-2 for agents: the object is theirs all the same. */
START_TEST(what_a_consumer_cannot_enforce_has_a_name)
{
	static const struct {
		struct fib_op (*op)(void);
		struct fib_capabilities can;
		const char * not ;
	} rows[] = {
		{tunnel_op, {}, NULL},
		{session_op, {}, "sequencing"},
		{session_op, {.sequencing = true}, NULL},
		{replication_op, {}, "priority"},
		{replication_op, {.priority = true}, "drop-late"},
		{replication_op, {.priority = true, .sequencing = true}, NULL},
		{flow_op, {.priority = true}, "maximum-bps"},
		{flow_op, {.maximum_bps = true}, NULL},
		{empty_flow_op, {}, NULL},
	};

	for (size_t i = 0; i < array_size(rows); i++) {
		struct fib_op op = rows[i].op();
		const char *not = fib_value_unenforced(op.key.table, &op.value, &rows[i].can);

		ck_assert_msg(!not == !rows[i].not &&(!not || !strcmp(not, rows[i].not )),
			      "row %zu: %s", i, not ? not : "all enforced");
		fib_value_free(op.key.table, &op.value);
	}
}
END_TEST

/* ---------------------------------------------------------------- names */

START_TEST(keys_have_names)
{
	struct addr group = address("232.1.1.1"), source = address("10.0.0.1"), any;
	uint8_t zero[4] = {};
	struct fib_key key;
	char buf[192];

	any = addr_from_v4(zero);
	key = fib_key_l2tp_flow(NULL, &group, &source);
	ck_assert_str_eq(fib_key_str(&key, buf, sizeof(buf)), "l2tp-flow 232.1.1.1 from 10.0.0.1");
	key = fib_key_l2tp_flow("red", &group, &any);
	ck_assert_str_eq(fib_key_str(&key, buf, sizeof(buf)), "l2tp-flow 232.1.1.1 from * vrf red");
	key = fib_key_p2mp_ftn("red", &group, &source);
	ck_assert_str_eq(fib_key_str(&key, buf, sizeof(buf)),
			 "p2mp-ftn 232.1.1.1 from 10.0.0.1 vrf red");
	key = fib_key_p2mp_ilm(1048575);
	ck_assert_str_eq(fib_key_str(&key, buf, sizeof(buf)), "p2mp-ilm 1048575");
	key = fib_key_p2mp_context("eth1", 17, 3001);
	ck_assert_str_eq(fib_key_str(&key, buf, sizeof(buf)), "p2mp-ilm 3001 context 17 on eth1");
	key = fib_key_access_session(7, 3);
	ck_assert_str_eq(fib_key_str(&key, buf, sizeof(buf)), "access-session 7/3");
	key = fib_key_l2tp_tunnel(7);
	ck_assert_str_eq(fib_key_str(&key, buf, sizeof(buf)), "l2tp-tunnel 7");
	key.table = 99;
	ck_assert_str_eq(fib_key_str(&key, buf, sizeof(buf)), "unknown");
}
END_TEST

/* ---------------------------------------------------------------- main */

static int write_corpus(const char *dir)
{
	for (size_t i = 0; i < array_size(samples); i++) {
		struct fib_msg m = sample(i);
		char path[4096];
		uint8_t *data;
		size_t len = fib_encode(&m, &data);
		FILE *f;

		snprintf(path, sizeof(path), "%s/%s", dir, samples[i].name);
		f = fopen(path, "wb");
		if (!f || fwrite(data, 1, len, f) != len)
			return 1;
		fclose(f);
		free(data);
		fib_msg_free(&m);
	}
	return 0;
}

int main(int argc, char **argv)
{
	Suite *s = suite_create("fib_codec");
	TCase *c = tcase_create("fib_codec");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(c, every_message_survives_encoding_and_decoding, 0,
			    array_size(samples));
	tcase_add_loop_test(c, no_truncation_does_harm, 0, array_size(samples));
	tcase_add_loop_test(c, the_size_of_an_operation_is_never_underestimated, 0,
			    array_size(op_samples));
	tcase_add_test(c, messages_have_a_maximum_size);
	tcase_add_loop_test(c, every_field_of_a_value_makes_a_difference, 0, CHANGES);
	tcase_add_test(c, what_a_consumer_cannot_enforce_has_a_name);
	tcase_add_test(c, keys_have_names);
	suite_add_tcase(s, c);
	if (argc == 3 && strcmp(argv[1], "--corpus") == 0)
		return write_corpus(argv[2]);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
