// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * slots.c - a buddy allocator over slot numbers.
 */
#include "lib/base.h"

#include "mcfibd/mcfibd.h"
#include "mcfibd/slots.h"

#define ORDERS 24

DEFINE_MTYPE_STATIC(MCFIBD, SLOTS, "slot allocator");

/* A run: first slot and log2 of its length. */
struct run {
	uint32_t first, order;
};

struct stack {
	uint32_t n, room;
	struct run *run;
};

struct slots {
	uint32_t max, used;
	/* Order of the free run that begins at a slot, plus 1; 0: no free run begins here. */
	uint8_t *free_order;
	/* Free runs by order.  An entry counts only if free_order[] still says so: a run that
	 * was merged is forgotten there first and dropped here when it comes up. */
	struct stack free[ORDERS];
	struct stack resting;
	uint32_t marked; /* the first so many of the resting ones */
};

static void push(struct stack *s, uint32_t first, uint32_t order)
{
	if (s->n == s->room) {
		s->room = s->room ? s->room * 2 : 16;
		s->run = XREALLOC(MTYPE_SLOTS, s->run, s->room * sizeof(*s->run));
	}
	s->run[s->n++] = (struct run){first, order};
}

static void put_free(struct slots *s, uint32_t first, uint32_t order)
{
	/* Merge with the buddy while that is free as a whole. */
	while (order + 1 < ORDERS) {
		uint32_t buddy = first ^ (1u << order);

		if (buddy >= s->max || s->free_order[buddy] != order + 1)
			break;
		s->free_order[buddy] = 0;
		first &= ~(1u << order);
		order++;
	}
	s->free_order[first] = order + 1;
	push(&s->free[order], first, order);
}

static uint32_t order_of(uint32_t n)
{
	uint32_t order = 0;

	while ((1u << order) < n)
		order++;
	return order;
}

struct slots *slots_new(uint32_t max)
{
	struct slots *s = XCALLOC(MTYPE_SLOTS, sizeof(*s));
	uint32_t at = 1, order;

	s->max = max;
	s->free_order = XCALLOC(MTYPE_SLOTS, max);
	/* The largest aligned runs that cover 1 .. max - 1. */
	while (at < max) {
		for (order = 0; order + 1 < ORDERS; order++) {
			if ((at & ((2u << order) - 1)) || at + (2u << order) > max)
				break;
		}
		s->free_order[at] = order + 1;
		push(&s->free[order], at, order);
		at += 1u << order;
	}
	return s;
}

void slots_free(struct slots *s)
{
	uint32_t i;

	if (!s)
		return;
	for (i = 0; i < ORDERS; i++)
		XFREE(MTYPE_SLOTS, s->free[i].run);
	XFREE(MTYPE_SLOTS, s->resting.run);
	XFREE(MTYPE_SLOTS, s->free_order);
	XFREE(MTYPE_SLOTS, s);
}

/* A free run of exactly this order, or 0. */
static uint32_t pop_free(struct slots *s, uint32_t order)
{
	struct stack *st = &s->free[order];

	while (st->n) {
		uint32_t first = st->run[--st->n].first;

		if (s->free_order[first] == order + 1) {
			s->free_order[first] = 0;
			return first;
		}
	}
	return 0;
}

uint32_t slots_get(struct slots *s, uint32_t n)
{
	uint32_t want = order_of(n), order, first = 0;

	for (order = want; order < ORDERS && !first; order++)
		first = pop_free(s, order);
	if (!first)
		return 0;
	for (order--; order > want; order--) /* give the upper half back */
		put_free(s, first + (1u << (order - 1)), order - 1);
	s->used += 1u << want;
	return first;
}

void slots_put(struct slots *s, uint32_t first, uint32_t n)
{
	if (first)
		push(&s->resting, first, order_of(n));
}

bool slots_resting(const struct slots *s)
{
	return s->resting.n > 0;
}

void slots_mark(struct slots *s)
{
	s->marked = s->resting.n;
}

void slots_reclaim(struct slots *s)
{
	struct run *r = s->resting.run;
	uint32_t i;

	for (i = 0; i < s->marked; i++) {
		s->used -= 1u << r[i].order;
		put_free(s, r[i].first, r[i].order);
	}
	s->resting.n -= s->marked;
	if (s->resting.n)
		memmove(r, r + s->marked, s->resting.n * sizeof(*r));
	s->marked = 0;
}

uint32_t slots_used(const struct slots *s)
{
	return s->used;
}
