/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mcfibd_bpf.h - what the eBPF programs and the agent share: the contents of the maps.
 *
 * An object says what is to be done with the packets that match one key: `range` names a run
 * of branches, and one 64-bit store replaces the whole run, so a packet sees either all of the
 * old branches or all of the new ones.  Branches never change while a run is published.
 * What has to survive a replacement (counters, Ns, a learned MAC address) lives in slots of
 * its own that branches point to.
 */
#ifndef MCFIBD_BPF_H
#define MCFIBD_BPF_H

#include <linux/types.h>

/* Default sizes of the maps; the agent may load with others. */
#define MCF_MAX_OBJECTS	 32768
#define MCF_MAX_BRANCHES 131072
#define MCF_MAX_SEQS	 32768

#define MCF_MAX_LABELS	 4 /* that a branch pushes */

/* Ethernet, IPv6, UDP, L2TP with length and sequence numbers, PPP: 14 + 40 + 8 + 12 + 4. */
#define MCF_HDR_MAX	 80

enum mcf_kind {
	MCF_NONE = 0,
	MCF_L2TP = 1,	  /* Ethernet, IPv4, UDP, L2TP, maybe PPP */
	MCF_ETHERNET = 2, /* Ethernet header only */
	MCF_RAW = 3,	  /* to a netdev without link header */
	MCF_PPPOE = 4,	  /* Ethernet, up to two VLAN tags, PPPoE, PPP */
	MCF_MPLS = 5,	  /* Ethernet, up to four labels */
	MCF_POP = 6,	  /* as Ethernet or raw, out of an LSP */
};

/* mcf_branch.flags */
#define MCF_B_CHECKSUM 0x01 /* L2TP: outer UDP checksum */
#define MCF_B_SEQUENCE 0x02 /* L2TP: S bit, Ns from the seq slot */
#define MCF_B_PPP      0x04 /* L2TP: header ends with ff 03 and the PPP protocol */
#define MCF_B_INGRESS  0x08 /* hand in as received on ifindex */
#define MCF_B_LEARNED  0x10 /* Ethernet: destination from the counter slot's mac */
#define MCF_B_UNIFORM  0x20 /* pop: the label's TTL goes into the packet */
#define MCF_B_PRIORITY 0x40 /* skb->priority says in which queue the copy waits */
#define MCF_B_POLICE   0x80 /* L2TP: not more than max_bps, with the bucket of the seq slot */

/*
 * skb->priority of copies on a subscriber's link.  They are TC_PRIO_ values that the kernel's own
 * map (pfifo_fast, prio) has in band 1, 2 and 0: with these, three bands are RFC 4045 6.3.
 */
#define MCF_PRIO_EQUAL 0 /* unicast; multicast, best effort: one queue, in the order of arrival */
#define MCF_PRIO_LAST  2 /* multicast, unicast first */
#define MCF_PRIO_FIRST 6 /* multicast first; data with the P bit */

/* What may be sent at once after a pause, in nanoseconds of max_bps. */
#define MCF_BURST_NS   100000000ull

/** One copy to make.  l3off: of the outer IPv4 (L2TP) or of the PPPoE header in hdr[]. */
struct mcf_branch {
	__u32 ifindex;
	__u8 kind, flags, hlen, l3off;
	__u32 max_len; /* largest inner IP packet */
	__u32 ctr;     /* slot in branch_ctrs */
	__u32 seq;     /* slot in seqs */
	__u32 ip_sum;  /* L2TP: sum over the template's IPv4 header */
	__u32 udp_sum; /* L2TP: sum over pseudo header, UDP, L2TP, PPP of the template */
	__u32 payload; /* pop: only this ethertype, network order; 0: IPv4 and IPv6 */
	__u32 priority;
	__u32 max_bps; /* of IP packets */
	__u8 hdr[MCF_HDR_MAX];
};

#define MCF_RANGE(base, count) ((__u64)(count) << 32 | (base))

/* mcf_object.flags */
#define MCF_O_PPP	       0x01 /* L2TP payload starts with a PPP header */
#define MCF_O_CHECKSUM	       0x02 /* one of the branches wants the UDP checksum */
#define MCF_O_PIPE	       0x04 /* labels begin with a TTL of their own */
#define MCF_O_DROP_LATE	       0x08 /* L2TP data behind what was expected: dropped */
#define MCF_O_FOLLOW	       0x10 /* of two branches one counts: see `in` */
#define MCF_O_NUMBERS	       0x20 /* the branch has Ns */

struct mcf_object {
	__u64 range; /* MCF_RANGE(): replaced by one store */
	__u32 flags;
	__u32 tunnel;	/* received L2TP data is also counted for this object */
	__u32 learn;	/* access interface: branch_ctrs slot that keeps the MAC address */
	__u8 peer[16];	/* L2TP data must come from here; IPv4 mapped as in lib/addr.h */
	__u8 local[16]; /* and go here; all zero: any */
	__u16 peer_port, local_port; /* network order */
	__u8 mac[8];		     /* answer to ARP requests on this interface, 6 octets */
	__u32 next_ns;		     /* 0x10000 | Ns expected in sequenced L2TP data; 0: none yet */
	__u32 numbers;		     /* 1: the last data message had Ns */
	__u64 late;		     /* of those, behind what was expected */
	/* Object of the other direction: with Ns there the second branch counts, else the first
	 * (RFC 2661 5.4). */
	__u32 in, pad;
};

/** Counters of an object; index cpu * objects + object.  One cache line but for labels. */
struct mcf_counters {
	__u64 packets, bytes;			     /* matched */
	__u64 copies, copied_bytes;		     /* sent, with all headers */
	__u64 too_big, failed, no_branch, malformed; /* drops */
	__u64 expired;				     /* labelled, TTL 0 or 1: dropped */
	__u64 policed;				     /* over the maximum rate: dropped */
	__u64 late;				     /* of mcf_object.late: dropped */
	__u64 pad[5];
};

/** Counters and state of a branch, all processors together. */
struct mcf_branch_counters {
	__u64 packets, bytes, too_big, failed;
	__u64 mac; /* learned Ethernet address in the first 6 octets; 0: none yet */
	__u64 policed;
	__u64 pad[2];
};

/** Next Ns of a session, and its bucket; who it is, for an agent that takes over. */
struct mcf_seq {
	__u64 ns;
	__u64 due; /* time, by bpf_ktime_get_ns(), when all that has been sent would be over */
	__u16 tunnel_id, session_id, peer_session_id, pad;
};

/** Packets that no object accounts for. */
struct mcf_global {
	__u64 unknown_flow;  /* left an upstream interface, no object: dropped */
	__u64 wrong_peer;    /* L2TP data of a known session from elsewhere: to the stack */
	__u64 not_ip;	     /* neither IP nor ARP to a subscriber: dropped */
	__u64 gso;	     /* unsegmented: dropped */
	__u64 arp;	     /* requests answered */
	__u64 checksum;	     /* inner checksums completed */
	__u64 ip_id;	     /* next identification of an outer header */
	__u64 unknown_label; /* of nobody's object: to the stack, or dropped (--mpls-unknown) */
	__u64 unknown_context; /* the same, upstream-assigned: meant for others on the LAN */
};

/* Keys.  Octet order of the wire except ifindex. */
struct mcf_session_key {
	__u16 tunnel_id, session_id;
};

/* An upstream-assigned label; all in host order. */
struct mcf_context_key {
	__u32 ifindex, context, label;
};

struct mcf_flow4_key {
	__u32 ifindex;
	__u32 source, group; /* source 0: any */
};

struct mcf_flow6_key {
	__u32 ifindex;
	__u8 source[16], group[16];
};

#endif
