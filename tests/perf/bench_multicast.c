// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Membership events per second in the LNS engine, and the time from an event to the forwarding
 * agent having the new object.
 *
 * Subscribers zap: each event leaves one group and joins another.  The baseline is the same
 * load with 100 sessions: a ratio near 1 says that an event's cost does not grow with them.
 */
#include "tests/perf/bench.h"

#include "l2mcd/l2mc_lns.h"
#include "lib/fib_codec.h"
#include "lib/fib_pub.h"
#include "lib/fib_zmq.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#define GROUPS	    100
#define PER_TUNNEL  1000
#define EVENTS	    200000
#define MAX_REPLIES 4096
#define MAX_DIRTY   4096

struct bench {
	struct l2mc_lns *lns;
	struct twheel wheel;
	struct l2mc_tunnel *tunnels[64];
	struct l2mc_user *users[65536];
	uint16_t watching[65536];
	size_t n_users;
	uint16_t next_id;
	msec_t now;
	/* what a LAC answers, and what it has received */
	struct reply {
		struct l2mc_tunnel *t;
		enum l2tp_msg_type type;
		uint16_t session_id, n_sids;
		uint64_t cookie;
		struct l2tp_sid_op sids[2 * L2TP_MAX_SIDS_PER_AVP];
	} * replies;
	size_t n_replies;
	struct l2mc_flow *dirty[MAX_DIRTY];
	size_t n_dirty;
	uint64_t copies, flows_built;
	struct fib_pub *pub;
};

static struct addr group_addr(unsigned int i)
{
	uint8_t octets[4] = {239, 1, i >> 8, i & 0xff};

	return addr_from_v4(octets);
}

/* ---------------------------------------------------------------- a LAC that always agrees */

static uint16_t reserve_id(void *ctx, struct l2mc_tunnel *t)
{
	struct bench *b = ctx;

	b->next_id = b->next_id == UINT16_MAX ? 20000 : b->next_id + 1;
	return b->next_id;
}

static void release_id(void *ctx, struct l2mc_tunnel *t, uint16_t session_id)
{
}

static bool take_message(void *ctx, struct l2mc_tunnel *t, const struct l2tp_msg *m,
			 uint64_t cookie)
{
	struct bench *b = ctx;
	struct reply *r = &b->replies[b->n_replies++];

	if (b->n_replies == MAX_REPLIES)
		abort();
	*r = (struct reply){.t = t, .type = m->type, .cookie = cookie};
	/* the LAC uses the LNS's ID as its own */
	r->session_id = m->type == L2TP_MSRQ ? m->assigned_session_id : m->session_id;
	for (size_t i = 0; i < m->n_sids; i++)
		if (m->sids[i].avp == L2TP_AVP_NEW_OUTGOING_SESSIONS)
			r->sids[r->n_sids++] =
				(struct l2tp_sid_op){.avp = L2TP_AVP_NEW_OUTGOING_SESSIONS_ACK,
						     .session_id = m->sids[i].session_id};
	return true;
}

static void say(struct bench *b, const struct reply *r, enum l2tp_msg_type type)
{
	struct l2tp_msg m = {.type = type, .session_id = r->session_id};

	if (type == L2TP_MSRP) {
		m.assigned_session_id = r->session_id;
		l2tp_msg_set(&m, L2TP_AVP_ASSIGNED_SESSION_ID);
	} else if (type == L2TP_MSI) {
		m.sids = r->sids;
		m.n_sids = r->n_sids;
	}
	l2mc_lns_input(r->t, &m, NULL, b->now);
}

static void answer(struct bench *b)
{
	for (size_t i = 0; i < b->n_replies; i++) {
		struct reply r = b->replies[i];

		if (r.cookie)
			l2mc_lns_acked(b->lns, r.cookie, b->now);
		if (r.type == L2TP_MSRQ) {
			say(b, &r, L2TP_MSRP);
			say(b, &r, L2TP_MSE);
		} else if (r.type == L2TP_MSI && r.n_sids) {
			say(b, &r, L2TP_MSI);
		}
	}
	b->n_replies = 0;
}

/* ---------------------------------------------------------------- forwarding */

static void flow_changed(void *ctx, struct l2mc_flow *f, bool gone)
{
	struct bench *b = ctx;

	for (size_t i = 0; i < b->n_dirty; i++)
		if (b->dirty[i] == f) {
			if (gone)
				b->dirty[i] = b->dirty[--b->n_dirty];
			return;
		}
	if (!gone && b->n_dirty < MAX_DIRTY)
		b->dirty[b->n_dirty++] = f;
}

struct build {
	struct bench *b;
	struct fib_flow_branch *branches;
	size_t n;
};

static void add_branch(void *arg, const struct l2mc_branch *br)
{
	struct build *build = arg;

	build->b->copies++;
	if (!build->b->pub)
		return;
	build->branches = realloc(build->branches, (build->n + 1) * sizeof(*build->branches));
	build->branches[build->n++] = (struct fib_flow_branch){
		.kind = br->session ? FIB_BRANCH_MULTICAST_SESSION : FIB_BRANCH_UNICAST_SESSION,
		.tunnel_id = l2mc_tunnel_id(br->tunnel),
		.session_id = br->user ? l2mc_user_session_id(br->user) : 1,
	};
}

static void build_flows(struct bench *b)
{
	for (size_t i = 0; i < b->n_dirty; i++) {
		struct build build = {.b = b};
		union fib_value v = {};
		struct fib_key key;

		l2mc_flow_branches(b->dirty[i], add_branch, &build);
		b->flows_built++;
		if (!b->pub)
			continue;
		key = fib_key_l2tp_flow("", l2mc_flow_group(b->dirty[i]),
					l2mc_flow_source(b->dirty[i]));
		v.l2tp_flow.branches = build.branches;
		v.l2tp_flow.n_branches = build.n;
		fib_pub_set(b->pub, &key, &v);
	}
	b->n_dirty = 0;
}

static void record_changed(void *ctx, const struct addr *group, const struct gmp_filter *merged)
{
}

static const struct l2mc_lns_ops ops = {
	.reserve_id = reserve_id,
	.release_id = release_id,
	.send = take_message,
	.flow_changed = flow_changed,
	.record_changed = record_changed,
};

/* ---------------------------------------------------------------- load */

/* Everything an event causes, until nothing moves any more. */
static void settle(struct bench *b)
{
	do {
		l2mc_lns_flush(b->lns, b->now);
		answer(b);
		l2mc_lns_flush(b->lns, b->now);
	} while (b->n_replies);
	build_flows(b);
}

/* The user changes to another group. */
static void zap(struct bench *b, size_t user)
{
	static const struct gmp_filter all = {.exclude = true};
	unsigned int group = rand() % (GROUPS - 1);
	struct addr from, to;

	if (group >= b->watching[user])
		group++;
	from = group_addr(b->watching[user]);
	to = group_addr(group);

	if (b->watching[user] != UINT16_MAX)
		l2mc_user_report(b->users[user], &from, &GMP_FILTER_NONE, b->now);
	l2mc_user_report(b->users[user], &to, &all, b->now);
	b->watching[user] = group;
}

static struct bench *bench_new(size_t n_users)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct l2mc_policy policy;
	size_t per_tunnel = n_users < PER_TUNNEL ? n_users : PER_TUNNEL;

	b->replies = calloc(MAX_REPLIES, sizeof(*b->replies));
	b->now = 1000;
	b->next_id = 20000;
	twheel_init(&b->wheel, b->now);
	l2mc_policy_default(&policy);
	b->lns = l2mc_lns_new(&ops, b, &b->wheel, &policy);
	for (b->n_users = 0; b->n_users < n_users; b->n_users++) {
		size_t t = b->n_users / per_tunnel, id = b->n_users % per_tunnel + 1;

		if (id == 1)
			b->tunnels[t] = l2mc_tunnel_add(b->lns, t + 1, true, NULL);
		b->users[b->n_users] = l2mc_user_add(b->tunnels[t], id, id, NULL);
		b->watching[b->n_users] = UINT16_MAX;
	}
	for (size_t u = 0; u < n_users; u++) {
		zap(b, u);
		settle(b);
	}
	return b;
}

static void bench_free(struct bench *b)
{
	for (size_t t = 0; t < 64 && b->tunnels[t]; t++)
		l2mc_tunnel_del(b->tunnels[t], b->now);
	l2mc_lns_free(b->lns);
	twheel_fini(&b->wheel);
	free(b->replies);
	free(b);
}

static double events_per_s(size_t n_users)
{
	struct bench *b = bench_new(n_users);
	double start = bench_now(), took;

	for (unsigned int i = 0; i < EVENTS / 2; i++) {
		b->now++;
		twheel_run(&b->wheel, b->now);
		zap(b, rand() % n_users);
		settle(b);
	}
	took = bench_now() - start;
	bench_free(b);
	return EVENTS / took;
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
	struct bench *b = bench_new(n_users);
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
		zap(b, rand() % n_users);
		settle(b);
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
