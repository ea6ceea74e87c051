/*
 * attempt_test.c - row D6 of the bug list: however many guess at once, in
 * threads or processes, no more than the threshold are evaluated.
 * Covers store/attempt.c, counters.c.
 */
#include "estate.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <time.h>

#define THRESHOLD	5u
#define THREADS		16u
#define GUESSES		64u

static uint64_t now_value = 1700000000;

static uint64_t
now_fake(void *arg)
{
	(void)arg;
	return now_value;
}

static struct store *
estate_guarded(void)
{
	struct store *s;

	estate_begin();
	s = estate_open(false);
	CHECK_U64((uint32_t)policy_set(s, POLICY_LOCKOUT_THRESHOLD, THRESHOLD), STATUS_SUCCESS);
	CHECK_U64((uint32_t)estate_add_text(s, "alice"), STATUS_SUCCESS);
	CHECK_U64((uint32_t)estate_add_text(s, "bob"), STATUS_SUCCESS);
	return s;
}

enum guess { RIGHT, WRONG, NO_GUESS, EXCUSED };

/* One attempt, as a logon makes it; true when it was evaluated. */
static bool
guess(struct store *s, const char *name, enum guess what)
{
	struct account *a = NULL;
	enum account_found found = account_find(s, bytes_of_text(name), &a);
	struct attempt attempt;
	bool open;

	if (found == ACCOUNT_ERROR)
		return false;
	open = attempt_reserve(s, a, bytes_of_text(name), &attempt) == ATTEMPT_OPEN;
	if (open && what == RIGHT)
		attempt_won(&attempt);
	if (open && what == WRONG) {
		attempt_lost(&attempt);
		CHECK_U64((uint32_t)attempt_commit(s), STATUS_SUCCESS);
	}
	if (open && what == NO_GUESS)
		attempt_released(&attempt);
	if (open && what == EXCUSED) {
		attempt_excused(&attempt);
		CHECK_U64((uint32_t)attempt_commit(s), STATUS_SUCCESS);
	}
	account_drop(a);
	return open;
}

static struct attempt_state
look(struct store *s, const char *name)
{
	struct account *a = estate_find(s, name);
	struct attempt_state state = { 0 };

	if (CHECK(a != NULL))
		attempt_look(s, a, &state);
	account_drop(a);
	return state;
}

TEST(counts)
{
	struct store *s = estate_guarded();
	struct account *a;

	store_set_clock(s, now_fake, NULL);
	for (unsigned i = 0; i + 1 < THRESHOLD; i++)
		CHECK(guess(s, "ALICE", WRONG));
	CHECK_U64(look(s, "alice").failed, THRESHOLD - 1);
	for (unsigned i = 0; i < 20; i++)
		CHECK(guess(s, "alice", NO_GUESS));		/* a failed MIC is no guess */
	CHECK(guess(s, "alice", RIGHT));			/* and a right one clears */
	CHECK_U64(look(s, "alice").failed, 0);
	for (unsigned i = 0; i < THRESHOLD; i++)
		CHECK(guess(s, "alice", WRONG));
	CHECK(!guess(s, "alice", RIGHT));
	CHECK(look(s, "alice").locked);
	CHECK_U64(look(s, "alice").last, now_value);
	CHECK_U64(look(s, "alice").in_flight, 0);
	CHECK(guess(s, "bob", RIGHT));
	a = estate_find(s, "alice");
	CHECK_U64((uint32_t)attempt_unlock(s, a), STATUS_SUCCESS);
	account_drop(a);
	CHECK(guess(s, "alice", RIGHT));
	CHECK_U64((uint32_t)policy_set(s, POLICY_LOCKOUT_THRESHOLD, 0), STATUS_SUCCESS);
	for (unsigned i = 0; i < 30; i++)
		CHECK(guess(s, "alice", WRONG));
	store_close(s);
	estate_end();
}

/* A right password for an account that may not be used counts nothing and forgives nothing. */
TEST(excused)
{
	struct store *s = estate_guarded();

	store_set_clock(s, now_fake, NULL);
	for (unsigned i = 0; i < 50; i++)
		CHECK(guess(s, "alice", EXCUSED));
	CHECK_U64(look(s, "alice").failed, 0);
	CHECK_U64(look(s, "alice").in_flight, 0);
	CHECK(guess(s, "alice", WRONG));
	CHECK(guess(s, "alice", EXCUSED));
	CHECK_U64(look(s, "alice").failed, 1);
	store_close(s);
	estate_end();
}

static uint64_t
word_on_disk(uint32_t index)
{
	uint64_t word = 0;
	int fd = open(estate_path("db/attempts"), O_RDONLY);

	CHECK(fd >= 0 && pread(fd, &word, sizeof word, 36864 + (off_t)index * 8) == (ssize_t)sizeof word);
	close(fd);
	return word;
}

/* Whatever refused a guess, the same page is written before the answer: neither a clock nor a disk light tells. */
TEST(all_refusals_write)
{
	static const enum guess kinds[] = { WRONG, EXCUSED };
	struct store *s = estate_guarded();
	struct account *a;
	uint64_t before;

	store_set_clock(s, now_fake, NULL);
	for (size_t n = 0; n < 2; n++) {
		before = word_on_disk(0);
		CHECK(guess(s, "alice", kinds[n]));
		CHECK(word_on_disk(0) != before);
	}
	while (guess(s, "alice", WRONG))
		;
	a = estate_find(s, "alice");
	for (unsigned n = 0; n < 600; n++) {			/* more often than the count of settlements has values */
		struct attempt attempt;

		before = word_on_disk(0);
		CHECK(attempt_reserve(s, a, bytes_of_text("alice"), &attempt) == ATTEMPT_LOCKED);
		CHECK_U64(word_on_disk(0), before);
		attempt_lost(&attempt);
		CHECK_U64((uint32_t)attempt_commit(s), STATUS_SUCCESS);
		CHECK(word_on_disk(0) != before);
		before = word_on_disk(0);
		attempt_lost(&attempt);				/* once */
		attempt_won(&attempt);
		CHECK_U64(word_on_disk(0), before);
	}
	CHECK_U64(look(s, "alice").failed, THRESHOLD);
	CHECK(look(s, "alice").locked && look(s, "alice").in_flight == 0);
	CHECK(attempt_reserve(s, a, bytes_of_text("alice"), &(struct attempt){ 0 }) == ATTEMPT_LOCKED);
	account_drop(a);
	store_close(s);
	estate_end();
}

TEST(unknown_names)
{
	struct store *s = estate_guarded();
	char longest[400];
	unsigned open = 0;

	for (unsigned i = 0; i < 20; i++)
		open += guess(s, i & 1 ? "nobody" : "NoBody", WRONG);
	CHECK_U64(open, THRESHOLD);
	CHECK(guess(s, "alice", RIGHT));
	memset(longest, 'x', sizeof longest - 1);		/* what can be no name at all */
	longest[sizeof longest - 1] = '\0';
	open = 0;
	for (unsigned i = 0; i < 20; i++)
		open += guess(s, longest, WRONG);
	CHECK_U64(open, THRESHOLD);
	CHECK(guess(s, "\xff\xfe", WRONG));
	CHECK(guess(s, "", WRONG));
	store_close(s);
	estate_end();
}

TEST(time_passes)
{
	struct store *s = estate_guarded();

	store_set_clock(s, now_fake, NULL);
	for (unsigned i = 0; i + 1 < THRESHOLD; i++)
		CHECK(guess(s, "alice", WRONG));
	now_value += 599;
	CHECK_U64(look(s, "alice").failed, THRESHOLD - 1);
	now_value += 1;						/* the window ends */
	CHECK_U64(look(s, "alice").failed, 0);
	for (unsigned i = 0; i < THRESHOLD; i++)
		CHECK(guess(s, "alice", WRONG));
	now_value += 599;
	CHECK(!guess(s, "alice", RIGHT));
	now_value += 1;						/* the lock ends */
	CHECK(guess(s, "alice", RIGHT));
	CHECK_U64((uint32_t)policy_set(s, POLICY_LOCKOUT_DURATION, 0), STATUS_SUCCESS);
	for (unsigned i = 0; i < THRESHOLD; i++)
		CHECK(guess(s, "alice", WRONG));
	now_value += 100u * 365 * 86400;			/* forever */
	CHECK(!guess(s, "alice", RIGHT));
	now_value = 1700000000;
	CHECK_U64((uint32_t)policy_set(s, POLICY_LOCKOUT_DURATION, 10), STATUS_SUCCESS);
	CHECK(!guess(s, "alice", RIGHT));			/* a clock set back: one duration more, */
	now_value += 600;
	CHECK(guess(s, "alice", RIGHT));			/* not a century */
	now_value = 0;
	CHECK(guess(s, "alice", WRONG));
	now_value = 1700000000;
	store_close(s);
	estate_end();
}

/* --- at once ------------------------------------------------------------------ */

struct crowd {
	struct store *store;
	_Atomic unsigned evaluated, refused;
	const char *name;
	enum guess what;
	unsigned each;
	pthread_barrier_t *start;
};

static void *
crowd_member(void *arg)
{
	struct crowd *c = arg;

	pthread_barrier_wait(c->start);
	for (unsigned i = 0; i < c->each; i++)
		if (guess(c->store, c->name, c->what))
			atomic_fetch_add(&c->evaluated, 1u);
		else
			atomic_fetch_add(&c->refused, 1u);
	return NULL;
}

static void
crowd_run(struct crowd *c, unsigned threads)
{
	pthread_t ids[64];
	pthread_barrier_t start;

	c->start = &start;
	pthread_barrier_init(&start, NULL, threads);
	for (unsigned i = 0; i < threads; i++)
		CHECK(pthread_create(&ids[i], NULL, crowd_member, c) == 0);
	for (unsigned i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	pthread_barrier_destroy(&start);
}

TEST(wrong_guesses_in_threads)
{
	for (unsigned round = 0; round < 10; round++) {
		struct store *s = estate_guarded();
		struct crowd known = { .store = s, .name = "alice", .what = WRONG, .each = GUESSES / THREADS };
		struct crowd unknown = { .store = s, .name = "mallory", .what = WRONG, .each = GUESSES / THREADS };

		crowd_run(&known, THREADS);
		crowd_run(&unknown, THREADS);
		CHECK_U64(known.evaluated, THRESHOLD);
		CHECK_U64(unknown.evaluated, THRESHOLD);
		CHECK(!guess(s, "alice", RIGHT));
		store_close(s);
		estate_end();
	}
}

TEST(right_logons_in_parallel_never_lock)
{
	struct store *s = estate_guarded();
	struct crowd c = { .store = s, .name = "alice", .what = RIGHT, .each = 5000 };

	crowd_run(&c, 32);
	CHECK_U64(c.refused, 0);
	CHECK_U64(c.evaluated, 32 * 5000);
	CHECK_U64(look(s, "alice").in_flight, 0);
	CHECK_U64(look(s, "alice").failed, 0);
	store_close(s);
	estate_end();
}

static int
guess_in_child(void *arg)
{
	struct crowd c = { .name = "alice", .what = WRONG, .each = 4 };
	_Atomic unsigned *total = arg;

	if (estate_try(&c.store, false) != STATUS_SUCCESS)
		return 1;
	crowd_run(&c, 4);
	atomic_fetch_add(total, c.evaluated);
	store_close(c.store);
	return 0;
}

TEST(wrong_guesses_in_processes)
{
	_Atomic unsigned *total = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	for (unsigned round = 0; round < 5; round++) {
		pid_t pids[4];

		store_close(estate_guarded());
		*total = 0;
		for (unsigned i = 0; i < 4; i++) {
			pids[i] = fork();
			if (pids[i] == 0)
				_exit(guess_in_child((void *)total));
		}
		for (unsigned i = 0; i < 4; i++) {
			int status = -1;

			waitpid(pids[i], &status, 0);
			CHECK_U64((unsigned)status, 0);
		}
		CHECK_U64(*total, THRESHOLD);
		estate_end();
	}
	munmap((void *)total, 4096);
}

/* --- those who die --------------------------------------------------------------- */

TEST(a_lock_survives_kill)
{
	struct store *s = estate_guarded();
	pid_t pid;

	store_close(s);
	pid = fork();
	if (pid == 0) {
		struct store *own = NULL;
		unsigned open = 0;

		if (estate_try(&own, true) != STATUS_SUCCESS)
			_exit(1);
		for (unsigned i = 0; i < THRESHOLD; i++)
			open += guess(own, "alice", WRONG);
		if (open == THRESHOLD)
			raise(SIGKILL);
		_exit(2);
	}
	{
		int status = 0;

		waitpid(pid, &status, 0);
		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	}
	s = estate_open(true);
	CHECK(look(s, "alice").locked);
	CHECK(!guess(s, "alice", RIGHT));
	CHECK(guess(s, "bob", RIGHT));
	store_close(s);
	estate_end();
}

static int
reserve_and_vanish(void *arg)
{
	struct store *s = NULL;
	struct attempt attempt;
	struct account *a;

	(void)arg;
	if (estate_try(&s, false) != STATUS_SUCCESS)
		return 1;
	a = estate_find(s, "alice");
	for (unsigned i = 0; i < THRESHOLD; i++)
		if (!a || attempt_reserve(s, a, bytes_of_text("alice"), &attempt) != ATTEMPT_OPEN)
			return 2;
	return 0;
}

TEST(reservations_of_the_dead)
{
	struct store *s = estate_guarded();
	uint64_t started;
	struct timespec t;

	/* Cleared by whoever opens it alone. */
	store_close(s);
	CHECK(in_child(reserve_and_vanish, NULL));
	s = estate_open(false);
	CHECK_U64(look(s, "alice").in_flight, 0);
	CHECK(guess(s, "alice", RIGHT));
	/* With the store open here all the time they count as guesses, after a wait. */
	CHECK(in_child(reserve_and_vanish, NULL));
	CHECK_U64(look(s, "alice").in_flight, THRESHOLD);
	clock_gettime(CLOCK_MONOTONIC, &t);
	started = (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
	CHECK(!guess(s, "alice", RIGHT));
	clock_gettime(CLOCK_MONOTONIC, &t);
	CHECK((uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000 - started < 1500);
	CHECK(look(s, "alice").locked);
	CHECK_U64(look(s, "alice").in_flight, 0);
	store_close(s);
	estate_end();
}

TEST(settling_twice_is_once)
{
	struct store *s = estate_guarded();
	struct account *a = estate_find(s, "alice");
	struct attempt attempt;

	CHECK_U64(attempt_reserve(s, a, bytes_of_text("alice"), &attempt), ATTEMPT_OPEN);
	attempt_lost(&attempt);
	attempt_lost(&attempt);
	attempt_won(&attempt);
	CHECK_U64(look(s, "alice").failed, 1);
	CHECK_U64(look(s, "alice").in_flight, 0);
	account_drop(a);
	store_close(s);
	estate_end();
}

int
main(void)
{
	RUN(counts);
	RUN(excused);
	RUN(all_refusals_write);
	RUN(unknown_names);
	RUN(time_passes);
	RUN(wrong_guesses_in_threads);
	RUN(right_logons_in_parallel_never_lock);
	RUN(wrong_guesses_in_processes);
	RUN(a_lock_survives_kill);
	RUN(reservations_of_the_dead);
	RUN(settling_twice_is_once);
	return check_end();
}
