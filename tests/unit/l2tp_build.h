/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l2tp_build.h - L2TP messages written octet by octet, and decoding them, for tests.
 *
 * The builder knows nothing of the tables under test: it writes wrong messages as readily.
 */
#ifndef TESTS_UNIT_L2TP_BUILD_H
#define TESTS_UNIT_L2TP_BUILD_H

#include <check.h>
#include <ctype.h>
#include <stdlib.h>

#include "l2mcd/l2tp_hide.h"
#include "l2mcd/l2tp_msg.h"

#define AVP_M 0x8000
#define AVP_H 0x4000

static const struct span no_secret;
static const struct span secret = {(const uint8_t *)"s3cret", 6};

/* What the last decoding left behind. */
static struct l2tp_decoder decoder;
static struct l2tp_msg msg;
static struct l2tp_fault fault;
static struct l2tp_decode_stats stats;

struct datagram {
	uint8_t octets[8192];
	size_t len;
};

static inline enum l2tp_decode decode_with(const struct datagram *d, struct span with)
{
	/* a copy of the exact size: a sanitizer sees the first octet read beyond it */
	uint8_t *copy = malloc(d->len ? d->len : 1);
	static uint8_t *last; /* spans of msg point into it */

	free(last);
	last = copy;
	memcpy(copy, d->octets, d->len);
	memset(&stats, 0, sizeof(stats));
	memset(&msg, 0xaa, sizeof(msg));
	return l2tp_msg_decode(&decoder, (struct span){copy, d->len}, with, &msg, &fault, &stats);
}

static inline enum l2tp_decode decode(const struct datagram *d)
{
	return decode_with(d, no_secret);
}

/* Hex with blanks; "61*60" is 60 octets 0x61. */
static inline void add_hex(struct datagram *d, const char *hex)
{
	while (*hex) {
		if (*hex == ' ') {
			hex++;
		} else if (*hex == '*') {
			char *end;
			long n = strtol(hex + 1, &end, 10);

			for (; n > 1; n--, d->len++)
				d->octets[d->len] = d->octets[d->len - 1];
			hex = end;
		} else {
			char octet[3] = {hex[0], hex[1], '\0'};

			d->octets[d->len++] = strtoul(octet, NULL, 16);
			hex += 2;
		}
	}
}

static inline struct datagram from_hex(const char *hex)
{
	struct datagram d = {.len = 0};

	add_hex(&d, hex);
	return d;
}

static inline void put_length(struct datagram *d)
{
	put_u16(d->octets + 2, d->len);
}

/* Header to tunnel 0x2222, session 0x0102, and the Message Type. */
static inline struct datagram start_msg(unsigned int type, uint16_t type_flags)
{
	struct datagram d = from_hex("c8020014 22220102 00030002 00080000 00000000");

	put_u16(d.octets + 12, type_flags | 8);
	put_u16(d.octets + 18, type);
	return d;
}

static inline void add_avp_octets(struct datagram *d, uint16_t flags, uint16_t vendor,
				  uint16_t type, const uint8_t *value, size_t len)
{
	uint8_t *p = d->octets + d->len;

	put_u16(p, flags | (6 + len));
	put_u16(p + 2, vendor);
	put_u16(p + 4, type);
	if (len)
		memcpy(p + 6, value, len);
	d->len += 6 + len;
	put_length(d);
}

static inline void add_avp(struct datagram *d, uint16_t flags, uint16_t type, const char *hex)
{
	struct datagram value = from_hex(hex);

	add_avp_octets(d, flags, 0, type, value.octets, value.len);
}

/* The same, hidden with a vector, `padding` octets behind the value. */
static inline void add_hidden(struct datagram *d, uint16_t flags, uint16_t type, const char *hex,
			      struct span vector, size_t padding)
{
	struct datagram value = {.len = 2};

	add_hex(&value, hex);
	put_u16(value.octets, value.len - 2);
	memset(value.octets + value.len, 0x55, padding);
	value.len += padding;
	l2tp_hide(type, secret, vector, value.octets, value.len);
	add_avp_octets(d, flags | AVP_H, 0, type, value.octets, value.len);
}

static inline int run_suite(Suite *s)
{
	SRunner *r = srunner_create(s);
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
