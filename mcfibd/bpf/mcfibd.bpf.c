// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * mcfibd.bpf.c - the packet path: L2TP sessions and multicast replication on tc (clsact).
 *
 *   mcf_tunnel_in   ingress of an interface towards tunnel peers: L2TP data of a known session
 *   mcf_session_in  ingress of an access interface (LAC): the subscriber's packets
 *   mcf_session_out egress of a session interface (LNS): packets to the subscriber
 *   mcf_flow_out    egress of an upstream interface (LNS, root of LSPs): multicast flows
 *   mcf_mpls_in     ingress of an Ethernet: packets with a label of a P2MP LSP
 *
 * Each exists for devices with Ethernet header and, as ..._raw, without link header; a raw
 * packet gets an empty Ethernet header in front, so that everything after the parsing sees one
 * shape: `cur` octets of headers, then the subscriber's IP packet.  No CO-RE; kernel 6.1 or
 * later (bpf_loop is in 5.17).
 *
 * The verdict for a packet consumed at egress is STOLEN, not SHOT: SHOT is a transmission
 * error to the caller, and ip_fragment() would stop after the first fragment.  "Not ours" is
 * UNSPEC, so that filters of other programs run.
 */
#include "forward.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* ---------------------------------------------------------------- L2TP data from a peer */

/* RFC 2661 3.1.  *in: octets in front of the L2TP header, then in front of the payload.  *ns:
 * 0x10000 | Ns, if there is one.  *preferred: the P bit. */
static __always_inline int l2tp_header(struct __sk_buff *skb, __u32 *in,
				       struct mcf_session_key *key, __u32 *ns, __u32 *preferred)
{
	void *end = (void *)(long)skb->data_end, *p = (void *)(long)skb->data + *in;
	__u32 flags, at = 2;

	if (p + 14 > end)
		return -1;
	flags = bpf_ntohs(*(__be16 *)p);
	if ((flags & 0x8000) || (flags & 0x000f) != 2)
		return -1;	     /* control message or not L2TPv2: the daemon's */
	*preferred = flags & 0x0100; /* P */
	if (flags & 0x4000)
		at += 2; /* L */
	key->tunnel_id = *(__be16 *)(p + (at & 6));
	key->session_id = *(__be16 *)(p + (at & 6) + 2);
	at += 4;
	if (flags & 0x0800) { /* S */
		*ns = 0x10000 | bpf_ntohs(*(__be16 *)(p + (at & 0xe)));
		at += 4;
	}
	if (flags & 0x0200) {
		__u32 pad = bpf_ntohs(*(__be16 *)(p + (at & 0xe))); /* O */

		if (pad > 255)
			return -1;
		at += 2 + pad;
	}
	*in += at;
	return 0;
}

static __always_inline int from_peer(const struct mcf_object *o, const struct iphdr *ip,
				     const struct udphdr *udp)
{
	const __u32 *peer = (const void *)o->peer, *local = (const void *)o->local;

	return peer[3] == ip->saddr && o->peer_port == udp->source && o->local_port == udp->dest &&
	       (!local[3] || local[3] == ip->daddr);
}

/* RFC 2661 5.4: what is late.  A4045-18: it is counted, and passes unless it is to be dropped. */
static __always_inline int note_ns(struct mcf_object *o, __u32 ns)
{
	if (o->numbers != ns >> 16)
		o->numbers = ns >> 16;
	if (!ns)
		return 0;
	if (!o->next_ns || !((ns - o->next_ns) & 0x8000)) {
		o->next_ns = 0x10000 | ((ns + 1) & 0xffff);
		return 0;
	}
	o->late++;
	return o->flags & MCF_O_DROP_LATE;
}

static __always_inline int drop_late(__u32 object, __u32 len)
{
	struct mcf_counters *c = counters(object);

	if (c) {
		c->packets++;
		c->bytes += len;
		c->late++;
	}
	return TC_ACT_SHOT;
}

/* Length of the PPP header at `in`: [ff 03] 00 21 or 00 57, with or without compression of the
 * protocol field; 0: something else. */
static __always_inline __u32 ppp_header(struct __sk_buff *skb, __u32 in)
{
	__u8 b[4];
	__u32 at = 0;

	if (bpf_skb_load_bytes(skb, in, b, sizeof(b)))
		return 0;
	if (b[0] == 0xff && b[1] == 0x03) {
		b[0] = b[2];
		b[1] = b[3];
		at = 2;
	}
	if (b[0] == 0x21 || b[0] == 0x57)
		return at + 1;
	if (b[0] == 0 && (b[1] == 0x21 || b[1] == 0x57))
		return at + 2;
	return 0;
}

static __always_inline int tunnel_in(struct __sk_buff *skb, const __u32 l2)
{
	__u32 in = l2 + sizeof(struct iphdr) + sizeof(struct udphdr), *index, ns = 0;
	struct mcf_session_key key;
	struct mcf_object *o;
	struct udphdr *udp;
	struct iphdr *ip;
	void *data, *end;
	struct job j = {};

	if (skb->vlan_present || skb->protocol != bpf_htons(ETH_P_IP) || linear(skb, in + 20))
		return TC_ACT_UNSPEC;
	data = (void *)(long)skb->data;
	end = (void *)(long)skb->data_end;
	ip = data + l2;
	udp = (void *)(ip + 1);
	if ((void *)(udp + 1) > end || ip->version != 4 || ip->ihl != 5 ||
	    ip->protocol != IPPROTO_UDP || (ip->frag_off & bpf_htons(0x3fff)))
		return TC_ACT_UNSPEC; /* options and fragments: the stack's work */
	if (l2tp_header(skb, &in, &key, &ns, &j.preferred))
		return TC_ACT_UNSPEC;
	index = bpf_map_lookup_elem(&sessions, &key);
	if (!index)
		return TC_ACT_UNSPEC;
	j.object = *index;
	o = bpf_map_lookup_elem(&objects, &j.object);
	if (!o)
		return TC_ACT_UNSPEC;
	if (!from_peer(o, ip, udp)) {
		COUNT(wrong_peer);
		return TC_ACT_UNSPEC;
	}
	if (o->flags & MCF_O_PPP) {
		__u32 ppp = ppp_header(skb, in);

		if (!ppp)
			return TC_ACT_UNSPEC; /* PPP control protocols */
		in += ppp;
	}
	count_tunnel(o->tunnel, skb->len - l2);
	if (note_ns(o, ns))
		return drop_late(j.object, skb->len - in);
	return forward(skb, &j, o, in, l2, TC_ACT_SHOT);
}

/* ---------------------------------------------------------------- unicast of a session */

static __always_inline void learn(const struct mcf_object *o, const void *data, const void *end)
{
	struct mcf_branch_counters *c;
	__u64 mac = 0;

	if (data + 14 > end || !o->learn || (*(__u8 *)(data + 6) & 1))
		return;
	__builtin_memcpy(&mac, data + 6, 6);
	c = bpf_map_lookup_elem(&branch_ctrs, &o->learn);
	if (c && c->mac != mac)
		c->mac = mac;
}

/* A PPP link has no ARP: whoever asks gets the answer at once.  Not for an announcement or a
 * probe (RFC 5227), or the subscriber would see a conflict about its own address. */
static __always_inline int answer_arp(struct __sk_buff *skb, const struct mcf_object *o,
				      __u64 redirect, int otherwise)
{
	struct {
		__be16 htype, ptype;
		__u8 hlen, plen;
		__be16 op;
		__u8 sha[6], sip[4], tha[6], tip[4];
	} __attribute__((packed)) arp, r;
	__u8 mac[6];

	if (bpf_skb_load_bytes(skb, 14, &arp, sizeof(arp)))
		return otherwise;
	if (arp.htype != bpf_htons(1) || arp.ptype != bpf_htons(ETH_P_IP) || arp.hlen != 6 ||
	    arp.plen != 4 || arp.op != bpf_htons(1) || !__builtin_memcmp(arp.sip, arp.tip, 4) ||
	    !(arp.sip[0] | arp.sip[1] | arp.sip[2] | arp.sip[3]))
		return otherwise;
	__builtin_memcpy(mac, o->mac, 6);
	r = arp;
	r.op = bpf_htons(2);
	__builtin_memcpy(r.sha, mac, 6);
	__builtin_memcpy(r.sip, arp.tip, 4);
	__builtin_memcpy(r.tha, arp.sha, 6);
	__builtin_memcpy(r.tip, arp.sip, 4);
	if (bpf_skb_store_bytes(skb, 0, arp.sha, 6, 0) || bpf_skb_store_bytes(skb, 6, mac, 6, 0) ||
	    bpf_skb_store_bytes(skb, 14, &r, sizeof(r), 0))
		return otherwise;
	COUNT(arp);
	return bpf_redirect(skb->ifindex, redirect);
}

static __always_inline int session(struct __sk_buff *skb, const __u32 l2, int access)
{
	const int other = access ? TC_ACT_UNSPEC : TC_ACT_STOLEN;
	__u32 ifindex = skb->ifindex, *index;
	struct mcf_object *o;
	struct job j = {};

	if (skb->vlan_present)
		return TC_ACT_UNSPEC;
	index = access ? bpf_map_lookup_elem(&access_ifs, &ifindex)
		       : bpf_map_lookup_elem(&session_ifs, &ifindex);
	if (!index)
		return TC_ACT_UNSPEC;
	j.object = *index;
	o = bpf_map_lookup_elem(&objects, &j.object);
	if (!o)
		return TC_ACT_UNSPEC;
	if (l2 && access)
		learn(o, (void *)(long)skb->data, (void *)(long)skb->data_end);
	if (l2 && skb->protocol == bpf_htons(ETH_P_ARP))
		return answer_arp(skb, o, access ? 0 : BPF_F_INGRESS, other);
	if (skb->protocol != bpf_htons(ETH_P_IP) && skb->protocol != bpf_htons(ETH_P_IPV6)) {
		if (!access)
			COUNT(not_ip);
		return other;
	}
	if (o->flags & MCF_O_NUMBERS) {
		j.numbers = 1;
	} else if (o->flags & MCF_O_FOLLOW) {
		const struct mcf_object *in = bpf_map_lookup_elem(&objects, &o->in);

		j.numbers = in && in->numbers;
	}
	return forward(skb, &j, o, l2, l2, access ? TC_ACT_SHOT : TC_ACT_STOLEN);
}

/* ---------------------------------------------------------------- multicast flows */

static __always_inline __u32 *flow4(struct __sk_buff *skb, const __u32 l2, int *pass)
{
	struct mcf_flow4_key key = {.ifindex = skb->ifindex};
	struct iphdr ip;
	__u32 *index, group;

	*pass = 1;
	if (bpf_skb_load_bytes(skb, l2, &ip, sizeof(ip)))
		return 0;
	group = bpf_ntohl(ip.daddr);
	if ((group & 0xf0000000) != 0xe0000000 || (group & 0xffffff00) == 0xe0000000 ||
	    ip.protocol == IPPROTO_IGMP)
		return 0; /* unicast, link-local, membership protocol */
	*pass = 0;
	key.group = ip.daddr;
	key.source = ip.saddr;
	index = bpf_map_lookup_elem(&flows4, &key);
	if (index)
		return index;
	key.source = 0;
	return bpf_map_lookup_elem(&flows4, &key);
}

static __always_inline __u32 *flow6(struct __sk_buff *skb, const __u32 l2, int *pass)
{
	struct mcf_flow6_key key = {.ifindex = skb->ifindex};
	struct ipv6hdr ip;
	__u32 *index;
	__u8 next;

	*pass = 1;
	if (bpf_skb_load_bytes(skb, l2, &ip, sizeof(ip)))
		return 0;
	next = ip.nexthdr;
	if (next == 0 && bpf_skb_load_bytes(skb, l2 + sizeof(ip), &next, 1))
		return 0;
	if (ip.daddr.s6_addr[0] != 0xff || (ip.daddr.s6_addr[1] & 0x0f) < 3 ||
	    next == IPPROTO_ICMPV6)
		return 0;
	*pass = 0;
	__builtin_memcpy(key.source, &ip.saddr, 16);
	__builtin_memcpy(key.group, &ip.daddr, 16);
	index = bpf_map_lookup_elem(&flows6, &key);
	if (index)
		return index;
	__builtin_memset(key.source, 0, 16);
	return bpf_map_lookup_elem(&flows6, &key);
}

static __always_inline int flow_out(struct __sk_buff *skb, const __u32 l2)
{
	struct mcf_object *o;
	struct job j = {};
	__u32 *index;
	int pass = 1;

	if (skb->vlan_present)
		return TC_ACT_UNSPEC;
	if (skb->protocol == bpf_htons(ETH_P_IP))
		index = flow4(skb, l2, &pass);
	else if (skb->protocol == bpf_htons(ETH_P_IPV6))
		index = flow6(skb, l2, &pass);
	else
		return TC_ACT_UNSPEC;
	if (pass)
		return TC_ACT_UNSPEC;
	if (!index) {
		COUNT(unknown_flow);
		return TC_ACT_STOLEN;
	}
	j.object = *index;
	o = bpf_map_lookup_elem(&objects, &j.object);
	if (!o)
		return TC_ACT_STOLEN;
	return forward(skb, &j, o, l2, l2, TC_ACT_STOLEN);
}

/* ---------------------------------------------------------------- labelled packets */

/* RFC 3032 2.4.2: nothing is done with what ends here but to count it. */
static __always_inline int expired(__u32 object, __u32 len)
{
	struct mcf_counters *c = counters(object);

	if (c) {
		c->packets++;
		c->bytes += len;
		c->expired++;
	}
	return TC_ACT_SHOT;
}

/* The payload is what lies behind the label: more labels, or IP, which may be followed by
 * padding. */
static __always_inline int read_payload(struct __sk_buff *skb, struct job *j, __u32 head)
{
	if ((j->p.lse & LSE_S) && !parse_inner(skb, j, head))
		return head + j->p.len < skb->len ? bpf_skb_change_tail(skb, head + j->p.len, 0)
						  : 0;
	j->p.inner = 0;
	j->p.group_mac = 0;
	j->p.len = skb->len - head;
	return 0;
}

/* w: the label whose entry it is; head: octets up to and with it. */
static __always_inline int replicate(struct __sk_buff *skb, struct job *j, __u32 w, __u32 head)
{
	struct mcf_object *o = bpf_map_lookup_elem(&objects, &j->object);
	__u32 len = skb->len - 14, n;
	__u64 range;

	if (!o)
		return TC_ACT_SHOT;
	if ((w & LSE_TTL) <= 1)
		return expired(j->object, len);
	if (skb->gso_size) {
		COUNT(gso);
		return TC_ACT_SHOT;
	}
	j->p.lse = (w & (LSE_TC | LSE_S | LSE_TTL)) - 1;
	if (read_payload(skb, j, head))
		return TC_ACT_SHOT;
	j->p.ttl = w & LSE_TTL;
	j->p.cur = head;
	j->p.protocol = skb->protocol;
	range = *(volatile __u64 *)&o->range;
	n = range >> 32;
	j->skb = skb;
	j->base = (__u32)range;
	j->last = n - 1;
	j->verdict = n ? TC_ACT_STOLEN : TC_ACT_SHOT;
	bpf_loop(n, make_copy, j, 0);
	account(j, len, !n, 0);
	return j->verdict;
}

/* ---------------------------------------------------------------- entry points */

static __always_inline __u32 *label_index(struct __sk_buff *skb, __u32 *w, __u32 *head)
{
	__u32 label;
	__be32 lse;

	*head = 14 + LSE_LEN;
	if (bpf_skb_load_bytes(skb, 14, &lse, sizeof(lse)))
		return 0;
	*w = bpf_ntohl(lse);
	label = *w >> 12;
	return bpf_map_lookup_elem(&labels, &label);
}

/* RFC 5331 8: the upper label names the upstream LSR whose label the lower one is.  Taken off,
 * its TTL counts if it is smaller (RFC 3443 3.1). */
static __always_inline __u32 *context_index(struct __sk_buff *skb, __u32 *w, __u32 *head)
{
	struct mcf_context_key key = {.ifindex = skb->ifindex};
	__be32 lse[2];
	__u32 outer;

	*head = 14 + 2 * LSE_LEN;
	if (bpf_skb_load_bytes(skb, 14, lse, sizeof(lse)))
		return 0;
	outer = bpf_ntohl(lse[0]);
	*w = bpf_ntohl(lse[1]);
	key.context = outer >> 12;
	key.label = *w >> 12;
	if ((outer & LSE_TTL) < (*w & LSE_TTL))
		*w = (*w & ~LSE_TTL) | (outer & LSE_TTL);
	return outer & LSE_S ? 0 : bpf_map_lookup_elem(&contexts, &key);
}

/* The label alone says that it is a multicast packet (RFC 5332 1); the ethertype, whose label
 * it is.  Whatever the destination address has of the label, it is not looked at (RFC 5332 8). */
SEC("tc") int mcf_mpls_in(struct __sk_buff *skb)
{
	int context = skb->protocol == bpf_htons(ETH_P_MPLS_MC);
	struct job j = {};
	__u32 *index, w = 0, head;

	if ((!context && skb->protocol != bpf_htons(ETH_P_MPLS_UC)) || skb->vlan_present ||
	    skb->pkt_type == OTHERHOST)
		return TC_ACT_UNSPEC;
	index = context ? context_index(skb, &w, &head) : label_index(skb, &w, &head);
	if (!index) {
		if (context)
			COUNT(unknown_context);
		else
			COUNT(unknown_label);
		return cfg_drop_unknown_labels ? TC_ACT_SHOT : TC_ACT_UNSPEC;
	}
	j.object = *index;
	return replicate(skb, &j, w, head);
}

SEC("tc") int mcf_tunnel_in(struct __sk_buff *skb)
{
	return tunnel_in(skb, 14);
}

SEC("tc") int mcf_tunnel_in_raw(struct __sk_buff *skb)
{
	return tunnel_in(skb, 0);
}

SEC("tc") int mcf_session_in(struct __sk_buff *skb)
{
	return session(skb, 14, 1);
}

SEC("tc") int mcf_session_in_raw(struct __sk_buff *skb)
{
	return session(skb, 0, 1);
}

SEC("tc") int mcf_session_out(struct __sk_buff *skb)
{
	return session(skb, 14, 0);
}

SEC("tc") int mcf_session_out_raw(struct __sk_buff *skb)
{
	return session(skb, 0, 0);
}

SEC("tc") int mcf_flow_out(struct __sk_buff *skb)
{
	return flow_out(skb, 14);
}

SEC("tc") int mcf_flow_out_raw(struct __sk_buff *skb)
{
	return flow_out(skb, 0);
}
