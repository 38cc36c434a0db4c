// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The LNS engine as a whole: tunnels, users, policy, and the way of messages to their session.
 */
#include "l2mcd/l2mc_lns_p.h"

DEFINE_MTYPE_STATIC(L2MC, L2MC_LNS, "LNS engine");
DEFINE_MTYPE_STATIC(L2MC, L2MC_TUNNEL, "LNS tunnel");
DEFINE_MTYPE_STATIC(L2MC, L2MC_USER, "LNS user");

void l2mc_policy_default(struct l2mc_policy *p)
{
	*p = (struct l2mc_policy){
		.threshold = 2,			/* R4045-4.3-3 */
		.holdtime_ms = 10 * MSEC_PER_S, /* R4045-7-4 */
		.recent_ms = 30 * MSEC_PER_S,
		.establish_ms = 10 * MSEC_PER_S,
		.holdoff_ms = 60 * MSEC_PER_S,
		.widen_ms = 1 * MSEC_PER_S,
		.narrow_ms = 3 * MSEC_PER_S,
		.nos_retry_ms = 30 * MSEC_PER_S,
		.nos_retries = 3,
		.withdraw_ms = 1 * MSEC_PER_S,
		.await_ms = 200,
	};
}

/* Below the teardown threshold sessions end; above the creation threshold makes no sense. */
static void set_policy(struct l2mc_lns *lns, const struct l2mc_policy *policy)
{
	struct l2mc_policy *p = &lns->policy;

	*p = *policy;
	if (!p->threshold)
		p->threshold = 1;
	if (!p->teardown || p->teardown > p->threshold)
		p->teardown = p->threshold;
}

struct l2mc_lns *l2mc_lns_new(const struct l2mc_lns_ops *ops, void *ctx, struct twheel *wheel,
			      const struct l2mc_policy *policy)
{
	struct l2mc_lns *lns = XCALLOC(MTYPE_L2MC_LNS, sizeof(*lns));

	lns->ops = ops;
	lns->ctx = ctx;
	lns->wheel = wheel;
	set_policy(lns, policy);
	l2mc_groups_init(&lns->groups);
	l2mc_tunnel_list_init(&lns->tunnels);
	l2mc_serials_init(&lns->serials);
	l2mc_flushes_init(&lns->flushes);
	return lns;
}

void l2mc_lns_free(struct l2mc_lns *lns)
{
	l2mc_groups_fini(&lns->groups);
	l2mc_tunnel_list_fini(&lns->tunnels);
	l2mc_serials_fini(&lns->serials);
	l2mc_flushes_fini(&lns->flushes);
	XFREE(MTYPE_L2MC_LNS, lns);
}

/* ---------------------------------------------------------------- priorities (AVP 84) */

/* R4045-6.3.2-1: in the header the unicast session's ID, nothing else in it (R4045-6.3.2-3). */
static void tell_priority(struct l2mc_user *u)
{
	struct l2mc_lns *lns = u->t->lns;
	struct l2tp_msg m = {.type = L2TP_MSI, .session_id = u->peer_session_id};

	if (!u->t->capable || !u->known || (!u->has_priority && !u->priority_told))
		return;
	/* "reset" is the value of the global setting (A4045-4) */
	m.multicast_priority = u->has_priority ? u->priority : lns->policy.priority;
	if (u->priority_told && u->told == m.multicast_priority)
		return;
	u->priority_told = true;
	u->told = m.multicast_priority;
	l2tp_msg_set(&m, L2TP_AVP_MULTICAST_PRIORITY);
	lns->stats.tx[L2TP_MSI]++;
	lns->ops->send(lns->ctx, u->t, &m, 0);
}

void l2mc_user_set_priority(struct l2mc_user *u, bool set, uint8_t priority)
{
	u->has_priority = set;
	u->priority = priority;
	tell_priority(u);
}

/* The global one is new: multicast sessions hear of it with their next update. */
static void tell_priorities(struct l2mc_tunnel *t)
{
	struct l2mc_session *s;
	struct l2mc_user *u;

	frr_each (l2mc_session_list, &t->list, s)
		if (s->state == L2MC_ESTABLISHED && s->priority != t->lns->policy.priority)
			l2mc_session_queue(s);
	frr_each (l2mc_user_list, &t->all_users, u)
		tell_priority(u);
}

void l2mc_lns_set_policy(struct l2mc_lns *lns, const struct l2mc_policy *policy, msec_t now)
{
	struct l2mc_session *s;
	struct l2mc_tunnel *t;

	set_policy(lns, policy);
	frr_each (l2mc_tunnel_list, &lns->tunnels, t) {
		l2mc_context_review_all(t, now);
		tell_priorities(t);
		frr_each (l2mc_session_list, &t->list, s)
			l2mc_traffic_watch(s, now);
	}
}

/* ---------------------------------------------------------------- tunnels */

struct l2mc_tunnel *l2mc_tunnel_add(struct l2mc_lns *lns, uint16_t tunnel_id, bool capable,
				    void *data)
{
	struct l2mc_tunnel *t = XCALLOC(MTYPE_L2MC_TUNNEL, sizeof(*t));

	t->lns = lns;
	t->tunnel_id = tunnel_id;
	t->capable = capable;
	t->data = data;
	l2mc_user_list_init(&t->all_users);
	l2mc_users_init(&t->users);
	l2mc_tgroups_init(&t->tgroups);
	l2mc_sids_init(&t->sessions);
	l2mc_session_list_init(&t->list);
	l2mc_tunnel_list_add_tail(&lns->tunnels, t);
	lns->stats.tunnels++;
	return t;
}

void l2mc_tunnel_del(struct l2mc_tunnel *t, msec_t now)
{
	struct l2mc_session *s;
	struct l2mc_user *u;

	t->gone = true;
	while ((s = l2mc_session_list_first(&t->list)))
		l2mc_session_free(s);
	while ((u = l2mc_user_list_first(&t->all_users)))
		l2mc_user_del(u, now);
	l2mc_tunnel_list_del(&t->lns->tunnels, t);
	t->lns->stats.tunnels--;
	l2mc_user_list_fini(&t->all_users);
	l2mc_users_fini(&t->users);
	l2mc_tgroups_fini(&t->tgroups);
	l2mc_sids_fini(&t->sessions);
	l2mc_session_list_fini(&t->list);
	XFREE(MTYPE_L2MC_TUNNEL, t);
}

void *l2mc_tunnel_data(const struct l2mc_tunnel *t)
{
	return t->data;
}

uint16_t l2mc_tunnel_id(const struct l2mc_tunnel *t)
{
	return t->tunnel_id;
}

/* ---------------------------------------------------------------- users */

struct l2mc_user *l2mc_user_add(struct l2mc_tunnel *t, uint16_t session_id,
				uint16_t peer_session_id, void *data)
{
	struct l2mc_user *u = XCALLOC(MTYPE_L2MC_USER, sizeof(*u));

	u->t = t;
	u->session_id = session_id;
	u->peer_session_id = peer_session_id;
	u->eligible_v4 = u->eligible_v6 = true;
	u->data = data;
	l2mc_memberships_init(&u->memberships);
	l2mc_user_withdraws_init(&u->withdraws);
	l2mc_user_list_add_tail(&t->all_users, u);
	/* two sessions with one ID of the LAC: the second can only be served by unicast */
	u->known = !l2mc_users_add(&t->users, u);
	t->lns->stats.users++;
	return u;
}

void l2mc_user_del(struct l2mc_user *u, msec_t now)
{
	struct l2mc_withdraw *w;

	u->gone = true; /* no WOS is needed, neither now nor what was to come (A4045-32) */
	while ((w = l2mc_user_withdraws_first(&u->withdraws)))
		l2mc_withdraw_free(w);
	l2mc_user_leave_all(u, now);
	l2mc_memberships_fini(&u->memberships);
	l2mc_user_withdraws_fini(&u->withdraws);
	l2mc_user_list_del(&u->t->all_users, u);
	if (u->known)
		l2mc_users_del(&u->t->users, u);
	u->t->lns->stats.users--;
	XFREE(MTYPE_L2MC_USER, u);
}

void *l2mc_user_data(const struct l2mc_user *u)
{
	return u->data;
}

uint16_t l2mc_user_session_id(const struct l2mc_user *u)
{
	return u->session_id;
}

/* ---------------------------------------------------------------- messages */

static struct l2mc_session *session_find(struct l2mc_tunnel *t, uint16_t session_id)
{
	struct l2mc_session key = {.session_id = session_id};

	return l2mc_sids_find(&t->sessions, &key);
}

/* For a LAC that takes RFC 4045 6.1 by the letter (A4045-2). */
static struct l2mc_session *session_of_peer(struct l2mc_tunnel *t, uint16_t peer_session_id)
{
	struct l2mc_session *s;

	frr_each (l2mc_session_list, &t->list, s)
		if (s->session_id && s->peer_session_id == peer_session_id)
			return s;
	return NULL;
}

void l2mc_lns_input(struct l2mc_tunnel *t, const struct l2tp_msg *m, const struct l2tp_fault *fault,
		    msec_t now)
{
	struct l2mc_session *s;

	if (m->type == L2TP_MSI && t->lns->policy.ack_lac_id)
		s = session_of_peer(t, m->session_id);
	else
		s = session_find(t, m->session_id);
	if (m->type < L2TP_MSG_TYPES)
		t->lns->stats.rx[m->type]++;
	if (s)
		l2mc_session_input(s, m, fault, now);
	else
		t->lns->stats.unknown_id++; /* A4045-14 */
}

void l2mc_lns_acked(struct l2mc_lns *lns, uint64_t cookie, msec_t now)
{
	struct l2mc_session key = {.serial = cookie >> 1},
			    *s = l2mc_serials_find(&lns->serials, &key);

	if (s)
		l2mc_session_acked(s, cookie & 1, now);
}

void l2mc_lns_flush(struct l2mc_lns *lns, msec_t now)
{
	struct l2mc_session *s;
	struct l2mc_tunnel *t;

	if (lns->retry) { /* a session ended: another may be opened in its place */
		lns->retry = false;
		frr_each (l2mc_tunnel_list, &lns->tunnels, t) {
			if (!t->retry)
				continue;
			t->starved = t->retry = false;
			l2mc_context_review_all(t, now);
		}
	}
	while ((s = l2mc_flushes_pop(&lns->flushes))) {
		s->queued = false;
		l2mc_session_flush(s, now);
	}
}

void l2mc_session_clear(struct l2mc_lns *lns, uint16_t tunnel_id, uint16_t session_id, msec_t now)
{
	struct l2mc_tunnel *t;

	frr_each (l2mc_tunnel_list, &lns->tunnels, t) {
		struct l2mc_session *s = session_find(t, session_id);

		if (t->tunnel_id != tunnel_id || !s)
			continue;
		if (s->state != L2MC_CLOSING)
			l2mc_session_fail(s, L2TP_ERR_VENDOR, now);
		return;
	}
}

/* ---------------------------------------------------------------- what operators want to see */

void l2mc_session_info(const struct l2mc_session *s, struct l2mc_session_info *info)
{
	*info = (struct l2mc_session_info){
		.state = s->state,
		.tunnel = s->t,
		.group = s->group,
		.whole = addr_cmp(&s->source, &ADDR_ANY) == 0,
		.source = s->source,
		.session_id = s->session_id,
		.peer_session_id = s->peer_session_id,
		.sequencing = s->sequencing,
		.maximum_bps = s->maximum_bps,
		.priority = s->priority,
		.since = s->since,
		.n_waiting = l2mc_entries_count(&s->entries[L2MC_ENTRY_ADD]),
		.n_listed = l2mc_entries_count(&s->entries[L2MC_ENTRY_LISTED]),
		.n_acked = l2mc_entries_count(&s->entries[L2MC_ENTRY_ACKED]),
	};
	if (s->g && !s->retiring)
		info->n_eligible = s->ts ? s->ts->rc.n_eligible : s->g->rc.n_eligible;
}

void l2mc_session_walk(struct l2mc_lns *lns, void (*fn)(void *arg, const struct l2mc_session *s),
		       void *arg)
{
	struct l2mc_session *s;
	struct l2mc_tunnel *t;

	frr_each (l2mc_tunnel_list, &lns->tunnels, t)
		frr_each (l2mc_session_list, &t->list, s)
			fn(arg, s);
}

void l2mc_session_osl(const struct l2mc_session *s,
		      void (*fn)(void *arg, const struct l2mc_user *u, enum l2mc_entry_state state),
		      void *arg)
{
	for (size_t i = L2MC_ENTRY_ADD; i < array_size(s->entries); i++) {
		const struct l2mc_entry *e;

		frr_each (l2mc_entries_const, &s->entries[i], e)
			fn(arg, e->m->user, e->state);
	}
}

typedef void (*record_fn)(void *arg, const struct addr *group, const struct gmp_filter *merged,
			  uint32_t n_members);

static void tell_record(struct l2mc_record *r, const struct addr *group, record_fn fn, void *arg)
{
	struct addr *sources = XCALLOC(MTYPE_TMP, (l2mc_record_count(r) + 1) * sizeof(*sources));
	struct gmp_filter merged = l2mc_record_get(r, sources);

	if (!l2mc_record_empty(r))
		fn(arg, group, &merged, r->n_members);
	XFREE(MTYPE_TMP, sources);
}

void l2mc_tunnel_records(struct l2mc_tunnel *t, record_fn fn, void *arg)
{
	struct l2mc_tgroup *g;

	frr_each (l2mc_tgroups, &t->tgroups, g)
		tell_record(&g->record, &g->group->addr, fn, arg);
}

void l2mc_lns_records(struct l2mc_lns *lns, record_fn fn, void *arg)
{
	struct l2mc_group *g;

	frr_each (l2mc_groups, &lns->groups, g)
		tell_record(&g->record, &g->addr, fn, arg);
}

void l2mc_lns_flows_changed(struct l2mc_lns *lns)
{
	struct l2mc_group *g;

	frr_each (l2mc_groups, &lns->groups, g)
		l2mc_flows_of_group(g);
}

void l2mc_lns_stats(const struct l2mc_lns *lns, struct l2mc_lns_stats *stats)
{
	*stats = lns->stats;
}

const char *l2mc_session_state_name(enum l2mc_session_state state)
{
	static const char *const names[L2MC_STATES] = {
		[L2MC_WAIT_MSRP] = "wait-msrp",	    [L2MC_WAIT_MSE] = "wait-mse",
		[L2MC_ESTABLISHED] = "established", [L2MC_CLOSING] = "closing",
		[L2MC_HOLDOFF] = "hold-off",
	};

	return (unsigned int)state < L2MC_STATES ? names[state] : "unknown";
}

const char *l2mc_entry_state_name(enum l2mc_entry_state state)
{
	static const char *const names[] = {
		[L2MC_ENTRY_NONE] = "none",	 [L2MC_ENTRY_ADD] = "waiting",
		[L2MC_ENTRY_LISTED] = "listed",	 [L2MC_ENTRY_ACKED] = "acknowledged",
		[L2MC_ENTRY_HELD] = "withdrawn",
	};

	return (unsigned int)state < array_size(names) ? names[state] : "unknown";
}
