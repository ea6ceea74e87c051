/*
 * kerb_msg_test.c - messages to Kerberos that change something: passwords at
 * MIT's kadmind, tickets handed out as KRB-CRED and submitted again, purges by
 * a template, and what each of them refuses. The list itself is looked at
 * by tests/interop/klist_test.py.
 * Covers pkg/kerberos/kerb_msg.c, pkg/kerberos/kerb_msg_get.c, pkg/kerberos/kerb_msg_pass.c,
 * src/secur32/marshal.c.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/api/kerb.h"
#include "tests/api/logon.h"
#include "tests/check.h"

static HANDLE lsa, trusted, untrusted;	/* the first is one of the others */
static ULONG kerberos;
static char cache[512];
static unsigned char room[16384];
static size_t used;

/* --- requests ---------------------------------------------------------------------- */

static void *
request(size_t fixed)
{
	memset(room, 0, sizeof room);
	used = fixed;
	return room;
}

static UNICODE_STRING
text(const char *ascii)
{
	UNICODE_STRING s = { (USHORT)(2 * strlen(ascii)), (USHORT)(2 * strlen(ascii)), (PWSTR)(void *)(room + used) };

	for (const char *c = ascii; *c; c++) {
		room[used++] = (unsigned char)*c;
		room[used++] = 0;
	}
	return s;
}

static NTSTATUS
call(void *ret_reply)
{
	NTSTATUS verdict = STATUS_PENDING, status;
	void *reply = NULL;
	ULONG len = 0;

	status = LsaCallAuthenticationPackage(lsa, kerberos, room, (ULONG)used, &reply, &len, &verdict);
	CHECK(status == STATUS_SUCCESS);
	if (ret_reply)
		*(void **)ret_reply = reply;
	else
		LsaFreeReturnBuffer(reply);
	return verdict;
}

/* --- passwords ----------------------------------------------------------------------- */

static NTSTATUS
change(const char *user, const char *old, const char *fresh)
{
	KERB_CHANGEPASSWORD_REQUEST *ask = request(sizeof *ask);

	ask->MessageType = KerbChangePasswordMessage;
	ask->DomainName = text(lab("KDC_REALM"));
	ask->AccountName = text(user);
	ask->OldPassword = text(old);
	ask->NewPassword = text(fresh);
	return call(NULL);
}

static SECURITY_STATUS
logs_on(const char *user, const char *password)
{
	struct shake s = { .target = "host/aes256.openlsa.test", .wants = ISC_REQ_MUTUAL_AUTH };
	CredHandle cred;

	if (kerb_cred(&cred, user, lab("KDC_REALM"), password) != SEC_E_OK)
		return SEC_E_NO_CREDENTIALS;
	s.cred = &cred;
	shake(&s);
	shake_end(&s);
	FreeCredentialsHandle(&cred);
	return s.status;
}

/* carol's password has expired at first: the KDC lets her do nothing but this. */
TEST(a_password_is_changed)
{
	/* A realm may have been used before. */
	bool again = logs_on("carol", "Near-Passw0rd-2") == SEC_E_OK;
	const char *first = again ? "Near-Passw0rd-2" : logs_on("carol", "Far-Passw0rd-3") == SEC_E_OK ? "Far-Passw0rd-3" :
	    lab("KDC_PASSWORD");
	const char *second = again ? "Far-Passw0rd-3" : "Near-Passw0rd-2";

	CHECK_U64((uint32_t)change("carol", "not-it", second), (uint32_t)STATUS_WRONG_PASSWORD);
	CHECK_U64((uint32_t)change("nobody", "not-it", second), (uint32_t)STATUS_WRONG_PASSWORD);
	CHECK_U64((uint32_t)change("carol", first, second), STATUS_SUCCESS);
	CHECK(logs_on("carol", second) == SEC_E_OK);
	CHECK(logs_on("carol", first) == SEC_E_LOGON_DENIED);
	CHECK_U64((uint32_t)change("", first, second), (uint32_t)STATUS_INVALID_PARAMETER);
}

static NTSTATUS purge(const char *server);

/* Somebody else's, by the tickets of this process or of a credential; `longer`: KerbSetPasswordExMessage. */
static NTSTATUS
set(const char *user, const char *fresh, bool longer, ULONG flags, LUID luid, const CredHandle *cred)
{
	if (longer) {
		KERB_SETPASSWORD_EX_REQUEST *ask = request(sizeof *ask);

		ask->MessageType = KerbSetPasswordExMessage;
		ask->Flags = flags;
		ask->LogonId = luid;
		if (cred)
			ask->CredentialsHandle = *cred;
		ask->AccountRealm = text(lab("KDC_REALM"));
		ask->AccountName = text(user);
		ask->Password = text(fresh);
	} else {
		KERB_SETPASSWORD_REQUEST *ask = request(sizeof *ask);

		ask->MessageType = KerbSetPasswordMessage;
		ask->Flags = flags;
		ask->LogonId = luid;
		if (cred)
			ask->CredentialsHandle = *cred;
		ask->DomainName = text(lab("KDC_REALM"));
		ask->AccountName = text(user);
		ask->Password = text(fresh);
	}
	return call(NULL);
}

static bool
administer(const char *words)
{
	char command[600];

	(void)snprintf(command, sizeof command, "KRB5_KDC_PROFILE=$KDC_DIR/kdc0.conf kadmin.local -r OPENLSA.TEST -q '%s' >/dev/null 2>&1 </dev/null",
	    words);
	return system(command) == 0;
}

/* kadmind's list lets alice set bob's password. Everybody else's right is the old password. Row S16 of docs/THREATS.md. */
TEST(a_password_is_set_by_who_may)
{
	static const LUID mine, others = { 4711, 0 };
	const char *usual = lab("KDC_PASSWORD");
	struct shake s = { .target = "host/aes256.openlsa.test", .wants = ISC_REQ_MUTUAL_AUTH };
	CredHandle cred;

	/* MIT gives tickets for it by a password alone, as it comes; domains give them by a ticket. */
	CHECK(administer("modprinc +allow_tgs_req kadmin/changepw") && administer("modprinc -pw Lab-Passw0rd bob"));
	CHECK(administer("addpol -minlength 8 eight") && administer("modprinc -policy eight bob"));
	CHECK(kerb_kinit("alice", cache, ""));
	for (int longer = 0; longer < 2; longer++) {
		CHECK_U64((uint32_t)set("bob", "Set-Passw0rd-1", longer, 0, mine, NULL), STATUS_SUCCESS);
		CHECK(logs_on("bob", "Set-Passw0rd-1") == SEC_E_OK && logs_on("bob", usual) == SEC_E_LOGON_DENIED);
		CHECK_U64((uint32_t)set("bob", usual, longer, 0, mine, NULL), STATUS_SUCCESS);
		CHECK(logs_on("bob", usual) == SEC_E_OK);
		CHECK_U64((uint32_t)set("bob", "short", longer, 0, mine, NULL), (uint32_t)STATUS_PASSWORD_RESTRICTION);
		CHECK(kerb_said(STATUS_PASSWORD_RESTRICTION, "the password service refused (4)"));
		CHECK_U64((uint32_t)set("fay", "Set-Passw0rd-1", longer, 0, mine, NULL), (uint32_t)STATUS_ACCESS_DENIED);
		CHECK_U64((uint32_t)set("", "Set-Passw0rd-1", longer, 0, mine, NULL), (uint32_t)STATUS_INVALID_PARAMETER);
		CHECK_U64((uint32_t)set("bob", "Set-Passw0rd-1", longer, 1, others, NULL), (uint32_t)STATUS_NO_SUCH_LOGON_SESSION);
	}
	/* Nobody's tickets. */
	CHECK_U64((uint32_t)purge(NULL), STATUS_SUCCESS);
	CHECK_U64((uint32_t)set("bob", "Set-Passw0rd-1", false, 0, mine, NULL), (uint32_t)SEC_E_NO_CREDENTIALS);
	/* A credential's, once it has them. */
	if (CHECK(kerb_cred(&cred, "alice", lab("KDC_REALM"), usual) == SEC_E_OK)) {
		CHECK_U64((uint32_t)set("bob", "Set-Passw0rd-1", true, 2, mine, &cred), (uint32_t)SEC_E_NO_CREDENTIALS);
		s.cred = &cred;
		shake(&s);
		shake_end(&s);
		CHECK_U64((uint32_t)set("bob", "Set-Passw0rd-1", true, 2, mine, &cred), STATUS_SUCCESS);
		CHECK_U64((uint32_t)set("bob", usual, false, 2, mine, &cred), STATUS_SUCCESS);
		FreeCredentialsHandle(&cred);
	}
	/* Bob may not set hers. */
	CHECK(kerb_kinit("bob", cache, ""));
	CHECK_U64((uint32_t)set("alice", "Set-Passw0rd-1", false, 0, mine, NULL), (uint32_t)STATUS_ACCESS_DENIED);
	CHECK(logs_on("alice", usual) == SEC_E_OK);
	CHECK(administer("modprinc -clearpolicy bob") && administer("modprinc -allow_tgs_req kadmin/changepw"));
}

/* --- tickets ------------------------------------------------------------------------------ */

static ULONG
tickets(void)
{
	KERB_QUERY_TKT_CACHE_REQUEST *ask = request(sizeof *ask);
	KERB_QUERY_TKT_CACHE_EX3_RESPONSE *reply = NULL;
	ULONG count = 0;

	ask->MessageType = KerbQueryTicketCacheEx3Message;
	if (CHECK(call(&reply) == STATUS_SUCCESS)) {
		count = reply->CountOfTickets;
		for (ULONG i = 0; i < count; i++)
			CHECK(reply->Tickets[i].ServerName.Length && reply->Tickets[i].ServerRealm.Buffer[0] == 'O' &&
			    reply->Tickets[i].ClientName.Length == 10 && reply->Tickets[i].SessionKeyType > 0);
	}
	LsaFreeReturnBuffer(reply);
	return count;
}

static NTSTATUS
get(const char *target, ULONG options, KERB_RETRIEVE_TKT_RESPONSE **ret_reply)
{
	KERB_RETRIEVE_TKT_REQUEST *ask = request(sizeof *ask);

	ask->MessageType = KerbRetrieveEncodedTicketMessage;
	ask->CacheOptions = options;
	ask->TargetName = text(target);
	return call(ret_reply);
}

static NTSTATUS
purge(const char *server)
{
	KERB_PURGE_TKT_CACHE_EX_REQUEST *ask = request(sizeof *ask);

	ask->MessageType = KerbPurgeTicketCacheExMessage;
	ask->Flags = server ? 0 : KERB_PURGE_ALL_TICKETS;
	if (server)
		ask->TicketTemplate.ServerName = text(server);
	return call(NULL);
}

static NTSTATUS
submit(const void *cred, ULONG len)
{
	KERB_SUBMIT_TKT_REQUEST *ask = request(sizeof *ask + len);

	ask->MessageType = KerbSubmitTicketMessage;
	ask->KerbCredSize = len;
	ask->KerbCredOffset = sizeof *ask;
	memcpy(room + sizeof *ask, cred, len);
	return call(NULL);
}

TEST(tickets_one_by_one)
{
	KERB_RETRIEVE_TKT_RESPONSE *reply = NULL;

	CHECK(kerb_kinit("alice", cache, ""));
	CHECK_U64(tickets(), 1);
	CHECK_U64((uint32_t)get("HTTP/localhost", KERB_RETRIEVE_TICKET_USE_CACHE_ONLY, NULL), (uint32_t)STATUS_OBJECT_NAME_NOT_FOUND);
	CHECK_U64((uint32_t)get("HTTP/localhost", 3, NULL), (uint32_t)STATUS_INVALID_PARAMETER);
	CHECK_U64((uint32_t)get("HTTP/localhost", KERB_RETRIEVE_TICKET_WITH_SEC_CRED, NULL), (uint32_t)STATUS_INVALID_PARAMETER);
	CHECK_U64((uint32_t)get("HTTP/nowhere.openlsa.test", 0, NULL), (uint32_t)SEC_E_TARGET_UNKNOWN);
	if (CHECK_U64((uint32_t)get("HTTP/localhost", 0, &reply), STATUS_SUCCESS)) {
		const KERB_EXTERNAL_TICKET *t = &reply->Ticket;
		const UNICODE_STRING *parts = t->ServiceName->Names;

		CHECK(t->EncodedTicketSize > 100 && t->EncodedTicket[0] == 0x61);	/* Ticket ::= [APPLICATION 1] */
		CHECK(t->ServiceName->NameCount == 2 && parts[1].Length == 18);
		CHECK(t->ClientName->NameCount == 1 && t->ClientName->Names[0].Buffer[0] == 'a');
		CHECK(t->SessionKey.Length == 32 && t->SessionKey.KeyType == 18 && t->SessionKey.Value);
		CHECK(t->EndTime.QuadPart > t->StartTime.QuadPart);
	}
	LsaFreeReturnBuffer(reply);
	CHECK_U64((uint32_t)get("HTTP/localhost", KERB_RETRIEVE_TICKET_USE_CACHE_ONLY, NULL), STATUS_SUCCESS);
	CHECK_U64(tickets(), 2);
	CHECK_U64((uint32_t)purge("HTTP/localhost"), STATUS_SUCCESS);
	CHECK_U64((uint32_t)purge("HTTP/localhost"), (uint32_t)SEC_E_NO_CREDENTIALS);
	CHECK_U64(tickets(), 1);
	CHECK_U64((uint32_t)get("HTTP/localhost", KERB_RETRIEVE_TICKET_DONT_USE_CACHE, NULL), STATUS_SUCCESS);
}

static bool
key_is_shown(const char *target)
{
	KERB_RETRIEVE_TKT_RESPONSE *reply = NULL;
	bool shown = false;

	if (CHECK_U64((uint32_t)get(target, 0, &reply), STATUS_SUCCESS)) {
		CHECK_U64(reply->Ticket.SessionKey.Length, 32);
		for (ULONG i = 0; i < reply->Ticket.SessionKey.Length; i++)
			shown |= reply->Ticket.SessionKey.Value[i] != 0;
	}
	LsaFreeReturnBuffer(reply);
	return shown;
}

/* Who is not trusted gets ticket-granting tickets without their keys, in whatever letters a KDC gives them. */
TEST(keys_of_granting_tickets_stay)
{
	CHECK(administer("addprinc -randkey KrbTGT/elsewhere"));
	CHECK(kerb_kinit("alice", cache, ""));
	CHECK(key_is_shown("HTTP/localhost"));
	CHECK(!key_is_shown("krbtgt/OPENLSA.TEST"));
	CHECK(!key_is_shown("krbtgt/CHILD.OPENLSA.TEST"));
	CHECK(!key_is_shown("KrbTGT/elsewhere"));
	CHECK_U64((uint32_t)get("krbtgt/OPENLSA.TEST", KERB_RETRIEVE_TICKET_AS_KERB_CRED, NULL), (uint32_t)STATUS_ACCESS_DENIED);
	CHECK_U64((uint32_t)get("KrbTGT/elsewhere", KERB_RETRIEVE_TICKET_AS_KERB_CRED, NULL), (uint32_t)STATUS_ACCESS_DENIED);
	lsa = trusted;
	CHECK(key_is_shown("krbtgt/OPENLSA.TEST"));
	lsa = untrusted;
}

TEST(tickets_as_krb_cred_and_back)
{
	KERB_RETRIEVE_TKT_RESPONSE *reply = NULL;
	static unsigned char kept[8192];
	ULONG len = 0;

	CHECK(kerb_kinit("alice", cache, ""));
	CHECK(tickets() >= 1);
	lsa = trusted;
	CHECK_U64((uint32_t)get("krbtgt/OPENLSA.TEST", KERB_RETRIEVE_TICKET_AS_KERB_CRED, &reply), STATUS_SUCCESS);
	lsa = untrusted;
	if (CHECK(reply && reply->Ticket.EncodedTicketSize < sizeof kept)) {
		len = reply->Ticket.EncodedTicketSize;
		memcpy(kept, reply->Ticket.EncodedTicket, len);
		CHECK(kept[0] == 0x76);			/* KRB-CRED ::= [APPLICATION 22] */
	}
	LsaFreeReturnBuffer(reply);
	CHECK_U64((uint32_t)purge(NULL), STATUS_SUCCESS);
	CHECK_U64(tickets(), 0);
	CHECK_U64((uint32_t)get("HTTP/localhost", 0, NULL), (uint32_t)SEC_E_NO_CREDENTIALS);
	for (ULONG cut = 0; cut < len; cut += 37)
		CHECK_U64((uint32_t)submit(kept, cut), (uint32_t)STATUS_INVALID_PARAMETER);
	CHECK_U64((uint32_t)submit(kept, len), STATUS_SUCCESS);
	CHECK_U64(tickets(), 1);
	CHECK_U64((uint32_t)get("HTTP/localhost", 0, NULL), STATUS_SUCCESS);
	memset(kept, 0, sizeof kept);
}

TEST(what_is_refused)
{
	KERB_QUERY_TKT_CACHE_REQUEST *ask = request(sizeof *ask);
	KERB_SUBMIT_TKT_REQUEST *sub;

	ask->MessageType = KerbQueryTicketCacheMessage;
	ask->LogonId.LowPart = 4711;
	CHECK_U64((uint32_t)call(NULL), (uint32_t)STATUS_NO_SUCH_LOGON_SESSION);
	ask = request(sizeof *ask);
	ask->MessageType = KerbDecryptDataMessage;
	CHECK_U64((uint32_t)call(NULL), (uint32_t)STATUS_NOT_SUPPORTED);
	ask->MessageType = (KERB_PROTOCOL_MESSAGE_TYPE)4711;
	CHECK_U64((uint32_t)call(NULL), (uint32_t)STATUS_INVALID_PARAMETER);
	sub = request(sizeof *sub);
	sub->MessageType = KerbSubmitTicketMessage;
	sub->KerbCredSize = 100;
	sub->KerbCredOffset = 0xfffffff0u;
	CHECK_U64((uint32_t)call(NULL), (uint32_t)STATUS_INVALID_PARAMETER);
}

int
main(void)
{
	LSA_STRING name = { sizeof MICROSOFT_KERBEROS_NAME_A - 1, sizeof MICROSOFT_KERBEROS_NAME_A,
	    (PCHAR)(ULONG_PTR)MICROSOFT_KERBEROS_NAME_A };

	api_begin();
	(void)snprintf(cache, sizeof cache, "FILE:%s/msg-cc", lab("KDC_DIR"));
	CHECK(LsaConnectUntrusted(&untrusted) == STATUS_SUCCESS);
	lsa = untrusted;
	trusted = logon_trusted();
	CHECK(LsaLookupAuthenticationPackage(lsa, &name, &kerberos) == STATUS_SUCCESS);
	RUN(a_password_is_changed);
	RUN(a_password_is_set_by_who_may);
	RUN(tickets_one_by_one);
	RUN(keys_of_granting_tickets_stay);
	RUN(tickets_as_krb_cred_and_back);
	RUN(what_is_refused);
	CHECK(LsaDeregisterLogonProcess(untrusted) == STATUS_SUCCESS);
	CHECK(LsaDeregisterLogonProcess(trusted) == STATUS_SUCCESS);
	return check_end();
}
