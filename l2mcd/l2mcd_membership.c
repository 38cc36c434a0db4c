// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * l2mcd_membership.c - group state of sessions, and the source `session`: this daemon is the
 * IGMP and MLD querier of each session interface.
 */
#include "l2mcd/l2mcd_membership.h"
#include "l2mcd/l2mcd_p.h"

enum {
	V4,
	V6
};

const struct membership_source *l2mcd_membership(const struct l2mcd *d)
{
	return &l2mcd_membership_session;
}

void l2mcd_membership_changed(struct l2mcd_session *s, const struct addr *group,
			      const struct gmp_filter *f)
{
	char text[ADDR_STRLEN];

	if (!s->user || !l2mcd_config_group_allowed(&l2mcd_instance()->config, group))
		return;
	L2MCD_DEBUG(gmp, "%s: %s %s, %zu sources", s->interface, addr_str(group, text),
		    f->exclude ? "EXCLUDE" : "INCLUDE", f->n);
	l2mc_user_report(s->user, group, f, l2mcd_now());
	l2mcd_kick();
}

/* ---------------------------------------------------------------- querier of a session */

static void gmp_query(void *ctx, struct gmp_router *r, const struct gmp_msg *m)
{
	const struct l2mcd_session *s = ctx;

	L2MCD_DEBUG(gmp, "%s: query sent", s->interface);
	l2mcd_tap_send(s, m);
}

static void gmp_state(void *ctx, struct gmp_router *r, const struct addr *group,
		      const struct gmp_filter *f)
{
	l2mcd_membership_changed(ctx, group, f);
}

static const struct gmp_router_ops gmp_ops = {.query = gmp_query, .state = gmp_state};

static void gmp_params(const struct l2mcd *d, const struct interface *ifp, bool mld,
		       struct gmp_router_params *p)
{
	const struct l2mcd_multicast *m = &d->config.multicast;

	gmp_router_params_default(p, mld);
	p->version = m->version;
	p->robustness = m->robustness;
	p->query_interval_ms = m->query_interval_s * MSEC_PER_S;
	/* The first query may be there before the LAC can carry it to the subscriber. */
	p->startup_interval_ms = MSEC_PER_S;
	if (p->response_interval_ms >= p->query_interval_ms) /* RFC 3376 8.3 */
		p->response_interval_ms = p->query_interval_ms / 2;
	p->last_member_ms = m->last_member_ds * 100;
	p->immediate_leave = m->immediate_leave;
	p->election = false; /* a subscriber is no querier */
	p->maximum_groups = m->maximum_groups;
	p->maximum_joins_per_s = m->maximum_joins;
	p->address = l2mcd_interface_address(ifp, mld);
}

static void querier_start(struct l2mcd *d, struct l2mcd_session *s, const struct interface *ifp)
{
	for (int v = V4; v <= V6; v++) {
		struct gmp_router_params p;

		gmp_params(d, ifp, v == V6, &p);
		if (s->gmp[v])
			gmp_router_set_params(s->gmp[v], &p);
		else
			s->gmp[v] = gmp_router_new(&p, &gmp_ops, s, &d->wheel);
	}
}

static void querier_stop(struct l2mcd_session *s)
{
	for (int v = V4; v <= V6; v++) {
		if (s->gmp[v])
			gmp_router_free(s->gmp[v]);
		s->gmp[v] = NULL;
	}
}

static void querier_reached(struct l2mcd_session *s)
{
	for (int v = V4; v <= V6; v++)
		if (s->gmp[v])
			gmp_router_startup(s->gmp[v]);
}

static void querier_walk(const struct l2mcd_session *s, membership_fn *fn, void *arg)
{
	for (int v = V4; v <= V6; v++)
		if (s->gmp[v])
			gmp_router_walk(s->gmp[v], fn, arg);
}

const struct membership_source l2mcd_membership_session = {
	.name = "session",
	.start = querier_start,
	.stop = querier_stop,
	.reached = querier_reached,
	.walk = querier_walk,
};
