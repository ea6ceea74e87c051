/* SPDX-License-Identifier: MIT */
/*
 * lsactl_tickets.c - the Kerberos tickets of the caller's session: list, get,
 * purge, by the messages that Windows programs use.
 */
#include <stdio.h>

#include <ntstatus.h>

#include "tools/json.h"
#include "tools/lsactl.h"
#include "tools/wide.h"

#define NAME_MOST 1024u

struct kerberos {
	HANDLE lsa;
	ULONG package;
};

static enum end
kerberos_open(const struct run *run, struct kerberos *k)
{
	static CHAR name[] = MICROSOFT_KERBEROS_NAME_A;
	LSA_STRING package = { sizeof name - 1, sizeof name, name };
	enum end end = link_open(run, &k->lsa);
	NTSTATUS status;

	if (end != END_OK)
		return end;
	status = LsaLookupAuthenticationPackage(k->lsa, &package, &k->package);
	if (status != STATUS_SUCCESS) {
		end = fault_status(run, status, "there is no Kerberos here", NULL);
		link_close(k->lsa);
	}
	return end;
}

static NTSTATUS
message(const struct kerberos *k, void *request, ULONG len, void *ret_reply)
{
	NTSTATUS verdict = STATUS_SUCCESS, status;
	ULONG reply_len = 0;

	status = LsaCallAuthenticationPackage(k->lsa, k->package, request, len, ret_reply, &reply_len, &verdict);
	return status == STATUS_SUCCESS ? verdict : status;
}

/* "name@REALM" */
static void
principal_of(char to[2 * NAME_MOST], const UNICODE_STRING *name, const UNICODE_STRING *realm)
{
	char a[NAME_MOST], b[NAME_MOST];

	(void)utf8_of(a, sizeof a, name);
	(void)utf8_of(b, sizeof b, realm);
	(void)snprintf(to, 2 * NAME_MOST, "%s@%s", a, b);
}

static void
ticket_say(const struct run *run, struct json *j, const KERB_TICKET_CACHE_INFO_EX2 *t)
{
	char client[2 * NAME_MOST], server[2 * NAME_MOST], start[TIME_TEXT], end[TIME_TEXT], flags[16];

	principal_of(client, &t->ClientName, &t->ClientRealm);
	principal_of(server, &t->ServerName, &t->ServerRealm);
	(void)snprintf(flags, sizeof flags, "0x%08x", (unsigned)t->TicketFlags);
	if (run->json) {
		json_begin(j, NULL, '{');
		json_text(j, "client", client);
		json_text(j, "server", server);
		json_text(j, "start", time_text((ULONGLONG)t->StartTime.QuadPart, start));
		json_text(j, "end", time_text((ULONGLONG)t->EndTime.QuadPart, end));
		json_number(j, "session_key_type", (uint64_t)t->SessionKeyType);
		json_text(j, "flags", flags);
		json_end(j, '}');
	} else {
		printf("%s  until %s  key type %u  flags %s\n", server, time_text((ULONGLONG)t->EndTime.QuadPart, end),
		    (unsigned)t->SessionKeyType, flags);
	}
}

enum end
tickets_list(const struct run *run, char **args, int count)
{
	KERB_QUERY_TKT_CACHE_REQUEST ask = { .MessageType = KerbQueryTicketCacheEx2Message };
	KERB_QUERY_TKT_CACHE_EX2_RESPONSE *reply = NULL;
	struct kerberos k;
	struct json j = { 0 };
	NTSTATUS status;
	enum end end = kerberos_open(run, &k);

	(void)args;
	(void)count;
	if (end != END_OK)
		return end;
	status = message(&k, &ask, sizeof ask, &reply);
	if (status != STATUS_SUCCESS) {
		end = fault_status(run, status, "the tickets cannot be read", NULL);
	} else {
		if (run->json) {
			json_begin(&j, NULL, '{');
			json_bool(&j, "ok", true);
			json_begin(&j, "tickets", '[');
		} else if (!reply->CountOfTickets && !run->quiet) {
			puts("no tickets");
		}
		for (ULONG i = 0; i < reply->CountOfTickets; i++)
			ticket_say(run, &j, &reply->Tickets[i]);
		if (run->json) {
			json_end(&j, ']');
			json_end(&j, '}');
		}
	}
	(void)LsaFreeReturnBuffer(reply);
	link_close(k.lsa);
	return end;
}

static void
done_say(const struct run *run, const char *key, const char *value, const char *sentence)
{
	struct json j = { 0 };

	if (run->json) {
		json_begin(&j, NULL, '{');
		json_bool(&j, "ok", true);
		if (key)
			json_text(&j, key, value);
		json_end(&j, '}');
	} else if (!run->quiet) {
		puts(sentence);
	}
}

enum end
tickets_get(const struct run *run, char **args, int count)
{
	static struct { KERB_RETRIEVE_TKT_REQUEST ask; struct wide name; } request;
	KERB_RETRIEVE_TKT_RESPONSE *reply = NULL;
	struct kerberos k;
	char said[128];
	NTSTATUS status;
	enum end end;

	(void)count;
	if (!wide_of(&request.name, args[0]))
		return fault_plain(run, END_USAGE, "that is no service principal name", "give one like HTTP/www.example.org");
	end = kerberos_open(run, &k);
	if (end != END_OK)
		return end;
	request.ask.MessageType = KerbRetrieveEncodedTicketMessage;
	request.ask.TargetName = request.name.s;
	status = message(&k, &request, sizeof request, &reply);
	if (status == STATUS_SUCCESS) {
		(void)snprintf(said, sizeof said, "a ticket of %u bytes is there", (unsigned)reply->Ticket.EncodedTicketSize);
		done_say(run, "target", args[0], said);
	} else {
		end = fault_status(run, status, "there is no such ticket to be had", NULL);
	}
	(void)LsaFreeReturnBuffer(reply);
	link_close(k.lsa);
	return end;
}

enum end
tickets_purge(const struct run *run, char **args, int count)
{
	KERB_PURGE_TKT_CACHE_REQUEST ask = { .MessageType = KerbPurgeTicketCacheMessage };
	void *reply = NULL;
	struct kerberos k;
	NTSTATUS status;
	enum end end = kerberos_open(run, &k);

	(void)args;
	(void)count;
	if (end != END_OK)
		return end;
	status = message(&k, &ask, sizeof ask, &reply);
	if (status == STATUS_SUCCESS)
		done_say(run, NULL, NULL, "the LSA has forgotten them");
	else
		end = fault_status(run, status, "nothing was purged", NULL);
	link_close(k.lsa);
	return end;
}
