// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages of the module in pimd; see pimd_wire.h.  The module contains this file, too. */
#include "lib/pimd_wire.h"

#define HEADER 4

/* ---------------------------------------------------------------- reading */

static bool decode_network(struct rd *in, struct pimd_wire_msg *m, size_t *address_len)
{
	uint8_t family;

	m->vrf = rd_u32(in);
	m->ifindex = rd_u32(in);
	family = rd_u8(in);
	*address_len = family == 4 ? 4 : 16;
	return family == 4 || family == 6;
}

static struct addr decode_address(struct rd *in, size_t len)
{
	uint8_t octets[16];

	rd_copy(in, octets, len);
	return len == 4 ? addr_from_v4(octets) : addr_from_v6(octets);
}

static bool decode_group(struct pimd_wire_decoder *d, struct rd *in, struct pimd_wire_msg *m)
{
	size_t len, n = 0;
	uint8_t mode;

	if (!decode_network(in, m, &len))
		return false;
	mode = rd_u8(in);
	m->igmp_version = rd_u8(in);
	m->flags = rd_u8(in);
	m->group = decode_address(in, len);
	if (!rd_ok(in) || mode > 1 || rd_left(in) % len ||
	    rd_left(in) / len > PIMD_WIRE_MAX_SOURCES)
		return false;
	for (; rd_left(in); n++) {
		d->sources[n] = decode_address(in, len);
		if (n && addr_cmp(&d->sources[n - 1], &d->sources[n]) >= 0)
			return false;
	}
	m->filter = (struct gmp_filter){.exclude = mode, .n = n, .sources = d->sources};
	return addr_is_multicast(&m->group) && (len == 4) == addr_is_v4(&m->group);
}

static bool decode_gone(struct rd *in, struct pimd_wire_msg *m)
{
	size_t len;

	if (!decode_network(in, m, &len))
		return false;
	rd_take(in, 3);
	m->group = decode_address(in, len);
	return rd_ok(in) && !rd_left(in) && addr_is_multicast(&m->group);
}

static bool decode_hello(struct rd *in, struct pimd_wire_msg *m)
{
	size_t n;

	m->version = rd_u16(in);
	n = rd_u8(in);
	if (n >= sizeof(m->pimd_version))
		return false;
	rd_copy(in, m->pimd_version, n);
	for (size_t i = 0; i < n; i++)
		if (m->pimd_version[i] <= ' ' || m->pimd_version[i] > '~')
			return false;
	return rd_ok(in);
}

static enum pimd_wire_result decode_body(struct pimd_wire_decoder *d, struct rd *in,
					 struct pimd_wire_msg *m)
{
	bool ok = true;

	switch (m->type) {
	case PIMD_WIRE_HELLO:
		ok = decode_hello(in, m);
		break;
	case PIMD_WIRE_BEGIN:
		break;
	case PIMD_WIRE_GROUP:
		ok = decode_group(d, in, m);
		break;
	case PIMD_WIRE_GONE:
		ok = decode_gone(in, m);
		break;
	case PIMD_WIRE_END:
		m->groups = rd_u32(in);
		ok = rd_ok(in);
		break;
	default:
		return PIMD_WIRE_SKIPPED;
	}
	return ok ? PIMD_WIRE_OK : PIMD_WIRE_MALFORMED;
}

enum pimd_wire_result pimd_wire_decode(struct pimd_wire_decoder *d, struct rd *in,
				       struct pimd_wire_msg *m)
{
	struct rd r = *in, body;
	enum pimd_wire_result result;
	size_t length;

	memset(m, 0, sizeof(*m));
	if (rd_left(&r) < HEADER)
		return PIMD_WIRE_SHORT;
	length = rd_u16(&r);
	m->type = rd_u8(&r);
	if (length < HEADER || rd_u8(&r) != 0)
		return PIMD_WIRE_MALFORMED;
	if (rd_left(&r) < length - HEADER)
		return PIMD_WIRE_SHORT;
	body = rd_sub(&r, length - HEADER);
	result = decode_body(d, &body, m);
	if (result != PIMD_WIRE_MALFORMED)
		*in = r;
	return result;
}

/* ---------------------------------------------------------------- writing */

static void encode_network(struct wr *w, const struct pimd_wire_msg *m)
{
	wr_u32(w, m->vrf);
	wr_u32(w, m->ifindex);
	wr_u8(w, addr_is_v4(&m->group) ? 4 : 6);
}

static void encode_address(struct wr *w, const struct addr *a)
{
	wr_copy(w, addr_octets(a), addr_len(a));
}

static void encode_group(struct wr *w, const struct pimd_wire_msg *m)
{
	size_t n = m->filter.n;
	uint8_t flags = m->flags;

	if (n > PIMD_WIRE_MAX_SOURCES) {
		n = PIMD_WIRE_MAX_SOURCES;
		flags |= PIMD_WIRE_TRUNCATED;
	}
	encode_network(w, m);
	wr_u8(w, m->filter.exclude);
	wr_u8(w, m->igmp_version);
	wr_u8(w, flags);
	encode_address(w, &m->group);
	for (size_t i = 0; i < n; i++)
		encode_address(w, &m->filter.sources[i]);
}

static void encode_body(struct wr *w, const struct pimd_wire_msg *m)
{
	static const uint8_t zeros[3];
	size_t n = strnlen(m->pimd_version, sizeof(m->pimd_version) - 1);

	switch (m->type) {
	case PIMD_WIRE_HELLO:
		wr_u16(w, m->version);
		wr_u8(w, n);
		wr_copy(w, m->pimd_version, n);
		break;
	case PIMD_WIRE_GROUP:
		encode_group(w, m);
		break;
	case PIMD_WIRE_GONE:
		encode_network(w, m);
		wr_copy(w, zeros, sizeof(zeros));
		encode_address(w, &m->group);
		break;
	case PIMD_WIRE_END:
		wr_u32(w, m->groups);
		break;
	default:
		break;
	}
}

size_t pimd_wire_encode(const struct pimd_wire_msg *m, void *buf, size_t size)
{
	struct wr w = wr_init(buf, size < PIMD_WIRE_MAX ? size : PIMD_WIRE_MAX);

	wr_u16(&w, 0);
	wr_u8(&w, m->type);
	wr_u8(&w, 0);
	encode_body(&w, m);
	wr_patch_u16(&w, 0, (uint16_t)wr_len(&w));
	return wr_ok(&w) ? wr_len(&w) : 0;
}
