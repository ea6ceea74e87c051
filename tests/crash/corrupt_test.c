/*
 * corrupt_test.c - 10,000 damaged stores. One byte, one bit, a page zeroed,
 * overwritten, swapped, doubled, moved or from an older day, a file cut or
 * gone, in accounts.db, its log, a stray journal, the file of attempts and
 * those of proofs. Each time the store is opened and asked, and for some of
 * them the LSA logs on. It is refused in a sentence that names the way back,
 * or every row is right: no crash, nobody who has no right gets in.
 *
 *     corrupt_test [CASES [FIRST]]
 *
 * Covers store/sqlite.c, ledger.c, ledger_row.c, shelf.c, book.c, counters.c, replay.c, once.c.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "store/account.h"
#include "store/attempt.h"
#include "store/book.h"
#include "store/once.h"
#include "store/policy.h"
#include "store/replay.h"
#include "tests/api/logon.h"
#include "tests/check.h"
#include "tests/crash/damage.h"
#include "tests/crash/scenes.h"

#define USERS		150u
#define CHANGED		3u		/* had another password on the older day */
#define DELETED		5u		/* was there */
#define BARRED		7u		/* was not barred */
#define RIGHT		"right horse 1"
#define FORMER		"former horse 0"
#define WRONG		"wrong horse 9"

static char room[64], folder[80];
static unsigned cases = 10000, first_case;

/* --- files ---------------------------------------------------------------------- */

enum { DB, LOG, ATTEMPTS, FILES };
static const char *const names[FILES] = { "db/accounts.db", "db/accounts.db-wal", "db/attempts" };
/* Of an older day; as they are, with a log and without. */
static struct file old[FILES], live[FILES], rest[FILES];

static const char *
path_of(const char *name)
{
	static char path[160];

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static struct file
file_read(const char *name)
{
	struct file f = { NULL, 0 };
	struct stat s;
	int fd = open(path_of(name), O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return f;
	if (fstat(fd, &s) == 0 && (f.at = malloc((size_t)s.st_size + 1)) != NULL && read(fd, f.at, (size_t)s.st_size) == s.st_size)
		f.len = (size_t)s.st_size;
	close(fd);
	return f;
}

/* NULL: it is not there. */
static void
file_write(const char *name, const uint8_t *at, size_t len)
{
	int fd;

	if (!at) {
		(void)unlink(path_of(name));
		return;
	}
	fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, at, len) != (ssize_t)len)
		abort();
	close(fd);
}

static void
files_read(struct file to[FILES])
{
	for (int i = 0; i < FILES; i++)
		to[i] = file_read(names[i]);
}

/* --- the store, on two days ------------------------------------------------------ */

static void
user_name(char to[16], unsigned number)
{
	(void)snprintf(to, 16, "user%03u", number);
}

static void
must(bool good, const char *sentence)
{
	if (good)
		return;
	fprintf(stderr, "%s\n", sentence);
	exit(3);
}

/* In a process of its own, by the API, embedded. */
static void
first_day(void)
{
	HANDLE lsa;
	char name[16];

	scene_furnish();
	lsa = logon_trusted();
	for (unsigned i = 0; i < USERS; i++) {
		user_name(name, i);
		must(OlsaUserAdd(lsa, name, "One of many", i == CHANGED ? FORMER : RIGHT, NULL) == STATUS_SUCCESS, name);
	}
	must(OlsaPolicySet(lsa, "lockout-threshold", 0) == STATUS_SUCCESS, "policy");
}

static void
second_day(void)
{
	HANDLE lsa = logon_trusted();

	must(OlsaUserSetPassword(lsa, "user003", RIGHT) == STATUS_SUCCESS, "password");
	must(OlsaUserDelete(lsa, "user005") == STATUS_SUCCESS, "delete");
	must(OlsaUserLock(lsa, "user007", TRUE) == STATUS_SUCCESS, "lock");
	must(OlsaPolicySet(lsa, "lockout-threshold", 5) == STATUS_SUCCESS, "policy");
	files_read(live);
	for (int i = 0; i < FILES; i++) {
		char to[32];

		(void)snprintf(to, sizeof to, "live%d", i);
		file_write(to, live[i].at, live[i].len);
	}
}

static void
in_process(void (*body)(void))
{
	int status = -1;
	pid_t pid;

	(void)fflush(NULL);
	pid = fork();
	if (pid == 0) {
		body();
		exit(0);
	}
	must(waitpid(pid, &status, 0) == pid && status == 0, "the store cannot be made");
}

static NTSTATUS
try_open(struct store **ret, bool exclusive, char why[STORE_WHY])
{
	struct store_settings settings = { .folder = folder, .exclusive = exclusive };

	return store_open(ret, &settings, why);
}

/* What is in the log goes where it belongs. */
static void
settle(void)
{
	struct store *s = NULL;
	char why[STORE_WHY];

	must(try_open(&s, true, why) == STATUS_SUCCESS, why);
	store_close(s);
}

/* --- what is true ------------------------------------------------------------------ */

struct truth { char name[16]; uint32_t rid, flags; uint8_t hash[16]; };
static struct truth truths[USERS + 8];
static unsigned truth_count;
static uint32_t policies[POLICY_COUNT];
static uint64_t books[BOOK_KINDS];

static uint64_t
mix(uint64_t h, struct bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		h = (h ^ b.at[i]) * UINT64_C(0x100000001b3);
	return (h ^ b.len) * UINT64_C(0x100000001b3);
}

/* 0: it cannot be read. */
static uint64_t
book_print(struct store *s, enum book_kind kind)
{
	enum book_kind listed = kind == BOOK_SECRET_NOW || kind == BOOK_SECRET_OLD ? BOOK_SECRET : kind == BOOK_TRUST_AUTH ? BOOK_TRUST : kind;
	struct entry **list = NULL;
	uint64_t h = 1469598103934665603u;
	size_t count = 0;

	if (book_list(s, listed, &list, &count) != STATUS_SUCCESS)
		return 0;
	for (size_t i = 0; i < count; i++) {
		struct secret *value = NULL;
		const uint8_t *p;
		NTSTATUS st;

		if (listed == kind) {
			h = mix(mix(h, list[i]->key), list[i]->value);
			continue;
		}
		st = book_fetch(s, kind, list[i]->key, &value);
		if (st == STATUS_SUCCESS)
			WITH_SECRET(p, value)
				h = mix(h, bytes_of(p, secret_len(value)));
		else if (st != STATUS_NOT_FOUND)
			h = 0;
		secret_drop(&value);
		if (h == 0)
			break;
	}
	for (size_t i = 0; i < count; i++)
		entry_drop(list[i]);
	free(list);
	return h;
}

static bool
truth_one(void *arg, struct account *a)
{
	struct truth *t = &truths[truth_count++];
	const uint8_t *p;

	(void)arg;
	(void)snprintf(t->name, sizeof t->name, "%s", a->name);
	t->rid = a->rid;
	t->flags = a->flags;
	WITH_SECRET(p, a->nt_hash)
		memcpy(t->hash, p, 16);
	return true;
}

static void
truth_learn(void)
{
	struct store *s = NULL;
	char why[STORE_WHY];

	must(try_open(&s, true, why) == STATUS_SUCCESS, why);
	CHECK(account_each(s, truth_one, NULL) == STATUS_SUCCESS);
	CHECK_U64(truth_count, USERS + 3 - 1);
	for (unsigned i = 0; i < POLICY_COUNT; i++)
		policies[i] = policy_u32(s, (enum policy)i);
	CHECK_U64(policies[POLICY_LOCKOUT_THRESHOLD], 5);
	for (unsigned kind = 1; kind < BOOK_KINDS; kind++)
		books[kind] = book_print(s, (enum book_kind)kind);
	CHECK(books[BOOK_ACCOUNT] && books[BOOK_SECRET_NOW] && books[BOOK_TRUST_AUTH]);
	store_close(s);
}

/* --- one damage --------------------------------------------------------------------- */

/* Everything whole again; then damage number i. */
static void
spoil(unsigned i)
{
	static uint8_t room_for[1 << 21];
	unsigned kind = roll(12), turn = i / 16, which = i % 16;
	bool with_log = which >= 7 && which < 13;
	const struct file *now = with_log ? live : rest;
	int target = which < 10 ? DB : which < 13 ? LOG : ATTEMPTS;
	size_t len;
	char said[128];

	dice = UINT64_C(0x9E3779B97F4A7C15) * (i + 1);
	(void)roll(2);
	kind = roll(12);
	for (int f = 0; f < FILES; f++)
		file_write(names[f], now[f].at, now[f].len);
	(void)unlink(path_of("db/accounts.db-shm"));
	(void)unlink(path_of("db/accounts.db-journal"));
	if (which == 6 || which == 12) {	/* what a crash of another program, or somebody, left beside it */
		const char *stray = which == 6 ? "db/accounts.db-journal" : "db/accounts.db-shm";

		len = 512 + roll(3 * PAGE);
		memcpy(room_for, old[DB].at, len);
		if (kind & 1)
			memcpy(room_for, "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7\0\0\0\1", 12);
		file_write(stray, room_for, len);
		(void)snprintf(what, sizeof what, "a stray %s", stray);
		return;
	}
	if (which == 9 || which == 5)
		kind = 9;			/* an old page, more often than the dice say */
	len = now[target].len;
	memcpy(room_for, now[target].at, len);
	damage(room_for, &len, old[target], kind, turn);
	file_write(names[target], room_for, len);
	(void)snprintf(said, sizeof said, "%s%s: %.80s", names[target], with_log ? " with a log" : "", what);
	memcpy(what, said, sizeof said);
}

/* --- the judgement -------------------------------------------------------------------- */

struct tally { unsigned at, logon_at, refused, opened, errors, bad, crashes, logons, granted_right, logon_refused; };
static struct tally *tally;

static void
bad(const char *sentence, const char *about)
{
	if (tally->bad++ < 20)
		fprintf(stderr, "case %u, %s: %s %s\n", tally->at, what, sentence, about);
}

static bool
names_the_way_back(const char *why)
{
	return strstr(why, "lsad --restore") || strstr(why, "remove ");
}

static void
accounts_judge(struct store *s)
{
	struct account *a;
	const uint8_t *p;

	for (unsigned i = 0; i < truth_count; i++) {
		const struct truth *t = &truths[i];
		bool right = false;

		switch (account_find(s, bytes_of_text(t->name), &a)) {
		case ACCOUNT_ERROR:
			tally->errors++;
			break;
		case ACCOUNT_ABSENT:
			bad("an account is lost:", t->name);
			break;
		case ACCOUNT_FOUND:
			WITH_SECRET(p, a->nt_hash)
				right = memcmp(p, t->hash, 16) == 0 && a->rid == t->rid && a->flags == t->flags;	/* a test's */
			if (!right)
				bad("a row that is not right:", t->name);
			account_drop(a);
		}
	}
	if (account_find(s, bytes_of_text("user005"), &a) == ACCOUNT_FOUND || account_find(s, bytes_of_text("mallory"), &a) == ACCOUNT_FOUND)
		bad("somebody is there who is not", "");
}

static void
store_judge(bool exclusive)
{
	static const uint8_t print[REPLAY_LEN] = { 1, 2, 3 };
	struct store *s = NULL;
	struct attempt attempt;
	char why[STORE_WHY] = "";
	NTSTATUS st = try_open(&s, exclusive, why);

	if (st != STATUS_SUCCESS) {
		tally->refused++;
		if (!names_the_way_back(why) || (st != STATUS_FILE_CORRUPT_ERROR && st != STATUS_FILE_INVALID &&
		    st != STATUS_DECRYPTION_FAILED && st != STATUS_REVISION_MISMATCH))
			bad("refused with", why);
		return;
	}
	tally->opened++;
	accounts_judge(s);
	for (unsigned i = 0; i < POLICY_COUNT; i++) {
		uint32_t value = policy_u32(s, (enum policy)i);

		if (value != policies[i] && value != policy_rows[i].strict)
			bad("a policy that nobody set:", policy_rows[i].name);
	}
	for (unsigned kind = 1; kind < BOOK_KINDS; kind++) {
		uint64_t print_now = book_print(s, (enum book_kind)kind);

		if (print_now == 0)
			tally->errors++;
		else if (print_now != books[kind])
			bad("an entry that is not right", "");
	}
	if (attempt_reserve(s, NULL, bytes_of_text("mallory"), &attempt) == ATTEMPT_OPEN)
		attempt_lost(&attempt);
	(void)attempt_commit(s);
	if (tally->at % 50 == 0 && replay_take(s, print, (uint64_t)time(NULL) + 200) == REPLAY_FIRST &&
	    replay_take(s, print, (uint64_t)time(NULL) + 200) == REPLAY_FIRST)
		bad("a proof was taken twice", "");
	store_close(s);
}

static NTSTATUS
logon_as(HANDLE lsa, ULONG ntlm, const char *name, const char *password)
{
	struct logging l = { .lsa = lsa, .package = ntlm, .type = Interactive };

	logon_interactive(&l, "", name, password, false);
	return logon_run(&l);
}

/* The whole LSA, on the damaged store. */
static void
logons(void)
{
	static const struct { const char *name, *password; } wrong[] = {
		{ "alice", WRONG }, { "user003", FORMER }, { "user005", RIGHT }, { "user007", RIGHT }, { "mallory", RIGHT }, { "user009", "" },
	};
	LSA_STRING package = { 4, 4, (char *)(uintptr_t)"NTLM" };
	HANDLE lsa;
	ULONG ntlm = 0;
	LPSTR why = NULL;
	NTSTATUS st = LsaConnectUntrusted(&lsa);

	tally->logons++;
	if (st == STATUS_SUCCESS)
		st = LsaLookupAuthenticationPackage(lsa, &package, &ntlm);
	if (st != STATUS_SUCCESS) {
		tally->logon_refused++;
		if (OlsaExplain(st, NULL, &why) != SEC_E_OK || !names_the_way_back(why))
			bad("the LSA refused with", why ? why : "nothing");
		return;
	}
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		if (logon_as(lsa, ntlm, wrong[i].name, wrong[i].password) == STATUS_SUCCESS)
			bad("GRANTED", wrong[i].name);
	st = logon_as(lsa, ntlm, "user003", RIGHT);
	tally->granted_right += st == STATUS_SUCCESS;
	tally->logon_refused += st != STATUS_SUCCESS;
	/* Noise among the counters may say that somebody is locked. */
	if (st == STATUS_LOGON_FAILURE && strstr(what, names[ATTEMPTS]))
		return;
	if (st != STATUS_SUCCESS && (OlsaExplain(st, NULL, &why) != SEC_E_OK || !names_the_way_back(why)))
		bad("the LSA refused with", why ? why : "nothing");
}

/* --- all --------------------------------------------------------------------------------- */

static void
run_some(unsigned end, bool by_logon)
{
	for (; tally->at < end; tally->at++) {
		spoil(tally->at);
		if (by_logon) {
			logons();
			_exit(0);
		}
		store_judge(tally->at & 1);
		if (tally->at % 25 == 24) {		/* before the next one comes a logon, in a process that has done nothing yet */
			tally->at++;
			break;
		}
	}
	_exit(0);
}

TEST(ten_thousand)
{
	unsigned end = first_case + cases;

	tally->at = first_case;
	while (tally->at < end) {
		int status = -1;
		bool logon = tally->at % 25 == 0 && tally->logon_at != tally->at + 1;
		pid_t pid;

		tally->logon_at = logon ? tally->at + 1 : 0;
		(void)fflush(NULL);
		pid = fork();
		if (pid == 0)
			run_some(end, logon);
		if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) {
			tally->crashes++;
			spoil(tally->at);
			fprintf(stderr, "case %u, %s: signal %d\n", tally->at, what, WTERMSIG(status));
			tally->at++;
		}
	}
	printf("%u damaged stores: %u refused with the way back named, %u opened with right rows (%u look-ups were errors);"
	    " %u tried with logons: %u refused, %u granted the right password; %u crashes, %u wrong rows or grants\n",
	    cases, tally->refused, tally->opened, tally->errors, tally->logons, tally->logon_refused, tally->granted_right, tally->crashes, tally->bad);
	CHECK_U64(tally->crashes, 0);
	CHECK_U64(tally->bad, 0);
	CHECK(tally->refused > cases / 5 && tally->opened > cases / 20 && (cases < 500 || tally->granted_right > 0));
}

/* A file of proofs, or of what happens once: damaged, it is an error or it works; and a proof is never taken twice. */
TEST(files_of_proofs)
{
	static const char *const files[] = { "db/replays", "db/once" };
	struct store *s = NULL;
	char why[STORE_WHY];
	unsigned errors = 0;

	for (int f = 0; f < FILES; f++)
		file_write(names[f], rest[f].at, rest[f].len);
	for (unsigned i = 0; i < 400; i++) {
		uint8_t print[REPLAY_LEN] = { 9 }, byte;
		uint64_t now = (uint64_t)time(NULL);
		enum replay one, two;
		NTSTATUS first, second;
		off_t at;
		int fd;

		dice = i + 77;
		memcpy(print + 4, &i, sizeof i);
		fd = open(path_of(files[i & 1]), O_RDWR | O_CLOEXEC);
		at = (off_t)(i % 4 < 2 ? i / 4 % 48 : roll(65536));
		if (fd >= 0) {
			must(pread(fd, &byte, 1, at) == 1, "a file of proofs");
			byte ^= (uint8_t)(1 + roll(255));
			must(pwrite(fd, &byte, 1, at) == 1, "a file of proofs");
			if (i % 50 >= 48)
				must(ftruncate(fd, (off_t)roll(100000)) == 0, "a file of proofs");
			close(fd);
		}
		if (!CHECK(try_open(&s, i & 2, why) == STATUS_SUCCESS))
			break;
		one = replay_take(s, print, now + 200);
		two = replay_take(s, print, now + 200);
		CHECK(one != REPLAY_FIRST || two == REPLAY_SEEN);
		first = once_take(s, print, once_until(s, 100));
		second = once_take(s, print, once_until(s, 100));
		CHECK(first != STATUS_SUCCESS || second == STATUS_OBJECT_NAME_COLLISION);
		errors += one == REPLAY_ERROR || first != STATUS_SUCCESS ? 1 : 0;
		store_close(s);
		s = NULL;
		if (one == REPLAY_ERROR)
			(void)unlink(path_of(files[0]));
	}
	CHECK(errors > 10);
}

int
main(int argc, char **argv)
{
	if (argc > 1)
		cases = (unsigned)atoi(argv[1]);
	if (argc > 2)
		first_case = (unsigned)atoi(argv[2]);
	/* In memory where that is possible: 10,000 times the disk would be waited for. */
	(void)snprintf(room, sizeof room, "%s/openlsa-corrupt-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	must(mkdtemp(room) != NULL && chdir(room) == 0, room);
	(void)snprintf(folder, sizeof folder, "%s/state", room);
	(void)setenv("OPENLSA_MODE", "embedded", 1);
	(void)setenv("OPENLSA_STATE", folder, 1);
	tally = mmap(NULL, sizeof *tally, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(tally != MAP_FAILED, "no memory");
	in_process(first_day);
	in_process(settle);
	files_read(old);
	in_process(second_day);
	in_process(settle);
	for (int i = 0; i < FILES; i++) {
		char from[32];

		(void)snprintf(from, sizeof from, "live%d", i);
		live[i] = file_read(from);
	}
	truth_learn();
	files_read(rest);
	must(live[LOG].len > 0 && live[DB].len > 0 && rest[DB].len > 10 * PAGE, "there is no log to damage");
	RUN(ten_thousand);
	RUN(files_of_proofs);
	must(system("rm -rf \"$PWD\"") == 0, room);
	return check_end();
}
