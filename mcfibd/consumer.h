/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * consumer.h - the sessions with daemons: mcfib/1 operations become agent objects.
 */
#ifndef MCFIBD_CONSUMER_H
#define MCFIBD_CONSUMER_H

#include <stdio.h>

#include "lib/base.h"

struct consumer;

#define CONSUMER_DAEMONS 8

struct consumer_params {
	const char *endpoints[CONSUMER_DAEMONS]; /* of the daemons */
	unsigned int n_endpoints;
	const char *name;    /* of this consumer, shown to the daemon's operator */
	msec_t attach_after; /* give up waiting for a complete snapshot; see attach.h */
	uint32_t max_objects, max_branches; /* of the maps, 0: defaults */
	bool drop_unknown_labels;	    /* of nobody's object; else the stack gets them */
	bool no_queues;			    /* leave access interfaces as they are */
};

/** Loads the programs and begins to connect.  NULL: *error says why. */
struct consumer *consumer_new(const struct consumer_params *params, msec_t now, const char **error);
/** keep: leave the programs attached, so that forwarding goes on without an agent. */
void consumer_free(struct consumer *c, bool keep, msec_t now);

/** Wants the program for tunnel packets on this interface, whatever the routes say. */
bool consumer_add_tunnel_interface(struct consumer *c, const char *name);

#define CONSUMER_FDS (2 + CONSUMER_DAEMONS)
/** To be polled for reading; after that, and at the deadline: consumer_run().  Their number. */
unsigned int consumer_fds(const struct consumer *c, int fds[CONSUMER_FDS]);
void consumer_run(struct consumer *c, msec_t now);
msec_t consumer_deadline(const struct consumer *c);

/** State, objects and counters as JSON. */
void consumer_dump(struct consumer *c, FILE *to);

#endif
