// SPDX-License-Identifier: GPL-2.0-or-later
/* The AVPs of RFC 2661 (4.4) and RFC 4045; see l2tp_avp.h. */
#include "l2mcd/l2tp_avp.h"

/* ---------------------------------------------------------------- kinds of values */

#define ROW_ARGS  const struct l2tp_avp_row *row
#define FIELD(T)  (*(T *)((char *)m + row->field))
#define CFIELD(T) (*(const T *)((const char *)m + row->field))

static enum l2tp_error read_empty(ROW_ARGS, struct span value, struct l2tp_msg *m)
{
	return L2TP_ERR_NONE;
}

static void write_empty(ROW_ARGS, const struct l2tp_msg *m, struct wr *w)
{
}

static void print_empty(ROW_ARGS, struct span value, struct text *t)
{
}

static enum l2tp_error read_u16(ROW_ARGS, struct span value, struct l2tp_msg *m)
{
	struct rd r = rd_span(value);

	FIELD(uint16_t) = rd_u16(&r);
	return L2TP_ERR_NONE;
}

static void write_u16(ROW_ARGS, const struct l2tp_msg *m, struct wr *w)
{
	wr_u16(w, CFIELD(uint16_t));
}

static void print_u16(ROW_ARGS, struct span value, struct text *t)
{
	struct rd r = rd_span(value);

	text_add(t, "%u", rd_u16(&r));
}

/* A number for which 0 is invalid: IDs (RFC 2661 5.3), the window (R2661-4.4.3-9). */
static enum l2tp_error read_nonzero(ROW_ARGS, struct span value, struct l2tp_msg *m)
{
	read_u16(row, value, m);
	return FIELD(uint16_t) ? L2TP_ERR_NONE : L2TP_ERR_VALUE;
}

static void print_hex16(ROW_ARGS, struct span value, struct text *t)
{
	struct rd r = rd_span(value);

	text_add(t, "0x%04x", rd_u16(&r));
}

/* One octet after a reserved one (RFC 2661 4.4.5, Proxy Authen ID). */
static enum l2tp_error read_octet(ROW_ARGS, struct span value, struct l2tp_msg *m)
{
	read_u16(row, value, m);
	FIELD(uint16_t) &= 0xff;
	return L2TP_ERR_NONE;
}

static void write_octet(ROW_ARGS, const struct l2tp_msg *m, struct wr *w)
{
	wr_u16(w, CFIELD(uint16_t) & 0xff);
}

/* A value above 2 is not applied: the AVP has M=0 (A4045-43). */
static enum l2tp_error read_priority(ROW_ARGS, struct span value, struct l2tp_msg *m)
{
	struct rd r = rd_span(value);
	uint16_t priority = rd_u16(&r);

	if (priority > 2)
		return L2TP_ERR_VALUE;
	FIELD(uint16_t) = priority;
	return L2TP_ERR_NONE;
}

static void print_priority(ROW_ARGS, struct span value, struct text *t)
{
	static const char *const names[] = {"best effort", "unicast first", "multicast first"};
	struct rd r = rd_span(value);
	uint16_t priority = rd_u16(&r);

	text_add(t, "%u (%s)", priority, priority <= 2 ? names[priority] : "undefined");
}

static void print_version(ROW_ARGS, struct span value, struct text *t)
{
	text_add(t, "%u.%u", value.p[0], value.p[1]);
}

static enum l2tp_error read_u32(ROW_ARGS, struct span value, struct l2tp_msg *m)
{
	struct rd r = rd_span(value);

	FIELD(uint32_t) = rd_u32(&r);
	return L2TP_ERR_NONE;
}

static void write_u32(ROW_ARGS, const struct l2tp_msg *m, struct wr *w)
{
	wr_u32(w, CFIELD(uint32_t));
}

static void print_u32(ROW_ARGS, struct span value, struct text *t)
{
	struct rd r = rd_span(value);

	text_add(t, "%" PRIu32, rd_u32(&r));
}

static void print_bits(struct span value, struct text *t, const char *one, const char *two)
{
	struct rd r = rd_span(value);
	uint32_t bits = rd_u32(&r);

	text_add(t, "0x%" PRIx32, bits);
	if (bits & 3)
		text_add(t, " (%s%s%s)", bits & 1 ? one : "", (bits & 3) == 3 ? ", " : "",
			 bits & 2 ? two : "");
}

static void print_framing(ROW_ARGS, struct span value, struct text *t)
{
	print_bits(value, t, "synchronous", "asynchronous");
}

static void print_bearer(ROW_ARGS, struct span value, struct text *t)
{
	print_bits(value, t, "digital", "analogue");
}

static enum l2tp_error read_u64(ROW_ARGS, struct span value, struct l2tp_msg *m)
{
	struct rd r = rd_span(value);

	FIELD(uint64_t) = rd_u64(&r);
	return L2TP_ERR_NONE;
}

static void write_u64(ROW_ARGS, const struct l2tp_msg *m, struct wr *w)
{
	wr_u64(w, CFIELD(uint64_t));
}

static enum l2tp_error read_octets(ROW_ARGS, struct span value, struct l2tp_msg *m)
{
	FIELD(struct span) = value;
	return L2TP_ERR_NONE;
}

static void write_octets(ROW_ARGS, const struct l2tp_msg *m, struct wr *w)
{
	wr_copy(w, CFIELD(struct span).p, CFIELD(struct span).len);
}

static void print_string(ROW_ARGS, struct span value, struct text *t)
{
	text_add(t, "\"");
	text_add_octets(t, value);
	text_add(t, "\"");
}

static void print_octets(ROW_ARGS, struct span value, struct text *t)
{
	text_add_hex(t, value);
}

/* Of PAP and of a text it is the subscriber's password: not for logs. */
static void print_password(ROW_ARGS, struct span value, struct text *t)
{
	text_add(t, "%zu octets", value.len);
}

/* Result Code: 2 octets, or 4 with the error code, or more with a text (R2661-4.4.2-1). */
static enum l2tp_error read_result(ROW_ARGS, struct span value, struct l2tp_msg *m)
{
	struct rd r = rd_span(value);

	if (value.len == 3)
		return L2TP_ERR_LENGTH;
	m->result.result = rd_u16(&r);
	m->result.has_error = rd_left(&r) != 0;
	m->result.error = m->result.has_error ? rd_u16(&r) : 0;
	m->result.text = rd_take_span(&r, rd_left(&r));
	return L2TP_ERR_NONE;
}

static void write_result(ROW_ARGS, const struct l2tp_msg *m, struct wr *w)
{
	wr_u16(w, m->result.result);
	if (m->result.has_error || m->result.text.len)
		wr_u16(w, m->result.error);
	wr_copy(w, m->result.text.p, m->result.text.len);
}

static void print_result(ROW_ARGS, struct span value, struct text *t)
{
	struct rd r = rd_span(value);

	text_add(t, "%u", rd_u16(&r));
	if (rd_left(&r) >= 2)
		text_add(t, " error %u", rd_u16(&r));
	if (rd_left(&r)) {
		text_add(t, " ");
		print_string(row, rd_take_span(&r, rd_left(&r)), t);
	}
}

static enum l2tp_error read_q931(ROW_ARGS, struct span value, struct l2tp_msg *m)
{
	struct rd r = rd_span(value);

	m->q931.cause = rd_u16(&r);
	m->q931.message = rd_u8(&r);
	m->q931.text = rd_take_span(&r, rd_left(&r));
	return L2TP_ERR_NONE;
}

static void write_q931(ROW_ARGS, const struct l2tp_msg *m, struct wr *w)
{
	wr_u16(w, m->q931.cause);
	wr_u8(w, m->q931.message);
	wr_copy(w, m->q931.text.p, m->q931.text.len);
}

static void print_q931(ROW_ARGS, struct span value, struct text *t)
{
	struct rd r = rd_span(value);

	text_add(t, "cause %u", rd_u16(&r));
	text_add(t, " message 0x%02x", rd_u8(&r));
	if (rd_left(&r)) {
		text_add(t, " ");
		print_string(row, rd_take_span(&r, rd_left(&r)), t);
	}
}

/* Call Errors and ACCM: 16 reserved bits, then 32-bit words (RFC 2661 4.4.6). */
static enum l2tp_error read_words(ROW_ARGS, struct span value, struct l2tp_msg *m)
{
	struct rd r = rd_span(value);
	uint32_t *word = &FIELD(uint32_t);

	rd_u16(&r);
	while (rd_left(&r))
		*word++ = rd_u32(&r);
	return L2TP_ERR_NONE;
}

static void write_words(ROW_ARGS, const struct l2tp_msg *m, struct wr *w)
{
	const uint32_t *word = &CFIELD(uint32_t);

	wr_u16(w, 0);
	for (size_t left = row->max - 2; left; left -= sizeof(*word))
		wr_u32(w, *word++);
}

static void print_call_errors(ROW_ARGS, struct span value, struct text *t)
{
	static const char *const names[] = {
		"crc", "framing", "hardware-overrun", "buffer-overrun", "timeout", "alignment"};
	struct rd r = rd_span(value);

	rd_u16(&r);
	for (size_t i = 0; i < array_size(names); i++)
		text_add(t, "%s%s %" PRIu32, i ? " " : "", names[i], rd_u32(&r));
}

static void print_accm(ROW_ARGS, struct span value, struct text *t)
{
	struct rd r = rd_span(value);

	rd_u16(&r);
	text_add(t, "send 0x%08" PRIx32, rd_u32(&r));
	text_add(t, " receive 0x%08" PRIx32, rd_u32(&r));
}

/* The decoder collects Session IDs itself: they keep their order across AVPs (A4045-7). */
static enum l2tp_error read_sids(ROW_ARGS, struct span value, struct l2tp_msg *m)
{
	return value.len % 2 ? L2TP_ERR_LENGTH : L2TP_ERR_NONE; /* A4045-44 */
}

static void print_sids(ROW_ARGS, struct span value, struct text *t)
{
	struct rd r = rd_span(value);

	for (bool first = true; rd_left(&r) >= 2; first = false)
		text_add(t, "%s0x%04x", first ? "" : " ", rd_u16(&r));
	if (rd_left(&r))
		text_add(t, " and an odd octet");
}

/* ---------------------------------------------------------------- the table */

#define IN(MSG)	   (UINT32_C(1) << L2TP_##MSG)
#define ALL	   UINT32_MAX
#define AT(F)	   offsetof(struct l2tp_msg, F)
#define OCTETS	   (L2TP_AVP_MAX_LEN - L2TP_AVP_HEADER)

/* How a value is read, written and printed. */
#define EMPTY	   0, read_empty, write_empty, print_empty
#define VECTOR	   0, read_empty, NULL, print_octets
#define MSGTYPE	   0, read_empty, NULL, print_u16
#define SIDS	   0, read_sids, NULL, print_sids
#define U16(F)	   AT(F), read_u16, write_u16, print_u16
#define VERSION(F) AT(F), read_u16, write_u16, print_version
#define HEX16(F)   AT(F), read_u16, write_u16, print_hex16
#define ID(F)	   AT(F), read_nonzero, write_u16, print_hex16
#define WINDOW(F)  AT(F), read_nonzero, write_u16, print_u16
#define OCTET(F)   AT(F), read_octet, write_octet, print_u16
#define PRIO(F)	   AT(F), read_priority, write_u16, print_priority
#define U32(F)	   AT(F), read_u32, write_u32, print_u32
#define FRAMING(F) AT(F), read_u32, write_u32, print_framing
#define BEARER(F)  AT(F), read_u32, write_u32, print_bearer
#define U64(F)	   AT(F), read_u64, write_u64, print_octets
#define STRING(F)  AT(F), read_octets, write_octets, print_string
#define BLOB(F)	   AT(F), read_octets, write_octets, print_octets
#define PASSWD(F)  AT(F), read_octets, write_octets, print_password
#define RESULT	   AT(result), read_result, write_result, print_result
#define Q931	   AT(q931), read_q931, write_q931, print_q931
#define ERRORS	   AT(call_errors), read_words, write_words, print_call_errors
#define ACCM	   AT(accm), read_words, write_words, print_accm

#define M	   true
#define O	   false /* M=0 */
#define H	   true
#define N	   false /* never hidden */

/* clang-format off */
static const struct l2tp_avp_row rows[L2TP_AVP_TYPES] = {
	/* First in every message and nowhere else; its M bit is that of the message. */
	[L2TP_AVP_MESSAGE_TYPE] = {"Message Type", 2, 2, M, N, 0, MSGTYPE},
	[L2TP_AVP_RESULT_CODE] = {"Result Code", 2, OCTETS, M, N,
		IN(STOPCCN) | IN(CDN) | IN(MSEN), RESULT},
	[L2TP_AVP_PROTOCOL_VERSION] = {"Protocol Version", 2, 2, M, N,
		IN(SCCRQ) | IN(SCCRP), VERSION(protocol_version)},
	[L2TP_AVP_FRAMING_CAPABILITIES] = {"Framing Capabilities", 4, 4, M, H,
		IN(SCCRQ) | IN(SCCRP), FRAMING(framing_capabilities)},
	[L2TP_AVP_BEARER_CAPABILITIES] = {"Bearer Capabilities", 4, 4, M, H,
		IN(SCCRQ) | IN(SCCRP), BEARER(bearer_capabilities)},
	[L2TP_AVP_TIE_BREAKER] = {"Tie Breaker", 8, 8, O, N,
		IN(SCCRQ), U64(tie_breaker)},
	[L2TP_AVP_FIRMWARE_REVISION] = {"Firmware Revision", 2, 2, O, H,
		IN(SCCRQ) | IN(SCCRP), HEX16(firmware_revision)},
	[L2TP_AVP_HOST_NAME] = {"Host Name", 1, OCTETS, M, N,
		IN(SCCRQ) | IN(SCCRP), STRING(host_name)},
	[L2TP_AVP_VENDOR_NAME] = {"Vendor Name", 0, OCTETS, O, H,
		IN(SCCRQ) | IN(SCCRP), STRING(vendor_name)},
	[L2TP_AVP_ASSIGNED_TUNNEL_ID] = {"Assigned Tunnel ID", 2, 2, M, H,
		IN(SCCRQ) | IN(SCCRP) | IN(STOPCCN), ID(assigned_tunnel_id)},
	[L2TP_AVP_RECEIVE_WINDOW_SIZE] = {"Receive Window Size", 2, 2, M, N,
		IN(SCCRQ) | IN(SCCRP), WINDOW(receive_window_size)},
	[L2TP_AVP_CHALLENGE] = {"Challenge", 1, OCTETS, M, H,
		IN(SCCRQ) | IN(SCCRP), BLOB(challenge)},
	[L2TP_AVP_Q931_CAUSE_CODE] = {"Q.931 Cause Code", 3, OCTETS, M, N,
		IN(CDN), Q931},
	[L2TP_AVP_CHALLENGE_RESPONSE] = {"Challenge Response", 16, 16, M, H,
		IN(SCCRP) | IN(SCCCN), BLOB(challenge_response)},
	[L2TP_AVP_ASSIGNED_SESSION_ID] = {"Assigned Session ID", 2, 2, M, H,
		IN(ICRQ) | IN(ICRP) | IN(OCRQ) | IN(OCRP) | IN(CDN) |
		IN(MSRQ) | IN(MSRP) | IN(MSEN), ID(assigned_session_id)},
	[L2TP_AVP_CALL_SERIAL_NUMBER] = {"Call Serial Number", 4, 4, M, H,
		IN(ICRQ) | IN(OCRQ), U32(call_serial_number)},
	[L2TP_AVP_MINIMUM_BPS] = {"Minimum BPS", 4, 4, M, H,
		IN(OCRQ), U32(minimum_bps)},
	[L2TP_AVP_MAXIMUM_BPS] = {"Maximum BPS", 4, 4, M, H,
		IN(OCRQ) | IN(MSRQ), U32(maximum_bps)},
	[L2TP_AVP_BEARER_TYPE] = {"Bearer Type", 4, 4, M, H,
		IN(ICRQ) | IN(OCRQ), BEARER(bearer_type)},
	[L2TP_AVP_FRAMING_TYPE] = {"Framing Type", 4, 4, M, H,
		IN(ICCN) | IN(OCRQ) | IN(OCCN), FRAMING(framing_type)},
	[L2TP_AVP_CALLED_NUMBER] = {"Called Number", 0, OCTETS, M, H,
		IN(ICRQ) | IN(OCRQ), STRING(called_number)},
	[L2TP_AVP_CALLING_NUMBER] = {"Calling Number", 0, OCTETS, M, H,
		IN(ICRQ), STRING(calling_number)},
	[L2TP_AVP_SUB_ADDRESS] = {"Sub-Address", 0, OCTETS, M, H,
		IN(ICRQ) | IN(OCRQ), STRING(sub_address)},
	[L2TP_AVP_TX_CONNECT_SPEED] = {"(Tx) Connect Speed", 4, 4, M, H,
		IN(ICCN) | IN(OCCN), U32(tx_connect_speed)},
	[L2TP_AVP_PHYSICAL_CHANNEL_ID] = {"Physical Channel ID", 4, 4, O, H,
		IN(ICRQ) | IN(OCRP), U32(physical_channel_id)},
	[L2TP_AVP_INITIAL_LCP_CONFREQ] = {"Initial Received LCP CONFREQ", 0, OCTETS, O, H,
		IN(ICCN), BLOB(initial_lcp_confreq)},
	[L2TP_AVP_LAST_SENT_LCP_CONFREQ] = {"Last Sent LCP CONFREQ", 0, OCTETS, O, H,
		IN(ICCN), BLOB(last_sent_lcp_confreq)},
	[L2TP_AVP_LAST_RECEIVED_LCP_CONFREQ] = {"Last Received LCP CONFREQ", 0, OCTETS, O, H,
		IN(ICCN), BLOB(last_received_lcp_confreq)},
	[L2TP_AVP_PROXY_AUTHEN_TYPE] = {"Proxy Authen Type", 2, 2, O, H,
		IN(ICCN), U16(proxy_authen_type)},
	[L2TP_AVP_PROXY_AUTHEN_NAME] = {"Proxy Authen Name", 0, OCTETS, O, H,
		IN(ICCN), STRING(proxy_authen_name)},
	[L2TP_AVP_PROXY_AUTHEN_CHALLENGE] = {"Proxy Authen Challenge", 1, OCTETS, O, H,
		IN(ICCN), BLOB(proxy_authen_challenge)},
	[L2TP_AVP_PROXY_AUTHEN_ID] = {"Proxy Authen ID", 2, 2, O, H,
		IN(ICCN), OCTET(proxy_authen_id)},
	[L2TP_AVP_PROXY_AUTHEN_RESPONSE] = {"Proxy Authen Response", 0, OCTETS, O, H,
		IN(ICCN), PASSWD(proxy_authen_response)},
	[L2TP_AVP_CALL_ERRORS] = {"Call Errors", 26, 26, M, H,
		IN(WEN), ERRORS},
	[L2TP_AVP_ACCM] = {"ACCM", 10, 10, M, H,
		IN(SLI), ACCM},
	[L2TP_AVP_RANDOM_VECTOR] = {"Random Vector", 1, OCTETS, M, N,
		ALL, VECTOR},
	[L2TP_AVP_PRIVATE_GROUP_ID] = {"Private Group ID", 0, OCTETS, O, H,
		IN(ICCN), STRING(private_group_id)},
	[L2TP_AVP_RX_CONNECT_SPEED] = {"Rx Connect Speed", 4, 4, O, H,
		IN(ICCN) | IN(OCCN), U32(rx_connect_speed)},
	[L2TP_AVP_SEQUENCING_REQUIRED] = {"Sequencing Required", 0, 0, M, N,
		IN(ICCN) | IN(OCCN) | IN(MSE), EMPTY},

	/* RFC 4045 */
	[L2TP_AVP_MULTICAST_CAPABILITY] = {"Multicast Capability", 0, 0, O, H,
		IN(SCCRQ) | IN(SCCRP), EMPTY},
	[L2TP_AVP_NEW_OUTGOING_SESSIONS] = {"New Outgoing Sessions", 2, OCTETS, M, H,
		IN(MSI), SIDS},
	[L2TP_AVP_NEW_OUTGOING_SESSIONS_ACK] = {"New Outgoing Sessions Ack", 2, OCTETS, M, H,
		IN(MSI), SIDS},
	[L2TP_AVP_WITHDRAW_OUTGOING_SESSIONS] = {"Withdraw Outgoing Sessions", 2, OCTETS, M, H,
		IN(MSI), SIDS},
	[L2TP_AVP_MULTICAST_PRIORITY] = {"Multicast Packets Priority", 2, 2, O, H,
		IN(MSI), PRIO(multicast_priority)},
};
/* clang-format on */

const struct l2tp_avp_row *l2tp_avp_row(unsigned int type)
{
	return type < array_size(rows) && rows[type].name ? &rows[type] : NULL;
}

const char *l2tp_avp_name(unsigned int type)
{
	const struct l2tp_avp_row *row = l2tp_avp_row(type);

	return row ? row->name : "unknown";
}
