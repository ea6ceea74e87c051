/*
 * kerb_logon_profile.c - what a logon's profile buffer says. Layouts:
 * KERB_INTERACTIVE_PROFILE, KERB_TICKET_PROFILE, <ntsecapi.h>.
 */
#include "pkg/kerberos/kerb_logon.h"

#define PROFILE_INTERACTIVE	2u
#define PROFILE_TICKET		6u
#define FIXED_INTERACTIVE	160u
#define FIXED_TICKET		176u
#define STRINGS			6u

/* LogonScript and the five behind it; the key. */
static const uint8_t pointers[] = { 64, 0, 0, 0, 80, 0, 0, 0, 96, 0, 0, 0, 112, 0, 0, 0, 128, 0, 0, 0, 144, 0, 0, 0, 168, 0, 0, 0 };

/* A NUL behind it that does not count. */
static void
text_put(struct writer *w, struct writer *rest, size_t rest_at, struct bytes text)
{
	writer_u16(w, (uint16_t)text.len);
	writer_u16(w, (uint16_t)(text.len + 2));
	writer_u32(w, 0);
	writer_u64(w, rest_at + rest->need);
	writer_bytes(rest, text);
	writer_u16(rest, 0);
}

NTSTATUS
kerb_logon_profile(struct call *call, const struct pac_profile *profile, const krb5_keyblock *key, struct logon_result *ret)
{
	static const struct pac_profile unknown = { .logoff = KERB_NEVER, .kick_off = KERB_NEVER, .must_change = KERB_NEVER };
	const struct pac_profile *p = profile ? profile : &unknown;
	const struct bytes texts[STRINGS] = { p->script, p->home, p->full_name, p->path, p->drive, p->server };
	size_t fixed = key ? FIXED_TICKET : FIXED_INTERACTIVE, room = fixed + (key ? key->length : 0);
	struct writer w, rest;
	uint8_t *at;

	for (unsigned i = 0; i < STRINGS; i++)
		room += texts[i].len + 2;
	at = call_memory(call, room);
	if (!at)
		return STATUS_INSUFFICIENT_RESOURCES;
	w = writer_of(at, fixed);
	rest = writer_of(at + fixed, room - fixed);
	writer_u32(&w, key ? PROFILE_TICKET : PROFILE_INTERACTIVE);
	writer_u16(&w, p->logon_count);
	writer_u16(&w, p->bad_count);
	writer_u64(&w, profile ? p->logon : services(call)->now(call));
	writer_u64(&w, p->logoff);
	writer_u64(&w, p->kick_off);
	writer_u64(&w, p->password_set);
	writer_u64(&w, p->can_change);
	writer_u64(&w, p->must_change);
	for (unsigned i = 0; i < STRINGS; i++)
		text_put(&w, &rest, fixed, texts[i]);
	writer_u32(&w, p->flags);
	writer_u32(&w, 0);
	if (key) {
		writer_u32(&w, (uint32_t)key->enctype);
		writer_u32(&w, key->length);
		writer_u64(&w, fixed + rest.need);
		writer_bytes(&rest, bytes_of(key->contents, key->length));
	}
	if (!writer_ok(&w) || !writer_ok(&rest))
		return STATUS_INTERNAL_ERROR;
	ret->profile = bytes_of(at, room);
	ret->pointers = bytes_of(pointers, sizeof pointers - (key ? 0 : 4));
	return STATUS_SUCCESS;
}
