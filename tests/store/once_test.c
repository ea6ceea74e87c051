/*
 * once_test.c - store/once.c: one winner among threads and processes, a place
 * again when the time is over, a no when there is none, nothing in a child.
 */
#include "estate.h"

#include <pthread.h>
#include <stdatomic.h>

#include "store/once.h"

static uint64_t now_value = 1700000000;

static uint64_t
now_fake(void *arg)
{
	(void)arg;
	return now_value;
}

static struct store *
estate_timed(void)
{
	struct store *s;

	estate_begin();
	s = estate_open(false);
	now_value = 1700000000;
	store_set_clock(s, now_fake, NULL);
	return s;
}

/* Number n of those that share a shelf: the first four bytes choose it. */
static const uint8_t *
number(uint32_t shelf, uint32_t n)
{
	static uint8_t id[ONCE_LEN];

	put_u32(id, shelf);
	put_u32(id + 4, n);
	return id;
}

TEST(once_and_never_again)
{
	struct store *s = estate_timed(), *again = NULL;

	CHECK_U64((uint32_t)once_take(s, number(5, 1), once_until(s, 600)), STATUS_SUCCESS);
	CHECK_U64((uint32_t)once_take(s, number(5, 1), once_until(s, 600)), (uint32_t)STATUS_OBJECT_NAME_COLLISION);
	CHECK_U64((uint32_t)once_take(s, number(5, 2), once_until(s, 600)), STATUS_SUCCESS);
	CHECK_U64((uint32_t)once_take(s, number(6, 1), now_value - 1), (uint32_t)STATUS_TIME_DIFFERENCE_AT_DC);
	store_close(s);
	again = estate_open(false);		/* as another process, or later */
	store_set_clock(again, now_fake, NULL);
	CHECK_U64((uint32_t)once_take(again, number(5, 1), once_until(again, 600)), (uint32_t)STATUS_OBJECT_NAME_COLLISION);
	now_value += 601;
	CHECK_U64((uint32_t)once_take(again, number(5, 1), once_until(again, 600)), STATUS_SUCCESS);
	store_close(again);
	estate_end();
}

/* A full shelf says no, and has room again when its time is over. */
TEST(memory_is_bounded)
{
	struct store *s = estate_timed();
	uint32_t n = 0;
	struct stat st;

	while (n < 1000 && once_take(s, number(9, n), once_until(s, 600)) == STATUS_SUCCESS)
		n++;
	CHECK_U64(n, 64);
	CHECK_U64((uint32_t)once_take(s, number(9, n), once_until(s, 600)), (uint32_t)STATUS_QUOTA_EXCEEDED);
	CHECK_U64((uint32_t)once_take(s, number(9, 0), once_until(s, 600)), (uint32_t)STATUS_OBJECT_NAME_COLLISION);
	CHECK_U64((uint32_t)once_take(s, number(10, 0), once_until(s, 600)), STATUS_SUCCESS);
	now_value += 601;
	CHECK_U64((uint32_t)once_take(s, number(9, n), once_until(s, 600)), STATUS_SUCCESS);
	CHECK(stat(estate_path("db/once"), &st) == 0 && st.st_size == 65536 * 24);
	CHECK_U64(st.st_mode & 0777, 0600);
	store_close(s);
	estate_end();
}

#define THREADS	8u

static _Atomic unsigned winners;

static void *
racer(void *store)
{
	uint8_t id[ONCE_LEN] = { 0 };

	for (uint32_t n = 0; n < 50; n++) {
		put_u32(id, n);
		if (once_take(store, id, once_until(store, 600)) == STATUS_SUCCESS)
			winners++;
	}
	return NULL;
}

TEST(one_winner_among_threads)
{
	struct store *s = estate_timed();
	pthread_t threads[THREADS];

	winners = 0;
	for (size_t n = 0; n < THREADS; n++)
		CHECK(pthread_create(&threads[n], NULL, racer, s) == 0);
	for (size_t n = 0; n < THREADS; n++)
		(void)pthread_join(threads[n], NULL);
	CHECK_U64(winners, 50);
	store_close(s);
	estate_end();
}

TEST(one_winner_among_processes)
{
	struct store *s = estate_timed();
	pid_t children[4];
	unsigned sum = 0;

	for (size_t n = 0; n < 4; n++) {
		children[n] = fork();
		if (children[n] == 0) {
			struct store *own;

			if (once_take(s, number(1, 1), once_until(s, 600)) != STATUS_INVALID_DEVICE_STATE)
				_exit(99);		/* the parent's store is dead in a child */
			store_close(s);
			if (estate_try(&own, false) != STATUS_SUCCESS)
				_exit(99);
			winners = 0;
			(void)racer(own);
			_exit((int)winners);
		}
	}
	for (size_t n = 0; n < 4; n++) {
		int status = 0;

		CHECK(waitpid(children[n], &status, 0) == children[n] && WIFEXITED(status) && WEXITSTATUS(status) < 99);
		sum += (unsigned)WEXITSTATUS(status);
	}
	CHECK_U64(sum, 50);
	store_close(s);
	estate_end();
}

int
main(void)
{
	RUN(once_and_never_again);
	RUN(memory_is_bounded);
	RUN(one_winner_among_threads);
	RUN(one_winner_among_processes);
	return check_end();
}
