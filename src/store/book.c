/*
 * book.c - policy entries in memory and on the disk. It knows kinds and keys,
 * not what a value means; and not who asks.
 */
#include "store/book.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "store/ledger.h"

#define BUCKETS_MIN	64u
#define ABOUT_MAX	(BOOK_KEY_MAX + 64u)

struct leaf {
	struct entry shown;
	_Atomic uint32_t refs;
	bool damaged, gone;
	uint64_t hash;
	struct leaf *next;
	uint8_t text[];
};

static bool
hides(enum book_kind kind)
{
	return kind == BOOK_SECRET_NOW || kind == BOOK_SECRET_OLD || kind == BOOK_TRUST_AUTH || kind == BOOK_LOGON_PROOF ||
	    kind == BOOK_HISTORY;
}

/* --- leaves ------------------------------------------------------------------- */

static void
leaf_drop(struct leaf *leaf)
{
	if (!leaf || atomic_fetch_sub_explicit(&leaf->refs, 1, memory_order_acq_rel) != 1)
		return;
	free(leaf);
}

void
entry_drop(struct entry *entry)
{
	leaf_drop((struct leaf *)(void *)entry);
}

static uint64_t
leaf_hash(struct store *s, enum book_kind kind, struct bytes key)
{
	return name_hash(counters_key(s->counters), key) + (uint64_t)kind * UINT64_C(0x9E3779B97F4A7C15);
}

static struct leaf *
leaf_new(struct store *s, enum book_kind kind, struct bytes key, struct bytes value)
{
	struct leaf *leaf = calloc(1, sizeof *leaf + key.len + value.len);

	if (!leaf)
		return NULL;
	atomic_init(&leaf->refs, 1);
	bytes_copy(leaf->text, key.at, key.len);
	bytes_copy(leaf->text + key.len, value.at, value.len);
	leaf->shown = (struct entry){ .kind = kind, .key = bytes_of(leaf->text, key.len),
	    .value = bytes_of(leaf->text + key.len, value.len) };
	leaf->hash = leaf_hash(s, kind, key);
	return leaf;
}

NTSTATUS
book_init(struct book *book)
{
	book->buckets = calloc(BUCKETS_MIN, sizeof *book->buckets);
	book->bucket_count = BUCKETS_MIN;
	return book->buckets ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

void
book_drop(struct book *book)
{
	for (size_t i = 0; book->buckets && i < book->bucket_count; i++)
		while (book->buckets[i]) {
			struct leaf *leaf = book->buckets[i];

			book->buckets[i] = leaf->next;
			leaf_drop(leaf);
		}
	free(book->buckets);
	free(book->more);
	book->buckets = book->more = NULL;
}

/* --- what is sealed --------------------------------------------------------------- */

static struct bytes
about(uint8_t to[ABOUT_MAX], enum book_kind kind, struct bytes key, uint64_t change)
{
	struct writer w = writer_of(to, ABOUT_MAX);

	writer_sized(&w, bytes_of_text("entry"));
	writer_u32(&w, (uint32_t)kind);
	writer_u64(&w, change);
	writer_sized(&w, key);
	return writer_ok(&w) ? bytes_of(to, w.need) : BYTES_NONE;
}

struct raw {
	enum book_kind kind;
	struct bytes key, seal;
	uint64_t change;
	bool gone, bad;
};

static void
raw_take(struct raw *to, struct row *r)
{
	*to = (struct raw){ .kind = (enum book_kind)row_u64(r, 0, UINT32_MAX), .key = row_blob(r, 1),
	    .change = row_u64(r, 2, INT64_MAX), .gone = row_null(r, 3) };
	if (!to->gone)
		to->seal = row_blob(r, 3);
	to->bad = r->bad || to->key.len > BOOK_KEY_MAX;
}

static NTSTATUS
raw_open(struct store *s, const struct raw *raw, struct secret **ret_value)
{
	uint8_t text[ABOUT_MAX];

	if (raw->bad)
		return STATUS_DECRYPTION_FAILED;
	return vault_unseal(s->vault, ret_value, about(text, raw->kind, raw->key, raw->change), raw->seal);
}

/* --- refreshing: see shelf.c ---------------------------------------------------------- */

static NTSTATUS
fresh_leaf(struct store *s, const struct raw *raw, struct leaf **ret_leaf)
{
	struct secret *value = NULL;
	struct leaf *leaf = NULL;
	const uint8_t *at;
	NTSTATUS st = STATUS_SUCCESS;

	if (!raw->gone)
		st = raw_open(s, raw, &value);
	if (st == STATUS_NO_MEMORY)
		return st;
	WITH_SECRET(at, value)
		leaf = leaf_new(s, raw->kind, raw->bad ? BYTES_NONE : raw->key, bytes_of(at, secret_len(value)));
	secret_drop(&value);
	if (!leaf)
		return STATUS_NO_MEMORY;
	leaf->gone = raw->gone;
	leaf->damaged = st != STATUS_SUCCESS;
	*ret_leaf = leaf;
	return STATUS_SUCCESS;
}

NTSTATUS
book_gather(struct store *s, struct leaf **ret_fresh)
{
	struct row r = row_begin(&s->reader, ENTRY_CHANGES);
	size_t count = 0, want = s->book.bucket_count;
	struct leaf *fresh = NULL, **end = &fresh;
	struct raw raw;
	NTSTATUS st;

	row_bind_u64(&r, s->shelf.change);
	while ((st = row_step(&r)) == STATUS_SUCCESS) {
		raw_take(&raw, &r);
		if (raw.bad) {			/* nobody's key leads here: it may have been any */
			st = STATUS_FILE_CORRUPT_ERROR;
			break;
		}
		if (raw.kind >= BOOK_KINDS || hides(raw.kind))
			continue;
		st = fresh_leaf(s, &raw, end);
		if (st != STATUS_SUCCESS)
			break;
		end = &(*end)->next;
		count++;
	}
	row_end(&r);
	if (st == STATUS_NO_MORE_ENTRIES)
		st = STATUS_SUCCESS;
	while (want < s->book.count + count)
		want *= 2;
	if (st == STATUS_SUCCESS && want != s->book.bucket_count && !s->book.more) {
		s->book.more = calloc(want, sizeof *s->book.more);
		s->book.more_count = want;
		if (!s->book.more)
			st = STATUS_NO_MEMORY;
	}
	if (st != STATUS_SUCCESS) {
		leaves_drop(fresh);
		return st;
	}
	*ret_fresh = fresh;
	return STATUS_SUCCESS;
}

void
leaves_drop(struct leaf *leaves)
{
	while (leaves) {
		struct leaf *next = leaves->next;

		leaf_drop(leaves);
		leaves = next;
	}
}

static struct leaf **
place_of(struct book *book, enum book_kind kind, struct bytes key, uint64_t hash)
{
	struct leaf **at = &book->buckets[hash & (book->bucket_count - 1)];

	while (*at && !((*at)->hash == hash && (*at)->shown.kind == kind && bytes_same((*at)->shown.key, key)))
		at = &(*at)->next;
	return at;
}

static void
rehash(struct book *book)
{
	struct leaf **old = book->buckets;
	size_t count = book->bucket_count;

	book->buckets = book->more;
	book->bucket_count = book->more_count;
	book->more = NULL;
	for (size_t i = 0; i < count; i++)
		while (old[i]) {
			struct leaf *leaf = old[i], **to = &book->buckets[leaf->hash & (book->bucket_count - 1)];

			old[i] = leaf->next;
			leaf->next = *to;
			*to = leaf;
		}
	free(old);
}

struct leaf *
book_shelve(struct store *s, struct leaf *fresh)
{
	struct book *book = &s->book;
	struct leaf *old = NULL;

	if (book->more)
		rehash(book);
	while (fresh) {
		struct leaf *leaf = fresh, **at = place_of(book, leaf->shown.kind, leaf->shown.key, leaf->hash);

		fresh = leaf->next;
		if (*at) {
			struct leaf *was = *at;

			*at = was->next;
			was->next = old;
			old = was;
			book->count--;
		}
		if (leaf->gone) {
			leaf->next = old;
			old = leaf;
		} else {
			leaf->next = *at;
			*at = leaf;
			book->count++;
		}
	}
	return old;
}

/* --- reading -------------------------------------------------------------------------------- */

NTSTATUS
book_find(struct store *store, enum book_kind kind, struct bytes key, struct entry **ret_entry)
{
	pthread_rwlock_t *lock;
	struct leaf *leaf;
	NTSTATUS st = STATUS_NOT_FOUND;

	if (shelf_fresh(store) != STATUS_SUCCESS)
		return STATUS_INTERNAL_DB_ERROR;
	lock = shelf_stripe(&store->shelf);
	pthread_rwlock_rdlock(lock);
	leaf = *place_of(&store->book, kind, key, leaf_hash(store, kind, key));
	if (leaf && leaf->damaged) {
		st = STATUS_INTERNAL_DB_ERROR;
	} else if (leaf) {
		atomic_fetch_add_explicit(&leaf->refs, 1, memory_order_relaxed);
		*ret_entry = &leaf->shown;
		st = STATUS_SUCCESS;
	}
	pthread_rwlock_unlock(lock);
	return st;
}

NTSTATUS
book_look(struct store *store, enum book_kind kind, const struct bytes *keys, size_t count,
    void (*each)(void *arg, struct bytes value), void *arg)
{
	pthread_rwlock_t *lock;
	NTSTATUS st = STATUS_SUCCESS;

	if (shelf_fresh(store) != STATUS_SUCCESS)
		return STATUS_INTERNAL_DB_ERROR;
	lock = shelf_stripe(&store->shelf);
	pthread_rwlock_rdlock(lock);
	for (size_t i = 0; i < count && st == STATUS_SUCCESS; i++) {
		struct leaf *leaf = *place_of(&store->book, kind, keys[i], leaf_hash(store, kind, keys[i]));

		if (leaf && leaf->damaged)
			st = STATUS_INTERNAL_DB_ERROR;
		else if (leaf)
			each(arg, leaf->shown.value);
	}
	pthread_rwlock_unlock(lock);
	return st;
}

static int
by_key(const void *a, const void *b)
{
	const struct entry *x = *(struct entry *const *)a, *y = *(struct entry *const *)b;
	size_t len = x->key.len < y->key.len ? x->key.len : y->key.len;
	int order = len ? memcmp(x->key.at, y->key.at, len) : 0;	/* not secret */

	return order ? order : x->key.len < y->key.len ? -1 : x->key.len > y->key.len;
}

NTSTATUS
book_list(struct store *store, enum book_kind kind, struct entry ***ret_entries, size_t *ret_count)
{
	struct entry **list;
	pthread_rwlock_t *lock;
	size_t count = 0;
	bool damaged = false;

	if (shelf_fresh(store) != STATUS_SUCCESS)
		return STATUS_INTERNAL_DB_ERROR;
	lock = shelf_stripe(&store->shelf);
	pthread_rwlock_rdlock(lock);
	list = calloc(store->book.count + 1, sizeof(struct entry *));
	for (size_t i = 0; list && i < store->book.bucket_count; i++)
		for (struct leaf *leaf = store->book.buckets[i]; leaf; leaf = leaf->next) {
			if (leaf->shown.kind != kind)
				continue;
			damaged = damaged || leaf->damaged;
			atomic_fetch_add_explicit(&leaf->refs, 1, memory_order_relaxed);
			list[count++] = &leaf->shown;
		}
	pthread_rwlock_unlock(lock);
	if (!list)
		return STATUS_NO_MEMORY;
	if (damaged) {
		while (count)
			entry_drop(list[--count]);
		free(list);
		return STATUS_INTERNAL_DB_ERROR;
	}
	qsort(list, count, sizeof(struct entry *), by_key);
	*ret_entries = list;
	*ret_count = count;
	return STATUS_SUCCESS;
}

static NTSTATUS
get(struct store *s, struct database *db, enum book_kind kind, struct bytes key, struct secret **ret_value)
{
	struct row r = row_begin(db, ENTRY_GET);
	struct raw raw;
	NTSTATUS st;

	row_bind_u64(&r, (uint64_t)kind);
	row_bind_blob(&r, key);
	st = row_step(&r);
	if (st == STATUS_NO_MORE_ENTRIES)
		st = STATUS_NOT_FOUND;
	if (st == STATUS_SUCCESS) {
		raw_take(&raw, &r);
		st = raw.gone ? STATUS_NOT_FOUND : raw_open(s, &raw, ret_value);
		if (st == STATUS_DECRYPTION_FAILED)
			st = STATUS_INTERNAL_DB_ERROR;
	}
	row_end(&r);
	return st;
}

NTSTATUS
book_fetch(struct store *store, enum book_kind kind, struct bytes key, struct secret **ret_value)
{
	NTSTATUS st;

	if (!vault_alive(store->vault))
		return STATUS_INVALID_DEVICE_STATE;
	pthread_mutex_lock(&store->reader.lock);
	st = ledger_look(store);
	if (st == STATUS_SUCCESS)
		st = get(store, &store->reader, kind, key, ret_value);
	ledger_look_away(store);
	pthread_mutex_unlock(&store->reader.lock);
	return st;
}

/* --- changing ---------------------------------------------------------------------------------- */

static const char modified[] = "modified";

NTSTATUS
book_begin(struct book_change *c, struct store *store)
{
	struct counts counts;
	NTSTATUS st = ledger_begin(store, &counts);

	if (st != STATUS_SUCCESS)
		return st;
	*c = (struct book_change){ .store = store, .change = counts.change, .next_rid = counts.next_rid };
	return STATUS_SUCCESS;
}

NTSTATUS
book_read(struct book_change *c, enum book_kind kind, struct bytes key, struct secret **ret_value)
{
	return get(c->store, &c->store->writer, kind, key, ret_value);
}

/* NULL: it goes. */
static NTSTATUS
put(struct book_change *c, enum book_kind kind, struct bytes key, struct secret *value)
{
	size_t len = secret_len(value) + VAULT_EXTRA;
	uint8_t text[ABOUT_MAX], *seal = value ? malloc(len) : NULL;
	NTSTATUS st = STATUS_SUCCESS;
	struct row r;

	if (value && !seal)
		return STATUS_NO_MEMORY;
	if (key.len > BOOK_KEY_MAX || secret_len(value) > BOOK_VALUE_MAX)
		st = STATUS_INVALID_PARAMETER;
	c->change++;
	if (value && st == STATUS_SUCCESS)
		st = vault_seal(c->store->vault, seal, about(text, kind, key, c->change), value);
	if (st == STATUS_SUCCESS) {
		r = row_begin(&c->store->writer, ENTRY_PUT);
		row_bind_u64(&r, (uint64_t)kind);
		row_bind_blob(&r, key);
		row_bind_u64(&r, c->change);
		if (value)
			row_bind_blob(&r, bytes_of(seal, len));
		else
			row_bind_null(&r);
		st = row_step(&r);
		row_end(&r);
		st = st == STATUS_NO_MORE_ENTRIES ? STATUS_SUCCESS : st;
	}
	c->wrote = true;
	free(seal);
	return st;
}

NTSTATUS
book_write(struct book_change *c, enum book_kind kind, struct bytes key, struct bytes value)
{
	struct secret *copy = value.len ? secret_of(value) : secret_new(0);
	NTSTATUS st;

	if (!copy)
		return STATUS_WORKING_SET_QUOTA;
	st = put(c, kind, key, copy);
	secret_drop(&copy);
	return st;
}

NTSTATUS
book_erase(struct book_change *c, enum book_kind kind, struct bytes key)
{
	struct secret *old = NULL;
	NTSTATUS st = book_read(c, kind, key, &old);

	secret_drop(&old);
	return st == STATUS_SUCCESS ? put(c, kind, key, NULL) : st;
}

static bool
age_take(struct book_age *age, struct bytes value)
{
	struct reader r = reader_of(value);

	age->changes = reader_u64(&r);
	age->made = reader_u64(&r);
	return reader_done(&r);
}

static NTSTATUS
age_raise(struct book_change *c)
{
	struct book_age age = { .made = time_filetime() };
	struct secret *value = NULL;
	uint8_t bytes[16];
	struct writer w = writer_of(bytes, sizeof bytes);
	const uint8_t *at;
	bool good = true;
	NTSTATUS st = book_read(c, BOOK_META, bytes_of_text(modified), &value);

	if (st != STATUS_SUCCESS && st != STATUS_NOT_FOUND)
		return st;
	if (st == STATUS_SUCCESS)
		WITH_SECRET(at, value)
			good = age_take(&age, bytes_of(at, secret_len(value)));
	secret_drop(&value);
	if (!good)
		return STATUS_FILE_CORRUPT_ERROR;
	writer_u64(&w, age.changes + 1);
	writer_u64(&w, age.made);
	return book_write(c, BOOK_META, bytes_of_text(modified), bytes_of(bytes, w.need));
}

NTSTATUS
book_end(struct book_change *c, NTSTATUS st)
{
	struct counts counts = { .next_rid = c->next_rid };

	if (st == STATUS_SUCCESS && c->wrote)
		st = age_raise(c);
	counts.change = c->change;
	if (st == STATUS_SUCCESS && !c->wrote) {
		ledger_leave(c->store);
		return st;
	}
	return ledger_end(c->store, &counts, st);
}

NTSTATUS
book_age(struct store *store, struct book_age *ret_age)
{
	struct entry *entry;
	NTSTATUS st = book_find(store, BOOK_META, bytes_of_text(modified), &entry);

	if (st != STATUS_SUCCESS)
		return st;
	if (!age_take(ret_age, entry->value))
		st = STATUS_INTERNAL_DB_ERROR;
	entry_drop(entry);
	return st;
}

/* --- another key --------------------------------------------------------------------------------- */

static NTSTATUS
entry_reseal(struct store *s, struct vault *next, const struct raw *raw)
{
	struct secret *value = NULL;
	uint8_t text[ABOUT_MAX], *seal = NULL;
	struct row w;
	NTSTATUS st = raw_open(s, raw, &value);

	if (st == STATUS_SUCCESS && !(seal = malloc(secret_len(value) + VAULT_EXTRA)))
		st = STATUS_NO_MEMORY;
	if (st == STATUS_SUCCESS)
		st = vault_seal(next, seal, about(text, raw->kind, raw->key, raw->change), value);
	if (st == STATUS_SUCCESS) {
		w = row_begin(&s->writer, ENTRY_PUT);
		row_bind_u64(&w, (uint64_t)raw->kind);
		row_bind_blob(&w, raw->key);
		row_bind_u64(&w, raw->change);
		row_bind_blob(&w, bytes_of(seal, secret_len(value) + VAULT_EXTRA));
		st = row_step(&w);
		row_end(&w);
		st = st == STATUS_NO_MORE_ENTRIES ? STATUS_SUCCESS : st;
	}
	secret_drop(&value);
	free(seal);
	return st;
}

NTSTATUS
book_reseal(struct store *s, struct vault *next)
{
	struct row r = row_begin(&s->reader, ENTRY_CHANGES);
	struct raw raw;
	NTSTATUS st;

	row_bind_u64(&r, 0);
	while ((st = row_step(&r)) == STATUS_SUCCESS) {
		raw_take(&raw, &r);
		if (!raw.gone)
			st = entry_reseal(s, next, &raw);
		if (st != STATUS_SUCCESS)
			break;
	}
	row_end(&r);
	return st == STATUS_NO_MORE_ENTRIES ? STATUS_SUCCESS : st;
}
