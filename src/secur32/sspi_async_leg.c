/*
 * sspi_async_leg.c - legs, asynchronously, and the end of a context, which
 * may have to wait for one.
 */
#include <stdlib.h>

#include "base/nt.h"
#include <openlsa.h>

#include "secur32/async.h"
#include "secur32/core.h"
#include "secur32/explain.h"
#include "secur32/text.h"

/* --- a leg ---------------------------------------------------------------------------- */

static void delete_start(struct context *ctx, struct async *a, struct link *link);

static void
leg_finish(struct async *a, struct ask *ask, SECURITY_STATUS status)
{
	struct leg op;
	struct context *ctx;
	struct link *link = NULL;
	bool doomed;

	pthread_mutex_lock(&a->lock);
	op = a->u.leg;
	ctx = op.context;
	op.given_up = a->state == ASYNC_DETACHED;
	status = leg_close(&op, ask, status);
	ask_end(ask);
	/* A context that nobody can name any more: the caller gave the leg up. */
	if (op.given_up && op.first && ctx && status >= 0) {
		(void)handle_close(root_handles(), KIND_CONTEXT, ctx->word);
		forget_detached(op.link, ctx->wire);
	}
	doomed = ctx && atomic_load(&ctx->doomed);
	if (doomed && op.link) {
		link = op.link;
		link_hold(link);
	}
	async_complete(a, status, &op.why);
	if (doomed)
		delete_start(ctx, ctx->after, link);
	link_release(link);
	leg_drop(&op);
}

static void
leg_finished(struct ask *ask)
{
	leg_finish(ask->owner, ask, SEC_E_OK);
}

void
flight_cancel(struct async *a)
{
	struct link *link = NULL;

	pthread_mutex_lock(&a->lock);
	a->cancel_wanted = true;
	if (a->flying && (a->op == OP_LEG || a->op == OP_ACQUIRE)) {
		link = a->link;
		link_hold(link);
	}
	pthread_mutex_unlock(&a->lock);
	if (link)
		link->kind->cancel(link, &a->ask);
	link_release(link);
}

bool
async_doom(struct context *ctx)
{
	struct async *flight = NULL;
	bool doomed;

	pthread_mutex_lock(&ctx->fate);
	doomed = atomic_load(&ctx->leg) == LEG_ASYNC;
	if (doomed) {
		atomic_store(&ctx->doomed, true);
		flight = ctx->flight ? handle_hold(root_handles(), KIND_ASYNC, ((struct async *)ctx->flight)->word) : NULL;
	}
	pthread_mutex_unlock(&ctx->fate);
	if (flight) {
		flight_cancel(flight);
		async_release(flight);
	}
	return doomed;
}

static SECURITY_STATUS
leg_queue(SspiAsyncContext *handle, struct leg *op, bool text_good)
{
	struct flight flight;
	struct async *a;
	SECURITY_STATUS status = leg_check(op);

	if (status != SEC_E_OK)
		return status;
	status = async_begin(&a, handle, OP_LEG);
	if (status != SEC_E_OK)
		return status;
	status = text_good ? leg_open(op, LEG_ASYNC) : SEC_E_INVALID_TOKEN;
	if (status == SEC_E_OUT_OF_SEQUENCE || status == SEC_E_INSUFFICIENT_MEMORY) {
		leg_drop(op);
		return async_unbegin(a, status);
	}
	if (status == SEC_E_OK) {
		pthread_mutex_lock(&op->context->fate);
		op->context->flight = a;
		a->cancel_wanted = atomic_load(&op->context->doomed);
		pthread_mutex_unlock(&op->context->fate);
		if (!leg_is_kept(op))
			status = async_link(a, op->context->epoch, &op->why);
		if (status != SEC_E_OK) {
			link_release(a->link);
			a->link = NULL;
		}
	}
	op->deadline = a->deadline;
	a->u.leg = *op;
	if (status != SEC_E_OK || leg_is_kept(op)) {
		leg_finish(a, &a->ask, status);
		return SEC_E_OK;
	}
	flight = flight_begin(a, leg_finished);
	leg_ask(&a->u.leg, &a->ask, a->link);
	flight_end(&flight);
	return SEC_E_OK;
}

/* The target is dropped here, however its text was written. */
static SECURITY_STATUS
init_queue(SspiAsyncContext *handle, PCredHandle cred, PCtxtHandle context, struct text *target, bool text_good,
    ULONG wants, ULONG data_rep, PSecBufferDesc input, PCtxtHandle fresh, PSecBufferDesc output, PULONG attributes,
    PTimeStamp expiry)
{
	struct leg op = { .has_cred = cred != NULL, .has_context = context != NULL, .wants = wants,
	    .data_rep = data_rep, .target = target->at, .input = input, .new_context = fresh, .output = output,
	    .attributes = attributes, .expiry = expiry };
	SECURITY_STATUS status;

	if (cred)
		op.cred_handle = *cred;
	if (context)
		op.context_handle = *context;
	status = leg_queue(handle, &op, text_good);
	text_drop(target);
	return status;
}

SECURITY_STATUS
SspiInitializeSecurityContextAsyncW(SspiAsyncContext *AsyncContext, PCredHandle phCredential, PCtxtHandle phContext,
    LPWSTR pszTargetName, ULONG fContextReq, ULONG Reserved1, ULONG TargetDataRep, PSecBufferDesc pInput,
    ULONG Reserved2, PCtxtHandle phNewContext, PSecBufferDesc pOutput, PULONG pfContextAttr, PTimeStamp ptsExpiry)
{
	struct text target;
	bool good = text_of_wide(&target, pszTargetName);

	(void)Reserved1, (void)Reserved2;
	return init_queue(AsyncContext, phCredential, phContext, &target, good, fContextReq, TargetDataRep, pInput,
	    phNewContext, pOutput, pfContextAttr, ptsExpiry);
}

SECURITY_STATUS
SspiInitializeSecurityContextAsyncA(SspiAsyncContext *AsyncContext, PCredHandle phCredential, PCtxtHandle phContext,
    LPSTR pszTargetName, ULONG fContextReq, ULONG Reserved1, ULONG TargetDataRep, PSecBufferDesc pInput,
    ULONG Reserved2, PCtxtHandle phNewContext, PSecBufferDesc pOutput, PULONG pfContextAttr, PTimeStamp ptsExpiry)
{
	struct text target;
	bool good = text_of_ansi(&target, pszTargetName);

	(void)Reserved1, (void)Reserved2;
	return init_queue(AsyncContext, phCredential, phContext, &target, good, fContextReq, TargetDataRep, pInput,
	    phNewContext, pOutput, pfContextAttr, ptsExpiry);
}

SECURITY_STATUS
SspiInitializeSecurityContextAsyncU(SspiAsyncContext *AsyncContext, PCredHandle phCredential, PCtxtHandle phContext,
    PSECURITY_STRING pszTargetName, ULONG fContextReq, ULONG Reserved1, ULONG TargetDataRep, PSecBufferDesc pInput,
    ULONG Reserved2, PCtxtHandle phNewContext, PSecBufferDesc pOutput, PULONG pfContextAttr, PTimeStamp ptsExpiry)
{
	struct text target;
	bool good = text_of_counted(&target, pszTargetName);

	(void)Reserved1, (void)Reserved2;
	return init_queue(AsyncContext, phCredential, phContext, &target, good, fContextReq, TargetDataRep, pInput,
	    phNewContext, pOutput, pfContextAttr, ptsExpiry);
}

SECURITY_STATUS
SspiAcceptSecurityContextAsync(SspiAsyncContext *AsyncContext, PCredHandle phCredential, PCtxtHandle phContext,
    PSecBufferDesc pInput, ULONG fContextReq, ULONG TargetDataRep, PCtxtHandle phNewContext, PSecBufferDesc pOutput,
    PULONG pfContextAttr, PTimeStamp ptsExpiry)
{
	struct leg op = { .server = true, .has_cred = phCredential != NULL, .has_context = phContext != NULL,
	    .wants = fContextReq, .data_rep = TargetDataRep, .input = pInput, .new_context = phNewContext,
	    .output = pOutput, .attributes = pfContextAttr, .expiry = ptsExpiry };

	if (phCredential)
		op.cred_handle = *phCredential;
	if (phContext)
		op.context_handle = *phContext;
	return leg_queue(AsyncContext, &op, true);
}

/* --- the end of a context ----------------------------------------------------------------- */

static void
forget_finished(struct ask *ask)
{
	struct async *a = ask->owner;
	struct why none = { NULL, 0, 0 };
	struct link *link = a->link;
	struct context *ctx;

	pthread_mutex_lock(&a->lock);
	ctx = a->u.context;
	a->u.context = NULL;
	ask_end(ask);
	context_release(ctx);		/* keys are wiped before the status can be read */
	async_complete(a, SEC_E_OK, &none);	/* the LSA has dropped it, or is gone itself */
	link_release(link);
}

/*
 * Nothing flies on the context any more. `a`, which may be NULL, is the
 * operation that ends with it and holds the context; link, which may be NULL,
 * leads to the LSA that knows it.
 */
static void
delete_start(struct context *ctx, struct async *a, struct link *link)
{
	struct forget_in in = { .context = ctx->wire };

	if (!a) {
		if (link)
			forget_detached(link, ctx->wire);
		return;
	}
	a->ask.finished = forget_finished;
	a->link = link;
	if (!link || !in.context) {
		if (link)
			link_hold(link);
		forget_finished(&a->ask);
		return;
	}
	link_hold(link);
	ask_forget(&a->ask, link, &in);
}

SECURITY_STATUS
SspiDeleteSecurityContextAsync(SspiAsyncContext *AsyncContext, PCtxtHandle phContext)
{
	struct why why = { NULL, 0, 0 };
	struct context *ctx;
	struct async *a;
	SECURITY_STATUS status;

	if (!phContext)
		return SEC_E_INVALID_HANDLE;
	status = async_begin(&a, AsyncContext, OP_DELETE);
	if (status != SEC_E_OK)
		return status;
	ctx = context_hold(phContext);
	if (!ctx || handle_close(root_handles(), KIND_CONTEXT, ctx->word) != HANDLE_CLOSED) {
		context_release(ctx);
		why_say(&why, SEC_E_INVALID_HANDLE, TO_CALLER, "the context handle names nothing");
		pthread_mutex_lock(&a->lock);
		async_complete(a, SEC_E_INVALID_HANDLE, &why);
		return SEC_E_OK;
	}
	a->u.context = ctx;
	pthread_mutex_lock(&ctx->fate);
	ctx->after = a;
	pthread_mutex_unlock(&ctx->fate);
	if (async_doom(ctx))
		return SEC_E_OK;	/* the leg in flight completes first, then this */
	status = async_link(a, ctx->epoch, &why);
	why_drop(&why);
	if (status != SEC_E_OK) {
		link_release(a->link);
		a->link = NULL;
		delete_start(ctx, a, NULL);
	} else {
		struct flight flight = flight_begin(a, forget_finished);
		struct link *link = a->link;

		delete_start(ctx, a, link);
		flight_end(&flight);
		link_release(link);
	}
	return SEC_E_OK;
}
