// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What comes from pimd: the first octet chooses messages of its module, or the output of one of
 * its commands.
 */
#include <stdlib.h>

#include "lib/base.h"
#include "lib/pimd_show.h"
#include "lib/pimd_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was understood is written as octets that mean the same. */
static void check_message(const struct pimd_wire_msg *m)
{
	static uint8_t octets[PIMD_WIRE_MAX];
	static struct pimd_wire_decoder d;
	struct pimd_wire_msg again;
	struct rd in = rd_init(octets, pimd_wire_encode(m, octets, sizeof(octets)));

	if (pimd_wire_decode(&d, &in, &again) != PIMD_WIRE_OK || rd_left(&in) ||
	    again.type != m->type || addr_cmp(&again.group, &m->group) != 0 ||
	    again.filter.n != m->filter.n || again.filter.exclude != m->filter.exclude ||
	    (m->filter.n && memcmp(again.filter.sources, m->filter.sources,
				   m->filter.n * sizeof(struct addr)) != 0))
		abort();
}

static void messages(const uint8_t *data, size_t size)
{
	static struct pimd_wire_decoder d;
	struct rd in = rd_init(data, size);
	enum pimd_wire_result result;
	struct pimd_wire_msg m;

	for (;;) {
		size_t left = rd_left(&in);

		result = pimd_wire_decode(&d, &in, &m);
		if (result == PIMD_WIRE_SHORT || result == PIMD_WIRE_MALFORMED) {
			if (rd_left(&in) != left)
				abort();
			return;
		}
		if (rd_left(&in) >= left)
			abort();
		if (result == PIMD_WIRE_OK)
			check_message(&m);
	}
}

static void check_rows(const struct pimd_rows *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct gmp_filter *f = &r->rows[i].filter;

		if (!addr_is_multicast(&r->rows[i].group))
			abort();
		for (size_t s = 1; s < f->n; s++)
			if (addr_cmp(&f->sources[s - 1], &f->sources[s]) >= 0)
				abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pimd_rows r;
	char *text, *sources;

	if (!size)
		return 0;
	if (data[0] % 3 == 0) {
		messages(data + 1, size - 1);
		return 0;
	}
	text = calloc(1, size); /* the input has no end mark of its own */
	if (!text)
		abort();
	memcpy(text, data + 1, size - 1);
	pimd_rows_init(&r);
	if (data[0] % 3 == 1) {
		pimd_show_json(&r, text);
	} else { /* the two commands, with a form feed between them */
		sources = strchr(text, '\f');
		if (sources)
			*sources++ = '\0';
		pimd_show_groups(&r, text);
		pimd_show_sources(&r, sources ? sources : text);
	}
	pimd_rows_finish(&r);
	check_rows(&r);
	pimd_rows_fini(&r);
	free(text);
	return 0;
}
