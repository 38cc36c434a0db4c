// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any frame: what decodes must encode and decode to the same; it has a text that fits.  And any
 * sequence of frames into a concentrator: what it says decodes, and every session ends once.
 *
 * The input is a list of records: operation, length, octets.  A PADR may ask for the cookie of
 * the last PADO, so that the fuzzer gets beyond it.
 */
#include <stdlib.h>

#include "l2mcd/pppoe_ac.h"

enum op {
	OP_FRAME,
	OP_TAGS,
	OP_PADR,
	OP_TIME,
	OP_ACCEPT,
	OP_REFUSE,
	OP_CLOSE,
	OPS
};

static const uint8_t mac[6] = {2, 0, 0, 0, 0, 0xac}, host[6] = {2, 0, 0, 0, 0, 1};

struct world {
	struct twheel wheel;
	struct pppoe_ac *ac;
	struct pppoe_port *port;
	msec_t now;
	uint32_t seed;
	size_t sessions; /* opened and not over */
	uint8_t cookie[64];
	size_t cookie_len;
};

static void check(bool ok)
{
	if (!ok)
		abort();
}

static bool same(struct span a, struct span b)
{
	return !a.p == !b.p && a.len == b.len && (!a.len || memcmp(a.p, b.p, a.len) == 0);
}

static void round_trip(struct span in)
{
	static uint8_t buf[2 * 65536];
	struct pppoe_frame f, again;
	char text[300];
	size_t len;

	if (pppoe_decode(in, &f) != PPPOE_DECODE_OK)
		return;
	check(pppoe_text(&f, text, sizeof(text)) < sizeof(text));
	len = pppoe_encode(&f, buf, sizeof(buf));
	check(len && pppoe_decode((struct span){buf, len}, &again) == PPPOE_DECODE_OK);
	check(f.code == again.code && f.session_id == again.session_id);
	check(f.n_vlans == again.n_vlans && !memcmp(f.vlan, again.vlan, sizeof(f.vlan)));
	check(f.n_services == again.n_services && f.max_payload == again.max_payload);
	for (size_t i = 0; i < f.n_services; i++)
		check(same(f.service[i], again.service[i]));
	check(same(f.ac_name, again.ac_name) && same(f.host_uniq, again.host_uniq));
	check(same(f.ac_cookie, again.ac_cookie) && same(f.error_text, again.error_text));
	check(same(f.relay_session_id, again.relay_session_id));
	check(same(f.circuit_id, again.circuit_id) && same(f.remote_id, again.remote_id));
}

/* ---------------------------------------------------------------- the daemon */

static uint32_t cb_random(void *ctx)
{
	struct world *w = ctx;

	w->seed = w->seed * 1664525 + 1013904223;
	return w->seed >> 8;
}

static void cb_send(void *ctx, struct pppoe_port *port, struct span frame)
{
	struct world *w = ctx;
	struct pppoe_frame f;

	check(pppoe_decode(frame, &f) == PPPOE_DECODE_OK);
	check(!memcmp(f.src, mac, 6) && f.n_services <= 64);
	if (f.code == PPPOE_PADO) {
		w->cookie_len = f.ac_cookie.len;
		memcpy(w->cookie, f.ac_cookie.p, f.ac_cookie.len);
	}
}

static void cb_opened(void *ctx, struct pppoe_session *s)
{
	struct world *w = ctx;

	pppoe_session_set_data(s, w);
	w->sessions++;
}

static void cb_closed(void *ctx, struct pppoe_session *s, const char *reason)
{
	struct world *w = ctx;

	check(pppoe_session_data(s) == w && w->sessions);
	w->sessions--;
}

static const struct pppoe_ops ops = {
	.random = cb_random, .send = cb_send, .opened = cb_opened, .closed = cb_closed};

/* ---------------------------------------------------------------- the hosts */

static void give(struct world *w, struct span frame)
{
	round_trip(frame);
	pppoe_ac_input_raw(w->port, frame, w->now);
}

/* Octets: a code, a Session ID and tags, behind a header in order. */
static void tags(struct world *w, struct span s, bool padr)
{
	uint8_t buf[600];
	struct wr out = wr_init(buf, sizeof(buf));
	struct rd r = rd_span(s);
	uint8_t code = padr ? PPPOE_PADR : rd_u8(&r);
	uint16_t id = padr ? 0 : rd_u16(&r);
	struct span rest = rd_take_span(&r, rd_left(&r));

	wr_copy(&out, code == PPPOE_PADI ? (const uint8_t *)"\xff\xff\xff\xff\xff\xff" : mac, 6);
	wr_copy(&out, host, 6);
	wr_u16(&out, PPPOE_ETHERTYPE_DISCOVERY);
	wr_u8(&out, 0x11);
	wr_u8(&out, code);
	wr_u16(&out, id);
	wr_u16(&out, rest.len + (padr ? 4 + w->cookie_len : 0));
	if (padr) {
		wr_u16(&out, PPPOE_TAG_AC_COOKIE);
		wr_u16(&out, w->cookie_len);
		wr_copy(&out, w->cookie, w->cookie_len);
	}
	wr_copy(&out, rest.p, rest.len);
	if (wr_ok(&out))
		give(w, (struct span){buf, wr_len(&out)});
}

static void step(struct world *w, uint8_t op, struct span s)
{
	struct pppoe_session *session = pppoe_session_first(w->port);

	switch (op % OPS) {
	case OP_FRAME:
		give(w, s);
		break;
	case OP_TAGS:
		tags(w, s, false);
		break;
	case OP_PADR:
		tags(w, s, true);
		break;
	case OP_TIME:
		w->now += s.len ? 256 * s.p[0] : 1;
		twheel_run(&w->wheel, w->now);
		break;
	case OP_ACCEPT:
		if (session)
			pppoe_session_accept(session);
		break;
	case OP_REFUSE:
	case OP_CLOSE:
		if (!session)
			break;
		w->sessions--;
		if (op % OPS == OP_REFUSE)
			pppoe_session_refuse(session, "refused");
		else
			pppoe_session_close(session, "closed");
		break;
	}
	check(pppoe_port_sessions(w->port) == w->sessions && w->sessions <= 8);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char services[1][PPPOE_NAME_LEN] = {"gold"};
	struct pppoe_params params = {.ac_name = "lac",
				      .any_service = size & 1,
				      .n_services = 1,
				      .services = services,
				      .session_limit = 8,
				      .host_session_limit = 4,
				      .padi_rate = 5,
				      .max_payload = 1500};
	struct world w = {.now = 1000};
	struct rd r = rd_init(data, size);

	round_trip((struct span){data, size});
	twheel_init(&w.wheel, w.now);
	w.ac = pppoe_ac_new(&ops, &w, &w.wheel);
	w.port = pppoe_port_new(w.ac, mac, 0, NULL, &params, NULL);
	while (rd_left(&r)) {
		uint8_t op = rd_u8(&r);
		struct span s = rd_take_span(&r, rd_u8(&r));

		if (!rd_ok(&r))
			break;
		step(&w, op, s);
	}
	pppoe_port_free(w.port);
	pppoe_ac_free(w.ac);
	twheel_fini(&w.wheel);
	return 0;
}
