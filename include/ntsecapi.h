/* SPDX-License-Identifier: MIT */
/*
 * ntsecapi.h - the Local Security Authority: logon and authentication
 * packages, policy, accounts, secrets, trusts, audit.
 *
 * What Lsa...Policy and look-up functions return is freed with
 * LsaFreeMemory, what logon functions return with LsaFreeReturnBuffer, what
 * Audit functions return with AuditFree. An LSA_HANDLE ends with LsaClose,
 * a logon handle with LsaDeregisterLogonProcess.
 * Times are FILETIMEs in a LARGE_INTEGER; ages are negative 100 ns units.
 */
#ifndef _NTSECAPI_
#define _NTSECAPI_

#include <ntdef.h>
#include <guiddef.h>
#include <lsalookup.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- logon: types ------------------------------------------------------ */

typedef ULONG			LSA_OPERATIONAL_MODE, *PLSA_OPERATIONAL_MODE;

#define LSA_MODE_PASSWORD_PROTECTED	0x00000001
#define LSA_MODE_INDIVIDUAL_ACCOUNTS	0x00000002
#define LSA_MODE_MANDATORY_ACCESS	0x00000004
#define LSA_MODE_LOG_FULL		0x00000008

typedef enum _SECURITY_LOGON_TYPE {
	UndefinedLogonType,
	Interactive = 2,
	Network,
	Batch,
	Service,
	Proxy,
	Unlock,
	NetworkCleartext,
	NewCredentials,
	RemoteInteractive,
	CachedInteractive,
	CachedRemoteInteractive,
	CachedUnlock
} SECURITY_LOGON_TYPE, *PSECURITY_LOGON_TYPE;

#define LSA_CALL_LICENSE_SERVER	0x80000000

typedef struct _LSA_LAST_INTER_LOGON_INFO {
	LARGE_INTEGER	LastSuccessfulLogon;
	LARGE_INTEGER	LastFailedLogon;
	ULONG		FailedAttemptCountSinceLastSuccessfulLogon;
} LSA_LAST_INTER_LOGON_INFO, *PLSA_LAST_INTER_LOGON_INFO;

/* One block: LsaFreeReturnBuffer. */
typedef struct _SECURITY_LOGON_SESSION_DATA {
	ULONG				Size;
	LUID				LogonId;
	LSA_UNICODE_STRING		UserName;
	LSA_UNICODE_STRING		LogonDomain;
	LSA_UNICODE_STRING		AuthenticationPackage;
	ULONG				LogonType;
	ULONG				Session;
	PSID				Sid;
	LARGE_INTEGER			LogonTime;
	LSA_UNICODE_STRING		LogonServer;
	LSA_UNICODE_STRING		DnsDomainName;
	LSA_UNICODE_STRING		Upn;
	ULONG				UserFlags;
	LSA_LAST_INTER_LOGON_INFO	LastLogonInfo;
	LSA_UNICODE_STRING		LogonScript;
	LSA_UNICODE_STRING		ProfilePath;
	LSA_UNICODE_STRING		HomeDirectory;
	LSA_UNICODE_STRING		HomeDirectoryDrive;
	LARGE_INTEGER			LogoffTime;
	LARGE_INTEGER			KickOffTime;
	LARGE_INTEGER			PasswordLastSet;
	LARGE_INTEGER			PasswordCanChange;
	LARGE_INTEGER			PasswordMustChange;
} SECURITY_LOGON_SESSION_DATA, *PSECURITY_LOGON_SESSION_DATA;

/* UserFlags of a session and of a logon profile. */
#define LOGON_GUEST			0x0001
#define LOGON_NOENCRYPTION		0x0002
#define LOGON_CACHED_ACCOUNT		0x0004
#define LOGON_USED_LM_PASSWORD		0x0008
#define LOGON_EXTRA_SIDS		0x0020
#define LOGON_SUBAUTH_SESSION_KEY	0x0040
#define LOGON_SERVER_TRUST_ACCOUNT	0x0080
#define LOGON_NTLMV2_ENABLED		0x0100
#define LOGON_RESOURCE_GROUPS		0x0200
#define LOGON_PROFILE_PATH_RETURNED	0x0400
#define LOGON_NT_V2			0x0800
#define LOGON_LM_V2			0x1000
#define LOGON_NTLM_V2			0x2000
#define LOGON_OPTIMIZED			0x4000
#define LOGON_WINLOGON			0x8000
#define LOGON_PKINIT			0x00010000
#define LOGON_NO_OPTIMIZED		0x00020000
#define LOGON_NO_ELEVATION		0x00040000
#define LOGON_MANAGED_SERVICE		0x00080000
#define LOGON_GRACE_LOGON		0x01000000

/* --- logon: functions -------------------------------------------------- */

/*
 * Opens a link of rank TRUSTED: any logon, calls for others.
 * The name has at most 127 bytes (STATUS_NAME_TOO_LONG).
 * STATUS_PORT_CONNECTION_REFUSED, STATUS_ACCESS_DENIED: not allowed to.
 */
NTSTATUS NTAPI LsaRegisterLogonProcess(PLSA_STRING LogonProcessName, PHANDLE LsaHandle,
	PLSA_OPERATIONAL_MODE SecurityMode);

/* Opens a link that can do what needs no rank. */
NTSTATUS NTAPI LsaConnectUntrusted(PHANDLE LsaHandle);

/* Ends the link; calls that wait on it return STATUS_PORT_DISCONNECTED. */
NTSTATUS NTAPI LsaDeregisterLogonProcess(HANDLE LsaHandle);

/* The number of a package for the next two. STATUS_NO_SUCH_PACKAGE. */
NTSTATUS NTAPI LsaLookupAuthenticationPackage(HANDLE LsaHandle, PLSA_STRING PackageName,
	PULONG AuthenticationPackage);

/*
 * *ProfileBuffer: LsaFreeReturnBuffer. *Token: CloseHandle. *SubStatus tells
 * why an account was refused (STATUS_ACCOUNT_RESTRICTION). Authentication
 * information begins with a MessageType of its package.
 */
NTSTATUS NTAPI LsaLogonUser(HANDLE LsaHandle, PLSA_STRING OriginName, SECURITY_LOGON_TYPE LogonType,
	ULONG AuthenticationPackage, PVOID AuthenticationInformation,
	ULONG AuthenticationInformationLength, PTOKEN_GROUPS LocalGroups,
	PTOKEN_SOURCE SourceContext, PVOID *ProfileBuffer, PULONG ProfileBufferLength,
	PLUID LogonId, PHANDLE Token, PQUOTA_LIMITS Quotas, PNTSTATUS SubStatus);

/*
 * A message to a package. The returned status is the LSA's, *ProtocolStatus
 * the package's: check both. *ProtocolReturnBuffer: LsaFreeReturnBuffer.
 */
NTSTATUS NTAPI LsaCallAuthenticationPackage(HANDLE LsaHandle, ULONG AuthenticationPackage,
	PVOID ProtocolSubmitBuffer, ULONG SubmitBufferLength, PVOID *ProtocolReturnBuffer,
	PULONG ReturnBufferLength, PNTSTATUS ProtocolStatus);
NTSTATUS NTAPI LsaFreeReturnBuffer(PVOID Buffer);

/* Both results: LsaFreeReturnBuffer. */
NTSTATUS NTAPI LsaEnumerateLogonSessions(PULONG LogonSessionCount, PLUID *LogonSessionList);
NTSTATUS NTAPI LsaGetLogonSessionData(PLUID LogonId,
	PSECURITY_LOGON_SESSION_DATA *ppLogonSessionData);

/* The event is set after each change of that kind of information. */
typedef enum _POLICY_NOTIFICATION_INFORMATION_CLASS {
	PolicyNotifyAuditEventsInformation = 1,
	PolicyNotifyAccountDomainInformation,
	PolicyNotifyServerRoleInformation,
	PolicyNotifyDnsDomainInformation,
	PolicyNotifyDomainEfsInformation,
	PolicyNotifyDomainKerberosTicketInformation,
	PolicyNotifyMachineAccountPasswordInformation,
	PolicyNotifyGlobalSaclInformation,
	PolicyNotifyMax
} POLICY_NOTIFICATION_INFORMATION_CLASS, *PPOLICY_NOTIFICATION_INFORMATION_CLASS;

NTSTATUS NTAPI LsaRegisterPolicyChangeNotification(
	POLICY_NOTIFICATION_INFORMATION_CLASS InformationClass, HANDLE NotificationEventHandle);
NTSTATUS NTAPI LsaUnregisterPolicyChangeNotification(
	POLICY_NOTIFICATION_INFORMATION_CLASS InformationClass, HANDLE NotificationEventHandle);
NTSTATUS NTAPI LsaInsertProtectedProcessAddress(PVOID BufferAddress, ULONG BufferSize);
NTSTATUS NTAPI LsaRemoveProtectedProcessAddress(PVOID BufferAddress, ULONG BufferSize);

/* --- MSV1_0: the NTLM package ------------------------------------------ */

#define MSV1_0_PACKAGE_NAME		"MICROSOFT_AUTHENTICATION_PACKAGE_V1_0"
#define MSV1_0_PACKAGE_NAMEW		OLSA_W("MICROSOFT_AUTHENTICATION_PACKAGE_V1_0")
#define MSV1_0_PACKAGE_NAMEW_LENGTH	(sizeof(MSV1_0_PACKAGE_NAMEW) - sizeof(WCHAR))

#define MSV1_0_CHALLENGE_LENGTH			8
#define MSV1_0_LANMAN_SESSION_KEY_LENGTH	8
#define MSV1_0_NTLM3_OWF_LENGTH			16
#define MSV1_0_NTLM3_RESPONSE_LENGTH		16
#define MSV1_0_OWF_PASSWORD_LENGTH		16
#define MSV1_0_USER_SESSION_KEY_LENGTH		16
#define MSV1_0_CREDENTIAL_KEY_LENGTH		20
#define MSV1_0_SHA_PASSWORD_LENGTH		20
#define MSV1_0_NTLM3_INPUT_LENGTH		32
#define MSV1_0_NTLM3_MIN_NT_RESPONSE_LENGTH	44
#define MSV1_0_MAX_AVL_SIZE			64000
#define MSV1_0_MAX_NTLM3_LIFE			129600

/* ParameterControl of a network logon. */
#define MSV1_0_CLEARTEXT_PASSWORD_ALLOWED	0x00000002
#define MSV1_0_UPDATE_LOGON_STATISTICS		0x00000004
#define MSV1_0_RETURN_USER_PARAMETERS		0x00000008
#define MSV1_0_DONT_TRY_GUEST_ACCOUNT		0x00000010
#define MSV1_0_ALLOW_SERVER_TRUST_ACCOUNT	0x00000020
#define MSV1_0_RETURN_PASSWORD_EXPIRY		0x00000040
#define MSV1_0_USE_CLIENT_CHALLENGE		0x00000080
#define MSV1_0_TRY_GUEST_ACCOUNT_ONLY		0x00000100
#define MSV1_0_RETURN_PROFILE_PATH		0x00000200
#define MSV1_0_TRY_SPECIFIED_DOMAIN_ONLY	0x00000400
#define MSV1_0_ALLOW_WORKSTATION_TRUST_ACCOUNT	0x00000800
#define MSV1_0_DISABLE_PERSONAL_FALLBACK	0x00001000
#define MSV1_0_ALLOW_FORCE_GUEST		0x00002000
#define MSV1_0_CLEARTEXT_PASSWORD_SUPPLIED	0x00004000
#define MSV1_0_USE_DOMAIN_FOR_ROUTING_ONLY	0x00008000
#define MSV1_0_ALLOW_MSVCHAPV2			0x00010000
#define MSV1_0_S4U2SELF				0x00020000
#define MSV1_0_CHECK_LOGONHOURS_FOR_S4U		0x00040000
#define MSV1_0_INTERNET_DOMAIN			0x00080000
#define MSV1_0_SUBAUTHENTICATION_DLL_EX		0x00100000
#define MSV1_0_MNS_LOGON			0x01000000
#define MSV1_0_SUBAUTHENTICATION_DLL		0xFF000000
#define MSV1_0_SUBAUTHENTICATION_DLL_RAS	2
#define MSV1_0_SUBAUTHENTICATION_DLL_SHIFT	24
#define MSV1_0_SUBAUTHENTICATION_DLL_IIS	132
#define MSV1_0_SUBAUTHENTICATION_FLAGS		0xFF000000
#define MSV1_0_SUBAUTHENTICATION_KEY		"SYSTEM\\CurrentControlSet\\Control\\Lsa\\MSV1_0"
#define MSV1_0_SUBAUTHENTICATION_VALUE		"Auth"

typedef enum _MSV1_0_LOGON_SUBMIT_TYPE {
	MsV1_0InteractiveLogon = 2,
	MsV1_0Lm20Logon,
	MsV1_0NetworkLogon,
	MsV1_0SubAuthLogon,
	MsV1_0WorkstationUnlockLogon = 7,
	MsV1_0S4ULogon = 12,
	MsV1_0VirtualLogon = 82,
	MsV1_0NoElevationLogon,
	MsV1_0LuidLogon
} MSV1_0_LOGON_SUBMIT_TYPE, *PMSV1_0_LOGON_SUBMIT_TYPE;

typedef enum _MSV1_0_PROFILE_BUFFER_TYPE {
	MsV1_0InteractiveProfile = 2,
	MsV1_0Lm20LogonProfile,
	MsV1_0SmartCardProfile
} MSV1_0_PROFILE_BUFFER_TYPE, *PMSV1_0_PROFILE_BUFFER_TYPE;

typedef struct _MSV1_0_INTERACTIVE_LOGON {
	MSV1_0_LOGON_SUBMIT_TYPE	MessageType;
	UNICODE_STRING			LogonDomainName;
	UNICODE_STRING			UserName;
	UNICODE_STRING			Password;
} MSV1_0_INTERACTIVE_LOGON, *PMSV1_0_INTERACTIVE_LOGON;

typedef struct _MSV1_0_INTERACTIVE_PROFILE {
	MSV1_0_PROFILE_BUFFER_TYPE	MessageType;
	USHORT				LogonCount;
	USHORT				BadPasswordCount;
	LARGE_INTEGER			LogonTime;
	LARGE_INTEGER			LogoffTime;
	LARGE_INTEGER			KickOffTime;
	LARGE_INTEGER			PasswordLastSet;
	LARGE_INTEGER			PasswordCanChange;
	LARGE_INTEGER			PasswordMustChange;
	UNICODE_STRING			LogonScript;
	UNICODE_STRING			HomeDirectory;
	UNICODE_STRING			FullName;
	UNICODE_STRING			ProfilePath;
	UNICODE_STRING			HomeDirectoryDrive;
	UNICODE_STRING			LogonServer;
	ULONG				UserFlags;
} MSV1_0_INTERACTIVE_PROFILE, *PMSV1_0_INTERACTIVE_PROFILE;

/* A challenge and the two responses to it. */
typedef struct _MSV1_0_LM20_LOGON {
	MSV1_0_LOGON_SUBMIT_TYPE	MessageType;
	UNICODE_STRING			LogonDomainName;
	UNICODE_STRING			UserName;
	UNICODE_STRING			Workstation;
	UCHAR				ChallengeToClient[MSV1_0_CHALLENGE_LENGTH];
	STRING				CaseSensitiveChallengeResponse;
	STRING				CaseInsensitiveChallengeResponse;
	ULONG				ParameterControl;
} MSV1_0_LM20_LOGON, *PMSV1_0_LM20_LOGON;

typedef struct _MSV1_0_SUBAUTH_LOGON {
	MSV1_0_LOGON_SUBMIT_TYPE	MessageType;
	UNICODE_STRING			LogonDomainName;
	UNICODE_STRING			UserName;
	UNICODE_STRING			Workstation;
	UCHAR				ChallengeToClient[MSV1_0_CHALLENGE_LENGTH];
	STRING				AuthenticationInfo1;
	STRING				AuthenticationInfo2;
	ULONG				ParameterControl;
	ULONG				SubAuthPackageId;
} MSV1_0_SUBAUTH_LOGON, *PMSV1_0_SUBAUTH_LOGON;

typedef struct _MSV1_0_LM20_LOGON_PROFILE {
	MSV1_0_PROFILE_BUFFER_TYPE	MessageType;
	LARGE_INTEGER			KickOffTime;
	LARGE_INTEGER			LogoffTime;
	ULONG				UserFlags;
	UCHAR				UserSessionKey[MSV1_0_USER_SESSION_KEY_LENGTH];
	UNICODE_STRING			LogonDomainName;
	UCHAR				LanmanSessionKey[MSV1_0_LANMAN_SESSION_KEY_LENGTH];
	UNICODE_STRING			LogonServer;
	UNICODE_STRING			UserParameters;
} MSV1_0_LM20_LOGON_PROFILE, *PMSV1_0_LM20_LOGON_PROFILE;

#define MSV1_0_S4U_LOGON_FLAG_CHECK_LOGONHOURS	0x00000002

typedef struct _MSV1_0_S4U_LOGON {
	MSV1_0_LOGON_SUBMIT_TYPE	MessageType;
	ULONG				Flags;
	UNICODE_STRING			UserPrincipalName;
	UNICODE_STRING			DomainName;
} MSV1_0_S4U_LOGON, *PMSV1_0_S4U_LOGON;

/* Supplemental credentials of a Kerberos logon. */
#define MSV1_0_CRED_VERSION		0x00000000
#define MSV1_0_CRED_VERSION_V2		0x00000002
#define MSV1_0_CRED_VERSION_V3		0x00000004
#define MSV1_0_CRED_VERSION_IUM		0xFFFF0001
#define MSV1_0_CRED_VERSION_REMOTE	0xFFFF0002
#define MSV1_0_CRED_VERSION_ARSO	0xFFFF0003
#define MSV1_0_CRED_VERSION_RESERVED_1	0xFFFFFFFE
#define MSV1_0_CRED_VERSION_INVALID	0xFFFFFFFF
#define MSV1_0_CRED_LM_PRESENT		0x00000001
#define MSV1_0_CRED_NT_PRESENT		0x00000002
#define MSV1_0_CRED_CREDKEY_PRESENT	0x00000008
#define MSV1_0_CRED_SHA_PRESENT		0x00000010
#define MSV1_0_CRED_REMOVED		0x00000004

typedef struct _MSV1_0_SUPPLEMENTAL_CREDENTIAL {
	ULONG	Version;
	ULONG	Flags;
	UCHAR	LmPassword[MSV1_0_OWF_PASSWORD_LENGTH];
	UCHAR	NtPassword[MSV1_0_OWF_PASSWORD_LENGTH];
} MSV1_0_SUPPLEMENTAL_CREDENTIAL, *PMSV1_0_SUPPLEMENTAL_CREDENTIAL;

typedef struct _MSV1_0_CREDENTIAL_KEY {
	UCHAR	Data[MSV1_0_CREDENTIAL_KEY_LENGTH];
} MSV1_0_CREDENTIAL_KEY, *PMSV1_0_CREDENTIAL_KEY;

typedef enum _MSV1_0_CREDENTIAL_KEY_TYPE {
	InvalidCredKey,
	DeprecatedIUMCredKey,
	DomainUserCredKey,
	LocalUserCredKey,
	ExternallySuppliedCredKey
} MSV1_0_CREDENTIAL_KEY_TYPE, *PMSV1_0_CREDENTIAL_KEY_TYPE;

typedef struct _MSV1_0_SUPPLEMENTAL_CREDENTIAL_V2 {
	ULONG			Version;
	ULONG			Flags;
	UCHAR			NtPassword[MSV1_0_OWF_PASSWORD_LENGTH];
	MSV1_0_CREDENTIAL_KEY	CredentialKey;
} MSV1_0_SUPPLEMENTAL_CREDENTIAL_V2, *PMSV1_0_SUPPLEMENTAL_CREDENTIAL_V2;

typedef struct _MSV1_0_SUPPLEMENTAL_CREDENTIAL_V3 {
	ULONG				Version;
	ULONG				Flags;
	MSV1_0_CREDENTIAL_KEY_TYPE	CredentialKeyType;
	UCHAR				NtPassword[MSV1_0_OWF_PASSWORD_LENGTH];
	MSV1_0_CREDENTIAL_KEY		CredentialKey;
	UCHAR				ShaPassword[MSV1_0_SHA_PASSWORD_LENGTH];
} MSV1_0_SUPPLEMENTAL_CREDENTIAL_V3, *PMSV1_0_SUPPLEMENTAL_CREDENTIAL_V3;

typedef struct _MSV1_0_IUM_SUPPLEMENTAL_CREDENTIAL {
	ULONG	Version;
	ULONG	EncryptedCredsSize;
	UCHAR	EncryptedCreds[ANYSIZE_ARRAY];
} MSV1_0_IUM_SUPPLEMENTAL_CREDENTIAL, *PMSV1_0_IUM_SUPPLEMENTAL_CREDENTIAL;

/* Without padding at its end: 37 bytes. */
#pragma pack(push, 1)
typedef struct _MSV1_0_REMOTE_SUPPLEMENTAL_CREDENTIAL {
	ULONG				Version;
	ULONG				Flags;
	MSV1_0_CREDENTIAL_KEY		CredentialKey;
	MSV1_0_CREDENTIAL_KEY_TYPE	CredentialKeyType;
	ULONG				EncryptedCredsSize;
	UCHAR				EncryptedCreds[ANYSIZE_ARRAY];
} MSV1_0_REMOTE_SUPPLEMENTAL_CREDENTIAL, *PMSV1_0_REMOTE_SUPPLEMENTAL_CREDENTIAL;
#pragma pack(pop)

/* The NTLMv2 response and its attribute-value pairs ([MS-NLMP] 2.2.2.1). */
typedef struct _MSV1_0_NTLM3_RESPONSE {
	UCHAR		Response[MSV1_0_NTLM3_RESPONSE_LENGTH];
	UCHAR		RespType;
	UCHAR		HiRespType;
	USHORT		Flags;
	ULONG		MsgWord;
	ULONGLONG	TimeStamp;
	UCHAR		ChallengeFromClient[MSV1_0_CHALLENGE_LENGTH];
	ULONG		AvPairsOff;
	UCHAR		Buffer[ANYSIZE_ARRAY];
} MSV1_0_NTLM3_RESPONSE, *PMSV1_0_NTLM3_RESPONSE;

typedef enum {
	MsvAvEOL,
	MsvAvNbComputerName,
	MsvAvNbDomainName,
	MsvAvDnsComputerName,
	MsvAvDnsDomainName,
	MsvAvDnsTreeName,
	MsvAvFlags,
	MsvAvTimestamp,
	MsvAvRestrictions,
	MsvAvSingleHost = MsvAvRestrictions,
	MsvAvTargetName,
	MsvAvChannelBindings
} MSV1_0_AVID;

typedef struct _MSV1_0_AV_PAIR {
	USHORT	AvId;
	USHORT	AvLen;
} MSV1_0_AV_PAIR, *PMSV1_0_AV_PAIR;
#define MSV1_0_AV_FLAG_FORCE_GUEST		0x00000001
#define MSV1_0_AV_FLAG_MIC_HANDSHAKE_MESSAGES	0x00000002
#define MSV1_0_AV_FLAG_UNVERIFIED_TARGET	0x00000004

/* Messages of LsaCallAuthenticationPackage. */
typedef enum _MSV1_0_PROTOCOL_MESSAGE_TYPE {
	MsV1_0Lm20ChallengeRequest,
	MsV1_0Lm20GetChallengeResponse,
	MsV1_0EnumerateUsers,
	MsV1_0GetUserInfo,
	MsV1_0ReLogonUsers,
	MsV1_0ChangePassword,
	MsV1_0ChangeCachedPassword,
	MsV1_0GenericPassthrough,
	MsV1_0CacheLogon,
	MsV1_0SubAuth,
	MsV1_0DeriveCredential,
	MsV1_0CacheLookup,
	MsV1_0SetProcessOption,
	MsV1_0ConfigLocalAliases,
	MsV1_0ClearCachedCredentials,
	MsV1_0LookupToken,
	MsV1_0ValidateAuth,
	MsV1_0CacheLookupEx,
	MsV1_0GetCredentialKey,
	MsV1_0SetThreadOption,
	MsV1_0DecryptDpapiMasterKey,
	MsV1_0GetStrongCredentialKey,
	MsV1_0TransferCred,
	MsV1_0ProvisionTbal,
	MsV1_0DeleteTbalSecrets
} MSV1_0_PROTOCOL_MESSAGE_TYPE, *PMSV1_0_PROTOCOL_MESSAGE_TYPE;

/* A challenge for a later network logon on the same link; single use. */
typedef struct _MSV1_0_LM20_CHALLENGE_REQUEST {
	MSV1_0_PROTOCOL_MESSAGE_TYPE	MessageType;
} MSV1_0_LM20_CHALLENGE_REQUEST, *PMSV1_0_LM20_CHALLENGE_REQUEST;

typedef struct _MSV1_0_LM20_CHALLENGE_RESPONSE {
	MSV1_0_PROTOCOL_MESSAGE_TYPE	MessageType;
	UCHAR				ChallengeToClient[MSV1_0_CHALLENGE_LENGTH];
} MSV1_0_LM20_CHALLENGE_RESPONSE, *PMSV1_0_LM20_CHALLENGE_RESPONSE;

/* ParameterControl of MsV1_0Lm20GetChallengeResponse. */
#define USE_PRIMARY_PASSWORD		0x00000001
#define RETURN_PRIMARY_USERNAME		0x00000002
#define RETURN_PRIMARY_LOGON_DOMAINNAME	0x00000004
#define RETURN_NON_NT_USER_SESSION_KEY	0x00000008
#define GENERATE_CLIENT_CHALLENGE	0x00000010
#define GCR_NTLM3_PARMS			0x00000020
#define GCR_TARGET_INFO			0x00000040
#define RETURN_RESERVED_PARAMETER	0x00000080

typedef struct _MSV1_0_GETCHALLENRESP_REQUEST_V1 {
	MSV1_0_PROTOCOL_MESSAGE_TYPE	MessageType;
	ULONG				ParameterControl;
	LUID				LogonId;
	UNICODE_STRING			Password;
	UCHAR				ChallengeToClient[MSV1_0_CHALLENGE_LENGTH];
} MSV1_0_GETCHALLENRESP_REQUEST_V1, *PMSV1_0_GETCHALLENRESP_REQUEST_V1;

typedef struct _MSV1_0_GETCHALLENRESP_REQUEST {
	MSV1_0_PROTOCOL_MESSAGE_TYPE	MessageType;
	ULONG				ParameterControl;
	LUID				LogonId;
	UNICODE_STRING			Password;
	UCHAR				ChallengeToClient[MSV1_0_CHALLENGE_LENGTH];
	UNICODE_STRING			UserName;
	UNICODE_STRING			LogonDomainName;
	UNICODE_STRING			ServerName;
} MSV1_0_GETCHALLENRESP_REQUEST, *PMSV1_0_GETCHALLENRESP_REQUEST;

/* One block with its strings: LsaFreeReturnBuffer. It holds session keys. */
typedef struct _MSV1_0_GETCHALLENRESP_RESPONSE {
	MSV1_0_PROTOCOL_MESSAGE_TYPE	MessageType;
	STRING				CaseSensitiveChallengeResponse;
	STRING				CaseInsensitiveChallengeResponse;
	UNICODE_STRING			UserName;
	UNICODE_STRING			LogonDomainName;
	UCHAR				UserSessionKey[MSV1_0_USER_SESSION_KEY_LENGTH];
	UCHAR				LanmanSessionKey[MSV1_0_LANMAN_SESSION_KEY_LENGTH];
} MSV1_0_GETCHALLENRESP_RESPONSE, *PMSV1_0_GETCHALLENRESP_RESPONSE;

typedef struct _MSV1_0_ENUMUSERS_REQUEST {
	MSV1_0_PROTOCOL_MESSAGE_TYPE	MessageType;
} MSV1_0_ENUMUSERS_REQUEST, *PMSV1_0_ENUMUSERS_REQUEST;

typedef struct _MSV1_0_ENUMUSERS_RESPONSE {
	MSV1_0_PROTOCOL_MESSAGE_TYPE	MessageType;
	ULONG				NumberOfLoggedOnUsers;
	PLUID				LogonIds;
	PULONG				EnumHandles;
} MSV1_0_ENUMUSERS_RESPONSE, *PMSV1_0_ENUMUSERS_RESPONSE;

typedef struct _MSV1_0_GETUSERINFO_REQUEST {
	MSV1_0_PROTOCOL_MESSAGE_TYPE	MessageType;
	LUID				LogonId;
} MSV1_0_GETUSERINFO_REQUEST, *PMSV1_0_GETUSERINFO_REQUEST;

typedef struct _MSV1_0_GETUSERINFO_RESPONSE {
	MSV1_0_PROTOCOL_MESSAGE_TYPE	MessageType;
	PSID				UserSid;
	UNICODE_STRING			UserName;
	UNICODE_STRING			LogonDomainName;
	UNICODE_STRING			LogonServer;
	SECURITY_LOGON_TYPE		LogonType;
} MSV1_0_GETUSERINFO_RESPONSE, *PMSV1_0_GETUSERINFO_RESPONSE;

typedef struct _MSV1_0_CHANGEPASSWORD_REQUEST {
	MSV1_0_PROTOCOL_MESSAGE_TYPE	MessageType;
	UNICODE_STRING			DomainName;
	UNICODE_STRING			AccountName;
	UNICODE_STRING			OldPassword;
	UNICODE_STRING			NewPassword;
	BOOLEAN				Impersonating;
} MSV1_0_CHANGEPASSWORD_REQUEST, *PMSV1_0_CHANGEPASSWORD_REQUEST;

#define DOMAIN_PASSWORD_COMPLEX		0x00000001
#define DOMAIN_PASSWORD_NO_ANON_CHANGE	0x00000002
#define DOMAIN_PASSWORD_NO_CLEAR_CHANGE	0x00000004
#define DOMAIN_LOCKOUT_ADMINS		0x00000008
#define DOMAIN_PASSWORD_STORE_CLEARTEXT	0x00000010
#define DOMAIN_REFUSE_PASSWORD_CHANGE	0x00000020
#define DOMAIN_NO_LM_OWF_CHANGE		0x00000040

/* Ages are negative 100 ns units; the shortest negative value is "never". */
#ifndef _DOMAIN_PASSWORD_INFORMATION_DEFINED
#define _DOMAIN_PASSWORD_INFORMATION_DEFINED
typedef struct _DOMAIN_PASSWORD_INFORMATION {
	USHORT		MinPasswordLength;
	USHORT		PasswordHistoryLength;
	ULONG		PasswordProperties;
	LARGE_INTEGER	MaxPasswordAge;
	LARGE_INTEGER	MinPasswordAge;
} DOMAIN_PASSWORD_INFORMATION, *PDOMAIN_PASSWORD_INFORMATION;
#endif

typedef struct _MSV1_0_CHANGEPASSWORD_RESPONSE {
	MSV1_0_PROTOCOL_MESSAGE_TYPE	MessageType;
	BOOLEAN				PasswordInfoValid;
	DOMAIN_PASSWORD_INFORMATION	DomainPasswordInfo;
} MSV1_0_CHANGEPASSWORD_RESPONSE, *PMSV1_0_CHANGEPASSWORD_RESPONSE;

typedef struct _MSV1_0_PASSTHROUGH_REQUEST {
	MSV1_0_PROTOCOL_MESSAGE_TYPE	MessageType;
	UNICODE_STRING			DomainName;
	UNICODE_STRING			PackageName;
	ULONG				DataLength;
	PUCHAR				LogonData;
	ULONG				Pad;
} MSV1_0_PASSTHROUGH_REQUEST, *PMSV1_0_PASSTHROUGH_REQUEST;

typedef struct _MSV1_0_PASSTHROUGH_RESPONSE {
	MSV1_0_PROTOCOL_MESSAGE_TYPE	MessageType;
	ULONG				Pad;
	ULONG				DataLength;
	PUCHAR				ValidationData;
} MSV1_0_PASSTHROUGH_RESPONSE, *PMSV1_0_PASSTHROUGH_RESPONSE;

typedef struct _MSV1_0_SUBAUTH_REQUEST {
	MSV1_0_PROTOCOL_MESSAGE_TYPE	MessageType;
	ULONG				SubAuthPackageId;
	ULONG				SubAuthInfoLength;
	PUCHAR				SubAuthSubmitBuffer;
} MSV1_0_SUBAUTH_REQUEST, *PMSV1_0_SUBAUTH_REQUEST;

typedef struct _MSV1_0_SUBAUTH_RESPONSE {
	MSV1_0_PROTOCOL_MESSAGE_TYPE	MessageType;
	ULONG				SubAuthInfoLength;
	PUCHAR				SubAuthReturnBuffer;
} MSV1_0_SUBAUTH_RESPONSE, *PMSV1_0_SUBAUTH_RESPONSE;

/* --- Kerberos: numbers ------------------------------------------------- */

#define MICROSOFT_KERBEROS_NAME_A	"Kerberos"
#define MICROSOFT_KERBEROS_NAME_W	OLSA_W("Kerberos")
#ifdef WIN32_CHICAGO
#define MICROSOFT_KERBEROS_NAME	MICROSOFT_KERBEROS_NAME_A
#else
#define MICROSOFT_KERBEROS_NAME	MICROSOFT_KERBEROS_NAME_W
#endif

#define KERBEROS_VERSION	5
#define KERBEROS_REVISION	6

/* Encryption types; negative ones are Microsoft's own. */
#define KERB_ETYPE_DEFAULT				0
#define KERB_ETYPE_NULL					0
#define KERB_ETYPE_DES_CBC_CRC				1
#define KERB_ETYPE_DES_CBC_MD4				2
#define KERB_ETYPE_DES_CBC_MD5				3
#define KERB_ETYPE_DES3_CBC_MD5				5
#define KERB_ETYPE_DES3_CBC_SHA1			7
#define KERB_ETYPE_DSA_SIGN				8
#define KERB_ETYPE_DSA_SHA1_CMS				9
#define KERB_ETYPE_RSA_PRIV				9
#define KERB_ETYPE_RSA_MD5_CMS				10
#define KERB_ETYPE_RSA_PUB				10
#define KERB_ETYPE_RSA_PUB_MD5				11
#define KERB_ETYPE_RSA_SHA1_CMS				11
#define KERB_ETYPE_RC2_CBC_ENV				12
#define KERB_ETYPE_RSA_PUB_SHA1				12
#define KERB_ETYPE_PKCS7_PUB				13
#define KERB_ETYPE_RSA_ENV				13
#define KERB_ETYPE_RSA_ES_OEAP_ENV			14
#define KERB_ETYPE_DES_EDE3_CBC_ENV			15
#define KERB_ETYPE_DES3_CBC_SHA1_KD			16
#define KERB_ETYPE_AES128_CTS_HMAC_SHA1_96		17
#define KERB_ETYPE_AES256_CTS_HMAC_SHA1_96		18
#define KERB_ETYPE_DES_CBC_MD5_NT			20
#define KERB_ETYPE_RC4_HMAC_NT				23
#define KERB_ETYPE_RC4_HMAC_NT_EXP			24
#define KERB_ETYPE_AES256_CTS_HMAC_SHA1_96_PLAIN	(-149)
#define KERB_ETYPE_AES128_CTS_HMAC_SHA1_96_PLAIN	(-148)
#define KERB_ETYPE_RC4_PLAIN_EXP			(-141)
#define KERB_ETYPE_RC4_PLAIN				(-140)
#define KERB_ETYPE_RC4_PLAIN_OLD_EXP			(-136)
#define KERB_ETYPE_RC4_HMAC_OLD_EXP			(-135)
#define KERB_ETYPE_RC4_PLAIN_OLD			(-134)
#define KERB_ETYPE_RC4_HMAC_OLD				(-133)
#define KERB_ETYPE_DES_PLAIN				(-132)
#define KERB_ETYPE_RC4_SHA				(-131)
#define KERB_ETYPE_RC4_LM				(-130)
#define KERB_ETYPE_RC4_PLAIN2				(-129)
#define KERB_ETYPE_RC4_MD4				(-128)

/* Checksum types. */
#define KERB_CHECKSUM_NONE			0
#define KERB_CHECKSUM_CRC32			1
#define KERB_CHECKSUM_MD4			2
#define KERB_CHECKSUM_KRB_DES_MAC		4
#define KERB_CHECKSUM_KRB_DES_MAC_K		5
#define KERB_CHECKSUM_MD5			7
#define KERB_CHECKSUM_MD5_DES			8
#define KERB_CHECKSUM_SHA1_NEW			14
#define KERB_CHECKSUM_HMAC_SHA1_96_AES128	15
#define KERB_CHECKSUM_HMAC_SHA1_96_AES256	16
#define KERB_CHECKSUM_HMAC_SHA1_96_AES256_Ki	(-151)
#define KERB_CHECKSUM_HMAC_SHA1_96_AES128_Ki	(-150)
#define KERB_CHECKSUM_HMAC_MD5			(-138)
#define KERB_CHECKSUM_MD5_HMAC			(-137)
#define KERB_CHECKSUM_RC4_MD5			(-136)
#define KERB_CHECKSUM_MD25			(-135)
#define KERB_CHECKSUM_DES_MAC_MD5		(-134)
#define KERB_CHECKSUM_DES_MAC			(-133)
#define KERB_CHECKSUM_REAL_CRC32		(-132)
#define KERB_CHECKSUM_SHA1			(-131)
#define KERB_CHECKSUM_LM			(-130)

#define AUTH_REQ_ALLOW_FORWARDABLE	0x00000001
#define AUTH_REQ_ALLOW_PROXIABLE	0x00000002
#define AUTH_REQ_ALLOW_POSTDATE		0x00000004
#define AUTH_REQ_ALLOW_RENEWABLE	0x00000008
#define AUTH_REQ_ALLOW_NOADDRESS	0x00000010
#define AUTH_REQ_ALLOW_ENC_TKT_IN_SKEY	0x00000020
#define AUTH_REQ_ALLOW_VALIDATE		0x00000040
#define AUTH_REQ_PER_USER_FLAGS		0x0000004F
#define AUTH_REQ_VALIDATE_CLIENT	0x00000080
#define AUTH_REQ_OK_AS_DELEGATE		0x00000100
#define AUTH_REQ_PREAUTH_REQUIRED	0x00000200
#define AUTH_REQ_TRANSITIVE_TRUST	0x00000400
#define AUTH_REQ_ALLOW_S4U_DELEGATE	0x00000800

#define KERB_TICKET_FLAGS_reserved1		0x00000001
#define KERB_TICKET_FLAGS_enc_pa_rep		0x00010000
#define KERB_TICKET_FLAGS_name_canonicalize	0x00010000
#define KERB_TICKET_FLAGS_cname_in_pa_data	0x00040000
#define KERB_TICKET_FLAGS_ok_as_delegate	0x00040000
#define KERB_TICKET_FLAGS_hw_authent		0x00100000
#define KERB_TICKET_FLAGS_pre_authent		0x00200000
#define KERB_TICKET_FLAGS_initial		0x00400000
#define KERB_TICKET_FLAGS_renewable		0x00800000
#define KERB_TICKET_FLAGS_invalid		0x01000000
#define KERB_TICKET_FLAGS_postdated		0x02000000
#define KERB_TICKET_FLAGS_may_postdate		0x04000000
#define KERB_TICKET_FLAGS_proxy			0x08000000
#define KERB_TICKET_FLAGS_proxiable		0x10000000
#define KERB_TICKET_FLAGS_forwarded		0x20000000
#define KERB_TICKET_FLAGS_forwardable		0x40000000
#define KERB_TICKET_FLAGS_reserved		0x80000000

/* Name types. */
#define KRB_NT_UNKNOWN			0
#define KRB_NT_PRINCIPAL		1
#define KRB_NT_SRV_INST			2
#define KRB_NT_SRV_HST			3
#define KRB_NT_SRV_XHST			4
#define KRB_NT_UID			5
#define KRB_NT_X500_PRINCIPAL		6
#define KRB_NT_ENTERPRISE_PRINCIPAL	10
#define KRB_NT_WELLKNOWN		11
#define KRB_NT_MS_BRANCH_ID		(-133)
#define KRB_NT_SRV_INST_AND_ID		(-132)
#define KRB_NT_PRINCIPAL_AND_ID		(-131)
#define KRB_NT_ENT_PRINCIPAL_AND_ID	(-130)
#define KRB_NT_MS_PRINCIPAL_AND_ID	(-129)
#define KRB_NT_MS_PRINCIPAL		(-128)
#define KRB_WELLKNOWN_STRING		OLSA_W("WELLKNOWN")
#define KRB_ANONYMOUS_STRING		OLSA_W("ANONYMOUS")

#define KERB_WRAP_NO_ENCRYPT	0x80000001

/* --- Kerberos: logon --------------------------------------------------- */

typedef enum _KERB_LOGON_SUBMIT_TYPE {
	KerbInteractiveLogon = 2,
	KerbSmartCardLogon = 6,
	KerbWorkstationUnlockLogon,
	KerbSmartCardUnlockLogon,
	KerbProxyLogon,
	KerbTicketLogon,
	KerbTicketUnlockLogon,
	KerbS4ULogon,
	KerbCertificateLogon,
	KerbCertificateS4ULogon,
	KerbCertificateUnlockLogon,
	KerbNoElevationLogon = 83,
	KerbLuidLogon
} KERB_LOGON_SUBMIT_TYPE, *PKERB_LOGON_SUBMIT_TYPE;

typedef struct _KERB_INTERACTIVE_LOGON {
	KERB_LOGON_SUBMIT_TYPE	MessageType;
	UNICODE_STRING		LogonDomainName;
	UNICODE_STRING		UserName;
	UNICODE_STRING		Password;
} KERB_INTERACTIVE_LOGON, *PKERB_INTERACTIVE_LOGON;

typedef struct _KERB_INTERACTIVE_UNLOCK_LOGON {
	KERB_INTERACTIVE_LOGON	Logon;
	LUID			LogonId;
} KERB_INTERACTIVE_UNLOCK_LOGON, *PKERB_INTERACTIVE_UNLOCK_LOGON;

typedef struct _KERB_SMART_CARD_LOGON {
	KERB_LOGON_SUBMIT_TYPE	MessageType;
	UNICODE_STRING		Pin;
	ULONG			CspDataLength;
	PUCHAR			CspData;
} KERB_SMART_CARD_LOGON, *PKERB_SMART_CARD_LOGON;

typedef struct _KERB_SMART_CARD_UNLOCK_LOGON {
	KERB_SMART_CARD_LOGON	Logon;
	LUID			LogonId;
} KERB_SMART_CARD_UNLOCK_LOGON, *PKERB_SMART_CARD_UNLOCK_LOGON;

#define KERB_CERTIFICATE_LOGON_FLAG_CHECK_DUPLICATES		0x00000001
#define KERB_CERTIFICATE_LOGON_FLAG_USE_CERTIFICATE_INFO	0x00000002

typedef struct _KERB_CERTIFICATE_LOGON {
	KERB_LOGON_SUBMIT_TYPE	MessageType;
	UNICODE_STRING		DomainName;
	UNICODE_STRING		UserName;
	UNICODE_STRING		Pin;
	ULONG			Flags;
	ULONG			CspDataLength;
	PUCHAR			CspData;
} KERB_CERTIFICATE_LOGON, *PKERB_CERTIFICATE_LOGON;

typedef struct _KERB_CERTIFICATE_UNLOCK_LOGON {
	KERB_CERTIFICATE_LOGON	Logon;
	LUID			LogonId;
} KERB_CERTIFICATE_UNLOCK_LOGON, *PKERB_CERTIFICATE_UNLOCK_LOGON;

#define KERB_CERTIFICATE_S4U_LOGON_FLAG_CHECK_DUPLICATES		0x00000001
#define KERB_CERTIFICATE_S4U_LOGON_FLAG_CHECK_LOGONHOURS		0x00000002
#define KERB_CERTIFICATE_S4U_LOGON_FLAG_FAIL_IF_NT_AUTH_POLICY_REQUIRED	0x00000004
#define KERB_CERTIFICATE_S4U_LOGON_FLAG_IDENTIFY			0x00000008

typedef struct _KERB_CERTIFICATE_S4U_LOGON {
	KERB_LOGON_SUBMIT_TYPE	MessageType;
	ULONG			Flags;
	UNICODE_STRING		UserPrincipalName;
	UNICODE_STRING		DomainName;
	ULONG			CertificateLength;
	PUCHAR			Certificate;
} KERB_CERTIFICATE_S4U_LOGON, *PKERB_CERTIFICATE_S4U_LOGON;

/* CspData of a smart-card logon: offsets count in characters of bBuffer. */
typedef struct _KERB_SMARTCARD_CSP_INFO {
	DWORD	dwCspInfoLen;
	DWORD	MessageType;
	__extension__ union {
		PVOID	ContextInformation;
		ULONG64	SpaceHolderForWow64;
	};
	DWORD	flags;
	DWORD	KeySpec;
	ULONG	nCardNameOffset;
	ULONG	nReaderNameOffset;
	ULONG	nContainerNameOffset;
	ULONG	nCSPNameOffset;
	TCHAR	bBuffer;
} KERB_SMARTCARD_CSP_INFO, *PKERB_SMARTCARD_CSP_INFO;

#define KERB_LOGON_FLAG_ALLOW_EXPIRED_TICKET	0x00000001
#define KERB_LOGON_FLAG_REDIRECTED		0x00000002

typedef struct _KERB_TICKET_LOGON {
	KERB_LOGON_SUBMIT_TYPE	MessageType;
	ULONG			Flags;
	ULONG			ServiceTicketLength;
	ULONG			TicketGrantingTicketLength;
	PUCHAR			ServiceTicket;
	PUCHAR			TicketGrantingTicket;
} KERB_TICKET_LOGON, *PKERB_TICKET_LOGON;

typedef struct _KERB_TICKET_UNLOCK_LOGON {
	KERB_TICKET_LOGON	Logon;
	LUID			LogonId;
} KERB_TICKET_UNLOCK_LOGON, *PKERB_TICKET_UNLOCK_LOGON;

#define KERB_S4U_LOGON_FLAG_CHECK_LOGONHOURS	0x00000002
#define KERB_S4U_LOGON_FLAG_IDENTIFY		0x00000008

typedef struct _KERB_S4U_LOGON {
	KERB_LOGON_SUBMIT_TYPE	MessageType;
	ULONG			Flags;
	UNICODE_STRING		ClientUpn;
	UNICODE_STRING		ClientRealm;
} KERB_S4U_LOGON, *PKERB_S4U_LOGON;

typedef enum _KERB_PROFILE_BUFFER_TYPE {
	KerbInteractiveProfile = 2,
	KerbSmartCardProfile = 4,
	KerbTicketProfile = 6
} KERB_PROFILE_BUFFER_TYPE, *PKERB_PROFILE_BUFFER_TYPE;

typedef struct _KERB_INTERACTIVE_PROFILE {
	KERB_PROFILE_BUFFER_TYPE	MessageType;
	USHORT				LogonCount;
	USHORT				BadPasswordCount;
	LARGE_INTEGER			LogonTime;
	LARGE_INTEGER			LogoffTime;
	LARGE_INTEGER			KickOffTime;
	LARGE_INTEGER			PasswordLastSet;
	LARGE_INTEGER			PasswordCanChange;
	LARGE_INTEGER			PasswordMustChange;
	UNICODE_STRING			LogonScript;
	UNICODE_STRING			HomeDirectory;
	UNICODE_STRING			FullName;
	UNICODE_STRING			ProfilePath;
	UNICODE_STRING			HomeDirectoryDrive;
	UNICODE_STRING			LogonServer;
	ULONG				UserFlags;
} KERB_INTERACTIVE_PROFILE, *PKERB_INTERACTIVE_PROFILE;

typedef struct _KERB_SMART_CARD_PROFILE {
	KERB_INTERACTIVE_PROFILE	Profile;
	ULONG				CertificateSize;
	PUCHAR				CertificateData;
} KERB_SMART_CARD_PROFILE, *PKERB_SMART_CARD_PROFILE;

typedef struct _KERB_CRYPTO_KEY {
	LONG	KeyType;
	ULONG	Length;
	PUCHAR	Value;
} KERB_CRYPTO_KEY, *PKERB_CRYPTO_KEY;

typedef struct _KERB_CRYPTO_KEY32 {
	LONG	KeyType;
	ULONG	Length;
	ULONG	Offset;
} KERB_CRYPTO_KEY32, *PKERB_CRYPTO_KEY32;

typedef struct _KERB_TICKET_PROFILE {
	KERB_INTERACTIVE_PROFILE	Profile;
	KERB_CRYPTO_KEY			SessionKey;
} KERB_TICKET_PROFILE, *PKERB_TICKET_PROFILE;

typedef enum _KERB_CERTIFICATE_INFO_TYPE {
	CertHashInfo = 1
} KERB_CERTIFICATE_INFO_TYPE, *PKERB_CERTIFICATE_INFO_TYPE;

typedef struct _KERB_CERTIFICATE_HASHINFO {
	USHORT	StoreNameLength;
	USHORT	HashLength;
} KERB_CERTIFICATE_HASHINFO, *PKERB_CERTIFICATE_HASHINFO;

typedef struct _KERB_CERTIFICATE_INFO {
	ULONG	CertInfoSize;
	ULONG	InfoType;
} KERB_CERTIFICATE_INFO, *PKERB_CERTIFICATE_INFO;

/* --- Kerberos: messages of LsaCallAuthenticationPackage ---------------- */

typedef enum _KERB_PROTOCOL_MESSAGE_TYPE {
	KerbDebugRequestMessage,
	KerbQueryTicketCacheMessage,
	KerbChangeMachinePasswordMessage,
	KerbVerifyPacMessage,
	KerbRetrieveTicketMessage,
	KerbUpdateAddressesMessage,
	KerbPurgeTicketCacheMessage,
	KerbChangePasswordMessage,
	KerbRetrieveEncodedTicketMessage,
	KerbDecryptDataMessage,
	KerbAddBindingCacheEntryMessage,
	KerbSetPasswordMessage,
	KerbSetPasswordExMessage,
	KerbVerifyCredentialsMessage,
	KerbQueryTicketCacheExMessage,
	KerbPurgeTicketCacheExMessage,
	KerbRefreshSmartcardCredentialsMessage,
	KerbAddExtraCredentialsMessage,
	KerbQuerySupplementalCredentialsMessage,
	KerbTransferCredentialsMessage,
	KerbQueryTicketCacheEx2Message,
	KerbSubmitTicketMessage,
	KerbAddExtraCredentialsExMessage,
	KerbQueryKdcProxyCacheMessage,
	KerbPurgeKdcProxyCacheMessage,
	KerbQueryTicketCacheEx3Message,
	KerbCleanupMachinePkinitCredsMessage,
	KerbAddBindingCacheEntryExMessage,
	KerbQueryBindingCacheMessage,
	KerbPurgeBindingCacheMessage,
	KerbPinKdcMessage,
	KerbUnpinAllKdcsMessage,
	KerbQueryDomainExtendedPoliciesMessage,
	KerbQueryS4U2ProxyCacheMessage,
	KerbRetrieveKeyTabMessage,
	KerbRefreshPolicyMessage,
	KerbPrintCloudKerberosDebugMessage
} KERB_PROTOCOL_MESSAGE_TYPE, *PKERB_PROTOCOL_MESSAGE_TYPE;

/* MessageType and, where there is one, the session asked about; {0,0}: own. */
typedef struct _KERB_QUERY_TKT_CACHE_REQUEST {
	KERB_PROTOCOL_MESSAGE_TYPE	MessageType;
	LUID				LogonId;
} KERB_QUERY_TKT_CACHE_REQUEST, *PKERB_QUERY_TKT_CACHE_REQUEST;

typedef struct _KERB_TICKET_CACHE_INFO {
	UNICODE_STRING	ServerName;
	UNICODE_STRING	RealmName;
	LARGE_INTEGER	StartTime;
	LARGE_INTEGER	EndTime;
	LARGE_INTEGER	RenewTime;
	LONG		EncryptionType;
	ULONG		TicketFlags;
} KERB_TICKET_CACHE_INFO, *PKERB_TICKET_CACHE_INFO;

typedef struct _KERB_TICKET_CACHE_INFO_EX {
	UNICODE_STRING	ClientName;
	UNICODE_STRING	ClientRealm;
	UNICODE_STRING	ServerName;
	UNICODE_STRING	ServerRealm;
	LARGE_INTEGER	StartTime;
	LARGE_INTEGER	EndTime;
	LARGE_INTEGER	RenewTime;
	LONG		EncryptionType;
	ULONG		TicketFlags;
} KERB_TICKET_CACHE_INFO_EX, *PKERB_TICKET_CACHE_INFO_EX;

typedef struct _KERB_TICKET_CACHE_INFO_EX2 {
	UNICODE_STRING	ClientName;
	UNICODE_STRING	ClientRealm;
	UNICODE_STRING	ServerName;
	UNICODE_STRING	ServerRealm;
	LARGE_INTEGER	StartTime;
	LARGE_INTEGER	EndTime;
	LARGE_INTEGER	RenewTime;
	LONG		EncryptionType;
	ULONG		TicketFlags;
	ULONG		SessionKeyType;
	ULONG		BranchId;
} KERB_TICKET_CACHE_INFO_EX2, *PKERB_TICKET_CACHE_INFO_EX2;

typedef struct _KERB_TICKET_CACHE_INFO_EX3 {
	UNICODE_STRING	ClientName;
	UNICODE_STRING	ClientRealm;
	UNICODE_STRING	ServerName;
	UNICODE_STRING	ServerRealm;
	LARGE_INTEGER	StartTime;
	LARGE_INTEGER	EndTime;
	LARGE_INTEGER	RenewTime;
	LONG		EncryptionType;
	ULONG		TicketFlags;
	ULONG		SessionKeyType;
	ULONG		BranchId;
	ULONG		CacheFlags;
	UNICODE_STRING	KdcCalled;
} KERB_TICKET_CACHE_INFO_EX3, *PKERB_TICKET_CACHE_INFO_EX3;

typedef struct _KERB_QUERY_TKT_CACHE_RESPONSE {
	KERB_PROTOCOL_MESSAGE_TYPE	MessageType;
	ULONG				CountOfTickets;
	KERB_TICKET_CACHE_INFO		Tickets[ANYSIZE_ARRAY];
} KERB_QUERY_TKT_CACHE_RESPONSE, *PKERB_QUERY_TKT_CACHE_RESPONSE;

typedef struct _KERB_QUERY_TKT_CACHE_EX_RESPONSE {
	KERB_PROTOCOL_MESSAGE_TYPE	MessageType;
	ULONG				CountOfTickets;
	KERB_TICKET_CACHE_INFO_EX	Tickets[ANYSIZE_ARRAY];
} KERB_QUERY_TKT_CACHE_EX_RESPONSE, *PKERB_QUERY_TKT_CACHE_EX_RESPONSE;

typedef struct _KERB_QUERY_TKT_CACHE_EX2_RESPONSE {
	KERB_PROTOCOL_MESSAGE_TYPE	MessageType;
	ULONG				CountOfTickets;
	KERB_TICKET_CACHE_INFO_EX2	Tickets[ANYSIZE_ARRAY];
} KERB_QUERY_TKT_CACHE_EX2_RESPONSE, *PKERB_QUERY_TKT_CACHE_EX2_RESPONSE;

typedef struct _KERB_QUERY_TKT_CACHE_EX3_RESPONSE {
	KERB_PROTOCOL_MESSAGE_TYPE	MessageType;
	ULONG				CountOfTickets;
	KERB_TICKET_CACHE_INFO_EX3	Tickets[ANYSIZE_ARRAY];
} KERB_QUERY_TKT_CACHE_EX3_RESPONSE, *PKERB_QUERY_TKT_CACHE_EX3_RESPONSE;

#ifndef __SECHANDLE_DEFINED__
#define __SECHANDLE_DEFINED__
typedef struct _SecHandle {
	ULONG_PTR	dwLower;
	ULONG_PTR	dwUpper;
} SecHandle, *PSecHandle;
#endif

#define KERB_USE_DEFAULT_TICKET_FLAGS		0x00000000
#define KERB_RETRIEVE_TICKET_DEFAULT		0x00000000
#define KERB_RETRIEVE_TICKET_DONT_USE_CACHE	0x00000001
#define KERB_RETRIEVE_TICKET_USE_CACHE_ONLY	0x00000002
#define KERB_RETRIEVE_TICKET_USE_CREDHANDLE	0x00000004
#define KERB_RETRIEVE_TICKET_AS_KERB_CRED	0x00000008
#define KERB_RETRIEVE_TICKET_WITH_SEC_CRED	0x00000010
#define KERB_RETRIEVE_TICKET_CACHE_TICKET	0x00000020
#define KERB_RETRIEVE_TICKET_MAX_LIFETIME	0x00000040

typedef struct _KERB_AUTH_DATA {
	ULONG	Type;
	ULONG	Length;
	PUCHAR	Data;
} KERB_AUTH_DATA, *PKERB_AUTH_DATA;

typedef struct _KERB_NET_ADDRESS {
	ULONG	Family;
	ULONG	Length;
	PCHAR	Address;
} KERB_NET_ADDRESS, *PKERB_NET_ADDRESS;

typedef struct _KERB_NET_ADDRESSES {
	ULONG			Number;
	KERB_NET_ADDRESS	Addresses[ANYSIZE_ARRAY];
} KERB_NET_ADDRESSES, *PKERB_NET_ADDRESSES;

typedef struct _KERB_EXTERNAL_NAME {
	SHORT		NameType;
	USHORT		NameCount;
	UNICODE_STRING	Names[ANYSIZE_ARRAY];
} KERB_EXTERNAL_NAME, *PKERB_EXTERNAL_NAME;

/* A ticket with its session key. */
typedef struct _KERB_EXTERNAL_TICKET {
	PKERB_EXTERNAL_NAME	ServiceName;
	PKERB_EXTERNAL_NAME	TargetName;
	PKERB_EXTERNAL_NAME	ClientName;
	UNICODE_STRING		DomainName;
	UNICODE_STRING		TargetDomainName;
	UNICODE_STRING		AltTargetDomainName;
	KERB_CRYPTO_KEY		SessionKey;
	ULONG			TicketFlags;
	ULONG			Flags;
	LARGE_INTEGER		KeyExpirationTime;
	LARGE_INTEGER		StartTime;
	LARGE_INTEGER		EndTime;
	LARGE_INTEGER		RenewUntil;
	LARGE_INTEGER		TimeSkew;
	ULONG			EncodedTicketSize;
	PUCHAR			EncodedTicket;
} KERB_EXTERNAL_TICKET, *PKERB_EXTERNAL_TICKET;

typedef struct _KERB_RETRIEVE_TKT_REQUEST {
	KERB_PROTOCOL_MESSAGE_TYPE	MessageType;
	LUID				LogonId;
	UNICODE_STRING			TargetName;
	ULONG				TicketFlags;
	ULONG				CacheOptions;
	LONG				EncryptionType;
	SecHandle			CredentialsHandle;
} KERB_RETRIEVE_TKT_REQUEST, *PKERB_RETRIEVE_TKT_REQUEST;

typedef struct _KERB_RETRIEVE_TKT_RESPONSE {
	KERB_EXTERNAL_TICKET	Ticket;
} KERB_RETRIEVE_TKT_RESPONSE, *PKERB_RETRIEVE_TKT_RESPONSE;

#define KERB_PURGE_ALL_TICKETS	0x00000001

typedef struct _KERB_PURGE_TKT_CACHE_REQUEST {
	KERB_PROTOCOL_MESSAGE_TYPE	MessageType;
	LUID				LogonId;
	UNICODE_STRING			ServerName;
	UNICODE_STRING			RealmName;
} KERB_PURGE_TKT_CACHE_REQUEST, *PKERB_PURGE_TKT_CACHE_REQUEST;

typedef struct _KERB_PURGE_TKT_CACHE_EX_REQUEST {
	KERB_PROTOCOL_MESSAGE_TYPE	MessageType;
	LUID				LogonId;
	ULONG				Flags;
	KERB_TICKET_CACHE_INFO_EX	TicketTemplate;
} KERB_PURGE_TKT_CACHE_EX_REQUEST, *PKERB_PURGE_TKT_CACHE_EX_REQUEST;

/* A KRB-CRED at KerbCredOffset from the start of the request. */
typedef struct _KERB_SUBMIT_TKT_REQUEST {
	KERB_PROTOCOL_MESSAGE_TYPE	MessageType;
	LUID				LogonId;
	ULONG				Flags;
	KERB_CRYPTO_KEY32		Key;
	ULONG				KerbCredSize;
	ULONG				KerbCredOffset;
} KERB_SUBMIT_TKT_REQUEST, *PKERB_SUBMIT_TKT_REQUEST;

typedef struct _KERB_CHANGEPASSWORD_REQUEST {
	KERB_PROTOCOL_MESSAGE_TYPE	MessageType;
	UNICODE_STRING			DomainName;
	UNICODE_STRING			AccountName;
	UNICODE_STRING			OldPassword;
	UNICODE_STRING			NewPassword;
	BOOLEAN				Impersonating;
} KERB_CHANGEPASSWORD_REQUEST, *PKERB_CHANGEPASSWORD_REQUEST;

#define KERB_SETPASS_USE_LOGONID	0x00000001
#define KERB_SETPASS_USE_CREDHANDLE	0x00000002
#ifndef DS_UNKNOWN_ADDRESS_TYPE
#define DS_UNKNOWN_ADDRESS_TYPE	0
#endif
#ifndef DS_INET_ADDRESS
#define DS_INET_ADDRESS		1
#define DS_NETBIOS_ADDRESS	2
#endif

typedef struct _KERB_SETPASSWORD_REQUEST {
	KERB_PROTOCOL_MESSAGE_TYPE	MessageType;
	LUID				LogonId;
	SecHandle			CredentialsHandle;
	ULONG				Flags;
	UNICODE_STRING			DomainName;
	UNICODE_STRING			AccountName;
	UNICODE_STRING			Password;
} KERB_SETPASSWORD_REQUEST, *PKERB_SETPASSWORD_REQUEST;

typedef struct _KERB_SETPASSWORD_EX_REQUEST {
	KERB_PROTOCOL_MESSAGE_TYPE	MessageType;
	LUID				LogonId;
	SecHandle			CredentialsHandle;
	ULONG				Flags;
	UNICODE_STRING			AccountRealm;
	UNICODE_STRING			AccountName;
	UNICODE_STRING			Password;
	UNICODE_STRING			ClientRealm;
	UNICODE_STRING			ClientName;
	BOOLEAN				Impersonating;
	UNICODE_STRING			KdcAddress;
	ULONG				KdcAddressType;
} KERB_SETPASSWORD_EX_REQUEST, *PKERB_SETPASSWORD_EX_REQUEST;

#define KERB_DECRYPT_FLAG_DEFAULT_KEY	0x00000001

typedef struct _KERB_DECRYPT_REQUEST {
	KERB_PROTOCOL_MESSAGE_TYPE	MessageType;
	LUID				LogonId;
	ULONG				Flags;
	LONG				CryptoType;
	LONG				KeyUsage;
	KERB_CRYPTO_KEY			Key;
	ULONG				EncryptedDataSize;
	ULONG				InitialVectorSize;
	PUCHAR				InitialVector;
	PUCHAR				EncryptedData;
} KERB_DECRYPT_REQUEST, *PKERB_DECRYPT_REQUEST;

typedef struct _KERB_DECRYPT_RESPONSE {
	UCHAR	DecryptedData[ANYSIZE_ARRAY];
} KERB_DECRYPT_RESPONSE, *PKERB_DECRYPT_RESPONSE;

typedef struct _KERB_ADD_BINDING_CACHE_ENTRY_REQUEST {
	KERB_PROTOCOL_MESSAGE_TYPE	MessageType;
	UNICODE_STRING			RealmName;
	UNICODE_STRING			KdcAddress;
	ULONG				AddressType;
} KERB_ADD_BINDING_CACHE_ENTRY_REQUEST, *PKERB_ADD_BINDING_CACHE_ENTRY_REQUEST;

typedef struct _KERB_ADD_BINDING_CACHE_ENTRY_EX_REQUEST {
	KERB_PROTOCOL_MESSAGE_TYPE	MessageType;
	UNICODE_STRING			RealmName;
	UNICODE_STRING			KdcAddress;
	ULONG				AddressType;
	ULONG				DcFlags;
} KERB_ADD_BINDING_CACHE_ENTRY_EX_REQUEST, *PKERB_ADD_BINDING_CACHE_ENTRY_EX_REQUEST;

typedef struct _KERB_QUERY_BINDING_CACHE_REQUEST {
	KERB_PROTOCOL_MESSAGE_TYPE	MessageType;
} KERB_QUERY_BINDING_CACHE_REQUEST, *PKERB_QUERY_BINDING_CACHE_REQUEST;

typedef struct _KERB_BINDING_CACHE_ENTRY_DATA {
	ULONG64		DiscoveryTime;
	UNICODE_STRING	RealmName;
	UNICODE_STRING	KdcAddress;
	ULONG		AddressType;
	ULONG		Flags;
	ULONG		DcFlags;
	ULONG		CacheFlags;
	UNICODE_STRING	KdcName;
} KERB_BINDING_CACHE_ENTRY_DATA, *PKERB_BINDING_CACHE_ENTRY_DATA;

typedef struct _KERB_QUERY_BINDING_CACHE_RESPONSE {
	KERB_PROTOCOL_MESSAGE_TYPE	MessageType;
	ULONG				CountOfEntries;
	PKERB_BINDING_CACHE_ENTRY_DATA	Entries;
} KERB_QUERY_BINDING_CACHE_RESPONSE, *PKERB_QUERY_BINDING_CACHE_RESPONSE;

typedef struct _KERB_PURGE_BINDING_CACHE_REQUEST {
	KERB_PROTOCOL_MESSAGE_TYPE	MessageType;
} KERB_PURGE_BINDING_CACHE_REQUEST, *PKERB_PURGE_BINDING_CACHE_REQUEST;

#define KERB_REQUEST_ADD_CREDENTIAL	0x00000001
#define KERB_REQUEST_REPLACE_CREDENTIAL	0x00000002
#define KERB_REQUEST_REMOVE_CREDENTIAL	0x00000004

typedef struct _KERB_ADD_CREDENTIALS_REQUEST {
	KERB_PROTOCOL_MESSAGE_TYPE	MessageType;
	UNICODE_STRING			UserName;
	UNICODE_STRING			DomainName;
	UNICODE_STRING			Password;
	LUID				LogonId;
	ULONG				Flags;
} KERB_ADD_CREDENTIALS_REQUEST, *PKERB_ADD_CREDENTIALS_REQUEST;

typedef struct _KERB_ADD_CREDENTIALS_REQUEST_EX {
	KERB_ADD_CREDENTIALS_REQUEST	Credentials;
	ULONG				PrincipalNameCount;
	UNICODE_STRING			PrincipalNames[ANYSIZE_ARRAY];
} KERB_ADD_CREDENTIALS_REQUEST_EX, *PKERB_ADD_CREDENTIALS_REQUEST_EX;

#define KERB_TRANSFER_CRED_WITH_TICKETS		0x00000001
#define KERB_TRANSFER_CRED_CLEANUP_CREDENTIALS	0x00000002

typedef struct _KERB_TRANSFER_CRED_REQUEST {
	KERB_PROTOCOL_MESSAGE_TYPE	MessageType;
	LUID				OriginLogonId;
	LUID				DestinationLogonId;
	ULONG				Flags;
} KERB_TRANSFER_CRED_REQUEST, *PKERB_TRANSFER_CRED_REQUEST;

typedef struct _KERB_CLEANUP_MACHINE_PKINIT_CREDS_REQUEST {
	KERB_PROTOCOL_MESSAGE_TYPE	MessageType;
	LUID				LogonId;
} KERB_CLEANUP_MACHINE_PKINIT_CREDS_REQUEST, *PKERB_CLEANUP_MACHINE_PKINIT_CREDS_REQUEST;

#define KERB_REFRESH_SCCRED_RELEASE	0x00000000
#define KERB_REFRESH_SCCRED_GETTGT	0x00000001

typedef struct _KERB_REFRESH_SCCRED_REQUEST {
	KERB_PROTOCOL_MESSAGE_TYPE	MessageType;
	UNICODE_STRING			CredentialBlob;
	LUID				LogonId;
	ULONG				Flags;
} KERB_REFRESH_SCCRED_REQUEST, *PKERB_REFRESH_SCCRED_REQUEST;

typedef struct _KERB_QUERY_KDC_PROXY_CACHE_REQUEST {
	KERB_PROTOCOL_MESSAGE_TYPE	MessageType;
	ULONG				Flags;
	LUID				LogonId;
} KERB_QUERY_KDC_PROXY_CACHE_REQUEST, *PKERB_QUERY_KDC_PROXY_CACHE_REQUEST;

typedef struct _KDC_PROXY_CACHE_ENTRY_DATA {
	ULONG64		SinceLastUsed;
	UNICODE_STRING	DomainName;
	UNICODE_STRING	ProxyServerName;
	UNICODE_STRING	ProxyServerVdir;
	USHORT		ProxyServerPort;
	LUID		LogonId;
	UNICODE_STRING	CredUserName;
	UNICODE_STRING	CredDomainName;
	BOOLEAN		GlobalCache;
} KDC_PROXY_CACHE_ENTRY_DATA, *PKDC_PROXY_CACHE_ENTRY_DATA;

typedef struct _KERB_QUERY_KDC_PROXY_CACHE_RESPONSE {
	KERB_PROTOCOL_MESSAGE_TYPE	MessageType;
	ULONG				CountOfEntries;
	PKDC_PROXY_CACHE_ENTRY_DATA	Entries;
} KERB_QUERY_KDC_PROXY_CACHE_RESPONSE, *PKERB_QUERY_KDC_PROXY_CACHE_RESPONSE;

typedef struct _KERB_PURGE_KDC_PROXY_CACHE_REQUEST {
	KERB_PROTOCOL_MESSAGE_TYPE	MessageType;
	ULONG				Flags;
	LUID				LogonId;
} KERB_PURGE_KDC_PROXY_CACHE_REQUEST, *PKERB_PURGE_KDC_PROXY_CACHE_REQUEST;

typedef struct _KERB_PURGE_KDC_PROXY_CACHE_RESPONSE {
	KERB_PROTOCOL_MESSAGE_TYPE	MessageType;
	ULONG				CountOfPurged;
} KERB_PURGE_KDC_PROXY_CACHE_RESPONSE, *PKERB_PURGE_KDC_PROXY_CACHE_RESPONSE;

#define KERB_S4U2PROXY_CACHE_ENTRY_INFO_FLAG_NEGATIVE	0x00000001
#define KERB_S4U2PROXY_CRED_FLAG_NEGATIVE		0x00000001

typedef struct _KERB_QUERY_S4U2PROXY_CACHE_REQUEST {
	KERB_PROTOCOL_MESSAGE_TYPE	MessageType;
	ULONG				Flags;
	LUID				LogonId;
} KERB_QUERY_S4U2PROXY_CACHE_REQUEST, *PKERB_QUERY_S4U2PROXY_CACHE_REQUEST;

typedef struct _KERB_S4U2PROXY_CACHE_ENTRY_INFO {
	UNICODE_STRING	ServerName;
	ULONG		Flags;
	NTSTATUS	LastStatus;
	LARGE_INTEGER	Expiry;
} KERB_S4U2PROXY_CACHE_ENTRY_INFO, *PKERB_S4U2PROXY_CACHE_ENTRY_INFO;

typedef struct _KERB_S4U2PROXY_CRED {
	UNICODE_STRING				UserName;
	UNICODE_STRING				DomainName;
	ULONG					Flags;
	NTSTATUS				LastStatus;
	LARGE_INTEGER				Expiry;
	ULONG					CountOfEntries;
	PKERB_S4U2PROXY_CACHE_ENTRY_INFO	Entries;
} KERB_S4U2PROXY_CRED, *PKERB_S4U2PROXY_CRED;

typedef struct _KERB_QUERY_S4U2PROXY_CACHE_RESPONSE {
	KERB_PROTOCOL_MESSAGE_TYPE	MessageType;
	ULONG				CountOfCreds;
	PKERB_S4U2PROXY_CRED		Creds;
} KERB_QUERY_S4U2PROXY_CACHE_RESPONSE, *PKERB_QUERY_S4U2PROXY_CACHE_RESPONSE;

#define KERB_QUERY_DOMAIN_EXTENDED_POLICIES_RESPONSE_FLAG_DAC_DISABLED	0x00000001

typedef struct _KERB_QUERY_DOMAIN_EXTENDED_POLICIES_REQUEST {
	KERB_PROTOCOL_MESSAGE_TYPE	MessageType;
	ULONG				Flags;
	UNICODE_STRING			DomainName;
} KERB_QUERY_DOMAIN_EXTENDED_POLICIES_REQUEST, *PKERB_QUERY_DOMAIN_EXTENDED_POLICIES_REQUEST;

typedef struct _KERB_QUERY_DOMAIN_EXTENDED_POLICIES_RESPONSE {
	KERB_PROTOCOL_MESSAGE_TYPE	MessageType;
	ULONG				Flags;
	ULONG				ExtendedPolicies;
	ULONG				DsFlags;
} KERB_QUERY_DOMAIN_EXTENDED_POLICIES_RESPONSE, *PKERB_QUERY_DOMAIN_EXTENDED_POLICIES_RESPONSE;

typedef struct _KERB_RETRIEVE_KEY_TAB_REQUEST {
	KERB_PROTOCOL_MESSAGE_TYPE	MessageType;
	ULONG				Flags;
	UNICODE_STRING			UserName;
	UNICODE_STRING			DomainName;
	UNICODE_STRING			Password;
} KERB_RETRIEVE_KEY_TAB_REQUEST, *PKERB_RETRIEVE_KEY_TAB_REQUEST;

typedef struct _KERB_RETRIEVE_KEY_TAB_RESPONSE {
	KERB_PROTOCOL_MESSAGE_TYPE	MessageType;
	ULONG				KeyTabLength;
	PUCHAR				KeyTab;
} KERB_RETRIEVE_KEY_TAB_RESPONSE, *PKERB_RETRIEVE_KEY_TAB_RESPONSE;

#define KERB_REFRESH_POLICY_KERBEROS	0x00000001
#define KERB_REFRESH_POLICY_KDC		0x00000002

typedef struct _KERB_REFRESH_POLICY_REQUEST {
	KERB_PROTOCOL_MESSAGE_TYPE	MessageType;
	ULONG				Flags;
} KERB_REFRESH_POLICY_REQUEST, *PKERB_REFRESH_POLICY_REQUEST;

typedef struct _KERB_REFRESH_POLICY_RESPONSE {
	KERB_PROTOCOL_MESSAGE_TYPE	MessageType;
	ULONG				Flags;
} KERB_REFRESH_POLICY_RESPONSE, *PKERB_REFRESH_POLICY_RESPONSE;

#define KERB_CLOUD_KERBEROS_DEBUG_DATA_VERSION	0

typedef struct _KERB_CLOUD_KERBEROS_DEBUG_REQUEST {
	KERB_PROTOCOL_MESSAGE_TYPE	MessageType;
	LUID				LogonId;
} KERB_CLOUD_KERBEROS_DEBUG_REQUEST, *PKERB_CLOUD_KERBEROS_DEBUG_REQUEST;

typedef struct _KERB_CLOUD_KERBEROS_DEBUG_RESPONSE {
	KERB_PROTOCOL_MESSAGE_TYPE	MessageType;
	ULONG				Version;
	ULONG				Length;
	ULONG				Data[ANYSIZE_ARRAY];
} KERB_CLOUD_KERBEROS_DEBUG_RESPONSE, *PKERB_CLOUD_KERBEROS_DEBUG_RESPONSE;

typedef struct _KERB_CLOUD_KERBEROS_DEBUG_DATA_V0 {
	UINT	EnabledByPolicy:1;
	UINT	AsRepCallbackPresent:1;
	UINT	AsRepCallbackUsed:1;
	UINT	CloudReferralTgtAvailable:1;
	UINT	SpnOracleConfigured:1;
	UINT	KdcProxyPresent:1;
	UINT	PublicKeyCredsPresent:1;
	UINT	PasswordKeysPresent:1;
	UINT	PasswordPresent:1;
	UINT	AsRepSourceCred:8;
} KERB_CLOUD_KERBEROS_DEBUG_DATA_V0, *PKERB_CLOUD_KERBEROS_DEBUG_DATA_V0;

/* --- Negotiate and PKU2U ----------------------------------------------- */

typedef enum _NEGOTIATE_MESSAGES {
	NegEnumPackagePrefixes,
	NegGetCallerName,
	NegTransferCredentials,
	NegMsgReserved1,
	NegCallPackageMax
} NEGOTIATE_MESSAGES, *PNEGOTIATE_MESSAGES;

#define NEGOTIATE_MAX_PREFIX	32

typedef struct _NEGOTIATE_PACKAGE_PREFIX {
	ULONG_PTR	PackageId;
	PVOID		PackageDataA;
	PVOID		PackageDataW;
	ULONG_PTR	PrefixLen;
	UCHAR		Prefix[NEGOTIATE_MAX_PREFIX];
} NEGOTIATE_PACKAGE_PREFIX, *PNEGOTIATE_PACKAGE_PREFIX;

/* PrefixCount prefixes at Offset bytes from the start. */
typedef struct _NEGOTIATE_PACKAGE_PREFIXES {
	ULONG	MessageType;
	ULONG	PrefixCount;
	ULONG	Offset;
	ULONG	Pad;
} NEGOTIATE_PACKAGE_PREFIXES, *PNEGOTIATE_PACKAGE_PREFIXES;

typedef struct _NEGOTIATE_CALLER_NAME_REQUEST {
	ULONG	MessageType;
	LUID	LogonId;
} NEGOTIATE_CALLER_NAME_REQUEST, *PNEGOTIATE_CALLER_NAME_REQUEST;

/* One block with its string: LsaFreeReturnBuffer. */
typedef struct _NEGOTIATE_CALLER_NAME_RESPONSE {
	ULONG	MessageType;
	PWSTR	CallerName;
} NEGOTIATE_CALLER_NAME_RESPONSE, *PNEGOTIATE_CALLER_NAME_RESPONSE;

#define NEGOTIATE_ALLOW_NTLM	0x10000000
#define NEGOTIATE_NEG_NTLM	0x20000000

#define PKU2U_PACKAGE_NAME_A	"pku2u"
#define PKU2U_PACKAGE_NAME_W	OLSA_W("pku2u")
#define PKU2U_PACKAGE_NAME	PKU2U_PACKAGE_NAME_W

#define PKU2U_CREDUI_CONTEXT_VERSION	0x4154414454524543ULL

typedef struct _PKU2U_CERT_BLOB {
	ULONG	CertOffset;
	USHORT	CertLength;
} PKU2U_CERT_BLOB, *PPKU2U_CERT_BLOB;

typedef struct _PKU2U_CREDUI_CONTEXT {
	ULONG64	Version;
	USHORT	cbHeaderLength;
	ULONG	cbStructureLength;
	USHORT	CertArrayCount;
	ULONG	CertArrayOffset;
} PKU2U_CREDUI_CONTEXT, *PPKU2U_CREDUI_CONTEXT;

typedef enum _PKU2U_LOGON_SUBMIT_TYPE {
	Pku2uCertificateS4ULogon = 14
} PKU2U_LOGON_SUBMIT_TYPE, *PPKU2U_LOGON_SUBMIT_TYPE;

typedef struct _PKU2U_CERTIFICATE_S4U_LOGON {
	PKU2U_LOGON_SUBMIT_TYPE	MessageType;
	ULONG			Flags;
	UNICODE_STRING		UserPrincipalName;
	UNICODE_STRING		DomainName;
	ULONG			CertificateLength;
	PUCHAR			Certificate;
} PKU2U_CERTIFICATE_S4U_LOGON, *PPKU2U_CERTIFICATE_S4U_LOGON;

/* --- policy: handles and rights ---------------------------------------- */

typedef PVOID			LSA_HANDLE, *PLSA_HANDLE;
typedef ULONG			LSA_ENUMERATION_HANDLE, *PLSA_ENUMERATION_HANDLE;

/* Access to the policy object. */
#define POLICY_VIEW_LOCAL_INFORMATION	0x00000001
#define POLICY_VIEW_AUDIT_INFORMATION	0x00000002
#define POLICY_GET_PRIVATE_INFORMATION	0x00000004
#define POLICY_TRUST_ADMIN		0x00000008
#define POLICY_CREATE_ACCOUNT		0x00000010
#define POLICY_CREATE_SECRET		0x00000020
#define POLICY_CREATE_PRIVILEGE		0x00000040
#define POLICY_SET_DEFAULT_QUOTA_LIMITS	0x00000080
#define POLICY_SET_AUDIT_REQUIREMENTS	0x00000100
#define POLICY_AUDIT_LOG_ADMIN		0x00000200
#define POLICY_SERVER_ADMIN		0x00000400
#define POLICY_LOOKUP_NAMES		0x00000800
#define POLICY_NOTIFICATION		0x00001000
#define POLICY_ALL_ACCESS		0x000F0FFF
#define POLICY_READ			0x00020006
#define POLICY_WRITE			0x000207F8
#define POLICY_EXECUTE			0x00020801

/* Access to an account, a secret, a trusted domain. */
#define ACCOUNT_VIEW			0x00000001
#define ACCOUNT_ADJUST_PRIVILEGES	0x00000002
#define ACCOUNT_ADJUST_QUOTAS		0x00000004
#define ACCOUNT_ADJUST_SYSTEM_ACCESS	0x00000008
#define ACCOUNT_ALL_ACCESS		(STANDARD_RIGHTS_REQUIRED | 0x0F)
#define SECRET_SET_VALUE		0x00000001
#define SECRET_QUERY_VALUE		0x00000002
#define SECRET_ALL_ACCESS		(STANDARD_RIGHTS_REQUIRED | SECRET_SET_VALUE | SECRET_QUERY_VALUE)
#define TRUSTED_QUERY_DOMAIN_NAME	0x00000001
#define TRUSTED_QUERY_CONTROLLERS	0x00000002
#define TRUSTED_SET_CONTROLLERS		0x00000004
#define TRUSTED_QUERY_POSIX		0x00000008
#define TRUSTED_SET_POSIX		0x00000010
#define TRUSTED_SET_AUTH		0x00000020
#define TRUSTED_QUERY_AUTH		0x00000040

/* Logon rights, the other half of an account's rights. */
#define SE_INTERACTIVE_LOGON_NAME		OLSA_W("SeInteractiveLogonRight")
#define SE_NETWORK_LOGON_NAME			OLSA_W("SeNetworkLogonRight")
#define SE_BATCH_LOGON_NAME			OLSA_W("SeBatchLogonRight")
#define SE_SERVICE_LOGON_NAME			OLSA_W("SeServiceLogonRight")
#define SE_REMOTE_INTERACTIVE_LOGON_NAME	OLSA_W("SeRemoteInteractiveLogonRight")
#define SE_DENY_INTERACTIVE_LOGON_NAME		OLSA_W("SeDenyInteractiveLogonRight")
#define SE_DENY_NETWORK_LOGON_NAME		OLSA_W("SeDenyNetworkLogonRight")
#define SE_DENY_BATCH_LOGON_NAME		OLSA_W("SeDenyBatchLogonRight")
#define SE_DENY_SERVICE_LOGON_NAME		OLSA_W("SeDenyServiceLogonRight")
#define SE_DENY_REMOTE_INTERACTIVE_LOGON_NAME	OLSA_W("SeDenyRemoteInteractiveLogonRight")

/* The same as bits: Lsa{Get,Set}SystemAccessAccount. */
#define SECURITY_ACCESS_INTERACTIVE_LOGON		0x00000001
#define SECURITY_ACCESS_NETWORK_LOGON			0x00000002
#define SECURITY_ACCESS_BATCH_LOGON			0x00000004
#define SECURITY_ACCESS_SERVICE_LOGON			0x00000010
#define SECURITY_ACCESS_PROXY_LOGON			0x00000020
#define SECURITY_ACCESS_DENY_INTERACTIVE_LOGON		0x00000040
#define SECURITY_ACCESS_DENY_NETWORK_LOGON		0x00000080
#define SECURITY_ACCESS_DENY_BATCH_LOGON		0x00000100
#define SECURITY_ACCESS_DENY_SERVICE_LOGON		0x00000200
#define SECURITY_ACCESS_REMOTE_INTERACTIVE_LOGON	0x00000400
#define SECURITY_ACCESS_DENY_REMOTE_INTERACTIVE_LOGON	0x00000800

/* --- policy: information ----------------------------------------------- */

typedef enum _POLICY_INFORMATION_CLASS {
	PolicyAuditLogInformation = 1,
	PolicyAuditEventsInformation,
	PolicyPrimaryDomainInformation,
	PolicyPdAccountInformation,
	PolicyAccountDomainInformation,
	PolicyLsaServerRoleInformation,
	PolicyReplicaSourceInformation,
	PolicyDefaultQuotaInformation,
	PolicyModificationInformation,
	PolicyAuditFullSetInformation,
	PolicyAuditFullQueryInformation,
	PolicyDnsDomainInformation,
	PolicyDnsDomainInformationInt,
	PolicyLocalAccountDomainInformation,
	PolicyMachineAccountInformation,
	PolicyLastEntry
} POLICY_INFORMATION_CLASS, *PPOLICY_INFORMATION_CLASS;

typedef enum _POLICY_LSA_SERVER_ROLE {
	PolicyServerRoleBackup = 2,
	PolicyServerRolePrimary
} POLICY_LSA_SERVER_ROLE, *PPOLICY_LSA_SERVER_ROLE;

typedef ULONG			POLICY_AUDIT_EVENT_OPTIONS, *PPOLICY_AUDIT_EVENT_OPTIONS;

typedef struct _POLICY_AUDIT_LOG_INFO {
	ULONG		AuditLogPercentFull;
	ULONG		MaximumLogSize;
	LARGE_INTEGER	AuditRetentionPeriod;
	BOOLEAN		AuditLogFullShutdownInProgress;
	LARGE_INTEGER	TimeToShutdown;
	ULONG		NextAuditRecordId;
} POLICY_AUDIT_LOG_INFO, *PPOLICY_AUDIT_LOG_INFO;

/* One option word per POLICY_AUDIT_EVENT_TYPE. */
typedef struct _POLICY_AUDIT_EVENTS_INFO {
	BOOLEAN				AuditingMode;
	PPOLICY_AUDIT_EVENT_OPTIONS	EventAuditingOptions;
	ULONG				MaximumAuditEventCount;
} POLICY_AUDIT_EVENTS_INFO, *PPOLICY_AUDIT_EVENTS_INFO;

typedef struct _POLICY_AUDIT_SUBCATEGORIES_INFO {
	ULONG				MaximumSubCategoryCount;
	PPOLICY_AUDIT_EVENT_OPTIONS	EventAuditingOptions;
} POLICY_AUDIT_SUBCATEGORIES_INFO, *PPOLICY_AUDIT_SUBCATEGORIES_INFO;

typedef struct _POLICY_AUDIT_CATEGORIES_INFO {
	ULONG					MaximumCategoryCount;
	PPOLICY_AUDIT_SUBCATEGORIES_INFO	SubCategoriesInfo;
} POLICY_AUDIT_CATEGORIES_INFO, *PPOLICY_AUDIT_CATEGORIES_INFO;

typedef struct _POLICY_PRIMARY_DOMAIN_INFO {
	LSA_UNICODE_STRING	Name;
	PSID			Sid;
} POLICY_PRIMARY_DOMAIN_INFO, *PPOLICY_PRIMARY_DOMAIN_INFO;

typedef struct _POLICY_PD_ACCOUNT_INFO {
	LSA_UNICODE_STRING	Name;
} POLICY_PD_ACCOUNT_INFO, *PPOLICY_PD_ACCOUNT_INFO;

typedef struct _POLICY_LSA_SERVER_ROLE_INFO {
	POLICY_LSA_SERVER_ROLE	LsaServerRole;
} POLICY_LSA_SERVER_ROLE_INFO, *PPOLICY_LSA_SERVER_ROLE_INFO;

typedef struct _POLICY_REPLICA_SOURCE_INFO {
	LSA_UNICODE_STRING	ReplicaSource;
	LSA_UNICODE_STRING	ReplicaAccountName;
} POLICY_REPLICA_SOURCE_INFO, *PPOLICY_REPLICA_SOURCE_INFO;

typedef struct _POLICY_DEFAULT_QUOTA_INFO {
	QUOTA_LIMITS	QuotaLimits;
} POLICY_DEFAULT_QUOTA_INFO, *PPOLICY_DEFAULT_QUOTA_INFO;

typedef struct _POLICY_MODIFICATION_INFO {
	LARGE_INTEGER	ModifiedId;
	LARGE_INTEGER	DatabaseCreationTime;
} POLICY_MODIFICATION_INFO, *PPOLICY_MODIFICATION_INFO;

typedef struct _POLICY_AUDIT_FULL_SET_INFO {
	BOOLEAN	ShutDownOnFull;
} POLICY_AUDIT_FULL_SET_INFO, *PPOLICY_AUDIT_FULL_SET_INFO;

typedef struct _POLICY_AUDIT_FULL_QUERY_INFO {
	BOOLEAN	ShutDownOnFull;
	BOOLEAN	LogIsFull;
} POLICY_AUDIT_FULL_QUERY_INFO, *PPOLICY_AUDIT_FULL_QUERY_INFO;

typedef struct _POLICY_MACHINE_ACCT_INFO {
	ULONG	Rid;
	PSID	Sid;
} POLICY_MACHINE_ACCT_INFO, *PPOLICY_MACHINE_ACCT_INFO;

typedef enum _POLICY_DOMAIN_INFORMATION_CLASS {
	PolicyDomainEfsInformation = 2,
	PolicyDomainKerberosTicketInformation
} POLICY_DOMAIN_INFORMATION_CLASS, *PPOLICY_DOMAIN_INFORMATION_CLASS;

typedef struct _POLICY_DOMAIN_EFS_INFO {
	ULONG	InfoLength;
	PUCHAR	EfsBlob;
} POLICY_DOMAIN_EFS_INFO, *PPOLICY_DOMAIN_EFS_INFO;

#define POLICY_KERBEROS_VALIDATE_CLIENT	0x00000080

typedef struct _POLICY_DOMAIN_KERBEROS_TICKET_INFO {
	ULONG		AuthenticationOptions;
	LARGE_INTEGER	MaxServiceTicketAge;
	LARGE_INTEGER	MaxTicketAge;
	LARGE_INTEGER	MaxRenewAge;
	LARGE_INTEGER	MaxClockSkew;
	LARGE_INTEGER	Reserved;
} POLICY_DOMAIN_KERBEROS_TICKET_INFO, *PPOLICY_DOMAIN_KERBEROS_TICKET_INFO;

#define POLICY_QOS_SCHANNEL_REQUIRED		0x00000001
#define POLICY_QOS_OUTBOUND_INTEGRITY		0x00000002
#define POLICY_QOS_OUTBOUND_CONFIDENTIALITY	0x00000004
#define POLICY_QOS_INBOUND_INTEGRITY		0x00000008
#define POLICY_QOS_INBOUND_CONFIDENTIALITY	0x00000010
#define POLICY_QOS_ALLOW_LOCAL_ROOT_CERT_STORE	0x00000020
#define POLICY_QOS_RAS_SERVER_ALLOWED		0x00000040
#define POLICY_QOS_DHCP_SERVER_ALLOWED		0x00000080

/* --- policy: look-up, accounts, secrets, trusts ------------------------ */

typedef struct _LSA_TRANSLATED_SID {
	SID_NAME_USE	Use;
	ULONG		RelativeId;
	LONG		DomainIndex;
} LSA_TRANSLATED_SID, *PLSA_TRANSLATED_SID;

typedef struct _LSA_ENUMERATION_INFORMATION {
	PSID	Sid;
} LSA_ENUMERATION_INFORMATION, *PLSA_ENUMERATION_INFORMATION;

/* A privilege by name; what LsaEnumeratePrivileges returns an array of. */
typedef struct _POLICY_PRIVILEGE_DEFINITION {
	LSA_UNICODE_STRING	Name;
	LUID			LocalValue;
} POLICY_PRIVILEGE_DEFINITION, *PPOLICY_PRIVILEGE_DEFINITION;

#define LSA_GLOBAL_SECRET_PREFIX	"G$"
#define LSA_LOCAL_SECRET_PREFIX		"L$"
#define LSA_MACHINE_SECRET_PREFIX	"M$"
#define LSA_GLOBAL_SECRET_PREFIX_LENGTH	2
#define LSA_LOCAL_SECRET_PREFIX_LENGTH	2
#define LSA_SECRET_MAXIMUM_LENGTH	512
#define LSA_SECRET_MAXIMUM_COUNT	4096
#define LSA_MAXIMUM_SID_COUNT		256
#define LSA_MAXIMUM_ENUMERATION_LENGTH	32000

typedef enum _TRUSTED_INFORMATION_CLASS {
	TrustedDomainNameInformation = 1,
	TrustedControllersInformation,
	TrustedPosixOffsetInformation,
	TrustedPasswordInformation,
	TrustedDomainInformationBasic,
	TrustedDomainInformationEx,
	TrustedDomainAuthInformation,
	TrustedDomainFullInformation,
	TrustedDomainAuthInformationInternal,
	TrustedDomainFullInformationInternal,
	TrustedDomainInformationEx2Internal,
	TrustedDomainFullInformation2Internal,
	TrustedDomainSupportedEncryptionTypes
} TRUSTED_INFORMATION_CLASS, *PTRUSTED_INFORMATION_CLASS;

#define TRUST_DIRECTION_DISABLED					0x00000000
#define TRUST_DIRECTION_INBOUND						0x00000001
#define TRUST_DIRECTION_OUTBOUND					0x00000002
#define TRUST_DIRECTION_BIDIRECTIONAL					0x00000003
#define TRUST_TYPE_DOWNLEVEL						0x00000001
#define TRUST_TYPE_UPLEVEL						0x00000002
#define TRUST_TYPE_MIT							0x00000003
#define TRUST_TYPE_DCE							0x00000004
#define TRUST_ATTRIBUTE_NON_TRANSITIVE					0x00000001
#define TRUST_ATTRIBUTE_UPLEVEL_ONLY					0x00000002
#define TRUST_ATTRIBUTE_QUARANTINED_DOMAIN				0x00000004
#define TRUST_ATTRIBUTE_FOREST_TRANSITIVE				0x00000008
#define TRUST_ATTRIBUTE_CROSS_ORGANIZATION				0x00000010
#define TRUST_ATTRIBUTE_WITHIN_FOREST					0x00000020
#define TRUST_ATTRIBUTE_TREAT_AS_EXTERNAL				0x00000040
#define TRUST_ATTRIBUTE_TRUST_USES_RC4_ENCRYPTION			0x00000080
#define TRUST_ATTRIBUTE_TRUST_USES_AES_KEYS				0x00000100
#define TRUST_ATTRIBUTE_CROSS_ORGANIZATION_NO_TGT_DELEGATION		0x00000200
#define TRUST_ATTRIBUTE_PIM_TRUST					0x00000400
#define TRUST_ATTRIBUTE_CROSS_ORGANIZATION_ENABLE_TGT_DELEGATION	0x00000800
#define TRUST_ATTRIBUTE_TREE_PARENT					0x00400000
#define TRUST_ATTRIBUTE_TREE_ROOT					0x00800000
#define TRUST_ATTRIBUTES_USER						0xFF000000
#define TRUST_ATTRIBUTES_VALID						0xFF03FFFF
#define TRUST_ATTRIBUTE_FILTER_SIDS					0x00000004
#define TRUST_AUTH_TYPE_NONE						0x00000000
#define TRUST_AUTH_TYPE_NT4OWF						0x00000001
#define TRUST_AUTH_TYPE_CLEAR						0x00000002
#define TRUST_AUTH_TYPE_VERSION						0x00000003

typedef struct _TRUSTED_DOMAIN_NAME_INFO {
	LSA_UNICODE_STRING	Name;
} TRUSTED_DOMAIN_NAME_INFO, *PTRUSTED_DOMAIN_NAME_INFO;

typedef struct _TRUSTED_CONTROLLERS_INFO {
	ULONG			Entries;
	PLSA_UNICODE_STRING	Names;
} TRUSTED_CONTROLLERS_INFO, *PTRUSTED_CONTROLLERS_INFO;

typedef struct _TRUSTED_POSIX_OFFSET_INFO {
	ULONG	Offset;
} TRUSTED_POSIX_OFFSET_INFO, *PTRUSTED_POSIX_OFFSET_INFO;

typedef struct _TRUSTED_PASSWORD_INFO {
	LSA_UNICODE_STRING	Password;
	LSA_UNICODE_STRING	OldPassword;
} TRUSTED_PASSWORD_INFO, *PTRUSTED_PASSWORD_INFO;

typedef LSA_TRUST_INFORMATION	TRUSTED_DOMAIN_INFORMATION_BASIC;
typedef PLSA_TRUST_INFORMATION	PTRUSTED_DOMAIN_INFORMATION_BASIC;

typedef struct _TRUSTED_DOMAIN_INFORMATION_EX {
	LSA_UNICODE_STRING	Name;
	LSA_UNICODE_STRING	FlatName;
	PSID			Sid;
	ULONG			TrustDirection;
	ULONG			TrustType;
	ULONG			TrustAttributes;
} TRUSTED_DOMAIN_INFORMATION_EX, *PTRUSTED_DOMAIN_INFORMATION_EX;

typedef struct _TRUSTED_DOMAIN_INFORMATION_EX2 {
	LSA_UNICODE_STRING	Name;
	LSA_UNICODE_STRING	FlatName;
	PSID			Sid;
	ULONG			TrustDirection;
	ULONG			TrustType;
	ULONG			TrustAttributes;
	ULONG			ForestTrustLength;
	PUCHAR			ForestTrustInfo;
} TRUSTED_DOMAIN_INFORMATION_EX2, *PTRUSTED_DOMAIN_INFORMATION_EX2;

typedef struct _LSA_AUTH_INFORMATION {
	LARGE_INTEGER	LastUpdateTime;
	ULONG		AuthType;
	ULONG		AuthInfoLength;
	PUCHAR		AuthInfo;
} LSA_AUTH_INFORMATION, *PLSA_AUTH_INFORMATION;

typedef struct _TRUSTED_DOMAIN_AUTH_INFORMATION {
	ULONG			IncomingAuthInfos;
	PLSA_AUTH_INFORMATION	IncomingAuthenticationInformation;
	PLSA_AUTH_INFORMATION	IncomingPreviousAuthenticationInformation;
	ULONG			OutgoingAuthInfos;
	PLSA_AUTH_INFORMATION	OutgoingAuthenticationInformation;
	PLSA_AUTH_INFORMATION	OutgoingPreviousAuthenticationInformation;
} TRUSTED_DOMAIN_AUTH_INFORMATION, *PTRUSTED_DOMAIN_AUTH_INFORMATION;

typedef struct _TRUSTED_DOMAIN_FULL_INFORMATION {
	TRUSTED_DOMAIN_INFORMATION_EX	Information;
	TRUSTED_POSIX_OFFSET_INFO	PosixOffset;
	TRUSTED_DOMAIN_AUTH_INFORMATION	AuthInformation;
} TRUSTED_DOMAIN_FULL_INFORMATION, *PTRUSTED_DOMAIN_FULL_INFORMATION;

typedef struct _TRUSTED_DOMAIN_FULL_INFORMATION2 {
	TRUSTED_DOMAIN_INFORMATION_EX2	Information;
	TRUSTED_POSIX_OFFSET_INFO	PosixOffset;
	TRUSTED_DOMAIN_AUTH_INFORMATION	AuthInformation;
} TRUSTED_DOMAIN_FULL_INFORMATION2, *PTRUSTED_DOMAIN_FULL_INFORMATION2;

typedef struct _TRUSTED_DOMAIN_SUPPORTED_ENCRYPTION_TYPES {
	ULONG	SupportedEncryptionTypes;
} TRUSTED_DOMAIN_SUPPORTED_ENCRYPTION_TYPES, *PTRUSTED_DOMAIN_SUPPORTED_ENCRYPTION_TYPES;

/* Forest trusts. */
typedef enum _LSA_FOREST_TRUST_RECORD_TYPE {
	ForestTrustTopLevelName,
	ForestTrustTopLevelNameEx,
	ForestTrustDomainInfo,
	ForestTrustRecordTypeLast = 2
} LSA_FOREST_TRUST_RECORD_TYPE, *PLSA_FOREST_TRUST_RECORD_TYPE;
#define LSA_FOREST_TRUST_RECORD_TYPE_UNRECOGNIZED	0x80000000
#define LSA_FTRECORD_DISABLED_REASONS			0x0000FFFF
#define LSA_SID_DISABLED_ADMIN				0x00000001
#define LSA_TLN_DISABLED_NEW				0x00000001
#define LSA_SID_DISABLED_CONFLICT			0x00000002
#define LSA_TLN_DISABLED_ADMIN				0x00000002
#define LSA_NB_DISABLED_ADMIN				0x00000004
#define LSA_TLN_DISABLED_CONFLICT			0x00000004
#define LSA_NB_DISABLED_CONFLICT			0x00000008
#define MAX_RECORDS_IN_FOREST_TRUST_INFO		4000
#define MAX_FOREST_TRUST_BINARY_DATA_SIZE		131072

typedef struct _LSA_FOREST_TRUST_DOMAIN_INFO {
	PSID			Sid;
	LSA_UNICODE_STRING	DnsName;
	LSA_UNICODE_STRING	NetbiosName;
} LSA_FOREST_TRUST_DOMAIN_INFO, *PLSA_FOREST_TRUST_DOMAIN_INFO;

typedef struct _LSA_FOREST_TRUST_BINARY_DATA {
	ULONG	Length;
	PUCHAR	Buffer;
} LSA_FOREST_TRUST_BINARY_DATA, *PLSA_FOREST_TRUST_BINARY_DATA;

typedef struct _LSA_FOREST_TRUST_RECORD {
	ULONG				Flags;
	LSA_FOREST_TRUST_RECORD_TYPE	ForestTrustType;
	LARGE_INTEGER			Time;
	union {
		LSA_UNICODE_STRING		TopLevelName;
		LSA_FOREST_TRUST_DOMAIN_INFO	DomainInfo;
		LSA_FOREST_TRUST_BINARY_DATA	Data;
	} ForestTrustData;
} LSA_FOREST_TRUST_RECORD, *PLSA_FOREST_TRUST_RECORD;

typedef struct _LSA_FOREST_TRUST_INFORMATION {
	ULONG				RecordCount;
	PLSA_FOREST_TRUST_RECORD	*Entries;
} LSA_FOREST_TRUST_INFORMATION, *PLSA_FOREST_TRUST_INFORMATION;

typedef enum _LSA_FOREST_TRUST_COLLISION_RECORD_TYPE {
	CollisionTdo,
	CollisionXref,
	CollisionOther
} LSA_FOREST_TRUST_COLLISION_RECORD_TYPE, *PLSA_FOREST_TRUST_COLLISION_RECORD_TYPE;

typedef struct _LSA_FOREST_TRUST_COLLISION_RECORD {
	ULONG					Index;
	LSA_FOREST_TRUST_COLLISION_RECORD_TYPE	Type;
	ULONG					Flags;
	LSA_UNICODE_STRING			Name;
} LSA_FOREST_TRUST_COLLISION_RECORD, *PLSA_FOREST_TRUST_COLLISION_RECORD;

typedef struct _LSA_FOREST_TRUST_COLLISION_INFORMATION {
	ULONG					RecordCount;
	PLSA_FOREST_TRUST_COLLISION_RECORD	*Entries;
} LSA_FOREST_TRUST_COLLISION_INFORMATION, *PLSA_FOREST_TRUST_COLLISION_INFORMATION;

/* Central access policies. */
#define CENTRAL_ACCESS_POLICY_OWNER_RIGHTS_PRESENT_FLAG		0x00000001
#define CENTRAL_ACCESS_POLICY_STAGED_OWNER_RIGHTS_PRESENT_FLAG	0x00000100
#define CENTRAL_ACCESS_POLICY_STAGED_FLAG			0x00010000
#define CENTRAL_ACCESS_POLICY_VALID_FLAG_MASK			0x00010101
#define MAXIMUM_CAPES_PER_CAP					127
#define LSASETCAPS_RELOAD_FLAG					0x00000001
#define LSASETCAPS_VALID_FLAG_MASK				0x00000001

typedef struct _CENTRAL_ACCESS_POLICY_ENTRY {
	LSA_UNICODE_STRING	Name;
	LSA_UNICODE_STRING	Description;
	LSA_UNICODE_STRING	ChangeId;
	ULONG			LengthAppliesTo;
	PUCHAR			AppliesTo;
	ULONG			LengthSD;
	PSECURITY_DESCRIPTOR	SD;
	ULONG			LengthStagedSD;
	PSECURITY_DESCRIPTOR	StagedSD;
	ULONG			Flags;
} CENTRAL_ACCESS_POLICY_ENTRY, *PCENTRAL_ACCESS_POLICY_ENTRY;
typedef const CENTRAL_ACCESS_POLICY_ENTRY	*PCCENTRAL_ACCESS_POLICY_ENTRY;

typedef struct _CENTRAL_ACCESS_POLICY {
	PSID				CAPID;
	LSA_UNICODE_STRING		Name;
	LSA_UNICODE_STRING		Description;
	LSA_UNICODE_STRING		ChangeId;
	ULONG				Flags;
	ULONG				CAPECount;
	PCENTRAL_ACCESS_POLICY_ENTRY	*CAPEs;
} CENTRAL_ACCESS_POLICY, *PCENTRAL_ACCESS_POLICY;
typedef const CENTRAL_ACCESS_POLICY	*PCCENTRAL_ACCESS_POLICY;

/* --- policy: functions ------------------------------------------------- */

/* SystemName NULL: this machine. STATUS_ACCESS_DENIED. End with LsaClose. */
NTSTATUS NTAPI LsaOpenPolicy(PLSA_UNICODE_STRING SystemName,
	PLSA_OBJECT_ATTRIBUTES ObjectAttributes, ACCESS_MASK DesiredAccess,
	PLSA_HANDLE PolicyHandle);
NTSTATUS NTAPI LsaClose(LSA_HANDLE ObjectHandle);

/* Frees what a policy or look-up function returned. */
NTSTATUS NTAPI LsaFreeMemory(PVOID Buffer);

/* *Buffer: LsaFreeMemory; its type follows from InformationClass. */
NTSTATUS NTAPI LsaQueryInformationPolicy(LSA_HANDLE PolicyHandle,
	POLICY_INFORMATION_CLASS InformationClass, PVOID *Buffer);
NTSTATUS NTAPI LsaSetInformationPolicy(LSA_HANDLE PolicyHandle,
	POLICY_INFORMATION_CLASS InformationClass, PVOID Buffer);
NTSTATUS NTAPI LsaQueryDomainInformationPolicy(LSA_HANDLE PolicyHandle,
	POLICY_DOMAIN_INFORMATION_CLASS InformationClass, PVOID *Buffer);
NTSTATUS NTAPI LsaSetDomainInformationPolicy(LSA_HANDLE PolicyHandle,
	POLICY_DOMAIN_INFORMATION_CLASS InformationClass, PVOID Buffer);

/*
 * Both results: LsaFreeMemory each, also with STATUS_SOME_NOT_MAPPED and
 * STATUS_NONE_MAPPED.
 */
NTSTATUS NTAPI LsaLookupNames(LSA_HANDLE PolicyHandle, ULONG Count, PLSA_UNICODE_STRING Names,
	PLSA_REFERENCED_DOMAIN_LIST *ReferencedDomains, PLSA_TRANSLATED_SID *Sids);
NTSTATUS NTAPI LsaLookupNames2(LSA_HANDLE PolicyHandle, ULONG Flags, ULONG Count,
	PLSA_UNICODE_STRING Names, PLSA_REFERENCED_DOMAIN_LIST *ReferencedDomains,
	PLSA_TRANSLATED_SID2 *Sids);
NTSTATUS NTAPI LsaLookupSids(LSA_HANDLE PolicyHandle, ULONG Count, PSID *Sids,
	PLSA_REFERENCED_DOMAIN_LIST *ReferencedDomains, PLSA_TRANSLATED_NAME *Names);
NTSTATUS NTAPI LsaLookupSids2(LSA_HANDLE PolicyHandle, ULONG LookupOptions, ULONG Count, PSID *Sids,
	PLSA_REFERENCED_DOMAIN_LIST *ReferencedDomains, PLSA_TRANSLATED_NAME *Names);

/* Rights by name. STATUS_OBJECT_NAME_NOT_FOUND: the account has none. */
NTSTATUS NTAPI LsaAddAccountRights(LSA_HANDLE PolicyHandle, PSID AccountSid,
	PLSA_UNICODE_STRING UserRights, ULONG CountOfRights);
NTSTATUS NTAPI LsaRemoveAccountRights(LSA_HANDLE PolicyHandle, PSID AccountSid, BOOLEAN AllRights,
	PLSA_UNICODE_STRING UserRights, ULONG CountOfRights);
NTSTATUS NTAPI LsaEnumerateAccountRights(LSA_HANDLE PolicyHandle, PSID AccountSid,
	PLSA_UNICODE_STRING *UserRights, PULONG CountOfRights);
NTSTATUS NTAPI LsaEnumerateAccountsWithUserRight(LSA_HANDLE PolicyHandle,
	PLSA_UNICODE_STRING UserRight, PVOID *Buffer, PULONG CountReturned);

/* Private data; a NULL PrivateData deletes. *PrivateData: wipe, LsaFreeMemory. */
NTSTATUS NTAPI LsaStorePrivateData(LSA_HANDLE PolicyHandle, PLSA_UNICODE_STRING KeyName,
	PLSA_UNICODE_STRING PrivateData);
NTSTATUS NTAPI LsaRetrievePrivateData(LSA_HANDLE PolicyHandle, PLSA_UNICODE_STRING KeyName,
	PLSA_UNICODE_STRING *PrivateData);

/* Trusted domains. STATUS_NO_MORE_ENTRIES ends an enumeration. */
NTSTATUS NTAPI LsaEnumerateTrustedDomains(LSA_HANDLE PolicyHandle,
	PLSA_ENUMERATION_HANDLE EnumerationContext, PVOID *Buffer, ULONG PreferedMaximumLength,
	PULONG CountReturned);
NTSTATUS NTAPI LsaEnumerateTrustedDomainsEx(LSA_HANDLE PolicyHandle,
	PLSA_ENUMERATION_HANDLE EnumerationContext, PVOID *Buffer, ULONG PreferedMaximumLength,
	PULONG CountReturned);
NTSTATUS NTAPI LsaOpenTrustedDomainByName(LSA_HANDLE PolicyHandle,
	PLSA_UNICODE_STRING TrustedDomainName, ACCESS_MASK DesiredAccess,
	PLSA_HANDLE TrustedDomainHandle);
NTSTATUS NTAPI LsaCreateTrustedDomainEx(LSA_HANDLE PolicyHandle,
	PTRUSTED_DOMAIN_INFORMATION_EX TrustedDomainInformation,
	PTRUSTED_DOMAIN_AUTH_INFORMATION AuthenticationInformation, ACCESS_MASK DesiredAccess,
	PLSA_HANDLE TrustedDomainHandle);
NTSTATUS NTAPI LsaDeleteTrustedDomain(LSA_HANDLE PolicyHandle, PSID TrustedDomainSid);

/* *Buffer: LsaFreeMemory; its type follows from InformationClass. */
NTSTATUS NTAPI LsaQueryTrustedDomainInfo(LSA_HANDLE PolicyHandle, PSID TrustedDomainSid,
	TRUSTED_INFORMATION_CLASS InformationClass, PVOID *Buffer);
NTSTATUS NTAPI LsaSetTrustedDomainInformation(LSA_HANDLE PolicyHandle, PSID TrustedDomainSid,
	TRUSTED_INFORMATION_CLASS InformationClass, PVOID Buffer);
NTSTATUS NTAPI LsaQueryTrustedDomainInfoByName(LSA_HANDLE PolicyHandle,
	PLSA_UNICODE_STRING TrustedDomainName, TRUSTED_INFORMATION_CLASS InformationClass,
	PVOID *Buffer);
NTSTATUS NTAPI LsaSetTrustedDomainInfoByName(LSA_HANDLE PolicyHandle,
	PLSA_UNICODE_STRING TrustedDomainName, TRUSTED_INFORMATION_CLASS InformationClass,
	PVOID Buffer);

/* *ForestTrustInfo, *CollisionInfo: LsaFreeMemory. */
NTSTATUS NTAPI LsaQueryForestTrustInformation(LSA_HANDLE PolicyHandle,
	PLSA_UNICODE_STRING TrustedDomainName, PLSA_FOREST_TRUST_INFORMATION *ForestTrustInfo);
NTSTATUS NTAPI LsaSetForestTrustInformation(LSA_HANDLE PolicyHandle,
	PLSA_UNICODE_STRING TrustedDomainName, PLSA_FOREST_TRUST_INFORMATION ForestTrustInfo,
	BOOLEAN CheckOnly, PLSA_FOREST_TRUST_COLLISION_INFORMATION *CollisionInfo);

/* Central access policies. */
NTSTATUS NTAPI LsaSetCAPs(PLSA_UNICODE_STRING CAPDNs, ULONG CAPDNCount, ULONG Flags);
NTSTATUS NTAPI LsaGetAppliedCAPIDs(PLSA_UNICODE_STRING SystemName, PSID **CAPIDs, PULONG CAPIDCount);
NTSTATUS NTAPI LsaQueryCAPs(PSID *CAPIDs, ULONG CAPIDCount, PCENTRAL_ACCESS_POLICY *CAPs,
	PULONG CAPCount);

/* A Win32 error code; ERROR_MR_MID_NOT_FOUND where there is none. */
ULONG NTAPI LsaNtStatusToWinError(NTSTATUS Status);

/* --- policy: functions that Windows exports and does not document ------ */

NTSTATUS NTAPI LsaDelete(LSA_HANDLE ObjectHandle);
NTSTATUS NTAPI LsaQuerySecurityObject(LSA_HANDLE ObjectHandle,
	SECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR *SecurityDescriptor);
NTSTATUS NTAPI LsaSetSecurityObject(LSA_HANDLE ObjectHandle,
	SECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR SecurityDescriptor);
NTSTATUS NTAPI LsaChangePassword(PLSA_UNICODE_STRING ServerName, PLSA_UNICODE_STRING DomainName,
	PLSA_UNICODE_STRING AccountName, PLSA_UNICODE_STRING OldPassword,
	PLSA_UNICODE_STRING NewPassword);

/* Both strings: LsaFreeMemory each. */
NTSTATUS NTAPI LsaGetUserName(PLSA_UNICODE_STRING *UserName, PLSA_UNICODE_STRING *DomainName);

/* Accounts and their privileges by LUID. */
NTSTATUS NTAPI LsaCreateAccount(LSA_HANDLE PolicyHandle, PSID AccountSid, ACCESS_MASK DesiredAccess,
	PLSA_HANDLE AccountHandle);
NTSTATUS NTAPI LsaOpenAccount(LSA_HANDLE PolicyHandle, PSID AccountSid, ACCESS_MASK DesiredAccess,
	PLSA_HANDLE AccountHandle);
NTSTATUS NTAPI LsaEnumerateAccounts(LSA_HANDLE PolicyHandle,
	PLSA_ENUMERATION_HANDLE EnumerationContext, PVOID *Buffer, ULONG PreferedMaximumLength,
	PULONG CountReturned);
NTSTATUS NTAPI LsaEnumeratePrivileges(LSA_HANDLE PolicyHandle,
	PLSA_ENUMERATION_HANDLE EnumerationContext, PVOID *Buffer, ULONG PreferedMaximumLength,
	PULONG CountReturned);
NTSTATUS NTAPI LsaEnumeratePrivilegesOfAccount(LSA_HANDLE AccountHandle, PPRIVILEGE_SET *Privileges);
NTSTATUS NTAPI LsaAddPrivilegesToAccount(LSA_HANDLE AccountHandle, PPRIVILEGE_SET Privileges);
NTSTATUS NTAPI LsaRemovePrivilegesFromAccount(LSA_HANDLE AccountHandle, BOOLEAN AllPrivileges,
	PPRIVILEGE_SET Privileges);

/* SECURITY_ACCESS_ bits. */
NTSTATUS NTAPI LsaGetSystemAccessAccount(LSA_HANDLE AccountHandle, PULONG SystemAccess);
NTSTATUS NTAPI LsaSetSystemAccessAccount(LSA_HANDLE AccountHandle, ULONG SystemAccess);

/* An account's quotas, or those of PolicyDefaultQuotaInformation where it has none of its own. */
NTSTATUS NTAPI LsaGetQuotasForAccount(LSA_HANDLE AccountHandle, PQUOTA_LIMITS QuotaLimits);
NTSTATUS NTAPI LsaSetQuotasForAccount(LSA_HANDLE AccountHandle, PQUOTA_LIMITS QuotaLimits);

/* A privilege's LUID, its name, its text for people. Strings: LsaFreeMemory. */
NTSTATUS NTAPI LsaLookupPrivilegeValue(LSA_HANDLE PolicyHandle, PLSA_UNICODE_STRING Name,
	PLUID Value);
NTSTATUS NTAPI LsaLookupPrivilegeName(LSA_HANDLE PolicyHandle, PLUID Value,
	PLSA_UNICODE_STRING *Name);
NTSTATUS NTAPI LsaLookupPrivilegeDisplayName(LSA_HANDLE PolicyHandle, PLSA_UNICODE_STRING Name,
	PLSA_UNICODE_STRING *DisplayName, PSHORT LanguageReturned);

/* Secrets: a current and an old value. Wipe, then LsaFreeMemory. */
NTSTATUS NTAPI LsaCreateSecret(LSA_HANDLE PolicyHandle, PLSA_UNICODE_STRING SecretName,
	ACCESS_MASK DesiredAccess, PLSA_HANDLE SecretHandle);
NTSTATUS NTAPI LsaOpenSecret(LSA_HANDLE PolicyHandle, PLSA_UNICODE_STRING SecretName,
	ACCESS_MASK DesiredAccess, PLSA_HANDLE SecretHandle);
NTSTATUS NTAPI LsaSetSecret(LSA_HANDLE SecretHandle, PLSA_UNICODE_STRING CurrentValue,
	PLSA_UNICODE_STRING OldValue);
NTSTATUS NTAPI LsaQuerySecret(LSA_HANDLE SecretHandle, PLSA_UNICODE_STRING *CurrentValue,
	PLARGE_INTEGER CurrentValueSetTime, PLSA_UNICODE_STRING *OldValue,
	PLARGE_INTEGER OldValueSetTime);

NTSTATUS NTAPI LsaCreateTrustedDomain(LSA_HANDLE PolicyHandle,
	PLSA_TRUST_INFORMATION TrustedDomainInformation, ACCESS_MASK DesiredAccess,
	PLSA_HANDLE TrustedDomainHandle);
NTSTATUS NTAPI LsaOpenTrustedDomain(LSA_HANDLE PolicyHandle, PSID TrustedDomainSid,
	ACCESS_MASK DesiredAccess, PLSA_HANDLE TrustedDomainHandle);

/* --- memory and random numbers ----------------------------------------- */

#define RTL_ENCRYPT_OPTION_CROSS_PROCESS	0x00000001
#define RTL_ENCRYPT_OPTION_SAME_LOGON		0x00000002
#define RTL_ENCRYPT_OPTION_FOR_SYSTEM		0x00000004
#define RTL_ENCRYPT_MEMORY_SIZE			0x00000008

/* The exported names are numbers; MemorySize is a multiple of 8. */
#define RtlGenRandom		SystemFunction036
#define RtlEncryptMemory	SystemFunction040
#define RtlDecryptMemory	SystemFunction041
BOOLEAN NTAPI SystemFunction036(PVOID RandomBuffer, ULONG RandomBufferLength);
NTSTATUS NTAPI SystemFunction040(PVOID Memory, ULONG MemorySize, ULONG OptionFlags);
NTSTATUS NTAPI SystemFunction041(PVOID Memory, ULONG MemorySize, ULONG OptionFlags);

/* --- audit ------------------------------------------------------------- */

typedef enum _POLICY_AUDIT_EVENT_TYPE {
	AuditCategorySystem,
	AuditCategoryLogon,
	AuditCategoryObjectAccess,
	AuditCategoryPrivilegeUse,
	AuditCategoryDetailedTracking,
	AuditCategoryPolicyChange,
	AuditCategoryAccountManagement,
	AuditCategoryDirectoryServiceAccess,
	AuditCategoryAccountLogon
} POLICY_AUDIT_EVENT_TYPE, *PPOLICY_AUDIT_EVENT_TYPE;

#define POLICY_AUDIT_EVENT_UNCHANGED		0x00000000
#define POLICY_AUDIT_EVENT_SUCCESS		0x00000001
#define POLICY_AUDIT_EVENT_FAILURE		0x00000002
#define POLICY_AUDIT_EVENT_NONE			0x00000004
#define POLICY_AUDIT_EVENT_MASK			0x00000007
#define PER_USER_POLICY_UNCHANGED		0x00000000
#define PER_USER_AUDIT_SUCCESS_INCLUDE		0x00000001
#define PER_USER_AUDIT_SUCCESS_EXCLUDE		0x00000002
#define PER_USER_AUDIT_FAILURE_INCLUDE		0x00000004
#define PER_USER_AUDIT_FAILURE_EXCLUDE		0x00000008
#define PER_USER_AUDIT_NONE			0x00000010
#define VALID_PER_USER_AUDIT_POLICY_FLAG	0x0000001F
#define AUDIT_SET_SYSTEM_POLICY			0x00000001
#define AUDIT_QUERY_SYSTEM_POLICY		0x00000002
#define AUDIT_SET_USER_POLICY			0x00000004
#define AUDIT_QUERY_USER_POLICY			0x00000008
#define AUDIT_ENUMERATE_USERS			0x00000010
#define AUDIT_SET_MISC_POLICY			0x00000020
#define AUDIT_QUERY_MISC_POLICY			0x00000040
#define AUDIT_GENERIC_EXECUTE			0x00020000
#define AUDIT_GENERIC_WRITE			0x00020025
#define AUDIT_GENERIC_READ			0x0002005A
#define AUDIT_GENERIC_ALL			0x000F007F

typedef struct _POLICY_AUDIT_SID_ARRAY {
	ULONG	UsersCount;
	PSID	*UserSidArray;
} POLICY_AUDIT_SID_ARRAY, *PPOLICY_AUDIT_SID_ARRAY;

typedef struct _AUDIT_POLICY_INFORMATION {
	GUID	AuditSubCategoryGuid;
	ULONG	AuditingInformation;
	GUID	AuditCategoryGuid;
} AUDIT_POLICY_INFORMATION, *PAUDIT_POLICY_INFORMATION;
typedef AUDIT_POLICY_INFORMATION	*LPAUDIT_POLICY_INFORMATION;
typedef const AUDIT_POLICY_INFORMATION	*PCAUDIT_POLICY_INFORMATION, *LPCAUDIT_POLICY_INFORMATION;

/* FALSE: see GetLastError. Results are freed with AuditFree. */
BOOLEAN NTAPI AuditQuerySystemPolicy(const GUID *pSubCategoryGuids, ULONG PolicyCount,
	PAUDIT_POLICY_INFORMATION *ppAuditPolicy);
BOOLEAN NTAPI AuditSetSystemPolicy(PCAUDIT_POLICY_INFORMATION pAuditPolicy, ULONG PolicyCount);
BOOLEAN NTAPI AuditQueryPerUserPolicy(const PSID pSid, const GUID *pSubCategoryGuids,
	ULONG PolicyCount, PAUDIT_POLICY_INFORMATION *ppAuditPolicy);
BOOLEAN NTAPI AuditSetPerUserPolicy(const PSID pSid, PCAUDIT_POLICY_INFORMATION pAuditPolicy,
	ULONG PolicyCount);
BOOLEAN NTAPI AuditEnumeratePerUserPolicy(PPOLICY_AUDIT_SID_ARRAY *ppAuditSidArray);
BOOLEAN NTAPI AuditComputeEffectivePolicyBySid(const PSID pSid, const GUID *pSubCategoryGuids,
	ULONG PolicyCount, PAUDIT_POLICY_INFORMATION *ppAuditPolicy);
BOOLEAN NTAPI AuditComputeEffectivePolicyByToken(HANDLE hTokenHandle, const GUID *pSubCategoryGuids,
	ULONG PolicyCount, PAUDIT_POLICY_INFORMATION *ppAuditPolicy);

BOOLEAN NTAPI AuditEnumerateCategories(GUID **ppAuditCategoriesArray, PULONG pCountReturned);
BOOLEAN NTAPI AuditEnumerateSubCategories(const GUID *pAuditCategoryGuid,
	BOOLEAN bRetrieveAllSubCategories, GUID **ppAuditSubCategoriesArray, PULONG pCountReturned);

BOOLEAN NTAPI AuditLookupCategoryNameA(const GUID *pAuditCategoryGuid, LPSTR *ppszCategoryName);
BOOLEAN NTAPI AuditLookupCategoryNameW(const GUID *pAuditCategoryGuid, LPWSTR *ppszCategoryName);
BOOLEAN NTAPI AuditLookupSubCategoryNameA(const GUID *pAuditSubCategoryGuid,
	LPSTR *ppszSubCategoryName);
BOOLEAN NTAPI AuditLookupSubCategoryNameW(const GUID *pAuditSubCategoryGuid,
	LPWSTR *ppszSubCategoryName);
#define AuditLookupCategoryName		OLSA_AW(AuditLookupCategoryName)
#define AuditLookupSubCategoryName	OLSA_AW(AuditLookupSubCategoryName)

BOOLEAN NTAPI AuditLookupCategoryIdFromCategoryGuid(const GUID *pAuditCategoryGuid,
	PPOLICY_AUDIT_EVENT_TYPE pAuditCategoryId);
BOOLEAN NTAPI AuditLookupCategoryGuidFromCategoryId(POLICY_AUDIT_EVENT_TYPE AuditCategoryId,
	GUID *pAuditCategoryGuid);

/*
 * Who may see and set audit policy: the discretionary and the system list
 * alone count (else ERROR_INVALID_PARAMETER, as where the discretionary list
 * to be set is not there). The caller holds SeSecurityPrivilege, or
 * ERROR_ACCESS_DENIED. What the other functions need by that list is
 * AUDIT_..._POLICY; who holds the privilege needs none of it. AuditFree.
 */
BOOLEAN NTAPI AuditSetSecurity(SECURITY_INFORMATION SecurityInformation,
	PSECURITY_DESCRIPTOR pSecurityDescriptor);
BOOLEAN NTAPI AuditQuerySecurity(SECURITY_INFORMATION SecurityInformation,
	PSECURITY_DESCRIPTOR *ppSecurityDescriptor);

/*
 * The system list of all objects of a type, "File" or "Key" in any case (else
 * ERROR_INVALID_PARAMETER); NULL: none. Kept for programs that open such
 * objects. ERROR_INVALID_ACL: an entry that does not audit.
 * ERROR_FILE_NOT_FOUND: there is none. What is returned: LocalFree.
 */
BOOLEAN NTAPI AuditSetGlobalSaclA(PCSTR ObjectTypeName, PACL Acl);
BOOLEAN NTAPI AuditSetGlobalSaclW(PCWSTR ObjectTypeName, PACL Acl);
BOOLEAN NTAPI AuditQueryGlobalSaclA(PCSTR ObjectTypeName, PACL *Acl);
BOOLEAN NTAPI AuditQueryGlobalSaclW(PCWSTR ObjectTypeName, PACL *Acl);
#define AuditSetGlobalSacl	OLSA_AW(AuditSetGlobalSacl)
#define AuditQueryGlobalSacl	OLSA_AW(AuditQueryGlobalSacl)

void NTAPI AuditFree(PVOID Buffer);

/* Categories and subcategories; storage where INITGUID is defined. */
DEFINE_GUID(Audit_AccountLogon,
	0x69979850, 0x797a, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_AccountManagement,
	0x6997984e, 0x797a, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_DetailedTracking,
	0x6997984c, 0x797a, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_DirectoryServiceAccess,
	0x6997984f, 0x797a, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_Logon,
	0x69979849, 0x797a, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_ObjectAccess,
	0x6997984a, 0x797a, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_PolicyChange,
	0x6997984d, 0x797a, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_PrivilegeUse,
	0x6997984b, 0x797a, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_System,
	0x69979848, 0x797a, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_System_IPSecDriverEvents,
	0x0cce9213, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_System_Integrity,
	0x0cce9212, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_System_Others,
	0x0cce9214, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_System_SecurityStateChange,
	0x0cce9210, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_System_SecuritySubsystemExtension,
	0x0cce9211, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_Logon_AccountLockout,
	0x0cce9217, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_Logon_Claims,
	0x0cce9247, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_Logon_Groups,
	0x0cce9249, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_Logon_IPSecMainMode,
	0x0cce9218, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_Logon_IPSecQuickMode,
	0x0cce9219, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_Logon_IPSecUserMode,
	0x0cce921a, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_Logon_Logoff,
	0x0cce9216, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_Logon_Logon,
	0x0cce9215, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_Logon_NPS,
	0x0cce9243, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_Logon_Others,
	0x0cce921c, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_Logon_SpecialLogon,
	0x0cce921b, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_ObjectAccess_ApplicationGenerated,
	0x0cce9222, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_ObjectAccess_CbacStaging,
	0x0cce9246, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_ObjectAccess_CertificationServices,
	0x0cce9221, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_ObjectAccess_DetailedFileShare,
	0x0cce9244, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_ObjectAccess_FileSystem,
	0x0cce921d, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_ObjectAccess_FirewallConnection,
	0x0cce9226, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_ObjectAccess_FirewallPacketDrops,
	0x0cce9225, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_ObjectAccess_Handle,
	0x0cce9223, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_ObjectAccess_Kernel,
	0x0cce921f, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_ObjectAccess_Other,
	0x0cce9227, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_ObjectAccess_Registry,
	0x0cce921e, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_ObjectAccess_RemovableStorage,
	0x0cce9245, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_ObjectAccess_Sam,
	0x0cce9220, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_ObjectAccess_Share,
	0x0cce9224, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_PrivilegeUse_NonSensitive,
	0x0cce9229, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_PrivilegeUse_Others,
	0x0cce922a, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_PrivilegeUse_Sensitive,
	0x0cce9228, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_DetailedTracking_DpapiActivity,
	0x0cce922d, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_DetailedTracking_PnpActivity,
	0x0cce9248, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_DetailedTracking_ProcessCreation,
	0x0cce922b, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_DetailedTracking_ProcessTermination,
	0x0cce922c, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_DetailedTracking_RpcCall,
	0x0cce922e, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_DetailedTracking_TokenRightAdjusted,
	0x0cce924a, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_PolicyChange_AuditPolicy,
	0x0cce922f, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_PolicyChange_AuthenticationPolicy,
	0x0cce9230, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_PolicyChange_AuthorizationPolicy,
	0x0cce9231, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_PolicyChange_MpsscvRulePolicy,
	0x0cce9232, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_PolicyChange_Others,
	0x0cce9234, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_PolicyChange_WfpIPSecPolicy,
	0x0cce9233, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_AccountManagement_ApplicationGroup,
	0x0cce9239, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_AccountManagement_ComputerAccount,
	0x0cce9236, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_AccountManagement_DistributionGroup,
	0x0cce9238, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_AccountManagement_Others,
	0x0cce923a, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_AccountManagement_SecurityGroup,
	0x0cce9237, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_AccountManagement_UserAccount,
	0x0cce9235, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_DSAccess_DSAccess,
	0x0cce923b, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_DsAccess_AdAuditChanges,
	0x0cce923c, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_Ds_DetailedReplication,
	0x0cce923e, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_Ds_Replication,
	0x0cce923d, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_AccountLogon_CredentialValidation,
	0x0cce923f, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_AccountLogon_KerbCredentialValidation,
	0x0cce9242, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_AccountLogon_Kerberos,
	0x0cce9240, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);
DEFINE_GUID(Audit_AccountLogon_Others,
	0x0cce9241, 0x69ae, 0x11d9, 0xbe, 0xd3, 0x50, 0x50, 0x54, 0x50, 0x30, 0x30);

/* --- audit records: what a package hands to the audit ------------------ */

#define LSA_ADT_SECURITY_SOURCE_NAME		"Microsoft-Windows-Security-Auditing"
#define LSA_ADT_LEGACY_SECURITY_SOURCE_NAME	"Security"
#define SE_ADT_POLICY_AUDIT_EVENT_TYPE_EX_BEGIN	0x00000064
#define SE_MAX_GENERIC_AUDIT_PARAMETERS		28
#define SE_MAX_AUDIT_PARAMETERS			32
#define SE_ADT_OBJECT_ONLY			0x00000001
#define SE_ADT_PARAMETERS_SELF_RELATIVE		0x00000001
#define SE_ADT_PARAMETERS_SEND_TO_LSA		0x00000002
#define SE_ADT_PARAMETER_EXTENSIBLE_AUDIT	0x00000004
#define SE_ADT_PARAMETER_GENERIC_AUDIT		0x00000008
#define SE_ADT_PARAMETER_WRITE_SYNCHRONOUS	0x00000010

typedef enum _SE_ADT_PARAMETER_TYPE {
	SeAdtParmTypeNone,
	SeAdtParmTypeString,
	SeAdtParmTypeFileSpec,
	SeAdtParmTypeUlong,
	SeAdtParmTypeSid,
	SeAdtParmTypeLogonId,
	SeAdtParmTypeNoLogonId,
	SeAdtParmTypeAccessMask,
	SeAdtParmTypePrivs,
	SeAdtParmTypeObjectTypes,
	SeAdtParmTypeHexUlong,
	SeAdtParmTypePtr,
	SeAdtParmTypeTime,
	SeAdtParmTypeGuid,
	SeAdtParmTypeLuid,
	SeAdtParmTypeHexInt64,
	SeAdtParmTypeStringList,
	SeAdtParmTypeSidList,
	SeAdtParmTypeDuration,
	SeAdtParmTypeUserAccountControl,
	SeAdtParmTypeNoUac,
	SeAdtParmTypeMessage,
	SeAdtParmTypeDateTime,
	SeAdtParmTypeSockAddr,
	SeAdtParmTypeSD,
	SeAdtParmTypeLogonHours,
	SeAdtParmTypeLogonIdNoSid,
	SeAdtParmTypeUlongNoConv,
	SeAdtParmTypeSockAddrNoPort,
	SeAdtParmTypeAccessReason,
	SeAdtParmTypeStagingReason,
	SeAdtParmTypeResourceAttribute,
	SeAdtParmTypeClaims,
	SeAdtParmTypeLogonIdAsSid,
	SeAdtParmTypeMultiSzString,
	SeAdtParmTypeLogonIdEx
} SE_ADT_PARAMETER_TYPE, *PSE_ADT_PARAMETER_TYPE;

typedef struct _SE_ADT_OBJECT_TYPE {
	GUID		ObjectType;
	USHORT		Flags;
	USHORT		Level;
	ACCESS_MASK	AccessMask;
} SE_ADT_OBJECT_TYPE, *PSE_ADT_OBJECT_TYPE;

typedef struct _SE_ADT_PARAMETER_ARRAY_ENTRY {
	SE_ADT_PARAMETER_TYPE	Type;
	ULONG			Length;
	ULONG_PTR		Data[2];
	PVOID			Address;
} SE_ADT_PARAMETER_ARRAY_ENTRY, *PSE_ADT_PARAMETER_ARRAY_ENTRY;

typedef struct _SE_ADT_ACCESS_REASON {
	ACCESS_MASK		AccessMask;
	ULONG			AccessReasons[32];
	ULONG			ObjectTypeIndex;
	ULONG			AccessGranted;
	PSECURITY_DESCRIPTOR	SecurityDescriptor;
} SE_ADT_ACCESS_REASON, *PSE_ADT_ACCESS_REASON;

typedef struct _SE_ADT_CLAIMS {
	ULONG	Length;
	PVOID	Claims;
} SE_ADT_CLAIMS, *PSE_ADT_CLAIMS;

typedef struct _SE_ADT_PARAMETER_ARRAY {
	ULONG				CategoryId;
	ULONG				AuditId;
	ULONG				ParameterCount;
	ULONG				Length;
	USHORT				FlatSubCategoryId;
	USHORT				Type;
	ULONG				Flags;
	SE_ADT_PARAMETER_ARRAY_ENTRY	Parameters[SE_MAX_AUDIT_PARAMETERS];
} SE_ADT_PARAMETER_ARRAY, *PSE_ADT_PARAMETER_ARRAY;

typedef struct _SE_ADT_PARAMETER_ARRAY_EX {
	ULONG				CategoryId;
	ULONG				AuditId;
	ULONG				Version;
	ULONG				ParameterCount;
	ULONG				Length;
	USHORT				FlatSubCategoryId;
	USHORT				Type;
	ULONG				Flags;
	SE_ADT_PARAMETER_ARRAY_ENTRY	Parameters[SE_MAX_AUDIT_PARAMETERS];
} SE_ADT_PARAMETER_ARRAY_EX, *PSE_ADT_PARAMETER_ARRAY_EX;

/* --- password filters -------------------------------------------------- */

/* What a filter module exports, and under which names. */
#define SAM_PASSWORD_CHANGE_NOTIFY_ROUTINE	"PasswordChangeNotify"
#define SAM_INIT_NOTIFICATION_ROUTINE		"InitializeChangeNotify"
#define SAM_PASSWORD_FILTER_ROUTINE		"PasswordFilter"

typedef NTSTATUS (NTAPI *PSAM_PASSWORD_NOTIFICATION_ROUTINE)(PUNICODE_STRING UserName,
	ULONG RelativeId, PUNICODE_STRING NewPassword);
typedef BOOLEAN (NTAPI *PSAM_INIT_NOTIFICATION_ROUTINE)(void);
typedef BOOLEAN (NTAPI *PSAM_PASSWORD_FILTER_ROUTINE)(PUNICODE_STRING AccountName,
	PUNICODE_STRING FullName, PUNICODE_STRING Password, BOOLEAN SetOperation);

#define MAX_USER_RECORDS	1000

#ifdef __cplusplus
}
#endif

#endif
