/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mldp_rig.h - one LSR's tree engine, told what happens and asked what it does, in words.
 *
 * A test is a table of steps.  What happens (the FEC is the present one, first <10.0.0.1, 1>):
 *
 *   up U1 [p2mp] [mbb]        a session with capabilities; without any: p2mp mbb
 *   down U1                   it is gone
 *   caps U1 [p2mp] [mbb]      a Capability message
 *   links D1 e1 e2            the links to a peer; "up" makes one of the peer's name
 *   address U1 192.0.2.9      it says that this address is its own; "no address" takes it back
 *   route [192.0.2.1 ...]     next hops towards the root; names of peers stand for theirs
 *   own, no own               the root address is ours
 *   leaf, no leaf             somebody here wants it
 *   via U1, via none          next hop by configuration
 *   D1 map 55 [mbb]           Label Mapping; also: withdraw, release, request, ack
 *   D1 withdraw all           the Wildcard FEC; "type 6 [1]": typed wildcard, family
 *   lan d1 10.99.0.1 24       our address on an interface; "no lan d1": there is none
 *   D1 request asked [mbb]    for a label that we assign (RFC 6389); also: abort
 *   U1 map upstream 3001 context 17 192.0.2.1    its label, in the context of its address
 *   U1 refuse                 our last Request: No Label Resources
 *   clear                     the operator has the LSP set up anew
 *   wait 5000                 milliseconds pass
 *   fec 2                     from now on it is about this one
 *   labels 0                  so many are left
 *   busy, no busy             the forwarding plane takes its time
 *
 * What the engine does, in its order: "map U1 101 [mbb]", "withdraw U1 101", "release D1 55",
 * "ack D1 55", "notify D1 No Route", "101: D1/55@e1 here" (entry of a label), "101: gone",
 * "ask U1 [mbb]" and "abort U1" (Label Requests), labels that the upstream LSR assigns as "^3001",
 * with the context as "^17/3001"; "push D1/55" (we are root), "push nothing", "free 101".  Those about another FEC than the
 * first one end in "(2)".  Labels come in order: 101, 102, ...
 */
#ifndef TESTS_UNIT_MLDP_RIG_H
#define TESTS_UNIT_MLDP_RIG_H

#include <check.h>

#include "mplsmc/mldp_tree.h"

struct mldp_step {
	const char *happens, *does;
};

/** Checked fixture: a new engine; at the end nothing may be left when all have gone. */
void mldp_setup(void);
void mldp_teardown(void);
/** Another engine with other parameters. */
void mldp_restart(const struct mldp_params *p);
/** The parameters of this one change; what it does then. */
const char *mldp_change(const struct mldp_params *p);

/** Steps until happens is NULL. */
void mldp_play(const struct mldp_step *steps);
/** One step; what the engine does. */
const char *mldp_do(const char *happens);

/** FEC of a number, 1...; the last ones are of another kind: see mldp_rig.c. */
struct mldp_fec mldp_rig_fec(unsigned int n);
struct mldp_peer *mldp_rig_peer(const char *name);
const struct mldp_stats *mldp_rig_stats(void);
/** NULL: there is none. */
const struct mldp_lsp_info *mldp_rig_lsp(void);

#endif
