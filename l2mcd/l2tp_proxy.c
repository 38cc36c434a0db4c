// SPDX-License-Identifier: GPL-2.0-or-later
/* Proxy LCP and authentication AVPs; see l2tp_proxy.h. */
#include "l2mcd/l2tp_proxy.h"

#include "l2mcd/l2tp_engine_p.h"

DEFINE_MTYPE_STATIC(L2TP, L2TP_PROXY, "L2TP proxy LCP and authentication");

#define LCP_OPTION_ACCM 2	   /* RFC 1662 7.1 */
#define ACCM_DEFAULT	0xffffffff /* LCP's */

/* RFC 2661 4.4.5: which AVPs go with which Proxy Authen Type. */
static const struct {
	const char *name;
	bool user, challenge, id; /* user: name and response */
} types[L2TP_PROXY_TYPES] = {
	[L2TP_PROXY_UNKNOWN] = {"-", false, false, false},
	[L2TP_PROXY_TEXT] = {"text", true, false, false},
	[L2TP_PROXY_CHAP] = {"CHAP", true, true, true},
	[L2TP_PROXY_PAP] = {"PAP", true, false, true},
	[L2TP_PROXY_NONE] = {"none", false, false, false},
	[L2TP_PROXY_MSCHAP] = {"MSCHAPv1", true, true, true},
};

const char *l2tp_proxy_name(enum l2tp_proxy_authen type)
{
	return type < L2TP_PROXY_TYPES ? types[type].name : "-";
}

bool l2tp_proxy_complete(const struct l2tp_proxy *p)
{
	return p->type != L2TP_PROXY_UNKNOWN && p->type < L2TP_PROXY_TYPES &&
	       (!types[p->type].user || (p->name.p && p->response.p)) &&
	       (!types[p->type].challenge || p->challenge.p) && (!types[p->type].id || p->has_id);
}

/* ---------------------------------------------------------------- memory */

/* The spans of *p, for loops. */
#define SPANS(P)                                                                             \
	{                                                                                    \
		&(P)->initial_lcp, &(P)->last_sent_lcp, &(P)->last_received_lcp, &(P)->name, \
			&(P)->challenge, &(P)->response                                      \
	}

struct l2tp_proxy *l2tp_proxy_copy(const struct l2tp_proxy *p)
{
	struct l2tp_proxy from, *to;
	size_t size = sizeof(*to);
	uint8_t *at;

	if (!p)
		return NULL;
	from = *p;
	const struct span *spans[] = SPANS(&from);
	for (size_t i = 0; i < array_size(spans); i++)
		size += spans[i]->len;
	to = XCALLOC(MTYPE_L2TP_PROXY, size);
	*to = from;
	at = (uint8_t *)(to + 1);
	struct span *copies[] = SPANS(to);
	for (size_t i = 0; i < array_size(copies); i++) {
		if (!copies[i]->p)
			continue;
		memcpy(at, copies[i]->p, copies[i]->len);
		copies[i]->p = at;
		at += copies[i]->len;
	}
	return to;
}

void l2tp_proxy_free(struct l2tp_proxy **p)
{
	if (*p)
		XFREE(MTYPE_L2TP_PROXY, *p);
}

/* ---------------------------------------------------------------- messages */

static struct span value(const struct l2tp_msg *m, enum l2tp_avp_type avp, struct span v)
{
	static const uint8_t empty;

	if (!l2tp_msg_has(m, avp))
		return (struct span){NULL, 0};
	return v.p ? v : (struct span){&empty, 0};
}

struct l2tp_proxy *l2tp_proxy_read(const struct l2tp_msg *m)
{
	struct l2tp_proxy p = {
		.initial_lcp = value(m, L2TP_AVP_INITIAL_LCP_CONFREQ, m->initial_lcp_confreq),
		.last_sent_lcp = value(m, L2TP_AVP_LAST_SENT_LCP_CONFREQ, m->last_sent_lcp_confreq),
		.last_received_lcp =
			value(m, L2TP_AVP_LAST_RECEIVED_LCP_CONFREQ, m->last_received_lcp_confreq),
	};
	struct l2tp_proxy authen = p;

	if (l2tp_msg_has(m, L2TP_AVP_PROXY_AUTHEN_TYPE))
		authen.type = (enum l2tp_proxy_authen)m->proxy_authen_type;
	authen.name = value(m, L2TP_AVP_PROXY_AUTHEN_NAME, m->proxy_authen_name);
	authen.challenge = value(m, L2TP_AVP_PROXY_AUTHEN_CHALLENGE, m->proxy_authen_challenge);
	authen.response = value(m, L2TP_AVP_PROXY_AUTHEN_RESPONSE, m->proxy_authen_response);
	authen.has_id = l2tp_msg_has(m, L2TP_AVP_PROXY_AUTHEN_ID);
	authen.id = (uint8_t)m->proxy_authen_id; /* the other octet is reserved */
	if (l2tp_proxy_complete(&authen))
		p = authen;
	if (!p.initial_lcp.p && !p.last_sent_lcp.p && !p.last_received_lcp.p && !p.type)
		return NULL;
	return l2tp_proxy_copy(&p);
}

static void put(struct l2tp_msg *m, enum l2tp_avp_type avp, struct span *to, struct span v)
{
	if (!v.p)
		return;
	*to = v;
	l2tp_msg_set(m, avp);
}

void l2tp_proxy_put(const struct l2tp_proxy *p, struct l2tp_msg *m)
{
	if (!p)
		return;
	put(m, L2TP_AVP_INITIAL_LCP_CONFREQ, &m->initial_lcp_confreq, p->initial_lcp);
	put(m, L2TP_AVP_LAST_SENT_LCP_CONFREQ, &m->last_sent_lcp_confreq, p->last_sent_lcp);
	put(m, L2TP_AVP_LAST_RECEIVED_LCP_CONFREQ, &m->last_received_lcp_confreq,
	    p->last_received_lcp);
	if (!l2tp_proxy_complete(p))
		return;
	l2tp_msg_set(m, L2TP_AVP_PROXY_AUTHEN_TYPE);
	m->proxy_authen_type = p->type;
	if (types[p->type].user) {
		put(m, L2TP_AVP_PROXY_AUTHEN_NAME, &m->proxy_authen_name, p->name);
		put(m, L2TP_AVP_PROXY_AUTHEN_RESPONSE, &m->proxy_authen_response, p->response);
	}
	if (types[p->type].challenge)
		put(m, L2TP_AVP_PROXY_AUTHEN_CHALLENGE, &m->proxy_authen_challenge, p->challenge);
	if (types[p->type].id) {
		l2tp_msg_set(m, L2TP_AVP_PROXY_AUTHEN_ID);
		m->proxy_authen_id = p->id;
	}
}

/* ---------------------------------------------------------------- ACCM */

/* The map that a CONFREQ asks for; the other end sends accordingly. */
static uint32_t accm_of(struct span confreq)
{
	struct rd r = rd_span(confreq);

	while (rd_left(&r) >= 2) {
		uint8_t type = rd_u8(&r), len = rd_u8(&r);
		struct rd option = rd_sub(&r, len < 2 ? SIZE_MAX : len - 2u);

		if (type == LCP_OPTION_ACCM && rd_left(&option) == 4)
			return rd_u32(&option);
	}
	return ACCM_DEFAULT;
}

bool l2tp_proxy_accm(const struct l2tp_proxy *p, uint32_t *send, uint32_t *receive)
{
	if (!p->last_sent_lcp.p || !p->last_received_lcp.p)
		return false;
	*send = accm_of(p->last_received_lcp);
	*receive = accm_of(p->last_sent_lcp);
	return true;
}
