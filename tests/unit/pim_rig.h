/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pim_rig.h - a virtual PIM neighbour on a virtual clock, and what it told and sent; the test
 * plays pimd.
 */
#ifndef TESTS_PIM_RIG_H
#define TESTS_PIM_RIG_H

#include <check.h>

#include "mplsmc/pim_codec.h"
#include "mplsmc/pim_vif.h"

#define START	1000000
#define STAR_G	(PIM_SPARSE | PIM_WILDCARD | PIM_RPT)
#define SG_RPT	(PIM_SPARSE | PIM_RPT)
#define MAX_LOG 256

struct told {
	struct addr source, group;
	bool wanted;
	msec_t at;
};

/* A message the vif sent; the first sources of it. */
struct sent {
	struct pim_msg m;
	struct pim_source s[70];
	msec_t at;
};

struct pim_rig {
	struct twheel wheel;
	struct pim_vif *v;
	msec_t now;
	struct told told[MAX_LOG];
	struct sent sent[MAX_LOG];
	struct told pruned; /* the last one */
	size_t n_told, n_pruned, n_sent, n_up, n_down, n_restarts;
	bool v6;
	void (*react)(void); /* to what is told */
};

extern struct pim_rig rig;

struct addr address(const char *text);
bool addr_is(const struct addr *a, const char *text);
void rig_open(bool v6);
void rig_setup(void);
void rig_close(void);
void rig_forget(void);
void rig_pass(msec_t ms);
/** Time has passed, but no timer had reason to run. */
void rig_pass_without_run(msec_t ms);
/** A packet, a Hello, a Join/Prune of pimd; rig_one(): with one source. */
void rig_input(struct pim_msg m, const char *src);
void rig_hello(uint16_t hold_s, uint32_t generation);
struct pim_source entry(const char *source, const char *group, uint8_t flags, bool prune);
void rig_join_prune_to(const char *upstream, const struct pim_source *s, size_t n, uint16_t hold_s);
void rig_join_prune(const struct pim_source *s, size_t n);
void rig_one(const char *source, const char *group, uint8_t flags, bool prune);
/** Our join or prune; "*" as source or rp is none. */
void rig_ours(const char *source, const char *group, const char *rp, bool joined);
void expect_told(size_t i, const char *source, const char *group, bool wanted);
void expect_sent_source(size_t i, const char *source, const char *group, uint8_t flags, bool prune);
struct pim_vif_info rig_info(void);

#endif
