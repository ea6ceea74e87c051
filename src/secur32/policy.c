/*
 * policy.c - the policy of the LSA, its accounts and their rights, names and
 * private data: not in this version. No policy handle is ever opened, so
 * LsaClose has none to close.
 */
#include <windows.h>
#include <ntsecapi.h>
#include <ntstatus.h>

#include "secur32/explain.h"
#include "secur32/unsupported.h"

/* None looks at its parameters. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

/* --- policy ---------------------------------------------------------------- */

NTSTATUS
LsaOpenPolicy(PLSA_UNICODE_STRING SystemName, PLSA_OBJECT_ATTRIBUTES ObjectAttributes, ACCESS_MASK DesiredAccess,
    PLSA_HANDLE PolicyHandle)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaQueryDomainInformationPolicy(LSA_HANDLE PolicyHandle, POLICY_DOMAIN_INFORMATION_CLASS InformationClass,
    PVOID *Buffer)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaQueryInformationPolicy(LSA_HANDLE PolicyHandle, POLICY_INFORMATION_CLASS InformationClass, PVOID *Buffer)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaSetDomainInformationPolicy(LSA_HANDLE PolicyHandle, POLICY_DOMAIN_INFORMATION_CLASS InformationClass,
    PVOID Buffer)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaSetInformationPolicy(LSA_HANDLE PolicyHandle, POLICY_INFORMATION_CLASS InformationClass, PVOID Buffer)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaClose(LSA_HANDLE ObjectHandle)
{
	why_thread_say(STATUS_INVALID_HANDLE, "this is not a handle that LsaOpenPolicy has given");
	return STATUS_INVALID_HANDLE;
}

/* --- names ----------------------------------------------------------------- */

NTSTATUS
LsaLookupNames(LSA_HANDLE PolicyHandle, ULONG Count, PLSA_UNICODE_STRING Names,
    PLSA_REFERENCED_DOMAIN_LIST *ReferencedDomains, PLSA_TRANSLATED_SID *Sids)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaLookupNames2(LSA_HANDLE PolicyHandle, ULONG Flags, ULONG Count, PLSA_UNICODE_STRING Names,
    PLSA_REFERENCED_DOMAIN_LIST *ReferencedDomains, PLSA_TRANSLATED_SID2 *Sids)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaLookupSids(LSA_HANDLE PolicyHandle, ULONG Count, PSID *Sids, PLSA_REFERENCED_DOMAIN_LIST *ReferencedDomains,
    PLSA_TRANSLATED_NAME *Names)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaLookupSids2(LSA_HANDLE PolicyHandle, ULONG LookupOptions, ULONG Count, PSID *Sids,
    PLSA_REFERENCED_DOMAIN_LIST *ReferencedDomains, PLSA_TRANSLATED_NAME *Names)
{
	return unsupported_lsa(__func__);
}

/* --- accounts and rights --------------------------------------------------- */

NTSTATUS
LsaAddAccountRights(LSA_HANDLE PolicyHandle, PSID AccountSid, PLSA_UNICODE_STRING UserRights, ULONG CountOfRights)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaEnumerateAccountRights(LSA_HANDLE PolicyHandle, PSID AccountSid, PLSA_UNICODE_STRING *UserRights,
    PULONG CountOfRights)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaEnumerateAccountsWithUserRight(LSA_HANDLE PolicyHandle, PLSA_UNICODE_STRING UserRight, PVOID *Buffer,
    PULONG CountReturned)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaRemoveAccountRights(LSA_HANDLE PolicyHandle, PSID AccountSid, BOOLEAN AllRights, PLSA_UNICODE_STRING UserRights,
    ULONG CountOfRights)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaAddPrivilegesToAccount(LSA_HANDLE AccountHandle, PPRIVILEGE_SET Privileges)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaCreateAccount(LSA_HANDLE PolicyHandle, PSID AccountSid, ACCESS_MASK DesiredAccess, PLSA_HANDLE AccountHandle)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaEnumerateAccounts(LSA_HANDLE PolicyHandle, PLSA_ENUMERATION_HANDLE EnumerationContext, PVOID *Buffer,
    ULONG PreferedMaximumLength, PULONG CountReturned)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaEnumeratePrivileges(LSA_HANDLE PolicyHandle, PLSA_ENUMERATION_HANDLE EnumerationContext, PVOID *Buffer,
    ULONG PreferedMaximumLength, PULONG CountReturned)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaEnumeratePrivilegesOfAccount(LSA_HANDLE AccountHandle, PPRIVILEGE_SET *Privileges)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaGetSystemAccessAccount(LSA_HANDLE AccountHandle, PULONG SystemAccess)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaLookupPrivilegeDisplayName(LSA_HANDLE PolicyHandle, PLSA_UNICODE_STRING Name, PLSA_UNICODE_STRING *DisplayName,
    PSHORT LanguageReturned)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaLookupPrivilegeName(LSA_HANDLE PolicyHandle, PLUID Value, PLSA_UNICODE_STRING *Name)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaLookupPrivilegeValue(LSA_HANDLE PolicyHandle, PLSA_UNICODE_STRING Name, PLUID Value)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaOpenAccount(LSA_HANDLE PolicyHandle, PSID AccountSid, ACCESS_MASK DesiredAccess, PLSA_HANDLE AccountHandle)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaRemovePrivilegesFromAccount(LSA_HANDLE AccountHandle, BOOLEAN AllPrivileges, PPRIVILEGE_SET Privileges)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaSetSystemAccessAccount(LSA_HANDLE AccountHandle, ULONG SystemAccess)
{
	return unsupported_lsa(__func__);
}

/* --- private data and secrets ---------------------------------------------- */

NTSTATUS
LsaRetrievePrivateData(LSA_HANDLE PolicyHandle, PLSA_UNICODE_STRING KeyName, PLSA_UNICODE_STRING *PrivateData)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaStorePrivateData(LSA_HANDLE PolicyHandle, PLSA_UNICODE_STRING KeyName, PLSA_UNICODE_STRING PrivateData)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaCreateSecret(LSA_HANDLE PolicyHandle, PLSA_UNICODE_STRING SecretName, ACCESS_MASK DesiredAccess,
    PLSA_HANDLE SecretHandle)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaOpenSecret(LSA_HANDLE PolicyHandle, PLSA_UNICODE_STRING SecretName, ACCESS_MASK DesiredAccess,
    PLSA_HANDLE SecretHandle)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaQuerySecret(LSA_HANDLE SecretHandle, PLSA_UNICODE_STRING *CurrentValue, PLARGE_INTEGER CurrentValueSetTime,
    PLSA_UNICODE_STRING *OldValue, PLARGE_INTEGER OldValueSetTime)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaSetSecret(LSA_HANDLE SecretHandle, PLSA_UNICODE_STRING CurrentValue, PLSA_UNICODE_STRING OldValue)
{
	return unsupported_lsa(__func__);
}

/* --- objects and the caller ------------------------------------------------ */

NTSTATUS
LsaChangePassword(PLSA_UNICODE_STRING ServerName, PLSA_UNICODE_STRING DomainName, PLSA_UNICODE_STRING AccountName,
    PLSA_UNICODE_STRING OldPassword, PLSA_UNICODE_STRING NewPassword)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaDelete(LSA_HANDLE ObjectHandle)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaGetUserName(PLSA_UNICODE_STRING *UserName, PLSA_UNICODE_STRING *DomainName)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaQuerySecurityObject(LSA_HANDLE ObjectHandle, SECURITY_INFORMATION SecurityInformation,
    PSECURITY_DESCRIPTOR *SecurityDescriptor)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaSetSecurityObject(LSA_HANDLE ObjectHandle, SECURITY_INFORMATION SecurityInformation,
    PSECURITY_DESCRIPTOR SecurityDescriptor)
{
	return unsupported_lsa(__func__);
}
