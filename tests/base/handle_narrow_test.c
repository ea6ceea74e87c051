/*
 * handle_narrow_test.c - the table with 32-bit words, where generations
 * can be used up, and with memory that fails: its own copy of the source.
 * Covers base/handle.c, handle_word.c.
 */
#include <stdlib.h>

static int alloc_left = -1;			/* -1: as many as wanted */

static void *
alloc_or_not(size_t align, size_t size)
{
	if (alloc_left == 0)
		return NULL;
	if (alloc_left > 0)
		alloc_left--;
	return aligned_alloc(align, size);
}

#define aligned_alloc(align, size) alloc_or_not(align, size)
#define HANDLE_WIDE 0
#define HANDLE_GEN_BITS 4			/* 16 lives a slot */
#include "base/handle.c"

#include "tests/check.h"

static int thing;

static void (*const nothing[HANDLE_KINDS])(void *);

TEST(words_have_32_bits)
{
	struct handle_table *t = handle_table_new(1u << 24, nothing);
	static uint64_t words[1u << 13];
	uint64_t word;

	CHECK(!handle_new(t, 8, &thing, &word));
	for (int i = 0; i < 1 << 13; i++) {
		if (!CHECK(handle_new(t, 7, &thing, &words[i])))
			break;
		CHECK(words[i] != 0 && words[i] < UINT32_MAX - 1);
	}
	CHECK(!handle_new(t, 7, &thing, &word));	/* 2^13 is all there is */
	for (int i = 0; i < 1 << 13; i++) {
		CHECK(handle_hold(t, 7, words[i]) == &thing);
		CHECK(handle_hold(t, 7, words[i] | 1ull << 32) == NULL);
		handle_release(t, words[i]);
		CHECK_U64(handle_close(t, 7, words[i]), HANDLE_CLOSED);
		CHECK_U64(handle_close(t, 7, words[i]), HANDLE_STALE);
	}
	handle_table_drop(t);
}

/* The slot closed first is the first to come back. */
TEST(oldest_first)
{
	struct handle_table *t = handle_table_new(4, nothing);
	uint8_t key[16];
	uint64_t words[4], word;
	static const int order[4] = { 2, 0, 3, 1 };

	memcpy(key, fork_page()->key, sizeof key);
	for (uint32_t i = 0; i < 4; i++) {
		CHECK(handle_new(t, 1, &thing, &words[i]));
		CHECK_U64(handle_name_of_narrow(key, (uint32_t)words[i]).slot, i);
	}
	for (int i = 0; i < 4; i++)
		CHECK_U64(handle_close(t, 1, words[order[i]]), HANDLE_CLOSED);
	for (int i = 0; i < 4; i++) {
		CHECK(handle_new(t, 1, &thing, &word));
		CHECK_U64(handle_name_of_narrow(key, (uint32_t)word).slot, (uint64_t)order[i]);
	}
	handle_table_drop(t);
}

TEST(used_up_slot_retires)
{
	struct handle_table *t = handle_table_new(2, nothing);
	uint64_t words[32], word;

	for (int i = 0; i < 32; i++) {
		CHECK(handle_new(t, 1, &thing, &words[i]));
		CHECK_U64(handle_close(t, 1, words[i]), HANDLE_CLOSED);
		for (int j = 0; j < i; j++)
			CHECK(words[j] != words[i]);
	}
	CHECK(!handle_new(t, 1, &thing, &word));	/* 2 slots, 16 lives each */
	for (int i = 0; i < 32; i++) {
		CHECK(handle_was(t, 1, words[i]));
		CHECK(handle_hold(t, 1, words[i]) == NULL);
		CHECK_U64(handle_close(t, 1, words[i]), HANDLE_STALE);
	}
	CHECK_U64(handle_count(t), 0);
	handle_table_drop(t);
}

/* A word of a generation to come is unknown, not stale. */
TEST(not_yet_issued)
{
	struct handle_table *t = handle_table_new(2, nothing);
	uint64_t word, future = 0;

	CHECK(handle_new(t, 1, &thing, &word));
	CHECK_U64(handle_close(t, 1, word), HANDLE_CLOSED);
	for (uint64_t gen = 1; gen < 4; gen++) {
		CHECK(word_of(&future, (struct handle_name){ 1, 0, gen }));
		CHECK(handle_hold(t, 1, future) == NULL);
		CHECK(!handle_was(t, 1, future));
		CHECK_U64(handle_close(t, 1, future), HANDLE_UNKNOWN);
		handle_release(t, future);
	}
	handle_table_drop(t);
}

TEST(no_memory)
{
	struct handle_table *t;
	uint64_t word = 5;

	alloc_left = 0;
	CHECK(handle_table_new(1000, nothing) == NULL);
	alloc_left = 1;
	t = handle_table_new(1000, nothing);
	CHECK(t != NULL);
	CHECK(!handle_new(t, 1, &thing, &word));
	CHECK_U64(word, 5);
	alloc_left = 1;
	for (int i = 0; i < 256; i++)
		CHECK(handle_new(t, 1, &thing, &word));
	CHECK(!handle_new(t, 1, &thing, &word));	/* the second chunk */
	alloc_left = -1;
	CHECK(handle_new(t, 1, &thing, &word));
	CHECK_U64(handle_count(t), 257);
	handle_table_drop(t);
}

int
main(void)
{
	RUN(words_have_32_bits);
	RUN(oldest_first);
	RUN(used_up_slot_retires);
	RUN(not_yet_issued);
	RUN(no_memory);
	return check_end();
}
