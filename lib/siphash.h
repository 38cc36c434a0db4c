/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * siphash.h - SipHash-2-4: a short keyed hash that peers cannot forge without the key.
 */
#ifndef MCAST_SIPHASH_H
#define MCAST_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

#define SIPHASH_KEY_LEN 16

static inline uint64_t siphash_rotl(uint64_t v, int bits)
{
	return v << bits | v >> (64 - bits);
}

static inline void siphash_rounds(uint64_t v[4], int n)
{
	while (n--) {
		v[0] += v[1];
		v[1] = siphash_rotl(v[1], 13) ^ v[0];
		v[0] = siphash_rotl(v[0], 32);
		v[2] += v[3];
		v[3] = siphash_rotl(v[3], 16) ^ v[2];
		v[0] += v[3];
		v[3] = siphash_rotl(v[3], 21) ^ v[0];
		v[2] += v[1];
		v[1] = siphash_rotl(v[1], 17) ^ v[2];
		v[2] = siphash_rotl(v[2], 32);
	}
}

static inline uint64_t siphash_word(const uint8_t *p, size_t n)
{
	uint64_t w = 0;

	while (n--)
		w = w << 8 | p[n];
	return w;
}

static inline uint64_t siphash(const uint8_t key[SIPHASH_KEY_LEN], const uint8_t *data, size_t len)
{
	uint64_t k0 = siphash_word(key, 8), k1 = siphash_word(key + 8, 8), m;
	uint64_t v[4] = {k0 ^ 0x736f6d6570736575ULL, k1 ^ 0x646f72616e646f6dULL,
			 k0 ^ 0x6c7967656e657261ULL, k1 ^ 0x7465646279746573ULL};
	size_t i;

	for (i = 0; i + 8 <= len; i += 8) {
		m = siphash_word(data + i, 8);
		v[3] ^= m;
		siphash_rounds(v, 2);
		v[0] ^= m;
	}
	m = (uint64_t)len << 56 | siphash_word(data + i, len - i);
	v[3] ^= m;
	siphash_rounds(v, 2);
	v[0] ^= m;
	v[2] ^= 0xff;
	siphash_rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

#endif
