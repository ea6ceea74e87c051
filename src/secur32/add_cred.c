/*
 * add_cred.c - AddCredentials: a credential that accepts gets another identity
 * to accept with. What that means is the package's to know.
 */
#include "base/nt.h"

#include "secur32/acquire.h"
#include "secur32/explain.h"
#include "secur32/handles.h"
#include "secur32/leg.h"
#include "secur32/text.h"

struct adding {
	struct cred *cred;
	struct identity identity;
	struct link *link;
	struct why why;
};

static SECURITY_STATUS
ask_it(struct adding *a, struct bytes package, struct bytes principal, uint32_t use)
{
	struct add_cred_in in = { .cred = a->cred->wire, .package = package, .use = use, .principal = principal,
	    .given = (a->identity.given ? 1u : 0u) | (a->identity.has_password ? 2u : 0u),
	    .user = a->identity.user, .domain = a->identity.domain, .password = a->identity.password };
	struct add_cred_out out;
	struct ask_room room;
	struct ask ask = { .room = &room };
	SECURITY_STATUS status = sec_of(root_sspi_link(&a->link, &a->why));

	if (status != SEC_E_OK)
		return status;
	if (a->link->epoch != a->cred->epoch) {
		why_say(&a->why, SEC_E_INVALID_HANDLE, TO_CALLER, "the daemon was restarted since this handle was made");
		return SEC_E_INVALID_HANDLE;
	}
	ask_add_cred(&ask, a->link, &in);
	ask_wait(&ask);
	status = sec_of(told_add_cred(&ask, &out));
	why_take(&a->why, ask_why(&ask));
	ask_end(&ask);
	return status;
}

static SECURITY_STATUS
add(PCredHandle handle, struct bytes principal, struct bytes package, bool text_good, uint32_t use, const void *auth_data,
    bool wide, PTimeStamp expiry)
{
	struct adding a = { .cred = handle ? cred_hold(handle) : NULL };
	SECURITY_STATUS status;

	if (!a.cred)
		return SEC_E_INVALID_HANDLE;
	status = text_good ? sec_of(identity_take(&a.identity, auth_data, wide)) : SEC_E_UNKNOWN_CREDENTIALS;
	if (status != SEC_E_OK)
		why_say(&a.why, status, TO_CALLER, "pAuthData is not an identity that can be read, or a name is no text");
	else
		status = ask_it(&a, package, principal, use);
	if (status == SEC_E_OK && expiry)
		expiry->QuadPart = INT64_MAX;		/* a password does not end */
	why_thread_keep(status, &a.why);
	identity_drop(&a.identity);
	link_release(a.link);
	cred_release(a.cred);
	why_drop(&a.why);
	return status;
}

SECURITY_STATUS
AddCredentialsW(PCredHandle hCredentials, SEC_WCHAR *pszPrincipal, SEC_WCHAR *pszPackage, ULONG fCredentialUse,
    void *pAuthData, SEC_GET_KEY_FN pGetKeyFn, void *pvGetKeyArgument, PTimeStamp ptsExpiry)
{
	struct text principal, package;
	bool good = text_of_wide(&package, pszPackage), named = text_of_wide(&principal, pszPrincipal);
	SECURITY_STATUS status = add(hCredentials, principal.at, package.at, good && named, fCredentialUse, pAuthData, true, ptsExpiry);

	(void)pGetKeyFn;
	(void)pvGetKeyArgument;
	text_drop(&principal);
	text_drop(&package);
	return status;
}

SECURITY_STATUS
AddCredentialsA(PCredHandle hCredentials, SEC_CHAR *pszPrincipal, SEC_CHAR *pszPackage, ULONG fCredentialUse,
    void *pAuthData, SEC_GET_KEY_FN pGetKeyFn, void *pvGetKeyArgument, PTimeStamp ptsExpiry)
{
	struct text principal, package;
	bool good = text_of_ansi(&package, pszPackage), named = text_of_ansi(&principal, pszPrincipal);
	SECURITY_STATUS status = add(hCredentials, principal.at, package.at, good && named, fCredentialUse, pAuthData, false, ptsExpiry);

	(void)pGetKeyFn;
	(void)pvGetKeyArgument;
	text_drop(&principal);
	text_drop(&package);
	return status;
}
