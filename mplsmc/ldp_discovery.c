// SPDX-License-Identifier: GPL-2.0-or-later
/* Basic discovery: link Hellos and the adjacencies they keep (RFC 5036 2.4.1, 2.5.5, 3.5.2). */
#include "mplsmc/ldp_engine_p.h"

#include <stdio.h>

DEFINE_MTYPE_STATIC(LDP, LDP_INTERFACE, "LDP interface");
DEFINE_MTYPE_STATIC(LDP, LDP_ADJACENCY, "LDP Hello adjacency");

#define HOLD_FOREVER 0xffff
#define HOLD_DEFAULT 15
#define OVERTAKEN_MS 500 /* nobody is down and up again in less */
#define HELLO_MAX_S  60	 /* between Hellos if nobody's hold time asks for more */

/* ---------------------------------------------------------------- interfaces */

static uint16_t hold_of(uint16_t proposal)
{
	return proposal ? proposal : HOLD_DEFAULT;
}

/* At most a third of the hold time (M-5036-3.5.2-1): of our own and of what was agreed. */
static msec_t hello_interval(const struct ldp_interface *i)
{
	uint16_t hold_s = hold_of(i->e->p.hello_hold_s);
	const struct ldp_adjacency *a;

	frr_each (ldp_interface_adjs_const, &i->adjacencies, a)
		if (a->hold_s < hold_s)
			hold_s = a->hold_s;
	return hold_s < 3 * HELLO_MAX_S ? (msec_t)hold_s * MSEC_PER_S / 3
					: HELLO_MAX_S * MSEC_PER_S;
}

void ldp_hello_send(struct ldp_interface *i)
{
	struct ldp_engine *e = i->e;
	struct ldp_msg m = {.type = LDP_HELLO, .id = ++e->hello_id};
	uint8_t buf[128];
	size_t len;

	m.hello.hold_s = e->p.hello_hold_s;
	m.hello.gtsm = e->p.gtsm;
	m.hello.sequence = e->sequence;
	m.hello.has_sequence = e->sequence;
	m.hello.transport = e->p.transport; /* the same in all of them (M-5036-2.5.2-1) */
	len = ldp_pdu_encode(&e->p.id, &m, buf, sizeof(buf));
	e->stats.hellos_tx++;
	e->ops->send_hello(e->ctx, i, (struct span){buf, len});
}

static void hello_due(struct timer *t, msec_t now)
{
	struct ldp_interface *i = container_of(t, struct ldp_interface, hello);
	struct ldp_engine *e = i->e;

	ldp_enter(e);
	timer_start(e->wheel, t, now + hello_interval(i), hello_due);
	ldp_hello_send(i);
	ldp_leave(e, now);
}

struct ldp_interface *ldp_interface_find(struct ldp_engine *e, unsigned int ifindex)
{
	struct ldp_interface key = {.ifindex = ifindex};

	return ldp_ifindexes_find(&e->interfaces, &key);
}

struct ldp_interface *ldp_interface_add(struct ldp_engine *e, unsigned int ifindex,
					const char *name, const struct addr *address, msec_t now)
{
	struct ldp_interface *i = ldp_interface_find(e, ifindex);
	bool known = i;

	if (!known) {
		i = XCALLOC(MTYPE_LDP_INTERFACE, sizeof(*i));
		i->e = e;
		i->ifindex = ifindex;
		ldp_interface_adjs_init(&i->adjacencies);
		ldp_ifindexes_add(&e->interfaces, i);
	}
	snprintf(i->name, sizeof(i->name), "%s", name);
	i->address = *address;
	if (!known && !e->stopped)
		hello_due(&i->hello, now);
	return i;
}

void ldp_interface_unlink(struct ldp_interface *i)
{
	struct ldp_adjacency *a;

	while ((a = ldp_interface_adjs_first(&i->adjacencies)))
		ldp_adjacency_unlink(a);
	timer_stop(i->e->wheel, &i->hello);
	ldp_ifindexes_del(&i->e->interfaces, i);
	i->dead = true;
	ldp_dead_interfaces_add_tail(&i->e->dead_interfaces, i);
}

void ldp_interface_free(struct ldp_interface *i)
{
	ldp_interface_adjs_fini(&i->adjacencies);
	XFREE(MTYPE_LDP_INTERFACE, i);
}

unsigned int ldp_interface_index(const struct ldp_interface *i)
{
	return i->ifindex;
}

/* ---------------------------------------------------------------- adjacencies */

void ldp_adjacency_unlink(struct ldp_adjacency *a)
{
	timer_stop(a->i->e->wheel, &a->hold);
	ldp_interface_adjs_del(&a->i->adjacencies, a);
	ldp_session_adjs_del(&a->s->adjacencies, a);
	a->dead = true;
	ldp_dead_adjs_add_tail(&a->i->e->dead_adjs, a);
}

void ldp_adjacency_free(struct ldp_adjacency *a)
{
	XFREE(MTYPE_LDP_ADJACENCY, a);
}

/* With the last adjacency the session goes (M-5036-2.5.5-1). */
static void adjacency_end(struct ldp_adjacency *a, msec_t now)
{
	const struct ldp_cause cause = {.status = LDP_S_HOLD_TIMER};
	struct ldp_session *s = a->s;

	ldp_adjacency_unlink(a);
	if (ldp_session_adjs_first(&s->adjacencies)) {
		s->e->ops->adjacency(s->e->ctx, s);
		return;
	}
	ldp_session_event(s, LDP_E_CLOSE, &cause, now);
	if (!s->dead && !ldp_session_adjs_first(&s->adjacencies))
		ldp_session_unlink(s);
}

void ldp_interface_del(struct ldp_interface *i, msec_t now)
{
	struct ldp_engine *e = i->e;
	struct ldp_adjacency *a;

	ldp_enter(e);
	while (!i->dead && (a = ldp_interface_adjs_first(&i->adjacencies)))
		adjacency_end(a, now);
	if (!i->dead)
		ldp_interface_unlink(i);
	ldp_leave(e, now);
}

static void hold_expired(struct timer *t, msec_t now)
{
	struct ldp_adjacency *a = container_of(t, struct ldp_adjacency, hold);
	struct ldp_engine *e = a->i->e;

	ldp_enter(e);
	ldp_session_record(a->s, "Hello hold timer expired");
	adjacency_end(a, now);
	ldp_leave(e, now);
}

static struct ldp_adjacency *adjacency_find(struct ldp_interface *i, const struct ldp_id *peer)
{
	struct ldp_session *s = ldp_session_by_id(i->e, peer);
	struct ldp_adjacency *a = NULL;

	if (s)
		frr_each (ldp_session_adjs, &s->adjacencies, a)
			if (a->i == i)
				break;
	return a;
}

/* ---------------------------------------------------------------- Hellos */

struct hello {
	struct ldp_interface *i;
	struct ldp_id id;
	struct addr source, transport;
	struct ldp_msg m;
};

/* Malformed ones are dropped in silence (M-5036-3.5.1-2). */
static bool hello_decode(struct ldp_engine *e, struct span data, struct hello *h)
{
	struct ldp_fault fault;
	uint32_t status;
	size_t length;
	struct rd r;

	if (data.len < LDP_PDU_HEADER || !ldp_pdu_header(data, 0, &h->id, &length, &status) ||
	    length > data.len)
		return false;
	r = rd_init(data.p + LDP_PDU_HEADER, length - LDP_PDU_HEADER);
	return ldp_msg_decode(e->decoder, &r, &h->m, &fault) == LDP_DECODE_OK &&
	       h->m.type == LDP_HELLO;
}

/* Whether a session can come of it: over IPv4, with somebody else. */
static bool hello_usable(const struct ldp_engine *e, struct hello *h)
{
	h->transport = addr_is_any(&h->m.hello.transport) ? h->source : h->m.hello.transport;
	return addr_is_v4(&h->source) && !addr_is_any(&h->source) &&
	       !addr_is_multicast(&h->source) && addr_is_v4(&h->transport) &&
	       addr_cmp(&h->transport, &e->p.transport) != 0 && h->id.lsr_id != e->p.id.lsr_id;
}

/* The session of a Hello; NULL: it names another transport address than the others
 * (M-5036-2.5.2-1). */
static struct ldp_session *hello_session(const struct hello *h, const struct ldp_adjacency *a,
					 msec_t now)
{
	struct ldp_engine *e = h->i->e;
	struct ldp_session *s = ldp_session_by_id(e, &h->id);
	struct ldp_adjacency *first;

	if (!s)
		return ldp_session_new(e, &h->id, &h->transport, now);
	if (addr_cmp(&s->transport, &h->transport) == 0)
		return s;
	first = ldp_session_adjs_first(&s->adjacencies);
	if (s->connection != LDP_CLOSED || first != a ||
	    ldp_session_adjs_next(&s->adjacencies, first))
		return NULL;
	s->transport = h->transport; /* a peer that has restarted with another one */
	s->active = addr_cmp(&e->p.transport, &h->transport) > 0;
	timer_stop(e->wheel, &s->timer);
	return s;
}

static struct ldp_adjacency *adjacency_new(const struct hello *h, struct ldp_session *s)
{
	struct ldp_adjacency *a = XCALLOC(MTYPE_LDP_ADJACENCY, sizeof(*a));

	a->i = h->i;
	a->s = s;
	ldp_interface_adjs_add_tail(&h->i->adjacencies, a);
	ldp_session_adjs_add_tail(&s->adjacencies, a);
	return a;
}

/* Both proposals make the hold time; an interval that is too long now is cut. */
static void adjacency_heard(struct ldp_adjacency *a, const struct hello *h, msec_t now)
{
	struct ldp_engine *e = h->i->e;
	uint16_t ours = hold_of(e->p.hello_hold_s), theirs = hold_of(h->m.hello.hold_s);
	msec_t interval;

	a->gtsm = h->m.hello.gtsm;
	a->source = h->source;
	a->sequence = h->m.hello.sequence;
	a->hold_s = ours < theirs ? ours : theirs;
	if (a->hold_s == HOLD_FOREVER)
		timer_stop(e->wheel, &a->hold);
	else
		timer_start(e->wheel, &a->hold, now + (msec_t)a->hold_s * MSEC_PER_S, hold_expired);
	interval = hello_interval(h->i);
	if (timer_left(e->wheel, &h->i->hello) > interval)
		timer_start(e->wheel, &h->i->hello, now + interval, hello_due);
}

/*
 * Message IDs grow (RFC 5036 3.5 wants them unique); who counts from the start again has
 * restarted.  Some leave them 0.  A Hello that was overtaken by another is no news.
 */
static bool counts_anew(struct ldp_adjacency *a, uint32_t id, msec_t now)
{
	bool less = a->hello_id && id && (int32_t)(id - a->hello_id) < 0;

	if (less && now - a->counted < OVERTAKEN_MS)
		return false;
	a->hello_id = id;
	a->counted = now;
	return less;
}

/* A sign that the peer's end of the session may be gone.  False: it cannot be asked now. */
static bool suspect(struct ldp_session *s, bool restarted, msec_t now)
{
	return s->dead ||
	       ldp_session_suspect(s,
				   restarted ? "peer counts its Hellos anew"
					     : "peer has another Configuration Sequence Number",
				   now);
}

static void hello_take(const struct hello *h, msec_t now)
{
	struct ldp_engine *e = h->i->e;
	struct ldp_adjacency *a = adjacency_find(h->i, &h->id);
	bool known = a, changed = !a || addr_cmp(&a->source, &h->source) != 0;
	bool reconfigured = a && a->sequence != h->m.hello.sequence;
	uint32_t was_id = a ? a->hello_id : 0, was_sequence = a ? a->sequence : 0;
	bool restarted = a && counts_anew(a, h->m.id, now), asked, answer;
	struct ldp_session *s = hello_session(h, a, now);

	if (!s || (!a && ldp_interface_adjs_count(&h->i->adjacencies) >= LDP_MAX_ADJACENCIES)) {
		e->stats.hellos_bad++;
		if (s && !ldp_session_adjs_first(&s->adjacencies))
			ldp_session_unlink(s);
		return;
	}
	if (!a) {
		a = adjacency_new(h, s);
		counts_anew(a, h->m.id, now);
	}
	adjacency_heard(a, h, now);
	asked = !(restarted || reconfigured) || suspect(s, restarted, now);
	if (!asked) { /* the next Hello is to say it again */
		a->hello_id = was_id;
		a->sequence = was_sequence;
	}
	/* Both may have restarted: answers to answers end here. */
	answer = restarted && asked && now >= h->i->next_answer;
	if (answer)
		h->i->next_answer = now + MSEC_PER_S;
	/* Our next Hello may be far away, and without one the peer refuses us (M-5036-2.5.3-1). */
	if (!known || answer)
		ldp_hello_send(h->i);
	if (changed && !s->dead)
		e->ops->adjacency(e->ctx, s);
	if (s->dead || s->connection == LDP_CONNECTED || !s->active)
		return;
	/* RFC 5036 2.5.3: a peer that was reconfigured need not be waited for */
	if (s->connection == LDP_CLOSED && (reconfigured || !s->timer.running))
		ldp_session_connect(s, now);
	else
		ldp_session_reconnect(s, now);
}

void ldp_hello_input(struct ldp_engine *e, unsigned int ifindex, const struct addr *src,
		     struct span data, msec_t now)
{
	struct hello h = {.i = ldp_interface_find(e, ifindex), .source = *src};

	if (!h.i || e->stopped)
		return;
	e->stats.hellos_rx++;
	if (!hello_decode(e, data, &h)) {
		e->stats.hellos_bad++;
	} else if (h.m.hello.targeted) {
		e->stats.hellos_targeted++;
	} else if (!hello_usable(e, &h)) {
		e->stats.hellos_bad++;
	} else {
		ldp_enter(e);
		hello_take(&h, now);
		ldp_leave(e, now);
	}
}
