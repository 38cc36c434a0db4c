// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Hierarchical timer wheel.  Level l has 64 slots of 64^l milliseconds.  A timer lies on the
 * finest level whose 64 slots, counted from now, reach its deadline; when the clock enters a
 * slot of a coarser level its timers move to finer ones.  A bit per occupied slot lets the
 * clock jump from event to event instead of ticking.
 */
#include "lib/twheel.h"

#define SLOT_BITS 6

static unsigned int slot_of(msec_t t, unsigned int level)
{
	return (t >> (SLOT_BITS * level)) & (TWHEEL_SLOTS - 1);
}

void twheel_init(struct twheel *w, msec_t now)
{
	*w = (struct twheel){.now = now};
	for (unsigned int l = 0; l < TWHEEL_LEVELS; l++)
		for (unsigned int s = 0; s < TWHEEL_SLOTS; s++)
			timer_slot_init(&w->slots[l][s]);
	timer_slot_init(&w->firing);
}

void twheel_fini(struct twheel *w)
{
	for (unsigned int l = 0; l < TWHEEL_LEVELS; l++)
		for (unsigned int s = 0; s < TWHEEL_SLOTS; s++)
			timer_slot_fini(&w->slots[l][s]);
	timer_slot_fini(&w->firing);
}

static void enqueue(struct twheel *w, struct timer *t)
{
	msec_t due = t->due > w->now ? t->due : w->now + 1;
	unsigned int level = 0;

	/* the last slot of a level is not used from its own start: it may be the current one */
	while (level < TWHEEL_LEVELS - 1 &&
	       (due >> (SLOT_BITS * level)) - (w->now >> (SLOT_BITS * level)) >= TWHEEL_SLOTS)
		level++;
	t->level = level;
	t->slot = slot_of(due, level);
	timer_slot_add_tail(&w->slots[level][t->slot], t);
	w->occupied[level] |= UINT64_C(1) << t->slot;
}

void timer_start(struct twheel *w, struct timer *t, msec_t due, timer_fn fire)
{
	timer_stop(w, t);
	t->fire = fire;
	t->due = due;
	t->running = true;
	w->count++;
	enqueue(w, t);
}

#define LEVEL_FIRING TWHEEL_LEVELS

void timer_stop(struct twheel *w, struct timer *t)
{
	if (!t->running)
		return;
	if (t->level == LEVEL_FIRING) {
		timer_slot_del(&w->firing, t);
	} else {
		struct timer_slot_head *slot = &w->slots[t->level][t->slot];

		timer_slot_del(slot, t);
		if (timer_slot_count(slot) == 0)
			w->occupied[t->level] &= ~(UINT64_C(1) << t->slot);
	}
	t->running = false;
	w->count--;
}

msec_t timer_left(const struct twheel *w, const struct timer *t)
{
	return t->running && t->due > w->now ? t->due - w->now : 0;
}

/* Start of the next occupied slot of this level after the current one. */
static msec_t next_slot_start(const struct twheel *w, unsigned int level)
{
	unsigned int shift = SLOT_BITS * level, cur = slot_of(w->now, level), distance;
	uint64_t bits = w->occupied[level];

	if (!bits)
		return MSEC_NEVER;
	/* rotate so that bit 0 is the slot after the current one; the current slot comes last */
	cur = (cur + 1) % TWHEEL_SLOTS;
	if (cur)
		bits = bits >> cur | bits << (TWHEEL_SLOTS - cur);
	distance = 1 + __builtin_ctzll(bits);
	return ((w->now >> shift) + distance) << shift;
}

msec_t twheel_next(const struct twheel *w)
{
	msec_t next = MSEC_NEVER;

	if (timer_slot_const_first(&w->firing))
		return w->now;
	for (unsigned int level = 0; level < TWHEEL_LEVELS; level++) {
		msec_t start = next_slot_start(w, level);

		if (start < next)
			next = start;
	}
	return next;
}

/* The clock has entered slots: refine the coarse ones, collect what is due. */
static void enter(struct twheel *w)
{
	struct timer *t;

	for (unsigned int level = TWHEEL_LEVELS; level-- > 0;) {
		unsigned int s = slot_of(w->now, level);
		struct timer_slot_head *slot = &w->slots[level][s];
		size_t n;

		if (level && (w->now & ((INT64_C(1) << (SLOT_BITS * level)) - 1)))
			continue; /* inside the slot, not at its start */
		w->occupied[level] &= ~(UINT64_C(1) << s);
		for (n = timer_slot_count(slot); n; n--) {
			t = timer_slot_pop(slot);
			if (t->due <= w->now) {
				t->level = LEVEL_FIRING;
				timer_slot_add_tail(&w->firing, t);
			} else {
				enqueue(w, t);
			}
		}
	}
}

void twheel_run(struct twheel *w, msec_t now)
{
	msec_t next;

	while ((next = twheel_next(w)) <= now) {
		struct timer *t;

		if (next > w->now) {
			w->now = next;
			enter(w);
		}
		while ((t = timer_slot_pop(&w->firing))) {
			t->running = false;
			w->count--;
			t->fire(t, w->now);
		}
	}
	if (now > w->now)
		w->now = now;
}
