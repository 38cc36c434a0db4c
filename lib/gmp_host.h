/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gmp_host.h - reports a merged reception state upstream: RFC 3376 section 5, RFC 3810 section 6.
 *
 * What l2mc0 says to the multicast routing daemon, in the manner of RFC 4605: one host that
 * wants what all subscribers together want.  Engine file.  Facts about pimd decide the details
 * (params below); state changes are repeated `robustness` times, General Queries are answered
 * with the full state, so that a restarted pimd learns everything.
 */
#ifndef MCAST_GMP_HOST_H
#define MCAST_GMP_HOST_H

#include "lib/gmp_codec.h"
#include "lib/gmp_filter.h"
#include "lib/twheel.h"

struct gmp_host;

struct gmp_host_params {
	bool mld;
	struct addr address; /* source of the reports */
	uint8_t robustness;  /* transmissions of a state change: 2 */
	uint32_t unsolicited_interval_ms; /* between them: 1 s (RFC 3376 8.11) */
	uint32_t gather_ms;  /* state changes are collected this long: 0 = until the wheel runs */
	/* pimd before 10.1 forwards nothing for EXCLUDE {S}: report EXCLUDE {}; filtering is done
	 * by our own forwarding. */
	bool flatten_exclude;
	/* pimd refuses sources outside the SSM range: report EXCLUDE {} for them. */
	bool asm_as_exclude;
};

struct gmp_host_ops {
	/** Send this IP packet. */
	void (*send)(void *ctx, struct span packet);
};

void gmp_host_params_default(struct gmp_host_params *p, bool mld);
struct gmp_host *gmp_host_new(const struct gmp_host_params *p, const struct gmp_host_ops *ops,
			      void *ctx, struct twheel *wheel);
/** Nothing is sent. */
void gmp_host_free(struct gmp_host *h);

/** The state wanted for a group is now *f; empty INCLUDE: leave. */
void gmp_host_set(struct gmp_host *h, const struct addr *group, const struct gmp_filter *f,
		  msec_t now);

/** A query heard from the router.  A general one is answered with the full state at a random
 *  time within its response interval, group (and source) specific ones likewise. */
void gmp_host_query(struct gmp_host *h, const struct gmp_msg *query, msec_t now);

/** Reports everything anew (the interface came back, the router restarted). */
void gmp_host_refresh(struct gmp_host *h, msec_t now);

size_t gmp_host_group_count(const struct gmp_host *h);

#endif
