/*
 * serve_audit.c - what is audited of single users, beside what is of all.
 * Kept by SID; store/audit.c reads it where an event is judged.
 */
#include <stdlib.h>

#include "lsa/policy.h"

#define SIDS_ROOM	65000u

static bool
key_of(uint8_t to[AUDIT_USER_KEY_MAX], struct bytes *ret_key, struct bytes binary)
{
	struct sid sid;

	return sid_whole(&sid, binary) && audit_user_key(to, ret_key, binary);
}

static NTSTATUS
settings_find(struct store *store, struct bytes key, uint8_t ret_settings[AUDIT_PLACES])
{
	struct entry *entry = NULL;
	NTSTATUS status = book_find(store, BOOK_AUDIT, key, &entry);

	if (status == STATUS_SUCCESS && entry->value.len != AUDIT_PLACES)
		status = STATUS_INTERNAL_DB_ERROR;
	if (status == STATUS_SUCCESS)
		bytes_copy(ret_settings, entry->value.at, AUDIT_PLACES);
	entry_drop(entry);
	return status;
}

/* Nothing for somebody is a setting, too: all are as for everybody. */
NTSTATUS
serve_audited_user(struct served *s, const struct audited_user_in *in, struct audited_user_out *out)
{
	uint8_t *room = call_memory(&s->call, AUDIT_PLACES), key[AUDIT_USER_KEY_MAX];
	struct bytes at;
	NTSTATUS status = audit_peer_may(s, AUDIT_SEE_USER);

	if (status != STATUS_SUCCESS)
		return status;
	if (!room)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (!key_of(key, &at, in->sid))
		return STATUS_INVALID_PARAMETER;
	for (unsigned i = 0; i < AUDIT_PLACES; i++)
		room[i] = 0;
	status = settings_find(s->link->lsa->store, at, room);
	out->settings = bytes_of(room, AUDIT_PLACES);
	return status == STATUS_NOT_FOUND ? STATUS_SUCCESS : status;
}

NTSTATUS
serve_audited_users(struct served *s, const struct audited_users_in *in, struct audited_users_out *out)
{
	size_t prefix = sizeof AUDIT_USER_PREFIX - 1, count = 0;
	struct writer w = writer_of(call_memory(&s->call, SIDS_ROOM), SIDS_ROOM);
	struct entry **entries = NULL;
	NTSTATUS status = w.at ? audit_peer_may(s, AUDIT_SEE_USERS) : STATUS_INSUFFICIENT_RESOURCES;

	(void)in;
	if (status == STATUS_SUCCESS)
		status = book_list(s->link->lsa->store, BOOK_AUDIT, &entries, &count);
	if (status != STATUS_SUCCESS)
		return status;
	for (size_t i = 0; i < count; i++) {
		struct bytes key = entries[i]->key;

		if (key.len > prefix && bytes_same(bytes_of(key.at, prefix), bytes_of_text(AUDIT_USER_PREFIX)))
			writer_sized(&w, bytes_of(key.at + prefix, key.len - prefix));
		entry_drop(entries[i]);
	}
	free(entries);
	out->sids = bytes_of(w.at, w.need);
	return writer_ok(&w) ? STATUS_SUCCESS :
	    because(&s->call, STATUS_INSUFFICIENT_RESOURCES, TO_CALLER, "there are more users with an audit policy than one answer holds");
}

/* --- set --------------------------------------------------------------------------------- */

static NTSTATUS
user_work(struct edit *e, struct book_change *c)
{
	struct reader r = reader_of(e->guard);
	uint8_t settings[AUDIT_PLACES] = { 0 };
	struct secret *old = NULL;
	const uint8_t *at;
	bool any = false;
	NTSTATUS status = book_read(c, BOOK_AUDIT, e->key, &old);

	if (status == STATUS_SUCCESS && secret_len(old) == AUDIT_PLACES)
		WITH_SECRET(at, old)
			bytes_copy(settings, at, AUDIT_PLACES);
	secret_drop(&old);
	if (status != STATUS_SUCCESS && status != STATUS_NOT_FOUND)
		return status;
	bytes_copy(e->before.settings, settings, AUDIT_PLACES);
	while (reader_left(&r) > 0) {
		uint32_t place = reader_u32(&r), option = reader_u32(&r);

		if (!reader_ok(&r) || place >= AUDIT_PLACES || option > AUDITS_AS_ALL)
			return STATUS_INVALID_PARAMETER;
		if (option)
			settings[place] = option == AUDITS_AS_ALL ? 0 : (uint8_t)option;
	}
	bytes_copy(e->after.settings, settings, AUDIT_PLACES);
	for (unsigned i = 0; i < AUDIT_PLACES; i++)
		any = any || settings[i];
	if (any)
		return book_write(c, BOOK_AUDIT, e->key, bytes_of(settings, sizeof settings));
	return status == STATUS_SUCCESS ? book_erase(c, BOOK_AUDIT, e->key) : STATUS_SUCCESS;
}

NTSTATUS
serve_audit_user(struct served *s, const struct audit_user_in *in, struct audit_user_out *out)
{
	struct edit m = { .work = user_work, .name = in->sid, .guard = in->places, .classes = 1u << 1,
	    .what = "per-user audit policy", .event = AUDIT_USER_AUDITING }, *e;
	uint8_t key[AUDIT_USER_KEY_MAX];
	NTSTATUS status = STATUS_SUCCESS;

	(void)out;
	if (!key_of(key, &m.key, in->sid))
		return STATUS_INVALID_PARAMETER;
	if (!edit_runs(s))
		status = audit_peer_may(s, AUDIT_SET_USER);
	return status == STATUS_SUCCESS ? edit_run(s, &m, &e) : status;
}
