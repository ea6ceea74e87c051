/*
 * forest.c - what only a domain controller has: records of forests and
 * central access policies. No machine of this version is one. Rules: spec
 * lsa-policy 7.
 */
#include "secur32/pol.h"


/* --- forests ------------------------------------------------------------------------------------- */

/* No machine of ours is a domain controller of a forest's root: there are no records to give. */
NTSTATUS
LsaQueryForestTrustInformation(LSA_HANDLE PolicyHandle, PLSA_UNICODE_STRING TrustedDomainName,
    PLSA_FOREST_TRUST_INFORMATION *ForestTrustInfo)
{
	struct pol *p = pol_hold(PolicyHandle, POL_POLICY);
	struct forest_get_in in = { 0 };
	struct forest_get_out out;
	struct pol_call c;
	NTSTATUS status;

	if (ForestTrustInfo)
		*ForestTrustInfo = NULL;
	if (!p)
		return STATUS_INVALID_HANDLE;
	if (!ForestTrustInfo || !pol_text(&in.name, TrustedDomainName) || !in.name.len)
		{
		pol_release(p);
		return pol_refuse(STATUS_INVALID_PARAMETER, "a name or the place for the answer is missing or malformed");
	}
	in.object = p->wire;
	status = POL_ASK(&c, p->link, forest_get, &in, &out);
	if (status == STATUS_SUCCESS)
		status = STATUS_NOT_FOUND;
	pol_release(p);
	return pol_end(&c, status);
}

NTSTATUS
LsaSetForestTrustInformation(LSA_HANDLE PolicyHandle, PLSA_UNICODE_STRING TrustedDomainName,
    PLSA_FOREST_TRUST_INFORMATION ForestTrustInfo, BOOLEAN CheckOnly,
    PLSA_FOREST_TRUST_COLLISION_INFORMATION *CollisionInfo)
{
	struct pol *p = pol_hold(PolicyHandle, POL_POLICY);
	struct forest_set_in in = { .check = CheckOnly };
	struct forest_set_out out;
	struct pol_call c;
	NTSTATUS status;

	if (CollisionInfo)
		*CollisionInfo = NULL;
	if (!p)
		return STATUS_INVALID_HANDLE;
	if (!ForestTrustInfo || ForestTrustInfo->RecordCount > 4000 || !CollisionInfo ||
	    !pol_text(&in.name, TrustedDomainName) || !in.name.len)
		{
		pol_release(p);
		return pol_refuse(STATUS_INVALID_PARAMETER, "a name or the place for the answer is missing or malformed");
	}
	in.object = p->wire;
	status = POL_ASK(&c, p->link, forest_set, &in, &out);
	pol_release(p);
	return pol_end(&c, status);
}

/* --- central access policies ----------------------------------------------------------------------- */

/* None is applied to this machine. */
NTSTATUS
LsaGetAppliedCAPIDs(PLSA_UNICODE_STRING SystemName, PSID **CAPIDs, PULONG CAPIDCount)
{
	(void)SystemName;
	if (!CAPIDs || !CAPIDCount)
		return pol_refuse(STATUS_INVALID_PARAMETER, "there is no place for the answer");
	*CAPIDs = NULL;
	*CAPIDCount = 0;
	return STATUS_SUCCESS;
}

NTSTATUS
LsaQueryCAPs(PSID *CAPIDs, ULONG CAPIDCount, PCENTRAL_ACCESS_POLICY *CAPs, PULONG CAPCount)
{
	if (!CAPs || !CAPCount || (CAPIDCount && !CAPIDs))
		return pol_refuse(STATUS_INVALID_PARAMETER, "there is no place for the answer");
	*CAPs = NULL;
	*CAPCount = 0;
	return CAPIDCount ? pol_refuse(STATUS_OBJECT_NAME_NOT_FOUND, "this machine has no central access policy") : STATUS_SUCCESS;
}

/* None can be applied but those of a domain's directory; to apply none takes the same right. */
NTSTATUS
LsaSetCAPs(PLSA_UNICODE_STRING CAPDNs, ULONG CAPDNCount, ULONG Flags)
{
	LSA_HANDLE policy = NULL;
	NTSTATUS status;

	if ((CAPDNCount && !CAPDNs) || (Flags & ~(ULONG)LSASETCAPS_VALID_FLAG_MASK))
		return pol_refuse(STATUS_INVALID_PARAMETER, "there are no names, or the flags are not understood");
	for (ULONG i = 0; i < CAPDNCount; i++) {
		struct bytes name;

		if (!pol_text(&name, &CAPDNs[i]) || !name.len)
			return pol_refuse(STATUS_INVALID_PARAMETER, "a name of a policy is none");
	}
	status = LsaOpenPolicy(NULL, NULL, POLICY_SERVER_ADMIN, &policy);
	if (status != STATUS_SUCCESS)
		return status;
	(void)LsaClose(policy);
	return CAPDNCount ? pol_refuse(STATUS_DIRECTORY_SERVICE_REQUIRED,
	    "central access policies are a domain's directory's, and this machine is joined to none") : STATUS_SUCCESS;
}
