/* SPDX-License-Identifier: MIT */
/*
 * sddl.h - SIDs as text. What is allocated goes back with LocalFree.
 */
#ifndef __SDDL_H__
#define __SDDL_H__

#include <securitybaseapi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SDDL_REVISION_1	1

/* "S-1-5-..."; the two letters of SDDL for some SIDs are taken too. ERROR_INVALID_SID, ERROR_INVALID_PARAMETER. */
BOOL WINAPI ConvertSidToStringSidA(PSID Sid, LPSTR *StringSid) OLSA_LINKED_AS("OlsaConvertSidToStringSidA");
BOOL WINAPI ConvertSidToStringSidW(PSID Sid, LPWSTR *StringSid) OLSA_LINKED_AS("OlsaConvertSidToStringSidW");
BOOL WINAPI ConvertStringSidToSidA(LPCSTR StringSid, PSID *Sid) OLSA_LINKED_AS("OlsaConvertStringSidToSidA");
BOOL WINAPI ConvertStringSidToSidW(LPCWSTR StringSid, PSID *Sid) OLSA_LINKED_AS("OlsaConvertStringSidToSidW");
#define ConvertSidToStringSid	OLSA_AW(ConvertSidToStringSid)
#define ConvertStringSidToSid	OLSA_AW(ConvertStringSidToSid)

#ifdef __cplusplus
}
#endif

#endif
