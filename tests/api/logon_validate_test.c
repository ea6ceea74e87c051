/*
 * logon_validate_test.c - MSV1_0's messages that derive a key, set options of
 * a connection, and judge without a logon. Covers pkg/ntlm/ntlm_derive.c,
 * pkg/ntlm/ntlm_option.c, pkg/ntlm/ntlm_msv.c, lsa/option.c, secur32/marshal.c.
 */
#include <string.h>

#include <openlsa.h>

#include "tests/api/logon.h"
#include "tests/check.h"

static HANDLE trusted, untrusted;
static ULONG ntlm;

static NTSTATUS
message(HANDLE lsa, void *ask, ULONG len, void *ret_reply, ULONG *ret_len)
{
	NTSTATUS verdict = -1, status = LsaCallAuthenticationPackage(lsa, ntlm, ask, len, ret_reply, ret_len, &verdict);

	CHECK_U64((ULONG)status, STATUS_SUCCESS);
	return verdict;
}

/* --- 10: a key of the session's password ------------------------------------------------- */

static const char mixing[] = "some bytes to mix in";
/* HMAC-SHA1 of it, and of nothing, keyed with the MD4 of API_PASSWORD in UTF-16LE: by openssl dgst and Python's hmac. */
static const unsigned char derived[2][20] = {
	{ 0x7e, 0x6f, 0x0d, 0xf0, 0x5b, 0x76, 0xac, 0x30, 0x59, 0x2b, 0x93, 0x78, 0xdd, 0xd9, 0x8b, 0x40, 0xcc, 0x0b, 0x58, 0x84 },
	{ 0xf6, 0xa4, 0xda, 0xad, 0x7e, 0x9f, 0x4c, 0xe4, 0xbe, 0x1c, 0x01, 0x79, 0x0d, 0x5c, 0x3d, 0x75, 0xce, 0x72, 0x43, 0xd2 },
};

struct derive { OlsaDeriveCredRequest m; UCHAR rest[sizeof mixing]; };
#define DERIVE_HEAD offsetof(OlsaDeriveCredRequest, DeriveCredSubmitBuffer)

static NTSTATUS
derive(HANDLE lsa, LUID luid, ULONG type, ULONG said, ULONG given, unsigned char ret_key[20])
{
	struct derive ask = { .m = { .MessageType = MsV1_0DeriveCredential, .LogonId = luid, .DeriveCredType = type,
	    .DeriveCredInfoLength = said } };
	OlsaDeriveCredResponse *reply = NULL;
	ULONG len = 0;
	NTSTATUS verdict;

	memcpy((UCHAR *)&ask + DERIVE_HEAD, mixing, sizeof mixing - 1);
	verdict = message(lsa, &ask, (ULONG)DERIVE_HEAD + given, &reply, &len);
	if (verdict != STATUS_SUCCESS) {
		CHECK(!reply && !len);
	} else if (CHECK(reply && len == offsetof(OlsaDeriveCredResponse, DeriveCredReturnBuffer) + 20)) {
		CHECK(reply->MessageType == MsV1_0DeriveCredential && reply->DeriveCredInfoLength == 20);
		memcpy(ret_key, reply->DeriveCredReturnBuffer, 20);
	}
	LsaFreeReturnBuffer(reply);
	return verdict;
}

static void
keys(void)
{
	struct logging l = { .lsa = untrusted, .package = ntlm, .type = Interactive };
	const LUID none = { 0, 0 }, nobody = { 0x7fffffff, 7 };
	const ULONG whole = sizeof mixing - 1;
	unsigned char key[20] = { 0 };

	logon_interactive(&l, "", API_USER, API_PASSWORD, false);
	CHECK_U64((ULONG)logon_run(&l), STATUS_SUCCESS);
	CHECK(derive(untrusted, l.luid, 0, whole, whole, key) == STATUS_SUCCESS && memcmp(key, derived[0], 20) == 0); /* not secret */
	CHECK(derive(trusted, l.luid, 0, whole, whole, key) == STATUS_SUCCESS && memcmp(key, derived[0], 20) == 0); /* not secret */
	CHECK(derive(untrusted, l.luid, 0, 0, 0, key) == STATUS_SUCCESS && memcmp(key, derived[1], 20) == 0); /* not secret */
	CHECK(derive(untrusted, l.luid, 1, whole, whole, key) == STATUS_NOT_SUPPORTED);
	CHECK(derive(untrusted, l.luid, 2, whole, whole, key) == STATUS_INVALID_PARAMETER);
	CHECK(derive(untrusted, l.luid, 0, whole + 1, whole, key) == STATUS_INVALID_PARAMETER);
	CHECK(derive(untrusted, l.luid, 0, 0xffffffff, whole, key) == STATUS_INVALID_PARAMETER);
	CHECK(derive(untrusted, none, 0, whole, whole, key) == STATUS_NO_SUCH_LOGON_SESSION);	/* a uid's own has no password */
	CHECK(derive(trusted, nobody, 0, whole, whole, key) == STATUS_NO_SUCH_LOGON_SESSION);
	logon_end(&l);
	CHECK(derive(untrusted, l.luid, 0, whole, whole, key) == STATUS_NO_SUCH_LOGON_SESSION);
}

/* --- 16: right or wrong, and no session -------------------------------------------------- */

static NTSTATUS
judge(HANDLE lsa, struct logging *l)
{
	void *reply = NULL;
	ULONG len = 0;
	NTSTATUS verdict;

	((MSV1_0_LM20_LOGON *)(void *)l->at)->MessageType = (MSV1_0_LOGON_SUBMIT_TYPE)MsV1_0ValidateAuth;
	verdict = message(lsa, l->at, l->len, &reply, &len);
	CHECK(!reply && !len);
	return verdict;
}

/* A password in the place of the response. */
static NTSTATUS
judge_password(HANDLE lsa, const char *user, const char *password, ULONG control)
{
	struct logging l = { .len = sizeof(MSV1_0_LM20_LOGON) };
	MSV1_0_LM20_LOGON *m = (void *)l.at;

	m->ParameterControl = control;
	m->UserName.Length = (USHORT)(2 * strlen(user));
	m->UserName.Buffer = (PWSTR)(uintptr_t)l.len;
	for (; *user; user++, l.len += 2)
		l.at[l.len] = (unsigned char)*user;
	m->CaseSensitiveChallengeResponse.Length = (USHORT)(2 * strlen(password));
	m->CaseSensitiveChallengeResponse.Buffer = (PCHAR)(uintptr_t)l.len;
	for (; *password; password++, l.len += 2)
		l.at[l.len] = (unsigned char)*password;
	return judge(lsa, &l);
}

#define CLEARTEXT (MSV1_0_CLEARTEXT_PASSWORD_ALLOWED | MSV1_0_CLEARTEXT_PASSWORD_SUPPLIED)

static void
judged(void)
{
	static const UCHAR challenge[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct logging l = { .lsa = trusted, .package = ntlm, .type = Network };
	ULONG sessions = logon_count();

	logon_lm20(&l, "", API_USER, API_PASSWORD, challenge);
	CHECK_U64((ULONG)judge(untrusted, &l), (ULONG)STATUS_ACCESS_DENIED);
	CHECK_U64((ULONG)judge(trusted, &l), STATUS_SUCCESS);
	CHECK_U64(logon_count(), sessions);
	CHECK_U64((ULONG)logon_run(&l), (ULONG)STATUS_BAD_VALIDATION_CLASS);	/* it is a message and no logon */
	logon_lm20(&l, "", API_USER, "wrong", challenge);
	CHECK_U64((ULONG)judge(trusted, &l), (ULONG)STATUS_WRONG_PASSWORD);
	logon_lm20(&l, "", "nobody-here", API_PASSWORD, challenge);
	CHECK_U64((ULONG)judge(trusted, &l), (ULONG)STATUS_NO_SUCH_USER);
	l.len = sizeof(MSV1_0_LM20_LOGON);
	memset(l.at, 0, sizeof l.at);
	CHECK_U64((ULONG)judge(trusted, &l), (ULONG)STATUS_LOGON_FAILURE);	/* nobody */
	((MSV1_0_LM20_LOGON *)(void *)l.at)->ParameterControl = MSV1_0_SUBAUTHENTICATION_DLL;
	CHECK_U64((ULONG)judge(trusted, &l), (ULONG)STATUS_NO_SUCH_PACKAGE);
	CHECK_U64((ULONG)judge_password(trusted, API_USER, API_PASSWORD, CLEARTEXT), STATUS_SUCCESS);
	CHECK_U64((ULONG)judge_password(trusted, API_USER, "wrong", CLEARTEXT), (ULONG)STATUS_WRONG_PASSWORD);
	CHECK_U64((ULONG)judge_password(trusted, API_USER, API_PASSWORD, MSV1_0_CLEARTEXT_PASSWORD_SUPPLIED),
	    (ULONG)STATUS_LOGON_FAILURE);
	CHECK_U64(logon_count(), sessions);
}

/* Guesses count here as they do anywhere. */
static void
counted(void)
{
	logon_user("judged", "a password");
	logon_policy("lockout-threshold", 3);
	for (int i = 0; i < 3; i++)
		CHECK_U64((ULONG)judge_password(trusted, "judged", "wrong", CLEARTEXT), (ULONG)STATUS_WRONG_PASSWORD);
	CHECK_U64((ULONG)judge_password(trusted, "judged", "a password", CLEARTEXT), (ULONG)STATUS_ACCOUNT_LOCKED_OUT);
	logon_policy("lockout-threshold", 10);
	CHECK(OlsaUserDelete(trusted, "judged") == STATUS_SUCCESS);
}

/* --- 12 and 19: options ---------------------------------------------------------------------- */

static NTSTATUS
option(HANDLE lsa, int type, ULONG options, bool off)
{
	OlsaSetOptionRequest ask = { (MSV1_0_PROTOCOL_MESSAGE_TYPE)type, options, off };
	NTSTATUS verdict = -1;

	CHECK(LsaCallAuthenticationPackage(lsa, ntlm, &ask, sizeof ask, NULL, NULL, &verdict) == STATUS_SUCCESS);
	return verdict;
}

static bool
blank_enters(HANDLE lsa)
{
	return judge_password(lsa, "blank", "", CLEARTEXT) == STATUS_SUCCESS;
}

static void
options(void)
{
	struct logging l = { .lsa = trusted, .package = ntlm, .type = Network };
	HANDLE other = logon_trusted();

	logon_user("blank", "");
	CHECK(option(untrusted, MsV1_0SetProcessOption, 1, false) == STATUS_ACCESS_DENIED);
	CHECK(option(untrusted, MsV1_0SetThreadOption, 1, false) == STATUS_ACCESS_DENIED);
	CHECK(option(trusted, MsV1_0SetProcessOption, 0x20, false) == STATUS_INVALID_PARAMETER);
	CHECK(option(trusted, MsV1_0SetProcessOption, 0x1e, false) == STATUS_SUCCESS);	/* the others change nothing here */
	CHECK(judge_password(trusted, "blank", "", CLEARTEXT) == STATUS_ACCOUNT_RESTRICTION);
	CHECK(option(trusted, MsV1_0SetProcessOption, OLSA_OPTION_ALLOW_BLANK_PASSWORD, false) == STATUS_SUCCESS);
	CHECK(blank_enters(trusted) && !blank_enters(other));		/* this connection's alone */
	logon_interactive(&l, "", "blank", "", false);
	CHECK_U64((ULONG)logon_run(&l), STATUS_SUCCESS);
	logon_end(&l);
	CHECK(option(trusted, MsV1_0SetThreadOption, OLSA_OPTION_ALLOW_BLANK_PASSWORD, true) == STATUS_SUCCESS);
	CHECK(!blank_enters(trusted));					/* the thread's counts */
	logon_interactive(&l, "", "blank", "", false);
	CHECK_U64((ULONG)logon_run(&l), (ULONG)STATUS_ACCOUNT_RESTRICTION);
	CHECK(option(trusted, MsV1_0SetThreadOption, OLSA_OPTION_ALLOW_BLANK_PASSWORD, false) == STATUS_SUCCESS);
	CHECK(option(trusted, MsV1_0SetProcessOption, OLSA_OPTION_ALLOW_BLANK_PASSWORD, true) == STATUS_SUCCESS);
	CHECK(blank_enters(trusted));
	CHECK(option(trusted, MsV1_0SetThreadOption, OLSA_OPTION_ALLOW_BLANK_PASSWORD, true) == STATUS_SUCCESS);
	CHECK(!blank_enters(trusted));
	CHECK(judge_password(trusted, "blank", "x", CLEARTEXT) == STATUS_WRONG_PASSWORD);
	LsaDeregisterLogonProcess(other);
	CHECK(OlsaUserDelete(trusted, "blank") == STATUS_SUCCESS);
}

/* Each of them cut short by a byte, down to its number. */
static void
cut(void)
{
	static const struct { int type; ULONG whole; } forms[] = {
		{ MsV1_0DeriveCredential, (ULONG)DERIVE_HEAD }, { MsV1_0SetProcessOption, sizeof(OlsaSetOptionRequest) },
		{ MsV1_0SetThreadOption, sizeof(OlsaSetOptionRequest) }, { MsV1_0ValidateAuth, sizeof(MSV1_0_LM20_LOGON) },
	};

	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		for (ULONG len = 4; len < forms[i].whole; len++) {
			struct { int type; UCHAR more[128]; } ask = { forms[i].type, { 0 } };
			NTSTATUS verdict = -1;

			CHECK(LsaCallAuthenticationPackage(trusted, ntlm, &ask, len, NULL, NULL, &verdict) == STATUS_INVALID_PARAMETER);
		}
}

int
main(void)
{
	api_begin();
	trusted = logon_trusted();
	untrusted = logon_untrusted();
	ntlm = logon_package(trusted, "NTLM");
	RUN(keys);
	RUN(judged);
	RUN(counted);
	RUN(options);
	RUN(cut);
	LsaDeregisterLogonProcess(trusted);
	LsaDeregisterLogonProcess(untrusted);
	return check_end();
}
