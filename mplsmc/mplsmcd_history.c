// SPDX-License-Identifier: GPL-2.0-or-later
/* mplsmcd_history.c - the last steps of sessions and LSPs: one ring, bounded memory. */
#include "mplsmc/mplsmcd_p.h"

#define RING_SIZE 4096

DEFINE_MTYPE_STATIC(MPLSMCD, MPLSMCD_HISTORY, "history ring");

static struct mplsmcd_step *ring;
static size_t ring_next, ring_count;

void mplsmcd_history_add(const char *object, const char *fmt, ...)
{
	struct mplsmcd_step *s;
	va_list ap;

	if (!ring)
		ring = XCALLOC(MTYPE_MPLSMCD_HISTORY, RING_SIZE * sizeof(*ring));
	s = &ring[ring_next];
	ring_next = (ring_next + 1) % RING_SIZE;
	if (ring_count < RING_SIZE)
		ring_count++;
	s->when = mplsmcd_now();
	strlcpy(s->object, object, sizeof(s->object));
	va_start(ap, fmt);
	vsnprintfrr(s->text, sizeof(s->text), fmt, ap);
	va_end(ap);
}

void mplsmcd_history_walk(void (*fn)(void *arg, const struct mplsmcd_step *s), void *arg)
{
	for (size_t i = 0; i < ring_count; i++)
		fn(arg, &ring[(ring_next + RING_SIZE - ring_count + i) % RING_SIZE]);
}

void mplsmcd_history_fini(void)
{
	XFREE(MTYPE_MPLSMCD_HISTORY, ring);
	ring_count = ring_next = 0;
}
