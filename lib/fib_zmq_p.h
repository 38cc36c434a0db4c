/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fib_zmq_p.h - who may connect: CURVE keys and the ZAP handler (ZeroMQ RFC 27).
 */
#ifndef MCAST_FIB_ZMQ_P_H
#define MCAST_FIB_ZMQ_P_H

#include "lib/fib_zmq.h"

DECLARE_MGROUP(FIB_ZMQ);

struct fib_zap;

/**
 * Before bind: makes the socket a CURVE server and starts the handler that admits the keys of
 * the allow file.  Without keys nothing is done.  Returns NULL, or what is wrong.
 */
const char *fib_zap_secure_server(void *context, void *socket,
				  const struct fib_zmq_security *security, struct fib_zap **zap);
const char *fib_zap_secure_client(void *socket, const struct fib_zmq_security *security);
/** After the socket has been closed, before the context ends. */
void fib_zap_stop(struct fib_zap *zap);

#endif
