/* SPDX-License-Identifier: MIT */
/*
 * sessions.c - lists the logon sessions, as a Windows program does:
 * LsaEnumerateLogonSessions and LsaGetLogonSessionData.
 */
#include <windows.h>
#include <ntsecapi.h>
#include <ntstatus.h>
#include <sddl.h>

#include <stdio.h>

/* Names here are ASCII or shown as '?'. */
static void
Show(const LSA_UNICODE_STRING *s)
{
	USHORT i;

	for (i = 0; i < s->Length / sizeof(WCHAR); i++)
		putchar(s->Buffer[i] >= 0x20 && s->Buffer[i] < 0x7f ? (int)s->Buffer[i] : '?');
}

static void
ShowSession(ULONG number, PLUID luid)
{
	PSECURITY_LOGON_SESSION_DATA data = NULL;
	NTSTATUS status = LsaGetLogonSessionData(luid, &data);
	LPSTR sid = NULL;

	printf("[%u] %08x:%08x  ", (unsigned)number, (unsigned)luid->HighPart, (unsigned)luid->LowPart);
	if (status != STATUS_SUCCESS) {
		printf("(error %u)\n", (unsigned)LsaNtStatusToWinError(status));
		return;
	}
	Show(&data->LogonDomain);
	putchar('\\');
	Show(&data->UserName);
	fputs("  ", stdout);
	Show(&data->AuthenticationPackage);
	printf("  type %u", (unsigned)data->LogonType);
	if (data->Sid && ConvertSidToStringSidA(data->Sid, &sid)) {
		printf("  %s", sid);
		LocalFree(sid);
	}
	putchar('\n');
	LsaFreeReturnBuffer(data);
}

int
main(void)
{
	ULONG count = 0, i;
	PLUID list = NULL;
	NTSTATUS status = LsaEnumerateLogonSessions(&count, &list);

	if (status != STATUS_SUCCESS) {
		fprintf(stderr, "sessions: LsaEnumerateLogonSessions: 0x%08x\n", (unsigned)status);
		return 1;
	}
	for (i = 0; i < count; i++)
		ShowSession(i, &list[i]);
	LsaFreeReturnBuffer(list);
	return 0;
}
