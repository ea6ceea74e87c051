/*
 * fuzz.h - what every target shares: a feed of bytes that never runs dry, a
 * check that ends the process, an account store of its own, and patches.
 *
 * A target is one LLVMFuzzerTestOneInput. It runs under libFuzzer, or under
 * replay.c, which hands it files.
 */
#ifndef OPENLSA_FUZZ_FUZZ_H
#define OPENLSA_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An oracle: what must hold whatever the input. Never compiled out. */
#define MUST(cond) \
	do { \
		if (!(cond)) { \
			fprintf(stderr, "%s:%d: oracle broken: %s\n", __FILE__, __LINE__, #cond); \
			abort(); \
		} \
	} while (0)

/* --- the input ---------------------------------------------------------------- */

struct feed {
	const uint8_t *at;
	size_t left;
};

static inline struct feed
feed_of(const uint8_t *data, size_t size)
{
	return (struct feed){ data, size };
}

/* Zeros when it is empty. */
static inline uint8_t
feed_u8(struct feed *f)
{
	if (!f->left)
		return 0;
	f->left--;
	return *f->at++;
}

static inline uint16_t
feed_u16(struct feed *f)
{
	uint8_t low = feed_u8(f);

	return (uint16_t)(low | feed_u8(f) << 8);
}

static inline uint32_t
feed_u32(struct feed *f)
{
	uint16_t low = feed_u16(f);

	return low | (uint32_t)feed_u16(f) << 16;
}

static inline uint64_t
feed_u64(struct feed *f)
{
	uint32_t low = feed_u32(f);

	return low | (uint64_t)feed_u32(f) << 32;
}

static inline struct bytes
feed_bytes(struct feed *f, size_t len)
{
	struct bytes b = { f->at, len < f->left ? len : f->left };

	f->at += b.len;
	f->left -= b.len;
	return b;
}

/* Two bytes of length, then so many. */
static inline struct bytes
feed_sized(struct feed *f)
{
	return feed_bytes(f, feed_u16(f));
}

/* A copy whose last byte is the last of its block, so that a step over the end is seen. Free it. */
static inline uint8_t *
exact_copy(struct bytes b)
{
	uint8_t *at = malloc(b.len ? b.len : 1);

	MUST(at);
	bytes_copy(at, b.at, b.len);
	return at;
}

/*
 * Patches a block in place with what the feed says: a count, then for each
 * u16 place and u8 to xor. True: something is different now.
 */
static inline bool
feed_patch(struct feed *f, uint8_t *at, size_t len)
{
	uint8_t *was = exact_copy(bytes_of(at, len));
	unsigned count = feed_u8(f) & 15u;
	bool changed;

	for (unsigned i = 0; i < count && len; i++) {
		size_t place = feed_u16(f) % len;

		at[place] ^= feed_u8(f);
	}
	changed = len && memcmp(was, at, len) != 0;
	free(was);
	return changed;
}

#endif
