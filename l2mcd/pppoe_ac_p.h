/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pppoe_ac_p.h - structures of the access concentrator: pppoe_ac.c (stages), pppoe_session.c. */
#ifndef L2MCD_PPPOE_AC_P_H
#define L2MCD_PPPOE_AC_P_H

#include "l2mcd/pppoe_ac.h"
#include "lib/siphash.h"

#define PPPOE_COOKIE_LEN 13

PREDECL_HASH(pppoe_sessions);
PREDECL_HASH(pppoe_hosts);
PREDECL_DLIST(pppoe_host_sessions);
PREDECL_DLIST(pppoe_ports);

struct pppoe_octets {
	uint8_t *data; /* NULL: no such tag */
	size_t len;
};

struct pppoe_session {
	struct pppoe_sessions_item by_id;
	struct pppoe_host_sessions_item by_host;
	struct pppoe_port *port;
	struct pppoe_host *host;
	struct timer decide;
	uint16_t session_id, max_payload;
	bool pending;
	uint8_t mac[PPPOE_MAC_LEN];
	uint8_t cookie[PPPOE_COOKIE_LEN];
	char service[PPPOE_NAME_LEN]; /* octets of the host, for its answers */
	char service_text[PPPOE_NAME_LEN], circuit_id[PPPOE_NAME_LEN], remote_id[PPPOE_NAME_LEN];
	int service_index;
	struct pppoe_octets host_uniq, relay_id;
	msec_t created;
	void *data;
};

/** A MAC address that has sessions. */
struct pppoe_host {
	struct pppoe_hosts_item item;
	uint8_t mac[PPPOE_MAC_LEN];
	struct pppoe_host_sessions_head sessions;
};

struct pppoe_port {
	struct pppoe_ports_item item;
	struct pppoe_ac *ac;
	uint32_t number; /* never used again */
	uint8_t mac[PPPOE_MAC_LEN];
	uint8_t n_vlans;
	uint16_t vlan[PPPOE_MAX_VLANS];
	struct pppoe_params params;
	struct pppoe_sessions_head sessions;
	struct pppoe_hosts_head hosts;
	size_t n_sessions;
	uint64_t bucket; /* thousandths of a PADI */
	msec_t bucket_at;
	struct pppoe_stats stats;
	void *data;
};

struct pppoe_ac {
	const struct pppoe_ops *ops;
	void *ctx;
	struct twheel *wheel;
	uint8_t key[SIPHASH_KEY_LEN];
	uint32_t last_port, last_pado;
	struct pppoe_ports_head ports;
};

DECLARE_DLIST(pppoe_host_sessions, struct pppoe_session, by_host);
DECLARE_DLIST(pppoe_ports, struct pppoe_port, item);

void pppoe_port_send(struct pppoe_port *port, const struct pppoe_frame *f);
struct pppoe_host *pppoe_host_find(struct pppoe_port *port, const uint8_t *mac);
struct pppoe_session *pppoe_session_find(struct pppoe_port *port, uint16_t session_id);
/** From a PADR; NULL: no Session ID is free. */
struct pppoe_session *pppoe_session_new(struct pppoe_port *port, const struct pppoe_frame *padr,
					msec_t now);
void pppoe_session_free(struct pppoe_session *s);
void pppoe_session_send_pads(struct pppoe_session *s, uint16_t session_id, uint16_t error,
			     const char *why);
void pppoe_session_send_padt(struct pppoe_session *s, const char *why);

#endif
