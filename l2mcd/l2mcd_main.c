// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * l2mcd_main.c - start, stop, and the round.
 *
 * Every input (datagram, packet, timer, command, consumer message) goes to an engine and is
 * followed by one round, as an event of its own: timers that are due, configuration that
 * changed, accumulated OSL updates, changed forwarding objects, datagrams to send.  So changes
 * that arrive together leave together.
 */
#include "l2mcd/l2mcd_p.h"

#include "lib/zmq_loop.h"

DEFINE_MGROUP(L2MCD, "l2mcd");

static struct l2mcd l2mcd;
static struct event *t_round, *t_timer;
static bool reconcile_wanted, stopping;

static zebra_capabilities_t caps[] = {ZCAP_NET_RAW, ZCAP_BIND, ZCAP_NET_ADMIN};

struct zebra_privs_t l2mcd_privs = {
	.user = "frr",
	.group = "frr",
	.vty_group = "frrvty",
	.caps_p = caps,
	.cap_num_p = array_size(caps),
};

struct l2mcd *l2mcd_instance(void)
{
	return &l2mcd;
}

msec_t l2mcd_now(void)
{
	return monotime_msec();
}

/* ---------------------------------------------------------------- the round */

static void round_run(struct event *event);

static void timer_fires(struct event *event)
{
	l2mcd_kick();
}

static void schedule_timer(struct l2mcd *d, msec_t now)
{
	msec_t next = twheel_next(&d->wheel), lac = l2mcd_lac_deadline(d);

	if (lac < next)
		next = lac;
	event_cancel(&t_timer);
	if (next == MSEC_NEVER)
		return;
	event_add_timer_msec(d->master, timer_fires, NULL, next > now ? next - now : 0, &t_timer);
}

static void reconcile(struct l2mcd *d)
{
	reconcile_wanted = false;
	l2mcd_lac_configured();
	l2mcd_fib_reconcile(d);
	l2mcd_io_reconcile(d);
	l2mcd_tunnel_reconcile(d);
	l2mcd_multicast_reconcile(d);
	l2mcd_lns_reconcile(d);
	l2mcd_tap_reconcile(d);
	l2mcd_upstream_reconcile(d);
}

static void round_run(struct event *event)
{
	struct l2mcd *d = &l2mcd;
	msec_t now = l2mcd_now();

	if (stopping)
		return;
	twheel_run(&d->wheel, now);
	if (reconcile_wanted)
		reconcile(d);
	l2mcd_lac_reconcile(d, now);
	l2mc_lns_flush(d->lns, now);
	l2mcd_fib_flush(d);
	l2mcd_io_output(d);
	schedule_timer(d, now);
}

void l2mcd_kick(void)
{
	if (!stopping && l2mcd.master && !t_round)
		event_add_event(l2mcd.master, round_run, NULL, 0, &t_round);
}

void l2mcd_reconcile(void)
{
	reconcile_wanted = true;
	l2mcd_kick();
}

/* ---------------------------------------------------------------- start and stop */

static void sighup(void)
{
	zlog_info("SIGHUP received, ignored: use vtysh or frr-reload");
}

/* An orderly stop: peers hear StopCCN, consumers Bye; they keep forwarding (design/fib.md). */
static FRR_NORETURN void sigint(void)
{
	struct l2mcd *d = &l2mcd;

	zlog_notice("Terminating on signal");
	stopping = true;
	l2mcd_tunnel_shutdown(d);
	l2mcd_io_output(d);
	event_cancel(&t_round);
	event_cancel(&t_timer);
	l2mcd_fib_fini(d);
	l2mcd_lns_fini(d);
	l2mcd_multicast_fini(d);
	l2mcd_tunnel_fini(d);
	l2mcd_tap_fini();
	l2mcd_upstream_fini(d);
	l2mcd_io_fini();
	l2mcd_zebra_fini();
	l2mcd_vty_fini();
	l2mcd_config_reset(&d->config);
	l2mcd_history_fini();
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

#define L2MCD_VTY_PORT 2680

/* clang-format off */
FRR_DAEMON_INFO(l2mcd, L2MC,
	.vty_port = L2MCD_VTY_PORT,
	.proghelp = "L2TPv2 LAC and LNS with multicast sessions (RFC 4045).",
	.copyright = "Copyright (C) 2026 the frr-mcast authors",
	.signals = signals,
	.n_signals = array_size(signals),
	.privs = &l2mcd_privs,
	.yang_modules = yang_modules_used,
	.n_yang_modules = array_size(yang_modules_used),
);
/* clang-format on */

static void start(struct l2mcd *d)
{
	d->started = l2mcd_now();
	twheel_init(&d->wheel, d->started);
	l2mcd_config_init(&d->config);
	l2mcd_fib_init(d);
	l2mcd_tunnel_init(d);
	l2mcd_multicast_init(d);
	l2mcd_lns_init(d);
	l2mcd_vty_init();
	l2mcd_zebra_init(d);
	l2mcd_reconcile();
}

int main(int argc, char **argv, char **envp)
{
	static const struct option longopts[] = {{}};

	frrx_require_abi("l2mcd");
	frr_preinit(&l2mcd_di, argc, argv);
	frr_opt_add("", longopts, "");
	for (;;) {
		int opt = frr_getopt(argc, argv, NULL);

		if (opt == EOF)
			break;
		if (opt != 0)
			frr_help_exit(1);
	}
	l2mcd.master = frr_init();
	vrf_init(NULL, NULL, NULL, NULL);
	start(&l2mcd);
	frr_config_fork();
	frr_run(l2mcd.master);
	return 0;
}
