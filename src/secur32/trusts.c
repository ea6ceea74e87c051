/*
 * trusts.c - trusted domains, forests and central access policies: not in
 * this version, which belongs to no domain.
 */
#include <windows.h>
#include <ntsecapi.h>

#include "secur32/unsupported.h"

/* None looks at its parameters. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

/* --- trusted domains ------------------------------------------------------- */

NTSTATUS
LsaCreateTrustedDomainEx(LSA_HANDLE PolicyHandle, PTRUSTED_DOMAIN_INFORMATION_EX TrustedDomainInformation,
    PTRUSTED_DOMAIN_AUTH_INFORMATION AuthenticationInformation, ACCESS_MASK DesiredAccess,
    PLSA_HANDLE TrustedDomainHandle)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaDeleteTrustedDomain(LSA_HANDLE PolicyHandle, PSID TrustedDomainSid)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaEnumerateTrustedDomains(LSA_HANDLE PolicyHandle, PLSA_ENUMERATION_HANDLE EnumerationContext, PVOID *Buffer,
    ULONG PreferedMaximumLength, PULONG CountReturned)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaEnumerateTrustedDomainsEx(LSA_HANDLE PolicyHandle, PLSA_ENUMERATION_HANDLE EnumerationContext, PVOID *Buffer,
    ULONG PreferedMaximumLength, PULONG CountReturned)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaOpenTrustedDomainByName(LSA_HANDLE PolicyHandle, PLSA_UNICODE_STRING TrustedDomainName,
    ACCESS_MASK DesiredAccess, PLSA_HANDLE TrustedDomainHandle)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaQueryForestTrustInformation(LSA_HANDLE PolicyHandle, PLSA_UNICODE_STRING TrustedDomainName,
    PLSA_FOREST_TRUST_INFORMATION *ForestTrustInfo)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaQueryTrustedDomainInfo(LSA_HANDLE PolicyHandle, PSID TrustedDomainSid,
    TRUSTED_INFORMATION_CLASS InformationClass, PVOID *Buffer)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaQueryTrustedDomainInfoByName(LSA_HANDLE PolicyHandle, PLSA_UNICODE_STRING TrustedDomainName,
    TRUSTED_INFORMATION_CLASS InformationClass, PVOID *Buffer)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaSetForestTrustInformation(LSA_HANDLE PolicyHandle, PLSA_UNICODE_STRING TrustedDomainName,
    PLSA_FOREST_TRUST_INFORMATION ForestTrustInfo, BOOLEAN CheckOnly,
    PLSA_FOREST_TRUST_COLLISION_INFORMATION *CollisionInfo)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaSetTrustedDomainInfoByName(LSA_HANDLE PolicyHandle, PLSA_UNICODE_STRING TrustedDomainName,
    TRUSTED_INFORMATION_CLASS InformationClass, PVOID Buffer)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaSetTrustedDomainInformation(LSA_HANDLE PolicyHandle, PSID TrustedDomainSid,
    TRUSTED_INFORMATION_CLASS InformationClass, PVOID Buffer)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaCreateTrustedDomain(LSA_HANDLE PolicyHandle, PLSA_TRUST_INFORMATION TrustedDomainInformation,
    ACCESS_MASK DesiredAccess, PLSA_HANDLE TrustedDomainHandle)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaOpenTrustedDomain(LSA_HANDLE PolicyHandle, PSID TrustedDomainSid, ACCESS_MASK DesiredAccess,
    PLSA_HANDLE TrustedDomainHandle)
{
	return unsupported_lsa(__func__);
}

/* --- central access policies ----------------------------------------------- */

NTSTATUS
LsaGetAppliedCAPIDs(PLSA_UNICODE_STRING SystemName, PSID **CAPIDs, PULONG CAPIDCount)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaQueryCAPs(PSID *CAPIDs, ULONG CAPIDCount, PCENTRAL_ACCESS_POLICY *CAPs, PULONG CAPCount)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
LsaSetCAPs(PLSA_UNICODE_STRING CAPDNs, ULONG CAPDNCount, ULONG Flags)
{
	return unsupported_lsa(__func__);
}
