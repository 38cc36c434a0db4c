// SPDX-License-Identifier: GPL-2.0-or-later
/* A consumer's session with a daemon; see fib_sub.h and fib_sub_p.h. */
#include "lib/fib_sub_p.h"

#include <stdlib.h>

DEFINE_MTYPE_STATIC(FIB_SUB, FIB_SUBSCRIBER, "mcfib consumer session");

#define HELLO_TIMEOUT_MS  3000 /* then it is sent again */
#define RETRY_MS	  100  /* after the first session that failed; doubles each time */
#define RETRY_MAX_MS	  10000
#define ACTIVITY_BATCH	  256
/* For daemons that leave these out of HelloAck. */
#define DEFAULT_HEARTBEAT 1000
#define DEFAULT_LIVENESS  3

static void say_hello(struct fib_sub *s)
{
	s->state = FIB_SUB_HELLO;
	s->hello_due = true;
	s->retry_at = s->now + HELLO_TIMEOUT_MS;
}

struct fib_sub *fib_sub_new(const struct fib_sub_params *params, const struct fib_sub_ops *ops,
			    void *ctx, int64_t now)
{
	struct fib_sub *s = XCALLOC(MTYPE_FIB_SUBSCRIBER, sizeof(*s));

	s->params = *params;
	s->params.tables &= FIB_TABLE_ALL;
	s->ops = ops;
	s->ctx = ctx;
	s->now = s->lost_at = now;
	fib_sub_table_start(s);
	say_hello(s);
	return s;
}

void fib_sub_free(struct fib_sub *s)
{
	fib_sub_table_stop(s);
	XFREE(MTYPE_FIB_SUBSCRIBER, s);
}

/* ---------------------------------------------------------------- end of a session */

static msec_t backoff(struct fib_sub *s)
{
	unsigned int doublings = s->failures < 7 ? s->failures : 7;
	msec_t wait = (msec_t)RETRY_MS << doublings;

	s->failures++;
	return wait < RETRY_MAX_MS ? wait : RETRY_MAX_MS;
}

/* Entries stay as they are; the next Hello tries to go on from here. */
static void session_lost(struct fib_sub *s)
{
	bool was_up = s->state == FIB_SUB_SESSION;

	s->state = FIB_SUB_IDLE;
	s->retry_at = s->now + backoff(s);
	s->hello_due = s->ack_due = s->ping_due = s->pong_due = false;
	s->activity_left = 0;
	if (!was_up)
		return;
	s->lost_at = s->now;
	if (s->ops->session)
		s->ops->session(s->ctx, NULL);
}

static void bye(struct fib_sub *s, enum fib_bye_code code)
{
	s->bye_due = true;
	s->bye_code = code;
	s->bye_seq = ++s->tx_seq;
	s->bye_epoch = s->epoch;
}

/* What came cannot be right: leave, and ask for everything. */
static void give_up(struct fib_sub *s, enum fib_bye_code code)
{
	if (s->state != FIB_SUB_SESSION)
		return;
	bye(s, code);
	s->journal = 0;
	s->resyncs++;
	session_lost(s);
}

void fib_sub_garbage(struct fib_sub *s, int64_t now)
{
	s->now = now;
	give_up(s, FIB_BYE_PROTOCOL);
}

void fib_sub_bye(struct fib_sub *s, int64_t now)
{
	bool was_up = s->state == FIB_SUB_SESSION;

	s->now = now;
	if (s->state == FIB_SUB_STOPPED)
		return;
	session_lost(s);
	s->state = FIB_SUB_STOPPED;
	if (was_up)
		bye(s, FIB_BYE_SHUTDOWN);
}

/* ---------------------------------------------------------------- what comes in */

static void hello_ack_input(struct fib_sub *s, const struct fib_msg *m)
{
	bool resume = m->hello_ack.resume && s->journal && m->epoch == s->epoch;

	if (m->hello_ack.proto != FIB_PROTO) {
		session_lost(s);
		return;
	}
	s->state = FIB_SUB_SESSION;
	s->ack = m->hello_ack;
	if (!s->ack.heartbeat_ms)
		s->ack.heartbeat_ms = DEFAULT_HEARTBEAT;
	if (!s->ack.liveness)
		s->ack.liveness = DEFAULT_LIVENESS;
	s->hello_due = false;
	s->rx_seq = m->seq;
	s->activity_at = s->ack.activity_ms ? s->now + s->ack.activity_ms : MSEC_NEVER;
	if (!resume && m->epoch != s->epoch)
		fib_sub_table_distrust(s); /* generations of another run mean nothing */
	s->epoch = m->epoch;
	if (resume) {
		fib_sub_table_resumed(s);
	} else {
		s->journal = 0;
		fib_sub_table_round(s);
	}
	if (s->ops->session)
		s->ops->session(s->ctx, &s->ack);
	if (m->hello_ack.resume && !resume)
		give_up(s, FIB_BYE_RESYNC); /* there is nothing to resume from */
}

static void update_input(struct fib_sub *s, const struct fib_msg *m)
{
	s->rx_updates++;
	for (size_t i = 0; i < m->update.n_ops; i++)
		fib_sub_table_op(s, &m->update.ops[i]);
	/* 0: the daemon has more to say before this is a place to go on from */
	if (m->update.journal)
		s->journal = m->update.journal;
}

static void bye_input(struct fib_sub *s, const struct fib_msg *m)
{
	/* the daemon knows best whether the journal can be used, and may want all applied anew */
	if (m->bye.code == FIB_BYE_RESYNC) {
		s->resyncs++;
		fib_sub_table_distrust(s);
	}
	session_lost(s);
}

/* Messages that make no sense outside a session. */
static void session_input(struct fib_sub *s, const struct fib_msg *m)
{
	uint32_t table = m->type == FIB_MSG_SNAPSHOT_BEGIN ? m->snapshot_begin.table
			 : m->type == FIB_MSG_SNAPSHOT_END ? m->snapshot_end.table
							   : 0;

	if (m->epoch != s->epoch || m->seq != s->rx_seq + 1) {
		give_up(s, FIB_BYE_RESYNC); /* something is missing (design/fib.md, Resync) */
		return;
	}
	s->rx_seq = m->seq;
	switch (m->type) {
	case FIB_MSG_SNAPSHOT_BEGIN:
		s->begun |= 1U << table;
		s->ack_due = true;
		break;
	case FIB_MSG_SNAPSHOT_END:
		if (m->snapshot_end.config_complete && table)
			fib_sub_table_end(s, table);
		s->ack_due = true;
		s->failures = 0;
		break;
	case FIB_MSG_UPDATE:
		update_input(s, m);
		s->ack_due = true;
		break;
	case FIB_MSG_PING:
		s->pong_due = true;
		s->pong_stamp = m->ping.stamp;
		break;
	default:
		break; /* a sign of life */
	}
}

void fib_sub_input(struct fib_sub *s, const struct fib_msg *m, int64_t now)
{
	s->now = now;
	s->last_rx = now;
	if (s->state == FIB_SUB_STOPPED)
		return;
	if (m->type == FIB_MSG_HELLO_ACK) {
		/* unasked: the daemon lost patience with an earlier Hello; it counts from 1 again
		 */
		if (s->state != FIB_SUB_IDLE)
			hello_ack_input(s, m);
	} else if (m->type == FIB_MSG_BYE) {
		/* RESYNC while a Hello is on its way is about the session before */
		if (s->state == FIB_SUB_SESSION ||
		    (s->state == FIB_SUB_HELLO && !s->hello_due && m->bye.code != FIB_BYE_RESYNC))
			bye_input(s, m);
	} else if (s->state == FIB_SUB_SESSION) {
		session_input(s, m);
	}
}

/* ---------------------------------------------------------------- what goes out */

static bool start(struct fib_sub *s, struct fib_msg *m, enum fib_msg_type type)
{
	*m = (struct fib_msg){.seq = ++s->tx_seq, .epoch = s->epoch, .type = type};
	s->last_tx = s->now;
	return true;
}

static bool bye_output(struct fib_sub *s, struct fib_msg *m)
{
	s->bye_due = false;
	*m = (struct fib_msg){.seq = s->bye_seq, .epoch = s->bye_epoch, .type = FIB_MSG_BYE};
	m->bye.code = s->bye_code;
	return true;
}

static bool hello_output(struct fib_sub *s, struct fib_msg *m)
{
	struct fib_hello *h = &m->hello;

	s->hello_due = false;
	s->retry_at = s->now + HELLO_TIMEOUT_MS;
	s->tx_seq = 0;
	start(s, m, FIB_MSG_HELLO);
	m->epoch = 0;
	*h = (struct fib_hello){
		.role = s->params.role,
		.proto_min = FIB_PROTO,
		.proto_max = FIB_PROTO,
		.tables = s->params.tables,
		.max_batch = s->params.max_batch,
		.window = s->params.window,
		.last_epoch = s->journal ? s->epoch : 0,
		.last_journal = s->journal,
		.capabilities = s->params.capabilities,
	};
	memcpy(h->instance_uuid, s->params.instance_uuid, sizeof(h->instance_uuid));
	memcpy(h->name, s->params.name, sizeof(h->name));
	memcpy(h->software, s->params.software, sizeof(h->software));
	return true;
}

/* A report of activity, if one is due; the owner says when it has no more. */
static bool activity_output(struct fib_sub *s, struct fib_msg *m)
{
	struct fib_activity *a;
	size_t n, max = s->activity_left < ACTIVITY_BATCH ? s->activity_left : ACTIVITY_BATCH;

	if (!max)
		return false;
	a = fib_alloc(max, sizeof(*a));
	n = s->ops->activity(s->ctx, a, max);
	s->activity_left = n < max ? 0 : s->activity_left - n;
	if (!n) {
		free(a);
		return false;
	}
	start(s, m, FIB_MSG_ACTIVITY);
	m->activity.n = n;
	m->activity.activity = a;
	return true;
}

static bool session_output(struct fib_sub *s, struct fib_msg *m)
{
	struct fib_msg status = {};

	if (s->pong_due) {
		s->pong_due = false;
		start(s, m, FIB_MSG_PONG);
		m->pong.stamp = s->pong_stamp;
		return true;
	}
	if (fib_sub_table_report(s, &status)) {
		start(s, m, FIB_MSG_STATUS);
		m->status = status.status;
		return true;
	}
	if (s->ack_due) { /* after the status: what is acknowledged has also been answered */
		s->ack_due = false;
		start(s, m, FIB_MSG_ACK);
		m->ack.seq = s->rx_seq;
		return true;
	}
	if (activity_output(s, m))
		return true;
	if (s->ping_due) {
		s->ping_due = false;
		start(s, m, FIB_MSG_PING);
		m->ping.stamp = (uint64_t)s->now;
		return true;
	}
	return false;
}

bool fib_sub_output(struct fib_sub *s, struct fib_msg *m, int64_t now)
{
	s->now = now;
	if (s->bye_due)
		return bye_output(s, m);
	if (s->state == FIB_SUB_HELLO && s->hello_due)
		return hello_output(s, m);
	return s->state == FIB_SUB_SESSION && session_output(s, m);
}

/* ---------------------------------------------------------------- timers */

static msec_t silence_at(const struct fib_sub *s)
{
	return s->last_rx + (msec_t)s->ack.heartbeat_ms * s->ack.liveness;
}

static msec_t hold_until(const struct fib_sub *s)
{
	return s->ack.hold_on_loss_s && fib_sub_table_count(s)
		       ? s->lost_at + (msec_t)s->ack.hold_on_loss_s * MSEC_PER_S
		       : MSEC_NEVER;
}

static void session_run(struct fib_sub *s)
{
	if (s->now >= silence_at(s)) {
		session_lost(s);
		return;
	}
	if (s->now >= s->last_tx + s->ack.heartbeat_ms)
		s->ping_due = true;
	if (s->now < s->activity_at)
		return;
	s->activity_at = s->now + s->ack.activity_ms;
	if (s->ops->activity && s->params.capabilities.activity)
		s->activity_left = fib_sub_table_count(s);
}

void fib_sub_run(struct fib_sub *s, int64_t now)
{
	s->now = now;
	if (s->state == FIB_SUB_SESSION)
		session_run(s);
	if (s->state == FIB_SUB_SESSION || s->state == FIB_SUB_STOPPED)
		return;
	if (now >= hold_until(s)) {
		fib_sub_table_flush(s);
		s->journal = 0;
	}
	/* a Hello that has not left yet is not late */
	if (now >= s->retry_at && !s->hello_due)
		say_hello(s);
}

int64_t fib_sub_deadline(const struct fib_sub *s)
{
	msec_t at[3] = {MSEC_NEVER, MSEC_NEVER, MSEC_NEVER}, first = MSEC_NEVER;

	switch (s->state) {
	case FIB_SUB_IDLE:
	case FIB_SUB_HELLO:
		at[0] = s->hello_due ? MSEC_NEVER : s->retry_at;
		at[1] = hold_until(s);
		break;
	case FIB_SUB_SESSION:
		at[0] = silence_at(s);
		at[1] = s->ping_due ? MSEC_NEVER : s->last_tx + s->ack.heartbeat_ms;
		at[2] = s->activity_at;
		break;
	case FIB_SUB_STOPPED:
		break;
	}
	for (size_t i = 0; i < array_size(at); i++)
		first = at[i] < first ? at[i] : first;
	return first;
}

void fib_sub_info(const struct fib_sub *s, struct fib_sub_info *info)
{
	*info = (struct fib_sub_info){
		.connected = s->state == FIB_SUB_SESSION,
		.complete = s->params.tables && s->completed == s->params.tables,
		.epoch = s->epoch,
		.session_id = s->ack.session_id,
		.objects = fib_sub_table_count(s),
		.rx_updates = s->rx_updates,
		.rx_ops = s->rx_ops,
		.resyncs = s->resyncs,
	};
	for (int t = 1; t < FIB_TABLES; t++)
		info->stale += s->stale[t];
}
