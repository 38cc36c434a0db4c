/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fib_pub_p.h - inside the publisher of mcfib/1.
 *
 *   fib_pub.c       the publisher: what comes in, timers, who gets the next message
 *   fib_object.c    objects and the journal of their changes
 *   fib_entry.c     an object as one consumer has it: what is to be sent, what it answered
 *   fib_consumer.c  sessions: Hello, resuming, end, what operators see
 *   fib_output.c    a consumer's next message, and taking one back
 *
 * Objects own their entries; a consumer's lanes only link those that are to be sent.  A deleted
 * object lives on, without value, until the consumers that have it have been told.
 */
#ifndef MCAST_FIB_PUB_P_H
#define MCAST_FIB_PUB_P_H

#include "lib/fib_pub.h"

#define FIB_MAX_CONSUMERS 64
#define FIB_MAX_STRAYS	  256 /* Byes to peers without a session; more are forgotten */
#define FIB_MAX_OPS_SIZE  (FIB_MAX_MESSAGE - 64) /* of the operations in one Update */

DECLARE_MGROUP(FIB_PUB);

PREDECL_HASH(fib_objects);
PREDECL_DLIST(fib_live);
PREDECL_DLIST(fib_news);
PREDECL_DLIST(fib_dirty);
PREDECL_DLIST(fib_consumers);
PREDECL_DLIST(fib_strays);

/*
 * The order of service.  Nothing refers to replications and flows, so their deletions need not
 * wait: one lane, first come first served.
 */
enum fib_lane {
	FIB_LANE_TUNNELS,
	FIB_LANE_SESSIONS,
	FIB_LANE_USERS, /* replications and flows, changed or deleted */
	FIB_LANE_SESSIONS_GONE,
	FIB_LANE_TUNNELS_GONE,
	FIB_LANES,
};

struct fib_entry;

struct fib_object {
	struct fib_objects_item item;
	struct fib_live_item live_item;
	struct fib_news_item news_item;
	bool live, in_news;
	enum fib_install state, reported;
	struct fib_key key;
	uint64_t generation, reported_generation;
	union fib_value value;
	size_t op_size;
	struct fib_activity *activity; /* NULL: none reported */
	struct fib_entry *entries;     /* one per consumer that wants the table */
};

struct fib_entry {
	struct fib_dirty_item item;
	struct fib_object *object;
	struct fib_consumer *consumer;
	struct fib_entry *next;	    /* of the object */
	uint64_t known;		    /* generation sent last; 0: the consumer does not have it */
	uint64_t status_generation; /* that result is about */
	char *text;		    /* of the failure, or NULL */
	uint8_t result;		    /* enum fib_result; 0: none yet */
	uint8_t lane;
	bool dirty;
	bool awaited;  /* the table's SnapshotEnd has to wait for it */
	bool withheld; /* more than the consumer can do: not sent, or taken back */
};

struct fib_consumer {
	struct fib_consumers_item item;
	struct fib_pub *pub;
	struct fib_route route;
	struct fib_hello hello;
	uint32_t tables, max_batch, window, heartbeat_ms, liveness;
	uint64_t session_id;
	msec_t slow_at; /* when its owner was told last */
	msec_t since, last_rx, last_tx, progress_at; /* progress: an Ack that says something new */
	bool hello_ack_due, resume, ping_due, pong_due, blocked, slow, busy;
	uint64_t pong_stamp, ping_stamp;
	uint64_t tx_seq, data_seq, acked_seq; /* data: last that takes work: Update, Begin, End */
	uint64_t journal;      /* all changes up to here have been sent; 0: not known */
	uint32_t begun, ended; /* tables (bit masks) */
	uint32_t end_due;      /* SnapshotEnd wanted, when awaited[] is 0 */
	size_t awaited[FIB_TABLES];
	size_t known[FIB_TABLES]; /* objects it has */
	struct fib_dirty_head lanes[FIB_LANES];
	size_t n_dirty;
	uint32_t rtt_ms;
	uint64_t tx_updates, tx_ops, installs, failures, requeued;
	char last_error[FIB_TEXT_LEN];
};

/** A Bye for somebody who is no consumer, or not any longer. */
struct fib_stray {
	struct fib_strays_item item;
	struct fib_route route;
	uint64_t seq;
	enum fib_bye_code code;
	char text[FIB_TEXT_LEN];
};

struct fib_pub {
	struct fib_pub_params params;
	const struct fib_pub_ops *ops;
	void *ctx;
	uint64_t epoch, generation, last_session_id;
	msec_t now;
	bool complete, stopping;
	struct fib_objects_head objects; /* deleted ones included */
	struct fib_live_head live[FIB_TABLES];
	struct fib_news_head news; /* objects whose state is to be reported */
	struct fib_consumers_head consumers;
	struct fib_strays_head strays;
	struct fib_key *ring;
	uint64_t ring_first, ring_last; /* positions in the journal; first > last: empty */
	struct fib_pub_stats stats;
};

extern int fib_object_cmp(const struct fib_object *a, const struct fib_object *b);
extern uint32_t fib_object_hash(const struct fib_object *o);

DECLARE_HASH(fib_objects, struct fib_object, item, fib_object_cmp, fib_object_hash);
DECLARE_DLIST(fib_live, struct fib_object, live_item);
DECLARE_DLIST(fib_news, struct fib_object, news_item);
DECLARE_DLIST(fib_dirty, struct fib_entry, item);
DECLARE_DLIST(fib_consumers, struct fib_consumer, item);
DECLARE_DLIST(fib_strays, struct fib_stray, item);

/* fib_object.c */
void fib_objects_start(struct fib_pub *pub);
void fib_objects_stop(struct fib_pub *pub);
struct fib_object *fib_object_find(const struct fib_pub *pub, const struct fib_key *key);
/** Finds or makes; a new one counts as deleted, with this generation. */
struct fib_object *fib_object_tombstone(struct fib_pub *pub, const struct fib_key *key,
					uint64_t generation);
/** Frees a deleted object that no consumer has any longer. */
void fib_object_release(struct fib_pub *pub, struct fib_object *o);
/** Works out the state over all consumers; a change is reported by fib_news_flush(). */
void fib_object_review(struct fib_pub *pub, struct fib_object *o);
void fib_object_activity(struct fib_object *o, const struct fib_activity *a);
void fib_news_flush(struct fib_pub *pub);
void fib_journal_resize(struct fib_pub *pub);
/** Nobody can resume what came before. */
void fib_journal_break(struct fib_pub *pub);
/** The key changed at a position of the journal. */
static inline const struct fib_key *fib_journal_at(const struct fib_pub *pub, uint64_t position)
{
	return &pub->ring[position % pub->params.journal_size];
}

/* fib_entry.c */
struct fib_entry *fib_entry_find(const struct fib_object *o, const struct fib_consumer *c);
struct fib_entry *fib_entry_make(struct fib_object *o, struct fib_consumer *c);
/** Unlinks and frees; the object stays even if it is deleted and this was its last entry. */
void fib_entry_free(struct fib_entry *e);
/** The object is new or has changed: send it, or say why not. */
void fib_entry_offer(struct fib_entry *e);
/** What was sent did not go out: send it first of all. */
void fib_entry_requeue(struct fib_entry *e);
/** True if what is to be sent is a deletion. */
bool fib_entry_deletes(const struct fib_entry *e);
void fib_entry_mark(struct fib_entry *e);
void fib_entry_clean(struct fib_entry *e);
void fib_entry_await(struct fib_entry *e);
void fib_entry_set_known(struct fib_entry *e, uint64_t generation);
enum fib_install fib_entry_state(const struct fib_entry *e);
void fib_entry_status(struct fib_entry *e, const struct fib_status *st);

/* fib_consumer.c */
void fib_hello_input(struct fib_pub *pub, const struct fib_route *from, const struct fib_msg *m);
struct fib_consumer *fib_consumer_at(struct fib_pub *pub, const struct fib_route *route);
/** Ends the session; bye 0: without a word. */
void fib_consumer_end(struct fib_consumer *c, enum fib_bye_code bye, const char *reason);
void fib_bye_to(struct fib_pub *pub, const struct fib_route *to, uint64_t seq,
		enum fib_bye_code code, const char *text);
bool fib_stray_output(struct fib_pub *pub, struct fib_route *to, struct fib_msg *m);
/** Starts a table's snapshot: everything in it is to be sent. */
void fib_consumer_begin(struct fib_consumer *c, enum fib_table table);
/** SnapshotEnd for these tables, once what is waiting now has been sent. */
void fib_consumer_end_tables(struct fib_consumer *c, uint32_t tables);
bool fib_consumer_busy(const struct fib_consumer *c);
void fib_consumer_ack(struct fib_consumer *c, uint64_t seq);

/* fib_output.c */
bool fib_consumer_output(struct fib_consumer *c, struct fib_msg *m);
void fib_consumer_blocked(struct fib_consumer *c, const struct fib_msg *m);

#endif
