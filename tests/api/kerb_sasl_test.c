/*
 * kerb_sasl_test.c - SASL's conversation with itself, near and far: each step
 * with buffers that are too small, every bit of an offer and of a choice,
 * options, profiles. Real Kerberos inside. Strangers: tests/interop/sasl_test.py.
 * Covers secur32/sasl.c, secur32/sasl_layer.c.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/api/kerb.h"
#include "tests/check.h"

#define SAFE (ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY)

struct side {
	bool server;
	CredHandle cred;
	CtxtHandle context;
	bool has_context;
	ULONG wants, attr;
	uint8_t token[16384];
	size_t len;
};

static struct side client, server;
static bool by_wide;			/* the client speaks the W form */

static void
begin(ULONG client_wants, ULONG server_wants)
{
	memset(&client, 0, sizeof client);
	memset(&server, 0, sizeof server);
	client.wants = client_wants;
	server.wants = server_wants;
	server.server = true;
	CHECK(kerb_cred(&client.cred, "alice", "OPENLSA.TEST", lab("KDC_PASSWORD")) == SEC_E_OK);
	CHECK(AcquireCredentialsHandleA(NULL, (char *)(uintptr_t)"Kerberos", SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL, &server.cred,
	    NULL) == SEC_E_OK);
}

static void
side_end(struct side *s)
{
	if (s->has_context)
		CHECK(DeleteSecurityContext(&s->context) == SEC_E_OK);
	FreeCredentialsHandle(&s->cred);
}

static void
end(void)
{
	side_end(&client);
	side_end(&server);
}

/* One step with an output buffer of `room` bytes. */
static SECURITY_STATUS
step_in(struct side *s, const void *said, size_t said_len, size_t room)
{
	static char target[] = "host/localhost";
	static WCHAR wide_target[] = u"host/localhost";
	SecBuffer in = { (ULONG)said_len, SECBUFFER_TOKEN, (void *)(uintptr_t)said };
	SecBuffer out = { (ULONG)room, SECBUFFER_TOKEN, s->token };
	SecBufferDesc in_desc = { SECBUFFER_VERSION, 1, &in }, out_desc = { SECBUFFER_VERSION, 1, &out };
	PCtxtHandle old = s->has_context ? &s->context : NULL;
	SECURITY_STATUS status;

	if (s->server)
		status = SaslAcceptSecurityContext(&s->cred, old, &in_desc, s->wants, SECURITY_NATIVE_DREP, &s->context, &out_desc,
		    &s->attr, NULL);
	else if (by_wide)
		status = SaslInitializeSecurityContextW(&s->cred, old, wide_target, s->wants, 0, SECURITY_NATIVE_DREP, said ? &in_desc :
		    NULL, 0, &s->context, &out_desc, &s->attr, NULL);
	else
		status = SaslInitializeSecurityContextA(&s->cred, old, target, s->wants, 0, SECURITY_NATIVE_DREP, said ? &in_desc : NULL,
		    0, &s->context, &out_desc, &s->attr, NULL);
	s->has_context |= status >= 0;
	s->len = status >= 0 || status == SEC_E_BUFFER_TOO_SMALL ? out.cbBuffer : 0;
	return status;
}

static SECURITY_STATUS
step(struct side *s, const struct side *other)
{
	return step_in(s, other ? other->token : NULL, other ? other->len : 0, sizeof s->token);
}

/* Up to the server's offer, which lies in its token then. */
static bool
up_to_offer(void)
{
	bool mutual;

	if (!CHECK_U64((uint32_t)step(&client, NULL), SEC_I_CONTINUE_NEEDED))
		return false;
	CHECK_U64((uint32_t)step(&server, &client), SEC_I_CONTINUE_NEEDED);
	mutual = client.wants & SAFE;
	if (mutual) {
		CHECK_U64((uint32_t)step(&client, &server), SEC_I_CONTINUE_NEEDED);
		CHECK_U64(client.len, 0);
		CHECK_U64((uint32_t)step(&server, &client), SEC_I_CONTINUE_NEEDED);
	}
	return CHECK(server.len > 4);
}

static bool
through(struct side *from, struct side *to)
{
	uint8_t wire[300] = "sealed";
	SecBuffer e[2] = { { 100, SECBUFFER_TOKEN, wire + 100 }, { 6, SECBUFFER_DATA, wire } };
	SecBufferDesc sealed = { SECBUFFER_VERSION, 2, e };

	return EncryptMessage(&from->context, 0, &sealed, 0) == SEC_E_OK && memcmp(wire, "sealed", 6) != 0 &&
	    DecryptMessage(&to->context, &sealed, 0, NULL) == SEC_E_OK && memcmp(wire, "sealed", 6) == 0;
}

static ULONG
number_of(struct side *s, ULONG option)
{
	ULONG value = 0xffffffff, needed = 0;

	CHECK_U64((uint32_t)SaslGetContextOption(&s->context, option, &value, sizeof value, &needed), SEC_E_OK);
	CHECK_U64(needed, sizeof value);
	return value;
}

/* --- conversations -------------------------------------------------------------- */

static const struct { ULONG client, server; bool agreed, integral, private; } layers[] = {
	{ 0, 0, true, false, false },
	{ ISC_REQ_INTEGRITY, 0, true, true, false },
	{ SAFE, 0, true, true, true },
	{ ISC_REQ_INTEGRITY, ASC_REQ_INTEGRITY, true, true, false },
	{ SAFE, ASC_REQ_INTEGRITY, true, true, true },
	{ SAFE, ASC_REQ_CONFIDENTIALITY, true, true, true },
	{ 0, ASC_REQ_INTEGRITY, false, false, false },
	{ 0, ASC_REQ_CONFIDENTIALITY, false, false, false },
	{ ISC_REQ_INTEGRITY, ASC_REQ_CONFIDENTIALITY, false, false, false },
};

/* Who asks for protection gets it or nothing. */
TEST(layers_are_agreed_on)
{
	for (size_t n = 0; n < sizeof layers / sizeof *layers; n++) {
		begin(layers[n].client, layers[n].server);
		by_wide = n % 2;
		if (up_to_offer()) {
			SECURITY_STATUS chose = step(&client, &server);

			if (layers[n].agreed) {
				CHECK_U64((uint32_t)chose, SEC_E_OK);
				CHECK_U64((uint32_t)step(&server, &client), SEC_E_OK);
				CHECK_U64(server.len, 0);
				CHECK(!(client.attr & ISC_RET_CONFIDENTIALITY) == !layers[n].private);
				CHECK(!(client.attr & ISC_RET_INTEGRITY) == !layers[n].integral);
				CHECK(!(server.attr & ASC_RET_CONFIDENTIALITY) == !layers[n].private);
				CHECK(!(server.attr & ASC_RET_INTEGRITY) == !layers[n].integral);
				CHECK_U64(number_of(&client, SASL_OPTION_SEND_SIZE), layers[n].integral ? 0x10000 : 0);
				CHECK(!layers[n].private || (through(&client, &server) && through(&server, &client)));
				CHECK_U64((uint32_t)step(&server, &client), (uint32_t)SEC_E_OUT_OF_SEQUENCE);
			} else {
				CHECK_U64((uint32_t)chose, (uint32_t)SEC_E_QOP_NOT_SUPPORTED);
				CHECK(kerb_said(SEC_E_QOP_NOT_SUPPORTED, "security layer"));
				CHECK(!through(&client, &server));
			}
		}
		end();
	}
}

/* Each answer first into buffers that it does not fit: nothing is lost. */
static SECURITY_STATUS
step_twice(struct side *s, const struct side *other)
{
	uint8_t said[sizeof other->token];
	size_t len = other->len, need;
	SECURITY_STATUS status;

	memcpy(said, other->token, len);
	status = step_in(s, said, len, 0);
	if (status != SEC_E_BUFFER_TOO_SMALL)
		return status;
	need = s->len;
	CHECK(need > 0);
	CHECK_U64((uint32_t)step_in(s, said, len, need - 1), (uint32_t)SEC_E_BUFFER_TOO_SMALL);
	CHECK_U64(s->len, need);
	return step_in(s, said, len, need);
}

TEST(buffers_that_are_too_small)
{
	static const ULONG wants[] = { SAFE, 0 };		/* with an answer of the server, and without */

	for (int n = 0; n < 2; n++) {
		begin(wants[n], 0);
		CHECK_U64((uint32_t)step(&client, NULL), SEC_I_CONTINUE_NEEDED);
		if (wants[n]) {
			/* Kerberos' own: a first leg that does not fit leaves no context, and its token is no replay. */
			CHECK_U64((uint32_t)step(&server, &client), SEC_I_CONTINUE_NEEDED);
			CHECK_U64((uint32_t)step_twice(&client, &server), SEC_I_CONTINUE_NEEDED);
		} else {
			CHECK_U64((uint32_t)step_in(&server, client.token, client.len, 0), (uint32_t)SEC_E_BUFFER_TOO_SMALL);
			server.has_context = true;
		}
		CHECK_U64((uint32_t)step_twice(&server, &client), SEC_I_CONTINUE_NEEDED);
		CHECK_U64((uint32_t)step_twice(&client, &server), SEC_E_OK);
		CHECK_U64((uint32_t)step_twice(&server, &client), SEC_E_OK);
		end();
	}
}

/* Every bit of a message decides, but for the rotation's: by a multiple of the length it is the same message, RFC 4121 4.2.5. */
static void
bent(struct side *from, struct side *to)
{
	size_t len = 1;

	for (size_t bit = 0; bit < 8 * len; bit++) {
		SECURITY_STATUS status;

		if (bit / 8 == 6 || bit / 8 == 7)
			continue;
		begin(SAFE, ASC_REQ_CONFIDENTIALITY);
		if (!up_to_offer() || (from == &client && !CHECK_U64((uint32_t)step(&client, &server), SEC_E_OK)))
			return;
		len = from->len;
		from->token[bit / 8] ^= (uint8_t)(1u << bit % 8);
		status = step(to, from);
		CHECK(status == SEC_E_MESSAGE_ALTERED || status == SEC_E_INVALID_TOKEN || status == SEC_E_OUT_OF_SEQUENCE);
		CHECK(step(to, from) < 0);
		CHECK(!through(to, from));
		end();
		bit += bit < 64 ? 0 : 4;		/* each of the header's, some of the others */
	}
}

TEST(every_bit_decides)
{
	bent(&server, &client);
	bent(&client, &server);
}

TEST(an_answer_where_none_is_due)
{
	begin(SAFE, 0);
	CHECK_U64((uint32_t)step(&client, NULL), SEC_I_CONTINUE_NEEDED);
	CHECK_U64((uint32_t)step(&server, &client), SEC_I_CONTINUE_NEEDED);
	CHECK_U64((uint32_t)step_in(&server, "not now", 7, sizeof server.token), (uint32_t)SEC_E_OUT_OF_SEQUENCE);
	CHECK(kerb_said(SEC_E_OUT_OF_SEQUENCE, "answers the last token with nothing"));
	end();
}

/* --- options ---------------------------------------------------------------------- */

TEST(sizes_and_identities)
{
	ULONG small = 1000, large = 5000, none = 0, much = 0x1000000, processed = Sasl_AuthZIDProcessed, wrong = 2;
	char told[64], many[1100];

	memset(many, 'a', sizeof many);
	begin(SAFE, 0);
	CHECK_U64((uint32_t)step(&client, NULL), SEC_I_CONTINUE_NEEDED);
	CHECK_U64((uint32_t)step(&server, &client), SEC_I_CONTINUE_NEEDED);
	CHECK_U64((uint32_t)SaslSetContextOption(&client.context, SASL_OPTION_RECV_SIZE, &small, sizeof small), SEC_E_OK);
	CHECK_U64((uint32_t)SaslSetContextOption(&server.context, SASL_OPTION_RECV_SIZE, &large, sizeof large), SEC_E_OK);
	CHECK_U64((uint32_t)SaslSetContextOption(&server.context, SASL_OPTION_SEND_SIZE, &large, sizeof large), SEC_E_OK);
	CHECK_U64((uint32_t)SaslSetContextOption(&client.context, SASL_OPTION_SEND_SIZE, &none, sizeof none),
	    (uint32_t)SEC_E_INVALID_PARAMETER);
	CHECK_U64((uint32_t)SaslSetContextOption(&client.context, SASL_OPTION_SEND_SIZE, &much, sizeof much),
	    (uint32_t)SEC_E_INVALID_PARAMETER);
	CHECK_U64((uint32_t)SaslSetContextOption(&client.context, SASL_OPTION_SEND_SIZE, &small, 2), (uint32_t)SEC_E_INVALID_PARAMETER);
	CHECK_U64((uint32_t)SaslSetContextOption(&client.context, SASL_OPTION_AUTHZ_STRING, many, sizeof many),
	    (uint32_t)SEC_E_INVALID_PARAMETER);
	CHECK_U64((uint32_t)SaslSetContextOption(&client.context, SASL_OPTION_AUTHZ_STRING, (void *)(uintptr_t)"b\0b", 3),
	    (uint32_t)SEC_E_INVALID_PARAMETER);
	CHECK_U64((uint32_t)SaslSetContextOption(&client.context, SASL_OPTION_AUTHZ_STRING, (void *)(uintptr_t)"\xff", 1),
	    (uint32_t)SEC_E_INVALID_PARAMETER);
	CHECK_U64((uint32_t)SaslSetContextOption(&client.context, SASL_OPTION_AUTHZ_STRING, (void *)(uintptr_t)"bob", 3), SEC_E_OK);
	CHECK_U64((uint32_t)SaslSetContextOption(&server.context, SASL_OPTION_AUTHZ_STRING, (void *)(uintptr_t)"bob", 3),
	    (uint32_t)SEC_E_UNSUPPORTED_FUNCTION);
	CHECK_U64((uint32_t)SaslSetContextOption(&client.context, SASL_OPTION_AUTHZ_PROCESSING, &processed, sizeof processed),
	    (uint32_t)SEC_E_UNSUPPORTED_FUNCTION);
	CHECK_U64((uint32_t)SaslSetContextOption(&server.context, SASL_OPTION_AUTHZ_PROCESSING, &wrong, sizeof wrong),
	    (uint32_t)SEC_E_INVALID_PARAMETER);
	CHECK_U64(number_of(&server, SASL_OPTION_AUTHZ_PROCESSING), Sasl_AuthZIDForbidden);
	CHECK_U64((uint32_t)SaslSetContextOption(&server.context, SASL_OPTION_AUTHZ_PROCESSING, &processed, sizeof processed), SEC_E_OK);
	CHECK_U64((uint32_t)SaslSetContextOption(&server.context, 77, &processed, sizeof processed), (uint32_t)SEC_E_UNSUPPORTED_FUNCTION);
	CHECK_U64((uint32_t)SaslGetContextOption(&server.context, 77, told, sizeof told, NULL), (uint32_t)SEC_E_UNSUPPORTED_FUNCTION);
	CHECK_U64((uint32_t)step(&client, &server), SEC_I_CONTINUE_NEEDED);
	CHECK_U64((uint32_t)step(&server, &client), SEC_I_CONTINUE_NEEDED);
	CHECK_U64((uint32_t)step(&client, &server), SEC_E_OK);
	CHECK_U64((uint32_t)step(&server, &client), SEC_E_OK);
	CHECK_U64(number_of(&client, SASL_OPTION_SEND_SIZE), 5000);
	CHECK_U64(number_of(&server, SASL_OPTION_SEND_SIZE), 1000);
	CHECK_U64(number_of(&server, SASL_OPTION_RECV_SIZE), 5000);
	wrong = 0;
	CHECK_U64((uint32_t)SaslGetContextOption(&server.context, SASL_OPTION_AUTHZ_STRING, told, 2, &wrong), (uint32_t)SEC_E_BUFFER_TOO_SMALL);
	CHECK_U64(wrong, 3);
	CHECK_U64((uint32_t)SaslGetContextOption(&server.context, SASL_OPTION_AUTHZ_STRING, told, sizeof told, &wrong), SEC_E_OK);
	CHECK(wrong == 3 && memcmp(told, "bob", 3) == 0);
	CHECK_U64((uint32_t)SaslSetContextOption(&client.context, SASL_OPTION_RECV_SIZE, &small, sizeof small),
	    (uint32_t)SEC_E_OUT_OF_SEQUENCE);
	end();
}

/* Whom a client asks to be is nobody's business that does not ask for it. */
TEST(identities_are_refused_by_default)
{
	begin(SAFE, 0);
	CHECK_U64((uint32_t)step(&client, NULL), SEC_I_CONTINUE_NEEDED);
	CHECK_U64((uint32_t)SaslSetContextOption(&client.context, SASL_OPTION_AUTHZ_STRING, (void *)(uintptr_t)"bob", 3), SEC_E_OK);
	CHECK_U64((uint32_t)step(&server, &client), SEC_I_CONTINUE_NEEDED);
	CHECK_U64((uint32_t)step(&client, &server), SEC_I_CONTINUE_NEEDED);
	CHECK_U64((uint32_t)step(&server, &client), SEC_I_CONTINUE_NEEDED);
	CHECK_U64((uint32_t)step(&client, &server), SEC_E_OK);
	CHECK_U64((uint32_t)step(&server, &client), (uint32_t)SEC_E_LOGON_DENIED);
	CHECK(kerb_said(SEC_E_LOGON_DENIED, "SASL_OPTION_AUTHZ_PROCESSING"));
	CHECK(!through(&server, &client));
	end();
}

/* --- what is no conversation ---------------------------------------------------- */

TEST(handles_that_are_none)
{
	SecBuffer out = { sizeof client.token, SECBUFFER_TOKEN, client.token };
	SecBufferDesc desc = { SECBUFFER_VERSION, 1, &out };
	CredHandle ntlm = api_cred("NTLM", false, API_PASSWORD);
	CtxtHandle plain, other;
	ULONG attr, value = 1;

	begin(SAFE, 0);
	CHECK_U64((uint32_t)InitializeSecurityContextA(&client.cred, NULL, (char *)(uintptr_t)"host/localhost", SAFE, 0, 0, NULL, 0, &plain,
	    &desc, &attr, NULL), SEC_E_OK);
	CHECK_U64((uint32_t)SaslSetContextOption(&plain, SASL_OPTION_RECV_SIZE, &value, sizeof value), (uint32_t)SEC_E_INVALID_HANDLE);
	CHECK_U64((uint32_t)SaslInitializeSecurityContextA(&client.cred, &plain, NULL, SAFE, 0, 0, &desc, 0, &plain, &desc, &attr, NULL),
	    (uint32_t)SEC_E_INVALID_HANDLE);
	CHECK(DeleteSecurityContext(&plain) == SEC_E_OK);
	CHECK_U64((uint32_t)SaslGetContextOption(&plain, SASL_OPTION_RECV_SIZE, &value, sizeof value, NULL), (uint32_t)SEC_E_INVALID_HANDLE);
	CHECK_U64((uint32_t)SaslInitializeSecurityContextA(NULL, NULL, NULL, SAFE, 0, 0, NULL, 0, &other, &desc, &attr, NULL),
	    (uint32_t)SEC_E_INVALID_HANDLE);
	CHECK_U64((uint32_t)SaslInitializeSecurityContextA(&ntlm, NULL, NULL, SAFE, 0, 0, NULL, 0, &other, &desc, &attr, NULL),
	    (uint32_t)SEC_E_SECPKG_NOT_FOUND);
	CHECK(kerb_said(SEC_E_SECPKG_NOT_FOUND, "no SASL profile for the package NTLM"));
	FreeCredentialsHandle(&ntlm);
	end();
}

TEST(profiles)
{
	static const WCHAR wide_name[] = { 'g', 's', 's', 'a', 'p', 'i', 0 }, wide_list[] = u"GSSAPI\0GSS-SPNEGO\0";
	PSecPkgInfoA info = NULL;
	PSecPkgInfoW wide_info = NULL;
	LPSTR list = NULL;
	LPWSTR wide = NULL;
	ULONG count = 0;

	CHECK_U64((uint32_t)SaslEnumerateProfilesA(&list, &count), SEC_E_OK);
	CHECK(count == 2 && list && memcmp(list, "GSSAPI\0GSS-SPNEGO\0", 19) == 0);
	FreeContextBuffer(list);
	CHECK_U64((uint32_t)SaslEnumerateProfilesW(&wide, &count), SEC_E_OK);
	CHECK(count == 2 && wide && memcmp(wide, wide_list, sizeof wide_list) == 0);
	FreeContextBuffer(wide);
	CHECK_U64((uint32_t)SaslEnumerateProfilesA(NULL, &count), (uint32_t)SEC_E_INVALID_HANDLE);
	CHECK_U64((uint32_t)SaslGetProfilePackageA((char *)(uintptr_t)"GSS-SPNEGO", &info), SEC_E_OK);
	CHECK(info && strcmp(info->Name, "Negotiate") == 0);
	FreeContextBuffer(info);
	CHECK_U64((uint32_t)SaslGetProfilePackageW((WCHAR *)(uintptr_t)wide_name, &wide_info), SEC_E_OK);
	CHECK(wide_info && wide_info->Name[0] == 'K' && wide_info->Name[8] == 0);
	FreeContextBuffer(wide_info);
	CHECK_U64((uint32_t)SaslGetProfilePackageA((char *)(uintptr_t)"DIGEST-MD5", &info), (uint32_t)SEC_E_SECPKG_NOT_FOUND);
	CHECK_U64((uint32_t)SaslGetProfilePackageA(NULL, &info), (uint32_t)SEC_E_SECPKG_NOT_FOUND);
}

static SECURITY_STATUS
identified(const void *token, size_t len, const char *name)
{
	SecBuffer in = { (ULONG)len, SECBUFFER_TOKEN, (void *)(uintptr_t)token };
	SecBufferDesc desc = { SECBUFFER_VERSION, 1, &in };
	PSecPkgInfoW wide = NULL;
	PSecPkgInfoA info = NULL;
	SECURITY_STATUS status = SaslIdentifyPackageA(&desc, &info);

	CHECK_U64((uint32_t)SaslIdentifyPackageW(&desc, &wide), (uint32_t)status);
	CHECK(!name || (status == SEC_E_OK && strcmp(info->Name, name) == 0));
	CHECK((status == SEC_E_OK) == (info != NULL) && (info != NULL) == (wide != NULL));
	FreeContextBuffer(info);
	FreeContextBuffer(wide);
	return status;
}

TEST(first_tokens)
{
	static const uint8_t spnego[] = { 0x60, 0x0a, 6, 6, 0x2b, 6, 1, 5, 5, 2, 0xa0, 0 };
	static const uint8_t other[] = { 0x60, 0x08, 6, 4, 0x2b, 6, 1, 5, 5, 0 };

	begin(SAFE, 0);
	CHECK_U64((uint32_t)step(&client, NULL), SEC_I_CONTINUE_NEEDED);
	CHECK_U64((uint32_t)identified(client.token, client.len, "Kerberos"), SEC_E_OK);
	CHECK_U64((uint32_t)identified(spnego, sizeof spnego, "Negotiate"), SEC_E_OK);
	CHECK_U64((uint32_t)identified(other, sizeof other, NULL), (uint32_t)SEC_E_SECPKG_NOT_FOUND);
	for (size_t len = 0; len < sizeof spnego; len++)
		CHECK_U64((uint32_t)identified(spnego, len, NULL), (uint32_t)SEC_E_INVALID_TOKEN);
	CHECK_U64((uint32_t)identified("NTLMSSP", 8, NULL), (uint32_t)SEC_E_INVALID_TOKEN);
	end();
}

int
main(void)
{
	api_begin();
	RUN(layers_are_agreed_on);
	RUN(buffers_that_are_too_small);
	RUN(every_bit_decides);
	RUN(an_answer_where_none_is_due);
	RUN(sizes_and_identities);
	RUN(identities_are_refused_by_default);
	RUN(handles_that_are_none);
	RUN(profiles);
	RUN(first_tokens);
	return check_end();
}
