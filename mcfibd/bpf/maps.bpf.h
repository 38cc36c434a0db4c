/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * maps.bpf.h - the maps, counters, and what every program needs.
 */
#ifndef MCFIBD_MAPS_BPF_H
#define MCFIBD_MAPS_BPF_H

#include <stddef.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include "mcfibd_bpf.h"

/* Set by the agent before loading. */
const volatile __u32 cfg_objects = MCF_MAX_OBJECTS;
const volatile __u32 cfg_cpus = 1;
const volatile __u32 cfg_drop_unknown_labels = 0;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, MCF_MAX_OBJECTS);
	__type(key, __u32);
	__type(value, struct mcf_object);
} objects SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, MCF_MAX_BRANCHES);
	__type(key, __u32);
	__type(value, struct mcf_branch);
} branches SEC(".maps");

/* Index: processor * objects + object.  The agent reads it without system calls. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, MCF_MAX_OBJECTS);
	__type(key, __u32);
	__type(value, struct mcf_counters);
} object_ctrs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, MCF_MAX_BRANCHES);
	__type(key, __u32);
	__type(value, struct mcf_branch_counters);
} branch_ctrs SEC(".maps");

/* Next Ns of a multicast session, whatever the number of its flows. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, MCF_MAX_SEQS);
	__type(key, __u32);
	__type(value, struct mcf_seq);
} seqs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct mcf_global);
} globals SEC(".maps");

#define INDEX(name, ktype)                            \
	struct {                                      \
		__uint(type, BPF_MAP_TYPE_HASH);      \
		__uint(max_entries, MCF_MAX_OBJECTS); \
		__uint(map_flags, BPF_F_NO_PREALLOC); \
		__type(key, ktype);                   \
		__type(value, __u32);                 \
	} name SEC(".maps")

INDEX(sessions, struct mcf_session_key); /* L2TP data: local tunnel and session id */
INDEX(access_ifs, __u32);		 /* ifindex of a LAC's access interface */
INDEX(session_ifs, __u32);		 /* ifindex of an LNS's session interface */
INDEX(flows4, struct mcf_flow4_key);
INDEX(flows6, struct mcf_flow6_key);
INDEX(labels, __u32); /* of the platform's label space */
INDEX(contexts, struct mcf_context_key); /* of upstream LSRs' on a LAN */

#define SUM_CHUNK 512
struct scratch {
	__u8 b[SUM_CHUNK];
};
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratch SEC(".maps");

static __always_inline struct mcf_global *global(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&globals, &zero);
}

#define COUNT(what)                               \
	do {                                      \
		struct mcf_global *_g = global(); \
		if (_g)                           \
			_g->what++;               \
	} while (0)

static __always_inline struct mcf_counters *counters(__u32 object)
{
	__u32 k = bpf_get_smp_processor_id() * cfg_objects + object;

	return bpf_map_lookup_elem(&object_ctrs, &k);
}

static __always_inline void count_tunnel(__u32 object, __u32 len)
{
	struct mcf_counters *c = counters(object);

	if (c) {
		c->packets++;
		c->bytes += len;
	}
}

/* Makes n octets (or all there are) reachable by direct access. */
static __always_inline int linear(struct __sk_buff *skb, __u32 n)
{
	if ((void *)(long)skb->data + n <= (void *)(long)skb->data_end)
		return 0;
	return bpf_skb_pull_data(skb, skb->len < n ? skb->len : n);
}

#endif
