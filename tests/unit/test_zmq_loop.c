// SPDX-License-Identifier: GPL-2.0-or-later
/* A publisher on libfrr's event loop, with a consumer at the other end of a real socket. */
#include "lib/frr_compat.h"

#include <check.h>
#include <stdlib.h>
#include <unistd.h>

#include <zmq.h>

#include "lib/zmq_loop.h"

#define FLOWS	     5000
#define SECONDS	     60 /* of a busy machine */
#define HEARTBEAT_MS 300

static char dir[32];
static char endpoint[64];
static struct event_loop *master;
static struct fib_pub *pub;
static struct fib_zmq *server, *client;
static struct zmq_loop *loop;
static struct fib_sub *sub;
static unsigned int applied, installed;
static bool up, tick_over;

static void on_installed(void *ctx, const struct fib_key *key, uint64_t generation,
			 enum fib_install state, const char *text)
{
	installed += state == FIB_STATE_INSTALLED;
}

static void on_apply(void *ctx, const struct fib_op *op, struct fib_status *status)
{
	applied++;
}

static void on_session(void *ctx, const struct fib_hello_ack *ack)
{
	up = ack != NULL;
}

static const struct fib_pub_ops pub_ops = {.installed = on_installed};
static const struct fib_sub_ops sub_ops = {.apply = on_apply, .session = on_session};

static void setup(void)
{
	struct fib_pub_params p;
	struct fib_sub_params sp = {.instance_uuid = {1},
				    .name = "agent",
				    .role = FIB_PRIMARY,
				    .tables = FIB_TABLE_ALL,
				    .max_batch = 10,
				    .capabilities = {.l2tp_replication = true}};
	const char *error;

	up = false;
	applied = installed = 0;
	snprintf(dir, sizeof(dir), "/tmp/zmqloop-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(endpoint, sizeof(endpoint), "ipc://%s/fib", dir);
	fib_pub_params_default(&p);
	p.heartbeat_ms = HEARTBEAT_MS;
	pub = fib_pub_new(&p, &pub_ops, NULL, 1, monotime_msec());
	server = fib_zmq_bind(endpoint, NULL, &error);
	ck_assert_msg(server, "%s", error);
	client = fib_zmq_connect(endpoint, NULL, &error);
	ck_assert_msg(client, "%s", error);
	sub = fib_sub_new(&sp, &sub_ops, NULL, monotime_msec());
	loop = zmq_loop_new(master, server, pub);
}

static void teardown(void)
{
	zmq_loop_free(loop);
	fib_sub_free(sub);
	fib_zmq_close(client);
	fib_zmq_close(server);
	fib_pub_free(pub);
	unlink(endpoint + strlen("ipc://"));
	rmdir(dir);
}

static void on_tick(struct event *e)
{
	tick_over = true;
}

static void consume(void)
{
	if (monotime_msec() >= fib_sub_deadline(sub))
		fib_sub_run(sub, monotime_msec());
	fib_zmq_consume(client, sub, monotime_msec(), 64);
}

/* Runs the daemon's loop, event by event, with the consumer in between. */
static void run_until(bool (*done)(void))
{
	msec_t until = monotime_msec() + SECONDS * 1000;

	while (!done()) {
		struct event *tick = NULL, e;

		ck_assert_int_lt(monotime_msec(), until);
		consume();
		tick_over = false;
		event_add_timer_msec(master, on_tick, NULL, 5, &tick);
		while (!tick_over && event_fetch(master, &e))
			event_call(&e);
	}
}

static bool is_up(void)
{
	return up;
}

static bool all_installed(void)
{
	return installed == FLOWS;
}

static bool is_down(void)
{
	return !up;
}

static void set_flows(void)
{
	for (unsigned int i = 0; i < FLOWS; i++) {
		uint8_t octets[4] = {232, 0, i >> 8, i};
		struct addr group = addr_from_v4(octets);
		struct fib_key key = fib_key_l2tp_flow("", &group, NULL);
		union fib_value v = {};

		fib_pub_set(pub, &key, &v);
	}
}

START_TEST(a_kick_is_enough_to_bring_everything_to_the_consumer)
{
	run_until(is_up);
	set_flows(); /* 500 messages, far more than a socket holds */
	zmq_loop_kick(loop);
	zmq_loop_kick(loop);
	run_until(all_installed);
	ck_assert_uint_eq(applied, FLOWS);
	ck_assert_uint_eq(fib_pub_stats(pub)->hellos, 1);
}
END_TEST

static msec_t quiet_since, looked;

/* A session that lasts more than three times its limit.  When the machine has paused for nearly as
 * long as the limit is, nothing can be said, and it begins anew. */
static bool quiet_for_seconds(void)
{
	msec_t now = monotime_msec();

	if (!up || now - looked > HEARTBEAT_MS)
		quiet_since = now;
	looked = now;
	return now > quiet_since + 10 * HEARTBEAT_MS;
}

START_TEST(heartbeats_keep_an_idle_session_alive)
{
	run_until(is_up);
	quiet_since = looked = monotime_msec();
	run_until(quiet_for_seconds);
}
END_TEST

START_TEST(a_consumer_that_is_gone_is_noticed_by_the_timer)
{
	run_until(is_up);
	fib_zmq_close(client); /* without Bye */
	client = NULL;
	for (msec_t until = monotime_msec() + SECONDS * 1000; fib_pub_has_primary(pub, 2);) {
		struct event e;

		ck_assert_int_lt(monotime_msec(), until);
		if (event_fetch(master, &e))
			event_call(&e);
	}
}
END_TEST

START_TEST(the_flush_at_exit_sends_the_bye)
{
	run_until(is_up);
	fib_pub_bye(pub, monotime_msec());
	zmq_loop_flush(loop);
	zmq_loop_free(loop);
	fib_zmq_close(server);
	server = NULL;
	loop = zmq_loop_new(master, client, pub); /* for teardown; never run */
	for (msec_t until = monotime_msec() + SECONDS * 1000; !is_down();) {
		ck_assert_int_lt(monotime_msec(), until);
		consume();
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("zmq_loop");
	TCase *c = tcase_create("zmq_loop");
	SRunner *r = srunner_create(s);
	int failed;

	master = event_master_create("zmq_loop");
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 2 * SECONDS);
	tcase_add_test(c, a_kick_is_enough_to_bring_everything_to_the_consumer);
	tcase_add_test(c, heartbeats_keep_an_idle_session_alive);
	tcase_add_test(c, a_consumer_that_is_gone_is_noticed_by_the_timer);
	tcase_add_test(c, the_flush_at_exit_sends_the_bye);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
