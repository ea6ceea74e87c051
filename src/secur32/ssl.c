/*
 * ssl.c - the functions of schannel.dll beside SSPI. Certificates and TLS are
 * not in this version; random bytes are.
 */
#include <windows.h>
#include <schannel.h>

#include "base/random.h"
#include "secur32/unsupported.h"

/* None looks at its parameters. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

BOOL
SslCrackCertificate(PUCHAR pbCertificate, DWORD cbCertificate, DWORD dwFlags, PX509Certificate *ppCertificate)
{
	return unsupported_win32(__func__);
}

BOOL
SslEmptyCacheA(LPSTR pszTargetName, DWORD dwFlags)
{
	return unsupported_win32(__func__);
}

BOOL
SslEmptyCacheW(LPWSTR pszTargetName, DWORD dwFlags)
{
	return unsupported_win32(__func__);
}

BOOL
SslGenerateKeyPair(PSSL_CREDENTIAL_CERTIFICATE pCerts, PSTR pszDN, PSTR pszPassword, DWORD Bits)
{
	return unsupported_win32(__func__);
}

BOOL
SslGetDefaultIssuers(PBYTE pbIssuers, DWORD *pcbIssuers)
{
	return unsupported_win32(__func__);
}

SECURITY_STATUS
SslGetExtensions(const BYTE *clientHello, DWORD clientHelloByteSize, SCH_EXTENSION_DATA *genericExtensions,
    BYTE genericExtensionsCount, DWORD *bytesToRead, SchGetExtensionsOptions flags)
{
	return unsupported_sspi(__func__);
}

SECURITY_STATUS
SslGetServerIdentity(PBYTE ClientHello, DWORD ClientHelloSize, PBYTE *ServerIdentity, PDWORD ServerIdentitySize,
    DWORD Flags)
{
	return unsupported_sspi(__func__);
}

/* 0: no size is known. */
DWORD
SslGetMaximumKeySize(DWORD Reserved)
{
	(void)unsupported_win32(__func__);
	return 0;
}

/* SslCrackCertificate gives none, so there is none to free. */
void
SslFreeCertificate(PX509Certificate pCertificate)
{
}

/* Zeros where the kernel has none to give: there is no way to say so. */
void
SslGenerateRandomBits(PUCHAR pRandomData, LONG cRandomData)
{
	if (pRandomData && cRandomData > 0 && !random_bytes(pRandomData, (size_t)cRandomData))
		(void)unsupported_win32(__func__);
}
