/*
 * fail.c - the allocator of the process, and system calls, as they run out.
 */
#include "fail.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static struct fail_plan own;
struct fail_plan *fail_plan = &own;
_Atomic long fail_live_blocks, fail_live_bytes;

void
fail_arm(int kind, unsigned long at, bool on)
{
	for (int i = 0; i < FAIL_KINDS; i++)
		atomic_store(&fail_plan->count[i], 0);
	atomic_store(&fail_plan->failed, 0);
	atomic_store(&fail_plan->kind, kind);
	atomic_store(&fail_plan->at, at);
	atomic_store(&fail_plan->on, on);
	atomic_store(&fail_plan->armed, true);
}

void
fail_disarm(void)
{
	atomic_store(&fail_plan->armed, false);
}

static bool
fails(int kind)
{
	struct fail_plan *p = fail_plan;
	unsigned long n, at;

	if (!p || !atomic_load_explicit(&p->armed, memory_order_relaxed))
		return false;
	n = atomic_fetch_add(&p->count[kind], 1) + 1;
	at = atomic_load(&p->at);
	if (!at || kind != atomic_load(&p->kind) || (n != at && !(n > at && atomic_load(&p->on))))
		return false;
	atomic_fetch_add(&p->failed, 1);
	errno = ENOMEM;
	return true;
}

/* --- whose ------------------------------------------------------------------------ */

/*
 * A block belongs to the house when the house's code, which is linked into
 * this program, asked for it; what libcrypto or SQLite keeps is their own.
 */
#define BLOCKS	(1u << 16)

extern const char __executable_start, etext;

static uintptr_t blocks[BLOCKS];
static atomic_flag blocks_lock = ATOMIC_FLAG_INIT;

static bool
is_ours(const void *caller)
{
	return (const char *)caller >= &__executable_start && (const char *)caller < &etext;
}

static uintptr_t *
block_place(uintptr_t block)
{
	size_t i = (block >> 4) * 0x9E3779B1u % BLOCKS;

	while (blocks[i] && blocks[i] != block)
		i = (i + 1) % BLOCKS;
	return &blocks[i];
}

/* Those behind it move up, as in every open table. */
static void
block_remove(uintptr_t *place)
{
	size_t i = (size_t)(place - blocks);

	*place = 0;
	for (i = (i + 1) % BLOCKS; blocks[i]; i = (i + 1) % BLOCKS) {
		uintptr_t moved = blocks[i];

		blocks[i] = 0;
		*block_place(moved) = moved;
	}
}

static void *
gained(void *at, const void *caller)
{
	if (at && is_ours(caller)) {
		while (atomic_flag_test_and_set(&blocks_lock))
			;
		*block_place((uintptr_t)at) = (uintptr_t)at;
		atomic_flag_clear(&blocks_lock);
		atomic_fetch_add(&fail_live_blocks, 1);
		atomic_fetch_add(&fail_live_bytes, (long)malloc_usable_size(at));
	}
	return at;
}

static void
lost(void *at)
{
	uintptr_t *place;
	bool ours;

	if (!at)
		return;
	while (atomic_flag_test_and_set(&blocks_lock))
		;
	place = block_place((uintptr_t)at);
	ours = *place != 0;
	if (ours)
		block_remove(place);
	atomic_flag_clear(&blocks_lock);
	if (ours) {
		atomic_fetch_sub(&fail_live_blocks, 1);
		atomic_fetch_sub(&fail_live_bytes, (long)malloc_usable_size(at));
	}
}

/* --- memory ---------------------------------------------------------------------- */

#define CALLER __builtin_return_address(0)

void *
malloc(size_t size)
{
	return fails(FAIL_MEMORY) ? NULL : gained(__libc_malloc(size), CALLER);
}

void *
calloc(size_t count, size_t size)
{
	return fails(FAIL_MEMORY) ? NULL : gained(__libc_calloc(count, size), CALLER);
}

void *
realloc(void *at, size_t size)
{
	void *more;

	if (fails(FAIL_MEMORY))
		return NULL;
	lost(at);
	more = __libc_realloc(at, size);
	if (more)
		return gained(more, CALLER);
	if (size)
		(void)gained(at, CALLER);
	return NULL;
}

void
free(void *at)
{
	lost(at);
	__libc_free(at);
}

char *
strdup(const char *text)
{
	size_t len = strlen(text) + 1;
	char *at = fails(FAIL_MEMORY) ? NULL : gained(__libc_malloc(len), CALLER);

	return at ? memcpy(at, text, len) : NULL;
}

void *
memalign(size_t align, size_t size)
{
	return fails(FAIL_MEMORY) ? NULL : gained(__libc_memalign(align, size), CALLER);
}

void *
aligned_alloc(size_t align, size_t size)
{
	return fails(FAIL_MEMORY) ? NULL : gained(__libc_memalign(align, size), CALLER);
}

int
posix_memalign(void **ret_at, size_t align, size_t size)
{
	void *at = fails(FAIL_MEMORY) ? NULL : gained(__libc_memalign(align, size), CALLER);

	if (!at)
		return ENOMEM;
	*ret_at = at;
	return 0;
}

/* --- system calls of ours -------------------------------------------------------- */

#define WRAP(type, name, parameters, arguments, bad)  \
	extern type __real_##name parameters;         \
	extern type __wrap_##name parameters;         \
	type __wrap_##name parameters                 \
	{                                             \
		if (fails(FAIL_SYSTEM))               \
			return bad;                   \
		return __real_##name arguments;       \
	}

WRAP(void *, mmap, (void *at, size_t len, int prot, int flags, int fd, off_t offset),
    (at, len, prot, flags, fd, offset), MAP_FAILED)
WRAP(int, mlock, (const void *at, size_t len), (at, len), -1)
WRAP(int, eventfd, (unsigned first, int flags), (first, flags), -1)
WRAP(int, epoll_create1, (int flags), (flags), -1)
WRAP(int, epoll_ctl, (int ep, int how, int fd, struct epoll_event *e), (ep, how, fd, e), -1)
WRAP(int, timerfd_create, (int clock, int flags), (clock, flags), -1)
WRAP(int, socket, (int domain, int type, int protocol), (domain, type, protocol), -1)
WRAP(ssize_t, getrandom, (void *at, size_t len, unsigned flags), (at, len, flags), -1)
WRAP(int, pthread_create, (pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *), void *arg),
    (thread, attr, run, arg), EAGAIN)
