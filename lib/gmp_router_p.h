/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gmp_router_p.h - what gmp_router.c (querier, messages) and gmp_group.c (state of a group)
 * share.
 */
#ifndef MCAST_GMP_ROUTER_P_H
#define MCAST_GMP_ROUTER_P_H

#include "lib/gmp_router.h"

DECLARE_MGROUP(GMP);

PREDECL_RBTREE_UNIQ(gmp_sources);
PREDECL_HASH(gmp_groups);

/** A source of a group.  Timer runs: forwarded; stopped (EXCLUDE only): not wanted. */
struct gmp_source {
	struct gmp_sources_item item;
	struct gmp_group *g;
	struct addr addr;
	struct timer timer;
	uint8_t queries_left; /* transmissions of Q(G,S) to come (6.6.3.2) */
	bool listed;	      /* by the record at hand */
};

struct gmp_group {
	struct gmp_groups_item item;
	struct gmp_router *r;
	struct addr addr;
	struct gmp_sources_head sources; /* sorted */
	struct timer timer;		 /* for the earlier of the next two */
	msec_t filter_due;		 /* Group Timer, EXCLUDE only */
	msec_t query_due;		 /* next retransmission; MSEC_NEVER: none */
	msec_t v1_until, v2_until;	 /* Host Present timers (7.3.2); 0: never heard */
	msec_t since;
	struct addr last_reporter;
	bool exclude;
	bool changed;	      /* what state() would say, since it said so */
	uint8_t queries_left; /* transmissions of Q(G) to come (6.6.3.1) */
};

static inline int gmp_source_cmp(const struct gmp_source *a, const struct gmp_source *b)
{
	return addr_cmp(&a->addr, &b->addr);
}

static inline int gmp_group_cmp(const struct gmp_group *a, const struct gmp_group *b)
{
	return addr_cmp(&a->addr, &b->addr);
}

static inline uint32_t gmp_group_hash(const struct gmp_group *g)
{
	return jhash(g->addr.b, sizeof(g->addr.b), 0x6d637374);
}

DECLARE_RBTREE_UNIQ(gmp_sources, struct gmp_source, item, gmp_source_cmp);
DECLARE_HASH(gmp_groups, struct gmp_group, item, gmp_group_cmp, gmp_group_hash);

struct gmp_router {
	struct gmp_router_params params;
	const struct gmp_router_ops *ops;
	void *ctx;
	struct twheel *wheel;
	struct gmp_router_stats stats;
	struct gmp_groups_head groups;

	struct timer query;   /* querier: next General Query */
	uint8_t startup_left; /* General Queries still sent at the short interval */
	struct timer other;   /* Other Querier Present (8.5); runs: we are not querier */
	uint8_t robustness;   /* ours, or the querier's (4.1.6) */
	uint32_t query_interval_ms;

	uint64_t tokens; /* joins allowed, in thousandths */
	msec_t tokens_at;
};

/** Group Membership Interval (8.4). */
static inline msec_t gmp_membership_interval(const struct gmp_router *r)
{
	return (msec_t)r->robustness * r->query_interval_ms + r->params.response_interval_ms;
}

static inline uint8_t gmp_last_member_count(const struct gmp_router *r)
{
	return r->params.last_member_count ? r->params.last_member_count : r->robustness;
}

/** Last Member Query Time (8.10). */
static inline msec_t gmp_last_member_time(const struct gmp_router *r)
{
	return (msec_t)r->params.last_member_ms * gmp_last_member_count(r);
}

/** Sends a query about this group, or a General Query (ADDR_ANY). */
void gmp_router_send(struct gmp_router *r, const struct addr *group, bool suppress,
		     const struct addr *sources, size_t n);

/** A token for a record that creates state; false: too many in this second. */
bool gmp_router_admit(struct gmp_router *r, msec_t now);

struct gmp_group *gmp_group_find(struct gmp_router *r, const struct addr *group);

/** A record from a host of this version: RFC 3376 6.4, after 7.3.2. */
void gmp_group_record(struct gmp_router *r, const struct gmp_record *rec, uint8_t version,
		      const struct addr *reporter, msec_t now);

/** The querier asked about the group: 6.6.1, lower the timers. */
void gmp_group_lower(struct gmp_group *g, const struct gmp_msg *query, msec_t now);

/** Without callback. */
void gmp_group_free(struct gmp_group *g);

/** Of the oldest host present (7.3.2). */
uint8_t gmp_group_version(const struct gmp_group *g, msec_t now);

/** As told to state(); sources of the filter to be freed with gmp_group_filter_free(). */
struct gmp_filter gmp_group_filter(const struct gmp_group *g);
void gmp_group_filter_free(struct gmp_filter *f);

#endif
