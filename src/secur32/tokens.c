/*
 * tokens.c - a client's credential delegated to others, security packages
 * added at run time, and what packages append to target names: not in this
 * version.
 */
#include <windows.h>
#include <sspi.h>
#include <ntsecpkg.h>

#include "secur32/explain.h"
#include "secur32/unsupported.h"

/* None looks at its parameters. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

SECURITY_STATUS
DelegateSecurityContext(PCtxtHandle phContext, SEC_CHAR *pszTarget, SecDelegationType DelegationType,
    PTimeStamp pExpiry, PSecBuffer pPackageParameters, PSecBufferDesc pOutput)
{
	return unsupported_sspi(__func__);
}

/* --- packages -------------------------------------------------------------- */

/* Nothing can be loaded into a running LSA, and nobody but root says what is. */
static SECURITY_STATUS
not_while_running(const char *function)
{
	why_thread_say(SEC_E_UNSUPPORTED_FUNCTION, "%s is not implemented: packages are read from root's list "
	    "(packages.conf) when the LSA starts, see docs/PACKAGES.md", function);
	return SEC_E_UNSUPPORTED_FUNCTION;
}

SECURITY_STATUS
AddSecurityPackageA(LPSTR pszPackageName, PSECURITY_PACKAGE_OPTIONS pOptions)
{
	return not_while_running(__func__);
}

SECURITY_STATUS
AddSecurityPackageW(LPWSTR pszPackageName, PSECURITY_PACKAGE_OPTIONS pOptions)
{
	return not_while_running(__func__);
}

SECURITY_STATUS
DeleteSecurityPackageA(SEC_CHAR *pszPackageName)
{
	return not_while_running(__func__);
}

SECURITY_STATUS
DeleteSecurityPackageW(SEC_WCHAR *pszPackageName)
{
	return not_while_running(__func__);
}

NTSTATUS
CredMarshalTargetInfo(PCREDENTIAL_TARGET_INFORMATIONW InTargetInfo, PUSHORT *Buffer, PULONG BufferSize)
{
	return unsupported_lsa(__func__);
}

NTSTATUS
CredUnmarshalTargetInfo(PUSHORT Buffer, ULONG BufferSize, PCREDENTIAL_TARGET_INFORMATIONW *RetTargetInfo,
    PULONG RetActualSize)
{
	return unsupported_lsa(__func__);
}
