/*
 * probed.c - what a package may ask of the LSA, seen through the package
 * Probe (probe.c): near and far, with the account carol in the store. Built
 * against an installation alone.
 * Covers lsa/blocking_table.c, lsa/blocking_thread.c, lsa/blocking_token.c, lsa/blocking_account.c,
 * lsa/blocking_session.c, crypto/scramble.c, and of lsa/blocking.c what a control token does.
 */
#include "side.h"

#include <sddl.h>

#include "probe.h"

static HANDLE lsa;
static ULONG package;

static NTSTATUS
ask(ULONG type, const char *name, struct probe_answer *ret)
{
	struct probe_ask a = { .type = type, .length = (USHORT)(strlen(name) * 2) };
	struct probe_answer *back = NULL;
	ULONG len = 0;
	NTSTATUS verdict = 1, st;

	for (size_t i = 0; name[i]; i++)
		a.name[i] = (WCHAR)name[i];
	memset(ret, 0xee, sizeof *ret);
	st = LsaCallAuthenticationPackage(lsa, package, &a, sizeof a, (PVOID *)&back, &len, &verdict);
	if (st == STATUS_SUCCESS && verdict == STATUS_SUCCESS && back && len == sizeof *back)
		*ret = *back;
	LsaFreeReturnBuffer(back);
	return st == STATUS_SUCCESS ? verdict : st;
}

TEST(threads)
{
	struct probe_answer a;

	CHECK_U64((uint32_t)ask(PROBE_THREADS, "", &a), STATUS_SUCCESS);
	CHECK_U64(a.number[0], 1);
	CHECK_U64(a.number[1], 1);
	CHECK_U64(a.number[2], 1);
	CHECK_U64(a.number[3], 1);			/* what is not waited for here is refused */
	CHECK(a.number[4] >= 1 && a.number[4] <= 3);
	CHECK_U64(a.number[5], 1);
	CHECK_U64(a.number[6], 1);
	CHECK_U64((uint32_t)a.status[0], (uint32_t)STATUS_INVALID_SERVER_STATE);
	CHECK_U64((uint32_t)ask(PROBE_CANCEL, "", &a), STATUS_SUCCESS);
	CHECK_U64((uint32_t)a.status[0], STATUS_SUCCESS);
	CHECK_U64((uint32_t)a.status[1], (uint32_t)STATUS_INVALID_HANDLE);
	CHECK_U64(a.number[1], a.number[0]);
}

TEST(credentials)
{
	struct probe_answer a;

	CHECK_U64((uint32_t)ask(PROBE_CREDENTIALS, "", &a), STATUS_SUCCESS);
	CHECK(a.status[0] == STATUS_SUCCESS && a.status[1] == STATUS_SUCCESS && a.status[2] == STATUS_SUCCESS);
	CHECK_U64((uint32_t)a.status[3], STATUS_MORE_ENTRIES);
	CHECK_U64((uint32_t)a.status[4], STATUS_SUCCESS);
	CHECK_U64((uint32_t)a.status[5], (uint32_t)STATUS_UNSUCCESSFUL);
	CHECK_U64(a.number[0], 3);			/* both came, each with its key */
	CHECK(a.status[6] == STATUS_SUCCESS && a.number[1] == 1);
	CHECK_U64((uint32_t)a.status[7], (uint32_t)STATUS_INVALID_PARAMETER);
	CHECK_U64((uint32_t)a.status[8], STATUS_SUCCESS);
	CHECK_U64((uint32_t)a.status[9], (uint32_t)STATUS_UNSUCCESSFUL);
	CHECK_U64((uint32_t)a.status[10], STATUS_SUCCESS);
	CHECK_U64((uint32_t)a.status[11], (uint32_t)STATUS_NO_SUCH_LOGON_SESSION);
}

TEST(protected_memory)
{
	struct probe_answer a;

	CHECK_U64((uint32_t)ask(PROBE_PROTECT, "", &a), STATUS_SUCCESS);
	CHECK(a.number[0] < 8);
	CHECK_U64(a.number[1], 1);
}

TEST(accounts)
{
	struct probe_answer a;

	CHECK_U64((uint32_t)ask(PROBE_ACCOUNT, "carol", &a), STATUS_SUCCESS);
	CHECK_U64((uint32_t)a.status[0], STATUS_SUCCESS);
	CHECK_U64((uint32_t)a.status[1], (uint32_t)STATUS_NOT_SUPPORTED);
	CHECK_U64((uint32_t)a.status[2], STATUS_SUCCESS);
	CHECK_U64((uint32_t)a.status[3], (uint32_t)STATUS_NOT_SUPPORTED);	/* no hash goes to a package */
	CHECK(a.status[4] == STATUS_SUCCESS && a.number[0] == 1);
	CHECK(a.status[5] == STATUS_SUCCESS && a.number[1] == 1);
	CHECK_U64((uint32_t)a.status[6], STATUS_SUCCESS);
	CHECK_U64((uint32_t)a.status[7], (uint32_t)STATUS_INVALID_PARAMETER);
	CHECK_U64((uint32_t)a.status[8], (uint32_t)STATUS_INVALID_PARAMETER);
	CHECK_U64((uint32_t)ask(PROBE_ACCOUNT, ".\\CAROL", &a), STATUS_SUCCESS);
	CHECK_U64((uint32_t)a.status[0], STATUS_SUCCESS);
	CHECK_U64((uint32_t)ask(PROBE_ACCOUNT, "ELSEWHERE\\carol", &a), STATUS_SUCCESS);
	CHECK_U64((uint32_t)a.status[0], (uint32_t)STATUS_NO_SUCH_USER);
	CHECK_U64((uint32_t)ask(PROBE_ACCOUNT, "nobody", &a), STATUS_SUCCESS);
	CHECK_U64((uint32_t)a.status[0], (uint32_t)STATUS_NO_SUCH_USER);
	CHECK_U64((uint32_t)ask(PROBE_ACCOUNT, "", &a), STATUS_SUCCESS);
	CHECK_U64((uint32_t)a.status[0], (uint32_t)STATUS_NO_SUCH_USER);
}

TEST(unsupported)
{
	struct probe_answer a;

	CHECK_U64((uint32_t)ask(PROBE_UNSUPPORTED, "", &a), STATUS_SUCCESS);
	for (int i = 0; i < 7; i++)
		CHECK_U64((uint32_t)a.status[i], (uint32_t)STATUS_NOT_SUPPORTED);
	CHECK_U64(a.number[0], 1);
}

/* --- whom an acceptor lets in -------------------------------------------------------- */

static SECURITY_STATUS
entered(struct side *c, struct side *s, const char *name)
{
	*c = (struct side){ 0 };
	*s = (struct side){ .server = 1 };
	CHECK(cred_get(c, "Probe", NULL, NULL) == SEC_E_OK && cred_get(s, "Probe", NULL, NULL) == SEC_E_OK);
	CHECK(leg(c, NULL, name) == SEC_E_OK);
	return leg(s, c, NULL);
}

static void
sid_of(struct side *s, char to[256], unsigned *ret_groups, const char *group)
{
	union { TOKEN_USER user; TOKEN_GROUPS groups; char room[2048]; } u;
	const SID_AND_ATTRIBUTES *each = u.groups.Groups;
	HANDLE token = NULL;
	LPSTR text = NULL;
	DWORD len;

	*ret_groups = 0;
	CHECK(QuerySecurityContextToken(&s->ctx, &token) == SEC_E_OK);
	CHECK(GetTokenInformation(token, TokenUser, &u, sizeof u, &len) && ConvertSidToStringSidA(u.user.User.Sid, &text));
	snprintf(to, 256, "%s", text ? text : "");
	LocalFree(text);
	CHECK(GetTokenInformation(token, TokenGroups, &u, sizeof u, &len));
	for (DWORD i = 0; i < u.groups.GroupCount; i++) {
		text = NULL;
		CHECK(ConvertSidToStringSidA(each[i].Sid, &text));
		*ret_groups += text && strcmp(text, group) == 0;
		LocalFree(text);
	}
	CHECK(CloseHandle(token));
}

/* The account's own SID, as look-ups say it. */
static void
carol_is(char to[256])
{
	LSA_OBJECT_ATTRIBUTES none = { .Length = sizeof none };
	WCHAR at[] = { 'c', 'a', 'r', 'o', 'l' };
	LSA_UNICODE_STRING name = { sizeof at, sizeof at, at };
	PLSA_REFERENCED_DOMAIN_LIST domains = NULL;
	PLSA_TRANSLATED_SID2 sids = NULL;
	LSA_HANDLE policy = NULL;
	LPSTR text = NULL;

	CHECK(LsaOpenPolicy(NULL, &none, POLICY_LOOKUP_NAMES, &policy) == STATUS_SUCCESS);
	CHECK(LsaLookupNames2(policy, 0, 1, &name, &domains, &sids) == STATUS_SUCCESS);
	CHECK(sids && ConvertSidToStringSidA(sids->Sid, &text));
	snprintf(to, 256, "%s", text ? text : "?");
	LocalFree(text);
	LsaFreeMemory(domains);
	LsaFreeMemory(sids);
	LsaClose(policy);
}

TEST(tokens)
{
	struct side c, s;
	char sid[256], carol[256];
	unsigned groups;

	CHECK_U64((uint32_t)entered(&c, &s, "carol"), SEC_E_OK);
	sid_of(&s, sid, &groups, "S-1-5-32-545");
	carol_is(carol);
	CHECK(strcmp(sid, carol) == 0);
	CHECK_U64(groups, 1);
	side_end(&c);
	side_end(&s);
	CHECK_U64((uint32_t)entered(&c, &s, "!stranger"), SEC_E_OK);
	sid_of(&s, sid, &groups, "S-1-5-21-1-2-3-525");	/* of TokenGroups */
	CHECK(strcmp(sid, "S-1-5-21-1-2-3-1001") == 0);
	CHECK_U64(groups, 1);
	side_end(&c);
	side_end(&s);
	CHECK_U64((uint32_t)entered(&c, &s, "nobody"), (uint32_t)SEC_E_LOGON_DENIED);
	side_end(&c);
	side_end(&s);
}

TEST(disabled_or_locked)
{
	struct side c, s;

	CHECK_U64((uint32_t)entered(&c, &s, "carol"), (uint32_t)SEC_E_LOGON_DENIED);
	side_end(&c);
	side_end(&s);
}

/* --- control tokens and what is said of a session ---------------------------------------- */

TEST(control_tokens)
{
	UCHAR one[] = { 1, 2, 3 }, two[] = { 10 };
	SecBuffer b[2] = { { sizeof one, SECBUFFER_TOKEN, one }, { sizeof two, SECBUFFER_DATA | SECBUFFER_READONLY, two } };
	SecBufferDesc d = { SECBUFFER_VERSION, 2, b };
	struct probe_answer a;
	struct side c, s;

	CHECK_U64((uint32_t)entered(&c, &s, "carol"), SEC_E_OK);
	CHECK_U64((uint32_t)ApplyControlToken(&s.ctx, &d), SEC_E_OK);
	CHECK_U64((uint32_t)ask(PROBE_CONTROL, "", &a), STATUS_SUCCESS);
	CHECK_U64(a.number[0], 2);
	CHECK(a.number[1] == SECBUFFER_TOKEN && a.number[2] == (SECBUFFER_DATA | SECBUFFER_READONLY));
	CHECK(a.number[5] == 3 && a.number[6] == 1 && a.number[9] == 16);
	CHECK_U64((uint32_t)ApplyControlToken(&c.ctx, &d), (uint32_t)SEC_E_LOGON_DENIED);	/* as the package says */
	d.ulVersion = 7;
	CHECK_U64((uint32_t)ApplyControlToken(&s.ctx, &d), (uint32_t)SEC_E_INVALID_TOKEN);
	CHECK_U64((uint32_t)ApplyControlToken(&s.ctx, NULL), (uint32_t)SEC_E_INVALID_TOKEN);
	side_end(&c);
	side_end(&s);
	CHECK_U64((uint32_t)ApplyControlToken(&s.ctx, &d), (uint32_t)SEC_E_INVALID_HANDLE);
}

TEST(session_told)
{
	struct probe_ask body = { .length = 6, .name = { 'z', 'o', 'e' } };
	LSA_STRING origin = { 4, 5, (PCHAR)(uintptr_t)"test" };
	TOKEN_SOURCE source = { .SourceName = { 't', 'e', 's', 't' } };
	PSECURITY_LOGON_SESSION_DATA data = NULL;
	PVOID profile = NULL;
	ULONG len;
	QUOTA_LIMITS quotas;
	NTSTATUS substatus;
	HANDLE token = NULL;
	LUID luid;

	CHECK_U64((uint32_t)LsaLogonUser(lsa, &origin, Network, package, &body, sizeof body, NULL, &source, &profile, &len, &luid, &token,
	    &quotas, &substatus), STATUS_SUCCESS);
	CHECK(LsaGetLogonSessionData(&luid, &data) == STATUS_SUCCESS);
	CHECK(data && data->UserName.Length == 6 && data->LogonServer.Length == 12 && data->LogonServer.Buffer[5] == 'D');
	LsaFreeReturnBuffer(data);
	CHECK(CloseHandle(token));
}

static void
begin(void)
{
	LSA_STRING name = { 5, 6, (PCHAR)(uintptr_t)"Probe" };

	CHECK(LsaConnectUntrusted(&lsa) == STATUS_SUCCESS);
	CHECK(LsaLookupAuthenticationPackage(lsa, &name, &package) == STATUS_SUCCESS);
}

int
main(int argc, char **argv)
{
	begin();
	if (argc > 1 && strcmp(argv[1], "refused") == 0) {
		RUN(disabled_or_locked);
	} else {
		RUN(threads);
		RUN(credentials);
		RUN(protected_memory);
		RUN(accounts);
		RUN(unsupported);
		RUN(tokens);
		RUN(control_tokens);
		RUN(session_told);
	}
	LsaDeregisterLogonProcess(lsa);
	return check_end();
}
