// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bench_daemon setup ADDRESS SESSIONS [SECRET]
 * bench_daemon joins ADDRESS SESSIONS ENDPOINT EVENTS-PER-SECOND SECONDS
 *
 * A LAC in front of a real daemon; bench_lns.py starts that.  setup: the time until all sessions
 * are up, through any L2TP daemon.  joins: the session interfaces s1, s2, ... of l2mcd are TUNs
 * of this program, subscribers zap through them, and this program is the forwarding agent, too:
 * the time from an IGMP report to the object that names its subscriber.
 */
#include "tests/perf/bench.h"
#include "tests/perf/bench_peer.h"

#include "lib/fib_zmq.h"
#include "lib/gmp_codec.h"
#include "lib/tun.h"

#include <poll.h>
#include <string.h>

#include <unistd.h>

#define MAX_SESSIONS 1000
#define GROUPS	     50
#define SETUP_S	     120
#define EVENTS	     2 /* of a zap: a group is left, another is joined */

static struct side lac;
static struct endpoint lns = {.port = 1701};

static void run_lac(void)
{
	side_pull(&lac, &lns);
	side_push(&lac, NULL, &lns);
	twheel_run(&lac.wheel, side_clock());
}

/* Opens a tunnel and places the calls; returns when all are up. */
static double set_up(unsigned int sessions, const char *secret)
{
	struct l2tp_params p;
	struct l2tp_tunnel *t;
	double start = bench_now();

	l2tp_params_default(&p);
	snprintf(p.host_name, sizeof(p.host_name), "bench");
	p.session_limit = 65535;
	p.lac = true;
	p.secret_len = strlen(secret);
	memcpy(p.secret, secret, p.secret_len);
	t = l2tp_tunnel_open(lac.e, &lac.address, &lns, &p, side_clock());
	for (unsigned int s = 1; s <= sessions; s++) {
		struct l2tp_call call = {.framing_type = 1, .tx_speed_bps = 100000000};

		snprintf(call.calling_number, sizeof(call.calling_number), "%u", s);
		l2tp_session_call(t, &call, NULL, side_clock());
	}
	while (lac.up < sessions) {
		struct pollfd fd = {.fd = lac.fd, .events = POLLIN};

		run_lac();
		poll(&fd, 1, 1);
		if (bench_now() - start > SETUP_S) {
			fprintf(stderr, "%u of %u sessions are up\n", lac.up, sessions);
			exit(1);
		}
	}
	return bench_now() - start;
}

/* ---------------------------------------------------------------- the forwarding agent */

static struct subscriber {
	int tun;
	uint16_t watching; /* GROUPS: nothing */
	double since;	   /* its report; 0: it is served */
} subscribers[MAX_SESSIONS + 1];

static uint16_t by_session[65536];
static unsigned int carried;
static double *samples;
static size_t n_samples, max_samples;

static struct addr group_addr(unsigned int i)
{
	const uint8_t octets[4] = {239, 9, 9, i};

	return addr_from_v4(octets);
}

static void flow(const struct fib_op *op)
{
	for (size_t i = 0; i < op->value.l2tp_flow.n_branches; i++) {
		uint16_t n = by_session[op->value.l2tp_flow.branches[i].session_id];
		struct subscriber *s = &subscribers[n];
		struct addr wanted = group_addr(s->watching);

		if (!n || !s->since || addr_cmp(&op->key.l2tp_flow.group, &wanted) != 0)
			continue;
		if (n_samples < max_samples)
			samples[n_samples++] = (bench_now() - s->since) * 1e6;
		s->since = 0;
	}
}

static void apply(void *ctx, const struct fib_op *op, struct fib_status *status)
{
	unsigned int n;

	if (op->deleted)
		return;
	if (op->key.table == FIB_ACCESS_SESSION &&
	    sscanf(op->value.access_session.interface, "s%u", &n) == 1 && n <= MAX_SESSIONS) {
		carried += !by_session[op->key.access_session.session_id];
		by_session[op->key.access_session.session_id] = n;
	} else if (op->key.table == FIB_L2TP_FLOW) {
		flow(op);
	}
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

static const struct fib_sub_ops sub_ops = {apply, ignore_table, ignore_session, no_activity};
static struct fib_sub *sub;
static struct fib_zmq *zmq;

static void run_agent(const char *endpoint)
{
	struct fib_sub_params sp = {
		.name = "bench",
		.role = FIB_PRIMARY,
		.tables = FIB_TABLE_ALL,
		.capabilities = {.l2tp_replication = true, .unicast_sessions = true}};
	const char *error = "";

	sub = fib_sub_new(&sp, &sub_ops, NULL, side_clock());
	zmq = fib_zmq_connect(endpoint, NULL, &error);
	if (!zmq) {
		fprintf(stderr, "%s: %s\n", endpoint, error);
		exit(1);
	}
}

/* Both, until the time; wakes up for either. */
static void run_until(double end)
{
	do {
		struct pollfd fds[] = {{.fd = lac.fd, .events = POLLIN},
				       {.fd = fib_zmq_fd(zmq), .events = POLLIN}};
		double left = end - bench_now();

		run_lac();
		fib_sub_run(sub, side_clock());
		if (!fib_zmq_consume(zmq, sub, side_clock(), 64) && left > 0.0005)
			poll(fds, 2, left > 0.0015 ? 1 : 0);
	} while (bench_now() < end);
}

/* ---------------------------------------------------------------- the subscribers */

static void plug_in(unsigned int n)
{
	const uint8_t octets[4] = {10, 128 + (n >> 6), (n & 63) << 2, 1};
	struct addr a = addr_from_v4(octets);
	char name[16];

	snprintf(name, sizeof(name), "s%u", n);
	subscribers[n].tun = tun_open(name, &a, 30, false);
	subscribers[n].watching = GROUPS;
	if (subscribers[n].tun < 0) {
		perror(name);
		exit(1);
	}
}

static void zap(unsigned int n)
{
	struct subscriber *s = &subscribers[n];
	const uint8_t octets[4] = {10, 128 + (n >> 6), (n & 63) << 2, 2};
	struct gmp_record records[2];
	struct gmp_msg m = {.type = GMP_RECORDS, .version = 3, .records = records};
	uint8_t packet[1500];
	size_t len;

	if (s->watching != GROUPS)
		records[m.n_records++] =
			(struct gmp_record){.type = GMP_TO_IN, .group = group_addr(s->watching)};
	s->watching = (s->watching + 1 + rand() % (GROUPS - 1)) % GROUPS;
	records[m.n_records++] =
		(struct gmp_record){.type = GMP_TO_EX, .group = group_addr(s->watching)};
	m.src = addr_from_v4(octets);
	len = gmp_msg_encode(&m, packet, sizeof(packet));
	while (read(s->tun, (uint8_t[1500]){}, 1500) > 0)
		; /* queries */
	s->since = bench_now();
	if (write(s->tun, packet, len) < 0)
		perror("write");
}

static int joins(unsigned int sessions, const char *endpoint, unsigned int rate, double seconds)
{
	size_t lost = 0, zaps = 0, want = rate / EVENTS * seconds;
	double start, took;

	samples = calloc(want, sizeof(*samples));
	max_samples = want;
	for (unsigned int n = 1; n <= sessions; n++)
		plug_in(n);
	run_agent(endpoint);
	set_up(sessions, "");
	for (start = bench_now(); carried < sessions && bench_now() - start < SETUP_S;)
		run_until(bench_now() + 0.01);
	if (carried < sessions) {
		fprintf(stderr, "%u of %u sessions are carried\n", carried, sessions);
		return 1;
	}
	start = bench_now();
	while (zaps < want) {
		unsigned int n = 1 + zaps % sessions;

		lost += subscribers[n].since != 0; /* the last one has not arrived yet */
		zap(n);
		run_until(start + (double)++zaps * EVENTS / rate);
	}
	took = bench_now() - start;
	run_until(bench_now() + 1);
	printf("%.0f %.0f %.0f %zu %zu\n", zaps * EVENTS / took,
	       bench_percentile(samples, n_samples, 50), bench_percentile(samples, n_samples, 99),
	       n_samples, lost);
	return 0;
}

int main(int argc, char **argv)
{
	struct addr any = addr_from_v4((uint8_t[4]){0});
	unsigned int sessions = argc > 3 ? atoi(argv[3]) : 0;

	if (!sessions || sessions > 65535 || !addr_parse(argv[2], &lns.addr)) {
		fprintf(stderr, "see the top of %s.c\n", argv[0]);
		return 2;
	}
	side_open(&lac, &any, 0, true);
	if (!strcmp(argv[1], "joins") && argc > 6 && sessions <= MAX_SESSIONS)
		return joins(sessions, argv[4], atoi(argv[5]), atof(argv[6]));
	printf("%.3f\n", set_up(sessions, argc > 4 ? argv[4] : ""));
	return 0;
}
