/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * history.h - the last steps of a daemon's objects, for "what happened?".
 *
 * One ring for all objects: bounded memory whatever their number, and the order between them is
 * kept.  Who uses it says what a step is: a struct of its own.
 */
#ifndef MCAST_HISTORY_H
#define MCAST_HISTORY_H

#include "lib/base.h"

#define HISTORY_STEPS 4096

struct history {
	size_t step_size;
	size_t next, count; /* next: the slot that is written next */
	uint8_t *steps;	    /* allocated at the first step */
};

#define HISTORY_INIT(type)                \
	{                                 \
		.step_size = sizeof(type) \
	}

/** The slot for a new step, zeroed; the oldest step is lost when the ring is full. */
void *history_add(struct history *h);
/** Steps oldest first: i from 0 to count - 1. */
const void *history_step(const struct history *h, size_t i);
void history_fini(struct history *h);

#endif
