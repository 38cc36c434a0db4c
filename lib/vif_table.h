/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vif_table.h - the interfaces on which the kernel routes multicast: /proc/net/ip_mr_vif.
 *
 * There are 32, one of them for PIM Registers.  pimd 8.4 to 10.7 takes more from its
 * configuration and writes beyond its arrays when a group is joined there.
 */
#ifndef MCAST_VIF_TABLE_H
#define MCAST_VIF_TABLE_H

#include "lib/base.h"

#define VIF_TABLE_MAX	 32 /* MAXVIFS */
#define VIF_TABLE_IFNAME 16

struct vif_table {
	unsigned int n;
	char names[VIF_TABLE_MAX][VIF_TABLE_IFNAME];
};

/** From the text of the file.  False: it is not that. */
bool vif_table_parse(struct vif_table *t, const char *text);
/** From the kernel, of this network name space. */
bool vif_table_read(struct vif_table *t);
bool vif_table_has(const struct vif_table *t, const char *name);

#endif
