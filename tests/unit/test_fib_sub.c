// SPDX-License-Identifier: GPL-2.0-or-later
/* The consumer's side of mcfib/1 against a scripted daemon. */
#include "lib/base.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/fib_sub.h"

#define EPOCH 900

static struct fib_sub *sub;
static struct fib_sub_params params;
static msec_t now;
static uint64_t seq, epoch;
static unsigned int ups, downs;

/* What the owner was told: "+1" tunnel 1 set, "-f2" flow 2 gone, "c4" table 4 complete. */
static char journal[1024];

/* The next apply() answers this; then INSTALLED again. */
static enum fib_result next_result;
static size_t activity_size; /* objects the owner has counters of */
static size_t activity_asked;

static void note(const char *what)
{
	size_t len = strlen(journal);

	snprintf(journal + len, sizeof(journal) - len, "%s%s", len ? " " : "", what);
}

/* Compares and forgets. */
#define EXPECT(what)                             \
	do {                                     \
		ck_assert_str_eq(journal, what); \
		journal[0] = '\0';               \
	} while (0)

static void apply(void *ctx, const struct fib_op *op, struct fib_status *status)
{
	char text[32];

	ck_assert_int_eq(status->result, op->deleted ? FIB_REMOVED : FIB_INSTALLED);
	ck_assert_uint_eq(status->generation, op->generation);
	snprintf(text, sizeof(text), "%c%s%u", op->deleted ? '-' : '+',
		 op->key.table == FIB_L2TP_FLOW ? "f" : "",
		 op->key.table == FIB_L2TP_FLOW ? op->key.l2tp_flow.group.b[15]
						: op->key.l2tp_tunnel.tunnel_id);
	note(text);
	if (!next_result)
		return;
	status->result = next_result;
	status->code = ENOSPC;
	snprintf(status->text, sizeof(status->text), "no room");
	next_result = 0;
}

static void complete(void *ctx, enum fib_table table)
{
	char text[8];

	snprintf(text, sizeof(text), "c%d", table);
	note(text);
}

static void session(void *ctx, const struct fib_hello_ack *ack)
{
	if (ack)
		ups++;
	else
		downs++;
}

static size_t activity(void *ctx, struct fib_activity *a, size_t max)
{
	size_t n = activity_size < max ? activity_size : max;

	activity_asked++;
	for (size_t i = 0; i < n; i++)
		a[i] = (struct fib_activity){.key = fib_key_l2tp_tunnel(1), .packets = i};
	activity_size -= n;
	return n;
}

static const struct fib_sub_ops ops = {apply, complete, session, activity};

static void setup(void)
{
	now = 1000;
	epoch = EPOCH;
	ups = downs = 0;
	journal[0] = '\0';
	next_result = 0;
	activity_asked = 0;
	params = (struct fib_sub_params){
		.instance_uuid = {1, 2, 3},
		.name = "agent",
		.software = "agent 1.0",
		.role = FIB_PRIMARY,
		.tables = 1 << FIB_L2TP_TUNNEL | 1 << FIB_L2TP_FLOW,
		.max_batch = 11,
		.window = 12,
		.capabilities = {.l2tp_replication = true, .activity = true},
	};
	sub = fib_sub_new(&params, &ops, NULL, now);
}

static void teardown(void)
{
	fib_sub_free(sub);
}

/* ---------------------------------------------------------------- the daemon */

static void say(struct fib_msg m)
{
	m.epoch = epoch;
	m.seq = ++seq;
	fib_sub_input(sub, &m, now);
	fib_msg_free(&m);
}

static struct fib_msg hear(enum fib_msg_type type)
{
	struct fib_msg m;

	ck_assert_msg(fib_sub_output(sub, &m, now), "nothing said, expected %d", type);
	ck_assert_int_eq(m.type, type);
	return m;
}

static void hear_nothing(void)
{
	struct fib_msg m;

	if (fib_sub_output(sub, &m, now))
		ck_abort_msg("said %d", m.type);
}

static void hear_all(void)
{
	struct fib_msg m;

	while (fib_sub_output(sub, &m, now))
		fib_msg_free(&m);
}

static void say_hello_ack(bool resume, uint32_t hold_s, uint32_t activity_ms)
{
	struct fib_msg m = {.type = FIB_MSG_HELLO_ACK};

	m.hello_ack = (struct fib_hello_ack){.proto = 1,
					     .session_id = 5,
					     .heartbeat_ms = 1000,
					     .liveness = 3,
					     .resume = resume,
					     .hold_on_loss_s = hold_s,
					     .activity_ms = activity_ms};
	seq = 0;
	say(m);
}

static void come_up(void)
{
	struct fib_msg m = hear(FIB_MSG_HELLO);

	fib_msg_free(&m);
	say_hello_ack(false, 0, 0);
}

static void say_begin(enum fib_table table)
{
	say((struct fib_msg){.type = FIB_MSG_SNAPSHOT_BEGIN, .snapshot_begin = {table}});
}

static void say_end(enum fib_table table, bool config_complete)
{
	say((struct fib_msg){.type = FIB_MSG_SNAPSHOT_END,
			     .snapshot_end = {table, 0, config_complete}});
}

static struct fib_key flow_key(uint8_t n)
{
	struct addr group = {{0xff, 0x3e, [15] = n}};

	return fib_key_l2tp_flow("", &group, NULL);
}

static void say_op(struct fib_key key, uint64_t generation, bool deleted, uint64_t position)
{
	struct fib_msg m = {.type = FIB_MSG_UPDATE};

	m.update.n_ops = 1;
	m.update.ops = fib_alloc(1, sizeof(struct fib_op));
	m.update.ops->key = key;
	m.update.ops->generation = generation;
	m.update.ops->deleted = deleted;
	m.update.journal = position;
	say(m);
}

static void say_tunnel(uint16_t id, uint64_t generation)
{
	say_op(fib_key_l2tp_tunnel(id), generation, false, 0);
}

static void say_flow(uint8_t n, uint64_t generation)
{
	say_op(flow_key(n), generation, false, 0);
}

static void say_bye(enum fib_bye_code code)
{
	say((struct fib_msg){.type = FIB_MSG_BYE, .bye = {.code = code}});
}

/* Both tables with tunnels 1 and 2, flows 1 and 2, generations 1 to 4. */
static void snapshot(bool config_complete)
{
	say_begin(FIB_L2TP_TUNNEL);
	say_tunnel(1, 1);
	say_tunnel(2, 2);
	say_end(FIB_L2TP_TUNNEL, config_complete);
	say_begin(FIB_L2TP_FLOW);
	say_flow(1, 3);
	say_op(flow_key(2), 4, false, 40);
	say_end(FIB_L2TP_FLOW, config_complete);
}

/* The link is lost; the next Hello is on its way. */
static struct fib_msg reconnect(void)
{
	struct fib_msg m;

	now += 3000;
	fib_sub_run(sub, now);
	while (!fib_sub_output(sub, &m, now)) {
		now = fib_sub_deadline(sub);
		fib_sub_run(sub, now);
	}
	ck_assert_int_eq(m.type, FIB_MSG_HELLO);
	return m;
}

static struct fib_sub_info info(void)
{
	struct fib_sub_info i;

	fib_sub_info(sub, &i);
	return i;
}

/* ---------------------------------------------------------------- session */

START_TEST(hello_says_who_we_are_until_it_is_answered)
{
	struct fib_msg m;

	for (int i = 0; i < 3; i++) {
		m = hear(FIB_MSG_HELLO);
		ck_assert_uint_eq(m.seq, 1);
		ck_assert_str_eq(m.hello.name, "agent");
		ck_assert_str_eq(m.hello.software, "agent 1.0");
		ck_assert_int_eq(m.hello.role, FIB_PRIMARY);
		ck_assert_uint_eq(m.hello.tables, params.tables);
		ck_assert_uint_eq(m.hello.max_batch, 11);
		ck_assert_uint_eq(m.hello.window, 12);
		ck_assert_uint_eq(m.hello.last_journal, 0);
		ck_assert(m.hello.capabilities.activity);
		ck_assert_mem_eq(m.hello.instance_uuid, params.instance_uuid, 16);
		hear_nothing();
		now = fib_sub_deadline(sub);
		fib_sub_run(sub, now);
	}
	say_hello_ack(false, 0, 0);
	ck_assert(info().connected);
	ck_assert_uint_eq(ups, 1);
	hear_nothing(); /* the Hello that was to be repeated is not needed any longer */
}
END_TEST

START_TEST(heartbeats_go_both_ways)
{
	struct fib_msg m;

	come_up();
	ck_assert_int_eq(fib_sub_deadline(sub), now + 1000);
	now += 1000;
	fib_sub_run(sub, now);
	m = hear(FIB_MSG_PING);
	ck_assert_uint_eq(m.epoch, EPOCH);
	hear_nothing();
	now += 1900;
	say((struct fib_msg){.type = FIB_MSG_PING, .ping = {.stamp = 9}});
	m = hear(FIB_MSG_PONG);
	ck_assert_uint_eq(m.pong.stamp, 9);
	now += 2900; /* any message counts */
	fib_sub_run(sub, now);
	ck_assert(info().connected);
	now += 200;
	fib_sub_run(sub, now);
	ck_assert(!info().connected);
	ck_assert_uint_eq(downs, 1);
}
END_TEST

START_TEST(a_gap_in_the_sequence_asks_for_everything_again)
{
	struct fib_msg m;

	come_up();
	snapshot(true);
	hear_all();
	seq++;
	say_tunnel(3, 9);
	m = hear(FIB_MSG_BYE);
	ck_assert_int_eq(m.bye.code, FIB_BYE_RESYNC);
	m = reconnect();
	ck_assert_uint_eq(m.hello.last_journal, 0);
	ck_assert_uint_eq(info().resyncs, 1);
	ck_assert_uint_eq(info().objects, 4); /* all stay meanwhile, the lost one is not there */
}
END_TEST

START_TEST(garbage_ends_the_session_with_protocol)
{
	struct fib_msg m;

	come_up();
	fib_sub_garbage(sub, now);
	m = hear(FIB_MSG_BYE);
	ck_assert_int_eq(m.bye.code, FIB_BYE_PROTOCOL);
	hear_nothing();
	say_tunnel(1, 1); /* still in flight: not for us any longer */
	EXPECT("");
}
END_TEST

START_TEST(refusals_are_retried_ever_more_slowly)
{
	msec_t before = 0;

	for (int i = 0; i < 12; i++) {
		struct fib_msg m = hear(FIB_MSG_HELLO);
		msec_t wait;

		fib_msg_free(&m);
		say_bye(FIB_BYE_DUPLICATE_NAME);
		wait = fib_sub_deadline(sub) - now;
		ck_assert_int_ge(wait, before);
		ck_assert_int_le(wait, 10000);
		before = wait;
		now += wait;
		fib_sub_run(sub, now);
	}
	ck_assert_int_eq(before, 10000);
}
END_TEST

START_TEST(an_orderly_stop_says_bye_and_removes_nothing)
{
	struct fib_msg m;

	come_up();
	snapshot(true);
	hear_all();
	journal[0] = '\0';
	fib_sub_bye(sub, now);
	m = hear(FIB_MSG_BYE);
	ck_assert_int_eq(m.bye.code, FIB_BYE_SHUTDOWN);
	ck_assert_uint_eq(m.epoch, EPOCH);
	hear_nothing();
	ck_assert_int_eq(fib_sub_deadline(sub), MSEC_NEVER);
	EXPECT("");
}
END_TEST

/* ---------------------------------------------------------------- operations and answers */

START_TEST(operations_are_applied_answered_and_acknowledged)
{
	struct fib_msg m;

	come_up();
	say_tunnel(7, 21);
	next_result = FIB_FAILED;
	say_tunnel(8, 22);
	say_op(fib_key_l2tp_tunnel(7), 23, true, 0);
	EXPECT("+7 +8 -7");
	m = hear(FIB_MSG_STATUS);
	ck_assert_uint_eq(m.epoch, EPOCH);
	ck_assert_uint_eq(m.status.n, 2); /* of each object what is true now */
	ck_assert_uint_eq(m.status.status[0].generation, 23);
	ck_assert_int_eq(m.status.status[0].result, FIB_REMOVED);
	ck_assert_uint_eq(m.status.status[1].generation, 22);
	ck_assert_int_eq(m.status.status[1].result, FIB_FAILED);
	ck_assert_uint_eq(m.status.status[1].code, ENOSPC);
	ck_assert_str_eq(m.status.status[1].text, "no room");
	fib_msg_free(&m);
	m = hear(FIB_MSG_ACK);
	ck_assert_uint_eq(m.ack.seq, seq);
	hear_nothing();
	ck_assert_uint_eq(info().objects, 1);
}
END_TEST

START_TEST(status_reports_come_in_batches)
{
	size_t total = 0;

	come_up();
	for (int i = 0; i < 600; i++)
		say_tunnel(i, i + 1);
	for (int i = 0; i < 3; i++) {
		struct fib_msg m = hear(FIB_MSG_STATUS);

		ck_assert_uint_le(m.status.n, 256);
		total += m.status.n;
		fib_msg_free(&m);
	}
	ck_assert_uint_eq(total, 600);
	hear(FIB_MSG_ACK);
	hear_nothing();
}
END_TEST

START_TEST(what_is_not_understood_is_unsupported_and_not_guessed)
{
	struct fib_msg m = {.type = FIB_MSG_UPDATE};

	come_up();
	m.update.n_ops = 1;
	m.update.ops = fib_alloc(1, sizeof(struct fib_op));
	m.update.ops->key = flow_key(1);
	m.update.ops->generation = 5;
	m.update.ops->value.l2tp_flow.n_branches = 1; /* of kind 0 */
	m.update.ops->value.l2tp_flow.branches = fib_alloc(1, sizeof(struct fib_flow_branch));
	say(m);
	EXPECT("");
	m = hear(FIB_MSG_STATUS);
	ck_assert_int_eq(m.status.status[0].result, FIB_UNSUPPORTED);
	ck_assert_uint_eq(m.status.status[0].code, EOPNOTSUPP);
	ck_assert_str_eq(m.status.status[0].text, "unknown kind of branch");
	fib_msg_free(&m);
	hear_all();
	say((struct fib_msg){.type = 0});		   /* a message of a newer daemon */
	say_op(fib_key_access_session(1, 1), 6, false, 0); /* a table nobody asked for */
	EXPECT("");
	ck_assert(info().connected);
}
END_TEST

START_TEST(activity_is_reported_as_often_as_the_daemon_wants)
{
	struct fib_msg m;
	size_t total = 0;

	m = hear(FIB_MSG_HELLO);
	say_hello_ack(false, 0, 700);
	for (int i = 0; i < 300; i++)
		say_tunnel(i, i + 1);
	hear_all();
	ck_assert_int_eq(fib_sub_deadline(sub), now + 700);
	now += 700;
	activity_size = 300;
	fib_sub_run(sub, now);
	for (int i = 0; i < 2; i++) {
		m = hear(FIB_MSG_ACTIVITY);
		total += m.activity.n;
		fib_msg_free(&m);
	}
	ck_assert_uint_eq(total, 300);
	hear_nothing();
	now += 700;
	fib_sub_run(sub, now);
	activity_asked = 0;
	hear_all(); /* the owner has nothing: no message, asked once */
	ck_assert_uint_eq(activity_asked, 1);
}
END_TEST

/* ---------------------------------------------------------------- snapshots */

START_TEST(nothing_is_swept_before_the_daemon_is_complete)
{
	struct fib_msg m;

	come_up();
	snapshot(true);
	EXPECT("+1 +2 c1 +f1 +f2 c4");
	ck_assert(info().complete);
	hear_all();
	m = reconnect();
	epoch++; /* of another run of the daemon: it cannot be resumed */
	say_hello_ack(false, 0, 0);
	ck_assert_uint_eq(info().stale, 4);
	ck_assert(!info().complete);
	say_begin(FIB_L2TP_TUNNEL);
	say_tunnel(2, 1);
	say_end(FIB_L2TP_TUNNEL, false);
	say_begin(FIB_L2TP_FLOW);
	say_flow(1, 2);
	say_end(FIB_L2TP_FLOW, false);
	EXPECT("+2 +f1"); /* generations of another run mean nothing: applied again */
	ck_assert_uint_eq(info().objects, 4);
	ck_assert_uint_eq(info().stale, 2);
	say_end(FIB_L2TP_TUNNEL, true);
	EXPECT(""); /* flows may still use the tunnel: they go first */
	say_end(FIB_L2TP_FLOW, true);
	EXPECT("-f2 -1 c1 c4");
	ck_assert_uint_eq(info().objects, 2);
	ck_assert_uint_eq(info().stale, 0);
	ck_assert(info().complete);
	m = hear(FIB_MSG_STATUS);
	ck_assert_uint_eq(m.status.n, 2); /* nobody asked about what was swept */
	fib_msg_free(&m);
}
END_TEST

START_TEST(without_a_snapshot_nothing_is_swept)
{
	come_up();
	snapshot(true);
	hear_all();
	reconnect();
	epoch++;
	say_hello_ack(false, 0, 0);
	journal[0] = '\0';
	say_end(FIB_L2TP_TUNNEL, true);
	say_end(FIB_L2TP_FLOW, true);
	EXPECT("");
	ck_assert_uint_eq(info().objects, 4);
}
END_TEST

START_TEST(a_session_is_resumed_where_it_was)
{
	struct fib_msg m;

	come_up();
	snapshot(true);
	say_flow(1, 5); /* without a promise: the one before still holds */
	hear_all();
	journal[0] = '\0';
	m = reconnect();
	ck_assert_uint_eq(m.hello.last_epoch, EPOCH);
	ck_assert_uint_eq(m.hello.last_journal, 40);
	ck_assert_uint_eq(info().objects, 4);
	say_hello_ack(true, 0, 0);
	ck_assert_uint_eq(info().stale, 0);
	m = hear(FIB_MSG_STATUS); /* the daemon has forgotten how everything was */
	ck_assert_uint_eq(m.status.n, 4);
	for (size_t i = 0; i < m.status.n; i++)
		ck_assert_int_eq(m.status.status[i].result, FIB_INSTALLED);
	fib_msg_free(&m);
	say_op(flow_key(2), 9, true, 41);
	say_end(FIB_L2TP_TUNNEL, true);
	say_end(FIB_L2TP_FLOW, true);
	EXPECT("-f2 c1 c4");
	ck_assert_uint_eq(info().objects, 3);
}
END_TEST

START_TEST(a_second_snapshot_of_the_same_daemon_applies_what_is_new_or_failed)
{
	come_up();
	say_begin(FIB_L2TP_TUNNEL);
	say_tunnel(1, 1);
	next_result = FIB_FAILED;
	say_tunnel(2, 2);
	say_tunnel(3, 3);
	hear_all();
	reconnect();
	say_hello_ack(false, 0, 0);
	journal[0] = '\0';
	say_begin(FIB_L2TP_TUNNEL);
	say_tunnel(1, 1); /* as it is */
	say_tunnel(2, 2); /* perhaps it works now */
	say_tunnel(3, 4); /* changed */
	EXPECT("+2 +3");
	hear_all();
	/* after Bye RESYNC the daemon wants it all done again */
	say_bye(FIB_BYE_RESYNC);
	reconnect();
	say_hello_ack(false, 0, 0);
	say_begin(FIB_L2TP_TUNNEL);
	say_tunnel(1, 1);
	EXPECT("+1");
}
END_TEST

START_TEST(entries_outlive_the_daemon_only_as_long_as_it_said)
{
	struct fib_msg m = hear(FIB_MSG_HELLO);

	fib_msg_free(&m);
	say_hello_ack(false, 20, 0);
	snapshot(true);
	hear_all();
	journal[0] = '\0';
	say_bye(FIB_BYE_SHUTDOWN); /* graceful: the daemon will be back */
	for (msec_t end = now + 19999; now < end;) {
		now = fib_sub_deadline(sub) < end ? fib_sub_deadline(sub) : end;
		fib_sub_run(sub, now);
		hear_all();
	}
	EXPECT("");
	ck_assert_int_eq(fib_sub_deadline(sub), now + 1);
	now++;
	fib_sub_run(sub, now);
	EXPECT("-f1 -f2 -1 -2");
	ck_assert_uint_eq(info().objects, 0);
	for (int i = 0; i < 5; i++) { /* and there is nothing to resume */
		now = fib_sub_deadline(sub);
		fib_sub_run(sub, now);
		if (!fib_sub_output(sub, &m, now))
			continue;
		ck_assert_uint_eq(m.hello.last_journal, 0);
	}
}
END_TEST

static void add_tests(TCase *c)
{
	tcase_add_test(c, hello_says_who_we_are_until_it_is_answered);
	tcase_add_test(c, heartbeats_go_both_ways);
	tcase_add_test(c, a_gap_in_the_sequence_asks_for_everything_again);
	tcase_add_test(c, garbage_ends_the_session_with_protocol);
	tcase_add_test(c, refusals_are_retried_ever_more_slowly);
	tcase_add_test(c, an_orderly_stop_says_bye_and_removes_nothing);
	tcase_add_test(c, operations_are_applied_answered_and_acknowledged);
	tcase_add_test(c, status_reports_come_in_batches);
	tcase_add_test(c, what_is_not_understood_is_unsupported_and_not_guessed);
	tcase_add_test(c, activity_is_reported_as_often_as_the_daemon_wants);
	tcase_add_test(c, nothing_is_swept_before_the_daemon_is_complete);
	tcase_add_test(c, without_a_snapshot_nothing_is_swept);
	tcase_add_test(c, a_session_is_resumed_where_it_was);
	tcase_add_test(c, a_second_snapshot_of_the_same_daemon_applies_what_is_new_or_failed);
	tcase_add_test(c, entries_outlive_the_daemon_only_as_long_as_it_said);
}

int main(void)
{
	Suite *s = suite_create("fib_sub");
	TCase *c = tcase_create("fib_sub");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	add_tests(c);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
