// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/perf/bench_lns.h"

#include "lib/fib_codec.h"
#include "tests/perf/bench.h"

#include <string.h>

static struct addr group_addr(unsigned int i)
{
	uint8_t octets[4] = {239, 1, i >> 8, i & 0xff};

	return addr_from_v4(octets);
}

/* ---------------------------------------------------------------- a LAC that always agrees */

static uint16_t reserve_id(void *ctx, struct l2mc_tunnel *t)
{
	struct bench *b = ctx;

	b->next_id = b->next_id == UINT16_MAX ? 20000 : b->next_id + 1;
	return b->next_id;
}

static void release_id(void *ctx, struct l2mc_tunnel *t, uint16_t session_id)
{
}

static bool take_message(void *ctx, struct l2mc_tunnel *t, const struct l2tp_msg *m,
			 uint64_t cookie)
{
	struct bench *b = ctx;
	struct reply *r = &b->replies[b->n_replies++];

	if (b->n_replies == BENCH_REPLIES)
		abort();
	*r = (struct reply){.t = t, .type = m->type, .cookie = cookie};
	if (m->type == L2TP_MSI) {
		b->lists_sent++;
		b->list_entries += m->n_sids;
	}
	/* the LAC uses the LNS's ID as its own */
	r->session_id = m->type == L2TP_MSRQ ? m->assigned_session_id : m->session_id;
	for (size_t i = 0; i < m->n_sids; i++)
		if (m->sids[i].avp == L2TP_AVP_NEW_OUTGOING_SESSIONS)
			r->sids[r->n_sids++] =
				(struct l2tp_sid_op){.avp = L2TP_AVP_NEW_OUTGOING_SESSIONS_ACK,
						     .session_id = m->sids[i].session_id};
	return true;
}

static void say(struct bench *b, const struct reply *r, enum l2tp_msg_type type)
{
	struct l2tp_msg m = {.type = type, .session_id = r->session_id};

	if (type == L2TP_MSRP) {
		m.assigned_session_id = r->session_id;
		l2tp_msg_set(&m, L2TP_AVP_ASSIGNED_SESSION_ID);
	} else if (type == L2TP_MSI) {
		m.sids = r->sids;
		m.n_sids = r->n_sids;
	}
	l2mc_lns_input(r->t, &m, NULL, b->now);
}

static void answer(struct bench *b)
{
	for (size_t i = 0; i < b->n_replies; i++) {
		struct reply r = b->replies[i];

		if (r.cookie)
			l2mc_lns_acked(b->lns, r.cookie, b->now);
		if (r.type == L2TP_MSRQ) {
			say(b, &r, L2TP_MSRP);
			say(b, &r, L2TP_MSE);
		} else if (r.type == L2TP_MSI && r.n_sids) {
			say(b, &r, L2TP_MSI);
		}
	}
	b->n_replies = 0;
}

/* ---------------------------------------------------------------- forwarding */

static void flow_changed(void *ctx, struct l2mc_flow *f, bool gone)
{
	struct bench *b = ctx;

	for (size_t i = 0; i < b->n_dirty; i++)
		if (b->dirty[i] == f) {
			if (gone)
				b->dirty[i] = b->dirty[--b->n_dirty];
			return;
		}
	if (!gone && b->n_dirty < BENCH_DIRTY)
		b->dirty[b->n_dirty++] = f;
}

struct build {
	struct bench *b;
	struct fib_flow_branch *branches;
	size_t n;
};

static void add_branch(void *arg, const struct l2mc_branch *br)
{
	struct build *build = arg;

	build->b->copies++;
	if (!build->b->pub)
		return;
	build->branches = realloc(build->branches, (build->n + 1) * sizeof(*build->branches));
	build->branches[build->n++] = (struct fib_flow_branch){
		.kind = br->session ? FIB_BRANCH_MULTICAST_SESSION : FIB_BRANCH_UNICAST_SESSION,
		.tunnel_id = l2mc_tunnel_id(br->tunnel),
		.session_id = br->user ? l2mc_user_session_id(br->user) : 1,
	};
}

static void build_flows(struct bench *b)
{
	for (size_t i = 0; i < b->n_dirty; i++) {
		struct build build = {.b = b};
		union fib_value v = {};
		struct fib_key key;

		l2mc_flow_branches(b->dirty[i], add_branch, &build);
		b->flows_built++;
		if (!b->pub)
			continue;
		key = fib_key_l2tp_flow("", l2mc_flow_group(b->dirty[i]),
					l2mc_flow_source(b->dirty[i]));
		v.l2tp_flow.branches = build.branches;
		v.l2tp_flow.n_branches = build.n;
		fib_pub_set(b->pub, &key, &v);
	}
	b->n_dirty = 0;
}

static void record_changed(void *ctx, const struct addr *group, const struct gmp_filter *merged)
{
}

static const struct l2mc_lns_ops ops = {
	.reserve_id = reserve_id,
	.release_id = release_id,
	.send = take_message,
	.flow_changed = flow_changed,
	.record_changed = record_changed,
};

/* ---------------------------------------------------------------- load */

void bench_settle(struct bench *b)
{
	do {
		l2mc_lns_flush(b->lns, b->now);
		answer(b);
		l2mc_lns_flush(b->lns, b->now);
	} while (b->n_replies);
	build_flows(b);
}

void bench_watch(struct bench *b, size_t user, uint16_t group)
{
	static const struct gmp_filter all = {.exclude = true};
	struct addr a;

	if (b->watching[user] != UINT16_MAX) {
		a = group_addr(b->watching[user]);
		l2mc_user_report(b->users[user], &a, &GMP_FILTER_NONE, b->now);
	}
	if (group != UINT16_MAX) {
		a = group_addr(group);
		l2mc_user_report(b->users[user], &a, &all, b->now);
	}
	b->watching[user] = group;
}

void bench_zap(struct bench *b, size_t user)
{
	unsigned int group = rand() % (b->groups - 1);

	bench_watch(b, user, group >= b->watching[user] ? group + 1 : group);
}

struct bench *bench_new(size_t n_users, size_t per_tunnel, unsigned int groups)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct l2mc_policy policy;

	b->replies = calloc(BENCH_REPLIES, sizeof(*b->replies));
	b->groups = groups;
	b->now = 1000;
	b->next_id = 20000;
	twheel_init(&b->wheel, b->now);
	l2mc_policy_default(&policy);
	b->lns = l2mc_lns_new(&ops, b, &b->wheel, &policy);
	for (b->n_users = 0; b->n_users < n_users; b->n_users++) {
		size_t t = b->n_users / per_tunnel, id = b->n_users % per_tunnel + 1;

		if (id == 1)
			b->tunnels[t] = l2mc_tunnel_add(b->lns, t + 1, true, NULL);
		b->users[b->n_users] = l2mc_user_add(b->tunnels[t], id, id, NULL);
		b->watching[b->n_users] = UINT16_MAX;
	}
	return b;
}

void bench_free(struct bench *b)
{
	for (size_t t = 0; t < BENCH_TUNNELS && b->tunnels[t]; t++)
		l2mc_tunnel_del(b->tunnels[t], b->now);
	l2mc_lns_free(b->lns);
	twheel_fini(&b->wheel);
	free(b->replies);
	free(b);
}

void bench_zap_all(struct bench *b)
{
	for (size_t u = 0; u < b->n_users; u++) {
		bench_zap(b, u);
		bench_settle(b);
	}
}

double bench_events_per_s(struct bench *b, unsigned int reports)
{
	double start = bench_cpu();

	for (unsigned int i = 0; i < reports / 2; i++) {
		b->now++;
		twheel_run(&b->wheel, b->now);
		bench_zap(b, rand() % b->n_users);
		bench_settle(b);
	}
	return reports / (bench_cpu() - start);
}
