/*
 * policy.h - what the tests of the policy API share: handles, strings in
 * UTF-16, SIDs from numbers. Near and far alike.
 */
#ifndef OPENLSA_TESTS_API_POLICY_H
#define OPENLSA_TESTS_API_POLICY_H

#include <string.h>

#include "tests/api/api.h"
#include "tests/check.h"


#define CHECK_ST(is, want) CHECK_U64((uint32_t)(is), (uint32_t)(want))

/* A string of this source; each place has its own. ASCII only. */
struct wide { WCHAR text[300]; LSA_UNICODE_STRING s; };

static inline LSA_UNICODE_STRING *
wide_set(struct wide *w, const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i <= n && i < 300; i++)
		w->text[i] = (WCHAR)(unsigned char)text[i];
	w->s.Buffer = w->text;
	w->s.Length = (USHORT)(2 * n);
	w->s.MaximumLength = (USHORT)(2 * n + 2);
	return &w->s;
}

/* Eight strings that live until the ninth. */
static inline LSA_UNICODE_STRING *
U(const char *text)
{
	static struct wide ring[16];
	static unsigned next;

	return wide_set(&ring[next++ % 16], text);
}

static inline bool
is_text(const LSA_UNICODE_STRING *s, const char *text)
{
	size_t n = strlen(text);

	if (s->Length != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (s->Buffer[i] != (WCHAR)(unsigned char)text[i])
			return false;
	return true;
}

struct a_sid { SID sid; DWORD more[14]; };

static inline struct a_sid
sid_make(unsigned authority, unsigned count, const DWORD *sub)
{
	struct a_sid s;

	memset(&s, 0, sizeof s);
	s.sid.Revision = 1;
	s.sid.SubAuthorityCount = (BYTE)count;
	s.sid.IdentifierAuthority.Value[5] = (BYTE)authority;
	memcpy(s.sid.SubAuthority, sub, count * sizeof *sub);
	return s;
}
#define SIDV(authority, ...) \
	sid_make(authority, sizeof((DWORD[]){ __VA_ARGS__ }) / sizeof(DWORD), (DWORD[]){ __VA_ARGS__ })

static inline LSA_HANDLE
policy_open_for(ACCESS_MASK access)
{
	LSA_OBJECT_ATTRIBUTES none;
	LSA_HANDLE h = NULL;

	memset(&none, 0, sizeof none);
	CHECK_ST((LsaOpenPolicy(NULL, &none, access, &h)), STATUS_SUCCESS);
	return h;
}

static inline ULONGLONG
policy_modified(LSA_HANDLE h)
{
	POLICY_MODIFICATION_INFO *info = NULL;
	ULONGLONG id = 0;

	if (CHECK_ST((LsaQueryInformationPolicy(h, PolicyModificationInformation, (PVOID *)&info)), STATUS_SUCCESS))
		id = (ULONGLONG)info->ModifiedId.QuadPart;
	LsaFreeMemory(info);
	return id;
}

#endif
