/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench_lns.h - an LNS engine with subscribers that zap: each event leaves one group and joins
 * another.  The LACs always agree, at once.
 */
#ifndef TESTS_BENCH_LNS_H
#define TESTS_BENCH_LNS_H

#include "l2mcd/l2mc_lns.h"
#include "lib/fib_pub.h"

#define BENCH_TUNNELS	 64
#define BENCH_USERS	 65536
#define BENCH_PER_TUNNEL 1000
#define BENCH_REPLIES	 4096
#define BENCH_DIRTY	 4096

struct bench {
	struct l2mc_lns *lns;
	struct twheel wheel;
	struct l2mc_tunnel *tunnels[BENCH_TUNNELS];
	struct l2mc_user *users[BENCH_USERS];
	uint16_t watching[BENCH_USERS]; /* UINT16_MAX: nothing */
	size_t n_users;
	unsigned int groups;
	uint16_t next_id;
	msec_t now;
	/* what a LAC answers, and what it has received */
	struct reply {
		struct l2mc_tunnel *t;
		enum l2tp_msg_type type;
		uint16_t session_id, n_sids;
		uint64_t cookie;
		struct l2tp_sid_op sids[2 * L2TP_MAX_SIDS_PER_AVP];
	} * replies;
	size_t n_replies;
	struct l2mc_flow *dirty[BENCH_DIRTY];
	size_t n_dirty;
	uint64_t copies, flows_built, lists_sent, list_entries;
	struct fib_pub *pub; /* NULL: objects are built, and go nowhere */
};

/** Subscribers in tunnels of per_tunnel; nobody watches anything yet. */
struct bench *bench_new(size_t n_users, size_t per_tunnel, unsigned int groups);
void bench_free(struct bench *b);
/** The subscriber changes to this group; UINT16_MAX: to none. */
void bench_watch(struct bench *b, size_t user, uint16_t group);
/** ... to another one, at random. */
void bench_zap(struct bench *b, size_t user);
/** Everything the events cause, until nothing moves any more. */
void bench_settle(struct bench *b);
/** A subscriber after the other, all change once. */
void bench_zap_all(struct bench *b);
/** Reports per second (two for each change of a random subscriber). */
double bench_events_per_s(struct bench *b, unsigned int reports);

#endif
