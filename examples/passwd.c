/* SPDX-License-Identifier: MIT */
/*
 * passwd.c - changes a user's password, as a Windows program does:
 * LsaCallAuthenticationPackage with MsV1_0ChangePassword. The old and the new
 * password are two lines of standard input.
 *
 *     passwd USER
 */
#include <windows.h>
#include <ntsecapi.h>
#include <ntstatus.h>

#include <stdio.h>
#include <string.h>

#define TEXT_MOST 256

/* The strings lie in the same buffer as the structure. */
typedef struct {
	MSV1_0_CHANGEPASSWORD_REQUEST request;
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

static int
Fail(const char *what, NTSTATUS status)
{
	char text[512];

	if (!FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, (DWORD)status, 0, text, sizeof text,
	    NULL))
		strcpy(text, "\n");
	fprintf(stderr, "passwd: %s: 0x%08x: %s", what, (unsigned)status, text);
	return 1;
}

static int
Change(HANDLE lsa, SUBMIT *submit)
{
	LSA_STRING name;
	ULONG package, len = 0;
	NTSTATUS status, verdict = STATUS_SUCCESS;
	MSV1_0_CHANGEPASSWORD_RESPONSE *reply = NULL;

	name.Buffer = (PCHAR)(ULONG_PTR)MSV1_0_PACKAGE_NAME;
	name.Length = name.MaximumLength = (USHORT)strlen(MSV1_0_PACKAGE_NAME);
	status = LsaLookupAuthenticationPackage(lsa, &name, &package);
	if (status != STATUS_SUCCESS)
		return Fail("LsaLookupAuthenticationPackage", status);
	status = LsaCallAuthenticationPackage(lsa, package, submit, sizeof *submit, (PVOID *)&reply, &len, &verdict);
	if (status != STATUS_SUCCESS)
		return Fail("LsaCallAuthenticationPackage", status);
	if (verdict != STATUS_SUCCESS) {
		if (reply && reply->PasswordInfoValid)
			fprintf(stderr, "passwd: a password has at least %u characters\n",
			    (unsigned)reply->DomainPasswordInfo.MinPasswordLength);
		LsaFreeReturnBuffer(reply);
		return Fail("the password stays", verdict);
	}
	LsaFreeReturnBuffer(reply);
	puts("the password is changed");
	return 0;
}

int
main(int argc, char **argv)
{
	static SUBMIT submit;
	char old[TEXT_MOST], new[TEXT_MOST];
	NTSTATUS status;
	HANDLE lsa;
	int code;

	if (argc != 2 || !fgets(old, sizeof old, stdin) || !fgets(new, sizeof new, stdin)) {
		fputs("usage: passwd USER    (and two lines of input, the old and the new password)\n", stderr);
		return 2;
	}
	old[strcspn(old, "\n")] = 0;
	new[strcspn(new, "\n")] = 0;
	submit.request.MessageType = MsV1_0ChangePassword;
	Put(&submit, 0, &submit.request.AccountName, argv[1]);
	Put(&submit, 1, &submit.request.OldPassword, old);
	Put(&submit, 2, &submit.request.NewPassword, new);
	SecureZeroMemory(old, sizeof old);
	SecureZeroMemory(new, sizeof new);
	status = LsaConnectUntrusted(&lsa);
	if (status != STATUS_SUCCESS)
		return Fail("LsaConnectUntrusted", status);
	code = Change(lsa, &submit);
	SecureZeroMemory(&submit, sizeof submit);
	LsaDeregisterLogonProcess(lsa);
	return code;
}
