/*
 * lookup.c - names and SIDs that nobody need be asked about: what is the same
 * everywhere, this machine's accounts and the names of trusted domains. Users
 * and groups of the system are numbers here: what they are called, the
 * caller's own side knows.
 */
#include "lsa/lookup.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/utf16.h"
#include "lsa/policy.h"
#include "lsa/policy_entry.h"

/* --- small things ------------------------------------------------------------------- */

size_t
lookup_wide(uint8_t to[LOOKUP_NAME], struct bytes utf8)
{
	struct writer w = writer_of(to, LOOKUP_NAME);

	return utf16_from_utf8(&w, utf8) && writer_ok(&w) ? w.need : 0;
}

static bool
same_text(struct bytes wide, const char *text)
{
	uint8_t other[LOOKUP_NAME];
	size_t len = lookup_wide(other, bytes_of_text(text));

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

void
found_put(struct finding *f, enum sid_use use, const struct sid *sid, const char *name)
{
	f->use = use;
	f->has_sid = true;
	f->sid = *sid;
	f->name_len = lookup_wide(f->name, bytes_of_text(name));
}

void
found_domain(struct finding *f, const struct sid *domain, struct bytes name_utf8)
{
	f->has_domain = true;
	f->domain = *domain;
	f->domain_len = lookup_wide(f->domain_name, name_utf8);
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

void
found_as_domain(struct finding *f, const struct sid *sid, struct bytes name_utf8)
{
	f->use = USE_DOMAIN;
	f->has_sid = true;
	f->sid = *sid;
	f->name_len = 0;
	found_domain(f, sid, name_utf8);
}

static void
found_local(const struct lookup *a, struct finding *f, uint32_t rid, const char *name, enum sid_use use)
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
find_local(const struct lookup *a, struct finding *f, struct bytes name)
{
	uint8_t utf8[LOOKUP_NAME];
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
		return because(a->call, STATUS_INTERNAL_DB_ERROR, TO_CALLER, "the account store could not be read");
	}
	for (size_t i = 0; (k = known_rid_at(i)) != NULL; i++)
		if (same_text(name, k->name))
			found_local(a, f, k->rid, k->name, k->use);
	return STATUS_SUCCESS;
}

/* A trusted domain by its name or flat name. */
static NTSTATUS
find_trust(const struct lookup *a, struct finding *f, struct bytes name)
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
find_qualified(const struct lookup *a, struct finding *f, struct bytes domain, struct bytes name)
{
	const struct known_domain *k;
	struct sid sid;
	uint32_t id;

	f->ours = true;
	if (utf16_same_fold(domain, bytes_of(a->computer, a->computer_len)) || same_text(domain, ".") ||
	    same_text(domain, a->host))
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
	f->ours = false;
	return STATUS_SUCCESS;
}

/* In the order that Windows documents: what is the same everywhere, domains by their names, then accounts. */
static NTSTATUS
find_isolated(const struct lookup *a, struct finding *f, struct bytes name)
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

bool
lookup_split(struct bytes *ret_domain, struct bytes *ret_name, struct bytes name)
{
	*ret_domain = BYTES_NONE;
	*ret_name = name;
	if ((name.len & 1) || name.len > 1022)
		return false;
	for (size_t i = 0; i < name.len; i += 2)
		if (get_u16(name.at + i) == '\\') {
			*ret_domain = bytes_of(name.at, i);
			*ret_name = bytes_of(name.at + i + 2, name.len - i - 2);
			return true;
		}
	for (size_t i = name.len; i >= 2; i -= 2)
		if (get_u16(name.at + i - 2) == '@') {
			*ret_domain = bytes_of(name.at + i, name.len - i);
			*ret_name = bytes_of(name.at, i - 2);
			return true;
		}
	return name.len > 0;
}

NTSTATUS
lookup_name(const struct lookup *a, struct finding *f, struct bytes name)
{
	struct bytes domain, user;

	*f = (struct finding){ .use = USE_UNKNOWN };
	if (!lookup_split(&domain, &user, name)) {
		f->ours = true;
		return STATUS_SUCCESS;
	}
	return user.len == name.len ? find_isolated(a, f, name) : find_qualified(a, f, domain, user);
}

/* --- SIDs ---------------------------------------------------------------------------------- */

/* A domain is known, who in it is not: the number stands for the name. */
void
found_number(struct finding *f, uint32_t rid)
{
	char text[12];

	(void)snprintf(text, sizeof text, "%u", (unsigned)rid);
	f->use = USE_UNKNOWN;
	f->name_len = lookup_wide(f->name, bytes_of_text(text));
}

static NTSTATUS
name_local(const struct lookup *a, struct finding *f, uint32_t rid)
{
	struct account *account;
	const struct known_rid *k;

	found_domain(f, &a->machine, bytes_of_text(store_computer(a->store)));
	found_number(f, rid);
	for (size_t i = 0; (k = known_rid_at(i)) != NULL; i++)
		if (k->rid == rid) {
			f->use = k->use;
			f->name_len = lookup_wide(f->name, bytes_of_text(k->name));
			return STATUS_SUCCESS;
		}
	switch (account_at(a->store, rid, &account)) {
	case ACCOUNT_FOUND:
		f->use = USE_USER;
		f->name_len = lookup_wide(f->name, bytes_of_text(account->name));
		account_drop(account);
		return STATUS_SUCCESS;
	case ACCOUNT_ABSENT:
		return STATUS_SUCCESS;
	case ACCOUNT_ERROR:
	default:
		return because(a->call, STATUS_INTERNAL_DB_ERROR, TO_CALLER, "the account store could not be read");
	}
}

static NTSTATUS
name_trust(const struct lookup *a, struct finding *f, const struct sid *domain, bool itself, uint32_t rid)
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

NTSTATUS
lookup_sid(const struct lookup *a, struct finding *f, const struct sid *sid)
{
	static const struct sid logons = { .revision = 1, .count = 1, .authority = { 0, 0, 0, 0, 0, 5 }, .sub = { 5 } };
	char text[SID_TEXT_MAX], name[64];
	const struct known_domain *k;
	const struct well_known *w;
	struct sid parent, nt = sid_root(5);
	uint32_t rid = 0;
	bool has_parent = sid_parent(&parent, &rid, sid);

	*f = (struct finding){ .use = USE_UNKNOWN };
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
	f->name_len = lookup_wide(f->name, bytes_of_text(text));
	if (has_parent) {
		NTSTATUS status = name_trust(a, f, &parent, false, rid);

		if (status != STATUS_SUCCESS || f->has_domain)
			return status;
	}
	return name_trust(a, f, sid, true, 0);
}

NTSTATUS
lookup_begin(struct lookup *a, struct served *s)
{
	struct writer w = writer_of(a->computer, sizeof a->computer);
	NTSTATUS status = lsa_store(s->link->lsa, &a->store, &s->call);

	if (status != STATUS_SUCCESS)
		return status;
	a->call = &s->call;
	a->host = s->link->lsa->host;
	if (!sid_whole(&a->machine, store_sid(a->store)) || !utf16_from_utf8(&w, bytes_of_text(store_computer(a->store))) || !writer_ok(&w))
		return STATUS_INTERNAL_DB_ERROR;
	a->computer_len = w.need;
	return STATUS_SUCCESS;
}
