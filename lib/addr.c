// SPDX-License-Identifier: GPL-2.0-or-later
/* Addresses of both families; see addr.h. */
#include "lib/addr.h"

#include <arpa/inet.h>
#include <stdio.h>

bool addr_is_multicast(const struct addr *a)
{
	return addr_is_v4(a) ? (a->b[12] & 0xf0) == 0xe0 : a->b[0] == 0xff;
}

bool addr_is_unrouted_group(const struct addr *a)
{
	if (addr_is_v4(a))
		return a->b[12] == 224 && a->b[13] == 0 && a->b[14] == 0;
	return a->b[0] == 0xff && (a->b[1] & 0x0f) <= 2;
}

bool addr_is_ssm_group(const struct addr *a)
{
	if (addr_is_v4(a))
		return a->b[12] == 232;
	return a->b[0] == 0xff && (a->b[1] & 0xf0) == 0x30 && a->b[2] == 0 && a->b[3] == 0;
}

bool addr_in_prefix(const struct addr *a, const struct addr *prefix, unsigned int prefixlen)
{
	const uint8_t *x = addr_octets(a), *y = addr_octets(prefix);
	unsigned int whole = prefixlen / 8, rest = prefixlen % 8;

	if (addr_len(a) != addr_len(prefix) || prefixlen > 8 * addr_len(a))
		return false;
	if (memcmp(x, y, whole) != 0)
		return false;
	return rest == 0 || ((x[whole] ^ y[whole]) >> (8 - rest)) == 0;
}

const char *addr_str(const struct addr *a, char buf[ADDR_STRLEN])
{
	if (addr_cmp(a, &ADDR_ANY) == 0)
		snprintf(buf, ADDR_STRLEN, "*");
	else
		inet_ntop(addr_is_v4(a) ? AF_INET : AF_INET6, addr_octets(a), buf, ADDR_STRLEN);
	return buf;
}

bool addr_parse(const char *text, struct addr *a)
{
	uint8_t octets[16];

	if (inet_pton(AF_INET, text, octets) == 1)
		*a = addr_from_v4(octets);
	else if (inet_pton(AF_INET6, text, octets) == 1)
		*a = addr_from_v6(octets);
	else
		return false;
	return true;
}
