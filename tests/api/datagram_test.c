/*
 * datagram_test.c - connectionless NTLM through SSPI: the first leg of an
 * initiator has no token, the acceptor begins, MessageSeqNo counts. What goes
 * over the wire is checked with an RC4 of the test's own. Covers
 * secur32/sspi.c, leg.c and message.c with pkg/ntlm's datagram branches.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/legacy.h"
#include "tests/api/api.h"
#include "tests/check.h"

#define WANTS_C (ISC_REQ_DATAGRAM | ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY)
#define WANTS_S (ASC_REQ_DATAGRAM | ASC_REQ_CONFIDENTIALITY | ASC_REQ_INTEGRITY)

static SECURITY_STATUS
shake(struct pair *p)
{
	SECURITY_STATUS status = InitializeSecurityContextA(&p->client_cred, NULL, (char *)(uintptr_t)"host/localhost",
	    WANTS_C, 0, SECURITY_NATIVE_DREP, NULL, 0, &p->client, &p->client_out_desc, &p->client_attr, &p->expiry);

	if (!CHECK(status == SEC_I_CONTINUE_NEEDED) || !CHECK(p->client_out.cbBuffer == 0))
		return SEC_E_INTERNAL_ERROR;
	p->client_out.cbBuffer = sizeof p->to_server;
	status = AcceptSecurityContext(&p->server_cred, NULL, NULL, WANTS_S, SECURITY_NATIVE_DREP, &p->server,
	    &p->server_out_desc, &p->server_attr, &p->expiry);
	if (!CHECK(status == SEC_I_CONTINUE_NEEDED) || !CHECK(p->server_out.cbBuffer > 48))
		return SEC_E_INTERNAL_ERROR;
	p->client_in.cbBuffer = p->server_out.cbBuffer;
	status = InitializeSecurityContextA(&p->client_cred, &p->client, NULL, WANTS_C, 0, SECURITY_NATIVE_DREP,
	    &p->client_in_desc, 0, &p->client, &p->client_out_desc, &p->client_attr, &p->expiry);
	if (!CHECK(status == SEC_E_OK))
		return status;
	p->server_in.cbBuffer = p->client_out.cbBuffer;
	p->server_out.cbBuffer = 0;
	return AcceptSecurityContext(&p->server_cred, &p->server, &p->server_in_desc, WANTS_S, SECURITY_NATIVE_DREP,
	    &p->server, &p->server_out_desc, &p->server_attr, &p->expiry);
}

/* RC4 as published, and nothing of the product's. */
static void
own_rc4(const uint8_t key[16], uint8_t *data, size_t len)
{
	uint8_t s[256], i = 0, j = 0, t;

	for (unsigned n = 0; n < 256; n++)
		s[n] = (uint8_t)n;
	for (unsigned n = 0; n < 256; n++) {
		j = (uint8_t)(j + s[n] + key[n % 16]);
		t = s[n], s[n] = s[j], s[j] = t;
	}
	for (j = 0; len--; data++) {
		i++;
		j = (uint8_t)(j + s[i]);
		t = s[i], s[i] = s[j], s[j] = t;
		*data ^= s[(uint8_t)(s[i] + s[j])];
	}
}

/* A client's datagram opened with the session's key alone, [MS-NLMP] 3.4.4. */
static void
open_by_hand(const uint8_t session[16], uint32_t number, uint8_t *data, size_t len)
{
	static const char magic[] = "session key to client-to-server sealing key magic constant";
	uint8_t text[16 + sizeof magic], again[20], key[16];

	memcpy(text, session, 16);
	memcpy(text + 16, magic, sizeof magic);
	md5_of(again, bytes_of(text, sizeof text));
	put_u32(again + 16, number);
	md5_of(key, bytes_of(again, sizeof again));
	own_rc4(key, data, len);
}

/* MIC: HMAC-MD5 over CHALLENGE and AUTHENTICATE, since there was no NEGOTIATE. 3.1.5.2.1. */
static bool
mic_is_over_two(const struct pair *p, const uint8_t session[16])
{
	struct hmac_md5_key k;
	struct md5 m;
	uint8_t auth[sizeof p->to_server], mic[16];

	memcpy(auth, p->to_server, p->server_in.cbBuffer);
	memset(auth + 72, 0, 16);
	hmac_md5_key_of(&k, bytes_of(session, 16));
	hmac_md5_begin(&m, &k);
	md5_add(&m, bytes_of(p->to_client, p->client_in.cbBuffer));
	md5_add(&m, bytes_of(auth, p->server_in.cbBuffer));
	hmac_md5_end(&m, &k, mic);
	return memcmp(mic, p->to_server + 72, 16) == 0;
}

static void
a_conversation(void)
{
	static const ULONG order[] = { 40, 7, 4294967295u, 0 };
	SecPkgContext_SessionKey key;
	struct pair p;

	pair_begin(&p, API_PASSWORD);
	if (CHECK(shake(&p) == SEC_E_OK)) {
		CHECK(p.client_attr & ISC_RET_DATAGRAM && p.server_attr & ASC_RET_DATAGRAM);
		CHECK(p.client_attr & ISC_RET_CONFIDENTIALITY && p.server_attr & ASC_RET_CONFIDENTIALITY);
		CHECK(QueryContextAttributesA(&p.server, SECPKG_ATTR_SESSION_KEY, &key) == SEC_E_OK);
		CHECK(mic_is_over_two(&p, key.SessionKey));
		for (size_t n = 0; n < sizeof order / sizeof *order; n++) {
			char data[] = "a datagram may come late, or twice, or never", by_hand[sizeof data], token[16];
			SecBuffer b[2] = { { sizeof token, SECBUFFER_TOKEN, token }, { sizeof data, SECBUFFER_DATA, data } };
			SecBufferDesc d = { SECBUFFER_VERSION, 2, b };

			CHECK(EncryptMessage(&p.client, 0, &d, order[n]) == SEC_E_OK);
			memcpy(by_hand, data, sizeof data);
			open_by_hand(key.SessionKey, order[n], (uint8_t *)by_hand, sizeof by_hand);
			CHECK_TEXT(by_hand, "a datagram may come late, or twice, or never");
			CHECK(DecryptMessage(&p.server, &d, order[n], NULL) == SEC_E_OK);
			CHECK_TEXT(data, by_hand);
			CHECK(MakeSignature(&p.server, 0, &d, order[n]) == SEC_E_OK);
			CHECK(VerifySignature(&p.client, &d, order[n] + 1, NULL) == SEC_E_OUT_OF_SEQUENCE);
			CHECK(VerifySignature(&p.client, &d, order[n], NULL) == SEC_E_OK);
		}
		FreeContextBuffer(key.SessionKey);
	}
	pair_end(&p);
}

/* An acceptor for datagrams takes no NEGOTIATE; a guess is a guess. */
static void
refusals(void)
{
	SECURITY_STATUS status;
	struct pair p;

	pair_begin(&p, API_PASSWORD);
	CHECK(InitializeSecurityContextA(&p.client_cred, NULL, NULL, 0, 0, SECURITY_NATIVE_DREP, NULL, 0, &p.client,
	    &p.client_out_desc, &p.client_attr, &p.expiry) == SEC_I_CONTINUE_NEEDED);
	p.server_in.cbBuffer = p.client_out.cbBuffer;
	CHECK(AcceptSecurityContext(&p.server_cred, NULL, &p.server_in_desc, WANTS_S, SECURITY_NATIVE_DREP, &p.server,
	    &p.server_out_desc, &p.server_attr, &p.expiry) == SEC_E_INVALID_TOKEN);
	CHECK(!SecIsValidHandle(&p.server));
	pair_end(&p);
	pair_begin(&p, "not the password");
	status = shake(&p);
	CHECK(status == SEC_E_LOGON_DENIED);
	pair_end(&p);
}

int
main(void)
{
	api_begin();
	RUN(a_conversation);
	RUN(refusals);
	return check_end();
}
