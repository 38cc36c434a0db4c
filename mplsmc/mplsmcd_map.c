// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mplsmcd_map.c - trees from pimd, trees to pimd: mplsmc0, the virtual PIM neighbour on it, and
 * the mapping.
 *
 * What leaves mplsmc0 labelled is taken by the forwarding agent on its way out; what reaches the
 * file descriptor is PIM, or was not taken and is counted.
 */
#include "mplsmc/mplsmcd_p.h"

#include "lib/tun.h"

#define READ_BUDGET 256 /* packets per wake-up */

static int fd = -1, last_error;
static char device[IFNAMSIZ];
static struct addr device_address;
static struct event *t_read;

static struct pim_vif *pim_of(const struct mplsmcd *d, const struct addr *group)
{
	return addr_is_v4(group) ? d->pim : d->pim6;
}

/* ---------------------------------------------------------------- mapping */

static void cb_leaf(void *ctx, const struct mldp_fec *fec, bool wanted)
{
	struct mplsmcd *d = ctx;

	mldp_leaf(d->mldp, fec, wanted, mplsmcd_now());
	mplsmcd_kick();
}

static void cb_join(void *ctx, const struct addr *source, const struct addr *group,
		    const struct addr *rp, bool joined)
{
	struct pim_vif *pim = pim_of(ctx, group);

	if (pim)
		pim_vif_join(pim, source, group, rp, joined, mplsmcd_now());
}

static void cb_ftn(void *ctx, const struct addr *source, const struct addr *group,
		   const struct mldp_branch *branches, size_t n)
{
	mplsmcd_fib_ftn(source, group, branches, n);
}

static void cb_watch_root(void *ctx, const struct addr *source, bool watch)
{
	mplsmcd_zebra_watch_source(source, watch);
}

static void cb_watch_streams(void *ctx, bool watch)
{
	mplsmcd_streams_watch(watch);
}

static const struct mc_map_ops map_ops = {
	.leaf = cb_leaf,
	.join = cb_join,
	.ftn = cb_ftn,
	.watch_root = cb_watch_root,
	.watch_streams = cb_watch_streams,
};

/* ---------------------------------------------------------------- virtual PIM neighbour */

static void cb_send(void *ctx, struct span packet)
{
	if (fd >= 0 && write(fd, packet.p, packet.len) < 0)
		MPLSMCD_DEBUG(mapping, "%s: %s", device, safe_strerror(errno));
}

static void cb_downstream(void *ctx, const struct addr *source, const struct addr *group,
			  bool wanted)
{
	struct mplsmcd *d = ctx;
	char s[ADDR_STRLEN], g[ADDR_STRLEN];

	MPLSMCD_DEBUG(mapping, "pimd %s (%s, %s)", wanted ? "wants" : "no longer wants",
		      addr_str(source, s), addr_str(group, g));
	if (addr_is_any(source)) {
		struct addr rp = pim_vif_rp(pim_of(d, group), group);

		mc_map_shared_tree(d->map, group, &rp, wanted, mplsmcd_now());
	} else {
		mc_map_tree(d->map, source, group, wanted, mplsmcd_now());
	}
	mplsmcd_kick();
}

static void cb_pruned(void *ctx, const struct addr *source, const struct addr *group, bool pruned)
{
	struct mplsmcd *d = ctx;
	char s[ADDR_STRLEN], g[ADDR_STRLEN];

	MPLSMCD_DEBUG(mapping, "pimd %s (%s, %s, rpt)", pruned ? "prunes" : "no longer prunes",
		      addr_str(source, s), addr_str(group, g));
	mc_map_rpt_prune(d->map, source, group, pruned, mplsmcd_now());
}

static void cb_neighbour(void *ctx, bool up, bool restarted)
{
	zlog_info("pimd on %s is %s", device, restarted ? "there again" : up ? "there" : "gone");
}

static const struct pim_vif_ops pim_ops = {
	.send = cb_send,
	.downstream = cb_downstream,
	.pruned = cb_pruned,
	.neighbour = cb_neighbour,
};

static void upstream_packet(struct mplsmcd *d, struct span s)
{
	bool v4 = s.len >= 20 && s.p[0] >> 4 == 4, v6 = s.len >= 40 && s.p[0] >> 4 == 6;
	uint8_t protocol = v4 ? s.p[9] : v6 ? s.p[6] : 0;

	d->stats.upstream_rx++;
	if (v4 && protocol == IPPROTO_PIM)
		pim_vif_input(d->pim, s, mplsmcd_now());
	else if (v6 && protocol == IPPROTO_PIM && d->pim6)
		pim_vif_input(d->pim6, s, mplsmcd_now());
	else if (v4 && (s.p[16] & 0xf0) == 0xe0 && protocol != IPPROTO_IGMP)
		d->stats.upstream_unforwarded++;
	else if (v6 && s.p[24] == 0xff && (s.p[25] & 0xf) > 2) /* MLD and PIM are link-local */
		d->stats.upstream_unforwarded++;
}

static void upstream_read(struct event *event)
{
	struct mplsmcd *d = mplsmcd_instance();
	static uint8_t buf[65536];

	event_add_read(d->master, upstream_read, NULL, fd, &t_read);
	for (int i = 0; i < READ_BUDGET; i++) {
		ssize_t n = read(fd, buf, sizeof(buf));

		if (n <= 0)
			break;
		upstream_packet(d, (struct span){buf, n});
	}
	mplsmcd_kick();
}

/* ---------------------------------------------------------------- mplsmc0 */

/* pim6d's address there, fe80::1; one scheme serves both families. */
static const struct addr pimd6 = {.b = {0xfe, 0x80, [15] = 1}};
#define PIMD6_LEN 64

static struct addr neighbour_of(const struct addr *pimd)
{
	struct addr a = *pimd;

	a.b[15]++; /* the neighbour is the address after pimd's */
	return a;
}

struct addr mplsmcd_map_address(const struct mplsmcd_config *c)
{
	return neighbour_of(&c->upstream_address);
}

static struct pim_vif *open_pim(struct mplsmcd *d, const struct addr *pimd)
{
	struct pim_vif_params p;
	struct pim_vif *v;

	pim_vif_params_default(&p);
	p.address = neighbour_of(pimd);
	p.neighbour = *pimd;
	v = pim_vif_new(&p, &pim_ops, d, &d->wheel);
	pim_vif_start(v, mplsmcd_now());
	return v;
}

static void close_device(struct mplsmcd *d)
{
	event_cancel(&t_read);
	if (d->pim)
		pim_vif_free(d->pim, true);
	if (d->pim6)
		pim_vif_free(d->pim6, true);
	d->pim = d->pim6 = NULL;
	if (fd < 0)
		return;
	frr_with_privs (&mplsmcd_privs) {
		tun_close(fd, true);
	}
	fd = -1;
}

static void open_device(struct mplsmcd *d)
{
	const struct mplsmcd_config *c = &d->config;
	bool v6 = false;
	int error = 0;

	/* pimd sends its Joins to a neighbour on a new interface at once; one that restarted on the
	 * old interface hears them up to 60 s later (RFC 7761 4.3.1 wants it otherwise) */
	frr_with_privs (&mplsmcd_privs) {
		tun_remove(c->upstream_interface);
		fd = tun_open(c->upstream_interface, &c->upstream_address, c->upstream_prefixlen,
			      false);
		error = errno;
		v6 = fd >= 0 && tun_set_address(c->upstream_interface, &pimd6, PIMD6_LEN);
	}
	if (fd < 0) {
		if (error != last_error) /* tried again at each reconciliation */
			zlog_err("cannot make %s from /dev/net/tun: %s", c->upstream_interface,
				 safe_strerror(error));
		last_error = error;
		return;
	}
	last_error = 0;
	strlcpy(device, c->upstream_interface, sizeof(device));
	device_address = c->upstream_address;
	d->pim = open_pim(d, &c->upstream_address);
	d->pim6 = v6 ? open_pim(d, &pimd6) : NULL; /* else IPv6 is disabled there */
	event_add_read(d->master, upstream_read, NULL, fd, &t_read);
}

void mplsmcd_map_interface(const struct interface *ifp)
{
	struct connected *c; /* not const: typesafe lists of FRR 10 */
	bool v4 = false, v6 = !mplsmcd_instance()->pim6;

	if (fd < 0 || strcmp(ifp->name, device) != 0)
		return;
	frr_each_ifaddr (ifp, c) {
		v4 |= c->address->family == AF_INET;
		v6 |= c->address->family == AF_INET6;
	}
	frr_with_privs (&mplsmcd_privs) {
		if (!v4)
			tun_set_address(device, &device_address,
					mplsmcd_instance()->config.upstream_prefixlen);
		if (!v6)
			tun_set_address(device, &pimd6, PIMD6_LEN);
	}
}

/* ---------------------------------------------------------------- configuration */

/* What was told to the mapping: configuration is compared with it. */
static struct mplsmcd_config told;

static const struct mplsmcd_root *same_root(const struct mplsmcd_config *c,
					    const struct mplsmcd_root *r)
{
	const struct mplsmcd_root *found = mplsmcd_roots_const_find(&c->roots, r);

	return found && addr_cmp(&found->root, &r->root) == 0 ? found : NULL;
}

/* What has not changed is not touched: its LSPs stay.  New lines before old ones go. */
static void reconcile_roots(struct mplsmcd *d)
{
	struct mplsmcd_root *r;

	frr_each (mplsmcd_roots, &d->config.roots, r) {
		if (same_root(&told, r))
			continue;
		mc_map_configure_root(d->map, &r->prefix, r->prefixlen, &r->root, mplsmcd_now());
		mplsmcd_root_set(&told, &r->prefix, r->prefixlen, &r->root);
	}
	frr_each_safe (mplsmcd_roots, &told.roots, r) {
		if (same_root(&d->config, r))
			continue;
		mc_map_configure_root(d->map, &r->prefix, r->prefixlen, &ADDR_ANY, mplsmcd_now());
		mplsmcd_root_set(&told, &r->prefix, r->prefixlen, &ADDR_ANY);
	}
}

static bool same_group(const struct mplsmcd_config *c, const struct mplsmcd_group *g)
{
	const struct mplsmcd_group *other;

	frr_each (mplsmcd_groups_const, &c->groups, other)
		if (other->prefixlen == g->prefixlen && other->in_band == g->in_band &&
		    addr_cmp(&other->prefix, &g->prefix) == 0)
			return true;
	return false;
}

static void reconcile_groups(struct mplsmcd *d)
{
	struct mplsmcd_group *g;

	frr_each (mplsmcd_groups, &d->config.groups, g) {
		if (same_group(&told, g))
			continue;
		mc_map_configure_group(d->map, &g->prefix, g->prefixlen, g->in_band, false,
				       mplsmcd_now());
		mplsmcd_group_set(&told, &g->prefix, g->prefixlen, g->in_band, false);
	}
	frr_each_safe (mplsmcd_groups, &told.groups, g) {
		if (same_group(&d->config, g))
			continue;
		mc_map_configure_group(d->map, &g->prefix, g->prefixlen, g->in_band, true,
				       mplsmcd_now());
		mplsmcd_group_set(&told, &g->prefix, g->prefixlen, g->in_band, true);
	}
}

static void reconcile_wildcards(struct mplsmcd *d)
{
	struct mplsmcd_wildcard *w, *old;

	frr_each (mplsmcd_wildcards, &d->config.wildcards, w) {
		old = mplsmcd_wildcards_find(&told.wildcards, w);
		if (old && old->source == w->source && old->group == w->group)
			continue;
		mc_map_configure_wildcards(d->map, &w->root, w->source, w->group, mplsmcd_now());
		mplsmcd_wildcard_set(&told, &w->root, w->source, w->group);
	}
	frr_each_safe (mplsmcd_wildcards, &told.wildcards, old) {
		if (mplsmcd_wildcards_find(&d->config.wildcards, old))
			continue;
		mc_map_configure_wildcards(d->map, &old->root, false, false, mplsmcd_now());
		mplsmcd_wildcard_set(&told, &old->root, false, false);
	}
}

static void reconcile_rps(struct mplsmcd *d)
{
	struct mplsmcd_rp *r, *old;

	frr_each (mplsmcd_rps, &d->config.rps, r) {
		old = mplsmcd_rps_find(&told.rps, r);
		if (old && addr_cmp(&old->rp, &r->rp) == 0)
			continue;
		mc_map_configure_rp(d->map, &r->prefix, r->prefixlen, &r->rp, mplsmcd_now());
		mplsmcd_rp_set(&told, &r->prefix, r->prefixlen, &r->rp);
	}
	frr_each_safe (mplsmcd_rps, &told.rps, old) {
		if (mplsmcd_rps_find(&d->config.rps, old))
			continue;
		mc_map_configure_rp(d->map, &old->prefix, old->prefixlen, &ADDR_ANY, mplsmcd_now());
		mplsmcd_rp_set(&told, &old->prefix, old->prefixlen, &ADDR_ANY);
	}
}

static void tell_tree(struct mplsmcd *d, const struct mplsmcd_tree *t)
{
	struct mldp_fec fec = mldp_fec_generic(&t->root, t->lsp_id);
	const struct mplsmcd_member *m;

	mc_map_static_tree(d->map, t->name, &t->root, t->lsp_id, mplsmcd_now());
	mldp_route_override(d->mldp, &fec, &t->next_hop, mplsmcd_now());
	frr_each (mplsmcd_members_const, &t->members, m)
		mc_map_static_member(d->map, t->name, &m->source, &m->group, true, mplsmcd_now());
}

static void forget_tree(struct mplsmcd *d, const struct mplsmcd_tree *t)
{
	struct mldp_fec fec = mldp_fec_generic(&t->root, t->lsp_id);

	mldp_route_override(d->mldp, &fec, &ADDR_ANY, mplsmcd_now());
	mc_map_static_tree_del(d->map, t->name, mplsmcd_now());
}

static bool same_tree(const struct mplsmcd_tree *a, const struct mplsmcd_tree *b)
{
	const struct mplsmcd_member *m, *n;

	if (addr_cmp(&a->root, &b->root) != 0 || a->lsp_id != b->lsp_id ||
	    addr_cmp(&a->next_hop, &b->next_hop) != 0)
		return false;
	m = mplsmcd_members_const_first(&a->members);
	n = mplsmcd_members_const_first(&b->members);
	while (m && n) {
		if (addr_cmp(&m->group, &n->group) != 0 || addr_cmp(&m->source, &n->source) != 0)
			return false;
		m = mplsmcd_members_const_next(&a->members, m);
		n = mplsmcd_members_const_next(&b->members, n);
	}
	return !m && !n;
}

static bool has_member(const struct mplsmcd_tree *t, const struct mplsmcd_member *m)
{
	const struct mplsmcd_member *other;

	frr_each (mplsmcd_members_const, &t->members, other)
		if (addr_cmp(&other->group, &m->group) == 0 &&
		    addr_cmp(&other->source, &m->source) == 0)
			return true;
	return false;
}

static void copy_tree(const struct mplsmcd_tree *from)
{
	struct mplsmcd_tree *to = mplsmcd_tree_add(&told, from->name);
	const struct mplsmcd_member *m;

	to->root = from->root;
	to->lsp_id = from->lsp_id;
	to->next_hop = from->next_hop;
	frr_each (mplsmcd_members_const, &from->members, m)
		mplsmcd_member_set(to, &m->group, &m->source, true);
}

/* The members that stay do not notice. */
static void change_tree(struct mplsmcd *d, const struct mplsmcd_tree *from,
			const struct mplsmcd_tree *to)
{
	struct mldp_fec old = mldp_fec_generic(&from->root, from->lsp_id);
	struct mldp_fec new = mldp_fec_generic(&to->root, to->lsp_id);
	const struct mplsmcd_member *m;

	tell_tree(d, to);
	if (mldp_fec_cmp(&old, &new) != 0)
		mldp_route_override(d->mldp, &old, &ADDR_ANY, mplsmcd_now());
	frr_each (mplsmcd_members_const, &from->members, m)
		if (!has_member(to, m))
			mc_map_static_member(d->map, to->name, &m->source, &m->group, false,
					     mplsmcd_now());
}

/* A tree is told when it is complete: root and LSP identifier are configured. */
static void reconcile_trees(struct mplsmcd *d)
{
	struct mplsmcd_tree *t, *old;

	frr_each_safe (mplsmcd_trees, &told.trees, old) {
		t = mplsmcd_tree_find(&d->config, old->name);
		if (t && same_tree(t, old))
			continue;
		if (t && t->lsp_id) {
			change_tree(d, old, t);
			mplsmcd_tree_del(&told, old);
			copy_tree(t);
			continue;
		}
		forget_tree(d, old);
		mplsmcd_tree_del(&told, old);
	}
	frr_each (mplsmcd_trees, &d->config.trees, t) {
		if (!t->lsp_id || mplsmcd_tree_find(&told, t->name))
			continue;
		tell_tree(d, t);
		copy_tree(t);
	}
}

void mplsmcd_map_reconcile(struct mplsmcd *d)
{
	const struct mplsmcd_config *c = &d->config;

	if (fd >= 0 && (!c->present || strcmp(device, c->upstream_interface) != 0 ||
			addr_cmp(&device_address, &c->upstream_address) != 0))
		close_device(d);
	mc_map_set_policy(d->map, &c->policy, mplsmcd_now());
	reconcile_roots(d);
	reconcile_groups(d);
	reconcile_wildcards(d);
	reconcile_rps(d);
	reconcile_trees(d);
	if (c->present && fd < 0)
		open_device(d);
	mplsmcd_mroute_reconcile(d);
}

void mplsmcd_map_init(struct mplsmcd *d)
{
	mplsmcd_config_init(&told);
	d->map = mc_map_new(&d->config.policy, &map_ops, d, &d->wheel);
	mplsmcd_mroute_init();
}

void mplsmcd_map_fini(struct mplsmcd *d)
{
	close_device(d);
	mplsmcd_mroute_fini(d);
	mc_map_free(d->map);
	mplsmcd_config_reset(&told);
}
