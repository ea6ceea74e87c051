/*
 * wide_test.c - the W functions from the first to the last, and the sealing
 * of identities by the LSA. What W shares with A is in sspi_sync_test.c.
 * Covers secur32/sspi.c, secur32/text.c, secur32/identity_seal.c, lsa/serve_wrap.c.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/api/api.h"
#include "tests/check.h"

#define W(text)		((WCHAR *)(uintptr_t)u##text)

static bool
same_wide(const WCHAR *got, const void *want, size_t size)
{
	return got && memcmp(got, want, size) == 0;
}

#define CHECK_WIDE(got, text)	CHECK(same_wide((got), u##text, sizeof u##text))

/* The user part of "DOMAIN\user". */
static const WCHAR *
user_of(const WCHAR *name)
{
	const WCHAR *user = name;

	for (; name && *name; name++)
		if (*name == '\\')
			user = name + 1;
	return user;
}

static CredHandle
cred_wide(bool inbound, WCHAR *user, WCHAR *password)
{
	SEC_WINNT_AUTH_IDENTITY_W id = {
		.User = (unsigned short *)user, .UserLength = 5, .Password = (unsigned short *)password,
		.PasswordLength = sizeof API_PASSWORD - 1, .Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE,
	};
	CredHandle cred;
	TimeStamp expiry;

	CHECK_U64(AcquireCredentialsHandleW(NULL, W("NTLM"), inbound ? SECPKG_CRED_INBOUND : SECPKG_CRED_OUTBOUND, NULL,
	    inbound ? NULL : &id, NULL, NULL, &cred, &expiry), SEC_E_OK);
	return cred;
}

/* --- a handshake --------------------------------------------------------------- */

struct side {
	CredHandle cred;
	CtxtHandle ctx;
	char token[4096];
	SecBuffer buffer;
	SecBufferDesc desc;
	ULONG attr;
};

static void
side_ready(struct side *s, ULONG len)
{
	s->buffer = (SecBuffer){ len, SECBUFFER_TOKEN, s->token };
	s->desc = (SecBufferDesc){ SECBUFFER_VERSION, 1, &s->buffer };
}

static SECURITY_STATUS
leg_out(struct side *c, struct side *s, bool first)
{
	side_ready(c, sizeof c->token);
	return InitializeSecurityContextW(&c->cred, first ? NULL : &c->ctx, first ? W("host/server") : NULL,
	    ISC_REQ_INTEGRITY | ISC_REQ_CONFIDENTIALITY, 0, SECURITY_NATIVE_DREP, first ? NULL : &s->desc, 0, &c->ctx,
	    &c->desc, &c->attr, NULL);
}

static SECURITY_STATUS
leg_in(struct side *c, struct side *s, bool first)
{
	side_ready(s, sizeof s->token);
	return AcceptSecurityContext(&s->cred, first ? NULL : &s->ctx, &c->desc, ASC_REQ_INTEGRITY,
	    SECURITY_NATIVE_DREP, &s->ctx, &s->desc, &s->attr, NULL);
}

static void
shaken(struct side *c, struct side *s)
{
	memset(c, 0, sizeof *c);
	memset(s, 0, sizeof *s);
	c->cred = cred_wide(false, W("alice"), W("correct horse 7"));
	s->cred = cred_wide(true, NULL, NULL);
	CHECK_U64(leg_out(c, s, true), SEC_I_CONTINUE_NEEDED);
	CHECK_U64(leg_in(c, s, true), SEC_I_CONTINUE_NEEDED);
	CHECK_U64(leg_out(c, s, false), SEC_E_OK);
	CHECK_U64(leg_in(c, s, false), SEC_E_OK);
}

static void
ended(struct side *c, struct side *s)
{
	CHECK_U64(DeleteSecurityContext(&c->ctx), SEC_E_OK);
	CHECK_U64(DeleteSecurityContext(&s->ctx), SEC_E_OK);
	CHECK_U64(FreeCredentialsHandle(&c->cred), SEC_E_OK);
	CHECK_U64(FreeCredentialsHandle(&s->cred), SEC_E_OK);
}

TEST(a_wide_handshake)
{
	SecPkgContext_NamesW names = { NULL };
	SecPkgContext_Sizes sizes;
	SecPkgContext_PackageInfoW package = { NULL };
	struct side c, s;

	shaken(&c, &s);
	CHECK_U64(QueryContextAttributesW(&s.ctx, SECPKG_ATTR_NAMES, &names), SEC_E_OK);
	CHECK_WIDE(user_of(names.sUserName), "alice");
	CHECK_U64(FreeContextBuffer(names.sUserName), SEC_E_OK);
	CHECK_U64(QueryContextAttributesExW(&c.ctx, SECPKG_ATTR_SIZES, &sizes, sizeof sizes), SEC_E_OK);
	CHECK_U64(sizes.cbMaxSignature, 16);
	CHECK_U64(QueryContextAttributesExW(&c.ctx, SECPKG_ATTR_SIZES, &sizes, sizeof sizes - 1), SEC_E_BUFFER_TOO_SMALL);
	CHECK_U64(QueryContextAttributesW(&c.ctx, SECPKG_ATTR_PACKAGE_INFO, &package), SEC_E_OK);
	CHECK_WIDE(package.PackageInfo->Name, "NTLM");
	CHECK_U64(FreeContextBuffer(package.PackageInfo), SEC_E_OK);
	CHECK_U64(SetContextAttributesW(&c.ctx, SECPKG_ATTR_USER_FLAGS, &sizes, sizeof sizes), SEC_E_UNSUPPORTED_FUNCTION);
	CHECK_U64(SetContextAttributesA(&c.ctx, SECPKG_ATTR_USER_FLAGS, &sizes, sizeof sizes), SEC_E_UNSUPPORTED_FUNCTION);
	CHECK_U64(CompleteAuthToken(&c.ctx, &c.desc), SEC_E_UNSUPPORTED_FUNCTION);
	CHECK_U64(ApplyControlToken(&c.ctx, &c.desc), SEC_E_UNSUPPORTED_FUNCTION);
	ended(&c, &s);
}

TEST(a_wide_name_that_is_no_text)
{
	static WCHAR half[] = { 'h', 0xD800, 0 };
	struct side c, s;

	memset(&c, 0, sizeof c);
	memset(&s, 0, sizeof s);
	c.cred = cred_wide(false, W("alice"), W("correct horse 7"));
	side_ready(&c, sizeof c.token);
	CHECK_U64(InitializeSecurityContextW(&c.cred, NULL, half, 0, 0, SECURITY_NATIVE_DREP, NULL, 0, &c.ctx, &c.desc,
	    &c.attr, NULL), SEC_E_INVALID_TOKEN);
	CHECK_U64(FreeCredentialsHandle(&c.cred), SEC_E_OK);
}

/* --- credentials ----------------------------------------------------------------- */

TEST(what_credentials_are_called)
{
	CredHandle cred = cred_wide(false, W("alice"), W("correct horse 7"));
	SecPkgCredentials_NamesW wide = { NULL };
	SecPkgCredentials_NamesA ansi = { NULL };
	ULONG deadline = 5000;

	CHECK_U64(QueryCredentialsAttributesW(&cred, SECPKG_CRED_ATTR_NAMES, &wide), SEC_E_OK);
	CHECK_WIDE(user_of(wide.sUserName), "alice");
	FreeContextBuffer(wide.sUserName);
	CHECK_U64(QueryCredentialsAttributesExW(&cred, SECPKG_CRED_ATTR_NAMES, &wide, sizeof wide), SEC_E_OK);
	FreeContextBuffer(wide.sUserName);
	CHECK_U64(QueryCredentialsAttributesA(&cred, SECPKG_CRED_ATTR_NAMES, &ansi), SEC_E_OK);
	CHECK(ansi.sUserName && strstr(ansi.sUserName, "alice"));
	FreeContextBuffer(ansi.sUserName);
	CHECK_U64(QueryCredentialsAttributesExA(&cred, SECPKG_CRED_ATTR_NAMES, &ansi, 1), SEC_E_BUFFER_TOO_SMALL);
	CHECK_U64(QueryCredentialsAttributesA(&cred, 4711, &ansi), SEC_E_UNSUPPORTED_FUNCTION);
	CHECK_U64(SetCredentialsAttributesW(&cred, OLSA_CRED_ATTR_DEADLINE, &deadline, sizeof deadline), SEC_E_OK);
	CHECK_U64(SetCredentialsAttributesW(&cred, SECPKG_CRED_ATTR_KDC_PROXY_SETTINGS, &deadline, sizeof deadline),
	    SEC_E_UNSUPPORTED_FUNCTION);
	CHECK_U64(AddCredentialsA(&cred, NULL, NULL, 2, NULL, NULL, NULL, NULL), SEC_E_UNSUPPORTED_FUNCTION);
	CHECK_U64(AddCredentialsW(&cred, NULL, NULL, 2, NULL, NULL, NULL, NULL), SEC_E_UNSUPPORTED_FUNCTION);
	CHECK_U64(FreeCredentialsHandle(&cred), SEC_E_OK);
	CHECK_U64(QueryCredentialsAttributesW(&cred, SECPKG_CRED_ATTR_NAMES, &wide), SEC_E_INVALID_HANDLE);
	CHECK_U64(AddCredentialsW(&cred, NULL, NULL, 2, NULL, NULL, NULL, NULL), SEC_E_INVALID_HANDLE);
}

TEST(wide_packages)
{
	PSecPkgInfoW infos = NULL;
	ULONG n = 0;

	CHECK_U64(EnumerateSecurityPackagesW(&n, &infos), SEC_E_OK);
	CHECK(n >= 1);
	CHECK_WIDE(infos[0].Name, "Negotiate");
	CHECK_U64(infos[0].wVersion, 1);
	CHECK_U64(FreeContextBuffer(infos), SEC_E_OK);
}

TEST(a_wide_password_change)
{
	SecBuffer none = { 0, SECBUFFER_CHANGE_PASS_RESPONSE, NULL };
	SecBufferDesc d = { SECBUFFER_VERSION, 1, &none };

	CHECK_U64(ChangeAccountPasswordW(W("NTLM"), W(""), W("alice"), W("wrong horse 77"), W("x"), FALSE, 0, &d),
	    SEC_E_LOGON_DENIED);
	CHECK_U64(ChangeAccountPasswordW(W("NTLM"), W(""), W("alice"), W("correct horse 7"), W("another 8 horses"), FALSE, 0,
	    &d), SEC_E_OK);
	CHECK_U64(ChangeAccountPasswordW(W("NTLM"), W(""), W("alice"), W("another 8 horses"), W("correct horse 7"), FALSE, 0,
	    &d), SEC_E_OK);
}

TEST(a_wide_import)
{
	char token[16], data[] = "across";
	SecBuffer b[2] = { { 16, SECBUFFER_TOKEN, token }, { 6, SECBUFFER_DATA, data } };
	SecBufferDesc d = { SECBUFFER_VERSION, 2, b };
	SecBuffer blob = { 0, SECBUFFER_EMPTY, NULL };
	struct side c, s;

	shaken(&c, &s);
	CHECK_U64(ExportSecurityContext(&s.ctx, SECPKG_CONTEXT_EXPORT_DELETE_OLD, &blob, NULL), SEC_E_OK);
	CHECK_U64(ImportSecurityContextW(W("NTLM"), &blob, NULL, &s.ctx), SEC_E_OK);
	CHECK_U64(FreeContextBuffer(blob.pvBuffer), SEC_E_OK);
	CHECK_U64(EncryptMessage(&c.ctx, 0, &d, 0), SEC_E_OK);
	CHECK_U64(DecryptMessage(&s.ctx, &d, 0, NULL), SEC_E_OK);
	CHECK(memcmp(data, "across", 6) == 0);
	ended(&c, &s);
}

/* --- identities that the LSA seals --------------------------------------------------- */

static PSEC_WINNT_AUTH_IDENTITY_OPAQUE
opaque_new(void)
{
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = NULL;

	CHECK_U64(SspiEncodeStringsAsAuthIdentity(W("alice"), NULL, W("correct horse 7"), &id), SEC_E_OK);
	return id;
}

/* Encrypted, it is copied, sent as bytes, read by Acquire, and decrypted; the other options do not open it. */
TEST(identities_sealed_by_the_lsa)
{
	static const ULONG options[] = { SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_LOGON, SEC_WINNT_AUTH_IDENTITY_ENCRYPT_FOR_SYSTEM };

	for (unsigned i = 0; i < 2; i++) {
		PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = opaque_new(), copy = NULL, back = NULL;
		BOOLEAN user = FALSE, same = FALSE;
		CredHandle cred;
		ULONG len = 0;
		char *flat = NULL;

		CHECK_U64(SspiEncryptAuthIdentityEx(options[i], id), SEC_E_OK);
		CHECK_U64(SspiEncryptAuthIdentityEx(options[i], id), SEC_E_OK);
		CHECK_U64(SspiIsAuthIdentityEncrypted(id), TRUE);
		CHECK_U64(SspiValidateAuthIdentity(id), SEC_E_OK);
		CHECK_U64(SspiCopyAuthIdentity(id, &copy), SEC_E_OK);
		CHECK_U64(SspiMarshalAuthIdentity(copy, &len, &flat), SEC_E_OK);
		CHECK(!memmem(flat, len, u"horse", 10));
		CHECK_U64(SspiUnmarshalAuthIdentity(len, flat, &back), SEC_E_OK);
		CHECK_U64(AcquireCredentialsHandleW(NULL, W("NTLM"), SECPKG_CRED_OUTBOUND, NULL, back, NULL, NULL, &cred, NULL),
		    SEC_E_OK);
		CHECK_U64(FreeCredentialsHandle(&cred), SEC_E_OK);
		CHECK_U64(SspiDecryptAuthIdentity(back), SEC_E_DECRYPT_FAILURE);
		CHECK_U64(SspiDecryptAuthIdentityEx(options[1 - i], back), SEC_E_DECRYPT_FAILURE);
		CHECK_U64(SspiDecryptAuthIdentityEx(options[i], back), SEC_E_OK);
		CHECK_U64(SspiIsAuthIdentityEncrypted(back), FALSE);
		CHECK_U64(SspiCompareAuthIdentities(id, back, &user, &same), SEC_E_OK);
		CHECK(user && same);
		SspiLocalFree(flat);
		SspiFreeAuthIdentity(id);
		SspiFreeAuthIdentity(copy);
		SspiFreeAuthIdentity(back);
	}
}

/* A flag that was changed sends the bytes to the LSA for another purpose; a byte that was, to the same in vain. */
TEST(identities_changed_since)
{
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE id = opaque_new();
	PSEC_WINNT_AUTH_IDENTITY_EX2 ex2 = id;
	unsigned char *packed = (unsigned char *)id + ex2->PackedCredentialsOffset;
	CredHandle cred;

	CHECK_U64(SspiEncryptAuthIdentityEx(SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_LOGON, id), SEC_E_OK);
	ex2->Flags ^= SEC_WINNT_AUTH_IDENTITY_FLAGS_USER_PROTECTED | SEC_WINNT_AUTH_IDENTITY_FLAGS_SYSTEM_ENCRYPTED;
	CHECK_U64(SspiDecryptAuthIdentityEx(SEC_WINNT_AUTH_IDENTITY_ENCRYPT_FOR_SYSTEM, id), SEC_E_DECRYPT_FAILURE);
	ex2->Flags ^= SEC_WINNT_AUTH_IDENTITY_FLAGS_USER_PROTECTED | SEC_WINNT_AUTH_IDENTITY_FLAGS_SYSTEM_ENCRYPTED;
	packed[ex2->PackedCredentialsLength - 1] ^= 1;
	CHECK_U64(SspiDecryptAuthIdentityEx(SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_LOGON, id), SEC_E_DECRYPT_FAILURE);
	CHECK_U64(AcquireCredentialsHandleW(NULL, W("NTLM"), SECPKG_CRED_OUTBOUND, NULL, id, NULL, NULL, &cred, NULL),
	    SEC_E_UNKNOWN_CREDENTIALS);
	packed[ex2->PackedCredentialsLength - 1] ^= 1;
	CHECK_U64(SspiDecryptAuthIdentityEx(SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_LOGON, id), SEC_E_OK);
	SspiFreeAuthIdentity(id);
}

int
main(void)
{
	api_begin();
	RUN(a_wide_handshake);
	RUN(a_wide_name_that_is_no_text);
	RUN(what_credentials_are_called);
	RUN(wide_packages);
	RUN(a_wide_password_change);
	RUN(a_wide_import);
	RUN(identities_sealed_by_the_lsa);
	RUN(identities_changed_since);
	return check_end();
}
