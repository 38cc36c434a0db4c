/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mcfibd.h - what all files of the agent use: memory group and log.
 */
#ifndef MCFIBD_MCFIBD_H
#define MCFIBD_MCFIBD_H

#include <stdio.h>

#include "lib/base.h"

DECLARE_MGROUP(MCFIBD);

/** 0: errors only, 1 (-v): what changes, 2 (-vv or -d): every operation, libbpf's text. */
extern int log_level;

/** To stderr, with a time stamp; level as above. */
void agent_log(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_err(...)   agent_log(0, __VA_ARGS__)
#define log_info(...)  agent_log(1, __VA_ARGS__)
#define log_debug(...) agent_log(2, __VA_ARGS__)

/** As a JSON string. */
void dump_text(FILE *to, const char *text);

/** Copies a name, cut to what fits; the rest of the field is zero, since fields are compared. */
static inline void name_copy(char *to, const char *from, size_t size)
{
	size_t len = strnlen(from, size - 1);

	memcpy(to, from, len);
	memset(to + len, 0, size - len);
}

#endif
