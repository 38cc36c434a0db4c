/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * maps.h - the agent's side of the eBPF maps: slots, publication, counters.
 *
 * Slots of what the packet path may still be reading are used again only after a grace period
 * (maps_grace()).
 */
#ifndef MCFIBD_MAPS_H
#define MCFIBD_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mcfibd/bpf/mcfibd_bpf.h"

struct maps;

struct maps_params {
	uint32_t max_objects, max_branches, max_seqs; /* 0: defaults */
	bool drop_unknown_labels;
};

/** Programs, in pairs: for devices with Ethernet header, and the next one for raw devices. */
enum maps_prog {
	MAPS_TUNNEL_IN = 0,
	MAPS_SESSION_IN = 2,
	MAPS_SESSION_OUT = 4,
	MAPS_FLOW_OUT = 6,
	MAPS_MPLS_IN = 8,
	MAPS_PROGS = 10,
};

/** Loads programs and maps.  NULL: errno says why (the verifier's text went to the log). */
struct maps *maps_open(const struct maps_params *params);
void maps_close(struct maps *m);

int maps_prog_fd(const struct maps *m, unsigned int prog);

/* ---- objects.  Slot 0 means none. */

uint32_t maps_object_new(struct maps *m); /**< 0: full */
void maps_object_free(struct maps *m, uint32_t object);
/** The mapped record, to fill in all but `range`. */
struct mcf_object *maps_object(struct maps *m, uint32_t object);

/**
 * The object's branches are now these: one store.  False: no room, the object is unchanged.
 * n may be 0 (packets are dropped and counted).
 */
bool maps_publish(struct maps *m, uint32_t object, const struct mcf_branch *b, uint32_t n);

/** Sum over the processors. */
void maps_object_counters(const struct maps *m, uint32_t object, struct mcf_counters *sum);

/* ---- counter slots of branches, Ns slots of sequenced sessions.  Slot 0 means none. */

uint32_t maps_branch_ctr_new(struct maps *m);
void maps_branch_ctr_free(struct maps *m, uint32_t slot);
const struct mcf_branch_counters *maps_branch_counters(const struct maps *m, uint32_t slot);

uint32_t maps_seq_new(struct maps *m, const struct mcf_seq *first);
void maps_seq_free(struct maps *m, uint32_t slot);
uint64_t maps_seq(const struct maps *m, uint32_t slot);
/**
 * Sessions go on with the numbers they have in the maps of that program, of an earlier agent:
 * call right before its filters are replaced.
 */
void maps_seq_inherit(struct maps *m, int prog_fd);

/* ---- keys.  object 0 removes the key.  False: errno. */

bool maps_set_session(struct maps *m, uint16_t tunnel_id, uint16_t session_id, uint32_t object);
bool maps_set_access_if(struct maps *m, int ifindex, uint32_t object);
bool maps_set_session_if(struct maps *m, int ifindex, uint32_t object);
bool maps_set_label(struct maps *m, uint32_t label, uint32_t object);
/** A label behind that context label, on that interface. */
bool maps_set_context(struct maps *m, int ifindex, uint32_t context, uint32_t label,
		      uint32_t object);
/** group, source: 4 or 16 octets; source NULL: any. */
bool maps_set_flow(struct maps *m, int ifindex, size_t len, const uint8_t *group,
		   const uint8_t *source, uint32_t object);

void maps_global_counters(const struct maps *m, struct mcf_global *sum);

/**
 * Grace periods run in a thread of their own, since one takes up to some ten milliseconds.
 * Call when the fd is readable, and after changes: starts the next one if something waits.
 */
int maps_grace_fd(const struct maps *m);
void maps_grace(struct maps *m);

struct maps_usage {
	uint32_t objects, branches, branch_ctrs, seqs;
	uint32_t max_objects, max_branches, max_seqs;
};
void maps_usage(const struct maps *m, struct maps_usage *u);

#endif
