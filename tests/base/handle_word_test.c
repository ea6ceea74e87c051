/*
 * handle_word_test.c - words: there and back, scattered, never "no handle".
 * Covers base/handle_word.c.
 */
#include "base/handle_word.h"

#include <stddef.h>

#include "tests/check.h"

static const uint8_t keys[][16] = {
	{ 0 },
	{ 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x0F },
	{ 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF },
	{ 0xD4, 0x1D, 0x8C, 0xD9, 0x8F, 0x00, 0xB2, 0x04, 0xE9, 0x80, 0x09, 0x98, 0xEC, 0xF8, 0x42, 0x7E },
};

static const struct handle_name names[] = {
	{ 1,	0,		0 },
	{ 1,	0,		1 },
	{ 1,	1,		0 },
	{ 7,	0x1FFF,		0xFFFF },
	{ 15,	0xFFFFFF,	0xFFFFFFFFF },
	{ 8,	0x800000,	0x800000000 },
	{ 3,	0x123456,	0x789ABCDEF },
};

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static bool
same_name(struct handle_name a, struct handle_name b)
{
	return a.kind == b.kind && a.slot == b.slot && a.generation == b.generation;
}

static bool
half_usable(uint32_t half)
{
	return half != 0 && half != UINT32_MAX && half != UINT32_MAX - 1;
}

TEST(wide_there_and_back)
{
	for (size_t k = 0; k < COUNT(keys); k++) {
		for (size_t i = 0; i < COUNT(names); i++) {
			uint64_t word;
			bool usable = handle_word_wide(&word, keys[k], names[i]);

			CHECK(usable == (half_usable((uint32_t)word) && half_usable((uint32_t)(word >> 32))));
			CHECK(same_name(handle_name_of_wide(keys[k], word), names[i]));
		}
	}
}

/* Each of the words that mean "none" is refused, whatever name it would stand for. */
TEST(wide_never_none)
{
	static const uint64_t none[] = {
		0, UINT64_MAX, UINT64_MAX - 1, 0x00000000FFFFFFFF, 0xFFFFFFFF00000000, 0xFFFFFFFF12345678,
		0x12345678FFFFFFFF, 0x0000000012345678, 0x1234567800000000, 0x12345678FFFFFFFE,
	};

	for (size_t k = 0; k < COUNT(keys); k++) {
		for (size_t i = 0; i < COUNT(none); i++) {
			uint64_t word;

			CHECK(!handle_word_wide(&word, keys[k], handle_name_of_wide(keys[k], none[i])));
			CHECK_U64(word, none[i]);
		}
	}
}

/* One bit of the name changes about half of the word, and another key all of it. */
TEST(wide_scatters)
{
	unsigned changed = 0, flips = 0;

	for (uint64_t gen = 0; gen < 1000; gen++) {
		uint64_t one, other;

		for (int bit = 0; bit < 36; bit++) {
			(void)handle_word_wide(&one, keys[3], (struct handle_name){ 1, 5, gen });
			(void)handle_word_wide(&other, keys[3], (struct handle_name){ 1, 5, gen ^ 1ull << bit });
			changed += (unsigned)__builtin_popcountll(one ^ other);
			flips++;
		}
	}
	CHECK(changed > flips * 31 && changed < flips * 33);
}

TEST(narrow_is_a_permutation)
{
	uint32_t none[] = { 0, UINT32_MAX, UINT32_MAX - 1 };

	for (size_t k = 0; k < COUNT(keys); k++) {
		for (uint32_t i = 0; i < 3; i++) {
			uint32_t word;

			CHECK(!handle_word_narrow(&word, keys[k], handle_name_of_narrow(keys[k], none[i])));
			CHECK_U64(word, none[i]);
		}
	}
	/* Each comes back, so no word stands for two. */
	for (uint32_t slot = 0; slot < 0x2000; slot += 61) {
		for (uint32_t gen = 0; gen < 0x10000; gen += 17) {
			struct handle_name name = { 5, slot, gen };
			uint32_t word;

			(void)handle_word_narrow(&word, keys[3], name);
			if (!CHECK(same_name(handle_name_of_narrow(keys[3], word), name)))
				return;
		}
	}
}

int
main(void)
{
	RUN(wide_there_and_back);
	RUN(wide_never_none);
	RUN(wide_scatters);
	RUN(narrow_is_a_permutation);
	return check_end();
}
