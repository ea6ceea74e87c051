/*
 * export.c - a context as bytes for another process of the same user. The
 * LSA seals it under a key that does not leave it, and opens it once: two
 * copies with one sequence would use the same key stream twice. A context
 * exported with RESET_NEW begins its sequence anew, and may be imported again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/nt.h"

#include "secur32/explain.h"
#include "secur32/handles.h"
#include "secur32/leg.h"
#include "secur32/memory.h"
#include "secur32/text.h"
#include "secur32/usermode.h"

enum { PURPOSE_CONTEXT = 3, PURPOSE_ONCE = 4 };

/* --- out ------------------------------------------------------------------------ */

static SECURITY_STATUS
seal(PSecBuffer ret_blob, struct secret *state, bool fresh, struct why *why)
{
	struct wrap_in in = { .purpose = fresh ? PURPOSE_CONTEXT : PURPOSE_ONCE };
	struct wrap_out out;
	struct ask_room room;
	struct ask ask = { .room = &room };
	struct link *link = NULL;
	SECURITY_STATUS status = sec_of(root_sspi_link(&link, why));
	uint8_t *p;

	if (status == SEC_E_OK) {
		WITH_SECRET(p, state) {
			in.plain = bytes_of(p, secret_len(state));
			ask_wrap(&ask, link, &in);
		}
		ask_wait(&ask);
		status = sec_of(told_wrap(&ask, &out));
		why_take(why, ask_why(&ask));
		if (status == SEC_E_OK) {
			ret_blob->pvBuffer = buffer_of(BUFFER_CONTEXT, out.sealed);
			ret_blob->cbBuffer = (ULONG)out.sealed.len;
			ret_blob->BufferType = SECBUFFER_EMPTY;
			if (!ret_blob->pvBuffer)
				status = SEC_E_INSUFFICIENT_MEMORY;
		}
		ask_end(&ask);
	}
	link_release(link);
	return status;
}

SECURITY_STATUS
ExportSecurityContext(PCtxtHandle phContext, ULONG fFlags, PSecBuffer pPackedContext, void **pToken)
{
	struct context *ctx = phContext ? context_hold(phContext) : NULL;
	struct why why = { NULL, 0, 0 };
	struct secret *state = NULL;
	bool fresh = fFlags & SECPKG_CONTEXT_EXPORT_RESET_NEW;
	SECURITY_STATUS status = SEC_E_OK;

	if (!ctx || !pPackedContext) {
		context_release(ctx);
		return SEC_E_INVALID_HANDLE;
	}
	if (fFlags & SECPKG_CONTEXT_EXPORT_TO_KERNEL)
		status = SEC_E_UNSUPPORTED_FUNCTION;
	pthread_mutex_lock(&ctx->lock);
	if (status == SEC_E_OK && (ctx->state != CTX_ESTABLISHED || !ctx->half))
		status = SEC_E_OUT_OF_SEQUENCE;
	else if (status == SEC_E_OK)
		status = sec_of(ctx->user->export(ctx->half, fresh, &state));
	pthread_mutex_unlock(&ctx->lock);
	context_release(ctx);
	if (status == SEC_E_OK)
		status = seal(pPackedContext, state, fresh, &why);
	secret_drop(&state);
	if (status == SEC_E_OK) {
		if (pToken)
			*pToken = NULL;
		if (fFlags & SECPKG_CONTEXT_EXPORT_DELETE_OLD)
			(void)DeleteSecurityContext(phContext);
	}
	why_thread_keep(status, &why);
	return status;
}

/* --- in --------------------------------------------------------------------------- */

static SECURITY_STATUS
context_of_state(PCtxtHandle ret_handle, struct bytes package, struct bytes state)
{
	struct context *ctx = calloc(1, sizeof *ctx);
	SECURITY_STATUS status = SEC_E_SECPKG_NOT_FOUND;
	size_t len = package.len < PACKAGE_NAME_MAX - 1 ? package.len : PACKAGE_NAME_MAX - 1;

	if (!ctx)
		return SEC_E_INSUFFICIENT_MEMORY;
	pthread_mutex_init(&ctx->lock, NULL);
	pthread_mutex_init(&ctx->fate, NULL);
	bytes_copy(ctx->package, package.at, len);
	ctx->user = usermode_find(ctx->package);
	if (ctx->user)
		status = sec_of(ctx->user->open(&ctx->half, state));
	ctx->state = CTX_ESTABLISHED;
	if (status == SEC_E_OK && !handle_new(root_handles(), KIND_CONTEXT, ctx, &ctx->word))
		status = SEC_E_INSUFFICIENT_MEMORY;
	if (status != SEC_E_OK) {
		handles_destroy[KIND_CONTEXT](ctx);
		return status;
	}
	sec_handle_of(ret_handle, KIND_CONTEXT, ctx->word);
	return SEC_E_OK;
}

static bool
package_known(struct bytes package)
{
	char name[PACKAGE_NAME_MAX] = "";

	bytes_copy(name, package.at, package.len < sizeof name - 1 ? package.len : sizeof name - 1);
	return usermode_find(name) != NULL;
}

static SECURITY_STATUS
import(struct bytes package, const SecBuffer *blob, PCtxtHandle ret_handle)
{
	struct unwrap_in in = { .purpose = PURPOSE_CONTEXT };
	struct unwrap_out out;
	struct ask_room room;
	struct ask ask = { .room = &room };
	struct why why = { NULL, 0, 0 };
	struct link *link = NULL;
	SECURITY_STATUS status;

	if (!blob || !blob->pvBuffer || !ret_handle)
		return SEC_E_INVALID_TOKEN;
	if (!package_known(package))		/* before the blob is spent */
		return SEC_E_SECPKG_NOT_FOUND;
	status = sec_of(root_sspi_link(&link, &why));
	if (status == SEC_E_OK) {
		in.sealed = bytes_of(blob->pvBuffer, blob->cbBuffer);
		ask_unwrap(&ask, link, &in);
		ask_wait(&ask);
		status = sec_of(told_unwrap(&ask, &out));
		why_take(&why, ask_why(&ask));
		if (status == SEC_E_OK)
			status = context_of_state(ret_handle, package, out.plain);
		ask_end(&ask);
	}
	link_release(link);
	why_thread_keep(status, &why);
	return status;
}

SECURITY_STATUS
ImportSecurityContextW(SEC_WCHAR *pszPackage, PSecBuffer pPackedContext, void *Token, PCtxtHandle phContext)
{
	struct text package;
	SECURITY_STATUS status = SEC_E_SECPKG_NOT_FOUND;

	(void)Token;
	if (text_of_wide(&package, pszPackage) && package.at.len)
		status = import(package.at, pPackedContext, phContext);
	text_drop(&package);
	return status;
}

SECURITY_STATUS
ImportSecurityContextA(SEC_CHAR *pszPackage, PSecBuffer pPackedContext, void *Token, PCtxtHandle phContext)
{
	(void)Token;
	return pszPackage && *pszPackage ? import(bytes_of_text(pszPackage), pPackedContext, phContext) :
	    SEC_E_SECPKG_NOT_FOUND;
}
