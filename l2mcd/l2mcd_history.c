// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * l2mcd_history.c - the last steps of tunnels and sessions, for "what happened?".
 *
 * One ring for all: bounded memory whatever the number of objects, and the order between
 * objects is kept.
 */
#include "l2mcd/l2mcd_p.h"

#define RING_SIZE 4096

DEFINE_MTYPE_STATIC(L2MCD, L2MCD_HISTORY, "history ring");

static struct l2mcd_step *ring;
static size_t ring_next, ring_count;

void l2mcd_history_add(uint16_t tunnel_id, uint16_t session_id, const char *fmt, ...)
{
	struct l2mcd_step *s;
	va_list ap;

	if (!ring)
		ring = XCALLOC(MTYPE_L2MCD_HISTORY, RING_SIZE * sizeof(*ring));
	s = &ring[ring_next];
	ring_next = (ring_next + 1) % RING_SIZE;
	if (ring_count < RING_SIZE)
		ring_count++;
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
	for (size_t i = 0; i < ring_count; i++) {
		const struct l2mcd_step *s =
			&ring[(ring_next + RING_SIZE - ring_count + i) % RING_SIZE];

		if (tunnel_id && s->tunnel_id != tunnel_id)
			continue;
		if (session_id && s->session_id != session_id)
			continue;
		fn(arg, s);
	}
}

void l2mcd_history_fini(void)
{
	XFREE(MTYPE_L2MCD_HISTORY, ring);
	ring_count = ring_next = 0;
}
