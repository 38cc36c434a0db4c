/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l2mcd.h - the daemon: an L2TPv2 LAC and LNS with RFC 4045.
 *
 * Engines (l2tp_*, l2mc_*, lib/gmp_*, lib/fib_pub) decide; the l2mcd_* files are the edges that
 * connect them to libfrr, sockets, netdevs and each other.  One thread, libfrr's event loop.
 *
 *   l2mcd_main      start, stop, the timer wheel, what happens after each round of input
 *   l2mcd_config    what is configured;  l2mcd_vty, l2mcd_show, l2mcd_json: CLI
 *   l2mcd_io        UDP 1701
 *   l2mcd_tunnel    callbacks of the L2TP engine: tunnels, sessions, multicast messages
 *   l2mcd_lac       access interfaces: one incoming call each
 *   l2mcd_outgoing  calls that the LNS asks for, both ends
 *   l2mcd_line      what both ends agree about an established call
 *   l2mcd_pppoe     access interfaces with PPPoE: one for each session
 *   l2mcd_lns       session interfaces (provider)
 *   l2mcd_membership  group state per session: `membership source`
 *   l2mcd_external  ... netdevs that somebody else made
 *   l2mcd_pppd      ... a pppd for each, on a session in the kernel (l2mcd_kernel)
 *   l2mcd_link      what pppd tells of PPP
 *   l2mcd_tap       IGMP and MLD on all session interfaces, one socket
 *   l2mcd_upstream  l2mc0: what all sessions want together, reported to pimd
 *   l2mcd_fib       forwarding objects
 *   l2mcd_zebra     interfaces
 *   l2mcd_history   the last steps of every tunnel and session
 *
 * Data flow on the LNS: report -> tap -> gmp_router -> l2mc_lns -> flow objects, MSRQ/MSI, and
 * the merged state -> gmp_host -> l2mc0 -> pimd.  On the LAC: MSI -> l2mc_lac -> replication
 * object -> installed -> MSI with AVP 82.
 *
 * Standards: RFC 2661, RFC 4045, RFC 3376, RFC 3810, RFC 4605 (proxy towards pimd).
 */
#ifndef L2MCD_H
#define L2MCD_H

#include "l2mcd/l2mcd_config.h"
#include "l2mcd/l2mcd_link.h"
#include "lib/fib_pub.h"
#include "lib/gmp_router.h"

DECLARE_MGROUP(L2MCD);

PREDECL_HASH(l2mcd_ifsessions);

/** A tunnel; l2tp_tunnel_data(). */
struct l2mcd_tunnel {
	struct l2tp_tunnel *l2tp;
	uint16_t tunnel_id;
	char peer_group[L2MCD_NAME_LEN];
	bool called; /* we opened it, to an endpoint of the peer-group */
	struct endpoint local, peer;
	struct l2mc_tunnel *lns;     /* while established */
	struct l2mc_lac_tunnel *lac; /* while established */
	uint64_t data_packets; /* last activity report of the agent */
};

struct l2mcd_pppoe_call;

/** A unicast session; l2tp_session_data(). */
struct l2mcd_session {
	struct l2tp_session *l2tp;
	struct l2mcd_tunnel *tunnel;
	uint16_t session_id, peer_session_id;
	bool lac;	 /* our role */
	bool up;
	bool sequencing; /* we send sequence numbers (RFC 2661 5.4) */
	char interface[IFNAMSIZ];     /* access or session interface */
	enum l2mcd_ineligible ineligible;
	/* LAC */
	bool line_known;
	struct l2tp_call_errors line_before; /* the call */
	struct l2mcd_pppoe_call *pppoe; /* LAC: the subscriber came by PPPoE */
	/* LNS */
	const struct l2mcd_provider *provider; /* who made the interface */
	void *provider_data;
	struct l2mcd_link link; /* its PPP, as the provider tells */
	struct l2mcd_ifsessions_item by_ifindex;
	ifindex_t ifindex; /* 0: the netdev is not there */
	uint8_t framing;   /* enum fib_framing, of the netdev */
	struct gmp_router *gmp[2]; /* IGMP, MLD */
	bool reached;		   /* an agent carried the session's packets once */
	struct l2mc_user *user;
};

struct l2mcd {
	struct event_loop *master;
	struct twheel wheel;
	struct l2mcd_config config;
	struct l2tp_engine *l2tp;
	struct l2mc_lns *lns;
	struct l2mc_lac *lac;
	struct fib_pub *fib;
	msec_t started;
	struct {
		uint64_t tap_packets, tap_ignored, tap_errors, gmp_decode[GMP_DECODE_RESULTS];
		uint64_t upstream_reports, upstream_queries, upstream_unforwarded;
		uint64_t udp_rx, udp_tx, udp_errors;
	} stats;
};

/** The daemon.  For vty handlers and callbacks that libfrr gives no context. */
struct l2mcd *l2mcd_instance(void);

msec_t l2mcd_now(void);

/** The configuration changed: running state follows at the end of this round. */
void l2mcd_reconcile(void);
/** Input was given to an engine: send what came out, restart the timer. */
void l2mcd_kick(void);

/* ---- operational commands, for vty */
/** Closes a tunnel (0: all); number closed. */
unsigned int l2mcd_clear_tunnel(uint16_t tunnel_id);
/** Closes a unicast session of a tunnel (session 0: all). */
unsigned int l2mcd_clear_session(uint16_t tunnel_id, uint16_t session_id);
/** Ends a multicast session, on the LNS or the LAC side (session 0: all of the tunnel). */
unsigned int l2mcd_clear_multicast(uint16_t tunnel_id, uint16_t session_id);
void l2mcd_clear_statistics(void);
/** LNS: asks the LAC to place a call; NULL and *why. */
struct l2mcd_session *l2mcd_lns_dial(uint16_t tunnel_id, const char *number, const char **why);
/** LNS: sends SLI; number of sessions that got it. */
unsigned int l2mcd_session_accm(uint16_t tunnel_id, uint16_t session_id, uint32_t send,
				uint32_t receive);

/** Calls fn for every unicast session of every tunnel. */
void l2mcd_sessions_walk(void (*fn)(void *arg, struct l2mcd_session *s), void *arg);
/** Why the session is in no OSL for groups of this family. */
enum l2mcd_ineligible l2mcd_session_ineligible(const struct l2mcd_session *s, bool v6);
/** Forwarding key of a multicast flow, replication, ... as l2mcd sends it. */
struct fib_key l2mcd_flow_key(const struct addr *group, const struct addr *source);
/** The endpoint consumers connect to, "": not bound; error: why not, or NULL. */
const char *l2mcd_fib_endpoint(const char **error);
/** True if a UDP socket is bound to the configured address; error as above. */
bool l2mcd_io_listening(const char **error);

/* ---- history */
struct l2mcd_step {
	msec_t when;
	uint16_t tunnel_id, session_id; /* session 0: the tunnel itself */
	char text[96];
};
void l2mcd_history_add(uint16_t tunnel_id, uint16_t session_id, const char *fmt, ...)
	PRINTFRR(3, 4);
/** Oldest first; tunnel 0, session 0: all. */
void l2mcd_history_walk(uint16_t tunnel_id, uint16_t session_id,
			void (*fn)(void *arg, const struct l2mcd_step *s), void *arg);

/* ---- debugging (flags in l2mcd_vty.c) */
extern struct debug l2mcd_dbg_events, l2mcd_dbg_packets, l2mcd_dbg_hex, l2mcd_dbg_fsm,
	l2mcd_dbg_gmp, l2mcd_dbg_pppoe, l2mcd_dbg_multicast, l2mcd_dbg_zebra, l2mcd_dbg_fib;
#define L2MCD_DEBUG(kind, ...)                                                                     \
	do {                                                                                       \
		if (DEBUG_MODE_CHECK(&l2mcd_dbg_##kind, DEBUG_MODE_ALL))                           \
			zlog_debug(__VA_ARGS__);                                                   \
	} while (0)

/* ---- edges among themselves */
void l2mcd_vty_init(void);
void l2mcd_vty_fini(void);

#endif
