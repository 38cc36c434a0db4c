// SPDX-License-Identifier: GPL-2.0-or-later
/* LDP PDUs and messages in and out; see ldp_msg.h and ldp_tlv.h. */
#include "mplsmc/ldp_msg.h"

#include "mplsmc/ldp_tlv.h"

/* ---------------------------------------------------------------- messages */

struct message {
	enum ldp_msg_type type;
	const char *name;
	uint16_t must[2]; /* TLVs it must have, in this order; 0: no more (M-5036-3.5-2) */
};

static const struct message messages[LDP_MSG_ROWS] = {
	[LDP_ROW_NOTIFICATION] = {LDP_NOTIFICATION, "Notification", {LDP_TLV_STATUS}},
	[LDP_ROW_HELLO] = {LDP_HELLO, "Hello", {LDP_TLV_HELLO}},
	[LDP_ROW_INIT] = {LDP_INIT, "Initialization", {LDP_TLV_SESSION}},
	[LDP_ROW_KEEPALIVE] = {LDP_KEEPALIVE, "KeepAlive", {0}},
	[LDP_ROW_CAPABILITY] = {LDP_CAPABILITY, "Capability", {0}},
	[LDP_ROW_ADDRESS] = {LDP_ADDRESS, "Address", {LDP_TLV_ADDRESS_LIST}},
	[LDP_ROW_ADDRESS_WITHDRAW] = {LDP_ADDRESS_WITHDRAW,
				      "Address Withdraw",
				      {LDP_TLV_ADDRESS_LIST}},
	[LDP_ROW_MAPPING] = {LDP_LABEL_MAPPING, "Label Mapping", {LDP_TLV_FEC, LDP_TLV_LABEL}},
	[LDP_ROW_REQUEST] = {LDP_LABEL_REQUEST, "Label Request", {LDP_TLV_FEC}},
	[LDP_ROW_WITHDRAW] = {LDP_LABEL_WITHDRAW, "Label Withdraw", {LDP_TLV_FEC}},
	[LDP_ROW_RELEASE] = {LDP_LABEL_RELEASE, "Label Release", {LDP_TLV_FEC}},
	[LDP_ROW_ABORT] = {LDP_LABEL_ABORT,
			   "Label Abort Request",
			   {LDP_TLV_FEC, LDP_TLV_REQUEST_ID}},
};

unsigned int ldp_msg_row(unsigned int type)
{
	unsigned int i = 0;

	while (i < LDP_MSG_ROWS && messages[i].type != type)
		i++;
	return i;
}

const char *ldp_msg_name(unsigned int type)
{
	unsigned int row = ldp_msg_row(type);

	return row < LDP_MSG_ROWS ? messages[row].name : "unknown";
}

/* Place of a TLV among the mandatory ones, or -1. */
static int must_index(const struct message *row, uint16_t tlv)
{
	if (tlv == LDP_TLV_UPSTREAM_LABEL) /* stands for the label (M-6389-4.1-1) */
		tlv = LDP_TLV_LABEL;
	for (size_t i = 0; i < array_size(row->must); i++)
		if (row->must[i] == tlv)
			return (int)i;
	return -1;
}

/* ---------------------------------------------------------------- status codes */

static const struct {
	uint32_t code;
	const char *name;
} statuses[] = {
	{LDP_S_SUCCESS, "Success"},
	{LDP_S_BAD_LDP_ID, "Bad LDP Identifier"},
	{LDP_S_BAD_VERSION, "Bad Protocol Version"},
	{LDP_S_BAD_PDU_LENGTH, "Bad PDU Length"},
	{LDP_S_UNKNOWN_MESSAGE, "Unknown Message Type"},
	{LDP_S_BAD_MESSAGE_LENGTH, "Bad Message Length"},
	{LDP_S_UNKNOWN_TLV, "Unknown TLV"},
	{LDP_S_BAD_TLV_LENGTH, "Bad TLV Length"},
	{LDP_S_MALFORMED_TLV, "Malformed TLV Value"},
	{LDP_S_HOLD_TIMER, "Hold Timer Expired"},
	{LDP_S_SHUTDOWN, "Shutdown"},
	{LDP_S_LOOP, "Loop Detected"},
	{LDP_S_UNKNOWN_FEC, "Unknown FEC"},
	{LDP_S_NO_ROUTE, "No Route"},
	{LDP_S_NO_LABEL_RESOURCES, "No Label Resources"},
	{LDP_S_LABEL_RESOURCES, "Label Resources Available"},
	{LDP_S_REJECTED_NO_HELLO, "Session Rejected, No Hello"},
	{LDP_S_REJECTED_MODE, "Session Rejected, Advertisement Mode"},
	{LDP_S_REJECTED_MAX_PDU, "Session Rejected, Max PDU Length"},
	{LDP_S_REJECTED_LABEL_RANGE, "Session Rejected, Label Range"},
	{LDP_S_KEEPALIVE_TIMER, "KeepAlive Timer Expired"},
	{LDP_S_REQUEST_ABORTED, "Label Request Aborted"},
	{LDP_S_MISSING_PARAMETERS, "Missing Message Parameters"},
	{LDP_S_UNSUPPORTED_AF, "Unsupported Address Family"},
	{LDP_S_REJECTED_KEEPALIVE, "Session Rejected, Bad KeepAlive Time"},
	{LDP_S_INTERNAL, "Internal Error"},
	{LDP_S_UNSUPPORTED_CAPABILITY, "Unsupported Capability"},
	{LDP_S_END_OF_LIB, "End-of-LIB"},
	{LDP_S_TRANSPORT_MISMATCH, "Transport Connection Mismatch"},
	{LDP_S_DUAL_STACK, "Dual-Stack Noncompliance"},
	{LDP_S_MP_STATUS, "LDP MP status"},
};

const char *ldp_status_name(uint32_t code)
{
	for (size_t i = 0; i < array_size(statuses); i++)
		if (statuses[i].code == code)
			return statuses[i].name;
	return "unknown status";
}

/* ---------------------------------------------------------------- PDUs */

#define PDU_VERSION    1
#define PDU_LENGTH_MIN 14 /* LDP identifier and an empty message */
#define PDU_UNCOUNTED  4  /* version and length */

bool ldp_pdu_header(struct span data, uint16_t max_pdu, struct ldp_id *id, size_t *length,
		    uint32_t *status)
{
	struct rd r = rd_span(data);
	uint16_t version = rd_u16(&r), len = rd_u16(&r);

	if (max_pdu <= 255) /* M-5036-3.5.3-1 */
		max_pdu = LDP_DEFAULT_MAX_PDU;
	id->lsr_id = rd_u32(&r);
	id->space = rd_u16(&r);
	*length = (size_t)len + PDU_UNCOUNTED;
	*status = LDP_S_SUCCESS;
	if (version != PDU_VERSION)
		*status = LDP_S_BAD_VERSION;
	else if (len < PDU_LENGTH_MIN || len > max_pdu || !rd_ok(&r))
		*status = LDP_S_BAD_PDU_LENGTH;
	else if (!id->lsr_id)
		*status = LDP_S_BAD_LDP_ID;
	return !*status;
}

/* ---------------------------------------------------------------- decoding */

struct decoding {
	struct ldp_decoder *d;
	const uint8_t *start; /* of the message */
	struct rd r;
	const struct message *row;
	unsigned int row_index;
	struct ldp_msg *m;
	struct ldp_fault *fault;
	enum ldp_decode result;
	uint64_t seen; /* rows of the TLV table */
	size_t n_must; /* mandatory ones so far */
	ldp_tlv_seen see;
	void *ctx;
};

/* The first fault is the one reported. */
static void set_fault(struct decoding *c, uint32_t status, uint16_t tlv, size_t offset,
		      const char *why)
{
	if (c->result == LDP_DECODE_BAD)
		return;
	c->result = LDP_DECODE_BAD;
	/* nobody answers a Hello (M-5036-3.5.1-2) */
	c->fault->status = c->m->type == LDP_HELLO ? 0 : status;
	c->fault->message_id = c->m->id;
	c->fault->message_type = c->m->type;
	c->fault->tlv = tlv;
	c->fault->offset = offset;
	if (tlv)
		snprintf(c->fault->text, sizeof(c->fault->text), "TLV 0x%04x %s", tlv, why);
	else
		snprintf(c->fault->text, sizeof(c->fault->text), "%s", why);
}

/* A TLV that is not taken; status 0: the message is none the worse. */
static void reject(struct decoding *c, const struct ldp_tlv *tlv, uint32_t status, const char *why)
{
	if (status)
		set_fault(c, status, tlv->type, tlv->offset, why);
	if (c->see)
		c->see(c->ctx, tlv, why);
}

/* Cuts the next TLV off; false if there is none or its length leads nowhere. */
static bool next_tlv(struct decoding *c, struct ldp_tlv *tlv)
{
	uint16_t head = rd_u16(&c->r), len = rd_u16(&c->r);
	size_t left = rd_left(&c->r);

	*tlv = (struct ldp_tlv){
		.type = head & LDP_TLV_TYPE,
		.u = head & LDP_U,
		.f = head & LDP_TLV_F,
		.offset = (size_t)(c->r.p - c->start) - LDP_TLV_HEADER,
	};
	if (!rd_ok(&c->r))
		return false;
	tlv->row = ldp_tlv_row(tlv->type);
	if (tlv->row && tlv->row->length_may_cover && len == left + LDP_TLV_HEADER)
		len = (uint16_t)left;
	tlv->value = rd_take_span(&c->r, len);
	return rd_ok(&c->r);
}

/* M-5036-3.3-1; in Initialization and Capability it is a capability: M-5561-6-1. */
static void unknown_tlv(struct decoding *c, const struct ldp_tlv *tlv)
{
	bool capability = c->m->type == LDP_INIT || c->m->type == LDP_CAPABILITY;

	if (tlv->u)
		reject(c, tlv, 0, "ignored");
	else
		reject(c, tlv, capability ? LDP_S_UNSUPPORTED_CAPABILITY : LDP_S_UNKNOWN_TLV,
		       tlv->row ? "does not belong in this message" : "unknown");
}

static void read_value(struct decoding *c, struct ldp_tlv *tlv)
{
	uint32_t status;

	tlv->readable = tlv->value.len >= tlv->row->min && tlv->value.len <= tlv->row->max;
	if (!tlv->readable) {
		reject(c, tlv, LDP_S_BAD_TLV_LENGTH, "has a wrong length");
		return;
	}
	status = tlv->row->read(tlv->row, tlv->value, c->d, c->m);
	/* a Notification counts even if it is about a FEC that we do not know */
	if (status && !LDP_S_FATAL(status) && c->m->type == LDP_NOTIFICATION)
		reject(c, tlv, 0, "not understood");
	else if (status)
		reject(c, tlv, status, "refused");
	else if (c->see)
		c->see(c->ctx, tlv, NULL);
}

static void decode_tlv(struct decoding *c, struct ldp_tlv *tlv)
{
	const struct ldp_tlv_row *row = tlv->row;
	uint64_t bit = row ? UINT64_C(1) << (row - ldp_tlv_rows) : 0;
	int must = must_index(c->row, tlv->type);

	if (!row || !(row->messages >> c->row_index & 1)) {
		unknown_tlv(c, tlv);
		return;
	}
	/* M-5561-3-2; of others the first one counts, a label of either kind */
	if (c->seen & bit || (must >= 0 && must < (int)c->n_must)) {
		reject(c, tlv, row->capability ? LDP_S_MALFORMED_TLV : 0, "repeated");
		return;
	}
	c->seen |= bit;
	if (must > (int)c->n_must) {
		reject(c, tlv, LDP_S_MISSING_PARAMETERS, "out of order");
		return;
	}
	if (must == (int)c->n_must)
		c->n_must++;
	read_value(c, tlv);
}

static void decode_tlvs(struct decoding *c)
{
	struct ldp_tlv tlv;
	size_t offset;

	while (rd_left(&c->r)) {
		offset = (size_t)(c->r.p - c->start);
		if (!next_tlv(c, &tlv)) {
			set_fault(c, LDP_S_BAD_TLV_LENGTH, tlv.type, offset, "length wrong");
			return;
		}
		decode_tlv(c, &tlv);
	}
	offset = (size_t)(c->r.p - c->start);
	if (c->n_must < array_size(c->row->must) && c->row->must[c->n_must])
		set_fault(c, LDP_S_MISSING_PARAMETERS, c->row->must[c->n_must], offset, "missing");
}

/* Header of the message; what follows the header into c->r. */
static bool decode_header(struct decoding *c, struct rd *r, bool *u)
{
	struct rd peek = *r;
	uint16_t type = rd_u16(&peek), len = rd_u16(&peek);
	struct rd body = rd_sub(&peek, len);

	c->start = r->p;
	*u = type & LDP_U;
	c->m->type = type & ~LDP_U;
	c->m->id = rd_u32(&body);
	if (!rd_ok(&body)) {
		set_fault(c, LDP_S_BAD_MESSAGE_LENGTH, 0, 0, "message length wrong");
		r->p = r->end; /* nothing behind it can be found */
		return false;
	}
	*r = peek;
	c->r = body;
	return true;
}

enum ldp_decode ldp_msg_walk(struct ldp_decoder *d, struct rd *r, struct ldp_msg *m,
			     struct ldp_fault *fault, ldp_tlv_seen seen, void *ctx)
{
	struct decoding c = {.d = d, .m = m, .fault = fault, .see = seen, .ctx = ctx};
	bool u;

	memset(m, 0, sizeof(*m));
	memset(fault, 0, sizeof(*fault));
	if (!decode_header(&c, r, &u))
		return c.result;
	c.row_index = ldp_msg_row(m->type);
	if (c.row_index < LDP_MSG_ROWS) {
		c.row = &messages[c.row_index];
		decode_tlvs(&c);
	} else if (u) { /* M-5036-3.5-1 */
		c.result = LDP_DECODE_IGNORE;
	} else {
		set_fault(&c, LDP_S_UNKNOWN_MESSAGE, 0, 0, "message type unknown");
	}
	return c.result;
}

enum ldp_decode ldp_msg_decode(struct ldp_decoder *d, struct rd *r, struct ldp_msg *m,
			       struct ldp_fault *fault)
{
	return ldp_msg_walk(d, r, m, fault, NULL, NULL);
}

/* ---------------------------------------------------------------- encoding */

static void encode_tlv(struct wr *w, const struct ldp_tlv_row *row, const struct ldp_msg *m)
{
	size_t offset = wr_len(w), len;

	wr_u16(w, row->flags | row->type);
	wr_u16(w, 0);
	row->write(row, m, w);
	len = wr_len(w) - offset - LDP_TLV_HEADER;
	if (!wr_ok(w) || len < row->min || len > row->max)
		w->failed = true;
	else
		wr_patch_u16(w, offset + 2, (uint16_t)len);
}

static void encode_mandatory(struct wr *w, const struct message *message, const struct ldp_msg *m)
{
	for (size_t i = 0; i < array_size(message->must) && message->must[i]; i++) {
		const struct ldp_tlv_row *row = ldp_tlv_row(message->must[i]);

		if (row->type == LDP_TLV_LABEL && !m->has_label)
			row = ldp_tlv_row(LDP_TLV_UPSTREAM_LABEL);
		if (row->has && !row->has(row, m))
			w->failed = true;
		else
			encode_tlv(w, row, m);
	}
}

static void encode_optional(struct wr *w, const struct message *message, const struct ldp_msg *m)
{
	for (size_t i = 0; i < ldp_tlv_n_rows; i++) {
		const struct ldp_tlv_row *row = &ldp_tlv_rows[i];

		if (!row->has || must_index(message, row->type) >= 0 || !row->has(row, m))
			continue;
		if (row->messages >> (message - messages) & 1)
			encode_tlv(w, row, m);
		else
			w->failed = true; /* the message cannot say that */
	}
}

size_t ldp_msg_encode(const struct ldp_msg *m, uint8_t *buf, size_t size)
{
	unsigned int row = ldp_msg_row(m->type);
	struct wr w = wr_init(buf, size < UINT16_MAX ? size : UINT16_MAX);

	if (row >= LDP_MSG_ROWS)
		return 0;
	wr_u16(&w, m->type);
	wr_u16(&w, 0);
	wr_u32(&w, m->id);
	encode_mandatory(&w, &messages[row], m);
	encode_optional(&w, &messages[row], m);
	wr_patch_u16(&w, 2, (uint16_t)(wr_len(&w) - LDP_TLV_HEADER));
	return wr_ok(&w) ? wr_len(&w) : 0;
}

size_t ldp_pdu_encode(const struct ldp_id *id, const struct ldp_msg *m, uint8_t *buf, size_t size)
{
	struct wr w = wr_init(buf, size);
	size_t len;

	wr_u16(&w, PDU_VERSION);
	wr_u16(&w, 0);
	wr_u32(&w, id->lsr_id);
	wr_u16(&w, id->space);
	len = wr_ok(&w) ? ldp_msg_encode(m, w.p, wr_left(&w)) : 0;
	if (!len || len > UINT16_MAX - (LDP_PDU_HEADER - PDU_UNCOUNTED))
		return 0;
	wr_reserve(&w, len);
	wr_patch_u16(&w, 2, (uint16_t)(wr_len(&w) - PDU_UNCOUNTED));
	return wr_ok(&w) ? wr_len(&w) : 0;
}
