// SPDX-License-Identifier: GPL-2.0-or-later
/* A session's life: timers, attempts, sudden ends in every state. */
#include <stdlib.h>

#include "tests/unit/ldp_rig.h"

/* A Label Mapping: FEC 10.0.0.1 generic 42, label 1001, and what may follow */
#define MAPPING "0100 0011 06 0001 04 0a000001 0007 0100040000002a 0200 0004 000003e9"

/* Hellos go on all the time. */
static void wait_with_hellos(struct rig *r, msec_t ms)
{
	msec_t until = r->now + ms;

	while (r->now < until) {
		rig_hello(r, 15, 0x2000, "");
		rig_wait(r, until - r->now < 1000 ? until - r->now : 1000);
		r->hellos = 0;
	}
}

/* ---------------------------------------------------------------- KeepAlive */

START_TEST(an_idle_session_sends_keepalives)
{
	struct rig *r = rig_new(false);
	msec_t last = 0;

	/* M-5036-3.5.4-1: KeepAlive time 30 s */
	rig_reach(r, LDP_INITIALIZED);
	rig_say(r, LDP_INIT, RIG_SESSION("001e", "1000"));
	rig_say(r, LDP_KEEPALIVE, "");
	rig_forget(r);
	for (unsigned int i = 0; i < 20; i++) {
		wait_with_hellos(r, 10000);
		rig_say(r, LDP_KEEPALIVE, "");
	}
	ck_assert_uint_ge(r->n_got, 10);
	for (unsigned int i = 0; i < r->n_got; i++) {
		ck_assert_int_le(rig_next(r, LDP_KEEPALIVE)->at - last, 30000 / 2);
		last = r->got[i].at;
	}
	ck_assert_int_eq(rig_state(r), LDP_OPERATIONAL);
	rig_free(r);
}
END_TEST

START_TEST(other_messages_stand_for_keepalives)
{
	struct ldp_msg m = {.type = LDP_NOTIFICATION, .has_status = true};
	struct rig *r = rig_new(false);

	rig_reach(r, LDP_OPERATIONAL);
	m.status.code = LDP_S_NO_ROUTE;
	for (unsigned int i = 0; i < 10; i++) {
		wait_with_hellos(r, 50000);
		ck_assert_uint_ne(ldp_session_send(r->s, &m, r->now), 0);
		rig_next(r, LDP_NOTIFICATION);
		rig_silent(r);
		rig_say(r, LDP_KEEPALIVE, "");
	}
	rig_free(r);
}
END_TEST

START_TEST(silence_of_the_peer_ends_the_session)
{
	struct rig *r = rig_new(_i);

	/* M-5036-3.5.4-1, F-LDP-10 */
	rig_reach(r, LDP_OPERATIONAL);
	wait_with_hellos(r, 100000);
	rig_say(r, LDP_ADDRESS, "0101 0006 0001 0a000002"); /* any message will do */
	wait_with_hellos(r, 179000);
	ck_assert_int_eq(rig_state(r), LDP_OPERATIONAL);
	rig_forget(r);
	wait_with_hellos(r, 1000);
	ck_assert_uint_eq(r->downs, 1);
	ck_assert_int_eq(r->down_at, 280000);
	while (r->next + 1 < r->n_got)
		rig_next(r, LDP_KEEPALIVE);
	ck_assert_uint_eq(rig_next(r, LDP_NOTIFICATION)->status, 0x80000014);
	ck_assert(!r->connected);
	rig_free(r);
}
END_TEST

START_TEST(half_a_pdu_is_silence)
{
	struct rig *r = rig_new(false);
	uint8_t octets[20];
	size_t len = rig_hex("0001 000e 0a000008 0000 0201 0004 00000001", octets, sizeof(octets));

	rig_reach(r, LDP_OPERATIONAL);
	for (size_t i = 0; i + 1 < len; i++) {
		wait_with_hellos(r, 10000);
		ldp_session_input(r->s, (struct span){octets + i, 1}, r->now);
	}
	ck_assert_int_eq(rig_state(r), LDP_OPERATIONAL);
	wait_with_hellos(r, 10000);
	ck_assert_uint_eq(r->downs, 1);
	ck_assert_int_eq(r->down_at, 180000);
	rig_free(r);
}
END_TEST

static const struct {
	enum ldp_session_state state;
	bool active;
} establishing[] = {
	{LDP_INITIALIZED, false}, {LDP_OPENSENT, true}, {LDP_OPENREC, false}, {LDP_OPENREC, true}};

START_TEST(establishment_does_not_take_for_ever)
{
	struct rig *r = rig_new(establishing[_i].active);

	rig_reach(r, establishing[_i].state);
	wait_with_hellos(r, 14999);
	ck_assert_int_eq(rig_state(r), establishing[_i].state);
	rig_forget(r);
	wait_with_hellos(r, 1);
	ck_assert_int_eq(rig_state(r), LDP_NONEXISTENT);
	rig_fatal(r, LDP_S_KEEPALIVE_TIMER);
	rig_free(r);
}
END_TEST

/* ---------------------------------------------------------------- attempts */

START_TEST(naked_initializations_are_repeated_with_growing_gaps)
{
	static const msec_t gaps[] = {15000, 30000, 60000, 120000, 120000};
	struct rig *r = rig_new(true);

	/* M-5036-2.5.3-3 */
	rig_hello(r, 15, 0, "");
	for (unsigned int i = 0; i < array_size(gaps); i++) {
		msec_t before = r->connect_at[i];

		ck_assert_uint_eq(r->connects, i + 1);
		ldp_session_connected(r->s, r->now);
		rig_notify(r, 0x80000010);
		ck_assert(!r->connected);
		ck_assert_int_eq(rig_info(r).backoff_s, gaps[i] / 1000);
		wait_with_hellos(r, gaps[i]);
		ck_assert_uint_eq(r->connects, i + 2);
		ck_assert_int_eq(r->connect_at[i + 1] - before, gaps[i]);
	}
	rig_free(r);
}
END_TEST

START_TEST(our_own_refusal_makes_us_wait_as_well)
{
	struct rig *r = rig_new(true);

	rig_reach(r, LDP_OPENSENT);
	rig_say(r, LDP_INIT, RIG_SESSION("0000", "1000"));
	ck_assert_uint_eq(rig_info(r).backoff_s, 15);
	wait_with_hellos(r, 14999);
	ck_assert_uint_eq(r->connects, 1);
	wait_with_hellos(r, 1);
	ck_assert_uint_eq(r->connects, 2);
	rig_free(r);
}
END_TEST

START_TEST(a_good_session_ends_the_back_off)
{
	struct rig *r = rig_new(true);

	for (unsigned int i = 0; i < 2; i++) {
		rig_hello(r, 15, 0, "");
		ldp_session_connected(r->s, r->now);
		rig_notify(r, 0x80000010);
		ck_assert_uint_eq(rig_info(r).backoff_s, 15);
		wait_with_hellos(r, 15000);
		ldp_session_connected(r->s, r->now);
		rig_say(r, LDP_INIT, RIG_INIT);
		rig_say(r, LDP_KEEPALIVE, "");
		ck_assert_uint_eq(rig_info(r).backoff_s, 0);
		r->connected = false;
		ldp_session_closed(r->s, "reset", r->now);
		ck_assert_uint_eq(rig_info(r).backoff_s, 0);
		wait_with_hellos(r, 1000);
	}
	rig_free(r);
}
END_TEST

START_TEST(a_reconfigured_peer_is_tried_at_once)
{
	struct rig *r = rig_new(true);

	/* Configuration Sequence Number, RFC 5036 3.5.2 */
	rig_hello(r, 15, 0, "0402 0004 00000001");
	ldp_session_connected(r->s, r->now);
	rig_notify(r, 0x80000018);
	rig_wait(r, 1000);
	rig_hello(r, 15, 0, "0402 0004 00000001");
	ck_assert_uint_eq(r->connects, 1);
	rig_hello(r, 15, 0, "0402 0004 00000002");
	ck_assert_uint_eq(r->connects, 2);
	rig_free(r);
}
END_TEST

START_TEST(connections_that_fail_are_tried_again)
{
	static const msec_t gaps[] = {250, 500, 1000, 2000, 2000, 2000};
	struct rig *r = rig_new(true);

	r->refuse_connect = _i; /* from within connect(); else there is no answer */
	rig_hello(r, 15, 0, "");
	rig_wait(r, 7750);
	ck_assert_uint_eq(r->connects, array_size(gaps) + 1);
	for (unsigned int i = 0; i < array_size(gaps); i++)
		ck_assert_int_eq(r->connect_at[i + 1] - r->connect_at[i], gaps[i]);
	ck_assert_uint_eq(r->closes, _i ? 0 : array_size(gaps));
	ck_assert_uint_eq(rig_info(r).backoff_s, 0);
	ck_assert_str_eq(rig_info(r).last_error, _i ? "refused" : "no answer");
	ck_assert_uint_eq(r->events, 2); /* "connecting" and why not, once */
	rig_free(r);
}
END_TEST

START_TEST(a_hello_or_another_route_starts_an_attempt_again)
{
	struct rig *r = rig_new(true);

	rig_hello(r, 15, 0, "");
	rig_wait(r, 4000); /* attempts at 0, 250, 750, 1750, 3750 */
	ck_assert_uint_eq(r->connects, 5);
	rig_hello(r, 15, 0, "");
	ck_assert_uint_eq(r->connects, 6);
	ldp_session_retry(r->s, r->now); /* not one that is on its way */
	ck_assert_uint_eq(r->connects, 6);
	rig_wait(r, 10);
	ldp_session_retry(r->s, r->now); /* and from there on with short gaps */
	rig_wait(r, 250);
	ck_assert_uint_eq(r->connects, 8);
	ck_assert_int_eq(r->connect_at[7] - r->connect_at[6], 250);
	ldp_session_connected(r->s, r->now);
	rig_next(r, LDP_INIT);
	ck_assert_uint_eq(rig_sessions(r), 1);
	rig_free(r);
}
END_TEST

START_TEST(another_route_is_no_end_of_the_back_off)
{
	struct rig *r = rig_new(true);

	/* M-5036-2.5.3-3 */
	rig_hello(r, 15, 0, "");
	ldp_session_connected(r->s, r->now);
	rig_notify(r, 0x80000010);
	rig_wait(r, 5000);
	ldp_session_retry(r->s, r->now);
	rig_hello(r, 15, 0, "");
	ck_assert_uint_eq(r->connects, 1);
	rig_wait(r, 10000);
	ck_assert_uint_eq(r->connects, 2);
	rig_free(r);
}
END_TEST

START_TEST(an_initialization_that_got_lost_goes_on_another_connection)
{
	struct rig *r = rig_new(true);

	/* the peer has dropped it by its TTL, M-6720-2-1 */
	rig_reach(r, LDP_OPENSENT);
	rig_wait(r, 1000);
	ldp_session_retry(r->s, r->now);
	ck_assert_uint_eq(r->closes, 1);
	ck_assert_uint_eq(r->connects, 2);
	ldp_session_connected(r->s, r->now);
	rig_next(r, LDP_INIT);
	rig_say(r, LDP_INIT, RIG_INIT);
	rig_say(r, LDP_KEEPALIVE, "");
	ck_assert_int_eq(rig_state(r), LDP_OPERATIONAL);
	ldp_session_retry(r->s, r->now + 1000); /* nothing to repair */
	ck_assert_int_eq(rig_state(r), LDP_OPERATIONAL);
	rig_free(r);
}
END_TEST

START_TEST(a_peer_that_connects_again_instead_of_speaking_is_taken)
{
	struct rig *r = rig_new(false);
	unsigned int hellos;

	rig_reach(r, LDP_INITIALIZED);
	ck_assert_ptr_ne(rig_accept(r), NULL);
	ck_assert_uint_eq(r->closes, 1);
	rig_octets(r, "0001"); /* it has begun to speak */
	ck_assert_ptr_eq(rig_accept(r), NULL);
	rig_free(r);

	/* and it connects when it hears a Hello */
	r = rig_new(false);
	rig_hello(r, 15, 0, "");
	rig_wait(r, 1000);
	hellos = r->hellos;
	ldp_session_retry(ldp_session_first(r->e), r->now);
	ck_assert_uint_eq(r->hellos, hellos + 1);
	rig_free(r);
}
END_TEST

START_TEST(a_connection_is_given_all_the_time_to_become_a_session)
{
	struct rig *r = rig_new(true);

	rig_hello(r, 15, 0, "");
	rig_wait(r, 249);
	ldp_session_connected(r->s, r->now);
	rig_next(r, LDP_INIT);
	wait_with_hellos(r, 14999);
	ck_assert_uint_eq(r->closes, 0);
	wait_with_hellos(r, 1);
	ck_assert_uint_eq(r->closes, 1);
	rig_free(r);
}
END_TEST

START_TEST(a_lost_session_comes_back)
{
	struct rig *r = rig_new(true);

	rig_reach(r, LDP_OPERATIONAL);
	r->connected = false;
	ldp_session_closed(r->s, "reset by peer", r->now);
	ck_assert_uint_eq(r->downs, 1);
	ck_assert_str_eq(r->reason, "reset by peer");
	ck_assert_str_eq(rig_info(r).last_error, "reset by peer");
	rig_wait(r, 250);
	ck_assert_uint_eq(r->connects, 2);
	ldp_session_connected(r->s, r->now);
	rig_say(r, LDP_INIT, RIG_INIT);
	rig_say(r, LDP_KEEPALIVE, "");
	ck_assert_int_eq(rig_state(r), LDP_OPERATIONAL);
	ck_assert_uint_eq(r->ups, 2);
	rig_free(r);
}
END_TEST

START_TEST(a_session_that_fails_at_once_is_backed_off)
{
	struct rig *r = rig_new(true);

	rig_reach(r, LDP_OPERATIONAL);
	rig_octets(r, "0001 000d 0a000002 0000");
	ck_assert_uint_eq(rig_info(r).backoff_s, 15);
	rig_free(r);
	r = rig_new(true); /* the peer's Shutdown is nothing to be afraid of */
	rig_reach(r, LDP_OPERATIONAL);
	rig_notify(r, 0x8000000a);
	ck_assert_uint_eq(rig_info(r).backoff_s, 0);
	rig_wait(r, 250);
	ck_assert_uint_eq(r->connects, 2);
	rig_free(r);
	r = rig_new(true); /* nor is an error after a long time */
	rig_reach(r, LDP_OPERATIONAL);
	wait_with_hellos(r, 20000);
	rig_notify(r, 0x80000008);
	ck_assert_uint_eq(rig_info(r).backoff_s, 0);
	rig_free(r);
}
END_TEST

START_TEST(clearing_a_session_restarts_it)
{
	struct rig *r = rig_new(true);

	rig_reach(r, LDP_OPERATIONAL);
	ldp_session_clear(r->s, r->now);
	rig_fatal(r, LDP_S_SHUTDOWN);
	ck_assert_uint_eq(r->downs, 1);
	rig_wait(r, 1);
	ck_assert_uint_eq(r->connects, 2);
	/* out of the back-off as well */
	ldp_session_connected(r->s, r->now);
	rig_notify(r, 0x80000010);
	ldp_session_clear(r->s, r->now);
	rig_wait(r, 1);
	ck_assert_uint_eq(r->connects, 3);
	ldp_session_clear(r->s, r->now); /* while it connects */
	rig_wait(r, 1);
	ck_assert_uint_eq(r->connects, 4);
	rig_free(r);
}
END_TEST

START_TEST(a_peer_that_has_restarted_is_taken_when_the_old_connection_is_gone)
{
	struct rig *r = rig_new(false);

	rig_reach(r, LDP_OPERATIONAL);
	ck_assert_ptr_eq(rig_accept(r), NULL);
	ck_assert_int_eq(rig_state(r), LDP_OPERATIONAL);
	r->connected = false;
	ldp_session_closed(r->s, "reset by peer", r->now);
	ck_assert_ptr_ne(rig_accept(r), NULL);
	rig_say(r, LDP_INIT, RIG_INIT);
	rig_say(r, LDP_KEEPALIVE, "");
	ck_assert_uint_eq(r->ups, 2);
	rig_free(r);
}
END_TEST

START_TEST(fatal_notifications_end_the_session)
{
	static const uint32_t codes[] = {0x80000001, 0x80000009, 0x8000000a, 0x80000014,
					 0x80000019, 0x800000ff, 0xc0000008};
	struct rig *r = rig_new(false);

	/* F-LDP-8, M-5036-3.5.1-1; with the forward bit as well */
	rig_reach(r, LDP_OPERATIONAL);
	rig_notify(r, codes[_i]);
	rig_fatal(r, LDP_S_SHUTDOWN);
	ck_assert_uint_eq(r->downs, 1);
	ck_assert_ptr_ne(strstr(r->reason, "peer: "), NULL);
	ck_assert_uint_eq(ldp_engine_stats(r->e)->fatal_rx, 1);
	ck_assert_uint_eq(ldp_engine_stats(r->e)->fatal_tx, 1);
	rig_free(r);
}
END_TEST

/* ---------------------------------------------------------------- sudden ends */

#define ALL_STATES 6
static const struct {
	enum ldp_session_state state;
	bool active;
} all_states[ALL_STATES] = {
	{LDP_INITIALIZED, false}, {LDP_OPENSENT, true},	    {LDP_OPENREC, false},
	{LDP_OPENREC, true},	  {LDP_OPERATIONAL, false}, {LDP_OPERATIONAL, true},
};

static struct rig *in_state(int i)
{
	struct rig *r = rig_new(all_states[i].active);

	rig_reach(r, all_states[i].state);
	return r;
}

START_TEST(the_peer_may_close_at_any_time)
{
	struct rig *r = in_state(_i);

	r->connected = false;
	ldp_session_closed(r->s, "closed", r->now);
	ck_assert_int_eq(rig_state(r), LDP_NONEXISTENT);
	ck_assert_uint_eq(r->downs, r->ups);
	ldp_session_closed(r->s, "again", r->now);
	ldp_session_input(r->s, (struct span){(const uint8_t *)"\0\1", 2}, r->now);
	rig_silent(r);
	ck_assert_uint_eq(r->closes, 0);
	/* that is no NAK: no need to wait long */
	ck_assert_uint_eq(rig_info(r).backoff_s, 0);
	rig_wait(r, 250);
	ck_assert_uint_eq(r->connects, all_states[_i].active ? 2 : 0);
	rig_free(r);
}
END_TEST

START_TEST(the_engine_may_go_at_any_time)
{
	struct rig *r = in_state(_i);

	rig_free(r); /* nothing leaks, nothing is said */
}
END_TEST

START_TEST(hellos_may_cease_at_any_time)
{
	struct rig *r = in_state(_i);

	rig_wait(r, 100000);
	ck_assert_uint_eq(rig_sessions(r), 0);
	ck_assert_uint_eq(r->gones, 1);
	ck_assert_uint_eq(r->downs, r->ups);
	ck_assert(!r->connected);
	rig_free(r);
}
END_TEST

START_TEST(a_write_may_find_the_connection_broken)
{
	struct rig *r = in_state(_i);

	r->closed_in_write = true;
	ldp_session_clear(r->s, r->now); /* says Shutdown */
	ck_assert_int_eq(rig_state(r), LDP_NONEXISTENT);
	ck_assert_str_eq(rig_info(r).last_error, "cleared");
	ck_assert_uint_eq(r->closes, 0);
	ck_assert_uint_eq(r->downs, r->ups);
	rig_free(r);
	r = in_state(_i);
	r->closed_in_write = true;
	rig_say(r, 0x3f01, "");
	ck_assert_int_eq(rig_state(r), LDP_NONEXISTENT);
	ck_assert_uint_eq(r->closes, 0);
	rig_free(r);
}
END_TEST

START_TEST(callbacks_may_end_what_is_going_on)
{
	struct rig *r = rig_new(_i);

	r->clear_in_up = true;
	rig_reach(r, LDP_OPENREC);
	rig_say(r, LDP_KEEPALIVE, "");
	rig_next(r, LDP_ADDRESS);
	rig_fatal(r, LDP_S_SHUTDOWN); /* and no End-of-LIB */
	ck_assert_uint_eq(r->downs, 1);
	rig_free(r);
	r = rig_new(_i);
	r->clear_in_down = true;
	rig_reach(r, LDP_OPERATIONAL);
	rig_notify(r, 0x80000019);
	rig_fatal(r, LDP_S_SHUTDOWN);
	rig_wait(r, 1);
	ck_assert_uint_eq(r->connects, _i ? 2 : 0);
	rig_free(r);
	r = rig_new(_i);
	r->clear_in_message = true;
	rig_reach(r, LDP_OPERATIONAL);
	rig_say(r, LDP_LABEL_MAPPING, MAPPING);
	rig_fatal(r, LDP_S_SHUTDOWN);
	rig_free(r);
	r = rig_new(_i);
	r->interface_del_in_message = true;
	rig_reach(r, LDP_OPERATIONAL);
	rig_say(r, LDP_LABEL_MAPPING, MAPPING);
	rig_fatal(r, LDP_S_HOLD_TIMER);
	ck_assert_uint_eq(rig_sessions(r), 0);
	ck_assert_uint_eq(r->gones, 1);
	rig_free(r);
	r = rig_new(true);
	r->connect_at_once = true;
	rig_hello(r, 15, 0, "");
	rig_next(r, LDP_INIT);
	ck_assert_int_eq(rig_state(r), LDP_OPENSENT);
	rig_free(r);
}
END_TEST

START_TEST(shutdown_is_told_to_everybody)
{
	struct rig *r = in_state(_i);

	ldp_engine_shutdown(r->e, r->now);
	rig_fatal(r, LDP_S_SHUTDOWN);
	ck_assert_uint_eq(r->downs, r->ups);
	ck_assert_ptr_eq(rig_accept(r), NULL);
	rig_free(r);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("ldp_life");
	TCase *t = tcase_create("keepalive");

	tcase_add_test(t, an_idle_session_sends_keepalives);
	tcase_add_test(t, other_messages_stand_for_keepalives);
	tcase_add_loop_test(t, silence_of_the_peer_ends_the_session, 0, 2);
	tcase_add_test(t, half_a_pdu_is_silence);
	tcase_add_loop_test(t, establishment_does_not_take_for_ever, 0, array_size(establishing));
	suite_add_tcase(s, t);
	t = tcase_create("attempts");
	tcase_add_test(t, naked_initializations_are_repeated_with_growing_gaps);
	tcase_add_test(t, our_own_refusal_makes_us_wait_as_well);
	tcase_add_test(t, a_good_session_ends_the_back_off);
	tcase_add_test(t, a_reconfigured_peer_is_tried_at_once);
	tcase_add_loop_test(t, connections_that_fail_are_tried_again, 0, 2);
	tcase_add_test(t, a_hello_or_another_route_starts_an_attempt_again);
	tcase_add_test(t, another_route_is_no_end_of_the_back_off);
	tcase_add_test(t, an_initialization_that_got_lost_goes_on_another_connection);
	tcase_add_test(t, a_peer_that_connects_again_instead_of_speaking_is_taken);
	tcase_add_test(t, a_connection_is_given_all_the_time_to_become_a_session);
	tcase_add_test(t, a_lost_session_comes_back);
	tcase_add_test(t, a_session_that_fails_at_once_is_backed_off);
	tcase_add_test(t, clearing_a_session_restarts_it);
	tcase_add_test(t, a_peer_that_has_restarted_is_taken_when_the_old_connection_is_gone);
	tcase_add_loop_test(t, fatal_notifications_end_the_session, 0, 7);
	suite_add_tcase(s, t);
	t = tcase_create("ends");
	tcase_add_loop_test(t, the_peer_may_close_at_any_time, 0, ALL_STATES);
	tcase_add_loop_test(t, the_engine_may_go_at_any_time, 0, ALL_STATES);
	tcase_add_loop_test(t, hellos_may_cease_at_any_time, 0, ALL_STATES);
	tcase_add_loop_test(t, a_write_may_find_the_connection_broken, 0, ALL_STATES);
	tcase_add_loop_test(t, callbacks_may_end_what_is_going_on, 0, 2);
	tcase_add_loop_test(t, shutdown_is_told_to_everybody, 0, ALL_STATES);
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
