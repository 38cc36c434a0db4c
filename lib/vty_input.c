// SPDX-License-Identifier: GPL-2.0-or-later
/* What operators type; see vty_input.h. */
#include "lib/vty_input.h"

bool vty_ifname_ok(const char *text)
{
	size_t len = strlen(text);

	if (len == 0 || len >= IFNAMSIZ || strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
		return false;
	return strpbrk(text, "/:%") == NULL;
}

bool vty_two_hosts_ok(const struct prefix_ipv4 *p)
{
	uint32_t hosts = p->prefixlen ? ~0U >> p->prefixlen : ~0U;
	uint32_t host = ntohl(p->prefix.s_addr) & hosts;
	struct addr a = addr_from_v4(&p->prefix);

	if (addr_is_multicast(&a) || p->prefixlen == 0 || p->prefixlen > 30)
		return false;
	return host != 0 && host + 1 < hosts;
}

struct addr vty_prefix_addr(const struct prefix *prefix)
{
	struct prefix p = *prefix;

	apply_mask(&p);
	return p.family == AF_INET ? addr_from_v4(&p.u.prefix4) : addr_from_v6(&p.u.prefix6);
}

bool vty_group_prefix_ok(const struct prefix *p)
{
	struct addr a = vty_prefix_addr(p);

	return addr_is_multicast(&a) && p->prefixlen >= (p->family == AF_INET ? 4 : 8);
}

unsigned int vty_name_index(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return 0;
}

/* ---------------------------------------------------------------- secrets */

static const char keystream[] = "obfuscation so that no one reads over a shoulder; not encryption";

static uint8_t key_octet(size_t i)
{
	return (uint8_t)keystream[i % (sizeof(keystream) - 1)] ^ (uint8_t)(i * 29 + 91);
}

void vty_secret_hide(const char *secret, char *hex, size_t size)
{
	size_t len = strlen(secret);

	hex[0] = '\0';
	for (size_t i = 0; i < len && 2 * i + 2 < size; i++)
		snprintf(hex + 2 * i, size - 2 * i, "%02X",
			 (unsigned int)((uint8_t)secret[i] ^ key_octet(i)));
}

bool vty_secret_reveal(const char *hex, char *secret, size_t size)
{
	size_t len = strlen(hex) / 2;

	if (strlen(hex) % 2 || len == 0 || len >= size ||
	    strspn(hex, "0123456789abcdefABCDEF") != strlen(hex))
		return false;
	for (size_t i = 0; i < len; i++) {
		char octet[3] = {hex[2 * i], hex[2 * i + 1]};

		secret[i] = (char)(strtoul(octet, NULL, 16) ^ key_octet(i));
		if (!secret[i])
			return false;
	}
	secret[len] = '\0';
	return true;
}

/* ---------------------------------------------------------------- hexadecimal */

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *p = c ? strchr(digits, tolower((unsigned char)c)) : NULL;

	return p ? (int)(p - digits) : -1;
}

bool vty_read_hex(struct vty *vty, struct cmd_token **words, int n_words, uint8_t *octets,
		  size_t size, size_t *n)
{
	*n = 0;
	for (int i = 0; i < n_words; i++) {
		const char *p = words[i]->arg;

		for (; p[0]; p += 2) {
			int high = hex_digit(p[0]), low = hex_digit(p[1]);

			if (high < 0 || low < 0 || *n == size) {
				vty_out(vty, "%% '%s' is not hexadecimal\n", words[i]->arg);
				return false;
			}
			octets[(*n)++] = (uint8_t)(high << 4 | low);
		}
	}
	return true;
}
