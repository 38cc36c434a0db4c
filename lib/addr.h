/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * addr.h - one type for IPv4 and IPv6 addresses.
 *
 * An IPv4 address is kept as ::ffff:a.b.c.d, so that group state, sources and tunnel end
 * points have one key of 16 octets and the state machines exist once.
 */
#ifndef MCAST_ADDR_H
#define MCAST_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ADDR_STRLEN 46

/** IPv4 (mapped) or IPv6 address, network byte order. */
struct addr {
	uint8_t b[16];
};

/** Transport address; port in host byte order. */
struct endpoint {
	struct addr addr;
	uint16_t port;
};

static const struct addr ADDR_ANY = {{0}};

static inline bool addr_is_v4(const struct addr *a)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	return memcmp(a->b, mapped, sizeof(mapped)) == 0;
}

/** From four octets in network byte order. */
static inline struct addr addr_from_v4(const void *octets)
{
	struct addr a = {{[10] = 0xff, [11] = 0xff}};

	memcpy(a.b + 12, octets, 4);
	return a;
}

/** From sixteen octets in network byte order. */
static inline struct addr addr_from_v6(const void *octets)
{
	struct addr a;

	memcpy(a.b, octets, 16);
	return a;
}

/** The octets as they stand on the wire; their number is addr_len(). */
static inline const uint8_t *addr_octets(const struct addr *a)
{
	return addr_is_v4(a) ? a->b + 12 : a->b;
}

static inline size_t addr_len(const struct addr *a)
{
	return addr_is_v4(a) ? 4 : 16;
}

static inline int addr_cmp(const struct addr *a, const struct addr *b)
{
	return memcmp(a->b, b->b, sizeof(a->b));
}

/** True for :: (no address) and for 0.0.0.0. */
static inline bool addr_is_any(const struct addr *a)
{
	static const uint8_t zero[4];

	return addr_cmp(a, &ADDR_ANY) == 0 || (addr_is_v4(a) && memcmp(a->b + 12, zero, 4) == 0);
}

/** 224.0.0.0/4 or ff00::/8. */
bool addr_is_multicast(const struct addr *a);

/**
 * Groups that are not routed: 224.0.0.0/24, and IPv6 scopes 0 (reserved), 1 (interface-local)
 * and 2 (link-local).  No replication context may exist for them (A4045-41).
 */
bool addr_is_unrouted_group(const struct addr *a);

/** Source-specific ranges: 232.0.0.0/8, ff3x::/32 (RFC 4607). */
bool addr_is_ssm_group(const struct addr *a);

/** True if the first prefixlen bits agree and both are of the same family; prefixlen counts the
 *  bits of the native address (0..32 for IPv4). */
bool addr_in_prefix(const struct addr *a, const struct addr *prefix, unsigned int prefixlen);

/** Text form in buf (ADDR_STRLEN octets), returned; "*" for ADDR_ANY. */
const char *addr_str(const struct addr *a, char buf[ADDR_STRLEN]);

/** Reads "10.0.0.1" or "2001:db8::1"; false leaves *a alone. */
bool addr_parse(const char *text, struct addr *a);

static inline int endpoint_cmp(const struct endpoint *a, const struct endpoint *b)
{
	int r = addr_cmp(&a->addr, &b->addr);

	return r ? r : (int)a->port - (int)b->port;
}

#endif
