/*
 * kerb_accept_test.c - AcceptSecurityContext for Kerberos by the public API,
 * near and far, with MIT's gss_init_sec_context and MIT's KDC at the other end.
 * Covers pkg/kerberos/kerb_accept.c, pkg/kerberos/kerb_answer.c, pkg/kerberos/kerb_peer.c,
 * pkg/kerberos/kerb_keys.c, src/lsa/services.c (first_seen, logon_as) and an error's token on its way out
 * (src/lsa/serve_sspi.c, src/lsa/dispatch.c, src/secur32/leg.c).
 */
#include <gssapi/gssapi_krb5.h>
#include <krb5.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/api/kerb.h"
#include "tests/check.h"

static const char aes256[] = "host/aes256.openlsa.test@OPENLSA.TEST";

static struct {
	CredHandle cred;
	CtxtHandle context;
	bool has_context;
	gss_ctx_id_t ctx;
	gss_cred_id_t theirs;		/* NULL: the default one */
	gss_name_t name;
	gss_OID mech;			/* NULL: Kerberos */
	OM_uint32 flags, major, minor;
	gss_buffer_desc out;
	ULONG wants, attr;
	SECURITY_STATUS status;
	char token[16384];
	ULONG len;
} t;

static void
over(void)
{
	OM_uint32 minor;

	if (t.has_context)
		CHECK(DeleteSecurityContext(&t.context) == SEC_E_OK);
	t.has_context = false;
	if (t.ctx)
		(void)gss_delete_sec_context(&minor, &t.ctx, NULL);
	(void)gss_release_buffer(&minor, &t.out);
	(void)gss_release_name(&minor, &t.name);
}

static void
meet(const char *target, OM_uint32 flags)
{
	gss_buffer_desc text = { .length = strlen(target), .value = (void *)(uintptr_t)target };

	over();
	t.flags = flags | GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG | GSS_C_CONF_FLAG | GSS_C_INTEG_FLAG;
	t.wants = 0;
	CHECK(gss_import_name(&t.minor, &text, (gss_OID)GSS_KRB5_NT_PRINCIPAL_NAME, &t.name) == GSS_S_COMPLETE);
}

static void
theirs(void)
{
	gss_buffer_desc in = { .length = t.len, .value = t.token };
	OM_uint32 minor;

	(void)gss_release_buffer(&minor, &t.out);
	t.major = gss_init_sec_context(&t.minor, t.theirs, &t.ctx, t.name, t.mech ? t.mech : (gss_OID)gss_mech_krb5, t.flags, 0, NULL,
	    t.len ? &in : NULL, NULL, &t.out, NULL, NULL);
	t.len = 0;
}

static SECURITY_STATUS
ours(void *token, size_t len)
{
	SecBuffer in = { (ULONG)len, SECBUFFER_TOKEN, token }, out = { sizeof t.token, SECBUFFER_TOKEN, t.token };
	SecBufferDesc in_desc = { SECBUFFER_VERSION, 1, &in }, out_desc = { SECBUFFER_VERSION, 1, &out };
	TimeStamp expiry;

	t.status = AcceptSecurityContext(&t.cred, t.has_context ? &t.context : NULL, &in_desc, t.wants, SECURITY_NATIVE_DREP,
	    &t.context, &out_desc, &t.attr, &expiry);
	if (t.status >= 0)
		t.has_context = true;
	t.len = out.cbBuffer;
	return t.status;
}

static bool
shake_hands(const char *target, OM_uint32 flags)
{
	meet(target, flags);
	t.len = 0;
	theirs();
	for (int legs = 0; legs < 3 && t.out.length; legs++) {
		if (ours(t.out.value, t.out.length) < 0)
			break;
		if (t.len)
			theirs();
		else
			break;
	}
	if (t.status == SEC_E_OK && t.major == GSS_S_COMPLETE)
		return true;
	(void)kerb_said(t.status, "?");
	fprintf(stderr, "    %s: %x, MIT %x %d\n", target, (unsigned)t.status, t.major, (int)t.minor);
	return false;
}

/* A sealed message each way. */
static void
talk(void)
{
	char text[] = "a message of thirty-two letters.", header[256], pad[1] = { 0 };
	SecPkgContext_Sizes sizes = { 0 };
	SecBuffer b[3] = { { 0, SECBUFFER_TOKEN, header }, { sizeof text, SECBUFFER_DATA, text }, { 1, SECBUFFER_PADDING, pad } };
	SecBufferDesc desc = { SECBUFFER_VERSION, 3, b };
	gss_buffer_desc in, out = { 0 };
	char whole[512];
	OM_uint32 minor;
	ULONG qop = 9;
	int sealed = 0;

	CHECK(QueryContextAttributesA(&t.context, SECPKG_ATTR_SIZES, &sizes) == SEC_E_OK);
	CHECK(sizes.cbSecurityTrailer <= sizeof header);
	b[0].cbBuffer = sizes.cbSecurityTrailer;
	CHECK(EncryptMessage(&t.context, 0, &desc, 0) == SEC_E_OK);
	memcpy(whole, header, b[0].cbBuffer);
	memcpy(whole + b[0].cbBuffer, text, b[1].cbBuffer);
	memcpy(whole + b[0].cbBuffer + b[1].cbBuffer, pad, b[2].cbBuffer);
	in = (gss_buffer_desc){ b[0].cbBuffer + b[1].cbBuffer + b[2].cbBuffer, whole };
	CHECK(gss_unwrap(&minor, t.ctx, &in, &out, &sealed, NULL) == GSS_S_COMPLETE && sealed);
	CHECK(out.length == sizeof text && memcmp(out.value, "a message of thirty-two letters.", out.length) == 0);
	(void)gss_release_buffer(&minor, &out);
	in = (gss_buffer_desc){ 5, (void *)(uintptr_t)"hello" };
	CHECK(gss_wrap(&minor, t.ctx, 1, GSS_C_QOP_DEFAULT, &in, &sealed, &out) == GSS_S_COMPLETE && out.length <= sizeof whole);
	memcpy(whole, out.value, out.length);
	b[0] = (SecBuffer){ (ULONG)out.length, SECBUFFER_STREAM, whole };
	b[1] = (SecBuffer){ 0, SECBUFFER_DATA, NULL };
	desc.cBuffers = 2;
	CHECK(DecryptMessage(&t.context, &desc, 0, &qop) == SEC_E_OK);
	CHECK(b[1].cbBuffer == 5 && memcmp(b[1].pvBuffer, "hello", 5) == 0);
	(void)gss_release_buffer(&minor, &out);
}

/* In the other process: takes the context, reads what MIT's side said before and answers; what it is wrong with. */
static int
other_process(char *package, SecBuffer *blob, char *said, ULONG len, int answer)
{
	char text[] = "from elsewhere", header[256], pad[1] = { 0 };
	SecPkgContext_Sizes sizes = { 0 };
	SecBuffer b[3] = { { len, SECBUFFER_STREAM, said }, { 0, SECBUFFER_DATA, NULL } };
	SecBufferDesc desc = { SECBUFFER_VERSION, 2, b };
	SecPkgContext_NamesA names = { NULL };
	CtxtHandle taken;

	if (ImportSecurityContextA(package, blob, NULL, &taken) != SEC_E_OK)
		return 1;
	if (DecryptMessage(&taken, &desc, 0, NULL) != SEC_E_OK || b[1].cbBuffer != 5 || memcmp(b[1].pvBuffer, "hello", 5) != 0)
		return 2;
	if (QueryContextAttributesA(&taken, SECPKG_ATTR_NAMES, &names) != SEC_E_OK || strcmp(names.sUserName, "OPENLSA.TEST\\alice") != 0)
		return 3;
	if (QueryContextAttributesA(&taken, SECPKG_ATTR_SIZES, &sizes) != SEC_E_OK || sizes.cbSecurityTrailer > sizeof header)
		return 4;
	b[0] = (SecBuffer){ sizes.cbSecurityTrailer, SECBUFFER_TOKEN, header };
	b[1] = (SecBuffer){ sizeof text, SECBUFFER_DATA, text };
	b[2] = (SecBuffer){ 1, SECBUFFER_PADDING, pad };
	desc.cBuffers = 3;
	if (EncryptMessage(&taken, 0, &desc, 0) != SEC_E_OK)
		return 5;
	return write(answer, header, b[0].cbBuffer) != (ssize_t)b[0].cbBuffer || write(answer, text, b[1].cbBuffer) != (ssize_t)b[1].cbBuffer;
}

/* The context goes on in another process, and here it is over. */
static void
taken_over(const char *package)
{
	char name[16], whole[512], answer[512];
	gss_buffer_desc in = { 5, (void *)(uintptr_t)"hello" }, out = { 0 };
	SecBuffer blob = { 0, SECBUFFER_EMPTY, NULL };
	int ends[2] = { -1, -1 }, status = -1, sealed = 0;
	size_t len = 0;
	OM_uint32 minor;
	ssize_t n;
	pid_t child;

	(void)snprintf(name, sizeof name, "%s", package);
	CHECK(gss_wrap(&minor, t.ctx, 1, GSS_C_QOP_DEFAULT, &in, &sealed, &out) == GSS_S_COMPLETE && out.length <= sizeof whole);
	memcpy(whole, out.value, out.length);
	if (!CHECK(ExportSecurityContext(&t.context, SECPKG_CONTEXT_EXPORT_DELETE_OLD, &blob, NULL) == SEC_E_OK) || !CHECK(pipe(ends) == 0))
		return;
	t.has_context = false;
	child = fork();
	if (child == 0)
		_exit(other_process(name, &blob, whole, (ULONG)out.length, ends[1]));
	close(ends[1]);
	while ((n = read(ends[0], answer + len, sizeof answer - len)) > 0)
		len += (size_t)n;
	close(ends[0]);
	CHECK(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
	CHECK_U64((unsigned)WEXITSTATUS(status), 0);
	(void)gss_release_buffer(&minor, &out);
	in = (gss_buffer_desc){ len, answer };
	CHECK(gss_unwrap(&minor, t.ctx, &in, &out, &sealed, NULL) == GSS_S_COMPLETE && sealed);
	CHECK(out.length == sizeof "from elsewhere" && memcmp(out.value, "from elsewhere", out.length) == 0);
	(void)gss_release_buffer(&minor, &out);
	CHECK(ImportSecurityContextA(name, &blob, NULL, &t.context) == SEC_E_INVALID_TOKEN);	/* once */
	FreeContextBuffer(blob.pvBuffer);
}

/* --- --------------------------------------------------------------------------- */

TEST(another_process_takes_over)
{
	static const char *const services[] = {
		"host/aes128.openlsa.test@OPENLSA.TEST", "host/aes256.openlsa.test@OPENLSA.TEST",
		"host/sha128.openlsa.test@OPENLSA.TEST", "host/sha256.openlsa.test@OPENLSA.TEST",
	};

	for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
		if (!CHECK(shake_hands(services[i], GSS_C_MUTUAL_FLAG)))
			continue;
		talk();
		taken_over("Kerberos");
	}
	over();
}

/* What a context tells besides. */
static void
more_is_told(const char *service)
{
	SecPkgContext_NativeNamesA native = { NULL, NULL };
	SecPkgContext_NativeNamesW wide = { NULL, NULL };
	SecPkgContext_AuthorityA authority = { NULL };
	SecPkgContext_DceInfo dce = { 0, NULL };
	SecPkgContext_StreamSizes stream;
	SecPkgContext_Target target = { 0, NULL };
	SecPkgContext_Sizes sizes;
	_Alignas(8) uint8_t room[256];
	HANDLE token = NULL;
	DWORD len = 0;

	CHECK(QueryContextAttributesA(&t.context, SECPKG_ATTR_NATIVE_NAMES, &native) == SEC_E_OK);
	CHECK_TEXT(native.sClientName, "alice@OPENLSA.TEST");
	CHECK_TEXT(native.sServerName, service);
	CHECK(FreeContextBuffer(native.sClientName) == SEC_E_OK && FreeContextBuffer(native.sServerName) == SEC_E_OK);
	CHECK(QueryContextAttributesW(&t.context, SECPKG_ATTR_NATIVE_NAMES, &wide) == SEC_E_OK);
	CHECK(wide.sClientName[5] == '@' && wide.sServerName[4] == '/');
	CHECK(FreeContextBuffer(wide.sClientName) == SEC_E_OK && FreeContextBuffer(wide.sServerName) == SEC_E_OK);
	CHECK(QueryContextAttributesA(&t.context, SECPKG_ATTR_AUTHORITY, &authority) == SEC_E_OK);
	CHECK_TEXT(authority.sAuthorityName, "OPENLSA.TEST");
	FreeContextBuffer(authority.sAuthorityName);
	CHECK(QueryContextAttributesA(&t.context, SECPKG_ATTR_DCE_INFO, &dce) == SEC_E_OK && dce.AuthzSvc == 1);
	CHECK_TEXT((char *)dce.pPac, "OPENLSA.TEST\\alice");
	FreeContextBuffer(dce.pPac);
	CHECK(QueryContextAttributesA(&t.context, SECPKG_ATTR_SIZES, &sizes) == SEC_E_OK);
	CHECK(QueryContextAttributesA(&t.context, SECPKG_ATTR_STREAM_SIZES, &stream) == SEC_E_OK);
	CHECK(stream.cbHeader == sizes.cbSecurityTrailer && stream.cbTrailer == sizes.cbBlockSize && stream.cBuffers == 3);
	CHECK(QueryContextAttributesExA(&t.context, SECPKG_ATTR_STREAM_SIZES, &stream, 4) == SEC_E_BUFFER_TOO_SMALL);
	CHECK(QueryContextAttributesA(&t.context, SECPKG_ATTR_TARGET, &target) == SEC_E_OK);
	/* MIT's KDC gives users no SID: there is none to point to. */
	CHECK(QuerySecurityContextToken(&t.context, &token) == SEC_E_OK);
	CHECK(GetTokenInformation(token, TokenUser, room, sizeof room, &len) && len == sizeof(TOKEN_USER));
	CHECK(((TOKEN_USER *)(void *)room)->User.Sid == NULL);
	CHECK(GetTokenInformation(token, TokenOwner, room, sizeof room, &len) && *(PSID *)(void *)room == NULL);
	CHECK(CloseHandle(token));
	CHECK(target.TargetLength >= 19 && memcmp(target.Target, service, 19) == 0);
	FreeContextBuffer(target.Target);
}

TEST(every_etype_and_style)
{
	static const char *const services[] = {
		"host/aes128.openlsa.test@OPENLSA.TEST", "host/aes256.openlsa.test@OPENLSA.TEST",
		"host/sha128.openlsa.test@OPENLSA.TEST", "host/sha256.openlsa.test@OPENLSA.TEST",
	};
	static const OM_uint32 styles[] = { 0, GSS_C_MUTUAL_FLAG, GSS_C_MUTUAL_FLAG | GSS_C_DCE_STYLE };
	SecPkgContext_NamesA names = { NULL };

	for (size_t i = 0; i < sizeof services / sizeof *services; i++)
		for (size_t k = 0; k < 3; k++) {
			if (!CHECK(shake_hands(services[i], styles[k])))
				continue;
			CHECK_U64(t.attr & (ASC_RET_MUTUAL_AUTH | ASC_RET_USED_DCE_STYLE | ASC_RET_DELEGATE),
			    (k ? ASC_RET_MUTUAL_AUTH : 0u) | (k == 2 ? ASC_RET_USED_DCE_STYLE : 0u));
			CHECK((t.attr & (ASC_RET_CONFIDENTIALITY | ASC_RET_INTEGRITY)) == (ASC_RET_CONFIDENTIALITY | ASC_RET_INTEGRITY));
			if (CHECK(QueryContextAttributesA(&t.context, SECPKG_ATTR_NAMES, &names) == SEC_E_OK))
				CHECK_TEXT(names.sUserName, "OPENLSA.TEST\\alice");
			FreeContextBuffer(names.sUserName);
			if (k == 0)
				more_is_told(services[i]);
			if (k < 2)
				talk();
		}
	over();
}

/* Policy's default. */
TEST(rc4_is_refused)
{
	meet("host/rc4.openlsa.test@OPENLSA.TEST", GSS_C_MUTUAL_FLAG);
	theirs();
	CHECK_U64((uint32_t)ours(t.out.value, t.out.length), (uint32_t)SEC_E_KDC_UNKNOWN_ETYPE);
	CHECK(kerb_said(t.status, "kerberos-rc4"));
	CHECK(t.len == 0);
	over();
}

/* MIT's client without its wish for a better key. */
TEST(rc4_by_policy)
{
	static const OM_uint32 styles[] = { 0, GSS_C_MUTUAL_FLAG, GSS_C_MUTUAL_FLAG | GSS_C_DCE_STYLE };
	krb5_enctype only[] = { ENCTYPE_ARCFOUR_HMAC };
	SecPkgContext_KeyInfoA info;
	OM_uint32 minor;

	kerb_policy("kerberos-rc4", 1);
	CHECK(gss_acquire_cred(&minor, GSS_C_NO_NAME, 0, GSS_C_NO_OID_SET, GSS_C_INITIATE, &t.theirs, NULL, NULL) == GSS_S_COMPLETE);
	CHECK(gss_krb5_set_allowable_enctypes(&minor, t.theirs, 1, only) == GSS_S_COMPLETE);
	for (size_t k = 0; k < 3; k++) {
		if (!CHECK(shake_hands("host/rc4.openlsa.test@OPENLSA.TEST", styles[k])))
			continue;
		if (CHECK(QueryContextAttributesA(&t.context, SECPKG_ATTR_KEY_INFO, &info) == SEC_E_OK)) {
			CHECK_TEXT(info.sEncryptAlgorithmName, "RC4-HMAC");
			FreeContextBuffer(info.sEncryptAlgorithmName);
			FreeContextBuffer(info.sSignatureAlgorithmName);
		}
		if (k < 2)
			talk();
	}
	over();
	(void)gss_release_cred(&minor, &t.theirs);
	kerb_policy("kerberos-rc4", 0);
}

/* The second time is refused, by whichever process; who asked for it gets the error as a token that MIT's client understands. */
TEST(replay_and_its_token)
{
	CHECK(shake_hands(aes256, GSS_C_MUTUAL_FLAG));
	meet(aes256, GSS_C_MUTUAL_FLAG);
	t.len = 0;
	theirs();
	CHECK_U64((uint32_t)ours(t.out.value, t.out.length), SEC_E_OK);
	CHECK(DeleteSecurityContext(&t.context) == SEC_E_OK);
	t.has_context = false;
	CHECK_U64((uint32_t)ours(t.out.value, t.out.length), (uint32_t)SEC_E_LOGON_DENIED);
	CHECK_U64(t.len, 0);
	t.wants = ASC_REQ_EXTENDED_ERROR;
	CHECK_U64((uint32_t)ours(t.out.value, t.out.length), (uint32_t)SEC_E_LOGON_DENIED);
	if (CHECK(t.len > 0 && t.token[0] == 0x60)) {
		theirs();
		CHECK(GSS_ERROR(t.major));
		CHECK_U64(t.minor, (OM_uint32)KRB5KRB_AP_ERR_REPEAT);
	}
	over();
}

TEST(mutated)
{
	meet(aes256, GSS_C_MUTUAL_FLAG);
	t.len = 0;
	theirs();
	for (size_t n = 0; n < t.out.length; n += 7)
		CHECK(ours(t.out.value, n) < 0);
	for (size_t at = t.out.length - 300; at < t.out.length; at += 5) {	/* the authenticator */
		((uint8_t *)t.out.value)[at] ^= 0x20;
		CHECK(ours(t.out.value, t.out.length) < 0);
		((uint8_t *)t.out.value)[at] ^= 0x20;
	}
	CHECK_U64((uint32_t)ours(t.out.value, t.out.length), SEC_E_OK);
	over();
}

TEST(no_key_no_credential)
{
	CredHandle cred;

	CHECK_U64((uint32_t)AcquireCredentialsHandleA((char *)(uintptr_t)"nfs/nowhere.openlsa.test", (char *)(uintptr_t)"Kerberos", SECPKG_CRED_INBOUND, NULL,
	    NULL, NULL, NULL, &cred, NULL), (uint32_t)SEC_E_NO_CREDENTIALS);
	CHECK(kerb_said(SEC_E_NO_CREDENTIALS, "nfs/nowhere.openlsa.test"));
	CHECK(AcquireCredentialsHandleA((char *)(uintptr_t)"HTTP/localhost", (char *)(uintptr_t)"Kerberos", SECPKG_CRED_INBOUND, NULL,
	    NULL, NULL, NULL, &cred, NULL) == SEC_E_OK);
	CHECK(FreeCredentialsHandle(&cred) == SEC_E_OK);
}

/* The same inside SPNEGO, which MIT's speaks with two numbers for Kerberos. */
TEST(inside_negotiate)
{
	static gss_OID_desc spnego = { 6, (void *)(uintptr_t)"\x2b\x06\x01\x05\x05\x02" };
	SecPkgContext_NamesA names = { NULL };
	CredHandle kerberos = t.cred;

	t.cred = api_cred("Negotiate", true, NULL);
	t.mech = &spnego;
	for (int k = 0; k < 2; k++)
		if (CHECK(shake_hands(aes256, k ? GSS_C_MUTUAL_FLAG : 0))) {
			if (CHECK(QueryContextAttributesA(&t.context, SECPKG_ATTR_NAMES, &names) == SEC_E_OK))
				CHECK_TEXT(names.sUserName, "OPENLSA.TEST\\alice");
			FreeContextBuffer(names.sUserName);
			talk();
			taken_over("Negotiate");
		}
	over();
	t.mech = NULL;
	CHECK(FreeCredentialsHandle(&t.cred) == SEC_E_OK);
	t.cred = kerberos;
}

int
main(void)
{
	(void)lab("KDC_DIR");
	api_begin();
	t.cred = api_cred("Kerberos", true, NULL);
	RUN(every_etype_and_style);
	RUN(rc4_is_refused);
	RUN(rc4_by_policy);
	RUN(replay_and_its_token);
	RUN(mutated);
	RUN(another_process_takes_over);
	RUN(inside_negotiate);
	RUN(no_key_no_credential);
	CHECK(FreeCredentialsHandle(&t.cred) == SEC_E_OK);
	return check_end();
}
