/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gmp_codec.h - IGMPv1, v2, v3 (RFC 1112, 2236, 3376) and MLDv1, v2 (RFC 2710, 3810) messages.
 *
 * Both protocols say the same things; one struct holds them.  MLDv1 counts as version 2 and
 * MLDv2 as version 3.  Messages are whole IP packets: what protects against forgery (TTL 1,
 * link-local source, Router Alert) stands in the IP header.  Engine file: no I/O.
 */
#ifndef MCAST_GMP_CODEC_H
#define MCAST_GMP_CODEC_H

#include "lib/addr.h"
#include "lib/base.h"
#include "lib/bytes.h"

#define GMP_MAX_PACKET	1500 /* octets of a packet we write */
#define GMP_MAX_SOURCES 4096 /* of all records of one message we accept */
#define GMP_MAX_RECORDS 1024

enum gmp_type {
	GMP_QUERY = 1,
	GMP_REPORT,  /* version 1 or 2 (MLDv1): one group, EXCLUDE {} */
	GMP_LEAVE,   /* IGMPv2 Leave, MLDv1 Done */
	GMP_RECORDS, /* IGMPv3, MLDv2 report */
};

/** Group record types of IGMPv3 and MLDv2 (RFC 3376 4.2.12). */
enum gmp_record_type {
	GMP_IS_IN = 1,
	GMP_IS_EX,
	GMP_TO_IN,
	GMP_TO_EX,
	GMP_ALLOW,
	GMP_BLOCK,
};

struct gmp_record {
	enum gmp_record_type type;
	struct addr group;
	size_t n_sources;
	const struct addr *sources; /* borrowed, in the order of the packet */
};

/** A message. Times in milliseconds. */
struct gmp_msg {
	enum gmp_type type;
	bool mld;
	uint8_t version;      /* 1, 2, 3; MLDv1 is 2, MLDv2 is 3 */
	struct addr src, dst; /* of the IP packet */
	struct addr group;    /* QUERY (ADDR_ANY: general), REPORT, LEAVE */

	/* QUERY */
	uint32_t max_resp_ms;
	bool suppress;	 /* S flag */
	uint8_t qrv;	 /* robustness, 0: not told */
	uint32_t qqi_ms; /* querier's interval, 0: not told */
	size_t n_sources;
	const struct addr *sources;

	/* RECORDS */
	size_t n_records;
	const struct gmp_record *records;
};

/** Scratch of a decoder; the message borrows from it. */
struct gmp_decoder {
	struct gmp_record records[GMP_MAX_RECORDS];
	struct addr sources[GMP_MAX_SOURCES];
};

enum gmp_decode {
	GMP_DECODE_OK = 0,
	GMP_DECODE_OTHER, /* not IGMP or MLD, or a type of no concern: not an error */
	GMP_DECODE_SHORT, /* truncated, or lengths that contradict each other */
	GMP_DECODE_CHECKSUM,
	GMP_DECODE_SCOPE,    /* TTL or hop limit not 1; MLD: source neither link-local nor (in
			      * reports) ::, or no Router Alert */
	GMP_DECODE_GROUP,    /* group or source address that cannot be one */
	GMP_DECODE_TOO_MANY, /* more records or sources than the limits above */
};
#define GMP_DECODE_RESULTS 7

/** Decodes an IP packet (from its IP header on).  Nothing is allocated. */
enum gmp_decode gmp_msg_decode(struct gmp_decoder *d, struct span packet, struct gmp_msg *m);

/**
 * Writes the IP packet of *m: TTL 1, Router Alert, checksums.  dst ADDR_ANY: the address the
 * RFC prescribes.  Returns its length, 0 if it does not fit into size.
 */
size_t gmp_msg_encode(const struct gmp_msg *m, uint8_t *buf, size_t size);

/** Octets a record needs in a report, to fill packets. */
size_t gmp_record_size(const struct gmp_record *r, bool mld);

/** RFC 3376 4.1.1, 4.1.7: 8-bit floating point codes (IGMP) and their value, in their unit. */
uint32_t gmp_code8_value(uint8_t code);
uint8_t gmp_code8(uint32_t value);
/** RFC 3810 5.1.3: 16-bit code of MLDv2. */
uint32_t gmp_code16_value(uint16_t code);
uint16_t gmp_code16(uint32_t value);

const char *gmp_decode_name(enum gmp_decode r);	    /**< "checksum"; "unknown" */
const char *gmp_type_name(const struct gmp_msg *m); /**< "v3 report", "mldv1 done" */

#endif
