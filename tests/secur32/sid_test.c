/*
 * sid_test.c - SIDs for applications: made, compared, as text, well known.
 * Covers secur32/sid.c.
 *
 * OlsaIsValidSid, OlsaEqualSid, OlsaEqualPrefixSid, OlsaGetLengthSid,
 * OlsaGetSidLengthRequired, OlsaCopySid, OlsaInitializeSid,
 * OlsaAllocateAndInitializeSid, OlsaFreeSid, OlsaGetSidIdentifierAuthority,
 * OlsaGetSidSubAuthority, OlsaGetSidSubAuthorityCount, OlsaCreateWellKnownSid,
 * OlsaIsWellKnownSid, OlsaConvertSidToStringSidA, OlsaConvertSidToStringSidW,
 * OlsaConvertStringSidToSidA and OlsaConvertStringSidToSidW stand here under
 * their names of Windows.
 */
#include <windows.h>
#include <sddl.h>

#include <string.h>

#include "check.h"

/* Texts that are SIDs, their length in bytes, and what they are called in SDDL. */
static const struct { const char *text; DWORD len; const char *letters; } sids[] = {
	{ "S-1-0-0", 12, NULL }, { "S-1-1-0", 12, "WD" }, { "S-1-5-18", 12, "SY" }, { "S-1-5-32-544", 16, "BA" },
	{ "S-1-5-32-545", 16, "BU" }, { "S-1-5-11", 12, "AU" }, { "S-1-5-7", 12, "AN" }, { "S-1-5-2", 12, "NU" },
	{ "S-1-5-21-1-2-4294967295-500", 28, NULL }, { "S-1-22-1-1000", 16, NULL },
	{ "S-1-0x123456789abc-1", 12, NULL },
	{ "S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15", 68, NULL },
};

static const char *const bad[] = { "", "S", "S-1", "S-1-", "S-1-5", "S-1-5-", "S-2-5-18", "S-1-5-18-", "S-1-5-4294967296",
	"S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16", "XX", "wd", "S-1-5-18 ", " S-1-5-18", "S-1-5--1" };

static void
as_text(void)
{
	for (size_t i = 0; i < sizeof sids / sizeof *sids; i++) {
		PSID sid = NULL, other = NULL;
		LPSTR text = NULL;
		LPWSTR wide = NULL;

		if (!CHECK(ConvertStringSidToSidA(sids[i].text, &sid)))
			continue;
		CHECK_U64(GetLengthSid(sid), sids[i].len);
		CHECK(IsValidSid(sid) && GetSidLengthRequired(*GetSidSubAuthorityCount(sid)) == sids[i].len);
		CHECK(ConvertSidToStringSidA(sid, &text));
		CHECK_TEXT(text, sids[i].text);
		CHECK(ConvertSidToStringSidW(sid, &wide) && ConvertStringSidToSidW(wide, &other) && EqualSid(sid, other));
		for (size_t c = 0; wide && sids[i].text[c]; c++)
			CHECK_U64(wide[c], sids[i].text[c]);
		LocalFree(other);
		if (sids[i].letters) {
			CHECK(ConvertStringSidToSidA(sids[i].letters, &other) && EqualSid(sid, other));
			LocalFree(other);
		}
		LocalFree(text);
		LocalFree(wide);
		CHECK(FreeSid(sid) == NULL);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		PSID sid = (PSID)5;

		CHECK(!ConvertStringSidToSidA(bad[i], &sid) && GetLastError() == ERROR_INVALID_SID && sid == (PSID)5);
	}
	CHECK(!ConvertStringSidToSidA(NULL, NULL) && GetLastError() == ERROR_INVALID_PARAMETER);
	CHECK(!ConvertSidToStringSidA(NULL, NULL) && GetLastError() == ERROR_INVALID_PARAMETER);
}

static void
made(void)
{
	SID_IDENTIFIER_AUTHORITY nt = { SECURITY_NT_AUTHORITY };
	_Alignas(8) unsigned char room[SECURITY_MAX_SID_SIZE];
	PSID a = NULL, b = NULL;
	LPSTR text = NULL;

	CHECK(AllocateAndInitializeSid(&nt, 3, 21, 7, 9, 0, 0, 0, 0, 0, &a));
	CHECK(AllocateAndInitializeSid(&nt, 3, 21, 7, 10, 0, 0, 0, 0, 0, &b));
	CHECK(!EqualSid(a, b) && EqualPrefixSid(a, b) && *GetSidSubAuthority(a, 2) == 9);
	CHECK(!GetSidSubAuthority(a, 3) && GetSidIdentifierAuthority(a)->Value[5] == 5);
	CHECK(!CopySid(19, room, a) && GetLastError() == ERROR_INSUFFICIENT_BUFFER);
	CHECK(CopySid(sizeof room, room, a) && EqualSid(room, a));
	CHECK(InitializeSid(room, &nt, 1));
	*GetSidSubAuthority(room, 0) = 18;
	CHECK(ConvertSidToStringSidA(room, &text));
	CHECK_TEXT(text, "S-1-5-18");
	LocalFree(text);
	CHECK(!InitializeSid(room, &nt, 16) && !AllocateAndInitializeSid(&nt, 9, 1, 2, 3, 4, 5, 6, 7, 8, &a));
	room[0] = 2;
	CHECK(!IsValidSid(room) && GetLengthSid(room) == 0 && !EqualSid(room, a) && GetLastError() == ERROR_INVALID_SID);
	CHECK(!IsValidSid(NULL) && !CopySid(sizeof room, room, NULL));
	FreeSid(a);
	FreeSid(b);
	CHECK(FreeSid(NULL) == NULL);
}

static void
well_known(void)
{
	static const struct { WELL_KNOWN_SID_TYPE type; const char *text; } rows[] = {
		{ WinWorldSid, "S-1-1-0" }, { WinLocalSystemSid, "S-1-5-18" }, { WinAnonymousSid, "S-1-5-7" },
		{ WinBuiltinAdministratorsSid, "S-1-5-32-544" }, { WinNetworkSid, "S-1-5-2" }, { WinInteractiveSid, "S-1-5-4" },
		{ WinAuthenticatedUserSid, "S-1-5-11" }, { WinNTLMAuthenticationSid, "S-1-5-64-10" },
		{ WinRemoteLogonIdSid, "S-1-5-14" }, { WinAccountAdministratorSid, "S-1-5-21-1-2-3-500" },
	};
	_Alignas(8) unsigned char room[SECURITY_MAX_SID_SIZE];
	PSID domain = NULL, want = NULL;

	CHECK(ConvertStringSidToSidA("S-1-5-21-1-2-3", &domain));
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		DWORD len = 0, had;

		CHECK(!CreateWellKnownSid(rows[i].type, domain, NULL, &len) && GetLastError() == ERROR_INSUFFICIENT_BUFFER && len);
		had = len;
		CHECK(CreateWellKnownSid(rows[i].type, domain, room, &len) && len == had);
		CHECK(ConvertStringSidToSidA(rows[i].text, &want) && EqualSid(room, want));
		CHECK(IsWellKnownSid(room, rows[i].type) && !IsWellKnownSid(room, WinCreatorGroupSid));
		LocalFree(want);
	}
	{
		DWORD len = sizeof room;

		CHECK(!CreateWellKnownSid(WinAccountAdministratorSid, NULL, room, &len) && GetLastError() == ERROR_INVALID_PARAMETER);
		CHECK(!CreateWellKnownSid((WELL_KNOWN_SID_TYPE)999, NULL, room, &len));
		CHECK(!IsWellKnownSid(NULL, WinWorldSid));
	}
	LocalFree(domain);
}

int
main(void)
{
	RUN(as_text);
	RUN(made);
	RUN(well_known);
	return check_end();
}
