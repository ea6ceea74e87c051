/*
 * sspi_sync_test.c - the synchronous functions: order of checks, buffers,
 * partial contexts, attributes, messages, handles.
 * Covers secur32/sspi.c, secur32/ansi.c, secur32/acquire.c, secur32/leg.c, secur32/attributes.c,
 * secur32/message.c, secur32/export.c, secur32/packages.c, secur32/handles.c, secur32/memory.c,
 * secur32/usermode.c, lsa/serve_sspi.c, lsa/serve_wrap.c.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/api/api.h"
#include "tests/check.h"

static void
checks_come_in_order(void)
{
	CredHandle cred = { 5, 6 };
	char ntlm[] = "NTLM", nonsense[] = "nonsense";

	CHECK(AcquireCredentialsHandleA(NULL, NULL, 1, NULL, NULL, NULL, NULL, NULL, NULL) == SEC_E_SECPKG_NOT_FOUND);
	CHECK(AcquireCredentialsHandleA(NULL, nonsense, 1, NULL, NULL, NULL, NULL, NULL, NULL) == SEC_E_SECPKG_NOT_FOUND);
	CHECK(AcquireCredentialsHandleA(NULL, nonsense, 1, NULL, NULL, NULL, NULL, &cred, NULL) == SEC_E_SECPKG_NOT_FOUND);
	CHECK(AcquireCredentialsHandleA(NULL, ntlm, 1, NULL, NULL, NULL, NULL, NULL, NULL) == SEC_E_INVALID_HANDLE);
	CHECK(AcquireCredentialsHandleA(NULL, ntlm, 0, NULL, NULL, NULL, NULL, &cred, NULL) == SEC_E_NO_CREDENTIALS);
	CHECK(AcquireCredentialsHandleA(NULL, ntlm, 0x20, NULL, NULL, NULL, NULL, &cred, NULL) == SEC_E_NO_CREDENTIALS);
	CHECK(AcquireCredentialsHandleA(NULL, ntlm, 2, NULL, NULL, NULL, NULL, &cred, NULL) == SEC_E_NO_CREDENTIALS);
	CHECK(cred.dwLower == 5 && cred.dwUpper == 6);
}

static void
packages_and_tables(void)
{
	PSecurityFunctionTableA a = InitSecurityInterfaceA();
	PSecurityFunctionTableW w = InitSecurityInterfaceW();
	PSecPkgInfoA infos = NULL, one = (PSecPkgInfoA)7;
	PSecPkgInfoW wide = NULL;
	ULONG n = 0, found = 0;
	char nonsense[] = "nonsense", ntlm[] = "ntlm";
	WCHAR wide_ntlm[] = { 'N', 'T', 'L', 'M', 0 };

	CHECK(a && w && a->dwVersion == 1 && w->dwVersion == 1);
	CHECK((void *)a->Reserved3 == (void *)EncryptMessage && (void *)a->Reserved4 == (void *)DecryptMessage);
	CHECK(a->FreeCredentialsHandle == FreeCredentialsHandle && w->EncryptMessage == EncryptMessage);
	CHECK(a->EnumerateSecurityPackagesA(&n, &infos) == SEC_E_OK && n >= 2);
	for (ULONG i = 0; i < n; i++)
		if (strcmp(infos[i].Name, "NTLM") == 0)
			CHECK(++found == 1 && infos[i].wVersion == 1 && infos[i].cbMaxToken == 2888 && infos[i].wRPCID == 10);
	CHECK(found == 1);
	CHECK(FreeContextBuffer(infos) == SEC_E_OK);
	CHECK(w->QuerySecurityPackageInfoW(wide_ntlm, &wide) == SEC_E_OK && wide->Name[3] == 'M' && wide->Name[4] == 0);
	CHECK(FreeContextBuffer(wide) == SEC_E_OK);
	CHECK(QuerySecurityPackageInfoA(ntlm, &one) == SEC_E_OK && FreeContextBuffer(one) == SEC_E_OK);
	one = (PSecPkgInfoA)7;
	CHECK(QuerySecurityPackageInfoA(nonsense, &one) == SEC_E_SECPKG_NOT_FOUND && one == (PSecPkgInfoA)7);
	CHECK(QuerySecurityPackageInfoA(NULL, &one) == SEC_E_SECPKG_NOT_FOUND);
}

static void
a_handshake_with_everything(void)
{
	SecPkgContext_Sizes sizes;
	SecPkgContext_NamesA names;
	SecPkgContext_SessionKey client_key, server_key;
	SecPkgContext_PackageInfoA package;
	SecPkgContext_NativeNamesA native;
	SecPkgContext_AuthorityA authority;
	SecPkgContext_StreamSizes stream;
	SecPkgContext_DceInfo dce;
	OlsaLogonInfo logon;
	struct pair p;
	ULONG mode = 0;

	pair_begin(&p, API_PASSWORD);
	CHECK(pair_shake(&p) == SEC_E_OK);
	CHECK((p.server_attr & (ASC_RET_CONFIDENTIALITY | ASC_RET_INTEGRITY)) == (ASC_RET_CONFIDENTIALITY | ASC_RET_INTEGRITY));
	CHECK(!(p.client_attr & ISC_RET_MUTUAL_AUTH));
	CHECK(QueryContextAttributesA(&p.client, SECPKG_ATTR_SIZES, &sizes) == SEC_E_OK);
	CHECK(sizes.cbMaxToken == 2888 && sizes.cbMaxSignature == 16 && sizes.cbBlockSize == 0 && sizes.cbSecurityTrailer == 16);
	CHECK(QueryContextAttributesA(&p.server, SECPKG_ATTR_NAMES, &names) == SEC_E_OK);
	CHECK(strstr(names.sUserName, "\\" API_USER));
	CHECK(FreeContextBuffer(names.sUserName) == SEC_E_OK);
	CHECK(QueryContextAttributesA(&p.client, SECPKG_ATTR_SESSION_KEY, &client_key) == SEC_E_OK);
	CHECK(QueryContextAttributesA(&p.server, SECPKG_ATTR_SESSION_KEY, &server_key) == SEC_E_OK);
	CHECK(client_key.SessionKeyLength == 16 && memcmp(client_key.SessionKey, server_key.SessionKey, 16) == 0);
	FreeContextBuffer(client_key.SessionKey);
	FreeContextBuffer(server_key.SessionKey);
	CHECK(QueryContextAttributesA(&p.server, SECPKG_ATTR_PACKAGE_INFO, &package) == SEC_E_OK);
	CHECK_TEXT(package.PackageInfo->Name, "NTLM");
	FreeContextBuffer(package.PackageInfo);
	CHECK(QueryContextAttributesA(&p.server, OLSA_ATTR_LOGON, &logon) == SEC_E_OK);
	CHECK(strncmp(logon.Sid, "S-1-5-21-", 9) == 0 && (logon.LogonId.LowPart || logon.LogonId.HighPart));
	CHECK_TEXT(logon.User, API_USER);
	FreeContextBuffer(logon.User);
	FreeContextBuffer(logon.Domain);
	FreeContextBuffer(logon.Sid);
	CHECK(QueryContextAttributesA(&p.server, OLSA_ATTR_MODE, &mode) == SEC_E_OK && mode == OlsaMode());
	CHECK(QueryContextAttributesA(&p.server, SECPKG_ATTR_AUTHORITY, &authority) == SEC_E_OK && *authority.sAuthorityName);
	FreeContextBuffer(authority.sAuthorityName);
	CHECK(QueryContextAttributesA(&p.server, SECPKG_ATTR_DCE_INFO, &dce) == SEC_E_OK && dce.AuthzSvc == 1);
	CHECK(strstr(dce.pPac, "\\" API_USER));
	FreeContextBuffer(dce.pPac);
	CHECK(QueryContextAttributesA(&p.server, SECPKG_ATTR_NATIVE_NAMES, &native) == SEC_E_UNSUPPORTED_FUNCTION);
	CHECK(QueryContextAttributesA(&p.server, SECPKG_ATTR_STREAM_SIZES, &stream) == SEC_E_UNSUPPORTED_FUNCTION);
	CHECK(QueryContextAttributesA(&p.server, 4711, &mode) == SEC_E_UNSUPPORTED_FUNCTION);
	CHECK(QueryContextAttributesA(&p.server, SECPKG_ATTR_SIZES, NULL) == SEC_E_INTERNAL_ERROR);
	CHECK(QueryContextAttributesExA(&p.server, SECPKG_ATTR_SIZES, &sizes, 3) == SEC_E_BUFFER_TOO_SMALL);
	pair_end(&p);
}

/* Seal and open, sign and verify, through both directions. */
static void
messages(void)
{
	static const size_t sizes[] = { 0, 1, 64, 1000, 16384, 65536 };
	char *data = malloc(65536), *copy = malloc(65536), token[16];
	struct pair p;

	pair_begin(&p, API_PASSWORD);
	CHECK(pair_shake(&p) == SEC_E_OK);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		CtxtHandle *from = i % 2 ? &p.server : &p.client, *to = i % 2 ? &p.client : &p.server;
		SecBuffer b[2] = { { sizeof token, SECBUFFER_TOKEN, token }, { (ULONG)sizes[i], SECBUFFER_DATA, data } };
		SecBufferDesc d = { SECBUFFER_VERSION, 2, b };
		ULONG qop = 77;

		for (size_t k = 0; k < sizes[i]; k++)
			data[k] = copy[k] = (char)(k * 7 + i);
		CHECK(EncryptMessage(from, 0, &d, 0) == SEC_E_OK && b[0].cbBuffer == 16);
		CHECK(sizes[i] < 16 || memcmp(data, copy, sizes[i]) != 0);
		CHECK(DecryptMessage(to, &d, 0, &qop) == SEC_E_OK && qop == 0);
		CHECK(memcmp(data, copy, sizes[i]) == 0);
		if (!sizes[i])
			continue;
		CHECK(MakeSignature(from, 0, &d, 0) == SEC_E_OK);
		CHECK(VerifySignature(to, &d, 0, NULL) == SEC_E_OK);
		CHECK(MakeSignature(from, 0, &d, 0) == SEC_E_OK);
		data[sizes[i] - 1] ^= 1;
		CHECK(VerifySignature(to, &d, 0, NULL) == SEC_E_MESSAGE_ALTERED);
		data[sizes[i] - 1] ^= 1;
		CHECK(VerifySignature(to, &d, 0, NULL) == SEC_E_OK);	/* a failure does not count */
	}
	{
		SecBuffer b = { 10, SECBUFFER_DATA, data };
		SecBufferDesc d = { SECBUFFER_VERSION, 1, &b }, wrong = { 1, 1, &b };

		CHECK(MakeSignature(&p.client, 0, &d, 0) == SEC_E_INVALID_TOKEN);
		CHECK(EncryptMessage(&p.client, 0, &wrong, 0) == SEC_E_INVALID_TOKEN);
		CHECK(EncryptMessage(NULL, 0, &d, 0) == SEC_E_INVALID_HANDLE);
	}
	pair_end(&p);
	free(data);
	free(copy);
}

static void
refused_logons(void)
{
	SecPkgContext_PackageInfoA package;
	SecPkgContext_Sizes sizes;
	LPSTR why = NULL;
	struct pair p;

	pair_begin(&p, "not the password");
	CHECK(pair_shake(&p) == SEC_E_LOGON_DENIED);
	CHECK(p.server_out.cbBuffer == 0);
	CHECK(OlsaExplain(SEC_E_LOGON_DENIED, NULL, &why) == SEC_E_OK && strstr(why, "STATUS_LOGON_FAILURE: the user name"));
	CHECK(!strstr(why, "WRONG_PASSWORD"));
	FreeContextBuffer(why);
	/* The failed context is still the caller's: it tells its package and takes no further leg. */
	CHECK(QueryContextAttributesA(&p.server, SECPKG_ATTR_PACKAGE_INFO, &package) == SEC_E_OK);
	FreeContextBuffer(package.PackageInfo);
	CHECK(QueryContextAttributesA(&p.server, SECPKG_ATTR_SIZES, &sizes) == SEC_E_INVALID_HANDLE);
	CHECK(EncryptMessage(&p.server, 0, &p.server_in_desc, 0) == SEC_E_OUT_OF_SEQUENCE);
	CHECK(AcceptSecurityContext(&p.server_cred, &p.server, &p.server_in_desc, 0, 0, &p.server, &p.server_out_desc, NULL,
	    NULL) == SEC_E_OUT_OF_SEQUENCE);
	CHECK(DeleteSecurityContext(&p.server) == SEC_E_OK);
	CHECK(DeleteSecurityContext(&p.server) == SEC_E_OK);
	pair_end(&p);
	pair_begin(&p, API_PASSWORD);
	CHECK(pair_shake(&p) == SEC_E_OK);
	pair_end(&p);
}

static void
token_buffers_that_are_too_small(void)
{
	char tiny[8], room[4096];
	SecBuffer b = { sizeof tiny, SECBUFFER_TOKEN, tiny };
	SecBufferDesc d = { SECBUFFER_VERSION, 1, &b };
	CtxtHandle ctx = { 11, 22 };
	struct pair p;
	ULONG attr, needed;

	pair_begin(&p, API_PASSWORD);
	CHECK(InitializeSecurityContextA(&p.client_cred, NULL, NULL, 0, 0, 0, NULL, 0, &ctx, &d, &attr, NULL) ==
	    SEC_E_BUFFER_TOO_SMALL);
	CHECK(b.cbBuffer > sizeof tiny && ctx.dwLower == 11 && ctx.dwUpper == 22);
	/* On a later leg the finished token waits for a larger buffer. */
	CHECK(InitializeSecurityContextA(&p.client_cred, NULL, NULL, ISC_REQ_CONFIDENTIALITY, 0, 0, NULL, 0, &p.client,
	    &p.client_out_desc, &attr, NULL) == SEC_I_CONTINUE_NEEDED);
	p.server_in.cbBuffer = p.client_out.cbBuffer;
	CHECK(AcceptSecurityContext(&p.server_cred, NULL, &p.server_in_desc, ASC_REQ_CONFIDENTIALITY, 0, &p.server,
	    &p.server_out_desc, &attr, NULL) == SEC_I_CONTINUE_NEEDED);
	p.client_in.cbBuffer = p.server_out.cbBuffer;
	b.cbBuffer = sizeof tiny;
	CHECK(InitializeSecurityContextA(&p.client_cred, &p.client, NULL, ISC_REQ_CONFIDENTIALITY, 0, 0, &p.client_in_desc, 0,
	    &p.client, &d, &attr, NULL) == SEC_E_BUFFER_TOO_SMALL);
	needed = b.cbBuffer;
	b = (SecBuffer){ sizeof room, SECBUFFER_TOKEN, room };
	CHECK(InitializeSecurityContextA(&p.client_cred, &p.client, NULL, ISC_REQ_CONFIDENTIALITY, 0, 0, NULL, 0, &p.client,
	    &d, &attr, NULL) == SEC_E_OK);
	CHECK(b.cbBuffer == needed);
	memcpy(p.to_server, room, needed);
	p.server_in.cbBuffer = needed;
	p.server_out.cbBuffer = sizeof p.to_client;
	CHECK(AcceptSecurityContext(&p.server_cred, &p.server, &p.server_in_desc, ASC_REQ_CONFIDENTIALITY, 0, &p.server,
	    &p.server_out_desc, &attr, NULL) == SEC_E_OK);
	pair_end(&p);
}

static void
memory_by_the_library(void)
{
	SecBuffer b = { 3, SECBUFFER_TOKEN, NULL };
	SecBufferDesc d = { SECBUFFER_VERSION, 1, &b };
	struct pair p;
	ULONG attr = 0;

	pair_begin(&p, API_PASSWORD);
	CHECK(InitializeSecurityContextA(&p.client_cred, NULL, NULL, ISC_REQ_ALLOCATE_MEMORY, 0, 0, NULL, 0, &p.client, &d,
	    &attr, NULL) == SEC_I_CONTINUE_NEEDED);
	CHECK(b.pvBuffer && b.cbBuffer >= 32 && (attr & ISC_RET_ALLOCATED_MEMORY) && memcmp(b.pvBuffer, "NTLMSSP", 8) == 0);
	CHECK(FreeContextBuffer(b.pvBuffer) == SEC_E_OK);
	pair_end(&p);
}

static void
malformed_tokens(void)
{
	char garbage[64] = "NTLMSSP";
	SecBuffer in = { 0, SECBUFFER_TOKEN, garbage }, none = { 8, SECBUFFER_DATA, garbage };
	SecBufferDesc d = { SECBUFFER_VERSION, 1, &in }, without = { SECBUFFER_VERSION, 1, &none };
	SecBufferDesc wrong = { 9, 1, &in }, missing = { SECBUFFER_VERSION, 3, NULL };
	CtxtHandle ctx = { 1, 2 };
	struct pair p;

	pair_begin(&p, API_PASSWORD);
	for (ULONG n = 0; n < sizeof garbage; n++) {
		in.cbBuffer = n;
		CHECK(AcceptSecurityContext(&p.server_cred, NULL, &d, 0, 0, &ctx, &p.server_out_desc, NULL, NULL) ==
		    SEC_E_INVALID_TOKEN);
		p.server_out.cbBuffer = sizeof p.to_client;
	}
	CHECK(AcceptSecurityContext(&p.server_cred, NULL, &without, 0, 0, &ctx, &p.server_out_desc, NULL, NULL) == SEC_E_INVALID_TOKEN);
	CHECK(AcceptSecurityContext(&p.server_cred, NULL, &wrong, 0, 0, &ctx, &p.server_out_desc, NULL, NULL) == SEC_E_INVALID_TOKEN);
	CHECK(AcceptSecurityContext(&p.server_cred, NULL, &missing, 0, 0, &ctx, &p.server_out_desc, NULL, NULL) == SEC_E_INVALID_TOKEN);
	CHECK(AcceptSecurityContext(&p.client_cred, NULL, &d, 0, 0, &ctx, &p.server_out_desc, NULL, NULL) == SEC_E_NO_CREDENTIALS);
	CHECK(AcceptSecurityContext(NULL, NULL, &d, 0, 0, &ctx, &p.server_out_desc, NULL, NULL) == SEC_E_INVALID_HANDLE);
	CHECK(ctx.dwLower == 1 && ctx.dwUpper == 2);
	pair_end(&p);
}

static void
dead_handles(void)
{
	CredHandle cred = api_cred("NTLM", true, NULL), copy = cred, zero = { 0, 0 }, minus = { (ULONG_PTR)-1, (ULONG_PTR)-1 };
	CtxtHandle never = { 0x1111222233334444u, cred.dwUpper };
	struct pair p;

	CHECK(FreeCredentialsHandle(&cred) == SEC_E_OK);
	CHECK(FreeCredentialsHandle(&copy) == SEC_E_INVALID_HANDLE);
	CHECK(FreeCredentialsHandle(&zero) == SEC_E_INVALID_HANDLE);
	CHECK(FreeCredentialsHandle(&minus) == SEC_E_INVALID_HANDLE);
	CHECK(FreeCredentialsHandle(NULL) == SEC_E_INVALID_HANDLE);
	CHECK(DeleteSecurityContext(NULL) == SEC_E_INVALID_HANDLE);
	CHECK(DeleteSecurityContext(&zero) == SEC_E_INVALID_HANDLE);
	CHECK(DeleteSecurityContext(&never) == SEC_E_INVALID_HANDLE);
	/* A credential may go before its contexts. */
	pair_begin(&p, API_PASSWORD);
	CHECK(pair_shake(&p) == SEC_E_OK);
	CHECK(FreeCredentialsHandle(&p.server_cred) == SEC_E_OK);
	{
		char token[16], data[] = "still here";
		SecBuffer b[2] = { { 16, SECBUFFER_TOKEN, token }, { 10, SECBUFFER_DATA, data } };
		SecBufferDesc d = { SECBUFFER_VERSION, 2, b };

		CHECK(EncryptMessage(&p.client, 0, &d, 0) == SEC_E_OK && DecryptMessage(&p.server, &d, 0, NULL) == SEC_E_OK);
	}
	CHECK(DeleteSecurityContext(&p.client) == SEC_E_OK && DeleteSecurityContext(&p.server) == SEC_E_OK);
	CHECK(EncryptMessage(&p.client, 0, &p.client_in_desc, 0) == SEC_E_CONTEXT_EXPIRED);
	CHECK(FreeCredentialsHandle(&p.client_cred) == SEC_E_OK);
}

static void
a_forked_child_starts_afresh(void)
{
	struct pair p;
	int status = 0;
	pid_t child;

	pair_begin(&p, API_PASSWORD);
	CHECK(pair_shake(&p) == SEC_E_OK);
	child = fork();
	if (child == 0) {
		struct pair own;
		int bad = EncryptMessage(&p.client, 0, &p.client_in_desc, 0) != SEC_E_INVALID_HANDLE;

		bad |= FreeCredentialsHandle(&p.client_cred) != SEC_E_INVALID_HANDLE;
		pair_begin(&own, API_PASSWORD);
		bad |= pair_shake(&own) != SEC_E_OK;
		pair_end(&own);
		_exit(bad);
	}
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	{
		char token[16], data[] = "unharmed";
		SecBuffer b[2] = { { 16, SECBUFFER_TOKEN, token }, { 8, SECBUFFER_DATA, data } };
		SecBufferDesc d = { SECBUFFER_VERSION, 2, b };

		CHECK(EncryptMessage(&p.client, 0, &d, 0) == SEC_E_OK && DecryptMessage(&p.server, &d, 0, NULL) == SEC_E_OK);
	}
	pair_end(&p);
}

static void
passwords_can_be_changed(void)
{
	char ntlm[] = "NTLM", user[] = API_USER, domain[] = "", old[] = API_PASSWORD, fresh[] = "another 8 horses";
	SecBuffer none = { 0, SECBUFFER_CHANGE_PASS_RESPONSE, NULL };
	SecBufferDesc d = { SECBUFFER_VERSION, 1, &none };
	struct pair p;

	CHECK(ChangeAccountPasswordA(ntlm, domain, user, fresh, old, FALSE, 0, &d) == SEC_E_LOGON_DENIED);
	CHECK(ChangeAccountPasswordA(ntlm, domain, user, old, fresh, FALSE, 0, &d) == SEC_E_OK);
	pair_begin(&p, API_PASSWORD);
	CHECK(pair_shake(&p) == SEC_E_LOGON_DENIED);
	pair_end(&p);
	pair_begin(&p, fresh);
	CHECK(pair_shake(&p) == SEC_E_OK);
	pair_end(&p);
	CHECK(ChangeAccountPasswordA(ntlm, domain, user, fresh, old, FALSE, 0, &d) == SEC_E_OK);
}

static void
contexts_can_be_exported(void)
{
	char token[16], data[] = "across", ntlm[] = "NTLM";
	SecBuffer blob = { 0, SECBUFFER_EMPTY, NULL };
	SecBuffer b[2] = { { 16, SECBUFFER_TOKEN, token }, { 6, SECBUFFER_DATA, data } };
	SecBufferDesc d = { SECBUFFER_VERSION, 2, b };
	CtxtHandle imported;
	struct pair p;
	void *os_token = (void *)3;
	LPSTR why = NULL;
	int status = 0;
	pid_t child;

	pair_begin(&p, API_PASSWORD);
	CHECK(ExportSecurityContext(&p.server, 0, &blob, &os_token) == SEC_E_INVALID_HANDLE);
	CHECK(pair_shake(&p) == SEC_E_OK);
	CHECK(EncryptMessage(&p.client, 0, &d, 0) == SEC_E_OK && DecryptMessage(&p.server, &d, 0, NULL) == SEC_E_OK);
	CHECK(ExportSecurityContext(&p.server, SECPKG_CONTEXT_EXPORT_DELETE_OLD, &blob, &os_token) == SEC_E_OK);
	CHECK(blob.pvBuffer && blob.cbBuffer);
	CHECK(EncryptMessage(&p.client, 0, &d, 0) == SEC_E_OK);
	child = fork();			/* another process of the same user takes it over */
	if (child == 0) {
		int bad = ImportSecurityContextA(ntlm, &blob, NULL, &imported) != SEC_E_OK;

		bad = bad || DecryptMessage(&imported, &d, 0, NULL) != SEC_E_OK || memcmp(data, "across", 6) != 0;
		_exit(bad);
	}
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	SecInvalidateHandle(&imported);
	CHECK(ImportSecurityContextA(ntlm, &blob, NULL, &imported) == SEC_E_INVALID_TOKEN);	/* the child had it */
	CHECK(!SecIsValidHandle(&imported) && OlsaExplain(SEC_E_INVALID_TOKEN, NULL, &why) == STATUS_SUCCESS &&
	    strstr(why, "imported already"));
	FreeContextBuffer(why);
	((unsigned char *)blob.pvBuffer)[blob.cbBuffer / 2] ^= 1;
	CHECK(ImportSecurityContextA(ntlm, &blob, NULL, &imported) == SEC_E_INVALID_TOKEN);
	((unsigned char *)blob.pvBuffer)[blob.cbBuffer / 2] ^= 1;
	((unsigned char *)blob.pvBuffer)[0] ^= 1;		/* another uid */
	CHECK(ImportSecurityContextA(ntlm, &blob, NULL, &imported) == SEC_E_NOT_OWNER);
	CHECK(FreeContextBuffer(blob.pvBuffer) == SEC_E_OK);
	SecInvalidateHandle(&p.server);
	pair_end(&p);
}

/* With RESET_NEW both sides begin their numbers anew, so there is nothing to share, and no limit. */
static void
restarted_contexts_can_be_imported_again(void)
{
	char token[16], data[] = "across", ntlm[] = "NTLM", nonsense[] = "nonsense";
	SecBuffer blob = { 0, SECBUFFER_EMPTY, NULL };
	SecBuffer b[2] = { { 16, SECBUFFER_TOKEN, token }, { 6, SECBUFFER_DATA, data } };
	SecBufferDesc d = { SECBUFFER_VERSION, 2, b };
	CtxtHandle imported;
	struct pair p;

	pair_begin(&p, API_PASSWORD);
	CHECK(pair_shake(&p) == SEC_E_OK);
	CHECK(ExportSecurityContext(&p.server, SECPKG_CONTEXT_EXPORT_RESET_NEW, &blob, NULL) == SEC_E_OK);
	CHECK(EncryptMessage(&p.client, 0, &d, 0) == SEC_E_OK);
	for (int n = 0; n < 3; n++) {
		char copy[sizeof data], sign[sizeof token];
		SecBuffer c[2] = { { 16, SECBUFFER_TOKEN, sign }, { 6, SECBUFFER_DATA, copy } };
		SecBufferDesc e = { SECBUFFER_VERSION, 2, c };

		memcpy(copy, data, sizeof copy);
		memcpy(sign, token, sizeof sign);
		CHECK(ImportSecurityContextA(ntlm, &blob, NULL, &imported) == SEC_E_OK);
		CHECK(DecryptMessage(&imported, &e, 0, NULL) == SEC_E_OK && memcmp(copy, "across", 6) == 0);
		CHECK(DeleteSecurityContext(&imported) == SEC_E_OK);
	}
	FreeContextBuffer(blob.pvBuffer);
	CHECK(ExportSecurityContext(&p.server, 0, &blob, NULL) == SEC_E_OK);
	CHECK(ImportSecurityContextA(nonsense, &blob, NULL, &imported) == SEC_E_SECPKG_NOT_FOUND);	/* does not spend it */
	CHECK(ImportSecurityContextA(ntlm, &blob, NULL, &imported) == SEC_E_OK);
	CHECK(DeleteSecurityContext(&imported) == SEC_E_OK);
	((unsigned char *)blob.pvBuffer)[4] ^= 7;		/* 4, once, made 3, any number of times */
	CHECK(ImportSecurityContextA(ntlm, &blob, NULL, &imported) == SEC_E_INVALID_TOKEN);
	FreeContextBuffer(blob.pvBuffer);
	pair_end(&p);
}

int
main(void)
{
	api_begin();
	RUN(checks_come_in_order);
	RUN(packages_and_tables);
	RUN(a_handshake_with_everything);
	RUN(messages);
	RUN(refused_logons);
	RUN(token_buffers_that_are_too_small);
	RUN(memory_by_the_library);
	RUN(malformed_tokens);
	RUN(dead_handles);
	RUN(a_forked_child_starts_afresh);
	RUN(passwords_can_be_changed);
	RUN(contexts_can_be_exported);
	RUN(restarted_contexts_can_be_imported_again);
	return check_end();
}
