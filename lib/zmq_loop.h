/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zmq_loop.h - drives a mcfib/1 publisher from libfrr's event loop.
 *
 * Debian's and RPM's FRR come without libfrrzmq.  Work per wake-up is bounded, so that a burst
 * of updates never keeps the daemon from its protocols.
 */
#ifndef MCAST_ZMQ_LOOP_H
#define MCAST_ZMQ_LOOP_H

#include "lib/fib_zmq.h"

struct zmq_loop;
struct event_loop;

/** master: libfrr's loop (struct event_loop, before FRR 9 struct thread_master). */
struct zmq_loop *zmq_loop_new(void *master, struct fib_zmq *z, struct fib_pub *pub);
void zmq_loop_free(struct zmq_loop *l);
/** Objects or messages are waiting: send at the next opportunity. */
void zmq_loop_kick(struct zmq_loop *l);
/** Sends what can be sent right now (at exit, after fib_pub_bye()). */
void zmq_loop_flush(struct zmq_loop *l);
/** Milliseconds on the clock all engines of the daemon use (CLOCK_MONOTONIC). */
msec_t monotime_msec(void);

#endif
