// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Parts of the forwarding agent that need no kernel: slots and templates.
 */
#include "lib/base.h"

#include <check.h>
#include <stdlib.h>

#include "mcfibd/mcfibd.h"
#include "mcfibd/slots.h"
#include "mcfibd/template.h"

DEFINE_MGROUP(MCFIBD, "mcfibd");
int log_level;

void agent_log(int level, const char *format, ...)
{
}

/* ---------------------------------------------------------------- slots */

#define SLOTS 1000
#define RUNS  200

/* What an owner of slots sees: nobody else has them, nor had them before the grace period. */
struct oracle {
	struct slots *s;
	int owner[SLOTS]; /* run + 1; -1: resting; 0: free */
	struct {
		uint32_t first, n;
	} run[RUNS];
};

static void take(struct oracle *o, int i, uint32_t n)
{
	uint32_t first = slots_get(o->s, n), k;

	if (!first)
		return;
	ck_assert_uint_le(first + n, SLOTS);
	for (k = first; k < first + n; k++) {
		ck_assert_int_eq(o->owner[k], 0);
		o->owner[k] = i + 1;
	}
	o->run[i].first = first;
	o->run[i].n = n;
}

static void give_back(struct oracle *o, int i)
{
	uint32_t k;

	for (k = 0; k < o->run[i].n; k++)
		o->owner[o->run[i].first + k] = -1;
	slots_put(o->s, o->run[i].first, o->run[i].n);
	o->run[i].first = 0;
}

static void grace(struct oracle *o)
{
	int k;

	slots_mark(o->s);
	slots_reclaim(o->s);
	for (k = 0; k < SLOTS; k++) {
		if (o->owner[k] < 0)
			o->owner[k] = 0;
	}
}

START_TEST(slots_are_owned_once_and_reused_after_a_grace_period_only)
{
	struct oracle *o = calloc(1, sizeof(*o));
	int step, i;

	o->s = slots_new(SLOTS);
	srand(4045);
	for (step = 0; step < 200000; step++) {
		i = rand() % RUNS;
		if (o->run[i].first)
			give_back(o, i);
		else
			take(o, i, 1 + (uint32_t)rand() % (rand() % 8 ? 4 : 64));
		if (rand() % 16 == 0)
			grace(o);
	}
	for (i = 0; i < RUNS; i++) {
		if (o->run[i].first)
			give_back(o, i);
	}
	grace(o);
	ck_assert_uint_eq(slots_used(o->s), 0);
	ck_assert_uint_ne(slots_get(o->s, 256), 0); /* no holes are left */
	slots_free(o->s);
	free(o);
}
END_TEST

START_TEST(what_is_given_back_during_a_grace_period_waits_for_the_next)
{
	struct slots *s = slots_new(3); /* two slots */
	uint32_t a = slots_get(s, 1), b = slots_get(s, 1);

	ck_assert_uint_ne(a, b);
	ck_assert_uint_eq(slots_get(s, 1), 0);
	slots_put(s, a, 1);
	slots_mark(s);
	slots_put(s, b, 1);
	slots_reclaim(s);
	ck_assert_uint_eq(slots_get(s, 1), a);
	ck_assert_uint_eq(slots_get(s, 1), 0);
	ck_assert(slots_resting(s));
	slots_mark(s);
	slots_reclaim(s);
	ck_assert_uint_eq(slots_get(s, 1), b);
	slots_free(s);
}
END_TEST

START_TEST(every_slot_but_0_can_be_had)
{
	struct slots *s;
	uint32_t max, n;

	for (max = 2; max < 70; max++) {
		s = slots_new(max);
		for (n = 0; slots_get(s, 1); n++)
			;
		ck_assert_uint_eq(n, max - 1);
		slots_free(s);
	}
}
END_TEST

/* ---------------------------------------------------------------- templates */

static const uint8_t octets_local[] = {10, 0, 0, 1}, octets_peer[] = {10, 0, 0, 2};

static struct fib_l2tp_tunnel tunnel(bool checksum)
{
	return (struct fib_l2tp_tunnel){
		.peer_tunnel_id = 0x1234,
		.local = {addr_from_v4(octets_local), 1701},
		.peer = {addr_from_v4(octets_peer), 1702},
		.udp_checksum = checksum,
	};
}

static struct nexthop nexthop(enum nexthop_state state)
{
	return (struct nexthop){
		.state = state,
		.ifindex = 5,
		.mtu = 1500,
		.src_mac = {2, 0, 0, 0, 0, 1},
		.dst_mac = {2, 0, 0, 0, 0, 2},
	};
}

/* A4045-26: no PPP on a multicast session; A4045-48: L=0, O=0; A4045-18: S by request */
static const struct {
	bool ppp, sequencing;
	uint32_t maximum, max_len;
	const char *tail; /* behind UDP length and checksum */
	size_t len;
} forms[] = {
	{false, false, 0, 1466, "\x00\x02\x12\x34\x56\x78", 6},
	{false, true, 0, 1462, "\x08\x02\x12\x34\x56\x78\0\0\0\0", 10},
	{true, false, 0, 1462, "\x00\x02\x12\x34\x56\x78\xff\x03\x00\x21", 10},
	{true, false, 1400, 1400, "\x00\x02\x12\x34\x56\x78\xff\x03\x00\x21", 10},
	{true, false, 1500, 1462, "\x00\x02\x12\x34\x56\x78\xff\x03\x00\x21", 10},
};

START_TEST(an_l2tp_copy_has_the_headers_of_its_session)
{
	static const uint8_t head[] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0,
				       /* DF off, TTL 64, UDP */
				       0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0,
				       0, 2, 1701 >> 8, 1701 & 255, 1702 >> 8, 1702 & 255, 0, 0, 0,
				       0};
	struct fib_l2tp_tunnel t = tunnel(_i % 2);
	struct nexthop nh = nexthop(NEXTHOP_READY);
	struct mcf_branch b;

	template_l2tp(&b, &(struct template_l2tp){.tunnel = &t,
						  .nh = &nh,
						  .peer_session_id = 0x5678,
						  .ppp = forms[_i].ppp,
						  .sequencing = forms[_i].sequencing,
						  .maximum = forms[_i].maximum});
	ck_assert_int_eq(b.kind, MCF_L2TP);
	ck_assert_uint_eq(b.ifindex, 5);
	ck_assert_uint_eq(b.max_len, forms[_i].max_len);
	ck_assert_uint_eq(b.hlen, sizeof(head) + forms[_i].len);
	ck_assert_mem_eq(b.hdr, head, sizeof(head));
	ck_assert_mem_eq(b.hdr + sizeof(head), forms[_i].tail, forms[_i].len);
	ck_assert_int_eq(!!(b.flags & MCF_B_SEQUENCE), forms[_i].sequencing);
	ck_assert_int_eq(!!(b.flags & MCF_B_PPP), forms[_i].ppp);
	ck_assert_int_eq(!!(b.flags & MCF_B_CHECKSUM), _i % 2);
}
END_TEST

START_TEST(a_labelled_copy_has_its_stack_and_must_fit_with_it)
{
	static const uint32_t labels[] = {16, 1048575};
	static const uint8_t want[] = {2, 0,	0,    0, 0, 2,	  2,	0,    0,    0,	  0,
				       1, 0x88, 0x47, 0, 1, 0x00, 0x00, 0xff, 0xff, 0xf0, 0x00};
	struct nexthop nh = nexthop(NEXTHOP_READY);
	struct mcf_branch b;

	template_mpls(&b, &nh, labels, 2);
	ck_assert_int_eq(b.kind, MCF_MPLS);
	ck_assert_uint_eq(b.ifindex, 5);
	ck_assert_uint_eq(b.hlen, sizeof(want));
	ck_assert_mem_eq(b.hdr, want, sizeof(want));
	ck_assert_uint_eq(b.max_len, 1492);
	nh.raw = true; /* no frame, no MPLS */
	template_mpls(&b, &nh, labels, 2);
	ck_assert_int_eq(b.kind, MCF_NONE);
	nh.raw = false;
	nh.state = NEXTHOP_UNRESOLVED;
	template_mpls(&b, &nh, labels, 2);
	ck_assert_int_eq(b.kind, MCF_NONE);
}
END_TEST

/* W-LDP-20, M-5332-4-1, M-5332-8-1: but for TTL and S, which are the program's */
START_TEST(a_copy_for_all_lsrs_of_a_lan_has_the_address_of_its_label)
{
	static const uint32_t labels[] = {17, 3001, 0xfffff};
	static const uint8_t want[] = {0x01, 0x00, 0x5e, 0x80, 0x0b, 0xb9, 2,	 0,
				       0,    0,	   0,	 1,    0x88, 0x48, 0x00, 0x01,
				       0x10, 0x00, 0x00, 0xbb, 0x90, 0};
	static const uint8_t single[] = {0x01, 0x00, 0x5e, 0x8f, 0xff, 0xff};
	struct link link = {.ifindex = 5, .mtu = 1500, .mac = {2, 0, 0, 0, 0, 1}};
	struct mcf_branch b;

	template_mpls_multicast(&b, &link, labels, 2);
	ck_assert_int_eq(b.kind, MCF_MPLS);
	ck_assert_uint_eq(b.ifindex, 5);
	ck_assert_uint_eq(b.hlen, sizeof(want));
	ck_assert_mem_eq(b.hdr, want, sizeof(want));
	ck_assert_uint_eq(b.max_len, 1492);
	template_mpls_multicast(&b, &link, labels + 2, 1);
	ck_assert_mem_eq(b.hdr, single, sizeof(single));
}
END_TEST

/* A4045-49: what the framing takes comes off the packet; the MTU has room for one tag only */
static const struct {
	enum fib_framing framing;
	uint8_t n_vlans;
	uint32_t maximum, max_len;
	size_t hlen;
} access_forms[] = {
	{FIB_FRAMING_ETHERNET, 0, 0, 1500, 14},	    {FIB_FRAMING_ETHERNET, 0, 1280, 1280, 14},
	{FIB_FRAMING_PPPOE, 0, 0, 1492, 14 + 8},    {FIB_FRAMING_PPPOE, 1, 0, 1492, 18 + 8},
	{FIB_FRAMING_PPPOE, 2, 0, 1488, 22 + 8},    {FIB_FRAMING_PPPOE, 2, 1492, 1488, 22 + 8},
	{FIB_FRAMING_PPPOE, 1, 1400, 1400, 18 + 8},
};

START_TEST(a_copy_for_a_subscriber_fits_his_link_with_its_framing)
{
	struct fib_access_session s = {
		.framing = access_forms[_i].framing,
		.pppoe = {.n_vlans = access_forms[_i].n_vlans, .vlan = {100, 200}},
		.maximum_packet = access_forms[_i].maximum,
	};
	struct link link = {.ifindex = 7, .type = ARPHRD_ETHER, .mtu = 1500};
	struct mcf_branch b;

	ck_assert(template_access(&b, &s, &link));
	ck_assert_uint_eq(b.max_len, access_forms[_i].max_len);
	ck_assert_uint_eq(b.hlen, access_forms[_i].hlen);
	link.type = ARPHRD_PPP;
	ck_assert_int_eq(template_access(&b, &s, &link), s.framing != FIB_FRAMING_PPPOE);
}
END_TEST

/* R4045-6.3-2 to R4045-6.3-4: the bands of pfifo_fast and prio that the values have */
START_TEST(priorities_are_those_of_the_kernel_s_own_bands)
{
	static const uint8_t priomap[] = {1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1};
	static const struct {
		enum fib_priority priority;
		int band;
	} rows[] = {{FIB_BEST_EFFORT, 1}, {FIB_UNICAST_FIRST, 2}, {FIB_MULTICAST_FIRST, 0}};

	for (size_t i = 0; i < array_size(rows); i++) {
		struct mcf_branch b = {};

		template_priority(&b, rows[i].priority);
		ck_assert_uint_eq(b.flags, MCF_B_PRIORITY);
		ck_assert_int_eq(priomap[b.priority], rows[i].band);
	}
}
END_TEST

/* A4045-48; A4045-49: osl-mtu strict */
START_TEST(length_and_largest_packet_are_part_of_the_template)
{
	struct fib_l2tp_tunnel t = tunnel(false);
	struct nexthop nh = nexthop(NEXTHOP_READY);
	struct template_l2tp with = {.tunnel = &t, .nh = &nh, .length = true, .maximum = 600};
	struct mcf_branch plain, b;

	template_l2tp(&plain, &(struct template_l2tp){.tunnel = &t, .nh = &nh});
	template_l2tp(&b, &with);
	ck_assert_uint_eq(b.hlen, plain.hlen + 2);
	ck_assert_uint_eq(plain.hdr[42], 0x00);
	ck_assert_uint_eq(b.hdr[42], 0x40);
	ck_assert_mem_eq(b.hdr + 46, plain.hdr + 44, 4); /* tunnel and session behind Length */
	ck_assert_uint_eq(b.max_len, 600);
	with.maximum = 65535; /* not more than the path takes */
	template_l2tp(&b, &with);
	ck_assert_uint_eq(b.max_len, plain.max_len - 2);
}
END_TEST

START_TEST(a_maximum_rate_is_part_of_the_template)
{
	struct fib_l2tp_tunnel t = tunnel(false);
	struct nexthop nh = nexthop(NEXTHOP_READY);
	struct mcf_branch b;

	for (uint32_t bps = 0; bps <= 64000; bps += 64000) {
		template_l2tp(&b, &(struct template_l2tp){.tunnel = &t, .nh = &nh, .max_bps = bps});
		ck_assert_uint_eq(b.max_bps, bps);
		ck_assert_int_eq(!!(b.flags & MCF_B_POLICE), bps != 0);
	}
}
END_TEST

START_TEST(without_a_next_hop_there_is_nothing_to_send)
{
	struct fib_l2tp_tunnel t = tunnel(false);
	struct nexthop nh = nexthop(NEXTHOP_UNRESOLVED);
	struct mcf_branch b;

	template_l2tp(&b, &(struct template_l2tp){.tunnel = &t, .nh = &nh});
	ck_assert_int_eq(b.kind, MCF_NONE);
	ck_assert_uint_eq(b.max_len, UINT32_MAX);
}
END_TEST

START_TEST(the_kernel_s_source_address_is_used_when_the_tunnel_names_none)
{
	struct fib_l2tp_tunnel t = tunnel(false);
	struct nexthop nh = nexthop(NEXTHOP_READY);
	struct mcf_branch b;

	t.local.addr = ADDR_ANY;
	nh.source = addr_from_v4("\x0a\x09\x09\x09");
	template_l2tp(&b, &(struct template_l2tp){.tunnel = &t, .nh = &nh});
	ck_assert_mem_eq(b.hdr + 26, "\x0a\x09\x09\x09", 4);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("mcfibd");
	TCase *slots = tcase_create("slots"), *templates = tcase_create("templates");

	tcase_add_test(slots, slots_are_owned_once_and_reused_after_a_grace_period_only);
	tcase_add_test(slots, what_is_given_back_during_a_grace_period_waits_for_the_next);
	tcase_add_test(slots, every_slot_but_0_can_be_had);
	tcase_add_loop_test(templates, an_l2tp_copy_has_the_headers_of_its_session, 0,
			    array_size(forms));
	tcase_add_test(templates, a_labelled_copy_has_its_stack_and_must_fit_with_it);
	tcase_add_test(templates, a_copy_for_all_lsrs_of_a_lan_has_the_address_of_its_label);
	tcase_add_loop_test(templates, a_copy_for_a_subscriber_fits_his_link_with_its_framing, 0,
			    array_size(access_forms));
	tcase_add_test(templates, priorities_are_those_of_the_kernel_s_own_bands);
	tcase_add_test(templates, a_maximum_rate_is_part_of_the_template);
	tcase_add_test(templates, length_and_largest_packet_are_part_of_the_template);
	tcase_add_test(templates, without_a_next_hop_there_is_nothing_to_send);
	tcase_add_test(templates, the_kernel_s_source_address_is_used_when_the_tunnel_names_none);
	suite_add_tcase(s, slots);
	suite_add_tcase(s, templates);
	return s;
}

int main(void)
{
	SRunner *r = srunner_create(suite());
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
