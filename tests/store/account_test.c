/*
 * account_test.c - accounts: made, found, changed, seen from another
 * process, and nothing of their secrets on the disk.
 * Covers store/account.c, shelf.c, ledger.c, ledger_row.c, name.c.
 */
#include "estate.h"

#include <signal.h>
#include <time.h>

#define NAME(text) { text, sizeof(text) - 1 }

static const struct { const char *at; size_t len; } refused[] = {
	NAME(""), NAME(" "), NAME(" alice"), NAME("alice "), NAME("alice."), NAME("al\0ice"), NAME("al\nice"), NAME("al\x7f" "ice"),
	NAME("DOM\\root"), NAME("root@REALM"), NAME("a/b"), NAME("a\"b"), NAME("a[b"), NAME("a]b"), NAME("a:b"), NAME("a;b"),
	NAME("a|b"), NAME("a=b"), NAME("a,b"), NAME("a+b"), NAME("a*b"), NAME("a?b"), NAME("a<b"), NAME("a>b"),
	NAME("\xff"), NAME("a\xc0\x80"), NAME("\xed\xa0\x80"), NAME("a\xc2\x85"), NAME("a\xe2\x80\xae" "b"),
};
static const struct { const char *at; size_t len; } allowed[] = {
	NAME("root"), NAME("user$"), NAME("o'brien"), NAME("a') or ('1'('1"), NAME("per%cent(1)"), NAME("two words"),
	NAME("\xc3\xa9mile"), NAME("e\xcc\x81mile"), NAME("\xf0\x9f\xa6\x8a"), NAME("_"), NAME("%"),
};

TEST(names)
{
	struct store *s;
	struct account *a = NULL;
	char longest[257];

	estate_begin();
	s = estate_open(false);
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct bytes name = bytes_of(refused[i].at, refused[i].len);

		if (!CHECK_U64((uint32_t)estate_add(s, name, 0, NULL), (uint32_t)STATUS_OBJECT_NAME_INVALID))
			fprintf(stderr, "    name %zu\n", i);
		CHECK_U64(account_find(s, name, &a), ACCOUNT_ABSENT);
	}
	for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++) {
		struct bytes name = bytes_of(allowed[i].at, allowed[i].len);

		CHECK_U64(account_find(s, name, &a), ACCOUNT_ABSENT);
		CHECK_U64((uint32_t)estate_add(s, name, 0, NULL), STATUS_SUCCESS);
		if (CHECK_U64(account_find(s, name, &a), ACCOUNT_FOUND)) {
			CHECK(bytes_same(bytes_of_text(a->name), name));
			account_drop(a);
		}
	}
	/* Near a name is not the name. */
	CHECK(!estate_find(s, "root."));
	CHECK(!estate_find(s, "root "));
	CHECK(!estate_find(s, "TESTBOX\\root"));
	CHECK_U64(account_find(s, bytes_of("root\0x", 6), &a), ACCOUNT_ABSENT);
	CHECK_U64(account_find(s, bytes_of("root\0", 5), &a), ACCOUNT_ABSENT);
	memset(longest, 'x', sizeof longest);
	CHECK_U64((uint32_t)estate_add(s, bytes_of(longest, 256), 0, NULL), STATUS_SUCCESS);
	CHECK_U64((uint32_t)estate_add(s, bytes_of(longest, 257), 0, NULL), (uint32_t)STATUS_OBJECT_NAME_INVALID);
	store_close(s);
	estate_end();
}

TEST(folding)
{
	struct store *s;
	struct account *a, *b;

	estate_begin();
	s = estate_open(false);
	CHECK_U64((uint32_t)estate_add_text(s, "Ren\xc3\xa9"), STATUS_SUCCESS);
	CHECK_U64((uint32_t)estate_add_text(s, "REN\xc3\x89"), (uint32_t)STATUS_USER_EXISTS);
	a = estate_find(s, "rEN\xc3\x89");
	b = estate_find(s, "ren\xc3\xa9");
	CHECK(a && a == b);
	CHECK(a && strcmp(a->name, "Ren\xc3\xa9") == 0);
	CHECK(!estate_find(s, "rene\xcc\x81"));		/* decomposed: another name */
	CHECK(!estate_find(s, "rene"));
	account_drop(a);
	account_drop(b);
	store_close(s);
	estate_end();
}

static bool
count_one(void *arg, struct account *account)
{
	(void)account;
	return ++*(unsigned *)arg < 100;
}

TEST(life_of_an_account)
{
	static const uint8_t other[16] = { 0x77 };
	struct secret *hash = secret_of(bytes_of(other, sizeof other));
	struct account *old, *a;
	struct store *s;
	uint32_t rid = 0;
	unsigned count = 0;

	estate_begin();
	s = estate_open(true);
	CHECK_U64((uint32_t)estate_add(s, bytes_of_text("alice"), ACCOUNT_NEVER_EXPIRES | ACCOUNT_MUST_CHANGE, &rid), STATUS_SUCCESS);
	CHECK_U64(rid, ACCOUNT_FIRST_RID);
	old = estate_find(s, "ALICE");
	CHECK(old && hash_is(old, hash_plain) && !old->blank_password);
	CHECK(old && old->flags == (ACCOUNT_NEVER_EXPIRES | ACCOUNT_MUST_CHANGE) && strcmp(old->full_name, "Full Name") == 0);
	CHECK(old && old->sid[1] == 5 && memcmp(old->sid + 2, store_sid(s).at + 2, 22) == 0 && get_u32(old->sid + 24) == rid);

	CHECK_U64((uint32_t)account_set_password(s, bytes_of_text("Alice"), hash, true), STATUS_SUCCESS);
	a = estate_find(s, "alice");
	CHECK(a && a != old && hash_is(a, other) && a->blank_password && a->flags == ACCOUNT_NEVER_EXPIRES);
	CHECK(old && hash_is(old, hash_plain));		/* what is held does not change */
	account_drop(a);
	CHECK_U64((uint32_t)account_set_flags(s, bytes_of_text("alice"), ACCOUNT_DISABLED, ACCOUNT_NEVER_EXPIRES), STATUS_SUCCESS);
	a = estate_find(s, "alice");
	CHECK(a && a->flags == ACCOUNT_DISABLED && hash_is(a, other) && a->blank_password);
	account_drop(a);
	CHECK_U64((uint32_t)account_set_flags(s, bytes_of_text("alice"), 1u << 20, 0), (uint32_t)STATUS_INVALID_PARAMETER);
	CHECK_U64((uint32_t)account_set_flags(s, bytes_of_text("bob"), 0, 0), (uint32_t)STATUS_NO_SUCH_USER);
	CHECK_U64((uint32_t)account_del(s, bytes_of_text("bob")), (uint32_t)STATUS_NO_SUCH_USER);

	CHECK_U64((uint32_t)account_del(s, bytes_of_text("aLICE")), STATUS_SUCCESS);
	CHECK(!estate_find(s, "alice"));
	CHECK_U64((uint32_t)estate_add(s, bytes_of_text("alice"), 0, &rid), STATUS_SUCCESS);
	CHECK_U64(rid, ACCOUNT_FIRST_RID + 1);			/* a RID is never used again */
	CHECK_U64((uint32_t)account_del(s, bytes_of_text("alice")), STATUS_SUCCESS);
	store_close(s);
	s = estate_open(true);
	CHECK_U64((uint32_t)estate_add(s, bytes_of_text("alice"), 0, &rid), STATUS_SUCCESS);
	CHECK_U64(rid, ACCOUNT_FIRST_RID + 2);
	CHECK_U64((uint32_t)account_each(s, count_one, &count), STATUS_SUCCESS);
	CHECK_U64(count, 1);
	secret_drop(&hash);
	CHECK_U64((uint32_t)account_set_password(s, bytes_of_text("alice"), NULL, true), (uint32_t)STATUS_INVALID_PARAMETER);
	account_drop(old);
	store_close(s);
	account_drop(NULL);
	estate_end();
}

TEST(many)
{
	struct store *s;
	char name[32];
	unsigned found = 0;

	estate_begin();
	s = estate_open(false);
	for (unsigned i = 0; i < 300; i++) {
		snprintf(name, sizeof name, "user%u", i);
		CHECK_U64((uint32_t)estate_add_text(s, name), STATUS_SUCCESS);
	}
	store_close(s);
	s = estate_open(false);
	for (unsigned i = 0; i < 300; i++) {
		struct account *a;

		snprintf(name, sizeof name, "USER%u", i);
		a = estate_find(s, name);
		found += a && a->rid == ACCOUNT_FIRST_RID + i;
		account_drop(a);
	}
	CHECK_U64(found, 300);
	store_close(s);
	estate_end();
}

/* --- another process --------------------------------------------------------- */

static int
change_it(void *arg)
{
	struct store *s = NULL;
	int bad;

	(void)arg;
	if (estate_try(&s, false) != STATUS_SUCCESS)
		return 1;
	bad = account_set_flags(s, bytes_of_text("alice"), ACCOUNT_DISABLED, 0) != STATUS_SUCCESS ||
	    estate_add_text(s, "bob") != STATUS_SUCCESS || policy_set(s, POLICY_NTLM_V1, 1) != STATUS_SUCCESS ||
	    account_del(s, bytes_of_text("carol")) != STATUS_SUCCESS;
	store_close(s);
	return bad;
}

TEST(changes_of_another_process_are_seen)
{
	struct store *s;
	struct account *a;

	estate_begin();
	s = estate_open(false);
	CHECK_U64((uint32_t)estate_add_text(s, "alice"), STATUS_SUCCESS);
	CHECK_U64((uint32_t)estate_add_text(s, "carol"), STATUS_SUCCESS);
	a = estate_find(s, "alice");
	CHECK(a && !(a->flags & ACCOUNT_DISABLED));
	account_drop(a);
	CHECK(!estate_find(s, "bob"));
	CHECK_U64(policy_u32(s, POLICY_NTLM_V1), 0);
	CHECK(in_child(change_it, NULL));
	a = estate_find(s, "alice");
	CHECK(a && (a->flags & ACCOUNT_DISABLED));
	account_drop(a);
	a = estate_find(s, "bob");
	CHECK(a != NULL);
	account_drop(a);
	CHECK(!estate_find(s, "carol"));
	CHECK_U64(policy_u32(s, POLICY_NTLM_V1), 1);
	store_close(s);
	estate_end();
}

/* Killed at any moment of a change, the other process sees the old or the new state and can go on. */
TEST(writers_that_are_killed)
{
	struct store *s;

	estate_begin();
	s = estate_open(false);
	CHECK_U64((uint32_t)estate_add_text(s, "alice"), STATUS_SUCCESS);
	for (unsigned round = 0; round < 20; round++) {
		struct account *a;
		uint32_t flags;
		pid_t pid = fork();

		if (pid == 0) {
			struct store *own = NULL;

			if (estate_try(&own, false) != STATUS_SUCCESS)
				_exit(1);
			for (unsigned i = 0; ; i++)
				if (account_set_flags(own, bytes_of_text("alice"), i & 1 ? ACCOUNT_DISABLED : 0, i & 1 ? 0 : ACCOUNT_DISABLED))
					_exit(2);
		}
		nanosleep(&(struct timespec){ 0, 3000000 + (long)round * 700000 }, NULL);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		a = estate_find(s, "alice");
		if (!CHECK(a != NULL))
			break;
		flags = a->flags;
		account_drop(a);
		store_close(s);
		s = estate_open(round & 1);
		a = estate_find(s, "alice");
		CHECK(a && a->flags == flags);		/* what was cached is what is on the disk */
		account_drop(a);
		if (round & 1) {
			store_close(s);
			s = estate_open(false);
		}
	}
	CHECK_U64((uint32_t)account_set_flags(s, bytes_of_text("alice"), 0, ACCOUNT_DISABLED), STATUS_SUCCESS);
	store_close(s);
	estate_end();
}

/* --- at rest -------------------------------------------------------------------- */

static bool
file_holds(const char *path, const uint8_t *what, size_t len)
{
	static uint8_t buffer[1 << 21];
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, buffer, sizeof buffer);

	if (fd >= 0)
		close(fd);
	return n > 0 && memmem(buffer, (size_t)n, what, len) != NULL;
}

TEST(no_hash_on_the_disk)
{
	static const char *const files[] = { "db/accounts.db", "db/accounts.db-wal", "db/accounts.db-shm", "db/attempts", "key/master.key", "lock" };
	struct store *s;

	estate_begin();
	s = estate_open(false);
	CHECK_U64((uint32_t)estate_add_text(s, "alice"), STATUS_SUCCESS);
	for (unsigned closed = 0; closed < 2; closed++) {
		for (size_t i = 0; i < sizeof files / sizeof *files; i++)
			CHECK(!file_holds(estate_path(files[i]), hash_plain, 6));
		CHECK(file_holds(estate_path(closed ? "db/accounts.db" : "db/accounts.db-wal"), (const uint8_t *)"alice", 5));
		if (!closed)
			store_close(s);
	}
	estate_end();
}

int
main(void)
{
	RUN(names);
	RUN(folding);
	RUN(life_of_an_account);
	RUN(many);
	RUN(changes_of_another_process_are_seen);
	RUN(writers_that_are_killed);
	RUN(no_hash_on_the_disk);
	return check_end();
}
