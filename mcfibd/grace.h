/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * grace.h - when no program can still see what has been replaced.
 *
 * A grace period takes up to some ten milliseconds, in which an agent that waited would answer
 * nobody: a thread waits.
 */
#ifndef MCFIBD_GRACE_H
#define MCFIBD_GRACE_H

#include <stdbool.h>

struct grace;

/** NULL: errno. */
struct grace *grace_new(void);
void grace_free(struct grace *g);

/** Readable when a period is over. */
int grace_fd(const struct grace *g);
/** Starts a period; false: one is under way. */
bool grace_begin(struct grace *g);
/** True once after the end of each period. */
bool grace_over(struct grace *g);

/** The caller waits. */
void grace_wait(void);

#endif
