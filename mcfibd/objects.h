/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * objects.h - the forwarding objects of mcfib/1 as the agent has them.
 *
 * Operations (struct fib_op), interfaces and next hops come in; maps are written and programs
 * attached; status comes out.  An object is rebuilt as a whole when it or anything it is made
 * of changes: a flow when a session or tunnel of a branch does, a session when its interface
 * or tunnel does.  No protocol session and no event loop in here.
 */
#ifndef MCFIBD_OBJECTS_H
#define MCFIBD_OBJECTS_H

#include <stdio.h>

#include "lib/fib_types.h"

#include "mcfibd/attach.h"
#include "mcfibd/links.h"
#include "mcfibd/maps.h"
#include "mcfibd/queue.h"

struct objects;

/** Daemons are numbered from 0; an object belongs to the one it came from. */
#define OBJECTS_DAEMONS 8

/** The status of an object changed without an operation on it: an interface appeared, ... */
typedef void (*objects_status_fn)(void *ctx, unsigned int daemon, const struct fib_status *status);

/** Borrows maps, links, programs and queues. */
struct objects *objects_new(struct maps *maps, struct links *links, struct attach *attach,
			    struct queues *queues, objects_status_fn status, void *ctx);
/** Frees the store; maps and programs stay as they are. */
void objects_free(struct objects *os);

/** Takes over one operation; *status: see fib_sub_ops.apply.  A key that another daemon's object
 *  has is refused. */
void objects_apply(struct objects *os, unsigned int daemon, const struct fib_op *op,
		   struct fib_status *status, msec_t now);
/** From links_ops. */
void objects_link(struct objects *os, const char *name, msec_t now);
void objects_nexthop(struct objects *os, struct nexthop *nh, msec_t now);

/** Timers. */
void objects_run(struct objects *os, msec_t now);
msec_t objects_deadline(const struct objects *os);

/** See fib_sub_ops.activity: of the daemon's objects. */
size_t objects_activity(struct objects *os, unsigned int daemon, struct fib_activity *a, size_t max,
			msec_t now);

size_t objects_count(const struct objects *os);

/** All objects with status and counters, branches included, as a JSON array. */
void objects_dump(struct objects *os, FILE *to);

#endif
