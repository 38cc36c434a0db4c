// SPDX-License-Identifier: GPL-2.0-or-later
/* Discovery frames of PPPoE: octets to struct and back (RFC 2516 sections 4, 5, appendix A). */
#include "l2mcd/pppoe_codec.h"

#include "lib/text.h"

#define VERSION_TYPE  0x11	 /* VER 1, TYPE 1 */
#define VENDOR_TR101  0x00000de9 /* the Broadband Forum's enterprise number */
#define TR101_CIRCUIT 1
#define TR101_REMOTE  2

/* ---------------------------------------------------------------- reading */

static bool is_vlan(uint16_t ethertype)
{
	return ethertype == PPPOE_ETHERTYPE_8021Q || ethertype == PPPOE_ETHERTYPE_8021AD;
}

static enum pppoe_decode ethernet(struct rd *r, struct pppoe_frame *f)
{
	uint16_t type;

	rd_copy(r, f->dst, PPPOE_MAC_LEN);
	rd_copy(r, f->src, PPPOE_MAC_LEN);
	type = rd_u16(r);
	while (is_vlan(type) && f->n_vlans < PPPOE_MAX_VLANS) {
		f->vlan[f->n_vlans++] = rd_u16(r) & 0xfff;
		type = rd_u16(r);
	}
	if (!rd_ok(r))
		return PPPOE_DECODE_SHORT;
	return type == PPPOE_ETHERTYPE_DISCOVERY ? PPPOE_DECODE_OK : PPPOE_DECODE_OTHER;
}

/* An intermediate agent says which line the host is on; what is not understood is skipped. */
static void vendor(struct pppoe_frame *f, struct rd r)
{
	if (rd_u32(&r) != VENDOR_TR101)
		return;
	while (rd_left(&r)) {
		uint8_t type = rd_u8(&r);
		struct span value = rd_take_span(&r, rd_u8(&r));

		if (!rd_ok(&r))
			return;
		if (type == TR101_CIRCUIT)
			f->circuit_id = value;
		else if (type == TR101_REMOTE)
			f->remote_id = value;
	}
}

/* Where a tag's value goes that is kept as it is. */
static struct span *field(struct pppoe_frame *f, uint16_t type)
{
	switch (type) {
	case PPPOE_TAG_AC_NAME:
		return &f->ac_name;
	case PPPOE_TAG_HOST_UNIQ:
		return &f->host_uniq;
	case PPPOE_TAG_AC_COOKIE:
		return &f->ac_cookie;
	case PPPOE_TAG_RELAY_SESSION_ID:
		return &f->relay_session_id;
	case PPPOE_TAG_SERVICE_NAME_ERROR:
	case PPPOE_TAG_AC_SYSTEM_ERROR:
	case PPPOE_TAG_GENERIC_ERROR:
		f->error = type;
		return &f->error_text;
	}
	return NULL;
}

static bool tag(struct pppoe_frame *f, uint16_t type, struct span value)
{
	struct rd r = rd_span(value);
	struct span *to;

	switch (type) {
	case PPPOE_TAG_SERVICE_NAME:
		if (f->n_services < PPPOE_MAX_SERVICES)
			f->service[f->n_services++] = value;
		return true;
	case PPPOE_TAG_VENDOR_SPECIFIC:
		vendor(f, r);
		return true;
	case PPPOE_TAG_PPP_MAX_PAYLOAD:
		f->max_payload = rd_u16(&r);
		return rd_ok(&r) && !rd_left(&r);
	}
	to = field(f, type); /* NULL: unknown tags are ignored (RFC 2516 section 4) */
	if (to)
		*to = value;
	return true;
}

static enum pppoe_decode tags(struct rd *r, struct pppoe_frame *f)
{
	while (rd_left(r)) {
		uint16_t type = rd_u16(r);
		struct span value = rd_take_span(r, rd_u16(r));

		if (!rd_ok(r))
			return PPPOE_DECODE_TAG;
		/* Appendix A: nothing after it is a tag; not required, for old hosts */
		if (type == PPPOE_TAG_END_OF_LIST)
			break;
		if (!tag(f, type, value))
			return PPPOE_DECODE_TAG;
	}
	return PPPOE_DECODE_OK;
}

enum pppoe_decode pppoe_decode(struct span frame, struct pppoe_frame *f)
{
	struct rd r = rd_span(frame), payload;
	enum pppoe_decode result;
	uint8_t version;

	memset(f, 0, sizeof(*f));
	result = ethernet(&r, f);
	if (result != PPPOE_DECODE_OK)
		return result;
	version = rd_u8(&r);
	f->code = rd_u8(&r);
	f->session_id = rd_u16(&r);
	payload = rd_sub(&r, rd_u16(&r)); /* the rest is padding of the Ethernet */
	if (!rd_ok(&r))
		return PPPOE_DECODE_SHORT;
	if (version != VERSION_TYPE)
		return PPPOE_DECODE_VERSION;
	return tags(&payload, f);
}

const char *pppoe_decode_name(enum pppoe_decode result)
{
	static const char *const names[PPPOE_DECODE_RESULTS] = {
		[PPPOE_DECODE_OK] = "ok",
		[PPPOE_DECODE_SHORT] = "short",
		[PPPOE_DECODE_OTHER] = "other",
		[PPPOE_DECODE_VERSION] = "version",
		[PPPOE_DECODE_TAG] = "malformed tag",
	};

	return result < PPPOE_DECODE_RESULTS ? names[result] : "unknown";
}

/* ---------------------------------------------------------------- writing */

static void put_tag(struct wr *w, uint16_t type, struct span value)
{
	if (!value.p)
		return;
	wr_u16(w, type);
	wr_u16(w, value.len);
	wr_copy(w, value.p, value.len);
}

static void put_vendor(struct wr *w, const struct pppoe_frame *f)
{
	size_t start;

	if (!f->circuit_id.p && !f->remote_id.p)
		return;
	wr_u16(w, PPPOE_TAG_VENDOR_SPECIFIC);
	start = wr_len(w);
	wr_u16(w, 0);
	wr_u32(w, VENDOR_TR101);
	if (f->circuit_id.p) {
		wr_u8(w, TR101_CIRCUIT);
		wr_u8(w, f->circuit_id.len);
		wr_copy(w, f->circuit_id.p, f->circuit_id.len);
	}
	if (f->remote_id.p) {
		wr_u8(w, TR101_REMOTE);
		wr_u8(w, f->remote_id.len);
		wr_copy(w, f->remote_id.p, f->remote_id.len);
	}
	wr_patch_u16(w, start, wr_len(w) - start - 2);
}

static void put_tags(struct wr *w, const struct pppoe_frame *f)
{
	uint8_t payload[2];

	for (size_t i = 0; i < f->n_services; i++)
		put_tag(w, PPPOE_TAG_SERVICE_NAME, f->service[i]);
	put_tag(w, PPPOE_TAG_AC_NAME, f->ac_name);
	put_tag(w, PPPOE_TAG_HOST_UNIQ, f->host_uniq);
	put_tag(w, PPPOE_TAG_AC_COOKIE, f->ac_cookie);
	put_tag(w, PPPOE_TAG_RELAY_SESSION_ID, f->relay_session_id);
	put_vendor(w, f);
	if (f->max_payload) {
		put_u16(payload, f->max_payload);
		put_tag(w, PPPOE_TAG_PPP_MAX_PAYLOAD, (struct span){payload, sizeof(payload)});
	}
	if (f->error)
		put_tag(w, f->error, f->error_text);
}

size_t pppoe_encode(const struct pppoe_frame *f, void *buf, size_t size)
{
	struct wr w = wr_init(buf, size);
	size_t length;

	wr_copy(&w, f->dst, PPPOE_MAC_LEN);
	wr_copy(&w, f->src, PPPOE_MAC_LEN);
	for (uint8_t i = 0; i < f->n_vlans; i++) {
		wr_u16(&w, i + 1 < f->n_vlans ? PPPOE_ETHERTYPE_8021AD : PPPOE_ETHERTYPE_8021Q);
		wr_u16(&w, f->vlan[i]);
	}
	wr_u16(&w, PPPOE_ETHERTYPE_DISCOVERY);
	wr_u8(&w, VERSION_TYPE);
	wr_u8(&w, f->code);
	wr_u16(&w, f->session_id);
	length = wr_len(&w);
	wr_u16(&w, 0);
	put_tags(&w, f);
	wr_patch_u16(&w, length, wr_len(&w) - length - 2);
	return wr_ok(&w) ? wr_len(&w) : 0;
}

/* ---------------------------------------------------------------- as text */

const char *pppoe_code_name(uint8_t code)
{
	switch (code) {
	case PPPOE_PADI:
		return "PADI";
	case PPPOE_PADO:
		return "PADO";
	case PPPOE_PADR:
		return "PADR";
	case PPPOE_PADS:
		return "PADS";
	case PPPOE_PADT:
		return "PADT";
	}
	return "unknown";
}

const char *pppoe_mac_str(const uint8_t mac[PPPOE_MAC_LEN], char buf[PPPOE_MAC_STRLEN])
{
	snprintf(buf, PPPOE_MAC_STRLEN, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
	return buf;
}

static void text_tag(struct text *t, const char *name, struct span value, bool hex)
{
	if (!value.p)
		return;
	text_add(t, ", %s ", name);
	if (hex)
		text_add_hex(t, value);
	else
		text_add_octets(t, value);
}

size_t pppoe_text(const struct pppoe_frame *f, char *buf, size_t size)
{
	struct text t = text_init(buf, size);
	char src[PPPOE_MAC_STRLEN], dst[PPPOE_MAC_STRLEN];

	text_add(&t, "%s %s > %s", pppoe_code_name(f->code), pppoe_mac_str(f->src, src),
		 pppoe_mac_str(f->dst, dst));
	for (uint8_t i = 0; i < f->n_vlans; i++)
		text_add(&t, " vlan %u", f->vlan[i]);
	text_add(&t, ", session %u", f->session_id);
	for (size_t i = 0; i < f->n_services; i++)
		text_tag(&t, "Service-Name", f->service[i], false);
	text_tag(&t, "AC-Name", f->ac_name, false);
	text_tag(&t, "Host-Uniq", f->host_uniq, true);
	text_tag(&t, "AC-Cookie", f->ac_cookie, true);
	text_tag(&t, "Relay-Session-Id", f->relay_session_id, true);
	text_tag(&t, "Circuit-Id", f->circuit_id, false);
	text_tag(&t, "Remote-Id", f->remote_id, false);
	if (f->max_payload)
		text_add(&t, ", PPP-Max-Payload %u", f->max_payload);
	text_tag(&t, "error", f->error_text, false);
	return t.len;
}
