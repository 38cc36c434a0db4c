// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The value of the Interface ID TLVs (RFC 3472, 6389 5): next hop and logical interface, both zero,
 * then sub-TLVs whose length has the header in it (A-mLDP-7).  Of those we know the MPLS Context
 * Label, behind which upstream-assigned labels of a LAN are.
 */
#include "mplsmc/ldp_tlv.h"

#define LABEL_MAX   0xfffff
#define SUB_HEADER  4
#define SUB_CONTEXT 31

struct sub_tlv {
	uint16_t type;
	struct span value;
};

/* False: there is no further one, or it is cut short (then r has failed). */
static bool next_sub(struct rd *r, struct sub_tlv *sub)
{
	uint16_t len;

	if (!rd_left(r))
		return false;
	sub->type = rd_u16(r);
	len = rd_u16(r);
	sub->value = rd_take_span(r, len >= SUB_HEADER ? len - (size_t)SUB_HEADER : SIZE_MAX);
	if (!rd_ok(r))
		return false;
	if (rd_left(r)) /* padded to four */
		rd_take(r, -len & 3);
	return true;
}

/* Source address, label as in the Generic Label TLV (A-mLDP-6). */
static bool sub_context(const struct sub_tlv *sub, struct addr *source, uint32_t *label)
{
	size_t len = sub->value.len - sizeof(*label);
	struct rd r = rd_span(sub->value);
	const uint8_t *octets;

	if (sub->type != SUB_CONTEXT || (len != 4 && len != 16))
		return false;
	octets = rd_take(&r, len);
	*source = len == 4 ? addr_from_v4(octets) : addr_from_v6(octets);
	*label = rd_u32(&r);
	return *label <= LABEL_MAX;
}

/* What we do not understand is no context: whoever needs one says so. */
void ldp_interface_id_read(struct span value, size_t head, struct ldp_msg *m)
{
	struct rd r = rd_span(value);
	struct sub_tlv sub;

	rd_take(&r, head);
	while (next_sub(&r, &sub)) {
		struct addr source;
		uint32_t label;

		if (m->has_context || !sub_context(&sub, &source, &label))
			continue;
		m->has_context = true;
		m->context_source = source;
		m->context_label = label;
	}
}

void ldp_interface_id_write(const struct ldp_msg *m, struct wr *w)
{
	static const uint8_t zero[20];
	size_t len = addr_len(&m->context_source);

	wr_copy(w, zero, len + 4);
	wr_u16(w, SUB_CONTEXT);
	wr_u16(w, (uint16_t)(SUB_HEADER + len + sizeof(m->context_label)));
	wr_copy(w, addr_octets(&m->context_source), len);
	wr_u32(w, m->context_label);
}

void ldp_interface_id_print(struct span value, size_t head, struct text *t)
{
	struct rd r = rd_span(value);
	const uint8_t *octets = rd_take(&r, head - 4);
	struct addr a = head == 8 ? addr_from_v4(octets) : addr_from_v6(octets);
	char str[ADDR_STRLEN];
	struct sub_tlv sub;

	text_add(t, "%s", addr_str(&a, str));
	text_add(t, " interface %" PRIu32, rd_u32(&r));
	while (next_sub(&r, &sub)) {
		uint32_t label;

		if (sub_context(&sub, &a, &label)) {
			text_add(t, ", context label %" PRIu32 " of %s", label, addr_str(&a, str));
			continue;
		}
		text_add(t, ", sub-TLV %u ", sub.type);
		text_add_hex(t, sub.value);
	}
	if (!rd_ok(&r))
		text_add(t, ", sub-TLV cut short");
}
