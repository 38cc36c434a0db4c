/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fib_vty.h - `show fib ...` and `clear fib consumer`, the same in every daemon.
 *
 *   fib_vty.c   commands and text;  fib_json.c   values and rows as JSON
 */
#ifndef MCAST_FIB_VTY_H
#define MCAST_FIB_VTY_H

#include "lib/fib_pub.h"
#include "lib/vty_show.h"

/** Installs the commands; *pub is the daemon's publisher, read at each command. */
void fib_vty_init(struct fib_pub *const *pub, msec_t (*now)(void));

/** "l2mc0 -> multicast 7/12 (peer 5), unicast 7/3": readable value; buf is returned. */
const char *fib_value_str(enum fib_table table, const union fib_value *value, char *buf,
			  size_t size);

/** {"status": "installed", "generation": 7, "text": "..."} of an object; NULL: there is none.
 *  Belongs into every answer about something that must reach forwarding. */
json_object *fib_status_json(const struct fib_pub *pub, const struct fib_key *key);
/** "installed", "failed: no such interface", "-": there is no object; buf is returned. */
const char *fib_status_str(const struct fib_pub *pub, const struct fib_key *key, char *buf,
			   size_t size);

json_object *fib_key_json(const struct fib_key *key);
json_object *fib_value_json(enum fib_table table, const union fib_value *value);
json_object *fib_activity_json(const struct fib_activity *a);
json_object *fib_object_json(const struct fib_pub *pub, const struct fib_object_info *info,
			     bool detail);
json_object *fib_consumer_json(const struct fib_consumer_info *i, msec_t now);
json_object *fib_stats_json(const struct fib_pub *pub);
/** Names of the tables in a bit mask. */
json_object *fib_tables_json(uint32_t tables);
const char *fib_tables_str(uint32_t tables, char *buf, size_t size);

#endif
