/* SPDX-License-Identifier: GPL-2.0-or-later */
/* l2mcd_pppd_args.h - words for pppd's command line, and what its exit status means. */
#ifndef L2MCD_PPPD_ARGS_H
#define L2MCD_PPPD_ARGS_H

#include "l2mcd/l2tp_msg.h"

#define PPPD_MAX_WORDS 256
#define PPPD_MAX_TEXT  4096

struct pppd_args {
	char *word[PPPD_MAX_WORDS + 1]; /* ends with NULL */
	size_t n;
	char text[PPPD_MAX_TEXT];
	size_t used;
};

/** Adds a word as it is; false: there is no more room. */
bool pppd_args_add(struct pppd_args *a, const char *word);
/**
 * Adds the words of a line: separated by blanks, quoted with ' or ", \ before a character takes
 * it as it is.  False: a quote is not closed, or there is no more room.
 */
bool pppd_args_add_line(struct pppd_args *a, const char *line);

/** The CDN result for what made pppd end; *text says it in words.  status: as waitpid() gives it.
 */
enum l2tp_cdn_result pppd_result(int status, const char **text);

#endif
