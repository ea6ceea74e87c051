/*
 * names_test.c - accounts by SID and by name, what the caller is called, and
 * the sentences of statuses. Covers secur32/account_name.c, secur32/names.c,
 * secur32/format.c.
 *
 * OlsaLookupAccountSidA, OlsaLookupAccountSidW, OlsaLookupAccountNameA, OlsaLookupAccountNameW, OlsaFormatMessageA and
 * OlsaFormatMessageW stand here under their names of Windows.
 */
#include <windows.h>
#include <ntstatus.h>
#include <sddl.h>
#include <secext.h>

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/api/logon.h"
#include "tests/check.h"

static bool
reads(const WCHAR *wide, const char *text)
{
	size_t i = 0;

	while (text[i] && wide[i] == (WCHAR)(unsigned char)text[i])
		i++;
	return !text[i] && !wide[i];
}

static void
wide_put(WCHAR *to, const char *text)
{
	do
		*to++ = (WCHAR)(unsigned char)*text;
	while (*text++);
}

/* --- SIDs and names ---------------------------------------------------------------- */

static const struct { const char *sid, *domain, *name, *asked; SID_NAME_USE use; } known[] = {
	{ "S-1-1-0", "", "Everyone", "everyone", SidTypeWellKnownGroup },
	{ "S-1-5-18", "NT AUTHORITY", "SYSTEM", "nt authority\\system", SidTypeWellKnownGroup },
	{ "S-1-5-19", "NT AUTHORITY", "LOCAL SERVICE", "LOCAL SERVICE", SidTypeWellKnownGroup },
	{ "S-1-5-32-544", "BUILTIN", "Administrators", "BUILTIN\\administrators", SidTypeAlias },
	{ "S-1-5-32", "BUILTIN", "", "builtin", SidTypeDomain },
	{ "S-1-22-1-0", "Unix User", "root", "unix user\\root", SidTypeUser },
};

static void
accounts(void)
{
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		char name[100] = "?", domain[100] = "?";
		WCHAR wide[100], wide_domain[100];
		DWORD name_len = sizeof name, domain_len = sizeof domain, sid_len;
		_Alignas(4) char found[68];
		SID_NAME_USE use = SidTypeInvalid;
		PSID sid = NULL;

		if (!CHECK(ConvertStringSidToSidA(known[i].sid, &sid)))
			continue;
		CHECK(LookupAccountSidA(NULL, sid, name, &name_len, domain, &domain_len, &use));
		CHECK_TEXT(name, known[i].name);
		CHECK_TEXT(domain, known[i].domain);
		CHECK(use == known[i].use && name_len == strlen(name) && domain_len == strlen(domain));
		/* Sizes that are asked for: with NULs. */
		name_len = domain_len = 0;
		SetLastError(0);
		CHECK(!LookupAccountSidW(NULL, sid, NULL, &name_len, NULL, &domain_len, &use) &&
		    GetLastError() == ERROR_INSUFFICIENT_BUFFER);
		CHECK(name_len == strlen(name) + 1 && domain_len == strlen(domain) + 1);
		CHECK(LookupAccountSidW(NULL, sid, wide, &name_len, wide_domain, &domain_len, &use));
		CHECK(reads(wide, known[i].name) && reads(wide_domain, known[i].domain) && name_len == strlen(name));
		name_len = (DWORD)strlen(name);		/* one too few */
		domain_len = sizeof domain;
		strcpy(name, "same");
		CHECK(!LookupAccountSidA(NULL, sid, name, &name_len, domain, &domain_len, &use) &&
		    GetLastError() == ERROR_INSUFFICIENT_BUFFER && strcmp(name, "same") == 0);

		sid_len = domain_len = 0;
		CHECK(!LookupAccountNameA(NULL, known[i].asked, NULL, &sid_len, NULL, &domain_len, &use) &&
		    GetLastError() == ERROR_INSUFFICIENT_BUFFER);
		CHECK(sid_len == GetLengthSid(sid) && domain_len == strlen(known[i].domain) + 1);
		CHECK(LookupAccountNameA("", known[i].asked, found, &sid_len, domain, &domain_len, &use));
		CHECK(EqualSid(found, sid) && use == known[i].use && strcmp(domain, known[i].domain) == 0);
		sid_len = sizeof found;
		domain_len = 100;
		memset(found, 0, sizeof found);
		wide_put(wide, known[i].asked);
		CHECK(LookupAccountNameW(NULL, wide, found, &sid_len, wide_domain, &domain_len, &use) && EqualSid(found, sid));
		CHECK(reads(wide_domain, known[i].domain));
		LocalFree(sid);
	}
}

static void
accounts_not(void)
{
	char name[100], domain[100], host[200] = "";
	DWORD name_len = sizeof name, domain_len = sizeof domain, sid_len = 68;
	_Alignas(4) char found[68] = { 5 };
	SID_NAME_USE use = SidTypeInvalid;
	PSID sid = NULL;

	CHECK(ConvertStringSidToSidA("S-1-5-21-1-2-3-4444", &sid));
	CHECK(!LookupAccountSidA(NULL, sid, name, &name_len, domain, &domain_len, &use) && GetLastError() == ERROR_NONE_MAPPED);
	CHECK(!LookupAccountNameA(NULL, "nobody of this name", found, &sid_len, domain, &domain_len, &use) &&
	    GetLastError() == ERROR_NONE_MAPPED && found[0] == 5);
	CHECK(!LookupAccountSidA(NULL, NULL, name, &name_len, domain, &domain_len, &use) && GetLastError() == ERROR_INVALID_PARAMETER);
	CHECK(!LookupAccountSidA(NULL, sid, name, NULL, domain, &domain_len, &use) && GetLastError() == ERROR_INVALID_PARAMETER);
	CHECK(!LookupAccountSidA(NULL, "\7abcdefgh", name, &name_len, domain, &domain_len, &use) && GetLastError() == ERROR_INVALID_SID);
	CHECK(!LookupAccountNameA(NULL, NULL, found, &sid_len, domain, &domain_len, &use) && GetLastError() == ERROR_INVALID_PARAMETER);
	CHECK(!LookupAccountNameA("some.other.machine", "Everyone", found, &sid_len, domain, &domain_len, &use) &&
	    GetLastError() == 1722);
	CHECK(gethostname(host, sizeof host - 1) == 0);
	sid_len = 68;
	domain_len = sizeof domain;
	CHECK(LookupAccountNameA(host, "Everyone", found, &sid_len, domain, &domain_len, &use));
	LocalFree(sid);
}

/* --- the caller ------------------------------------------------------------------------- */

static void
caller(void)
{
	const struct passwd *pw = getpwuid(geteuid());
	char want[200], name[200] = "?";
	WCHAR wide[200];
	ULONG len = sizeof name;

	snprintf(want, sizeof want, "Unix User\\%s", pw ? pw->pw_name : "?");
	CHECK(GetUserNameExA(NameSamCompatible, name, &len));
	CHECK_TEXT(name, want);
	CHECK_U64(len, strlen(want));
	len = 200;
	CHECK(GetUserNameExW(NameSamCompatible, wide, &len) && reads(wide, want) && len == strlen(want));
	CHECK(!GetUserNameExW(NameSamCompatible, wide, &len) && GetLastError() == ERROR_MORE_DATA && len == strlen(want) + 1);
	len = 0;
	CHECK(!GetUserNameExA(NameSamCompatible, NULL, &len) && GetLastError() == ERROR_MORE_DATA && len == strlen(want) + 1);
	CHECK(!GetUserNameExA(NameUnknown, name, &len) && GetLastError() == ERROR_INVALID_PARAMETER);
	CHECK(!GetUserNameExA((EXTENDED_NAME_FORMAT)4, name, &len) && GetLastError() == ERROR_INVALID_PARAMETER);
	CHECK(!GetUserNameExA(NameSamCompatible, name, NULL) && GetLastError() == ERROR_INVALID_PARAMETER);
	len = sizeof name;
	CHECK(!GetUserNameExA(NameUserPrincipal, name, &len) && GetLastError() == ERROR_NONE_MAPPED);
	CHECK(!GetUserNameExA(NameFullyQualifiedDN, name, &len) && GetLastError() == ERROR_NONE_MAPPED);
	if (pw && pw->pw_gecos && *pw->pw_gecos && *pw->pw_gecos != ',') {
		snprintf(want, sizeof want, "%.*s", (int)strcspn(pw->pw_gecos, ","), pw->pw_gecos);
		CHECK(GetUserNameExA(NameDisplay, name, &len));
		CHECK_TEXT(name, want);
	}
}

/* Whom the thread acts as; the kernel need not know him. */
static void
acting(void)
{
	struct logging l = { .lsa = logon_trusted(), .type = Interactive };
	char name[200] = "";
	ULONG len = sizeof name;

	l.package = logon_package(l.lsa, "NTLM");
	logon_interactive(&l, "", API_USER, API_PASSWORD, false);
	if (!CHECK_U64((ULONG)logon_run(&l), STATUS_SUCCESS))
		return;
	if (ImpersonateLoggedOnUser(l.token)) {
		CHECK(GetUserNameExA(NameSamCompatible, name, &len) && strstr(name, "\\" API_USER) &&
		    strlen(strstr(name, "\\" API_USER)) == strlen(API_USER) + 1);
		CHECK(RevertToSelf());
	} else {
		CHECK_SKIP("nobody maps a user of the store to a uid here");
	}
	logon_end(&l);
	LsaDeregisterLogonProcess(l.lsa);
}

/* --- names in other forms -------------------------------------------------------------------- */

static void
translated(void)
{
	char name[200] = "?", full[200];
	WCHAR wide[200], asked[200];
	ULONG len = sizeof name;

	CHECK(TranslateNameA("nt authority\\system", NameSamCompatible, NameSamCompatible, name, &len));
	CHECK_TEXT(name, "NT AUTHORITY\\SYSTEM");
	CHECK_U64(len, strlen(name) + 1);
	len = 0;
	CHECK(TranslateNameA("nt authority\\system", NameUnknown, NameSamCompatible, NULL, &len) && len == strlen(name) + 1);
	len--;
	CHECK(!TranslateNameA("nt authority\\system", NameUnknown, NameSamCompatible, name, &len) &&
	    GetLastError() == ERROR_INSUFFICIENT_BUFFER && len == strlen(name) + 1);
	wide_put(asked, "nt authority\\local service");
	len = 200;
	CHECK(TranslateNameW(asked, NameSamCompatible, NameSamCompatible, wide, &len) && reads(wide, "NT AUTHORITY\\LOCAL SERVICE"));

	/* What cannot be found, and why. */
	len = sizeof full;
	CHECK(!TranslateNameA(API_USER, NameSamCompatible, NameSamCompatible, full, &len) && GetLastError() == ERROR_NO_SUCH_DOMAIN);
	CHECK(!TranslateNameA("CN=Alice,DC=example", NameFullyQualifiedDN, NameSamCompatible, full, &len) &&
	    GetLastError() == ERROR_NO_SUCH_DOMAIN);
	CHECK(!TranslateNameA("NT AUTHORITY\\nobody at all", NameSamCompatible, NameSamCompatible, full, &len) &&
	    GetLastError() == ERROR_NONE_MAPPED);
	CHECK(!TranslateNameA("NT AUTHORITY\\SYSTEM", NameSamCompatible, NameUniqueId, full, &len) && GetLastError() == ERROR_NONE_MAPPED);
	CHECK(!TranslateNameA(NULL, NameSamCompatible, NameSamCompatible, full, &len) && GetLastError() == ERROR_INVALID_PARAMETER);
	CHECK(!TranslateNameA("a\\b", NameSamCompatible, NameUnknown, full, &len) && GetLastError() == ERROR_INVALID_PARAMETER);
	CHECK(!TranslateNameA("a\\b", (EXTENDED_NAME_FORMAT)77, NameSamCompatible, full, &len) &&
	    GetLastError() == ERROR_INVALID_PARAMETER);
}

/* Of an account in the store: DOMAIN\name as its SID says, its full name from the store. */
static void
of_the_store(void)
{
	char domain[100], sam[260], full[200];
	_Alignas(4) char sid[68];
	DWORD sid_len = sizeof sid, domain_len = sizeof domain;
	ULONG len = sizeof full;
	SID_NAME_USE use;

	logon_user("displayed", "some password");
	CHECK(LookupAccountNameA(NULL, "displayed", sid, &sid_len, domain, &domain_len, &use) && use == SidTypeUser);
	snprintf(sam, sizeof sam, "%s\\displayed", domain);
	CHECK(TranslateNameA(sam, NameSamCompatible, NameDisplay, full, &len));
	CHECK_TEXT(full, "A Full Name");
}

/* --- sentences ------------------------------------------------------------------------------ */

static const struct { LONG code; const char *has; } sentences[] = {
	{ STATUS_LOGON_FAILURE, "password" }, { SEC_E_LOGON_DENIED, "" }, { ERROR_LOGON_FAILURE, "password" },
	{ ERROR_NONE_MAPPED, "translated" }, { STATUS_ACCOUNT_LOCKED_OUT, "locked" }, { ERROR_ACCOUNT_LOCKED_OUT, "locked" },
	{ (LONG)0x8007052E, "password" }, { (LONG)0xD000006D, "password" }, { SEC_E_OK, "succeeded" },
	{ STATUS_GUIDS_EXHAUSTED, "STATUS_GUIDS_EXHAUSTED" }, { ERROR_ACCESS_DENIED, "" },
};

static void
messages(void)
{
	for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++) {
		char text[600] = "", *own = NULL;
		WCHAR wide[600], *own_wide = NULL;
		DWORD len, flags = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS;
		DWORD code = (DWORD)sentences[i].code;

		len = FormatMessageA(flags, NULL, code, MAKELANGID(LANG_NEUTRAL, SUBLANG_DEFAULT), text, sizeof text, NULL);
		CHECK(len > 2 && len == strlen(text) && strcmp(text + len - 2, "\r\n") == 0 && strstr(text, sentences[i].has));
		CHECK(FormatMessageW(flags, NULL, code, 0, wide, 600, NULL) == len && reads(wide, text));
		CHECK(FormatMessageA(flags | FORMAT_MESSAGE_ALLOCATE_BUFFER, NULL, code, 0, (LPSTR)(void *)&own, 0, NULL) == len);
		CHECK_TEXT(own, text);
		CHECK(LocalFree(own) == NULL);
		CHECK(FormatMessageW(flags | FORMAT_MESSAGE_ALLOCATE_BUFFER, NULL, code, 0, (LPWSTR)(void *)&own_wide, 900, NULL) == len);
		CHECK(own_wide && reads(own_wide, text) && LocalFree(own_wide) == NULL);
		SetLastError(0);
		CHECK(FormatMessageA(flags, NULL, code, 0, text, len, NULL) == 0 && GetLastError() == ERROR_INSUFFICIENT_BUFFER);
		CHECK(FormatMessageA(flags | 0xff, NULL, code, 0, text, sizeof text, NULL) == len - 1 && !strchr(text, '\n'));
	}
	CHECK(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 0x12345678, 0, (char[9]){ 0 }, 9, NULL) == 0 &&
	    GetLastError() == ERROR_MR_MID_NOT_FOUND);
	CHECK(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 0xfff0, 0, (char[9]){ 0 }, 9, NULL) == 0 &&
	    GetLastError() == ERROR_MR_MID_NOT_FOUND);
	CHECK(FormatMessageA(FORMAT_MESSAGE_FROM_STRING, "%1", 5, 0, (char[9]){ 0 }, 9, NULL) == 0 &&
	    GetLastError() == ERROR_INVALID_PARAMETER);
	CHECK(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 5, 0, NULL, 9, NULL) == 0 && GetLastError() == ERROR_INVALID_PARAMETER);
}

int
main(void)
{
	api_begin();
	RUN(accounts);
	RUN(accounts_not);
	RUN(caller);
	RUN(acting);
	RUN(translated);
	RUN(of_the_store);
	RUN(messages);
	return check_end();
}
