/*
 * bytes.h - spans of bytes, the sticky reader and the bounded writer.
 *
 * Everything foreign passes a reader: it remembers its first mistake and
 * yields zeros from then on, so a parser asks for all of it and checks once.
 * Offsets and lengths are compared on the safe side, never added first
 * (rows P1, P3, P9 of the bug list in docs/THREATS.md). An empty span may
 * have a null pointer.
 */
#ifndef OPENLSA_BASE_BYTES_H
#define OPENLSA_BASE_BYTES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_CHECK __attribute__((warn_unused_result))

/* Borrowed; whoever lent it owns it. */
struct bytes {
	const uint8_t *at;
	size_t len;
};

#define BYTES_NONE ((struct bytes){ NULL, 0 })

static inline struct bytes
bytes_of(const void *at, size_t len)
{
	return (struct bytes){ (const uint8_t *)at, len };
}

struct bytes bytes_of_text(const char *text);		/* without its NUL; NULL is empty */
bool bytes_same(struct bytes a, struct bytes b);	/* not for secrets */
/* A part of a span; false (and an empty part) when it does not lie inside. */
bool bytes_part(struct bytes *ret_part, struct bytes whole, size_t offset, size_t len) MUST_CHECK;

/* Copies len bytes; length zero touches nothing, so null pointers are fine. */
static inline void bytes_copy(void *to, const void *from, size_t len);
void bytes_zero(void *at, size_t len);
/* A zeroing that the compiler keeps. */
void bytes_wipe(void *at, size_t len);
/* Constant in time for its length. */
bool same_secret(const void *a, const void *b, size_t len) MUST_CHECK;
/* malloc'ed copy, NUL added behind it; NULL when there is no memory. */
void *bytes_dup(struct bytes b) MUST_CHECK;

struct reader {
	struct bytes whole;
	size_t pos;
	bool bad;
};

static inline struct reader reader_of(struct bytes whole);
static inline bool reader_ok(const struct reader *r) MUST_CHECK;
static inline bool reader_done(const struct reader *r) MUST_CHECK;	/* ok, and nothing is left */
static inline size_t reader_left(const struct reader *r);
/* Big-endian, as in files of MIT's and on the network. */
uint16_t reader_be16(struct reader *r);
uint32_t reader_be32(struct reader *r);
void reader_spoil(struct reader *r);			/* the caller found a mistake of its own */

static inline uint8_t reader_u8(struct reader *r);
static inline uint16_t reader_u16(struct reader *r);			/* little-endian, as all of the next */
static inline uint32_t reader_u32(struct reader *r);
static inline uint64_t reader_u64(struct reader *r);
static inline struct bytes reader_bytes(struct reader *r, size_t len);
struct bytes reader_rest(struct reader *r);
void reader_fixed(struct reader *r, void *to, size_t len);	/* zeros when bad */
void reader_skip(struct reader *r, size_t len);
void reader_expect(struct reader *r, const void *what, size_t len);
void reader_expect_u32(struct reader *r, uint32_t value);
/* u32 length, then so many bytes; longer than max is a mistake. */
struct bytes reader_sized(struct reader *r, uint32_t max);

/*
 * Writes into memory of a fixed size. Past its end it only counts, so a
 * first pass over (NULL, 0) measures and a second one writes; `need` is
 * the whole length either way.
 */
struct writer {
	uint8_t *at;
	size_t cap;
	size_t need;
};

static inline struct writer writer_of(void *at, size_t cap);
static inline bool writer_ok(const struct writer *w) MUST_CHECK;	/* all of it fitted */
static inline void writer_u8(struct writer *w, uint8_t v);
static inline void writer_u16(struct writer *w, uint16_t v);
static inline void writer_u32(struct writer *w, uint32_t v);
static inline void writer_u64(struct writer *w, uint64_t v);
static inline void writer_bytes(struct writer *w, struct bytes b);
void writer_zeros(struct writer *w, size_t len);
void writer_sized(struct writer *w, struct bytes b);
/* Big-endian, as the readers of it. */
void writer_be16(struct writer *w, uint16_t v);
void writer_be32(struct writer *w, uint32_t v);
void writer_be_sized(struct writer *w, struct bytes b);
/* Writes and tells where it went, in memory that holds all of it. */
struct bytes writer_keep(struct writer *w, struct bytes b);
/* At most 95 characters of text; what is longer is cut. */
void writer_format_list(struct writer *w, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
/* Overwrites four bytes already written, for a length known late. */
void writer_patch_u32(struct writer *w, size_t offset, uint32_t v);

static inline uint16_t get_u16(const uint8_t *p) { return (uint16_t)(p[0] | p[1] << 8); }
static inline uint32_t
get_u32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}
static inline void
put_u32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
	p[2] = (uint8_t)(v >> 16);
	p[3] = (uint8_t)(v >> 24);
}

#include "base/bytes_inline.h"

#endif
