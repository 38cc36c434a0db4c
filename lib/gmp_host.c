// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Host side: RFC 3376 section 5 (RFC 3810 section 6) for a merged state.
 *
 * A group keeps one sorted set of sources: those of its list, those whose change is still to be
 * repeated, and those a query asked about.  Groups with something to tell wait in two queues,
 * ordered by time because all changes are gathered, and all repetitions delayed, equally long.
 */
#include "lib/gmp_host.h"

DECLARE_MGROUP(GMP);
DEFINE_MTYPE_STATIC(GMP, GMP_HOST, "host of a network");
DEFINE_MTYPE_STATIC(GMP, GMP_HOST_GROUP, "host group");
DEFINE_MTYPE_STATIC(GMP, GMP_HOST_SOURCE, "host source");
DEFINE_MTYPE_STATIC(GMP, GMP_HOST_LIST, "host source list");

enum {
	IGMP_OVERHEAD = 24 + 8, /* IP header and fixed part of a report */
	MLD_OVERHEAD = 48 + 8,
	PACK_RECORDS = (GMP_MAX_PACKET - IGMP_OVERHEAD) / 8,
	PACK_SOURCES = (GMP_MAX_PACKET - IGMP_OVERHEAD - 8) / 4,
};

PREDECL_RBTREE_UNIQ(host_sources);
PREDECL_HASH(host_groups);
PREDECL_DLIST(host_queue);

struct host_source {
	struct host_sources_item item;
	struct addr addr;
	bool listed;  /* in the source list */
	bool asked;   /* by a query that is not answered yet */
	uint8_t left; /* transmissions of ALLOW or BLOCK to come */
};

struct host_group {
	struct host_groups_item item;
	struct gmp_host *h;
	struct addr addr;
	bool exclude;
	size_t n_listed;
	struct host_sources_head sources;
	uint8_t mode_left; /* transmissions of TO_IN or TO_EX to come */

	struct host_queue_item queue_item;
	struct host_queue_head *queue; /* that it waits in, or NULL */
	msec_t due;

	struct timer response;
	bool respond_all; /* to a group-specific query: the whole state */
};

static int source_cmp(const struct host_source *a, const struct host_source *b)
{
	return addr_cmp(&a->addr, &b->addr);
}

static int group_cmp(const struct host_group *a, const struct host_group *b)
{
	return addr_cmp(&a->addr, &b->addr);
}

static uint32_t group_hash(const struct host_group *g)
{
	return jhash(g->addr.b, sizeof(g->addr.b), 0x6d637374);
}

DECLARE_RBTREE_UNIQ(host_sources, struct host_source, item, source_cmp);
DECLARE_HASH(host_groups, struct host_group, item, group_cmp, group_hash);
DECLARE_DLIST(host_queue, struct host_group, queue_item);

struct gmp_host {
	struct gmp_host_params params;
	const struct gmp_host_ops *ops;
	void *ctx;
	struct twheel *wheel;
	struct host_groups_head groups;
	size_t n_wanted;
	struct host_queue_head fresh, repeat;
	struct timer change, general;
	uint64_t random;

	/* the report being filled */
	size_t n_records, n_sources, octets;
	struct gmp_record records[PACK_RECORDS];
	struct addr sources[PACK_SOURCES];
	uint8_t packet[GMP_MAX_PACKET];
};

void gmp_host_params_default(struct gmp_host_params *p, bool mld)
{
	*p = (struct gmp_host_params){
		.mld = mld, .robustness = 2, .unsolicited_interval_ms = 1 * MSEC_PER_S};
}

/* ---------------------------------------------------------------- packing */

static void flush(struct gmp_host *h)
{
	struct gmp_msg m = {.type = GMP_RECORDS,
			    .mld = h->params.mld,
			    .version = 3,
			    .src = h->params.address,
			    .n_records = h->n_records,
			    .records = h->records};
	size_t len;

	if (!h->n_records)
		return;
	len = gmp_msg_encode(&m, h->packet, sizeof(h->packet));
	h->n_records = h->n_sources = h->octets = 0;
	if (len)
		h->ops->send(h->ctx, (struct span){h->packet, len});
}

/* A record too long for a packet is cut as RFC 3376 4.2.16 says; the rest of a TO_IN list
 * follows as ALLOW, a second TO_IN would revoke the first. */
static void put_record(struct gmp_host *h, enum gmp_record_type type, const struct addr *group,
		       const struct addr *sources, size_t n)
{
	size_t room = GMP_MAX_PACKET - (h->params.mld ? MLD_OVERHEAD : IGMP_OVERHEAD);
	size_t octets = h->params.mld ? 16 : 4, most = (room - 4 - octets) / octets;

	for (;;) {
		struct gmp_record r = {.type = type, .group = *group, .n_sources = n};

		if (r.n_sources > most)
			r.n_sources = most;
		if (h->octets + gmp_record_size(&r, h->params.mld) > room)
			flush(h);
		r.sources = h->sources + h->n_sources;
		if (r.n_sources)
			memcpy(h->sources + h->n_sources, sources, r.n_sources * sizeof(*sources));
		h->n_sources += r.n_sources;
		h->octets += gmp_record_size(&r, h->params.mld);
		h->records[h->n_records++] = r;
		n -= r.n_sources;
		if (!n || type == GMP_IS_EX || type == GMP_TO_EX)
			break;
		sources += r.n_sources;
		if (type == GMP_TO_IN)
			type = GMP_ALLOW;
	}
}

/* A record of those sources that satisfy pick(); none: only if empty is set. */
static void put(struct host_group *g, enum gmp_record_type type,
		bool (*pick)(const struct host_group *g, const struct host_source *s), bool empty)
{
	size_t n = 0, count = host_sources_count(&g->sources);
	const struct host_source *s;
	struct addr *list = NULL;

	if (count)
		list = XCALLOC(MTYPE_GMP_HOST_LIST, count * sizeof(*list));
	frr_each (host_sources_const, &g->sources, s)
		if (pick(g, s))
			list[n++] = s->addr;
	if (n || empty)
		put_record(g->h, type, &g->addr, list, n);
	XFREE(MTYPE_GMP_HOST_LIST, list);
}

static bool is_listed(const struct host_group *g, const struct host_source *s)
{
	return s->listed;
}

static bool is_allowed(const struct host_group *g, const struct host_source *s)
{
	return s->left && s->listed != g->exclude;
}

static bool is_blocked(const struct host_group *g, const struct host_source *s)
{
	return s->left && s->listed == g->exclude;
}

/* 5.2: INCLUDE (A): A*B; EXCLUDE (A): B-A */
static bool is_answer(const struct host_group *g, const struct host_source *s)
{
	return s->asked && s->listed != g->exclude;
}

/* ---------------------------------------------------------------- groups, sources */

static void forget_queries(struct host_group *g)
{
	struct host_source *s;

	timer_stop(g->h->wheel, &g->response);
	g->respond_all = false;
	frr_each (host_sources, &g->sources, s)
		s->asked = false;
}

static bool is_wanted(const struct host_group *g)
{
	return g->exclude || g->n_listed;
}

static struct host_group *group_find(struct gmp_host *h, const struct addr *addr)
{
	struct host_group key = {.addr = *addr};

	return host_groups_find(&h->groups, &key);
}

static struct host_group *group_new(struct gmp_host *h, const struct addr *addr)
{
	struct host_group *g = XCALLOC(MTYPE_GMP_HOST_GROUP, sizeof(*g));

	g->h = h;
	g->addr = *addr;
	host_sources_init(&g->sources);
	host_groups_add(&h->groups, g);
	return g;
}

static void unqueue(struct host_group *g)
{
	if (g->queue)
		host_queue_del(g->queue, g);
	g->queue = NULL;
}

static void group_free(struct host_group *g)
{
	struct host_source *s;

	while ((s = host_sources_pop(&g->sources)))
		XFREE(MTYPE_GMP_HOST_SOURCE, s);
	host_sources_fini(&g->sources);
	unqueue(g);
	timer_stop(g->h->wheel, &g->response);
	host_groups_del(&g->h->groups, g);
	XFREE(MTYPE_GMP_HOST_GROUP, g);
}

static struct host_source *source_get(struct host_group *g, const struct addr *addr)
{
	struct host_source key = {.addr = *addr};
	struct host_source *s = host_sources_find(&g->sources, &key);

	if (s)
		return s;
	s = XCALLOC(MTYPE_GMP_HOST_SOURCE, sizeof(*s));
	s->addr = *addr;
	host_sources_add(&g->sources, s);
	return s;
}

/* Drops what says nothing any more; possibly the group. */
static void tidy(struct host_group *g)
{
	struct host_source *s;

	frr_each_safe (host_sources, &g->sources, s)
		if (!s->listed && !s->left && !s->asked) {
			host_sources_del(&g->sources, s);
			XFREE(MTYPE_GMP_HOST_SOURCE, s);
		}
	if (!is_wanted(g) && !g->queue)
		group_free(g);
}

/* ---------------------------------------------------------------- state changes */

static void change_fires(struct timer *t, msec_t now);

static void change_restart(struct gmp_host *h)
{
	const struct host_group *a = host_queue_first(&h->fresh);
	const struct host_group *b = host_queue_first(&h->repeat);
	msec_t due = MSEC_NEVER;

	if (a)
		due = a->due;
	if (b && b->due < due)
		due = b->due;
	if (due == MSEC_NEVER)
		timer_stop(h->wheel, &h->change);
	else if (!h->change.running || h->change.due != due)
		timer_start(h->wheel, &h->change, due, change_fires);
}

static void enqueue(struct host_group *g, struct host_queue_head *queue, msec_t due)
{
	if (g->queue == queue)
		return; /* in its turn already */
	unqueue(g);
	g->queue = queue;
	g->due = due;
	host_queue_add_tail(queue, g);
}

/* 5.1: one transmission of what changed; true: to be repeated. */
static bool tell_change(struct host_group *g)
{
	struct host_source *s;
	bool again = false;

	if (g->mode_left) {
		put(g, g->exclude ? GMP_TO_EX : GMP_TO_IN, is_listed, true);
		again = --g->mode_left;
	} else {
		put(g, GMP_ALLOW, is_allowed, false);
		put(g, GMP_BLOCK, is_blocked, false);
		frr_each (host_sources, &g->sources, s)
			if (s->left)
				again |= --s->left != 0;
	}
	return again;
}

static void tell_queue(struct gmp_host *h, struct host_queue_head *queue, msec_t now)
{
	msec_t interval = h->params.unsolicited_interval_ms;
	struct host_group *g;

	while ((g = host_queue_first(queue)) && g->due <= now) {
		unqueue(g);
		if (tell_change(g))
			enqueue(g, &h->repeat, now + (interval ? interval : 1));
		tidy(g);
	}
}

static void change_fires(struct timer *t, msec_t now)
{
	struct gmp_host *h = container_of(t, struct gmp_host, change);

	tell_queue(h, &h->fresh, now);
	tell_queue(h, &h->repeat, now);
	flush(h);
	change_restart(h);
}

/* The list becomes that of *f; true: it differs.  Each difference is told `left` times. */
static bool set_list(struct host_group *g, const struct gmp_filter *f, uint8_t left)
{
	struct host_source *s;
	bool differs = false;

	frr_each (host_sources, &g->sources, s) {
		if (!s->listed || gmp_filter_lists(f, &s->addr))
			continue;
		s->listed = false;
		s->left = left;
		differs = true;
	}
	for (size_t i = 0; i < f->n; i++) {
		s = source_get(g, &f->sources[i]);
		if (s->listed)
			continue;
		s->listed = true;
		s->left = left;
		differs = true;
	}
	g->n_listed = f->n;
	return differs;
}

/* What pimd can make use of (facts in gmp_host.h). */
static struct gmp_filter flatten(const struct gmp_host *h, const struct addr *group,
				 const struct gmp_filter *f)
{
	static const struct gmp_filter all = {.exclude = true};

	if (f->exclude && h->params.flatten_exclude)
		return all;
	if (!f->exclude && f->n && h->params.asm_as_exclude && !addr_is_ssm_group(group))
		return all;
	return *f;
}

/* All with `left` is superseded by the whole list in TO_IN or TO_EX. */
static void start_mode_change(struct host_group *g)
{
	struct host_source *s;

	g->mode_left = g->h->params.robustness;
	frr_each (host_sources, &g->sources, s)
		s->left = 0;
}

static void group_set(struct host_group *g, const struct gmp_filter *f, msec_t now)
{
	struct gmp_host *h = g->h;
	bool mode_changes = g->exclude != f->exclude;

	g->exclude = f->exclude;
	if (!set_list(g, f, h->params.robustness) && !mode_changes)
		return;
	if (mode_changes || g->mode_left)
		start_mode_change(g);
	if (!is_wanted(g))
		forget_queries(g);
	enqueue(g, &h->fresh, now + h->params.gather_ms);
	change_restart(h);
}

void gmp_host_set(struct gmp_host *h, const struct addr *group, const struct gmp_filter *f,
		  msec_t now)
{
	struct gmp_filter reported = flatten(h, group, f);
	struct host_group *g = group_find(h, group);

	if (addr_is_unrouted_group(group) || addr_is_v4(group) == h->params.mld)
		return;
	if (!g && gmp_filter_empty(&reported))
		return;
	if (!g)
		g = group_new(h, group);
	h->n_wanted -= is_wanted(g);
	group_set(g, &reported, now);
	h->n_wanted += is_wanted(g);
}

void gmp_host_refresh(struct gmp_host *h, msec_t now)
{
	struct host_group *g;

	frr_each (host_groups, &h->groups, g) {
		start_mode_change(g);
		enqueue(g, &h->fresh, now + h->params.gather_ms);
	}
	change_restart(h);
}

/* ---------------------------------------------------------------- queries */

static msec_t random_delay(struct gmp_host *h, uint32_t max_ms)
{
	h->random ^= h->random << 13; /* xorshift64 */
	h->random ^= h->random >> 7;
	h->random ^= h->random << 17;
	return h->random % ((uint64_t)max_ms + 1);
}

static void put_state(struct host_group *g)
{
	if (is_wanted(g))
		put(g, g->exclude ? GMP_IS_EX : GMP_IS_IN, is_listed, true);
}

static void general_fires(struct timer *t, msec_t now)
{
	struct gmp_host *h = container_of(t, struct gmp_host, general);
	struct host_group *g;

	frr_each (host_groups, &h->groups, g)
		put_state(g);
	flush(h);
}

static void response_fires(struct timer *t, msec_t now)
{
	struct host_group *g = container_of(t, struct host_group, response);
	struct gmp_host *h = g->h;

	if (g->respond_all)
		put_state(g);
	else
		put(g, GMP_IS_IN, is_answer, false);
	forget_queries(g);
	flush(h);
	tidy(g);
}

static void start_earlier(struct gmp_host *h, struct timer *t, msec_t due, timer_fn fire)
{
	if (!t->running || due < t->due)
		timer_start(h->wheel, t, due, fire);
}

/* 5.2, rules 3 to 5 */
static void query_group(struct host_group *g, const struct gmp_msg *query, msec_t due)
{
	if (!query->n_sources)
		g->respond_all = true;
	for (size_t i = 0; i < query->n_sources && !g->respond_all; i++)
		source_get(g, &query->sources[i])->asked = true;
	start_earlier(g->h, &g->response, due, response_fires);
}

void gmp_host_query(struct gmp_host *h, const struct gmp_msg *query, msec_t now)
{
	msec_t due = now + random_delay(h, query->max_resp_ms);
	struct host_group *g;

	if (query->type != GMP_QUERY || query->mld != h->params.mld)
		return;
	if (h->general.running && h->general.due <= due)
		return; /* rule 1 */
	if (addr_is_any(&query->group)) {
		start_earlier(h, &h->general, due, general_fires);
		return;
	}
	g = group_find(h, &query->group);
	if (g && is_wanted(g))
		query_group(g, query, due);
}

/* ---------------------------------------------------------------- life cycle */

struct gmp_host *gmp_host_new(const struct gmp_host_params *p, const struct gmp_host_ops *ops,
			      void *ctx, struct twheel *wheel)
{
	struct gmp_host *h = XCALLOC(MTYPE_GMP_HOST, sizeof(*h));

	h->params = *p;
	if (!h->params.robustness)
		h->params.robustness = 1;
	h->ops = ops;
	h->ctx = ctx;
	h->wheel = wheel;
	/* differs from host to host, which is all that RFC 3376 5.2 needs; never zero */
	h->random = (uint64_t)jhash(p->address.b, sizeof(p->address.b), 1) << 32 | 1;
	host_groups_init(&h->groups);
	host_queue_init(&h->fresh);
	host_queue_init(&h->repeat);
	return h;
}

void gmp_host_free(struct gmp_host *h)
{
	struct host_group *g;

	while ((g = host_groups_first(&h->groups)))
		group_free(g);
	host_groups_fini(&h->groups);
	host_queue_fini(&h->fresh);
	host_queue_fini(&h->repeat);
	timer_stop(h->wheel, &h->change);
	timer_stop(h->wheel, &h->general);
	XFREE(MTYPE_GMP_HOST, h);
}

size_t gmp_host_group_count(const struct gmp_host *h)
{
	return h->n_wanted;
}
