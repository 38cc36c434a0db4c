// SPDX-License-Identifier: GPL-2.0-or-later
/* Sessions: what the rows of the state table do, connections, timers (RFC 5036 2.5). */
#include "mplsmc/ldp_engine_p.h"

#include <stdio.h>

DEFINE_MTYPE_STATIC(LDP, LDP_SESSION, "LDP session");

static void timer_fired(struct timer *t, msec_t now);
static void keepalive_due(struct timer *t, msec_t now);

/* ---------------------------------------------------------------- life cycle */

struct ldp_session *ldp_session_new(struct ldp_engine *e, const struct ldp_id *peer,
				    const struct addr *transport, msec_t now)
{
	struct ldp_session *s = XCALLOC(MTYPE_LDP_SESSION, sizeof(*s));

	s->e = e;
	s->peer = *peer;
	s->transport = *transport;
	s->active = addr_cmp(&e->p.transport, transport) > 0; /* M-5036-2.5.2-2 */
	s->since = now;
	ldp_session_adjs_init(&s->adjacencies);
	ldp_address_set_init(&s->addresses);
	ldp_ids_add(&e->by_id, s);
	ldp_sessions_add_tail(&e->sessions, s);
	return s;
}

void ldp_session_unlink(struct ldp_session *s)
{
	struct ldp_engine *e = s->e;
	struct ldp_adjacency *a;

	while ((a = ldp_session_adjs_first(&s->adjacencies)))
		ldp_adjacency_unlink(a);
	timer_stop(e->wheel, &s->timer);
	timer_stop(e->wheel, &s->keepalive);
	ldp_stream_reset(s);
	ldp_ids_del(&e->by_id, s);
	ldp_sessions_del(&e->sessions, s);
	s->dead = true;
	ldp_dead_sessions_add_tail(&e->dead_sessions, s);
}

void ldp_session_free(struct ldp_session *s)
{
	ldp_stream_free(s);
	ldp_address_set_fini(&s->addresses);
	ldp_session_adjs_fini(&s->adjacencies);
	XFREE(MTYPE_LDP_SESSION, s);
}

static void move_adjacencies(struct ldp_session_adjs_head *from, struct ldp_session_adjs_head *to,
			     struct ldp_session *s)
{
	struct ldp_adjacency *a;

	while ((a = ldp_session_adjs_pop(from))) {
		a->s = s;
		ldp_session_adjs_add_tail(to, a);
	}
}

void ldp_session_swap(struct ldp_session *a, struct ldp_session *b)
{
	struct ldp_session_adjs_head aside;
	struct ldp_id id = a->peer;

	ldp_ids_del(&a->e->by_id, a);
	ldp_ids_del(&a->e->by_id, b);
	a->peer = b->peer;
	b->peer = id;
	ldp_ids_add(&a->e->by_id, a);
	ldp_ids_add(&a->e->by_id, b);
	ldp_session_adjs_init(&aside);
	move_adjacencies(&a->adjacencies, &aside, b);
	move_adjacencies(&b->adjacencies, &a->adjacencies, a);
	move_adjacencies(&aside, &b->adjacencies, b);
	ldp_session_adjs_fini(&aside);
}

void ldp_session_record(struct ldp_session *s, const char *what)
{
	if (s->e->ops->event)
		s->e->ops->event(s->e->ctx, s, what);
}

/* ---------------------------------------------------------------- the end of a session */

/* Whether what ended it will happen again at once: then the next attempt has to wait
 * (M-5036-2.5.3-3).  A session that comes up only to fail is as bad as a NAK. */
static bool hopeless(const struct ldp_session *s, enum ldp_session_state was, enum ldp_event ev,
		     const struct ldp_cause *cause, msec_t now)
{
	bool young = now - s->since < (msec_t)s->e->p.init_backoff_s * MSEC_PER_S;

	if (was == LDP_OPERATIONAL)
		return young && (ev == LDP_E_FAULT ||
				 (ev == LDP_E_SHUTDOWN && cause->received != LDP_S_SHUTDOWN &&
				  cause->received != LDP_S_HOLD_TIMER &&
				  cause->received != LDP_S_KEEPALIVE_TIMER));
	return was != LDP_NONEXISTENT && ev != LDP_E_LOST && ev != LDP_E_CLOSE &&
	       ev != LDP_E_TIMEOUT;
}

static uint32_t doubled(uint32_t before, uint32_t first, uint32_t max)
{
	uint32_t next = before ? 2 * before : first;

	return next < max ? next : max;
}

static uint32_t next_retry_ms(const struct ldp_session *s)
{
	return doubled(s->retry_ms, LDP_RETRY_MS, LDP_RETRY_MAX_MS);
}

/* When the active side tries again. */
static void set_retry(struct ldp_session *s, enum ldp_session_state was, enum ldp_event ev,
		      const struct ldp_cause *cause, msec_t now)
{
	const struct ldp_params *p = &s->e->p;
	msec_t at;

	s->backing_off = hopeless(s, was, ev, cause, now);
	if (s->backing_off) {
		s->backoff_s = doubled(s->backoff_s, p->init_backoff_s, p->init_backoff_max_s);
		at = now + (msec_t)s->backoff_s * MSEC_PER_S;
	} else {
		if (was == LDP_OPERATIONAL)
			s->backoff_s = s->retry_ms = 0;
		s->retry_ms = next_retry_ms(s);
		at = (was == LDP_NONEXISTENT ? s->tried : now) + s->retry_ms;
	}
	if (s->active && !s->e->stopped && ldp_session_adjs_first(&s->adjacencies))
		timer_start(s->e->wheel, &s->timer, at, timer_fired);
}

/* Says why and closes.  A status that is not fatal does not end a session: Shutdown does. */
static void hang_up(struct ldp_session *s, const struct ldp_cause *cause, bool tell, msec_t now)
{
	const struct ldp_cause shutdown = {.status = LDP_S_SHUTDOWN};

	s->ending = true; /* ldp_session_closed() may come out of write() */
	if (tell) {
		ldp_stream_notify(s, cause, now);
		if (!LDP_S_FATAL(cause->status))
			ldp_stream_notify(s, &shutdown, now);
	}
	ldp_stream_flush(s, now);
	s->ending = false;
	if (s->connection != LDP_CLOSED) {
		s->connection = LDP_CLOSED;
		s->e->ops->close(s->e->ctx, s);
	}
	ldp_stream_reset(s);
}

static void session_end(struct ldp_session *s, enum ldp_event ev, const struct ldp_cause *cause,
			bool tell, msec_t now)
{
	const char *text = cause->text ? cause->text : ldp_status_name(cause->status);
	enum ldp_session_state was = s->state;
	char reason[LDP_ERROR_LEN];
	bool news;

	snprintf(reason, sizeof(reason), "%s%s", ev == LDP_E_SHUTDOWN ? "peer: " : "", text);
	news = was != LDP_NONEXISTENT || strcmp(reason, s->error) != 0;
	memcpy(s->error, reason, sizeof(s->error));
	timer_stop(s->e->wheel, &s->timer);
	timer_stop(s->e->wheel, &s->keepalive);
	set_retry(s, was, ev, cause, now);
	s->e->sequence += was == LDP_OPERATIONAL && tell;
	s->state = LDP_NONEXISTENT;
	s->since = now;
	ldp_address_set_clear(&s->addresses);
	s->capabilities = 0;
	s->told_addresses = false;
	s->keepalive_s = 0;
	s->trusted_until = 0;
	hang_up(s, cause, tell, now);
	if (news) /* not each attempt that fails as the one before */
		ldp_session_record(s, reason);
	if (was == LDP_OPERATIONAL)
		s->e->ops->down(s->e->ctx, s, reason);
}

/* ---------------------------------------------------------------- the state table at work */

static void put_keepalive(struct ldp_session *s, msec_t now)
{
	struct ldp_msg m = {.type = LDP_KEEPALIVE};

	ldp_stream_put(s, &m, now);
	s->said = now;
}

/* The KeepAlive time is known: from here on both ends watch it (M-5036-3.5.4-1). */
static void agreed(struct ldp_session *s, msec_t now)
{
	put_keepalive(s, now);
	timer_start(s->e->wheel, &s->keepalive, now + (msec_t)s->keepalive_s * MSEC_PER_S / 3,
		    keepalive_due);
}

/* Addresses first (M-5036-3.5.5-1), then what up() brings, then the end of it. */
static void session_up(struct ldp_session *s, msec_t now)
{
	s->since = now;
	timer_start(s->e->wheel, &s->timer, now + (msec_t)s->keepalive_s * MSEC_PER_S, timer_fired);
	ldp_addresses_send(s, now);
	ldp_session_record(s, "operational");
	s->e->ops->up(s->e->ctx, s);
	ldp_end_of_lib(s, now); /* does nothing if up() has ended it */
}

static void act(struct ldp_session *s, struct ldp_fsm_row row, enum ldp_event ev,
		const struct ldp_cause *cause, msec_t now)
{
	if (row.action != LDP_A_NAK && row.action != LDP_A_CLEAN_UP) {
		if (s->state != row.next)
			s->since = now;
		s->state = row.next;
	}
	switch (row.action) {
	case LDP_A_INIT:
		ldp_init_send(s, now);
		break;
	case LDP_A_INIT_KEEPALIVE:
		ldp_init_send(s, now);
		agreed(s, now);
		break;
	case LDP_A_KEEPALIVE:
		agreed(s, now);
		break;
	case LDP_A_UP:
		session_up(s, now);
		break;
	case LDP_A_NAK:
		session_end(s, ev, cause, true, now);
		break;
	case LDP_A_CLEAN_UP:
		session_end(s, ev, cause, false, now);
		break;
	case LDP_A_IGNORE:
	case LDP_A_NONE:
	case LDP_A_PROCESS:
	case LDP_ACTIONS:
		break;
	}
}

enum ldp_action ldp_session_event(struct ldp_session *s, enum ldp_event ev,
				  const struct ldp_cause *cause, msec_t now)
{
	const struct ldp_cause none = {.status = LDP_S_SHUTDOWN};
	struct ldp_fsm_row row = ldp_fsm_row(s->state, ev);
	struct ldp_engine *e = s->e;

	if (s->dead)
		return LDP_A_IGNORE;
	ldp_enter(e);
	act(s, row, ev, cause ? cause : &none, now);
	ldp_leave(e, now);
	return row.action;
}

/* ---------------------------------------------------------------- timers */

static void timer_fired(struct timer *t, msec_t now)
{
	struct ldp_session *s = container_of(t, struct ldp_session, timer);
	bool connecting = s->connection == LDP_CONNECTING;
	const struct ldp_cause cause = {
		.status = LDP_S_KEEPALIVE_TIMER,
		.text = connecting ? "no answer" : NULL,
	};
	msec_t due = s->heard + (msec_t)s->keepalive_s * MSEC_PER_S;
	struct ldp_engine *e = s->e;

	ldp_enter(e);
	if (s->connection == LDP_CLOSED)
		ldp_session_connect(s, now);
	else if (ldp_operational(s) && due > now)
		timer_start(e->wheel, t, due, timer_fired);
	else
		ldp_session_event(s, LDP_E_TIMEOUT, &cause, now);
	if (connecting)
		ldp_session_connect(s, now);
	ldp_leave(e, now);
}

static void keepalive_due(struct timer *t, msec_t now)
{
	struct ldp_session *s = container_of(t, struct ldp_session, keepalive);
	msec_t interval = (msec_t)s->keepalive_s * MSEC_PER_S / 3;
	struct ldp_engine *e = s->e;

	ldp_enter(e);
	if (s->said + interval <= now)
		put_keepalive(s, now);
	timer_start(e->wheel, t, s->said + interval, keepalive_due);
	ldp_leave(e, now);
}

/* ---------------------------------------------------------------- connections */

bool ldp_session_gtsm(const struct ldp_session *s)
{
	const struct ldp_adjacency *a;

	if (!s->e->p.gtsm)
		return false;
	frr_each (ldp_session_adjs_const, &s->adjacencies, a)
		if (!a->gtsm)
			return false;
	return true;
}

/* There is a connection: the session has to be operational in time. */
static void begin(struct ldp_session *s, msec_t now)
{
	s->connection = LDP_CONNECTED;
	timer_start(s->e->wheel, &s->timer, now + LDP_SETUP_S * MSEC_PER_S, timer_fired);
}

void ldp_session_connect(struct ldp_session *s, msec_t now)
{
	if (s->dead || s->e->stopped || !s->active || s->connection != LDP_CLOSED)
		return;
	s->connection = LDP_CONNECTING;
	s->backing_off = false;
	s->tried = now;
	ldp_stream_open(s);
	timer_start(s->e->wheel, &s->timer, now + next_retry_ms(s), timer_fired);
	if (!s->retry_ms)
		ldp_session_record(s, "connecting");
	s->e->ops->connect(s->e->ctx, s, &s->transport, ldp_session_gtsm(s));
}

void ldp_session_reconnect(struct ldp_session *s, msec_t now)
{
	if (s->backing_off || now - s->tried < LDP_RETRY_YOUNG_MS)
		return;
	if (s->connection == LDP_CONNECTING) {
		s->connection = LDP_CLOSED;
		s->e->ops->close(s->e->ctx, s);
	}
	ldp_session_connect(s, now);
}

/* The peer may have dropped the end of the handshake, or our Initialization, by its TTL; TCP
 * would be slow to say it again. */
static void retry_active(struct ldp_session *s, msec_t now)
{
	const struct ldp_cause cause = {.text = "another route"};

	if (s->state == LDP_OPENSENT && now - s->tried >= LDP_RETRY_YOUNG_MS)
		ldp_session_event(s, LDP_E_LOST, &cause, now);
	s->retry_ms = 0;
	if (s->connection != LDP_CONNECTED)
		ldp_session_reconnect(s, now);
}

/* To the peer a Hello says that it may try again. */
static void retry_passive(struct ldp_session *s, msec_t now)
{
	struct ldp_adjacency *a;

	if (s->connection != LDP_CLOSED || now - s->tried < LDP_RETRY_YOUNG_MS)
		return;
	s->tried = now;
	frr_each (ldp_session_adjs, &s->adjacencies, a)
		ldp_hello_send(a->i);
}

void ldp_session_retry(struct ldp_session *s, msec_t now)
{
	struct ldp_engine *e = s->e;

	if (s->dead || e->stopped || ldp_operational(s) || !ldp_session_adjs_first(&s->adjacencies))
		return;
	ldp_enter(e);
	if (s->active)
		retry_active(s, now);
	else
		retry_passive(s, now);
	ldp_leave(e, now);
}

void ldp_session_connected(struct ldp_session *s, msec_t now)
{
	struct ldp_engine *e = s->e;

	if (s->dead || s->connection != LDP_CONNECTING)
		return;
	ldp_enter(e);
	begin(s, now);
	ldp_session_event(s, LDP_E_CONNECTED, NULL, now);
	ldp_session_event(s, LDP_E_ACTIVE, NULL, now);
	ldp_leave(e, now);
}

/* The active side speaks first.  If it does not, but connects again, it has lost the first
 * connection. */
static bool silent(const struct ldp_session *s)
{
	return s->state == LDP_INITIALIZED && !s->in_len;
}

/* The old TCP connection of a peer that has restarted may look alive for as long as the KeepAlive
 * time.  Octets on it make the peer's TCP answer, with an acknowledgement or a reset. */
bool ldp_session_suspect(struct ldp_session *s, const char *why, msec_t now)
{
	if (!ldp_operational(s))
		return true;
	if (now < s->trusted_until)
		return false;
	s->trusted_until = now + LDP_SUSPECT_S * MSEC_PER_S;
	put_keepalive(s, now);
	ldp_session_record(s, why);
	if (s->e->ops->suspect)
		s->e->ops->suspect(s->e->ctx, s);
	return true;
}

bool ldp_session_contested(struct ldp_engine *e, const struct addr *peer)
{
	struct ldp_session *s;

	frr_each (ldp_sessions, &e->sessions, s)
		if (!s->active && s->connection != LDP_CLOSED && addr_cmp(&s->transport, peer) == 0)
			return true;
	return false;
}

/* The new connection proves nothing: it may be forged, and must not end a session that works. */
static void contest(struct ldp_engine *e, const struct addr *peer, msec_t now)
{
	struct ldp_session *s;

	ldp_enter(e);
	frr_each (ldp_sessions, &e->sessions, s)
		if (!s->active && addr_cmp(&s->transport, peer) == 0)
			ldp_session_suspect(s, "peer connects again", now);
	ldp_leave(e, now);
}

struct ldp_session *ldp_session_accept(struct ldp_engine *e, const struct addr *peer, msec_t now)
{
	const struct ldp_cause superseded = {.text = "connected again"};
	struct ldp_session *s;

	frr_each (ldp_sessions, &e->sessions, s)
		if (!s->active && addr_cmp(&s->transport, peer) == 0 &&
		    (s->connection == LDP_CLOSED || silent(s)))
			break;
	if (!s && ldp_session_contested(e, peer)) {
		contest(e, peer, now);
		return NULL;
	}
	if (!s || e->stopped) { /* M-5036-5.3-1 */
		e->stats.refused_connections++;
		return NULL;
	}
	ldp_enter(e);
	if (s->connection != LDP_CLOSED)
		ldp_session_event(s, LDP_E_LOST, &superseded, now);
	begin(s, now);
	ldp_stream_open(s);
	ldp_session_record(s, "connection accepted");
	ldp_session_event(s, LDP_E_CONNECTED, NULL, now);
	ldp_leave(e, now);
	return s;
}

void ldp_session_closed(struct ldp_session *s, const char *why, msec_t now)
{
	const struct ldp_cause cause = {.text = why};
	struct ldp_engine *e = s->e;

	if (s->dead || s->connection == LDP_CLOSED)
		return;
	s->connection = LDP_CLOSED;
	if (s->ending)
		return;
	ldp_enter(e);
	ldp_session_event(s, LDP_E_LOST, &cause, now);
	ldp_leave(e, now);
}

void ldp_session_clear(struct ldp_session *s, msec_t now)
{
	const struct ldp_cause cause = {.status = LDP_S_SHUTDOWN, .text = "cleared"};
	struct ldp_engine *e = s->e;

	ldp_enter(e);
	if (!s->dead && s->connection != LDP_CLOSED)
		ldp_session_event(s, LDP_E_CLOSE, &cause, now);
	if (!s->dead) {
		s->retry_ms = s->backoff_s = 0;
		if (s->active && !e->stopped)
			timer_start(e->wheel, &s->timer, now, timer_fired);
	}
	ldp_leave(e, now);
}

/* ---------------------------------------------------------------- what the daemon sends */

/* Not to those who have not said that they understand (M-5561-7-1, M-6388-2.1-2). */
static bool may_send(const struct ldp_session *s, const struct ldp_msg *m)
{
	bool multipoint = m->n_fecs && m->fecs[0].kind == LDP_FEC_MULTIPOINT;

	switch (m->type) {
	case LDP_CAPABILITY:
		return s->capabilities & LDP_CAP_DYNAMIC && !(m->capabilities & LDP_CAP_DYNAMIC);
	case LDP_LABEL_MAPPING:
	case LDP_LABEL_REQUEST:
		return !multipoint || s->capabilities & LDP_CAP_P2MP;
	default:
		return true;
	}
}

uint32_t ldp_session_send(struct ldp_session *s, struct ldp_msg *m, msec_t now)
{
	struct ldp_engine *e = s->e;
	uint32_t id;

	if (!ldp_operational(s) || !may_send(s, m))
		return 0;
	ldp_enter(e);
	id = ldp_stream_put(s, m, now);
	ldp_leave(e, now);
	return id;
}

void ldp_session_notify(struct ldp_session *s, uint32_t status, const struct ldp_msg *about,
			msec_t now)
{
	struct ldp_cause cause = {.status = status};
	struct ldp_engine *e = s->e;

	if (about) {
		cause.message_id = about->id;
		cause.message_type = about->type;
	}
	ldp_enter(e);
	if (LDP_S_FATAL(status))
		ldp_session_event(s, LDP_E_FAULT, &cause, now);
	else if (ldp_operational(s))
		ldp_stream_notify(s, &cause, now);
	ldp_leave(e, now);
}

/* ---------------------------------------------------------------- looking at sessions */

void ldp_session_set_data(struct ldp_session *s, void *data)
{
	s->data = data;
}

void *ldp_session_data(const struct ldp_session *s)
{
	return s->data;
}

void ldp_session_info(const struct ldp_session *s, struct ldp_session_info *info)
{
	*info = (struct ldp_session_info){
		.state = s->state,
		.peer = s->peer,
		.transport = s->transport,
		.active = s->active,
		.gtsm = ldp_session_gtsm(s),
		.capabilities = s->capabilities,
		.keepalive_s = s->keepalive_s,
		.max_pdu = s->max_pdu,
		.since = s->since,
		.last_error = s->error,
		.backoff_s = ldp_operational(s) ? 0 : s->backoff_s,
		.n_adjacencies = ldp_session_adjs_count(&s->adjacencies),
		.n_addresses = ldp_address_set_count(&s->addresses),
	};
	memcpy(info->rx, s->rx, sizeof(info->rx));
	memcpy(info->tx, s->tx, sizeof(info->tx));
}

void ldp_session_paths(const struct ldp_session *s, void (*fn)(void *arg, const struct ldp_path *p),
		       void *arg)
{
	const struct ldp_adjacency *a;

	frr_each (ldp_session_adjs_const, &s->adjacencies, a) {
		const struct ldp_path p = {
			.ifindex = a->i->ifindex, .interface = a->i->name, .next_hop = a->source};

		fn(arg, &p);
	}
}
