/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ldp_tlv.h - the table of TLVs: one row tells all about a parameter.
 *
 * Private to the codec (ldp_msg.c, ldp_text.c) and its tests.  To add a TLV: its field in
 * ldp_msg.h, its row in ldp_tlv.c; if a message cannot be without it, its place in the message's
 * row in ldp_msg.c.
 */
#ifndef MPLSMC_LDP_TLV_H
#define MPLSMC_LDP_TLV_H

#include "lib/text.h"
#include "mplsmc/ldp_msg.h"

/* Address families */
#define LDP_FAMILY_IPV4 1
#define LDP_FAMILY_IPV6 2

#define LDP_TLV_HEADER	4
#define LDP_MSG_HEADER	8 /* type, length, message ID */
#define LDP_U		0x8000
#define LDP_TLV_F	0x4000
#define LDP_TLV_TYPE	0x3fff

/** TLVs that the code names; types as in spec table 1.2. */
enum ldp_tlv_type {
	LDP_TLV_FEC = 0x0100,
	LDP_TLV_ADDRESS_LIST = 0x0101,
	LDP_TLV_LABEL = 0x0200,
	LDP_TLV_UPSTREAM_LABEL = 0x0204,
	LDP_TLV_STATUS = 0x0300,
	LDP_TLV_HELLO = 0x0400,
	LDP_TLV_SESSION = 0x0500,
	LDP_TLV_REQUEST_ID = 0x0600,
};

/** Rows of the message table. */
enum ldp_row {
	LDP_ROW_NOTIFICATION,
	LDP_ROW_HELLO,
	LDP_ROW_INIT,
	LDP_ROW_KEEPALIVE,
	LDP_ROW_CAPABILITY,
	LDP_ROW_ADDRESS,
	LDP_ROW_ADDRESS_WITHDRAW,
	LDP_ROW_MAPPING,
	LDP_ROW_REQUEST,
	LDP_ROW_WITHDRAW,
	LDP_ROW_RELEASE,
	LDP_ROW_ABORT,
};

struct ldp_tlv_row {
	uint16_t type;
	const char *name;
	uint16_t flags;	       /* U and F as we send them */
	uint16_t min, max;     /* octets of the value */
	uint32_t messages;     /* 1 << enum ldp_row for every message it may be in */
	uint32_t capability;   /* enum ldp_capability, 0: it is none */
	bool length_may_cover; /* some count the header into its length (A-mLDP-7) */

	/** Stores the value, whose length is within min and max; returns a status, 0: fine. */
	uint32_t (*read)(const struct ldp_tlv_row *row, struct span value, struct ldp_decoder *d,
			 struct ldp_msg *m);
	/** True if the message has one; NULL: only where it is mandatory, or never sent. */
	bool (*has)(const struct ldp_tlv_row *row, const struct ldp_msg *m);
	/** Writes the value; NULL: it is never sent. */
	void (*write)(const struct ldp_tlv_row *row, const struct ldp_msg *m, struct wr *w);
	/** Prints a value whose length is within min and max; NULL: it says nothing. */
	void (*print)(const struct ldp_tlv_row *row, struct span value, struct text *t);
};

/** The rows, in the order in which optional parameters are sent. */
extern const struct ldp_tlv_row ldp_tlv_rows[];
extern const size_t ldp_tlv_n_rows; /* at most 64 */

/* Value of the FEC TLV. */
uint32_t ldp_fec_read(struct span value, struct ldp_decoder *d, struct ldp_msg *m);
void ldp_fec_write(const struct ldp_msg *m, struct wr *w);
void ldp_fec_print(struct span value, struct text *t);

/* Value of the Interface ID TLVs; head: octets in front of the sub-TLVs. */
void ldp_interface_id_read(struct span value, size_t head, struct ldp_msg *m);
void ldp_interface_id_write(const struct ldp_msg *m, struct wr *w);
void ldp_interface_id_print(struct span value, size_t head, struct text *t);

/** NULL if it is not known. */
const struct ldp_tlv_row *ldp_tlv_row(unsigned int type);

/** One TLV as it stands in a message. */
struct ldp_tlv {
	uint16_t type;
	bool u, f;
	bool readable; /* the value's length is within the row's limits */
	size_t offset; /* octets from the start of the message */
	struct span value;
	const struct ldp_tlv_row *row;
};

/** Told about every TLV of a message; note: what is wrong with it, or NULL. */
typedef void (*ldp_tlv_seen)(void *ctx, const struct ldp_tlv *tlv, const char *note);

/** ldp_msg_decode() with an eye on every TLV; seen may be NULL. */
enum ldp_decode ldp_msg_walk(struct ldp_decoder *d, struct rd *r, struct ldp_msg *m,
			     struct ldp_fault *fault, ldp_tlv_seen seen, void *ctx);

#endif
