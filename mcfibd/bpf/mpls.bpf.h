/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * mpls.bpf.h - label stacks in front of the copies, and off the packets (RFC 3032, RFC 3443).
 *
 * struct packet keeps of the received label, or of what a root begins with, traffic class, S
 * bit and the TTL to send in one word, `lse`, at their places in a label stack entry.
 */
#ifndef MCFIBD_MPLS_BPF_H
#define MCFIBD_MPLS_BPF_H

#define LSE_LEN	  4
#define LSE_TC	  0xe00
#define LSE_S	  0x100
#define LSE_TTL	  0xff
#define PIPE_TTL  255 /* RFC 3443 3.2: of no relation to the packet's */

#define OTHERHOST 3 /* PACKET_OTHERHOST of linux/if_packet.h */

/*
 * The kernel resizes only what it takes for IP.  No helper says so of a labelled packet, but
 * two VLAN tags do: the second puts the first into the packet, where the type behind it can be
 * overwritten, and taking them off again sets skb->protocol from there.
 */
static __always_inline int leave_mpls(struct __sk_buff *skb, struct packet *p)
{
	__u16 proto = p->inner ? p->inner : bpf_htons(ETH_P_IP);

	if (p->protocol != bpf_htons(ETH_P_MPLS_UC) && p->protocol != bpf_htons(ETH_P_MPLS_MC))
		return 0;
	if (bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), 1) ||
	    bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), 1) ||
	    bpf_skb_store_bytes(skb, 16, &proto, sizeof(proto), BPF_F_RECOMPUTE_CSUM) ||
	    bpf_skb_vlan_pop(skb) || bpf_skb_vlan_pop(skb))
		return -1;
	p->protocol = proto;
	return 0;
}

/* Labels are in the template; the innermost gets the packet's S bit, all get class and TTL. */
static __always_inline int finish_mpls(struct __sk_buff *skb, const struct packet *p,
				       const struct mcf_branch *b)
{
	__u32 n = (b->hlen - 14u) / LSE_LEN, i, w;
	__be32 lse[MCF_MAX_LABELS];

	__builtin_memcpy(lse, b->hdr + 14, sizeof(lse));
	for (i = 0; i < MCF_MAX_LABELS; i++) {
		w = p->lse & (i + 1 == n ? LSE_TC | LSE_S | LSE_TTL : LSE_TC | LSE_TTL);
		lse[i] |= bpf_htonl(w);
	}
	if (n == 1) /* constant lengths: as the verifier of Linux 6.1 likes them */
		return bpf_skb_store_bytes(skb, 14, lse, 4, BPF_F_RECOMPUTE_CSUM);
	if (n == 2)
		return bpf_skb_store_bytes(skb, 14, lse, 8, BPF_F_RECOMPUTE_CSUM);
	if (n == 3)
		return bpf_skb_store_bytes(skb, 14, lse, 12, BPF_F_RECOMPUTE_CSUM);
	return bpf_skb_store_bytes(skb, 14, lse, 16, BPF_F_RECOMPUTE_CSUM);
}

/* What a label's entry allows to be taken from the LSP: IP behind the bottom of the stack, of
 * the version the LSP carries (RFC 3032 2.2). */
static __always_inline int may_pop(const struct packet *p, const struct mcf_branch *b)
{
	return p->inner && (!b->payload || p->inner == b->payload);
}

/*
 * Uniform model: the TTL of the label goes back into the packet, never to make it larger.  It
 * is that of the label as received: the decrement of this hop is made by whoever forwards the
 * packet from here, as RFC 3443 counts one per LSR.
 */
static __always_inline int ttl_back(struct __sk_buff *skb, const struct packet *p)
{
	__u8 old[2], new[2];
	__u16 from, to;

	if (p->inner == bpf_htons(ETH_P_IPV6)) {
		if (bpf_skb_load_bytes(skb, 14 + 7, old, 1))
			return -1;
		new[0] = p->ttl;
		return old[0] <= new[0]
			       ? 0
			       : bpf_skb_store_bytes(skb, 14 + 7, new, 1, BPF_F_RECOMPUTE_CSUM);
	}
	if (bpf_skb_load_bytes(skb, 14 + 8, old, 2))
		return -1;
	new[0] = p->ttl;
	new[1] = old[1];
	if (old[0] <= new[0])
		return 0;
	__builtin_memcpy(&from, old, 2);
	__builtin_memcpy(&to, new, 2);
	/* what the one adds to a sum over the packet, the other takes away */
	return bpf_l3_csum_replace(skb, 14 + 10, from, to, 2) ||
			       bpf_skb_store_bytes(skb, 14 + 8, new, 2, 0)
		       ? -1
		       : 0;
}

/* The packet has its new Ethernet header already. */
static __always_inline int finish_pop(struct __sk_buff *skb, const struct packet *p,
				      const struct mcf_branch *b)
{
	__u16 inner = p->inner;
	__u64 mac = p->group_mac;

	if (bpf_skb_store_bytes(skb, 12, &inner, 2, BPF_F_RECOMPUTE_CSUM) ||
	    (mac && bpf_skb_store_bytes(skb, 0, &mac, 6, BPF_F_RECOMPUTE_CSUM)))
		return -1;
	return b->flags & MCF_B_UNIFORM ? ttl_back(skb, p) : 0;
}

#endif
