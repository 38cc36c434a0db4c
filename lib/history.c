// SPDX-License-Identifier: GPL-2.0-or-later
/* A ring of steps; see history.h. */
#include "lib/history.h"

DEFINE_MGROUP(HISTORY, "history");
DEFINE_MTYPE_STATIC(HISTORY, HISTORY_RING, "history ring");

void *history_add(struct history *h)
{
	void *step;

	if (!h->steps)
		h->steps = XCALLOC(MTYPE_HISTORY_RING, HISTORY_STEPS * h->step_size);
	step = h->steps + h->next * h->step_size;
	memset(step, 0, h->step_size);
	h->next = (h->next + 1) % HISTORY_STEPS;
	if (h->count < HISTORY_STEPS)
		h->count++;
	return step;
}

const void *history_step(const struct history *h, size_t i)
{
	return h->steps + (h->next + HISTORY_STEPS - h->count + i) % HISTORY_STEPS * h->step_size;
}

void history_fini(struct history *h)
{
	XFREE(MTYPE_HISTORY_RING, h->steps);
	h->count = h->next = 0;
}
