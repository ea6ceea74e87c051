/* SPDX-License-Identifier: MIT */
/*
 * sspi.h - the Security Support Provider Interface: credentials, contexts,
 * messages, synchronous and asynchronous.
 *
 * Ownership in one sentence: what a function allocates for the caller goes
 * back with FreeContextBuffer, an auth identity with SspiFreeAuthIdentity or
 * SspiLocalFree, a CredHandle with FreeCredentialsHandle, a CtxtHandle with
 * DeleteSecurityContext - also one whose handshake failed half-way.
 *
 * SECURITY_WIN32 is the default; SECURITY_KERNEL wins over it and changes
 * the strings of the asynchronous calls to PSECURITY_STRING.
 */
#ifndef __SSPI_H__
#define __SSPI_H__

#include <ntdef.h>
#include <guiddef.h>
#include <winerror.h>

#if !defined(SECURITY_WIN32) && !defined(SECURITY_KERNEL) && !defined(SECURITY_MAC)
#define SECURITY_WIN32
#endif

#define ISSP_LEVEL	32
#ifdef SECURITY_KERNEL
#define ISSP_MODE	0
#else
#define ISSP_MODE	1
#endif

#ifdef __cplusplus
extern "C" {
#endif

#ifndef SEC_ENTRY
#define SEC_ENTRY
#endif
#define SEC_FAR
#define __SEC_FAR

typedef WCHAR			SEC_WCHAR;
typedef CHAR			SEC_CHAR;

#ifndef __SECSTATUS_DEFINED__
#define __SECSTATUS_DEFINED__
typedef LONG			SECURITY_STATUS;
#endif

#define SEC_TEXT	TEXT
#ifdef UNICODE
typedef SEC_WCHAR		*SECURITY_PSTR;
typedef const SEC_WCHAR		*SECURITY_PCSTR;
#else
typedef SEC_CHAR		*SECURITY_PSTR;
typedef const SEC_CHAR		*SECURITY_PCSTR;
#endif

typedef UNICODE_STRING		SECURITY_STRING, *PSECURITY_STRING;

/* A FILETIME as one number; 0x7FFFFFFFFFFFFFFF is "never". */
typedef LARGE_INTEGER		_SECURITY_INTEGER, SECURITY_INTEGER, *PSECURITY_INTEGER;
typedef SECURITY_INTEGER	TimeStamp, *PTimeStamp;

/* --- handles ----------------------------------------------------------- */

/* Two words that mean nothing to the caller. Copy them, never look inside. */
#ifndef __SECHANDLE_DEFINED__
#define __SECHANDLE_DEFINED__
typedef struct _SecHandle {
	ULONG_PTR	dwLower;
	ULONG_PTR	dwUpper;
} SecHandle, *PSecHandle;
#endif

typedef SecHandle		CredHandle, CtxtHandle;
typedef PSecHandle		PCredHandle, PCtxtHandle;

#define SEC_DELETED_HANDLE	((ULONG_PTR)(-2))
#define SecInvalidateHandle(x) do {				\
	((PSecHandle)(x))->dwLower = ((ULONG_PTR)((INT_PTR)-1));	\
	((PSecHandle)(x))->dwUpper = ((ULONG_PTR)((INT_PTR)-1));	\
} while (0)
#define SecIsValidHandle(x) \
	((((PSecHandle)(x))->dwLower != ((ULONG_PTR)((INT_PTR)-1))) && \
	 (((PSecHandle)(x))->dwUpper != ((ULONG_PTR)((INT_PTR)-1))))

/* --- packages ---------------------------------------------------------- */

typedef struct _SecPkgInfoA {
	ULONG		fCapabilities;
	USHORT		wVersion;
	USHORT		wRPCID;
	ULONG		cbMaxToken;
	SEC_CHAR	*Name;
	SEC_CHAR	*Comment;
} SecPkgInfoA, *PSecPkgInfoA;

typedef struct _SecPkgInfoW {
	ULONG		fCapabilities;
	USHORT		wVersion;
	USHORT		wRPCID;
	ULONG		cbMaxToken;
	SEC_WCHAR	*Name;
	SEC_WCHAR	*Comment;
} SecPkgInfoW, *PSecPkgInfoW;

#define SecPkgInfo	OLSA_AW(SecPkgInfo)
#define PSecPkgInfo	OLSA_AW(PSecPkgInfo)

/* SecPkgInfo.fCapabilities */
#define SECPKG_FLAG_INTEGRITY				0x00000001
#define SECPKG_FLAG_PRIVACY				0x00000002
#define SECPKG_FLAG_TOKEN_ONLY				0x00000004
#define SECPKG_FLAG_DATAGRAM				0x00000008
#define SECPKG_FLAG_CONNECTION				0x00000010
#define SECPKG_FLAG_MULTI_REQUIRED			0x00000020
#define SECPKG_FLAG_CLIENT_ONLY				0x00000040
#define SECPKG_FLAG_EXTENDED_ERROR			0x00000080
#define SECPKG_FLAG_IMPERSONATION			0x00000100
#define SECPKG_FLAG_ACCEPT_WIN32_NAME			0x00000200
#define SECPKG_FLAG_STREAM				0x00000400
#define SECPKG_FLAG_NEGOTIABLE				0x00000800
#define SECPKG_FLAG_GSS_COMPATIBLE			0x00001000
#define SECPKG_FLAG_LOGON				0x00002000
#define SECPKG_FLAG_ASCII_BUFFERS			0x00004000
#define SECPKG_FLAG_FRAGMENT				0x00008000
#define SECPKG_FLAG_MUTUAL_AUTH				0x00010000
#define SECPKG_FLAG_DELEGATION				0x00020000
#define SECPKG_FLAG_READONLY_WITH_CHECKSUM		0x00040000
#define SECPKG_FLAG_RESTRICTED_TOKENS			0x00080000
#define SECPKG_FLAG_NEGO_EXTENDER			0x00100000
#define SECPKG_FLAG_NEGOTIABLE2				0x00200000
#define SECPKG_FLAG_APPCONTAINER_PASSTHROUGH		0x00400000
#define SECPKG_FLAG_APPCONTAINER_CHECKS			0x00800000
#define SECPKG_FLAG_CREDENTIAL_ISOLATION_ENABLED	0x01000000
#define SECPKG_FLAG_APPLY_LOOPBACK			0x02000000
#define SECPKG_ID_NONE					0x0000FFFF
#define SECPKG_MAX_OEM_NAME				32

#define SECPKG_CALLFLAGS_APPCONTAINER			0x00000001
#define SECPKG_CALLFLAGS_APPCONTAINER_AUTHCAPABLE	0x00000002
#define SECPKG_CALLFLAGS_FORCE_SUPPLIED			0x00000004
#define SECPKG_CALLFLAGS_APPCONTAINER_UPNCAPABLE	0x00000008

/* AddSecurityPackage: Type and Flags. */
#define SECPKG_OPTIONS_TYPE_UNKNOWN	0x00000000
#define SECPKG_OPTIONS_TYPE_LSA		0x00000001
#define SECPKG_OPTIONS_TYPE_SSPI	0x00000002
#define SECPKG_OPTIONS_PERMANENT	0x00000001

typedef struct _SECURITY_PACKAGE_OPTIONS {
	ULONG	Size;
	ULONG	Type;
	ULONG	Flags;
	ULONG	SignatureSize;
	void	*Signature;
} SECURITY_PACKAGE_OPTIONS, *PSECURITY_PACKAGE_OPTIONS;

/* --- buffers ----------------------------------------------------------- */

/* cbBuffer bytes at pvBuffer; the type's low 28 bits say what they are. */
typedef struct _SecBuffer {
	ULONG	cbBuffer;
	ULONG	BufferType;
	void	*pvBuffer;
} SecBuffer, *PSecBuffer;

typedef struct _SecBufferDesc {
	ULONG		ulVersion;
	ULONG		cBuffers;
	PSecBuffer	pBuffers;
} SecBufferDesc, *PSecBufferDesc;

#define SECBUFFER_VERSION				0
#define SECBUFFER_EMPTY					0
#define SECBUFFER_DATA					1
#define SECBUFFER_TOKEN					2
#define SECBUFFER_PKG_PARAMS				3
#define SECBUFFER_MISSING				4
#define SECBUFFER_EXTRA					5
#define SECBUFFER_STREAM_TRAILER			6
#define SECBUFFER_STREAM_HEADER				7
#define SECBUFFER_NEGOTIATION_INFO			8
#define SECBUFFER_PADDING				9
#define SECBUFFER_STREAM				10
#define SECBUFFER_MECHLIST				11
#define SECBUFFER_MECHLIST_SIGNATURE			12
#define SECBUFFER_TARGET				13
#define SECBUFFER_CHANNEL_BINDINGS			14
#define SECBUFFER_CHANGE_PASS_RESPONSE			15
#define SECBUFFER_TARGET_HOST				16
#define SECBUFFER_ALERT					17
#define SECBUFFER_APPLICATION_PROTOCOLS			18
#define SECBUFFER_SRTP_PROTECTION_PROFILES		19
#define SECBUFFER_SRTP_MASTER_KEY_IDENTIFIER		20
#define SECBUFFER_TOKEN_BINDING				21
#define SECBUFFER_PRESHARED_KEY				22
#define SECBUFFER_PRESHARED_KEY_IDENTITY		23
#define SECBUFFER_DTLS_MTU				24
#define SECBUFFER_SEND_GENERIC_TLS_EXTENSION		25
#define SECBUFFER_SUBSCRIBE_GENERIC_TLS_EXTENSION	26
#define SECBUFFER_FLAGS					27
#define SECBUFFER_TRAFFIC_SECRETS			28
#define SECBUFFER_ATTRMASK				0xF0000000
#define SECBUFFER_READONLY_WITH_CHECKSUM		0x10000000
#define SECBUFFER_READONLY				0x80000000
#define SECBUFFER_RESERVED				0x60000000

/* SECBUFFER_NEGOTIATION_INFO */
typedef struct _SEC_NEGOTIATION_INFO {
	ULONG		Size;
	ULONG		NameLength;
	SEC_WCHAR	*Name;
	void		*Reserved;
} SEC_NEGOTIATION_INFO, *PSEC_NEGOTIATION_INFO;

/* SECBUFFER_CHANNEL_BINDINGS: offsets count from the start of the struct. */
typedef struct _SEC_CHANNEL_BINDINGS {
	ULONG	dwInitiatorAddrType;
	ULONG	cbInitiatorLength;
	ULONG	dwInitiatorOffset;
	ULONG	dwAcceptorAddrType;
	ULONG	cbAcceptorLength;
	ULONG	dwAcceptorOffset;
	ULONG	cbApplicationDataLength;
	ULONG	dwApplicationDataOffset;
} SEC_CHANNEL_BINDINGS, *PSEC_CHANNEL_BINDINGS;

/* SECBUFFER_APPLICATION_PROTOCOLS (ALPN): lists of length-prefixed names. */
typedef enum _SEC_APPLICATION_PROTOCOL_NEGOTIATION_EXT {
	SecApplicationProtocolNegotiationExt_None,
	SecApplicationProtocolNegotiationExt_NPN,
	SecApplicationProtocolNegotiationExt_ALPN
} SEC_APPLICATION_PROTOCOL_NEGOTIATION_EXT, *PSEC_APPLICATION_PROTOCOL_NEGOTIATION_EXT;

typedef struct _SEC_APPLICATION_PROTOCOL_LIST {
	SEC_APPLICATION_PROTOCOL_NEGOTIATION_EXT	ProtoNegoExt;
	USHORT						ProtocolListSize;
	UCHAR						ProtocolList[ANYSIZE_ARRAY];
} SEC_APPLICATION_PROTOCOL_LIST, *PSEC_APPLICATION_PROTOCOL_LIST;

typedef struct _SEC_APPLICATION_PROTOCOLS {
	ULONG				ProtocolListsSize;
	SEC_APPLICATION_PROTOCOL_LIST	ProtocolLists[ANYSIZE_ARRAY];
} SEC_APPLICATION_PROTOCOLS, *PSEC_APPLICATION_PROTOCOLS;

typedef struct _SEC_SRTP_PROTECTION_PROFILES {
	USHORT	ProfilesSize;
	USHORT	ProfilesList[ANYSIZE_ARRAY];
} SEC_SRTP_PROTECTION_PROFILES, *PSEC_SRTP_PROTECTION_PROFILES;

typedef struct _SEC_SRTP_MASTER_KEY_IDENTIFIER {
	UCHAR	MasterKeyIdentifierSize;
	UCHAR	MasterKeyIdentifier[ANYSIZE_ARRAY];
} SEC_SRTP_MASTER_KEY_IDENTIFIER, *PSEC_SRTP_MASTER_KEY_IDENTIFIER;

typedef struct _SEC_TOKEN_BINDING {
	UCHAR	MajorVersion;
	UCHAR	MinorVersion;
	USHORT	KeyParametersSize;
	UCHAR	KeyParameters[ANYSIZE_ARRAY];
} SEC_TOKEN_BINDING, *PSEC_TOKEN_BINDING;

typedef struct _SEC_PRESHAREDKEY {
	USHORT	KeySize;
	UCHAR	Key[ANYSIZE_ARRAY];
} SEC_PRESHAREDKEY, *PSEC_PRESHAREDKEY;

typedef struct _SEC_PRESHAREDKEY_IDENTITY {
	USHORT	KeyIdentitySize;
	UCHAR	KeyIdentity[ANYSIZE_ARRAY];
} SEC_PRESHAREDKEY_IDENTITY, *PSEC_PRESHAREDKEY_IDENTITY;

typedef struct _SEC_DTLS_MTU {
	USHORT	PathMTU;
} SEC_DTLS_MTU, *PSEC_DTLS_MTU;

/* SECBUFFER_FLAGS: the 64-bit ISC_REQ_ and ASC_REQ_ flags. */
typedef struct _SEC_FLAGS {
	ULONGLONG	Flags;
} SEC_FLAGS, *PSEC_FLAGS;

typedef enum _SEC_TRAFFIC_SECRET_TYPE {
	SecTrafficSecret_None,
	SecTrafficSecret_Client,
	SecTrafficSecret_Server
} SEC_TRAFFIC_SECRET_TYPE, *PSEC_TRAFFIC_SECRET_TYPE;

#define SZ_ALG_MAX_SIZE	64

typedef struct _SEC_TRAFFIC_SECRETS {
	WCHAR			SymmetricAlgId[SZ_ALG_MAX_SIZE];
	WCHAR			ChainingMode[SZ_ALG_MAX_SIZE];
	WCHAR			HashAlgId[SZ_ALG_MAX_SIZE];
	USHORT			KeySize;
	USHORT			IvSize;
	USHORT			MsgSequenceStart;
	USHORT			MsgSequenceEnd;
	SEC_TRAFFIC_SECRET_TYPE	TrafficSecretType;
	USHORT			TrafficSecretSize;
	UCHAR			TrafficSecret[ANYSIZE_ARRAY];
} SEC_TRAFFIC_SECRETS, *PSEC_TRAFFIC_SECRETS;

/* TargetDataRep: the byte order of the peer's data. */
#define SECURITY_NATIVE_DREP	0x00000010
#define SECURITY_NETWORK_DREP	0x00000000

/* --- flags of InitializeSecurityContext -------------------------------- */

/* Asked for. Those above 32 bits travel in a SECBUFFER_FLAGS buffer. */
#define ISC_REQ_DELEGATE			0x00000001
#define ISC_REQ_MUTUAL_AUTH			0x00000002
#define ISC_REQ_REPLAY_DETECT			0x00000004
#define ISC_REQ_SEQUENCE_DETECT			0x00000008
#define ISC_REQ_CONFIDENTIALITY			0x00000010
#define ISC_REQ_USE_SESSION_KEY			0x00000020
#define ISC_REQ_PROMPT_FOR_CREDS		0x00000040
#define ISC_REQ_USE_SUPPLIED_CREDS		0x00000080
#define ISC_REQ_ALLOCATE_MEMORY			0x00000100
#define ISC_REQ_USE_DCE_STYLE			0x00000200
#define ISC_REQ_DATAGRAM			0x00000400
#define ISC_REQ_CONNECTION			0x00000800
#define ISC_REQ_CALL_LEVEL			0x00001000
#define ISC_REQ_FRAGMENT_SUPPLIED		0x00002000
#define ISC_REQ_EXTENDED_ERROR			0x00004000
#define ISC_REQ_STREAM				0x00008000
#define ISC_REQ_INTEGRITY			0x00010000
#define ISC_REQ_IDENTIFY			0x00020000
#define ISC_REQ_NULL_SESSION			0x00040000
#define ISC_REQ_MANUAL_CRED_VALIDATION		0x00080000
#define ISC_REQ_RESERVED1			0x00100000
#define ISC_REQ_FRAGMENT_TO_FIT			0x00200000
#define ISC_REQ_FORWARD_CREDENTIALS		0x00400000
#define ISC_REQ_NO_INTEGRITY			0x00800000
#define ISC_REQ_USE_HTTP_STYLE			0x01000000
#define ISC_REQ_UNVERIFIED_TARGET_NAME		0x20000000
#define ISC_REQ_CONFIDENTIALITY_ONLY		0x40000000
#define ISC_REQ_MESSAGES			0x0000000100000000ULL
#define ISC_REQ_DEFERRED_CRED_VALIDATION	0x0000000200000000ULL
#define ISC_REQ_NO_POST_HANDSHAKE_AUTH		0x0000000400000000ULL
#define ISC_REQ_REUSE_SESSION_TICKETS		0x0000000800000000ULL
#define ISC_REQ_EXPLICIT_SESSION		0x0000001000000000ULL

/* Granted. The caller decides whether that is enough. */
#define ISC_RET_DELEGATE			0x00000001
#define ISC_RET_MUTUAL_AUTH			0x00000002
#define ISC_RET_REPLAY_DETECT			0x00000004
#define ISC_RET_SEQUENCE_DETECT			0x00000008
#define ISC_RET_CONFIDENTIALITY			0x00000010
#define ISC_RET_USE_SESSION_KEY			0x00000020
#define ISC_RET_USED_COLLECTED_CREDS		0x00000040
#define ISC_RET_USED_SUPPLIED_CREDS		0x00000080
#define ISC_RET_ALLOCATED_MEMORY		0x00000100
#define ISC_RET_USED_DCE_STYLE			0x00000200
#define ISC_RET_DATAGRAM			0x00000400
#define ISC_RET_CONNECTION			0x00000800
#define ISC_RET_INTERMEDIATE_RETURN		0x00001000
#define ISC_RET_CALL_LEVEL			0x00002000
#define ISC_RET_EXTENDED_ERROR			0x00004000
#define ISC_RET_STREAM				0x00008000
#define ISC_RET_INTEGRITY			0x00010000
#define ISC_RET_IDENTIFY			0x00020000
#define ISC_RET_NULL_SESSION			0x00040000
#define ISC_RET_MANUAL_CRED_VALIDATION		0x00080000
#define ISC_RET_RESERVED1			0x00100000
#define ISC_RET_FRAGMENT_ONLY			0x00200000
#define ISC_RET_FORWARD_CREDENTIALS		0x00400000
#define ISC_RET_USED_HTTP_STYLE			0x01000000
#define ISC_RET_NO_ADDITIONAL_TOKEN		0x02000000
#define ISC_RET_REAUTHENTICATION		0x08000000
#define ISC_RET_CONFIDENTIALITY_ONLY		0x40000000
#define ISC_RET_MESSAGES			0x0000000100000000ULL
#define ISC_RET_DEFERRED_CRED_VALIDATION	0x0000000200000000ULL
#define ISC_RET_NO_POST_HANDSHAKE_AUTH		0x0000000400000000ULL
#define ISC_RET_REUSE_SESSION_TICKETS		0x0000000800000000ULL
#define ISC_RET_EXPLICIT_SESSION		0x0000001000000000ULL

/* --- flags of AcceptSecurityContext ------------------------------------ */

#define ASC_REQ_DELEGATE		0x00000001
#define ASC_REQ_MUTUAL_AUTH		0x00000002
#define ASC_REQ_REPLAY_DETECT		0x00000004
#define ASC_REQ_SEQUENCE_DETECT		0x00000008
#define ASC_REQ_CONFIDENTIALITY		0x00000010
#define ASC_REQ_USE_SESSION_KEY		0x00000020
#define ASC_REQ_SESSION_TICKET		0x00000040
#define ASC_REQ_ALLOCATE_MEMORY		0x00000100
#define ASC_REQ_USE_DCE_STYLE		0x00000200
#define ASC_REQ_DATAGRAM		0x00000400
#define ASC_REQ_CONNECTION		0x00000800
#define ASC_REQ_CALL_LEVEL		0x00001000
#define ASC_REQ_FRAGMENT_SUPPLIED	0x00002000
#define ASC_REQ_EXTENDED_ERROR		0x00008000
#define ASC_REQ_STREAM			0x00010000
#define ASC_REQ_INTEGRITY		0x00020000
#define ASC_REQ_LICENSING		0x00040000
#define ASC_REQ_IDENTIFY		0x00080000
#define ASC_REQ_ALLOW_NULL_SESSION	0x00100000
#define ASC_REQ_ALLOW_NON_USER_LOGONS	0x00200000
#define ASC_REQ_ALLOW_CONTEXT_REPLAY	0x00400000
#define ASC_REQ_FRAGMENT_TO_FIT		0x00800000
#define ASC_REQ_NO_TOKEN		0x01000000
#define ASC_REQ_PROXY_BINDINGS		0x04000000
#define ASC_REQ_ALLOW_MISSING_BINDINGS	0x10000000
#define ASC_REQ_MESSAGES		0x0000000100000000ULL
#define ASC_REQ_EXPLICIT_SESSION	0x0000001000000000ULL

#define ASC_RET_DELEGATE		0x00000001
#define ASC_RET_MUTUAL_AUTH		0x00000002
#define ASC_RET_REPLAY_DETECT		0x00000004
#define ASC_RET_SEQUENCE_DETECT		0x00000008
#define ASC_RET_CONFIDENTIALITY		0x00000010
#define ASC_RET_USE_SESSION_KEY		0x00000020
#define ASC_RET_SESSION_TICKET		0x00000040
#define ASC_RET_ALLOCATED_MEMORY	0x00000100
#define ASC_RET_USED_DCE_STYLE		0x00000200
#define ASC_RET_DATAGRAM		0x00000400
#define ASC_RET_CONNECTION		0x00000800
#define ASC_RET_CALL_LEVEL		0x00002000
#define ASC_RET_THIRD_LEG_FAILED	0x00004000
#define ASC_RET_EXTENDED_ERROR		0x00008000
#define ASC_RET_STREAM			0x00010000
#define ASC_RET_INTEGRITY		0x00020000
#define ASC_RET_LICENSING		0x00040000
#define ASC_RET_IDENTIFY		0x00080000
#define ASC_RET_NULL_SESSION		0x00100000
#define ASC_RET_ALLOW_NON_USER_LOGONS	0x00200000
#define ASC_RET_ALLOW_CONTEXT_REPLAY	0x00400000
#define ASC_RET_FRAGMENT_ONLY		0x00800000
#define ASC_RET_NO_TOKEN		0x01000000
#define ASC_RET_NO_ADDITIONAL_TOKEN	0x02000000
#define ASC_RET_MESSAGES		0x0000000100000000ULL
#define ASC_RET_REUSE_SESSION_TICKETS	0x0000000800000000ULL
#define ASC_RET_EXPLICIT_SESSION	0x0000001000000000ULL

/* --- credentials: what AcquireCredentialsHandle takes ------------------ */

#define SECPKG_CRED_INBOUND			0x00000001
#define SECPKG_CRED_OUTBOUND			0x00000002
#define SECPKG_CRED_BOTH			0x00000003
#define SECPKG_CRED_DEFAULT			0x00000004
#define SECPKG_CRED_AUTOLOGON_RESTRICTED	0x00000010
#define SECPKG_CRED_PROCESS_POLICY_ONLY		0x00000020
#define SECPKG_CRED_KERB_ANCHOR_DS_VERSION	0x00000040
#define SECPKG_CRED_RESERVED			0xF0000000

/*
 * A user, a domain and a password. Lengths are characters without the NUL.
 * Flags tells the width of the strings, whichever function it is passed to.
 * The library copies it: wipe it after the call.
 */
#ifndef _AUTH_IDENTITY_DEFINED
#define _AUTH_IDENTITY_DEFINED

#define SEC_WINNT_AUTH_IDENTITY_ANSI	0x00000001
#define SEC_WINNT_AUTH_IDENTITY_UNICODE	0x00000002

typedef struct _SEC_WINNT_AUTH_IDENTITY_W {
	unsigned short	*User;
	ULONG		UserLength;
	unsigned short	*Domain;
	ULONG		DomainLength;
	unsigned short	*Password;
	ULONG		PasswordLength;
	ULONG		Flags;
} SEC_WINNT_AUTH_IDENTITY_W, *PSEC_WINNT_AUTH_IDENTITY_W;

typedef struct _SEC_WINNT_AUTH_IDENTITY_A {
	unsigned char	*User;
	ULONG		UserLength;
	unsigned char	*Domain;
	ULONG		DomainLength;
	unsigned char	*Password;
	ULONG		PasswordLength;
	ULONG		Flags;
} SEC_WINNT_AUTH_IDENTITY_A, *PSEC_WINNT_AUTH_IDENTITY_A;

#define SEC_WINNT_AUTH_IDENTITY		OLSA_AW(SEC_WINNT_AUTH_IDENTITY_)
#define PSEC_WINNT_AUTH_IDENTITY	OLSA_AW(PSEC_WINNT_AUTH_IDENTITY_)
#define _SEC_WINNT_AUTH_IDENTITY	OLSA_AW(_SEC_WINNT_AUTH_IDENTITY_)
#endif

#define SEC_WINNT_AUTH_IDENTITY_MARSHALLED	0x00000004
#define SEC_WINNT_AUTH_IDENTITY_ONLY		0x00000008
#define SEC_WINNT_AUTH_IDENTITY_VERSION		0x00000200
#define SEC_WINNT_AUTH_IDENTITY_VERSION_2	0x00000201

/* The same with a list of packages ("kerberos,!ntlm"); Length: its size. */
typedef struct _SEC_WINNT_AUTH_IDENTITY_EXW {
	ULONG		Version;
	ULONG		Length;
	unsigned short	*User;
	ULONG		UserLength;
	unsigned short	*Domain;
	ULONG		DomainLength;
	unsigned short	*Password;
	ULONG		PasswordLength;
	ULONG		Flags;
	unsigned short	*PackageList;
	ULONG		PackageListLength;
} SEC_WINNT_AUTH_IDENTITY_EXW, *PSEC_WINNT_AUTH_IDENTITY_EXW;

typedef struct _SEC_WINNT_AUTH_IDENTITY_EXA {
	ULONG		Version;
	ULONG		Length;
	unsigned char	*User;
	ULONG		UserLength;
	unsigned char	*Domain;
	ULONG		DomainLength;
	unsigned char	*Password;
	ULONG		PasswordLength;
	ULONG		Flags;
	unsigned char	*PackageList;
	ULONG		PackageListLength;
} SEC_WINNT_AUTH_IDENTITY_EXA, *PSEC_WINNT_AUTH_IDENTITY_EXA;

#define SEC_WINNT_AUTH_IDENTITY_EX	OLSA_AW(SEC_WINNT_AUTH_IDENTITY_EX)
#define PSEC_WINNT_AUTH_IDENTITY_EX	OLSA_AW(PSEC_WINNT_AUTH_IDENTITY_EX)

/* One block: offsets from its start, lengths in bytes. */
typedef struct _SEC_WINNT_AUTH_IDENTITY_EX2 {
	ULONG	Version;
	USHORT	cbHeaderLength;
	ULONG	cbStructureLength;
	ULONG	UserOffset;
	USHORT	UserLength;
	ULONG	DomainOffset;
	USHORT	DomainLength;
	ULONG	PackedCredentialsOffset;
	USHORT	PackedCredentialsLength;
	ULONG	Flags;
	ULONG	PackageListOffset;
	USHORT	PackageListLength;
} SEC_WINNT_AUTH_IDENTITY_EX2, *PSEC_WINNT_AUTH_IDENTITY_EX2;

typedef union _SEC_WINNT_AUTH_IDENTITY_INFO {
	SEC_WINNT_AUTH_IDENTITY_EXW	AuthIdExw;
	SEC_WINNT_AUTH_IDENTITY_EXA	AuthIdExa;
	SEC_WINNT_AUTH_IDENTITY_A	AuthId_a;
	SEC_WINNT_AUTH_IDENTITY_W	AuthId_w;
	SEC_WINNT_AUTH_IDENTITY_EX2	AuthIdEx2;
} SEC_WINNT_AUTH_IDENTITY_INFO, *PSEC_WINNT_AUTH_IDENTITY_INFO;

/* Any of these, seen from outside. */
typedef PVOID			PSEC_WINNT_AUTH_IDENTITY_OPAQUE;

#define SEC_WINNT_AUTH_IDENTITY_FLAGS_PROCESS_ENCRYPTED			0x00000010
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_SYSTEM_PROTECTED			0x00000020
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_USER_PROTECTED			0x00000040
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_SYSTEM_ENCRYPTED			0x00000080
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_RESERVED				0x00010000
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_NULL_USER				0x00020000
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_NULL_DOMAIN			0x00040000
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_ID_PROVIDER			0x00080000
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_SSPIPFC_CREDPROV_DO_NOT_LOAD	0x10000000
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_SSPIPFC_NO_CHECKBOX		0x20000000
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_SSPIPFC_SAVE_CRED_CHECKED		0x40000000
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_SSPIPFC_CREDPROV_DO_NOT_SAVE	0x80000000
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_SSPIPFC_SAVE_CRED_BY_CALLER	0x80000000
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_VALID_SSPIPFC_FLAGS		0xF0000000
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_SSPIPFC_USE_MASK			0xFF000000
#define SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_LOGON			0x00000001
#define SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_PROCESS			0x00000002
#define SEC_WINNT_AUTH_IDENTITY_ENCRYPT_FOR_SYSTEM			0x00000004

/* Packed credentials: offsets from the start of the enclosing block. */
typedef struct _SEC_WINNT_AUTH_BYTE_VECTOR {
	ULONG	ByteArrayOffset;
	USHORT	ByteArrayLength;
} SEC_WINNT_AUTH_BYTE_VECTOR, *PSEC_WINNT_AUTH_BYTE_VECTOR;

typedef struct _SEC_WINNT_AUTH_SHORT_VECTOR {
	ULONG	ShortArrayOffset;
	USHORT	ShortArrayCount;
} SEC_WINNT_AUTH_SHORT_VECTOR, *PSEC_WINNT_AUTH_SHORT_VECTOR;

typedef struct _SEC_WINNT_AUTH_DATA {
	GUID				CredType;
	SEC_WINNT_AUTH_BYTE_VECTOR	CredData;
} SEC_WINNT_AUTH_DATA, *PSEC_WINNT_AUTH_DATA;

typedef struct _SEC_WINNT_AUTH_PACKED_CREDENTIALS {
	USHORT			cbHeaderLength;
	USHORT			cbStructureLength;
	SEC_WINNT_AUTH_DATA	AuthData;
} SEC_WINNT_AUTH_PACKED_CREDENTIALS, *PSEC_WINNT_AUTH_PACKED_CREDENTIALS;

typedef struct _SEC_WINNT_AUTH_PACKED_CREDENTIALS_EX {
	USHORT				cbHeaderLength;
	ULONG				Flags;
	SEC_WINNT_AUTH_BYTE_VECTOR	PackedCredentials;
	SEC_WINNT_AUTH_SHORT_VECTOR	PackageList;
} SEC_WINNT_AUTH_PACKED_CREDENTIALS_EX, *PSEC_WINNT_AUTH_PACKED_CREDENTIALS_EX;

/* Not a pointer, whatever the second name says: so it is on Windows. */
typedef struct _SEC_WINNT_AUTH_DATA_PASSWORD {
	SEC_WINNT_AUTH_BYTE_VECTOR	UnicodePassword;
} SEC_WINNT_AUTH_DATA_PASSWORD, PSEC_WINNT_AUTH_DATA_PASSWORD;

typedef struct _SEC_WINNT_AUTH_CERTIFICATE_DATA {
	USHORT				cbHeaderLength;
	USHORT				cbStructureLength;
	SEC_WINNT_AUTH_BYTE_VECTOR	Certificate;
} SEC_WINNT_AUTH_CERTIFICATE_DATA, *PSEC_WINNT_AUTH_CERTIFICATE_DATA;

typedef struct _SEC_WINNT_AUTH_DATA_TYPE_SMARTCARD_CONTEXTS_DATA {
	PVOID	pcc;
	PVOID	hProv;
	LPWSTR	pwszECDHKeyName;
} SEC_WINNT_AUTH_DATA_TYPE_SMARTCARD_CONTEXTS_DATA, *PSEC_WINNT_AUTH_DATA_TYPE_SMARTCARD_CONTEXTS_DATA;

typedef struct _SEC_WINNT_AUTH_FIDO_DATA {
	USHORT				cbHeaderLength;
	USHORT				cbStructureLength;
	SEC_WINNT_AUTH_BYTE_VECTOR	Secret;
	SEC_WINNT_AUTH_BYTE_VECTOR	NewSecret;
	SEC_WINNT_AUTH_BYTE_VECTOR	EncryptedNewSecret;
	SEC_WINNT_AUTH_BYTE_VECTOR	NetworkLogonBuffer;
	ULONG64				ulSignatureCount;
} SEC_WINNT_AUTH_FIDO_DATA, *PSEC_WINNT_AUTH_FIDO_DATA;

typedef struct _SEC_WINNT_AUTH_NGC_DATA {
	LUID				LogonId;
	ULONG				Flags;
	SEC_WINNT_AUTH_BYTE_VECTOR	CspInfo;
	SEC_WINNT_AUTH_BYTE_VECTOR	UserIdKeyAuthTicket;
	SEC_WINNT_AUTH_BYTE_VECTOR	DecryptionKeyName;
	SEC_WINNT_AUTH_BYTE_VECTOR	DecryptionKeyAuthTicket;
} SEC_WINNT_AUTH_NGC_DATA, *PSEC_WINNT_AUTH_NGC_DATA;
#define NGC_DATA_FLAG_KERB_CERTIFICATE_LOGON_FLAG_CHECK_DUPLICATES	0x00000001
#define NGC_DATA_FLAG_KERB_CERTIFICATE_LOGON_FLAG_USE_CERTIFICATE_INFO	0x00000002
#define NGC_DATA_FLAG_IS_SMARTCARD_DATA					0x00000004
#define NGC_DATA_FLAG_IS_CLOUD_TRUST_CRED				0x00000008

typedef struct _SEC_WINNT_CREDUI_CONTEXT_VECTOR {
	ULONG	CredUIContextArrayOffset;
	USHORT	CredUIContextCount;
} SEC_WINNT_CREDUI_CONTEXT_VECTOR, *PSEC_WINNT_CREDUI_CONTEXT_VECTOR;

struct _CREDUI_INFOW;		/* wincred.h */

typedef struct _SEC_WINNT_CREDUI_CONTEXT {
	USHORT				cbHeaderLength;
	HANDLE				CredUIContextHandle;
	struct _CREDUI_INFOW		*UIInfo;
	ULONG				dwAuthError;
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE	pInputAuthIdentity;
	PUNICODE_STRING			TargetName;
} SEC_WINNT_CREDUI_CONTEXT, *PSEC_WINNT_CREDUI_CONTEXT;

typedef struct _CREDUIWIN_MARSHALED_CONTEXT {
	GUID	StructureType;
	USHORT	cbHeaderLength;
	LUID	LogonId;
	GUID	MarshaledDataType;
	ULONG	MarshaledDataOffset;
	USHORT	MarshaledDataLength;
} CREDUIWIN_MARSHALED_CONTEXT, *PCREDUIWIN_MARSHALED_CONTEXT;

/* Windows offers this and never calls it; neither does OpenLSA. */
typedef void (SEC_ENTRY *SEC_GET_KEY_FN)(void *Arg, void *Principal, ULONG KeyVer, void **Key,
	SECURITY_STATUS *Status);

/* --- attributes of a credential ---------------------------------------- */

#define SECPKG_CRED_ATTR_NAMES			1
#define SECPKG_CRED_ATTR_SSI_PROVIDER		2
#define SECPKG_CRED_ATTR_KDC_NETWORK_SETTINGS	3
#define SECPKG_CRED_ATTR_KDC_PROXY_SETTINGS	3
#define SECPKG_CRED_ATTR_CERT			4
#define SECPKG_CRED_ATTR_PAC_BYPASS		5

typedef struct _SecPkgCredentials_NamesW {
	SEC_WCHAR	*sUserName;
} SecPkgCredentials_NamesW, *PSecPkgCredentials_NamesW;

typedef struct _SecPkgCredentials_NamesA {
	SEC_CHAR	*sUserName;
} SecPkgCredentials_NamesA, *PSecPkgCredentials_NamesA;

typedef struct _SecPkgCredentials_SSIProviderW {
	SEC_WCHAR	*sProviderName;
	ULONG		ProviderInfoLength;
	char		*ProviderInfo;
} SecPkgCredentials_SSIProviderW, *PSecPkgCredentials_SSIProviderW;

typedef struct _SecPkgCredentials_SSIProviderA {
	SEC_CHAR	*sProviderName;
	ULONG		ProviderInfoLength;
	char		*ProviderInfo;
} SecPkgCredentials_SSIProviderA, *PSecPkgCredentials_SSIProviderA;

#define KDC_PROXY_SETTINGS_FLAGS_FORCEPROXY		0x00000001
#define KDC_PROXY_SETTINGS_V1				0x00000001
#define KDC_NETWORK_SETTINGS_FLAGS_FORCEPROXY		0x00000001
#define KDC_NETWORK_SETTINGS_V2				0x00000002
#define KDC_NETWORK_SETTINGS_FLAGS_CONFIGURE_DISCOVERY	0x40000000
#define KDC_NETWORK_DISCOVERY_FLAGS_DS13_REQUIRED	0x80000000
#define KDC_NETWORK_SETTINGS_FLAGS_CONFIGURE_PROXY	0x80000000

typedef struct _SecPkgCredentials_KdcProxySettingsW {
	ULONG	Version;
	ULONG	Flags;
	USHORT	ProxyServerOffset;
	USHORT	ProxyServerLength;
	USHORT	ClientTlsCredOffset;
	USHORT	ClientTlsCredLength;
} SecPkgCredentials_KdcProxySettingsW, *PSecPkgCredentials_KdcProxySettingsW;

typedef struct _SecPkgCredentials_Cert {
	ULONG	EncodedCertSize;
	UCHAR	*EncodedCert;
} SecPkgCredentials_Cert, *PSecPkgCredentials_Cert;

#define SecPkgCredentials_Names		OLSA_AW(SecPkgCredentials_Names)
#define PSecPkgCredentials_Names	OLSA_AW(PSecPkgCredentials_Names)
#define SecPkgCredentials_SSIProvider	OLSA_AW(SecPkgCredentials_SSIProvider)
#define PSecPkgCredentials_SSIProvider	OLSA_AW(PSecPkgCredentials_SSIProvider)

/* --- attributes of a context ------------------------------------------- */

#define SECPKG_ATTR_SIZES			0
#define SECPKG_ATTR_NAMES			1
#define SECPKG_ATTR_LIFESPAN			2
#define SECPKG_ATTR_DCE_INFO			3
#define SECPKG_ATTR_DATAGRAM_SIZES		4
#define SECPKG_ATTR_STREAM_SIZES		4
#define SECPKG_ATTR_KEY_INFO			5
#define SECPKG_ATTR_AUTHORITY			6
#define SECPKG_ATTR_PROTO_INFO			7
#define SECPKG_ATTR_PASSWORD_EXPIRY		8
#define SECPKG_ATTR_SESSION_KEY			9
#define SECPKG_ATTR_PACKAGE_INFO		10
#define SECPKG_ATTR_USER_FLAGS			11
#define SECPKG_ATTR_NEGOTIATION_INFO		12
#define SECPKG_ATTR_NATIVE_NAMES		13
#define SECPKG_ATTR_FLAGS			14
#define SECPKG_ATTR_USE_VALIDATED		15
#define SECPKG_ATTR_CREDENTIAL_NAME		16
#define SECPKG_ATTR_TARGET_INFORMATION		17
#define SECPKG_ATTR_ACCESS_TOKEN		18
#define SECPKG_ATTR_TARGET			19
#define SECPKG_ATTR_AUTHENTICATION_ID		20
#define SECPKG_ATTR_LOGOFF_TIME			21
#define SECPKG_ATTR_NEGO_KEYS			22
#define SECPKG_ATTR_PROMPTING_NEEDED		24
#define SECPKG_ATTR_UNIQUE_BINDINGS		25
#define SECPKG_ATTR_ENDPOINT_BINDINGS		26
#define SECPKG_ATTR_CLIENT_SPECIFIED_TARGET	27
#define SECPKG_ATTR_LAST_CLIENT_TOKEN_STATUS	30
#define SECPKG_ATTR_NEGO_PKG_INFO		31
#define SECPKG_ATTR_NEGO_STATUS			32
#define SECPKG_ATTR_CONTEXT_DELETED		33
#define SECPKG_ATTR_DTLS_MTU			34
#define SECPKG_ATTR_APPLICATION_PROTOCOL	35
#define SECPKG_ATTR_NEGOTIATED_TLS_EXTENSIONS	36
#define SECPKG_ATTR_IS_LOOPBACK			37
#define SECPKG_ATTR_SUBJECT_SECURITY_ATTRIBUTES	128

typedef struct _SecPkgContext_Sizes {
	ULONG	cbMaxToken;
	ULONG	cbMaxSignature;
	ULONG	cbBlockSize;
	ULONG	cbSecurityTrailer;
} SecPkgContext_Sizes, *PSecPkgContext_Sizes;

typedef struct _SecPkgContext_StreamSizes {
	ULONG	cbHeader;
	ULONG	cbTrailer;
	ULONG	cbMaximumMessage;
	ULONG	cBuffers;
	ULONG	cbBlockSize;
} SecPkgContext_StreamSizes, *PSecPkgContext_StreamSizes;
typedef SecPkgContext_StreamSizes	SecPkgContext_DatagramSizes;
typedef PSecPkgContext_StreamSizes	PSecPkgContext_DatagramSizes;

typedef struct _SecPkgContext_NamesW {
	SEC_WCHAR	*sUserName;
} SecPkgContext_NamesW, *PSecPkgContext_NamesW;

typedef struct _SecPkgContext_NamesA {
	SEC_CHAR	*sUserName;
} SecPkgContext_NamesA, *PSecPkgContext_NamesA;

typedef enum _SECPKG_ATTR_LCT_STATUS {
	SecPkgAttrLastClientTokenYes,
	SecPkgAttrLastClientTokenNo,
	SecPkgAttrLastClientTokenMaybe
} SECPKG_ATTR_LCT_STATUS, *PSECPKG_ATTR_LCT_STATUS;

typedef struct _SecPkgContext_LastClientTokenStatus {
	SECPKG_ATTR_LCT_STATUS	LastClientTokenStatus;
} SecPkgContext_LastClientTokenStatus, *PSecPkgContext_LastClientTokenStatus;

typedef struct _SecPkgContext_Lifespan {
	TimeStamp	tsStart;
	TimeStamp	tsExpiry;
} SecPkgContext_Lifespan, *PSecPkgContext_Lifespan;

typedef struct _SecPkgContext_DceInfo {
	ULONG	AuthzSvc;
	void	*pPac;
} SecPkgContext_DceInfo, *PSecPkgContext_DceInfo;

typedef struct _SecPkgContext_KeyInfoA {
	SEC_CHAR	*sSignatureAlgorithmName;
	SEC_CHAR	*sEncryptAlgorithmName;
	ULONG		KeySize;
	ULONG		SignatureAlgorithm;
	ULONG		EncryptAlgorithm;
} SecPkgContext_KeyInfoA, *PSecPkgContext_KeyInfoA;

typedef struct _SecPkgContext_KeyInfoW {
	SEC_WCHAR	*sSignatureAlgorithmName;
	SEC_WCHAR	*sEncryptAlgorithmName;
	ULONG		KeySize;
	ULONG		SignatureAlgorithm;
	ULONG		EncryptAlgorithm;
} SecPkgContext_KeyInfoW, *PSecPkgContext_KeyInfoW;

typedef struct _SecPkgContext_AuthorityA {
	SEC_CHAR	*sAuthorityName;
} SecPkgContext_AuthorityA, *PSecPkgContext_AuthorityA;

typedef struct _SecPkgContext_AuthorityW {
	SEC_WCHAR	*sAuthorityName;
} SecPkgContext_AuthorityW, *PSecPkgContext_AuthorityW;

typedef struct _SecPkgContext_ProtoInfoA {
	SEC_CHAR	*sProtocolName;
	ULONG		majorVersion;
	ULONG		minorVersion;
} SecPkgContext_ProtoInfoA, *PSecPkgContext_ProtoInfoA;

typedef struct _SecPkgContext_ProtoInfoW {
	SEC_WCHAR	*sProtocolName;
	ULONG		majorVersion;
	ULONG		minorVersion;
} SecPkgContext_ProtoInfoW, *PSecPkgContext_ProtoInfoW;

typedef struct _SecPkgContext_PasswordExpiry {
	TimeStamp	tsPasswordExpires;
} SecPkgContext_PasswordExpiry, *PSecPkgContext_PasswordExpiry;

typedef struct _SecPkgContext_LogoffTime {
	TimeStamp	tsLogoffTime;
} SecPkgContext_LogoffTime, *PSecPkgContext_LogoffTime;

/* A copy of the key: wipe it before FreeContextBuffer. */
typedef struct _SecPkgContext_SessionKey {
	ULONG	SessionKeyLength;
	UCHAR	*SessionKey;
} SecPkgContext_SessionKey, *PSecPkgContext_SessionKey;

typedef struct _SecPkgContext_NegoKeys {
	ULONG	KeyType;
	USHORT	KeyLength;
	UCHAR	*KeyValue;
	ULONG	VerifyKeyType;
	USHORT	VerifyKeyLength;
	UCHAR	*VerifyKeyValue;
} SecPkgContext_NegoKeys, *PSecPkgContext_NegoKeys;

typedef struct _SecPkgContext_PackageInfoW {
	PSecPkgInfoW	PackageInfo;
} SecPkgContext_PackageInfoW, *PSecPkgContext_PackageInfoW;

typedef struct _SecPkgContext_PackageInfoA {
	PSecPkgInfoA	PackageInfo;
} SecPkgContext_PackageInfoA, *PSecPkgContext_PackageInfoA;

typedef struct _SecPkgContext_UserFlags {
	ULONG	UserFlags;
} SecPkgContext_UserFlags, *PSecPkgContext_UserFlags;

typedef struct _SecPkgContext_Flags {
	ULONG	Flags;
} SecPkgContext_Flags, *PSecPkgContext_Flags;

#define SECPKG_NEGOTIATION_COMPLETE		0
#define SECPKG_NEGOTIATION_OPTIMISTIC		1
#define SECPKG_NEGOTIATION_IN_PROGRESS		2
#define SECPKG_NEGOTIATION_DIRECT		3
#define SECPKG_NEGOTIATION_TRY_MULTICRED	4

typedef struct _SecPkgContext_NegotiationInfoA {
	PSecPkgInfoA	PackageInfo;
	ULONG		NegotiationState;
} SecPkgContext_NegotiationInfoA, *PSecPkgContext_NegotiationInfoA;

typedef struct _SecPkgContext_NegotiationInfoW {
	PSecPkgInfoW	PackageInfo;
	ULONG		NegotiationState;
} SecPkgContext_NegotiationInfoW, *PSecPkgContext_NegotiationInfoW;

#define SECPKG_ATTR_NEGO_INFO_FLAG_NO_KERBEROS	0x00000001
#define SECPKG_ATTR_NEGO_INFO_FLAG_NO_NTLM	0x00000002

typedef struct _SecPkgContext_NegoPackageInfo {
	ULONG	PackageMask;
} SecPkgContext_NegoPackageInfo, *PSecPkgContext_NegoPackageInfo;

typedef struct _SecPkgContext_NegoStatus {
	ULONG	LastStatus;
} SecPkgContext_NegoStatus, *PSecPkgContext_NegoStatus;

typedef struct _SecPkgContext_NativeNamesW {
	SEC_WCHAR	*sClientName;
	SEC_WCHAR	*sServerName;
} SecPkgContext_NativeNamesW, *PSecPkgContext_NativeNamesW;

typedef struct _SecPkgContext_NativeNamesA {
	SEC_CHAR	*sClientName;
	SEC_CHAR	*sServerName;
} SecPkgContext_NativeNamesA, *PSecPkgContext_NativeNamesA;

typedef struct _SecPkgContext_CredentialNameW {
	ULONG		CredentialType;
	SEC_WCHAR	*sCredentialName;
} SecPkgContext_CredentialNameW, *PSecPkgContext_CredentialNameW;

typedef struct _SecPkgContext_CredentialNameA {
	ULONG		CredentialType;
	SEC_CHAR	*sCredentialName;
} SecPkgContext_CredentialNameA, *PSecPkgContext_CredentialNameA;

/* A token handle that the caller closes with CloseHandle. */
typedef struct _SecPkgContext_AccessToken {
	void	*AccessToken;
} SecPkgContext_AccessToken, *PSecPkgContext_AccessToken;

typedef struct _SecPkgContext_TargetInformation {
	ULONG	MarshalledTargetInfoLength;
	UCHAR	*MarshalledTargetInfo;
} SecPkgContext_TargetInformation, *PSecPkgContext_TargetInformation;

typedef struct _SecPkgContext_AuthzID {
	ULONG	AuthzIDLength;
	char	*AuthzID;
} SecPkgContext_AuthzID, *PSecPkgContext_AuthzID;

typedef struct _SecPkgContext_Target {
	ULONG	TargetLength;
	char	*Target;
} SecPkgContext_Target, *PSecPkgContext_Target;

typedef struct _SecPkgContext_ClientSpecifiedTarget {
	SEC_WCHAR	*sTargetName;
} SecPkgContext_ClientSpecifiedTarget, *PSecPkgContext_ClientSpecifiedTarget;

typedef struct _SecPkgContext_Bindings {
	ULONG			BindingsLength;
	SEC_CHANNEL_BINDINGS	*Bindings;
} SecPkgContext_Bindings, *PSecPkgContext_Bindings;

typedef struct _SecPkgContext_SubjectAttributes {
	void	*AttributeInfo;
} SecPkgContext_SubjectAttributes, *PSecPkgContext_SubjectAttributes;

typedef enum _SECPKG_CRED_CLASS {
	SecPkgCredClass_None,
	SecPkgCredClass_Ephemeral = 10,
	SecPkgCredClass_PersistedGeneric = 20,
	SecPkgCredClass_PersistedSpecific = 30,
	SecPkgCredClass_Explicit = 40
} SECPKG_CRED_CLASS, *PSECPKG_CRED_CLASS;

typedef struct _SecPkgContext_CredInfo {
	SECPKG_CRED_CLASS	CredClass;
	ULONG			IsPromptingNeeded;
} SecPkgContext_CredInfo, *PSecPkgContext_CredInfo;

typedef enum _SEC_APPLICATION_PROTOCOL_NEGOTIATION_STATUS {
	SecApplicationProtocolNegotiationStatus_None,
	SecApplicationProtocolNegotiationStatus_Success,
	SecApplicationProtocolNegotiationStatus_SelectedClientOnly
} SEC_APPLICATION_PROTOCOL_NEGOTIATION_STATUS, *PSEC_APPLICATION_PROTOCOL_NEGOTIATION_STATUS;

#define MAX_PROTOCOL_ID_SIZE	0x000000FF

typedef struct _SecPkgContext_ApplicationProtocol {
	SEC_APPLICATION_PROTOCOL_NEGOTIATION_STATUS	ProtoNegoStatus;
	SEC_APPLICATION_PROTOCOL_NEGOTIATION_EXT	ProtoNegoExt;
	UCHAR						ProtocolIdSize;
	UCHAR						ProtocolId[MAX_PROTOCOL_ID_SIZE];
} SecPkgContext_ApplicationProtocol, *PSecPkgContext_ApplicationProtocol;

typedef struct _SecPkgContext_NegotiatedTlsExtensions {
	ULONG	ExtensionsCount;
	USHORT	*Extensions;
} SecPkgContext_NegotiatedTlsExtensions, *PSecPkgContext_NegotiatedTlsExtensions;

typedef struct _SECPKG_APP_MODE_INFO {
	ULONG		UserFunction;
	ULONG_PTR	Argument1;
	ULONG_PTR	Argument2;
	SecBuffer	UserData;
	BOOLEAN		ReturnToLsa;
} SECPKG_APP_MODE_INFO, *PSECPKG_APP_MODE_INFO;

#define SecPkgContext_Names		OLSA_AW(SecPkgContext_Names)
#define PSecPkgContext_Names		OLSA_AW(PSecPkgContext_Names)
#define SecPkgContext_KeyInfo		OLSA_AW(SecPkgContext_KeyInfo)
#define PSecPkgContext_KeyInfo		OLSA_AW(PSecPkgContext_KeyInfo)
#define SecPkgContext_Authority		OLSA_AW(SecPkgContext_Authority)
#define PSecPkgContext_Authority	OLSA_AW(PSecPkgContext_Authority)
#define SecPkgContext_ProtoInfo		OLSA_AW(SecPkgContext_ProtoInfo)
#define PSecPkgContext_ProtoInfo	OLSA_AW(PSecPkgContext_ProtoInfo)
#define SecPkgContext_PackageInfo	OLSA_AW(SecPkgContext_PackageInfo)
#define PSecPkgContext_PackageInfo	OLSA_AW(PSecPkgContext_PackageInfo)
#define SecPkgContext_NegotiationInfo	OLSA_AW(SecPkgContext_NegotiationInfo)
#define PSecPkgContext_NegotiationInfo	OLSA_AW(PSecPkgContext_NegotiationInfo)
#define SecPkgContext_NativeNames	OLSA_AW(SecPkgContext_NativeNames)
#define PSecPkgContext_NativeNames	OLSA_AW(PSecPkgContext_NativeNames)
#define SecPkgContext_CredentialName	OLSA_AW(SecPkgContext_CredentialName)
#define PSecPkgContext_CredentialName	OLSA_AW(PSecPkgContext_CredentialName)

/* --- credentials: functions -------------------------------------------- */

/*
 * Opens a credential for one package. pAuthData is copied; NULL takes the
 * caller's own session. pGetKeyFn is never called. ptsExpiry may be NULL.
 * SEC_E_SECPKG_NOT_FOUND, SEC_E_NO_CREDENTIALS, SEC_E_UNKNOWN_CREDENTIALS,
 * SEC_E_NOT_OWNER. Close with FreeCredentialsHandle.
 */
SECURITY_STATUS SEC_ENTRY AcquireCredentialsHandleA(SEC_CHAR *pszPrincipal, SEC_CHAR *pszPackage,
	ULONG fCredentialUse, void *pvLogonId, void *pAuthData, SEC_GET_KEY_FN pGetKeyFn,
	void *pvGetKeyArgument, PCredHandle phCredential, PTimeStamp ptsExpiry);
SECURITY_STATUS SEC_ENTRY AcquireCredentialsHandleW(SEC_WCHAR *pszPrincipal, SEC_WCHAR *pszPackage,
	ULONG fCredentialUse, void *pvLogonId, void *pAuthData, SEC_GET_KEY_FN pGetKeyFn,
	void *pvGetKeyArgument, PCredHandle phCredential, PTimeStamp ptsExpiry);
#define AcquireCredentialsHandle	OLSA_AW(AcquireCredentialsHandle)

/* Contexts made from the credential stay valid. SEC_E_INVALID_HANDLE. */
SECURITY_STATUS SEC_ENTRY FreeCredentialsHandle(PCredHandle phCredential);
#define FreeCredentialHandle	FreeCredentialsHandle

/*
 * Gives an inbound credential of Kerberos, or the Kerberos part of one of Negotiate (pszPackage: "Kerberos"), another
 * account to accept with: pAuthData, a name and a password. pszPrincipal: for this name alone; NULL: for any. For this
 * credential and as long as it lives; the same account again replaces the password. At most 64 accounts.
 * fCredentialUse: SECPKG_CRED_INBOUND. Nobody asks whether the password is right.
 *
 * SEC_E_INVALID_HANDLE; SEC_E_UNKNOWN_CREDENTIALS: no such identity, or without a name or password;
 * SEC_E_SECPKG_NOT_FOUND: pszPackage is not a part of it; SEC_E_NO_CREDENTIALS: Negotiate's has none of Kerberos;
 * SEC_E_UNSUPPORTED_FUNCTION: another use, or a package that takes none (NTLM); SEC_E_INSUFFICIENT_MEMORY.
 */
SECURITY_STATUS SEC_ENTRY AddCredentialsA(PCredHandle hCredentials, SEC_CHAR *pszPrincipal,
	SEC_CHAR *pszPackage, ULONG fCredentialUse, void *pAuthData, SEC_GET_KEY_FN pGetKeyFn,
	void *pvGetKeyArgument, PTimeStamp ptsExpiry);
SECURITY_STATUS SEC_ENTRY AddCredentialsW(PCredHandle hCredentials, SEC_WCHAR *pszPrincipal,
	SEC_WCHAR *pszPackage, ULONG fCredentialUse, void *pAuthData, SEC_GET_KEY_FN pGetKeyFn,
	void *pvGetKeyArgument, PTimeStamp ptsExpiry);
#define AddCredentials	OLSA_AW(AddCredentials)

/* Strings and blocks in the answer are freed with FreeContextBuffer. */
SECURITY_STATUS SEC_ENTRY QueryCredentialsAttributesA(PCredHandle phCredential, ULONG ulAttribute,
	void *pBuffer);
SECURITY_STATUS SEC_ENTRY QueryCredentialsAttributesW(PCredHandle phCredential, ULONG ulAttribute,
	void *pBuffer);
SECURITY_STATUS SEC_ENTRY QueryCredentialsAttributesExA(PCredHandle phCredential, ULONG ulAttribute,
	void *pBuffer, ULONG cbBuffer);
SECURITY_STATUS SEC_ENTRY QueryCredentialsAttributesExW(PCredHandle phCredential, ULONG ulAttribute,
	void *pBuffer, ULONG cbBuffer);
SECURITY_STATUS SEC_ENTRY SetCredentialsAttributesA(PCredHandle phCredential, ULONG ulAttribute,
	void *pBuffer, ULONG cbBuffer);
SECURITY_STATUS SEC_ENTRY SetCredentialsAttributesW(PCredHandle phCredential, ULONG ulAttribute,
	void *pBuffer, ULONG cbBuffer);
#define QueryCredentialsAttributes	OLSA_AW(QueryCredentialsAttributes)
#define QueryCredentialsAttributesEx	OLSA_AW(QueryCredentialsAttributesEx)
#define SetCredentialsAttributes	OLSA_AW(SetCredentialsAttributes)

/* Kerberos, Negotiate and NTLM only. One SECBUFFER_CHANGE_PASS_RESPONSE. */
SECURITY_STATUS SEC_ENTRY ChangeAccountPasswordA(SEC_CHAR *pszPackageName, SEC_CHAR *pszDomainName,
	SEC_CHAR *pszAccountName, SEC_CHAR *pszOldPassword, SEC_CHAR *pszNewPassword,
	BOOLEAN bImpersonating, ULONG dwReserved, PSecBufferDesc pOutput);
SECURITY_STATUS SEC_ENTRY ChangeAccountPasswordW(SEC_WCHAR *pszPackageName,
	SEC_WCHAR *pszDomainName, SEC_WCHAR *pszAccountName, SEC_WCHAR *pszOldPassword,
	SEC_WCHAR *pszNewPassword, BOOLEAN bImpersonating, ULONG dwReserved, PSecBufferDesc pOutput);
#define ChangeAccountPassword	OLSA_AW(ChangeAccountPassword)

/* --- contexts: functions ----------------------------------------------- */

/*
 * One leg of the client. First leg: phContext NULL; later legs: the same
 * handle in phContext and phNewContext. SEC_I_CONTINUE_NEEDED: send the
 * output token and come back with the peer's. With ISC_REQ_ALLOCATE_MEMORY
 * the output token is freed with FreeContextBuffer. A context that exists
 * must be deleted, whatever the leg returned.
 */
SECURITY_STATUS SEC_ENTRY InitializeSecurityContextA(PCredHandle phCredential,
	PCtxtHandle phContext, SEC_CHAR *pszTargetName, ULONG fContextReq, ULONG Reserved1,
	ULONG TargetDataRep, PSecBufferDesc pInput, ULONG Reserved2, PCtxtHandle phNewContext,
	PSecBufferDesc pOutput, ULONG *pfContextAttr, PTimeStamp ptsExpiry);
SECURITY_STATUS SEC_ENTRY InitializeSecurityContextW(PCredHandle phCredential,
	PCtxtHandle phContext, SEC_WCHAR *pszTargetName, ULONG fContextReq, ULONG Reserved1,
	ULONG TargetDataRep, PSecBufferDesc pInput, ULONG Reserved2, PCtxtHandle phNewContext,
	PSecBufferDesc pOutput, ULONG *pfContextAttr, PTimeStamp ptsExpiry);
#define InitializeSecurityContext	OLSA_AW(InitializeSecurityContext)

/* One leg of the server; see InitializeSecurityContext. */
SECURITY_STATUS SEC_ENTRY AcceptSecurityContext(PCredHandle phCredential, PCtxtHandle phContext,
	PSecBufferDesc pInput, ULONG fContextReq, ULONG TargetDataRep, PCtxtHandle phNewContext,
	PSecBufferDesc pOutput, ULONG *pfContextAttr, PTimeStamp ptsExpiry);

/* Finishes a token when a leg said SEC_I_COMPLETE_NEEDED or _AND_CONTINUE. */
SECURITY_STATUS SEC_ENTRY CompleteAuthToken(PCtxtHandle phContext, PSecBufferDesc pToken);

/* Already deleted: SEC_E_OK. Keys are wiped. */
SECURITY_STATUS SEC_ENTRY DeleteSecurityContext(PCtxtHandle phContext);

/* Package-specific control, such as Schannel's shutdown. */
SECURITY_STATUS SEC_ENTRY ApplyControlToken(PCtxtHandle phContext, PSecBufferDesc pInput);

/* Strings and blocks in the answer are freed with FreeContextBuffer. */
SECURITY_STATUS SEC_ENTRY QueryContextAttributesA(PCtxtHandle phContext, ULONG ulAttribute,
	void *pBuffer);
SECURITY_STATUS SEC_ENTRY QueryContextAttributesW(PCtxtHandle phContext, ULONG ulAttribute,
	void *pBuffer);
SECURITY_STATUS SEC_ENTRY QueryContextAttributesExA(PCtxtHandle phContext, ULONG ulAttribute,
	void *pBuffer, ULONG cbBuffer);
SECURITY_STATUS SEC_ENTRY QueryContextAttributesExW(PCtxtHandle phContext, ULONG ulAttribute,
	void *pBuffer, ULONG cbBuffer);
SECURITY_STATUS SEC_ENTRY SetContextAttributesA(PCtxtHandle phContext, ULONG ulAttribute,
	void *pBuffer, ULONG cbBuffer);
SECURITY_STATUS SEC_ENTRY SetContextAttributesW(PCtxtHandle phContext, ULONG ulAttribute,
	void *pBuffer, ULONG cbBuffer);
#define QueryContextAttributes		OLSA_AW(QueryContextAttributes)
#define QueryContextAttributesEx	OLSA_AW(QueryContextAttributesEx)
#define SetContextAttributes		OLSA_AW(SetContextAttributes)

/* The calling thread acts as the client, until RevertSecurityContext. */
SECURITY_STATUS SEC_ENTRY ImpersonateSecurityContext(PCtxtHandle phContext);
SECURITY_STATUS SEC_ENTRY RevertSecurityContext(PCtxtHandle phContext);

/* The caller closes *Token with CloseHandle. */
SECURITY_STATUS SEC_ENTRY QuerySecurityContextToken(PCtxtHandle phContext, HANDLE *Token);

typedef enum _SecDelegationType {
	SecFull,
	SecService,
	SecTree,
	SecDirectory,
	SecObject
} SecDelegationType, *PSecDelegationType;

SECURITY_STATUS SEC_ENTRY DelegateSecurityContext(PCtxtHandle phContext, SEC_CHAR *pszTarget,
	SecDelegationType DelegationType, PTimeStamp pExpiry, PSecBuffer pPackageParameters,
	PSecBufferDesc pOutput);

/* fFlags of ExportSecurityContext. */
#define SECPKG_CONTEXT_EXPORT_RESET_NEW		0x00000001
#define SECPKG_CONTEXT_EXPORT_DELETE_OLD	0x00000002
#define SECPKG_CONTEXT_EXPORT_TO_KERNEL		0x00000004

/*
 * pvBuffer of the packed context: FreeContextBuffer. It is sealed, for processes of the same user and the
 * same LSA. Without SECPKG_CONTEXT_EXPORT_RESET_NEW it is imported once, within ten minutes: a second
 * import is SEC_E_INVALID_TOKEN, a late one SEC_E_CONTEXT_EXPIRED. With it, any number of times, each
 * copy with its sequence numbers from the beginning.
 */
SECURITY_STATUS SEC_ENTRY ExportSecurityContext(PCtxtHandle phContext, ULONG fFlags,
	PSecBuffer pPackedContext, void **pToken);

SECURITY_STATUS SEC_ENTRY ImportSecurityContextA(SEC_CHAR *pszPackage, PSecBuffer pPackedContext,
	void *Token, PCtxtHandle phContext);
SECURITY_STATUS SEC_ENTRY ImportSecurityContextW(SEC_WCHAR *pszPackage, PSecBuffer pPackedContext,
	void *Token, PCtxtHandle phContext);
#define ImportSecurityContext	OLSA_AW(ImportSecurityContext)

/* Frees what this interface allocated for the caller. */
SECURITY_STATUS SEC_ENTRY FreeContextBuffer(void *pvContextBuffer);

/* --- messages ---------------------------------------------------------- */

/* fQOP of EncryptMessage. */
#define SECQOP_WRAP_OOB_DATA	0x40000000
#define SECQOP_WRAP_NO_ENCRYPT	0x80000001

/* In place, in the caller's buffers. SEC_E_INVALID_HANDLE until complete. */
SECURITY_STATUS SEC_ENTRY MakeSignature(PCtxtHandle phContext, ULONG fQOP, PSecBufferDesc pMessage,
	ULONG MessageSeqNo);
SECURITY_STATUS SEC_ENTRY VerifySignature(PCtxtHandle phContext, PSecBufferDesc pMessage,
	ULONG MessageSeqNo, ULONG *pfQOP);
SECURITY_STATUS SEC_ENTRY EncryptMessage(PCtxtHandle phContext, ULONG fQOP, PSecBufferDesc pMessage,
	ULONG MessageSeqNo);
SECURITY_STATUS SEC_ENTRY DecryptMessage(PCtxtHandle phContext, PSecBufferDesc pMessage,
	ULONG MessageSeqNo, ULONG *pfQOP);

/* --- packages: functions ----------------------------------------------- */

/* One block for the whole list: one FreeContextBuffer. */
SECURITY_STATUS SEC_ENTRY EnumerateSecurityPackagesA(ULONG *pcPackages, PSecPkgInfoA *ppPackageInfo);
SECURITY_STATUS SEC_ENTRY EnumerateSecurityPackagesW(ULONG *pcPackages, PSecPkgInfoW *ppPackageInfo);
SECURITY_STATUS SEC_ENTRY QuerySecurityPackageInfoA(SEC_CHAR *pszPackageName,
	PSecPkgInfoA *ppPackageInfo);
SECURITY_STATUS SEC_ENTRY QuerySecurityPackageInfoW(SEC_WCHAR *pszPackageName,
	PSecPkgInfoW *ppPackageInfo);
#define EnumerateSecurityPackages	OLSA_AW(EnumerateSecurityPackages)
#define QuerySecurityPackageInfo	OLSA_AW(QuerySecurityPackageInfo)

SECURITY_STATUS SEC_ENTRY AddSecurityPackageA(LPSTR pszPackageName,
	PSECURITY_PACKAGE_OPTIONS pOptions);
SECURITY_STATUS SEC_ENTRY AddSecurityPackageW(LPWSTR pszPackageName,
	PSECURITY_PACKAGE_OPTIONS pOptions);
SECURITY_STATUS SEC_ENTRY DeleteSecurityPackageA(SEC_CHAR *pszPackageName);
SECURITY_STATUS SEC_ENTRY DeleteSecurityPackageW(SEC_WCHAR *pszPackageName);
#define AddSecurityPackage	OLSA_AW(AddSecurityPackage)
#define DeleteSecurityPackage	OLSA_AW(DeleteSecurityPackage)

/* --- SASL profiles ----------------------------------------------------- */

#define SASL_OPTION_SEND_SIZE		1
#define SASL_OPTION_RECV_SIZE		2
#define SASL_OPTION_AUTHZ_STRING	3
#define SASL_OPTION_AUTHZ_PROCESSING	4

typedef enum _SASL_AUTHZID_STATE {
	Sasl_AuthZIDForbidden,
	Sasl_AuthZIDProcessed
} SASL_AUTHZID_STATE, *PSASL_AUTHZID_STATE;

SECURITY_STATUS SEC_ENTRY SaslEnumerateProfilesA(LPSTR *ProfileList, ULONG *ProfileCount);
SECURITY_STATUS SEC_ENTRY SaslEnumerateProfilesW(LPWSTR *ProfileList, ULONG *ProfileCount);
SECURITY_STATUS SEC_ENTRY SaslGetProfilePackageA(LPSTR ProfileName, PSecPkgInfoA *PackageInfo);
SECURITY_STATUS SEC_ENTRY SaslGetProfilePackageW(LPWSTR ProfileName, PSecPkgInfoW *PackageInfo);
SECURITY_STATUS SEC_ENTRY SaslIdentifyPackageA(PSecBufferDesc pInput, PSecPkgInfoA *PackageInfo);
SECURITY_STATUS SEC_ENTRY SaslIdentifyPackageW(PSecBufferDesc pInput, PSecPkgInfoW *PackageInfo);
SECURITY_STATUS SEC_ENTRY SaslInitializeSecurityContextA(PCredHandle phCredential,
	PCtxtHandle phContext, LPSTR pszTargetName, ULONG fContextReq, ULONG Reserved1,
	ULONG TargetDataRep, PSecBufferDesc pInput, ULONG Reserved2, PCtxtHandle phNewContext,
	PSecBufferDesc pOutput, ULONG *pfContextAttr, PTimeStamp ptsExpiry);
SECURITY_STATUS SEC_ENTRY SaslInitializeSecurityContextW(PCredHandle phCredential,
	PCtxtHandle phContext, LPWSTR pszTargetName, ULONG fContextReq, ULONG Reserved1,
	ULONG TargetDataRep, PSecBufferDesc pInput, ULONG Reserved2, PCtxtHandle phNewContext,
	PSecBufferDesc pOutput, ULONG *pfContextAttr, PTimeStamp ptsExpiry);
#define SaslEnumerateProfiles		OLSA_AW(SaslEnumerateProfiles)
#define SaslGetProfilePackage		OLSA_AW(SaslGetProfilePackage)
#define SaslIdentifyPackage		OLSA_AW(SaslIdentifyPackage)
#define SaslInitializeSecurityContext	OLSA_AW(SaslInitializeSecurityContext)

SECURITY_STATUS SEC_ENTRY SaslAcceptSecurityContext(PCredHandle phCredential, PCtxtHandle phContext,
	PSecBufferDesc pInput, ULONG fContextReq, ULONG TargetDataRep, PCtxtHandle phNewContext,
	PSecBufferDesc pOutput, ULONG *pfContextAttr, PTimeStamp ptsExpiry);
SECURITY_STATUS SEC_ENTRY SaslSetContextOption(PCtxtHandle ContextHandle, ULONG Option, PVOID Value,
	ULONG Size);
SECURITY_STATUS SEC_ENTRY SaslGetContextOption(PCtxtHandle ContextHandle, ULONG Option, PVOID Value,
	ULONG Size, PULONG Needed);

/* --- auth identities: functions ---------------------------------------- */

#ifndef _CREDUI_PROMPT_FLAGS_DEFINED
#define _CREDUI_PROMPT_FLAGS_DEFINED
#define SSPIPFC_CREDPROV_DO_NOT_SAVE	0x00000001
#define SSPIPFC_SAVE_CRED_BY_CALLER	0x00000001
#define SSPIPFC_NO_CHECKBOX		0x00000002
#define SSPIPFC_CREDPROV_DO_NOT_LOAD	0x00000004
#define SSPIPFC_USE_CREDUIBROKER	0x00000008
#define SSPIPFC_VALID_FLAGS		0x0000000F
#endif

/* Results that are identities: SspiFreeAuthIdentity. Strings: SspiLocalFree. */
ULONG SEC_ENTRY SspiPromptForCredentialsA(PCSTR pszTargetName, PVOID pUiInfo, ULONG dwAuthError,
	PCSTR pszPackage, PSEC_WINNT_AUTH_IDENTITY_OPAQUE pInputAuthIdentity,
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE *ppAuthIdentity, int *pfSave, ULONG dwFlags);
ULONG SEC_ENTRY SspiPromptForCredentialsW(PCWSTR pszTargetName, PVOID pUiInfo, ULONG dwAuthError,
	PCWSTR pszPackage, PSEC_WINNT_AUTH_IDENTITY_OPAQUE pInputAuthIdentity,
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE *ppAuthIdentity, int *pfSave, ULONG dwFlags);
#define SspiPromptForCredentials	OLSA_AW(SspiPromptForCredentials)

SECURITY_STATUS SEC_ENTRY SspiPrepareForCredRead(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthIdentity,
	PCWSTR pszTargetName, PULONG pCredmanCredentialType, PCWSTR *ppszCredmanTargetName);
SECURITY_STATUS SEC_ENTRY SspiPrepareForCredWrite(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthIdentity,
	PCWSTR pszTargetName, PULONG pCredmanCredentialType, PCWSTR *ppszCredmanTargetName,
	PCWSTR *ppszCredmanUserName, PUCHAR *ppCredentialBlob, PULONG pCredentialBlobSize);

/* In place; the flags of the identity tell which protection it has. */
SECURITY_STATUS SEC_ENTRY SspiEncryptAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthData);
SECURITY_STATUS SEC_ENTRY SspiEncryptAuthIdentityEx(ULONG Options,
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthData);
SECURITY_STATUS SEC_ENTRY SspiDecryptAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE EncryptedAuthData);
SECURITY_STATUS SEC_ENTRY SspiDecryptAuthIdentityEx(ULONG Options,
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE EncryptedAuthData);
BOOLEAN SEC_ENTRY SspiIsAuthIdentityEncrypted(PSEC_WINNT_AUTH_IDENTITY_OPAQUE EncryptedAuthData);

SECURITY_STATUS SEC_ENTRY SspiEncodeAuthIdentityAsStrings(
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE pAuthIdentity, PCWSTR *ppszUserName, PCWSTR *ppszDomainName,
	PCWSTR *ppszPackedCredentialsString);
SECURITY_STATUS SEC_ENTRY SspiEncodeStringsAsAuthIdentity(PCWSTR pszUserName, PCWSTR pszDomainName,
	PCWSTR pszPackedCredentialsString, PSEC_WINNT_AUTH_IDENTITY_OPAQUE *ppAuthIdentity);
SECURITY_STATUS SEC_ENTRY SspiValidateAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthData);
SECURITY_STATUS SEC_ENTRY SspiCopyAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthData,
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE *AuthDataCopy);
SECURITY_STATUS SEC_ENTRY SspiCompareAuthIdentities(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthIdentity1,
	PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthIdentity2, PBOOLEAN SameSuppliedUser,
	PBOOLEAN SameSuppliedIdentity);

SECURITY_STATUS SEC_ENTRY SspiMarshalAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthIdentity,
	ULONG *AuthIdentityLength, char **AuthIdentityByteArray);
SECURITY_STATUS SEC_ENTRY SspiUnmarshalAuthIdentity(ULONG AuthIdentityLength,
	char *AuthIdentityByteArray, PSEC_WINNT_AUTH_IDENTITY_OPAQUE *ppAuthIdentity);
BOOLEAN SEC_ENTRY SspiIsPromptingNeeded(ULONG ErrorOrNtStatus);
SECURITY_STATUS SEC_ENTRY SspiGetTargetHostName(PCWSTR pszTargetName, PWSTR *pszHostName);
SECURITY_STATUS SEC_ENTRY SspiExcludePackage(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthIdentity,
	PCWSTR pszPackageName, PSEC_WINNT_AUTH_IDENTITY_OPAQUE *ppNewAuthIdentity);

/* SspiZeroAuthIdentity wipes the strings, SspiFreeAuthIdentity wipes and frees. */
void SEC_ENTRY SspiZeroAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthData);
void SEC_ENTRY SspiFreeAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthData);
void SEC_ENTRY SspiLocalFree(PVOID DataBuffer);

/* The credential prompt's side. */
SECURITY_STATUS SEC_ENTRY SspiGetCredUIContext(HANDLE ContextHandle, GUID *CredType, LUID *LogonId,
	PSEC_WINNT_CREDUI_CONTEXT_VECTOR *CredUIContexts, HANDLE *TokenHandle);
SECURITY_STATUS SEC_ENTRY SspiUpdateCredentials(HANDLE ContextHandle, GUID *CredType,
	ULONG FlatCredUIContextLength, PUCHAR FlatCredUIContext);
SECURITY_STATUS SEC_ENTRY SspiUnmarshalCredUIContext(PUCHAR MarshaledCredUIContext,
	ULONG MarshaledCredUIContextLength, PSEC_WINNT_CREDUI_CONTEXT *CredUIContext);

/* --- the asynchronous calls -------------------------------------------- */

/*
 * One SspiAsyncContext follows one call. A function that queues returns
 * SEC_E_OK when the call was accepted; what the call itself ended with is
 * told by SspiGetAsyncCallStatus, which says SEC_I_ASYNC_CALL_PENDING until
 * then. The callback comes once, on another thread, after all outputs are
 * written. Between two calls: SspiReinitAsyncContext.
 *
 * Windows has these for TLS in the kernel; here they serve every package.
 * Everything that a call writes to must live until it has ended.
 */
typedef struct SspiAsyncContext	SspiAsyncContext;

typedef void (*SspiAsyncNotifyCallback)(SspiAsyncContext *Handle, PVOID CallbackData);

/* NULL: no memory. Free exactly once, after the callback or inside it. */
SspiAsyncContext *SspiCreateAsyncContext(void);
void SspiFreeAsyncContext(SspiAsyncContext *Handle);

/* An NTSTATUS. STATUS_UNSUCCESSFUL: still in use. Keeps the callback. */
NTSTATUS SspiReinitAsyncContext(SspiAsyncContext *Handle);

/* Before a call is queued; NULL takes it away. Else SEC_E_OUT_OF_SEQUENCE. */
SECURITY_STATUS SspiSetAsyncNotifyCallback(SspiAsyncContext *Context,
	SspiAsyncNotifyCallback Callback, void *CallbackData);
BOOLEAN SspiAsyncContextRequiresNotify(SspiAsyncContext *AsyncContext);

/* Never blocks. After any value but PENDING all outputs may be read. */
SECURITY_STATUS SspiGetAsyncCallStatus(SspiAsyncContext *Handle);

/*
 * The strings are PSECURITY_STRING in kernel mode: there the W name means
 * the U function, so that one library serves both kinds of source.
 */
SECURITY_STATUS SspiAcquireCredentialsHandleAsyncA(SspiAsyncContext *AsyncContext,
	LPSTR pszPrincipal, LPSTR pszPackage, ULONG fCredentialUse, void *pvLogonId,
	void *pAuthData, SEC_GET_KEY_FN pGetKeyFn, void *pvGetKeyArgument, PCredHandle phCredential,
	PTimeStamp ptsExpiry);
SECURITY_STATUS SspiAcquireCredentialsHandleAsyncU(SspiAsyncContext *AsyncContext,
	PSECURITY_STRING pszPrincipal, PSECURITY_STRING pszPackage, ULONG fCredentialUse,
	void *pvLogonId, void *pAuthData, SEC_GET_KEY_FN pGetKeyFn, void *pvGetKeyArgument,
	PCredHandle phCredential, PTimeStamp ptsExpiry);

SECURITY_STATUS SspiInitializeSecurityContextAsyncA(SspiAsyncContext *AsyncContext,
	PCredHandle phCredential, PCtxtHandle phContext, LPSTR pszTargetName, ULONG fContextReq,
	ULONG Reserved1, ULONG TargetDataRep, PSecBufferDesc pInput, ULONG Reserved2,
	PCtxtHandle phNewContext, PSecBufferDesc pOutput, ULONG *pfContextAttr,
	PTimeStamp ptsExpiry);
SECURITY_STATUS SspiInitializeSecurityContextAsyncU(SspiAsyncContext *AsyncContext,
	PCredHandle phCredential, PCtxtHandle phContext, PSECURITY_STRING pszTargetName,
	ULONG fContextReq, ULONG Reserved1, ULONG TargetDataRep, PSecBufferDesc pInput,
	ULONG Reserved2, PCtxtHandle phNewContext, PSecBufferDesc pOutput, ULONG *pfContextAttr,
	PTimeStamp ptsExpiry);

#if ISSP_MODE == 0
#define SspiAcquireCredentialsHandleAsyncW	SspiAcquireCredentialsHandleAsyncU
#define SspiInitializeSecurityContextAsyncW	SspiInitializeSecurityContextAsyncU
#define SspiAcquireCredentialsHandleAsync	SspiAcquireCredentialsHandleAsyncU
#define SspiInitializeSecurityContextAsync	SspiInitializeSecurityContextAsyncU
#else
SECURITY_STATUS SspiAcquireCredentialsHandleAsyncW(SspiAsyncContext *AsyncContext,
	LPWSTR pszPrincipal, LPWSTR pszPackage, ULONG fCredentialUse, void *pvLogonId,
	void *pAuthData, SEC_GET_KEY_FN pGetKeyFn, void *pvGetKeyArgument, PCredHandle phCredential,
	PTimeStamp ptsExpiry);
SECURITY_STATUS SspiInitializeSecurityContextAsyncW(SspiAsyncContext *AsyncContext,
	PCredHandle phCredential, PCtxtHandle phContext, LPWSTR pszTargetName, ULONG fContextReq,
	ULONG Reserved1, ULONG TargetDataRep, PSecBufferDesc pInput, ULONG Reserved2,
	PCtxtHandle phNewContext, PSecBufferDesc pOutput, ULONG *pfContextAttr,
	PTimeStamp ptsExpiry);
#define SspiAcquireCredentialsHandleAsync	OLSA_AW(SspiAcquireCredentialsHandleAsync)
#define SspiInitializeSecurityContextAsync	OLSA_AW(SspiInitializeSecurityContextAsync)
#endif

SECURITY_STATUS SspiAcceptSecurityContextAsync(SspiAsyncContext *AsyncContext,
	PCredHandle phCredential, PCtxtHandle phContext, PSecBufferDesc pInput, ULONG fContextReq,
	ULONG TargetDataRep, PCtxtHandle phNewContext, PSecBufferDesc pOutput, ULONG *pfContextAttr,
	PTimeStamp ptsExpiry);

/* The handle is dead at once; without a callback the ACtx may be freed too. */
SECURITY_STATUS SspiDeleteSecurityContextAsync(SspiAsyncContext *AsyncContext,
	PCtxtHandle phContext);
SECURITY_STATUS SspiFreeCredentialsHandleAsync(SspiAsyncContext *AsyncContext,
	PCredHandle phCredential);

/* --- the function table ------------------------------------------------ */

typedef SECURITY_STATUS (SEC_ENTRY *ENUMERATE_SECURITY_PACKAGES_FN_A)(ULONG *pcPackages,
	PSecPkgInfoA *ppPackageInfo);
typedef SECURITY_STATUS (SEC_ENTRY *ENUMERATE_SECURITY_PACKAGES_FN_W)(ULONG *pcPackages,
	PSecPkgInfoW *ppPackageInfo);
typedef SECURITY_STATUS (SEC_ENTRY *QUERY_CREDENTIALS_ATTRIBUTES_FN_A)(PCredHandle phCredential,
	ULONG ulAttribute, void *pBuffer);
typedef SECURITY_STATUS (SEC_ENTRY *QUERY_CREDENTIALS_ATTRIBUTES_FN_W)(PCredHandle phCredential,
	ULONG ulAttribute, void *pBuffer);
typedef SECURITY_STATUS (SEC_ENTRY *QUERY_CREDENTIALS_ATTRIBUTES_EX_FN_A)(PCredHandle phCredential,
	ULONG ulAttribute, void *pBuffer, ULONG cbBuffer);
typedef SECURITY_STATUS (SEC_ENTRY *QUERY_CREDENTIALS_ATTRIBUTES_EX_FN_W)(PCredHandle phCredential,
	ULONG ulAttribute, void *pBuffer, ULONG cbBuffer);
typedef SECURITY_STATUS (SEC_ENTRY *SET_CREDENTIALS_ATTRIBUTES_FN_A)(PCredHandle phCredential,
	ULONG ulAttribute, void *pBuffer, ULONG cbBuffer);
typedef SECURITY_STATUS (SEC_ENTRY *SET_CREDENTIALS_ATTRIBUTES_FN_W)(PCredHandle phCredential,
	ULONG ulAttribute, void *pBuffer, ULONG cbBuffer);
typedef SECURITY_STATUS (SEC_ENTRY *ACQUIRE_CREDENTIALS_HANDLE_FN_A)(SEC_CHAR *pszPrincipal,
	SEC_CHAR *pszPackage, ULONG fCredentialUse, void *pvLogonId, void *pAuthData,
	SEC_GET_KEY_FN pGetKeyFn, void *pvGetKeyArgument, PCredHandle phCredential,
	PTimeStamp ptsExpiry);
typedef SECURITY_STATUS (SEC_ENTRY *ACQUIRE_CREDENTIALS_HANDLE_FN_W)(SEC_WCHAR *pszPrincipal,
	SEC_WCHAR *pszPackage, ULONG fCredentialUse, void *pvLogonId, void *pAuthData,
	SEC_GET_KEY_FN pGetKeyFn, void *pvGetKeyArgument, PCredHandle phCredential,
	PTimeStamp ptsExpiry);
typedef SECURITY_STATUS (SEC_ENTRY *ADD_CREDENTIALS_FN_A)(PCredHandle hCredentials,
	SEC_CHAR *pszPrincipal, SEC_CHAR *pszPackage, ULONG fCredentialUse, void *pAuthData,
	SEC_GET_KEY_FN pGetKeyFn, void *pvGetKeyArgument, PTimeStamp ptsExpiry);
typedef SECURITY_STATUS (SEC_ENTRY *ADD_CREDENTIALS_FN_W)(PCredHandle hCredentials,
	SEC_WCHAR *pszPrincipal, SEC_WCHAR *pszPackage, ULONG fCredentialUse, void *pAuthData,
	SEC_GET_KEY_FN pGetKeyFn, void *pvGetKeyArgument, PTimeStamp ptsExpiry);
typedef SECURITY_STATUS (SEC_ENTRY *CHANGE_PASSWORD_FN_A)(SEC_CHAR *pszPackageName,
	SEC_CHAR *pszDomainName, SEC_CHAR *pszAccountName, SEC_CHAR *pszOldPassword,
	SEC_CHAR *pszNewPassword, BOOLEAN bImpersonating, ULONG dwReserved, PSecBufferDesc pOutput);
typedef SECURITY_STATUS (SEC_ENTRY *CHANGE_PASSWORD_FN_W)(SEC_WCHAR *pszPackageName,
	SEC_WCHAR *pszDomainName, SEC_WCHAR *pszAccountName, SEC_WCHAR *pszOldPassword,
	SEC_WCHAR *pszNewPassword, BOOLEAN bImpersonating, ULONG dwReserved, PSecBufferDesc pOutput);
typedef SECURITY_STATUS (SEC_ENTRY *FREE_CREDENTIALS_HANDLE_FN)(PCredHandle phCredential);
typedef SECURITY_STATUS (SEC_ENTRY *INITIALIZE_SECURITY_CONTEXT_FN_A)(PCredHandle phCredential,
	PCtxtHandle phContext, SEC_CHAR *pszTargetName, ULONG fContextReq, ULONG Reserved1,
	ULONG TargetDataRep, PSecBufferDesc pInput, ULONG Reserved2, PCtxtHandle phNewContext,
	PSecBufferDesc pOutput, ULONG *pfContextAttr, PTimeStamp ptsExpiry);
typedef SECURITY_STATUS (SEC_ENTRY *INITIALIZE_SECURITY_CONTEXT_FN_W)(PCredHandle phCredential,
	PCtxtHandle phContext, SEC_WCHAR *pszTargetName, ULONG fContextReq, ULONG Reserved1,
	ULONG TargetDataRep, PSecBufferDesc pInput, ULONG Reserved2, PCtxtHandle phNewContext,
	PSecBufferDesc pOutput, ULONG *pfContextAttr, PTimeStamp ptsExpiry);
typedef SECURITY_STATUS (SEC_ENTRY *ACCEPT_SECURITY_CONTEXT_FN)(PCredHandle phCredential,
	PCtxtHandle phContext, PSecBufferDesc pInput, ULONG fContextReq, ULONG TargetDataRep,
	PCtxtHandle phNewContext, PSecBufferDesc pOutput, ULONG *pfContextAttr,
	PTimeStamp ptsExpiry);
typedef SECURITY_STATUS (SEC_ENTRY *COMPLETE_AUTH_TOKEN_FN)(PCtxtHandle phContext,
	PSecBufferDesc pToken);
typedef SECURITY_STATUS (SEC_ENTRY *DELETE_SECURITY_CONTEXT_FN)(PCtxtHandle phContext);
typedef SECURITY_STATUS (SEC_ENTRY *APPLY_CONTROL_TOKEN_FN)(PCtxtHandle phContext,
	PSecBufferDesc pInput);
typedef SECURITY_STATUS (SEC_ENTRY *QUERY_CONTEXT_ATTRIBUTES_FN_A)(PCtxtHandle phContext,
	ULONG ulAttribute, void *pBuffer);
typedef SECURITY_STATUS (SEC_ENTRY *QUERY_CONTEXT_ATTRIBUTES_FN_W)(PCtxtHandle phContext,
	ULONG ulAttribute, void *pBuffer);
typedef SECURITY_STATUS (SEC_ENTRY *QUERY_CONTEXT_ATTRIBUTES_EX_FN_A)(PCtxtHandle phContext,
	ULONG ulAttribute, void *pBuffer, ULONG cbBuffer);
typedef SECURITY_STATUS (SEC_ENTRY *QUERY_CONTEXT_ATTRIBUTES_EX_FN_W)(PCtxtHandle phContext,
	ULONG ulAttribute, void *pBuffer, ULONG cbBuffer);
typedef SECURITY_STATUS (SEC_ENTRY *SET_CONTEXT_ATTRIBUTES_FN_A)(PCtxtHandle phContext,
	ULONG ulAttribute, void *pBuffer, ULONG cbBuffer);
typedef SECURITY_STATUS (SEC_ENTRY *SET_CONTEXT_ATTRIBUTES_FN_W)(PCtxtHandle phContext,
	ULONG ulAttribute, void *pBuffer, ULONG cbBuffer);
typedef SECURITY_STATUS (SEC_ENTRY *IMPERSONATE_SECURITY_CONTEXT_FN)(PCtxtHandle phContext);
typedef SECURITY_STATUS (SEC_ENTRY *REVERT_SECURITY_CONTEXT_FN)(PCtxtHandle phContext);
typedef SECURITY_STATUS (SEC_ENTRY *QUERY_SECURITY_CONTEXT_TOKEN_FN)(PCtxtHandle phContext,
	HANDLE *Token);
typedef SECURITY_STATUS (SEC_ENTRY *MAKE_SIGNATURE_FN)(PCtxtHandle phContext, ULONG fQOP,
	PSecBufferDesc pMessage, ULONG MessageSeqNo);
typedef SECURITY_STATUS (SEC_ENTRY *VERIFY_SIGNATURE_FN)(PCtxtHandle phContext,
	PSecBufferDesc pMessage, ULONG MessageSeqNo, ULONG *pfQOP);
typedef SECURITY_STATUS (SEC_ENTRY *ENCRYPT_MESSAGE_FN)(PCtxtHandle phContext, ULONG fQOP,
	PSecBufferDesc pMessage, ULONG MessageSeqNo);
typedef SECURITY_STATUS (SEC_ENTRY *DECRYPT_MESSAGE_FN)(PCtxtHandle phContext,
	PSecBufferDesc pMessage, ULONG MessageSeqNo, ULONG *pfQOP);
typedef SECURITY_STATUS (SEC_ENTRY *FREE_CONTEXT_BUFFER_FN)(void *pvContextBuffer);
typedef SECURITY_STATUS (SEC_ENTRY *QUERY_SECURITY_PACKAGE_INFO_FN_A)(SEC_CHAR *pszPackageName,
	PSecPkgInfoA *ppPackageInfo);
typedef SECURITY_STATUS (SEC_ENTRY *QUERY_SECURITY_PACKAGE_INFO_FN_W)(SEC_WCHAR *pszPackageName,
	PSecPkgInfoW *ppPackageInfo);
typedef SECURITY_STATUS (SEC_ENTRY *EXPORT_SECURITY_CONTEXT_FN)(PCtxtHandle phContext, ULONG fFlags,
	PSecBuffer pPackedContext, void **pToken);
typedef SECURITY_STATUS (SEC_ENTRY *IMPORT_SECURITY_CONTEXT_FN_A)(SEC_CHAR *pszPackage,
	PSecBuffer pPackedContext, void *Token, PCtxtHandle phContext);
typedef SECURITY_STATUS (SEC_ENTRY *IMPORT_SECURITY_CONTEXT_FN_W)(SEC_WCHAR *pszPackage,
	PSecBuffer pPackedContext, void *Token, PCtxtHandle phContext);

#define ENUMERATE_SECURITY_PACKAGES_FN		OLSA_AW(ENUMERATE_SECURITY_PACKAGES_FN_)
#define QUERY_CREDENTIALS_ATTRIBUTES_FN		OLSA_AW(QUERY_CREDENTIALS_ATTRIBUTES_FN_)
#define QUERY_CREDENTIALS_ATTRIBUTES_EX_FN	OLSA_AW(QUERY_CREDENTIALS_ATTRIBUTES_EX_FN_)
#define SET_CREDENTIALS_ATTRIBUTES_FN		OLSA_AW(SET_CREDENTIALS_ATTRIBUTES_FN_)
#define ACQUIRE_CREDENTIALS_HANDLE_FN		OLSA_AW(ACQUIRE_CREDENTIALS_HANDLE_FN_)
#define ADD_CREDENTIALS_FN			OLSA_AW(ADD_CREDENTIALS_FN_)
#define CHANGE_PASSWORD_FN			OLSA_AW(CHANGE_PASSWORD_FN_)
#define INITIALIZE_SECURITY_CONTEXT_FN		OLSA_AW(INITIALIZE_SECURITY_CONTEXT_FN_)
#define QUERY_CONTEXT_ATTRIBUTES_FN		OLSA_AW(QUERY_CONTEXT_ATTRIBUTES_FN_)
#define QUERY_CONTEXT_ATTRIBUTES_EX_FN		OLSA_AW(QUERY_CONTEXT_ATTRIBUTES_EX_FN_)
#define SET_CONTEXT_ATTRIBUTES_FN		OLSA_AW(SET_CONTEXT_ATTRIBUTES_FN_)
#define QUERY_SECURITY_PACKAGE_INFO_FN		OLSA_AW(QUERY_SECURITY_PACKAGE_INFO_FN_)
#define IMPORT_SECURITY_CONTEXT_FN		OLSA_AW(IMPORT_SECURITY_CONTEXT_FN_)
#define INIT_SECURITY_INTERFACE			OLSA_AW(INIT_SECURITY_INTERFACE_)

#define SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION	1
#define SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION_2	2
#define SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION_3	3
#define SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION_4	4
#define SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION_5	5

/* One static table a process; never freed. Slots up to version 5. */
typedef struct _SECURITY_FUNCTION_TABLE_A {
	ULONG					dwVersion;
	ENUMERATE_SECURITY_PACKAGES_FN_A	EnumerateSecurityPackagesA;
	QUERY_CREDENTIALS_ATTRIBUTES_FN_A	QueryCredentialsAttributesA;
	ACQUIRE_CREDENTIALS_HANDLE_FN_A		AcquireCredentialsHandleA;
	FREE_CREDENTIALS_HANDLE_FN		FreeCredentialsHandle;
	void					*Reserved2;
	INITIALIZE_SECURITY_CONTEXT_FN_A	InitializeSecurityContextA;
	ACCEPT_SECURITY_CONTEXT_FN		AcceptSecurityContext;
	COMPLETE_AUTH_TOKEN_FN			CompleteAuthToken;
	DELETE_SECURITY_CONTEXT_FN		DeleteSecurityContext;
	APPLY_CONTROL_TOKEN_FN			ApplyControlToken;
	QUERY_CONTEXT_ATTRIBUTES_FN_A		QueryContextAttributesA;
	IMPERSONATE_SECURITY_CONTEXT_FN		ImpersonateSecurityContext;
	REVERT_SECURITY_CONTEXT_FN		RevertSecurityContext;
	MAKE_SIGNATURE_FN			MakeSignature;
	VERIFY_SIGNATURE_FN			VerifySignature;
	FREE_CONTEXT_BUFFER_FN			FreeContextBuffer;
	QUERY_SECURITY_PACKAGE_INFO_FN_A	QuerySecurityPackageInfoA;
	void					*Reserved3;
	void					*Reserved4;
	EXPORT_SECURITY_CONTEXT_FN		ExportSecurityContext;
	IMPORT_SECURITY_CONTEXT_FN_A		ImportSecurityContextA;
	ADD_CREDENTIALS_FN_A			AddCredentialsA;
	void					*Reserved8;
	QUERY_SECURITY_CONTEXT_TOKEN_FN		QuerySecurityContextToken;
	ENCRYPT_MESSAGE_FN			EncryptMessage;
	DECRYPT_MESSAGE_FN			DecryptMessage;
	SET_CONTEXT_ATTRIBUTES_FN_A		SetContextAttributesA;
	SET_CREDENTIALS_ATTRIBUTES_FN_A		SetCredentialsAttributesA;
	CHANGE_PASSWORD_FN_A			ChangeAccountPasswordA;
	QUERY_CONTEXT_ATTRIBUTES_EX_FN_A	QueryContextAttributesExA;
	QUERY_CREDENTIALS_ATTRIBUTES_EX_FN_A	QueryCredentialsAttributesExA;
} SecurityFunctionTableA, *PSecurityFunctionTableA;

typedef struct _SECURITY_FUNCTION_TABLE_W {
	ULONG					dwVersion;
	ENUMERATE_SECURITY_PACKAGES_FN_W	EnumerateSecurityPackagesW;
	QUERY_CREDENTIALS_ATTRIBUTES_FN_W	QueryCredentialsAttributesW;
	ACQUIRE_CREDENTIALS_HANDLE_FN_W		AcquireCredentialsHandleW;
	FREE_CREDENTIALS_HANDLE_FN		FreeCredentialsHandle;
	void					*Reserved2;
	INITIALIZE_SECURITY_CONTEXT_FN_W	InitializeSecurityContextW;
	ACCEPT_SECURITY_CONTEXT_FN		AcceptSecurityContext;
	COMPLETE_AUTH_TOKEN_FN			CompleteAuthToken;
	DELETE_SECURITY_CONTEXT_FN		DeleteSecurityContext;
	APPLY_CONTROL_TOKEN_FN			ApplyControlToken;
	QUERY_CONTEXT_ATTRIBUTES_FN_W		QueryContextAttributesW;
	IMPERSONATE_SECURITY_CONTEXT_FN		ImpersonateSecurityContext;
	REVERT_SECURITY_CONTEXT_FN		RevertSecurityContext;
	MAKE_SIGNATURE_FN			MakeSignature;
	VERIFY_SIGNATURE_FN			VerifySignature;
	FREE_CONTEXT_BUFFER_FN			FreeContextBuffer;
	QUERY_SECURITY_PACKAGE_INFO_FN_W	QuerySecurityPackageInfoW;
	void					*Reserved3;
	void					*Reserved4;
	EXPORT_SECURITY_CONTEXT_FN		ExportSecurityContext;
	IMPORT_SECURITY_CONTEXT_FN_W		ImportSecurityContextW;
	ADD_CREDENTIALS_FN_W			AddCredentialsW;
	void					*Reserved8;
	QUERY_SECURITY_CONTEXT_TOKEN_FN		QuerySecurityContextToken;
	ENCRYPT_MESSAGE_FN			EncryptMessage;
	DECRYPT_MESSAGE_FN			DecryptMessage;
	SET_CONTEXT_ATTRIBUTES_FN_W		SetContextAttributesW;
	SET_CREDENTIALS_ATTRIBUTES_FN_W		SetCredentialsAttributesW;
	CHANGE_PASSWORD_FN_W			ChangeAccountPasswordW;
	QUERY_CONTEXT_ATTRIBUTES_EX_FN_W	QueryContextAttributesExW;
	QUERY_CREDENTIALS_ATTRIBUTES_EX_FN_W	QueryCredentialsAttributesExW;
} SecurityFunctionTableW, *PSecurityFunctionTableW;

#define SecurityFunctionTable	OLSA_AW(SecurityFunctionTable)
#define PSecurityFunctionTable	OLSA_AW(PSecurityFunctionTable)

PSecurityFunctionTableA SEC_ENTRY InitSecurityInterfaceA(void);
PSecurityFunctionTableW SEC_ENTRY InitSecurityInterfaceW(void);
#define InitSecurityInterface	OLSA_AW(InitSecurityInterface)
typedef PSecurityFunctionTableA (SEC_ENTRY *INIT_SECURITY_INTERFACE_A)(void);
typedef PSecurityFunctionTableW (SEC_ENTRY *INIT_SECURITY_INTERFACE_W)(void);

/* The names to look up with GetProcAddress or dlsym. */
#define SECURITY_ENTRYPOINTW		SEC_TEXT("InitSecurityInterfaceW")
#define SECURITY_ENTRYPOINTA		SEC_TEXT("InitSecurityInterfaceA")
#define SECURITY_ENTRYPOINT16		"INITSECURITYINTERFACEA"
#define SECURITY_ENTRYPOINT_ANSIW	"InitSecurityInterfaceW"
#define SECURITY_ENTRYPOINT_ANSIA	"InitSecurityInterfaceA"
#define SECURITY_ENTRYPOINT		OLSA_AW(SECURITY_ENTRYPOINT)
#define SECURITY_ENTRYPOINT_ANSI	OLSA_AW(SECURITY_ENTRYPOINT_ANSI)

#ifdef __cplusplus
}
#endif

#endif
