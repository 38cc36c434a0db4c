/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * feed.h - what readers of the module are told: a table of groups, and who has heard what.
 *
 * A reader is asked for as many octets as its socket takes; nothing is queued for it.  Groups
 * stand in the order of their last change, each reader at some place in it: one that is slow
 * hears the last state of a group once, and costs nobody anything.  What is gone is remembered
 * until all have heard it; a reader that is too far behind begins again with a snapshot.
 *
 * Engine file.
 */
#ifndef PIMD_FEED_H
#define PIMD_FEED_H

#include "lib/base.h"
#include "lib/pimd_wire.h"

#define FEED_MAX_GONE 4096
/** Enough for every message. */
#define FEED_BUFFER   (2 * PIMD_WIRE_MAX)

struct feed;
struct feed_reader;

/** version: pimd's, for HELLO. */
struct feed *feed_new(const char *version);
/** Readers must be gone. */
void feed_free(struct feed *f);

/** The group's state is now that of the message, a GROUP.  True if that is a change. */
bool feed_set(struct feed *f, const struct pimd_wire_msg *m);
/** It is gone; true if it was there. */
bool feed_gone(struct feed *f, uint32_t vrf, uint32_t ifindex, const struct addr *group);
/** All groups are looked at between the two: those that are not set are gone. */
void feed_scan_begin(struct feed *f);
bool feed_scan_end(struct feed *f);
size_t feed_count(const struct feed *f);

struct feed_reader *feed_reader_new(struct feed *f);
void feed_reader_free(struct feed *f, struct feed_reader *r);
/** True if there is something to tell. */
bool feed_reader_waiting(const struct feed_reader *r);
/** The next whole messages; octets written.  size: FEED_BUFFER, or what is left of it. */
size_t feed_reader_fill(struct feed *f, struct feed_reader *r, uint8_t *buf, size_t size);

#endif
