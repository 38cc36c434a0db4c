// SPDX-License-Identifier: GPL-2.0-or-later
/* What is known of a session's PPP; see l2mcd_link.h. */
#include "l2mcd/l2mcd_link.h"

#include <arpa/inet.h>
#include <stdlib.h>

enum kind {
	FLAG,
	NUMBER,
	TEXT,
	ADDRESS,
};

#define FIELD(word, kind, member)                                   \
	{                                                           \
		word, kind, offsetof(struct l2mcd_link, member),    \
			sizeof(((struct l2mcd_link *)NULL)->member) \
	}

static const struct field {
	const char *word;
	enum kind kind;
	size_t offset, size;
} fields[] = {
	FIELD("interface", TEXT, interface),
	FIELD("user", TEXT, user),
	FIELD("ifindex", NUMBER, ifindex),
	FIELD("mru", NUMBER, mru),
	FIELD("lcp", FLAG, lcp),
	FIELD("ipcp", FLAG, ipcp),
	FIELD("ipv6cp", FLAG, ipv6cp),
	FIELD("ccp", FLAG, ccp),
	FIELD("ecp", FLAG, ecp),
	FIELD("multilink", FLAG, multilink),
	FIELD("filter", FLAG, filter),
	FIELD("local", ADDRESS, local),
	FIELD("remote", ADDRESS, remote),
	FIELD("local6", ADDRESS, local6),
	FIELD("remote6", ADDRESS, remote6),
};

static bool read_address(const char *value, struct addr *a)
{
	uint8_t octets[16];

	if (inet_pton(AF_INET, value, octets) == 1)
		*a = addr_from_v4(octets);
	else if (inet_pton(AF_INET6, value, octets) == 1)
		*a = addr_from_v6(octets);
	else
		return false;
	return true;
}

static bool read_number(const char *value, uint32_t *number)
{
	char *end;
	unsigned long n = strtoul(value, &end, 10);

	if (end == value || *end || n > UINT32_MAX)
		return false;
	*number = n;
	return true;
}

static bool read_field(const struct field *f, const char *value, struct l2mcd_link *l)
{
	void *to = (char *)l + f->offset;
	size_t len = strlen(value);

	switch (f->kind) {
	case FLAG:
		*(bool *)to = strcmp(value, "1") == 0;
		return true;
	case NUMBER:
		return read_number(value, to);
	case TEXT: /* what is longer is cut */
		len = len < f->size - 1 ? len : f->size - 1;
		memcpy(to, value, len);
		((char *)to)[len] = '\0';
		return true;
	case ADDRESS:
		return read_address(value, to);
	}
	return false;
}

static bool read_line(char *line, struct l2mcd_link *l)
{
	char *value = strchr(line, ' ');

	if (!value)
		return false;
	*value++ = '\0';
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (strcmp(line, fields[i].word) == 0)
			return read_field(&fields[i], value, l);
	return true; /* of a later version */
}

bool l2mcd_link_read(struct span report, struct l2mcd_link *l)
{
	char text[1024], *line = text, *end;

	*l = (struct l2mcd_link){.told = true};
	if (report.len >= sizeof(text) || memchr(report.p, '\0', report.len))
		return false;
	memcpy(text, report.p, report.len);
	text[report.len] = '\0';
	for (; *line; line = end + 1) {
		end = strchr(line, '\n');
		if (!end)
			return false;
		*end = '\0';
		if (!read_line(line, l))
			return false;
	}
	return true;
}

/* ---------------------------------------------------------------- A4045-28 */

enum l2mcd_ineligible l2mcd_link_ineligible(const struct l2mcd_link *l, uint32_t packet_size)
{
	if (!l->told)
		return L2MCD_ELIGIBLE;
	/* a compressor or cipher has a history that what the LAC adds is not in */
	if (l->ccp)
		return L2MCD_INELIGIBLE_CCP;
	if (l->ecp)
		return L2MCD_INELIGIBLE_ECP;
	/* sequence numbers of RFC 1990: the LAC has none to give */
	if (l->multilink)
		return L2MCD_INELIGIBLE_MULTILINK;
	if (l->filter)
		return L2MCD_INELIGIBLE_FILTER;
	if (l->mru && l->mru < packet_size)
		return L2MCD_INELIGIBLE_MRU;
	return L2MCD_ELIGIBLE;
}

enum l2mcd_ineligible l2mcd_link_ineligible_family(const struct l2mcd_link *l, bool v6)
{
	if (!l->told || (v6 ? l->ipv6cp : l->ipcp))
		return L2MCD_ELIGIBLE;
	return v6 ? L2MCD_INELIGIBLE_IPV6CP : L2MCD_INELIGIBLE_IPCP;
}

const char *l2mcd_ineligible_name(enum l2mcd_ineligible why)
{
	static const char *const names[] = {
		[L2MCD_ELIGIBLE] = "",
		[L2MCD_INELIGIBLE_SEQUENCING] = "sequencing required",
		[L2MCD_INELIGIBLE_NO_INTERFACE] = "no session interface",
		[L2MCD_INELIGIBLE_CCP] = "CCP is open",
		[L2MCD_INELIGIBLE_ECP] = "ECP is open",
		[L2MCD_INELIGIBLE_MULTILINK] = "multilink",
		[L2MCD_INELIGIBLE_FILTER] = "filter of the user",
		[L2MCD_INELIGIBLE_MRU] = "MRU too small",
		[L2MCD_INELIGIBLE_IPCP] = "IPCP is not open",
		[L2MCD_INELIGIBLE_IPV6CP] = "IPV6CP is not open",
	};

	return names[why];
}
