// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Router state of one group: RFC 3376 6.2 to 6.6 (RFC 3810 7.2 to 7.6).
 *
 * The two tables of section 6.4 say for each record type what becomes of the sources; they are
 * written here as rows.  A source is listed in the record or not, and it is new, running
 * (A or X in the RFC) or blocked (Y): each combination has one action.
 */
#include "lib/gmp_router_p.h"

DEFINE_MTYPE_STATIC(GMP, GMP_GROUP, "group state");
DEFINE_MTYPE_STATIC(GMP, GMP_SOURCE, "source state");
DEFINE_MTYPE_STATIC(GMP, GMP_SOURCES, "source list");

enum action {
	KEEP = 0,
	TO_GMI,	  /* timer = Group Membership Interval */
	TO_GROUP, /* timer = Group Timer */
	TO_ZERO,  /* timer = 0 (of a new source): blocked */
	DELETE,
	QUERY = 0x10, /* and: Send Q(G,S) */
	ACTION = 0x0f,
};

static const struct table_row {
	uint8_t new, running, blocked;	      /* listed by the record */
	uint8_t other_running, other_blocked; /* not listed */
	bool to_exclude;		      /* filter mode EXCLUDE, Group Timer = GMI */
	bool query_group;		      /* Send Q(G) */
} table[2][GMP_BLOCK + 1] = {
	/* 6.4.1, 6.4.2: Router State INCLUDE (A) */
	[false][GMP_IS_IN] = {.new = TO_GMI, .running = TO_GMI},
	[false][GMP_ALLOW] = {.new = TO_GMI, .running = TO_GMI},
	[false][GMP_TO_IN] = {.new = TO_GMI, .running = TO_GMI, .other_running = QUERY},
	[false][GMP_BLOCK] = {.running = QUERY},
	[false][GMP_IS_EX] = {.new = TO_ZERO, .other_running = DELETE, .to_exclude = true},
	[false][GMP_TO_EX] = {.new = TO_ZERO,
			      .running = QUERY,
			      .other_running = DELETE,
			      .to_exclude = true},
	/* Router State EXCLUDE (X, Y) */
	[true][GMP_IS_IN] = {.new = TO_GMI, .running = TO_GMI, .blocked = TO_GMI},
	[true][GMP_ALLOW] = {.new = TO_GMI, .running = TO_GMI, .blocked = TO_GMI},
	[true][GMP_TO_IN] = {.new = TO_GMI,
			     .running = TO_GMI,
			     .blocked = TO_GMI,
			     .other_running = QUERY,
			     .query_group = true},
	[true][GMP_BLOCK] = {.new = TO_GROUP | QUERY, .running = QUERY},
	[true][GMP_IS_EX] = {.new = TO_GMI,
			     .other_running = DELETE,
			     .other_blocked = DELETE,
			     .to_exclude = true},
	[true][GMP_TO_EX] = {.new = TO_GROUP | QUERY,
			     .running = QUERY,
			     .other_running = DELETE,
			     .other_blocked = DELETE,
			     .to_exclude = true},
};

/* ---------------------------------------------------------------- filter, life cycle */

static bool is_visible(const struct gmp_group *g, const struct gmp_source *s)
{
	return s->timer.running != g->exclude; /* RFC 4045 4.2 step 2 (R4045-4.2-5) */
}

struct gmp_filter gmp_group_filter(const struct gmp_group *g)
{
	struct gmp_filter f = {.exclude = g->exclude};
	const struct gmp_source *s;
	struct addr *sources;
	size_t n = 0;

	frr_each (gmp_sources_const, &g->sources, s)
		n += is_visible(g, s);
	if (!n)
		return f;
	sources = XCALLOC(MTYPE_GMP_SOURCES, n * sizeof(*sources));
	frr_each (gmp_sources_const, &g->sources, s)
		if (is_visible(g, s))
			sources[f.n++] = s->addr;
	f.sources = sources;
	return f;
}

void gmp_group_filter_free(struct gmp_filter *f)
{
	struct addr *sources = (struct addr *)f->sources;

	XFREE(MTYPE_GMP_SOURCES, sources);
	*f = GMP_FILTER_NONE;
}

uint8_t gmp_group_version(const struct gmp_group *g, msec_t now)
{
	if (g->v1_until > now)
		return 1;
	return g->v2_until > now ? 2 : 3;
}

struct gmp_group *gmp_group_find(struct gmp_router *r, const struct addr *group)
{
	struct gmp_group key = {.addr = *group};

	return gmp_groups_find(&r->groups, &key);
}

static struct gmp_group *group_new(struct gmp_router *r, const struct addr *addr, msec_t now)
{
	struct gmp_group *g = XCALLOC(MTYPE_GMP_GROUP, sizeof(*g));

	g->r = r;
	g->addr = *addr;
	g->since = now;
	g->query_due = MSEC_NEVER;
	gmp_sources_init(&g->sources);
	gmp_groups_add(&r->groups, g);
	return g;
}

static void source_delete(struct gmp_source *s)
{
	struct gmp_group *g = s->g;

	g->changed |= is_visible(g, s);
	timer_stop(g->r->wheel, &s->timer);
	gmp_sources_del(&g->sources, s);
	XFREE(MTYPE_GMP_SOURCE, s);
}

void gmp_group_free(struct gmp_group *g)
{
	struct gmp_source *s;

	while ((s = gmp_sources_first(&g->sources)))
		source_delete(s);
	gmp_sources_fini(&g->sources);
	timer_stop(g->r->wheel, &g->timer);
	gmp_groups_del(&g->r->groups, g);
	XFREE(MTYPE_GMP_GROUP, g);
}

static void group_fires(struct timer *t, msec_t now);

/* After any change: tells it, restarts the timer; a group of no interest goes. */
static void settle(struct gmp_group *g)
{
	struct gmp_router *r = g->r;
	struct addr addr = g->addr;
	bool changed = g->changed;
	struct gmp_filter f = GMP_FILTER_NONE;
	msec_t due = g->query_due;

	g->changed = false;
	if (!g->exclude && gmp_sources_count(&g->sources) == 0) {
		gmp_group_free(g);
		if (changed)
			r->ops->state(r->ctx, r, &addr, &f);
		return;
	}
	if (g->exclude && g->filter_due < due)
		due = g->filter_due;
	if (due == MSEC_NEVER)
		timer_stop(r->wheel, &g->timer);
	else if (!g->timer.running || g->timer.due != due)
		timer_start(r->wheel, &g->timer, due, group_fires);
	if (!changed)
		return;
	f = gmp_group_filter(g);
	r->ops->state(r->ctx, r, &addr, &f);
	gmp_group_filter_free(&f);
}

/* ---------------------------------------------------------------- timers */

/* 6.3: an INCLUDE source goes, in EXCLUDE it is no longer wanted. */
static void source_expire(struct gmp_source *s)
{
	struct gmp_group *g = s->g;

	if (!g->exclude) {
		source_delete(s);
		return;
	}
	timer_stop(g->r->wheel, &s->timer);
	s->queries_left = 0;
	g->changed = true;
}

/* Sources of one report expire together: one pass, one callback. */
static void source_fires(struct timer *t, msec_t now)
{
	struct gmp_group *g = container_of(t, struct gmp_source, timer)->g;
	struct gmp_source *s;

	g->changed = true; /* gone in INCLUDE, blocked in EXCLUDE */
	frr_each_safe (gmp_sources, &g->sources, s)
		if (&s->timer == t || (s->timer.running && s->timer.due <= now))
			source_expire(s);
	settle(g);
}

static void source_start(struct gmp_source *s, msec_t due)
{
	timer_start(s->g->r->wheel, &s->timer, due, source_fires);
}

/* 6.5: the sources that run remain, in INCLUDE. */
static void filter_expire(struct gmp_group *g)
{
	struct gmp_source *s;

	frr_each_safe (gmp_sources, &g->sources, s)
		if (!s->timer.running)
			source_delete(s);
	g->exclude = false;
	g->queries_left = 0;
	g->changed = true;
}

/* ---------------------------------------------------------------- queries */

/* The sources awaiting transmission whose timer is, or is not, above LMQT; as many messages as
 * it takes. */
static void send_source_query(struct gmp_group *g, bool suppress, msec_t now)
{
	struct gmp_router *r = g->r;
	struct addr sources[(GMP_MAX_PACKET - 24 - 12) / 4];
	size_t n = 0, max = r->params.mld ? (GMP_MAX_PACKET - 48 - 28) / 16 : array_size(sources);
	struct gmp_source *s;

	frr_each (gmp_sources, &g->sources, s) {
		if (!s->queries_left || (s->timer.due - now > gmp_last_member_time(r)) != suppress)
			continue;
		s->queries_left--;
		sources[n++] = s->addr;
		if (n == max) {
			gmp_router_send(r, &g->addr, suppress, sources, n);
			n = 0;
		}
	}
	if (n)
		gmp_router_send(r, &g->addr, suppress, sources, n);
}

static bool queries_pending(const struct gmp_group *g)
{
	const struct gmp_source *s;

	if (g->queries_left)
		return true;
	frr_each (gmp_sources_const, &g->sources, s)
		if (s->queries_left)
			return true;
	return false;
}

/* 6.6.3.1, 6.6.3.2: sends now, and schedules what remains. */
static void send_queries(struct gmp_group *g, bool of_group, bool of_sources, msec_t now)
{
	struct gmp_router *r = g->r;

	if (of_group && g->queries_left) {
		g->queries_left--;
		gmp_router_send(r, &g->addr, g->filter_due - now > gmp_last_member_time(r), NULL,
				0);
	}
	if (of_sources) {
		send_source_query(g, true, now);
		send_source_query(g, false, now);
	}
	if (!queries_pending(g))
		g->query_due = MSEC_NEVER;
	else if (g->query_due <= now || g->query_due == MSEC_NEVER)
		g->query_due = now + r->params.last_member_ms;
}

static void group_fires(struct timer *t, msec_t now)
{
	struct gmp_group *g = container_of(t, struct gmp_group, timer);

	if (g->exclude && g->filter_due <= now)
		filter_expire(g);
	if (g->query_due <= now)
		send_queries(g, true, true, now);
	settle(g);
}

/* Send Q(G,S): true if it is to be sent.  Without other hosts nobody can answer. */
static bool source_leaves(struct gmp_source *s, msec_t now)
{
	struct gmp_router *r = s->g->r;
	msec_t limit = now + gmp_last_member_time(r);

	if (r->params.immediate_leave) {
		source_expire(s);
		return false;
	}
	if (!gmp_router_is_querier(r) || s->timer.due <= limit)
		return false;
	s->queries_left = gmp_last_member_count(r);
	source_start(s, limit);
	return true;
}

/* Send Q(G).  A series under way is not started anew: hosts repeat their leaves. */
static bool group_leaves(struct gmp_group *g, msec_t now)
{
	msec_t limit = now + gmp_last_member_time(g->r);

	if (g->r->params.immediate_leave) {
		filter_expire(g);
		return false;
	}
	if (!gmp_router_is_querier(g->r) || (g->filter_due <= limit && g->queries_left))
		return false;
	if (g->filter_due > limit)
		g->filter_due = limit;
	g->queries_left = gmp_last_member_count(g->r);
	return true;
}

void gmp_group_lower(struct gmp_group *g, const struct gmp_msg *query, msec_t now)
{
	uint8_t count = query->qrv ? query->qrv : gmp_last_member_count(g->r);
	msec_t limit = now + (msec_t)query->max_resp_ms * count;

	if (!query->n_sources && g->exclude && g->filter_due > limit)
		g->filter_due = limit;
	for (size_t i = 0; i < query->n_sources; i++) {
		struct gmp_source key = {.addr = query->sources[i]};
		struct gmp_source *s = gmp_sources_find(&g->sources, &key);

		if (s && s->timer.running && s->timer.due > limit)
			source_start(s, limit);
	}
	settle(g);
}

/* ---------------------------------------------------------------- records */

/* A record at work on a group. */
struct change {
	struct gmp_group *g;
	msec_t now;
	bool admitted, refused; /* new sources, by the rate limit */
	bool query_sources;
};

static bool admit_source(struct change *c)
{
	struct gmp_router *r = c->g->r;

	if (!c->admitted && !c->refused) {
		c->admitted = gmp_router_admit(r, c->now);
		c->refused = !c->admitted;
	}
	if (c->refused)
		return false;
	if (r->params.maximum_sources &&
	    gmp_sources_count(&c->g->sources) >= r->params.maximum_sources) {
		r->stats.rx_refused_sources++;
		return false;
	}
	return true;
}

/* To refuse a source is always safe: in EXCLUDE it is then forwarded. */
static struct gmp_source *source_new(struct change *c, const struct addr *addr)
{
	struct gmp_source *s;

	if (!admit_source(c))
		return NULL;
	s = XCALLOC(MTYPE_GMP_SOURCE, sizeof(*s));
	s->g = c->g;
	s->addr = *addr;
	gmp_sources_add(&c->g->sources, s);
	return s;
}

static void act(struct change *c, struct gmp_source *s, uint8_t action, bool is_new)
{
	struct gmp_group *g = c->g;
	bool was_visible = !is_new && is_visible(g, s);

	switch (action & ACTION) {
	case TO_GMI:
		source_start(s, c->now + gmp_membership_interval(g->r));
		break;
	case TO_GROUP:
		source_start(s, g->filter_due);
		break;
	case DELETE:
		source_delete(s);
		return;
	}
	g->changed |= is_visible(g, s) != was_visible;
	if (action & QUERY)
		c->query_sources |= source_leaves(s, c->now);
}

static void act_on_listed(struct change *c, const struct table_row *row, const struct addr *addr)
{
	struct gmp_source key = {.addr = *addr};
	struct gmp_source *s = gmp_sources_find(&c->g->sources, &key);
	bool is_new = !s;

	if (s && s->listed)
		return; /* named twice */
	if (is_new && row->new == KEEP)
		return;
	if (is_new)
		s = source_new(c, addr);
	if (!s)
		return;
	s->listed = true;
	if (is_new)
		act(c, s, row->new, true);
	else
		act(c, s, s->timer.running ? row->running : row->blocked, false);
}

static void apply(struct gmp_group *g, enum gmp_record_type type, const struct addr *sources,
		  size_t n, bool admitted, msec_t now)
{
	const struct table_row *row = &table[g->exclude][type];
	struct change c = {.g = g, .now = now, .admitted = admitted};
	bool query_group = false;
	struct gmp_source *s;

	if (row->to_exclude && !g->exclude) {
		g->exclude = true;
		g->changed = true;
	}
	for (size_t i = 0; i < n; i++)
		act_on_listed(&c, row, &sources[i]);
	frr_each_safe (gmp_sources, &g->sources, s) {
		if (s->listed)
			s->listed = false;
		else
			act(&c, s, s->timer.running ? row->other_running : row->other_blocked,
			    false);
	}
	if (row->to_exclude)
		g->filter_due = now + gmp_membership_interval(g->r);
	if (row->query_group)
		query_group = group_leaves(g, now);
	if (query_group || c.query_sources)
		send_queries(g, query_group, c.query_sources, now);
}

/* Would the record make state of nothing? */
static bool creates(enum gmp_record_type type, size_t n)
{
	return type == GMP_IS_EX || type == GMP_TO_EX || (type != GMP_BLOCK && n);
}

static struct gmp_group *admit_group(struct gmp_router *r, const struct addr *addr, msec_t now)
{
	uint32_t max = r->params.maximum_groups;

	if (max && gmp_groups_count(&r->groups) >= max) {
		r->stats.rx_refused_groups++;
		return NULL;
	}
	return gmp_router_admit(r, now) ? group_new(r, addr, now) : NULL;
}

/* 7.3.2: while hosts of an older version are present; true: the record does not count. */
static bool ignored_for_older(uint8_t group_version, enum gmp_record_type type)
{
	return (group_version < 3 && type == GMP_BLOCK) || (group_version < 2 && type == GMP_TO_IN);
}

void gmp_group_record(struct gmp_router *r, const struct gmp_record *rec, uint8_t version,
		      const struct addr *reporter, msec_t now)
{
	struct gmp_group *g = gmp_group_find(r, &rec->group);
	bool is_new = !g;
	size_t n = rec->n_sources;
	uint8_t group_version;
	msec_t until;

	if (is_new && !creates(rec->type, n))
		return;
	if (is_new)
		g = admit_group(r, &rec->group, now);
	if (!g)
		return;
	group_version = gmp_group_version(g, now);
	if (ignored_for_older(group_version, rec->type)) {
		r->stats.rx_ignored_version++;
		return;
	}
	if (group_version < 3 && rec->type == GMP_TO_EX)
		n = 0;
	/* Older Host Present Interval (8.13) equals the Group Membership Interval */
	until = now + gmp_membership_interval(r);
	if (version == 1)
		g->v1_until = until;
	else if (version == 2 && rec->type == GMP_IS_EX)
		g->v2_until = until;
	g->last_reporter = *reporter;
	apply(g, rec->type, rec->sources, n, is_new, now);
	settle(g);
}
