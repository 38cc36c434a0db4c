// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mplsmcd_mroute.c - the kernel's multicast routing table as an input of the mapping: what
 * `trigger topology` and `trigger traffic` wait for (RFC 3353 5.2, 5.3).
 *
 * Setting up one flow, pimd writes its entry five to seven times: an entry is told when it has had
 * some time to settle.  Counters come by reading the table, which is done only while traffic is
 * the trigger.  What was lost because it came too fast is found by reading the table, too.
 */
#include "mplsmc/mplsmcd_p.h"

#include <net/if.h>

#include "lib/mroute_netlink.h"

#define SETTLE_MS 50
#define POLL_MS	  1000

DEFINE_MTYPE_STATIC(MPLSMCD, MPLSMCD_MROUTE, "multicast route");

PREDECL_HASH(entries);
PREDECL_DLIST(unsettled);

struct entry {
	struct entries_item item;
	struct addr source, group;
	uint32_t iif;
	bool leaves; /* has an outgoing interface beyond the incoming one, and beyond Registers */
	uint64_t packets, bytes;
	bool gone, told, seen; /* seen: by the dump going on */
	bool began;	       /* its packets so far are traffic of now; to be told with `since` */
	msec_t since;
	bool waits; /* in unsettled */
	struct unsettled_item waiting;
};

static int entry_cmp(const struct entry *a, const struct entry *b)
{
	int r = addr_cmp(&a->group, &b->group);

	return r ? r : addr_cmp(&a->source, &b->source);
}

static uint32_t entry_hash(const struct entry *e)
{
	return jhash(e->group.b, 16, jhash(e->source.b, 16, 5));
}

DECLARE_HASH(entries, struct entry, item, entry_cmp, entry_hash);
DECLARE_DLIST(unsettled, struct entry, waiting);

static struct mroute_netlink *netlink; /* NULL: nobody wants to know */
static struct entries_head entries;
static struct unsettled_head unsettled;
static struct event *t_read, *t_settled, *t_poll;
static unsigned int domain[2], registers[2]; /* interfaces: mplsmc0 and that of shared trees,
						pimreg and pim6reg */
static int last_error;

/* ---------------------------------------------------------------- telling the mapping */

static void tell(struct mplsmcd *d, struct entry *e)
{
	bool wants = e->leaves && e->iif && (e->iif == domain[0] || e->iif == domain[1]);
	msec_t now = mplsmcd_now();

	if (e->began)
		mc_map_mroute(d->map, &e->source, &e->group, 0, 0, wants, e->since);
	e->began = false;
	e->told = true;
	mc_map_mroute(d->map, &e->source, &e->group, e->packets, e->bytes, wants, now);
}

static void forget(struct mplsmcd *d, struct entry *e)
{
	if (e->told)
		mc_map_mroute(d->map, &e->source, &e->group, UINT64_MAX, 0, false, mplsmcd_now());
	if (e->waits)
		unsettled_del(&unsettled, e);
	entries_del(&entries, e);
	XFREE(MTYPE_MPLSMCD_MROUTE, e);
}

static void read_table(struct mplsmcd *d);

/* Of packets that make pimd write an entry the entry says nothing: its counters are those of the
 * moment.  Who waits for them need not wait for the next poll. */
static void count_new(struct mplsmcd *d)
{
	const struct entry *e;

	if (d->config.policy.trigger != MC_TRIGGER_TRAFFIC)
		return;
	frr_each (unsettled_const, &unsettled, e)
		if (e->began && !e->gone) {
			read_table(d);
			return;
		}
}

static void settled(struct event *event)
{
	struct mplsmcd *d = mplsmcd_instance();
	size_t n = unsettled_count(&unsettled);
	struct entry *e;

	count_new(d); /* what is news to it settles later */
	for (; n; n--) {
		e = unsettled_pop(&unsettled);
		e->waits = false;
		if (e->gone)
			forget(d, e);
		else
			tell(d, e);
	}
	mplsmcd_kick();
}

static void settle(struct mplsmcd *d, struct entry *e)
{
	if (e->waits)
		return;
	e->waits = true;
	unsettled_add_tail(&unsettled, e);
	if (!t_settled) /* not put off by what follows */
		event_add_timer_msec(d->master, settled, NULL, SETTLE_MS, &t_settled);
}

/* ---------------------------------------------------------------- hearing the kernel */

/* mplsmc0 is made anew, with another index: what was said of the old one is void. */
static void look_at_interfaces(struct mplsmcd *d)
{
	unsigned int found[2] = {if_nametoindex(mplsmcd_device(d, false)),
				 if_nametoindex(mplsmcd_device(d, true))};
	struct entry *e;

	registers[0] = if_nametoindex("pimreg");
	registers[1] = if_nametoindex("pim6reg");
	if (memcmp(found, domain, sizeof(domain)) == 0)
		return;
	memcpy(domain, found, sizeof(domain));
	frr_each (entries, &entries, e)
		settle(d, e);
}

static bool leaves(const struct mroute *r)
{
	for (unsigned int i = 0; i < r->n_oif; i++)
		if (r->oif[i] != r->iif && r->oif[i] != registers[0] && r->oif[i] != registers[1])
			return true;
	return false;
}

static struct entry *entry_find(const struct mroute *r)
{
	struct entry key = {.source = r->source, .group = r->group};

	return entries_find(&entries, &key);
}

static struct entry *entry_add(const struct mroute *r)
{
	struct entry *e = XCALLOC(MTYPE_MPLSMCD_MROUTE, sizeof(*e));

	e->source = r->source;
	e->group = r->group;
	e->since = mplsmcd_now();
	entries_add(&entries, e);
	return e;
}

/* True: it is another entry than before; counters do not make one. */
static bool update(struct entry *e, const struct mroute *r)
{
	bool forwards = leaves(r);
	bool differs = e->iif != r->iif || e->leaves != forwards || e->gone != r->gone;

	e->iif = r->iif;
	e->leaves = forwards;
	e->gone = r->gone;
	e->packets = r->packets;
	e->bytes = r->bytes;
	return differs;
}

static void changed(void *arg, const struct mroute *r)
{
	struct mplsmcd *d = arg;
	struct entry *e = entry_find(r);

	d->stats.mroute_changes++;
	if (!e && r->gone)
		return;
	if (!e) {
		e = entry_add(r);
		e->began = true; /* it counts from 0, and we know since when */
	}
	update(e, r);
	settle(d, e);
}

/* Packets that were counted before we looked are traffic if they are not older than the mapping
 * would have waited for the next one. */
static void listed(void *arg, const struct mroute *r)
{
	struct mplsmcd *d = arg;
	struct entry *e = entry_find(r);
	bool is_new = !e;

	if (is_new) {
		e = entry_add(r);
		e->began = r->packets && r->idle_ms < (msec_t)d->config.policy.idle_ms;
	}
	e->seen = true;
	if (update(e, r) || is_new)
		settle(d, e);
	else if (!e->waits)
		tell(d, e);
}

static void poll_later(struct mplsmcd *d);

static void read_table(struct mplsmcd *d)
{
	struct entry *e;

	look_at_interfaces(d);
	frr_each (entries, &entries, e)
		e->seen = false;
	d->stats.mroute_dumps++;
	if (!mroute_netlink_dump(netlink, listed, d)) {
		poll_later(d);
		return;
	}
	frr_each (entries, &entries, e) {
		if (e->seen || e->gone)
			continue;
		e->gone = true;
		settle(d, e);
	}
}

static void poll_table(struct event *event)
{
	struct mplsmcd *d = mplsmcd_instance();

	read_table(d);
	if (d->config.policy.trigger == MC_TRIGGER_TRAFFIC)
		poll_later(d);
	mplsmcd_kick();
}

static void poll_later(struct mplsmcd *d)
{
	if (!t_poll)
		event_add_timer_msec(d->master, poll_table, NULL, POLL_MS, &t_poll);
}

static void readable(struct event *event)
{
	struct mplsmcd *d = mplsmcd_instance();

	event_add_read(d->master, readable, NULL, mroute_netlink_fd(netlink), &t_read);
	look_at_interfaces(d);
	if (mroute_netlink_input(netlink, changed, d))
		return;
	d->stats.mroute_overruns++;
	read_table(d);
}

/* ---------------------------------------------------------------- start and stop */

static void start(struct mplsmcd *d)
{
	int error = 0;

	frr_with_privs (&mplsmcd_privs) {
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
	read_table(d);
}

static void stop(struct mplsmcd *d)
{
	struct entry *e;

	event_cancel(&t_read);
	event_cancel(&t_settled);
	event_cancel(&t_poll);
	frr_each_safe (entries, &entries, e)
		forget(d, e);
	if (netlink)
		mroute_netlink_close(netlink);
	netlink = NULL;
	memset(domain, 0, sizeof(domain));
}

void mplsmcd_mroute_reconcile(struct mplsmcd *d)
{
	enum mc_trigger trigger = d->config.policy.trigger;

	if (!d->config.present || trigger == MC_TRIGGER_REQUEST) {
		stop(d);
		return;
	}
	if (!netlink)
		start(d);
	if (!netlink)
		return;
	look_at_interfaces(d);
	if (trigger == MC_TRIGGER_TRAFFIC)
		poll_later(d);
}

size_t mplsmcd_mroute_count(void)
{
	return entries_count(&entries);
}

void mplsmcd_mroute_init(void)
{
	entries_init(&entries);
	unsettled_init(&unsettled);
}

void mplsmcd_mroute_fini(struct mplsmcd *d)
{
	stop(d);
	entries_fini(&entries);
	unsettled_fini(&unsettled);
}
