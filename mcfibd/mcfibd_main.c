// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mcfibd_main.c - the Linux forwarding agent: a consumer of mcfib/1 that programs eBPF.
 *
 *     daemon --mcfib/1--> consumer --> objects --> maps  --> programs <--> packets
 *                                         ^          attach ----^
 *                          links (rtnetlink)
 *
 * One poll() loop (and a thread that waits for grace periods, maps.c).  It knows no protocol of the
 * daemons: objects say what to do with which packets.  The kernel forwards; the agent only writes
 * maps, so it may die, and the daemon may, and forwarding goes on as it was.
 */
#include "lib/base.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "mcast_config.h"

#include "mcfibd/mcfibd.h"
#include "mcfibd/consumer.h"

#define DEFAULT_ENDPOINT "ipc:///var/run/frr/l2mcd.fib"
#define MAX_INTERFACES	 32

DEFINE_MGROUP(MCFIBD, "mcfibd");

int log_level;

struct options {
	struct consumer_params consumer;
	const char *interfaces[MAX_INTERFACES];
	size_t n_interfaces;
	bool keep;
};

void agent_log(int level, const char *format, ...)
{
	struct timespec ts;
	struct tm tm;
	char text[1024];
	va_list args;

	if (level > log_level)
		return;
	clock_gettime(CLOCK_REALTIME, &ts);
	localtime_r(&ts.tv_sec, &tm);
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fprintf(stderr, "%02d:%02d:%02d.%03ld %s\n", tm.tm_hour, tm.tm_min, tm.tm_sec,
		ts.tv_nsec / 1000000, text);
}

static msec_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (msec_t)ts.tv_sec * MSEC_PER_S + ts.tv_nsec / 1000000;
}

/* ---------------------------------------------------------------- options */

static void usage(FILE *to)
{
	fprintf(to,
		"mcfibd - forwards multicast and L2TP sessions with eBPF, as mcfib/1 says\n"
		"  -e, --endpoint ENDPOINT  of a daemon (repeatable; default " DEFAULT_ENDPOINT
		")\n"
		"  -n, --name NAME          of this agent, shown by the daemon (default mcfibd)\n"
		"  -i, --interface IFNAME   tunnel packets may also arrive here (repeatable)\n"
		"      --attach-after S     after a crash: take over the packets at the latest S\n"
		"                           seconds after the daemon is back, complete or not\n"
		"                           (default 60, 0: only when complete)\n"
		"      --mpls-unknown pass|drop   packets with a label that no daemon has said\n"
		"                           anything about: to the kernel (default), or dropped\n"
		"      --access-queue prio|none   where a subscriber's packets have priority: make\n"
		"                           queues for them (default), or only mark the packets\n"
		"      --keep               leave the programs in place at exit\n"
		"      --max-objects N, --max-branches N   size of the maps\n"
		"  -v, --verbose            say what changes; twice (or -d): everything\n"
		"      --version, -h, --help\n"
		"SIGUSR1: status and counters as JSON on stderr.  SIGTERM, SIGINT: orderly end.\n");
}

enum {
	OPT_ATTACH_AFTER = 256,
	OPT_ACCESS_QUEUE,
	OPT_KEEP,
	OPT_MPLS_UNKNOWN,
	OPT_OBJECTS,
	OPT_BRANCHES,
	OPT_VERSION
};

static const struct option long_options[] = {
	{"endpoint", required_argument, NULL, 'e'},
	{"name", required_argument, NULL, 'n'},
	{"interface", required_argument, NULL, 'i'},
	{"attach-after", required_argument, NULL, OPT_ATTACH_AFTER},
	{"access-queue", required_argument, NULL, OPT_ACCESS_QUEUE},
	{"keep", no_argument, NULL, OPT_KEEP},
	{"mpls-unknown", required_argument, NULL, OPT_MPLS_UNKNOWN},
	{"max-objects", required_argument, NULL, OPT_OBJECTS},
	{"max-branches", required_argument, NULL, OPT_BRANCHES},
	{"verbose", no_argument, NULL, 'v'},
	{"debug", no_argument, NULL, 'd'},
	{"version", no_argument, NULL, OPT_VERSION},
	{"help", no_argument, NULL, 'h'},
	{}};

static uint32_t number(const char *text, unsigned long min, unsigned long max)
{
	char *end;
	unsigned long v;

	errno = 0;
	v = strtoul(text, &end, 10);
	if (errno || end == text || *end || v < min || v > max) {
		log_err("'%s' is not a number from %lu to %lu", text, min, max);
		exit(2);
	}
	return (uint32_t)v;
}

static void add_endpoint(struct consumer_params *p, const char *endpoint)
{
	if (p->n_endpoints == CONSUMER_DAEMONS) {
		log_err("more than %d endpoints", CONSUMER_DAEMONS);
		exit(2);
	}
	p->endpoints[p->n_endpoints++] = endpoint;
}

/* False: the first word. */
static bool second_of(const char *first, const char *second, const char *text)
{
	bool is_second = !strcmp(text, second);

	if (!is_second && strcmp(text, first)) {
		log_err("'%s' is neither %s nor %s", text, first, second);
		exit(2);
	}
	return is_second;
}

static void one_option(struct options *o, int c)
{
	switch (c) {
	case 'e':
		add_endpoint(&o->consumer, optarg);
		break;
	case 'n':
		o->consumer.name = optarg;
		break;
	case 'i':
		if (o->n_interfaces < MAX_INTERFACES)
			o->interfaces[o->n_interfaces++] = optarg;
		break;
	case OPT_ATTACH_AFTER:
		o->consumer.attach_after = (msec_t)number(optarg, 0, 86400) * MSEC_PER_S;
		break;
	case OPT_KEEP:
		o->keep = true;
		break;
	case OPT_MPLS_UNKNOWN:
		o->consumer.drop_unknown_labels = second_of("pass", "drop", optarg);
		break;
	case OPT_ACCESS_QUEUE:
		o->consumer.no_queues = second_of("prio", "none", optarg);
		break;
	case OPT_OBJECTS:
		o->consumer.max_objects = number(optarg, 16, 1 << 20);
		break;
	case OPT_BRANCHES:
		o->consumer.max_branches = number(optarg, 16, 1 << 23);
		break;
	case 'v':
		log_level++;
		break;
	case 'd':
		log_level = 2;
		break;
	case OPT_VERSION:
		printf("mcfibd " PACKAGE_VERSION "\n");
		exit(0);
	case 'h':
		usage(stdout);
		exit(0);
	default:
		usage(stderr);
		exit(2);
	}
}

static void read_options(struct options *o, int argc, char **argv)
{
	int c;

	o->consumer.name = "mcfibd";
	o->consumer.attach_after = 60 * MSEC_PER_S;
	while ((c = getopt_long(argc, argv, "e:n:i:vdh", long_options, NULL)) != -1)
		one_option(o, c);
	if (!o->consumer.n_endpoints)
		add_endpoint(&o->consumer, DEFAULT_ENDPOINT);
	if (optind < argc) {
		usage(stderr);
		exit(2);
	}
}

/* ---------------------------------------------------------------- loop */

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* False: the end. */
static bool handle_signals(int fd, struct consumer *c)
{
	struct signalfd_siginfo si;

	while (read(fd, &si, sizeof(si)) == sizeof(si)) {
		if (si.ssi_signo != SIGUSR1)
			return false;
		consumer_dump(c, stderr);
	}
	return true;
}

static int timeout_ms(msec_t deadline, msec_t now)
{
	if (deadline == MSEC_NEVER)
		return -1;
	if (deadline <= now)
		return 0;
	return deadline - now > 60000 ? 60000 : (int)(deadline - now);
}

static void loop(struct consumer *c, int signals)
{
	struct pollfd p[1 + CONSUMER_FDS] = {{.fd = signals, .events = POLLIN}};
	unsigned int n, i;
	int fds[CONSUMER_FDS];

	n = consumer_fds(c, fds);
	for (i = 0; i < n; i++)
		p[i + 1] = (struct pollfd){.fd = fds[i], .events = POLLIN};
	while (handle_signals(signals, c)) {
		consumer_run(c, now_ms());
		poll(p, n + 1, timeout_ms(consumer_deadline(c), now_ms()));
	}
}

int main(int argc, char **argv)
{
	struct options o = {};
	struct consumer *c;
	const char *error = "";
	int signals;
	size_t i;

	setvbuf(stderr, NULL, _IOLBF, 0);
	read_options(&o, argc, argv);
	signals = open_signals();
	c = consumer_new(&o.consumer, now_ms(), &error);
	if (!c) {
		log_err("%s", error);
		return 1;
	}
	for (i = 0; i < o.n_interfaces; i++) {
		if (!consumer_add_tunnel_interface(c, o.interfaces[i]))
			log_err("'%s' is not the name of an interface", o.interfaces[i]);
	}
	log_info("mcfibd " PACKAGE_VERSION " runs");
	loop(c, signals);
	consumer_free(c, o.keep, now_ms());
	return 0;
}
