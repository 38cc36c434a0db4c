// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A mcfib/1 publisher on libfrr's event loop; see zmq_loop.h.
 *
 * ZMQ_FD is edge triggered and says only that something may have happened.  Whatever the
 * reason for a wake-up (fd, timer, kick), the same function runs until nothing is left or the
 * budget is used up, and then comes back as a new event behind the daemon's other work.
 */
#include "lib/frr_compat.h"

#include "lib/zmq_loop.h"

#include <time.h>

DEFINE_MGROUP(ZMQ_LOOP, "mcfib event loop");
DEFINE_MTYPE_STATIC(ZMQ_LOOP, ZMQ_LOOP_STATE, "mcfib event loop");

#define BUDGET	     32	  /* messages each way in one go */
#define FLUSH_ROUNDS 1000 /* at exit, of BUDGET messages */
#define MAX_SLEEP_MS 60000

struct zmq_loop {
	struct event_loop *master;
	struct fib_zmq *zmq;
	struct fib_pub *pub;
	struct event *read, *work, *timer;
};

msec_t monotime_msec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (msec_t)ts.tv_sec * MSEC_PER_S + ts.tv_nsec / 1000000;
}

static void on_read(struct event *e);
static void on_work(struct event *e);
static void on_timer(struct event *e);

static void set_timer(struct zmq_loop *l, msec_t now)
{
	msec_t wait = fib_pub_deadline(l->pub);

	wait = wait == MSEC_NEVER || wait - now > MAX_SLEEP_MS ? MAX_SLEEP_MS
	       : wait > now				       ? wait - now
							       : 1;
	event_cancel(&l->timer);
	event_add_timer_msec(l->master, on_timer, l, wait, &l->timer);
}

static void work(struct zmq_loop *l)
{
	msec_t now = monotime_msec();
	bool more;

	if (now >= fib_pub_deadline(l->pub))
		fib_pub_run(l->pub, now);
	more = fib_zmq_serve(l->zmq, l->pub, now, BUDGET);
	if (more)
		event_add_event(l->master, on_work, l, 0, &l->work);
	set_timer(l, now);
}

static void on_read(struct event *e)
{
	struct zmq_loop *l = EVENT_ARG(e);

	event_add_read(l->master, on_read, l, fib_zmq_fd(l->zmq), &l->read);
	work(l);
}

static void on_work(struct event *e)
{
	work(EVENT_ARG(e));
}

static void on_timer(struct event *e)
{
	work(EVENT_ARG(e));
}

struct zmq_loop *zmq_loop_new(void *master, struct fib_zmq *z, struct fib_pub *pub)
{
	struct zmq_loop *l = XCALLOC(MTYPE_ZMQ_LOOP_STATE, sizeof(*l));

	l->master = master;
	l->zmq = z;
	l->pub = pub;
	event_add_read(l->master, on_read, l, fib_zmq_fd(z), &l->read);
	zmq_loop_kick(l); /* the edge may have been there before the fd was watched */
	return l;
}

void zmq_loop_free(struct zmq_loop *l)
{
	event_cancel(&l->read);
	event_cancel(&l->work);
	event_cancel(&l->timer);
	XFREE(MTYPE_ZMQ_LOOP_STATE, l);
}

void zmq_loop_kick(struct zmq_loop *l)
{
	event_add_event(l->master, on_work, l, 0, &l->work);
}

void zmq_loop_flush(struct zmq_loop *l)
{
	for (int i = 0; i < FLUSH_ROUNDS; i++)
		if (!fib_zmq_serve(l->zmq, l->pub, monotime_msec(), BUDGET))
			break;
}
