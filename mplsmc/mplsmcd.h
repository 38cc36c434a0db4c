/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mplsmcd.h - the daemon: IP multicast trees on MPLS P2MP LSPs.
 *
 * Engines (ldp_*, mldp_*, mc_map, pim_vif, lib/fib_pub) decide; the mplsmcd_* files are the edges
 * that connect them to libfrr, sockets, zebra and each other.  One thread, libfrr's event loop.
 *
 *   mplsmcd_main    start, stop, the timer wheel, what happens after each round of input
 *   mplsmcd_config  what is configured;  mplsmcd_vty*, mplsmcd_show*: CLI
 *   mplsmcd_io      UDP and TCP 646
 *   mplsmcd_contest connections of peers that have one already
 *   mplsmcd_ldp     callbacks of the LDP engine: sessions become peers of the tree engine
 *   mplsmcd_tree    callbacks of the tree engine: labels, routes, forwarding
 *   mplsmcd_map     callbacks of the mapping; its configuration
 *   mplsmcd_pim     mplsmc0, and the virtual PIM neighbour on it
 *   mplsmcd_mroute  the kernel's multicast routing table, for triggers that wait for it
 *   mplsmcd_streams streams that reach this router, for LSPs with wildcards
 *   mplsmcd_labels  labels from zebra's label manager, or a configured range
 *   mplsmcd_zebra   interfaces, addresses, next hops
 *   mplsmcd_bgp     who announces the network of a source
 *   mplsmcd_fib     forwarding objects
 *
 * Data flow, leaf: pimd's Join on mplsmc0 -> pim_vif -> mc_map -> mldp_leaf -> Label Mapping to the
 * upstream LSR, P2mpIlm with local delivery.  Root: Label Mapping -> mldp -> mc_map -> Join to
 * pimd, P2mpFtn.  Transit: mldp alone.
 *
 * Standards: RFC 5036, 5331, 5332, 5561, 6388, 6389, 6720, 6826, 7438, 7473; RFC 3353 is the map
 * (spec in doc/).
 */
#ifndef MPLSMCD_H
#define MPLSMCD_H

#include "mplsmc/mplsmcd_config.h"
#include "lib/fib_pub.h"
#include "mplsmc/ldp_engine.h"
#include "mplsmc/mc_map.h"
#include "mplsmc/mldp_tree.h"
#include "mplsmc/pim_vif.h"

DECLARE_MGROUP(MPLSMCD);

struct mplsmcd {
	struct event_loop *master;
	struct twheel wheel;
	struct mplsmcd_config config;
	struct ldp_engine *ldp; /* NULL: no router id yet, or not configured */
	struct mldp *mldp;
	struct mc_map *map;
	struct pim_vif *pim;  /* NULL: mplsmc0 is not there */
	struct pim_vif *pim6; /* NULL: or IPv6 is disabled there */
	struct pim_vif *shared_pim; /* NULL: there is none for shared trees */
	struct fib_pub *fib;
	struct addr zebra_router_id;
	msec_t started;
	struct {
		uint64_t udp_rx, udp_tx, udp_errors, tcp_accepted, tcp_refused, tcp_errors;
		uint64_t md5_bad;
		uint64_t upstream_rx, upstream_unforwarded;
		uint64_t mroute_changes, mroute_dumps, mroute_overruns;
	} stats;
};

struct mplsmcd *mplsmcd_instance(void);
msec_t mplsmcd_now(void);
/** The configuration changed: running state follows at the end of this round. */
void mplsmcd_reconcile(void);
/** Input was given to an engine: send what came out, restart the timer. */
void mplsmcd_kick(void);

/** The interface to pimd: that of shared trees, if there is one and the tree is such. */
static inline const char *mplsmcd_device(const struct mplsmcd *d, bool shared)
{
	return shared && d->config.shared_interface[0] ? d->config.shared_interface
						       : d->config.upstream_interface;
}

/* ---- what show commands need */
/** Our LDP identifier's address; ADDR_ANY: none yet. */
struct addr mplsmcd_router_id(const struct mplsmcd *d);
struct addr mplsmcd_transport(const struct mplsmcd *d);
const char *mplsmcd_fib_endpoint(const char **error);
/** Entries of the kernel's multicast routing table; 0 while no trigger waits for it. */
size_t mplsmcd_mroute_count(void);
/** Labels in use and available; source: "zebra", "configured". */
void mplsmcd_labels_info(size_t *used, size_t *total, const char **source);
struct fib_key mplsmcd_ilm_key(const struct mldp_lsp_info *i);
struct fib_key mplsmcd_ftn_key(const struct addr *source, const struct addr *group);

/* ---- who is root for a source, as far as it is not configured */
enum mplsmcd_origin {
	MPLSMCD_UNKNOWN,
	MPLSMCD_CONNECTED, /* ours: no root */
	MPLSMCD_BGP,
};

struct mplsmcd_source {
	struct addr source, root;
	enum mplsmcd_origin origin;
	struct prefix prefix; /* BGP: announced by root */
};

void mplsmcd_zebra_sources(void (*fn)(void *arg, const struct mplsmcd_source *s), void *arg);

/* ---- operational commands; number of objects */
unsigned int mplsmcd_clear_neighbour(const struct addr *lsr_id); /* ADDR_ANY: all */
unsigned int mplsmcd_clear_lsp(const struct addr *root);	 /* ADDR_ANY: all */
void mplsmcd_clear_statistics(void);

/* ---- history */
struct mplsmcd_step {
	msec_t when;
	char object[64]; /* "peer 1.1.1.1", "lsp root ..." */
	char text[96];
};
void mplsmcd_history_add(const char *object, const char *fmt, ...) PRINTFRR(2, 3);
void mplsmcd_history_walk(void (*fn)(void *arg, const struct mplsmcd_step *s), void *arg);

/* ---- debugging (flags in mplsmcd_debug.c) */
extern struct debug mplsmcd_dbg_discovery, mplsmcd_dbg_session, mplsmcd_dbg_messages,
	mplsmcd_dbg_labels, mplsmcd_dbg_tree, mplsmcd_dbg_rpf, mplsmcd_dbg_mapping,
	mplsmcd_dbg_fib, mplsmcd_dbg_zebra;
#define MPLSMCD_DEBUG(kind, ...)                                                                   \
	do {                                                                                       \
		if (DEBUG_MODE_CHECK(&mplsmcd_dbg_##kind, DEBUG_MODE_ALL))                         \
			zlog_debug(__VA_ARGS__);                                                   \
	} while (0)

void mplsmcd_vty_init(void);
void mplsmcd_vty_fini(void);

#endif
