/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l2tp_avp.h - the table of AVPs: one row tells all about an attribute.
 *
 * Private to the codec (l2tp_msg.c, l2tp_text.c) and its tests.  To add an AVP: its number and
 * its field in l2tp_msg.h, its row in l2tp_avp.c.
 */
#ifndef L2MCD_L2TP_AVP_H
#define L2MCD_L2TP_AVP_H

#include "l2mcd/l2tp_msg.h"
#include "lib/text.h"

/* Bits of the header of control and data messages (RFC 2661 3.1) */
#define L2TP_HEADER_T	    0x8000
#define L2TP_HEADER_L	    0x4000
#define L2TP_HEADER_S	    0x0800
#define L2TP_HEADER_O	    0x0200
#define L2TP_HEADER_P	    0x0100
#define L2TP_HEADER_VERSION 0x000f
#define L2TP_HEADER_CONTROL 0xc802 /* T, L, S, version 2 (R2661-3.1-1) */

#define L2TP_AVP_HEADER	    6
#define L2TP_AVP_MAX_LEN    1023 /* header included (A2661-2) */

struct l2tp_avp_row {
	const char *name;  /* NULL: no such AVP */
	uint16_t min, max; /* octets of the value */
	bool m;		   /* M bit as we send it, and whether a fault in it is fatal */
	bool may_hide;	   /* H bit */
	uint32_t messages; /* 1 << enum l2tp_msg_type for every message it may be in */
	size_t field;	   /* where in struct l2tp_msg */

	/** Checks the value and stores it; its length is within min and max. */
	enum l2tp_error (*read)(const struct l2tp_avp_row *row, struct span value,
				struct l2tp_msg *m);
	/** Writes the value; NULL where the message does not have just one of them. */
	void (*write)(const struct l2tp_avp_row *row, const struct l2tp_msg *m, struct wr *w);
	/** Prints a value whose length is within min and max. */
	void (*print)(const struct l2tp_avp_row *row, struct span value, struct text *t);
};

/** NULL if it is not known. */
const struct l2tp_avp_row *l2tp_avp_row(unsigned int type);

static inline bool l2tp_avp_is_sids(unsigned int type)
{
	return type >= L2TP_AVP_NEW_OUTGOING_SESSIONS &&
	       type <= L2TP_AVP_WITHDRAW_OUTGOING_SESSIONS;
}

/** One AVP as it stands in a message. */
struct l2tp_avp {
	uint16_t type, vendor;
	bool m, hidden;
	bool readable;	   /* value is the plain one, its length is within the row's limits */
	size_t offset;	   /* octets from the start of the datagram */
	struct span value; /* plain, if it could be unhidden */
	const struct l2tp_avp_row *row;
};

/** Told about every AVP of a message; note: what is wrong with it, or NULL. */
typedef void (*l2tp_avp_seen)(void *ctx, const struct l2tp_avp *avp, const char *note);

/** l2tp_msg_decode() with an eye on every AVP; seen may be NULL. */
enum l2tp_decode l2tp_msg_walk(struct l2tp_decoder *d, struct span datagram, struct span secret,
			       struct l2tp_msg *m, struct l2tp_fault *fault,
			       struct l2tp_decode_stats *stats, l2tp_avp_seen seen, void *ctx);

#endif
