// SPDX-License-Identifier: GPL-2.0-or-later
/* The LDP engine: life cycle, tables of interfaces and sessions, memory. */
#include "mplsmc/ldp_engine_p.h"

DEFINE_MGROUP(LDP, "LDP");
DEFINE_MTYPE_STATIC(LDP, LDP_ENGINE, "LDP engine");
DEFINE_MTYPE_STATIC(LDP, LDP_DECODER, "LDP decoder");

int ldp_session_id_cmp(const struct ldp_session *a, const struct ldp_session *b)
{
	return ldp_id_cmp(&a->peer, &b->peer);
}

uint32_t ldp_session_id_hash(const struct ldp_session *s)
{
	return jhash_2words(s->peer.lsr_id, s->peer.space, 0x6c647031);
}

int ldp_interface_cmp(const struct ldp_interface *a, const struct ldp_interface *b)
{
	return a->ifindex < b->ifindex ? -1 : a->ifindex > b->ifindex;
}

uint32_t ldp_interface_hash(const struct ldp_interface *i)
{
	return jhash_1word(i->ifindex, 0x6c647032);
}

/* ---------------------------------------------------------------- life cycle */

void ldp_params_default(struct ldp_params *p)
{
	*p = (struct ldp_params){
		.hello_hold_s = 15,
		.keepalive_s = 180,
		.max_pdu = LDP_DEFAULT_MAX_PDU,
		.init_backoff_s = 15,
		.init_backoff_max_s = 120,
		.capabilities = LDP_CAP_DYNAMIC | LDP_CAP_P2MP | LDP_CAP_MBB |
				LDP_CAP_TYPED_WILDCARD | LDP_CAP_SAC | LDP_CAP_UNRECOGNISED,
		.gtsm = true,
	};
}

struct ldp_engine *ldp_engine_new(const struct ldp_params *p, const struct ldp_ops *ops, void *ctx,
				  struct twheel *wheel)
{
	struct ldp_engine *e = XCALLOC(MTYPE_LDP_ENGINE, sizeof(*e));

	e->p = *p;
	if (e->p.max_pdu <= 255) /* nobody would take it for anything else (M-5036-3.5.3-1) */
		e->p.max_pdu = LDP_DEFAULT_MAX_PDU;
	e->ops = ops;
	e->ctx = ctx;
	e->wheel = wheel;
	e->decoder = XCALLOC(MTYPE_LDP_DECODER, sizeof(*e->decoder));
	ldp_ids_init(&e->by_id);
	ldp_sessions_init(&e->sessions);
	ldp_session_flush_init(&e->flush);
	ldp_ifindexes_init(&e->interfaces);
	ldp_dead_sessions_init(&e->dead_sessions);
	ldp_dead_interfaces_init(&e->dead_interfaces);
	ldp_dead_adjs_init(&e->dead_adjs);
	ldp_address_set_init(&e->addresses);
	return e;
}

static void bury(struct ldp_engine *e)
{
	struct ldp_interface *i;
	struct ldp_adjacency *a;
	struct ldp_session *s;

	while ((a = ldp_dead_adjs_pop(&e->dead_adjs)))
		ldp_adjacency_free(a);
	while ((i = ldp_dead_interfaces_pop(&e->dead_interfaces)))
		ldp_interface_free(i);
	while ((s = ldp_dead_sessions_pop(&e->dead_sessions))) {
		if (e->ops->gone)
			e->ops->gone(e->ctx, s, s->data);
		ldp_session_free(s);
	}
}

void ldp_enter(struct ldp_engine *e)
{
	e->depth++;
}

void ldp_leave(struct ldp_engine *e, msec_t now)
{
	struct ldp_session *s;

	if (e->depth == 1) {
		while ((s = ldp_session_flush_first(&e->flush)))
			ldp_stream_flush(s, now);
		bury(e);
	}
	e->depth--;
}

void ldp_engine_hold(struct ldp_engine *e, bool on, msec_t now)
{
	if (on)
		ldp_enter(e);
	else
		ldp_leave(e, now);
}

void ldp_engine_free(struct ldp_engine *e)
{
	struct ldp_interface *i;
	struct ldp_session *s;

	while ((s = ldp_sessions_first(&e->sessions)))
		ldp_session_unlink(s);
	while ((i = ldp_ifindexes_first(&e->interfaces)))
		ldp_interface_unlink(i);
	bury(e);
	ldp_address_set_fini(&e->addresses);
	ldp_ids_fini(&e->by_id);
	ldp_sessions_fini(&e->sessions);
	ldp_session_flush_fini(&e->flush);
	ldp_ifindexes_fini(&e->interfaces);
	ldp_dead_sessions_fini(&e->dead_sessions);
	ldp_dead_interfaces_fini(&e->dead_interfaces);
	ldp_dead_adjs_fini(&e->dead_adjs);
	XFREE(MTYPE_LDP_DECODER, e->decoder);
	XFREE(MTYPE_LDP_ENGINE, e);
}

void ldp_engine_shutdown(struct ldp_engine *e, msec_t now)
{
	const struct ldp_cause cause = {.status = LDP_S_SHUTDOWN};
	struct ldp_interface *i;
	struct ldp_session *s;

	ldp_enter(e);
	e->stopped = true;
	frr_each (ldp_ifindexes, &e->interfaces, i)
		timer_stop(e->wheel, &i->hello);
	frr_each_safe (ldp_sessions, &e->sessions, s)
		if (s->connection != LDP_CLOSED)
			ldp_session_event(s, LDP_E_CLOSE, &cause, now);
	ldp_leave(e, now);
}

/* ---------------------------------------------------------------- tables */

struct ldp_session *ldp_session_by_id(struct ldp_engine *e, const struct ldp_id *id)
{
	struct ldp_session key = {.peer = *id};

	return ldp_ids_find(&e->by_id, &key);
}

struct ldp_session *ldp_session_first(struct ldp_engine *e)
{
	return ldp_sessions_first(&e->sessions);
}

struct ldp_session *ldp_session_next(struct ldp_engine *e, struct ldp_session *s)
{
	return ldp_sessions_next(&e->sessions, s);
}

void ldp_engine_clear_stats(struct ldp_engine *e)
{
	struct ldp_session *s;

	e->stats = (struct ldp_stats){};
	frr_each (ldp_sessions, &e->sessions, s) {
		memset(s->rx, 0, sizeof(s->rx));
		memset(s->tx, 0, sizeof(s->tx));
	}
}

const struct ldp_stats *ldp_engine_stats(const struct ldp_engine *e)
{
	return &e->stats;
}
