/*
 * sspi_async_cred.c - credentials, asynchronously: acquired and freed.
 */
#include <stdlib.h>

#include "base/nt.h"
#include <openlsa.h>

#include "secur32/async.h"
#include "secur32/core.h"
#include "secur32/explain.h"
#include "secur32/text.h"

/* --- a credential ------------------------------------------------------------------- */

static void
acquire_finished(struct ask *ask)
{
	struct async *a = ask->owner;
	struct acquire op;
	SECURITY_STATUS status;

	pthread_mutex_lock(&a->lock);
	op = a->u.acquire;
	op.given_up = a->state == ASYNC_DETACHED;
	status = acquire_close(&op, ask, SEC_E_OK);
	ask_end(ask);
	async_complete(a, status, &op.why);
	acquire_drop(&op);
}

static SECURITY_STATUS
acquire_queue(SspiAsyncContext *handle, struct acquire *op, const void *package, const void *logon_id,
    const void *auth_data, bool wide, bool text_good)
{
	struct async *a;
	SECURITY_STATUS status;
	struct flight flight;

	if (!op->handle)
		return SEC_E_INVALID_HANDLE;
	if (!package)
		return SEC_E_SECPKG_NOT_FOUND;
	status = async_begin(&a, handle, OP_ACQUIRE);
	if (status != SEC_E_OK)
		return status;
	status = text_good ? acquire_open(op, logon_id, auth_data, wide) : SEC_E_UNKNOWN_CREDENTIALS;
	if (status == SEC_E_INSUFFICIENT_MEMORY) {
		acquire_drop(op);
		return async_unbegin(a, status);
	}
	if (status == SEC_E_OK)
		status = async_link(a, 0, &op->why);
	if (status != SEC_E_OK) {
		link_release(a->link);
		a->link = NULL;
		pthread_mutex_lock(&a->lock);
		async_complete(a, status, &op->why);
		acquire_drop(op);
		return SEC_E_OK;
	}
	op->deadline = a->deadline;
	a->u.acquire = *op;
	flight = flight_begin(a, acquire_finished);
	acquire_ask(&a->u.acquire, &a->ask, a->link);
	flight_end(&flight);
	return SEC_E_OK;
}

/* Package and principal, which are dropped here. */
static SECURITY_STATUS
acquire_named(SspiAsyncContext *handle, struct acquire *op, struct text names[2], const void *package, const void *logon_id,
    const void *auth_data, bool wide, bool text_good)
{
	SECURITY_STATUS status;

	op->package = names[0].at;
	op->principal = names[1].at;
	status = acquire_queue(handle, op, package, logon_id, auth_data, wide, text_good);
	text_drop(&names[0]);
	text_drop(&names[1]);
	return status;
}

SECURITY_STATUS
SspiAcquireCredentialsHandleAsyncW(SspiAsyncContext *AsyncContext, LPWSTR pszPrincipal, LPWSTR pszPackage,
    ULONG fCredentialUse, PVOID pvLogonId, PVOID pAuthData, SEC_GET_KEY_FN pGetKeyFn, PVOID pvGetKeyArgument,
    PCredHandle phCredential, PTimeStamp ptsExpiry)
{
	struct acquire op = { .use = fCredentialUse, .handle = phCredential, .expiry = ptsExpiry };
	struct text names[2];
	bool good = text_of_wide(&names[0], pszPackage), named = text_of_wide(&names[1], pszPrincipal);

	(void)pGetKeyFn, (void)pvGetKeyArgument;
	return acquire_named(AsyncContext, &op, names, pszPackage, pvLogonId, pAuthData, true, good && named);
}

SECURITY_STATUS
SspiAcquireCredentialsHandleAsyncA(SspiAsyncContext *AsyncContext, LPSTR pszPrincipal, LPSTR pszPackage,
    ULONG fCredentialUse, PVOID pvLogonId, PVOID pAuthData, SEC_GET_KEY_FN pGetKeyFn, PVOID pvGetKeyArgument,
    PCredHandle phCredential, PTimeStamp ptsExpiry)
{
	struct acquire op = { .use = fCredentialUse, .handle = phCredential, .expiry = ptsExpiry };
	struct text names[2];
	bool good = text_of_ansi(&names[0], pszPackage), named = text_of_ansi(&names[1], pszPrincipal);

	(void)pGetKeyFn, (void)pvGetKeyArgument;
	return acquire_named(AsyncContext, &op, names, pszPackage, pvLogonId, pAuthData, false, good && named);
}

/* The kernel-mode shape: counted strings. */
SECURITY_STATUS
SspiAcquireCredentialsHandleAsyncU(SspiAsyncContext *AsyncContext, PSECURITY_STRING pszPrincipal, PSECURITY_STRING pszPackage,
    ULONG fCredentialUse, PVOID pvLogonId, PVOID pAuthData, SEC_GET_KEY_FN pGetKeyFn, PVOID pvGetKeyArgument,
    PCredHandle phCredential, PTimeStamp ptsExpiry)
{
	struct acquire op = { .use = fCredentialUse, .handle = phCredential, .expiry = ptsExpiry };
	struct text names[2];
	bool good = text_of_counted(&names[0], pszPackage), named = text_of_counted(&names[1], pszPrincipal);

	(void)pGetKeyFn, (void)pvGetKeyArgument;
	return acquire_named(AsyncContext, &op, names, pszPackage, pvLogonId, pAuthData, true, good && named);
}

static void
release_finished(struct ask *ask)
{
	struct async *a = ask->owner;
	struct why none = { NULL, 0, 0 };
	struct link *link = a->link;
	struct cred *cred;

	pthread_mutex_lock(&a->lock);
	cred = a->u.cred;
	ask_end(ask);
	async_complete(a, SEC_E_OK, &none);	/* the LSA has dropped it, or is gone itself */
	cred_release(cred);
	link_release(link);
}

SECURITY_STATUS
SspiFreeCredentialsHandleAsync(SspiAsyncContext *AsyncContext, PCredHandle phCredential)
{
	struct release_in in = { 0 };
	struct why why = { NULL, 0, 0 };
	struct flight flight;
	struct cred *cred;
	struct async *a;
	SECURITY_STATUS status;

	if (!phCredential)
		return SEC_E_INVALID_HANDLE;
	status = async_begin(&a, AsyncContext, OP_FREE);
	if (status != SEC_E_OK)
		return status;
	cred = cred_hold(phCredential);
	if (!cred || handle_close(root_handles(), KIND_CRED, cred->word) != HANDLE_CLOSED) {
		cred_release(cred);
		why_say(&why, SEC_E_INVALID_HANDLE, TO_CALLER, "the credential handle names nothing");
		pthread_mutex_lock(&a->lock);
		async_complete(a, SEC_E_INVALID_HANDLE, &why);
		return SEC_E_OK;
	}
	if (atomic_fetch_or(&cred->flights, CRED_FREED) != 0 || async_link(a, cred->epoch, &why) != SEC_E_OK) {
		link_release(a->link);
		why_drop(&why);
		pthread_mutex_lock(&a->lock);
		async_complete(a, SEC_E_OK, &why);
		cred_release(cred);
		return SEC_E_OK;
	}
	why_drop(&why);
	a->u.cred = cred;
	in.cred = cred->wire;
	flight = flight_begin(a, release_finished);
	ask_release(&a->ask, flight.link, &in);
	flight_end(&flight);
	return SEC_E_OK;
}
