/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * forward.bpf.h - one IP packet becomes the copies of an object.
 */
#ifndef MCFIBD_FORWARD_BPF_H
#define MCFIBD_FORWARD_BPF_H

#include "checksum.bpf.h"
#include "mpls.bpf.h"

/* One packet on its way to the copies of an object. */
struct job {
	struct __sk_buff *skb;
	struct packet p;
	__u64 copies, copied_bytes, too_big, failed, malformed, policed;
	__u32 object;
	__u32 numbers;	  /* RFC 2661 5.4: the peer numbers its data messages */
	__u32 preferred;  /* RFC 2661 3.1: P bit */
	__u32 base, last; /* branches: the first, and the one that gets the packet itself */
	__u32 verdict;
};

static __always_inline int resize(struct __sk_buff *skb, struct packet *p, __u32 to)
{
	if (to == p->cur)
		return 0;
	if (leave_mpls(skb, p))
		return -1;
	if (bpf_skb_adjust_room(skb, (__s32)to - (__s32)p->cur, BPF_ADJ_ROOM_MAC, 0))
		return -1;
	p->cur = to;
	return 0;
}

/* skb->protocol can only be changed by converting the packet: the kernel moves it by the
 * difference of the headers and leaves the octets alone. */
static __always_inline int set_protocol(struct __sk_buff *skb, struct packet *p, __u32 protocol)
{
	if (p->protocol != protocol && leave_mpls(skb, p))
		return -1;
	if (p->protocol == protocol)
		return 0;
	if (protocol == bpf_htons(ETH_P_IPV6)) {
		if (bpf_skb_change_proto(skb, bpf_htons(ETH_P_IPV6), 0))
			return -1;
		p->cur += 20;
	} else {
		if (p->cur < 34 && resize(skb, p, 34))
			return -1;
		if (bpf_skb_change_proto(skb, bpf_htons(ETH_P_IP), 0))
			return -1;
		p->cur -= 20;
	}
	p->protocol = protocol;
	return 0;
}

/* What differs from the template in the headers of an L2TP copy. */
static __always_inline int finish_l2tp(struct __sk_buff *skb, struct packet *p,
				       const struct mcf_branch *b, __u32 hlen)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct iphdr *ip = data + 14;
	struct udphdr *udp = (void *)(ip + 1);
	__be16 *ns = data + 48; /* behind flags, tunnel and session id */
	struct mcf_global *g = global();
	__u64 s;

	if (data + 14 + 20 + 8 + 12 > end || !g)
		return -1;
	ip->tot_len = bpf_htons(p->len + hlen - 14);
	ip->id = bpf_htons(g->ip_id++ * cfg_cpus + bpf_get_smp_processor_id());
	ip->tos = p->tos & 0xfc; /* DSCP; ECN is not tunnelled (RFC 6040 4.1 compatibility) */
	s = (__u64)b->ip_sum + ip->tot_len + ip->id + bpf_htons(ip->tos);
	ip->check = ~fold(s);
	udp->len = bpf_htons(p->len + hlen - 34);
	s = (__u64)b->udp_sum + p->sum + 2 * (__u32)udp->len;
	if (b->hdr[42] & 0x40) { /* L bit: the Length field is what moves Ns */
		__be16 len = bpf_htons(p->len + hlen - 42);

		*(__be16 *)(data + 44) = len;
		s += len;
		ns = data + 50;
	}
	if (b->flags & MCF_B_SEQUENCE) {
		struct mcf_seq *seq = bpf_map_lookup_elem(&seqs, &b->seq);
		__be16 n = seq ? bpf_htons(__sync_fetch_and_add(&seq->ns, 1)) : 0;

		*ns = n;
		s += n;
	}
	if ((b->flags & MCF_B_PPP) && p->inner == bpf_htons(ETH_P_IPV6)) {
		if (data + 56 > end)
			return -1;
		if (b->flags & MCF_B_SEQUENCE)
			*(__be16 *)(data + 54) = bpf_htons(0x0057);
		else
			*(__be16 *)(data + 50) = bpf_htons(0x0057);
		s += bpf_htons(0x0057 - 0x0021);
	}
	if (b->flags & MCF_B_CHECKSUM) {
		__u16 check = ~fold(s);

		udp->check = check ? check : 0xffff;
	}
	return 0;
}

static __always_inline int finish_ethernet(struct __sk_buff *skb, struct packet *p,
					   const struct mcf_branch *b)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	__u64 mac = p->group_mac;

	if (data + 14 > end)
		return -1;
	*(__be16 *)(data + 12) = p->inner;
	if (!mac && (b->flags & MCF_B_LEARNED)) {
		const struct mcf_branch_counters *c = bpf_map_lookup_elem(&branch_ctrs, &b->ctr);

		mac = c ? c->mac : 0;
	}
	if (mac) {
		*(__u32 *)data = mac;
		*(__u16 *)(data + 4) = mac >> 32;
	}
	return 0;
}

static __always_inline int finish_pppoe(struct __sk_buff *skb, struct packet *p,
					const struct mcf_branch *b)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	__be16 *pppoe = data + (b->l3off & 0x1e);

	if ((void *)(pppoe + 4) > end)
		return -1;
	pppoe[2] = bpf_htons(p->len + 2);
	if (p->inner == bpf_htons(ETH_P_IPV6))
		pppoe[3] = bpf_htons(0x0057);
	return 0;
}

/* What skb->protocol has to be for a copy of that kind. */
static __always_inline __u32 protocol_for(const struct packet *p, __u32 kind)
{
	if (kind == MCF_MPLS)
		return p->protocol; /* whatever it is, it stays */
	return kind == MCF_L2TP ? bpf_htons(ETH_P_IP) : p->inner;
}

/* Not inline: the verifier looks at it once, whatever the packet has gone through before. */
__attribute__((noinline)) int put_header(struct __sk_buff *skb, struct packet *p, __u32 branch)
{
	struct mcf_branch *b = bpf_map_lookup_elem(&branches, &branch);
	__u32 hlen;

	if (!b || !p)
		return -1;
	hlen = b->hlen;
	if (set_protocol(skb, p, protocol_for(p, b->kind)) || resize(skb, p, hlen))
		return -1;
	barrier_var(hlen);
	hlen = ((hlen - 1) & 127) + 1; /* as it was; Linux 6.1 derives 1..128 from this */
	if (hlen > MCF_HDR_MAX ||
	    bpf_skb_store_bytes(skb, 0, b->hdr, hlen,
				b->kind >= MCF_MPLS ? BPF_F_RECOMPUTE_CSUM : 0))
		return -1;
	if (b->kind == MCF_L2TP)
		return finish_l2tp(skb, p, b, hlen);
	if (b->kind == MCF_PPPOE)
		return finish_pppoe(skb, p, b);
	if (b->kind == MCF_MPLS)
		return finish_mpls(skb, p, b);
	if (b->kind == MCF_POP)
		return finish_pop(skb, p, b);
	return finish_ethernet(skb, p, b);
}

/*
 * A TCP packet that the stack left unsegmented: it becomes an unsegmented tunnel packet, which
 * the kernel or the device cuts behind us and gives right lengths and checksums; the outer UDP
 * checksum is 0 then.  L2TP and PPP header are what lies between UDP and the inner IP header.
 */
#define GSO_FLAGS \
	(BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 | BPF_F_ADJ_ROOM_ENCAP_L4_UDP)

__attribute__((noinline)) int put_gso_header(struct __sk_buff *skb, struct packet *p, __u32 branch)
{
	struct mcf_branch *b = bpf_map_lookup_elem(&branches, &branch);
	__u32 hlen = 14 + 20 + 8 + 6 + 4, head;
	__u16 none = 0;
	__u8 offset;

	if (!b || !p || b->kind != MCF_L2TP || b->hlen != hlen)
		return -1;
	head = p->inner == bpf_htons(ETH_P_IP) ? 20 : 40;
	if (bpf_skb_load_bytes(skb, 14 + head + 12, &offset, 1))
		return -1;
	if (head + (offset >> 4) * 4 + skb->gso_size > b->max_len)
		return 1;
	if (bpf_skb_adjust_room(skb, hlen - 14, BPF_ADJ_ROOM_MAC,
				GSO_FLAGS | BPF_F_ADJ_ROOM_ENCAP_L2(6 + 4)) ||
	    bpf_skb_store_bytes(skb, 0, b->hdr, 14 + 20 + 8 + 6 + 4, 0) ||
	    finish_l2tp(skb, p, b, hlen))
		return -1;
	return bpf_skb_store_bytes(skb, 14 + 20 + 6, &none, sizeof(none), 0);
}

static __always_inline void forward_gso(struct job *j)
{
	struct mcf_branch *b = bpf_map_lookup_elem(&branches, &j->base);
	__u32 segments = j->skb->gso_segs;
	struct mcf_branch_counters *c;
	int r;

	if (!b)
		return;
	c = bpf_map_lookup_elem(&branch_ctrs, &b->ctr);
	if (!c)
		return;
	r = put_gso_header(j->skb, &j->p, j->base);
	if (r > 0) {
		__sync_fetch_and_add(&c->too_big, 1);
		j->too_big++;
	} else if (r < 0) {
		__sync_fetch_and_add(&c->failed, 1);
		j->failed++;
	} else {
		j->copies += segments;
		j->copied_bytes += j->p.len + segments * b->hlen;
		__sync_fetch_and_add(&c->packets, segments);
		__sync_fetch_and_add(&c->bytes, j->p.len + segments * b->hlen);
		j->verdict = bpf_redirect(b->ifindex, 0);
	}
}

/*
 * A4045-17: more than the Maximum BPS that the LAC has been told?  All flows of the session fill
 * one bucket.  What is over does not wait but is dropped, before it has a number.
 */
static __always_inline int exceeds(const struct mcf_branch *b, __u32 len)
{
	struct mcf_seq *s = bpf_map_lookup_elem(&seqs, &b->seq);
	__u64 now = bpf_ktime_get_ns(), cost, due, at;
	int i;

	if (!s || !b->max_bps)
		return 0;
	cost = len * 8000000000ull / b->max_bps;
	for (i = 0; i < 4; i++) {
		due = *(volatile __u64 *)&s->due;
		at = due > now ? due : now;
		if (at - now > MCF_BURST_NS)
			return 1;
		if (__sync_val_compare_and_swap(&s->due, due, at + cost) == due)
			return 0;
	}
	__sync_fetch_and_add(&s->due, cost); /* four processors at a time: it evens out */
	return 0;
}

/* bpf_loop callback: makes copy i.  0: go on. */
static long make_copy(__u32 i, void *arg)
{
	struct job *j = arg;
	struct mcf_branch_counters *c;
	struct mcf_branch *b;
	__u32 k = j->base + i;
	__u64 flags;

	b = bpf_map_lookup_elem(&branches, &k);
	if (!b)
		return 1;
	c = bpf_map_lookup_elem(&branch_ctrs, &b->ctr);
	if (!c)
		return 1;
	if (j->p.len > b->max_len) {
		__sync_fetch_and_add(&c->too_big, 1);
		j->too_big++;
		return 0;
	}
	if ((b->flags & MCF_B_POLICE) && exceeds(b, j->p.len)) {
		__sync_fetch_and_add(&c->policed, 1);
		j->policed++;
		return 0;
	}
	if (b->kind == MCF_POP && !may_pop(&j->p, b)) {
		__sync_fetch_and_add(&c->failed, 1);
		j->malformed++;
		return 0;
	}
	if (b->kind == MCF_NONE || put_header(j->skb, &j->p, k))
		goto failed;
	if (b->flags & MCF_B_PRIORITY)
		j->skb->priority = j->preferred ? MCF_PRIO_FIRST : b->priority;
	flags = b->flags & MCF_B_INGRESS ? BPF_F_INGRESS : 0;
	if (i == j->last)
		j->verdict = bpf_redirect(b->ifindex, flags);
	else if (bpf_clone_redirect(j->skb, b->ifindex, flags))
		goto failed;
	j->copies++;
	j->copied_bytes += j->p.len + b->hlen;
	__sync_fetch_and_add(&c->packets, 1);
	__sync_fetch_and_add(&c->bytes, j->p.len + b->hlen);
	return 0;
failed:
	__sync_fetch_and_add(&c->failed, 1);
	j->failed++;
	return 0;
}

/* Reads what the copies need to know of the IP packet at `in`.  0: it is one. */
static __always_inline int parse_inner(struct __sk_buff *skb, struct job *j, __u32 in)
{
	struct ipv6hdr ip6;
	struct iphdr ip;

	if (bpf_skb_load_bytes(skb, in, &ip, sizeof(ip)))
		return -1;
	if (ip.version == 4) {
		__u32 dst = bpf_ntohl(ip.daddr);

		j->p.inner = bpf_htons(ETH_P_IP);
		j->p.len = bpf_ntohs(ip.tot_len);
		j->p.tos = ip.tos;
		j->p.ttl = ip.ttl;
		if (ip.ihl < 5 || j->p.len < ip.ihl * 4u)
			return -1;
		if ((dst & 0xf0000000) == 0xe0000000) /* RFC 1112 6.4 */
			j->p.group_mac =
				0x5e0001ull | ((__u64)(ip.daddr & bpf_htonl(0x7fffff)) << 16);
		else if (dst == 0xffffffff)
			j->p.group_mac = 0xffffffffffffull;
	} else if (ip.version == 6) {
		if (bpf_skb_load_bytes(skb, in, &ip6, sizeof(ip6)))
			return -1;
		j->p.inner = bpf_htons(ETH_P_IPV6);
		j->p.len = sizeof(ip6) + bpf_ntohs(ip6.payload_len);
		j->p.ttl = ip6.hop_limit;
		j->p.tos = (ip6.priority << 4 | ip6.flow_lbl[0] >> 4) & 0xff;
		if (ip6.daddr.s6_addr[0] == 0xff) /* RFC 2464 7 */
			j->p.group_mac = 0x3333ull | (__u64)ip6.daddr.s6_addr32[3] << 16;
	} else {
		return -1;
	}
	return in + j->p.len > skb->len ? -1 : 0;
}

static __always_inline void account(struct job *j, __u32 len, __u32 no_branch, __u32 malformed)
{
	struct mcf_counters *c = counters(j->object);

	if (!c)
		return;
	c->packets++;
	c->bytes += len;
	c->copies += j->copies;
	c->copied_bytes += j->copied_bytes;
	c->too_big += j->too_big;
	c->failed += j->failed;
	c->no_branch += no_branch;
	c->malformed += malformed + j->malformed;
	c->policed += j->policed;
}

/* What a root's labels begin with: class from the precedence, S, TTL of the packet as it has
 * been routed into the LSP already (RFC 3443 3.1), or one of its own. */
static __always_inline __u32 label_word(const struct mcf_object *o, const struct packet *p)
{
	return (p->tos >> 5) << 9 | LSE_S | (o->flags & MCF_O_PIPE ? PIPE_TTL : p->ttl);
}

/* The IP packet behind `in` octets goes to every branch of the object.  l2: length of the link
 * header the packet has. */
static __always_inline int forward(struct __sk_buff *skb, struct job *j, struct mcf_object *o,
				   __u32 in, const __u32 l2, int drop)
{
	__u64 range = *(volatile __u64 *)&o->range;
	__u32 n = range >> 32;

	j->skb = skb;
	j->base = (__u32)range;
	if ((o->flags & MCF_O_FOLLOW) && n == 2) {
		j->base += j->numbers;
		n = 1;
	}
	j->last = n - 1;
	j->p.protocol = skb->protocol;
	j->verdict = TC_ACT_STOLEN;
	if (skb->gso_size && (in != l2 || n != 1 || j->numbers)) {
		COUNT(gso); /* only a packet that enters a tunnel, without numbers, can stay whole */
		return drop;
	}
	if (parse_inner(skb, j, in) ||
	    (in + j->p.len < skb->len && bpf_skb_change_tail(skb, in + j->p.len, 0))) {
		account(j, skb->len - l2, 0, 1);
		return drop;
	}
	if (!n) {
		account(j, j->p.len, 1, 0);
		return drop;
	}
	if (!l2) {
		if (bpf_skb_change_head(skb, 14, 0))
			return drop;
		in += 14;
	}
	j->p.lse = label_word(o, &j->p);
	j->p.cur = in;
	if (skb->gso_size) {
		forward_gso(j);
		account(j, j->p.len, 0, 0);
		return j->verdict;
	}
	if (in == 14 && check_checksum(skb, &j->p))
		return drop;
	if ((o->flags & MCF_O_CHECKSUM) && sum_octets(skb, in, j->p.len, &j->p.sum))
		return drop;
	bpf_loop(n, make_copy, j, 0);
	account(j, j->p.len, 0, 0);
	return j->verdict;
}

#endif
