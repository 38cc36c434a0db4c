/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fib_server.h - a daemon's mcfib/1 service: publisher, socket, and when a start is complete.
 *
 * The edge both daemons share.  Configuration is plain data, applied by fib_server_reconcile().
 */
#ifndef MCAST_FIB_SERVER_H
#define MCAST_FIB_SERVER_H

#include "lib/fib_pub.h"

struct fib_server;

/** fib */
struct fib_server_config {
	char endpoint[128];			    /* "": ipc in the run directory */
	char server_key_file[128], allow_file[128]; /* curve */
	bool security_none;			    /* typed: tcp without security */
	uint32_t heartbeat_ms, misses;
	uint32_t activity_ms; /* between reports of what objects carried */
	uint32_t hold_on_loss_s;
	uint32_t restart_time_s; /* after a start, old entries are kept this long */
	bool require_ack;
};

static inline void fib_server_config_default(struct fib_server_config *c)
{
	*c = (struct fib_server_config){
		.heartbeat_ms = 1000,
		.misses = 3,
		.activity_ms = 10000,
		.hold_on_loss_s = 300,
		.restart_time_s = 120,
	};
}

/** name: of the daemon, "l2mcd": software version and default endpoint.  master: libfrr's loop. */
struct fib_server *fib_server_new(void *master, const char *name, const struct fib_pub_ops *ops,
				  void *ctx);
/** Says Bye to the consumers: they keep forwarding. */
void fib_server_free(struct fib_server *s);

struct fib_pub *fib_server_pub(struct fib_server *s);

/** enabled false: nobody may connect. */
void fib_server_reconcile(struct fib_server *s, const struct fib_server_config *c, bool enabled);

/** Objects were changed: consumers hear of it at the next opportunity. */
void fib_server_kick(struct fib_server *s);

/** The endpoint consumers connect to, "": not bound; *error: why not, or NULL. */
const char *fib_server_endpoint(const struct fib_server *s, const char **error);

#endif
