/*
 * sqlite.c - the library loaded by hand, and one connection to a file that
 * somebody may have tampered with (row E5 of the bug list): defensive mode,
 * no trust in its schema, an authorizer that lets nothing pass but reading
 * and writing rows, bound parameters only.
 */
#include "store/sqlite.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/fork.h"

#define OLDEST 3031000			/* SQLITE_OPEN_NOFOLLOW, trusted_schema */

/* For as long as the process lives. */
static _Atomic(struct sqlite *) loaded;

/* Connections of this process image: see database_open. */
static _Atomic uint64_t image;
static _Atomic unsigned open_count;

static struct sqlite *
load(void)
{
	static const char *const names[] = {
#define SQLITE_NAME(name) "sqlite3_" #name,
		SQLITE_CALLS(SQLITE_NAME)
#undef SQLITE_NAME
	};
	void *library = dlopen("libsqlite3.so.0", RTLD_NOW | RTLD_LOCAL);
	struct sqlite *table = library ? calloc(1, sizeof *table) : NULL;
	void **to = (void **)(void *)table;
	bool good = table != NULL;

	for (size_t i = 0; good && i < sizeof names / sizeof *names; i++) {
		to[i] = dlsym(library, names[i]);
		good = to[i] != NULL;
	}
	if (good && table->libversion_number() >= OLDEST && table->threadsafe() != 0)
		return table;
	free(table);
	if (library)
		dlclose(library);
	return NULL;
}

/* Not pthread_once: a first time without memory or descriptors must not be the last. Of two threads one gives its table back. */
const struct sqlite *
sqlite_get(void)
{
	struct sqlite *have = atomic_load_explicit(&loaded, memory_order_acquire), *fresh;

	if (have)
		return have;
	fresh = load();
	if (fresh && !atomic_compare_exchange_strong(&loaded, &have, fresh)) {
		free(fresh);
		return have;
	}
	return fresh ? fresh : have;
}

static NTSTATUS
status_of_errno(int error, NTSTATUS otherwise)
{
	switch (error) {
	case ENOSPC: case EDQUOT:	return STATUS_DISK_FULL;
	case EROFS:			return STATUS_MEDIA_WRITE_PROTECTED;
	case EMFILE: case ENFILE:	return STATUS_TOO_MANY_OPENED_FILES;
	case ENOMEM:			return STATUS_NO_MEMORY;
	case EACCES: case EPERM:	return STATUS_ACCESS_DENIED;
	}
	return otherwise;
}

static NTSTATUS
status_of(struct database *db, int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:	case SQLITE_ROW:	return STATUS_SUCCESS;
	case SQLITE_DONE:			return STATUS_NO_MORE_ENTRIES;
	case SQLITE_BUSY: case SQLITE_LOCKED:	return STATUS_SHARING_VIOLATION;
	case SQLITE_NOMEM:			return STATUS_NO_MEMORY;
	case SQLITE_FULL:			return STATUS_DISK_FULL;
	case SQLITE_READONLY:			return STATUS_MEDIA_WRITE_PROTECTED;
	case SQLITE_PERM: case SQLITE_AUTH:	return STATUS_ACCESS_DENIED;
	case SQLITE_CORRUPT: case SQLITE_NOTADB: case SQLITE_FORMAT: case SQLITE_SCHEMA: case SQLITE_MISMATCH:
	case SQLITE_CONSTRAINT: case SQLITE_ERROR: case SQLITE_TOOBIG:
		return STATUS_FILE_CORRUPT_ERROR;
	case SQLITE_IOERR:
		if (rc == SQLITE_IOERR_NOMEM)
			return STATUS_NO_MEMORY;
		if (rc == SQLITE_IOERR_CORRUPTFS || rc == SQLITE_IOERR_SHORT_READ)
			return STATUS_FILE_CORRUPT_ERROR;
		return status_of_errno(db->at ? db->sq->system_errno(db->at) : 0, STATUS_UNEXPECTED_IO_ERROR);
	case SQLITE_CANTOPEN:
		return status_of_errno(db->at ? db->sq->system_errno(db->at) : 0, STATUS_UNEXPECTED_IO_ERROR);
	}
	return STATUS_INTERNAL_ERROR;
}

/* A hostile schema would act through triggers and views: whatever they do carries their name here. */
static int
authorize(void *arg, int action, const char *a, const char *b, const char *place, const char *trigger)
{
	struct database *db = arg;

	(void)a;
	(void)b;
	(void)place;
	if (!db->guarded)
		return action == SQLITE_ATTACH || action == SQLITE_DETACH ? SQLITE_DENY : SQLITE_OK;
	if (trigger)
		return SQLITE_DENY;
	switch (action) {
	case SQLITE_SELECT: case SQLITE_READ: case SQLITE_INSERT: case SQLITE_UPDATE: case SQLITE_TRANSACTION:
		return SQLITE_OK;
	}
	return SQLITE_DENY;
}

/*
 * SQLite remembers, in memory, which locks the process holds; in a child of fork()
 * that memory is wrong for as long as it speaks of a connection that was open
 * then, and a connection of the child's own could corrupt the file. So in such
 * a child none is opened.
 */
static bool
image_is_clean(void)
{
	uint64_t before = atomic_load(&image), now = fork_stamp();

	if (now == 0)
		return false;
	if (before != now && before != 0 && atomic_load(&open_count) != 0)
		return false;
	atomic_store(&image, now);
	return true;
}

NTSTATUS
database_open(struct database *db, const char *path, const char *const *texts, int busy_ms)
{
	static const struct { int what, value; } switches[] = {
		{ SQLITE_DBCONFIG_DEFENSIVE,		1 },
		{ SQLITE_DBCONFIG_TRUSTED_SCHEMA,	0 },
		{ SQLITE_DBCONFIG_ENABLE_TRIGGER,	0 },
		{ SQLITE_DBCONFIG_ENABLE_VIEW,		0 },
		{ SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
		{ SQLITE_DBCONFIG_DQS_DML,		0 },
		{ SQLITE_DBCONFIG_DQS_DDL,		0 },
	};
	NTSTATUS st;
	int rc;

	db->sq = sqlite_get();
	if (!db->sq)
		return STATUS_DLL_NOT_FOUND;
	if (!image_is_clean())
		return STATUS_INVALID_DEVICE_STATE;
	db->texts = texts;
	db->guarded = false;
	(void)atomic_fetch_add(&open_count, 1);
	rc = db->sq->open_v2(path, &db->at,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_PRIVATECACHE, NULL);
	st = status_of(db, rc);
	for (size_t i = 0; st == STATUS_SUCCESS && i < sizeof switches / sizeof *switches; i++)
		st = status_of(db, db->sq->db_config(db->at, switches[i].what, switches[i].value, NULL));
	if (st == STATUS_SUCCESS) {
		(void)db->sq->extended_result_codes(db->at, 1);
		(void)db->sq->limit(db->at, SQLITE_LIMIT_LENGTH, 1 << 20);
		st = status_of(db, db->sq->set_authorizer(db->at, authorize, db));
	}
	if (st == STATUS_SUCCESS)
		st = status_of(db, db->sq->busy_timeout(db->at, busy_ms));
	/* WAL is in the file; asking again costs nothing, and makes a new file one. */
	if (st == STATUS_SUCCESS)
		st = database_exec(db, "pragma cell_size_check=on; pragma mmap_size=0; pragma temp_store=memory;"
		    "pragma secure_delete=on; pragma foreign_keys=off; pragma journal_mode=wal; pragma synchronous=full");
	if (st != STATUS_SUCCESS && !db->at)
		(void)atomic_fetch_sub(&open_count, 1);
	else if (st != STATUS_SUCCESS)
		database_close(db);
	return st;
}

void
database_close(struct database *db)
{
	if (!db->at)
		return;
	for (int i = 0; i < DATABASE_STATEMENTS; i++) {
		(void)db->sq->finalize(db->made[i]);
		db->made[i] = NULL;
	}
	(void)db->sq->close_v2(db->at);
	db->at = NULL;
	(void)atomic_fetch_sub(&open_count, 1);
}

void
database_put_off(struct database *db)
{
	if (db->at)
		(void)db->sq->db_config(db->at, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

NTSTATUS
database_exec(struct database *db, const char *text)
{
	return status_of(db, db->sq->exec(db->at, text, NULL, NULL, NULL));
}

void
database_guard(struct database *db)
{
	db->guarded = true;
}

void
database_undo(struct database *db)
{
	if (db->at && !db->sq->get_autocommit(db->at))
		(void)db->sq->exec(db->at, "rollback", NULL, NULL, NULL);
}

static int
first_line(void *arg, int columns, char **values, char **names)
{
	(void)names;
	*(bool *)arg = columns == 1 && values[0] && strcmp(values[0], "ok") == 0;
	return !*(bool *)arg;			/* anything else ends it */
}

NTSTATUS
database_check(struct database *db)
{
	bool good = false;
	int rc = db->sq->exec(db->at, "pragma integrity_check(1)", first_line, &good, NULL);

	if (rc == SQLITE_OK && good)
		return STATUS_SUCCESS;
	return rc == SQLITE_OK || (rc & 0xff) == SQLITE_ABORT ? STATUS_FILE_CORRUPT_ERROR : status_of(db, rc);
}

/* --- statements -------------------------------------------------------- */

struct row
row_begin(struct database *db, int which)
{
	struct row r = { .db = db, .rc = SQLITE_OK, .next = 1 };

	if (!db->made[which])
		r.rc = db->sq->prepare_v3(db->at, db->texts[which], -1, SQLITE_PREPARE_PERSISTENT, &db->made[which], NULL);
	r.at = db->made[which];
	if (r.rc == SQLITE_OK && !r.at)
		r.rc = SQLITE_NOMEM;
	return r;
}

void
row_bind_u64(struct row *r, uint64_t v)
{
	if (r->rc == SQLITE_OK)
		r->rc = v > INT64_MAX ? SQLITE_TOOBIG : r->db->sq->bind_int64(r->at, r->next++, (sqlite3_int64)v);
}

void
row_bind_blob(struct row *r, struct bytes b)
{
	if (r->rc == SQLITE_OK)		/* a null pointer would bind NULL */
		r->rc = r->db->sq->bind_blob(r->at, r->next++, b.at ? (const void *)b.at : "", (int)b.len, SQLITE_STATIC);
}

void
row_bind_text(struct row *r, struct bytes b)
{
	if (r->rc == SQLITE_OK)
		r->rc = r->db->sq->bind_text(r->at, r->next++, b.at ? (const char *)b.at : "", (int)b.len, SQLITE_STATIC);
}

void
row_bind_null(struct row *r)
{
	if (r->rc == SQLITE_OK)
		r->rc = r->db->sq->bind_null(r->at, r->next++);
}

NTSTATUS
row_step(struct row *r)
{
	r->bad = false;
	if (r->rc == SQLITE_OK || r->rc == SQLITE_ROW)
		r->rc = r->db->sq->step(r->at);
	return status_of(r->db, r->rc);
}

uint64_t
row_u64(struct row *r, int column, uint64_t max)
{
	sqlite3_int64 v = 0;

	if (r->db->sq->column_type(r->at, column) == SQLITE_INTEGER)
		v = r->db->sq->column_int64(r->at, column);
	else
		r->bad = true;
	if (v < 0 || (uint64_t)v > max) {
		r->bad = true;
		v = 0;
	}
	return (uint64_t)v;
}

static struct bytes
row_span(struct row *r, int column, int type)
{
	const void *at;
	int len;

	if (r->db->sq->column_type(r->at, column) != type) {
		r->bad = true;
		return BYTES_NONE;
	}
	at = r->db->sq->column_blob(r->at, column);
	len = r->db->sq->column_bytes(r->at, column);
	if (len < 0 || (len > 0 && !at)) {		/* no memory for it */
		r->bad = true;
		return BYTES_NONE;
	}
	return bytes_of(at, (size_t)len);
}

struct bytes
row_blob(struct row *r, int column)
{
	return row_span(r, column, SQLITE_BLOB);
}

struct bytes
row_text(struct row *r, int column)
{
	return row_span(r, column, SQLITE_TEXT);
}

bool
row_null(struct row *r, int column)
{
	return r->db->sq->column_type(r->at, column) == SQLITE_NULL;
}

void
row_end(struct row *r)
{
	if (r->at) {
		(void)r->db->sq->reset(r->at);
		(void)r->db->sq->clear_bindings(r->at);
	}
	r->at = NULL;
}
