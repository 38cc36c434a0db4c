/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l2mc_lab.h - the LNS engine of RFC 4045 on a bench: what it sends is read as text, what it
 * forwards is asked per packet, and a LAC that answers everything can be switched on.
 *
 * Session IDs: the LNS's multicast sessions are 4001, 4002, ... (hexadecimal), the LAC's the
 * same with 3 in front; user n has the LAC's ID n.
 */
#ifndef TESTS_L2MC_LAB_H
#define TESTS_L2MC_LAB_H

#include <check.h>

#include "l2mcd/l2mc_lns.h"

#define LAB_USERS   32
#define LAB_TUNNELS 2

struct lab {
	struct twheel wheel;
	msec_t now;
	struct l2mc_policy policy;
	struct l2mc_lns *lns;
	struct l2mc_tunnel *t[LAB_TUNNELS + 1]; /* 1, 2 */
	struct l2mc_user *u[LAB_USERS + 1];
	uint16_t next_id;
	size_t ids;	    /* reserved, not released */
	char out[4096];	    /* what was sent since lab_sent() */
	char upstream[512]; /* last record announced */
	struct lab_msg *queue;
	size_t n_queue, n_flows;
	struct lab_flow {
		struct l2mc_flow *flow;
		bool told; /* of a change since its copies were asked for */
		char copies[512];
	} flows[64];
};

/** Policy defaults, changed by tests before lab_start(). */
void lab_init(struct lab *lab);
/** Tunnel 1 and users 1 .. n_users in it. */
void lab_start(struct lab *lab, int n_users);
void lab_tunnel(struct lab *lab, int tunnel, bool capable);
void lab_user(struct lab *lab, int tunnel, int user);
void lab_fini(struct lab *lab);

/** The user's state is "in S1 S2", "ex", "ex S1" or "-"; sources 192.0.2.n, groups 232.1.1.n
 *  (n < 100), or ff3e::n (n >= 100) with sources 2001:db8::n. */
void lab_report(struct lab *lab, int user, int group, const char *state);
struct addr lab_group(int group);
struct addr lab_source(int group, int source);

void lab_flush(struct lab *lab);
/** Time passes; timers fire, updates are flushed. */
void lab_wait(struct lab *lab, msec_t ms);

/** What was sent since the last call, as "MSRQ 4001", "MSI 3001 NOS 1 2 WOS 3",
 *  "MSI 3001 P2" (AVP 84), "MSEN 3001 4001 3", "MSEN 3001 4001 2/6"; separated by "; ". */
const char *lab_sent(struct lab *lab);
#define lab_expect(lab, text) ck_assert_str_eq(lab_sent(lab), text)

/** The LAC answers: ids are the numbers of multicast sessions (1: 4001). */
void lab_msrp(struct lab *lab, int session);
void lab_mse(struct lab *lab, int session);
void lab_nosa(struct lab *lab, int session, const char *ids);
void lab_msen(struct lab *lab, int session, uint16_t result);
void lab_input(struct lab *lab, int tunnel, const struct l2tp_msg *m,
	       const struct l2tp_fault *fault);
/** The transport acknowledges everything that was sent. */
void lab_ack(struct lab *lab);
/** The LAC accepts and acknowledges everything until nothing is left to say. */
void lab_settle(struct lab *lab);

/** Copies of a packet: "m4001 u3 u7"; source 0: one nobody has named.  Checks that a change
 *  since the last time was told. */
const char *lab_copies(struct lab *lab, int group, int source);
#define lab_expect_copies(lab, group, source, text) \
	ck_assert_str_eq(lab_copies(lab, group, source), text)

/** Forwarding has carried so many packets of the flow; source 0: of all others. */
void lab_traffic(struct lab *lab, int group, int source, uint64_t packets);

/** Merged record of a tunnel: "in 1 2", "ex", "-". */
const char *lab_record(struct lab *lab, int tunnel, int group);
/** Contexts of tunnel 1 for a group, in order: "*:3=4001" (whole group), "1:6=4001 2:2=threshold"
 *  (source, receivers, session or why there is none). */
const char *lab_contexts(struct lab *lab, int group);
/** State of a multicast session: "established 1 2 3" (acknowledged ones), "-" if there is none. */
const char *lab_session(struct lab *lab, int session);
bool lab_is_sequenced(struct lab *lab, int session);
struct l2mc_lns_stats lab_stats(struct lab *lab);

#endif
