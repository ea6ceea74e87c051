/* SPDX-License-Identifier: MIT */
/*
 * credssp.h - the CredSSP package: names, credential types, attributes.
 */
#ifndef _CREDSSP_H_
#define _CREDSSP_H_

#include <sspi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TS_SSP_NAME_A			"TSSSP"
#define TS_SSP_NAME			OLSA_W("TSSSP")
#define CREDSSP_NAME			OLSA_W("CREDSSP")
#define szOID_TS_KP_TS_SERVER_AUTH	"1.3.6.1.4.1.311.54.1.2"

typedef enum _CREDSSP_SUBMIT_TYPE {
	CredsspPasswordCreds = 2,
	CredsspSchannelCreds = 4,
	CredsspCertificateCreds = 13,
	CredsspSubmitBufferBoth = 50,
	CredsspSubmitBufferBothOld,
	CredsspCredEx = 100
} CREDSSP_SUBMIT_TYPE, *PCREDSSP_SUBMIT_TYPE;
typedef CREDSSP_SUBMIT_TYPE	CREDSPP_SUBMIT_TYPE;	/* spelt so in older sources */

/* pSchannelCred: an SCHANNEL_CRED; pSpnegoCred: an auth identity. */
typedef struct _CREDSSP_CRED {
	CREDSSP_SUBMIT_TYPE	Type;
	PVOID			pSchannelCred;
	PVOID			pSpnegoCred;
} CREDSSP_CRED, *PCREDSSP_CRED;

#define CREDSSP_CRED_EX_VERSION	0
#define CREDSSP_FLAG_REDIRECT	0x0001

typedef struct _CREDSSP_CRED_EX {
	CREDSSP_SUBMIT_TYPE	Type;
	ULONG			Version;
	ULONG			Flags;
	ULONG			Reserved;
	CREDSSP_CRED		Cred;
} CREDSSP_CRED_EX, *PCREDSSP_CRED_EX;

/* Attributes of a CredSSP context. */
#define SECPKG_ALT_ATTR			0x80000000
#define SECPKG_ATTR_C_ACCESS_TOKEN	0x80000012
#define SECPKG_ATTR_CREDS		0x80000080
#define SECPKG_ATTR_NEGOTIATION_PACKAGE	0x80000081
#define SECPKG_ATTR_C_FULL_ACCESS_TOKEN	0x80000082
#define SECPKG_ATTR_SERVER_AUTH_FLAGS	0x80000083
#define SECPKG_ATTR_CERT_TRUST_STATUS	0x80000084
#define SECPKG_ATTR_C_FULL_IDENT_TOKEN	0x80000085
#define SECPKG_ATTR_CREDS_2		0x80000086

/* SECPKG_ATTR_SERVER_AUTH_FLAGS */
#define CREDSSP_SERVER_AUTH_NEGOTIATE	0x00000001
#define CREDSSP_SERVER_AUTH_CERTIFICATE	0x00000002
#define CREDSSP_SERVER_AUTH_LOOPBACK	0x00000004

/* AuthBuffer: a packed identity with a password. Wipe, FreeContextBuffer. */
typedef struct _SecPkgContext_ClientCreds {
	ULONG	AuthBufferLen;
	PUCHAR	AuthBuffer;
} SecPkgContext_ClientCreds, *PSecPkgContext_ClientCreds;

#ifdef __cplusplus
}
#endif

#endif
