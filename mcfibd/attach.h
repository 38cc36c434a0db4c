/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * attach.h - which programs run on which interfaces (tc clsact filters).
 *
 * Users ask for a program on an interface and release it; the filter is there while somebody
 * wants it.  Filters of an earlier agent are found by their place and program name.  While
 * `held` nothing is changed: an agent that was killed left programs that still forward with
 * the maps they had, and they are replaced, one filter by one atomic operation, only when the
 * new agent knows everything.
 */
#ifndef MCFIBD_ATTACH_H
#define MCFIBD_ATTACH_H

#include "mcfibd/links.h"
#include "mcfibd/maps.h"

struct attach;

/** Looks for filters of an earlier agent; with some, attaching is held. */
struct attach *attach_new(struct maps *maps, const struct links *links);
/** detach: take our filters away. */
void attach_free(struct attach *a, bool detach);

bool attach_held(const struct attach *a);
/** Puts all programs that are wanted in place and removes what an earlier agent left. */
void attach_go(struct attach *a);

/** Wants prog on the link; each call needs an attach_release().  False: errno. */
bool attach_use(struct attach *a, const struct link *link, enum maps_prog prog);
void attach_release(struct attach *a, int ifindex, enum maps_prog prog);

size_t attach_count(const struct attach *a); /**< filters in place */

#endif
