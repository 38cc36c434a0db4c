// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The LNS engine against a model that knows nothing but what users want and which messages
 * went back and forth, and recomputes everything from that.
 *
 * Random events: reports, users and tunnels that come and go, eligibility, senders, policy, a
 * LAC that refuses, forgets, acknowledges part of a list or IDs nobody named, and time.  After
 * each event the group it touched is checked, and everything from time to time:
 *   - merged records per tunnel and over all tunnels (RFC 4045 4.2)
 *   - flows exist for exactly the sources that are named
 *   - every member that wants a packet gets one copy: by a multicast session if the LAC has
 *     acknowledged the member there, else by unicast; no copy is sent for nobody
 *     (R4045-6.2.2-3, -4, -8)
 *   - at rest: the LAC's OSLs are those of the LNS and hold the receivers of their context
 * What is checked is what flow_changed() led to: a change that is not told is found.
 * L2MC_SEED and L2MC_EVENTS repeat a run.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "l2mcd/l2mc_lns_p.h"

enum {
	TUNNELS = 3,
	USERS = 24,
	GROUPS = 6,
	SOURCES = 5,
	IDS = 40,
	GENERATIONS = 8
};
#define ANY	   SOURCES /* the flow of all other sources */
#define LAC_IDS	   (32 * GENERATIONS)
#define INCAPABLE  2 /* this tunnel's LAC sent no AVP 80 */

#define must(cond) ck_assert_msg(cond, "%s (seed %" PRIu64 ", event %u)", #cond, first_seed, events)

static uint64_t seed, first_seed;
static unsigned int events;

static unsigned int rnd(unsigned int n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed >> 11) % n;
}

struct filter {
	bool exclude;
	uint8_t mask;
};

struct copies {
	bool live, dirty;
	struct l2mc_flow *flow;
	uint32_t users;	       /* unicast, by user */
	uint64_t ids[TUNNELS]; /* multicast sessions, by our Session ID */
};

/* A multicast session as the messages show it. */
struct session {
	bool used, at_lac;
	uint16_t peer_id;
	int group;
	bool listed[LAC_IDS], acked[LAC_IDS], withdrawn[LAC_IDS]; /* LNS */
	msec_t withdrawn_at[LAC_IDS];
	bool osl[LAC_IDS], due[LAC_IDS]; /* LAC */
};

struct item {
	struct l2tp_msg m;
	struct l2tp_sid_op ops[2 * LAC_IDS];
	uint64_t cookie; /* of an acknowledgement, if type is ZLB */
	struct item *next;
};

struct queue {
	struct item *first, **last;
};

struct user {
	struct l2mc_user *u; /* NULL: down */
	int tunnel;
	unsigned int generation;
	bool v4, v6, sender[GROUPS];
	struct filter f[GROUPS];
};

static struct {
	struct twheel wheel;
	msec_t now;
	struct l2mc_lns *lns;
	struct l2mc_policy policy;
	struct l2mc_tunnel *t[TUNNELS];
	struct user user[USERS];
	struct copies copies[GROUPS][SOURCES + 1];
	struct filter upstream[GROUPS];
	struct session session[TUNNELS][IDS + 1];
	struct queue to_lac[TUNNELS], to_lns[TUNNELS];
	unsigned int last_peer_id;
	bool polite; /* the LAC does what it should */
} w;

static struct addr group_addr(int g)
{
	struct addr a;

	if (g < GROUPS - 1)
		return addr_from_v4((uint8_t[]){232, 1, 1, g});
	addr_parse("ff3e::1", &a);
	return a;
}

static struct addr source_addr(int s)
{
	return addr_from_v4((uint8_t[]){192, 0, 2, s});
}

static int group_index(const struct addr *a)
{
	return addr_is_v4(a) ? a->b[15] : GROUPS - 1;
}

static struct filter to_mask(const struct gmp_filter *f)
{
	struct filter r = {.exclude = f->exclude};

	for (size_t i = 0; i < f->n; i++)
		r.mask |= 1 << f->sources[i].b[15];
	return r;
}

static uint16_t lac_id(int u)
{
	return 1 + u + 32 * (w.user[u].generation % GENERATIONS);
}

/* ---------------------------------------------------------------- operations of the engine */

static void push(struct queue *q, const struct l2tp_msg *m, uint64_t cookie)
{
	struct item *i = calloc(1, sizeof(*i));

	i->m = *m;
	i->cookie = cookie;
	must(m->n_sids <= array_size(i->ops));
	if (m->n_sids)
		memcpy(i->ops, m->sids, m->n_sids * sizeof(*i->ops));
	i->m.sids = i->ops;
	*q->last = i;
	q->last = &i->next;
}

static struct item *pop(struct queue *q)
{
	struct item *i = q->first;

	if (i) {
		q->first = i->next;
		if (!q->first)
			q->last = &q->first;
	}
	return i;
}

static int tunnel_index(const struct l2mc_tunnel *t)
{
	return l2mc_tunnel_id(t);
}

static uint16_t reserve_id(void *ctx, struct l2mc_tunnel *t)
{
	struct session *s = w.session[tunnel_index(t)];

	for (int id = 1; id <= IDS; id++)
		if (!s[id].used) {
			s[id] = (struct session){.used = true};
			return id;
		}
	return 0;
}

static void release_id(void *ctx, struct l2mc_tunnel *t, uint16_t id)
{
	must(w.session[tunnel_index(t)][id].used);
	w.session[tunnel_index(t)][id].used = false;
}

static struct session *session_of_peer(int t, uint16_t peer_id)
{
	for (int id = 1; id <= IDS; id++)
		if (w.session[t][id].used && w.session[t][id].peer_id == peer_id)
			return &w.session[t][id];
	return NULL;
}

static void forget_lists(struct session *s)
{
	memset(s->listed, 0, sizeof(s->listed));
	memset(s->acked, 0, sizeof(s->acked));
	memset(s->withdrawn, 0, sizeof(s->withdrawn));
}

static void note_update(struct session *s, const struct l2tp_msg *m)
{
	for (size_t i = 0; i < m->n_sids; i++) {
		uint16_t id = m->sids[i].session_id;

		if (m->sids[i].avp == L2TP_AVP_NEW_OUTGOING_SESSIONS) {
			must(!s->acked[id]); /* R4045-6.2.1-4: only new ones are listed */
			must(!s->withdrawn[id]);
			s->listed[id] = true;
		} else {
			must(m->sids[i].avp == L2TP_AVP_WITHDRAW_OUTGOING_SESSIONS);
			must(s->listed[id] && !s->withdrawn[id]);
			s->withdrawn[id] = true;
			s->withdrawn_at[id] = w.now;
		}
	}
}

static bool send_msg(void *ctx, struct l2mc_tunnel *tunnel, const struct l2tp_msg *m,
		     uint64_t cookie)
{
	int t = tunnel_index(tunnel);
	struct session *s;

	must(t != INCAPABLE); /* R4045-5.1-2 */
	if (m->type == L2TP_MSI) {
		s = session_of_peer(t, m->session_id);
		must(s && m->n_sids);
		note_update(s, m);
	} else if (m->type == L2TP_MSEN) {
		forget_lists(&w.session[t][m->assigned_session_id]);
	}
	push(&w.to_lac[t], m, cookie);
	return true;
}

static void flow_changed(void *ctx, struct l2mc_flow *f, bool gone)
{
	bool any = addr_cmp(l2mc_flow_source(f), &ADDR_ANY) == 0;
	int g = group_index(l2mc_flow_group(f)), k = any ? ANY : l2mc_flow_source(f)->b[15];

	w.copies[g][k] = (struct copies){.flow = f, .live = !gone, .dirty = !gone};
}

static void record_changed(void *ctx, const struct addr *group, const struct gmp_filter *merged)
{
	w.upstream[group_index(group)] = to_mask(merged);
}

static const struct l2mc_lns_ops ops = {
	.reserve_id = reserve_id,
	.release_id = release_id,
	.send = send_msg,
	.flow_changed = flow_changed,
	.record_changed = record_changed,
};

/* ---------------------------------------------------------------- checks */

static void add_copy(void *arg, const struct l2mc_branch *b)
{
	struct copies *c = arg;

	if (b->session) {
		int t = tunnel_index(b->tunnel);

		must(b->session->state == L2MC_ESTABLISHED);
		must(!(c->ids[t] >> b->session->session_id & 1));
		must(!c->users); /* multicast copies first */
		c->ids[t] |= UINT64_C(1) << b->session->session_id;
	} else {
		int u = (struct user *)l2mc_user_data(b->user) - w.user;

		must(!(c->users >> u & 1));
		c->users |= 1u << u;
	}
}

static void refresh(void)
{
	for (int g = 0; g < GROUPS; g++)
		for (int k = 0; k <= ANY; k++) {
			struct copies *c = &w.copies[g][k];

			if (!c->dirty)
				continue;
			c->dirty = false;
			l2mc_flow_branches(c->flow, add_copy, c);
		}
}

static bool wants(const struct filter *f, int k)
{
	return k == ANY ? f->exclude : (f->mask >> k & 1) != f->exclude;
}

/* The rule of RFC 3376 3.2 as it stands there; tunnel -1: all. */
static struct filter merge(int g, int tunnel)
{
	struct filter r = {.mask = (1 << SOURCES) - 1};
	uint8_t include = 0;

	for (int u = 0; u < USERS; u++) {
		const struct filter *f = &w.user[u].f[g];

		if (tunnel >= 0 && w.user[u].tunnel != tunnel)
			continue;
		if (f->exclude) {
			r.exclude = true;
			r.mask &= f->mask;
		} else {
			include |= f->mask;
		}
	}
	r.mask = r.exclude ? r.mask & ~include : include;
	return r;
}

static struct filter seen[GROUPS];

static void see_record(void *arg, const struct addr *group, const struct gmp_filter *merged,
		       uint32_t n_members)
{
	seen[group_index(group)] = to_mask(merged);
}

static void check_records(int g)
{
	for (int t = -1; t < TUNNELS; t++) {
		struct filter want = merge(g, t), have = w.upstream[g];

		if (t >= 0) {
			memset(seen, 0, sizeof(seen));
			if (w.t[t])
				l2mc_tunnel_records(w.t[t], see_record, NULL);
			have = seen[g];
		}
		must(have.exclude == want.exclude && have.mask == want.mask);
	}
}

static bool acked_in(const struct session *s, int u)
{
	uint16_t id = lac_id(u);

	/* who was withdrawn counts until the LAC has it, or a second is over (A4045-37) */
	return s->used && s->acked[id] &&
	       !(s->withdrawn[id] && w.now - s->withdrawn_at[id] >= w.policy.withdraw_ms);
}

/* Copies of a packet of this flow that reach a member. */
static void check_packet(int g, int k)
{
	const struct copies *c = &w.copies[g][w.copies[g][k].live ? k : ANY];
	uint64_t useful[TUNNELS] = {0};

	for (int u = 0; u < USERS; u++) {
		int t = w.user[u].tunnel, n = c->live && c->users >> u & 1;
		bool member = w.user[u].u && wants(&w.user[u].f[g], k);

		for (int id = 1; c->live && c->ids[t] >> id; id++) {
			if (!(c->ids[t] >> id & 1) || !acked_in(&w.session[t][id], u))
				continue;
			n += member;
			useful[t] |= (uint64_t)member << id;
		}
		must(n == member);
	}
	if (c->live && (c->flow->s.n_include || k == ANY || w.copies[g][k].live))
		for (int t = 0; t < TUNNELS; t++)
			must(useful[t] == c->ids[t]);
}

/* Steady: who is acknowledged is served by multicast. */
static void check_served(int g, int k)
{
	for (int u = 0; u < USERS; u++) {
		struct user *user = &w.user[u];
		struct addr group = group_addr(g);
		struct l2mc_group key = {.addr = group};
		struct l2mc_group *gr = l2mc_groups_find(&w.lns->groups, &key);
		struct l2mc_membership *m =
			gr && user->u ? l2mc_membership_find(user->u, gr) : NULL;
		struct l2mc_term *term;
		struct l2mc_session *s;
		struct addr source = source_addr(k);

		if (!m || m->g->transition != L2MC_STEADY || !wants(&user->f[g], k))
			continue;
		term = k == ANY ? NULL : l2mc_membership_term(m, &source);
		s = m->g->whole ? m->g->rc.session : term ? term->source->rc.session : NULL;
		if (s && s->state == L2MC_ESTABLISHED &&
		    acked_in(&w.session[user->tunnel][s->session_id], u))
			must(!(w.copies[g][k].users >> u & 1));
	}
}

static void check_flows(int g)
{
	bool named[SOURCES + 1] = {false};

	for (int u = 0; u < USERS; u++) {
		named[ANY] |= w.user[u].f[g].exclude;
		for (int k = 0; k < SOURCES; k++)
			named[k] |= w.user[u].f[g].mask >> k & 1;
	}
	for (int k = 0; k <= ANY; k++)
		must(w.copies[g][k].live == named[k]);
}

static void check_group(int g)
{
	check_records(g);
	check_flows(g);
	for (int k = 0; k <= ANY; k++)
		check_packet(g, k);
}

static void check_all(void)
{
	for (int g = 0; g < GROUPS; g++) {
		check_group(g);
		for (int k = 0; k <= ANY; k++)
			if (w.copies[g][k].live)
				check_served(g, k);
	}
}

/* ---------------------------------------------------------------- the LAC */

static bool is_member(int t, uint16_t id)
{
	int u = (id - 1) % 32;

	return id && u < USERS && w.user[u].u && w.user[u].tunnel == t && lac_id(u) == id;
}

static void lac_acknowledge(int t, int id, bool all)
{
	struct session *s = &w.session[t][id];
	struct l2tp_sid_op sids[LAC_IDS];
	struct l2tp_msg m = {.type = L2TP_MSI, .session_id = id, .sids = sids};

	for (int i = 1; i < LAC_IDS; i++)
		if (s->due[i] && (all || rnd(4))) {
			s->due[i] = false;
			sids[m.n_sids++] = (struct l2tp_sid_op){82, i};
		}
	if (!w.polite && rnd(50) == 0) /* R4045-6.2.2-6 */
		sids[m.n_sids++] = (struct l2tp_sid_op){82, rnd(LAC_IDS)};
	if (m.n_sids)
		push(&w.to_lns[t], &m, 0);
}

static void lac_msrq(int t, const struct l2tp_msg *in)
{
	struct session *s = &w.session[t][in->assigned_session_id];
	struct l2tp_msg m = {.type = L2TP_MSRP, .session_id = in->assigned_session_id};

	if (!w.polite && rnd(12) == 0)
		return; /* never heard of RFC 4045 (A4045-30) */
	if (!w.polite && rnd(12) == 0) {
		m.type = L2TP_MSEN;
		push(&w.to_lns[t], &m, 0);
		return;
	}
	s->peer_id = m.assigned_session_id = 0x2000 + (++w.last_peer_id & 0xfff);
	s->at_lac = true;
	push(&w.to_lns[t], &m, 0);
	m.type = L2TP_MSE;
	if (w.polite || rnd(12))
		push(&w.to_lns[t], &m, 0);
}

static void lac_msi(int t, const struct l2tp_msg *in)
{
	struct session *s = session_of_peer(t, in->session_id);

	if (!s || !s->at_lac)
		return;
	for (size_t i = 0; i < in->n_sids; i++) {
		uint16_t id = in->sids[i].session_id;
		bool add = in->sids[i].avp == L2TP_AVP_NEW_OUTGOING_SESSIONS;

		s->osl[id] = s->due[id] = add && is_member(t, id);
	}
	if (w.polite || rnd(8))
		lac_acknowledge(t, s - w.session[t], w.polite);
}

/* One message reaches the LAC. */
static bool lac_receive(int t)
{
	struct item *i = pop(&w.to_lac[t]);
	struct l2tp_msg ack = {.type = L2TP_ZLB};

	if (!i)
		return false;
	if (i->m.type == L2TP_MSRQ)
		lac_msrq(t, &i->m);
	else if (i->m.type == L2TP_MSI)
		lac_msi(t, &i->m);
	else
		w.session[t][i->m.assigned_session_id].at_lac = false;
	if (i->cookie) {
		ack.n_sids = 0;
		if (i->m.type == L2TP_MSI) {
			ack = i->m;
			ack.type = L2TP_ZLB;
		}
		push(&w.to_lns[t], &ack, i->cookie);
	}
	free(i);
	return true;
}

/* The LNS learns that the LAC has a message: what it withdrew is out of the OSL. */
static void note_ack(int t, const struct item *i)
{
	struct session *s = i->m.n_sids ? session_of_peer(t, i->m.session_id) : NULL;

	for (size_t k = 0; s && k < i->m.n_sids; k++) {
		uint16_t id = i->ops[k].session_id;

		if (i->ops[k].avp == L2TP_AVP_WITHDRAW_OUTGOING_SESSIONS)
			s->listed[id] = s->acked[id] = s->withdrawn[id] = false;
	}
}

/* The LAC handles messages in order: a session ends there before the LNS hears of it. */
static bool lns_receive(int t)
{
	struct item *i = pop(&w.to_lns[t]);
	struct session *s;

	if (!i)
		return false;
	s = &w.session[t][i->m.session_id <= IDS ? i->m.session_id : 0];
	if (i->m.type == L2TP_ZLB) {
		note_ack(t, i);
		l2mc_lns_acked(w.lns, i->cookie, w.now);
	} else {
		if (i->m.type == L2TP_MSEN)
			forget_lists(s);
		for (size_t k = 0; i->m.type == L2TP_MSI && k < i->m.n_sids; k++) {
			uint16_t id = i->ops[k].session_id;

			if (s->used && s->listed[id] && !s->withdrawn[id])
				s->acked[id] = true;
		}
		l2mc_lns_input(w.t[t], &i->m, NULL, w.now);
	}
	free(i);
	return true;
}

/* ---------------------------------------------------------------- events */

static void report(int u, int g, struct filter f)
{
	struct addr sources[SOURCES], group = group_addr(g);
	struct gmp_filter gf = {.exclude = f.exclude, .sources = sources};

	for (int k = 0; k < SOURCES; k++)
		if (f.mask >> k & 1)
			sources[gf.n++] = source_addr(k);
	w.user[u].f[g] = f;
	l2mc_user_report(w.user[u].u, &group, &gf, w.now);
}

static void user_up(int u)
{
	struct user *user = &w.user[u];

	user->generation++;
	user->v4 = user->v6 = true;
	memset(user->sender, 0, sizeof(user->sender));
	user->u = l2mc_user_add(w.t[user->tunnel], 1000 + u, lac_id(u), user);
}

static void note_user_gone(int u)
{
	struct user *user = &w.user[u];

	memset(user->f, 0, sizeof(user->f));
	for (int id = 1; id <= IDS; id++) {
		struct session *s = &w.session[user->tunnel][id];
		uint16_t lac = lac_id(u);

		s->listed[lac] = s->acked[lac] = s->withdrawn[lac] = s->osl[lac] = false;
		s->due[lac] = false;
	}
	user->u = NULL;
}

static void user_down(int u)
{
	struct l2mc_user *gone = w.user[u].u;

	note_user_gone(u);
	l2mc_user_del(gone, w.now);
}

static void tunnel_restart(int t)
{
	struct item *i;

	for (int u = 0; u < USERS; u++)
		if (w.user[u].tunnel == t && w.user[u].u)
			note_user_gone(u);
	for (int id = 1; id <= IDS; id++)
		w.session[t][id].at_lac = false;
	l2mc_tunnel_del(w.t[t], w.now);
	while ((i = pop(&w.to_lac[t])) || (i = pop(&w.to_lns[t])))
		free(i);
	w.t[t] = l2mc_tunnel_add(w.lns, t, t != INCAPABLE, NULL);
}

static void random_policy(void)
{
	l2mc_policy_default(&w.policy);
	w.policy.per_group = rnd(3) == 0;
	w.policy.threshold = 1 + rnd(3);
	w.policy.teardown = rnd(3);
	w.policy.holdtime_ms = rnd(2) * 10000;
	w.policy.maximum_sessions = rnd(3) ? 0 : 12;
	l2mc_lns_set_policy(w.lns, &w.policy, w.now);
}

static struct filter random_filter(void)
{
	switch (rnd(10)) {
	case 0:
	case 1:
	case 2:
		return (struct filter){0};
	case 3:
		return (struct filter){.exclude = true};
	case 4:
		return (struct filter){.exclude = true, .mask = rnd(1 << SOURCES)};
	default:
		return (struct filter){.mask = rnd(1 << SOURCES)};
	}
}

static void lac_ends(int t)
{
	int id = 1 + rnd(IDS);
	struct session *s = &w.session[t][id];
	struct l2tp_msg m = {.type = L2TP_MSEN, .session_id = id};

	if (rnd(2) && s->used) {
		l2mc_session_clear(w.lns, t, id, w.now);
	} else if (s->used && s->at_lac) {
		s->at_lac = false;
		memset(s->osl, 0, sizeof(s->osl));
		push(&w.to_lns[t], &m, 0);
	}
}

static void pass_time(msec_t ms)
{
	w.now += ms;
	twheel_run(&w.wheel, w.now);
}

static void rare_event(void)
{
	int t = rnd(TUNNELS), u = rnd(USERS);

	switch (rnd(16)) {
	case 0:
		random_policy();
		break;
	case 1:
		if (rnd(20) == 0)
			tunnel_restart(t);
		break;
	case 2:
	case 3:
	case 4:
		lac_ends(t);
		break;
	case 5:
		pass_time(rnd(70000));
		break;
	case 6:
	case 7:
		lac_acknowledge(t, 1 + rnd(IDS), rnd(2));
		break;
	default:
		if (w.user[u].u)
			user_down(u);
		else
			user_up(u);
	}
}

static void user_event(int g)
{
	int u = rnd(USERS);
	struct user *user = &w.user[u];
	struct addr group = group_addr(g);

	if (!user->u)
		user_up(u);
	switch (rnd(20)) {
	case 0:
		user->v4 = rnd(3);
		user->v6 = rnd(3);
		l2mc_user_set_eligible(user->u, user->v4, user->v6, w.now);
		break;
	case 1:
		user->sender[g] = rnd(2);
		l2mc_user_set_sender(user->u, &group, user->sender[g], w.now);
		break;
	default:
		report(u, g, random_filter());
	}
}

static void random_event(int g)
{
	int t = rnd(TUNNELS);

	switch (rnd(16)) {
	case 0:
		rare_event();
		break;
	case 1:
	case 2:
	case 3:
	case 4:
		user_event(g);
		break;
	case 5:
	case 6:
	case 7:
	case 8:
		lac_receive(t);
		break;
	case 9:
	case 10:
	case 11:
	case 12:
		lns_receive(t);
		break;
	case 13:
		pass_time(rnd(300));
		break;
	default:
		l2mc_lns_flush(w.lns, w.now);
	}
}

/* ---------------------------------------------------------------- at rest */

static void deliver_all(void)
{
	bool more = true;

	while (more) {
		more = false;
		l2mc_lns_flush(w.lns, w.now);
		for (int t = 0; t < TUNNELS; t++) {
			for (int id = 1; id <= IDS; id++)
				lac_acknowledge(t, id, true);
			more |= lac_receive(t);
			more |= lns_receive(t);
		}
	}
}

static void check_receiver(const struct l2mc_entry *e, const struct l2mc_session *s, bool wanted)
{
	const struct l2mc_user *u = e->m->user;
	const struct user *user = l2mc_user_data(u);
	int g = group_index(&e->m->group->addr);
	bool eligible = (g < GROUPS - 1 ? user->v4 : user->v6) && !user->sender[g] && wanted &&
			user->tunnel != INCAPABLE;

	must(e->counted == (eligible && !e->refused));
	if (s && s->state == L2MC_ESTABLISHED)
		must((e->state == L2MC_ENTRY_ACKED) == e->counted);
	else
		must(e->state == L2MC_ENTRY_NONE);
}

static void check_context(const struct l2mc_tgroup *g, const struct l2mc_rc *rc)
{
	const struct l2mc_session *s = rc->session;
	uint32_t threshold = w.lns->policy.threshold;

	if (s && s->state == L2MC_ESTABLISHED)
		must(rc->n_eligible >= w.lns->policy.teardown);
	else if (!g->t->starved)
		must(rc->n_eligible < threshold && (!s || s->state == L2MC_HOLDOFF));
}

static void check_lists(int t)
{
	struct l2mc_session *s;

	frr_each (l2mc_session_list, &w.t[t]->list, s) {
		const struct session *model = &w.session[t][s->session_id];
		size_t n = 0;

		if (!s->session_id)
			continue;
		must(s->state == L2MC_ESTABLISHED && model->at_lac && !s->in_flight);
		for (int id = 0; id < LAC_IDS; id++) {
			must(model->osl[id] == model->acked[id]);
			n += model->osl[id];
		}
		must(n == l2mc_entries_count(&s->entries[L2MC_ENTRY_ACKED]));
	}
}

static void check_at_rest(void)
{
	struct l2mc_tgroup *g;

	for (int t = 0; t < TUNNELS; t++) {
		frr_each (l2mc_tgroups, &w.t[t]->tgroups, g) {
			struct l2mc_membership *m;
			struct l2mc_tsource *ts;

			must(g->transition == L2MC_STEADY && !l2mc_retiring_count(&g->retiring));
			if (g->whole)
				check_context(g, &g->rc);
			for (ts = l2mc_tsource_first(g); ts; ts = l2mc_tsource_next(g, ts))
				if (g->whole)
					must(!ts->rc.session);
				else
					check_context(g, &ts->rc);
			frr_each (l2mc_members, &g->members, m) {
				check_receiver(&m->entry, g->whole ? g->rc.session : NULL,
					       m->exclude || m->n_terms);
				for (size_t i = 0; !m->exclude && i < m->n_terms; i++)
					check_receiver(&m->terms[i]->entry,
						       m->terms[i]->source->rc.session, true);
			}
		}
		check_lists(t);
	}
}

static void rest(void)
{
	w.polite = true;
	/* longer than every timer, and never so long that an answer comes late */
	for (msec_t end = w.now + 250000; w.now < end; pass_time(w.now + 240000 < end ? 500 : 5000))
		deliver_all();
	deliver_all();
	refresh();
	check_all();
	check_at_rest();
	w.polite = false;
}

/* ---------------------------------------------------------------- the run */

static void start(void)
{
	memset(&w, 0, sizeof(w));
	w.now = 1;
	twheel_init(&w.wheel, w.now);
	l2mc_policy_default(&w.policy);
	w.lns = l2mc_lns_new(&ops, NULL, &w.wheel, &w.policy);
	for (int t = 0; t < TUNNELS; t++) {
		w.to_lac[t].last = &w.to_lac[t].first;
		w.to_lns[t].last = &w.to_lns[t].first;
		w.t[t] = l2mc_tunnel_add(w.lns, t, t != INCAPABLE, NULL);
	}
	for (int u = 0; u < USERS; u++)
		w.user[u].tunnel = u < 10 ? 0 : u < 20 ? 1 : INCAPABLE;
}

static void finish(void)
{
	struct l2mc_lns_stats stats;

	for (int t = 0; t < TUNNELS; t++) {
		struct item *i;

		tunnel_restart(t);
		l2mc_tunnel_del(w.t[t], w.now);
		while ((i = pop(&w.to_lac[t])))
			free(i);
	}
	l2mc_lns_stats(w.lns, &stats);
	must(stats.users + stats.memberships + stats.sessions + stats.flows == 0);
	must(w.wheel.count == 0);
	/* nothing was exercised in vain */
	must(stats.opened && stats.refused && stats.timeouts && stats.ended_by_peer);
	must(stats.foreign_acks);
	l2mc_lns_free(w.lns);
	twheel_fini(&w.wheel);
}

START_TEST(the_engine_agrees_with_the_model)
{
	const char *s = getenv("L2MC_SEED"), *n = getenv("L2MC_EVENTS");
	unsigned int total = n ? strtoul(n, NULL, 0) : 1000000;

#ifdef __SANITIZE_ADDRESS__
	if (!n)
		total = 100000;
#endif
	seed = first_seed = s ? strtoull(s, NULL, 0) : 4045;
	start();
	for (events = 0; events < total; events++) {
		int g = rnd(GROUPS);

		random_event(g);
		refresh();
		check_group(g);
		if (events % 500 == 0)
			check_all();
		if (events % 5000 == 4999)
			rest();
	}
	finish();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("l2mc_oracle");
	TCase *tc = tcase_create("oracle");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_set_timeout(tc, 300);
	tcase_add_test(tc, the_engine_agrees_with_the_model);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
