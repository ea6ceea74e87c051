/*
 * replay.c - the mapped table of proofs. Many processes write it at the same
 * time without a lock.
 *
 * Why two who bring the same proof at the same moment never both win: each
 * writes its word, then looks through the whole row for another such word. All of
 * this is sequentially consistent, so the later writer sees the earlier
 * one's word. (Both may see each other, and both lose: it was not the first then.)
 */
#include "store/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/random.h"
#include "store/folder.h"
#include "store/inside.h"

#define MAGIC		"OLSARPL1"
#define HEAD_LEN	4096u
#define ROWS		65536u
#define ROW_WORDS	64u
#define FILE_LEN	((size_t)HEAD_LEN + (size_t)ROWS * ROW_WORDS * 8u)
#define NAME		"db/replays"
#define TAG_MASK	0xffffffffff000000ull
#define TIME_MASK	0xffffffu		/* seconds, modulo 194 days */

struct head {
	char magic[8];
	uint32_t rows, row_words;
	uint8_t key[16];
	uint64_t check;
};

struct replays {
	const struct head *head;
	_Atomic uint64_t *words;
};

static uint64_t
head_check(const struct head *h)
{
	return name_hash(h->key, bytes_of(h, offsetof(struct head, check)));
}

/* --- making and opening ------------------------------------------------------ */

/* Made under a name of its own and then given its true one, unless another process was faster. */
static bool
make(int folder)
{
	struct head h = { .magic = MAGIC, .rows = ROWS, .row_words = ROW_WORDS };
	char name[64];
	uint8_t tag[8];
	bool made;
	int fd;

	if (!random_bytes(h.key, sizeof h.key) || !random_bytes(tag, sizeof tag))
		return false;
	h.check = head_check(&h);
	(void)snprintf(name, sizeof name, NAME ".%08x%08x", get_u32(tag), get_u32(tag + 4));
	fd = openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	made = posix_fallocate(fd, 0, (off_t)FILE_LEN) == 0 && pwrite(fd, &h, sizeof h, 0) == (ssize_t)sizeof h &&
	    fdatasync(fd) == 0;
	close(fd);
	if (made && renameat2(folder, name, folder, NAME, RENAME_NOREPLACE) != 0)
		made = errno == EEXIST;
	(void)unlinkat(folder, name, 0);	/* gone when it was renamed */
	return made;
}

static int
look(int folder)
{
	return openat(folder, NAME, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

static struct replays *
replays_open(int folder)
{
	struct replays *r = calloc(1, sizeof *r);
	char why[STORE_WHY];
	void *at = MAP_FAILED;
	struct stat s;
	int fd = r ? look(folder) : -1;

	if (r && fd < 0 && errno == ENOENT && make(folder))
		fd = look(folder);
	if (fd >= 0 && file_check(fd, NAME, why) == STATUS_SUCCESS && fstat(fd, &s) == 0 && s.st_size == (off_t)FILE_LEN)
		at = mmap(NULL, FILE_LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd >= 0)
		close(fd);
	if (at != MAP_FAILED) {
		r->head = at;
		r->words = (_Atomic uint64_t *)(void *)((uint8_t *)at + HEAD_LEN);
		if (memcmp(r->head->magic, MAGIC, sizeof r->head->magic) == 0 && r->head->rows == ROWS &&	/* not secret */
		    r->head->row_words == ROW_WORDS && r->head->check == head_check(r->head))
			return r;
		(void)munmap(at, FILE_LEN);
	}
	free(r);
	return NULL;
}

void
replays_drop(struct replays *r)
{
	if (!r)
		return;
	(void)munmap((void *)(uintptr_t)r->head, FILE_LEN);
	free(r);
}

/* Opened by the first who asks; a second one at the same time opens it too and lets go of it again. */
static struct replays *
replays_of(struct store *s)
{
	struct replays *now = atomic_load(&s->replays), *fresh;

	if (now)
		return now;
	fresh = replays_open(s->folder);
	if (!fresh || atomic_compare_exchange_strong(&s->replays, &now, fresh))
		return fresh;
	replays_drop(fresh);
	return now;
}

/* --- the clock ----------------------------------------------------------------- */

static uint64_t
wall(struct store *s)
{
	return s->now ? s->now(s->now_arg) : (uint64_t)time(NULL);
}

/* The second that the machine was started in, by the clock on the wall; tests' clocks began long ago. */
static uint64_t
started(struct store *s, uint64_t now)
{
	struct timespec up = { 0, 0 };

	if (s->now)
		return 0;
	(void)clock_gettime(CLOCK_BOOTTIME, &up);
	return now > (uint64_t)up.tv_sec ? now - (uint64_t)up.tv_sec : 0;
}

/* Whether a word still counts. One that ends too far away is of another half year, or of a clock that was wrong. */
static bool
lives(uint64_t word, uint64_t now)
{
	uint32_t left = ((uint32_t)word - (uint32_t)now) & TIME_MASK;

	return word != 0 && left <= REPLAY_FAR;
}

/* --- taking -------------------------------------------------------------------- */

enum replay
replay_take(struct store *store, const uint8_t print[REPLAY_LEN], uint64_t until)
{
	struct replays *r = vault_alive(store->vault) ? replays_of(store) : NULL;
	uint64_t now = wall(store), hash, mine, word, expected = 0;
	_Atomic uint64_t *row;
	unsigned place, i;

	if (!r)
		return REPLAY_ERROR;
	if (until < now || until - now > REPLAY_FAR)
		return REPLAY_LATE;
	if (until < started(store, now) + REPLAY_LIFE)
		return REPLAY_SEEN;
	hash = name_hash(r->head->key, bytes_of(print, REPLAY_LEN));
	row = r->words + (hash % ROWS) * ROW_WORDS;
	hash &= TAG_MASK;
	if (hash == 0)
		hash = TAG_MASK;		/* a word of zero is an empty one */
	mine = hash | (until & TIME_MASK);
	do {
		place = ROW_WORDS;
		for (i = 0; i < ROW_WORDS; i++) {
			word = atomic_load(row + i);
			if (!lives(word, now)) {
				if (place == ROW_WORDS) {
					place = i;
					expected = word;
				}
			} else if ((word & TAG_MASK) == hash)
				return REPLAY_SEEN;
		}
		if (place == ROW_WORDS)
			return REPLAY_FULL;
	} while (!atomic_compare_exchange_strong(row + place, &expected, mine));
	for (i = 0; i < ROW_WORDS; i++)
		if (i != place && ((word = atomic_load(row + i)) & TAG_MASK) == hash && lives(word, now))
			return REPLAY_SEEN;
	return REPLAY_FIRST;
}
