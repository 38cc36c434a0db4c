// SPDX-License-Identifier: GPL-2.0-or-later
/* Every L2TP message with all and with some of its AVPs: encoded, decoded, compared. */
#include "tests/unit/l2tp_build.h"

static unsigned int seed;

static unsigned int below(unsigned int n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

/* len random octets, good until some thousand more have been asked for. */
static struct span random_span(unsigned int len)
{
	static uint8_t pool[16384];
	static size_t used;
	struct span s;

	if (used + len > sizeof(pool))
		used = 0;
	s = (struct span){pool + used, len};
	for (unsigned int i = 0; i < len; i++)
		pool[used++] = below(256);
	return s;
}

static const unsigned int types[] = {1,	 2,  3,	 4,  6,	 7,  8,	 9,  10, 11,
				     12, 14, 15, 16, 23, 24, 25, 26, 27};

static void fill_control(struct l2tp_msg *m)
{
	m->result = (struct l2tp_result){below(5), true, below(9), random_span(below(30))};
	m->protocol_version = 0x0100;
	m->framing_capabilities = below(65536) << 16;
	m->bearer_capabilities = below(65536);
	m->tie_breaker = (uint64_t)below(65536) << 48 | below(65536);
	m->firmware_revision = below(65536);
	m->host_name = random_span(1 + below(40));
	m->vendor_name = random_span(below(40));
	m->assigned_tunnel_id = 1 + below(65535);
	m->receive_window_size = 1 + below(65535);
	m->challenge = random_span(1 + below(40));
	m->challenge_response = random_span(16);
	m->assigned_session_id = 1 + below(65535);
}

static void fill_call(struct l2tp_msg *m)
{
	m->q931.cause = below(65536);
	m->q931.message = below(256);
	m->q931.text = random_span(below(20));
	m->call_serial_number = below(65536) << 16 | below(65536);
	m->minimum_bps = below(65536);
	m->maximum_bps = below(65536) << 16;
	m->bearer_type = below(4);
	m->framing_type = below(4);
	m->called_number = random_span(below(20));
	m->calling_number = random_span(below(20));
	m->sub_address = random_span(below(20));
	m->tx_connect_speed = below(65536);
	m->rx_connect_speed = below(65536);
	m->physical_channel_id = below(65536);
	m->call_errors.crc = below(65536) << 16;
	m->call_errors.framing = below(65536);
	m->call_errors.hardware_overrun = below(65536);
	m->call_errors.buffer_overrun = below(65536);
	m->call_errors.timeout = below(65536);
	m->call_errors.alignment = below(65536);
	m->accm.send = below(65536) << 16;
	m->accm.receive = below(65536);
	m->private_group_id = random_span(below(20));
}

static void fill_proxy(struct l2tp_msg *m)
{
	m->initial_lcp_confreq = random_span(below(30));
	m->last_sent_lcp_confreq = random_span(below(30));
	m->last_received_lcp_confreq = random_span(below(30));
	m->proxy_authen_type = 1 + below(5);
	m->proxy_authen_id = below(256);
	m->proxy_authen_name = random_span(below(30));
	m->proxy_authen_challenge = random_span(1 + below(30));
	m->proxy_authen_response = random_span(below(30));
}

static void fill_multicast(struct l2tp_msg *m)
{
	static struct l2tp_sid_op sids[600];

	m->multicast_priority = below(3);
	m->n_sids = below(2) ? below(8) : below(array_size(sids));
	for (size_t i = 0; i < m->n_sids; i++)
		sids[i] = (struct l2tp_sid_op){81 + below(20) / 9, below(65536)};
	m->sids = sids;
	for (size_t i = 0; i < m->n_sids; i++)
		l2tp_msg_set(m, sids[i].avp);
}

/* A message with random values, and of the AVPs that it may have all or some. */
static size_t encode_random(struct l2tp_msg *m, unsigned int type, bool all, uint8_t *buf,
			    size_t size)
{
	size_t len;

	memset(m, 0, sizeof(*m));
	m->type = type;
	m->tunnel_id = below(65536);
	m->session_id = below(65536);
	m->ns = below(65536);
	m->nr = below(65536);
	fill_control(m);
	fill_call(m);
	fill_proxy(m);
	if (type == L2TP_MSI)
		fill_multicast(m);
	l2tp_msg_set(m, L2TP_AVP_MESSAGE_TYPE);
	for (unsigned int avp = 1; avp < L2TP_AVP_TYPES; avp++) {
		struct l2tp_msg one = *m;

		if (avp == 36 || (avp >= 81 && avp <= 83) || !(all || below(4)))
			continue;
		l2tp_msg_set(&one, avp);
		if (l2tp_msg_encode(&one, NULL, buf, size)) /* it may be in this message */
			l2tp_msg_set(m, avp);
	}
	len = l2tp_msg_encode(m, NULL, buf, size);
	ck_assert_uint_gt(len, 0);
	return len;
}

/* Every field of an AVP that is there, by name: the decoder must not mix them up. */
#define SAME(AVP, F) ck_assert(!l2tp_msg_has(sent, AVP) || msg.F == sent->F)
#define SAME_SPAN(AVP, F)                     \
	ck_assert(!l2tp_msg_has(sent, AVP) || \
		  (msg.F.len == sent->F.len && !memcmp(msg.F.p, sent->F.p, msg.F.len)))

static void same_control(const struct l2tp_msg *sent)
{
	SAME(1, result.result);
	SAME(1, result.has_error);
	SAME(1, result.error);
	SAME_SPAN(1, result.text);
	SAME(2, protocol_version);
	SAME(3, framing_capabilities);
	SAME(4, bearer_capabilities);
	SAME(5, tie_breaker);
	SAME(6, firmware_revision);
	SAME_SPAN(7, host_name);
	SAME_SPAN(8, vendor_name);
	SAME(9, assigned_tunnel_id);
	SAME(10, receive_window_size);
	SAME_SPAN(11, challenge);
	SAME_SPAN(13, challenge_response);
	SAME(14, assigned_session_id);
	SAME(84, multicast_priority);
}

static void same_call(const struct l2tp_msg *sent)
{
	SAME(12, q931.cause);
	SAME(12, q931.message);
	SAME_SPAN(12, q931.text);
	SAME(15, call_serial_number);
	SAME(16, minimum_bps);
	SAME(17, maximum_bps);
	SAME(18, bearer_type);
	SAME(19, framing_type);
	SAME_SPAN(21, called_number);
	SAME_SPAN(22, calling_number);
	SAME_SPAN(23, sub_address);
	SAME(24, tx_connect_speed);
	SAME(25, physical_channel_id);
	SAME(34, call_errors.crc);
	SAME(34, call_errors.framing);
	SAME(34, call_errors.hardware_overrun);
	SAME(34, call_errors.buffer_overrun);
	SAME(34, call_errors.timeout);
	SAME(34, call_errors.alignment);
	SAME(35, accm.send);
	SAME(35, accm.receive);
	SAME_SPAN(37, private_group_id);
	SAME(38, rx_connect_speed);
}

static void same_proxy(const struct l2tp_msg *sent)
{
	SAME_SPAN(26, initial_lcp_confreq);
	SAME_SPAN(27, last_sent_lcp_confreq);
	SAME_SPAN(28, last_received_lcp_confreq);
	SAME(29, proxy_authen_type);
	SAME_SPAN(30, proxy_authen_name);
	SAME_SPAN(31, proxy_authen_challenge);
	SAME(32, proxy_authen_id);
	SAME_SPAN(33, proxy_authen_response);
}

/* msg, just decoded, is what was sent. */
static void same_as(const struct l2tp_msg *sent)
{
	ck_assert_mem_eq(msg.has, sent->has, sizeof(msg.has));
	ck_assert_int_eq(msg.type, sent->type);
	ck_assert_uint_eq(msg.tunnel_id, sent->tunnel_id);
	ck_assert_uint_eq(msg.session_id, sent->session_id);
	ck_assert_uint_eq(msg.ns, sent->ns);
	ck_assert_uint_eq(msg.nr, sent->nr);
	same_control(sent);
	same_call(sent);
	same_proxy(sent);
	ck_assert_uint_eq(msg.n_sids, sent->n_sids);
	for (size_t i = 0; i < msg.n_sids; i++) {
		ck_assert_uint_eq(msg.sids[i].avp, sent->sids[i].avp);
		ck_assert_uint_eq(msg.sids[i].session_id, sent->sids[i].session_id);
	}
}

/* RFC 2661 4.4: these are never hidden; all others are, if there is a secret. */
static bool never_hidden(unsigned int avp)
{
	static const unsigned int never[] = {0, 1, 2, 5, 7, 10, 12, 36, 39};

	for (size_t i = 0; i < array_size(never); i++)
		if (never[i] == avp)
			return true;
	return false;
}

/* H bits of a message; one Random Vector before the first of them, else none (R2661-4.3-2). */
static unsigned int count_hidden(const struct datagram *d, bool hiding)
{
	unsigned int vectors = 0, n = 0;

	for (size_t at = 20; at < d->len; at += (d->octets[at] & 3) << 8 | d->octets[at + 1]) {
		unsigned int type = d->octets[at + 5];
		bool hidden = d->octets[at] & 0x40;

		vectors += type == L2TP_AVP_RANDOM_VECTOR;
		n += hidden;
		ck_assert_int_eq(hidden, hiding && !never_hidden(type)); /* R2661-4.3-1 */
		ck_assert(!hidden || vectors);
	}
	ck_assert_uint_eq(vectors, n != 0);
	return n;
}

/* All AVPs a message may have (round 0), then some, each time plain and hidden. */
START_TEST(what_is_sent_is_what_is_received)
{
	struct l2tp_msg sent;
	struct datagram d;
	unsigned int n;

	seed = 4711 + _i;
	for (unsigned int round = 0; round < 300; round++) {
		struct l2tp_hide hide = {.secret = secret};

		d.len = encode_random(&sent, types[_i], !round, d.octets, sizeof(d.octets));
		count_hidden(&d, false);
		decode(&d);
		same_as(&sent);

		memcpy(hide.vector, random_span(16).p, 16);
		d.len = l2tp_msg_encode(&sent, &hide, d.octets, sizeof(d.octets));
		ck_assert_uint_gt(d.len, 0);
		n = count_hidden(&d, true);
		decode_with(&d, secret);
		same_as(&sent);
		ck_assert_uint_eq(stats.avp_hidden, n);
		ck_assert_uint_eq(stats.avp_unhide_failed, 0);
		ck_assert(stats.avp_malformed + stats.avp_misplaced + stats.avp_m_bit == 0);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("l2tp_roundtrip");
	TCase *t = tcase_create("round trips");

	tcase_add_loop_test(t, what_is_sent_is_what_is_received, 0, array_size(types));
	suite_add_tcase(s, t);
	return run_suite(s);
}
