/* SPDX-License-Identifier: MIT */
/*
 * subauth.h - sub-authentication: a module that adds checks of its own to
 * an NTLM logon. Names its entry points and what they are given.
 */
#ifndef _NTSUBAUTH_
#define _NTSUBAUTH_

#include <ntdef.h>
#include <ntstatus.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef PVOID			SAM_HANDLE, *PSAM_HANDLE;

/* Two words, aligned to four bytes. */
typedef struct _OLD_LARGE_INTEGER {
	ULONG	LowPart;
	LONG	HighPart;
} OLD_LARGE_INTEGER, *POLD_LARGE_INTEGER;

/* --- user accounts ----------------------------------------------------- */

/* UserAccountControl */
#define USER_ACCOUNT_DISABLED				0x00000001
#define USER_HOME_DIRECTORY_REQUIRED			0x00000002
#define USER_PASSWORD_NOT_REQUIRED			0x00000004
#define USER_TEMP_DUPLICATE_ACCOUNT			0x00000008
#define USER_NORMAL_ACCOUNT				0x00000010
#define USER_MNS_LOGON_ACCOUNT				0x00000020
#define USER_INTERDOMAIN_TRUST_ACCOUNT			0x00000040
#define USER_WORKSTATION_TRUST_ACCOUNT			0x00000080
#define USER_SERVER_TRUST_ACCOUNT			0x00000100
#define USER_DONT_EXPIRE_PASSWORD			0x00000200
#define USER_ACCOUNT_AUTO_LOCKED			0x00000400
#define USER_ENCRYPTED_TEXT_PASSWORD_ALLOWED		0x00000800
#define USER_SMARTCARD_REQUIRED				0x00001000
#define USER_TRUSTED_FOR_DELEGATION			0x00002000
#define USER_NOT_DELEGATED				0x00004000
#define USER_USE_DES_KEY_ONLY				0x00008000
#define USER_DONT_REQUIRE_PREAUTH			0x00010000
#define USER_PASSWORD_EXPIRED				0x00020000
#define USER_TRUSTED_TO_AUTHENTICATE_FOR_DELEGATION	0x00040000
#define USER_NO_AUTH_DATA_REQUIRED			0x00080000
#define USER_PARTIAL_SECRETS_ACCOUNT			0x00100000
#define USER_USE_AES_KEYS				0x00200000
#define NEXT_FREE_ACCOUNT_CONTROL_BIT			0x00100000
#define USER_MACHINE_ACCOUNT_MASK			0x000001C0
#define USER_ACCOUNT_TYPE_MASK				0x000001D8
#define USER_COMPUTED_ACCOUNT_CONTROL_BITS		0x00020400

/* WhichFields of USER_ALL_INFORMATION. */
#define USER_ALL_PARAMETERS	0x00200000

#define SAM_DAYS_PER_WEEK	7
#define SAM_HOURS_PER_WEEK	168
#define SAM_MINUTES_PER_WEEK	10080

/* A bit per unit of the week, from Sunday 00:00 UTC. */
typedef struct _LOGON_HOURS {
	USHORT	UnitsPerWeek;
	PUCHAR	LogonHours;
} LOGON_HOURS, *PLOGON_HOURS;

typedef struct _SR_SECURITY_DESCRIPTOR {
	ULONG	Length;
	PUCHAR	SecurityDescriptor;
} SR_SECURITY_DESCRIPTOR, *PSR_SECURITY_DESCRIPTOR;

/* An account; aligned to four bytes. Belongs to the package. */
#pragma pack(push, 4)
typedef struct _USER_ALL_INFORMATION {
	LARGE_INTEGER		LastLogon;
	LARGE_INTEGER		LastLogoff;
	LARGE_INTEGER		PasswordLastSet;
	LARGE_INTEGER		AccountExpires;
	LARGE_INTEGER		PasswordCanChange;
	LARGE_INTEGER		PasswordMustChange;
	UNICODE_STRING		UserName;
	UNICODE_STRING		FullName;
	UNICODE_STRING		HomeDirectory;
	UNICODE_STRING		HomeDirectoryDrive;
	UNICODE_STRING		ScriptPath;
	UNICODE_STRING		ProfilePath;
	UNICODE_STRING		AdminComment;
	UNICODE_STRING		WorkStations;
	UNICODE_STRING		UserComment;
	UNICODE_STRING		Parameters;
	UNICODE_STRING		LmPassword;
	UNICODE_STRING		NtPassword;
	UNICODE_STRING		PrivateData;
	SR_SECURITY_DESCRIPTOR	SecurityDescriptor;
	ULONG			UserId;
	ULONG			PrimaryGroupId;
	ULONG			UserAccountControl;
	ULONG			WhichFields;
	LOGON_HOURS		LogonHours;
	USHORT			BadPasswordCount;
	USHORT			LogonCount;
	USHORT			CountryCode;
	USHORT			CodePage;
	BOOLEAN			LmPasswordPresent;
	BOOLEAN			NtPasswordPresent;
	BOOLEAN			PasswordExpired;
	BOOLEAN			PrivateDataSensitive;
} USER_ALL_INFORMATION, *PUSER_ALL_INFORMATION;
#pragma pack(pop)

/* --- keys and challenges ----------------------------------------------- */

#define CLEAR_BLOCK_LENGTH	8
#define CYPHER_BLOCK_LENGTH	8
#define USER_SESSION_KEY_LENGTH	(CYPHER_BLOCK_LENGTH * 2)

typedef struct _CLEAR_BLOCK {
	CHAR	data[CLEAR_BLOCK_LENGTH];
} CLEAR_BLOCK, *PCLEAR_BLOCK;

typedef struct _CYPHER_BLOCK {
	CHAR	data[CYPHER_BLOCK_LENGTH];
} CYPHER_BLOCK, *PCYPHER_BLOCK;

typedef struct _LM_OWF_PASSWORD {
	CYPHER_BLOCK	data[2];
} LM_OWF_PASSWORD, *PLM_OWF_PASSWORD;
typedef LM_OWF_PASSWORD		NT_OWF_PASSWORD, *PNT_OWF_PASSWORD;

typedef CLEAR_BLOCK		LM_CHALLENGE, *PLM_CHALLENGE;
typedef LM_CHALLENGE		NT_CHALLENGE, *PNT_CHALLENGE;

typedef struct _USER_SESSION_KEY {
	CYPHER_BLOCK	data[2];
} USER_SESSION_KEY, *PUSER_SESSION_KEY;

/* --- the logon --------------------------------------------------------- */

/* Flags of the routine. */
#define MSV1_0_PASSTHRU		0x00000001
#define MSV1_0_GUEST_LOGON	0x00000002

/* ActionsPerformed: checks that the module has made already. */
#define MSV1_0_SUBAUTH_ACCOUNT_DISABLED	0x00000001
#define MSV1_0_SUBAUTH_PASSWORD		0x00000002
#define MSV1_0_SUBAUTH_WORKSTATIONS	0x00000004
#define MSV1_0_SUBAUTH_LOGON_HOURS	0x00000008
#define MSV1_0_SUBAUTH_ACCOUNT_EXPIRY	0x00000010
#define MSV1_0_SUBAUTH_PASSWORD_EXPIRY	0x00000020
#define MSV1_0_SUBAUTH_ACCOUNT_TYPE	0x00000040
#define MSV1_0_SUBAUTH_LOCKOUT		0x00000080

typedef enum _NETLOGON_LOGON_INFO_CLASS {
	NetlogonInteractiveInformation = 1,
	NetlogonNetworkInformation,
	NetlogonServiceInformation,
	NetlogonGenericInformation,
	NetlogonInteractiveTransitiveInformation,
	NetlogonNetworkTransitiveInformation,
	NetlogonServiceTransitiveInformation
} NETLOGON_LOGON_INFO_CLASS, *PNETLOGON_LOGON_INFO_CLASS;

typedef struct _NETLOGON_LOGON_IDENTITY_INFO {
	UNICODE_STRING		LogonDomainName;
	ULONG			ParameterControl;
	OLD_LARGE_INTEGER	LogonId;
	UNICODE_STRING		UserName;
	UNICODE_STRING		Workstation;
} NETLOGON_LOGON_IDENTITY_INFO, *PNETLOGON_LOGON_IDENTITY_INFO;

typedef struct _NETLOGON_INTERACTIVE_INFO {
	NETLOGON_LOGON_IDENTITY_INFO	Identity;
	LM_OWF_PASSWORD			LmOwfPassword;
	NT_OWF_PASSWORD			NtOwfPassword;
} NETLOGON_INTERACTIVE_INFO, *PNETLOGON_INTERACTIVE_INFO;

typedef struct _NETLOGON_SERVICE_INFO {
	NETLOGON_LOGON_IDENTITY_INFO	Identity;
	LM_OWF_PASSWORD			LmOwfPassword;
	NT_OWF_PASSWORD			NtOwfPassword;
} NETLOGON_SERVICE_INFO, *PNETLOGON_SERVICE_INFO;

typedef struct _NETLOGON_NETWORK_INFO {
	NETLOGON_LOGON_IDENTITY_INFO	Identity;
	LM_CHALLENGE			LmChallenge;
	STRING				NtChallengeResponse;
	STRING				LmChallengeResponse;
} NETLOGON_NETWORK_INFO, *PNETLOGON_NETWORK_INFO;

typedef struct _NETLOGON_GENERIC_INFO {
	NETLOGON_LOGON_IDENTITY_INFO	Identity;
	UNICODE_STRING			PackageName;
	ULONG				DataLength;
	PUCHAR				LogonData;
} NETLOGON_GENERIC_INFO, *PNETLOGON_GENERIC_INFO;

/* WhichFields of MSV1_0_VALIDATION_INFO. */
#define MSV1_0_VALIDATION_LOGOFF_TIME	0x00000001
#define MSV1_0_VALIDATION_KICKOFF_TIME	0x00000002
#define MSV1_0_VALIDATION_LOGON_SERVER	0x00000004
#define MSV1_0_VALIDATION_LOGON_DOMAIN	0x00000008
#define MSV1_0_VALIDATION_SESSION_KEY	0x00000010
#define MSV1_0_VALIDATION_USER_FLAGS	0x00000020
#define MSV1_0_VALIDATION_USER_ID	0x00000040

typedef struct _MSV1_0_VALIDATION_INFO {
	LARGE_INTEGER		LogoffTime;
	LARGE_INTEGER		KickoffTime;
	UNICODE_STRING		LogonServer;
	UNICODE_STRING		LogonDomainName;
	USER_SESSION_KEY	SessionKey;
	BOOLEAN			Authoritative;
	ULONG			UserFlags;
	ULONG			WhichFields;
	ULONG			UserId;
} MSV1_0_VALIDATION_INFO, *PMSV1_0_VALIDATION_INFO;

/* --- entry points of a module ------------------------------------------ */

NTSTATUS NTAPI Msv1_0SubAuthenticationRoutine(NETLOGON_LOGON_INFO_CLASS LogonLevel,
	PVOID LogonInformation, ULONG Flags, PUSER_ALL_INFORMATION UserAll, PULONG WhichFields,
	PULONG UserFlags, PBOOLEAN Authoritative, PLARGE_INTEGER LogoffTime,
	PLARGE_INTEGER KickoffTime);
NTSTATUS NTAPI Msv1_0SubAuthenticationRoutineEx(NETLOGON_LOGON_INFO_CLASS LogonLevel,
	PVOID LogonInformation, ULONG Flags, PUSER_ALL_INFORMATION UserAll, SAM_HANDLE UserHandle,
	PMSV1_0_VALIDATION_INFO ValidationInfo, PULONG ActionsPerformed);

/* *ReturnBuffer is of the LSA heap. */
NTSTATUS NTAPI Msv1_0SubAuthenticationRoutineGeneric(PVOID SubmitBuffer, ULONG SubmitBufferLength,
	PULONG ReturnBufferLength, PVOID *ReturnBuffer);
NTSTATUS NTAPI Msv1_0SubAuthenticationFilter(NETLOGON_LOGON_INFO_CLASS LogonLevel,
	PVOID LogonInformation, ULONG Flags, PUSER_ALL_INFORMATION UserAll, PULONG WhichFields,
	PULONG UserFlags, PBOOLEAN Authoritative, PLARGE_INTEGER LogoffTime,
	PLARGE_INTEGER KickoffTime);

#ifdef __cplusplus
}
#endif

#endif
