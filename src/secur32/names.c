/*
 * names.c - what the caller is called, and names of accounts in other forms.
 * This machine's LSA knows them, and for people's own names of Unix users
 * the name service; no directory is asked, so forms that only a directory
 * knows - distinguished and canonical names, GUIDs - nobody has.
 */
#include <windows.h>
#include <ntsecapi.h>
#include <ntstatus.h>
#include <openlsa.h>
#include <secext.h>

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "secur32/account_name.h"
#include "secur32/explain.h"
#include "secur32/text.h"
#include "secur32/token.h"
#include "secur32/unsupported.h"

#define SHOWN (2 * ACCOUNT_TEXT + 2)

static bool
format_known(EXTENDED_NAME_FORMAT format)
{
	switch (format) {
	case NameFullyQualifiedDN:
	case NameSamCompatible:
	case NameDisplay:
	case NameUniqueId:
	case NameCanonical:
	case NameUserPrincipal:
	case NameCanonicalEx:
	case NameServicePrincipal:
	case NameDnsDomain:
	case NameGivenName:
	case NameSurname:
		return true;
	case NameUnknown:
	default:
		return false;
	}
}

/* S-1-22-1-uid: the first field of what the name service says about him. */
static bool
display_of_unix(char to[SHOWN], const struct account_named *a)
{
	struct reader r = reader_of(bytes_of(a->sid, a->sid_len));
	struct passwd pw, *user = NULL;
	struct sid sid, parent;
	char memory[8192];
	uint32_t uid;
	size_t len;

	sid_take(&sid, &r);
	if (!reader_done(&r) || !sid_parent(&parent, &uid, &sid) || !sid_same(&parent, &sid_unix_users) ||
	    getpwuid_r((uid_t)uid, &pw, memory, sizeof memory, &user) != 0 || !user || !user->pw_gecos)
		return false;
	len = strcspn(user->pw_gecos, ",");
	if (!len || len >= SHOWN)
		return false;
	memcpy(to, user->pw_gecos, len);
	to[len] = 0;
	return true;
}

/* An account's full name is told to those who may administer accounts. */
static bool
display_of_account(char to[SHOWN], const struct account_named *a)
{
	static CHAR asker[] = "names";
	LSA_STRING name = { sizeof asker - 1, sizeof asker, asker };
	LSA_OPERATIONAL_MODE mode;
	OlsaUserInfo info;
	NTSTATUS status;
	HANDLE lsa;
	bool good = false;

	if (a->use != SidTypeUser || LsaRegisterLogonProcess(&name, &lsa, &mode) != STATUS_SUCCESS)
		return false;
	status = OlsaUserGet(lsa, 0, a->name, &info);
	if (status == STATUS_SUCCESS) {
		good = info.FullName && *info.FullName && strlen(info.FullName) < SHOWN;
		if (good)
			memcpy(to, info.FullName, strlen(info.FullName) + 1);
		OlsaUserFree(&info);
	}
	(void)LsaDeregisterLogonProcess(lsa);
	return good;
}

/* False: he has none of this form. realm: his, where Kerberos vouched for him. */
static bool
name_form(char to[SHOWN], const struct account_named *a, const char *realm, EXTENDED_NAME_FORMAT format)
{
	switch (format) {
	case NameSamCompatible:
		(void)snprintf(to, SHOWN, "%s%s%s", a->domain, *a->domain ? "\\" : "", a->name);
		return true;
	case NameUserPrincipal:
		(void)snprintf(to, SHOWN, "%s@%s", a->name, realm ? realm : "");
		return realm != NULL;
	case NameDnsDomain:
		(void)snprintf(to, SHOWN, "%s\\%s", realm ? realm : "", a->name);
		return realm != NULL;
	case NameDisplay:
		return display_of_unix(to, a) || display_of_account(to, a);
	case NameUnknown:
	case NameFullyQualifiedDN:
	case NameUniqueId:
	case NameCanonical:
	case NameCanonicalEx:
	case NameServicePrincipal:
	case NameGivenName:
	case NameSurname:
	default:
		return false;
	}
}

/* --- the caller -------------------------------------------------------------------------- */

struct caller {
	struct account_named account;
	char realm[ACCOUNT_TEXT];
	bool has_realm;
};

/* What the session says of its user stands for accounts that policy does not know: those of other domains. */
static NTSTATUS
session_says(struct caller *c, const TOKEN_STATISTICS *stats)
{
	PSECURITY_LOGON_SESSION_DATA d = NULL;
	LUID luid = stats->AuthenticationId;
	NTSTATUS status = LsaGetLogonSessionData(&luid, &d);
	struct text user = { 0 }, domain = { 0 }, package = { 0 };

	if (status != STATUS_SUCCESS)
		return status;
	if (text_of_counted(&user, &d->UserName) && text_of_counted(&domain, &d->LogonDomain) &&
	    text_of_counted(&package, &d->AuthenticationPackage) && user.at.len < ACCOUNT_TEXT && domain.at.len < ACCOUNT_TEXT) {
		c->has_realm = domain.at.len && package.at.len == 8 && memcmp(package.at.at, "Kerberos", 8) == 0;	/* not secret */
		bytes_copy(c->realm, domain.at.at, domain.at.len);
		if (!*c->account.name) {
			bytes_copy(c->account.name, user.at.at, user.at.len);
			bytes_copy(c->account.domain, domain.at.at, domain.at.len);
		}
	}
	text_drop(&user);
	text_drop(&domain);
	text_drop(&package);
	(void)LsaFreeReturnBuffer(d);
	return *c->account.name ? STATUS_SUCCESS : STATUS_NONE_MAPPED;
}

static NTSTATUS
caller_of(struct caller *c, HANDLE token)
{
	_Alignas(8) uint8_t room[sizeof(TOKEN_USER) + SID_SIZE_MAX];
	TOKEN_STATISTICS stats;
	DWORD len;
	NTSTATUS status, said;

	memset(c, 0, sizeof *c);
	if (!GetTokenInformation(token, TokenUser, room, sizeof room, &len) ||
	    !GetTokenInformation(token, TokenStatistics, &stats, sizeof stats, &len))
		return STATUS_NONE_MAPPED;
	status = account_of_sid(&c->account, ((TOKEN_USER *)(void *)room)->User.Sid);
	/* Where nobody says whose SID it is now, the session knows who came. */
	if (status != STATUS_SUCCESS)
		c->account.name[0] = c->account.domain[0] = 0;
	said = session_says(c, &stats);
	return status == STATUS_SUCCESS || said == STATUS_SUCCESS ? STATUS_SUCCESS : status;
}

static BOOLEAN
user_name(EXTENDED_NAME_FORMAT format, void *to, PULONG size, bool wide)
{
	struct why why = { NULL, 0, 0 };
	struct caller *c;
	char shown[SHOWN];
	HANDLE token = NULL;
	NTSTATUS status = STATUS_SUCCESS;
	ULONG chars;

	if (!format_known(format) || !size)
		return (BOOLEAN)win32_fail(ERROR_INVALID_PARAMETER);
	c = malloc(sizeof *c);
	if (!c)
		return (BOOLEAN)win32_fail(ERROR_NOT_ENOUGH_MEMORY);
	/* Whom the thread acts as; the process only where it acts as nobody. */
	if (!OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token)) {
		if (GetLastError() != ERROR_NO_TOKEN) {
			free(c);
			return FALSE;
		}
		status = htoken_own(&token, &why);
		why_thread_keep(status, &why);
	}
	if (status == STATUS_SUCCESS) {
		status = caller_of(c, token);
		(void)CloseHandle(token);
	}
	if (status == STATUS_SUCCESS && !name_form(shown, &c->account, c->has_realm ? c->realm : NULL, format))
		status = STATUS_NONE_MAPPED;
	free(c);
	if (status != STATUS_SUCCESS)
		return (BOOLEAN)win32_fail(LsaNtStatusToWinError(status));
	chars = text_give(to, *size, wide, bytes_of_text(shown));
	if (!to || *size <= chars) {
		*size = chars + 1;
		return (BOOLEAN)win32_fail(ERROR_MORE_DATA);
	}
	*size = chars;
	return TRUE;
}

BOOLEAN
GetUserNameExA(EXTENDED_NAME_FORMAT NameFormat, LPSTR lpNameBuffer, PULONG nSize)
{
	return user_name(NameFormat, lpNameBuffer, nSize, false);
}

BOOLEAN
GetUserNameExW(EXTENDED_NAME_FORMAT NameFormat, LPWSTR lpNameBuffer, PULONG nSize)
{
	return user_name(NameFormat, lpNameBuffer, nSize, true);
}

/* --- anybody ------------------------------------------------------------------------------- */

/* A name given as one of these is looked up; other forms only a directory could find. */
static bool
looked_up(EXTENDED_NAME_FORMAT format, struct bytes name)
{
	bool at = false, slash = false;

	for (size_t i = 0; i < name.len; i++) {
		at = at || name.at[i] == '@';
		slash = slash || name.at[i] == '\\';
	}
	return format == NameUnknown ? at || slash : format == NameSamCompatible ? slash : format == NameUserPrincipal && at && !slash;
}

static NTSTATUS
translate(char to[SHOWN], struct bytes name, EXTENDED_NAME_FORMAT from, EXTENDED_NAME_FORMAT into)
{
	struct account_named *a;
	NTSTATUS status;

	if (!looked_up(from, name)) {
		why_thread_say(STATUS_NO_SUCH_DOMAIN, "a name of this form only a directory knows, and none is asked");
		return STATUS_NO_SUCH_DOMAIN;
	}
	a = malloc(sizeof *a);
	if (!a)
		return STATUS_NO_MEMORY;
	status = account_of_name(a, name);
	if (status == STATUS_SUCCESS && !name_form(to, a, NULL, into))
		status = STATUS_NONE_MAPPED;
	free(a);
	return status;
}

static BOOLEAN
name_translated(const void *name, EXTENDED_NAME_FORMAT from, EXTENDED_NAME_FORMAT into, void *to, PULONG size, bool wide)
{
	char shown[SHOWN];
	struct text t;
	NTSTATUS status;
	ULONG chars;

	if (!name || !size || !format_known(into) || (from != NameUnknown && !format_known(from)))
		return (BOOLEAN)win32_fail(ERROR_INVALID_PARAMETER);
	status = (wide ? text_of_wide(&t, name) : text_of_ansi(&t, name)) ? translate(shown, t.at, from, into) : STATUS_INVALID_PARAMETER;
	text_drop(&t);
	if (status != STATUS_SUCCESS)
		return (BOOLEAN)win32_fail(LsaNtStatusToWinError(status));
	chars = text_give(to, *size, wide, bytes_of_text(shown));
	if (to ? *size <= chars : *size != 0) {
		*size = chars + 1;
		return (BOOLEAN)win32_fail(ERROR_INSUFFICIENT_BUFFER);
	}
	*size = chars + 1;
	return TRUE;
}

BOOLEAN
TranslateNameA(LPCSTR lpAccountName, EXTENDED_NAME_FORMAT AccountNameFormat, EXTENDED_NAME_FORMAT DesiredNameFormat,
    LPSTR lpTranslatedName, PULONG nSize)
{
	return name_translated(lpAccountName, AccountNameFormat, DesiredNameFormat, lpTranslatedName, nSize, false);
}

BOOLEAN
TranslateNameW(LPCWSTR lpAccountName, EXTENDED_NAME_FORMAT AccountNameFormat,
    EXTENDED_NAME_FORMAT DesiredNameFormat, LPWSTR lpTranslatedName, PULONG nSize)
{
	return name_translated(lpAccountName, AccountNameFormat, DesiredNameFormat, lpTranslatedName, nSize, true);
}

/* --- not in this version: a computer's object is in a directory ---------------------------- */

#pragma GCC diagnostic ignored "-Wunused-parameter"

BOOLEAN
GetComputerObjectNameA(EXTENDED_NAME_FORMAT NameFormat, LPSTR lpNameBuffer, PULONG nSize)
{
	return unsupported_win32(__func__);
}

BOOLEAN
GetComputerObjectNameW(EXTENDED_NAME_FORMAT NameFormat, LPWSTR lpNameBuffer, PULONG nSize)
{
	return unsupported_win32(__func__);
}
