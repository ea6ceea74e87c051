/*
 * store.c - opening and closing the estate: folder, lock, key, counters,
 * database, in this order, because each rests on the one before.
 */
#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/folder.h"
#include "store/ledger.h"

static struct store *
store_blank(void)
{
	struct store *s = aligned_alloc(_Alignof(struct store), sizeof *s);

	if (!s)
		return NULL;
	memset(s, 0, sizeof *s);
	s->folder = s->lock = -1;
	(void)pthread_mutex_init(&s->reader.lock, NULL);
	(void)pthread_mutex_init(&s->writer.lock, NULL);
	return s;
}

/* SQLite wants a path; it refuses one with links in it, so it gets the true one. */
static NTSTATUS
path_make(struct store *s, const char *folder, char why[STORE_WHY])
{
	static const char name[] = "/db/accounts.db";
	char *real = realpath(folder, NULL);
	size_t len = real ? strlen(real) : 0;
	NTSTATUS st = STATUS_SUCCESS;

	if (real)
		s->db_path = malloc(len + sizeof name);
	if (s->db_path) {
		memcpy(s->db_path, real, len);
		memcpy(s->db_path + len, name, sizeof name);
	} else
		st = folder_failed(real ? ENOMEM : errno, folder, "finding its true place", why);
	free(real);
	return st;
}

/* There is no database yet, or an empty one: a new key may be made. */
static NTSTATUS
fresh_look(struct store *s, bool *ret_fresh, char why[STORE_WHY])
{
	uint64_t size = 0;
	NTSTATUS st = file_look(s->folder, "db/accounts.db", &size, why);

	if (st != STATUS_SUCCESS && st != STATUS_NO_SUCH_FILE)
		return st;
	*ret_fresh = st == STATUS_NO_SUCH_FILE || size == 0;
	return STATUS_SUCCESS;
}

/* A change of the key was interrupted: after its commit the next key opens the database, before it the old one does. */
static NTSTATUS
next_key_try(struct store *s, const struct store_settings *settings, char why[STORE_WHY])
{
	char said[STORE_WHY], none[STORE_WHY];
	struct vault *next = NULL, *was = s->vault;
	NTSTATUS st;

	(void)snprintf(said, sizeof said, "%s", why);
	if (vault_next_open(&next, s->folder, settings, none) != STATUS_SUCCESS)
		return STATUS_DECRYPTION_FAILED;
	database_close(&s->writer);
	database_close(&s->reader);
	s->vault = next;
	st = ledger_open(s, true, settings, none);
	if (st == STATUS_SUCCESS)
		st = vault_next_keep(s->folder, settings, why);
	if (st != STATUS_SUCCESS) {
		s->vault = was;
		was = next;
		(void)snprintf(why, STORE_WHY, "%s", said);
	} else
		why[0] = '\0';
	vault_drop(was);
	return st;
}

static NTSTATUS
store_fill(struct store *s, const struct store_settings *settings, char why[STORE_WHY])
{
	bool alone = false, fresh = false;
	struct counts counts;
	NTSTATUS st;
	int db = -1, key = -1;

	s->exclusive = settings->exclusive;
	st = folder_open(&s->folder, settings->folder, why);
	if (st == STATUS_SUCCESS)
		st = path_make(s, settings->folder, why);
	if (st == STATUS_SUCCESS)
		st = folder_sub(&db, s->folder, "db", why);
	if (st == STATUS_SUCCESS)
		st = folder_sub(&key, s->folder, "key", why);
	if (st == STATUS_SUCCESS)
		st = folder_lock(&s->lock, s->folder, settings->exclusive, &alone, why);
	if (st == STATUS_SUCCESS)
		st = fresh_look(s, &fresh, why);
	if (st == STATUS_SUCCESS)
		st = vault_open(&s->vault, s->folder, settings, fresh && alone, why);
	if (st == STATUS_SUCCESS)
		st = counters_open(&s->counters, db, alone, IN_FLIGHT_MASK, why);
	if (st == STATUS_SUCCESS)
		st = ledger_open(s, alone, settings, why);
	if (st == STATUS_DECRYPTION_FAILED && alone && s->reader.at)
		st = next_key_try(s, settings, why);
	else if (st == STATUS_SUCCESS && alone)
		vault_next_forget(s->folder, settings);
	if (st == STATUS_SUCCESS)
		st = trail_open(&s->trail, s->folder, &settings->audit);
	if (st == STATUS_SUCCESS)
		st = shelf_init(&s->shelf);
	if (st == STATUS_SUCCESS)
		st = book_init(&s->book);
	/* A file of counters that was made anew needs a place for everyone who is here already. */
	if (st == STATUS_SUCCESS)
		st = ledger_counts(s, &s->reader, &counts);
	if (st == STATUS_SUCCESS && alone)
		st = counters_grow(s->counters, counts.next_rid - ACCOUNT_FIRST_RID);
	if (st == STATUS_SUCCESS)
		st = shelf_refresh(s);
	if (st == STATUS_SUCCESS && alone && !settings->exclusive)
		st = folder_share(s->lock, why);
	if (st != STATUS_SUCCESS && !why[0])
		(void)ledger_failed(st, why);
	if (key >= 0)
		close(key);
	if (db >= 0)
		close(db);
	return st;
}

NTSTATUS
store_open(struct store **ret_store, const struct store_settings *settings, char why[STORE_WHY])
{
	struct store *s = store_blank();
	NTSTATUS st;

	why[0] = '\0';
	if (!s) {
		(void)snprintf(why, STORE_WHY, "no memory.");
		return STATUS_NO_MEMORY;
	}
	st = store_fill(s, settings, why);
	if (st != STATUS_SUCCESS) {
		store_close(s);
		return st;
	}
	*ret_store = s;
	return STATUS_SUCCESS;
}

void
store_close(struct store *store)
{
	bool ours;

	if (!store)
		return;
	/* In a forked child SQLite would take the parent's files for its own, and locks may be held by threads that are not here: leave all that. */
	ours = !store->vault || vault_alive(store->vault);
	trail_close(store->trail, ours);
	if (ours) {
		ledger_close(store);
		shelf_end(&store->shelf);
		book_drop(&store->book);
		counters_drop(store->counters);
		replays_drop(atomic_load(&store->replays));
		vault_drop(store->vault);
		(void)pthread_mutex_destroy(&store->reader.lock);
		(void)pthread_mutex_destroy(&store->writer.lock);
	}
	if (store->folder >= 0)
		close(store->folder);
	if (store->lock >= 0)
		close(store->lock);		/* last: now another may have it */
	free(store->db_path);
	if (ours)
		free(store);
}

void
store_reopen(struct store *store)
{
	trail_reopen(store->trail);
}

const char *
store_computer(const struct store *store)
{
	return store->computer;
}

struct bytes
store_sid(const struct store *store)
{
	return bytes_of(store->sid, sizeof store->sid);
}

void
store_set_clock(struct store *store, uint64_t (*now)(void *arg), void *arg)
{
	store->now_arg = arg;
	store->now = now;
}

uint64_t
store_now(struct store *s)
{
	return s->now ? s->now(s->now_arg) : counters_now(s->counters);
}

_Static_assert(STORE_SEAL_EXTRA == VAULT_EXTRA, "the same layout");

NTSTATUS
store_seal(struct store *store, uint8_t *to, struct bytes about, struct secret *plain)
{
	return vault_seal(store->vault, to, about, plain);
}

NTSTATUS
store_unseal(struct store *store, struct secret **ret_plain, struct bytes about, struct bytes sealed)
{
	return vault_unseal(store->vault, ret_plain, about, sealed);
}
