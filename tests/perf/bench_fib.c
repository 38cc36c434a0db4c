// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Forwarding objects per second from publisher to consumer: encoding and decoding alone, then
 * the whole way through a ZeroMQ ipc socket with acknowledgements and status.
 */
#include "tests/perf/bench.h"

#include "lib/fib_codec.h"
#include "lib/fib_pub.h"
#include "lib/fib_zmq.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#define OBJECTS	 50000
#define BRANCHES 8
#define BATCH	 256

static uint64_t applied, installed;

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

static void count_installed(void *ctx, const struct fib_key *key, uint64_t generation,
			    enum fib_install state, const char *text)
{
	installed += state == FIB_STATE_INSTALLED;
}

static void ignore_activity(void *ctx, const struct fib_consumer *c, const struct fib_activity *a)
{
}

static void ignore_consumer(void *ctx, const struct fib_consumer *c, bool up, const char *reason)
{
}

static const struct fib_sub_ops sub_ops = {apply, ignore_table, ignore_session, no_activity};
static const struct fib_pub_ops pub_ops = {count_installed, ignore_activity, ignore_consumer};

static msec_t now(void)
{
	return (msec_t)(bench_now() * 1000);
}

static void make_flow(unsigned int i, struct fib_key *key, union fib_value *v)
{
	uint8_t group[4] = {239, i >> 16, i >> 8, i & 0xff};
	struct addr a = addr_from_v4(group);

	*key = fib_key_l2tp_flow("", &a, NULL);
	memset(v, 0, sizeof(*v));
	strcpy(v->l2tp_flow.upstream_interface, "l2mc0");
	v->l2tp_flow.n_branches = BRANCHES;
	v->l2tp_flow.branches = calloc(BRANCHES, sizeof(*v->l2tp_flow.branches));
	for (unsigned int b = 0; b < BRANCHES; b++)
		v->l2tp_flow.branches[b] = (struct fib_flow_branch){
			.kind = FIB_BRANCH_MULTICAST_SESSION,
			.tunnel_id = b + 1,
			.session_id = i & 0xffff,
			.peer_session_id = i & 0xffff,
		};
}

static double codec_only(void)
{
	struct fib_msg m = {.seq = 1, .epoch = 1, .type = FIB_MSG_UPDATE};
	double start, took;

	m.update.n_ops = BATCH;
	m.update.ops = calloc(BATCH, sizeof(*m.update.ops));
	for (unsigned int i = 0; i < BATCH; i++)
		make_flow(i, &m.update.ops[i].key, &m.update.ops[i].value);
	start = bench_now();
	for (unsigned int n = 0; n < OBJECTS; n += BATCH) {
		struct fib_msg back;
		const char *why;
		uint8_t *buf;
		size_t len = fib_encode(&m, &buf);

		if (!fib_decode((struct span){buf, len}, &back, &why))
			abort();
		fib_msg_free(&back);
		free(buf);
	}
	took = bench_now() - start;
	fib_msg_free(&m);
	return OBJECTS / took;
}

static double through_socket(void)
{
	struct fib_sub_params sp = {.name = "bench",
				    .role = FIB_PRIMARY,
				    .tables = FIB_TABLE_ALL,
				    .capabilities = {.l2tp_replication = true}};
	struct fib_pub_params pp;
	struct fib_zmq *server, *client;
	struct fib_pub *pub;
	struct fib_sub *sub;
	const char *error = "";
	char endpoint[64];
	double start, took;

	snprintf(endpoint, sizeof(endpoint), "ipc:///tmp/mcfib-bench-%d", (int)getpid());
	fib_pub_params_default(&pp);
	pub = fib_pub_new(&pp, &pub_ops, NULL, 1, now());
	sub = fib_sub_new(&sp, &sub_ops, NULL, now());
	server = fib_zmq_bind(endpoint, NULL, &error);
	client = server ? fib_zmq_connect(endpoint, NULL, &error) : NULL;
	if (!client) {
		fprintf(stderr, "%s: %s\n", endpoint, error);
		exit(1);
	}
	start = bench_now();
	for (unsigned int i = 0; i < OBJECTS; i++) {
		union fib_value v;
		struct fib_key key;

		make_flow(i, &key, &v);
		fib_pub_set(pub, &key, &v);
	}
	while (installed < OBJECTS) {
		struct pollfd fds[] = {{.fd = fib_zmq_fd(server), .events = POLLIN},
				       {.fd = fib_zmq_fd(client), .events = POLLIN}};
		bool more = fib_zmq_serve(server, pub, now(), 64);

		more |= fib_zmq_consume(client, sub, now(), 64);
		fib_pub_run(pub, now());
		fib_sub_run(sub, now());
		if (!more)
			poll(fds, 2, 1);
		if (bench_now() - start > 60) {
			fprintf(stderr, "stuck at %u of %u objects\n", (unsigned int)installed,
				OBJECTS);
			exit(1);
		}
	}
	took = bench_now() - start;
	fib_zmq_close(client);
	fib_zmq_close(server);
	fib_sub_free(sub);
	fib_pub_free(pub);
	unlink(endpoint + strlen("ipc://"));
	return OBJECTS / took;
}

int main(void)
{
	double codec = codec_only(), socket;

	bench_print("flow objects of 8 branches, encode and decode", codec, "objects/s", 0);
	socket = through_socket();
	bench_print("flow objects of 8 branches, ipc, to installed", socket, "objects/s", codec);
	return 0;
}
