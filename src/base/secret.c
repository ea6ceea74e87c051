/*
 * secret.c - two arenas of pages that are locked, not dumped and empty in a
 * forked child. An arena's own bookkeeping lives in such a page too, so a
 * child finds it empty and starts afresh.
 */
#include "base/secret.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CHUNK		65536u
#define CLASSES		12		/* 32 << 0 ... 32 << 11 bytes: up to a whole chunk */
#define SMALLEST	32u
#define LARGEST		(1u << 20)	/* beyond the classes, in pages of its own */

struct gap { struct gap *next; };

/* All zero is an empty arena. */
struct arena {
	pthread_mutex_t lock;
	struct gap *gaps[CLASSES];
	uint8_t *fresh;			/* the part of the newest chunk not yet given out */
	size_t fresh_len;
};

struct secret {
	size_t len;
	_Alignas(16) uint8_t at[];
};

enum { LOCKED, KEYS, ARENAS };

static _Atomic(struct arena *) arenas;		/* one page, wiped at fork */

static _Atomic bool hides;			/* see secret_hide */

/* Pages that the kernel has taken out of its own map: locked, never dumped. NULL: it has no such, or none left. */
static void *
pages_hidden(size_t len)
{
	void *at = MAP_FAILED;
#ifdef SYS_memfd_secret
	int fd = (int)syscall(SYS_memfd_secret, O_CLOEXEC);

	if (fd >= 0 && ftruncate(fd, (off_t)len) == 0)
		at = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd >= 0)
		close(fd);			/* the pages go with the mapping */
	if (at != MAP_FAILED && madvise(at, len, MADV_DONTFORK) != 0) {
		munmap(at, len);
		at = MAP_FAILED;
	}
#else
	(void)len;
#endif
	return at == MAP_FAILED ? NULL : at;
}

/* Pages with the protections of their class, or NULL. */
static void *
pages_new(size_t len, bool must_lock)
{
	void *at = must_lock && atomic_load_explicit(&hides, memory_order_relaxed) ? pages_hidden(len) : NULL;

	if (at)
		return at;
	at = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		return NULL;
	if ((mlock(at, len) != 0 && must_lock) || madvise(at, len, MADV_DONTDUMP) != 0) {
		munmap(at, len);
		return NULL;
	}
	/* Kernels before 4.14 know no WIPEONFORK; there the pages stay out of the child. */
	if (madvise(at, len, MADV_WIPEONFORK) != 0)
		(void)madvise(at, len, MADV_DONTFORK);
	return at;
}

/* Not pthread_once: a first time without memory must not be the last. Of two threads one gives its page back. */
static struct arena *
arenas_get(void)
{
	struct arena *have = atomic_load_explicit(&arenas, memory_order_acquire), *fresh;
	size_t len;

	if (have)
		return have;
	len = (size_t)sysconf(_SC_PAGESIZE);
	fresh = pages_new(len, false);
	if (fresh && !atomic_compare_exchange_strong(&arenas, &have, fresh)) {
		munmap(fresh, len);
		return have;
	}
	return fresh ? fresh : have;
}

static unsigned
class_of(size_t len)
{
	unsigned c = 0;

	while (c < CLASSES && ((size_t)SMALLEST << c) < len)
		c++;
	return c;
}

/* Cuts what is left of the old chunk into gaps, so that nothing is lost. */
static void
arena_salvage(struct arena *a)
{
	for (unsigned c = CLASSES; c-- > 0; )
		while (a->fresh_len >= ((size_t)SMALLEST << c)) {
			struct gap *g = (struct gap *)(void *)a->fresh;

			g->next = a->gaps[c];
			a->gaps[c] = g;
			a->fresh += (size_t)SMALLEST << c;
			a->fresh_len -= (size_t)SMALLEST << c;
		}
}

/* What is larger than any class has pages of its own. */
static size_t
pages_len(size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (len + page - 1) / page * page;
}

static void *
arena_take(unsigned which, size_t len)
{
	unsigned c = class_of(len);
	size_t size = (size_t)SMALLEST << c;
	struct arena *a = arenas_get();
	void *at = NULL;

	if (a && c == CLASSES && len <= LARGEST)
		return pages_new(pages_len(len), which == LOCKED);
	if (!a || c == CLASSES)
		return NULL;
	a += which;
	pthread_mutex_lock(&a->lock);
	if (a->gaps[c]) {
		at = a->gaps[c];
		a->gaps[c] = a->gaps[c]->next;
	} else {
		if (a->fresh_len < size) {
			uint8_t *chunk = pages_new(CHUNK, which == LOCKED);

			if (chunk) {
				arena_salvage(a);
				a->fresh = chunk;
				a->fresh_len = CHUNK;
			}
		}
		if (a->fresh_len >= size) {
			at = a->fresh;
			a->fresh += size;
			a->fresh_len -= size;
		}
	}
	pthread_mutex_unlock(&a->lock);
	if (at)
		*(struct gap *)at = (struct gap){ NULL };	/* the rest is zero already */
	return at;
}

static void
arena_give(unsigned which, void *at, size_t len)
{
	struct arena *a = atomic_load_explicit(&arenas, memory_order_acquire) + which;
	unsigned c = class_of(len);
	struct gap *g = at;

	bytes_wipe(at, len);
	if (c == CLASSES) {
		munmap(at, pages_len(len));
		return;
	}
	pthread_mutex_lock(&a->lock);
	g->next = a->gaps[c];
	a->gaps[c] = g;
	pthread_mutex_unlock(&a->lock);
}

void
secret_hide(void)
{
	atomic_store(&hides, true);
}

struct secret *
secret_new(size_t len)
{
	struct secret *s;

	if (len > SIZE_MAX - sizeof *s)
		return NULL;
	s = arena_take(LOCKED, sizeof *s + len);
	if (s)
		s->len = len;
	return s;
}

struct secret *
secret_of(struct bytes b)
{
	struct secret *s = secret_new(b.len);

	if (s)
		bytes_copy(s->at, b.at, b.len);
	return s;
}

void
secret_drop(struct secret **s)
{
	if (*s)
		arena_give(LOCKED, *s, sizeof **s + (*s)->len);
	*s = NULL;
}

size_t
secret_len(const struct secret *s)
{
	return s ? s->len : 0;
}

uint8_t *
secret_open(struct secret *s)
{
	return s ? s->at : NULL;
}

bool
secret_same(const struct secret *a, const struct secret *b)
{
	size_t len = secret_len(a);

	return len == secret_len(b) && (len == 0 || same_secret(a->at, b->at, len));
}

void *
key_new(size_t len)
{
	return arena_take(KEYS, len);
}

void
key_drop(void *key, size_t len)
{
	if (key)
		arena_give(KEYS, key, len);
}
