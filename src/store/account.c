/*
 * account.c - local accounts: finding them and changing them. It knows no
 * password, only what a password has become; and not who asks.
 */
#include "store/account.h"

#include <stdlib.h>

#include "base/time.h"
#include "store/ledger.h"

enum account_found
account_find(struct store *store, struct bytes name_utf8, struct account **ret_account)
{
	struct name_fold fold;
	bool damaged = false;
	struct card *card;

	if (shelf_fresh(store) != STATUS_SUCCESS)
		return ACCOUNT_ERROR;
	if (!name_fold(&fold, name_utf8))
		return ACCOUNT_ABSENT;
	card = shelf_find(store, &fold, &damaged);
	if (damaged)
		return ACCOUNT_ERROR;
	if (!card)
		return ACCOUNT_ABSENT;
	*ret_account = &card->shown;
	return ACCOUNT_FOUND;
}

enum account_found
account_at(struct store *store, uint32_t rid, struct account **ret_account)
{
	bool damaged = false;
	struct card *card;

	if (shelf_fresh(store) != STATUS_SUCCESS)
		return ACCOUNT_ERROR;
	card = shelf_at(store, rid, &damaged);
	if (!card)
		return damaged ? ACCOUNT_ERROR : ACCOUNT_ABSENT;
	*ret_account = &card->shown;
	return ACCOUNT_FOUND;
}

static struct card *
card_of(struct account *account)
{
	return (struct card *)(void *)account;
}

struct account *
account_hold(struct account *account)
{
	atomic_fetch_add_explicit(&card_of(account)->refs, 1, memory_order_relaxed);
	return account;
}

void
account_drop(struct account *account)
{
	card_drop(card_of(account));
}

/* --- changes --------------------------------------------------------------- */

NTSTATUS
account_add(struct store *store, const struct account_new *account, uint32_t *ret_rid)
{
	struct ledger_scratch scratch;
	struct ledger_row row, other;
	struct secret *other_hash = NULL;
	struct name_fold fold;
	struct counts counts;
	bool blank;
	NTSTATUS st;

	if (!name_allowed(account->name) || !name_fold(&fold, account->name))
		return STATUS_OBJECT_NAME_INVALID;
	if (secret_len(account->nt_hash) != ACCOUNT_HASH_LEN || (account->flags & ~(uint32_t)ACCOUNT_FLAGS) ||
	    !name_text_allowed(account->full_name))
		return STATUS_INVALID_PARAMETER;
	st = ledger_begin(store, &counts);
	if (st != STATUS_SUCCESS)
		return st;
	st = ledger_find(store, &fold, &other, &scratch, &other_hash, &blank);
	secret_drop(&other_hash);
	if (st != STATUS_NO_SUCH_USER)
		return ledger_end(store, &counts, st == STATUS_SUCCESS ? STATUS_USER_EXISTS : st);
	st = counters_grow(store->counters, counts.next_rid - ACCOUNT_FIRST_RID + 1);
	if (st != STATUS_SUCCESS)
		return ledger_end(store, &counts, st);
	row = (struct ledger_row){
		.rid = counts.next_rid++,
		.flags = account->flags,
		.change = ++counts.change,
		.password_set = time_filetime(),
		.fold = bytes_of(fold.at, fold.len),
		.name = account->name,
		.full_name = account->full_name,
	};
	st = ledger_end(store, &counts, ledger_put(store, &row, account->nt_hash, account->blank_password));
	if (st == STATUS_SUCCESS && ret_rid)
		*ret_rid = row.rid;
	return st;
}

/* What to do to one account; `hash` replaces its own when it is there. */
struct change {
	uint32_t set, clear;
	struct secret *hash;
	bool blank, bury;
};

static NTSTATUS
account_change(struct store *store, struct bytes name, const struct change *change)
{
	struct ledger_scratch scratch;
	struct ledger_row row;
	struct secret *hash = NULL;
	struct name_fold fold;
	struct counts counts;
	bool blank = false;
	NTSTATUS st;

	if (!name_fold(&fold, name))
		return STATUS_NO_SUCH_USER;
	st = ledger_begin(store, &counts);
	if (st != STATUS_SUCCESS)
		return st;
	st = ledger_find(store, &fold, &row, &scratch, &hash, &blank);
	if (st == STATUS_SUCCESS) {
		row.change = ++counts.change;
		row.flags = (row.flags & ~change->clear) | change->set;
		if (change->hash)
			row.password_set = time_filetime();
		st = change->bury ? ledger_bury(store, row.rid, row.change)
		    : change->hash ? ledger_put(store, &row, change->hash, change->blank)
		    : ledger_put(store, &row, hash, blank);
	}
	secret_drop(&hash);
	return ledger_end(store, &counts, st);
}

NTSTATUS
account_set_password(struct store *store, struct bytes name, struct secret *nt_hash, bool blank)
{
	if (secret_len(nt_hash) != ACCOUNT_HASH_LEN)
		return STATUS_INVALID_PARAMETER;
	return account_change(store, name, &(struct change){ .clear = ACCOUNT_MUST_CHANGE, .hash = nt_hash, .blank = blank });
}

NTSTATUS
account_set_flags(struct store *store, struct bytes name, uint32_t set, uint32_t clear)
{
	if ((set | clear) & ~(uint32_t)ACCOUNT_FLAGS)
		return STATUS_INVALID_PARAMETER;
	return account_change(store, name, &(struct change){ .set = set, .clear = clear });
}

NTSTATUS
account_del(struct store *store, struct bytes name)
{
	return account_change(store, name, &(struct change){ .bury = true });
}

NTSTATUS
account_each(struct store *store, bool (*each)(void *arg, struct account *account), void *arg)
{
	struct card **cards;
	size_t count, damaged;
	bool go_on = true;
	NTSTATUS st = shelf_fresh(store);

	if (st == STATUS_SUCCESS)
		st = shelf_all(store, &cards, &count, &damaged);
	if (st != STATUS_SUCCESS)
		return st;
	for (size_t i = 0; i < count; i++) {
		if (go_on)
			go_on = each(arg, &cards[i]->shown);
		card_drop(cards[i]);
	}
	free(cards);
	return go_on && damaged > 0 ? STATUS_FILE_CORRUPT_ERROR : STATUS_SUCCESS;
}
