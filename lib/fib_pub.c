// SPDX-License-Identifier: GPL-2.0-or-later
/* The publisher of mcfib/1; see fib_pub.h and, for its parts, fib_pub_p.h. */
#include "lib/fib_pub_p.h"

DEFINE_MGROUP(FIB_PUB, "mcfib publisher");
DEFINE_MTYPE_STATIC(FIB_PUB, FIB_PUBLISHER, "FIB publisher");

void fib_pub_params_default(struct fib_pub_params *p)
{
	*p = (struct fib_pub_params){
		.heartbeat_ms = 1000,
		.liveness = 3,
		.activity_ms = 10000,
		.stall_ms = 30000,
		.journal_size = 65536,
	};
}

struct fib_pub *fib_pub_new(const struct fib_pub_params *p, const struct fib_pub_ops *ops,
			    void *ctx, uint64_t epoch, msec_t now)
{
	struct fib_pub *pub = XCALLOC(MTYPE_FIB_PUBLISHER, sizeof(*pub));

	pub->params = *p;
	pub->ops = ops;
	pub->ctx = ctx;
	pub->epoch = epoch;
	pub->now = now;
	fib_objects_start(pub);
	fib_consumers_init(&pub->consumers);
	fib_strays_init(&pub->strays);
	return pub;
}

void fib_pub_free(struct fib_pub *pub)
{
	struct fib_consumer *c;
	struct fib_route to;
	struct fib_msg bye;

	while ((c = fib_consumers_first(&pub->consumers)))
		fib_consumer_end(c, 0, "shutting down");
	while (fib_stray_output(pub, &to, &bye))
		;
	fib_objects_stop(pub);
	fib_consumers_fini(&pub->consumers);
	fib_strays_fini(&pub->strays);
	XFREE(MTYPE_FIB_PUBLISHER, pub);
}

void fib_pub_set_params(struct fib_pub *pub, const struct fib_pub_params *p)
{
	uint32_t journal_size = pub->params.journal_size;
	struct fib_object *o;

	pub->params = *p;
	if (p->journal_size != journal_size)
		fib_journal_resize(pub);
	frr_each (fib_objects, &pub->objects, o)
		fib_object_review(pub, o);
}

void fib_pub_complete(struct fib_pub *pub)
{
	struct fib_consumer *c;

	if (pub->complete)
		return;
	pub->complete = true;
	frr_each (fib_consumers, &pub->consumers, c)
		fib_consumer_end_tables(c, c->ended);
}

/* ---------------------------------------------------------------- what comes in */

static void status_input(struct fib_consumer *c, const struct fib_status *st)
{
	struct fib_pub *pub = c->pub;
	struct fib_object *o = fib_object_find(pub, &st->key);
	struct fib_entry *e = o && o->live ? fib_entry_find(o, c) : NULL;

	/* that of another generation, or of what is taken back, says nothing about the present */
	if (!e || st->generation != o->generation || e->known != o->generation) {
		if (st->result != FIB_REMOVED)
			pub->stats.stale_status++;
		return;
	}
	fib_entry_status(e, st);
	fib_object_review(pub, o);
}

static void activity_input(struct fib_consumer *c, const struct fib_activity *a)
{
	struct fib_object *o = fib_object_find(c->pub, &a->key);

	if (!o || !o->live || c->hello.role != FIB_PRIMARY)
		return;
	fib_object_activity(o, a);
	if (c->pub->ops->activity)
		c->pub->ops->activity(c->pub->ctx, c, a);
}

static void consumer_input(struct fib_consumer *c, const struct fib_msg *m)
{
	struct fib_pub *pub = c->pub;

	c->last_rx = pub->now;
	if (m->epoch != pub->epoch) {
		fib_consumer_end(c, FIB_BYE_PROTOCOL, "epoch of another run");
		return;
	}
	switch (m->type) {
	case FIB_MSG_ACK:
		fib_consumer_ack(c, m->ack.seq);
		break;
	case FIB_MSG_STATUS:
		for (size_t i = 0; i < m->status.n; i++)
			status_input(c, &m->status.status[i]);
		break;
	case FIB_MSG_ACTIVITY:
		for (size_t i = 0; i < m->activity.n; i++)
			activity_input(c, &m->activity.activity[i]);
		break;
	case FIB_MSG_PING:
		c->pong_due = true;
		c->pong_stamp = m->ping.stamp;
		break;
	case FIB_MSG_PONG:
		if (m->pong.stamp == c->ping_stamp && pub->now >= (msec_t)c->ping_stamp)
			c->rtt_ms = (uint32_t)(pub->now - (msec_t)c->ping_stamp);
		break;
	case FIB_MSG_BYE:
		fib_consumer_end(c, 0, m->bye.text[0] ? m->bye.text : "Bye");
		break;
	case FIB_MSG_HELLO:
	case FIB_MSG_HELLO_ACK:
	case FIB_MSG_SNAPSHOT_BEGIN:
	case FIB_MSG_UPDATE:
	case FIB_MSG_SNAPSHOT_END:
		fib_consumer_end(c, FIB_BYE_PROTOCOL, "message of the other side");
		break;
	default:
		break; /* something newer: a sign of life */
	}
}

void fib_pub_input(struct fib_pub *pub, const struct fib_route *from, const struct fib_msg *m,
		   msec_t now)
{
	struct fib_consumer *c = fib_consumer_at(pub, from);

	pub->now = now;
	if (m->type == FIB_MSG_HELLO)
		fib_hello_input(pub, from, m);
	else if (c)
		consumer_input(c, m);
	else if (m->type != FIB_MSG_BYE)
		fib_bye_to(pub, from, 1, FIB_BYE_RESYNC, "no session"); /* left from one before */
	fib_news_flush(pub);
}

void fib_pub_garbage(struct fib_pub *pub, const struct fib_route *from, const char *why, msec_t now)
{
	struct fib_consumer *c = fib_consumer_at(pub, from);

	pub->now = now;
	pub->stats.garbage++;
	if (c)
		fib_consumer_end(c, FIB_BYE_PROTOCOL, why);
	else
		fib_bye_to(pub, from, 1, FIB_BYE_PROTOCOL, why);
	fib_news_flush(pub);
}

/* ---------------------------------------------------------------- what goes out */

bool fib_pub_output(struct fib_pub *pub, struct fib_route *to, struct fib_msg *m, msec_t now)
{
	size_t n = fib_consumers_count(&pub->consumers);

	pub->now = now;
	fib_news_flush(pub);
	if (fib_stray_output(pub, to, m))
		return true;
	while (n-- > 0) {
		struct fib_consumer *c = fib_consumers_pop(&pub->consumers);

		fib_consumers_add_tail(&pub->consumers, c); /* the others are next */
		if (!fib_consumer_output(c, m))
			continue;
		*to = c->route;
		return true;
	}
	return false;
}

void fib_pub_blocked(struct fib_pub *pub, const struct fib_route *to, const struct fib_msg *m)
{
	struct fib_consumer *c = fib_consumer_at(pub, to);

	if (c) /* a Bye that does not get through is not worth waiting for */
		fib_consumer_blocked(c, m);
}

void fib_pub_writable(struct fib_pub *pub)
{
	struct fib_consumer *c;

	frr_each (fib_consumers, &pub->consumers, c)
		c->blocked = false;
}

void fib_pub_gone(struct fib_pub *pub, const struct fib_route *peer, const char *why)
{
	struct fib_consumer *c = fib_consumer_at(pub, peer);

	if (c)
		fib_consumer_end(c, 0, why);
	fib_news_flush(pub);
}

/* ---------------------------------------------------------------- timers */

#define SLOW_NEWS_MS 60000

static msec_t silence_limit(const struct fib_consumer *c)
{
	return (msec_t)c->heartbeat_ms * c->liveness;
}

static msec_t min_time(msec_t a, msec_t b)
{
	return a < b ? a : b;
}

/*
 * Slow is not dead (design/fib.md 2.3).  A consumer with nothing to do has to answer.  One with
 * work may be too busy for that; it is given up only after stall_ms in which it neither
 * acknowledged nor said anything.
 */
static msec_t give_up_at(const struct fib_consumer *c)
{
	if (!c->busy)
		return c->last_rx + silence_limit(c);
	return (c->last_rx > c->progress_at ? c->last_rx : c->progress_at) +
	       c->pub->params.stall_ms;
}

static void review_pace(struct fib_consumer *c, bool busy)
{
	struct fib_pub *pub = c->pub;
	bool was_slow = c->slow;

	if (busy && !c->busy)
		c->progress_at = pub->now;
	c->busy = busy;
	c->slow = busy && (c->slow || pub->now >= c->progress_at + silence_limit(c));
	if (!c->slow || (was_slow && pub->now < c->slow_at + SLOW_NEWS_MS))
		return;
	c->slow_at = pub->now;
	if (pub->ops->slow)
		pub->ops->slow(pub->ctx, c, c->progress_at);
}

static void consumer_run(struct fib_consumer *c)
{
	struct fib_pub *pub = c->pub;
	bool busy = fib_consumer_busy(c);

	review_pace(c, busy);
	if (pub->now >= c->last_tx + c->heartbeat_ms)
		c->ping_due = true;
	if (pub->now < give_up_at(c))
		return;
	if (busy)
		pub->stats.drops_stall++;
	else
		pub->stats.drops_liveness++;
	fib_consumer_end(c, FIB_BYE_RESYNC, busy ? "no progress" : "silent");
}

void fib_pub_run(struct fib_pub *pub, msec_t now)
{
	struct fib_consumer *c;

	pub->now = now;
	frr_each_safe (fib_consumers, &pub->consumers, c)
		consumer_run(c);
	fib_news_flush(pub);
}

msec_t fib_pub_deadline(const struct fib_pub *pub)
{
	const struct fib_consumer *c;
	msec_t deadline = MSEC_NEVER;

	frr_each (fib_consumers_const, &pub->consumers, c) {
		deadline = min_time(deadline, give_up_at(c));
		if (!c->ping_due)
			deadline = min_time(deadline, c->last_tx + c->heartbeat_ms);
		if (c->busy && !c->slow)
			deadline = min_time(deadline, c->progress_at + silence_limit(c));
	}
	return deadline;
}

/* ---------------------------------------------------------------- the end */

void fib_pub_bye(struct fib_pub *pub, msec_t now)
{
	struct fib_consumer *c;

	pub->now = now;
	pub->stopping = true;
	while ((c = fib_consumers_first(&pub->consumers)))
		fib_consumer_end(c, FIB_BYE_SHUTDOWN, "shutting down");
}

unsigned int fib_pub_clear(struct fib_pub *pub, const char *name, msec_t now)
{
	struct fib_consumer *c;
	unsigned int n = 0;

	pub->now = now;
	fib_journal_break(pub); /* what the operator wants is everything again */
	frr_each_safe (fib_consumers, &pub->consumers, c) {
		if (name && strcmp(c->hello.name, name) != 0)
			continue;
		fib_consumer_end(c, FIB_BYE_RESYNC, "cleared by the operator");
		n++;
	}
	fib_news_flush(pub);
	return n;
}

const struct fib_pub_stats *fib_pub_stats(const struct fib_pub *pub)
{
	return &pub->stats;
}

const char *fib_install_name(enum fib_install state)
{
	switch (state) {
	case FIB_STATE_PENDING:
		return "pending";
	case FIB_STATE_INSTALLED:
		return "installed";
	case FIB_STATE_FAILED:
		return "failed";
	case FIB_STATE_UNSUPPORTED:
		return "unsupported";
	case FIB_STATE_STALE:
		return "stale";
	}
	return "unknown";
}
