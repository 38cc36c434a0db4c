/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l2mcd_link.h - what is known of a session's PPP, and whether the LAC may add packets to it.
 *
 * The LAC frames multicast packets itself: it can do so only for a subscriber whose PPP is plain
 * (A4045-28).  Only the LNS knows that.
 *
 * Whoever ends PPP tells of it in reports: lines of a word, a space and a value.  Each report is
 * the whole state; what it does not name is not so.
 *
 *   interface ppp0    ifindex 7     user joe      mru 1492 (what the subscriber can receive)
 *   lcp 1   ipcp 1   ipv6cp 1   ccp 1   ecp 1 (that protocol is open)
 *   multilink 1   filter 1 (packets are filtered for this subscriber)
 *   local 10.0.0.1   remote 10.0.0.2   local6 fe80::1   remote6 fe80::2
 */
#ifndef L2MCD_LINK_H
#define L2MCD_LINK_H

#include "lib/addr.h"
#include "lib/bytes.h"

/** Why a session is left out of every OSL (A4045-28). */
enum l2mcd_ineligible {
	L2MCD_ELIGIBLE,
	L2MCD_INELIGIBLE_SEQUENCING,
	L2MCD_INELIGIBLE_NO_INTERFACE,
	L2MCD_INELIGIBLE_CCP,
	L2MCD_INELIGIBLE_ECP,
	L2MCD_INELIGIBLE_MULTILINK,
	L2MCD_INELIGIBLE_FILTER,
	L2MCD_INELIGIBLE_MRU,
	/* of one family only */
	L2MCD_INELIGIBLE_IPCP,
	L2MCD_INELIGIBLE_IPV6CP,
};

struct l2mcd_link {
	bool told; /* there was a report: somebody ends PPP here; false: we know nothing */
	char interface[16], user[64];
	uint32_t ifindex;
	bool lcp, ipcp, ipv6cp, ccp, ecp, multilink, filter;
	uint32_t mru;
	struct addr local, remote, local6, remote6; /* ADDR_ANY: none */
};

/** Reads a report; false: it is none, *l is undefined.  Words it does not know are skipped. */
bool l2mcd_link_read(struct span report, struct l2mcd_link *l);

/** Why the LAC cannot add packets of up to packet_size octets, whatever their family. */
enum l2mcd_ineligible l2mcd_link_ineligible(const struct l2mcd_link *l, uint32_t packet_size);
/** Why it cannot add those of this family. */
enum l2mcd_ineligible l2mcd_link_ineligible_family(const struct l2mcd_link *l, bool v6);

const char *l2mcd_ineligible_name(enum l2mcd_ineligible why); /**< "", "sequencing required" */

#endif
