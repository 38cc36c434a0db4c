// SPDX-License-Identifier: GPL-2.0-or-later
/* Readable text of L2TP messages, for `test l2tp decode`, logs and traces. */
#include "l2mcd/l2tp_avp.h"
#include "lib/addr.h"

/* ---------------------------------------------------------------- control messages */

struct printing {
	struct text t;
	const struct l2tp_msg *m;
	bool header_done;
};

static void print_header(struct printing *p)
{
	const struct l2tp_msg *m = p->m;

	text_add(&p->t, "%s", l2tp_msg_name(m->type)); /* of an unknown one the AVP follows */
	text_add(&p->t, " tunnel 0x%04x session 0x%04x Ns %u Nr %u\n", m->tunnel_id, m->session_id,
		 m->ns, m->nr);
	p->header_done = true;
}

static void print_value(struct printing *p, const struct l2tp_avp *avp)
{
	struct l2tp_result result;
	char str[256];

	if (!avp->readable) {
		text_add_hex(&p->t, avp->value);
		return;
	}
	avp->row->print(avp->row, avp->value, &p->t);
	if (avp->type == L2TP_AVP_RESULT_CODE && l2tp_msg_has(p->m, avp->type)) {
		result = p->m->result;
		result.text = (struct span){NULL, 0}; /* printed already */
		text_add(&p->t, ", %s", l2tp_result_str(p->m->type, &result, str, sizeof(str)));
	}
}

/* One line: "  AVP 81 New Outgoing Sessions M: 0x0101 0x0102  [note, octet 20]". */
static void print_avp(void *ctx, const struct l2tp_avp *avp, const char *note)
{
	struct printing *p = ctx;

	if (!p->header_done)
		print_header(p); /* Message Type is the first AVP */
	if (avp->type == L2TP_AVP_MESSAGE_TYPE && avp->row && !note)
		return;
	text_add(&p->t, "  ");
	if (avp->vendor)
		text_add(&p->t, "vendor %u ", avp->vendor);
	text_add(&p->t, "AVP %u %s%s%s", avp->type, avp->vendor ? "" : l2tp_avp_name(avp->type),
		 avp->m ? " M" : "", avp->hidden ? " H" : "");
	if (avp->value.len) {
		text_add(&p->t, ": ");
		print_value(p, avp);
	}
	if (note)
		text_add(&p->t, "  [%s, octet %zu]", note, avp->offset);
	text_add(&p->t, "\n");
}

static void print_control(struct text *t, struct span datagram, struct span secret)
{
	struct l2tp_decoder decoder; /* 200 kB: no place for it but the stack, no need for more */
	struct l2tp_decode_stats stats = {0};
	struct l2tp_fault fault;
	struct l2tp_msg m;
	struct printing p = {.t = *t, .m = &m};
	enum l2tp_decode result =
		l2tp_msg_walk(&decoder, datagram, secret, &m, &fault, &stats, print_avp, &p);

	if (result == L2TP_DECODE_OK && !p.header_done)
		print_header(&p); /* ZLB */
	if (result == L2TP_DECODE_DISCARD)
		text_add(&p.t, "control message discarded: %s, octet %zu\n", fault.text,
			 fault.offset);
	else if (result != L2TP_DECODE_OK)
		text_add(&p.t, "  fault at octet %zu: %s, error %u\n", fault.offset, fault.text,
			 fault.error);
	*t = p.t;
}

/* ---------------------------------------------------------------- data messages */

static void print_addresses(struct text *t, const struct addr *src, const struct addr *dst)
{
	char str[ADDR_STRLEN];

	text_add(t, "%s", addr_str(src, str));
	text_add(t, " > %s", addr_str(dst, str));
}

static void print_ipv4(struct text *t, struct span packet)
{
	struct addr src = addr_from_v4(packet.p + 12), dst = addr_from_v4(packet.p + 16);

	text_add(t, "IPv4 ");
	print_addresses(t, &src, &dst);
}

static void print_ipv6(struct text *t, struct span packet)
{
	struct addr src = addr_from_v6(packet.p + 8), dst = addr_from_v6(packet.p + 24);

	text_add(t, "IPv6 ");
	print_addresses(t, &src, &dst);
}

/* Address and control field may be missing, the protocol compressed (RFC 1661 6.5, 6.6). */
static void print_ppp(struct text *t, struct span frame)
{
	struct rd r = rd_span(frame);
	bool acf = frame.len >= 2 && frame.p[0] == 0xff && frame.p[1] == 0x03;
	uint16_t protocol;

	if (acf)
		rd_u16(&r);
	protocol = rd_u8(&r);
	if (!(protocol & 1))
		protocol = (uint16_t)(protocol << 8 | rd_u8(&r));
	if (rd_ok(&r))
		text_add(t, "PPP%s protocol 0x%04x", acf ? " FF03" : "", protocol);
	else
		text_add(t, "PPP, cut short");
}

/*
 * What stands in a data message is known to the session only; here it is a guess.  A first
 * octet 0x4X or 0x6X may be a compressed PPP protocol too, so the IP header must make sense.
 */
static void print_payload(struct text *t, struct span payload)
{
	struct rd r = rd_span(payload);
	unsigned int version = rd_u8(&r) >> 4;
	uint16_t ipv4_len, ipv6_len;

	rd_u8(&r);
	ipv4_len = rd_u16(&r); /* with the header */
	ipv6_len = rd_u16(&r); /* without it */
	if (version == 4 && payload.len >= 20 && ipv4_len >= 20 && ipv4_len <= payload.len)
		print_ipv4(t, payload);
	else if (version == 6 && payload.len >= 40 && ipv6_len <= payload.len - 40)
		print_ipv6(t, payload);
	else if (payload.len)
		print_ppp(t, payload);
	else
		text_add(t, "no payload");
	text_add(t, ", %zu octets\n", payload.len);
}

/* Header with L, S and O in any combination (R2661-3.1-4, -3.1-7). */
static void print_data(struct text *t, struct span datagram)
{
	struct rd r = rd_span(datagram);
	uint16_t flags = rd_u16(&r), offset = 0;
	size_t length = flags & L2TP_HEADER_L ? rd_u16(&r) : datagram.len;
	size_t payload_at;

	text_add(t, "data%s%s%s%s", flags & L2TP_HEADER_L ? " L" : "",
		 flags & L2TP_HEADER_S ? " S" : "", flags & L2TP_HEADER_O ? " O" : "",
		 flags & L2TP_HEADER_P ? " P" : "");
	text_add(t, " tunnel 0x%04x", rd_u16(&r));
	text_add(t, " session 0x%04x", rd_u16(&r));
	if (flags & L2TP_HEADER_S) {
		text_add(t, " Ns %u", rd_u16(&r));
		text_add(t, " Nr %u", rd_u16(&r));
	}
	if (flags & L2TP_HEADER_O) {
		offset = rd_u16(&r);
		text_add(t, " offset %u", offset);
		rd_take(&r, offset);
	}
	payload_at = (size_t)(r.p - datagram.p);
	if (!rd_ok(&r)) {
		text_add(t, ": cut short at octet %zu\n", datagram.len);
	} else if (length > datagram.len || length < payload_at) {
		text_add(t, ": length %zu wrong, octet 2\n", length);
	} else {
		text_add(t, ": ");
		print_payload(t, rd_take_span(&r, length - payload_at));
	}
}

size_t l2tp_msg_text(struct span datagram, struct span secret, char *buf, size_t size)
{
	struct text t = text_init(buf, size);
	struct rd r = rd_span(datagram);
	uint16_t flags = rd_u16(&r);

	if (!rd_ok(&r))
		text_add(&t, "not L2TP: %zu octets\n", datagram.len);
	else if ((flags & L2TP_HEADER_VERSION) != 2)
		text_add(&t, "not L2TPv2: version %u, octet 1\n", flags & L2TP_HEADER_VERSION);
	else if (flags & L2TP_HEADER_T)
		print_control(&t, datagram, secret);
	else
		print_data(&t, datagram);
	return t.len;
}
