/* SPDX-License-Identifier: MIT */
/*
 * lsalookup.h - types of name and SID look-up: counted strings, domain
 * lists, translations. Part of ntsecapi.h.
 */
#ifndef _LSALOOKUP_
#define _LSALOOKUP_

#include <ntdef.h>
#include <guiddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef UNICODE_STRING		LSA_UNICODE_STRING, *PLSA_UNICODE_STRING;
typedef STRING			LSA_STRING, *PLSA_STRING;
typedef OBJECT_ATTRIBUTES	LSA_OBJECT_ATTRIBUTES, *PLSA_OBJECT_ATTRIBUTES;

/* A domain, as look-ups name it. */
typedef struct _LSA_TRUST_INFORMATION {
	LSA_UNICODE_STRING	Name;
	PSID			Sid;
} LSA_TRUST_INFORMATION, *PLSA_TRUST_INFORMATION;

/* The DomainIndex of a translation counts in this list; -1: no domain. */
typedef struct _LSA_REFERENCED_DOMAIN_LIST {
	ULONG			Entries;
	PLSA_TRUST_INFORMATION	Domains;
} LSA_REFERENCED_DOMAIN_LIST, *PLSA_REFERENCED_DOMAIN_LIST;

typedef struct _LSA_TRANSLATED_SID2 {
	SID_NAME_USE	Use;
	PSID		Sid;
	LONG		DomainIndex;
	ULONG		Flags;
} LSA_TRANSLATED_SID2, *PLSA_TRANSLATED_SID2;

typedef struct _LSA_TRANSLATED_NAME {
	SID_NAME_USE		Use;
	LSA_UNICODE_STRING	Name;
	LONG			DomainIndex;
} LSA_TRANSLATED_NAME, *PLSA_TRANSLATED_NAME;

typedef struct _POLICY_ACCOUNT_DOMAIN_INFO {
	LSA_UNICODE_STRING	DomainName;
	PSID			DomainSid;
} POLICY_ACCOUNT_DOMAIN_INFO, *PPOLICY_ACCOUNT_DOMAIN_INFO;

typedef struct _POLICY_DNS_DOMAIN_INFO {
	LSA_UNICODE_STRING	Name;
	LSA_UNICODE_STRING	DnsDomainName;
	LSA_UNICODE_STRING	DnsForestName;
	GUID			DomainGuid;
	PSID			Sid;
} POLICY_DNS_DOMAIN_INFO, *PPOLICY_DNS_DOMAIN_INFO;

#define LOOKUP_VIEW_LOCAL_INFORMATION	0x00000001
#define LOOKUP_TRANSLATE_NAMES		0x00000800

typedef enum _LSA_LOOKUP_DOMAIN_INFO_CLASS {
	AccountDomainInformation = 5,
	DnsDomainInformation = 12
} LSA_LOOKUP_DOMAIN_INFO_CLASS, *PLSA_LOOKUP_DOMAIN_INFO_CLASS;

typedef PVOID			LSA_LOOKUP_HANDLE, *PLSA_LOOKUP_HANDLE;

/* LookupOptions of LsaLookupSids2, Flags of LsaLookupNames2. */
#define LSA_LOOKUP_ISOLATED_AS_LOCAL				0x80000000
#define LSA_LOOKUP_DISALLOW_CONNECTED_ACCOUNT_INTERNET_SID	0x80000000
#define LSA_LOOKUP_PREFER_INTERNET_NAMES			0x40000000

#ifdef __cplusplus
}
#endif

#endif
