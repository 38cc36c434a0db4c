// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * l2mcd_vlan.c - VLAN devices.
 *
 * Discovery and copies of multicast need none; PPPoE sessions in the kernel belong to a netdev.
 * One that the operator has made is used, whatever its name.
 */
#include "l2mcd/l2mcd_p.h"
#include "l2mcd/l2mcd_pppoe.h"

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

static char reason[160];

/* What is looked for, and found. */
struct search {
	uint32_t below;
	uint16_t vlan, protocol;
	ifindex_t ifindex;
	char name[IFNAMSIZ];
};

struct link {
	uint32_t below;
	bool vlan_kind;
	uint16_t vlan, protocol;
	const char *name;
};

static int data_attr(const struct nlattr *a, void *arg)
{
	struct link *l = arg;

	if (mnl_attr_get_type(a) == IFLA_VLAN_ID)
		l->vlan = mnl_attr_get_u16(a);
	else if (mnl_attr_get_type(a) == IFLA_VLAN_PROTOCOL)
		l->protocol = ntohs(mnl_attr_get_u16(a));
	return MNL_CB_OK;
}

static int info_attr(const struct nlattr *a, void *arg)
{
	struct link *l = arg;

	if (mnl_attr_get_type(a) == IFLA_INFO_KIND)
		l->vlan_kind = strcmp(mnl_attr_get_str(a), "vlan") == 0;
	else if (mnl_attr_get_type(a) == IFLA_INFO_DATA && l->vlan_kind)
		mnl_attr_parse_nested(a, data_attr, l);
	return MNL_CB_OK;
}

static int link_attr(const struct nlattr *a, void *arg)
{
	struct link *l = arg;

	switch (mnl_attr_get_type(a)) {
	case IFLA_IFNAME:
		l->name = mnl_attr_get_str(a);
		break;
	case IFLA_LINK:
		l->below = mnl_attr_get_u32(a);
		break;
	case IFLA_LINKINFO:
		mnl_attr_parse_nested(a, info_attr, l);
		break;
	}
	return MNL_CB_OK;
}

static int link_cb(const struct nlmsghdr *nlh, void *arg)
{
	const struct ifinfomsg *ifm = mnl_nlmsg_get_payload(nlh);
	struct search *s = arg;
	struct link l = {};

	mnl_attr_parse(nlh, sizeof(*ifm), link_attr, &l);
	if (!l.vlan_kind || !l.name || l.below != s->below || l.vlan != s->vlan ||
	    l.protocol != s->protocol)
		return MNL_CB_OK;
	s->ifindex = ifm->ifi_index;
	strlcpy(s->name, l.name, sizeof(s->name));
	return MNL_CB_OK;
}

/* One request, with all of its answers; 0, or -1 and errno. */
static int ask(struct nlmsghdr *nlh, mnl_cb_t cb, void *arg)
{
	struct mnl_socket *nl = NULL;
	char buf[32768];
	int r = -1, err;
	ssize_t n;

	frr_with_privs (&l2mcd_privs) {
		nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
		if (nl && mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) == 0 &&
		    mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) >= 0)
			r = 1;
	}
	while (r > 0) {
		n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		r = n < 0 ? -1 : mnl_cb_run(buf, n, 0, mnl_socket_get_portid(nl), cb, arg);
	}
	err = errno;
	if (nl)
		mnl_socket_close(nl);
	errno = err;
	return r;
}

static void find(struct search *s)
{
	char buf[256];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *ifm;

	nlh->nlmsg_type = RTM_GETLINK;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	ifm = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifm));
	ifm->ifi_family = AF_UNSPEC;
	if (ask(nlh, link_cb, s) < 0)
		s->ifindex = 0;
}

static int make(const struct search *s)
{
	char buf[512];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nlattr *info, *data;
	struct ifinfomsg *ifm;

	nlh->nlmsg_type = RTM_NEWLINK;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
	ifm = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifm));
	ifm->ifi_flags = ifm->ifi_change = IFF_UP;
	mnl_attr_put_strz(nlh, IFLA_IFNAME, s->name);
	mnl_attr_put_u32(nlh, IFLA_LINK, s->below);
	info = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, "vlan");
	data = mnl_attr_nest_start(nlh, IFLA_INFO_DATA);
	mnl_attr_put_u16(nlh, IFLA_VLAN_ID, s->vlan);
	mnl_attr_put_u16(nlh, IFLA_VLAN_PROTOCOL, htons(s->protocol));
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, info);
	return ask(nlh, NULL, NULL);
}

ifindex_t l2mcd_vlan_device(ifindex_t below, const char *below_name, bool service_tag,
			    uint16_t vlan, char name[IFNAMSIZ], bool *made, const char **why)
{
	struct search s = {.below = below,
			   .vlan = vlan,
			   .protocol =
				   service_tag ? PPPOE_ETHERTYPE_8021AD : PPPOE_ETHERTYPE_8021Q};

	*made = false;
	find(&s);
	if (!s.ifindex) {
		/* the usual name where it fits */
		if (snprintf(s.name, sizeof(s.name), "%s.%u", below_name, vlan) >= IFNAMSIZ)
			snprintf(s.name, sizeof(s.name), "vlan%u.%u", below % 100000, vlan);
		if (make(&s) < 0) {
			snprintf(reason, sizeof(reason), "VLAN device %s: %s", s.name,
				 safe_strerror(errno));
			*why = reason;
			return 0;
		}
		*made = true;
		find(&s);
	}
	strlcpy(name, s.name, IFNAMSIZ);
	return s.ifindex;
}

void l2mcd_vlan_delete(ifindex_t ifindex)
{
	char buf[256];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *ifm;

	nlh->nlmsg_type = RTM_DELLINK;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	ifm = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifm));
	ifm->ifi_index = ifindex;
	ask(nlh, NULL, NULL); /* it may have gone with the one below */
}
