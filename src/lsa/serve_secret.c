/*
 * serve_secret.c - private data and secrets: [MS-LSAD] 3.1.4.6. A value is
 * read from the disk each time it is asked for, and lives in locked memory
 * until it is packed. Who may have it: the guard of the secret and the handle.
 */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "base/utf16.h"
#include "lsa/policy.h"
#include "lsa/policy_entry.h"
#include "pkg/lsa_mode.h"
#include "store/policy.h"

#define NAME_MOST	255u		/* characters */
#define SECRETS_MOST	4096u
#define VALUE_MOST	65534u
#define STRICT_MOST	512u

/* --- names ------------------------------------------------------------------------ */

enum secret_kind { SECRET_ORDINARY, SECRET_LOCAL, SECRET_GLOBAL, SECRET_MACHINE };

static const struct { const char *name; bool whole; enum secret_kind kind; } kinds[] = {
	{ "L$",             false, SECRET_LOCAL },
	{ "$MACHINE.ACC",   true,  SECRET_LOCAL },
	{ "SAC",            true,  SECRET_LOCAL },
	{ "SAI",            true,  SECRET_LOCAL },
	{ "SANSC",          true,  SECRET_LOCAL },
	{ "RASDIALPARMS",   false, SECRET_LOCAL },
	{ "RASCREDENTIALS", false, SECRET_LOCAL },
	{ "G$",             false, SECRET_GLOBAL },
	{ "M$",             false, SECRET_MACHINE },
	{ "NL$",            false, SECRET_MACHINE },
	{ "_SC_",           false, SECRET_MACHINE },
};

static bool
begins(struct bytes key, const char *text, bool whole)
{
	size_t len = strlen(text);

	if (key.len < 2 * len || (whole && key.len != 2 * len))
		return false;
	for (size_t i = 0; i < len; i++)
		if (get_u16(key.at + 2 * i) != (uint16_t)text[i])
			return false;
	return true;
}

static enum secret_kind
kind_of(struct bytes key)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (begins(key, kinds[i].name, kinds[i].whole))
			return kinds[i].kind;
	return SECRET_ORDINARY;
}

static NTSTATUS
key_of(struct served *s, uint8_t room[512], struct bytes *ret_key, struct bytes name)
{
	bool good = name_key(room, ret_key, name, NAME_MOST);

	for (size_t i = 0; good && i < name.len; i += 2)
		good = get_u16(name.at + i) != '\\';
	if (good && (begins(*ret_key, "L$", true) || begins(*ret_key, "G$", true) || begins(*ret_key, "M$", true)))
		good = false;
	return good ? STATUS_SUCCESS : because(&s->call, STATUS_INVALID_PARAMETER, TO_CALLER,
	    "the name of a secret has 1 to %u characters, no backslash, no NUL, and more than a prefix", NAME_MOST);
}

static uint32_t
class_of(struct bytes key)
{
	return begins(key, "$MACHINE.ACC", true) ? 1u << 7 : 0;
}

static NTSTATUS
length_may(struct served *s, size_t len)
{
	struct store *store;
	NTSTATUS status = lsa_store(s->link->lsa, &store, &s->call);

	if (status != STATUS_SUCCESS)
		return status;
	if (len > VALUE_MOST)
		return because(&s->call, STATUS_INVALID_PARAMETER, TO_CALLER, "a secret has at most %u bytes", VALUE_MOST);
	if (len > STRICT_MOST && policy_u32(store, POLICY_STRICT_SECRET_LENGTH))
		return because(&s->call, STATUS_SECRET_TOO_LONG, TO_CALLER, "policy strict-secret-length allows %u bytes", STRICT_MOST);
	return STATUS_SUCCESS;
}

/* --- entries ------------------------------------------------------------------------- */

struct opened { struct secret *held; struct secret_entry entry; };

static NTSTATUS
entry_read(struct book_change *c, struct bytes key, struct opened *o)
{
	const uint8_t *at;
	NTSTATUS status = book_read(c, BOOK_SECRET, key, &o->held);

	if (status != STATUS_SUCCESS)
		return status;
	WITH_SECRET(at, o->held)
		if (!secret_entry_take(&o->entry, bytes_of(at, secret_len(o->held))))
			status = STATUS_INTERNAL_DB_ERROR;
	return status;
}

static NTSTATUS
entry_write(struct book_change *c, struct bytes key, const struct secret_entry *entry)
{
	uint8_t value[ENTRY_MAX];
	struct writer w = writer_of(value, sizeof value);

	secret_entry_put(&w, entry);
	return writer_ok(&w) ? book_write(c, BOOK_SECRET, key, bytes_of(value, w.need)) : STATUS_INVALID_PARAMETER;
}

static NTSTATUS
value_write(struct book_change *c, enum book_kind kind, struct bytes key, struct secret *value)
{
	const uint8_t *at;
	NTSTATUS status = STATUS_SUCCESS;

	WITH_SECRET(at, value)
		status = book_write(c, kind, key, bytes_of(at, secret_len(value)));
	return status;
}

static NTSTATUS
value_gone(struct book_change *c, enum book_kind kind, struct bytes key)
{
	NTSTATUS status = book_erase(c, kind, key);

	return status == STATUS_NOT_FOUND ? STATUS_SUCCESS : status;
}

/* The SID of the uid who asks. */
static const struct sid *
maker_of(const struct edit *e)
{
	for (size_t i = 0; i < e->sid_count; i++)
		if (sid_under(&sid_unix_users, &e->sids[i]))
			return &e->sids[i];
	return &sid_administrators;
}

/* A new one, of which nothing is known but its name. */
static NTSTATUS
entry_make(struct edit *e, struct secret_entry *entry, uint8_t guard[GUARD_MAX])
{
	struct entry **list;
	size_t count;
	NTSTATUS status = book_list(e->store, BOOK_SECRET, &list, &count);

	if (status != STATUS_SUCCESS)
		return status;
	for (size_t i = 0; i < count; i++)
		entry_drop(list[i]);
	free(list);
	if (count >= SECRETS_MOST) {
		e->why = "there are 4096 secrets already";
		return STATUS_TOO_MANY_SECRETS;
	}
	*entry = (struct secret_entry){ .name = e->name };
	entry->guard = guard_usual(guard, OBJECT_SECRET, maker_of(e));
	return STATUS_SUCCESS;
}

/* The current value becomes the old one, unless an old one is given; e->has says what is given. */
static NTSTATUS
values_put(struct edit *e, struct book_change *c, struct secret_entry *entry)
{
	struct secret *was = NULL;
	uint64_t now = time_filetime();
	NTSTATUS status = STATUS_SUCCESS;

	if (!e->has[1]) {
		if (entry->has & SECRET_HAS_NOW) {
			status = book_read(c, BOOK_SECRET_NOW, e->key, &was);
			if (status == STATUS_SUCCESS)
				status = value_write(c, BOOK_SECRET_OLD, e->key, was);
			secret_drop(&was);
			entry->has |= SECRET_HAS_OLD;
			entry->old_set = entry->now_set;
		} else {
			status = value_gone(c, BOOK_SECRET_OLD, e->key);
			entry->has &= ~(uint32_t)SECRET_HAS_OLD;
		}
	} else {
		status = value_write(c, BOOK_SECRET_OLD, e->key, e->value[1]);
		entry->has |= SECRET_HAS_OLD;
		entry->old_set = now;
	}
	if (status != STATUS_SUCCESS)
		return status;
	entry->now_set = now;
	if (e->has[0]) {
		entry->has |= SECRET_HAS_NOW;
		status = value_write(c, BOOK_SECRET_NOW, e->key, e->value[0]);
	} else {
		entry->has &= ~(uint32_t)SECRET_HAS_NOW;
		status = value_gone(c, BOOK_SECRET_NOW, e->key);
	}
	return status == STATUS_SUCCESS ? entry_write(c, e->key, entry) : status;
}

/* --- private data ------------------------------------------------------------------------ */

static NTSTATUS
put_work(struct edit *e, struct book_change *c)
{
	struct opened o = { 0 };
	uint8_t guard[GUARD_MAX];
	NTSTATUS status = entry_read(c, e->key, &o);

	if (status == STATUS_NOT_FOUND)
		status = entry_make(e, &o.entry, guard);
	else if (status == STATUS_SUCCESS && !(edit_allows(e, OBJECT_SECRET, o.entry.guard) & SECRET_SET))
		status = edit_denied(e, "the security descriptor of the secret does not let the caller set it");
	if (status == STATUS_SUCCESS)
		status = values_put(e, c, &o.entry);
	secret_drop(&o.held);
	return status;
}

static NTSTATUS
gone_work(struct edit *e, struct book_change *c)
{
	struct opened o = { 0 };
	NTSTATUS status = entry_read(c, e->key, &o);

	if (status == STATUS_SUCCESS && !(edit_allows(e, OBJECT_SECRET, o.entry.guard) & ACCESS_DELETE))
		status = edit_denied(e, "the security descriptor of the secret does not let the caller delete it");
	secret_drop(&o.held);
	if (status == STATUS_SUCCESS)
		status = secret_erase(c, e->key);
	if (status == STATUS_NOT_FOUND) {
		e->why = "there is no secret of this name";
		status = STATUS_OBJECT_NAME_NOT_FOUND;
	}
	return status;
}

static struct secret *
copy_of(struct bytes value)
{
	return value.len ? secret_of(value) : secret_new(0);
}

NTSTATUS
serve_data_put(struct served *s, const struct data_put_in *in, struct data_put_out *out)
{
	struct edit m = { .work = in->gone ? gone_work : put_work, .name = in->name, .has = { true, false },
	    .what = in->gone ? "secret deleted" : "secret set", .event = AUDIT_OBJECT, .object = OBJECT_SECRET }, *e;
	uint8_t key[512];
	NTSTATUS status;

	(void)out;
	if (!edit_runs(s)) {
		status = policy_may(s, in->object, POLICY_SECRETS);
		if (status == STATUS_SUCCESS)
			status = key_of(s, key, &m.key, in->name);
		if (status == STATUS_SUCCESS)
			status = length_may(s, in->value.len);
		if (status != STATUS_SUCCESS)
			return status;
		m.classes = class_of(m.key);
		if (!in->gone) {
			m.value[0] = copy_of(in->value);
			if (!m.value[0])
				return because(&s->call, STATUS_INSUFFICIENT_RESOURCES, TO_CALLER, "memory for the secret cannot be locked");
		}
	}
	return edit_run(s, &m, &e);
}

static NTSTATUS
values_get(struct edit *e, const struct secret_entry *entry, bool old_too)
{
	NTSTATUS status = STATUS_SUCCESS;

	e->has[0] = (entry->has & SECRET_HAS_NOW) != 0;
	e->has[1] = old_too && (entry->has & SECRET_HAS_OLD);
	e->times[0] = entry->now_set;
	e->times[1] = entry->old_set;
	if (e->has[0])
		status = book_fetch(e->store, BOOK_SECRET_NOW, e->key, &e->value[0]);
	if (status == STATUS_SUCCESS && e->has[1])
		status = book_fetch(e->store, BOOK_SECRET_OLD, e->key, &e->value[1]);
	return status == STATUS_NOT_FOUND ? STATUS_OBJECT_NAME_NOT_FOUND : status;
}

/* n: by a handle, whose access was granted when it was opened; it may have the old value too. */
static NTSTATUS
get_read(struct edit *e)
{
	struct secret_entry secret;
	struct entry *entry;
	NTSTATUS status = book_find(e->store, BOOK_SECRET, e->key, &entry);

	if (status == STATUS_NOT_FOUND) {
		e->why = "there is no secret of this name";
		return STATUS_OBJECT_NAME_NOT_FOUND;
	}
	if (status != STATUS_SUCCESS)
		return status;
	if (!secret_entry_take(&secret, entry->value))
		status = STATUS_INTERNAL_DB_ERROR;
	else if (!e->n && !(edit_allows(e, OBJECT_SECRET, secret.guard) & SECRET_QUERY))
		status = edit_denied(e, "the security descriptor of the secret does not let the caller read it");
	else
		status = values_get(e, &secret, e->n != 0);
	entry_drop(entry);
	return status;
}

static struct bytes
shown(struct secret *value)
{
	return bytes_of(secret_open(value), secret_len(value));
}

NTSTATUS
serve_data_get(struct served *s, const struct data_get_in *in, struct data_get_out *out)
{
	struct edit m = { .read = get_read, .name = in->name, .what = "secret read",
	    .event = AUDIT_PRIVILEGE_OBJECT, .object = OBJECT_SECRET }, *e;
	uint8_t key[512];
	NTSTATUS status;

	if (!edit_runs(s)) {
		status = policy_may(s, in->object, POLICY_PRIVATE);
		if (status == STATUS_SUCCESS)
			status = key_of(s, key, &m.key, in->name);
		if (status == STATUS_SUCCESS && kind_of(m.key) == SECRET_MACHINE)
			status = because(&s->call, STATUS_ACCESS_DENIED, TO_CALLER, "this kind of secret can be set, not read");
		if (status != STATUS_SUCCESS)
			return status;
	}
	status = edit_run(s, &m, &e);
	if (status == STATUS_SUCCESS)
		out->value = shown(e->value[0]);
	return status;
}

/* --- secrets by handle --------------------------------------------------------------------------- */

/* What may not be read by name may not be read by handle. */
static NTSTATUS
secret_grant(struct edit *e, struct bytes guard)
{
	return edit_grant(e, OBJECT_SECRET, guard, kind_of(e->key) == SECRET_MACHINE ? SECRET_QUERY : 0);
}

static NTSTATUS
secret_make_work(struct edit *e, struct book_change *c)
{
	struct opened o = { 0 };
	uint8_t guard[GUARD_MAX];
	NTSTATUS status = entry_read(c, e->key, &o);

	secret_drop(&o.held);
	if (status == STATUS_SUCCESS) {
		e->why = "there is a secret of this name already";
		return STATUS_OBJECT_NAME_COLLISION;
	}
	if (status != STATUS_NOT_FOUND)
		return status;
	status = entry_make(e, &o.entry, guard);
	if (status == STATUS_SUCCESS)
		status = secret_grant(e, o.entry.guard);
	return status == STATUS_SUCCESS ? entry_write(c, e->key, &o.entry) : status;
}

static NTSTATUS
secret_open_read(struct edit *e)
{
	struct secret_entry secret;
	struct entry *entry;
	NTSTATUS status = book_find(e->store, BOOK_SECRET, e->key, &entry);

	if (status != STATUS_SUCCESS)
		return status == STATUS_NOT_FOUND ? STATUS_OBJECT_NAME_NOT_FOUND : status;
	status = secret_entry_take(&secret, entry->value) ? secret_grant(e, secret.guard) : STATUS_INTERNAL_DB_ERROR;
	if (status == STATUS_ACCESS_DENIED)
		e->why = "the security descriptor of the secret does not let the caller have all of this access";
	entry_drop(entry);
	return status;
}

NTSTATUS
serve_secret_open(struct served *s, const struct secret_open_in *in, struct secret_open_out *out)
{
	struct edit m = { .work = in->make ? secret_make_work : NULL, .read = in->make ? NULL : secret_open_read,
	    .name = in->name, .wanted = in->access, .what = in->make ? "secret made" : NULL,
	    .event = AUDIT_OBJECT, .object = OBJECT_SECRET }, *e;
	uint8_t key[512];
	NTSTATUS status = key_of(s, key, &m.key, in->name);

	if (status == STATUS_SUCCESS && !edit_runs(s))
		status = policy_may(s, in->object, in->make ? POLICY_SECRETS : 0);
	if (status != STATUS_SUCCESS)
		return status;
	status = edit_run(s, &m, &e);
	if (status != STATUS_SUCCESS)
		return status;
	out->granted = e->granted;
	return policy_open(s, OBJECT_SECRET, e->key, e->granted, &out->secret);
}

static NTSTATUS
set_work(struct edit *e, struct book_change *c)
{
	struct opened o = { 0 };
	NTSTATUS status = entry_read(c, e->key, &o);

	if (status == STATUS_SUCCESS)
		status = values_put(e, c, &o.entry);
	secret_drop(&o.held);
	return status == STATUS_NOT_FOUND ? STATUS_OBJECT_NAME_NOT_FOUND : status;
}

NTSTATUS
serve_secret_set(struct served *s, const struct secret_set_in *in, struct secret_set_out *out)
{
	struct edit m = { .work = set_work, .has = { in->has & SECRET_HAS_NOW, in->has & SECRET_HAS_OLD }, .what = "secret set",
	    .event = AUDIT_OBJECT, .object = OBJECT_SECRET }, *e;
	struct policy_object *p = NULL;
	NTSTATUS status;

	(void)out;
	if (!edit_runs(s)) {
		status = policy_hold(s, in->secret, OBJECT_SECRET, SECRET_SET, &p);
		if (status == STATUS_SUCCESS) {
			m.key = bytes_of(p->key, p->key_len);
			status = length_may(s, in->now.len > in->old.len ? in->now.len : in->old.len);
			if (status != STATUS_SUCCESS)
				object_drop(&p->o);
		}
		if (status != STATUS_SUCCESS)
			return status;
		m.classes = class_of(m.key);
		m.value[0] = copy_of(in->now);
		m.value[1] = copy_of(in->old);
		if (!m.value[0] || !m.value[1]) {
			secret_drop(&m.value[0]);
			secret_drop(&m.value[1]);
			object_drop(&p->o);
			return STATUS_INSUFFICIENT_RESOURCES;
		}
	}
	status = edit_run(s, &m, &e);
	if (p)
		object_drop(&p->o);
	return status;
}

NTSTATUS
serve_secret_get(struct served *s, const struct secret_get_in *in, struct secret_get_out *out)
{
	struct edit m = { .read = get_read, .n = 1, .what = "secret read", .event = AUDIT_PRIVILEGE_OBJECT,
	    .object = OBJECT_SECRET }, *e;
	struct policy_object *p = NULL;
	NTSTATUS status;

	if (!edit_runs(s)) {
		status = policy_hold(s, in->secret, OBJECT_SECRET, SECRET_QUERY, &p);
		if (status != STATUS_SUCCESS)
			return status;
		m.key = bytes_of(p->key, p->key_len);
	}
	status = edit_run(s, &m, &e);
	if (status == STATUS_SUCCESS) {
		out->has = (e->has[0] ? SECRET_HAS_NOW : 0) | (e->has[1] ? SECRET_HAS_OLD : 0);
		out->now = shown(e->value[0]);
		out->old = shown(e->value[1]);
		out->now_set = e->times[0];
		out->old_set = e->times[1];
	}
	if (p)
		object_drop(&p->o);
	return status;
}
