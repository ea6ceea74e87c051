/*
 * message.c - signing and sealing. The application's half does the work: no
 * frame, no lock but the context's, no system call.
 */
#include "base/nt.h"

#include "secur32/explain.h"
#include "secur32/leg.h"
#include "secur32/handles.h"

/* The context with its lock taken and its half ready, or a status. */
static SECURITY_STATUS
message_begin(struct context **ret_ctx, PCtxtHandle handle, PSecBufferDesc message)
{
	SECURITY_STATUS status;
	struct context *ctx;
	uint64_t word;

	if (!handle || !message)
		return SEC_E_INVALID_HANDLE;
	ctx = context_hold(handle);
	if (!ctx)
		return sec_handle_word(&word, handle, KIND_CONTEXT) &&
		    handle_was(root_handles(), KIND_CONTEXT, word) ? SEC_E_CONTEXT_EXPIRED : SEC_E_INVALID_HANDLE;
	if (buffers_check(message) != SEC_E_OK) {
		context_release(ctx);
		return SEC_E_INVALID_TOKEN;
	}
	pthread_mutex_lock(&ctx->lock);
	if (ctx->state == CTX_ESTABLISHED && ctx->half) {
		*ret_ctx = ctx;
		return SEC_E_OK;
	}
	status = ctx->state == CTX_ESTABLISHED ? SEC_E_UNSUPPORTED_FUNCTION : SEC_E_OUT_OF_SEQUENCE;
	pthread_mutex_unlock(&ctx->lock);
	context_release(ctx);
	return status;
}

static SECURITY_STATUS
message_end(struct context *ctx, NTSTATUS status)
{
	pthread_mutex_unlock(&ctx->lock);
	context_release(ctx);
	return sec_of(status);
}

static SECURITY_STATUS
protect(PCtxtHandle handle, bool seals, ULONG qop, PSecBufferDesc message, ULONG sequence)
{
	struct context *ctx;
	SECURITY_STATUS status = message_begin(&ctx, handle, message);

	if (status != SEC_E_OK)
		return status;
	return message_end(ctx, (seals ? ctx->user->seal : ctx->user->sign)(ctx->half, qop, message, sequence));
}

static SECURITY_STATUS
prove(PCtxtHandle handle, bool seals, PSecBufferDesc message, ULONG sequence, PULONG ret_qop)
{
	struct context *ctx;
	SECURITY_STATUS status = message_begin(&ctx, handle, message);
	ULONG qop = 0;
	NTSTATUS verdict;

	if (status != SEC_E_OK)
		return status;
	verdict = (seals ? ctx->user->unseal : ctx->user->verify)(ctx->half, message, sequence, &qop);
	if (verdict == STATUS_SUCCESS && ret_qop)
		*ret_qop = qop;
	return message_end(ctx, verdict);
}

SECURITY_STATUS
MakeSignature(PCtxtHandle phContext, ULONG fQOP, PSecBufferDesc pMessage, ULONG MessageSeqNo)
{
	return protect(phContext, false, fQOP, pMessage, MessageSeqNo);
}

SECURITY_STATUS
VerifySignature(PCtxtHandle phContext, PSecBufferDesc pMessage, ULONG MessageSeqNo, PULONG pfQOP)
{
	return prove(phContext, false, pMessage, MessageSeqNo, pfQOP);
}

SECURITY_STATUS
EncryptMessage(PCtxtHandle phContext, ULONG fQOP, PSecBufferDesc pMessage, ULONG MessageSeqNo)
{
	return protect(phContext, true, fQOP, pMessage, MessageSeqNo);
}

SECURITY_STATUS
DecryptMessage(PCtxtHandle phContext, PSecBufferDesc pMessage, ULONG MessageSeqNo, PULONG pfQOP)
{
	return prove(phContext, true, pMessage, MessageSeqNo, pfQOP);
}
