/*
 * audit_test.c - every event provoked through the API, near and far, and
 * found in the file by a parser that is not ours (audit_check.py). Covers
 * lsa/raise.c, store/audit*.c, store/trail.c and who calls them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/api/logon.h"
#include "tests/api/policy.h"
#include "tests/check.h"

/* Each appears in the file if a password ever gets there. */
#define SECRET_ONE	"markzebra-one-1"
#define SECRET_TWO	"markzebra-two-2"
#define SECRET_BAD	"markzebra-bad-3"
#define SECRET_DATA	"markzebra-data-4"

static char file[512];
static HANDLE lsa;

static void
file_find(void)
{
	const char *state = getenv("OPENLSA_STATE"), *at = getenv("OPENLSA_SOCKET");

	if (api_far())
		(void)snprintf(file, sizeof file, "%.*s/far/audit.json", (int)(strrchr(at, '/') - at), at);
	else
		(void)snprintf(file, sizeof file, "%s/audit.json", state);
}

/* `check` is a name of audit_check.py; it waits for what it wants to see. */
static bool
found(const char *check)
{
	char command[1024];

	(void)snprintf(command, sizeof command, "timeout 30 python3 %s/api/audit_check.py %s %s", TESTS_DIR, file, check);
	return system(command) == 0;
}

/* A handshake of NTLM by this name. */
static SECURITY_STATUS
shaken(const char *user, const char *password, bool identify)
{
	SEC_WINNT_AUTH_IDENTITY_A id = { .User = (unsigned char *)(uintptr_t)user, .UserLength = (ULONG)strlen(user),
		.Password = (unsigned char *)(uintptr_t)password, .PasswordLength = (ULONG)strlen(password),
		.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI };
	char to_server[4096], to_client[4096], ntlm[] = "NTLM", target[] = "host/files";
	SecBuffer c = { sizeof to_server, SECBUFFER_TOKEN, to_server }, s = { sizeof to_client, SECBUFFER_TOKEN, to_client };
	SecBufferDesc cd = { SECBUFFER_VERSION, 1, &c }, sd = { SECBUFFER_VERSION, 1, &s };
	CredHandle out, in;
	CtxtHandle client, server;
	TimeStamp t;
	ULONG attr, wants = identify ? ISC_REQ_IDENTIFY : 0;
	SECURITY_STATUS status;

	CHECK(AcquireCredentialsHandleA(NULL, ntlm, SECPKG_CRED_OUTBOUND, NULL, &id, NULL, NULL, &out, &t) == SEC_E_OK);
	CHECK(AcquireCredentialsHandleA(NULL, ntlm, SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL, &in, &t) == SEC_E_OK);
	status = InitializeSecurityContextA(&out, NULL, target, wants, 0, SECURITY_NATIVE_DREP, NULL, 0, &client, &cd, &attr, &t);
	CHECK(status == SEC_I_CONTINUE_NEEDED);
	status = AcceptSecurityContext(&in, NULL, &cd, 0, SECURITY_NATIVE_DREP, &server, &sd, &attr, &t);
	CHECK(status == SEC_I_CONTINUE_NEEDED);
	c.cbBuffer = sizeof to_server;
	status = InitializeSecurityContextA(&out, &client, target, wants, 0, SECURITY_NATIVE_DREP, &sd, 0, &client, &cd, &attr, &t);
	CHECK(status == SEC_E_OK);
	s.cbBuffer = sizeof to_client;
	status = AcceptSecurityContext(&in, &server, &cd, 0, SECURITY_NATIVE_DREP, &server, &sd, &attr, &t);
	DeleteSecurityContext(&client);
	DeleteSecurityContext(&server);
	FreeCredentialsHandle(&out);
	FreeCredentialsHandle(&in);
	return status;
}

TEST(start)
{
	CHECK(found("start"));
}

TEST(accounts)
{
	char ntlm[] = "NTLM", domain[] = "", user[] = "audited", old[] = SECRET_ONE, fresh[] = SECRET_TWO, bad[] = SECRET_BAD;
	SecBuffer none = { 0, SECBUFFER_CHANGE_PASS_RESPONSE, NULL };
	SecBufferDesc d = { SECBUFFER_VERSION, 1, &none };

	CHECK_ST(OlsaUserAdd(lsa, "audited", "Audited One", SECRET_ONE, NULL), STATUS_SUCCESS);
	CHECK_ST(OlsaUserAdd(lsa, "audited", "", SECRET_ONE, NULL), STATUS_USER_EXISTS);
	CHECK(ChangeAccountPasswordA(ntlm, domain, user, bad, fresh, FALSE, 0, &d) == SEC_E_LOGON_DENIED);
	CHECK(ChangeAccountPasswordA(ntlm, domain, user, old, fresh, FALSE, 0, &d) == SEC_E_OK);
	CHECK_ST(OlsaUserSetPassword(lsa, "audited", SECRET_ONE), STATUS_SUCCESS);
	CHECK_ST(OlsaUserLock(lsa, "audited", TRUE), STATUS_SUCCESS);
	CHECK(shaken("audited", SECRET_ONE, false) == SEC_E_LOGON_DENIED);
	CHECK_ST(OlsaUserLock(lsa, "audited", FALSE), STATUS_SUCCESS);
	CHECK_ST(OlsaUserDisable(lsa, "audited", TRUE), STATUS_SUCCESS);
	CHECK(shaken("audited", SECRET_ONE, false) == SEC_E_LOGON_DENIED);
	CHECK_ST(OlsaUserDisable(lsa, "audited", FALSE), STATUS_SUCCESS);
	CHECK_ST(OlsaUserDisable(lsa, "nobody-here", TRUE), STATUS_NO_SUCH_USER);
	CHECK_ST(OlsaPolicySet(lsa, "lockout-threshold", 3), STATUS_SUCCESS);
	for (unsigned i = 0; i < 4; i++)
		CHECK(shaken("audited", SECRET_BAD, false) == SEC_E_LOGON_DENIED);
	CHECK_ST(OlsaPolicySet(lsa, "lockout-threshold", 10), STATUS_SUCCESS);
	CHECK_ST(OlsaUserLock(lsa, "audited", FALSE), STATUS_SUCCESS);
	CHECK(found("accounts"));
}

TEST(logons)
{
	LSA_HANDLE h = policy_open_for(POLICY_ALL_ACCESS);
	struct logging l = { .lsa = lsa, .package = logon_package(lsa, "NTLM"), .type = Interactive };
	struct a_sid everyone = SIDV(1, 0);

	CHECK(shaken("audited", SECRET_ONE, false) == SEC_E_OK);
	CHECK(shaken("audited", SECRET_ONE, true) == SEC_E_OK);
	CHECK(shaken("nobody-here", SECRET_BAD, false) == SEC_E_LOGON_DENIED);
	CHECK(shaken("in\njected\", \"id\":4624, \"x\":\"\x1b[31m", SECRET_BAD, false) == SEC_E_LOGON_DENIED);
	logon_interactive(&l, "", "audited", SECRET_ONE, false);
	CHECK_ST(logon_run(&l), STATUS_SUCCESS);
	logon_end(&l);
	logon_interactive(&l, "", "audited", SECRET_BAD, false);
	CHECK_ST(logon_run(&l), STATUS_LOGON_FAILURE);
	l.type = Batch;
	logon_interactive(&l, "", "audited", SECRET_ONE, false);
	CHECK_ST(logon_run(&l), STATUS_LOGON_TYPE_NOT_GRANTED);
	l.type = NewCredentials;
	logon_interactive(&l, "ELSEWHERE", "other", SECRET_TWO, false);
	CHECK_ST(logon_run(&l), STATUS_SUCCESS);
	logon_end(&l);
	CHECK_ST(LsaAddAccountRights(h, &everyone, U("SeDebugPrivilege"), 1), STATUS_SUCCESS);
	CHECK(shaken("audited", SECRET_ONE, false) == SEC_E_OK);
	CHECK_ST(LsaRemoveAccountRights(h, &everyone, FALSE, U("SeDebugPrivilege"), 1), STATUS_SUCCESS);
	LsaClose(h);
	CHECK(found("logons"));
}

TEST(privileges)
{
	struct a_sid extra = SIDV(5, 21, 1, 2, 3, 4);
	TOKEN_GROUPS groups = { 1, { { &extra, 7 } } };
	HANDLE plain = logon_untrusted();
	struct logging l = { .lsa = plain, .package = logon_package(plain, "NTLM"), .type = Interactive, .groups = &groups };

	logon_interactive(&l, "", "audited", SECRET_ONE, false);
	CHECK_ST(logon_run(&l), STATUS_PRIVILEGE_NOT_HELD);
	l.lsa = lsa;
	CHECK_ST(logon_run(&l), STATUS_SUCCESS);
	logon_end(&l);
	LsaDeregisterLogonProcess(plain);
	CHECK(found("privileges"));
}

TEST(policy)
{
	LSA_HANDLE h = policy_open_for(POLICY_ALL_ACCESS), t = NULL;
	struct a_sid who = SIDV(5, 21, 9, 9, 9, 1009), sid = SIDV(5, 21, 4711, 7, 7);
	TRUSTED_DOMAIN_INFORMATION_EX ex = { .Sid = &sid, .TrustDirection = 3, .TrustType = 2 };
	LSA_AUTH_INFORMATION key = { { .QuadPart = 5 }, 2, sizeof SECRET_DATA, (PUCHAR)(uintptr_t)SECRET_DATA };
	TRUSTED_DOMAIN_AUTH_INFORMATION auth = { 1, &key, NULL, 1, &key, NULL };
	LSA_UNICODE_STRING data = { sizeof SECRET_DATA, sizeof SECRET_DATA, (PWSTR)(void *)(uintptr_t)SECRET_DATA }, *got;
	AUDIT_POLICY_INFORMATION set = { .AuditSubCategoryGuid = Audit_PolicyChange_Others };
	LSA_UNICODE_STRING two[] = { *U("SeDebugPrivilege"), *U("SeBatchLogonRight") };

	CHECK_ST(LsaAddAccountRights(h, &who, two, 2), STATUS_SUCCESS);
	CHECK_ST(LsaRemoveAccountRights(h, &who, TRUE, NULL, 0), STATUS_SUCCESS);
	ex.Name = *U("audit.example");
	ex.FlatName = *U("AUDITEX");
	CHECK_ST(LsaCreateTrustedDomainEx(h, &ex, &auth, 0xF007F, &t), STATUS_SUCCESS);
	ex.TrustAttributes = 4;
	CHECK_ST(LsaSetTrustedDomainInfoByName(h, U("audit.example"), TrustedDomainInformationEx, &ex), STATUS_SUCCESS);
	CHECK_ST(LsaDelete(t), STATUS_SUCCESS);
	CHECK_ST(LsaStorePrivateData(h, U("L$audited"), &data), STATUS_SUCCESS);
	CHECK_ST(LsaRetrievePrivateData(h, U("L$audited"), &got), STATUS_SUCCESS);
	LsaFreeMemory(got);
	CHECK_ST(LsaStorePrivateData(h, U("L$audited"), NULL), STATUS_SUCCESS);
	CHECK_ST(OlsaPolicySet(lsa, "lockout-window", 17), STATUS_SUCCESS);
	set.AuditingInformation = POLICY_AUDIT_EVENT_SUCCESS;
	CHECK(AuditSetSystemPolicy(&set, 1));
	set.AuditingInformation = POLICY_AUDIT_EVENT_SUCCESS | POLICY_AUDIT_EVENT_FAILURE;
	CHECK(AuditSetSystemPolicy(&set, 1));
	LsaClose(h);
	CHECK(found("policy"));
}

/* A subcategory that is switched off is silent from then on, and 4719 is not. */
TEST(switches)
{
	AUDIT_POLICY_INFORMATION set = { .AuditSubCategoryGuid = Audit_Logon_Logon, .AuditingInformation = POLICY_AUDIT_EVENT_SUCCESS };

	CHECK(AuditSetSystemPolicy(&set, 1));
	CHECK(shaken("quiet-one", SECRET_BAD, false) == SEC_E_LOGON_DENIED);
	set.AuditingInformation = POLICY_AUDIT_EVENT_FAILURE;
	CHECK(AuditSetSystemPolicy(&set, 1));
	CHECK(shaken("loud-one", SECRET_BAD, false) == SEC_E_LOGON_DENIED);
	set.AuditingInformation = POLICY_AUDIT_EVENT_SUCCESS | POLICY_AUDIT_EVENT_FAILURE;
	CHECK(AuditSetSystemPolicy(&set, 1));
	CHECK_ST(OlsaUserDelete(lsa, "audited"), STATUS_SUCCESS);
	CHECK(found("switches"));
}

int
main(void)
{
	api_begin();
	file_find();
	lsa = logon_trusted();
	RUN(start);
	RUN(accounts);
	RUN(logons);
	RUN(privileges);
	RUN(policy);
	RUN(switches);
	LsaDeregisterLogonProcess(lsa);
	return check_end();
}
