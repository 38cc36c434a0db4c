/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pim_codec.h - PIMv2 Hello and Join/Prune over IPv4 and IPv6 (RFC 7761 4.9): what a virtual
 * neighbour of pimd needs.  Messages are whole IP packets.  Engine file.
 */
#ifndef MPLSMC_PIM_CODEC_H
#define MPLSMC_PIM_CODEC_H

#include "lib/addr.h"
#include "lib/base.h"
#include "lib/bytes.h"

#define PIM_MAX_PACKET 1400 /* octets of a packet we write */

enum pim_type { PIM_HELLO = 0, PIM_JOIN_PRUNE = 3 };

/** Flags of an encoded source (RFC 7761 4.9.1). */
enum pim_source_flag { PIM_RPT = 1, PIM_WILDCARD = 2, PIM_SPARSE = 4 };

/** One source of a Join/Prune message. */
struct pim_source {
	struct addr group, source;
	uint8_t flags;
	bool prune;
};

struct pim_msg {
	enum pim_type type;
	struct addr src, dst; /* of the IP packet */
	/* HELLO */
	uint16_t hold_s; /* also JOIN_PRUNE; 0xffff: never expires */
	bool has_hold, has_generation;
	uint32_t generation;
	/* JOIN_PRUNE */
	struct addr upstream;
	size_t n_sources;
	const struct pim_source *sources; /* in the order of the packet */
};

#define PIM_MAX_SOURCES 512 /* of one message we accept */

struct pim_decoder {
	struct pim_source sources[PIM_MAX_SOURCES];
};

enum pim_decode {
	PIM_DECODE_OK,
	PIM_DECODE_OTHER, /* not PIM, or a type of no concern */
	PIM_DECODE_BAD,	  /* truncated, wrong checksum, bad address, too many sources */
};

enum pim_decode pim_msg_decode(struct pim_decoder *d, struct span packet, struct pim_msg *m);

/** Writes the IP packet: to the ALL-PIM-ROUTERS group, TTL 1, checksums.  Sources of a group must
 *  follow each other, joins before prunes.  Returns its length, 0 if it does not fit or an
 *  address is not of the family of m->src. */
size_t pim_msg_encode(const struct pim_msg *m, uint8_t *buf, size_t size);

/** Octets of a Join/Prune message without sources, and what a new group and a source add. */
size_t pim_header_size(bool v6);
size_t pim_group_size(bool v6);
size_t pim_source_size(bool v6);

#endif
