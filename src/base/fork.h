/*
 * fork.h - the page that a forked child finds empty.
 *
 * One page of this process that the kernel wipes in a child
 * (MADV_WIPEONFORK). What lies in it is therefore this process's own: the
 * key that makes handles, the root of everything the library holds, and the
 * lock that guards making it. In a child all of it is zero, which is the
 * fresh state of each: no root, an unlocked lock, and a new key at the first
 * use. Nothing is shared by accident, and finding out costs no system call.
 *
 * Where the kernel knows no such pages, the process id is compared instead,
 * at one system call a look.
 *
 * Knows nothing of what hangs on the root. Safe from any thread.
 */
#ifndef OPENLSA_BASE_FORK_H
#define OPENLSA_BASE_FORK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fork_page {
	uint8_t key[16];		/* random; set before `alive`, constant afterwards */
	uint64_t stamp;			/* random, never 0: names this process image */
	_Atomic uint32_t alive;		/* 0 in a child until its first fork_page() */
	_Atomic(void *) root;		/* the caller's: written with `lock` held */
	pthread_mutex_t lock;		/* guards making and ending the root */
};

/*
 * The page of this process, filled. NULL when there is no memory or no
 * randomness; then nothing that needs a key may be made. Never call it with
 * `lock` held before it has returned the page once in this process.
 */
struct fork_page *fork_page(void);

/* Names this process image; 0 when fork_page() fails. Keep it beside what must not be used in a child. */
uint64_t fork_stamp(void);

/* Whether the stamp was taken in another process, that is before a fork. */
bool fork_changed(uint64_t stamp);

/* What a process has one of and a forked child must not touch (a lock may have been held when it was made) begins so. */
struct fork_own {
	uint64_t stamp;
};

/*
 * The one at *place: made at the first look, `size` bytes of zeros that `begin` fills, and anew in a child, which leaves
 * its parent's alone. It stays as long as the process. `end` undoes `begin` where another thread was faster, and frees
 * nothing of the block itself. NULL: no memory, or begin says false (and has undone what it did).
 */
void *fork_own(_Atomic(struct fork_own *) *place, size_t size, bool (*begin)(void *own), void (*end)(void *own));

#endif
