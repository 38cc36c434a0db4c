/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * queue.h - queues of access interfaces (RFC 4045 6.3): a queueing discipline with three bands,
 * what goes first, everything else, what goes last.
 *
 * It takes the place of the kernel's default only.  A discipline that somebody has configured
 * stays: copies carry their priority (MCF_PRIO_) all the same, and it is his to heed it.
 */
#ifndef MCFIBD_QUEUE_H
#define MCFIBD_QUEUE_H

#include <stdio.h>

#include "mcfibd/links.h"

struct queues;

/** Finds what an earlier agent has left.  off: nothing is made. */
struct queues *queues_new(bool off);
/** remove: the interfaces get the kernel's default back. */
void queues_free(struct queues *q, bool remove);

/** Packets of different priority leave by the link.  Stays until queues_free(). */
void queues_want(struct queues *q, const struct link *link);

/** Interfaces with packets and drops, of each band if the kernel knows, as a JSON array. */
void queues_dump(struct queues *q, const struct links *links, FILE *to);

#endif
