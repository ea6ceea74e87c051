/* SPDX-License-Identifier: MIT */
/*
 * winnt.h - WCHAR and strings, LUID, SID, token and access types.
 * The security half of Windows' file of this name.
 *
 * WCHAR has 16 bits: wchar_t where that has (-fshort-wchar), else char16_t
 * in C++ and unsigned short in C. Wide literals of these headers follow.
 */
#ifndef _WINNT_
#define _WINNT_

#include <minwindef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- characters and strings -------------------------------------------- */

#if defined(__SIZEOF_WCHAR_T__) && __SIZEOF_WCHAR_T__ == 2
typedef wchar_t			WCHAR;
#define OLSA_W(text)		L##text
#elif defined(__cplusplus)
typedef char16_t		WCHAR;
#define OLSA_W(text)		u##text
#else
typedef unsigned short		WCHAR;
#define OLSA_W(text)		u##text		/* C11; gnu99 has it too */
#endif

typedef WCHAR			*PWCHAR, *LPWCH, *PWCH;
typedef WCHAR			*NWPSTR, *LPWSTR, *PWSTR;
typedef PWSTR			*PZPWSTR;
typedef const WCHAR		*LPCWCH, *PCWCH;
typedef const WCHAR		*LPCWSTR, *PCWSTR;
typedef PCWSTR			*PZPCWSTR;
typedef WCHAR			*PZZWSTR;
typedef const WCHAR		*PCZZWSTR;

typedef CHAR			*NPSTR, *LPSTR, *PSTR;
typedef PSTR			*PZPSTR;
typedef const CHAR		*LPCCH, *PCCH;
typedef const CHAR		*LPCSTR, *PCSTR;
typedef PCSTR			*PZPCSTR;

/* The name of the A or the W form, and a text literal, as UNICODE says. */
#ifdef UNICODE
typedef WCHAR			TCHAR, *PTCHAR;
typedef LPWSTR			LPTSTR, PTSTR;
typedef LPCWSTR			LPCTSTR, PCTSTR;
#define OLSA_AW(name)		name##W
#define __TEXT(quote)		OLSA_W(quote)
#else
typedef char			TCHAR, *PTCHAR;
typedef LPSTR			LPTSTR, PTSTR;
typedef LPCSTR			LPCTSTR, PCTSTR;
#define OLSA_AW(name)		name##A
#define __TEXT(quote)		quote
#endif
#define TEXT(quote)		__TEXT(quote)

/* --- integers ---------------------------------------------------------- */

typedef LONG			HRESULT;
typedef DWORD			ACCESS_MASK, *PACCESS_MASK;
typedef DWORD			LCID;
typedef WORD			LANGID;

#define MAXSHORT	0x7FFF
#define MAXUSHORT	0xFFFF
#define MAXLONG		0x7FFFFFFF
#define MAXULONG	0xFFFFFFFF
#define MAXDWORD	0xFFFFFFFF
#define MAXLONGLONG	0x7FFFFFFFFFFFFFFFLL

typedef union _LARGE_INTEGER {
	__extension__ struct {
		DWORD	LowPart;
		LONG	HighPart;
	};
	struct {
		DWORD	LowPart;
		LONG	HighPart;
	} u;
	LONGLONG	QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

typedef union _ULARGE_INTEGER {
	__extension__ struct {
		DWORD	LowPart;
		DWORD	HighPart;
	};
	struct {
		DWORD	LowPart;
		DWORD	HighPart;
	} u;
	ULONGLONG	QuadPart;
} ULARGE_INTEGER, *PULARGE_INTEGER;

/* A value unique on this machine until its next start; 4-aligned. */
typedef struct _LUID {
	DWORD	LowPart;
	LONG	HighPart;
} LUID, *PLUID;

typedef struct _LUID_AND_ATTRIBUTES {
	LUID	Luid;
	DWORD	Attributes;
} LUID_AND_ATTRIBUTES, *PLUID_AND_ATTRIBUTES;

typedef struct _LIST_ENTRY {
	struct _LIST_ENTRY	*Flink;
	struct _LIST_ENTRY	*Blink;
} LIST_ENTRY, *PLIST_ENTRY;

#define ANYSIZE_ARRAY	1
#define CONTAINING_RECORD(address, type, field) \
	((type *)((PCHAR)(address) - offsetof(type, field)))
#define FIELD_OFFSET(type, field)	((LONG)offsetof(type, field))
#define ARRAYSIZE(a)			(sizeof(a) / sizeof((a)[0]))

/* --- statuses that winnt.h itself names (else: ntstatus.h) ------------- */

/* Of NTSTATUS' type, so that the order of includes changes nothing. */

#if !defined(WIN32_NO_STATUS) && !defined(_NTSTATUS_)
#define STATUS_WAIT_0			((LONG)0x00000000)
#define STATUS_ABANDONED_WAIT_0		((LONG)0x00000080)
#define STATUS_USER_APC			((LONG)0x000000C0)
#define STATUS_TIMEOUT			((LONG)0x00000102)
#define STATUS_PENDING			((LONG)0x00000103)
#define STATUS_ACCESS_VIOLATION		((LONG)0xC0000005)
#define STATUS_INVALID_HANDLE		((LONG)0xC0000008)
#define STATUS_INVALID_PARAMETER	((LONG)0xC000000D)
#define STATUS_NO_MEMORY		((LONG)0xC0000017)
#endif

/* --- access rights ----------------------------------------------------- */

#define DELETE				0x00010000
#define READ_CONTROL			0x00020000
#define WRITE_DAC			0x00040000
#define WRITE_OWNER			0x00080000
#define SYNCHRONIZE			0x00100000
#define STANDARD_RIGHTS_READ		0x00020000
#define STANDARD_RIGHTS_WRITE		0x00020000
#define STANDARD_RIGHTS_EXECUTE		0x00020000
#define STANDARD_RIGHTS_REQUIRED	0x000F0000
#define STANDARD_RIGHTS_ALL		0x001F0000
#define SPECIFIC_RIGHTS_ALL		0x0000FFFF
#define ACCESS_SYSTEM_SECURITY		0x01000000
#define MAXIMUM_ALLOWED			0x02000000
#define GENERIC_ALL			0x10000000
#define GENERIC_EXECUTE			0x20000000
#define GENERIC_WRITE			0x40000000
#define GENERIC_READ			0x80000000

typedef struct _GENERIC_MAPPING {
	ACCESS_MASK	GenericRead;
	ACCESS_MASK	GenericWrite;
	ACCESS_MASK	GenericExecute;
	ACCESS_MASK	GenericAll;
} GENERIC_MAPPING, *PGENERIC_MAPPING;

/* --- security identifiers ---------------------------------------------- */

typedef PVOID			PSID;

typedef struct _SID_IDENTIFIER_AUTHORITY {
	BYTE	Value[6];
} SID_IDENTIFIER_AUTHORITY, *PSID_IDENTIFIER_AUTHORITY;

/* SubAuthorityCount words follow; the whole has 8 + 4 * count bytes. */
typedef struct _SID {
	BYTE				Revision;
	BYTE				SubAuthorityCount;
	SID_IDENTIFIER_AUTHORITY	IdentifierAuthority;
	DWORD				SubAuthority[ANYSIZE_ARRAY];
} SID, *PISID;

#define SID_REVISION			1
#define SID_MAX_SUB_AUTHORITIES		15
#define SID_RECOMMENDED_SUB_AUTHORITIES	1
#define SECURITY_MAX_SID_SIZE		(sizeof(SID) - sizeof(DWORD) + SID_MAX_SUB_AUTHORITIES * sizeof(DWORD))

typedef enum _SID_NAME_USE {
	SidTypeUser = 1,
	SidTypeGroup,
	SidTypeDomain,
	SidTypeAlias,
	SidTypeWellKnownGroup,
	SidTypeDeletedAccount,
	SidTypeInvalid,
	SidTypeUnknown,
	SidTypeComputer,
	SidTypeLabel,
	SidTypeLogonSession
} SID_NAME_USE, *PSID_NAME_USE;

typedef struct _SID_AND_ATTRIBUTES {
	PSID	Sid;
	DWORD	Attributes;
} SID_AND_ATTRIBUTES, *PSID_AND_ATTRIBUTES;
typedef SID_AND_ATTRIBUTES	SID_AND_ATTRIBUTES_ARRAY[ANYSIZE_ARRAY];
typedef SID_AND_ATTRIBUTES_ARRAY	*PSID_AND_ATTRIBUTES_ARRAY;

/* Identifier authorities: initialisers of a SID_IDENTIFIER_AUTHORITY. */
#define SECURITY_NULL_SID_AUTHORITY		{ 0, 0, 0, 0, 0, 0 }
#define SECURITY_WORLD_SID_AUTHORITY		{ 0, 0, 0, 0, 0, 1 }
#define SECURITY_LOCAL_SID_AUTHORITY		{ 0, 0, 0, 0, 0, 2 }
#define SECURITY_CREATOR_SID_AUTHORITY		{ 0, 0, 0, 0, 0, 3 }
#define SECURITY_NON_UNIQUE_AUTHORITY		{ 0, 0, 0, 0, 0, 4 }
#define SECURITY_NT_AUTHORITY			{ 0, 0, 0, 0, 0, 5 }
#define SECURITY_RESOURCE_MANAGER_AUTHORITY	{ 0, 0, 0, 0, 0, 9 }
#define SECURITY_APP_PACKAGE_AUTHORITY		{ 0, 0, 0, 0, 0, 15 }
#define SECURITY_MANDATORY_LABEL_AUTHORITY	{ 0, 0, 0, 0, 0, 16 }
#define SECURITY_SCOPED_POLICY_ID_AUTHORITY	{ 0, 0, 0, 0, 0, 17 }
#define SECURITY_AUTHENTICATION_AUTHORITY	{ 0, 0, 0, 0, 0, 18 }

/* Relative ids below the world, local and creator authorities. */
#define SECURITY_NULL_RID			0x00000000
#define SECURITY_WORLD_RID			0x00000000
#define SECURITY_LOCAL_RID			0x00000000
#define SECURITY_LOCAL_LOGON_RID		0x00000001
#define SECURITY_CREATOR_OWNER_RID		0x00000000
#define SECURITY_CREATOR_GROUP_RID		0x00000001
#define SECURITY_CREATOR_OWNER_SERVER_RID	0x00000002
#define SECURITY_CREATOR_GROUP_SERVER_RID	0x00000003
#define SECURITY_CREATOR_OWNER_RIGHTS_RID	0x00000004

/* Below NT authority (S-1-5-...). */
#define SECURITY_DIALUP_RID					0x00000001
#define SECURITY_NETWORK_RID					0x00000002
#define SECURITY_BATCH_RID					0x00000003
#define SECURITY_INTERACTIVE_RID				0x00000004
#define SECURITY_LOGON_IDS_RID					0x00000005
#define SECURITY_SERVICE_RID					0x00000006
#define SECURITY_ANONYMOUS_LOGON_RID				0x00000007
#define SECURITY_PROXY_RID					0x00000008
#define SECURITY_ENTERPRISE_CONTROLLERS_RID			0x00000009
#define SECURITY_SERVER_LOGON_RID				0x00000009
#define SECURITY_PRINCIPAL_SELF_RID				0x0000000A
#define SECURITY_AUTHENTICATED_USER_RID				0x0000000B
#define SECURITY_RESTRICTED_CODE_RID				0x0000000C
#define SECURITY_TERMINAL_SERVER_RID				0x0000000D
#define SECURITY_REMOTE_LOGON_RID				0x0000000E
#define SECURITY_THIS_ORGANIZATION_RID				0x0000000F
#define SECURITY_IUSER_RID					0x00000011
#define SECURITY_LOCAL_SYSTEM_RID				0x00000012
#define SECURITY_LOCAL_SERVICE_RID				0x00000013
#define SECURITY_NETWORK_SERVICE_RID				0x00000014
#define SECURITY_ENTERPRISE_READONLY_CONTROLLERS_RID		0x00000016
#define SECURITY_BUILTIN_DOMAIN_RID				0x00000020
#define SECURITY_WRITE_RESTRICTED_CODE_RID			0x00000021
#define SECURITY_OTHER_ORGANIZATION_RID				0x000003E8
#define SECURITY_LOGON_IDS_RID_COUNT				3
#define SECURITY_NT_NON_UNIQUE					0x00000015
#define SECURITY_PACKAGE_NTLM_RID				0x0000000A
#define SECURITY_PACKAGE_SCHANNEL_RID				0x0000000E
#define SECURITY_PACKAGE_DIGEST_RID				0x00000015
#define SECURITY_PACKAGE_BASE_RID				0x00000040
#define SECURITY_CRED_TYPE_THIS_ORG_CERT_RID			0x00000001
#define SECURITY_CRED_TYPE_BASE_RID				0x00000041
#define SECURITY_MIN_BASE_RID					0x00000050
#define SECURITY_SERVICE_ID_BASE_RID				0x00000050
#define SECURITY_RESERVED_ID_BASE_RID				0x00000051
#define SECURITY_APPPOOL_ID_BASE_RID				0x00000052
#define SECURITY_VIRTUALSERVER_ID_BASE_RID			0x00000053
#define SECURITY_USERMODEDRIVERHOST_ID_BASE_RID			0x00000054
#define SECURITY_CLOUD_INFRASTRUCTURE_SERVICES_ID_BASE_RID	0x00000055
#define SECURITY_WMIHOST_ID_BASE_RID				0x00000056
#define SECURITY_TASK_ID_BASE_RID				0x00000057
#define SECURITY_NFS_ID_BASE_RID				0x00000058
#define SECURITY_COM_ID_BASE_RID				0x00000059
#define SECURITY_DASHOST_ID_BASE_RID				0x0000005C
#define SECURITY_WINDOWSMOBILE_ID_BASE_RID			0x00000070
#define SECURITY_APP_PACKAGE_BASE_RID				0x00000002
#define SECURITY_CAPABILITY_BASE_RID				0x00000003
#define SECURITY_WINDOW_MANAGER_BASE_RID			0x0000005A
#define SECURITY_RDV_GFX_BASE_RID				0x0000005B
#define SECURITY_MAX_BASE_RID					0x0000006F

/* How a name was proven (S-1-18-...), and integrity levels (S-1-16-...). */
#define SECURITY_AUTHENTICATION_AUTHORITY_ASSERTED_RID	0x00000001
#define SECURITY_AUTHENTICATION_SERVICE_ASSERTED_RID	0x00000002
#define SECURITY_MANDATORY_UNTRUSTED_RID		0x00000000
#define SECURITY_MANDATORY_LOW_RID			0x00001000
#define SECURITY_MANDATORY_MEDIUM_RID			0x00002000
#define SECURITY_MANDATORY_HIGH_RID			0x00003000
#define SECURITY_MANDATORY_MAXIMUM_USER_RID		0x00004000
#define SECURITY_MANDATORY_SYSTEM_RID			0x00004000
#define SECURITY_MANDATORY_PROTECTED_PROCESS_RID	0x00005000

/* Users, groups and aliases of a domain and of S-1-5-32. */
#define DOMAIN_USER_RID_ADMIN		0x000001F4
#define DOMAIN_USER_RID_GUEST		0x000001F5
#define DOMAIN_USER_RID_KRBTGT		0x000001F6
#define DOMAIN_GROUP_RID_ADMINS		0x00000200
#define DOMAIN_GROUP_RID_USERS		0x00000201
#define DOMAIN_GROUP_RID_GUESTS		0x00000202
#define DOMAIN_GROUP_RID_COMPUTERS	0x00000203
#define DOMAIN_GROUP_RID_CONTROLLERS	0x00000204
#define DOMAIN_ALIAS_RID_ADMINS		0x00000220
#define DOMAIN_ALIAS_RID_USERS		0x00000221
#define DOMAIN_ALIAS_RID_GUESTS		0x00000222
#define DOMAIN_ALIAS_RID_POWER_USERS	0x00000223

/* Attributes of a group in a token. */
#define SE_GROUP_MANDATORY		0x00000001
#define SE_GROUP_DEFAULTED		0x00000002
#define SE_GROUP_ENABLED_BY_DEFAULT	0x00000002
#define SE_GROUP_ENABLED		0x00000004
#define SE_GROUP_OWNER			0x00000008
#define SE_GROUP_USE_FOR_DENY_ONLY	0x00000010
#define SE_GROUP_INTEGRITY		0x00000020
#define SE_GROUP_INTEGRITY_ENABLED	0x00000040
#define SE_GROUP_RESOURCE		0x20000000
#define SE_GROUP_LOGON_ID		0xC0000000
#define SE_GROUP_VALID_ATTRIBUTES	0xE000007F

/* --- privileges -------------------------------------------------------- */

#define SE_PRIVILEGE_ENABLED_BY_DEFAULT	0x00000001
#define SE_PRIVILEGE_ENABLED		0x00000002
#define SE_PRIVILEGE_REMOVED		0x00000004
#define SE_PRIVILEGE_USED_FOR_ACCESS	0x80000000
#define SE_PRIVILEGE_VALID_ATTRIBUTES	0x80000007
#define PRIVILEGE_SET_ALL_NECESSARY	1

typedef struct _PRIVILEGE_SET {
	DWORD			PrivilegeCount;
	DWORD			Control;
	LUID_AND_ATTRIBUTES	Privilege[ANYSIZE_ARRAY];
} PRIVILEGE_SET, *PPRIVILEGE_SET;

#define SE_ASSIGNPRIMARYTOKEN_NAME	OLSA_W("SeAssignPrimaryTokenPrivilege")
#define SE_AUDIT_NAME			OLSA_W("SeAuditPrivilege")
#define SE_BACKUP_NAME			OLSA_W("SeBackupPrivilege")
#define SE_CHANGE_NOTIFY_NAME		OLSA_W("SeChangeNotifyPrivilege")
#define SE_CREATE_GLOBAL_NAME		OLSA_W("SeCreateGlobalPrivilege")
#define SE_CREATE_PAGEFILE_NAME		OLSA_W("SeCreatePagefilePrivilege")
#define SE_CREATE_PERMANENT_NAME	OLSA_W("SeCreatePermanentPrivilege")
#define SE_CREATE_SYMBOLIC_LINK_NAME	OLSA_W("SeCreateSymbolicLinkPrivilege")
#define SE_CREATE_TOKEN_NAME		OLSA_W("SeCreateTokenPrivilege")
#define SE_DEBUG_NAME			OLSA_W("SeDebugPrivilege")
#define SE_ENABLE_DELEGATION_NAME	OLSA_W("SeEnableDelegationPrivilege")
#define SE_IMPERSONATE_NAME		OLSA_W("SeImpersonatePrivilege")
#define SE_INCREASE_QUOTA_NAME		OLSA_W("SeIncreaseQuotaPrivilege")
#define SE_INC_BASE_PRIORITY_NAME	OLSA_W("SeIncreaseBasePriorityPrivilege")
#define SE_INC_WORKING_SET_NAME		OLSA_W("SeIncreaseWorkingSetPrivilege")
#define SE_LOAD_DRIVER_NAME		OLSA_W("SeLoadDriverPrivilege")
#define SE_LOCK_MEMORY_NAME		OLSA_W("SeLockMemoryPrivilege")
#define SE_MACHINE_ACCOUNT_NAME		OLSA_W("SeMachineAccountPrivilege")
#define SE_MANAGE_VOLUME_NAME		OLSA_W("SeManageVolumePrivilege")
#define SE_PROF_SINGLE_PROCESS_NAME	OLSA_W("SeProfileSingleProcessPrivilege")
#define SE_RELABEL_NAME			OLSA_W("SeRelabelPrivilege")
#define SE_REMOTE_SHUTDOWN_NAME		OLSA_W("SeRemoteShutdownPrivilege")
#define SE_RESTORE_NAME			OLSA_W("SeRestorePrivilege")
#define SE_SECURITY_NAME		OLSA_W("SeSecurityPrivilege")
#define SE_SHUTDOWN_NAME		OLSA_W("SeShutdownPrivilege")
#define SE_SYNC_AGENT_NAME		OLSA_W("SeSyncAgentPrivilege")
#define SE_SYSTEMTIME_NAME		OLSA_W("SeSystemtimePrivilege")
#define SE_SYSTEM_ENVIRONMENT_NAME	OLSA_W("SeSystemEnvironmentPrivilege")
#define SE_SYSTEM_PROFILE_NAME		OLSA_W("SeSystemProfilePrivilege")
#define SE_TAKE_OWNERSHIP_NAME		OLSA_W("SeTakeOwnershipPrivilege")
#define SE_TCB_NAME			OLSA_W("SeTcbPrivilege")
#define SE_TIME_ZONE_NAME		OLSA_W("SeTimeZonePrivilege")
#define SE_TRUSTED_CREDMAN_ACCESS_NAME	OLSA_W("SeTrustedCredManAccessPrivilege")
#define SE_UNDOCK_NAME			OLSA_W("SeUndockPrivilege")
#define SE_UNSOLICITED_INPUT_NAME	OLSA_W("SeUnsolicitedInputPrivilege")

/* --- descriptors and access control lists ------------------------------ */

typedef PVOID			PSECURITY_DESCRIPTOR;
typedef WORD			SECURITY_DESCRIPTOR_CONTROL, *PSECURITY_DESCRIPTOR_CONTROL;
typedef DWORD			SECURITY_INFORMATION, *PSECURITY_INFORMATION;
typedef BYTE			SECURITY_CONTEXT_TRACKING_MODE, *PSECURITY_CONTEXT_TRACKING_MODE;

#define OWNER_SECURITY_INFORMATION	0x00000001
#define GROUP_SECURITY_INFORMATION	0x00000002
#define DACL_SECURITY_INFORMATION	0x00000004
#define SACL_SECURITY_INFORMATION	0x00000008
#define SECURITY_DYNAMIC_TRACKING	TRUE
#define SECURITY_STATIC_TRACKING	FALSE
#define SECURITY_DESCRIPTOR_REVISION	1
#define ACL_REVISION			2

typedef struct _ACL {
	BYTE	AclRevision;
	BYTE	Sbz1;
	WORD	AclSize;
	WORD	AceCount;
	WORD	Sbz2;
} ACL, *PACL;

typedef struct _SECURITY_DESCRIPTOR {
	BYTE				Revision;
	BYTE				Sbz1;
	SECURITY_DESCRIPTOR_CONTROL	Control;
	PSID				Owner;
	PSID				Group;
	PACL				Sacl;
	PACL				Dacl;
} SECURITY_DESCRIPTOR, *PISECURITY_DESCRIPTOR;

/* The form with offsets from its own start; 0 means absent. */
typedef struct _SECURITY_DESCRIPTOR_RELATIVE {
	BYTE				Revision;
	BYTE				Sbz1;
	SECURITY_DESCRIPTOR_CONTROL	Control;
	DWORD				Owner;
	DWORD				Group;
	DWORD				Sacl;
	DWORD				Dacl;
} SECURITY_DESCRIPTOR_RELATIVE, *PISECURITY_DESCRIPTOR_RELATIVE;

typedef enum _SECURITY_IMPERSONATION_LEVEL {
	SecurityAnonymous,
	SecurityIdentification,
	SecurityImpersonation,
	SecurityDelegation
} SECURITY_IMPERSONATION_LEVEL, *PSECURITY_IMPERSONATION_LEVEL;

typedef struct _SECURITY_QUALITY_OF_SERVICE {
	DWORD				Length;
	SECURITY_IMPERSONATION_LEVEL	ImpersonationLevel;
	SECURITY_CONTEXT_TRACKING_MODE	ContextTrackingMode;
	BOOLEAN				EffectiveOnly;
} SECURITY_QUALITY_OF_SERVICE, *PSECURITY_QUALITY_OF_SERVICE;

/* --- tokens ------------------------------------------------------------ */

#define TOKEN_ASSIGN_PRIMARY	0x00000001
#define TOKEN_DUPLICATE		0x00000002
#define TOKEN_IMPERSONATE	0x00000004
#define TOKEN_QUERY		0x00000008
#define TOKEN_QUERY_SOURCE	0x00000010
#define TOKEN_ADJUST_PRIVILEGES	0x00000020
#define TOKEN_ADJUST_GROUPS	0x00000040
#define TOKEN_ADJUST_DEFAULT	0x00000080
#define TOKEN_ADJUST_SESSIONID	0x00000100
#define TOKEN_ALL_ACCESS	0x000F01FF
#define TOKEN_SOURCE_LENGTH	8

typedef enum _TOKEN_TYPE {
	TokenPrimary = 1,
	TokenImpersonation
} TOKEN_TYPE, *PTOKEN_TYPE;

typedef enum _TOKEN_INFORMATION_CLASS {
	TokenUser = 1,
	TokenGroups,
	TokenPrivileges,
	TokenOwner,
	TokenPrimaryGroup,
	TokenDefaultDacl,
	TokenSource,
	TokenType,
	TokenImpersonationLevel,
	TokenStatistics,
	TokenRestrictedSids,
	TokenSessionId,
	TokenGroupsAndPrivileges,
	TokenSessionReference,
	TokenSandBoxInert,
	TokenAuditPolicy,
	TokenOrigin,
	TokenElevationType,
	TokenLinkedToken,
	TokenElevation,
	TokenHasRestrictions,
	TokenAccessInformation,
	TokenVirtualizationAllowed,
	TokenVirtualizationEnabled,
	TokenIntegrityLevel,
	TokenUIAccess,
	TokenMandatoryPolicy,
	TokenLogonSid,
	TokenIsAppContainer,
	TokenCapabilities,
	TokenAppContainerSid,
	TokenAppContainerNumber,
	TokenUserClaimAttributes,
	TokenDeviceClaimAttributes,
	TokenRestrictedUserClaimAttributes,
	TokenRestrictedDeviceClaimAttributes,
	TokenDeviceGroups,
	TokenRestrictedDeviceGroups,
	TokenSecurityAttributes,
	TokenIsRestricted,
	MaxTokenInfoClass
} TOKEN_INFORMATION_CLASS, *PTOKEN_INFORMATION_CLASS;

typedef struct _TOKEN_USER {
	SID_AND_ATTRIBUTES	User;
} TOKEN_USER, *PTOKEN_USER;

typedef struct _TOKEN_GROUPS {
	DWORD			GroupCount;
	SID_AND_ATTRIBUTES	Groups[ANYSIZE_ARRAY];
} TOKEN_GROUPS, *PTOKEN_GROUPS;

typedef struct _TOKEN_PRIVILEGES {
	DWORD			PrivilegeCount;
	LUID_AND_ATTRIBUTES	Privileges[ANYSIZE_ARRAY];
} TOKEN_PRIVILEGES, *PTOKEN_PRIVILEGES;

typedef struct _TOKEN_OWNER {
	PSID	Owner;
} TOKEN_OWNER, *PTOKEN_OWNER;

typedef struct _TOKEN_PRIMARY_GROUP {
	PSID	PrimaryGroup;
} TOKEN_PRIMARY_GROUP, *PTOKEN_PRIMARY_GROUP;

typedef struct _TOKEN_DEFAULT_DACL {
	PACL	DefaultDacl;
} TOKEN_DEFAULT_DACL, *PTOKEN_DEFAULT_DACL;

/* SourceName: eight characters, padded with NUL, not terminated. */
typedef struct _TOKEN_SOURCE {
	CHAR	SourceName[TOKEN_SOURCE_LENGTH];
	LUID	SourceIdentifier;
} TOKEN_SOURCE, *PTOKEN_SOURCE;

typedef struct _TOKEN_CONTROL {
	LUID		TokenId;
	LUID		AuthenticationId;
	LUID		ModifiedId;
	TOKEN_SOURCE	TokenSource;
} TOKEN_CONTROL, *PTOKEN_CONTROL;

typedef struct _TOKEN_STATISTICS {
	LUID				TokenId;
	LUID				AuthenticationId;
	LARGE_INTEGER			ExpirationTime;
	TOKEN_TYPE			TokenType;
	SECURITY_IMPERSONATION_LEVEL	ImpersonationLevel;
	DWORD				DynamicCharged;
	DWORD				DynamicAvailable;
	DWORD				GroupCount;
	DWORD				PrivilegeCount;
	LUID				ModifiedId;
} TOKEN_STATISTICS, *PTOKEN_STATISTICS;

typedef struct _QUOTA_LIMITS {
	SIZE_T		PagedPoolLimit;
	SIZE_T		NonPagedPoolLimit;
	SIZE_T		MinimumWorkingSetSize;
	SIZE_T		MaximumWorkingSetSize;
	SIZE_T		PagefileLimit;
	LARGE_INTEGER	TimeLimit;
} QUOTA_LIMITS, *PQUOTA_LIMITS;

#ifdef __cplusplus
}
#endif

#endif
