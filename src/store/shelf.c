/*
 * shelf.c - all accounts and policies in memory, as of a generation of the
 * database. Reading takes one of eight locks, so threads seldom meet; only
 * the one who refreshes takes them all, for the time of some pointers.
 */
#include <stdlib.h>
#include <string.h>

#include "store/ledger.h"

#define BUCKETS_MIN	64u

/* What a refresh has read: a card to put, or NULL for an account that is gone. */
struct fresh { uint32_t rid; struct card *card; };
struct delivery {
	struct store *store;
	struct fresh *items;
	size_t count, cap;
	uint32_t highest;
	const struct counts *counts;
};

NTSTATUS
shelf_init(struct shelf *shelf)
{
	pthread_rwlockattr_t how;

	shelf->buckets = calloc(BUCKETS_MIN, sizeof *shelf->buckets);
	if (!shelf->buckets)
		return STATUS_NO_MEMORY;
	shelf->bucket_count = BUCKETS_MIN;
	atomic_init(&shelf->generation, 1);
	for (unsigned i = 0; i < POLICY_COUNT; i++)
		atomic_init(&shelf->policy[i], policy_rows[i].strict);
	(void)pthread_rwlockattr_init(&how);
	/* A stream of logons must not keep a change out. */
	(void)pthread_rwlockattr_setkind_np(&how, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	for (unsigned i = 0; i < STRIPES; i++)
		(void)pthread_rwlock_init(&shelf->stripes[i].lock, &how);
	(void)pthread_rwlockattr_destroy(&how);
	return STATUS_SUCCESS;
}

void
shelf_end(struct shelf *shelf)
{
	if (!shelf->buckets)
		return;
	for (size_t i = 0; i < shelf->rid_count; i++)
		card_drop(shelf->by_rid[i]);
	for (unsigned i = 0; i < STRIPES; i++)
		(void)pthread_rwlock_destroy(&shelf->stripes[i].lock);
	free(shelf->buckets);
	free(shelf->by_rid);
	shelf->buckets = NULL;
}

/* --- cards ---------------------------------------------------------------- */

void
card_drop(struct card *card)
{
	if (!card || atomic_fetch_sub_explicit(&card->refs, 1, memory_order_acq_rel) != 1)
		return;
	/* In a forked child the hash has vanished with its page, which is no longer ours to give back. */
	if (secret_len(card->shown.nt_hash) != 0)
		secret_drop(&card->shown.nt_hash);
	free(card);
}

static const char *
text_put(char **to, struct bytes text)
{
	char *at = *to;

	bytes_copy(at, text.at, text.len);
	at[text.len] = '\0';
	*to += text.len + 1;
	return at;
}

static NTSTATUS
card_new(struct card **ret_card, struct store *s, const struct ledger_row *row)
{
	struct card *card = calloc(1, sizeof *card + row->fold.len + row->name.len + row->full_name.len + 2);
	struct writer w;
	char *to;
	NTSTATUS st;

	if (!card)
		return STATUS_NO_MEMORY;
	st = ledger_unseal(s, row, &card->shown.nt_hash, &card->shown.blank_password);
	if (st != STATUS_SUCCESS && st != STATUS_DECRYPTION_FAILED) {
		free(card);
		return st;
	}
	card->damaged = st == STATUS_DECRYPTION_FAILED;
	atomic_init(&card->refs, 1);
	card->shown.rid = row->rid;
	card->shown.flags = row->flags;
	card->shown.password_set = row->password_set;
	to = card->text;
	card->shown.name = text_put(&to, row->name);
	card->shown.full_name = text_put(&to, row->full_name);
	bytes_copy(to, row->fold.at, row->fold.len);
	card->fold = bytes_of(to, row->fold.len);
	card->hash = name_hash(counters_key(s->counters), card->fold);
	w = writer_of(card->shown.sid, sizeof card->shown.sid);
	writer_bytes(&w, bytes_of(s->sid, sizeof s->sid));
	writer_u32(&w, row->rid);
	card->shown.sid[1]++;			/* one sub-authority more than the machine's */
	*ret_card = card;
	return STATUS_SUCCESS;
}

/* --- refreshing -------------------------------------------------------------- */

static NTSTATUS
deliver(void *arg, const struct ledger_row *row)
{
	struct delivery *d = arg;
	struct card *card = NULL;
	struct ledger_row shape = *row;

	/* Damaged beyond a place of its own: nobody's name leads here. */
	if (row->rid < ACCOUNT_FIRST_RID || row->rid >= d->counts->next_rid || row->change > d->counts->change)
		return STATUS_FILE_CORRUPT_ERROR;
	if (d->count == d->cap) {
		size_t cap = d->cap ? d->cap * 2 : 16;
		struct fresh *more = reallocarray(d->items, cap, sizeof *more);

		if (!more)
			return STATUS_NO_MEMORY;
		d->items = more;
		d->cap = cap;
	}
	if (row->damaged && row->fold.len > NAME_FOLD_MAX)
		shape.fold = BYTES_NONE;
	if (row->damaged)
		shape.name = shape.full_name = BYTES_NONE;
	if (!row->gone) {
		NTSTATUS st = card_new(&card, d->store, &shape);

		if (st != STATUS_SUCCESS)
			return st;
	}
	d->items[d->count++] = (struct fresh){ row->rid, card };
	if (row->rid > d->highest)
		d->highest = row->rid;
	return STATUS_SUCCESS;
}

static void
unlink_card(struct shelf *shelf, struct card *card)
{
	struct card **at = &shelf->buckets[card->hash & (shelf->bucket_count - 1)];

	while (*at && *at != card)
		at = &(*at)->next;
	if (*at)
		*at = card->next;
	shelf->count--;
	shelf->damaged -= card->damaged;
}

static void
link_card(struct shelf *shelf, struct card *card)
{
	struct card **at = &shelf->buckets[card->hash & (shelf->bucket_count - 1)];

	card->next = *at;
	*at = card;
	shelf->count++;
	shelf->damaged += card->damaged;
}

static void
rehash(struct shelf *shelf, struct card **buckets, size_t count)
{
	shelf->buckets = buckets;
	shelf->bucket_count = count;
	shelf->count = shelf->damaged = 0;
	for (size_t i = 0; i < shelf->rid_count; i++)
		if (shelf->by_rid[i])
			link_card(shelf, shelf->by_rid[i]);
}

/* All memory first, then all locks, then nothing can fail. What was replaced stays in the delivery. */
static NTSTATUS
shelve(struct store *s, struct delivery *d, const uint32_t policies[POLICY_COUNT], struct leaf **leaves)
{
	struct shelf *shelf = &s->shelf;
	size_t want = shelf->bucket_count;
	struct card **old_buckets = NULL, **buckets = NULL, **by_rid;
	size_t rids = d->highest ? d->highest - ACCOUNT_FIRST_RID + 1u : 0;

	if (rids > shelf->rid_count) {
		size_t room = rids + rids / 2;

		by_rid = reallocarray(shelf->by_rid, room, sizeof *by_rid);	/* readers do not look at it */
		if (!by_rid)
			return STATUS_NO_MEMORY;
		memset(by_rid + shelf->rid_count, 0, (room - shelf->rid_count) * sizeof *by_rid);
		shelf->by_rid = by_rid;
		shelf->rid_count = room;
	}
	while (want < shelf->count + d->count)
		want *= 2;
	if (want != shelf->bucket_count) {
		buckets = calloc(want, sizeof *buckets);
		if (!buckets)
			return STATUS_NO_MEMORY;
	}
	for (unsigned i = 0; i < STRIPES; i++)
		pthread_rwlock_wrlock(&shelf->stripes[i].lock);
	if (buckets) {
		old_buckets = shelf->buckets;
		rehash(shelf, buckets, want);
	}
	for (size_t i = 0; i < d->count; i++) {
		struct card **place = &shelf->by_rid[d->items[i].rid - ACCOUNT_FIRST_RID], *old = *place;

		if (old)
			unlink_card(shelf, old);
		*place = d->items[i].card;
		if (*place)
			link_card(shelf, *place);
		d->items[i].card = old;
	}
	for (unsigned i = 0; i < POLICY_COUNT; i++)
		atomic_store_explicit(&shelf->policy[i], policies[i], memory_order_relaxed);
	*leaves = book_shelve(s, *leaves);
	for (unsigned i = 0; i < STRIPES; i++)
		pthread_rwlock_unlock(&shelf->stripes[i].lock);
	free(old_buckets);
	return STATUS_SUCCESS;
}

NTSTATUS
shelf_refresh(struct store *s)
{
	struct counts counts = { 0 };
	struct delivery d = { .store = s, .counts = &counts };
	uint32_t policies[POLICY_COUNT];
	struct leaf *leaves = NULL;
	uint64_t generation;
	NTSTATUS st = STATUS_SUCCESS;

	if (!vault_alive(s->vault))
		return STATUS_INVALID_DEVICE_STATE;
	pthread_mutex_lock(&s->reader.lock);
	generation = counters_generation(s->counters);
	if (generation == atomic_load(&s->shelf.generation))
		goto out;
	if (generation & 1) {
		ledger_mend(s);
		generation = counters_generation(s->counters);
	}
	st = ledger_look(s);
	if (st == STATUS_SUCCESS)
		st = ledger_counts(s, &s->reader, &counts);
	if (st == STATUS_SUCCESS)
		st = ledger_changes(s, s->shelf.change, deliver, &d);
	/* Every RID that was ever given has its row; one that is missing here was somebody's. */
	if (st == STATUS_SUCCESS && s->shelf.change == 0 && d.count != counts.next_rid - ACCOUNT_FIRST_RID)
		st = STATUS_FILE_CORRUPT_ERROR;
	if (st == STATUS_SUCCESS)
		st = ledger_policies(s, policies);
	if (st == STATUS_SUCCESS)
		st = book_gather(s, &leaves);
	ledger_look_away(s);
	if (st == STATUS_SUCCESS)
		st = shelve(s, &d, policies, &leaves);
	if (st == STATUS_SUCCESS) {
		s->shelf.change = counts.change;
		if (!(generation & 1))
			atomic_store_explicit(&s->shelf.generation, generation, memory_order_release);
	}
out:
	pthread_mutex_unlock(&s->reader.lock);
	for (size_t i = 0; i < d.count; i++)
		card_drop(d.items[i].card);
	free(d.items);
	leaves_drop(leaves);
	return st;
}

/* --- reading ------------------------------------------------------------------- */

pthread_rwlock_t *
shelf_stripe(struct shelf *shelf)
{
	static _Atomic unsigned next;
	static _Thread_local unsigned mine;	/* plus one */

	if (!mine)
		mine = atomic_fetch_add_explicit(&next, 1, memory_order_relaxed) % STRIPES + 1;
	return &shelf->stripes[mine - 1].lock;
}

struct card *
shelf_find(struct store *s, const struct name_fold *fold, bool *ret_damaged)
{
	struct bytes wanted = bytes_of(fold->at, fold->len);
	uint64_t hash = name_hash(counters_key(s->counters), wanted);
	pthread_rwlock_t *lock = shelf_stripe(&s->shelf);
	struct card *card;

	pthread_rwlock_rdlock(lock);
	card = s->shelf.buckets[hash & (s->shelf.bucket_count - 1)];
	while (card && !(card->hash == hash && bytes_same(card->fold, wanted)))
		card = card->next;
	/* A damaged row may have lost its name: whoever is not found may be the one. */
	*ret_damaged = card ? card->damaged : s->shelf.damaged > 0;
	if (card && card->damaged)
		card = NULL;
	if (card)
		atomic_fetch_add_explicit(&card->refs, 1, memory_order_relaxed);
	pthread_rwlock_unlock(lock);
	return card;
}

struct card *
shelf_at(struct store *s, uint32_t rid, bool *ret_damaged)
{
	struct card *card = NULL;

	pthread_mutex_lock(&s->reader.lock);
	if (rid >= ACCOUNT_FIRST_RID && rid - ACCOUNT_FIRST_RID < s->shelf.rid_count)
		card = s->shelf.by_rid[rid - ACCOUNT_FIRST_RID];
	*ret_damaged = card && card->damaged;
	if (card && card->damaged)
		card = NULL;
	if (card)
		atomic_fetch_add_explicit(&card->refs, 1, memory_order_relaxed);
	pthread_mutex_unlock(&s->reader.lock);
	return card;
}

NTSTATUS
shelf_all(struct store *s, struct card ***ret_cards, size_t *ret_count, size_t *ret_damaged)
{
	struct card **cards;
	size_t count = 0, damaged = 0;

	pthread_mutex_lock(&s->reader.lock);	/* who holds it alone may change the array */
	cards = calloc(s->shelf.count + 1, sizeof *cards);
	for (size_t i = 0; cards && i < s->shelf.rid_count; i++) {
		struct card *card = s->shelf.by_rid[i];

		if (card && card->damaged)
			damaged++;
		else if (card) {
			atomic_fetch_add_explicit(&card->refs, 1, memory_order_relaxed);
			cards[count++] = card;
		}
	}
	pthread_mutex_unlock(&s->reader.lock);
	if (!cards)
		return STATUS_NO_MEMORY;
	*ret_cards = cards;
	*ret_count = count;
	*ret_damaged = damaged;
	return STATUS_SUCCESS;
}
