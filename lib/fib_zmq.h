/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fib_zmq.h - mcfib/1 over ZeroMQ: the sockets of both sides.
 *
 * No event loop in here: a caller that uses poll() asks for the fd, libfrr's loop is connected
 * by zmq_loop.[ch].  ZMQ_FD is edge triggered: after every send and receive call
 * fib_zmq_events() again until it says nothing is left (design/fib.md 2.10).
 */
#ifndef MCAST_FIB_ZMQ_H
#define MCAST_FIB_ZMQ_H

#include "lib/bytes.h"
#include "lib/fib_pub.h"
#include "lib/fib_sub.h"

struct fib_zmq;

/** CURVE keys in Z85 (40 characters); empty: no security. */
struct fib_zmq_security {
	char server_public[41];
	char server_secret[41];		/* server side */
	char client_public[41], client_secret[41]; /* client side */
	const char *allow_file;		/* server side: one public key a line */
};

/**
 * Binds a ROUTER (daemon) to ipc://PATH or tcp://ADDRESS:PORT; a stale ipc socket is replaced,
 * a live one is an error.  NULL: *error says why (constant or errno text, valid until the next
 * call).  security NULL or empty: none; the caller decides whether that is allowed.
 */
struct fib_zmq *fib_zmq_bind(const char *endpoint, const struct fib_zmq_security *security,
			     const char **error);
/** Connects a DEALER (consumer).  It connects, and reconnects, in the background. */
struct fib_zmq *fib_zmq_connect(const char *endpoint, const struct fib_zmq_security *security,
				const char **error);
void fib_zmq_close(struct fib_zmq *z);

int fib_zmq_fd(const struct fib_zmq *z);
/** ZMQ_POLLIN, ZMQ_POLLOUT bits as they are now. */
int fib_zmq_events(struct fib_zmq *z);

/** Moves what can be moved between the socket and the engine, at most `budget` messages each
 *  way; true if more is left.  Decoding errors go to fib_pub_garbage()/fib_sub_garbage(). */
bool fib_zmq_serve(struct fib_zmq *z, struct fib_pub *pub, msec_t now, unsigned int budget);
bool fib_zmq_consume(struct fib_zmq *z, struct fib_sub *sub, msec_t now, unsigned int budget);

/* The two halves of fib_zmq_consume(), for consumers that look at the messages themselves. */

enum fib_zmq_received { FIB_ZMQ_NOTHING, FIB_ZMQ_MESSAGE, FIB_ZMQ_GARBAGE };

/** MESSAGE: *m is the caller's (fib_msg_free()).  GARBAGE: *why says what is wrong. */
enum fib_zmq_received fib_zmq_receive(struct fib_zmq *z, struct fib_msg *m, const char **why);
/** Sends up to `budget` messages of the engine; number sent. */
unsigned int fib_zmq_answer(struct fib_zmq *z, struct fib_sub *sub, msec_t now,
			    unsigned int budget);

/** True if the libzmq in use can do CURVE. */
bool fib_zmq_has_curve(void);

#endif
