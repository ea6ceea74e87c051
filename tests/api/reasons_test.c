/*
 * reasons_test.c - what OlsaExplain says, word for word: the same near and
 * far, and never more than its reader may know.
 * Covers secur32/explain.c, secur32/ask.c, lsa/served.c.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/api/api.h"
#include "tests/check.h"

static CredHandle stall, ntlm_out, ntlm_in;

#define WORDS(literal)	((char *)(uintptr_t)(literal))

/* --- failures, each told by the status of the call that failed ------------------------- */

static LONG
acquire_of(const char *package, ULONG use, void *identity)
{
	CredHandle cred;

	return AcquireCredentialsHandleA(NULL, WORDS(package), use, NULL, identity, NULL, NULL, &cred, NULL);
}

static LONG
init_of(PCredHandle cred, PCtxtHandle context, const char *target, ULONG room, PCtxtHandle fresh)
{
	char token[4096];
	SecBuffer in_b = { 2, SECBUFFER_TOKEN, WORDS("ok") }, out_b = { room, SECBUFFER_TOKEN, token };
	SecBufferDesc in = { SECBUFFER_VERSION, 1, &in_b }, out = { SECBUFFER_VERSION, 1, &out_b };

	return InitializeSecurityContextA(cred, context, WORDS(target), 0, 0, 0, context ? &in : NULL, 0, fresh, &out, NULL, NULL);
}

static LONG
accept_of(PCredHandle cred, const char *token)
{
	char room[4096];
	SecBuffer in_b = { (ULONG)strlen(token), SECBUFFER_TOKEN, WORDS(token) }, out_b = { sizeof room, SECBUFFER_TOKEN, room };
	SecBufferDesc in = { SECBUFFER_VERSION, 1, &in_b }, out = { SECBUFFER_VERSION, 1, &out_b };
	CtxtHandle ctx;

	return AcceptSecurityContext(cred, NULL, &in, 0, 0, &ctx, &out, NULL, NULL);
}

static LONG
no_package(void)
{
	return acquire_of("nonsense", SECPKG_CRED_OUTBOUND, NULL);
}

static LONG
no_identity(void)
{
	ULONG garbage[12];

	memset(garbage, 0xEE, sizeof garbage);
	return acquire_of("NTLM", SECPKG_CRED_OUTBOUND, garbage);
}

static LONG
policy_only(void)
{
	return acquire_of("NTLM", SECPKG_CRED_OUTBOUND | 0x20, NULL);
}

static LONG
not_inbound(void)
{
	return accept_of(&ntlm_out, "NTLMSSP");
}

static LONG
no_negotiate(void)
{
	return accept_of(&ntlm_in, "what is this?");
}

static LONG
no_credential(void)
{
	CredHandle never = { 1, 2 };
	CtxtHandle ctx;

	return init_of(&never, NULL, "ok", 64, &ctx);
}

static LONG
no_context(void)
{
	CtxtHandle never = { 1, 2 }, ctx;

	return init_of(&stall, &never, NULL, 64, &ctx);
}

static LONG
denied(void)
{
	CtxtHandle ctx;

	return init_of(&stall, NULL, "deny", 64, &ctx);
}

static LONG
too_small(void)
{
	CtxtHandle ctx;

	return init_of(&stall, NULL, "ok", 3, &ctx);
}

static LONG
wrong_package(void)
{
	CtxtHandle ctx;
	LONG status = init_of(&stall, NULL, "legs:2", 64, &ctx);

	if (status != SEC_I_CONTINUE_NEEDED)
		return status;
	status = init_of(&ntlm_out, &ctx, NULL, 64, &ctx);
	DeleteSecurityContext(&ctx);
	return status;
}

static LONG
past_the_deadline(void)
{
	CredHandle own = api_cred("Stall", false, "x");
	ULONG ms = 30;
	CtxtHandle ctx;
	LONG status = SetCredentialsAttributesA(&own, OLSA_CRED_ATTR_DEADLINE, &ms, sizeof ms);

	if (status == SEC_E_OK)
		status = init_of(&own, NULL, "forever", 64, &ctx);
	/* A success with nothing to say leaves the leg's reasons to be asked for. */
	FreeCredentialsHandle(&own);
	return status;
}

static LONG
cancelled(void)
{
	SspiAsyncContext *a = SspiCreateAsyncContext();
	CtxtHandle ctx;
	LONG status = stall_start(a, &stall, "forever", &ctx);

	if (status == SEC_E_OK && OlsaSspiCancelAsync(a) == SEC_E_OK)
		status = api_wait(a, NULL, 3000);
	SspiFreeAsyncContext(a);
	return status;
}

static LONG
deleted_twice(void)
{
	SspiAsyncContext *a = SspiCreateAsyncContext();
	CtxtHandle nothing = { 0, 0 };
	LONG status = SspiDeleteSecurityContextAsync(a, &nothing);

	if (status == SEC_E_OK)
		status = api_wait(a, NULL, 3000);
	SspiFreeAsyncContext(a);
	return status;
}

static LONG
no_authentication_package(void)
{
	LSA_STRING name = { 8, 8, WORDS("nonsense") };
	HANDLE own = NULL;
	ULONG id;
	LONG status = LsaConnectUntrusted(&own);

	if (status == STATUS_SUCCESS)
		status = LsaLookupAuthenticationPackage(own, &name, &id);
	LsaDeregisterLogonProcess(own);
	return status;
}

static LONG
logon_as(const char *user, const char *password)
{
	struct pair p;
	LONG status;
	SEC_WINNT_AUTH_IDENTITY_A id = {
		.User = (unsigned char *)WORDS(user), .UserLength = (ULONG)strlen(user),
		.Password = (unsigned char *)WORDS(password), .PasswordLength = (ULONG)strlen(password),
		.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
	};

	pair_begin(&p, API_PASSWORD);
	FreeCredentialsHandle(&p.client_cred);
	if (AcquireCredentialsHandleA(NULL, WORDS("NTLM"), SECPKG_CRED_OUTBOUND, NULL, &id, NULL, NULL, &p.client_cred, NULL) != SEC_E_OK)
		return STATUS_UNSUCCESSFUL;
	status = pair_shake(&p);
	DeleteSecurityContext(&p.client);
	if (SecIsValidHandle(&p.server))
		DeleteSecurityContext(&p.server);
	FreeCredentialsHandle(&p.client_cred);
	FreeCredentialsHandle(&p.server_cred);
	return status;
}

static LONG
wrong_password(void)
{
	return logon_as(API_USER, "wrong");
}

static LONG
unknown_user(void)
{
	return logon_as("nobody-of-this-name", "wrong");
}

static LONG
locked_account(void)
{
	return logon_as("locked", API_PASSWORD);
}

#define REFUSED "STATUS_LOGON_FAILURE: the user name or password is not right, or the account cannot be used\n"

static const struct { const char *what; LONG (*fails)(void); LONG status; const char *says; } rows[] = {
	{ "no such package", no_package, SEC_E_SECPKG_NOT_FOUND, "SEC_E_SECPKG_NOT_FOUND: no security package of this name here\n" },
	{ "malformed identity", no_identity, SEC_E_UNKNOWN_CREDENTIALS, "SEC_E_UNKNOWN_CREDENTIALS: pAuthData is not an identity that can be read\n" },
	{ "policy only", policy_only, SEC_E_NO_CREDENTIALS, "SEC_E_NO_CREDENTIALS: neither inbound nor outbound use was asked for\n" },
	{ "accept with an outbound credential", not_inbound, SEC_E_NO_CREDENTIALS, "SEC_E_NO_CREDENTIALS: the credential is not for inbound use\n" },
	{ "no token of NTLM", no_negotiate, SEC_E_INVALID_TOKEN, "SEC_E_INVALID_TOKEN: the peer's first token is no NTLM negotiate message\n" },
	{ "no credential", no_credential, SEC_E_INVALID_HANDLE, "SEC_E_INVALID_HANDLE: the credential handle names nothing\n" },
	{ "no context", no_context, SEC_E_INVALID_HANDLE, "SEC_E_INVALID_HANDLE: the context handle names nothing\n" },
	{ "denied", denied, SEC_E_LOGON_DENIED, "STATUS_LOGON_FAILURE: Stall was told to deny\n" },
	{ "too small a buffer", too_small, SEC_E_BUFFER_TOO_SMALL, "SEC_E_BUFFER_TOO_SMALL: the token has 4 bytes and the output buffer is smaller\n" },
	{ "another package's credential", wrong_package, SEC_E_WRONG_CREDENTIAL_HANDLE, "SEC_E_WRONG_CREDENTIAL_HANDLE: the credential belongs to another package\n" },
	{ "past the deadline", past_the_deadline, SEC_E_NO_AUTHENTICATING_AUTHORITY, "SEC_E_NO_AUTHENTICATING_AUTHORITY: no answer within 30 ms: the call's deadline has passed\n" },
	{ "cancelled", cancelled, SEC_E_UNFINISHED_CONTEXT_DELETED, "SEC_E_UNFINISHED_CONTEXT_DELETED: the call was cancelled\n" },
	{ "deleted twice", deleted_twice, SEC_E_INVALID_HANDLE, "SEC_E_INVALID_HANDLE: the context handle names nothing\n" },
	{ "no authentication package", no_authentication_package, STATUS_NO_SUCH_PACKAGE, "STATUS_NO_SUCH_PACKAGE: no authentication package of this name here\n" },
	/* One sentence for all causes. */
	{ "wrong password", wrong_password, SEC_E_LOGON_DENIED, REFUSED },
	{ "unknown user", unknown_user, SEC_E_LOGON_DENIED, REFUSED },
	{ "locked account", locked_account, SEC_E_LOGON_DENIED, REFUSED },
};

TEST(failures_say_why)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		LPSTR why = NULL;
		LONG status = rows[i].fails();
		bool good = CHECK_U64((ULONG)status, (ULONG)rows[i].status);

		good &= CHECK(OlsaExplain(status, NULL, &why) == SEC_E_OK);
		good &= CHECK_TEXT(why, rows[i].says);
		CHECK(FreeContextBuffer(why) == SEC_E_OK);
		if (!good)
			printf("   %s\n", rows[i].what);
	}
}

/* A chain is its thread's own, and only that of the status it belongs to. */
TEST(what_is_not_known_is_the_status_itself)
{
	LPSTR why = NULL;

	CHECK(no_package() == SEC_E_SECPKG_NOT_FOUND);
	CHECK(OlsaExplain(SEC_E_TARGET_UNKNOWN, NULL, &why) == SEC_E_OK && why && strncmp(why, "SEC_E_TARGET_UNKNOWN: ", 22) == 0);
	CHECK(!strstr(why, "package of this name"));
	CHECK(FreeContextBuffer(why) == SEC_E_OK);
	CHECK(OlsaExplain(0x12345678, NULL, &why) == SEC_E_OK && why && *why);
	CHECK(FreeContextBuffer(why) == SEC_E_OK);
	CHECK(OlsaExplain(SEC_E_OK, NULL, NULL) == SEC_E_INVALID_HANDLE);
}

/* --- contexts keep theirs ------------------------------------------------------------------ */

TEST(a_context_keeps_its_reasons)
{
	LPSTR why = NULL, attribute = NULL;
	struct pair p;

	pair_begin(&p, "not this one");
	CHECK(pair_shake(&p) == SEC_E_LOGON_DENIED);
	CHECK(no_package() == SEC_E_SECPKG_NOT_FOUND);		/* the thread's chain is another one by now */
	CHECK(OlsaExplain(SEC_E_LOGON_DENIED, &p.server, &why) == SEC_E_OK);
	CHECK(why && strstr(why, REFUSED));
	CHECK(why && !strstr(why, "WRONG_PASSWORD") && !strstr(why, API_USER) && !strstr(why, "not this one"));
	CHECK(QueryContextAttributesA(&p.server, OLSA_ATTR_REASONS, &attribute) == SEC_E_OK);
	CHECK_TEXT(attribute, why);
	CHECK(FreeContextBuffer(why) == SEC_E_OK && FreeContextBuffer(attribute) == SEC_E_OK);
	CHECK(DeleteSecurityContext(&p.server) == SEC_E_OK);
	CHECK(OlsaExplain(SEC_E_LOGON_DENIED, &p.server, &why) == SEC_E_INVALID_HANDLE);
	pair_end(&p);
}

static HANDLE lsa;

/* A handshake whose acceptor names its channel and whose initiator does not. */
static SECURITY_STATUS
shake_on_a_channel(struct pair *p)
{
	struct { SEC_CHANNEL_BINDINGS head; char data[4]; } channel = { { .cbApplicationDataLength = 4,
	    .dwApplicationDataOffset = sizeof(SEC_CHANNEL_BINDINGS) }, "abc" };
	SecBuffer in_b[2] = { { 0, SECBUFFER_TOKEN, p->to_server }, { sizeof channel, SECBUFFER_CHANNEL_BINDINGS, &channel } };
	SecBufferDesc in = { SECBUFFER_VERSION, 2, in_b };
	SECURITY_STATUS status = SEC_I_CONTINUE_NEEDED;

	for (int leg = 0; leg < 2 && status == SEC_I_CONTINUE_NEEDED; leg++) {
		p->client_in.cbBuffer = p->server_out.cbBuffer;
		p->client_out.cbBuffer = sizeof p->to_server;
		status = InitializeSecurityContextA(&p->client_cred, leg ? &p->client : NULL, WORDS("host/localhost"), 0, 0, 0,
		    leg ? &p->client_in_desc : NULL, 0, &p->client, &p->client_out_desc, NULL, NULL);
		if (status < 0)
			break;
		in_b[0].cbBuffer = p->client_out.cbBuffer;
		p->server_out.cbBuffer = sizeof p->to_client;
		status = AcceptSecurityContext(&p->server_cred, leg ? &p->server : NULL, &in, 0, 0, &p->server, &p->server_out_desc,
		    NULL, NULL);
	}
	return status;
}

/* Choices are told on success, too: here, that bindings are looked at and were not sent. */
TEST(success_tells_what_was_chosen)
{
	static const char policy[] = "ntlm-channel-bindings";
	OlsaPolicyInfo before;
	LPSTR why = NULL;
	struct pair p;

	CHECK(OlsaPolicyGet(lsa, 0, policy, &before) == STATUS_SUCCESS);
	CHECK(OlsaPolicySet(lsa, policy, 1) == STATUS_SUCCESS);
	pair_begin(&p, API_PASSWORD);
	CHECK(shake_on_a_channel(&p) == SEC_E_OK);
	CHECK(OlsaExplain(SEC_E_OK, &p.server, &why) == SEC_E_OK);
	CHECK_TEXT(why, "peer sent no channel bindings, which policy ntlm-channel-bindings allows\n");
	CHECK(FreeContextBuffer(why) == SEC_E_OK);
	pair_end(&p);
	/* And refused, the reason is the policy, told to the accepting program. */
	CHECK(OlsaPolicySet(lsa, policy, 2) == STATUS_SUCCESS);
	pair_begin(&p, API_PASSWORD);
	CHECK(shake_on_a_channel(&p) == SEC_E_BAD_BINDINGS);
	CHECK(OlsaExplain(SEC_E_BAD_BINDINGS, NULL, &why) == SEC_E_OK && strstr(why, "policy ntlm-channel-bindings"));
	CHECK(FreeContextBuffer(why) == SEC_E_OK);
	pair_end(&p);
	CHECK(OlsaPolicySet(lsa, policy, before.Value) == STATUS_SUCCESS);
}

int
main(void)
{
	LSA_STRING name = { 7, 7, WORDS("reasons") };
	LSA_OPERATIONAL_MODE mode;
	NTSTATUS status;

	api_begin();
	CHECK(LsaRegisterLogonProcess(&name, &lsa, &mode) == STATUS_SUCCESS);
	status = OlsaUserAdd(lsa, "locked", "Locked", API_PASSWORD, NULL);
	CHECK(status == STATUS_SUCCESS || status == STATUS_USER_EXISTS);
	CHECK(OlsaUserLock(lsa, "locked", TRUE) == STATUS_SUCCESS);
	stall = api_cred("Stall", false, "x");
	ntlm_out = api_cred("NTLM", false, API_PASSWORD);
	ntlm_in = api_cred("NTLM", true, NULL);
	RUN(failures_say_why);
	RUN(what_is_not_known_is_the_status_itself);
	RUN(a_context_keeps_its_reasons);
	RUN(success_tells_what_was_chosen);
	CHECK(LsaDeregisterLogonProcess(lsa) == STATUS_SUCCESS);
	CHECK(FreeCredentialsHandle(&stall) == SEC_E_OK);
	CHECK(FreeCredentialsHandle(&ntlm_out) == SEC_E_OK && FreeCredentialsHandle(&ntlm_in) == SEC_E_OK);
	return check_end();
}
