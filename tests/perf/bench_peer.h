/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_peer.h - an L2TP engine that agrees to everything, in memory or on a UDP socket.
 */
#ifndef TESTS_BENCH_PEER_H
#define TESTS_BENCH_PEER_H

#include "l2mcd/l2tp_engine.h"

struct side {
	struct l2tp_engine *e;
	struct twheel wheel;
	struct endpoint address;
	unsigned int up; /* sessions */
	int fd;		 /* -1: in memory */
};

msec_t side_clock(void);
/** port 0: any; with sockets s->address tells which. */
void side_open(struct side *s, const struct addr *address, uint16_t port, bool sockets);
void side_close(struct side *s);
/** Sends what the engine has to send to the peer; in memory that is `to`.  True: it was something.
 */
bool side_push(struct side *from, struct side *to, const struct endpoint *peer);
/** Reads what has come from the peer. */
void side_pull(struct side *s, const struct endpoint *peer);

#endif
