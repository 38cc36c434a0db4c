// SPDX-License-Identifier: GPL-2.0-or-later
/* The session state table, its negotiation and its end, against a peer that speaks octets. */
#include "tests/unit/ldp_rig.h"

#include <stdio.h>
#include <stdlib.h>

#include "mplsmc/ldp_fsm.h"

/* ---------------------------------------------------------------- the state table */

/* What the tables of RFC 5036 2.5.4 and the catalogue say, row by row. */
static const struct {
	const char *id;
	enum ldp_session_state state;
	enum ldp_event event;
	enum ldp_action action;
	enum ldp_session_state next;
} rows[] = {
	{"F-LDP-1", LDP_INITIALIZED, LDP_E_ACTIVE, LDP_A_INIT, LDP_OPENSENT},
	{"F-LDP-2", LDP_INITIALIZED, LDP_E_INIT, LDP_A_INIT_KEEPALIVE, LDP_OPENREC},
	{"F-LDP-3", LDP_INITIALIZED, LDP_E_INIT_BAD, LDP_A_NAK, LDP_NONEXISTENT},
	{"F-LDP-3", LDP_INITIALIZED, LDP_E_KEEPALIVE, LDP_A_NAK, LDP_NONEXISTENT},
	{"F-LDP-3", LDP_INITIALIZED, LDP_E_SHUTDOWN, LDP_A_NAK, LDP_NONEXISTENT},
	{"F-LDP-3", LDP_INITIALIZED, LDP_E_MESSAGE, LDP_A_NAK, LDP_NONEXISTENT},
	{"F-LDP-4", LDP_OPENREC, LDP_E_KEEPALIVE, LDP_A_UP, LDP_OPERATIONAL},
	{"F-LDP-5", LDP_OPENREC, LDP_E_INIT, LDP_A_NAK, LDP_NONEXISTENT},
	{"F-LDP-5", LDP_OPENREC, LDP_E_INIT_BAD, LDP_A_NAK, LDP_NONEXISTENT},
	{"F-LDP-5", LDP_OPENREC, LDP_E_SHUTDOWN, LDP_A_NAK, LDP_NONEXISTENT},
	{"F-LDP-5", LDP_OPENREC, LDP_E_MESSAGE, LDP_A_NAK, LDP_NONEXISTENT},
	{"F-LDP-6", LDP_OPENSENT, LDP_E_INIT, LDP_A_KEEPALIVE, LDP_OPENREC},
	{"F-LDP-7", LDP_OPENSENT, LDP_E_INIT_BAD, LDP_A_NAK, LDP_NONEXISTENT},
	{"F-LDP-7", LDP_OPENSENT, LDP_E_KEEPALIVE, LDP_A_NAK, LDP_NONEXISTENT},
	{"F-LDP-7", LDP_OPENSENT, LDP_E_SHUTDOWN, LDP_A_NAK, LDP_NONEXISTENT},
	{"F-LDP-7", LDP_OPENSENT, LDP_E_MESSAGE, LDP_A_NAK, LDP_NONEXISTENT},
	{"F-LDP-8", LDP_OPERATIONAL, LDP_E_SHUTDOWN, LDP_A_NAK, LDP_NONEXISTENT},
	{"F-LDP-9", LDP_OPERATIONAL, LDP_E_MESSAGE, LDP_A_PROCESS, LDP_OPERATIONAL},
	{"F-LDP-9", LDP_OPERATIONAL, LDP_E_KEEPALIVE, LDP_A_NONE, LDP_OPERATIONAL},
	{"F-LDP-10", LDP_OPERATIONAL, LDP_E_TIMEOUT, LDP_A_NAK, LDP_NONEXISTENT},
};

START_TEST(the_table_has_the_rows_of_the_rfc)
{
	struct ldp_fsm_row row = ldp_fsm_row(rows[_i].state, rows[_i].event);

	ck_assert_str_eq(ldp_action_name(row.action), ldp_action_name(rows[_i].action));
	ck_assert_int_eq(row.next, rows[_i].next);
}
END_TEST

START_TEST(the_table_is_total)
{
	for (unsigned int s = 0; s < LDP_SESSION_STATES; s++)
		for (unsigned int ev = 0; ev < LDP_EVENTS; ev++) {
			struct ldp_fsm_row row = ldp_fsm_row(s, ev);

			ck_assert_uint_lt(row.next, LDP_SESSION_STATES);
			if (row.action == LDP_A_IGNORE)
				ck_assert_uint_eq(row.next, s);
			/* what closes the connection ends where there is none, and nothing else */
			ck_assert_int_eq(row.action == LDP_A_NAK || row.action == LDP_A_CLEAN_UP,
					 row.next == LDP_NONEXISTENT && row.action != LDP_A_IGNORE);
			ck_assert_uint_gt(strlen(ldp_event_name(ev)), 0);
			ck_assert_uint_gt(strlen(ldp_action_name(row.action)), 0);
		}
	ck_assert_str_eq(ldp_session_state_name(LDP_SESSION_STATES), "unknown");
}
END_TEST

/* ---------------------------------------------------------------- states and events for real */

static void be(struct rig *r, const char *event)
{
	if (!strcmp(event, "init"))
		rig_say(r, LDP_INIT, RIG_INIT RIG_CAPS);
	else if (!strcmp(event, "bad init")) /* KeepAlive time 0 */
		rig_say(r, LDP_INIT, RIG_SESSION("0000", "1000"));
	else if (!strcmp(event, "keepalive"))
		rig_say(r, LDP_KEEPALIVE, "");
	else if (!strcmp(event, "shutdown"))
		rig_notify(r, 0x8000000a);
	else if (!strcmp(event, "advice"))
		rig_notify(r, 0x0000000c);
	else if (!strcmp(event, "mapping")) /* 10.0.0.1, generic LSP 42 */
		rig_say(r, LDP_LABEL_MAPPING,
			"0100 0011 06 0001 04 0a000001 0007 0100040000002a 0200 0004 000003e9");
	else if (!strcmp(event, "unknown"))
		rig_say(r, 0x3f01, "");
	else if (!strcmp(event, "unknown U"))
		rig_say(r, 0xbf01, "");
	else if (!strcmp(event, "fault"))
		rig_octets(r, "0001 000d 0a000002 0000");
	else if (!strcmp(event, "clear"))
		ldp_session_clear(r->s, r->now);
	else
		ck_abort_msg("%s", event);
}

#define STATES 6 /* openrec and operational in both roles */
static const struct {
	const char *name;
	enum ldp_session_state state;
	bool active;
} states[STATES] = {
	{"initialized", LDP_INITIALIZED, false},
	{"opensent", LDP_OPENSENT, true},
	{"openrec, passive", LDP_OPENREC, false},
	{"openrec, active", LDP_OPENREC, true},
	{"operational, passive", LDP_OPERATIONAL, false},
	{"operational, active", LDP_OPERATIONAL, true},
};

/*
 * What is expected in these states: the message in return, then the state.  "-": nothing.
 * Everything but what is waited for is NAKed with Shutdown, U bit or not (M-5036-2.5.3-2,
 * M-5036-2.5.4-1).
 */
#define UP   "- operational"
#define DOWN "Shutdown non existent"
static const struct {
	const char *event;
	const char *after[STATES];
} product[] = {
	{"init", /* F-LDP-2, -6, -5, -9 */
	 {"Initialization openrec", "KeepAlive openrec", DOWN, DOWN, UP, UP}},
	{"bad init",
	 {"Session Rejected, Bad KeepAlive Time non existent",
	  "Session Rejected, Bad KeepAlive Time non existent", DOWN, DOWN, UP, UP}},
	{"keepalive", /* F-LDP-3, -7, -4, -9 */
	 {DOWN, DOWN, "Address operational", "Address operational", UP, UP}},
	{"shutdown", {DOWN, DOWN, DOWN, DOWN, DOWN, DOWN}}, /* F-LDP-3, -7, -5, -8 */
	{"advice", {DOWN, DOWN, DOWN, DOWN, UP, UP}},
	{"mapping", {DOWN, DOWN, DOWN, DOWN, UP, UP}},
	{"unknown",
	 {DOWN, DOWN, DOWN, DOWN, "Unknown Message Type operational",
	  "Unknown Message Type operational"}},
	{"unknown U", {DOWN, DOWN, DOWN, DOWN, UP, UP}},
	{"fault",
	 {"Bad PDU Length non existent", "Bad PDU Length non existent",
	  "Bad PDU Length non existent", "Bad PDU Length non existent",
	  "Bad PDU Length non existent", "Bad PDU Length non existent"}},
	{"clear", {DOWN, DOWN, DOWN, DOWN, DOWN, DOWN}},
};

static void expect(struct rig *r, const char *after)
{
	const char *state = ldp_session_state_name(rig_state(r));
	char text[100] = "-";

	if (r->n_got > 0 && r->got[0].type == LDP_NOTIFICATION)
		snprintf(text, sizeof(text), "%s", ldp_status_name(r->got[0].status));
	else if (r->n_got > 0)
		snprintf(text, sizeof(text), "%s", ldp_msg_name(r->got[0].type));
	strcat(text, " ");
	strcat(text, state);
	ck_assert_str_eq(text, after);
	ck_assert_int_eq(r->connected, rig_state(r) != LDP_NONEXISTENT);
}

START_TEST(every_state_takes_what_it_waits_for_and_naks_the_rest)
{
	for (unsigned int k = 0; k < STATES; k++) {
		struct rig *r = rig_new(states[k].active);

		rig_reach(r, states[k].state);
		be(r, product[_i].event);
		expect(r, product[_i].after[k]);
		ck_assert_uint_eq(r->ups - r->downs, rig_state(r) == LDP_OPERATIONAL);
		rig_free(r);
	}
}
END_TEST

/* ---------------------------------------------------------------- both roles */

START_TEST(passive_side_answers_an_initialization_with_its_own)
{
	struct rig *r = rig_new(false);
	const struct rig_got *g;

	/* M-5036-2.5.3-1, F-LDP-2, F-LDP-4 */
	rig_hello(r, 15, 0, "");
	ck_assert_uint_eq(r->connects, 0); /* M-5036-2.5.2-2: the greater address does */
	ck_assert_ptr_ne(rig_accept(r), NULL);
	ck_assert_int_eq(rig_state(r), LDP_INITIALIZED);
	rig_silent(r);
	rig_say(r, LDP_INIT, RIG_INIT);
	g = rig_next(r, LDP_INIT);
	/* version, 180 s, unsolicited, no loop detection (M-5036-2.8-1, F3353-3.7-2), 4096, receiver */
	ck_assert(rig_has(g, "0500000e 0001 00b4 00 00 1000 0a000008 0000"));
	ck_assert_uint_ne(rig_next(r, LDP_KEEPALIVE)->pdu, g->pdu);
	rig_silent(r);
	ck_assert_uint_eq(r->ups, 0);
	rig_say(r, LDP_KEEPALIVE, "");
	ck_assert_int_eq(rig_state(r), LDP_OPERATIONAL);
	ck_assert_uint_eq(r->ups, 1);
	rig_free(r);
}
END_TEST

START_TEST(active_side_connects_and_begins)
{
	struct rig *r = rig_new(true);
	struct addr to = rig_addr(RIG_LOW);

	/* M-5036-2.5.2-2, M-5036-2.5.3-1, F-LDP-1, F-LDP-6 */
	rig_hello(r, 15, 0, "");
	ck_assert_uint_eq(r->connects, 1);
	ck_assert_int_eq(addr_cmp(&r->connect_to, &to), 0);
	ck_assert_int_eq(rig_state(r), LDP_NONEXISTENT);
	ldp_session_connected(r->s, r->now);
	rig_next(r, LDP_INIT);
	rig_silent(r);
	ck_assert_int_eq(rig_state(r), LDP_OPENSENT);
	rig_say(r, LDP_INIT, RIG_INIT);
	rig_next(r, LDP_KEEPALIVE);
	rig_say(r, LDP_KEEPALIVE, "");
	ck_assert_int_eq(rig_state(r), LDP_OPERATIONAL);
	ck_assert(rig_info(r).active);
	rig_free(r);
}
END_TEST

START_TEST(the_transport_address_of_the_hello_counts_not_its_source)
{
	struct rig *r = rig_new(false);
	struct addr to = rig_addr(0x01010101);

	/* M-5036-2.5.2-2: 10.0.0.8 says that it is 1.1.1.1 */
	rig_hello(r, 15, 0, "0401000401010101");
	ck_assert_uint_eq(r->connects, 1);
	ck_assert_int_eq(addr_cmp(&r->connect_to, &to), 0);
	rig_free(r);
}
END_TEST

START_TEST(no_connection_without_a_hello)
{
	struct rig *r = rig_new(false);

	/* M-5036-5.3-1 */
	ck_assert_ptr_eq(rig_accept(r), NULL);
	rig_hello(r, 15, 0, "");
	ck_assert_ptr_ne(rig_accept(r), NULL);
	rig_say(r, LDP_INIT, RIG_INIT);
	ck_assert_ptr_eq(rig_accept(r), NULL); /* a second one: see test_ldp_restart.c */
	ck_assert_uint_eq(ldp_engine_stats(r->e)->refused_connections, 1);
	rig_free(r);
	r = rig_new(true); /* for us to connect */
	rig_hello(r, 15, 0, "");
	ck_assert_ptr_eq(rig_accept(r), NULL);
	rig_free(r);
}
END_TEST

START_TEST(ttl_255_is_required_if_both_said_so)
{
	struct rig *r = rig_new(true);

	/* M-6720-2-1 */
	ck_assert_uint_eq(r->hello[22 + 2] & 0x20, 0x20); /* G in our Hello */
	rig_hello(r, 15, 0x2000, "");
	ck_assert(r->ttl255);
	ck_assert(rig_info(r).gtsm);
	rig_free(r);
	r = rig_new(true);
	rig_hello(r, 15, 0, "");
	ck_assert(!r->ttl255);
	rig_free(r);
	r = rig_new(true);
	r->params.gtsm = false;
	rig_start(r);
	ck_assert_uint_eq(r->hello[22 + 2] & 0x20, 0);
	rig_hello(r, 15, 0x2000, "");
	ck_assert(!r->ttl255);
	rig_free(r);
}
END_TEST

/* ---------------------------------------------------------------- negotiation */

static const struct {
	const char *keepalive, *max_pdu;
	uint16_t agreed_s, agreed_pdu;
} proposals[] = {
	{"001e", "03e8", 30, 1000}, /* M-5036-3.5.3-1 */
	{"00b4", "1000", 180, 4096}, {"ffff", "ffff", 180, 4096},
	{"0001", "0000", 1, 4096}, /* some send 0 */
	{"0001", "00ff", 1, 4096},   {"00b5", "0100", 180, 256},
};

START_TEST(keepalive_and_max_pdu_are_the_minima)
{
	struct rig *r = rig_new(_i & 1);
	char init[100];

	rig_reach(r, _i & 1 ? LDP_OPENSENT : LDP_INITIALIZED);
	snprintf(init, sizeof(init), "0500000e0001%s0000%s0a0000050000", proposals[_i].keepalive,
		 proposals[_i].max_pdu);
	rig_say(r, LDP_INIT, init);
	ck_assert_int_eq(rig_state(r), LDP_OPENREC);
	ck_assert_uint_eq(rig_info(r).keepalive_s, proposals[_i].agreed_s);
	ck_assert_uint_eq(rig_info(r).max_pdu, proposals[_i].agreed_pdu);
	rig_free(r);
}
END_TEST

START_TEST(a_small_max_pdu_of_ours_is_no_limit)
{
	struct rig *r = rig_new(false);

	/* M-5036-3.5.3-1: 255 or less means 4096, so say that */
	r->params.max_pdu = 255;
	rig_start(r);
	rig_hello(r, 15, 0, "");
	rig_accept(r);
	rig_say(r, LDP_INIT, RIG_INIT);
	ck_assert(rig_has(rig_next(r, LDP_INIT), "0500000e 0001 00b4 00 00 1000"));
	ck_assert_uint_eq(rig_info(r).max_pdu, 4096);
	rig_free(r);
}
END_TEST

START_TEST(our_pdus_are_not_longer_than_agreed)
{
	struct rig *r = rig_new(false);
	unsigned int n = 0;

	/* M-5036-3.5.3-1 */
	for (uint32_t i = 0; i < 300; i++) {
		struct addr a = rig_addr(0x0b000001 + i);

		ldp_address_add(r->e, &a, 0);
	}
	rig_reach(r, LDP_INITIALIZED);
	rig_say(r, LDP_INIT, RIG_SESSION("00b4", "03e8") "8508000180");
	rig_say(r, LDP_KEEPALIVE, "");
	for (unsigned int i = 0; i < r->n_got; i++) {
		if (r->got[i].type == LDP_ADDRESS)
			n += (r->got[i].len - 8 - 6) / 4;
		ck_assert_uint_le(r->got[i].pdu_len, 1000);
	}
	ck_assert_uint_eq(n, 301);
	ck_assert_uint_eq(r->got[r->n_got - 1].pdu - r->got[2].pdu, 1); /* packed */
	/* and longer ones of the peer are no longer taken */
	rig_forget(r);
	rig_octets(r, "0001 03e9 0a000008 0000");
	rig_fatal(r, LDP_S_BAD_PDU_LENGTH);
	rig_free(r);
}
END_TEST

START_TEST(labels_on_demand_do_not_matter)
{
	struct rig *r = rig_new(false);

	/* M-5036-3.5.3-2: A=1; M-5036-2.8-1: D=1, PVLim 32 */
	rig_reach(r, LDP_INITIALIZED);
	rig_say(r, LDP_INIT, "0500000e000100b4c02010000a0000050000");
	ck_assert(rig_has(rig_next(r, LDP_INIT), "0500000e 0001 00b4 00 00"));
	ck_assert_int_eq(rig_state(r), LDP_OPENREC);
	rig_free(r);
}
END_TEST

static const struct {
	const char *what, *init;
	uint32_t lsr_id, status;
} bad_inits[] = {
	{"other receiver", "0500000e000100b4000010000a0000060000", RIG_HIGH, 0x80000010},
	{"other label space", "0500000e000100b4000010000a0000050001", RIG_HIGH, 0x80000010},
	{"unknown sender", RIG_INIT, 0x0a000063, 0x80000010}, /* M-5036-2.5.3-1 */
	{"KeepAlive time 0", RIG_SESSION("0000", "1000"), RIG_HIGH, 0x80000018},
	{"version 2", "0500000e000200b4000010000a0000050000", RIG_HIGH, 0x80000002},
	{"parameters too short", "0500000d000100b4000010000a00000500", RIG_HIGH, 0x80000007},
	{"TLV beyond the end", "05000010000100b4000010000a0000050000", RIG_HIGH, 0x80000007},
	{"capability twice", RIG_INIT "85080001808508000180", RIG_HIGH,
	 0x80000008}, /* M-5561-3-2 */
};

START_TEST(unacceptable_initialization_is_refused_with_its_reason)
{
	const struct rig_got *g;
	struct rig *r = rig_new(false);

	rig_reach(r, LDP_INITIALIZED);
	rig_say_as(r, bad_inits[_i].lsr_id, LDP_INIT, bad_inits[_i].init);
	g = rig_fatal(r, bad_inits[_i].status);
	if (bad_inits[_i].lsr_id == RIG_HIGH) {
		ck_assert_uint_eq(g->about_id, r->message_id);
		ck_assert_uint_eq(g->about_type, LDP_INIT);
	}
	ck_assert_uint_eq(r->ups, 0);
	ck_assert_ptr_ne(rig_info(r).last_error, NULL);
	ck_assert_uint_gt(strlen(rig_info(r).last_error), 0);
	rig_free(r);
}
END_TEST

START_TEST(initialization_without_parameters_ends_in_shutdown)
{
	struct rig *r = rig_new(false);

	rig_reach(r, LDP_INITIALIZED);
	rig_say(r, LDP_INIT, "");
	ck_assert_uint_eq(rig_next(r, LDP_NOTIFICATION)->status, LDP_S_MISSING_PARAMETERS);
	rig_fatal(r, LDP_S_SHUTDOWN);
	rig_free(r);
}
END_TEST

/* ---------------------------------------------------------------- capabilities */

START_TEST(initialization_announces_the_capabilities)
{
	const struct rig_got *g;
	struct rig *r = rig_new(true);

	rig_hello(r, 15, 0, "");
	ldp_session_connected(r->s, r->now);
	g = rig_next(r, LDP_INIT);
	/* U=1, F=0, S=1 (M-5561-3-1) */
	ck_assert(rig_has(g, "8506 0001 80"));
	ck_assert(rig_has(g, "8508 0001 80")); /* M-6388-2.1-1 */
	ck_assert(rig_has(g, "850b 0001 80")); /* M-5918-5-1 */
	ck_assert(rig_has(g, "8603 0001 80"));
	ck_assert(rig_has(g, "850d 0005 80 90 a0 b0 c0")); /* M-7473-4.1-1 */
	ck_assert(!rig_has(g, "8507"));
	ck_assert(!rig_has(g, "8509"));
	rig_free(r);
}
END_TEST

static const struct {
	const char *id, *tlvs;
	uint32_t capabilities;
} learnt[] = {
	{"none", "", 0},
	{"all", RIG_CAPS,
	 LDP_CAP_DYNAMIC | LDP_CAP_P2MP | LDP_CAP_MBB | LDP_CAP_TYPED_WILDCARD |
		 LDP_CAP_UNRECOGNISED},
	{"M-5561-3-1: S=0 enables as well", "8508000100", LDP_CAP_P2MP},
	{"M-5561-6-1: U=1 is ignored", "85ff0001808508000180", LDP_CAP_P2MP},
	{"upstream labels: only here (M-6389-3-1)", "8507000180", LDP_CAP_UPSTREAM_LABEL},
	{"U=0", "0508000180", LDP_CAP_P2MP},
};

START_TEST(capabilities_of_the_peer_are_learnt)
{
	struct rig *r = rig_new(false);
	char init[200];

	rig_reach(r, LDP_INITIALIZED);
	snprintf(init, sizeof(init), "%s%s", RIG_INIT, learnt[_i].tlvs);
	rig_say(r, LDP_INIT, init);
	ck_assert_int_eq(rig_state(r), LDP_OPENREC);
	ck_assert_uint_eq(rig_info(r).capabilities, learnt[_i].capabilities);
	rig_free(r);
}
END_TEST

START_TEST(unknown_capability_that_must_be_known_ends_the_session)
{
	const struct rig_got *g;
	struct rig *r = rig_new(false);

	/* M-5561-6-1: E=0, with the TLV returned, then the end */
	rig_reach(r, LDP_INITIALIZED);
	rig_say(r, LDP_INIT, RIG_INIT "850800018005ff000180");
	g = rig_next(r, LDP_NOTIFICATION);
	ck_assert_uint_eq(g->status, 0x0000002e);
	ck_assert(rig_has(g, "8304 0005 05ff 0001 80"));
	rig_fatal(r, LDP_S_SHUTDOWN);
	rig_free(r);
	r = rig_new(true);
	rig_reach(r, LDP_OPERATIONAL);
	rig_say(r, LDP_CAPABILITY, "05ff000180");
	g = rig_next(r, LDP_NOTIFICATION);
	ck_assert_uint_eq(g->status, 0x0000002e);
	ck_assert(rig_has(g, "8304 0005 05ff 0001 80"));
	rig_fatal(r, LDP_S_SHUTDOWN);
	ck_assert_uint_eq(r->downs, 1);
	rig_free(r);
}
END_TEST

START_TEST(capabilities_change_in_a_session)
{
	struct rig *r = rig_new(false);

	/* M-5561-7-1 */
	rig_reach(r, LDP_OPERATIONAL);
	rig_say(r, LDP_CAPABILITY, "8508000100850a000180");
	ck_assert_uint_eq(r->messages, 1);
	ck_assert_int_eq(r->message_type, LDP_CAPABILITY);
	ck_assert_uint_eq(rig_info(r).capabilities & (LDP_CAP_P2MP | LDP_CAP_MBB), LDP_CAP_MBB);
	rig_say(r, LDP_CAPABILITY, "8508000180");
	ck_assert_uint_eq(rig_info(r).capabilities & (LDP_CAP_P2MP | LDP_CAP_MBB),
			  LDP_CAP_MBB | LDP_CAP_P2MP);
	/* Dynamic Announcement itself cannot be taken back; upstream labels cannot come late
	 * (M-6389-3-1), typed wildcards not go (M-5918-5-1) */
	rig_say(r, LDP_CAPABILITY, "85060001008507000180850b000100");
	ck_assert_uint_eq(rig_info(r).capabilities & (LDP_CAP_DYNAMIC | LDP_CAP_UPSTREAM_LABEL |
						      LDP_CAP_TYPED_WILDCARD),
			  LDP_CAP_DYNAMIC | LDP_CAP_TYPED_WILDCARD);
	/* M-5561-3-2 */
	rig_forget(r);
	rig_say(r, LDP_CAPABILITY, "85080001008508000180");
	rig_fatal(r, LDP_S_MALFORMED_TLV);
	rig_free(r);
}
END_TEST

START_TEST(no_capability_message_to_a_peer_without_dynamic_announcement)
{
	struct ldp_msg m = {.type = LDP_CAPABILITY, .capabilities = LDP_CAP_P2MP};
	struct rig *r = rig_new(false);

	/* M-5561-7-1 */
	rig_reach(r, LDP_INITIALIZED);
	rig_say(r, LDP_INIT, RIG_INIT "8508000180");
	rig_say(r, LDP_KEEPALIVE, "");
	rig_forget(r);
	ck_assert_uint_eq(ldp_session_send(r->s, &m, r->now), 0);
	rig_silent(r);
	rig_free(r);
	r = rig_new(false);
	rig_reach(r, LDP_OPERATIONAL);
	ck_assert_uint_ne(ldp_session_send(r->s, &m, r->now), 0);
	ck_assert(rig_has(rig_next(r, LDP_CAPABILITY), "8508 0001 00"));
	m.capabilities |= LDP_CAP_DYNAMIC;
	ck_assert_uint_eq(ldp_session_send(r->s, &m, r->now), 0);
	rig_silent(r);
	rig_free(r);
}
END_TEST

START_TEST(no_p2mp_mapping_to_a_peer_without_the_capability)
{
	struct addr root = rig_addr(RIG_LOW);
	struct ldp_fec fec = {.kind = LDP_FEC_MULTIPOINT, .mp = mldp_fec_generic(&root, 1)};
	struct ldp_msg m = {.type = LDP_LABEL_MAPPING,
			    .n_fecs = 1,
			    .fecs = &fec,
			    .has_label = true,
			    .label = 1001};
	struct rig *r = rig_new(false);

	/* M-6388-2.1-2 */
	rig_reach(r, LDP_INITIALIZED);
	ck_assert_uint_eq(ldp_session_send(r->s, &m, r->now), 0); /* nor before its time */
	rig_say(r, LDP_INIT, RIG_INIT);
	rig_say(r, LDP_KEEPALIVE, "");
	rig_forget(r);
	ck_assert_uint_eq(ldp_session_send(r->s, &m, r->now), 0);
	m.type = LDP_LABEL_REQUEST;
	m.has_label = false;
	ck_assert_uint_eq(ldp_session_send(r->s, &m, r->now), 0);
	rig_silent(r);
	rig_free(r);
}
END_TEST

START_TEST(a_capability_message_that_we_have_not_asked_for_is_ignored)
{
	struct rig *r = rig_new(false);

	/* M-5561-7-1 */
	r->params.capabilities &= ~(uint32_t)LDP_CAP_DYNAMIC;
	rig_start(r);
	rig_reach(r, LDP_OPERATIONAL);
	rig_say(r, LDP_CAPABILITY, "8508000100");
	ck_assert_uint_eq(r->messages, 0);
	ck_assert(rig_info(r).capabilities & LDP_CAP_P2MP);
	rig_silent(r);
	rig_free(r);
}
END_TEST

START_TEST(end_of_lib_follows_the_initial_advertisement)
{
	const struct rig_got *g;
	struct rig *r = rig_new(_i);

	/* M-5919-4-1, M-6388-9-1; M-5036-3.5.5-1: addresses before labels */
	r->send_in_up = true;
	rig_reach(r, LDP_OPENREC);
	rig_say(r, LDP_KEEPALIVE, "");
	ck_assert(rig_has(rig_next(r, LDP_ADDRESS), "0101 0006 0001 c0000205"));
	rig_next(r, LDP_LABEL_MAPPING);
	g = rig_next(r, LDP_NOTIFICATION);
	ck_assert_uint_eq(g->status, 0x0000002f);
	ck_assert(rig_has(g, "0100 0005 05 06 02 0001"));
	ck_assert(rig_has(rig_next(r, LDP_NOTIFICATION), "0100 0005 05 06 02 0002"));
	ck_assert_uint_eq(g->pdu, r->got[0].pdu); /* all in one */
	rig_silent(r);
	rig_free(r);
}
END_TEST

START_TEST(end_of_lib_only_to_those_who_understand_it)
{
	static const char *const inits[] = {RIG_INIT, RIG_INIT "8508000180", RIG_INIT "8603000180"};
	struct rig *r = rig_new(false);

	/* M-5919-4-1 */
	rig_reach(r, LDP_INITIALIZED);
	rig_say(r, LDP_INIT, inits[_i]);
	rig_say(r, LDP_KEEPALIVE, "");
	rig_next(r, LDP_INIT);
	rig_next(r, LDP_KEEPALIVE);
	if (_i == 1) /* P2MP */
		rig_next(r, LDP_ADDRESS);
	rig_silent(r);
	rig_free(r);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("ldp_session");
	TCase *t = tcase_create("table");

	tcase_add_loop_test(t, the_table_has_the_rows_of_the_rfc, 0, array_size(rows));
	tcase_add_test(t, the_table_is_total);
	tcase_add_loop_test(t, every_state_takes_what_it_waits_for_and_naks_the_rest, 0,
			    array_size(product));
	suite_add_tcase(s, t);
	t = tcase_create("roles");
	tcase_add_test(t, passive_side_answers_an_initialization_with_its_own);
	tcase_add_test(t, active_side_connects_and_begins);
	tcase_add_test(t, the_transport_address_of_the_hello_counts_not_its_source);
	tcase_add_test(t, no_connection_without_a_hello);
	tcase_add_test(t, ttl_255_is_required_if_both_said_so);
	suite_add_tcase(s, t);
	t = tcase_create("negotiation");
	tcase_add_loop_test(t, keepalive_and_max_pdu_are_the_minima, 0, array_size(proposals));
	tcase_add_test(t, a_small_max_pdu_of_ours_is_no_limit);
	tcase_add_test(t, our_pdus_are_not_longer_than_agreed);
	tcase_add_test(t, labels_on_demand_do_not_matter);
	tcase_add_loop_test(t, unacceptable_initialization_is_refused_with_its_reason, 0,
			    array_size(bad_inits));
	tcase_add_test(t, initialization_without_parameters_ends_in_shutdown);
	suite_add_tcase(s, t);
	t = tcase_create("capabilities");
	tcase_add_test(t, initialization_announces_the_capabilities);
	tcase_add_loop_test(t, capabilities_of_the_peer_are_learnt, 0, array_size(learnt));
	tcase_add_test(t, unknown_capability_that_must_be_known_ends_the_session);
	tcase_add_test(t, capabilities_change_in_a_session);
	tcase_add_test(t, no_capability_message_to_a_peer_without_dynamic_announcement);
	tcase_add_test(t, no_p2mp_mapping_to_a_peer_without_the_capability);
	tcase_add_test(t, a_capability_message_that_we_have_not_asked_for_is_ignored);
	tcase_add_loop_test(t, end_of_lib_follows_the_initial_advertisement, 0, 2);
	tcase_add_loop_test(t, end_of_lib_only_to_those_who_understand_it, 0, 3);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	SRunner *sr = srunner_create(suite());
	int failed;

	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
