/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vty_show.h - what all show commands need: durations, and JSON that streams.
 *
 * A listing of 40,000 objects is written row by row: one JSON object around arrays, of which
 * only the present row exists in memory.
 */
#ifndef MCAST_VTY_SHOW_H
#define MCAST_VTY_SHOW_H

#include "lib/addr.h"
#include "lib/base.h"
#include "lib/frr_compat.h"

#define SHOW_TIME_LEN 24

/** "00:01:02", "3d04h05m"; "-" if ms is negative. */
const char *show_time(msec_t ms, char buf[SHOW_TIME_LEN]);
/** The same, of the time from since to now; "-" if since is 0. */
const char *show_since(msec_t since, msec_t now, char buf[SHOW_TIME_LEN]);

/** Adds KEY ("00:01:02") and KEYMsec; nothing if since is 0. */
void json_add_since(json_object *o, const char *key, msec_t since, msec_t now);
void json_add_addr(json_object *o, const char *key, const struct addr *a);
/** Adds PREFIXAddress and PREFIXPort. */
void json_add_endpoint(json_object *o, const char *prefix, const struct endpoint *e);

/** One JSON object with one array of rows, written as the rows come; {} if none came. */
struct json_rows {
	struct vty *vty;
	const char *name;
	size_t n;
};

static inline struct json_rows json_rows_init(struct vty *vty, const char *name)
{
	return (struct json_rows){.vty = vty, .name = name};
}

/** Writes and frees the row. */
void json_row(struct json_rows *r, json_object *row);
int json_rows_end(struct json_rows *r);

/** A clear command is done: "2 tunnels cleared"; CMD_WARNING if it named (id, else NULL) something
 *  that is not there. */
int vty_cleared(struct vty *vty, unsigned int n, const char *what, const char *id);

/** A command refuses its input: "% reason"; CMD_WARNING_CONFIG_FAILED. */
int vty_refuse(struct vty *vty, const char *fmt, ...) PRINTFRR(2, 3);

#endif
