/*
 * replay_test.c - store/replay.c: one winner among threads and processes,
 * across restarts; places free again when the time is over; a no where there
 * is none; nothing from before the machine started; nothing in a child.
 */
#include "estate.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "store/replay.h"

static _Atomic uint64_t now_value = 1700000000;

static uint64_t
now_fake(void *arg)
{
	(void)arg;
	return now_value;
}

static struct store *
estate_timed(void)
{
	struct store *s = estate_open(false);

	store_set_clock(s, now_fake, NULL);
	return s;
}

static const uint8_t *
print_of(uint64_t n)
{
	static _Thread_local uint8_t print[REPLAY_LEN];

	memcpy(print, &n, sizeof n);
	return print;
}

TEST(first_once)
{
	struct store *s;

	estate_begin();
	s = estate_timed();
	CHECK(replay_take(s, print_of(1), now_value + 300) == REPLAY_FIRST);
	CHECK(replay_take(s, print_of(1), now_value + 300) == REPLAY_SEEN);
	CHECK(replay_take(s, print_of(1), now_value + 299) == REPLAY_SEEN);
	CHECK(replay_take(s, print_of(2), now_value + 300) == REPLAY_FIRST);
	CHECK(replay_take(s, print_of(3), now_value - 1) == REPLAY_LATE);
	CHECK(replay_take(s, print_of(3), now_value + REPLAY_FAR + 1) == REPLAY_LATE);
	CHECK(replay_take(s, print_of(3), UINT64_MAX) == REPLAY_LATE);
	store_close(s);
	s = estate_timed();			/* after a restart */
	CHECK(replay_take(s, print_of(1), now_value + 300) == REPLAY_SEEN);
	CHECK(replay_take(s, print_of(2), now_value + 300) == REPLAY_SEEN);
	now_value += 300;			/* the last second that it was good in */
	CHECK(replay_take(s, print_of(1), now_value) == REPLAY_SEEN);
	now_value += 1;
	CHECK(replay_take(s, print_of(1), now_value + 300) == REPLAY_FIRST);
	store_close(s);
	estate_end();
}

/* 400,000 proofs: none is missed, none is taken for another; then until full, where the answer is no and nothing is forgotten. */
TEST(many)
{
	struct store *s;
	uint64_t n, first = 0, full = 0, seen = 0;

	estate_begin();
	s = estate_timed();
	for (n = 0; n < 400000; n++)
		first += replay_take(s, print_of(n), now_value + 300) == REPLAY_FIRST;
	CHECK_U64(first, 400000);
	for (n = 0; n < 400000; n++)
		seen += replay_take(s, print_of(n), now_value + 300) == REPLAY_SEEN;
	CHECK_U64(seen, 400000);
	for (; n < 8000000 && full < 1000; n++)
		full += replay_take(s, print_of(n), now_value + 300) == REPLAY_FULL;
	CHECK_U64(full, 1000);
	CHECK(n > 2500000);			/* rows fill evenly */
	for (seen = 0, n = 0; n < 400000; n++)
		seen += replay_take(s, print_of(n), now_value + 300) == REPLAY_SEEN;
	CHECK_U64(seen, 400000);
	now_value += 301;
	for (first = 0, n = 1u << 30; n < (1u << 30) + 100000; n++)
		first += replay_take(s, print_of(n), now_value + 300) == REPLAY_FIRST;
	CHECK_U64(first, 100000);
	store_close(s);
	estate_end();
}

/* --- races ------------------------------------------------------------------- */

#define RACERS	4
#define ROUNDS	5000

static struct store *race_store;
static _Atomic uint32_t wins[ROUNDS];
static _Atomic unsigned arrived;

static void *
race(void *arg)
{
	(void)arg;
	for (uint32_t n = 0; n < ROUNDS; n++) {
		atomic_fetch_add(&arrived, 1);
		while (atomic_load(&arrived) < (n + 1) * RACERS)
			sched_yield();
		if (replay_take(race_store, print_of(n), now_value + 300) == REPLAY_FIRST)
			atomic_fetch_add(&wins[n], 1);
	}
	return NULL;
}

/* At most one wins, and as a rule exactly one. */
TEST(race_of_threads)
{
	pthread_t t[RACERS];
	unsigned won = 0, twice = 0;

	estate_begin();
	race_store = estate_timed();
	for (int i = 0; i < RACERS; i++)
		CHECK(pthread_create(&t[i], NULL, race, NULL) == 0);
	for (int i = 0; i < RACERS; i++)
		pthread_join(t[i], NULL);
	for (uint32_t n = 0; n < ROUNDS; n++) {
		won += wins[n] == 1;
		twice += wins[n] > 1;
	}
	CHECK_U64(twice, 0);
	CHECK(won > ROUNDS / 2);
	store_close(race_store);
	estate_end();
}

/* A process that embeds the same store. */
static int
other_process(void *arg)
{
	struct store *s;
	int bad;

	(void)arg;
	s = estate_timed();
	bad = replay_take(s, print_of(77), now_value + 300) != REPLAY_SEEN ||
	    replay_take(s, print_of(78), now_value + 300) != REPLAY_FIRST;
	store_close(s);
	return bad;
}

static int
forked(void *store)
{
	return replay_take(store, print_of(99), now_value + 300) != REPLAY_ERROR;
}

TEST(shared_by_processes)
{
	struct store *s;

	estate_begin();
	s = estate_timed();
	CHECK(replay_take(s, print_of(77), now_value + 300) == REPLAY_FIRST);
	CHECK(in_child(other_process, NULL));
	CHECK(replay_take(s, print_of(78), now_value + 300) == REPLAY_SEEN);
	CHECK(in_child(forked, s));		/* with its parent's store it is told nothing */
	CHECK(replay_take(s, print_of(99), now_value + 300) == REPLAY_FIRST);
	store_close(s);
	estate_end();
}

/* --- what is wrong with the file ------------------------------------------------- */

TEST(damage_is_an_error)
{
	static const uint8_t junk[64] = "not this";
	struct store *s;
	int fd;

	estate_begin();
	s = estate_timed();
	fd = open(estate_path("db/replays"), O_WRONLY | O_CREAT, 0600);
	CHECK(fd >= 0 && write(fd, junk, sizeof junk) == sizeof junk);
	CHECK(replay_take(s, print_of(1), now_value + 300) == REPLAY_ERROR);	/* too short */
	CHECK(ftruncate(fd, 4096 + 65536l * 64 * 8) == 0);
	CHECK(replay_take(s, print_of(1), now_value + 300) == REPLAY_ERROR);	/* another magic */
	close(fd);
	CHECK(unlink(estate_path("db/replays")) == 0);
	CHECK(replay_take(s, print_of(1), now_value + 300) == REPLAY_FIRST);
	CHECK(chmod(estate_path("db/replays"), 0644) == 0);
	store_close(s);
	s = estate_timed();
	CHECK(replay_take(s, print_of(2), now_value + 300) == REPLAY_ERROR);	/* open to others */
	store_close(s);
	estate_end();
}

/* By the real clock: what was made before the machine started may have been used before a power cut. */
TEST(before_the_start)
{
	struct timespec up;
	struct store *s;
	uint64_t now = (uint64_t)time(NULL), began;

	clock_gettime(CLOCK_BOOTTIME, &up);
	began = now - (uint64_t)up.tv_sec;
	estate_begin();
	s = estate_open(false);
	if (up.tv_sec < REPLAY_LIFE - 10)
		CHECK(replay_take(s, print_of(1), began + REPLAY_LIFE - 5) == REPLAY_SEEN);
	else
		CHECK(replay_take(s, print_of(1), began + REPLAY_LIFE - 5) == REPLAY_LATE);
	CHECK(replay_take(s, print_of(2), now + REPLAY_LIFE + 5) == REPLAY_FIRST);
	store_close(s);
	estate_end();
}

int
main(void)
{
	RUN(first_once);
	RUN(many);
	RUN(race_of_threads);
	RUN(shared_by_processes);
	RUN(damage_is_an_error);
	RUN(before_the_start);
	return check_end();
}
