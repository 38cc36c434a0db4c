// SPDX-License-Identifier: GPL-2.0-or-later
/* l2mcd_history.c - the last steps of tunnels and sessions (lib/history.h). */
#include "l2mcd/l2mcd_p.h"

#include "lib/history.h"

static struct history history = HISTORY_INIT(struct l2mcd_step);

void l2mcd_history_add(uint16_t tunnel_id, uint16_t session_id, const char *fmt, ...)
{
	struct l2mcd_step *s = history_add(&history);
	va_list ap;

	s->when = l2mcd_now();
	s->tunnel_id = tunnel_id;
	s->session_id = session_id;
	va_start(ap, fmt);
	vsnprintfrr(s->text, sizeof(s->text), fmt, ap);
	va_end(ap);
	L2MCD_DEBUG(fsm, "tunnel %u session %u: %s", tunnel_id, session_id, s->text);
}

void l2mcd_history_walk(uint16_t tunnel_id, uint16_t session_id,
			void (*fn)(void *arg, const struct l2mcd_step *s), void *arg)
{
	for (size_t i = 0; i < history.count; i++) {
		const struct l2mcd_step *s = history_step(&history, i);

		if (tunnel_id && s->tunnel_id != tunnel_id)
			continue;
		if (session_id && s->session_id != session_id)
			continue;
		fn(arg, s);
	}
}

void l2mcd_history_fini(void)
{
	history_fini(&history);
}
