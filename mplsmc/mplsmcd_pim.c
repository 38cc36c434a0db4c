// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mplsmcd_pim.c - the interfaces to pimd and the virtual PIM neighbour on each.
 *
 * mplsmc0 is for all trees.  If there is one for shared trees (of IPv4), too, pimd's RPF check can
 * tell the copy of a shared tree from that of a source tree, and a router may receive sources from
 * the domain and send them into it on a shared tree.
 *
 * What leaves an interface labelled is taken by the forwarding agent on its way out; what reaches
 * the file descriptor is PIM, or was not taken and is counted.
 */
#include "mplsmc/mplsmcd_p.h"

#include "lib/tun.h"

#define READ_BUDGET 256 /* packets per wake-up */

struct upstream {
	int fd, last_error;
	char device[IFNAMSIZ];
	struct addr address;
	uint8_t prefixlen;
	struct pim_vif **vif, **vif6; /* where the daemon has them; vif6 NULL: IPv4 only */
	struct event *t_read;
};

enum {
	ALL,
	SHARED
};
static struct upstream upstreams[2] = {{.fd = -1}, {.fd = -1}};

/* ---------------------------------------------------------------- what is configured */

static const char *configured_device(const struct mplsmcd_config *c, int which)
{
	return which == SHARED ? c->shared_interface : c->upstream_interface;
}

static struct addr configured_address(const struct mplsmcd_config *c, int which)
{
	return which == SHARED ? c->shared_address : c->upstream_address;
}

/* pim6d's address there, fe80::1; one scheme serves both families. */
static const struct addr pimd6 = {.b = {0xfe, 0x80, [15] = 1}};
#define PIMD6_LEN 64

static struct addr neighbour_of(struct addr pimd)
{
	pimd.b[15]++; /* the neighbour is the address after pimd's */
	return pimd;
}

bool mplsmcd_pim_is_neighbour(const struct addr *a)
{
	const struct mplsmcd_config *c = &mplsmcd_instance()->config;

	for (int i = ALL; i <= SHARED; i++) {
		struct addr ours = neighbour_of(configured_address(c, i));

		if (configured_device(c, i)[0] && addr_cmp(a, &ours) == 0)
			return true;
	}
	return false;
}

bool mplsmcd_pim_is_device(const char *ifname)
{
	const struct mplsmcd_config *c = &mplsmcd_instance()->config;

	for (int i = ALL; i <= SHARED; i++)
		if (configured_device(c, i)[0] && strcmp(ifname, configured_device(c, i)) == 0)
			return true;
	return false;
}

/* ---------------------------------------------------------------- virtual PIM neighbours */

static void cb_send(void *ctx, struct span packet)
{
	struct upstream *u = ctx;

	if (u->fd >= 0 && write(u->fd, packet.p, packet.len) < 0)
		MPLSMCD_DEBUG(mapping, "%s: %s", u->device, safe_strerror(errno));
}

static struct pim_vif *vif_of(const struct upstream *u, const struct addr *group)
{
	struct pim_vif *const *v = addr_is_v4(group) ? u->vif : u->vif6;

	return v ? *v : NULL;
}

/* pimd moves a tree from one interface to the other: joined here, then pruned there. */
static bool wanted_elsewhere(const struct upstream *u, const struct addr *source,
			     const struct addr *group)
{
	const struct pim_vif *other =
		vif_of(&upstreams[u == &upstreams[ALL] ? SHARED : ALL], group);

	return other && pim_vif_wants(other, source, group);
}

static void cb_downstream(void *ctx, const struct addr *source, const struct addr *group,
			  bool wanted)
{
	struct mplsmcd *d = mplsmcd_instance();
	struct upstream *u = ctx;
	char s[ADDR_STRLEN], g[ADDR_STRLEN];

	MPLSMCD_DEBUG(mapping, "pimd on %s %s (%s, %s)", u->device,
		      wanted ? "wants" : "no longer wants", addr_str(source, s),
		      addr_str(group, g));
	if (!wanted && wanted_elsewhere(u, source, group))
		return;
	if (addr_is_any(source)) {
		struct addr rp = pim_vif_rp(vif_of(u, group), group);

		mc_map_shared_tree(d->map, group, &rp, wanted, mplsmcd_now());
	} else {
		mc_map_tree(d->map, source, group, wanted, mplsmcd_now());
	}
	mplsmcd_kick();
}

static void cb_pruned(void *ctx, const struct addr *source, const struct addr *group, bool pruned)
{
	char s[ADDR_STRLEN], g[ADDR_STRLEN];

	MPLSMCD_DEBUG(mapping, "pimd %s (%s, %s, rpt)", pruned ? "prunes" : "no longer prunes",
		      addr_str(source, s), addr_str(group, g));
	mc_map_rpt_prune(mplsmcd_instance()->map, source, group, pruned, mplsmcd_now());
}

static void cb_neighbour(void *ctx, bool up, bool restarted)
{
	struct upstream *u = ctx;

	zlog_info("pimd on %s is %s", u->device, restarted ? "there again" : up ? "there" : "gone");
}

static const struct pim_vif_ops pim_ops = {
	.send = cb_send,
	.downstream = cb_downstream,
	.pruned = cb_pruned,
	.neighbour = cb_neighbour,
};

/* Which interface a tree was joined on may have been configured otherwise: a prune is for both. */
void mplsmcd_pim_join(struct mplsmcd *d, const struct addr *source, const struct addr *group,
		      const struct addr *rp, bool joined)
{
	struct pim_vif *shared = addr_is_any(source) ? vif_of(&upstreams[SHARED], group) : NULL;
	struct pim_vif *all = vif_of(&upstreams[ALL], group);

	if (all && (!joined || !shared))
		pim_vif_join(all, source, group, rp, joined, mplsmcd_now());
	if (shared)
		pim_vif_join(shared, source, group, rp, joined, mplsmcd_now());
}

static void upstream_packet(struct upstream *u, struct span s)
{
	bool v4 = s.len >= 20 && s.p[0] >> 4 == 4, v6 = s.len >= 40 && s.p[0] >> 4 == 6;
	uint8_t protocol = v4 ? s.p[9] : v6 ? s.p[6] : 0;
	struct mplsmcd *d = mplsmcd_instance();

	d->stats.upstream_rx++;
	if (v4 && protocol == IPPROTO_PIM)
		pim_vif_input(*u->vif, s, mplsmcd_now());
	else if (v6 && protocol == IPPROTO_PIM && u->vif6 && *u->vif6)
		pim_vif_input(*u->vif6, s, mplsmcd_now());
	else if (v4 && (s.p[16] & 0xf0) == 0xe0 && protocol != IPPROTO_IGMP)
		d->stats.upstream_unforwarded++;
	else if (v6 && s.p[24] == 0xff && (s.p[25] & 0xf) > 2) /* MLD and PIM are link-local */
		d->stats.upstream_unforwarded++;
}

static void upstream_read(struct event *event)
{
	struct mplsmcd *d = mplsmcd_instance();
	struct upstream *u = EVENT_ARG(event);
	static uint8_t buf[65536];

	event_add_read(d->master, upstream_read, u, u->fd, &u->t_read);
	for (int i = 0; i < READ_BUDGET; i++) {
		ssize_t n = read(u->fd, buf, sizeof(buf));

		if (n <= 0)
			break;
		upstream_packet(u, (struct span){buf, n});
	}
	mplsmcd_kick();
}

/* ---------------------------------------------------------------- devices */

static struct pim_vif *open_pim(struct upstream *u, const struct addr *pimd)
{
	struct mplsmcd *d = mplsmcd_instance();
	struct pim_vif_params p;
	struct pim_vif *v;

	pim_vif_params_default(&p);
	p.address = neighbour_of(*pimd);
	p.neighbour = *pimd;
	v = pim_vif_new(&p, &pim_ops, u, &d->wheel);
	pim_vif_start(v, mplsmcd_now());
	return v;
}

static void close_pim(struct pim_vif **v)
{
	if (v && *v)
		pim_vif_free(*v, true);
	if (v)
		*v = NULL;
}

static void close_device(struct upstream *u)
{
	event_cancel(&u->t_read);
	close_pim(u->vif);
	close_pim(u->vif6);
	if (u->fd < 0)
		return;
	frr_with_privs (&mplsmcd_privs) {
		tun_close(u->fd, true);
	}
	u->fd = -1;
}

static void open_device(struct mplsmcd *d, int which)
{
	const struct mplsmcd_config *c = &d->config;
	struct upstream *u = &upstreams[which];
	const char *name = configured_device(c, which);
	bool v6 = false;
	int error = 0;

	u->address = configured_address(c, which);
	u->prefixlen = which == SHARED ? c->shared_prefixlen : c->upstream_prefixlen;
	/* pimd sends its Joins to a neighbour on a new interface at once; one that restarted on the
	 * old interface hears them up to 60 s later (RFC 7761 4.3.1 wants it otherwise) */
	frr_with_privs (&mplsmcd_privs) {
		tun_remove(name);
		u->fd = tun_open(name, &u->address, u->prefixlen, false);
		error = errno;
		v6 = u->fd >= 0 && u->vif6 && tun_set_address(name, &pimd6, PIMD6_LEN);
	}
	if (u->fd < 0) {
		if (error != u->last_error) /* tried again at each reconciliation */
			zlog_err("cannot make %s from /dev/net/tun: %s", name,
				 safe_strerror(error));
		u->last_error = error;
		return;
	}
	u->last_error = 0;
	strlcpy(u->device, name, sizeof(u->device));
	*u->vif = open_pim(u, &u->address);
	if (v6) /* else IPv6 is disabled there */
		*u->vif6 = open_pim(u, &pimd6);
	event_add_read(d->master, upstream_read, u, u->fd, &u->t_read);
}

static void restore_addresses(const struct upstream *u, const struct interface *ifp)
{
	struct connected *c; /* not const: typesafe lists of FRR 10 */
	bool v4 = false, v6 = !u->vif6 || !*u->vif6;

	frr_each_ifaddr (ifp, c) {
		v4 |= c->address->family == AF_INET;
		v6 |= c->address->family == AF_INET6;
	}
	frr_with_privs (&mplsmcd_privs) {
		if (!v4)
			tun_set_address(u->device, &u->address, u->prefixlen);
		if (!v6)
			tun_set_address(u->device, &pimd6, PIMD6_LEN);
	}
}

void mplsmcd_pim_interface(const struct interface *ifp)
{
	for (int i = ALL; i <= SHARED; i++)
		if (upstreams[i].fd >= 0 && strcmp(ifp->name, upstreams[i].device) == 0)
			restore_addresses(&upstreams[i], ifp);
}

/* What pimd wanted there it may never want again. */
static void forget_tree(void *arg, const struct addr *source, const struct addr *group,
			msec_t since)
{
	struct mplsmcd *d = mplsmcd_instance();

	if (!wanted_elsewhere(arg, source, group))
		mc_map_tree(d->map, source, group, false, mplsmcd_now());
}

void mplsmcd_pim_close_changed(struct mplsmcd *d)
{
	const struct mplsmcd_config *c = &d->config;

	for (int i = ALL; i <= SHARED; i++) {
		struct upstream *u = &upstreams[i];
		struct addr address = configured_address(c, i);

		if (u->fd < 0 || (c->present && strcmp(u->device, configured_device(c, i)) == 0 &&
				  addr_cmp(&u->address, &address) == 0))
			continue;
		if (c->present && i == SHARED && *u->vif)
			pim_vif_downstream(*u->vif, forget_tree, u);
		close_device(u);
	}
}

void mplsmcd_pim_open(struct mplsmcd *d)
{
	for (int i = ALL; i <= SHARED; i++)
		if (d->config.present && upstreams[i].fd < 0 && configured_device(&d->config, i)[0])
			open_device(d, i);
}

void mplsmcd_pim_init(struct mplsmcd *d)
{
	upstreams[ALL].vif = &d->pim;
	upstreams[ALL].vif6 = &d->pim6;
	upstreams[SHARED].vif = &d->shared_pim;
}

void mplsmcd_pim_fini(void)
{
	for (int i = ALL; i <= SHARED; i++)
		close_device(&upstreams[i]);
}
