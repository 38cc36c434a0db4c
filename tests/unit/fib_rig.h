/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fib_rig.h - a publisher of mcfib/1 and scripted consumers, on a virtual clock.
 */
#ifndef MCAST_TESTS_FIB_RIG_H
#define MCAST_TESTS_FIB_RIG_H

#include "lib/base.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/fib_pub.h"

#define EPOCH 77
#define PEERS 4

/** One scripted consumer; its number is its transport address and its instance UUID. */
struct peer {
	struct fib_route route;
	struct fib_hello hello;
	uint64_t seq;
};

struct news {
	unsigned int n; /* reports */
	struct fib_key key;
	uint64_t generation;
	enum fib_install state;
	char text[FIB_TEXT_LEN];
};

extern struct fib_pub *pub;
extern struct fib_pub_params params;
extern struct peer peers[PEERS];
extern struct news news;
extern msec_t now;
extern unsigned int ups, downs, activities, slows;
extern char down_reason[FIB_TEXT_LEN];

/** tcase fixtures */
void rig_setup(void);
void rig_teardown(void);

/** A message of the consumer; *m is freed. */
void say(int peer, struct fib_msg m);
void say_hello(int peer);
void say_ack(int peer, uint64_t seq);
void say_status(int peer, const struct fib_key *key, uint64_t generation, enum fib_result result,
		const char *text);

/** The next message of the publisher must be of this type and for this peer. */
struct fib_msg hear(int peer, enum fib_msg_type type);
/** Nothing may be waiting. */
void hear_nothing(void);
/** Takes and acknowledges all there is for everybody; number of operations. */
size_t hear_all(void);
/** Hello, and everything up to the last SnapshotEnd. */
void go_live(int peer);
void expect_bye(int peer, enum fib_bye_code code);

/** A flow whose n-th branch has session ID `first` + n. */
uint64_t set_flow(int n, uint16_t first, size_t branches);
struct fib_key flow_key(int n);
void set_tunnel(uint16_t id);
void set_session(uint16_t tunnel, uint16_t id, bool unicast);
enum fib_install state_of(const struct fib_key *key);
struct fib_consumer_info info_of(int peer); /* name NULL: no session */

#endif
