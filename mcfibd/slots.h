/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slots.h - who owns which part of an array that the packet path reads.
 *
 * Runs of 1..n neighbouring slots.  What is given back rests; a grace period begins with
 * slots_mark() and, when it is over, slots_reclaim() makes what rested then available.
 * Runs come in powers of two, so a flow whose branches come and go leaves no holes that
 * nothing fits.
 */
#ifndef MCFIBD_SLOTS_H
#define MCFIBD_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

struct slots;

/** Slots 1 .. max - 1; slot 0 is never given away and means none. */
struct slots *slots_new(uint32_t max);
void slots_free(struct slots *s);

/** First of n neighbouring slots; 0: no room. */
uint32_t slots_get(struct slots *s, uint32_t n);
/** Gives back what slots_get(n) returned. */
void slots_put(struct slots *s, uint32_t first, uint32_t n);

bool slots_resting(const struct slots *s);
void slots_mark(struct slots *s);
void slots_reclaim(struct slots *s);
uint32_t slots_used(const struct slots *s); /**< resting ones included */

#endif
