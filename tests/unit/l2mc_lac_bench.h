/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l2mc_lac_bench.h - the LAC engine of RFC 4045 on a bench: what it does is written down as
 * text.
 *
 * Unicast sessions 1 .. 30 and 5000 .. 7999 are members unless they are gone.  Our multicast
 * Session IDs are 3001, 3002, ..., the LNS's 4001, ... (hexadecimal).
 */
#ifndef TESTS_L2MC_LAC_BENCH_H
#define TESTS_L2MC_LAC_BENCH_H

#include <check.h>

#include "l2mcd/l2mc_lac.h"

struct lac_bench {
	struct l2mc_lac_policy policy;
	struct l2mc_lac *lac;
	struct l2mc_lac_tunnel *t;
	msec_t now;
	char log[8192];
	uint16_t next_id;
	size_t ids;
	bool not_ready, no_ids, gone[64], at_once;
	uint64_t cookie;
};

extern struct lac_bench b;

/** Before and after each test; a test changes b.policy, then calls bench_start(). */
void bench_setup(void);
void bench_teardown(void);
/** A tunnel in which we offered AVP 80, or not. */
void bench_start(bool offered);
/** ... and in it an established multicast session 3001 with an empty list. */
void bench_established(void);

/** What happened since the last call: "MSRP 4001 3001; program 3001 v1"; a member with a
 *  priority: "program 3001 v3 1 2/1". */
const char *bench_log(void);
#define expect(text) ck_assert_str_eq(bench_log(), text)

struct l2mc_lac_stats bench_stats(void);
/** State of 3001, "-" if it is gone. */
const char *bench_state(void);

/** The LNS asks for a session; n 1: its ID is 4001. */
void bench_msrq(int n);
/** "+1 +2 -3": AVP 81 with 1 and 2, AVP 83 with 3. */
void bench_msi(uint16_t session_id, const char *text);
/** AVP 84 about a multicast session, or about a unicast session. */
void bench_priority(uint16_t session_id, uint16_t priority);
void bench_msen(uint16_t session_id, uint16_t peer_session_id);
/** Forwarding confirms a version of 3001. */
void bench_installed(uint64_t version);

#endif
