/*
 * ledger.c - accounts.db: its tables, its statements, its rows. Every row is
 * sealed over all of its columns, so what was not written by us, or for
 * another place, does not count. It knows rows, not who may log on.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/utf16.h"
#include "store/folder.h"
#include "store/inside.h"

#define VERSION		1u
#define NAME		"db/accounts.db"
#define BUSY_MS		5000
#define HIDDEN_LEN	(ACCOUNT_HASH_LEN + 1u)		/* the hash, and whether the password is blank */
#define ABOUT_MAX	4096u
#define COMPUTER_LEN	15u				/* of a name that we make up: NetBIOS */

static const char schema[] =
	"begin immediate;"
	"create table meta(key text primary key, value blob not null, seal blob not null) without rowid;"
	"create table policy(name text primary key, value integer not null, seal blob not null) without rowid;"
	"create table account(rid integer primary key, change integer not null, fold blob unique, name text, full_name text,"
	" flags integer, password_set integer, seal blob);"
	"create index account_change on account(change);"
	"pragma user_version=1";

enum { VERSION_GET, META_GET, META_PUT, CHANGES, BY_FOLD, PUT, BURY, POLICIES_GET, POLICY_PUT };
#define EMPTIED "fold = null, name = null, full_name = null, flags = null, password_set = null, seal = null"
#define COLUMNS "rid, change, fold, name, full_name, flags, password_set, seal"
static const char *const texts[DATABASE_STATEMENTS] = {
	[VERSION_GET]  = "pragma user_version",
	[META_GET]     = "select value, seal from meta where key = ?",
	[META_PUT]     = "insert or replace into meta(key, value, seal) values(?, ?, ?)",
	[CHANGES]      = "select " COLUMNS " from account where change > ? order by change",
	[BY_FOLD]      = "select " COLUMNS " from account where fold = ?",
	[PUT]          = "insert or replace into account(" COLUMNS ") values(?, ?, ?, ?, ?, ?, ?, ?)",
	[BURY]         = "update account set change = ?, " EMPTIED " where rid = ?",
	[POLICIES_GET] = "select name, value, seal from policy",
	[POLICY_PUT]   = "insert or replace into policy(name, value, seal) values(?, ?, ?)",
};

/* --- what a seal is about --------------------------------------------------- */

static struct bytes
about_pair(uint8_t to[ABOUT_MAX], const char *table, struct bytes key, struct bytes value)
{
	struct writer w = writer_of(to, ABOUT_MAX);

	writer_sized(&w, bytes_of_text(table));
	writer_sized(&w, key);
	writer_sized(&w, value);
	return writer_ok(&w) ? bytes_of(to, w.need) : BYTES_NONE;
}

static struct bytes
about_row(uint8_t to[ABOUT_MAX], const struct ledger_row *row)
{
	struct writer w = writer_of(to, ABOUT_MAX);

	writer_sized(&w, bytes_of_text("account"));
	writer_u32(&w, row->rid);
	writer_u64(&w, row->change);
	writer_sized(&w, row->fold);
	writer_sized(&w, row->name);
	writer_sized(&w, row->full_name);
	writer_u32(&w, row->flags);
	writer_u64(&w, row->password_set);
	return writer_ok(&w) ? bytes_of(to, w.need) : BYTES_NONE;
}

/* --- meta: small things by name ---------------------------------------------- */

static NTSTATUS
meta_put(struct store *s, struct database *db, const char *key, struct bytes value)
{
	uint8_t about[ABOUT_MAX], seal[VAULT_EXTRA];
	struct row r;
	NTSTATUS st = vault_seal(s->vault, seal, about_pair(about, "meta", bytes_of_text(key), value), NULL);

	if (st != STATUS_SUCCESS)
		return st;
	r = row_begin(db, META_PUT);
	row_bind_text(&r, bytes_of_text(key));
	row_bind_blob(&r, value);
	row_bind_blob(&r, bytes_of(seal, sizeof seal));
	st = row_step(&r);
	row_end(&r);
	return st == STATUS_NO_MORE_ENTRIES ? STATUS_SUCCESS : st;
}

/* STATUS_DECRYPTION_FAILED: not sealed by our key. */
static NTSTATUS
meta_get(struct store *s, struct database *db, const char *key, uint8_t *to, size_t cap, size_t *ret_len)
{
	uint8_t about[ABOUT_MAX];
	struct row r = row_begin(db, META_GET);
	struct bytes value, seal;
	NTSTATUS st;

	row_bind_text(&r, bytes_of_text(key));
	st = row_step(&r);
	if (st == STATUS_NO_MORE_ENTRIES)
		st = STATUS_FILE_CORRUPT_ERROR;
	if (st != STATUS_SUCCESS)
		goto out;
	value = row_blob(&r, 0);
	seal = row_blob(&r, 1);
	st = STATUS_FILE_CORRUPT_ERROR;
	if (r.bad || value.len > cap)
		goto out;
	st = vault_unseal(s->vault, NULL, about_pair(about, "meta", bytes_of_text(key), value), seal);
	if (st != STATUS_SUCCESS)
		goto out;
	bytes_copy(to, value.at, value.len);
	*ret_len = value.len;
out:
	row_end(&r);
	return st;
}

static NTSTATUS
counts_put(struct store *s, struct database *db, const struct counts *counts)
{
	uint8_t value[12];
	struct writer w = writer_of(value, sizeof value);

	writer_u32(&w, counts->next_rid);
	writer_u64(&w, counts->change);
	return meta_put(s, db, "counts", bytes_of(value, sizeof value));
}

NTSTATUS
ledger_counts(struct store *s, struct database *db, struct counts *ret_counts)
{
	uint8_t value[12];
	struct reader r;
	struct counts c;
	size_t len;
	NTSTATUS st = meta_get(s, db, "counts", value, sizeof value, &len);

	if (st != STATUS_SUCCESS)
		return st == STATUS_DECRYPTION_FAILED ? STATUS_FILE_CORRUPT_ERROR : st;
	r = reader_of(bytes_of(value, len));
	c.next_rid = reader_u32(&r);
	c.change = reader_u64(&r);
	if (!reader_done(&r) || c.next_rid < ACCOUNT_FIRST_RID || c.next_rid > ACCOUNT_FIRST_RID + COUNTERS_MAX || c.change > INT64_MAX - 1)
		return STATUS_FILE_CORRUPT_ERROR;
	*ret_counts = c;
	return STATUS_SUCCESS;
}

/* --- account rows -------------------------------------------------------------- */

static void
row_take(struct ledger_row *to, struct row *r)
{
	struct ledger_row row = { .rid = (uint32_t)row_u64(r, 0, UINT32_MAX), .change = row_u64(r, 1, INT64_MAX) };

	row.gone = row_null(r, 2) && row_null(r, 7);
	if (!row.gone) {
		row.fold = row_blob(r, 2);
		row.name = row_text(r, 3);
		row.full_name = row_text(r, 4);
		row.flags = (uint32_t)row_u64(r, 5, ACCOUNT_FLAGS);
		row.password_set = row_u64(r, 6, INT64_MAX);
		row.sealed = row_blob(r, 7);
	}
	row.damaged = r->bad || row.fold.len > NAME_FOLD_MAX || row.name.len > NAME_UTF8_MAX || row.full_name.len > NAME_UTF8_MAX ||
	    row.rid < ACCOUNT_FIRST_RID || row.rid >= ACCOUNT_FIRST_RID + COUNTERS_MAX;
	*to = row;
}

NTSTATUS
ledger_unseal(struct store *s, const struct ledger_row *row, struct secret **ret_hash, bool *ret_blank)
{
	uint8_t about[ABOUT_MAX];
	struct secret *hidden = NULL, *hash = NULL;
	const uint8_t *from;
	NTSTATUS st;

	if (row->damaged || row->gone)
		return STATUS_DECRYPTION_FAILED;
	st = vault_unseal(s->vault, &hidden, about_row(about, row), row->sealed);
	if (st != STATUS_SUCCESS)
		return st;
	if (secret_len(hidden) != HIDDEN_LEN) {
		secret_drop(&hidden);
		return STATUS_DECRYPTION_FAILED;
	}
	WITH_SECRET(from, hidden) {
		hash = secret_of(bytes_of(from, ACCOUNT_HASH_LEN));
		*ret_blank = from[ACCOUNT_HASH_LEN] != 0;
	}
	secret_drop(&hidden);
	if (!hash)
		return STATUS_WORKING_SET_QUOTA;
	*ret_hash = hash;
	return STATUS_SUCCESS;
}

NTSTATUS
ledger_changes(struct store *s, uint64_t since, NTSTATUS (*each)(void *arg, const struct ledger_row *row), void *arg)
{
	struct row r = row_begin(&s->reader, CHANGES);
	struct ledger_row row;
	NTSTATUS st;

	row_bind_u64(&r, since);
	while ((st = row_step(&r)) == STATUS_SUCCESS) {
		row_take(&row, &r);
		st = each(arg, &row);
		if (st != STATUS_SUCCESS)
			break;
	}
	row_end(&r);
	return st == STATUS_NO_MORE_ENTRIES ? STATUS_SUCCESS : st;
}

static struct bytes
scratch_copy(uint8_t *to, struct bytes from)
{
	bytes_copy(to, from.at, from.len);
	return bytes_of(to, from.len);
}

NTSTATUS
ledger_find(struct store *s, const struct name_fold *fold, struct ledger_row *ret_row, struct ledger_scratch *scratch,
    struct secret **ret_hash, bool *ret_blank)
{
	struct row r = row_begin(&s->writer, BY_FOLD);
	struct bytes wanted = bytes_of(fold->at, fold->len);
	struct ledger_row row;
	NTSTATUS st;

	row_bind_blob(&r, wanted);
	st = row_step(&r);
	if (st == STATUS_NO_MORE_ENTRIES)
		st = STATUS_NO_SUCH_USER;
	if (st != STATUS_SUCCESS)
		goto out;
	row_take(&row, &r);
	st = row.damaged || !bytes_same(row.fold, wanted) ? STATUS_FILE_CORRUPT_ERROR : ledger_unseal(s, &row, ret_hash, ret_blank);
	if (st == STATUS_DECRYPTION_FAILED)
		st = STATUS_FILE_CORRUPT_ERROR;
	if (st != STATUS_SUCCESS)
		goto out;
	row.fold = scratch_copy(scratch->fold, row.fold);
	row.name = scratch_copy(scratch->name, row.name);
	row.full_name = scratch_copy(scratch->full_name, row.full_name);
	row.sealed = BYTES_NONE;
	*ret_row = row;
out:
	row_end(&r);
	return st;
}

NTSTATUS
ledger_put(struct store *s, const struct ledger_row *row, struct secret *hash, bool blank)
{
	uint8_t about[ABOUT_MAX], sealed[HIDDEN_LEN + VAULT_EXTRA], *to;
	struct secret *hidden = secret_new(HIDDEN_LEN);
	const uint8_t *from;
	struct row r;
	NTSTATUS st;

	if (!hidden)
		return STATUS_WORKING_SET_QUOTA;
	WITH_SECRET(to, hidden) {
		WITH_SECRET(from, hash)
			bytes_copy(to, from, ACCOUNT_HASH_LEN);
		to[ACCOUNT_HASH_LEN] = blank;
	}
	st = vault_seal(s->vault, sealed, about_row(about, row), hidden);
	secret_drop(&hidden);
	if (st != STATUS_SUCCESS)
		return st;
	r = row_begin(&s->writer, PUT);
	row_bind_u64(&r, row->rid);
	row_bind_u64(&r, row->change);
	row_bind_blob(&r, row->fold);
	row_bind_text(&r, row->name);
	row_bind_text(&r, row->full_name);
	row_bind_u64(&r, row->flags);
	row_bind_u64(&r, row->password_set);
	row_bind_blob(&r, bytes_of(sealed, sizeof sealed));
	st = row_step(&r);
	row_end(&r);
	return st == STATUS_NO_MORE_ENTRIES ? STATUS_SUCCESS : st;
}

NTSTATUS
ledger_bury(struct store *s, uint32_t rid, uint64_t change)
{
	struct row r = row_begin(&s->writer, BURY);
	NTSTATUS st;

	row_bind_u64(&r, change);
	row_bind_u64(&r, rid);
	st = row_step(&r);
	row_end(&r);
	return st == STATUS_NO_MORE_ENTRIES ? STATUS_SUCCESS : st;
}

/* --- policy rows ----------------------------------------------------------------- */

static struct bytes
policy_value(uint8_t to[4], uint32_t value)
{
	put_u32(to, value);
	return bytes_of(to, 4);
}

NTSTATUS
ledger_policies(struct store *s, uint32_t values[POLICY_COUNT])
{
	uint8_t about[ABOUT_MAX], number[4];
	struct row r = row_begin(&s->reader, POLICIES_GET);
	NTSTATUS st;

	for (unsigned i = 0; i < POLICY_COUNT; i++)
		values[i] = policy_rows[i].standard;
	while ((st = row_step(&r)) == STATUS_SUCCESS) {
		struct bytes name = row_text(&r, 0);
		uint32_t value = (uint32_t)row_u64(&r, 1, UINT32_MAX);
		struct bytes seal = row_blob(&r, 2);
		enum policy policy;
		NTSTATUS good;

		if (r.bad) {			/* it may have been any of them */
			st = STATUS_FILE_CORRUPT_ERROR;
			break;
		}
		good = vault_unseal(s->vault, NULL, about_pair(about, "policy", name, policy_value(number, value)), seal);
		if (good == STATUS_NO_MEMORY) {
			st = good;
			break;
		}
		if (!policy_find(&policy, name)) {	/* of a later version if the seal is right, else damaged */
			if (good == STATUS_SUCCESS)
				continue;
			st = STATUS_FILE_CORRUPT_ERROR;
			break;
		}
		values[policy] = good == STATUS_SUCCESS && value >= policy_rows[policy].min && value <= policy_rows[policy].max
		    ? value : policy_rows[policy].strict;
	}
	row_end(&r);
	return st == STATUS_NO_MORE_ENTRIES ? STATUS_SUCCESS : st;
}

NTSTATUS
ledger_put_policy(struct store *s, enum policy policy, uint32_t value)
{
	uint8_t about[ABOUT_MAX], number[4], seal[VAULT_EXTRA];
	struct bytes name = bytes_of_text(policy_rows[policy].name);
	struct row r;
	NTSTATUS st = vault_seal(s->vault, seal, about_pair(about, "policy", name, policy_value(number, value)), NULL);

	if (st != STATUS_SUCCESS)
		return st;
	r = row_begin(&s->writer, POLICY_PUT);
	row_bind_text(&r, name);
	row_bind_u64(&r, value);
	row_bind_blob(&r, bytes_of(seal, sizeof seal));
	st = row_step(&r);
	row_end(&r);
	return st == STATUS_NO_MORE_ENTRIES ? STATUS_SUCCESS : st;
}

/* --- transactions ------------------------------------------------------------------ */

static NTSTATUS
connect(struct store *s, struct database *db)
{
	NTSTATUS st;

	if (db->at)
		return STATUS_SUCCESS;
	st = database_open(db, s->db_path, texts, BUSY_MS);
	if (st == STATUS_SUCCESS)
		database_guard(db);
	return st;
}

/* A program that forks must have no connection open then: see database_open. */
static void
rest(struct store *s, struct database *db)
{
	database_undo(db);
	if (!s->exclusive) {
		database_put_off(db);
		database_close(db);
	}
}

NTSTATUS
ledger_look(struct store *s)
{
	NTSTATUS st = connect(s, &s->reader);

	return st == STATUS_SUCCESS ? database_exec(&s->reader, "begin") : st;
}

void
ledger_look_away(struct store *s)
{
	rest(s, &s->reader);
}

void
ledger_mend(struct store *s)
{
	if (connect(s, &s->reader) != STATUS_SUCCESS)
		return;
	(void)s->reader.sq->busy_timeout(s->reader.at, 0);
	if (database_exec(&s->reader, "begin immediate") == STATUS_SUCCESS)
		counters_mend(s->counters);
	database_undo(&s->reader);
	(void)s->reader.sq->busy_timeout(s->reader.at, BUSY_MS);
}

NTSTATUS
ledger_begin(struct store *s, struct counts *ret_counts)
{
	NTSTATUS st;

	if (!vault_alive(s->vault))
		return STATUS_INVALID_DEVICE_STATE;
	pthread_mutex_lock(&s->writer.lock);
	st = connect(s, &s->writer);
	if (st == STATUS_SUCCESS)
		st = database_exec(&s->writer, "begin immediate");
	if (st == STATUS_SUCCESS)
		st = ledger_counts(s, &s->writer, ret_counts);
	if (st != STATUS_SUCCESS) {
		rest(s, &s->writer);
		pthread_mutex_unlock(&s->writer.lock);
	}
	return st;
}

NTSTATUS
ledger_end(struct store *s, const struct counts *counts, NTSTATUS st)
{
	if (st == STATUS_SUCCESS)
		st = counts_put(s, &s->writer, counts);
	if (st == STATUS_SUCCESS) {
		uint64_t begun = counters_begin(s->counters);

		st = database_exec(&s->writer, "commit");
		s->wrote = true;
		database_undo(&s->writer);
		counters_end(s->counters, begun);
	}
	rest(s, &s->writer);
	pthread_mutex_unlock(&s->writer.lock);
	return st;
}

/* --- opening ------------------------------------------------------------------------- */

/* 21-a-b-c at random, and the name: given, or the host's. */
static NTSTATUS
identity_make(struct store *s, const char *given)
{
	uint8_t value[STORE_SID_LEN + COMPUTER_MAX], random[12], upper[2 * COMPUTER_MAX];
	char host[256] = "";
	struct writer w = writer_of(value, sizeof value), wide = writer_of(upper, sizeof upper);
	static const uint8_t head[] = { 1, 4, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0 };
	struct bytes name;
	NTSTATUS st;

	if (!vault_random(random, sizeof random))
		return STATUS_INTERNAL_ERROR;
	if (!given) {
		if (gethostname(host, sizeof host - 1) != 0 || !host[0])
			(void)snprintf(host, sizeof host, "LOCALHOST");
		host[strcspn(host, ".")] = '\0';
		if (strlen(host) > COMPUTER_LEN)
			host[COMPUTER_LEN] = '\0';
	}
	name = bytes_of_text(given ? given : host);
	if (!name_allowed(name) || name.len > COMPUTER_MAX || !utf16_from_utf8(&wide, name) || !writer_ok(&wide))
		return STATUS_OBJECT_NAME_INVALID;
	utf16_upper(upper, wide.need);
	writer_bytes(&w, bytes_of(head, sizeof head));
	writer_bytes(&w, bytes_of(random, sizeof random));
	if (!utf8_from_utf16(&w, bytes_of(upper, wide.need)) || !writer_ok(&w))
		return STATUS_OBJECT_NAME_INVALID;
	st = meta_put(s, &s->reader, "machine", bytes_of(value, w.need));
	if (st != STATUS_SUCCESS)
		return st;
	return counts_put(s, &s->reader, &(struct counts){ .next_rid = ACCOUNT_FIRST_RID });
}

static NTSTATUS
identity_take(struct store *s)
{
	uint8_t value[STORE_SID_LEN + COMPUTER_MAX];
	size_t len;
	NTSTATUS st = meta_get(s, &s->reader, "machine", value, sizeof value, &len);

	if (st != STATUS_SUCCESS)
		return st;
	if (len <= STORE_SID_LEN)
		return STATUS_FILE_CORRUPT_ERROR;
	memcpy(s->sid, value, sizeof s->sid);
	memcpy(s->computer, value + STORE_SID_LEN, len - STORE_SID_LEN);
	s->computer[len - STORE_SID_LEN] = '\0';
	return STATUS_SUCCESS;
}

static NTSTATUS
version_get(struct store *s, uint64_t *ret_version)
{
	struct row r = row_begin(&s->reader, VERSION_GET);
	NTSTATUS st = row_step(&r);

	if (st == STATUS_SUCCESS) {
		*ret_version = row_u64(&r, 0, UINT32_MAX);
		if (r.bad)
			st = STATUS_FILE_CORRUPT_ERROR;
	}
	row_end(&r);
	return st;
}

/* The sentence for a status that came from the database. */
static NTSTATUS
failed(NTSTATUS st, char why[STORE_WHY])
{
	static const struct { NTSTATUS status; const char *text; } rows[] = {
		{ STATUS_DLL_NOT_FOUND,		"libsqlite3.so.0 is missing or older than 3.31: install SQLite" },
		{ STATUS_DISK_FULL,		"the disk is full: make room, then try again" },
		{ STATUS_MEDIA_WRITE_PROTECTED,	"it cannot be written: the file system or the file is read-only" },
		{ STATUS_ACCESS_DENIED,		"permission denied: it must belong to the user who runs this" },
		{ STATUS_NO_MEMORY,		"no memory" },
		{ STATUS_TOO_MANY_OPENED_FILES,	"too many open files" },
		{ STATUS_SHARING_VIOLATION,	"another program keeps it locked" },
		{ STATUS_DECRYPTION_FAILED,	"the sealing key is another store's, or the file is damaged: restore the right one from a backup" },
		{ STATUS_INVALID_DEVICE_STATE, "this process was forked while its parent was reading it: fork earlier, or exec" },
		{ STATUS_REVISION_MISMATCH,	"a newer OpenLSA made it: use that one" },
		{ STATUS_OBJECT_NAME_INVALID,	"the computer's name is not usable: give one in the configuration" },
		{ STATUS_FILE_CORRUPT_ERROR,	"it is damaged: restore it from a backup, or save what is readable with: sqlite3 accounts.db .recover" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].status == st) {
			(void)snprintf(why, STORE_WHY, NAME ": %s.", rows[i].text);
			return st;
		}
	(void)snprintf(why, STORE_WHY, NAME ": it cannot be read or written (an error of the device?).");
	return st;
}

static NTSTATUS
ledger_make(struct store *s, const struct store_settings *settings)
{
	NTSTATUS st = database_exec(&s->reader, schema);

	if (st == STATUS_SUCCESS)
		st = identity_make(s, settings->computer_name);
	if (st == STATUS_SUCCESS)
		st = database_exec(&s->reader, "commit");
	database_undo(&s->reader);
	return st;
}

NTSTATUS
ledger_open(struct store *s, bool alone, const struct store_settings *settings, char why[STORE_WHY])
{
	NTSTATUS st = file_look(s->folder, NAME, NULL, why);
	uint64_t version = 0;
	int fd;

	if (st == STATUS_NO_SUCH_FILE) {
		/* Made here, for its mode; nobody can have it open, so no lock of SQLite's goes with this descriptor. */
		fd = alone ? openat(s->folder, NAME, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600) : -1;
		if (fd < 0)
			return alone ? folder_failed(errno, NAME, "making the database", why) : failed(STATUS_FILE_CORRUPT_ERROR, why);
		close(fd);
		if (file_folder_sync(s->folder, NAME) != STATUS_SUCCESS)
			return folder_failed(EIO, NAME, "making the database", why);
	} else if (st != STATUS_SUCCESS)
		return st;
	st = database_open(&s->reader, s->db_path, texts, BUSY_MS);
	if (st == STATUS_SUCCESS)
		st = version_get(s, &version);
	if (st == STATUS_SUCCESS && version > VERSION)
		st = STATUS_REVISION_MISMATCH;
	if (st == STATUS_SUCCESS && version == 0)
		st = alone ? ledger_make(s, settings) : STATUS_FILE_CORRUPT_ERROR;
	else if (st == STATUS_SUCCESS && settings->exclusive)
		st = database_check(&s->reader);
	if (st == STATUS_SUCCESS)
		st = identity_take(s);
	if (st != STATUS_SUCCESS)
		return failed(st, why);
	database_guard(&s->reader);
	return STATUS_SUCCESS;
}

void
ledger_close(struct store *s)
{
	/* What was put off. */
	if (s->wrote && !s->exclusive && connect(s, &s->writer) != STATUS_SUCCESS)
		s->wrote = false;		/* the log keeps it for the next one */
	database_close(&s->writer);
	database_close(&s->reader);
}
