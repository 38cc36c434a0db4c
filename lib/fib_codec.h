/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fib_codec.h - mcfib/1 messages between plain C (fib_types.h) and protobuf (mcfib.proto).
 *
 * The only file that knows the generated protobuf types.  Input is untrusted: lengths,
 * counts and ranges are checked here, once.
 */
#ifndef MCAST_FIB_CODEC_H
#define MCAST_FIB_CODEC_H

#include "lib/bytes.h"
#include "lib/fib_types.h"

/**
 * Encodes magic octet and Envelope into a malloc()ed buffer that the caller frees.  Returns
 * the length; 0 and *buf NULL if it would exceed FIB_MAX_MESSAGE.
 */
size_t fib_encode(const struct fib_msg *m, uint8_t **buf);

/**
 * Decodes one message.  True: *m is filled and owned by the caller (fib_msg_free()).  False:
 * *why says what is wrong (a constant), *m owns nothing.  Unknown tables, roles and results
 * inside lists are kept out, not errors (mcfib.proto, rules for changing).
 */
bool fib_decode(struct span data, struct fib_msg *m, const char **why);

#endif
