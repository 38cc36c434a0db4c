// SPDX-License-Identifier: GPL-2.0-or-later
/* Multipoint FEC elements and opaque values, see mldp_fec.h. */
#include "mplsmc/mldp_fec.h"

#include "mplsmc/ldp_tlv.h"

/* ---------------------------------------------------------------- identity */

int mldp_fec_cmp(const struct mldp_fec *a, const struct mldp_fec *b)
{
	int r = (int)a->type - (int)b->type;

	if (!r)
		r = addr_cmp(&a->root, &b->root); /* the family is part of it */
	if (!r)
		r = (int)a->opaque_len - (int)b->opaque_len;
	return r ? r : memcmp(a->opaque, b->opaque, a->opaque_len);
}

uint32_t mldp_fec_hash(const struct mldp_fec *f)
{
	uint32_t h = jhash(f->root.b, sizeof(f->root.b), f->type);

	return jhash(f->opaque, f->opaque_len, h);
}

/* As ISO 3309 has it: reflected polynomial, initial and final complement. */
uint32_t mldp_fec_crc32(const struct mldp_fec *f)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < f->opaque_len; i++) {
		crc ^= f->opaque[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0xedb88320) : 0);
	}
	return ~crc;
}

uint32_t mldp_fec_sum(const struct mldp_fec *f)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < f->opaque_len; i++)
		sum += f->opaque[i];
	return sum;
}

/* ---------------------------------------------------------------- FEC elements */

static bool refuse(uint32_t *status, enum ldp_status why)
{
	*status = why;
	return false;
}

/* An IPv4-mapped root in family 2 would be taken for the IPv4 address: nobody has it. */
static bool read_root(struct rd *r, uint16_t family, struct addr *root, uint32_t *status)
{
	const uint8_t *octets = rd_take(r, family == LDP_FAMILY_IPV4 ? 4 : 16);

	if (!octets)
		return refuse(status, LDP_S_MALFORMED_TLV);
	*root = family == LDP_FAMILY_IPV4 ? addr_from_v4(octets) : addr_from_v6(octets);
	if (family == LDP_FAMILY_IPV6 && addr_is_v4(root))
		return refuse(status, LDP_S_UNKNOWN_FEC);
	return true;
}

bool mldp_fec_read(struct rd *r, struct mldp_fec *f, uint32_t *status)
{
	uint8_t type = rd_u8(r);
	uint16_t family = rd_u16(r);
	uint8_t address_length = rd_u8(r);
	uint16_t opaque_len;

	memset(f, 0, sizeof(*f));
	f->type = type;
	if (!rd_ok(r))
		return refuse(status, LDP_S_MALFORMED_TLV);
	if (type < MLDP_P2MP || type > MLDP_MP2MP_DOWN)
		return refuse(status, LDP_S_UNKNOWN_FEC);
	if (family != LDP_FAMILY_IPV4 && family != LDP_FAMILY_IPV6) /* M-5036-3.4.1-1 */
		return refuse(status, LDP_S_UNSUPPORTED_AF);
	if (address_length != (family == LDP_FAMILY_IPV4 ? 4 : 16)) /* M-6388-2.2-2, -3 */
		return refuse(status, LDP_S_UNKNOWN_FEC);
	if (!read_root(r, family, &f->root, status))
		return false;
	opaque_len = rd_u16(r);
	if (opaque_len > rd_left(r))
		return refuse(status, LDP_S_MALFORMED_TLV);
	if (!rd_ok(r))
		return refuse(status, LDP_S_MALFORMED_TLV);
	if (opaque_len > sizeof(f->opaque))
		return refuse(status, LDP_S_NO_LABEL_RESOURCES);
	f->opaque_len = opaque_len;
	rd_copy(r, f->opaque, opaque_len); /* as it is (M-6388-2.3-1) */
	return true;
}

void mldp_fec_write(struct wr *w, const struct mldp_fec *f)
{
	wr_u8(w, f->type);
	wr_u16(w, addr_is_v4(&f->root) ? LDP_FAMILY_IPV4 : LDP_FAMILY_IPV6);
	wr_u8(w, (uint8_t)addr_len(&f->root));
	wr_copy(w, addr_octets(&f->root), addr_len(&f->root));
	wr_u16(w, f->opaque_len);
	wr_copy(w, f->opaque, f->opaque_len);
}

/* ---------------------------------------------------------------- opaque values as a leaf makes
 * them */

/* Basic types (spec table 1.4) */
enum {
	GENERIC_ID = 1,
	IPV4_SOURCE = 3,
	IPV6_SOURCE = 4,
	IPV4_BIDIR = 5,
	IPV6_BIDIR = 6,
	RECURSIVE = 7,
	VPN_RECURSIVE = 8,
	VPNV4_BIDIR = 9,
	VPNV6_BIDIR = 10,
	VPNV4_SOURCE = 250,
	VPNV6_SOURCE = 251,
	EXTENDED = 255,
};

#define ELEMENT_HEADER 3 /* type, length */
#define RD_LEN	       8

static struct mldp_fec p2mp(const struct addr *root)
{
	return (struct mldp_fec){.type = MLDP_P2MP, .root = *root};
}

struct mldp_fec mldp_fec_generic(const struct addr *root, uint32_t lsp_id)
{
	struct mldp_fec f = p2mp(root);
	struct wr w = wr_init(f.opaque, sizeof(f.opaque));

	wr_u8(&w, GENERIC_ID);
	wr_u16(&w, sizeof(lsp_id));
	wr_u32(&w, lsp_id);
	f.opaque_len = (uint16_t)wr_len(&w);
	return f;
}

/* The wildcard is all-zero (M-7438-3.1-1). */
static void write_native(struct wr *w, const struct addr *a, size_t len)
{
	static const uint8_t zero[16];

	wr_copy(w, addr_is_any(a) ? zero : addr_octets(a), len);
}

struct mldp_fec mldp_fec_source(const struct addr *root, const struct addr *source,
				const struct addr *group)
{
	struct mldp_fec f = p2mp(root);
	struct wr w = wr_init(f.opaque, sizeof(f.opaque));
	const struct addr *known = addr_is_any(source) ? group : source;
	bool v6 = !addr_is_any(known) && !addr_is_v4(known);
	size_t len = v6 ? 16 : 4;

	if (!addr_is_any(source) && !addr_is_any(group) && addr_is_v4(source) != addr_is_v4(group))
		return f;
	wr_u8(&w, v6 ? IPV6_SOURCE : IPV4_SOURCE);
	wr_u16(&w, (uint16_t)(2 * len));
	write_native(&w, source, len);
	write_native(&w, group, len);
	f.opaque_len = (uint16_t)wr_len(&w);
	return f;
}

/* ---------------------------------------------------------------- what an opaque value means */

/* Value of an element: parts that are there are read in this order. */
struct layout {
	const char *name; /* NULL: not known */
	enum mldp_opaque_kind kind;
	uint8_t addr_len;   /* of RP or source, and group; 0: none */
	bool id, mask, fec; /* LSP identifier; mask length and RP; FEC element */
	bool rd_last, rd_first;
};

/* clang-format off */
static const struct layout layouts[256] = {
	[GENERIC_ID] = {"generic", MLDP_OPAQUE_GENERIC, .id = true},
	[IPV4_SOURCE] = {"ipv4-source", MLDP_OPAQUE_SOURCE, 4},
	[IPV6_SOURCE] = {"ipv6-source", MLDP_OPAQUE_SOURCE, 16},
	[IPV4_BIDIR] = {"ipv4-bidir", MLDP_OPAQUE_BIDIR, 4, .mask = true},
	[IPV6_BIDIR] = {"ipv6-bidir", MLDP_OPAQUE_BIDIR, 16, .mask = true},
	[RECURSIVE] = {"recursive", MLDP_OPAQUE_RECURSIVE, .fec = true},
	[VPN_RECURSIVE] = {"vpn-recursive", MLDP_OPAQUE_VPN, .fec = true, .rd_first = true},
	[VPNV4_BIDIR] = {"vpnv4-bidir", MLDP_OPAQUE_VPN, 4, .mask = true, .rd_last = true},
	[VPNV6_BIDIR] = {"vpnv6-bidir", MLDP_OPAQUE_VPN, 16, .mask = true, .rd_last = true},
	[VPNV4_SOURCE] = {"vpnv4-source", MLDP_OPAQUE_VPN, 4, .rd_last = true},
	[VPNV6_SOURCE] = {"vpnv6-source", MLDP_OPAQUE_VPN, 16, .rd_last = true},
};
/* clang-format on */

/* A zero address is the wildcard; one that is IPv4-mapped in IPv6 is nonsense. */
static struct addr read_address(struct rd *r, size_t len)
{
	const uint8_t *octets = rd_take(r, len);
	struct addr a = ADDR_ANY;

	if (!octets)
		return a;
	a = len == 4 ? addr_from_v4(octets) : addr_from_v6(octets);
	if (len == 16 && addr_is_v4(&a))
		r->failed = true;
	return addr_is_any(&a) ? ADDR_ANY : a;
}

/* A complete FEC element and nothing behind it (RFC 6512 2). */
static struct span read_inner(struct rd *r)
{
	struct span inner = rd_take_span(r, rd_left(r));
	struct rd element = rd_span(inner);
	struct mldp_fec fec;
	uint32_t status;

	if (!mldp_fec_read(&element, &fec, &status) || rd_left(&element))
		r->failed = true;
	return inner;
}

static void read_addresses(struct rd *r, const struct layout *l, struct mldp_opaque *o)
{
	if (l->mask) {
		o->masklen = rd_u8(r);
		o->rp = read_address(r, l->addr_len);
		if (o->masklen > 8 * l->addr_len) /* M-6826-3-1 */
			r->failed = true;
	} else {
		o->source = read_address(r, l->addr_len);
		if (addr_is_multicast(&o->source))
			r->failed = true;
	}
	o->group = read_address(r, l->addr_len);
	/* RFC 7438 3.2 has no (*,*): inert (A-mLDP-19) */
	if (addr_is_any(&o->group) ? l->mask || addr_is_any(&o->source)
				   : !addr_is_multicast(&o->group))
		r->failed = true;
}

/* The value of one element; false: not as it must be (A-mLDP-18). */
static bool read_value(struct rd r, const struct layout *l, struct mldp_opaque *o)
{
	o->kind = l->kind;
	if (l->rd_first)
		rd_copy(&r, o->rd, RD_LEN);
	if (l->id)
		o->lsp_id = rd_u32(&r);
	if (l->fec)
		o->inner = read_inner(&r);
	if (l->addr_len)
		read_addresses(&r, l, o);
	if (l->rd_last)
		rd_copy(&r, o->rd, RD_LEN);
	return rd_ok(&r) && !rd_left(&r);
}

struct mldp_opaque mldp_opaque_parse(const struct mldp_fec *f)
{
	struct rd r = rd_init(f->opaque, f->opaque_len);
	const struct layout *l = &layouts[rd_u8(&r)];
	uint16_t len = rd_u16(&r);
	struct mldp_opaque o = {.kind = MLDP_OPAQUE_UNKNOWN};

	/* a second element makes it inert too (A-mLDP-17) */
	if (!rd_ok(&r) || !l->name || len != rd_left(&r) || !read_value(r, l, &o))
		return (struct mldp_opaque){.kind = MLDP_OPAQUE_UNKNOWN};
	return o;
}

/* ---------------------------------------------------------------- text */

/* RFC 4364 4.2: the types differ in where the colon is; "2:65536:1" tells all of them. */
static void add_rd(struct text *t, const uint8_t octets[RD_LEN])
{
	struct rd r = rd_init(octets, RD_LEN);
	uint16_t type = rd_u16(&r);
	uint32_t administrator = type == 0 ? rd_u16(&r) : rd_u32(&r);

	text_add(t, " rd %u:%" PRIu32, type, administrator);
	text_add(t, ":%" PRIu32, type == 0 ? rd_u32(&r) : rd_u16(&r));
}

static void add_fec(struct text *t, const struct mldp_fec *f);

static void add_inner(struct text *t, struct span inner)
{
	struct rd r = rd_span(inner);
	struct mldp_fec fec;
	uint32_t status;

	if (!mldp_fec_read(&r, &fec, &status))
		return;
	text_add(t, " (");
	add_fec(t, &fec);
	text_add(t, ")");
}

static void add_opaque(struct text *t, const struct mldp_fec *f)
{
	const struct mldp_opaque o = mldp_opaque_parse(f);
	const struct layout *l = &layouts[f->opaque[0]];
	char str[ADDR_STRLEN];

	if (o.kind == MLDP_OPAQUE_UNKNOWN) {
		text_add(t, " opaque ");
		text_add_hex(t, (struct span){f->opaque, f->opaque_len});
		return;
	}
	text_add(t, " %s", l->name);
	if (l->id)
		text_add(t, " %" PRIu32, o.lsp_id);
	if (l->fec)
		add_inner(t, o.inner);
	if (l->addr_len) {
		text_add(t, " %s", addr_str(l->mask ? &o.rp : &o.source, str));
		text_add(t, " %s", addr_str(&o.group, str));
	}
	if (l->mask)
		text_add(t, "/%u", o.masklen);
	if (l->rd_first || l->rd_last)
		add_rd(t, o.rd);
}

static void add_fec(struct text *t, const struct mldp_fec *f)
{
	char str[ADDR_STRLEN];

	if (f->type != MLDP_P2MP)
		text_add(t, "MP2MP %s ", f->type == MLDP_MP2MP_UP ? "upstream" : "downstream");
	text_add(t, "root %s", addr_str(&f->root, str));
	add_opaque(t, f);
}

const char *mldp_fec_str(const struct mldp_fec *f, char *buf, size_t size)
{
	struct text t = text_init(buf, size);

	add_fec(&t, f);
	return buf;
}
