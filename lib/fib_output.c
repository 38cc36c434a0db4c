// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a consumer is sent next.
 *
 * Nothing is queued: a message is made when the transport asks, from the marks as they are
 * then.  A message that the transport cannot take turns into marks again.
 */
#include "lib/fib_pub_p.h"

#include <stdlib.h>

/* A session's state while one Update is filled. */
struct filling {
	struct fib_msg *m;
	size_t max, size;
};

static bool start(struct fib_consumer *c, struct fib_msg *m, enum fib_msg_type type)
{
	*m = (struct fib_msg){.seq = ++c->tx_seq, .epoch = c->pub->epoch, .type = type};
	c->last_tx = c->pub->now;
	return true;
}

static bool start_data(struct fib_consumer *c, struct fib_msg *m, enum fib_msg_type type)
{
	if (!c->busy)
		c->progress_at = c->pub->now;
	c->busy = true;
	c->data_seq = c->tx_seq + 1;
	return start(c, m, type);
}

/* ---------------------------------------------------------------- session */

static bool hello_ack(struct fib_consumer *c, struct fib_msg *m)
{
	const struct fib_pub_params *p = &c->pub->params;

	c->hello_ack_due = false;
	start(c, m, FIB_MSG_HELLO_ACK);
	m->hello_ack = (struct fib_hello_ack){
		.proto = FIB_PROTO,
		.session_id = c->session_id,
		.heartbeat_ms = c->heartbeat_ms,
		.liveness = c->liveness,
		.resume = c->resume,
		.hold_on_loss_s = p->hold_on_loss_s,
		.activity_ms = p->activity_ms,
	};
	memcpy(m->hello_ack.software, p->software, sizeof(p->software));
	return true;
}

static bool pong(struct fib_consumer *c, struct fib_msg *m)
{
	c->pong_due = false;
	start(c, m, FIB_MSG_PONG);
	m->pong.stamp = c->pong_stamp;
	return true;
}

static bool ping(struct fib_consumer *c, struct fib_msg *m)
{
	c->ping_due = false;
	start(c, m, FIB_MSG_PING);
	m->ping.stamp = c->ping_stamp = (uint64_t)c->pub->now;
	return true;
}

/* ---------------------------------------------------------------- tables */

static bool snapshot_end(struct fib_consumer *c, struct fib_msg *m, enum fib_table table)
{
	c->end_due &= ~(1U << table);
	c->ended |= 1U << table;
	start_data(c, m, FIB_MSG_SNAPSHOT_END);
	m->snapshot_end.table = table;
	m->snapshot_end.object_count = c->known[table];
	m->snapshot_end.config_complete = c->pub->complete;
	return true;
}

/*
 * Empty tables come first: what an Update promises of the journal needs all tables to have
 * begun, and after the last table that has something there may be no Update for long.
 */
static enum fib_table next_table(const struct fib_consumer *c)
{
	uint32_t left = c->tables & ~c->begun;
	enum fib_table first = 0;

	for (int t = FIB_TABLES - 1; t >= 1; t--)
		if (left & 1U << t &&
		    (!first || !fib_pub_count(c->pub, t) || fib_pub_count(c->pub, first)))
			first = t;
	return first;
}

/* The marker that is due, if one is: an End whose objects are sent, or the next Begin. */
static bool marker(struct fib_consumer *c, struct fib_msg *m)
{
	enum fib_table table;

	for (int t = 1; t < FIB_TABLES; t++)
		if (c->end_due & 1U << t && !c->awaited[t])
			return snapshot_end(c, m, t);
	if (c->begun != c->ended)
		return false; /* one table after the other */
	table = next_table(c);
	if (!table)
		return false;
	start_data(c, m, FIB_MSG_SNAPSHOT_BEGIN);
	m->snapshot_begin.table = table;
	fib_consumer_begin(c, table);
	return true;
}

/* ---------------------------------------------------------------- updates */

/* Moves one entry into the Update; false: it is full. */
static bool fill_one(struct filling *f, struct fib_entry *e)
{
	struct fib_object *o = e->object;
	struct fib_pub *pub = e->consumer->pub;
	bool deletes = fib_entry_deletes(e);
	size_t size = deletes ? fib_op_size(0, NULL) : o->op_size;
	struct fib_op *op = &f->m->update.ops[f->m->update.n_ops];

	if (f->m->update.n_ops == f->max || f->size + size > FIB_MAX_OPS_SIZE)
		return false;
	f->size += size;
	f->m->update.n_ops++;
	op->key = o->key;
	op->generation = o->generation;
	op->deleted = deletes;
	fib_entry_clean(e);
	if (!deletes) {
		fib_value_copy(o->key.table, &op->value, &o->value);
		fib_entry_set_known(e, o->generation);
	} else if (o->live) {
		fib_entry_set_known(e, 0);
	} else {
		fib_entry_free(e);
		fib_object_release(pub, o);
	}
	return true;
}

static bool update(struct fib_consumer *c, struct fib_msg *m)
{
	struct filling f = {.m = m};

	f.max = c->n_dirty < c->max_batch ? c->n_dirty : c->max_batch;
	start_data(c, m, FIB_MSG_UPDATE);
	m->update.ops = fib_alloc(f.max, sizeof(m->update.ops[0]));
	for (size_t i = 0; i < FIB_LANES; i++) {
		struct fib_entry *e;

		while ((e = fib_dirty_first(&c->lanes[i])))
			if (!fill_one(&f, e))
				goto full;
	}
	if (c->begun == c->tables)
		c->journal = c->pub->ring_last; /* nothing is left to be told */
full:
	m->update.journal = c->journal;
	c->tx_updates++;
	c->tx_ops += m->update.n_ops;
	return true;
}

bool fib_consumer_output(struct fib_consumer *c, struct fib_msg *m)
{
	if (c->blocked)
		return false;
	if (c->hello_ack_due)
		return hello_ack(c, m);
	if (c->pong_due)
		return pong(c, m);
	if (c->ping_due)
		return ping(c, m);
	if (c->acked_seq < c->data_seq && c->tx_seq - c->acked_seq >= c->window)
		return false;
	if (marker(c, m))
		return true;
	return c->n_dirty && update(c, m);
}

/* ---------------------------------------------------------------- taking back */

static void requeue_op(struct fib_consumer *c, const struct fib_op *op)
{
	struct fib_object *o = op->deleted ? fib_object_tombstone(c->pub, &op->key, op->generation)
					   : fib_object_find(c->pub, &op->key);
	struct fib_entry *e = o ? fib_entry_find(o, c) : NULL;

	if (!o)
		return;
	if (!e)
		e = fib_entry_make(o, c);
	if (op->deleted && !e->known)
		fib_entry_set_known(e, op->generation); /* it still has what was to go */
	/* what is sent is the object's present state, never an older one */
	fib_entry_requeue(e);
	if (c->end_due & 1U << o->key.table)
		fib_entry_await(e);
}

static void requeue_marker(struct fib_consumer *c, const struct fib_msg *m)
{
	enum fib_table table =
		m->type == FIB_MSG_SNAPSHOT_END ? m->snapshot_end.table : m->snapshot_begin.table;

	if (m->type == FIB_MSG_SNAPSHOT_END) {
		c->end_due |= 1U << table;
	} else { /* it starts once more */
		c->begun &= ~(1U << table);
		c->end_due &= ~(1U << table);
	}
	c->ended &= ~(1U << table);
}

void fib_consumer_blocked(struct fib_consumer *c, const struct fib_msg *m)
{
	c->blocked = true;
	c->requeued++;
	c->journal = 0; /* what was promised with this message did not arrive */
	if (m->seq <= c->tx_seq)
		c->tx_seq = m->seq - 1;
	if (c->data_seq > c->tx_seq)
		c->data_seq = c->tx_seq;
	switch (m->type) {
	case FIB_MSG_HELLO_ACK:
		c->hello_ack_due = true;
		break;
	case FIB_MSG_PONG:
		c->pong_due = true;
		break;
	case FIB_MSG_PING:
		c->ping_due = true;
		break;
	case FIB_MSG_SNAPSHOT_BEGIN:
	case FIB_MSG_SNAPSHOT_END:
		requeue_marker(c, m);
		break;
	case FIB_MSG_UPDATE:
		c->tx_updates--;
		c->tx_ops -= m->update.n_ops;
		for (size_t i = m->update.n_ops; i-- > 0;)
			requeue_op(c, &m->update.ops[i]);
		break;
	default:
		break;
	}
}
