/*
 * logon_user_test.c - LsaLogonUser with MSV1_0: every kind of logon, what
 * each caller learns of a refusal, buffers in each form and mutated, profiles
 * and quotas. Covers secur32/logon_user.c, secur32/marshal.c,
 * lsa/serve_logon_user.c, lsa/who.c, pkg/ntlm/ntlm_msv.c and the profiles of
 * pkg/ntlm/ntlm_profile.c.
 */
#include <stdlib.h>
#include <string.h>

#include <sddl.h>

#include "tests/api/logon.h"
#include "tests/check.h"

static HANDLE trusted, untrusted;
static ULONG ntlm;

static struct logging
begin(HANDLE lsa, SECURITY_LOGON_TYPE type)
{
	return (struct logging){ .lsa = lsa, .package = ntlm, .type = type, .token = (HANDLE)5, .profile = (void *)7,
	    .profile_len = 9, .luid = { 11, 13 } };
}

/* On failure nothing but the substatus is written. */
static bool
untouched(const struct logging *l)
{
	return l->token == (HANDLE)5 && l->profile == (void *)7 && l->profile_len == 9 && l->luid.LowPart == 11 &&
	    l->luid.HighPart == 13;
}

static void
refused(struct logging *l, NTSTATUS want, NTSTATUS substatus)
{
	CHECK_U64((ULONG)logon_run(l), (ULONG)want);
	CHECK_U64((ULONG)l->substatus, (ULONG)substatus);
	CHECK(untouched(l));
}

/* --- what a token shows ------------------------------------------------------------- */

static void *
token_info(HANDLE token, TOKEN_INFORMATION_CLASS class)
{
	DWORD len = 0;
	void *at;

	CHECK(!GetTokenInformation(token, class, NULL, 0, &len) && GetLastError() == ERROR_INSUFFICIENT_BUFFER);
	at = calloc(1, len ? len : 1);
	CHECK(!GetTokenInformation(token, class, at, len - 1, &len) && GetLastError() == ERROR_INSUFFICIENT_BUFFER);
	CHECK(GetTokenInformation(token, class, at, len, &len));
	return at;
}

static DWORD
group_attributes(HANDLE token, const char *text)
{
	TOKEN_GROUPS *groups = token_info(token, TokenGroups);
	DWORD attributes = 0;
	PSID sid = NULL;

	CHECK(ConvertStringSidToSidA(text, &sid));
	for (DWORD i = 0; i < groups->GroupCount; i++)
		if (EqualSid(groups->Groups[i].Sid, sid))
			attributes = groups->Groups[i].Attributes;
	LocalFree(sid);
	free(groups);
	return attributes;
}

static const struct {
	int type;
	TOKEN_TYPE token;
	const char *sids[2];
	bool right;			/* everybody has it by the first policy */
} kinds[] = {
	{ Interactive, TokenPrimary, { "S-1-5-4" }, true },
	{ Network, TokenImpersonation, { "S-1-5-2" }, true },
	{ Batch, TokenPrimary, { "S-1-5-3" }, false },
	{ Service, TokenPrimary, { "S-1-5-6" }, false },
	{ Unlock, TokenPrimary, { "S-1-5-4" }, true },
	{ NetworkCleartext, TokenImpersonation, { "S-1-5-2" }, true },
	{ RemoteInteractive, TokenPrimary, { "S-1-5-14", "S-1-5-4" }, false },
	{ CachedInteractive, TokenPrimary, { "S-1-5-4" }, true },
};

static void
kind_let_in(const struct logging *l, size_t i)
{
	TOKEN_TYPE *type = token_info(l->token, TokenType);
	TOKEN_STATISTICS *s = token_info(l->token, TokenStatistics);
	TOKEN_SOURCE *source = token_info(l->token, TokenSource);

	CHECK_U64(*type, kinds[i].token);
	CHECK(s->AuthenticationId.LowPart == l->luid.LowPart && s->AuthenticationId.HighPart == l->luid.HighPart);
	CHECK(s->TokenId.LowPart != l->luid.LowPart && s->TokenType == kinds[i].token);
	CHECK(memcmp(source->SourceName, "logontst", 8) == 0 && source->SourceIdentifier.LowPart == 7 &&
	    source->SourceIdentifier.HighPart == 9);
	for (int k = 0; k < 2 && kinds[i].sids[k]; k++)
		CHECK(group_attributes(l->token, kinds[i].sids[k]) == 7);
	CHECK(group_attributes(l->token, "S-1-1-0") == 7 && group_attributes(l->token, "S-1-5-11") == 7);
	CHECK(group_attributes(l->token, "S-1-5-32-545") == 7 && group_attributes(l->token, "S-1-5-64-10") == 7);
	CHECK(!group_attributes(l->token, "S-1-5-9"));
	if (kinds[i].token == TokenPrimary) {
		TOKEN_GROUPS *logon = token_info(l->token, TokenLogonSid);
		LPSTR text = NULL;
		char want[64];

		CHECK_U64(logon->GroupCount, 1);
		CHECK(ConvertSidToStringSidA(logon->Groups[0].Sid, &text));
		snprintf(want, sizeof want, "S-1-5-5-%u-%u", (unsigned)l->luid.HighPart, (unsigned)l->luid.LowPart);
		CHECK_TEXT(text, want);
		LocalFree(text);
		free(logon);
		CHECK(l->quotas.PagedPoolLimit > 0);
	} else {
		SECURITY_IMPERSONATION_LEVEL *level = token_info(l->token, TokenImpersonationLevel);

		CHECK_U64(*level, SecurityImpersonation);
		free(level);
		CHECK(l->quotas.PagedPoolLimit == 0);		/* as it was */
	}
	free(type);
	free(s);
	free(source);
}

static void
every_kind(void)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct logging l = begin(untrusted, (SECURITY_LOGON_TYPE)kinds[i].type);

		logon_interactive(&l, "", API_USER, API_PASSWORD, false);
		if (!kinds[i].right) {
			refused(&l, STATUS_LOGON_TYPE_NOT_GRANTED, 0);
			continue;
		}
		if (!CHECK_U64((ULONG)logon_run(&l), STATUS_SUCCESS))
			continue;
		CHECK(l.substatus == 0 && logon_listed(l.luid));
		kind_let_in(&l, i);
		logon_end(&l);
		CHECK(!logon_listed(l.luid));
	}
	for (int type = -1; type <= 20; type++) {
		struct logging l = begin(untrusted, (SECURITY_LOGON_TYPE)type);

		if ((type >= 2 && type <= 5) || (type >= 7 && type <= 11))
			continue;
		logon_interactive(&l, "", API_USER, API_PASSWORD, false);
		refused(&l, STATUS_INVALID_LOGON_TYPE, 0);
	}
}

/* --- who learns what ---------------------------------------------------------------- */

static void
set_flags(const char *name, ULONG lock)
{
	HANDLE lsa = logon_trusted();

	CHECK(OlsaUserLock(lsa, name, lock != 0) == STATUS_SUCCESS);
	LsaDeregisterLogonProcess(lsa);
}

static void
causes(void)
{
	static const struct { const char *domain, *user, *password; NTSTATUS want, trusted_sub; } rows[] = {
		{ "", API_USER, "wrong", STATUS_LOGON_FAILURE, STATUS_WRONG_PASSWORD },
		{ "", "nobody-of-this-name", "wrong", STATUS_LOGON_FAILURE, STATUS_NO_SUCH_USER },
		{ ".", API_USER, "wrong", STATUS_LOGON_FAILURE, STATUS_WRONG_PASSWORD },
		{ "", "", "wrong", STATUS_LOGON_FAILURE, 0 },
		{ "ELSEWHERE", API_USER, API_PASSWORD, STATUS_NO_LOGON_SERVERS, 0 },
		{ "", "alice@elsewhere.example", API_PASSWORD, STATUS_LOGON_FAILURE, STATUS_NO_SUCH_USER },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct logging l = begin(untrusted, Interactive);

		logon_interactive(&l, rows[i].domain, rows[i].user, rows[i].password, i % 2);
		refused(&l, rows[i].want, 0);
		l = begin(trusted, Interactive);
		logon_interactive(&l, rows[i].domain, rows[i].user, rows[i].password, i % 2);
		refused(&l, rows[i].want, rows[i].trusted_sub);
	}
	set_flags(API_USER, 1);
	for (int right = 0; right < 2; right++) {
		struct logging l = begin(untrusted, Interactive);

		logon_interactive(&l, "", API_USER, right ? API_PASSWORD : "wrong", false);
		refused(&l, STATUS_LOGON_FAILURE, 0);
		l = begin(trusted, Interactive);
		logon_interactive(&l, "", API_USER, API_PASSWORD, false);
		refused(&l, STATUS_ACCOUNT_LOCKED_OUT, 0);
	}
	set_flags(API_USER, 0);
}

/* Behind its right password anybody learns that an account is disabled; behind a wrong one nobody does. */
static void
disabled(void)
{
	HANDLE lsa = logon_trusted();

	CHECK(OlsaUserDisable(lsa, API_USER, TRUE) == STATUS_SUCCESS);
	for (int who = 0; who < 2; who++) {
		struct logging l = begin(who ? trusted : untrusted, Interactive);

		logon_interactive(&l, "", API_USER, API_PASSWORD, false);
		refused(&l, STATUS_ACCOUNT_RESTRICTION, STATUS_ACCOUNT_DISABLED);
		logon_interactive(&l, "", API_USER, "wrong", false);
		refused(&l, STATUS_LOGON_FAILURE, who ? STATUS_WRONG_PASSWORD : 0);
		l = begin(who ? trusted : untrusted, Network);
		logon_interactive(&l, "", API_USER, API_PASSWORD, false);
		refused(&l, STATUS_ACCOUNT_RESTRICTION, STATUS_ACCOUNT_DISABLED);
	}
	CHECK(OlsaUserDisable(lsa, API_USER, FALSE) == STATUS_SUCCESS);
	LsaDeregisterLogonProcess(lsa);
}

static void
blank(void)
{
	struct logging l = begin(untrusted, Interactive);

	logon_user("blank", "");
	logon_interactive(&l, "", "blank", "", false);
	CHECK(logon_run(&l) == STATUS_SUCCESS);		/* at the console */
	logon_end(&l);
	l = begin(untrusted, Network);
	logon_interactive(&l, "", "blank", "", false);
	refused(&l, STATUS_ACCOUNT_RESTRICTION, 0);
	logon_interactive(&l, "", "blank", "x", false);
	refused(&l, STATUS_LOGON_FAILURE, 0);
	logon_policy("limit-blank-password", 0);
	logon_interactive(&l, "", "blank", "", false);
	CHECK(logon_run(&l) == STATUS_SUCCESS);
	logon_end(&l);
	logon_policy("limit-blank-password", 1);
}

/* --- the order of checks, and who may ask for what ------------------------------------- */

static const UCHAR any_sid[] = { 1, 2, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 9, 0, 0, 0 };

static void
order(void)
{
	_Alignas(8) UCHAR sid[sizeof any_sid], bad[sizeof any_sid];
	TOKEN_GROUPS groups = { 1, { { sid, 0x20000007 } } };
	struct logging l = begin(untrusted, (SECURITY_LOGON_TYPE)6);
	LUID luid;

	memcpy(sid, any_sid, sizeof sid);
	memcpy(bad, any_sid, sizeof bad);
	bad[0] = 2;
	logon_interactive(&l, "", API_USER, API_PASSWORD, false);
	l.lsa = NULL;
	CHECK(logon_run(&l) == STATUS_INVALID_HANDLE && l.substatus == 0x77 && untouched(&l));
	l.lsa = untrusted;
	l.package = 99;
	refused(&l, STATUS_NO_SUCH_PACKAGE, 0);
	l.package = ntlm;
	l.groups = &groups;
	refused(&l, STATUS_INVALID_LOGON_TYPE, 0);
	l.type = Interactive;
	refused(&l, STATUS_PRIVILEGE_NOT_HELD, 0);
	l.len = 8;				/* before the buffer */
	refused(&l, STATUS_PRIVILEGE_NOT_HELD, 0);
	l.lsa = trusted;
	refused(&l, STATUS_INVALID_PARAMETER, 0);
	logon_interactive(&l, "", API_USER, API_PASSWORD, false);
	CHECK(logon_run(&l) == STATUS_SUCCESS);
	CHECK_U64(group_attributes(l.token, "S-1-5-21-9"), 0x20000007);
	luid = l.luid;
	logon_end(&l);
	CHECK(logon_gone(luid, 1000));
	l = begin(trusted, Interactive);
	groups.Groups[0].Sid = bad;
	l.groups = &groups;
	logon_interactive(&l, "", API_USER, API_PASSWORD, false);
	refused(&l, STATUS_INVALID_SID, 0);
	l.groups = NULL;
	for (unsigned type = 0; type < 100; type++) {
		bool privileged = type == 5 || type == 12 || (type >= 82 && type <= 84);

		if (type == 2 || type == 7)
			continue;
		l = begin(untrusted, Network);
		l.len = 128;
		memcpy(l.at, &type, 4);
		if (type == 3 || type == 4)	/* nobody, whom policy refuses */
			refused(&l, STATUS_LOGON_FAILURE, 0);
		else
			refused(&l, privileged ? STATUS_PRIVILEGE_NOT_HELD : STATUS_BAD_VALIDATION_CLASS, 0);
		l.lsa = trusted;
		if (type == 3 || type == 4)
			continue;
		refused(&l, type == 5 ? STATUS_NO_SUCH_PACKAGE : type == 12 ? STATUS_LOGON_FAILURE : STATUS_BAD_VALIDATION_CLASS, 0);
	}
	l = begin(untrusted, Interactive);
	l.package = logon_package(untrusted, "Negotiate");
	logon_interactive(&l, "", API_USER, API_PASSWORD, true);
	CHECK(logon_run(&l) == STATUS_SUCCESS);
	logon_end(&l);
}

/* --- buffers --------------------------------------------------------------------------- */

/* Each of the three strings, each offset and length: nothing is read outside of the buffer, and only the right one lets in. */
static void
mutated(void)
{
	static const uint64_t places[] = { 0, 1, 55, 56, 57, 60, 90, 4095, 0xffff, UINT64_MAX, UINT64_MAX - 1, 0x8000000000000000u };
	static const USHORT lengths[] = { 0, 1, 2, 3, 511, 512, 513, 514, 0xfffe, 0xffff };
	unsigned tried = 0;

	for (int field = 0; field < 3; field++)
		for (size_t p = 0; p < sizeof places / sizeof *places; p++)
			for (size_t n = 0; n < sizeof lengths / sizeof *lengths; n++)
				for (int relative = 0; relative < 2; relative++) {
					struct logging l = begin(untrusted, Interactive);
					UNICODE_STRING *s = (UNICODE_STRING *)(void *)(l.at + 8) + field;
					unsigned char *exact;
					NTSTATUS status;
					bool fits;

					logon_interactive(&l, "", API_USER, "not the password", true);
					s->Length = lengths[n];
					s->Buffer = (PWSTR)(uintptr_t)(places[p]);
					exact = malloc(l.len);		/* so that a sanitizer sees each byte outside */
					if (relative)
						s->Buffer = (PWSTR)(uintptr_t)(places[p] + (uintptr_t)exact);
					memcpy(exact, l.at, l.len);
					fits = places[p] >= 56 && places[p] <= l.len && lengths[n] <= l.len - places[p];
					{
						TOKEN_SOURCE source = { "mutated", { 0, 0 } };

						status = LsaLogonUser(l.lsa, NULL, l.type, l.package, exact, l.len, NULL, &source, &l.profile,
						    &l.profile_len, &l.luid, &l.token, &l.quotas, &l.substatus);
					}
					if (!fits && lengths[n])
						CHECK(status == STATUS_INVALID_PARAMETER);
					else if (lengths[n] % 2)
						CHECK(status == STATUS_INVALID_PARAMETER);
					else
						CHECK(status == STATUS_LOGON_FAILURE || status == STATUS_NO_LOGON_SERVERS);
					CHECK(untouched(&l));
					free(exact);
					tried++;
					if (tried % 4 == 0)
						set_flags(API_USER, 0);		/* forgets wrong passwords */
				}
	set_flags(API_USER, 0);
	{
		struct logging l = begin(untrusted, Interactive);
		static char long_name[300];

		memset(long_name, 'n', 257);
		logon_interactive(&l, "", long_name, "x", true);
		refused(&l, STATUS_NAME_TOO_LONG, 0);
		for (ULONG len = 0; len < 56; len++) {
			logon_interactive(&l, "", API_USER, "x", true);
			l.len = len;
			refused(&l, STATUS_INVALID_PARAMETER, 0);
		}
	}
}

/* --- profiles ----------------------------------------------------------------------------- */

static bool
inside(const struct logging *l, const UNICODE_STRING *s)
{
	const unsigned char *at = (const unsigned char *)s->Buffer, *base = l->profile;

	return !s->Length || (at >= base && at + s->Length + 2 <= base + l->profile_len && !s->Buffer[s->Length / 2]);
}

static bool
reads(const UNICODE_STRING *s, const char *text)
{
	if (s->Length != 2 * strlen(text))
		return false;
	for (size_t i = 0; text[i]; i++)
		if (s->Buffer[i] != (WCHAR)text[i])
			return false;
	return true;
}

static void
profiles(void)
{
	struct logging l = begin(untrusted, Interactive);
	MSV1_0_INTERACTIVE_PROFILE *p;
	OlsaStatusInfo status;

	CHECK(OlsaStatus(trusted, &status) == STATUS_SUCCESS);
	logon_interactive(&l, status.Computer, API_USER, API_PASSWORD, false);
	if (!CHECK_U64((ULONG)logon_run(&l), STATUS_SUCCESS))
		return;
	p = l.profile;
	CHECK(l.profile_len >= sizeof *p && p->MessageType == MsV1_0InteractiveProfile);
	CHECK(reads(&p->FullName, "Alice") && reads(&p->LogonServer, status.Computer));
	CHECK(inside(&l, &p->FullName) && inside(&l, &p->LogonServer) && inside(&l, &p->HomeDirectory));
	CHECK(p->KickOffTime.QuadPart == 0x7fffffffffffffff && p->PasswordLastSet.QuadPart > 0 && p->LogonTime.QuadPart > 0);
	CHECK(p->UserFlags == LOGON_NTLMV2_ENABLED);
	logon_end(&l);
}

/* --- responses --------------------------------------------------------------------------------- */

static void
responses(void)
{
	struct logging l = begin(untrusted, Network);
	MSV1_0_LM20_LOGON *m = (void *)l.at;
	MSV1_0_LM20_LOGON_PROFILE *p;
	UCHAR challenge[8];
	static const UCHAR zeros[16];

	CHECK(logon_challenge(untrusted, challenge));
	logon_lm20(&l, "ANYWHERE", API_USER, API_PASSWORD, challenge);
	if (CHECK_U64((ULONG)logon_run(&l), STATUS_SUCCESS)) {
		p = l.profile;
		CHECK(p->MessageType == MsV1_0Lm20LogonProfile && memcmp(p->UserSessionKey, zeros, 16) != 0);
		CHECK(memcmp(p->LanmanSessionKey, zeros, 8) == 0 && (p->UserFlags & LOGON_NTLMV2_ENABLED));
		CHECK(inside(&l, &p->LogonDomainName) && inside(&l, &p->LogonServer) && p->LogonDomainName.Length);
		CHECK(group_attributes(l.token, "S-1-5-2") == 7);
		logon_end(&l);
	}
	l = begin(untrusted, Network);
	logon_lm20(&l, "ANYWHERE", API_USER, API_PASSWORD, challenge);
	refused(&l, STATUS_LOGON_FAILURE, 0);			/* once only */
	memset(challenge, 7, sizeof challenge);
	logon_lm20(&l, "ANYWHERE", API_USER, API_PASSWORD, challenge);
	refused(&l, STATUS_LOGON_FAILURE, 0);			/* never issued */
	l.lsa = trusted;
	logon_lm20(&l, "ANYWHERE", API_USER, API_PASSWORD, challenge);
	CHECK(logon_run(&l) == STATUS_SUCCESS);			/* a server with a handshake of its own */
	logon_end(&l);
	l = begin(trusted, Network);
	logon_lm20(&l, "ANYWHERE", API_USER, "wrong", challenge);
	refused(&l, STATUS_LOGON_FAILURE, STATUS_WRONG_PASSWORD);
	logon_lm20(&l, "ANYWHERE", API_USER, API_PASSWORD, challenge);
	m->ParameterControl = 0x100;				/* as the guest, whom there is not */
	refused(&l, STATUS_LOGON_FAILURE, 0);
	logon_lm20(&l, "ANYWHERE", API_USER, API_PASSWORD, challenge);
	m->ParameterControl = 0x02000000;
	refused(&l, STATUS_NO_SUCH_PACKAGE, 0);
	m->MessageType = MsV1_0Lm20Logon;			/* which ignores them */
	CHECK(logon_run(&l) == STATUS_SUCCESS);
	logon_end(&l);
	l = begin(trusted, Interactive);
	logon_lm20(&l, "ANYWHERE", API_USER, API_PASSWORD, challenge);
	refused(&l, STATUS_INVALID_LOGON_TYPE, 0);
	set_flags(API_USER, 0);
}

static void
nobody(void)
{
	struct logging l = begin(trusted, Network);
	MSV1_0_LM20_LOGON *m = (void *)l.at;
	TOKEN_USER *user;
	LPSTR text = NULL;

	l.len = sizeof *m;
	m->MessageType = MsV1_0NetworkLogon;
	if (!CHECK_U64((ULONG)logon_run(&l), STATUS_SUCCESS))
		return;
	user = token_info(l.token, TokenUser);
	CHECK(ConvertSidToStringSidA(user->User.Sid, &text));
	CHECK_TEXT(text, "S-1-5-7");
	CHECK(!group_attributes(l.token, "S-1-5-11"));
	LocalFree(text);
	free(user);
	logon_end(&l);
}

static void
vouched(void)
{
	struct logging l = begin(trusted, Network);

	logon_s4u(&l, API_USER, "");
	CHECK(logon_run(&l) == STATUS_SUCCESS && group_attributes(l.token, "S-1-5-32-545") == 7);
	logon_end(&l);
	l = begin(trusted, Network);
	logon_s4u(&l, "nobody-of-this-name", "");
	refused(&l, STATUS_LOGON_FAILURE, STATUS_NO_SUCH_USER);
	logon_s4u(&l, API_USER, "ELSEWHERE");
	refused(&l, STATUS_NO_LOGON_SERVERS, 0);
	set_flags(API_USER, 1);
	logon_s4u(&l, API_USER, "");
	refused(&l, STATUS_ACCOUNT_LOCKED_OUT, 0);
	set_flags(API_USER, 0);
}

/* The caller's own token, and another's name to the network. */
static void
new_credentials(void)
{
	struct logging l = begin(untrusted, (SECURITY_LOGON_TYPE)9);
	HANDLE own = NULL;
	TOKEN_USER *a, *b;

	logon_interactive(&l, "CORP", "somebody", "never checked", false);
	if (!CHECK_U64((ULONG)logon_run(&l), STATUS_SUCCESS) || !CHECK(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &own)))
		return;
	a = token_info(own, TokenUser);
	b = token_info(l.token, TokenUser);
	CHECK(EqualSid(a->User.Sid, b->User.Sid));
	free(a);
	free(b);
	CloseHandle(own);
	logon_end(&l);
}

/* Those of the user's own account of policy come before; the logon ends here. */
static bool
own_quotas(struct logging *l, const QUOTA_LIMITS *usual)
{
	QUOTA_LIMITS own = { 0x1000, 0x2000, 0x3000, 0x4000, 0x5000, { .QuadPart = 7 } };
	LSA_HANDLE policy = NULL, account = NULL;
	PSECURITY_LOGON_SESSION_DATA data = NULL;
	bool good = CHECK(LsaGetLogonSessionData(&l->luid, &data) == STATUS_SUCCESS && data && data->Sid);

	good = good && CHECK(LsaOpenPolicy(NULL, NULL, POLICY_ALL_ACCESS, &policy) == STATUS_SUCCESS);
	good = good && CHECK(LsaCreateAccount(policy, data->Sid, ACCOUNT_ALL_ACCESS, &account) == STATUS_SUCCESS);
	good = good && CHECK(LsaSetQuotasForAccount(account, &own) == STATUS_SUCCESS);
	logon_end(l);
	good = good && CHECK(logon_run(l) == STATUS_SUCCESS && memcmp(&l->quotas, &own, sizeof own) == 0); /* not secret */
	logon_end(l);
	good = good && CHECK(LsaDelete(account) == STATUS_SUCCESS);
	good = good && CHECK(logon_run(l) == STATUS_SUCCESS && memcmp(&l->quotas, usual, sizeof own) == 0); /* not secret */
	logon_end(l);
	LsaFreeReturnBuffer(data);
	LsaClose(policy);
	return good;
}

/* What policy says that a primary token gets. */
static void
default_quotas(void)
{
	struct logging l = { .lsa = logon_trusted(), .type = Interactive };
	POLICY_DEFAULT_QUOTA_INFO *before = NULL, set = { { 0x123000, 0x45000, 0x6000, 0x7000000, 0x8000, { .QuadPart = 9 } } };
	LSA_HANDLE policy = NULL;

	CHECK(LsaOpenPolicy(NULL, NULL, POLICY_VIEW_LOCAL_INFORMATION | POLICY_SET_DEFAULT_QUOTA_LIMITS, &policy) == STATUS_SUCCESS);
	CHECK(LsaQueryInformationPolicy(policy, PolicyDefaultQuotaInformation, (PVOID *)&before) == STATUS_SUCCESS);
	l.package = logon_package(l.lsa, "NTLM");
	logon_interactive(&l, "", API_USER, API_PASSWORD, false);
	CHECK_U64((ULONG)logon_run(&l), STATUS_SUCCESS);
	CHECK(before && memcmp(&l.quotas, &before->QuotaLimits, sizeof l.quotas) == 0);
	logon_end(&l);
	CHECK(LsaSetInformationPolicy(policy, PolicyDefaultQuotaInformation, &set) == STATUS_SUCCESS);
	CHECK_U64((ULONG)logon_run(&l), STATUS_SUCCESS);
	CHECK(memcmp(&l.quotas, &set.QuotaLimits, sizeof l.quotas) == 0);
	CHECK(own_quotas(&l, &set.QuotaLimits));
	CHECK(LsaSetInformationPolicy(policy, PolicyDefaultQuotaInformation, before) == STATUS_SUCCESS);
	LsaFreeMemory(before);
	LsaClose(policy);
	LsaDeregisterLogonProcess(l.lsa);
}

int
main(void)
{
	api_begin();
	logon_policy("lockout-threshold", 10);
	trusted = logon_trusted();
	untrusted = logon_untrusted();
	ntlm = logon_package(trusted, "MICROSOFT_AUTHENTICATION_PACKAGE_V1_0");
	RUN(every_kind);
	RUN(causes);
	RUN(disabled);
	RUN(blank);
	RUN(order);
	RUN(mutated);
	RUN(profiles);
	RUN(responses);
	RUN(nobody);
	RUN(vouched);
	RUN(new_credentials);
	RUN(default_quotas);
	LsaDeregisterLogonProcess(trusted);
	LsaDeregisterLogonProcess(untrusted);
	return check_end();
}
