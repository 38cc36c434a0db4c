/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l2mcd_p.h - what the edges of l2mcd offer each other; l2mcd.h has the overview.
 */
#ifndef L2MCD_P_H
#define L2MCD_P_H

#include "l2mcd/l2mcd.h"

extern struct zebra_privs_t l2mcd_privs;

/** Where the vty sockets of all FRR daemons are. */
const char *l2mcd_run_directory(void);

/* ---------------------------------------------------------------- l2mcd_io.c */

/** Binds, rebinds or closes the UDP socket as configured. */
void l2mcd_io_reconcile(struct l2mcd *d);
/** Sends what the L2TP engine has to send. */
void l2mcd_io_output(struct l2mcd *d);
void l2mcd_io_fini(void);
/** A UDP socket like the common one, bound to the address; -1 and errno. */
int l2mcd_io_socket(const struct endpoint *e);
struct sockaddr_in l2mcd_io_sockaddr(const struct endpoint *e);
/** Hands one datagram from such a socket, bound to the port, to the engine; false: none left. */
bool l2mcd_io_receive(struct l2mcd *d, int fd, uint16_t port);

/* ---------------------------------------------------------------- l2mcd_tunnel.c */

void l2mcd_tunnel_init(struct l2mcd *d);
/** Applies peer-groups to tunnels that are there: shutdown, removal. */
void l2mcd_tunnel_reconcile(struct l2mcd *d);
/** Closes every tunnel with StopCCN (at exit). */
void l2mcd_tunnel_shutdown(struct l2mcd *d);
/** Frees engines; no callbacks. */
void l2mcd_tunnel_fini(struct l2mcd *d);
/** Calls fn for every tunnel; fn may close it. */
void l2mcd_tunnels_walk(struct l2mcd *d, void (*fn)(void *arg, struct l2mcd_tunnel *t), void *arg);

/** Opens a control connection to the endpoint. */
struct l2mcd_tunnel *l2mcd_tunnel_call(struct l2mcd *d, const struct l2mcd_peer_group *g,
				       struct l2mcd_endpoint *e);
/** Places an incoming call for a subscriber behind the access interface; NULL: the tunnel
 *  takes no more. */
struct l2mcd_session *l2mcd_session_call(struct l2mcd_tunnel *t, const char *interface,
					 const struct l2tp_call *call);

/** Asks the LAC to place a call, for which a session interface is reserved; NULL and *why. */
struct l2mcd_session *l2mcd_session_dial(struct l2mcd_tunnel *t, const struct l2tp_call *call,
					 const char **why);

/* ---------------------------------------------------------------- l2mcd_multicast.c */

void l2mcd_multicast_init(struct l2mcd *d);
void l2mcd_multicast_reconcile(struct l2mcd *d);
void l2mcd_multicast_fini(struct l2mcd *d);
void l2mcd_multicast_tunnel_up(struct l2mcd_tunnel *t, const struct l2mcd_peer_group *g);
void l2mcd_multicast_tunnel_down(struct l2mcd_tunnel *t);
/** A message of RFC 4045 arrived: hands it to the engine of the role it is for. */
void l2mcd_multicast_input(struct l2mcd_tunnel *t, const struct l2tp_msg *m,
			   const struct l2tp_fault *fault, msec_t now);
void l2mcd_multicast_acked(struct l2mcd *d, uint64_t cookie, msec_t now);

/* ---------------------------------------------------------------- l2mcd_priority.c */

/** The session of a subscriber is there: its LAC hears of the priority it has. */
void l2mcd_priority_session(struct l2mcd_session *s);
void l2mcd_priority_reconcile(struct l2mcd *d);

/* ---------------------------------------------------------------- l2mcd_sender.c */

void l2mcd_sender_init(void);
void l2mcd_sender_reconcile(struct l2mcd *d);
void l2mcd_sender_fini(void);
/** A session interface is there: its subscriber may be a source. */
void l2mcd_sender_session(const struct l2mcd_session *s);
/** Tells the engine what the subscriber wants, without what it should not get back. */
void l2mcd_sender_report(struct l2mcd_session *s, const struct addr *group,
			 const struct gmp_filter *f);

/* ---------------------------------------------------------------- l2mcd_lac.c */

/** Something happened that calls may depend on: looked at in this round. */
void l2mcd_lac_wake(void);
/** The configuration changed: ends calls whose access is gone. */
void l2mcd_lac_configured(void);
/** Places calls for access interfaces that have none, ends those that should not be. */
void l2mcd_lac_reconcile(struct l2mcd *d, msec_t now);
/** A tunnel, established or on its way, for a call that a subscriber waits for: if all endpoints
 *  are denied, one is tried all the same.  NULL and *why. */
struct l2mcd_tunnel *l2mcd_lac_tunnel(struct l2mcd *d, const char *peer_group, msec_t now,
				      const char **why);
void l2mcd_lac_session_up(struct l2mcd_session *s);
void l2mcd_lac_session_down(struct l2mcd_session *s, const char *reason);
/** The control connection came up, or failed before: then the endpoint is skipped a while. */
void l2mcd_lac_reachable(struct l2mcd *d, const struct l2mcd_tunnel *t, bool reachable);
/** This LNS says that another should be tried (R2661-4.4.2-4). */
void l2mcd_lac_try_another(const struct l2mcd_tunnel *t);
/** When l2mcd_lac_reconcile() wants to run again; MSEC_NEVER: on events only. */
msec_t l2mcd_lac_deadline(const struct l2mcd *d);

/* ---------------------------------------------------------------- l2mcd_outgoing.c */

#define L2MCD_ACCESS_BPS 1000000000 /* nobody knows how fast an access interface is */

/** LAC: an OCRQ came; like l2mcd_lns_call_accept(). */
uint16_t l2mcd_lac_call_accept(struct l2mcd_session *s);
/** True if the LNS has asked for the call. */
bool l2mcd_lac_is_outgoing(const struct l2mcd_session *s);
/** LAC: the interface is up, the call has been answered. */
void l2mcd_lac_answer(struct l2mcd_access *a, msec_t now);

/* ---------------------------------------------------------------- l2mcd_line.c */

/** The call is up.  False: with these sequence numbers it is not wanted, and closed. */
bool l2mcd_line_up(struct l2mcd_session *s);
/** LNS: tells the LAC what follows from proxied LCP. */
void l2mcd_line_agree(struct l2mcd_session *s);
/** LAC: errors of its interface are looked at from now on. */
void l2mcd_line_watch(void);
void l2mcd_line_reconcile(struct l2mcd *d);
void l2mcd_line_fini(void);
/** LAC: the next call of this access asks for sequence numbers. */
bool l2mcd_lac_asks_for_sequencing(const struct l2mcd_access *a);
/** LNS: what the LAC has learnt of LCP and authentication counts. */
bool l2mcd_accepts_proxy(const struct l2mcd_session *s);

/* ---------------------------------------------------------------- l2mcd_lns.c */

/** Who makes the session interfaces: `session interface`. */
struct l2mcd_provider {
	const char *name;
	bool kernel; /* the kernel carries the unicast packets, not an agent */
	/** A call came: choose s->interface, or leave it to l2mcd_lns_report(); false and *why: it is refused. */
	bool (*reserve)(struct l2mcd_session *s, const struct l2tp_call *call, const char *lac_host,
			const char **why);
	/** The call is up: make the interface; l2mcd_lns_interface() when it is there. */
	void (*start)(struct l2mcd_session *s);
	/** The call is over. */
	void (*stop)(struct l2mcd_session *s);
	/** s->sequencing has changed during the call; may be NULL. */
	void (*sequencing)(struct l2mcd_session *s);
};

extern const struct l2mcd_provider l2mcd_external, l2mcd_pppd;

void l2mcd_pppd_fini(void);

void l2mcd_lns_init(struct l2mcd *d);
void l2mcd_lns_fini(struct l2mcd *d);
/** 0, or the CDN result with which the call is refused. */
uint16_t l2mcd_lns_call_accept(struct l2mcd_session *s);
/** Chooses the interface of a session of this subscriber; false and *why: there is none. */
bool l2mcd_lns_reserve(struct l2mcd_session *s, const char *subscriber, const char **why);
void l2mcd_lns_session_up(struct l2mcd_session *s);
/** s->sequencing is another one now. */
void l2mcd_lns_sequencing_changed(struct l2mcd_session *s);
void l2mcd_lns_session_down(struct l2mcd_session *s);
void l2mcd_lns_reconcile(struct l2mcd *d);
/** The session's netdev is there and up (ifp), or not (NULL). */
void l2mcd_lns_interface(struct l2mcd_session *s, const struct interface *ifp);
/** What the session's provider tells of its PPP, and of its interface. */
void l2mcd_lns_report(struct l2mcd_session *s, const struct l2mcd_link *link);
/** The agent carries the session's packets now. */
void l2mcd_lns_session_installed(struct l2mcd_session *s);
/** The session that uses this netdev, or NULL. */
struct l2mcd_session *l2mcd_lns_by_ifindex(ifindex_t ifindex);
struct l2mcd_session *l2mcd_lns_by_name(const char *interface);

/* ---------------------------------------------------------------- l2mcd_tap.c */

/** Opens or closes the tap: it is needed while there are session interfaces. */
void l2mcd_tap_reconcile(struct l2mcd *d);
void l2mcd_tap_fini(void);
/** Sends an IGMP or MLD packet on the session's netdev. */
void l2mcd_tap_send(const struct l2mcd_session *s, const struct gmp_msg *m);

/* ---------------------------------------------------------------- l2mcd_upstream.c */

void l2mcd_upstream_reconcile(struct l2mcd *d);
void l2mcd_upstream_fini(struct l2mcd *d);
/** zebra tells of an interface: if it is ours and has no address there, it gets it again. */
void l2mcd_upstream_interface(const struct interface *ifp);
/** What the router as a whole wants of a group. */
void l2mcd_upstream_set(const struct addr *group, const struct gmp_filter *f);

/* ---------------------------------------------------------------- l2mcd_fib.c */

void l2mcd_fib_init(struct l2mcd *d);
void l2mcd_fib_reconcile(struct l2mcd *d);
/** Hands over what changed; at the end of each round. */
void l2mcd_fib_flush(struct l2mcd *d);
void l2mcd_fib_fini(struct l2mcd *d);
void l2mcd_fib_tunnel(const struct l2mcd_tunnel *t);
void l2mcd_fib_tunnel_del(const struct l2mcd_tunnel *t);
void l2mcd_fib_session(const struct l2mcd_session *s);
void l2mcd_fib_session_del(const struct l2mcd_session *s);
void l2mcd_fib_flow_changed(struct l2mc_flow *f, bool gone);
void l2mcd_fib_program(const struct l2mc_osl *o);
void l2mcd_fib_unprogram(const struct l2mc_osl *o);
bool l2mcd_fib_ready(void);

/* ---------------------------------------------------------------- l2mcd_zebra.c */

void l2mcd_zebra_init(struct l2mcd *d);
void l2mcd_zebra_fini(void);
/** The netdev, if it exists and is up; else NULL. */
const struct interface *l2mcd_interface_up(const char *name);
/** Primary IPv4, or link-local IPv6 address of the netdev; ADDR_ANY: none. */
struct addr l2mcd_interface_address(const struct interface *ifp, bool v6);
/** enum fib_framing for a netdev. */
uint8_t l2mcd_interface_framing(const struct interface *ifp);

void l2mcd_history_fini(void);

#endif
