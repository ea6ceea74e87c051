/* SPDX-License-Identifier: MIT */
/*
 * openlsa.h - what OpenLSA adds to Windows' interface, and nothing else.
 * Every name begins with Olsa or OLSA_. Strings are UTF-8. Any thread may
 * call any function unless it says otherwise. Memory is the caller's where a
 * function says so, and is given back with FreeContextBuffer.
 */
#ifndef OPENLSA_H
#define OPENLSA_H

#include <sspi.h>
#include <ntsecapi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OLSA_VERSION "0.1.0"

/* --- explanations ------------------------------------------------------ */

/*
 * Why a call ended as it did: one line per layer, the innermost first, each
 * "STATUS_NAME: sentence\n". With a context: the chain of its legs, kept also
 * when they succeeded (choices made are explained too). Without one: the
 * chain of this thread's last call that returned Status. *Text is never NULL
 * on SEC_E_OK; where no chain is known it is what the status means.
 *
 * SEC_E_OK; SEC_E_INVALID_HANDLE; SEC_E_INSUFFICIENT_MEMORY.
 * *Text: free with FreeContextBuffer.
 */
SECURITY_STATUS OlsaExplain(LONG Status, PCtxtHandle Context, LPSTR *Text);

/* The symbolic name of a status ("SEC_E_LOGON_DENIED"), or NULL. Static. */
const char *OlsaStatusName(LONG Status);

/* --- where the LSA is --------------------------------------------------- */

#define OLSA_MODE_EMBEDDED	1u	/* in this process */
#define OLSA_MODE_DAEMON	2u	/* lsad */

/* Which of the two this process uses; decided once, never by whether a daemon is there. 0: the configuration cannot be read. */
ULONG OlsaMode(void);

/* --- attributes of ours --------------------------------------------------- */

/* SetCredentialsAttributes: ULONG, milliseconds a call on this credential may take; 0 is the default (30,000). */
#define OLSA_CRED_ATTR_DEADLINE		0x4F4C0001u
/* QueryContextAttributes: OlsaLogonInfo. Strings: FreeContextBuffer each. */
#define OLSA_ATTR_LOGON			0x4F4C0002u
/* QueryContextAttributes: ULONG, OLSA_MODE_*. */
#define OLSA_ATTR_MODE			0x4F4C0003u
/* QueryContextAttributes: LPSTR, the reason chain; FreeContextBuffer. */
#define OLSA_ATTR_REASONS		0x4F4C0004u

typedef struct OlsaLogonInfo {
	LUID LogonId;			/* the session that the logon made; 0:0 on the client's side */
	LPSTR User, Domain, Sid;	/* never NULL; may be empty */
} OlsaLogonInfo;

/* --- asynchronous calls on the application's own loop ----------------------- */

/*
 * A completion queue owns one epoll descriptor. An SspiAsyncContext bound to
 * it completes into it; its callback runs only in Dispatch, on the thread
 * that calls it. No application code runs on a thread of ours.
 */
typedef struct OLSA_ASYNC_QUEUE OLSA_ASYNC_QUEUE;

/* 0, or an errno value (ENOMEM, EMFILE, ENFILE). */
int OlsaSspiAsyncQueueCreate(OLSA_ASYNC_QUEUE **Queue);
/* Level-triggered: readable means that Dispatch has work, not that a completion waits. Never read or close it. */
int OlsaSspiAsyncQueueFd(OLSA_ASYNC_QUEUE *Queue);
/* Idle contexts only, else SEC_E_OUT_OF_SEQUENCE. A NULL queue unbinds. */
SECURITY_STATUS OlsaSspiBindAsyncContext(SspiAsyncContext *Context, OLSA_ASYNC_QUEUE *Queue, void *Cookie);
/* Turns the queue, pops up to Max completions and runs their callbacks here. How many; 0 from inside a callback of the same queue. */
unsigned OlsaSspiAsyncDispatch(OLSA_ASYNC_QUEUE *Queue, unsigned Max);
/* Turns the queue and pops one completion without running its callback; NULL: none. */
SspiAsyncContext *OlsaSspiAsyncNext(OLSA_ASYNC_QUEUE *Queue, void **Cookie);
/* Members go on as contexts with neither callback nor queue. */
void OlsaSspiAsyncQueueFree(OLSA_ASYNC_QUEUE *Queue);
/* Milliseconds for each later call on it; 0 is the default. Idle only, else SEC_E_OUT_OF_SEQUENCE. */
SECURITY_STATUS OlsaSspiSetAsyncDeadline(SspiAsyncContext *Context, ULONG Milliseconds);
/* Until the status is final: that status, or SEC_I_ASYNC_CALL_PENDING after timeout_ms (-1: without end). Pops nothing, runs no callback. */
SECURITY_STATUS OlsaSspiWaitAsync(SspiAsyncContext *Context, int TimeoutMs);
/*
 * Asks a pending call to stop; it still completes and notifies: SEC_E_UNFINISHED_CONTEXT_DELETED for
 * initialise and accept, SEC_E_INTERNAL_ERROR for others, or its real result. Never a delete or a free.
 * SEC_E_OK: asked. SEC_E_INVALID_HANDLE: nothing to ask.
 */
SECURITY_STATUS OlsaSspiCancelAsync(SspiAsyncContext *Context);

/* --- tokens of logons ---------------------------------------------------------- */

/*
 * A token as a descriptor, which may be sent to another process (SCM_RIGHTS) or left to a child; it keeps the
 * logon session alive by itself. Nothing can be done with it but OlsaTokenFromDescriptor, by whoever has it: it
 * conveys the token, not the sender's rights. close() ends it.
 * STATUS_INVALID_HANDLE; STATUS_NOT_SUPPORTED in embedded mode, where no other process knows the LSA.
 */
NTSTATUS OlsaTokenToDescriptor(HANDLE Token, int *Descriptor);
/* A token of this process's own (CloseHandle); the descriptor stays open. STATUS_INVALID_HANDLE: it is none, or has ended. */
NTSTATUS OlsaTokenFromDescriptor(int Descriptor, PHANDLE Token);

/* Which Unix user the token's user is here, by openlsa.conf's map_* rules. STATUS_NONE_MAPPED. */
NTSTATUS OlsaTokenUnixUser(HANDLE Token, ULONG *Uid, ULONG *Gid);

/* --- tokens as text ------------------------------------------------------------ */

#define OLSA_DECODE_TREE	0u	/* a tree for a terminal */
#define OLSA_DECODE_JSON	1u

/* Decodes an authentication token (SPNEGO with what is inside, NTLM). SEC_E_INVALID_TOKEN: not one of ours. *Text: FreeContextBuffer. */
SECURITY_STATUS OlsaDecodeToken(const void *Token, ULONG TokenLength, ULONG Format, LPSTR *Text);

/* --- administration ---------------------------------------------------------------- */

/*
 * LsaHandle comes from LsaRegisterLogonProcess and must have earned the rank
 * of an administrator: root, lsad's own uid, or this process in embedded
 * mode; else STATUS_ACCESS_DENIED. NTSTATUS throughout. Names are at most
 * 256 characters. A password may be empty (a blank password).
 */
#define OLSA_USER_DISABLED		0x1u
#define OLSA_USER_LOCKED		0x2u	/* by an administrator, or by too many wrong passwords */
#define OLSA_USER_MUST_CHANGE		0x4u

typedef struct OlsaUserInfo {
	LPSTR Name, FullName, Sid;
	ULONG Flags;			/* OLSA_USER_* */
	ULONG FailedAttempts;		/* in the current window */
	ULONGLONG PasswordLastSet;	/* FILETIME, UTC */
} OlsaUserInfo;

/* STATUS_USER_EXISTS, STATUS_OBJECT_NAME_INVALID. *Sid (may be NULL): FreeContextBuffer. */
NTSTATUS OlsaUserAdd(HANDLE LsaHandle, LPCSTR Name, LPCSTR FullName, LPCSTR Password, LPSTR *Sid);
NTSTATUS OlsaUserDelete(HANDLE LsaHandle, LPCSTR Name);			/* STATUS_NO_SUCH_USER, as for the next ones */
NTSTATUS OlsaUserSetPassword(HANDLE LsaHandle, LPCSTR Name, LPCSTR Password);
/* Unlock also forgets the wrong passwords counted so far. */
NTSTATUS OlsaUserLock(HANDLE LsaHandle, LPCSTR Name, BOOLEAN Lock);
/* A disabled account logs on to nothing, with the right password too. Enabling one that is not disabled is no mistake. */
NTSTATUS OlsaUserDisable(HANDLE LsaHandle, LPCSTR Name, BOOLEAN Disable);
/* By index in the order of names (STATUS_NO_MORE_ENTRIES behind the last), or by Name when that is not NULL. OlsaUserFree. */
NTSTATUS OlsaUserGet(HANDLE LsaHandle, ULONG Index, LPCSTR Name, OlsaUserInfo *Info);
void OlsaUserFree(OlsaUserInfo *Info);

typedef struct OlsaPolicyInfo {
	CHAR Name[64];
	ULONG Value, Least, Most, Usual;
} OlsaPolicyInfo;

/* Any handle may read. STATUS_OBJECT_NAME_NOT_FOUND; STATUS_INVALID_PARAMETER outside Least..Most. */
NTSTATUS OlsaPolicyGet(HANDLE LsaHandle, ULONG Index, LPCSTR Name, OlsaPolicyInfo *Info);
NTSTATUS OlsaPolicySet(HANDLE LsaHandle, LPCSTR Name, ULONG Value);

typedef struct OlsaStatusInfo {
	CHAR Computer[64], Sid[192];
	ULONG Mode;			/* OLSA_MODE_* */
	ULONG Links, Calls, Credentials, Contexts, Sessions;
	ULONGLONG Started;		/* FILETIME, UTC */
	ULONGLONG Handshakes;		/* legs that established a context */
} OlsaStatusInfo;

NTSTATUS OlsaStatus(HANDLE LsaHandle, OlsaStatusInfo *Info);
/* A round trip that does nothing. */
NTSTATUS OlsaPing(HANDLE LsaHandle);

/* --- logon sessions ------------------------------------------------------------------------ */

/*
 * Ends a logon session for everybody: all tokens of it and all acceptors' established contexts with its user are
 * closed, and what packages keep with it - keys, tickets - is forgotten once the calls in flight are done. The default
 * session of a user begins anew when it is next needed. One's own sessions from any handle, others' from a trusted one.
 *
 * STATUS_NO_SUCH_LOGON_SESSION; STATUS_ACCESS_DENIED; STATUS_INVALID_PARAMETER: no LogonId.
 */
NTSTATUS OlsaLogoff(HANDLE LsaHandle, PLUID LogonId);

/* --- messages whose layouts Windows' public headers do not have -------------------------- */

/*
 * MsV1_0DeriveCredential: HMAC-SHA1, keyed with the NT hash of the session's own password, over the caller's bytes. LogonId
 * zero: the caller's session; another's needs a trusted connection. The reply has 20 bytes. STATUS_NO_SUCH_LOGON_SESSION:
 * no such session, or it has no password of its own. STATUS_NOT_SUPPORTED: DeriveCredType 1 (SHA1_V2), which nobody has
 * published.
 */
typedef struct OlsaDeriveCredRequest {
	MSV1_0_PROTOCOL_MESSAGE_TYPE	MessageType;
	LUID				LogonId;
	ULONG				DeriveCredType;		/* 0: SHA1 */
	ULONG				DeriveCredInfoLength;	/* bytes behind the structure's fixed part */
	UCHAR				DeriveCredSubmitBuffer[ANYSIZE_ARRAY];
} OlsaDeriveCredRequest;

typedef struct OlsaDeriveCredResponse {
	MSV1_0_PROTOCOL_MESSAGE_TYPE	MessageType;
	ULONG				DeriveCredInfoLength;
	UCHAR				DeriveCredReturnBuffer[ANYSIZE_ARRAY];
} OlsaDeriveCredResponse;

/*
 * MsV1_0SetProcessOption and MsV1_0SetThreadOption, of trusted connections alone. Both are kept with the connection and
 * hold for what is asked of MSV1_0 on it: logons and MsV1_0ValidateAuth. An option that was set for the thread counts in
 * the place of the process's, on or off; who wants it for one thread alone gives that thread a connection of its own.
 */
#define OLSA_OPTION_ALLOW_BLANK_PASSWORD	0x01u	/* blank passwords over the network, whatever policy limit-blank-password says */
#define OLSA_OPTION_DISABLE_ADMIN_LOCKOUT	0x02u	/* kept, without effect: no account here has RID 500 */
#define OLSA_OPTION_DISABLE_FORCE_GUEST		0x04u	/* kept, without effect: nobody is ever made a guest */
#define OLSA_OPTION_ALLOW_OLD_PASSWORD		0x08u	/* kept, without effect: a domain's controller alone takes the last password for a while */
#define OLSA_OPTION_TRY_CACHE_FIRST		0x10u	/* kept, without effect: a domain that answers is always asked first */

typedef struct OlsaSetOptionRequest {
	MSV1_0_PROTOCOL_MESSAGE_TYPE	MessageType;
	ULONG				Options;
	BOOLEAN				DisableOptions;		/* TRUE: these are switched off */
} OlsaSetOptionRequest;

/*
 * MsV1_0ValidateAuth, of trusted connections alone: judges what MSV1_0_LM20_LOGON would log on, and makes no session; with
 * ParameterControl MSV1_0_CLEARTEXT_PASSWORD_ALLOWED | MSV1_0_CLEARTEXT_PASSWORD_SUPPLIED a password in the place of the
 * response. Wrong guesses count. Rights to log on are not looked at. ProtocolStatus is LsaLogonUser's SubStatus where it
 * would have one, else its status. Nothing is returned.
 */
typedef MSV1_0_LM20_LOGON OlsaValidateAuthRequest;	/* MessageType: MsV1_0ValidateAuth */

/*
 * KerbPinKdc, of trusted connections alone: this KDC is asked first for this realm, for everybody, until KerbUnpinAllKdcs
 * or the LSA's end; those that krb5.conf names come after it. "host", "host:port" or an address. As
 * KerbAddBindingCacheEntryEx does, which KerbPurgeBindingCache undoes; a pin comes before a binding. At most 64 of both:
 * STATUS_QUOTA_EXCEEDED. Flags: 0.
 */
typedef struct OlsaPinKdcRequest {
	KERB_PROTOCOL_MESSAGE_TYPE	MessageType;
	ULONG				Flags;
	UNICODE_STRING			Realm, KdcAddress;
	ULONG				DcFlags;
} OlsaPinKdcRequest;

typedef struct OlsaUnpinAllKdcsRequest {
	KERB_PROTOCOL_MESSAGE_TYPE	MessageType;
	ULONG				Flags;
} OlsaUnpinAllKdcsRequest;

/* --- notification of policy ------------------------------------------------------------ */

/*
 * LsaRegisterPolicyChangeNotification for a program with a loop: eight bytes (the number 1) are written to Fd - an
 * eventfd, or a pipe's end - after each commit that changed the class; several changes may be one. A copy of Fd is
 * kept: closing it does not unregister. The same pair registered twice counts twice.
 *
 * STATUS_INVALID_PARAMETER: no such class. STATUS_INVALID_HANDLE: no descriptor; not registered.
 */
NTSTATUS OlsaRegisterPolicyChangeFd(POLICY_NOTIFICATION_INFORMATION_CLASS Class, int Fd);
NTSTATUS OlsaUnregisterPolicyChangeFd(POLICY_NOTIFICATION_INFORMATION_CLASS Class, int Fd);

#ifdef __cplusplus
}
#endif
#endif
