/*
 * ledger_row.c - the rows of accounts.db. Each is sealed over all of its
 * columns, so what was not written by us, or for another place, does not
 * count. It knows rows, not who may log on.
 */
#include "store/ledger.h"

#define HIDDEN_LEN	(ACCOUNT_HASH_LEN + 1u)		/* the hash, and whether the password is blank */
#define ABOUT_MAX	4096u
#define POLICIES_MAX	16384u

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

NTSTATUS
ledger_meta_put(struct store *s, struct database *db, const char *key, struct bytes value)
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

NTSTATUS
ledger_meta_get(struct store *s, struct database *db, const char *key, uint8_t *to, size_t cap, size_t *ret_len)
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

NTSTATUS
ledger_counts_put(struct store *s, struct database *db, const struct counts *counts)
{
	uint8_t value[12];
	struct writer w = writer_of(value, sizeof value);

	writer_u32(&w, counts->next_rid);
	writer_u64(&w, counts->change);
	return ledger_meta_put(s, db, "counts", bytes_of(value, sizeof value));
}

NTSTATUS
ledger_counts(struct store *s, struct database *db, struct counts *ret_counts)
{
	uint8_t value[12];
	struct reader r;
	struct counts c;
	uint64_t witness = counters_witness(s->counters);	/* before: a commit that comes between is seen by the row */
	size_t len;
	NTSTATUS st = ledger_meta_get(s, db, "counts", value, sizeof value, &len);

	if (st != STATUS_SUCCESS)
		return st == STATUS_DECRYPTION_FAILED ? STATUS_FILE_CORRUPT_ERROR : st;
	r = reader_of(bytes_of(value, len));
	c.next_rid = reader_u32(&r);
	c.change = reader_u64(&r);
	if (!reader_done(&r) || c.next_rid < ACCOUNT_FIRST_RID || c.next_rid > ACCOUNT_FIRST_RID + COUNTERS_MAX || c.change > INT64_MAX - 1)
		return STATUS_FILE_CORRUPT_ERROR;
	if (c.change < witness)
		return STATUS_FILE_INVALID;
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

/* All rows, as they stand in the table. */
static NTSTATUS
policies_about(struct database *db, uint8_t to[POLICIES_MAX], struct bytes *ret_about)
{
	struct writer w = writer_of(to, POLICIES_MAX);
	struct row r = row_begin(db, POLICIES_GET);
	NTSTATUS st;

	writer_sized(&w, bytes_of_text("policies"));
	while ((st = row_step(&r)) == STATUS_SUCCESS) {
		writer_sized(&w, row_text(&r, 0));
		writer_u32(&w, (uint32_t)row_u64(&r, 1, UINT32_MAX));
		if (r.bad)
			break;
	}
	if (r.bad || !writer_ok(&w))
		st = STATUS_FILE_CORRUPT_ERROR;
	row_end(&r);
	if (st != STATUS_NO_MORE_ENTRIES)
		return st;
	*ret_about = bytes_of(to, w.need);
	return STATUS_SUCCESS;
}

NTSTATUS
ledger_policies_seal(struct store *s, struct database *db)
{
	uint8_t text[POLICIES_MAX], seal[VAULT_EXTRA];
	struct bytes about;
	struct row r;
	NTSTATUS st = policies_about(db, text, &about);

	if (st == STATUS_SUCCESS)
		st = vault_seal(s->vault, seal, about, NULL);
	if (st != STATUS_SUCCESS)
		return st;
	r = row_begin(db, META_PUT);
	row_bind_text(&r, bytes_of_text("policies"));
	row_bind_blob(&r, BYTES_NONE);
	row_bind_blob(&r, bytes_of(seal, sizeof seal));
	st = row_step(&r);
	row_end(&r);
	return st == STATUS_NO_MORE_ENTRIES ? STATUS_SUCCESS : st;
}

static NTSTATUS
policies_check(struct store *s)
{
	uint8_t text[POLICIES_MAX];
	struct bytes about;
	struct row r;
	NTSTATUS st = policies_about(&s->reader, text, &about);

	if (st != STATUS_SUCCESS)
		return st;
	r = row_begin(&s->reader, META_GET);
	row_bind_text(&r, bytes_of_text("policies"));
	st = row_step(&r);
	if (st == STATUS_SUCCESS)
		st = vault_unseal(s->vault, NULL, about, row_blob(&r, 1));
	if (st == STATUS_NO_MORE_ENTRIES || st == STATUS_DECRYPTION_FAILED)
		st = STATUS_FILE_CORRUPT_ERROR;
	row_end(&r);
	return st;
}

NTSTATUS
ledger_policies(struct store *s, uint32_t values[POLICY_COUNT])
{
	uint8_t about[ABOUT_MAX], number[4];
	struct row r = row_begin(&s->reader, POLICIES_GET);
	bool whole = true;
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
		whole = whole && good == STATUS_SUCCESS;
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
	if (st == STATUS_NO_MORE_ENTRIES)
		st = whole ? policies_check(s) : STATUS_SUCCESS;
	return st;
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
	return st == STATUS_NO_MORE_ENTRIES ? ledger_policies_seal(s, &s->writer) : st;
}

/* --- another key ------------------------------------------------------------------ */

static NTSTATUS
with_vault(struct store *s, struct vault *next, NTSTATUS (*put)(struct store *s, const void *arg), const void *arg)
{
	struct vault *was = s->vault;
	NTSTATUS st;

	s->vault = next;
	st = put(s, arg);
	s->vault = was;
	return st;
}

struct pair { const char *key; struct bytes value; };

static NTSTATUS
pair_put(struct store *s, const void *arg)
{
	const struct pair *p = arg;

	return ledger_meta_put(s, &s->writer, p->key, p->value);
}

static NTSTATUS
meta_reseal(struct store *s, struct vault *next)
{
	uint8_t about[ABOUT_MAX];
	struct row r = row_begin(&s->reader, META_ALL);
	NTSTATUS st;

	while ((st = row_step(&r)) == STATUS_SUCCESS) {
		struct bytes key = row_text(&r, 0), value = row_blob(&r, 1), seal = row_blob(&r, 2);
		char name[32];

		if (r.bad || key.len >= sizeof name) {
			st = STATUS_FILE_CORRUPT_ERROR;
			break;
		}
		bytes_copy((uint8_t *)name, key.at, key.len);
		name[key.len] = '\0';
		if (bytes_same(key, bytes_of_text("policies")))	/* made of the policies, after them */
			continue;
		st = vault_unseal(s->vault, NULL, about_pair(about, "meta", key, value), seal);
		if (st == STATUS_SUCCESS)
			st = with_vault(s, next, pair_put, &(struct pair){ name, value });
		if (st != STATUS_SUCCESS)
			break;
	}
	row_end(&r);
	return st == STATUS_NO_MORE_ENTRIES ? STATUS_SUCCESS : st;
}

static NTSTATUS
policies_put(struct store *s, const void *arg)
{
	(void)arg;
	return ledger_policies_seal(s, &s->writer);
}

static NTSTATUS
policies_reseal(struct store *s, struct vault *next)
{
	uint8_t about[ABOUT_MAX], number[4], seal[VAULT_EXTRA];
	struct row r = row_begin(&s->reader, POLICIES_GET), w;
	NTSTATUS st;

	while ((st = row_step(&r)) == STATUS_SUCCESS) {
		struct bytes name = row_text(&r, 0), text;
		uint32_t value = (uint32_t)row_u64(&r, 1, UINT32_MAX);

		text = about_pair(about, "policy", name, policy_value(number, value));
		st = r.bad ? STATUS_FILE_CORRUPT_ERROR : vault_unseal(s->vault, NULL, text, row_blob(&r, 2));
		if (st == STATUS_SUCCESS)
			st = vault_seal(next, seal, text, NULL);
		if (st != STATUS_SUCCESS)
			break;
		w = row_begin(&s->writer, POLICY_PUT);
		row_bind_text(&w, name);
		row_bind_u64(&w, value);
		row_bind_blob(&w, bytes_of(seal, sizeof seal));
		st = row_step(&w);
		row_end(&w);
		if (st != STATUS_NO_MORE_ENTRIES)
			break;
	}
	row_end(&r);
	return st == STATUS_NO_MORE_ENTRIES ? with_vault(s, next, policies_put, NULL) : st;
}

NTSTATUS
ledger_reseal(struct store *s, struct vault *next)
{
	NTSTATUS st = meta_reseal(s, next);

	return st == STATUS_SUCCESS ? policies_reseal(s, next) : st;
}
