// SPDX-License-Identifier: GPL-2.0-or-later
/* See l2mc_world.h. */
#include "tests/sim/l2mc_world.h"

#include <stdlib.h>

struct world w;

unsigned int rnd(unsigned int n)
{
	w.seed ^= w.seed << 13;
	w.seed ^= w.seed >> 7;
	w.seed ^= w.seed << 17;
	return (w.seed >> 11) % n;
}

struct addr group_addr(int g)
{
	struct addr a;

	if (g < GROUPS - 1)
		return addr_from_v4((uint8_t[]){232, 1, 1, g});
	addr_parse("ff3e::1", &a);
	return a;
}

struct addr source_addr(int s)
{
	return addr_from_v4((uint8_t[]){192, 0, 2, s});
}

int group_index(const struct addr *a)
{
	return addr_is_v4(a) ? a->b[15] : GROUPS - 1;
}

struct filter to_mask(const struct gmp_filter *f)
{
	struct filter r = {.exclude = f->exclude};

	for (size_t i = 0; i < f->n; i++)
		r.mask |= 1 << f->sources[i].b[15];
	return r;
}

uint16_t lac_id(int u)
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

int tunnel_index(const struct l2mc_tunnel *t)
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
		bool priority = l2tp_msg_has(m, L2TP_AVP_MULTICAST_PRIORITY);

		s = session_of_peer(t, m->session_id);
		if (s)
			note_update(s, m);
		must(s ? m->n_sids || priority : !m->n_sids && priority); /* R4045-6.3.2-3 */
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

	w.touched |= 1 << g;
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

/* ---------------------------------------------------------------- the LAC */

static bool is_member(int t, uint16_t id)
{
	int u = (id - 1) % 32;

	return id && u < USERS && w.user[u].u && w.user[u].tunnel == t && lac_id(u) == id;
}

void lac_acknowledge(int t, int id, bool all)
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

static void lac_priority(int t, struct session *s, const struct l2tp_msg *in)
{
	struct user *user;

	if (!l2tp_msg_has(in, L2TP_AVP_MULTICAST_PRIORITY))
		return;
	if (s) {
		s->priority = in->multicast_priority;
	} else if (is_member(t, in->session_id)) {
		user = &w.user[(in->session_id - 1) % 32];
		user->at_lac = true;
		user->lac_priority = in->multicast_priority;
	}
}

static void lac_msi(int t, const struct l2tp_msg *in)
{
	struct session *s = session_of_peer(t, in->session_id);

	lac_priority(t, s, in);
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

void lac_msen(int t, int id)
{
	struct l2tp_msg m = {.type = L2TP_MSEN, .session_id = id};
	struct session *s = &w.session[t][id];

	if (!s->used || !s->at_lac)
		return;
	s->at_lac = false;
	memset(s->osl, 0, sizeof(s->osl));
	push(&w.to_lns[t], &m, 0);
}

/* One message reaches the LAC. */
bool lac_receive(int t)
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

/* Something happens to a multicast session: its group is to be checked. */
static void touch(int t, uint16_t session_id)
{
	struct l2mc_session key = {.session_id = session_id};
	struct l2mc_session *s = l2mc_sids_find(&w.t[t]->sessions, &key);

	if (s)
		w.touched |= 1 << group_index(&s->group);
}

/* The LNS learns that the LAC has a message: what it withdrew is out of the OSL. */
static void note_ack(int t, const struct item *i)
{
	struct session *s = i->m.n_sids ? session_of_peer(t, i->m.session_id) : NULL;

	for (size_t k = 0; s && k < i->m.n_sids; k++) {
		uint16_t id = i->ops[k].session_id;

		touch(t, s - w.session[t]);
		if (i->ops[k].avp == L2TP_AVP_WITHDRAW_OUTGOING_SESSIONS)
			s->listed[id] = s->acked[id] = s->withdrawn[id] = false;
	}
}

/* The LAC handles messages in order: a session ends there before the LNS hears of it. */
bool lns_receive(int t)
{
	struct item *i = pop(&w.to_lns[t]);
	struct session *s;

	if (!i)
		return false;
	s = &w.session[t][i->m.session_id <= IDS ? i->m.session_id : 0];
	touch(t, s - w.session[t]);
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

/* ---------------------------------------------------------------- users and tunnels */

void report(int u, int g, struct filter f)
{
	struct addr sources[SOURCES], group = group_addr(g);
	struct gmp_filter gf = {.exclude = f.exclude, .sources = sources};

	for (int k = 0; k < SOURCES; k++)
		if (f.mask >> k & 1)
			sources[gf.n++] = source_addr(k);
	w.touched |= 1 << g;
	w.user[u].f[g] = f;
	l2mc_user_report(w.user[u].u, &group, &gf, w.now);
}

void user_priority(int u, bool set, uint8_t priority)
{
	w.user[u].has_priority = set;
	w.user[u].priority = priority;
	l2mc_user_set_priority(w.user[u].u, set, priority);
}

void user_up(int u)
{
	struct user *user = &w.user[u];

	user->generation++;
	user->v4 = user->v6 = true;
	memset(user->sender, 0, sizeof(user->sender));
	user->has_priority = user->at_lac = false;
	user->u = l2mc_user_add(w.t[user->tunnel], 1000 + u, lac_id(u), user);
}

static void note_user_gone(int u)
{
	struct user *user = &w.user[u];

	for (int g = 0; g < GROUPS; g++)
		w.touched |= (user->f[g].exclude || user->f[g].mask) << g;
	memset(user->f, 0, sizeof(user->f));
	for (int id = 1; id <= IDS; id++) {
		struct session *s = &w.session[user->tunnel][id];
		uint16_t lac = lac_id(u);

		s->listed[lac] = s->acked[lac] = s->withdrawn[lac] = s->osl[lac] = false;
		s->due[lac] = false;
	}
	user->u = NULL;
}

void user_down(int u)
{
	struct l2mc_user *gone = w.user[u].u;

	note_user_gone(u);
	l2mc_user_del(gone, w.now);
}

void tunnel_restart(int t)
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
void pass_time(msec_t ms)
{
	w.now += ms;
	twheel_run(&w.wheel, w.now);
}
void start(void)
{
	memset(&w, 0, sizeof(w));
	w.now = 1;
	twheel_init(&w.wheel, w.now);
	l2mc_policy_default(&w.policy);
	w.policy.await_ms = 0; /* unicast copies until acknowledged */
	w.lns = l2mc_lns_new(&ops, NULL, &w.wheel, &w.policy);
	for (int t = 0; t < TUNNELS; t++) {
		w.to_lac[t].last = &w.to_lac[t].first;
		w.to_lns[t].last = &w.to_lns[t].first;
		w.t[t] = l2mc_tunnel_add(w.lns, t, t != INCAPABLE, NULL);
	}
	for (int u = 0; u < USERS; u++)
		w.user[u].tunnel = u < 10 ? 0 : u < 20 ? 1 : INCAPABLE;
}

void finish(void)
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
