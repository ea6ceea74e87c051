/*
 * serve_lookup.c - names to SIDs and back: [MS-LSAT] 3.1.4.5 to 3.1.4.8.
 *
 *     BEGIN --all known, or nobody to ask--> reply
 *         \--some are not--> ASKED --> reply    the authority of other domains was asked about all of those at once
 *
 * What is known here is looked up in each turn anew; it takes no time. It must
 * never believe an authority about SIDs that are not a domain's.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/utf16.h"
#include "lsa/lookup.h"
#include "lsa/policy.h"
#include "lsa/who.h"
#include "pkg/lsa_mode.h"

#define ONE_CALL	100u		/* translations */
#define ROOM		65000u
#define NO_DOMAIN	UINT32_MAX
#define ISOLATED_AS_LOCAL 0x80000000u	/* LSA_LOOKUP_ISOLATED_AS_LOCAL */

struct ask {
	struct served *s;
	struct lookup look;
	struct writer domains, items;
	uint32_t domain_count, item_count, unknown;
	struct { size_t at, len; } records[ONE_CALL];
	bool answered;			/* an authority was asked, and its answer is here */
	struct find_ask asks[ONE_CALL];	/* what it is to be asked */
	uint32_t asked;
};

/* --- what others know ------------------------------------------------------------------ */

static bool
answer_fits(const struct ask *a, const struct find_answer *known)
{
	struct sid parent;
	uint32_t rid;

	switch (known->use) {
	case USE_USER:
	case USE_GROUP:
	case USE_ALIAS:
	case USE_COMPUTER:
	case USE_DELETED:
		return who_elsewhere(&a->look.machine, &known->sid) && sid_parent(&parent, &rid, &known->sid) && sid_same(&parent, &known->domain);
	case USE_DOMAIN:
		return who_elsewhere(&a->look.machine, &known->sid) && sid_same(&known->sid, &known->domain);
	default:
		return false;
	}
}

static void
name_answer(const struct ask *a, struct finding *f)
{
	struct find_answer known;

	if (authority_found(&a->s->call, a->item_count, &known) != STATUS_SUCCESS || !answer_fits(a, &known))
		return;
	if (known.use == USE_DOMAIN) {
		found_as_domain(f, &known.sid, known.domain_name);
		return;
	}
	found_put(f, (enum sid_use)known.use, &known.sid, "");
	found_domain(f, &known.domain, known.domain_name);
}

static void
sid_answer(const struct ask *a, struct finding *f, const struct sid *sid)
{
	struct find_answer known;
	struct sid parent;
	uint32_t rid;

	if (authority_found(&a->s->call, a->item_count, &known) != STATUS_SUCCESS || !known.has_domain || !known.domain_name.len ||
	    !who_elsewhere(&a->look.machine, &known.domain))
		return;
	if (known.use == USE_DOMAIN && sid_same(&known.domain, sid)) {
		found_as_domain(f, sid, known.domain_name);
	} else if (sid_parent(&parent, &rid, sid) && sid_same(&parent, &known.domain)) {
		found_domain(f, &parent, known.domain_name);
		found_number(f, rid);
		if (answer_fits(a, &known) && known.name.len) {
			f->use = (enum sid_use)known.use;
			f->name_len = lookup_wide(f->name, known.name);
		}
	}
}

/* Text for the authority; lives as long as the call. */
static NTSTATUS
text_for(struct call *call, struct bytes *ret_text, struct bytes wide)
{
	size_t room = wide.len / 2 * 3 + 1;
	struct writer w = writer_of(call_memory(call, room), room);

	if (!w.at)
		return STATUS_INSUFFICIENT_RESOURCES;
	*ret_text = utf8_from_utf16(&w, wide) && writer_ok(&w) ? bytes_of(w.at, w.need) : BYTES_NONE;
	return STATUS_SUCCESS;
}

static bool
is_text(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!text.at[i])
			return false;
	return text.len > 0;
}

/* Somebody else is to be asked about a name that is nobody's here. */
static NTSTATUS
name_ask(struct ask *a, uint32_t flags, struct bytes name)
{
	struct find_ask *ask = &a->asks[a->asked];
	struct bytes domain, user;
	NTSTATUS status;
	bool alone;

	if (!lookup_split(&domain, &user, name))
		return STATUS_SUCCESS;
	alone = user.len == name.len;
	if (!user.len || (alone ? (flags & ISOLATED_AS_LOCAL) : !domain.len))
		return STATUS_SUCCESS;
	*ask = (struct find_ask){ .number = a->item_count };
	status = text_for(&a->s->call, &ask->name, user);
	if (status == STATUS_SUCCESS && !alone)
		status = text_for(&a->s->call, &ask->domain, domain);
	if (status == STATUS_SUCCESS && is_text(ask->name) && (alone || is_text(ask->domain)))
		a->asked++;
	return status;
}

/* --- replies ------------------------------------------------------------------------------------ */

/* Its number in the list of domains, where each stands once. */
static uint32_t
domain_index(struct ask *a, const struct finding *f)
{
	uint8_t record[LOOKUP_NAME + SID_SIZE_MAX + 8], sid[SID_SIZE_MAX];
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
ask_begin(struct ask **ret_ask, struct served *s, uint64_t handle)
{
	struct ask *a = call_memory(&s->call, sizeof *a);
	uint8_t *room = call_memory(&s->call, 2 * (size_t)ROOM);
	NTSTATUS status = policy_may(s, handle, POLICY_NAMES);

	if (status == STATUS_SUCCESS && (!a || !room))
		status = STATUS_INSUFFICIENT_RESOURCES;
	if (status == STATUS_SUCCESS)
		status = lookup_begin(&a->look, s);
	if (status != STATUS_SUCCESS)
		return status;
	a->s = s;
	a->domains = writer_of(room, ROOM);
	a->items = writer_of(room + ROOM, ROOM);
	a->answered = s->finding_out != NULL;
	*ret_ask = a;
	return STATUS_SUCCESS;
}

static NTSTATUS
too_many(struct served *s)
{
	return because(&s->call, STATUS_INVALID_PARAMETER, TO_CALLER, "one call translates at most %u", ONE_CALL);
}

/* In the turn after the question, before anything of the answer is used. Without an answer there is none. */
static NTSTATUS
answer_take(struct ask *a)
{
	NTSTATUS status = a->answered ? authority_find_said(&a->s->call) : STATUS_SUCCESS;

	if (status == STATUS_NO_LOGON_SERVERS) {
		because(&a->s->call, status, TO_CALLER,
		    "nobody answers for another domain now, so not all of its names could be looked up; try again later");
		status = STATUS_SUCCESS;
	}
	return status;
}

static NTSTATUS
ask_end(struct ask *a, const struct reader *r, bool by_sid)
{
	struct call *call = &a->s->call;

	if (!reader_done(r) || !writer_ok(&a->items) || !writer_ok(&a->domains))
		return STATUS_INVALID_PARAMETER;
	if (a->asked && !a->answered)
		return authority_find(call, by_sid, a->asks, a->asked);
	if (a->unknown)
		because(call, STATUS_SOME_NOT_MAPPED, TO_CALLER, "%u of %u %s not known to this machine%s", a->unknown, a->item_count,
		    by_sid ? "SIDs are" : "names are", a->answered ? " or to the authority of its other domains" : "");
	return STATUS_SUCCESS;
}

NTSTATUS
serve_names_find(struct served *s, const struct names_find_in *in, struct names_find_out *out)
{
	struct reader r = reader_of(in->names);
	struct ask *a;
	NTSTATUS status = ask_begin(&a, s, in->object);

	if (status == STATUS_SUCCESS)
		status = answer_take(a);
	while (status == STATUS_SUCCESS && reader_left(&r) > 0) {
		struct finding f;
		uint8_t sid[SID_SIZE_MAX];
		struct writer b = writer_of(sid, sizeof sid);
		struct bytes name = reader_sized(&r, WIRE_BYTES_MAX);

		if (a->item_count++ >= ONE_CALL)
			return too_many(s);
		status = lookup_name(&a->look, &f, name);
		if (status == STATUS_SUCCESS && f.use == USE_UNKNOWN && a->answered)
			name_answer(a, &f);
		else if (status == STATUS_SUCCESS && f.use == USE_UNKNOWN && !f.ours && authority_knows(s->link->lsa))
			status = name_ask(a, in->flags, name);
		if (f.has_sid)
			sid_put(&b, &f.sid);
		a->unknown += f.use == USE_UNKNOWN;
		writer_u32(&a->items, (uint32_t)f.use);
		writer_u32(&a->items, f.has_sid ? domain_index(a, &f) : NO_DOMAIN);
		writer_sized(&a->items, bytes_of(sid, b.need));
	}
	if (status == STATUS_SUCCESS)
		status = ask_end(a, &r, false);
	if (status != STATUS_SUCCESS)
		return status;
	out->domains = bytes_of(a->domains.at, a->domains.need);
	out->sids = bytes_of(a->items.at, a->items.need);
	return status;
}

NTSTATUS
serve_sids_find(struct served *s, const struct sids_find_in *in, struct sids_find_out *out)
{
	struct reader r = reader_of(in->sids);
	struct ask *a;
	NTSTATUS status = ask_begin(&a, s, in->object);

	if (status == STATUS_SUCCESS)
		status = answer_take(a);
	while (status == STATUS_SUCCESS && reader_left(&r) > 0) {
		struct finding f;
		struct sid sid;

		if (a->item_count++ >= ONE_CALL)
			return too_many(s);
		if (!sid_whole(&sid, reader_sized(&r, SID_SIZE_MAX)))
			return because(&s->call, STATUS_INVALID_PARAMETER, TO_CALLER, "item %u is not a SID of revision 1", a->item_count);
		status = lookup_sid(&a->look, &f, &sid);
		if (status == STATUS_SUCCESS && f.use == USE_UNKNOWN && who_elsewhere(&a->look.machine, &sid) && authority_knows(s->link->lsa)) {
			if (a->answered)
				sid_answer(a, &f, &sid);
			else
				a->asks[a->asked++] = (struct find_ask){ .number = a->item_count, .sid = sid };
		}
		a->unknown += f.use == USE_UNKNOWN;
		writer_u32(&a->items, (uint32_t)f.use);
		writer_u32(&a->items, domain_index(a, &f));
		writer_sized(&a->items, bytes_of(f.name, f.name_len));
	}
	if (status == STATUS_SUCCESS)
		status = ask_end(a, &r, true);
	if (status != STATUS_SUCCESS)
		return status;
	out->domains = bytes_of(a->domains.at, a->domains.need);
	out->names = bytes_of(a->items.at, a->items.need);
	return status;
}
