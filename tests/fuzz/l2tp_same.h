/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compares two messages: every field, spans and Session ID lists by what they point to. */
#ifndef TESTS_FUZZ_L2TP_SAME_H
#define TESTS_FUZZ_L2TP_SAME_H

#include "l2mcd/l2tp_msg.h"

static inline bool l2tp_same_span(struct span *a, struct span *b)
{
	bool same = a->len == b->len && (!a->len || memcmp(a->p, b->p, a->len) == 0);

	*a = *b = (struct span){NULL, 0};
	return same;
}

/** Both must have been cleared with memset() before they were filled. */
static inline bool l2tp_same(const struct l2tp_msg *one, const struct l2tp_msg *two)
{
	static const size_t spans[] = {
		offsetof(struct l2tp_msg, result.text),
		offsetof(struct l2tp_msg, host_name),
		offsetof(struct l2tp_msg, vendor_name),
		offsetof(struct l2tp_msg, challenge),
		offsetof(struct l2tp_msg, challenge_response),
		offsetof(struct l2tp_msg, q931.text),
		offsetof(struct l2tp_msg, called_number),
		offsetof(struct l2tp_msg, calling_number),
		offsetof(struct l2tp_msg, sub_address),
		offsetof(struct l2tp_msg, initial_lcp_confreq),
		offsetof(struct l2tp_msg, last_sent_lcp_confreq),
		offsetof(struct l2tp_msg, last_received_lcp_confreq),
		offsetof(struct l2tp_msg, proxy_authen_name),
		offsetof(struct l2tp_msg, proxy_authen_challenge),
		offsetof(struct l2tp_msg, proxy_authen_response),
		offsetof(struct l2tp_msg, private_group_id),
	};
	struct l2tp_msg a, b;
	bool same = one->n_sids == two->n_sids;

	memcpy(&a, one, sizeof(a)); /* padding included, which memcmp() sees */
	memcpy(&b, two, sizeof(b));
	for (size_t i = 0; i < array_size(spans); i++)
		same &= l2tp_same_span((struct span *)((char *)&a + spans[i]),
				       (struct span *)((char *)&b + spans[i]));
	for (size_t i = 0; same && i < a.n_sids; i++)
		same = a.sids[i].avp == b.sids[i].avp &&
		       a.sids[i].session_id == b.sids[i].session_id;
	a.sids = b.sids = NULL;
	return same && memcmp(&a, &b, sizeof(a)) == 0;
}

#endif
