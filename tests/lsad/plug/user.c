/*
 * user.c sharedkey | blocking | absent | set-uid - a client of third-party packages: sync and
 * async, near or far as the environment says. Built against an installation
 * alone. Covers lsa/blocking.c, lsa/blocking_cred.c, lsa/blocking_load.c, lsa/blocking_logon.c, lsa/blocking_session.c,
 * lsa/blocking_work.c, secur32/plugged.c from outside.
 */
#include "side.h"

#include <openlsa.h>
#include <sddl.h>
#include <sys/auxv.h>

#include "sharedkey.h"

static SECURITY_STATUS
shake(struct side *c, struct side *s, const char *package, const char *user, const char *phrase, int async)
{
	SECURITY_STATUS st;

	*c = (struct side){ .async = async };
	*s = (struct side){ .async = async, .server = 1 };
	st = cred_get(c, package, user, phrase);
	if (st == SEC_E_OK)
		st = cred_get(s, package, NULL, NULL);
	if (st != SEC_E_OK)
		return st;
	for (int i = 0; i < 4; i++) {
		if (leg(c, i ? s : NULL, "host/test") < 0)
			return c->status;
		if (c->token_len && leg(s, c, NULL) < 0)
			return s->status;
		if (c->status == SEC_E_OK && s->status == SEC_E_OK)
			return SEC_E_OK;
	}
	return SEC_E_INTERNAL_ERROR;
}

static void
message(struct side *from, struct side *to, int seal)
{
	char text[] = "attack at dawn", token[64];
	SecBuffer b[2] = { { sizeof token, SECBUFFER_TOKEN, token }, { sizeof text, SECBUFFER_DATA, text } };
	SecBufferDesc d = { SECBUFFER_VERSION, 2, b };
	ULONG qop = 9;

	CHECK((seal ? EncryptMessage(&from->ctx, 0, &d, 0) : MakeSignature(&from->ctx, 0, &d, 0)) == SEC_E_OK);
	CHECK(b[0].cbBuffer == SK_SIGNATURE);
	CHECK((strcmp(text, "attack at dawn") != 0) == seal);
	CHECK((seal ? DecryptMessage(&to->ctx, &d, 0, &qop) : VerifySignature(&to->ctx, &d, 0, &qop)) == SEC_E_OK);
	CHECK(strcmp(text, "attack at dawn") == 0 && qop == 0);
	CHECK((seal ? DecryptMessage(&to->ctx, &d, 0, &qop) : VerifySignature(&to->ctx, &d, 0, &qop)) == SEC_E_OUT_OF_SEQUENCE);
}

static void
altered(struct side *from, struct side *to)
{
	char text[] = "pay 1", token[64];
	SecBuffer b[2] = { { sizeof token, SECBUFFER_TOKEN, token }, { sizeof text, SECBUFFER_DATA, text } };
	SecBufferDesc d = { SECBUFFER_VERSION, 2, b };

	CHECK(MakeSignature(&from->ctx, 0, &d, 0) == SEC_E_OK);
	text[4] = '9';
	CHECK(VerifySignature(&to->ctx, &d, 0, NULL) == SEC_E_MESSAGE_ALTERED);
	text[4] = '1';
	CHECK(VerifySignature(&to->ctx, &d, 0, NULL) == SEC_E_OK);
}

static void
attributes(struct side *s)
{
	SecPkgContext_Sizes sizes = { 0 };
	SecPkgContext_NamesA names = { 0 };
	SecPkgContext_NamesW wide = { 0 };
	SecPkgContext_PackageInfoA info = { 0 };
	SecPkgContext_SessionKey key;

	CHECK(QueryContextAttributesA(&s->ctx, SECPKG_ATTR_SIZES, &sizes) == SEC_E_OK && sizes.cbSecurityTrailer == SK_SIGNATURE);
	CHECK(QueryContextAttributesA(&s->ctx, SECPKG_ATTR_NAMES, &names) == SEC_E_OK && names.sUserName &&
	    strcmp(names.sUserName, "alice") == 0);
	CHECK(QueryContextAttributesW(&s->ctx, SECPKG_ATTR_NAMES, &wide) == SEC_E_OK && wide.sUserName && wide.sUserName[0] == 'a');
	CHECK(QueryContextAttributesA(&s->ctx, SECPKG_ATTR_PACKAGE_INFO, &info) == SEC_E_OK && info.PackageInfo &&
	    strcmp(info.PackageInfo->Name, SK_NAME) == 0 && info.PackageInfo->cbMaxToken == SK_TOKEN_MAX);
	CHECK(QueryContextAttributesA(&s->ctx, SECPKG_ATTR_SESSION_KEY, &key) == SEC_E_UNSUPPORTED_FUNCTION);
	FreeContextBuffer(names.sUserName);
	FreeContextBuffer(wide.sUserName);
	FreeContextBuffer(info.PackageInfo);
}

/* The acceptor's client has a token with the SID that the package gave. */
static void
token(struct side *s)
{
	union { TOKEN_USER user; char room[256]; } u;
	HANDLE t = NULL;
	DWORD len = 0;
	LPSTR text = NULL;

	CHECK(QuerySecurityContextToken(&s->ctx, &t) == SEC_E_OK);
	CHECK(GetTokenInformation(t, TokenUser, &u, sizeof u, &len));
	CHECK(ConvertSidToStringSidA(u.user.User.Sid, &text) && text && strcmp(text, "S-1-5-21-1397444971-1703967077-1-1000") == 0);
	LocalFree(text);
	CHECK(CloseHandle(t));
}

static void
exported(struct side *c, struct side *s)
{
	SecBuffer packed = { 0, SECBUFFER_EMPTY, NULL };
	struct side moved = { .server = 1 };

	CHECK(ExportSecurityContext(&s->ctx, SECPKG_CONTEXT_EXPORT_DELETE_OLD, &packed, NULL) == SEC_E_OK);
	s->begun = 0;
	CHECK(ImportSecurityContextA((SEC_CHAR *)(uintptr_t)SK_NAME, &packed, NULL, &moved.ctx) == SEC_E_OK);
	FreeContextBuffer(packed.pvBuffer);
	message(c, &moved, 1);
	message(&moved, c, 0);
	CHECK(DeleteSecurityContext(&moved.ctx) == SEC_E_OK);
}

static void
handshake(int async)
{
	struct side c, s;

	CHECK_U64((uint32_t)shake(&c, &s, SK_NAME, "alice", "a long pass phrase", async), SEC_E_OK);
	CHECK((c.attr & ISC_RET_MUTUAL_AUTH) && (s.attr & ASC_RET_CONFIDENTIALITY));
	message(&c, &s, 1);
	message(&s, &c, 1);
	message(&c, &s, 0);
	message(&s, &c, 0);
	altered(&c, &s);
	attributes(&c);
	attributes(&s);
	token(&s);
	exported(&c, &s);
	side_end(&c);
	side_end(&s);
}

TEST(sync_handshake) { handshake(0); }
TEST(async_handshake) { handshake(1); }

TEST(wrong_phrase_and_unknown_name)
{
	struct side c, s;

	CHECK_U64((uint32_t)shake(&c, &s, SK_NAME, "alice", "not the pass phrase", 0), (uint32_t)SEC_E_LOGON_DENIED);
	CHECK(c.status == SEC_E_LOGON_DENIED && s.status == SEC_I_CONTINUE_NEEDED);
	side_end(&c);
	side_end(&s);
	CHECK_U64((uint32_t)shake(&c, &s, SK_NAME, "mallory", "a long pass phrase", 1), (uint32_t)SEC_E_LOGON_DENIED);
	side_end(&c);
	side_end(&s);
	c = (struct side){ 0 };
	CHECK(cred_get(&c, SK_NAME, NULL, NULL) == SEC_E_NO_CREDENTIALS);
}

TEST(enumerated)
{
	PSecPkgInfoA infos;
	ULONG count;
	int seen = 0;

	CHECK(EnumerateSecurityPackagesA(&count, &infos) == SEC_E_OK);
	for (ULONG i = 0; i < count; i++)
		seen += strcmp(infos[i].Name, SK_NAME) == 0 && (infos[i].fCapabilities & SECPKG_FLAG_MUTUAL_AUTH) &&
		    strcmp(infos[i].Comment, "Example package") == 0;
	CHECK(seen == 1);
	FreeContextBuffer(infos);
}

static HANDLE
connected(ULONG *ret_package)
{
	LSA_STRING name = { sizeof SK_NAME - 1, sizeof SK_NAME, (PCHAR)(uintptr_t)SK_NAME };
	HANDLE lsa = NULL;

	CHECK(LsaConnectUntrusted(&lsa) == STATUS_SUCCESS);
	CHECK(LsaLookupAuthenticationPackage(lsa, &name, ret_package) == STATUS_SUCCESS);
	return lsa;
}

TEST(messages)
{
	struct { ULONG type; char text[5]; } echo = { SK_MESSAGE_ECHO, "hello" }, *back = NULL;
	ULONG package, len = 0, type = SK_MESSAGE_WHO;
	HANDLE lsa = connected(&package);
	struct sk_who *who = NULL;
	NTSTATUS verdict = 1;

	CHECK(LsaCallAuthenticationPackage(lsa, package, &type, sizeof type, (PVOID *)&who, &len, &verdict) == STATUS_SUCCESS);
	CHECK(verdict == STATUS_SUCCESS && who && len >= sizeof *who);
	if (who) {
		CHECK_U64(who->Names, 2);
		CHECK_U64(who->ProcessId, (ULONG)getpid());
		/* A pointer into the same buffer. */
		CHECK((char *)who->Package.Buffer > (char *)who && (char *)who->Package.Buffer < (char *)who + len);
		CHECK(who->Package.Length == 18 && who->Package.Buffer[0] == 'S' && who->Package.Buffer[8] == 'y');
		LsaFreeReturnBuffer(who);
	}
	CHECK(LsaCallAuthenticationPackage(lsa, package, &echo, sizeof echo, (PVOID *)&back, &len, &verdict) == STATUS_SUCCESS);
	CHECK(verdict == STATUS_SUCCESS && back && len == sizeof echo && memcmp(back, &echo, len) == 0);
	LsaFreeReturnBuffer(back);
	type = 77;
	CHECK(LsaCallAuthenticationPackage(lsa, package, &type, sizeof type, (PVOID *)&back, &len, &verdict) == STATUS_SUCCESS);
	CHECK(verdict == STATUS_INVALID_PARAMETER);
	CHECK(LsaDeregisterLogonProcess(lsa) == STATUS_SUCCESS);
}

static NTSTATUS
logon(HANDLE lsa, ULONG package, const char *name, const char *phrase, HANDLE *ret_token, LUID *ret_luid)
{
	struct { struct sk_logon l; WCHAR text[80]; } body = { { 1, sizeof body.l, (ULONG)strlen(name) * 2, 0, 0 }, { 0 } };
	LSA_STRING origin = { 4, 5, (PCHAR)(uintptr_t)"test" };
	TOKEN_SOURCE source = { .SourceName = { 't', 'e', 's', 't' } };
	PVOID profile = NULL;
	ULONG len;
	QUOTA_LIMITS quotas;
	NTSTATUS substatus;
	size_t at = 0;

	for (const char *p = name; *p; p++)
		body.text[at++] = (WCHAR)*p;
	body.l.PhraseOffset = (ULONG)(sizeof body.l + 2 * at);
	body.l.PhraseLength = (ULONG)strlen(phrase) * 2;
	for (const char *p = phrase; *p; p++)
		body.text[at++] = (WCHAR)*p;
	return LsaLogonUser(lsa, &origin, Network, package, &body, sizeof body, NULL, &source, &profile, &len, ret_luid, ret_token,
	    &quotas, &substatus);
}

TEST(logons)
{
	union { TOKEN_STATISTICS stat; char room[256]; } u;
	PSECURITY_LOGON_SESSION_DATA data = NULL;
	ULONG package;
	HANDLE lsa = connected(&package), t = NULL;
	LUID luid = { 0, 0 };
	DWORD len;

	CHECK(logon(lsa, package, "alice", "wrong", &t, &luid) == STATUS_LOGON_FAILURE);
	CHECK(logon(lsa, package, "nobody", "wrong", &t, &luid) == STATUS_LOGON_FAILURE);
	CHECK_U64((uint32_t)logon(lsa, package, "bob", "another pass phrase", &t, &luid), STATUS_SUCCESS);
	CHECK(GetTokenInformation(t, TokenStatistics, &u, sizeof u, &len));
	CHECK(u.stat.AuthenticationId.LowPart == luid.LowPart && luid.LowPart != 0);
	CHECK(LsaGetLogonSessionData(&luid, &data) == STATUS_SUCCESS);
	CHECK(data && data->UserName.Length == 6 && data->UserName.Buffer[0] == 'b');
	CHECK(data && data->AuthenticationPackage.Length == 18);
	LsaFreeReturnBuffer(data);
	CHECK(CloseHandle(t));
	CHECK(LsaGetLogonSessionData(&luid, &data) == STATUS_NO_SUCH_LOGON_SESSION);
	CHECK(LsaDeregisterLogonProcess(lsa) == STATUS_SUCCESS);
}

/* --- a package that blocks ------------------------------------------------------- */

static SspiAsyncContext *
start(struct side *s, const char *target)
{
	static SecBuffer out[8];
	static SecBufferDesc outs[8];
	static TimeStamp expiry;
	static unsigned n;
	SspiAsyncContext *a = SspiCreateAsyncContext();

	out[n] = (SecBuffer){ sizeof s->token, SECBUFFER_TOKEN, s->token };
	outs[n] = (SecBufferDesc){ SECBUFFER_VERSION, 1, &out[n] };
	CHECK(SspiInitializeSecurityContextAsyncA(a, &s->cred, NULL, (LPSTR)(uintptr_t)target, 0, 0, SECURITY_NATIVE_DREP, NULL, 0,
	    &s->ctx, &outs[n], &s->attr, &expiry) == SEC_E_OK);
	n++;
	return a;
}

static void
others_go_on(SspiAsyncContext *stuck)
{
	struct side c, s;
	uint64_t slowest = 0;

	for (int i = 0; i < 40; i++) {
		uint64_t from = ms_now();

		CHECK_U64((uint32_t)shake(&c, &s, "NTLM", "carol", "pw", i % 2), SEC_E_OK);
		side_end(&c);
		side_end(&s);
		slowest = ms_now() - from > slowest ? ms_now() - from : slowest;
	}
	CHECK_U64((uint32_t)shake(&c, &s, SK_NAME, "alice", "a long pass phrase", 0), SEC_E_OK);
	side_end(&c);
	side_end(&s);
	CHECK(slowest < 500);
	CHECK(SspiGetAsyncCallStatus(stuck) == SEC_I_ASYNC_CALL_PENDING);
	printf("slowest of 40 NTLM handshakes beside a stuck package: %llu ms\n", (unsigned long long)slowest);
}

TEST(blocking)
{
	struct side a = { 0 }, b = { 0 }, c = { 0 };
	SspiAsyncContext *first, *second;
	LPSTR why = NULL;
	uint64_t from;

	CHECK(cred_get(&a, "Blocker", NULL, NULL) == SEC_E_OK);
	CHECK(cred_get(&b, "Blocker", NULL, NULL) == SEC_E_OK);
	CHECK(cred_get(&c, "Blocker", NULL, NULL) == SEC_E_OK);
	CHECK(leg(&a, NULL, "ms:20") == SEC_E_OK);
	/* Given up while the package works: its result is thrown away, the package goes on. */
	first = start(&b, "ms:300");
	SspiFreeAsyncContext(first);
	CHECK(leg(&c, NULL, "ms:1") == SEC_E_OK);
	CHECK(DeleteSecurityContext(&a.ctx) == SEC_E_OK && DeleteSecurityContext(&c.ctx) == SEC_E_OK);
	/* Two callers who went away do not make it stuck: the next one waits for a thread. */
	first = start(&a, "ms:800");
	second = start(&b, "ms:800");
	SspiFreeAsyncContext(first);
	SspiFreeAsyncContext(second);
	c.begun = 0;
	CHECK(leg(&c, NULL, "ms:1") == SEC_E_OK);
	CHECK(DeleteSecurityContext(&c.ctx) == SEC_E_OK);
	(void)usleep(900000);

	from = ms_now();
	first = start(&a, "forever");
	others_go_on(first);
	CHECK(wait_for(first, 6000) == SEC_E_NO_AUTHENTICATING_AUTHORITY);
	CHECK(ms_now() - from >= 2900 && ms_now() - from < 5000);
	SspiFreeAsyncContext(first);

	/* One thread of two is lost: the other serves. */
	c.begun = 0;
	CHECK(leg(&c, NULL, "ms:1") == SEC_E_OK);
	CHECK(DeleteSecurityContext(&c.ctx) == SEC_E_OK);
	c.begun = 0;
	second = start(&b, "forever");
	CHECK(wait_for(second, 6000) == SEC_E_NO_AUTHENTICATING_AUTHORITY);
	SspiFreeAsyncContext(second);

	/* Both are: it is stuck, and says so at once. */
	from = ms_now();
	CHECK(leg(&c, NULL, "ms:1") == SEC_E_NO_AUTHENTICATING_AUTHORITY);
	CHECK(ms_now() - from < 500);
	CHECK(OlsaExplain(SEC_E_NO_AUTHENTICATING_AUTHORITY, NULL, &why) == SEC_E_OK && why && strstr(why, "stuck") != NULL);
	FreeContextBuffer(why);
	from = ms_now();
	CHECK(FreeCredentialsHandle(&a.cred) == SEC_E_OK && FreeCredentialsHandle(&b.cred) == SEC_E_OK &&
	    FreeCredentialsHandle(&c.cred) == SEC_E_OK);
	CHECK(ms_now() - from < 500);
}

TEST(absent)
{
	struct side c = { 0 };

	CHECK(cred_get(&c, SK_NAME, "alice", "a long pass phrase") == SEC_E_SECPKG_NOT_FOUND);
}

/* Set-uid: the LSA's half works as ever, and of root's list nothing is loaded here, whatever the environment says. */
TEST(set_uid)
{
	char text[] = "attack at dawn", token[64], line[512];
	SecBuffer b[2] = { { sizeof token, SECBUFFER_TOKEN, token }, { sizeof text, SECBUFFER_DATA, text } };
	SecBufferDesc d = { SECBUFFER_VERSION, 2, b };
	FILE *maps = fopen("/proc/self/maps", "re");
	struct side c, s;
	int ours = 0, others = 0;

	CHECK(getauxval(AT_SECURE) != 0);
	CHECK_U64((uint32_t)shake(&c, &s, SK_NAME, "alice", "a long pass phrase", 0), SEC_E_OK);
	CHECK_U64((uint32_t)EncryptMessage(&c.ctx, 0, &d, 0), (uint32_t)SEC_E_UNSUPPORTED_FUNCTION);
	CHECK(strcmp(text, "attack at dawn") == 0);
	while (maps && fgets(line, sizeof line, maps)) {
		ours += strstr(line, "libsecur32") != NULL;
		others += strstr(line, "sharedkey") != NULL;
	}
	CHECK(ours > 0 && others == 0);
	if (maps)
		(void)fclose(maps);
	side_end(&c);
	side_end(&s);
}

int
main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "blocking") == 0) {
		RUN(blocking);
	} else if (argc > 1 && strcmp(argv[1], "absent") == 0) {
		RUN(absent);
	} else if (argc > 1 && strcmp(argv[1], "set-uid") == 0) {
		RUN(set_uid);
	} else {
		RUN(enumerated);
		RUN(sync_handshake);
		RUN(async_handshake);
		RUN(wrong_phrase_and_unknown_name);
		RUN(messages);
		RUN(logons);
	}
	return check_end();
}
