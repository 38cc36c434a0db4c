/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vty_input.h - what operators type: checks that commands of several daemons make. */
#ifndef MCAST_VTY_INPUT_H
#define MCAST_VTY_INPUT_H

#include "lib/addr.h"
#include "lib/base.h"
#include "lib/frr_compat.h"

/** True if text can be the name of a netdev. */
bool vty_ifname_ok(const char *text);
/** True if the address and the next one are hosts of the prefix. */
bool vty_two_hosts_ok(const struct prefix_ipv4 *p);
/** Address and length of a prefix, bits beyond the length 0. */
struct addr vty_prefix_addr(const struct prefix *p);
/** True for a prefix within the range of multicast groups. */
bool vty_group_prefix_ok(const struct prefix *p);
/** Place of a name in a table; the parser lets only names of the table through. */
unsigned int vty_name_index(const char *const *names, size_t n, const char *name);

/** Obfuscation of secrets in the running configuration; not encryption. */
void vty_secret_hide(const char *secret, char *hex, size_t size);
/** False: not the hidden form of a secret. */
bool vty_secret_reveal(const char *hex, char *secret, size_t size);

/** Octets in hexadecimal, in words of a command; false: it has been told which one is wrong. */
bool vty_read_hex(struct vty *vty, struct cmd_token **words, int n_words, uint8_t *octets,
		  size_t size, size_t *n);

#endif
