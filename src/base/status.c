/*
 * status.c - NTSTATUS, SECURITY_STATUS and Win32 errors: one table.
 *
 * Knows codes, names and sentences; it must never learn to know who
 * returned a code or why. The numbers come from status.tab by way of
 * status_table.h; only the sentences and the way from NTSTATUS to
 * SECURITY_STATUS stand here.
 */
#include "base/status.h"

#include <stddef.h>

#include "base/status_table.h"

/* The public headers name a code with its type; in this file a code is a bare word. */
typedef uint32_t NTSTATUS;
typedef uint32_t HRESULT;

#include <ntstatus.h>
#include <winerror.h>

static const struct {
	uint32_t status, sec;
} sec_rows[] = {
	{ STATUS_LOGON_FAILURE,		SEC_E_LOGON_DENIED },
	{ STATUS_WRONG_PASSWORD,	SEC_E_LOGON_DENIED },
	{ STATUS_NO_SUCH_USER,		SEC_E_LOGON_DENIED },
	{ STATUS_ACCOUNT_LOCKED_OUT,	SEC_E_LOGON_DENIED },
	{ STATUS_ACCOUNT_DISABLED,	SEC_E_LOGON_DENIED },
	{ STATUS_ACCOUNT_EXPIRED,	SEC_E_LOGON_DENIED },
	{ STATUS_PASSWORD_EXPIRED,	SEC_E_LOGON_DENIED },
	{ STATUS_PASSWORD_MUST_CHANGE,	SEC_E_LOGON_DENIED },
	{ STATUS_ACCOUNT_RESTRICTION,	SEC_E_LOGON_DENIED },
	{ STATUS_INVALID_LOGON_HOURS,	SEC_E_LOGON_DENIED },
	{ STATUS_INVALID_WORKSTATION,	SEC_E_LOGON_DENIED },
	{ STATUS_LOGON_TYPE_NOT_GRANTED, SEC_E_LOGON_DENIED },
	{ STATUS_NO_MEMORY,		SEC_E_INSUFFICIENT_MEMORY },
	{ STATUS_INSUFFICIENT_RESOURCES, SEC_E_INSUFFICIENT_MEMORY },
	{ STATUS_QUOTA_EXCEEDED,	SEC_E_INSUFFICIENT_MEMORY },
	{ STATUS_INVALID_HANDLE,	SEC_E_INVALID_HANDLE },
	{ STATUS_NO_SUCH_PACKAGE,	SEC_E_SECPKG_NOT_FOUND },
	{ STATUS_NOT_SUPPORTED,		SEC_E_UNSUPPORTED_FUNCTION },
	{ STATUS_NOT_IMPLEMENTED,	SEC_E_UNSUPPORTED_FUNCTION },
	{ STATUS_BUFFER_TOO_SMALL,	SEC_E_BUFFER_TOO_SMALL },
	{ STATUS_NO_LOGON_SERVERS,	SEC_E_NO_AUTHENTICATING_AUTHORITY },
	{ STATUS_ACCESS_DENIED,		SEC_E_NOT_OWNER },
	{ STATUS_PRIVILEGE_NOT_HELD,	SEC_E_NOT_OWNER },
	{ STATUS_NO_SUCH_LOGON_SESSION,	SEC_E_NO_CREDENTIALS },
	{ STATUS_PASSWORD_RESTRICTION,	STATUS_PASSWORD_RESTRICTION },
};

static const struct {
	uint32_t code;
	const char *text;
} text_rows[] = {
	/* --- SSPI: success and its shades ----------------------------------- */
	{ SEC_E_OK,
	  "The call succeeded." },
	{ SEC_I_CONTINUE_NEEDED,
	  "The handshake goes on: send the token, if there is one, and call again with the peer's answer." },
	{ SEC_I_COMPLETE_NEEDED,
	  "The handshake is done once CompleteAuthToken has been called on the token." },
	{ SEC_I_COMPLETE_AND_CONTINUE,
	  "Call CompleteAuthToken on the token, send it, and call again with the peer's answer." },
	{ SEC_I_LOCAL_LOGON,
	  "The logon was completed on this machine; nothing needs to be sent." },
	{ SEC_I_CONTEXT_EXPIRED,
	  "The peer has closed the security context in good order; no more messages will come." },
	{ SEC_I_INCOMPLETE_CREDENTIALS,
	  "The server asks for a client certificate and the credential has none. "
	  "Give one, or call again to go on without." },
	{ SEC_I_RENEGOTIATE,
	  "The peer wants to renegotiate or has sent a handshake message: pass it to the handshake function." },
	{ SEC_I_SIGNATURE_NEEDED,
	  "The message must be signed before the handshake goes on." },
	{ SEC_I_CONTINUE_NEEDED_MESSAGE_OK,
	  "The handshake goes on, and messages may already be protected." },
	{ SEC_I_ASYNC_CALL_PENDING,
	  "The asynchronous call has not ended yet. Wait for its callback or ask again." },

	/* --- SSPI: errors --------------------------------------------------- */
	{ SEC_E_INSUFFICIENT_MEMORY,
	  "There is not enough memory, or (Schannel) the output buffer is too small. "
	  "See the buffer's cbBuffer for the size it needs." },
	{ SEC_E_INVALID_HANDLE,
	  "The handle is not valid: never issued, already freed, of another kind, or made before a fork or "
	  "a restart of the daemon. Acquire a new one." },
	{ SEC_E_UNSUPPORTED_FUNCTION,
	  "The package does not offer this function or flag. Ask for less or choose another package." },
	{ SEC_E_TARGET_UNKNOWN,
	  "The target name is not known to the KDC or is malformed. Check the service principal name and that it is registered." },
	{ SEC_E_INTERNAL_ERROR,
	  "The LSA could not serve the call. The daemon may be absent, lost or not the expected one; its log tells more." },
	{ SEC_E_SECPKG_NOT_FOUND,
	  "There is no security package of that name. List the packages to see what is available." },
	{ SEC_E_NOT_OWNER,
	  "The caller may not do this. It needs a right or privilege that it does not have." },
	{ SEC_E_CANNOT_INSTALL,
	  "The security package could not be started. Its configuration or a library it needs is missing." },
	{ SEC_E_INVALID_TOKEN,
	  "The token is malformed, replayed or meant for another package. Check that both sides speak the same "
	  "protocol and that the token arrived whole." },
	{ SEC_E_QOP_NOT_SUPPORTED,
	  "This quality of protection is not available in the context. Use the default." },
	{ SEC_E_NO_IMPERSONATION,
	  "The context does not allow impersonation. It is not an established server context, or the client limited it." },
	{ SEC_E_LOGON_DENIED,
	  "The credentials were not accepted. Check the user name and the password, and whether the account may log on." },
	{ SEC_E_UNKNOWN_CREDENTIALS,
	  "The credentials given are incomplete or of a form the package does not know." },
	{ SEC_E_NO_CREDENTIALS,
	  "There are no credentials to use: no logon, ticket, key or certificate for this caller. "
	  "Log on first, or give credentials explicitly." },
	{ SEC_E_MESSAGE_ALTERED,
	  "The message or its signature was changed on the way, or the two sides disagree on the keys." },
	{ SEC_E_OUT_OF_SEQUENCE,
	  "The message or call came out of order: a replay, a loss, or a context that has already failed." },
	{ SEC_E_NO_AUTHENTICATING_AUTHORITY,
	  "No authentication server could be reached. Check the network, DNS and the realm's list of KDCs." },
	{ SEC_E_BAD_PKGID,
	  "The package number is not one this LSA gave out." },
	{ SEC_E_CONTEXT_EXPIRED,
	  "The security context has expired or was closed. Authenticate again." },
	{ SEC_E_INCOMPLETE_MESSAGE,
	  "The message is not complete yet. Read more and call again with all bytes so far." },
	{ SEC_E_INCOMPLETE_CREDENTIALS,
	  "The credential lacks a part that the handshake needs. Give a certificate with its private key, or the whole identity." },
	{ SEC_E_BUFFER_TOO_SMALL,
	  "The output buffer is too small. See its cbBuffer for the size it needs." },
	{ SEC_E_WRONG_PRINCIPAL,
	  "The peer is not the one that was asked for. Check the target name, and that the server's key or "
	  "certificate belongs to that name." },
	{ SEC_E_TIME_SKEW,
	  "The clocks of the two sides are too far apart. Synchronise them." },
	{ SEC_E_UNTRUSTED_ROOT,
	  "The peer's certificate comes from an authority that is not trusted here." },
	{ SEC_E_ILLEGAL_MESSAGE,
	  "The peer sent a message that the protocol does not allow at this point." },
	{ SEC_E_CERT_UNKNOWN,
	  "The peer's certificate could not be processed." },
	{ SEC_E_CERT_EXPIRED,
	  "The peer's certificate has expired or is not valid yet. Check the certificate and this machine's clock." },
	{ SEC_E_DECRYPT_FAILURE,
	  "The message could not be decrypted. The two sides disagree on the keys, or it is damaged." },
	{ SEC_E_ALGORITHM_MISMATCH,
	  "The two sides have no algorithm or protocol version in common. Compare what each of them allows." },
	{ SEC_E_SECURITY_QOS_FAILED,
	  "The protection asked for could not be had with this peer." },
	{ SEC_E_UNFINISHED_CONTEXT_DELETED,
	  "The context was deleted before the handshake had ended." },
	{ SEC_E_WRONG_CREDENTIAL_HANDLE,
	  "The credential is not the one the context was begun with. Use the same for every leg." },
	{ SEC_E_KDC_UNKNOWN_ETYPE,
	  "The KDC does not support an encryption type that the request needs. Compare the types both sides allow." },
	{ SEC_E_BAD_BINDINGS,
	  "The channel bindings are missing or differ: the token was made for another connection, perhaps through a proxy." },
	{ SEC_E_DOWNGRADE_DETECTED,
	  "Somebody may have tried to weaken the negotiation, or no authentication server could be reached to rule that out." },
	{ SEC_E_SHUTDOWN_IN_PROGRESS,
	  "The LSA is shutting down. Try again when it is back." },
	{ SEC_E_DELEGATION_POLICY,
	  "Policy forbids delegating credentials to this server." },
	{ SEC_E_POLICY_NLTM_ONLY,
	  "Policy forbids delegating credentials to a server that was proven by NTLM only." },
	{ SEC_E_MUTUAL_AUTH_FAILED,
	  "The server did not prove who it is." },
	{ SEC_E_APPLICATION_PROTOCOL_MISMATCH,
	  "The two sides have no application protocol in common. Compare the protocol lists (ALPN)." },

	/* --- NTSTATUS ------------------------------------------------------- */
	{ STATUS_PENDING,
	  "The operation has not ended yet." },
	{ STATUS_SOME_NOT_MAPPED,
	  "Some of the names or SIDs could not be translated; the others were." },
	{ STATUS_MORE_ENTRIES,
	  "There are more entries. Call again with the same enumeration context." },
	{ STATUS_NO_MORE_ENTRIES,
	  "There are no more entries." },
	{ STATUS_UNSUCCESSFUL,
	  "The operation failed; the log of the LSA tells more." },
	{ STATUS_NOT_IMPLEMENTED,
	  "This operation is not implemented." },
	{ STATUS_INVALID_INFO_CLASS,
	  "The kind of information asked for does not exist." },
	{ STATUS_INVALID_HANDLE,
	  "The handle is not valid: never issued, already closed, of another kind, or made before a fork. Open a new one." },
	{ STATUS_INVALID_PARAMETER,
	  "An argument is not valid. Check lengths, pointers and message types." },
	{ STATUS_NO_MEMORY,
	  "There is not enough memory." },
	{ STATUS_ACCESS_DENIED,
	  "The caller may not do this. Use a trusted connection or ask for less access." },
	{ STATUS_BUFFER_TOO_SMALL,
	  "The buffer is too small for the answer." },
	{ STATUS_OBJECT_NAME_NOT_FOUND,
	  "There is no such object, or the daemon is not running." },
	{ STATUS_OBJECT_NAME_COLLISION,
	  "An object of that name exists already." },
	{ STATUS_PORT_DISCONNECTED,
	  "The connection to the LSA was closed while the call was under way. Connect again." },
	{ STATUS_PORT_CONNECTION_REFUSED,
	  "The LSA refused the connection: the caller is not trusted, or the server could not be authenticated." },
	{ STATUS_QUOTA_EXCEEDED,
	  "A limit of the LSA or of the caller's memory is used up." },
	{ STATUS_NO_SUCH_LOGON_SESSION,
	  "There is no such logon session. It may have ended." },
	{ STATUS_NO_SUCH_PRIVILEGE,
	  "There is no privilege or right of that name." },
	{ STATUS_PRIVILEGE_NOT_HELD,
	  "The caller lacks a privilege. Connect with LsaRegisterLogonProcess from a trusted process." },
	{ STATUS_NO_SUCH_USER,
	  "There is no such account." },
	{ STATUS_WRONG_PASSWORD,
	  "The old password is not the right one." },
	{ STATUS_PASSWORD_RESTRICTION,
	  "The new password does not meet the policy. Check its length, its age and the history." },
	{ STATUS_LOGON_FAILURE,
	  "The user name or the password is wrong." },
	{ STATUS_ACCOUNT_RESTRICTION,
	  "A restriction of the account forbids this logon, such as an empty password." },
	{ STATUS_INVALID_LOGON_HOURS,
	  "The account may not log on at this time." },
	{ STATUS_INVALID_WORKSTATION,
	  "The account may not log on from this machine." },
	{ STATUS_PASSWORD_EXPIRED,
	  "The password has expired. Change it." },
	{ STATUS_ACCOUNT_DISABLED,
	  "The account is disabled. An administrator can enable it." },
	{ STATUS_NONE_MAPPED,
	  "None of the names or SIDs could be translated." },
	{ STATUS_INVALID_SID,
	  "The SID is malformed." },
	{ STATUS_INSUFFICIENT_RESOURCES,
	  "The system has no resources left for this: memory, descriptors or locked memory." },
	{ STATUS_NOT_SUPPORTED,
	  "The operation is not supported here." },
	{ STATUS_INVALID_DOMAIN_STATE,
	  "The machine or the domain is not in a state that allows this." },
	{ STATUS_NO_SUCH_DOMAIN,
	  "There is no such domain." },
	{ STATUS_INTERNAL_ERROR,
	  "The LSA found itself in a state it does not know. This is a fault; its log tells more." },
	{ STATUS_NO_SUCH_PACKAGE,
	  "There is no authentication package of that name." },
	{ STATUS_BAD_VALIDATION_CLASS,
	  "The package does not know this message or logon type." },
	{ STATUS_NAME_TOO_LONG,
	  "The name is too long." },
	{ STATUS_INVALID_LOGON_TYPE,
	  "There is no such logon type, or it is not supported." },
	{ STATUS_LOGON_TYPE_NOT_GRANTED,
	  "The account has not been granted this type of logon. Grant it the right, or lift the denial." },
	{ STATUS_TOO_MANY_SECRETS,
	  "The store may not hold more private data." },
	{ STATUS_SECRET_TOO_LONG,
	  "The private data is too long." },
	{ STATUS_NO_TRUST_LSA_SECRET,
	  "This machine has no key for its account in the domain. Join it again." },
	{ STATUS_NO_LOGON_SERVERS,
	  "No logon server could be reached. Check the network, DNS and the realm's list of KDCs." },
	{ STATUS_CANCELLED,
	  "The call was cancelled." },
	{ STATUS_ACCOUNT_EXPIRED,
	  "The account has expired." },
	{ STATUS_PASSWORD_MUST_CHANGE,
	  "The password must be changed before the first logon." },
	{ STATUS_NOT_FOUND,
	  "What was asked for does not exist." },
	{ STATUS_ACCOUNT_LOCKED_OUT,
	  "The account is locked after too many wrong passwords. Wait, or ask an administrator." },
	{ STATUS_CURRENT_DOMAIN_NOT_ALLOWED,
	  "This cannot be done to the machine's own domain." },
	{ STATUS_IO_TIMEOUT,
	  "No answer came within the time allowed." },
	{ STATUS_PKINIT_FAILURE,
	  "The certificate logon failed: the KDC's answer could not be verified." },
};

static const struct status_row *
row_find(uint32_t status)
{
	size_t low = 0, high = STATUS_ROWS;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (status_rows[middle].status == status)
			return &status_rows[middle];
		if (status_rows[middle].status < status)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

uint32_t
status_to_win32(uint32_t status)
{
	const struct status_row *row = row_find(status);

	return row ? row->win32 : ERROR_MR_MID_NOT_FOUND;
}

const char *
status_name(uint32_t code)
{
	const struct status_row *row = row_find(code);

	return row && row->name ? status_names + row->name : NULL;
}

const char *
status_text(uint32_t code)
{
	for (size_t i = 0; i < sizeof text_rows / sizeof text_rows[0]; i++) {
		if (text_rows[i].code == code)
			return text_rows[i].text;
	}
	return NULL;
}

const char *
status_text_of_win32(uint32_t error)
{
	const char *other = NULL;

	for (size_t i = 0; i < sizeof text_rows / sizeof text_rows[0]; i++) {
		if (status_to_win32(text_rows[i].code) != error)
			continue;
		if (text_rows[i].code >> 28 == 0xC)
			return text_rows[i].text;
		if (!other)
			other = text_rows[i].text;
	}
	return other;
}

int32_t
status_to_sec(int32_t status)
{
	uint32_t code = (uint32_t)status;

	if (!code || code >> 16 == 0x8009 || code >> 16 == 0x0009)
		return status;
	for (size_t i = 0; i < sizeof sec_rows / sizeof sec_rows[0]; i++) {
		if (sec_rows[i].status == code)
			return (int32_t)sec_rows[i].sec;
	}
	return (int32_t)SEC_E_INTERNAL_ERROR;
}
