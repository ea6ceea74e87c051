/*
 * fault_test.c - row D1 of the bug list: each step of the database and
 * each allocation fails in turn; nothing is granted, nothing crashes, and afterwards all is well.
 * Covers store/sqlite.c, ledger.c, account.c.
 */
#include "estate.h"

#include "store/sqlite.h"

#include <errno.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OWN_MALLOC 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define OWN_MALLOC 0
#endif
#endif
#ifndef OWN_MALLOC
#define OWN_MALLOC 1
#endif

/* --- what fails --------------------------------------------------------------- */

static unsigned long countdown;			/* 0: nothing fails; 1: the next one */
static unsigned long asked;

static bool
fails_now(void)
{
	asked++;
	return countdown != 0 && --countdown == 0;
}

static struct sqlite real;
static unsigned kind;				/* of the failure: an index of codes */
static const int codes[] = { SQLITE_IOERR_READ, SQLITE_CORRUPT, SQLITE_FULL, SQLITE_NOMEM, SQLITE_BUSY };

static int
step(sqlite3_stmt *at)
{
	return fails_now() ? codes[kind] : real.step(at);
}

static int
prepare(sqlite3 *db, const char *text, int len, unsigned flags, sqlite3_stmt **ret, const char **tail)
{
	return fails_now() ? codes[kind] : real.prepare_v3(db, text, len, flags, ret, tail);
}

static int
exec(sqlite3 *db, const char *text, int (*each)(void *, int, char **, char **), void *arg, char **message)
{
	return fails_now() ? codes[kind] : real.exec(db, text, each, arg, message);
}

static int
open_it(const char *path, sqlite3 **ret, int flags, const char *vfs)
{
	return fails_now() ? SQLITE_CANTOPEN : real.open_v2(path, ret, flags, vfs);
}

static void
sqlite_spoil(bool on)
{
	struct sqlite *table = (struct sqlite *)(uintptr_t)sqlite_get();	/* its own home is writable */

	if (on) {
		real = *table;
		table->step = step;
		table->prepare_v3 = prepare;
		table->exec = exec;
		table->open_v2 = open_it;
	} else
		*table = real;
}

#if OWN_MALLOC
static bool malloc_counts;
extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);

void *
malloc(size_t len)
{
	return malloc_counts && fails_now() ? (errno = ENOMEM, NULL) : __libc_malloc(len);
}

void *
calloc(size_t count, size_t len)
{
	return malloc_counts && fails_now() ? (errno = ENOMEM, NULL) : __libc_calloc(count, len);
}

void *
realloc(void *at, size_t len)
{
	return malloc_counts && fails_now() ? (errno = ENOMEM, NULL) : __libc_realloc(at, len);
}
#endif

/* --- what must hold --------------------------------------------------------------- */

/* Opens, looks, changes and looks again; every answer must be true or an error. Returns how many were errors. */
static unsigned
live_once(bool exclusive)
{
	static const uint8_t new_hash[16] = { 0x55 };
	struct store *s = NULL;
	struct account *a = NULL;
	unsigned errors = 0;
	NTSTATUS st = estate_try(&s, exclusive);
	struct secret *hash;

	if (st != STATUS_SUCCESS) {
		CHECK(s == NULL && estate_why[0]);
		return 1;
	}
	switch (account_find(s, bytes_of_text("alice"), &a)) {
	case ACCOUNT_ERROR:
		errors++;
		break;
	case ACCOUNT_ABSENT:
		CHECK(false);			/* she is there */
		break;
	case ACCOUNT_FOUND:
		CHECK(a->flags == ACCOUNT_DISABLED && (hash_is(a, hash_plain) || hash_is(a, new_hash)));
		account_drop(a);
	}
	CHECK(account_find(s, bytes_of_text("nobody"), &a) != ACCOUNT_FOUND);
	hash = secret_of(bytes_of(new_hash, sizeof new_hash));
	if (!hash || account_set_password(s, bytes_of_text("alice"), hash, false) != STATUS_SUCCESS)
		errors++;
	secret_drop(&hash);
	if (policy_set(s, POLICY_NTLM_ANONYMOUS, 0) != STATUS_SUCCESS)
		errors++;
	CHECK_U64(policy_u32(s, POLICY_NTLM_ANONYMOUS), 0);
	if (account_find(s, bytes_of_text("alice"), &a) == ACCOUNT_FOUND) {
		CHECK(a->flags == ACCOUNT_DISABLED && (hash_is(a, hash_plain) || hash_is(a, new_hash)));
		account_drop(a);
	} else
		errors++;
	store_close(s);
	return errors;
}

static void
furnish(void)
{
	struct store *s;

	estate_begin();
	s = estate_open(false);
	CHECK_U64((uint32_t)estate_add(s, bytes_of_text("alice"), ACCOUNT_DISABLED, NULL), STATUS_SUCCESS);
	store_close(s);
}

static void
each_in_turn(const char *what, bool exclusive)
{
	unsigned long all, failed = 0;

	countdown = 0;
	asked = 0;
	CHECK_U64(live_once(exclusive), 0);
	all = asked;
	CHECK(all > 5);
	for (unsigned long i = 1; i <= all; i++) {
		countdown = i;
		failed += live_once(exclusive) > 0;
		countdown = 0;
	}
	CHECK(failed * 2 > all || codes[kind] == SQLITE_BUSY);
	CHECK_U64(live_once(exclusive), 0);
	printf("%s: %lu places, %lu errors\n", what, all, failed);
}

TEST(each_step_of_the_database)
{
	for (kind = 0; kind < sizeof codes / sizeof *codes; kind++) {
		furnish();
		sqlite_spoil(true);
		each_in_turn("SQLite", kind & 1);
		sqlite_spoil(false);
		estate_end();
	}
	kind = 0;
}

TEST(each_allocation)
{
#if OWN_MALLOC
	furnish();
	malloc_counts = true;
	each_in_turn("malloc", false);
	each_in_turn("malloc, exclusive", true);
	malloc_counts = false;
	estate_end();
#else
	CHECK_SKIP("a sanitizer has malloc");
#endif
}

/* A change is seen, but cannot be read: an error, not the old row. */
TEST(nothing_stale)
{
	struct store *s, *other;
	struct account *a = NULL;
	struct attempt attempt;

	furnish();
	s = estate_open(false);
	CHECK_U64((uint32_t)account_set_flags(s, bytes_of_text("alice"), 0, ACCOUNT_DISABLED), STATUS_SUCCESS);
	CHECK_U64(account_find(s, bytes_of_text("alice"), &a), ACCOUNT_FOUND);
	account_drop(a);
	other = estate_open(false);
	CHECK_U64((uint32_t)account_set_flags(other, bytes_of_text("alice"), ACCOUNT_DISABLED, 0), STATUS_SUCCESS);
	store_close(other);
	sqlite_spoil(true);
	for (unsigned i = 1; i < 5; i++) {
		countdown = i;
		CHECK_U64(account_find(s, bytes_of_text("alice"), &a), ACCOUNT_ERROR);
		countdown = 1;
		CHECK_U64(attempt_reserve(s, NULL, bytes_of_text("alice"), &attempt), ATTEMPT_LOCKED);
		countdown = 1;
		CHECK_U64(policy_u32(s, POLICY_LIMIT_BLANK_PASSWORD), 1);
	}
	countdown = 0;
	sqlite_spoil(false);
	CHECK_U64(account_find(s, bytes_of_text("alice"), &a), ACCOUNT_FOUND);
	CHECK_U64(a->flags, ACCOUNT_DISABLED);
	account_drop(a);
	store_close(s);
	estate_end();
}

int
main(void)
{
	RUN(each_step_of_the_database);
	RUN(each_allocation);
	RUN(nothing_stale);
	return check_end();
}
