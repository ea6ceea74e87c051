/* SPDX-License-Identifier: MIT */
/*
 * klist.c - the tickets of the current logon session, as a Windows program
 * asks for them: LsaConnectUntrusted, LsaLookupAuthenticationPackage,
 * LsaCallAuthenticationPackage.
 *
 *     klist              shows them
 *     klist get SPN      gets one, from the KDC where need be
 *     klist purge        forgets them all
 */
#include <windows.h>
#include <ntsecapi.h>
#include <ntstatus.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static HANDLE lsa;
static ULONG kerberos;

static int
failed(const char *what, NTSTATUS status)
{
	fprintf(stderr, "klist: %s: 0x%08x, error %u\n", what, (unsigned)status, (unsigned)LsaNtStatusToWinError(status));
	return 1;
}

static NTSTATUS
call(void *request, ULONG len, void *reply)
{
	NTSTATUS verdict = STATUS_SUCCESS, status;
	ULONG reply_len = 0;

	status = LsaCallAuthenticationPackage(lsa, kerberos, request, len, reply, &reply_len, &verdict);
	return status == STATUS_SUCCESS ? verdict : status;
}

/* Names here are ASCII or shown as '?'. */
static void
show(const UNICODE_STRING *s)
{
	for (USHORT i = 0; i < s->Length / sizeof(WCHAR); i++)
		putchar(s->Buffer[i] >= 0x20 && s->Buffer[i] < 0x7f ? (int)s->Buffer[i] : '?');
}

static void
show_time(const char *label, LARGE_INTEGER filetime)
{
	time_t t = (time_t)(filetime.QuadPart / 10000000 - 11644473600);
	char text[32] = "-";
	struct tm tm;

	if (filetime.QuadPart && gmtime_r(&t, &tm))
		strftime(text, sizeof text, "%Y-%m-%d %H:%M:%SZ", &tm);
	printf("    %s %s\n", label, text);
}

static int
list(void)
{
	KERB_QUERY_TKT_CACHE_REQUEST ask = { .MessageType = KerbQueryTicketCacheExMessage };
	KERB_QUERY_TKT_CACHE_EX_RESPONSE *reply = NULL;
	NTSTATUS status = call(&ask, sizeof ask, &reply);

	if (status != STATUS_SUCCESS)
		return failed("the tickets cannot be read", status);
	printf("Cached Tickets: (%u)\n", (unsigned)reply->CountOfTickets);
	for (ULONG i = 0; i < reply->CountOfTickets; i++) {
		const KERB_TICKET_CACHE_INFO_EX *t = &reply->Tickets[i];

		printf("\n#%u> Client: ", (unsigned)i);
		show(&t->ClientName);
		printf(" @ ");
		show(&t->ClientRealm);
		printf("\n    Server: ");
		show(&t->ServerName);
		printf(" @ ");
		show(&t->ServerRealm);
		printf("\n    Encryption type: %d\n    Ticket flags: 0x%08x\n", (int)t->EncryptionType, (unsigned)t->TicketFlags);
		show_time("Start:", t->StartTime);
		show_time("End:  ", t->EndTime);
		show_time("Renew:", t->RenewTime);
	}
	LsaFreeReturnBuffer(reply);
	return 0;
}

static int
get(const char *spn)
{
	size_t len = strlen(spn), size = sizeof(KERB_RETRIEVE_TKT_REQUEST) + len * sizeof(WCHAR);
	KERB_RETRIEVE_TKT_REQUEST *ask = calloc(1, size);
	KERB_RETRIEVE_TKT_RESPONSE *reply = NULL;
	NTSTATUS status;
	WCHAR *name;

	if (!ask || len > 1000)
		return 1;
	name = (WCHAR *)(ask + 1);
	for (size_t i = 0; i < len; i++)
		name[i] = (WCHAR)(unsigned char)spn[i];
	ask->MessageType = KerbRetrieveEncodedTicketMessage;
	ask->TargetName.Buffer = name;
	ask->TargetName.Length = ask->TargetName.MaximumLength = (USHORT)(len * sizeof(WCHAR));
	status = call(ask, (ULONG)size, &reply);
	free(ask);
	if (status != STATUS_SUCCESS)
		return failed(spn, status);
	printf("A ticket to %s has been retrieved: %u bytes, session key of type %d, for ", spn,
	    (unsigned)reply->Ticket.EncodedTicketSize, (int)reply->Ticket.SessionKey.KeyType);
	show(&reply->Ticket.DomainName);
	putchar('\n');
	LsaFreeReturnBuffer(reply);
	return 0;
}

static int
purge(void)
{
	KERB_PURGE_TKT_CACHE_REQUEST ask = { .MessageType = KerbPurgeTicketCacheMessage };
	void *reply = NULL;
	NTSTATUS status = call(&ask, sizeof ask, &reply);

	if (status != STATUS_SUCCESS)
		return failed("nothing was purged", status);
	puts("Ticket(s) purged!");
	return 0;
}

int
main(int argc, char **argv)
{
	LSA_STRING name = { .Buffer = (PCHAR)(ULONG_PTR)MICROSOFT_KERBEROS_NAME_A };
	NTSTATUS status = LsaConnectUntrusted(&lsa);
	int code;

	if (status != STATUS_SUCCESS)
		return failed("no connection to the LSA", status);
	name.Length = name.MaximumLength = (USHORT)strlen(name.Buffer);
	status = LsaLookupAuthenticationPackage(lsa, &name, &kerberos);
	if (status != STATUS_SUCCESS)
		code = failed("there is no Kerberos here", status);
	else if (argc == 3 && strcmp(argv[1], "get") == 0)
		code = get(argv[2]);
	else if (argc == 2 && strcmp(argv[1], "purge") == 0)
		code = purge();
	else
		code = list();
	LsaDeregisterLogonProcess(lsa);
	return code;
}
