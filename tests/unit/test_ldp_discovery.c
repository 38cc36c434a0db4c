// SPDX-License-Identifier: GPL-2.0-or-later
/* Link Hellos and adjacencies, against a peer that writes its Hellos octet by octet. */
#include <stdlib.h>

#include "tests/unit/ldp_rig.h"

#define SECOND_IFINDEX 4
#define TRANSPORT_V4   "0401 0004 01010101"
#define TRANSPORT_V6   "0403 0010 20010db8000000000000000000000001"

static const struct ldp_stats *stats(const struct rig *r)
{
	return ldp_engine_stats(r->e);
}

static void second_link(struct rig *r)
{
	struct addr a = rig_addr(0xc0000305);

	ldp_interface_add(r->e, SECOND_IFINDEX, "eth1", &a, r->now);
}

/* ---------------------------------------------------------------- what we send */

START_TEST(hellos_go_out_at_once_and_at_a_third_of_the_hold_time)
{
	struct rig *r = rig_new(true);
	uint8_t octets[100];
	size_t len = rig_hex("0001 001e 0a000005 0000" /* PDU of 10.0.0.5:0 */
			     "0100 0014 00000001"
			     "0400 0004 000f 2000" /* 15 s, link, G (M-6720-2-1) */
			     "0401 0004 0a000005", /* M-5036-2.5.2-1 */
			     octets, sizeof(octets));

	/* M-5036-2.4.1-1; M-7552-6.1-1: one transport address, of IPv4 */
	ck_assert_uint_eq(r->hellos, 1);
	ck_assert_mem_eq(r->hello, octets, len);
	ck_assert_uint_eq(r->hello_len, len);
	rig_wait(r, 60000);
	ck_assert_uint_eq(r->hellos, 13);
	for (unsigned int i = 1; i < r->hellos; i++)
		ck_assert_int_eq(r->hello_at[i] - r->hello_at[i - 1], 5000);
	ck_assert_uint_eq(stats(r)->hellos_tx, 13);
	rig_free(r);
}
END_TEST

START_TEST(a_peer_in_a_hurry_gets_hellos_more_often)
{
	struct rig *r = rig_new(true);

	/* M-5036-3.5.2-1: proposes 6 s */
	rig_hello(r, 6, 0, "");
	for (unsigned int i = 0; i < 10; i++) {
		unsigned int before = r->hellos;

		rig_wait(r, 2000);
		ck_assert_uint_ge(r->hellos, before + 1);
		rig_hello(r, 6, 0, "");
	}
	rig_free(r);
}
END_TEST

START_TEST(a_new_neighbour_is_answered_at_once)
{
	struct rig *r = rig_new(false);

	rig_wait(r, 1000);
	ck_assert_uint_eq(r->hellos, 1);
	rig_hello(r, 15, 0, "");
	ck_assert_uint_eq(r->hellos, 2);
	rig_hello(r, 15, 0, "");
	ck_assert_uint_eq(r->hellos, 2);
	rig_free(r);
}
END_TEST

START_TEST(all_hellos_have_the_same_transport_address)
{
	struct rig *r = rig_new(true);
	uint8_t first[128];

	/* M-5036-2.5.2-1 */
	memcpy(first, r->hello, sizeof(first));
	second_link(r);
	ck_assert_uint_eq(r->hellos, 2);
	ck_assert_mem_eq(r->hello + 22, first + 22, r->hello_len - 22);
	rig_free(r);
}
END_TEST

/* ---------------------------------------------------------------- hold time */

static const struct {
	uint16_t ours, theirs;
	msec_t expires; /* 0: never */
} holds[] = {
	{15, 6, 6000},	     {15, 15, 15000},	  {15, 45, 15000}, {6, 15, 6000},
	{15, 0, 15000},	     {0, 45, 15000},	  {15, 1, 1000},   {15, 0xffff, 15000},
	{0xffff, 30, 30000}, {0xffff, 0xffff, 0},
};

START_TEST(hold_time_is_the_smaller_proposal)
{
	msec_t expires = holds[_i].expires ? holds[_i].expires : 1000000;
	struct rig *r = rig_new(false);

	/* M-5036-3.5.2-1 */
	r->params.hello_hold_s = holds[_i].ours;
	rig_start(r);
	rig_hello(r, holds[_i].theirs, 0, "");
	rig_wait(r, expires - 1);
	ck_assert_uint_eq(rig_sessions(r), 1);
	rig_hello(r, holds[_i].theirs, 0, ""); /* every Hello begins it anew */
	rig_wait(r, expires - 1);
	ck_assert_uint_eq(rig_sessions(r), 1);
	rig_wait(r, 1);
	ck_assert_uint_eq(rig_sessions(r), !holds[_i].expires);
	ck_assert_uint_eq(r->gones, !!holds[_i].expires);
	rig_free(r);
}
END_TEST

START_TEST(session_ends_with_the_last_adjacency)
{
	struct rig *r = rig_new(_i);

	/* M-5036-2.5.5-1: TCP is fine, Hellos have stopped */
	rig_reach(r, LDP_OPERATIONAL);
	rig_wait(r, 10000);
	rig_say(r, LDP_KEEPALIVE, "");
	rig_forget(r);
	rig_wait(r, 5000);
	ck_assert_uint_eq(rig_next(r, LDP_NOTIFICATION)->status, 0x80000009);
	rig_silent(r);
	ck_assert(!r->connected);
	ck_assert_uint_eq(r->downs, 1);
	ck_assert_str_eq(r->reason, "Hold Timer Expired");
	ck_assert_uint_eq(rig_sessions(r), 0);
	ck_assert_uint_eq(r->gones, 1);
	rig_wait(r, 300000);
	ck_assert_uint_le(r->connects, 1);
	rig_free(r);
}
END_TEST

/* ---------------------------------------------------------------- several links */

struct paths {
	unsigned int n;
	struct ldp_path p[4];
};

static void add_path(void *arg, const struct ldp_path *p)
{
	struct paths *paths = arg;

	ck_assert_uint_lt(paths->n, array_size(paths->p));
	paths->p[paths->n++] = *p;
}

static struct paths paths_of(struct rig *r)
{
	struct paths paths = {0};

	ldp_session_paths(r->s, add_path, &paths);
	return paths;
}

START_TEST(several_links_to_a_peer_make_one_session)
{
	struct rig *r = rig_new(false);
	struct addr next_hop = rig_addr(0xc0000308);
	struct paths paths;

	second_link(r);
	rig_reach(r, LDP_OPERATIONAL);
	ck_assert_uint_eq(r->adjacencies, 1);
	rig_hello_from(r, SECOND_IFINDEX, RIG_HIGH, 0xc0000308, 15, 0, "0401 0004 0a000008");
	ck_assert_uint_eq(r->adjacencies, 2);
	ck_assert_uint_eq(rig_sessions(r), 1);
	ck_assert_uint_eq(rig_info(r).n_adjacencies, 2);
	paths = paths_of(r);
	ck_assert_uint_eq(paths.n, 2);
	ck_assert_uint_eq(paths.p[1].ifindex, SECOND_IFINDEX);
	ck_assert_str_eq(paths.p[1].interface, "eth1");
	ck_assert_int_eq(addr_cmp(&paths.p[1].next_hop, &next_hop), 0);
	/* one link falls silent: the session has the other */
	rig_wait(r, 10000);
	rig_hello_from(r, SECOND_IFINDEX, RIG_HIGH, 0xc0000308, 15, 0, "0401 0004 0a000008");
	rig_wait(r, 6000);
	ck_assert_uint_eq(r->adjacencies, 3);
	ck_assert_uint_eq(paths_of(r).n, 1);
	ck_assert_int_eq(rig_state(r), LDP_OPERATIONAL);
	ck_assert_uint_eq(r->downs, 0);
	/* the other as well */
	rig_wait(r, 10000);
	ck_assert_uint_eq(r->downs, 1);
	ck_assert_uint_eq(rig_sessions(r), 0);
	rig_free(r);
}
END_TEST

START_TEST(gtsm_is_not_enforced_if_one_hello_is_without_it)
{
	struct rig *r = rig_new(false);

	/* M-6720-2-1 */
	second_link(r);
	rig_hello(r, 15, 0x2000, "");
	ck_assert(rig_info(r).gtsm);
	rig_hello_from(r, SECOND_IFINDEX, RIG_HIGH, 0xc0000308, 15, 0, "0401 0004 0a000008");
	ck_assert(!rig_info(r).gtsm);
	rig_free(r);
}
END_TEST

START_TEST(another_transport_address_on_another_link_is_not_taken)
{
	struct rig *r = rig_new(false);

	/* M-5036-2.5.2-1 is a MUST of the peer's */
	second_link(r);
	rig_reach(r, LDP_OPERATIONAL);
	rig_hello_from(r, SECOND_IFINDEX, RIG_HIGH, 0xc0000308, 15, 0, "");
	ck_assert_uint_eq(rig_info(r).n_adjacencies, 1);
	ck_assert_uint_eq(stats(r)->hellos_bad, 1);
	ck_assert_int_eq(rig_state(r), LDP_OPERATIONAL);
	rig_free(r);
}
END_TEST

START_TEST(another_transport_address_needs_a_peer_without_connection_and_link)
{
	struct rig *r = rig_new(false);

	rig_reach(r, LDP_OPERATIONAL); /* connected */
	rig_hello(r, 15, 0, TRANSPORT_V4);
	ck_assert_uint_eq(stats(r)->hellos_bad, 1);
	ck_assert(!rig_info(r).active);
	rig_free(r);
	r = rig_new(false); /* another link says otherwise */
	second_link(r);
	rig_hello(r, 15, 0, "");
	rig_hello_from(r, SECOND_IFINDEX, RIG_HIGH, 0xc0000308, 15, 0, TRANSPORT_V4);
	ck_assert_uint_eq(stats(r)->hellos_bad, 1);
	rig_hello_from(r, SECOND_IFINDEX, RIG_HIGH, 0xc0000308, 15, 0, "0401 0004 0a000008");
	rig_hello(r, 15, 0, TRANSPORT_V4);
	ck_assert_uint_eq(stats(r)->hellos_bad, 2);
	ck_assert_uint_eq(r->connects, 0);
	rig_free(r);
}
END_TEST

START_TEST(a_peer_without_a_connection_may_move_its_transport_address)
{
	struct rig *r = rig_new(false);
	struct addr to = rig_addr(0x01010101);

	rig_hello(r, 15, 0, "");
	ck_assert_uint_eq(r->connects, 0);
	rig_hello(r, 15, 0, TRANSPORT_V4); /* and the roles change */
	ck_assert_uint_eq(r->connects, 1);
	ck_assert_int_eq(addr_cmp(&r->connect_to, &to), 0);
	ck_assert_uint_eq(rig_sessions(r), 1);
	/* whatever the old one has made us wait for */
	ldp_session_connected(r->s, r->now);
	rig_notify(r, 0x80000010);
	to = rig_addr(0x01010102);
	rig_hello(r, 15, 0, "0401 0004 01010102");
	ck_assert_uint_eq(r->connects, 2);
	ck_assert_int_eq(addr_cmp(&r->connect_to, &to), 0);
	rig_free(r);
}
END_TEST

START_TEST(a_peer_with_an_identifier_per_link_has_a_session_per_link)
{
	struct rig *r = rig_new(false);

	second_link(r);
	rig_hello(r, 15, 0, "");
	rig_hello_from(r, SECOND_IFINDEX, 0x0a000009, 0x0a000009, 15, 0, "");
	ck_assert_uint_eq(rig_sessions(r), 2);
	rig_free(r);
}
END_TEST

START_TEST(two_identifiers_may_have_one_transport_address)
{
	struct rig *r = rig_new(false);

	/* who has connected is told by the Initialization (RFC 5036 2.5.3) */
	second_link(r);
	rig_hello_from(r, RIG_IFINDEX, 0x0a000008, RIG_HIGH, 15, 0, "");
	rig_hello_from(r, SECOND_IFINDEX, 0x0a000009, 0xc0000309, 15, 0, "0401 0004 0a000008");
	ck_assert_ptr_ne(rig_accept(r), NULL);
	rig_say_as(r, 0x0a000009, LDP_INIT, RIG_INIT);
	ck_assert(rig_has(rig_next(r, LDP_INIT), "0a000009 0000"));
	rig_say_as(r, 0x0a000009, LDP_KEEPALIVE, "");
	ck_assert_int_eq(rig_state(r), LDP_OPERATIONAL);
	ck_assert_uint_eq(rig_info(r).peer.lsr_id, 0x0a000009);
	ck_assert_uint_eq(paths_of(r).p[0].ifindex, SECOND_IFINDEX);
	/* and the other one still can */
	r->connected = false;
	ck_assert_ptr_ne(rig_accept(r), NULL);
	rig_forget(r);
	rig_say_as(r, 0x0a000008, LDP_INIT, RIG_INIT);
	ck_assert(rig_has(rig_next(r, LDP_INIT), "0a000008 0000"));
	ck_assert_uint_eq(paths_of(r).p[0].ifindex, RIG_IFINDEX);
	rig_free(r);
	/* but not for the one that has a connection already */
	r = rig_new(false);
	second_link(r);
	rig_hello_from(r, RIG_IFINDEX, 0x0a000008, RIG_HIGH, 15, 0, "");
	rig_hello_from(r, SECOND_IFINDEX, 0x0a000009, 0xc0000309, 15, 0, "0401 0004 0a000008");
	ck_assert_ptr_ne(rig_accept(r), NULL);
	rig_say(r, LDP_INIT, RIG_INIT);
	r->connected = false;
	ck_assert_ptr_ne(rig_accept(r), NULL);
	rig_forget(r);
	rig_say(r, LDP_INIT, RIG_INIT);
	rig_fatal(r, LDP_S_REJECTED_NO_HELLO);
	rig_free(r);
}
END_TEST

START_TEST(a_link_that_goes_takes_its_adjacencies)
{
	struct rig *r = rig_new(true);

	rig_reach(r, LDP_OPERATIONAL);
	ldp_interface_del(ldp_interface_find(r->e, RIG_IFINDEX), r->now);
	ck_assert_uint_eq(rig_next(r, LDP_NOTIFICATION)->status, 0x80000009);
	ck_assert_uint_eq(rig_sessions(r), 0);
	ck_assert_ptr_eq(ldp_interface_find(r->e, RIG_IFINDEX), NULL);
	r->hellos = 0;
	rig_wait(r, 60000);
	ck_assert_uint_eq(r->hellos, 0);
	rig_free(r);
}
END_TEST

START_TEST(a_new_source_address_is_a_new_next_hop)
{
	struct rig *r = rig_new(false);
	struct addr next_hop = rig_addr(0x0a000077);

	rig_hello(r, 15, 0, "0401 0004 0a000008");
	rig_hello(r, 15, 0, "0401 0004 0a000008");
	ck_assert_uint_eq(r->adjacencies, 1);
	rig_hello_from(r, RIG_IFINDEX, RIG_HIGH, 0x0a000077, 15, 0, "0401 0004 0a000008");
	ck_assert_uint_eq(r->adjacencies, 2);
	ck_assert_int_eq(addr_cmp(&paths_of(r).p[0].next_hop, &next_hop), 0);
	rig_free(r);
}
END_TEST

/* ---------------------------------------------------------------- what is not a Hello to us */

/* M-5036-3.5.1-2: dropped in silence, and the adjacency does not profit. */
static const char *const malformed[] = {
	"",
	"0001",
	"0001 0016 0a000008 0000 0100 000c 00000001 0400 0004 000f",	 /* cut short */
	"0002 0016 0a000008 0000 0100 000c 00000001 0400 0004 000f0000", /* version */
	"0001 000d 0a000008 0000 0100 000c 00000001 0400 0004 000f0000", /* length */
	"0001 0016 00000000 0000 0100 000c 00000001 0400 0004 000f0000", /* LSR-Id 0 */
	"0001 0016 0a000008 0000 0201 000c 00000001 0400 0004 000f0000", /* KeepAlive */
	"0001 0016 0a000008 0000 0100 000d 00000001 0400 0004 000f0000", /* message length */
	"0001 0016 0a000008 0000 0100 000c 00000001 0400 0005 000f0000", /* TLV length */
	"0001 0015 0a000008 0000 0100 000b 00000001 0400 0003 000f00",	 /* TLV too short */
	"0001 000e 0a000008 0000 0100 0004 00000001",			 /* no parameters */
	"0001 001a 0a000008 0000 0100 0010 00000001 0400 0004 000f0000 3f010000", /* unknown TLV */
	"0001 001e 0a000008 0000 0100 0014 00000001 0400 0004 000f0000 0401 0004 00000000",
	"0001 001e 0a000008 0000 0100 0014 00000001 0400 0004 000f0000 0401 0004 e0000001",
	"0001 0016 0a000005 0000 0100 000c 00000001 0400 0004 000f0000", /* our LSR-Id */
	"0001 001e 0a000008 0000 0100 0014 00000001 0400 0004 000f0000 0401 0004 0a000005",
	("0001 002a 0a000008 0000 0100 0020 00000001 0400 0004 000f0000" TRANSPORT_V6),
};

START_TEST(malformed_hellos_are_dropped_in_silence)
{
	struct rig *r = rig_new(false);

	rig_hello(r, 15, 0, "");
	rig_wait(r, 14000);
	rig_datagram(r, malformed[_i]);
	ck_assert_uint_eq(stats(r)->hellos_bad, 1);
	ck_assert_uint_eq(rig_sessions(r), 1);
	rig_wait(r, 1000);
	ck_assert_uint_eq(rig_sessions(r), 0);
	rig_free(r);
}
END_TEST

START_TEST(every_truncation_of_a_hello_is_dropped)
{
	struct rig *r = rig_new(false);
	struct addr src = rig_addr(RIG_HIGH);
	uint8_t octets[100];
	size_t len = rig_hex("0001 001e 0a000008 0000 0100 0014 00000001 0400 0004 000f2000"
			     "0401 0004 0a000008",
			     octets, sizeof(octets));

	for (size_t n = 0; n < len; n++) {
		uint8_t *cut = malloc(n ? n : 1); /* for the sanitizer's eye */

		memcpy(cut, octets, n);
		ldp_hello_input(r->e, RIG_IFINDEX, &src, (struct span){cut, n}, r->now);
		free(cut);
	}
	ck_assert_uint_eq(stats(r)->hellos_bad, len);
	ck_assert_uint_eq(rig_sessions(r), 0);
	ldp_hello_input(r->e, RIG_IFINDEX, &src, (struct span){octets, len}, r->now);
	ck_assert_uint_eq(rig_sessions(r), 1);
	rig_free(r);
}
END_TEST

START_TEST(hellos_of_others_are_counted_and_ignored)
{
	struct rig *r = rig_new(false);

	rig_hello(r, 45, 0xc000, ""); /* targeted, with request */
	ck_assert_uint_eq(stats(r)->hellos_targeted, 1);
	rig_hello_from(r, 99, RIG_HIGH, RIG_HIGH, 15, 0, ""); /* no such interface */
	rig_hello_from(r, RIG_IFINDEX, RIG_HIGH, 0, 15, 0, "");
	rig_hello_from(r, RIG_IFINDEX, RIG_HIGH, 0xe0000002, 15, 0, "");
	ck_assert_uint_eq(stats(r)->hellos_bad, 2);
	ck_assert_uint_eq(rig_sessions(r), 0);
	rig_free(r);
}
END_TEST

START_TEST(of_two_transport_addresses_the_ipv4_one_counts)
{
	struct rig *r = rig_new(false);
	struct addr v4 = rig_addr(0x01010101);

	rig_hello(r, 15, 0, _i ? TRANSPORT_V4 TRANSPORT_V6 : TRANSPORT_V6 TRANSPORT_V4);
	ck_assert_int_eq(addr_cmp(&r->connect_to, &v4), 0);
	rig_free(r);
}
END_TEST

START_TEST(neighbours_of_a_link_are_bounded)
{
	struct rig *r = rig_new(false);

	for (uint32_t i = 0; i < 1030; i++) {
		r->hellos = 0;
		rig_hello_from(r, RIG_IFINDEX, 0x0b000001 + i, 0x0b000001 + i, 15, 0, "");
	}
	ck_assert_uint_eq(rig_sessions(r), 1024);
	ck_assert_uint_eq(stats(r)->hellos_bad, 6);
	rig_free(r);
}
END_TEST

START_TEST(after_the_shutdown_there_is_no_discovery)
{
	struct rig *r = rig_new(true);

	rig_reach(r, LDP_OPERATIONAL);
	ldp_engine_shutdown(r->e, r->now);
	rig_fatal(r, LDP_S_SHUTDOWN);
	ck_assert_uint_eq(r->downs, 1);
	r->hellos = 0;
	rig_hello(r, 15, 0, "");
	rig_hello_from(r, RIG_IFINDEX, 0x0a000001, 0x0a000001, 15, 0, "");
	rig_wait(r, 200000);
	ck_assert_uint_eq(r->hellos, 0);
	ck_assert_uint_eq(r->connects, 1);
	ck_assert_uint_eq(rig_sessions(r), 0);
	rig_free(r);
}
END_TEST

START_TEST(a_callback_may_remove_the_interface)
{
	struct rig *r = rig_new(_i);

	r->interface_del_in_adjacency = true;
	rig_hello(r, 15, 0, "");
	ck_assert_uint_eq(rig_sessions(r), 0);
	ck_assert_uint_eq(r->connects, 0);
	ck_assert_uint_eq(r->gones, 1);
	rig_free(r);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("ldp_discovery");
	TCase *t = tcase_create("send");

	tcase_add_test(t, hellos_go_out_at_once_and_at_a_third_of_the_hold_time);
	tcase_add_test(t, a_peer_in_a_hurry_gets_hellos_more_often);
	tcase_add_test(t, a_new_neighbour_is_answered_at_once);
	tcase_add_test(t, all_hellos_have_the_same_transport_address);
	suite_add_tcase(s, t);
	t = tcase_create("hold");
	tcase_add_loop_test(t, hold_time_is_the_smaller_proposal, 0, array_size(holds));
	tcase_add_loop_test(t, session_ends_with_the_last_adjacency, 0, 2);
	suite_add_tcase(s, t);
	t = tcase_create("links");
	tcase_add_test(t, several_links_to_a_peer_make_one_session);
	tcase_add_test(t, gtsm_is_not_enforced_if_one_hello_is_without_it);
	tcase_add_test(t, another_transport_address_on_another_link_is_not_taken);
	tcase_add_test(t, another_transport_address_needs_a_peer_without_connection_and_link);
	tcase_add_test(t, a_peer_without_a_connection_may_move_its_transport_address);
	tcase_add_test(t, a_peer_with_an_identifier_per_link_has_a_session_per_link);
	tcase_add_test(t, two_identifiers_may_have_one_transport_address);
	tcase_add_test(t, a_link_that_goes_takes_its_adjacencies);
	tcase_add_test(t, a_new_source_address_is_a_new_next_hop);
	suite_add_tcase(s, t);
	t = tcase_create("not for us");
	tcase_add_loop_test(t, malformed_hellos_are_dropped_in_silence, 0, array_size(malformed));
	tcase_add_test(t, every_truncation_of_a_hello_is_dropped);
	tcase_add_test(t, hellos_of_others_are_counted_and_ignored);
	tcase_add_loop_test(t, of_two_transport_addresses_the_ipv4_one_counts, 0, 2);
	tcase_add_test(t, neighbours_of_a_link_are_bounded);
	tcase_add_test(t, after_the_shutdown_there_is_no_discovery);
	tcase_add_loop_test(t, a_callback_may_remove_the_interface, 0, 2);
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
