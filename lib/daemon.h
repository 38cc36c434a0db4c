/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon.h - what main() of both daemons shares: signals, start, stop, and the round.
 *
 * Every input (datagram, packet, timer, command, consumer message) goes to an engine and is
 * followed by one round, as an event of its own: timers that are due, configuration that changed,
 * what the engines have to send.  So changes that arrive together leave together.
 */
#ifndef MCAST_DAEMON_H
#define MCAST_DAEMON_H

#include "lib/base.h"
#include "lib/frr_compat.h"

struct daemon_ops {
	/** libfrr is ready: engines, CLI, the connection to zebra. */
	void (*start)(struct event_loop *master);
	/** reconcile: the configuration changed since the last round. */
	void (*round)(msec_t now, bool reconcile);
	/** The next round is due then even without input; MSEC_NEVER: no need. */
	msec_t (*deadline)(void);
	/** SIGTERM or SIGINT: peers and consumers are told, all memory is given back. */
	void (*stop)(void);
};

/** The rest of main(); ops live as long as the process. */
int daemon_main(int argc, char **argv, struct frr_daemon_info *info, const struct daemon_ops *ops);
/** Input was given to an engine: a round follows. */
void daemon_kick(void);
/** The configuration changed: running state follows in the next round. */
void daemon_reconcile(void);

/* For FRR_DAEMON_INFO. */
extern struct frr_signal_t daemon_signals[4];
extern const struct frr_yang_module_info *const daemon_yang_modules[2];

#endif
