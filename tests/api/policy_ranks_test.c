/*
 * policy_ranks_test.c - lsa/serve_policy.c, rights.c, serve_quota.c and
 * base/guard.c, and messages of packages: who may do what. Far by nature: it brings its own daemon, run by root, and its
 * callers are children with other uids. What nobody was given, nobody may.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openlsa.h>

#include "tests/api/policy.h"

#define ALICE	64101u		/* nobody's names: numbers */
#define BOB	64102u
#define CLERKS	64103u

static char room[64], sock[100], state[100];
static pid_t daemon_pid;

/* --- a caller -------------------------------------------------------------------- */

/* What fn says, asked by a child of this uid; 0xDEADDEAD: the child did not come to an end. */
static uint32_t
as(uid_t uid, gid_t group, uint32_t (*fn)(void))
{
	uint32_t said = 0xDEADDEADu;
	int ends[2];
	pid_t pid;

	if (pipe(ends) != 0)
		return said;
	pid = fork();
	if (pid == 0) {
		alarm(30);
		if (uid != 0 && (setgroups(1, &group) != 0 || setresgid(group, group, group) != 0 || setresuid(uid, uid, uid) != 0))
			_exit(1);
		said = fn();
		_exit(write(ends[1], &said, sizeof said) == sizeof said ? 0 : 2);
	}
	close(ends[1]);
	if (read(ends[0], &said, sizeof said) != sizeof said)
		said = 0xDEADDEADu;
	close(ends[0]);
	(void)waitpid(pid, NULL, 0);
	return said;
}

static LSA_HANDLE
whole(void)
{
	LSA_HANDLE h = NULL;
	NTSTATUS status = LsaOpenPolicy(NULL, NULL, MAXIMUM_ALLOWED, &h);

	if (status != STATUS_SUCCESS)
		fprintf(stderr, "    uid %u cannot open policy at all: %08x\n", (unsigned)geteuid(), (unsigned)status);
	return h;
}

#define ASKED(name) static uint32_t name(void)
#define VICTIM SIDV(5, 21, 9, 9, 9, 1000)

ASKED(open_view) { LSA_HANDLE h; return (uint32_t)LsaOpenPolicy(NULL, NULL, 0x801, &h); }
ASKED(open_notify) { LSA_HANDLE h; return (uint32_t)LsaOpenPolicy(NULL, NULL, POLICY_NOTIFICATION, &h); }
ASKED(open_all) { LSA_HANDLE h; return (uint32_t)LsaOpenPolicy(NULL, NULL, POLICY_ALL_ACCESS, &h); }
ASKED(open_private) { LSA_HANDLE h; return (uint32_t)LsaOpenPolicy(NULL, NULL, POLICY_GET_PRIVATE_INFORMATION, &h); }
ASKED(open_secret) { LSA_HANDLE h; return (uint32_t)LsaOpenPolicy(NULL, NULL, POLICY_CREATE_SECRET, &h); }
ASKED(open_write) { LSA_HANDLE h; return (uint32_t)LsaOpenPolicy(NULL, NULL, GENERIC_WRITE, &h); }
ASKED(open_execute) { LSA_HANDLE h; return (uint32_t)LsaOpenPolicy(NULL, NULL, GENERIC_EXECUTE, &h); }

ASKED(add_rights) { struct a_sid s = VICTIM; return (uint32_t)LsaAddAccountRights(whole(), &s, U("SeBackupPrivilege"), 1); }
ASKED(add_to_known) { struct a_sid s = SIDV(1, 0); return (uint32_t)LsaAddAccountRights(whole(), &s, U("SeTcbPrivilege"), 1); }
ASKED(take_rights) { struct a_sid s = VICTIM; return (uint32_t)LsaRemoveAccountRights(whole(), &s, TRUE, NULL, 0); }
ASKED(see_rights) { struct a_sid s = VICTIM; LSA_UNICODE_STRING *r; ULONG n; return (uint32_t)LsaEnumerateAccountRights(whole(), &s, &r, &n); }
ASKED(see_holders) { void *b; ULONG n; return (uint32_t)LsaEnumerateAccountsWithUserRight(whole(), U("SeTcbPrivilege"), &b, &n); }
ASKED(make_account) { struct a_sid s = SIDV(5, 21, 9, 9, 9, 1001); LSA_HANDLE h; return (uint32_t)LsaCreateAccount(whole(), &s, 1, &h); }
ASKED(open_account) { struct a_sid s = VICTIM; LSA_HANDLE h; return (uint32_t)LsaOpenAccount(whole(), &s, ACCOUNT_VIEW, &h); }
ASKED(adjust_account) { struct a_sid s = VICTIM; LSA_HANDLE h; return (uint32_t)LsaOpenAccount(whole(), &s, ACCOUNT_ADJUST_PRIVILEGES, &h); }
ASKED(see_quotas)
{
	struct a_sid s = VICTIM;
	LSA_HANDLE h;
	QUOTA_LIMITS q;
	NTSTATUS status = LsaOpenAccount(whole(), &s, ACCOUNT_VIEW, &h);

	return (uint32_t)(status == STATUS_SUCCESS ? LsaGetQuotasForAccount(h, &q) : status);
}
ASKED(set_quotas)
{
	struct a_sid s = VICTIM;
	LSA_HANDLE h;
	QUOTA_LIMITS q = { 0 };
	NTSTATUS status = LsaOpenAccount(whole(), &s, ACCOUNT_ADJUST_QUOTAS, &h);

	return (uint32_t)(status == STATUS_SUCCESS ? LsaSetQuotasForAccount(h, &q) : status);
}
ASKED(set_caps) { return (uint32_t)LsaSetCAPs(NULL, 0, 0); }
ASKED(store_data) { LSA_UNICODE_STRING d = { 2, 2, (PWSTR)(uintptr_t)"xy" }; return (uint32_t)LsaStorePrivateData(whole(), U("L$mine"), &d); }
ASKED(drop_data) { return (uint32_t)LsaStorePrivateData(whole(), U("L$mine"), NULL); }
ASKED(read_data) { LSA_UNICODE_STRING *d; return (uint32_t)LsaRetrievePrivateData(whole(), U("L$mine"), &d); }
ASKED(open_its_secret) { LSA_HANDLE h; return (uint32_t)LsaOpenSecret(whole(), U("L$mine"), SECRET_QUERY_VALUE, &h); }
ASKED(make_secret) { LSA_HANDLE h; return (uint32_t)LsaCreateSecret(whole(), U("L$other"), 1, &h); }
ASKED(look_up) { LSA_REFERENCED_DOMAIN_LIST *d; LSA_TRANSLATED_SID2 *s; return (uint32_t)LsaLookupNames2(whole(), 0, 1, U("Everyone"), &d, &s); }
ASKED(see_domain) { void *i; return (uint32_t)LsaQueryInformationPolicy(whole(), PolicyPrimaryDomainInformation, &i); }
ASKED(see_audit) { void *i; return (uint32_t)LsaQueryInformationPolicy(whole(), PolicyAuditEventsInformation, &i); }
ASKED(set_role) { POLICY_LSA_SERVER_ROLE_INFO r = { PolicyServerRolePrimary }; return (uint32_t)LsaSetInformationPolicy(whole(), PolicyLsaServerRoleInformation, &r); }
ASKED(set_quota) { POLICY_DEFAULT_QUOTA_INFO q = { { 0 } }; return (uint32_t)LsaSetInformationPolicy(whole(), PolicyDefaultQuotaInformation, &q); }
ASKED(set_efs) { POLICY_DOMAIN_EFS_INFO e = { 0, NULL }; return (uint32_t)LsaSetDomainInformationPolicy(whole(), PolicyDomainEfsInformation, &e); }
ASKED(see_guard) { void *d; return (uint32_t)LsaQuerySecurityObject(whole(), DACL_SECURITY_INFORMATION, &d); }
ASKED(see_system_list) { void *d; return (uint32_t)LsaQuerySecurityObject(whole(), SACL_SECURITY_INFORMATION, &d); }
ASKED(set_guard)
{
	LSA_HANDLE h = whole();
	void *d = NULL;
	NTSTATUS status = LsaQuerySecurityObject(h, DACL_SECURITY_INFORMATION, &d);

	return (uint32_t)(status == STATUS_SUCCESS ? LsaSetSecurityObject(h, DACL_SECURITY_INFORMATION, d) : status);
}
static TRUSTED_DOMAIN_INFORMATION_EX *
a_trust(void)
{
	static struct a_sid sid;
	static TRUSTED_DOMAIN_INFORMATION_EX ex;

	sid = SIDV(5, 21, 3, 3, 3);
	ex = (TRUSTED_DOMAIN_INFORMATION_EX){ .Sid = &sid, .TrustDirection = 1, .TrustType = 2 };
	ex.Name = *U("a.example");
	ex.FlatName = *U("A");
	return &ex;
}
ASKED(make_trust) { LSA_HANDLE h; return (uint32_t)LsaCreateTrustedDomainEx(whole(), a_trust(), NULL, 1, &h); }
ASKED(see_trust) { void *i; return (uint32_t)LsaQueryTrustedDomainInfoByName(whole(), U("A"), TrustedDomainInformationEx, &i); }
ASKED(see_keys) { void *i; return (uint32_t)LsaQueryTrustedDomainInfoByName(whole(), U("A"), TrustedDomainAuthInformation, &i); }
ASKED(set_trust) { TRUSTED_POSIX_OFFSET_INFO o = { 1 }; return (uint32_t)LsaSetTrustedDomainInfoByName(whole(), U("A"), TrustedPosixOffsetInformation, &o); }
ASKED(drop_trust) { return (uint32_t)LsaDeleteTrustedDomain(whole(), a_trust()->Sid); }
ASKED(list_trusts) { LSA_ENUMERATION_HANDLE c = 0; void *b; ULONG n; return (uint32_t)LsaEnumerateTrustedDomainsEx(whole(), &c, &b, 1000, &n); }
ASKED(set_auditing)
{
	GUID *subs;
	ULONG n;
	AUDIT_POLICY_INFORMATION info = { .AuditingInformation = POLICY_AUDIT_EVENT_FAILURE };

	if (!AuditEnumerateSubCategories(NULL, TRUE, &subs, &n))
		return 1;
	info.AuditSubCategoryGuid = subs[5];
	return AuditSetSystemPolicy(&info, 1) ? 0 : GetLastError();
}
ASKED(see_auditing)
{
	GUID *subs;
	ULONG n;
	AUDIT_POLICY_INFORMATION *info;

	if (!AuditEnumerateSubCategories(NULL, TRUE, &subs, &n))
		return 1;
	return AuditQuerySystemPolicy(subs, 1, &info) ? 0 : GetLastError();
}

static uint32_t
win32(BOOLEAN done)
{
	return done ? 0 : GetLastError();
}

/* A security descriptor with one entry in either list; see_system_list's right has to be asked for by name. */
static struct { ACL acl; BYTE type, flags; WORD size; DWORD mask; SID sid; } an_entry;

static SECURITY_DESCRIPTOR
a_guard(BYTE type)
{
	struct a_sid system = SIDV(5, 18);

	memset(&an_entry, 0, sizeof an_entry);
	an_entry.acl = (ACL){ .AclRevision = 2, .AclSize = 28, .AceCount = 1 };
	an_entry.type = type;
	an_entry.flags = type == 2 ? 0x40 : 0;
	an_entry.size = 20;
	an_entry.mask = AUDIT_GENERIC_READ;
	an_entry.sid = system.sid;
	return (SECURITY_DESCRIPTOR){ .Revision = 1, .Control = type == 2 ? 0x10 : 0x4, .Dacl = type == 2 ? NULL : &an_entry.acl,
		.Sacl = type == 2 ? &an_entry.acl : NULL };
}

ASKED(open_system_list) { LSA_HANDLE h; return (uint32_t)LsaOpenPolicy(NULL, NULL, 0x01000000, &h); }
ASKED(set_system_list)
{
	SECURITY_DESCRIPTOR d = a_guard(2), none = { .Revision = 1 };
	LSA_HANDLE h;
	NTSTATUS status = LsaOpenPolicy(NULL, NULL, 0x01000000, &h);

	if (status == STATUS_SUCCESS)
		status = LsaSetSecurityObject(h, SACL_SECURITY_INFORMATION, &d);
	return (uint32_t)(status == STATUS_SUCCESS ? LsaSetSecurityObject(h, SACL_SECURITY_INFORMATION, &none) : status);
}
ASKED(set_user_auditing)
{
	struct a_sid s = VICTIM;
	AUDIT_POLICY_INFORMATION info = { .AuditSubCategoryGuid = Audit_Logon_Logon, .AuditingInformation = PER_USER_AUDIT_SUCCESS_INCLUDE };

	return win32(AuditSetPerUserPolicy(&s, &info, 1));
}
ASKED(see_user_auditing) { struct a_sid s = VICTIM; AUDIT_POLICY_INFORMATION *i; return win32(AuditQueryPerUserPolicy(&s, &Audit_Logon_Logon, 1, &i)); }
ASKED(see_users_audited) { POLICY_AUDIT_SID_ARRAY *u; return win32(AuditEnumeratePerUserPolicy(&u)); }
ASKED(see_both_auditing) { struct a_sid s = VICTIM; AUDIT_POLICY_INFORMATION *i; return win32(AuditComputeEffectivePolicyBySid(&s, &Audit_Logon_Logon, 1, &i)); }
ASKED(set_audit_guard) { SECURITY_DESCRIPTOR d = a_guard(0); return win32(AuditSetSecurity(DACL_SECURITY_INFORMATION, &d)); }
ASKED(see_audit_guard) { void *d; return win32(AuditQuerySecurity(DACL_SECURITY_INFORMATION, &d)); }
ASKED(set_global) { (void)a_guard(2); return win32(AuditSetGlobalSaclA("File", &an_entry.acl)); }
ASKED(see_global) { PACL a; return win32(AuditQueryGlobalSaclA("File", &a)); }

static NTSTATUS
register_now(HANDLE *ret_lsa)
{
	LSA_STRING name = { 5, 5, (char *)(uintptr_t)"ranks" };
	LSA_OPERATIONAL_MODE mode;

	return LsaRegisterLogonProcess(&name, ret_lsa, &mode);
}

/* A message by the best connection that the caller gets. */
static uint32_t
message(const char *package, void *ask, ULONG len)
{
	LSA_STRING name = { (USHORT)strlen(package), (USHORT)strlen(package), (char *)(uintptr_t)package };
	NTSTATUS status, verdict = STATUS_PENDING;
	void *reply = NULL;
	ULONG id = 0, reply_len = 0;
	HANDLE h;

	status = register_now(&h);
	if (status != STATUS_SUCCESS)
		status = LsaConnectUntrusted(&h);
	if (status == STATUS_SUCCESS)
		status = LsaLookupAuthenticationPackage(h, &name, &id);
	if (status == STATUS_SUCCESS)
		status = LsaCallAuthenticationPackage(h, id, ask, len, &reply, &reply_len, &verdict);
	LsaFreeReturnBuffer(reply);
	return (uint32_t)(status == STATUS_SUCCESS ? verdict : status);
}

static uint32_t
plain(const char *package, ULONG type, ULONG len)
{
	ULONG ask[32] = { type };

	return message(package, ask, len);
}

/* By KDC's name and realm: in the place of both, the packed form. */
static uint32_t
named(ULONG type)
{
	struct { KERB_ADD_BINDING_CACHE_ENTRY_EX_REQUEST m; WCHAR text[4]; } ask = { .text = { 'R', 'A', 'N', 'K' } };

	ask.m.MessageType = (KERB_PROTOCOL_MESSAGE_TYPE)type;
	ask.m.RealmName = ask.m.KdcAddress = (UNICODE_STRING){ 8, 8, (PWSTR)(uintptr_t)sizeof ask.m };
	return message("Kerberos", &ask, sizeof ask);
}

static LUID roots;			/* the session of this process, which is there for as long as it is */

/* The only one that is none of the system's: nobody else has asked for anything yet. */
static HANDLE
session_begin(void)
{
	OlsaDeriveCredRequest ask = { .MessageType = MsV1_0DeriveCredential };
	LUID *list = NULL;
	NTSTATUS verdict;
	ULONG count = 0, found = 0;
	HANDLE h = NULL;

	CHECK_ST(LsaConnectUntrusted(&h), STATUS_SUCCESS);
	for (ULONG id = 0; id < 3; id++)
		(void)LsaCallAuthenticationPackage(h, id, &ask, sizeof ask, NULL, NULL, &verdict);
	CHECK_ST(LsaEnumerateLogonSessions(&count, &list), STATUS_SUCCESS);
	for (ULONG i = 0; i < count; i++)
		if (list[i].LowPart > 0xffff) {
			roots = list[i];
			found++;
		}
	CHECK_U64(found, 1);
	LsaFreeReturnBuffer(list);
	return h;
}

ASKED(set_process_option) { return plain("NTLM", MsV1_0SetProcessOption, sizeof(OlsaSetOptionRequest)); }
ASKED(set_thread_option) { return plain("NTLM", MsV1_0SetThreadOption, sizeof(OlsaSetOptionRequest)); }
ASKED(judge) { return plain("NTLM", MsV1_0ValidateAuth, sizeof(OlsaValidateAuthRequest)); }
ASKED(derive_own) { return plain("NTLM", MsV1_0DeriveCredential, sizeof(OlsaDeriveCredRequest)); }
ASKED(derive_another)
{
	OlsaDeriveCredRequest ask = { .MessageType = MsV1_0DeriveCredential, .LogonId = roots };

	return message("NTLM", &ask, sizeof ask);
}
ASKED(see_proxies_of_another)
{
	KERB_QUERY_KDC_PROXY_CACHE_REQUEST ask = { KerbQueryKdcProxyCacheMessage, 0, roots };

	return message("Kerberos", &ask, sizeof ask);
}
ASKED(bind_kdc) { return named(KerbAddBindingCacheEntryExMessage); }
ASKED(pin_kdc) { return named(KerbPinKdcMessage); }
ASKED(see_bindings) { return plain("Kerberos", KerbQueryBindingCacheMessage, sizeof(KERB_QUERY_BINDING_CACHE_REQUEST)); }
ASKED(purge_bindings) { return plain("Kerberos", KerbPurgeBindingCacheMessage, sizeof(KERB_PURGE_BINDING_CACHE_REQUEST)); }
ASKED(unpin) { return plain("Kerberos", KerbUnpinAllKdcsMessage, sizeof(OlsaUnpinAllKdcsRequest)); }
ASKED(cleanup_pkinit) { return plain("Kerberos", KerbCleanupMachinePkinitCredsMessage, 12); }
ASKED(see_policies) { return plain("Kerberos", KerbQueryDomainExtendedPoliciesMessage, 24); }
ASKED(see_s4u) { return plain("Kerberos", KerbQueryS4U2ProxyCacheMessage, sizeof(KERB_QUERY_S4U2PROXY_CACHE_REQUEST)); }
ASKED(purge_proxies) { return plain("Kerberos", KerbPurgeKdcProxyCacheMessage, sizeof(KERB_PURGE_KDC_PROXY_CACHE_REQUEST)); }
ASKED(keytab_of_nobody) { return plain("Kerberos", KerbRetrieveKeyTabMessage, sizeof(KERB_RETRIEVE_KEY_TAB_REQUEST)); }

ASKED(be_logon_process) { HANDLE h; return (uint32_t)register_now(&h); }
ASKED(be_administrator)
{
	HANDLE h;
	NTSTATUS status = register_now(&h);

	return (uint32_t)(status == STATUS_SUCCESS ? OlsaUserAdd(h, "mallory", "", "x", NULL) : status);
}

/* --- the matrix ------------------------------------------------------------------------- */

#define NO	STATUS_ACCESS_DENIED
#define YES	STATUS_SUCCESS

/* In this order: what root makes, the stranger tries before and after. */
static const struct { const char *what; uint32_t (*fn)(void); NTSTATUS stranger, root; } matrix[] = {
	{ "open 0x801",              open_view,       YES, YES },
	{ "open NOTIFICATION",       open_notify,     YES, YES },
	{ "open ALL_ACCESS",         open_all,        NO,  YES },
	{ "open GET_PRIVATE",        open_private,    NO,  YES },
	{ "open CREATE_SECRET",      open_secret,     NO,  YES },
	{ "open GENERIC_WRITE",      open_write,      NO,  YES },
	{ "open GENERIC_EXECUTE",    open_execute,    YES, YES },
	{ "AddAccountRights",        add_rights,      NO,  YES },
	{ "add to Everyone",         add_to_known,    NO,  0x7fffffff },
	{ "EnumerateAccountRights",  see_rights,      NO,  YES },
	{ "AccountsWithUserRight",   see_holders,     YES, YES },
	{ "CreateAccount",           make_account,    NO,  YES },
	{ "OpenAccount VIEW",        open_account,    NO,  YES },
	{ "OpenAccount ADJUST",      adjust_account,  NO,  YES },
	{ "GetQuotasForAccount",     see_quotas,      NO,  YES },
	{ "SetQuotasForAccount",     set_quotas,      NO,  YES },
	{ "SetCAPs",                 set_caps,        NO,  YES },
	{ "RemoveAccountRights",     take_rights,     NO,  YES },
	{ "StorePrivateData",        store_data,      NO,  YES },
	{ "RetrievePrivateData",     read_data,       NO,  YES },
	{ "OpenSecret",              open_its_secret, NO,  YES },
	{ "CreateSecret",            make_secret,     NO,  YES },
	{ "StorePrivateData NULL",   drop_data,       NO,  YES },
	{ "LookupNames2",            look_up,         YES, YES },
	{ "query PrimaryDomain",     see_domain,      YES, YES },
	{ "query AuditEvents",       see_audit,       NO,  YES },
	{ "set ServerRole",          set_role,        NO,  YES },
	{ "set DefaultQuota",        set_quota,       NO,  YES },
	{ "set EFS",                 set_efs,         NO,  YES },
	{ "QuerySecurityObject",     see_guard,       YES, YES },
	{ "its system list",         see_system_list, NO,  NO },
	{ "open for a system list",  open_system_list, NO, YES },
	{ "SetSecurityObject",       set_guard,       NO,  YES },
	{ "SetSecurityObject SACL",  set_system_list, NO,  YES },
	{ "CreateTrustedDomainEx",   make_trust,      NO,  YES },
	{ "query trust",             see_trust,       YES, YES },
	{ "query keys of trust",     see_keys,        NO,  YES },
	{ "set trust",               set_trust,       NO,  YES },
	{ "EnumerateTrustedDomains", list_trusts,     YES, YES },
	{ "DeleteTrustedDomain",     drop_trust,      NO,  YES },
	{ "AuditSetSystemPolicy",    set_auditing,    ERROR_ACCESS_DENIED, YES },
	{ "AuditQuerySystemPolicy",  see_auditing,    ERROR_ACCESS_DENIED, YES },
	{ "SetProcessOption",        set_process_option, NO, YES },
	{ "SetThreadOption",         set_thread_option,  NO, YES },
	{ "ValidateAuth of nobody",  judge,           NO,  STATUS_LOGON_FAILURE },
	{ "DeriveCredential",        derive_own,      STATUS_NO_SUCH_LOGON_SESSION, STATUS_NO_SUCH_LOGON_SESSION },
	{ "DeriveCredential, root's", derive_another, NO,  STATUS_NO_SUCH_LOGON_SESSION },
	{ "KDC proxies, root's",     see_proxies_of_another, NO, YES },
	{ "PurgeKdcProxyCache",      purge_proxies,   YES, YES },
	{ "AddBindingCacheEntryEx",  bind_kdc,        NO,  YES },
	{ "PinKdc",                  pin_kdc,         NO,  YES },
	{ "QueryBindingCache",       see_bindings,    YES, YES },
	{ "PurgeBindingCache",       purge_bindings,  NO,  YES },
	{ "UnpinAllKdcs",            unpin,           NO,  YES },
	{ "CleanupMachinePkinit",    cleanup_pkinit,  NO,  YES },
	{ "DomainExtendedPolicies",  see_policies,    YES, YES },
	{ "QueryS4U2ProxyCache",     see_s4u,         YES, YES },
	{ "RetrieveKeyTab",          keytab_of_nobody, STATUS_INVALID_PARAMETER, STATUS_INVALID_PARAMETER },
	{ "AuditSetPerUserPolicy",   set_user_auditing, ERROR_ACCESS_DENIED, YES },
	{ "AuditQueryPerUserPolicy", see_user_auditing, ERROR_ACCESS_DENIED, YES },
	{ "AuditEnumeratePerUser",   see_users_audited, ERROR_ACCESS_DENIED, YES },
	{ "AuditComputeEffective",   see_both_auditing, ERROR_ACCESS_DENIED, YES },
	{ "AuditSetSecurity",        set_audit_guard, ERROR_ACCESS_DENIED, YES },
	{ "AuditQuerySecurity",      see_audit_guard, ERROR_ACCESS_DENIED, YES },
	{ "AuditSetGlobalSacl",      set_global,      ERROR_ACCESS_DENIED, YES },
	{ "AuditQueryGlobalSacl",    see_global,      ERROR_ACCESS_DENIED, YES },
};

TEST(uid_by_call)
{
	for (size_t i = 0; i < sizeof matrix / sizeof *matrix; i++) {
		bool made_by_root = matrix[i].fn == make_trust || matrix[i].fn == see_trust;
		uint32_t root = STATUS_SUCCESS, stranger;

		if (made_by_root && matrix[i].fn == see_trust)
			CHECK_ST(as(0, 0, make_trust), STATUS_OBJECT_NAME_COLLISION);
		stranger = as(ALICE, CLERKS, matrix[i].fn);
		if (!CHECK_ST(stranger, matrix[i].stranger))
			fprintf(stderr, "    uid %u: %s\n", ALICE, matrix[i].what);
		if (matrix[i].root == 0x7fffffff)
			continue;
		root = as(0, 0, matrix[i].fn);
		if (!CHECK_ST(root, matrix[i].root))
			fprintf(stderr, "    root: %s\n", matrix[i].what);
	}
}

/* --- a privilege that counts ---------------------------------------------------------------- */

static const struct a_sid *whom;

ASKED(grant_tcb) { return (uint32_t)LsaAddAccountRights(whole(), (PSID)(uintptr_t)whom, U("SeTcbPrivilege"), 1); }
ASKED(revoke_tcb) { return (uint32_t)LsaRemoveAccountRights(whole(), (PSID)(uintptr_t)whom, FALSE, U("SeTcbPrivilege"), 1); }

TEST(tcb_by_policy)
{
	struct a_sid alice = SIDV(22, 1, ALICE), clerks = SIDV(22, 2, CLERKS);
	const struct a_sid *const ways[] = { &alice, &clerks };

	for (size_t i = 0; i < 2; i++) {
		whom = ways[i];
		CHECK_ST(as(ALICE, CLERKS, be_logon_process), STATUS_PORT_CONNECTION_REFUSED);
		CHECK_ST(as(ALICE, CLERKS, grant_tcb), STATUS_ACCESS_DENIED);	/* not by itself */
		CHECK_ST(as(0, 0, grant_tcb), STATUS_SUCCESS);
		CHECK_ST(as(ALICE, CLERKS, be_logon_process), STATUS_SUCCESS);
		CHECK_ST(as(ALICE, CLERKS, be_administrator), STATUS_ACCESS_DENIED);	/* trusted is not administrator */
		CHECK_ST(as(BOB, BOB, be_logon_process), STATUS_PORT_CONNECTION_REFUSED);
		CHECK_ST(as(0, 0, revoke_tcb), STATUS_SUCCESS);
		CHECK_ST(as(ALICE, CLERKS, be_logon_process), STATUS_PORT_CONNECTION_REFUSED);
	}
}

/* --- a secret and who made it ------------------------------------------------------------------ */

/* Policy is opened to everybody, then closed again; secrets keep to who made them. */
static uint32_t
policy_guard(bool open)
{
	static void *usual;
	struct { ACL acl; BYTE type, flags; WORD size; DWORD mask; SID sid; } list;
	SECURITY_DESCRIPTOR d = { .Revision = 1, .Control = 4, .Dacl = &list.acl };
	struct a_sid everyone = SIDV(1, 0);
	LSA_HANDLE h = whole();

	(void)usual;
	memset(&list, 0, sizeof list);
	list.acl = (ACL){ .AclRevision = 2, .AclSize = 28, .AceCount = 1 };
	list.size = 20;
	list.mask = open ? GENERIC_ALL : GENERIC_EXECUTE;
	list.sid = everyone.sid;
	return (uint32_t)LsaSetSecurityObject(h, DACL_SECURITY_INFORMATION, &d);
}

ASKED(guard_open) { return policy_guard(true); }

TEST(secrets_keep_to_their_maker)
{
	CHECK_ST(as(0, 0, guard_open), STATUS_SUCCESS);
	CHECK_ST(as(ALICE, CLERKS, store_data), STATUS_SUCCESS);
	CHECK_ST(as(ALICE, CLERKS, read_data), STATUS_SUCCESS);
	CHECK_ST(as(BOB, BOB, read_data), STATUS_ACCESS_DENIED);
	CHECK_ST(as(BOB, BOB, store_data), STATUS_ACCESS_DENIED);
	CHECK_ST(as(BOB, BOB, drop_data), STATUS_ACCESS_DENIED);
	CHECK_ST(as(0, 0, read_data), STATUS_SUCCESS);		/* administrators may */
	CHECK_ST(as(ALICE, CLERKS, drop_data), STATUS_SUCCESS);
	/* Keys of trust stay the system's, whatever the guards say. */
	CHECK_ST(as(0, 0, make_trust), STATUS_SUCCESS);
	CHECK_ST(as(BOB, BOB, see_keys), STATUS_ACCESS_DENIED);
}

/* A handle is of the process image that opened it. */
static LSA_HANDLE parents;

ASKED(use_parents)
{
	void *info = NULL;
	NTSTATUS status = LsaQueryInformationPolicy(parents, PolicyPrimaryDomainInformation, &info);

	LsaFreeMemory(info);
	return (uint32_t)status;
}

TEST(handles_die_in_a_child)
{
	parents = whole();
	CHECK_ST(use_parents(), STATUS_SUCCESS);
	CHECK_ST(as(0, 0, use_parents), STATUS_INVALID_HANDLE);
	CHECK_ST(LsaClose(parents), STATUS_SUCCESS);
}

/* Nothing can be asked of them any more; closing them is no failure. */
TEST(handles_outlive_the_daemon)
{
	LSA_HANDLE h = NULL;

	CHECK_ST(use_parents(), STATUS_PORT_DISCONNECTED);
	CHECK_ST(LsaClose(parents), STATUS_SUCCESS);
	CHECK_ST(LsaClose(parents), STATUS_INVALID_HANDLE);
	CHECK((int32_t)LsaOpenPolicy(NULL, NULL, 1, &h) < 0 && h == NULL);
}

static bool
daemon_start(void)
{
	const char *lsad = getenv("OPENLSA_TEST_LSAD");

	(void)snprintf(room, sizeof room, "/tmp/openlsa-ranks-XXXXXX");
	if (!lsad || !mkdtemp(room) || chmod(room, 0755) != 0)
		return false;
	(void)snprintf(sock, sizeof sock, "%s/s", room);
	(void)snprintf(state, sizeof state, "%s/state", room);
	daemon_pid = fork();
	if (daemon_pid == 0) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(1);
		execl(lsad, lsad, "--foreground", "--socket", sock, "--state", state, (char *)NULL);
		_exit(1);
	}
	for (unsigned i = 0; i < 100 && access(sock, F_OK) != 0; i++)
		usleep(50000);
	setenv("OPENLSA_MODE", "daemon", 1);
	setenv("OPENLSA_SOCKET", sock, 1);
	return access(sock, F_OK) == 0;
}

int
main(void)
{
	HANDLE session;
	char command[120];
	int status = 0;

	if (geteuid() != 0) {
		puts("skipped: callers of other uids need root\n0 passed, 0 failed");
		return 77;
	}
	if (!daemon_start()) {
		puts("the daemon did not start\n0 passed, 1 failed");
		return 1;
	}
	session = session_begin();
	RUN(uid_by_call);
	RUN(tcb_by_policy);
	RUN(secrets_keep_to_their_maker);
	RUN(handles_die_in_a_child);
	CHECK_ST(LsaDeregisterLogonProcess(session), STATUS_SUCCESS);
	parents = whole();
	kill(daemon_pid, SIGTERM);
	(void)waitpid(daemon_pid, &status, 0);
	RUN(handles_outlive_the_daemon);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		check_failed++;
	(void)snprintf(command, sizeof command, "rm -rf %s", room);
	if (system(command) != 0)
		perror(command);
	return check_end();
}
