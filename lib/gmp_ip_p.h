/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gmp_ip_p.h - the IP header around an IGMP or MLD message (private to the codec).
 */
#ifndef MCAST_GMP_IP_P_H
#define MCAST_GMP_IP_P_H

#include "lib/gmp_codec.h"

/** What the IP header says of a packet. */
struct gmp_ip {
	bool mld;
	uint8_t ttl;	   /* or hop limit */
	bool router_alert; /* RFC 2113, RFC 2711 value 0 */
	struct addr src, dst;
	struct span payload; /* of IGMP or ICMPv6 */
};

/** Takes the header off; OTHER: neither IGMP nor ICMPv6, or a fragment. */
enum gmp_decode gmp_ip_decode(struct span packet, struct gmp_ip *ip);

/** True if the checksum of the payload is right. */
bool gmp_ip_checksum_ok(const struct gmp_ip *ip);

/** Writes a header with Router Alert for a payload that follows. */
void gmp_ip_encode(struct wr *w, bool mld, const struct addr *src, const struct addr *dst);

/** The payload is written: lengths and checksums (that of the payload at its octet 2). */
void gmp_ip_finish(struct wr *w, bool mld);

#endif
