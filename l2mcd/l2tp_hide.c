// SPDX-License-Identifier: GPL-2.0-or-later
/* Hidden AVPs and challenge responses of L2TPv2; see l2tp_hide.h. */
#include "l2mcd/l2tp_hide.h"

#include "md5.h"

#define BLOCK 16

static void md5_add(MD5_CTX *md5, struct span s)
{
	if (s.len)
		MD5Update(md5, s.p, s.len);
}

/* Key of the first block: attribute type, secret, Random Vector. */
static void first_key(uint16_t avp, struct span secret, struct span vector, uint8_t key[BLOCK])
{
	MD5_CTX md5;
	uint8_t type[2];

	put_u16(type, avp);
	MD5Init(&md5);
	MD5Update(&md5, type, sizeof(type));
	md5_add(&md5, secret);
	md5_add(&md5, vector);
	MD5Final(key, &md5);
}

/* Key of every other block: secret, the hidden block before. */
static void next_key(struct span secret, const uint8_t hidden[BLOCK], uint8_t key[BLOCK])
{
	MD5_CTX md5;

	MD5Init(&md5);
	md5_add(&md5, secret);
	MD5Update(&md5, hidden, BLOCK);
	MD5Final(key, &md5);
}

void l2tp_hide(uint16_t avp, struct span secret, struct span vector, uint8_t *value, size_t len)
{
	uint8_t key[BLOCK];

	first_key(avp, secret, vector, key);
	for (size_t i = 0; i < len; i++) {
		if (i && i % BLOCK == 0)
			next_key(secret, value + i - BLOCK, key);
		value[i] ^= key[i % BLOCK];
	}
}

void l2tp_unhide(uint16_t avp, struct span secret, struct span vector, struct span value,
		 uint8_t *plain)
{
	uint8_t key[BLOCK];

	first_key(avp, secret, vector, key);
	for (size_t i = 0; i < value.len; i++) {
		if (i && i % BLOCK == 0)
			next_key(secret, value.p + i - BLOCK, key);
		plain[i] = value.p[i] ^ key[i % BLOCK];
	}
}

void l2tp_challenge_response(enum l2tp_msg_type type, struct span secret, struct span challenge,
			     uint8_t out[L2TP_RESPONSE_LEN])
{
	MD5_CTX md5;
	uint8_t id = type;

	MD5Init(&md5);
	MD5Update(&md5, &id, 1);
	md5_add(&md5, secret);
	md5_add(&md5, challenge);
	MD5Final(out, &md5);
}
