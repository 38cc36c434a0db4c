/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l2mc_group.h - the merged record of one group over many members.
 *
 * RFC 4045 4.2: each control connection is a pseudo attached network that condenses the
 * memberships of its sessions by the rule of RFC 3376 3.2.  The same record, taken over all
 * tunnels, is what the router as a whole wants from upstream.
 *
 * A record only counts: EXCLUDE members, and per source its INCLUDE and EXCLUDE members.  A
 * change of one member costs time in that member's own sources, whatever the number of
 * members.  An engine file.
 */
#ifndef L2MCD_L2MC_GROUP_H
#define L2MCD_L2MC_GROUP_H

#include "lib/base.h"
#include "lib/gmp_filter.h"

DECLARE_MGROUP(L2MC);

PREDECL_HASH(l2mc_sources);

/** A source that some member names; users embed it as first member of their own struct. */
struct l2mc_source {
	struct l2mc_sources_item item;
	struct addr addr;
	uint32_t n_include, n_exclude; /* members naming it so */
};

/** The merged record of one group. */
struct l2mc_record {
	uint32_t n_members, n_exclude;
	uint32_t n_included; /* sources with an INCLUDE member */
	struct l2mc_sources_head sources;
	size_t source_size; /* octets of a source entry */
	/* excluded_by[k]: sources with no INCLUDE and k EXCLUDE members; what all EXCLUDE
	 * members exclude is found without a walk.  [0] is not used. */
	uint32_t *excluded_by;
	uint32_t excluded_by_size;
};

/** source_size: sizeof of the struct that embeds struct l2mc_source as first member. */
void l2mc_record_init(struct l2mc_record *r, size_t source_size);

/** All members must have been removed. */
void l2mc_record_fini(struct l2mc_record *r);

static inline bool l2mc_record_empty(const struct l2mc_record *r)
{
	return r->n_exclude == 0 && r->n_included == 0;
}

static inline bool l2mc_record_is_exclude(const struct l2mc_record *r)
{
	return r->n_exclude > 0;
}

/** The entry of a source, or NULL if no member names it. */
struct l2mc_source *l2mc_record_source(struct l2mc_record *r, const struct addr *addr);

struct l2mc_source *l2mc_record_first(struct l2mc_record *r);
struct l2mc_source *l2mc_record_next(struct l2mc_record *r, struct l2mc_source *s);

/**
 * A member's state changes from old to new (GMP_FILTER_NONE: it was not, or is no longer, a
 * member).  Entries of sources it names are made as needed; entries that nobody names any more
 * stay until l2mc_record_release(), so that the caller can take leave of them.
 * Returns true if the merged record changed.
 */
bool l2mc_record_change(struct l2mc_record *r, const struct gmp_filter *old,
			const struct gmp_filter *new);

/** Frees the entry if no member names it; true if it was freed. */
bool l2mc_record_release(struct l2mc_record *r, struct l2mc_source *s);

/** Number of sources in the merged record. */
size_t l2mc_record_count(const struct l2mc_record *r);

/**
 * The merged record: EXCLUDE (intersection of the EXCLUDE lists minus union of the INCLUDE
 * lists), or INCLUDE (union).  sources must have room for l2mc_record_count(); it is filled,
 * sorted, and referenced by the result.
 */
struct gmp_filter l2mc_record_get(struct l2mc_record *r, struct addr *sources);

#endif
