/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bytes.h - bounds-checked cursors over octet strings, network byte order.
 *
 * The only place that touches raw offsets.  Errors accumulate in the cursor: read or write
 * everything, then ask once.  A failed read returns zeros; a failed write writes nothing.
 */
#ifndef MCAST_BYTES_H
#define MCAST_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** Borrowed octets. */
struct span {
	const uint8_t *p;
	size_t len;
};

/* ---------------------------------------------------------------- reading */

struct rd {
	const uint8_t *p, *end;
	bool failed;
};

static inline struct rd rd_init(const void *data, size_t len)
{
	const uint8_t *p = data;

	return (struct rd){.p = p, .end = len ? p + len : p};
}

static inline struct rd rd_span(struct span s)
{
	return rd_init(s.p, s.len);
}

static inline bool rd_ok(const struct rd *r)
{
	return !r->failed;
}

static inline size_t rd_left(const struct rd *r)
{
	return r->failed ? 0 : (size_t)(r->end - r->p);
}

/** The next n octets, or NULL and failure. */
static inline const uint8_t *rd_take(struct rd *r, size_t n)
{
	const uint8_t *p = r->p;

	if (r->failed || (size_t)(r->end - r->p) < n) {
		r->failed = true;
		return NULL;
	}
	if (n)
		r->p += n;
	return p;
}

static inline struct span rd_take_span(struct rd *r, size_t n)
{
	const uint8_t *p = rd_take(r, n);

	return p ? (struct span){p, n} : (struct span){NULL, 0};
}

/** A cursor of its own over the next n octets. */
static inline struct rd rd_sub(struct rd *r, size_t n)
{
	const uint8_t *p = rd_take(r, n);
	struct rd sub = rd_init(p, p ? n : 0);

	sub.failed = !p;
	return sub;
}

static inline void rd_copy(struct rd *r, void *to, size_t n)
{
	const uint8_t *p = rd_take(r, n);

	if (!n)
		return;
	if (p)
		memcpy(to, p, n);
	else
		memset(to, 0, n);
}

static inline uint8_t rd_u8(struct rd *r)
{
	const uint8_t *p = rd_take(r, 1);

	return p ? p[0] : 0;
}

static inline uint16_t rd_u16(struct rd *r)
{
	const uint8_t *p = rd_take(r, 2);

	return p ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

static inline uint32_t rd_u32(struct rd *r)
{
	const uint8_t *p = rd_take(r, 4);

	return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

static inline uint64_t rd_u64(struct rd *r)
{
	uint64_t hi = rd_u32(r);

	return hi << 32 | rd_u32(r);
}

/* ---------------------------------------------------------------- writing */

struct wr {
	uint8_t *start, *p, *end;
	bool failed;
};

static inline struct wr wr_init(void *data, size_t size)
{
	uint8_t *p = data;

	return (struct wr){.start = p, .p = p, .end = p + size};
}

static inline bool wr_ok(const struct wr *w)
{
	return !w->failed;
}

/** Octets written so far. */
static inline size_t wr_len(const struct wr *w)
{
	return (size_t)(w->p - w->start);
}

static inline size_t wr_left(const struct wr *w)
{
	return w->failed ? 0 : (size_t)(w->end - w->p);
}

/** Room for n octets that the caller fills, or NULL and failure. */
static inline uint8_t *wr_reserve(struct wr *w, size_t n)
{
	uint8_t *p = w->p;

	if (w->failed || (size_t)(w->end - w->p) < n) {
		w->failed = true;
		return NULL;
	}
	w->p += n;
	return p;
}

static inline void wr_copy(struct wr *w, const void *from, size_t n)
{
	uint8_t *p = wr_reserve(w, n);

	if (p && n)
		memcpy(p, from, n);
}

static inline void wr_u8(struct wr *w, uint8_t v)
{
	wr_copy(w, &v, 1);
}

static inline void put_u16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v & 0xff;
}

static inline void put_u32(uint8_t *p, uint32_t v)
{
	put_u16(p, v >> 16);
	put_u16(p + 2, v & 0xffff);
}

static inline void wr_u16(struct wr *w, uint16_t v)
{
	uint8_t *p = wr_reserve(w, 2);

	if (p)
		put_u16(p, v);
}

static inline void wr_u32(struct wr *w, uint32_t v)
{
	uint8_t *p = wr_reserve(w, 4);

	if (p)
		put_u32(p, v);
}

static inline void wr_u64(struct wr *w, uint64_t v)
{
	wr_u32(w, v >> 32);
	wr_u32(w, v & 0xffffffff);
}

/** Overwrites 16 bits written earlier, at octet offset from the start. */
static inline void wr_patch_u16(struct wr *w, size_t offset, uint16_t v)
{
	if (w->failed || offset + 2 > wr_len(w))
		w->failed = true;
	else
		put_u16(w->start + offset, v);
}

#endif
