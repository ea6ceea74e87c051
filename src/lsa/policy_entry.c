/*
 * policy_entry.c - entries as bytes. Pure, but for erasing what belongs
 * together.
 */
#include "lsa/policy_entry.h"

bool
secret_entry_take(struct secret_entry *e, struct bytes value)
{
	struct reader r = reader_of(value);

	e->name = reader_sized(&r, 1024);
	e->has = reader_u32(&r);
	e->now_set = reader_u64(&r);
	e->old_set = reader_u64(&r);
	e->guard = reader_sized(&r, GUARD_MAX);
	return reader_ok(&r);
}

void
secret_entry_put(struct writer *w, const struct secret_entry *e)
{
	writer_sized(w, e->name);
	writer_u32(w, e->has);
	writer_u64(w, e->now_set);
	writer_u64(w, e->old_set);
	writer_sized(w, e->guard);
}

/* A value that is not there is no mistake. */
static NTSTATUS
value_erase(struct book_change *c, enum book_kind kind, struct bytes key)
{
	NTSTATUS status = book_erase(c, kind, key);

	return status == STATUS_NOT_FOUND ? STATUS_SUCCESS : status;
}

NTSTATUS
secret_erase(struct book_change *c, struct bytes key)
{
	NTSTATUS status = book_erase(c, BOOK_SECRET, key);

	if (status == STATUS_SUCCESS)
		status = value_erase(c, BOOK_SECRET_NOW, key);
	if (status == STATUS_SUCCESS)
		status = value_erase(c, BOOK_SECRET_OLD, key);
	return status;
}

NTSTATUS
account_erase(struct book_change *c, struct bytes key)
{
	NTSTATUS status = book_erase(c, BOOK_ACCOUNT, key);

	return status == STATUS_SUCCESS ? value_erase(c, BOOK_QUOTA, key) : status;
}

bool
trust_info_take(struct trust_info *info, struct reader *r)
{
	info->name = reader_sized(r, 512);
	info->flat = reader_sized(r, 512);
	info->sid = reader_sized(r, SID_SIZE_MAX);
	info->direction = reader_u32(r);
	info->type = reader_u32(r);
	info->attributes = reader_u32(r);
	return reader_ok(r);
}

void
trust_info_put(struct writer *w, const struct trust_info *info)
{
	writer_sized(w, info->name);
	writer_sized(w, info->flat);
	writer_sized(w, info->sid);
	writer_u32(w, info->direction);
	writer_u32(w, info->type);
	writer_u32(w, info->attributes);
}

bool
trust_entry_take(struct trust_entry *e, struct bytes value)
{
	struct reader r = reader_of(value);
	bool good = trust_info_take(&e->info, &r);

	e->posix = reader_u32(&r);
	e->encryption = reader_u32(&r);
	e->guard = reader_sized(&r, GUARD_MAX);
	return good && reader_ok(&r);
}

void
trust_entry_put(struct writer *w, const struct trust_entry *e)
{
	trust_info_put(w, &e->info);
	writer_u32(w, e->posix);
	writer_u32(w, e->encryption);
	writer_sized(w, e->guard);
}

NTSTATUS
trust_erase(struct book_change *c, struct bytes key)
{
	uint8_t alias[512 + 1], fold[512];
	struct secret *old = NULL;
	struct trust_entry e;
	struct bytes flat;
	struct writer w = writer_of(alias, sizeof alias);
	const uint8_t *at;
	NTSTATUS status = book_read(c, BOOK_TRUST, key, &old);

	if (status != STATUS_SUCCESS)
		return status;
	WITH_SECRET(at, old) {
		if (!trust_entry_take(&e, bytes_of(at, secret_len(old)))) {
			status = STATUS_INTERNAL_DB_ERROR;
		} else {
			if (e.info.sid.len) {
				writer_u8(&w, 'S');
				writer_bytes(&w, e.info.sid);
				status = value_erase(c, BOOK_TRUST_ALIAS, bytes_of(alias, w.need));
			}
			if (status == STATUS_SUCCESS && name_key(fold, &flat, e.info.flat, 256)) {
				w = writer_of(alias, sizeof alias);
				writer_u8(&w, 'F');
				writer_bytes(&w, flat);
				status = value_erase(c, BOOK_TRUST_ALIAS, bytes_of(alias, w.need));
			}
		}
	}
	secret_drop(&old);
	if (status == STATUS_SUCCESS)
		status = value_erase(c, BOOK_TRUST_AUTH, key);
	if (status == STATUS_SUCCESS)
		status = book_erase(c, BOOK_TRUST, key);
	return status;
}

struct bytes
entry_guard(enum policy_kind what, struct bytes entry)
{
	struct secret_entry secret;
	struct trust_entry trust;
	struct rights rights;
	struct bytes guard;

	switch (what) {
	case OBJECT_POLICY:
		return entry;
	case OBJECT_ACCOUNT:
		return rights_take(&rights, &guard, entry) ? guard : BYTES_NONE;
	case OBJECT_SECRET:
		return secret_entry_take(&secret, entry) ? secret.guard : BYTES_NONE;
	case OBJECT_TRUST:
		return trust_entry_take(&trust, entry) ? trust.guard : BYTES_NONE;
	case OBJECT_ANY:
	case OBJECT_KINDS:
	default:
		return BYTES_NONE;
	}
}

void
entry_put_guard(struct writer *w, enum policy_kind what, struct bytes entry, struct bytes guard)
{
	struct secret_entry secret;
	struct trust_entry trust;
	struct rights rights;

	if (what == OBJECT_POLICY) {
		writer_bytes(w, guard);
	} else if (what == OBJECT_ACCOUNT && rights_take(&rights, NULL, entry)) {
		rights_put(w, &rights, guard);
	} else if (what == OBJECT_SECRET && secret_entry_take(&secret, entry)) {
		secret.guard = guard;
		secret_entry_put(w, &secret);
	} else if (what == OBJECT_TRUST && trust_entry_take(&trust, entry)) {
		trust.guard = guard;
		trust_entry_put(w, &trust);
	}
}
