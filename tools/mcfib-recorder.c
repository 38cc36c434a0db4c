// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mcfib-recorder: a consumer of mcfib/1 that forwards nothing and writes down everything.
 *
 * Each message is one line of JSON on standard output; keys are the field names of
 * mcfib.proto.  It keeps the table an agent would have, so it is what tests compare with, and
 * an example of the smallest complete agent.
 */
#include "lib/base.h"
#include "mcast_config.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <zmq.h>

#include "lib/fib_vty.h"
#include "lib/fib_zmq.h"
#include "tools/mcfib_json.h"

#define ENDPOINT "ipc:///var/run/frr/l2mcd.fib"
#define BUDGET	 64 /* messages in one go */

DEFINE_MGROUP(RECORDER, "mcfib-recorder");
DEFINE_MTYPE_STATIC(RECORDER, ROW, "recorded object");

PREDECL_HASH(rows);

struct row {
	struct rows_item item;
	struct fib_key key;
	uint64_t generation;
	union fib_value value;
};

static int row_cmp(const struct row *a, const struct row *b)
{
	return memcmp(&a->key, &b->key, sizeof(a->key));
}

static uint32_t row_hash(const struct row *r)
{
	return jhash(&r->key, sizeof(r->key), 0);
}

DECLARE_HASH(rows, struct row, item, row_cmp, row_hash);

struct recorder {
	/* options */
	const char *endpoint;
	bool once, state, quiet;
	int delay_ms;
	bool has_fail;
	regex_t fail;
	struct fib_sub_params params;
	struct fib_zmq_security security;

	struct fib_zmq *zmq;
	struct fib_sub *sub;
	struct rows_head rows;
	uint32_t ended; /* tables whose snapshot is complete */
	bool stop;
	msec_t next_at; /* with a delay: when the next message is taken */
};

static msec_t now_msec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (msec_t)ts.tv_sec * MSEC_PER_S + ts.tv_nsec / 1000000;
}

static void print_line(json_object *o)
{
	puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	fflush(stdout);
	json_object_put(o);
}

/* ---------------------------------------------------------------- table */

static void row_free(struct recorder *r, struct row *row)
{
	fib_value_free(row->key.table, &row->value);
	rows_del(&r->rows, row);
	XFREE(MTYPE_ROW, row);
}

static bool must_fail(const struct recorder *r, const struct fib_key *key)
{
	char text[192];

	return r->has_fail &&
	       regexec(&r->fail, fib_key_str(key, text, sizeof(text)), 0, NULL, 0) == 0;
}

static void apply(void *ctx, const struct fib_op *op, struct fib_status *status)
{
	struct recorder *r = ctx;
	struct row ref = {.key = op->key}, *row = rows_find(&r->rows, &ref);

	if (row)
		row_free(r, row);
	if (op->deleted)
		return;
	if (must_fail(r, &op->key)) {
		status->result = FIB_FAILED;
		status->code = EIO;
		snprintf(status->text, sizeof(status->text), "told to fail");
		return;
	}
	row = XCALLOC(MTYPE_ROW, sizeof(*row));
	row->key = op->key;
	row->generation = op->generation;
	fib_value_copy(op->key.table, &row->value, &op->value);
	rows_add(&r->rows, row);
}

static json_object *table_json(struct recorder *r, enum fib_table table)
{
	json_object *o = json_object_new_object();
	struct row *row;

	frr_each (rows, &r->rows, row) {
		json_object *v;
		char key[192];

		if (row->key.table != table)
			continue;
		v = json_object_new_object();
		json_object_int_add(v, "generation", row->generation);
		json_object_object_add(v, "key", fib_key_json(&row->key));
		json_object_object_add(v, "value", fib_value_json(table, &row->value));
		json_object_object_add(o, fib_key_str(&row->key, key, sizeof(key)), v);
	}
	return o;
}

static void print_state(struct recorder *r)
{
	json_object *o = json_object_new_object(), *line = json_object_new_object();
	struct fib_sub_info info;

	fib_sub_info(r->sub, &info);
	json_object_boolean_add(o, "connected", info.connected);
	json_object_boolean_add(o, "complete", info.complete);
	json_object_int_add(o, "epoch", info.epoch);
	json_object_int_add(o, "objects", info.objects);
	json_object_int_add(o, "stale", info.stale);
	json_object_int_add(o, "rxUpdates", info.rx_updates);
	json_object_int_add(o, "rxOperations", info.rx_ops);
	json_object_int_add(o, "resyncs", info.resyncs);
	for (int t = 1; t < FIB_TABLES; t++)
		json_object_object_add(o, mcfib_table_field(t), table_json(r, t));
	json_object_object_add(line, "state", o);
	print_line(line);
}

static const struct fib_sub_ops ops = {.apply = apply};

/* ---------------------------------------------------------------- messages */

static void look_at(struct recorder *r, const struct fib_msg *m)
{
	if (m->type == FIB_MSG_HELLO_ACK)
		r->ended = m->hello_ack.resume ? FIB_TABLE_ALL : 0;
	if (m->type == FIB_MSG_SNAPSHOT_END)
		r->ended |= 1U << m->snapshot_end.table;
	if (!r->quiet)
		print_line(mcfib_msg_json(m));
}

/* True if a message was there. */
static bool take_one(struct recorder *r)
{
	const char *why;
	struct fib_msg m;
	enum fib_zmq_received got = fib_zmq_receive(r->zmq, &m, &why);

	if (got == FIB_ZMQ_NOTHING)
		return false;
	if (got == FIB_ZMQ_GARBAGE) {
		fprintf(stderr, "mcfib-recorder: %s\n", why);
		fib_sub_garbage(r->sub, now_msec());
		return true;
	}
	look_at(r, &m);
	fib_sub_input(r->sub, &m, now_msec());
	fib_msg_free(&m);
	return true;
}

/* What can be done now.  Returns when to come back, if nothing happens before. */
static msec_t work(struct recorder *r)
{
	msec_t now = now_msec();
	bool more;

	if (now >= fib_sub_deadline(r->sub))
		fib_sub_run(r->sub, now);
	for (int n = 0; n < BUDGET && now >= r->next_at && take_one(r); n++)
		r->next_at = r->delay_ms ? now + r->delay_ms : 0;
	more = fib_zmq_answer(r->zmq, r->sub, now, BUDGET) == BUDGET;
	if (r->once && (r->ended & r->params.tables) == r->params.tables)
		r->stop = true;
	if (more || (fib_zmq_events(r->zmq) & ZMQ_POLLIN && now >= r->next_at))
		return now;
	return r->next_at > now && r->next_at < fib_sub_deadline(r->sub) ? r->next_at
									 : fib_sub_deadline(r->sub);
}

static void on_signal(struct recorder *r, int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGUSR1)
		print_state(r);
	else
		r->stop = true;
}

static int wait_ms(msec_t until)
{
	msec_t wait = until - now_msec();

	return wait < 0 ? 0 : wait > 60000 ? 60000 : (int)wait;
}

static int run(struct recorder *r)
{
	struct pollfd fds[2] = {{.fd = fib_zmq_fd(r->zmq), .events = POLLIN}, {.events = POLLIN}};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fds[1].fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (fds[1].fd < 0)
		return 1;
	while (!r->stop) {
		msec_t until = work(r);

		if (r->stop)
			break;
		if (poll(fds, 2, wait_ms(until)) < 0 && errno != EINTR)
			return 1;
		if (fds[1].revents & POLLIN)
			on_signal(r, fds[1].fd);
	}
	close(fds[1].fd);
	if (r->state)
		print_state(r);
	fib_sub_bye(r->sub, now_msec());
	fib_zmq_answer(r->zmq, r->sub, now_msec(), BUDGET);
	return 0;
}

/* ---------------------------------------------------------------- start */

static const struct option long_options[] = {
	{"endpoint", required_argument, NULL, 'e'},
	{"name", required_argument, NULL, 'n'},
	{"primary", no_argument, NULL, 'p'},
	{"once", no_argument, NULL, 'o'},
	{"state", no_argument, NULL, 's'},
	{"quiet", no_argument, NULL, 'q'},
	{"delay", required_argument, NULL, 'd'},
	{"fail", required_argument, NULL, 'f'},
	{"max-branches", required_argument, NULL, 'b'},
	{"batch", required_argument, NULL, 'B'},
	{"keys", required_argument, NULL, 'k'},
	{"help", no_argument, NULL, 'h'},
	{},
};

static void usage(FILE *f)
{
	fputs("Usage: mcfib-recorder [OPTION...]\n"
	      "Connects to a daemon as a forwarding agent and prints what it says, a line of\n"
	      "JSON for each message.\n\n"
	      "  -e, --endpoint ENDPOINT  ipc://PATH or tcp://ADDRESS:PORT\n"
	      "                           (" ENDPOINT ")\n"
	      "  -n, --name NAME          name shown by the daemon (mcfib-recorder)\n"
	      "      --primary            count as an agent that forwards, not as an observer\n"
	      "      --once               stop when all tables have been received\n"
	      "      --state              print the table at the end (and always at SIGUSR1)\n"
	      "  -q, --quiet              do not print messages\n"
	      "      --delay MS           take so long for each message\n"
	      "      --fail REGEX         fail objects whose key matches, as in\n"
	      "                           'l2tp-flow 232.1.1.1 from 10.0.0.1'\n"
	      "      --max-branches N     claim to be able to do so many branches\n"
	      "      --batch N            operations in a message at most\n"
	      "      --keys FILE          CURVE: server's public key, own public key, own secret\n"
	      "                           key, a line each\n",
	      f);
}

static bool read_keys(struct fib_zmq_security *s, const char *file)
{
	FILE *f = fopen(file, "r");
	bool ok;

	if (!f)
		return false;
	ok = fscanf(f, "%40s %40s %40s", s->server_public, s->client_public, s->client_secret) == 3;
	fclose(f);
	return ok;
}

static bool option(struct recorder *r, int c)
{
	switch (c) {
	case 'e':
		r->endpoint = optarg;
		return true;
	case 'n':
		snprintf(r->params.name, sizeof(r->params.name), "%s", optarg);
		return optarg[0];
	case 'p':
		r->params.role = FIB_PRIMARY;
		return true;
	case 'o':
		return r->once = true;
	case 's':
		return r->state = true;
	case 'q':
		return r->quiet = true;
	case 'd':
		return (r->delay_ms = atoi(optarg)) > 0;
	case 'f':
		r->has_fail = regcomp(&r->fail, optarg, REG_EXTENDED | REG_NOSUB) == 0;
		return r->has_fail;
	case 'b':
		return (r->params.capabilities.maximum_branches = atoi(optarg)) > 0;
	case 'B':
		return (r->params.max_batch = atoi(optarg)) > 0;
	case 'k':
		return read_keys(&r->security, optarg);
	}
	return false;
}

static bool start(struct recorder *r)
{
	const char *error;

	if (getrandom(r->params.instance_uuid, sizeof(r->params.instance_uuid), 0) < 0) {
		perror("mcfib-recorder");
		return false;
	}
	r->zmq = fib_zmq_connect(r->endpoint, &r->security, &error);
	if (!r->zmq) {
		fprintf(stderr, "mcfib-recorder: %s\n", error);
		return false;
	}
	rows_init(&r->rows);
	r->sub = fib_sub_new(&r->params, &ops, r, now_msec());
	return true;
}

static void stop(struct recorder *r)
{
	struct row *row;

	fib_sub_free(r->sub);
	fib_zmq_close(r->zmq);
	frr_each_safe (rows, &r->rows, row)
		row_free(r, row);
	rows_fini(&r->rows);
	if (r->has_fail)
		regfree(&r->fail);
}

int main(int argc, char **argv)
{
	struct recorder r = {
		.endpoint = ENDPOINT,
		.params = {.name = "mcfib-recorder",
			   .software = PACKAGE_STRING,
			   .role = FIB_OBSERVER,
			   .tables = FIB_TABLE_ALL,
			   .capabilities = {.l2tp_replication = true,
					    .unicast_sessions = true,
					    .mpls_p2mp = true,
					    .mpls_context = true,
					    .priority = true,
					    .maximum_bps = true,
					    .sequencing = true}},
	};
	int c, rc;

	while ((c = getopt_long(argc, argv, "e:n:qh", long_options, NULL)) != -1) {
		if (c == 'h') {
			usage(stdout);
			return 0;
		}
		if (!option(&r, c)) {
			usage(stderr);
			return 2;
		}
	}
	if (optind != argc) {
		usage(stderr);
		return 2;
	}
	if (!start(&r))
		return 1;
	rc = run(&r);
	stop(&r);
	return rc;
}
