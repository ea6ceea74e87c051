/*
 * logon_message_test.c - MSV1_0's messages about sessions and passwords, and
 * a session's own password as a credential. Covers pkg/ntlm/ntlm_logon.c,
 * pkg/ntlm/ntlm_primary.c, secur32/marshal.c, lsa/serve_sspi.c.
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
	LsaDeregisterLogonProcess(trusted);
	LsaDeregisterLogonProcess(untrusted);
	return check_end();
}
