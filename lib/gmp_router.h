/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gmp_router.h - router state of one attached network: RFC 3376 section 6, RFC 3810 section 7.
 *
 * One state machine for IGMP and MLD.  Engine file: messages and `now` go in; queries and "the
 * state of this group is now" come out through callbacks.
 */
#ifndef MCAST_GMP_ROUTER_H
#define MCAST_GMP_ROUTER_H

#include "lib/gmp_codec.h"
#include "lib/gmp_filter.h"
#include "lib/twheel.h"

struct gmp_router;

/** RFC 3376 section 8; milliseconds. */
struct gmp_router_params {
	bool mld;
	uint8_t version;	       /* of our queries: 2 or 3 (MLD: 2 is MLDv1) */
	uint8_t robustness;	       /* 2 */
	uint32_t query_interval_ms;    /* 125 s */
	uint32_t startup_interval_ms;  /* 0: a quarter of the query interval (8.6) */
	uint32_t response_interval_ms; /* 10 s */
	uint32_t last_member_ms;       /* 1 s */
	uint32_t last_member_count;    /* 0: robustness */
	bool immediate_leave;	       /* one host behind this network: no last-member queries */
	bool election;		       /* yield to a querier with a lower address (6.6.2); a
					* subscriber's session has none: R4045-4.1-4 */
	uint32_t maximum_groups;       /* 0: no limit */
	uint32_t maximum_sources;      /* of one group; 0: no limit */
	uint32_t maximum_joins_per_s;  /* records that create state; 0: no limit */
	struct addr address;	       /* ours: source of the queries */
};

void gmp_router_params_default(struct gmp_router_params *p, bool mld);

struct gmp_router_ops {
	/** Send this query on the network; m->src is params.address. */
	void (*query)(void *ctx, struct gmp_router *r, const struct gmp_msg *m);
	/**
	 * What the network wants of this group changed: sources with a running timer in INCLUDE,
	 * sources whose timer is 0 in EXCLUDE (RFC 4045 4.2 step 2, R4045-4.2-5).  *f is valid
	 * during the call.
	 */
	void (*state)(void *ctx, struct gmp_router *r, const struct addr *group,
		      const struct gmp_filter *f);
};

struct gmp_router_stats {
	uint64_t rx_queries, rx_reports, rx_leaves, rx_records, rx_ignored_version, rx_refused_groups,
		rx_refused_sources, rx_rate_limited, rx_ignored_ssm, tx_queries;
};

/** Sends the first General Query when the wheel runs next (startup queries, 6.1). */
struct gmp_router *gmp_router_new(const struct gmp_router_params *p, const struct gmp_router_ops *ops,
				  void *ctx, struct twheel *wheel);

/** Startup queries once more: only now do queries reach the network. */
void gmp_router_startup(struct gmp_router *r);

/** Frees all state without callbacks. */
void gmp_router_free(struct gmp_router *r);

void gmp_router_set_params(struct gmp_router *r, const struct gmp_router_params *p);

/** A message heard on the network, of the router's own protocol. */
void gmp_router_input(struct gmp_router *r, const struct gmp_msg *m, msec_t now);

void *gmp_router_ctx(const struct gmp_router *r);
const struct gmp_router_stats *gmp_router_stats(const struct gmp_router *r);
bool gmp_router_is_querier(const struct gmp_router *r);
size_t gmp_router_group_count(const struct gmp_router *r);

struct gmp_group_info {
	struct addr group;
	bool exclude;
	uint8_t version;  /* of the oldest host heard: 1, 2, 3 (7.3.1) */
	msec_t timer_ms;  /* left, EXCLUDE only */
	struct addr last_reporter;
	msec_t since;
	struct gmp_filter filter; /* as given to state() */
};

/** Calls fn for each group. */
void gmp_router_walk(const struct gmp_router *r,
		     void (*fn)(void *arg, const struct gmp_group_info *g), void *arg);

#endif
