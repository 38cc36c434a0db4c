// SPDX-License-Identifier: GPL-2.0-or-later
/* The value of the FEC TLV: a list of elements (RFC 5036 3.4.1, 5918 4, 6388 2.2). */
#include "mplsmc/ldp_tlv.h"

static size_t prefix_octets(unsigned int bits)
{
	return (bits + 7) / 8;
}

static uint32_t read_prefix(struct rd *r, struct ldp_fec *fec)
{
	uint16_t family = rd_u16(r);
	uint8_t bits = rd_u8(r), octets[16] = {0};

	if (!rd_ok(r))
		return LDP_S_MALFORMED_TLV;
	if (family != LDP_FAMILY_IPV4 && family != LDP_FAMILY_IPV6)
		return LDP_S_UNSUPPORTED_AF;
	if (bits > (family == LDP_FAMILY_IPV4 ? 32 : 128) || prefix_octets(bits) > rd_left(r))
		return LDP_S_MALFORMED_TLV;
	rd_copy(r, octets, prefix_octets(bits));
	fec->prefixlen = bits;
	fec->prefix = family == LDP_FAMILY_IPV4 ? addr_from_v4(octets) : addr_from_v6(octets);
	return addr_is_v4(&fec->prefix) == (family == LDP_FAMILY_IPV4) ? LDP_S_SUCCESS
								       : LDP_S_UNKNOWN_FEC;
}

/* Type and 2 octets of family for prefixes and multipoint (RFC 5918 4, M-6388-9-1). */
static uint32_t read_typed_wildcard(struct rd *r, struct ldp_fec *fec)
{
	uint8_t len;

	fec->wildcard_type = rd_u8(r);
	len = rd_u8(r);
	if (!rd_ok(r) || len > rd_left(r))
		return LDP_S_MALFORMED_TLV;
	if ((fec->wildcard_type != LDP_FEC_PREFIX &&
	     (fec->wildcard_type < MLDP_P2MP || fec->wildcard_type > MLDP_MP2MP_DOWN)) ||
	    (len != 0 && len != 2))
		return LDP_S_UNKNOWN_FEC; /* M-5918-4-1 */
	if (!len)
		return LDP_S_SUCCESS;
	fec->wildcard_family = rd_u16(r);
	return fec->wildcard_family == LDP_FAMILY_IPV4 || fec->wildcard_family == LDP_FAMILY_IPV6
		       ? LDP_S_SUCCESS
		       : LDP_S_UNSUPPORTED_AF;
}

static uint32_t read_element(struct rd *r, struct ldp_fec *fec)
{
	struct rd peek = *r;
	uint8_t type = rd_u8(&peek);
	uint32_t status = LDP_S_SUCCESS;

	memset(fec, 0, sizeof(*fec));
	if (type >= MLDP_P2MP && type <= MLDP_MP2MP_DOWN) {
		fec->kind = LDP_FEC_MULTIPOINT;
		mldp_fec_read(r, &fec->mp, &status);
		return status;
	}
	rd_u8(r);
	fec->kind = type;
	switch (type) {
	case LDP_FEC_WILDCARD:
		return LDP_S_SUCCESS;
	case LDP_FEC_PREFIX:
		return read_prefix(r, fec);
	case LDP_FEC_TYPED_WILDCARD:
		return read_typed_wildcard(r, fec);
	default:
		return LDP_S_UNKNOWN_FEC; /* M-5036-3.4.1-1 */
	}
}

/*
 * Several elements: only prefixes, only in a mapping (M-5036-3.4.1-2, M-6388-2.2-4, M-5918-4-1).
 * The wildcard: only where labels go.  No text gives a status for that.
 */
static bool may_stand(const struct ldp_msg *m, enum ldp_fec_kind kind, bool alone)
{
	if (kind == LDP_FEC_WILDCARD && m->type != LDP_LABEL_WITHDRAW &&
	    m->type != LDP_LABEL_RELEASE && m->type != LDP_NOTIFICATION)
		return false;
	if (kind == LDP_FEC_TYPED_WILDCARD && m->type == LDP_LABEL_MAPPING)
		return false;
	return alone || (kind == LDP_FEC_PREFIX && m->type == LDP_LABEL_MAPPING);
}

uint32_t ldp_fec_read(struct span value, struct ldp_decoder *d, struct ldp_msg *m)
{
	struct rd r = rd_span(value);
	uint32_t status = LDP_S_SUCCESS;
	bool first = true;

	while (rd_left(&r)) {
		struct ldp_fec spare;
		bool room = m->n_fecs < LDP_MAX_FECS;
		struct ldp_fec *fec = room ? &d->fecs[m->n_fecs] : &spare;

		status = read_element(&r, fec);
		if (!status && !may_stand(m, fec->kind, first && !rd_left(&r)))
			status = LDP_S_UNKNOWN_FEC;
		if (status)
			break;
		m->n_fecs += room;
		first = false;
	}
	if (status)
		m->n_fecs = 0;
	m->fecs = d->fecs;
	return status;
}

static void write_element(struct wr *w, const struct ldp_fec *fec)
{
	switch (fec->kind) {
	case LDP_FEC_WILDCARD:
		wr_u8(w, LDP_FEC_WILDCARD);
		break;
	case LDP_FEC_PREFIX:
		wr_u8(w, LDP_FEC_PREFIX);
		wr_u16(w, addr_is_v4(&fec->prefix) ? LDP_FAMILY_IPV4 : LDP_FAMILY_IPV6);
		wr_u8(w, fec->prefixlen);
		wr_copy(w, addr_octets(&fec->prefix), prefix_octets(fec->prefixlen));
		break;
	case LDP_FEC_TYPED_WILDCARD:
		wr_u8(w, LDP_FEC_TYPED_WILDCARD);
		wr_u8(w, (uint8_t)fec->wildcard_type);
		wr_u8(w, fec->wildcard_family ? 2 : 0);
		if (fec->wildcard_family)
			wr_u16(w, fec->wildcard_family);
		break;
	case LDP_FEC_MULTIPOINT:
		mldp_fec_write(w, &fec->mp);
		break;
	}
}

void ldp_fec_write(const struct ldp_msg *m, struct wr *w)
{
	for (size_t i = 0; i < m->n_fecs; i++)
		write_element(w, &m->fecs[i]);
}

static void print_element(struct text *t, const struct ldp_fec *fec)
{
	char str[2 * MLDP_MAX_OPAQUE + MLDP_FEC_STRLEN];

	switch (fec->kind) {
	case LDP_FEC_WILDCARD:
		text_add(t, "wildcard");
		break;
	case LDP_FEC_PREFIX:
		text_add(t, "%s/%u", addr_str(&fec->prefix, str), fec->prefixlen);
		break;
	case LDP_FEC_TYPED_WILDCARD:
		text_add(t, "typed wildcard, FEC type 0x%02x", fec->wildcard_type);
		if (fec->wildcard_family)
			text_add(t, ", %s",
				 fec->wildcard_family == LDP_FAMILY_IPV4 ? "IPv4" : "IPv6");
		break;
	case LDP_FEC_MULTIPOINT:
		text_add(t, "%s%s", fec->mp.type == MLDP_P2MP ? "P2MP " : "",
			 mldp_fec_str(&fec->mp, str, sizeof(str)));
		break;
	}
}

void ldp_fec_print(struct span value, struct text *t)
{
	struct rd r = rd_span(value);

	for (const char *comma = ""; rd_left(&r); comma = ", ") {
		const uint8_t *start = r.p;
		struct ldp_fec fec;

		text_add(t, "%s", comma);
		if (read_element(&r, &fec)) {
			text_add_hex(t, (struct span){start, (size_t)(r.end - start)});
			return;
		}
		print_element(t, &fec);
	}
}
