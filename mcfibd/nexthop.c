// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nexthop.c - the way to a tunnel peer: route and link address, kept current.
 *
 * Packets of the agent do not touch the kernel's neighbour table, so nothing there would keep
 * an entry alive: the agent asks for it (NTF_USE) while an address is missing and, at a slower
 * pace, while it has one.
 */
#include "lib/base.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/neighbour.h>

#include "mcfibd/mcfibd.h"
#include "mcfibd/links_p.h"

#define SETTLE_MS  20		     /* wait for the rest of a burst of route changes */
#define RETRY_MS   1000		     /* unresolved: ask again */
#define REFRESH_MS (15 * MSEC_PER_S) /* resolved: let the kernel verify a stale entry */
#define NUD_USABLE (NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_PROBE | NUD_STALE | NUD_DELAY)

DEFINE_MTYPE_STATIC(MCFIBD, NEXTHOPS, "next hops");

struct nexthops {
	struct links *links;
	struct nexthop *first;
	msec_t look_again, retry;
};

/* ---------------------------------------------------------------- asking the kernel */

struct route {
	bool found;
	int ifindex;
	struct addr gateway, source;
	uint32_t mtu;
	bool has_gateway, has_source;
};

static struct addr addr_from(const struct nlattr *attr)
{
	const void *octets = mnl_attr_get_payload(attr);

	return mnl_attr_get_payload_len(attr) == 4 ? addr_from_v4(octets) : addr_from_v6(octets);
}

static int metrics_cb(const struct nlattr *attr, void *arg)
{
	struct route *r = arg;

	if (mnl_attr_get_type(attr) == RTAX_MTU)
		r->mtu = mnl_attr_get_u32(attr);
	return MNL_CB_OK;
}

static int route_cb(const struct nlmsghdr *nlh, void *arg)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;
	struct route *r = arg;

	r->found = rtm->rtm_type == RTN_UNICAST || rtm->rtm_type == RTN_LOCAL;
	mnl_attr_for_each (attr, nlh, sizeof(*rtm)) {
		switch (mnl_attr_get_type(attr)) {
		case RTA_OIF:
			r->ifindex = (int)mnl_attr_get_u32(attr);
			break;
		case RTA_GATEWAY:
			r->gateway = addr_from(attr);
			r->has_gateway = true;
			break;
		case RTA_VIA: { /* IPv6 gateway of an IPv4 route */
			const struct rtvia *via = mnl_attr_get_payload(attr);

			if (via->rtvia_family == AF_INET6) {
				r->gateway = addr_from_v6(via->rtvia_addr);
				r->has_gateway = true;
			}
			break;
		}
		case RTA_PREFSRC:
			r->source = addr_from(attr);
			r->has_source = true;
			break;
		case RTA_METRICS:
			mnl_attr_parse_nested(attr, metrics_cb, r);
			break;
		default:
			break;
		}
	}
	return MNL_CB_OK;
}

static bool route_get(struct links *l, const struct nexthop *nh, struct route *route)
{
	struct rtnl_request r;
	struct rtmsg *rtm = rtnl_request(&r, RTM_GETROUTE, 0, sizeof(*rtm));
	size_t len = addr_len(&nh->peer);

	memset(route, 0, sizeof(*route));
	rtm->rtm_family = len == 4 ? AF_INET : AF_INET6;
	rtm->rtm_dst_len = (unsigned char)(len * 8);
	mnl_attr_put(r.nlh, RTA_DST, len, addr_octets(&nh->peer));
	if (!addr_is_any(&nh->local)) {
		rtm->rtm_src_len = (unsigned char)(len * 8);
		mnl_attr_put(r.nlh, RTA_SRC, len, addr_octets(&nh->local));
	}
	return rtnl_talk(l, &r, route_cb, route) && route->found && route->ifindex;
}

/* A neighbour as the kernel has it. */
struct neigh {
	int ifindex;
	struct addr addr;
	uint16_t state;
	bool has_mac;
	uint8_t mac[6];
};

static int neigh_cb(const struct nlmsghdr *nlh, void *arg)
{
	const struct ndmsg *ndm = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;
	struct neigh *n = arg;

	n->ifindex = ndm->ndm_ifindex;
	n->state = ndm->ndm_state;
	mnl_attr_for_each (attr, nlh, sizeof(*ndm)) {
		switch (mnl_attr_get_type(attr)) {
		case NDA_DST:
			n->addr = addr_from(attr);
			break;
		case NDA_LLADDR:
			if (mnl_attr_get_payload_len(attr) == sizeof(n->mac)) {
				memcpy(n->mac, mnl_attr_get_payload(attr), sizeof(n->mac));
				n->has_mac = true;
			}
			break;
		default:
			break;
		}
	}
	return MNL_CB_OK;
}

static bool neigh_request(struct links *l, const struct nexthop *nh, uint16_t type, uint16_t flags,
			  uint8_t ntf, mnl_cb_t cb, void *arg)
{
	struct rtnl_request r;
	struct ndmsg *ndm = rtnl_request(&r, type, flags, sizeof(*ndm));
	size_t len = addr_len(&nh->gateway);

	ndm->ndm_family = len == 4 ? AF_INET : AF_INET6;
	ndm->ndm_ifindex = nh->ifindex;
	ndm->ndm_flags = ntf;
	mnl_attr_put(r.nlh, NDA_DST, len, addr_octets(&nh->gateway));
	return rtnl_talk(l, &r, cb, arg);
}

static void kick(struct links *l, struct nexthop *nh, msec_t now)
{
	nh->kicked = now;
	neigh_request(l, nh, RTM_NEWNEIGH, NLM_F_CREATE, NTF_USE, NULL, NULL);
}

/* ---------------------------------------------------------------- state of a next hop */

static void use_neigh(struct nexthop *nh, const struct neigh *n)
{
	if ((n->state & NUD_USABLE) && n->has_mac) {
		memcpy(nh->dst_mac, n->mac, sizeof(nh->dst_mac));
		nh->usable = true;
		nh->state = NEXTHOP_READY;
	} else if ((n->state & NUD_FAILED) || !nh->usable) {
		nh->usable = false;
		nh->state = NEXTHOP_UNRESOLVED;
	}
}

static void no_route(struct nexthop *nh)
{
	nh->state = NEXTHOP_NO_ROUTE;
	nh->ifindex = 0;
	nh->usable = false;
}

static void resolve(struct nexthops *ns, struct nexthop *nh, msec_t now)
{
	const struct link *link;
	struct neigh n = {};
	struct route r;

	if (nh->oif) {
		r = (struct route){.found = true, .ifindex = nh->oif};
	} else if (!route_get(ns->links, nh, &r)) {
		no_route(nh);
		return;
	}
	link = links_by_index(ns->links, r.ifindex);
	if (!link || !(link->flags & IFF_UP) || !(link_is_raw(link) || link_is_ethernet(link))) {
		no_route(nh);
		return;
	}
	if (!r.has_gateway)
		r.gateway = nh->peer;
	if (nh->ifindex != r.ifindex || addr_cmp(&nh->gateway, &r.gateway))
		nh->usable = false;
	nh->ifindex = r.ifindex;
	nh->gateway = r.gateway;
	nh->source = r.has_source ? r.source : ADDR_ANY;
	nh->mtu = r.mtu && r.mtu < link->mtu ? r.mtu : link->mtu;
	nh->raw = link_is_raw(link);
	memcpy(nh->src_mac, link->mac, sizeof(nh->src_mac));
	if (nh->raw || (link->flags & (IFF_NOARP | IFF_LOOPBACK))) {
		memcpy(nh->dst_mac, link->mac, sizeof(nh->dst_mac));
		nh->state = NEXTHOP_READY;
		return;
	}
	if (!neigh_request(ns->links, nh, RTM_GETNEIGH, 0, 0, neigh_cb, &n))
		n.state = NUD_NONE;
	use_neigh(nh, &n);
	if (nh->state != NEXTHOP_READY)
		kick(ns->links, nh, now);
}

/* A next hop whose neighbour has to be kept alive. */
static bool has_neighbour(const struct nexthop *nh, const struct links *l)
{
	const struct link *link = nh->ifindex ? links_by_index(l, nh->ifindex) : NULL;

	return link && !nh->raw && !(link->flags & (IFF_NOARP | IFF_LOOPBACK));
}

static bool same(const struct nexthop *a, const struct nexthop *b)
{
	return a->state == b->state && a->ifindex == b->ifindex && a->mtu == b->mtu &&
	       a->raw == b->raw && !memcmp(a->src_mac, b->src_mac, sizeof(a->src_mac)) &&
	       !memcmp(a->dst_mac, b->dst_mac, sizeof(a->dst_mac)) &&
	       !addr_cmp(&a->source, &b->source);
}

static void resolve_again(struct nexthops *ns, struct nexthop *nh, msec_t now)
{
	struct nexthop before = *nh;

	resolve(ns, nh, now);
	if (!same(&before, nh))
		links_report_nexthop(ns->links, nh);
}

/* ---------------------------------------------------------------- events and timers */

void nexthops_changed(struct nexthops *ns, msec_t now)
{
	if (ns->look_again == MSEC_NEVER)
		ns->look_again = now + SETTLE_MS;
}

void nexthops_neigh_event(struct nexthops *ns, const struct nlmsghdr *nlh, msec_t now)
{
	struct neigh n = {};
	struct nexthop *nh, before;

	neigh_cb(nlh, &n);
	for (nh = ns->first; nh; nh = nh->next) {
		if (nh->ifindex != n.ifindex || addr_cmp(&nh->gateway, &n.addr) ||
		    !has_neighbour(nh, ns->links))
			continue;
		before = *nh;
		if (nlh->nlmsg_type == RTM_DELNEIGH)
			kick(ns->links, nh, now); /* collected as unused: it is in use */
		else
			use_neigh(nh, &n);
		if (!same(&before, nh))
			links_report_nexthop(ns->links, nh);
	}
}

static void keep_alive(struct nexthops *ns, msec_t now)
{
	struct nexthop *nh;
	msec_t wait;

	ns->retry = MSEC_NEVER;
	for (nh = ns->first; nh; nh = nh->next) {
		if (!has_neighbour(nh, ns->links))
			continue;
		wait = nh->state == NEXTHOP_READY ? REFRESH_MS : RETRY_MS;
		if (now >= nh->kicked + wait)
			kick(ns->links, nh, now);
		if (nh->kicked + wait < ns->retry)
			ns->retry = nh->kicked + wait;
	}
}

void nexthops_run(struct nexthops *ns, msec_t now)
{
	struct nexthop *nh;

	if (now >= ns->look_again) {
		ns->look_again = MSEC_NEVER;
		for (nh = ns->first; nh; nh = nh->next)
			resolve_again(ns, nh, now);
		ns->retry = now;
	}
	if (now >= ns->retry)
		keep_alive(ns, now);
}

msec_t nexthops_deadline(const struct nexthops *ns)
{
	return ns->look_again < ns->retry ? ns->look_again : ns->retry;
}

/* ---------------------------------------------------------------- watching */

void links_watch(struct links *l, struct nexthop *nh, msec_t now)
{
	struct nexthops *ns = links_nexthops(l);

	nh->usable = false;
	nh->kicked = now;
	nh->next = ns->first;
	ns->first = nh;
	resolve(ns, nh, now);
	ns->retry = now; /* has the timers computed anew */
}

void links_unwatch(struct links *l, struct nexthop *nh)
{
	struct nexthops *ns = links_nexthops(l);
	struct nexthop **p;

	for (p = &ns->first; *p; p = &(*p)->next) {
		if (*p == nh) {
			*p = nh->next;
			return;
		}
	}
}

struct nexthops *nexthops_new(struct links *l)
{
	struct nexthops *ns = XCALLOC(MTYPE_NEXTHOPS, sizeof(*ns));

	ns->links = l;
	ns->look_again = ns->retry = MSEC_NEVER;
	return ns;
}

void nexthops_free(struct nexthops *ns)
{
	XFREE(MTYPE_NEXTHOPS, ns);
}
