// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Membership events per second in the LNS engine, and the time from an event to the forwarding
 * agent having the new object.
 *
 * Subscribers zap: each event leaves one group and joins another.  The baseline is the same
 * load with 100 sessions: a ratio near 1 says that an event's cost does not grow with them.
 */
#include "tests/perf/bench.h"
#include "tests/perf/bench_lns.h"

#include "lib/fib_zmq.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#define GROUPS 100
#define EVENTS 200000

/* Everybody watches something. */
static struct bench *watchers(size_t n_users)
{
	struct bench *b =
		bench_new(n_users, n_users < BENCH_PER_TUNNEL ? n_users : BENCH_PER_TUNNEL, GROUPS);

	bench_zap_all(b);
	return b;
}

static double events_per_s(size_t n_users)
{
	struct bench *b = watchers(n_users);
	double rate = bench_events_per_s(b, EVENTS);

	bench_free(b);
	return rate;
}

/* ---------------------------------------------------------------- to the agent */

static uint64_t applied;

static void apply(void *ctx, const struct fib_op *op, struct fib_status *status)
{
	applied++;
}

static void ignore_table(void *ctx, enum fib_table table)
{
}

static void ignore_session(void *ctx, const struct fib_hello_ack *ack)
{
}

static size_t no_activity(void *ctx, struct fib_activity *a, size_t max)
{
	return 0;
}

static void ignore_installed(void *ctx, const struct fib_key *key, uint64_t generation,
			     enum fib_install state, const char *text)
{
}

static void ignore_activity(void *ctx, const struct fib_consumer *c, const struct fib_activity *a)
{
}

static void ignore_consumer(void *ctx, const struct fib_consumer *c, bool up, const char *reason)
{
}

static const struct fib_sub_ops sub_ops = {apply, ignore_table, ignore_session, no_activity};
static const struct fib_pub_ops pub_ops = {ignore_installed, ignore_activity, ignore_consumer};

struct wire {
	struct fib_pub *pub;
	struct fib_sub *sub;
	struct fib_zmq *server, *client;
};

static msec_t wire_now(void)
{
	return (msec_t)(bench_now() * 1000);
}

/* Objects that differ from what was published before. */
static uint64_t changes(const struct wire *w)
{
	const struct fib_pub_stats *s = fib_pub_stats(w->pub);

	return s->sets - s->unchanged;
}

/* Runs both sides until the agent has applied `want` operations. */
static void deliver(struct wire *w, uint64_t want)
{
	double start = bench_now();

	while (applied < want) {
		struct pollfd fds[] = {{.fd = fib_zmq_fd(w->server), .events = POLLIN},
				       {.fd = fib_zmq_fd(w->client), .events = POLLIN}};
		bool more = fib_zmq_serve(w->server, w->pub, wire_now(), 64);

		more |= fib_zmq_consume(w->client, w->sub, wire_now(), 64);
		fib_pub_run(w->pub, wire_now());
		fib_sub_run(w->sub, wire_now());
		if (!more && applied < want)
			poll(fds, 2, 1);
		if (bench_now() - start > 30) {
			fprintf(stderr, "stuck at %u operations\n", (unsigned int)applied);
			exit(1);
		}
	}
}

static void event_to_agent(size_t n_users)
{
	enum {
		SAMPLES = 5000
	};
	static double samples[SAMPLES];
	struct fib_sub_params sp = {.name = "bench",
				    .role = FIB_PRIMARY,
				    .tables = FIB_TABLE_ALL,
				    .capabilities = {.l2tp_replication = true}};
	struct fib_pub_params pp;
	struct bench *b = watchers(n_users);
	struct wire w;
	char endpoint[64];
	const char *error = "";
	size_t n = 0, events = 0;
	double p50, p99;

	snprintf(endpoint, sizeof(endpoint), "ipc:///tmp/mcfib-bench-%d", (int)getpid());
	fib_pub_params_default(&pp);
	w.pub = fib_pub_new(&pp, &pub_ops, NULL, 1, wire_now());
	w.sub = fib_sub_new(&sp, &sub_ops, NULL, wire_now());
	w.server = fib_zmq_bind(endpoint, NULL, &error);
	w.client = w.server ? fib_zmq_connect(endpoint, NULL, &error) : NULL;
	if (!w.client) {
		fprintf(stderr, "%s: %s\n", endpoint, error);
		exit(1);
	}
	b->pub = w.pub;
	/* Most events only change who is on the LAC's list; what is timed changes the flow. */
	while (n < SAMPLES) {
		uint64_t before = changes(&w), news;
		double start = bench_now();

		b->now++;
		bench_zap(b, rand() % n_users);
		bench_settle(b);
		news = changes(&w) - before;
		deliver(&w, applied + news);
		if (news)
			samples[n++] = (bench_now() - start) * 1e6;
		events++;
	}
	p50 = bench_percentile(samples, SAMPLES, 50);
	p99 = bench_percentile(samples, SAMPLES, 99);
	bench_print("of 1,000,000 events change LNS forwarding", 1e6 * n / events, "events", 0);
	bench_print("event to agent, 10,000 sessions, ipc, p50", p50, "us", 0);
	bench_print("event to agent, 10,000 sessions, ipc, p99", p99, "us", p50);
	fib_zmq_close(w.client);
	fib_zmq_close(w.server);
	fib_sub_free(w.sub);
	fib_pub_free(w.pub);
	unlink(endpoint + strlen("ipc://"));
	bench_free(b);
}

int main(void)
{
	double small, large;

	srand(1);
	small = events_per_s(100);
	bench_print("membership events, 100 sessions", small, "events/s", 0);
	large = events_per_s(10000);
	bench_print("membership events, 10,000 sessions", large, "events/s", small);
	event_to_agent(10000);
	return 0;
}
