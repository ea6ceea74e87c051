/*
 * sasl.c - SASL profiles over contexts (RFC 4752): not in this version. A
 * program speaks SASL itself, with the tokens of InitializeSecurityContext.
 */
#include <sspi.h>

#include "secur32/unsupported.h"

/* None looks at its parameters. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

SECURITY_STATUS
SaslAcceptSecurityContext(PCredHandle phCredential, PCtxtHandle phContext, PSecBufferDesc pInput, ULONG fContextReq,
    ULONG TargetDataRep, PCtxtHandle phNewContext, PSecBufferDesc pOutput, ULONG *pfContextAttr,
    PTimeStamp ptsExpiry)
{
	return unsupported_sspi(__func__);
}

SECURITY_STATUS
SaslEnumerateProfilesA(LPSTR *ProfileList, ULONG *ProfileCount)
{
	return unsupported_sspi(__func__);
}

SECURITY_STATUS
SaslEnumerateProfilesW(LPWSTR *ProfileList, ULONG *ProfileCount)
{
	return unsupported_sspi(__func__);
}

SECURITY_STATUS
SaslGetContextOption(PCtxtHandle ContextHandle, ULONG Option, PVOID Value, ULONG Size, PULONG Needed)
{
	return unsupported_sspi(__func__);
}

SECURITY_STATUS
SaslGetProfilePackageA(LPSTR ProfileName, PSecPkgInfoA *PackageInfo)
{
	return unsupported_sspi(__func__);
}

SECURITY_STATUS
SaslGetProfilePackageW(LPWSTR ProfileName, PSecPkgInfoW *PackageInfo)
{
	return unsupported_sspi(__func__);
}

SECURITY_STATUS
SaslIdentifyPackageA(PSecBufferDesc pInput, PSecPkgInfoA *PackageInfo)
{
	return unsupported_sspi(__func__);
}

SECURITY_STATUS
SaslIdentifyPackageW(PSecBufferDesc pInput, PSecPkgInfoW *PackageInfo)
{
	return unsupported_sspi(__func__);
}

SECURITY_STATUS
SaslInitializeSecurityContextA(PCredHandle phCredential, PCtxtHandle phContext, LPSTR pszTargetName,
    ULONG fContextReq, ULONG Reserved1, ULONG TargetDataRep, PSecBufferDesc pInput, ULONG Reserved2,
    PCtxtHandle phNewContext, PSecBufferDesc pOutput, ULONG *pfContextAttr, PTimeStamp ptsExpiry)
{
	return unsupported_sspi(__func__);
}

SECURITY_STATUS
SaslInitializeSecurityContextW(PCredHandle phCredential, PCtxtHandle phContext, LPWSTR pszTargetName,
    ULONG fContextReq, ULONG Reserved1, ULONG TargetDataRep, PSecBufferDesc pInput, ULONG Reserved2,
    PCtxtHandle phNewContext, PSecBufferDesc pOutput, ULONG *pfContextAttr, PTimeStamp ptsExpiry)
{
	return unsupported_sspi(__func__);
}

SECURITY_STATUS
SaslSetContextOption(PCtxtHandle ContextHandle, ULONG Option, PVOID Value, ULONG Size)
{
	return unsupported_sspi(__func__);
}
