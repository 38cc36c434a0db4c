/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l2mcd_pimd.h - `membership source pimd`: stock pimd is the querier of the session interfaces.
 *
 * Its state is read by one of two readers: from the module in pimd (pimd/), or, when pimd does
 * not have it, with show commands at its vty socket.
 */
#ifndef L2MCD_PIMD_H
#define L2MCD_PIMD_H

#include "l2mcd/l2mcd.h"
#include "lib/pimd_state.h"

struct pimd_reader {
	const char *name;
	/** Connects; false: nobody is there. */
	bool (*open)(struct l2mcd *d, const char *directory);
	void (*close)(void);
	/** An interface has come up: groups on it were perhaps not understood before. */
	void (*wake)(void);
};

extern const struct pimd_reader l2mcd_pimd_module, l2mcd_pimd_vty;

/* ---- for the readers */

/** The table they fill. */
struct pimd_state *l2mcd_pimd_state(void);
/** Connects to a unix socket, non-blocking; -1: nobody is there. */
int l2mcd_pimd_connect(const char *directory, const char *name);
/** What answers on the socket is pimd, of this version; state of another process is held. */
void l2mcd_pimd_is(int fd, const char *version);
/** A snapshot or a change was read. */
void l2mcd_pimd_heard(bool snapshot);
/** How a reader learns that it has to read again: "log", "poll". */
void l2mcd_pimd_trigger(const char *trigger);
/** The connection is of no use any more: it is closed and opened again later. */
void l2mcd_pimd_lost(const char *fmt, ...) PRINTFRR(1, 2);
/** The module is of another protocol version: the vty is used until pimd is another one. */
void l2mcd_pimd_no_module(const char *fmt, ...) PRINTFRR(1, 2);

/* ---- for show commands */

struct l2mcd_pimd_info {
	const char *reader;  /* "module", "vty"; "": none */
	const char *trigger; /* of the vty reader: "log", "poll"; else "" */
	char version[32];    /* pimd's */
	msec_t connected, last_event, last_snapshot, last_error;
	uint64_t connects, events, snapshots;
	char error[160]; /* the last one */
	size_t groups, held;
	unsigned int vifs, vifs_max; /* the kernel's; 0: unknown */
	size_t unserved;	     /* sessions on whose interface pimd runs no IGMP */
};

void l2mcd_pimd_info(struct l2mcd_pimd_info *i);

#endif
