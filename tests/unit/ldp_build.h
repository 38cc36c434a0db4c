/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LDP messages written in hex, and decoding them, for tests. */
#ifndef TESTS_UNIT_LDP_BUILD_H
#define TESTS_UNIT_LDP_BUILD_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "mplsmc/ldp_msg.h"

/* What the last decoding left behind. */
static struct ldp_decoder decoder;
static struct ldp_msg msg;
static struct ldp_fault fault;

static inline size_t unhex(const char *hex, uint8_t *octets)
{
	size_t n = 0;

	for (unsigned int octet; sscanf(hex, "%2x", &octet) == 1; hex += 2)
		octets[n++] = (uint8_t)octet;
	return n;
}

/* Decodes the message at the start; *left: octets behind it. */
static inline enum ldp_decode decode_octets(const uint8_t *octets, size_t n, size_t *left)
{
	/* a copy of the exact size: a sanitizer sees the first octet read beyond it */
	uint8_t *copy = malloc(n ? n : 1);
	enum ldp_decode result;
	struct rd r;

	memcpy(copy, octets, n);
	r = rd_init(copy, n);
	result = ldp_msg_decode(&decoder, &r, &msg, &fault);
	*left = rd_left(&r);
	free(copy); /* nothing points into it */
	return result;
}

/* A message of this type (U bit included) and ID 7 with these TLVs. */
static inline enum ldp_decode decode(unsigned int type, const char *tlvs)
{
	uint8_t octets[4096];
	struct wr w = wr_init(octets, sizeof(octets));
	enum ldp_decode result;
	size_t n, left;

	wr_u16(&w, (uint16_t)type);
	wr_u16(&w, 0);
	wr_u32(&w, 7);
	n = 8 + unhex(tlvs, octets + 8);
	wr_patch_u16(&w, 2, (uint16_t)(n - 4));
	result = decode_octets(octets, n, &left);
	ck_assert_uint_eq(left, 0);
	return result;
}

#define P2MP   "060001040a000001000b0300080a010101e8010101"
#define FEC    "01000015" P2MP
#define LABEL  "02000004000003e9"
#define STATUS "0300000a0000000c000000050400"
#define COMMON "0500000e000100b4000010000a0000010000"

#endif
