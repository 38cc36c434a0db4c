// SPDX-License-Identifier: GPL-2.0-or-later
/* Control messages of L2TPv2: header, AVPs in and out; see l2tp_msg.h and l2tp_avp.h. */
#include "l2mcd/l2tp_msg.h"

#include "l2mcd/l2tp_avp.h"
#include "l2mcd/l2tp_hide.h"

/* ---------------------------------------------------------------- messages */

struct message {
	const char *name; /* NULL: no such message */
	bool session;	  /* about one session, else about the tunnel */
	bool m;		  /* M bit of its Message Type AVP */
	uint64_t must;	  /* AVPs it must have: 1 << enum l2tp_avp_type */
};

#define NEEDS(AVP) (UINT64_C(1) << L2TP_AVP_##AVP)
#define CONTROL                                                                     \
	(NEEDS(PROTOCOL_VERSION) | NEEDS(FRAMING_CAPABILITIES) | NEEDS(HOST_NAME) | \
	 NEEDS(ASSIGNED_TUNNEL_ID))
#define CALL (NEEDS(ASSIGNED_SESSION_ID) | NEEDS(CALL_SERIAL_NUMBER))
#define LINE (NEEDS(TX_CONNECT_SPEED) | NEEDS(FRAMING_TYPE))
#define OUTGOING                                                                              \
	(NEEDS(MINIMUM_BPS) | NEEDS(MAXIMUM_BPS) | NEEDS(BEARER_TYPE) | NEEDS(FRAMING_TYPE) | \
	 NEEDS(CALLED_NUMBER))

static const struct message messages[L2TP_MSG_TYPES] = {
	/* RFC 2661 6.1 to 6.14 */
	[L2TP_SCCRQ] = {"SCCRQ", false, true, CONTROL},
	[L2TP_SCCRP] = {"SCCRP", false, true, CONTROL},
	[L2TP_SCCCN] = {"SCCCN", false, true, 0},
	[L2TP_STOPCCN] = {"StopCCN", false, true, NEEDS(ASSIGNED_TUNNEL_ID) | NEEDS(RESULT_CODE)},
	[L2TP_HELLO] = {"HELLO", false, true, 0},
	[L2TP_OCRQ] = {"OCRQ", true, true, CALL | OUTGOING},
	[L2TP_OCRP] = {"OCRP", true, true, NEEDS(ASSIGNED_SESSION_ID)},
	[L2TP_OCCN] = {"OCCN", true, true, LINE},
	[L2TP_ICRQ] = {"ICRQ", true, true, CALL},
	[L2TP_ICRP] = {"ICRP", true, true, NEEDS(ASSIGNED_SESSION_ID)},
	[L2TP_ICCN] = {"ICCN", true, true, LINE},
	[L2TP_CDN] = {"CDN", true, true, NEEDS(ASSIGNED_SESSION_ID) | NEEDS(RESULT_CODE)},
	[L2TP_WEN] = {"WEN", true, true, NEEDS(CALL_ERRORS)},
	[L2TP_SLI] = {"SLI", true, true, NEEDS(ACCM)},
	/* RFC 4045 5 to 7; the M bit must be 0 (R4045-5.1-8, -5.2-4, -5.3-5, -6.1-2, -7.2-4) */
	[L2TP_MSRQ] = {"MSRQ", true, false, NEEDS(ASSIGNED_SESSION_ID)},
	[L2TP_MSRP] = {"MSRP", true, false, NEEDS(ASSIGNED_SESSION_ID)},
	[L2TP_MSE] = {"MSE", true, false, 0},
	[L2TP_MSI] = {"MSI", true, false, 0},
	[L2TP_MSEN] = {"MSEN", true, false, NEEDS(ASSIGNED_SESSION_ID) | NEEDS(RESULT_CODE)},
};

static const struct message *message_row(unsigned int type)
{
	return type < array_size(messages) && messages[type].name ? &messages[type] : NULL;
}

const char *l2tp_msg_name(unsigned int type)
{
	const struct message *row = message_row(type);

	if (type == L2TP_ZLB)
		return "ZLB";
	return row ? row->name : "unknown";
}

bool l2tp_msg_is_session(enum l2tp_msg_type type)
{
	const struct message *row = message_row(type);

	return row && row->session;
}

/* ---------------------------------------------------------------- decoding */

#define AVP_M	     0x8000
#define AVP_H	     0x4000
#define AVP_RESERVED 0x3c00
#define AVP_LENGTH   0x03ff

struct decoding {
	struct l2tp_decoder *d;
	struct span secret, vector; /* vector.p NULL: none so far */
	struct span datagram;
	struct rd r;
	struct l2tp_msg *m;
	struct l2tp_fault *fault;
	struct l2tp_decode_stats *stats;
	enum l2tp_decode result;
	l2tp_avp_seen seen;
	void *ctx;
};

static size_t offset_of(const struct decoding *c)
{
	return (size_t)(c->r.p - c->datagram.p);
}

/* The first fault is the one reported; what follows it is decoded all the same, for the IDs. */
static void set_fault(struct decoding *c, enum l2tp_decode result, const struct l2tp_fault *fault)
{
	if (c->result != L2TP_DECODE_OK)
		return;
	c->result = result;
	*c->fault = *fault;
}

static void see(const struct decoding *c, const struct l2tp_avp *avp, const char *note)
{
	if (c->seen)
		c->seen(c->ctx, avp, note);
}

/* An AVP that is not stored: fatal if M=1, else counted by the caller and passed over. */
static void reject(struct decoding *c, const struct l2tp_avp *avp, bool fatal,
		   enum l2tp_error error, const char *why)
{
	struct l2tp_fault fault = {
		.error = error, .avp = avp->type, .vendor = avp->vendor, .offset = avp->offset};

	if (avp->vendor)
		snprintf(fault.text, sizeof(fault.text), "vendor %u AVP %u %s", avp->vendor,
			 avp->type, why);
	else
		snprintf(fault.text, sizeof(fault.text), "AVP %u %s", avp->type, why);
	if (fatal)
		set_fault(c, L2TP_DECODE_BAD, &fault);
	see(c, avp, why);
}

/* Cuts the next AVP off; false if there is none or its length leads nowhere. */
static bool next_avp(struct decoding *c, struct l2tp_avp *avp)
{
	struct rd peek = c->r;
	uint16_t flags = rd_u16(&peek);
	size_t len = flags & AVP_LENGTH, offset = offset_of(c);
	struct rd r = rd_sub(&c->r, len < L2TP_AVP_HEADER ? SIZE_MAX : len);

	*avp = (struct l2tp_avp){
		.m = flags & AVP_M,
		.hidden = flags & AVP_H,
		.offset = offset,
	};
	rd_u16(&r);
	avp->vendor = rd_u16(&r);
	avp->type = rd_u16(&r);
	avp->value = rd_take_span(&r, rd_left(&r));
	return rd_ok(&r);
}

/* Plain value of a hidden AVP (RFC 2661 4.3) into the decoder's buffer. */
static const char *unhide(struct decoding *c, struct l2tp_avp *avp)
{
	uint8_t *plain = c->d->plain + c->d->plain_len;
	struct span value;
	struct rd r;

	if (!avp->row->may_hide)
		return "hidden, which it must not be";
	if (!c->secret.len)
		return "hidden, but there is no secret";
	if (!c->vector.p)
		return "hidden without a Random Vector";
	l2tp_unhide(avp->type, c->secret, c->vector, avp->value, plain);
	r = rd_init(plain, avp->value.len);
	value = rd_take_span(&r, rd_u16(&r));
	if (!rd_ok(&r))
		return "hidden, but not with our secret";
	avp->value = value; /* what follows it is padding (R2661-4.3-4) */
	c->d->plain_len += (size_t)(r.end - plain);
	return NULL;
}

static void append_sids(struct decoding *c, const struct l2tp_avp *avp)
{
	struct rd r = rd_span(avp->value);

	while (rd_left(&r))
		c->d->sids[c->d->n_sids++] =
			(struct l2tp_sid_op){.avp = avp->type, .session_id = rd_u16(&r)};
}

static void store_value(struct decoding *c, struct l2tp_avp *avp)
{
	const struct l2tp_avp_row *row = avp->row;
	enum l2tp_error error = L2TP_ERR_LENGTH;

	avp->readable = avp->value.len >= row->min && avp->value.len <= row->max;
	if (avp->readable)
		error = row->read(row, avp->value, c->m);
	if (error) {
		c->stats->avp_malformed++;
		reject(c, avp, row->m, error,
		       error == L2TP_ERR_LENGTH ? "has a wrong length" : "has an invalid value");
		return;
	}
	if (avp->type == L2TP_AVP_RANDOM_VECTOR) {
		c->vector = avp->value; /* for the hidden AVPs that follow (R2661-4.3-2) */
	} else {
		if (l2tp_avp_is_sids(avp->type))
			append_sids(c, avp);
		l2tp_msg_set(c->m, avp->type);
	}
	see(c, avp, NULL);
}

static void decode_avp(struct decoding *c, struct l2tp_avp *avp, bool reserved)
{
	const char *why;

	if (reserved) { /* R2661-4.1-2 */
		c->stats->avp_reserved_bits++;
		reject(c, avp, avp->m, L2TP_ERR_UNKNOWN_AVP, "has reserved bits set");
		return;
	}
	avp->row = avp->vendor ? NULL : l2tp_avp_row(avp->type); /* R2661-4.1-5 */
	if (!avp->row) {
		c->stats->avp_unknown++;
		reject(c, avp, avp->m, L2TP_ERR_UNKNOWN_AVP, "unknown"); /* R2661-4.1-3, -4 */
		return;
	}
	if (!(avp->row->messages >> c->m->type & 1)) {
		c->stats->avp_misplaced++;
		reject(c, avp, false, L2TP_ERR_NONE, "does not belong in this message");
		return;
	}
	if (avp->m != avp->row->m)
		c->stats->avp_m_bit++; /* either is accepted (A4045-15, -16) */
	if (avp->hidden) {
		c->stats->avp_hidden++;
		why = unhide(c, avp);
		if (why) { /* A4045-19 */
			c->stats->avp_unhide_failed++;
			reject(c, avp, avp->row->m, L2TP_ERR_VALUE, why);
			return;
		}
	}
	store_value(c, avp);
}

/* AVPs up to the end.  A length that leads nowhere is fatal whatever the M bit. */
static void decode_avps(struct decoding *c)
{
	while (rd_left(&c->r)) {
		struct l2tp_fault fault = {.error = L2TP_ERR_LENGTH, .offset = offset_of(c)};
		struct rd peek = c->r;
		bool reserved = rd_u16(&peek) & AVP_RESERVED;
		struct l2tp_avp avp;

		if (!next_avp(c, &avp)) {
			snprintf(fault.text, sizeof(fault.text), "AVP length wrong");
			c->stats->avp_malformed++;
			set_fault(c, L2TP_DECODE_BAD, &fault);
			return;
		}
		decode_avp(c, &avp, reserved);
	}
}

/* R2661-6.1-1 and its like: the general error codes have none for this, so the text says it. */
static void check_mandatory(struct decoding *c, const struct message *row)
{
	struct l2tp_fault fault = {.error = L2TP_ERR_VENDOR, .offset = offset_of(c)};
	uint64_t missing = row->must & ~c->m->has[0];

	if (!missing)
		return;
	while (!(missing >> fault.avp & 1))
		fault.avp++;
	snprintf(fault.text, sizeof(fault.text), "AVP %u %s missing", fault.avp,
		 l2tp_avp_name(fault.avp));
	set_fault(c, L2TP_DECODE_BAD, &fault);
}

/* Message Type: first, plain, of vendor 0 (R2661-4.4.1-1); without it there is no message. */
static void decode_body(struct decoding *c)
{
	struct l2tp_fault fault = {.error = L2TP_ERR_VALUE, .offset = offset_of(c)};
	struct rd peek = c->r;
	uint16_t flags = rd_u16(&peek);
	const struct message *row;
	struct l2tp_avp avp;
	struct rd value;

	if (!next_avp(c, &avp) || flags & (AVP_H | AVP_RESERVED) || avp.vendor ||
	    avp.type != L2TP_AVP_MESSAGE_TYPE || avp.value.len != 2) {
		snprintf(fault.text, sizeof(fault.text), "no Message Type");
		set_fault(c, L2TP_DECODE_DISCARD, &fault);
		return;
	}
	value = rd_span(avp.value);
	c->m->type = rd_u16(&value);
	row = message_row(c->m->type);
	avp.row = l2tp_avp_row(avp.type);
	avp.readable = true;
	see(c, &avp, row ? NULL : "unknown");
	if (!row) { /* R2661-4.4.1-2 */
		snprintf(fault.text, sizeof(fault.text), "message type %u unknown",
			 (unsigned int)c->m->type);
		set_fault(c, avp.m ? L2TP_DECODE_UNKNOWN_TYPE : L2TP_DECODE_IGNORE, &fault);
		return;
	}
	if (avp.m != row->m)
		c->stats->avp_m_bit++;
	l2tp_msg_set(c->m, L2TP_AVP_MESSAGE_TYPE);
	decode_avps(c);
	check_mandatory(c, row);
	c->m->sids = c->d->sids;
	c->m->n_sids = c->d->n_sids;
}

/* Header of a control message; the text says why it is none. */
static const char *decode_header(struct decoding *c)
{
	struct rd r = rd_span(c->datagram);
	uint16_t flags = rd_u16(&r), length = rd_u16(&r);

	c->m->tunnel_id = rd_u16(&r);
	c->m->session_id = rd_u16(&r);
	c->m->ns = rd_u16(&r);
	c->m->nr = rd_u16(&r);
	if (!rd_ok(&r))
		return "shorter than a header";
	if ((flags & L2TP_HEADER_VERSION) != 2)
		return "version is not 2"; /* R2661-3.1-3 */
	if (!(flags & L2TP_HEADER_T))
		return "not a control message";
	if ((flags & (L2TP_HEADER_L | L2TP_HEADER_S | L2TP_HEADER_O)) !=
	    (L2TP_HEADER_L | L2TP_HEADER_S))
		return "header bits L S O of a control message wrong"; /* R2661-3.1-1 */
	if (length < L2TP_HEADER_LEN || length > c->datagram.len)
		return "header length wrong"; /* A2661-10 */
	c->r = rd_init(r.p, length - L2TP_HEADER_LEN);
	return NULL;
}

enum l2tp_decode l2tp_msg_walk(struct l2tp_decoder *d, struct span datagram, struct span secret,
			       struct l2tp_msg *m, struct l2tp_fault *fault,
			       struct l2tp_decode_stats *stats, l2tp_avp_seen seen, void *ctx)
{
	struct decoding c = {.d = d,
			     .secret = secret,
			     .datagram = datagram,
			     .m = m,
			     .fault = fault,
			     .stats = stats,
			     .seen = seen,
			     .ctx = ctx};
	struct l2tp_fault header = {0};
	const char *why;

	d->plain_len = d->n_sids = 0;
	memset(m, 0, sizeof(*m));
	memset(fault, 0, sizeof(*fault));
	why = decode_header(&c);
	if (why) {
		snprintf(header.text, sizeof(header.text), "%s", why);
		set_fault(&c, L2TP_DECODE_DISCARD, &header);
	} else if (rd_left(&c.r)) {
		decode_body(&c);
	}
	return c.result;
}

enum l2tp_decode l2tp_msg_decode(struct l2tp_decoder *d, struct span datagram, struct span secret,
				 struct l2tp_msg *m, struct l2tp_fault *fault,
				 struct l2tp_decode_stats *stats)
{
	return l2tp_msg_walk(d, datagram, secret, m, fault, stats, NULL, NULL);
}

/* ---------------------------------------------------------------- encoding */

struct encoding {
	const struct l2tp_hide *hide; /* NULL: nothing to hide */
	enum l2tp_msg_type type;
	bool vector_sent;
	struct wr w;
};

/* An AVP being written. */
struct open_avp {
	uint16_t type;
	size_t offset;
	bool hidden;
};

static struct open_avp open_avp(struct encoding *e, uint16_t type)
{
	const struct l2tp_avp_row *row = l2tp_avp_row(type);
	struct open_avp a = {.type = type};

	if (!row || !(row->messages >> e->type & 1)) {
		e->w.failed = true;
		return a;
	}
	a.hidden = row->may_hide && e->hide;
	if (a.hidden && !e->vector_sent) { /* once, before the first (R2661-4.3-2) */
		wr_u16(&e->w, AVP_M | (L2TP_AVP_HEADER + L2TP_RANDOM_VECTOR));
		wr_u16(&e->w, 0);
		wr_u16(&e->w, L2TP_AVP_RANDOM_VECTOR);
		wr_copy(&e->w, e->hide->vector, L2TP_RANDOM_VECTOR);
		e->vector_sent = true;
	}
	a.offset = wr_len(&e->w);
	wr_u16(&e->w, (row->m ? AVP_M : 0) | (a.hidden ? AVP_H : 0));
	wr_u16(&e->w, 0);
	wr_u16(&e->w, type);
	if (a.hidden)
		wr_u16(&e->w, 0); /* the original length */
	return a;
}

static void close_avp(struct encoding *e, const struct open_avp *a)
{
	size_t head = L2TP_AVP_HEADER + (a->hidden ? 2 : 0), total, len;
	const struct l2tp_avp_row *row = l2tp_avp_row(a->type);

	if (!wr_ok(&e->w))
		return;
	total = wr_len(&e->w) - a->offset;
	len = total - head;
	if (len < row->min || len > row->max || total > L2TP_AVP_MAX_LEN) {
		e->w.failed = true;
		return;
	}
	wr_patch_u16(&e->w, a->offset,
		     (row->m ? AVP_M : 0) | (a->hidden ? AVP_H : 0) | (uint16_t)total);
	if (!a->hidden)
		return;
	wr_patch_u16(&e->w, a->offset + L2TP_AVP_HEADER, (uint16_t)len);
	l2tp_hide(a->type, e->hide->secret, (struct span){e->hide->vector, L2TP_RANDOM_VECTOR},
		  e->w.start + a->offset + L2TP_AVP_HEADER, total - L2TP_AVP_HEADER);
}

/* Runs of Session IDs of one AVP type, each split at what an AVP can hold (A4045-6). */
static void encode_sids(struct encoding *e, const struct l2tp_msg *m)
{
	size_t max = L2TP_MAX_SIDS_PER_AVP - (e->hide ? 1 : 0);

	for (size_t i = 0, n; i < m->n_sids; i += n) {
		uint8_t type = m->sids[i].avp;
		struct open_avp a;

		if (!l2tp_avp_is_sids(type)) {
			e->w.failed = true;
			return;
		}
		a = open_avp(e, type);
		for (n = 0; n < max && i + n < m->n_sids && m->sids[i + n].avp == type; n++)
			wr_u16(&e->w, m->sids[i + n].session_id);
		close_avp(e, &a);
	}
}

static void encode_avps(struct encoding *e, const struct l2tp_msg *m)
{
	for (unsigned int type = 1; type < 64 * array_size(m->has); type++) {
		const struct l2tp_avp_row *row = l2tp_avp_row(type);
		struct open_avp a;

		if (type == L2TP_AVP_NEW_OUTGOING_SESSIONS)
			encode_sids(e, m);
		if (!l2tp_msg_has(m, type) || (row && !row->write))
			continue; /* what has no writer is not taken from `has` */
		a = open_avp(e, type);
		if (!wr_ok(&e->w))
			return;
		row->write(row, m, &e->w);
		close_avp(e, &a);
	}
}

size_t l2tp_msg_encode(const struct l2tp_msg *m, const struct l2tp_hide *hide, uint8_t *buf,
		       size_t size)
{
	const struct message *row = message_row(m->type);
	struct encoding e = {.hide = hide && hide->secret.len ? hide : NULL,
			     .type = m->type,
			     .w = wr_init(buf, size > UINT16_MAX ? UINT16_MAX : size)};

	if (!row && m->type != L2TP_ZLB)
		return 0;
	wr_u16(&e.w, L2TP_HEADER_CONTROL);
	wr_u16(&e.w, L2TP_HEADER_LEN);
	wr_u16(&e.w, m->tunnel_id);
	wr_u16(&e.w, m->session_id);
	wr_u16(&e.w, m->ns);
	wr_u16(&e.w, m->nr);
	if (row) {
		wr_u16(&e.w, (row->m ? AVP_M : 0) | (L2TP_AVP_HEADER + 2));
		wr_u16(&e.w, 0);
		wr_u16(&e.w, L2TP_AVP_MESSAGE_TYPE);
		wr_u16(&e.w, m->type);
		encode_avps(&e, m);
		wr_patch_u16(&e.w, 2, (uint16_t)wr_len(&e.w));
	}
	return wr_ok(&e.w) ? wr_len(&e.w) : 0;
}
