// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * IGMP and MLD messages.  Both protocols lay out the same fields; what differs is the size of
 * an address, the width of codes and the numbers of types, and stands in one table.
 *
 * RFC 1112 appendix I (IGMPv1), RFC 2236 (IGMPv2), RFC 3376 (IGMPv3), RFC 2710 (MLDv1),
 * RFC 3590 (MLD reports from ::), RFC 3810 (MLDv2).
 */
#include "lib/gmp_codec.h"
#include "lib/gmp_ip_p.h"

enum {
	IGMP_SHORT = 8,	  /* octets of a message with one group */
	IGMP_QUERY3 = 12, /* least octets of a v3 query (RFC 3376 7.1) */
	MLD_SHORT = 24,
	MLD_QUERY2 = 28, /* RFC 3810 8.1 */
	QRV_MAX = 7,
	SUPPRESS = 0x08,
	V1_RESPONSE_MS = 10000, /* what code 0 means (RFC 2236 4) */
	CODE_UNIT_MS = 100,	/* of IGMP; MLD counts milliseconds */
};

static const struct message_row {
	bool mld;
	uint8_t wire; /* type on the wire */
	enum gmp_type type;
	uint8_t version; /* 0: a query; length and code tell */
	const char *dst; /* where to send it; NULL: to the group itself */
	const char *name;
} messages[] = {
	{false, 0x11, GMP_QUERY, 0, "224.0.0.1", "query"},
	{false, 0x12, GMP_REPORT, 1, NULL, "v1 report"},
	{false, 0x16, GMP_REPORT, 2, NULL, "v2 report"},
	{false, 0x17, GMP_LEAVE, 2, "224.0.0.2", "v2 leave"},
	{false, 0x22, GMP_RECORDS, 3, "224.0.0.22", "v3 report"},
	{true, 130, GMP_QUERY, 0, "ff02::1", "query"},
	{true, 131, GMP_REPORT, 2, NULL, "mldv1 report"},
	{true, 132, GMP_LEAVE, 2, "ff02::2", "mldv1 done"},
	{true, 143, GMP_RECORDS, 3, "ff02::16", "mldv2 report"},
};

static const struct message_row *row_of_wire(bool mld, uint8_t wire)
{
	for (size_t i = 0; i < array_size(messages); i++)
		if (messages[i].mld == mld && messages[i].wire == wire)
			return &messages[i];
	return NULL;
}

static const struct message_row *row_of_message(const struct gmp_msg *m)
{
	for (size_t i = 0; i < array_size(messages); i++) {
		const struct message_row *row = &messages[i];

		if (row->mld == m->mld && row->type == m->type &&
		    (row->version == 0 || row->version == m->version))
			return row;
	}
	return NULL;
}

/* ---------------------------------------------------------------- codes */

/* 1 exp(3) mant(bits): (mant | 1 << bits) << (exp + 3); smaller values stand for themselves. */
static uint32_t code_value(uint32_t code, unsigned int bits)
{
	uint32_t top = UINT32_C(1) << bits, mant = (code & (top - 1)) | top;

	return code < top * 8 ? code : mant << (((code >> bits) & 7) + 3);
}

/* The largest code whose value does not exceed this one. */
static uint32_t code_of(uint32_t value, unsigned int bits)
{
	uint32_t top = UINT32_C(1) << bits, exp = 0;

	if (value < top * 8)
		return value;
	while (exp < 7 && value >> (exp + 3) >= top * 2)
		exp++;
	value >>= exp + 3;
	if (value >= top * 2)
		value = top * 2 - 1;
	return top * 8 | exp << bits | (value & (top - 1));
}

uint32_t gmp_code8_value(uint8_t code)
{
	return code_value(code, 4);
}

uint8_t gmp_code8(uint32_t value)
{
	return code_of(value, 4);
}

uint32_t gmp_code16_value(uint16_t code)
{
	return code_value(code, 12);
}

uint16_t gmp_code16(uint32_t value)
{
	return code_of(value, 12);
}

/* ---------------------------------------------------------------- addresses */

static struct addr read_addr(struct rd *r, bool mld)
{
	uint8_t octets[16] = {0};

	rd_copy(r, octets, mld ? 16 : 4);
	return mld ? addr_from_v6(octets) : addr_from_v4(octets);
}

/* 0.0.0.0 is written for ADDR_ANY, too. */
static void write_addr(struct wr *w, bool mld, const struct addr *a)
{
	if (mld)
		wr_copy(w, a->b, 16);
	else
		wr_copy(w, a->b + 12, 4);
}

/* In an IPv6 message ::ffff:a.b.c.d would pass for an IPv4 address. */
static bool is_group(const struct addr *a, bool mld)
{
	return addr_is_v4(a) != mld && addr_is_multicast(a);
}

static bool is_source(const struct addr *a, bool mld)
{
	return addr_is_v4(a) != mld && !addr_is_multicast(a) && !addr_is_any(a) &&
	       !(addr_is_v4(a) && a->b[12] >= 240);
}

static bool is_link_local(const struct addr *a)
{
	return a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80;
}

/* ---------------------------------------------------------------- reading */

/*
 * n addresses into the decoder.  The count on the wire has 16 bits: truncation is told before
 * the limit, which protects the decoder only.
 */
static enum gmp_decode read_sources(struct gmp_decoder *d, size_t *used, struct rd *r, size_t n,
				    bool mld)
{
	if (rd_left(r) < n * (mld ? 16 : 4))
		return GMP_DECODE_SHORT;
	if (n > GMP_MAX_SOURCES - *used)
		return GMP_DECODE_TOO_MANY;
	for (; n; n--) {
		struct addr *a = &d->sources[(*used)++];

		*a = read_addr(r, mld);
		if (!is_source(a, mld))
			return GMP_DECODE_GROUP;
	}
	return GMP_DECODE_OK;
}

static bool query_version(size_t len, uint8_t code, struct gmp_msg *m)
{
	size_t shortest = m->mld ? MLD_SHORT : IGMP_SHORT;

	if (len == shortest)
		m->version = m->mld || code ? 2 : 1;
	else if (len >= (m->mld ? MLD_QUERY2 : IGMP_QUERY3))
		m->version = 3;
	else
		return false; /* RFC 3376 7.1: silently ignored */
	return true;
}

static void response_time(uint16_t code, struct gmp_msg *m)
{
	if (m->version == 1)
		m->max_resp_ms = V1_RESPONSE_MS;
	else if (m->version == 2)
		m->max_resp_ms = m->mld ? code : (uint32_t)code * CODE_UNIT_MS;
	else
		m->max_resp_ms =
			m->mld ? gmp_code16_value(code) : gmp_code8_value(code) * CODE_UNIT_MS;
}

static enum gmp_decode decode_query(struct gmp_decoder *d, struct rd *r, size_t len, uint16_t code,
				    struct gmp_msg *m)
{
	size_t n, used = 0;
	enum gmp_decode result;
	uint8_t flags;

	if (!query_version(len, code, m))
		return GMP_DECODE_SHORT;
	response_time(code, m);
	m->group = read_addr(r, m->mld);
	/* RFC 1112: ignored in a v1 query, which is always general */
	if (addr_is_any(&m->group) || m->version == 1)
		m->group = ADDR_ANY;
	else if (!is_group(&m->group, m->mld))
		return GMP_DECODE_GROUP;
	if (m->version < 3)
		return GMP_DECODE_OK;
	flags = rd_u8(r);
	m->suppress = flags & SUPPRESS;
	m->qrv = flags & QRV_MAX;
	m->qqi_ms = gmp_code8_value(rd_u8(r)) * MSEC_PER_S;
	n = rd_u16(r);
	result = read_sources(d, &used, r, n, m->mld);
	if (result != GMP_DECODE_OK)
		return result;
	if (n && addr_is_any(&m->group))
		return GMP_DECODE_GROUP; /* RFC 3376 4.1.8: zero in a General Query */
	m->n_sources = n;
	m->sources = d->sources;
	return GMP_DECODE_OK;
}

/* A record of unknown type is skipped (RFC 3376 4.2.12), auxiliary data too (4.2.10). */
static enum gmp_decode decode_record(struct gmp_decoder *d, size_t *used, struct rd *r,
				     struct gmp_msg *m)
{
	uint8_t type = rd_u8(r), aux = rd_u8(r);
	size_t n = rd_u16(r);
	struct addr group = read_addr(r, m->mld);
	const struct addr *sources = &d->sources[*used];
	enum gmp_decode result;

	if (type < GMP_IS_IN || type > GMP_BLOCK) {
		rd_take(r, n * (m->mld ? 16 : 4) + (size_t)aux * 4);
		return rd_ok(r) ? GMP_DECODE_OK : GMP_DECODE_SHORT;
	}
	result = read_sources(d, used, r, n, m->mld);
	if (result != GMP_DECODE_OK)
		return result;
	rd_take(r, (size_t)aux * 4);
	if (!rd_ok(r))
		return GMP_DECODE_SHORT;
	if (!is_group(&group, m->mld))
		return GMP_DECODE_GROUP;
	if (m->n_records == GMP_MAX_RECORDS)
		return GMP_DECODE_TOO_MANY;
	d->records[m->n_records++] = (struct gmp_record){type, group, n, sources};
	return GMP_DECODE_OK;
}

static enum gmp_decode decode_records(struct gmp_decoder *d, struct rd *r, struct gmp_msg *m)
{
	size_t n, used = 0;

	rd_u16(r); /* reserved (IGMP: the two octets after the checksum; MLD: likewise) */
	n = rd_u16(r);
	if (!rd_ok(r))
		return GMP_DECODE_SHORT;
	m->records = d->records;
	for (; n; n--) {
		enum gmp_decode result = decode_record(d, &used, r, m);

		if (result != GMP_DECODE_OK)
			return result;
	}
	return GMP_DECODE_OK;
}

static enum gmp_decode decode_one_group(struct rd *r, struct gmp_msg *m)
{
	m->group = read_addr(r, m->mld);
	if (!rd_ok(r))
		return GMP_DECODE_SHORT;
	return is_group(&m->group, m->mld) ? GMP_DECODE_OK : GMP_DECODE_GROUP;
}

static bool scope_ok(const struct gmp_ip *ip, enum gmp_type type)
{
	if (ip->ttl != 1)
		return false;
	if (!ip->mld)
		return true;
	/* RFC 3810 5.1.14 and 5.2.13 (:: only in reports), 6.2 and 7.4 (Router Alert) */
	return ip->router_alert && (is_link_local(&ip->src) ||
				    (addr_cmp(&ip->src, &ADDR_ANY) == 0 && type != GMP_QUERY));
}

enum gmp_decode gmp_msg_decode(struct gmp_decoder *d, struct span packet, struct gmp_msg *m)
{
	const struct message_row *row;
	enum gmp_decode result;
	struct gmp_ip ip;
	struct rd r;
	uint16_t code;

	result = gmp_ip_decode(packet, &ip);
	if (result != GMP_DECODE_OK)
		return result;
	r = rd_span(ip.payload);
	row = row_of_wire(ip.mld, rd_u8(&r));
	if (!rd_ok(&r))
		return GMP_DECODE_SHORT;
	if (!row)
		return GMP_DECODE_OTHER;
	code = rd_u8(&r);
	rd_u16(&r); /* checksum */
	if (ip.mld && row->type != GMP_RECORDS) {
		code = rd_u16(&r);
		rd_u16(&r); /* reserved */
	}
	if (!rd_ok(&r))
		return GMP_DECODE_SHORT;
	if (!scope_ok(&ip, row->type))
		return GMP_DECODE_SCOPE;
	if (!gmp_ip_checksum_ok(&ip))
		return GMP_DECODE_CHECKSUM;
	*m = (struct gmp_msg){.type = row->type,
			      .mld = ip.mld,
			      .version = row->version,
			      .src = ip.src,
			      .dst = ip.dst};
	if (row->type == GMP_QUERY)
		return decode_query(d, &r, ip.payload.len, code, m);
	if (row->type == GMP_RECORDS)
		return decode_records(d, &r, m);
	return decode_one_group(&r, m);
}

/* ---------------------------------------------------------------- writing */

static void write_count(struct wr *w, size_t n)
{
	if (n > UINT16_MAX)
		w->failed = true;
	wr_u16(w, n);
}

static void write_sources(struct wr *w, bool mld, const struct addr *sources, size_t n)
{
	for (size_t i = 0; i < n && wr_ok(w); i++)
		write_addr(w, mld, &sources[i]);
}

static uint16_t response_code(const struct gmp_msg *m)
{
	uint32_t ms = m->max_resp_ms, units = ms / CODE_UNIT_MS;

	if (m->version == 1)
		return 0;
	if (m->version == 2 && m->mld)
		return ms < UINT16_MAX ? ms : UINT16_MAX;
	if (m->version == 2) /* 0 would make it a v1 query */
		return units < 1 ? 1 : units < UINT8_MAX ? units : UINT8_MAX;
	return m->mld ? gmp_code16(ms) : gmp_code8(units);
}

static void encode_query(struct wr *w, const struct gmp_msg *m)
{
	if (m->mld) {
		wr_u8(w, 0);
		wr_u16(w, 0); /* checksum: gmp_ip_finish() */
		wr_u16(w, response_code(m));
		wr_u16(w, 0);
	} else {
		wr_u8(w, response_code(m));
		wr_u16(w, 0);
	}
	write_addr(w, m->mld, &m->group);
	if (m->version < 3)
		return;
	/* RFC 3376 4.1.6: zero if it does not fit */
	wr_u8(w, (m->suppress ? SUPPRESS : 0) | (m->qrv > QRV_MAX ? 0 : m->qrv));
	wr_u8(w, gmp_code8(m->qqi_ms / MSEC_PER_S));
	write_count(w, m->n_sources);
	write_sources(w, m->mld, m->sources, m->n_sources);
}

static void encode_records(struct wr *w, const struct gmp_msg *m)
{
	wr_u8(w, 0);
	wr_u32(w, 0); /* checksum, reserved */
	write_count(w, m->n_records);
	for (size_t i = 0; i < m->n_records && wr_ok(w); i++) {
		const struct gmp_record *rec = &m->records[i];

		wr_u8(w, rec->type);
		wr_u8(w, 0); /* no auxiliary data */
		write_count(w, rec->n_sources);
		write_addr(w, m->mld, &rec->group);
		write_sources(w, m->mld, rec->sources, rec->n_sources);
	}
}

static void encode_one_group(struct wr *w, const struct gmp_msg *m)
{
	wr_u8(w, 0);
	wr_u16(w, 0);
	if (m->mld)
		wr_u32(w, 0);
	write_addr(w, m->mld, &m->group);
}

size_t gmp_msg_encode(const struct gmp_msg *m, uint8_t *buf, size_t size)
{
	const struct message_row *row = row_of_message(m);
	struct wr w = wr_init(buf, size);
	struct addr dst = m->dst;

	if (!row || m->version > 3 || m->version < (m->mld ? 2 : 1))
		return 0;
	if (addr_cmp(&dst, &ADDR_ANY) == 0) {
		bool to_group = m->type == GMP_QUERY && !addr_is_any(&m->group);

		if (!row->dst || to_group)
			dst = m->group;
		else if (!addr_parse(row->dst, &dst))
			return 0;
	}
	gmp_ip_encode(&w, m->mld, &m->src, &dst);
	wr_u8(&w, row->wire);
	if (m->type == GMP_QUERY)
		encode_query(&w, m);
	else if (m->type == GMP_RECORDS)
		encode_records(&w, m);
	else
		encode_one_group(&w, m);
	gmp_ip_finish(&w, m->mld);
	return wr_ok(&w) ? wr_len(&w) : 0;
}

size_t gmp_record_size(const struct gmp_record *r, bool mld)
{
	size_t octets = mld ? 16 : 4;

	return 4 + octets + r->n_sources * octets;
}

/* ---------------------------------------------------------------- names */

const char *gmp_decode_name(enum gmp_decode r)
{
	static const char *const names[GMP_DECODE_RESULTS] = {
		[GMP_DECODE_OK] = "ok",
		[GMP_DECODE_OTHER] = "other",
		[GMP_DECODE_SHORT] = "short",
		[GMP_DECODE_CHECKSUM] = "checksum",
		[GMP_DECODE_SCOPE] = "scope",
		[GMP_DECODE_GROUP] = "group",
		[GMP_DECODE_TOO_MANY] = "too many",
	};

	return (unsigned int)r < array_size(names) ? names[r] : "unknown";
}

const char *gmp_type_name(const struct gmp_msg *m)
{
	static const char *const queries[2][4] = {
		{"query", "v1 query", "v2 query", "v3 query"},
		{"query", "query", "mldv1 query", "mldv2 query"},
	};
	const struct message_row *row = row_of_message(m);

	if (!row)
		return "unknown";
	if (m->type == GMP_QUERY)
		return m->version <= 3 ? queries[m->mld][m->version] : "unknown";
	return row->name;
}
