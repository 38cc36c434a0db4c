// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An object as one consumer has it.
 *
 * A change costs a mark, however often the object changes before the consumer takes it
 * (design/fib.md rules 1 and 4).
 */
#include "lib/fib_pub_p.h"

#include <stdio.h>

DEFINE_MTYPE_STATIC(FIB_PUB, FIB_ENTRY, "FIB entry of a consumer");
DEFINE_MTYPE_STATIC(FIB_PUB, FIB_ENTRY_TEXT, "FIB entry failure text");

struct fib_entry *fib_entry_find(const struct fib_object *o, const struct fib_consumer *c)
{
	struct fib_entry *e = o->entries;

	while (e && e->consumer != c)
		e = e->next;
	return e;
}

struct fib_entry *fib_entry_make(struct fib_object *o, struct fib_consumer *c)
{
	struct fib_entry *e = XCALLOC(MTYPE_FIB_ENTRY, sizeof(*e));

	e->object = o;
	e->consumer = c;
	e->next = o->entries;
	o->entries = e;
	return e;
}

void fib_entry_free(struct fib_entry *e)
{
	struct fib_entry **at = &e->object->entries;

	fib_entry_clean(e);
	fib_entry_set_known(e, 0);
	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	XFREE(MTYPE_FIB_ENTRY_TEXT, e->text);
	XFREE(MTYPE_FIB_ENTRY, e);
}

void fib_entry_set_known(struct fib_entry *e, uint64_t generation)
{
	e->consumer->known[e->object->key.table] += (generation != 0) - (e->known != 0);
	e->known = generation;
}

/* ---------------------------------------------------------------- what is to be sent */

bool fib_entry_deletes(const struct fib_entry *e)
{
	return !e->object->live || e->withheld;
}

static enum fib_lane lane_of(const struct fib_entry *e)
{
	bool gone = fib_entry_deletes(e);

	switch (e->object->key.table) {
	case FIB_L2TP_TUNNEL:
		return gone ? FIB_LANE_TUNNELS_GONE : FIB_LANE_TUNNELS;
	case FIB_ACCESS_SESSION:
		return gone ? FIB_LANE_SESSIONS_GONE : FIB_LANE_SESSIONS;
	default:
		return FIB_LANE_USERS;
	}
}

static void unawait(struct fib_entry *e)
{
	if (e->awaited)
		e->consumer->awaited[e->object->key.table]--;
	e->awaited = false;
}

void fib_entry_await(struct fib_entry *e)
{
	if (e->awaited || fib_entry_deletes(e))
		return;
	e->awaited = true;
	e->consumer->awaited[e->object->key.table]++;
}

static void mark(struct fib_entry *e, bool first)
{
	struct fib_consumer *c = e->consumer;
	enum fib_lane lane = lane_of(e);

	if (fib_entry_deletes(e))
		unawait(e);
	if (e->dirty && e->lane == lane)
		return;
	if (e->dirty)
		fib_dirty_del(&c->lanes[e->lane], e);
	else
		c->n_dirty++;
	e->dirty = true;
	e->lane = lane;
	if (first)
		fib_dirty_add_head(&c->lanes[lane], e);
	else
		fib_dirty_add_tail(&c->lanes[lane], e);
}

void fib_entry_mark(struct fib_entry *e)
{
	mark(e, false);
}

void fib_entry_requeue(struct fib_entry *e)
{
	mark(e, true);
}

void fib_entry_clean(struct fib_entry *e)
{
	unawait(e);
	if (!e->dirty)
		return;
	e->dirty = false;
	fib_dirty_del(&e->consumer->lanes[e->lane], e);
	e->consumer->n_dirty--;
}

/* ---------------------------------------------------------------- what it can do */

static void set_text(struct fib_entry *e, const char *text)
{
	XFREE(MTYPE_FIB_ENTRY_TEXT, e->text);
	if (text[0])
		e->text = XSTRDUP(MTYPE_FIB_ENTRY_TEXT, text);
}

/* Why the consumer cannot have the object; false: it can. */
static bool beyond(const struct fib_consumer *c, const struct fib_object *o, char *why, size_t size)
{
	const struct fib_capabilities *can = &c->hello.capabilities;
	size_t branches = fib_value_branches(o->key.table, &o->value);

	bool l2tp = o->key.table == FIB_L2TP_REPLICATION || o->key.table == FIB_L2TP_FLOW;
	bool p2mp = o->key.table == FIB_P2MP_ILM || o->key.table == FIB_P2MP_FTN;

	if (l2tp && !can->l2tp_replication)
		snprintf(why, size, "not offloadable: no L2TP replication");
	else if (p2mp && !can->mpls_p2mp)
		snprintf(why, size, "not offloadable: no MPLS P2MP");
	else if (!can->mpls_context && fib_needs_context(&o->key, &o->value))
		snprintf(why, size, "not offloadable: no upstream-assigned labels");
	else if (o->key.table == FIB_ACCESS_SESSION && o->value.access_session.unicast &&
		 !can->unicast_sessions)
		snprintf(why, size, "not offloadable: no unicast sessions");
	else if (can->maximum_branches && branches > can->maximum_branches)
		snprintf(why, size, "not offloadable: branches %zu > %u", branches,
			 can->maximum_branches);
	else if (branches > FIB_MAX_BRANCHES || o->op_size > FIB_MAX_OPS_SIZE)
		snprintf(why, size, "not offloadable: %zu branches do not fit a message", branches);
	else
		return false;
	return true;
}

void fib_entry_offer(struct fib_entry *e)
{
	char why[FIB_TEXT_LEN];

	e->withheld = beyond(e->consumer, e->object, why, sizeof(why));
	if (e->withheld) {
		e->result = FIB_UNSUPPORTED;
		e->status_generation = e->object->generation;
		set_text(e, why);
	}
	/* an earlier state that it has must not stay when the present one cannot follow */
	if (!e->withheld || e->known)
		fib_entry_mark(e);
	else
		fib_entry_clean(e);
}

/* ---------------------------------------------------------------- what it answered */

enum fib_install fib_entry_state(const struct fib_entry *e)
{
	if (e->status_generation != e->object->generation)
		return e->result == FIB_INSTALLED ? FIB_STATE_STALE : FIB_STATE_PENDING;
	switch (e->result) {
	case FIB_INSTALLED:
		return FIB_STATE_INSTALLED;
	case FIB_FAILED:
		return FIB_STATE_FAILED;
	case FIB_UNSUPPORTED:
		return FIB_STATE_UNSUPPORTED;
	default:
		return FIB_STATE_PENDING;
	}
}

void fib_entry_status(struct fib_entry *e, const struct fib_status *st)
{
	struct fib_consumer *c = e->consumer;
	size_t len;

	e->result = st->result;
	e->status_generation = st->generation;
	set_text(e, st->result == FIB_INSTALLED ? "" : st->text);
	if (st->result == FIB_INSTALLED)
		c->installs++;
	if (st->result != FIB_FAILED && st->result != FIB_UNSUPPORTED)
		return;
	c->failures++;
	fib_key_str(&st->key, c->last_error, sizeof(c->last_error));
	len = strlen(c->last_error);
	snprintf(c->last_error + len, sizeof(c->last_error) - len, ": %s", st->text);
}
