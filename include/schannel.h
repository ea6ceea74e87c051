/* SPDX-License-Identifier: MIT */
/*
 * schannel.h - the Schannel package (TLS): credentials, attributes,
 * protocol bits, control tokens.
 *
 * The structs of SCHANNEL_CRED's age name certificates by CERT_CONTEXT;
 * SCH_CREDENTIALS is the newer one and names what to switch off.
 */
#ifndef __SCHANNEL_H__
#define __SCHANNEL_H__

#include <windef.h>
#include <ntdef.h>
#include <guiddef.h>
#include <wincrypt.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef __SECSTATUS_DEFINED__
#define __SECSTATUS_DEFINED__
typedef LONG			SECURITY_STATUS;
#endif

/* --- names ------------------------------------------------------------- */

#define UNISP_NAME_A		"Microsoft Unified Security Protocol Provider"
#define UNISP_NAME_W		OLSA_W("Microsoft Unified Security Protocol Provider")
#define SSL2SP_NAME_A		"Microsoft SSL 2.0"
#define SSL2SP_NAME_W		OLSA_W("Microsoft SSL 2.0")
#define SSL3SP_NAME_A		"Microsoft SSL 3.0"
#define SSL3SP_NAME_W		OLSA_W("Microsoft SSL 3.0")
#define TLS1SP_NAME_A		"Microsoft TLS 1.0"
#define TLS1SP_NAME_W		OLSA_W("Microsoft TLS 1.0")
#define PCT1SP_NAME_A		"Microsoft PCT 1.0"
#define PCT1SP_NAME_W		OLSA_W("Microsoft PCT 1.0")
#define SCHANNEL_NAME_A		"Schannel"
#define SCHANNEL_NAME_W		OLSA_W("Schannel")
#define DEFAULT_TLS_SSP_NAME_A	"Default TLS SSP"
#define DEFAULT_TLS_SSP_NAME_W	OLSA_W("Default TLS SSP")

#define UNISP_NAME		OLSA_AW(UNISP_NAME_)
#define SSL2SP_NAME		OLSA_AW(SSL2SP_NAME_)
#define SSL3SP_NAME		OLSA_AW(SSL3SP_NAME_)
#define TLS1SP_NAME		OLSA_AW(TLS1SP_NAME_)
#define PCT1SP_NAME		OLSA_AW(PCT1SP_NAME_)
#define SCHANNEL_NAME		OLSA_AW(SCHANNEL_NAME_)
#define DEFAULT_TLS_SSP_NAME	DEFAULT_TLS_SSP_NAME_A
#define UNISP_RPC_ID		14

/* --- protocols --------------------------------------------------------- */

#define SP_PROT_NONE		0x00000000
#define SP_PROT_PCT1_SERVER	0x00000001
#define SP_PROT_PCT1_CLIENT	0x00000002
#define SP_PROT_PCT1		0x00000003
#define SP_PROT_SSL2_SERVER	0x00000004
#define SP_PROT_SSL2_CLIENT	0x00000008
#define SP_PROT_SSL2		0x0000000C
#define SP_PROT_SSL3_SERVER	0x00000010
#define SP_PROT_SSL3_CLIENT	0x00000020
#define SP_PROT_SSL3		0x00000030
#define SP_PROT_TLS1_0_SERVER	0x00000040
#define SP_PROT_TLS1_SERVER	0x00000040
#define SP_PROT_TLS1_0_CLIENT	0x00000080
#define SP_PROT_TLS1_CLIENT	0x00000080
#define SP_PROT_TLS1		0x000000C0
#define SP_PROT_TLS1_0		0x000000C0
#define SP_PROT_TLS1_1_SERVER	0x00000100
#define SP_PROT_TLS1_1_CLIENT	0x00000200
#define SP_PROT_TLS1_1		0x00000300
#define SP_PROT_TLS1_2_SERVER	0x00000400
#define SP_PROT_TLS1_2_CLIENT	0x00000800
#define SP_PROT_TLS1_2		0x00000C00
#define SP_PROT_TLS1_3_SERVER	0x00001000
#define SP_PROT_TLS1_3_CLIENT	0x00002000
#define SP_PROT_TLS1_3		0x00003000
#define SP_PROT_DTLS1_0_SERVER	0x00010000
#define SP_PROT_DTLS_SERVER	0x00010000
#define SP_PROT_DTLS1_0_CLIENT	0x00020000
#define SP_PROT_DTLS_CLIENT	0x00020000
#define SP_PROT_DTLS		0x00030000
#define SP_PROT_DTLS1_0		0x00030000
#define SP_PROT_DTLS1_2_SERVER	0x00040000
#define SP_PROT_DTLS1_X_SERVER	0x00050000
#define SP_PROT_DTLS1_2_CLIENT	0x00080000
#define SP_PROT_DTLS1_X_CLIENT	0x000A0000
#define SP_PROT_DTLS1_2		0x000C0000
#define SP_PROT_DTLS1_X		0x000F0000
#define SP_PROT_UNI_SERVER	0x40000000
#define SP_PROT_UNI_CLIENT	0x80000000
#define SP_PROT_UNI		0xC0000000

/* Sets of them. */
#define SP_PROT_SSL3TLS1_SERVERS	0x00000050
#define SP_PROT_SSL3TLS1_CLIENTS	0x000000A0
#define SP_PROT_SSL3TLS1		0x000000F0
#define SP_PROT_TLS1_3PLUS_SERVER	0x00001000
#define SP_PROT_TLS1_1PLUS_SERVER	0x00001500
#define SP_PROT_TLS1_X_SERVER		0x00001540
#define SP_PROT_SSL3TLS1_X_SERVERS	0x00001550
#define SP_PROT_TLS1_3PLUS_CLIENT	0x00002000
#define SP_PROT_TLS1_1PLUS_CLIENT	0x00002A00
#define SP_PROT_TLS1_X_CLIENT		0x00002A80
#define SP_PROT_SSL3TLS1_X_CLIENTS	0x00002AA0
#define SP_PROT_TLS1_3PLUS		0x00003000
#define SP_PROT_TLS1_1PLUS		0x00003F00
#define SP_PROT_TLS1_X			0x00003FC0
#define SP_PROT_SSL3TLS1_X		0x00003FF0
#define SP_PROT_SERVERS			0x40000055
#define SP_PROT_X_SERVERS		0x40051555
#define SP_PROT_CLIENTS			0x800000AA
#define SP_PROT_X_CLIENTS		0x800A2AAA
#define SP_PROT_ALL			0xFFFFFFFF

/* --- credentials ------------------------------------------------------- */

struct _HMAPPER;

#define SCHANNEL_CRED_VERSION			4
#define SCH_CREDENTIALS_VERSION			5
#define SCH_CRED_V1				1
#define SCH_CRED_V2				2
#define SCH_CRED_VERSION			2
#define SCH_CRED_V3				3
#define SCH_CRED_MAX_SUPPORTED_ALPN_IDS		16
#define SCH_CRED_MAX_SUPPORTED_CHAINING_MODES	16
#define SCH_CRED_MAX_SUPPORTED_CRYPTO_SETTINGS	16
#define SCH_CRED_MAX_SUPPORTED_PARAMETERS	16
#define SCH_CRED_MAX_SUPPORTED_CERTS		100
#define SCH_CRED_MAX_STORE_NAME_SIZE		128
#define SCH_CRED_MAX_SUPPORTED_ALGS		256
#define SCH_MAX_EXT_SUBSCRIPTIONS		2

/* dwCredFormat */
#define SCH_CRED_FORMAT_CERT_CONTEXT	0x00000000
#define SCH_CRED_FORMAT_CERT_HASH	0x00000001
#define SCH_CRED_FORMAT_CERT_HASH_STORE	0x00000002

/* dwFlags */
#define SCH_CRED_NO_SYSTEM_MAPPER			0x00000002
#define SCH_CRED_NO_SERVERNAME_CHECK			0x00000004
#define SCH_CRED_MANUAL_CRED_VALIDATION			0x00000008
#define SCH_CRED_NO_DEFAULT_CREDS			0x00000010
#define SCH_CRED_AUTO_CRED_VALIDATION			0x00000020
#define SCH_CRED_USE_DEFAULT_CREDS			0x00000040
#define SCH_CRED_DISABLE_RECONNECTS			0x00000080
#define SCH_CRED_REVOCATION_CHECK_END_CERT		0x00000100
#define SCH_CRED_REVOCATION_CHECK_CHAIN			0x00000200
#define SCH_CRED_REVOCATION_CHECK_CHAIN_EXCLUDE_ROOT	0x00000400
#define SCH_CRED_IGNORE_NO_REVOCATION_CHECK		0x00000800
#define SCH_CRED_IGNORE_REVOCATION_OFFLINE		0x00001000
#define SCH_CRED_RESTRICTED_ROOTS			0x00002000
#define SCH_CRED_REVOCATION_CHECK_CACHE_ONLY		0x00004000
#define SCH_CRED_CACHE_ONLY_URL_RETRIEVAL		0x00008000
#define SCH_CRED_MEMORY_STORE_CERT			0x00010000
#define SCH_CRED_CACHE_ONLY_URL_RETRIEVAL_ON_CREATE	0x00020000
#define SCH_CRED_SNI_CREDENTIAL				0x00080000
#define SCH_CRED_SNI_ENABLE_OCSP			0x00100000
#define SCH_CRED_DEFERRED_CRED_VALIDATION		0x04000000
#define SCH_SEND_ROOT_CERT				0x00040000
#define SCH_SEND_AUX_RECORD				0x00200000
#define SCH_USE_STRONG_CRYPTO				0x00400000
#define SCH_USE_PRESHAREDKEY_ONLY			0x00800000
#define SCH_USE_DTLS_ONLY				0x01000000
#define SCH_ALLOW_NULL_ENCRYPTION			0x02000000

/* Version 4. hRootStore and the mappers are not used. Copied at acquire. */
typedef struct _SCHANNEL_CRED {
	DWORD		dwVersion;
	DWORD		cCreds;
	PCCERT_CONTEXT	*paCred;
	HCERTSTORE	hRootStore;
	DWORD		cMappers;
	struct _HMAPPER	**aphMappers;
	DWORD		cSupportedAlgs;
	ALG_ID		*palgSupportedAlgs;
	DWORD		grbitEnabledProtocols;
	DWORD		dwMinimumCipherStrength;
	DWORD		dwMaximumCipherStrength;
	DWORD		dwSessionLifespan;
	DWORD		dwFlags;
	DWORD		dwCredFormat;
} SCHANNEL_CRED, *PSCHANNEL_CRED;

typedef enum _eTlsAlgorithmUsage {
	TlsParametersCngAlgUsageKeyExchange,
	TlsParametersCngAlgUsageSignature,
	TlsParametersCngAlgUsageCipher,
	TlsParametersCngAlgUsageDigest,
	TlsParametersCngAlgUsageCertSig
} eTlsAlgorithmUsage, *PeTlsAlgorithmUsage;

typedef struct _CRYPTO_SETTINGS {
	eTlsAlgorithmUsage	eAlgorithmUsage;
	UNICODE_STRING		strCngAlgId;
	DWORD			cChainingModes;
	PUNICODE_STRING		rgstrChainingModes;
	DWORD			dwMinBitLength;
	DWORD			dwMaxBitLength;
} CRYPTO_SETTINGS, *PCRYPTO_SETTINGS;

#define TLS_PARAMS_OPTIONAL	0x00000001

typedef struct _TLS_PARAMETERS {
	DWORD			cAlpnIds;
	PUNICODE_STRING		rgstrAlpnIds;
	DWORD			grbitDisabledProtocols;
	DWORD			cDisabledCrypto;
	PCRYPTO_SETTINGS	pDisabledCrypto;
	DWORD			dwFlags;
} TLS_PARAMETERS, *PTLS_PARAMETERS;

/* Version 5: everything is on but what pTlsParameters switch off. */
typedef struct _SCH_CREDENTIALS {
	DWORD		dwVersion;
	DWORD		dwCredFormat;
	DWORD		cCreds;
	PCCERT_CONTEXT	*paCred;
	HCERTSTORE	hRootStore;
	DWORD		cMappers;
	struct _HMAPPER	**aphMappers;
	DWORD		dwSessionLifespan;
	DWORD		dwFlags;
	DWORD		cTlsParameters;
	PTLS_PARAMETERS	pTlsParameters;
} SCH_CREDENTIALS, *PSCH_CREDENTIALS;

/* A certificate by its SHA-1 hash. */
#define SCH_MACHINE_CERT_HASH	0x00000001

typedef struct _SCHANNEL_CERT_HASH {
	DWORD		dwLength;
	DWORD		dwFlags;
	HCRYPTPROV	hProv;
	BYTE		ShaHash[20];
} SCHANNEL_CERT_HASH, *PSCHANNEL_CERT_HASH;

typedef struct _SCHANNEL_CERT_HASH_STORE {
	DWORD		dwLength;
	DWORD		dwFlags;
	HCRYPTPROV	hProv;
	BYTE		ShaHash[20];
	WCHAR		pwszStoreName[SCH_CRED_MAX_STORE_NAME_SIZE];
} SCHANNEL_CERT_HASH_STORE, *PSCHANNEL_CERT_HASH_STORE;

/* Version 2 and before: public parts and secrets side by side. */
#define SCH_CRED_X509_CERTCHAIN		0x00000001
#define SCH_CRED_X509_CAPI		0x00000002
#define SCH_CRED_CERT_CONTEXT		0x00000003
#define SCHANNEL_SECRET_TYPE_CAPI	0x00000001
#define SCHANNEL_SECRET_PRIVKEY		0x00000002

typedef struct _SCH_CRED {
	DWORD		dwVersion;
	DWORD		cCreds;
	PVOID		*paSecret;
	PVOID		*paPublic;
	DWORD		cMappers;
	struct _HMAPPER	**aphMappers;
} SCH_CRED, *PSCH_CRED;

typedef struct _SCH_CRED_SECRET_CAPI {
	DWORD		dwType;
	HCRYPTPROV	hProv;
} SCH_CRED_SECRET_CAPI, *PSCH_CRED_SECRET_CAPI;

typedef struct _SCH_CRED_SECRET_PRIVKEY {
	DWORD	dwType;
	PBYTE	pPrivateKey;
	DWORD	cbPrivateKey;
	PSTR	pszPassword;
} SCH_CRED_SECRET_PRIVKEY, *PSCH_CRED_SECRET_PRIVKEY;

typedef struct _SCH_CRED_PUBLIC_CERTCHAIN {
	DWORD	dwType;
	DWORD	cbCertChain;
	PBYTE	pCertChain;
} SCH_CRED_PUBLIC_CERTCHAIN, *PSCH_CRED_PUBLIC_CERTCHAIN;

typedef struct _SCH_CRED_PUBLIC_CAPI {
	DWORD		dwType;
	HCRYPTPROV	hProv;
} SCH_CRED_PUBLIC_CAPI, *PSCH_CRED_PUBLIC_CAPI;

/* --- attributes -------------------------------------------------------- */

#define SECPKG_ATTR_ISSUER_LIST				80
#define SECPKG_ATTR_REMOTE_CRED				81
#define SECPKG_ATTR_LOCAL_CRED				82
#define SECPKG_ATTR_REMOTE_CERT_CONTEXT			83
#define SECPKG_ATTR_LOCAL_CERT_CONTEXT			84
#define SECPKG_ATTR_ROOT_STORE				85
#define SECPKG_ATTR_SUPPORTED_ALGS			86
#define SECPKG_ATTR_CIPHER_STRENGTHS			87
#define SECPKG_ATTR_SUPPORTED_PROTOCOLS			88
#define SECPKG_ATTR_ISSUER_LIST_EX			89
#define SECPKG_ATTR_CONNECTION_INFO			90
#define SECPKG_ATTR_EAP_KEY_BLOCK			91
#define SECPKG_ATTR_MAPPED_CRED_ATTR			92
#define SECPKG_ATTR_SESSION_INFO			93
#define SECPKG_ATTR_APP_DATA				94
#define SECPKG_ATTR_REMOTE_CERTIFICATES			95
#define SECPKG_ATTR_CLIENT_CERT_POLICY			96
#define SECPKG_ATTR_CC_POLICY_RESULT			97
#define SECPKG_ATTR_USE_NCRYPT				98
#define SECPKG_ATTR_LOCAL_CERT_INFO			99
#define SECPKG_ATTR_CIPHER_INFO				100
#define SECPKG_ATTR_EAP_PRF_INFO			101
#define SECPKG_ATTR_SUPPORTED_SIGNATURES		102
#define SECPKG_ATTR_REMOTE_CERT_CHAIN			103
#define SECPKG_ATTR_UI_INFO				104
#define SECPKG_ATTR_EARLY_START				105
#define SECPKG_ATTR_KEYING_MATERIAL_INFO		106
#define SECPKG_ATTR_KEYING_MATERIAL			107
#define SECPKG_ATTR_SRTP_PARAMETERS			108
#define SECPKG_ATTR_TOKEN_BINDING			109
#define SECPKG_ATTR_CONNECTION_INFO_EX			110
#define SECPKG_ATTR_KEYING_MATERIAL_TOKEN_BINDING	111
#define SECPKG_ATTR_KEYING_MATERIAL_INPROC		112
#define SECPKG_ATTR_CERT_CHECK_RESULT			113
#define SECPKG_ATTR_CERT_CHECK_RESULT_INPROC		114
#define SECPKG_ATTR_SESSION_TICKET_KEYS			115

/* Of a credential. */
typedef struct _SecPkgCred_SupportedAlgs {
	DWORD	cSupportedAlgs;
	ALG_ID	*palgSupportedAlgs;
} SecPkgCred_SupportedAlgs, *PSecPkgCred_SupportedAlgs;

typedef struct _SecPkgCred_CipherStrengths {
	DWORD	dwMinimumCipherStrength;
	DWORD	dwMaximumCipherStrength;
} SecPkgCred_CipherStrengths, *PSecPkgCred_CipherStrengths;

typedef struct _SecPkgCred_SupportedProtocols {
	DWORD	grbitProtocol;
} SecPkgCred_SupportedProtocols, *PSecPkgCred_SupportedProtocols;

typedef struct _SecPkgCred_ClientCertPolicy {
	DWORD	dwFlags;
	GUID	guidPolicyId;
	DWORD	dwCertFlags;
	DWORD	dwUrlRetrievalTimeout;
	BOOL	fCheckRevocationFreshnessTime;
	DWORD	dwRevocationFreshnessTime;
	BOOL	fOmitUsageCheck;
	LPWSTR	pwszSslCtlStoreName;
	LPWSTR	pwszSslCtlIdentifier;
} SecPkgCred_ClientCertPolicy, *PSecPkgCred_ClientCertPolicy;

#define SESSION_TICKET_INFO_V0		0
#define SESSION_TICKET_INFO_VERSION	0

typedef struct _SecPkgCred_SessionTicketKey {
	DWORD	TicketInfoVersion;
	BYTE	KeyId[16];
	BYTE	KeyingMaterial[64];
	BYTE	KeyingMaterialSize;
} SecPkgCred_SessionTicketKey, *PSecPkgCred_SessionTicketKey;

typedef struct _SecPkgCred_SessionTicketKeys {
	DWORD				cSessionTicketKeys;
	PSecPkgCred_SessionTicketKey	pSessionTicketKeys;
} SecPkgCred_SessionTicketKeys, *PSecPkgCred_SessionTicketKeys;

/* Of a context. Blocks in them: FreeContextBuffer. */
typedef struct _SecPkgContext_ConnectionInfo {
	DWORD	dwProtocol;
	ALG_ID	aiCipher;
	DWORD	dwCipherStrength;
	ALG_ID	aiHash;
	DWORD	dwHashStrength;
	ALG_ID	aiExch;
	DWORD	dwExchStrength;
} SecPkgContext_ConnectionInfo, *PSecPkgContext_ConnectionInfo;

#ifndef SZ_ALG_MAX_SIZE
#define SZ_ALG_MAX_SIZE	64
#endif
#define SECPKGCONTEXT_CIPHERINFO_V1		1
#define SECPKGCONTEXT_CONNECTION_INFO_EX_V1	1

typedef struct _SecPkgContext_ConnectionInfoEx {
	DWORD	dwVersion;
	DWORD	dwProtocol;
	WCHAR	szCipher[SZ_ALG_MAX_SIZE];
	DWORD	dwCipherStrength;
	WCHAR	szHash[SZ_ALG_MAX_SIZE];
	DWORD	dwHashStrength;
	WCHAR	szExchange[SZ_ALG_MAX_SIZE];
	DWORD	dwExchStrength;
} SecPkgContext_ConnectionInfoEx, *PSecPkgContext_ConnectionInfoEx;

typedef struct _SecPkgContext_CipherInfo {
	DWORD	dwVersion;
	DWORD	dwProtocol;
	DWORD	dwCipherSuite;
	DWORD	dwBaseCipherSuite;
	WCHAR	szCipherSuite[SZ_ALG_MAX_SIZE];
	WCHAR	szCipher[SZ_ALG_MAX_SIZE];
	DWORD	dwCipherLen;
	DWORD	dwCipherBlockLen;
	WCHAR	szHash[SZ_ALG_MAX_SIZE];
	DWORD	dwHashLen;
	WCHAR	szExchange[SZ_ALG_MAX_SIZE];
	DWORD	dwMinExchangeLen;
	DWORD	dwMaxExchangeLen;
	WCHAR	szCertificate[SZ_ALG_MAX_SIZE];
	DWORD	dwKeyType;
} SecPkgContext_CipherInfo, *PSecPkgContext_CipherInfo;

typedef struct _SecPkgContext_IssuerListInfo {
	DWORD	cbIssuerList;
	PBYTE	pIssuerList;
} SecPkgContext_IssuerListInfo, *PSecPkgContext_IssuerListInfo;

typedef struct _SecPkgContext_IssuerListInfoEx {
	PCERT_NAME_BLOB	aIssuers;
	DWORD		cIssuers;
} SecPkgContext_IssuerListInfoEx, *PSecPkgContext_IssuerListInfoEx;

#define LCRED_STATUS_NOCRED		0x00000000
#define LCRED_CRED_EXISTS		0x00000001
#define LCRED_STATUS_UNKNOWN_ISSUER	0x00000002
#define RCRED_STATUS_NOCRED		0x00000000
#define RCRED_CRED_EXISTS		0x00000001
#define RCRED_STATUS_UNKNOWN_ISSUER	0x00000002

typedef struct _SecPkgContext_RemoteCredentialInfo {
	DWORD	cbCertificateChain;
	PBYTE	pbCertificateChain;
	DWORD	cCertificates;
	DWORD	fFlags;
	DWORD	dwBits;
} SecPkgContext_RemoteCredentialInfo, *PSecPkgContext_RemoteCredentialInfo;
typedef SecPkgContext_RemoteCredentialInfo	SecPkgContext_RemoteCredenitalInfo, *PSecPkgContext_RemoteCredenitalInfo;

typedef struct _SecPkgContext_LocalCredentialInfo {
	DWORD	cbCertificateChain;
	PBYTE	pbCertificateChain;
	DWORD	cCertificates;
	DWORD	fFlags;
	DWORD	dwBits;
} SecPkgContext_LocalCredentialInfo, *PSecPkgContext_LocalCredentialInfo;
typedef SecPkgContext_LocalCredentialInfo	SecPkgContext_LocalCredenitalInfo, *PSecPkgContext_LocalCredenitalInfo;

typedef struct _SecPkgContext_Certificates {
	DWORD	cCertificates;
	DWORD	cbCertificateChain;
	PBYTE	pbCertificateChain;
} SecPkgContext_Certificates, *PSecPkgContext_Certificates;

#define KERN_CONTEXT_CERT_INFO_V1	0

typedef struct _SecPkgContext_CertInfo {
	DWORD	dwVersion;
	DWORD	cbSubjectName;
	LPWSTR	pwszSubjectName;
	DWORD	cbIssuerName;
	LPWSTR	pwszIssuerName;
	DWORD	dwKeySize;
} SecPkgContext_CertInfo, *PSecPkgContext_CertInfo;

typedef struct _SecPkgContext_CertificateValidationResult {
	DWORD	dwChainErrorStatus;
	HRESULT	hrVerifyChainStatus;
} SecPkgContext_CertificateValidationResult, *PSecPkgContext_CertificateValidationResult;

typedef struct _SecPkgContext_ClientCertPolicyResult {
	HRESULT	dwPolicyResult;
	GUID	guidPolicyId;
} SecPkgContext_ClientCertPolicyResult, *PSecPkgContext_ClientCertPolicyResult;

typedef struct _SecPkgContext_EapKeyBlock {
	BYTE	rgbKeys[128];
	BYTE	rgbIVs[64];
} SecPkgContext_EapKeyBlock, *PSecPkgContext_EapKeyBlock;

typedef struct _SecPkgContext_EapPrfInfo {
	DWORD	dwVersion;
	DWORD	cbPrfData;
	PBYTE	pbPrfData;
} SecPkgContext_EapPrfInfo, *PSecPkgContext_EapPrfInfo;

/* RFC 5705. SET the info, then QUERY the material; it is a key: wipe it. */
typedef struct _SecPkgContext_KeyingMaterialInfo {
	WORD	cbLabel;
	LPSTR	pszLabel;
	WORD	cbContextValue;
	PBYTE	pbContextValue;
	DWORD	cbKeyingMaterial;
} SecPkgContext_KeyingMaterialInfo, *PSecPkgContext_KeyingMaterialInfo;

typedef struct _SecPkgContext_KeyingMaterial {
	DWORD	cbKeyingMaterial;
	PBYTE	pbKeyingMaterial;
} SecPkgContext_KeyingMaterial, *PSecPkgContext_KeyingMaterial;

typedef struct _SecPkgContext_KeyingMaterial_Inproc {
	WORD	cbLabel;
	LPSTR	pszLabel;
	WORD	cbContextValue;
	PBYTE	pbContextValue;
	DWORD	cbKeyingMaterial;
	PBYTE	pbKeyingMaterial;
} SecPkgContext_KeyingMaterial_Inproc, *PSecPkgContext_KeyingMaterial_Inproc;

typedef struct _SecPkgContext_MappedCredAttr {
	DWORD	dwAttribute;
	PVOID	pvBuffer;
} SecPkgContext_MappedCredAttr, *PSecPkgContext_MappedCredAttr;

#define SSL_SESSION_RECONNECT	0x00000001

typedef struct _SecPkgContext_SessionInfo {
	DWORD	dwFlags;
	DWORD	cbSessionId;
	BYTE	rgbSessionId[32];
} SecPkgContext_SessionInfo, *PSecPkgContext_SessionInfo;

typedef struct _SecPkgContext_SessionAppData {
	DWORD	dwFlags;
	DWORD	cbAppData;
	PBYTE	pbAppData;
} SecPkgContext_SessionAppData, *PSecPkgContext_SessionAppData;

typedef enum _eTlsSignatureAlgorithm {
	TlsSignatureAlgorithm_Anonymous,
	TlsSignatureAlgorithm_Rsa,
	TlsSignatureAlgorithm_Dsa,
	TlsSignatureAlgorithm_Ecdsa
} eTlsSignatureAlgorithm, *PeTlsSignatureAlgorithm;

typedef enum _eTlsHashAlgorithm {
	TlsHashAlgorithm_None,
	TlsHashAlgorithm_Md5,
	TlsHashAlgorithm_Sha1,
	TlsHashAlgorithm_Sha224,
	TlsHashAlgorithm_Sha256,
	TlsHashAlgorithm_Sha384,
	TlsHashAlgorithm_Sha512
} eTlsHashAlgorithm, *PeTlsHashAlgorithm;

typedef struct _SecPkgContext_SupportedSignatures {
	WORD	cSignatureAndHashAlgorithms;
	WORD	*pSignatureAndHashAlgorithms;
} SecPkgContext_SupportedSignatures, *PSecPkgContext_SupportedSignatures;

typedef struct _SecPkgContext_SrtpParameters {
	WORD	ProtectionProfile;
	BYTE	MasterKeyIdentifierSize;
	PBYTE	MasterKeyIdentifier;
} SecPkgContext_SrtpParameters, *PSecPkgContext_SrtpParameters;

typedef struct _SecPkgContext_TokenBinding {
	BYTE	MajorVersion;
	BYTE	MinorVersion;
	WORD	KeyParametersSize;
	PBYTE	KeyParameters;
} SecPkgContext_TokenBinding, *PSecPkgContext_TokenBinding;

typedef struct _SecPkgContext_UiInfo {
	HWND	hParentWindow;
} SecPkgContext_UiInfo, *PSecPkgContext_UiInfo;

#define ENABLE_TLS_CLIENT_EARLY_START	0x00000001

typedef struct _SecPkgContext_EarlyStart {
	DWORD	dwEarlyStartFlags;
} SecPkgContext_EarlyStart, *PSecPkgContext_EarlyStart;

/* --- control tokens (ApplyControlToken) -------------------------------- */

#define SCHANNEL_RENEGOTIATE	0
#define SCHANNEL_SHUTDOWN	1
#define SCHANNEL_ALERT		2
#define SCHANNEL_SESSION	3

typedef struct _SCHANNEL_ALERT_TOKEN {
	DWORD	dwTokenType;
	DWORD	dwAlertType;
	DWORD	dwAlertNumber;
} SCHANNEL_ALERT_TOKEN, *PSCHANNEL_ALERT_TOKEN;

#define SSL_SESSION_ENABLE_RECONNECTS	0x00000001
#define SSL_SESSION_DISABLE_RECONNECTS	0x00000002

typedef struct _SCHANNEL_SESSION_TOKEN {
	DWORD	dwTokenType;
	DWORD	dwFlags;
} SCHANNEL_SESSION_TOKEN, *PSCHANNEL_SESSION_TOKEN;

/* dwAlertType and dwAlertNumber. */
#define TLS1_ALERT_WARNING		1
#define TLS1_ALERT_FATAL		2
#define TLS1_ALERT_CLOSE_NOTIFY		0
#define TLS1_ALERT_UNEXPECTED_MESSAGE	10
#define TLS1_ALERT_BAD_RECORD_MAC	20
#define TLS1_ALERT_DECRYPTION_FAILED	21
#define TLS1_ALERT_RECORD_OVERFLOW	22
#define TLS1_ALERT_DECOMPRESSION_FAIL	30
#define TLS1_ALERT_HANDSHAKE_FAILURE	40
#define TLS1_ALERT_BAD_CERTIFICATE	42
#define TLS1_ALERT_UNSUPPORTED_CERT	43
#define TLS1_ALERT_CERTIFICATE_REVOKED	44
#define TLS1_ALERT_CERTIFICATE_EXPIRED	45
#define TLS1_ALERT_CERTIFICATE_UNKNOWN	46
#define TLS1_ALERT_ILLEGAL_PARAMETER	47
#define TLS1_ALERT_UNKNOWN_CA		48
#define TLS1_ALERT_ACCESS_DENIED	49
#define TLS1_ALERT_DECODE_ERROR		50
#define TLS1_ALERT_DECRYPT_ERROR	51
#define TLS1_ALERT_EXPORT_RESTRICTION	60
#define TLS1_ALERT_PROTOCOL_VERSION	70
#define TLS1_ALERT_INSUFFIENT_SECURITY	71
#define TLS1_ALERT_INTERNAL_ERROR	80
#define TLS1_ALERT_USER_CANCELED	90
#define TLS1_ALERT_NO_RENEGOTIATION	100
#define TLS1_ALERT_UNSUPPORTED_EXT	110
#define TLS1_ALERT_UNKNOWN_PSK_IDENTITY	115
#define TLS1_ALERT_NO_APP_PROTOCOL	120

/* --- generic extensions ------------------------------------------------ */

typedef struct _TLS_EXTENSION_SUBSCRIPTION {
	WORD	ExtensionType;
	WORD	HandshakeType;
} TLS_EXTENSION_SUBSCRIPTION, *PTLS_EXTENSION_SUBSCRIPTION;

typedef struct _SUBSCRIBE_GENERIC_TLS_EXTENSION {
	DWORD				Flags;
	DWORD				SubscriptionsCount;
	TLS_EXTENSION_SUBSCRIPTION	Subscriptions[ANYSIZE_ARRAY];
} SUBSCRIBE_GENERIC_TLS_EXTENSION, *PSUBSCRIBE_GENERIC_TLS_EXTENSION;

typedef struct _SEND_GENERIC_TLS_EXTENSION {
	WORD	ExtensionType;
	WORD	HandshakeType;
	DWORD	Flags;
	WORD	BufferSize;
	UCHAR	Buffer[ANYSIZE_ARRAY];
} SEND_GENERIC_TLS_EXTENSION, *PSEND_GENERIC_TLS_EXTENSION;

typedef enum _SchGetExtensionsOptions {
	SCH_EXTENSIONS_OPTIONS_NONE,
	SCH_NO_RECORD_HEADER
} SchGetExtensionsOptions, *PSchGetExtensionsOptions;

typedef struct _SCH_EXTENSION_DATA {
	WORD		ExtensionType;
	const BYTE	*pExtData;
	DWORD		cbExtData;
} SCH_EXTENSION_DATA, *PSCH_EXTENSION_DATA;

/* --- certificate properties and old helpers ---------------------------- */

#define CERT_SCHANNEL_IIS_PRIVATE_KEY_PROP_ID	0x00008000
#define CERT_SCHANNEL_IIS_PASSWORD_PROP_ID	0x00008001
#define CERT_SCHANNEL_SGC_CERTIFICATE_PROP_ID	0x00008002

typedef struct _SCHANNEL_CLIENT_SIGNATURE {
	DWORD	cbLength;
	ALG_ID	aiHash;
	DWORD	cbHash;
	BYTE	HashValue[36];
	BYTE	CertThumbprint[20];
} SCHANNEL_CLIENT_SIGNATURE, *PSCHANNEL_CLIENT_SIGNATURE;

typedef struct _SSL_CREDENTIAL_CERTIFICATE {
	DWORD	cbPrivateKey;
	PBYTE	pPrivateKey;
	DWORD	cbCertificate;
	PBYTE	pCertificate;
	PSTR	pszPassword;
} SSL_CREDENTIAL_CERTIFICATE, *PSSL_CREDENTIAL_CERTIFICATE;

typedef struct _PctPublicKey {
	DWORD	Type;
	DWORD	cbKey;
	UCHAR	pKey[ANYSIZE_ARRAY];
} PctPublicKey, *LPPctPublicKey, *PPctPublicKey;

typedef struct _X509Certificate {
	DWORD		Version;
	DWORD		SerialNumber[4];
	ALG_ID		SignatureAlgorithm;
	FILETIME	ValidFrom;
	FILETIME	ValidUntil;
	PSTR		pszIssuer;
	PSTR		pszSubject;
	PctPublicKey	*pPublicKey;
} X509Certificate, *PX509Certificate;

#define SCH_DISABLE_RECONNECTS	128

/* Forgets cached sessions with the target; NULL: with all. */
BOOL WINAPI SslEmptyCacheA(LPSTR pszTargetName, DWORD dwFlags);
BOOL WINAPI SslEmptyCacheW(LPWSTR pszTargetName, DWORD dwFlags);
#define SslEmptyCache	OLSA_AW(SslEmptyCache)

/* *ppCertificate: SslFreeCertificate. */
BOOL WINAPI SslCrackCertificate(PUCHAR pbCertificate, DWORD cbCertificate, DWORD dwFlags,
	PX509Certificate *ppCertificate);
void WINAPI SslFreeCertificate(PX509Certificate pCertificate);
BOOL WINAPI SslGenerateKeyPair(PSSL_CREDENTIAL_CERTIFICATE pCerts, PSTR pszDN, PSTR pszPassword,
	DWORD Bits);
void WINAPI SslGenerateRandomBits(PUCHAR pRandomData, LONG cRandomData);
DWORD WINAPI SslGetMaximumKeySize(DWORD Reserved);
BOOL WINAPI SslGetDefaultIssuers(PBYTE pbIssuers, DWORD *pcbIssuers);

/* The name or an extension of a ClientHello, pointing into it. */
SECURITY_STATUS WINAPI SslGetServerIdentity(PBYTE ClientHello, DWORD ClientHelloSize,
	PBYTE *ServerIdentity, PDWORD ServerIdentitySize, DWORD Flags);
SECURITY_STATUS WINAPI SslGetExtensions(const BYTE *clientHello, DWORD clientHelloByteSize,
	SCH_EXTENSION_DATA *genericExtensions, BYTE genericExtensionsCount, DWORD *bytesToRead,
	SchGetExtensionsOptions flags);

typedef BOOL (WINAPI *SSL_EMPTY_CACHE_FN_A)(LPSTR pszTargetName, DWORD dwFlags);
typedef BOOL (WINAPI *SSL_EMPTY_CACHE_FN_W)(LPWSTR pszTargetName, DWORD dwFlags);
#define SSL_EMPTY_CACHE_FN	OLSA_AW(SSL_EMPTY_CACHE_FN_)
typedef BOOL (WINAPI *SSL_CRACK_CERTIFICATE_FN)(PUCHAR pbCertificate, DWORD cbCertificate,
	DWORD dwFlags, PX509Certificate *ppCertificate);
typedef void (WINAPI *SSL_FREE_CERTIFICATE_FN)(PX509Certificate pCertificate);
#define SSL_CRACK_CERTIFICATE_NAME	TEXT("SslCrackCertificate")
#define SSL_FREE_CERTIFICATE_NAME	TEXT("SslFreeCertificate")

#ifdef __cplusplus
}
#endif

#endif
