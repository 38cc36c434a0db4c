// SPDX-License-Identifier: GPL-2.0-or-later
/* mplsmcd_main.c - start, stop, and what a round does (lib/daemon.h). */
#include "mplsmc/mplsmcd_p.h"

#include "lib/daemon.h"
#include "lib/zmq_loop.h"

DEFINE_MGROUP(MPLSMCD, "mplsmcd");

static struct mplsmcd mplsmcd;

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

static void reconcile(struct mplsmcd *d)
{
	mplsmcd_fib_reconcile(d);
	mplsmcd_labels_reconcile(d);
	mplsmcd_tree_reconcile(d);
	mplsmcd_ldp_reconcile(d);
	mplsmcd_zebra_reconcile();
	mplsmcd_map_reconcile(d);
}

static void round_run(msec_t now, bool configured)
{
	twheel_run(&mplsmcd.wheel, now);
	if (configured)
		reconcile(&mplsmcd);
}

static msec_t deadline(void)
{
	return twheel_next(&mplsmcd.wheel);
}

void mplsmcd_kick(void)
{
	daemon_kick();
}

void mplsmcd_reconcile(void)
{
	daemon_reconcile();
}

/* ---------------------------------------------------------------- start and stop */

/* An orderly stop: peers hear Shutdown, pimd Prunes, consumers Bye (they keep forwarding). */
static void stop(void)
{
	struct mplsmcd *d = &mplsmcd;

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
}

#define MPLSMCD_VTY_PORT 2681

/* clang-format off */
FRR_DAEMON_INFO(mplsmcd, MPMC,
	.vty_port = MPLSMCD_VTY_PORT,
	.proghelp = "IP multicast trees on MPLS P2MP LSPs (RFC 3353, mLDP).",
	.copyright = "Copyright (C) 2026 the frr-mcast authors",
	.signals = daemon_signals,
	.n_signals = array_size(daemon_signals),
	.privs = &mplsmcd_privs,
	.yang_modules = daemon_yang_modules,
	.n_yang_modules = array_size(daemon_yang_modules),
);
/* clang-format on */

static void start(struct event_loop *master)
{
	struct mplsmcd *d = &mplsmcd;

	d->master = master;
	d->started = mplsmcd_now();
	twheel_init(&d->wheel, d->started);
	mplsmcd_config_init(&d->config);
	mplsmcd_fib_init(d);
	mplsmcd_tree_init(d);
	mplsmcd_map_init(d);
	mplsmcd_vty_init();
	mplsmcd_zebra_init(d);
}

static const struct daemon_ops ops = {
	.start = start,
	.round = round_run,
	.deadline = deadline,
	.stop = stop,
};

int main(int argc, char **argv, char **envp)
{
	return daemon_main(argc, argv, &mplsmcd_di, &ops);
}
