/* SPDX-License-Identifier: MIT */
/*
 * logon.c - logs a user on with a password and shows his token, as a Windows
 * program does: LsaConnectUntrusted, LsaLogonUser, GetTokenInformation,
 * LookupAccountSid. The password is a line of standard input; the session
 * lasts until another line, or the end, of it.
 *
 *     logon DOMAIN USER         "." is this machine
 */
#include <windows.h>
#include <ntsecapi.h>
#include <ntstatus.h>
#include <sddl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MOST 256

static int
Fail(const char *what, DWORD error)
{
	LPSTR text = NULL;

	if (!FormatMessageA(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, error,
	    0, (LPSTR)(PVOID)&text, 0, NULL))
		text = NULL;
	fprintf(stderr, "logon: %s: error %u: %s", what, (unsigned)error, text ? text : "\n");
	LocalFree(text);
	return 1;
}

/* The strings lie in the same buffer as the structure. */
typedef struct {
	MSV1_0_INTERACTIVE_LOGON logon;
	WCHAR text[3][TEXT_MOST];
} SUBMIT;

static void
Put(SUBMIT *s, int which, UNICODE_STRING *string, const char *text)
{
	USHORT i;

	for (i = 0; text[i] && i < TEXT_MOST - 1; i++)
		s->text[which][i] = (WCHAR)(unsigned char)text[i];
	string->Buffer = s->text[which];
	string->Length = (USHORT)(i * sizeof(WCHAR));
	string->MaximumLength = sizeof s->text[which];
}

static void
ShowAccount(const char *label, PSID sid)
{
	char name[TEXT_MOST] = "", domain[TEXT_MOST] = "";
	DWORD name_len = sizeof name, domain_len = sizeof domain;
	SID_NAME_USE use;
	LPSTR text = NULL;

	if (!LookupAccountSidA(NULL, sid, name, &name_len, domain, &domain_len, &use))
		strcpy(name, "(no name)");
	if (!ConvertSidToStringSidA(sid, &text))
		text = NULL;
	printf("%-7s %s%s%s  %s\n", label, domain, *domain ? "\\" : "", name, text ? text : "?");
	LocalFree(text);
}

static int
ShowToken(HANDLE token)
{
	DWORD len = 0, i;
	TOKEN_USER *user;
	TOKEN_GROUPS *groups;

	GetTokenInformation(token, TokenUser, NULL, 0, &len);
	user = malloc(len);
	if (!user || !GetTokenInformation(token, TokenUser, user, len, &len)) {
		free(user);
		return Fail("GetTokenInformation", GetLastError());
	}
	ShowAccount("user", user->User.Sid);
	free(user);
	len = 0;
	GetTokenInformation(token, TokenGroups, NULL, 0, &len);
	groups = malloc(len);
	if (!groups || !GetTokenInformation(token, TokenGroups, groups, len, &len)) {
		free(groups);
		return Fail("GetTokenInformation", GetLastError());
	}
	for (i = 0; i < groups->GroupCount; i++)
		ShowAccount("group", groups->Groups[i].Sid);
	free(groups);
	return 0;
}

static int
LogOn(HANDLE lsa, SUBMIT *submit)
{
	LSA_STRING package_name, origin;
	TOKEN_SOURCE source = { { 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0 }, { 0, 0 } };
	QUOTA_LIMITS quotas;
	PVOID profile = NULL;
	ULONG profile_len = 0, package;
	NTSTATUS status, sub = STATUS_SUCCESS;
	HANDLE token = NULL;
	char line[16];
	LUID luid;
	int code;

	origin.Buffer = (PCHAR)(ULONG_PTR)"logon";
	origin.Length = origin.MaximumLength = 5;
	package_name.Buffer = (PCHAR)(ULONG_PTR)MSV1_0_PACKAGE_NAME;
	package_name.Length = package_name.MaximumLength = (USHORT)strlen(MSV1_0_PACKAGE_NAME);
	status = LsaLookupAuthenticationPackage(lsa, &package_name, &package);
	if (status != STATUS_SUCCESS)
		return Fail("LsaLookupAuthenticationPackage", LsaNtStatusToWinError(status));
	AllocateLocallyUniqueId(&source.SourceIdentifier);
	status = LsaLogonUser(lsa, &origin, Interactive, package, submit, sizeof *submit, NULL, &source, &profile, &profile_len,
	    &luid, &token, &quotas, &sub);
	if (status != STATUS_SUCCESS)
		return Fail("LsaLogonUser", LsaNtStatusToWinError(status));
	LsaFreeReturnBuffer(profile);
	printf("session %08x:%08x\n", (unsigned)luid.HighPart, (unsigned)luid.LowPart);
	code = ShowToken(token);
	fflush(stdout);
	if (!fgets(line, sizeof line, stdin))
		line[0] = 0;
	CloseHandle(token);
	return code;
}

int
main(int argc, char **argv)
{
	static SUBMIT submit;
	char password[TEXT_MOST];
	NTSTATUS status;
	HANDLE lsa;
	int code;

	if (argc != 3) {
		fputs("usage: logon DOMAIN USER\n", stderr);
		return 2;
	}
	if (!fgets(password, sizeof password, stdin))
		return Fail("no password", ERROR_LOGON_FAILURE);
	password[strcspn(password, "\n")] = 0;
	submit.logon.MessageType = MsV1_0InteractiveLogon;
	Put(&submit, 0, &submit.logon.LogonDomainName, argv[1]);
	Put(&submit, 1, &submit.logon.UserName, argv[2]);
	Put(&submit, 2, &submit.logon.Password, password);
	SecureZeroMemory(password, sizeof password);
	status = LsaConnectUntrusted(&lsa);
	if (status != STATUS_SUCCESS)
		return Fail("LsaConnectUntrusted", LsaNtStatusToWinError(status));
	code = LogOn(lsa, &submit);
	SecureZeroMemory(&submit, sizeof submit);
	LsaDeregisterLogonProcess(lsa);
	return code;
}
