// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * objects.c - the store of objects: who is made of what, and when it is rebuilt.
 *
 * Everything marked during an operation or event is rebuilt before that ends, table by table:
 * tunnels, sessions, replications, flows, labels.  A rebuild marks users only of later tables, so
 * one pass is enough.  What does not exist yet is kept as an empty object by its users' references.
 */
#include "mcfibd/objects_p.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>

#define LINGER_MS 200 /* of a deleted replication */

DEFINE_MTYPE_STATIC(MCFIBD, OBJECTS, "object store");
DEFINE_MTYPE_STATIC(MCFIBD, OBJECT, "forwarding object");
DEFINE_MTYPE_STATIC(MCFIBD, REFS, "references of an object");

int object_cmp(const struct object *a, const struct object *b)
{
	return memcmp(&a->key, &b->key, sizeof(a->key));
}

uint32_t object_hash(const struct object *o)
{
	return jhash(&o->key, sizeof(o->key), 0);
}

int seq_cmp(const struct seq *a, const struct seq *b)
{
	return a->tunnel_id != b->tunnel_id ? (int)a->tunnel_id - (int)b->tunnel_id
					    : (int)a->session_id - (int)b->session_id;
}

uint32_t seq_hash(const struct seq *s)
{
	return jhash_2words(s->tunnel_id, s->session_id, 0);
}

/* ---------------------------------------------------------------- store */

struct fib_key object_key_interface(const char *name)
{
	struct fib_key key;

	memset(&key, 0, sizeof(key));
	key.table = INTERFACE;
	name_copy(key.l2tp_flow.vrf, name, sizeof(key.l2tp_flow.vrf));
	return key;
}

struct object *object_find(const struct objects *os, const struct fib_key *key)
{
	struct object ref;

	ref.key = *key;
	return object_keys_find((struct object_keys_head *)&os->keys, &ref);
}

struct object *object_get(struct objects *os, const struct fib_key *key)
{
	struct object *o = object_find(os, key);

	if (o)
		return o;
	o = XCALLOC(MTYPE_OBJECT, sizeof(*o));
	o->key = *key;
	o->used = os->now;
	object_users_init(&o->users);
	object_keys_add(&os->keys, o);
	return o;
}

static void free_unless_used(struct objects *os, struct object *o)
{
	unsigned int d;

	if (o->present || o->dirty || o->pins || o->n_refs || object_users_count(&o->users))
		return;
	/* its owner is about to refer to it */
	if (o->key.table == INTERFACE && o->interface.owner)
		return;
	if (neighbour_is(o))
		neighbour_release(os, o);
	for (d = 0; d < OBJECTS_DAEMONS; d++) {
		if (os->cursor[d] == o)
			os->cursor[d] = object_keys_next(&os->keys, o);
	}
	object_keys_del(&os->keys, o);
	object_users_fini(&o->users);
	XFREE(MTYPE_OBJECT, o);
}

void object_unpin(struct objects *os, struct object *o)
{
	if (--o->pins == 0)
		free_unless_used(os, o);
}

/* ---------------------------------------------------------------- dependencies */

void object_mark(struct objects *os, struct object *o)
{
	if (o->dirty || !o->present)
		return;
	o->dirty = true;
	object_dirty_add_tail(&os->dirty[o->key.table], o);
}

void object_mark_users(struct objects *os, struct object *o)
{
	struct ref *r;

	frr_each (object_users, &o->users, r)
		object_mark(os, r->user);
}

static void drop_refs(struct objects *os, struct object *o)
{
	struct ref *refs = o->refs;
	size_t n = o->n_refs, i;

	o->refs = NULL;
	o->n_refs = 0;
	for (i = 0; i < n; i++) {
		object_users_del(&refs[i].target->users, &refs[i]);
		refs[i].target->pins++; /* may be referred to more than once */
	}
	for (i = 0; i < n; i++) {
		if (--refs[i].target->pins == 0)
			free_unless_used(os, refs[i].target);
	}
	XFREE(MTYPE_REFS, refs);
}

void object_refs_start(struct objects *os, struct object *o, size_t n)
{
	drop_refs(os, o);
	o->refs = XCALLOC(MTYPE_REFS, n * sizeof(*o->refs));
}

struct object *object_ref(struct objects *os, struct object *o, const struct fib_key *key)
{
	struct ref *r = &o->refs[o->n_refs++];

	r->user = o;
	r->target = object_get(os, key);
	object_users_add_tail(&r->target->users, r);
	return r->target;
}

/* ---------------------------------------------------------------- results */

void object_ok(struct object *o)
{
	o->result = FIB_INSTALLED;
	o->code = 0;
	o->text[0] = '\0';
}

void object_fail(struct object *o, enum fib_result result, uint32_t code, const char *format, ...)
{
	va_list args;

	if (o->result != FIB_INSTALLED)
		return;
	o->result = result;
	o->code = code;
	va_start(args, format);
	vsnprintf(o->text, sizeof(o->text), format, args);
	va_end(args);
}

static void fill_status(const struct object *o, struct fib_status *st)
{
	st->key = o->key;
	st->generation = o->generation;
	st->result = o->result;
	st->code = o->code;
	memcpy(st->text, o->text, sizeof(st->text));
}

/* ---------------------------------------------------------------- rebuilding */

static const struct {
	void (*rebuild)(struct objects *os, struct object *o);
	void (*remove)(struct objects *os, struct object *o);
} tables[FIB_TABLES] = {
	[FIB_L2TP_TUNNEL] = {tunnel_rebuild, tunnel_remove},
	[FIB_ACCESS_SESSION] = {session_rebuild, session_remove},
	[FIB_L2TP_REPLICATION] = {replication_rebuild, replication_remove},
	[FIB_L2TP_FLOW] = {flow_rebuild, flow_remove},
	[FIB_P2MP_ILM] = {ilm_rebuild, ilm_remove},
	[FIB_P2MP_FTN] = {ftn_rebuild, ftn_remove},
};

/* What the object was made of stays until it is made anew: it is mostly the same, and a next hop
 * may be the one whose change is being handled. */
static void rebuild_holding(struct objects *os, struct object *o)
{
	size_t n = o->n_refs, i;
	struct object **held = XCALLOC(MTYPE_REFS, (n + 1) * sizeof(*held));

	for (i = 0; i < n; i++) {
		held[i] = o->refs[i].target;
		held[i]->pins++;
	}
	tables[o->key.table].rebuild(os, o);
	if (o->key.table == FIB_ACCESS_SESSION)
		labels_interface(os, o->value.access_session.interface);
	for (i = 0; i < n; i++) {
		if (o->key.table == FIB_ACCESS_SESSION && held[i]->key.table == INTERFACE)
			labels_interface(os, held[i]->key.l2tp_flow.vrf); /* it had before */
		object_unpin(os, held[i]);
	}
	XFREE(MTYPE_REFS, held);
}

/* quiet: the object whose status the caller returns itself. */
static void rebuild(struct objects *os, struct object *o, const struct object *quiet)
{
	enum fib_result result = o->result;
	char text[FIB_TEXT_LEN], name[128];
	struct fib_status st = {};

	memcpy(text, o->text, sizeof(text));
	object_ok(o);
	rebuild_holding(os, o);
	if (o == quiet || o->leaving || (o->result == result && !strcmp(o->text, text)))
		return;
	log_info("%s: %s %s", fib_key_str(&o->key, name, sizeof(name)), fib_result_name(o->result),
		 o->text);
	fill_status(o, &st);
	os->status(os->ctx, o->daemon, &st);
}

static void flush(struct objects *os, const struct object *quiet)
{
	struct object *o;
	int t;

	for (t = 1; t < FIB_TABLES; t++) {
		while ((o = object_dirty_pop(&os->dirty[t])) != NULL) {
			o->dirty = false;
			if (o->present)
				rebuild(os, o, quiet);
			else
				free_unless_used(os, o);
		}
	}
}

/* ---------------------------------------------------------------- operations */

static void stay(struct objects *os, struct object *o)
{
	if (!o->leaving)
		return;
	o->leaving = false;
	os->n_present++;
	object_leaving_del(&os->leaving, o);
}

/* An MSEN can overtake the last data of its session, in the network and on the way to the LNS's
 * forwarding: what has been sent into the session still goes to its members. */
static void leave(struct objects *os, struct object *o)
{
	if (o->leaving)
		return;
	o->leaving = true;
	o->leaves_at = os->now + LINGER_MS;
	os->n_present--;
	object_leaving_add_tail(&os->leaving, o);
}

static void apply_delete(struct objects *os, struct object *o)
{
	o->pins++; /* users that are rebuilt let go of it */
	if (o->present) {
		stay(os, o);
		o->present = false;
		os->n_present--;
		tables[o->key.table].remove(os, o);
		fib_value_free(o->key.table, &o->value);
		memset(&o->value, 0, sizeof(o->value));
		object_mark_users(os, o);
	}
	drop_refs(os, o);
	flush(os, NULL);
	o->pins--;
	free_unless_used(os, o);
}

/* Two daemons that mean the same packets: the first one has them. */
static bool taken(const struct object *o, unsigned int daemon, const struct fib_op *op,
		  struct fib_status *status)
{
	if (!o->present || o->leaving || o->daemon == daemon)
		return false;
	if (!op->deleted) {
		status->result = FIB_FAILED;
		status->code = EEXIST;
		snprintf(status->text, sizeof(status->text), "another daemon has this object");
	}
	return true;
}

static void apply_set(struct objects *os, struct object *o, const struct fib_op *op)
{
	if (o->present) {
		stay(os, o);
		if (o->key.table == FIB_ACCESS_SESSION &&
		    strcmp(o->value.access_session.interface, op->value.access_session.interface))
			session_release_interface(os, o);
		fib_value_free(o->key.table, &o->value);
	} else {
		os->n_present++;
	}
	memset(&o->value, 0, sizeof(o->value));
	fib_value_copy(o->key.table, &o->value, &op->value);
	o->present = true;
	o->generation = op->generation;
	if (o->key.table == FIB_ACCESS_SESSION && o->value.access_session.unicast)
		session_take_interface(os, o);
	object_mark(os, o);
	flush(os, o);
}

void objects_apply(struct objects *os, unsigned int daemon, const struct fib_op *op,
		   struct fib_status *status, msec_t now)
{
	struct object *o = object_get(os, &op->key);
	char name[128];

	os->now = now;
	log_debug("%s %s generation %" PRIu64, op->deleted ? "delete" : "set",
		  fib_key_str(&op->key, name, sizeof(name)), op->generation);
	if (taken(o, daemon, op, status))
		return;
	o->daemon = daemon;
	if (!op->deleted) {
		apply_set(os, o, op);
		fill_status(o, status);
	} else if (o->present && o->key.table == FIB_L2TP_REPLICATION) {
		leave(os, o);
	} else {
		apply_delete(os, o);
	}
}

void objects_run(struct objects *os, msec_t now)
{
	struct object *o;

	os->now = now;
	while ((o = object_leaving_first(&os->leaving)) != NULL && o->leaves_at <= now)
		apply_delete(os, o);
}

msec_t objects_deadline(const struct objects *os)
{
	const struct object *o = object_leaving_const_first(&os->leaving);

	return o ? o->leaves_at : MSEC_NEVER;
}

void objects_link(struct objects *os, const char *name, msec_t now)
{
	struct fib_key key = object_key_interface(name);
	struct object *o;

	os->now = now;
	labels_interface(os, name);
	o = object_find(os, &key);
	if (!o)
		return;
	object_mark_users(os, o);
	flush(os, NULL);
}

void objects_nexthop(struct objects *os, struct nexthop *nh, msec_t now)
{
	struct object *o = nh->owner;

	os->now = now;
	if (o->key.table == INTERFACE)
		object_mark_users(os, o);
	else
		object_mark(os, o);
	flush(os, NULL);
}

/* ---------------------------------------------------------------- maps */

void object_from_tunnel(struct objects *os, uint32_t slot, const struct object *tunnel,
			uint32_t flags)
{
	const struct fib_l2tp_tunnel *t = &tunnel->value.l2tp_tunnel;
	struct mcf_object *m = maps_object(os->maps, slot);

	m->flags = flags;
	m->tunnel = tunnel->tunnel.slot;
	memcpy(m->peer, t->peer.addr.b, sizeof(m->peer));
	memcpy(m->local, t->local.addr.b, sizeof(m->local));
	m->peer_port = htons(t->peer.port);
	m->local_port = htons(t->local.port);
}

bool object_publish(struct objects *os, struct object *o, uint32_t slot, const struct mcf_branch *b,
		    size_t n)
{
	if (slot && maps_publish(os->maps, slot, b, (uint32_t)n))
		return true;
	object_fail(o, FIB_FAILED, ENOSPC, "no room for %zu branches", n);
	return false;
}

/* ---------------------------------------------------------------- activity */

static void add_counters(struct fib_activity *a, const struct maps *maps, uint32_t slot)
{
	struct mcf_counters c;

	maps_object_counters(maps, slot, &c);
	a->packets += c.packets;
	a->bytes += c.bytes;
	a->copies += c.copies;
	a->copied_bytes += c.copied_bytes;
	a->drops +=
		c.too_big + c.failed + c.no_branch + c.malformed + c.expired + c.policed + c.late;
}

static void fill_activity(struct objects *os, struct object *o, struct fib_activity *a)
{
	memset(a, 0, sizeof(*a));
	a->key = o->key;
	switch (o->key.table) {
	case FIB_L2TP_TUNNEL:
		add_counters(a, os->maps, o->tunnel.slot);
		break;
	case FIB_ACCESS_SESSION:
		add_counters(a, os->maps, o->session.in);
		add_counters(a, os->maps, o->session.out);
		break;
	default:
		add_counters(a, os->maps, o->fanout.slot);
		break;
	}
	if (a->packets != o->seen_packets)
		o->used = os->now;
	o->seen_packets = a->packets;
	a->idle_ms = (uint64_t)(os->now - o->used);
}

size_t objects_activity(struct objects *os, unsigned int daemon, struct fib_activity *a, size_t max,
			msec_t now)
{
	struct object **cursor = &os->cursor[daemon];
	size_t n = 0, left = object_keys_count(&os->keys);

	os->now = now;
	for (; n < max && left; left--) {
		struct object *o = *cursor ? *cursor : object_keys_first(&os->keys);

		if (o->present && !o->leaving && o->daemon == daemon)
			fill_activity(os, o, &a[n++]);
		*cursor = object_keys_next(&os->keys, o);
	}
	return n;
}

size_t objects_count(const struct objects *os)
{
	return os->n_present;
}

/* ---------------------------------------------------------------- life */

struct objects *objects_new(struct maps *maps, struct links *links, struct attach *attach,
			    struct queues *queues, objects_status_fn status, void *ctx)
{
	struct objects *os = XCALLOC(MTYPE_OBJECTS, sizeof(*os));
	int t;

	os->maps = maps;
	os->links = links;
	os->attach = attach;
	os->queues = queues;
	os->status = status;
	os->ctx = ctx;
	object_keys_init(&os->keys);
	object_leaving_init(&os->leaving);
	seq_keys_init(&os->seqs);
	for (t = 0; t < FIB_TABLES; t++)
		object_dirty_init(&os->dirty[t]);
	return os;
}

void objects_free(struct objects *os)
{
	struct object *o;
	int t;

	for (t = 0; t < FIB_TABLES; t++) {
		while (object_dirty_pop(&os->dirty[t]))
			;
		object_dirty_fini(&os->dirty[t]);
	}
	while (object_leaving_pop(&os->leaving))
		;
	object_leaving_fini(&os->leaving);
	frr_each (object_keys, &os->keys, o) { /* the references are still all there */
		while (object_users_pop(&o->users))
			;
	}
	while ((o = object_keys_pop(&os->keys)) != NULL) {
		object_users_fini(&o->users);
		if (o->key.table >= FIB_L2TP_REPLICATION)
			fanout_free(o);
		if (o->key.table != INTERFACE)
			fib_value_free(o->key.table, &o->value);
		XFREE(MTYPE_REFS, o->refs);
		XFREE(MTYPE_OBJECT, o);
	}
	object_keys_fini(&os->keys);
	seqs_free(os);
	seq_keys_fini(&os->seqs);
	contexts_free(os);
	XFREE(MTYPE_OBJECTS, os);
}
