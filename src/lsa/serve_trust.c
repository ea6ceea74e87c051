/*
 * serve_trust.c - trusted domains: [MS-LSAD] 3.1.4.7. An entry by name, found
 * by its flat name and its SID too. Keys of trust hide as secrets do, and only
 * the system itself reads them back.
 */
#include <stdlib.h>

#include "base/utf16.h"
#include "lsa/policy.h"
#include "lsa/policy_entry.h"
#include "pkg/lsa_mode.h"
#include "wire/policy.h"

#define NAME_MOST	255u
#define AUTH_MOST	60000u
#define LIST_ROOM	60000u
#define ATTRIBUTES	0x00C00FFFu	/* the documented ones, and two that are the user's own */
#define FOREST		0x8u
#define POSIX_STEP	0x40000u

/* --- finding ---------------------------------------------------------------------------- */

static struct bytes
alias_of(uint8_t room[513], char kind, struct bytes what)
{
	struct writer w = writer_of(room, 513);

	writer_u8(&w, (uint8_t)kind);
	writer_bytes(&w, what);
	return writer_ok(&w) ? bytes_of(room, w.need) : BYTES_NONE;
}

/* By SID, else by either name. Held. */
static NTSTATUS
trust_find(struct store *store, struct bytes sid, struct bytes name, struct entry **ret_entry)
{
	uint8_t fold[512], room[513];
	struct entry *alias;
	struct bytes key;
	NTSTATUS status;

	if (!sid.len) {
		if (!name_key(fold, &key, name, NAME_MOST))
			return STATUS_OBJECT_NAME_NOT_FOUND;
		status = book_find(store, BOOK_TRUST, key, ret_entry);
		if (status != STATUS_NOT_FOUND)
			return status;
	}
	status = book_find(store, BOOK_TRUST_ALIAS, sid.len ? alias_of(room, 'S', sid) : alias_of(room, 'F', key), &alias);
	if (status == STATUS_SUCCESS) {
		status = book_find(store, BOOK_TRUST, alias->value, ret_entry);
		entry_drop(alias);
	}
	return status != STATUS_NOT_FOUND ? status : sid.len ? STATUS_NO_SUCH_DOMAIN : STATUS_OBJECT_NAME_NOT_FOUND;
}

static NTSTATUS
absent(struct served *s, NTSTATUS status)
{
	return status == STATUS_NO_SUCH_DOMAIN || status == STATUS_OBJECT_NAME_NOT_FOUND ?
	    because(&s->call, status, TO_CALLER, "there is no such trusted domain") : status;
}

/* What the caller may do to the one that is meant. ret_key lives as long as the call. */
static NTSTATUS
trust_meant(struct served *s, uint64_t handle, uint32_t needs, struct bytes sid, struct bytes name, struct trust_entry *ret_trust,
    struct bytes *ret_key, uint32_t *ret_allowed)
{
	struct sid sids[PEER_SIDS];
	uint8_t usual[GUARD_MAX], *copy;
	struct entry *entry;
	struct store *store;
	struct bytes guard;
	NTSTATUS status = policy_may(s, handle, needs);

	if (status == STATUS_SUCCESS)
		status = lsa_store(s->link->lsa, &store, &s->call);
	if (status == STATUS_SUCCESS && ((sid.len == 0) == (name.len == 0)))
		status = because(&s->call, STATUS_INVALID_PARAMETER, TO_CALLER, "a trusted domain is named, or its SID is given");
	if (status == STATUS_SUCCESS)
		status = absent(s, trust_find(store, sid, name, &entry));
	if (status != STATUS_SUCCESS)
		return status;
	copy = call_memory(&s->call, entry->key.len + entry->value.len);
	if (copy) {
		bytes_copy(copy, entry->key.at, entry->key.len);
		bytes_copy(copy + entry->key.len, entry->value.at, entry->value.len);
		*ret_key = bytes_of(copy, entry->key.len);
		status = trust_entry_take(ret_trust, bytes_of(copy + entry->key.len, entry->value.len)) ? STATUS_SUCCESS :
		    STATUS_INTERNAL_DB_ERROR;
		guard = ret_trust->guard.len ? ret_trust->guard : guard_usual(usual, OBJECT_TRUST, NULL);
		*ret_allowed = guard_allows(guard, sids, peer_sids(&s->link->peer, sids), &policy_maps[OBJECT_TRUST]);
	} else {
		status = STATUS_INSUFFICIENT_RESOURCES;
	}
	entry_drop(entry);
	return status;
}

static NTSTATUS
refused(struct served *s)
{
	return because(&s->call, STATUS_ACCESS_DENIED, TO_CALLER,
	    "the security descriptor of the trusted domain does not let the caller do this");
}

/* --- making ---------------------------------------------------------------------------------- */

static NTSTATUS
info_judge(struct served *s, const struct trust_info *info)
{
	uint8_t fold[512], computer[256];
	struct writer w = writer_of(computer, sizeof computer);
	struct store *store;
	struct bytes key;
	struct sid sid;
	NTSTATUS status = lsa_store(s->link->lsa, &store, &s->call);

	if (status != STATUS_SUCCESS)
		return status;
	if (!name_key(fold, &key, info->name, NAME_MOST) || !name_key(fold, &key, info->flat, NAME_MOST) ||
	    (info->sid.len ? !sid_whole(&sid, info->sid) : info->type != 3))
		return because(&s->call, STATUS_INVALID_PARAMETER, TO_CALLER,
		    "a trusted domain has two names of 1 to 255 characters and, unless it is a realm (type 3), a SID");
	if (info->direction > 3 || info->type < 1 || info->type > 3 || info->attributes & ~ATTRIBUTES)
		return because(&s->call, STATUS_INVALID_PARAMETER, TO_CALLER, "direction, type or attributes of the trust do not exist");
	if (!utf16_from_utf8(&w, bytes_of_text(store_computer(store))) || !writer_ok(&w))
		return STATUS_INTERNAL_DB_ERROR;
	if (utf16_same_fold(info->name, bytes_of(computer, w.need)) || utf16_same_fold(info->flat, bytes_of(computer, w.need)) ||
	    bytes_same(info->sid, store_sid(store)))
		return because(&s->call, STATUS_CURRENT_DOMAIN_NOT_ALLOWED, TO_CALLER, "this is the machine's own domain");
	return STATUS_SUCCESS;
}

/* STATUS_NOT_FOUND when the place is free. */
static NTSTATUS
is_there(struct book_change *c, enum book_kind kind, struct bytes key)
{
	struct secret *old = NULL;
	NTSTATUS status = book_read(c, kind, key, &old);

	secret_drop(&old);
	return status == STATUS_SUCCESS ? STATUS_OBJECT_NAME_COLLISION : status;
}

static NTSTATUS
posix_next(struct book_change *c, uint32_t *ret_offset)
{
	uint8_t bytes[4] = { 0 };
	struct secret *old = NULL;
	const uint8_t *at;
	NTSTATUS status = book_read(c, BOOK_META, bytes_of_text("posix"), &old);

	if (status != STATUS_SUCCESS && status != STATUS_NOT_FOUND)
		return status;
	WITH_SECRET(at, old)
		if (secret_len(old) == 4)
			bytes_copy(bytes, at, 4);
	secret_drop(&old);
	*ret_offset = get_u32(bytes) + POSIX_STEP;
	put_u32(bytes, *ret_offset);
	return book_write(c, BOOK_META, bytes_of_text("posix"), bytes_of(bytes, 4));
}

static NTSTATUS
aliases_put(struct book_change *c, const struct trust_info *info, struct bytes key)
{
	uint8_t fold[512], flat_room[513], sid_room[513];
	struct bytes flat_fold, flat, by_sid = info->sid.len ? alias_of(sid_room, 'S', info->sid) : BYTES_NONE;
	NTSTATUS status;

	if (!name_key(fold, &flat_fold, info->flat, NAME_MOST))
		return STATUS_INVALID_PARAMETER;
	flat = alias_of(flat_room, 'F', flat_fold);
	status = is_there(c, BOOK_TRUST_ALIAS, flat);
	if (status == STATUS_NOT_FOUND && !bytes_same(flat_fold, key))
		status = is_there(c, BOOK_TRUST, flat_fold);
	if (status == STATUS_NOT_FOUND && by_sid.len)
		status = is_there(c, BOOK_TRUST_ALIAS, by_sid);
	if (status != STATUS_NOT_FOUND)
		return status;
	status = book_write(c, BOOK_TRUST_ALIAS, flat, key);
	if (status == STATUS_SUCCESS && by_sid.len)
		status = book_write(c, BOOK_TRUST_ALIAS, by_sid, key);
	return status;
}

static NTSTATUS
entry_put(struct book_change *c, struct bytes key, const struct trust_entry *t)
{
	uint8_t value[ENTRY_MAX];
	struct writer w = writer_of(value, sizeof value);

	trust_entry_put(&w, t);
	return writer_ok(&w) ? book_write(c, BOOK_TRUST, key, bytes_of(value, w.need)) : STATUS_INVALID_PARAMETER;
}

static NTSTATUS
auth_put(struct book_change *c, struct bytes key, struct secret *auth)
{
	const uint8_t *at;
	NTSTATUS status = STATUS_SUCCESS;

	if (secret_len(auth))
		WITH_SECRET(at, auth)
			status = book_write(c, BOOK_TRUST_AUTH, key, bytes_of(at, secret_len(auth)));
	return status;
}

/* For the audit. */
static void
trust_note(struct edit *e, const struct trust_info *info)
{
	e->trust[0] = info->direction;
	e->trust[1] = info->type;
	e->trust[2] = info->attributes;
	if (info->sid.len <= sizeof e->domain_sid) {
		bytes_copy(e->domain_sid, info->sid.at, info->sid.len);
		e->domain_sid_len = info->sid.len;
	}
}

static NTSTATUS
make_work(struct edit *e, struct book_change *c)
{
	uint8_t usual[GUARD_MAX], room[513];
	struct reader r = reader_of(e->guard);
	struct trust_entry t = { .posix = 0 };
	NTSTATUS status;

	if (!trust_info_take(&t.info, &r))
		return STATUS_INVALID_PARAMETER;
	trust_note(e, &t.info);
	status = is_there(c, BOOK_TRUST, e->key);
	if (status == STATUS_NOT_FOUND)
		status = is_there(c, BOOK_TRUST_ALIAS, alias_of(room, 'F', e->key));
	if (status == STATUS_NOT_FOUND)
		status = aliases_put(c, &t.info, e->key);
	if (status == STATUS_OBJECT_NAME_COLLISION)
		e->why = "a trusted domain with one of these names or this SID is there already";
	if (status == STATUS_SUCCESS)
		status = posix_next(c, &t.posix);
	if (status == STATUS_SUCCESS)
		status = edit_grant(e, OBJECT_TRUST, guard_usual(usual, OBJECT_TRUST, NULL), 0);
	if (status == STATUS_SUCCESS)
		status = entry_put(c, e->key, &t);
	return status == STATUS_SUCCESS ? auth_put(c, e->key, e->value[0]) : status;
}

NTSTATUS
serve_trust_make(struct served *s, const struct trust_make_in *in, struct trust_make_out *out)
{
	struct edit m = { .work = make_work, .guard = in->info, .wanted = in->access, .what = "trusted domain made",
	    .event = AUDIT_TRUST_MADE }, *e;
	struct reader r = reader_of(in->info);
	struct trust_info info;
	uint8_t key[512];
	NTSTATUS status;

	if (!edit_runs(s)) {
		status = policy_may(s, in->object, POLICY_TRUSTS);
		if (status == STATUS_SUCCESS && (!trust_info_take(&info, &r) || !reader_done(&r) || in->auth.len > AUTH_MOST))
			status = because(&s->call, STATUS_INVALID_PARAMETER, TO_CALLER, "names, SID or keys of the trust are too long");
		if (status == STATUS_SUCCESS)
			status = info_judge(s, &info);
		if (status != STATUS_SUCCESS)
			return status;
		if (!name_key(key, &m.key, info.name, NAME_MOST))
			return STATUS_INVALID_PARAMETER;
		m.value[0] = in->auth.len ? secret_of(in->auth) : secret_new(0);
		if (!m.value[0])
			return STATUS_INSUFFICIENT_RESOURCES;
	}
	status = edit_run(s, &m, &e);
	if (status != STATUS_SUCCESS)
		return status;
	out->granted = e->granted;
	return policy_open(s, OBJECT_TRUST, e->key, e->granted, &out->trust);
}

/* --- opening, deleting, listing ------------------------------------------------------------------ */

NTSTATUS
serve_trust_open(struct served *s, const struct trust_open_in *in, struct trust_open_out *out)
{
	struct trust_entry t;
	struct bytes key;
	uint8_t usual[GUARD_MAX];
	uint32_t allowed;
	NTSTATUS status = trust_meant(s, in->object, 0, in->sid, in->name, &t, &key, &allowed);

	if (status == STATUS_SUCCESS)
		status = peer_grant(s, &out->granted, OBJECT_TRUST, t.guard.len ? t.guard : guard_usual(usual, OBJECT_TRUST, NULL), key,
		    in->access);
	if (status == STATUS_ACCESS_DENIED)
		return refused(s);
	return status == STATUS_SUCCESS ? policy_open(s, OBJECT_TRUST, key, out->granted, &out->trust) : status;
}

static NTSTATUS
del_work(struct edit *e, struct book_change *c)
{
	NTSTATUS status = trust_erase(c, e->key);

	return status == STATUS_NOT_FOUND ? STATUS_NO_SUCH_DOMAIN : status;
}

NTSTATUS
serve_trust_del(struct served *s, const struct trust_del_in *in, struct trust_del_out *out)
{
	struct edit m = { .work = del_work, .what = "trusted domain deleted", .event = AUDIT_TRUST_GONE }, *e;
	struct trust_entry t;
	uint32_t allowed;
	NTSTATUS status;

	(void)out;
	if (!edit_runs(s)) {
		status = trust_meant(s, in->object, POLICY_TRUSTS, in->sid, BYTES_NONE, &t, &m.key, &allowed);
		if (status != STATUS_SUCCESS)
			return status;
		if (!(allowed & ACCESS_DELETE))
			return refused(s);
	}
	return edit_run(s, &m, &e);
}

NTSTATUS
serve_trust_list(struct served *s, const struct trust_list_in *in, struct trust_list_out *out)
{
	uint8_t *room = call_memory(&s->call, LIST_ROOM), one[2048];
	struct writer w = writer_of(room, room ? LIST_ROOM : 0), o;
	struct entry **list;
	struct store *store;
	struct trust_entry t;
	size_t count;
	NTSTATUS status = policy_may(s, in->object, POLICY_VIEW);

	if (status == STATUS_SUCCESS)
		status = lsa_store(s->link->lsa, &store, &s->call);
	if (status == STATUS_SUCCESS && !room)
		status = STATUS_INSUFFICIENT_RESOURCES;
	if (status == STATUS_SUCCESS)
		status = book_list(store, BOOK_TRUST, &list, &count);
	if (status != STATUS_SUCCESS)
		return status;
	for (size_t i = 0; i < count; i++) {
		if (i >= in->from && !out->next && trust_entry_take(&t, list[i]->value)) {
			o = writer_of(one, sizeof one);
			trust_info_put(&o, &t.info);
			if (w.need && (w.need + o.need > in->most || w.need + o.need + 4 > LIST_ROOM))
				out->next = (uint32_t)i;
			else
				writer_sized(&w, bytes_of(one, o.need));
		}
		entry_drop(list[i]);
	}
	free(list);
	out->list = bytes_of(room, w.need);
	return w.need ? STATUS_SUCCESS : STATUS_NO_MORE_ENTRIES;
}

/* --- facts ------------------------------------------------------------------------------------------ */

/* What each class needs; 0: there is no such thing to query or to set. */
static const struct { uint32_t query, set; } classes[TRUST_CLASSES] = {
	[TRUST_CLASS_NAME]       = { TRUST_NAME,  0 },
	[TRUST_CLASS_POSIX]      = { TRUST_POSIX, TRUST_SET_POSIX },
	[TRUST_CLASS_PASSWORD]   = { TRUST_AUTH,  TRUST_SET_AUTH },
	[TRUST_CLASS_BASIC]      = { TRUST_NAME,  0 },
	[TRUST_CLASS_EX]         = { TRUST_NAME,  TRUST_SET_POSIX },
	[TRUST_CLASS_AUTH]       = { TRUST_AUTH,  TRUST_SET_AUTH },
	[TRUST_CLASS_FULL]       = { TRUST_NAME | TRUST_POSIX | TRUST_AUTH, TRUST_SET_POSIX | TRUST_SET_AUTH },
	[TRUST_CLASS_ENCRYPTION] = { TRUST_NAME,  TRUST_SET_POSIX },
};

static NTSTATUS
class_judge(struct served *s, uint32_t class, bool set)
{
	if (class >= TRUST_CLASS_AUTH_INTERNAL && class <= TRUST_CLASS_FULL2_INTERNAL)
		return because(&s->call, STATUS_INVALID_INFO_CLASS, TO_CALLER, "class %u is Windows' own", class);
	if (class >= TRUST_CLASSES || !(set ? classes[class].set : classes[class].query))
		return because(&s->call, STATUS_INVALID_PARAMETER, TO_CALLER, "class %u of a trusted domain cannot be %s", class,
		    set ? "set" : "queried");
	return STATUS_SUCCESS;
}

static bool
has_auth(uint32_t class)
{
	return class == TRUST_CLASS_PASSWORD || class == TRUST_CLASS_AUTH || class == TRUST_CLASS_FULL;
}

static NTSTATUS
auth_read(struct edit *e)
{
	NTSTATUS status = book_fetch(e->store, BOOK_TRUST_AUTH, e->key, &e->value[0]);

	return status == STATUS_NOT_FOUND ? STATUS_SUCCESS : status;
}

NTSTATUS
serve_trust_get(struct served *s, const struct trust_get_in *in, struct trust_get_out *out)
{
	struct edit m = { .read = auth_read }, *e = NULL;
	struct trust_entry t;
	struct bytes auth = BYTES_NONE;
	struct writer w;
	uint8_t *room;
	uint32_t allowed;
	size_t need;
	NTSTATUS status = class_judge(s, in->class, false);

	if (status == STATUS_SUCCESS)
		status = trust_meant(s, in->object, 0, in->sid, in->name, &t, &m.key, &allowed);
	if (status != STATUS_SUCCESS)
		return status;
	if (classes[in->class].query & ~allowed)
		return refused(s);
	if (has_auth(in->class)) {
		if (!s->link->peer.near && s->link->peer.uid != 0)
			return because(&s->call, STATUS_ACCESS_DENIED, TO_CALLER, "keys of trust are read by the system alone");
		status = edit_run(s, &m, &e);
		if (status != STATUS_SUCCESS)
			return status;
		auth = bytes_of(secret_open(e->value[0]), secret_len(e->value[0]));
	}
	need = 2048 + auth.len;
	room = call_memory(&s->call, need);
	if (!room)
		return STATUS_INSUFFICIENT_RESOURCES;
	w = writer_of(room, need);
	switch ((enum trust_class)in->class) {
	case TRUST_CLASS_POSIX:
		writer_u32(&w, t.posix);
		break;
	case TRUST_CLASS_ENCRYPTION:
		writer_u32(&w, t.encryption);
		break;
	case TRUST_CLASS_PASSWORD:
	case TRUST_CLASS_AUTH:
		writer_bytes(&w, auth);
		break;
	case TRUST_CLASS_FULL:
		trust_info_put(&w, &t.info);
		writer_u32(&w, t.posix);
		writer_sized(&w, auth);
		break;
	case TRUST_CLASS_NAME: case TRUST_CLASS_BASIC: case TRUST_CLASS_EX: case TRUST_CLASS_CONTROLLERS:
	case TRUST_CLASS_AUTH_INTERNAL: case TRUST_CLASS_FULL_INTERNAL: case TRUST_CLASS_EX2_INTERNAL:
	case TRUST_CLASS_FULL2_INTERNAL: case TRUST_CLASSES:
	default:
		trust_info_put(&w, &t.info);
	}
	out->value = bytes_of(room, w.need);
	return writer_ok(&w) ? STATUS_SUCCESS : STATUS_INTERNAL_DB_ERROR;
}

/* The value may hold a key: it came as a secret. */
static NTSTATUS
set_value(struct edit *e, struct trust_entry *t, struct bytes value, struct secret **ret_auth)
{
	struct reader r = reader_of(value);
	struct trust_info info;
	struct bytes auth;

	switch ((enum trust_class)e->n) {
	case TRUST_CLASS_POSIX:
		t->posix = reader_u32(&r);
		break;
	case TRUST_CLASS_ENCRYPTION:
		t->encryption = reader_u32(&r);
		break;
	case TRUST_CLASS_FULL:
	case TRUST_CLASS_EX:
		/* Names and SID are how it is found: they stay. */
		if (!trust_info_take(&info, &r) || !utf16_same_fold(info.name, t->info.name) ||
		    !bytes_same(info.sid, t->info.sid) || info.direction > 3 || info.type < 1 || info.type > 3 ||
		    info.attributes & ~ATTRIBUTES) {
			e->why = "name and SID of a trusted domain stay; direction, type and attributes must exist";
			return STATUS_INVALID_PARAMETER;
		}
		t->info.direction = info.direction;
		t->info.type = info.type;
		t->info.attributes = info.attributes;
		if (e->n == TRUST_CLASS_EX)
			break;
		t->posix = reader_u32(&r);
		auth = reader_sized(&r, AUTH_MOST);
		if (auth.len && reader_ok(&r)) {
			*ret_auth = secret_of(auth);
			if (!*ret_auth)
				return STATUS_INSUFFICIENT_RESOURCES;
		}
		break;
	case TRUST_CLASS_PASSWORD:
	case TRUST_CLASS_AUTH:
		*ret_auth = secret_of(reader_rest(&r));
		if (!*ret_auth)
			return STATUS_INSUFFICIENT_RESOURCES;
		break;
	case TRUST_CLASS_NAME: case TRUST_CLASS_BASIC: case TRUST_CLASS_CONTROLLERS: case TRUST_CLASS_AUTH_INTERNAL:
	case TRUST_CLASS_FULL_INTERNAL: case TRUST_CLASS_EX2_INTERNAL: case TRUST_CLASS_FULL2_INTERNAL: case TRUST_CLASSES:
	default:
		return STATUS_INVALID_PARAMETER;
	}
	return reader_done(&r) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

static NTSTATUS
set_work(struct edit *e, struct book_change *c)
{
	struct secret *old = NULL, *auth = NULL;
	struct trust_entry t;
	const uint8_t *at, *value;
	NTSTATUS status = book_read(c, BOOK_TRUST, e->key, &old);

	if (status != STATUS_SUCCESS)
		return status == STATUS_NOT_FOUND ? STATUS_NO_SUCH_DOMAIN : status;
	WITH_SECRET(at, old) {
		WITH_SECRET(value, e->value[0])
			status = !trust_entry_take(&t, bytes_of(at, secret_len(old))) ? STATUS_INTERNAL_DB_ERROR :
			    set_value(e, &t, bytes_of(value, secret_len(e->value[0])), &auth);
		if (status == STATUS_SUCCESS) {
			trust_note(e, &t.info);
			status = entry_put(c, e->key, &t);
		}
	}
	if (status == STATUS_SUCCESS)
		status = auth_put(c, e->key, auth);
	secret_drop(&auth);
	secret_drop(&old);
	return status;
}

NTSTATUS
serve_trust_set(struct served *s, const struct trust_set_in *in, struct trust_set_out *out)
{
	struct edit m = { .work = set_work, .n = in->class, .what = "trusted domain set", .event = AUDIT_TRUST_CHANGED }, *e;
	struct trust_entry t;
	uint32_t allowed;
	NTSTATUS status;

	(void)out;
	if (!edit_runs(s)) {
		status = class_judge(s, in->class, true);
		if (status == STATUS_SUCCESS && in->value.len > AUTH_MOST)
			status = because(&s->call, STATUS_INVALID_PARAMETER, TO_CALLER, "keys of trust have at most %u bytes", AUTH_MOST);
		if (status == STATUS_SUCCESS)
			status = trust_meant(s, in->object, 0, in->sid, in->name, &t, &m.key, &allowed);
		if (status != STATUS_SUCCESS)
			return status;
		if (classes[in->class].set & ~allowed)
			return refused(s);
		m.value[0] = in->value.len ? secret_of(in->value) : secret_new(0);
		if (!m.value[0])
			return STATUS_INSUFFICIENT_RESOURCES;
	}
	return edit_run(s, &m, &e);
}

/* --- forests ------------------------------------------------------------------------------------------ */

NTSTATUS
serve_forest_get(struct served *s, const struct forest_get_in *in, struct forest_get_out *out)
{
	struct trust_entry t;
	struct bytes key;
	uint32_t allowed;
	NTSTATUS status = trust_meant(s, in->object, POLICY_VIEW, BYTES_NONE, in->name, &t, &key, &allowed);

	(void)out;
	if (status != STATUS_SUCCESS)
		return status;
	if (!(t.info.attributes & FOREST))
		return because(&s->call, STATUS_INVALID_DOMAIN_STATE, TO_CALLER, "the trust is not forest transitive");
	return because(&s->call, STATUS_NOT_FOUND, TO_CALLER, "no records of the forest are kept: only a domain controller has them");
}

NTSTATUS
serve_forest_set(struct served *s, const struct forest_set_in *in, struct forest_set_out *out)
{
	struct trust_entry t;
	struct bytes key;
	uint32_t allowed;
	NTSTATUS status = trust_meant(s, in->object, POLICY_TRUSTS, BYTES_NONE, in->name, &t, &key, &allowed);

	(void)out;
	return status != STATUS_SUCCESS ? status : because(&s->call, STATUS_INVALID_DOMAIN_STATE, TO_CALLER,
	    "records of a forest are set on a domain controller of its root, which this machine is not");
}
