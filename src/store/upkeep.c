/*
 * upkeep.c - copies of a store, put back, and another key for it. Whatever
 * is put in a place was whole and on the disk before; what was there is kept.
 * It must never learn who asks, or from where.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE		/* renameat2 */
#endif
#include "store/upkeep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/folder.h"
#include "store/ledger.h"

#define FRESH		"restore.new"
#define BUSY_MS		5000

static NTSTATUS
say(NTSTATUS st, char why[STORE_WHY], const char *sentence)
{
	(void)snprintf(why, STORE_WHY, "%s", sentence);
	return st;
}

static NTSTATUS
file_copy(int from_folder, const char *from, int to_folder, const char *to, char why[STORE_WHY])
{
	uint8_t block[16384];
	int in = openat(from_folder, from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), out;
	ssize_t n = -1;
	int error = 0;

	if (in < 0)
		return errno == ENOENT ? STATUS_NO_SUCH_FILE : folder_failed(errno, from, "opening it", why);
	out = openat(to_folder, to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out < 0) {
		error = errno;
		close(in);
		return folder_failed(error, to, "making it", why);
	}
	while (error == 0 && (n = read(in, block, sizeof block)) > 0) {
		errno = ENOSPC;
		if (write(out, block, (size_t)n) != n)
			error = errno;
	}
	if (error == 0 && (n < 0 || fsync(out) != 0))
		error = errno;
	bytes_wipe(block, sizeof block);		/* it may have been a key */
	close(in);
	close(out);
	return error == 0 ? STATUS_SUCCESS : folder_failed(error, to, "writing it", why);
}

/* --- a copy ------------------------------------------------------------------------- */

static const char *const copy_texts[DATABASE_STATEMENTS] = { "vacuum into ?" };

/* One moment of it, as SQLite sees it, with what stands in its log. */
static NTSTATUS
snapshot(const char *from, const char *to)
{
	struct database db = { 0 }, copy = { 0 };
	struct row r;
	NTSTATUS st = database_open(&db, from, copy_texts, BUSY_MS);

	if (st != STATUS_SUCCESS)
		return st;
	database_put_off(&db);
	st = database_check(&db);
	if (st == STATUS_SUCCESS) {
		(void)db.sq->set_authorizer(db.at, NULL, NULL);		/* it attaches what it writes */
		r = row_begin(&db, 0);
		row_bind_text(&r, bytes_of_text(to));
		st = row_step(&r);
		row_end(&r);
		st = st == STATUS_NO_MORE_ENTRIES ? STATUS_SUCCESS : st;
	}
	database_close(&db);
	if (st == STATUS_SUCCESS)
		st = database_open(&copy, to, copy_texts, BUSY_MS);
	if (st == STATUS_SUCCESS) {
		st = database_check(&copy);
		database_close(&copy);
	}
	return st;
}

static NTSTATUS
backup_fill(const struct store_settings *settings, int folder, int to, const char *to_path, bool *ret_key, char why[STORE_WHY])
{
	char path[2][2048], key[1100];
	int key_folder, fd;
	NTSTATUS st = file_look(folder, "db/accounts.db", NULL, why);

	if (st == STATUS_NO_SUCH_FILE)
		return say(st, why, "there is no db/accounts.db in that folder: --state names the one of the store.");
	if (st != STATUS_SUCCESS)
		return st;
	if (snprintf(path[0], sizeof path[0], "%s/db/accounts.db", settings->folder) >= (int)sizeof path[0] ||
	    snprintf(path[1], sizeof path[1], "%s/accounts.db", to_path) >= (int)sizeof path[1])
		return say(STATUS_OBJECT_PATH_NOT_FOUND, why, "the path is too long.");
	fd = openat(to, "accounts.db", O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return folder_failed(errno, "accounts.db", "making the copy", why);
	close(fd);				/* before SQLite has it: locks go with any descriptor */
	st = snapshot(path[0], path[1]);
	if (st != STATUS_SUCCESS)
		return ledger_failed(st, why);
	*ret_key = vault_key_path(key, sizeof key, &key_folder, folder, settings);
	if (*ret_key)
		st = file_copy(key_folder, key, to, "master.key", why);
	if (st == STATUS_NO_SUCH_FILE)
		return say(STATUS_DECRYPTION_FAILED, why, "the sealing key is missing, and without it the copy is worth nothing.");
	return st;
}

NTSTATUS
store_backup(const struct store_settings *settings, const char *to, bool *ret_key, char why[STORE_WHY])
{
	char *from_real = realpath(settings->folder, NULL), *to_real = NULL;
	struct store_settings found = *settings;
	int folder = -1, fd = -1;
	NTSTATUS st;

	why[0] = '\0';
	if (!from_real)
		return folder_failed(errno, settings->folder, "opening the store's folder", why);
	found.folder = from_real;
	st = folder_open(&folder, from_real, why);
	if (st == STATUS_SUCCESS && mkdir(to, 0700) != 0)
		st = errno == EEXIST ? say(STATUS_OBJECT_NAME_COLLISION, why, "the folder for the copy exists already: name a new one.")
		    : folder_failed(errno, to, "making the folder for the copy", why);
	if (st == STATUS_SUCCESS)
		st = folder_open(&fd, to, why);
	if (st == STATUS_SUCCESS && !(to_real = realpath(to, NULL)))
		st = folder_failed(errno, to, "finding its true place", why);
	if (st == STATUS_SUCCESS)
		st = backup_fill(&found, folder, fd, to_real, ret_key, why);
	if (st == STATUS_SUCCESS && (file_folder_sync(fd, "accounts.db") != STATUS_SUCCESS || file_folder_sync(AT_FDCWD, to_real) != STATUS_SUCCESS))
		st = folder_failed(EIO, to, "making the copy durable", why);
	if (st != STATUS_SUCCESS && fd >= 0) {	/* no half of one */
		(void)unlinkat(fd, "master.key", 0);
		(void)unlinkat(fd, "accounts.db", 0);
		(void)rmdir(to);
	}
	if (fd >= 0)
		close(fd);
	if (folder >= 0)
		close(folder);
	free(from_real);
	free(to_real);
	return st;
}

/* --- put back ------------------------------------------------------------------------- */

static void
fresh_remove(int folder)
{
	static const char *const files[] = {
		"db/accounts.db", "db/accounts.db-wal", "db/accounts.db-shm", "db/accounts.db-journal", "db/attempts", "db/attempts.new",
		"db/replays", "db/once", "key/master.key", "key/master.key.next", "lock", "audit.json",
	};
	static const char *const folders[] = { "db", "key", "." };
	int fd = openat(folder, FRESH, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		(void)unlinkat(fd, files[i], 0);
	for (size_t i = 0; i < 2; i++)
		(void)unlinkat(fd, folders[i], AT_REMOVEDIR);
	close(fd);
	(void)unlinkat(folder, FRESH, AT_REMOVEDIR);
}

/* What came, opened and read to its last row. */
static NTSTATUS
fresh_check(const struct store_settings *settings, const char *path, bool has_key, char why[STORE_WHY])
{
	struct store_settings look = { .folder = path, .exclusive = true, .key_file = has_key ? NULL : settings->key_file };
	struct store *s = NULL;
	NTSTATUS st = store_open(&s, &look, why);

	if (st != STATUS_SUCCESS)
		return st;
	if (s->shelf.damaged > 0)
		st = say(STATUS_FILE_CORRUPT_ERROR, why, "the copy has rows that do not verify: use another one.");
	store_close(s);
	return st;
}

static NTSTATUS
fresh_fill(const struct store_settings *settings, int folder, int from, int fresh, bool *ret_key, char why[STORE_WHY])
{
	int db = -1, key = -1, key_folder;
	char name[1100];
	NTSTATUS st = folder_sub(&db, fresh, "db", why);

	if (st == STATUS_SUCCESS)
		st = folder_sub(&key, fresh, "key", why);
	if (st == STATUS_SUCCESS)
		st = file_copy(from, "accounts.db", db, "accounts.db", why);
	if (st == STATUS_NO_SUCH_FILE)
		st = say(st, why, "there is no accounts.db in the folder to restore from.");
	if (st == STATUS_SUCCESS) {
		st = file_copy(from, "master.key", key, "master.key", why);
		*ret_key = st == STATUS_SUCCESS;
		/* A copy without a key is of this one, wherever that is. */
		if (st == STATUS_NO_SUCH_FILE && !settings->key_file && vault_key_path(name, sizeof name, &key_folder, folder, settings))
			st = file_copy(key_folder, name, key, "master.key", why);
		if (st == STATUS_NO_SUCH_FILE)
			st = STATUS_SUCCESS;
	}
	if (key >= 0)
		close(key);
	if (db >= 0)
		close(db);
	return st;
}

/* The key that came, beside the one in use: store_open finds it there if this ends before its name is changed. */
static NTSTATUS
key_lay(const struct store_settings *settings, int folder, int fresh, char why[STORE_WHY])
{
	char name[1100], next[1110];
	int key_folder;

	if (!vault_key_path(name, sizeof name, &key_folder, folder, settings))
		return say(STATUS_NOT_SUPPORTED, why, "the key is a credential of systemd's: put the copy's master.key there, and restore again.");
	(void)snprintf(next, sizeof next, "%s.next", name);
	(void)unlinkat(key_folder, next, 0);
	return file_copy(fresh, "key/master.key", key_folder, next, why);
}

/* The proofs that were seen stay seen. */
static void
proofs_keep(int folder, int fresh)
{
	static const char *const names[] = { "db/replays", "db/once" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		(void)unlinkat(fresh, names[i], 0);
		if (linkat(folder, names[i], fresh, names[i], 0) != 0)
			continue;			/* there were none */
	}
}

static NTSTATUS
put_back(const struct store_settings *settings, int folder, int fresh, bool has_key, char why[STORE_WHY])
{
	char name[1100], kept[64];
	int key_folder;
	NTSTATUS st = has_key ? key_lay(settings, folder, fresh, why) : STATUS_SUCCESS;

	if (st != STATUS_SUCCESS)
		return st;
	proofs_keep(folder, fresh);
	if (renameat2(folder, "db", fresh, "db", RENAME_EXCHANGE) != 0)
		return folder_failed(errno, "db", "putting the copy in its place", why);
	(void)fsync(folder);
	(void)fsync(fresh);
	if (has_key && vault_key_path(name, sizeof name, &key_folder, folder, settings)) {
		(void)unlinkat(fresh, "key/master.key", 0);
		(void)file_copy(key_folder, name, fresh, "key/master.key", why);	/* what was replaced, with its key */
		st = vault_next_keep(folder, settings, why);
	}
	(void)snprintf(kept, sizeof kept, "replaced-%llu", (unsigned long long)time(NULL));
	(void)renameat(folder, FRESH, folder, kept);
	(void)fsync(folder);
	if (st == STATUS_SUCCESS)
		why[0] = '\0';
	return st;
}

NTSTATUS
store_restore(const struct store_settings *settings, const char *from, char why[STORE_WHY])
{
	int folder = -1, lock = -1, fresh = -1, db = -1, key = -1, in = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool alone, has_key = false;
	char path[2048];
	NTSTATUS st;

	why[0] = '\0';
	if (in < 0)
		return folder_failed(errno, from, "opening the folder to restore from", why);
	st = folder_open(&folder, settings->folder, why);
	if (st == STATUS_SUCCESS)
		st = folder_lock(&lock, folder, true, &alone, why);
	if (st == STATUS_SUCCESS)
		st = folder_sub(&db, folder, "db", why);
	if (st == STATUS_SUCCESS)
		st = folder_sub(&key, folder, "key", why);
	if (st == STATUS_SUCCESS) {
		fresh_remove(folder);
		st = folder_sub(&fresh, folder, FRESH, why);
	}
	if (st == STATUS_SUCCESS)
		st = fresh_fill(settings, folder, in, fresh, &has_key, why);
	if (st == STATUS_SUCCESS && snprintf(path, sizeof path, "%s/" FRESH, settings->folder) >= (int)sizeof path)
		st = say(STATUS_OBJECT_PATH_NOT_FOUND, why, "the path is too long.");
	if (st == STATUS_SUCCESS)
		st = fresh_check(settings, path, has_key, why);
	if (st == STATUS_SUCCESS)
		st = put_back(settings, folder, fresh, has_key, why);
	if (st != STATUS_SUCCESS && folder >= 0)
		fresh_remove(folder);
	close(in);
	for (size_t i = 0; i < 4; i++) {
		int fd = (int[]){ fresh, key, db, folder }[i];

		if (fd >= 0)
			close(fd);
	}
	if (lock >= 0)
		close(lock);
	return st;
}

/* --- another key -------------------------------------------------------------------------- */

struct reseal { struct store *s; struct vault *next; };

static NTSTATUS
account_reseal(void *arg, const struct ledger_row *row)
{
	struct reseal *r = arg;
	struct vault *was = r->s->vault;
	struct secret *hash = NULL;
	bool blank = false;
	NTSTATUS st;

	if (row->gone)
		return STATUS_SUCCESS;
	st = ledger_unseal(r->s, row, &hash, &blank);
	if (st != STATUS_SUCCESS)
		return st;
	r->s->vault = r->next;
	st = ledger_put(r->s, row, hash, blank);
	r->s->vault = was;
	secret_drop(&hash);
	return st;
}

/* One transaction; when it has happened the store has the next key. */
static NTSTATUS
all_reseal(struct store *s, struct vault **next)
{
	struct reseal both = { s, *next };
	struct vault *was = s->vault;
	struct counts counts;
	NTSTATUS st = ledger_begin(s, &counts);

	if (st != STATUS_SUCCESS)
		return st;
	st = ledger_look(s);
	if (st == STATUS_SUCCESS)
		st = ledger_changes(s, 0, account_reseal, &both);
	if (st == STATUS_SUCCESS)
		st = book_reseal(s, *next);
	if (st == STATUS_SUCCESS)
		st = ledger_reseal(s, *next);
	ledger_look_away(s);
	s->vault = *next;
	st = ledger_end(s, &counts, st);
	if (st == STATUS_SUCCESS)
		*next = was;
	else
		s->vault = was;
	return st;
}

NTSTATUS
store_rotate(const struct store_settings *settings, char why[STORE_WHY])
{
	struct store_settings own = *settings;
	struct vault *next = NULL;
	struct store *s = NULL;
	NTSTATUS st;

	own.exclusive = true;
	st = store_open(&s, &own, why);
	if (st != STATUS_SUCCESS)
		return st;
	st = vault_next_make(&next, s->folder, &own, why);
	if (st == STATUS_SUCCESS) {
		st = all_reseal(s, &next);
		if (st == STATUS_SUCCESS)
			st = vault_next_keep(s->folder, &own, why);
		else {
			vault_next_forget(s->folder, &own);
			(void)ledger_failed(st, why);
		}
	}
	vault_drop(next);
	store_close(s);				/* the log, which has rows of the old key, is written back and goes */
	return st;
}
