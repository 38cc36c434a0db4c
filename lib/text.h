/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text.h - bounds-checked writing of readable text.
 *
 * As bytes.h, for people: what does not fit is cut, the result is always terminated.
 */
#ifndef MCAST_TEXT_H
#define MCAST_TEXT_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/bytes.h"

struct text {
	char *buf;
	size_t size, len; /* len < size, unless size is 0 */
};

static inline struct text text_init(char *buf, size_t size)
{
	if (size)
		buf[0] = '\0';
	return (struct text){.buf = buf, .size = size};
}

__attribute__((format(printf, 2, 3))) static inline void text_add(struct text *t, const char *fmt,
								  ...)
{
	size_t room = t->size - t->len;
	va_list ap;
	int n;

	if (!room)
		return;
	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->len, room, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->len += (size_t)n < room ? (size_t)n : room - 1;
}

/** Octets of a peer: what is not printable ASCII, and the escape itself, as \xNN. */
static inline void text_add_octets(struct text *t, struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] >= 0x20 && s.p[i] < 0x7f && s.p[i] != '\\')
			text_add(t, "%c", s.p[i]);
		else
			text_add(t, "\\x%02x", s.p[i]);
	}
}

/** A string of a peer, cut to its place; control characters, which terminals and logs obey, as ?.
 */
static inline void text_copy_octets(char *to, size_t size, struct span s)
{
	size_t n = s.len < size - 1 ? s.len : size - 1;

	for (size_t i = 0; i < n; i++)
		to[i] = s.p[i] < 0x20 || s.p[i] == 0x7f ? '?' : (char)s.p[i];
	to[n] = '\0';
}

static inline void text_add_hex(struct text *t, struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		text_add(t, "%02x", s.p[i]);
}

#endif
