/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gmp_filter.h - reception state for one group: a filter mode and a source list.
 *
 * What a router derives from the reports of one attached network (lib/gmp_router.h), what is
 * merged over many networks (l2mcd/l2mc_group.h), and what is reported upstream
 * (lib/gmp_host.h).
 */
#ifndef MCAST_GMP_FILTER_H
#define MCAST_GMP_FILTER_H

#include "lib/addr.h"

/**
 * INCLUDE {sources}, or EXCLUDE {sources} when exclude is set.  Sources are sorted (addr_cmp)
 * and unique; borrowed.  INCLUDE {} means that nothing is wanted.
 */
struct gmp_filter {
	bool exclude;
	size_t n;
	const struct addr *sources;
};

static const struct gmp_filter GMP_FILTER_NONE = {.exclude = false};

static inline bool gmp_filter_empty(const struct gmp_filter *f)
{
	return !f->exclude && f->n == 0;
}

/** True if f names s. */
static inline bool gmp_filter_lists(const struct gmp_filter *f, const struct addr *s)
{
	size_t lo = 0, hi = f->n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int c = addr_cmp(s, &f->sources[mid]);

		if (c == 0)
			return true;
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return false;
}

/** True if a packet from s is wanted. */
static inline bool gmp_filter_wants(const struct gmp_filter *f, const struct addr *s)
{
	return gmp_filter_lists(f, s) != f->exclude;
}

#endif
