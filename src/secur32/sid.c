/*
 * sid.c - SIDs for applications: made, compared, turned into text and back.
 * Names of SIDs are asked of the LSA elsewhere.
 */
#include "secur32/sid.h"

#include <sddl.h>

#include "secur32/memory.h"
#include "secur32/text.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "a SID in memory is its binary form");

static BOOL
fail(DWORD error)
{
	SetLastError(error);
	return FALSE;
}

bool
sid_bytes(struct bytes *ret_bytes, PSID sid)
{
	const SID *s = sid;

	if (!s || s->Revision != SID_REVISION || s->SubAuthorityCount > SID_MAX_SUB_AUTHORITIES)
		return false;
	*ret_bytes = bytes_of(s, 8u + 4u * s->SubAuthorityCount);
	return true;
}

static bool
sid_value(struct sid *ret_sid, PSID sid)
{
	struct bytes at;
	struct reader r;

	if (!sid_bytes(&at, sid))
		return false;
	r = reader_of(at);
	sid_take(ret_sid, &r);
	return reader_done(&r);
}

static PSID
sid_memory(const struct sid *sid)
{
	uint8_t *at = buffer_new(BUFFER_LOCAL, sid_size(sid));
	struct writer w = writer_of(at, at ? sid_size(sid) : 0);

	sid_put(&w, sid);
	return at;
}

/* --- looked at ---------------------------------------------------------------- */

BOOL
IsValidSid(PSID pSid)
{
	struct bytes at;

	return sid_bytes(&at, pSid);
}

DWORD
GetLengthSid(PSID pSid)
{
	struct bytes at;

	return sid_bytes(&at, pSid) ? (DWORD)at.len : 0;
}

DWORD
GetSidLengthRequired(UCHAR nSubAuthorityCount)
{
	return 8u + 4u * nSubAuthorityCount;
}

BOOL
EqualSid(PSID pSid1, PSID pSid2)
{
	struct bytes a, b;

	if (!sid_bytes(&a, pSid1) || !sid_bytes(&b, pSid2))
		return fail(ERROR_INVALID_SID);
	SetLastError(ERROR_SUCCESS);
	return bytes_same(a, b);
}

BOOL
EqualPrefixSid(PSID pSid1, PSID pSid2)
{
	struct bytes a, b;

	if (!sid_bytes(&a, pSid1) || !sid_bytes(&b, pSid2))
		return fail(ERROR_INVALID_SID);
	SetLastError(ERROR_SUCCESS);
	return a.len == b.len && bytes_same(bytes_of(a.at, a.len > 8 ? a.len - 4 : a.len), bytes_of(b.at, b.len > 8 ? b.len - 4 : b.len));
}

BOOL
CopySid(DWORD nDestinationSidLength, PSID pDestinationSid, PSID pSourceSid)
{
	struct bytes at;

	if (!sid_bytes(&at, pSourceSid))
		return fail(ERROR_INVALID_SID);
	if (!pDestinationSid || nDestinationSidLength < at.len)
		return fail(ERROR_INSUFFICIENT_BUFFER);
	bytes_copy(pDestinationSid, at.at, at.len);
	return TRUE;
}

PSID_IDENTIFIER_AUTHORITY
GetSidIdentifierAuthority(PSID pSid)
{
	SetLastError(pSid ? ERROR_SUCCESS : ERROR_INVALID_SID);
	return pSid ? &((SID *)pSid)->IdentifierAuthority : NULL;
}

PDWORD
GetSidSubAuthority(PSID pSid, DWORD nSubAuthority)
{
	SID *s = pSid;

	if (!s || nSubAuthority >= s->SubAuthorityCount) {
		SetLastError(ERROR_INVALID_SID);
		return NULL;
	}
	SetLastError(ERROR_SUCCESS);
	return (PDWORD)(void *)((uint8_t *)pSid + 8 + 4 * (size_t)nSubAuthority);
}

PUCHAR
GetSidSubAuthorityCount(PSID pSid)
{
	SetLastError(pSid ? ERROR_SUCCESS : ERROR_INVALID_SID);
	return pSid ? &((SID *)pSid)->SubAuthorityCount : NULL;
}

/* --- made ----------------------------------------------------------------------- */

BOOL
InitializeSid(PSID Sid, PSID_IDENTIFIER_AUTHORITY pIdentifierAuthority, BYTE nSubAuthorityCount)
{
	SID *s = Sid;

	if (!s || !pIdentifierAuthority || nSubAuthorityCount > SID_MAX_SUB_AUTHORITIES)
		return fail(ERROR_INVALID_PARAMETER);
	s->Revision = SID_REVISION;
	s->SubAuthorityCount = nSubAuthorityCount;
	s->IdentifierAuthority = *pIdentifierAuthority;
	return TRUE;
}

BOOL
AllocateAndInitializeSid(PSID_IDENTIFIER_AUTHORITY pIdentifierAuthority, BYTE nSubAuthorityCount, DWORD nSubAuthority0,
    DWORD nSubAuthority1, DWORD nSubAuthority2, DWORD nSubAuthority3, DWORD nSubAuthority4, DWORD nSubAuthority5,
    DWORD nSubAuthority6, DWORD nSubAuthority7, PSID *pSid)
{
	const DWORD subs[8] = { nSubAuthority0, nSubAuthority1, nSubAuthority2, nSubAuthority3, nSubAuthority4,
	    nSubAuthority5, nSubAuthority6, nSubAuthority7 };
	PSID sid;

	if (!pIdentifierAuthority || nSubAuthorityCount > 8 || !pSid)
		return fail(ERROR_INVALID_PARAMETER);
	sid = buffer_new(BUFFER_LOCAL, GetSidLengthRequired(nSubAuthorityCount));
	if (!sid)
		return fail(ERROR_NOT_ENOUGH_MEMORY);
	(void)InitializeSid(sid, pIdentifierAuthority, nSubAuthorityCount);
	bytes_copy((uint8_t *)sid + 8, subs, 4u * nSubAuthorityCount);
	*pSid = sid;
	return TRUE;
}

PVOID
FreeSid(PSID pSid)
{
	return buffer_free(BUFFER_LOCAL, pSid) ? NULL : pSid;
}

/* --- well known --------------------------------------------------------------------- */

static const struct { WELL_KNOWN_SID_TYPE type; const struct sid *sid; const char *letters; } known[] = {
	{ WinNullSid, &sid_null, NULL }, { WinWorldSid, &sid_everyone, "WD" }, { WinLocalSid, &sid_local, NULL },
	{ WinCreatorOwnerSid, &sid_creator_owner, "CO" }, { WinCreatorGroupSid, &sid_creator_group, "CG" },
	{ WinDialupSid, &sid_dialup, NULL }, { WinNetworkSid, &sid_network, "NU" }, { WinBatchSid, &sid_batch, NULL },
	{ WinInteractiveSid, &sid_interactive, "IU" }, { WinServiceSid, &sid_service, "SU" },
	{ WinAnonymousSid, &sid_anonymous, "AN" }, { WinProxySid, &sid_proxy, NULL }, { WinSelfSid, &sid_self, "PS" },
	{ WinAuthenticatedUserSid, &sid_authenticated_users, "AU" }, { WinRestrictedCodeSid, &sid_restricted, "RC" },
	{ WinRemoteLogonIdSid, &sid_remote_interactive, NULL }, { WinLocalSystemSid, &sid_system, "SY" },
	{ WinLocalServiceSid, &sid_local_service, "LS" }, { WinNetworkServiceSid, &sid_network_service, "NS" },
	{ WinBuiltinDomainSid, &sid_builtin, NULL }, { WinBuiltinAdministratorsSid, &sid_administrators, "BA" },
	{ WinBuiltinUsersSid, &sid_users, "BU" }, { WinBuiltinGuestsSid, &sid_guests, "BG" },
	{ WinNTLMAuthenticationSid, &sid_ntlm_authentication, NULL },
	{ WinDigestAuthenticationSid, &sid_digest_authentication, NULL },
	{ WinSChannelAuthenticationSid, &sid_schannel_authentication, NULL },
	{ WinThisOrganizationSid, &sid_this_organization, NULL }, { WinConsoleLogonSid, &sid_console_logon, NULL },
};

#define KNOWN (sizeof known / sizeof *known)

/* The users that each domain has. */
static uint32_t
domain_rid(WELL_KNOWN_SID_TYPE type)
{
	return type == WinAccountAdministratorSid ? DOMAIN_USER_RID_ADMIN : type == WinAccountGuestSid ? DOMAIN_USER_RID_GUEST : 0;
}

static bool
known_sid(struct sid *ret_sid, WELL_KNOWN_SID_TYPE type, PSID domain)
{
	struct sid parent;

	for (size_t i = 0; i < KNOWN; i++)
		if (known[i].type == type) {
			*ret_sid = *known[i].sid;
			return true;
		}
	return domain_rid(type) && sid_value(&parent, domain) && sid_child(ret_sid, &parent, domain_rid(type));
}

BOOL
CreateWellKnownSid(WELL_KNOWN_SID_TYPE WellKnownSidType, PSID DomainSid, PSID pSid, DWORD *cbSid)
{
	struct sid sid;
	struct writer w;
	DWORD had;

	if (!cbSid || !known_sid(&sid, WellKnownSidType, DomainSid))
		return fail(ERROR_INVALID_PARAMETER);
	had = *cbSid;
	*cbSid = (DWORD)sid_size(&sid);
	if (!pSid || had < *cbSid)
		return fail(ERROR_INSUFFICIENT_BUFFER);
	w = writer_of(pSid, had);
	sid_put(&w, &sid);
	return TRUE;
}

BOOL
IsWellKnownSid(PSID pSid, WELL_KNOWN_SID_TYPE WellKnownSidType)
{
	struct sid sid, want, parent;
	uint32_t rid;

	if (!sid_value(&sid, pSid))
		return FALSE;
	if (domain_rid(WellKnownSidType))
		return sid_parent(&parent, &rid, &sid) && sid.count == 5 && sid.sub[0] == SECURITY_NT_NON_UNIQUE &&
		    rid == domain_rid(WellKnownSidType);
	return known_sid(&want, WellKnownSidType, NULL) && sid_same(&sid, &want);
}

/* --- as text -------------------------------------------------------------------------- */

BOOL
ConvertSidToStringSidA(PSID Sid, LPSTR *StringSid)
{
	char text[SID_TEXT_MAX];
	struct sid sid;

	if (!StringSid)
		return fail(ERROR_INVALID_PARAMETER);
	if (!sid_value(&sid, Sid))
		return fail(ERROR_INVALID_SID);
	*StringSid = ansi_of_text(BUFFER_LOCAL, bytes_of_text(sid_text(&sid, text)));
	return *StringSid ? TRUE : fail(ERROR_NOT_ENOUGH_MEMORY);
}

BOOL
ConvertSidToStringSidW(PSID Sid, LPWSTR *StringSid)
{
	char text[SID_TEXT_MAX];
	struct sid sid;

	if (!StringSid)
		return fail(ERROR_INVALID_PARAMETER);
	if (!sid_value(&sid, Sid))
		return fail(ERROR_INVALID_SID);
	*StringSid = wide_of_text(BUFFER_LOCAL, bytes_of_text(sid_text(&sid, text)));
	return *StringSid ? TRUE : fail(ERROR_NOT_ENOUGH_MEMORY);
}

static BOOL
sid_of(struct bytes text, PSID *ret_sid)
{
	struct sid sid;
	bool found = sid_of_text(&sid, text);

	for (size_t i = 0; i < KNOWN && !found; i++)
		if (known[i].letters && bytes_same(text, bytes_of_text(known[i].letters))) {
			sid = *known[i].sid;
			found = true;
		}
	if (!found)
		return fail(ERROR_INVALID_SID);
	*ret_sid = sid_memory(&sid);
	return *ret_sid ? TRUE : fail(ERROR_NOT_ENOUGH_MEMORY);
}

BOOL
ConvertStringSidToSidA(LPCSTR StringSid, PSID *Sid)
{
	if (!StringSid || !Sid)
		return fail(ERROR_INVALID_PARAMETER);
	return sid_of(bytes_of_text(StringSid), Sid);
}

BOOL
ConvertStringSidToSidW(LPCWSTR StringSid, PSID *Sid)
{
	struct text text;
	BOOL good;

	if (!StringSid || !Sid)
		return fail(ERROR_INVALID_PARAMETER);
	good = text_of_wide(&text, StringSid) ? sid_of(text.at, Sid) : fail(ERROR_INVALID_SID);
	text_drop(&text);
	return good;
}
