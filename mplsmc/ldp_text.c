// SPDX-License-Identifier: GPL-2.0-or-later
/* Readable text of LDP PDUs, for `test mpls multicast decode`, logs and traces. */
#include "mplsmc/ldp_tlv.h"

/* "    TLV 0x0508 P2MP Capability U: on  [note, octet 30]"; the octet counts from the message. */
static void print_tlv(void *ctx, const struct ldp_tlv *tlv, const char *note)
{
	struct text *t = ctx;

	text_add(t, "    TLV 0x%04x %s%s%s", tlv->type, tlv->row ? tlv->row->name : "unknown",
		 tlv->u ? " U" : "", tlv->f ? " F" : "");
	if (tlv->value.len && !(tlv->readable && !tlv->row->print)) {
		text_add(t, ": ");
		if (tlv->readable)
			tlv->row->print(tlv->row, tlv->value, t);
		else
			text_add_hex(t, tlv->value);
	}
	if (note)
		text_add(t, "  [%s, octet %zu]", note, tlv->offset);
	text_add(t, "\n");
}

/* The head of a message goes before its TLVs, so it is read once for itself. */
static void print_message(struct text *t, struct ldp_decoder *d, struct rd *r)
{
	struct rd head = *r;
	uint16_t type = rd_u16(&head);
	struct ldp_fault fault;
	struct ldp_msg m;
	enum ldp_decode result;

	rd_u16(&head);
	text_add(t, "  %s", ldp_msg_name(type & ~LDP_U));
	if (ldp_msg_row(type & ~LDP_U) == LDP_MSG_ROWS)
		text_add(t, " 0x%04x", type & ~LDP_U);
	text_add(t, "%s, message %" PRIu32 "\n", type & LDP_U ? " U" : "", rd_u32(&head));
	result = ldp_msg_walk(d, r, &m, &fault, print_tlv, t);
	if (result == LDP_DECODE_IGNORE)
		text_add(t, "    ignored\n");
	else if (result == LDP_DECODE_BAD)
		text_add(t, "    fault at octet %zu: %s%s%s\n", fault.offset, fault.text,
			 fault.status ? ": " : "",
			 fault.status ? ldp_status_name(fault.status) : "");
}

/* Returns the octets of the PDU, 0 if it ends here. */
static size_t print_pdu(struct text *t, struct ldp_decoder *d, struct span data)
{
	char str[ADDR_STRLEN];
	struct ldp_id id;
	uint32_t status;
	size_t length;
	struct addr a;
	struct rd r;

	if (data.len < LDP_PDU_HEADER) {
		text_add(t, "not an LDP PDU: %zu octets\n", data.len);
		return 0;
	}
	if (!ldp_pdu_header(data, UINT16_MAX, &id, &length, &status)) {
		text_add(t, "not an LDP PDU: %s\n", ldp_status_name(status));
		return 0;
	}
	a = addr_from_v4(data.p + 4);
	text_add(t, "LDP %s:%u", addr_str(&a, str), id.space);
	if (length > data.len) {
		text_add(t, ": PDU of %zu octets cut short after %zu", length, data.len);
		length = data.len;
	}
	text_add(t, "\n");
	r = rd_init(data.p + LDP_PDU_HEADER, length - LDP_PDU_HEADER);
	while (rd_left(&r))
		print_message(t, d, &r);
	return length;
}

size_t ldp_text(struct span data, char *buf, size_t size)
{
	struct text t = text_init(buf, size);
	struct ldp_decoder decoder; /* 40 kB: no place for it but the stack, no need for more */
	size_t n;

	do {
		n = print_pdu(&t, &decoder, data);
		data.p += n;
		data.len -= n;
	} while (n && data.len);
	return t.len;
}
