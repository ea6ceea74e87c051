/*
 * audit_names.c - the categories and subcategories of audit events: their
 * GUIDs, their places and their English names. Constant; what is audited is
 * not known here. Results are freed with AuditFree.
 */
#include <windows.h>
#define INITGUID
#include <guiddef.h>
#include <ntsecapi.h>

#include "base/auditing.h"
#include "secur32/audit_names.h"
#include "secur32/memory.h"
#include "secur32/text.h"

struct subcategory {
	POLICY_AUDIT_EVENT_TYPE of;
	const GUID *guid;
};

static const GUID *const categories[] = {
	[AuditCategorySystem]                = &Audit_System,
	[AuditCategoryLogon]                 = &Audit_Logon,
	[AuditCategoryObjectAccess]          = &Audit_ObjectAccess,
	[AuditCategoryPrivilegeUse]          = &Audit_PrivilegeUse,
	[AuditCategoryDetailedTracking]      = &Audit_DetailedTracking,
	[AuditCategoryPolicyChange]          = &Audit_PolicyChange,
	[AuditCategoryAccountManagement]     = &Audit_AccountManagement,
	[AuditCategoryDirectoryServiceAccess]= &Audit_DirectoryServiceAccess,
	[AuditCategoryAccountLogon]          = &Audit_AccountLogon,
};

/* In the order of base/auditing.c, which has their names. */
static const struct subcategory subcategories[] = {
	{ AuditCategorySystem,                 &Audit_System_SecurityStateChange },
	{ AuditCategorySystem,                 &Audit_System_SecuritySubsystemExtension },
	{ AuditCategorySystem,                 &Audit_System_Integrity },
	{ AuditCategorySystem,                 &Audit_System_IPSecDriverEvents },
	{ AuditCategorySystem,                 &Audit_System_Others },
	{ AuditCategoryLogon,                  &Audit_Logon_Logon },
	{ AuditCategoryLogon,                  &Audit_Logon_Logoff },
	{ AuditCategoryLogon,                  &Audit_Logon_AccountLockout },
	{ AuditCategoryLogon,                  &Audit_Logon_IPSecMainMode },
	{ AuditCategoryLogon,                  &Audit_Logon_SpecialLogon },
	{ AuditCategoryLogon,                  &Audit_Logon_IPSecQuickMode },
	{ AuditCategoryLogon,                  &Audit_Logon_IPSecUserMode },
	{ AuditCategoryLogon,                  &Audit_Logon_Others },
	{ AuditCategoryLogon,                  &Audit_Logon_NPS },
	{ AuditCategoryLogon,                  &Audit_Logon_Claims },
	{ AuditCategoryLogon,                  &Audit_Logon_Groups },
	{ AuditCategoryObjectAccess,           &Audit_ObjectAccess_FileSystem },
	{ AuditCategoryObjectAccess,           &Audit_ObjectAccess_Registry },
	{ AuditCategoryObjectAccess,           &Audit_ObjectAccess_Kernel },
	{ AuditCategoryObjectAccess,           &Audit_ObjectAccess_Sam },
	{ AuditCategoryObjectAccess,           &Audit_ObjectAccess_CertificationServices },
	{ AuditCategoryObjectAccess,           &Audit_ObjectAccess_ApplicationGenerated },
	{ AuditCategoryObjectAccess,           &Audit_ObjectAccess_Handle },
	{ AuditCategoryObjectAccess,           &Audit_ObjectAccess_Share },
	{ AuditCategoryObjectAccess,           &Audit_ObjectAccess_FirewallPacketDrops },
	{ AuditCategoryObjectAccess,           &Audit_ObjectAccess_FirewallConnection },
	{ AuditCategoryObjectAccess,           &Audit_ObjectAccess_Other },
	{ AuditCategoryObjectAccess,           &Audit_ObjectAccess_DetailedFileShare },
	{ AuditCategoryObjectAccess,           &Audit_ObjectAccess_RemovableStorage },
	{ AuditCategoryObjectAccess,           &Audit_ObjectAccess_CbacStaging },
	{ AuditCategoryPrivilegeUse,           &Audit_PrivilegeUse_Sensitive },
	{ AuditCategoryPrivilegeUse,           &Audit_PrivilegeUse_NonSensitive },
	{ AuditCategoryPrivilegeUse,           &Audit_PrivilegeUse_Others },
	{ AuditCategoryDetailedTracking,       &Audit_DetailedTracking_ProcessCreation },
	{ AuditCategoryDetailedTracking,       &Audit_DetailedTracking_ProcessTermination },
	{ AuditCategoryDetailedTracking,       &Audit_DetailedTracking_DpapiActivity },
	{ AuditCategoryDetailedTracking,       &Audit_DetailedTracking_RpcCall },
	{ AuditCategoryDetailedTracking,       &Audit_DetailedTracking_PnpActivity },
	{ AuditCategoryDetailedTracking,       &Audit_DetailedTracking_TokenRightAdjusted },
	{ AuditCategoryPolicyChange,           &Audit_PolicyChange_AuditPolicy },
	{ AuditCategoryPolicyChange,           &Audit_PolicyChange_AuthenticationPolicy },
	{ AuditCategoryPolicyChange,           &Audit_PolicyChange_AuthorizationPolicy },
	{ AuditCategoryPolicyChange,           &Audit_PolicyChange_MpsscvRulePolicy },
	{ AuditCategoryPolicyChange,           &Audit_PolicyChange_WfpIPSecPolicy },
	{ AuditCategoryPolicyChange,           &Audit_PolicyChange_Others },
	{ AuditCategoryAccountManagement,      &Audit_AccountManagement_UserAccount },
	{ AuditCategoryAccountManagement,      &Audit_AccountManagement_ComputerAccount },
	{ AuditCategoryAccountManagement,      &Audit_AccountManagement_SecurityGroup },
	{ AuditCategoryAccountManagement,      &Audit_AccountManagement_DistributionGroup },
	{ AuditCategoryAccountManagement,      &Audit_AccountManagement_ApplicationGroup },
	{ AuditCategoryAccountManagement,      &Audit_AccountManagement_Others },
	{ AuditCategoryDirectoryServiceAccess, &Audit_DSAccess_DSAccess },
	{ AuditCategoryDirectoryServiceAccess, &Audit_DsAccess_AdAuditChanges },
	{ AuditCategoryDirectoryServiceAccess, &Audit_Ds_Replication },
	{ AuditCategoryDirectoryServiceAccess, &Audit_Ds_DetailedReplication },
	{ AuditCategoryAccountLogon,           &Audit_AccountLogon_CredentialValidation },
	{ AuditCategoryAccountLogon,           &Audit_AccountLogon_Kerberos },
	{ AuditCategoryAccountLogon,           &Audit_AccountLogon_Others },
	{ AuditCategoryAccountLogon,           &Audit_AccountLogon_KerbCredentialValidation },
};

#define CATEGORIES	(sizeof categories / sizeof categories[0])
#define SUBCATEGORIES	(sizeof subcategories / sizeof subcategories[0])

_Static_assert(SUBCATEGORIES == AUDIT_PLACES && CATEGORIES == AUDIT_CATEGORIES, "as base/auditing.h has them");

uint32_t
audit_place(const GUID *subcategory)
{
	uint32_t i = 0;

	while (i < SUBCATEGORIES && !IsEqualGUID(subcategories[i].guid, subcategory))
		i++;
	return i;
}

const GUID *
audit_category_at(uint32_t place)
{
	return categories[subcategories[place].of];
}

static BOOLEAN
refused(DWORD error)
{
	SetLastError(error);
	return FALSE;
}

/* CATEGORIES when there is none. */
static size_t
category_of(const GUID *guid)
{
	size_t i = 0;

	while (guid && i < CATEGORIES && !IsEqualGUID(categories[i], guid))
		i++;
	return guid ? i : CATEGORIES;
}

static const char *
subcategory_name(const GUID *guid)
{
	for (size_t i = 0; guid && i < SUBCATEGORIES; i++)
		if (IsEqualGUID(subcategories[i].guid, guid))
			return auditing_name((uint32_t)i);
	return NULL;
}

/* --- lists ------------------------------------------------------------------ */

BOOLEAN
AuditEnumerateCategories(GUID **ppAuditCategoriesArray, PULONG pCountReturned)
{
	GUID *list;

	if (!ppAuditCategoriesArray || !pCountReturned)
		return refused(ERROR_INVALID_PARAMETER);
	list = buffer_new(BUFFER_POLICY, CATEGORIES * sizeof *list);
	if (!list)
		return refused(ERROR_NOT_ENOUGH_MEMORY);
	for (size_t i = 0; i < CATEGORIES; i++)
		list[i] = *categories[i];
	*ppAuditCategoriesArray = list;
	*pCountReturned = (ULONG)CATEGORIES;
	return TRUE;
}

BOOLEAN
AuditEnumerateSubCategories(const GUID *pAuditCategoryGuid, BOOLEAN bRetrieveAllSubCategories,
    GUID **ppAuditSubCategoriesArray, PULONG pCountReturned)
{
	size_t of = category_of(pAuditCategoryGuid);
	ULONG count = 0;
	GUID *list;

	if (!ppAuditSubCategoriesArray || !pCountReturned || (of == CATEGORIES && !bRetrieveAllSubCategories))
		return refused(ERROR_INVALID_PARAMETER);
	list = buffer_new(BUFFER_POLICY, SUBCATEGORIES * sizeof *list);
	if (!list)
		return refused(ERROR_NOT_ENOUGH_MEMORY);
	for (size_t i = 0; i < SUBCATEGORIES; i++)
		if (bRetrieveAllSubCategories || subcategories[i].of == of)
			list[count++] = *subcategories[i].guid;
	*ppAuditSubCategoriesArray = list;
	*pCountReturned = count;
	return TRUE;
}

void
AuditFree(PVOID Buffer)
{
	(void)buffer_free(BUFFER_POLICY, Buffer);
}

/* --- names and numbers --------------------------------------------------------- */

BOOLEAN
AuditLookupCategoryGuidFromCategoryId(POLICY_AUDIT_EVENT_TYPE AuditCategoryId, GUID *pAuditCategoryGuid)
{
	if ((size_t)AuditCategoryId >= CATEGORIES || !pAuditCategoryGuid)
		return refused(ERROR_INVALID_PARAMETER);
	*pAuditCategoryGuid = *categories[AuditCategoryId];
	return TRUE;
}

BOOLEAN
AuditLookupCategoryIdFromCategoryGuid(const GUID *pAuditCategoryGuid, PPOLICY_AUDIT_EVENT_TYPE pAuditCategoryId)
{
	size_t of = category_of(pAuditCategoryGuid);

	if (of == CATEGORIES || !pAuditCategoryId)
		return refused(ERROR_INVALID_PARAMETER);
	*pAuditCategoryId = (POLICY_AUDIT_EVENT_TYPE)of;
	return TRUE;
}

static BOOLEAN
name_ansi(const char *name, LPSTR *ret_name)
{
	LPSTR copy;

	if (!name || !ret_name)
		return refused(ERROR_INVALID_PARAMETER);
	copy = ansi_of_text(BUFFER_POLICY, bytes_of_text(name));
	if (!copy)
		return refused(ERROR_NOT_ENOUGH_MEMORY);
	*ret_name = copy;
	return TRUE;
}

static BOOLEAN
name_wide(const char *name, LPWSTR *ret_name)
{
	LPWSTR wide;

	if (!name || !ret_name)
		return refused(ERROR_INVALID_PARAMETER);
	wide = wide_of_text(BUFFER_POLICY, bytes_of_text(name));
	if (!wide)
		return refused(ERROR_NOT_ENOUGH_MEMORY);
	*ret_name = wide;
	return TRUE;
}

static const char *
category_name(const GUID *guid)
{
	size_t of = category_of(guid);

	return of < CATEGORIES ? auditing_category(auditing_first((uint32_t)of)) : NULL;
}

BOOLEAN
AuditLookupCategoryNameA(const GUID *pAuditCategoryGuid, LPSTR *ppszCategoryName)
{
	return name_ansi(category_name(pAuditCategoryGuid), ppszCategoryName);
}

BOOLEAN
AuditLookupCategoryNameW(const GUID *pAuditCategoryGuid, LPWSTR *ppszCategoryName)
{
	return name_wide(category_name(pAuditCategoryGuid), ppszCategoryName);
}

BOOLEAN
AuditLookupSubCategoryNameA(const GUID *pAuditSubCategoryGuid, LPSTR *ppszSubCategoryName)
{
	return name_ansi(subcategory_name(pAuditSubCategoryGuid), ppszSubCategoryName);
}

BOOLEAN
AuditLookupSubCategoryNameW(const GUID *pAuditSubCategoryGuid, LPWSTR *ppszSubCategoryName)
{
	return name_wide(subcategory_name(pAuditSubCategoryGuid), ppszSubCategoryName);
}
