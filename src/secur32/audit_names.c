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

struct category {
	const GUID *guid;
	const char *name;
};

struct subcategory {
	POLICY_AUDIT_EVENT_TYPE of;
	const GUID *guid;
	const char *name;
};

static const struct category categories[] = {
	[AuditCategorySystem]                = { &Audit_System,                 "System" },
	[AuditCategoryLogon]                 = { &Audit_Logon,                  "Logon/Logoff" },
	[AuditCategoryObjectAccess]          = { &Audit_ObjectAccess,           "Object Access" },
	[AuditCategoryPrivilegeUse]          = { &Audit_PrivilegeUse,           "Privilege Use" },
	[AuditCategoryDetailedTracking]      = { &Audit_DetailedTracking,       "Detailed Tracking" },
	[AuditCategoryPolicyChange]          = { &Audit_PolicyChange,           "Policy Change" },
	[AuditCategoryAccountManagement]     = { &Audit_AccountManagement,      "Account Management" },
	[AuditCategoryDirectoryServiceAccess]= { &Audit_DirectoryServiceAccess, "DS Access" },
	[AuditCategoryAccountLogon]          = { &Audit_AccountLogon,           "Account Logon" },
};

/* By category, each in the order in which Windows' auditpol lists them. */
static const struct subcategory subcategories[] = {
	{ AuditCategorySystem,                 &Audit_System_SecurityStateChange,         "Security State Change" },
	{ AuditCategorySystem,                 &Audit_System_SecuritySubsystemExtension,  "Security System Extension" },
	{ AuditCategorySystem,                 &Audit_System_Integrity,                   "System Integrity" },
	{ AuditCategorySystem,                 &Audit_System_IPSecDriverEvents,           "IPsec Driver" },
	{ AuditCategorySystem,                 &Audit_System_Others,                      "Other System Events" },
	{ AuditCategoryLogon,                  &Audit_Logon_Logon,                        "Logon" },
	{ AuditCategoryLogon,                  &Audit_Logon_Logoff,                       "Logoff" },
	{ AuditCategoryLogon,                  &Audit_Logon_AccountLockout,               "Account Lockout" },
	{ AuditCategoryLogon,                  &Audit_Logon_IPSecMainMode,                "IPsec Main Mode" },
	{ AuditCategoryLogon,                  &Audit_Logon_SpecialLogon,                 "Special Logon" },
	{ AuditCategoryLogon,                  &Audit_Logon_IPSecQuickMode,               "IPsec Quick Mode" },
	{ AuditCategoryLogon,                  &Audit_Logon_IPSecUserMode,                "IPsec Extended Mode" },
	{ AuditCategoryLogon,                  &Audit_Logon_Others,                       "Other Logon/Logoff Events" },
	{ AuditCategoryLogon,                  &Audit_Logon_NPS,                          "Network Policy Server" },
	{ AuditCategoryLogon,                  &Audit_Logon_Claims,                       "User / Device Claims" },
	{ AuditCategoryLogon,                  &Audit_Logon_Groups,                       "Group Membership" },
	{ AuditCategoryObjectAccess,           &Audit_ObjectAccess_FileSystem,            "File System" },
	{ AuditCategoryObjectAccess,           &Audit_ObjectAccess_Registry,              "Registry" },
	{ AuditCategoryObjectAccess,           &Audit_ObjectAccess_Kernel,                "Kernel Object" },
	{ AuditCategoryObjectAccess,           &Audit_ObjectAccess_Sam,                   "SAM" },
	{ AuditCategoryObjectAccess,           &Audit_ObjectAccess_CertificationServices, "Certification Services" },
	{ AuditCategoryObjectAccess,           &Audit_ObjectAccess_ApplicationGenerated,  "Application Generated" },
	{ AuditCategoryObjectAccess,           &Audit_ObjectAccess_Handle,                "Handle Manipulation" },
	{ AuditCategoryObjectAccess,           &Audit_ObjectAccess_Share,                 "File Share" },
	{ AuditCategoryObjectAccess,           &Audit_ObjectAccess_FirewallPacketDrops,   "Filtering Platform Packet Drop" },
	{ AuditCategoryObjectAccess,           &Audit_ObjectAccess_FirewallConnection,    "Filtering Platform Connection" },
	{ AuditCategoryObjectAccess,           &Audit_ObjectAccess_Other,                 "Other Object Access Events" },
	{ AuditCategoryObjectAccess,           &Audit_ObjectAccess_DetailedFileShare,     "Detailed File Share" },
	{ AuditCategoryObjectAccess,           &Audit_ObjectAccess_RemovableStorage,      "Removable Storage" },
	{ AuditCategoryObjectAccess,           &Audit_ObjectAccess_CbacStaging,           "Central Policy Staging" },
	{ AuditCategoryPrivilegeUse,           &Audit_PrivilegeUse_Sensitive,             "Sensitive Privilege Use" },
	{ AuditCategoryPrivilegeUse,           &Audit_PrivilegeUse_NonSensitive,          "Non Sensitive Privilege Use" },
	{ AuditCategoryPrivilegeUse,           &Audit_PrivilegeUse_Others,                "Other Privilege Use Events" },
	{ AuditCategoryDetailedTracking,       &Audit_DetailedTracking_ProcessCreation,   "Process Creation" },
	{ AuditCategoryDetailedTracking,       &Audit_DetailedTracking_ProcessTermination,"Process Termination" },
	{ AuditCategoryDetailedTracking,       &Audit_DetailedTracking_DpapiActivity,     "DPAPI Activity" },
	{ AuditCategoryDetailedTracking,       &Audit_DetailedTracking_RpcCall,           "RPC Events" },
	{ AuditCategoryDetailedTracking,       &Audit_DetailedTracking_PnpActivity,       "Plug and Play Events" },
	{ AuditCategoryDetailedTracking,       &Audit_DetailedTracking_TokenRightAdjusted,"Token Right Adjusted Events" },
	{ AuditCategoryPolicyChange,           &Audit_PolicyChange_AuditPolicy,           "Audit Policy Change" },
	{ AuditCategoryPolicyChange,           &Audit_PolicyChange_AuthenticationPolicy,  "Authentication Policy Change" },
	{ AuditCategoryPolicyChange,           &Audit_PolicyChange_AuthorizationPolicy,   "Authorization Policy Change" },
	{ AuditCategoryPolicyChange,           &Audit_PolicyChange_MpsscvRulePolicy,      "MPSSVC Rule-Level Policy Change" },
	{ AuditCategoryPolicyChange,           &Audit_PolicyChange_WfpIPSecPolicy,        "Filtering Platform Policy Change" },
	{ AuditCategoryPolicyChange,           &Audit_PolicyChange_Others,                "Other Policy Change Events" },
	{ AuditCategoryAccountManagement,      &Audit_AccountManagement_UserAccount,      "User Account Management" },
	{ AuditCategoryAccountManagement,      &Audit_AccountManagement_ComputerAccount,  "Computer Account Management" },
	{ AuditCategoryAccountManagement,      &Audit_AccountManagement_SecurityGroup,    "Security Group Management" },
	{ AuditCategoryAccountManagement,      &Audit_AccountManagement_DistributionGroup,"Distribution Group Management" },
	{ AuditCategoryAccountManagement,      &Audit_AccountManagement_ApplicationGroup, "Application Group Management" },
	{ AuditCategoryAccountManagement,      &Audit_AccountManagement_Others,           "Other Account Management Events" },
	{ AuditCategoryDirectoryServiceAccess, &Audit_DSAccess_DSAccess,                  "Directory Service Access" },
	{ AuditCategoryDirectoryServiceAccess, &Audit_DsAccess_AdAuditChanges,            "Directory Service Changes" },
	{ AuditCategoryDirectoryServiceAccess, &Audit_Ds_Replication,                     "Directory Service Replication" },
	{ AuditCategoryDirectoryServiceAccess, &Audit_Ds_DetailedReplication,             "Detailed Directory Service Replication" },
	{ AuditCategoryAccountLogon,           &Audit_AccountLogon_CredentialValidation,  "Credential Validation" },
	{ AuditCategoryAccountLogon,           &Audit_AccountLogon_Kerberos,              "Kerberos Service Ticket Operations" },
	{ AuditCategoryAccountLogon,           &Audit_AccountLogon_Others,                "Other Account Logon Events" },
	{ AuditCategoryAccountLogon,           &Audit_AccountLogon_KerbCredentialValidation,"Kerberos Authentication Service" },
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
	return categories[subcategories[place].of].guid;
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

	while (guid && i < CATEGORIES && !IsEqualGUID(categories[i].guid, guid))
		i++;
	return guid ? i : CATEGORIES;
}

static const char *
subcategory_name(const GUID *guid)
{
	for (size_t i = 0; guid && i < SUBCATEGORIES; i++)
		if (IsEqualGUID(subcategories[i].guid, guid))
			return subcategories[i].name;
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
		list[i] = *categories[i].guid;
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
	*pAuditCategoryGuid = *categories[AuditCategoryId].guid;
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

	return of < CATEGORIES ? categories[of].name : NULL;
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
