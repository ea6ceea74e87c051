/*
 * audit_user_test.c - what AuditSetPerUserPolicy does to the events of a
 * user, near and far: logons of accounts, and what a uid asks for. Covers
 * secur32/audit_user.c, secur32/audit_ask.c, store/audit.c, lsa/raise.c and
 * lsa/serve_audit.c; base/auditing.c where they join.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <grp.h>
#include <sddl.h>

#include "tests/api/logon.h"
#include "tests/api/policy.h"
#include "tests/api/trail.h"
#include "tests/check.h"

#define WORD_ONE	"passes here 1"
#define STRANGER	64201u
#define OTHER		64202u

static HANDLE lsa;
static ULONG ntlm;

static PSID
sid_of(const char *user)
{
	OlsaUserInfo info;
	PSID sid = NULL;

	if (CHECK(OlsaUserGet(lsa, 0, user, &info) == STATUS_SUCCESS)) {
		CHECK(ConvertStringSidToSidA(info.Sid, &sid));
		OlsaUserFree(&info);
	}
	return sid;
}

static void
all_are(const GUID *place, ULONG setting)
{
	AUDIT_POLICY_INFORMATION set = { .AuditSubCategoryGuid = *place, .AuditingInformation = setting };

	CHECK(AuditSetSystemPolicy(&set, 1));
}

static void
user_is(PSID sid, const GUID *place, ULONG setting)
{
	AUDIT_POLICY_INFORMATION set = { .AuditSubCategoryGuid = *place, .AuditingInformation = setting };

	CHECK(AuditSetPerUserPolicy(sid, &set, 1));
}

static void
logon(const char *user, const char *password, bool administrator)
{
	struct a_sid administrators = SIDV(5, 32, 544);
	TOKEN_GROUPS groups = { 1, { { &administrators, 7 } } };
	struct logging l = { .lsa = lsa, .package = ntlm, .type = Interactive, .groups = administrator ? &groups : NULL };
	bool good = strcmp(password, WORD_ONE) == 0;

	logon_interactive(&l, "", user, password, false);
	CHECK_ST(logon_run(&l), good ? STATUS_SUCCESS : STATUS_LOGON_FAILURE);
	if (good)
		logon_end(&l);
}

static const char *
named(const char *user)
{
	static char text[80];

	(void)snprintf(text, sizeof text, "\"TargetUserName\":\"%s\"", user);
	return text;
}

/* Logs on well and badly, both; what is told of it: 4624, 4634, 4672, 4625. */
static void
rounds(const char *user, bool administrator, unsigned logons, unsigned logoffs, unsigned special, unsigned failures)
{
	long from = trail_mark(lsa), to;

	logon(user, WORD_ONE, administrator);
	logon(user, "not it", administrator);
	to = trail_mark(lsa);
	CHECK_U64(trail_count(from, to, 4624, named(user)), logons);
	CHECK_U64(trail_count(from, to, 4634, named(user)), logoffs);
	CHECK_U64(trail_count(from, to, 4672, named(user)), special);
	CHECK_U64(trail_count(from, to, 4625, named(user)), failures);
}

TEST(left_out)
{
	PSID one = sid_of("u-one");

	rounds("u-one", false, 1, 1, 1, 1);
	user_is(one, &Audit_Logon_Logon, PER_USER_AUDIT_SUCCESS_EXCLUDE);
	rounds("u-one", false, 0, 1, 1, 1);
	user_is(one, &Audit_Logon_Logon, PER_USER_AUDIT_FAILURE_EXCLUDE);
	user_is(one, &Audit_Logon_Logoff, PER_USER_AUDIT_SUCCESS_EXCLUDE);
	rounds("u-one", false, 1, 0, 1, 0);
	user_is(one, &Audit_Logon_Logon, PER_USER_AUDIT_SUCCESS_EXCLUDE | PER_USER_AUDIT_FAILURE_EXCLUDE);
	user_is(one, &Audit_Logon_SpecialLogon, PER_USER_AUDIT_SUCCESS_EXCLUDE);
	rounds("u-one", false, 0, 0, 0, 0);
	rounds("u-two", false, 1, 1, 1, 1);
	/* Never of administrators: by the groups of the logon itself. A refused one has none. */
	rounds("u-one", true, 1, 1, 1, 0);
	user_is(one, &Audit_Logon_Logon, PER_USER_AUDIT_NONE);
	user_is(one, &Audit_Logon_Logoff, PER_USER_AUDIT_NONE);
	user_is(one, &Audit_Logon_SpecialLogon, PER_USER_AUDIT_NONE);
	rounds("u-one", false, 1, 1, 1, 1);
	LocalFree(one);
}

TEST(told_besides)
{
	PSID one = sid_of("u-one");

	all_are(&Audit_Logon_Logon, POLICY_AUDIT_EVENT_NONE);
	all_are(&Audit_Logon_Logoff, POLICY_AUDIT_EVENT_NONE);
	all_are(&Audit_Logon_SpecialLogon, POLICY_AUDIT_EVENT_NONE);
	rounds("u-one", false, 0, 0, 0, 0);
	user_is(one, &Audit_Logon_Logon, PER_USER_AUDIT_FAILURE_INCLUDE);
	user_is(one, &Audit_Logon_Logoff, PER_USER_AUDIT_SUCCESS_INCLUDE);
	rounds("u-one", false, 0, 1, 0, 1);
	user_is(one, &Audit_Logon_Logon, PER_USER_AUDIT_SUCCESS_INCLUDE | PER_USER_AUDIT_FAILURE_EXCLUDE);
	user_is(one, &Audit_Logon_SpecialLogon, PER_USER_AUDIT_SUCCESS_INCLUDE);
	rounds("u-one", false, 1, 1, 1, 0);
	rounds("u-one", true, 1, 1, 1, 0);
	rounds("u-two", false, 0, 0, 0, 0);
	user_is(one, &Audit_Logon_Logon, PER_USER_AUDIT_NONE);
	user_is(one, &Audit_Logon_Logoff, PER_USER_AUDIT_NONE);
	user_is(one, &Audit_Logon_SpecialLogon, PER_USER_AUDIT_NONE);
	rounds("u-one", false, 0, 0, 0, 0);
	all_are(&Audit_Logon_Logon, POLICY_AUDIT_EVENT_SUCCESS | POLICY_AUDIT_EVENT_FAILURE);
	all_are(&Audit_Logon_Logoff, POLICY_AUDIT_EVENT_SUCCESS | POLICY_AUDIT_EVENT_FAILURE);
	all_are(&Audit_Logon_SpecialLogon, POLICY_AUDIT_EVENT_SUCCESS | POLICY_AUDIT_EVENT_FAILURE);
	LocalFree(one);
}

/* "audit 0" is over it and so is "audit-success 1", as over the settings of all. */
TEST(beneath_the_numbers)
{
	PSID one = sid_of("u-one");
	long from, to;

	user_is(one, &Audit_Logon_Logon, PER_USER_AUDIT_SUCCESS_EXCLUDE);
	CHECK_ST(OlsaPolicySet(lsa, "audit-success", 1), STATUS_SUCCESS);
	rounds("u-one", false, 1, 1, 1, 1);
	CHECK_ST(OlsaPolicySet(lsa, "audit-success", 0), STATUS_SUCCESS);
	user_is(one, &Audit_Logon_Logon, PER_USER_AUDIT_SUCCESS_INCLUDE);
	from = trail_mark(lsa);
	CHECK_ST(OlsaPolicySet(lsa, "audit", 0), STATUS_SUCCESS);
	logon("u-one", WORD_ONE, false);
	CHECK_ST(OlsaPolicySet(lsa, "audit", 1), STATUS_SUCCESS);
	to = trail_mark(lsa);
	CHECK_U64(trail_count(from, to, 4624, named("u-one")), 0);
	user_is(one, &Audit_Logon_Logon, PER_USER_AUDIT_NONE);
	LocalFree(one);
}

/* What this process asks for is told of its uid; and it administers, whether near or as root. */
TEST(who_asks)
{
	struct a_sid me = SIDV(22, 1, (DWORD)getuid()), whom = SIDV(5, 21, 6, 6, 6, 1006);
	LSA_HANDLE h = policy_open_for(POLICY_ALL_ACCESS);
	long from, to;

	all_are(&Audit_PolicyChange_AuthorizationPolicy, POLICY_AUDIT_EVENT_NONE);
	from = trail_mark(lsa);
	CHECK_ST(LsaAddAccountRights(h, &whom, U("SeBackupPrivilege"), 1), STATUS_SUCCESS);
	user_is(&me, &Audit_PolicyChange_AuthorizationPolicy, PER_USER_AUDIT_SUCCESS_INCLUDE);
	CHECK_ST(LsaRemoveAccountRights(h, &whom, FALSE, U("SeBackupPrivilege"), 1), STATUS_SUCCESS);
	to = trail_mark(lsa);
	CHECK_U64(trail_count(from, to, 4704, "S-1-5-21-6-6-6-1006"), 0);
	CHECK_U64(trail_count(from, to, 4705, "S-1-5-21-6-6-6-1006"), 1);
	all_are(&Audit_PolicyChange_AuthorizationPolicy, POLICY_AUDIT_EVENT_SUCCESS | POLICY_AUDIT_EVENT_FAILURE);
	user_is(&me, &Audit_PolicyChange_AuthorizationPolicy, PER_USER_AUDIT_SUCCESS_EXCLUDE);
	CHECK_ST(LsaAddAccountRights(h, &whom, U("SeBackupPrivilege"), 1), STATUS_SUCCESS);
	CHECK_ST(LsaRemoveAccountRights(h, &whom, TRUE, NULL, 0), STATUS_SUCCESS);
	from = to;
	to = trail_mark(lsa);
	CHECK_U64(trail_count(from, to, 4704, "S-1-5-21-6-6-6-1006"), 1);
	user_is(&me, &Audit_PolicyChange_AuthorizationPolicy, PER_USER_AUDIT_NONE);
	LsaClose(h);
}

/* As a uid that administers nothing: is refused as a logon process, and shows another name (4648). */
static void
strange(uid_t uid)
{
	SEC_WINNT_AUTH_IDENTITY_A id = { .User = (unsigned char *)(uintptr_t)"u-two", .UserLength = 5,
		.Password = (unsigned char *)(uintptr_t)WORD_ONE, .PasswordLength = sizeof WORD_ONE - 1, .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI };
	LSA_STRING name = { 7, 7, (char *)(uintptr_t)"strange" };
	char out[4096], package[] = "NTLM", target[] = "host/there";
	SecBuffer b = { sizeof out, SECBUFFER_TOKEN, out };
	SecBufferDesc d = { SECBUFFER_VERSION, 1, &b };
	LSA_OPERATIONAL_MODE mode;
	CredHandle cred;
	CtxtHandle context;
	TimeStamp t;
	ULONG attributes;
	HANDLE h;
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		gid_t group = (gid_t)uid;

		alarm(30);
		if (setgroups(1, &group) != 0 || setresgid(group, group, group) != 0 || setresuid(uid, uid, uid) != 0)
			_exit(1);
		if (LsaRegisterLogonProcess(&name, &h, &mode) != STATUS_PORT_CONNECTION_REFUSED)
			_exit(2);
		if (AcquireCredentialsHandleA(NULL, package, SECPKG_CRED_OUTBOUND, NULL, &id, NULL, NULL, &cred, &t) != SEC_E_OK ||
		    InitializeSecurityContextA(&cred, NULL, target, 0, 0, SECURITY_NATIVE_DREP, NULL, 0, &context, &d, &attributes, &t) !=
		    SEC_I_CONTINUE_NEEDED)
			_exit(3);
		_exit(0);
	}
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
	CHECK_U64((unsigned)WEXITSTATUS(status), 0);
}

TEST(strangers)
{
	static const struct { uid_t uid; ULONG sensitive, logons; unsigned refused, shown; } rows[] = {
		{ STRANGER, PER_USER_AUDIT_NONE,            PER_USER_AUDIT_NONE,            1, 1 },
		{ STRANGER, PER_USER_AUDIT_FAILURE_EXCLUDE, PER_USER_AUDIT_NONE,            0, 1 },
		{ STRANGER, PER_USER_AUDIT_SUCCESS_EXCLUDE, PER_USER_AUDIT_SUCCESS_EXCLUDE, 1, 0 },
		{ OTHER,    PER_USER_AUDIT_NONE,            PER_USER_AUDIT_NONE,            1, 1 },
		{ STRANGER, PER_USER_AUDIT_NONE,            PER_USER_AUDIT_NONE,            1, 1 },
	};

	if (!api_far() || geteuid() != 0)
		return;			/* near, who asks is the LSA itself; and only root becomes somebody else */
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct a_sid sid = SIDV(22, 1, rows[i].uid);
		char who[60];
		long from, to;

		if (rows[i].uid == STRANGER) {
			user_is(&sid, &Audit_PrivilegeUse_Sensitive, rows[i].sensitive);
			user_is(&sid, &Audit_Logon_Logon, rows[i].logons);
		}
		(void)snprintf(who, sizeof who, "\"SubjectUserSid\":\"S-1-22-1-%u\"", (unsigned)rows[i].uid);
		from = trail_mark(lsa);
		strange(rows[i].uid);
		to = trail_mark(lsa);
		CHECK_U64(trail_count(from, to, 4673, who), rows[i].refused);
		CHECK_U64(trail_count(from, to, 4648, who), rows[i].shown);
	}
}

TEST(its_own_event)
{
	PSID one = sid_of("u-one");
	char *text = NULL, who[200];
	long from = trail_mark(lsa), to;

	CHECK(ConvertSidToStringSidA(one, &text));
	(void)snprintf(who, sizeof who, "\"TargetUserSid\":\"%s\"", text);
	user_is(one, &Audit_Logon_Logon, PER_USER_AUDIT_SUCCESS_INCLUDE | PER_USER_AUDIT_FAILURE_EXCLUDE);
	user_is(one, &Audit_Logon_Logon, PER_USER_AUDIT_FAILURE_EXCLUDE);
	user_is(one, &Audit_Logon_Logon, PER_USER_AUDIT_NONE);
	user_is(one, &Audit_Logon_Logon, PER_USER_AUDIT_NONE);
	to = trail_mark(lsa);
	CHECK_U64(trail_count(from, to, 4912, who), 3);
	CHECK_U64(trail_count(from, to, 4912, "\"AuditPolicyChanges\":\"Success include added, Failure exclude added\""), 1);
	CHECK_U64(trail_count(from, to, 4912, "\"AuditPolicyChanges\":\"Success include removed\""), 1);
	CHECK_U64(trail_count(from, to, 4912, "\"AuditPolicyChanges\":\"Failure exclude removed\""), 1);
	LocalFree(text);
	LocalFree(one);
}

/* root and the system are administrators by their SIDs. */
TEST(what_it_comes_to)
{
	struct a_sid sids[] = { SIDV(22, 1, 0), SIDV(5, 18), SIDV(5, 32, 544), SIDV(22, 1, STRANGER) };
	AUDIT_POLICY_INFORMATION *is = NULL;

	for (size_t i = 0; i < 4; i++) {
		user_is(&sids[i], &Audit_Logon_Others, PER_USER_AUDIT_SUCCESS_EXCLUDE);
		if (CHECK(AuditComputeEffectivePolicyBySid(&sids[i], &Audit_Logon_Others, 1, &is)))
			CHECK_U64(is->AuditingInformation, i < 3 ? 3 : POLICY_AUDIT_EVENT_FAILURE);
		AuditFree(is);
		user_is(&sids[i], &Audit_Logon_Others, PER_USER_AUDIT_NONE);
	}
}

int
main(void)
{
	LSA_HANDLE h;
	struct a_sid everyone = SIDV(1, 0);

	api_begin();
	lsa = logon_trusted();
	ntlm = logon_package(lsa, "NTLM");
	logon_user("u-one", WORD_ONE);
	logon_user("u-two", WORD_ONE);
	if (api_far() && geteuid() == 0)
		logon_for_all();
	/* So that each logon is a special one. */
	h = policy_open_for(POLICY_ALL_ACCESS);
	CHECK_ST(LsaAddAccountRights(h, &everyone, U("SeDebugPrivilege"), 1), STATUS_SUCCESS);
	RUN(left_out);
	RUN(told_besides);
	RUN(beneath_the_numbers);
	RUN(who_asks);
	RUN(strangers);
	RUN(its_own_event);
	RUN(what_it_comes_to);
	CHECK_ST(LsaRemoveAccountRights(h, &everyone, FALSE, U("SeDebugPrivilege"), 1), STATUS_SUCCESS);
	LsaClose(h);
	LsaDeregisterLogonProcess(lsa);
	return check_end();
}
