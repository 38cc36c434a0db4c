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
 *   - at rest: the LAC's OSLs are those of the LNS and hold the receivers of their context; it
 *     knows the priorities that are configured (6.3)
 * What is checked is what flow_changed() led to: a change that is not told is found.
 * L2MC_SEED and L2MC_EVENTS repeat a run.
 */
#include <stdlib.h>

#include "tests/sim/l2mc_world.h"

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

/* What the engine knows of a member of the group. */
static struct l2mc_membership *membership(int u, int g)
{
	struct l2mc_group key = {.addr = group_addr(g)};
	struct l2mc_group *group = l2mc_groups_find(&w.lns->groups, &key);

	return group && w.user[u].u ? l2mc_membership_find(w.user[u].u, group) : NULL;
}

/* The session for whose NOSA a new member waits without a unicast copy, or NULL. */
static const struct l2mc_session *awaited(int u, int g, int k)
{
	struct l2mc_membership *m = membership(u, g);
	struct addr source = source_addr(k);
	struct l2mc_term *term = k == ANY ? NULL : l2mc_membership_term(m, &source);
	const struct l2mc_entry *e = m->entry.awaited ? &m->entry : term ? &term->entry : NULL;

	if (!e || !e->awaited || e->await_until > w.now + 200)
		return NULL;
	must(e->state == L2MC_ENTRY_ADD || e->state == L2MC_ENTRY_LISTED);
	return e->session;
}

/* Copies of a packet of this flow that reach a member. */
static void check_packet(int g, int k)
{
	static bool got[USERS][GROUPS][SOURCES + 1];
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
		if (member && !n && !got[u][g][k] && awaited(u, g, k))
			useful[t] |= UINT64_C(1) << awaited(u, g, k)->session_id;
		else
			must(n == member);
		got[u][g][k] = member && n; /* and will not be without any more */
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
		struct l2mc_membership *m = membership(u, g);
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

/* ---------------------------------------------------------------- events */

static void random_policy(void)
{
	l2mc_policy_default(&w.policy);
	w.policy.await_ms = rnd(2) ? 0 : 200; /* unicast copies until acknowledged, or later */
	w.policy.per_group = rnd(3) == 0;
	w.policy.threshold = 1 + rnd(3);
	w.policy.teardown = rnd(3);
	w.policy.priority = rnd(3);
	w.policy.active = rnd(3) == 0;
	w.policy.require_traffic = rnd(3) == 0;
	w.policy.idle_ms = rnd(3) ? 0 : 30000;
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

static void session_ends(int t)
{
	int id = 1 + rnd(IDS);

	if (w.session[t][id].used && rnd(2))
		l2mc_session_clear(w.lns, t, id, w.now);
	else
		lac_msen(t, id);
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
		session_ends(t);
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
	case 2:
		user_priority(u, rnd(2), rnd(3));
		break;
	default:
		report(u, g, random_filter());
	}
}

/* Packets of a flow, k ANY: of all other sources. */
static void traffic(int g, int k)
{
	struct addr group = group_addr(g), source = k == ANY ? ADDR_ANY : source_addr(k);

	w.touched |= 1 << g;
	l2mc_lns_traffic(w.lns, &group, &source, rnd(1000), w.now);
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
		if (rnd(2))
			pass_time(rnd(300));
		else
			traffic(g, rnd(SOURCES + 1));
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
	const struct l2mc_policy *p = &w.lns->policy;

	if (s && s->state == L2MC_ESTABLISHED) {
		must(rc->n_eligible >= p->teardown && !rc->silent);
		must(!p->idle_ms ||
		     w.now - (rc->seen > s->since ? rc->seen : s->since) < p->idle_ms);
	} else {
		must(!s || s->state == L2MC_HOLDOFF);
		/* nobody has sent a packet for a long time */
		must(rc->n_eligible < p->threshold || g->t->starved || p->require_traffic ||
		     rc->silent);
	}
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
		must(model->priority == w.policy.priority);
		for (int id = 0; id < LAC_IDS; id++) {
			must(model->osl[id] == model->acked[id]);
			n += model->osl[id];
		}
		must(n == l2mc_entries_count(&s->entries[L2MC_ENTRY_ACKED]));
	}
}

static void check_priorities(void)
{
	for (int u = 0; u < USERS; u++) {
		const struct user *user = &w.user[u];

		if (!user->u || user->tunnel == INCAPABLE)
			continue;
		must(!user->has_priority || user->at_lac);
		if (user->at_lac)
			must(user->lac_priority ==
			     (user->has_priority ? user->priority : w.policy.priority));
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
	check_priorities();
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
START_TEST(the_engine_agrees_with_the_model)
{
	const char *s = getenv("L2MC_SEED"), *n = getenv("L2MC_EVENTS");
	unsigned int total = n ? strtoul(n, NULL, 0) : 1000000;

#ifdef __SANITIZE_ADDRESS__
	if (!n)
		total = 100000;
#endif
	start();
	w.seed = w.first_seed = s ? strtoull(s, NULL, 0) : 4045;
	for (w.events = 0; w.events < total; w.events++) {
		w.touched = 0;
		random_event(rnd(GROUPS));
		refresh();
		for (int g = 0; g < GROUPS; g++)
			if (w.touched >> g & 1)
				check_group(g);
		if (w.events % 500 == 0)
			check_all();
		if (w.events % 5000 == 4999)
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
