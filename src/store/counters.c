/*
 * counters.c - the mapped file of counters. The mapping is as long as the
 * file may ever become, so it never moves; only what lies below `capacity` is
 * touched. Blocks are allocated before they are used: a full disk shows
 * when the file grows, not as a signal later.
 */
#include "store/counters.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/random.h"
#include "store/folder.h"
#include "store/name.h"

#define MAGIC		"OLSACNT1"
#define PAGE		4096u
#define CHUNK		4096u			/* words */
#define HEAD_LEN	PAGE
#define EXACT_AT	(HEAD_LEN + COUNTERS_SHADOWS * 8u)
#define FILE_LEN(words)	((size_t)EXACT_AT + (size_t)(words) * 8u)
#define NAME		"attempts"
#define NAME_NEW	"attempts.new"

/* Of this machine, in its byte order: the file never travels. */
struct head {
	char magic[8];
	uint32_t shadows, word_len;
	uint8_t key[16];
	uint64_t check;				/* over all above, by the key */
	uint8_t boot[16];			/* the start of the machine that `base` belongs to */
	_Atomic uint64_t base;			/* seconds since 1970 at that start */
	_Alignas(64) _Atomic uint32_t capacity;
	_Alignas(64) _Atomic uint64_t generation;
	_Atomic uint64_t witness;		/* the last change that was committed; zero in files of older versions */
};

struct counters {
	struct head *head;
	_Atomic uint64_t *shadow, *exact;
	int fd;
	_Atomic uint64_t changes;		/* asked to be durable, and known to be */
	_Atomic uint64_t synced;
	_Atomic bool syncing;			/* somebody's round is under way */
	_Atomic bool crowded;			/* others waited for the last one */
	_Atomic unsigned rounds, waiting;	/* rounds that have ended; who sleeps until that changes */
};

static uint64_t
head_check(const struct head *h)
{
	return name_hash(h->key, bytes_of(h, offsetof(struct head, check)));
}

/* --- clock ---------------------------------------------------------------- */

static uint64_t
boot_seconds(void)
{
	struct timespec t = { 0, 0 };

	(void)clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec;
}

/* The id of this start of the machine; zeros (always another start) when it cannot be read. */
static void
boot_id(uint8_t id[16])
{
	char text[40] = "";
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	unsigned digits = 0;

	bytes_zero(id, 16);
	for (ssize_t i = 0; i < n && digits < 32; i++) {
		char c = text[i];
		int v = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;

		if (v >= 0) {
			id[digits / 2] = (uint8_t)(id[digits / 2] << 4 | v);
			digits++;
		}
	}
	if (fd >= 0)
		close(fd);
}

uint64_t
counters_now(const struct counters *c)
{
	return atomic_load_explicit(&c->head->base, memory_order_relaxed) + boot_seconds();
}

static void
clock_begin(struct head *h)
{
	static const uint8_t zeros[16];
	uint8_t id[16];
	uint64_t wall = (uint64_t)time(NULL), up = boot_seconds();

	boot_id(id);
	if (memcmp(id, h->boot, sizeof id) == 0 && memcmp(id, zeros, sizeof id) != 0)	/* not secret */
		return;
	memcpy(h->boot, id, sizeof id);
	atomic_store(&h->base, wall > up ? wall - up : 0);
}

/* --- making and opening ---------------------------------------------------- */

static NTSTATUS
make(int db, char why[STORE_WHY])
{
	struct head h = { .magic = MAGIC, .shadows = COUNTERS_SHADOWS, .word_len = 8 };
	int fd, error;

	if (!random_bytes(h.key, sizeof h.key)) {
		(void)snprintf(why, STORE_WHY, "the system gives no random bytes.");
		return STATUS_INTERNAL_ERROR;
	}
	h.check = head_check(&h);
	atomic_init(&h.capacity, CHUNK);
	(void)unlinkat(db, NAME_NEW, 0);
	fd = openat(db, NAME_NEW, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return folder_failed(errno, NAME, "making the file of attempts", why);
	error = posix_fallocate(fd, 0, (off_t)FILE_LEN(CHUNK));
	if (error == 0 && pwrite(fd, &h, sizeof h, 0) != (ssize_t)sizeof h)
		error = errno ? errno : ENOSPC;
	if (error == 0 && (fsync(fd) != 0 || renameat(db, NAME_NEW, db, NAME) != 0))
		error = errno;
	close(fd);
	if (error != 0) {
		(void)unlinkat(db, NAME_NEW, 0);
		return folder_failed(error, NAME, "making the file of attempts", why);
	}
	if (file_folder_sync(db, NAME) != STATUS_SUCCESS)
		return folder_failed(EIO, NAME, "making the file of attempts", why);
	return STATUS_SUCCESS;
}

static bool
sound(const struct head *h, uint64_t len)
{
	uint32_t capacity = atomic_load(&h->capacity);

	return memcmp(h->magic, MAGIC, sizeof h->magic) == 0 && h->shadows == COUNTERS_SHADOWS && h->word_len == 8 &&	/* not secret */
	    h->check == head_check(h) && capacity >= CHUNK && capacity <= COUNTERS_MAX && capacity % CHUNK == 0 &&
	    len >= FILE_LEN(capacity);
}

static void
wipe_reservations(struct counters *c, uint64_t mask)
{
	uint32_t capacity = atomic_load(&c->head->capacity);

	for (uint32_t i = 0; i < COUNTERS_SHADOWS + capacity; i++) {
		_Atomic uint64_t *word = c->shadow + i;	/* the exact ones follow */

		if (atomic_load(word) & mask)
			(void)atomic_fetch_and(word, ~mask);
	}
}

NTSTATUS
counters_open(struct counters **ret_counters, int db, bool alone, uint64_t in_flight_mask, char why[STORE_WHY])
{
	struct counters *c = calloc(1, sizeof *c);
	const int how = O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	struct stat s;
	void *at;
	NTSTATUS st;

	if (!c) {
		(void)snprintf(why, STORE_WHY, "no memory.");
		return STATUS_NO_MEMORY;
	}
	c->fd = openat(db, NAME, how);
	if (c->fd < 0 && errno == ENOENT && alone) {
		st = make(db, why);
		if (st != STATUS_SUCCESS)
			goto out;
		c->fd = openat(db, NAME, how);
	}
	if (c->fd < 0) {
		st = folder_failed(errno, NAME, "opening the file of attempts", why);
		goto out;
	}
	st = file_check(c->fd, NAME, why);
	if (st != STATUS_SUCCESS)
		goto out;
	st = STATUS_FILE_CORRUPT_ERROR;
	(void)snprintf(why, STORE_WHY, "db/" NAME " is damaged: remove it while nobody uses the store; all lockouts are then forgotten.");
	if (fstat(c->fd, &s) != 0 || s.st_size < (off_t)FILE_LEN(CHUNK))
		goto out;
	at = mmap(NULL, FILE_LEN(COUNTERS_MAX), PROT_READ | PROT_WRITE, MAP_SHARED, c->fd, 0);
	if (at == MAP_FAILED) {
		st = folder_failed(errno, NAME, "mapping the file of attempts", why);
		goto out;
	}
	c->head = at;
	c->shadow = (_Atomic uint64_t *)(void *)((uint8_t *)at + HEAD_LEN);
	c->exact = c->shadow + COUNTERS_SHADOWS;
	if (!sound(c->head, (uint64_t)s.st_size))
		goto out;
	if (alone) {
		wipe_reservations(c, in_flight_mask);
		clock_begin(c->head);
		if (counters_generation(c) & 1)
			counters_mend(c);
	}
	why[0] = '\0';
	*ret_counters = c;
	return STATUS_SUCCESS;
out:
	if (c->head)
		(void)munmap(c->head, FILE_LEN(COUNTERS_MAX));
	if (c->fd >= 0)
		close(c->fd);
	free(c);
	return st;
}

void
counters_drop(struct counters *c)
{
	if (!c)
		return;
	(void)munmap(c->head, FILE_LEN(COUNTERS_MAX));
	close(c->fd);
	free(c);
}

/* --- words ------------------------------------------------------------------ */

const uint8_t *
counters_key(const struct counters *c)
{
	return c->head->key;
}

_Atomic uint64_t *
counters_shadow(struct counters *c, uint64_t hash)
{
	return c->shadow + hash % COUNTERS_SHADOWS;
}

/* Neighbours in number lie a cache line apart: the low six bits choose the line of a page, the next three the word. */
_Atomic uint64_t *
counters_exact(struct counters *c, uint32_t index)
{
	uint32_t spread = (index & ~511u) | (index & 63u) << 3 | (index >> 6 & 7u);

	if (index >= atomic_load_explicit(&c->head->capacity, memory_order_acquire))
		return NULL;
	return c->exact + spread;
}

NTSTATUS
counters_grow(struct counters *c, uint32_t count)
{
	uint32_t capacity = atomic_load(&c->head->capacity), want = (count + CHUNK - 1) / CHUNK * CHUNK;
	char why[STORE_WHY];
	int error;

	if (count > COUNTERS_MAX)
		return STATUS_TOO_MANY_SIDS;
	if (count <= capacity)
		return STATUS_SUCCESS;
	error = posix_fallocate(c->fd, (off_t)FILE_LEN(capacity), (off_t)((size_t)(want - capacity) * 8));
	if (error == 0 && fdatasync(c->fd) != 0)
		error = errno;
	if (error != 0)
		return folder_failed(error, NAME, "growing the file of attempts", why);
	atomic_store_explicit(&c->head->capacity, want, memory_order_release);
	return STATUS_SUCCESS;
}

/* --- durability --------------------------------------------------------------- */

void
counters_dirty(struct counters *c)
{
	(void)atomic_fetch_add(&c->changes, 1);
}

/* After a failed write the kernel takes the pages for clean; touching them makes the next attempt write again. */
static void
touch_all(struct counters *c)
{
	uint32_t words = COUNTERS_SHADOWS + atomic_load(&c->head->capacity);

	for (uint32_t i = 0; i < words; i += PAGE / 8)
		(void)atomic_fetch_add(c->shadow + i, 0);
}

/*
 * Those who wait for a round are woken at once and take no lock: with a condition variable each of a crowd would stand
 * in line for its mutex, which costs more than a fast disk's commit.
 */
static void
crowd_wait(struct counters *c, unsigned round)
{
	atomic_fetch_add(&c->waiting, 1);
	(void)syscall(SYS_futex, &c->rounds, FUTEX_WAIT_PRIVATE, round, NULL, NULL, 0);
	atomic_fetch_sub(&c->waiting, 1);
}

static void
crowd_wake(struct counters *c)
{
	bool crowded;

	/* In this order: who is not counted yet will not fall asleep over the old round. */
	atomic_fetch_add(&c->rounds, 1);
	crowded = atomic_load(&c->waiting) > 0;
	atomic_store(&c->crowded, crowded);
	if (crowded)
		(void)syscall(SYS_futex, &c->rounds, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

NTSTATUS
counters_sync(struct counters *c)
{
	uint64_t wanted = atomic_load(&c->changes), covered;
	char why[STORE_WHY];
	NTSTATUS st = STATUS_SUCCESS;
	int error;

	while (atomic_load(&c->synced) < wanted) {
		unsigned round = atomic_load(&c->rounds);

		if (atomic_exchange(&c->syncing, true)) {
			crowd_wait(c, round);
			continue;
		}
		if (atomic_load(&c->crowded))	/* who was woken by the last round may be about to come again */
			(void)sched_yield();
		covered = atomic_load(&c->changes);
		error = fdatasync(c->fd) == 0 ? 0 : errno;
		if (error != 0)
			touch_all(c);
		else
			atomic_store(&c->synced, covered);
		atomic_store(&c->syncing, false);
		crowd_wake(c);
		if (error != 0) {
			st = folder_failed(error, NAME, "writing attempts", why);
			break;
		}
	}
	return st;
}

/* --- the generation ------------------------------------------------------------ */

uint64_t
counters_generation(const struct counters *c)
{
	return atomic_load_explicit(&c->head->generation, memory_order_acquire);
}

uint64_t
counters_begin(struct counters *c)
{
	uint64_t now = atomic_load(&c->head->generation), odd;

	do
		odd = now & 1 ? now + 2 : now + 1;
	while (!atomic_compare_exchange_weak(&c->head->generation, &now, odd));
	return odd;
}

void
counters_end(struct counters *c, uint64_t begun)
{
	(void)atomic_compare_exchange_strong(&c->head->generation, &begun, begun + 1);
}

void
counters_mend(struct counters *c)
{
	uint64_t now = atomic_load(&c->head->generation);

	if (now & 1)
		(void)atomic_compare_exchange_strong(&c->head->generation, &now, now + 1);
}

/* --- the witness ----------------------------------------------------------------- */

uint64_t
counters_witness(const struct counters *c)
{
	return atomic_load(&c->head->witness);
}

void
counters_saw(struct counters *c, uint64_t change)
{
	uint64_t now = atomic_load(&c->head->witness);

	while (now < change && !atomic_compare_exchange_weak(&c->head->witness, &now, change))
		;
}
