// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzes the LDP engine with two neighbours: Hello datagrams, octets of the connections, time and
 * the daemon's own doings.  The input is a list of records: operation, length, octets.  PDUs can
 * be made valid, so that the fuzzer gets beyond their headers.
 *
 * Whatever comes in: what goes out is well-formed, callbacks come in order, and with neighbours
 * that have fallen silent nothing is left after a while.
 */
#include <stdint.h>
#include <stdlib.h>

#include "mplsmc/ldp_engine.h"

#define US   0x0a000005
#define LOW  0x0a000002 /* we connect to it */
#define HIGH 0x0a000008

enum op {
	OP_DATAGRAM, /* octets: a datagram */
	OP_HELLO,    /* octets: LSR-Id's last octet, TLVs behind the PDU and message headers */
	OP_OCTETS,   /* octets: which session, octets of its connection */
	OP_MESSAGE,  /* octets: which session, type, body, behind valid headers */
	OP_TIME,     /* octets: units of 16 ms */
	OP_LOCAL,    /* octets: what the daemon does */
	OP_UP,	     /* octets: which session; it is brought up */
	OPS
};

struct peer {
	struct ldp_session *s; /* with a connection, or being connected */
	bool connected, up;
};

struct world {
	struct twheel wheel;
	struct ldp_engine *e;
	msec_t now;
	struct peer peers[8];
	uint8_t what; /* what callbacks do */
	struct ldp_decoder decoder;
};

static void check(bool ok)
{
	if (!ok)
		abort();
}

static struct addr addr_of(uint32_t host)
{
	uint8_t octets[4];

	put_u32(octets, host);
	return addr_from_v4(octets);
}

static struct peer *peer_of(struct world *w, const struct ldp_session *s)
{
	for (size_t i = 0; i < array_size(w->peers); i++)
		if (w->peers[i].s == s)
			return &w->peers[i];
	return NULL;
}

/* ---------------------------------------------------------------- the daemon */

static void send_hello(void *ctx, struct ldp_interface *i, struct span data)
{
	check(data.len > LDP_PDU_HEADER);
}

static void do_connect(void *ctx, struct ldp_session *s, const struct addr *to, bool ttl255)
{
	struct world *w = ctx;
	struct peer *p = peer_of(w, NULL);

	check(!peer_of(w, s));
	if (!p || w->what & 1) {
		ldp_session_closed(s, "no", w->now);
		return;
	}
	*p = (struct peer){.s = s};
}

static void do_write(void *ctx, struct ldp_session *s, struct span data)
{
	struct world *w = ctx;
	struct peer *p = peer_of(w, s);

	check(p && p->connected && data.len);
	while (data.len) {
		struct ldp_fault fault;
		struct ldp_id id;
		uint32_t status;
		size_t len;
		struct rd r;

		check(ldp_pdu_header(data, 0, &id, &len, &status));
		check(id.lsr_id == US && len <= data.len);
		r = rd_init(data.p + LDP_PDU_HEADER, len - LDP_PDU_HEADER);
		while (rd_left(&r)) {
			struct ldp_msg m;

			check(ldp_msg_decode(&w->decoder, &r, &m, &fault) == LDP_DECODE_OK);
			check(m.id != 0);
		}
		data.p += len;
		data.len -= len;
	}
	if (w->what & 2) {
		*p = (struct peer){.up = p->up};
		ldp_session_closed(s, "broken", w->now);
	}
}

static void do_close(void *ctx, struct ldp_session *s)
{
	struct peer *p = peer_of(ctx, s);

	check(p);
	*p = (struct peer){0};
}

static void up(void *ctx, struct ldp_session *s)
{
	struct world *w = ctx;

	check(!ldp_session_data(s));
	ldp_session_set_data(s, w);
	if (w->what & 4)
		ldp_session_clear(s, w->now);
}

static void down(void *ctx, struct ldp_session *s, const char *reason)
{
	struct world *w = ctx;

	check(ldp_session_data(s) == w);
	ldp_session_set_data(s, NULL);
	check(strlen(reason) > 0);
	if (w->what & 8)
		ldp_session_clear(s, w->now);
}

static void gone(void *ctx, struct ldp_session *s, void *data)
{
	check(!data || data == ctx);
}

static void message(void *ctx, struct ldp_session *s, const struct ldp_msg *m)
{
	struct world *w = ctx;
	struct ldp_interface *i = ldp_interface_find(w->e, 1);

	check(ldp_session_data(s) == w);
	check(m->type != LDP_KEEPALIVE && m->type != LDP_INIT && m->type != LDP_HELLO);
	if (w->what & 16)
		ldp_session_notify(s, w->what & 32 ? LDP_S_INTERNAL : LDP_S_NO_ROUTE, m, w->now);
	if (w->what & 64 && i)
		ldp_interface_del(i, w->now);
}

static void adjacency(void *ctx, struct ldp_session *s)
{
	struct world *w = ctx;
	struct ldp_session_info info;

	ldp_session_info(s, &info);
	check(info.n_adjacencies > 0);
	if (w->what & 128)
		ldp_session_clear(s, w->now);
}

static const struct ldp_ops ops = {
	.send_hello = send_hello,
	.connect = do_connect,
	.write = do_write,
	.close = do_close,
	.up = up,
	.down = down,
	.gone = gone,
	.message = message,
	.adjacency = adjacency,
};

/* ---------------------------------------------------------------- the neighbours */

static void put_pdu(struct wr *w, uint32_t lsr_id, uint16_t type, const void *body, size_t len)
{
	wr_u16(w, 1);
	wr_u16(w, (uint16_t)(14 + len));
	wr_u32(w, lsr_id);
	wr_u16(w, 0);
	wr_u16(w, type);
	wr_u16(w, (uint16_t)(4 + len));
	wr_u32(w, 1);
	wr_copy(w, body, len);
}

static void hello(struct world *w, unsigned int ifindex, uint32_t lsr_id, const void *body,
		  size_t len)
{
	struct addr src = addr_of(lsr_id);
	uint8_t buf[2100];
	struct wr out = wr_init(buf, sizeof(buf));

	put_pdu(&out, lsr_id, LDP_HELLO, body, len);
	ldp_hello_input(w->e, ifindex, &src, (struct span){buf, wr_len(&out)}, w->now);
}

static void say(struct world *w, struct ldp_session *s, uint16_t type, const void *body, size_t len)
{
	struct ldp_session_info info;
	uint8_t buf[2100];
	struct wr out = wr_init(buf, sizeof(buf));

	ldp_session_info(s, &info);
	put_pdu(&out, info.peer.lsr_id, type, body, len);
	ldp_session_input(s, (struct span){buf, wr_len(&out)}, w->now);
}

static void establish(struct world *w, struct peer *p)
{
	/* KeepAlive 180 s, 4096 octets; dynamic, P2MP, End-of-LIB */
	static const uint8_t init[] = {5,    0,	   0, 14, 0, 1,	   0,	 180,  0, 0, 16,
				       0,    10,   0, 0,  5, 0,	   0,	 0x85, 6, 0, 1,
				       0x80, 0x85, 8, 0,  1, 0x80, 0x86, 3,    0, 1, 0x80};

	if (p->s && !p->connected) {
		p->connected = true;
		ldp_session_connected(p->s, w->now);
	}
	if (p->s)
		say(w, p->s, LDP_INIT, init, sizeof(init));
	if (p->s)
		say(w, p->s, LDP_KEEPALIVE, NULL, 0);
}

static void accept_from(struct world *w, uint32_t host)
{
	struct addr from = addr_of(host);
	struct peer *p = peer_of(w, NULL);
	struct ldp_session *s = p ? ldp_session_accept(w->e, &from, w->now) : NULL;

	if (s)
		*p = (struct peer){.s = s, .connected = true};
}

static void begin(struct world *w)
{
	static const uint8_t body[] = {4, 0, 0, 4, 0, 15, 0x20, 0};

	hello(w, 1, LOW, body, sizeof(body));
	hello(w, 1, HIGH, body, sizeof(body));
	accept_from(w, HIGH);
	establish(w, &w->peers[0]);
	establish(w, &w->peers[1]);
}

/* ---------------------------------------------------------------- operations */

static void local(struct world *w, uint8_t what)
{
	struct addr a = addr_of(0x0a010000 + (what >> 3)), if_address = addr_of(0xc0000205);
	struct peer *p = &w->peers[what >> 3 & 7];
	struct ldp_session *s = ldp_session_first(w->e);

	switch (what & 7) {
	case 0:
		ldp_address_add(w->e, &a, w->now);
		break;
	case 1:
		ldp_address_del(w->e, &a, w->now);
		break;
	case 2:
		if (s)
			ldp_session_clear(s, w->now);
		break;
	case 3:
		if (p->s) {
			s = p->s;
			*p = (struct peer){0};
			ldp_session_closed(s, "closed", w->now);
		}
		break;
	case 4:
		accept_from(w, what & 8 ? HIGH : 0x0a000000 + (what >> 3));
		break;
	case 5:
		if (ldp_interface_find(w->e, 1))
			ldp_interface_del(ldp_interface_find(w->e, 1), w->now);
		else
			ldp_interface_add(w->e, 1, "eth0", &if_address, w->now);
		break;
	case 6:
		ldp_interface_add(w->e, 2, "eth1", &if_address, w->now);
		break;
	default:
		w->what = (uint8_t)(1u << (what >> 3 & 7));
	}
}

static void octets(struct world *w, struct peer *p, struct rd r)
{
	if (p->s && p->connected)
		ldp_session_input(p->s, (struct span){r.p, rd_left(&r)}, w->now);
}

static void operate(struct world *w, uint8_t op, struct rd r)
{
	struct addr src = addr_of(HIGH);
	uint8_t first = op % OPS == OP_DATAGRAM || op % OPS == OP_TIME ? 0 : rd_u8(&r);
	struct peer *p = &w->peers[first & 7];
	uint16_t type;

	switch (op % OPS) {
	case OP_DATAGRAM:
		ldp_hello_input(w->e, 1, &src, (struct span){r.p, rd_left(&r)}, w->now);
		break;
	case OP_HELLO:
		hello(w, 1 + (first >> 7), 0x0a000000 + (first & 0x7f), r.p, rd_left(&r));
		break;
	case OP_OCTETS:
		octets(w, p, r);
		break;
	case OP_MESSAGE:
		type = rd_u16(&r);
		if (p->s && p->connected)
			say(w, p->s, type, r.p, rd_left(&r));
		break;
	case OP_TIME:
		w->now += 16 * (msec_t)rd_u16(&r);
		twheel_run(&w->wheel, w->now);
		break;
	case OP_LOCAL:
		local(w, first);
		break;
	default:
		establish(w, p);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world *w = calloc(1, sizeof(*w));
	struct rd r = rd_init(data, size);
	struct addr if_address = addr_of(0xc0000205);
	struct ldp_params p;

	twheel_init(&w->wheel, 0);
	ldp_params_default(&p);
	p.id.lsr_id = US;
	p.transport = addr_of(US);
	w->e = ldp_engine_new(&p, &ops, w, &w->wheel);
	ldp_interface_add(w->e, 1, "eth0", &if_address, 0);
	begin(w);
	while (rd_left(&r) >= 3) {
		uint8_t op = rd_u8(&r);
		size_t len = rd_u16(&r) % 2048;

		operate(w, op, rd_sub(&r, len < rd_left(&r) ? len : rd_left(&r)));
	}
	w->what = 0;
	for (unsigned int i = 0; i < 50; i++) {
		w->now += 1000;
		twheel_run(&w->wheel, w->now);
	}
	/* 15 s is the longest hold time there can be */
	check(!ldp_session_first(w->e));
	for (size_t i = 0; i < array_size(w->peers); i++)
		check(!w->peers[i].s);
	ldp_engine_free(w->e);
	check(!w->wheel.count);
	twheel_fini(&w->wheel);
	free(w);
	return 0;
}
