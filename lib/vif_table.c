// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's multicast interfaces; see vif_table.h. */
#include "lib/vif_table.h"

#include <stdio.h>

bool vif_table_parse(struct vif_table *t, const char *text)
{
	const char *line = strchr(text, '\n');
	char name[VIF_TABLE_IFNAME];

	memset(t, 0, sizeof(*t));
	if (!line || strncmp(text, "Interface ", 10) != 0)
		return false;
	while (*++line) {
		const char *end = strchr(line, '\n');

		if (!end || t->n == VIF_TABLE_MAX || sscanf(line, "%*u %15s", name) != 1)
			return false;
		memcpy(t->names[t->n++], name, sizeof(name));
		line = end;
	}
	return true;
}

bool vif_table_read(struct vif_table *t)
{
	char text[8192]; /* 32 lines of less than 128 */
	FILE *f = fopen("/proc/net/ip_mr_vif", "re");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	if (f)
		fclose(f);
	text[n] = '\0';
	return vif_table_parse(t, text);
}

bool vif_table_has(const struct vif_table *t, const char *name)
{
	for (unsigned int i = 0; i < t->n; i++)
		if (strcmp(t->names[i], name) == 0)
			return true;
	return false;
}
