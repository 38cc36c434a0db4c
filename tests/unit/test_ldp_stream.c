// SPDX-License-Identifier: GPL-2.0-or-later
/* Octets of a connection: pieces, faults and what is told about them, addresses. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/ldp_rig.h"

/* A Label Mapping: FEC 10.0.0.1 generic 42, label 1001, and what may follow */
#define MAPPING "0100 0011 06 0001 04 0a000001 0007 0100040000002a 0200 0004 000003e9"

/* ---------------------------------------------------------------- the stream */

/* Two PDUs: a KeepAlive and a mapping in one, an Address in the other. */
static size_t stream(struct rig *r, uint8_t *to, size_t size)
{
	uint8_t keepalive[100], mapping[200];
	size_t n = rig_pdu(r, r->peer, LDP_KEEPALIVE, "", keepalive, sizeof(keepalive));
	size_t m = rig_pdu(r, r->peer, LDP_LABEL_MAPPING, MAPPING, mapping, sizeof(mapping));
	struct wr w = wr_init(to, size);

	wr_copy(&w, keepalive, n);
	wr_copy(&w, mapping + 10, m - 10);
	wr_patch_u16(&w, 2, (uint16_t)(n + m - 10 - 4));
	n = rig_pdu(r, r->peer, LDP_ADDRESS, "0101 0006 0001 0a000002", w.p, wr_left(&w));
	wr_reserve(&w, n);
	return wr_len(&w);
}

static void saw_stream(struct rig *r)
{
	ck_assert_uint_eq(r->messages, 2);
	ck_assert_int_eq(r->message_type, LDP_ADDRESS);
	ck_assert_uint_eq(rig_info(r).n_addresses, 1);
	ck_assert_int_eq(rig_state(r), LDP_OPERATIONAL);
}

START_TEST(pdus_may_come_in_any_pieces)
{
	uint8_t octets[500];
	struct rig *r = rig_new(false);
	size_t len;

	/* M-5036-3.1-1: octet by octet; all at once */
	rig_reach(r, LDP_OPERATIONAL);
	len = stream(r, octets, sizeof(octets));
	for (size_t i = 0; i < len; i++)
		ldp_session_input(r->s, (struct span){octets + i, 1}, r->now);
	saw_stream(r);
	rig_free(r);
	r = rig_new(false);
	rig_reach(r, LDP_OPERATIONAL);
	ldp_session_input(r->s, (struct span){octets, len}, r->now);
	saw_stream(r);
	rig_free(r);
}
END_TEST

START_TEST(pdus_may_be_split_anywhere)
{
	uint8_t octets[500];
	size_t len = 500;

	for (size_t i = 0; i <= len; i++) {
		struct rig *r = rig_new(false);

		rig_reach(r, LDP_OPERATIONAL);
		len = stream(r, octets, sizeof(octets));
		if (i > len)
			i = len;
		ldp_session_input(r->s, (struct span){octets, i}, r->now);
		ldp_session_input(r->s, (struct span){octets + i, len - i}, r->now);
		saw_stream(r);
		rig_free(r);
	}
}
END_TEST

START_TEST(a_whole_establishment_may_come_in_one_piece)
{
	uint8_t octets[500];
	struct rig *r = rig_new(false);
	size_t n;

	rig_reach(r, LDP_INITIALIZED);
	n = rig_pdu(r, RIG_HIGH, LDP_INIT, RIG_INIT RIG_CAPS, octets, sizeof(octets));
	n += rig_pdu(r, RIG_HIGH, LDP_KEEPALIVE, "", octets + n, sizeof(octets) - n);
	n += rig_pdu(r, RIG_HIGH, LDP_LABEL_MAPPING, MAPPING, octets + n, sizeof(octets) - n);
	ldp_session_input(r->s, (struct span){octets, n}, r->now);
	ck_assert_uint_eq(r->ups, 1);
	ck_assert_uint_eq(r->messages, 1);
	ck_assert_int_eq(r->message_type, LDP_LABEL_MAPPING);
	rig_free(r);
}
END_TEST

/* M-5036-3.5.1-1: octets of an operational session of 10.0.0.8, and the status in return. */
static const struct {
	const char *octets;
	uint32_t status;
} fatal[] = {
	{"0001 000d 0a000008 0000", 0x80000003}, /* PDU length */
	{"0001 1001 0a000008 0000", 0x80000003}, /* more than 4096 */
	{"0001 ffff 0a000008 0000", 0x80000003},
	{"0001 0000 0a000008 0000", 0x80000003},
	{"0002 000e 0a000008 0000", 0x80000002},
	{"0001 000e 00000000 0000 0201 0004 00000001", 0x80000001},
	{"0001 000e 0a000009 0000 0201 0004 00000001", 0x80000001},
	{"0001 000e 0a000008 0001 0201 0004 00000001", 0x80000001}, /* other label space */
	{"0001 000e 0a000008 0000 0201 0003 00000001", 0x80000005}, /* message length */
	{"0001 000e 0a000008 0000 0201 0005 00000001", 0x80000005},
	{"0001 0010 0a000008 0000 0201 0004 00000001 0000", 0x80000005}, /* something behind it */
	{"0001 0012 0a000008 0000 0201 0008 00000001 3f01 0001", 0x80000007}, /* TLV length */
	{"0001 001a 0a000008 0000 0300 0010 00000001 0101 0008 0001 0a00000b ffff", 0x80000008},
};

START_TEST(fatal_faults_are_told_and_end_the_session)
{
	struct rig *r = rig_new(false);

	rig_reach(r, LDP_OPERATIONAL);
	rig_octets(r, fatal[_i].octets);
	rig_fatal(r, fatal[_i].status);
	ck_assert_uint_eq(r->downs, 1);
	ck_assert_uint_eq(ldp_engine_stats(r->e)->faults, 1);
	rig_free(r);
}
END_TEST

/* The session goes on; the daemon hears nothing of the message. */
static const struct {
	const char *id;
	uint16_t type;
	const char *body;
	uint32_t status;
} tolerated[] = {
	{"M-5036-3.5-1", 0x3f01, "", 0x00000004},
	{"M-5036-3.3-1", LDP_LABEL_MAPPING, MAPPING "3f01 0000", 0x00000006},
	{"M-5036-3.4.1-1", LDP_LABEL_MAPPING,
	 "0100 0011 06 0019 04 0a000001 0007 0100040000002a 0200 0004 000003e9", 0x00000017},
	{"M-5036-3.4.1-1", LDP_LABEL_MAPPING, "0100 0001 70 0200 0004 000003e9", 0x0000000c},
	{"M-5036-3.5-2", LDP_LABEL_MAPPING, "0100 0011 06 0001 04 0a000001 0007 0100040000002a",
	 0x00000016},
	{"family", LDP_ADDRESS, "0101 0004 0019 0a00", 0x00000017},
};

START_TEST(other_faults_are_told_and_the_session_goes_on)
{
	const struct rig_got *g;
	struct rig *r = rig_new(false);

	rig_reach(r, LDP_OPERATIONAL);
	rig_say(r, tolerated[_i].type, tolerated[_i].body);
	g = rig_next(r, LDP_NOTIFICATION);
	ck_assert_uint_eq(g->status, tolerated[_i].status);
	ck_assert_uint_eq(g->about_id, r->message_id);
	ck_assert_uint_eq(g->about_type, tolerated[_i].type);
	rig_silent(r);
	ck_assert_uint_eq(r->messages, 0);
	ck_assert_int_eq(rig_state(r), LDP_OPERATIONAL);
	rig_free(r);
}
END_TEST

START_TEST(unknown_things_with_the_u_bit_are_passed_over)
{
	struct rig *r = rig_new(false);

	/* M-5036-3.5-1, M-5036-3.3-1 */
	rig_reach(r, LDP_OPERATIONAL);
	rig_say(r, 0xbf01, "");
	ck_assert_uint_eq(r->messages, 0);
	ck_assert_uint_eq(ldp_engine_stats(r->e)->unknown_messages, 1);
	rig_say(r, LDP_LABEL_MAPPING, MAPPING "bf01 0000");
	ck_assert_uint_eq(r->messages, 1);
	rig_silent(r);
	rig_free(r);
}
END_TEST

START_TEST(faults_in_notifications_are_not_answered)
{
	struct rig *r = rig_new(false);

	rig_reach(r, LDP_OPERATIONAL);
	rig_say(r, LDP_NOTIFICATION, "0300 000a 00000006 00000000 0000 3f01 0000");
	rig_silent(r);
	ck_assert_uint_eq(r->messages, 0);
	ck_assert_int_eq(rig_state(r), LDP_OPERATIONAL);
	rig_say(r, LDP_HELLO, "0400 0004 000f0000"); /* nor Hellos that came astray */
	rig_say(r, LDP_HELLO, "");
	rig_silent(r);
	ck_assert_uint_eq(r->messages, 0);
	rig_free(r);
}
END_TEST

START_TEST(nothing_is_read_behind_the_end)
{
	uint8_t octets[500];
	struct rig *r = rig_new(false);
	size_t n;

	rig_reach(r, LDP_OPERATIONAL);
	n = rig_pdu(r, RIG_HIGH, LDP_NOTIFICATION, "0300 000a 8000000a 00000000 0000", octets,
		    sizeof(octets));
	n += rig_pdu(r, RIG_HIGH, LDP_LABEL_MAPPING, MAPPING, octets + n, sizeof(octets) - n);
	ldp_session_input(r->s, (struct span){octets, n}, r->now);
	rig_fatal(r, LDP_S_SHUTDOWN);
	ck_assert_uint_eq(r->messages, 0);
	rig_free(r);
}
END_TEST

START_TEST(message_counters_tell_what_went_by)
{
	struct ldp_session_info info;
	struct rig *r = rig_new(false);

	rig_reach(r, LDP_OPERATIONAL);
	rig_say(r, LDP_LABEL_MAPPING, MAPPING);
	rig_say(r, LDP_LABEL_MAPPING, MAPPING);
	info = rig_info(r);
	ck_assert_uint_eq(info.rx[ldp_msg_row(LDP_LABEL_MAPPING)], 2);
	ck_assert_uint_eq(info.rx[ldp_msg_row(LDP_INIT)], 1);
	ck_assert_uint_eq(info.tx[ldp_msg_row(LDP_INIT)], 1);
	ck_assert_uint_eq(info.tx[ldp_msg_row(LDP_ADDRESS)], 1);
	ck_assert_uint_eq(info.tx[ldp_msg_row(LDP_NOTIFICATION)], 2); /* End-of-LIB */
	rig_free(r);
}
END_TEST

START_TEST(what_the_daemon_sends_has_its_number_or_does_not_go)
{
	struct addr root = rig_addr(RIG_LOW);
	struct ldp_fec fec = {.kind = LDP_FEC_MULTIPOINT, .mp = mldp_fec_generic(&root, 1)};
	struct ldp_msg m = {.type = LDP_LABEL_MAPPING,
			    .n_fecs = 1,
			    .fecs = &fec,
			    .has_label = true,
			    .label = 1001};
	struct rig *r = rig_new(false);
	uint32_t id;

	rig_reach(r, LDP_INITIALIZED);
	rig_say(r, LDP_INIT, RIG_SESSION("00b4", "0100") RIG_CAPS);
	rig_say(r, LDP_KEEPALIVE, "");
	rig_forget(r);
	id = ldp_session_send(r->s, &m, r->now);
	ck_assert_uint_ne(id, 0);
	ck_assert_uint_eq(rig_next(r, LDP_LABEL_MAPPING)->id, id);
	fec.mp.opaque_len = 240; /* does not fit into 256 octets: M-5036-3.5.3-1 */
	ck_assert_uint_eq(ldp_session_send(r->s, &m, r->now), 0);
	rig_silent(r);
	ldp_session_notify(r->s, LDP_S_NO_ROUTE, &m, r->now);
	ck_assert_uint_eq(rig_next(r, LDP_NOTIFICATION)->about_type, LDP_LABEL_MAPPING);
	ck_assert_int_eq(rig_state(r), LDP_OPERATIONAL);
	ldp_session_notify(r->s, LDP_S_INTERNAL, NULL, r->now);
	rig_fatal(r, LDP_S_INTERNAL);
	rig_free(r);
}
END_TEST

/* ---------------------------------------------------------------- addresses */

START_TEST(addresses_of_the_peer_are_known_while_it_is_up)
{
	struct addr v4 = rig_addr(0x0a000002), other = rig_addr(0x0a000003), v6;
	struct rig *r = rig_new(false);

	/* M-5036-2.7-1, M-5036-3.5.5-2 */
	ck_assert(addr_parse("2001:db8::1", &v6));
	rig_reach(r, LDP_OPERATIONAL);
	ck_assert(!ldp_session_has_address(r->s, &v4));
	rig_say(r, LDP_ADDRESS, "0101 000a 0001 0a000002 0a000003");
	rig_say(r, LDP_ADDRESS, "0101 0012 0002 20010db8000000000000000000000001");
	ck_assert(ldp_session_has_address(r->s, &v4));
	ck_assert(ldp_session_has_address(r->s, &other));
	ck_assert(ldp_session_has_address(r->s, &v6));
	ck_assert_uint_eq(r->messages, 2);
	rig_say(r, LDP_ADDRESS, "0101 0006 0001 0a000002"); /* no news */
	rig_say(r, LDP_ADDRESS_WITHDRAW, "0101 0006 0001 0a000004");
	ck_assert_uint_eq(r->messages, 2);
	rig_say(r, LDP_ADDRESS_WITHDRAW, "0101 0006 0001 0a000003");
	ck_assert_uint_eq(r->messages, 3);
	ck_assert(!ldp_session_has_address(r->s, &other));
	ck_assert_uint_eq(rig_info(r).n_addresses, 2);
	rig_silent(r);
	rig_notify(r, 0x8000000a);
	ck_assert(!ldp_session_has_address(r->s, &v4));
	ck_assert_uint_eq(rig_info(r).n_addresses, 0);
	ck_assert_uint_eq(rig_info(r).capabilities, 0);
	rig_free(r);
}
END_TEST

START_TEST(changes_of_our_addresses_are_told)
{
	struct addr a = rig_addr(0xc6336401), v6;
	struct rig *r = rig_new(false);

	/* M-5036-3.5.5-1 */
	rig_reach(r, LDP_OPERATIONAL);
	ldp_address_add(r->e, &a, r->now);
	ck_assert(rig_has(rig_next(r, LDP_ADDRESS), "0101 0006 0001 c6336401"));
	ldp_address_add(r->e, &a, r->now); /* no news */
	rig_silent(r);
	ldp_address_del(r->e, &a, r->now);
	ck_assert(rig_has(rig_next(r, LDP_ADDRESS_WITHDRAW), "0101 0006 0001 c6336401"));
	ldp_address_del(r->e, &a, r->now);
	ck_assert(addr_parse("2001:db8::1", &v6));
	ldp_address_add(r->e, &v6, r->now); /* RFC 7552 7: not to one that is not dual-stack */
	rig_silent(r);
	rig_free(r);
}
END_TEST

START_TEST(only_who_takes_p2mp_labels_is_told_our_addresses)
{
	struct addr a = rig_addr(0xc6336401);
	struct rig *r = rig_new(false);

	/* A-mLDP-9: for an ldpd they are those of the ldpd beside us */
	rig_reach(r, LDP_INITIALIZED);
	rig_say(r, LDP_INIT, RIG_INIT "8506000180");
	rig_say(r, LDP_KEEPALIVE, "");
	ck_assert_int_eq(rig_state(r), LDP_OPERATIONAL);
	rig_next(r, LDP_INIT);
	rig_next(r, LDP_KEEPALIVE);
	ldp_address_add(r->e, &a, r->now);
	ldp_address_del(r->e, &a, r->now);
	ldp_address_add(r->e, &a, r->now);
	rig_silent(r);
	rig_say(r, LDP_CAPABILITY, "8508000180");
	ck_assert(rig_has(rig_next(r, LDP_ADDRESS), "c6336401"));
	rig_say(r, LDP_CAPABILITY, "8508000100");
	rig_say(r, LDP_CAPABILITY, "8508000180");
	rig_silent(r); /* it has them */
	ldp_address_del(r->e, &a, r->now);
	ck_assert(rig_has(rig_next(r, LDP_ADDRESS_WITHDRAW), "c6336401"));
	rig_free(r);
}
END_TEST

START_TEST(addresses_of_a_peer_are_bounded)
{
	static char body[2 + 2 * (8 + 1000 * 4)];
	struct rig *r = rig_new(false);

	rig_reach(r, LDP_OPERATIONAL);
	for (uint32_t i = 0; i < 20; i++) {
		char *p = body + sprintf(body, "0101%04x0001", 2 + 1000 * 4);

		for (uint32_t k = 0; k < 1000; k++)
			p += sprintf(p, "%08x", 0x0b000000 + i * 1000 + k);
		rig_say(r, LDP_ADDRESS, body);
	}
	ck_assert_uint_eq(rig_info(r).n_addresses, 8192);
	ck_assert_int_eq(rig_state(r), LDP_OPERATIONAL);
	rig_free(r);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("ldp_stream");
	TCase *t = tcase_create("stream");

	tcase_add_test(t, pdus_may_come_in_any_pieces);
	tcase_add_test(t, pdus_may_be_split_anywhere);
	tcase_add_test(t, a_whole_establishment_may_come_in_one_piece);
	tcase_add_loop_test(t, fatal_faults_are_told_and_end_the_session, 0, array_size(fatal));
	tcase_add_loop_test(t, other_faults_are_told_and_the_session_goes_on, 0,
			    array_size(tolerated));
	tcase_add_test(t, unknown_things_with_the_u_bit_are_passed_over);
	tcase_add_test(t, faults_in_notifications_are_not_answered);
	tcase_add_test(t, nothing_is_read_behind_the_end);
	tcase_add_test(t, message_counters_tell_what_went_by);
	tcase_add_test(t, what_the_daemon_sends_has_its_number_or_does_not_go);
	suite_add_tcase(s, t);
	t = tcase_create("addresses");
	tcase_add_test(t, addresses_of_the_peer_are_known_while_it_is_up);
	tcase_add_test(t, changes_of_our_addresses_are_told);
	tcase_add_test(t, only_who_takes_p2mp_labels_is_told_our_addresses);
	tcase_add_test(t, addresses_of_a_peer_are_bounded);
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
