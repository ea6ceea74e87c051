/* SPDX-License-Identifier: MIT */
/*
 * rights-tool.c - a program as it is written for Windows: it gives a right to
 * an account, lists what the account holds, and takes the right again.
 *
 *     rights-tool ACCOUNT RIGHT
 *     rights-tool alice SeServiceLogonRight
 */
#include <windows.h>
#include <ntsecapi.h>
#include <stdio.h>
#include <string.h>

#ifndef STATUS_SUCCESS
#define STATUS_SUCCESS 0
#endif

static int
failed(const char *what, NTSTATUS status)
{
	fprintf(stderr, "rights-tool: %s: error %lu\n", what, (unsigned long)LsaNtStatusToWinError(status));
	return 1;
}

/* For names in ASCII. */
static void
string_of(LSA_UNICODE_STRING *to, WCHAR *room, size_t most, const char *text)
{
	size_t n = 0;

	while (text[n] && n < most - 1) {
		room[n] = (WCHAR)(unsigned char)text[n];
		n++;
	}
	room[n] = 0;
	to->Buffer = room;
	to->Length = (USHORT)(n * sizeof(WCHAR));
	to->MaximumLength = (USHORT)((n + 1) * sizeof(WCHAR));
}

int
main(int argc, char **argv)
{
	LSA_OBJECT_ATTRIBUTES attributes;
	LSA_REFERENCED_DOMAIN_LIST *domains = NULL;
	LSA_TRANSLATED_SID2 *sids = NULL;
	LSA_UNICODE_STRING name, right, *rights = NULL;
	WCHAR name_room[256], right_room[128];
	LSA_HANDLE policy;
	ULONG count = 0, i, k;
	NTSTATUS status;

	if (argc != 3) {
		fprintf(stderr, "usage: rights-tool ACCOUNT RIGHT\n");
		return 2;
	}
	string_of(&name, name_room, 256, argv[1]);
	string_of(&right, right_room, 128, argv[2]);
	memset(&attributes, 0, sizeof attributes);
	status = LsaOpenPolicy(NULL, &attributes, POLICY_CREATE_ACCOUNT | POLICY_LOOKUP_NAMES, &policy);
	if (status != STATUS_SUCCESS)
		return failed("LsaOpenPolicy", status);
	status = LsaLookupNames2(policy, 0, 1, &name, &domains, &sids);
	if (status != STATUS_SUCCESS) {
		LsaFreeMemory(domains);
		LsaFreeMemory(sids);
		LsaClose(policy);
		return failed("LsaLookupNames2", status);
	}
	status = LsaAddAccountRights(policy, sids[0].Sid, &right, 1);
	if (status == STATUS_SUCCESS)
		status = LsaEnumerateAccountRights(policy, sids[0].Sid, &rights, &count);
	for (i = 0; status == STATUS_SUCCESS && i < count; i++) {
		for (k = 0; k < rights[i].Length / sizeof(WCHAR); k++)
			putchar(rights[i].Buffer[k]);
		putchar('\n');
	}
	LsaFreeMemory(rights);
	if (status == STATUS_SUCCESS)
		status = LsaRemoveAccountRights(policy, sids[0].Sid, FALSE, &right, 1);
	LsaFreeMemory(domains);
	LsaFreeMemory(sids);
	LsaClose(policy);
	return status == STATUS_SUCCESS ? 0 : failed("the right", status);
}
