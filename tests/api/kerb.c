/*
 * kerb.c - see kerb.h.
 */
#include "tests/api/kerb.h"
#include "tests/check.h"

#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *
lab(const char *name)
{
	const char *value = getenv(name);

	if (!value) {
		fprintf(stderr, "%s is not set; run this under tests/lab/kdc.py\n", name);
		exit(1);
	}
	return value;
}

SECURITY_STATUS
kerb_cred(PCredHandle ret_cred, const char *user, const char *domain, const char *password)
{
	SEC_WINNT_AUTH_IDENTITY_A id = {
		.User = (unsigned char *)(uintptr_t)user, .UserLength = user ? (ULONG)strlen(user) : 0,
		.Domain = (unsigned char *)(uintptr_t)domain, .DomainLength = domain ? (ULONG)strlen(domain) : 0,
		.Password = (unsigned char *)(uintptr_t)password, .PasswordLength = password ? (ULONG)strlen(password) : 0,
		.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
	};

	return AcquireCredentialsHandleA(NULL, (char *)(uintptr_t)"Kerberos", SECPKG_CRED_OUTBOUND, NULL, user ? &id : NULL,
	    NULL, NULL, ret_cred, NULL);
}

bool
kerb_kinit(const char *client, const char *cache, const char *more)
{
	char command[1024];

	setenv("KRB5CCNAME", cache, 1);
	(void)snprintf(command, sizeof command, "kinit -k -t '%s' %s %s >/dev/null 2>&1", lab("KRB5_CLIENT_KTNAME"), more, client);
	return system(command) == 0;
}

bool
kerb_said(LONG status, const char *text)
{
	LPSTR said = NULL;
	bool is = OlsaExplain(status, NULL, &said) == SEC_E_OK && said && strstr(said, text);

	if (!is)
		fprintf(stderr, "the reasons hold no \"%s\":\n%s\n", text, said ? said : "(none)");
	FreeContextBuffer(said);
	return is;
}

void
kerb_policy(const char *name, ULONG value)
{
	LSA_STRING who = { 8, 8, (char *)(uintptr_t)"api-test" };
	LSA_OPERATIONAL_MODE mode;
	HANDLE lsa;

	CHECK(LsaRegisterLogonProcess(&who, &lsa, &mode) == STATUS_SUCCESS);
	CHECK(OlsaPolicySet(lsa, name, value) == STATUS_SUCCESS);
	LsaDeregisterLogonProcess(lsa);
}

/* --- the acceptor ------------------------------------------------------------ */

static void
text_bindings(struct gss_channel_bindings_struct *b, const char *text)
{
	*b = (struct gss_channel_bindings_struct){ 0 };
	b->application_data.length = strlen(text);
	b->application_data.value = (void *)(uintptr_t)text;
}

static void
key_told(struct shake *s, const gss_krb5_lucid_key_t *key)
{
	s->etype = (int)key->type;
	s->key_len = key->length < sizeof s->key ? key->length : sizeof s->key;
	memcpy(s->key, key->data, s->key_len);
}

static void
context_told(struct shake *s, gss_ctx_id_t *g, gss_name_t who, gss_cred_id_t delegated)
{
	gss_krb5_lucid_context_v1_t *lucid = NULL;
	gss_buffer_desc name = GSS_C_EMPTY_BUFFER;
	gss_name_t again = GSS_C_NO_NAME;
	OM_uint32 minor, left = 0;

	if (gss_display_name(&minor, who, &name, NULL) == GSS_S_COMPLETE)
		(void)snprintf(s->client, sizeof s->client, "%.*s", (int)name.length, (char *)name.value);
	gss_release_buffer(&minor, &name);
	if (delegated != GSS_C_NO_CREDENTIAL) {
		s->delegated = gss_inquire_cred(&minor, delegated, &again, &left, NULL, NULL) == GSS_S_COMPLETE && left > 0;
		gss_release_name(&minor, &again);
	}
	if (gss_krb5_export_lucid_sec_context(&minor, g, 1, (void **)&lucid) != GSS_S_COMPLETE)
		return;
	if (lucid->protocol == 1)
		key_told(s, lucid->cfx_kd.have_acceptor_subkey ? &lucid->cfx_kd.acceptor_subkey : &lucid->cfx_kd.ctx_key);
	else
		key_told(s, &lucid->rfc1964_kd.ctx_key);
	s->send = lucid->send_seq;
	s->receive = lucid->recv_seq;
	(void)gss_krb5_free_lucid_sec_context(&minor, lucid);
}

/* --- messages, both ways -------------------------------------------------------- */

static bool
signed_both_ways(struct shake *s, gss_ctx_id_t g)
{
	uint8_t mic[128], text[] = "signed in two ways";
	SecBuffer b[2] = { { sizeof text, SECBUFFER_DATA, text }, { sizeof mic, SECBUFFER_TOKEN, mic } };
	SecBufferDesc desc = { SECBUFFER_VERSION, 2, b };
	gss_buffer_desc message = { sizeof text, text }, token;
	OM_uint32 minor;
	bool good;

	if (MakeSignature(&s->context, 0, &desc, 0) != SEC_E_OK)
		return false;
	token = (gss_buffer_desc){ b[1].cbBuffer, mic };
	if (gss_verify_mic(&minor, g, &message, &token, NULL) != GSS_S_COMPLETE)
		return false;
	if (gss_get_mic(&minor, g, GSS_C_QOP_DEFAULT, &message, &token) != GSS_S_COMPLETE)
		return false;
	b[1] = (SecBuffer){ (ULONG)token.length, SECBUFFER_TOKEN, token.value };
	good = VerifySignature(&s->context, &desc, 0, NULL) == SEC_E_OK;
	gss_release_buffer(&minor, &token);
	return good;
}

static bool
sealed_both_ways(struct shake *s, gss_ctx_id_t g)
{
	static const char said[] = "sealed in two ways";
	uint8_t wire[512], pad[1] = { 0 };
	SecPkgContext_Sizes sizes;
	SecBuffer b[3], back[2];
	SecBufferDesc desc = { SECBUFFER_VERSION, 3, b }, back_desc = { SECBUFFER_VERSION, 2, back };
	gss_buffer_desc in, out = GSS_C_EMPTY_BUFFER;
	OM_uint32 minor;
	bool good;

	if (QueryContextAttributesA(&s->context, SECPKG_ATTR_SIZES, &sizes) != SEC_E_OK)
		return false;
	b[0] = (SecBuffer){ sizes.cbSecurityTrailer, SECBUFFER_TOKEN, wire };
	b[1] = (SecBuffer){ sizeof said, SECBUFFER_DATA, wire + sizes.cbSecurityTrailer };
	b[2] = (SecBuffer){ sizeof pad, SECBUFFER_PADDING, pad };
	memcpy(b[1].pvBuffer, said, sizeof said);
	if (EncryptMessage(&s->context, 0, &desc, 0) != SEC_E_OK || b[0].cbBuffer > sizes.cbSecurityTrailer)
		return false;
	memmove(wire + b[0].cbBuffer, b[1].pvBuffer, b[1].cbBuffer);
	memcpy(wire + b[0].cbBuffer + b[1].cbBuffer, pad, b[2].cbBuffer);
	in = (gss_buffer_desc){ b[0].cbBuffer + b[1].cbBuffer + b[2].cbBuffer, wire };
	good = gss_unwrap(&minor, g, &in, &out, NULL, NULL) == GSS_S_COMPLETE && out.length == sizeof said &&
	    memcmp(out.value, said, sizeof said) == 0;
	gss_release_buffer(&minor, &out);
	in = (gss_buffer_desc){ sizeof said, (void *)(uintptr_t)said };
	if (!good || gss_wrap(&minor, g, 1, GSS_C_QOP_DEFAULT, &in, NULL, &out) != GSS_S_COMPLETE)
		return false;
	back[0] = (SecBuffer){ (ULONG)out.length, SECBUFFER_STREAM, out.value };
	back[1] = (SecBuffer){ 0, SECBUFFER_DATA, NULL };
	good = DecryptMessage(&s->context, &back_desc, 0, NULL) == SEC_E_OK && back[1].cbBuffer == sizeof said &&
	    memcmp(back[1].pvBuffer, said, sizeof said) == 0;
	gss_release_buffer(&minor, &out);
	return good;
}

/* --- the initiator --------------------------------------------------------------- */

/* A SEC_CHANNEL_BINDINGS with nothing but application data. */
static size_t
raw_bindings(void *at, const char *text)
{
	SEC_CHANNEL_BINDINGS head = { .cbApplicationDataLength = (ULONG)strlen(text), .dwApplicationDataOffset = sizeof head };

	memcpy(at, &head, sizeof head);
	memcpy((char *)at + sizeof head, text, strlen(text));
	return sizeof head + strlen(text);
}

static SECURITY_STATUS
leg(struct shake *s, SecBufferDesc *in, SecBufferDesc *out)
{
	PCtxtHandle context = s->has_context ? &s->context : NULL;
	char *target = (char *)(uintptr_t)s->target;
	SspiAsyncContext *a;
	SECURITY_STATUS status;

	if (!s->async)
		return InitializeSecurityContextA(s->cred, context, target, s->wants, 0, SECURITY_NATIVE_DREP, in, 0, &s->context,
		    out, &s->attr, &s->expiry);
	a = SspiCreateAsyncContext();
	status = SspiInitializeSecurityContextAsyncA(a, s->cred, context, target, s->wants, 0, SECURITY_NATIVE_DREP, in, 0,
	    &s->context, out, &s->attr, &s->expiry);
	if (status == SEC_E_OK)
		status = api_wait(a, NULL, 40000);
	SspiFreeAsyncContext(a);
	return status;
}

void
shake(struct shake *s)
{
	static uint8_t to_server[48000], raw[512];
	struct gss_channel_bindings_struct expected;
	gss_ctx_id_t g = GSS_C_NO_CONTEXT;
	gss_cred_id_t delegated = GSS_C_NO_CREDENTIAL;
	gss_name_t who = GSS_C_NO_NAME;
	OM_uint32 minor, flags = 0;
	bool more = true;

	s->gss_major = GSS_S_CONTINUE_NEEDED;
	s->token_len = 0;
	if (s->expects)
		text_bindings(&expected, s->expects);
	while (more) {
		SecBuffer out = { sizeof to_server, SECBUFFER_TOKEN, to_server };
		SecBuffer in[2] = { { (ULONG)s->token_len, s->has_context ? SECBUFFER_TOKEN : SECBUFFER_EMPTY, s->token },
		    { 0, SECBUFFER_EMPTY, NULL } };
		SecBufferDesc out_desc = { SECBUFFER_VERSION, 1, &out }, in_desc = { SECBUFFER_VERSION, 2, in };
		gss_buffer_desc token, answer = GSS_C_EMPTY_BUFFER;

		if (s->bindings)
			in[1] = (SecBuffer){ (ULONG)raw_bindings(raw, s->bindings), SECBUFFER_CHANNEL_BINDINGS, raw };
		s->status = leg(s, s->has_context || s->bindings ? &in_desc : NULL, &out_desc);
		s->legs++;
		s->token_len = 0;
		if (s->status != SEC_E_OK && s->status != SEC_I_CONTINUE_NEEDED)
			break;
		s->has_context = true;
		if (!out.cbBuffer)
			break;
		token = (gss_buffer_desc){ out.cbBuffer, to_server };
		s->gss_major = gss_accept_sec_context(&minor, &g, GSS_C_NO_CREDENTIAL, &token,
		    s->expects ? &expected : GSS_C_NO_CHANNEL_BINDINGS, &who, NULL, &answer, &flags, NULL,
		    s->wants & ISC_REQ_USE_DCE_STYLE ? NULL : &delegated);	/* there MIT's would be lost between two legs */
		s->gss_minor = minor;
		s->gss_flags |= flags;
		if (answer.length && answer.length <= sizeof s->token) {
			memcpy(s->token, answer.value, answer.length);
			s->token_len = answer.length;
		}
		gss_release_buffer(&minor, &answer);
		if (s->meddle)
			s->meddle(s, s->legs, s->token, &s->token_len);
		if (s->afresh) {
			gss_delete_sec_context(&minor, &g, NULL);
			gss_release_cred(&minor, &delegated);
			gss_release_name(&minor, &who);
			s->gss_flags = 0;
			s->afresh = false;
		}
		more = s->status == SEC_I_CONTINUE_NEEDED && s->token_len;
	}
	if (s->gss_major == GSS_S_COMPLETE && s->status == SEC_E_OK)
		s->talked = signed_both_ways(s, g) && (s->wants & ISC_REQ_USE_DCE_STYLE || sealed_both_ways(s, g));
	if (s->gss_major == GSS_S_COMPLETE)
		context_told(s, &g, who, delegated);
	gss_release_cred(&minor, &delegated);
	gss_release_name(&minor, &who);
	if (g != GSS_C_NO_CONTEXT)
		gss_delete_sec_context(&minor, &g, NULL);
}

void
shake_end(struct shake *s)
{
	if (s->has_context)
		DeleteSecurityContext(&s->context);
}
