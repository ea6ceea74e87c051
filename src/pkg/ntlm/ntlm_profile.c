/*
 * ntlm_profile.c - MSV1_0_INTERACTIVE_PROFILE and MSV1_0_LM20_LOGON_PROFILE,
 * <ntsecapi.h>, 64-bit, with offsets for pointers.
 */
#include "pkg/ntlm/ntlm_profile.h"

#include "pkg/ntlm/ntlm_flat.h"
#include "pkg/ntlm/ntlm_lsa.h"

#define OF(field) bytes_of((field), sizeof(field))
#define NEVER	0x7fffffffffffffffull

#define STRINGS_MOST 6u

struct strings { struct bytes at[STRINGS_MOST]; unsigned count; };

static NTSTATUS
profile_texts(struct call *call, struct strings *ret, const char *const *texts, unsigned count)
{
	ret->count = count;
	for (unsigned i = 0; i < count; i++) {
		NTSTATUS status = texts[i] ? ntlm_text16(call, &ret->at[i], bytes_of_text(texts[i])) : STATUS_SUCCESS;

		if (!texts[i] || status == SEC_E_INVALID_TOKEN)
			ret->at[i] = BYTES_NONE;
		else if (status != STATUS_SUCCESS)
			return status;
	}
	return STATUS_SUCCESS;
}

static size_t
strings_room(const struct strings *s)
{
	size_t room = 0;

	for (unsigned i = 0; i < s->count; i++)
		room += s->at[i].len + 4;
	return room;
}

NTSTATUS
ntlm_profile_interactive(struct call *call, const struct account_profile *p, uint32_t flags, struct logon_result *ret)
{
	static const uint8_t pointers[] = { 64, 0, 0, 0, 80, 0, 0, 0, 96, 0, 0, 0, 112, 0, 0, 0, 128, 0, 0, 0, 144, 0, 0, 0 };
	const char *texts[] = { NULL, NULL, p->full_name, NULL, NULL, services(call)->computer(call) };
	struct strings s;
	NTSTATUS status = profile_texts(call, &s, texts, 6);
	size_t room = 160 + (status == STATUS_SUCCESS ? strings_room(&s) : 0);
	uint8_t *memory = call_memory(call, room);
	struct writer w = writer_of(memory, room);
	uint64_t at = 160;

	if (status != STATUS_SUCCESS || !memory)
		return status != STATUS_SUCCESS ? status : STATUS_INSUFFICIENT_RESOURCES;
	writer_u32(&w, 2);				/* MsV1_0InteractiveProfile */
	writer_u16(&w, 0);				/* LogonCount: not kept */
	writer_u16(&w, p->bad_count > UINT16_MAX ? UINT16_MAX : (uint16_t)p->bad_count);
	writer_u64(&w, services(call)->now(call));
	writer_u64(&w, NEVER);				/* LogoffTime */
	writer_u64(&w, NEVER);				/* KickOffTime */
	writer_u64(&w, p->password_set);
	writer_u64(&w, p->password_set);		/* PasswordCanChange */
	writer_u64(&w, NEVER);				/* PasswordMustChange */
	for (unsigned i = 0; i < s.count; i++)
		flat_put(&w, s.at[i], &at, 2);
	writer_u32(&w, NTLM_USER_NTLM2 | flags);
	writer_u32(&w, 0);
	for (unsigned i = 0; i < s.count; i++)
		flat_put_text(&w, s.at[i], 2);
	ret->profile = bytes_of(memory, w.need);
	ret->pointers = OF(pointers);
	return writer_ok(&w) ? STATUS_SUCCESS : STATUS_INTERNAL_ERROR;
}

/* key: of the session; NULL where nobody proved anything. */
NTSTATUS
ntlm_profile_lm20(struct call *call, const char *domain, const uint8_t *key, uint32_t flags, struct logon_result *ret)
{
	static const uint8_t pointers[] = { 56, 0, 0, 0, 80, 0, 0, 0, 96, 0, 0, 0 };
	const char *texts[] = { domain, services(call)->computer(call), NULL };
	struct strings s;
	NTSTATUS status = profile_texts(call, &s, texts, 3);
	size_t room = 104 + (status == STATUS_SUCCESS ? strings_room(&s) : 0);
	uint8_t *memory = call_memory(call, room);
	struct writer w = writer_of(memory, room);
	uint64_t at = 104;

	if (status != STATUS_SUCCESS || !memory)
		return status != STATUS_SUCCESS ? status : STATUS_INSUFFICIENT_RESOURCES;
	writer_u64(&w, 3);				/* MsV1_0Lm20LogonProfile, and four bytes of nothing */
	writer_u64(&w, NEVER);				/* KickOffTime */
	writer_u64(&w, NEVER);				/* LogoffTime */
	writer_u32(&w, flags);
	if (key)
		writer_bytes(&w, bytes_of(key, 16));
	else
		writer_zeros(&w, 16);
	writer_u32(&w, 0);
	flat_put(&w, s.at[0], &at, 2);
	writer_u64(&w, 0);				/* LanmanSessionKey: never */
	flat_put(&w, s.at[1], &at, 2);
	flat_put(&w, s.at[2], &at, 2);
	for (unsigned i = 0; i < s.count; i++)
		flat_put_text(&w, s.at[i], 2);
	ret->profile = bytes_of(memory, w.need);
	ret->pointers = OF(pointers);
	return writer_ok(&w) ? STATUS_SUCCESS : STATUS_INTERNAL_ERROR;
}
