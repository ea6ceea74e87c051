/*
 * policy_info_test.c - secur32/policy_info.c, secur32/trusts.c, secur32/forest.c and secur32/audit_policy.c
 * with lsa/serve_info.c, lsa/serve_trust.c and lsa/policy_entry.c behind them: every information
 * class with its right, trusted domains, forests, and what is audited. Spec
 * lsa-policy 3, 7, 9.
 */
#define INITGUID
#include <stdio.h>
#include <stdlib.h>

#include "base/auditing.h"
#include "secur32/audit_names.h"
#include "tests/api/policy.h"

/* Class by class: what a handle needs to query it, what to set it. 0: never. */
static const struct { unsigned class; ACCESS_MASK query, set; NTSTATUS usual; } rows[] = {
	{ PolicyAuditLogInformation,           0x2, 0,     STATUS_SUCCESS },
	{ PolicyAuditEventsInformation,        0x2, 0x100, STATUS_SUCCESS },
	{ PolicyPrimaryDomainInformation,      0x1, 0x8,   STATUS_SUCCESS },
	{ PolicyPdAccountInformation,          0x4, 0,     STATUS_SUCCESS },
	{ PolicyAccountDomainInformation,      0x1, 0x8,   STATUS_SUCCESS },
	{ PolicyLsaServerRoleInformation,      0x1, 0x400, STATUS_SUCCESS },
	{ PolicyReplicaSourceInformation,      0x1, 0x400, STATUS_SUCCESS },
	{ PolicyDefaultQuotaInformation,       0x1, 0x80,  STATUS_SUCCESS },
	{ PolicyModificationInformation,       0x1, 0,     STATUS_SUCCESS },
	{ PolicyAuditFullSetInformation,       0,   0x200, STATUS_SUCCESS },
	{ PolicyAuditFullQueryInformation,     0x2, 0,     STATUS_SUCCESS },
	{ PolicyDnsDomainInformation,          0x1, 0x8,   STATUS_SUCCESS },
	{ PolicyDnsDomainInformationInt,       0x1, 0,     STATUS_SUCCESS },
	{ PolicyLocalAccountDomainInformation, 0x1, 0,     STATUS_SUCCESS },
	{ PolicyMachineAccountInformation,     0x1, 0,     STATUS_OBJECT_NAME_NOT_FOUND },
};

TEST(rights_of_each_class)
{
	static union { POLICY_DNS_DOMAIN_INFO dns; ULONG zero[64]; } nothing;
	LSA_HANDLE all = policy_open_for(0xF0FFF);

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		LSA_HANDLE exact = policy_open_for(rows[i].query), without = policy_open_for(0xFFF & ~rows[i].query & ~0x40u);
		LSA_HANDLE unset = policy_open_for(0xFFF & ~rows[i].set & ~0x40u);
		void *info = (void *)1;

		CHECK_ST(LsaQueryInformationPolicy(exact, rows[i].class, &info), rows[i].query ? rows[i].usual : STATUS_INVALID_PARAMETER);
		CHECK((rows[i].query && rows[i].usual == STATUS_SUCCESS) == (info != NULL));
		LsaFreeMemory(info);
		CHECK_ST(LsaQueryInformationPolicy(without, rows[i].class, &info),
		    rows[i].query ? STATUS_ACCESS_DENIED : STATUS_INVALID_PARAMETER);
		CHECK_ST(LsaSetInformationPolicy(unset, rows[i].class, &nothing),
		    rows[i].set ? STATUS_ACCESS_DENIED : STATUS_INVALID_PARAMETER);
		LsaClose(exact);
		LsaClose(without);
		LsaClose(unset);
	}
	void *info;
	CHECK_ST(LsaQueryInformationPolicy(all, 0, &info), STATUS_INVALID_PARAMETER);
	CHECK_ST(LsaQueryInformationPolicy(all, 16, &info), STATUS_INVALID_PARAMETER);
	CHECK_ST(LsaQueryInformationPolicy(all, 3, NULL), STATUS_INVALID_PARAMETER);
	CHECK_ST(LsaSetInformationPolicy(all, 3, NULL), STATUS_INVALID_PARAMETER);
	LsaClose(all);
}

TEST(a_machine_of_its_own)
{
	LSA_HANDLE h = policy_open_for(POLICY_ALL_ACCESS);
	POLICY_PRIMARY_DOMAIN_INFO *primary;
	POLICY_ACCOUNT_DOMAIN_INFO *account, *local;
	POLICY_DNS_DOMAIN_INFO *dns;
	POLICY_LSA_SERVER_ROLE_INFO *role;
	DWORD *sub;
	SID *sid;

	CHECK_ST(LsaQueryInformationPolicy(h, PolicyPrimaryDomainInformation, (PVOID *)&primary), STATUS_SUCCESS);
	CHECK(primary->Name.Length != 0 && primary->Sid == NULL);
	LsaFreeMemory(primary);
	CHECK_ST(LsaQueryInformationPolicy(h, PolicyAccountDomainInformation, (PVOID *)&account), STATUS_SUCCESS);
	CHECK_ST(LsaQueryInformationPolicy(h, PolicyLocalAccountDomainInformation, (PVOID *)&local), STATUS_SUCCESS);
	sid = account->DomainSid;
	CHECK(sid->SubAuthorityCount == 4 && sid->SubAuthority[0] == 21 && account->DomainName.Length <= 30);
	CHECK(memcmp(local->DomainSid, sid, 24) == 0);
	/* The same is no change; another one is refused. */
	CHECK_ST(LsaSetInformationPolicy(h, PolicyAccountDomainInformation, account), STATUS_SUCCESS);
	sub = sid->SubAuthority;
	sub[1] ^= 1;
	CHECK_ST(LsaSetInformationPolicy(h, PolicyAccountDomainInformation, account), STATUS_INVALID_DOMAIN_STATE);
	LsaFreeMemory(account);
	LsaFreeMemory(local);
	CHECK_ST(LsaQueryInformationPolicy(h, PolicyDnsDomainInformation, (PVOID *)&dns), STATUS_SUCCESS);
	CHECK(dns->Name.Length == 0 && dns->DnsDomainName.Length == 0 && dns->Sid == NULL);
	LsaFreeMemory(dns);
	CHECK_ST(LsaQueryInformationPolicy(h, PolicyLsaServerRoleInformation, (PVOID *)&role), STATUS_SUCCESS);
	CHECK(role->LsaServerRole == PolicyServerRolePrimary);
	LsaFreeMemory(role);
	LsaClose(h);
}

TEST(set_and_read_back)
{
	LSA_HANDLE h = policy_open_for(POLICY_ALL_ACCESS);
	struct a_sid sid = SIDV(5, 21, 7, 8, 9);
	POLICY_DNS_DOMAIN_INFO dns = { .Sid = &sid, .DomainGuid = { 1, 2, 3, { 4 } } }, *dns_back;
	POLICY_PRIMARY_DOMAIN_INFO primary = { .Sid = NULL }, *primary_back;
	POLICY_LSA_SERVER_ROLE_INFO role = { (POLICY_LSA_SERVER_ROLE)4 };
	POLICY_REPLICA_SOURCE_INFO replica, *replica_back;
	POLICY_DEFAULT_QUOTA_INFO quota = { { 1, 2, 3, 4, 5, { .QuadPart = 6 } } }, *quota_back;
	POLICY_AUDIT_FULL_SET_INFO full = { TRUE };
	POLICY_AUDIT_FULL_QUERY_INFO *full_back;
	POLICY_DOMAIN_KERBEROS_TICKET_INFO k = { .AuthenticationOptions = 0x80 }, *k_back;
	POLICY_DOMAIN_EFS_INFO efs = { 3, (PUCHAR)(uintptr_t)"efs" }, *efs_back;
	ULONGLONG before = policy_modified(h);
	void *info;

	dns.Name = *U("CORP");
	dns.DnsDomainName = *U("corp.example");
	dns.DnsForestName = *U("example");
	CHECK_ST(LsaSetInformationPolicy(h, PolicyDnsDomainInformation, &dns), STATUS_SUCCESS);
	CHECK_ST(LsaQueryInformationPolicy(h, PolicyDnsDomainInformationInt, (PVOID *)&dns_back), STATUS_SUCCESS);
	CHECK(is_text(&dns_back->Name, "CORP") && is_text(&dns_back->DnsDomainName, "corp.example") &&
	    is_text(&dns_back->DnsForestName, "example") && memcmp(dns_back->Sid, &sid, 24) == 0 &&
	    memcmp(&dns_back->DomainGuid, &dns.DomainGuid, 16) == 0);
	LsaFreeMemory(dns_back);
	sid.sid.Revision = 9;
	CHECK_ST(LsaSetInformationPolicy(h, PolicyDnsDomainInformation, &dns), STATUS_INVALID_PARAMETER);
	primary.Name = *U("GROUP");
	CHECK_ST(LsaSetInformationPolicy(h, PolicyPrimaryDomainInformation, &primary), STATUS_SUCCESS);
	CHECK_ST(LsaQueryInformationPolicy(h, PolicyPrimaryDomainInformation, (PVOID *)&primary_back), STATUS_SUCCESS);
	CHECK(is_text(&primary_back->Name, "GROUP") && primary_back->Sid == NULL);
	LsaFreeMemory(primary_back);
	CHECK_ST(LsaSetInformationPolicy(h, PolicyLsaServerRoleInformation, &role), STATUS_INVALID_PARAMETER);
	role.LsaServerRole = PolicyServerRoleBackup;
	CHECK_ST(LsaSetInformationPolicy(h, PolicyLsaServerRoleInformation, &role), STATUS_SUCCESS);
	replica.ReplicaSource = *U("SOURCE");
	replica.ReplicaAccountName = *U("replica$");
	CHECK_ST(LsaSetInformationPolicy(h, PolicyReplicaSourceInformation, &replica), STATUS_SUCCESS);
	CHECK_ST(LsaQueryInformationPolicy(h, PolicyReplicaSourceInformation, (PVOID *)&replica_back), STATUS_SUCCESS);
	CHECK(is_text(&replica_back->ReplicaSource, "SOURCE") && is_text(&replica_back->ReplicaAccountName, "replica$"));
	LsaFreeMemory(replica_back);
	CHECK_ST(LsaSetInformationPolicy(h, PolicyDefaultQuotaInformation, &quota), STATUS_SUCCESS);
	CHECK_ST(LsaQueryInformationPolicy(h, PolicyDefaultQuotaInformation, (PVOID *)&quota_back), STATUS_SUCCESS);
	CHECK(memcmp(quota_back, &quota, sizeof quota) == 0);
	LsaFreeMemory(quota_back);
	CHECK_ST(LsaSetInformationPolicy(h, PolicyAuditFullSetInformation, &full), STATUS_SUCCESS);
	CHECK_ST(LsaQueryInformationPolicy(h, PolicyAuditFullQueryInformation, (PVOID *)&full_back), STATUS_SUCCESS);
	CHECK(full_back->ShutDownOnFull && !full_back->LogIsFull);
	LsaFreeMemory(full_back);
	CHECK_ST(LsaQueryDomainInformationPolicy(h, PolicyDomainKerberosTicketInformation, &info), STATUS_OBJECT_NAME_NOT_FOUND);
	CHECK_ST(LsaSetDomainInformationPolicy(h, PolicyDomainKerberosTicketInformation, &k), STATUS_INVALID_PARAMETER);
	k.MaxServiceTicketAge.QuadPart = k.MaxTicketAge.QuadPart = k.MaxRenewAge.QuadPart = k.MaxClockSkew.QuadPart = 3000000000;
	CHECK_ST(LsaSetDomainInformationPolicy(h, PolicyDomainKerberosTicketInformation, &k), STATUS_SUCCESS);
	CHECK_ST(LsaQueryDomainInformationPolicy(h, PolicyDomainKerberosTicketInformation, (PVOID *)&k_back), STATUS_SUCCESS);
	CHECK(k_back->AuthenticationOptions == 0x80 && k_back->MaxClockSkew.QuadPart == 3000000000);
	LsaFreeMemory(k_back);
	CHECK_ST(LsaQueryDomainInformationPolicy(h, PolicyDomainEfsInformation, &info), STATUS_OBJECT_NAME_NOT_FOUND);
	CHECK_ST(LsaSetDomainInformationPolicy(h, PolicyDomainEfsInformation, &efs), STATUS_SUCCESS);
	CHECK_ST(LsaQueryDomainInformationPolicy(h, PolicyDomainEfsInformation, (PVOID *)&efs_back), STATUS_SUCCESS);
	CHECK(efs_back->InfoLength == 3 && memcmp(efs_back->EfsBlob, "efs", 3) == 0);
	LsaFreeMemory(efs_back);
	CHECK_ST(LsaQueryDomainInformationPolicy(h, 1, &info), STATUS_INVALID_PARAMETER);
	CHECK_U64(policy_modified(h), before + 8);
	LsaClose(h);
}

/* --- what is audited ------------------------------------------------------------------- */

TEST(audit_events)
{
	LSA_HANDLE h = policy_open_for(POLICY_ALL_ACCESS);
	ULONG options[9] = { [AuditCategoryLogon] = POLICY_AUDIT_EVENT_SUCCESS };
	POLICY_AUDIT_EVENTS_INFO events = { TRUE, options, 9 }, *back;
	AUDIT_POLICY_INFORMATION *one, set;
	GUID *subs, category;
	ULONG count;

	/* The LSA knows some by their places. */
	CHECK_U64(audit_place(&Audit_Logon_Logon), PLACE_LOGON);
	CHECK_U64(audit_place(&Audit_Logon_AccountLockout), PLACE_LOCKOUT);
	CHECK_U64(audit_place(&Audit_AccountManagement_UserAccount), PLACE_USER_ACCOUNT);
	for (unsigned c = 0; c < AUDIT_CATEGORIES; c++) {
		CHECK(AuditLookupCategoryGuidFromCategoryId((POLICY_AUDIT_EVENT_TYPE)c, &category));
		CHECK(memcmp(audit_category_at(auditing_first(c)), &category, 16) == 0);
		CHECK(memcmp(audit_category_at(auditing_first(c + 1) - 1), &category, 16) == 0);
	}
	CHECK_ST(LsaSetInformationPolicy(h, PolicyAuditEventsInformation, &events), STATUS_SUCCESS);
	CHECK_ST(LsaQueryInformationPolicy(h, PolicyAuditEventsInformation, (PVOID *)&back), STATUS_SUCCESS);
	CHECK(back->AuditingMode && back->MaximumAuditEventCount == 9 && back->EventAuditingOptions[AuditCategoryLogon] == 1);
	CHECK(back->EventAuditingOptions[AuditCategoryAccountManagement] == 3);	/* unchanged: as it is from the start */
	LsaFreeMemory(back);
	CHECK(AuditLookupCategoryGuidFromCategoryId(AuditCategoryLogon, &category));
	CHECK(AuditEnumerateSubCategories(&category, FALSE, &subs, &count) && count == 11);
	CHECK(AuditQuerySystemPolicy(subs, count, &one));
	for (ULONG i = 0; i < count; i++)
		CHECK(one[i].AuditingInformation == 1 && memcmp(&one[i].AuditCategoryGuid, &category, 16) == 0);
	AuditFree(one);
	set = (AUDIT_POLICY_INFORMATION){ .AuditSubCategoryGuid = subs[0], .AuditingInformation = POLICY_AUDIT_EVENT_FAILURE };
	CHECK(AuditSetSystemPolicy(&set, 1));
	CHECK(AuditQuerySystemPolicy(subs, 2, &one));
	CHECK(one[0].AuditingInformation == 2 && one[1].AuditingInformation == 1);
	AuditFree(one);
	set.AuditingInformation = 8;
	CHECK(!AuditSetSystemPolicy(&set, 1) && GetLastError() == ERROR_INVALID_PARAMETER);
	CHECK(!AuditQuerySystemPolicy(&category, 1, &one) && GetLastError() == ERROR_INVALID_PARAMETER);
	CHECK(!AuditQuerySystemPolicy(NULL, 1, &one) && GetLastError() == ERROR_INVALID_PARAMETER);
	set.AuditingInformation = POLICY_AUDIT_EVENT_NONE;
	CHECK(AuditSetSystemPolicy(&set, 1));
	CHECK(AuditQuerySystemPolicy(subs, 1, &one) && one[0].AuditingInformation == POLICY_AUDIT_EVENT_NONE);
	AuditFree(one);
	set.AuditingInformation = POLICY_AUDIT_EVENT_FAILURE;
	CHECK(AuditSetSystemPolicy(&set, 1));
	AuditFree(subs);
	LsaClose(h);
}

static void
user_set(PSID sid, const GUID *place, ULONG option)
{
	AUDIT_POLICY_INFORMATION set = { .AuditSubCategoryGuid = *place, .AuditingInformation = option };

	CHECK(AuditSetPerUserPolicy(sid, &set, 1));
}

/* One subcategory: what is set of the user, and what it comes to. */
static bool
user_is(PSID sid, const GUID *place, ULONG option, ULONG effective)
{
	AUDIT_POLICY_INFORMATION *one = NULL, *all = NULL;
	bool good = CHECK(AuditQueryPerUserPolicy(sid, place, 1, &one)) && CHECK(AuditComputeEffectivePolicyBySid(sid, place, 1, &all)) &&
	    CHECK_U64(one->AuditingInformation, option) && CHECK_U64(all->AuditingInformation, effective);

	AuditFree(one);
	AuditFree(all);
	return good;
}

static ULONG
users_with(PSID sid)
{
	POLICY_AUDIT_SID_ARRAY *users = NULL;
	ULONG found = 0;

	if (!CHECK(AuditEnumeratePerUserPolicy(&users)))
		return 99;
	for (ULONG i = 0; i < users->UsersCount; i++)
		found += EqualSid(users->UserSidArray[i], sid) != 0;
	AuditFree(users);
	return found;
}

TEST(audit_of_users)
{
	struct { SID sid; DWORD more[4]; } user = { { 1, 5, { { 0, 0, 0, 0, 0, 5 } }, { 21 } }, { 7, 8, 9, 1234 } };
	AUDIT_POLICY_INFORMATION set = { .AuditSubCategoryGuid = Audit_Logon_Logon, .AuditingInformation = POLICY_AUDIT_EVENT_SUCCESS };
	AUDIT_POLICY_INFORMATION *all = (void *)5;
	HANDLE own = NULL;
	TOKEN_USER *me;
	_Alignas(8) char room[200];
	DWORD len;
	GUID nothing = { 1, 2, 3, { 4 } };

	CHECK(AuditSetSystemPolicy(&set, 1));
	CHECK_U64(users_with(&user), 0);
	CHECK(user_is(&user, &Audit_Logon_Logon, PER_USER_AUDIT_NONE, POLICY_AUDIT_EVENT_SUCCESS));
	user_set(&user, &Audit_Logon_Logon, PER_USER_AUDIT_SUCCESS_EXCLUDE | PER_USER_AUDIT_FAILURE_INCLUDE);
	CHECK(user_is(&user, &Audit_Logon_Logon, PER_USER_AUDIT_SUCCESS_EXCLUDE | PER_USER_AUDIT_FAILURE_INCLUDE, POLICY_AUDIT_EVENT_FAILURE));
	CHECK_U64(users_with(&user), 1);
	user_set(&user, &Audit_Logon_Logon, PER_USER_POLICY_UNCHANGED);
	user_set(&user, &Audit_Logon_Logon, PER_USER_AUDIT_SUCCESS_EXCLUDE);
	CHECK(user_is(&user, &Audit_Logon_Logon, PER_USER_AUDIT_SUCCESS_EXCLUDE, POLICY_AUDIT_EVENT_NONE));
	user_set(&user, &Audit_Logon_Logon, PER_USER_AUDIT_NONE);
	CHECK(user_is(&user, &Audit_Logon_Logon, PER_USER_AUDIT_NONE, POLICY_AUDIT_EVENT_SUCCESS));
	CHECK_U64(users_with(&user), 0);

	set.AuditingInformation = PER_USER_AUDIT_SUCCESS_INCLUDE | PER_USER_AUDIT_SUCCESS_EXCLUDE;
	CHECK(!AuditSetPerUserPolicy(&user, &set, 1) && GetLastError() == ERROR_INVALID_PARAMETER);
	set.AuditingInformation = PER_USER_AUDIT_NONE | PER_USER_AUDIT_SUCCESS_INCLUDE;
	CHECK(!AuditSetPerUserPolicy(&user, &set, 1) && GetLastError() == ERROR_INVALID_PARAMETER);
	set.AuditingInformation = 0x20;
	CHECK(!AuditSetPerUserPolicy(&user, &set, 1) && GetLastError() == ERROR_INVALID_PARAMETER);
	CHECK(!AuditSetPerUserPolicy(NULL, &set, 1) && GetLastError() == ERROR_INVALID_PARAMETER);
	CHECK(!AuditQueryPerUserPolicy(&user, &nothing, 1, &all) && GetLastError() == ERROR_INVALID_PARAMETER && all == (void *)5);
	CHECK(!AuditComputeEffectivePolicyBySid(&user, NULL, 1, &all) && GetLastError() == ERROR_INVALID_PARAMETER);
	CHECK(!AuditEnumeratePerUserPolicy(NULL) && GetLastError() == ERROR_INVALID_PARAMETER);
	CHECK(!AuditComputeEffectivePolicyByToken(NULL, &Audit_Logon_Logon, 1, &all) && GetLastError() == ERROR_INVALID_HANDLE &&
	    all == (void *)5);

	/* By a token: its user's. */
	CHECK(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &own) && GetTokenInformation(own, TokenUser, room, sizeof room, &len));
	me = (void *)room;
	user_set(me->User.Sid, &Audit_Logon_Logon, PER_USER_AUDIT_FAILURE_INCLUDE);
	if (CHECK(AuditComputeEffectivePolicyByToken(own, &Audit_Logon_Logon, 1, &all))) {
		CHECK_U64(all->AuditingInformation, POLICY_AUDIT_EVENT_SUCCESS | POLICY_AUDIT_EVENT_FAILURE);
		AuditFree(all);
	}
	user_set(me->User.Sid, &Audit_Logon_Logon, PER_USER_AUDIT_NONE);
	CloseHandle(own);
}

/* --- trusts ---------------------------------------------------------------------------------- */

static NTSTATUS
trust_make(LSA_HANDLE h, const char *name, const char *flat, DWORD number, LSA_HANDLE *ret)
{
	struct a_sid sid = SIDV(5, 21, 4711, 2, number);
	TRUSTED_DOMAIN_INFORMATION_EX ex = { .Sid = &sid, .TrustDirection = 3, .TrustType = 2 };
	TRUSTED_DOMAIN_AUTH_INFORMATION auth;

	memset(&auth, 0, sizeof auth);
	ex.Name = *U(name);
	ex.FlatName = *U(flat);
	return LsaCreateTrustedDomainEx(h, &ex, &auth, 0xF007F, ret);
}

TEST(trusted_domains)
{
	LSA_HANDLE h = policy_open_for(POLICY_ALL_ACCESS), t = NULL, u = NULL;
	struct a_sid sid = SIDV(5, 21, 4711, 2, 1), other = SIDV(5, 21, 4711, 2, 99);
	LSA_AUTH_INFORMATION keys[2] = { { { .QuadPart = 5 }, 2, 6, (PUCHAR)(uintptr_t)"secret" }, { { .QuadPart = 6 }, 2, 3, (PUCHAR)(uintptr_t)"old" } };
	TRUSTED_DOMAIN_AUTH_INFORMATION auth = { 0, NULL, NULL, 1, &keys[0], &keys[1] }, *auth_back;
	TRUSTED_DOMAIN_INFORMATION_EX *ex;
	TRUSTED_DOMAIN_FULL_INFORMATION *full;
	TRUSTED_PASSWORD_INFO *password;
	TRUSTED_POSIX_OFFSET_INFO *posix, offset = { 77 };
	TRUSTED_DOMAIN_SUPPORTED_ENCRYPTION_TYPES types = { 0x18 }, *types_back;
	LSA_TRUST_INFORMATION *basic;
	LSA_FOREST_TRUST_INFORMATION forest = { 0, NULL }, *forest_back;
	LSA_FOREST_TRUST_COLLISION_INFORMATION *collision;
	LSA_REFERENCED_DOMAIN_LIST *domains;
	LSA_TRANSLATED_SID2 *sids;
	void *any;

	CHECK_ST(LsaOpenTrustedDomain(h, &sid, 1, &t), STATUS_NO_SUCH_DOMAIN);
	CHECK_ST(LsaOpenTrustedDomainByName(h, U("corp.example"), 1, &t), STATUS_OBJECT_NAME_NOT_FOUND);
	CHECK_ST(trust_make(h, "corp.example", "CORP", 1, &t), STATUS_SUCCESS);
	CHECK_ST(trust_make(h, "CORP.example", "X", 2, &u), STATUS_OBJECT_NAME_COLLISION);
	CHECK_ST(trust_make(h, "x.example", "corp", 2, &u), STATUS_OBJECT_NAME_COLLISION);
	CHECK_ST(trust_make(h, "corp", "X", 2, &u), STATUS_OBJECT_NAME_COLLISION);
	CHECK_ST(trust_make(h, "x.example", "X", 1, &u), STATUS_OBJECT_NAME_COLLISION);
	CHECK_ST(trust_make(h, "", "X", 2, &u), STATUS_INVALID_PARAMETER);
	CHECK_ST(LsaOpenTrustedDomainByName(h, U("corp"), TRUSTED_QUERY_DOMAIN_NAME, &u), STATUS_SUCCESS);
	LsaClose(u);
	CHECK_ST(LsaOpenTrustedDomain(h, &sid, TRUSTED_QUERY_DOMAIN_NAME, &u), STATUS_SUCCESS);
	LsaClose(u);
	CHECK_ST(LsaQueryTrustedDomainInfo(h, &sid, TrustedDomainInformationEx, (PVOID *)&ex), STATUS_SUCCESS);
	CHECK(is_text(&ex->Name, "corp.example") && is_text(&ex->FlatName, "CORP") && ex->TrustDirection == 3 && ex->TrustType == 2);
	ex->TrustAttributes = 8;
	CHECK_ST(LsaSetTrustedDomainInfoByName(h, U("corp.example"), TrustedDomainInformationEx, ex), STATUS_SUCCESS);
	ex->TrustDirection = 4;
	CHECK_ST(LsaSetTrustedDomainInfoByName(h, U("corp.example"), TrustedDomainInformationEx, ex), STATUS_INVALID_PARAMETER);
	LsaFreeMemory(ex);
	CHECK_ST(LsaQueryTrustedDomainInfoByName(h, U("CORP"), TrustedDomainInformationBasic, (PVOID *)&basic), STATUS_SUCCESS);
	CHECK(is_text(&basic->Name, "corp.example") && memcmp(basic->Sid, &sid, 24) == 0);
	LsaFreeMemory(basic);
	CHECK_ST(LsaQueryTrustedDomainInfo(h, &sid, TrustedPosixOffsetInformation, (PVOID *)&posix), STATUS_SUCCESS);
	CHECK(posix->Offset != 0);
	LsaFreeMemory(posix);
	CHECK_ST(LsaSetTrustedDomainInformation(h, &sid, TrustedPosixOffsetInformation, &offset), STATUS_SUCCESS);
	CHECK_ST(LsaSetTrustedDomainInformation(h, &sid, TrustedDomainSupportedEncryptionTypes, &types), STATUS_SUCCESS);
	CHECK_ST(LsaQueryTrustedDomainInfo(h, &sid, TrustedDomainSupportedEncryptionTypes, (PVOID *)&types_back), STATUS_SUCCESS);
	CHECK_U64(types_back->SupportedEncryptionTypes, 0x18);
	LsaFreeMemory(types_back);
	CHECK_ST(LsaSetTrustedDomainInformation(h, &sid, TrustedDomainAuthInformation, &auth), STATUS_SUCCESS);
	/* The test is the system itself: root, or the LSA is in this process. */
	CHECK_ST(LsaQueryTrustedDomainInfo(h, &sid, TrustedDomainAuthInformation, (PVOID *)&auth_back), STATUS_SUCCESS);
	CHECK(auth_back->IncomingAuthInfos == 0 && auth_back->OutgoingAuthInfos == 1 &&
	    memcmp(auth_back->OutgoingAuthenticationInformation[0].AuthInfo, "secret", 6) == 0);
	LsaFreeMemory(auth_back);
	CHECK_ST(LsaQueryTrustedDomainInfo(h, &sid, TrustedPasswordInformation, (PVOID *)&password), STATUS_SUCCESS);
	CHECK(password->Password.Length == 6 && password->OldPassword.Length == 3 && memcmp(password->OldPassword.Buffer, "old", 3) == 0);
	LsaFreeMemory(password);
	CHECK_ST(LsaQueryTrustedDomainInfo(h, &sid, TrustedDomainFullInformation, (PVOID *)&full), STATUS_SUCCESS);
	CHECK(full->PosixOffset.Offset == 77 && full->AuthInformation.OutgoingAuthInfos == 1 && full->Information.TrustAttributes == 8);
	LsaFreeMemory(full);
	CHECK_ST(LsaQueryTrustedDomainInfo(h, &sid, TrustedControllersInformation, &any), STATUS_INVALID_PARAMETER);
	CHECK_ST(LsaQueryTrustedDomainInfo(h, &sid, 9, &any), STATUS_INVALID_INFO_CLASS);
	CHECK_ST(LsaQueryTrustedDomainInfo(h, &sid, 12, &any), STATUS_INVALID_INFO_CLASS);
	CHECK_ST(LsaQueryTrustedDomainInfo(h, &sid, 14, &any), STATUS_INVALID_PARAMETER);
	CHECK_ST(LsaQueryTrustedDomainInfo(h, &other, 6, &any), STATUS_NO_SUCH_DOMAIN);
	CHECK_ST(LsaLookupNames2(h, 0, 1, U("CORP"), &domains, &sids), STATUS_SUCCESS);
	CHECK(sids[0].Use == SidTypeDomain && memcmp(sids[0].Sid, &sid, 24) == 0);
	LsaFreeMemory(domains);
	LsaFreeMemory(sids);
	/* Forests: attribute 8 is set, but no domain controller is here. */
	CHECK_ST(LsaQueryForestTrustInformation(h, U("corp.example"), &forest_back), STATUS_NOT_FOUND);
	CHECK_ST(LsaSetForestTrustInformation(h, U("corp.example"), &forest, TRUE, &collision), STATUS_INVALID_DOMAIN_STATE);
	CHECK_ST(trust_make(h, "plain.example", "PLAIN", 3, &u), STATUS_SUCCESS);
	CHECK_ST(LsaQueryForestTrustInformation(h, U("PLAIN"), &forest_back), STATUS_INVALID_DOMAIN_STATE);
	CHECK_ST(LsaDelete(u), STATUS_SUCCESS);
	CHECK_ST(LsaDeleteTrustedDomain(h, &other), STATUS_NO_SUCH_DOMAIN);
	CHECK_ST(LsaDeleteTrustedDomain(h, &sid), STATUS_SUCCESS);
	CHECK_ST(LsaOpenTrustedDomainByName(h, U("CORP"), 1, &u), STATUS_OBJECT_NAME_NOT_FOUND);
	CHECK_ST(LsaQueryTrustedDomainInfo(h, &sid, 6, &any), STATUS_NO_SUCH_DOMAIN);
	CHECK_ST(trust_make(h, "x.example", "corp", 1, &u), STATUS_SUCCESS);	/* names and SID are free again */
	CHECK_ST(LsaDelete(u), STATUS_SUCCESS);
	/* The older form. */
	{
		LSA_TRUST_INFORMATION old = { .Sid = &other };

		old.Name = *U("OLDSTYLE");
		CHECK_ST(LsaCreateTrustedDomain(h, &old, DELETE, &u), STATUS_SUCCESS);
		CHECK_ST(LsaDelete(u), STATUS_SUCCESS);
	}
	LsaClose(t);
	LsaClose(h);
}

/* 9.8: the loop ends for none, one and many. */
static unsigned
walk(LSA_HANDLE h, bool ex, ULONG most)
{
	LSA_ENUMERATION_HANDLE context = 0;
	ULONG count;
	unsigned all = 0, rounds = 0;
	NTSTATUS status;
	void *list;

	for (;;) {
		status = ex ? LsaEnumerateTrustedDomainsEx(h, &context, &list, most, &count) :
		    LsaEnumerateTrustedDomains(h, &context, &list, most, &count);
		if (status < 0 || rounds++ > 100000)
			break;
		CHECK(count >= 1 && list);
		all += count;
		LsaFreeMemory(list);
	}
	CHECK_ST(status, STATUS_NO_MORE_ENTRIES);
	CHECK(list == NULL && count == 0);
	return all;
}

TEST(enumerations_end)
{
	LSA_HANDLE h = policy_open_for(POLICY_ALL_ACCESS), t;
	unsigned many = api_scale(200, 50, 10000);
	char name[40], flat[40];

	CHECK_U64(walk(h, true, 1000), 0);
	CHECK_ST(trust_make(h, "d0.example", "D0", 1000, &t), STATUS_SUCCESS);
	LsaClose(t);
	CHECK_U64(walk(h, false, 0), 1);
	for (unsigned i = 1; i < many; i++) {
		(void)snprintf(name, sizeof name, "d%u.example", i);
		(void)snprintf(flat, sizeof flat, "D%u", i);
		if (!CHECK_ST(trust_make(h, name, flat, 1000 + i, &t), STATUS_SUCCESS))
			break;
		LsaClose(t);
	}
	CHECK_U64(walk(h, true, 1), many);
	CHECK_U64(walk(h, false, 3000), many);
	CHECK_U64(walk(h, true, 1u << 30), many);
	for (unsigned i = 0; i < many; i++) {
		struct a_sid sid = SIDV(5, 21, 4711, 2, 1000 + i);

		CHECK_ST(LsaDeleteTrustedDomain(h, &sid), STATUS_SUCCESS);
	}
	CHECK_U64(walk(h, true, 1000), 0);
	LsaClose(h);
}

TEST(no_central_access_policies)
{
	PSID *ids = (void *)1;
	PCENTRAL_ACCESS_POLICY caps;
	ULONG count = 5;

	CHECK_ST(LsaGetAppliedCAPIDs(NULL, &ids, &count), STATUS_SUCCESS);
	CHECK(ids == NULL && count == 0);
	CHECK_ST(LsaQueryCAPs(NULL, 0, &caps, &count), STATUS_SUCCESS);
	CHECK(caps == NULL && count == 0);
	CHECK_ST(LsaSetCAPs(NULL, 0, 0), STATUS_SUCCESS);
	CHECK_ST(LsaSetCAPs(NULL, 0, LSASETCAPS_RELOAD_FLAG), STATUS_SUCCESS);
	CHECK_ST(LsaSetCAPs(U("CN=Rules,DC=example"), 1, 0), STATUS_DIRECTORY_SERVICE_REQUIRED);
	CHECK_ST(LsaSetCAPs(U("CN=Rules,DC=example"), 1, 2), STATUS_INVALID_PARAMETER);
	CHECK_ST(LsaSetCAPs(NULL, 1, 0), STATUS_INVALID_PARAMETER);
	CHECK_ST(LsaSetCAPs(U(""), 1, 0), STATUS_INVALID_PARAMETER);
}

int
main(void)
{
	api_begin();
	RUN(rights_of_each_class);
	RUN(a_machine_of_its_own);
	RUN(set_and_read_back);
	RUN(audit_events);
	RUN(audit_of_users);
	RUN(trusted_domains);
	RUN(enumerations_end);
	RUN(no_central_access_policies);
	return check_end();
}
