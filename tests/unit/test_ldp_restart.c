// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A peer that has restarted while our connection to it looks alive (RFC 5036 2.5.3, 2.5.4): found
 * out in seconds, and nobody who only pretends ends a session.
 */
#include "tests/unit/ldp_rig.h"

#include <stdio.h>
#include <stdlib.h>

static struct addr peer_of(const struct rig *r)
{
	return rig_addr(r->peer);
}

/* A Hello with this message ID. */
static void hello(struct rig *r, uint32_t id)
{
	char hex[100];

	snprintf(hex, sizeof(hex), "0001 0016 %08x 0000 0100 000c %08x 0400 0004 000f 2000",
		 r->peer, id);
	rig_datagram(r, hex);
}

/* M-5036-2.5.3-1: one session, one connection; the old one is asked if it is alive. */
START_TEST(second_connection_makes_the_first_one_suspect_and_ends_nothing)
{
	struct rig *r = rig_new(false);
	struct addr peer = peer_of(r), other = rig_addr(RIG_LOW);

	rig_reach(r, LDP_OPERATIONAL);
	ck_assert_ptr_null(rig_accept(r));
	ck_assert(ldp_session_contested(r->e, &peer));
	ck_assert_uint_eq(r->suspects, 1);
	rig_next(r, LDP_KEEPALIVE); /* to which its TCP has to say something */
	rig_silent(r);
	/* whoever comes again and again is not answered more often than every 3 s */
	rig_wait(r, 2999);
	ck_assert_ptr_null(rig_accept(r));
	ck_assert_uint_eq(r->suspects, 1);
	rig_wait(r, 1);
	ck_assert_ptr_null(rig_accept(r));
	ck_assert_uint_eq(r->suspects, 2);
	ck_assert_int_eq(rig_state(r), LDP_OPERATIONAL);
	ck_assert_uint_eq(r->downs, 0);
	/* nobody's address is not contested, but refused */
	ck_assert_ptr_null(ldp_session_accept(r->e, &other, r->now));
	ck_assert(!ldp_session_contested(r->e, &other));
	ck_assert_uint_eq(r->suspects, 2);
	ck_assert_uint_eq(ldp_engine_stats(r->e)->refused_connections, 1);
	rig_free(r);
}
END_TEST

START_TEST(new_connection_is_taken_when_the_old_one_has_been_found_dead)
{
	struct rig *r = rig_new(false);
	struct addr peer = peer_of(r);

	rig_reach(r, LDP_OPERATIONAL);
	ck_assert_ptr_null(rig_accept(r));
	r->connected = false;
	ldp_session_closed(r->s, "no answer", r->now);
	ck_assert_uint_eq(r->downs, 1);
	ck_assert(!ldp_session_contested(r->e, &peer));
	ck_assert_ptr_nonnull(rig_accept(r));
	rig_forget(r);
	rig_say(r, LDP_INIT, RIG_INIT RIG_CAPS);
	rig_say(r, LDP_KEEPALIVE, "");
	ck_assert_int_eq(rig_state(r), LDP_OPERATIONAL);
	ck_assert_uint_eq(r->ups, 2);
	/* and is above suspicion of what was before */
	rig_forget(r);
	ck_assert_ptr_null(rig_accept(r));
	ck_assert_uint_eq(r->suspects, 2);
	rig_free(r);
}
END_TEST

/* A connection under way may not be asked: any message but the expected one ends it
 * (M-5036-2.5.4-1).  Its time is short anyway. */
START_TEST(connection_under_way_is_waited_for)
{
	static const enum ldp_session_state states[] = {LDP_INITIALIZED, LDP_OPENREC};
	struct rig *r = rig_new(false);
	struct addr peer = peer_of(r);

	rig_reach(r, states[_i]);
	if (states[_i] == LDP_INITIALIZED)
		rig_octets(r, "0001"); /* it has begun to speak */
	ck_assert_ptr_null(rig_accept(r));
	ck_assert(ldp_session_contested(r->e, &peer));
	ck_assert_uint_eq(r->suspects, 0);
	rig_silent(r);
	rig_wait(r, 10000);
	rig_hello(r, 15, 0x2000, "");
	rig_wait(r, 5000);
	ck_assert(!ldp_session_contested(r->e, &peer));
	ck_assert_ptr_nonnull(rig_accept(r));
	rig_free(r);
}
END_TEST

static const struct {
	uint32_t before, after;
	bool suspect;
} counts[] = {
	{100, 101, false}, {100, 100, false},	   {100, 1, true},
	{2, 1, true},	   {0xfffffffe, 3, false}, /* it has counted far */
	{0, 7, false},				   /* some do not count */
	{7, 0, false},
};

/* Whom we connect to cannot tell us but by its Hellos. */
START_TEST(peer_that_counts_its_hellos_anew_is_suspect)
{
	struct rig *r = rig_new(_i & 1);
	unsigned int hellos;

	rig_reach(r, LDP_OPERATIONAL);
	hello(r, counts[_i].before);
	ck_assert_uint_eq(r->suspects, 0);
	hellos = r->hellos;
	rig_wait(r, 499); /* overtaken by the one before, if it is less */
	hello(r, counts[_i].after);
	ck_assert_uint_eq(r->suspects, 0);
	ck_assert_uint_eq(r->hellos, hellos);
	rig_wait(r, 1);
	hello(r, counts[_i].after);
	ck_assert_uint_eq(r->suspects, counts[_i].suspect);
	/* it has to know us before it takes a connection */
	ck_assert_uint_eq(r->hellos, hellos + counts[_i].suspect);
	if (counts[_i].suspect)
		rig_next(r, LDP_KEEPALIVE);
	rig_silent(r);
	ck_assert_int_eq(rig_state(r), LDP_OPERATIONAL);
	rig_free(r);
}
END_TEST

START_TEST(peer_that_has_counted_anew_goes_on_from_there)
{
	struct rig *r = rig_new(true);

	rig_reach(r, LDP_OPERATIONAL);
	hello(r, 100);
	rig_wait(r, 400);
	hello(r, 101);
	rig_wait(r, 400);
	hello(r, 99); /* late */
	ck_assert_uint_eq(r->suspects, 0);
	rig_wait(r, 500);
	hello(r, 1);
	ck_assert_uint_eq(r->suspects, 1);
	rig_wait(r, 5000);
	hello(r, 2);
	ck_assert_uint_eq(r->suspects, 1);
	rig_free(r);
}
END_TEST

/* RFC 5036 3.5.2.1: a peer whose notification was lost with the link says so by its next Hello. */
START_TEST(peer_with_another_configuration_is_suspect_as_soon_as_it_can_be_asked)
{
	struct rig *r = rig_new(false);

	rig_reach(r, LDP_OPERATIONAL);
	rig_hello(r, 15, 0x2000, "0402 0004 00000001");
	ck_assert_uint_eq(r->suspects, 1);
	rig_next(r, LDP_KEEPALIVE);
	rig_hello(r, 15, 0x2000, "0402 0004 00000001");
	rig_hello(r, 15, 0x2000, "0402 0004 00000002"); /* asked a moment ago */
	rig_silent(r);
	rig_wait(r, 3000);
	rig_hello(r, 15, 0x2000, "0402 0004 00000002");
	ck_assert_uint_eq(r->suspects, 2);
	rig_next(r, LDP_KEEPALIVE);
	rig_wait(r, 3000);
	rig_hello(r, 15, 0x2000, "0402 0004 00000002");
	ck_assert_uint_eq(r->suspects, 2);
	ck_assert_int_eq(rig_state(r), LDP_OPERATIONAL);
	rig_free(r);
}
END_TEST

START_TEST(session_that_we_ended_shows_in_our_hellos)
{
	static const uint8_t tlv[] = {0x04, 0x02, 0x00, 0x04, 0x00, 0x00, 0x00, 0x01};
	struct rig *r = rig_new(false);

	rig_reach(r, LDP_OPERATIONAL);
	ck_assert_ptr_null(memmem(r->hello, r->hello_len, tlv, 4));
	ldp_session_clear(ldp_session_first(r->e), r->now);
	rig_wait(r, 5000);
	ck_assert_ptr_nonnull(memmem(r->hello, r->hello_len, tlv, sizeof(tlv)));
	rig_free(r);
}
END_TEST

START_TEST(nobody_is_suspect_before_it_is_operational)
{
	struct rig *r = rig_new(true);

	rig_reach(r, LDP_OPENSENT);
	hello(r, 100);
	hello(r, 1);
	ck_assert_uint_eq(r->suspects, 0);
	rig_silent(r);
	rig_free(r);
}
END_TEST

START_TEST(whoever_shuts_down_keeps_no_connection_waiting)
{
	struct rig *r = rig_new(false);
	struct addr peer = peer_of(r);

	rig_reach(r, LDP_OPERATIONAL);
	ldp_engine_shutdown(r->e, r->now);
	rig_next(r, LDP_NOTIFICATION);
	ck_assert_ptr_null(rig_accept(r));
	ck_assert(!ldp_session_contested(r->e, &peer));
	rig_free(r);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("ldp_restart");
	TCase *t = tcase_create("restart");

	tcase_add_test(t, second_connection_makes_the_first_one_suspect_and_ends_nothing);
	tcase_add_test(t, new_connection_is_taken_when_the_old_one_has_been_found_dead);
	tcase_add_loop_test(t, connection_under_way_is_waited_for, 0, 2);
	tcase_add_loop_test(t, peer_that_counts_its_hellos_anew_is_suspect, 0, array_size(counts));
	tcase_add_test(t, peer_that_has_counted_anew_goes_on_from_there);
	tcase_add_test(t, peer_with_another_configuration_is_suspect_as_soon_as_it_can_be_asked);
	tcase_add_test(t, session_that_we_ended_shows_in_our_hellos);
	tcase_add_test(t, nobody_is_suspect_before_it_is_operational);
	tcase_add_test(t, whoever_shuts_down_keeps_no_connection_waiting);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	SRunner *sr = srunner_create(suite());
	int failed;

	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
