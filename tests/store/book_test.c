/*
 * book_test.c - store/book.c: entries written, read, hidden, erased; all of a
 * change or nothing; another opener sees it; a damaged or moved row is an
 * error and never an absence; a store of version 1 grows.
 */
#include "estate.h"

#include "base/bytes.h"
#include "store/book.h"
#include "store/sqlite.h"

#define T(text) bytes_of_text(text)

static NTSTATUS
put(struct store *s, enum book_kind kind, const char *key, const char *value)
{
	struct book_change c;
	NTSTATUS st = book_begin(&c, s);

	return st != STATUS_SUCCESS ? st : book_end(&c, value ? book_write(&c, kind, T(key), T(value)) : book_erase(&c, kind, T(key)));
}

static bool
holds(struct store *s, enum book_kind kind, const char *key, const char *value)
{
	struct entry *e = NULL;
	bool same = book_find(s, kind, T(key), &e) == STATUS_SUCCESS && bytes_same(e->value, T(value)) && bytes_same(e->key, T(key));

	entry_drop(e);
	return same;
}

static bool
fetches(struct store *s, enum book_kind kind, const char *key, const char *value)
{
	struct secret *v = NULL;
	const uint8_t *at;
	bool same = book_fetch(s, kind, T(key), &v) == STATUS_SUCCESS;

	WITH_SECRET(at, v)
		same = same && bytes_same(bytes_of(at, secret_len(v)), T(value));
	secret_drop(&v);
	return same;
}

static void
kept_and_erased(void)
{
	struct store *s;
	struct entry *e, **list;
	struct secret *v;
	struct book_age age, later;
	size_t count;

	estate_begin();
	s = estate_open(false);
	CHECK_U64((uint32_t)book_age(s, &age), (uint32_t)STATUS_NOT_FOUND);
	CHECK_U64((uint32_t)put(s, BOOK_INFO, "b", "two"), STATUS_SUCCESS);
	CHECK_U64((uint32_t)put(s, BOOK_INFO, "a", "one"), STATUS_SUCCESS);
	CHECK_U64((uint32_t)put(s, BOOK_ACCOUNT, "a", "other kind"), STATUS_SUCCESS);
	CHECK_U64((uint32_t)put(s, BOOK_SECRET_NOW, "a", "hidden"), STATUS_SUCCESS);
	CHECK(book_age(s, &age) == STATUS_SUCCESS && age.changes == 4 && age.made != 0);
	CHECK(holds(s, BOOK_INFO, "a", "one") && holds(s, BOOK_INFO, "b", "two") && holds(s, BOOK_ACCOUNT, "a", "other kind"));
	CHECK(book_find(s, BOOK_SECRET_NOW, T("a"), &e) == STATUS_NOT_FOUND);	/* not in memory */
	CHECK(fetches(s, BOOK_SECRET_NOW, "a", "hidden") && fetches(s, BOOK_INFO, "a", "one"));
	CHECK(book_list(s, BOOK_INFO, &list, &count) == STATUS_SUCCESS && count == 2);
	CHECK(bytes_same(list[0]->key, T("a")) && bytes_same(list[1]->key, T("b")));
	entry_drop(list[0]);
	CHECK_U64((uint32_t)put(s, BOOK_INFO, "b", NULL), STATUS_SUCCESS);
	CHECK(bytes_same(list[1]->value, T("two")));		/* who holds it keeps it */
	entry_drop(list[1]);
	free(list);
	CHECK(book_find(s, BOOK_INFO, T("b"), &e) == STATUS_NOT_FOUND && book_fetch(s, BOOK_INFO, T("b"), &v) == STATUS_NOT_FOUND);
	CHECK_U64((uint32_t)put(s, BOOK_INFO, "b", NULL), (uint32_t)STATUS_NOT_FOUND);
	CHECK_U64((uint32_t)put(s, BOOK_INFO, "b", ""), STATUS_SUCCESS);	/* empty is not absent */
	CHECK(holds(s, BOOK_INFO, "b", ""));
	CHECK(book_age(s, &later) == STATUS_SUCCESS && later.changes == 6 && later.made == age.made);
	store_close(s);
	s = estate_open(true);
	CHECK(holds(s, BOOK_INFO, "a", "one") && holds(s, BOOK_INFO, "b", "") && fetches(s, BOOK_SECRET_NOW, "a", "hidden"));
	CHECK(book_age(s, &later) == STATUS_SUCCESS && later.changes == 6);
	store_close(s);
	estate_end();
}

static void
all_or_nothing(void)
{
	struct store *s, *other;
	struct book_change c;
	struct book_age age;
	struct entry *e;

	estate_begin();
	s = estate_open(false);
	other = estate_open(false);
	CHECK_U64((uint32_t)put(s, BOOK_INFO, "kept", "1"), STATUS_SUCCESS);
	CHECK(holds(other, BOOK_INFO, "kept", "1"));		/* another opener */
	CHECK(book_begin(&c, s) == STATUS_SUCCESS);
	CHECK(book_write(&c, BOOK_INFO, T("new"), T("x")) == STATUS_SUCCESS && book_erase(&c, BOOK_INFO, T("kept")) == STATUS_SUCCESS);
	CHECK(holds(other, BOOK_INFO, "kept", "1") && holds(s, BOOK_INFO, "kept", "1"));	/* nothing is there before its end */
	CHECK_U64((uint32_t)book_end(&c, STATUS_ACCESS_DENIED), (uint32_t)STATUS_ACCESS_DENIED);
	CHECK(holds(s, BOOK_INFO, "kept", "1") && book_find(s, BOOK_INFO, T("new"), &e) == STATUS_NOT_FOUND);
	CHECK(book_begin(&c, s) == STATUS_SUCCESS && book_end(&c, STATUS_SUCCESS) == STATUS_SUCCESS);	/* nothing written: no change */
	CHECK(book_age(other, &age) == STATUS_SUCCESS && age.changes == 1);
	CHECK_U64((uint32_t)put(other, BOOK_INFO, "theirs", "2"), STATUS_SUCCESS);
	CHECK(holds(s, BOOK_INFO, "theirs", "2"));
	store_close(other);
	store_close(s);
	estate_end();
}

static void
many(void)
{
	enum { MANY = 500 };
	struct store *s;
	struct book_change c;
	struct entry **list;
	size_t count = 0;
	bool good = true;
	char key[16];

	estate_begin();
	s = estate_open(false);
	CHECK(book_begin(&c, s) == STATUS_SUCCESS);
	for (unsigned i = 0; i < MANY && good; i++) {
		(void)snprintf(key, sizeof key, "%05u", (i * 7) % MANY);
		good = book_write(&c, BOOK_TRUST, T(key), T(key)) == STATUS_SUCCESS;
	}
	CHECK(good && book_end(&c, STATUS_SUCCESS) == STATUS_SUCCESS);
	CHECK(book_list(s, BOOK_TRUST, &list, &count) == STATUS_SUCCESS && count == MANY);
	for (unsigned i = 0; i < count; i++) {
		(void)snprintf(key, sizeof key, "%05u", i);
		good = good && bytes_same(list[i]->key, T(key)) && holds(s, BOOK_TRUST, key, key);
		entry_drop(list[i]);
	}
	free(list);
	CHECK(good);
	store_close(s);
	estate_end();
}

/* --- what somebody did to the file ------------------------------------------------------- */

static void
tamper(const char *sql)
{
	const struct sqlite *sq = sqlite_get();
	sqlite3 *db = NULL;

	CHECK(sq && sq->open_v2(estate_path("db/accounts.db"), &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK);
	CHECK_U64((unsigned)sq->exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	(void)sq->close_v2(db);
}

static void
tampered_rows(void)
{
	static const char *const acts[] = {
		"update entry set seal = zeroblob(length(seal)) where kind = 3",
		"update entry set key = x'62' where kind = 3 and key = x'61'",	/* moved to another account */
		"update entry set change = change + 1000 where kind = 3",	/* an old one played back has another place */
	};

	for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
		struct store *s;
		struct entry *e = NULL;

		estate_begin();
		s = estate_open(false);
		CHECK_U64((uint32_t)put(s, BOOK_ACCOUNT, "a", "rights"), STATUS_SUCCESS);
		store_close(s);
		tamper(acts[i]);
		s = estate_open(false);
		if (i == 1)
			CHECK(book_find(s, BOOK_ACCOUNT, T("b"), &e) == STATUS_INTERNAL_DB_ERROR);
		else
			CHECK(book_find(s, BOOK_ACCOUNT, T("a"), &e) == STATUS_INTERNAL_DB_ERROR);
		CHECK(e == NULL);
		store_close(s);
		estate_end();
	}
}

static void
version_one_grows(void)
{
	struct store *s;

	estate_begin();
	s = estate_open(false);
	store_close(s);
	tamper("drop index entry_change; drop table entry; pragma user_version=1");
	s = estate_open(false);
	CHECK_U64((uint32_t)put(s, BOOK_INFO, "a", "one"), STATUS_SUCCESS);
	CHECK(holds(s, BOOK_INFO, "a", "one"));
	store_close(s);
	estate_end();
}

static void
nothing_in_a_child(void)
{
	struct store *s;
	int status = 0;
	pid_t pid;

	estate_begin();
	s = estate_open(false);
	CHECK_U64((uint32_t)put(s, BOOK_ACCOUNT, "a", "rights"), STATUS_SUCCESS);
	pid = fork();
	if (pid == 0) {
		struct entry *e;
		struct secret *v;
		struct book_change c;

		_exit(book_find(s, BOOK_ACCOUNT, T("a"), &e) == STATUS_INTERNAL_DB_ERROR &&
		    book_fetch(s, BOOK_ACCOUNT, T("a"), &v) == STATUS_INVALID_DEVICE_STATE &&
		    book_begin(&c, s) == STATUS_INVALID_DEVICE_STATE ? 0 : 1);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	store_close(s);
	estate_end();
}

int
main(void)
{
	RUN(kept_and_erased);
	RUN(all_or_nothing);
	RUN(many);
	RUN(tampered_rows);
	RUN(version_one_grows);
	RUN(nothing_in_a_child);
	return check_end();
}
