/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gmp_helper.h - group membership in letters: source 'a' is 10.1.0.1 or 2001:db8::1, and so on.
 */
#ifndef MCAST_TESTS_GMP_HELPER_H
#define MCAST_TESTS_GMP_HELPER_H

#include <check.h>
#include <stdlib.h>

#include "lib/gmp_codec.h"
#include "lib/gmp_filter.h"
#include "lib/text.h"

#define LETTERS 26

static inline struct addr addr_of(const char *text)
{
	struct addr a;

	ck_assert_msg(addr_parse(text, &a), "%s", text);
	return a;
}

static inline struct addr source_of(bool mld, char letter)
{
	struct addr a = addr_of(mld ? "2001:db8::" : "10.1.0.0");

	a.b[15] = letter - 'a' + 1;
	return a;
}

static inline size_t sources_of(bool mld, const char *letters, struct addr *sources)
{
	size_t n = 0;

	for (; *letters; letters++)
		sources[n++] = source_of(mld, *letters);
	return n;
}

static inline void add_letters(struct text *t, const struct addr *sources, size_t n)
{
	text_add(t, "{");
	for (size_t i = 0; i < n; i++)
		text_add(t, "%c", 'a' + sources[i].b[15] - 1);
	text_add(t, "}");
}

/* "INCLUDE {ab}" */
static inline const char *filter_letters(const struct gmp_filter *f)
{
	static char buf[64];
	struct text t = text_init(buf, sizeof(buf));

	text_add(&t, "%s ", f->exclude ? "EXCLUDE" : "INCLUDE");
	add_letters(&t, f->sources, f->n);
	return buf;
}

#endif
