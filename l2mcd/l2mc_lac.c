// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * RFC 4045 on the LAC: state table S4045-A*.  See l2mc_lac.h.
 *
 * A multicast session exists from the MSRQ on.  Its OSL goes to forwarding empty at first; when
 * that is confirmed the MSE follows (R4045-5.3-1).  After our own MSEN the session lives on,
 * out of forwarding, until the LNS has acknowledged (A4045-47).
 */
#include "l2mcd/l2mc_lac.h"

#include "l2mcd/l2mc_osl.h"

DEFINE_MTYPE_STATIC(L2MC, L2MC_LAC, "LAC engine");
DEFINE_MTYPE_STATIC(L2MC, L2MC_LAC_TUNNEL, "LAC tunnel");
DEFINE_MTYPE_STATIC(L2MC, L2MC_OSL, "LAC multicast session");

PREDECL_HASH(l2mc_osls);
PREDECL_HASH(l2mc_peers);
PREDECL_HASH(l2mc_lac_tunnels);

struct l2mc_osl {
	struct l2mc_osls_item item;
	struct l2mc_peers_item by_peer; /* unless closing */
	struct l2mc_lac_tunnel *t;
	uint16_t session_id, peer_session_id;
	enum l2mc_osl_state state;
	msec_t since;
	struct l2mc_osl_set set;
	uint32_t maximum_bps;
	bool sequencing;
	struct l2mc_received priority; /* global */
};

static int osl_cmp(const struct l2mc_osl *a, const struct l2mc_osl *b)
{
	return (int)a->session_id - (int)b->session_id;
}

static uint32_t osl_hash(const struct l2mc_osl *o)
{
	return jhash_1word(o->session_id, 1);
}

static int peer_cmp(const struct l2mc_osl *a, const struct l2mc_osl *b)
{
	return (int)a->peer_session_id - (int)b->peer_session_id;
}

static uint32_t peer_hash(const struct l2mc_osl *o)
{
	return jhash_1word(o->peer_session_id, 2);
}

DECLARE_HASH(l2mc_osls, struct l2mc_osl, item, osl_cmp, osl_hash);
DECLARE_HASH(l2mc_peers, struct l2mc_osl, by_peer, peer_cmp, peer_hash);

struct l2mc_lac_tunnel {
	struct l2mc_lac_tunnels_item item;
	struct l2mc_lac *lac;
	uint16_t tunnel_id;
	bool offered;
	struct l2mc_osls_head osls;   /* by our Session ID */
	struct l2mc_peers_head peers; /* by the LNS's Session ID: those that are not closing */
	struct l2mc_individuals individuals;
	void *data;
};

static int tunnel_cmp(const struct l2mc_lac_tunnel *a, const struct l2mc_lac_tunnel *b)
{
	return (int)a->tunnel_id - (int)b->tunnel_id;
}

static uint32_t tunnel_hash(const struct l2mc_lac_tunnel *t)
{
	return jhash_1word(t->tunnel_id, 3);
}

DECLARE_HASH(l2mc_lac_tunnels, struct l2mc_lac_tunnel, item, tunnel_cmp, tunnel_hash);

struct l2mc_lac {
	const struct l2mc_lac_ops *ops;
	void *ctx;
	struct l2mc_lac_policy policy;
	struct l2mc_lac_tunnels_head tunnels;
	uint64_t last_priority; /* struct l2mc_received.order */
	struct l2mc_lac_stats stats;
};

/* Cookies of an MSEN; the highest bit tells them from the LNS engine's. */
#define COOKIE_LAC (UINT64_C(1) << 63)

static uint64_t cookie_of(const struct l2mc_osl *o)
{
	return COOKIE_LAC | (uint64_t)o->t->tunnel_id << 16 | o->session_id;
}

/* ---------------------------------------------------------------- engine, tunnels */

struct l2mc_lac *l2mc_lac_new(const struct l2mc_lac_ops *ops, void *ctx,
			      const struct l2mc_lac_policy *policy)
{
	struct l2mc_lac *lac = XCALLOC(MTYPE_L2MC_LAC, sizeof(*lac));

	lac->ops = ops;
	lac->ctx = ctx;
	lac->policy = *policy;
	l2mc_lac_tunnels_init(&lac->tunnels);
	return lac;
}

void l2mc_lac_free(struct l2mc_lac *lac)
{
	l2mc_lac_tunnels_fini(&lac->tunnels);
	XFREE(MTYPE_L2MC_LAC, lac);
}

struct l2mc_lac_tunnel *l2mc_lac_tunnel_add(struct l2mc_lac *lac, uint16_t tunnel_id, bool offered,
					    void *data)
{
	struct l2mc_lac_tunnel *t = XCALLOC(MTYPE_L2MC_LAC_TUNNEL, sizeof(*t));

	t->lac = lac;
	t->tunnel_id = tunnel_id;
	t->offered = offered;
	t->data = data;
	l2mc_osls_init(&t->osls);
	l2mc_peers_init(&t->peers);
	l2mc_individuals_start(&t->individuals);
	l2mc_lac_tunnels_add(&lac->tunnels, t);
	lac->stats.tunnels++;
	return t;
}

void *l2mc_lac_tunnel_data(const struct l2mc_lac_tunnel *t)
{
	return t->data;
}

uint16_t l2mc_lac_tunnel_id(const struct l2mc_lac_tunnel *t)
{
	return t->tunnel_id;
}

/* ---------------------------------------------------------------- multicast sessions */

static void transmit(struct l2mc_lac_tunnel *t, const struct l2tp_msg *m, uint64_t cookie)
{
	t->lac->stats.tx[m->type]++;
	t->lac->ops->send(t->lac->ctx, t, m, cookie);
}

static void set_state(struct l2mc_osl *o, enum l2mc_osl_state state, msec_t now)
{
	struct l2mc_lac *lac = o->t->lac;

	o->state = state;
	o->since = now;
	if (lac->ops->event)
		lac->ops->event(lac->ctx, o, l2mc_osl_state_name(state));
}

static struct l2mc_osl *osl_new(struct l2mc_lac_tunnel *t, uint16_t session_id,
				const struct l2tp_msg *msrq)
{
	struct l2mc_osl *o = XCALLOC(MTYPE_L2MC_OSL, sizeof(*o));

	o->t = t;
	o->session_id = session_id;
	o->peer_session_id = msrq->assigned_session_id;
	o->sequencing = t->lac->policy.sequencing;
	if (l2tp_msg_has(msrq, L2TP_AVP_MAXIMUM_BPS))
		o->maximum_bps = msrq->maximum_bps;
	l2mc_osl_set_init(&o->set);
	l2mc_osls_add(&t->osls, o);
	l2mc_peers_add(&t->peers, o);
	t->lac->stats.sessions++;
	return o;
}

/* Out of forwarding; its Session ID stays reserved. */
static void stop(struct l2mc_osl *o)
{
	struct l2mc_lac *lac = o->t->lac;

	if (o->state == L2MC_OSL_CLOSING)
		return;
	lac->ops->unprogram(lac->ctx, o);
	l2mc_peers_del(&o->t->peers, o);
	lac->stats.sessions--;
}

static void osl_free(struct l2mc_osl *o)
{
	struct l2mc_lac_tunnel *t = o->t;

	stop(o);
	l2mc_osls_del(&t->osls, o);
	t->lac->ops->release_id(t->lac->ctx, t, o->session_id);
	l2mc_osl_set_fini(&o->set);
	XFREE(MTYPE_L2MC_OSL, o);
}

void l2mc_lac_tunnel_del(struct l2mc_lac_tunnel *t)
{
	struct l2mc_osl *o;

	while ((o = l2mc_osls_first(&t->osls)))
		osl_free(o);
	l2mc_osls_fini(&t->osls);
	l2mc_peers_fini(&t->peers);
	l2mc_individuals_stop(&t->individuals);
	l2mc_lac_tunnels_del(&t->lac->tunnels, t);
	t->lac->stats.tunnels--;
	XFREE(MTYPE_L2MC_LAC_TUNNEL, t);
}

static void send_msen(struct l2mc_lac_tunnel *t, uint16_t session_id, uint16_t peer_session_id,
		      struct l2tp_result result, uint64_t cookie)
{
	struct l2tp_msg m = {
		.type = L2TP_MSEN,
		.session_id = peer_session_id,
		.assigned_session_id = session_id,
		.result = result,
	};

	l2tp_msg_set(&m, L2TP_AVP_RESULT_CODE);
	l2tp_msg_set(&m, L2TP_AVP_ASSIGNED_SESSION_ID);
	transmit(t, &m, cookie);
}

static struct l2tp_result error_code(enum l2tp_error error)
{
	return (struct l2tp_result){.result = L2TP_MSEN_ERROR, .has_error = true, .error = error};
}

/* It goes with a message, and waits for its acknowledgement. */
static void close_osl(struct l2mc_osl *o, struct l2tp_result result, msec_t now)
{
	stop(o);
	set_state(o, L2MC_OSL_CLOSING, now);
	send_msen(o->t, o->session_id, o->peer_session_id, result, cookie_of(o));
}

/* S4045-A7 */
static void fail(struct l2mc_osl *o, enum l2tp_error error, msec_t now)
{
	close_osl(o, error_code(error), now);
}

void l2mc_lac_acked(struct l2mc_lac *lac, uint64_t cookie, msec_t now)
{
	struct l2mc_lac_tunnel key = {.tunnel_id = cookie >> 16}, *t;
	struct l2mc_osl *o;

	if (!(cookie & COOKIE_LAC))
		return;
	t = l2mc_lac_tunnels_find(&lac->tunnels, &key);
	o = t ? l2mc_osl_find(t, cookie) : NULL;
	if (o && o->state == L2MC_OSL_CLOSING)
		osl_free(o);
}

/* ---------------------------------------------------------------- acknowledgements */

/*
 * What is due and installed, hence after the MSE (A4045-13); a message holds one AVP 82
 * (A4045-6, -7), never an empty one.
 */
static void acknowledge(struct l2mc_osl *o)
{
	struct l2tp_sid_op ops[L2TP_MAX_SIDS_PER_AVP];
	uint16_t ids[L2TP_MAX_SIDS_PER_AVP];
	size_t n;

	while ((n = l2mc_osl_set_take_due(&o->set, ids, array_size(ids)))) {
		struct l2tp_msg m = {
			.type = L2TP_MSI,
			/* A4045-2 */
			.session_id =
				o->t->lac->policy.ack_lac_id ? o->session_id : o->peer_session_id,
			.sids = ops,
			.n_sids = n,
		};

		for (size_t i = 0; i < n; i++)
			ops[i] = (struct l2tp_sid_op){L2TP_AVP_NEW_OUTGOING_SESSIONS_ACK, ids[i]};
		o->t->lac->stats.ids_acked += n;
		transmit(o->t, &m, 0);
	}
}

static void send_mse(struct l2mc_osl *o, msec_t now)
{
	struct l2tp_msg m = {.type = L2TP_MSE, .session_id = o->peer_session_id};

	if (o->sequencing) /* R4045-5.3-3 */
		l2tp_msg_set(&m, L2TP_AVP_SEQUENCING_REQUIRED);
	o->t->lac->stats.opened++;
	set_state(o, L2MC_OSL_ESTABLISHED, now);
	transmit(o->t, &m, 0);
}

void l2mc_osl_installed(struct l2mc_lac_tunnel *t, uint16_t session_id, uint64_t version, bool ok,
			msec_t now)
{
	struct l2mc_osl *o = l2mc_osl_find(t, session_id);

	if (!o || o->state == L2MC_OSL_CLOSING || version > o->set.version)
		return; /* of a session that is over */
	if (!ok) {
		if (o->state == L2MC_OSL_WAIT_READY || (version == o->set.version && !o->set.n))
			fail(o, L2TP_ERR_RESOURCES, now);
		return;
	}
	if (version > o->set.installed)
		o->set.installed = version;
	if (o->state == L2MC_OSL_WAIT_READY)
		send_mse(o, now);
	acknowledge(o);
}

/* ---------------------------------------------------------------- messages from the LNS */

/* S4045-A2: with an ID that is released at once (A4045-29). */
static void refuse(struct l2mc_lac_tunnel *t, uint16_t peer_session_id, enum l2tp_error error)
{
	struct l2mc_lac *lac = t->lac;
	uint16_t id = lac->ops->reserve_id(lac->ctx, t);

	lac->stats.refused++;
	if (!id) /* no way to say so: the LNS will see that no answer comes (A4045-30) */
		return;
	send_msen(t, id, peer_session_id, error_code(error), 0);
	lac->ops->release_id(lac->ctx, t, id);
}

static bool room_for_session(const struct l2mc_lac_tunnel *t)
{
	uint32_t maximum = t->lac->policy.maximum_sessions;

	return !maximum || l2mc_peers_count(&t->peers) < maximum;
}

/* S4045-A1 */
static void on_msrq(struct l2mc_lac_tunnel *t, const struct l2tp_msg *m,
		    const struct l2tp_fault *fault, msec_t now)
{
	struct l2mc_lac *lac = t->lac;
	struct l2mc_osl key = {.peer_session_id = m->assigned_session_id}, *o;
	struct l2tp_msg reply = {.type = L2TP_MSRP, .session_id = m->assigned_session_id};
	uint16_t id;

	if (!t->offered) { /* R4045-5.1-3 */
		lac->stats.not_offered++;
		return;
	}
	if (fault || !m->assigned_session_id) {
		lac->stats.malformed++;
		if (m->assigned_session_id)
			refuse(t, m->assigned_session_id, fault->error);
		return;
	}
	if (l2mc_peers_find(&t->peers, &key)) { /* of a session that exists (S4045-X1) */
		lac->stats.unexpected++;
		return;
	}
	id = lac->ops->ready(lac->ctx) && room_for_session(t) ? lac->ops->reserve_id(lac->ctx, t)
							      : 0;
	if (!id) {
		refuse(t, m->assigned_session_id, L2TP_ERR_RESOURCES);
		return;
	}
	o = osl_new(t, id, m);
	set_state(o, L2MC_OSL_WAIT_READY, now);
	reply.assigned_session_id = id;
	l2tp_msg_set(&reply, L2TP_AVP_ASSIGNED_SESSION_ID);
	transmit(t, &reply, 0);
	lac->ops->program(lac->ctx, o);
}

/* One Session ID of a NOS; true if the OSL changed. */
static bool list(struct l2mc_osl *o, uint16_t id)
{
	struct l2mc_lac *lac = o->t->lac;
	uint32_t maximum = lac->policy.maximum_osl;

	lac->stats.ids_listed++;
	if (!id) { /* A4045-8 */
		lac->stats.ids_zero++;
		return false;
	}
	if (!l2mc_osl_set_has(&o->set, id) &&
	    ((maximum && o->set.n >= maximum) || !lac->ops->is_member(lac->ctx, o->t, id))) {
		lac->stats.ids_unusable++; /* no pending entry is kept (A4045-10) */
		return false;
	}
	return l2mc_osl_set_list(&o->set, id, o->set.version + 1);
}

/* AVPs 81 and 83 in the order of appearance (A4045-7); true if the OSL changed. */
static bool update(struct l2mc_osl *o, const struct l2tp_msg *m)
{
	struct l2mc_lac_stats *stats = &o->t->lac->stats;
	bool changed = false;

	for (size_t i = 0; i < m->n_sids; i++) {
		const struct l2tp_sid_op *op = &m->sids[i];

		if (op->avp == L2TP_AVP_NEW_OUTGOING_SESSIONS) {
			changed |= list(o, op->session_id);
		} else if (op->avp == L2TP_AVP_WITHDRAW_OUTGOING_SESSIONS &&
			   l2mc_osl_set_remove(&o->set, op->session_id)) {
			stats->ids_withdrawn++;
			changed = true;
		}
	}
	return changed;
}

/* The set has changed: forwarding has to follow. */
static void reprogram(struct l2mc_osl *o)
{
	o->set.version++;
	o->t->lac->ops->program(o->t->lac->ctx, o);
}

/* ---------------------------------------------------------------- priorities */

/* Any other value is ignored (A4045-43). */
static bool has_priority(const struct l2tp_msg *m)
{
	return l2tp_msg_has(m, L2TP_AVP_MULTICAST_PRIORITY) &&
	       m->multicast_priority <= L2MC_PRIORITY_MAX;
}

static struct l2mc_received received(struct l2mc_lac *lac, const struct l2tp_msg *m)
{
	return (struct l2mc_received){++lac->last_priority, m->multicast_priority};
}

/* R4045-6.3.1-1; true if forwarding has to know. */
static bool set_global(struct l2mc_osl *o, const struct l2tp_msg *m)
{
	if (!has_priority(m))
		return false;
	o->priority = received(o->t->lac, m);
	return o->set.n > 0; /* the order alone may change what counts */
}

static void reprogram_lists_of(struct l2mc_lac_tunnel *t, uint16_t session_id)
{
	struct l2mc_osl *o;

	frr_each (l2mc_osls, &t->osls, o)
		if (o->state != L2MC_OSL_CLOSING && l2mc_osl_set_has(&o->set, session_id))
			reprogram(o);
}

void l2mc_lac_set_policy(struct l2mc_lac *lac, const struct l2mc_lac_policy *policy)
{
	bool changed = lac->policy.precedence != policy->precedence ||
		       lac->policy.drop_late != policy->drop_late;
	struct l2mc_lac_tunnel *t;
	struct l2mc_osl *o;

	lac->policy = *policy;
	if (!changed)
		return;
	frr_each (l2mc_lac_tunnels, &lac->tunnels, t)
		frr_each (l2mc_osls, &t->osls, o)
			if (o->state != L2MC_OSL_CLOSING && o->set.n)
				reprogram(o);
}

uint8_t l2mc_osl_priority(const struct l2mc_osl *o, uint16_t session_id)
{
	return l2mc_priority_effective(o->t->lac->policy.precedence, o->priority,
				       l2mc_individuals_get(&o->t->individuals, session_id));
}

bool l2mc_lac_individual(const struct l2mc_lac_tunnel *t, uint16_t session_id, uint8_t *priority)
{
	struct l2mc_received r = l2mc_individuals_get(&t->individuals, session_id);

	*priority = r.value;
	return r.order != 0;
}

/* S4045-A3, S4045-A4; in wait-ready the same, acknowledged after the MSE (A4045-13) */
static void on_msi(struct l2mc_osl *o, const struct l2tp_msg *m, const struct l2tp_fault *fault,
		   msec_t now)
{
	bool changed;

	if (fault) { /* A4045-44 */
		o->t->lac->stats.malformed++;
		fail(o, fault->error, now);
		return;
	}
	changed = set_global(o, m);
	if (update(o, m) || changed)
		reprogram(o);
	acknowledge(o); /* those that were there before */
}

/* An MSI about a unicast session may only set its priority (R4045-6.3.2-3, A4045-45). */
static void on_unicast_msi(struct l2mc_lac_tunnel *t, const struct l2tp_msg *m,
			   const struct l2tp_fault *fault)
{
	struct l2mc_lac *lac = t->lac;

	lac->stats.malformed += fault != NULL;
	lac->stats.ids_misplaced += m->n_sids;
	if (!has_priority(m))
		return;
	lac->stats.individual_priorities++;
	l2mc_individuals_set(&t->individuals, m->session_id, received(lac, m));
	/* all multicast sessions are treated alike for this user (R4045-6.3.2-2) */
	reprogram_lists_of(t, m->session_id);
}

/*
 * The session a message is about: by our ID; an MSEN that comes before the LNS knows it has 0
 * in the header and is told by the LNS's ID (R2661-5.3-3).
 */
static struct l2mc_osl *subject(struct l2mc_lac_tunnel *t, const struct l2tp_msg *m)
{
	struct l2mc_osl key = {.peer_session_id = m->assigned_session_id};

	if (m->type == L2TP_MSEN && !m->session_id)
		return l2mc_peers_find(&t->peers, &key);
	return l2mc_osl_find(t, m->session_id);
}

bool l2mc_lac_concerns(const struct l2mc_lac_tunnel *t, const struct l2tp_msg *m)
{
	const struct l2mc_lac *lac = t->lac;

	switch (m->type) {
	case L2TP_MSRQ:
		return true;
	case L2TP_MSEN: /* a LAC always knows the ID of the LNS */
		return !m->session_id || l2mc_osl_find(t, m->session_id);
	case L2TP_MSI:
		return l2mc_osl_find(t, m->session_id) ||
		       lac->ops->is_member(lac->ctx, (struct l2mc_lac_tunnel *)t, m->session_id);
	default:
		return false;
	}
}

void l2mc_lac_input(struct l2mc_lac_tunnel *t, const struct l2tp_msg *m,
		    const struct l2tp_fault *fault, msec_t now)
{
	struct l2mc_lac *lac = t->lac;
	struct l2mc_osl *o;

	if (m->type < L2TP_MSG_TYPES)
		lac->stats.rx[m->type]++;
	if (m->type == L2TP_MSRQ) {
		on_msrq(t, m, fault, now);
		return;
	}
	o = subject(t, m);
	if (!o && m->type == L2TP_MSI && lac->ops->is_member(lac->ctx, t, m->session_id)) {
		on_unicast_msi(t, m, fault);
	} else if (!o) {
		lac->stats.unknown_id++; /* A4045-14 */
	} else if (o->state == L2MC_OSL_CLOSING) {
		/* it crossed our MSEN: dropped silently (A4045-47) */
	} else if (m->type == L2TP_MSI) {
		on_msi(o, m, fault, now);
	} else if (m->type == L2TP_MSEN) { /* S4045-A6; malformed or not, it is over */
		lac->stats.malformed += fault != NULL;
		osl_free(o);
	} else {
		lac->stats.unexpected++; /* S4045-X1 */
	}
}

void l2mc_lac_session_gone(struct l2mc_lac_tunnel *t, uint16_t session_id)
{
	struct l2mc_osl *o;

	l2mc_individuals_forget(&t->individuals, session_id); /* A4045-4 */
	frr_each (l2mc_osls, &t->osls, o) {
		if (o->state == L2MC_OSL_CLOSING || !l2mc_osl_set_remove(&o->set, session_id))
			continue;
		t->lac->stats.purged++;
		reprogram(o);
	}
}

void l2mc_osl_clear(struct l2mc_lac_tunnel *t, uint16_t session_id, msec_t now)
{
	struct l2mc_osl *o = l2mc_osl_find(t, session_id);

	if (o && o->state != L2MC_OSL_CLOSING)
		fail(o, L2TP_ERR_VENDOR, now);
}

void l2mc_osl_idle(struct l2mc_lac_tunnel *t, uint16_t session_id, msec_t now)
{
	struct l2mc_osl *o = l2mc_osl_find(t, session_id);

	if (o && o->state == L2MC_OSL_ESTABLISHED)
		close_osl(o, (struct l2tp_result){.result = L2TP_MSEN_NO_TRAFFIC}, now);
}

/* ---------------------------------------------------------------- what the OSL is */

void l2mc_osl_info(const struct l2mc_osl *o, struct l2mc_osl_info *info)
{
	*info = (struct l2mc_osl_info){
		.state = o->state,
		.tunnel = o->t,
		.session_id = o->session_id,
		.peer_session_id = o->peer_session_id,
		.maximum_bps = o->maximum_bps,
		.sequencing = o->sequencing,
		.drop_late = o->sequencing && o->t->lac->policy.drop_late,
		.version = o->set.version,
		.n_members = o->set.n,
		.n_acked = o->set.n_acked,
		.since = o->since,
		.has_priority = o->priority.order != 0,
		.priority = o->priority.value,
	};
}

const uint16_t *l2mc_osl_members(const struct l2mc_osl *o, size_t *n)
{
	*n = o->set.n;
	return o->set.ids;
}

struct l2mc_osl *l2mc_osl_find(const struct l2mc_lac_tunnel *t, uint16_t session_id)
{
	struct l2mc_osl key = {.session_id = session_id};

	return l2mc_osls_find((struct l2mc_osls_head *)&t->osls, &key);
}

void l2mc_osl_walk(const struct l2mc_lac *lac, void (*fn)(void *arg, const struct l2mc_osl *o),
		   void *arg)
{
	const struct l2mc_lac_tunnel *t;
	const struct l2mc_osl *o;

	frr_each (l2mc_lac_tunnels_const, &lac->tunnels, t)
		frr_each (l2mc_osls_const, &t->osls, o)
			fn(arg, o);
}

void l2mc_lac_stats(const struct l2mc_lac *lac, struct l2mc_lac_stats *stats)
{
	*stats = lac->stats;
}

const char *l2mc_osl_state_name(enum l2mc_osl_state state)
{
	static const char *const names[L2MC_OSL_STATES] = {
		[L2MC_OSL_WAIT_READY] = "wait-ready",
		[L2MC_OSL_ESTABLISHED] = "established",
		[L2MC_OSL_CLOSING] = "closing",
	};

	return (unsigned int)state < L2MC_OSL_STATES ? names[state] : "unknown";
}
