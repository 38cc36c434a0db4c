/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pppoe_codec.h - Discovery frames of PPPoE (RFC 2516 section 4, 5 and appendix A).
 *
 * Ethernet header, up to two VLAN tags, PPPoE header, tags.  What is decoded borrows the frame.
 */
#ifndef L2MCD_PPPOE_CODEC_H
#define L2MCD_PPPOE_CODEC_H

#include "lib/base.h"
#include "lib/bytes.h"

#define PPPOE_MAC_LEN		  6
#define PPPOE_MAX_VLANS		  2
#define PPPOE_MAX_SERVICES	  64   /* Service-Name tags of one frame that are looked at */
#define PPPOE_MAX_FRAME		  1526 /* Ethernet header, two tags, 1500 octets, and room to spare */
#define PPPOE_MAX_PAYLOAD	  1492 /* PPP octets in a frame of 1500 (RFC 2516 section 7) */
#define PPPOE_MAC_STRLEN	  18

#define PPPOE_ETHERTYPE_DISCOVERY 0x8863
#define PPPOE_ETHERTYPE_8021Q	  0x8100
#define PPPOE_ETHERTYPE_8021AD	  0x88a8

enum pppoe_code {
	PPPOE_PADO = 0x07,
	PPPOE_PADI = 0x09,
	PPPOE_PADR = 0x19,
	PPPOE_PADS = 0x65,
	PPPOE_PADT = 0xa7,
};

enum pppoe_tag_type {
	PPPOE_TAG_END_OF_LIST = 0x0000,
	PPPOE_TAG_SERVICE_NAME = 0x0101,
	PPPOE_TAG_AC_NAME = 0x0102,
	PPPOE_TAG_HOST_UNIQ = 0x0103,
	PPPOE_TAG_AC_COOKIE = 0x0104,
	PPPOE_TAG_VENDOR_SPECIFIC = 0x0105,
	PPPOE_TAG_RELAY_SESSION_ID = 0x0110,
	PPPOE_TAG_PPP_MAX_PAYLOAD = 0x0120, /* RFC 4638 */
	PPPOE_TAG_SERVICE_NAME_ERROR = 0x0201,
	PPPOE_TAG_AC_SYSTEM_ERROR = 0x0202,
	PPPOE_TAG_GENERIC_ERROR = 0x0203,
};

/** One frame.  A span whose p is NULL stands for a tag that is not there. */
struct pppoe_frame {
	uint8_t dst[PPPOE_MAC_LEN], src[PPPOE_MAC_LEN];
	uint8_t n_vlans;
	uint16_t vlan[PPPOE_MAX_VLANS]; /* VLAN identifiers, outermost first */
	uint8_t code;			/* enum pppoe_code, or any other octet */
	uint16_t session_id;
	size_t n_services;
	struct span service[PPPOE_MAX_SERVICES];
	struct span ac_name, host_uniq, ac_cookie, relay_session_id;
	struct span circuit_id, remote_id; /* of the access node (TR-101 3.9.2) */
	uint16_t max_payload;		   /* 0: no such tag */
	uint16_t error;			   /* enum pppoe_tag_type of an error; 0: none */
	struct span error_text;
};

enum pppoe_decode {
	PPPOE_DECODE_OK,
	PPPOE_DECODE_SHORT,   /* a header or a length runs out of the frame */
	PPPOE_DECODE_OTHER,   /* no discovery frame, or more VLAN tags than we know */
	PPPOE_DECODE_VERSION, /* VER or TYPE is not 1 */
	PPPOE_DECODE_TAG,     /* a tag runs out of the payload, or is malformed */
	PPPOE_DECODE_RESULTS,
};

/** With anything but OK the frame is to be dropped. */
enum pppoe_decode pppoe_decode(struct span frame, struct pppoe_frame *f);
const char *pppoe_decode_name(enum pppoe_decode result); /**< "ok", "short" */

/**
 * Writes all that is set; octets written, 0: it does not fit.  More than one VLAN tag: the
 * outer is a service tag (802.1ad), as in doc/user/pppoe-guide.rst.
 */
size_t pppoe_encode(const struct pppoe_frame *f, void *buf, size_t size);

const char *pppoe_code_name(uint8_t code); /**< "PADI"; "unknown" */
/** 02:00:00:00:00:01 */
const char *pppoe_mac_str(const uint8_t mac[PPPOE_MAC_LEN], char buf[PPPOE_MAC_STRLEN]);
/** The frame in one line, for debugging; length written. */
size_t pppoe_text(const struct pppoe_frame *f, char *buf, size_t size);

#endif
