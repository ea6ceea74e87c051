/*
 * policy_rights_test.c - secur32/policy.c, secur32/rights.c and secur32/pol.c with lsa/serve_policy.c,
 * lsa/serve_rights.c, lsa/serve_quota.c, lsa/rights.c, lsa/edit.c and lsa/policy_entry.c behind them:
 * handles and their access, rights by SID and by handle, quotas
 * (secur32/account_quota.c), names of privileges, security descriptors, and that logon rights are more than words. Spec lsa-policy 2, 5, 9.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/api/policy.h"

TEST(handles)
{
	LSA_HANDLE h = policy_open_for(0), other;
	LSA_OBJECT_ATTRIBUTES odd = { .Length = 7 };
	POLICY_MODIFICATION_INFO *info = (void *)1;

	CHECK_ST((LsaQueryInformationPolicy(h, PolicyModificationInformation, (PVOID *)&info)), STATUS_ACCESS_DENIED);
	CHECK(info == NULL);
	CHECK_ST((LsaClose(h)), STATUS_SUCCESS);
	CHECK_ST((LsaClose(h)), STATUS_INVALID_HANDLE);
	CHECK_ST((LsaClose(NULL)), STATUS_INVALID_HANDLE);
	CHECK_ST((LsaOpenPolicy(NULL, NULL, 0x801, &h)), STATUS_SUCCESS);
	CHECK_ST((LsaDeregisterLogonProcess(h)), STATUS_INVALID_HANDLE);
	CHECK(!CloseHandle(h));
	CHECK_ST((LsaClose(h)), STATUS_SUCCESS);
	CHECK_ST((LsaOpenPolicy(U("."), &odd, MAXIMUM_ALLOWED, &h)), STATUS_SUCCESS);
	CHECK_ST((LsaClose(h)), STATUS_SUCCESS);
	CHECK_ST((LsaOpenPolicy(U("\\\\localhost"), NULL, 1, &h)), STATUS_SUCCESS);
	CHECK_ST((LsaClose(h)), STATUS_SUCCESS);
	CHECK_ST((LsaOpenPolicy(U("elsewhere.example"), NULL, 1, &h)), STATUS_UNSUCCESSFUL);
	CHECK_ST((LsaOpenPolicy(NULL, NULL, 0x00100000, &h)), STATUS_ACCESS_DENIED);	/* SYNCHRONIZE */
	CHECK_ST((LsaOpenPolicy(NULL, NULL, 1, NULL)), STATUS_INVALID_PARAMETER);
	CHECK_ST((LsaConnectUntrusted(&other)), STATUS_SUCCESS);
	CHECK_ST((LsaClose(other)), STATUS_INVALID_HANDLE);
	CHECK_ST((LsaDeregisterLogonProcess(other)), STATUS_SUCCESS);
	CHECK_ST((LsaFreeMemory(NULL)), STATUS_SUCCESS);
	/* What was granted counts, not who asks later. */
	h = policy_open_for(POLICY_LOOKUP_NAMES);
	struct a_sid sid = SIDV(5, 21, 1, 2, 3, 1500);
	CHECK_ST((LsaAddAccountRights(h, &sid, U("SeBackupPrivilege"), 1)), STATUS_ACCESS_DENIED);
	CHECK_ST((LsaClose(h)), STATUS_SUCCESS);
}

TEST(rights_by_sid)
{
	LSA_HANDLE h = policy_open_for(POLICY_ALL_ACCESS);
	struct a_sid sid = SIDV(5, 21, 1, 2, 3, 1501), bad = sid;
	LSA_UNICODE_STRING two[2], *rights = (void *)1;
	LSA_ENUMERATION_INFORMATION *holders;
	ULONGLONG before = policy_modified(h);
	ULONG count = 9;

	bad.sid.Revision = 2;
	/* 9.6: an unknown name, and nothing is applied. */
	two[0] = *U("SeTcbPrivilege");
	two[1] = *U("Bogus");
	CHECK_ST((LsaAddAccountRights(h, &sid, two, 2)), STATUS_NO_SUCH_PRIVILEGE);
	CHECK_ST((LsaEnumerateAccountRights(h, &sid, &rights, &count)), STATUS_OBJECT_NAME_NOT_FOUND);
	CHECK(rights == NULL && count == 0);
	CHECK_ST((LsaAddAccountRights(h, &sid, two, 0)), STATUS_SUCCESS);
	CHECK_ST((LsaEnumerateAccountRights(h, &sid, &rights, &count)), STATUS_OBJECT_NAME_NOT_FOUND);
	CHECK_ST((LsaAddAccountRights(h, &bad, two, 1)), STATUS_INVALID_SID);
	CHECK_ST((LsaAddAccountRights(h, &sid, NULL, 1)), STATUS_INVALID_PARAMETER);
	CHECK_U64(policy_modified(h), before);
	two[0] = *U("sebackupPRIVILEGE");
	two[1] = *U("SeDenyBatchLogonRight");
	CHECK_ST((LsaAddAccountRights(h, &sid, two, 2)), STATUS_SUCCESS);
	CHECK_U64(policy_modified(h), before + 1);
	CHECK_ST((LsaAddAccountRights(h, &sid, two, 1)), STATUS_SUCCESS);	/* held already */
	CHECK_U64(policy_modified(h), before + 1);
	CHECK_ST((LsaEnumerateAccountRights(h, &sid, &rights, &count)), STATUS_SUCCESS);
	CHECK(count == 2 && is_text(&rights[0], "SeBackupPrivilege") && is_text(&rights[1], "SeDenyBatchLogonRight"));
	CHECK_ST((LsaFreeMemory(rights)), STATUS_SUCCESS);
	CHECK_ST((LsaEnumerateAccountsWithUserRight(h, U("SeDenyBatchLogonRight"), (PVOID *)&holders, &count)), STATUS_SUCCESS);
	CHECK(count == 1 && memcmp(holders[0].Sid, &sid, 28) == 0);
	CHECK_ST((LsaFreeMemory(holders)), STATUS_SUCCESS);
	/* 9.7 */
	CHECK_ST((LsaEnumerateAccountsWithUserRight(h, U("SeDenyServiceLogonRight"), (PVOID *)&holders, &count)), STATUS_NO_MORE_ENTRIES);
	CHECK(holders == NULL && count == 0);
	CHECK_ST((LsaEnumerateAccountsWithUserRight(h, U("Bogus"), (PVOID *)&holders, &count)), STATUS_NO_SUCH_PRIVILEGE);
	CHECK_ST((LsaEnumerateAccountsWithUserRight(h, NULL, (PVOID *)&holders, &count)), STATUS_SUCCESS);
	CHECK(count >= 9);
	CHECK_ST((LsaFreeMemory(holders)), STATUS_SUCCESS);
	CHECK_ST((LsaRemoveAccountRights(h, &sid, FALSE, NULL, 0)), STATUS_INVALID_PARAMETER);
	CHECK_ST((LsaRemoveAccountRights(h, &sid, FALSE, U("Bogus"), 1)), STATUS_NO_SUCH_PRIVILEGE);
	CHECK_ST((LsaRemoveAccountRights(h, &sid, FALSE, U("SeRestorePrivilege"), 1)), STATUS_SUCCESS);	/* not held */
	CHECK_ST((LsaRemoveAccountRights(h, &sid, FALSE, two, 2)), STATUS_SUCCESS);
	CHECK_ST((LsaEnumerateAccountRights(h, &sid, &rights, &count)), STATUS_OBJECT_NAME_NOT_FOUND);	/* nothing left: gone */
	CHECK_ST((LsaRemoveAccountRights(h, &sid, FALSE, two, 2)), STATUS_OBJECT_NAME_NOT_FOUND);
	CHECK_ST((LsaRemoveAccountRights(h, &sid, TRUE, NULL, 0)), STATUS_OBJECT_NAME_NOT_FOUND);
	CHECK_ST((LsaAddAccountRights(h, &sid, two, 2)), STATUS_SUCCESS);
	CHECK_ST((LsaRemoveAccountRights(h, &sid, TRUE, NULL, 0)), STATUS_SUCCESS);
	CHECK_ST((LsaEnumerateAccountRights(h, &sid, &rights, &count)), STATUS_OBJECT_NAME_NOT_FOUND);
	CHECK_ST((LsaClose(h)), STATUS_SUCCESS);
}

TEST(defaults)
{
	LSA_HANDLE h = policy_open_for(POLICY_ALL_ACCESS);
	struct a_sid everyone = SIDV(1, 0), guests = SIDV(5, 32, 546), admins = SIDV(5, 32, 544);
	LSA_UNICODE_STRING *rights;
	ULONG count;

	CHECK_ST((LsaEnumerateAccountRights(h, &everyone, &rights, &count)), STATUS_SUCCESS);
	CHECK(count == 2 && is_text(&rights[0], "SeChangeNotifyPrivilege") && is_text(&rights[1], "SeNetworkLogonRight"));
	LsaFreeMemory(rights);
	CHECK_ST((LsaEnumerateAccountRights(h, &guests, &rights, &count)), STATUS_SUCCESS);
	CHECK(count == 2 && is_text(&rights[0], "SeDenyInteractiveLogonRight") && is_text(&rights[1], "SeDenyNetworkLogonRight"));
	LsaFreeMemory(rights);
	CHECK_ST((LsaEnumerateAccountRights(h, &admins, &rights, &count)), STATUS_SUCCESS);
	CHECK_U64(count, 35 - 10 + 3);
	LsaFreeMemory(rights);
	LsaClose(h);
}

TEST(accounts_by_handle)
{
	LSA_HANDLE h = policy_open_for(POLICY_ALL_ACCESS), a = NULL, again = NULL;
	struct a_sid sid = SIDV(5, 21, 1, 2, 3, 1502);
	struct { PRIVILEGE_SET set; LUID_AND_ATTRIBUTES more[2]; } add = { .set = { .PrivilegeCount = 2 } };
	const LUID_AND_ATTRIBUTES *each;
	PRIVILEGE_SET *has;
	ULONG access = 7, count, seen = 0;
	LSA_ENUMERATION_HANDLE context = 0;
	LSA_ENUMERATION_INFORMATION *list;
	NTSTATUS status;

	add.set.Privilege[0].Luid.LowPart = 17;
	add.more[0].Luid.LowPart = 7;
	CHECK_ST((LsaOpenAccount(h, &sid, ACCOUNT_VIEW, &a)), STATUS_OBJECT_NAME_NOT_FOUND);
	CHECK(a == NULL);
	CHECK_ST((LsaCreateAccount(h, &sid, ACCOUNT_ALL_ACCESS, &a)), STATUS_SUCCESS);
	CHECK_ST((LsaCreateAccount(h, &sid, ACCOUNT_VIEW, &again)), STATUS_OBJECT_NAME_COLLISION);
	CHECK_ST((LsaAddPrivilegesToAccount(a, &add.set)), STATUS_SUCCESS);
	CHECK_ST((LsaEnumeratePrivilegesOfAccount(a, &has)), STATUS_SUCCESS);
	each = has->Privilege;
	CHECK(has->PrivilegeCount == 2 && each[0].Luid.LowPart == 7 && each[1].Luid.LowPart == 17);
	LsaFreeMemory(has);
	add.more[0].Luid.LowPart = 37;
	CHECK_ST((LsaAddPrivilegesToAccount(a, &add.set)), STATUS_NO_SUCH_PRIVILEGE);
	add.set.PrivilegeCount = 1;
	CHECK_ST((LsaRemovePrivilegesFromAccount(a, TRUE, &add.set)), STATUS_INVALID_PARAMETER);
	CHECK_ST((LsaRemovePrivilegesFromAccount(a, FALSE, &add.set)), STATUS_SUCCESS);
	CHECK_ST((LsaRemovePrivilegesFromAccount(a, TRUE, NULL)), STATUS_SUCCESS);
	CHECK_ST((LsaGetSystemAccessAccount(a, &access)), STATUS_SUCCESS);
	CHECK_U64(access, 0);
	CHECK_ST((LsaSetSystemAccessAccount(a, 0x8)), STATUS_INVALID_PARAMETER);
	CHECK_ST((LsaSetSystemAccessAccount(a, 0x82)), STATUS_SUCCESS);
	CHECK_ST((LsaGetSystemAccessAccount(a, &access)), STATUS_SUCCESS);
	CHECK_U64(access, 0x82);
	CHECK_ST((LsaOpenAccount(h, &sid, ACCOUNT_VIEW, &again)), STATUS_SUCCESS);
	CHECK_ST((LsaSetSystemAccessAccount(again, 2)), STATUS_ACCESS_DENIED);
	CHECK_ST((LsaEnumeratePrivilegesOfAccount(h, &has)), STATUS_INVALID_HANDLE);	/* of another kind */
	while ((status = LsaEnumerateAccounts(h, &context, (PVOID *)&list, 1, &count)) >= 0) {
		CHECK(count >= 1);
		for (ULONG i = 0; i < count; i++)
			seen += memcmp(list[i].Sid, &sid, 28) == 0;
		LsaFreeMemory(list);
	}
	CHECK_ST((status), STATUS_NO_MORE_ENTRIES);
	CHECK_U64(seen, 1);
	CHECK_ST((LsaDelete(again)), STATUS_ACCESS_DENIED);
	CHECK_ST((LsaDelete(a)), STATUS_SUCCESS);
	CHECK_ST((LsaClose(a)), STATUS_INVALID_HANDLE);
	CHECK_ST((LsaGetSystemAccessAccount(again, &access)), STATUS_OBJECT_NAME_NOT_FOUND);
	CHECK_ST((LsaClose(again)), STATUS_SUCCESS);
	LsaClose(h);
}

static bool
same_limits(const QUOTA_LIMITS *a, const QUOTA_LIMITS *b)
{
	return memcmp(a, b, sizeof *a) == 0; /* not secret */
}

TEST(quotas)
{
	LSA_HANDLE h = policy_open_for(POLICY_ALL_ACCESS), a = NULL, sees = NULL;
	struct a_sid sid = SIDV(5, 21, 1, 2, 3, 1510);
	POLICY_DEFAULT_QUOTA_INFO *usual = NULL;
	QUOTA_LIMITS q = { 0 }, own = { 1, 2, 3, 4, 5, { .QuadPart = -6 } };
	ULONGLONG before;

	CHECK_ST((LsaQueryInformationPolicy(h, PolicyDefaultQuotaInformation, (PVOID *)&usual)), STATUS_SUCCESS);
	CHECK_ST((LsaCreateAccount(h, &sid, ACCOUNT_VIEW | ACCOUNT_ADJUST_QUOTAS | DELETE, &a)), STATUS_SUCCESS);
	CHECK_ST((LsaOpenAccount(h, &sid, ACCOUNT_VIEW, &sees)), STATUS_SUCCESS);
	CHECK_ST((LsaGetQuotasForAccount(sees, &q)), STATUS_SUCCESS);
	CHECK(usual && same_limits(&q, &usual->QuotaLimits));
	before = policy_modified(h);
	CHECK_ST((LsaSetQuotasForAccount(sees, &own)), STATUS_ACCESS_DENIED);
	CHECK_U64(policy_modified(h), before);
	CHECK_ST((LsaSetQuotasForAccount(a, &own)), STATUS_SUCCESS);
	CHECK_U64(policy_modified(h), before + 1);
	CHECK_ST((LsaGetQuotasForAccount(sees, &q)), STATUS_SUCCESS);
	CHECK(same_limits(&q, &own));
	/* Rights come and go beside them. */
	CHECK_ST((LsaAddAccountRights(h, &sid, U("SeBackupPrivilege"), 1)), STATUS_SUCCESS);
	CHECK_ST((LsaGetQuotasForAccount(sees, &q)), STATUS_SUCCESS);
	CHECK(same_limits(&q, &own));
	CHECK_ST((LsaClose(sees)), STATUS_SUCCESS);
	CHECK_ST((LsaOpenAccount(h, &sid, ACCOUNT_ADJUST_QUOTAS, &sees)), STATUS_SUCCESS);
	CHECK_ST((LsaGetQuotasForAccount(sees, &q)), STATUS_ACCESS_DENIED);
	CHECK_ST((LsaGetQuotasForAccount(a, NULL)), STATUS_INVALID_PARAMETER);
	CHECK_ST((LsaSetQuotasForAccount(a, NULL)), STATUS_INVALID_PARAMETER);
	CHECK_ST((LsaGetQuotasForAccount(h, &q)), STATUS_INVALID_HANDLE);		/* policy is no account */
	CHECK_ST((LsaSetQuotasForAccount(NULL, &q)), STATUS_INVALID_HANDLE);
	/* They go with the account, one way or the other. */
	CHECK_ST((LsaDelete(a)), STATUS_SUCCESS);
	CHECK_ST((LsaSetQuotasForAccount(sees, &own)), STATUS_OBJECT_NAME_NOT_FOUND);
	CHECK_ST((LsaClose(sees)), STATUS_SUCCESS);
	for (int way = 0; way < 2; way++) {
		CHECK_ST((LsaAddAccountRights(h, &sid, U("SeBackupPrivilege"), 1)), STATUS_SUCCESS);
		CHECK_ST((LsaOpenAccount(h, &sid, ACCOUNT_VIEW | ACCOUNT_ADJUST_QUOTAS, &a)), STATUS_SUCCESS);
		CHECK_ST((LsaGetQuotasForAccount(a, &q)), STATUS_SUCCESS);
		CHECK(usual && same_limits(&q, &usual->QuotaLimits));
		CHECK_ST((LsaSetQuotasForAccount(a, &own)), STATUS_SUCCESS);
		CHECK_ST((LsaRemoveAccountRights(h, &sid, way == 0, way ? U("SeBackupPrivilege") : NULL, (ULONG)way)), STATUS_SUCCESS);
		CHECK_ST((LsaGetQuotasForAccount(a, &q)), STATUS_OBJECT_NAME_NOT_FOUND);
		CHECK_ST((LsaClose(a)), STATUS_SUCCESS);
	}
	LsaFreeMemory(usual);
	LsaClose(h);
}

TEST(names_of_privileges)
{
	LSA_HANDLE h = policy_open_for(POLICY_LOOKUP_NAMES | POLICY_VIEW_LOCAL_INFORMATION);
	LSA_UNICODE_STRING *name = NULL;
	POLICY_PRIVILEGE_DEFINITION *list;
	LSA_ENUMERATION_HANDLE context = 0;
	ULONG count, all = 0;
	SHORT language = 0;
	LUID luid = { 0, 0 };
	NTSTATUS status;

	CHECK_ST((LsaLookupPrivilegeValue(h, U("setcbprivilege"), &luid)), STATUS_SUCCESS);
	CHECK(luid.LowPart == 7 && luid.HighPart == 0);
	CHECK_ST((LsaLookupPrivilegeValue(h, U("SeNetworkLogonRight"), &luid)), STATUS_NO_SUCH_PRIVILEGE);
	CHECK_ST((LsaLookupPrivilegeValue(h, U("SeUnsolicitedInputPrivilege"), &luid)), STATUS_NO_SUCH_PRIVILEGE);
	CHECK_ST((LsaLookupPrivilegeName(h, &luid, &name)), STATUS_SUCCESS);
	CHECK(is_text(name, "SeTcbPrivilege"));
	LsaFreeMemory(name);
	luid.HighPart = 1;
	CHECK_ST((LsaLookupPrivilegeName(h, &luid, &name)), STATUS_NO_SUCH_PRIVILEGE);
	luid = (LUID){ 37, 0 };
	CHECK_ST((LsaLookupPrivilegeName(h, &luid, &name)), STATUS_NO_SUCH_PRIVILEGE);
	CHECK_ST((LsaLookupPrivilegeDisplayName(h, U("SeTcbPrivilege"), &name, &language)), STATUS_SUCCESS);
	CHECK(is_text(name, "Act as part of the operating system") && language == 0x409);
	LsaFreeMemory(name);
	while ((status = LsaEnumeratePrivileges(h, &context, (PVOID *)&list, 100, &count)) >= 0) {
		CHECK(list[0].LocalValue.LowPart == all + 2);
		all += count;
		LsaFreeMemory(list);
	}
	CHECK_ST((status), STATUS_NO_MORE_ENTRIES);
	CHECK_U64(all, 35);
	LsaClose(h);
}

/* The only entry of the list denies the one who asks; then it is put back. */
TEST(security_descriptors)
{
	LSA_HANDLE h = policy_open_for(POLICY_ALL_ACCESS), a = NULL, b = NULL;
	struct a_sid sid = SIDV(5, 21, 1, 2, 3, 1503), everyone = SIDV(1, 0);
	struct { ACL acl; BYTE type, flags; WORD size; DWORD mask; struct a_sid sid; } list;
	SECURITY_DESCRIPTOR absolute = { .Revision = 1, .Control = 4 };
	SECURITY_DESCRIPTOR_RELATIVE *old = NULL, *now = NULL;

	CHECK_ST((LsaCreateAccount(h, &sid, MAXIMUM_ALLOWED, &a)), STATUS_SUCCESS);
	CHECK_ST((LsaQuerySecurityObject(a, DACL_SECURITY_INFORMATION, (PSECURITY_DESCRIPTOR *)&old)), STATUS_SUCCESS);
	CHECK(old->Revision == 1 && (old->Control & 0x8004) == 0x8004 && old->Owner == 0 && old->Dacl != 0);
	memset(&list, 0, sizeof list);
	list.acl = (ACL){ .AclRevision = 2, .AclSize = 8 + 8 + 12, .AceCount = 1 };
	list.type = 1;
	list.size = 8 + 12;
	list.mask = ACCOUNT_VIEW;
	list.sid = everyone;
	absolute.Dacl = &list.acl;
	CHECK_ST((LsaSetSecurityObject(a, DACL_SECURITY_INFORMATION, &absolute)), STATUS_SUCCESS);
	CHECK_ST((LsaOpenAccount(h, &sid, ACCOUNT_VIEW, &b)), STATUS_ACCESS_DENIED);
	CHECK_ST((LsaAddAccountRights(h, &sid, U("SeBackupPrivilege"), 1)), STATUS_ACCESS_DENIED);
	CHECK_ST((LsaQuerySecurityObject(a, SACL_SECURITY_INFORMATION, (PSECURITY_DESCRIPTOR *)&now)), STATUS_ACCESS_DENIED);
	list.acl.AceCount = 2;			/* more than there is room for */
	CHECK_ST((LsaSetSecurityObject(a, DACL_SECURITY_INFORMATION, &absolute)), STATUS_INVALID_SECURITY_DESCR);
	CHECK_ST((LsaSetSecurityObject(a, DACL_SECURITY_INFORMATION, old)), STATUS_SUCCESS);
	CHECK_ST((LsaOpenAccount(h, &sid, ACCOUNT_VIEW, &b)), STATUS_SUCCESS);
	CHECK_ST((LsaQuerySecurityObject(b, DACL_SECURITY_INFORMATION, (PSECURITY_DESCRIPTOR *)&now)), STATUS_ACCESS_DENIED);
	CHECK_ST((LsaQuerySecurityObject(h, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, (PSECURITY_DESCRIPTOR *)&now)),
	    STATUS_SUCCESS);
	CHECK(now->Owner != 0);
	LsaFreeMemory(old);
	LsaFreeMemory(now);
	LsaClose(b);
	CHECK_ST((LsaDelete(a)), STATUS_SUCCESS);
	CHECK_ST((LsaDelete(h)), STATUS_INVALID_PARAMETER);
	LsaClose(h);
}

static SECURITY_STATUS
logs_on(void)
{
	struct pair p;
	SECURITY_STATUS status;

	pair_begin(&p, API_PASSWORD);
	status = pair_shake(&p);
	pair_end(&p);
	return status;
}

/* Near, the store is this process's own: the true cause is in its audit log, and nowhere else. */
static bool
audited(const char *what)
{
	const char *state = getenv("OPENLSA_STATE");
	static char text[1 << 18];
	char path[300];
	FILE *f;

	if (!state)
		return false;
	(void)snprintf(path, sizeof path, "%s/audit.json", state);
	f = fopen(path, "r");
	text[f ? fread(text, 1, sizeof text - 1, f) : 0] = 0;
	if (f)
		fclose(f);
	return strstr(text, what) != NULL;
}

TEST(logon_rights_have_effect)
{
	LSA_HANDLE h = policy_open_for(POLICY_ALL_ACCESS);
	struct a_sid everyone = SIDV(1, 0), users = SIDV(5, 32, 545);

	CHECK_ST((logs_on()), SEC_E_OK);
	CHECK_ST((LsaAddAccountRights(h, &users, U("SeDenyNetworkLogonRight"), 1)), STATUS_SUCCESS);
	CHECK_ST((logs_on()), SEC_E_LOGON_DENIED);
	CHECK_ST((LsaRemoveAccountRights(h, &users, FALSE, U("SeDenyNetworkLogonRight"), 1)), STATUS_SUCCESS);
	CHECK_ST((logs_on()), SEC_E_OK);
	CHECK_ST((LsaRemoveAccountRights(h, &everyone, FALSE, U("SeNetworkLogonRight"), 1)), STATUS_SUCCESS);
	CHECK_ST((logs_on()), SEC_E_LOGON_DENIED);
	CHECK_ST((LsaAddAccountRights(h, &everyone, U("SeNetworkLogonRight"), 1)), STATUS_SUCCESS);
	CHECK_ST((logs_on()), SEC_E_OK);
	if (!api_far())
		CHECK(audited("STATUS_LOGON_TYPE_NOT_GRANTED") && audited("\"id\":4717,\"event\":\"access-granted\""));
	LsaClose(h);
}

int
main(void)
{
	api_begin();
	RUN(handles);
	RUN(rights_by_sid);
	RUN(defaults);
	RUN(accounts_by_handle);
	RUN(quotas);
	RUN(names_of_privileges);
	RUN(security_descriptors);
	RUN(logon_rights_have_effect);
	return check_end();
}
