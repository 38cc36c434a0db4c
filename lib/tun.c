// SPDX-License-Identifier: GPL-2.0-or-later
/* A TUN with an address; see tun.h. */
#include "lib/tun.h"

#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static bool request(struct nlmsghdr *nlh)
{
	char buf[MNL_SOCKET_BUFFER_SIZE];
	struct mnl_socket *nl = mnl_socket_open(NETLINK_ROUTE);
	ssize_t n = -1;

	nlh->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	if (nl && mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) >= 0)
		n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
	if (n > 0)
		n = mnl_cb_run(buf, n, 0, 0, NULL, NULL); /* -1 and errno: refused */
	if (nl)
		mnl_socket_close(nl);
	return n >= 0;
}

/* One message with address and prefix length: zebra must not see an intermediate /32. */
static bool add_address(unsigned int ifindex, const struct addr *a, uint8_t prefixlen)
{
	char buf[MNL_SOCKET_BUFFER_SIZE];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct ifaddrmsg *ifa;

	nlh->nlmsg_type = RTM_NEWADDR;
	nlh->nlmsg_flags = NLM_F_CREATE | NLM_F_REPLACE;
	ifa = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifa));
	ifa->ifa_family = addr_is_v4(a) ? AF_INET : AF_INET6;
	ifa->ifa_prefixlen = prefixlen;
	ifa->ifa_index = ifindex;
	if (!addr_is_v4(a)) /* nobody is there who could have it, too */
		ifa->ifa_flags = IFA_F_NODAD;
	mnl_attr_put(nlh, IFA_LOCAL, addr_len(a), addr_octets(a));
	mnl_attr_put(nlh, IFA_ADDRESS, addr_len(a), addr_octets(a));
	return request(nlh);
}

/* The kernel gives a TUN that comes up a random link-local address otherwise. */
static void no_link_local(const char *name)
{
	char buf[MNL_SOCKET_BUFFER_SIZE];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nlattr *spec, *family;
	struct ifinfomsg *ifi;

	nlh->nlmsg_type = RTM_NEWLINK;
	ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));
	ifi->ifi_index = (int)if_nametoindex(name);
	spec = mnl_attr_nest_start(nlh, IFLA_AF_SPEC);
	family = mnl_attr_nest_start(nlh, AF_INET6);
	mnl_attr_put_u8(nlh, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	mnl_attr_nest_end(nlh, family);
	mnl_attr_nest_end(nlh, spec);
	request(nlh);
}

bool tun_set_address(const char *name, const struct addr *address, uint8_t prefixlen)
{
	unsigned int ifindex = if_nametoindex(name);

	return ifindex && add_address(ifindex, address, prefixlen);
}

static bool set_up(struct ifreq *ifr, const struct addr *address, uint8_t prefixlen)
{
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ok;

	if (s < 0)
		return false;
	ok = tun_set_address(ifr->ifr_name, address, prefixlen) && ioctl(s, SIOCGIFFLAGS, ifr) == 0;
	ifr->ifr_flags |= IFF_UP | IFF_MULTICAST;
	ok = ok && ioctl(s, SIOCSIFFLAGS, ifr) == 0;
	close(s);
	return ok;
}

/* Makes the device or attaches to it; -1 and errno. */
static int attach(const char *name, struct ifreq *ifr)
{
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK), error;

	if (fd < 0)
		return -1;
	*ifr = (struct ifreq){.ifr_flags = IFF_TUN | IFF_NO_PI};
	snprintf(ifr->ifr_name, sizeof(ifr->ifr_name), "%s", name);
	if (ioctl(fd, TUNSETIFF, ifr) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

int tun_open(const char *name, const struct addr *address, uint8_t prefixlen, bool link_local)
{
	struct ifreq ifr;
	int fd = attach(name, &ifr), error;

	if (fd < 0)
		return -1;
	if (!link_local)
		no_link_local(name); /* refused where there is no IPv6 */
	if (ioctl(fd, TUNSETPERSIST, 1) == 0 && set_up(&ifr, address, prefixlen))
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

void tun_remove(const char *name)
{
	struct ifreq ifr;
	int fd = if_nametoindex(name) ? attach(name, &ifr) : -1;

	if (fd >= 0)
		tun_close(fd, true);
}

void tun_close(int fd, bool remove)
{
	if (remove)
		ioctl(fd, TUNSETPERSIST, 0);
	close(fd);
}
