/*
 * sqlite.h - SQLite as the store uses it: loaded when first needed, so that
 * a program that never opens a store does not carry it, and one connection
 * as a database file that is not trusted.
 */
#ifndef OPENLSA_STORE_SQLITE_H
#define OPENLSA_STORE_SQLITE_H

#include <ntdef.h>
#include <ntstatus.h>
#include <pthread.h>
#include <sqlite3.h>

#include "base/bytes.h"

#define SQLITE_CALLS(S) \
	S(open_v2) S(close_v2) S(extended_result_codes) S(busy_timeout) S(db_config) S(limit) S(exec) \
	S(set_authorizer) S(system_errno) S(get_autocommit) S(changes) \
	S(prepare_v3) S(finalize) S(step) S(reset) S(clear_bindings) \
	S(bind_int64) S(bind_blob) S(bind_text) S(bind_null) \
	S(column_type) S(column_int64) S(column_blob) S(column_bytes) \
	S(libversion_number) S(threadsafe)

struct sqlite {
#define SQLITE_MEMBER(name) __typeof__(sqlite3_##name) *name;
	SQLITE_CALLS(SQLITE_MEMBER)
#undef SQLITE_MEMBER
};

/* NULL: the library is not there or older than 3.31. The first call loads it. */
const struct sqlite *sqlite_get(void);

#define DATABASE_STATEMENTS 16

/* One connection; `lock` is held by whoever uses it. All zero is a closed one. */
struct database {
	pthread_mutex_t lock;
	const struct sqlite *sq;
	sqlite3 *at;
	sqlite3_stmt *made[DATABASE_STATEMENTS];	/* of the texts below, prepared when first used */
	const char *const *texts;
	bool guarded;					/* only reads and writes of rows from now on */
};

/*
 * The file exists already. busy_ms: how long to wait for another writer. STATUS_INVALID_DEVICE_STATE: this process
 * was forked while a connection was open, and can have none of its own.
 */
NTSTATUS database_open(struct database *db, const char *path, const char *const *texts, int busy_ms) MUST_CHECK;
void database_close(struct database *db);
/* Closing moves what was written from the log into the file, unless put off: that costs some syncs. */
void database_put_off(struct database *db);
/* Fixed text, no parameters. */
NTSTATUS database_exec(struct database *db, const char *text) MUST_CHECK;
NTSTATUS database_check(struct database *db) MUST_CHECK;	/* integrity_check: also that indices and tables agree */
void database_guard(struct database *db);
void database_undo(struct database *db);			/* ends a transaction, if there is one */

/*
 * A statement is asked for, bound, stepped and put back. Binding remembers its first
 * mistake and stepping reports it. Blobs and text that are bound must stay until row_end.
 */
struct row {
	struct database *db;
	sqlite3_stmt *at;
	int rc, next;				/* next parameter */
	bool bad;				/* a column was not what it should be */
};
struct row row_begin(struct database *db, int which);
void row_bind_u64(struct row *r, uint64_t v);	/* at most INT64_MAX */
void row_bind_blob(struct row *r, struct bytes b);	/* empty is an empty blob */
void row_bind_text(struct row *r, struct bytes b);
void row_bind_null(struct row *r);
/* STATUS_SUCCESS: a row; STATUS_NO_MORE_ENTRIES: done. */
NTSTATUS row_step(struct row *r) MUST_CHECK;
/* Valid until the next step. A wrong type marks the row bad and yields nothing. */
uint64_t row_u64(struct row *r, int column, uint64_t max);
struct bytes row_blob(struct row *r, int column);
struct bytes row_text(struct row *r, int column);
bool row_null(struct row *r, int column);
void row_end(struct row *r);

#endif
