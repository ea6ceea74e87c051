/*
 * handle_test.c - the table of handles, alone, in a child, and in a storm.
 * Covers base/handle.c.
 */
#include "base/handle.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/check.h"

enum { CAT = 1, DOG = 2, MANY = 5000 };

#define CANARY 0x5AFEC0DEu

struct pet {
	uint32_t canary;
	_Atomic uint32_t uses;
};

static _Atomic uint32_t ended;

static void
pet_end(void *object)
{
	struct pet *pet = object;

	CHECK(pet->canary == CANARY);
	pet->canary = 0xDEADDEAD;
	atomic_fetch_add(&ended, 1u);
	free(pet);
}

static void (*const destroy[HANDLE_KINDS])(void *) = { [CAT] = pet_end, [DOG] = pet_end };

static struct pet *
pet_new(void)
{
	struct pet *pet = calloc(1, sizeof *pet);

	if (!pet)
		abort();
	pet->canary = CANARY;
	return pet;
}

TEST(one_life)
{
	struct handle_table *t = handle_table_new(100, destroy);
	struct pet *pet = pet_new();
	uint64_t word = 0, other = 0;

	atomic_store(&ended, 0u);
	CHECK(handle_new(t, CAT, pet, &word));
	CHECK(word != 0 && word != UINT64_MAX && word != UINT64_MAX - 1);
	CHECK(!handle_was(t, CAT, word));
	CHECK(handle_hold(t, CAT, word) == pet);
	CHECK(handle_hold(t, CAT, word) == pet);
	CHECK(handle_hold(t, DOG, word) == NULL);
	CHECK(handle_hold(t, 0, word) == NULL);
	CHECK_U64(handle_close(t, DOG, word), HANDLE_UNKNOWN);
	CHECK_U64(handle_close(t, CAT, word), HANDLE_CLOSED);
	CHECK_U64(atomic_load(&ended), 0);		/* still held twice */
	CHECK(handle_hold(t, CAT, word) == NULL);
	CHECK(handle_was(t, CAT, word));
	CHECK(!handle_was(t, DOG, word));
	CHECK_U64(handle_close(t, CAT, word), HANDLE_STALE);
	CHECK_U64(handle_count(t), 1);
	handle_release(t, word);
	CHECK_U64(atomic_load(&ended), 0);
	handle_release(t, word);
	CHECK_U64(atomic_load(&ended), 1);
	CHECK_U64(handle_count(t), 0);
	CHECK(handle_was(t, CAT, word));
	CHECK_U64(handle_close(t, CAT, word), HANDLE_STALE);
	handle_release(t, word);			/* one too many does no harm */

	CHECK(handle_new(t, DOG, pet_new(), &other));	/* the same slot, another life */
	CHECK(other != word);
	CHECK(handle_hold(t, CAT, word) == NULL);
	CHECK(handle_hold(t, DOG, word) == NULL);
	CHECK(handle_was(t, CAT, word));
	handle_table_drop(t);				/* ends the dog */
	CHECK_U64(atomic_load(&ended), 2);
	handle_table_drop(NULL);
}

TEST(foreign_words)
{
	static const uint64_t foreign[] = {
		0, 1, 2, 0xFF, 0x7FFFFFFF, 0xFFFFFFFF, UINT64_MAX, UINT64_MAX - 1, 0x00007F1234567890, 0x8000000000000000,
	};
	struct handle_table *t = handle_table_new(1u << 24, destroy);
	uint64_t word = 0;
	uint64_t lcg = 1;

	CHECK(handle_new(t, CAT, pet_new(), &word));
	for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
		CHECK(handle_hold(t, CAT, foreign[i]) == NULL);
		CHECK_U64(handle_close(t, CAT, foreign[i]), HANDLE_UNKNOWN);
		CHECK(!handle_was(t, CAT, foreign[i]));
		handle_release(t, foreign[i]);
	}
	for (int i = 0; i < 64; i++)
		CHECK(!handle_was(t, CAT, word ^ 1ull << i));
	for (int i = 0; i < 100000; i++) {
		lcg = lcg * 6364136223846793005u + 1442695040888963407u;
		CHECK(handle_hold(t, CAT, lcg) == NULL);
	}
	CHECK(handle_hold(t, CAT, word) != NULL);
	handle_table_drop(t);
}

TEST(refusals)
{
	struct handle_table *t;
	struct pet pet = { .canary = CANARY };
	uint64_t words[300];
	uint64_t word = 77;

	CHECK(handle_table_new(0, destroy) == NULL);
	t = handle_table_new(300, destroy);
	CHECK(!handle_new(t, 0, &pet, &word));
	CHECK(!handle_new(t, HANDLE_KINDS, &pet, &word));
	CHECK(!handle_new(t, CAT, NULL, &word));
	for (int i = 0; i < 300; i++)
		CHECK(handle_new(t, 3, &pet, &words[i]));
	CHECK(!handle_new(t, 3, &pet, &word));
	CHECK_U64(word, 77);
	CHECK_U64(handle_close(t, 3, words[299]), HANDLE_CLOSED);
	CHECK(handle_new(t, 3, &pet, &word));
	handle_table_drop(t);				/* kind 3 has no destroy */
	CHECK_U64(pet.canary, CANARY);
}

struct walk {
	struct handle_table *t;
	unsigned seen;
	bool close;
};

static void
walk_on(void *arg, uint64_t word, void *object)
{
	struct walk *walk = arg;

	walk->seen++;
	CHECK(((struct pet *)object)->canary == CANARY);
	if (walk->close)
		CHECK_U64(handle_close(walk->t, CAT, word), HANDLE_CLOSED);
}

TEST(many_and_each)
{
	struct handle_table *t = handle_table_new(MANY, destroy);
	struct walk walk = { .t = t };
	static uint64_t words[MANY];

	atomic_store(&ended, 0u);
	for (int i = 0; i < MANY; i++)
		CHECK(handle_new(t, i % 2 ? CAT : DOG, pet_new(), &words[i]));
	for (int i = 0; i < MANY; i++) {
		CHECK(handle_hold(t, i % 2 ? CAT : DOG, words[i]) != NULL);
		handle_release(t, words[i]);
	}
	handle_each(t, 0, walk_on, &walk);
	CHECK_U64(walk.seen, MANY);
	walk = (struct walk){ .t = t, .close = true };
	handle_each(t, CAT, walk_on, &walk);
	CHECK_U64(walk.seen, MANY / 2);
	CHECK_U64(atomic_load(&ended), MANY / 2);
	CHECK_U64(handle_count(t), MANY / 2);
	handle_table_drop(t);
	CHECK_U64(atomic_load(&ended), MANY);
}

/* In a child every word of the parent is unknown, in the parent all is as before. */
TEST(child_knows_no_word)
{
	struct handle_table *t = handle_table_new(1000, destroy);
	uint64_t words[1000];
	int status = -1;
	pid_t pid;

	for (int i = 0; i < 1000; i++)
		CHECK(handle_new(t, CAT, pet_new(), &words[i]));
	pid = fork();
	if (pid == 0) {
		bool good = true;

		for (int i = 0; i < 1000; i++) {
			good = good && !handle_hold(t, CAT, words[i]) && !handle_was(t, CAT, words[i]);
			good = good && handle_close(t, CAT, words[i]) == HANDLE_UNKNOWN;
			handle_release(t, words[i]);
		}
		_exit(good ? 0 : 1);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
	for (int i = 0; i < 1000; i++)
		CHECK_U64(handle_close(t, CAT, words[i]), HANDLE_CLOSED);
	handle_table_drop(t);
}

/* --- the storm: threads make, share, use and close each other's handles ----- */

enum { STORMERS = 4, BOXES = 64 };

static struct handle_table *storm_table;
static _Atomic uint64_t boxes[BOXES];
static _Atomic uint64_t made, closed, held, missed;
static _Atomic bool storm_over;

static void *
storm(void *arg)
{
	uint32_t r = (uint32_t)(uintptr_t)arg * 31 + 7;

	while (!atomic_load_explicit(&storm_over, memory_order_relaxed)) {
		uint32_t box;
		uint64_t word, fresh;
		struct pet *pet;

		r = r * 1664525 + 1013904223;
		box = r >> 12 & (BOXES - 1);
		word = atomic_load_explicit(&boxes[box], memory_order_relaxed);
		switch (r >> 20 & 7) {
		case 0:
			pet = pet_new();
			if (!CHECK(handle_new(storm_table, CAT, pet, &fresh)))
				break;
			atomic_fetch_add(&made, 1u);
			word = atomic_exchange(&boxes[box], fresh);
			/* fall through */
		case 1:
			if (word && handle_close(storm_table, CAT, word) == HANDLE_CLOSED)
				atomic_fetch_add(&closed, 1u);
			break;
		default:
			pet = handle_hold(storm_table, CAT, word);
			if (pet) {
				CHECK(pet->canary == CANARY);
				atomic_fetch_add(&pet->uses, 1u);
				atomic_fetch_add(&held, 1u);
				handle_release(storm_table, word);
			} else
				atomic_fetch_add(&missed, 1u);
		}
	}
	return NULL;
}

TEST(storm_of_threads)
{
	pthread_t threads[STORMERS];
	struct timespec second = { .tv_sec = 1 };
	uint64_t left;

	atomic_store(&ended, 0u);
	storm_table = handle_table_new(1024, destroy);
	for (uintptr_t i = 0; i < STORMERS; i++)
		CHECK(pthread_create(&threads[i], NULL, storm, (void *)i) == 0);
	nanosleep(&second, NULL);
	atomic_store(&storm_over, true);
	for (int i = 0; i < STORMERS; i++)
		pthread_join(threads[i], NULL);
	left = handle_count(storm_table);
	CHECK_U64(atomic_load(&made), atomic_load(&closed) + left);
	CHECK_U64(atomic_load(&ended), (uint32_t)atomic_load(&closed));
	CHECK(left <= BOXES);
	CHECK(atomic_load(&held) > 0 && atomic_load(&missed) > 0);
	handle_table_drop(storm_table);
	CHECK_U64(atomic_load(&ended), (uint32_t)atomic_load(&made));
}

/* Of all that close one handle at once, one wins; nobody else's hold is cut short. */
static _Atomic uint64_t race_word;
static _Atomic uint32_t race_round, race_won, race_done;

static void *
race(void *unused)
{
	(void)unused;
	for (uint32_t round = 1; round <= 2000; round++) {
		struct pet *pet;
		uint64_t word;
		enum handle_end end;

		while (atomic_load(&race_round) != round)
			sched_yield();
		word = atomic_load(&race_word);
		pet = handle_hold(storm_table, DOG, word);
		end = handle_close(storm_table, DOG, word);
		if (end == HANDLE_CLOSED)
			atomic_fetch_add(&race_won, 1u);
		else
			CHECK_U64(end, HANDLE_STALE);
		if (pet) {
			CHECK(pet->canary == CANARY);
			handle_release(storm_table, word);
		}
		atomic_fetch_add(&race_done, 1u);
	}
	return NULL;
}

TEST(one_closer_wins)
{
	pthread_t threads[2];

	atomic_store(&ended, 0u);
	storm_table = handle_table_new(8, destroy);
	for (int i = 0; i < 2; i++)
		CHECK(pthread_create(&threads[i], NULL, race, NULL) == 0);
	for (uint32_t round = 1; round <= 2000; round++) {
		uint64_t word = 0;

		CHECK(handle_new(storm_table, DOG, pet_new(), &word));
		atomic_store(&race_word, word);
		atomic_store(&race_won, 0u);
		atomic_store(&race_done, 0u);
		atomic_store(&race_round, round);
		while (atomic_load(&race_done) != 2)
			sched_yield();
		CHECK_U64(atomic_load(&race_won), 1);
		CHECK_U64(atomic_load(&ended), round);
	}
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	handle_table_drop(storm_table);
}

int
main(void)
{
	RUN(one_life);
	RUN(foreign_words);
	RUN(refusals);
	RUN(many_and_each);
	RUN(child_knows_no_word);
	RUN(storm_of_threads);
	RUN(one_closer_wins);
	return check_end();
}
