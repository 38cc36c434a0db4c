/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pimd_wire.h - what the module in pimd (pimd/) tells a reader about group membership.
 *
 * A stream over a unix socket, from the module only.  Each message, in network order:
 *
 *     0        2      3      4
 *     | length | type | zero | body...        length: of the whole message, in octets
 *
 *     HELLO  protocol version (2), length of pimd's version (1), its characters; the first
 *     BEGIN  of a snapshot: what is not told until END does not exist
 *     GROUP  network, mode (1: EXCLUDE), oldest version heard (1), flags, group, sources
 *     GONE   network, three zeros, group
 *     END    of the snapshot, number of groups (4)
 *
 * network: VRF (4), interface index (4), address family 4 or 6 (1).  Sources are as many as
 * the length has room for, ascending.  GROUP is the whole state of the group: INCLUDE {sources
 * with a running timer}, EXCLUDE {sources without one}.  After END every change is told, as
 * GROUP or GONE.  A reader that is too slow gets a new BEGIN at any time.  Messages of unknown
 * type, and octets behind the known ones of HELLO, BEGIN and END, are skipped.
 *
 * Engine file.
 */
#ifndef MCAST_PIMD_WIRE_H
#define MCAST_PIMD_WIRE_H

#include "lib/bytes.h"
#include "lib/gmp_filter.h"

#define PIMD_WIRE_VERSION     1
#define PIMD_WIRE_SOCKET      "pimd_mcast.sock" /* in the directory of FRR's vty sockets */
#define PIMD_WIRE_MAX	      UINT16_MAX
#define PIMD_WIRE_MAX_SOURCES 4000 /* IPv6 ones fit; more are cut off, with the flag */

enum pimd_wire_type {
	PIMD_WIRE_HELLO = 1,
	PIMD_WIRE_BEGIN,
	PIMD_WIRE_GROUP,
	PIMD_WIRE_GONE,
	PIMD_WIRE_END,
};

enum {
	PIMD_WIRE_TRUNCATED = 1, /* flag of GROUP: it has more sources */
};

struct pimd_wire_msg {
	uint8_t type;
	uint16_t version;      /* HELLO */
	char pimd_version[32]; /* HELLO */
	uint32_t groups;       /* END */
	uint32_t vrf, ifindex; /* GROUP, GONE */
	struct addr group;
	uint8_t igmp_version, flags;
	struct gmp_filter filter; /* of a decoded message: until the next one is decoded */
};

enum pimd_wire_result {
	PIMD_WIRE_OK,
	PIMD_WIRE_SHORT,     /* the rest of the message is not there yet */
	PIMD_WIRE_SKIPPED,   /* of a type we do not know */
	PIMD_WIRE_MALFORMED, /* the stream is of no use any more */
};

/** Where the sources of a decoded message are kept. */
struct pimd_wire_decoder {
	struct addr sources[PIMD_WIRE_MAX_SOURCES];
};

/** The next message of the stream.  SHORT and MALFORMED leave *in where it was. */
enum pimd_wire_result pimd_wire_decode(struct pimd_wire_decoder *d, struct rd *in,
				       struct pimd_wire_msg *m);

/** Octets written; 0: no room.  Sources must be sorted and unique; those that are too many are cut
 * off. */
size_t pimd_wire_encode(const struct pimd_wire_msg *m, void *buf, size_t size);

#endif
