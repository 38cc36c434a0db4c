// SPDX-License-Identifier: GPL-2.0-or-later
/* The publisher of mcfib/1: what is sent, when, and what comes of the answers. */
#include "tests/unit/fib_rig.h"

/* ---------------------------------------------------------------- snapshot and order */

START_TEST(a_new_consumer_gets_every_table_between_markers)
{
	/* the empty ones first */
	static const enum fib_table order[] = {FIB_ACCESS_SESSION, FIB_L2TP_REPLICATION,
					       FIB_P2MP_ILM,	   FIB_P2MP_FTN,
					       FIB_L2TP_TUNNEL,	   FIB_L2TP_FLOW};
	struct fib_msg m;

	set_flow(1, 1, 1);
	set_flow(2, 1, 1);
	set_tunnel(9);
	say_hello(0);
	m = hear(0, FIB_MSG_HELLO_ACK);
	ck_assert_uint_eq(m.seq, 1);
	ck_assert_uint_eq(m.hello_ack.proto, 1);
	ck_assert_uint_eq(m.hello_ack.heartbeat_ms, 1000);
	ck_assert(!m.hello_ack.resume);
	for (size_t i = 0; i < array_size(order); i++) {
		size_t count = fib_pub_count(pub, order[i]);

		m = hear(0, FIB_MSG_SNAPSHOT_BEGIN);
		ck_assert_int_eq(m.snapshot_begin.table, order[i]);
		if (count) {
			m = hear(0, FIB_MSG_UPDATE);
			ck_assert_uint_eq(m.update.n_ops, count);
			ck_assert_int_eq(m.update.ops[0].key.table, order[i]);
			fib_msg_free(&m);
		}
		m = hear(0, FIB_MSG_SNAPSHOT_END);
		ck_assert_int_eq(m.snapshot_end.table, order[i]);
		ck_assert_uint_eq(m.snapshot_end.object_count, count);
		ck_assert(!m.snapshot_end.config_complete);
	}
	hear_nothing();
	ck_assert_uint_eq(ups, 1);
}
END_TEST

START_TEST(completion_is_told_after_what_was_set_before_it)
{
	struct fib_msg m;

	go_live(0);
	set_flow(1, 1, 1);
	fib_pub_complete(pub);
	for (int table = 1; table < FIB_TABLES; table++) {
		if (table == FIB_L2TP_FLOW)
			continue;
		m = hear(0, FIB_MSG_SNAPSHOT_END);
		ck_assert_int_eq(m.snapshot_end.table, table);
		ck_assert(m.snapshot_end.config_complete);
	}
	m = hear(0, FIB_MSG_UPDATE); /* else the consumer would sweep what it still has of it */
	fib_msg_free(&m);
	m = hear(0, FIB_MSG_SNAPSHOT_END);
	ck_assert_int_eq(m.snapshot_end.table, FIB_L2TP_FLOW);
	ck_assert_uint_eq(m.snapshot_end.object_count, 1);
	hear_nothing();
}
END_TEST

START_TEST(users_come_after_what_they_use_and_go_before_it)
{
	struct fib_key tunnel = fib_key_l2tp_tunnel(1), session = fib_key_access_session(1, 2);
	struct fib_key flow = flow_key(3);
	struct fib_msg m;

	go_live(0);
	set_flow(3, 2, 1);
	set_session(1, 2, false);
	set_tunnel(1);
	m = hear(0, FIB_MSG_UPDATE);
	ck_assert_uint_eq(m.update.n_ops, 3);
	for (int i = 0; i < 3; i++)
		ck_assert(!m.update.ops[i].deleted);
	ck_assert_int_eq(m.update.ops[0].key.table, FIB_L2TP_TUNNEL);
	ck_assert_int_eq(m.update.ops[1].key.table, FIB_ACCESS_SESSION);
	ck_assert_int_eq(m.update.ops[2].key.table, FIB_L2TP_FLOW);
	fib_msg_free(&m);
	fib_pub_del(pub, &tunnel);
	fib_pub_del(pub, &session);
	fib_pub_del(pub, &flow);
	m = hear(0, FIB_MSG_UPDATE);
	ck_assert_uint_eq(m.update.n_ops, 3);
	for (int i = 0; i < 3; i++)
		ck_assert(m.update.ops[i].deleted);
	ck_assert_int_eq(m.update.ops[0].key.table, FIB_L2TP_FLOW);
	ck_assert_int_eq(m.update.ops[1].key.table, FIB_ACCESS_SESSION);
	ck_assert_int_eq(m.update.ops[2].key.table, FIB_L2TP_TUNNEL);
	fib_msg_free(&m);
}
END_TEST

/* ---------------------------------------------------------------- coalescing, batches, window */

START_TEST(a_flapping_object_is_one_mark_and_the_last_state_wins)
{
	struct fib_key key = flow_key(1);
	uint64_t generation = 0;
	struct fib_msg m;

	go_live(0);
	for (int i = 0; i < 1000000; i++) { /* design/fib.md test 4 */
		uint64_t g = set_flow(1, i % 60000, 1);

		ck_assert_uint_gt(g, generation);
		generation = g;
	}
	ck_assert_uint_eq(info_of(0).dirty, 1);
	m = hear(0, FIB_MSG_UPDATE);
	ck_assert_uint_eq(m.update.n_ops, 1);
	ck_assert_uint_eq(m.update.ops[0].generation, generation);
	ck_assert_uint_eq(m.update.ops[0].value.l2tp_flow.branches[0].session_id, 999999 % 60000);
	fib_msg_free(&m);
	fib_pub_del(pub, &key);
	set_flow(1, 7, 1); /* deletion and new object: one change, no gap in forwarding */
	m = hear(0, FIB_MSG_UPDATE);
	ck_assert_uint_eq(m.update.n_ops, 1);
	ck_assert(!m.update.ops[0].deleted);
	ck_assert_uint_gt(m.update.ops[0].generation, generation);
	fib_msg_free(&m);
	hear_nothing();
}
END_TEST

START_TEST(an_equal_value_changes_nothing)
{
	uint64_t generation = set_flow(1, 5, 2);

	go_live(0);
	ck_assert_uint_eq(set_flow(1, 5, 2), generation);
	ck_assert_uint_eq(fib_pub_stats(pub)->unchanged, 1);
	hear_nothing();
	ck_assert_uint_ne(set_flow(1, 6, 2), generation);
	ck_assert_uint_eq(hear_all(), 1);
}
END_TEST

START_TEST(an_object_that_was_never_sent_is_deleted_without_a_word)
{
	struct fib_key key = flow_key(1);

	go_live(0);
	set_flow(1, 1, 1);
	fib_pub_del(pub, &key);
	fib_pub_del(pub, &key);
	hear_nothing();
	ck_assert_uint_eq(fib_pub_count(pub, FIB_L2TP_FLOW), 0);
}
END_TEST

START_TEST(updates_hold_no_more_than_the_consumer_wants)
{
	struct fib_msg m;

	peers[0].hello.max_batch = 3;
	go_live(0);
	for (int i = 0; i < 7; i++)
		set_flow(i, 1, 1);
	for (int left = 7; left > 0; left -= 3) {
		m = hear(0, FIB_MSG_UPDATE);
		ck_assert_uint_eq(m.update.n_ops, left < 3 ? left : 3);
		fib_msg_free(&m);
	}
	hear_nothing();
}
END_TEST

START_TEST(updates_stay_below_the_size_of_a_message)
{
	size_t total = 0;

	go_live(0);
	for (int i = 0; i < 10; i++)
		set_flow(i, 20000, 20000); /* 18 octets a branch */
	while (total < 10) {
		struct fib_msg m = hear(0, FIB_MSG_UPDATE);
		size_t size = 0;

		for (size_t i = 0; i < m.update.n_ops; i++)
			size += fib_op_size(FIB_L2TP_FLOW, &m.update.ops[i].value);
		ck_assert_uint_le(size, FIB_MAX_MESSAGE - 64);
		ck_assert_uint_gt(m.update.n_ops, 1);
		total += m.update.n_ops;
		fib_msg_free(&m);
	}
	hear_nothing();
}
END_TEST

START_TEST(beyond_the_window_only_marks_grow)
{
	struct fib_msg m;
	uint64_t seq = 0;

	peers[0].hello.max_batch = 1;
	peers[0].hello.window = 4;
	go_live(0);
	for (int i = 0; i < 10; i++)
		set_flow(i, 1, 1);
	for (int i = 0; i < 4; i++) {
		m = hear(0, FIB_MSG_UPDATE);
		seq = m.seq;
		fib_msg_free(&m);
	}
	hear_nothing();
	ck_assert_uint_eq(info_of(0).dirty, 6);
	say_ack(0, seq - 2);
	for (int i = 0; i < 2; i++) {
		m = hear(0, FIB_MSG_UPDATE);
		fib_msg_free(&m);
	}
	hear_nothing();
	say(0, (struct fib_msg){.type = FIB_MSG_PING, .ping = {.stamp = 123}});
	m = hear(0, FIB_MSG_PONG); /* the session itself goes on */
	ck_assert_uint_eq(m.pong.stamp, 123);
}
END_TEST

START_TEST(consumers_take_turns)
{
	int said[2] = {};

	for (int i = 0; i < 2; i++) {
		peers[i].hello.max_batch = 1;
		go_live(i);
	}
	for (int i = 0; i < 10; i++)
		set_flow(i, 1, 1);
	for (int i = 0; i < 10; i++) {
		struct fib_route to;
		struct fib_msg m;

		ck_assert(fib_pub_output(pub, &to, &m, now));
		said[to.id[0] - 1]++;
		fib_msg_free(&m);
	}
	ck_assert_int_eq(said[0], 5);
	ck_assert_int_eq(said[1], 5);
}
END_TEST

/* ---------------------------------------------------------------- a full transport */

/* Every message of a session is refused once; all has to arrive nevertheless. */
START_TEST(what_the_transport_cannot_take_is_sent_again)
{
	struct fib_key gone = flow_key(3);
	struct fib_route to;
	struct fib_msg m;
	uint64_t seq = 0;
	unsigned int ends = 0, refused = 0;
	size_t ops = 0;

	for (int i = 0; i < 5; i++)
		set_flow(i, 1, 1);
	set_tunnel(1);
	peers[0].hello.max_batch = 2;
	say_hello(0);
	for (;;) {
		fib_pub_writable(pub);
		if (!fib_pub_output(pub, &to, &m, now))
			break;
		fib_pub_blocked(pub, &to, &m);
		fib_msg_free(&m);
		hear_nothing(); /* not even to try */
		refused++;
		if (refused == 12)
			fib_pub_del(pub, &gone);
		fib_pub_writable(pub);
		if (!fib_pub_output(pub, &to, &m, now))
			break;
		ck_assert_uint_eq(m.seq, ++seq); /* without gaps */
		ends += m.type == FIB_MSG_SNAPSHOT_END;
		if (m.type == FIB_MSG_UPDATE)
			for (size_t i = 0; i < m.update.n_ops; i++)
				ops += m.update.ops[i].deleted ? -1 : 1;
		if (m.type == FIB_MSG_SNAPSHOT_END && m.snapshot_end.table == FIB_L2TP_FLOW)
			ck_assert_uint_eq(m.snapshot_end.object_count + 1, ops);
		fib_msg_free(&m);
	}
	ck_assert_uint_eq(ends, FIB_TABLES - 1);
	ck_assert_uint_eq(ops, 5); /* four flows and the tunnel */
	ck_assert_uint_ge(refused, 12);
	ck_assert_uint_eq(info_of(0).requeued, refused);
}
END_TEST

START_TEST(a_requeued_object_is_sent_as_it_is_by_then)
{
	struct fib_key key = flow_key(1);
	struct fib_route to;
	struct fib_msg m, again;
	uint64_t generation;

	go_live(0);
	set_flow(1, 1, 1);
	ck_assert(fib_pub_output(pub, &to, &m, now));
	generation = set_flow(1, 2, 1); /* meanwhile */
	fib_pub_blocked(pub, &to, &m);
	fib_pub_writable(pub);
	again = hear(0, FIB_MSG_UPDATE);
	ck_assert_uint_eq(again.update.n_ops, 1);
	ck_assert_uint_eq(again.update.ops[0].generation, generation);
	fib_msg_free(&m);
	fib_msg_free(&again);
	hear_nothing();
	/* a deletion that did not get through is not forgotten with its object */
	fib_pub_del(pub, &key);
	ck_assert(fib_pub_output(pub, &to, &m, now));
	fib_pub_blocked(pub, &to, &m);
	fib_msg_free(&m);
	fib_pub_writable(pub);
	again = hear(0, FIB_MSG_UPDATE);
	ck_assert(again.update.ops[0].deleted);
	fib_msg_free(&again);
	hear_nothing();
}
END_TEST

START_TEST(a_promise_that_did_not_arrive_is_not_kept)
{
	struct fib_route to;
	struct fib_msg m;

	peers[0].hello.max_batch = 2;
	go_live(0);
	set_flow(1, 1, 1);
	set_flow(2, 1, 1);
	ck_assert(fib_pub_output(pub, &to, &m, now));
	ck_assert_uint_gt(m.update.journal, 0); /* all is in here */
	fib_pub_blocked(pub, &to, &m);
	fib_msg_free(&m);
	set_tunnel(1); /* goes first, so that one flow is left */
	fib_pub_writable(pub);
	m = hear(0, FIB_MSG_UPDATE);
	ck_assert_uint_eq(m.update.n_ops, 2);
	ck_assert_uint_eq(m.update.journal, 0);
	fib_msg_free(&m);
}
END_TEST

START_TEST(completion_does_not_wait_for_deletions)
{
	struct fib_key tunnel = fib_key_l2tp_tunnel(1);
	struct fib_msg m;

	set_tunnel(1);
	set_session(1, 1, false);
	go_live(0);
	set_session(1, 1, true);
	fib_pub_del(pub, &tunnel);
	set_tunnel(1);
	fib_pub_complete(pub);
	fib_pub_del(pub, &tunnel);
	m = hear(0, FIB_MSG_SNAPSHOT_END);
	ck_assert_int_eq(m.snapshot_end.table, FIB_L2TP_TUNNEL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fib_pub");
	TCase *c = tcase_create("fib_pub");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, rig_setup, rig_teardown);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, a_new_consumer_gets_every_table_between_markers);
	tcase_add_test(c, completion_is_told_after_what_was_set_before_it);
	tcase_add_test(c, users_come_after_what_they_use_and_go_before_it);
	tcase_add_test(c, a_flapping_object_is_one_mark_and_the_last_state_wins);
	tcase_add_test(c, an_equal_value_changes_nothing);
	tcase_add_test(c, an_object_that_was_never_sent_is_deleted_without_a_word);
	tcase_add_test(c, updates_hold_no_more_than_the_consumer_wants);
	tcase_add_test(c, updates_stay_below_the_size_of_a_message);
	tcase_add_test(c, beyond_the_window_only_marks_grow);
	tcase_add_test(c, consumers_take_turns);
	tcase_add_test(c, what_the_transport_cannot_take_is_sent_again);
	tcase_add_test(c, a_requeued_object_is_sent_as_it_is_by_then);
	tcase_add_test(c, a_promise_that_did_not_arrive_is_not_kept);
	tcase_add_test(c, completion_does_not_wait_for_deletions);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
