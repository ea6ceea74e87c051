/*
 * audit_policy.c - which events are audited: not settable in this version,
 * which writes all of its own. The names of categories are in audit_names.c.
 */
#include <windows.h>
#include <ntsecapi.h>

#include "secur32/unsupported.h"

/* None looks at its parameters. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

BOOLEAN
AuditComputeEffectivePolicyBySid(const PSID pSid, const GUID *pSubCategoryGuids, ULONG PolicyCount,
    PAUDIT_POLICY_INFORMATION *ppAuditPolicy)
{
	return unsupported_win32(__func__);
}

BOOLEAN
AuditComputeEffectivePolicyByToken(HANDLE hTokenHandle, const GUID *pSubCategoryGuids, ULONG PolicyCount,
    PAUDIT_POLICY_INFORMATION *ppAuditPolicy)
{
	return unsupported_win32(__func__);
}

BOOLEAN
AuditEnumeratePerUserPolicy(PPOLICY_AUDIT_SID_ARRAY *ppAuditSidArray)
{
	return unsupported_win32(__func__);
}

BOOLEAN
AuditQueryGlobalSaclA(PCSTR ObjectTypeName, PACL *Acl)
{
	return unsupported_win32(__func__);
}

BOOLEAN
AuditQueryGlobalSaclW(PCWSTR ObjectTypeName, PACL *Acl)
{
	return unsupported_win32(__func__);
}

BOOLEAN
AuditQueryPerUserPolicy(const PSID pSid, const GUID *pSubCategoryGuids, ULONG PolicyCount,
    PAUDIT_POLICY_INFORMATION *ppAuditPolicy)
{
	return unsupported_win32(__func__);
}

BOOLEAN
AuditQuerySecurity(SECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR *ppSecurityDescriptor)
{
	return unsupported_win32(__func__);
}

BOOLEAN
AuditQuerySystemPolicy(const GUID *pSubCategoryGuids, ULONG PolicyCount, PAUDIT_POLICY_INFORMATION *ppAuditPolicy)
{
	return unsupported_win32(__func__);
}

BOOLEAN
AuditSetGlobalSaclA(PCSTR ObjectTypeName, PACL Acl)
{
	return unsupported_win32(__func__);
}

BOOLEAN
AuditSetGlobalSaclW(PCWSTR ObjectTypeName, PACL Acl)
{
	return unsupported_win32(__func__);
}

BOOLEAN
AuditSetPerUserPolicy(const PSID pSid, PCAUDIT_POLICY_INFORMATION pAuditPolicy, ULONG PolicyCount)
{
	return unsupported_win32(__func__);
}

BOOLEAN
AuditSetSecurity(SECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR pSecurityDescriptor)
{
	return unsupported_win32(__func__);
}

BOOLEAN
AuditSetSystemPolicy(PCAUDIT_POLICY_INFORMATION pAuditPolicy, ULONG PolicyCount)
{
	return unsupported_win32(__func__);
}
