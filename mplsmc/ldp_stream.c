// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Octets of a connection to PDUs to messages (RFC 5036 3.1, 3.5.1), and back.
 *
 * What comes in is collected PDU by PDU, at most one of the agreed length.  What goes out is
 * packed: messages of one round share PDUs.
 */
#include "mplsmc/ldp_engine_p.h"

DEFINE_MTYPE_STATIC(LDP, LDP_INPUT, "LDP input");
DEFINE_MTYPE_STATIC(LDP, LDP_OUTPUT, "LDP output");

#define UNCOUNTED  4	/* octets of a PDU before what its length counts */
#define OUT_KEEP   8192 /* a larger buffer is not kept */
#define TLV_HEADER 4
#define RETURNED   0x8304 /* Returned TLVs, U=1 (RFC 5561) */

/* ---------------------------------------------------------------- output */

void ldp_stream_open(struct ldp_session *s)
{
	uint16_t max =
		s->e->p.max_pdu > LDP_DEFAULT_MAX_PDU ? s->e->p.max_pdu : LDP_DEFAULT_MAX_PDU;

	ldp_stream_reset(s);
	if (!s->in)
		s->in = XCALLOC(MTYPE_LDP_INPUT, (size_t)max + UNCOUNTED);
}

void ldp_stream_reset(struct ldp_session *s)
{
	s->in_len = s->out_len = 0;
	s->pdu_open = false;
	s->max_pdu = LDP_DEFAULT_MAX_PDU;
	if (s->queued)
		ldp_session_flush_del(&s->e->flush, s);
	s->queued = false;
}

void ldp_stream_free(struct ldp_session *s)
{
	XFREE(MTYPE_LDP_INPUT, s->in);
	XFREE(MTYPE_LDP_OUTPUT, s->out);
}

static void put_header(struct ldp_session *s)
{
	struct wr w = wr_init(s->out + s->pdu_start, LDP_PDU_HEADER);

	wr_u16(&w, 1);
	wr_u16(&w, (uint16_t)(s->out_len - s->pdu_start - UNCOUNTED));
	wr_u32(&w, s->e->p.id.lsr_id);
	wr_u16(&w, s->e->p.id.space);
}

/* Room for one more PDU of any size. */
static void make_room(struct ldp_session *s)
{
	size_t need = s->out_len + LDP_PDU_HEADER + s->max_pdu;

	if (s->out_size >= need)
		return;
	s->out_size = need > 2 * s->out_size ? need : 2 * s->out_size;
	s->out = XREALLOC(MTYPE_LDP_OUTPUT, s->out, s->out_size);
}

/* A message of len octets stands where a new PDU would have it. */
static void commit(struct ldp_session *s, size_t len)
{
	uint8_t *at = s->out + s->out_len + LDP_PDU_HEADER;

	if (s->pdu_open && s->out_len - s->pdu_start + len <= s->max_pdu) {
		memmove(s->out + s->out_len, at, len);
		s->out_len += len;
	} else {
		s->pdu_start = s->out_len;
		s->out_len += LDP_PDU_HEADER + len;
		s->pdu_open = true;
	}
	put_header(s);
	if (!s->queued)
		ldp_session_flush_add_tail(&s->e->flush, s);
	s->queued = true;
}

static uint32_t put(struct ldp_session *s, struct ldp_msg *m, struct span returned, msec_t now)
{
	size_t room = s->max_pdu - LDP_PDU_HEADER, len;
	struct wr w;

	if (s->connection != LDP_CONNECTED)
		return 0;
	make_room(s);
	m->id = s->message_id + 1;
	w = wr_init(s->out + s->out_len + LDP_PDU_HEADER, room);
	len = ldp_msg_encode(m, w.p, room);
	if (!len)
		return 0;
	wr_reserve(&w, len);
	if (returned.len && wr_left(&w) >= TLV_HEADER + returned.len) {
		wr_u16(&w, RETURNED);
		wr_u16(&w, (uint16_t)returned.len);
		wr_copy(&w, returned.p, returned.len);
		wr_patch_u16(&w, 2, (uint16_t)(wr_len(&w) - UNCOUNTED));
	}
	s->message_id++;
	s->tx[ldp_msg_row(m->type)]++;
	commit(s, wr_len(&w));
	if (m->type == LDP_INIT) /* alone: not everybody expects more before the answer */
		s->pdu_open = false;
	return m->id;
}

uint32_t ldp_stream_put(struct ldp_session *s, struct ldp_msg *m, msec_t now)
{
	return put(s, m, (struct span){NULL, 0}, now);
}

void ldp_stream_notify(struct ldp_session *s, const struct ldp_cause *cause, msec_t now)
{
	struct ldp_msg m = {.type = LDP_NOTIFICATION, .has_status = true};

	m.status.code = cause->status;
	m.status.message_id = cause->message_id;
	m.status.message_type = cause->message_type;
	if (LDP_S_FATAL(cause->status))
		s->e->stats.fatal_tx++;
	put(s, &m, cause->returned, now);
}

/* The buffer is out of the session while the callback has it: it may send more. */
void ldp_stream_flush(struct ldp_session *s, msec_t now)
{
	uint8_t *out = s->out;
	size_t len = s->out_len, size = s->out_size;

	if (s->queued)
		ldp_session_flush_del(&s->e->flush, s);
	s->queued = s->pdu_open = false;
	s->out_len = 0;
	if (!len || s->connection != LDP_CONNECTED)
		return;
	s->out = NULL;
	s->out_size = 0;
	s->said = now;
	s->e->ops->write(s->e->ctx, s, (struct span){out, len});
	if (s->out || size > OUT_KEEP) {
		XFREE(MTYPE_LDP_OUTPUT, out);
	} else {
		s->out = out;
		s->out_size = size;
	}
}

/* ---------------------------------------------------------------- messages */

/* Nothing more is to be read after the connection has ended; a new one begins with a timer or a
 * Hello, never inside here. */
static bool alive(const struct ldp_session *s)
{
	return !s->dead && s->connection == LDP_CONNECTED;
}

static void process(struct ldp_session *s, const struct ldp_msg *m, msec_t now)
{
	struct ldp_engine *e = s->e;

	switch (m->type) {
	case LDP_HELLO:
		e->stats.faults++;
		return;
	case LDP_CAPABILITY:
		if (!(e->p.capabilities & LDP_CAP_DYNAMIC)) { /* M-5561-7-1 */
			e->stats.unknown_messages++;
			return;
		}
		ldp_capability_learn(s, m);
		ldp_addresses_send(s, now);
		break;
	case LDP_ADDRESS:
	case LDP_ADDRESS_WITHDRAW:
		if (!ldp_addresses_learn(s, m)) /* M-5036-3.5.5-2 */
			return;
		break;
	default:
		break;
	}
	e->ops->message(e->ctx, s, m);
}

static void init_input(struct ldp_session *s, const struct ldp_msg *m, struct ldp_cause *cause,
		       msec_t now)
{
	bool expected = s->state == LDP_INITIALIZED || s->state == LDP_OPENSENT;

	if (expected && !ldp_init_accept(s, m, cause))
		ldp_session_event(s, LDP_E_INIT_BAD, cause, now);
	else
		ldp_session_event(s, LDP_E_INIT, cause, now);
}

static void message_input(struct ldp_session *s, const struct ldp_msg *m, msec_t now)
{
	struct ldp_cause cause = {
		.status = LDP_S_SHUTDOWN, .message_id = m->id, .message_type = m->type};

	switch (m->type) {
	case LDP_INIT:
		init_input(s, m, &cause, now);
		return;
	case LDP_KEEPALIVE:
		ldp_session_event(s, LDP_E_KEEPALIVE, &cause, now);
		return;
	case LDP_NOTIFICATION:
		if (!LDP_S_FATAL(m->status.code))
			break;
		s->e->stats.fatal_rx++;
		cause.received = m->status.code;
		cause.text = ldp_status_name(m->status.code);
		ldp_session_event(s, LDP_E_SHUTDOWN, &cause, now);
		return;
	default:
		break;
	}
	if (ldp_session_event(s, LDP_E_MESSAGE, &cause, now) == LDP_A_PROCESS)
		process(s, m, now);
}

/* The TLV that a fault is about, header included. */
static struct span faulty_tlv(struct span message, const struct ldp_fault *fault)
{
	struct rd r = rd_span(message), peek;

	rd_take(&r, fault->offset);
	peek = r;
	rd_u16(&peek);
	return rd_take_span(&r, (size_t)TLV_HEADER + rd_u16(&peek));
}

/* What the decoder did not take. */
static void fault_input(struct ldp_session *s, const struct ldp_msg *m,
			const struct ldp_fault *fault, struct span message, msec_t now)
{
	bool expected =
		m->type == LDP_INIT && (s->state == LDP_INITIALIZED || s->state == LDP_OPENSENT);
	struct ldp_cause cause = {.status = fault->status,
				  .message_id = fault->message_id,
				  .message_type = fault->message_type,
				  .text = fault->text};

	s->e->stats.faults++;
	if (fault->status == LDP_S_UNKNOWN_MESSAGE)
		s->e->stats.unknown_messages++;
	if (fault->status == LDP_S_UNSUPPORTED_CAPABILITY)
		cause.returned = faulty_tlv(message, fault);
	if (LDP_S_FATAL(fault->status)) {
		ldp_session_event(s, LDP_E_FAULT, &cause, now);
	} else if (expected) {
		ldp_session_event(s, LDP_E_INIT_BAD, &cause, now);
	} else if (!ldp_operational(s)) {
		cause = (struct ldp_cause){.status = LDP_S_SHUTDOWN,
					   .message_id = fault->message_id,
					   .message_type = fault->message_type};
		ldp_session_event(s, LDP_E_MESSAGE, &cause, now);
	} else if (fault->status == LDP_S_UNSUPPORTED_CAPABILITY) {
		ldp_session_event(s, LDP_E_FAULT, &cause, now); /* M-5561-6-1 */
	} else if (fault->status && m->type != LDP_NOTIFICATION) {
		ldp_stream_notify(s, &cause, now); /* never about a Notification: no ping-pong */
	}
}

static void any_input(struct ldp_session *s, struct rd *r, msec_t now)
{
	struct span message = {.p = r->p};
	struct ldp_fault fault;
	struct ldp_msg m;
	enum ldp_decode verdict = ldp_msg_decode(s->e->decoder, r, &m, &fault);
	unsigned int row = ldp_msg_row(m.type);

	message.len = (size_t)(r->p - message.p);
	if (row < array_size(s->rx))
		s->rx[row]++;
	if (verdict == LDP_DECODE_OK) {
		message_input(s, &m, now);
	} else if (verdict == LDP_DECODE_BAD) {
		fault_input(s, &m, &fault, message, now);
	} else {
		s->e->stats.unknown_messages++;
		if (!ldp_operational(s)) /* M-5036-2.5.3-2 */
			message_input(s, &m, now);
	}
}

/* ---------------------------------------------------------------- PDUs */

/*
 * Whose connection is it?  Several LDP identifiers of a peer may have one transport address, and
 * its first PDU tells which one has connected (RFC 5036 2.5.3).
 */
static bool sender_known(struct ldp_session *s, const struct ldp_id *id, msec_t now)
{
	bool early = s->state == LDP_INITIALIZED || s->state == LDP_OPENSENT;
	struct ldp_session *other = ldp_session_by_id(s->e, id);
	struct ldp_cause cause = {.status = LDP_S_BAD_LDP_ID};

	if (ldp_id_cmp(id, &s->peer) == 0)
		return true;
	if (s->state == LDP_INITIALIZED && other && other->connection == LDP_CLOSED &&
	    addr_cmp(&other->transport, &s->transport) == 0) {
		ldp_session_swap(s, other);
		return true;
	}
	if (early)
		cause.status = LDP_S_REJECTED_NO_HELLO; /* M-5036-2.5.3-1 */
	s->e->stats.faults++;
	ldp_session_event(s, early ? LDP_E_INIT_BAD : LDP_E_FAULT, &cause, now);
	return false;
}

static void pdu_input(struct ldp_session *s, const struct ldp_id *id, size_t len, msec_t now)
{
	struct rd r = rd_init(s->in + LDP_PDU_HEADER, len - LDP_PDU_HEADER);

	s->heard = now;
	if (!sender_known(s, id, now))
		return;
	while (rd_left(&r) && alive(s))
		any_input(s, &r, now);
}

/* Octets up to a length; true when they are there. */
static bool fill(struct ldp_session *s, struct rd *data, size_t want)
{
	size_t n = want > s->in_len ? want - s->in_len : 0;

	if (n > rd_left(data))
		n = rd_left(data);
	rd_copy(data, s->in + s->in_len, n);
	s->in_len += n;
	return s->in_len >= want;
}

void ldp_session_input(struct ldp_session *s, struct span data, msec_t now)
{
	struct rd r = rd_span(data);
	struct ldp_engine *e = s->e;

	ldp_enter(e);
	while (alive(s) && fill(s, &r, LDP_PDU_HEADER)) {
		struct ldp_cause cause = {0};
		struct ldp_id id;
		size_t len;

		if (!ldp_pdu_header((struct span){s->in, LDP_PDU_HEADER}, s->max_pdu, &id, &len,
				    &cause.status)) {
			e->stats.faults++;
			ldp_session_event(s, LDP_E_FAULT, &cause, now);
			break;
		}
		if (!fill(s, &r, len))
			break;
		s->in_len = 0;
		pdu_input(s, &id, len, now);
	}
	ldp_leave(e, now);
}
