// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * LNS engine and LAC engine back to back: one tunnel, messages in order but with a random
 * delay, a forwarding agent on the LAC that takes its time, users that come, go and change
 * their minds, sessions ended by either side.  Packets travel all the while.
 *
 * Nobody who wants a flow is without it, or gets it twice, for longer than signalling takes:
 * a NOSA under way makes a copy too many, a WOS under way one too few (A4045-37), both for a
 * round trip and an installation at most; who joins a session that runs has nothing until it is
 * acknowledged, or WAIT is over.  At rest the LAC's lists are what the LNS thinks.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "l2mcd/l2mc_lac.h"
#include "l2mcd/l2mc_lns.h"

enum {
	USERS = 20,
	GROUPS = 4,
	SOURCES = 3,
	ANY = SOURCES,
	IDS = 64,
	DELAY = 40,   /* ms, one way, at most */
	INSTALL = 25, /* ms, by the agent, at most */
	WAIT = 200,   /* ms, a new receiver for its NOSA, at most */
	TWICE = 3 * DELAY + INSTALL + 10,
	NONE = WAIT + 10,
};

/* libcheck writes a record for every assertion that holds */
#define must(cond)                                                                               \
	do {                                                                                     \
		if (!(cond))                                                                     \
			ck_abort_msg("%s (seed %" PRIu64 ", %" PRId64 " ms)", #cond, first_seed, \
				     w.now);                                                     \
	} while (0)

static uint64_t seed, first_seed;

static unsigned int rnd(unsigned int n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed >> 11) % n;
}

enum kind {
	MESSAGE,
	ACK,
	CDN,
	INSTALLED,
	PACKET
};

struct item {
	enum kind kind;
	msec_t due, sent;
	struct l2tp_msg m;
	struct l2tp_sid_op ops[2 * USERS];
	uint64_t cookie;
	int user;	     /* CDN */
	uint16_t session_id; /* INSTALLED: LAC's */
	uint64_t version;
	uint32_t osl;		  /* by user */
	int g, k;		  /* PACKET */
	uint32_t wanted, unicast; /* by user */
	uint64_t multicast;	  /* by the LAC's session ID */
	struct item *next;
};

struct queue {
	struct item *first, **last;
};

struct filter {
	bool exclude;
	uint8_t mask;
};

static struct {
	msec_t now;
	struct twheel wheel;
	struct l2mc_lns *lns;
	struct l2mc_tunnel *lns_t;
	struct l2mc_lac *lac;
	struct l2mc_lac_tunnel *lac_t;
	struct queue to_lac, to_lns, agent, packets;
	uint64_t lns_ids, lac_ids; /* bit per ID in use */
	struct l2mc_user *user[USERS];
	bool up[USERS];	      /* at the LAC */
	bool reserved[USERS]; /* the CDN is not acknowledged (A4045-32) */
	struct filter f[USERS][GROUPS];
	msec_t changed[USERS][GROUPS], bad_since[USERS][GROUPS][SOURCES + 1];
	struct l2mc_flow *flow[GROUPS][SOURCES + 1];
	int copies[USERS][GROUPS][SOURCES + 1]; /* of a packet, when it last was bad */
	uint64_t programmed;			/* by the LAC's session ID */
	uint32_t osl[IDS];			/* installed, by the LAC's session ID */
	unsigned int good, bad, sessions_ended;
} w;

/* The LAC's Session IDs: users 100 + n, multicast sessions below 64. */
static uint32_t user_bit(uint16_t lac_id)
{
	return 1u << (lac_id - 100);
}

/* ---------------------------------------------------------------- queues */

static struct item *push(struct queue *q, enum kind kind, msec_t delay)
{
	struct item *i = calloc(1, sizeof(*i));
	struct item *tail =
		q->first ? (struct item *)((char *)q->last - offsetof(struct item, next)) : NULL;

	i->kind = kind;
	i->sent = w.now;
	i->due = w.now + delay;
	if (tail && i->due < tail->due)
		i->due = tail->due; /* in order */
	*q->last = i;
	q->last = &i->next;
	return i;
}

static void push_msg(struct queue *q, const struct l2tp_msg *m, uint64_t cookie)
{
	struct item *i = push(q, MESSAGE, rnd(DELAY));

	i->m = *m;
	i->cookie = cookie;
	must(m->n_sids <= array_size(i->ops));
	if (m->n_sids)
		memcpy(i->ops, m->sids, m->n_sids * sizeof(*i->ops));
	i->m.sids = i->ops;
}

static struct item *pop_due(struct queue *q)
{
	struct item *i = q->first;

	if (!i || i->due > w.now)
		return NULL;
	q->first = i->next;
	if (!q->first)
		q->last = &q->first;
	return i;
}

static void queue_init(struct queue *q)
{
	q->first = NULL;
	q->last = &q->first;
}

static void queue_free(struct queue *q)
{
	while (q->first) {
		struct item *i = q->first;

		q->first = i->next;
		free(i);
	}
	queue_init(q);
}

static uint16_t take_id(uint64_t *ids)
{
	for (int id = 1; id < IDS; id++)
		if (!(*ids >> id & 1)) {
			*ids |= UINT64_C(1) << id;
			return id;
		}
	return 0;
}

/* ---------------------------------------------------------------- LNS */

static struct addr group_addr(int g)
{
	return addr_from_v4((uint8_t[]){232, 1, 1, g});
}

static uint16_t lns_reserve(void *ctx, struct l2mc_tunnel *t)
{
	return take_id(&w.lns_ids);
}

static void lns_release(void *ctx, struct l2mc_tunnel *t, uint16_t id)
{
	w.lns_ids &= ~(UINT64_C(1) << id);
}

static bool lns_send(void *ctx, struct l2mc_tunnel *t, const struct l2tp_msg *m, uint64_t cookie)
{
	push_msg(&w.to_lac, m, cookie);
	return true;
}

static void flow_changed(void *ctx, struct l2mc_flow *f, bool gone)
{
	const struct addr *s = l2mc_flow_source(f);
	int k = addr_cmp(s, &ADDR_ANY) == 0 ? ANY : s->b[15];

	w.flow[l2mc_flow_group(f)->b[15]][k] = gone ? NULL : f;
}

static void record_changed(void *ctx, const struct addr *group, const struct gmp_filter *merged)
{
}

static const struct l2mc_lns_ops lns_ops = {
	.reserve_id = lns_reserve,
	.release_id = lns_release,
	.send = lns_send,
	.flow_changed = flow_changed,
	.record_changed = record_changed,
};

/* ---------------------------------------------------------------- LAC and its agent */

static uint16_t lac_reserve(void *ctx, struct l2mc_lac_tunnel *t)
{
	return take_id(&w.lac_ids);
}

static void lac_release(void *ctx, struct l2mc_lac_tunnel *t, uint16_t id)
{
	w.lac_ids &= ~(UINT64_C(1) << id);
}

static bool lac_send(void *ctx, struct l2mc_lac_tunnel *t, const struct l2tp_msg *m,
		     uint64_t cookie)
{
	push_msg(&w.to_lns, m, cookie);
	return true;
}

static bool is_member(void *ctx, struct l2mc_lac_tunnel *t, uint16_t id)
{
	return id >= 100 && id < 100 + USERS && w.up[id - 100];
}

static bool ready(void *ctx)
{
	return true;
}

static void program(void *ctx, const struct l2mc_osl *o)
{
	struct item *i = push(&w.agent, INSTALLED, rnd(INSTALL));
	struct l2mc_osl_info info;
	const uint16_t *ids;
	size_t n;

	l2mc_osl_info(o, &info);
	ids = l2mc_osl_members(o, &n);
	i->session_id = info.session_id;
	i->version = info.version;
	for (size_t k = 0; k < n; k++)
		i->osl |= user_bit(ids[k]);
	w.programmed |= UINT64_C(1) << info.session_id;
}

static void unprogram(void *ctx, const struct l2mc_osl *o)
{
	struct l2mc_osl_info info;

	l2mc_osl_info(o, &info);
	w.programmed &= ~(UINT64_C(1) << info.session_id);
	w.osl[info.session_id] = 0;
	for (struct item *i = w.agent.first; i; i = i->next)
		if (i->session_id == info.session_id)
			i->session_id = 0;
}

static const struct l2mc_lac_ops lac_ops = {
	.reserve_id = lac_reserve,
	.release_id = lac_release,
	.send = lac_send,
	.is_member = is_member,
	.ready = ready,
	.program = program,
	.unprogram = unprogram,
};

static void agent_run(void)
{
	struct item *i;

	while ((i = pop_due(&w.agent))) {
		/* an agent that fails once in a while before there is anything to replicate */
		bool ok = i->version > 1 || rnd(20);

		if (i->session_id) {
			if (ok)
				w.osl[i->session_id] = i->osl;
			l2mc_osl_installed(w.lac_t, i->session_id, i->version, ok, w.now);
		}
		free(i);
	}
}

/* ---------------------------------------------------------------- packets */

static bool wants(int u, int g, int k)
{
	const struct filter *f = &w.f[u][g];

	return k == ANY ? f->exclude : (f->mask >> k & 1) != f->exclude;
}

static void add_copy(void *arg, const struct l2mc_branch *b)
{
	struct item *p = arg;
	struct l2mc_session_info info;

	if (!b->session) {
		p->unicast |= 1u << (l2mc_user_session_id(b->user) - 1000);
		return;
	}
	l2mc_session_info(b->session, &info);
	p->multicast |= UINT64_C(1) << info.peer_session_id;
}

static void packet_send(int g, int k)
{
	struct item *p = push(&w.packets, PACKET, rnd(DELAY));
	struct l2mc_flow *f = w.flow[g][k] ? w.flow[g][k] : w.flow[g][ANY];

	p->g = g;
	p->k = k;
	for (int u = 0; u < USERS; u++)
		p->wanted |= (uint32_t)(w.user[u] && w.up[u] && wants(u, g, k)) << u;
	if (f)
		l2mc_flow_branches(f, add_copy, p);
	for (int u = 0; u < USERS; u++)
		must(!(p->unicast >> u & 1) || (w.user[u] && wants(u, g, k)));
}

/* A packet arrives at the LAC; who gets it how often? */
static void packet_arrive(const struct item *p)
{
	for (int u = 0; u < USERS; u++) {
		msec_t *since = &w.bad_since[u][p->g][p->k];
		int n = p->unicast >> u & 1;

		/* only those who wanted it all the time */
		if (!(p->wanted >> u & 1) || !w.up[u] || w.changed[u][p->g] >= p->sent)
			continue;
		for (int id = 1; id < IDS; id++)
			n += p->multicast >> id & w.osl[id] >> u & 1;
		if (n == 1) {
			*since = 0;
			w.good++;
			continue;
		}
		w.bad++;
		if (!*since || w.copies[u][p->g][p->k] != n) /* one thing after the other */
			*since = p->sent;
		w.copies[u][p->g][p->k] = n;
		must(p->sent - *since <= (n ? TWICE : NONE));
	}
}

/* ---------------------------------------------------------------- events */

static void report(int u, int g, struct filter f)
{
	struct addr sources[SOURCES], group = group_addr(g);
	struct gmp_filter gf = {.exclude = f.exclude, .sources = sources};

	for (int k = 0; k < SOURCES; k++)
		if (f.mask >> k & 1)
			sources[gf.n++] = addr_from_v4((uint8_t[]){192, 0, 2, k});
	w.f[u][g] = f;
	w.changed[u][g] = w.now;
	memset(w.bad_since[u][g], 0, sizeof(w.bad_since[u][g]));
	l2mc_user_report(w.user[u], &group, &gf, w.now);
}

static void user_toggle(int u)
{
	if (w.reserved[u])
		return;
	if (!w.user[u]) {
		w.up[u] = true;
		w.user[u] = l2mc_user_add(w.lns_t, 1000 + u, 100 + u, NULL);
	} else if (w.up[u]) { /* the LAC loses it, the CDN is on its way (A4045-32) */
		w.up[u] = false;
		w.reserved[u] = true;
		l2mc_lac_session_gone(w.lac_t, 100 + u);
		push(&w.to_lns, CDN, rnd(DELAY))->user = u;
	}
}

static struct filter random_filter(void)
{
	switch (rnd(8)) {
	case 0:
	case 1:
		return (struct filter){0};
	case 2:
		return (struct filter){.exclude = true, .mask = rnd(1 << SOURCES)};
	case 3:
		return (struct filter){.exclude = true};
	default:
		return (struct filter){.mask = rnd(1 << SOURCES)};
	}
}

static void session_ends(void)
{
	int id = 1 + rnd(IDS - 1);

	w.sessions_ended++;
	if (rnd(2))
		l2mc_session_clear(w.lns, 1, id, w.now);
	else
		l2mc_osl_clear(w.lac_t, id, w.now);
}

static void random_event(void)
{
	int u = rnd(USERS), g = rnd(GROUPS);

	if (rnd(40) == 0)
		session_ends();
	else if (rnd(20) == 0 || !w.user[u])
		user_toggle(u);
	else if (rnd(20) == 0 && w.changed[u][g] + 1000 < w.now)
		l2mc_user_set_eligible(w.user[u], rnd(4), true, w.now);
	else
		report(u, g, random_filter());
}

static void lns_receive(const struct item *i)
{
	if (i->kind == MESSAGE) {
		l2mc_lns_input(w.lns_t, &i->m, NULL, w.now);
	} else if (i->kind == ACK) {
		l2mc_lns_acked(w.lns, i->cookie, w.now);
		return;
	} else {
		struct l2mc_user *u = w.user[i->user];

		w.user[i->user] = NULL;
		memset(w.f[i->user], 0, sizeof(w.f[i->user]));
		l2mc_user_del(u, w.now);
		push(&w.to_lac, CDN, rnd(DELAY))->user = i->user;
		return;
	}
	if (i->cookie)
		push(&w.to_lac, ACK, rnd(DELAY))->cookie = i->cookie;
}

static void lac_receive(const struct item *i)
{
	if (i->kind == ACK) {
		l2mc_lac_acked(w.lac, i->cookie, w.now);
		return;
	}
	if (i->kind == CDN) {
		w.reserved[i->user] = false;
		return;
	}
	l2mc_lac_input(w.lac_t, &i->m, NULL, w.now);
	if (i->cookie)
		push(&w.to_lns, ACK, rnd(DELAY))->cookie = i->cookie;
}

static void tick(void)
{
	struct item *i;

	w.now++;
	twheel_run(&w.wheel, w.now);
	while ((i = pop_due(&w.to_lac))) {
		lac_receive(i);
		free(i);
	}
	while ((i = pop_due(&w.to_lns))) {
		lns_receive(i);
		free(i);
	}
	agent_run();
	l2mc_lns_flush(w.lns, w.now);
	while ((i = pop_due(&w.packets))) {
		packet_arrive(i);
		free(i);
	}
	for (int g = 0; g < GROUPS && w.now % 5 == 0; g++)
		for (int k = 0; k <= ANY; k++)
			packet_send(g, k);
}

/* ---------------------------------------------------------------- at rest */

static uint32_t acked;
static uint64_t at_lns;

static void collect(void *arg, const struct l2mc_user *u, enum l2mc_entry_state state)
{
	must(state == L2MC_ENTRY_ACKED);
	acked |= 1u << (l2mc_user_session_id(u) - 1000);
}

static void compare(void *arg, const struct l2mc_session *s)
{
	struct l2mc_session_info info;
	struct l2mc_osl *o;
	const uint16_t *ids;
	uint32_t osl = 0;
	size_t n;

	l2mc_session_info(s, &info);
	if (info.state == L2MC_HOLDOFF)
		return;
	must(info.state == L2MC_ESTABLISHED);
	at_lns |= UINT64_C(1) << info.peer_session_id;
	acked = 0;
	l2mc_session_osl(s, collect, NULL);
	o = l2mc_osl_find(w.lac_t, info.peer_session_id);
	must(o);
	ids = l2mc_osl_members(o, &n);
	for (size_t i = 0; i < n; i++)
		osl |= user_bit(ids[i]);
	must(osl == acked);
	must(w.osl[info.peer_session_id] == acked);
}

static void check_at_rest(void)
{
	struct l2mc_lac_stats lac;
	struct l2mc_lns_stats lns;

	at_lns = 0;
	l2mc_session_walk(w.lns, compare, NULL);
	l2mc_lac_stats(w.lac, &lac);
	l2mc_lns_stats(w.lns, &lns);
	must(at_lns == w.programmed); /* none is forgotten at the LAC */
	must(lac.sessions == lns.sessions);
	must(lac.unexpected == 0 && lns.unexpected == 0 && lns.foreign_acks == 0);
	for (int u = 0; u < USERS; u++)
		for (int g = 0; g < GROUPS; g++)
			for (int k = 0; k <= ANY; k++)
				must(!w.user[u] || !wants(u, g, k) || !w.bad_since[u][g][k]);
}

static void start(void)
{
	struct l2mc_lac_policy lac_policy = {0};
	struct l2mc_policy policy;

	memset(&w, 0, sizeof(w));
	w.now = 1;
	twheel_init(&w.wheel, w.now);
	queue_init(&w.to_lac);
	queue_init(&w.to_lns);
	queue_init(&w.agent);
	queue_init(&w.packets);
	l2mc_policy_default(&policy);
	policy.per_group = rnd(3) == 0;
	policy.threshold = 1 + rnd(3);
	policy.teardown = rnd(2);
	policy.holdtime_ms = rnd(2) * 1000;
	policy.await_ms = rnd(2) * WAIT;
	policy.holdoff_ms = 1500; /* minutes would be minutes without a session */
	w.lns = l2mc_lns_new(&lns_ops, NULL, &w.wheel, &policy);
	w.lac = l2mc_lac_new(&lac_ops, NULL, &lac_policy);
	w.lns_t = l2mc_tunnel_add(w.lns, 1, true, NULL);
	w.lac_t = l2mc_lac_tunnel_add(w.lac, 1, true, NULL);
}

static void finish(void)
{
	l2mc_tunnel_del(w.lns_t, w.now);
	l2mc_lac_tunnel_del(w.lac_t);
	must(!w.lns_ids && !w.lac_ids && !w.programmed && !w.wheel.count);
	l2mc_lns_free(w.lns);
	l2mc_lac_free(w.lac);
	twheel_fini(&w.wheel);
	queue_free(&w.to_lac);
	queue_free(&w.to_lns);
	queue_free(&w.agent);
	queue_free(&w.packets);
}

START_TEST(users_get_every_packet_once_while_everything_changes)
{
	const char *s = getenv("L2MC_SEED");

	seed = first_seed = (s ? strtoull(s, NULL, 0) : 4045) + _i;
	start();
	for (int round = 0; round < 12; round++) {
		for (int ms = 0; ms < 4000; ms++) {
			if (rnd(20) == 0)
				random_event();
			tick();
		}
		for (int ms = 0; ms < 8000; ms++)
			tick();
		check_at_rest();
	}
	/* most of them, in a world where something changes every 20 ms */
	must(w.good > 50 * w.bad && w.good > 100000);
	if (getenv("L2MC_VERBOSE"))
		fprintf(stderr, "good %u bad %u ended %u\n", w.good, w.bad, w.sessions_ended);
	finish();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("l2mc_pair");
	TCase *tc = tcase_create("pair");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, users_get_every_packet_once_while_everything_changes, 0, 8);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
