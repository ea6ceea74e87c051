/*
 * turn_test.c - lsad --rotate-key and lsad --restore killed at each of their
 * system calls. Afterwards the store opens, as it was or as it was to be:
 * the key is one that fits, all rows are right, and nobody else gets in.
 * Covers store/upkeep.c, store/vault.c, store/store.c.
 *
 *     turn_test LSAD [EVERY]
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/account.h"
#include "store/book.h"
#include "store/store.h"
#include "tests/check.h"
#include "tests/crash/tracer.h"

static const char *lsad;
static char room[64], folder[80], copy[80];
static int log_fd = -1;
static unsigned every = 7, opened_old, opened_new;

static const uint8_t hashes[2][ACCOUNT_HASH_LEN] = { { 1, 1, 1 }, { 2, 2, 2 } };

static bool
shell(const char *command)
{
	return CHECK(system(command) == 0);
}

static struct store *
open_it(char why[STORE_WHY])
{
	struct store_settings settings = { .folder = folder, .exclusive = true, .computer_name = "TURNED" };
	struct store *s = NULL;

	return store_open(&s, &settings, why) == STATUS_SUCCESS ? s : NULL;
}

static bool
alice_set(struct store *s, unsigned which, bool make)
{
	struct secret *hash = secret_of(bytes_of(hashes[which], ACCOUNT_HASH_LEN));
	struct account_new new = { .name = bytes_of_text("alice"), .full_name = BYTES_NONE, .nt_hash = hash };
	NTSTATUS st = make ? account_add(s, &new, NULL) : account_set_password(s, new.name, hash, false);

	secret_drop(&hash);
	return st == STATUS_SUCCESS;
}

static bool
secret_put(struct store *s, const char *text)
{
	struct book_change c;
	NTSTATUS st = book_begin(&c, s);

	if (st == STATUS_SUCCESS)
		st = book_end(&c, book_write(&c, BOOK_SECRET_NOW, bytes_of_text("KEPT"), bytes_of_text(text)));
	return st == STATUS_SUCCESS;
}

/* The password and the secret are of the same day: 0 or 1; else 2, and a sentence. */
static unsigned
day(const char **ret_what)
{
	static char why[STORE_WHY];
	struct secret *value = NULL;
	struct account *a = NULL;
	struct store *s = open_it(why);
	unsigned is = 2;
	const uint8_t *p;

	*ret_what = why;
	if (!s)
		return 2;
	*ret_what = "rows of two days, or none";
	if (account_find(s, bytes_of_text("alice"), &a) == ACCOUNT_FOUND) {
		WITH_SECRET(p, a->nt_hash)
			is = memcmp(p, hashes[0], ACCOUNT_HASH_LEN) == 0 ? 0 : memcmp(p, hashes[1], ACCOUNT_HASH_LEN) == 0 ? 1 : 2;
		account_drop(a);
	}
	if (is < 2 && book_fetch(s, BOOK_SECRET_NOW, bytes_of_text("KEPT"), &value) == STATUS_SUCCESS) {
		WITH_SECRET(p, value)
			if (secret_len(value) != 5 || memcmp(p, is ? "day 1" : "day 0", 5) != 0)
				is = 2;
	} else
		is = 2;
	secret_drop(&value);
	/* It can be changed as before. */
	if (is < 2 && !alice_set(s, is, false))
		is = 2;
	store_close(s);
	return is;
}

/* Each point on a copy of the same store. False: it ended before. */
static bool
point(const char *const *argv, unsigned kill_at, bool may_turn)
{
	struct traced t;
	const char *what;
	bool killed;
	unsigned is;

	if (!shell("rm -rf state && cp -a template state") || !CHECK(tracer_start(&t, argv, log_fd, kill_at)))
		return false;
	for (unsigned ms = 0; !t.dead && ms < 600000; ms++)
		if (!tracer_turn(&t))
			(void)usleep(50);
	killed = t.entries >= kill_at;
	tracer_end(&t);
	is = day(&what);
	opened_old += killed && is == 1;
	opened_new += killed && is == 0;
	if (!CHECK(is == 1 || (is == 0 && may_turn)) || !CHECK(killed || !may_turn || is == 0)) {
		fprintf(stderr, "    %s killed at call %u (number %ld): %s\n", argv[3], kill_at, t.last, what);
		return atomic_load(&check_bad) < 6;
	}
	return killed;
}

static void
all_points(const char *const *argv, bool may_turn)
{
	unsigned points = 0;

	opened_old = opened_new = 0;
	for (unsigned n = 1; point(argv, n, may_turn); n += every)
		points++;
	printf("lsad %s: killed at %u of %u calls; the store opened each time, %u times as it was, %u times as the copy is\n",
	    argv[3], points, points * every, opened_old, opened_new);
	CHECK(points * every > 200);
}

TEST(rotate)
{
	const char *argv[] = { lsad, "--state", folder, "--rotate-key", NULL };

	all_points(argv, false);
}

TEST(restore)
{
	const char *argv[] = { lsad, "--state", folder, "--restore", copy, NULL };

	all_points(argv, true);
	CHECK(opened_new > 0);
}

static bool
furnish(void)
{
	char why[STORE_WHY];
	struct store *s = open_it(why);
	bool good = s && alice_set(s, 0, true) && secret_put(s, "day 0");
	char command[400];

	store_close(s);
	(void)snprintf(command, sizeof command, "'%s' --state '%s' --backup '%s' >log 2>&1 && '%s' --state '%s' --rotate-key >log 2>&1",
	    lsad, folder, copy, lsad, folder);	/* another key than the copy's */
	good = good && shell(command);
	s = good ? open_it(why) : NULL;
	good = s && alice_set(s, 1, false) && secret_put(s, "day 1");
	store_close(s);
	return good && shell("mv state template");
}

int
main(int argc, char **argv)
{
	struct traced t;

	lsad = argc > 1 ? realpath(argv[1], NULL) : NULL;
	if (!lsad)
		return 2;
	every = argc > 2 ? (unsigned)atoi(argv[2]) : every;
	(void)snprintf(room, sizeof room, "%s/openlsa-turn-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(room) || chdir(room) != 0)
		return 2;
	(void)snprintf(folder, sizeof folder, "%s/state", room);
	(void)snprintf(copy, sizeof copy, "%s/copy", room);
	(void)unsetenv("CREDENTIALS_DIRECTORY");
	log_fd = open("log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (!tracer_start(&t, (const char *const[]){ "/bin/true", NULL }, log_fd, 0)) {
		(void)shell("rm -rf \"$PWD\"");
		printf("ptrace is not allowed here\n");
		return 77;
	}
	tracer_end(&t);
	if (!CHECK(furnish()))
		return 1;
	RUN(rotate);
	RUN(restore);
	(void)shell("rm -rf \"$PWD\"");
	return check_end();
}
