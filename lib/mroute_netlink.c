// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's multicast routing table by rtnetlink; see mroute_netlink.h. */
#include "lib/mroute_netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

DEFINE_MGROUP(MROUTE, "multicast routing table");
DEFINE_MTYPE_STATIC(MROUTE, MROUTE_NETLINK, "netlink sockets");

#define TABLE_IPV4 RT_TABLE_DEFAULT
#define TABLE_IPV6 RT_TABLE_MAIN
#define BUFFER	   32768 /* the kernel fills it in dumps */
#define DUMP_TRIES 3
#define INPUT_MAX  256 /* messages at a time: a flood must not keep the daemon from its sessions */

/* ---------------------------------------------------------------- one message */

/* netlink numbers are in host byte order, and need not be aligned for their size */
static uint32_t host_u32(struct rd *r)
{
	uint32_t v;

	rd_copy(r, &v, sizeof(v));
	return v;
}

static uint64_t host_u64(struct rd *r)
{
	uint64_t v;

	rd_copy(r, &v, sizeof(v));
	return v;
}

static uint16_t host_u16(struct rd *r)
{
	uint16_t v;

	rd_copy(r, &v, sizeof(v));
	return v;
}

static struct addr address(struct rd *r, bool v4)
{
	uint8_t octets[16];

	rd_copy(r, octets, v4 ? 4 : 16);
	return v4 ? addr_from_v4(octets) : addr_from_v6(octets);
}

/* Skips what pads n octets to a multiple of four; the last attribute may lack it. */
static void skip_padding(struct rd *r, size_t n)
{
	size_t padding = NLMSG_ALIGN(n) - n;

	rd_take(r, padding < rd_left(r) ? padding : rd_left(r));
}

/* struct rtnexthop: length, flags, hops, interface; the TTL threshold does not matter here. */
static bool parse_oifs(struct rd *all, struct mroute *r)
{
	while (rd_left(all)) {
		uint16_t len = host_u16(all);
		struct rd hop;

		if (len < sizeof(struct rtnexthop) || r->n_oif == MROUTE_MAX_OIFS)
			return false;
		hop = rd_sub(all, len - sizeof(len));
		rd_take(&hop, 2);
		r->oif[r->n_oif++] = host_u32(&hop);
		skip_padding(all, len);
		if (!rd_ok(all) || !rd_ok(&hop))
			return false;
	}
	return true;
}

static bool parse_attribute(uint16_t type, struct rd *value, bool v4, struct mroute *r,
			    uint32_t *table)
{
	switch (type & NLA_TYPE_MASK) {
	case RTA_TABLE:
		*table = host_u32(value);
		break;
	case RTA_SRC:
		r->source = address(value, v4);
		break;
	case RTA_DST:
		r->group = address(value, v4);
		break;
	case RTA_IIF:
		r->iif = host_u32(value);
		break;
	case RTA_MULTIPATH:
		return parse_oifs(value, r);
	case RTA_MFC_STATS:
		r->packets = host_u64(value);
		r->bytes = host_u64(value);
		break;
	case RTA_EXPIRES: /* the time since, in hundredths of a second, is called so */
		r->idle_ms = (msec_t)(host_u64(value) & INT32_MAX) * 10;
		break;
	default:
		break;
	}
	return rd_ok(value);
}

bool mroute_parse(struct span message, struct mroute *r)
{
	struct rd in = rd_span(message);
	struct nlmsghdr nlh;
	struct rtmsg rtm;
	uint32_t table = 0;
	bool v4;

	rd_copy(&in, &nlh, sizeof(nlh));
	rd_copy(&in, &rtm, sizeof(rtm));
	if (!rd_ok(&in) || nlh.nlmsg_len < sizeof(nlh) + sizeof(rtm) ||
	    nlh.nlmsg_len > message.len ||
	    (nlh.nlmsg_type != RTM_NEWROUTE && nlh.nlmsg_type != RTM_DELROUTE) ||
	    (rtm.rtm_family != RTNL_FAMILY_IPMR && rtm.rtm_family != RTNL_FAMILY_IP6MR))
		return false;
	v4 = rtm.rtm_family == RTNL_FAMILY_IPMR;
	in = rd_sub(&in, nlh.nlmsg_len - sizeof(nlh) - sizeof(rtm));
	*r = (struct mroute){.gone = nlh.nlmsg_type == RTM_DELROUTE};
	while (rd_left(&in)) {
		uint16_t len = host_u16(&in), type = host_u16(&in);
		struct rd value;

		if (len < sizeof(struct rtattr))
			return false;
		value = rd_sub(&in, len - sizeof(struct rtattr));
		if (!parse_attribute(type, &value, v4, r, &table))
			return false;
		skip_padding(&in, len);
	}
	if (addr_is_any(&r->source))
		r->source = ADDR_ANY;
	return rd_ok(&in) && table == (v4 ? TABLE_IPV4 : TABLE_IPV6) &&
	       addr_is_multicast(&r->group);
}

/* ---------------------------------------------------------------- sockets */

struct mroute_netlink {
	struct mnl_socket *events, *requests;
	uint32_t seq;
	bool lost;     /* the kernel dropped changes */
	mroute_fn *fn; /* during input and dump */
	void *arg;
	char buf[BUFFER];
};

static int tell(const struct nlmsghdr *nlh, void *arg)
{
	struct mroute_netlink *n = arg;
	struct mroute r;

	if (mroute_parse((struct span){(const uint8_t *)nlh, nlh->nlmsg_len}, &r))
		n->fn(n->arg, &r);
	return MNL_CB_OK;
}

static bool open_requests(struct mroute_netlink *n)
{
	struct timeval limit = {.tv_sec = 1}; /* the kernel answers at once */

	n->requests = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	return n->requests && mnl_socket_bind(n->requests, 0, MNL_SOCKET_AUTOPID) == 0 &&
	       setsockopt(mnl_socket_get_fd(n->requests), SOL_SOCKET, SO_RCVTIMEO, &limit,
			  sizeof(limit)) == 0;
}

static bool open_events(struct mroute_netlink *n)
{
	int groups[] = {RTNLGRP_IPV4_MROUTE, RTNLGRP_IPV6_MROUTE}, size = 8 << 20;

	n->events = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!n->events || mnl_socket_bind(n->events, 0, MNL_SOCKET_AUTOPID) < 0)
		return false;
	/* 10,000 changes at once fit; needs CAP_NET_ADMIN, and is not needed for correctness */
	if (setsockopt(mnl_socket_get_fd(n->events), SOL_SOCKET, SO_RCVBUFFORCE, &size,
		       sizeof(size)) < 0)
		setsockopt(mnl_socket_get_fd(n->events), SOL_SOCKET, SO_RCVBUF, &size,
			   sizeof(size));
	for (size_t i = 0; i < array_size(groups); i++)
		if (mnl_socket_setsockopt(n->events, NETLINK_ADD_MEMBERSHIP, &groups[i],
					  sizeof(groups[i])) < 0)
			return false;
	return true;
}

struct mroute_netlink *mroute_netlink_open(bool changes)
{
	struct mroute_netlink *n = XCALLOC(MTYPE_MROUTE_NETLINK, sizeof(*n));
	int error;

	if (open_requests(n) && (!changes || open_events(n)))
		return n;
	error = errno;
	mroute_netlink_close(n);
	errno = error;
	return NULL;
}

void mroute_netlink_close(struct mroute_netlink *n)
{
	if (n->events)
		mnl_socket_close(n->events);
	if (n->requests)
		mnl_socket_close(n->requests);
	XFREE(MTYPE_MROUTE_NETLINK, n);
}

int mroute_netlink_fd(const struct mroute_netlink *n)
{
	return mnl_socket_get_fd(n->events);
}

bool mroute_netlink_input(struct mroute_netlink *n, mroute_fn *fn, void *arg)
{
	bool whole;
	ssize_t len;

	n->fn = fn;
	n->arg = arg;
	for (unsigned int messages = 0; messages < INPUT_MAX; messages++) {
		len = mnl_socket_recvfrom(n->events, n->buf, sizeof(n->buf));
		if (len > 0)
			mnl_cb_run(n->buf, (size_t)len, 0, 0, tell, n);
		else if (len < 0 && errno == ENOBUFS)
			n->lost = true;
		else if (len == 0 || errno != EINTR)
			goto drained;
	}
	return true;

drained:
	/* not before: what waits in the socket is older than a dump, and would undo it */
	whole = !n->lost;
	n->lost = false;
	return whole;
}

enum dump {
	DUMP_GOES_ON,
	DUMP_COMPLETE,
	DUMP_INTERRUPTED,
	DUMP_FAILED
};

/* mnl_cb_run() would stop at the first sign of a change meanwhile (NLM_F_DUMP_INTR), and a dump
 * that is not read to its end keeps the socket from the next one. */
static enum dump dump_read(struct mroute_netlink *n, size_t len, uint32_t seq, bool *interrupted)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)n->buf;
	int left = (int)len;

	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
		if (nlh->nlmsg_seq != seq)
			continue; /* left over of a dump that was given up */
		*interrupted |= !!(nlh->nlmsg_flags & NLM_F_DUMP_INTR);
		if (nlh->nlmsg_type == NLMSG_DONE)
			return *interrupted ? DUMP_INTERRUPTED : DUMP_COMPLETE;
		if (nlh->nlmsg_type == NLMSG_ERROR)
			return DUMP_FAILED;
		tell(nlh, n);
	}
	return DUMP_GOES_ON;
}

static enum dump dump_family(struct mroute_netlink *n, uint8_t family)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(n->buf);
	struct rtmsg *rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));
	uint32_t seq = ++n->seq;
	bool interrupted = false;
	enum dump state;

	nlh->nlmsg_type = RTM_GETROUTE;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nlh->nlmsg_seq = seq;
	rtm->rtm_family = family;
	if (mnl_socket_sendto(n->requests, nlh, nlh->nlmsg_len) < 0)
		return DUMP_FAILED;
	do {
		ssize_t len = mnl_socket_recvfrom(n->requests, n->buf, sizeof(n->buf));

		state = len < 0 ? DUMP_FAILED : dump_read(n, (size_t)len, seq, &interrupted);
	} while (state == DUMP_GOES_ON);
	return state;
}

bool mroute_netlink_dump(struct mroute_netlink *n, mroute_fn *fn, void *arg)
{
	static const uint8_t families[] = {RTNL_FAMILY_IPMR, RTNL_FAMILY_IP6MR};

	n->fn = fn;
	n->arg = arg;
	for (size_t i = 0; i < array_size(families); i++) {
		int tries = DUMP_TRIES;
		enum dump state;

		do
			state = dump_family(n, families[i]);
		while (state == DUMP_INTERRUPTED && --tries);
		if (state != DUMP_COMPLETE)
			return false;
	}
	return true;
}
