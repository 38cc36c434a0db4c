// SPDX-License-Identifier: GPL-2.0-or-later
/* LDP messages of random content and of the catalogue: encoded, decoded, compared. */
#include "tests/fuzz/ldp_same.h"
#include "tests/unit/ldp_build.h"

static unsigned int seed;

static unsigned int below(unsigned int n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

static uint32_t random32(void)
{
	return (uint32_t)below(65536) << 16 | below(65536);
}

static struct addr random_address(bool v6)
{
	uint8_t octets[16] = {0x20, 0x01};

	for (size_t i = 2; i < 16; i++)
		octets[i] = (uint8_t)below(256);
	octets[2] = octets[2] & 0x7f ?: 1;
	return v6 ? addr_from_v6(octets) : addr_from_v4(octets + 2);
}

static void random_fec(struct ldp_fec *f, const struct ldp_msg *m)
{
	static const uint8_t kinds[] = {LDP_FEC_MULTIPOINT, LDP_FEC_PREFIX, LDP_FEC_TYPED_WILDCARD,
					LDP_FEC_WILDCARD};
	bool withdraw = m->type == LDP_LABEL_WITHDRAW || m->type == LDP_LABEL_RELEASE;

	memset(f, 0, sizeof(*f));
	f->kind = kinds[below(m->type == LDP_LABEL_MAPPING ? 2 : withdraw ? 4 : 3)];
	if (f->kind == LDP_FEC_PREFIX) {
		f->prefix = random_address(false);
		f->prefixlen = 32;
	} else if (f->kind == LDP_FEC_TYPED_WILDCARD) {
		f->wildcard_type = (uint16_t)(MLDP_P2MP + below(3));
		f->wildcard_family = (uint16_t)below(3);
	} else if (f->kind == LDP_FEC_MULTIPOINT) {
		f->mp.type = (uint8_t)(MLDP_P2MP + below(3));
		f->mp.root = random_address(below(2));
		f->mp.opaque_len = (uint16_t)below(MLDP_MAX_OPAQUE + 1);
		for (size_t i = 0; i < f->mp.opaque_len; i++)
			f->mp.opaque[i] = (uint8_t)below(256);
	}
}

static void fill_label_message(struct ldp_msg *m, struct ldp_decoder *d)
{
	random_fec(d->fecs, m);
	m->fecs = d->fecs;
	m->n_fecs = 1;
	m->mbb = below(3);
	if (m->type == LDP_LABEL_MAPPING || (m->type != LDP_LABEL_REQUEST && below(2))) {
		m->has_label = below(4);
		m->has_upstream_label = !m->has_label;
		m->label = m->has_label ? below(1 << 20) : 0;
		m->upstream_label = m->has_upstream_label ? below(1 << 20) : 0;
	}
	m->upstream_request = m->type == LDP_LABEL_REQUEST && below(2);
	m->has_request_id = m->type == LDP_LABEL_MAPPING && below(2);
	m->request_id = m->has_request_id ? random32() : 0;
	m->has_context = m->type != LDP_NOTIFICATION && below(2);
	if (m->has_context) {
		m->context_source = random_address(below(2));
		m->context_label = below(1 << 20);
	}
}

static void fill_abort(struct ldp_msg *m, struct ldp_decoder *d)
{
	random_fec(d->fecs, m);
	m->fecs = d->fecs;
	m->n_fecs = 1;
	m->has_request_id = true;
	m->request_id = random32();
}

static void fill_session_message(struct ldp_msg *m)
{
	m->init.keepalive_s = (uint16_t)below(65536);
	m->init.max_pdu = (uint16_t)below(65536);
	m->init.on_demand = below(2);
	m->init.loop_detection = below(2);
	m->init.pv_limit = (uint8_t)below(256);
	m->init.receiver = (struct ldp_id){random32(), (uint16_t)below(65536)};
	m->enabled = m->capabilities = below(256);
}

static void fill_capability(struct ldp_msg *m)
{
	m->capabilities = below(256) & (LDP_CAP_P2MP | LDP_CAP_MP2MP | LDP_CAP_MBB | LDP_CAP_SAC |
					LDP_CAP_UNRECOGNISED);
	m->enabled = m->capabilities & below(256);
}

static void fill_hello(struct ldp_msg *m)
{
	m->hello.hold_s = (uint16_t)below(65536);
	m->hello.targeted = below(2);
	m->hello.request = below(2);
	m->hello.gtsm = below(2);
	if (below(2))
		m->hello.transport = random_address(below(2));
	m->hello.has_sequence = below(2);
	m->hello.sequence = m->hello.has_sequence ? random32() : 0;
}

static void fill_notification(struct ldp_msg *m, struct ldp_decoder *d)
{
	fill_label_message(m, d);
	m->has_status = true;
	m->status.code = random32() & 0xbfffffff;
	m->status.forward = below(2);
	m->status.message_id = random32();
	m->status.message_type = (uint16_t)below(65536);
}

static void fill_addresses(struct ldp_msg *m, struct ldp_decoder *d)
{
	bool v6 = below(2);

	m->n_addresses = below(100);
	for (size_t i = 0; i < m->n_addresses; i++)
		d->addresses[i] = random_address(v6);
	m->addresses = d->addresses;
}

static void fill(struct ldp_msg *m, struct ldp_decoder *d, enum ldp_msg_type type)
{
	memset(m, 0, sizeof(*m));
	m->type = type;
	m->id = random32();
	if (type == LDP_HELLO)
		fill_hello(m);
	else if (type == LDP_INIT)
		fill_session_message(m);
	else if (type == LDP_CAPABILITY)
		fill_capability(m);
	else if (type == LDP_NOTIFICATION)
		fill_notification(m, d);
	else if (type == LDP_ADDRESS || type == LDP_ADDRESS_WITHDRAW)
		fill_addresses(m, d);
	else if (type == LDP_LABEL_ABORT)
		fill_abort(m, d);
	else if (type != LDP_KEEPALIVE)
		fill_label_message(m, d);
	if (m->capabilities & LDP_CAP_SAC) {
		m->n_sac = below(sizeof(m->sac) + 1);
		for (size_t i = 0; i < m->n_sac; i++)
			m->sac[i] = (uint8_t)below(256);
	}
}

static const enum ldp_msg_type types[] = {
	LDP_NOTIFICATION,     LDP_HELLO,	 LDP_INIT,
	LDP_KEEPALIVE,	      LDP_CAPABILITY,	 LDP_ADDRESS,
	LDP_ADDRESS_WITHDRAW, LDP_LABEL_MAPPING, LDP_LABEL_REQUEST,
	LDP_LABEL_WITHDRAW,   LDP_LABEL_RELEASE, LDP_LABEL_ABORT,
};

START_TEST(what_is_encoded_decodes_to_the_same)
{
	static struct ldp_decoder d;
	const struct ldp_id id = {0x0a000002, 3};
	struct ldp_id from;
	struct ldp_msg m;
	uint32_t status;
	size_t length;

	for (seed = 1; seed < 500; seed++) {
		unsigned int start = seed;
		uint8_t pdu[2048];
		size_t n, left;

		fill(&m, &d, types[_i]);
		n = ldp_pdu_encode(&id, &m, pdu, sizeof(pdu));
		ck_assert_uint_gt(n, 0);
		ck_assert(ldp_pdu_header((struct span){pdu, n}, 4096, &from, &length, &status));
		ck_assert(length == n && from.lsr_id == id.lsr_id && from.space == id.space);
		ck_assert_int_eq(decode_octets(pdu + LDP_PDU_HEADER, n - LDP_PDU_HEADER, &left),
				 LDP_DECODE_OK);
		ck_assert_uint_eq(left, 0);
		ck_assert_msg(ldp_same(&m, &msg), "%s, seed %u", ldp_msg_name(m.type), start);
		for (size_t room = 0; room < n; room += 1 + n / 64)
			ck_assert_uint_eq(ldp_pdu_encode(&id, &m, pdu, room), 0);
		seed = start;
	}
}
END_TEST

/* The catalogue's own octets; what is read of them is written in the same places. */
static const char *const vectors[] = {
	/* W-LDP-1 */ "01000014000000010400"
		      "0004000f0000"
		      "040100040a000002",
	/* W-LDP-2 */
	"0200003900000002" COMMON "8506000180"
	"8508000180"
	"8509000180"
	"850a000180"
	"850b000180"
	"8507000180"
	"8603000180",
	/* W-LDP-4 */ "0400002500000005" FEC LABEL,
	/* W-LDP-9 */
	"0400002d00000006" FEC "02000004000003ea"
	"896f000401000101",
	/* W-LDP-10 */
	"0001003b00000007"
	"0300000a00000040000000000000"
	"896f000401000102" FEC "02000004000003ea",
	/* W-LDP-11 */ "0402002500000008" FEC LABEL,
	/* W-LDP-12 */ "0403002500000009" FEC LABEL,
	/* W-LDP-13 */ "000100120000000a" STATUS,
	/* W-LDP-14 */
	"0402000d0000000b"
	"010000050506020001",
	/* W-LDP-15 */
	"0001001b0000000c"
	"0300000a0000002f000000000000"
	"010000050506020001",
	/* W-LDP-16 */ "040100250000000d" FEC "0205000400000000",
	/* W-LDP-17 */
	"040000490000000e" FEC "020400080000000000000bb9"
	"060000040000000d"
	"082d00140000000000000000"
	"001f000c0a63000100000011",
};

START_TEST(catalogue_is_encoded_octet_by_octet)
{
	uint8_t octets[256], back[256];
	size_t left, n = unhex(vectors[_i], octets);

	ck_assert_int_eq(decode_octets(octets, n, &left), LDP_DECODE_OK);
	ck_assert_uint_eq(left, 0);
	ck_assert_uint_eq(ldp_msg_encode(&msg, back, sizeof(back)), n);
	ck_assert_mem_eq(back, octets, n);
}
END_TEST

/* Of the capabilities, those that only Initialization may name: M-6389-3-1, M-5918-5-1. */
START_TEST(message_that_cannot_say_it_is_not_encoded)
{
	struct ldp_fec fec = {.kind = LDP_FEC_WILDCARD};
	struct addr both[2] = {random_address(false), random_address(true)};
	const struct ldp_msg wrong[] = {
		{.type = 0x3f01},
		{.type = LDP_NOTIFICATION},
		{.type = LDP_LABEL_MAPPING, .has_label = true},
		{.type = LDP_LABEL_MAPPING, .n_fecs = 1, .fecs = &fec},
		{.type = LDP_LABEL_ABORT, .n_fecs = 1, .fecs = &fec},
		{.type = LDP_CAPABILITY, .capabilities = LDP_CAP_DYNAMIC},
		{.type = LDP_CAPABILITY, .capabilities = LDP_CAP_UPSTREAM_LABEL},
		{.type = LDP_CAPABILITY, .capabilities = LDP_CAP_TYPED_WILDCARD},
		{.type = LDP_KEEPALIVE, .has_label = true},
		{.type = LDP_ADDRESS, .n_addresses = 2, .addresses = both},
	};
	uint8_t buf[256];

	for (size_t i = 0; i < array_size(wrong); i++)
		ck_assert_msg(!ldp_msg_encode(&wrong[i], buf, sizeof(buf)), "row %zu", i);
}
END_TEST

START_TEST(message_rows_are_counters)
{
	for (unsigned int i = 0; i < array_size(types); i++) {
		ck_assert_uint_lt(ldp_msg_row(types[i]), LDP_MSG_ROWS);
		for (unsigned int j = 0; j < i; j++)
			ck_assert_uint_ne(ldp_msg_row(types[i]), ldp_msg_row(types[j]));
		ck_assert_str_ne(ldp_msg_name(types[i]), "unknown");
	}
	ck_assert_uint_eq(array_size(types), LDP_MSG_ROWS);
	ck_assert_uint_eq(ldp_msg_row(0x3f01), LDP_MSG_ROWS);
	ck_assert_str_eq(ldp_msg_name(0x3f01), "unknown");
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("ldp_roundtrip");
	TCase *out = tcase_create("encoding");

	tcase_add_loop_test(out, what_is_encoded_decodes_to_the_same, 0, array_size(types));
	tcase_add_loop_test(out, catalogue_is_encoded_octet_by_octet, 0, array_size(vectors));
	tcase_add_test(out, message_that_cannot_say_it_is_not_encoded);
	tcase_add_test(out, message_rows_are_counters);
	suite_add_tcase(s, out);
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
