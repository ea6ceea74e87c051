/*
 * serve_policy.c - handles of policy and of the objects in it, and their
 * guards. What an object is about, the other serve_ files know.
 */
#include <stdlib.h>

#include "base/privilege.h"
#include "base/utf16.h"
#include "lsa/policy.h"
#include "lsa/policy_entry.h"
#include "lsa/raise.h"
#include "pkg/lsa_mode.h"

#define READ	ACCESS_READ_CONTROL

const struct access_map policy_maps[OBJECT_KINDS] = {
	[OBJECT_POLICY]  = { READ | 0x006, READ | 0x7F8, READ | 0x801, ACCESS_STANDARD | POLICY_ALL },
	[OBJECT_ACCOUNT] = { READ | 0x1,   READ | 0xE,   READ,         ACCESS_STANDARD | ACCOUNT_ALL },
	[OBJECT_SECRET]  = { READ | 0x2,   READ | 0x1,   READ,         ACCESS_STANDARD | SECRET_ALL },
	[OBJECT_TRUST]   = { READ | 0x1,   READ | 0x34,  READ | 0xA,   ACCESS_STANDARD | TRUST_ALL },
};

const char *const policy_types[OBJECT_KINDS] = { [OBJECT_ANY] = "", [OBJECT_POLICY] = "PolicyObject",
	[OBJECT_ACCOUNT] = "AccountObject", [OBJECT_SECRET] = "SecretObject", [OBJECT_TRUST] = "TrustedDomainObject" };

/* --- guards ---------------------------------------------------------------------- */

struct bytes
guard_usual(uint8_t to[GUARD_MAX], enum policy_kind what, const struct sid *maker)
{
	uint32_t all = policy_maps[what].all, execute = policy_maps[what].execute;
	struct guard_entry entries[8] = { { &sid_system, all }, { &sid_administrators, all } };
	struct writer w = writer_of(to, GUARD_MAX);
	size_t count = 2;

	switch (what) {
	case OBJECT_POLICY:
		entries[count++] = (struct guard_entry){ &sid_everyone, execute | POLICY_NOTIFY };
		entries[count++] = (struct guard_entry){ &sid_authenticated_users, execute | POLICY_NOTIFY };
		entries[count++] = (struct guard_entry){ &sid_local_service, execute | POLICY_NOTIFY };
		entries[count++] = (struct guard_entry){ &sid_network_service, execute | POLICY_NOTIFY };
		break;
	case OBJECT_SECRET:
		entries[count++] = (struct guard_entry){ maker, all };
		break;
	case OBJECT_TRUST:
		entries[count++] = (struct guard_entry){ &sid_authenticated_users, execute | policy_maps[what].read };
		break;
	case OBJECT_ACCOUNT:
	case OBJECT_ANY:
	case OBJECT_KINDS:
	default:
		entries[count++] = (struct guard_entry){ &sid_everyone, execute };
		break;
	}
	guard_make(&w, maker ? maker : &sid_administrators, entries, count);
	return bytes_of(to, w.need);
}

static const char policy_key[] = "policy";

NTSTATUS
guard_of_policy(struct store *store, uint8_t to[GUARD_MAX], struct bytes *ret_guard)
{
	struct entry *entry;
	NTSTATUS status = book_find(store, BOOK_GUARD, bytes_of_text(policy_key), &entry);

	if (status == STATUS_NOT_FOUND) {
		*ret_guard = guard_usual(to, OBJECT_POLICY, NULL);
		return STATUS_SUCCESS;
	}
	if (status != STATUS_SUCCESS)
		return status;
	if (entry->value.len > GUARD_MAX)
		status = STATUS_INTERNAL_DB_ERROR;
	else
		bytes_copy(to, entry->value.at, entry->value.len);
	*ret_guard = bytes_of(to, entry->value.len);
	entry_drop(entry);
	return status;
}

NTSTATUS
access_grant(uint32_t *ret_granted, enum policy_kind what, uint32_t allowed, uint32_t wanted)
{
	uint32_t mask = access_mapped(&policy_maps[what], wanted), granted = mask & ~ACCESS_MAXIMUM;

	if (granted & ~allowed)
		return STATUS_ACCESS_DENIED;
	/* A system list has to be named: the most that one may have is without it. */
	*ret_granted = mask & ACCESS_MAXIMUM ? granted | (allowed & ~ACCESS_SYSTEM_LIST) : granted;
	return STATUS_SUCCESS;
}

uint32_t
sids_security(struct store *store, const struct sid *sids, size_t count)
{
	struct rights rights = { 0 };

	return rights_of(store, sids, count, &rights) == STATUS_SUCCESS && (rights.privileges & PRIVILEGE_BIT(PRIVILEGE_SECURITY)) ?
	    ACCESS_SYSTEM_LIST : 0;
}

NTSTATUS
peer_grant(struct served *s, uint32_t *ret_granted, enum policy_kind what, struct bytes guard, struct bytes key, uint32_t wanted)
{
	const struct access_map *map = &policy_maps[what];
	struct sid sids[PEER_SIDS];
	size_t count = peer_sids(&s->link->peer, sids);
	uint32_t allowed = guard_allows(guard, sids, count, map), granted = 0;
	NTSTATUS status;

	if (wanted & ACCESS_SYSTEM_LIST)
		allowed |= sids_security(s->link->lsa->store, sids, count);
	status = access_grant(&granted, what, allowed, wanted);
	if (guard_audits(guard, sids, count, map, status == STATUS_SUCCESS ? granted : access_mapped(map, wanted), status == STATUS_SUCCESS))
		raise_opened(s, policy_types[what], key, wanted, status);
	if (status == STATUS_SUCCESS)
		*ret_granted = granted;
	return status;
}

/* --- handles ------------------------------------------------------------------------ */

bool
sid_whole(struct sid *ret_sid, struct bytes binary)
{
	struct reader r = reader_of(binary);

	sid_take(ret_sid, &r);
	return reader_done(&r);
}

bool
name_key(uint8_t to[2 * 256], struct bytes *ret_key, struct bytes name, size_t most)
{
	if (name.len == 0 || (name.len & 1) || name.len / 2 > most || most > 256)
		return false;
	for (size_t i = 0; i < name.len; i += 2)
		if (get_u16(name.at + i) == 0)
			return false;
	bytes_copy(to, name.at, name.len);
	utf16_upper(to, name.len);
	*ret_key = bytes_of(to, name.len);
	return true;
}

NTSTATUS
policy_open(struct served *s, enum policy_kind what, struct bytes key, uint32_t granted, uint64_t *ret_word)
{
	struct policy_object *p = calloc(1, sizeof *p + key.len);
	NTSTATUS status;

	if (!p)
		return STATUS_INSUFFICIENT_RESOURCES;
	p->what = what;
	p->granted = granted;
	p->key_len = key.len;
	bytes_copy(p->key, key.at, key.len);
	status = object_new(&p->o, s->process, KIND_POLICY, NULL);
	if (status != STATUS_SUCCESS) {
		free(p);
		return because(&s->call, status, TO_CALLER, "no further handle of policy for uid %u", s->link->peer.uid);
	}
	*ret_word = p->o.word;
	object_drop(&p->o);
	return STATUS_SUCCESS;
}

void
policy_destroy(void *object)
{
	struct policy_object *p = object;
	struct process *process = p->o.process;

	object_end(&p->o);
	free(p);
	process_release(process);
}

NTSTATUS
policy_hold(struct served *s, uint64_t word, enum policy_kind what, uint32_t needs, struct policy_object **ret_object)
{
	struct object *o = object_hold(s->process, KIND_POLICY, word);
	struct policy_object *p = (struct policy_object *)(void *)o;

	if (!o || (what != OBJECT_ANY && p->what != what)) {
		if (o)
			object_drop(o);
		return because(&s->call, STATUS_INVALID_HANDLE, TO_CALLER, "this is not a handle of the right kind, or it is closed");
	}
	if (needs & ~p->granted) {
		uint32_t granted = p->granted;

		object_drop(o);
		return because(&s->call, STATUS_ACCESS_DENIED, TO_CALLER,
		    "the handle was opened with access 0x%x, and this needs 0x%x", granted, needs);
	}
	*ret_object = p;
	return STATUS_SUCCESS;
}

NTSTATUS
policy_may(struct served *s, uint64_t word, uint32_t needs)
{
	struct policy_object *p;
	NTSTATUS status = policy_hold(s, word, OBJECT_POLICY, needs, &p);

	if (status == STATUS_SUCCESS)
		object_drop(&p->o);
	return status;
}

NTSTATUS
serve_pol_open(struct served *s, const struct pol_open_in *in, struct pol_open_out *out)
{
	uint8_t room[GUARD_MAX];
	struct store *store;
	struct bytes guard;
	NTSTATUS status = lsa_store(s->link->lsa, &store, &s->call);

	if (status == STATUS_SUCCESS)
		status = guard_of_policy(store, room, &guard);
	if (status != STATUS_SUCCESS)
		return status;
	status = peer_grant(s, &out->granted, OBJECT_POLICY, guard, BYTES_NONE, in->access);
	if (status != STATUS_SUCCESS)
		return because(&s->call, status, TO_CALLER, "uid %u may not have all of access 0x%x to policy",
		    s->link->peer.uid, in->access);
	return policy_open(s, OBJECT_POLICY, BYTES_NONE, out->granted, &out->object);
}

NTSTATUS
serve_pol_close(struct served *s, const struct pol_close_in *in, struct pol_close_out *out)
{
	(void)out;
	return object_close(s->process, KIND_POLICY, in->object);
}

/* --- what becomes of an object ----------------------------------------------------------- */

/* For the audit. */
static void
rights_lost(struct edit *e, struct book_change *c)
{
	struct secret *was = NULL;
	const uint8_t *at;

	if (book_read(c, BOOK_ACCOUNT, e->key, &was) == STATUS_SUCCESS)
		WITH_SECRET(at, was)
			if (!rights_take(&e->taken, NULL, bytes_of(at, secret_len(was))))
				e->taken = (struct rights){ 0 };
	secret_drop(&was);
}

static NTSTATUS
delete_work(struct edit *e, struct book_change *c)
{
	switch ((enum policy_kind)e->n) {
	case OBJECT_ACCOUNT:
		rights_lost(e, c);
		return account_erase(c, e->key);
	case OBJECT_SECRET:
		return secret_erase(c, e->key);
	case OBJECT_TRUST:
		return trust_erase(c, e->key);
	case OBJECT_ANY:
	case OBJECT_POLICY:
	case OBJECT_KINDS:
	default:
		return STATUS_INVALID_PARAMETER;
	}
}

NTSTATUS
serve_pol_delete(struct served *s, const struct pol_delete_in *in, struct pol_delete_out *out)
{
	struct edit m = { .work = delete_work, .what = "deleted", .event = AUDIT_OBJECT }, *e;
	struct policy_object *p = NULL;
	NTSTATUS status = STATUS_SUCCESS;

	(void)out;
	if (!edit_runs(s)) {
		status = policy_hold(s, in->object, OBJECT_ANY, 0, &p);
		if (status != STATUS_SUCCESS)
			return status;
		m.n = (uint32_t)p->what;
		m.object = p->what;
		if (p->what == OBJECT_TRUST)
			m.event = AUDIT_TRUST_GONE;
		m.key = bytes_of(p->key, p->key_len);
		if (p->what == OBJECT_POLICY)
			status = because(&s->call, STATUS_INVALID_PARAMETER, TO_CALLER, "policy itself cannot be deleted");
		else if (!(p->granted & ACCESS_DELETE))
			status = because(&s->call, STATUS_ACCESS_DENIED, TO_CALLER, "the handle was opened without DELETE");
	}
	if (status == STATUS_SUCCESS)
		status = edit_run(s, &m, &e);
	if (p)
		object_drop(&p->o);
	if (status == STATUS_NOT_FOUND)
		status = STATUS_OBJECT_NAME_NOT_FOUND;
	if (status == STATUS_SUCCESS)
		(void)object_close(s->process, KIND_POLICY, in->object);
	return status;
}

/* --- guards of objects -------------------------------------------------------------------- */

/* Where an object's guard stands among the rest of its entry. */
static NTSTATUS
guard_replace(struct edit *e, struct book_change *c)
{
	static const enum book_kind kinds[OBJECT_KINDS] = { [OBJECT_POLICY] = BOOK_GUARD, [OBJECT_ACCOUNT] = BOOK_ACCOUNT,
		[OBJECT_SECRET] = BOOK_SECRET, [OBJECT_TRUST] = BOOK_TRUST };
	enum policy_kind what = (enum policy_kind)e->n;
	uint8_t usual[GUARD_MAX], merged[GUARD_MAX], value[ENTRY_MAX];
	struct bytes key = what == OBJECT_POLICY ? bytes_of_text(policy_key) : e->key, old;
	struct writer m = writer_of(merged, sizeof merged), w = writer_of(value, sizeof value);
	struct secret *was = NULL;
	const uint8_t *at;
	NTSTATUS status = book_read(c, kinds[what], key, &was);

	if (status == STATUS_NOT_FOUND && what != OBJECT_POLICY)
		return STATUS_OBJECT_NAME_NOT_FOUND;
	if (status != STATUS_SUCCESS && status != STATUS_NOT_FOUND)
		return status;
	WITH_SECRET(at, was) {
		struct bytes entry = bytes_of(at, secret_len(was));

		old = entry_guard(what, entry);
		if (!old.len)
			old = guard_usual(usual, what, NULL);
		guard_merge(&m, old, e->guard, e->wanted);
		entry_put_guard(&w, what, entry, bytes_of(merged, m.need));
	}
	secret_drop(&was);
	if (!m.need || !writer_ok(&m) || !writer_ok(&w) || !guard_valid(bytes_of(merged, m.need)))
		return STATUS_INVALID_SECURITY_DESCR;
	return book_write(c, kinds[what], key, bytes_of(value, w.need));
}

NTSTATUS
serve_guard_set(struct served *s, const struct guard_set_in *in, struct guard_set_out *out)
{
	struct edit m = { .work = guard_replace, .what = "security descriptor set", .event = AUDIT_GUARD, .guard = in->guard, .wanted = in->parts }, *e;
	uint32_t needs = (in->parts & (GUARD_OWNER | GUARD_GROUP) ? ACCESS_WRITE_OWNER : 0) |
	    (in->parts & GUARD_LIST ? ACCESS_WRITE_LIST : 0) | (in->parts & GUARD_SYSTEM_LIST ? ACCESS_SYSTEM_LIST : 0);
	struct policy_object *p = NULL;
	NTSTATUS status = STATUS_SUCCESS;

	(void)out;
	if (!edit_runs(s)) {
		if (in->parts == 0 || in->parts & ~(uint32_t)GUARD_PARTS)
			return because(&s->call, STATUS_INVALID_PARAMETER, TO_CALLER,
			    "owner, group, discretionary and system list can be set, nothing else");
		if (!guard_valid(in->guard))
			return because(&s->call, STATUS_INVALID_SECURITY_DESCR, TO_CALLER,
			    "this is not a security descriptor, or an entry of it neither allows, denies nor audits");
		status = policy_hold(s, in->object, OBJECT_ANY, needs, &p);
		if (status != STATUS_SUCCESS)
			return status;
		m.n = (uint32_t)p->what;
		m.object = p->what;
		m.key = bytes_of(p->key, p->key_len);
	}
	status = edit_run(s, &m, &e);
	if (p)
		object_drop(&p->o);
	return status;
}

NTSTATUS
serve_guard_get(struct served *s, const struct guard_get_in *in, struct guard_get_out *out)
{
	static const enum book_kind kinds[OBJECT_KINDS] = { [OBJECT_ACCOUNT] = BOOK_ACCOUNT, [OBJECT_SECRET] = BOOK_SECRET,
		[OBJECT_TRUST] = BOOK_TRUST };
	uint8_t *room = call_memory(&s->call, GUARD_MAX), usual[GUARD_MAX];
	struct writer w = writer_of(room, room ? GUARD_MAX : 0);
	struct policy_object *p;
	struct entry *entry = NULL;
	struct store *store;
	struct bytes guard;
	NTSTATUS status = lsa_store(s->link->lsa, &store, &s->call);

	if (!room)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (in->parts == 0 || in->parts & ~(uint32_t)GUARD_PARTS)
		return because(&s->call, STATUS_INVALID_PARAMETER, TO_CALLER,
		    "owner, group, discretionary and system list can be read, nothing else");
	if (status == STATUS_SUCCESS)
		status = policy_hold(s, in->object, OBJECT_ANY, (in->parts & GUARD_SYSTEM_LIST ? ACCESS_SYSTEM_LIST : 0) |
		    (in->parts & ~(uint32_t)GUARD_SYSTEM_LIST ? ACCESS_READ_CONTROL : 0), &p);
	if (status != STATUS_SUCCESS)
		return status;
	if (p->what == OBJECT_POLICY) {
		status = guard_of_policy(store, usual, &guard);
	} else {
		status = book_find(store, kinds[p->what], bytes_of(p->key, p->key_len), &entry);
		if (status == STATUS_NOT_FOUND)
			status = STATUS_OBJECT_NAME_NOT_FOUND;
		if (status == STATUS_SUCCESS) {
			guard = entry_guard(p->what, entry->value);
			if (!guard.len)
				guard = guard_usual(usual, p->what, NULL);
		}
	}
	if (status == STATUS_SUCCESS) {
		guard_cut(&w, guard, in->parts);
		out->guard = bytes_of(room, w.need);
	}
	entry_drop(entry);
	object_drop(&p->o);
	return status;
}
