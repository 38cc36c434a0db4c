/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mldp_fec.h - multipoint FECs and their opaque values (RFC 6388 2.2, 2.3; 6512, 6826, 7246, 7438).
 *
 * A FEC is its address family, root and opaque value, compared octet by octet; a transit LSR
 * never looks into the opaque value (M-6388-2.2-1, M-6388-2.3-1).  Engine file.
 */
#ifndef MPLSMC_MLDP_FEC_H
#define MPLSMC_MLDP_FEC_H

#include "lib/addr.h"
#include "lib/base.h"
#include "lib/bytes.h"

/** Octets of an opaque value we keep; a longer one is refused with No Label Resources. */
#define MLDP_MAX_OPAQUE 240
#define MLDP_FEC_STRLEN 256

enum mldp_fec_type {
	MLDP_P2MP = 0x06,
	MLDP_MP2MP_UP = 0x07, /* decoded and refused */
	MLDP_MP2MP_DOWN = 0x08,
};

/** Unused octets of opaque[] are zero: the struct may be compared up to opaque_len. */
struct mldp_fec {
	uint8_t type;
	uint16_t opaque_len;
	struct addr root;
	uint8_t opaque[MLDP_MAX_OPAQUE];
};

/** What an opaque value means, for those who may look: leaf and root. */
enum mldp_opaque_kind {
	MLDP_OPAQUE_UNKNOWN, /* or malformed, or several elements (A-mLDP-17, -18): inert */
	MLDP_OPAQUE_GENERIC,
	MLDP_OPAQUE_SOURCE, /* types 3, 4; zero source or group: wildcard (RFC 7438) */
	MLDP_OPAQUE_BIDIR,
	MLDP_OPAQUE_RECURSIVE, /* type 7: a complete FEC inside (RFC 6512) */
	MLDP_OPAQUE_VPN,       /* 8, 9, 10, 250, 251: decoded, not used */
};

struct mldp_opaque {
	enum mldp_opaque_kind kind;
	uint32_t lsp_id;	    /* GENERIC */
	struct addr source, group;  /* SOURCE; ADDR_ANY: wildcard */
	struct addr rp;		    /* BIDIR */
	uint8_t masklen;
	uint8_t rd[8];		    /* VPN */
	struct span inner;	    /* RECURSIVE: FEC element, borrowed from the fec */
};

int mldp_fec_cmp(const struct mldp_fec *a, const struct mldp_fec *b);
uint32_t mldp_fec_hash(const struct mldp_fec *f);

/** P2MP FECs as a leaf makes them. */
struct mldp_fec mldp_fec_generic(const struct addr *root, uint32_t lsp_id);
/** In-band FEC of types 3 or 4; source or group ADDR_ANY: wildcard.  Family from the other.  Of
 *  two families no tree can be: the opaque value is empty, which means nothing to anybody. */
struct mldp_fec mldp_fec_source(const struct addr *root, const struct addr *source,
				const struct addr *group);

struct mldp_opaque mldp_opaque_parse(const struct mldp_fec *f);

/** Reads a FEC element from its type octet on; false: *status is the LDP status to answer with
 *  (Unknown FEC, Unsupported Address Family, No Label Resources). */
bool mldp_fec_read(struct rd *r, struct mldp_fec *f, uint32_t *status);
void mldp_fec_write(struct wr *w, const struct mldp_fec *f);

/** Sum of its octets: the other one that RFC 6389 6 allows (A-mLDP-2). */
uint32_t mldp_fec_sum(const struct mldp_fec *f);
/** CRC-32 (ISO 3309) over the opaque value: upstream selection (M-6388-2.4.1.1-3, A-mLDP-4). */
uint32_t mldp_fec_crc32(const struct mldp_fec *f);

/** "root 10.0.0.1 ipv4-source 10.1.1.1 232.1.1.1"; buf is returned. */
const char *mldp_fec_str(const struct mldp_fec *f, char *buf, size_t size);

#endif
