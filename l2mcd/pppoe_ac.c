// SPDX-License-Identifier: GPL-2.0-or-later
/* PPPoE access concentrator: the stages of Discovery (RFC 2516 section 5). */
#include "l2mcd/pppoe_ac.h"

#include "l2mcd/pppoe_ac_p.h"

/* The time slot's low octet, the number of the PADO, 64 bits of hash. */
#define COOKIE_LEN PPPOE_COOKIE_LEN

static const uint8_t broadcast[PPPOE_MAC_LEN] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

/* ---------------------------------------------------------------- sending */

static int code_index(uint8_t code)
{
	switch (code) {
	case PPPOE_PADI:
		return 0;
	case PPPOE_PADO:
		return 1;
	case PPPOE_PADR:
		return 2;
	case PPPOE_PADS:
		return 3;
	case PPPOE_PADT:
		return 4;
	}
	return -1;
}

static struct pppoe_frame answer_to(const struct pppoe_port *port, const uint8_t *host,
				    uint8_t code)
{
	struct pppoe_frame f = {.code = code, .n_vlans = port->n_vlans};

	memcpy(f.dst, host, PPPOE_MAC_LEN);
	memcpy(f.src, port->mac, PPPOE_MAC_LEN);
	memcpy(f.vlan, port->vlan, sizeof(f.vlan));
	return f;
}

void pppoe_port_send(struct pppoe_port *port, const struct pppoe_frame *f)
{
	struct pppoe_ac *ac = port->ac;
	uint8_t buf[PPPOE_MAX_FRAME];
	size_t len = pppoe_encode(f, buf, sizeof(buf));

	if (!len)
		return; /* the host's own tags fill the frame: it gets no answer */
	port->stats.tx[code_index(f->code)]++;
	if (ac->ops->trace)
		ac->ops->trace(ac->ctx, port, true, f);
	ac->ops->send(ac->ctx, port, (struct span){buf, len});
}

static struct span text_span(const char *text)
{
	return (struct span){(const uint8_t *)text, strlen(text)};
}

/* What the host and the agents between us need back unmodified (RFC 2516 appendix A). */
static void echo(struct pppoe_frame *f, const struct pppoe_session *s)
{
	if (s->host_uniq.data)
		f->host_uniq = (struct span){s->host_uniq.data, s->host_uniq.len};
	if (s->relay_id.data)
		f->relay_session_id = (struct span){s->relay_id.data, s->relay_id.len};
}

void pppoe_session_send_pads(struct pppoe_session *s, uint16_t session_id, uint16_t error,
			     const char *why)
{
	struct pppoe_frame f = answer_to(s->port, s->mac, PPPOE_PADS);

	f.session_id = session_id;
	f.service[0] = text_span(s->service);
	f.n_services = 1;
	f.ac_name = text_span(s->port->params.ac_name);
	f.max_payload = s->max_payload;
	f.error = error;
	if (error)
		f.error_text = text_span(why);
	echo(&f, s);
	pppoe_port_send(s->port, &f);
}

void pppoe_session_send_padt(struct pppoe_session *s, const char *why)
{
	struct pppoe_frame f = answer_to(s->port, s->mac, PPPOE_PADT);

	f.session_id = s->session_id;
	f.error = PPPOE_TAG_GENERIC_ERROR;
	f.error_text = text_span(why);
	echo(&f, s);
	pppoe_port_send(s->port, &f);
}

/* ---------------------------------------------------------------- the cookie */

/*
 * Port and host are in the hash: a cookie is good for the host that got it, where it got it.
 * The serial tells a PADR sent again from one of a later negotiation.
 */
static void cookie_make(const struct pppoe_port *port, const uint8_t *host, uint64_t slot,
			uint32_t serial, uint8_t cookie[COOKIE_LEN])
{
	uint8_t in[PPPOE_MAC_LEN + 4 + 8 + 4];
	struct wr w = wr_init(in, sizeof(in)), out = wr_init(cookie, COOKIE_LEN);

	wr_copy(&w, host, PPPOE_MAC_LEN);
	wr_u32(&w, port->number);
	wr_u64(&w, slot);
	wr_u32(&w, serial);
	wr_u8(&out, slot & 0xff);
	wr_u32(&out, serial);
	wr_u64(&out, siphash(port->ac->key, in, sizeof(in)));
}

static bool cookie_valid(const struct pppoe_port *port, const uint8_t *host, struct span cookie,
			 msec_t now)
{
	uint64_t slot = now / PPPOE_COOKIE_SLOT_MS;
	struct rd r = rd_span(cookie);
	uint8_t good[COOKIE_LEN], differ = 0;

	if (cookie.len != COOKIE_LEN)
		return false;
	if (rd_u8(&r) != (slot & 0xff))
		slot--;
	cookie_make(port, host, slot, rd_u32(&r), good);
	for (size_t i = 0; i < COOKIE_LEN; i++)
		differ |= good[i] ^ cookie.p[i]; /* in a time that says nothing */
	return !differ;
}

/* ---------------------------------------------------------------- services */

static bool names(const char *name, struct span s)
{
	return strlen(name) == s.len && memcmp(name, s.p, s.len) == 0;
}

/*
 * Index of the service the host asks for, -1: any will do, -2: not ours.  A host that names
 * none (RFC 2516 appendix A: any service is acceptable) gets the only one there is.
 */
static int service_for(const struct pppoe_port *port, struct span wanted)
{
	const struct pppoe_params *p = &port->params;

	for (size_t i = 0; wanted.len && i < p->n_services; i++)
		if (names(p->services[i], wanted))
			return i;
	if (p->any_service)
		return -1;
	return wanted.len == 0 && p->n_services == 1 ? 0 : -2;
}

static bool offers(const struct pppoe_port *port, struct span wanted)
{
	return service_for(port, wanted) != -2 || (wanted.len == 0 && port->params.n_services);
}

/* ---------------------------------------------------------------- PADI, PADO */

/* A bucket of one second's worth: bursts of hosts that come back together pass. */
static bool rate_allows(struct pppoe_port *port, msec_t now)
{
	uint64_t full = (uint64_t)port->params.padi_rate * MSEC_PER_S;

	if (!full)
		return true;
	if (now > port->bucket_at) {
		port->bucket += (uint64_t)(now - port->bucket_at) * port->params.padi_rate;
		port->bucket_at = now;
	}
	if (port->bucket > full)
		port->bucket = full;
	if (port->bucket < MSEC_PER_S)
		return false;
	port->bucket -= MSEC_PER_S;
	return true;
}

static uint16_t payload_for(const struct pppoe_port *port, uint16_t wanted)
{
	uint16_t ours = port->params.max_payload;

	/* RFC 4638 section 3: only what is larger than what everybody can do is agreed on */
	if (wanted <= PPPOE_MAX_PAYLOAD || ours <= PPPOE_MAX_PAYLOAD)
		return 0;
	return wanted < ours ? wanted : ours;
}

static void send_pado(struct pppoe_port *port, const struct pppoe_frame *in, msec_t now)
{
	const struct pppoe_params *p = &port->params;
	struct pppoe_frame f = answer_to(port, in->src, PPPOE_PADO);
	uint8_t cookie[COOKIE_LEN];

	cookie_make(port, in->src, now / PPPOE_COOKIE_SLOT_MS, ++port->ac->last_pado, cookie);
	/* 5.2: the name asked for, then the others we have */
	f.service[f.n_services++] = in->service[0];
	for (size_t i = 0; i < p->n_services && f.n_services < PPPOE_MAX_SERVICES; i++)
		if (!names(p->services[i], in->service[0]))
			f.service[f.n_services++] = text_span(p->services[i]);
	f.ac_name = text_span(p->ac_name);
	f.ac_cookie = (struct span){cookie, sizeof(cookie)};
	f.host_uniq = in->host_uniq;
	f.relay_session_id = in->relay_session_id;
	f.max_payload = payload_for(port, in->max_payload);
	pppoe_port_send(port, &f);
}

static void padi(struct pppoe_port *port, const struct pppoe_frame *f, msec_t now)
{
	if (memcmp(f->dst, broadcast, PPPOE_MAC_LEN) != 0 &&
	    memcmp(f->dst, port->mac, PPPOE_MAC_LEN) != 0)
		port->stats.drop_address++;
	else if (f->session_id || f->n_services != 1) /* 5.1 */
		port->stats.drop_code++;
	else if (!offers(port, f->service[0]) ||
		 (f->ac_name.p && !names(port->params.ac_name, f->ac_name)))
		port->stats.drop_service++; /* 5.2: then it must not answer */
	else if (port->n_sessions >= port->params.session_limit)
		port->stats.drop_full++; /* another concentrator may have room */
	else if (!rate_allows(port, now))
		port->stats.drop_rate++;
	else
		send_pado(port, f, now);
}

/* ---------------------------------------------------------------- PADR, PADS */

/* A PADR whose PADS was lost, or comes too slowly: RFC 2516 section 6. */
static bool repeated(struct pppoe_port *port, const struct pppoe_frame *f)
{
	struct pppoe_host *host = pppoe_host_find(port, f->src);
	struct pppoe_session *s;

	if (!host)
		return false;
	frr_each (pppoe_host_sessions, &host->sessions, s) {
		if (!f->host_uniq.p != !s->host_uniq.data ||
		    (f->host_uniq.p &&
		     (f->host_uniq.len != s->host_uniq.len ||
		      memcmp(f->host_uniq.p, s->host_uniq.data, s->host_uniq.len) != 0)))
			continue;
		/* the same Host-Uniq in another negotiation: a host that has restarted */
		if (memcmp(f->ac_cookie.p, s->cookie, COOKIE_LEN) != 0)
			continue;
		port->stats.repeated++;
		if (!s->pending)
			pppoe_session_send_pads(s, s->session_id, 0, NULL);
		return true;
	}
	return false;
}

/* An answer to a PADR that makes no session. */
static void refuse(struct pppoe_port *port, const struct pppoe_frame *in, uint16_t error,
		   const char *why)
{
	struct pppoe_frame f = answer_to(port, in->src, PPPOE_PADS);

	f.service[0] = in->service[0];
	f.n_services = 1;
	f.ac_name = text_span(port->params.ac_name);
	f.host_uniq = in->host_uniq;
	f.relay_session_id = in->relay_session_id;
	f.error = error;
	f.error_text = text_span(why);
	port->stats.refused++;
	pppoe_port_send(port, &f);
}

static bool host_is_full(struct pppoe_port *port, const uint8_t *mac)
{
	struct pppoe_host *host = pppoe_host_find(port, mac);

	return host && port->params.host_session_limit &&
	       pppoe_host_sessions_count(&host->sessions) >= port->params.host_session_limit;
}

static void padr(struct pppoe_port *port, const struct pppoe_frame *f, msec_t now)
{
	struct pppoe_session *s;
	int service;

	if (f->session_id || f->n_services != 1 || /* 5.3 */
	    f->service[0].len >= PPPOE_NAME_LEN || memchr(f->service[0].p, 0, f->service[0].len)) {
		port->stats.drop_code++;
		return;
	}
	if (!cookie_valid(port, f->src, f->ac_cookie, now)) {
		port->stats.drop_cookie++;
		return;
	}
	if (repeated(port, f))
		return;
	service = service_for(port, f->service[0]);
	if (service == -2) /* 5.4 */
		return refuse(port, f, PPPOE_TAG_SERVICE_NAME_ERROR, "no such service here");
	if (port->n_sessions >= port->params.session_limit)
		return refuse(port, f, PPPOE_TAG_AC_SYSTEM_ERROR, "too many sessions here");
	if (host_is_full(port, f->src))
		return refuse(port, f, PPPOE_TAG_AC_SYSTEM_ERROR, "too many sessions of this host");
	s = pppoe_session_new(port, f, now);
	if (!s)
		return refuse(port, f, PPPOE_TAG_AC_SYSTEM_ERROR, "no Session ID is free");
	s->service_index = service;
	s->max_payload = payload_for(port, f->max_payload);
	port->ac->ops->opened(port->ac->ctx, s);
}

/* ---------------------------------------------------------------- PADT */

static void padt(struct pppoe_port *port, const struct pppoe_frame *f)
{
	struct pppoe_session *s = pppoe_session_find(port, f->session_id);

	/* 5.5: from the host whose session it is; nobody else may end it */
	if (!s || s->pending || memcmp(s->mac, f->src, PPPOE_MAC_LEN) != 0) {
		port->stats.drop_session++;
		return;
	}
	port->ac->ops->closed(port->ac->ctx, s, "PADT received");
	pppoe_session_free(s);
}

/* ---------------------------------------------------------------- input */

void pppoe_ac_input(struct pppoe_port *port, const struct pppoe_frame *f, msec_t now)
{
	struct pppoe_ac *ac = port->ac;
	int index = code_index(f->code);

	if (ac->ops->trace)
		ac->ops->trace(ac->ctx, port, false, f);
	if (f->src[0] & 1 ||
	    (f->code != PPPOE_PADI && memcmp(f->dst, port->mac, PPPOE_MAC_LEN) != 0)) {
		port->stats.drop_address++;
		return;
	}
	if (index >= 0)
		port->stats.rx[index]++;
	switch (f->code) {
	case PPPOE_PADI:
		padi(port, f, now);
		break;
	case PPPOE_PADR:
		padr(port, f, now);
		break;
	case PPPOE_PADT:
		padt(port, f);
		break;
	default:
		port->stats.drop_code++;
		break;
	}
}

void pppoe_ac_input_raw(struct pppoe_port *port, struct span frame, msec_t now)
{
	struct pppoe_frame f;
	enum pppoe_decode result = pppoe_decode(frame, &f);

	port->stats.decode[result]++;
	if (result == PPPOE_DECODE_OK)
		pppoe_ac_input(port, &f, now);
}
