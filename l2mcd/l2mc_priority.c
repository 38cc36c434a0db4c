// SPDX-License-Identifier: GPL-2.0-or-later
/* See l2mc_priority.h. */
#include "l2mcd/l2mc_priority.h"

#include "l2mcd/l2mc_lac.h"

DEFINE_MTYPE_STATIC(L2MC, L2MC_INDIVIDUAL_PRIORITY, "individual priority");

struct individual {
	struct l2mc_individuals_item item;
	uint16_t session_id;
	struct l2mc_received received;
};

static int individual_cmp(const struct individual *a, const struct individual *b)
{
	return (int)a->session_id - (int)b->session_id;
}

static uint32_t individual_hash(const struct individual *i)
{
	return jhash_1word(i->session_id, 84);
}

DECLARE_HASH(l2mc_individuals, struct individual, item, individual_cmp, individual_hash);

static struct individual *find(const struct l2mc_individuals *i, uint16_t session_id)
{
	struct individual key = {.session_id = session_id};

	return l2mc_individuals_find((struct l2mc_individuals_head *)&i->head, &key);
}

void l2mc_individuals_start(struct l2mc_individuals *i)
{
	l2mc_individuals_init(&i->head);
}

void l2mc_individuals_stop(struct l2mc_individuals *i)
{
	struct individual *one;

	while ((one = l2mc_individuals_pop(&i->head)))
		XFREE(MTYPE_L2MC_INDIVIDUAL_PRIORITY, one);
	l2mc_individuals_fini(&i->head);
}

void l2mc_individuals_set(struct l2mc_individuals *i, uint16_t session_id, struct l2mc_received r)
{
	struct individual *one = find(i, session_id);

	if (!one) {
		one = XCALLOC(MTYPE_L2MC_INDIVIDUAL_PRIORITY, sizeof(*one));
		one->session_id = session_id;
		l2mc_individuals_add(&i->head, one);
	}
	one->received = r;
}

void l2mc_individuals_forget(struct l2mc_individuals *i, uint16_t session_id)
{
	struct individual *one = find(i, session_id);

	if (!one)
		return;
	l2mc_individuals_del(&i->head, one);
	XFREE(MTYPE_L2MC_INDIVIDUAL_PRIORITY, one);
}

struct l2mc_received l2mc_individuals_get(const struct l2mc_individuals *i, uint16_t session_id)
{
	const struct individual *one = find(i, session_id);

	return one ? one->received : (struct l2mc_received){};
}

uint8_t l2mc_priority_effective(enum l2mc_precedence precedence, struct l2mc_received global,
				struct l2mc_received individual)
{
	switch (precedence) {
	case L2MC_INDIVIDUAL:
		return individual.order ? individual.value : global.value;
	case L2MC_GLOBAL:
		return global.order ? global.value : individual.value;
	case L2MC_LAST_RECEIVED:
		return individual.order > global.order ? individual.value : global.value;
	case L2MC_PRIORITY_IGNORED:
		break;
	}
	return L2MC_BEST_EFFORT; /* as if none had been received (R4045-6.3-1) */
}

const char *l2mc_priority_name(uint8_t priority)
{
	static const char *const names[] = {"best-effort", "unicast", "multicast"};

	return priority < array_size(names) ? names[priority] : "unknown";
}

const char *l2mc_precedence_name(enum l2mc_precedence precedence)
{
	static const char *const names[] = {"individual", "global", "last-received", "none"};

	return (unsigned int)precedence < array_size(names) ? names[precedence] : "unknown";
}
