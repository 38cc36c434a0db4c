// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * l2mcd_sender.c - subscribers that send to groups themselves: RFC 4045 4.4, `member-source`.
 *
 * A source is a subscriber's if packets of it are expected on a session interface: the incoming
 * interface of its entry in the kernel's multicast routing table says so (A4045-42), whatever
 * daemon made the entry.  Two ways to spare a subscriber what it has sent itself:
 *
 *   deny     nobody here gets what subscribers send: it is taken out of what each one wants
 *   exclude  the sender stays out of the lists of its group and gets the other sources by
 *            unicast; only its own is taken out of what it wants
 *
 * Only groups that are routed are looked at: protocols on link-local groups go on (R4045-4.4-2).
 */
#include "l2mcd/l2mcd_membership.h"
#include "l2mcd/l2mcd_p.h"

#include "lib/mroute_netlink.h"

DEFINE_MTYPE_STATIC(L2MCD, L2MCD_SENDER, "source with its interface");
DEFINE_MTYPE_STATIC(L2MCD, L2MCD_SENDER_GROUP, "group with sources");

PREDECL_HASH(sender_groups);
PREDECL_DLIST(senders);

/** An entry of the multicast routing table. */
struct sender {
	struct senders_item item;
	struct addr source;
	ifindex_t iif;
	bool seen; /* in the dump at hand */
};

struct sender_group {
	struct sender_groups_item item;
	struct addr group;
	struct senders_head senders; /* in ascending order */
};

DECLARE_DLIST(senders, struct sender, item);

static int group_cmp(const struct sender_group *a, const struct sender_group *b)
{
	return addr_cmp(&a->group, &b->group);
}

static uint32_t group_hash(const struct sender_group *g)
{
	return jhash(g->group.b, sizeof(g->group.b), 44);
}

DECLARE_HASH(sender_groups, struct sender_group, item, group_cmp, group_hash);

static struct sender_groups_head groups;
static struct mroute_netlink *netlink;
static struct event *t_read;
static int last_error;
static bool excludes; /* as applied */

/* ---------------------------------------------------------------- what a subscriber wants */

/* True if the subscriber of the session shall not get what this source sends. */
static bool spared(const struct l2mcd_session *s, const struct sender *e)
{
	return excludes ? e->iif == s->ifindex : l2mcd_lns_by_ifindex(e->iif) != NULL;
}

static struct sender_group *group_find(const struct addr *group)
{
	struct sender_group key = {.group = *group};

	return sender_groups_find(&groups, &key);
}

/* Both lists are sorted. */
static struct gmp_filter without(const struct gmp_filter *f, const struct addr *own, size_t n_own,
				 struct addr *sources)
{
	struct gmp_filter out = {.exclude = f->exclude, .sources = sources};
	size_t i = 0, k = 0;

	while (i < f->n || (f->exclude && k < n_own)) {
		int c = i == f->n ? 1 : k == n_own ? -1 : addr_cmp(&f->sources[i], &own[k]);

		if (c < 0 || (c == 0 && f->exclude))
			sources[out.n++] = f->sources[i];
		else if (f->exclude)
			sources[out.n++] = own[k];
		i += c <= 0;
		k += c >= 0;
	}
	return out;
}

void l2mcd_sender_report(struct l2mcd_session *s, const struct addr *group,
			 const struct gmp_filter *f)
{
	struct sender_group *g = group_find(group);
	struct addr *own, *sources;
	struct gmp_filter rest;
	struct sender *e;
	size_t n_own = 0;

	if (!g || gmp_filter_empty(f)) {
		l2mc_user_report(s->user, group, f, l2mcd_now());
		return;
	}
	own = XCALLOC(MTYPE_TMP, senders_count(&g->senders) * sizeof(*own));
	sources = XCALLOC(MTYPE_TMP, (f->n + senders_count(&g->senders)) * sizeof(*sources));
	frr_each (senders, &g->senders, e)
		if (spared(s, e))
			own[n_own++] = e->source;
	rest = without(f, own, n_own, sources);
	l2mc_user_report(s->user, group, &rest, l2mcd_now());
	XFREE(MTYPE_TMP, own);
	XFREE(MTYPE_TMP, sources);
}

/* ---------------------------------------------------------------- changes */

struct change {
	struct l2mcd_session *s;
	const struct addr *group;
};

static void report_group(void *arg, const struct gmp_group_info *i)
{
	const struct change *c = arg;

	if (addr_cmp(c->group, &i->group) == 0)
		l2mcd_membership_changed(c->s, &i->group, &i->filter);
}

static void change_session(void *arg, struct l2mcd_session *s)
{
	struct change *c = arg;
	struct sender_group *g = group_find(c->group);
	struct sender *e;
	bool sends = false;

	if (!s->user)
		return;
	c->s = s;
	if (g)
		frr_each (senders, &g->senders, e)
			sends |= e->iif == s->ifindex;
	l2mc_user_set_sender(s->user, c->group, excludes && sends, l2mcd_now());
	l2mcd_membership(l2mcd_instance())->walk(s, report_group, c);
}

/* A source of the group came, went, or moved from or to the interface. */
static void changed(const struct addr *group, ifindex_t iif)
{
	struct l2mcd_session *s = l2mcd_lns_by_ifindex(iif);
	struct change c = {.group = group};

	if (!s)
		return;
	if (excludes)
		change_session(&c, s);
	else
		l2mcd_sessions_walk(change_session, &c);
	l2mcd_kick();
}

void l2mcd_sender_session(const struct l2mcd_session *s)
{
	struct sender_group *g;
	struct sender *e;

	frr_each_safe (sender_groups, &groups, g)
		frr_each (senders, &g->senders, e)
			if (e->iif == s->ifindex) {
				changed(&g->group, e->iif);
				break;
			}
}

/* ---------------------------------------------------------------- the kernel's table */

static struct sender *sender_find(struct sender_group *g, const struct addr *source)
{
	struct sender *e;

	frr_each (senders, &g->senders, e)
		if (addr_cmp(&e->source, source) == 0)
			return e;
	return NULL;
}

static struct sender_group *group_get(const struct addr *group)
{
	struct sender_group *g = group_find(group);

	if (g)
		return g;
	g = XCALLOC(MTYPE_L2MCD_SENDER_GROUP, sizeof(*g));
	g->group = *group;
	senders_init(&g->senders);
	sender_groups_add(&groups, g);
	return g;
}

static void sender_add(struct sender_group *g, const struct addr *source, ifindex_t iif)
{
	struct sender *e = XCALLOC(MTYPE_L2MCD_SENDER, sizeof(*e)), *after = NULL, *other;

	e->source = *source;
	e->iif = iif;
	e->seen = true;
	frr_each (senders, &g->senders, other)
		if (addr_cmp(&other->source, source) < 0)
			after = other;
	senders_add_after(&g->senders, after, e);
}

static void sender_del(struct sender_group *g, struct sender *e)
{
	senders_del(&g->senders, e);
	XFREE(MTYPE_L2MCD_SENDER, e);
	if (senders_count(&g->senders))
		return;
	sender_groups_del(&groups, g);
	senders_fini(&g->senders);
	XFREE(MTYPE_L2MCD_SENDER_GROUP, g);
}

static void entry(void *arg, const struct mroute *r)
{
	const struct addr group = r->group;
	struct sender_group *g;
	struct sender *e;
	ifindex_t was = 0;

	if (addr_is_any(&r->source) || addr_is_unrouted_group(&group))
		return;
	g = group_find(&group);
	e = g ? sender_find(g, &r->source) : NULL;
	if (e) {
		was = e->iif;
		e->seen = true;
	}
	if (e && !r->gone && was == (ifindex_t)r->iif)
		return;
	if (e)
		sender_del(g, e);
	if (!r->gone && r->iif)
		sender_add(group_get(&group), &r->source, r->iif);
	if (was)
		changed(&group, was);
	if (!r->gone)
		changed(&group, r->iif);
}

static void read_table(void)
{
	struct sender_group *g;
	struct sender *e;

	frr_each (sender_groups, &groups, g)
		frr_each (senders, &g->senders, e)
			e->seen = false;
	if (!mroute_netlink_dump(netlink, entry, NULL))
		return; /* the next change shows what is missing */
	frr_each_safe (sender_groups, &groups, g) {
		const struct addr group = g->group;
		size_t n = senders_count(&g->senders);

		for (e = senders_first(&g->senders); n--;) {
			struct sender *next = senders_next(&g->senders, e);
			ifindex_t was = e->iif;

			if (!e->seen) {
				sender_del(g, e);
				changed(&group, was);
			}
			e = next;
		}
	}
}

static void readable(struct event *event)
{
	event_add_read(l2mcd_instance()->master, readable, NULL, mroute_netlink_fd(netlink),
		       &t_read);
	if (!mroute_netlink_input(netlink, entry, NULL))
		read_table();
}

/* ---------------------------------------------------------------- start and stop */

static void stop(void)
{
	struct sender_group *g;
	struct sender *e;

	event_cancel(&t_read);
	if (netlink)
		mroute_netlink_close(netlink);
	netlink = NULL;
	while ((g = sender_groups_pop(&groups))) {
		while ((e = senders_pop(&g->senders)))
			XFREE(MTYPE_L2MCD_SENDER, e);
		senders_fini(&g->senders);
		XFREE(MTYPE_L2MCD_SENDER_GROUP, g);
	}
}

static void start(struct l2mcd *d)
{
	int error = 0;

	frr_with_privs (&l2mcd_privs) {
		netlink = mroute_netlink_open(true);
		error = errno;
	}
	if (!netlink) {
		if (error != last_error) /* tried again at each reconciliation */
			zlog_err("cannot read the multicast routing table: %s",
				 safe_strerror(error));
		last_error = error;
		return;
	}
	last_error = 0;
	event_add_read(d->master, readable, NULL, mroute_netlink_fd(netlink), &t_read);
	read_table();
}

static void change_all(void *arg, struct l2mcd_session *s)
{
	struct sender_group *g;

	frr_each (sender_groups, &groups, g) {
		struct change c = {.group = &g->group};

		change_session(&c, s);
	}
}

void l2mcd_sender_reconcile(struct l2mcd *d)
{
	bool want = d->config.present && d->config.provider != L2MCD_PROVIDER_NONE;

	if (!want && netlink)
		stop();
	else if (want && !netlink)
		start(d);
	if (excludes == d->config.multicast.member_source_exclude)
		return;
	excludes = d->config.multicast.member_source_exclude;
	l2mcd_sessions_walk(change_all, NULL);
}

void l2mcd_sender_init(void)
{
	sender_groups_init(&groups);
}

void l2mcd_sender_fini(void)
{
	stop();
	sender_groups_fini(&groups);
}
