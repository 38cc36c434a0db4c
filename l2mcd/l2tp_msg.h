/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l2tp_msg.h - L2TPv2 control messages: RFC 2661 and the multicast messages of RFC 4045.
 *
 * Which AVP may stand in which message, its length, its M and H bits, how it is read, written
 * and printed is one table row (l2tp_avp.c); which AVPs a message must have is another
 * (l2tp_msg.c).
 */
#ifndef L2MCD_L2TP_MSG_H
#define L2MCD_L2TP_MSG_H

#include "lib/base.h"
#include "lib/bytes.h"

#define L2TP_PORT	   1701
#define L2TP_MAX_CONTROL   1400	 /* octets of a control message we send (A4045-6) */
#define L2TP_MAX_DATAGRAM  65535 /* octets of a message we accept */
#define L2TP_HEADER_LEN	   12	 /* of a control message */
#define L2TP_MAX_SECRET	   255
#define L2TP_RANDOM_VECTOR 16 /* octets of the vectors we send */
#define L2TP_MAX_SIDS_PER_AVP 508 /* 6 + 2 * 508 <= 1023 (A4045-6) */

/** Message types; 0 is a ZLB, which has no Message Type AVP. */
enum l2tp_msg_type {
	L2TP_ZLB = 0,
	L2TP_SCCRQ = 1,
	L2TP_SCCRP = 2,
	L2TP_SCCCN = 3,
	L2TP_STOPCCN = 4,
	L2TP_HELLO = 6,
	L2TP_OCRQ = 7,
	L2TP_OCRP = 8,
	L2TP_OCCN = 9,
	L2TP_ICRQ = 10,
	L2TP_ICRP = 11,
	L2TP_ICCN = 12,
	L2TP_CDN = 14,
	L2TP_WEN = 15,
	L2TP_SLI = 16,
	L2TP_MSRQ = 23, /* RFC 4045 */
	L2TP_MSRP = 24,
	L2TP_MSE = 25,
	L2TP_MSI = 26,
	L2TP_MSEN = 27,
};
#define L2TP_MSG_TYPES 28

enum l2tp_avp_type {
	L2TP_AVP_MESSAGE_TYPE = 0,
	L2TP_AVP_RESULT_CODE = 1,
	L2TP_AVP_PROTOCOL_VERSION = 2,
	L2TP_AVP_FRAMING_CAPABILITIES = 3,
	L2TP_AVP_BEARER_CAPABILITIES = 4,
	L2TP_AVP_TIE_BREAKER = 5,
	L2TP_AVP_FIRMWARE_REVISION = 6,
	L2TP_AVP_HOST_NAME = 7,
	L2TP_AVP_VENDOR_NAME = 8,
	L2TP_AVP_ASSIGNED_TUNNEL_ID = 9,
	L2TP_AVP_RECEIVE_WINDOW_SIZE = 10,
	L2TP_AVP_CHALLENGE = 11,
	L2TP_AVP_Q931_CAUSE_CODE = 12,
	L2TP_AVP_CHALLENGE_RESPONSE = 13,
	L2TP_AVP_ASSIGNED_SESSION_ID = 14,
	L2TP_AVP_CALL_SERIAL_NUMBER = 15,
	L2TP_AVP_MINIMUM_BPS = 16,
	L2TP_AVP_MAXIMUM_BPS = 17,
	L2TP_AVP_BEARER_TYPE = 18,
	L2TP_AVP_FRAMING_TYPE = 19,
	L2TP_AVP_CALLED_NUMBER = 21,
	L2TP_AVP_CALLING_NUMBER = 22,
	L2TP_AVP_SUB_ADDRESS = 23,
	L2TP_AVP_TX_CONNECT_SPEED = 24,
	L2TP_AVP_PHYSICAL_CHANNEL_ID = 25,
	L2TP_AVP_INITIAL_LCP_CONFREQ = 26,
	L2TP_AVP_LAST_SENT_LCP_CONFREQ = 27,
	L2TP_AVP_LAST_RECEIVED_LCP_CONFREQ = 28,
	L2TP_AVP_PROXY_AUTHEN_TYPE = 29,
	L2TP_AVP_PROXY_AUTHEN_NAME = 30,
	L2TP_AVP_PROXY_AUTHEN_CHALLENGE = 31,
	L2TP_AVP_PROXY_AUTHEN_ID = 32,
	L2TP_AVP_PROXY_AUTHEN_RESPONSE = 33,
	L2TP_AVP_CALL_ERRORS = 34,
	L2TP_AVP_ACCM = 35,
	L2TP_AVP_RANDOM_VECTOR = 36,
	L2TP_AVP_PRIVATE_GROUP_ID = 37,
	L2TP_AVP_RX_CONNECT_SPEED = 38,
	L2TP_AVP_SEQUENCING_REQUIRED = 39,
	L2TP_AVP_MULTICAST_CAPABILITY = 80, /* RFC 4045 */
	L2TP_AVP_NEW_OUTGOING_SESSIONS = 81,
	L2TP_AVP_NEW_OUTGOING_SESSIONS_ACK = 82,
	L2TP_AVP_WITHDRAW_OUTGOING_SESSIONS = 83,
	L2TP_AVP_MULTICAST_PRIORITY = 84,
};
#define L2TP_AVP_TYPES 85

/* Result codes of StopCCN (RFC 2661 4.4.2) */
enum l2tp_stop_result {
	L2TP_STOP_GENERAL = 1,
	L2TP_STOP_ERROR = 2,
	L2TP_STOP_EXISTS = 3,
	L2TP_STOP_NOT_AUTHORISED = 4,
	L2TP_STOP_VERSION = 5,
	L2TP_STOP_SHUTDOWN = 6,
	L2TP_STOP_FSM = 7,
};

/* Result codes of CDN (RFC 2661 4.4.2) */
enum l2tp_cdn_result {
	L2TP_CDN_CARRIER_LOST = 1,
	L2TP_CDN_ERROR = 2,
	L2TP_CDN_ADMIN = 3,
	L2TP_CDN_NO_FACILITIES = 4, /* temporarily */
	L2TP_CDN_NO_FACILITIES_PERMANENT = 5,
	L2TP_CDN_INVALID_DESTINATION = 6,
	L2TP_CDN_NO_CARRIER = 7,
	L2TP_CDN_BUSY = 8,
	L2TP_CDN_NO_DIAL_TONE = 9,
	L2TP_CDN_TIMEOUT = 10,
	L2TP_CDN_NO_FRAMING = 11,
};

/* Result codes of MSEN (RFC 4045 7.3) */
enum l2tp_msen_result {
	L2TP_MSEN_NO_TRAFFIC = 1,
	L2TP_MSEN_ERROR = 2,
	L2TP_MSEN_NO_RECEIVERS = 3,
	L2TP_MSEN_FILTER_MODE = 4,
};

/* General error codes (RFC 2661 4.4.2) */
enum l2tp_error {
	L2TP_ERR_NONE = 0,
	L2TP_ERR_NO_CONTROL = 1,
	L2TP_ERR_LENGTH = 2,
	L2TP_ERR_VALUE = 3,
	L2TP_ERR_RESOURCES = 4,
	L2TP_ERR_SESSION_ID = 5,
	L2TP_ERR_VENDOR = 6,
	L2TP_ERR_TRY_ANOTHER = 7,
	L2TP_ERR_UNKNOWN_AVP = 8,
};

/** Value of a Result Code AVP. */
struct l2tp_result {
	uint16_t result;
	bool has_error;
	uint16_t error;
	struct span text; /* UTF-8, not terminated */
};

/** One Session ID of an AVP 81, 82 or 83, in the order of appearance (A4045-7). */
struct l2tp_sid_op {
	uint8_t avp; /* which of the three */
	uint16_t session_id;
};

/**
 * A control message, decoded or to be encoded.  All integers in host byte order.  An AVP is
 * there if its bit in `has` is set (l2tp_msg_has()); a Random Vector never is, and lists of
 * Session IDs are sent for what is in sids, whatever `has` says.  Spans are borrowed: after
 * decoding from the datagram or the decoder's buffer, before encoding from the caller.
 */
struct l2tp_msg {
	uint16_t tunnel_id, session_id, ns, nr; /* header */
	enum l2tp_msg_type type;
	uint64_t has[2];

	struct l2tp_result result;
	uint16_t protocol_version; /* 0x0100 */
	uint32_t framing_capabilities, bearer_capabilities;
	uint64_t tie_breaker;
	uint16_t firmware_revision;
	struct span host_name, vendor_name;
	uint16_t assigned_tunnel_id, receive_window_size;
	struct span challenge, challenge_response;
	struct {
		uint16_t cause;
		uint8_t message;
		struct span text;
	} q931;
	uint16_t assigned_session_id;
	uint32_t call_serial_number, minimum_bps, maximum_bps, bearer_type, framing_type;
	struct span called_number, calling_number, sub_address;
	uint32_t tx_connect_speed, rx_connect_speed, physical_channel_id;
	struct span initial_lcp_confreq, last_sent_lcp_confreq, last_received_lcp_confreq;
	uint16_t proxy_authen_type, proxy_authen_id;
	struct span proxy_authen_name, proxy_authen_challenge, proxy_authen_response;
	struct {
		uint32_t crc, framing, hardware_overrun, buffer_overrun, timeout, alignment;
	} call_errors;
	struct {
		uint32_t send, receive;
	} accm;
	struct span private_group_id;
	uint16_t multicast_priority;

	const struct l2tp_sid_op *sids; /* AVPs 81, 82, 83; encoded in this order */
	size_t n_sids;
};

static inline bool l2tp_msg_has(const struct l2tp_msg *m, enum l2tp_avp_type avp)
{
	return m->has[avp / 64] >> (avp % 64) & 1;
}

static inline void l2tp_msg_set(struct l2tp_msg *m, enum l2tp_avp_type avp)
{
	m->has[avp / 64] |= UINT64_C(1) << (avp % 64);
}

/** Scratch of a decoder: plain text of hidden AVPs and the Session ID lists. */
struct l2tp_decoder {
	uint8_t plain[L2TP_MAX_DATAGRAM];
	size_t plain_len;
	struct l2tp_sid_op sids[L2TP_MAX_DATAGRAM / 2];
	size_t n_sids;
};

/** What is wrong with a message, and how far the damage goes (R2661-4.1-3, -7.1-2). */
enum l2tp_decode {
	L2TP_DECODE_OK = 0,
	L2TP_DECODE_DISCARD,	  /* no valid header or not a control message: drop, count */
	L2TP_DECODE_IGNORE,	  /* unknown message type with M=0: acknowledge only */
	L2TP_DECODE_UNKNOWN_TYPE, /* unknown message type with M=1: clear the tunnel */
	L2TP_DECODE_BAD,	  /* a mandatory AVP is missing, malformed or unknown: end what
				   * the message is about, with the result in l2tp_fault */
};

struct l2tp_fault {
	uint16_t error;	    /* enum l2tp_error */
	uint16_t avp;	    /* type of the offending AVP */
	uint16_t vendor;    /* of the offending AVP */
	size_t offset;	    /* octets from the start of the datagram */
	char text[80];	    /* "AVP 9999 unknown", readable (R2661-4.4.2-3) */
};

/** Counters of what decoding tolerated. */
struct l2tp_decode_stats {
	uint64_t avp_unknown, avp_reserved_bits, avp_malformed, avp_misplaced, avp_hidden,
		avp_unhide_failed, avp_m_bit;
};

/**
 * Decodes one control message or ZLB (RFC 2661 3.1, 4.1).
 *
 * @secret:  shared secret for hidden AVPs, may be empty
 * @m:       valid in part even on L2TP_DECODE_BAD: header, type, Assigned Tunnel/Session ID if
 *           they stood before the fault, so that an answer can be sent
 * Returns enum l2tp_decode.  Nothing is allocated.
 */
enum l2tp_decode l2tp_msg_decode(struct l2tp_decoder *d, struct span datagram, struct span secret,
				 struct l2tp_msg *m, struct l2tp_fault *fault,
				 struct l2tp_decode_stats *stats);

/** How AVPs are hidden when encoding. */
struct l2tp_hide {
	struct span secret; /* empty: hide nothing */
	uint8_t vector[L2TP_RANDOM_VECTOR];
};

/**
 * Encodes *m: header with the Ns and Nr of *m, Message Type, AVPs in ascending order of their
 * type except that Session ID lists keep the order of m->sids.  A message of type L2TP_ZLB is
 * the bare header.  Returns its length, 0 if it does not fit or a row forbids an AVP there.
 */
size_t l2tp_msg_encode(const struct l2tp_msg *m, const struct l2tp_hide *hide, uint8_t *buf,
		       size_t size);

/** True if the message is about one session (its header has a Session ID), not the tunnel. */
bool l2tp_msg_is_session(enum l2tp_msg_type type);

const char *l2tp_msg_name(unsigned int type); /**< "SCCRQ"; "unknown" */
const char *l2tp_avp_name(unsigned int type); /**< "Host Name"; "unknown" */

/** Text of a result: "no more receivers", "see error code: insufficient resources". */
const char *l2tp_result_str(enum l2tp_msg_type type, const struct l2tp_result *r, char *buf,
			    size_t size);

/**
 * Readable decoding of a datagram, control or data, as `test l2tp decode` prints it: header
 * line, one line per AVP, faults in place.  At most size octets; returns the length.
 */
size_t l2tp_msg_text(struct span datagram, struct span secret, char *buf, size_t size);

#endif
