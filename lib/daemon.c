// SPDX-License-Identifier: GPL-2.0-or-later
/* What main() of both daemons shares; see daemon.h. */
#include "lib/daemon.h"

#include "lib/zmq_loop.h"

static const struct daemon_ops *ops;
static struct event_loop *master;
static struct event *t_round, *t_timer;
static bool reconcile_wanted, stopping;

/* ---------------------------------------------------------------- the round */

static void timer_fires(struct event *event)
{
	daemon_kick();
}

static void schedule_timer(void)
{
	msec_t next = ops->deadline(), now = monotime_msec();

	event_cancel(&t_timer);
	if (next != MSEC_NEVER)
		event_add_timer_msec(master, timer_fires, NULL, next > now ? next - now : 0,
				     &t_timer);
}

static void round_run(struct event *event)
{
	bool reconcile = reconcile_wanted;

	reconcile_wanted = false;
	ops->round(monotime_msec(), reconcile);
	schedule_timer();
}

void daemon_kick(void)
{
	if (!stopping && master && !t_round)
		event_add_event(master, round_run, NULL, 0, &t_round);
}

void daemon_reconcile(void)
{
	reconcile_wanted = true;
	daemon_kick();
}

/* ---------------------------------------------------------------- start and stop */

static void sighup(void)
{
	zlog_info("SIGHUP received, ignored: use vtysh or frr-reload");
}

static FRR_NORETURN void terminate(void)
{
	zlog_notice("Terminating on signal");
	stopping = true;
	event_cancel(&t_round);
	event_cancel(&t_timer);
	ops->stop();
	vrf_terminate();
	frr_fini();
	exit(0);
}

static void sigusr1(void)
{
	zlog_rotate();
}

struct frr_signal_t daemon_signals[] = {
	{.signal = SIGHUP, .handler = &sighup},
	{.signal = SIGUSR1, .handler = &sigusr1},
	{.signal = SIGINT, .handler = &terminate},
	{.signal = SIGTERM, .handler = &terminate},
};

const struct frr_yang_module_info *const daemon_yang_modules[] = {
	&frr_interface_info,
	&frr_vrf_info,
};

int daemon_main(int argc, char **argv, struct frr_daemon_info *info, const struct daemon_ops *o)
{
	static const struct option longopts[] = {{}};

	ops = o;
	frrx_require_abi(info->name);
	frr_preinit(info, argc, argv);
	frr_opt_add("", longopts, "");
	for (;;) {
		int opt = frr_getopt(argc, argv, NULL);

		if (opt == EOF)
			break;
		if (opt != 0)
			frr_help_exit(1);
	}
	master = frr_init();
	vrf_init(NULL, NULL, NULL, NULL);
	ops->start(master);
	daemon_reconcile();
	frr_config_fork();
	frr_run(master);
	return 0;
}
