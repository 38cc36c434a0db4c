// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One attached network: General Queries, who is querier, and messages on their way to the
 * groups (gmp_group.c).  RFC 3376 6.1, 6.6, 7.3; RFC 3810 7.1, 7.6, 8.3.
 */
#include "lib/gmp_router_p.h"

DEFINE_MGROUP(GMP, "group membership");
DEFINE_MTYPE_STATIC(GMP, GMP_ROUTER, "router of a network");

void gmp_router_params_default(struct gmp_router_params *p, bool mld)
{
	*p = (struct gmp_router_params){.mld = mld,
					.version = 3,
					.robustness = 2,
					.query_interval_ms = 125 * MSEC_PER_S,
					.response_interval_ms = 10 * MSEC_PER_S,
					.last_member_ms = 1 * MSEC_PER_S};
}

/* ---------------------------------------------------------------- queries */

void gmp_router_send(struct gmp_router *r, const struct addr *group, bool suppress,
		     const struct addr *sources, size_t n)
{
	const struct gmp_router_params *p = &r->params;
	bool general = addr_is_any(group);
	struct gmp_msg m = {.type = GMP_QUERY,
			    .mld = p->mld,
			    .version = p->version,
			    .src = p->address,
			    .group = *group,
			    .max_resp_ms = general ? p->response_interval_ms : p->last_member_ms};

	if (p->version >= 3) {
		m.suppress = suppress;
		m.qrv = r->robustness;
		m.qqi_ms = r->query_interval_ms;
		m.n_sources = n;
		m.sources = sources;
	}
	r->stats.tx_queries++;
	r->ops->query(r->ctx, r, &m);
}

static void query_fires(struct timer *t, msec_t now)
{
	struct gmp_router *r = container_of(t, struct gmp_router, query);
	msec_t interval = r->query_interval_ms;

	if (r->startup_left) { /* 8.6, 8.7 */
		r->startup_left--;
		if (r->startup_left)
			interval = r->params.startup_interval_ms ? r->params.startup_interval_ms
								 : interval / 4;
	}
	timer_start(r->wheel, &r->query, now + interval, query_fires);
	gmp_router_send(r, &ADDR_ANY, false, NULL, 0);
}

/* ---------------------------------------------------------------- querier election */

bool gmp_router_is_querier(const struct gmp_router *r)
{
	return !r->other.running;
}

static void become_querier(struct gmp_router *r, msec_t now)
{
	timer_stop(r->wheel, &r->other);
	r->robustness = r->params.robustness;
	r->query_interval_ms = r->params.query_interval_ms;
	timer_start(r->wheel, &r->query, now, query_fires);
}

static void other_querier_gone(struct timer *t, msec_t now)
{
	become_querier(container_of(t, struct gmp_router, other), now);
}

/* 6.6.2: the lowest address wins; a snooping switch asks from 0.0.0.0 and is none. */
static void input_query(struct gmp_router *r, const struct gmp_msg *m, msec_t now)
{
	struct gmp_group *g;

	r->stats.rx_queries++;
	if (!r->params.election || addr_is_any(&m->src))
		return;
	if (addr_cmp(&m->src, &r->params.address) < 0) {
		if (m->qrv) /* 4.1.6, 4.1.7 */
			r->robustness = m->qrv;
		if (m->qqi_ms)
			r->query_interval_ms = m->qqi_ms;
		timer_stop(r->wheel, &r->query);
		r->startup_left = 0;
		timer_start(r->wheel, &r->other,
			    now + gmp_membership_interval(r) - r->params.response_interval_ms / 2,
			    other_querier_gone); /* 8.5 */
	}
	if (gmp_router_is_querier(r) || m->suppress || addr_is_any(&m->group))
		return;
	g = gmp_group_find(r, &m->group);
	if (g)
		gmp_group_lower(g, m, now);
}

/* ---------------------------------------------------------------- reports */

bool gmp_router_admit(struct gmp_router *r, msec_t now)
{
	uint64_t rate = r->params.maximum_joins_per_s, full = rate * 1000;

	if (!rate)
		return true;
	if (now > r->tokens_at) {
		uint64_t elapsed = now - r->tokens_at;

		/* a second fills the bucket */
		r->tokens += rate * (elapsed < 1000 ? elapsed : 1000);
		r->tokens_at = now;
	}
	if (r->tokens > full)
		r->tokens = full;
	if (r->tokens < 1000) {
		r->stats.rx_rate_limited++;
		return false;
	}
	r->tokens -= 1000;
	return true;
}

/* A valid SSM destination (RFC 4607 1): FF3x::4000:1 and above in IPv6. */
static bool source_specific(const struct addr *group)
{
	return addr_is_ssm_group(group) && (addr_is_v4(group) || group->b[12] >= 0x40);
}

/*
 * RFC 4604 2.2: nobody can ask for all sources of an SSM group.  Ignored at the door, or one
 * such host would turn the merged record to EXCLUDE and cut off all others upstream.
 */
static bool refused_in_ssm(const struct gmp_record *rec)
{
	return (rec->type == GMP_IS_EX || rec->type == GMP_TO_EX) && source_specific(&rec->group);
}

static void input_record(struct gmp_router *r, const struct gmp_msg *m,
			 const struct gmp_record *rec, msec_t now)
{
	if (addr_is_unrouted_group(&rec->group))
		return;
	if (refused_in_ssm(rec))
		r->stats.rx_ignored_ssm++;
	else
		gmp_group_record(r, rec, m->version, &m->src, now);
}

/* 7.3.2: a report of an older version means IS_EX({}), a leave TO_IN({}) (R4045-4.2-4). */
static void input_one_group(struct gmp_router *r, const struct gmp_msg *m,
			    enum gmp_record_type type, msec_t now)
{
	struct gmp_record rec = {.type = type, .group = m->group};

	input_record(r, m, &rec, now);
}

void gmp_router_input(struct gmp_router *r, const struct gmp_msg *m, msec_t now)
{
	if (m->mld != r->params.mld)
		return;
	switch (m->type) {
	case GMP_QUERY:
		input_query(r, m, now);
		break;
	case GMP_REPORT:
		r->stats.rx_reports++;
		input_one_group(r, m, GMP_IS_EX, now);
		break;
	case GMP_LEAVE:
		r->stats.rx_leaves++;
		input_one_group(r, m, GMP_TO_IN, now);
		break;
	case GMP_RECORDS:
		r->stats.rx_records++;
		if (r->params.version < 3) { /* unknown to a router of that version */
			r->stats.rx_ignored_version++;
			break;
		}
		for (size_t i = 0; i < m->n_records; i++)
			input_record(r, m, &m->records[i], now);
		break;
	}
}

/* ---------------------------------------------------------------- life cycle */

static void set_params(struct gmp_router *r, const struct gmp_router_params *p)
{
	r->params = *p;
	if (!r->params.robustness)
		r->params.robustness = 1;
	if (gmp_router_is_querier(r)) {
		r->robustness = r->params.robustness;
		r->query_interval_ms = r->params.query_interval_ms;
	}
}

struct gmp_router *gmp_router_new(const struct gmp_router_params *p,
				  const struct gmp_router_ops *ops, void *ctx, struct twheel *wheel)
{
	struct gmp_router *r = XCALLOC(MTYPE_GMP_ROUTER, sizeof(*r));

	r->ops = ops;
	r->ctx = ctx;
	r->wheel = wheel;
	gmp_groups_init(&r->groups);
	set_params(r, p);
	r->tokens_at = wheel->now;
	r->tokens = (uint64_t)p->maximum_joins_per_s * 1000;
	gmp_router_startup(r);
	return r;
}

void gmp_router_startup(struct gmp_router *r)
{
	if (!gmp_router_is_querier(r))
		return;
	r->startup_left = r->robustness;
	timer_start(r->wheel, &r->query, r->wheel->now, query_fires);
}

void gmp_router_free(struct gmp_router *r)
{
	struct gmp_group *g;

	while ((g = gmp_groups_first(&r->groups)))
		gmp_group_free(g);
	gmp_groups_fini(&r->groups);
	timer_stop(r->wheel, &r->query);
	timer_stop(r->wheel, &r->other);
	XFREE(MTYPE_GMP_ROUTER, r);
}

void gmp_router_set_params(struct gmp_router *r, const struct gmp_router_params *p)
{
	msec_t now = r->wheel->now;

	set_params(r, p);
	if (!gmp_router_is_querier(r)) {
		if (!p->election)
			become_querier(r, now);
		return;
	}
	if (r->query.due > now + r->query_interval_ms)
		timer_start(r->wheel, &r->query, now + r->query_interval_ms, query_fires);
}

/* ---------------------------------------------------------------- what is known */

void *gmp_router_ctx(const struct gmp_router *r)
{
	return r->ctx;
}

const struct gmp_router_stats *gmp_router_stats(const struct gmp_router *r)
{
	return &r->stats;
}

size_t gmp_router_group_count(const struct gmp_router *r)
{
	return gmp_groups_count(&r->groups);
}

void gmp_router_walk(const struct gmp_router *r,
		     void (*fn)(void *arg, const struct gmp_group_info *g), void *arg)
{
	const struct gmp_group *g;
	msec_t now = r->wheel->now;

	frr_each (gmp_groups_const, &r->groups, g) {
		struct gmp_group_info info = {.group = g->addr,
					      .exclude = g->exclude,
					      .version = gmp_group_version(g, now),
					      .last_reporter = g->last_reporter,
					      .since = g->since};

		if (g->exclude && g->filter_due > now)
			info.timer_ms = g->filter_due - now;
		info.filter = gmp_group_filter(g);
		fn(arg, &info);
		gmp_group_filter_free(&info.filter);
	}
}
