/* SPDX-License-Identifier: MIT */
/*
 * securitybaseapi.h - tokens, SIDs and acting as a client: the part of
 * advapi32 and kernel32 that programs need beside LsaLogonUser and
 * QuerySecurityContextToken. Part of windows.h; all of it is Olsa... to the
 * linker. BOOL functions: FALSE, and GetLastError says why.
 */
#ifndef _SECURITYBASEAPI_H_
#define _SECURITYBASEAPI_H_

#include <minwinbase.h>

#if defined(__APPLE__)
#define OLSA_LINKED_AS(name)	__asm__("_" name)
#else
#define OLSA_LINKED_AS(name)	__asm__(name)
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* --- tokens --------------------------------------------------------------- */

/*
 * TokenUser, TokenGroups, TokenPrivileges, TokenOwner, TokenPrimaryGroup, TokenSource, TokenType,
 * TokenImpersonationLevel, TokenStatistics, TokenSessionId and TokenLogonSid; others: ERROR_NOT_SUPPORTED,
 * from MaxTokenInfoClass on ERROR_INVALID_PARAMETER. *ReturnLength is always the room needed;
 * ERROR_INSUFFICIENT_BUFFER when there is less. Pointers in what is returned point into it.
 */
BOOL WINAPI GetTokenInformation(HANDLE TokenHandle, TOKEN_INFORMATION_CLASS TokenInformationClass,
	LPVOID TokenInformation, DWORD TokenInformationLength, PDWORD ReturnLength) OLSA_LINKED_AS("OlsaGetTokenInformation");

/* A new token of the same session: CloseHandle. ERROR_BAD_IMPERSONATION_LEVEL: above the given one's. */
BOOL WINAPI DuplicateToken(HANDLE ExistingTokenHandle, SECURITY_IMPERSONATION_LEVEL ImpersonationLevel,
	PHANDLE DuplicateTokenHandle) OLSA_LINKED_AS("OlsaDuplicateToken");
BOOL WINAPI DuplicateTokenEx(HANDLE hExistingToken, DWORD dwDesiredAccess, SECURITY_ATTRIBUTES *lpTokenAttributes,
	SECURITY_IMPERSONATION_LEVEL ImpersonationLevel, TOKEN_TYPE Type, PHANDLE phNewToken)
	OLSA_LINKED_AS("OlsaDuplicateTokenEx");

/*
 * The calling thread acts as the token's user for files: groups, fsgid and fsuid by the kernel, read back.
 * ERROR_BAD_IMPERSONATION_LEVEL (the token only identifies), ERROR_PRIVILEGE_NOT_HELD (this process lacks
 * CAP_SETUID or CAP_SETGID), ERROR_NONE_MAPPED (the user has no uid here). On FALSE the thread is who it was.
 */
BOOL WINAPI ImpersonateLoggedOnUser(HANDLE hToken) OLSA_LINKED_AS("OlsaImpersonateLoggedOnUser");
/* TRUE too when the thread acts as nobody. */
BOOL WINAPI RevertToSelf(void) OLSA_LINKED_AS("OlsaRevertToSelf");

/* The token that the thread acts as (ERROR_NO_TOKEN: none), and the one of the caller's own session. A new handle each. */
#define GetCurrentProcess()	((HANDLE)(LONG_PTR)-1)
#define GetCurrentThread()	((HANDLE)(LONG_PTR)-2)
BOOL WINAPI OpenThreadToken(HANDLE ThreadHandle, DWORD DesiredAccess, BOOL OpenAsSelf, PHANDLE TokenHandle)
	OLSA_LINKED_AS("OlsaOpenThreadToken");
BOOL WINAPI OpenProcessToken(HANDLE ProcessHandle, DWORD DesiredAccess, PHANDLE TokenHandle)
	OLSA_LINKED_AS("OlsaOpenProcessToken");

BOOL WINAPI AllocateLocallyUniqueId(PLUID Luid) OLSA_LINKED_AS("OlsaAllocateLocallyUniqueId");

/* --- SIDs ------------------------------------------------------------------- */

BOOL WINAPI IsValidSid(PSID pSid) OLSA_LINKED_AS("OlsaIsValidSid");
BOOL WINAPI EqualSid(PSID pSid1, PSID pSid2) OLSA_LINKED_AS("OlsaEqualSid");
BOOL WINAPI EqualPrefixSid(PSID pSid1, PSID pSid2) OLSA_LINKED_AS("OlsaEqualPrefixSid");
DWORD WINAPI GetLengthSid(PSID pSid) OLSA_LINKED_AS("OlsaGetLengthSid");
DWORD WINAPI GetSidLengthRequired(UCHAR nSubAuthorityCount) OLSA_LINKED_AS("OlsaGetSidLengthRequired");
BOOL WINAPI CopySid(DWORD nDestinationSidLength, PSID pDestinationSid, PSID pSourceSid) OLSA_LINKED_AS("OlsaCopySid");
BOOL WINAPI InitializeSid(PSID Sid, PSID_IDENTIFIER_AUTHORITY pIdentifierAuthority, BYTE nSubAuthorityCount)
	OLSA_LINKED_AS("OlsaInitializeSid");
BOOL WINAPI AllocateAndInitializeSid(PSID_IDENTIFIER_AUTHORITY pIdentifierAuthority, BYTE nSubAuthorityCount,
	DWORD nSubAuthority0, DWORD nSubAuthority1, DWORD nSubAuthority2, DWORD nSubAuthority3, DWORD nSubAuthority4,
	DWORD nSubAuthority5, DWORD nSubAuthority6, DWORD nSubAuthority7, PSID *pSid)
	OLSA_LINKED_AS("OlsaAllocateAndInitializeSid");
PVOID WINAPI FreeSid(PSID pSid) OLSA_LINKED_AS("OlsaFreeSid");
PSID_IDENTIFIER_AUTHORITY WINAPI GetSidIdentifierAuthority(PSID pSid) OLSA_LINKED_AS("OlsaGetSidIdentifierAuthority");
PDWORD WINAPI GetSidSubAuthority(PSID pSid, DWORD nSubAuthority) OLSA_LINKED_AS("OlsaGetSidSubAuthority");
PUCHAR WINAPI GetSidSubAuthorityCount(PSID pSid) OLSA_LINKED_AS("OlsaGetSidSubAuthorityCount");

/* Those that need no domain, and with DomainSid (or this machine's, when it is NULL) the first two of a domain. */
typedef enum {
	WinNullSid = 0,
	WinWorldSid = 1,
	WinLocalSid = 2,
	WinCreatorOwnerSid = 3,
	WinCreatorGroupSid = 4,
	WinDialupSid = 8,
	WinNetworkSid = 9,
	WinBatchSid = 10,
	WinInteractiveSid = 11,
	WinServiceSid = 12,
	WinAnonymousSid = 13,
	WinProxySid = 14,
	WinSelfSid = 16,
	WinAuthenticatedUserSid = 17,
	WinRestrictedCodeSid = 18,
	WinRemoteLogonIdSid = 20,
	WinLocalSystemSid = 22,
	WinLocalServiceSid = 23,
	WinNetworkServiceSid = 24,
	WinBuiltinDomainSid = 25,
	WinBuiltinAdministratorsSid = 26,
	WinBuiltinUsersSid = 27,
	WinBuiltinGuestsSid = 28,
	WinAccountAdministratorSid = 38,
	WinAccountGuestSid = 39,
	WinNTLMAuthenticationSid = 51,
	WinDigestAuthenticationSid = 52,
	WinSChannelAuthenticationSid = 53,
	WinThisOrganizationSid = 54,
	WinConsoleLogonSid = 81
} WELL_KNOWN_SID_TYPE;

/*
 * Accounts that this machine's LSA knows, and this machine alone: ERROR 1722 (RPC_S_SERVER_UNAVAILABLE) for another
 * system, ERROR_NONE_MAPPED. Sizes are in characters and, for a SID, bytes. ERROR_INSUFFICIENT_BUFFER: they are what is
 * needed, NULs included; on success they are the lengths without. Strings of the A functions are UTF-8.
 */
BOOL WINAPI LookupAccountSidA(LPCSTR lpSystemName, PSID Sid, LPSTR Name, DWORD *cchName, LPSTR ReferencedDomainName,
	DWORD *cchReferencedDomainName, PSID_NAME_USE peUse) OLSA_LINKED_AS("OlsaLookupAccountSidA");
BOOL WINAPI LookupAccountSidW(LPCWSTR lpSystemName, PSID Sid, LPWSTR Name, DWORD *cchName, LPWSTR ReferencedDomainName,
	DWORD *cchReferencedDomainName, PSID_NAME_USE peUse) OLSA_LINKED_AS("OlsaLookupAccountSidW");
BOOL WINAPI LookupAccountNameA(LPCSTR lpSystemName, LPCSTR lpAccountName, PSID Sid, DWORD *cbSid,
	LPSTR ReferencedDomainName, DWORD *cchReferencedDomainName, PSID_NAME_USE peUse)
	OLSA_LINKED_AS("OlsaLookupAccountNameA");
BOOL WINAPI LookupAccountNameW(LPCWSTR lpSystemName, LPCWSTR lpAccountName, PSID Sid, DWORD *cbSid,
	LPWSTR ReferencedDomainName, DWORD *cchReferencedDomainName, PSID_NAME_USE peUse)
	OLSA_LINKED_AS("OlsaLookupAccountNameW");
#define LookupAccountSid	OLSA_AW(LookupAccountSid)
#define LookupAccountName	OLSA_AW(LookupAccountName)

BOOL WINAPI CreateWellKnownSid(WELL_KNOWN_SID_TYPE WellKnownSidType, PSID DomainSid, PSID pSid, DWORD *cbSid)
	OLSA_LINKED_AS("OlsaCreateWellKnownSid");
BOOL WINAPI IsWellKnownSid(PSID pSid, WELL_KNOWN_SID_TYPE WellKnownSidType) OLSA_LINKED_AS("OlsaIsWellKnownSid");

#ifdef __cplusplus
}
#endif

#endif
