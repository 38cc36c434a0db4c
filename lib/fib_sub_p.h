/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fib_sub_p.h - inside the consumer's side of mcfib/1.
 *
 *   fib_sub.c       session with the daemon: messages in and out, timers
 *   fib_sub_table.c what is installed: snapshots, sweeping, status to be reported
 */
#ifndef MCAST_FIB_SUB_P_H
#define MCAST_FIB_SUB_P_H

#include "lib/base.h"
#include "lib/fib_sub.h"

DECLARE_MGROUP(FIB_SUB);

PREDECL_HASH(fib_sub_keys);
PREDECL_DLIST(fib_sub_rows);
PREDECL_DLIST(fib_sub_reports);

/** An installed object, or a deleted one whose Status is not sent yet. */
struct fib_sub_row {
	struct fib_sub_keys_item key_item;
	struct fib_sub_rows_item row_item;
	struct fib_sub_reports_item report_item;
	bool deleted, report;
	bool distrusted; /* to be applied again, even if its generation is known */
	uint64_t round;	 /* of the snapshot that mentioned it last: older ones are stale */
	char *text;	 /* of the last status, or NULL */
	enum fib_result result;
	uint32_t code;
	struct fib_key key;
	uint64_t generation;
};

enum fib_sub_state {
	FIB_SUB_IDLE,  /* Hello at retry_at */
	FIB_SUB_HELLO, /* sent or to be sent; the answer is awaited */
	FIB_SUB_SESSION,
	FIB_SUB_STOPPED,
};

struct fib_sub {
	struct fib_sub_params params;
	const struct fib_sub_ops *ops;
	void *ctx;
	enum fib_sub_state state;
	msec_t now, retry_at, last_rx, last_tx, activity_at, lost_at;
	unsigned int failures; /* sessions in a row that came to nothing */
	struct fib_hello_ack ack;
	uint64_t epoch, journal; /* to resume; 0: not possible */
	uint64_t tx_seq, rx_seq;
	bool hello_due, ack_due, ping_due, pong_due, bye_due;
	uint64_t pong_stamp;
	enum fib_bye_code bye_code;
	uint64_t bye_seq, bye_epoch;
	size_t activity_left; /* objects to ask for in this round of reports */

	struct fib_sub_keys_head keys;
	struct fib_sub_rows_head rows[FIB_TABLES]; /* not the deleted ones */
	struct fib_sub_reports_head reports;
	size_t stale[FIB_TABLES];
	uint64_t round;
	uint32_t begun, sweep_due, completed; /* tables of this round */
	uint64_t rx_updates, rx_ops, resyncs;
};

extern int fib_sub_row_cmp(const struct fib_sub_row *a, const struct fib_sub_row *b);
extern uint32_t fib_sub_row_hash(const struct fib_sub_row *r);

DECLARE_HASH(fib_sub_keys, struct fib_sub_row, key_item, fib_sub_row_cmp, fib_sub_row_hash);
DECLARE_DLIST(fib_sub_rows, struct fib_sub_row, row_item);
DECLARE_DLIST(fib_sub_reports, struct fib_sub_row, report_item);

void fib_sub_table_start(struct fib_sub *s);
void fib_sub_table_stop(struct fib_sub *s);
/** A full snapshot begins: everything is stale until it is mentioned. */
void fib_sub_table_round(struct fib_sub *s);
/** The session goes on where it was: the daemon wants to hear again how everything is. */
void fib_sub_table_resumed(struct fib_sub *s);
/** The next snapshot is applied even where nothing has changed. */
void fib_sub_table_distrust(struct fib_sub *s);
void fib_sub_table_op(struct fib_sub *s, const struct fib_op *op);
/** SnapshotEnd with config_complete: what was not mentioned goes. */
void fib_sub_table_end(struct fib_sub *s, enum fib_table table);
/** Removes everything: the daemon has been away for too long. */
void fib_sub_table_flush(struct fib_sub *s);
/** Fills a status report from what is to be reported; false: nothing is. */
bool fib_sub_table_report(struct fib_sub *s, struct fib_msg *m);
size_t fib_sub_table_count(const struct fib_sub *s);

#endif
