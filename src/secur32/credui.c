/*
 * credui.c - asking the user, and what is kept for prompting: there is no
 * user interface here. A program asks by itself and makes the identity with
 * SspiEncodeStringsAsAuthIdentity.
 */
#include <windows.h>
#include <sspi.h>
#include <ntstatus.h>

#include "base/status.h"
#include "secur32/explain.h"
#include "secur32/memory.h"
#include "secur32/text.h"
#include "secur32/unsupported.h"

/* None looks at its parameters. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

SECURITY_STATUS
SspiPrepareForCredRead(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthIdentity, PCWSTR pszTargetName,
    PULONG pCredmanCredentialType, PCWSTR *ppszCredmanTargetName)
{
	return unsupported_sspi(__func__);
}

SECURITY_STATUS
SspiPrepareForCredWrite(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthIdentity, PCWSTR pszTargetName,
    PULONG pCredmanCredentialType, PCWSTR *ppszCredmanTargetName, PCWSTR *ppszCredmanUserName,
    PUCHAR *ppCredentialBlob, PULONG pCredentialBlobSize)
{
	return unsupported_sspi(__func__);
}

SECURITY_STATUS
SspiGetCredUIContext(HANDLE ContextHandle, GUID *CredType, LUID *LogonId,
    PSEC_WINNT_CREDUI_CONTEXT_VECTOR *CredUIContexts, HANDLE *TokenHandle)
{
	return unsupported_sspi(__func__);
}

SECURITY_STATUS
SspiUpdateCredentials(HANDLE ContextHandle, GUID *CredType, ULONG FlatCredUIContextLength, PUCHAR FlatCredUIContext)
{
	return unsupported_sspi(__func__);
}

SECURITY_STATUS
SspiUnmarshalCredUIContext(PUCHAR MarshaledCredUIContext, ULONG MarshaledCredUIContextLength,
    PSEC_WINNT_CREDUI_CONTEXT *CredUIContext)
{
	return unsupported_sspi(__func__);
}

/* A Win32 error, not a SECURITY_STATUS. */
static ULONG
no_prompt(const char *function)
{
	(void)unsupported_win32(function);
	return ERROR_NOT_SUPPORTED;
}

ULONG
SspiPromptForCredentialsA(PCSTR pszTargetName, PVOID pUiInfo, ULONG dwAuthError, PCSTR pszPackage,
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE pInputAuthIdentity, PSEC_WINNT_AUTH_IDENTITY_OPAQUE *ppAuthIdentity,
    int *pfSave, ULONG dwFlags)
{
	return no_prompt(__func__);
}

ULONG
SspiPromptForCredentialsW(PCWSTR pszTargetName, PVOID pUiInfo, ULONG dwAuthError, PCWSTR pszPackage,
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE pInputAuthIdentity, PSEC_WINNT_AUTH_IDENTITY_OPAQUE *ppAuthIdentity,
    int *pfSave, ULONG dwFlags)
{
	return no_prompt(__func__);
}

/* --- what needs no user ------------------------------------------------------------ */

/* Other credentials might do better. SSPI's codes, NTSTATUS, and the Win32 errors of the latter. */
static const uint32_t asks_again[] = {
	(uint32_t)SEC_E_NO_CREDENTIALS, (uint32_t)SEC_E_LOGON_DENIED, (uint32_t)SEC_E_UNKNOWN_CREDENTIALS,
	(uint32_t)STATUS_LOGON_FAILURE, (uint32_t)STATUS_WRONG_PASSWORD, (uint32_t)STATUS_NO_SUCH_USER,
	(uint32_t)STATUS_PASSWORD_EXPIRED, (uint32_t)STATUS_PASSWORD_MUST_CHANGE, (uint32_t)STATUS_NO_SUCH_LOGON_SESSION,
	(uint32_t)STATUS_ACCOUNT_RESTRICTION, (uint32_t)STATUS_ACCOUNT_DISABLED, (uint32_t)STATUS_ACCOUNT_EXPIRED,
	(uint32_t)STATUS_ACCOUNT_LOCKED_OUT, (uint32_t)STATUS_INVALID_LOGON_HOURS, (uint32_t)STATUS_INVALID_WORKSTATION,
	(uint32_t)STATUS_LOGON_TYPE_NOT_GRANTED,
};

BOOLEAN
SspiIsPromptingNeeded(ULONG ErrorOrNtStatus)
{
	for (unsigned i = 0; i < sizeof asks_again / sizeof asks_again[0]; i++)
		if (ErrorOrNtStatus == asks_again[i] ||
		    (asks_again[i] >= 0xC0000000 && ErrorOrNtStatus == status_to_win32(asks_again[i])))
			return TRUE;
	return FALSE;
}

/* service/host:port/more, or a host alone; an address in brackets keeps its colons and loses the brackets. */
SECURITY_STATUS
SspiGetTargetHostName(PCWSTR pszTargetName, PWSTR *pszHostName)
{
	size_t len = wide_length(pszTargetName), begin = 0, end;
	PWSTR host;

	while (begin < len && pszTargetName[begin] != '/')
		begin++;
	begin = begin < len ? begin + 1 : 0;
	if (begin < len && pszTargetName[begin] == '[') {
		end = ++begin;
		while (end < len && pszTargetName[end] != ']')
			end++;
	} else {
		end = begin;
		while (end < len && pszTargetName[end] != '/' && pszTargetName[end] != ':')
			end++;
	}
	if (!pszHostName || end == begin) {
		why_thread_say(SEC_E_INVALID_PARAMETER, "there is no host in this target name");
		return SEC_E_INVALID_PARAMETER;
	}
	host = buffer_new(BUFFER_LOCAL, (end - begin + 1) * sizeof *host);
	if (!host)
		return SEC_E_INSUFFICIENT_MEMORY;
	bytes_copy(host, pszTargetName + begin, (end - begin) * sizeof *host);
	*pszHostName = host;
	return SEC_E_OK;
}
