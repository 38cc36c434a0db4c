/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compares two LDP messages: every field, FECs and addresses by what they are. */
#ifndef TESTS_FUZZ_LDP_SAME_H
#define TESTS_FUZZ_LDP_SAME_H

#include "mplsmc/ldp_msg.h"

static inline bool ldp_same_fec(const struct ldp_fec *a, const struct ldp_fec *b)
{
	return a->kind == b->kind && a->wildcard_type == b->wildcard_type &&
	       a->wildcard_family == b->wildcard_family && addr_cmp(&a->prefix, &b->prefix) == 0 &&
	       a->prefixlen == b->prefixlen && mldp_fec_cmp(&a->mp, &b->mp) == 0 &&
	       memcmp(a->mp.opaque, b->mp.opaque, sizeof(a->mp.opaque)) == 0;
}

/** Both must have been cleared with memset() before they were filled. */
static inline bool ldp_same(const struct ldp_msg *one, const struct ldp_msg *two)
{
	bool same = one->n_fecs == two->n_fecs && one->n_addresses == two->n_addresses;
	struct ldp_msg a, b;

	for (size_t i = 0; same && i < one->n_fecs; i++)
		same = ldp_same_fec(&one->fecs[i], &two->fecs[i]);
	for (size_t i = 0; same && i < one->n_addresses; i++)
		same = addr_cmp(&one->addresses[i], &two->addresses[i]) == 0;
	memcpy(&a, one, sizeof(a)); /* padding included, which memcmp() sees */
	memcpy(&b, two, sizeof(b));
	a.fecs = b.fecs = NULL;
	a.addresses = b.addresses = NULL;
	return same && memcmp(&a, &b, sizeof(a)) == 0;
}

#endif
