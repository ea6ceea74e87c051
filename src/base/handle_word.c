/*
 * handle_word.c - what a handle looks like from outside.
 *
 * Pure: a key and a name in, a word out, and back. Must never learn to
 * know the table.
 */
#include "base/handle_word.h"

#include "base/bytes.h"

#define ROUNDS 4

/* One round: two multiplications spread every bit of half and key over the result. */
static inline uint32_t
mix(uint32_t half, uint32_t key)
{
	uint64_t z = ((uint64_t)key << 32 | (half ^ key)) * 0xD6E8FEB86659FD93u;

	z ^= z >> 32;
	z *= 0xD6E8FEB86659FD93u;
	return (uint32_t)(z >> 32);
}

static bool
word_usable(uint32_t half)
{
	return half != 0 && half < 0xFFFFFFFEu;
}

bool
handle_word_wide(uint64_t *ret_word, const uint8_t key[16], struct handle_name name)
{
	uint64_t plain = (uint64_t)name.kind << (HANDLE_WIDE_SLOT_BITS + HANDLE_WIDE_GEN_BITS) |
	    (uint64_t)name.slot << HANDLE_WIDE_GEN_BITS | name.generation;
	uint32_t left = (uint32_t)(plain >> 32), right = (uint32_t)plain;

	for (int i = 0; i < ROUNDS; i++) {
		uint32_t next = left ^ mix(right, get_u32(key + 4 * i));

		left = right;
		right = next;
	}
	*ret_word = (uint64_t)left << 32 | right;
	return word_usable(left) && word_usable(right);
}

struct handle_name
handle_name_of_wide(const uint8_t key[16], uint64_t word)
{
	uint32_t left = (uint32_t)(word >> 32), right = (uint32_t)word;
	uint64_t plain;

	for (int i = ROUNDS - 1; i >= 0; i--) {
		uint32_t last = right ^ mix(left, get_u32(key + 4 * i));

		right = left;
		left = last;
	}
	plain = (uint64_t)left << 32 | right;
	return (struct handle_name){
		.kind       = (uint32_t)(plain >> (HANDLE_WIDE_SLOT_BITS + HANDLE_WIDE_GEN_BITS)),
		.slot       = (uint32_t)(plain >> HANDLE_WIDE_GEN_BITS) & ((1u << HANDLE_WIDE_SLOT_BITS) - 1),
		.generation = plain & ((1ull << HANDLE_WIDE_GEN_BITS) - 1),
	};
}

bool
handle_word_narrow(uint32_t *ret_word, const uint8_t key[16], struct handle_name name)
{
	uint32_t plain = name.kind << (HANDLE_NARROW_SLOT_BITS + HANDLE_NARROW_GEN_BITS) |
	    name.slot << HANDLE_NARROW_GEN_BITS | (uint32_t)name.generation;
	uint32_t left = plain >> 16, right = plain & 0xFFFF;

	for (int i = 0; i < ROUNDS; i++) {
		uint32_t next = left ^ (mix(right, get_u32(key + 4 * i)) & 0xFFFF);

		left = right;
		right = next;
	}
	*ret_word = left << 16 | right;
	return word_usable(*ret_word);
}

struct handle_name
handle_name_of_narrow(const uint8_t key[16], uint32_t word)
{
	uint32_t left = word >> 16, right = word & 0xFFFF;
	uint32_t plain;

	for (int i = ROUNDS - 1; i >= 0; i--) {
		uint32_t last = right ^ (mix(left, get_u32(key + 4 * i)) & 0xFFFF);

		right = left;
		left = last;
	}
	plain = left << 16 | right;
	return (struct handle_name){
		.kind       = plain >> (HANDLE_NARROW_SLOT_BITS + HANDLE_NARROW_GEN_BITS),
		.slot       = plain >> HANDLE_NARROW_GEN_BITS & ((1u << HANDLE_NARROW_SLOT_BITS) - 1),
		.generation = plain & ((1u << HANDLE_NARROW_GEN_BITS) - 1),
	};
}
