/*
 * fork.c - the page that a forked child finds empty.
 *
 * Must never learn to know what hangs on the root, or what the key is for.
 */
#include "base/fork.h"

#include <sched.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/random.h"

#ifndef FORK_WIPES
#define FORK_WIPES 1			/* a test says 0 and gets the way of old kernels */
#endif

static _Atomic(struct fork_page *) page_here;

/* Old kernels only: whose page it is, and who is emptying or has emptied it. */
static _Atomic bool page_stays;
static _Atomic pid_t page_owner, page_claim;

static struct fork_page *
page_map(void)
{
	struct fork_page *page, *seen = NULL;
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	bool wipes;

	_Static_assert(sizeof *page <= 4096, "the page is one page");
	page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return NULL;
	wipes = FORK_WIPES && madvise(page, size, MADV_WIPEONFORK) == 0;
	(void)madvise(page, size, MADV_DONTDUMP);
	if (!wipes)
		atomic_store(&page_stays, true);
	/* Published only now: a child forked meanwhile maps its own. */
	if (!atomic_compare_exchange_strong(&page_here, &seen, page)) {
		(void)munmap(page, size);
		return seen;
	}
	return page;
}

/*
 * The old way: the first thread of a child to come here empties the page,
 * the others wait for it. A claim inherited from a parent that was just
 * emptying is not ours and is taken over.
 */
static void
page_own(struct fork_page *page)
{
	pid_t self = getpid();
	pid_t claim;

	while (atomic_load(&page_owner) != self) {
		claim = atomic_load(&page_claim);
		if (claim != self && atomic_compare_exchange_strong(&page_claim, &claim, self)) {
			memset((void *)page, 0, sizeof *page);
			atomic_store(&page_owner, self);
		} else
			(void)sched_yield();
	}
}

/* A page of zeros has an unlocked lock: PTHREAD_MUTEX_INITIALIZER is all zero on Linux. */
static bool
page_fill(struct fork_page *page)
{
	bool filled = true;

	pthread_mutex_lock(&page->lock);
	if (!atomic_load_explicit(&page->alive, memory_order_relaxed)) {
		filled = random_bytes(page->key, sizeof page->key) &&
		    random_bytes(&page->stamp, sizeof page->stamp);
		if (!page->stamp)
			page->stamp = 1;
		if (filled)
			atomic_store_explicit(&page->alive, 1, memory_order_release);
	}
	pthread_mutex_unlock(&page->lock);
	return filled;
}

/* The page as it is, perhaps still empty. */
static struct fork_page *
page_now(void)
{
	struct fork_page *page = atomic_load_explicit(&page_here, memory_order_acquire);

	if (page && atomic_load_explicit(&page_stays, memory_order_relaxed))
		page_own(page);
	return page;
}

struct fork_page *
fork_page(void)
{
	struct fork_page *page = page_now();

	if (!page) {
		if (!page_map())
			return NULL;
		page = page_now();
	}
	if (atomic_load_explicit(&page->alive, memory_order_acquire) || page_fill(page))
		return page;
	return NULL;
}

uint64_t
fork_stamp(void)
{
	const struct fork_page *page = fork_page();

	return page ? page->stamp : 0;
}

bool
fork_changed(uint64_t stamp)
{
	struct fork_page *page = page_now();

	return !page || !atomic_load_explicit(&page->alive, memory_order_acquire) || page->stamp != stamp;
}

void *
fork_own(_Atomic(struct fork_own *) *place, size_t size, bool (*begin)(void *own), void (*end)(void *own))
{
	struct fork_own *now = atomic_load(place), *fresh;

	if (now && !fork_changed(now->stamp))
		return now;
	fresh = calloc(1, size);
	if (!fresh)
		return NULL;
	fresh->stamp = fork_stamp();
	if (fresh->stamp && begin(fresh)) {
		if (atomic_compare_exchange_strong(place, &now, fresh))
			return fresh;
		end(fresh);
		free(fresh);
		return now && !fork_changed(now->stamp) ? now : NULL;
	}
	free(fresh);
	return NULL;
}
