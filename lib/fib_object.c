// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Objects of the publisher, and the journal of their changes.
 *
 * Generations come from one counter, so that an object that was deleted and made again goes
 * on where it was: a late Status can never be taken for one of the new object.
 */
#include "lib/fib_pub_p.h"

#include <stdio.h>

DEFINE_MTYPE_STATIC(FIB_PUB, FIB_OBJECT, "FIB object");
DEFINE_MTYPE_STATIC(FIB_PUB, FIB_ACTIVITY, "FIB object activity");
DEFINE_MTYPE_STATIC(FIB_PUB, FIB_JOURNAL, "FIB journal");

int fib_object_cmp(const struct fib_object *a, const struct fib_object *b)
{
	return memcmp(&a->key, &b->key, sizeof(a->key));
}

uint32_t fib_object_hash(const struct fib_object *o)
{
	return jhash(&o->key, sizeof(o->key), 0x6d636669);
}

struct fib_object *fib_object_find(const struct fib_pub *pub, const struct fib_key *key)
{
	struct fib_object ref;

	ref.key = *key;
	return fib_objects_find((struct fib_objects_head *)&pub->objects, &ref);
}

struct fib_object *fib_object_tombstone(struct fib_pub *pub, const struct fib_key *key,
					uint64_t generation)
{
	struct fib_object *o = fib_object_find(pub, key);

	if (o)
		return o;
	o = XCALLOC(MTYPE_FIB_OBJECT, sizeof(*o));
	o->key = *key;
	o->generation = generation;
	fib_objects_add(&pub->objects, o);
	return o;
}

static void object_free(struct fib_pub *pub, struct fib_object *o)
{
	while (o->entries)
		fib_entry_free(o->entries);
	if (o->live) {
		fib_live_del(&pub->live[o->key.table], o);
		fib_value_free(o->key.table, &o->value);
	}
	if (o->in_news)
		fib_news_del(&pub->news, o);
	XFREE(MTYPE_FIB_ACTIVITY, o->activity);
	fib_objects_del(&pub->objects, o);
	XFREE(MTYPE_FIB_OBJECT, o);
}

void fib_object_release(struct fib_pub *pub, struct fib_object *o)
{
	if (!o->live && !o->entries)
		object_free(pub, o);
}

/* ---------------------------------------------------------------- journal */

void fib_journal_resize(struct fib_pub *pub)
{
	XFREE(MTYPE_FIB_JOURNAL, pub->ring);
	if (!pub->params.journal_size)
		pub->params.journal_size = 1;
	pub->ring = XCALLOC(MTYPE_FIB_JOURNAL, pub->params.journal_size * sizeof(pub->ring[0]));
	pub->ring_first = pub->ring_last + 1;
}

void fib_journal_break(struct fib_pub *pub)
{
	pub->ring_first = ++pub->ring_last + 1;
}

static void journal_add(struct fib_pub *pub, const struct fib_key *key)
{
	pub->ring_last++;
	if (pub->ring_last - pub->ring_first == pub->params.journal_size)
		pub->ring_first++;
	pub->ring[pub->ring_last % pub->params.journal_size] = *key;
}

void fib_objects_start(struct fib_pub *pub)
{
	fib_objects_init(&pub->objects);
	fib_news_init(&pub->news);
	for (int t = 0; t < FIB_TABLES; t++)
		fib_live_init(&pub->live[t]);
	fib_journal_resize(pub);
}

void fib_objects_stop(struct fib_pub *pub)
{
	struct fib_object *o;

	frr_each_safe (fib_objects, &pub->objects, o)
		object_free(pub, o);
	fib_objects_fini(&pub->objects);
	fib_news_fini(&pub->news);
	for (int t = 0; t < FIB_TABLES; t++)
		fib_live_fini(&pub->live[t]);
	XFREE(MTYPE_FIB_JOURNAL, pub->ring);
}

/* ---------------------------------------------------------------- changes */

static void offer_to_all(struct fib_pub *pub, struct fib_object *o)
{
	struct fib_consumer *c;

	frr_each (fib_consumers, &pub->consumers, c) {
		struct fib_entry *e;

		if (!(c->begun & 1U << o->key.table))
			continue; /* its snapshot will have it */
		e = fib_entry_find(o, c);
		fib_entry_offer(e ? e : fib_entry_make(o, c));
	}
}

uint64_t fib_pub_set(struct fib_pub *pub, const struct fib_key *key, union fib_value *value)
{
	struct fib_object *o = fib_object_tombstone(pub, key, 0);
	bool equal = o->live && fib_value_equal(key->table, &o->value, value);

	pub->stats.sets++;
	if (o->live)
		fib_value_free(key->table, equal ? value : &o->value);
	else
		fib_live_add_tail(&pub->live[key->table], o);
	o->live = true;
	if (equal) {
		pub->stats.unchanged++;
		return o->generation;
	}
	o->value = *value;
	memset(value, 0, sizeof(*value));
	o->op_size = fib_op_size(key->table, &o->value);
	o->generation = ++pub->generation;
	journal_add(pub, key);
	offer_to_all(pub, o);
	fib_object_review(pub, o);
	return o->generation;
}

void fib_pub_del(struct fib_pub *pub, const struct fib_key *key)
{
	struct fib_object *o = fib_object_find(pub, key);
	struct fib_entry *e, *next;

	if (!o || !o->live)
		return;
	pub->stats.deletes++;
	fib_live_del(&pub->live[key->table], o);
	fib_value_free(key->table, &o->value);
	XFREE(MTYPE_FIB_ACTIVITY, o->activity);
	if (o->in_news)
		fib_news_del(&pub->news, o);
	o->live = o->in_news = false;
	o->state = o->reported = FIB_STATE_PENDING;
	o->generation = ++pub->generation;
	journal_add(pub, key);
	for (e = o->entries; e; e = next) {
		next = e->next;
		if (e->known)
			fib_entry_mark(e);
		else
			fib_entry_free(e); /* it never heard of the object */
	}
	fib_object_release(pub, o);
}

/* ---------------------------------------------------------------- state over all consumers */

static const int severity[] = {
	/* one consumer is enough: the best of them counts; all are needed: the worst */
	[FIB_STATE_INSTALLED] = 0, [FIB_STATE_STALE] = 1,	[FIB_STATE_PENDING] = 2,
	[FIB_STATE_FAILED] = 3,	   [FIB_STATE_UNSUPPORTED] = 4,
};

/* The entry that decides the state of the object; NULL: no primary consumer. */
static struct fib_entry *decisive(const struct fib_pub *pub, const struct fib_object *o)
{
	struct fib_entry *best = NULL;

	for (struct fib_entry *e = o->entries; e; e = e->next) {
		int diff;

		if (e->consumer->hello.role != FIB_PRIMARY)
			continue;
		diff = best ? severity[fib_entry_state(e)] - severity[fib_entry_state(best)] : 0;
		if (!best || (pub->params.require_all ? diff > 0 : diff < 0))
			best = e;
	}
	return best;
}

static bool is_news(const struct fib_object *o)
{
	return o->state != o->reported ||
	       (o->state != FIB_STATE_PENDING && o->generation != o->reported_generation);
}

void fib_object_review(struct fib_pub *pub, struct fib_object *o)
{
	struct fib_entry *e = decisive(pub, o);

	if (!o->live)
		return;
	o->state = e ? fib_entry_state(e) : FIB_STATE_PENDING;
	if (is_news(o) && !o->in_news) {
		fib_news_add_tail(&pub->news, o);
		o->in_news = true;
	}
}

static const char *state_text(const struct fib_pub *pub, const struct fib_object *o)
{
	struct fib_entry *e = decisive(pub, o);

	return e && e->text ? e->text : "";
}

void fib_news_flush(struct fib_pub *pub)
{
	struct fib_object *o;

	/* the owner may change objects in its callback, so take one at a time */
	while ((o = fib_news_pop(&pub->news))) {
		struct fib_key key = o->key;

		o->in_news = false;
		if (!is_news(o))
			continue;
		o->reported = o->state;
		o->reported_generation = o->generation;
		if (pub->ops->installed)
			pub->ops->installed(pub->ctx, &key, o->generation, o->state,
					    state_text(pub, o));
	}
}

/* ---------------------------------------------------------------- for the owner */

static void object_info(const struct fib_pub *pub, const struct fib_object *o,
			struct fib_object_info *info)
{
	*info = (struct fib_object_info){
		.key = o->key,
		.generation = o->generation,
		.value = &o->value,
		.state = o->state,
	};
	snprintf(info->text, sizeof(info->text), "%s", state_text(pub, o));
	if (o->activity)
		info->activity = *o->activity;
	else
		info->activity.key = o->key;
}

bool fib_pub_lookup(const struct fib_pub *pub, const struct fib_key *key,
		    struct fib_object_info *info)
{
	const struct fib_object *o = fib_object_find(pub, key);

	if (!o || !o->live)
		return false;
	object_info(pub, o, info);
	return true;
}

size_t fib_pub_count(const struct fib_pub *pub, enum fib_table table)
{
	return fib_live_count(&pub->live[table]);
}

void fib_pub_walk(const struct fib_pub *pub, enum fib_table table,
		  void (*fn)(void *arg, const struct fib_object_info *info), void *arg)
{
	const struct fib_object *o;

	frr_each (fib_live_const, &pub->live[table], o) {
		struct fib_object_info info;

		object_info(pub, o, &info);
		fn(arg, &info);
	}
}

void fib_object_activity(struct fib_object *o, const struct fib_activity *a)
{
	if (!o->activity)
		o->activity = XCALLOC(MTYPE_FIB_ACTIVITY, sizeof(*o->activity));
	*o->activity = *a;
}
