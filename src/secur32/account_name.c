/*
 * account_name.c - LookupAccountSid, LookupAccountName: accounts of this
 * machine's LSA by the functions that most programs use.
 */
#include "secur32/account_name.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <ntsecapi.h>
#include <ntstatus.h>

#include "base/utf16.h"
#include "secur32/explain.h"
#include "secur32/pol.h"
#include "secur32/text.h"

#define SERVER_UNAVAILABLE 1722		/* RPC_S_SERVER_UNAVAILABLE */

BOOL
win32_fail(DWORD error)
{
	SetLastError(error);
	return FALSE;
}

ULONG
text_give(void *to, ULONG room, bool wide, struct bytes utf8)
{
	struct writer w = writer_of(NULL, 0);
	ULONG chars;

	if (!wide) {
		chars = (ULONG)utf8.len;
		if (to && room > chars) {
			bytes_copy(to, utf8.at, utf8.len);
			((char *)to)[chars] = 0;
		}
		return chars;
	}
	if (!utf16_from_utf8(&w, utf8))		/* what our own functions made is text */
		w.need = 0;
	chars = (ULONG)(w.need / 2);
	if (to && room > chars) {
		w = writer_of(to, w.need);
		if (chars && !utf16_from_utf8(&w, utf8))
			chars = 0;
		((WCHAR *)to)[chars] = 0;
	}
	return chars;
}

static bool
text_take(char to[ACCOUNT_TEXT], const LSA_UNICODE_STRING *from)
{
	struct writer w = writer_of(to, ACCOUNT_TEXT - 1);

	if (!utf8_from_utf16(&w, bytes_of(from->Buffer, from->Length)) || !writer_ok(&w))
		return false;
	to[w.need] = 0;
	return true;
}

/* --- asked of the LSA --------------------------------------------------------------- */

NTSTATUS
account_of_sid(struct account_named *ret_account, PSID sid)
{
	LSA_REFERENCED_DOMAIN_LIST *domains = NULL;
	LSA_TRANSLATED_NAME *names = NULL;
	struct bytes binary;
	LSA_HANDLE policy;
	NTSTATUS status;

	*ret_account = (struct account_named){ .use = SidTypeUnknown };
	if (!pol_sid(&binary, sid))
		return STATUS_INVALID_SID;
	bytes_copy(ret_account->sid, binary.at, binary.len);
	ret_account->sid_len = (uint32_t)binary.len;
	status = LsaOpenPolicy(NULL, NULL, POLICY_LOOKUP_NAMES, &policy);
	if (status != STATUS_SUCCESS)
		return status;
	status = LsaLookupSids(policy, 1, &sid, &domains, &names);
	if (status == STATUS_SUCCESS) {
		ret_account->use = names[0].Use;
		if (!text_take(ret_account->name, &names[0].Name) || (names[0].DomainIndex >= 0 &&
		    !text_take(ret_account->domain, &domains->Domains[names[0].DomainIndex].Name)))
			status = STATUS_NAME_TOO_LONG;
		if (names[0].Use == SidTypeDomain)
			ret_account->name[0] = 0;
	}
	(void)LsaFreeMemory(domains);
	(void)LsaFreeMemory(names);
	(void)LsaClose(policy);
	return status;
}

static NTSTATUS
name_ask(struct account_named *ret_account, LSA_HANDLE policy, LSA_UNICODE_STRING *name)
{
	LSA_REFERENCED_DOMAIN_LIST *domains = NULL;
	LSA_TRANSLATED_SID2 *sids = NULL;
	struct bytes binary;
	NTSTATUS status = LsaLookupNames2(policy, 0, 1, name, &domains, &sids);

	if (status == STATUS_SUCCESS && !pol_sid(&binary, sids[0].Sid))
		status = STATUS_NONE_MAPPED;
	if (status == STATUS_SUCCESS) {
		bytes_copy(ret_account->sid, binary.at, binary.len);
		ret_account->sid_len = (uint32_t)binary.len;
	}
	(void)LsaFreeMemory(domains);
	(void)LsaFreeMemory(sids);
	return status;
}

NTSTATUS
account_of_name(struct account_named *ret_account, struct bytes name)
{
	WCHAR *wide = wide_of_text(BUFFER_LOCAL, name);
	LSA_UNICODE_STRING string = { .Buffer = wide };
	struct account_named asked;
	LSA_HANDLE policy;
	NTSTATUS status;

	*ret_account = (struct account_named){ .use = SidTypeUnknown };
	if (!wide || wide_length(wide) > 1024) {
		(void)buffer_free(BUFFER_LOCAL, wide);
		return wide ? STATUS_NONE_MAPPED : STATUS_INVALID_PARAMETER;
	}
	string.Length = string.MaximumLength = (USHORT)(2 * wide_length(wide));
	status = LsaOpenPolicy(NULL, NULL, POLICY_LOOKUP_NAMES, &policy);
	if (status == STATUS_SUCCESS) {
		status = name_ask(ret_account, policy, &string);
		(void)LsaClose(policy);
	}
	(void)buffer_free(BUFFER_LOCAL, wide);
	if (status != STATUS_SUCCESS)
		return status;
	/* As the LSA spells it, which may be otherwise than it was asked. */
	asked = *ret_account;
	return account_of_sid(ret_account, asked.sid);
}

/* --- the functions ------------------------------------------------------------------------ */

/* Policy is of this machine alone. */
static bool
here(const char *text)
{
	char own[256];
	size_t len = strlen(text);

	while (*text == '\\')
		text++;
	if (!len || strcmp(text, ".") == 0 || strcasecmp(text, "localhost") == 0)
		return true;
	return gethostname(own, sizeof own) == 0 && strncasecmp(own, text, strlen(text)) == 0 &&
	    (own[strlen(text)] == 0 || own[strlen(text)] == '.');
}

static bool
here_text(const void *system, bool wide)
{
	struct text t;
	bool good;

	if (!system)
		return true;
	good = wide ? text_of_wide(&t, system) : text_of_ansi(&t, system);
	good = good && t.at.len < 256 && here((const char *)t.at.at);
	text_drop(&t);
	return good;
}

struct room { void *at; DWORD *chars; };

/* False: something has too little room; then each says what it needs, with its NUL. */
static bool
both_give(struct room a, struct bytes a_text, struct room b, struct bytes b_text, bool wide)
{
	ULONG a_chars = text_give(NULL, 0, wide, a_text), b_chars = text_give(NULL, 0, wide, b_text);
	bool fits = (!a.chars || *a.chars > a_chars) && *b.chars > b_chars && (!a.chars || a.at) && b.at;

	if (fits) {
		if (a.chars)
			(void)text_give(a.at, *a.chars, wide, a_text);
		(void)text_give(b.at, *b.chars, wide, b_text);
	}
	if (a.chars)
		*a.chars = a_chars + !fits;
	*b.chars = b_chars + !fits;
	return fits;
}

static BOOL
account_sid(const void *system, PSID sid, struct room name, struct room domain, PSID_NAME_USE use, bool wide)
{
	struct account_named a;
	NTSTATUS status;

	if (!name.chars || !domain.chars || !use || !sid)
		return win32_fail(ERROR_INVALID_PARAMETER);
	if (!here_text(system, wide))
		return win32_fail(SERVER_UNAVAILABLE);
	status = account_of_sid(&a, sid);
	if (status != STATUS_SUCCESS)
		return win32_fail(LsaNtStatusToWinError(status));
	if (!both_give(name, bytes_of_text(a.name), domain, bytes_of_text(a.domain), wide))
		return win32_fail(ERROR_INSUFFICIENT_BUFFER);
	*use = a.use;
	return TRUE;
}

static BOOL
account_name(const void *system, const void *account, PSID sid, DWORD *sid_len, struct room domain, PSID_NAME_USE use, bool wide)
{
	struct room none = { NULL, NULL };
	struct account_named a;
	struct text t;
	NTSTATUS status;
	bool fits;

	if (!sid_len || !domain.chars || !use || !account)
		return win32_fail(ERROR_INVALID_PARAMETER);
	if (!here_text(system, wide))
		return win32_fail(SERVER_UNAVAILABLE);
	status = (wide ? text_of_wide(&t, account) : text_of_ansi(&t, account)) ? account_of_name(&a, t.at) : STATUS_INVALID_PARAMETER;
	text_drop(&t);
	if (status != STATUS_SUCCESS)
		return win32_fail(LsaNtStatusToWinError(status));
	fits = sid && *sid_len >= a.sid_len;
	if (!fits)		/* then the domain is told its size, too */
		domain.at = NULL;
	*sid_len = a.sid_len;
	if (!both_give(none, BYTES_NONE, domain, bytes_of_text(a.domain), wide))
		return win32_fail(ERROR_INSUFFICIENT_BUFFER);
	bytes_copy(sid, a.sid, a.sid_len);
	*use = a.use;
	return TRUE;
}

BOOL
LookupAccountSidA(LPCSTR lpSystemName, PSID Sid, LPSTR Name, DWORD *cchName, LPSTR ReferencedDomainName,
    DWORD *cchReferencedDomainName, PSID_NAME_USE peUse)
{
	return account_sid(lpSystemName, Sid, (struct room){ Name, cchName },
	    (struct room){ ReferencedDomainName, cchReferencedDomainName }, peUse, false);
}

BOOL
LookupAccountSidW(LPCWSTR lpSystemName, PSID Sid, LPWSTR Name, DWORD *cchName, LPWSTR ReferencedDomainName,
    DWORD *cchReferencedDomainName, PSID_NAME_USE peUse)
{
	return account_sid(lpSystemName, Sid, (struct room){ Name, cchName },
	    (struct room){ ReferencedDomainName, cchReferencedDomainName }, peUse, true);
}

BOOL
LookupAccountNameA(LPCSTR lpSystemName, LPCSTR lpAccountName, PSID Sid, DWORD *cbSid, LPSTR ReferencedDomainName,
    DWORD *cchReferencedDomainName, PSID_NAME_USE peUse)
{
	return account_name(lpSystemName, lpAccountName, Sid, cbSid, (struct room){ ReferencedDomainName, cchReferencedDomainName },
	    peUse, false);
}

BOOL
LookupAccountNameW(LPCWSTR lpSystemName, LPCWSTR lpAccountName, PSID Sid, DWORD *cbSid, LPWSTR ReferencedDomainName,
    DWORD *cchReferencedDomainName, PSID_NAME_USE peUse)
{
	return account_name(lpSystemName, lpAccountName, Sid, cbSid, (struct room){ ReferencedDomainName, cchReferencedDomainName },
	    peUse, true);
}
