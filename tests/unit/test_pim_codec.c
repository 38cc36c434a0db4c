// SPDX-License-Identifier: GPL-2.0-or-later
/* PIMv2 Hello and Join/Prune as they stand on the wire (mplsmc/pim_codec.h, RFC 7761 4.9). */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "mplsmc/pim_codec.h"

#define V4_HEADER 20
#define V6_HEADER 40

static struct pim_decoder decoder;

struct packet {
	uint8_t p[16384];
	size_t len;
};

static struct addr address(const char *text)
{
	struct addr a;

	ck_assert_msg(addr_parse(text, &a), "%s", text);
	return a;
}

static bool addr_is(const struct addr *a, const char *text)
{
	struct addr b = address(text);

	return addr_cmp(a, &b) == 0;
}

static struct packet unhex(const char *hex)
{
	struct packet p = {.len = 0};

	for (unsigned int octet; sscanf(hex, "%2x", &octet) == 1; hex += 2)
		p.p[p.len++] = (uint8_t)octet;
	return p;
}

static enum pim_decode decode(const struct packet *p, struct pim_msg *m)
{
	/* exactly as large as the packet, so that ASan sees the first octet beyond it */
	uint8_t *copy = malloc(p->len + !p->len);
	enum pim_decode r;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, p->p, p->len);
	r = pim_msg_decode(&decoder, (struct span){copy, p->len}, m);
	free(copy);
	return r;
}

static bool is_v6(const struct packet *p)
{
	return p->p[0] >> 4 == 6;
}

/* Length and checksum of what a test has changed. */
static void repair(struct packet *p)
{
	size_t header = is_v6(p) ? V6_HEADER : V4_HEADER, n = p->len - header;
	uint32_t sum = 0;

	put_u16(p->p + (is_v6(p) ? 4 : 2), is_v6(p) ? n : p->len);
	put_u16(p->p + header + 2, 0);
	if (is_v6(p)) {
		sum = n + 103;
		for (size_t i = 8; i < V6_HEADER; i += 2)
			sum += p->p[i] << 8 | p->p[i + 1];
	}
	for (size_t i = header; i < p->len; i++)
		sum += (i - header) % 2 ? p->p[i] : p->p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	put_u16(p->p + header + 2, ~sum);
}

static void append(struct packet *p, const char *hex)
{
	struct packet more = unhex(hex);

	memcpy(p->p + p->len, more.p, more.len);
	p->len += more.len;
	repair(p);
}

/* ---------------------------------------------------------------- golden vectors */

/* What an FRR 8.4.4 pimd sent, and what other encoders made; nothing of our own. */
#define PIMD_SG                                    \
	"45c00036000400000167127dc6120001e000000d" \
	"230078b90100c6120002000100d201000020e80101010001000001000420ac10010a"
#define PIMD_STAR_G                                \
	"45c00036000500000167127cc6120001e000000d" \
	"23006fb30100c6120002000100d201000020ef0101010001000001000720ac1f0001"
#define TWO_GROUPS                                                 \
	"45c0005a000100000167125cc6120001e000000d"                 \
	"23006ddb0100c6120002000200d2"                             \
	"01000020e80101010001000101000420ac10010a01000420ac10010b" \
	"01000020ef0101010001000101000720ac1f000101000520ac10010a"
#define HELLO                                      \
	"45c000360001000001671280c6120001e000000d" \
	"2000d2eb0001000200690002000401f409c40013000400000001001400045ec2a1f7"
#define HELLO_6                                                                            \
	"6c00000000226701fe800000000000000000000000000001ff02000000000000000000000000000d" \
	"2000d4d00001000200690002000401f409c40013000400000001001400045ec2a1f7"
#define SG_6                                                                               \
	"6c00000000466701fe800000000000000000000000000001ff02000000000000000000000000000d" \
	"230026610200fe800000000000000000000000000002000100d20200"                         \
	"0080ff3e0000000000000000000080000001000100000200048020010db800ff00000000000000000010"

static const char *const vectors[] = {PIMD_SG, PIMD_STAR_G, TWO_GROUPS, HELLO, HELLO_6, SG_6};

static const struct {
	const char *hex, *upstream;
	size_t n;
	struct {
		const char *source, *group;
		unsigned int flags;
		bool prune;
	} s[4];
} joins[] = {
	{PIMD_SG, "198.18.0.2", 1, {{"172.16.1.10", "232.1.1.1", PIM_SPARSE, false}}},
	{PIMD_STAR_G,
	 "198.18.0.2",
	 1,
	 {{"172.31.0.1", "239.1.1.1", PIM_SPARSE | PIM_WILDCARD | PIM_RPT, false}}},
	{TWO_GROUPS,
	 "198.18.0.2",
	 4,
	 {{"172.16.1.10", "232.1.1.1", PIM_SPARSE, false},
	  {"172.16.1.11", "232.1.1.1", PIM_SPARSE, true},
	  {"172.31.0.1", "239.1.1.1", PIM_SPARSE | PIM_WILDCARD | PIM_RPT, false},
	  {"172.16.1.10", "239.1.1.1", PIM_SPARSE | PIM_RPT, true}}},
	{SG_6, "fe80::2", 1, {{"2001:db8:ff::10", "ff3e::8000:1", PIM_SPARSE, false}}},
};

/* RFC 7761 4.9.5 */
START_TEST(join_prune_of_pimd_is_understood)
{
	struct packet p = unhex(joins[_i].hex);
	struct pim_msg m;

	ck_assert_int_eq(decode(&p, &m), PIM_DECODE_OK);
	ck_assert_int_eq(m.type, PIM_JOIN_PRUNE);
	ck_assert(addr_is(&m.src, is_v6(&p) ? "fe80::1" : "198.18.0.1"));
	ck_assert(addr_is(&m.dst, is_v6(&p) ? "ff02::d" : "224.0.0.13"));
	ck_assert(addr_is(&m.upstream, joins[_i].upstream));
	ck_assert(m.has_hold);
	ck_assert_uint_eq(m.hold_s, 210);
	ck_assert_uint_eq(m.n_sources, joins[_i].n);
	for (size_t i = 0; i < m.n_sources; i++) {
		ck_assert(addr_is(&m.sources[i].source, joins[_i].s[i].source));
		ck_assert(addr_is(&m.sources[i].group, joins[_i].s[i].group));
		ck_assert_uint_eq(m.sources[i].flags, joins[_i].s[i].flags);
		ck_assert_int_eq(m.sources[i].prune, joins[_i].s[i].prune);
	}
}
END_TEST

START_TEST(hello_is_understood)
{
	struct packet p = unhex(_i ? HELLO_6 : HELLO);
	struct pim_msg m;

	ck_assert_int_eq(decode(&p, &m), PIM_DECODE_OK);
	ck_assert_int_eq(m.type, PIM_HELLO);
	ck_assert(m.has_hold);
	ck_assert_uint_eq(m.hold_s, 105);
	ck_assert(m.has_generation);
	ck_assert_uint_eq(m.generation, 0x5ec2a1f7);
}
END_TEST

/* The identification of the IP packet aside, what we write is what they wrote. */
START_TEST(join_prune_is_written_as_others_write_it)
{
	struct packet p = unhex(joins[_i].hex), q = {.len = 0};
	size_t header = is_v6(&p) ? V6_HEADER : V4_HEADER;
	struct pim_msg m;

	ck_assert_int_eq(decode(&p, &m), PIM_DECODE_OK);
	q.len = pim_msg_encode(&m, q.p, sizeof(q.p));
	ck_assert_uint_eq(q.len, p.len);
	ck_assert_mem_eq(q.p + header, p.p + header, p.len - header);
	ck_assert_mem_eq(q.p, p.p, 4);
	if (is_v6(&p))
		ck_assert_mem_eq(q.p, p.p, header);
	else
		ck_assert_mem_eq(q.p + 12, p.p + 12, 8);
}
END_TEST

/* but for our DR priority, 0, so that pimd is the DR */
START_TEST(hello_is_written_as_others_write_it)
{
	struct packet p = unhex(_i ? HELLO_6 : HELLO), q = {.len = 0};
	size_t header = is_v6(&p) ? V6_HEADER : V4_HEADER;
	struct pim_msg m;

	ck_assert_int_eq(decode(&p, &m), PIM_DECODE_OK);
	q.len = pim_msg_encode(&m, q.p, sizeof(q.p));
	p.p[header + 4 + 6 + 8 + 7] = 0;
	repair(&p);
	ck_assert_uint_eq(q.len, p.len);
	ck_assert_mem_eq(q.p + header, p.p + header, p.len - header);
}
END_TEST

START_TEST(ip_header_has_ttl_1_and_a_right_checksum)
{
	struct pim_msg m = {.type = PIM_HELLO, .src = address(_i ? "fe80::2" : "198.18.0.2")};
	struct packet p;
	uint32_t sum = 0;

	p.len = pim_msg_encode(&m, p.p, sizeof(p.p));
	ck_assert_uint_eq(p.len, (_i ? V6_HEADER : V4_HEADER) + 34);
	ck_assert_uint_eq(p.p[_i ? 7 : 8], 1);
	ck_assert_uint_eq(p.p[_i ? 6 : 9], 103);
	for (size_t i = 0; !_i && i < V4_HEADER; i += 2)
		sum += p.p[i] << 8 | p.p[i + 1];
	ck_assert(_i || (sum & 0xffff) + (sum >> 16) == 0xffff);
}
END_TEST

/* ---------------------------------------------------------------- what is refused */

START_TEST(wrong_checksum_is_refused)
{
	struct packet p = unhex(vectors[_i]);
	size_t header = is_v6(&p) ? V6_HEADER : V4_HEADER;
	struct pim_msg m;

	for (size_t i = header + 1; i < p.len; i++) {
		p.p[i] ^= 0x10;
		ck_assert_msg(decode(&p, &m) == PIM_DECODE_BAD, "octet %zu", i);
		p.p[i] ^= 0x10;
	}
	/* the pseudo header is part of it in IPv6 */
	p.p[is_v6(&p) ? 23 : 15] ^= 0x10;
	ck_assert_int_eq(decode(&p, &m), is_v6(&p) ? PIM_DECODE_BAD : PIM_DECODE_OK);
}
END_TEST

START_TEST(packet_cut_anywhere_is_refused)
{
	struct packet p = unhex(vectors[_i]);
	struct pim_msg m;

	for (p.len--; p.len; p.len--)
		ck_assert_msg(decode(&p, &m) != PIM_DECODE_OK, "%zu octets", p.len);
	ck_assert_int_ne(decode(&p, &m), PIM_DECODE_OK);
}
END_TEST

/* As above, but the packet is a whole one with a right checksum. */
START_TEST(message_cut_anywhere_is_refused)
{
	struct packet p = unhex(vectors[_i]);
	size_t header = is_v6(&p) ? V6_HEADER : V4_HEADER;
	bool hello = (p.p[header] & 15) == PIM_HELLO;
	struct pim_msg m;

	for (p.len--; p.len >= header + 4; p.len--) {
		size_t at = p.len - header - 4;
		bool whole = hello && (at == 0 || at == 6 || at == 14 || at == 22);

		repair(&p);
		ck_assert_msg(decode(&p, &m) == (whole ? PIM_DECODE_OK : PIM_DECODE_BAD),
			      "%zu octets", p.len);
	}
}
END_TEST

/* Padding of the link behind the packet is none of our business. */
START_TEST(octets_behind_the_packet_are_ignored)
{
	struct packet p = unhex(vectors[_i]);
	struct pim_msg m;

	p.p[p.len++] = 0xff;
	ck_assert_int_eq(decode(&p, &m), PIM_DECODE_OK);
}
END_TEST

static const struct {
	const char *what, *hex;
	size_t at;
	uint8_t value;
	enum pim_decode result;
} changes[] = {
	{"IP version", PIMD_SG, 0, 0x55, PIM_DECODE_OTHER},
	{"IP header of 16 octets", PIMD_SG, 0, 0x44, PIM_DECODE_BAD},
	{"IP header longer than the packet", PIMD_SG, 0, 0x4f, PIM_DECODE_BAD},
	{"IGMP", PIMD_SG, 9, 2, PIM_DECODE_OTHER},
	{"UDP over IPv6", SG_6, 6, 17, PIM_DECODE_OTHER},
	{"PIM version 1", PIMD_SG, 20, 0x13, PIM_DECODE_BAD},
	{"Register", PIMD_SG, 20, 0x21, PIM_DECODE_OTHER},
	{"Assert", PIMD_SG, 20, 0x25, PIM_DECODE_OTHER},
	{"reserved octet", PIMD_SG, 21, 0xff, PIM_DECODE_OK},
	{"family of the upstream neighbour", PIMD_SG, 24, 2, PIM_DECODE_BAD},
	{"encoding of the upstream neighbour", PIMD_SG, 25, 1, PIM_DECODE_BAD},
	{"second reserved octet", PIMD_SG, 30, 0xff, PIM_DECODE_OK},
	{"one group more than there are", PIMD_SG, 31, 2, PIM_DECODE_BAD},
	{"no group", PIMD_SG, 31, 0, PIM_DECODE_OK},
	{"family of the group", PIMD_SG, 34, 2, PIM_DECODE_BAD},
	{"encoding of the group", PIMD_SG, 35, 1, PIM_DECODE_BAD},
	{"flags of the group", PIMD_SG, 36, 0xff, PIM_DECODE_OK},
	{"mask of the group: 31", PIMD_SG, 37, 31, PIM_DECODE_BAD},
	{"mask of the group: 33", PIMD_SG, 37, 33, PIM_DECODE_BAD},
	{"mask of the group: 0", PIMD_SG, 37, 0, PIM_DECODE_BAD},
	{"unicast group", PIMD_SG, 38, 10, PIM_DECODE_BAD},
	{"joins beyond the message", PIMD_SG, 42, 0xff, PIM_DECODE_BAD},
	{"prunes beyond the message", PIMD_SG, 45, 1, PIM_DECODE_BAD},
	{"family of the source", PIMD_SG, 46, 2, PIM_DECODE_BAD},
	{"encoding of the source", PIMD_SG, 47, 1, PIM_DECODE_BAD},
	{"mask of the source: 24", PIMD_SG, 49, 24, PIM_DECODE_BAD},
	{"mask of the IPv6 group: 32", SG_6, 69, 32, PIM_DECODE_BAD},
	{"mask of the IPv6 group: 127", SG_6, 69, 127, PIM_DECODE_BAD},
	{"mask of the IPv6 source: 64", SG_6, 93, 64, PIM_DECODE_BAD},
	{"IPv4 family in IPv6", SG_6, 44, 1, PIM_DECODE_BAD},
};

START_TEST(octet_out_of_order_is_refused)
{
	struct packet p = unhex(changes[_i].hex);
	struct pim_msg m;

	p.p[changes[_i].at] = changes[_i].value;
	if (changes[_i].at >= V4_HEADER)
		repair(&p); /* the header of IP has no part in it */
	ck_assert_msg(decode(&p, &m) == changes[_i].result, "%s", changes[_i].what);
}
END_TEST

START_TEST(mapped_ipv4_address_in_ipv6_is_refused)
{
	static const size_t at[] = {8, 46, 94}; /* of the packet, upstream, source */
	struct packet p = unhex(SG_6);
	struct addr mapped = address("10.0.0.1");
	struct pim_msg m;

	memcpy(p.p + at[_i], mapped.b, 16);
	repair(&p);
	ck_assert_int_eq(decode(&p, &m), PIM_DECODE_BAD);
}
END_TEST

/* ---------------------------------------------------------------- flags, options */

START_TEST(source_flags_are_read_and_written)
{
	struct packet p = unhex(PIMD_SG), q;
	struct pim_msg m;

	p.p[48] = 0xf8 | _i; /* the others are reserved */
	repair(&p);
	ck_assert_int_eq(decode(&p, &m), PIM_DECODE_OK);
	ck_assert_uint_eq(m.sources[0].flags, _i);
	q.len = pim_msg_encode(&m, q.p, sizeof(q.p));
	ck_assert_uint_eq(q.p[48], _i);
}
END_TEST

static const struct {
	const char *what, *options;
	enum pim_decode result;
	bool has_hold, has_generation;
} hellos[] = {
	{"no option", "", PIM_DECODE_OK, false, false},
	{"hold time", "000100020069", PIM_DECODE_OK, true, false},
	{"generation", "001400045ec2a1f7", PIM_DECODE_OK, false, true},
	{"unknown, then hold time", "fde80003010203000100020069", PIM_DECODE_OK, true, false},
	{"unknown and empty", "fde80000000100020069", PIM_DECODE_OK, true, false},
	{"address list", "001800060100c6120003000100020069", PIM_DECODE_OK, true, false},
	{"hold time of 1 octet", "0001000169", PIM_DECODE_BAD, false, false},
	{"generation of 2 octets", "001400025ec2", PIM_DECODE_BAD, false, false},
	{"unknown beyond the message", "fde8000401", PIM_DECODE_BAD, false, false},
	{"half a header", "0001", PIM_DECODE_BAD, false, false},
};

START_TEST(unknown_hello_option_is_skipped_and_malformed_one_refused)
{
	struct packet p = unhex(HELLO);
	struct pim_msg m;

	p.len = V4_HEADER + 4;
	append(&p, hellos[_i].options);
	ck_assert_msg(decode(&p, &m) == hellos[_i].result, "%s", hellos[_i].what);
	if (hellos[_i].result != PIM_DECODE_OK)
		return;
	ck_assert_int_eq(m.has_hold, hellos[_i].has_hold);
	ck_assert_uint_eq(m.hold_s, hellos[_i].has_hold ? 105 : 0);
	ck_assert_int_eq(m.has_generation, hellos[_i].has_generation);
	ck_assert_uint_eq(m.generation, hellos[_i].has_generation ? 0x5ec2a1f7 : 0);
}
END_TEST

/* ---------------------------------------------------------------- many sources */

static struct pim_source many[PIM_MAX_SOURCES + 1];

/* n sources, as many groups as there are sources / per_group */
static struct pim_msg big(bool v6, size_t n, size_t per_group)
{
	struct pim_msg m = {.type = PIM_JOIN_PRUNE,
			    .src = address(v6 ? "fe80::2" : "198.18.0.2"),
			    .upstream = address(v6 ? "fe80::1" : "198.18.0.1"),
			    .hold_s = 210,
			    .sources = many,
			    .n_sources = n};

	for (size_t i = 0; i < n; i++) {
		struct pim_source *s = &many[i];

		s->group = address(v6 ? "ff3e::" : "232.1.0.0");
		s->source = address(v6 ? "2001:db8::" : "10.1.0.0");
		put_u16(s->group.b + 14, i / per_group);
		put_u16(s->source.b + 14, i);
		s->flags = PIM_SPARSE;
		s->prune = i % per_group >= (per_group + 1) / 2;
	}
	return m;
}

static void check_same(const struct pim_msg *a, const struct pim_msg *b)
{
	ck_assert_int_eq(addr_cmp(&a->src, &b->src), 0);
	ck_assert_int_eq(addr_cmp(&a->upstream, &b->upstream), 0);
	ck_assert_uint_eq(a->hold_s, b->hold_s);
	ck_assert_uint_eq(a->n_sources, b->n_sources);
	for (size_t i = 0; i < a->n_sources; i++) {
		const struct pim_source *x = &a->sources[i], *y = &b->sources[i];

		ck_assert_int_eq(addr_cmp(&x->group, &y->group), 0);
		ck_assert_int_eq(addr_cmp(&x->source, &y->source), 0);
		ck_assert_uint_eq(x->flags, y->flags);
		ck_assert_int_eq(x->prune, y->prune);
	}
}

static const struct {
	size_t n, per_group;
} sizes[] = {{0, 1},
	     {1, 1},
	     {2, 2},
	     {60, 1},
	     {255, 1},
	     {PIM_MAX_SOURCES, 7},
	     {PIM_MAX_SOURCES, PIM_MAX_SOURCES}};

START_TEST(many_groups_and_sources_survive_a_round_trip)
{
	for (int v6 = 0; v6 <= 1; v6++) {
		size_t n = sizes[_i].n,
		       groups = (n + sizes[_i].per_group - 1) / sizes[_i].per_group;
		struct pim_msg m = big(v6, n, sizes[_i].per_group), again;
		struct packet p;

		p.len = pim_msg_encode(&m, p.p, sizeof(p.p));
		ck_assert_uint_eq(p.len, pim_header_size(v6) + groups * pim_group_size(v6) +
						 n * pim_source_size(v6));
		ck_assert_int_eq(decode(&p, &again), PIM_DECODE_OK);
		check_same(&m, &again);
		ck_assert_uint_eq(pim_msg_encode(&m, p.p, p.len - 1), 0);
	}
}
END_TEST

START_TEST(too_many_sources_are_refused)
{
	struct pim_msg m = big(false, PIM_MAX_SOURCES + 1, 100), again;
	struct packet p;

	p.len = pim_msg_encode(&m, p.p, sizeof(p.p));
	ck_assert_uint_gt(p.len, 0);
	ck_assert_int_eq(decode(&p, &again), PIM_DECODE_BAD);
}
END_TEST

START_TEST(more_than_255_groups_are_not_written)
{
	struct pim_msg m = big(false, 256, 1);
	struct packet p;

	ck_assert_uint_eq(pim_msg_encode(&m, p.p, sizeof(p.p)), 0);
}
END_TEST

START_TEST(address_of_the_other_family_is_not_written)
{
	struct pim_msg m = big(_i % 2, 2, 1);
	struct addr wrong = address(_i % 2 ? "10.0.0.1" : "2001:db8::1");
	struct packet p;

	ck_assert_uint_gt(pim_msg_encode(&m, p.p, sizeof(p.p)), 0);
	if (_i / 2 == 0)
		many[1].source = wrong;
	else if (_i / 2 == 1)
		many[1].group = wrong;
	else
		m.upstream = wrong;
	ck_assert_uint_eq(pim_msg_encode(&m, p.p, sizeof(p.p)), 0);
}
END_TEST

/* (*,G) without an RP */
START_TEST(join_without_a_source_address_is_not_written)
{
	struct pim_msg m = big(false, 2, 1);
	struct packet p;

	many[1].source = ADDR_ANY;
	ck_assert_uint_eq(pim_msg_encode(&m, p.p, sizeof(p.p)), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pim_codec");
	TCase *t = tcase_create("codec");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, join_prune_of_pimd_is_understood, 0, array_size(joins));
	tcase_add_loop_test(t, hello_is_understood, 0, 2);
	tcase_add_loop_test(t, join_prune_is_written_as_others_write_it, 0, array_size(joins));
	tcase_add_loop_test(t, hello_is_written_as_others_write_it, 0, 2);
	tcase_add_loop_test(t, ip_header_has_ttl_1_and_a_right_checksum, 0, 2);
	tcase_add_loop_test(t, wrong_checksum_is_refused, 0, array_size(vectors));
	tcase_add_loop_test(t, packet_cut_anywhere_is_refused, 0, array_size(vectors));
	tcase_add_loop_test(t, message_cut_anywhere_is_refused, 0, array_size(vectors));
	tcase_add_loop_test(t, octets_behind_the_packet_are_ignored, 0, array_size(vectors));
	tcase_add_loop_test(t, octet_out_of_order_is_refused, 0, array_size(changes));
	tcase_add_loop_test(t, mapped_ipv4_address_in_ipv6_is_refused, 0, 3);
	tcase_add_loop_test(t, source_flags_are_read_and_written, 0, 8);
	tcase_add_loop_test(t, unknown_hello_option_is_skipped_and_malformed_one_refused, 0,
			    array_size(hellos));
	tcase_add_loop_test(t, many_groups_and_sources_survive_a_round_trip, 0, array_size(sizes));
	tcase_add_test(t, too_many_sources_are_refused);
	tcase_add_test(t, more_than_255_groups_are_not_written);
	tcase_add_loop_test(t, address_of_the_other_family_is_not_written, 0, 6);
	tcase_add_test(t, join_without_a_source_address_is_not_written);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
