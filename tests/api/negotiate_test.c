/*
 * negotiate_test.c - the package "Negotiate": what it chooses, what it falls
 * back to, what policy forbids, and that it says why. Real NTLM inside, and
 * fakekrb.c in Kerberos' place; each handshake synchronous and asynchronous.
 *
 * Covers pkg/negotiate/nego_lsa.c, pkg/negotiate/nego_init.c, pkg/negotiate/nego_accept.c,
 * pkg/negotiate/nego_rule.c, pkg/negotiate/nego_mic.c, pkg/negotiate/nego_user.c,
 * and pkg/ntlm/ntlm_inside.c, which signs mechListMIC.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lsa/lsa.h"
#include "pkg/negotiate/nego_msg.h"
#include "secur32/usermode.h"
#include "tests/api/fakekrb.h"
#include "tests/api/shake.h"
#include "tests/check.h"

#define NEGOTIATE "Negotiate"

static void
policy(const char *name, ULONG value)
{
	LSA_STRING who = { 8, 8, (char *)(uintptr_t)"api-test" };
	LSA_OPERATIONAL_MODE mode;
	HANDLE lsa;

	CHECK(LsaRegisterLogonProcess(&who, &lsa, &mode) == STATUS_SUCCESS);
	CHECK(OlsaPolicySet(lsa, name, value) == STATUS_SUCCESS);
	LsaDeregisterLogonProcess(lsa);
}

/* "Kerberos complete" and so on. */
static const char *
chosen(struct side *s)
{
	static const char *const states[] = { "complete", "optimistic", "in progress", "direct" };
	static char text[128];
	SecPkgContext_NegotiationInfoA info;
	SecPkgContext_PackageInfoA package;

	if (QueryContextAttributesA(&s->ctx, SECPKG_ATTR_NEGOTIATION_INFO, &info) != SEC_E_OK || info.NegotiationState > 3)
		return "none";
	(void)snprintf(text, sizeof text, "%s %s", info.PackageInfo->Name, states[info.NegotiationState]);
	if (QueryContextAttributesA(&s->ctx, SECPKG_ATTR_PACKAGE_INFO, &package) != SEC_E_OK ||
	    strcmp(package.PackageInfo->Name, info.PackageInfo->Name) != 0)
		(void)snprintf(text, sizeof text, "PACKAGE_INFO and NEGOTIATION_INFO differ");
	else
		FreeContextBuffer(package.PackageInfo);
	FreeContextBuffer(info.PackageInfo);
	return text;
}

static void
both(struct side *c, struct side *s, const char *user, const char *password, const char *list, const char *principal)
{
	CHECK(side_client(c, NEGOTIATE, user, password, list) == SEC_E_OK);
	CHECK(side_server(s, NEGOTIATE, principal) == SEC_E_OK);
}

static void
leave(struct side *c, struct side *s)
{
	side_leave(c);
	side_leave(s);
}

/* --- the table ------------------------------------------------------------------ */

static void
it_is_listed(void)
{
	PSecPkgInfoA info;
	ULONG count;

	CHECK(QuerySecurityPackageInfoA((char *)(uintptr_t)"negotiate", &info) == SEC_E_OK);
	CHECK_TEXT(info->Name, "Negotiate");
	CHECK_TEXT(info->Comment, "Microsoft Package Negotiator");
	CHECK_U64(info->fCapabilities, 0x00083BB3);
	CHECK(info->wRPCID == 9 && info->wVersion == 1 && info->cbMaxToken == 48256);
	FreeContextBuffer(info);
	CHECK(EnumerateSecurityPackagesA(&count, &info) == SEC_E_OK && count >= 2);
	CHECK_TEXT(info[0].Name, "Negotiate");
	FreeContextBuffer(info);
}

/* --- choices -------------------------------------------------------------------- */

struct choice {
	const char *what, *target, *list, *principal;
	ULONG wants;			/* more than usual */
	const char *chosen;		/* NULL: the first leg fails */
	SECURITY_STATUS status;
	unsigned legs;			/* of the client */
	const char *client_says, *server_says;
};

static const struct choice choices[] = {
	{ "Kerberos", "svc/good", NULL, NULL, 0, "Kerberos complete", 0, 2,
	    "offered to the peer: Kerberos (its token goes along), then NTLM", "Kerberos (Microsoft's number) chosen: the peer's first offer" },
	{ "Kerberos, slow", "svc/slow", NULL, NULL, 0, "Kerberos complete", 0, 2, "took the first offer", NULL },
	{ "one token is enough", "svc/oneway", NULL, NULL, 0, "Kerberos complete", 0, 2, NULL, NULL },
	{ "an even number of tokens and a MIC", "svc/good", NULL, NULL, ISC_REQ_USE_DCE_STYLE, "Kerberos complete", 0, 3,
	    "mechListMIC is right", "mechListMIC is right" },
	{ "the service is unknown", "svc/unknown", NULL, NULL, 0, "NTLM complete", 0, 3,
	    "NTLM chosen: Kerberos is out (see above), and policy ntlm-fallback allows it", "the peer offers: NTLM" },
	{ "no KDC", "svc/nokdc", NULL, NULL, 0, "NTLM complete", 0, 3, "Kerberos was told to fail", NULL },
	{ "no ticket", "svc/noticket", NULL, NULL, 0, "NTLM complete", 0, 3, NULL, NULL },
	{ "no target", "", NULL, NULL, 0, "NTLM complete", 0, 3, "Kerberos is out: no target was named", NULL },
	{ "an address", "svc/192.0.2.7:80", NULL, NULL, 0, "NTLM complete", 0, 3, "names an address", NULL },
	{ "another address", "svc/[2001:db8::1]:80", NULL, NULL, 0, "NTLM complete", 0, 3, "names an address", NULL },
	{ "a wrong password", "svc/badpass", NULL, NULL, 0, NULL, SEC_E_LOGON_DENIED, 1, "nothing else is tried", NULL },
	{ "clocks", "svc/skew", NULL, NULL, 0, NULL, SEC_E_TIME_SKEW, 1, "nothing else is tried", NULL },
	{ "another's ticket", "svc/modified", NULL, NULL, 0, NULL, SEC_E_WRONG_PRINCIPAL, 1, "nothing else is tried", NULL },
	{ "only Kerberos is wished", "svc/unknown", "kerberos", NULL, 0, NULL, SEC_E_TARGET_UNKNOWN, 1,
	    "NTLM is out: the identity's PackageList excludes it", NULL },
	{ "NTLM is not wished", "svc/nokdc", "!ntlm", NULL, 0, NULL, SEC_E_NO_AUTHENTICATING_AUTHORITY, 1, "excludes it", NULL },
	{ "only NTLM is wished", "svc/good", "NTLM", NULL, 0, "NTLM complete", 0, 3, "the identity's PackageList asks for it", NULL },
	{ "Kerberos is not wished, others unknown", "svc/good", "!Kerberos, nonsense", NULL, 0, "NTLM complete", 0, 3, NULL, NULL },
	{ "the server has no keytab", "svc/good", NULL, "nothing", 0, "NTLM complete", 0, 4,
	    "the peer refused the first offer, Kerberos (Microsoft's number), and chose NTLM",
	    "NTLM chosen: the peer's first offer that can be had here; mechListMIC will prove" },
	{ "nobody is wished", "svc/good", NULL, NULL, ISC_REQ_NULL_SESSION, NULL, SEC_I_CONTINUE_NEEDED, 2,
	    "Kerberos is out: an anonymous session was asked for", NULL },
	{ "a caller is asked", "svc/good", NULL, NULL, ISC_REQ_PROMPT_FOR_CREDS, NULL, SEC_E_UNSUPPORTED_FUNCTION, 1, NULL, NULL },
	{ "datagrams", "svc/good", NULL, NULL, ISC_REQ_DATAGRAM, NULL, SEC_E_UNSUPPORTED_FUNCTION, 1, "knows no datagrams", NULL },
};

static void
choice_check(const struct choice *t, bool async)
{
	struct side c, s;
	bool good;

	both(&c, &s, API_USER, API_PASSWORD, t->list, t->principal);
	c.async = s.async = async;
	c.target = t->target;
	c.wants |= t->wants;
	good = shake(&c, &s, NULL, NULL);
	if (!CHECK(good == (t->chosen != NULL)) || !CHECK_U64(c.legs, t->legs))
		fprintf(stderr, "%s%s: client %08x, server %08x\n%s", t->what, async ? ", asynchronous" : "", (unsigned)c.status,
		    (unsigned)s.status, side_why(good || s.status >= 0 ? &c : &s));
	if (!good)
		CHECK_U64((ULONG)c.status, (ULONG)t->status);
	if (t->client_says && (good || !async) && !CHECK(strstr(side_why(&c), t->client_says)))
		fprintf(stderr, "%s: it says\n%s", t->what, side_why(&c));
	if (good) {
		CHECK_TEXT(chosen(&c), t->chosen);
		CHECK_TEXT(chosen(&s), t->chosen);
		CHECK(shake_speaks(&c, &s));
		if (t->server_says && !CHECK(strstr(side_why(&s), t->server_says)))
			fprintf(stderr, "%s: it says\n%s", t->what, side_why(&s));
	}
	leave(&c, &s);
}

static void
it_chooses(void)
{
	for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
		choice_check(&choices[i], false);
}

static void
it_chooses_asynchronously(void)
{
	for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
		choice_check(&choices[i], true);
}

/* A silent authority is given up after five seconds, not after the call's thirty. */
static void
silence_is_given_up(void)
{
	uint64_t began = api_ms(), took;
	struct side c, s;

	both(&c, &s, API_USER, API_PASSWORD, NULL, NULL);
	c.target = "svc/silent";
	c.async = true;
	CHECK(shake(&c, &s, NULL, NULL));
	took = api_ms() - began;
	CHECK(took >= 4900 && took < 9000);
	CHECK_TEXT(chosen(&c), "NTLM complete");
	CHECK(strstr(side_why(&c), "no KDC answered in 5000 ms"));
	CHECK(shake_speaks(&c, &s));
	leave(&c, &s);
}

/* A leg that waits inside is cancelled; the credential is none the worse. */
static void
a_leg_is_cancelled(void)
{
	SspiAsyncContext *a = SspiCreateAsyncContext();
	SecBuffer b = { 0, SECBUFFER_TOKEN, NULL };
	SecBufferDesc out = { SECBUFFER_VERSION, 1, &b };
	struct side c, s;

	both(&c, &s, API_USER, API_PASSWORD, NULL, NULL);
	for (unsigned i = 0; i < 20; i++) {
		CtxtHandle ctx;

		SecInvalidateHandle(&ctx);
		CHECK(SspiInitializeSecurityContextAsyncA(a, &c.cred, NULL, (char *)(uintptr_t)"svc/forever",
		    ISC_REQ_ALLOCATE_MEMORY, 0, SECURITY_NATIVE_DREP, NULL, 0, &ctx, &out, NULL, NULL) == SEC_E_OK);
		CHECK(api_wait(a, NULL, i % 3) == SEC_I_ASYNC_CALL_PENDING);
		CHECK(OlsaSspiCancelAsync(a) == SEC_E_OK);
		CHECK(api_wait(a, NULL, 5000) == SEC_E_UNFINISHED_CONTEXT_DELETED);
		CHECK(SspiReinitAsyncContext(a) == SEC_E_OK);
	}
	CHECK(shake(&c, &s, NULL, NULL) && shake_speaks(&c, &s));
	SspiFreeAsyncContext(a);
	leave(&c, &s);
}

/* --- credentials -------------------------------------------------------------------- */

static void
credentials(void)
{
	SEC_WINNT_AUTH_IDENTITY_A local = { .User = (unsigned char *)(uintptr_t)API_USER, .UserLength = sizeof API_USER - 1,
	    .Domain = (unsigned char *)(uintptr_t)".", .DomainLength = 1, .Password = (unsigned char *)(uintptr_t)"x",
	    .PasswordLength = 1, .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI };
	SecPkgCredentials_NamesA names;
	struct side c, s;

	CHECK(side_client(&c, NEGOTIATE, "nokrb", API_PASSWORD, "kerberos") == SEC_E_NO_CREDENTIALS);
	CHECK(strstr(side_why(&c), "Kerberos has no ticket and no keytab"));
	CHECK(strstr(side_why(&c), "none of the packages that Negotiate chooses from has a credential"));
	CHECK(side_client(&c, NEGOTIATE, API_USER, API_PASSWORD, "!ntlm,!kerberos") == SEC_E_NO_CREDENTIALS);
	CHECK(side_server(&s, NEGOTIATE, "nothing") == SEC_E_OK);	/* NTLM alone */
	side_leave(&s);
	/* Without an identity there is Kerberos alone: NTLM has no password. */
	CHECK(side_client(&c, NEGOTIATE, NULL, NULL, NULL) == SEC_E_OK);
	c.target = "svc/nokdc";
	CHECK(side_leg(&c, NULL, 0) == SEC_E_NO_AUTHENTICATING_AUTHORITY);
	CHECK(strstr(side_why(&c), "NTLM is out: it had no credential when this one was acquired"));
	c.target = "svc/good";
	CHECK(side_leg(&c, NULL, 0) == SEC_I_CONTINUE_NEEDED);
	CHECK(strstr(side_why(&c), "Kerberos alone"));
	CHECK_TEXT(chosen(&c), "Negotiate in progress");
	CHECK(QueryCredentialsAttributesA(&c.cred, SECPKG_CRED_ATTR_NAMES, &names) == SEC_E_OK);
	CHECK_TEXT(names.sUserName, "fake@REALM");
	FreeContextBuffer(names.sUserName);
	side_leave(&c);
	/* An empty identity is nobody; a local account is not the KDC's. */
	CHECK(side_client(&c, NEGOTIATE, "", "", NULL) == SEC_E_OK);
	CHECK(side_leg(&c, NULL, 0) == SEC_I_CONTINUE_NEEDED);
	CHECK(strstr(side_why(&c), "Kerberos is out: an anonymous session") && strstr(side_why(&c), "NTLM alone"));
	side_leave(&c);
	CHECK(AcquireCredentialsHandleA(NULL, (char *)(uintptr_t)NEGOTIATE, SECPKG_CRED_OUTBOUND, NULL, &local, NULL, NULL,
	    &c.cred, NULL) == SEC_E_OK);
	CHECK(side_leg(&c, NULL, 0) == SEC_I_CONTINUE_NEEDED);
	CHECK(strstr(side_why(&c), "the identity is a local account") && strstr(side_why(&c), "NTLM alone"));
	side_leave(&c);
	/* A user that Kerberos does not know. */
	both(&c, &s, "nokrb", "x", NULL, NULL);
	CHECK(!shake(&c, &s, NULL, NULL) && s.status == SEC_E_LOGON_DENIED);
	leave(&c, &s);
	CHECK(AcquireCredentialsHandleA(NULL, (char *)(uintptr_t)NEGOTIATE, SECPKG_CRED_BOTH, NULL, NULL, NULL, NULL, &c.cred,
	    NULL) == SEC_E_OK);
	CHECK(FreeCredentialsHandle(&c.cred) == SEC_E_OK);
}

/* --- policy ----------------------------------------------------------------------------- */

static void
policy_forbids(void)
{
	struct side c, s;

	policy("ntlm-fallback", 0);
	both(&c, &s, API_USER, API_PASSWORD, NULL, NULL);
	c.target = "svc/nokdc";
	CHECK(side_leg(&c, NULL, 0) == SEC_E_DOWNGRADE_DETECTED);
	CHECK(strstr(side_why(&c), "policy ntlm-fallback is 0"));
	CHECK(strstr(side_why(&c), "NTLM would have been chosen, and policy forbids it"));
	c.target = "svc/10.0.0.1";
	CHECK(side_leg(&c, NULL, 0) == SEC_E_DOWNGRADE_DETECTED);
	/* Kerberos goes on, and NTLM is not even offered: a server without a keytab cannot ask for it. */
	c.target = "svc/good";
	CHECK(shake(&c, &s, NULL, NULL) && shake_speaks(&c, &s));
	CHECK(strstr(side_why(&c), "Kerberos alone"));
	leave(&c, &s);
	both(&c, &s, API_USER, API_PASSWORD, NULL, "nothing");
	CHECK(!shake(&c, &s, NULL, NULL) && s.status == SEC_E_INVALID_TOKEN && c.status == SEC_I_CONTINUE_NEEDED);
	leave(&c, &s);
	/* Who asks for NTLM gets it. */
	both(&c, &s, API_USER, API_PASSWORD, "ntlm", NULL);
	CHECK(shake(&c, &s, NULL, NULL) && shake_speaks(&c, &s));
	leave(&c, &s);
	policy("ntlm-fallback", 1);
}

static bool
audited(const char *line)
{
	const char *state = getenv("OPENLSA_STATE");
	char path[512], text[32768];
	bool found = false;
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/audit.json", state ? state : "");
	f = fopen(path, "r");
	while (f && fgets(text, sizeof text, f))
		found = found || strstr(text, line);
	if (f)
		fclose(f);
	return found;
}

static void
policy_audits(void)
{
	struct side c, s;

	if (api_far()) {
		CHECK_SKIP("the audit file is the daemon's");
		return;
	}
	both(&c, &s, API_USER, API_PASSWORD, NULL, NULL);
	c.target = "svc/unknown";
	CHECK(shake(&c, &s, NULL, NULL) && !audited("towards \\u0022svc/unknown"));
	side_again(&c);
	side_again(&s);
	policy("ntlm-fallback", 2);
	CHECK(shake(&c, &s, NULL, NULL) && shake_speaks(&c, &s));
	CHECK(audited("NTLM instead of Kerberos towards \\u0022svc/unknown\\u0022\""));
	side_again(&c);
	policy("ntlm-fallback", 0);
	CHECK(side_leg(&c, NULL, 0) == SEC_E_DOWNGRADE_DETECTED);
	CHECK(audited("was forbidden"));
	policy("ntlm-fallback", 1);
	leave(&c, &s);
}

/* --- what peers say -------------------------------------------------------------------------- */

static void
raw_tokens(void)
{
	uint8_t token[32];
	struct side c, s;

	CHECK(side_client(&c, "NTLM", API_USER, API_PASSWORD, NULL) == SEC_E_OK);
	CHECK(side_server(&s, NEGOTIATE, NULL) == SEC_E_OK);
	/* NTLM's own client is done with its last token, and is not answered. */
	CHECK(side_leg(&c, NULL, 0) == SEC_I_CONTINUE_NEEDED);
	CHECK(side_leg(&s, c.token, c.len) == SEC_I_CONTINUE_NEEDED);
	CHECK(memcmp(s.token, "NTLMSSP", 8) == 0);
	CHECK(side_leg(&c, s.token, s.len) == SEC_E_OK && side_leg(&s, c.token, c.len) == SEC_E_OK && s.len == 0);
	CHECK_TEXT(chosen(&s), "NTLM direct");
	CHECK(shake_speaks(&c, &s));
	leave(&c, &s);

	CHECK(side_client(&c, "Kerberos", API_USER, API_PASSWORD, NULL) == SEC_E_OK);
	CHECK(side_server(&s, NEGOTIATE, NULL) == SEC_E_OK);
	CHECK(shake(&c, &s, NULL, NULL) && shake_speaks(&c, &s));
	CHECK_TEXT(chosen(&s), "Kerberos direct");
	leave(&c, &s);

	CHECK(side_server(&s, NEGOTIATE, "nothing") == SEC_E_OK);
	CHECK(side_leg(&s, token, (ULONG)fakekrb_token(token, true)) == SEC_E_NO_CREDENTIALS);
	CHECK(strstr(side_why(&s), "without SPNEGO"));
	CHECK(side_leg(&s, (const uint8_t *)"GET / HTTP/1.1", 14) == SEC_E_INVALID_TOKEN);
	side_leave(&s);
}

static ULONG
offer(uint8_t to[512], const enum nego_mech *mechs, unsigned count, bool token)
{
	uint8_t list[128], krb[32];
	struct writer l = writer_of(list, sizeof list), w = writer_of(to, 512);
	struct nego_init m = { .has_token = token, .token = bytes_of(krb, fakekrb_token(krb, true)) };

	nego_list_put(&l, mechs, count);
	m.list = bytes_of(list, l.need);
	nego_init_put(&w, &m);
	return (ULONG)w.need;
}

/* Both numbers of Kerberos are answered as they were offered; NegoEx is passed over. */
static void
mechanisms_are_answered_as_offered(void)
{
	static const struct {
		enum nego_mech mechs[3];
		unsigned count;
		bool token;
		enum nego_mech answer;
		enum nego_state state;
		SECURITY_STATUS status;
	} rows[] = {
		{ { MECH_KRB5, MECH_MS_KRB5 }, 2, true, MECH_KRB5, STATE_COMPLETED, SEC_E_OK },
		{ { MECH_MS_KRB5, MECH_KRB5 }, 2, true, MECH_MS_KRB5, STATE_COMPLETED, SEC_E_OK },
		{ { MECH_KRB5 }, 1, false, MECH_KRB5, STATE_INCOMPLETE, SEC_I_CONTINUE_NEEDED },
		{ { MECH_NEGOEX, MECH_KRB5, MECH_NTLM }, 3, true, MECH_KRB5, STATE_REQUEST_MIC, SEC_I_CONTINUE_NEEDED },
		{ { MECH_KRB5_U2U, MECH_NTLM }, 2, true, MECH_NTLM, STATE_REQUEST_MIC, SEC_I_CONTINUE_NEEDED },
		{ { MECH_NTLM, MECH_KRB5 }, 2, false, MECH_NTLM, STATE_INCOMPLETE, SEC_I_CONTINUE_NEEDED },
		{ { MECH_NEGOEX }, 1, true, MECH_NONE, STATE_REJECT, SEC_E_INVALID_TOKEN },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint8_t token[512];
		struct nego_resp m;
		struct side s;

		CHECK(side_server(&s, NEGOTIATE, NULL) == SEC_E_OK);
		CHECK_U64((ULONG)side_leg(&s, token, offer(token, rows[i].mechs, rows[i].count, rows[i].token)),
		    (ULONG)rows[i].status);
		if (s.status >= 0) {
			CHECK(nego_resp_take(&m, bytes_of(s.token, s.len)));
			CHECK(m.has_mech && nego_mech_of(m.mech) == rows[i].answer && m.state == rows[i].state);
		}
		side_leave(&s);
	}
}

/* The server speaks first: what it can, and then as ever. */
static void
hints(void)
{
	struct nego_init m;
	struct side c, s;

	both(&c, &s, API_USER, API_PASSWORD, NULL, "nothing");
	CHECK(side_leg(&s, NULL, 0) == SEC_I_CONTINUE_NEEDED);
	CHECK(nego_init_take(&m, bytes_of(s.token, s.len)) && m.has_hints && !m.has_token);
	CHECK(bytes_same(m.hint, bytes_of_text("not_defined_in_RFC4178@please_ignore")));
	CHECK(side_leg(&c, s.token, s.len) == SEC_I_CONTINUE_NEEDED);
	CHECK(strstr(side_why(&c), "Kerberos is out: the acceptor does not name it in its offer"));
	while (c.status == SEC_I_CONTINUE_NEEDED && s.status == SEC_I_CONTINUE_NEEDED) {
		if (side_leg(&s, c.token, c.len) >= 0)
			(void)side_leg(&c, s.token, s.len);
	}
	CHECK(c.status == SEC_E_OK && s.status == SEC_E_OK && shake_speaks(&c, &s));
	CHECK_TEXT(chosen(&c), "NTLM complete");
	side_again(&s);
	CHECK(side_leg(&s, NULL, 0) == SEC_I_CONTINUE_NEEDED && side_leg(&s, NULL, 0) == SEC_E_INVALID_TOKEN);
	side_again(&c);
	CHECK(side_leg(&c, (const uint8_t *)"nonsense", 8) == SEC_E_INVALID_TOKEN);
	leave(&c, &s);
}

/* A refusal tells the peer so, where the caller asks for that. */
static void
refusals_are_told(void)
{
	for (unsigned way = 0; way < 4; way++) {
		bool told = way & 1;
		struct nego_resp m;
		struct side c, s;

		both(&c, &s, API_USER, "not the password", "ntlm", NULL);
		c.async = s.async = way & 2;
		if (told)
			s.wants |= ASC_REQ_EXTENDED_ERROR;
		CHECK(!shake(&c, &s, NULL, NULL) && s.status == SEC_E_LOGON_DENIED);
		CHECK(told == (s.error_len != 0));
		CHECK(!told || (s.attr & ASC_RET_EXTENDED_ERROR));
		if (told) {
			CHECK(nego_resp_take(&m, bytes_of(s.token, s.error_len)) && m.state == STATE_REJECT);
			CHECK(side_leg(&c, s.token, s.error_len) == SEC_E_LOGON_DENIED);
			CHECK(strstr(side_why(&c), "the peer refuses (negState reject)"));
		}
		leave(&c, &s);
	}
}

/* --- afterwards -------------------------------------------------------------------------------- */

static void
attributes_are_those_inside(void)
{
	SecPkgContext_SessionKey ck, sk;
	SecPkgContext_Sizes sizes;
	SecPkgContext_NamesA names;
	LPSTR reasons;
	SecBuffer blob = { 0 };
	struct side c, s, moved;

	both(&c, &s, API_USER, API_PASSWORD, "ntlm", NULL);
	CHECK(shake(&c, &s, NULL, NULL));
	CHECK(QueryContextAttributesA(&s.ctx, SECPKG_ATTR_SIZES, &sizes) == SEC_E_OK && sizes.cbMaxSignature == 16 &&
	    sizes.cbMaxToken == 2888);
	CHECK(QueryContextAttributesA(&s.ctx, SECPKG_ATTR_NAMES, &names) == SEC_E_OK);
	CHECK(strstr(names.sUserName, "\\" API_USER));
	FreeContextBuffer(names.sUserName);
	CHECK(QueryContextAttributesA(&c.ctx, SECPKG_ATTR_SESSION_KEY, &ck) == SEC_E_OK);
	CHECK(QueryContextAttributesA(&s.ctx, SECPKG_ATTR_SESSION_KEY, &sk) == SEC_E_OK);
	CHECK(ck.SessionKeyLength == 16 && memcmp(ck.SessionKey, sk.SessionKey, 16) == 0);
	FreeContextBuffer(ck.SessionKey);
	FreeContextBuffer(sk.SessionKey);
	CHECK(QueryContextAttributesA(&s.ctx, OLSA_ATTR_REASONS, &reasons) == SEC_E_OK && strstr(reasons, "NTLM chosen"));
	FreeContextBuffer(reasons);
	/* It moves to another handle in the middle of a conversation. */
	CHECK(shake_speaks(&c, &s));
	CHECK(ExportSecurityContext(&s.ctx, 0, &blob, NULL) == SEC_E_OK);
	moved = s;
	CHECK(ImportSecurityContextA((char *)(uintptr_t)NEGOTIATE, &blob, NULL, &moved.ctx) == SEC_E_OK);
	FreeContextBuffer(blob.pvBuffer);
	CHECK(shake_speaks(&c, &moved));
	CHECK_TEXT(chosen(&moved), "NTLM complete");
	DeleteSecurityContext(&moved.ctx);
	/* And takes no further leg. */
	CHECK(side_leg(&s, c.token, 1) == SEC_E_OUT_OF_SEQUENCE);
	leave(&c, &s);
}

static void
a_password_is_changed(void)
{
	SecBuffer b = { 0, SECBUFFER_CHANGE_PASS_RESPONSE, NULL };
	SecBufferDesc out = { SECBUFFER_VERSION, 1, &b };
	char package[] = NEGOTIATE, user[] = API_USER, old[] = API_PASSWORD, fresh[] = "another-Horse-8", domain[] = "";

	CHECK(ChangeAccountPasswordA(package, domain, user, old, fresh, FALSE, 0, &out) == SEC_E_OK);
	FreeContextBuffer(b.pvBuffer);
	b = (SecBuffer){ 0, SECBUFFER_CHANGE_PASS_RESPONSE, NULL };
	CHECK(ChangeAccountPasswordA(package, domain, user, fresh, old, FALSE, 0, &out) == SEC_E_OK);
	FreeContextBuffer(b.pvBuffer);
}

int
main(void)
{
	package_add(&fakekrb_lsa);
	usermode_add(&fakekrb_user);
	api_begin();
	RUN(it_is_listed);
	RUN(it_chooses);
	RUN(it_chooses_asynchronously);
	RUN(silence_is_given_up);
	RUN(a_leg_is_cancelled);
	RUN(credentials);
	RUN(policy_forbids);
	RUN(policy_audits);
	RUN(raw_tokens);
	RUN(mechanisms_are_answered_as_offered);
	RUN(hints);
	RUN(refusals_are_told);
	RUN(attributes_are_those_inside);
	RUN(a_password_is_changed);
	return check_end();
}
