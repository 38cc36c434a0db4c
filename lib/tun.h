/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tun.h - the interface between a daemon and stock pimd: a TUN with an address.
 *
 * The device outlives a daemon that dies (pimd keeps its state, forwarding goes on); an orderly
 * stop removes it.  Needs CAP_NET_ADMIN, and access to /dev/net/tun.
 */
#ifndef MCAST_TUN_H
#define MCAST_TUN_H

#include "lib/addr.h"

/**
 * Makes the device or attaches to the one that is there; IPv4 address, up, multicast.  link_local
 * false: the kernel gives it no IPv6 address of its own choice.  Returns the file descriptor
 * (non-blocking, one IP packet a read or write), or -1 and errno.
 */
int tun_open(const char *name, const struct addr *address, uint8_t prefixlen, bool link_local);

/**
 * Gives the device an address, or its address again; who listens is told, although nothing changes.  Wanted when
 * zebra tells of the device without the address: zebra 8.4 reads links and addresses in two
 * threads, and loses an address that is faster than its link.  False and errno: refused.
 */
bool tun_set_address(const char *name, const struct addr *address, uint8_t prefixlen);

/** Removes a device that a run before left behind; one that is in use stays. */
void tun_remove(const char *name);

/** remove: the device goes, too; otherwise it stays. */
void tun_close(int fd, bool remove);

#endif
