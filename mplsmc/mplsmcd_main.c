// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mplsmcd_main.c - start, stop, and the round: what follows each input, as in l2mcd_main.c.
 */
#include "mplsmc/mplsmcd_p.h"

#include "lib/zmq_loop.h"

DEFINE_MGROUP(MPLSMCD, "mplsmcd");

static struct mplsmcd mplsmcd;
static struct event *t_round, *t_timer;
static bool reconcile_wanted, stopping;

static zebra_capabilities_t caps[] = {ZCAP_NET_RAW, ZCAP_BIND, ZCAP_NET_ADMIN};

struct zebra_privs_t mplsmcd_privs = {
	.user = "frr",
	.group = "frr",
	.vty_group = "frrvty",
	.caps_p = caps,
	.cap_num_p = array_size(caps),
};

struct mplsmcd *mplsmcd_instance(void)
{
	return &mplsmcd;
}

msec_t mplsmcd_now(void)
{
	return monotime_msec();
}

/* ---------------------------------------------------------------- the round */

static void timer_fires(struct event *event)
{
	mplsmcd_kick();
}

static void schedule_timer(struct mplsmcd *d, msec_t now)
{
	msec_t next = twheel_next(&d->wheel);

	event_cancel(&t_timer);
	if (next != MSEC_NEVER)
		event_add_timer_msec(d->master, timer_fires, NULL, next > now ? next - now : 0,
				     &t_timer);
}

static void reconcile(struct mplsmcd *d)
{
	reconcile_wanted = false;
	mplsmcd_fib_reconcile(d);
	mplsmcd_labels_reconcile(d);
	mplsmcd_tree_reconcile(d);
	mplsmcd_ldp_reconcile(d);
	mplsmcd_map_reconcile(d);
}

static void round_run(struct event *event)
{
	struct mplsmcd *d = &mplsmcd;
	msec_t now = mplsmcd_now();

	if (stopping)
		return;
	twheel_run(&d->wheel, now);
	if (reconcile_wanted)
		reconcile(d);
	schedule_timer(d, now);
}

void mplsmcd_kick(void)
{
	if (!stopping && mplsmcd.master && !t_round)
		event_add_event(mplsmcd.master, round_run, NULL, 0, &t_round);
}

void mplsmcd_reconcile(void)
{
	reconcile_wanted = true;
	mplsmcd_kick();
}

/* ---------------------------------------------------------------- start and stop */

static void sighup(void)
{
	zlog_info("SIGHUP received, ignored: use vtysh or frr-reload");
}

/* An orderly stop: peers hear Shutdown, pimd Prunes, consumers Bye (they keep forwarding). */
static FRR_NORETURN void sigint(void)
{
	struct mplsmcd *d = &mplsmcd;

	zlog_notice("Terminating on signal");
	stopping = true;
	event_cancel(&t_round);
	event_cancel(&t_timer);
	mplsmcd_fib_fini(d);
	mplsmcd_map_fini(d);
	mplsmcd_ldp_fini(d);
	mplsmcd_tree_fini(d);
	mplsmcd_io_fini(d);
	mplsmcd_labels_fini();
	mplsmcd_zebra_fini();
	mplsmcd_vty_fini();
	mplsmcd_config_reset(&d->config);
	mplsmcd_history_fini();
	twheel_fini(&d->wheel);
	vrf_terminate();
	frr_fini();
	exit(0);
}

static void sigusr1(void)
{
	zlog_rotate();
}

static struct frr_signal_t signals[] = {
	{.signal = SIGHUP, .handler = &sighup},
	{.signal = SIGUSR1, .handler = &sigusr1},
	{.signal = SIGINT, .handler = &sigint},
	{.signal = SIGTERM, .handler = &sigint},
};

static const struct frr_yang_module_info *const yang_modules_used[] = {
	&frr_interface_info,
	&frr_vrf_info,
};

#define MPLSMCD_VTY_PORT 2681

/* clang-format off */
FRR_DAEMON_INFO(mplsmcd, MPMC,
	.vty_port = MPLSMCD_VTY_PORT,
	.proghelp = "IP multicast trees on MPLS P2MP LSPs (RFC 3353, mLDP).",
	.copyright = "Copyright (C) 2026 the frr-mcast authors",
	.signals = signals,
	.n_signals = array_size(signals),
	.privs = &mplsmcd_privs,
	.yang_modules = yang_modules_used,
	.n_yang_modules = array_size(yang_modules_used),
);
/* clang-format on */

static void start(struct mplsmcd *d)
{
	d->started = mplsmcd_now();
	twheel_init(&d->wheel, d->started);
	mplsmcd_config_init(&d->config);
	mplsmcd_fib_init(d);
	mplsmcd_tree_init(d);
	mplsmcd_map_init(d);
	mplsmcd_vty_init();
	mplsmcd_zebra_init(d);
	mplsmcd_reconcile();
}

int main(int argc, char **argv, char **envp)
{
	static const struct option longopts[] = {{}};

	frrx_require_abi("mplsmcd");
	frr_preinit(&mplsmcd_di, argc, argv);
	frr_opt_add("", longopts, "");
	for (;;) {
		int opt = frr_getopt(argc, argv, NULL);

		if (opt == EOF)
			break;
		if (opt != 0)
			frr_help_exit(1);
	}
	mplsmcd.master = frr_init();
	vrf_init(NULL, NULL, NULL, NULL);
	start(&mplsmcd);
	frr_config_fork();
	frr_run(mplsmcd.master);
	return 0;
}
