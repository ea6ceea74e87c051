/*
 * fork_cases.h - what must hold of the fork page, on new kernels and old.
 * For fork_test.c and fork_pid_test.c, which say how the page is wiped.
 */
#include "base/fork.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/check.h"

/* Runs fn in a child; 0 when it says so. */
static int
in_child(int (*fn)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(fn());
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static uint8_t parent_key[16];
static uint64_t parent_stamp;
static int root_object;

TEST(page_is_filled_once)
{
	struct fork_page *page = fork_page();
	uint8_t zeros[16] = { 0 };

	if (!CHECK(page != NULL))
		return;
	CHECK(fork_page() == page);
	CHECK(memcmp(page->key, zeros, sizeof zeros) != 0);
	CHECK(atomic_load(&page->root) == NULL);
	memcpy(parent_key, page->key, sizeof parent_key);
	parent_stamp = fork_stamp();
	CHECK(parent_stamp != 0);
	CHECK(!fork_changed(parent_stamp));
	CHECK(fork_changed(parent_stamp + 1));
}

static int
child_is_fresh(void)
{
	struct fork_page *page;

	if (!fork_changed(parent_stamp))
		return 1;
	page = fork_page();
	if (!page || !memcmp(page->key, parent_key, sizeof parent_key))
		return 2;
	if (atomic_load(&page->root) != NULL)
		return 3;
	if (pthread_mutex_trylock(&page->lock))		/* the parent holds its own */
		return 4;
	pthread_mutex_unlock(&page->lock);
	if (!fork_changed(parent_stamp) || fork_changed(fork_stamp()))
		return 5;
	return 0;
}

static int
grandchild_is_fresh(void)
{
	int first = child_is_fresh();

	if (first)
		return first;
	memcpy(parent_key, fork_page()->key, sizeof parent_key);
	parent_stamp = fork_stamp();
	return in_child(child_is_fresh);
}

TEST(child_finds_nothing)
{
	struct fork_page *page = fork_page();

	atomic_store(&page->root, &root_object);
	pthread_mutex_lock(&page->lock);
	CHECK_U64(in_child(child_is_fresh), 0);
	CHECK_U64(in_child(grandchild_is_fresh), 0);
	CHECK(atomic_load(&page->root) == &root_object);
	CHECK(!fork_changed(parent_stamp));
	CHECK(memcmp(page->key, parent_key, sizeof parent_key) == 0);
	pthread_mutex_unlock(&page->lock);
}

static void *
look(void *unused)
{
	(void)unused;
	return (void *)(uintptr_t)fork_stamp();
}

static int
threads_agree(void)
{
	pthread_t threads[8];
	uint64_t stamp;
	void *seen;
	int bad = 0;

	for (int i = 0; i < 8; i++)
		bad |= pthread_create(&threads[i], NULL, look, NULL);
	stamp = fork_stamp();
	for (int i = 0; i < 8; i++) {
		pthread_join(threads[i], &seen);
		bad |= (uintptr_t)seen != (uintptr_t)stamp;
	}
	return bad || !stamp;
}

TEST(first_look_of_many_threads)
{
	for (int i = 0; i < 50; i++) {
		if (!CHECK_U64(in_child(threads_agree), 0))
			break;
	}
}

/* --- what a process has one of ------------------------------------------------- */

struct thing {
	struct fork_own own;
	int filled;
};

static _Atomic(struct fork_own *) things;
static _Atomic int begun, ended;
static bool fails;

static bool
thing_begin(void *own)
{
	struct thing *t = own;

	if (fails)
		return false;
	t->filled = ++begun;
	return true;
}

static void
thing_end(void *own)
{
	(void)own;
	ended++;
}

static struct thing *
thing_of(void)
{
	return fork_own(&things, sizeof(struct thing), thing_begin, thing_end);
}

static void *
look_at_thing(void *unused)
{
	(void)unused;
	return thing_of();
}

/* All see the one that won, and each that was begun beside it has ended. */
static int
threads_have_one(void)
{
	pthread_t threads[8];
	void *seen[8];
	int bad = 0;

	for (int i = 0; i < 8; i++)
		bad |= pthread_create(&threads[i], NULL, look_at_thing, NULL);
	for (int i = 0; i < 8; i++) {
		pthread_join(threads[i], &seen[i]);
		bad |= seen[i] != thing_of();
	}
	return bad || begun != ended + 1;
}

static int
child_has_its_own(void)
{
	struct thing *parents = (struct thing *)(void *)atomic_load(&things), *t = thing_of();

	return !t || t == parents || t->filled != begun || thing_of() != t;
}

TEST(one_of_a_kind)
{
	struct thing *t;

	fails = true;
	CHECK(thing_of() == NULL && atomic_load(&things) == NULL);
	fails = false;
	for (int i = 0; i < 50; i++)
		if (!CHECK_U64(in_child(threads_have_one), 0))
			break;
	t = thing_of();
	CHECK(t && t->filled == 1 && thing_of() == t);
	CHECK_U64(in_child(child_has_its_own), 0);
	CHECK(thing_of() == t && begun == 1 && ended == 0);
}

int
main(void)
{
	RUN(page_is_filled_once);
	RUN(child_finds_nothing);
	RUN(first_look_of_many_threads);
	RUN(one_of_a_kind);
	return check_end();
}
