// SPDX-License-Identifier: GPL-2.0-or-later
/* The TLVs of RFC 5036, 5561, 5918, 5919, 6388, 6389, 7473, 7552; see ldp_tlv.h. */
#include "mplsmc/ldp_tlv.h"

#define ROW	   const struct ldp_tlv_row *row
#define READ_ARGS  ROW, struct span value, struct ldp_decoder *d, struct ldp_msg *m
#define HAS_ARGS   ROW, const struct ldp_msg *m
#define WRITE_ARGS ROW, const struct ldp_msg *m, struct wr *w
#define PRINT_ARGS ROW, struct span value, struct text *t

/* ---------------------------------------------------------------- decoded, not used */

static uint32_t read_ignored(READ_ARGS)
{
	return LDP_S_SUCCESS;
}

static void print_octets(PRINT_ARGS)
{
	text_add_hex(t, value);
}

static void print_u32(PRINT_ARGS)
{
	struct rd r = rd_span(value);

	text_add(t, "%" PRIu32, rd_u32(&r));
}

static void print_hop_count(PRINT_ARGS)
{
	text_add(t, "%u", value.p[0]);
}

static void print_path_vector(PRINT_ARGS)
{
	struct rd r = rd_span(value);

	for (const char *space = ""; rd_left(&r) >= 4; space = " ") {
		struct addr a = addr_from_v4(rd_take(&r, 4));
		char str[ADDR_STRLEN];

		text_add(t, "%s%s", space, addr_str(&a, str));
	}
}

static void print_extended_status(PRINT_ARGS)
{
	struct rd r = rd_span(value);

	text_add(t, "0x%08" PRIx32, rd_u32(&r));
}

/* ---------------------------------------------------------------- Hello */

#define HELLO_TARGETED 0x8000
#define HELLO_REQUEST  0x4000
#define HELLO_GTSM     0x2000 /* RFC 6720 2.1 */

static uint32_t read_hello(READ_ARGS)
{
	struct rd r = rd_span(value);
	uint16_t flags;

	m->hello.hold_s = rd_u16(&r);
	flags = rd_u16(&r);
	m->hello.targeted = flags & HELLO_TARGETED;
	m->hello.request = flags & HELLO_REQUEST;
	m->hello.gtsm = flags & HELLO_GTSM;
	return LDP_S_SUCCESS;
}

static void write_hello(WRITE_ARGS)
{
	wr_u16(w, m->hello.hold_s);
	wr_u16(w, (m->hello.targeted ? HELLO_TARGETED : 0) |
			  (m->hello.request ? HELLO_REQUEST : 0) |
			  (m->hello.gtsm ? HELLO_GTSM : 0));
}

static void print_hello(PRINT_ARGS)
{
	struct rd r = rd_span(value);
	uint16_t flags;

	text_add(t, "hold %u s", rd_u16(&r));
	flags = rd_u16(&r);
	text_add(t, "%s%s%s", flags & HELLO_TARGETED ? ", targeted" : "",
		 flags & HELLO_REQUEST ? ", request" : "", flags & HELLO_GTSM ? ", GTSM" : "");
}

static struct addr value_address(struct span value)
{
	return value.len == 4 ? addr_from_v4(value.p) : addr_from_v6(value.p);
}

/* Both families in one Hello are tolerated on receipt (RFC 7552 6.1); we work over IPv4. */
static uint32_t read_transport(READ_ARGS)
{
	struct addr a = value_address(value);

	if (addr_is_any(&a) || addr_is_multicast(&a) || addr_is_v4(&a) != (value.len == 4))
		return LDP_S_MALFORMED_TLV;
	if (addr_is_v4(&a) || addr_is_any(&m->hello.transport))
		m->hello.transport = a;
	return LDP_S_SUCCESS;
}

static bool has_transport(HAS_ARGS)
{
	return !addr_is_any(&m->hello.transport) &&
	       addr_len(&m->hello.transport) == row->min; /* M-7552-6.1-1 */
}

static void write_transport(WRITE_ARGS)
{
	wr_copy(w, addr_octets(&m->hello.transport), addr_len(&m->hello.transport));
}

static void print_address(PRINT_ARGS)
{
	struct addr a = value_address(value);
	char str[ADDR_STRLEN];

	text_add(t, "%s", addr_str(&a, str));
}

static uint32_t read_sequence(READ_ARGS)
{
	struct rd r = rd_span(value);

	m->hello.has_sequence = true;
	m->hello.sequence = rd_u32(&r);
	return LDP_S_SUCCESS;
}

static bool has_sequence(HAS_ARGS)
{
	return m->hello.has_sequence;
}

static void write_sequence(WRITE_ARGS)
{
	wr_u32(w, m->hello.sequence);
}

static void print_dual_stack(PRINT_ARGS)
{
	text_add(t, "prefers %s",
		 value.p[0] >> 4 == 4	? "IPv4"
		 : value.p[0] >> 4 == 6 ? "IPv6"
					: "neither");
}

/* ---------------------------------------------------------------- Initialization */

#define SESSION_VERSION	       1
#define SESSION_ON_DEMAND      0x80
#define SESSION_LOOP_DETECTION 0x40

static uint32_t read_session(READ_ARGS)
{
	struct rd r = rd_span(value);
	uint8_t flags;

	if (rd_u16(&r) != SESSION_VERSION)
		return LDP_S_BAD_VERSION;
	m->init.keepalive_s = rd_u16(&r);
	flags = rd_u8(&r);
	m->init.on_demand = flags & SESSION_ON_DEMAND;
	m->init.loop_detection = flags & SESSION_LOOP_DETECTION;
	m->init.pv_limit = rd_u8(&r);
	m->init.max_pdu = rd_u16(&r);
	m->init.receiver.lsr_id = rd_u32(&r);
	m->init.receiver.space = rd_u16(&r);
	return LDP_S_SUCCESS;
}

static void write_session(WRITE_ARGS)
{
	wr_u16(w, SESSION_VERSION);
	wr_u16(w, m->init.keepalive_s);
	wr_u8(w, (m->init.on_demand ? SESSION_ON_DEMAND : 0) |
			 (m->init.loop_detection ? SESSION_LOOP_DETECTION : 0));
	wr_u8(w, m->init.pv_limit);
	wr_u16(w, m->init.max_pdu);
	wr_u32(w, m->init.receiver.lsr_id);
	wr_u16(w, m->init.receiver.space);
}

static void print_session(PRINT_ARGS)
{
	struct rd r = rd_span(value);
	struct addr receiver;
	char str[ADDR_STRLEN];
	uint8_t flags;

	text_add(t, "version %u", rd_u16(&r));
	text_add(t, ", KeepAlive %u s", rd_u16(&r));
	flags = rd_u8(&r);
	text_add(t, ", %s", flags & SESSION_ON_DEMAND ? "on demand" : "unsolicited");
	if (flags & SESSION_LOOP_DETECTION)
		text_add(t, ", loop detection, limit %u", rd_u8(&r));
	else
		rd_u8(&r);
	text_add(t, ", max PDU %u", rd_u16(&r));
	receiver = addr_from_v4(rd_take(&r, 4));
	text_add(t, ", for %s", addr_str(&receiver, str));
	text_add(t, ":%u", rd_u16(&r));
}

/* ---------------------------------------------------------------- capabilities */

#define CAPABILITY_S 0x80

/* S is 1 in Initialization and not looked at there (M-5561-3-1). */
static uint32_t read_capability(READ_ARGS)
{
	m->capabilities |= row->capability;
	if (m->type == LDP_INIT || value.p[0] & CAPABILITY_S)
		m->enabled |= row->capability;
	return LDP_S_SUCCESS;
}

static bool has_capability(HAS_ARGS)
{
	return m->capabilities & row->capability;
}

static void write_capability(WRITE_ARGS)
{
	bool on = m->type == LDP_INIT || m->enabled & row->capability;

	wr_u8(w, on ? CAPABILITY_S : 0);
}

static void print_capability(PRINT_ARGS)
{
	text_add(t, "%s", value.p[0] & CAPABILITY_S ? "on" : "off");
}

/* One octet for each kind of state (RFC 7473 4.1); there are four kinds. */
static uint32_t read_sac(READ_ARGS)
{
	size_t n = value.len - 1;

	m->n_sac = n < sizeof(m->sac) ? n : sizeof(m->sac);
	memcpy(m->sac, value.p + 1, m->n_sac);
	return read_capability(row, value, d, m);
}

static void write_sac(WRITE_ARGS)
{
	write_capability(row, m, w);
	wr_copy(w, m->sac, m->n_sac < sizeof(m->sac) ? m->n_sac : sizeof(m->sac));
}

static void print_sac(PRINT_ARGS)
{
	static const char *const kinds[8] = {
		[1] = "IPv4 prefix", [2] = "IPv6 prefix", [3] = "FEC 128", [4] = "FEC 129"};

	print_capability(row, value, t);
	for (size_t i = 1; i < value.len; i++) {
		const char *kind = kinds[value.p[i] >> 4 & 7];

		text_add(t, ", %s %s", kind ? kind : "unknown kind",
			 value.p[i] & 0x80 ? "off" : "on");
	}
}

/* ---------------------------------------------------------------- addresses */

static uint32_t read_address_list(READ_ARGS)
{
	struct rd r = rd_span(value);
	uint16_t family = rd_u16(&r);
	size_t len = family == LDP_FAMILY_IPV4 ? 4 : 16;

	if (family != LDP_FAMILY_IPV4 && family != LDP_FAMILY_IPV6)
		return LDP_S_UNSUPPORTED_AF; /* RFC 5036 3.5.5.1 */
	if (rd_left(&r) % len)
		return LDP_S_MALFORMED_TLV;
	while (rd_left(&r) && m->n_addresses < LDP_MAX_ADDRESSES) {
		struct addr a = value_address(rd_take_span(&r, len));

		if (addr_is_v4(&a) == (len == 4)) /* IPv4-mapped is nobody's address */
			d->addresses[m->n_addresses++] = a;
	}
	m->addresses = d->addresses;
	return LDP_S_SUCCESS;
}

static void write_address_list(WRITE_ARGS)
{
	size_t len = m->n_addresses ? addr_len(m->addresses) : 4;

	wr_u16(w, len == 4 ? LDP_FAMILY_IPV4 : LDP_FAMILY_IPV6);
	for (size_t i = 0; i < m->n_addresses; i++) {
		if (addr_len(&m->addresses[i]) != len)
			w->failed = true; /* a message for each family */
		wr_copy(w, addr_octets(&m->addresses[i]), len);
	}
}

static void print_address_list(PRINT_ARGS)
{
	struct rd r = rd_span(value);
	uint16_t family = rd_u16(&r);
	size_t len = family == LDP_FAMILY_IPV4 ? 4 : 16;

	if (family != LDP_FAMILY_IPV4 && family != LDP_FAMILY_IPV6)
		text_add(t, "family %u", family);
	else
		for (const char *space = ""; rd_left(&r) >= len; space = " ") {
			text_add(t, "%s", space);
			print_address(row, rd_take_span(&r, len), t);
		}
}

/* ---------------------------------------------------------------- FEC, see ldp_fec.c */

static uint32_t read_fec(READ_ARGS)
{
	return ldp_fec_read(value, d, m);
}

static bool has_fec(HAS_ARGS)
{
	return m->n_fecs;
}

static void write_fec(WRITE_ARGS)
{
	ldp_fec_write(m, w);
}

static void print_fec(PRINT_ARGS)
{
	ldp_fec_print(value, t);
}

/* ---------------------------------------------------------------- labels */

#define LABEL_MAX 0xfffff

/* A 32-bit number, whatever the figure looks like (A-mLDP-5); 0-15 are for the engine to refuse
 * (A-mLDP-8). */
static uint32_t read_label(READ_ARGS)
{
	struct rd r = rd_span(value);

	m->has_label = true;
	m->label = rd_u32(&r);
	return m->label > LABEL_MAX ? LDP_S_MALFORMED_TLV : LDP_S_SUCCESS;
}

static bool has_label(HAS_ARGS)
{
	return m->has_label;
}

static void write_label(WRITE_ARGS)
{
	wr_u32(w, m->label);
}

/* Reserved word, label (RFC 6389 4). */
static uint32_t read_upstream_label(READ_ARGS)
{
	struct rd r = rd_span(value);

	rd_u32(&r);
	m->has_upstream_label = true;
	m->upstream_label = rd_u32(&r);
	return m->upstream_label > LABEL_MAX ? LDP_S_MALFORMED_TLV : LDP_S_SUCCESS;
}

static bool has_upstream_label(HAS_ARGS)
{
	return m->has_upstream_label;
}

static void write_upstream_label(WRITE_ARGS)
{
	wr_u32(w, 0);
	wr_u32(w, m->upstream_label);
}

static void print_upstream_label(PRINT_ARGS)
{
	struct rd r = rd_span(value);

	rd_u32(&r);
	text_add(t, "%" PRIu32, rd_u32(&r));
}

static uint32_t read_upstream_request(READ_ARGS)
{
	m->upstream_request = true;
	return LDP_S_SUCCESS;
}

static bool has_upstream_request(HAS_ARGS)
{
	return m->upstream_request;
}

static void write_upstream_request(WRITE_ARGS)
{
	wr_u32(w, 0);
}

static uint32_t read_request_id(READ_ARGS)
{
	struct rd r = rd_span(value);

	m->has_request_id = true;
	m->request_id = rd_u32(&r);
	return LDP_S_SUCCESS;
}

static bool has_request_id(HAS_ARGS)
{
	return m->has_request_id;
}

static void write_request_id(WRITE_ARGS)
{
	wr_u32(w, m->request_id);
}

/* ---------------------------------------------------------------- see ldp_interface_id.c */

static uint32_t read_interface_id(READ_ARGS)
{
	ldp_interface_id_read(value, row->min, m);
	return LDP_S_SUCCESS;
}

static bool has_interface_id(HAS_ARGS)
{
	return m->has_context && addr_len(&m->context_source) + 4u == row->min;
}

static void write_interface_id(WRITE_ARGS)
{
	ldp_interface_id_write(m, w);
}

static void print_interface_id(PRINT_ARGS)
{
	ldp_interface_id_print(value, row->min, t);
}

/* ---------------------------------------------------------------- status */

#define STATUS_FORWARD 0x40000000u

static uint32_t read_status(READ_ARGS)
{
	struct rd r = rd_span(value);
	uint32_t code = rd_u32(&r);

	m->has_status = true;
	m->status.code = code & ~STATUS_FORWARD;
	m->status.forward = code & STATUS_FORWARD;
	m->status.message_id = rd_u32(&r);
	m->status.message_type = rd_u16(&r);
	return LDP_S_SUCCESS;
}

static bool has_status(HAS_ARGS)
{
	return m->has_status;
}

static void write_status(WRITE_ARGS)
{
	wr_u32(w, m->status.code | (m->status.forward ? STATUS_FORWARD : 0));
	wr_u32(w, m->status.message_id);
	wr_u16(w, m->status.message_type);
}

static void print_status(PRINT_ARGS)
{
	struct rd r = rd_span(value);
	uint32_t code = rd_u32(&r), id = rd_u32(&r);
	uint16_t type = rd_u16(&r);

	text_add(t, "0x%08" PRIx32 " (%s)", code, ldp_status_name(code & ~STATUS_FORWARD));
	if (code & STATUS_FORWARD)
		text_add(t, ", forward");
	if (id || type)
		text_add(t, ", about %s %" PRIu32, ldp_msg_name(type & ~LDP_U), id);
}

/* ---------------------------------------------------------------- LDP MP Status */

#define MP_STATUS_MBB 1

/* Elements we do not know, and codes, say nothing to us. */
static uint32_t read_mp_status(READ_ARGS)
{
	struct rd r = rd_span(value);

	while (rd_left(&r)) {
		uint8_t type = rd_u8(&r);
		uint16_t len = rd_u16(&r);
		struct rd element = rd_sub(&r, len);
		uint8_t code = rd_u8(&element);

		if (!rd_ok(&r) || (type == MP_STATUS_MBB && len != 1))
			return LDP_S_MALFORMED_TLV;
		if (type == MP_STATUS_MBB && (code == LDP_MBB_REQUEST || code == LDP_MBB_ACK))
			m->mbb = code;
	}
	return LDP_S_SUCCESS;
}

static bool has_mp_status(HAS_ARGS)
{
	return m->mbb != LDP_MBB_NONE;
}

static void write_mp_status(WRITE_ARGS)
{
	wr_u8(w, MP_STATUS_MBB);
	wr_u16(w, 1);
	wr_u8(w, m->mbb);
}

static void print_mp_status(PRINT_ARGS)
{
	struct rd r = rd_span(value);

	for (const char *comma = ""; rd_left(&r); comma = ", ") {
		uint8_t type = rd_u8(&r);
		struct span element = rd_take_span(&r, rd_u16(&r));

		if (!rd_ok(&r)) {
			text_add(t, "%scut short", comma);
		} else if (type == MP_STATUS_MBB && element.len == 1) {
			text_add(t, "%sMBB %s", comma,
				 element.p[0] == LDP_MBB_REQUEST ? "request"
				 : element.p[0] == LDP_MBB_ACK	 ? "ack"
								 : "unknown code");
		} else {
			text_add(t, "%selement %u ", comma, type);
			text_add_hex(t, element);
		}
	}
}

/* ---------------------------------------------------------------- the table */

#define IN(MSG)	    (UINT32_C(1) << LDP_ROW_##MSG)
#define LABELS	    (IN(MAPPING) | IN(REQUEST) | IN(WITHDRAW) | IN(RELEASE) | IN(ABORT))
#define RETURNED    IN(NOTIFICATION)
#define ANY	    UINT16_MAX

/* How a value is read, written and printed. */
#define SKIP(PRINT) read_ignored, NULL, NULL, PRINT
#define MUST(K)	    read_##K, NULL, write_##K, print_##K
#define KIND(K)	    read_##K, has_##K, write_##K, print_##K
#define TRANSPORT   read_transport, has_transport, write_transport, print_address
#define NUMBER(K)   read_##K, has_##K, write_##K, print_u32
#define CAP	    read_capability, has_capability, write_capability, print_capability
#define SAC	    read_sac, has_capability, write_sac, print_sac

#define U	    LDP_U
#define EVER	    (IN(INIT) | IN(CAPABILITY)) /* may change in a session */

/* clang-format off */
const struct ldp_tlv_row ldp_tlv_rows[] = {
	/* RFC 5036; MP Status goes before the FEC in a Notification (RFC 6388 8.2) */
	{LDP_TLV_STATUS, "Status", 0, 10, 10,
		IN(NOTIFICATION) | IN(WITHDRAW) | IN(RELEASE), 0, false, KIND(status)},
	{0x096f, "LDP MP Status", U, 0, ANY,
		IN(NOTIFICATION) | LABELS, 0, false, KIND(mp_status)},
	{LDP_TLV_FEC, "FEC", 0, 1, ANY, LABELS | RETURNED, 0, false, KIND(fec)},
	{LDP_TLV_LABEL, "Generic Label", 0, 4, 4,
		IN(MAPPING) | IN(WITHDRAW) | IN(RELEASE) | RETURNED, 0, false, NUMBER(label)},
	{LDP_TLV_UPSTREAM_LABEL, "Upstream-Assigned Label", 0, 8, 8,
		IN(MAPPING) | IN(WITHDRAW) | IN(RELEASE) | RETURNED, 0, false,
		KIND(upstream_label)},
	{0x0205, "Upstream-Assigned Label Request", 0, 4, 4,
		IN(REQUEST), 0, false,
		read_upstream_request, has_upstream_request, write_upstream_request, NULL},
	{LDP_TLV_REQUEST_ID, "Label Request Message ID", 0, 4, 4,
		IN(MAPPING) | IN(ABORT) | RETURNED, 0, false, NUMBER(request_id)},
	{0x0103, "Hop Count", 0, 1, 1, IN(MAPPING) | IN(REQUEST), 0, false, SKIP(print_hop_count)},
	{0x0104, "Path Vector", 0, 0, ANY,
		IN(MAPPING) | IN(REQUEST), 0, false, SKIP(print_path_vector)},
	{LDP_TLV_ADDRESS_LIST, "Address List", 0, 2, ANY,
		IN(ADDRESS) | IN(ADDRESS_WITHDRAW), 0, false, MUST(address_list)},
	{LDP_TLV_HELLO, "Common Hello Parameters", 0, 4, 4, IN(HELLO), 0, false, MUST(hello)},
	{0x0401, "IPv4 Transport Address", 0, 4, 4, IN(HELLO), 0, false, TRANSPORT},
	{0x0403, "IPv6 Transport Address", 0, 16, 16, IN(HELLO), 0, false, TRANSPORT},
	{0x0402, "Configuration Sequence Number", 0, 4, 4, IN(HELLO), 0, false, NUMBER(sequence)},
	{0x0701, "Dual-Stack Capability", U, 4, 4, IN(HELLO), 0, false, SKIP(print_dual_stack)},
	{LDP_TLV_SESSION, "Common Session Parameters", 0, 14, 14,
		IN(INIT), 0, false, MUST(session)},
	{0x0301, "Extended Status", 0, 4, 4, RETURNED, 0, false, SKIP(print_extended_status)},
	{0x0302, "Returned PDU", 0, 0, ANY, RETURNED, 0, false, SKIP(print_octets)},
	{0x0303, "Returned Message", 0, 0, ANY, RETURNED, 0, false, SKIP(print_octets)},
	{0x0304, "Returned TLVs", U, 0, ANY, RETURNED, 0, false, SKIP(print_octets)},

	/* capabilities; those of Initialization alone: M-5561-7-1, M-6389-3-1, M-5918-5-1 */
	{0x0506, "Dynamic Capability Announcement", U, 1, 1, IN(INIT), LDP_CAP_DYNAMIC, false, CAP},
	{0x0508, "P2MP Capability", U, 1, 1, EVER, LDP_CAP_P2MP, false, CAP},
	{0x0509, "MP2MP Capability", U, 1, 1, EVER, LDP_CAP_MP2MP, false, CAP},
	{0x050a, "MBB Capability", U, 1, 1, EVER, LDP_CAP_MBB, false, CAP},
	{0x050b, "Typed Wildcard FEC Capability", U, 1, 1,
		IN(INIT), LDP_CAP_TYPED_WILDCARD, false, CAP},
	{0x050d, "State Advertisement Control Capability", U, 1, ANY,
		EVER, LDP_CAP_SAC, false, SAC},
	{0x0507, "Upstream Label Assignment Capability", U, 1, 1,
		IN(INIT), LDP_CAP_UPSTREAM_LABEL, false, CAP},
	{0x0603, "Unrecognized Notification Capability", U, 1, 1,
		EVER, LDP_CAP_UNRECOGNISED, false, CAP},

	/* RFC 6389: the context label of a LAN */
	{0x082d, "IPv4 Interface ID", 0, 8, ANY, LABELS, 0, true, KIND(interface_id)},
	{0x082e, "IPv6 Interface ID", 0, 20, ANY, LABELS, 0, true, KIND(interface_id)},
	/* RFC 4447; some send it, with U=0, in mappings of any FEC */
	{0x096a, "PW Status", U, 4, 4,
		IN(NOTIFICATION) | IN(MAPPING), 0, false, SKIP(print_extended_status)},
};
/* clang-format on */

const size_t ldp_tlv_n_rows = array_size(ldp_tlv_rows);

const struct ldp_tlv_row *ldp_tlv_row(unsigned int type)
{
	for (size_t i = 0; i < array_size(ldp_tlv_rows); i++)
		if (ldp_tlv_rows[i].type == type)
			return &ldp_tlv_rows[i];
	return NULL;
}
