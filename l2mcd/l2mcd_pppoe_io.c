// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * l2mcd_pppoe_io.c - packet sockets for PPPoE Discovery, one for each netdev.
 *
 * The socket sees frames of all VLANs, also of those that have no device: the kernel takes the
 * outer tag off and tells it beside the frame.  A classic BPF filter lets only incoming
 * Discovery frames through.
 */
#include "l2mcd/l2mcd_p.h"
#include "l2mcd/l2mcd_pppoe.h"

#include <linux/filter.h>
#include <linux/if_packet.h>

#define READ_BUDGET 256 /* frames per wake-up */
#define TAG_AT	    12	/* behind the addresses */
#define TAG_LEN	    4

DEFINE_MTYPE_STATIC(L2MCD, L2MCD_NETDEV, "PPPoE netdev");

PREDECL_DLIST(netdevs);

struct l2mcd_netdev {
	struct netdevs_item item;
	char name[IFNAMSIZ];
	ifindex_t ifindex;
	uint8_t mac[PPPOE_MAC_LEN];
	unsigned int users;
	int sock;
	struct event *t_read;
};

DECLARE_DLIST(netdevs, struct l2mcd_netdev, item);

static struct netdevs_head netdevs = INIT_DLIST(netdevs);

/* Type at 12, or behind one or two tags that the kernel has left in the frame. */
/* clang-format off */
static struct sock_filter code[] = {
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, SKF_AD_OFF + SKF_AD_PKTTYPE),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 11, 0),	/* -> drop */
	BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PPPOE_ETHERTYPE_DISCOVERY, 8, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PPPOE_ETHERTYPE_8021Q, 1, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PPPOE_ETHERTYPE_8021AD, 0, 7),
	BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 16),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PPPOE_ETHERTYPE_DISCOVERY, 4, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PPPOE_ETHERTYPE_8021Q, 1, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PPPOE_ETHERTYPE_8021AD, 0, 3),
	BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 20),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PPPOE_ETHERTYPE_DISCOVERY, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, 0xffff),
	BPF_STMT(BPF_RET | BPF_K, 0),
};
/* clang-format on */

/* ---------------------------------------------------------------- receiving */

/* The tag that the kernel has taken off; 0: none, or only a priority. */
static uint16_t outer_tag(struct msghdr *mh, uint16_t *ethertype)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(mh); c; c = CMSG_NXTHDR(mh, c)) {
		struct tpacket_auxdata aux;

		if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(&aux, CMSG_DATA(c), sizeof(aux));
		if (!(aux.tp_status & TP_STATUS_VLAN_VALID))
			return 0;
		*ethertype = aux.tp_status & TP_STATUS_VLAN_TPID_VALID ? aux.tp_vlan_tpid
								       : PPPOE_ETHERTYPE_8021Q;
		return aux.tp_vlan_tci & 0xfff;
	}
	return 0;
}

/* buf has room for the tag in front of the frame. */
static void give(const struct l2mcd_netdev *dev, uint8_t *buf, size_t len, struct msghdr *mh)
{
	uint8_t *frame = buf + TAG_LEN;
	uint16_t ethertype, vlan = outer_tag(mh, &ethertype);

	if (vlan && len >= TAG_AT) {
		memmove(buf, frame, TAG_AT);
		put_u16(buf + TAG_AT, ethertype);
		put_u16(buf + TAG_AT + 2, vlan);
		frame = buf;
		len += TAG_LEN;
	}
	l2mcd_pppoe_input(dev->name, (struct span){frame, len});
}

static void netdev_read(struct event *event)
{
	struct l2mcd_netdev *dev = EVENT_ARG(event);
	uint8_t buf[TAG_LEN + 2048];

	event_add_read(l2mcd_instance()->master, netdev_read, dev, dev->sock, &dev->t_read);
	for (int i = 0; i < READ_BUDGET; i++) {
		char control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
		struct iovec iov = {buf + TAG_LEN, sizeof(buf) - TAG_LEN};
		struct msghdr mh = {.msg_iov = &iov,
				    .msg_iovlen = 1,
				    .msg_control = control,
				    .msg_controllen = sizeof(control)};
		ssize_t n = recvmsg(dev->sock, &mh, MSG_DONTWAIT);

		if (n < 0)
			break; /* nothing more; that the netdev has gone, zebra tells */
		give(dev, buf, n, &mh);
	}
	l2mcd_kick();
}

void l2mcd_netdev_send(struct l2mcd_netdev *dev, struct span frame)
{
	if (send(dev->sock, frame.p, frame.len, MSG_DONTWAIT) < 0)
		L2MCD_DEBUG(pppoe, "%s: cannot send: %s", dev->name, safe_strerror(errno));
}

/* ---------------------------------------------------------------- sockets */

static int open_socket(ifindex_t ifindex)
{
	const struct sock_fprog prog = {.len = array_size(code), .filter = code};
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = ifindex};
	int fd = -1, size = 1 << 20, on = 1, err;

	frr_with_privs (&l2mcd_privs) {
		/* protocol 0: nothing is received before the filter is there */
		fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (fd >= 0) {
			setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
			if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) < 0 ||
			    setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)) < 0 ||
			    bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0) {
				err = errno;
				close(fd);
				errno = err;
				fd = -1;
			}
		}
	}
	return fd;
}

bool l2mcd_netdev_is(const struct l2mcd_netdev *dev, const struct interface *ifp)
{
	return dev->ifindex == ifp->ifindex && ifp->hw_addr_len == PPPOE_MAC_LEN &&
	       memcmp(dev->mac, ifp->hw_addr, PPPOE_MAC_LEN) == 0;
}

struct l2mcd_netdev *l2mcd_netdev_get(const struct interface *ifp)
{
	struct l2mcd_netdev *dev;
	int fd;

	frr_each (netdevs, &netdevs, dev) {
		if (l2mcd_netdev_is(dev, ifp)) {
			dev->users++;
			return dev;
		}
	}
	fd = open_socket(ifp->ifindex);
	if (fd < 0)
		return NULL;
	dev = XCALLOC(MTYPE_L2MCD_NETDEV, sizeof(*dev));
	strlcpy(dev->name, ifp->name, sizeof(dev->name));
	dev->ifindex = ifp->ifindex;
	memcpy(dev->mac, ifp->hw_addr, PPPOE_MAC_LEN);
	dev->users = 1;
	dev->sock = fd;
	netdevs_add_tail(&netdevs, dev);
	event_add_read(l2mcd_instance()->master, netdev_read, dev, fd, &dev->t_read);
	return dev;
}

void l2mcd_netdev_put(struct l2mcd_netdev *dev)
{
	if (--dev->users)
		return;
	event_cancel(&dev->t_read);
	close(dev->sock);
	netdevs_del(&netdevs, dev);
	XFREE(MTYPE_L2MCD_NETDEV, dev);
}
