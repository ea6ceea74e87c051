/*
 * serve_lookup.c - names to SIDs and back: [MS-LSAT] 3.1.4.5 to 3.1.4.8. It
 * knows what is the same everywhere, this machine's accounts and the names
 * of trusted domains; who is in them it cannot say, for this version is
 * joined to none. Users and groups of the system are numbers here: what they
 * are called, the caller's own side knows.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/utf16.h"
#include "base/wellknown.h"
#include "lsa/policy.h"
#include "lsa/policy_entry.h"
#include "pkg/lsa_mode.h"

#define ONE_CALL	100u		/* translations */
#define ROOM		65000u
#define NO_DOMAIN	UINT32_MAX
#define NAME_ROOM	1024u

/* What is found out about one name or SID. Names in UTF-16LE. */
struct finding {
	enum sid_use use;
	bool has_sid, has_domain;
	struct sid sid, domain;
	size_t name_len, domain_len;
	uint8_t name[NAME_ROOM], domain_name[NAME_ROOM];
};

struct ask {
	struct served *s;
	struct store *store;
	struct sid machine;
	uint8_t computer[256];
	size_t computer_len;
	struct writer domains;
	uint32_t domain_count;
	struct { size_t at, len; } records[ONE_CALL];
};

/* --- small things ------------------------------------------------------------------- */

static size_t
wide_put(uint8_t to[NAME_ROOM], struct bytes utf8)
{
	struct writer w = writer_of(to, NAME_ROOM);

	return utf16_from_utf8(&w, utf8) && writer_ok(&w) ? w.need : 0;
}

static bool
same_text(struct bytes wide, const char *text)
{
	uint8_t other[NAME_ROOM];
	size_t len = wide_put(other, bytes_of_text(text));

	return utf16_same_fold(wide, bytes_of(other, len));
}

static struct sid
sid_known(const char *text)
{
	struct sid sid = sid_root(0);

	/* The table's own; S-1-5 and S-1-16 have no sub-authority, which no text of a SID lacks. */
	if (!sid_of_text(&sid, bytes_of_text(text)))
		sid = sid_root(text[4] == '5' ? 5 : 16);
	return sid;
}

static bool
number_of(uint32_t *ret_number, struct bytes wide)
{
	uint64_t value = 0;

	if (wide.len == 0 || wide.len > 20 || (wide.len & 1))
		return false;
	for (size_t i = 0; i < wide.len; i += 2) {
		uint16_t c = get_u16(wide.at + i);

		if (c < '0' || c > '9')
			return false;
		value = value * 10 + (c - '0');
	}
	*ret_number = (uint32_t)value;
	return value < UINT32_MAX;
}

static void
found_put(struct finding *f, enum sid_use use, const struct sid *sid, const char *name)
{
	f->use = use;
	f->has_sid = true;
	f->sid = *sid;
	f->name_len = wide_put(f->name, bytes_of_text(name));
}

static void
found_domain(struct finding *f, const struct sid *domain, struct bytes name_utf8)
{
	f->has_domain = true;
	f->domain = *domain;
	f->domain_len = wide_put(f->domain_name, name_utf8);
}

static void
found_well_known(struct finding *f, const struct well_known *w)
{
	struct sid sid = sid_known(w->sid), domain = sid;
	uint32_t rid;

	for (size_t i = 0; known_domain_at(i); i++)
		if (*w->domain && bytes_same(bytes_of_text(w->domain), bytes_of_text(known_domain_at(i)->name)))
			domain = sid_known(known_domain_at(i)->sid);
	if (!*w->domain && !sid_parent(&domain, &rid, &sid))
		domain = sid;
	found_put(f, w->use, &sid, w->name);
	found_domain(f, &domain, bytes_of_text(w->domain));
}

static void
found_as_domain(struct finding *f, const struct sid *sid, struct bytes name_utf8)
{
	f->use = USE_DOMAIN;
	f->has_sid = true;
	f->sid = *sid;
	f->name_len = 0;
	found_domain(f, sid, name_utf8);
}

static void
found_local(struct ask *a, struct finding *f, uint32_t rid, const char *name, enum sid_use use)
{
	struct sid sid = a->machine;

	if (sid_child(&sid, &a->machine, rid)) {
		found_put(f, use, &sid, name);
		found_domain(f, &a->machine, bytes_of_text(store_computer(a->store)));
	}
}

/* --- names ----------------------------------------------------------------------------- */

/* NT AUTHORITY\LocalService is LOCAL SERVICE, too. */
static bool
same_service(struct bytes wide, const struct well_known *w)
{
	char squeezed[32];
	size_t n = 0;
	bool service = bytes_same(bytes_of_text(w->sid), bytes_of_text("S-1-5-19")) ||
	    bytes_same(bytes_of_text(w->sid), bytes_of_text("S-1-5-20"));

	for (const char *c = w->name; service && *c && n + 1 < sizeof squeezed; c++)
		if (*c != ' ')
			squeezed[n++] = *c;
	squeezed[n] = 0;
	return service && same_text(wide, squeezed);
}

/* In one domain of the table, or (NULL) in all but BUILTIN. */
static bool
find_well_known(struct finding *f, const char *domain, struct bytes name)
{
	const struct well_known *w;

	for (size_t i = 0; (w = well_known_at(i)) != NULL; i++) {
		bool there = domain ? bytes_same(bytes_of_text(domain), bytes_of_text(w->domain)) : w->use != USE_ALIAS;

		if (there && (same_text(name, w->name) || same_service(name, w))) {
			found_well_known(f, w);
			return true;
		}
	}
	return false;
}

static NTSTATUS
find_local(struct ask *a, struct finding *f, struct bytes name)
{
	uint8_t utf8[NAME_ROOM];
	struct writer w = writer_of(utf8, sizeof utf8);
	struct account *account;
	const struct known_rid *k;

	if (!utf8_from_utf16(&w, name) || !writer_ok(&w))
		return STATUS_SUCCESS;
	switch (account_find(a->store, bytes_of(utf8, w.need), &account)) {
	case ACCOUNT_FOUND:
		found_local(a, f, account->rid, account->name, USE_USER);
		account_drop(account);
		return STATUS_SUCCESS;
	case ACCOUNT_ABSENT:
		break;
	case ACCOUNT_ERROR:
	default:
		return because(&a->s->call, STATUS_INTERNAL_DB_ERROR, TO_CALLER, "the account store could not be read");
	}
	for (size_t i = 0; (k = known_rid_at(i)) != NULL; i++)
		if (same_text(name, k->name))
			found_local(a, f, k->rid, k->name, k->use);
	return STATUS_SUCCESS;
}

/* A trusted domain by its name or flat name. */
static NTSTATUS
find_trust(struct ask *a, struct finding *f, struct bytes name)
{
	uint8_t fold[512], alias[513];
	struct writer w = writer_of(alias, sizeof alias);
	struct entry *entry, *other;
	struct trust_entry t;
	struct bytes key;
	NTSTATUS status;

	if (!name_key(fold, &key, name, 255))
		return STATUS_SUCCESS;
	status = book_find(a->store, BOOK_TRUST, key, &entry);
	if (status == STATUS_NOT_FOUND) {
		writer_u8(&w, 'F');
		writer_bytes(&w, key);
		status = book_find(a->store, BOOK_TRUST_ALIAS, bytes_of(alias, w.need), &other);
		if (status == STATUS_SUCCESS) {
			status = book_find(a->store, BOOK_TRUST, other->value, &entry);
			entry_drop(other);
		}
	}
	if (status != STATUS_SUCCESS)
		return status == STATUS_NOT_FOUND ? STATUS_SUCCESS : status;
	if (trust_entry_take(&t, entry->value) && sid_whole(&f->sid, t.info.sid)) {
		f->use = USE_DOMAIN;
		f->has_sid = f->has_domain = true;
		f->domain = f->sid;
		f->domain_len = t.info.flat.len;
		bytes_copy(f->domain_name, t.info.flat.at, t.info.flat.len);
	}
	entry_drop(entry);
	return STATUS_SUCCESS;
}

static NTSTATUS
find_qualified(struct ask *a, struct finding *f, struct bytes domain, struct bytes name)
{
	const struct known_domain *k;
	struct sid sid;
	uint32_t id;

	if (utf16_same_fold(domain, bytes_of(a->computer, a->computer_len)) || same_text(domain, ".") ||
	    same_text(domain, a->s->link->lsa->host))
		return find_local(a, f, name);
	for (size_t i = 0; (k = known_domain_at(i)) != NULL; i++) {
		if (!same_text(domain, k->name))
			continue;
		sid = sid_known(k->sid);
		if ((sid_same(&sid, &sid_unix_users) || sid_same(&sid, &sid_unix_groups)) && number_of(&id, name)) {
			struct sid child;
			char text[12];

			(void)snprintf(text, sizeof text, "%u", (unsigned)id);
			if (sid_child(&child, &sid, id)) {
				found_put(f, sid_same(&sid, &sid_unix_users) ? USE_USER : USE_GROUP, &child, text);
				found_domain(f, &sid, bytes_of_text(k->name));
			}
		} else {
			(void)find_well_known(f, k->name, name);
		}
		return STATUS_SUCCESS;
	}
	return STATUS_SUCCESS;
}

/* In the order that Windows documents: what is the same everywhere, domains by their names, then accounts. */
static NTSTATUS
find_isolated(struct ask *a, struct finding *f, struct bytes name)
{
	const struct known_domain *k;
	struct sid sid;
	NTSTATUS status;

	if (find_well_known(f, NULL, name))
		return STATUS_SUCCESS;
	for (size_t i = 0; (k = known_domain_at(i)) != NULL; i++)
		if (same_text(name, k->name)) {
			sid = sid_known(k->sid);
			found_as_domain(f, &sid, bytes_of_text(k->name));
			return STATUS_SUCCESS;
		}
	if (utf16_same_fold(name, bytes_of(a->computer, a->computer_len))) {
		found_as_domain(f, &a->machine, bytes_of_text(store_computer(a->store)));
		return STATUS_SUCCESS;
	}
	status = find_trust(a, f, name);
	if (status != STATUS_SUCCESS || f->use != USE_UNKNOWN || find_well_known(f, "BUILTIN", name))
		return status;
	return find_local(a, f, name);
}

static NTSTATUS
find_name(struct ask *a, struct finding *f, struct bytes name)
{
	if ((name.len & 1) || name.len > 1022)
		return STATUS_SUCCESS;
	for (size_t i = 0; i < name.len; i += 2)
		if (get_u16(name.at + i) == '\\')
			return find_qualified(a, f, bytes_of(name.at, i), bytes_of(name.at + i + 2, name.len - i - 2));
	for (size_t i = name.len; i >= 2; i -= 2)
		if (get_u16(name.at + i - 2) == '@')
			return find_qualified(a, f, bytes_of(name.at + i, name.len - i), bytes_of(name.at, i - 2));
	return name.len ? find_isolated(a, f, name) : STATUS_SUCCESS;
}

/* --- SIDs ---------------------------------------------------------------------------------- */

/* A domain is known, who in it is not: the number stands for the name. */
static void
found_number(struct finding *f, uint32_t rid)
{
	char text[12];

	(void)snprintf(text, sizeof text, "%u", (unsigned)rid);
	f->use = USE_UNKNOWN;
	f->name_len = wide_put(f->name, bytes_of_text(text));
}

static NTSTATUS
name_local(struct ask *a, struct finding *f, uint32_t rid)
{
	struct account *account;
	const struct known_rid *k;

	found_domain(f, &a->machine, bytes_of_text(store_computer(a->store)));
	found_number(f, rid);
	for (size_t i = 0; (k = known_rid_at(i)) != NULL; i++)
		if (k->rid == rid) {
			f->use = k->use;
			f->name_len = wide_put(f->name, bytes_of_text(k->name));
			return STATUS_SUCCESS;
		}
	switch (account_at(a->store, rid, &account)) {
	case ACCOUNT_FOUND:
		f->use = USE_USER;
		f->name_len = wide_put(f->name, bytes_of_text(account->name));
		account_drop(account);
		return STATUS_SUCCESS;
	case ACCOUNT_ABSENT:
		return STATUS_SUCCESS;
	case ACCOUNT_ERROR:
	default:
		return because(&a->s->call, STATUS_INTERNAL_DB_ERROR, TO_CALLER, "the account store could not be read");
	}
}

static NTSTATUS
name_trust(struct ask *a, struct finding *f, const struct sid *domain, bool itself, uint32_t rid)
{
	uint8_t alias[1 + SID_SIZE_MAX];
	struct writer w = writer_of(alias, sizeof alias);
	struct entry *other, *entry;
	struct trust_entry t;
	NTSTATUS status;

	writer_u8(&w, 'S');
	sid_put(&w, domain);
	status = book_find(a->store, BOOK_TRUST_ALIAS, bytes_of(alias, w.need), &other);
	if (status == STATUS_SUCCESS) {
		status = book_find(a->store, BOOK_TRUST, other->value, &entry);
		entry_drop(other);
	}
	if (status != STATUS_SUCCESS)
		return status == STATUS_NOT_FOUND ? STATUS_SUCCESS : status;
	if (trust_entry_take(&t, entry->value)) {
		f->has_domain = true;
		f->domain = *domain;
		f->domain_len = t.info.flat.len;
		bytes_copy(f->domain_name, t.info.flat.at, t.info.flat.len);
		if (itself)
			f->use = USE_DOMAIN;
		else
			found_number(f, rid);
		f->name_len = itself ? 0 : f->name_len;
	}
	entry_drop(entry);
	return STATUS_SUCCESS;
}

static NTSTATUS
find_sid(struct ask *a, struct finding *f, const struct sid *sid)
{
	static const struct sid logons = { .revision = 1, .count = 1, .authority = { 0, 0, 0, 0, 0, 5 }, .sub = { 5 } };
	char text[SID_TEXT_MAX], name[64];
	const struct known_domain *k;
	const struct well_known *w;
	struct sid parent, nt = sid_root(5);
	uint32_t rid = 0;
	bool has_parent = sid_parent(&parent, &rid, sid);

	(void)sid_text(sid, text);
	for (size_t i = 0; (w = well_known_at(i)) != NULL; i++)
		if (bytes_same(bytes_of_text(text), bytes_of_text(w->sid))) {
			found_well_known(f, w);
			return STATUS_SUCCESS;
		}
	if (sid_same(sid, &a->machine)) {
		found_as_domain(f, sid, bytes_of_text(store_computer(a->store)));
		return STATUS_SUCCESS;
	}
	if (has_parent && sid_same(&parent, &a->machine))
		return name_local(a, f, rid);
	if (sid_under(&logons, sid) && sid->count == 3) {
		(void)snprintf(name, sizeof name, "LogonSessionId_%u_%u", (unsigned)sid->sub[1], (unsigned)sid->sub[2]);
		found_put(f, USE_SESSION, sid, name);
		found_domain(f, &nt, bytes_of_text("NT AUTHORITY"));
		return STATUS_SUCCESS;
	}
	for (size_t i = 0; (k = known_domain_at(i)) != NULL; i++) {
		struct sid domain = sid_known(k->sid);

		if (sid_same(sid, &domain)) {
			found_as_domain(f, sid, bytes_of_text(k->name));
			return STATUS_SUCCESS;
		}
		if (!has_parent || !sid_same(&parent, &domain) || domain.count == 0)
			continue;
		found_domain(f, &domain, bytes_of_text(k->name));
		found_number(f, rid);
		if (sid_same(&domain, &sid_unix_users))
			f->use = USE_USER;
		else if (sid_same(&domain, &sid_unix_groups))
			f->use = USE_GROUP;
		return STATUS_SUCCESS;
	}
	f->name_len = wide_put(f->name, bytes_of_text(text));
	if (has_parent) {
		NTSTATUS status = name_trust(a, f, &parent, false, rid);

		if (status != STATUS_SUCCESS || f->has_domain)
			return status;
	}
	return name_trust(a, f, sid, true, 0);
}

/* --- replies ------------------------------------------------------------------------------------ */

/* Its number in the list of domains, where each stands once. */
static uint32_t
domain_index(struct ask *a, const struct finding *f)
{
	uint8_t record[NAME_ROOM + SID_SIZE_MAX + 8], sid[SID_SIZE_MAX];
	struct writer w = writer_of(record, sizeof record), b = writer_of(sid, sizeof sid);

	if (!f->has_domain)
		return NO_DOMAIN;
	sid_put(&b, &f->domain);
	writer_sized(&w, bytes_of(f->domain_name, f->domain_len));
	writer_sized(&w, bytes_of(sid, b.need));
	for (uint32_t i = 0; i < a->domain_count; i++)
		if (bytes_same(bytes_of(a->domains.at + a->records[i].at, a->records[i].len), bytes_of(record, w.need)))
			return i;
	if (a->domain_count == ONE_CALL)
		return NO_DOMAIN;
	a->records[a->domain_count].at = a->domains.need;
	a->records[a->domain_count].len = w.need;
	writer_bytes(&a->domains, bytes_of(record, w.need));
	return a->domain_count++;
}

static NTSTATUS
ask_begin(struct ask *a, struct served *s, uint64_t handle, uint8_t **ret_room)
{
	uint8_t *room = call_memory(&s->call, 2 * (size_t)ROOM);
	NTSTATUS status = policy_may(s, handle, POLICY_NAMES);

	if (status == STATUS_SUCCESS)
		status = lsa_store(s->link->lsa, &a->store, &s->call);
	if (status == STATUS_SUCCESS && !room)
		status = STATUS_INSUFFICIENT_RESOURCES;
	if (status != STATUS_SUCCESS)
		return status;
	a->s = s;
	if (!sid_whole(&a->machine, store_sid(a->store)))
		return STATUS_INTERNAL_DB_ERROR;
	{
		struct writer w = writer_of(a->computer, sizeof a->computer);

		if (!utf16_from_utf8(&w, bytes_of_text(store_computer(a->store))) || !writer_ok(&w))
			return STATUS_INTERNAL_DB_ERROR;
		a->computer_len = w.need;
	}
	a->domains = writer_of(room, ROOM);
	*ret_room = room + ROOM;
	return STATUS_SUCCESS;
}

static NTSTATUS
too_many(struct served *s)
{
	return because(&s->call, STATUS_INVALID_PARAMETER, TO_CALLER, "one call translates at most %u", ONE_CALL);
}

NTSTATUS
serve_names_find(struct served *s, const struct names_find_in *in, struct names_find_out *out)
{
	struct ask *a = call_memory(&s->call, sizeof *a);
	struct reader r = reader_of(in->names);
	struct writer w;
	uint8_t *room;
	NTSTATUS status = a ? ask_begin(a, s, in->object, &room) : STATUS_INSUFFICIENT_RESOURCES;

	if (status != STATUS_SUCCESS)
		return status;
	w = writer_of(room, ROOM);
	for (unsigned n = 0; reader_left(&r) > 0 && status == STATUS_SUCCESS; n++) {
		struct finding f = { .use = USE_UNKNOWN };
		uint8_t sid[SID_SIZE_MAX];
		struct writer b = writer_of(sid, sizeof sid);
		struct bytes name = reader_sized(&r, WIRE_BYTES_MAX);

		if (n >= ONE_CALL)
			return too_many(s);
		status = find_name(a, &f, name);
		if (f.has_sid)
			sid_put(&b, &f.sid);
		writer_u32(&w, (uint32_t)f.use);
		writer_u32(&w, f.has_sid ? domain_index(a, &f) : NO_DOMAIN);
		writer_sized(&w, bytes_of(sid, b.need));
	}
	if (status == STATUS_SUCCESS && (!reader_done(&r) || !writer_ok(&w) || !writer_ok(&a->domains)))
		status = STATUS_INVALID_PARAMETER;
	out->domains = bytes_of(a->domains.at, a->domains.need);
	out->sids = bytes_of(room, w.need);
	return status;
}

NTSTATUS
serve_sids_find(struct served *s, const struct sids_find_in *in, struct sids_find_out *out)
{
	struct ask *a = call_memory(&s->call, sizeof *a);
	struct reader r = reader_of(in->sids);
	struct writer w;
	uint8_t *room;
	NTSTATUS status = a ? ask_begin(a, s, in->object, &room) : STATUS_INSUFFICIENT_RESOURCES;

	if (status != STATUS_SUCCESS)
		return status;
	w = writer_of(room, ROOM);
	for (unsigned n = 0; reader_left(&r) > 0 && status == STATUS_SUCCESS; n++) {
		struct finding f = { .use = USE_UNKNOWN };
		struct sid sid;

		if (n >= ONE_CALL)
			return too_many(s);
		if (!sid_whole(&sid, reader_sized(&r, SID_SIZE_MAX)))
			return because(&s->call, STATUS_INVALID_PARAMETER, TO_CALLER, "item %u is not a SID of revision 1", n + 1);
		status = find_sid(a, &f, &sid);
		writer_u32(&w, (uint32_t)f.use);
		writer_u32(&w, domain_index(a, &f));
		writer_sized(&w, bytes_of(f.name, f.name_len));
	}
	if (status == STATUS_SUCCESS && (!reader_done(&r) || !writer_ok(&w) || !writer_ok(&a->domains)))
		status = STATUS_INVALID_PARAMETER;
	out->domains = bytes_of(a->domains.at, a->domains.need);
	out->names = bytes_of(room, w.need);
	return status;
}
