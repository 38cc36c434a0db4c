// SPDX-License-Identifier: GPL-2.0-or-later
/* An LDP engine and a scripted peer; see ldp_rig.h. */
#include "tests/unit/ldp_rig.h"

#include <stdio.h>
#include <stdlib.h>

/* ---------------------------------------------------------------- the daemon */

static void send_hello(void *ctx, struct ldp_interface *i, struct span data)
{
	struct rig *r = ctx;

	ck_assert_uint_le(data.len, sizeof(r->hello));
	ck_assert_uint_lt(r->hellos, array_size(r->hello_at));
	memcpy(r->hello, data.p, data.len);
	r->hello_len = data.len;
	r->hello_at[r->hellos++] = r->now;
}

static void do_connect(void *ctx, struct ldp_session *s, const struct addr *peer, bool ttl255)
{
	struct rig *r = ctx;

	ck_assert(!r->connected);
	ck_assert_uint_lt(r->connects, array_size(r->connect_at));
	r->connect_at[r->connects++] = r->now;
	r->s = s;
	r->connect_to = *peer;
	r->ttl255 = ttl255;
	if (r->refuse_connect) {
		ldp_session_closed(s, "refused", r->now);
		return;
	}
	r->connected = true;
	if (r->connect_at_once)
		ldp_session_connected(s, r->now);
}

/* Cuts PDUs, which end where a write ends, into messages. */
static void take(struct rig *r, struct span data)
{
	struct rd all = rd_span(data);

	while (rd_left(&all)) {
		struct rd pdu;
		uint16_t len;

		ck_assert_uint_eq(rd_u16(&all), 1);
		len = rd_u16(&all);
		pdu = rd_sub(&all, len);
		ck_assert_uint_eq(rd_u32(&pdu), RIG_US);
		ck_assert_uint_eq(rd_u16(&pdu), 0);
		ck_assert(rd_ok(&pdu) && rd_left(&pdu) > 0);
		r->pdus++;
		while (rd_left(&pdu)) {
			struct rig_got *g = &r->got[r->n_got++];
			const uint8_t *start = pdu.p;
			struct rd m;

			ck_assert_uint_le(r->n_got, array_size(r->got));
			*g = (struct rig_got){.at = r->now, .pdu = r->pdus, .pdu_len = len + 4u};
			g->type = rd_u16(&pdu);
			m = rd_sub(&pdu, rd_u16(&pdu));
			g->id = rd_u32(&m);
			ck_assert(rd_ok(&m));
			g->len = (size_t)(pdu.p - start);
			memcpy(g->raw, start, g->len);
			if (g->type != LDP_NOTIFICATION)
				continue;
			ck_assert_uint_eq(rd_u16(&m), 0x0300); /* Status, U=0, F=0 */
			ck_assert_uint_eq(rd_u16(&m), 10);
			g->status = rd_u32(&m);
			g->about_id = rd_u32(&m);
			g->about_type = rd_u16(&m);
			ck_assert(rd_ok(&m));
		}
	}
}

static void do_write(void *ctx, struct ldp_session *s, struct span data)
{
	struct rig *r = ctx;

	ck_assert(r->connected);
	ck_assert_ptr_eq(s, r->s);
	take(r, data);
	if (r->closed_in_write) {
		r->connected = false;
		ldp_session_closed(s, "broken pipe", r->now);
	}
}

static void do_close(void *ctx, struct ldp_session *s)
{
	struct rig *r = ctx;

	ck_assert(r->connected);
	ck_assert_ptr_eq(s, r->s);
	r->connected = false;
	r->closes++;
}

static void up(void *ctx, struct ldp_session *s)
{
	struct rig *r = ctx;
	struct ldp_fec fec = {.kind = LDP_FEC_MULTIPOINT};
	struct ldp_msg m = {
		.type = LDP_LABEL_MAPPING, .n_fecs = 1, .fecs = &fec, .has_label = true};

	r->ups++;
	ck_assert_ptr_eq(s, r->s);
	if (r->send_in_up) {
		struct addr root = rig_addr(RIG_HIGH);

		fec.mp = mldp_fec_generic(&root, 42);
		m.label = 1001;
		ck_assert_uint_ne(ldp_session_send(s, &m, r->now), 0);
	}
	if (r->clear_in_up)
		ldp_session_clear(s, r->now);
}

static void down(void *ctx, struct ldp_session *s, const char *reason)
{
	struct rig *r = ctx;

	r->downs++;
	r->down_at = r->now;
	ck_assert_uint_le(r->downs, r->ups);
	snprintf(r->reason, sizeof(r->reason), "%s", reason);
	if (r->clear_in_down)
		ldp_session_clear(s, r->now);
}

static void gone(void *ctx, struct ldp_session *s, void *data)
{
	struct rig *r = ctx;

	r->gones++;
	if (r->s == s)
		r->s = NULL;
}

static void message(void *ctx, struct ldp_session *s, const struct ldp_msg *m)
{
	struct rig *r = ctx;

	r->messages++;
	r->message_type = m->type;
	r->message = *m;
	ck_assert_uint_eq(r->ups, r->downs + 1); /* only of operational ones */
	if (r->clear_in_message)
		ldp_session_clear(s, r->now);
	if (r->interface_del_in_message)
		ldp_interface_del(ldp_interface_find(r->e, RIG_IFINDEX), r->now);
}

static void adjacency(void *ctx, struct ldp_session *s)
{
	struct rig *r = ctx;

	r->adjacencies++;
	r->s = s;
	if (r->interface_del_in_adjacency)
		ldp_interface_del(ldp_interface_find(r->e, RIG_IFINDEX), r->now);
}

static void suspect(void *ctx, struct ldp_session *s)
{
	struct rig *r = ctx;

	r->suspects++;
	ck_assert_ptr_eq(s, r->s);
}

static void event(void *ctx, const struct ldp_session *s, const char *what)
{
	struct rig *r = ctx;

	r->events++;
	snprintf(r->event, sizeof(r->event), "%s", what);
}

static const struct ldp_ops ops = {
	.send_hello = send_hello,
	.connect = do_connect,
	.write = do_write,
	.close = do_close,
	.suspect = suspect,
	.up = up,
	.down = down,
	.gone = gone,
	.message = message,
	.adjacency = adjacency,
	.event = event,
};

/* ---------------------------------------------------------------- life cycle */

struct addr rig_addr(uint32_t host)
{
	uint8_t octets[4];

	put_u32(octets, host);
	return addr_from_v4(octets);
}

struct rig *rig_new(bool active)
{
	struct rig *r = calloc(1, sizeof(*r));

	twheel_init(&r->wheel, 0);
	ldp_params_default(&r->params);
	r->params.id.lsr_id = RIG_US;
	r->params.transport = rig_addr(RIG_US);
	r->peer = active ? RIG_LOW : RIG_HIGH;
	rig_start(r);
	return r;
}

void rig_start(struct rig *r)
{
	struct addr a = rig_addr(0xc0000205);

	if (r->e)
		ldp_engine_free(r->e);
	r->connected = false;
	r->hellos = 0;
	r->e = ldp_engine_new(&r->params, &ops, r, &r->wheel);
	ldp_address_add(r->e, &a, r->now);
	ldp_interface_add(r->e, RIG_IFINDEX, "eth0", &a, r->now);
}

void rig_free(struct rig *r)
{
	ldp_engine_free(r->e);
	ck_assert_uint_eq(r->wheel.count, 0);
	twheel_fini(&r->wheel);
	free(r);
}

void rig_wait(struct rig *r, msec_t ms)
{
	msec_t until = r->now + ms, next;

	while ((next = twheel_next(&r->wheel)) <= until) {
		r->now = next;
		twheel_run(&r->wheel, next);
	}
	r->now = until;
	twheel_run(&r->wheel, until);
}

/* ---------------------------------------------------------------- the peer */

static unsigned int digit(char c)
{
	return c <= '9' ? (unsigned int)(c - '0') : (unsigned int)(c - 'a' + 10);
}

size_t rig_hex(const char *hex, uint8_t *to, size_t size)
{
	size_t n = 0;

	for (const char *c = hex; *c; c++) {
		if (*c == ' ')
			continue;
		ck_assert_uint_lt(n, size);
		to[n++] = (uint8_t)(digit(c[0]) << 4 | digit(c[1]));
		c++;
	}
	return n;
}

static size_t pdu(uint32_t lsr_id, uint32_t message_id, uint16_t type, const char *body,
		  uint8_t *to, size_t size)
{
	struct wr w = wr_init(to, size);
	size_t len;

	wr_u16(&w, 1);
	wr_u16(&w, 0);
	wr_u32(&w, lsr_id);
	wr_u16(&w, 0);
	wr_u16(&w, type);
	wr_u16(&w, 0);
	wr_u32(&w, message_id);
	len = rig_hex(body, w.p, wr_left(&w));
	wr_reserve(&w, len);
	wr_patch_u16(&w, 2, (uint16_t)(wr_len(&w) - 4));
	wr_patch_u16(&w, 12, (uint16_t)(len + 4));
	ck_assert(wr_ok(&w));
	return wr_len(&w);
}

void rig_hello_from(struct rig *r, unsigned int ifindex, uint32_t lsr_id, uint32_t source,
		    uint16_t hold_s, uint16_t flags, const char *tlvs)
{
	struct addr src = rig_addr(source);
	uint8_t buf[400];
	char body[400];
	size_t len;

	snprintf(body, sizeof(body), "04000004%04x%04x%s", hold_s, flags, tlvs);
	len = pdu(lsr_id, 0, LDP_HELLO, body, buf, sizeof(buf)); /* some have message ID 0 */
	ldp_hello_input(r->e, ifindex, &src, (struct span){buf, len}, r->now);
}

void rig_hello(struct rig *r, uint16_t hold_s, uint16_t flags, const char *tlvs)
{
	rig_hello_from(r, RIG_IFINDEX, r->peer, r->peer, hold_s, flags, tlvs);
}

void rig_datagram(struct rig *r, const char *hex)
{
	struct addr src = rig_addr(r->peer);
	uint8_t buf[2000];
	size_t len = rig_hex(hex, buf, sizeof(buf));

	ldp_hello_input(r->e, RIG_IFINDEX, &src, (struct span){buf, len}, r->now);
}

void rig_octets(struct rig *r, const char *hex)
{
	static uint8_t buf[70000];
	size_t len = rig_hex(hex, buf, sizeof(buf));

	ck_assert(r->connected);
	ldp_session_input(r->s, (struct span){buf, len}, r->now);
}

size_t rig_pdu(struct rig *r, uint32_t lsr_id, uint16_t type, const char *body, uint8_t *to,
	       size_t size)
{
	return pdu(lsr_id, ++r->message_id, type, body, to, size);
}

void rig_say_as(struct rig *r, uint32_t lsr_id, uint16_t type, const char *body)
{
	uint8_t buf[5000];
	size_t len = rig_pdu(r, lsr_id, type, body, buf, sizeof(buf));

	ck_assert(r->connected);
	ldp_session_input(r->s, (struct span){buf, len}, r->now);
}

void rig_say(struct rig *r, uint16_t type, const char *body)
{
	rig_say_as(r, r->peer, type, body);
}

void rig_notify(struct rig *r, uint32_t status)
{
	char body[40];

	snprintf(body, sizeof(body), "0300000a%08x000000000000", status);
	rig_say(r, LDP_NOTIFICATION, body);
}

struct ldp_session *rig_accept(struct rig *r)
{
	struct addr from = rig_addr(r->peer);
	struct ldp_session *s = ldp_session_accept(r->e, &from, r->now);

	if (s) {
		ck_assert(!r->connected);
		r->connected = true;
		r->s = s;
	}
	return s;
}

void rig_reach(struct rig *r, enum ldp_session_state state)
{
	bool active = r->peer == RIG_LOW;

	rig_hello(r, 15, 0x2000, "");
	if (state == LDP_NONEXISTENT)
		goto there;
	if (active)
		ldp_session_connected(r->s, r->now);
	else
		ck_assert_ptr_ne(rig_accept(r), NULL);
	if (state <= LDP_OPENSENT)
		goto there;
	rig_say(r, LDP_INIT, RIG_INIT RIG_CAPS);
	if (state == LDP_OPERATIONAL)
		rig_say(r, LDP_KEEPALIVE, "");
there:
	ck_assert_str_eq(ldp_session_state_name(rig_state(r)), ldp_session_state_name(state));
	rig_forget(r);
}

/* ---------------------------------------------------------------- what came of it */

const struct rig_got *rig_next(struct rig *r, enum ldp_msg_type type)
{
	ck_assert_uint_lt(r->next, r->n_got);
	ck_assert_str_eq(ldp_msg_name(r->got[r->next].type), ldp_msg_name(type));
	return &r->got[r->next++];
}

const struct rig_got *rig_fatal(struct rig *r, uint32_t status)
{
	const struct rig_got *g = rig_next(r, LDP_NOTIFICATION);

	ck_assert_str_eq(ldp_status_name(g->status), ldp_status_name(status));
	ck_assert(!r->connected);
	rig_silent(r);
	return g;
}

void rig_silent(struct rig *r)
{
	ck_assert_uint_eq(r->next, r->n_got);
}

void rig_forget(struct rig *r)
{
	r->next = r->n_got = 0;
}

struct ldp_session_info rig_info(const struct rig *r)
{
	struct ldp_session_info info;

	ck_assert_ptr_ne(r->s, NULL);
	ldp_session_info(r->s, &info);
	return info;
}

enum ldp_session_state rig_state(const struct rig *r)
{
	return rig_info(r).state;
}

size_t rig_sessions(const struct rig *r)
{
	size_t n = 0;

	for (struct ldp_session *s = ldp_session_first(r->e); s; s = ldp_session_next(r->e, s))
		n++;
	return n;
}

bool rig_has(const struct rig_got *g, const char *hex)
{
	uint8_t octets[200];
	size_t n = rig_hex(hex, octets, sizeof(octets));

	for (size_t i = 0; i + n <= g->len; i++)
		if (memcmp(g->raw + i, octets, n) == 0)
			return true;
	return false;
}
