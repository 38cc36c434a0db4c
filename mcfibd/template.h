/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * template.h - branches: the headers that a copy gets, prepared as far as they do not depend
 * on the packet.
 */
#ifndef MCFIBD_TEMPLATE_H
#define MCFIBD_TEMPLATE_H

#include "lib/fib_types.h"

#include "mcfibd/bpf/mcfibd_bpf.h"
#include "mcfibd/links.h"

/** What an L2TP copy is sent into. */
struct template_l2tp {
	const struct fib_l2tp_tunnel *tunnel;
	const struct nexthop *nh;
	uint16_t peer_session_id;
	bool ppp;	  /* PPP header in front of the IP packet */
	bool sequencing;  /* S bit */
	uint32_t maximum; /* largest IP packet, 0: what fits the next hop's MTU */
	uint32_t max_bps; /* 0: no limit */
	bool length;	  /* L bit; without PPP header only */
};

/** MCF_NONE (copies are dropped and counted) while the next hop is not resolved. */
void template_l2tp(struct mcf_branch *b, const struct template_l2tp *t);

/** Out of the link in the session's framing.  False: the link cannot carry that framing. */
bool template_access(struct mcf_branch *b, const struct fib_access_session *s,
		     const struct link *link);

/** Queued on the subscriber's link as RFC 4045 6.3 says. */
void template_priority(struct mcf_branch *b, enum fib_priority p);

/** Into the stack, as received on the link. */
void template_receive(struct mcf_branch *b, const struct fib_access_session *s,
		      const struct link *link);

/** To the neighbour with these labels; MCF_NONE while it is not resolved. */
void template_mpls(struct mcf_branch *b, const struct nexthop *nh, const uint32_t *labels,
		   unsigned int n);

/** To all LSRs on the link; the outermost label is upstream-assigned (RFC 5332). */
void template_mpls_multicast(struct mcf_branch *b, const struct link *link, const uint32_t *labels,
			     unsigned int n);

/** Out of an LSP into the stack, as received on the link. */
void template_pop(struct mcf_branch *b, const struct link *link, enum fib_ttl ttl,
		  enum fib_payload payload);

/** The address that stands for the subscriber on an LNS's Ethernet-type session interface. */
void template_peer_mac(uint8_t mac[6], const struct link *link);

#endif
