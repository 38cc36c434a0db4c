// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * l2mcd_tap.c - IGMP and MLD of all session interfaces through one packet socket.
 *
 * The kernel's own multicast routing sees at most 31 interfaces and hears IGMPv2 reports on no
 * other; a packet socket has no such limit.  A classic BPF filter lets only incoming IGMP, and
 * IPv6 packets that begin with a hop-by-hop header (all MLD does), through.
 */
#include "l2mcd/l2mcd_p.h"

#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#define READ_BUDGET 256 /* packets per wake-up */

static int sock = -1;
static struct event *t_read;
static struct gmp_decoder decoder;

/* clang-format off */
static struct sock_filter code[] = {
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, SKF_AD_OFF + SKF_AD_PKTTYPE),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 8, 0),	/* -> drop */
	BPF_STMT(BPF_LD | BPF_H | BPF_ABS, SKF_AD_OFF + SKF_AD_PROTOCOL),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 2),		/* -> IPv6? */
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_IGMP, 3, 4),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IPV6, 0, 3),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_HOPOPTS, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, 0xffff),
	BPF_STMT(BPF_RET | BPF_K, 0),
};
/* clang-format on */

/* ---------------------------------------------------------------- receiving */

static void input(struct l2mcd *d, ifindex_t ifindex, struct span packet)
{
	struct l2mcd_session *s = l2mcd_lns_by_ifindex(ifindex);
	struct gmp_router *r;
	enum gmp_decode result;
	struct gmp_msg m;

	if (!s) {
		d->stats.tap_ignored++;
		return;
	}
	d->stats.tap_packets++;
	result = gmp_msg_decode(&decoder, packet, &m);
	d->stats.gmp_decode[result]++;
	if (result != GMP_DECODE_OK) {
		L2MCD_DEBUG(gmp, "%s: packet dropped: %s", s->interface, gmp_decode_name(result));
		return;
	}
	L2MCD_DEBUG(gmp, "%s: %s received", s->interface, gmp_type_name(&m));
	r = s->gmp[m.mld];
	if (r)
		gmp_router_input(r, &m, l2mcd_now());
}

static void tap_read(struct event *event)
{
	struct l2mcd *d = l2mcd_instance();
	static uint8_t buf[GMP_MAX_PACKET * 8];

	event_add_read(d->master, tap_read, NULL, sock, &t_read);
	for (int i = 0; i < READ_BUDGET; i++) {
		struct sockaddr_ll from;
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(sock, buf, sizeof(buf), MSG_DONTWAIT,
				     (struct sockaddr *)&from, &len);

		if (n < 0) {
			if (errno != EAGAIN && errno != EINTR)
				d->stats.tap_errors++;
			break;
		}
		input(d, from.sll_ifindex, (struct span){buf, n});
	}
	l2mcd_kick();
}

/* ---------------------------------------------------------------- sending */

static void multicast_mac(const struct addr *group, uint8_t mac[6])
{
	const uint8_t *g = addr_octets(group);

	if (addr_is_v4(group)) { /* RFC 1112 6.4 */
		const uint8_t m[6] = {0x01, 0x00, 0x5e, g[1] & 0x7f, g[2], g[3]};

		memcpy(mac, m, 6);
	} else { /* RFC 2464 7 */
		const uint8_t m[6] = {0x33, 0x33, g[12], g[13], g[14], g[15]};

		memcpy(mac, m, 6);
	}
}

/* The destination of a packet, which only the encoder knows when m->dst was left open. */
static struct addr destination_of(const uint8_t *packet)
{
	return packet[0] >> 4 == 4 ? addr_from_v4(packet + 16) : addr_from_v6(packet + 24);
}

void l2mcd_tap_send(const struct l2mcd_session *s, const struct gmp_msg *m)
{
	struct l2mcd *d = l2mcd_instance();
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_ifindex = s->ifindex,
		.sll_protocol = htons(m->mld ? ETH_P_IPV6 : ETH_P_IP),
	};
	uint8_t buf[GMP_MAX_PACKET];
	size_t n = gmp_msg_encode(m, buf, sizeof(buf));

	if (!n || sock < 0 || !s->ifindex)
		return;
	if (s->framing == FIB_FRAMING_ETHERNET) {
		struct addr dst = destination_of(buf);

		to.sll_halen = 6;
		multicast_mac(&dst, to.sll_addr);
	}
	if (sendto(sock, buf, n, MSG_DONTWAIT, (struct sockaddr *)&to, sizeof(to)) < 0)
		d->stats.tap_errors++;
}

/* ---------------------------------------------------------------- the socket */

static int open_socket(void)
{
	const struct sock_fprog prog = {.len = array_size(code), .filter = code};
	int fd = -1;

	frr_with_privs (&l2mcd_privs) {
		/* protocol 0: nothing is received before the filter is there */
		fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (fd >= 0) {
			struct sockaddr_ll all = {.sll_family = AF_PACKET,
						  .sll_protocol = htons(ETH_P_ALL)};
			int size = 8 << 20;

			setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
			if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) < 0 ||
			    bind(fd, (struct sockaddr *)&all, sizeof(all)) < 0) {
				close(fd);
				fd = -1;
			}
		}
	}
	return fd;
}

void l2mcd_tap_reconcile(struct l2mcd *d)
{
	bool want = d->config.present && d->config.provider != L2MCD_PROVIDER_NONE;

	if (want == (sock >= 0))
		return;
	if (!want) {
		l2mcd_tap_fini();
		return;
	}
	sock = open_socket();
	if (sock < 0)
		zlog_err("cannot open the packet socket for IGMP and MLD: %s",
			 safe_strerror(errno));
	else
		event_add_read(d->master, tap_read, NULL, sock, &t_read);
}

void l2mcd_tap_fini(void)
{
	event_cancel(&t_read);
	if (sock >= 0)
		close(sock);
	sock = -1;
}
