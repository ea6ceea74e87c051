/*
 * lookup.c - names to SIDs and back. The LSA translates a hundred at a time;
 * here the parts become one answer. What users and groups of the system are
 * called, the name service of this process says: to the LSA they are numbers.
 * Rules: spec lsa-policy 6.
 */
#include "secur32/pol.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sid.h"
#include "base/utf16.h"

#define MOST		1000u
#define ONE_CALL	100u
#define NO_DOMAIN	UINT32_MAX
#define ROOM_MOST	(8u << 20)	/* of one entry of the name service */
#define USE_USER	1u
#define USE_GROUP	2u
#define USE_DOMAIN	3u
#define USE_UNKNOWN	8u

/* What came back: domains, each once, and items; everything in one growing room. */
struct item { uint32_t use, domain; struct bytes what; };	/* a SID or a name */
struct answer {
	struct { struct bytes name, sid; } *domains;
	struct item *items;
	size_t domain_count, item_count, text_len;
	bool short_of_memory;
	struct held { struct held *next; uint8_t at[]; } *held;
};

static struct bytes
hold(struct answer *a, struct bytes b)
{
	struct held *h = malloc(sizeof *h + b.len);

	if (!h) {
		a->short_of_memory = true;
		return BYTES_NONE;
	}
	h->next = a->held;
	a->held = h;
	bytes_copy(h->at, b.at, b.len);
	a->text_len += b.len + 2 * PARCEL_SLACK;
	return bytes_of(h->at, b.len);
}

static void
answer_drop(struct answer *a)
{
	while (a->held) {
		struct held *h = a->held;

		a->held = h->next;
		free(h);
	}
	free(a->domains);
	free(a->items);
}

static bool
answer_begin(struct answer *a, size_t count)
{
	*a = (struct answer){ .items = calloc(count + 1, sizeof *a->items) };
	a->domains = calloc(count + 1, sizeof *a->domains);
	return a->items && a->domains;
}

/* A domain's number in the whole answer. */
static uint32_t
domain_put(struct answer *a, struct bytes name, struct bytes sid)
{
	for (size_t i = 0; i < a->domain_count; i++)
		if (bytes_same(a->domains[i].sid, sid) && bytes_same(a->domains[i].name, name))
			return (uint32_t)i;
	a->domains[a->domain_count].name = hold(a, name);
	a->domains[a->domain_count].sid = hold(a, sid);
	return (uint32_t)a->domain_count++;
}

/* One reply, of `count` items. */
static NTSTATUS
answer_add(struct answer *a, struct bytes domains, struct bytes items, size_t count)
{
	struct reader d = reader_of(domains), r = reader_of(items);
	uint32_t numbers[ONE_CALL], n = 0;

	while (reader_left(&d) > 0 && n < ONE_CALL) {
		struct bytes name = reader_sized(&d, 2048), sid = reader_sized(&d, SID_SIZE_MAX);

		if (reader_ok(&d))
			numbers[n++] = domain_put(a, name, sid);
	}
	if (!reader_done(&d))
		return STATUS_INVALID_SERVER_STATE;
	for (size_t i = 0; i < count; i++) {
		struct item *to = &a->items[a->item_count++];
		uint32_t domain;

		to->use = reader_u32(&r);
		domain = reader_u32(&r);
		to->what = hold(a, reader_sized(&r, 2048));
		to->domain = domain < n ? numbers[domain] : NO_DOMAIN;
	}
	return reader_done(&r) ? STATUS_SUCCESS : STATUS_INVALID_SERVER_STATE;
}

static NTSTATUS
mapped(const struct answer *a)
{
	size_t unknown = 0;

	for (size_t i = 0; i < a->item_count; i++)
		unknown += a->items[i].use == USE_UNKNOWN;
	return unknown == 0 ? STATUS_SUCCESS : unknown == a->item_count ? STATUS_NONE_MAPPED : STATUS_SOME_NOT_MAPPED;
}

static NTSTATUS
domains_out(const struct answer *a, PLSA_REFERENCED_DOMAIN_LIST *ret_domains)
{
	LSA_REFERENCED_DOMAIN_LIST *list;
	size_t need = sizeof *list + a->domain_count * sizeof *list->Domains + 64;
	struct parcel p;
	bool good;

	for (size_t i = 0; i < a->domain_count; i++)
		need += a->domains[i].name.len + a->domains[i].sid.len + 2 * PARCEL_SLACK;
	if (!parcel_begin(&p, need))
		return STATUS_INSUFFICIENT_RESOURCES;
	list = parcel_take(&p, sizeof *list);
	good = list != NULL;
	if (good && a->domain_count) {
		list->Entries = (ULONG)a->domain_count;
		list->Domains = parcel_take(&p, a->domain_count * sizeof *list->Domains);
		good = list->Domains != NULL;
	}
	for (size_t i = 0; i < a->domain_count && good; i++)
		good = parcel_text(&p, &list->Domains[i].Name, a->domains[i].name) &&
		    parcel_sid(&p, &list->Domains[i].Sid, a->domains[i].sid);
	if (parcel_end(&p, good) != STATUS_SUCCESS)
		return STATUS_INSUFFICIENT_RESOURCES;
	*ret_domains = list;
	return STATUS_SUCCESS;
}

/* --- users and groups of the system ------------------------------------------------- */

#define UNIX_USER	"Unix User"
#define UNIX_GROUP	"Unix Group"

static bool
utf8_of(char *to, size_t cap, struct bytes wide)
{
	struct writer w = writer_of(to, cap - 1);

	if (!utf8_from_utf16(&w, wide) || !writer_ok(&w))
		return false;
	to[w.need] = 0;
	return strlen(to) == w.need;
}

/* A user or group of the system. */
struct unix_entry { bool group; uint32_t id; char name[256]; };

/* By its name, or (by_name false) its number. A group of many members wants much room, which is why it grows. */
static bool
unix_find(struct unix_entry *e, bool by_name)
{
	const char *name = NULL;
	int error = ERANGE;

	for (size_t len = 8192; error == ERANGE && len <= ROOM_MOST && !name; len *= 4) {
		char *room = malloc(len);
		struct passwd pw, *user = NULL;
		struct group gr, *group = NULL;

		if (!room)
			return false;
		if (e->group)
			error = by_name ? getgrnam_r(e->name, &gr, room, len, &group) : getgrgid_r((gid_t)e->id, &gr, room, len, &group);
		else
			error = by_name ? getpwnam_r(e->name, &pw, room, len, &user) : getpwuid_r((uid_t)e->id, &pw, room, len, &user);
		name = user ? user->pw_name : group ? group->gr_name : NULL;
		if (name) {
			e->id = user ? user->pw_uid : group->gr_gid;
			name = snprintf(e->name, sizeof e->name, "%s", name) < (int)sizeof e->name ? e->name : NULL;
		}
		free(room);
	}
	return name != NULL;
}

/* "Unix User\alice" becomes "Unix User\1000", in UTF-16LE. Empty: it is nothing of the kind. */
static size_t
number_name(uint8_t to[128], struct bytes name)
{
	static const char *const kinds[] = { UNIX_USER, UNIX_GROUP };
	char text[512], number[40];
	struct writer w = writer_of(to, 128);

	if (!utf8_of(text, sizeof text, name))
		return 0;
	for (unsigned i = 0; i < 2; i++) {
		size_t len = strlen(kinds[i]);
		struct unix_entry e = { .group = i == 1 };

		if (strncasecmp(text, kinds[i], len) != 0 || text[len] != '\\')
			continue;
		if (snprintf(e.name, sizeof e.name, "%s", text + len + 1) >= (int)sizeof e.name || !unix_find(&e, true))
			return 0;
		(void)snprintf(number, sizeof number, "%s\\%u", kinds[i], (unsigned)e.id);
		return utf16_from_utf8(&w, bytes_of_text(number)) && writer_ok(&w) ? w.need : 0;
	}
	return 0;
}

/* The other way: the number that came back has a name here. */
static void
name_number(struct answer *a, struct item *item, struct bytes sid)
{
	struct reader r = reader_of(sid);
	uint8_t wide[1024];
	struct writer w = writer_of(wide, sizeof wide);
	struct unix_entry e = { .group = false };
	struct sid s, parent;

	sid_take(&s, &r);
	if (!reader_done(&r) || !sid_parent(&parent, &e.id, &s))
		return;
	e.group = sid_same(&parent, &sid_unix_groups);
	if (!e.group && !sid_same(&parent, &sid_unix_users))
		return;
	if (unix_find(&e, false) && utf16_from_utf8(&w, bytes_of_text(e.name)) && writer_ok(&w)) {
		struct bytes held = hold(a, bytes_of(wide, w.need));

		if (held.len)
			item->what = held;
	}
}

/* --- names ----------------------------------------------------------------------------- */

static NTSTATUS
names_ask(struct pol *p, ULONG flags, ULONG count, const UNICODE_STRING *names, struct answer *a)
{
	NTSTATUS status = STATUS_SUCCESS;
	uint8_t *list = malloc(WIRE_BYTES_MAX);

	if (!list)
		return STATUS_INSUFFICIENT_RESOURCES;
	for (ULONG i = 0; i < count && status == STATUS_SUCCESS;) {
		struct names_find_in in = { .object = p->wire, .flags = flags };
		struct names_find_out out;
		struct writer w = writer_of(list, WIRE_BYTES_MAX);
		struct pol_call c;
		size_t n = 0;

		while (i + n < count && n < ONE_CALL) {
			struct bytes name;
			uint8_t other[128];
			size_t len;

			if (!pol_text(&name, &names[i + n])) {
				free(list);
				return pol_refuse(STATUS_INVALID_PARAMETER, "a name is no string");
			}
			if (name.len > 2048)
				name.len = 2048;		/* longer than any: found by nobody */
			len = number_name(other, name);
			if (w.need + 4 + (len ? len : name.len) > WIRE_BYTES_MAX)
				break;
			writer_sized(&w, len ? bytes_of(other, len) : name);
			n++;
		}
		in.names = bytes_of(list, w.need);
		status = POL_ASK(&c, p->link, names_find, &in, &out);
		if (status == STATUS_SUCCESS)
			status = answer_add(a, out.domains, out.sids, n);
		/* What was said is kept with what the caller sees. */
		(void)pol_end(&c, status == STATUS_SUCCESS ? mapped(a) : status);
		i += (ULONG)n;
	}
	free(list);
	return status;
}

/* What is the same for both forms of names and of SIDs. */
static NTSTATUS
lookup_begin(LSA_HANDLE policy, ULONG count, const void *in, const void *out, const void *domains, struct pol **ret_pol,
    struct answer *a)
{
	struct pol *p = pol_hold(policy, POL_POLICY);
	NTSTATUS status = STATUS_SUCCESS;

	if (!p)
		return STATUS_INVALID_HANDLE;
	if (!out || !domains || (count && !in))
		status = pol_refuse(STATUS_INVALID_PARAMETER, "there is nothing to look up, or no place for the answer");
	else if (!(p->granted & POLICY_LOOKUP_NAMES))
		status = pol_refuse(STATUS_ACCESS_DENIED, "the handle was opened without POLICY_LOOKUP_NAMES");
	else if (!answer_begin(a, count)) {
		answer_drop(a);
		status = STATUS_INSUFFICIENT_RESOURCES;
	}
	if (status != STATUS_SUCCESS) {
		pol_release(p);
		return status;
	}
	*ret_pol = p;
	return status;
}

/* One item into its place of the caller's list. False: no room. */
typedef bool item_out(struct parcel *p, void *list, size_t i, const struct item *item);

static LONG
domain_index(const struct item *item)
{
	return item->domain == NO_DOMAIN ? -1 : (LONG)item->domain;
}

static bool
sid_out(struct parcel *p, void *list, size_t i, const struct item *item)
{
	LSA_TRANSLATED_SID2 *to = (LSA_TRANSLATED_SID2 *)list + i;

	to->Use = (SID_NAME_USE)item->use;
	to->DomainIndex = domain_index(item);
	return parcel_sid(p, &to->Sid, item->what);
}

static bool
name_out(struct parcel *p, void *list, size_t i, const struct item *item)
{
	LSA_TRANSLATED_NAME *to = (LSA_TRANSLATED_NAME *)list + i;

	to->Use = (SID_NAME_USE)item->use;
	to->DomainIndex = domain_index(item);
	return item->use == USE_DOMAIN || parcel_text(p, &to->Name, item->what);
}

static NTSTATUS
answer_out(const struct answer *a, size_t size, item_out *put, PLSA_REFERENCED_DOMAIN_LIST *ret_domains, void **ret_list)
{
	NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
	struct parcel p;
	void *list;
	bool good;

	if (a->short_of_memory || !parcel_begin(&p, a->item_count * size + a->text_len + 64))
		return status;
	list = parcel_take(&p, a->item_count * size);
	good = list != NULL;
	for (size_t i = 0; i < a->item_count && good; i++)
		good = put(&p, list, i, &a->items[i]);
	if (good)
		status = domains_out(a, ret_domains);
	if (status == STATUS_SUCCESS)
		*ret_list = list;
	else
		parcel_drop(&p);
	return status;
}

/* What came of asking; both lists are the caller's with STATUS_NONE_MAPPED, too. */
static NTSTATUS
lookup_end(struct pol *pol, struct answer *a, NTSTATUS status, size_t size, item_out *put,
    PLSA_REFERENCED_DOMAIN_LIST *ret_domains, void **ret_list)
{
	NTSTATUS end = mapped(a);

	if (status == STATUS_SUCCESS)
		status = answer_out(a, size, put, ret_domains, ret_list);
	answer_drop(a);
	pol_release(pol);
	return status == STATUS_SUCCESS ? end : status;
}

NTSTATUS
LsaLookupNames2(LSA_HANDLE PolicyHandle, ULONG Flags, ULONG Count, PLSA_UNICODE_STRING Names,
    PLSA_REFERENCED_DOMAIN_LIST *ReferencedDomains, PLSA_TRANSLATED_SID2 *Sids)
{
	struct answer a;
	struct pol *pol;
	NTSTATUS status;
	void *list;

	if (ReferencedDomains)
		*ReferencedDomains = NULL;
	if (Sids)
		*Sids = NULL;
	if (Count > MOST)
		return pol_refuse(STATUS_TOO_MANY_NAMES, "at most 1000 names are looked up at once");
	if (Flags & ~(ULONG)LSA_LOOKUP_ISOLATED_AS_LOCAL)
		return pol_refuse(STATUS_INVALID_PARAMETER, "there is one flag, LSA_LOOKUP_ISOLATED_AS_LOCAL");
	status = lookup_begin(PolicyHandle, Count, Names, Sids, ReferencedDomains, &pol, &a);
	if (status != STATUS_SUCCESS)
		return status;
	list = NULL;
	status = lookup_end(pol, &a, names_ask(pol, Flags, Count, Names, &a), sizeof **Sids, sid_out, ReferencedDomains, &list);
	*Sids = list;
	return status;
}

NTSTATUS
LsaLookupNames(LSA_HANDLE PolicyHandle, ULONG Count, PLSA_UNICODE_STRING Names,
    PLSA_REFERENCED_DOMAIN_LIST *ReferencedDomains, PLSA_TRANSLATED_SID *Sids)
{
	LSA_TRANSLATED_SID2 *found = NULL;
	LSA_TRANSLATED_SID *list;
	NTSTATUS status;

	if (!Sids)
		return pol_refuse(STATUS_INVALID_PARAMETER, "there is no place for the answer");
	*Sids = NULL;
	status = LsaLookupNames2(PolicyHandle, 0, Count, Names, ReferencedDomains, &found);
	if (!found)
		return status;
	list = buffer_new(BUFFER_POLICY, Count * sizeof *list + 1);
	for (ULONG i = 0; list && i < Count; i++) {
		const SID *sid = found[i].Sid;

		list[i].Use = found[i].Use;
		list[i].DomainIndex = found[i].DomainIndex;
		list[i].RelativeId = sid && found[i].Use != SidTypeDomain && sid->SubAuthorityCount ?
		    sid->SubAuthority[sid->SubAuthorityCount - 1] : (ULONG)-1;
		if (found[i].Use == SidTypeUnknown)
			list[i].RelativeId = 0;
	}
	(void)buffer_free(BUFFER_POLICY, found);
	if (!list) {
		(void)buffer_free(BUFFER_POLICY, *ReferencedDomains);
		*ReferencedDomains = NULL;
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	*Sids = list;
	return status;
}

/* --- SIDs ----------------------------------------------------------------------------------- */

static NTSTATUS
sids_ask(struct pol *p, ULONG options, ULONG count, PSID *sids, struct answer *a)
{
	uint8_t list[ONE_CALL * (SID_SIZE_MAX + 4)];
	NTSTATUS status = STATUS_SUCCESS;
	struct bytes sid;

	for (ULONG i = 0; i < count; i++)
		if (!pol_sid(&sid, sids[i]))
			return pol_refuse(STATUS_INVALID_PARAMETER, "one of them is not a SID of revision 1");
	for (ULONG i = 0; i < count && status == STATUS_SUCCESS; i += ONE_CALL) {
		struct sids_find_in in = { .object = p->wire, .flags = options };
		struct sids_find_out out;
		struct writer w = writer_of(list, sizeof list);
		struct pol_call c;
		size_t n = count - i < ONE_CALL ? count - i : ONE_CALL;

		for (size_t j = 0; j < n; j++)
			if (pol_sid(&sid, sids[i + j]))
				writer_sized(&w, sid);
		in.sids = bytes_of(list, w.need);
		status = POL_ASK(&c, p->link, sids_find, &in, &out);
		if (status == STATUS_SUCCESS)
			status = answer_add(a, out.domains, out.names, n);
		(void)pol_end(&c, status == STATUS_SUCCESS ? mapped(a) : status);
	}
	for (size_t i = 0; i < a->item_count && status == STATUS_SUCCESS; i++)
		if ((a->items[i].use == USE_USER || a->items[i].use == USE_GROUP) && pol_sid(&sid, sids[i]))
			name_number(a, &a->items[i], sid);
	return status;
}

NTSTATUS
LsaLookupSids2(LSA_HANDLE PolicyHandle, ULONG LookupOptions, ULONG Count, PSID *Sids,
    PLSA_REFERENCED_DOMAIN_LIST *ReferencedDomains, PLSA_TRANSLATED_NAME *Names)
{
	struct answer a;
	struct pol *pol;
	NTSTATUS status;
	void *list;

	if (ReferencedDomains)
		*ReferencedDomains = NULL;
	if (Names)
		*Names = NULL;
	if (Count > MOST)
		return pol_refuse(STATUS_TOO_MANY_SIDS, "at most 1000 SIDs are looked up at once");
	if (LookupOptions & ~(ULONG)(LSA_LOOKUP_DISALLOW_CONNECTED_ACCOUNT_INTERNET_SID | LSA_LOOKUP_PREFER_INTERNET_NAMES))
		return pol_refuse(STATUS_INVALID_PARAMETER, "there are two options, for internet names");
	status = lookup_begin(PolicyHandle, Count, Sids, Names, ReferencedDomains, &pol, &a);
	if (status != STATUS_SUCCESS)
		return status;
	list = NULL;
	status = lookup_end(pol, &a, sids_ask(pol, LookupOptions, Count, Sids, &a), sizeof **Names, name_out, ReferencedDomains, &list);
	*Names = list;
	return status;
}

NTSTATUS
LsaLookupSids(LSA_HANDLE PolicyHandle, ULONG Count, PSID *Sids, PLSA_REFERENCED_DOMAIN_LIST *ReferencedDomains,
    PLSA_TRANSLATED_NAME *Names)
{
	return LsaLookupSids2(PolicyHandle, 0, Count, Sids, ReferencedDomains, Names);
}
