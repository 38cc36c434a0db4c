/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l2mc_world.h - the world around the LNS engine as test_l2mc_oracle.c makes it: users, LACs,
 * and the messages between them.  It knows nothing but what users want and which messages went
 * back and forth.  One test, one world: it is global.
 */
#ifndef TESTS_L2MC_WORLD_H
#define TESTS_L2MC_WORLD_H

#include <check.h>

#include "l2mcd/l2mc_lns_p.h"

enum {
	TUNNELS = 3,
	USERS = 24,
	GROUPS = 6,
	SOURCES = 5,
	IDS = 40,
	GENERATIONS = 8
};
#define ANY	  SOURCES /* the flow of all other sources */
#define LAC_IDS	  (32 * GENERATIONS)
#define INCAPABLE 2 /* this tunnel's LAC sent no AVP 80 */
/* libcheck writes a record for every assertion that holds: only tell it of one that does not */
#define must(cond)                                                                           \
	do {                                                                                 \
		if (!(cond))                                                                 \
			ck_abort_msg("%s (seed %" PRIu64 ", event %u)", #cond, w.first_seed, \
				     w.events);                                              \
	} while (0)

struct filter {
	bool exclude;
	uint8_t mask;
};

struct copies {
	bool live, dirty;
	struct l2mc_flow *flow;
	uint32_t users;	       /* unicast, by user */
	uint64_t ids[TUNNELS]; /* multicast sessions, by our Session ID */
};

/* A multicast session as the messages show it. */
struct session {
	bool used, at_lac;
	uint16_t peer_id;
	bool listed[LAC_IDS], acked[LAC_IDS], withdrawn[LAC_IDS]; /* LNS */
	msec_t withdrawn_at[LAC_IDS];
	bool osl[LAC_IDS], due[LAC_IDS]; /* LAC */
	uint8_t priority;		 /* LAC: global */
};

struct item {
	struct l2tp_msg m;
	struct l2tp_sid_op ops[2 * LAC_IDS];
	uint64_t cookie; /* of an acknowledgement, if type is ZLB */
	struct item *next;
};

struct queue {
	struct item *first, **last;
};

struct user {
	struct l2mc_user *u; /* NULL: down */
	int tunnel;
	unsigned int generation;
	bool v4, v6, sender[GROUPS];
	bool has_priority, at_lac; /* of its own; the LAC has heard one */
	uint8_t priority, lac_priority;
	struct filter f[GROUPS];
};
struct world {
	uint64_t seed, first_seed;
	unsigned int events;
	unsigned int touched; /* groups, in this event */
	struct twheel wheel;
	msec_t now;
	struct l2mc_lns *lns;
	struct l2mc_policy policy;
	struct l2mc_tunnel *t[TUNNELS];
	struct user user[USERS];
	struct copies copies[GROUPS][SOURCES + 1];
	struct filter upstream[GROUPS];
	struct session session[TUNNELS][IDS + 1];
	struct queue to_lac[TUNNELS], to_lns[TUNNELS];
	unsigned int last_peer_id;
	bool polite; /* the LAC does what it should */
};

extern struct world w;

/** Below n. */
unsigned int rnd(unsigned int n);

struct addr group_addr(int g);
struct addr source_addr(int s);
int group_index(const struct addr *a);
struct filter to_mask(const struct gmp_filter *f);
int tunnel_index(const struct l2mc_tunnel *t);
/** The LAC's Session ID of a user. */
uint16_t lac_id(int u);

void start(void);
/** All tunnels end; nothing may be left. */
void finish(void);
void pass_time(msec_t ms);

/** The LAC is ready to replicate to what is due; all: or to a part of it. */
void lac_acknowledge(int t, int id, bool all);
/** The user gets a priority of its own, or none. */
void user_priority(int u, bool set, uint8_t priority);
/** The LAC ends a multicast session, if it has it. */
void lac_msen(int t, int id);
/** One message arrives; false: there is none. */
bool lac_receive(int t);
bool lns_receive(int t);

void report(int u, int g, struct filter f);
void user_up(int u);
void user_down(int u);
void tunnel_restart(int t);

#endif
