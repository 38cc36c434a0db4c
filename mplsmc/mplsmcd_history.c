// SPDX-License-Identifier: GPL-2.0-or-later
/* mplsmcd_history.c - the last steps of sessions and LSPs (lib/history.h). */
#include "mplsmc/mplsmcd_p.h"

#include "lib/history.h"

static struct history history = HISTORY_INIT(struct mplsmcd_step);

void mplsmcd_history_add(const char *object, const char *fmt, ...)
{
	struct mplsmcd_step *s = history_add(&history);
	va_list ap;

	s->when = mplsmcd_now();
	strlcpy(s->object, object, sizeof(s->object));
	va_start(ap, fmt);
	vsnprintfrr(s->text, sizeof(s->text), fmt, ap);
	va_end(ap);
}

void mplsmcd_history_walk(void (*fn)(void *arg, const struct mplsmcd_step *s), void *arg)
{
	for (size_t i = 0; i < history.count; i++)
		fn(arg, history_step(&history, i));
}

void mplsmcd_history_fini(void)
{
	history_fini(&history);
}
