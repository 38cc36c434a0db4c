// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * template.c - headers of the copies.
 *
 * For a device without link header the template begins with 14 octets all the same; the
 * kernel strips them on the way to such a device.
 */
#include "mcfibd/template.h"

#include <linux/if_ether.h>
#include <netinet/in.h>

#include "lib/bytes.h"

#define ETHERNET_LEN 14
#define IPV4_LEN     20
#define UDP_LEN	     8
#define TTL	     64
#define LABEL_LEN    4
#define PPPOE_LEN    8
#define VLAN_LEN     4
#define L2TP_VERSION 2
#define L2TP_S	     0x0800
#define L2TP_L	     0x4000

static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

/* The sum is over 16-bit units as they stand in memory: that is what the program adds to. */
static uint32_t sum_units(const uint8_t *p, size_t len)
{
	uint32_t sum = 0;
	uint16_t unit;
	size_t i;

	for (i = 0; i + 1 < len; i += 2) {
		memcpy(&unit, p + i, sizeof(unit));
		sum += unit;
	}
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static void ethernet(struct wr *w, const uint8_t dst[6], const uint8_t src[6], uint16_t type)
{
	wr_copy(w, dst, 6);
	wr_copy(w, src, 6);
	wr_u16(w, type);
}

/* Length, identification, DSCP and checksum are the program's. */
static void ipv4(struct wr *w, const struct addr *src, const struct addr *dst)
{
	wr_u16(w, 0x4500);
	wr_u16(w, 0);
	wr_u32(w, 0); /* identification; DF not set: the path may have a smaller MTU */
	wr_u8(w, TTL);
	wr_u8(w, IPPROTO_UDP);
	wr_u16(w, 0);
	wr_copy(w, addr_octets(src), 4);
	wr_copy(w, addr_octets(dst), 4);
}

/* Payload format: RFC 2661 3.1; without PPP header on a multicast session (A4045-26). */
static void udp_l2tp(struct wr *w, const struct template_l2tp *t)
{
	wr_u16(w, t->tunnel->local.port);
	wr_u16(w, t->tunnel->peer.port);
	wr_u32(w, 0); /* length, checksum */
	wr_u16(w, L2TP_VERSION | (t->length ? L2TP_L : 0) | (t->sequencing ? L2TP_S : 0));
	if (t->length)
		wr_u16(w, 0); /* the program's */
	wr_u16(w, t->tunnel->peer_tunnel_id);
	wr_u16(w, t->peer_session_id);
	if (t->sequencing)
		wr_u32(w, 0); /* Ns; Nr is always 0 in data (A4045-18) */
	if (t->ppp)
		wr_u32(w, 0xff030021);
}

void template_l2tp(struct mcf_branch *b, const struct template_l2tp *t)
{
	const struct addr *src = &t->tunnel->local.addr;
	struct wr w = wr_init(b->hdr, sizeof(b->hdr));
	uint8_t pseudo[12] = {[9] = IPPROTO_UDP};
	size_t udp;

	memset(b, 0, sizeof(*b));
	b->max_len = UINT32_MAX; /* unresolved: what is lost is not too big */
	if (addr_is_any(src))
		src = &t->nh->source;
	if (t->nh->state != NEXTHOP_READY || !addr_is_v4(src) || !addr_is_v4(&t->tunnel->peer.addr))
		return;
	b->kind = MCF_L2TP;
	b->ifindex = (uint32_t)t->nh->ifindex;
	ethernet(&w, t->nh->dst_mac, t->nh->src_mac, ETH_P_IP);
	ipv4(&w, src, &t->tunnel->peer.addr);
	udp = wr_len(&w);
	udp_l2tp(&w, t);
	b->hlen = (uint8_t)wr_len(&w);
	b->l3off = ETHERNET_LEN;
	b->flags = (t->tunnel->udp_checksum ? MCF_B_CHECKSUM : 0) |
		   (t->sequencing ? MCF_B_SEQUENCE : 0) | (t->ppp ? MCF_B_PPP : 0) |
		   (t->max_bps ? MCF_B_POLICE : 0);
	b->max_bps = t->max_bps;
	b->max_len = t->nh->mtu - (b->hlen - ETHERNET_LEN);
	if (t->maximum)
		b->max_len = least(b->max_len, t->maximum);
	b->ip_sum = sum_units(b->hdr + ETHERNET_LEN, IPV4_LEN);
	memcpy(pseudo, b->hdr + udp - 8, 8);
	b->udp_sum = sum_units(pseudo, sizeof(pseudo)) + sum_units(b->hdr + udp, b->hlen - udp);
}

/* RFC 2516 4: version and type 1, code 0; length is the program's. */
static void pppoe(struct mcf_branch *b, const struct fib_access_session *s, const struct link *link)
{
	struct wr w = wr_init(b->hdr, sizeof(b->hdr));
	unsigned int i;

	b->kind = MCF_PPPOE;
	wr_copy(&w, s->pppoe.mac, 6);
	wr_copy(&w, link->mac, 6);
	for (i = 0; i < s->pppoe.n_vlans; i++) {
		bool outer = i + 1 < s->pppoe.n_vlans;

		wr_u16(&w, outer ? ETH_P_8021AD : ETH_P_8021Q);
		wr_u16(&w, s->pppoe.vlan[i]);
	}
	wr_u16(&w, ETH_P_PPP_SES);
	b->l3off = (uint8_t)wr_len(&w);
	wr_u16(&w, 0x1100);
	wr_u16(&w, s->pppoe.session_id);
	wr_u16(&w, 0);
	wr_u16(&w, 0x0021);
	b->hlen = (uint8_t)wr_len(&w);
	/* The MTU leaves room for one tag: a second one takes its octets from the packet. */
	b->max_len = link->mtu - PPPOE_LEN - (s->pppoe.n_vlans > 1 ? VLAN_LEN : 0);
}

bool template_access(struct mcf_branch *b, const struct fib_access_session *s,
		     const struct link *link)
{
	struct wr w = wr_init(b->hdr, sizeof(b->hdr));

	memset(b, 0, sizeof(*b));
	b->ifindex = (uint32_t)link->ifindex;
	if (s->framing == FIB_FRAMING_PPPOE) {
		if (!link_is_ethernet(link))
			return false;
		pppoe(b, s, link);
	} else {
		/* raw or Ethernet: the kernel knows what the device takes */
		b->kind = link_is_raw(link) ? MCF_RAW : MCF_ETHERNET;
		b->flags = link_is_raw(link) ? 0 : MCF_B_LEARNED;
		ethernet(&w, broadcast, link->mac, 0);
		b->hlen = (uint8_t)wr_len(&w);
		b->max_len = link->mtu;
	}
	if (s->maximum_packet)
		b->max_len = least(b->max_len, s->maximum_packet);
	return true;
}

void template_priority(struct mcf_branch *b, enum fib_priority p)
{
	b->flags |= MCF_B_PRIORITY;
	b->priority = p == FIB_UNICAST_FIRST	 ? MCF_PRIO_LAST
		      : p == FIB_MULTICAST_FIRST ? MCF_PRIO_FIRST
						 : MCF_PRIO_EQUAL;
}

void template_peer_mac(uint8_t mac[6], const struct link *link)
{
	memcpy(mac, link->mac, 6);
	mac[0] |= 0x02; /* locally administered */
	mac[5] ^= 0x01;
}

void template_receive(struct mcf_branch *b, const struct fib_access_session *s,
		      const struct link *link)
{
	struct wr w = wr_init(b->hdr, sizeof(b->hdr));
	uint8_t peer[6];

	memset(b, 0, sizeof(*b));
	b->kind = link_is_raw(link) ? MCF_RAW : MCF_ETHERNET;
	b->flags = MCF_B_INGRESS;
	b->ifindex = (uint32_t)link->ifindex;
	template_peer_mac(peer, link);
	ethernet(&w, link->mac, peer, 0);
	b->hlen = (uint8_t)wr_len(&w);
	b->max_len = UINT16_MAX;
}

/* RFC 3032 2.1; class, S and TTL are the program's.  What does not fit the link with all labels
 * is too big: labelled packets are not fragmented here (RFC 3032 3.4 allows to discard). */
static void stack(struct mcf_branch *b, struct wr *w, const uint32_t *labels, unsigned int n,
		  uint32_t mtu)
{
	for (unsigned int i = 0; i < n; i++)
		wr_u32(w, labels[i] << 12);
	b->kind = MCF_MPLS;
	b->hlen = (uint8_t)wr_len(w);
	b->l3off = ETHERNET_LEN;
	b->max_len = mtu > n * LABEL_LEN ? mtu - n * LABEL_LEN : 0;
}

void template_mpls(struct mcf_branch *b, const struct nexthop *nh, const uint32_t *labels,
		   unsigned int n)
{
	struct wr w = wr_init(b->hdr, sizeof(b->hdr));

	memset(b, 0, sizeof(*b));
	b->max_len = UINT32_MAX; /* unresolved: what is lost is not too big */
	if (nh->state != NEXTHOP_READY || nh->raw || n > MCF_MAX_LABELS)
		return;
	b->ifindex = (uint32_t)nh->ifindex;
	ethernet(&w, nh->dst_mac, nh->src_mac, ETH_P_MPLS_UC);
	stack(b, &w, labels, n, nh->mtu);
}

void template_mpls_multicast(struct mcf_branch *b, const struct link *link, const uint32_t *labels,
			     unsigned int n)
{
	/* the label from which the address is made: the second, or the only one (RFC 5332 8) */
	uint32_t key = labels[n > 1];
	uint8_t mac[6] = {0x01,	       0x00, 0x5e, (uint8_t)(0x80 | key >> 16), (uint8_t)(key >> 8),
			  (uint8_t)key};
	struct wr w = wr_init(b->hdr, sizeof(b->hdr));

	memset(b, 0, sizeof(*b));
	b->ifindex = (uint32_t)link->ifindex;
	ethernet(&w, mac, link->mac, ETH_P_MPLS_MC);
	stack(b, &w, labels, n, link->mtu);
}

void template_pop(struct mcf_branch *b, const struct link *link, enum fib_ttl ttl,
		  enum fib_payload payload)
{
	struct wr w = wr_init(b->hdr, sizeof(b->hdr));
	uint8_t peer[6];

	memset(b, 0, sizeof(*b));
	b->kind = MCF_POP;
	b->flags = MCF_B_INGRESS | (ttl == FIB_TTL_UNIFORM ? MCF_B_UNIFORM : 0);
	b->ifindex = (uint32_t)link->ifindex;
	b->payload = payload == FIB_PAYLOAD_IPV4   ? htons(ETH_P_IP)
		     : payload == FIB_PAYLOAD_IPV6 ? htons(ETH_P_IPV6)
						   : 0;
	template_peer_mac(peer, link);
	ethernet(&w, link->mac, peer, 0);
	b->hlen = (uint8_t)wr_len(&w);
	b->max_len = UINT16_MAX;
}
