/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l2mcd_pppoe.h - PPPoE subscribers of the LAC.
 *
 *   l2mcd_pppoe     ports as configured, one incoming call for each PPPoE session, channels
 *   l2mcd_pppoe_io  packet sockets, one for each netdev
 *   l2mcd_vlan      VLAN devices, which the kernel's PPPoE needs
 *
 * The PADS goes out when the call is established and its channels are bridged: a subscriber
 * whose LNS cannot be reached hears why, instead of talking PPP to nobody.  Afterwards PADT and
 * CDN follow each other, in both directions.
 */
#ifndef L2MCD_PPPOE_H
#define L2MCD_PPPOE_H

#include "l2mcd/l2mcd.h"
#include "l2mcd/pppoe_ac.h"

struct l2mcd_netdev;

PREDECL_HASH(l2mcd_ports);
PREDECL_DLIST(l2mcd_calls);

/** A served access: interface and tags. */
struct l2mcd_port {
	struct l2mcd_ports_item item;
	char interface[IFNAMSIZ];
	uint8_t n_vlans;
	uint16_t vlan[PPPOE_MAX_VLANS];
	struct pppoe_port *engine;
	struct l2mcd_netdev *dev;
	char (*services)[PPPOE_NAME_LEN]; /* the engine's: the configuration may change any time */
	char data_dev[IFNAMSIZ]; /* netdev of the sessions in the kernel, "": not known yet */
	ifindex_t made[PPPOE_MAX_VLANS]; /* VLAN devices of our making, 0: none */
	bool wanted;
};

/** Frames of both ports come through the same VLAN device of the i-th tag, outermost first.  A tag
 *  with another behind it has an ethertype of its own (802.1ad), and so another device. */
static inline bool l2mcd_port_shares_vlan(const struct l2mcd_port *a, const struct l2mcd_port *b,
					  uint8_t i)
{
	return i < a->n_vlans && i < b->n_vlans && (i + 1 < a->n_vlans) == (i + 1 < b->n_vlans) &&
	       strcmp(a->interface, b->interface) == 0 &&
	       memcmp(a->vlan, b->vlan, (i + 1u) * sizeof(a->vlan[0])) == 0;
}

/** What stands between a PPPoE session and an L2TP session. */
struct l2mcd_pppoe_call {
	struct l2mcd_calls_item item;
	bool waiting;		       /* in the list of those without an L2TP session */
	struct pppoe_session *pppoe;   /* NULL: over */
	struct l2mcd_session *session; /* NULL: none yet, or over */
	struct l2mcd_port *port;
	char peer_group[L2MCD_NAME_LEN];
	bool data_path;	      /* carried by the kernel */
	unsigned int tunnels; /* that were not established */
	int pppoe_fd, l2tp_fd, bridge_fd;
};

void l2mcd_pppoe_init(struct l2mcd *d);
/** Ports follow configuration and interfaces; waiting calls are tried again. */
void l2mcd_pppoe_reconcile(struct l2mcd *d, msec_t now);
void l2mcd_pppoe_fini(struct l2mcd *d);

/** For sessions with s->pppoe, see l2mcd_lac_session_up() and _down(). */
void l2mcd_pppoe_session_up(struct l2mcd_session *s);
void l2mcd_pppoe_session_down(struct l2mcd_session *s, const char *reason);
/** Framing of the copies for this subscriber. */
void l2mcd_pppoe_framing(const struct l2mcd_session *s, struct fib_access_session *v);

/** Calls fn for every port, in no order. */
void l2mcd_pppoe_walk(void (*fn)(void *arg, struct l2mcd_port *p), void *arg);
struct l2mcd_port *l2mcd_port_find(const char *interface, uint8_t n_vlans, const uint16_t *vlans);
void l2mcd_pppoe_clear_stats(void);

/* ---------------------------------------------------------------- l2mcd_pppoe_io.c */

/** A user more of the netdev's socket, opened when there is none; NULL and errno. */
struct l2mcd_netdev *l2mcd_netdev_get(const struct interface *ifp);
void l2mcd_netdev_put(struct l2mcd_netdev *dev);
bool l2mcd_netdev_is(const struct l2mcd_netdev *dev, const struct interface *ifp);
void l2mcd_netdev_send(struct l2mcd_netdev *dev, struct span frame);
/** A frame came in; l2mcd_pppoe.c finds its port. */
void l2mcd_pppoe_input(const char *interface, struct span frame);

/* ---------------------------------------------------------------- l2mcd_vlan.c */

/**
 * Index of the VLAN device with this tag above the netdev, its name in name; made if there is
 * none: then *made is true.  0 and *why.
 */
ifindex_t l2mcd_vlan_device(ifindex_t below, const char *below_name, bool service_tag,
			    uint16_t vlan, char name[IFNAMSIZ], bool *made, const char **why);
void l2mcd_vlan_delete(ifindex_t ifindex);

#endif
