/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l2tp_proxy.h - proxy LCP and authentication (RFC 2661 4.4.5): what a LAC that has talked PPP
 * with the subscriber itself tells the LNS in ICCN.
 */
#ifndef L2MCD_L2TP_PROXY_H
#define L2MCD_L2TP_PROXY_H

#include "l2mcd/l2tp_msg.h"

/** Proxy Authen Type. */
enum l2tp_proxy_authen {
	L2TP_PROXY_UNKNOWN = 0, /* nothing is said of authentication */
	L2TP_PROXY_TEXT = 1,	/* name and password, asked for in plain text */
	L2TP_PROXY_CHAP = 2,
	L2TP_PROXY_PAP = 3,
	L2TP_PROXY_NONE = 4,
	L2TP_PROXY_MSCHAP = 5, /* version 1 */
	L2TP_PROXY_TYPES
};

/** Values without their AVP headers; p NULL: there is none. */
struct l2tp_proxy {
	struct span initial_lcp, last_sent_lcp, last_received_lcp; /* CONFREQs, options only */
	enum l2tp_proxy_authen type;
	struct span name, challenge, response;
	bool has_id;
	uint8_t id;
};

/** True if all is there that this type of authentication needs (R2661-4.4.5-2). */
bool l2tp_proxy_complete(const struct l2tp_proxy *p);

/** A copy in one piece of memory; NULL of NULL. */
struct l2tp_proxy *l2tp_proxy_copy(const struct l2tp_proxy *p);

/**
 * What a message says, as a copy; NULL: nothing.  Authentication that is not complete is left
 * out: these AVPs may be ignored (M=0), and half of an answer proves nothing.
 */
struct l2tp_proxy *l2tp_proxy_read(const struct l2tp_msg *m);

/** Into an ICCN: with the AVPs of its type and no others. */
void l2tp_proxy_put(const struct l2tp_proxy *p, struct l2tp_msg *m);

void l2tp_proxy_free(struct l2tp_proxy **p);

/**
 * The Async Control Character Maps of proxied LCP: what the LAC has to escape in what it sends
 * to the subscriber, and what the subscriber escapes; false: LCP is not complete.
 */
bool l2tp_proxy_accm(const struct l2tp_proxy *p, uint32_t *send, uint32_t *receive);

const char *l2tp_proxy_name(enum l2tp_proxy_authen type); /**< "CHAP"; "-" */

#endif
