// SPDX-License-Identifier: GPL-2.0-or-later
/* Sessions of the publisher with its consumers; see fib_pub_p.h. */
#include "lib/fib_pub_p.h"

#include <stdio.h>

DEFINE_MTYPE_STATIC(FIB_PUB, FIB_CONSUMER, "FIB consumer");
DEFINE_MTYPE_STATIC(FIB_PUB, FIB_STRAY, "FIB farewell");

#define MAX_WINDOW 65536

static bool route_equal(const struct fib_route *a, const struct fib_route *b)
{
	return a->len == b->len && memcmp(a->id, b->id, a->len) == 0;
}

struct fib_consumer *fib_consumer_at(struct fib_pub *pub, const struct fib_route *route)
{
	struct fib_consumer *c;

	frr_each (fib_consumers, &pub->consumers, c)
		if (route_equal(&c->route, route))
			return c;
	return NULL;
}

static struct fib_consumer *consumer_named(struct fib_pub *pub, const char *name)
{
	struct fib_consumer *c;

	frr_each (fib_consumers, &pub->consumers, c)
		if (strcmp(c->hello.name, name) == 0)
			return c;
	return NULL;
}

/* ---------------------------------------------------------------- the end */

void fib_bye_to(struct fib_pub *pub, const struct fib_route *to, uint64_t seq,
		enum fib_bye_code code, const char *text)
{
	struct fib_stray *s;

	frr_each (fib_strays, &pub->strays, s)
		if (route_equal(&s->route, to))
			return; /* one is enough */
	if (fib_strays_count(&pub->strays) >= FIB_MAX_STRAYS)
		return;
	s = XCALLOC(MTYPE_FIB_STRAY, sizeof(*s));
	s->route = *to;
	s->seq = seq;
	s->code = code;
	snprintf(s->text, sizeof(s->text), "%s", text);
	fib_strays_add_tail(&pub->strays, s);
}

bool fib_stray_output(struct fib_pub *pub, struct fib_route *to, struct fib_msg *m)
{
	struct fib_stray *s = fib_strays_pop(&pub->strays);

	if (!s)
		return false;
	*to = s->route;
	*m = (struct fib_msg){.seq = s->seq, .epoch = pub->epoch, .type = FIB_MSG_BYE};
	m->bye.code = s->code;
	memcpy(m->bye.text, s->text, sizeof(m->bye.text));
	XFREE(MTYPE_FIB_STRAY, s);
	return true;
}

void fib_consumer_end(struct fib_consumer *c, enum fib_bye_code bye, const char *reason)
{
	struct fib_pub *pub = c->pub;
	struct fib_object *o;

	if (pub->ops->consumer)
		pub->ops->consumer(pub->ctx, c, false, reason);
	if (bye)
		fib_bye_to(pub, &c->route, c->tx_seq + 1, bye, reason);
	frr_each_safe (fib_objects, &pub->objects, o) {
		struct fib_entry *e = fib_entry_find(o, c);

		if (!e)
			continue;
		fib_entry_free(e);
		fib_object_review(pub, o);
		fib_object_release(pub, o);
	}
	for (size_t i = 0; i < FIB_LANES; i++)
		fib_dirty_fini(&c->lanes[i]);
	fib_consumers_del(&pub->consumers, c);
	XFREE(MTYPE_FIB_CONSUMER, c);
}

/* ---------------------------------------------------------------- the beginning */

void fib_consumer_begin(struct fib_consumer *c, enum fib_table table)
{
	struct fib_pub *pub = c->pub;
	struct fib_object *o;

	c->begun |= 1U << table;
	c->end_due |= 1U << table;
	frr_each (fib_live, &pub->live[table], o) {
		struct fib_entry *e = fib_entry_find(o, c);

		if (!e)
			e = fib_entry_make(o, c);
		fib_entry_offer(e);
		if (e->dirty)
			fib_entry_await(e);
		fib_object_review(pub, o);
	}
}

void fib_consumer_end_tables(struct fib_consumer *c, uint32_t tables)
{
	struct fib_entry *e;

	for (size_t i = 0; i < FIB_LANES; i++)
		frr_each (fib_dirty, &c->lanes[i], e)
			fib_entry_await(e);
	c->end_due |= tables & c->begun;
}

/* The consumer has everything up to a position of the journal: what changed since is sent. */
static void resume(struct fib_consumer *c, uint64_t position)
{
	struct fib_pub *pub = c->pub;
	struct fib_object *o;

	c->resume = true;
	c->begun = c->ended = c->tables;
	c->journal = position;
	pub->stats.resumes++;
	for (int t = 1; t < FIB_TABLES; t++) {
		if (!(c->tables & 1U << t))
			continue;
		frr_each (fib_live, &pub->live[t], o) {
			struct fib_entry *e = fib_entry_make(o, c);

			fib_entry_offer(e);
			fib_entry_clean(e);
			if (!e->withheld)
				fib_entry_set_known(e, o->generation);
			fib_object_review(pub, o);
		}
	}
	while (position++ < pub->ring_last) {
		const struct fib_key *key = fib_journal_at(pub, position);
		struct fib_entry *e;

		if (!(c->tables & 1U << key->table))
			continue;
		o = fib_object_tombstone(pub, key, ++pub->generation);
		e = fib_entry_find(o, c);
		if (!e)
			e = fib_entry_make(o, c);
		fib_entry_set_known(e, 1); /* whatever it has, it is not the present one */
		fib_entry_mark(e);
	}
	fib_consumer_end_tables(c, c->tables);
}

static bool can_resume(const struct fib_pub *pub, const struct fib_hello *h)
{
	return h->last_epoch == pub->epoch && h->last_journal &&
	       h->last_journal <= pub->ring_last && h->last_journal + 1 >= pub->ring_first;
}

static uint32_t limited(uint32_t value, uint32_t fallback, uint32_t max)
{
	return !value ? fallback : value < max ? value : max;
}

static struct fib_consumer *consumer_new(struct fib_pub *pub, const struct fib_route *from,
					 const struct fib_hello *h)
{
	struct fib_consumer *c = XCALLOC(MTYPE_FIB_CONSUMER, sizeof(*c));

	c->pub = pub;
	c->route = *from;
	c->hello = *h;
	c->tables = h->tables & FIB_TABLE_ALL;
	c->max_batch = limited(h->max_batch, FIB_DEFAULT_BATCH, FIB_MAX_BATCH);
	c->window = limited(h->window, FIB_DEFAULT_WINDOW, MAX_WINDOW);
	c->heartbeat_ms = pub->params.heartbeat_ms;
	c->liveness = pub->params.liveness;
	c->session_id = ++pub->last_session_id;
	c->since = c->last_rx = c->last_tx = c->progress_at = pub->now;
	c->hello_ack_due = true;
	for (size_t i = 0; i < FIB_LANES; i++)
		fib_dirty_init(&c->lanes[i]);
	fib_consumers_add_tail(&pub->consumers, c);
	return c;
}

static void refuse(struct fib_pub *pub, const struct fib_route *from, enum fib_bye_code code,
		   const char *text)
{
	pub->stats.refused++;
	fib_bye_to(pub, from, 1, code, text);
}

void fib_hello_input(struct fib_pub *pub, const struct fib_route *from, const struct fib_msg *m)
{
	const struct fib_hello *h = &m->hello;
	struct fib_consumer *c = fib_consumer_at(pub, from), *other;

	pub->stats.hellos++;
	if (c)
		fib_consumer_end(c, 0, "new Hello");
	other = consumer_named(pub, h->name);
	if (other && memcmp(other->hello.instance_uuid, h->instance_uuid, 16) == 0) {
		fib_consumer_end(other, 0, "connected again");
		other = NULL;
	}
	if (pub->stopping) {
		refuse(pub, from, FIB_BYE_SHUTDOWN, "shutting down");
	} else if (h->proto_min > FIB_PROTO || h->proto_max < FIB_PROTO) {
		refuse(pub, from, FIB_BYE_VERSION, "this side speaks mcfib/1");
	} else if (!h->name[0]) {
		refuse(pub, from, FIB_BYE_PROTOCOL, "Hello without a name");
	} else if (other) {
		refuse(pub, from, FIB_BYE_DUPLICATE_NAME, "the name is taken");
		other->ping_due = true; /* by a dead one, perhaps: the transport will tell */
	} else if (fib_consumers_count(&pub->consumers) >= FIB_MAX_CONSUMERS) {
		refuse(pub, from, FIB_BYE_ADMIN, "too many consumers");
	} else {
		c = consumer_new(pub, from, h);
		if (can_resume(pub, h))
			resume(c, h->last_journal);
		else
			pub->stats.snapshots++;
		if (pub->ops->consumer)
			pub->ops->consumer(pub->ctx, c, true, "");
	}
}

/* ---------------------------------------------------------------- progress */

bool fib_consumer_busy(const struct fib_consumer *c)
{
	return c->n_dirty || c->acked_seq < c->data_seq;
}

void fib_consumer_ack(struct fib_consumer *c, uint64_t seq)
{
	if (seq > c->tx_seq) {
		fib_consumer_end(c, FIB_BYE_PROTOCOL, "Ack of what was never sent");
		return;
	}
	if (seq <= c->acked_seq)
		return;
	c->acked_seq = seq;
	c->progress_at = c->pub->now;
	c->slow = false;
}

/* ---------------------------------------------------------------- for operators */

void fib_consumer_info(const struct fib_consumer *c, struct fib_consumer_info *info)
{
	*info = (struct fib_consumer_info){
		.name = c->hello.name,
		.software = c->hello.software,
		.role = c->hello.role,
		.state = c->ended == c->tables ? "live" : "snapshot",
		.capabilities = c->hello.capabilities,
		.tables = c->tables,
		.since = c->since,
		.session_id = c->session_id,
		.tx_seq = c->tx_seq,
		/* heartbeats are not acknowledged: they are no backlog */
		.acked_seq = c->acked_seq < c->data_seq ? c->acked_seq : c->tx_seq,
		.dirty = c->n_dirty,
		.slow = c->slow,
		.blocked = c->blocked,
		.rtt_ms = c->rtt_ms,
		.tx_updates = c->tx_updates,
		.tx_ops = c->tx_ops,
		.installs = c->installs,
		.failures = c->failures,
		.requeued = c->requeued,
	};
	memcpy(info->last_error, c->last_error, sizeof(info->last_error));
}

void fib_pub_consumers(const struct fib_pub *pub,
		       void (*fn)(void *arg, const struct fib_consumer *c), void *arg)
{
	const struct fib_consumer *c;

	frr_each (fib_consumers_const, &pub->consumers, c)
		fn(arg, c);
}

enum fib_install fib_consumer_status(const struct fib_consumer *c, const struct fib_key *key,
				     uint64_t *generation, const char **text)
{
	const struct fib_object *o = fib_object_find(c->pub, key);
	const struct fib_entry *e = o && o->live ? fib_entry_find(o, c) : NULL;

	*generation = e ? e->status_generation : 0;
	*text = e && e->text ? e->text : "";
	return e ? fib_entry_state(e) : FIB_STATE_PENDING;
}

bool fib_pub_has_primary(const struct fib_pub *pub, uint32_t tables)
{
	const struct fib_consumer *c;

	frr_each (fib_consumers_const, &pub->consumers, c)
		if (c->hello.role == FIB_PRIMARY && (c->ended & tables) == tables)
			return true;
	return false;
}
