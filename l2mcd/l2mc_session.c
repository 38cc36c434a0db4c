// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Multicast sessions on the LNS: RFC 4045 sections 5, 6 and 7, state table S4045-L*.
 *
 * A session belongs to a replication context (session->ts: of one source; NULL: of the whole
 * group) until it is closed or refused.  After MSEN it lives on, detached, until the LAC has
 * acknowledged, so that its Session ID is not used again too early (A4045-47).
 */
#include "l2mcd/l2mc_lns_p.h"

DEFINE_MTYPE_STATIC(L2MC, L2MC_SESSION, "multicast session");

/* Cookies: the session's serial number, and which of its messages. */
#define COOKIE_MSI(s)  ((s)->serial << 1)
#define COOKIE_MSEN(s) ((s)->serial << 1 | 1)

struct l2mc_rc *l2mc_session_context(const struct l2mc_session *s)
{
	return s->ts ? &s->ts->rc : &s->g->rc;
}

/* Sessions on their way out are not counted. */
static void count(struct l2mc_session *s, int delta)
{
	s->t->n_sessions += delta;
	s->lns->stats.sessions += delta;
	if (delta < 0 && s->t->starved)
		s->t->retry = s->lns->retry = true;
}

static bool counts(enum l2mc_session_state state)
{
	return state <= L2MC_ESTABLISHED;
}

static void set_state(struct l2mc_session *s, enum l2mc_session_state state, msec_t now)
{
	if (counts(s->state) != counts(state))
		count(s, counts(state) ? 1 : -1);
	s->state = state;
	s->since = now;
	if (s->lns->ops->event)
		s->lns->ops->event(s->lns->ctx, s, l2mc_session_state_name(state));
}

static void send_update(struct l2mc_session *s, msec_t now);

static bool transmit(struct l2mc_session *s, const struct l2tp_msg *m, uint64_t cookie)
{
	s->lns->stats.tx[m->type]++;
	return s->lns->ops->send(s->lns->ctx, s->t, m, cookie);
}

/* ---------------------------------------------------------------- life cycle */

static struct l2mc_session *session_new(struct l2mc_tgroup *g, struct l2mc_tsource *ts,
					enum l2mc_session_state state, msec_t now)
{
	struct l2mc_session *s = XCALLOC(MTYPE_L2MC_SESSION, sizeof(*s));

	s->lns = g->t->lns;
	s->t = g->t;
	s->g = g;
	s->ts = ts;
	s->group = g->group->addr;
	s->source = ts ? ts->s.addr : ADDR_ANY;
	s->serial = ++s->lns->last_serial;
	s->state = L2MC_HOLDOFF; /* not counted yet */
	for (size_t i = 0; i < array_size(s->entries); i++)
		l2mc_entries_init(&s->entries[i]);
	l2mc_withdraws_init(&s->withdraws[false]);
	l2mc_withdraws_init(&s->withdraws[true]);
	l2mc_awaited_init(&s->awaited);
	l2mc_session_list_add_tail(&s->t->list, s);
	l2mc_serials_add(&s->lns->serials, s);
	l2mc_session_context(s)->session = s;
	set_state(s, state, now);
	return s;
}

/* Every receiver leaves at once, without messages. */
static void drop_entries(struct l2mc_session *s)
{
	for (size_t i = L2MC_ENTRY_ADD; i < array_size(s->entries); i++) {
		struct l2mc_entry *e;

		while ((e = l2mc_entries_first(&s->entries[i])))
			l2mc_entry_set(e, NULL, L2MC_ENTRY_NONE);
	}
}

static void drop_withdraws(struct l2mc_session *s)
{
	struct l2mc_withdraw *w;

	for (int sent = 0; sent <= 1; sent++)
		while ((w = l2mc_withdraws_first(&s->withdraws[sent])))
			l2mc_withdraw_free(w);
}

/* The session no longer belongs to a context and carries nothing. */
static void detach(struct l2mc_session *s)
{
	struct timer *timers[] = {&s->timer, &s->hold,	&s->retry,
				  &s->idle,  &s->await, &s->withdraw};

	for (size_t i = 0; i < array_size(timers); i++)
		timer_stop(s->lns->wheel, timers[i]);
	if (s->queued)
		l2mc_flushes_del(&s->lns->flushes, s);
	s->queued = false;
	if (!s->g)
		return;
	if (s->retiring)
		l2mc_retiring_del(&s->g->retiring, s);
	else
		l2mc_session_context(s)->session = NULL;
	if (s->g->kept == s)
		s->g->kept = NULL;
	s->retiring = false;
	/* unicast and multicast copies change places in one update of each flow (A4045-38) */
	s->forward = L2MC_FWD_NONE;
	drop_entries(s);
	if (s->g->transition != L2MC_STEADY)
		l2mc_flows_of_group(s->g->group); /* those it served without an entry, too */
	s->g = NULL;
	s->ts = NULL;
}

static void release_id(struct l2mc_session *s)
{
	if (!s->session_id)
		return;
	l2mc_sids_del(&s->t->sessions, s);
	s->lns->ops->release_id(s->lns->ctx, s->t, s->session_id);
	s->session_id = 0;
}

void l2mc_session_free(struct l2mc_session *s)
{
	detach(s);
	drop_withdraws(s);
	release_id(s);
	if (counts(s->state))
		count(s, -1);
	for (size_t i = 0; i < array_size(s->entries); i++)
		l2mc_entries_fini(&s->entries[i]);
	l2mc_withdraws_fini(&s->withdraws[false]);
	l2mc_withdraws_fini(&s->withdraws[true]);
	l2mc_awaited_fini(&s->awaited);
	l2mc_session_list_del(&s->t->list, s);
	l2mc_serials_del(&s->lns->serials, s);
	XFREE(MTYPE_L2MC_SESSION, s);
}

/* ---------------------------------------------------------------- opening */

static void holdoff_fires(struct timer *t, msec_t now)
{
	struct l2mc_session *s = container_of(t, struct l2mc_session, timer);
	struct l2mc_tgroup *g = s->g;
	struct l2mc_tsource *ts = s->ts;

	l2mc_session_free(s);
	l2mc_context_review(g, ts, now);
}

/* No session for this context, and no attempt for a while (A4045-29, -30). */
static void holdoff_start(struct l2mc_tgroup *g, struct l2mc_tsource *ts, msec_t now)
{
	struct l2mc_session *s = session_new(g, ts, L2MC_HOLDOFF, now);

	timer_start(s->lns->wheel, &s->timer, now + s->lns->policy.holdoff_ms, holdoff_fires);
}

/* A session has come to a bad end. */
static void has_failed(struct l2mc_tgroup *g, struct l2mc_tsource *ts, bool retiring, msec_t now)
{
	if (!ts && g->transition == L2MC_NARROW)
		ts = g->narrow_to; /* which it would have carried from now on */
	if (!retiring && g->whole == !ts)
		holdoff_start(g, ts, now);
	l2mc_transition_progress(g, now);
}

void l2mc_session_fail(struct l2mc_session *s, enum l2tp_error error, msec_t now)
{
	struct l2mc_tgroup *g = s->g;
	struct l2mc_tsource *ts = s->ts;
	bool retiring = s->retiring;

	l2mc_session_close(s, L2TP_MSEN_ERROR, error, false, now);
	has_failed(g, ts, retiring, now);
}

/* S4045-L4: neither MSRP nor MSE came in time (A4045-30). */
static void establish_fires(struct timer *t, msec_t now)
{
	struct l2mc_session *s = container_of(t, struct l2mc_session, timer);

	s->lns->stats.timeouts++;
	l2mc_session_fail(s, L2TP_ERR_NONE, now);
}

/* The receivers of its context. */
static void join_all(struct l2mc_session *s)
{
	struct l2mc_membership *member;
	struct l2mc_term *term;

	if (!s->ts) {
		frr_each (l2mc_members, &s->g->members, member)
			l2mc_entry_join(&member->entry, s);
		return;
	}
	for (int served = 0; served <= 1; served++)
		frr_each (l2mc_terms, &s->ts->wanted[served], term)
			l2mc_entry_join(&term->entry, s);
}

/* S4045-L1 */
void l2mc_session_open(struct l2mc_tgroup *g, struct l2mc_tsource *ts, msec_t now)
{
	struct l2mc_lns *lns = g->t->lns;
	struct l2tp_msg m = {.type = L2TP_MSRQ};
	struct l2mc_session *s;
	uint16_t id = 0;

	if (!lns->policy.maximum_sessions || g->t->n_sessions < lns->policy.maximum_sessions)
		id = lns->ops->reserve_id(lns->ctx, g->t);
	if (!id) {
		g->t->starved = true;
		return;
	}
	s = session_new(g, ts, L2MC_WAIT_MSRP, now);
	s->session_id = id;
	l2mc_sids_add(&g->t->sessions, s);
	timer_start(lns->wheel, &s->timer, now + lns->policy.establish_ms, establish_fires);
	m.assigned_session_id = id;
	l2tp_msg_set(&m, L2TP_AVP_ASSIGNED_SESSION_ID);
	if (lns->ops->maximum_bps)
		s->maximum_bps = lns->ops->maximum_bps(lns->ctx, s->t);
	if (s->maximum_bps) { /* R4045-5.1-5 */
		m.maximum_bps = s->maximum_bps;
		l2tp_msg_set(&m, L2TP_AVP_MAXIMUM_BPS);
	}
	transmit(s, &m, 0);
	join_all(s);
}

void l2mc_session_forward(struct l2mc_session *s, enum l2mc_forward forward,
			  const struct addr *source)
{
	if (s->forward == forward && addr_cmp(&s->source, source) == 0)
		return;
	s->forward = forward;
	s->source = *source;
	/* without a receiver it carries nothing, whatever it may */
	if (l2mc_entries_count(&s->entries[L2MC_ENTRY_ACKED]) ||
	    l2mc_entries_count(&s->entries[L2MC_ENTRY_HELD]))
		l2mc_flows_of_group(s->g->group);
}

void l2mc_session_adopt(struct l2mc_session *s, struct l2mc_tsource *ts)
{
	l2mc_session_context(s)->session = NULL;
	s->ts = ts;
	l2mc_session_context(s)->session = s;
	l2mc_session_context(s)->silent = false; /* for this one the silence begins anew */
	if (s->state != L2MC_ESTABLISHED)
		s->source = ts ? ts->s.addr : ADDR_ANY;
}

void l2mc_session_retire(struct l2mc_session *s)
{
	l2mc_session_context(s)->session = NULL;
	s->ts = NULL;
	s->retiring = true;
	l2mc_retiring_add_tail(&s->g->retiring, s);
	timer_stop(s->lns->wheel, &s->hold);
	timer_stop(s->lns->wheel, &s->idle);
	timer_stop(s->lns->wheel, &s->retry);
}

/* ---------------------------------------------------------------- ending */

static void send_msen(struct l2mc_session *s, enum l2tp_msen_result result, enum l2tp_error error)
{
	struct l2tp_msg m = {
		.type = L2TP_MSEN,
		.session_id = s->peer_session_id, /* 0 until the MSRP told it (R2661-5.3-3) */
		.assigned_session_id = s->session_id,
		/* result 2 is accompanied by an error code (R4045-7.3-2) */
		.result = {.result = result,
			   .has_error = result == L2TP_MSEN_ERROR,
			   .error = error},
	};

	l2tp_msg_set(&m, L2TP_AVP_RESULT_CODE);
	l2tp_msg_set(&m, L2TP_AVP_ASSIGNED_SESSION_ID);
	transmit(s, &m, COOKIE_MSEN(s));
}

void l2mc_session_close(struct l2mc_session *s, enum l2tp_msen_result result, enum l2tp_error error,
			bool withdraw_first, msec_t now)
{
	if (withdraw_first && s->state == L2MC_ESTABLISHED) {
		/* data stops before the OSL is emptied (R4045-4.3-5) */
		s->forward = L2MC_FWD_NONE;
		for (size_t i = L2MC_ENTRY_ADD; i < array_size(s->entries); i++) {
			struct l2mc_entry *e;

			while ((e = l2mc_entries_first(&s->entries[i])))
				l2mc_entry_leave(e);
		}
		while (l2mc_withdraws_count(&s->withdraws[false]))
			send_update(s, now); /* the MSEN waits for no acknowledgement */
	}
	detach(s);
	drop_withdraws(s);
	set_state(s, L2MC_CLOSING, now);
	send_msen(s, result, error);
}

static void hold_fires(struct timer *t, msec_t now)
{
	struct l2mc_session *s = container_of(t, struct l2mc_session, hold);
	struct l2mc_tgroup *g = s->g;

	l2mc_session_close(s, L2TP_MSEN_NO_RECEIVERS, L2TP_ERR_NONE, false, now);
	l2mc_transition_progress(g, now);
}

void l2mc_session_review(struct l2mc_session *s, uint32_t n_eligible, msec_t now)
{
	const struct l2mc_policy *p = &s->lns->policy;
	uint32_t teardown = p->teardown ? p->teardown : p->threshold;

	if (s->state == L2MC_HOLDOFF)
		return;
	if (n_eligible == 0) {
		/* an empty OSL ends the session at once (R4045-4.3-6, A4045-35) */
		l2mc_session_close(s, L2TP_MSEN_NO_RECEIVERS, L2TP_ERR_NONE, true, now);
	} else if (n_eligible >= teardown || s->state != L2MC_ESTABLISHED) {
		timer_stop(s->lns->wheel, &s->hold);
	} else if (!p->holdtime_ms) {
		hold_fires(&s->hold, now);
	} else if (!s->hold.running) {
		/* R4045-7-3: MULTICAST_SESSION_HOLDTIME continuously below */
		timer_start(s->lns->wheel, &s->hold, now + p->holdtime_ms, hold_fires);
	}
}

/* ---------------------------------------------------------------- OSL updates */

void l2mc_session_queue(struct l2mc_session *s)
{
	if (!s->queued)
		l2mc_flushes_add_tail(&s->lns->flushes, s);
	s->queued = true;
}

static void retry_fires(struct timer *t, msec_t now)
{
	struct l2mc_session *s = container_of(t, struct l2mc_session, retry);
	size_t n = l2mc_entries_count(&s->entries[L2MC_ENTRY_LISTED]);

	while (n--) {
		struct l2mc_entry *e = l2mc_entries_first(&s->entries[L2MC_ENTRY_LISTED]);

		if (e->attempts > s->lns->policy.nos_retries) { /* stays on unicast */
			e->refused = true;
			l2mc_entry_count(e, l2mc_entry_context(e), false);
			l2mc_entry_leave(e);
		} else {
			l2mc_entry_set(e, s, L2MC_ENTRY_ADD);
			l2mc_session_queue(s);
		}
	}
	l2mc_context_review(s->g, s->ts, now);
}

void l2mc_session_expect(struct l2mc_session *s, msec_t now)
{
	if (!s->retry.running && !s->retiring)
		timer_start(s->lns->wheel, &s->retry, now + s->lns->policy.nos_retry_ms,
			    retry_fires);
}

/* The LAC acknowledges no WOS: unicast resumes all the same (A4045-37). */
static void withdraw_fires(struct timer *t, msec_t now)
{
	struct l2mc_session *s = container_of(t, struct l2mc_session, withdraw);
	struct l2mc_withdraw *w;

	frr_each (l2mc_withdraws, &s->withdraws[true], w)
		l2mc_withdraw_release(w);
}

/* A session that keeps its OSL until the switch (R4045-4.3-17, A4045-23 step 3). */
static bool frozen(const struct l2mc_session *s)
{
	return s->retiring || (s->g->transition == L2MC_NARROW && s->g->kept == s);
}

/* One MSI with what has accumulated, as much as it can hold. */
static void send_update(struct l2mc_session *s, msec_t now)
{
	struct l2tp_sid_op ops[2 * L2TP_MAX_SIDS_PER_AVP];
	struct l2tp_msg m = {.type = L2TP_MSI, .session_id = s->peer_session_id, .sids = ops};
	/* the AVPs fit into one message of L2TP_MAX_CONTROL octets (A4045-6) */
	const size_t room = (L2TP_MAX_CONTROL - L2TP_HEADER_LEN - 2 * 8 - 2 * 6) / 2;
	struct l2mc_withdraw *w;
	struct l2mc_entry *e;
	size_t listed;

	while (m.n_sids < L2TP_MAX_SIDS_PER_AVP &&
	       (e = l2mc_entries_first(&s->entries[L2MC_ENTRY_ADD]))) {
		ops[m.n_sids].avp = L2TP_AVP_NEW_OUTGOING_SESSIONS;
		ops[m.n_sids++].session_id = e->m->user->peer_session_id; /* A4045-1 */
		e->attempts++;
		l2mc_entry_set(e, s, L2MC_ENTRY_LISTED);
	}
	listed = m.n_sids;
	while (m.n_sids < room && m.n_sids - listed < L2TP_MAX_SIDS_PER_AVP &&
	       (w = l2mc_withdraws_pop(&s->withdraws[false]))) {
		ops[m.n_sids].avp = L2TP_AVP_WITHDRAW_OUTGOING_SESSIONS;
		ops[m.n_sids++].session_id = w->user->peer_session_id;
		w->sent = true;
		l2mc_withdraws_add_tail(&s->withdraws[true], w);
	}
	if (s->priority != s->lns->policy.priority) { /* R4045-6.3.1-1 */
		s->priority = m.multicast_priority = s->lns->policy.priority;
		l2tp_msg_set(&m, L2TP_AVP_MULTICAST_PRIORITY);
	} else if (!m.n_sids) {
		return;
	}
	if (listed)
		l2mc_session_expect(s, now);
	if (m.n_sids > listed)
		timer_start(s->lns->wheel, &s->withdraw, now + s->lns->policy.withdraw_ms,
			    withdraw_fires);
	s->in_flight = true;
	transmit(s, &m, COOKIE_MSI(s));
}

void l2mc_session_flush(struct l2mc_session *s, msec_t now)
{
	if (s->state == L2MC_ESTABLISHED && !s->in_flight && !frozen(s))
		send_update(s, now);
}

/* The LAC has the last MSI: what was withdrawn is withdrawn, the next one may go. */
static void msi_acked(struct l2mc_session *s, msec_t now)
{
	struct l2mc_withdraw *w;

	s->in_flight = false;
	timer_stop(s->lns->wheel, &s->withdraw);
	while ((w = l2mc_withdraws_first(&s->withdraws[true]))) {
		l2mc_withdraw_release(w); /* A4045-37 */
		l2mc_withdraw_free(w);
	}
	if (l2mc_entries_count(&s->entries[L2MC_ENTRY_ADD]) ||
	    l2mc_withdraws_count(&s->withdraws[false]) || s->priority != s->lns->policy.priority)
		l2mc_session_queue(s);
}

void l2mc_session_acked(struct l2mc_session *s, bool msen, msec_t now)
{
	if (msen && s->state == L2MC_CLOSING)
		l2mc_session_free(s); /* S4045-L9 */
	else if (!msen && s->state == L2MC_ESTABLISHED)
		msi_acked(s, now);
}

/* ---------------------------------------------------------------- messages from the LAC */

typedef void (*session_action)(struct l2mc_session *s, const struct l2tp_msg *m, msec_t now);

/* S4045-L2 */
static void on_msrp(struct l2mc_session *s, const struct l2tp_msg *m, msec_t now)
{
	if (!m->assigned_session_id) { /* the decoder refuses it too (R2661-5.3-2) */
		s->lns->stats.malformed++;
		l2mc_session_fail(s, L2TP_ERR_VALUE, now);
		return;
	}
	s->peer_session_id = m->assigned_session_id;
	set_state(s, L2MC_WAIT_MSE, now);
}

/* S4045-L3 */
static void on_mse(struct l2mc_session *s, const struct l2tp_msg *m, msec_t now)
{
	timer_stop(s->lns->wheel, &s->timer);
	s->sequencing = l2tp_msg_has(m, L2TP_AVP_SEQUENCING_REQUIRED); /* A4045-18 */
	s->lns->stats.opened++;
	set_state(s, L2MC_ESTABLISHED, now);
	l2mc_session_queue(s);
	l2mc_traffic_watch(s, now);
	/* NARROW: the new sessions start together (A4045-24 step 3) */
	if (s->g->transition != L2MC_NARROW && s->forward == L2MC_FWD_NONE)
		l2mc_session_forward(s, s->ts ? L2MC_FWD_ONE : L2MC_FWD_ALL,
				     s->ts ? &s->ts->s.addr : &ADDR_ANY);
	if (s->g->transition == L2MC_STEADY)
		l2mc_session_review(s, l2mc_session_context(s)->n_eligible, now);
}

/* One Session ID of a NOSA; false: it was not listed (R4045-6.2.2-6). */
static bool confirm(struct l2mc_session *s, uint16_t peer_session_id)
{
	struct l2mc_user key = {.peer_session_id = peer_session_id};
	struct l2mc_user *u = l2mc_users_find(&s->t->users, &key);
	struct l2mc_membership *m = u ? l2mc_membership_find(u, s->g->group) : NULL;
	struct l2mc_entry *e = m ? l2mc_membership_entry(m, s) : NULL;
	struct l2mc_withdraw *w = u ? l2mc_withdraw_find(u, s) : NULL;

	if (w && !w->sent) { /* it left meanwhile, the LAC does not know yet */
		w->was_acked = true;
		if (m)
			l2mc_membership_join(m);
		if (s->g->transition != L2MC_STEADY)
			l2mc_flows_of_group(s->g->group);
		return true;
	}
	if (!e)
		return !!w;
	/* ADD after an attempt: about to be listed once more */
	if (e->state == L2MC_ENTRY_LISTED || (e->state == L2MC_ENTRY_ADD && e->attempts))
		l2mc_entry_set(e, s, L2MC_ENTRY_ACKED);
	return e->state == L2MC_ENTRY_ACKED || w;
}

/* S4045-L5: NOSA, per Session ID (R4045-6.2.2-3, A4045-6) */
static void on_msi(struct l2mc_session *s, const struct l2tp_msg *m, msec_t now)
{
	for (size_t i = 0; i < m->n_sids; i++)
		if (m->sids[i].avp == L2TP_AVP_NEW_OUTGOING_SESSIONS_ACK &&
		    !confirm(s, m->sids[i].session_id))
			s->lns->stats.foreign_acks++;
	if (!l2mc_entries_count(&s->entries[L2MC_ENTRY_LISTED]))
		timer_stop(s->lns->wheel, &s->retry);
}

/* S4045-L8: the LAC refused or ended it; unicast copies resume at once. */
static void on_msen(struct l2mc_session *s, const struct l2tp_msg *m, msec_t now)
{
	struct l2mc_tgroup *g = s->g;
	struct l2mc_tsource *ts = s->ts;
	bool retiring = s->retiring;

	if (s->state == L2MC_ESTABLISHED)
		s->lns->stats.ended_by_peer++;
	else
		s->lns->stats.refused++;
	l2mc_session_free(s);
	has_failed(g, ts, retiring, now);
}

static void ignore(struct l2mc_session *s, const struct l2tp_msg *m, msec_t now)
{
}

/* Dropped, counted; never more than that (S4045-X1, A4045-46). */
static void unexpected(struct l2mc_session *s, const struct l2tp_msg *m, msec_t now)
{
	s->lns->stats.unexpected++;
}

enum session_event {
	EV_MSRP,
	EV_MSE,
	EV_MSI,
	EV_MSEN,
	EV_COUNT,
	EV_OTHER = EV_COUNT
};

/* A session in hold-off has no Session ID: no message finds it. */
static const session_action actions[L2MC_STATES][EV_COUNT] = {
	/* clang-format off */
	[L2MC_WAIT_MSRP] =   {on_msrp,    unexpected, unexpected, on_msen},
	[L2MC_WAIT_MSE] =    {unexpected, on_mse,     unexpected, on_msen},
	[L2MC_ESTABLISHED] = {unexpected, unexpected, on_msi,     on_msen},
	[L2MC_CLOSING] =     {ignore,     ignore,     ignore,     ignore}, /* A4045-47 */
	[L2MC_HOLDOFF] =     {unexpected, unexpected, unexpected, unexpected},
	/* clang-format on */
};

static enum session_event event_of(enum l2tp_msg_type type)
{
	switch (type) {
	case L2TP_MSRP:
		return EV_MSRP;
	case L2TP_MSE:
		return EV_MSE;
	case L2TP_MSI:
		return EV_MSI;
	case L2TP_MSEN:
		return EV_MSEN;
	default:
		return EV_OTHER;
	}
}

void l2mc_session_input(struct l2mc_session *s, const struct l2tp_msg *m,
			const struct l2tp_fault *fault, msec_t now)
{
	enum session_event event = event_of(m->type);
	struct l2mc_tgroup *g = s->g;

	if (event == EV_OTHER) {
		unexpected(s, m, now);
		return;
	}
	if (fault && s->state != L2MC_CLOSING) {
		s->lns->stats.malformed++;
		if (event != EV_MSEN) { /* the damage ends with this session (A4045-44, -46) */
			l2mc_session_fail(s, fault->error, now);
			return;
		}
	}
	actions[s->state][event](s, m, now);
	if (g && event != EV_MSEN)
		l2mc_transition_progress(g, now);
}
