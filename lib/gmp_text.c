// SPDX-License-Identifier: GPL-2.0-or-later
/* Readable text of messages; see gmp_text.h. */
#include "lib/gmp_text.h"

const char *gmp_record_type_name(enum gmp_record_type type)
{
	static const char *const names[] = {
		[GMP_IS_IN] = "IS_IN", [GMP_IS_EX] = "IS_EX", [GMP_TO_IN] = "TO_IN",
		[GMP_TO_EX] = "TO_EX", [GMP_ALLOW] = "ALLOW", [GMP_BLOCK] = "BLOCK",
	};

	return type >= GMP_IS_IN && type <= GMP_BLOCK ? names[type] : "unknown";
}

static void addr_text(const struct addr *a, struct text *t)
{
	char buf[ADDR_STRLEN];

	text_add(t, "%s", addr_str(a, buf));
}

static void sources_text(const struct addr *sources, size_t n, struct text *t)
{
	text_add(t, "{");
	for (size_t i = 0; i < n; i++) {
		if (i)
			text_add(t, " ");
		addr_text(&sources[i], t);
	}
	text_add(t, "}");
}

void gmp_filter_text(const struct gmp_filter *f, struct text *t)
{
	text_add(t, "%s ", f->exclude ? "EXCLUDE" : "INCLUDE");
	sources_text(f->sources, f->n, t);
}

static void query_text(const struct gmp_msg *m, struct text *t)
{
	text_add(t, ", max response %" PRIu32 " ms", m->max_resp_ms);
	if (m->version < 3)
		return;
	text_add(t, "%s, QRV %u, QQI %" PRIu32 " ms, sources ", m->suppress ? ", S" : "", m->qrv,
		 m->qqi_ms);
	sources_text(m->sources, m->n_sources, t);
}

void gmp_msg_text(const struct gmp_msg *m, struct text *t)
{
	text_add(t, "%s from ", gmp_type_name(m));
	addr_text(&m->src, t);
	text_add(t, " to ");
	addr_text(&m->dst, t);
	if (m->type != GMP_RECORDS) {
		text_add(t, ", group ");
		addr_text(&m->group, t);
	}
	if (m->type == GMP_QUERY)
		query_text(m, t);
	text_add(t, "\n");
	for (size_t i = 0; i < m->n_records; i++) {
		text_add(t, "  %s ", gmp_record_type_name(m->records[i].type));
		addr_text(&m->records[i].group, t);
		text_add(t, " ");
		sources_text(m->records[i].sources, m->records[i].n_sources, t);
		text_add(t, "\n");
	}
}
