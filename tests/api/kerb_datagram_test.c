/*
 * kerb_datagram_test.c - connectionless Kerberos, near and far: the first leg
 * of an initiator has no token, MessageSeqNo counts, and packets come in any order. Both roles against
 * each other, and our initiator against MIT's GSSAPI with MIT's KDC.
 * Covers the datagram branches of pkg/kerberos/kerb_init.c, pkg/kerberos/kerb_accept.c, pkg/kerberos/kerb_apreq.c,
 * pkg/kerberos/kerb_lsa.c, pkg/kerberos/kerb_user.c, pkg/kerberos/kerb_wrap.c.
 */
#include <gssapi/gssapi_krb5.h>
#include <stdlib.h>
#include <string.h>

#include "tests/api/kerb.h"
#include "tests/check.h"

#define WANTS (ISC_REQ_DATAGRAM | ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY | ISC_REQ_SEQUENCE_DETECT)

static char rc4_target[] = "host/rc4.openlsa.test", aes_target[] = "host/aes256.openlsa.test";
static uint8_t to_client[20000], to_server[20000];
static CredHandle client_cred, server_cred;

struct couple {
	CtxtHandle client, server;
	ULONG client_attr, server_attr;
	bool has_client, has_server;
	ULONG len;			/* of what was said last */
};

static SECURITY_STATUS
client_leg(struct couple *p, char *target, ULONG wants, ULONG said)
{
	SecBuffer in = { said, SECBUFFER_TOKEN, to_client }, out = { sizeof to_server, SECBUFFER_TOKEN, to_server };
	SecBufferDesc in_desc = { SECBUFFER_VERSION, 1, &in }, out_desc = { SECBUFFER_VERSION, 1, &out };
	SECURITY_STATUS status = InitializeSecurityContextA(&client_cred, p->has_client ? &p->client : NULL, target, wants, 0,
	    SECURITY_NATIVE_DREP, p->has_client ? &in_desc : NULL, 0, &p->client, &out_desc, &p->client_attr, NULL);

	p->has_client |= status >= 0;
	p->len = out.cbBuffer;
	return status;
}

static SECURITY_STATUS
server_leg(struct couple *p, ULONG said)
{
	SecBuffer in = { said, SECBUFFER_TOKEN, to_server }, out = { sizeof to_client, SECBUFFER_TOKEN, to_client };
	SecBufferDesc in_desc = { SECBUFFER_VERSION, 1, &in }, out_desc = { SECBUFFER_VERSION, 1, &out };
	SECURITY_STATUS status = AcceptSecurityContext(&server_cred, p->has_server ? &p->server : NULL, said ? &in_desc : NULL,
	    ASC_REQ_DATAGRAM, SECURITY_NATIVE_DREP, &p->server, &out_desc, &p->server_attr, NULL);

	p->has_server |= status >= 0;
	p->len = out.cbBuffer;
	return status;
}

static void
over(struct couple *p)
{
	if (p->has_client)
		CHECK(DeleteSecurityContext(&p->client) == SEC_E_OK);
	if (p->has_server)
		CHECK(DeleteSecurityContext(&p->server) == SEC_E_OK);
}

struct packet {
	char text[16];
	uint8_t mic[64];
	SecBuffer b[2];
	SecBufferDesc desc;
};

static SECURITY_STATUS
packet_sign(struct packet *m, CtxtHandle *from, ULONG number)
{
	(void)snprintf(m->text, sizeof m->text, "packet %u", (unsigned)number);
	m->b[0] = (SecBuffer){ sizeof m->text, SECBUFFER_DATA, m->text };
	m->b[1] = (SecBuffer){ sizeof m->mic, SECBUFFER_TOKEN, m->mic };
	m->desc = (SecBufferDesc){ SECBUFFER_VERSION, 2, m->b };
	return MakeSignature(from, 0, &m->desc, number);
}

/* Sent 5, 9, 2; they come 2, 9, 5, and 9 once more. Under another number none is genuine. */
static void
in_any_order(CtxtHandle *from, CtxtHandle *to)
{
	static const ULONG numbers[] = { 5, 9, 2 }, come[] = { 2, 1, 0, 1 };
	struct packet packets[3];
	uint8_t wire[200] = "sealed", pad[8];
	SecBuffer e[3] = { { 100, SECBUFFER_TOKEN, wire + 100 }, { 6, SECBUFFER_DATA, wire }, { sizeof pad, SECBUFFER_PADDING, pad } };
	SecBufferDesc sealed = { SECBUFFER_VERSION, 3, e };

	for (size_t i = 0; i < 3; i++)
		CHECK(packet_sign(&packets[i], from, numbers[i]) == SEC_E_OK);
	for (size_t i = 0; i < 4; i++)
		CHECK_U64((uint32_t)VerifySignature(to, &packets[come[i]].desc, numbers[come[i]], NULL), SEC_E_OK);
	CHECK_U64((uint32_t)VerifySignature(to, &packets[0].desc, 6, NULL), (uint32_t)SEC_E_OUT_OF_SEQUENCE);
	packets[0].text[0] ^= 1;
	CHECK_U64((uint32_t)VerifySignature(to, &packets[0].desc, 5, NULL), (uint32_t)SEC_E_MESSAGE_ALTERED);
	CHECK(EncryptMessage(from, 0, &sealed, 77) == SEC_E_OK && memcmp(wire, "sealed", 6) != 0);
	CHECK(DecryptMessage(to, &sealed, 77, NULL) == SEC_E_OK && memcmp(wire, "sealed", 6) == 0);
}

TEST(both_roles_of_ours)
{
	char *const targets[] = { aes_target, rc4_target };

	kerb_policy("kerberos-rc4", 1);
	for (int i = 0; i < 6; i++) {
		ULONG wants = WANTS | (i % 3 == 1 ? ISC_REQ_MUTUAL_AUTH : i % 3 == 2 ? ISC_REQ_USE_DCE_STYLE : 0);
		char *target = targets[i / 3];
		struct couple p = { .has_client = false };

		CHECK_U64((uint32_t)client_leg(&p, target, wants, 0), SEC_I_CONTINUE_NEEDED);
		CHECK_U64(p.len, 0);
		CHECK_U64((uint32_t)server_leg(&p, 0), SEC_I_CONTINUE_NEEDED);
		CHECK_U64(p.len, 0);
		CHECK_U64((uint32_t)client_leg(&p, target, wants, 0), i % 3 ? SEC_I_CONTINUE_NEEDED : SEC_E_OK);
		CHECK_U64((uint32_t)server_leg(&p, p.len), i % 3 == 2 ? SEC_I_CONTINUE_NEEDED : SEC_E_OK);
		if (i % 3)
			CHECK_U64((uint32_t)client_leg(&p, target, wants, p.len), SEC_E_OK);
		if (i % 3 == 2)
			CHECK_U64((uint32_t)server_leg(&p, p.len), SEC_E_OK);
		CHECK((p.client_attr & ISC_RET_DATAGRAM) && !(p.client_attr & (ISC_RET_SEQUENCE_DETECT | ISC_RET_REPLAY_DETECT)));
		CHECK((p.server_attr & ASC_RET_DATAGRAM) && !(p.server_attr & (ASC_RET_SEQUENCE_DETECT | ASC_RET_REPLAY_DETECT)));
		in_any_order(&p.client, &p.server);
		in_any_order(&p.server, &p.client);
		over(&p);
	}
	kerb_policy("kerberos-rc4", 0);
}

/* A server that has kept nothing takes the token at once. */
TEST(the_token_may_come_first)
{
	struct couple p = { .has_client = false };

	CHECK_U64((uint32_t)client_leg(&p, aes_target, WANTS, 0), SEC_I_CONTINUE_NEEDED);
	CHECK_U64((uint32_t)client_leg(&p, aes_target, WANTS, 0), SEC_E_OK);
	CHECK_U64((uint32_t)server_leg(&p, p.len), SEC_E_OK);
	in_any_order(&p.client, &p.server);
	over(&p);
	p = (struct couple){ .has_client = false };
	CHECK_U64((uint32_t)client_leg(&p, aes_target, WANTS, 0), SEC_I_CONTINUE_NEEDED);
	memset(to_client, 'x', 40);
	CHECK_U64((uint32_t)client_leg(&p, aes_target, WANTS, 40), (uint32_t)SEC_E_INVALID_TOKEN);
	over(&p);
}

TEST(to_mit)
{
	static const ULONG numbers[] = { 40, 12, 3000 };
	struct couple p = { .has_client = false };
	gss_buffer_desc in, out = GSS_C_EMPTY_BUFFER, token;
	gss_ctx_id_t g = GSS_C_NO_CONTEXT;
	OM_uint32 minor, flags = 0;
	struct packet m;

	CHECK_U64((uint32_t)client_leg(&p, aes_target, WANTS, 0), SEC_I_CONTINUE_NEEDED);
	CHECK_U64((uint32_t)client_leg(&p, aes_target, WANTS, 0), SEC_E_OK);
	in = (gss_buffer_desc){ p.len, to_server };
	CHECK_U64(gss_accept_sec_context(&minor, &g, GSS_C_NO_CREDENTIAL, &in, GSS_C_NO_CHANNEL_BINDINGS, NULL, NULL, &out, &flags,
	    NULL, NULL), GSS_S_COMPLETE);
	CHECK(!(flags & (GSS_C_SEQUENCE_FLAG | GSS_C_REPLAY_FLAG)) && (flags & GSS_C_INTEG_FLAG));
	for (size_t i = 0; i < 3; i++) {
		CHECK(packet_sign(&m, &p.client, numbers[i]) == SEC_E_OK);
		in = (gss_buffer_desc){ sizeof m.text, m.text };
		token = (gss_buffer_desc){ m.b[1].cbBuffer, m.mic };
		CHECK_U64(gss_verify_mic(&minor, g, &in, &token, NULL), GSS_S_COMPLETE);
	}
	(void)gss_release_buffer(&minor, &out);
	(void)gss_delete_sec_context(&minor, &g, NULL);
	over(&p);
}

int
main(void)
{
	char cache[512];

	if (!getenv("KDC_DIR"))
		return 77;
	(void)snprintf(cache, sizeof cache, "FILE:%s/alice.cc", lab("KDC_DIR"));
	CHECK(kerb_kinit("alice@OPENLSA.TEST", cache, ""));
	api_begin();
	CHECK(kerb_cred(&client_cred, NULL, NULL, NULL) == SEC_E_OK);
	CHECK(AcquireCredentialsHandleA(NULL, (char *)(uintptr_t)"Kerberos", SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL, &server_cred,
	    NULL) == SEC_E_OK);
	RUN(both_roles_of_ours);
	RUN(the_token_may_come_first);
	RUN(to_mit);
	FreeCredentialsHandle(&client_cred);
	FreeCredentialsHandle(&server_cred);
	return check_end();
}
