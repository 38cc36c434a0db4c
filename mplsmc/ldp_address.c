// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Addresses of both ends: which peer a next hop belongs to (RFC 5036 2.7, 3.5.5, 3.5.6).
 *
 * We tell IPv4 addresses only: IPv6 ones are for dual-stack peers, which we are not (RFC 7552 7).
 */
#include "mplsmc/ldp_engine_p.h"

DEFINE_MTYPE_STATIC(LDP, LDP_ADDRESS, "LDP address");

#define PER_MESSAGE 50 /* fits into the smallest maximum PDU length there is, 256 */

int ldp_address_cmp(const struct ldp_address *a, const struct ldp_address *b)
{
	return addr_cmp(&a->a, &b->a);
}

uint32_t ldp_address_hash(const struct ldp_address *a)
{
	return jhash(a->a.b, sizeof(a->a.b), 0x6c647033);
}

/* ---------------------------------------------------------------- sets */

void ldp_address_set_init(struct ldp_address_set *set)
{
	ldp_addresses_init(&set->table);
	ldp_address_order_init(&set->order);
}

static bool set_add(struct ldp_address_set *set, const struct addr *a)
{
	struct ldp_address *entry = XCALLOC(MTYPE_LDP_ADDRESS, sizeof(*entry));

	entry->a = *a;
	if (ldp_addresses_add(&set->table, entry)) { /* it is there already */
		XFREE(MTYPE_LDP_ADDRESS, entry);
		return false;
	}
	ldp_address_order_add_tail(&set->order, entry);
	return true;
}

static bool set_del(struct ldp_address_set *set, const struct addr *a)
{
	struct ldp_address key = {.a = *a}, *entry = ldp_addresses_find(&set->table, &key);

	if (!entry)
		return false;
	ldp_addresses_del(&set->table, entry);
	ldp_address_order_del(&set->order, entry);
	XFREE(MTYPE_LDP_ADDRESS, entry);
	return true;
}

void ldp_address_set_clear(struct ldp_address_set *set)
{
	struct ldp_address *entry;

	while ((entry = ldp_address_order_pop(&set->order))) {
		ldp_addresses_del(&set->table, entry);
		XFREE(MTYPE_LDP_ADDRESS, entry);
	}
}

void ldp_address_set_fini(struct ldp_address_set *set)
{
	ldp_address_set_clear(set);
	ldp_addresses_fini(&set->table);
	ldp_address_order_fini(&set->order);
}

size_t ldp_address_set_count(const struct ldp_address_set *set)
{
	return ldp_addresses_count(&set->table);
}

/* ---------------------------------------------------------------- ours */

static void send_some(struct ldp_session *s, enum ldp_msg_type type, const struct addr *a, size_t n,
		      msec_t now)
{
	struct ldp_msg m = {.type = type, .n_addresses = n, .addresses = a};

	ldp_stream_put(s, &m, now);
}

void ldp_addresses_send(struct ldp_session *s, msec_t now)
{
	struct addr some[PER_MESSAGE];
	struct ldp_address *entry;
	size_t n = 0;

	if (s->told_addresses || !(s->capabilities & LDP_CAP_P2MP))
		return;
	s->told_addresses = true;
	frr_each (ldp_address_order, &s->e->addresses.order, entry) {
		some[n++] = entry->a;
		if (n == PER_MESSAGE) {
			send_some(s, LDP_ADDRESS, some, n, now);
			n = 0;
		}
	}
	if (n)
		send_some(s, LDP_ADDRESS, some, n, now);
}

static void tell_all(struct ldp_engine *e, enum ldp_msg_type type, const struct addr *a, msec_t now)
{
	struct ldp_session *s;

	ldp_enter(e);
	frr_each (ldp_sessions, &e->sessions, s)
		if (ldp_operational(s) && s->told_addresses)
			send_some(s, type, a, 1, now);
	ldp_leave(e, now);
}

void ldp_address_add(struct ldp_engine *e, const struct addr *a, msec_t now)
{
	if (addr_is_v4(a) && !addr_is_any(a) && set_add(&e->addresses, a))
		tell_all(e, LDP_ADDRESS, a, now);
}

void ldp_address_del(struct ldp_engine *e, const struct addr *a, msec_t now)
{
	if (set_del(&e->addresses, a))
		tell_all(e, LDP_ADDRESS_WITHDRAW, a, now);
}

/* ---------------------------------------------------------------- the peer's */

bool ldp_addresses_learn(struct ldp_session *s, const struct ldp_msg *m)
{
	bool news = false;

	for (size_t i = 0; i < m->n_addresses; i++) {
		const struct addr *a = &m->addresses[i];

		if (m->type == LDP_ADDRESS_WITHDRAW)
			news |= set_del(&s->addresses, a);
		else if (ldp_address_set_count(&s->addresses) < LDP_MAX_PEER_ADDRESSES)
			news |= set_add(&s->addresses, a);
	}
	return news;
}

bool ldp_session_has_address(const struct ldp_session *s, const struct addr *a)
{
	struct ldp_address key = {.a = *a};

	return ldp_addresses_const_find(&s->addresses.table, &key) != NULL;
}
