// SPDX-License-Identifier: GPL-2.0-or-later
/* mcfib/1: messages that no encoder of ours would write. */
#include "lib/base.h"

#include <check.h>
#include <stdlib.h>

#include "lib/fib_codec.h"

/* Just enough of protobuf to write what no encoder of ours would. */
static uint8_t hand[FIB_MAX_MESSAGE + 64];
static size_t hand_len;

static void varint(uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		hand[hand_len++] = v | 0x80;
	hand[hand_len++] = v;
}

static void number(unsigned int field, uint64_t v)
{
	varint(field << 3);
	varint(v);
}

static void octets(unsigned int field, const void *data, size_t len)
{
	varint(field << 3 | 2);
	varint(len);
	memcpy(hand + hand_len, data, len);
	hand_len += len;
}

static void text(unsigned int field, const char *t)
{
	octets(field, t, strlen(t));
}

/* Everything since `start` becomes the contents of a message field. */
static void wrap(size_t start, unsigned int field)
{
	static uint8_t inner[sizeof(hand)];
	size_t len = hand_len - start;

	memcpy(inner, hand + start, len);
	hand_len = start;
	octets(field, inner, len);
}

static size_t begin_hand(void)
{
	hand[0] = FIB_MAGIC;
	return hand_len = 1;
}

/* An Update of one operation: key in field `kind` with two IDs, then what value() writes. */
static void op_by_hand(unsigned int kind, uint64_t a, uint64_t b, void (*value)(void))
{
	size_t start = begin_hand();

	number(1, a);
	if (kind != FIB_L2TP_TUNNEL && (kind != FIB_P2MP_ILM || b))
		number(2, b);
	wrap(start, kind);
	wrap(start, 1); /* Op.key */
	number(2, 5);
	if (value)
		value();
	wrap(start, 1);		     /* Update.ops */
	wrap(start, FIB_MSG_UPDATE); /* Envelope.update */
}

static void with_value(unsigned int field, void (*fill)(void))
{
	size_t start = hand_len;

	fill();
	wrap(start, field);
}

static void fill_nothing(void)
{
}

static void fill_long_name(void)
{
	text(3, "a-name-of-16-letters");
}

static void fill_short_mac(void)
{
	with_value(6, fill_nothing);
}

static void fill_odd_address(void)
{
	text(2, "12345");
}

static void fill_big_port(void)
{
	number(3, 65536);
}

static void fill_many_vlans(void)
{
	size_t start = hand_len;

	text(1, "\1\1\1\1\1\1");
	for (int i = 0; i < 3; i++)
		number(3, 5);
	wrap(start, 6);
}

static void fill_big_vlan(void)
{
	size_t start = hand_len;

	text(1, "\1\1\1\1\1\1");
	number(3, 4096);
	wrap(start, 6);
}

static void fill_big_member(void)
{
	size_t start = hand_len;

	number(1, 65536);
	wrap(start, 1);
}

static void fill_p2mp_branch(const char *next_hop, size_t labels, uint32_t label)
{
	size_t start = hand_len;

	text(1, "eth1");
	text(2, next_hop);
	for (size_t i = 0; i < labels; i++)
		number(3, label);
	wrap(start, 1);
}

static void fill_many_labels(void)
{
	fill_p2mp_branch("1234", FIB_MAX_LABELS + 1, 16);
}

static void fill_big_label(void)
{
	fill_p2mp_branch("1234", 1, 1 << 20);
}

static void fill_odd_next_hop(void)
{
	fill_p2mp_branch("12345", 1, 16);
}

static void fill_long_local(void)
{
	text(2, "a-name-of-16-letters");
}

static const struct defect {
	const char *why;
	unsigned int kind;
	uint64_t a, b;
	unsigned int field;
	void (*fill)(void);
} defects[] = {
	{"ID or port of more than 16 bits", FIB_L2TP_TUNNEL, 65536, 0, 0, NULL},
	{"ID or port of more than 16 bits", FIB_ACCESS_SESSION, 1, 65536, 0, NULL},
	{"ID or port of more than 16 bits", FIB_L2TP_TUNNEL, 1, 0, 10, fill_big_port},
	{"ID or port of more than 16 bits", FIB_L2TP_REPLICATION, 1, 1, 12, fill_big_member},
	{"key and value of different tables", FIB_L2TP_TUNNEL, 1, 0, 11, fill_nothing},
	{"text too long", FIB_ACCESS_SESSION, 1, 1, 11, fill_long_name},
	{"MAC address is not of 6 octets", FIB_ACCESS_SESSION, 1, 1, 11, fill_short_mac},
	{"too many VLAN tags", FIB_ACCESS_SESSION, 1, 1, 11, fill_many_vlans},
	{"VLAN ID of more than 12 bits", FIB_ACCESS_SESSION, 1, 1, 11, fill_big_vlan},
	{"address is not of 4 or 16 octets", FIB_L2TP_TUNNEL, 1, 0, 10, fill_odd_address},
	{"label of more than 20 bits", FIB_P2MP_ILM, 1 << 20, 0, 0, NULL},
	{"label of more than 20 bits", FIB_P2MP_ILM, 16, 0, 14, fill_big_label},
	{"label of more than 20 bits", FIB_P2MP_ILM, 16, 1 << 20, 0, NULL},
	{"context label or interface without the other", FIB_P2MP_ILM, 16, 17, 0, NULL},
	{"too many labels", FIB_P2MP_ILM, 16, 0, 14, fill_many_labels},
	{"address is not of 4 or 16 octets", FIB_P2MP_ILM, 16, 0, 14, fill_odd_next_hop},
	{"text too long", FIB_P2MP_ILM, 16, 0, 14, fill_long_local},
	{"key and value of different tables", FIB_P2MP_ILM, 16, 0, 15, fill_nothing},
};

static const struct defect *defect;

static void write_defect(void)
{
	if (defect->fill)
		with_value(defect->field, defect->fill);
}

START_TEST(values_out_of_range_are_refused)
{
	const char *why = "";
	struct fib_msg m;

	defect = &defects[_i];
	op_by_hand(defect->kind, defect->a, defect->b, write_defect);
	ck_assert(!fib_decode((struct span){hand, hand_len}, &m, &why));
	ck_assert_str_eq(why, defect->why);
}
END_TEST

static void refuse(const char *reason)
{
	const char *why = "";
	struct fib_msg m;

	ck_assert(!fib_decode((struct span){hand, hand_len}, &m, &why));
	ck_assert_str_eq(why, reason);
}

START_TEST(what_is_no_message_is_refused)
{
	struct fib_msg m;
	const char *why;

	ck_assert(!fib_decode((struct span){NULL, 0}, &m, &why));
	begin_hand();
	hand[0] = 2;
	refuse("not of mcfib transport version 1");
	begin_hand();
	hand[hand_len++] = 0xff; /* a tag without end */
	refuse("not an Envelope");
	begin_hand();
	text(FIB_MSG_HELLO, "\x0a\x7f"); /* 127 octets that are not there */
	refuse("not an Envelope");
	begin_hand();
	hand_len = FIB_MAX_MESSAGE + 1;
	refuse("message too long");
	begin_hand();
	text(FIB_MSG_HELLO, ""); /* Hello without UUID */
	refuse("instance UUID is not of 16 octets");
}
END_TEST

/* Two octets each; unpacked they would take forty times as much. */
START_TEST(a_small_message_cannot_take_much_memory)
{
	size_t start = begin_hand();

	while (hand_len < FIB_MAX_MESSAGE - 16)
		text(1, "");
	wrap(start, FIB_MSG_UPDATE);
	refuse("not an Envelope");
	start = begin_hand();
	for (int i = 0; i <= FIB_MAX_BATCH; i++)
		text(1, "");
	wrap(start, FIB_MSG_UPDATE);
	refuse("too many operations");
}
END_TEST

static struct fib_msg accept_hand(void)
{
	const char *why = "";
	struct fib_msg m;

	ck_assert_msg(fib_decode((struct span){hand, hand_len}, &m, &why), "%s", why);
	return m;
}

START_TEST(what_is_merely_unknown_is_left_out)
{
	struct fib_msg m;
	size_t start;

	begin_hand();
	number(1, 7);
	text(31, "a body of a later version");
	m = accept_hand();
	ck_assert_int_eq(m.type, 0);
	ck_assert_uint_eq(m.seq, 7);
	op_by_hand(FIB_TABLES, 1, 1, NULL); /* a key of a table to come */
	m = accept_hand();
	ck_assert_uint_eq(m.update.n_ops, 0);
	fib_msg_free(&m);
	op_by_hand(FIB_ACCESS_SESSION, 1, 1, NULL); /* no value: deletion */
	m = accept_hand();
	ck_assert(m.update.ops[0].deleted);
	fib_msg_free(&m);
	start = begin_hand();
	octets(1, "0123456789abcdef", 16);
	text(2, "evil\x1b[2J");
	number(3, 9); /* role */
	for (int table = 0; table < 70; table += 3)
		number(6, table);
	number(99, 1);
	wrap(start, FIB_MSG_HELLO);
	m = accept_hand();
	ck_assert_str_eq(m.hello.name, "evil?[2J"); /* nothing a terminal would obey */
	ck_assert_int_eq(m.hello.role, 0);
	ck_assert_uint_eq(m.hello.tables, 1 << 3 | 1 << 6);
}
END_TEST

static void fill_unknown_role(void)
{
	number(2, 3);
}

static void unknown_role(void)
{
	with_value(11, fill_unknown_role);
}

static void fill_unknown_branch(void)
{
	size_t start = hand_len;

	text(9, "");
	wrap(start, 2);
}

static void unknown_branch(void)
{
	with_value(13, fill_unknown_branch);
}

static void ilm_parts(unsigned int local, unsigned int ttl, unsigned int payload)
{
	size_t start = begin_hand(), value;

	number(1, 16);
	wrap(start, FIB_P2MP_ILM);
	wrap(start, 1);
	value = hand_len;
	if (local)
		text(2, "mplsmc0");
	number(3, ttl);
	number(4, payload);
	wrap(value, 14);
	wrap(start, 1);
	wrap(start, FIB_MSG_UPDATE);
}

START_TEST(unknown_parts_of_a_label_are_seen_as_such)
{
	static const struct {
		unsigned int local, ttl, payload;
		bool known;
	} rows[] = {
		{1, FIB_TTL_UNIFORM, 0, true},
		{1, FIB_TTL_PIPE, FIB_PAYLOAD_IPV6, true},
		{1, 0, 0, false},		 /* needed, and not given */
		{0, 0, 0, true},		 /* not needed */
		{1, FIB_TTL_PIPE + 1, 0, false}, /* newer than this side */
		{1, FIB_TTL_PIPE, FIB_PAYLOAD_IPV6 + 1, false},
	};

	for (size_t i = 0; i < array_size(rows); i++) {
		struct fib_msg m;
		const char *what;

		ilm_parts(rows[i].local, rows[i].ttl, rows[i].payload);
		m = accept_hand();
		ck_assert_int_eq(fib_value_known(FIB_P2MP_ILM, &m.update.ops[0].value, &what),
				 rows[i].known);
		fib_msg_free(&m);
	}
}
END_TEST

START_TEST(unknown_parts_of_a_value_are_seen_as_such)
{
	const char *what;
	struct fib_msg m;
	size_t start;

	op_by_hand(FIB_ACCESS_SESSION, 1, 1, unknown_role);
	m = accept_hand();
	ck_assert(!fib_value_known(FIB_ACCESS_SESSION, &m.update.ops[0].value, &what));
	ck_assert_str_eq(what, "unknown session role");
	fib_msg_free(&m);
	start = begin_hand();
	octets(2, "\xe8\1\1\1", 4);
	wrap(start, FIB_L2TP_FLOW);
	wrap(start, 1);
	unknown_branch();
	wrap(start, 1);
	wrap(start, FIB_MSG_UPDATE);
	m = accept_hand();
	ck_assert_uint_eq(m.update.ops[0].value.l2tp_flow.n_branches, 1);
	ck_assert(!fib_value_known(FIB_L2TP_FLOW, &m.update.ops[0].value, &what));
	ck_assert_str_eq(what, "unknown kind of branch");
	fib_msg_free(&m);
}
END_TEST

static unsigned int priority;

static void fill_member(void)
{
	size_t start = hand_len;

	number(1, 7);
	number(2, priority);
	wrap(start, 1);
}

static void one_member(void)
{
	with_value(12, fill_member);
}

/* RFC 4045 6.3: nothing that could be known of multicast packets is a reason not to have them. */
START_TEST(a_priority_nobody_knows_is_best_effort)
{
	static const enum fib_priority rows[] = {FIB_BEST_EFFORT, FIB_UNICAST_FIRST,
						 FIB_MULTICAST_FIRST, FIB_BEST_EFFORT};
	const char *what;

	for (priority = 0; priority < array_size(rows); priority++) {
		const struct fib_l2tp_replication *v;
		struct fib_msg m;

		op_by_hand(FIB_L2TP_REPLICATION, 1, 1, one_member);
		m = accept_hand();
		v = &m.update.ops[0].value.l2tp_replication;
		ck_assert(fib_value_known(FIB_L2TP_REPLICATION, &m.update.ops[0].value, &what));
		ck_assert_uint_eq(v->members[0].session_id, 7);
		ck_assert_int_eq(v->members[0].priority, rows[priority]);
		fib_msg_free(&m);
	}
}
END_TEST

START_TEST(results_nobody_knows_are_kept_out_of_the_list)
{
	size_t start = begin_hand(), st;
	struct fib_msg m;

	for (int result = 0; result <= 5; result++) {
		st = hand_len;
		text(1, "\x0a\x02\x08\x01"); /* tunnel 1 */
		number(3, result);
		wrap(st, 1);
	}
	wrap(start, FIB_MSG_STATUS);
	m = accept_hand();
	ck_assert_uint_eq(m.status.n, 4);
	for (size_t i = 0; i < m.status.n; i++)
		ck_assert_int_eq(m.status.status[i].result, FIB_INSTALLED + i);
	fib_msg_free(&m);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fib_decode");
	TCase *c = tcase_create("fib_decode");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(c, values_out_of_range_are_refused, 0, array_size(defects));
	tcase_add_test(c, what_is_no_message_is_refused);
	tcase_add_test(c, a_small_message_cannot_take_much_memory);
	tcase_add_test(c, what_is_merely_unknown_is_left_out);
	tcase_add_test(c, unknown_parts_of_a_value_are_seen_as_such);
	tcase_add_test(c, unknown_parts_of_a_label_are_seen_as_such);
	tcase_add_test(c, a_priority_nobody_knows_is_best_effort);
	tcase_add_test(c, results_nobody_knows_are_kept_out_of_the_list);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
