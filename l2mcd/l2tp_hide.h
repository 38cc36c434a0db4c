/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * l2tp_hide.h - what the shared secret of a tunnel is used for: hidden AVPs (RFC 2661 4.3) and
 * the response to a challenge (RFC 2661 5.1.1).
 */
#ifndef L2MCD_L2TP_HIDE_H
#define L2MCD_L2TP_HIDE_H

#include "l2mcd/l2tp_msg.h"

#define L2TP_RESPONSE_LEN 16 /* octets of a Challenge Response */

/** Hides the value of an AVP in place; the original length is its first two octets. */
void l2tp_hide(uint16_t avp, struct span secret, struct span vector, uint8_t *value, size_t len);

/** Reverses it into plain, which has room for value.len octets. */
void l2tp_unhide(uint16_t avp, struct span secret, struct span vector, struct span value,
		 uint8_t *plain);

/**
 * Response to a challenge (R2661-4.4.3-12).
 *
 * @type:  the message that carries the response, L2TP_SCCRP or L2TP_SCCCN
 */
void l2tp_challenge_response(enum l2tp_msg_type type, struct span secret, struct span challenge,
			     uint8_t out[L2TP_RESPONSE_LEN]);

#endif
