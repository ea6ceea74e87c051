/*
 * kerb_logon_test.c - LsaLogonUser with Kerberos against MIT's KDC: passwords
 * of each kind of account and what each caller learns, the session's tickets
 * by its LUID and in its name, unlocking, credentials for elsewhere, tickets
 * that are brought, and buffers mutated.
 * Covers pkg/kerberos/kerb_logon.c, pkg/kerberos/kerb_logon_profile.c, pkg/kerberos/kerb_logon_ticket.c,
 * pkg/kerberos/kerb_logon_s4u.c, pkg/kerberos/kerb_host.c, pkg/kerberos/kerb_peer.c, src/secur32/marshal.c,
 * src/lsa/serve_logon_user.c.
 */
#include <krb5.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sddl.h>

#include "tests/api/kerb.h"
#include "tests/api/logon.h"
#include "tests/check.h"

static HANDLE trusted, untrusted;
static ULONG kerberos;

static struct logging
begin(HANDLE lsa, SECURITY_LOGON_TYPE type)
{
	return (struct logging){ .lsa = lsa, .package = kerberos, .type = type, .token = (HANDLE)5, .profile = (void *)7,
	    .profile_len = 9, .luid = { 11, 13 } };
}

static void
refused(struct logging *l, NTSTATUS want, NTSTATUS substatus)
{
	CHECK_U64((ULONG)logon_run(l), (ULONG)want);
	CHECK_U64((ULONG)l->substatus, (ULONG)substatus);
	CHECK(l->token == (HANDLE)5 && l->profile == (void *)7 && l->profile_len == 9 && l->luid.LowPart == 11);
}

static struct logging
password(HANDLE lsa, SECURITY_LOGON_TYPE type, const char *user, const char *word)
{
	struct logging l = begin(lsa, type);

	logon_interactive(&l, lab("KDC_REALM"), user, word, true);		/* packed: it is copied */
	return l;
}

/* KERB_INTERACTIVE_UNLOCK_LOGON: the same strings, and a LUID between. */
static struct logging
unlocking(HANDLE lsa, LUID luid, const char *user, const char *word)
{
	struct logging l = begin(lsa, Unlock), from = password(lsa, Unlock, user, word);
	KERB_INTERACTIVE_UNLOCK_LOGON *m = (void *)l.at;
	UNICODE_STRING *s[3] = { &m->Logon.LogonDomainName, &m->Logon.UserName, &m->Logon.Password };

	memcpy(m, from.at, sizeof(KERB_INTERACTIVE_LOGON));
	m->Logon.MessageType = KerbWorkstationUnlockLogon;
	m->LogonId = luid;
	memcpy(l.at + sizeof *m, from.at + sizeof(KERB_INTERACTIVE_LOGON), from.len - sizeof(KERB_INTERACTIVE_LOGON));
	l.len = from.len + sizeof(LUID);
	for (int i = 0, at = sizeof *m; i < 3; at += s[i++]->Length)
		s[i]->Buffer = (PWSTR)(uintptr_t)at;		/* packed */
	return l;
}

/* The first policy lets members of Users alone log on at the machine, and nobody of the realm is one. */
static void
right_set(const char *account, const char *right, bool give)
{
	LSA_OBJECT_ATTRIBUTES attributes = { sizeof attributes, NULL, NULL, 0, NULL, NULL };
	LSA_HANDLE policy;
	WCHAR text[64];
	LSA_UNICODE_STRING name = { (USHORT)(2 * strlen(right)), (USHORT)(2 * strlen(right)), text };
	PSID sid = NULL;

	for (size_t i = 0; i < strlen(right); i++)
		text[i] = (WCHAR)right[i];
	CHECK(ConvertStringSidToSidA(account, &sid));
	CHECK(LsaOpenPolicy(NULL, &attributes, POLICY_ALL_ACCESS, &policy) == STATUS_SUCCESS);
	CHECK((give ? LsaAddAccountRights(policy, sid, &name, 1) : LsaRemoveAccountRights(policy, sid, FALSE, &name, 1)) == STATUS_SUCCESS);
	LsaClose(policy);
	LocalFree(sid);
}

/* --- the session's tickets ----------------------------------------------------------- */

static ULONG
tickets_of(HANDLE lsa, LUID luid, NTSTATUS *ret_verdict)
{
	KERB_QUERY_TKT_CACHE_REQUEST ask = { KerbQueryTicketCacheMessage, luid };
	KERB_QUERY_TKT_CACHE_RESPONSE *reply = NULL;
	ULONG len = 0, count = 0;

	CHECK(LsaCallAuthenticationPackage(lsa, kerberos, &ask, sizeof ask, (void **)&reply, &len, ret_verdict) == STATUS_SUCCESS);
	if (reply)
		count = reply->CountOfTickets;
	LsaFreeReturnBuffer(reply);
	return count;
}

/* A context in the session's name with a peer that MIT's library is. */
static SECURITY_STATUS
shakes_as(LUID *luid, const char *want)
{
	struct shake s = { .target = "host/aes256.openlsa.test", .wants = ISC_REQ_MUTUAL_AUTH | ISC_REQ_INTEGRITY | ISC_REQ_CONFIDENTIALITY };
	CredHandle cred;
	SECURITY_STATUS status;

	status = AcquireCredentialsHandleA(NULL, (char *)(uintptr_t)"Kerberos", SECPKG_CRED_OUTBOUND, luid, NULL, NULL, NULL, &cred,
	    NULL);
	if (status != SEC_E_OK)
		return status;
	s.cred = &cred;
	shake(&s);
	status = s.status;
	if (status == SEC_E_OK)
		CHECK(strncmp(s.client, want, strlen(want)) == 0 && s.talked);
	shake_end(&s);
	FreeCredentialsHandle(&cred);
	return status;
}

static void
text_is(UNICODE_STRING s, const char *want)
{
	CHECK_U64(s.Length, 2 * strlen(want));
	for (USHORT i = 0; i < s.Length / 2 && i < strlen(want); i++)
		CHECK(s.Buffer[i] == (WCHAR)want[i]);
}

static void
session_is(LUID luid, const char *user)
{
	PSECURITY_LOGON_SESSION_DATA data = NULL;

	if (!CHECK(LsaGetLogonSessionData(&luid, &data) == STATUS_SUCCESS))
		return;
	text_is((UNICODE_STRING){ data->UserName.Length, 0, data->UserName.Buffer }, user);
	text_is((UNICODE_STRING){ data->LogonDomain.Length, 0, data->LogonDomain.Buffer }, lab("KDC_REALM"));
	text_is((UNICODE_STRING){ data->AuthenticationPackage.Length, 0, data->AuthenticationPackage.Buffer }, "Kerberos");
	LsaFreeReturnBuffer(data);
}

TEST(a_password_logs_on)
{
	static const SECURITY_LOGON_TYPE types[] = { Network, NetworkCleartext, Interactive, Unlock, CachedInteractive };

	for (size_t i = 0; i < 2 * sizeof types / sizeof *types; i++) {
		struct logging l = password(i % 2 ? trusted : untrusted, types[i / 2], "alice", lab("KDC_PASSWORD"));
		KERB_INTERACTIVE_PROFILE *p;
		NTSTATUS verdict = -1;

		if (!CHECK_U64((ULONG)logon_run(&l), STATUS_SUCCESS))
			continue;
		p = l.profile;
		CHECK(l.substatus == 0 && l.profile_len >= sizeof *p && p->MessageType == KerbInteractiveProfile);
		CHECK(p->LogonTime.QuadPart > 0 && p->KickOffTime.QuadPart == INT64_MAX && p->FullName.Length == 0);
		CHECK((char *)p->LogonServer.Buffer > (char *)p && (char *)p->LogonServer.Buffer < (char *)p + l.profile_len);
		CHECK(logon_listed(l.luid));
		session_is(l.luid, "alice");
		CHECK(tickets_of(l.lsa, l.luid, &verdict) == 2 && verdict == STATUS_SUCCESS);	/* krbtgt, and this machine's */
		CHECK_U64((ULONG)shakes_as(&l.luid, "alice@"), SEC_E_OK);
		CHECK(tickets_of(l.lsa, l.luid, &verdict) == 3);
		logon_end(&l);
		CHECK(!logon_listed(l.luid));
		CHECK(tickets_of(l.lsa, l.luid, &verdict) == 0 && verdict == STATUS_NO_SUCH_LOGON_SESSION);
		CHECK(shakes_as(&l.luid, "alice@") != SEC_E_OK);
	}
}

/* user@realm, a domain in small letters, another realm of the same forest. */
TEST(names_in_each_form)
{
	static const struct { const char *domain, *user, *realm; } rows[] = {
		{ "", "alice@openlsa.test", "OPENLSA.TEST" }, { "openlsa.test", "alice", "OPENLSA.TEST" },
		{ "OPENLSA", "alice", "OPENLSA.TEST" }, { "", "alice", "OPENLSA.TEST" },
		{ "child.openlsa.test", "eve", "CHILD.OPENLSA.TEST" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct logging l = begin(untrusted, Network);
		PSECURITY_LOGON_SESSION_DATA data = NULL;

		logon_interactive(&l, rows[i].domain, rows[i].user, lab("KDC_PASSWORD"), i % 2);
		if (!CHECK_U64((ULONG)logon_run(&l), STATUS_SUCCESS))
			continue;
		if (CHECK(LsaGetLogonSessionData(&l.luid, &data) == STATUS_SUCCESS))
			text_is((UNICODE_STRING){ data->LogonDomain.Length, 0, data->LogonDomain.Buffer }, rows[i].realm);
		LsaFreeReturnBuffer(data);
		logon_end(&l);
	}
}

/* Negotiate finds the package by the name; the form is both packages'. */
TEST(negotiate_knows_whose_user_it_is)
{
	static const struct { const char *domain, *user, *package; } rows[] = {
		{ "OPENLSA.TEST", "alice", "Kerberos" }, { "", "alice@openlsa.test", "Kerberos" }, { "", API_USER, "NTLM" },
		{ ".", API_USER, "NTLM" }, { "localhost", API_USER, "NTLM" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (int unlock = 0; unlock < 2; unlock++) {
			struct logging l = begin(untrusted, Network);
			PSECURITY_LOGON_SESSION_DATA data = NULL;

			l.package = logon_package(untrusted, "Negotiate");
			logon_interactive(&l, rows[i].domain, rows[i].user, rows[i].package[0] == 'K' ? lab("KDC_PASSWORD") : API_PASSWORD, false);
			l.at[0] = unlock ? MsV1_0WorkstationUnlockLogon : MsV1_0InteractiveLogon;
			if (!CHECK_U64((ULONG)logon_run(&l), STATUS_SUCCESS))
				continue;
			if (CHECK(LsaGetLogonSessionData(&l.luid, &data) == STATUS_SUCCESS))
				text_is((UNICODE_STRING){ data->AuthenticationPackage.Length, 0, data->AuthenticationPackage.Buffer }, rows[i].package);
			LsaFreeReturnBuffer(data);
			logon_end(&l);
			l = begin(untrusted, Network);
			l.package = logon_package(untrusted, "Negotiate");
			logon_interactive(&l, rows[i].domain, rows[i].user, "wrong", true);
			refused(&l, STATUS_LOGON_FAILURE, 0);
		}
}

TEST(who_learns_what)
{
	static const struct { const char *user; bool right; NTSTATUS want, sub, to_trusted, trusted_sub; } rows[] = {
		{ "alice", false, STATUS_LOGON_FAILURE, 0, STATUS_LOGON_FAILURE, STATUS_WRONG_PASSWORD },
		{ "nobody-of-this-name", true, STATUS_LOGON_FAILURE, 0, STATUS_LOGON_FAILURE, STATUS_NO_SUCH_USER },
		{ "dave", true, STATUS_LOGON_FAILURE, 0, STATUS_ACCOUNT_RESTRICTION, STATUS_ACCOUNT_DISABLED },
		{ "dave", false, STATUS_LOGON_FAILURE, 0, STATUS_ACCOUNT_RESTRICTION, STATUS_ACCOUNT_DISABLED },
		{ "carol", true, STATUS_ACCOUNT_RESTRICTION, STATUS_PASSWORD_EXPIRED, STATUS_ACCOUNT_RESTRICTION, STATUS_PASSWORD_EXPIRED },
		{ "carol", false, STATUS_LOGON_FAILURE, 0, STATUS_LOGON_FAILURE, STATUS_WRONG_PASSWORD },
		{ "", true, STATUS_LOGON_FAILURE, 0, STATUS_LOGON_FAILURE, 0 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *word = rows[i].right ? lab("KDC_PASSWORD") : "wrong";
		struct logging l = password(untrusted, Interactive, rows[i].user, word);

		refused(&l, rows[i].want, rows[i].sub);
		l = password(trusted, Interactive, rows[i].user, word);
		refused(&l, rows[i].to_trusted, rows[i].trusted_sub);
	}
}

TEST(a_realm_without_a_kdc)
{
	struct logging l = begin(untrusted, Interactive);

	logon_interactive(&l, "NOWHERE.EXAMPLE", "alice", "x", false);
	refused(&l, STATUS_NO_LOGON_SERVERS, 0);
	CHECK(kerb_said(STATUS_NO_LOGON_SERVERS, "NOWHERE.EXAMPLE"));
}

TEST(policy_on_the_kind_of_logon)
{
	struct logging l = password(untrusted, Interactive, "alice", lab("KDC_PASSWORD"));
	ULONG before = logon_count();

	refused(&l, STATUS_LOGON_TYPE_NOT_GRANTED, 0);
	l = password(untrusted, Service, "alice", lab("KDC_PASSWORD"));
	refused(&l, STATUS_LOGON_TYPE_NOT_GRANTED, 0);
	right_set("S-1-5-11", "SeServiceLogonRight", true);
	l = password(untrusted, Service, "alice", lab("KDC_PASSWORD"));
	CHECK_U64((ULONG)logon_run(&l), STATUS_SUCCESS);
	logon_end(&l);
	right_set("S-1-5-11", "SeServiceLogonRight", false);
	right_set("S-1-1-0", "SeDenyNetworkLogonRight", true);
	l = password(untrusted, Network, "alice", lab("KDC_PASSWORD"));
	refused(&l, STATUS_LOGON_TYPE_NOT_GRANTED, 0);
	right_set("S-1-1-0", "SeDenyNetworkLogonRight", false);
	CHECK(logon_count() == before);
}

/* --- unlocking --------------------------------------------------------------------------- */

TEST(a_session_is_unlocked)
{
	struct logging l = password(untrusted, Interactive, "alice", lab("KDC_PASSWORD")), u;
	KERB_PURGE_TKT_CACHE_REQUEST purge = { .MessageType = KerbPurgeTicketCacheMessage };
	void *reply = NULL;
	ULONG len = 0, before;
	NTSTATUS verdict = -1;

	if (!CHECK_U64((ULONG)logon_run(&l), STATUS_SUCCESS))
		return;
	before = logon_count();
	purge.LogonId = l.luid;
	CHECK(LsaCallAuthenticationPackage(untrusted, kerberos, &purge, sizeof purge, &reply, &len, &verdict) == STATUS_SUCCESS &&
	    verdict == STATUS_SUCCESS);
	CHECK_U64(tickets_of(untrusted, l.luid, &verdict), 0);
	u = unlocking(untrusted, l.luid, "alice", "wrong");
	refused(&u, STATUS_LOGON_FAILURE, 0);
	u = unlocking(untrusted, l.luid, "bob", lab("KDC_PASSWORD"));
	refused(&u, STATUS_ACCESS_DENIED, 0);
	CHECK_U64(tickets_of(untrusted, l.luid, &verdict), 0);
	u = unlocking(untrusted, (LUID){ 4711, 0 }, "alice", lab("KDC_PASSWORD"));
	refused(&u, STATUS_NO_SUCH_LOGON_SESSION, 0);
	u = unlocking(untrusted, l.luid, "alice", lab("KDC_PASSWORD"));
	CHECK_U64((ULONG)logon_run(&u), STATUS_SUCCESS);
	CHECK(u.luid.LowPart == l.luid.LowPart && u.luid.HighPart == l.luid.HighPart && logon_count() == before);
	CHECK_U64(tickets_of(untrusted, l.luid, &verdict), 2);
	CHECK_U64((ULONG)shakes_as(&l.luid, "alice@"), SEC_E_OK);
	logon_end(&l);
	CHECK(logon_listed(u.luid));		/* the other token holds it */
	logon_end(&u);
	CHECK(!logon_listed(u.luid));
	u = unlocking(untrusted, (LUID){ 0, 0 }, "alice", lab("KDC_PASSWORD"));	/* none: a logon of its own */
	CHECK_U64((ULONG)logon_run(&u), STATUS_SUCCESS);
	logon_end(&u);
}

/* --- for elsewhere ------------------------------------------------------------------------ */

TEST(credentials_for_elsewhere)
{
	struct logging l = password(untrusted, NewCredentials, "bob", "wrong");
	NTSTATUS verdict = -1;

	CHECK_U64((ULONG)logon_run(&l), STATUS_SUCCESS);
	CHECK_U64((ULONG)shakes_as(&l.luid, "bob@"), (ULONG)SEC_E_LOGON_DENIED);
	logon_end(&l);
	l = password(untrusted, NewCredentials, "bob", lab("KDC_PASSWORD"));
	CHECK_U64((ULONG)logon_run(&l), STATUS_SUCCESS);
	CHECK(tickets_of(untrusted, l.luid, &verdict) == 0 && verdict == STATUS_SUCCESS);
	CHECK_U64((ULONG)shakes_as(&l.luid, "bob@"), SEC_E_OK);
	CHECK(tickets_of(untrusted, l.luid, &verdict) >= 2 && verdict == STATUS_SUCCESS);
	logon_end(&l);
	CHECK(shakes_as(&l.luid, "bob@") != SEC_E_OK);
}

/* --- tickets that are brought --------------------------------------------------------------- */

struct brought {
	krb5_context k5;
	krb5_ccache cc;
	krb5_principal client;
	krb5_creds *service, *granting;
	krb5_data cred;				/* KRB-CRED with the ticket-granting ticket */
};

static krb5_creds *
ticket(struct brought *b, const char *server)
{
	krb5_creds want = { .client = b->client }, *got = NULL;

	CHECK(krb5_parse_name(b->k5, server, &want.server) == 0);
	CHECK(krb5_get_credentials(b->k5, 0, b->cc, &want, &got) == 0);
	krb5_free_principal(b->k5, want.server);
	return got;
}

/* key: of another ticket than the service's; NULL: in the clear. */
static void
cred_make(struct brought *b, krb5_keyblock *key)
{
	krb5_auth_context auth = NULL;
	krb5_creds *list[2] = { b->granting, NULL };
	krb5_data *out = NULL;
	krb5_replay_data data;

	krb5_free_data_contents(b->k5, &b->cred);
	CHECK(krb5_auth_con_init(b->k5, &auth) == 0 && krb5_auth_con_setflags(b->k5, auth, 0) == 0);
	if (key)
		CHECK(krb5_auth_con_setsendsubkey(b->k5, auth, key) == 0);
	CHECK(krb5_mk_ncred(b->k5, auth, list, &out, &data) == 0);
	b->cred = *out;
	free(out);
	krb5_auth_con_free(b->k5, auth);
}

static bool
bring(struct brought *b, const char *client, const char *service)
{
	char cache[512];

	(void)snprintf(cache, sizeof cache, "FILE:%s/brought-cc", lab("KDC_DIR"));
	if (!CHECK(kerb_kinit(client, cache, "-f")) || !CHECK(krb5_init_context(&b->k5) == 0))
		return false;
	CHECK(krb5_cc_default(b->k5, &b->cc) == 0 && krb5_cc_get_principal(b->k5, b->cc, &b->client) == 0);
	b->granting = ticket(b, "krbtgt/OPENLSA.TEST@OPENLSA.TEST");
	b->service = ticket(b, service);
	return b->granting && b->service;
}

static void
bring_end(struct brought *b)
{
	krb5_free_data_contents(b->k5, &b->cred);
	krb5_free_creds(b->k5, b->granting);
	krb5_free_creds(b->k5, b->service);
	krb5_free_principal(b->k5, b->client);
	krb5_cc_destroy(b->k5, b->cc);
	krb5_free_context(b->k5);
	setenv("KRB5CCNAME", "FILE:/nonexistent/cc", 1);
}

static struct logging
ticket_logon(HANDLE lsa, const struct brought *b, bool with_cred, ULONG flags)
{
	struct logging l = begin(lsa, Network);
	KERB_TICKET_LOGON *m = (void *)l.at;

	m->MessageType = KerbTicketLogon;
	m->Flags = flags;
	l.len = sizeof *m;
	m->ServiceTicketLength = b->service->ticket.length;
	m->ServiceTicket = (PUCHAR)(uintptr_t)l.len;		/* packed */
	memcpy(l.at + l.len, b->service->ticket.data, b->service->ticket.length);
	l.len += b->service->ticket.length;
	if (with_cred) {
		m->TicketGrantingTicketLength = b->cred.length;
		m->TicketGrantingTicket = (PUCHAR)(uintptr_t)l.len;
		memcpy(l.at + l.len, b->cred.data, b->cred.length);
		l.len += b->cred.length;
	}
	return l;
}

TEST(a_ticket_logs_on)
{
	struct brought b = { .k5 = NULL };
	KERB_TICKET_PROFILE *p;
	struct logging l;
	NTSTATUS verdict = -1;

	if (!bring(&b, "alice", "host/localhost@OPENLSA.TEST"))
		return;
	cred_make(&b, &b.service->keyblock);
	for (int i = 0; i < 3; i++) {			/* trusted callers may bring the ticket alone */
		l = ticket_logon(i ? trusted : untrusted, &b, i < 2, 0);
		if (!CHECK_U64((ULONG)logon_run(&l), STATUS_SUCCESS))
			continue;
		p = l.profile;
		CHECK(p->Profile.MessageType == KerbTicketProfile && p->SessionKey.KeyType == b.service->keyblock.enctype);
		CHECK(p->SessionKey.Length == b.service->keyblock.length &&
		    memcmp(p->SessionKey.Value, b.service->keyblock.contents, p->SessionKey.Length) == 0);
		session_is(l.luid, "alice");
		CHECK_U64(tickets_of(l.lsa, l.luid, &verdict), i < 2);
		if (i < 2)
			CHECK_U64((ULONG)shakes_as(&l.luid, "alice@"), SEC_E_OK);
		logon_end(&l);
	}
	l = ticket_logon(untrusted, &b, false, 0);
	refused(&l, STATUS_PRIVILEGE_NOT_HELD, 0);
	l = ticket_logon(untrusted, &b, true, KERB_LOGON_FLAG_ALLOW_EXPIRED_TICKET);
	refused(&l, STATUS_PRIVILEGE_NOT_HELD, 0);
	l = ticket_logon(trusted, &b, true, 4);
	refused(&l, STATUS_INVALID_PARAMETER, 0);
	cred_make(&b, &b.granting->keyblock);			/* not under the service ticket's key */
	l = ticket_logon(untrusted, &b, true, 0);
	refused(&l, STATUS_LOGON_FAILURE, 0);
	cred_make(&b, NULL);
	l = ticket_logon(untrusted, &b, true, 0);
	refused(&l, STATUS_LOGON_FAILURE, 0);
	bring_end(&b);
}

/* KERB_TICKET_UNLOCK_LOGON: a LUID behind the fixed part, so all that is packed stands further on. */
static struct logging
ticket_unlocking(HANDLE lsa, const struct brought *b, LUID luid)
{
	struct logging l = ticket_logon(lsa, b, true, 0);
	KERB_TICKET_UNLOCK_LOGON *m = (void *)l.at;

	memmove(l.at + sizeof *m, l.at + sizeof m->Logon, l.len - sizeof m->Logon);
	l.len += sizeof *m - sizeof m->Logon;
	l.type = Unlock;
	m->Logon.MessageType = KerbTicketUnlockLogon;
	m->Logon.ServiceTicket += sizeof *m - sizeof m->Logon;
	m->Logon.TicketGrantingTicket += sizeof *m - sizeof m->Logon;
	m->LogonId = luid;
	return l;
}

TEST(a_ticket_unlocks)
{
	struct logging l = password(untrusted, Interactive, "alice", lab("KDC_PASSWORD")), u;
	KERB_PURGE_TKT_CACHE_REQUEST purge = { .MessageType = KerbPurgeTicketCacheMessage };
	struct brought b = { .k5 = NULL };
	void *reply = NULL;
	ULONG len = 0, before;
	NTSTATUS verdict = -1;

	if (!CHECK_U64((ULONG)logon_run(&l), STATUS_SUCCESS) || !bring(&b, "bob", "host/localhost@OPENLSA.TEST"))
		return;
	before = logon_count();
	purge.LogonId = l.luid;
	CHECK(LsaCallAuthenticationPackage(untrusted, kerberos, &purge, sizeof purge, &reply, &len, &verdict) == STATUS_SUCCESS &&
	    verdict == STATUS_SUCCESS);
	cred_make(&b, &b.service->keyblock);
	u = ticket_unlocking(untrusted, &b, l.luid);		/* another's */
	refused(&u, STATUS_ACCESS_DENIED, 0);
	CHECK_U64(tickets_of(untrusted, l.luid, &verdict), 0);
	bring_end(&b);
	b = (struct brought){ .k5 = NULL };
	if (!bring(&b, "alice", "host/localhost@OPENLSA.TEST"))
		return;
	cred_make(&b, &b.service->keyblock);
	u = ticket_unlocking(untrusted, &b, (LUID){ 4711, 0 });
	refused(&u, STATUS_NO_SUCH_LOGON_SESSION, 0);
	u = ticket_unlocking(untrusted, &b, l.luid);
	CHECK_U64((ULONG)logon_run(&u), STATUS_SUCCESS);
	CHECK(u.luid.LowPart == l.luid.LowPart && u.luid.HighPart == l.luid.HighPart && logon_count() == before);
	CHECK_U64(tickets_of(untrusted, l.luid, &verdict), 1);	/* what was brought, in the session that was there */
	CHECK_U64((ULONG)shakes_as(&l.luid, "alice@"), SEC_E_OK);
	logon_end(&l);
	CHECK(logon_listed(u.luid));
	logon_end(&u);
	CHECK(!logon_listed(u.luid));
	bring_end(&b);
}

/* A service's key is its own, not the machine's; bits of a ticket that were changed. */
TEST(tickets_that_do_not)
{
	static const char *const services[] = { "HTTP/localhost@OPENLSA.TEST", "krbtgt/CHILD.OPENLSA.TEST@OPENLSA.TEST" };

	for (size_t i = 0; i < 3; i++) {
		struct brought b = { .k5 = NULL };
		struct logging l;

		if (!bring(&b, "alice", i < 2 ? services[i] : "host/localhost@OPENLSA.TEST"))
			return;
		if (i == 2)
			b.service->ticket.data[b.service->ticket.length - 9] ^= 1;
		cred_make(&b, &b.service->keyblock);
		l = ticket_logon(trusted, &b, true, 0);
		refused(&l, STATUS_LOGON_FAILURE, 0);
		bring_end(&b);
	}
}

/* --- a name alone ---------------------------------------------------------------------------- */

static struct logging
s4u(HANDLE lsa, SECURITY_LOGON_TYPE type, const char *upn, const char *realm, ULONG flags)
{
	struct logging l = begin(lsa, type), from = begin(lsa, type);
	KERB_S4U_LOGON *m = (void *)l.at;
	MSV1_0_INTERACTIVE_LOGON *f = (void *)from.at;

	logon_interactive(&from, upn, realm, "", true);
	m->MessageType = KerbS4ULogon;
	m->Flags = flags;
	m->ClientUpn = f->LogonDomainName;
	m->ClientRealm = f->UserName;
	m->ClientUpn.Buffer = (PWSTR)(uintptr_t)sizeof *m;
	m->ClientRealm.Buffer = (PWSTR)(uintptr_t)(sizeof *m + m->ClientUpn.Length);
	memcpy(l.at + sizeof *m, from.at + sizeof *f, from.len - sizeof *f);
	l.len = (ULONG)sizeof *m + from.len - (ULONG)sizeof *f;
	return l;
}

static void
level_is(HANDLE token, SECURITY_IMPERSONATION_LEVEL want)
{
	SECURITY_IMPERSONATION_LEVEL level = SecurityAnonymous;
	DWORD len;

	CHECK(GetTokenInformation(token, TokenImpersonationLevel, &level, sizeof level, &len));
	CHECK_U64(level, want);
}

TEST(a_name_alone_logs_on)
{
	static const struct { const char *upn, *realm; bool trusted; ULONG flags; SECURITY_IMPERSONATION_LEVEL level; } rows[] = {
		{ "alice", "OPENLSA.TEST", false, 0, SecurityIdentification },
		{ "alice@openlsa.test", "", false, 2, SecurityIdentification },
		{ "alice", "", true, 0, SecurityImpersonation },
		{ "alice@OPENLSA.TEST", "", true, 8, SecurityIdentification },
	};
	struct logging l;
	NTSTATUS verdict = -1;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		l = s4u(rows[i].trusted ? trusted : untrusted, Network, rows[i].upn, rows[i].realm, rows[i].flags);
		if (!CHECK_U64((ULONG)logon_run(&l), STATUS_SUCCESS) && !kerb_said(STATUS_LOGON_FAILURE, "?"))
			continue;
		session_is(l.luid, "alice");
		level_is(l.token, rows[i].level);
		CHECK_U64(tickets_of(l.lsa, l.luid, &verdict), 0);
		logon_end(&l);
	}
	l = s4u(untrusted, Network, "nobody-of-this-name", "", 0);
	refused(&l, STATUS_LOGON_FAILURE, 0);
	l = s4u(trusted, Network, "nobody-of-this-name", "", 0);
	refused(&l, STATUS_LOGON_FAILURE, STATUS_NO_SUCH_USER);
	l = s4u(trusted, Network, "eve", "CHILD.OPENLSA.TEST", 0);	/* of another realm */
	refused(&l, STATUS_LOGON_FAILURE, 0);
	l = s4u(trusted, Interactive, "alice", "", 0);
	refused(&l, STATUS_INVALID_LOGON_TYPE, 0);
	l = s4u(untrusted, Batch, "alice", "", 0);
	refused(&l, STATUS_PRIVILEGE_NOT_HELD, 0);
	l = s4u(trusted, Network, "alice", "", 0x10);
	refused(&l, STATUS_INVALID_PARAMETER, 0);
	l = s4u(trusted, Network, "", "", 0);
	refused(&l, STATUS_LOGON_FAILURE, 0);
}

/* --- a KDC that says nothing -------------------------------------------------------------------- */

#define WAITING 8

static struct waiting {
	pthread_t thread;
	struct logging l;
	NTSTATUS status;
	uint64_t ended;
} waiting[WAITING];

static void *
wait_for_it(void *arg)
{
	struct waiting *w = arg;

	w->status = logon_run(&w->l);
	w->ended = api_ms();
	return NULL;
}

/* The first of the KDCs that run. */
static int
kdc_pid(void)
{
	char path[600];
	int pid = 0;
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/pids", lab("KDC_DIR"));
	f = fopen(path, "r");
	CHECK(f && fscanf(f, "%d", &pid) == 1 && pid > 1);
	if (f)
		fclose(f);
	return pid;
}

TEST(whoever_leaves_waits_no_more)
{
	HANDLE lsa = logon_untrusted();
	ULONG before = logon_count();
	int pid = kdc_pid();
	uint64_t left;

	if (pid <= 1 || !CHECK(kill(pid, SIGSTOP) == 0))
		return;
	for (int i = 0; i < WAITING; i++) {
		waiting[i].l = password(lsa, Network, "alice", lab("KDC_PASSWORD"));
		CHECK(pthread_create(&waiting[i].thread, NULL, wait_for_it, &waiting[i]) == 0);
	}
	usleep(700000);
	left = api_ms();
	CHECK(LsaDeregisterLogonProcess(lsa) == STATUS_SUCCESS);
	for (int i = 0; i < WAITING; i++) {
		CHECK(pthread_join(waiting[i].thread, NULL) == 0);
		CHECK_U64((ULONG)waiting[i].status, (ULONG)STATUS_PORT_DISCONNECTED);
		CHECK(waiting[i].ended >= left && waiting[i].ended - left < 1000);
		CHECK(waiting[i].l.token == (HANDLE)5);
	}
	CHECK(kill(pid, SIGCONT) == 0);
	for (left = api_ms() + 3000; logon_count() != before && api_ms() < left; )
		usleep(1000);
	CHECK(logon_count() == before);
}

/* --- buffers ------------------------------------------------------------------------------- */

TEST(what_is_not_supported)
{
	static const struct { int type; NTSTATUS want; } rows[] = {
		{ KerbSmartCardLogon, STATUS_NOT_SUPPORTED }, { KerbSmartCardUnlockLogon, STATUS_NOT_SUPPORTED },
		{ KerbProxyLogon, STATUS_NOT_SUPPORTED }, { KerbCertificateLogon, STATUS_NOT_SUPPORTED },
		{ KerbCertificateS4ULogon, STATUS_NOT_SUPPORTED }, { KerbCertificateUnlockLogon, STATUS_NOT_SUPPORTED },
		{ KerbNoElevationLogon, STATUS_BAD_VALIDATION_CLASS }, { KerbLuidLogon, STATUS_BAD_VALIDATION_CLASS },
		{ 3, STATUS_BAD_VALIDATION_CLASS }, { 4711, STATUS_BAD_VALIDATION_CLASS },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct logging l = password(trusted, Interactive, "alice", lab("KDC_PASSWORD"));

		memcpy(l.at, &rows[i].type, sizeof rows[i].type);
		refused(&l, rows[i].want, 0);
	}
}

/* Each length and each address outside: refused before anything is asked of anybody. */
TEST(buffers_mutated)
{
	static const size_t lens[] = { 8, 24, 40 };
	struct brought b = { .k5 = NULL };

	for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
		struct logging l = password(untrusted, Interactive, "alice", lab("KDC_PASSWORD"));
		USHORT odd;

		memcpy(&odd, l.at + lens[i], 2);
		odd = (USHORT)(odd - 1);
		memcpy(l.at + lens[i], &odd, 2);
		refused(&l, STATUS_INVALID_PARAMETER, 0);
		l = password(untrusted, Interactive, "alice", lab("KDC_PASSWORD"));
		memset(l.at + lens[i], 0xff, 2);
		refused(&l, STATUS_INVALID_PARAMETER, 0);
		l = password(untrusted, Interactive, "alice", lab("KDC_PASSWORD"));
		memset(l.at + lens[i] + 8, 0xee, 8);
		refused(&l, STATUS_INVALID_PARAMETER, 0);
	}
	for (ULONG len = 1; len < sizeof(KERB_INTERACTIVE_LOGON); len++) {
		struct logging l = password(untrusted, Interactive, "alice", lab("KDC_PASSWORD"));

		l.len = len;
		refused(&l, STATUS_INVALID_PARAMETER, 0);
	}
	if (!bring(&b, "alice", "host/localhost@OPENLSA.TEST"))
		return;
	cred_make(&b, &b.service->keyblock);
	for (int i = 0; i < 32; i++) {
		struct logging l = ticket_logon(trusted, &b, true, 0);

		if (i < 8 || i == 28 || i == 20 || i == 21 || i == 22 || i == 23)
			continue;		/* type and flags */
		l.at[i] = i % 4 == 3 || i > 15 ? 0xfe : (unsigned char)(l.at[i] ^ 0x80);
		(void)logon_run(&l);		/* whatever it says: no crash, nothing let in by another's bytes */
		if (l.token != (HANDLE)5)
			logon_end(&l);
	}
	bring_end(&b);
}

int
main(void)
{
	api_begin();
	setenv("KRB5CCNAME", "FILE:/nonexistent/cc", 1);
	trusted = logon_trusted();
	untrusted = logon_untrusted();
	kerberos = logon_package(untrusted, "Kerberos");
	RUN(policy_on_the_kind_of_logon);
	right_set("S-1-5-11", "SeInteractiveLogonRight", true);
	RUN(a_password_logs_on);
	RUN(names_in_each_form);
	RUN(negotiate_knows_whose_user_it_is);
	RUN(who_learns_what);
	RUN(a_realm_without_a_kdc);
	RUN(a_session_is_unlocked);
	RUN(credentials_for_elsewhere);
	RUN(a_ticket_logs_on);
	RUN(a_ticket_unlocks);
	RUN(tickets_that_do_not);
	RUN(a_name_alone_logs_on);
	RUN(whoever_leaves_waits_no_more);
	RUN(what_is_not_supported);
	RUN(buffers_mutated);
	LsaDeregisterLogonProcess(trusted);
	LsaDeregisterLogonProcess(untrusted);
	return check_end();
}
