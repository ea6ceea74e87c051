/*
 * tokens.c - a client's credential delegated to others, security packages
 * added at run time, and what packages append to target names: not in this
 * version.
 */
#include <windows.h>
#include <sspi.h>
#include <ntsecpkg.h>

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

SECURITY_STATUS
AddSecurityPackageA(LPSTR pszPackageName, PSECURITY_PACKAGE_OPTIONS pOptions)
{
	return unsupported_sspi(__func__);
}

SECURITY_STATUS
AddSecurityPackageW(LPWSTR pszPackageName, PSECURITY_PACKAGE_OPTIONS pOptions)
{
	return unsupported_sspi(__func__);
}

SECURITY_STATUS
DeleteSecurityPackageA(SEC_CHAR *pszPackageName)
{
	return unsupported_sspi(__func__);
}

SECURITY_STATUS
DeleteSecurityPackageW(SEC_WCHAR *pszPackageName)
{
	return unsupported_sspi(__func__);
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
