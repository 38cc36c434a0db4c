// SPDX-License-Identifier: GPL-2.0-or-later
/* The rig of the virtual PIM neighbour; see pim_rig.h. */
#include "tests/unit/pim_rig.h"

struct pim_rig rig;

struct addr address(const char *text)
{
	struct addr a = ADDR_ANY;

	ck_assert_msg(!strcmp(text, "*") || addr_parse(text, &a), "%s", text);
	return a;
}

bool addr_is(const struct addr *a, const char *text)
{
	struct addr b = address(text);

	return addr_cmp(a, &b) == 0;
}

/* ---------------------------------------------------------------- the rig */

static void on_send(void *ctx, struct span packet)
{
	static struct pim_decoder decoder;
	struct sent *s = &rig.sent[rig.n_sent];

	ck_assert_uint_lt(rig.n_sent++, MAX_LOG);
	ck_assert_uint_le(packet.len, PIM_MAX_PACKET);
	ck_assert_int_eq(pim_msg_decode(&decoder, packet, &s->m), PIM_DECODE_OK);
	ck_assert(addr_is(&s->m.src, rig.v6 ? "fe80::2" : "198.18.0.2"));
	ck_assert(addr_is(&s->m.dst, rig.v6 ? "ff02::d" : "224.0.0.13"));
	if (s->m.type == PIM_JOIN_PRUNE)
		ck_assert(addr_is(&s->m.upstream, rig.v6 ? "fe80::1" : "198.18.0.1"));
	ck_assert_uint_le(s->m.n_sources, array_size(s->s));
	memcpy(s->s, decoder.sources, s->m.n_sources * sizeof(s->s[0]));
	s->m.sources = s->s;
	s->at = rig.wheel.now > rig.now ? rig.wheel.now : rig.now;
}

static void on_downstream(void *ctx, const struct addr *source, const struct addr *group,
			  bool wanted)
{
	ck_assert_uint_lt(rig.n_told, MAX_LOG);
	rig.told[rig.n_told++] = (struct told){*source, *group, wanted, rig.wheel.now};
	if (rig.react)
		rig.react();
}

static void on_pruned(void *ctx, const struct addr *source, const struct addr *group, bool pruned)
{
	rig.n_pruned++;
	rig.pruned = (struct told){*source, *group, pruned, rig.wheel.now};
}

static void on_neighbour(void *ctx, bool up, bool restarted)
{
	rig.n_up += up && !restarted;
	rig.n_down += !up;
	rig.n_restarts += restarted;
}

static const struct pim_vif_ops ops = {
	.send = on_send,
	.downstream = on_downstream,
	.pruned = on_pruned,
	.neighbour = on_neighbour,
};

void rig_open(bool v6)
{
	struct pim_vif_params p;

	memset(&rig, 0, sizeof(rig));
	rig.v6 = v6;
	rig.now = START;
	twheel_init(&rig.wheel, START);
	pim_vif_params_default(&p);
	p.address = address(v6 ? "fe80::2" : "198.18.0.2");
	p.neighbour = address(v6 ? "fe80::1" : "198.18.0.1");
	rig.v = pim_vif_new(&p, &ops, NULL, &rig.wheel);
	pim_vif_start(rig.v, rig.now);
}

void rig_setup(void)
{
	rig_open(false);
}

void rig_close(void)
{
	pim_vif_free(rig.v, false);
	ck_assert_uint_eq(rig.wheel.count, 0);
	twheel_fini(&rig.wheel);
}

void rig_forget(void)
{
	rig.n_told = rig.n_sent = 0;
}

void rig_pass(msec_t ms)
{
	twheel_run(&rig.wheel, rig.now + ms);
	rig.now += ms;
}

void rig_pass_without_run(msec_t ms)
{
	rig.now += ms;
}

void rig_input(struct pim_msg m, const char *src)
{
	uint8_t buf[16384];
	size_t n;

	m.src = address(src);
	n = pim_msg_encode(&m, buf, sizeof(buf));
	ck_assert_uint_gt(n, 0);
	pim_vif_input(rig.v, (struct span){buf, n}, rig.now);
}

void rig_hello(uint16_t hold_s, uint32_t generation)
{
	rig_input((struct pim_msg){.type = PIM_HELLO, .hold_s = hold_s, .generation = generation},
		  rig.v6 ? "fe80::1" : "198.18.0.1");
}

struct pim_source entry(const char *source, const char *group, uint8_t flags, bool prune)
{
	return (struct pim_source){address(group), address(source), flags, prune};
}

void rig_join_prune_to(const char *upstream, const struct pim_source *s, size_t n, uint16_t hold_s)
{
	rig_input((struct pim_msg){.type = PIM_JOIN_PRUNE,
				   .upstream = address(upstream),
				   .hold_s = hold_s,
				   .sources = s,
				   .n_sources = n},
		  rig.v6 ? "fe80::1" : "198.18.0.1");
}

void rig_join_prune(const struct pim_source *s, size_t n)
{
	rig_join_prune_to(rig.v6 ? "fe80::2" : "198.18.0.2", s, n, 210);
}

void rig_one(const char *source, const char *group, uint8_t flags, bool prune)
{
	struct pim_source s = entry(source, group, flags, prune);

	rig_join_prune(&s, 1);
}

void rig_ours(const char *source, const char *group, const char *rp, bool joined)
{
	struct addr s = address(source), g = address(group), r = address(rp);

	pim_vif_join(rig.v, &s, &g, &r, joined, rig.now);
}

void expect_told(size_t i, const char *source, const char *group, bool wanted)
{
	ck_assert_uint_gt(rig.n_told, i);
	ck_assert(addr_is(&rig.told[i].source, source));
	ck_assert(addr_is(&rig.told[i].group, group));
	ck_assert_int_eq(rig.told[i].wanted, wanted);
}

void expect_sent_source(size_t i, const char *source, const char *group, uint8_t flags, bool prune)
{
	const struct sent *s = &rig.sent[i];

	ck_assert_uint_gt(rig.n_sent, i);
	ck_assert_int_eq(s->m.type, PIM_JOIN_PRUNE);
	ck_assert_uint_eq(s->m.hold_s, 210);
	ck_assert_uint_eq(s->m.n_sources, 1);
	ck_assert(addr_is(&s->s[0].source, source));
	ck_assert(addr_is(&s->s[0].group, group));
	ck_assert_uint_eq(s->s[0].flags, flags);
	ck_assert_int_eq(s->s[0].prune, prune);
}

struct pim_vif_info rig_info(void)
{
	struct pim_vif_info i;

	pim_vif_info(rig.v, &i);
	return i;
}
