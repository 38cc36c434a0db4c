// SPDX-License-Identifier: GPL-2.0-or-later
/* l2mcd_main.c - start, stop, and what a round does (lib/daemon.h). */
#include "l2mcd/l2mcd_kernel.h"
#include "l2mcd/l2mcd_membership.h"
#include "l2mcd/l2mcd_p.h"
#include "l2mcd/l2mcd_pppoe.h"

#include "lib/daemon.h"
#include "lib/zmq_loop.h"

DEFINE_MGROUP(L2MCD, "l2mcd");

static struct l2mcd l2mcd;

static zebra_capabilities_t caps[] = {ZCAP_NET_RAW, ZCAP_BIND, ZCAP_NET_ADMIN,
				      ZCAP_DAC_OVERRIDE /* /dev/ppp */, ZCAP_SETID /* pppd */};

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

static void reconcile(struct l2mcd *d)
{
	l2mcd_lac_configured();
	l2mcd_fib_reconcile(d);
	l2mcd_io_reconcile(d);
	l2mcd_tunnel_reconcile(d);
	l2mcd_multicast_reconcile(d);
	l2mcd_membership_reconcile(d);
	l2mcd_lns_reconcile(d);
	l2mcd_sender_reconcile(d);
	l2mcd_line_reconcile(d);
	l2mcd_tap_reconcile(d);
	l2mcd_upstream_reconcile(d);
}

static void round_run(msec_t now, bool configured)
{
	struct l2mcd *d = &l2mcd;

	twheel_run(&d->wheel, now);
	if (configured)
		reconcile(d);
	l2mcd_lac_reconcile(d, now);
	l2mc_lns_flush(d->lns, now);
	l2mcd_fib_flush(d);
	l2mcd_io_output(d);
}

static msec_t deadline(void)
{
	msec_t next = twheel_next(&l2mcd.wheel), lac = l2mcd_lac_deadline(&l2mcd);

	return lac < next ? lac : next;
}

void l2mcd_kick(void)
{
	daemon_kick();
}

void l2mcd_reconcile(void)
{
	daemon_reconcile();
}

/* ---------------------------------------------------------------- start and stop */

/* An orderly stop: peers hear StopCCN, consumers Bye; they keep forwarding (design/fib.md). */
static void stop(void)
{
	struct l2mcd *d = &l2mcd;

	l2mcd_tunnel_shutdown(d);
	l2mcd_pppoe_fini(d);
	l2mcd_io_output(d);
	l2mcd_fib_fini(d);
	l2mcd_sender_fini();
	l2mcd_lns_fini(d);
	l2mcd_membership_fini(d);
	l2mcd_multicast_fini(d);
	l2mcd_tunnel_fini(d);
	l2mcd_tap_fini();
	l2mcd_upstream_fini(d);
	l2mcd_line_fini();
	l2mcd_pppd_fini();
	l2mcd_kernel_fini();
	l2mcd_io_fini();
	l2mcd_zebra_fini();
	l2mcd_vty_fini();
	l2mcd_config_reset(&d->config);
	l2mcd_history_fini();
	twheel_fini(&d->wheel);
}

#define L2MCD_VTY_PORT 2680

/* clang-format off */
FRR_DAEMON_INFO(l2mcd, L2MC,
	.vty_port = L2MCD_VTY_PORT,
	.proghelp = "L2TPv2 LAC and LNS with multicast sessions (RFC 4045).",
	.copyright = "Copyright (C) 2026 the frr-mcast authors",
	.signals = daemon_signals,
	.n_signals = array_size(daemon_signals),
	.privs = &l2mcd_privs,
	.yang_modules = daemon_yang_modules,
	.n_yang_modules = array_size(daemon_yang_modules),
);
/* clang-format on */

const char *l2mcd_run_directory(void)
{
	return l2mcd_di.vty_sock_path ? l2mcd_di.vty_sock_path : frr_runstatedir;
}

static void start(struct event_loop *master)
{
	struct l2mcd *d = &l2mcd;

	d->master = master;
	d->started = l2mcd_now();
	twheel_init(&d->wheel, d->started);
	l2mcd_config_init(&d->config);
	l2mcd_fib_init(d);
	l2mcd_tunnel_init(d);
	l2mcd_pppoe_init(d);
	l2mcd_multicast_init(d);
	l2mcd_lns_init(d);
	l2mcd_sender_init();
	l2mcd_vty_init();
	l2mcd_zebra_init(d);
}

static const struct daemon_ops ops = {
	.start = start,
	.round = round_run,
	.deadline = deadline,
	.stop = stop,
};

int main(int argc, char **argv, char **envp)
{
	return daemon_main(argc, argv, &l2mcd_di, &ops);
}
