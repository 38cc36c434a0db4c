// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What SCCRQ, SCCRP and SCCCN say about the two ends, and whether that will do: capabilities
 * (RFC 2661 4.4.3), tunnel authentication (5.1.1).
 */
#include "l2mcd/l2tp_engine_p.h"

#define VENDOR_NAME "frr-mcast"
#define FIRMWARE    0x0001

/* What SCCRQ and SCCRP have in common (R2661-6.1-1, R2661-6.2-1). */
void l2tp_handshake_put(struct l2tp_tunnel *t, struct l2tp_msg *m)
{
	static const enum l2tp_avp_type avps[] = {
		L2TP_AVP_PROTOCOL_VERSION,    L2TP_AVP_HOST_NAME,
		L2TP_AVP_VENDOR_NAME,	      L2TP_AVP_FRAMING_CAPABILITIES,
		L2TP_AVP_FIRMWARE_REVISION,   L2TP_AVP_ASSIGNED_TUNNEL_ID,
		L2TP_AVP_RECEIVE_WINDOW_SIZE,
	};

	for (size_t i = 0; i < array_size(avps); i++)
		l2tp_msg_set(m, avps[i]);
	m->protocol_version = L2TP_VERSION;
	m->host_name = l2tp_text_span(t->p.host_name);
	m->vendor_name = l2tp_text_span(VENDOR_NAME);
	m->framing_capabilities = L2TP_FRAMING_ALL;
	m->firmware_revision = FIRMWARE;
	m->assigned_tunnel_id = t->id;
	m->receive_window_size = t->p.receive_window;
	if (t->p.lac) { /* a pure LNS omits it (R2661-4.4.3-4) */
		l2tp_msg_set(m, L2TP_AVP_BEARER_CAPABILITIES);
		m->bearer_capabilities = L2TP_BEARER_ALL;
	}
	if (t->p.offer_multicast) { /* R4045-3.2-1, A4045-20 */
		l2tp_msg_set(m, L2TP_AVP_MULTICAST_CAPABILITY);
		t->offered_multicast = true;
	}
	if (t->p.secret_len) { /* we want to know who it is, whichever side opened */
		l2tp_random_octets(t->e, t->challenge, sizeof(t->challenge));
		l2tp_msg_set(m, L2TP_AVP_CHALLENGE);
		m->challenge = (struct span){t->challenge, sizeof(t->challenge)};
	}
}

/* Answers the challenge of the peer's message, if it has one (R2661-4.4.3-11). */
void l2tp_handshake_respond(const struct l2tp_tunnel *t, const struct l2tp_msg *from,
			    struct l2tp_msg *m, uint8_t response[L2TP_RESPONSE_LEN])
{
	if (!l2tp_msg_has(from, L2TP_AVP_CHALLENGE))
		return;
	l2tp_challenge_response(m->type, (struct span){t->p.secret, t->p.secret_len},
				from->challenge, response);
	l2tp_msg_set(m, L2TP_AVP_CHALLENGE_RESPONSE);
	m->challenge_response = (struct span){response, L2TP_RESPONSE_LEN};
}

/* ---------------------------------------------------------------- what a peer says */

void l2tp_handshake_learn(struct l2tp_tunnel *t, const struct l2tp_msg *m)
{
	l2tp_copy_text(t->peer_host_name, sizeof(t->peer_host_name), m->host_name);
	l2tp_copy_text(t->peer_vendor_name, sizeof(t->peer_vendor_name), m->vendor_name);
	t->peer_firmware = m->firmware_revision;
	t->peer_framing = m->framing_capabilities;
	t->peer_bearer = m->bearer_capabilities;
	t->peer_multicast = l2tp_msg_has(m, L2TP_AVP_MULTICAST_CAPABILITY);
	if (l2tp_msg_has(m, L2TP_AVP_RECEIVE_WINDOW_SIZE))
		l2tp_reliable_set_window(&t->reliable, m->receive_window_size);
}

/* True if the response proves that the peer knows the secret (R2661-5.1.1-1). */
static bool response_is_right(const struct l2tp_tunnel *t, const struct l2tp_msg *m)
{
	uint8_t expected[L2TP_RESPONSE_LEN], differs = 0;

	if (!l2tp_msg_has(m, L2TP_AVP_CHALLENGE_RESPONSE) ||
	    m->challenge_response.len != sizeof(expected))
		return false;
	l2tp_challenge_response(m->type, (struct span){t->p.secret, t->p.secret_len},
				(struct span){t->challenge, sizeof(t->challenge)}, expected);
	for (size_t i = 0; i < sizeof(expected); i++) /* in constant time */
		differs |= expected[i] ^ m->challenge_response.p[i];
	return differs == 0;
}

bool l2tp_authenticate(struct l2tp_tunnel *t, const struct l2tp_msg *m, struct l2tp_cause *c)
{
	if (t->p.secret_len && !response_is_right(t, m)) {
		*c = (struct l2tp_cause){.result = L2TP_STOP_NOT_AUTHORISED,
					 .text = "Challenge Response missing or wrong"};
		return false;
	}
	t->authenticated = t->p.secret_len > 0;
	return true;
}

/* What both SCCRQ and SCCRP must fulfil. */
static bool check_capabilities(const struct l2tp_tunnel *t, const struct l2tp_msg *m,
			       struct l2tp_cause *c)
{
	if (m->protocol_version >> 8 != L2TP_VERSION >> 8) { /* R2661-7.2-2, A2661-7 */
		*c = (struct l2tp_cause){
			.result = L2TP_STOP_VERSION, .has_error = true, .error = L2TP_VERSION};
		return false;
	}
	if (!t->p.secret_len && l2tp_msg_has(m, L2TP_AVP_CHALLENGE)) {
		*c = (struct l2tp_cause){.result = L2TP_STOP_NOT_AUTHORISED,
					 .text = "challenged, but there is no secret"};
		return false;
	}
	return true;
}

bool l2tp_sccrq_acceptable(struct l2tp_tunnel *t, const struct l2tp_msg *m, struct l2tp_cause *c)
{
	if (!check_capabilities(t, m, c))
		return false;
	*c = (struct l2tp_cause){.result = L2TP_STOP_NOT_AUTHORISED};
	if (t->p.hiding == L2TP_HIDE_REQUIRE && !t->p.secret_len)
		c->text = "no secret to hide AVPs with";
	return !t->refused && !c->text;
}

bool l2tp_sccrp_acceptable(struct l2tp_tunnel *t, const struct l2tp_msg *m, struct l2tp_cause *c)
{
	return check_capabilities(t, m, c) && l2tp_authenticate(t, m, c);
}
