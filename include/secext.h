/* SPDX-License-Identifier: MIT */
/*
 * secext.h - names of the caller, of this computer, and their translation.
 * Part of security.h.
 */
#ifndef __SECEXT_H__
#define __SECEXT_H__

#include <minwindef.h>
#include <winnt.h>

#ifndef SEC_ENTRY
#define SEC_ENTRY
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef enum _EXTENDED_NAME_FORMAT {
	NameUnknown,
	NameFullyQualifiedDN,
	NameSamCompatible,
	NameDisplay,
	NameUniqueId = 6,
	NameCanonical,
	NameUserPrincipal,
	NameCanonicalEx,
	NameServicePrincipal,
	NameDnsDomain = 12,
	NameGivenName,
	NameSurname
} EXTENDED_NAME_FORMAT, *PEXTENDED_NAME_FORMAT;

/*
 * *nSize is in characters: in, the room; out, the length without the NUL,
 * or with it when there was too little room. FALSE: see GetLastError -
 * ERROR_MORE_DATA; ERROR_NONE_MAPPED: the user has no name of this form;
 * ERROR_INVALID_PARAMETER. Of whom the thread acts as, else of the process.
 * NameSamCompatible everybody has, NameUserPrincipal and NameDnsDomain those
 * for whom Kerberos vouched, NameDisplay whose full name is known to him.
 */
BOOLEAN SEC_ENTRY GetUserNameExA(EXTENDED_NAME_FORMAT NameFormat, LPSTR lpNameBuffer, PULONG nSize);
BOOLEAN SEC_ENTRY GetUserNameExW(EXTENDED_NAME_FORMAT NameFormat, LPWSTR lpNameBuffer, PULONG nSize);
#define GetUserNameEx	OLSA_AW(GetUserNameEx)

/*
 * ERROR_INSUFFICIENT_BUFFER when there is too little room; *nSize counts the
 * NUL in both cases. No buffer and no room: TRUE, and the room needed.
 * TranslateName: from NameSamCompatible, NameUserPrincipal or NameUnknown
 * (either) of this machine's accounts; ERROR_NO_SUCH_DOMAIN for names that
 * only a directory knows.
 */
BOOLEAN SEC_ENTRY GetComputerObjectNameA(EXTENDED_NAME_FORMAT NameFormat, LPSTR lpNameBuffer,
	PULONG nSize);
BOOLEAN SEC_ENTRY GetComputerObjectNameW(EXTENDED_NAME_FORMAT NameFormat, LPWSTR lpNameBuffer,
	PULONG nSize);
BOOLEAN SEC_ENTRY TranslateNameA(LPCSTR lpAccountName, EXTENDED_NAME_FORMAT AccountNameFormat,
	EXTENDED_NAME_FORMAT DesiredNameFormat, LPSTR lpTranslatedName, PULONG nSize);
BOOLEAN SEC_ENTRY TranslateNameW(LPCWSTR lpAccountName, EXTENDED_NAME_FORMAT AccountNameFormat,
	EXTENDED_NAME_FORMAT DesiredNameFormat, LPWSTR lpTranslatedName, PULONG nSize);
#define GetComputerObjectName	OLSA_AW(GetComputerObjectName)
#define TranslateName		OLSA_AW(TranslateName)

#ifdef __cplusplus
}
#endif

#endif
