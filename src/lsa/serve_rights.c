/*
 * serve_rights.c - the rights of accounts: [MS-LSAD] 3.1.4.5 and 3.1.4.7.
 * An account is an entry by SID; nobody need be known by it.
 */
#include <stdlib.h>

#include "base/privilege.h"
#include "lsa/policy.h"
#include "lsa/policy_entry.h"
#include "pkg/lsa_mode.h"

#define ADJUSTS		(ACCOUNT_SEE | ACCOUNT_PRIVILEGES | ACCOUNT_ACCESS)
#define HELD_MOST	60000u		/* bytes of one reply */

/* A list of names; *ret_count of them. All or none. */
static NTSTATUS
names_take(struct served *s, struct bytes list, struct rights *ret_rights, size_t *ret_count)
{
	struct reader r = reader_of(list);
	struct rights sum = { 0 };
	size_t count = 0;

	while (reader_left(&r) > 0) {
		struct bytes name = reader_sized(&r, 1024);
		uint64_t privilege;
		uint32_t access;

		if (!reader_ok(&r))
			return STATUS_INVALID_PARAMETER;
		if (!right_find(&privilege, &access, name))
			return because(&s->call, STATUS_NO_SUCH_PRIVILEGE, TO_CALLER,
			    "name %u of the list is neither a privilege nor a logon right; nothing was changed",
			    (unsigned)count + 1);
		sum.privileges |= privilege;
		sum.access |= access;
		count++;
	}
	*ret_rights = sum;
	*ret_count = count;
	return reader_done(&r) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

static NTSTATUS
sid_bad(struct served *s)
{
	return because(&s->call, STATUS_INVALID_SID, TO_CALLER, "this is not a SID of revision 1");
}

/* The entry as it stands in the transaction; absent is a status. */
static NTSTATUS
entry_read(struct book_change *c, struct bytes key, struct rights *ret_rights, uint8_t room[GUARD_MAX],
    struct bytes *ret_guard)
{
	struct secret *value = NULL;
	struct bytes guard;
	const uint8_t *at;
	NTSTATUS status = book_read(c, BOOK_ACCOUNT, key, &value);

	if (status != STATUS_SUCCESS)
		return status;
	WITH_SECRET(at, value) {
		if (rights_take(ret_rights, &guard, bytes_of(at, secret_len(value)))) {
			bytes_copy(room, guard.at, guard.len);
			*ret_guard = bytes_of(room, guard.len);
		} else {
			status = STATUS_INTERNAL_DB_ERROR;
		}
	}
	secret_drop(&value);
	return status;
}

static NTSTATUS
entry_write(struct book_change *c, struct bytes key, const struct rights *rights, struct bytes guard)
{
	uint8_t value[GUARD_MAX + 32];
	struct writer w = writer_of(value, sizeof value);

	rights_put(&w, rights, guard);
	return book_write(c, BOOK_ACCOUNT, key, bytes_of(value, w.need));
}

/* For the audit: what an account gets, what it loses. */
static void
rights_differ(struct edit *e, const struct rights *had, const struct rights *has)
{
	e->given = (struct rights){ has->privileges & ~had->privileges, has->access & ~had->access };
	e->taken = (struct rights){ had->privileges & ~has->privileges, had->access & ~has->access };
}

static uint32_t
account_allows(const struct edit *e, struct bytes guard)
{
	uint8_t usual[GUARD_MAX];

	return edit_allows(e, OBJECT_ACCOUNT, guard.len ? guard : guard_usual(usual, OBJECT_ACCOUNT, NULL));
}

/* --- adding and removing, by SID --------------------------------------------------- */

static NTSTATUS
add_work(struct edit *e, struct book_change *c)
{
	uint8_t room[GUARD_MAX];
	struct rights had = { 0 }, has;
	struct bytes guard = BYTES_NONE;
	NTSTATUS status = entry_read(c, e->key, &had, room, &guard);

	if (status == STATUS_NOT_FOUND && !(e->handle & POLICY_ACCOUNTS))
		return edit_denied(e, "there is no such account in policy yet, and the handle was opened without POLICY_CREATE_ACCOUNT");
	if (status == STATUS_SUCCESS && (ADJUSTS & ~account_allows(e, guard)))
		return edit_denied(e, "the security descriptor of the account does not let the caller adjust its rights");
	if (status != STATUS_SUCCESS && status != STATUS_NOT_FOUND)
		return status;
	has = (struct rights){ had.privileges | e->rights.privileges, had.access | e->rights.access };
	rights_differ(e, &had, &has);
	if (status == STATUS_SUCCESS && has.privileges == had.privileges && has.access == had.access)
		return STATUS_SUCCESS;
	return entry_write(c, e->key, &has, guard);
}

NTSTATUS
serve_rights_add(struct served *s, const struct rights_add_in *in, struct rights_add_out *out)
{
	struct edit m = { .work = add_work, .key = in->sid, .what = "account rights added", .event = AUDIT_RIGHT_GIVEN }, *e;
	struct policy_object *p;
	struct sid sid;
	size_t count;
	NTSTATUS status;

	(void)out;
	if (!edit_runs(s)) {
		status = policy_hold(s, in->object, OBJECT_POLICY, POLICY_NAMES, &p);
		if (status != STATUS_SUCCESS)
			return status;
		m.handle = p->granted;
		object_drop(&p->o);
		if (!sid_whole(&sid, in->sid))
			return sid_bad(s);
		status = names_take(s, in->rights, &m.rights, &count);
		if (status != STATUS_SUCCESS || count == 0)
			return status;
	}
	return edit_run(s, &m, &e);
}

static NTSTATUS
del_work(struct edit *e, struct book_change *c)
{
	uint8_t room[GUARD_MAX];
	uint32_t needs = ADJUSTS | (e->n ? ACCESS_DELETE : 0);
	struct rights had = { 0 }, has;
	struct bytes guard = BYTES_NONE;
	NTSTATUS status = entry_read(c, e->key, &had, room, &guard);

	if (status == STATUS_NOT_FOUND) {
		e->why = "policy knows no account of this SID";
		return STATUS_OBJECT_NAME_NOT_FOUND;
	}
	if (status != STATUS_SUCCESS)
		return status;
	if (needs & ~account_allows(e, guard))
		return edit_denied(e, "the security descriptor of the account does not let the caller take its rights");
	has = (struct rights){ had.privileges & ~e->rights.privileges, had.access & ~e->rights.access };
	if (e->n)
		has = (struct rights){ 0 };
	rights_differ(e, &had, &has);
	if (e->n || (!has.privileges && !has.access))
		return account_erase(c, e->key);
	if (has.privileges == had.privileges && has.access == had.access)
		return STATUS_SUCCESS;
	return entry_write(c, e->key, &has, guard);
}

NTSTATUS
serve_rights_del(struct served *s, const struct rights_del_in *in, struct rights_del_out *out)
{
	struct edit m = { .work = del_work, .key = in->sid, .n = in->all, .what = "account rights removed",
	    .event = AUDIT_RIGHT_TAKEN }, *e;
	struct sid sid;
	size_t count;
	NTSTATUS status;

	(void)out;
	if (!edit_runs(s)) {
		status = policy_may(s, in->object, POLICY_NAMES);
		if (status != STATUS_SUCCESS)
			return status;
		if (!sid_whole(&sid, in->sid))
			return sid_bad(s);
		if (!in->all) {
			status = names_take(s, in->rights, &m.rights, &count);
			if (status != STATUS_SUCCESS)
				return status;
		}
	}
	return edit_run(s, &m, &e);
}

/* --- reading -------------------------------------------------------------------------- */

/* From memory, with what the caller may do to it. */
static NTSTATUS
account_look(struct served *s, struct bytes key, struct rights *ret_rights, uint32_t *ret_allowed)
{
	struct sid sids[PEER_SIDS];
	uint8_t usual[GUARD_MAX];
	struct entry *entry;
	struct store *store;
	struct bytes guard;
	NTSTATUS status = lsa_store(s->link->lsa, &store, &s->call);

	if (status == STATUS_SUCCESS)
		status = book_find(store, BOOK_ACCOUNT, key, &entry);
	if (status == STATUS_NOT_FOUND)
		return because(&s->call, STATUS_OBJECT_NAME_NOT_FOUND, TO_CALLER, "policy knows no account of this SID");
	if (status != STATUS_SUCCESS)
		return status;
	if (!rights_take(ret_rights, &guard, entry->value))
		status = STATUS_INTERNAL_DB_ERROR;
	else if (ret_allowed)
		*ret_allowed = guard_allows(guard.len ? guard : guard_usual(usual, OBJECT_ACCOUNT, NULL), sids,
		    peer_sids(&s->link->peer, sids), &policy_maps[OBJECT_ACCOUNT]);
	entry_drop(entry);
	return status;
}

NTSTATUS
serve_rights_get(struct served *s, const struct rights_get_in *in, struct rights_get_out *out)
{
	struct rights rights;
	uint32_t allowed;
	struct sid sid;
	NTSTATUS status = policy_may(s, in->object, POLICY_NAMES);

	if (status != STATUS_SUCCESS)
		return status;
	if (!sid_whole(&sid, in->sid))
		return sid_bad(s);
	status = account_look(s, in->sid, &rights, &allowed);
	if (status != STATUS_SUCCESS)
		return status;
	if (!(allowed & ACCOUNT_SEE))
		return because(&s->call, STATUS_ACCESS_DENIED, TO_CALLER,
		    "the security descriptor of the account does not let the caller see its rights");
	out->privileges = rights.privileges;
	out->access = rights.access;
	return STATUS_SUCCESS;
}

NTSTATUS
serve_rights_held(struct served *s, const struct rights_held_in *in, struct rights_held_out *out)
{
	struct rights wanted = { 0 }, has;
	uint8_t *room = call_memory(&s->call, HELD_MOST);
	struct writer w = writer_of(room, room ? HELD_MOST : 0);
	struct entry **list;
	struct store *store;
	size_t count, n = 0;
	NTSTATUS status = policy_may(s, in->object, in->right.len ? POLICY_NAMES | POLICY_VIEW : POLICY_VIEW);

	if (status == STATUS_SUCCESS)
		status = lsa_store(s->link->lsa, &store, &s->call);
	if (status != STATUS_SUCCESS)
		return status;
	if (in->right.len && !right_find(&wanted.privileges, &wanted.access, in->right))
		return because(&s->call, STATUS_NO_SUCH_PRIVILEGE, TO_CALLER, "there is neither a privilege nor a logon right of this name");
	if (!room)
		return STATUS_INSUFFICIENT_RESOURCES;
	status = book_list(store, BOOK_ACCOUNT, &list, &count);
	if (status != STATUS_SUCCESS)
		return status;
	for (size_t i = 0; i < count; i++) {
		bool holds = rights_take(&has, NULL, list[i]->value) && (!in->right.len ||
		    (has.privileges & wanted.privileges) || (has.access & wanted.access));

		if (holds && n++ >= in->from && !out->next) {
			if (w.need + 4 + list[i]->key.len > HELD_MOST)
				out->next = (uint32_t)n - 1;
			else
				writer_sized(&w, list[i]->key);
		}
		entry_drop(list[i]);
	}
	free(list);
	out->sids = bytes_of(room, w.need);
	return w.need ? STATUS_SUCCESS : STATUS_NO_MORE_ENTRIES;
}

/* --- account handles ------------------------------------------------------------------------ */

static NTSTATUS
make_work(struct edit *e, struct book_change *c)
{
	uint8_t room[GUARD_MAX];
	struct rights none = { 0 };
	struct bytes guard = BYTES_NONE;
	NTSTATUS status = entry_read(c, e->key, &none, room, &guard);

	if (status == STATUS_SUCCESS) {
		e->why = "policy has an account of this SID already";
		return STATUS_OBJECT_NAME_COLLISION;
	}
	if (status == STATUS_NOT_FOUND)
		status = edit_grant(e, OBJECT_ACCOUNT, guard_usual(room, OBJECT_ACCOUNT, NULL), 0);
	return status == STATUS_SUCCESS ? entry_write(c, e->key, &none, BYTES_NONE) : status;
}

static NTSTATUS
account_open(struct served *s, struct bytes key, uint32_t wanted, uint32_t *ret_granted)
{
	uint8_t usual[GUARD_MAX];
	struct entry *entry = NULL;
	struct rights rights;
	struct bytes guard;
	struct store *store;
	NTSTATUS status = lsa_store(s->link->lsa, &store, &s->call);

	if (status == STATUS_SUCCESS)
		status = book_find(store, BOOK_ACCOUNT, key, &entry);
	if (status == STATUS_NOT_FOUND)
		return because(&s->call, STATUS_OBJECT_NAME_NOT_FOUND, TO_CALLER, "policy knows no account of this SID");
	if (status != STATUS_SUCCESS)
		return status;
	if (rights_take(&rights, &guard, entry->value))
		status = peer_grant(s, ret_granted, OBJECT_ACCOUNT, guard.len ? guard : guard_usual(usual, OBJECT_ACCOUNT, NULL), key, wanted);
	else
		status = STATUS_INTERNAL_DB_ERROR;
	entry_drop(entry);
	return status;
}

NTSTATUS
serve_acct_open(struct served *s, const struct acct_open_in *in, struct acct_open_out *out)
{
	struct edit m = { .work = make_work, .key = in->sid, .wanted = in->access, .what = "account made in policy",
	    .event = AUDIT_OBJECT, .object = OBJECT_ACCOUNT }, *e;
	struct sid sid;
	NTSTATUS status;

	if (!edit_runs(s)) {
		status = policy_may(s, in->object, in->make ? POLICY_ACCOUNTS : 0);
		if (status != STATUS_SUCCESS)
			return status;
		if (!sid_whole(&sid, in->sid))
			return sid_bad(s);
	}
	if (in->make) {
		status = edit_run(s, &m, &e);
		if (status == STATUS_SUCCESS)
			out->granted = e->granted;
	} else {
		status = account_open(s, in->sid, in->access, &out->granted);
		if (status == STATUS_ACCESS_DENIED)
			status = because(&s->call, status, TO_CALLER, "the caller may not have all of access 0x%x to the account", in->access);
	}
	return status == STATUS_SUCCESS ? policy_open(s, OBJECT_ACCOUNT, in->sid, out->granted, &out->account) : status;
}

NTSTATUS
serve_acct_get(struct served *s, const struct acct_get_in *in, struct acct_get_out *out)
{
	struct policy_object *p;
	struct rights rights;
	NTSTATUS status = policy_hold(s, in->account, OBJECT_ACCOUNT, ACCOUNT_SEE, &p);

	if (status != STATUS_SUCCESS)
		return status;
	status = account_look(s, bytes_of(p->key, p->key_len), &rights, NULL);
	if (status == STATUS_SUCCESS) {
		out->privileges = rights.privileges;
		out->access = rights.access;
	}
	object_drop(&p->o);
	return status;
}

enum { SET_ADD = 1, SET_REMOVE, SET_ACCESS };

static NTSTATUS
set_work(struct edit *e, struct book_change *c)
{
	uint8_t room[GUARD_MAX];
	struct rights has, had;
	struct bytes guard = BYTES_NONE;
	NTSTATUS status = entry_read(c, e->key, &has, room, &guard);

	if (status != STATUS_SUCCESS)
		return status == STATUS_NOT_FOUND ? STATUS_OBJECT_NAME_NOT_FOUND : status;
	had = has;
	if (e->n == SET_ADD)
		has.privileges |= e->rights.privileges;
	else if (e->n == SET_REMOVE)
		has.privileges &= ~e->rights.privileges;
	else
		has.access = e->rights.access;
	rights_differ(e, &had, &has);
	return entry_write(c, e->key, &has, guard);
}

NTSTATUS
serve_acct_set(struct served *s, const struct acct_set_in *in, struct acct_set_out *out)
{
	struct edit m = { .work = set_work, .n = in->what, .rights = { in->privileges, in->access }, .what = "account rights set",
	    .event = in->what == SET_REMOVE ? AUDIT_RIGHT_TAKEN : AUDIT_RIGHT_GIVEN }, *e;
	struct policy_object *p = NULL;
	NTSTATUS status;

	(void)out;
	if (!edit_runs(s)) {
		status = policy_hold(s, in->account, OBJECT_ACCOUNT, in->what == SET_ACCESS ? ACCOUNT_ACCESS : ACCOUNT_PRIVILEGES, &p);
		if (status != STATUS_SUCCESS)
			return status;
		m.key = bytes_of(p->key, p->key_len);
		if (in->what < SET_ADD || in->what > SET_ACCESS || in->access & ~(uint32_t)RIGHTS_ALL)
			status = because(&s->call, STATUS_INVALID_PARAMETER, TO_CALLER, "there are no such bits of system access");
		else if (in->what == SET_ADD && in->privileges & ~PRIVILEGES_ALL)
			status = because(&s->call, STATUS_NO_SUCH_PRIVILEGE, TO_CALLER, "there is no privilege of one of these numbers");
		if (status != STATUS_SUCCESS) {
			object_drop(&p->o);
			return status;
		}
	}
	status = edit_run(s, &m, &e);
	if (p)
		object_drop(&p->o);
	return status;
}
