/*
 * history.c - an account's earlier passwords: their hashes one behind the
 * other, the newest first.
 */
#include "store/history.h"

#include "store/book.h"

static struct bytes
key_of(uint8_t to[4], uint32_t rid)
{
	put_u32(to, rid);
	return bytes_of(to, 4);
}

/* All are compared, so that time does not tell which it was. */
static bool
is_among(const uint8_t *hashes, size_t count, const uint8_t *hash)
{
	bool found = false;

	for (size_t i = 0; i < count; i++)
		found = same_secret(hashes + i * ACCOUNT_HASH_LEN, hash, ACCOUNT_HASH_LEN) | found;
	return found;
}

/* The present hash before the old ones that are still remembered. */
static NTSTATUS
turned(struct secret **ret_list, struct secret *present, struct secret *old, struct secret *fresh, uint32_t count)
{
	size_t kept = secret_len(old) / ACCOUNT_HASH_LEN;
	const uint8_t *from;
	uint8_t *to;
	bool again = false;
	struct secret *list;

	kept = kept < count - 1 ? kept : count - 1;
	list = secret_new((kept + 1) * ACCOUNT_HASH_LEN);
	if (!list)
		return STATUS_NO_MEMORY;
	WITH_SECRET(to, list) {
		WITH_SECRET(from, present)
			bytes_copy(to, from, ACCOUNT_HASH_LEN);
		if (kept)
			WITH_SECRET(from, old)
				bytes_copy(to + ACCOUNT_HASH_LEN, from, kept * ACCOUNT_HASH_LEN);
		WITH_SECRET(from, fresh)
			again = is_among(to, kept + 1, from);
	}
	if (again) {
		secret_drop(&list);
		return STATUS_PASSWORD_RESTRICTION;
	}
	*ret_list = list;
	return STATUS_SUCCESS;
}

NTSTATUS
history_turn(struct store *store, const struct account *account, struct secret *fresh, uint32_t count)
{
	struct secret *old = NULL, *list = NULL;
	struct book_change c;
	const uint8_t *from;
	uint8_t key[4];
	NTSTATUS st;

	if (!count)
		return STATUS_SUCCESS;
	if (count > HISTORY_MOST || secret_len(fresh) != ACCOUNT_HASH_LEN || secret_len(account->nt_hash) != ACCOUNT_HASH_LEN)
		return STATUS_INVALID_PARAMETER;
	st = book_begin(&c, store);
	if (st != STATUS_SUCCESS)
		return st;
	st = book_read(&c, BOOK_HISTORY, key_of(key, account->rid), &old);
	if (st == STATUS_SUCCESS || st == STATUS_NOT_FOUND)
		st = turned(&list, account->nt_hash, old, fresh, count);
	if (st == STATUS_SUCCESS)
		WITH_SECRET(from, list)
			st = book_write(&c, BOOK_HISTORY, key_of(key, account->rid), bytes_of(from, secret_len(list)));
	st = book_end(&c, st);
	secret_drop(&old);
	secret_drop(&list);
	return st;
}

NTSTATUS
history_forget(struct store *store, uint32_t rid)
{
	struct book_change c;
	uint8_t key[4];
	NTSTATUS st = book_begin(&c, store);

	if (st != STATUS_SUCCESS)
		return st;
	st = book_erase(&c, BOOK_HISTORY, key_of(key, rid));
	st = book_end(&c, st);
	return st == STATUS_NOT_FOUND ? STATUS_SUCCESS : st;
}
