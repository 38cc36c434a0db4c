// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any octets of a connection: PDU by PDU, message by message; what decodes must encode, and
 * decode to the same again; and everything has a text that fits.
 */
#include <stdlib.h>

#include "mplsmc/ldp_msg.h"
#include "tests/fuzz/ldp_same.h"

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void round_trip(const struct ldp_msg *m)
{
	static uint8_t buf[UINT16_MAX];
	static struct ldp_decoder decoder;
	struct ldp_fault fault;
	struct ldp_msg again;
	size_t len = ldp_msg_encode(m, buf, sizeof(buf));
	struct rd r = rd_init(buf, len);

	require(len);
	require(ldp_msg_decode(&decoder, &r, &again, &fault) == LDP_DECODE_OK);
	require(!rd_left(&r) && ldp_same(m, &again));
}

static void look_into(const struct ldp_msg *m)
{
	char str[MLDP_FEC_STRLEN];

	for (size_t i = 0; i < m->n_fecs; i++) {
		const struct ldp_fec *f = &m->fecs[i];

		if (f->kind != LDP_FEC_MULTIPOINT)
			continue;
		mldp_opaque_parse(&f->mp);
		require(strlen(mldp_fec_str(&f->mp, str, sizeof(str))) < sizeof(str));
		require(mldp_fec_cmp(&f->mp, &f->mp) == 0);
	}
}

static void messages(struct rd r)
{
	static struct ldp_decoder decoder;

	while (rd_left(&r)) {
		const uint8_t *start = r.p;
		struct ldp_fault fault;
		struct ldp_msg m;
		enum ldp_decode result = ldp_msg_decode(&decoder, &r, &m, &fault);

		require(r.p > start && rd_ok(&r));
		if (result == LDP_DECODE_BAD) {
			require(fault.text[0] && memchr(fault.text, '\0', sizeof(fault.text)));
			require(fault.offset <= (size_t)(r.p - start));
		} else if (result == LDP_DECODE_OK) {
			look_into(&m);
			round_trip(&m);
		}
	}
}

static void stream(struct span data)
{
	struct ldp_id id;
	uint32_t status;
	size_t length;

	while (data.len >= LDP_PDU_HEADER &&
	       ldp_pdu_header(data, LDP_DEFAULT_MAX_PDU, &id, &length, &status)) {
		require(length >= LDP_PDU_HEADER + 8 && !status);
		if (length > data.len)
			return; /* the rest has not come yet */
		messages(rd_init(data.p + LDP_PDU_HEADER, length - LDP_PDU_HEADER));
		data.p += length;
		data.len -= length;
	}
}

static void text(struct span data, size_t size)
{
	char *buf = malloc(size);
	size_t len = ldp_text(data, buf, size);

	require(len < size && strlen(buf) == len);
	free(buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span all = {data, size};

	stream(all);
	messages(rd_span(all)); /* without a header, which is hard to guess */
	text(all, 16384);
	text(all, 100);
	return 0;
}
