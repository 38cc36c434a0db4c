// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Packets of pimd, each behind two octets of length: what is decoded can be written and read
 * again, and a virtual neighbour of either family takes it and lives through the timers.
 */
#include <stdlib.h>

#include "mplsmc/pim_codec.h"
#include "mplsmc/pim_vif.h"

static void require(bool ok)
{
	if (!ok)
		abort();
}

/* Checksums would stop the fuzzer; they are made right where the packet has room for them. */
static void repair(uint8_t *p, size_t len)
{
	size_t header, end;
	uint32_t sum = 0;

	if (len >= 24 && p[0] >> 4 == 4) {
		header = (p[0] & 15) * 4;
		end = p[2] << 8 | p[3];
	} else if (len >= 44 && p[0] >> 4 == 6) {
		header = 40;
		end = 40 + (p[4] << 8 | p[5]);
		sum = end - header + 103;
		for (size_t i = 8; i < 40; i += 2)
			sum += p[i] << 8 | p[i + 1];
	} else {
		return;
	}
	if (end > len || header + 4 > end)
		return;
	put_u16(p + header + 2, 0);
	for (size_t i = header; i < end; i++)
		sum += (i - header) % 2 ? p[i] : p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	put_u16(p + header + 2, ~sum);
}

/* Whether the sources are in the order of pim_msg_encode(): joins before prunes in a group. */
static bool in_order(const struct pim_msg *m)
{
	for (size_t i = 1; i < m->n_sources; i++)
		if (m->sources[i - 1].prune && !m->sources[i].prune &&
		    addr_cmp(&m->sources[i - 1].group, &m->sources[i].group) == 0)
			return false;
	return true;
}

static void require_same(const struct pim_msg *a, const struct pim_msg *b)
{
	require(a->type == b->type && addr_cmp(&a->src, &b->src) == 0);
	require(a->hold_s == b->hold_s && a->n_sources == b->n_sources);
	require(a->generation == b->generation && addr_cmp(&a->upstream, &b->upstream) == 0);
	for (size_t i = 0; i < a->n_sources; i++) {
		const struct pim_source *x = &a->sources[i], *y = &b->sources[i];

		require(addr_cmp(&x->group, &y->group) == 0 && x->flags == y->flags);
		require(addr_cmp(&x->source, &y->source) == 0 && x->prune == y->prune);
	}
}

static void round_trip(struct span packet)
{
	static struct pim_decoder decoder, other;
	static uint8_t buf[65536];
	struct pim_msg m, again;
	size_t n;

	if (pim_msg_decode(&decoder, packet, &m) != PIM_DECODE_OK || !in_order(&m))
		return;
	n = pim_msg_encode(&m, buf, sizeof(buf));
	require(n);
	require(pim_msg_decode(&other, (struct span){buf, n}, &again) == PIM_DECODE_OK);
	require_same(&m, &again);
}

/* ---------------------------------------------------------------- the virtual neighbour */

static void on_send(void *ctx, struct span packet)
{
	static struct pim_decoder decoder;
	struct pim_msg m;

	require(pim_msg_decode(&decoder, packet, &m) == PIM_DECODE_OK);
}

static void on_downstream(void *ctx, const struct addr *source, const struct addr *group,
			  bool wanted)
{
	*(long *)ctx += wanted ? 1 : -1;
	require(*(long *)ctx >= 0 && addr_is_multicast(group));
}

static void on_pruned(void *ctx, const struct addr *source, const struct addr *group, bool pruned)
{
	require(!addr_is_any(source) && addr_is_multicast(group));
}

static void on_neighbour(void *ctx, bool up, bool restarted)
{
	require(up || !restarted);
}

static struct pim_vif *open_vif(struct twheel *wheel, bool v6, long *wanted)
{
	static const struct pim_vif_ops ops = {.send = on_send,
					       .downstream = on_downstream,
					       .pruned = on_pruned,
					       .neighbour = on_neighbour};
	struct addr source, group;
	struct pim_vif_params p;
	struct pim_vif *v;

	pim_vif_params_default(&p);
	addr_parse(v6 ? "fe80::2" : "198.18.0.2", &p.address);
	addr_parse(v6 ? "fe80::1" : "198.18.0.1", &p.neighbour);
	addr_parse(v6 ? "2001:db8::1" : "172.16.1.11", &source);
	addr_parse(v6 ? "ff3e::8000:1" : "232.1.1.1", &group);
	v = pim_vif_new(&p, &ops, wanted, wheel);
	pim_vif_start(v, wheel->now);
	pim_vif_join(v, &source, &group, &ADDR_ANY, true, wheel->now);
	return v;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_init(data, size);
	struct pim_vif *vifs[2];
	long wanted[2] = {0, 0};
	struct twheel wheel;

	twheel_init(&wheel, 1);
	for (int v6 = 0; v6 <= 1; v6++)
		vifs[v6] = open_vif(&wheel, v6, &wanted[v6]);
	while (rd_left(&r) > 2) {
		size_t len = rd_u16(&r);
		uint8_t *copy;

		if (len > rd_left(&r))
			len = rd_left(&r);
		copy = malloc(len + !len);
		require(copy);
		rd_copy(&r, copy, len);
		round_trip((struct span){copy, len});
		repair(copy, len);
		round_trip((struct span){copy, len});
		for (int v6 = 0; v6 <= 1; v6++)
			pim_vif_input(vifs[v6], (struct span){copy, len}, wheel.now);
		free(copy);
		twheel_run(&wheel, wheel.now + 7000);
	}
	twheel_run(&wheel, wheel.now + 250000);
	for (int v6 = 0; v6 <= 1; v6++) {
		struct pim_vif_info info;

		pim_vif_info(vifs[v6], &info);
		require((long)info.n_downstream == wanted[v6] && info.n_joined == 1);
		pim_vif_free(vifs[v6], true);
	}
	require(!wheel.count);
	twheel_fini(&wheel);
	return 0;
}
