/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fib_pub.h - the daemon's side of mcfib/1: objects in, per-consumer streams out.
 *
 * An engine: no sockets, no protobuf.  The set of live objects is the only queue: a consumer
 * that is slow or absent costs one dirty mark per live object, never a copy; the last state of
 * an object wins (design/fib.md rules 1 to 5).  Messages go out when the transport asks.
 */
#ifndef MCAST_FIB_PUB_H
#define MCAST_FIB_PUB_H

#include "lib/base.h"
#include "lib/bytes.h"
#include "lib/fib_types.h"

struct fib_pub;
struct fib_consumer;

#define FIB_ROUTE_LEN 64 /* octets of a transport's address of a consumer */

/** Whom a message is for: what the transport calls the peer (ZeroMQ routing id). */
struct fib_route {
	uint8_t len;
	uint8_t id[FIB_ROUTE_LEN];
};

struct fib_pub_params {
	char software[FIB_NAME_LEN];
	uint32_t heartbeat_ms, liveness; /* 1000, 3 */
	uint32_t hold_on_loss_s;	 /* told to consumers; 0: for ever */
	uint32_t activity_ms;		 /* 10000; 0: none wanted */
	uint32_t stall_ms;		 /* 30000: no ack progress and no sign of life: drop */
	uint32_t journal_size;		 /* operations kept for resuming: 65536 */
	bool require_all; /* an object counts as installed only if every primary consumer has it;
			   * otherwise one is enough */
};

void fib_pub_params_default(struct fib_pub_params *p);

/** The state of an object over all consumers, as an operator sees it. */
enum fib_install {
	FIB_STATE_PENDING,
	FIB_STATE_INSTALLED,
	FIB_STATE_FAILED,
	FIB_STATE_UNSUPPORTED,
	FIB_STATE_STALE, /* an earlier generation is installed */
};

struct fib_pub_ops {
	/** The overall state of an object's present generation changed. */
	void (*installed)(void *ctx, const struct fib_key *key, uint64_t generation,
			  enum fib_install state, const char *text);
	/** A primary consumer reports activity. */
	void (*activity)(void *ctx, const struct fib_consumer *c, const struct fib_activity *a);
	/** A consumer came (up) or went. */
	void (*consumer)(void *ctx, const struct fib_consumer *c, bool up, const char *reason);
	/** A consumer has work and has made no progress since then; once a minute. */
	void (*slow)(void *ctx, const struct fib_consumer *c, msec_t since);
};

/** epoch: a number no earlier run of the daemon used. */
struct fib_pub *fib_pub_new(const struct fib_pub_params *p, const struct fib_pub_ops *ops, void *ctx,
			    uint64_t epoch, msec_t now);
void fib_pub_free(struct fib_pub *pub);
void fib_pub_set_params(struct fib_pub *pub, const struct fib_pub_params *p);

/* ---------------------------------------------------------------- objects */

/**
 * The object is now so; made if it did not exist.  Takes over what *value owns.  Returns the
 * generation; an equal value keeps the old one and sends nothing.
 */
uint64_t fib_pub_set(struct fib_pub *pub, const struct fib_key *key, union fib_value *value);
/** The object is gone; no error if there was none. */
void fib_pub_del(struct fib_pub *pub, const struct fib_key *key);
/** Configuration is complete: consumers may sweep what no snapshot mentioned. */
void fib_pub_complete(struct fib_pub *pub);

struct fib_object_info {
	struct fib_key key;
	uint64_t generation;
	const union fib_value *value; /* borrowed */
	enum fib_install state;
	char text[FIB_TEXT_LEN]; /* of the last failure */
	struct fib_activity activity; /* last report of a primary consumer */
};

bool fib_pub_lookup(const struct fib_pub *pub, const struct fib_key *key,
		    struct fib_object_info *info);
size_t fib_pub_count(const struct fib_pub *pub, enum fib_table table);
/** Calls fn for each object of a table; it may not change the set. */
void fib_pub_walk(const struct fib_pub *pub, enum fib_table table,
		  void (*fn)(void *arg, const struct fib_object_info *info), void *arg);

/* ---------------------------------------------------------------- transport */

/** A message from a consumer; stays the caller's. */
void fib_pub_input(struct fib_pub *pub, const struct fib_route *from, const struct fib_msg *m,
		   msec_t now);
/** Something that could not be decoded came from there. */
void fib_pub_garbage(struct fib_pub *pub, const struct fib_route *from, const char *why, msec_t now);

/**
 * The next message to send, fair between consumers; false if there is none.  The caller frees
 * it (fib_msg_free()).  If the transport is full it calls fib_pub_blocked(): the content is
 * marked dirty again and nothing is offered for this consumer until fib_pub_writable().
 */
bool fib_pub_output(struct fib_pub *pub, struct fib_route *to, struct fib_msg *m, msec_t now);
void fib_pub_blocked(struct fib_pub *pub, const struct fib_route *to, const struct fib_msg *m);
void fib_pub_writable(struct fib_pub *pub);
/** The transport lost the peer. */
void fib_pub_gone(struct fib_pub *pub, const struct fib_route *peer, const char *why);

/** Heartbeats, liveness, stall detection; at fib_pub_deadline(). */
void fib_pub_run(struct fib_pub *pub, msec_t now);
msec_t fib_pub_deadline(const struct fib_pub *pub);
/** Says Bye SHUTDOWN to all; send what fib_pub_output() gives, then free. */
void fib_pub_bye(struct fib_pub *pub, msec_t now);
/** Ends one consumer's session (name) or all (NULL) with Bye RESYNC; number of sessions. */
unsigned int fib_pub_clear(struct fib_pub *pub, const char *name, msec_t now);

/* ---------------------------------------------------------------- what operators want to see */

struct fib_consumer_info {
	const char *name, *software;
	enum fib_role role;
	const char *state; /* "snapshot", "live" */
	struct fib_capabilities capabilities;
	uint32_t tables;
	msec_t since;
	uint64_t session_id, tx_seq, acked_seq;
	size_t dirty; /* objects waiting to be sent */
	bool slow, blocked;
	uint32_t rtt_ms;
	uint64_t tx_updates, tx_ops, installs, failures, requeued;
	char last_error[FIB_TEXT_LEN];
};

void fib_consumer_info(const struct fib_consumer *c, struct fib_consumer_info *info);
void fib_pub_consumers(const struct fib_pub *pub,
		       void (*fn)(void *arg, const struct fib_consumer *c), void *arg);
/** Status of one object at one consumer, for `show fib entry`: "installed (7)", "pending". */
enum fib_install fib_consumer_status(const struct fib_consumer *c, const struct fib_key *key,
				     uint64_t *generation, const char **text);

struct fib_pub_stats {
	uint64_t hellos, refused, resumes, snapshots, garbage, stale_status, sets, unchanged, deletes,
		drops_liveness, drops_stall;
};
const struct fib_pub_stats *fib_pub_stats(const struct fib_pub *pub);
/** True if at least one primary consumer with these tables (bit mask) is live. */
bool fib_pub_has_primary(const struct fib_pub *pub, uint32_t tables);
const char *fib_install_name(enum fib_install state); /**< "pending", ... "stale" */

#endif
