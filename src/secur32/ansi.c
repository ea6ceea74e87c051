/*
 * ansi.c - the A family: char strings are UTF-8, which is what the house
 * speaks inside.
 */
#include <stdlib.h>

#include "base/utf16.h"
#include "secur32/core.h"
#include "secur32/text.h"

SECURITY_STATUS
AcquireCredentialsHandleA(SEC_CHAR *pszPrincipal, SEC_CHAR *pszPackage, ULONG fCredentialUse, void *pvLogonId,
    void *pAuthData, SEC_GET_KEY_FN pGetKeyFn, void *pvGetKeyArgument, PCredHandle phCredential, PTimeStamp ptsExpiry)
{
	struct text principal, package;
	bool good = text_of_ansi(&package, pszPackage), named = text_of_ansi(&principal, pszPrincipal);
	struct acquire a = { .package = package.at, .principal = principal.at, .use = fCredentialUse,
	    .handle = phCredential, .expiry = ptsExpiry };
	SECURITY_STATUS status = core_acquire_check(pszPackage, package.at, fCredentialUse, phCredential);

	(void)pGetKeyFn;
	(void)pvGetKeyArgument;
	if (status == SEC_E_OK)
		status = core_acquire(&a, good && named, pvLogonId, pAuthData, false);
	return status;
}

SECURITY_STATUS
InitializeSecurityContextA(PCredHandle phCredential, PCtxtHandle phContext, SEC_CHAR *pszTargetName,
    ULONG fContextReq, ULONG Reserved1, ULONG TargetDataRep, PSecBufferDesc pInput, ULONG Reserved2,
    PCtxtHandle phNewContext, PSecBufferDesc pOutput, ULONG *pfContextAttr, PTimeStamp ptsExpiry)
{
	struct text target;
	bool good = text_of_ansi(&target, pszTargetName);
	struct leg leg = leg_of(false, phCredential, phContext, fContextReq, TargetDataRep, pInput, phNewContext, pOutput,
	    pfContextAttr, ptsExpiry);

	(void)Reserved1;
	(void)Reserved2;
	leg.target = target.at;
	return core_leg(&leg, good);
}

/* UTF-16 of a caller's string, in one piece of locked memory with the others. */
static bool
wide_add(struct writer *w, struct bytes *ret_part, const char *string)
{
	size_t from = w->need;

	if (!utf16_from_utf8(w, bytes_of_text(string)))
		return false;
	*ret_part = bytes_of(w->at ? w->at + from : NULL, w->need - from);
	return true;
}

SECURITY_STATUS
ChangeAccountPasswordA(SEC_CHAR *pszPackageName, SEC_CHAR *pszDomainName, SEC_CHAR *pszAccountName,
    SEC_CHAR *pszOldPassword, SEC_CHAR *pszNewPassword, BOOLEAN bImpersonating, ULONG dwReserved,
    PSecBufferDesc pOutput)
{
	const char *strings[4] = { pszDomainName, pszAccountName, pszOldPassword, pszNewPassword };
	struct bytes parts[4];
	struct writer w = writer_of(NULL, 0);
	struct secret *keep;
	bool good = true;
	uint8_t *p;
	SECURITY_STATUS status;

	(void)bImpersonating;
	if (!pszPackageName)
		return SEC_E_SECPKG_NOT_FOUND;
	for (unsigned i = 0; i < 4 && good; i++)
		good = wide_add(&w, &parts[i], strings[i]);
	if (!good)
		return SEC_E_UNKNOWN_CREDENTIALS;
	keep = secret_new(w.need);
	if (!keep)
		return SEC_E_INSUFFICIENT_MEMORY;
	status = SEC_E_UNKNOWN_CREDENTIALS;
	WITH_SECRET(p, keep) {
		w = writer_of(p, secret_len(keep));
		for (unsigned i = 0; i < 4 && good; i++)
			good = wide_add(&w, &parts[i], strings[i]);
		if (good)
			status = core_change_password(bytes_of_text(pszPackageName), parts[0], parts[1], parts[2],
			    parts[3], dwReserved, pOutput);
	}
	secret_drop(&keep);
	return status;
}
