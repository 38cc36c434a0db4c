/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fib_sub.h - the consumer's side of mcfib/1.
 *
 * An engine: messages and `now` go in, messages come out.  It keeps the session with one
 * daemon (Hello, heartbeats, acknowledgements, resuming), knows which objects are live, and
 * turns snapshots into plain operations: the owner sees only "this object is now so" and
 * "this object is gone".  Used by mcfibd, mcfib-recorder and any other agent.
 */
#ifndef MCAST_FIB_SUB_H
#define MCAST_FIB_SUB_H

#include "lib/fib_types.h"

struct fib_sub;

struct fib_sub_params {
	uint8_t instance_uuid[16];
	char name[FIB_NAME_LEN], software[FIB_NAME_LEN];
	enum fib_role role;
	uint32_t tables; /* bit mask */
	uint32_t max_batch, window; /* 0: defaults */
	struct fib_capabilities capabilities;
};

struct fib_sub_ops {
	/**
	 * Take over one operation.  On entry *status has key and generation and says INSTALLED
	 * (REMOVED for a deletion); change it if that is not what happened.  The value is
	 * borrowed.
	 */
	void (*apply)(void *ctx, const struct fib_op *op, struct fib_status *status);
	/** A table is complete: its snapshot has been applied and swept (config_complete). */
	void (*complete)(void *ctx, enum fib_table table);
	/** The session came up (ack) or was lost (NULL: entries stay, stale). */
	void (*session)(void *ctx, const struct fib_hello_ack *ack);
	/** Fill up to max activity entries, starting where the last call stopped; number filled. */
	size_t (*activity)(void *ctx, struct fib_activity *a, size_t max);
};

/** now: milliseconds on any monotonic clock, the same in all calls. */
struct fib_sub *fib_sub_new(const struct fib_sub_params *params, const struct fib_sub_ops *ops,
			    void *ctx, int64_t now);

/** Frees the session; apply() is not called, what is installed stays installed. */
void fib_sub_free(struct fib_sub *s);

/** A message arrived.  It stays the caller's. */
void fib_sub_input(struct fib_sub *s, const struct fib_msg *m, int64_t now);

/** A message could not be decoded: the session is ended with Bye PROTOCOL. */
void fib_sub_garbage(struct fib_sub *s, int64_t now);

/** The next message to send; false if there is none.  The caller frees it (fib_msg_free()). */
bool fib_sub_output(struct fib_sub *s, struct fib_msg *m, int64_t now);

/**
 * What became of an installed object later on: an interface appeared, a next hop was lost.
 * Reported if the generation is the object's present one.
 */
void fib_sub_status(struct fib_sub *s, const struct fib_status *status);

/** Timers: hello retry, heartbeat, liveness, activity, hold-on-loss. */
void fib_sub_run(struct fib_sub *s, int64_t now);

/** When to call fib_sub_run() next; INT64_MAX: never. */
int64_t fib_sub_deadline(const struct fib_sub *s);

/** Says Bye SHUTDOWN to the daemon; send what fib_sub_output() gives, then free. */
void fib_sub_bye(struct fib_sub *s, int64_t now);

struct fib_sub_info {
	bool connected, complete;
	uint64_t epoch, session_id;
	size_t objects, stale;
	uint64_t rx_updates, rx_ops, resyncs;
};

void fib_sub_info(const struct fib_sub *s, struct fib_sub_info *info);

#endif
