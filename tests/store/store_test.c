/*
 * store_test.c - opening a store: whose folder, which key, who else has it,
 * and what becomes of a damaged one (rows E3, E5, D1 of the bug list).
 * Covers store/store.c, folder.c, vault.c, sqlite.c.
 */
#include "estate.h"

#include <errno.h>
#include <sys/mount.h>
#include <time.h>

static void
expect(NTSTATUS want, bool exclusive)
{
	struct store *s = NULL;

	if (!CHECK_U64((uint32_t)estate_try(&s, exclusive), (uint32_t)want))
		fprintf(stderr, "    %s\n", estate_why);
	CHECK((want == STATUS_SUCCESS) == (s != NULL));
	CHECK(want == STATUS_SUCCESS || strlen(estate_why) > 20);
	store_close(s);
}

static unsigned
mode_of(const char *name)
{
	struct stat st;

	return lstat(estate_path(name), &st) == 0 ? st.st_mode & 0777 : 07777;
}

static void
furnish(void)
{
	struct store *s;

	estate_begin();
	s = estate_open(false);
	CHECK_U64((uint32_t)estate_add_text(s, "alice"), STATUS_SUCCESS);
	CHECK_U64((uint32_t)estate_add(s, bytes_of_text("eve"), ACCOUNT_DISABLED, NULL), STATUS_SUCCESS);
	CHECK_U64((uint32_t)policy_set(s, POLICY_NTLM_ANONYMOUS, 0), STATUS_SUCCESS);
	store_close(s);
}

TEST(a_new_one)
{
	struct store_settings settings = { .folder = NULL, .computer_name = "host-name" };
	struct store *s = NULL;
	char deep[128], sid[STORE_SID_LEN];

	estate_begin();
	umask(0);
	snprintf(deep, sizeof deep, "%s/a/b/state", estate);
	settings.folder = deep;
	CHECK_U64((uint32_t)store_open(&s, &settings, estate_why), STATUS_SUCCESS);
	CHECK_TEXT(store_computer(s), "HOST-NAME");
	CHECK_U64(store_sid(s).len, STORE_SID_LEN);
	CHECK_HEX(store_sid(s).at, 12, "01 04 000000000005 15000000");
	memcpy(sid, store_sid(s).at, sizeof sid);
	CHECK_U64((uint32_t)estate_add_text(s, "alice"), STATUS_SUCCESS);
	CHECK_U64(mode_of("a/b/state"), 0700);
	CHECK_U64(mode_of("a/b/state/db"), 0700);
	CHECK_U64(mode_of("a/b/state/db/accounts.db"), 0600);
	CHECK_U64(mode_of("a/b/state/db/accounts.db-wal"), 0600);
	CHECK_U64(mode_of("a/b/state/db/attempts"), 0600);
	CHECK_U64(mode_of("a/b/state/key/master.key"), 0600);
	store_close(s);
	settings.computer_name = "OTHER";
	CHECK_U64((uint32_t)store_open(&s, &settings, estate_why), STATUS_SUCCESS);
	CHECK_TEXT(store_computer(s), "HOST-NAME");			/* its own, once and for all */
	CHECK(memcmp(sid, store_sid(s).at, sizeof sid) == 0);
	store_close(s);
	umask(022);
	estate_end();
}

TEST(whose_folder)
{
	char target[128];

	furnish();
	chmod(estate, 0770);
	expect(STATUS_ACCESS_DENIED, true);
	chmod(estate, 0702);
	expect(STATUS_ACCESS_DENIED, false);
	chmod(estate, 0700);
	chmod(estate_path("db/accounts.db"), 0640);
	expect(STATUS_ACCESS_DENIED, false);
	chmod(estate_path("db/accounts.db"), 0600);
	chmod(estate_path("key/master.key"), 0604);
	expect(STATUS_ACCESS_DENIED, false);
	chmod(estate_path("key/master.key"), 0600);
	chmod(estate_path("db/attempts"), 0606);
	expect(STATUS_ACCESS_DENIED, false);
	chmod(estate_path("db/attempts"), 0600);
	if (geteuid() == 0) {
		CHECK(chown(estate, 1, 1) == 0);
		expect(STATUS_ACCESS_DENIED, false);
		CHECK(chown(estate, 0, 0) == 0);
	}
	/* Links lead nowhere. */
	snprintf(target, sizeof target, "%s/elsewhere", estate);
	static const char *const linked[] = { "db/accounts.db", "db/attempts", "key/master.key", "lock", "db", "key" };
	for (size_t i = 0; i < sizeof linked / sizeof *linked; i++) {
		CHECK(rename(estate_path(linked[i]), target) == 0);
		CHECK(symlink(target, estate_path(linked[i])) == 0);
		expect(STATUS_ACCESS_DENIED, false);
		CHECK(unlink(estate_path(linked[i])) == 0);
		CHECK(rename(target, estate_path(linked[i])) == 0);
	}
	expect(STATUS_SUCCESS, true);
	estate_end();
}

TEST(who_else_has_it)
{
	struct store *a, *b;

	furnish();
	a = estate_open(false);
	b = estate_open(false);
	expect(STATUS_SHARING_VIOLATION, true);
	store_close(a);
	store_close(b);
	a = estate_open(true);
	expect(STATUS_SHARING_VIOLATION, false);
	expect(STATUS_SHARING_VIOLATION, true);
	store_close(a);
	expect(STATUS_SUCCESS, false);
	estate_end();
}

static void
file_write(const char *name, const void *what, size_t len)
{
	int fd = open(estate_path(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	CHECK(fd >= 0 && write(fd, what, len) == (ssize_t)len);
	close(fd);
}

TEST(the_key)
{
	uint8_t key[33] = { 1 };
	char given[256];
	struct store_settings settings = { .folder = estate, .key_file = given };
	struct store *s = NULL;

	furnish();
	snprintf(given, sizeof given, "%s/saved", estate);
	CHECK(rename(estate_path("key/master.key"), given) == 0);
	expect(STATUS_DECRYPTION_FAILED, true);				/* no new one for an old database */
	expect(STATUS_DECRYPTION_FAILED, false);
	file_write("key/master.key", key, 32);
	expect(STATUS_DECRYPTION_FAILED, true);
	file_write("key/master.key", key, 31);
	expect(STATUS_DECRYPTION_FAILED, true);
	file_write("key/master.key", key, 33);
	expect(STATUS_DECRYPTION_FAILED, true);
	/* From somewhere else. */
	CHECK_U64((uint32_t)store_open(&s, &settings, estate_why), STATUS_SUCCESS);
	store_close(s);
	/* From systemd, for lsad alone. */
	CHECK(rename(given, estate_path("openlsa-master")) == 0);
	setenv("CREDENTIALS_DIRECTORY", estate, 1);
	expect(STATUS_SUCCESS, true);
	expect(STATUS_DECRYPTION_FAILED, false);
	unsetenv("CREDENTIALS_DIRECTORY");
	expect(STATUS_DECRYPTION_FAILED, true);
	estate_end();
}

static int
ask_in_child(void *arg)
{
	struct store *s = arg, *own = NULL;
	struct account *a = NULL;
	struct attempt attempt;
	int bad;

	if (account_find(s, bytes_of_text("alice"), &a) != ACCOUNT_ERROR)
		return 1;
	if (attempt_reserve(s, NULL, bytes_of_text("alice"), &attempt) != ATTEMPT_LOCKED)
		return 2;
	if (estate_add_text(s, "x") == STATUS_SUCCESS || policy_u32(s, POLICY_NTLM_V1) != policy_rows[POLICY_NTLM_V1].strict)
		return 3;
	store_close(s);
	if (estate_try(&own, false) != STATUS_SUCCESS)
		return 4;
	bad = account_find(own, bytes_of_text("alice"), &a) != ACCOUNT_FOUND || !hash_is(a, hash_plain) ||
	    estate_add_text(own, "child") != STATUS_SUCCESS;
	account_drop(a);
	store_close(own);
	return bad ? 5 : 0;
}

TEST(in_a_forked_child_it_is_dead)
{
	struct store *s;
	struct account *a;

	furnish();
	s = estate_open(false);
	CHECK(in_child(ask_in_child, s));
	a = estate_find(s, "child");
	CHECK(a != NULL);
	account_drop(a);
	CHECK_U64((uint32_t)estate_add_text(s, "parent"), STATUS_SUCCESS);
	store_close(s);
	estate_end();
}

/* --- damage -------------------------------------------------------------------- */

static uint32_t dice = 12345;

static uint32_t
roll(uint32_t below)
{
	dice = dice * 1664525u + 1013904223u;
	return (dice >> 8) % below;
}

/* Opens a damaged store: it refuses, or what it answers is true. */
static int
judge(void *arg)
{
	struct store *s = NULL;
	struct account *a = NULL;
	NTSTATUS st = estate_try(&s, *(bool *)arg);

	if (st != STATUS_SUCCESS)
		return s || !estate_why[0] ? 1 : 0;
	if (account_find(s, bytes_of_text("alice"), &a) == ACCOUNT_FOUND) {
		if (a->flags != 0 || a->blank_password || a->rid != ACCOUNT_FIRST_RID || !hash_is(a, hash_plain))
			return 2;
		account_drop(a);
	}
	if (account_find(s, bytes_of_text("eve"), &a) == ACCOUNT_FOUND) {
		if (a->flags != ACCOUNT_DISABLED || a->rid != ACCOUNT_FIRST_RID + 1)
			return 3;
		account_drop(a);
	}
	if (policy_u32(s, POLICY_NTLM_ANONYMOUS) != 0)
		return 4;
	if (account_find(s, bytes_of_text("mallory"), &a) == ACCOUNT_FOUND)
		return 5;
	(void)!estate_add_text(s, "later");
	store_close(s);
	return 0;
}

static uint64_t
ms_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void
damage(const char *name, unsigned rounds, uint64_t until)
{
	static uint8_t good[1 << 17], bad[1 << 17], counts[1 << 17];
	int fd = open(estate_path(name), O_RDONLY), other = open(estate_path("db/attempts"), O_RDONLY);
	ssize_t len = read(fd, good, sizeof good), counts_len = read(other, counts, sizeof counts);
	char keep[2][64] = { "db/accounts.db-wal", "db/accounts.db-shm" };
	unsigned done = 0, refused = 0;

	close(fd);
	close(other);
	if (!CHECK(len > 0 && counts_len > 0))
		return;
	for (; done < rounds && ms_now() < until; done++) {
		bool exclusive = done & 1;
		size_t size = (size_t)len;
		struct store *s = NULL;

		memcpy(bad, good, size);
		if (done % 10 == 9)
			size = roll((uint32_t)size);
		else if (done % 10 == 8)
			memset(bad + roll((uint32_t)size / 4096) * 4096, (int)roll(256), 4096);
		else
			bad[done & 2 ? roll(200) : roll((uint32_t)size)] ^= (uint8_t)(1 + roll(255));
		file_write(name, bad, size);
		if (!CHECK(in_child(judge, &exclusive)))
			fprintf(stderr, "    %s, round %u\n", name, done);
		refused += estate_try(&s, false) != STATUS_SUCCESS;
		store_close(s);
		unlink(estate_path(keep[0]));
		unlink(estate_path(keep[1]));
		/* What the round has added is forgotten by both. */
		file_write("db/attempts", counts, (size_t)counts_len);
		file_write(name, good, (size_t)len);
	}
	printf("%s: %u damages, %u refused\n", name, done, refused);
}

TEST(damaged_files)
{
	furnish();
	damage("db/accounts.db", 400, ms_now() + 4000);
	damage("db/attempts", 100, ms_now() + 1000);
	expect(STATUS_SUCCESS, true);
	file_write("db/accounts.db", "not a database at all, but long enough to be looked at", 54);
	expect(STATUS_FILE_CORRUPT_ERROR, true);
	expect(STATUS_FILE_CORRUPT_ERROR, false);
	estate_end();
}

/* Rows moved from one account to another, and flags changed, by somebody with SQLite and without the key. */
TEST(rows_that_were_forged)
{
	static const char *const forgeries[] = {
		"update account set flags = 0 where rid = 1001",
		"update account set seal = (select seal from account where rid = 1001) where rid = 1000",
		"update account set rid = 1002 where rid = 1000",
		"update account set full_name = 'x'",
		"update account set password_set = password_set + 1",
		"update account set flags = 'text'",
		"update account set seal = null",
		"update account set fold = null",
		"insert into account select 1005, change, x'4d0041004c004c004f0052005900', 'mallory', '', 0, password_set, seal from account where rid = 1000",
		"update policy set value = 1",
		"update meta set value = x'00' where key = 'counts'",
		"create trigger t after insert on account begin update account set flags = 0; end",
		"delete from meta",
		"drop table policy",
	};

	if (system("sqlite3 -version > /dev/null 2>&1") != 0) {
		CHECK_SKIP("no sqlite3 program");
		return;
	}
	for (size_t i = 0; i < sizeof forgeries / sizeof *forgeries; i++) {
		char command[1024];
		bool exclusive = i & 1;

		furnish();
		snprintf(command, sizeof command, "sqlite3 %s/db/accounts.db \"%s\"", estate, forgeries[i]);
		CHECK(system(command) == 0);
		if (!CHECK(in_child(judge, &exclusive)))
			fprintf(stderr, "    %s\n", forgeries[i]);
		estate_end();
	}
}

/* --- no room, no writing ----------------------------------------------------------- */

TEST(a_full_disk)
{
	struct store *s;
	struct account *a;
	char folder[256], name[32];
	struct store_settings settings = { .folder = folder, .exclusive = true };
	NTSTATUS st = STATUS_SUCCESS;
	unsigned made = 0;
	int fd;

	estate_begin();
	snprintf(folder, sizeof folder, "%s/state", estate);
	if (mount("tmpfs", estate, "tmpfs", 0, "size=1m,mode=0700") != 0) {
		CHECK_SKIP("cannot mount");
		estate_end();
		return;
	}
	CHECK_U64((uint32_t)store_open(&s, &settings, estate_why), STATUS_SUCCESS);
	CHECK_U64((uint32_t)estate_add_text(s, "alice"), STATUS_SUCCESS);
	fd = open(estate_path("filler"), O_WRONLY | O_CREAT, 0600);
	while (write(fd, folder, sizeof folder) > 0)
		;
	for (; made < 200 && st == STATUS_SUCCESS; made++) {
		snprintf(name, sizeof name, "user%u", made);
		st = estate_add_text(s, name);
	}
	CHECK_U64((uint32_t)st, (uint32_t)STATUS_DISK_FULL);
	CHECK(!estate_find(s, name));
	a = estate_find(s, "alice");				/* logons go on, and count */
	CHECK(a != NULL);
	if (a) {
		struct attempt attempt;

		CHECK_U64(attempt_reserve(s, a, bytes_of_text("alice"), &attempt), ATTEMPT_OPEN);
		attempt_lost(&attempt);
		CHECK_U64((uint32_t)attempt_commit(s), STATUS_SUCCESS);	/* its room was taken beforehand */
	}
	account_drop(a);
	close(fd);
	unlink(estate_path("filler"));
	CHECK_U64((uint32_t)estate_add_text(s, name), STATUS_SUCCESS);
	store_close(s);
	/* Nothing can be written at all. */
	CHECK(mount(NULL, estate, NULL, MS_REMOUNT | MS_RDONLY, NULL) == 0);
	CHECK_U64((uint32_t)store_open(&s, &settings, estate_why), (uint32_t)STATUS_MEDIA_WRITE_PROTECTED);
	umount(estate);
	/* No room from the beginning. */
	CHECK(mount("tmpfs", estate, "tmpfs", 0, "size=64k,mode=0700") == 0);
	CHECK_U64((uint32_t)store_open(&s, &settings, estate_why), (uint32_t)STATUS_DISK_FULL);
	umount(estate);
	estate_end();
}

int
main(void)
{
	RUN(a_new_one);
	RUN(whose_folder);
	RUN(who_else_has_it);
	RUN(the_key);
	RUN(in_a_forked_child_it_is_dead);
	RUN(damaged_files);
	RUN(rows_that_were_forged);
	RUN(a_full_disk);
	return check_end();
}
