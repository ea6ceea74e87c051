/*
 * ledger.c - accounts.db: its tables, its transactions, and its making. What
 * is in a row, ledger_row.c knows.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/random.h"
#include "base/utf16.h"
#include "store/folder.h"
#include "store/ledger.h"

#define VERSION		3u
#define NAME		"db/accounts.db"
#define BUSY_MS		5000
#define COMPUTER_LEN	15u				/* of a name that we make up: NetBIOS */

static const char schema[] =
	"begin immediate;"
	"create table meta(key text primary key, value blob not null, seal blob not null) without rowid;"
	"create table policy(name text primary key, value integer not null, seal blob not null) without rowid;"
	"create table account(rid integer primary key, change integer not null, fold blob unique, name text, full_name text,"
	" flags integer, password_set integer, seal blob);"
	"create index account_change on account(change);";
/* Version 2: policy's entries. */
static const char schema_entries[] =
	"create table entry(kind integer, key blob, change integer not null, seal blob, primary key(kind, key)) without rowid;"
	"create index entry_change on entry(change);";
/* Version 3: a seal over all policies. */
static const char schema_version[] = "pragma user_version=3";

#define EMPTIED "fold = null, name = null, full_name = null, flags = null, password_set = null, seal = null"
#define COLUMNS "rid, change, fold, name, full_name, flags, password_set, seal"
static const char *const texts[DATABASE_STATEMENTS] = {
	[VERSION_GET]  = "pragma user_version",
	[META_GET]     = "select value, seal from meta where key = ?",
	[META_ALL]     = "select key, value, seal from meta",
	[META_PUT]     = "insert or replace into meta(key, value, seal) values(?, ?, ?)",
	[CHANGES]      = "select " COLUMNS " from account where change > ? order by change",
	[BY_FOLD]      = "select " COLUMNS " from account where fold = ?",
	[PUT]          = "insert or replace into account(" COLUMNS ") values(?, ?, ?, ?, ?, ?, ?, ?)",
	[BURY]         = "update account set change = ?, " EMPTIED " where rid = ?",
	[POLICIES_GET] = "select name, value, seal from policy",
	[POLICY_PUT]   = "insert or replace into policy(name, value, seal) values(?, ?, ?)",
	[ENTRY_CHANGES] = "select kind, key, change, seal from entry where change > ? order by change",
	[ENTRY_GET]    = "select kind, key, change, seal from entry where kind = ? and key = ?",
	[ENTRY_PUT]    = "insert or replace into entry(kind, key, change, seal) values(?, ?, ?, ?)",
};

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
		st = ledger_counts_put(s, &s->writer, counts);
	if (st == STATUS_SUCCESS) {
		uint64_t begun = counters_begin(s->counters);

		st = database_exec(&s->writer, "commit");
		if (st == STATUS_SUCCESS)
			counters_saw(s->counters, counts->change);
		s->wrote = true;
		database_undo(&s->writer);
		counters_end(s->counters, begun);
	}
	rest(s, &s->writer);
	pthread_mutex_unlock(&s->writer.lock);
	return st;
}

void
ledger_leave(struct store *s)
{
	rest(s, &s->writer);
	pthread_mutex_unlock(&s->writer.lock);
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

	if (!random_bytes(random, sizeof random))
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
	st = ledger_meta_put(s, &s->reader, "machine", bytes_of(value, w.need));
	if (st != STATUS_SUCCESS)
		return st;
	return ledger_counts_put(s, &s->reader, &(struct counts){ .next_rid = ACCOUNT_FIRST_RID });
}

static NTSTATUS
identity_take(struct store *s)
{
	uint8_t value[STORE_SID_LEN + COMPUTER_MAX];
	size_t len;
	NTSTATUS st = ledger_meta_get(s, &s->reader, "machine", value, sizeof value, &len);

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
NTSTATUS
ledger_failed(NTSTATUS st, char why[STORE_WHY])
{
	static const struct { NTSTATUS status; const char *text; } rows[] = {
		{ STATUS_DLL_NOT_FOUND,		"libsqlite3.so.0 is missing or older than 3.31: install SQLite" },
		{ STATUS_DISK_FULL,		"the disk is full: make room, then try again" },
		{ STATUS_MEDIA_WRITE_PROTECTED,	"it cannot be written: the file system or the file is read-only" },
		{ STATUS_ACCESS_DENIED,		"permission denied: it must belong to the user who runs this" },
		{ STATUS_NO_MEMORY,		"no memory" },
		{ STATUS_WORKING_SET_QUOTA,	"memory for secrets cannot be locked: raise the limit RLIMIT_MEMLOCK (ulimit -l)" },
		{ STATUS_TOO_MANY_OPENED_FILES,	"too many open files" },
		{ STATUS_SHARING_VIOLATION,	"another program keeps it locked" },
		{ STATUS_DECRYPTION_FAILED,	"the sealing key is another store's, or the file is damaged: put both back with lsad --restore, see lsad(8); where lsad --rotate-key was interrupted, run it again" },
		{ STATUS_INVALID_DEVICE_STATE, "this process was forked while its parent was reading it: fork earlier, or exec" },
		{ STATUS_REVISION_MISMATCH,	"a newer OpenLSA made it: use that one, or put a backup of this one back with lsad --restore, see lsad(8)" },
		{ STATUS_OBJECT_NAME_INVALID,	"the computer's name is not usable: give one in the configuration" },
		{ STATUS_FILE_CORRUPT_ERROR,	"it is damaged: put a backup back with lsad --restore, see lsad(8), or save what is readable with: sqlite3 accounts.db .recover" },
		{ STATUS_FILE_INVALID,		"it is older than db/attempts remembers, or gone: put it back with lsad --restore, see lsad(8); to begin with it as it is, remove db/attempts" },
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
		st = database_exec(&s->reader, schema_entries);
	if (st == STATUS_SUCCESS)
		st = database_exec(&s->reader, schema_version);
	if (st == STATUS_SUCCESS)
		st = identity_make(s, settings->computer_name);
	if (st == STATUS_SUCCESS)
		st = ledger_policies_seal(s, &s->reader);
	if (st == STATUS_SUCCESS)
		st = database_exec(&s->reader, "commit");
	s->wrote = true;
	database_undo(&s->reader);
	return st;
}

/* From an older version: nothing of it changes. */
static NTSTATUS
ledger_grow(struct store *s, uint64_t version)
{
	NTSTATUS st = database_exec(&s->reader, "begin immediate");

	if (st == STATUS_SUCCESS && version < 2)
		st = database_exec(&s->reader, schema_entries);
	if (st == STATUS_SUCCESS)
		st = database_exec(&s->reader, schema_version);
	if (st == STATUS_SUCCESS)
		st = ledger_policies_seal(s, &s->reader);
	if (st == STATUS_SUCCESS)
		st = database_exec(&s->reader, "commit");
	s->wrote = true;
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
			return alone ? folder_failed(errno, NAME, "making the database", why) : ledger_failed(STATUS_FILE_CORRUPT_ERROR, why);
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
	if (st == STATUS_SUCCESS && version == 0 && counters_witness(s->counters) > 0)
		st = STATUS_FILE_INVALID;		/* there was one */
	if (st == STATUS_SUCCESS && version == 0)
		st = alone ? ledger_make(s, settings) : STATUS_FILE_CORRUPT_ERROR;
	else if (st == STATUS_SUCCESS)
		st = database_check(&s->reader);
	if (st == STATUS_SUCCESS)
		st = identity_take(s);		/* before anything is written: it shows whether the key is this one's */
	if (st == STATUS_SUCCESS && version != 0 && version < VERSION)
		st = alone ? ledger_grow(s, version) : STATUS_SHARING_VIOLATION;
	if (st != STATUS_SUCCESS)
		return ledger_failed(st, why);
	database_guard(&s->reader);
	/* Now, while there are descriptors: later, strangers may have taken them all. */
	st = s->exclusive ? connect(s, &s->writer) : STATUS_SUCCESS;
	return st == STATUS_SUCCESS ? st : ledger_failed(st, why);
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
