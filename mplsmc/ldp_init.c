// SPDX-License-Identifier: GPL-2.0-or-later
/* What two ends agree on: Initialization (RFC 5036 3.5.3), capabilities (RFC 5561, 5919, 7473). */
#include "mplsmc/ldp_engine_p.h"

/* SAC elements with D=1: IPv4 and IPv6 prefixes, FEC 128 and 129 (M-7473-4.1-1). */
static const uint8_t unicast_off[] = {0x90, 0xa0, 0xb0, 0xc0};

void ldp_init_send(struct ldp_session *s, msec_t now)
{
	const struct ldp_params *p = &s->e->p;
	struct ldp_msg m = {.type = LDP_INIT, .capabilities = p->capabilities};

	m.init.keepalive_s = p->keepalive_s;
	m.init.max_pdu = p->max_pdu;
	m.init.receiver = s->peer;
	m.enabled = p->capabilities;
	if (p->capabilities & LDP_CAP_SAC) {
		m.n_sac = sizeof(unicast_off);
		memcpy(m.sac, unicast_off, sizeof(unicast_off));
	}
	ldp_stream_put(s, &m, now);
}

static uint16_t max_pdu_of(uint16_t proposal)
{
	return proposal <= 255 ? LDP_DEFAULT_MAX_PDU : proposal;
}

bool ldp_init_accept(struct ldp_session *s, const struct ldp_msg *m, struct ldp_cause *cause)
{
	const struct ldp_params *p = &s->e->p;
	uint16_t max_pdu = max_pdu_of(m->init.max_pdu);

	/* both identifiers together name an adjacency (RFC 5036 2.5.3) */
	if (ldp_id_cmp(&m->init.receiver, &p->id) != 0) {
		cause->status = LDP_S_REJECTED_NO_HELLO;
		cause->text = "Initialization is for another receiver";
		return false;
	}
	if (!m->init.keepalive_s) {
		cause->status = LDP_S_REJECTED_KEEPALIVE;
		return false;
	}
	/* M-5036-3.5.3-1; whether labels on demand were asked for does not matter to multipoint
	 * LSPs (M-5036-3.5.3-2), nor does loop detection (M-5036-2.8-1) */
	s->keepalive_s =
		m->init.keepalive_s < p->keepalive_s ? m->init.keepalive_s : p->keepalive_s;
	s->max_pdu = max_pdu < p->max_pdu ? max_pdu : p->max_pdu;
	s->capabilities = m->enabled;
	return true;
}

void ldp_capability_learn(struct ldp_session *s, const struct ldp_msg *m)
{
	s->capabilities = (s->capabilities & ~m->capabilities) | (m->enabled & m->capabilities);
}

/* For each family of P2MP FECs, also if there was nothing to tell (M-5919-4-1). */
void ldp_end_of_lib(struct ldp_session *s, msec_t now)
{
	const uint32_t needed = LDP_CAP_UNRECOGNISED | LDP_CAP_P2MP;

	if ((s->capabilities & needed) != needed || !(s->e->p.capabilities & LDP_CAP_P2MP))
		return;
	for (uint16_t family = 1; family <= 2; family++) {
		struct ldp_fec fec = {.kind = LDP_FEC_TYPED_WILDCARD,
				      .wildcard_type = MLDP_P2MP,
				      .wildcard_family = family};
		struct ldp_msg m = {.type = LDP_NOTIFICATION, .has_status = true};

		m.status.code = LDP_S_END_OF_LIB;
		m.n_fecs = 1;
		m.fecs = &fec;
		ldp_stream_put(s, &m, now);
	}
}
