/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gmp_text.h - IGMP and MLD messages, and group state, for people: debug output, tests.
 */
#ifndef MCAST_GMP_TEXT_H
#define MCAST_GMP_TEXT_H

#include "lib/gmp_codec.h"
#include "lib/gmp_filter.h"
#include "lib/text.h"

const char *gmp_record_type_name(enum gmp_record_type type); /**< "TO_EX"; "unknown" */

/** "INCLUDE {10.0.0.1 10.0.0.2}" */
void gmp_filter_text(const struct gmp_filter *f, struct text *t);

/** One line, and one more for each record; each ends with a newline. */
void gmp_msg_text(const struct gmp_msg *m, struct text *t);

#endif
