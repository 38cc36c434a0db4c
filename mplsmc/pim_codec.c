// SPDX-License-Identifier: GPL-2.0-or-later
/* PIMv2 messages; see pim_codec.h. */
#include "mplsmc/pim_codec.h"

#define PIM_PROTOCOL	103
#define PIM_VERSION	2
#define NATIVE_ENCODING 0
#define OPT_HOLDTIME	1
#define OPT_LAN_DELAY	2
#define OPT_DR_PRIORITY 19
#define OPT_GENERATION	20

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static uint32_t sum_octets(const uint8_t *p, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < n; i += 2)
		sum += p[i] << 8 | p[i + 1];
	return n & 1 ? sum + (p[n - 1] << 8) : sum;
}

/* RFC 7761 4.9: over the PIM message, with the pseudo header in IPv6. */
static uint32_t pim_sum(const struct addr *src, const struct addr *dst, const uint8_t *p, size_t n)
{
	uint32_t sum = sum_octets(p, n);

	if (!addr_is_v4(src))
		sum += sum_octets(src->b, 16) + sum_octets(dst->b, 16) + n + PIM_PROTOCOL;
	return sum;
}

/* ---------------------------------------------------------------- decoding */

static struct addr read_address(struct rd *r, bool v6)
{
	const uint8_t *p = rd_take(r, v6 ? 16 : 4);
	struct addr a = p ? v6 ? addr_from_v6(p) : addr_from_v4(p) : ADDR_ANY;

	if (addr_is_v4(&a) == v6)
		r->failed = true; /* mapped IPv4, which no wire has */
	return a;
}

/* Family and encoding type; another family or encoding makes the message unreadable. */
static void read_family(struct rd *r, bool v6)
{
	uint8_t family = rd_u8(r), encoding = rd_u8(r);

	if (family != (v6 ? 2 : 1) || encoding != NATIVE_ENCODING)
		r->failed = true;
}

static void decode_hello(struct rd *r, struct pim_msg *m)
{
	while (rd_left(r)) {
		uint16_t type = rd_u16(r);
		struct rd value = rd_sub(r, rd_u16(r));

		if (type == OPT_HOLDTIME) {
			m->hold_s = rd_u16(&value);
			m->has_hold = rd_ok(&value);
		} else if (type == OPT_GENERATION) {
			m->generation = rd_u32(&value);
			m->has_generation = rd_ok(&value);
		}
		if (!rd_ok(&value))
			r->failed = true;
	}
}

static bool decode_sources(struct pim_decoder *d, struct rd *r, bool v6, const struct addr *group,
			   unsigned int n, bool prune, struct pim_msg *m)
{
	const uint8_t full = v6 ? 128 : 32;

	for (; n && rd_ok(r); n--) {
		struct pim_source *s = &d->sources[m->n_sources];

		if (m->n_sources == PIM_MAX_SOURCES)
			return false;
		read_family(r, v6);
		s->flags = rd_u8(r) & 7;
		if (rd_u8(r) != full)
			return false;
		s->source = read_address(r, v6);
		s->group = *group;
		s->prune = prune;
		m->n_sources++;
	}
	return rd_ok(r);
}

static bool decode_join_prune(struct pim_decoder *d, struct rd *r, bool v6, struct pim_msg *m)
{
	unsigned int groups;

	read_family(r, v6);
	m->upstream = read_address(r, v6);
	rd_u8(r);
	groups = rd_u8(r);
	m->hold_s = rd_u16(r);
	m->has_hold = true;
	m->sources = d->sources;
	for (; groups && rd_ok(r); groups--) {
		struct addr group;
		uint16_t joins, prunes;
		uint8_t masklen;

		read_family(r, v6);
		rd_u8(r);
		masklen = rd_u8(r);
		group = read_address(r, v6);
		joins = rd_u16(r);
		prunes = rd_u16(r);
		if (!rd_ok(r) || masklen != (v6 ? 128 : 32) || !addr_is_multicast(&group))
			return false;
		if (!decode_sources(d, r, v6, &group, joins, false, m) ||
		    !decode_sources(d, r, v6, &group, prunes, true, m))
			return false;
	}
	return rd_ok(r);
}

static enum pim_decode decode_ip(struct span packet, struct pim_msg *m, struct rd *payload)
{
	struct rd r = rd_span(packet);
	uint8_t first = rd_u8(&r);
	size_t length;

	if (first >> 4 == 4) {
		size_t header = (first & 15) * 4;

		rd_u8(&r);
		length = rd_u16(&r);
		rd_u32(&r);
		rd_u8(&r);
		if (rd_u8(&r) != PIM_PROTOCOL)
			return PIM_DECODE_OTHER;
		rd_u16(&r);
		m->src = read_address(&r, false);
		m->dst = read_address(&r, false);
		if (header < 20 || length < header)
			return PIM_DECODE_BAD;
		rd_take(&r, header - 20);
		length -= header;
	} else if (first >> 4 == 6) {
		rd_take(&r, 3);
		length = rd_u16(&r);
		if (rd_u8(&r) != PIM_PROTOCOL)
			return PIM_DECODE_OTHER;
		rd_u8(&r);
		m->src = read_address(&r, true);
		m->dst = read_address(&r, true);
	} else {
		return PIM_DECODE_OTHER;
	}
	*payload = rd_sub(&r, length);
	return rd_ok(payload) ? PIM_DECODE_OK : PIM_DECODE_BAD;
}

enum pim_decode pim_msg_decode(struct pim_decoder *d, struct span packet, struct pim_msg *m)
{
	enum pim_decode result;
	uint8_t first;
	bool v6, ok;
	struct rd r;

	memset(m, 0, sizeof(*m));
	result = decode_ip(packet, m, &r);
	if (result != PIM_DECODE_OK)
		return result;
	v6 = !addr_is_v4(&m->src);
	if (fold(pim_sum(&m->src, &m->dst, r.p, rd_left(&r))) != 0xffff)
		return PIM_DECODE_BAD;
	first = rd_u8(&r);
	rd_u8(&r);
	rd_u16(&r);
	if (!rd_ok(&r) || first >> 4 != PIM_VERSION)
		return PIM_DECODE_BAD;
	m->type = first & 15;
	if (m->type == PIM_HELLO) {
		decode_hello(&r, m);
		ok = rd_ok(&r);
	} else if (m->type == PIM_JOIN_PRUNE) {
		ok = decode_join_prune(d, &r, v6, m);
	} else {
		return PIM_DECODE_OTHER;
	}
	return ok ? PIM_DECODE_OK : PIM_DECODE_BAD;
}

/* ---------------------------------------------------------------- encoding */

size_t pim_header_size(bool v6)
{
	return (v6 ? 40 : 20) + 4 + 2 + (v6 ? 16 : 4) + 4;
}

size_t pim_group_size(bool v6)
{
	return 4 + (v6 ? 16 : 4) + 4;
}

size_t pim_source_size(bool v6)
{
	return 4 + (v6 ? 16 : 4);
}

static void write_family(struct wr *w, bool v6)
{
	wr_u8(w, v6 ? 2 : 1);
	wr_u8(w, NATIVE_ENCODING);
}

/* An address of the other family, or none, would make a message nobody can read. */
static void write_address(struct wr *w, const struct addr *a, bool v6)
{
	if (addr_is_v4(a) == v6)
		w->failed = true;
	wr_copy(w, addr_octets(a), addr_len(a));
}

/* Holdtime; DR priority 0, so that pimd is the DR; LAN delays; generation ID. */
static void encode_hello(struct wr *w, const struct pim_msg *m)
{
	wr_u16(w, OPT_HOLDTIME);
	wr_u16(w, 2);
	wr_u16(w, m->hold_s);
	wr_u16(w, OPT_LAN_DELAY);
	wr_u16(w, 4);
	wr_u16(w, 500);
	wr_u16(w, 2500);
	wr_u16(w, OPT_DR_PRIORITY);
	wr_u16(w, 4);
	wr_u32(w, 0);
	wr_u16(w, OPT_GENERATION);
	wr_u16(w, 4);
	wr_u32(w, m->generation);
}

/* Number of sources of the group that begins at i. */
static size_t group_run(const struct pim_msg *m, size_t i, uint16_t *joins)
{
	size_t n = 0;

	*joins = 0;
	while (i + n < m->n_sources &&
	       addr_cmp(&m->sources[i].group, &m->sources[i + n].group) == 0)
		*joins += !m->sources[i + n++].prune;
	return n;
}

static void encode_join_prune(struct wr *w, const struct pim_msg *m, bool v6)
{
	size_t groups_at, n, groups = 0;

	write_family(w, v6);
	write_address(w, &m->upstream, v6);
	groups_at = wr_len(w);
	wr_u16(w, 0);
	wr_u16(w, m->hold_s);
	for (size_t i = 0; i < m->n_sources; i += n, groups++) {
		uint16_t joins;

		n = group_run(m, i, &joins);
		write_family(w, v6);
		wr_u8(w, 0);
		wr_u8(w, v6 ? 128 : 32);
		write_address(w, &m->sources[i].group, v6);
		wr_u16(w, joins);
		wr_u16(w, n - joins);
		for (size_t s = i; s < i + n; s++) {
			write_family(w, v6);
			wr_u8(w, m->sources[s].flags);
			wr_u8(w, v6 ? 128 : 32);
			write_address(w, &m->sources[s].source, v6);
		}
	}
	wr_patch_u16(w, groups_at, groups); /* behind a reserved octet */
	if (groups > UINT8_MAX)
		w->failed = true;
}

static void encode_ip(struct wr *w, const struct addr *src, const struct addr *dst)
{
	if (addr_is_v4(src)) {
		wr_u16(w, 0x45c0); /* internetwork control */
		wr_u16(w, 0);
		wr_u32(w, 0);
		wr_u8(w, 1);
		wr_u8(w, PIM_PROTOCOL);
		wr_u16(w, 0);
	} else {
		wr_u32(w, 0x6c000000);
		wr_u16(w, 0);
		wr_u8(w, PIM_PROTOCOL);
		wr_u8(w, 1);
	}
	write_address(w, src, !addr_is_v4(src));
	write_address(w, dst, !addr_is_v4(src));
}

static struct addr all_pim_routers(bool v6)
{
	static const uint8_t v4[4] = {224, 0, 0, 13}, six[16] = {0xff, 0x02, [15] = 13};

	return v6 ? addr_from_v6(six) : addr_from_v4(v4);
}

size_t pim_msg_encode(const struct pim_msg *m, uint8_t *buf, size_t size)
{
	bool v6 = !addr_is_v4(&m->src);
	struct addr dst = all_pim_routers(v6);
	struct wr w = wr_init(buf, size);
	size_t at;

	encode_ip(&w, &m->src, &dst);
	at = wr_len(&w);
	wr_u8(&w, PIM_VERSION << 4 | m->type);
	wr_u8(&w, 0);
	wr_u16(&w, 0);
	if (m->type == PIM_HELLO)
		encode_hello(&w, m);
	else
		encode_join_prune(&w, m, v6);
	wr_patch_u16(&w, v6 ? 4 : 2, v6 ? wr_len(&w) - at : wr_len(&w));
	if (!wr_ok(&w) || wr_len(&w) > UINT16_MAX)
		return 0;
	if (!v6)
		wr_patch_u16(&w, 10, ~fold(sum_octets(buf, 20)));
	wr_patch_u16(&w, at + 2, ~fold(pim_sum(&m->src, &dst, buf + at, wr_len(&w) - at)));
	return wr_len(&w);
}
