// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * l2mcd_membership.c - group state of sessions, and the source `session`: this daemon is the
 * IGMP and MLD querier of each session interface.
 */
#include "l2mcd/l2mcd_membership.h"
#include "l2mcd/l2mcd_p.h"

void l2mcd_membership_changed(struct l2mcd_session *s, const struct addr *group,
			      const struct gmp_filter *f)
{
	char text[ADDR_STRLEN];

	if (!s->user || !l2mcd_config_group_allowed(&l2mcd_instance()->config, group))
		return;
	L2MCD_DEBUG(gmp, "%s: %s %s, %zu sources", s->interface, addr_str(group, text),
		    f->exclude ? "EXCLUDE" : "INCLUDE", f->n);
	l2mcd_sender_report(s, group, f);
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

static void gmp_params(const struct l2mcd *d, const struct l2mcd_session *s,
		       const struct interface *ifp, bool mld, struct gmp_router_params *p)
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
	if (addr_is_any(&p->address)) /* libfrr takes no link-local address of a PPP link */
		p->address = mld ? s->link.local6 : s->link.local;
}

void l2mcd_querier_start(struct l2mcd *d, struct l2mcd_session *s, const struct interface *ifp,
			 enum l2mcd_gmp gmp)
{
	struct gmp_router_params p;

	gmp_params(d, s, ifp, gmp == L2MCD_MLD, &p);
	if (s->gmp[gmp])
		gmp_router_set_params(s->gmp[gmp], &p);
	else
		s->gmp[gmp] = gmp_router_new(&p, &gmp_ops, s, &d->wheel);
}

void l2mcd_querier_stop(struct l2mcd_session *s, enum l2mcd_gmp gmp)
{
	if (s->gmp[gmp])
		gmp_router_free(s->gmp[gmp]);
	s->gmp[gmp] = NULL;
}

void l2mcd_querier_reached(struct l2mcd_session *s, enum l2mcd_gmp gmp)
{
	if (s->gmp[gmp])
		gmp_router_startup(s->gmp[gmp]);
}

void l2mcd_querier_walk(const struct l2mcd_session *s, enum l2mcd_gmp gmp, membership_fn *fn,
			void *arg)
{
	if (s->gmp[gmp])
		gmp_router_walk(s->gmp[gmp], fn, arg);
}

/* ---------------------------------------------------------------- membership source session */

static void source_idle(struct l2mcd *d)
{
}

static const char *source_refuse(struct l2mcd *d, const char *interface)
{
	return NULL; /* the kernel's multicast interfaces do not matter */
}

static void source_start(struct l2mcd *d, struct l2mcd_session *s, const struct interface *ifp)
{
	l2mcd_querier_start(d, s, ifp, L2MCD_IGMP);
	l2mcd_querier_start(d, s, ifp, L2MCD_MLD);
}

static void source_stop(struct l2mcd_session *s)
{
	l2mcd_querier_stop(s, L2MCD_IGMP);
	l2mcd_querier_stop(s, L2MCD_MLD);
}

static void source_reached(struct l2mcd_session *s)
{
	l2mcd_querier_reached(s, L2MCD_IGMP);
	l2mcd_querier_reached(s, L2MCD_MLD);
}

static void source_walk(const struct l2mcd_session *s, membership_fn *fn, void *arg)
{
	l2mcd_querier_walk(s, L2MCD_IGMP, fn, arg);
	l2mcd_querier_walk(s, L2MCD_MLD, fn, arg);
}

const struct membership_source l2mcd_membership_session = {
	.name = "session",
	.enable = source_idle,
	.disable = source_idle,
	.refuse = source_refuse,
	.start = source_start,
	.stop = source_stop,
	.reached = source_reached,
	.walk = source_walk,
};

/* ---------------------------------------------------------------- which one it is */

static const struct membership_source *source = &l2mcd_membership_session;

const struct membership_source *l2mcd_membership(const struct l2mcd *d)
{
	return source;
}

static void forget(void *arg, const struct gmp_group_info *g)
{
	l2mcd_membership_changed(arg, &g->group, &GMP_FILTER_NONE);
}

static void stop_session(void *arg, struct l2mcd_session *s)
{
	if (s->lac || !s->ifindex)
		return;
	source->walk(s, forget, s);
	source->stop(s);
}

/* As if the netdev had just come up. */
static void start_session(void *arg, struct l2mcd_session *s)
{
	const struct interface *ifp = s->lac ? NULL : l2mcd_interface_up(s->interface);

	if (!ifp || !s->ifindex)
		return;
	source->start(arg, s, ifp);
	if (s->reached)
		source->reached(s);
}

static void use(struct l2mcd *d, const struct membership_source *new)
{
	if (source == new)
		return;
	l2mcd_sessions_walk(stop_session, d);
	source->disable(d);
	source = new;
	source->enable(d);
	l2mcd_sessions_walk(start_session, d);
}

void l2mcd_membership_reconcile(struct l2mcd *d)
{
	bool pimd = d->config.present && d->config.provider != L2MCD_PROVIDER_NONE &&
		    d->config.multicast.membership_pimd;

	use(d, pimd ? &l2mcd_membership_pimd : &l2mcd_membership_session);
}

void l2mcd_membership_fini(struct l2mcd *d)
{
	source->disable(d);
	source = &l2mcd_membership_session;
}
