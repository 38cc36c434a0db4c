// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * links.c - rtnetlink sockets and the table of interfaces.
 *
 * One socket hears events, one asks.  When events were lost (ENOBUFS) everything is read again
 * and compared, so watchers miss nothing.
 */
#include "lib/base.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <time.h>
#include <unistd.h>

#include "mcfibd/mcfibd.h"
#include "mcfibd/links_p.h"

DEFINE_MTYPE_STATIC(MCFIBD, LINKS, "interfaces");
DEFINE_MTYPE_STATIC(MCFIBD, LINK, "interface");

PREDECL_HASH(by_index);
PREDECL_HASH(by_name);

struct node {
	struct link link;
	bool seen; /* by the dump going on */
	struct by_index_item index_item;
	struct by_name_item name_item;
};

static int cmp_index(const struct node *a, const struct node *b)
{
	return a->link.ifindex - b->link.ifindex;
}

static uint32_t hash_index(const struct node *a)
{
	return jhash_1word((uint32_t)a->link.ifindex, 0);
}

static int cmp_name(const struct node *a, const struct node *b)
{
	return strncmp(a->link.name, b->link.name, sizeof(a->link.name));
}

static uint32_t hash_name(const struct node *a)
{
	return jhash(a->link.name, (uint32_t)strnlen(a->link.name, sizeof(a->link.name)), 0);
}

DECLARE_HASH(by_index, struct node, index_item, cmp_index, hash_index);
DECLARE_HASH(by_name, struct node, name_item, cmp_name, hash_name);

struct links {
	const struct links_ops *ops;
	void *ctx;
	struct mnl_socket *events, *requests;
	uint32_t seq;
	struct by_index_head by_index;
	struct by_name_head by_name;
	struct nexthops *nexthops;
	bool quiet; /* first dump: nothing to report yet */
	msec_t now;
	char buf[RTNL_BUFFER];
};

/* ---------------------------------------------------------------- requests */

void *rtnl_request(struct rtnl_request *r, uint16_t type, uint16_t flags, size_t size)
{
	r->nlh = mnl_nlmsg_put_header(r->buf);
	r->nlh->nlmsg_type = type;
	r->nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	return mnl_nlmsg_put_extra_header(r->nlh, size);
}

bool rtnl_talk(struct links *l, struct rtnl_request *r, mnl_cb_t cb, void *arg)
{
	unsigned int port = mnl_socket_get_portid(l->requests);
	ssize_t n;
	int more;

	r->nlh->nlmsg_seq = ++l->seq;
	if (!(r->nlh->nlmsg_flags & NLM_F_DUMP))
		r->nlh->nlmsg_flags |= NLM_F_ACK;
	if (mnl_socket_sendto(l->requests, r->nlh, r->nlh->nlmsg_len) < 0)
		return false;
	do {
		n = mnl_socket_recvfrom(l->requests, l->buf, sizeof(l->buf));
		if (n < 0)
			return false;
		more = mnl_cb_run(l->buf, (size_t)n, r->nlh->nlmsg_seq, port, cb, arg);
	} while (more > MNL_CB_STOP);
	return more == MNL_CB_STOP;
}

/* ---------------------------------------------------------------- the table */

const struct link *links_by_index(const struct links *l, int ifindex)
{
	struct node key = {.link.ifindex = ifindex}, *n;

	n = by_index_find((struct by_index_head *)&l->by_index, &key);
	return n ? &n->link : NULL;
}

const struct link *links_by_name(const struct links *l, const char *name)
{
	struct node key = {}, *n;

	name_copy(key.link.name, name, sizeof(key.link.name));
	n = by_name_find((struct by_name_head *)&l->by_name, &key);
	return n ? &n->link : NULL;
}

const struct link *links_next(const struct links *l, const struct link *prev)
{
	struct by_index_head *head = (struct by_index_head *)&l->by_index;
	struct node *n;

	if (prev)
		n = by_index_next(head, container_of((struct link *)prev, struct node, link));
	else
		n = by_index_first(head);
	return n ? &n->link : NULL;
}

static void report(struct links *l, const char *name)
{
	if (l->quiet)
		return;
	nexthops_changed(l->nexthops, l->now);
	l->ops->link(l->ctx, name);
}

static void remove_node(struct links *l, struct node *n)
{
	char name[sizeof(n->link.name)];

	memcpy(name, n->link.name, sizeof(name));
	by_index_del(&l->by_index, n);
	by_name_del(&l->by_name, n);
	XFREE(MTYPE_LINK, n);
	report(l, name);
}

static void store(struct links *l, const struct link *link)
{
	struct node key = {.link = *link}, *n = by_index_find(&l->by_index, &key), *other;
	char old[sizeof(link->name)] = "";

	if (n && memcmp(&n->link, link, sizeof(*link)) == 0) {
		n->seen = true;
		return;
	}
	other = by_name_find(&l->by_name, &key);
	if (other && other != n)
		remove_node(l, other); /* the name moved; its old owner will say so */
	if (n) {
		memcpy(old, n->link.name, sizeof(old));
		by_name_del(&l->by_name, n);
		n->link = *link;
	} else {
		n = XCALLOC(MTYPE_LINK, sizeof(*n));
		n->link = *link;
		by_index_add(&l->by_index, n);
	}
	n->seen = true;
	by_name_add(&l->by_name, n);
	if (old[0] && strncmp(old, link->name, sizeof(old)))
		report(l, old);
	report(l, link->name);
}

/* False: not about an interface as such. */
static bool parse_link(const struct nlmsghdr *nlh, struct link *link)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;

	memset(link, 0, sizeof(*link)); /* compared as a whole */
	if (ifi->ifi_family != AF_UNSPEC)
		return false; /* a bridge's view of its ports */
	link->ifindex = ifi->ifi_index;
	link->type = ifi->ifi_type;
	link->flags = ifi->ifi_flags & (IFF_UP | IFF_NOARP | IFF_LOOPBACK | IFF_POINTOPOINT);
	mnl_attr_for_each (attr, nlh, sizeof(*ifi)) {
		switch (mnl_attr_get_type(attr)) {
		case IFLA_IFNAME:
			name_copy(link->name, mnl_attr_get_str(attr), sizeof(link->name));
			break;
		case IFLA_MTU:
			link->mtu = mnl_attr_get_u32(attr);
			break;
		case IFLA_ADDRESS:
			if (mnl_attr_get_payload_len(attr) == sizeof(link->mac))
				memcpy(link->mac, mnl_attr_get_payload(attr), sizeof(link->mac));
			break;
		default:
			break;
		}
	}
	return link->name[0] != '\0';
}

/* What a dump says.  Collected first: whoever is told of a change may ask the kernel, too. */
struct dump {
	struct link *link;
	size_t n, room;
};

static int dump_cb(const struct nlmsghdr *nlh, void *arg)
{
	struct dump *d = arg;

	if (nlh->nlmsg_type != RTM_NEWLINK)
		return MNL_CB_OK;
	if (d->n == d->room) {
		d->room = d->room ? 2 * d->room : 64;
		d->link = XREALLOC(MTYPE_LINKS, d->link, d->room * sizeof(*d->link));
	}
	if (parse_link(nlh, &d->link[d->n]))
		d->n++;
	return MNL_CB_OK;
}

static bool read_all(struct links *l)
{
	struct rtnl_request r;
	struct dump d = {};
	struct node *n;
	bool ok;
	size_t i;

	rtnl_request(&r, RTM_GETLINK, NLM_F_DUMP, sizeof(struct ifinfomsg));
	ok = rtnl_talk(l, &r, dump_cb, &d);
	if (ok) {
		frr_each (by_index, &l->by_index, n)
			n->seen = false;
		for (i = 0; i < d.n; i++)
			store(l, &d.link[i]);
		frr_each_safe (by_index, &l->by_index, n) {
			if (!n->seen)
				remove_node(l, n);
		}
	}
	XFREE(MTYPE_LINKS, d.link);
	return ok;
}

/* ---------------------------------------------------------------- events */

static int event_cb(const struct nlmsghdr *nlh, void *arg)
{
	struct links *l = arg;
	struct link link;
	struct node *n;

	switch (nlh->nlmsg_type) {
	case RTM_NEWLINK:
		if (parse_link(nlh, &link))
			store(l, &link);
		break;
	case RTM_DELLINK:
		if (parse_link(nlh, &link)) {
			struct node key = {.link = link};

			n = by_index_find(&l->by_index, &key);
			if (n)
				remove_node(l, n);
		}
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
	case RTM_NEWADDR:
	case RTM_DELADDR:
	case RTM_NEWRULE:
	case RTM_DELRULE:
		nexthops_changed(l->nexthops, l->now);
		break;
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		nexthops_neigh_event(l->nexthops, nlh, l->now);
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

void links_input(struct links *l, msec_t now)
{
	char buf[RTNL_BUFFER];
	ssize_t n;

	l->now = now;
	while ((n = mnl_socket_recvfrom(l->events, buf, sizeof(buf))) > 0)
		mnl_cb_run(buf, (size_t)n, 0, 0, event_cb, l);
	if (n < 0 && errno == ENOBUFS) {
		log_info("kernel events were lost: reading interfaces and routes again");
		read_all(l);
		nexthops_changed(l->nexthops, now);
	}
}

static bool open_sockets(struct links *l)
{
	static const int groups[] = {RTNLGRP_LINK,	  RTNLGRP_NEIGH,     RTNLGRP_IPV4_ROUTE,
				     RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_ROUTE,
				     RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV6_RULE};
	int size = 4 << 20, group;
	size_t i;

	l->events = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	l->requests = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!l->events || !l->requests || mnl_socket_bind(l->events, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_bind(l->requests, 0, MNL_SOCKET_AUTOPID) < 0)
		return false;
	setsockopt(mnl_socket_get_fd(l->events), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	for (i = 0; i < array_size(groups); i++) {
		group = groups[i];
		if (mnl_socket_setsockopt(l->events, NETLINK_ADD_MEMBERSHIP, &group,
					  sizeof(group)) < 0)
			return false;
	}
	return true;
}

struct links *links_open(const struct links_ops *ops, void *ctx)
{
	struct links *l = XCALLOC(MTYPE_LINKS, sizeof(*l));
	int saved;

	l->ops = ops;
	l->ctx = ctx;
	by_index_init(&l->by_index);
	by_name_init(&l->by_name);
	l->nexthops = nexthops_new(l);
	l->quiet = true;
	if (!open_sockets(l) || !read_all(l)) {
		saved = errno;
		links_close(l);
		errno = saved;
		return NULL;
	}
	l->quiet = false;
	return l;
}

void links_close(struct links *l)
{
	struct node *n;

	if (!l)
		return;
	nexthops_free(l->nexthops);
	while ((n = by_name_pop(&l->by_name)) != NULL) {
		by_index_del(&l->by_index, n);
		XFREE(MTYPE_LINK, n);
	}
	by_name_fini(&l->by_name);
	by_index_fini(&l->by_index);
	if (l->events)
		mnl_socket_close(l->events);
	if (l->requests)
		mnl_socket_close(l->requests);
	XFREE(MTYPE_LINKS, l);
}

int links_fd(const struct links *l)
{
	return mnl_socket_get_fd(l->events);
}

void links_run(struct links *l, msec_t now)
{
	l->now = now;
	nexthops_run(l->nexthops, now);
}

msec_t links_deadline(const struct links *l)
{
	return nexthops_deadline(l->nexthops);
}

struct nexthops *links_nexthops(const struct links *l)
{
	return l->nexthops;
}

void links_report_nexthop(const struct links *l, struct nexthop *nh)
{
	l->ops->nexthop(l->ctx, nh);
}
