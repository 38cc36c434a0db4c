/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * checksum.bpf.h - sums over a packet, and transport checksums that a sender left to the device.
 */
#ifndef MCFIBD_CHECKSUM_BPF_H
#define MCFIBD_CHECKSUM_BPF_H

#include "maps.bpf.h"

/* What the headers of a copy depend on.  Plain numbers, since put_header() gets it. */
struct packet {
	__u64 group_mac; /* of a group or broadcast address; 0: a unicast packet */
	__u32 len;	 /* the subscriber's IP packet */
	__u32 cur;	 /* octets in front of it now */
	__u32 sum;	 /* over it, if a branch needs that */
	__u32 tos;
	__u32 inner;	/* its ethertype, network order */
	__u32 protocol; /* skb->protocol as it is now */
	__u32 lse;	/* of a labelled copy: see mpls.bpf.h */
	__u32 ttl;	/* of the label received; at a root of the packet */
};

static __always_inline __u32 fold(__u64 s)
{
	s = (s & 0xffffffff) + (s >> 32);
	s = (s & 0xffff) + ((s >> 16) & 0xffff) + (s >> 32);
	s = (s & 0xffff) + (s >> 16);
	s = (s & 0xffff) + (s >> 16);
	return s;
}

/* One's complement sum over a part of the packet, by chunks. */
struct sum_job {
	struct __sk_buff *skb;
	__u32 off, len, sum, failed;
};

static long sum_chunk(__u32 i, void *arg)
{
	struct sum_job *j = arg;
	__u32 zero = 0, n = j->len > SUM_CHUNK ? SUM_CHUNK : j->len, padded;
	struct scratch *s = bpf_map_lookup_elem(&scratch, &zero);
	__s64 sum;

	j->failed = 1;
	if (!s)
		return 1;
	if (n & 3)
		*(__u32 *)(s->b + (n & (SUM_CHUNK - 4))) = 0;
	barrier_var(n);
	n = ((n - 1) & (SUM_CHUNK - 1)) + 1; /* as it was; Linux 6.1 derives 1..512 from this */
	if (bpf_skb_load_bytes(j->skb, j->off, s->b, n))
		return 1;
	padded = (n + 3) & (2 * SUM_CHUNK - 4);
	barrier_var(padded);
	if (padded > SUM_CHUNK)
		return 1;
	sum = bpf_csum_diff(0, 0, (__be32 *)s->b, padded, j->sum);
	if (sum < 0)
		return 1;
	j->sum = sum;
	j->off += n;
	j->len -= n;
	j->failed = 0;
	return j->len == 0;
}

/* Once per packet, not per copy. */
static __always_inline int sum_octets(struct __sk_buff *skb, __u32 off, __u32 len, __u32 *out)
{
	struct sum_job j = {.skb = skb, .off = off, .len = len};

	bpf_loop((len + SUM_CHUNK - 1) / SUM_CHUNK, sum_chunk, &j, 0);
	*out = fold(j.sum);
	return j.failed;
}

/*
 * The sender left the transport checksum to the device (CHECKSUM_PARTIAL).  The device will not
 * find it behind our headers, and neither will a receiver on the other side of a virtual link
 * be told, so it is completed here.  No helper clears the mark; but the kernel drops it when
 * the octets where the sum starts are pulled off the packet, so they are pulled and put back.
 *
 * head: length of the IP header, 20 or 40; check: offset of the checksum in the transport
 * header.  The field holds the sum over the pseudo header, so the sum over all is the result.
 */
#define PULL_MORE 16 /* beyond the IP header: more than the Ethernet header that stays */

__attribute__((noinline)) int complete_checksum(struct __sk_buff *skb, __u32 head, __u32 len,
						__u32 check)
{
	__u32 pull = head + PULL_MORE, total = 14 + len, sum;
	__u8 saved[40 + PULL_MORE];
	__u16 result;

	if ((head != 20 && head != 40) || len < head + 8 ||
	    sum_octets(skb, 14 + head, len - head, &sum))
		return -1;
	/* the kernel wants something left behind what is pulled */
	if (bpf_skb_change_tail(skb, total + sizeof(saved) + 40, 0) ||
	    bpf_skb_load_bytes(skb, 14, saved, sizeof(saved)) ||
	    bpf_skb_adjust_room(skb, -(__s32)pull, BPF_ADJ_ROOM_MAC, 0) ||
	    bpf_skb_adjust_room(skb, pull, BPF_ADJ_ROOM_MAC, 0))
		return -1;
	result = ~sum;
	if (!result)
		result = 0xffff;
	if ((head == 20 ? bpf_skb_store_bytes(skb, 14, saved, 20 + PULL_MORE, 0)
			: bpf_skb_store_bytes(skb, 14, saved, 40 + PULL_MORE, 0)) ||
	    bpf_skb_store_bytes(skb, 14 + head + check, &result, 2, 0) ||
	    bpf_skb_change_tail(skb, total, 0))
		return -1;
	return 0;
}

/* Folded sum over the pseudo header of UDP or TCP (RFC 768, RFC 8200 8.1); 0: another protocol,
 * options, a fragment. */
static __always_inline __u32 pseudo_sum(struct __sk_buff *skb, const struct packet *p,
					__u8 *protocol)
{
	__u64 sum = 0;
	int i;

	if (p->inner == bpf_htons(ETH_P_IP)) {
		struct iphdr ip;

		if (bpf_skb_load_bytes(skb, 14, &ip, sizeof(ip)) || ip.ihl != 5 ||
		    (ip.frag_off & bpf_htons(0x3fff)))
			return 0;
		*protocol = ip.protocol;
		sum = (__u64)ip.saddr + ip.daddr;
	} else {
		struct ipv6hdr ip6;

		if (bpf_skb_load_bytes(skb, 14, &ip6, sizeof(ip6)))
			return 0;
		*protocol = ip6.nexthdr;
		for (i = 0; i < 4; i++)
			sum += (__u64)ip6.saddr.s6_addr32[i] + ip6.daddr.s6_addr32[i];
	}
	if (*protocol != IPPROTO_UDP && *protocol != IPPROTO_TCP)
		return 0;
	sum += bpf_htons(*protocol);
	sum += bpf_htons(p->len - (p->inner == bpf_htons(ETH_P_IP) ? 20 : 40));
	return fold(sum);
}

/* A complete checksum may equal the pseudo header's by chance: then it is computed to what it
 * was.  Expects the IP packet at 14. */
static __always_inline int check_checksum(struct __sk_buff *skb, const struct packet *p)
{
	__u32 head = p->inner == bpf_htons(ETH_P_IP) ? 20 : 40, at, sum;
	__u8 protocol = 0;
	__u16 field;

	sum = pseudo_sum(skb, p, &protocol);
	if (!sum)
		return 0;
	at = protocol == IPPROTO_UDP ? 6 : 16;
	if (bpf_skb_load_bytes(skb, 14 + head + at, &field, sizeof(field)) || field != sum)
		return 0;
	COUNT(checksum);
	return complete_checksum(skb, head, p->len, at);
}

#endif
