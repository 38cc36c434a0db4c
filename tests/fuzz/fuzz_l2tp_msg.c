// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any datagram: what decodes must encode, and decode to the same again, plain and hidden; and it
 * has a text that fits.
 */
#include <stdlib.h>

#include "l2mcd/l2tp_msg.h"
#include "tests/fuzz/l2tp_same.h"

static const struct span no_secret;
static const struct span secret = {(const uint8_t *)"s3cret", 6};

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void round_trip(const struct l2tp_msg *m, struct span with, bool must_fit)
{
	static uint8_t buf[L2TP_MAX_DATAGRAM];
	static struct l2tp_decoder decoder;
	struct l2tp_hide hide = {.secret = with, .vector = {1, 2, 3}};
	struct l2tp_decode_stats stats = {0};
	struct l2tp_fault fault;
	struct l2tp_msg again;
	size_t len = l2tp_msg_encode(m, &hide, buf, sizeof(buf));

	require(len || !must_fit);
	if (!len)
		return;
	require(!l2tp_msg_decode(&decoder, (struct span){buf, len}, with, &again, &fault, &stats));
	require(l2tp_same(m, &again));
	require(!stats.avp_malformed && !stats.avp_misplaced && !stats.avp_unknown);
}

static void decode(struct span datagram, struct span with)
{
	static struct l2tp_decoder decoder;
	struct l2tp_decode_stats stats = {0};
	struct l2tp_fault fault;
	struct l2tp_msg m;

	if (l2tp_msg_decode(&decoder, datagram, with, &m, &fault, &stats)) {
		require(fault.text[0] && memchr(fault.text, '\0', sizeof(fault.text)));
		require(fault.offset <= datagram.len);
		return;
	}
	round_trip(&m, no_secret, true);
	round_trip(&m, secret, false); /* a hidden AVP is longer than the plain one */
}

static void text(struct span datagram, struct span with, size_t size)
{
	char *buf = malloc(size);
	size_t len = l2tp_msg_text(datagram, with, buf, size);

	require(len < size && strlen(buf) == len);
	free(buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span datagram = {data, size < L2TP_MAX_DATAGRAM ? size : L2TP_MAX_DATAGRAM};

	decode(datagram, no_secret);
	decode(datagram, secret);
	text(datagram, secret, 16384);
	text(datagram, no_secret, 100);
	return 0;
}
