/*
 * kerb_u2u_test.c - user-to-user, near and far: both roles against each
 * other, and each against libkrb5's own functions (krb5_get_credentials with a second
 * ticket, krb5_mk_req_extended, krb5_auth_con_setuseruserkey, krb5_rd_req) and MIT's KDC.
 * Covers pkg/kerberos/kerb_u2u.c, pkg/kerberos/kerb_own.c, pkg/kerberos/kerb_judge.c (proof_open_own),
 * pkg/kerberos/kerb_init.c (ask_peer, take_peer), pkg/kerberos/kerb_accept.c (accept_begin),
 * pkg/kerberos/kerb_lsa.c (use_own).
 */
#include <krb5.h>
#include <stdlib.h>
#include <string.h>

#include "tests/api/kerb.h"
#include "tests/check.h"

#define ALL (ISC_REQ_MUTUAL_AUTH | ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT | ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY)
#define U2U (ALL | ISC_REQ_USE_SESSION_KEY)

static char bob[] = "bob@OPENLSA.TEST", alice_cache[512], bob_cache[512];

/* --- tokens as they stand on the wire ------------------------------------------- */

static const uint8_t oid[] = { 6, 10, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2, 3 };

struct token {
	uint8_t at[20000];
	size_t len;
};

static size_t
head(uint8_t *to, uint8_t tag, size_t len)
{
	to[0] = tag;
	if (len < 0x80) {
		to[1] = (uint8_t)len;
		return 2;
	}
	if (len < 0x100) {
		to[1] = 0x81;
		to[2] = (uint8_t)len;
		return 3;
	}
	to[1] = 0x82;
	to[2] = (uint8_t)(len >> 8);
	to[3] = (uint8_t)len;
	return 4;
}

static void
wrap(struct token *t, unsigned id, const void *message, size_t len)
{
	size_t at = head(t->at, 0x60, sizeof oid + 2 + len);

	memcpy(t->at + at, oid, sizeof oid);
	at += sizeof oid;
	t->at[at++] = (uint8_t)(id >> 8);
	t->at[at++] = (uint8_t)id;
	memcpy(t->at + at, message, len);
	t->len = at + len;
}

static krb5_data
unwrap(struct token *t, unsigned id)
{
	size_t at = t->len > 4 && t->at[1] == 0x82 ? 4 : t->len > 4 && t->at[1] == 0x81 ? 3 : 2;
	bool good = t->len > at + 14 && t->at[0] == 0x60 && memcmp(t->at + at, oid, sizeof oid) == 0 &&
	    t->at[at + 12] == (uint8_t)(id >> 8) && t->at[at + 13] == (uint8_t)id;

	at += 14;
	CHECK(good);
	return good ? (krb5_data){ .length = (unsigned)(t->len - at), .data = (char *)t->at + at } : (krb5_data){ 0 };
}

/* --- our two sides ----------------------------------------------------------------- */

struct side {
	CredHandle cred;
	CtxtHandle context;
	bool has_context;
	ULONG attr;
	SECURITY_STATUS status;
	struct token token;		/* the last that it gave */
};

static void
acquire(struct side *s, ULONG use, const char *user, const char *password)
{
	SEC_WINNT_AUTH_IDENTITY_A id = {
		.User = (unsigned char *)(uintptr_t)user, .UserLength = user ? (ULONG)strlen(user) : 0,
		.Domain = (unsigned char *)(uintptr_t)"OPENLSA.TEST", .DomainLength = 12,
		.Password = (unsigned char *)(uintptr_t)password, .PasswordLength = password ? (ULONG)strlen(password) : 0,
		.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
	};

	memset(s, 0, sizeof *s);
	s->status = AcquireCredentialsHandleA(NULL, (char *)(uintptr_t)"Kerberos", use, NULL, user ? &id : NULL, NULL, NULL, &s->cred,
	    NULL);
	CHECK_U64((uint32_t)s->status, SEC_E_OK);
}

static void
over(struct side *s)
{
	if (s->has_context)
		CHECK(DeleteSecurityContext(&s->context) == SEC_E_OK);
	s->has_context = false;
	FreeCredentialsHandle(&s->cred);
}

static SECURITY_STATUS
begun(struct side *s, bool server, char *target, ULONG wants, SecBufferDesc *in, SecBufferDesc *out, bool async)
{
	PCtxtHandle context = s->has_context ? &s->context : NULL;
	SspiAsyncContext *a;
	SECURITY_STATUS status;

	if (!async)
		return server ? AcceptSecurityContext(&s->cred, context, in, wants, SECURITY_NATIVE_DREP, &s->context, out, &s->attr, NULL) :
		    InitializeSecurityContextA(&s->cred, context, target, wants, 0, SECURITY_NATIVE_DREP, in, 0, &s->context, out,
		    &s->attr, NULL);
	a = SspiCreateAsyncContext();
	status = server ? SspiAcceptSecurityContextAsync(a, &s->cred, context, in, wants, SECURITY_NATIVE_DREP, &s->context, out,
	    &s->attr, NULL) :
	    SspiInitializeSecurityContextAsyncA(a, &s->cred, context, target, wants, 0, SECURITY_NATIVE_DREP, in, 0, &s->context, out,
	    &s->attr, NULL);
	if (status == SEC_E_OK)
		status = api_wait(a, NULL, 40000);
	SspiFreeAsyncContext(a);
	return status;
}

static SECURITY_STATUS
leg(struct side *s, bool server, char *target, ULONG wants, struct token *said, bool async)
{
	SecBuffer in = { said ? (ULONG)said->len : 0, SECBUFFER_TOKEN, said ? said->at : NULL };
	SecBuffer out = { sizeof s->token.at, SECBUFFER_TOKEN, s->token.at };
	SecBufferDesc in_desc = { SECBUFFER_VERSION, 1, &in }, out_desc = { SECBUFFER_VERSION, 1, &out };

	s->status = begun(s, server, target, wants, said ? &in_desc : NULL, &out_desc, async);
	s->has_context |= s->status >= 0;
	s->token.len = s->status >= 0 ? out.cbBuffer : 0;
	return s->status;
}

static bool
told_key(struct side *s, const krb5_keyblock *key)
{
	SecPkgContext_SessionKey ours = { 0 };
	bool same = QueryContextAttributesA(&s->context, SECPKG_ATTR_SESSION_KEY, &ours) == SEC_E_OK &&
	    ours.SessionKeyLength == key->length && memcmp(ours.SessionKey, key->contents, key->length) == 0;

	FreeContextBuffer(ours.SessionKey);
	return same;
}

static bool
talk(struct side *from, struct side *to)
{
	uint8_t mic[128], text[] = "from user to user", wire[300] = "sealed";
	SecBuffer b[2] = { { sizeof text, SECBUFFER_DATA, text }, { sizeof mic, SECBUFFER_TOKEN, mic } };
	SecBuffer e[2] = { { 100, SECBUFFER_TOKEN, wire + 100 }, { 6, SECBUFFER_DATA, wire } };
	SecBufferDesc desc = { SECBUFFER_VERSION, 2, b }, sealed = { SECBUFFER_VERSION, 2, e };

	return MakeSignature(&from->context, 0, &desc, 0) == SEC_E_OK && VerifySignature(&to->context, &desc, 0, NULL) == SEC_E_OK &&
	    EncryptMessage(&from->context, 0, &sealed, 0) == SEC_E_OK && memcmp(wire, "sealed", 6) != 0 &&
	    DecryptMessage(&to->context, &sealed, 0, NULL) == SEC_E_OK && memcmp(wire, "sealed", 6) == 0;
}

static void
shake_ours(bool async, bool mutual)
{
	ULONG wants = mutual ? U2U : U2U & ~(ULONG)ISC_REQ_MUTUAL_AUTH;
	struct side c, s;

	acquire(&c, SECPKG_CRED_OUTBOUND, "alice", lab("KDC_PASSWORD"));
	acquire(&s, SECPKG_CRED_BOTH, "bob", lab("KDC_PASSWORD"));
	CHECK_U64((uint32_t)leg(&c, false, bob, wants, NULL, async), SEC_I_CONTINUE_NEEDED);
	(void)unwrap(&c.token, 0x0400);
	CHECK_U64((uint32_t)leg(&s, true, NULL, 0, &c.token, async), SEC_I_CONTINUE_NEEDED);
	(void)unwrap(&s.token, 0x0401);
	CHECK_U64((uint32_t)leg(&c, false, bob, wants, &s.token, async), mutual ? SEC_I_CONTINUE_NEEDED : SEC_E_OK);
	(void)unwrap(&c.token, 0x0100);
	CHECK_U64((uint32_t)leg(&s, true, NULL, 0, &c.token, async), SEC_E_OK);
	CHECK(s.attr & ASC_RET_USE_SESSION_KEY);
	if (mutual) {
		(void)unwrap(&s.token, 0x0200);
		CHECK_U64((uint32_t)leg(&c, false, bob, wants, &s.token, async), SEC_E_OK);
	}
	CHECK((c.attr & ISC_RET_USE_SESSION_KEY) && !(c.attr & ISC_RET_MUTUAL_AUTH) == !mutual);
	if (c.status == SEC_E_OK && s.status == SEC_E_OK)
		CHECK(talk(&c, &s) && talk(&s, &c));
	else
		(void)kerb_said(c.status == SEC_E_OK ? s.status : c.status, "?");
	over(&c);
	over(&s);
}

TEST(both_roles_of_ours)
{
	for (int i = 0; i < 4; i++)
		shake_ours(i & 1, i & 2);
}

/* --- libkrb5's sides ---------------------------------------------------------------- */

static krb5_context k5;

static bool
tgt_of(const char *cache, krb5_creds *ret_tgt)
{
	krb5_creds want = { 0 };
	krb5_ccache cc;
	krb5_error_code code = krb5_cc_resolve(k5, cache, &cc);

	if (!code)
		code = krb5_cc_get_principal(k5, cc, &want.client);
	if (!code)
		code = krb5_build_principal(k5, &want.server, 12, "OPENLSA.TEST", "krbtgt", "OPENLSA.TEST", NULL);
	if (!code)
		code = krb5_cc_retrieve_cred(k5, cc, 0, &want, ret_tgt);
	krb5_free_principal(k5, want.client);
	krb5_free_principal(k5, want.server);
	krb5_cc_close(k5, cc);
	return CHECK(code == 0);
}

/* SEQUENCE { [0] 5, [1] 17, [2] ticket } */
static void
tgt_rep(struct token *t, const krb5_data *ticket)
{
	static const uint8_t first[] = { 0xa0, 3, 2, 1, 5, 0xa1, 3, 2, 1, 17 };
	uint8_t at[10000], inner[10000];
	size_t len, begin;

	memcpy(inner, first, sizeof first);
	len = sizeof first + head(inner + sizeof first, 0xa2, ticket->length);
	memcpy(inner + len, ticket->data, ticket->length);
	len += ticket->length;
	begin = head(at, 0x30, len);
	memcpy(at + begin, inner, len);
	wrap(t, 0x0401, at, begin + len);
}

/* Our initiator; bob is libkrb5. */
TEST(initiator_to_mit)
{
	krb5_auth_context ac = NULL;
	krb5_ticket *ticket = NULL;
	krb5_keyblock *sub = NULL;
	krb5_data req, rep = { 0 };
	krb5_creds tgt = { 0 };
	struct token t;
	struct side c;
	char *name = NULL;
	krb5_flags options = 0;

	acquire(&c, SECPKG_CRED_OUTBOUND, NULL, NULL);
	CHECK_U64((uint32_t)leg(&c, false, bob, U2U, NULL, false), SEC_I_CONTINUE_NEEDED);
	(void)unwrap(&c.token, 0x0400);
	if (!tgt_of(bob_cache, &tgt))
		return;
	tgt_rep(&t, &tgt.ticket);
	if (!CHECK_U64((uint32_t)leg(&c, false, bob, U2U, &t, false), SEC_I_CONTINUE_NEEDED))
		(void)kerb_said(c.status, "?");
	req = unwrap(&c.token, 0x0100);
	CHECK(krb5_auth_con_init(k5, &ac) == 0);
	CHECK(krb5_auth_con_setflags(k5, ac, KRB5_AUTH_CONTEXT_DO_SEQUENCE | KRB5_AUTH_CONTEXT_USE_SUBKEY) == 0);
	CHECK(krb5_auth_con_setuseruserkey(k5, ac, &tgt.keyblock) == 0);
	if (CHECK_U64((uint32_t)krb5_rd_req(k5, &ac, &req, NULL, NULL, &options, &ticket), 0)) {
		CHECK((options & AP_OPTS_USE_SESSION_KEY) && (options & AP_OPTS_MUTUAL_REQUIRED));
		CHECK(krb5_unparse_name(k5, ticket->enc_part2->client, &name) == 0);
		CHECK_TEXT(name, "alice@OPENLSA.TEST");
		CHECK(krb5_mk_rep(k5, ac, &rep) == 0);
		wrap(&t, 0x0200, rep.data, rep.length);
		CHECK_U64((uint32_t)leg(&c, false, bob, U2U, &t, false), SEC_E_OK);
		CHECK(krb5_auth_con_getsendsubkey(k5, ac, &sub) == 0 && sub && told_key(&c, sub));
		CHECK((c.attr & ISC_RET_USE_SESSION_KEY) && (c.attr & ISC_RET_MUTUAL_AUTH));
	}
	krb5_free_keyblock(k5, sub);
	krb5_free_unparsed_name(k5, name);
	krb5_free_ticket(k5, ticket);
	krb5_free_data_contents(k5, &rep);
	krb5_free_cred_contents(k5, &tgt);
	krb5_auth_con_free(k5, ac);
	over(&c);
}

/* KERB-TGT-REQUEST without a name. */
static const uint8_t bare_request[] = { 0x30, 10, 0xa0, 3, 2, 1, 5, 0xa1, 3, 2, 1, 16 };

/* Alice's AP-REQ for whoever's ticket `second` is, by libkrb5. */
static krb5_error_code
mit_asks(krb5_auth_context *ac, const krb5_data *second, krb5_data *ret_req)
{
	static uint8_t sum[24] = { 16 };
	krb5_data checksum = { .length = sizeof sum, .data = (char *)sum };
	krb5_creds want = { 0 }, *got = NULL;
	krb5_ccache cc;
	krb5_error_code code = krb5_cc_resolve(k5, alice_cache, &cc);

	sum[20] = 0x3e;			/* mutual, replay, sequence, confidentiality, integrity */
	if (!code)
		code = krb5_cc_get_principal(k5, cc, &want.client);
	if (!code)
		code = krb5_parse_name(k5, bob, &want.server);
	want.second_ticket = *second;
	if (!code)
		code = krb5_get_credentials(k5, KRB5_GC_USER_USER | KRB5_GC_NO_STORE, cc, &want, &got);
	if (!code)
		code = krb5_auth_con_init(k5, ac);
	if (!code)
		code = krb5_auth_con_setflags(k5, *ac, KRB5_AUTH_CONTEXT_DO_SEQUENCE);
	if (!code)
		code = krb5_auth_con_set_req_cksumtype(k5, *ac, 0x8003);
	if (!code)
		code = krb5_mk_req_extended(k5, ac, AP_OPTS_USE_SESSION_KEY | AP_OPTS_MUTUAL_REQUIRED | AP_OPTS_USE_SUBKEY, &checksum, got,
		    ret_req);
	krb5_free_creds(k5, got);
	krb5_free_principal(k5, want.client);
	krb5_free_principal(k5, want.server);
	krb5_cc_close(k5, cc);
	return code;
}

static void
mit_meets(struct side *s)
{
	krb5_auth_context ac = NULL;
	krb5_ap_rep_enc_part *part = NULL;
	krb5_keyblock *sub = NULL;
	krb5_data rep, second = { 0 }, req = { 0 };
	SecPkgContext_NamesA names = { NULL };
	struct token t;

	wrap(&t, 0x0400, bare_request, sizeof bare_request);
	if (!CHECK_U64((uint32_t)leg(s, true, NULL, 0, &t, false), SEC_I_CONTINUE_NEEDED)) {
		(void)kerb_said(s->status, "?");
		return;
	}
	rep = unwrap(&s->token, 0x0401);
	for (unsigned i = 10; i + 1 < rep.length && !second.length; i++)		/* the Ticket within */
		if ((uint8_t)rep.data[i] == 0x61)
			second = (krb5_data){ .length = rep.length - i, .data = rep.data + i };
	CHECK_U64((uint32_t)mit_asks(&ac, &second, &req), 0);
	wrap(&t, 0x0100, req.data, req.length);
	if (!CHECK_U64((uint32_t)leg(s, true, NULL, 0, &t, false), SEC_E_OK))
		(void)kerb_said(s->status, "?");
	rep = unwrap(&s->token, 0x0200);
	CHECK(krb5_rd_rep(k5, ac, &rep, &part) == 0);
	CHECK(krb5_auth_con_getrecvsubkey(k5, ac, &sub) == 0 && sub && told_key(s, sub));
	CHECK(s->attr & ASC_RET_USE_SESSION_KEY);
	CHECK(QueryContextAttributesA(&s->context, SECPKG_ATTR_NAMES, &names) == SEC_E_OK && names.sUserName);
	CHECK_TEXT(names.sUserName, "OPENLSA.TEST\\alice");
	FreeContextBuffer(names.sUserName);
	krb5_free_keyblock(k5, sub);
	krb5_free_ap_rep_enc_part(k5, part);
	krb5_auth_con_free(k5, ac);
	krb5_free_data_contents(k5, &req);
}

/* Our acceptor, as bob: by a password, and by the tickets that the process has. */
TEST(acceptor_from_mit)
{
	struct side s;

	acquire(&s, SECPKG_CRED_BOTH, "bob", lab("KDC_PASSWORD"));
	mit_meets(&s);
	over(&s);
	setenv("KRB5CCNAME", bob_cache, 1);
	acquire(&s, SECPKG_CRED_BOTH, NULL, NULL);
	mit_meets(&s);
	over(&s);
	setenv("KRB5CCNAME", alice_cache, 1);
}

static bool
administer(const char *words)
{
	char command[400];

	(void)snprintf(command, sizeof command, "KRB5_KDC_PROFILE=\"$KDC_DIR/kdc0.conf\" kadmin.local -r OPENLSA.TEST %s >/dev/null", words);
	return system(command) == 0;
}

/* The KDC gives tickets for bob to user-to-user alone: the initiator turns to it by itself. */
TEST(by_the_kdcs_word)
{
	struct side c, s;

	if (!CHECK(administer("modprinc -allow_svr bob")))
		return;
	acquire(&c, SECPKG_CRED_OUTBOUND, "alice", lab("KDC_PASSWORD"));
	acquire(&s, SECPKG_CRED_BOTH, "bob", lab("KDC_PASSWORD"));
	CHECK_U64((uint32_t)leg(&c, false, bob, ALL, NULL, false), SEC_I_CONTINUE_NEEDED);
	(void)unwrap(&c.token, 0x0400);
	CHECK_U64((uint32_t)leg(&s, true, NULL, 0, &c.token, false), SEC_I_CONTINUE_NEEDED);
	CHECK_U64((uint32_t)leg(&c, false, bob, ALL, &s.token, false), SEC_I_CONTINUE_NEEDED);
	CHECK_U64((uint32_t)leg(&s, true, NULL, 0, &c.token, false), SEC_E_OK);
	CHECK_U64((uint32_t)leg(&c, false, bob, ALL, &s.token, false), SEC_E_OK);
	if (c.status == SEC_E_OK)
		CHECK(talk(&c, &s) && talk(&s, &c));
	over(&c);
	over(&s);
	CHECK(administer("modprinc +allow_svr bob"));
}

/* --- refusals ----------------------------------------------------------------------- */

TEST(who_has_keys_alone)
{
	struct side s;
	struct token t;

	acquire(&s, SECPKG_CRED_INBOUND, NULL, NULL);
	wrap(&t, 0x0400, bare_request, sizeof bare_request);
	CHECK_U64((uint32_t)leg(&s, true, NULL, 0, &t, false), (uint32_t)SEC_E_NO_CREDENTIALS);
	CHECK(kerb_said(s.status, "for both uses"));
	over(&s);
}

/* A peer that shows another user's ticket is not who was asked for: the KDC compares. */
TEST(another_users_ticket)
{
	static char dave[] = "dave@OPENLSA.TEST";
	krb5_creds tgt = { 0 };
	struct token t;
	struct side c;

	acquire(&c, SECPKG_CRED_OUTBOUND, "bob", lab("KDC_PASSWORD"));
	CHECK_U64((uint32_t)leg(&c, false, dave, U2U, NULL, false), SEC_I_CONTINUE_NEEDED);
	if (!tgt_of(alice_cache, &tgt))
		return;
	tgt_rep(&t, &tgt.ticket);
	CHECK(leg(&c, false, dave, U2U, &t, false) < 0);
	CHECK(kerb_said(c.status, dave));
	krb5_free_cred_contents(k5, &tgt);
	over(&c);
}

TEST(malformed_requests)
{
	struct token whole, t;
	struct side s;

	acquire(&s, SECPKG_CRED_BOTH, "bob", lab("KDC_PASSWORD"));
	wrap(&whole, 0x0400, bare_request, sizeof bare_request);
	for (size_t i = 0; i < sizeof bare_request; i++) {
		wrap(&t, 0x0400, bare_request, i);
		CHECK_U64((uint32_t)leg(&s, true, NULL, 0, &t, false), (uint32_t)SEC_E_INVALID_TOKEN);
		for (int bit = 0; bit < 8; bit++) {
			t = whole;
			t.at[t.len - sizeof bare_request + i] ^= (uint8_t)(1 << bit);
			CHECK_U64((uint32_t)leg(&s, true, NULL, 0, &t, false), (uint32_t)SEC_E_INVALID_TOKEN);
		}
	}
	over(&s);
}

TEST(malformed_replies)
{
	krb5_creds tgt = { 0 };
	struct token whole, t;
	struct side c;
	krb5_data inner;

	if (!tgt_of(bob_cache, &tgt))
		return;
	tgt_rep(&whole, &tgt.ticket);
	inner = unwrap(&whole, 0x0401);
	acquire(&c, SECPKG_CRED_OUTBOUND, NULL, NULL);
	for (unsigned i = 0; i < inner.length; i += i < 24 ? 1 : 97) {
		CHECK_U64((uint32_t)leg(&c, false, bob, U2U, NULL, false), SEC_I_CONTINUE_NEEDED);
		wrap(&t, 0x0401, inner.data, i);
		CHECK_U64((uint32_t)leg(&c, false, bob, U2U, &t, false), (uint32_t)SEC_E_INVALID_TOKEN);
		CHECK(DeleteSecurityContext(&c.context) == SEC_E_OK);
		c.has_context = false;
	}
	CHECK_U64((uint32_t)leg(&c, false, bob, U2U | ISC_REQ_USE_DCE_STYLE, NULL, false), (uint32_t)SEC_E_UNSUPPORTED_FUNCTION);
	krb5_free_cred_contents(k5, &tgt);
	over(&c);
}

int
main(void)
{
	if (!getenv("KDC_DIR"))
		return 77;
	(void)snprintf(alice_cache, sizeof alice_cache, "FILE:%s/alice.cc", lab("KDC_DIR"));
	(void)snprintf(bob_cache, sizeof bob_cache, "FILE:%s/bob.cc", lab("KDC_DIR"));
	CHECK(kerb_kinit(bob, bob_cache, "") && kerb_kinit("alice@OPENLSA.TEST", alice_cache, ""));
	CHECK(krb5_init_context(&k5) == 0);
	api_begin();
	RUN(both_roles_of_ours);
	RUN(initiator_to_mit);
	RUN(acceptor_from_mit);
	RUN(by_the_kdcs_word);
	RUN(who_has_keys_alone);
	RUN(another_users_ticket);
	RUN(malformed_requests);
	RUN(malformed_replies);
	krb5_free_context(k5);
	return check_end();
}
