/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * base.h - all that an engine may include of the outside world.
 *
 * An engine does no I/O and reads no clock: bytes, events and `now` go in; bytes, timers and
 * forwarding operations come out.  Of libfrr it uses what is pure data structure: typesafe
 * containers, memory accounting, hashing.  Everything else of FRR belongs to the edge files.
 */
#ifndef MCAST_BASE_H
#define MCAST_BASE_H

#include "config.h" /* FRR's: settings that reach the layout of its structs */

#include <assert.h> /* typesafe.h needs it and does not include it */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "compiler.h"
#include "jhash.h"
#include "memory.h"
#include "typesafe.h"

#ifndef array_size
#define array_size(a) (sizeof(a) / sizeof((a)[0]))
#endif

/** Milliseconds on the caller's monotonic clock (a virtual one in tests). */
typedef int64_t msec_t;

#define MSEC_NEVER INT64_MAX
#define MSEC_PER_S 1000

#endif
