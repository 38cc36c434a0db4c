// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fibgen ENDPOINT EPOCH [SERVER-SECRET ALLOW-FILE]: a daemon that has nothing but a publisher.
 *
 * Commands on standard input, a line each; each is answered by one line of JSON:
 *   set FIRST LAST BRANCHES   flows FIRST..LAST (numbers) with so many branches
 *   del FIRST LAST
 *   flap N COUNT              changes flow N so often, sending in between
 *   complete                  configuration is complete
 *   clear                     ends all sessions
 *   latency COUNT             changes flow 0 COUNT times, waiting for "installed" each time
 *   table                     what a consumer ought to have
 *   state                     counters
 *   quit                      says Bye and ends
 */
#include "lib/base.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <zmq.h>

#include "lib/fib_vty.h"
#include "lib/fib_zmq.h"

#define BUDGET	 64
#define WAIT_MAX 10000 /* ms, for one answer */

static struct fib_pub *pub;
static struct fib_zmq *zmq;
static bool quit, installed;

static int64_t now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static msec_t now_msec(void)
{
	return now_usec() / 1000;
}

static bool serve(void)
{
	if (now_msec() >= fib_pub_deadline(pub))
		fib_pub_run(pub, now_msec());
	return fib_zmq_serve(zmq, pub, now_msec(), BUDGET);
}

static void print_line(json_object *o)
{
	puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	fflush(stdout);
	json_object_put(o);
}

/* ---------------------------------------------------------------- objects */

static struct fib_key flow_key(unsigned int n)
{
	uint8_t group[4] = {239, n >> 16, n >> 8, n};
	struct addr a = addr_from_v4(group);

	return fib_key_l2tp_flow("", &a, NULL);
}

static void set_flow(unsigned int n, unsigned int branches, unsigned int variant)
{
	struct fib_key key = flow_key(n);
	union fib_value v = {};

	snprintf(v.l2tp_flow.upstream_interface, FIB_IFNAME_LEN, "up%u", variant % 1000000);
	v.l2tp_flow.n_branches = branches;
	v.l2tp_flow.branches =
		branches ? fib_alloc(branches, sizeof(struct fib_flow_branch)) : NULL;
	for (unsigned int i = 0; i < branches; i++) {
		v.l2tp_flow.branches[i].kind = FIB_BRANCH_MULTICAST_SESSION;
		v.l2tp_flow.branches[i].tunnel_id = 1 + i;
		v.l2tp_flow.branches[i].session_id = 2 + i;
		v.l2tp_flow.branches[i].peer_session_id = 3 + i;
	}
	fib_pub_set(pub, &key, &v);
}

static void flap(unsigned int n, unsigned int count)
{
	for (unsigned int i = 1; i <= count; i++) {
		set_flow(n, 1, i);
		if (i % 64 == 0)
			serve();
	}
}

/* ---------------------------------------------------------------- answers */

static void add_row(void *arg, const struct fib_object_info *info)
{
	json_object *o = json_object_new_object();
	char key[192];

	json_object_int_add(o, "generation", info->generation);
	json_object_object_add(o, "key", fib_key_json(&info->key));
	json_object_object_add(o, "value", fib_value_json(info->key.table, info->value));
	json_object_object_add(arg, fib_key_str(&info->key, key, sizeof(key)), o);
}

static void count_state(void *arg, const struct fib_object_info *info)
{
	((size_t *)arg)[info->state]++;
}

static void add_consumer(void *arg, const struct fib_consumer *c)
{
	struct fib_consumer_info info;

	fib_consumer_info(c, &info);
	json_object_array_add(arg, fib_consumer_json(&info, now_msec()));
}

static long resident_kb(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long total = 0, resident = 0;

	if (!f || fscanf(f, "%ld %ld", &total, &resident) != 2)
		resident = 0;
	if (f)
		fclose(f);
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static json_object *state(void)
{
	json_object *o = fib_stats_json(pub), *states = json_object_new_object();
	json_object *consumers = json_object_new_array();
	size_t count[FIB_STATE_STALE + 1] = {};

	fib_pub_walk(pub, FIB_L2TP_FLOW, count_state, count);
	for (size_t i = 0; i < array_size(count); i++)
		json_object_int_add(states, fib_install_name(i), count[i]);
	fib_pub_consumers(pub, add_consumer, consumers);
	json_object_object_add(o, "states", states);
	json_object_object_add(o, "consumers", consumers);
	json_object_int_add(o, "residentKb", resident_kb());
	return o;
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static bool wait_installed(void)
{
	struct pollfd fd = {.fd = fib_zmq_fd(zmq), .events = POLLIN};
	msec_t until = now_msec() + WAIT_MAX;

	while (!installed && now_msec() < until)
		if (!serve() && !installed)
			poll(&fd, 1, 100);
	return installed;
}

static json_object *latency(unsigned int count)
{
	json_object *o = json_object_new_object();
	int64_t *us = calloc(count ? count : 1, sizeof(*us));
	unsigned int n = 0;

	for (; us && n < count; n++) {
		int64_t start = now_usec();

		installed = false;
		set_flow(0, 4, n + 1);
		if (!wait_installed())
			break;
		us[n] = now_usec() - start;
	}
	json_object_int_add(o, "count", n);
	if (n) {
		qsort(us, n, sizeof(*us), compare);
		json_object_int_add(o, "p50us", us[n / 2]);
		json_object_int_add(o, "p99us", us[n * 99 / 100]);
	}
	free(us);
	return o;
}

/* ---------------------------------------------------------------- commands */

static void command(const char *line)
{
	json_object *o = NULL;
	unsigned int a, b, c = 0;

	if (sscanf(line, "set %u %u %u", &a, &b, &c) == 3)
		while (a <= b)
			set_flow(a++, c, 0);
	else if (sscanf(line, "del %u %u", &a, &b) == 2)
		for (struct fib_key key; a <= b; a++)
			key = flow_key(a), fib_pub_del(pub, &key);
	else if (sscanf(line, "flap %u %u", &a, &b) == 2)
		flap(a, b);
	else if (sscanf(line, "latency %u", &a) == 1)
		o = latency(a);
	else if (strcmp(line, "complete") == 0)
		fib_pub_complete(pub);
	else if (strcmp(line, "clear") == 0)
		fib_pub_clear(pub, NULL, now_msec());
	else if (strcmp(line, "state") == 0)
		o = state();
	else if (strcmp(line, "table") == 0)
		fib_pub_walk(pub, FIB_L2TP_FLOW, add_row, o = json_object_new_object());
	else
		quit = true;
	print_line(o ? o : json_object_new_object());
}

/* Reads what is there and carries out complete lines. */
static void read_commands(void)
{
	static char buf[4096];
	static size_t len;
	ssize_t n = read(STDIN_FILENO, buf + len, sizeof(buf) - len - 1);
	char *end;

	if (n <= 0) {
		quit = true;
		return;
	}
	len += n;
	buf[len] = '\0';
	while (!quit && (end = strchr(buf, '\n'))) {
		*end = '\0';
		command(buf);
		len -= end + 1 - buf;
		memmove(buf, end + 1, len + 1);
	}
}

static void on_installed(void *ctx, const struct fib_key *key, uint64_t generation,
			 enum fib_install how, const char *text)
{
	if (how == FIB_STATE_INSTALLED)
		installed = true;
}

static const struct fib_pub_ops ops = {.installed = on_installed};

static void loop(void)
{
	struct pollfd fds[2] = {{.fd = fib_zmq_fd(zmq), .events = POLLIN},
				{.fd = STDIN_FILENO, .events = POLLIN}};

	while (!quit) {
		bool more = serve();
		msec_t wait = fib_pub_deadline(pub) - now_msec();

		if (poll(fds, 2,
			 more || wait < 0 ? 0
			 : wait > 1000	  ? 1000
					  : (int)wait) < 0 &&
		    errno != EINTR)
			break;
		if (fds[1].revents)
			read_commands();
	}
	fib_pub_bye(pub, now_msec());
	while (serve())
		;
}

int main(int argc, char **argv)
{
	struct fib_zmq_security security = {};
	struct fib_pub_params p;
	const char *error;

	if (argc != 3 && argc != 5)
		return 2;
	if (argc == 5) {
		snprintf(security.server_secret, sizeof(security.server_secret), "%s", argv[3]);
		security.allow_file = argv[4];
	}
	fib_pub_params_default(&p);
	zmq = fib_zmq_bind(argv[1], &security, &error);
	if (!zmq) {
		fprintf(stderr, "fibgen: %s\n", error);
		return 1;
	}
	pub = fib_pub_new(&p, &ops, NULL, strtoull(argv[2], NULL, 10), now_msec());
	puts("{}");
	fflush(stdout);
	loop();
	fib_pub_free(pub);
	fib_zmq_close(zmq);
	return 0;
}
