/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * noted.h - groups that pimd has looked up since the last look at them.
 *
 * There is room for some; with more, which they are is not known.
 */
#ifndef MCAST_PIMD_NOTED_H
#define MCAST_PIMD_NOTED_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#define NOTED_MAX 4096

struct noted {
	struct in_addr group[NOTED_MAX];
	size_t n;
	bool overflow; /* there were more */
};

static inline void noted_add(struct noted *l, struct in_addr group)
{
	if (l->n && l->group[l->n - 1].s_addr == group.s_addr)
		return;
	if (l->n < NOTED_MAX)
		l->group[l->n++] = group;
	else
		l->overflow = true;
}

static inline void noted_clear(struct noted *l)
{
	l->n = 0;
	l->overflow = false;
}

#endif
