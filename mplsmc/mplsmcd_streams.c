// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mplsmcd_streams.c - which streams reach this router from outside the domain, while an LSP with a
 * wildcard asks for it.
 *
 * pimd makes no entry for a source-specific stream that nobody has joined, but the kernel keeps its
 * first packets in an unresolved entry and reports that (RTM_NEWCACHEREPORT, no second mroute
 * socket is needed).  Streams that have an entry are found by reading the table, whose counters
 * also tell when a stream has ended.
 */
#include "mplsmc/mplsmcd_p.h"

#include <libmnl/libmnl.h>
#include <linux/mroute.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include "lib/mroute_netlink.h"

#define READ_S	    10 /* seconds between two readings of the table */
#define READ_BUDGET 64 /* messages per wake-up */

static struct mroute_netlink *table;
static struct mnl_socket *reports;
static struct event *t_report, *t_table;

/* ---------------------------------------------------------------- packets without an entry */

/* One address of a report; false: it is not there. */
static bool read_address(const struct nlattr *a, struct addr *to)
{
	if (!a || mnl_attr_get_payload_len(a) != 4)
		return false;
	*to = addr_from_v4(mnl_attr_get_payload(a));
	return true;
}

static void on_report(const struct nlmsghdr *nlh)
{
	const struct nlattr *found[IPMRA_CREPORT_MAX + 1] = {}, *a;
	struct addr source, group;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(struct rtgenmsg))
		return;
	mnl_attr_for_each (a, nlh, sizeof(struct rtgenmsg)) {
		if (mnl_attr_get_type(a) <= IPMRA_CREPORT_MAX)
			found[mnl_attr_get_type(a)] = a;
	}
	a = found[IPMRA_CREPORT_MSGTYPE];
	if (a && mnl_attr_get_u8(a) == IGMPMSG_NOCACHE &&
	    read_address(found[IPMRA_CREPORT_SRC_ADDR], &source) &&
	    read_address(found[IPMRA_CREPORT_DST_ADDR], &group))
		mc_map_stream(mplsmcd_instance()->map, &source, &group, UINT64_MAX, mplsmcd_now());
}

static int on_message(const struct nlmsghdr *nlh, void *arg)
{
	if (nlh->nlmsg_type == RTM_NEWCACHEREPORT)
		on_report(nlh);
	return MNL_CB_OK;
}

static void report_read(struct event *event)
{
	static char buf[32768];

	event_add_read(mplsmcd_instance()->master, report_read, NULL, mnl_socket_get_fd(reports),
		       &t_report);
	for (int i = 0; i < READ_BUDGET && reports; i++) {
		ssize_t n = mnl_socket_recvfrom(reports, buf, sizeof(buf));

		if (n <= 0)
			break; /* what was lost is found in the table */
		mnl_cb_run(buf, (size_t)n, 0, 0, on_message, NULL);
	}
	mplsmcd_kick();
}

/* ---------------------------------------------------------------- the table */

static void on_entry(void *arg, const struct mroute *r)
{
	const unsigned int *domain = arg;

	if (r->iif != domain[0] && r->iif != domain[1])
		mc_map_stream(mplsmcd_instance()->map, &r->source, &r->group,
			      r->iif ? r->packets : UINT64_MAX, mplsmcd_now());
}

static void read_table(struct event *event)
{
	const struct mplsmcd *d = mplsmcd_instance();
	/* interfaces on which packets come from the domain; an entry without one has 0 */
	unsigned int domain[] = {if_nametoindex(mplsmcd_device(d, false)),
				 if_nametoindex(mplsmcd_device(d, true))};

	for (size_t i = 0; i < array_size(domain); i++)
		if (!domain[i])
			domain[i] = UINT_MAX;
	mroute_netlink_dump(table, on_entry, domain); /* what is missing comes the next time */
	event_add_timer(mplsmcd_instance()->master, read_table, NULL, READ_S, &t_table);
	mplsmcd_kick();
}

/* ---------------------------------------------------------------- start and stop */

static bool open_sockets(void)
{
	int group = RTNLGRP_IPV4_MROUTE_R;

	table = mroute_netlink_open(false);
	reports = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	return table && reports && mnl_socket_bind(reports, 0, MNL_SOCKET_AUTOPID) == 0 &&
	       mnl_socket_setsockopt(reports, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) == 0;
}

static void close_sockets(void)
{
	event_cancel(&t_report);
	event_cancel(&t_table);
	if (table)
		mroute_netlink_close(table);
	if (reports)
		mnl_socket_close(reports);
	table = NULL;
	reports = NULL;
}

void mplsmcd_streams_watch(bool watch)
{
	struct mplsmcd *d = mplsmcd_instance();
	bool ok = false;

	close_sockets();
	if (!watch)
		return;
	frr_with_privs (&mplsmcd_privs) {
		ok = open_sockets(); /* reports are for the privileged */
	}
	if (!ok) {
		zlog_err("cannot hear of multicast streams: %s", safe_strerror(errno));
		close_sockets();
		return;
	}
	event_add_read(d->master, report_read, NULL, mnl_socket_get_fd(reports), &t_report);
	event_add_timer(d->master, read_table, NULL, 0, &t_table);
}
