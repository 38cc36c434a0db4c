/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ldp_msg.h - LDP messages (RFC 5036) as far as multipoint LSPs need them.
 *
 * Which TLV may stand in which message, mandatory order, lengths, how it is read, written and
 * printed: one table row each (ldp_tlv.c); messages: rows of ldp_msg.c.  Engine file.
 */
#ifndef MPLSMC_LDP_MSG_H
#define MPLSMC_LDP_MSG_H

#include "mplsmc/mldp_fec.h"

#define LDP_PORT	    646
#define LDP_PDU_HEADER	    10	 /* version, length, LDP identifier */
#define LDP_DEFAULT_MAX_PDU 4096
#define LDP_MAX_FECS	    64	 /* elements of one message we keep */
#define LDP_MAX_ADDRESSES   1024 /* of one message */

enum ldp_msg_type {
	LDP_NOTIFICATION = 0x0001,
	LDP_HELLO = 0x0100,
	LDP_INIT = 0x0200,
	LDP_KEEPALIVE = 0x0201,
	LDP_CAPABILITY = 0x0202,
	LDP_ADDRESS = 0x0300,
	LDP_ADDRESS_WITHDRAW = 0x0301,
	LDP_LABEL_MAPPING = 0x0400,
	LDP_LABEL_REQUEST = 0x0401,
	LDP_LABEL_WITHDRAW = 0x0402,
	LDP_LABEL_RELEASE = 0x0403,
	LDP_LABEL_ABORT = 0x0404,
};
#define LDP_MSG_ROWS 12

/** Status codes with the E bit (spec table 1.5). */
enum ldp_status {
	LDP_S_SUCCESS = 0x00000000,
	LDP_S_BAD_LDP_ID = 0x80000001,
	LDP_S_BAD_VERSION = 0x80000002,
	LDP_S_BAD_PDU_LENGTH = 0x80000003,
	LDP_S_UNKNOWN_MESSAGE = 0x00000004,
	LDP_S_BAD_MESSAGE_LENGTH = 0x80000005,
	LDP_S_UNKNOWN_TLV = 0x00000006,
	LDP_S_BAD_TLV_LENGTH = 0x80000007,
	LDP_S_MALFORMED_TLV = 0x80000008,
	LDP_S_HOLD_TIMER = 0x80000009,
	LDP_S_SHUTDOWN = 0x8000000a,
	LDP_S_LOOP = 0x0000000b,
	LDP_S_UNKNOWN_FEC = 0x0000000c,
	LDP_S_NO_ROUTE = 0x0000000d,
	LDP_S_NO_LABEL_RESOURCES = 0x0000000e,
	LDP_S_LABEL_RESOURCES = 0x0000000f,
	LDP_S_REJECTED_NO_HELLO = 0x80000010,
	LDP_S_REJECTED_MODE = 0x80000011,
	LDP_S_REJECTED_MAX_PDU = 0x80000012,
	LDP_S_REJECTED_LABEL_RANGE = 0x80000013,
	LDP_S_KEEPALIVE_TIMER = 0x80000014,
	LDP_S_REQUEST_ABORTED = 0x00000015,
	LDP_S_MISSING_PARAMETERS = 0x00000016,
	LDP_S_UNSUPPORTED_AF = 0x00000017,
	LDP_S_REJECTED_KEEPALIVE = 0x80000018,
	LDP_S_INTERNAL = 0x80000019,
	LDP_S_UNSUPPORTED_CAPABILITY = 0x0000002e,
	LDP_S_END_OF_LIB = 0x0000002f,
	LDP_S_TRANSPORT_MISMATCH = 0x80000032,
	LDP_S_DUAL_STACK = 0x80000033,
	LDP_S_MP_STATUS = 0x00000040,
};
#define LDP_S_FATAL(code) ((code) & 0x80000000u)

/** Capabilities as bits; the TLV of each is a row of the table. */
enum ldp_capability {
	LDP_CAP_DYNAMIC = 1 << 0,	 /* 0x0506 */
	LDP_CAP_UPSTREAM_LABEL = 1 << 1, /* 0x0507 */
	LDP_CAP_P2MP = 1 << 2,		 /* 0x0508 */
	LDP_CAP_MP2MP = 1 << 3,		 /* 0x0509 */
	LDP_CAP_MBB = 1 << 4,		 /* 0x050a */
	LDP_CAP_TYPED_WILDCARD = 1 << 5, /* 0x050b */
	LDP_CAP_SAC = 1 << 6,		 /* 0x050d */
	LDP_CAP_UNRECOGNISED = 1 << 7,	 /* 0x0603: End-of-LIB may be sent */
};

/** LSR-Id and label space; the Id in host byte order. */
struct ldp_id {
	uint32_t lsr_id;
	uint16_t space;
};

enum ldp_fec_kind {
	LDP_FEC_WILDCARD = 0x01,
	LDP_FEC_PREFIX = 0x02,
	LDP_FEC_TYPED_WILDCARD = 0x05,
	LDP_FEC_MULTIPOINT = 0x06, /* mp.type says which */
};

struct ldp_fec {
	enum ldp_fec_kind kind;
	uint16_t wildcard_type;	  /* TYPED_WILDCARD: FEC element type */
	uint16_t wildcard_family; /* 1 or 2; 0: none given */
	struct addr prefix;	  /* PREFIX */
	uint8_t prefixlen;
	struct mldp_fec mp;
};

enum ldp_mbb { LDP_MBB_NONE = 0, LDP_MBB_REQUEST = 1, LDP_MBB_ACK = 2 };

/** A message, decoded or to be encoded.  Integers in host byte order; arrays are borrowed. */
struct ldp_msg {
	enum ldp_msg_type type;
	uint32_t id;

	struct {
		uint16_t hold_s;
		bool targeted, request, gtsm;
		struct addr transport; /* ADDR_ANY: none given */
		bool has_sequence;
		uint32_t sequence;
	} hello;
	struct {
		uint16_t keepalive_s, max_pdu;
		bool on_demand, loop_detection;
		uint8_t pv_limit;
		struct ldp_id receiver;
	} init;
	/* INIT, CAPABILITY: named, and of those the enabled (S bit) */
	uint32_t capabilities, enabled;
	uint8_t sac[8]; /* LDP_CAP_SAC: elements */
	size_t n_sac;

	bool has_status;
	struct {
		uint32_t code; /* enum ldp_status; forward bit apart */
		bool forward;
		uint32_t message_id;
		uint16_t message_type;
	} status;

	size_t n_addresses;
	const struct addr *addresses;

	size_t n_fecs;
	const struct ldp_fec *fecs;
	bool has_label;
	uint32_t label;
	bool has_upstream_label; /* TLV 0x0204 */
	uint32_t upstream_label;
	bool upstream_request;	 /* TLV 0x0205 */
	bool has_request_id;
	uint32_t request_id;
	bool has_context; /* Interface ID with an MPLS Context Label (RFC 6389 5) */
	struct addr context_source;
	uint32_t context_label;
	enum ldp_mbb mbb;
};

/** Scratch of a decoder. */
struct ldp_decoder {
	struct ldp_fec fecs[LDP_MAX_FECS];
	struct addr addresses[LDP_MAX_ADDRESSES];
};

/** What is wrong: the status to answer with, about which message and TLV. */
struct ldp_fault {
	uint32_t status; /* enum ldp_status; 0: drop silently */
	uint32_t message_id;
	uint16_t message_type, tlv;
	size_t offset; /* octets from the start of the message */
	char text[80];
};

/** Header of a PDU.  False: *status is fatal; call with at least LDP_PDU_HEADER octets.
 *  *length: octets of the whole PDU, header included. */
bool ldp_pdu_header(struct span data, uint16_t max_pdu, struct ldp_id *id, size_t *length,
		    uint32_t *status);

enum ldp_decode {
	LDP_DECODE_OK,
	LDP_DECODE_IGNORE, /* unknown message or capability with U=1: nothing to say */
	LDP_DECODE_BAD,	   /* *fault says what to answer; fatal if LDP_S_FATAL(fault->status) */
};

/** Decodes the next message of a PDU body and moves r behind it (M-5036-3.3-1, -3.5-1, -3.5-2). */
enum ldp_decode ldp_msg_decode(struct ldp_decoder *d, struct rd *r, struct ldp_msg *m,
			       struct ldp_fault *fault);

/** Encodes one message (no PDU header); its length, 0 if it does not fit. */
size_t ldp_msg_encode(const struct ldp_msg *m, uint8_t *buf, size_t size);
/** One PDU of one message. */
size_t ldp_pdu_encode(const struct ldp_id *id, const struct ldp_msg *m, uint8_t *buf, size_t size);

/** Number of a message type's row in the table, for counters; LDP_MSG_ROWS: unknown. */
unsigned int ldp_msg_row(unsigned int type);
const char *ldp_msg_name(unsigned int type);
const char *ldp_status_name(uint32_t code);
/** Readable decoding of one or more PDUs, as `test mpls multicast decode` prints it. */
size_t ldp_text(struct span data, char *buf, size_t size);

#endif
