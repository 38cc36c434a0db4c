// SPDX-License-Identifier: GPL-2.0-or-later
/* PPPoE access concentrator: ports and sessions, their numbers and what hosts own. */
#include "l2mcd/pppoe_ac.h"

#include "l2mcd/pppoe_ac_p.h"

#define ID_TRIES 16

DEFINE_MGROUP(PPPOE, "PPPoE");
DEFINE_MTYPE_STATIC(PPPOE, PPPOE_AC, "access concentrator");
DEFINE_MTYPE_STATIC(PPPOE, PPPOE_PORT, "port");
DEFINE_MTYPE_STATIC(PPPOE, PPPOE_HOST, "host");
DEFINE_MTYPE_STATIC(PPPOE, PPPOE_SESSION, "session");
DEFINE_MTYPE_STATIC(PPPOE, PPPOE_TAG, "tag of a host");

static int session_cmp(const struct pppoe_session *a, const struct pppoe_session *b)
{
	return (int)a->session_id - (int)b->session_id;
}

static uint32_t session_hash(const struct pppoe_session *s)
{
	return jhash_1word(s->session_id, 0x2516);
}

static int host_cmp(const struct pppoe_host *a, const struct pppoe_host *b)
{
	return memcmp(a->mac, b->mac, PPPOE_MAC_LEN);
}

static uint32_t host_hash(const struct pppoe_host *h)
{
	return jhash(h->mac, PPPOE_MAC_LEN, 0x2516);
}

DECLARE_HASH(pppoe_sessions, struct pppoe_session, by_id, session_cmp, session_hash);
DECLARE_HASH(pppoe_hosts, struct pppoe_host, item, host_cmp, host_hash);

/* ---------------------------------------------------------------- sessions */

struct pppoe_host *pppoe_host_find(struct pppoe_port *port, const uint8_t *mac)
{
	struct pppoe_host ref = {};

	memcpy(ref.mac, mac, PPPOE_MAC_LEN);
	return pppoe_hosts_find(&port->hosts, &ref);
}

static struct pppoe_host *host_add(struct pppoe_port *port, const uint8_t *mac)
{
	struct pppoe_host *h = pppoe_host_find(port, mac);

	if (h)
		return h;
	h = XCALLOC(MTYPE_PPPOE_HOST, sizeof(*h));
	memcpy(h->mac, mac, PPPOE_MAC_LEN);
	pppoe_host_sessions_init(&h->sessions);
	pppoe_hosts_add(&port->hosts, h);
	return h;
}

struct pppoe_session *pppoe_session_find(struct pppoe_port *port, uint16_t session_id)
{
	struct pppoe_session ref = {.session_id = session_id};

	return pppoe_sessions_find(&port->sessions, &ref);
}

static bool id_usable(struct pppoe_port *port, uint16_t id)
{
	/* RFC 2516 section 4: 0xffff is reserved; 0 is no session */
	return id && id != 0xffff && !pppoe_session_find(port, id);
}

/* Random, so that a late PADT or frame of an old session seldom meets a new one. */
static uint16_t id_alloc(struct pppoe_port *port)
{
	uint16_t id = 0;

	for (int i = 0; i < ID_TRIES; i++) {
		id = port->ac->ops->random(port->ac->ctx) & 0xffff;
		if (id_usable(port, id))
			return id;
	}
	for (uint32_t i = 0; i <= 0xffff; i++)
		if (id_usable(port, ++id))
			return id;
	return 0;
}

static struct pppoe_octets keep(struct span tag)
{
	struct pppoe_octets o = {.len = tag.len};

	if (!tag.p)
		return o;
	o.data = XCALLOC(MTYPE_PPPOE_TAG, tag.len + 1);
	memcpy(o.data, tag.p, tag.len);
	return o;
}

/* Text of the network, shown to operators: printable, cut to its place. */
static void keep_text(char *to, size_t size, struct span tag)
{
	size_t n = tag.len < size - 1 ? tag.len : size - 1;

	for (size_t i = 0; i < n; i++)
		to[i] = tag.p[i] >= 0x20 && tag.p[i] < 0x7f ? tag.p[i] : '?';
	to[n] = '\0';
}

static void undecided(struct timer *t, msec_t now)
{
	struct pppoe_session *s = container_of(t, struct pppoe_session, decide);

	s->port->ac->ops->closed(s->port->ac->ctx, s, "no decision in time");
	pppoe_session_refuse(s, "time-out");
}

struct pppoe_session *pppoe_session_new(struct pppoe_port *port, const struct pppoe_frame *padr,
					msec_t now)
{
	uint16_t id = id_alloc(port);
	struct pppoe_session *s;

	if (!id)
		return NULL;
	s = XCALLOC(MTYPE_PPPOE_SESSION, sizeof(*s));
	s->port = port;
	s->session_id = id;
	s->pending = true;
	s->created = now;
	memcpy(s->mac, padr->src, PPPOE_MAC_LEN);
	memcpy(s->cookie, padr->ac_cookie.p, PPPOE_COOKIE_LEN);
	memcpy(s->service, padr->service[0].p, padr->service[0].len); /* shorter: padr() */
	keep_text(s->service_text, sizeof(s->service_text), padr->service[0]);
	keep_text(s->circuit_id, sizeof(s->circuit_id), padr->circuit_id);
	keep_text(s->remote_id, sizeof(s->remote_id), padr->remote_id);
	s->host_uniq = keep(padr->host_uniq);
	s->relay_id = keep(padr->relay_session_id);
	s->host = host_add(port, padr->src);
	pppoe_host_sessions_add_tail(&s->host->sessions, s);
	pppoe_sessions_add(&port->sessions, s);
	port->n_sessions++;
	timer_start(port->ac->wheel, &s->decide, now + PPPOE_PENDING_MS, undecided);
	return s;
}

void pppoe_session_free(struct pppoe_session *s)
{
	struct pppoe_port *port = s->port;

	timer_stop(port->ac->wheel, &s->decide);
	pppoe_sessions_del(&port->sessions, s);
	port->n_sessions--;
	pppoe_host_sessions_del(&s->host->sessions, s);
	if (!pppoe_host_sessions_count(&s->host->sessions)) {
		pppoe_hosts_del(&port->hosts, s->host);
		XFREE(MTYPE_PPPOE_HOST, s->host);
	}
	XFREE(MTYPE_PPPOE_TAG, s->host_uniq.data);
	XFREE(MTYPE_PPPOE_TAG, s->relay_id.data);
	XFREE(MTYPE_PPPOE_SESSION, s);
}

void pppoe_session_accept(struct pppoe_session *s)
{
	if (!s->pending)
		return;
	s->pending = false;
	timer_stop(s->port->ac->wheel, &s->decide);
	s->port->stats.sessions++;
	pppoe_session_send_pads(s, s->session_id, 0, NULL);
}

void pppoe_session_refuse(struct pppoe_session *s, const char *why)
{
	s->port->stats.refused++;
	pppoe_session_send_pads(s, 0, PPPOE_TAG_AC_SYSTEM_ERROR, why);
	pppoe_session_free(s);
}

void pppoe_session_close(struct pppoe_session *s, const char *why)
{
	if (s->pending) {
		pppoe_session_refuse(s, why);
		return;
	}
	pppoe_session_send_padt(s, why);
	pppoe_session_free(s);
}

void pppoe_session_info(const struct pppoe_session *s, struct pppoe_session_info *info)
{
	*info = (struct pppoe_session_info){
		.session_id = s->session_id,
		.pending = s->pending,
		.service = s->service_text,
		.service_index = s->service_index,
		.circuit_id = s->circuit_id,
		.remote_id = s->remote_id,
		.max_payload = s->max_payload,
		.port = s->port,
		.created = s->created,
	};
	memcpy(info->mac, s->mac, PPPOE_MAC_LEN);
}

void pppoe_session_set_data(struct pppoe_session *s, void *data)
{
	s->data = data;
}

void *pppoe_session_data(const struct pppoe_session *s)
{
	return s->data;
}

struct pppoe_session *pppoe_session_first(struct pppoe_port *port)
{
	return pppoe_sessions_first(&port->sessions);
}

struct pppoe_session *pppoe_session_next(struct pppoe_session *s)
{
	return pppoe_sessions_next(&s->port->sessions, s);
}

/* ---------------------------------------------------------------- ports */

struct pppoe_port *pppoe_port_new(struct pppoe_ac *ac, const uint8_t mac[PPPOE_MAC_LEN],
				  uint8_t n_vlans, const uint16_t *vlans,
				  const struct pppoe_params *params, void *data)
{
	struct pppoe_port *port = XCALLOC(MTYPE_PPPOE_PORT, sizeof(*port));

	port->ac = ac;
	port->number = ++ac->last_port;
	memcpy(port->mac, mac, PPPOE_MAC_LEN);
	port->n_vlans = n_vlans;
	for (uint8_t i = 0; i < n_vlans; i++)
		port->vlan[i] = vlans[i];
	port->data = data;
	pppoe_sessions_init(&port->sessions);
	pppoe_hosts_init(&port->hosts);
	pppoe_port_set(port, params);
	port->bucket = (uint64_t)params->padi_rate * MSEC_PER_S;
	pppoe_ports_add_tail(&ac->ports, port);
	return port;
}

static void port_fini(struct pppoe_port *port)
{
	struct pppoe_session *s;

	while ((s = pppoe_session_first(port)))
		pppoe_session_free(s);
	pppoe_sessions_fini(&port->sessions);
	pppoe_hosts_fini(&port->hosts);
	pppoe_ports_del(&port->ac->ports, port);
	XFREE(MTYPE_PPPOE_PORT, port);
}

void pppoe_port_free(struct pppoe_port *port)
{
	struct pppoe_session *s;

	while ((s = pppoe_session_first(port)))
		pppoe_session_close(s, "the concentrator stops serving here");
	port_fini(port);
}

void pppoe_port_set(struct pppoe_port *port, const struct pppoe_params *params)
{
	port->params = *params;
}

void *pppoe_port_data(const struct pppoe_port *port)
{
	return port->data;
}

size_t pppoe_port_sessions(const struct pppoe_port *port)
{
	return port->n_sessions;
}

const struct pppoe_stats *pppoe_port_stats(const struct pppoe_port *port)
{
	return &port->stats;
}

void pppoe_port_clear_stats(struct pppoe_port *port)
{
	memset(&port->stats, 0, sizeof(port->stats));
}

/* ---------------------------------------------------------------- the concentrator */

struct pppoe_ac *pppoe_ac_new(const struct pppoe_ops *ops, void *ctx, struct twheel *wheel)
{
	struct pppoe_ac *ac = XCALLOC(MTYPE_PPPOE_AC, sizeof(*ac));

	ac->ops = ops;
	ac->ctx = ctx;
	ac->wheel = wheel;
	pppoe_ports_init(&ac->ports);
	for (size_t i = 0; i < sizeof(ac->key); i += 4)
		put_u32(&ac->key[i], ops->random(ctx));
	return ac;
}

void pppoe_ac_free(struct pppoe_ac *ac)
{
	struct pppoe_port *port;

	while ((port = pppoe_ports_first(&ac->ports)))
		port_fini(port);
	pppoe_ports_fini(&ac->ports);
	explicit_bzero(ac->key, sizeof(ac->key));
	XFREE(MTYPE_PPPOE_AC, ac);
}
