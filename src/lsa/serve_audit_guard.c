/*
 * serve_audit_guard.c - who may see and set what is audited, and the system
 * lists of all files and keys. No file and no key is opened here: their lists
 * are kept for those who open some.
 */
#include "lsa/policy.h"

#include "base/privilege.h"
#include "lsa/raise.h"

static const struct access_map audit_map = { ACCESS_READ_CONTROL | 0x5A, ACCESS_READ_CONTROL | 0x25, ACCESS_READ_CONTROL,
	ACCESS_STANDARD | AUDIT_ALL };
static const char guard_key[] = "audit";

/* From the making of the book on: SYSTEM and the administrators may look. Whoever sets, has the privilege. */
static struct bytes
usual_guard(uint8_t to[GUARD_MAX])
{
	uint32_t see = audit_map.read;
	struct guard_entry entries[] = { { &sid_administrators, see }, { &sid_system, see } };
	struct writer w = writer_of(to, GUARD_MAX);

	guard_make(&w, &sid_system, entries, 2);
	return bytes_of(to, w.need);
}

static NTSTATUS
audit_guard(struct store *store, uint8_t to[GUARD_MAX], struct bytes *ret_guard)
{
	struct entry *entry = NULL;
	NTSTATUS status = book_find(store, BOOK_GUARD, bytes_of_text(guard_key), &entry);

	if (status == STATUS_NOT_FOUND) {
		*ret_guard = usual_guard(to);
		return STATUS_SUCCESS;
	}
	if (status == STATUS_SUCCESS && entry->value.len > GUARD_MAX)
		status = STATUS_INTERNAL_DB_ERROR;
	if (status == STATUS_SUCCESS) {
		bytes_copy(to, entry->value.at, entry->value.len);
		*ret_guard = bytes_of(to, entry->value.len);
	}
	entry_drop(entry);
	return status;
}

NTSTATUS
audit_peer_may(struct served *s, uint32_t needs)
{
	struct rights rights = { 0 };
	struct sid sids[PEER_SIDS];
	size_t count = peer_sids(&s->link->peer, sids);
	uint8_t room[GUARD_MAX];
	struct store *store;
	struct bytes guard;
	NTSTATUS status = lsa_store(s->link->lsa, &store, &s->call);

	if (status == STATUS_SUCCESS)
		status = rights_of(store, sids, count, &rights);
	if (status == STATUS_SUCCESS)
		status = audit_guard(store, room, &guard);
	if (status != STATUS_SUCCESS)
		return status;
	if (!(rights.privileges & PRIVILEGE_BIT(PRIVILEGE_SECURITY)) &&
	    (needs == AUDIT_BY_PRIVILEGE || (needs & ~guard_allows(guard, sids, count, &audit_map))))
		status = because(&s->call, STATUS_ACCESS_DENIED, TO_CALLER, needs == AUDIT_BY_PRIVILEGE ?
		    "this needs SeSecurityPrivilege, which uid %u does not hold" :
		    "uid %u neither holds SeSecurityPrivilege nor has access 0x%x by the security descriptor of audit policy (AuditSetSecurity)",
		    s->link->peer.uid, needs);
	if (guard_audits(guard, sids, count, &audit_map, needs == AUDIT_BY_PRIVILEGE ? ACCESS_SYSTEM_LIST : needs, status == STATUS_SUCCESS))
		raise_opened(s, "AuditPolicyObject", BYTES_NONE, needs == AUDIT_BY_PRIVILEGE ? ACCESS_SYSTEM_LIST : needs, status);
	return status;
}

/* --- the guard ------------------------------------------------------------------------ */

static NTSTATUS
parts_good(struct served *s, uint32_t parts)
{
	if (parts && !(parts & ~(uint32_t)(GUARD_LIST | GUARD_SYSTEM_LIST)))
		return STATUS_SUCCESS;
	return because(&s->call, STATUS_INVALID_PARAMETER, TO_CALLER, "the two lists of it can be asked for and set, nothing else");
}

NTSTATUS
serve_audit_guard(struct served *s, const struct audit_guard_in *in, struct audit_guard_out *out)
{
	uint8_t *to = call_memory(&s->call, GUARD_MAX), room[GUARD_MAX];
	struct writer w = writer_of(to, to ? GUARD_MAX : 0);
	struct bytes guard;
	NTSTATUS status = parts_good(s, in->parts);

	if (status == STATUS_SUCCESS)
		status = audit_peer_may(s, AUDIT_BY_PRIVILEGE);
	if (status == STATUS_SUCCESS)
		status = to ? audit_guard(s->link->lsa->store, room, &guard) : STATUS_INSUFFICIENT_RESOURCES;
	if (status != STATUS_SUCCESS)
		return status;
	guard_cut(&w, guard, in->parts);
	out->guard = bytes_of(to, w.need);
	return w.need ? STATUS_SUCCESS : STATUS_INTERNAL_DB_ERROR;
}

static NTSTATUS
guard_work(struct edit *e, struct book_change *c)
{
	uint8_t usual[GUARD_MAX], merged[GUARD_MAX];
	struct writer m = writer_of(merged, sizeof merged);
	struct secret *was = NULL;
	const uint8_t *at;
	NTSTATUS status = book_read(c, BOOK_GUARD, bytes_of_text(guard_key), &was);

	if (status == STATUS_NOT_FOUND)
		guard_merge(&m, usual_guard(usual), e->guard, e->wanted);
	else if (status != STATUS_SUCCESS)
		return status;
	else
		WITH_SECRET(at, was)
			guard_merge(&m, bytes_of(at, secret_len(was)), e->guard, e->wanted);
	secret_drop(&was);
	if (!m.need || !writer_ok(&m) || !guard_valid(bytes_of(merged, m.need)))
		return STATUS_INVALID_SECURITY_DESCR;
	return book_write(c, BOOK_GUARD, bytes_of_text(guard_key), bytes_of(merged, m.need));
}

/* Without a list everybody could do everything: that has to be said by an entry. */
NTSTATUS
serve_audit_guard_set(struct served *s, const struct audit_guard_set_in *in, struct audit_guard_set_out *out)
{
	struct edit m = { .work = guard_work, .guard = in->guard, .wanted = in->parts, .classes = 1u << 1,
	    .what = "security descriptor of audit policy set", .event = AUDIT_AUDIT_GUARD }, *e;
	NTSTATUS status = STATUS_SUCCESS;

	(void)out;
	if (!edit_runs(s)) {
		status = parts_good(s, in->parts);
		if (status == STATUS_SUCCESS)
			status = audit_peer_may(s, AUDIT_BY_PRIVILEGE);
		if (status == STATUS_SUCCESS && !guard_valid(in->guard))
			status = because(&s->call, STATUS_INVALID_SECURITY_DESCR, TO_CALLER,
			    "this is no security descriptor, or an entry neither allows, denies nor audits");
		if (status == STATUS_SUCCESS && (in->parts & GUARD_LIST) && !guard_has(in->guard, GUARD_LIST))
			status = because(&s->call, STATUS_INVALID_PARAMETER, TO_CALLER,
			    "there is no discretionary list in it: whom everything is allowed has to be said");
	}
	return status == STATUS_SUCCESS ? edit_run(s, &m, &e) : status;
}

/* --- the lists of all files and of all keys -------------------------------------------------- */

static const char *const kinds[] = { NULL, "File", "Key" };

static NTSTATUS
kind_key(struct served *s, uint32_t kind, uint8_t to[16], struct bytes *ret_key)
{
	struct writer w = writer_of(to, 16);

	if (kind < 1 || kind >= sizeof kinds / sizeof *kinds)
		return because(&s->call, STATUS_INVALID_PARAMETER, TO_CALLER, "there are system lists of files and of keys alone");
	writer_bytes(&w, bytes_of_text("global:"));
	writer_bytes(&w, bytes_of_text(kinds[kind]));
	*ret_key = bytes_of(to, w.need);
	return writer_ok(&w) ? STATUS_SUCCESS : STATUS_INTERNAL_ERROR;
}

NTSTATUS
serve_audit_sacl(struct served *s, const struct audit_sacl_in *in, struct audit_sacl_out *out)
{
	uint8_t room[16], *to = NULL;
	struct entry *entry = NULL;
	struct bytes key;
	NTSTATUS status = kind_key(s, in->kind, room, &key);

	if (status == STATUS_SUCCESS)
		status = audit_peer_may(s, AUDIT_SEE_MISC);
	if (status == STATUS_SUCCESS)
		status = book_find(s->link->lsa->store, BOOK_AUDIT, key, &entry);
	if (status == STATUS_NOT_FOUND)
		return because(&s->call, STATUS_OBJECT_NAME_NOT_FOUND, TO_CALLER, "there is no global system list of this kind of object");
	if (status != STATUS_SUCCESS)
		return status;
	to = call_memory(&s->call, entry->value.len);
	if (to)
		bytes_copy(to, entry->value.at, entry->value.len);
	out->list = bytes_of(to, entry->value.len);
	entry_drop(entry);
	return to ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS
sacl_work(struct edit *e, struct book_change *c)
{
	NTSTATUS status;

	if (e->guard.len)
		return book_write(c, BOOK_AUDIT, e->key, e->guard);
	status = book_erase(c, BOOK_AUDIT, e->key);
	return status == STATUS_NOT_FOUND ? STATUS_SUCCESS : status;
}

NTSTATUS
serve_audit_sacl_set(struct served *s, const struct audit_sacl_set_in *in, struct audit_sacl_set_out *out)
{
	struct edit m = { .work = sacl_work, .guard = in->list, .classes = 1u << 8, .event = AUDIT_GLOBAL_SACL }, *e;
	uint8_t room[16];
	NTSTATUS status = kind_key(s, in->kind, room, &m.key);

	(void)out;
	if (status != STATUS_SUCCESS)
		return status;
	m.what = kinds[in->kind];
	if (!edit_runs(s)) {
		status = audit_peer_may(s, AUDIT_SET_MISC);
		if (status == STATUS_SUCCESS && in->list.len && (in->list.len > GUARD_MAX || !guard_system_list_valid(in->list)))
			status = because(&s->call, STATUS_INVALID_ACL, TO_CALLER, "this is no list whose entries audit, or it is too long");
	}
	return status == STATUS_SUCCESS ? edit_run(s, &m, &e) : status;
}
