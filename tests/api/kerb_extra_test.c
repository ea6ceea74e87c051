/*
 * kerb_extra_test.c - KerbAddExtraCredentials, its Ex, and
 * KerbTransferCredentials, and AddCredentials, near and far: keys made of passwords, with which MIT's
 * clients are accepted; MIT's KDC made its own of the same passwords.
 * Covers secur32/add_cred.c, lsa/serve_sspi.c (serve_add_cred), pkg/kerberos/kerb_msg_extra.c, pkg/kerberos/kerb_extra.c, pkg/kerberos/kerb_judge.c (proof_open_extra),
 * pkg/kerberos/kerb_answer.c (kerb_accept_ready), secur32/marshal.c.
 */
#include <gssapi/gssapi_krb5.h>
#include <stdlib.h>
#include <string.h>

#include "tests/api/kerb.h"
#include "tests/api/logon.h"
#include "tests/check.h"

static const char bob[] = "bob@OPENLSA.TEST", service[] = "HTTP/extra.openlsa.test@OPENLSA.TEST";
static HANDLE lsa, trusted;
static ULONG kerberos;
static unsigned char room[16384];
static size_t used;

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
call(HANDLE link, void *ret_reply)
{
	NTSTATUS verdict = STATUS_PENDING;
	void *reply = NULL;
	ULONG len = 0;

	CHECK(LsaCallAuthenticationPackage(link, kerberos, room, (ULONG)used, &reply, &len, &verdict) == STATUS_SUCCESS);
	if (ret_reply)
		*(void **)ret_reply = reply;
	else
		LsaFreeReturnBuffer(reply);
	return verdict;
}

static NTSTATUS
extra(ULONG flags, const char *user, const char *password, const char *const *names, ULONG count)
{
	KERB_ADD_CREDENTIALS_REQUEST_EX *ask = (void *)room;

	memset(room, 0, sizeof room);
	used = names ? sizeof *ask + count * sizeof(UNICODE_STRING) : sizeof ask->Credentials;
	ask->Credentials.MessageType = names ? KerbAddExtraCredentialsExMessage : KerbAddExtraCredentialsMessage;
	ask->Credentials.Flags = flags;
	ask->Credentials.UserName = text(user);
	ask->Credentials.DomainName = text("openlsa.test");
	ask->Credentials.Password = text(password);
	if (names) {
		ask->PrincipalNameCount = count;
		for (ULONG i = 0; i < count; i++)
			ask->PrincipalNames[i] = text(names[i]);
	}
	return call(lsa, NULL);
}

static SECURITY_STATUS
accepts_with(const char *target, CredHandle cred)
{
	gss_buffer_desc name = { strlen(target), (void *)(uintptr_t)target }, out = GSS_C_EMPTY_BUFFER;
	gss_ctx_id_t ctx = GSS_C_NO_CONTEXT;
	gss_name_t who = GSS_C_NO_NAME;
	char answer[20000];
	SecBuffer in = { 0, SECBUFFER_TOKEN, NULL }, back = { sizeof answer, SECBUFFER_TOKEN, answer };
	SecBufferDesc in_desc = { SECBUFFER_VERSION, 1, &in }, back_desc = { SECBUFFER_VERSION, 1, &back };
	OM_uint32 minor;
	SECURITY_STATUS status;
	CtxtHandle context;
	ULONG attr;

	CHECK(gss_import_name(&minor, &name, (gss_OID)GSS_KRB5_NT_PRINCIPAL_NAME, &who) == GSS_S_COMPLETE);
	CHECK(!GSS_ERROR(gss_init_sec_context(&minor, GSS_C_NO_CREDENTIAL, &ctx, who, (gss_OID)gss_mech_krb5, GSS_C_MUTUAL_FLAG, 0,
	    NULL, NULL, NULL, &out, NULL, NULL)));
	in.cbBuffer = (ULONG)out.length;
	in.pvBuffer = out.value;
	status = AcceptSecurityContext(&cred, NULL, &in_desc, 0, SECURITY_NATIVE_DREP, &context, &back_desc, &attr, NULL);
	if (status == SEC_E_OK) {
		gss_buffer_desc reply = { back.cbBuffer, answer }, none = GSS_C_EMPTY_BUFFER;

		CHECK_U64(gss_init_sec_context(&minor, GSS_C_NO_CREDENTIAL, &ctx, who, (gss_OID)gss_mech_krb5, GSS_C_MUTUAL_FLAG, 0, NULL,
		    &reply, NULL, &none, NULL, NULL), GSS_S_COMPLETE);
		CHECK(DeleteSecurityContext(&context) == SEC_E_OK);
	}
	(void)gss_delete_sec_context(&minor, &ctx, NULL);
	(void)gss_release_name(&minor, &who);
	(void)gss_release_buffer(&minor, &out);
	return status;
}

/* MIT's client, as alice, at an acceptor of ours for `own` (NULL: any). */
static SECURITY_STATUS
accepts(const char *target, const char *own)
{
	CredHandle cred;
	SECURITY_STATUS status = AcquireCredentialsHandleA((char *)(uintptr_t)own, (char *)(uintptr_t)"Kerberos", SECPKG_CRED_INBOUND,
	    NULL, NULL, NULL, NULL, &cred, NULL);

	if (status != SEC_E_OK)
		return status;
	status = accepts_with(target, cred);
	FreeCredentialsHandle(&cred);
	return status;
}

TEST(a_users_key)
{
	CHECK_U64((uint32_t)accepts(bob, NULL), (uint32_t)SEC_E_LOGON_DENIED);
	CHECK_U64((uint32_t)extra(2, "bob", "x", NULL, 0), (uint32_t)STATUS_OBJECT_NAME_NOT_FOUND);
	CHECK_U64((uint32_t)extra(1, "bob", lab("KDC_PASSWORD"), NULL, 0), STATUS_SUCCESS);
	if (!CHECK_U64((uint32_t)accepts(bob, NULL), SEC_E_OK))
		(void)kerb_said(SEC_E_LOGON_DENIED, "?");
	CHECK_U64((uint32_t)accepts("host/aes256.openlsa.test@OPENLSA.TEST", NULL), SEC_E_OK);	/* the keytab's go on */
	CHECK_U64((uint32_t)extra(1, "bob", "another", NULL, 0), (uint32_t)STATUS_OBJECT_NAME_COLLISION);
	CHECK_U64((uint32_t)accepts(bob, NULL), SEC_E_OK);
	CHECK_U64((uint32_t)extra(2, "bob", "another", NULL, 0), STATUS_SUCCESS);
	CHECK_U64((uint32_t)accepts(bob, NULL), (uint32_t)SEC_E_LOGON_DENIED);
	CHECK_U64((uint32_t)extra(2, "bob", lab("KDC_PASSWORD"), NULL, 0), STATUS_SUCCESS);
	CHECK_U64((uint32_t)accepts(bob, NULL), SEC_E_OK);
	CHECK_U64((uint32_t)extra(4, "bob", "", NULL, 0), STATUS_SUCCESS);
	CHECK_U64((uint32_t)accepts(bob, NULL), (uint32_t)SEC_E_LOGON_DENIED);
	CHECK_U64((uint32_t)extra(4, "bob", "", NULL, 0), (uint32_t)STATUS_OBJECT_NAME_NOT_FOUND);
}

TEST(for_some_names_alone)
{
	static const char *const other[] = { "HTTP/other.openlsa.test" }, *const both[] = { "HTTP/other.openlsa.test", "HTTP/Extra.openlsa.test" };

	CHECK_U64((uint32_t)accepts(service, "HTTP/extra.openlsa.test"), (uint32_t)SEC_E_NO_CREDENTIALS);
	CHECK_U64((uint32_t)extra(1, "HTTP/extra.openlsa.test", lab("KDC_PASSWORD"), other, 1), STATUS_SUCCESS);
	CHECK_U64((uint32_t)accepts(service, NULL), (uint32_t)SEC_E_LOGON_DENIED);
	CHECK_U64((uint32_t)accepts(service, "HTTP/extra.openlsa.test"), (uint32_t)SEC_E_NO_CREDENTIALS);
	CHECK_U64((uint32_t)extra(2, "HTTP/extra.openlsa.test", lab("KDC_PASSWORD"), both, 2), STATUS_SUCCESS);
	CHECK_U64((uint32_t)accepts(service, NULL), SEC_E_OK);
	CHECK_U64((uint32_t)accepts(service, "HTTP/extra.openlsa.test"), SEC_E_OK);
	CHECK_U64((uint32_t)accepts(service, "HTTP/other.openlsa.test"), (uint32_t)SEC_E_LOGON_DENIED);
	CHECK_U64((uint32_t)extra(4, "HTTP/extra.openlsa.test", "", NULL, 0), STATUS_SUCCESS);
	CHECK_U64((uint32_t)accepts(service, NULL), (uint32_t)SEC_E_LOGON_DENIED);
}

TEST(malformed)
{
	static const char *const one[] = { "HTTP/x" };
	KERB_ADD_CREDENTIALS_REQUEST_EX *ask = (void *)room;
	ULONG flags[] = { 0, 3, 8 };

	for (size_t i = 0; i < 3; i++)
		CHECK_U64((uint32_t)extra(flags[i], "bob", "x", NULL, 0), (uint32_t)STATUS_INVALID_PARAMETER);
	CHECK_U64((uint32_t)extra(1, "", "x", NULL, 0), (uint32_t)STATUS_INVALID_PARAMETER);
	CHECK_U64((uint32_t)extra(1, "bob", "x", one, 0), (uint32_t)STATUS_INVALID_PARAMETER);
	(void)extra(4, "bob", "x", NULL, 0);
	ask->Credentials.LogonId.LowPart = 4711;
	CHECK_U64((uint32_t)call(lsa, NULL), (uint32_t)STATUS_NO_SUCH_LOGON_SESSION);
}

/* --- AddCredentials ------------------------------------------------------------------ */

static SECURITY_STATUS
add(PCredHandle cred, const char *principal, const char *package, ULONG use, const char *user, const char *password)
{
	SEC_WINNT_AUTH_IDENTITY_A id = {
		.User = (unsigned char *)(uintptr_t)user, .UserLength = (ULONG)strlen(user),
		.Domain = (unsigned char *)(uintptr_t)"openlsa.test", .DomainLength = 12,
		.Password = (unsigned char *)(uintptr_t)password, .PasswordLength = password ? (ULONG)strlen(password) : 0,
		.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
	};

	return AddCredentialsA(cred, (char *)(uintptr_t)principal, (char *)(uintptr_t)package, use, &id, NULL, NULL, NULL);
}

static CredHandle
inbound(const char *package)
{
	CredHandle cred;

	CHECK_U64((uint32_t)AcquireCredentialsHandleA(NULL, (char *)(uintptr_t)package, SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL, &cred,
	    NULL), SEC_E_OK);
	return cred;
}

TEST(a_credential_gets_more)
{
	CredHandle one = inbound("Kerberos"), other = inbound("Kerberos");

	CHECK_U64((uint32_t)accepts_with(bob, one), (uint32_t)SEC_E_LOGON_DENIED);
	CHECK_U64((uint32_t)add(&one, NULL, "Kerberos", SECPKG_CRED_INBOUND, "bob", lab("KDC_PASSWORD")), SEC_E_OK);
	CHECK_U64((uint32_t)accepts_with(bob, one), SEC_E_OK);
	CHECK_U64((uint32_t)accepts_with("host/aes256.openlsa.test@OPENLSA.TEST", one), SEC_E_OK);	/* the keytab's go on */
	CHECK_U64((uint32_t)accepts_with(bob, other), (uint32_t)SEC_E_LOGON_DENIED);	/* this one's alone */
	CHECK_U64((uint32_t)accepts(bob, NULL), (uint32_t)SEC_E_LOGON_DENIED);
	CHECK_U64((uint32_t)add(&one, NULL, NULL, SECPKG_CRED_INBOUND, "bob", "another"), SEC_E_OK);	/* in its place */
	CHECK_U64((uint32_t)accepts_with(bob, one), (uint32_t)SEC_E_LOGON_DENIED);
	CHECK_U64((uint32_t)add(&one, "HTTP/extra.openlsa.test", "kerberos", SECPKG_CRED_INBOUND, "bob", lab("KDC_PASSWORD")), SEC_E_OK);
	CHECK_U64((uint32_t)accepts_with(bob, one), (uint32_t)SEC_E_LOGON_DENIED);	/* for that name alone */
	CHECK_U64((uint32_t)add(&one, "HTTP/extra.openlsa.test", "kerberos", SECPKG_CRED_INBOUND, "HTTP/extra.openlsa.test",
	    lab("KDC_PASSWORD")), SEC_E_OK);
	CHECK_U64((uint32_t)accepts_with(service, one), SEC_E_OK);
	FreeCredentialsHandle(&one);
	FreeCredentialsHandle(&other);
}

TEST(what_a_credential_takes)
{
	CredHandle kerb = inbound("Kerberos"), nego = inbound("Negotiate"), ntlm = inbound("NTLM"), gone = kerb, out;
	SEC_WINNT_AUTH_IDENTITY_EXA junk = { .Version = SEC_WINNT_AUTH_IDENTITY_VERSION, .Length = 1 };

	CHECK_U64((uint32_t)add(&kerb, NULL, "Kerberos", SECPKG_CRED_OUTBOUND, "bob", "x"), (uint32_t)SEC_E_UNSUPPORTED_FUNCTION);
	CHECK_U64((uint32_t)add(&kerb, NULL, "Kerberos", SECPKG_CRED_BOTH, "bob", "x"), (uint32_t)SEC_E_UNSUPPORTED_FUNCTION);
	CHECK_U64((uint32_t)add(&kerb, NULL, "NTLM", SECPKG_CRED_INBOUND, "bob", "x"), (uint32_t)SEC_E_SECPKG_NOT_FOUND);
	CHECK_U64((uint32_t)add(&kerb, NULL, "nothing", SECPKG_CRED_INBOUND, "bob", "x"), (uint32_t)SEC_E_SECPKG_NOT_FOUND);
	CHECK_U64((uint32_t)add(&kerb, NULL, "Kerberos", SECPKG_CRED_INBOUND, "", "x"), (uint32_t)SEC_E_UNKNOWN_CREDENTIALS);
	CHECK_U64((uint32_t)add(&kerb, NULL, "Kerberos", SECPKG_CRED_INBOUND, "bob", NULL), (uint32_t)SEC_E_UNKNOWN_CREDENTIALS);
	CHECK_U64((uint32_t)AddCredentialsW(&kerb, NULL, NULL, SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL), (uint32_t)SEC_E_UNKNOWN_CREDENTIALS);
	CHECK(AddCredentialsW(&kerb, NULL, NULL, SECPKG_CRED_INBOUND, &junk, NULL, NULL, NULL) < 0);
	CHECK_U64((uint32_t)add(&ntlm, NULL, "NTLM", SECPKG_CRED_INBOUND, "bob", "x"), (uint32_t)SEC_E_UNSUPPORTED_FUNCTION);
	CHECK_U64((uint32_t)add(&nego, NULL, "NTLM", SECPKG_CRED_INBOUND, "bob", "x"), (uint32_t)SEC_E_UNSUPPORTED_FUNCTION);
	CHECK_U64((uint32_t)add(&nego, NULL, NULL, SECPKG_CRED_INBOUND, "bob", "x"), (uint32_t)SEC_E_SECPKG_NOT_FOUND);
	CHECK_U64((uint32_t)accepts_with(bob, nego), (uint32_t)SEC_E_LOGON_DENIED);
	CHECK_U64((uint32_t)add(&nego, NULL, "Kerberos", SECPKG_CRED_INBOUND, "bob", lab("KDC_PASSWORD")), SEC_E_OK);
	CHECK_U64((uint32_t)accepts_with(bob, nego), SEC_E_OK);		/* Kerberos' own first token, as it is */
	CHECK_U64((uint32_t)AcquireCredentialsHandleA(NULL, (char *)(uintptr_t)"Kerberos", SECPKG_CRED_OUTBOUND, NULL, NULL, NULL, NULL, &out,
	    NULL), SEC_E_OK);
	CHECK_U64((uint32_t)add(&out, NULL, "Kerberos", SECPKG_CRED_INBOUND, "bob", "x"), (uint32_t)SEC_E_UNSUPPORTED_FUNCTION);
	FreeCredentialsHandle(&out);
	FreeCredentialsHandle(&kerb);
	FreeCredentialsHandle(&nego);
	FreeCredentialsHandle(&ntlm);
	CHECK_U64((uint32_t)add(&gone, NULL, "Kerberos", SECPKG_CRED_INBOUND, "bob", "x"), (uint32_t)SEC_E_INVALID_HANDLE);
}

/* More than a session has room for, in one credential; the same account again is no more. */
TEST(no_more_than_64)
{
	CredHandle cred = inbound("Kerberos");
	char name[24];

	for (int i = 0; i < 64; i++) {
		(void)snprintf(name, sizeof name, "account%d", i);
		CHECK_U64((uint32_t)add(&cred, NULL, NULL, SECPKG_CRED_INBOUND, name, "x"), SEC_E_OK);
	}
	CHECK_U64((uint32_t)add(&cred, NULL, NULL, SECPKG_CRED_INBOUND, "one-more", "x"), (uint32_t)SEC_E_INSUFFICIENT_MEMORY);
	CHECK_U64((uint32_t)add(&cred, NULL, NULL, SECPKG_CRED_INBOUND, "account7", "y"), SEC_E_OK);
	FreeCredentialsHandle(&cred);
}

static ULONG
tickets(LUID luid)
{
	KERB_QUERY_TKT_CACHE_REQUEST *ask = (void *)room;
	KERB_QUERY_TKT_CACHE_EX3_RESPONSE *reply = NULL;
	ULONG count = 999;

	memset(room, 0, sizeof room);
	used = sizeof *ask;
	ask->MessageType = KerbQueryTicketCacheEx3Message;
	ask->LogonId = luid;
	if (CHECK(call(trusted, &reply) == STATUS_SUCCESS) && CHECK(reply))
		count = reply->CountOfTickets;
	LsaFreeReturnBuffer(reply);
	return count;
}

static NTSTATUS
transfer(HANDLE link, LUID from, LUID to, ULONG flags)
{
	KERB_TRANSFER_CRED_REQUEST *ask = (void *)room;

	memset(room, 0, sizeof room);
	used = sizeof *ask;
	ask->MessageType = KerbTransferCredentialsMessage;
	ask->OriginLogonId = from;
	ask->DestinationLogonId = to;
	ask->Flags = flags;
	return call(link, NULL);
}

TEST(from_one_session_to_another)
{
	struct logging a = { .lsa = trusted, .package = logon_package(trusted, MSV1_0_PACKAGE_NAME), .type = Network }, b = a;
	LUID nobody = { 4711, 0 };

	logon_interactive(&a, "", API_USER, API_PASSWORD, false);
	logon_interactive(&b, "", API_USER, API_PASSWORD, true);
	if (!CHECK(logon_run(&a) == STATUS_SUCCESS && logon_run(&b) == STATUS_SUCCESS))
		return;
	CHECK_U64((uint32_t)transfer(trusted, a.luid, b.luid, 1), (uint32_t)SEC_E_NO_CREDENTIALS);
	CHECK(tickets((LUID){ 0, 0 }) > 0);
	CHECK_U64((uint32_t)transfer(trusted, (LUID){ 0, 0 }, a.luid, 0), STATUS_SUCCESS);
	CHECK_U64(tickets(a.luid), 0);
	CHECK_U64((uint32_t)transfer(trusted, (LUID){ 0, 0 }, a.luid, 1), STATUS_SUCCESS);
	CHECK(tickets(a.luid) > 0 && tickets((LUID){ 0, 0 }) == tickets(a.luid));
	CHECK_U64((uint32_t)transfer(trusted, a.luid, b.luid, 3), STATUS_SUCCESS);
	CHECK(tickets(a.luid) == 0 && tickets(b.luid) > 0);
	CHECK_U64((uint32_t)transfer(trusted, b.luid, nobody, 1), (uint32_t)STATUS_NO_SUCH_LOGON_SESSION);
	CHECK_U64((uint32_t)transfer(trusted, a.luid, b.luid, 4), (uint32_t)STATUS_INVALID_PARAMETER);
	CHECK_U64((uint32_t)transfer(lsa, b.luid, a.luid, 1), (uint32_t)STATUS_ACCESS_DENIED);
	logon_end(&a);
	logon_end(&b);
}

int
main(void)
{
	char cache[512];

	if (!getenv("KDC_DIR"))
		return 77;
	(void)snprintf(cache, sizeof cache, "FILE:%s/extra.cc", lab("KDC_DIR"));
	CHECK(kerb_kinit("alice@OPENLSA.TEST", cache, ""));
	CHECK(system("KRB5_KDC_PROFILE=\"$KDC_DIR/kdc0.conf\" kadmin.local -r OPENLSA.TEST "
	    "addprinc -pw \"$KDC_PASSWORD\" HTTP/extra.openlsa.test >/dev/null 2>&1; true") == 0);
	api_begin();
	lsa = logon_untrusted();
	trusted = logon_trusted();
	kerberos = logon_package(lsa, MICROSOFT_KERBEROS_NAME_A);
	RUN(a_users_key);
	RUN(for_some_names_alone);
	RUN(malformed);
	RUN(a_credential_gets_more);
	RUN(what_a_credential_takes);
	if (!api_far())			/* keys take their time */
		RUN(no_more_than_64);
	RUN(from_one_session_to_another);
	CHECK(LsaDeregisterLogonProcess(lsa) == STATUS_SUCCESS && LsaDeregisterLogonProcess(trusted) == STATUS_SUCCESS);
	return check_end();
}
