/*
 * kerb_iakerb_test.c - Negotiate where no KDC can be reached and the peer
 * hands messages on to its own, near and far: MIT's acceptor of IAKERB, with
 * MIT's KDC behind it. Run by kerb_iakerb_run.sh.
 * Covers pkg/kerberos/kerb_iakerb.c, pkg/kerberos/kerb_init.c (carried), pkg/kerberos/kerb_trip.c (carry_begin),
 * pkg/kerberos/kerb_apreq.c (finish_add), pkg/negotiate/nego_init.c (begin_by_peer).
 */
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/negotiate/nego_msg.h"
#include "tests/api/kerb.h"
#include "tests/check.h"

#define WANTS (ISC_REQ_MUTUAL_AUTH | ISC_REQ_INTEGRITY | ISC_REQ_CONFIDENTIALITY | ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT)

static gss_OID_desc iakerb = { 6, (void *)(uintptr_t)"\x2b\x06\x01\x05\x02\x05" };
static char own_config[512];

struct talk {
	CredHandle cred;
	CtxtHandle context;
	bool has_context;
	const char *target;
	SECURITY_STATUS status;
	ULONG attr;
	gss_cred_id_t theirs;
	gss_ctx_id_t ctx;
	bool chosen;
	uint8_t answer[20000];		/* by MIT's side */
	size_t answer_len;
	OM_uint32 major;
	char client[200];
	uint8_t token[20000];
	ULONG len;
	int legs, meddle;		/* which answer is changed, and where */
	size_t at;
};

/* What MIT's mechanism says, in SPNEGO's words; SPNEGO of MIT's own does not offer this mechanism. */
static void
wrap(struct talk *t, const gss_buffer_desc *said)
{
	struct nego_resp m = { .state = GSS_ERROR(t->major) ? STATE_REJECT : t->major == GSS_S_COMPLETE ? STATE_COMPLETED : STATE_INCOMPLETE,
	    .has_mech = !t->chosen, .mech = bytes_of(iakerb.elements, iakerb.length), .has_token = said->length != 0,
	    .token = bytes_of(said->value, said->length) };
	struct writer w = writer_of(t->answer, sizeof t->answer);

	nego_resp_put(&w, &m);
	CHECK(writer_ok(&w));
	t->answer_len = w.need;
	t->chosen = true;
}

static void
hint(struct talk *t)
{
	static const enum nego_mech mechs[] = { MECH_IAKERB, MECH_NTLM };
	struct nego_init m = { 0 };
	struct writer w;
	uint8_t list[64];

	w = writer_of(list, sizeof list);
	nego_list_put(&w, mechs, 2);
	m.list = bytes_of(list, w.need);
	w = writer_of(t->answer, sizeof t->answer);
	nego_init_put(&w, &m);
	CHECK(writer_ok(&w));
	t->answer_len = w.need;
}

/* MIT's side reads the configuration that knows the KDC. */
static void
theirs(struct talk *t)
{
	gss_OID_set_desc only = { 1, &iakerb };
	gss_buffer_desc in, said = GSS_C_EMPTY_BUFFER, name = GSS_C_EMPTY_BUFFER;
	gss_name_t who = GSS_C_NO_NAME;
	struct nego_init first;
	struct nego_resp later;
	OM_uint32 minor;
	struct bytes token = BYTES_NONE;

	if (!t->chosen && CHECK(nego_init_take(&first, bytes_of(t->token, t->len))))
		token = first.token;
	else if (t->chosen && CHECK(nego_resp_take(&later, bytes_of(t->token, t->len))))
		token = later.token;
	in = (gss_buffer_desc){ token.len, (void *)(uintptr_t)token.at };
	setenv("KRB5_CONFIG", lab("IAKERB_KRB5_CONFIG"), 1);
	if (!t->theirs)
		CHECK_U64(gss_acquire_cred(&minor, GSS_C_NO_NAME, 0, &only, GSS_C_ACCEPT, &t->theirs, NULL, NULL), GSS_S_COMPLETE);
	t->major = gss_accept_sec_context(&minor, &t->ctx, t->theirs, &in, GSS_C_NO_CHANNEL_BINDINGS, &who, NULL, &said, NULL, NULL, NULL);
	if (who && gss_display_name(&minor, who, &name, NULL) == GSS_S_COMPLETE)
		(void)snprintf(t->client, sizeof t->client, "%.*s", (int)name.length, (char *)name.value);
	(void)gss_release_buffer(&minor, &name);
	(void)gss_release_name(&minor, &who);
	setenv("KRB5_CONFIG", own_config, 1);
	wrap(t, &said);
	(void)gss_release_buffer(&minor, &said);
}

static SECURITY_STATUS
ours(struct talk *t, void *token, size_t len)
{
	SecBuffer in = { (ULONG)len, SECBUFFER_TOKEN, token }, out = { sizeof t->token, SECBUFFER_TOKEN, t->token };
	SecBufferDesc in_desc = { SECBUFFER_VERSION, 1, &in }, out_desc = { SECBUFFER_VERSION, 1, &out };

	t->status = InitializeSecurityContextA(&t->cred, t->has_context ? &t->context : NULL, (char *)(uintptr_t)t->target, WANTS, 0,
	    SECURITY_NATIVE_DREP, len ? &in_desc : NULL, 0, &t->context, &out_desc, &t->attr, NULL);
	t->has_context |= t->status >= 0;
	t->len = t->status >= 0 ? out.cbBuffer : 0;
	return t->status;
}

static SECURITY_STATUS
begin(struct talk *t, const char *target, const char *password, const char *packages)
{
	SEC_WINNT_AUTH_IDENTITY_EXA id = {
		.Version = SEC_WINNT_AUTH_IDENTITY_VERSION, .Length = sizeof id,
		.User = (unsigned char *)(uintptr_t)"alice", .UserLength = 5,
		.Domain = (unsigned char *)(uintptr_t)"OPENLSA.TEST", .DomainLength = 12,
		.Password = (unsigned char *)(uintptr_t)password, .PasswordLength = (ULONG)strlen(password),
		.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
		.PackageList = (unsigned char *)(uintptr_t)packages, .PackageListLength = packages ? (ULONG)strlen(packages) : 0,
	};

	memset(t, 0, sizeof *t);
	t->target = target;
	t->meddle = -1;
	return AcquireCredentialsHandleA(NULL, (char *)(uintptr_t)"Negotiate", SECPKG_CRED_OUTBOUND, NULL, &id, NULL, NULL, &t->cred, NULL);
}

/* From the acceptor's hint, or from ours; until somebody is done or refuses. */
static SECURITY_STATUS
shake_hands(struct talk *t, bool hinted)
{
	if (hinted)
		hint(t);
	while (t->legs++ < 12) {
		if (t->meddle == t->legs && t->answer_len)
			t->answer[t->at % t->answer_len] ^= 0x10;
		if (ours(t, t->answer, t->answer_len) != SEC_I_CONTINUE_NEEDED)
			break;
		theirs(t);
	}
	return t->status;
}

static void
over(struct talk *t)
{
	OM_uint32 minor;

	if (t->has_context)
		CHECK(DeleteSecurityContext(&t->context) == SEC_E_OK);
	FreeCredentialsHandle(&t->cred);
	(void)gss_delete_sec_context(&minor, &t->ctx, NULL);
	(void)gss_release_cred(&minor, &t->theirs);
}

static void
works(struct talk *t)
{
	uint8_t mic[128], text[] = "carried by the peer";
	SecBuffer b[2] = { { sizeof text, SECBUFFER_DATA, text }, { sizeof mic, SECBUFFER_TOKEN, mic } };
	SecBufferDesc desc = { SECBUFFER_VERSION, 2, b };
	gss_buffer_desc message = { sizeof text, text }, token = { 0, mic };
	SecPkgContext_NegotiationInfoA info = { NULL, 0 };
	OM_uint32 minor;

	if (!CHECK_U64((uint32_t)t->status, SEC_E_OK) || !CHECK_U64(t->major, GSS_S_COMPLETE)) {
		(void)kerb_said(t->status, "?");
		return;
	}
	CHECK_TEXT(t->client, "alice@OPENLSA.TEST");
	CHECK(t->attr & ISC_RET_MUTUAL_AUTH);
	CHECK(QueryContextAttributesA(&t->context, SECPKG_ATTR_NEGOTIATION_INFO, &info) == SEC_E_OK);
	CHECK_TEXT(info.PackageInfo->Name, "Kerberos");
	FreeContextBuffer(info.PackageInfo);
	CHECK(MakeSignature(&t->context, 0, &desc, 0) == SEC_E_OK);
	token.length = b[1].cbBuffer;
	CHECK_U64(gss_verify_mic(&minor, t->ctx, &message, &token, NULL), GSS_S_COMPLETE);
	CHECK_U64(gss_get_mic(&minor, t->ctx, GSS_C_QOP_DEFAULT, &message, &token), GSS_S_COMPLETE);
	b[1] = (SecBuffer){ (ULONG)token.length, SECBUFFER_TOKEN, token.value };
	CHECK(VerifySignature(&t->context, &desc, 0, NULL) == SEC_E_OK);
	(void)gss_release_buffer(&minor, &token);
}

static bool
names_iakerb(const struct talk *t)
{
	return memmem(t->token, t->len, "\x06\x06\x2b\x06\x01\x05\x02\x05", 8) != NULL;
}

TEST(where_the_peer_offers_it)
{
	struct talk t;

	if (CHECK(begin(&t, "host/localhost", lab("KDC_PASSWORD"), NULL) == SEC_E_OK)) {
		(void)shake_hands(&t, true);
		works(&t);
	}
	over(&t);
}

TEST(where_nothing_else_is_left)
{
	struct talk t;

	if (CHECK(begin(&t, "host/localhost", lab("KDC_PASSWORD"), "!NTLM") == SEC_E_OK)) {
		(void)shake_hands(&t, false);
		works(&t);
	}
	over(&t);
}

/* NTLM stays what is turned to where the acceptor does not offer the other. */
TEST(not_where_ntlm_may_be_had)
{
	struct talk t;

	CHECK(begin(&t, "host/localhost", lab("KDC_PASSWORD"), NULL) == SEC_E_OK);
	CHECK_U64((uint32_t)ours(&t, NULL, 0), SEC_I_CONTINUE_NEEDED);
	CHECK(!names_iakerb(&t));
	over(&t);
}

TEST(refusals)
{
	struct talk t;

	CHECK(begin(&t, "host/localhost", "not-it", NULL) == SEC_E_OK);
	CHECK_U64((uint32_t)shake_hands(&t, true), (uint32_t)SEC_E_LOGON_DENIED);
	over(&t);
	CHECK(begin(&t, "host/nowhere.openlsa.test", lab("KDC_PASSWORD"), NULL) == SEC_E_OK);
	CHECK_U64((uint32_t)shake_hands(&t, true), (uint32_t)SEC_E_TARGET_UNKNOWN);
	over(&t);
}

/* Whatever of an answer is changed on its way: it never ends well for the initiator with another than the true peer. */
TEST(changed_answers)
{
	struct talk t;

	for (int leg = 2; leg <= 5; leg++)
		for (size_t at = 0; at < 400; at += api_scale(23, 97, 3)) {
			CHECK(begin(&t, "host/localhost", lab("KDC_PASSWORD"), NULL) == SEC_E_OK);
			t.meddle = leg;
			t.at = at;
			if (shake_hands(&t, true) == SEC_E_OK)
				works(&t);	/* a byte that nobody reads */
			over(&t);
		}
}

int
main(void)
{
	if (!getenv("KDC_DIR"))
		return 77;
	(void)snprintf(own_config, sizeof own_config, "%s", lab("KRB5_CONFIG"));
	api_begin();
	RUN(where_the_peer_offers_it);
	RUN(where_nothing_else_is_left);
	RUN(not_where_ntlm_may_be_had);
	RUN(refusals);
	RUN(changed_answers);
	return check_end();
}
