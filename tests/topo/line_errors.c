// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Preloaded into a daemon: interfaces whose lines have errors, which no virtual one has.
 *
 * The file that LINE_ERRORS names has lines "INTERFACE CRC LENGTH OVER MISSED FRAME"; getifaddrs()
 * says so of these interfaces.  For each call one octet is added to the file NAME.read.
 */
#include <dlfcn.h>
#include <ifaddrs.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static void say(struct ifaddrs *all, const char *name, const unsigned int n[5])
{
	for (struct ifaddrs *i = all; i; i = i->ifa_next) {
		struct rtnl_link_stats *st = i->ifa_data;

		if (!st || !i->ifa_addr || i->ifa_addr->sa_family != AF_PACKET ||
		    strcmp(i->ifa_name, name) != 0)
			continue;
		st->rx_crc_errors = n[0];
		st->rx_length_errors = n[1];
		st->rx_over_errors = n[2];
		st->rx_missed_errors = n[3];
		st->rx_frame_errors = n[4];
	}
}

static void count_call(const char *path)
{
	char name[4096];
	FILE *f;

	snprintf(name, sizeof(name), "%s.read", path);
	f = fopen(name, "a");
	if (!f)
		return;
	fputc('.', f);
	fclose(f);
}

int getifaddrs(struct ifaddrs **all)
{
	static int (*real)(struct ifaddrs **all);
	const char *path = getenv("LINE_ERRORS");
	FILE *f = path ? fopen(path, "r") : NULL;
	char name[IF_NAMESIZE];
	unsigned int n[5];
	int result;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "getifaddrs");
	result = real(all);
	while (f && result == 0 &&
	       fscanf(f, "%15s %u %u %u %u %u", name, &n[0], &n[1], &n[2], &n[3], &n[4]) == 6)
		say(*all, name, n);
	if (f)
		fclose(f);
	if (path)
		count_call(path);
	return result;
}
