// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The IP header around an IGMP or MLD message: RFC 791, RFC 8200, Router Alert of RFC 2113 and
 * RFC 2711, and the checksum of RFC 1071.
 */
#include "lib/gmp_ip_p.h"

enum {
	IPV4_MIN_HEADER = 20,
	IPV4_HEADER = 24, /* as we write it, with Router Alert */
	IPV6_HEADER = 40,
	HOP_BY_HOP = 8, /* as we write it */
	PROTO_HOP_BY_HOP = 0,
	PROTO_IGMP = 2,
	PROTO_ICMPV6 = 58,
	OPTION4_END = 0,
	OPTION4_NOP = 1,
	OPTION4_ROUTER_ALERT = 0x94,
	OPTION6_PAD1 = 0,
	OPTION6_PADN = 1,
	OPTION6_ROUTER_ALERT = 5,
	OPTION6_ACTION = 0xc0,	    /* what to do if the option is unknown; 0: skip it */
	TOS_NETWORK_CONTROL = 0xc0, /* RFC 3376 section 4 */
};

/* ---------------------------------------------------------------- checksum */

static uint32_t sum(uint32_t acc, struct span s)
{
	struct rd r = rd_span(s);

	while (rd_left(&r) >= 2)
		acc += rd_u16(&r);
	if (rd_left(&r))
		acc += (uint32_t)rd_u8(&r) << 8;
	return acc;
}

/* Of a whole packet at most 65,575 octets: 32 bits do not overflow. */
static uint16_t fold(uint32_t acc)
{
	acc = (acc & 0xffff) + (acc >> 16);
	acc = (acc & 0xffff) + (acc >> 16);
	return acc;
}

/* RFC 8200 8.1 */
static uint32_t pseudo_header(const uint8_t *src_dst, size_t len)
{
	return sum((uint32_t)(len >> 16) + (len & 0xffff) + PROTO_ICMPV6,
		   (struct span){src_dst, 32});
}

bool gmp_ip_checksum_ok(const struct gmp_ip *ip)
{
	uint8_t addresses[32];
	uint32_t acc = 0;

	if (ip->mld) {
		memcpy(addresses, ip->src.b, 16);
		memcpy(addresses + 16, ip->dst.b, 16);
		acc = pseudo_header(addresses, ip->payload.len);
	}
	return fold(sum(acc, ip->payload)) == 0xffff;
}

/* ---------------------------------------------------------------- reading */

static bool option4_is_router_alert(struct rd options)
{
	while (rd_left(&options)) {
		uint8_t type = rd_u8(&options), len;

		if (type == OPTION4_END)
			break;
		if (type == OPTION4_NOP)
			continue;
		len = rd_u8(&options);
		if (len < 2)
			break;
		if (type == OPTION4_ROUTER_ALERT && len == 4)
			return rd_u16(&options) == 0 && rd_ok(&options);
		rd_take(&options, len - 2);
	}
	return false;
}

static enum gmp_decode decode_ipv4(struct span packet, struct gmp_ip *ip)
{
	struct rd r = rd_span(packet), header;
	size_t header_len = (size_t)(rd_u8(&r) & 0x0f) * 4, total;
	uint8_t proto, octets[8];
	uint16_t fragment;

	rd_u8(&r); /* TOS */
	total = rd_u16(&r);
	rd_u16(&r); /* identification */
	fragment = rd_u16(&r);
	ip->ttl = rd_u8(&r);
	proto = rd_u8(&r);
	rd_u16(&r); /* checksum */
	rd_copy(&r, octets, sizeof(octets));
	ip->src = addr_from_v4(octets);
	ip->dst = addr_from_v4(octets + 4);
	if (!rd_ok(&r) || header_len < IPV4_MIN_HEADER || total < header_len || total > packet.len)
		return GMP_DECODE_SHORT;
	if (proto != PROTO_IGMP || (fragment & 0x3fff)) /* More Fragments, or an offset */
		return GMP_DECODE_OTHER;
	header = rd_sub(&r, header_len - IPV4_MIN_HEADER);
	ip->router_alert = option4_is_router_alert(header);
	if (fold(sum(0, (struct span){packet.p, header_len})) != 0xffff)
		return GMP_DECODE_CHECKSUM;
	ip->payload = rd_take_span(&r, total - header_len);
	return GMP_DECODE_OK;
}

/* OTHER: an option that makes a node discard the packet (RFC 8200 4.2). */
static enum gmp_decode hop_by_hop(struct rd *r, struct gmp_ip *ip)
{
	struct rd options = rd_sub(r, (size_t)rd_u8(r) * 8 + 6);

	while (rd_left(&options)) {
		uint8_t type = rd_u8(&options), len;
		struct rd option;

		if (type == OPTION6_PAD1)
			continue;
		len = rd_u8(&options);
		option = rd_sub(&options, len);
		if (!rd_ok(&option))
			return GMP_DECODE_SHORT;
		if (type == OPTION6_ROUTER_ALERT)
			ip->router_alert |= len == 2 && rd_u16(&option) == 0;
		else if (type & OPTION6_ACTION)
			return GMP_DECODE_OTHER;
	}
	return rd_ok(&options) ? GMP_DECODE_OK : GMP_DECODE_SHORT;
}

static enum gmp_decode decode_ipv6(struct span packet, struct gmp_ip *ip)
{
	struct rd r = rd_span(packet), body;
	size_t len;
	uint8_t next;

	rd_u32(&r); /* version, traffic class, flow label */
	len = rd_u16(&r);
	next = rd_u8(&r);
	ip->ttl = rd_u8(&r);
	rd_copy(&r, ip->src.b, 16);
	rd_copy(&r, ip->dst.b, 16);
	body = rd_sub(&r, len);
	if (!rd_ok(&body))
		return GMP_DECODE_SHORT;
	if (next == PROTO_HOP_BY_HOP) {
		enum gmp_decode result;

		next = rd_u8(&body);
		result = hop_by_hop(&body, ip);
		if (result != GMP_DECODE_OK)
			return result;
	}
	if (next != PROTO_ICMPV6)
		return GMP_DECODE_OTHER;
	ip->payload = rd_take_span(&body, rd_left(&body));
	return GMP_DECODE_OK;
}

enum gmp_decode gmp_ip_decode(struct span packet, struct gmp_ip *ip)
{
	struct rd r = rd_span(packet);
	uint8_t version = rd_u8(&r) >> 4;

	if (!rd_ok(&r))
		return GMP_DECODE_SHORT;
	*ip = (struct gmp_ip){.mld = version == 6};
	switch (version) {
	case 4:
		return decode_ipv4(packet, ip);
	case 6:
		return decode_ipv6(packet, ip);
	default:
		return GMP_DECODE_OTHER;
	}
}

/* ---------------------------------------------------------------- writing */

void gmp_ip_encode(struct wr *w, bool mld, const struct addr *src, const struct addr *dst)
{
	if (mld) {
		wr_u32(w, UINT32_C(6) << 28);
		wr_u16(w, 0); /* length: gmp_ip_finish() */
		wr_u8(w, PROTO_HOP_BY_HOP);
		wr_u8(w, 1);
		wr_copy(w, src->b, 16);
		wr_copy(w, dst->b, 16);
		wr_u16(w, PROTO_ICMPV6 << 8); /* one unit of 8 octets */
		wr_u16(w, OPTION6_ROUTER_ALERT << 8 | 2);
		wr_u16(w, 0);
		wr_u16(w, OPTION6_PADN << 8);
		return;
	}
	wr_u16(w, 0x40 << 8 | (IPV4_HEADER / 4) << 8 | TOS_NETWORK_CONTROL);
	wr_u16(w, 0); /* length: gmp_ip_finish() */
	wr_u32(w, 0); /* identification, fragment */
	wr_u16(w, 1 << 8 | PROTO_IGMP);
	wr_u16(w, 0); /* checksum */
	wr_copy(w, src->b + 12, 4);
	wr_copy(w, dst->b + 12, 4);
	wr_u32(w, (uint32_t)OPTION4_ROUTER_ALERT << 24 | UINT32_C(4) << 16);
}

static uint16_t checksum(uint32_t acc, const struct wr *w, size_t from, size_t to)
{
	return ~fold(sum(acc, (struct span){w->start + from, to - from}));
}

void gmp_ip_finish(struct wr *w, bool mld)
{
	size_t len = wr_len(w), header = mld ? IPV6_HEADER + HOP_BY_HOP : IPV4_HEADER;
	uint32_t acc = 0;

	if (!wr_ok(w) || len > UINT16_MAX || len < header + 4) {
		w->failed = true;
		return;
	}
	if (mld) {
		wr_patch_u16(w, 4, len - IPV6_HEADER);
		acc = pseudo_header(w->start + 8, len - header);
	} else {
		wr_patch_u16(w, 2, len);
		wr_patch_u16(w, 10, checksum(0, w, 0, header));
	}
	wr_patch_u16(w, header + 2, checksum(acc, w, header, len));
}
