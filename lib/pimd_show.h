/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pimd_show.h - group membership from what pimd's show commands print.
 *
 * FRR 8: `show ip igmp groups` and `show ip igmp sources` together; the first has the filter
 * mode, the second the sources, and pimd may have changed between them.  FRR 9 and later: `show
 * ip igmp groups detail json` has it all.
 *
 * Engine file.
 */
#ifndef MCAST_PIMD_SHOW_H
#define MCAST_PIMD_SHOW_H

#include "lib/base.h"
#include "lib/gmp_filter.h"

#define PIMD_SHOW_IFNAME 16 /* IFNAMSIZ */

struct pimd_row {
	char interface[PIMD_SHOW_IFNAME];
	struct addr group;
	bool exclude;
	uint8_t version;	  /* of the oldest host heard */
	bool whole;		  /* its sources are those pimd counted */
	struct gmp_filter filter; /* after pimd_rows_finish() */
	/* of the reader */
	unsigned int counted, seen;
	size_t first, n;
};

struct pimd_rows {
	struct pimd_row *rows;
	size_t n, size;
	struct addr *sources;
	size_t n_sources, sources_size;
	size_t cursor;
	bool mixed; /* sources of a group that was not there: pimd changed meanwhile */
};

void pimd_rows_init(struct pimd_rows *r);
void pimd_rows_fini(struct pimd_rows *r);
/** Readers; false: this is not the command's output. */
bool pimd_show_groups(struct pimd_rows *r, const char *text);
bool pimd_show_sources(struct pimd_rows *r, const char *text);
bool pimd_show_json(struct pimd_rows *r, const char *text);
/** Everything was read: makes the filters.  False: pimd changed while it was asked, rows that
 *  are not whole are to be asked for again. */
bool pimd_rows_finish(struct pimd_rows *r);

/* ---- for the readers */
struct pimd_row *pimd_rows_add(struct pimd_rows *r, const char *interface, const char *group,
			       bool exclude, uint8_t version, unsigned int counted);
/** A source that pimd shows for the row added or found last; "*" only counts. */
bool pimd_rows_source(struct pimd_rows *r, struct pimd_row *row, const char *source, bool timer);

#endif
