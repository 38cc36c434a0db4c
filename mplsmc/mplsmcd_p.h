/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mplsmcd_p.h - what the edges of mplsmcd offer each other; mplsmcd.h has the overview. */
#ifndef MPLSMCD_P_H
#define MPLSMCD_P_H

#include "mplsmc/mplsmcd.h"

extern struct zebra_privs_t mplsmcd_privs;

/* ---------------------------------------------------------------- mplsmcd_io.c */

/** Sockets follow router id, transport address and configuration. */
void mplsmcd_io_reconcile(struct mplsmcd *d);
void mplsmcd_io_fini(struct mplsmcd *d);
/** Otherwise LDP does not run: the port may be that of an ldpd with the same address. */
bool mplsmcd_io_listening(void);
/** Hellos are sent and heard on this interface, or no longer. */
void mplsmcd_io_interface(unsigned int ifindex, bool add);
void mplsmcd_io_send_hello(unsigned int ifindex, struct span data);
/** Connections; results come as ldp_session_connected() and ldp_session_closed(). */
void mplsmcd_io_connect(struct ldp_session *s, const struct addr *peer, bool ttl255);
void mplsmcd_io_write(struct ldp_session *s, struct span data);
void mplsmcd_io_close(struct ldp_session *s);
/** An accepted connection becomes the session's. */
void mplsmcd_io_adopt(struct ldp_session *s, int fd, const struct addr *peer);
/** Ends the connection unless TCP acknowledges something in the next seconds. */
void mplsmcd_io_suspect(struct ldp_session *s);
struct mplsmcd_peer;
/** Closes the peer's connection; the session is gone. */
void mplsmcd_io_forget(struct mplsmcd_peer *p);

/* ---------------------------------------------------------------- mplsmcd_contest.c */

/** A connection of a peer that has one (ldp_session_contested()): kept until it is known whether
 *  the old one is dead. */
void mplsmcd_contest_hold(int fd, const struct addr *peer);
/** The old one lives: what waits is refused. */
void mplsmcd_contest_lives(const struct addr *peer);
void mplsmcd_contest_fini(void);

/* ---------------------------------------------------------------- mplsmcd_ldp.c */

/** What hangs on an LDP session; ldp_session_data(). */
struct mplsmcd_peer {
	struct ldp_session *session;
	struct mldp_peer *mldp; /* while operational */
	struct mplsmcd_connection *connection; /* mplsmcd_io.c */
	struct event *t_refused;
	struct addr watched; /* mplsmcd_zebra_watch_peer(); ADDR_ANY: none */
};

/** The peer's data, made at first use. */
struct mplsmcd_peer *mplsmcd_peer_of(struct ldp_session *s);
/** Starts, restarts or stops LDP as configured. */
void mplsmcd_ldp_reconcile(struct mplsmcd *d);
void mplsmcd_ldp_fini(struct mplsmcd *d);
/** An interface came or went, or its address changed (ifp NULL: by that name, it is gone). */
void mplsmcd_ldp_interface(struct mplsmcd *d, const char *name, struct interface *ifp);
/** True if it is an address by which other LSRs know this one. */
bool mplsmcd_ldp_is_ours(const struct interface *ifp, const struct addr *a);
/** There is another route to the transport address of peers. */
void mplsmcd_ldp_route(struct mplsmcd *d, const struct addr *transport);
void mplsmcd_ldp_address(struct mplsmcd *d, const struct addr *a, bool add);

/* ---------------------------------------------------------------- mplsmcd_tree.c */

void mplsmcd_tree_init(struct mplsmcd *d);
void mplsmcd_tree_reconcile(struct mplsmcd *d);
/** There are labels (again): LSPs may be waiting for them. */
void mplsmcd_tree_labels(struct mplsmcd *d);
/** Next hops towards a root. */
void mplsmcd_tree_route(struct mplsmcd *d, const struct addr *root, const struct addr *next_hops,
			size_t n);
void mplsmcd_tree_fini(struct mplsmcd *d);
/** LSPs of shared trees are released and set up anew. */
void mplsmcd_clear_shared(void);
/** The text of an LSP for the history: "lsp root 1.1.1.1 ..." */
const char *mplsmcd_lsp_str(const struct mldp_fec *fec, char *buf, size_t size);

/* ---------------------------------------------------------------- mplsmcd_map.c */

void mplsmcd_map_init(struct mplsmcd *d);
void mplsmcd_map_reconcile(struct mplsmcd *d);
void mplsmcd_map_fini(struct mplsmcd *d);

/* ---------------------------------------------------------------- mplsmcd_pim.c */

void mplsmcd_pim_init(struct mplsmcd *d);
/** Interfaces to pimd that are no longer configured go; missing ones are made. */
void mplsmcd_pim_close_changed(struct mplsmcd *d);
void mplsmcd_pim_open(struct mplsmcd *d);
void mplsmcd_pim_fini(void);
/** Towards pimd, at the root; (*,G) on the interface of shared trees, if there is one. */
void mplsmcd_pim_join(struct mplsmcd *d, const struct addr *source, const struct addr *group,
		      const struct addr *rp, bool joined);
/** A virtual neighbour's address: routes through it lead into the domain. */
bool mplsmcd_pim_is_neighbour(const struct addr *a);
/** The interface is one of those to pimd. */
bool mplsmcd_pim_is_device(const char *ifname);
/** zebra tells of an interface: if it is ours and has no address there, it gets it again. */
void mplsmcd_pim_interface(const struct interface *ifp);

/* ---------------------------------------------------------------- mplsmcd_mroute.c */

void mplsmcd_mroute_init(void);
/** The kernel's table is followed while a trigger waits for it. */
void mplsmcd_mroute_reconcile(struct mplsmcd *d);
void mplsmcd_mroute_fini(struct mplsmcd *d);

/* ---------------------------------------------------------------- mplsmcd_streams.c */

/** mc_map_stream() follows the kernel's multicast routing table, or no longer. */
void mplsmcd_streams_watch(bool watch);

/* ---------------------------------------------------------------- mplsmcd_labels.c */

uint32_t mplsmcd_label_alloc(void);
void mplsmcd_label_free(uint32_t label);
void mplsmcd_labels_reconcile(struct mplsmcd *d);
/** zebra's label manager granted a block. */
void mplsmcd_labels_chunk(uint32_t low, uint32_t high);
/** zebra is there (again): ask for what is missing. */
void mplsmcd_labels_zebra_up(void);
void mplsmcd_labels_fini(void);

/* ---------------------------------------------------------------- mplsmcd_zebra.c */

void mplsmcd_zebra_init(struct mplsmcd *d);
void mplsmcd_zebra_fini(void);
/** Explicit routes to roots may have changed. */
void mplsmcd_zebra_reconcile(void);
/** Next hops towards a root: mldp_route() follows each change. */
void mplsmcd_zebra_watch_route(const struct addr *root, bool watch);
/** Whether a source is ours, or whose it is: mc_map_root() follows each change. */
void mplsmcd_zebra_watch_source(const struct addr *source, bool watch);
/** The way to peers' transport address: mplsmcd_ldp_route() follows each change. */
void mplsmcd_zebra_watch_peer(const struct addr *transport, bool watch);
/** The owners of networks changed: what is known of each watched source is told again. */
void mplsmcd_zebra_tell_sources(void);
struct prefix mplsmcd_host_prefix(const struct addr *a);
/** False: zebra is not connected; ask again in mplsmcd_labels_zebra_up(). */
bool mplsmcd_zebra_get_labels(uint32_t n);

/* ---------------------------------------------------------------- mplsmcd_bgp.c */

void mplsmcd_bgp_init(void);
void mplsmcd_bgp_fini(void);
/** From now on routes of BGP are wanted; zc NULL or not connected: when it is. */
void mplsmcd_bgp_want(struct zclient *zc);
/** zebra is there (again). */
void mplsmcd_bgp_zebra_up(struct zclient *zc);
/** zebra passes a route on: it is there, or no longer. */
void mplsmcd_bgp_route(const struct zapi_route *r, bool add);
/** Who announces the network of an address, and which one it is; false: not in BGP. */
bool mplsmcd_bgp_owner(const struct addr *a, struct addr *owner, struct prefix *of);

/* ---------------------------------------------------------------- mplsmcd_fib.c */

void mplsmcd_fib_init(struct mplsmcd *d);
void mplsmcd_fib_reconcile(struct mplsmcd *d);
void mplsmcd_fib_fini(struct mplsmcd *d);
/** local: the interface that gets what is taken from the LSP; NULL: none. */
void mplsmcd_fib_ilm(const struct fib_key *key, const struct mldp_branch *branches, size_t n,
		     const char *local);
void mplsmcd_fib_ftn(const struct addr *source, const struct addr *group,
		     const struct mldp_branch *branches, size_t n);
/** The agents have the present entry of the LSP's label or, at its root, of the tree that the FEC
 *  names; or there is no agent. */
bool mplsmcd_fib_installed(const struct mldp_lsp_info *lsp);

void mplsmcd_history_fini(void);

#endif
