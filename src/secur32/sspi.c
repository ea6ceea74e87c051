/*
 * sspi.c - credentials and establishment, synchronous: ask, wait, told. The
 * W forms, and what has no character set; the A forms stand in ansi.c.
 */
#include <stdlib.h>
#include <string.h>

#include "base/nt.h"

#include "secur32/core.h"
#include "secur32/explain.h"
#include "secur32/text.h"

#define USE_MASK	3u

static SECURITY_STATUS
keep(SECURITY_STATUS status, struct why *why)
{
	why_thread_keep(status, why);
	return status;
}

/* --- credentials ------------------------------------------------------------ */

SECURITY_STATUS
core_acquire_check(const void *package, struct bytes name, uint32_t use, PCredHandle handle)
{
	NTSTATUS status;

	if (!package)
		return SEC_E_SECPKG_NOT_FOUND;
	if (!handle || !(use & USE_MASK)) {
		if (!package_facts_find(name, &status))
			return status == STATUS_NO_MORE_ENTRIES ? SEC_E_SECPKG_NOT_FOUND : sec_of(status);
		return handle ? SEC_E_NO_CREDENTIALS : SEC_E_INVALID_HANDLE;
	}
	return SEC_E_OK;
}

SECURITY_STATUS
core_acquire(struct acquire *a, bool text_good, const void *logon_id, const void *auth_data, bool wide)
{
	struct ask_room room;
	struct ask ask = { .room = &room };
	struct link *link = NULL;
	SECURITY_STATUS status = text_good ? SEC_E_OK : SEC_E_UNKNOWN_CREDENTIALS;

	if (status == SEC_E_OK)
		status = acquire_open(a, logon_id, auth_data, wide);
	if (status == SEC_E_OK)
		status = sec_of(root_sspi_link(&link, &a->why));
	if (status == SEC_E_OK) {
		acquire_ask(a, &ask, link);
		ask_wait(&ask);
	}
	status = acquire_close(a, &ask, status);
	ask_end(&ask);
	why_thread_keep(status, &a->why);
	acquire_drop(a);
	return status;
}

SECURITY_STATUS
AcquireCredentialsHandleW(SEC_WCHAR *pszPrincipal, SEC_WCHAR *pszPackage, ULONG fCredentialUse, void *pvLogonId,
    void *pAuthData, SEC_GET_KEY_FN pGetKeyFn, void *pvGetKeyArgument, PCredHandle phCredential, PTimeStamp ptsExpiry)
{
	struct text principal, package;
	bool good = text_of_wide(&package, pszPackage), named = text_of_wide(&principal, pszPrincipal);
	struct acquire a = { .package = package.at, .principal = principal.at, .use = fCredentialUse,
	    .handle = phCredential, .expiry = ptsExpiry };
	SECURITY_STATUS status = core_acquire_check(pszPackage, package.at, fCredentialUse, phCredential);

	(void)pGetKeyFn;
	(void)pvGetKeyArgument;
	if (status == SEC_E_OK)
		status = core_acquire(&a, good && named, pvLogonId, pAuthData, true);
	text_drop(&principal);
	text_drop(&package);
	return status;
}

SECURITY_STATUS
FreeCredentialsHandle(PCredHandle phCredential)
{
	struct cred *cred = phCredential ? cred_hold(phCredential) : NULL;
	struct release_in in = { 0 };
	struct ask_room room;
	struct ask ask = { .room = &room };
	struct release_out out;
	struct link *link = NULL;
	struct why why = { NULL, 0, 0 };

	if (!cred || handle_close(root_handles(), KIND_CRED, cred->word) != HANDLE_CLOSED) {
		cred_release(cred);
		return SEC_E_INVALID_HANDLE;
	}
	/* The handle is gone whatever the LSA says: a daemon that was restarted has dropped its half. */
	if (atomic_fetch_or(&cred->flights, CRED_FREED) == 0 && root_sspi_link(&link, &why) == STATUS_SUCCESS &&
	    link->epoch == cred->epoch) {
		in.cred = cred->wire;
		ask_release(&ask, link, &in);
		ask_wait(&ask);
		(void)told_release(&ask, &out);
		ask_end(&ask);
	}
	link_release(link);
	cred_release(cred);
	return keep(SEC_E_OK, &why);
}

/* --- establishment -------------------------------------------------------------- */

/* What an LSA gave before it was restarted, it does not know any more. */
static SECURITY_STATUS
leg_same_lsa(struct leg *leg, const struct link *link)
{
	if ((leg->cred && leg->cred->epoch != link->epoch) || leg->context->epoch != link->epoch) {
		why_say(&leg->why, SEC_E_INVALID_HANDLE, TO_CALLER, "the daemon was restarted since this handle was made");
		return SEC_E_INVALID_HANDLE;
	}
	return SEC_E_OK;
}

SECURITY_STATUS
core_leg(struct leg *leg, bool text_good)
{
	struct ask_room room;
	struct ask ask = { .room = &room };
	struct link *link = NULL;
	SECURITY_STATUS status = text_good ? leg_check(leg) : SEC_E_INVALID_TOKEN;

	if (status == SEC_E_OK)
		status = leg_open(leg, LEG_SYNC);
	if (status == SEC_E_OK && !leg_is_kept(leg)) {
		status = sec_of(root_sspi_link(&link, &leg->why));
		if (status == SEC_E_OK)
			status = leg_same_lsa(leg, link);
		if (status == SEC_E_OK) {
			leg_ask(leg, &ask, link);
			ask_wait(&ask);
		} else {
			link_release(link);
		}
	}
	status = leg_close(leg, &ask, status);
	ask_end(&ask);
	why_thread_keep(status, &leg->why);
	leg_drop(leg);
	return status;
}

SECURITY_STATUS
InitializeSecurityContextW(PCredHandle phCredential, PCtxtHandle phContext, SEC_WCHAR *pszTargetName,
    ULONG fContextReq, ULONG Reserved1, ULONG TargetDataRep, PSecBufferDesc pInput, ULONG Reserved2,
    PCtxtHandle phNewContext, PSecBufferDesc pOutput, ULONG *pfContextAttr, PTimeStamp ptsExpiry)
{
	struct text target;
	bool good = text_of_wide(&target, pszTargetName);
	struct leg leg = leg_of(false, phCredential, phContext, fContextReq, TargetDataRep, pInput, phNewContext, pOutput,
	    pfContextAttr, ptsExpiry);
	SECURITY_STATUS status;

	(void)Reserved1;
	(void)Reserved2;
	leg.target = target.at;
	status = core_leg(&leg, good);
	text_drop(&target);
	return status;
}

SECURITY_STATUS
AcceptSecurityContext(PCredHandle phCredential, PCtxtHandle phContext, PSecBufferDesc pInput, ULONG fContextReq,
    ULONG TargetDataRep, PCtxtHandle phNewContext, PSecBufferDesc pOutput, ULONG *pfContextAttr, PTimeStamp ptsExpiry)
{
	struct leg leg = leg_of(true, phCredential, phContext, fContextReq, TargetDataRep, pInput, phNewContext, pOutput,
	    pfContextAttr, ptsExpiry);

	return core_leg(&leg, true);
}

/* A leg in flight is asked to stop; what is left happens when it has ended. */
SECURITY_STATUS
DeleteSecurityContext(PCtxtHandle phContext)
{
	struct context *ctx = phContext ? context_hold(phContext) : NULL;
	struct ask_room room;
	struct ask ask = { .room = &room };
	struct forget_in in = { 0 };
	struct forget_out out;
	struct link *link = NULL;
	struct why why = { NULL, 0, 0 };
	uint64_t word;

	if (!ctx)
		return phContext && sec_handle_word(&word, phContext, KIND_CONTEXT) &&
		    handle_was(root_handles(), KIND_CONTEXT, word) ? SEC_E_OK : SEC_E_INVALID_HANDLE;
	if (handle_close(root_handles(), KIND_CONTEXT, ctx->word) != HANDLE_CLOSED) {
		context_release(ctx);
		return SEC_E_OK;			/* another thread was faster */
	}
	if (async_doom(ctx)) {
		context_release(ctx);
		return SEC_E_OK;
	}
	if (ctx->wire && root_sspi_link(&link, &why) == STATUS_SUCCESS && link->epoch == ctx->epoch) {
		in.context = ctx->wire;
		ask_forget(&ask, link, &in);
		ask_wait(&ask);
		(void)told_forget(&ask, &out);
		ask_end(&ask);
	}
	link_release(link);
	context_release(ctx);
	return keep(SEC_E_OK, &why);
}

/* --- passwords ---------------------------------------------------------------------- */

SECURITY_STATUS
core_change_password(struct bytes package, struct bytes domain, struct bytes user, struct bytes old,
    struct bytes fresh, ULONG reserved, PSecBufferDesc output)
{
	struct change_in in = { .package = package, .domain = domain, .user = user, .old = old, .fresh = fresh };
	struct ask_room room;
	struct ask ask = { .room = &room };
	struct change_out out;
	struct link *link = NULL;
	struct why why = { NULL, 0, 0 };
	SECURITY_STATUS status = buffers_check(output);

	if (status == SEC_E_OK && reserved)
		status = SEC_E_INVALID_TOKEN;
	if (status == SEC_E_OK)
		status = sec_of(root_sspi_link(&link, &why));
	if (status == SEC_E_OK) {
		ask_change(&ask, link, &in);
		ask_wait(&ask);
		status = sec_of(told_change(&ask, &out));
		why_take(&why, ask_why(&ask));
		ask_end(&ask);
	}
	link_release(link);
	return keep(status, &why);
}

static struct bytes
wide_bytes(const WCHAR *string)
{
	return bytes_of(string, wide_length(string) * sizeof *string);
}

SECURITY_STATUS
ChangeAccountPasswordW(SEC_WCHAR *pszPackageName, SEC_WCHAR *pszDomainName, SEC_WCHAR *pszAccountName,
    SEC_WCHAR *pszOldPassword, SEC_WCHAR *pszNewPassword, BOOLEAN bImpersonating, ULONG dwReserved,
    PSecBufferDesc pOutput)
{
	struct text package;
	SECURITY_STATUS status = SEC_E_SECPKG_NOT_FOUND;

	(void)bImpersonating;
	if (text_of_wide(&package, pszPackageName) && package.at.len)
		status = core_change_password(package.at, wide_bytes(pszDomainName), wide_bytes(pszAccountName),
		    wide_bytes(pszOldPassword), wide_bytes(pszNewPassword), dwReserved, pOutput);
	text_drop(&package);
	return status;
}

/* --- what no package here needs -------------------------------------------------------- */

SECURITY_STATUS
CompleteAuthToken(PCtxtHandle phContext, PSecBufferDesc pToken)
{
	struct context *ctx = phContext ? context_hold(phContext) : NULL;

	SECURITY_STATUS status = SEC_E_UNSUPPORTED_FUNCTION;

	if (!ctx)
		return SEC_E_INVALID_HANDLE;
	pthread_mutex_lock(&ctx->lock);
	if (pToken && ctx->state == CTX_ESTABLISHED && ctx->half && ctx->user->complete)
		status = sec_of(ctx->user->complete(ctx->half, pToken));
	pthread_mutex_unlock(&ctx->lock);
	if (status == SEC_E_UNSUPPORTED_FUNCTION)
		why_thread_say(SEC_E_UNSUPPORTED_FUNCTION, "%s tokens are complete when they are returned", ctx->package);
	context_release(ctx);
	return status;
}

/* The caller's buffers one behind the other, as the wire has them; NULL: no memory, or more than fits. */
static uint8_t *
buffers_pack(const SecBufferDesc *desc, size_t *ret_len)
{
	struct writer w = writer_of(NULL, 0);
	uint8_t *at = NULL;

	for (int pass = 0; pass < 2; pass++) {
		if (pass) {
			at = w.need <= WIRE_BYTES_MAX ? malloc(w.need + 1) : NULL;
			if (!at)
				return NULL;
			w = writer_of(at, w.need);
		}
		for (ULONG i = 0; i < desc->cBuffers; i++) {
			const SecBuffer *b = &desc->pBuffers[i];

			writer_u32(&w, b->BufferType);
			writer_sized(&w, bytes_of(b->pvBuffer, b->pvBuffer ? b->cbBuffer : 0));
		}
	}
	*ret_len = w.need;
	return at;
}

/* With the context's lock held, as a leg. */
static SECURITY_STATUS
control(const struct context *ctx, const SecBufferDesc *input, struct why *why)
{
	struct control_in in = { .context = ctx->wire };
	struct ask ask = { .deadline = ctx->deadline };
	struct control_out out;
	struct link *link = NULL;
	size_t len = 0;
	uint8_t *packed;
	NTSTATUS status = root_sspi_link(&link, why);

	if (status != STATUS_SUCCESS || link->epoch != ctx->epoch) {
		link_release(link);
		return status != STATUS_SUCCESS ? sec_of(status) : SEC_E_INVALID_HANDLE;
	}
	packed = buffers_pack(input, &len);
	if (packed) {
		in.buffers = bytes_of(packed, len);
		ask_control(&ask, link, &in);
		ask_wait(&ask);
		status = told_control(&ask, &out);
		why_take(why, ask_why(&ask));
		ask_end(&ask);
		bytes_wipe(packed, len);
		free(packed);
	} else {
		status = SEC_E_INSUFFICIENT_MEMORY;
	}
	link_release(link);
	return sec_of(status);
}

SECURITY_STATUS
ApplyControlToken(PCtxtHandle phContext, PSecBufferDesc pInput)
{
	struct context *ctx = phContext ? context_hold(phContext) : NULL;
	struct why why = { 0 };
	SECURITY_STATUS status;

	if (!ctx)
		return SEC_E_INVALID_HANDLE;
	status = pInput ? buffers_check(pInput) : SEC_E_INVALID_TOKEN;
	pthread_mutex_lock(&ctx->lock);
	if (status == SEC_E_OK && (ctx->state == CTX_FAILED || !ctx->wire))
		status = SEC_E_OUT_OF_SEQUENCE;
	else if (status == SEC_E_OK)
		status = control(ctx, pInput, &why);
	pthread_mutex_unlock(&ctx->lock);
	context_release(ctx);
	return keep(status, &why);
}
