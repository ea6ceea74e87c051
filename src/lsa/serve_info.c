/*
 * serve_info.c - information classes of policy: [MS-LSAD] 3.1.4.4. Each has
 * a row: what a handle needs to query and to set it, the layout of its value
 * and which change it announces. What was never set is made up here.
 */
#include <stdlib.h>

#include "base/auditing.h"
#include "base/utf16.h"
#include "lsa/policy.h"
#include "pkg/lsa_mode.h"
#include "wire/policy.h"

#define NAME_MOST	510u		/* bytes: 255 characters */
#define EFS_MOST	32768u
#define VALUE_MOST	40000u
#define NEVER		0xFFFFFFFFu

/* One letter a field: s string, i SID, b bytes, g GUID, u u32, l u64. */
struct info_row {
	const char *layout;
	uint32_t query, set;
	uint32_t classes;
};

static const struct info_row infos[INFO_CLASSES] = {
	[INFO_AUDIT_LOG]      = { "uulul" "u",  POLICY_VIEW_AUDIT, NEVER, 0 },
	[INFO_AUDIT_EVENTS]   = { "uuuuuuuuuu", POLICY_VIEW_AUDIT, POLICY_AUDITING, 1u << 1 },
	[INFO_PRIMARY]        = { "si",         POLICY_VIEW, POLICY_TRUSTS, 1u << 4 },
	[INFO_PD_ACCOUNT]     = { "s",          POLICY_PRIVATE, NEVER, 0 },
	[INFO_ACCOUNT_DOMAIN] = { "si",         POLICY_VIEW, POLICY_TRUSTS, 1u << 2 },
	[INFO_ROLE]           = { "u",          POLICY_VIEW, POLICY_SERVER, 1u << 3 },
	[INFO_REPLICA]        = { "ss",         POLICY_VIEW, POLICY_SERVER, 0 },
	[INFO_QUOTA]          = { "llllll",     POLICY_VIEW, POLICY_QUOTAS, 0 },
	[INFO_MODIFICATION]   = { "ll",         POLICY_VIEW, NEVER, 0 },
	[INFO_FULL_SET]       = { "u",          NEVER, POLICY_AUDIT_LOG, 0 },
	[INFO_FULL_QUERY]     = { "uu",         POLICY_VIEW_AUDIT, NEVER, 0 },
	[INFO_DNS]            = { "sssgi",      POLICY_VIEW, POLICY_TRUSTS, 1u << 4 },
	[INFO_DNS_INT]        = { "sssgi",      POLICY_VIEW, NEVER, 0 },
	[INFO_LOCAL_DOMAIN]   = { "si",         POLICY_VIEW, NEVER, 0 },
	[INFO_MACHINE]        = { "ui",         POLICY_VIEW, NEVER, 0 },
};

static const struct info_row domains[DOMAIN_CLASSES] = {
	[DOMAIN_EFS]      = { "b",     POLICY_VIEW, POLICY_SERVER, 1u << 5 },
	[DOMAIN_KERBEROS] = { "ullll", POLICY_VIEW, POLICY_SERVER, 1u << 6 },
};

static const struct info_row *
row_of(uint32_t domain, uint32_t class)
{
	const struct info_row *row = domain ? class < DOMAIN_CLASSES ? &domains[class] : NULL :
	    class < INFO_CLASSES ? &infos[class] : NULL;

	return row && row->layout ? row : NULL;
}

static bool
fits(const char *layout, struct bytes value)
{
	struct reader r = reader_of(value);

	for (; *layout; layout++) {
		struct bytes field;
		struct sid sid;

		switch (*layout) {
		case 's':
			field = reader_sized(&r, NAME_MOST);
			if (field.len & 1)
				return false;
			break;
		case 'i':
			field = reader_sized(&r, SID_SIZE_MAX);
			if (field.len && !sid_whole(&sid, field))
				return false;
			break;
		case 'b':
			(void)reader_sized(&r, EFS_MOST);
			break;
		case 'g':
			reader_skip(&r, 16);
			break;
		case 'u':
			(void)reader_u32(&r);
			break;
		default:
			(void)reader_u64(&r);
		}
	}
	return reader_done(&r);
}

static struct bytes
key_of(uint8_t to[8], uint32_t domain, uint32_t class)
{
	put_u32(to, domain ? 1 : 0);
	put_u32(to + 4, class);
	return bytes_of(to, 8);
}

/* --- what was never set -------------------------------------------------------------- */

static void
put_text(struct writer *w, const char *text)
{
	uint8_t wide[512];
	struct writer to = writer_of(wide, sizeof wide);

	if (!utf16_from_utf8(&to, bytes_of_text(text)) || !writer_ok(&to))
		to.need = 0;
	writer_sized(w, bytes_of(wide, to.need));
}

static NTSTATUS
put_auditing(struct store *store, struct writer *w)
{
	struct auditing a;
	struct entry *entry = NULL;
	NTSTATUS status = book_find(store, BOOK_AUDIT, bytes_of_text("system"), &entry);

	if (status != STATUS_SUCCESS && status != STATUS_NOT_FOUND)
		return status;
	if (!auditing_take(&a, entry ? entry->value : BYTES_NONE)) {
		entry_drop(entry);
		return STATUS_INTERNAL_DB_ERROR;
	}
	entry_drop(entry);
	writer_u32(w, a.on);
	for (uint32_t c = 0; c < AUDIT_CATEGORIES; c++) {
		uint32_t option = 0;

		for (uint32_t i = auditing_first(c); i < auditing_first(c + 1); i++)
			option |= a.settings[i];
		writer_u32(w, option);
	}
	return STATUS_SUCCESS;
}

static NTSTATUS
made_up(struct served *s, struct store *store, uint32_t domain, uint32_t class, struct writer *w)
{
	struct book_age age;
	uint8_t quotas[48];
	NTSTATUS status;

	if (domain)
		return because(&s->call, STATUS_OBJECT_NAME_NOT_FOUND, TO_CALLER, "this was never set");
	switch ((enum info_class)class) {
	case INFO_PRIMARY:
		put_text(w, "WORKGROUP");
		writer_sized(w, BYTES_NONE);
		return STATUS_SUCCESS;
	case INFO_ACCOUNT_DOMAIN:
	case INFO_LOCAL_DOMAIN:
		put_text(w, store_computer(store));
		writer_sized(w, store_sid(store));
		return STATUS_SUCCESS;
	case INFO_ROLE:
		writer_u32(w, 3);		/* primary */
		return STATUS_SUCCESS;
	case INFO_MODIFICATION:
		status = book_age(store, &age);
		writer_u64(w, age.changes);
		writer_u64(w, age.made);
		return status;
	case INFO_AUDIT_EVENTS:
		return put_auditing(store, w);
	case INFO_MACHINE:
		return because(&s->call, STATUS_OBJECT_NAME_NOT_FOUND, TO_CALLER, "this machine has joined no domain");
	case INFO_QUOTA:
		status = policy_quotas(store, quotas);
		writer_bytes(w, bytes_of(quotas, sizeof quotas));
		return status;
	case INFO_AUDIT_LOG:
		writer_zeros(w, 4 + 4 + 8 + 4 + 8 + 4);
		return STATUS_SUCCESS;
	case INFO_FULL_QUERY:
		writer_zeros(w, 8);
		return STATUS_SUCCESS;
	case INFO_PD_ACCOUNT:
		writer_zeros(w, 4);
		return STATUS_SUCCESS;
	case INFO_REPLICA:
		writer_zeros(w, 8);
		return STATUS_SUCCESS;
	case INFO_DNS:
	case INFO_DNS_INT:
		writer_zeros(w, 4 + 4 + 4 + 16 + 4);
		return STATUS_SUCCESS;
	case INFO_FULL_SET:
	case INFO_CLASSES:
	default:
		return STATUS_INVALID_PARAMETER;
	}
}

/*
 * The defaults of a system that was never told otherwise, [MS-LSAD] 3.1.1.1. What is set stands for a logon as it is:
 * six numbers, in the order of QUOTA_LIMITS.
 */
NTSTATUS
policy_quotas(struct store *store, uint8_t ret_quotas[48])
{
	static const uint64_t usual[6] = { 0x2000000, 0x100000, 0x10000, 0xF000000, 0, 0 };
	struct writer w = writer_of(ret_quotas, 48);
	struct entry *entry = NULL;
	uint8_t key[8];
	NTSTATUS status = book_find(store, BOOK_INFO, key_of(key, 0, INFO_QUOTA), &entry);

	if (status == STATUS_SUCCESS)
		writer_bytes(&w, entry->value);
	for (unsigned i = 0; i < 6 && status == STATUS_NOT_FOUND; i++)
		writer_u64(&w, usual[i]);
	entry_drop(entry);
	if (status != STATUS_SUCCESS && status != STATUS_NOT_FOUND)
		return status;
	return writer_ok(&w) && w.need == 48 ? STATUS_SUCCESS : STATUS_INTERNAL_DB_ERROR;
}

/* --- querying ----------------------------------------------------------------------------- */

NTSTATUS
serve_info_get(struct served *s, const struct info_get_in *in, struct info_get_out *out)
{
	const struct info_row *row = row_of(in->domain, in->class);
	uint32_t class = !in->domain && in->class == INFO_DNS_INT ? INFO_DNS :
	    !in->domain && in->class == INFO_FULL_QUERY ? INFO_FULL_SET : in->class;
	uint8_t *room = call_memory(&s->call, VALUE_MOST), key[8];
	struct writer w = writer_of(room, room ? VALUE_MOST : 0);
	struct entry *entry;
	struct store *store;
	NTSTATUS status;

	if (!room)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (!row || row->query == NEVER)
		return because(&s->call, STATUS_INVALID_PARAMETER, TO_CALLER, "information class %u cannot be queried", in->class);
	status = policy_may(s, in->object, row->query);
	if (status == STATUS_SUCCESS)
		status = lsa_store(s->link->lsa, &store, &s->call);
	if (status != STATUS_SUCCESS)
		return status;
	status = book_find(store, BOOK_INFO, key_of(key, in->domain, class), &entry);
	if (status == STATUS_NOT_FOUND) {
		status = made_up(s, store, in->domain, in->class, &w);
	} else if (status == STATUS_SUCCESS) {
		writer_bytes(&w, entry->value);
		if (!in->domain && in->class == INFO_FULL_QUERY)
			writer_u32(&w, 0);
		entry_drop(entry);
	}
	if (status == STATUS_SUCCESS && (!writer_ok(&w) || !fits(row->layout, bytes_of(room, w.need))))
		status = because(&s->call, STATUS_INTERNAL_DB_ERROR, TO_CALLER, "what is stored of this class cannot be read");
	out->value = bytes_of(room, w.need);
	return status;
}

/* --- setting -------------------------------------------------------------------------------- */

static NTSTATUS
info_work(struct edit *e, struct book_change *c)
{
	return book_write(c, BOOK_INFO, e->key, e->guard);
}

static NTSTATUS
auditing_read(struct book_change *c, struct auditing *ret)
{
	struct secret *old = NULL;
	const uint8_t *at;
	bool good = false;
	NTSTATUS status = book_read(c, BOOK_AUDIT, bytes_of_text("system"), &old);

	if (status != STATUS_SUCCESS && status != STATUS_NOT_FOUND)
		return status;
	WITH_SECRET(at, old)
		good = auditing_take(ret, bytes_of(at, secret_len(old)));
	secret_drop(&old);
	return good ? STATUS_SUCCESS : STATUS_INTERNAL_DB_ERROR;
}

static NTSTATUS
auditing_write(struct book_change *c, const struct auditing *a)
{
	uint8_t bytes[4 + AUDIT_PLACES];
	struct writer w = writer_of(bytes, sizeof bytes);

	auditing_put(&w, a);
	return book_write(c, BOOK_AUDIT, bytes_of_text("system"), bytes_of(bytes, w.need));
}

/* The legacy view: a category's option is that of all its subcategories. */
static NTSTATUS
auditing_work(struct edit *e, struct book_change *c)
{
	struct reader r = reader_of(e->guard);
	struct auditing a;
	NTSTATUS status = auditing_read(c, &a);

	if (status != STATUS_SUCCESS)
		return status;
	e->before = a;
	a.on = reader_u32(&r) != 0;
	for (uint32_t category = 0; category < AUDIT_CATEGORIES; category++) {
		uint32_t option = reader_u32(&r);

		for (uint32_t i = auditing_first(category); option && i < auditing_first(category + 1); i++)
			a.settings[i] = (uint8_t)(option & (AUDITS_SUCCESS | AUDITS_FAILURE));
	}
	e->after = a;
	return auditing_write(c, &a);
}

static NTSTATUS
means_something(struct served *s, const struct info_set_in *in)
{
	struct reader r = reader_of(in->value);

	if (in->domain && in->class == DOMAIN_KERBEROS) {
		bool good = (reader_u32(&r) & ~0x80u) == 0;

		for (unsigned i = 0; i < 4; i++) {
			uint64_t time = reader_u64(&r);

			good = good && time > 0 && time <= INT64_MAX;
		}
		return good ? STATUS_SUCCESS : because(&s->call, STATUS_INVALID_PARAMETER, TO_CALLER,
		    "times are positive, and of the options there is only the validation of clients");
	}
	if (!in->domain && in->class == INFO_ROLE) {
		uint32_t role = reader_u32(&r);

		return role == 2 || role == 3 ? STATUS_SUCCESS : because(&s->call, STATUS_INVALID_PARAMETER, TO_CALLER,
		    "a server is backup (2) or primary (3)");
	}
	if (!in->domain && in->class == INFO_AUDIT_EVENTS) {
		(void)reader_u32(&r);
		for (unsigned i = 0; i < AUDIT_CATEGORIES; i++)
			if (reader_u32(&r) & ~7u)
				return because(&s->call, STATUS_INVALID_PARAMETER, TO_CALLER, "options are 1, 2 and 4");
	}
	return STATUS_SUCCESS;
}

/* The machine's name and SID stand in every account: they cannot change. The same ones are no change. */
static NTSTATUS
same_domain(struct served *s, struct store *store, struct bytes value)
{
	uint8_t now[1024];
	struct writer w = writer_of(now, sizeof now);
	NTSTATUS status = made_up(s, store, 0, INFO_ACCOUNT_DOMAIN, &w);

	if (status == STATUS_SUCCESS && !bytes_same(value, bytes_of(now, w.need)))
		status = because(&s->call, STATUS_INVALID_DOMAIN_STATE, TO_CALLER,
		    "the account domain of this machine was decided when its store was made");
	return status;
}

/* For the audit. */
static const char *
class_name(uint32_t domain, uint32_t class)
{
	static const char *const names[] = { [INFO_AUDIT_EVENTS] = "audit events", [INFO_PRIMARY] = "primary domain",
		[INFO_ROLE] = "server role", [INFO_REPLICA] = "replica source", [INFO_QUOTA] = "default quota",
		[INFO_DNS] = "DNS domain" };

	if (domain)
		return class == DOMAIN_KERBEROS ? "Kerberos ticket policy" : "domain policy";
	return class < sizeof names / sizeof *names && names[class] ? names[class] : "policy information";
}

NTSTATUS
serve_info_set(struct served *s, const struct info_set_in *in, struct info_set_out *out)
{
	const struct info_row *row = row_of(in->domain, in->class);
	bool auditing = !in->domain && in->class == INFO_AUDIT_EVENTS;
	struct edit m = { .work = auditing ? auditing_work : info_work, .guard = in->value,
	    .what = class_name(in->domain, in->class), .event = auditing ? AUDIT_AUDITING : AUDIT_DOMAIN_POLICY }, *e;
	struct store *store;
	uint8_t key[8];
	NTSTATUS status;

	(void)out;
	if (!edit_runs(s)) {
		if (!row || row->set == NEVER)
			return because(&s->call, STATUS_INVALID_PARAMETER, TO_CALLER, "information class %u cannot be set", in->class);
		status = policy_may(s, in->object, row->set);
		if (status == STATUS_SUCCESS)
			status = lsa_store(s->link->lsa, &store, &s->call);
		if (status == STATUS_SUCCESS && !fits(row->layout, in->value))
			status = because(&s->call, STATUS_INVALID_PARAMETER, TO_CALLER,
			    "a name of more than 255 characters, or a SID that is none");
		if (status == STATUS_SUCCESS)
			status = means_something(s, in);
		if (status == STATUS_SUCCESS && !in->domain && in->class == INFO_ACCOUNT_DOMAIN)
			return same_domain(s, store, in->value);
		if (status != STATUS_SUCCESS)
			return status;
		m.key = key_of(key, in->domain, in->class);
		m.classes = row->classes;
	}
	return edit_run(s, &m, &e);
}

/* --- what is audited, by subcategory ---------------------------------------------------------- */

NTSTATUS
serve_audited(struct served *s, const struct audited_in *in, struct audited_out *out)
{
	uint8_t *room = call_memory(&s->call, AUDIT_PLACES);
	struct entry *entry = NULL;
	struct auditing a;
	NTSTATUS status = audit_peer_may(s, AUDIT_SEE_SYSTEM);

	(void)in;
	if (status != STATUS_SUCCESS)
		return status;
	status = book_find(s->link->lsa->store, BOOK_AUDIT, bytes_of_text("system"), &entry);
	if (status != STATUS_SUCCESS && status != STATUS_NOT_FOUND)
		return status;
	status = !room ? STATUS_INSUFFICIENT_RESOURCES :
	    auditing_take(&a, entry ? entry->value : BYTES_NONE) ? STATUS_SUCCESS : STATUS_INTERNAL_DB_ERROR;
	entry_drop(entry);
	if (status == STATUS_SUCCESS) {
		bytes_copy(room, a.settings, AUDIT_PLACES);
		out->settings = bytes_of(room, AUDIT_PLACES);
	}
	return status;
}

static NTSTATUS
places_work(struct edit *e, struct book_change *c)
{
	struct reader r = reader_of(e->guard);
	struct auditing a;
	NTSTATUS status = auditing_read(c, &a);

	if (status != STATUS_SUCCESS)
		return status;
	e->before = a;
	while (reader_left(&r) > 0) {
		uint32_t place = reader_u32(&r), option = reader_u32(&r);

		if (!reader_ok(&r) || place >= AUDIT_PLACES)
			return STATUS_INVALID_PARAMETER;
		if (option)
			a.settings[place] = (uint8_t)(option & (AUDITS_SUCCESS | AUDITS_FAILURE));
	}
	e->after = a;
	return auditing_write(c, &a);
}

NTSTATUS
serve_audit_set(struct served *s, const struct audit_set_in *in, struct audit_set_out *out)
{
	struct edit m = { .work = places_work, .guard = in->places, .classes = 1u << 1, .what = "audit policy set", .event = AUDIT_AUDITING }, *e;
	NTSTATUS status = STATUS_SUCCESS;

	(void)out;
	if (!edit_runs(s))
		status = audit_peer_may(s, AUDIT_SET_SYSTEM);
	return status == STATUS_SUCCESS ? edit_run(s, &m, &e) : status;
}
