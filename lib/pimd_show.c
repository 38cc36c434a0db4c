// SPDX-License-Identifier: GPL-2.0-or-later
/* Group membership from pimd's show commands as text; see pimd_show.h. */
#include "lib/pimd_show.h"

#include <stdio.h>
#include <stdlib.h>

DEFINE_MGROUP(PIMD_SHOW, "output of pimd");
DEFINE_MTYPE_STATIC(PIMD_SHOW, ROWS, "groups");
DEFINE_MTYPE_STATIC(PIMD_SHOW, ROW_SOURCES, "sources");

void pimd_rows_init(struct pimd_rows *r)
{
	memset(r, 0, sizeof(*r));
}

void pimd_rows_fini(struct pimd_rows *r)
{
	XFREE(MTYPE_ROWS, r->rows);
	XFREE(MTYPE_ROW_SOURCES, r->sources);
	pimd_rows_init(r);
}

/* ---------------------------------------------------------------- rows */

struct pimd_row *pimd_rows_add(struct pimd_rows *r, const char *interface, const char *group,
			       bool exclude, uint8_t version, unsigned int counted)
{
	struct pimd_row row = {
		.exclude = exclude, .version = version, .counted = counted, .first = r->n_sources};

	if (strlen(interface) >= sizeof(row.interface) || !addr_parse(group, &row.group) ||
	    !addr_is_multicast(&row.group))
		return NULL;
	memcpy(row.interface, interface, strlen(interface));
	if (r->n == r->size) {
		r->size = r->size ? 2 * r->size : 64;
		r->rows = XREALLOC(MTYPE_ROWS, r->rows, r->size * sizeof(*r->rows));
	}
	r->rows[r->n] = row;
	return &r->rows[r->n++];
}

/*
 * The sources of a group stand together.  INCLUDE: all are wanted.  EXCLUDE: those whose timer
 * has run out are not (RFC 3376 6.2.3), "*" stands for all others.
 */
bool pimd_rows_source(struct pimd_rows *r, struct pimd_row *row, const char *source, bool timer)
{
	bool any = strcmp(source, "*") == 0;
	struct addr a;

	if (!any && !addr_parse(source, &a))
		return false;
	row->seen++;
	if (any || (row->exclude && timer))
		return true;
	if (!row->n)
		row->first = r->n_sources;
	if (row->first + row->n != r->n_sources) { /* others were between */
		r->mixed = true;
		return true;
	}
	if (r->n_sources == r->sources_size) {
		r->sources_size = r->sources_size ? 2 * r->sources_size : 64;
		r->sources = XREALLOC(MTYPE_ROW_SOURCES, r->sources,
				      r->sources_size * sizeof(*r->sources));
	}
	r->sources[r->n_sources++] = a;
	row->n++;
	return true;
}

static int source_cmp(const void *a, const void *b)
{
	return addr_cmp(a, b);
}

static size_t unique(struct addr *a, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (!kept || addr_cmp(&a[kept - 1], &a[i]) != 0)
			a[kept++] = a[i];
	return kept;
}

bool pimd_rows_finish(struct pimd_rows *r)
{
	bool whole = !r->mixed;

	for (size_t i = 0; i < r->n; i++) {
		struct pimd_row *row = &r->rows[i];
		struct addr *sources = row->n ? r->sources + row->first : NULL;

		if (row->n) {
			qsort(sources, row->n, sizeof(*sources), source_cmp);
			row->n = unique(sources, row->n);
		}
		row->filter = (struct gmp_filter){
			.exclude = row->exclude, .n = row->n, .sources = sources};
		row->whole = row->seen == row->counted;
		whole &= row->whole;
	}
	return whole;
}

/* ---------------------------------------------------------------- text of FRR 8 */

/* The next line, without its end; NULL: there is none. */
static const char *next_line(const char **text, char *line, size_t size)
{
	size_t n = strcspn(*text, "\n");

	if (!**text)
		return NULL;
	snprintf(line, size, "%.*s", (int)(n < size ? n : size - 1), *text);
	*text += n + ((*text)[n] == '\n');
	line[strcspn(line, "\r")] = '\0';
	return line;
}

static bool find_heading(const char **text, const char *heading)
{
	char line[256];

	while (next_line(text, line, sizeof(line)))
		if (strncmp(line, heading, strlen(heading)) == 0)
			return true;
	return false;
}

bool pimd_show_groups(struct pimd_rows *r, const char *text)
{
	char line[256], interface[32], group[64], mode[8], timer[16];
	unsigned int counted, version;

	if (!find_heading(&text, "Interface        Group           Mode Timer    Srcs V"))
		return false;
	while (next_line(&text, line, sizeof(line))) {
		if (!line[0])
			continue;
		if (sscanf(line, "%31s %63s %7s %15s %u %u", interface, group, mode, timer,
			   &counted, &version) != 6)
			return false;
		/* a group of an IGMPv2 host has no mode: it is EXCLUDE {} */
		if (!pimd_rows_add(r, interface, group, strcmp(mode, "INCL") != 0, (uint8_t)version,
				   counted))
			return false;
	}
	return true;
}

/* Both commands show interfaces and groups in the same order. */
static struct pimd_row *find_row(struct pimd_rows *r, const char *interface, const char *group)
{
	struct addr a;

	if (!addr_parse(group, &a))
		return NULL;
	for (size_t i = 0; i < r->n; i++) {
		struct pimd_row *row = &r->rows[(r->cursor + i) % r->n];

		if (addr_cmp(&row->group, &a) == 0 && strcmp(row->interface, interface) == 0) {
			r->cursor = (r->cursor + i) % r->n;
			return row;
		}
	}
	return NULL;
}

bool pimd_show_sources(struct pimd_rows *r, const char *text)
{
	char line[256], interface[32], group[64], source[64], timer[16];

	if (!find_heading(&text, "Interface        Group           Source          Timer Fwd"))
		return false;
	while (next_line(&text, line, sizeof(line))) {
		struct pimd_row *row;
		struct addr a;

		if (!line[0])
			continue;
		if (sscanf(line, "%31s %63s %63s %15s", interface, group, source, timer) != 4 ||
		    !addr_parse(group, &a))
			return false;
		row = find_row(r, interface, group);
		if (!row)
			r->mixed = true;
		else if (!pimd_rows_source(r, row, source, timer[0] != '-'))
			return false;
	}
	return true;
}
