/*
 * logon_message_test.c - MSV1_0's messages about sessions and passwords, and
 * a session's own password as a credential. Covers pkg/ntlm/ntlm_logon.c,
 * pkg/ntlm/ntlm_password.c, pkg/ntlm/ntlm_primary.c, secur32/marshal.c,
 * lsa/serve_sspi.c, store/history.c.
 */
#include <string.h>

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

static struct logging
alice(void)
{
	struct logging l = { .lsa = untrusted, .package = ntlm, .type = Interactive };

	logon_interactive(&l, "", API_USER, API_PASSWORD, false);
	CHECK_U64((ULONG)logon_run(&l), STATUS_SUCCESS);
	return l;
}

static void
users(void)
{
	struct logging l = alice();
	MSV1_0_ENUMUSERS_REQUEST all = { MsV1_0EnumerateUsers };
	MSV1_0_ENUMUSERS_RESPONSE *seen = NULL;
	MSV1_0_GETUSERINFO_REQUEST one = { MsV1_0GetUserInfo, l.luid };
	MSV1_0_GETUSERINFO_RESPONSE *info = NULL;
	bool found = false;
	ULONG len = 0;

	if (CHECK(message(untrusted, &all, sizeof all, &seen, &len) == STATUS_SUCCESS && seen)) {
		for (ULONG i = 0; i < seen->NumberOfLoggedOnUsers; i++)
			found = found || (seen->LogonIds[i].LowPart == l.luid.LowPart && seen->LogonIds[i].HighPart == l.luid.HighPart &&
			    seen->EnumHandles[i] == l.luid.LowPart);
		CHECK(found);
		LsaFreeReturnBuffer(seen);
	}
	if (CHECK(message(untrusted, &one, sizeof one, &info, &len) == STATUS_SUCCESS && info)) {
		CHECK(info->LogonType == Interactive && IsValidSid(info->UserSid) && info->UserName.Length == 10 &&
		    info->UserName.Buffer[0] == 'a' && info->LogonServer.Length);
		LsaFreeReturnBuffer(info);
	}
	logon_end(&l);
	info = NULL;
	CHECK(message(trusted, &one, sizeof one, &info, &len) == STATUS_NO_SUCH_LOGON_SESSION && !info);
}

/* The session answers a challenge in its user's name, which nobody told again. */
static void
primary(void)
{
	struct logging l = alice(), n = { .lsa = trusted, .package = ntlm, .type = Network };
	MSV1_0_GETCHALLENRESP_REQUEST ask = { .MessageType = MsV1_0Lm20GetChallengeResponse, .ParameterControl = 0x27, .LogonId = l.luid };
	MSV1_0_GETCHALLENRESP_RESPONSE *r = NULL;
	MSV1_0_LM20_LOGON *m = (void *)n.at;
	ULONG len = 0;

	if (CHECK(message(untrusted, &ask, sizeof ask, &r, &len) == STATUS_SUCCESS && r)) {
		CHECK(r->UserName.Length == 10 && r->CaseSensitiveChallengeResponse.Length > 44);
		n.len = sizeof *m;
		m->MessageType = MsV1_0NetworkLogon;
		m->UserName.Length = r->UserName.Length;
		m->UserName.Buffer = (PWSTR)(uintptr_t)n.len;
		memcpy(n.at + n.len, r->UserName.Buffer, r->UserName.Length);
		n.len += r->UserName.Length;
		m->CaseSensitiveChallengeResponse.Length = r->CaseSensitiveChallengeResponse.Length;
		m->CaseSensitiveChallengeResponse.Buffer = (PCHAR)(uintptr_t)n.len;
		memcpy(n.at + n.len, r->CaseSensitiveChallengeResponse.Buffer, r->CaseSensitiveChallengeResponse.Length);
		n.len += r->CaseSensitiveChallengeResponse.Length;
		CHECK_U64((ULONG)logon_run(&n), STATUS_SUCCESS);
		logon_end(&n);
		LsaFreeReturnBuffer(r);
	}
	logon_end(&l);
	r = NULL;
	CHECK(message(untrusted, &ask, sizeof ask, &r, &len) == STATUS_NO_SUCH_LOGON_SESSION && !r);
}

/* As a credential: without an identity, in the name of a session. */
static void
credential(void)
{
	struct logging l = alice();
	static char package[] = "NTLM";
	struct pair p;

	pair_begin(&p, "not the password");
	FreeCredentialsHandle(&p.client_cred);
	CHECK(AcquireCredentialsHandleA(NULL, package, SECPKG_CRED_OUTBOUND, &l.luid, NULL, NULL, NULL, &p.client_cred, NULL) == SEC_E_OK);
	CHECK(pair_shake(&p) == SEC_E_OK);
	pair_end(&p);
	logon_end(&l);
	pair_begin(&p, API_PASSWORD);
	FreeCredentialsHandle(&p.client_cred);
	CHECK(AcquireCredentialsHandleA(NULL, package, SECPKG_CRED_OUTBOUND, &l.luid, NULL, NULL, NULL, &p.client_cred, NULL) ==
	    SEC_E_NOT_OWNER);
	p.client_cred = api_cred("NTLM", false, API_PASSWORD);
	pair_end(&p);
}

static UNICODE_STRING
wide(WCHAR *at, const char *text)
{
	USHORT len = (USHORT)strlen(text);

	for (USHORT i = 0; i < len; i++)
		at[i] = (WCHAR)(unsigned char)text[i];
	return (UNICODE_STRING){ (USHORT)(2 * len), (USHORT)(2 * len), at };
}

static NTSTATUS
change(const char *user, const char *old, const char *fresh)
{
	struct { MSV1_0_CHANGEPASSWORD_REQUEST m; WCHAR user[64], old[64], fresh[64]; } ask = { .m = { .MessageType = MsV1_0ChangePassword } };
	void *reply = NULL;
	ULONG len = 0;
	NTSTATUS verdict;

	ask.m.AccountName = wide(ask.user, user);
	ask.m.OldPassword = wide(ask.old, old);
	ask.m.NewPassword = wide(ask.fresh, fresh);
	verdict = message(untrusted, &ask, sizeof ask, &reply, &len);
	LsaFreeReturnBuffer(reply);
	return verdict;
}

static void
passwords(void)
{
	struct logging l = { .lsa = untrusted, .package = ntlm, .type = Interactive };

	logon_user("changer", "first password");
	CHECK(change("changer", "wrong", "x") == STATUS_WRONG_PASSWORD);
	CHECK(change("nobody-here", "wrong", "x") == STATUS_WRONG_PASSWORD);
	CHECK(change("changer", "first password", "second password") == STATUS_SUCCESS);
	logon_interactive(&l, "", "changer", "first password", false);
	CHECK(logon_run(&l) == STATUS_LOGON_FAILURE);
	logon_interactive(&l, "", "changer", "second password", false);
	CHECK(logon_run(&l) == STATUS_SUCCESS);
	logon_end(&l);
}

/* --- the policy of passwords -------------------------------------------------------- */

/* Refused by policy, and told what policy asks for. */
static bool
restricted(const char *user, const char *old, const char *fresh, DOMAIN_PASSWORD_INFORMATION *ret_policy)
{
	struct { MSV1_0_CHANGEPASSWORD_REQUEST m; WCHAR user[64], old[64], fresh[64]; } ask = { .m = { .MessageType = MsV1_0ChangePassword } };
	MSV1_0_CHANGEPASSWORD_RESPONSE *reply = NULL;
	ULONG len = 0;
	bool good;

	ask.m.AccountName = wide(ask.user, user);
	ask.m.OldPassword = wide(ask.old, old);
	ask.m.NewPassword = wide(ask.fresh, fresh);
	good = CHECK_U64((ULONG)message(untrusted, &ask, sizeof ask, &reply, &len), (ULONG)STATUS_PASSWORD_RESTRICTION);
	if (good && CHECK(reply && len == sizeof *reply)) {
		CHECK(reply->MessageType == MsV1_0ChangePassword && reply->PasswordInfoValid);
		*ret_policy = reply->DomainPasswordInfo;
	}
	LsaFreeReturnBuffer(reply);
	return good;
}

static void
password_rules(void)
{
	DOMAIN_PASSWORD_INFORMATION p = { 0 };

	logon_user("ruled", "Start 1 with this");
	logon_policy("password-min-length", 8);
	CHECK(restricted("ruled", "Start 1 with this", "1234567", &p));
	CHECK(p.MinPasswordLength == 8 && p.PasswordHistoryLength == 0 && p.PasswordProperties == 0 && p.MinPasswordAge.QuadPart == 0 &&
	    p.MaxPasswordAge.QuadPart == (LONGLONG)0x8000000000000000ull);
	/* A wrong old one is that, whatever the new one is. */
	CHECK(change("ruled", "wrong", "1234567") == STATUS_WRONG_PASSWORD);
	CHECK(change("ruled", "Start 1 with this", "12345678") == STATUS_SUCCESS);
	logon_policy("password-complexity", 1);
	CHECK(restricted("ruled", "12345678", "onlysmallletters", &p) && p.PasswordProperties == DOMAIN_PASSWORD_COMPLEX);
	CHECK(restricted("ruled", "12345678", "small and signs", &p));
	CHECK(restricted("ruled", "12345678", "My rULEd name 1", &p));
	CHECK(change("ruled", "12345678", "Three kinds 3") == STATUS_SUCCESS);
	logon_policy("password-complexity", 0);
	logon_policy("password-min-length", 0);

	logon_policy("password-history", 3);
	CHECK(restricted("ruled", "Three kinds 3", "Three kinds 3", &p) && p.PasswordHistoryLength == 3);
	CHECK(change("ruled", "Three kinds 3", "two") == STATUS_SUCCESS);
	CHECK(restricted("ruled", "two", "Three kinds 3", &p));
	CHECK(change("ruled", "two", "three") == STATUS_SUCCESS);
	CHECK(restricted("ruled", "three", "two", &p));
	CHECK(restricted("ruled", "three", "Three kinds 3", &p));
	CHECK(change("ruled", "three", "four") == STATUS_SUCCESS);	/* four, three, two: the first is forgotten */
	CHECK(change("ruled", "four", "Three kinds 3") == STATUS_SUCCESS);
	CHECK(restricted("ruled", "Three kinds 3", "four", &p));
	logon_policy("password-history", 0);
	CHECK(change("ruled", "Three kinds 3", "Three kinds 3") == STATUS_SUCCESS);

	logon_policy("password-min-age", 2);
	logon_policy("password-max-age", 90);
	CHECK(restricted("ruled", "Three kinds 3", "five", &p));
	CHECK(p.MinPasswordAge.QuadPart == -2ll * 86400 * 10000000 && p.MaxPasswordAge.QuadPart == -90ll * 86400 * 10000000);
	logon_policy("password-min-age", 0);
	CHECK(change("ruled", "Three kinds 3", "five") == STATUS_SUCCESS);
	logon_policy("password-max-age", 0);
	OlsaUserDelete(trusted, "ruled");
}

/* Nothing is left of an account's passwords for the next one of its name. */
static void
history_ends(void)
{
	logon_policy("password-history", 5);
	logon_user("again", "first");
	CHECK(change("again", "first", "second") == STATUS_SUCCESS);
	CHECK(change("again", "second", "first") == STATUS_PASSWORD_RESTRICTION);
	CHECK(OlsaUserDelete(trusted, "again") == STATUS_SUCCESS);
	logon_user("again", "second");
	CHECK(change("again", "second", "first") == STATUS_SUCCESS);
	CHECK(OlsaUserDelete(trusted, "again") == STATUS_SUCCESS);
	logon_policy("password-history", 0);
}

/* ChangeAccountPassword's way is the same. */
static void
by_sspi(void)
{
	SecBuffer out = { 0, SECBUFFER_CHANGE_PASS_RESPONSE, NULL };
	SecBufferDesc desc = { SECBUFFER_VERSION, 1, &out };
	static char package[] = "NTLM", domain[] = "", user[] = "ruled2", old[] = "a first one", fresh[] = "short";

	logon_user(user, old);
	logon_policy("password-min-length", 8);
	CHECK(ChangeAccountPasswordA(package, domain, user, old, fresh, FALSE, 0, &desc) == STATUS_PASSWORD_RESTRICTION);
	logon_policy("password-min-length", 0);
	CHECK(ChangeAccountPasswordA(package, domain, user, old, fresh, FALSE, 0, &desc) == SEC_E_OK);
	OlsaUserDelete(trusted, user);
}

/* --- messages about what is not here ---------------------------------------------------- */

static const struct { ULONG type; NTSTATUS untrusted, trusted; } others[] = {
	{ 4, STATUS_NOT_SUPPORTED, STATUS_NOT_SUPPORTED }, { 6, STATUS_ACCESS_DENIED, STATUS_NO_SUCH_USER },
	{ 7, STATUS_ACCESS_DENIED, STATUS_NO_LOGON_SERVERS }, { 8, STATUS_NOT_SUPPORTED, STATUS_NOT_SUPPORTED },
	{ 9, STATUS_NO_SUCH_PACKAGE, STATUS_NO_SUCH_PACKAGE }, { 11, STATUS_NOT_SUPPORTED, STATUS_NOT_SUPPORTED },
	{ 13, STATUS_NOT_SUPPORTED, STATUS_NOT_SUPPORTED }, { 14, STATUS_ACCESS_DENIED, STATUS_SUCCESS },
	{ 15, STATUS_NOT_SUPPORTED, STATUS_NOT_SUPPORTED }, { 18, STATUS_NOT_SUPPORTED, STATUS_NOT_SUPPORTED },
	{ 21, STATUS_NOT_SUPPORTED, STATUS_NOT_SUPPORTED }, { 24, STATUS_NOT_SUPPORTED, STATUS_NOT_SUPPORTED },
	{ 25, STATUS_INVALID_PARAMETER, STATUS_INVALID_PARAMETER }, { 0x7fffffff, STATUS_INVALID_PARAMETER, STATUS_INVALID_PARAMETER },
};

static void
not_here(void)
{
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		struct { ULONG type, more[63]; } ask = { others[i].type, { 0 } };
		void *reply = NULL;
		ULONG len = 0;

		CHECK_U64((ULONG)message(untrusted, &ask, sizeof ask, &reply, &len), (ULONG)others[i].untrusted);
		CHECK(!reply);
		CHECK_U64((ULONG)message(trusted, &ask, sizeof ask, &reply, &len), (ULONG)others[i].trusted);
		CHECK(!reply);
	}
}

int
main(void)
{
	api_begin();
	trusted = logon_trusted();
	untrusted = logon_untrusted();
	ntlm = logon_package(trusted, "NTLM");
	RUN(users);
	RUN(primary);
	RUN(credential);
	RUN(passwords);
	RUN(password_rules);
	RUN(history_ends);
	RUN(by_sspi);
	RUN(not_here);
	LsaDeregisterLogonProcess(trusted);
	LsaDeregisterLogonProcess(untrusted);
	return check_end();
}
