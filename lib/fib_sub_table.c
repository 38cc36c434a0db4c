// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a consumer has installed, as keys and generations; the values are its owner's.
 *
 * Objects survive sessions and daemons.  A full snapshot starts a round; what it mentions
 * belongs to the round, what it does not mention is stale and goes when the daemon says that
 * it is complete (mark and sweep, design/fib.md rule 6).
 */
#include "lib/fib_sub_p.h"

#include <errno.h>
#include <stdio.h>

DEFINE_MGROUP(FIB_SUB, "mcfib consumer");
DEFINE_MTYPE_STATIC(FIB_SUB, FIB_SUB_ROW, "FIB object of a consumer");
DEFINE_MTYPE_STATIC(FIB_SUB, FIB_SUB_TEXT, "FIB status text");

#define REPORT_BATCH 256

int fib_sub_row_cmp(const struct fib_sub_row *a, const struct fib_sub_row *b)
{
	return memcmp(&a->key, &b->key, sizeof(a->key));
}

uint32_t fib_sub_row_hash(const struct fib_sub_row *r)
{
	return jhash(&r->key, sizeof(r->key), 0x6d636673);
}

void fib_sub_table_start(struct fib_sub *s)
{
	fib_sub_keys_init(&s->keys);
	fib_sub_reports_init(&s->reports);
	for (int t = 0; t < FIB_TABLES; t++)
		fib_sub_rows_init(&s->rows[t]);
}

/* ---------------------------------------------------------------- rows */

static bool is_stale(const struct fib_sub *s, const struct fib_sub_row *r)
{
	return r->round != s->round;
}

static struct fib_sub_row *row_find(struct fib_sub *s, const struct fib_key *key)
{
	struct fib_sub_row ref;

	ref.key = *key;
	return fib_sub_keys_find(&s->keys, &ref);
}

static struct fib_sub_row *row_new(struct fib_sub *s, const struct fib_key *key)
{
	struct fib_sub_row *r = XCALLOC(MTYPE_FIB_SUB_ROW, sizeof(*r));

	r->key = *key;
	r->deleted = true; /* not linked yet */
	r->round = s->round;
	fib_sub_keys_add(&s->keys, r);
	return r;
}

static void row_link(struct fib_sub *s, struct fib_sub_row *r)
{
	if (!r->deleted)
		return;
	r->deleted = false;
	fib_sub_rows_add_tail(&s->rows[r->key.table], r);
}

static void row_unlink(struct fib_sub *s, struct fib_sub_row *r)
{
	if (r->deleted)
		return;
	if (is_stale(s, r))
		s->stale[r->key.table]--;
	r->deleted = true;
	r->round = s->round;
	fib_sub_rows_del(&s->rows[r->key.table], r);
}

static void row_free(struct fib_sub *s, struct fib_sub_row *r)
{
	row_unlink(s, r);
	if (r->report)
		fib_sub_reports_del(&s->reports, r);
	fib_sub_keys_del(&s->keys, r);
	XFREE(MTYPE_FIB_SUB_TEXT, r->text);
	XFREE(MTYPE_FIB_SUB_ROW, r);
}

void fib_sub_table_stop(struct fib_sub *s)
{
	struct fib_sub_row *r;

	frr_each_safe (fib_sub_keys, &s->keys, r)
		row_free(s, r);
	fib_sub_keys_fini(&s->keys);
	fib_sub_reports_fini(&s->reports);
	for (int t = 0; t < FIB_TABLES; t++)
		fib_sub_rows_fini(&s->rows[t]);
}

size_t fib_sub_table_count(const struct fib_sub *s)
{
	size_t n = 0;

	for (int t = 1; t < FIB_TABLES; t++)
		n += fib_sub_rows_count(&s->rows[t]);
	return n;
}

/* ---------------------------------------------------------------- status */

static void report(struct fib_sub *s, struct fib_sub_row *r)
{
	if (!r->report)
		fib_sub_reports_add_tail(&s->reports, r);
	r->report = true;
}

static void row_status(struct fib_sub *s, struct fib_sub_row *r, const struct fib_status *st)
{
	r->generation = st->generation;
	r->distrusted = false;
	r->result = st->result;
	r->code = st->code;
	XFREE(MTYPE_FIB_SUB_TEXT, r->text);
	if (st->text[0])
		r->text = XSTRDUP(MTYPE_FIB_SUB_TEXT, st->text);
	report(s, r);
}

void fib_sub_status(struct fib_sub *s, const struct fib_status *status)
{
	struct fib_sub_row *r = row_find(s, &status->key);

	if (r && !r->deleted && r->generation == status->generation)
		row_status(s, r, status);
}

bool fib_sub_table_report(struct fib_sub *s, struct fib_msg *m)
{
	size_t n = fib_sub_reports_count(&s->reports);

	if (!n)
		return false;
	n = n < REPORT_BATCH ? n : REPORT_BATCH;
	m->status.status = fib_alloc(n, sizeof(m->status.status[0]));
	for (m->status.n = 0; m->status.n < n; m->status.n++) {
		struct fib_sub_row *r = fib_sub_reports_pop(&s->reports);
		struct fib_status *st = &m->status.status[m->status.n];

		r->report = false;
		st->key = r->key;
		st->generation = r->generation;
		st->result = r->result;
		st->code = r->code;
		snprintf(st->text, sizeof(st->text), "%s", r->text ? r->text : "");
		if (r->deleted)
			row_free(s, r);
	}
	return true;
}

/* ---------------------------------------------------------------- operations */

static void apply(struct fib_sub *s, const struct fib_op *op, struct fib_status *st)
{
	const char *unknown = NULL;

	*st = (struct fib_status){
		.key = op->key,
		.generation = op->generation,
		.result = op->deleted ? FIB_REMOVED : FIB_INSTALLED,
	};
	if (op->deleted || fib_value_known(op->key.table, &op->value, &unknown)) {
		s->ops->apply(s->ctx, op, st);
		return;
	}
	st->result = FIB_UNSUPPORTED;
	st->code = EOPNOTSUPP;
	snprintf(st->text, sizeof(st->text), "%s", unknown);
}

static void op_set(struct fib_sub *s, const struct fib_op *op)
{
	struct fib_sub_row *r = row_find(s, &op->key);
	struct fib_status st;

	if (!r)
		r = row_new(s, &op->key);
	if (!r->deleted && is_stale(s, r))
		s->stale[r->key.table]--;
	r->round = s->round;
	/* a second snapshot of the same daemon brings much that is known; failures get a chance */
	if (!r->deleted && !r->distrusted && r->generation == op->generation &&
	    r->result == FIB_INSTALLED) {
		report(s, r);
		return;
	}
	row_link(s, r);
	apply(s, op, &st);
	row_status(s, r, &st);
}

static void op_delete(struct fib_sub *s, const struct fib_op *op)
{
	struct fib_sub_row *r = row_find(s, &op->key);
	struct fib_status st = {
		.key = op->key, .generation = op->generation, .result = FIB_REMOVED};

	if (!r)
		r = row_new(s, &op->key);
	if (!r->deleted) {
		row_unlink(s, r);
		apply(s, op, &st);
	}
	row_status(s, r, &st);
}

void fib_sub_table_op(struct fib_sub *s, const struct fib_op *op)
{
	if (!(s->params.tables & 1U << op->key.table))
		return; /* not asked for */
	s->rx_ops++;
	if (op->deleted)
		op_delete(s, op);
	else
		op_set(s, op);
}

/* The owner is told to remove it; nobody else is told anything. */
static void expire(struct fib_sub *s, struct fib_sub_row *r)
{
	struct fib_op op = {.key = r->key, .generation = r->generation, .deleted = true};
	struct fib_status st;

	row_free(s, r);
	apply(s, &op, &st);
}

/* ---------------------------------------------------------------- mark and sweep */

void fib_sub_table_round(struct fib_sub *s)
{
	struct fib_sub_row *r;

	s->round++;
	s->begun = s->sweep_due = s->completed = 0;
	for (int t = 1; t < FIB_TABLES; t++)
		s->stale[t] = fib_sub_rows_count(&s->rows[t]);
	while ((r = fib_sub_reports_pop(&s->reports))) { /* for a session that is over */
		r->report = false;
		if (r->deleted)
			row_free(s, r);
	}
}

void fib_sub_table_resumed(struct fib_sub *s)
{
	for (int t = 1; t < FIB_TABLES; t++) {
		struct fib_sub_row *r;

		frr_each (fib_sub_rows, &s->rows[t], r)
			if (!is_stale(s, r))
				report(s, r);
	}
}

void fib_sub_table_distrust(struct fib_sub *s)
{
	for (int t = 1; t < FIB_TABLES; t++) {
		struct fib_sub_row *r;

		frr_each (fib_sub_rows, &s->rows[t], r)
			r->distrusted = true;
	}
}

/* True if objects of a later table may still refer to stale ones of this. */
static bool has_stale_users(const struct fib_sub *s, int table)
{
	for (int t = table + 1; t < FIB_TABLES; t++)
		if (s->stale[t])
			return true;
	return false;
}

void fib_sub_table_end(struct fib_sub *s, enum fib_table table)
{
	uint32_t done = 0;

	if (!(s->begun & 1U << table))
		return; /* no snapshot, no ground for sweeping */
	s->sweep_due |= 1U << table;
	/* deletions go in the opposite order: flows before sessions before tunnels */
	for (int t = FIB_TABLES - 1; t >= 1; t--) {
		struct fib_sub_row *r;

		if (!(s->sweep_due & 1U << t) || has_stale_users(s, t))
			continue;
		frr_each_safe (fib_sub_rows, &s->rows[t], r)
			if (is_stale(s, r))
				expire(s, r);
		s->sweep_due &= ~(1U << t);
		done |= 1U << t;
	}
	s->completed |= done;
	for (int t = 1; t < FIB_TABLES; t++)
		if (done & 1U << t && s->ops->complete)
			s->ops->complete(s->ctx, t);
}

void fib_sub_table_flush(struct fib_sub *s)
{
	for (int t = FIB_TABLES - 1; t >= 1; t--) {
		struct fib_sub_row *r;

		while ((r = fib_sub_rows_first(&s->rows[t])))
			expire(s, r);
	}
}
