/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pim_vif.h - the MPLS domain as one virtual PIM neighbour of a stock pimd.
 *
 * On mplsmc0 pimd has one neighbour: us.  Its Join/Prune messages tell what the egress LSR wants
 * from the domain; ours make pimd, at the root, send a tree into it.  The least PIM that works
 * (facts about pimd): Hello, Join/Prune (RFC 7761 4.3, 4.5), nothing else.  An engine: IP packets
 * and `now` go in; IP packets and joins come out.  pim_codec.[ch] has the messages.
 */
#ifndef MPLSMC_PIM_VIF_H
#define MPLSMC_PIM_VIF_H

#include "lib/addr.h"
#include "lib/base.h"
#include "lib/bytes.h"
#include "lib/twheel.h"

struct pim_vif;

struct pim_vif_params {
	struct addr address;   /* ours, on mplsmc0; family decides PIMv4 or PIMv6 */
	struct addr neighbour; /* pimd's primary address there */
	uint16_t hello_interval_s, hello_hold_s; /* 30, 105 */
	uint16_t join_interval_s, join_hold_s;	 /* 60, 210 */
	uint32_t restart_hold_ms; /* pimd restarted: keep its joins this long: 15 s */
};

void pim_vif_params_default(struct pim_vif_params *p);

struct pim_vif_ops {
	void (*send)(void *ctx, struct span packet);
	/**
	 * pimd joined (wanted) or pruned: (S,G), or (*,G) when source is ADDR_ANY; pim_vif_rp()
	 * tells then which RP it named.
	 */
	void (*downstream)(void *ctx, const struct addr *source, const struct addr *group,
			   bool wanted);
	/**
	 * pimd pruned a source off the shared tree, (S,G,rpt), or no longer does; it is state of
	 * the (*,G) join and ends with it.  May be NULL.
	 */
	void (*pruned)(void *ctx, const struct addr *source, const struct addr *group, bool pruned);
	/** pimd's Hello was heard for the first time, anew (restart), or timed out. */
	void (*neighbour)(void *ctx, bool up, bool restarted);
};

struct pim_vif *pim_vif_new(const struct pim_vif_params *p, const struct pim_vif_ops *ops,
			    void *ctx, struct twheel *wheel);
/** Sends Prunes and a goodbye Hello before it frees. */
void pim_vif_free(struct pim_vif *v, bool goodbye);

/** A packet pimd sent on the interface (other protocols are ignored). */
void pim_vif_input(struct pim_vif *v, struct span packet, msec_t now);

/** The interface was made (again): Hello at once, all joins repeated. */
void pim_vif_start(struct pim_vif *v, msec_t now);

/**
 * At the root: join towards pimd.  (S,G), or (*,G) with source ADDR_ANY and rp the RP's address.
 * Reflections of our own joins are not reported as downstream interest (facts: pimvif 5).
 */
void pim_vif_join(struct pim_vif *v, const struct addr *source, const struct addr *group,
		  const struct addr *rp, bool joined, msec_t now);

/** pimd has joined the tree here. */
bool pim_vif_wants(const struct pim_vif *v, const struct addr *source, const struct addr *group);
/** The RP in pimd's Join(*,G); ADDR_ANY if it has not joined. */
struct addr pim_vif_rp(const struct pim_vif *v, const struct addr *group);

struct pim_vif_info {
	bool neighbour_up;
	msec_t neighbour_since;
	size_t n_downstream, n_joined, n_pruned;
	uint64_t rx_hellos, rx_join_prunes, rx_bad, rx_reflected, tx_hellos, tx_join_prunes,
		restarts;
};
void pim_vif_info(const struct pim_vif *v, struct pim_vif_info *info);
/** What counts events becomes 0. */
void pim_vif_clear_stats(struct pim_vif *v);
/** Calls fn for each tree pimd wants from the domain. */
void pim_vif_downstream(const struct pim_vif *v,
			void (*fn)(void *arg, const struct addr *source, const struct addr *group,
				   msec_t since),
			void *arg);

#endif
