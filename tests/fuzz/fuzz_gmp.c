// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An IGMP or MLD packet: what is decoded can be written and read again, and a router takes it
 * and lives through the timers that follow.  Input: packets, each behind two octets of length.
 */
#include <stdlib.h>

#include "lib/gmp_router.h"
#include "lib/gmp_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct gmp_decoder decoder, again;
static char text[2][1 << 18];

static uint16_t checksum(const uint8_t *p, size_t len, uint32_t acc)
{
	for (size_t i = 0; i < len; i++)
		acc += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	while (acc >> 16)
		acc = (acc & 0xffff) + (acc >> 16);
	return ~acc;
}

/* Checksums would stop the fuzzer; they are made right where the packet has room for them. */
static void repair(uint8_t *p, size_t len)
{
	size_t header;
	uint32_t acc = 0;

	if (len >= 24 && p[0] >> 4 == 4) {
		header = (p[0] & 0x0f) * 4;
		len = p[2] << 8 | p[3];
	} else if (len >= 50 && p[0] >> 4 == 6) {
		header = 40 + (p[6] ? 0 : (p[41] + 1) * 8);
		len = 40 + (p[4] << 8 | p[5]);
		acc = checksum(p + 8, 32, (uint32_t)(len - header) + 58) ^ 0xffff;
	} else {
		return;
	}
	if (header + 4 > len)
		return;
	put_u16(p + header + 2, 0);
	put_u16(p + header + 2, checksum(p + header, len - header, acc));
	if (p[0] >> 4 == 4) {
		put_u16(p + 10, 0);
		put_u16(p + 10, checksum(p, header, 0));
	}
}

static void on_query(void *ctx, struct gmp_router *r, const struct gmp_msg *m)
{
	uint8_t packet[GMP_MAX_PACKET];
	struct gmp_msg out;
	size_t len = gmp_msg_encode(m, packet, sizeof(packet));

	/* every query can be sent, and is a valid one */
	if (gmp_msg_decode(&again, (struct span){packet, len}, &out) != GMP_DECODE_OK)
		abort();
}

static void on_state(void *ctx, struct gmp_router *r, const struct addr *group,
		     const struct gmp_filter *f)
{
	for (size_t i = 1; i < f->n; i++)
		if (addr_cmp(&f->sources[i - 1], &f->sources[i]) >= 0)
			abort();
}

static void print(const struct gmp_msg *m, char *buf)
{
	struct text t = text_init(buf, sizeof(text[0]));

	gmp_msg_text(m, &t);
}

static void write_again(const struct gmp_msg *m)
{
	static uint8_t packet[65536];
	size_t len = gmp_msg_encode(m, packet, sizeof(packet));
	struct gmp_msg out;

	if (!len)
		abort();
	if (gmp_msg_decode(&again, (struct span){packet, len}, &out) != GMP_DECODE_OK)
		abort();
	print(m, text[0]);
	print(&out, text[1]);
	if (strcmp(text[0], text[1]))
		abort();
}

static void take_packet(struct gmp_router *const *routers, const uint8_t *p, size_t len, msec_t now)
{
	uint8_t *copy = calloc(1, 65536 + 64); /* a length of 65,575 can be repaired */
	struct gmp_msg m;

	if (!copy)
		abort();
	gmp_msg_decode(&decoder, (struct span){p, len}, &m);
	memcpy(copy, p, len);
	repair(copy, len);
	if (gmp_msg_decode(&decoder, (struct span){copy, len}, &m) == GMP_DECODE_OK) {
		write_again(&m);
		gmp_router_input(routers[m.mld], &m, now);
	}
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct gmp_router_ops ops = {.query = on_query, .state = on_state};
	struct rd r = rd_init(data, size);
	struct gmp_router *routers[2];
	struct twheel wheel;

	twheel_init(&wheel, 0);
	for (int mld = 0; mld <= 1; mld++) {
		struct gmp_router_params p;

		gmp_router_params_default(&p, mld);
		addr_parse(mld ? "fe80::8000:0:0:0" : "128.0.0.1", &p.address);
		p.election = true;
		p.maximum_sources = 100;
		routers[mld] = gmp_router_new(&p, &ops, NULL, &wheel);
	}
	while (rd_left(&r) > 2) {
		size_t len = rd_u16(&r);

		if (len > rd_left(&r))
			len = rd_left(&r);
		take_packet(routers, rd_take(&r, len), len, wheel.now);
		twheel_run(&wheel, wheel.now + 700);
	}
	twheel_run(&wheel, wheel.now + 300000);
	gmp_router_free(routers[0]);
	gmp_router_free(routers[1]);
	if (wheel.count)
		abort();
	twheel_fini(&wheel);
	return 0;
}
