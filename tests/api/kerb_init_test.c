/*
 * kerb_init_test.c - the Kerberos initiator against MIT's KDC and MIT's
 * gss_accept_sec_context, by the public API, synchronous and asynchronous.
 * Covers pkg/kerberos/kerb_forward.c, pkg/kerberos/kerb_target.c, pkg/kerberos/kerb_talk.c,
 * pkg/kerberos/kerb_init.c, pkg/kerberos/kerb_apreq.c, pkg/kerberos/kerb_tgt.c, pkg/kerberos/kerb_cache.c,
 * pkg/kerberos/kerb_lsa.c, pkg/kerberos/kerb_k5.c, pkg/kerberos/kerb_codes.c, pkg/kerberos/kerb_gather.c,
 * pkg/kerberos/kerb_frame.c, secur32/gather.c.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "pkg/kerberos/kerb_lsa.h"
#include "tests/api/kerb.h"
#include "tests/check.h"

#define ALL (ISC_REQ_MUTUAL_AUTH | ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT | ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY)
#define SOME (ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT | ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY)
#define DCE (ALL | ISC_REQ_USE_DCE_STYLE)

enum { GSS_DELEGATE = 1, GSS_MUTUAL = 2, GSS_REPLAY = 4, GSS_SEQUENCE = 8, GSS_CONF = 16, GSS_INTEG = 32, GSS_DCE = 0x1000 };

static char cache[512];		/* of our own; KRB5CCNAME changes on the way */
static const char alice[] = "alice@OPENLSA.TEST";

/* The same key, the same numbers, crosswise, on both sides. */
static void
sides_agree(struct shake *s)
{
	SecPkgContext_SessionKey key = { 0, NULL };

	if (!CHECK(QueryContextAttributesA(&s->context, SECPKG_ATTR_SESSION_KEY, &key) == SEC_E_OK))
		return;
	CHECK(s->key_len && key.SessionKeyLength == s->key_len && memcmp(key.SessionKey, s->key, s->key_len) == 0);
	FreeContextBuffer(key.SessionKey);
}

static void
shake_well(struct shake *s, const char *client)
{
	shake(s);
	if (!CHECK_U64((uint32_t)s->status, SEC_E_OK) || !CHECK_U64(s->gss_major, 0)) {
		(void)kerb_said(s->status, "?");
		return;
	}
	CHECK_TEXT(s->client, client);
	CHECK(s->talked);
	sides_agree(s);
}

/* --- tickets of the caller's own cache ----------------------------------------- */

static void
every_etype_and_style(void)
{
	static const struct { const char *target; int etype; } services[] = {
		{ "host/aes128.openlsa.test", 17 }, { "host/aes256.openlsa.test", 18 }, { "host/sha128.openlsa.test", 19 },
		{ "host/sha256.openlsa.test", 20 }, { "host/rc4.openlsa.test", 23 },
	};
	static const struct { ULONG wants; int legs; uint32_t flags; } styles[] = {
		{ SOME, 1, 0 }, { ALL, 2, GSS_MUTUAL }, { DCE, 2, GSS_MUTUAL | GSS_DCE },
	};
	CredHandle cred;

	CHECK(kerb_kinit("alice", cache, ""));
	if (!CHECK(kerb_cred(&cred, NULL, NULL, NULL) == SEC_E_OK))
		return;
	kerb_policy("kerberos-rc4", 1);
	for (size_t i = 0; i < sizeof services / sizeof *services; i++)
		for (size_t j = 0; j < sizeof styles / sizeof *styles; j++)
			for (int async = 0; async < 2; async++) {
				struct shake s = { .cred = &cred, .target = services[i].target, .wants = styles[j].wants, .async = async };

				shake_well(&s, alice);
				CHECK_U64(s.etype, services[i].etype);
				CHECK_U64(s.legs, styles[j].legs);
				CHECK_U64(s.gss_flags & (GSS_MUTUAL | GSS_DCE | GSS_CONF | GSS_INTEG | GSS_REPLAY | GSS_SEQUENCE),
				    styles[j].flags | GSS_CONF | GSS_INTEG | GSS_REPLAY | GSS_SEQUENCE);
				CHECK_U64(s.attr & (styles[j].wants | ISC_RET_MUTUAL_AUTH), styles[j].wants);
				CHECK(!s.delegated && !(s.attr & ISC_RET_DELEGATE));
				shake_end(&s);
			}
	kerb_policy("kerberos-rc4", 0);
	FreeCredentialsHandle(&cred);
}

/* Policy's default. */
static void
rc4_is_refused(void)
{
	struct shake s = { .target = "host/rc4.openlsa.test", .wants = ALL };
	CredHandle cred;

	CHECK(kerb_kinit("alice", cache, ""));
	if (!CHECK(kerb_cred(&cred, NULL, NULL, NULL) == SEC_E_OK))
		return;
	s.cred = &cred;
	shake(&s);
	CHECK_U64((uint32_t)s.status, (uint32_t)SEC_E_KDC_UNKNOWN_ETYPE);
	CHECK(!s.has_context && kerb_said(s.status, "kerberos-rc4"));
	shake_end(&s);
	FreeCredentialsHandle(&cred);
}

static void
every_kind_of_cache(void)
{
	char dir[512], file[512];
	const char *kinds[] = { dir, file, "KEYRING:process:openlsa-test" };

	(void)snprintf(dir, sizeof dir, "DIR:%s/collection", lab("KDC_DIR"));
	(void)snprintf(file, sizeof file, "FILE:%s/cc2", lab("KDC_DIR"));
	(void)mkdir(dir + 4, 0700);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct shake s = { .target = "host/aes256.openlsa.test", .wants = ALL };
		const char *who = i % 2 ? "bob" : "alice";
		CredHandle cred;

		/* A keyring of this process is not kinit's; one that neither can make is no failure of ours. */
		if (i == 2 && !kerb_kinit("alice", "KEYRING:session:openlsa-test", ""))
			continue;
		if (i != 2 && !CHECK(kerb_kinit(who, kinds[i], "")))
			continue;
		if (!CHECK(kerb_cred(&cred, NULL, NULL, NULL) == SEC_E_OK))
			continue;
		s.cred = &cred;
		shake_well(&s, i == 1 ? "bob@OPENLSA.TEST" : alice);
		shake_end(&s);
		FreeCredentialsHandle(&cred);
	}
	setenv("KRB5CCNAME", cache, 1);
}

static void
no_cache_no_credential(void)
{
	CredHandle cred;
	char none[512];

	(void)snprintf(none, sizeof none, "FILE:%s/none", lab("KDC_DIR"));
	setenv("KRB5CCNAME", none, 1);
	setenv("KRB5_CLIENT_KTNAME", none, 1);
	if (api_far())		/* the daemon has its own environment, and may use its keytab for its own user */
		return;
	CHECK_U64((uint32_t)kerb_cred(&cred, NULL, NULL, NULL), (uint32_t)SEC_E_NO_CREDENTIALS);
	CHECK(kerb_said(SEC_E_NO_CREDENTIALS, "run kinit"));
}

/* --- passwords -------------------------------------------------------------------- */

static void
passwords(void)
{
	static const struct { const char *user, *domain, *target, *client; } rows[] = {
		{ "alice", "OPENLSA.TEST", "host/aes256.openlsa.test", alice },
		{ "alice", "openlsa.test", "host/aes128.openlsa.test@OPENLSA.TEST", alice },
		{ "bob@OPENLSA.TEST", NULL, "HTTP/LOCALHOST", "bob@OPENLSA.TEST" },
		{ "bob", NULL, "cifs/localhost", "bob@OPENLSA.TEST" },
		{ "bob", "openlsa", "ldap/localhost", "bob@OPENLSA.TEST" },
		/* Another realm's user, and another realm's service: found by referral and by [domain_realm]. */
		{ "eve", "CHILD.OPENLSA.TEST", "host/aes256.openlsa.test", "eve@CHILD.OPENLSA.TEST" },
		{ "alice", "OPENLSA.TEST", "host/svc.child.openlsa.test", alice },
		{ "alice", "OPENLSA.TEST", "host/svc.child.openlsa.test@CHILD.OPENLSA.TEST", alice },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (int async = 0; async < 2; async++) {
			struct shake s = { .target = rows[i].target, .wants = ALL, .async = async };
			CredHandle cred;

			if (!CHECK(kerb_cred(&cred, rows[i].user, rows[i].domain, lab("KDC_PASSWORD")) == SEC_E_OK))
				continue;
			s.cred = &cred;
			shake_well(&s, rows[i].client);
			shake_end(&s);
			FreeCredentialsHandle(&cred);
		}
}

static void
refused(void)
{
	static const struct { const char *user, *domain, *password, *target; SECURITY_STATUS status; const char *said; } rows[] = {
		{ "alice", "OPENLSA.TEST", "wrong", "host/aes256.openlsa.test", SEC_E_LOGON_DENIED, "alice@OPENLSA.TEST" },
		{ "nobody", "OPENLSA.TEST", "wrong", "host/aes256.openlsa.test", SEC_E_LOGON_DENIED, "nobody@OPENLSA.TEST" },
		{ "dave", "OPENLSA.TEST", NULL, "host/aes256.openlsa.test", SEC_E_LOGON_DENIED, "dave@OPENLSA.TEST" },
		{ "carol", "OPENLSA.TEST", NULL, "host/aes256.openlsa.test", SEC_E_LOGON_DENIED, "carol@OPENLSA.TEST" },
		{ "alice", "OPENLSA.TEST", NULL, "host/unknown.openlsa.test", SEC_E_TARGET_UNKNOWN, "host/unknown.openlsa.test" },
		{ "alice", "OPENLSA.TEST", NULL, "unknown/localhost", SEC_E_TARGET_UNKNOWN, "setspn" },
		{ "alice", "OPENLSA.TEST", NULL, "host//x", SEC_E_TARGET_UNKNOWN, "class/host" },
		{ "alice", "OPENLSA.TEST", NULL, "", SEC_E_TARGET_UNKNOWN, "class/host" },
		{ "alice", "NOWHERE.TEST", NULL, "host/aes256.openlsa.test", SEC_E_NO_AUTHENTICATING_AUTHORITY, "NOWHERE.TEST" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (int async = 0; async < 2; async++) {
			struct shake s = { .target = rows[i].target, .wants = ALL, .async = async };
			CredHandle cred;

			if (!CHECK(kerb_cred(&cred, rows[i].user, rows[i].domain,
			    rows[i].password ? rows[i].password : lab("KDC_PASSWORD")) == SEC_E_OK))
				continue;
			s.cred = &cred;
			shake(&s);
			if (!CHECK_U64((uint32_t)s.status, (uint32_t)rows[i].status))
				(void)kerb_said(s.status, "?");
			if (!async)
				CHECK(kerb_said(s.status, rows[i].said));
			shake_end(&s);
			FreeCredentialsHandle(&cred);
		}
}

/* One sentence for every cause of a denied logon. */
static void
denials_say_the_same(void)
{
	static const char *const rows[][2] = { { "alice", "wrong" }, { "dave", NULL }, { "carol", NULL } };
	char first[1024] = "";

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct shake s = { .target = "host/aes256.openlsa.test", .wants = ALL };
		LPSTR text = NULL;
		CredHandle cred;
		char *name;

		if (!CHECK(kerb_cred(&cred, rows[i][0], "OPENLSA.TEST", rows[i][1] ? rows[i][1] : lab("KDC_PASSWORD")) == SEC_E_OK))
			return;
		s.cred = &cred;
		shake(&s);
		if (CHECK(OlsaExplain(s.status, NULL, &text) == SEC_E_OK && (name = strstr(text, rows[i][0])))) {
			memmove(name, name + strlen(rows[i][0]), strlen(name + strlen(rows[i][0])) + 1);
			if (i)
				CHECK_TEXT(text, first);
			(void)snprintf(first, sizeof first, "%s", text);
		}
		FreeContextBuffer(text);
		shake_end(&s);
		FreeCredentialsHandle(&cred);
	}
}

/* --- what goes along ------------------------------------------------------------------ */

static void
channel_bindings(void)
{
	static const struct { const char *ours, *theirs; bool good; } rows[] = {
		{ "tls-server-end-point:one", "tls-server-end-point:one", true },
		{ "tls-server-end-point:one", "tls-server-end-point:two", false },
		{ "tls-server-end-point:one", NULL, true },
	};
	CredHandle cred;

	if (!CHECK(kerb_cred(&cred, "alice", "OPENLSA.TEST", lab("KDC_PASSWORD")) == SEC_E_OK))
		return;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct shake s = { .cred = &cred, .target = "host/localhost", .wants = SOME, .bindings = rows[i].ours,
		    .expects = rows[i].theirs };

		shake(&s);
		CHECK_U64((uint32_t)s.status, SEC_E_OK);
		CHECK((s.gss_major == 0) == rows[i].good);
		shake_end(&s);
	}
	FreeCredentialsHandle(&cred);
}

/* Only when asked for, only with MUTUAL_AUTH, only where the KDC allows, only what may be forwarded. */
static void
delegation(void)
{
	static const struct { const char *target, *kinit; ULONG wants; bool gets; } rows[] = {
		{ "HTTP/localhost", "", ALL | ISC_REQ_DELEGATE, true },
		{ "HTTP/localhost", "", DCE | ISC_REQ_DELEGATE, true },
		{ "HTTP/localhost", "", ALL, false },
		{ "HTTP/localhost", "", SOME | ISC_REQ_DELEGATE, false },
		{ "HTTP/web.openlsa.test", "", ALL | ISC_REQ_DELEGATE, false },
		{ "HTTP/localhost", "-F", ALL | ISC_REQ_DELEGATE, false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (int async = 0; async < 2; async++) {
			struct shake s = { .target = rows[i].target, .wants = rows[i].wants, .async = async };
			bool told = rows[i].gets && !(rows[i].wants & ISC_REQ_USE_DCE_STYLE);
			CredHandle cred;

			if (!CHECK(kerb_kinit("alice", cache, rows[i].kinit)) ||
			    !CHECK(kerb_cred(&cred, NULL, NULL, NULL) == SEC_E_OK))
				continue;
			s.cred = &cred;
			shake_well(&s, alice);
			/* MIT's acceptor reads what came in DCE style too (else it fails), but tells nobody of it. */
			if (!CHECK(s.delegated == told) || !CHECK(!(s.gss_flags & GSS_DELEGATE) == !told) ||
			    !CHECK(!(s.attr & ISC_RET_DELEGATE) == !rows[i].gets))
				fprintf(stderr, "    row %zu\n", i);
			shake_end(&s);
			FreeCredentialsHandle(&cred);
		}
}

/* The cache says that the KDC is an hour ahead, the acceptor says that it is not. */
static void
a_wrong_clock_is_corrected(void)
{
	static const unsigned char head[] = { 5, 4, 0, 12, 0, 1, 0, 8, 0, 0, 0x0e, 0x10, 0, 0, 0, 0 };
	uint8_t all[16384];
	struct shake s = { .target = "host/localhost", .wants = ALL };
	CredHandle cred;
	size_t len, skip;
	FILE *f;

	if (!CHECK(kerb_kinit("alice", cache, "") && system("kvno host/localhost@OPENLSA.TEST >/dev/null") == 0))
		return;
	f = fopen(cache + 5, "r+b");
	len = f ? fread(all, 1, sizeof all, f) : 0;
	if (!CHECK(len > 4 && all[1] == 4))
		return;
	skip = 4u + (size_t)all[2] * 256 + all[3];
	rewind(f);
	CHECK(fwrite(head, 1, sizeof head, f) == sizeof head && fwrite(all + skip, 1, len - skip, f) == len - skip);
	CHECK(ftruncate(fileno(f), (off_t)(ftell(f))) == 0 && fclose(f) == 0);
	if (!CHECK(kerb_cred(&cred, NULL, NULL, NULL) == SEC_E_OK))
		return;
	s.cred = &cred;
	shake_well(&s, alice);
	CHECK_U64(s.legs, 3);
	shake_end(&s);
	FreeCredentialsHandle(&cred);
}

/* What the acceptor says becomes KRB-ERROR: its clock is a minute ahead. */
static void
claims_another_time(struct shake *s, int leg, uint8_t *token, size_t *len)
{
	krb5_error e = { .error = KRB5KRB_AP_ERR_SKEW - ERROR_TABLE_BASE_krb5, .stime = (krb5_timestamp)(uint32_t)(time(NULL) + 60) };
	struct kerb_frame f = { .is = KERB_TOKEN_ERROR };
	struct writer w = writer_of(token, sizeof s->token);
	krb5_data made = { 0 };
	krb5_context k5;

	if (leg != 1)
		return;
	CHECK(krb5_init_context(&k5) == 0 && krb5_parse_name(k5, "HTTP/localhost@OPENLSA.TEST", &e.server) == 0);
	CHECK(krb5_mk_error(k5, &e, &made) == 0);
	f.inner = bytes_of(made.data, made.length);
	kerb_frame_put(&w, &f);
	*len = w.need;
	s->afresh = true;
	krb5_free_data_contents(k5, &made);
	krb5_free_principal(k5, e.server);
	krb5_free_context(k5);
}

/* packages.md 9.4: who makes the proof again delegates again, for DELEGATE says that a credential went along. */
static void
delegated_at_the_second_attempt(void)
{
	struct shake s = { .target = "HTTP/localhost", .wants = ALL | ISC_REQ_DELEGATE, .meddle = claims_another_time };
	CredHandle cred;

	if (!CHECK(kerb_kinit("alice", cache, "")) || !CHECK(kerb_cred(&cred, NULL, NULL, NULL) == SEC_E_OK))
		return;
	s.cred = &cred;
	shake_well(&s, alice);
	CHECK_U64(s.legs, 3);
	CHECK(s.delegated && (s.gss_flags & GSS_DELEGATE) && (s.attr & ISC_RET_DELEGATE));
	shake_end(&s);
	FreeCredentialsHandle(&cred);
}

static size_t mutated;

static void
mutate(struct shake *s, int leg, uint8_t *token, size_t *len)
{
	(void)s;
	if (leg == 1 && mutated < *len)
		token[mutated] ^= 0x41;
}

static void
cut(struct shake *s, int leg, uint8_t *token, size_t *len)
{
	(void)s;
	(void)token;
	if (leg == 1 && mutated < *len)
		*len = mutated;
}

/* packages.md 9.1, for AP-REP. */
static void
every_byte_of_the_answer_counts(void)
{
	CredHandle cred;
	size_t len = 1;

	if (!CHECK(kerb_cred(&cred, "alice", "OPENLSA.TEST", lab("KDC_PASSWORD")) == SEC_E_OK))
		return;
	for (mutated = 0; mutated < len; mutated++)
		for (int how = 0; how < 2; how++) {
			struct shake s = { .cred = &cred, .target = "host/localhost", .wants = ALL, .meddle = how ? cut : mutate };

			if (how && !mutated)
				continue;
			shake(&s);
			if (!how)
				len = 120;
			if (!CHECK(s.status == SEC_E_INVALID_TOKEN || s.status == SEC_E_MESSAGE_ALTERED ||
			    s.status == SEC_E_WRONG_PRINCIPAL || (s.legs < 2)))
				fprintf(stderr, "byte %zu, %s: %08x %02x%02x [%02x] %02x\n", mutated, how ? "cut" : "changed", (unsigned)s.status, s.token[mutated-2], s.token[mutated-1], s.token[mutated], s.token[mutated+1]);
			shake_end(&s);
		}
	FreeCredentialsHandle(&cred);
}

int
main(void)
{
	(void)snprintf(cache, sizeof cache, "FILE:%s/cc", lab("KDC_DIR"));
	RUN(every_etype_and_style);
	RUN(rc4_is_refused);
	RUN(every_kind_of_cache);
	RUN(passwords);
	RUN(refused);
	RUN(denials_say_the_same);
	RUN(channel_bindings);
	RUN(delegation);
	RUN(a_wrong_clock_is_corrected);
	RUN(delegated_at_the_second_attempt);
	RUN(every_byte_of_the_answer_counts);
	RUN(no_cache_no_credential);
	return check_end();
}
