/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l2mcd_kernel.h - PPP in L2TP in the kernel: tunnels, sessions, bridged channels.
 *
 * A tunnel enters the kernel with its first session: a UDP socket of its own, connected to the
 * peer, takes the datagrams of the peer from then on.  Data messages of sessions the kernel knows
 * stay in the kernel; everything else arrives here and goes the way of all datagrams
 * (l2mcd_io_receive()).  Replies leave through the daemon's common socket as before: both have
 * the same address and port.
 *
 * The multicast sessions of RFC 4045 are not known to the kernel: their packets are taken by the
 * forwarding agent's programs before UDP sees them.
 *
 * Whoever holds the socket of a session holds the session; it ends with the last descriptor, and
 * with its tunnel.
 */
#ifndef L2MCD_KERNEL_H
#define L2MCD_KERNEL_H

#include "l2mcd/l2mcd.h"

/** How the kernel treats the data messages of a session (linux/l2tp.h). */
struct l2mcd_kernel_session {
	bool lns;	     /* sequencing is ours to decide (RFC 2661 5.4) */
	bool send_sequence;  /* Ns and Nr in what we send */
	bool need_sequence;  /* what comes without them is dropped */
	uint32_t reorder_ms; /* wait for a missing one; 0: drop what comes late */
};

/**
 * True if the kernel carries PPP in L2TP; else *why names what is missing.  Looked at once; what
 * was missing is looked for again, at most every few seconds.
 */
bool l2mcd_kernel_available(const char **why);

/** Puts an established tunnel into the kernel, if it is not there; false: *why not. */
bool l2mcd_kernel_tunnel_open(const struct l2mcd_tunnel *t, const char **why);

/**
 * Makes the session of an established tunnel, and the tunnel if it is not there yet.  Returns its
 * PPPoL2TP socket (close-on-exec), which the caller owns; or -1 and *why, a text that is valid
 * until the next call.
 */
int l2mcd_kernel_session_open(const struct l2mcd_session *s, const struct l2mcd_kernel_session *k,
			      const char **why);

/** Changes what can be changed: sequence numbers and the wait.  0, or -1 and errno. */
int l2mcd_kernel_session_change(const struct l2mcd_session *s,
				const struct l2mcd_kernel_session *k);

/** Index of the PPP channel of a PPPoL2TP or PPPoE socket; -1 and errno. */
int l2mcd_kernel_channel(int sock);

/**
 * The kernel passes frames between two channels, LCP included, without looking into them (Linux
 * 5.11, PPPIOCBRIDGECHAN).  Returns a descriptor: the bridge ends when it is closed.  -1 and *why.
 */
int l2mcd_kernel_bridge(int channel, int other, const char **why);

/** The control connection is over: the tunnel and what is left of its sessions leave the kernel. */
void l2mcd_kernel_tunnel_gone(const struct l2mcd_tunnel *t);

/** True if the tunnel is in the kernel. */
bool l2mcd_kernel_tunnel_present(const struct l2mcd_tunnel *t);

void l2mcd_kernel_fini(void);

#endif
