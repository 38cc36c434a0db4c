// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzes the L2TP engine with an established tunnel and session: datagrams, time and the
 * daemon's own doings.  The input is a list of records: operation, length, octets.  Headers
 * can be made valid, so that the fuzzer gets beyond Ns and Tunnel ID.
 *
 * Whatever comes in: what goes out is well-formed, every object ends once, and with a peer
 * that has fallen silent nothing is left after a while.
 */
#include <stdint.h>
#include <stdlib.h>

#include "l2mcd/l2tp_engine.h"

#define PEER_TID 0x7777
#define PEER_SID 0x1001

enum op {
	OP_RAW,	    /* octets: a datagram */
	OP_MESSAGE, /* octets: Session ID and AVPs, behind a header in order */
	OP_NEW,	    /* the same with Tunnel ID 0 */
	OP_NUMBERS, /* octets: offset to Ns, offset to Nr, Session ID, AVPs */
	OP_FOREIGN, /* like OP_MESSAGE from another port */
	OP_TIME,    /* octets: units of 16 ms */
	OP_LOCAL,   /* octets: what the daemon does */
	OP_ACK,	    /* ZLB */
	OPS
};

struct world {
	struct twheel wheel;
	struct l2tp_engine *e;
	struct endpoint us, them;
	msec_t now;
	uint32_t seed;
	uint16_t tid, sid, outgoing; /* the engine's; of the last outgoing call */
	uint16_t ns, nr;
	unsigned int tunnels, sessions; /* begun and not ended */
	uint8_t refuse;
	struct l2tp_decoder decoder;
};

static void check(bool ok)
{
	if (!ok)
		abort();
}

/* ---------------------------------------------------------------- the daemon */

static uint32_t random_of(void *ctx)
{
	struct world *w = ctx;

	w->seed = w->seed * 1664525 + 1013904223;
	return w->seed >> 8;
}

static bool tunnel_accept(void *ctx, const struct endpoint *local, const struct endpoint *peer,
			  const struct l2tp_msg *sccrq, struct l2tp_params *p)
{
	struct world *w = ctx;

	if (w->refuse & 1)
		return false;
	if (w->refuse & 2) {
		p->secret_len = 4;
		memcpy(p->secret, "fuzz", 4);
		p->hiding = L2TP_HIDE_WHEN_SECRET;
	}
	p->session_limit = 5;
	p->lac = !(w->refuse & 2);
	p->idle_timeout_s = w->refuse;
	w->tunnels++;
	return true;
}

static void tunnel_up(void *ctx, struct l2tp_tunnel *t)
{
	l2tp_tunnel_reserve_id(t);
}

static void tunnel_down(void *ctx, struct l2tp_tunnel *t, const char *reason)
{
	struct world *w = ctx;

	check(w->tunnels-- > 0);
	check(!l2tp_session_first(t));
	check(strlen(reason) > 0);
}

static uint16_t call_accept(void *ctx, struct l2tp_session *s)
{
	struct world *w = ctx;

	if (w->refuse & 4)
		return L2TP_CDN_BUSY;
	w->sessions++;
	return 0;
}

static void session_up(void *ctx, struct l2tp_session *s)
{
	struct world *w = ctx;

	if (w->refuse & 8)
		l2tp_session_close(s, L2TP_CDN_ADMIN, L2TP_ERR_NONE, NULL, w->now);
}

static void session_down(void *ctx, struct l2tp_session *s, const char *reason)
{
	struct world *w = ctx;

	check(w->sessions-- > 0);
	check(strlen(reason) > 0);
	if (w->refuse & 16)
		l2tp_tunnel_close(l2tp_session_tunnel(s), L2TP_STOP_GENERAL, w->now);
}

static void session_info(void *ctx, struct l2tp_session *s, const struct l2tp_msg *m)
{
}

static void multicast(void *ctx, struct l2tp_tunnel *t, const struct l2tp_msg *m,
		      const struct l2tp_fault *fault)
{
	struct world *w = ctx;
	struct l2tp_msg answer = {.type = L2TP_MSI, .session_id = m->assigned_session_id};

	if (!fault)
		l2tp_tunnel_send(t, &answer, 1, w->now);
}

static void acked(void *ctx, struct l2tp_tunnel *t, uint64_t cookie)
{
	struct world *w = ctx;

	check(cookie == 1);
	if (w->refuse & 32)
		l2tp_tunnel_close(t, L2TP_STOP_GENERAL, w->now);
}

static const struct l2tp_ops ops = {
	.random = random_of,
	.tunnel_accept = tunnel_accept,
	.tunnel_up = tunnel_up,
	.tunnel_down = tunnel_down,
	.call_accept = call_accept,
	.session_up = session_up,
	.session_down = session_down,
	.session_info = session_info,
	.multicast = multicast,
	.acked = acked,
};

/* ---------------------------------------------------------------- the peer */

/* What goes out is well-formed, with the secret that tunnel_accept() gives. */
static void collect(struct world *w)
{
	const struct span secret = {(const uint8_t *)"fuzz", 4};
	struct l2tp_decode_stats stats = {0};
	struct l2tp_datagram d;
	struct l2tp_fault fault;
	struct l2tp_msg m;

	while (l2tp_engine_output(w->e, &d)) {
		check(d.data.len <= L2TP_MAX_CONTROL);
		check(l2tp_msg_decode(&w->decoder, d.data, secret, &m, &fault, &stats) ==
		      L2TP_DECODE_OK);
		if (m.tunnel_id == PEER_TID && m.type != L2TP_ZLB && m.ns == w->nr)
			w->nr++;
		if (m.type == L2TP_SCCRP && !w->tid)
			w->tid = m.assigned_tunnel_id;
		if (m.type == L2TP_ICRP && !w->sid)
			w->sid = m.assigned_session_id;
		if (m.type == L2TP_OCRP || m.type == L2TP_OCRQ)
			w->outgoing = m.assigned_session_id;
	}
}

static void put(struct world *w, uint16_t port, const void *data, size_t len)
{
	struct endpoint from = w->them;

	from.port = port;
	l2tp_engine_input(w->e, &w->us, &from, (struct span){data, len}, w->now);
	collect(w);
}

/* A header of the peer and what follows it. */
static void say(struct world *w, uint16_t port, uint16_t tid, uint16_t ns, uint16_t nr, struct rd r)
{
	uint8_t data[L2TP_HEADER_LEN + 4096];
	struct wr out = wr_init(data, sizeof(data));
	uint16_t sid = rd_u16(&r);
	size_t len = rd_left(&r);

	wr_u16(&out, 0xc802);
	wr_u16(&out, L2TP_HEADER_LEN + len);
	wr_u16(&out, tid);
	/* 1, 2: ours, whatever they are */
	wr_u16(&out, sid == 1 ? w->sid : sid == 2 ? w->outgoing : sid);
	wr_u16(&out, ns);
	wr_u16(&out, nr);
	if (len)
		wr_copy(&out, rd_take(&r, len), len);
	put(w, port, data, wr_len(&out));
}

static void message(struct world *w, struct l2tp_msg m)
{
	uint8_t data[512];

	m.tunnel_id = w->tid;
	m.ns = w->ns++;
	m.nr = w->nr;
	put(w, L2TP_PORT, data, l2tp_msg_encode(&m, NULL, data, sizeof(data)));
}

static void handshake(struct world *w)
{
	struct l2tp_msg m = {.type = L2TP_SCCRQ,
			     .protocol_version = 0x0100,
			     .framing_capabilities = 3,
			     .bearer_capabilities = 3,
			     .host_name = {(const uint8_t *)"peer", 4},
			     .assigned_tunnel_id = PEER_TID};

	l2tp_msg_set(&m, L2TP_AVP_PROTOCOL_VERSION);
	l2tp_msg_set(&m, L2TP_AVP_FRAMING_CAPABILITIES);
	l2tp_msg_set(&m, L2TP_AVP_BEARER_CAPABILITIES);
	l2tp_msg_set(&m, L2TP_AVP_HOST_NAME);
	l2tp_msg_set(&m, L2TP_AVP_ASSIGNED_TUNNEL_ID);
	message(w, m);
	message(w, (struct l2tp_msg){.type = L2TP_SCCCN});
	m = (struct l2tp_msg){.type = L2TP_ICRQ, .assigned_session_id = PEER_SID};
	l2tp_msg_set(&m, L2TP_AVP_ASSIGNED_SESSION_ID);
	l2tp_msg_set(&m, L2TP_AVP_CALL_SERIAL_NUMBER);
	message(w, m);
	m = (struct l2tp_msg){.type = L2TP_ICCN, .session_id = w->sid, .framing_type = 1};
	l2tp_msg_set(&m, L2TP_AVP_TX_CONNECT_SPEED);
	l2tp_msg_set(&m, L2TP_AVP_FRAMING_TYPE);
	message(w, m);
	check(w->tunnels == 1 && w->sessions == 1);
}

/* ---------------------------------------------------------------- operations */

static void local(struct world *w, uint8_t what)
{
	const struct l2tp_proxy proxy = {.type = what % L2TP_PROXY_TYPES,
					 .name = {(const uint8_t *)"fuzz", 4},
					 .response = {(const uint8_t *)"fuzz", 4},
					 .last_received_lcp = {(const uint8_t *)"fuzz", 4}};
	const struct l2tp_call call = {.framing_type = 1,
				       .bearer_type = 1,
				       .calling_number = "fuzz",
				       .called_number = "fuzz",
				       .proxy = &proxy};
	const struct l2tp_call_errors errors = {.crc = what};
	struct l2tp_msg m = {.type = L2TP_MSI, .session_id = PEER_SID};
	struct l2tp_tunnel *t = l2tp_tunnel_first(w->e);
	struct l2tp_session *s = t ? l2tp_session_first(t) : NULL;
	struct l2tp_params p;

	switch (what % 16) {
	case 0:
		if (t)
			l2tp_tunnel_close(t, L2TP_STOP_SHUTDOWN, w->now);
		break;
	case 1:
		if (s)
			l2tp_session_close(s, L2TP_CDN_ADMIN, L2TP_ERR_VENDOR, "fuzz", w->now);
		break;
	case 2:
		if (t)
			w->sessions += l2tp_session_call(t, &call, NULL, w->now) != NULL;
		break;
	case 3:
		l2tp_params_default(&p);
		w->tunnels++;
		l2tp_tunnel_open(w->e, &w->us, &w->them, &p, w->now);
		break;
	case 4:
		if (t)
			l2tp_tunnel_send(t, &m, 1, w->now);
		break;
	case 5:
		if (s)
			l2tp_session_sli(s, 1, 2, w->now);
		break;
	case 7:
		if (t)
			w->sessions += l2tp_session_dial(t, &call, NULL, w->now) != NULL;
		break;
	case 8:
		while (s) {
			struct l2tp_session *next = l2tp_session_next(t, s);

			l2tp_session_answered(s, &call, w->now);
			s = next;
		}
		break;
	case 9:
		if (s)
			l2tp_session_errors(s, &errors, w->now);
		break;
	case 6:
		if (t)
			l2tp_tunnel_release_id(t, l2tp_tunnel_reserve_id(t));
		break;
	default:
		w->refuse = what >> 2;
	}
	collect(w);
}

static void pass(struct world *w, msec_t ms)
{
	w->now += ms;
	twheel_run(&w->wheel, w->now);
	collect(w);
}

static void operate(struct world *w, uint8_t op, struct rd r)
{
	uint16_t ns, nr;

	switch (op % OPS) {
	case OP_RAW:
		put(w, L2TP_PORT, r.p, rd_left(&r));
		break;
	case OP_MESSAGE:
		say(w, L2TP_PORT, w->tid, w->ns++, w->nr, r);
		break;
	case OP_NEW:
		say(w, L2TP_PORT, 0, 0, 0, r);
		break;
	case OP_NUMBERS:
		ns = w->ns + (int8_t)rd_u8(&r);
		nr = w->nr + (int8_t)rd_u8(&r);
		say(w, L2TP_PORT, w->tid, ns, nr, r);
		break;
	case OP_FOREIGN:
		say(w, 4000, w->tid, w->ns, w->nr, r);
		break;
	case OP_TIME:
		pass(w, 16 * (msec_t)rd_u16(&r));
		break;
	case OP_LOCAL:
		local(w, rd_u8(&r));
		break;
	default:
		say(w, L2TP_PORT, w->tid, w->ns, w->nr, rd_init("\0", 2));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world *w = calloc(1, sizeof(*w));
	struct rd r = rd_init(data, size);

	w->us = (struct endpoint){addr_from_v4("\xc0\0\2\1"), L2TP_PORT};
	w->them = (struct endpoint){addr_from_v4("\xc0\0\2\2"), L2TP_PORT};
	twheel_init(&w->wheel, 0);
	w->e = l2tp_engine_new(&ops, w, &w->wheel);
	handshake(w);
	while (rd_left(&r) >= 3) {
		uint8_t op = rd_u8(&r);
		size_t len = rd_u16(&r) % 2048;

		operate(w, op, rd_sub(&r, len < rd_left(&r) ? len : rd_left(&r)));
	}
	w->refuse = 0;
	for (unsigned int i = 0; i < 100; i++)
		pass(w, 10000);
	check(!l2tp_tunnel_first(w->e) && !w->tunnels && !w->sessions);
	l2tp_engine_free(w->e);
	check(!w->wheel.count);
	twheel_fini(&w->wheel);
	free(w);
	return 0;
}
