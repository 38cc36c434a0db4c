/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * twheel.h - timer wheel on a caller-supplied clock.
 *
 * Hundreds of thousands of group and source timers run at a time; starting, moving and
 * stopping one is O(1).  The wheel reads no clock: the caller tells the time and asks when the
 * next timer is due.  (libfrr has another "wheel"; hence the name.)
 */
#ifndef MCAST_TWHEEL_H
#define MCAST_TWHEEL_H

#include "lib/base.h"

#define TWHEEL_LEVELS 6 /* 64^6 ms: more than two years */
#define TWHEEL_SLOTS  64

struct timer;

typedef void (*timer_fn)(struct timer *t, msec_t now);

PREDECL_DLIST(timer_slot);

/** A timer, embedded in the object it belongs to; all zero is a stopped timer. */
struct timer {
	struct timer_slot_item item;
	timer_fn fire;
	msec_t due; /* exact deadline */
	uint8_t level, slot;
	bool running;
};

DECLARE_DLIST(timer_slot, struct timer, item);

struct twheel {
	msec_t now;
	uint64_t occupied[TWHEEL_LEVELS]; /* bit per slot that has timers */
	struct timer_slot_head slots[TWHEEL_LEVELS][TWHEEL_SLOTS];
	struct timer_slot_head firing; /* due now, waiting for their turn */
	size_t count;
};

void twheel_init(struct twheel *w, msec_t now);

/** All timers must have been stopped. */
void twheel_fini(struct twheel *w);

/** (Re)starts t to call fire() at due or, if that is past, at the next run. */
void timer_start(struct twheel *w, struct timer *t, msec_t due, timer_fn fire);

/** Does nothing if t is not running. */
void timer_stop(struct twheel *w, struct timer *t);

/** Milliseconds until t fires, 0 if it is stopped or overdue. */
msec_t timer_left(const struct twheel *w, const struct timer *t);

/**
 * Fires every timer due at or before now, in the order of their deadlines as far as these
 * differ in milliseconds.  A timer may start and stop any timer, itself included.
 */
void twheel_run(struct twheel *w, msec_t now);

/**
 * When to call twheel_run() next: never later than the earliest deadline, possibly a little
 * earlier (a coarse slot to be refined then); MSEC_NEVER if nothing runs.
 */
msec_t twheel_next(const struct twheel *w);

#endif
