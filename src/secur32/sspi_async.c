/*
 * sspi_async.c - the asynchronous family: an operation is the synchronous
 * one's call, submitted and not waited for. Nothing below knows the
 * difference. Rules: spec sspi-async; each cell of its state table stands in
 * tests/api/async_states_test.c.
 *
 * Locks: an asynchronous context's own, then a context's or a queue's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/nt.h"
#include <openlsa.h>

#include "base/time.h"
#include "secur32/async.h"
#include "secur32/core.h"
#include "secur32/explain.h"
#include "secur32/text.h"

/* --- the object ------------------------------------------------------------- */

static struct async *
async_hold(const SspiAsyncContext *handle)
{
	struct handle_table *t = root_handles();

	return t && handle ? handle_hold(t, KIND_ASYNC, (uint64_t)(uintptr_t)handle) : NULL;
}

static void
async_release(struct async *a)
{
	handle_release(root_handles(), a->word);
}

static SspiAsyncContext *
async_handle(const struct async *a)
{
	return (SspiAsyncContext *)(uintptr_t)a->word;
}

void
async_destroy(void *object)
{
	struct async *a = object;

	queue_release(a->queue);
	why_drop(&a->why);
	pthread_cond_destroy(&a->settled);
	pthread_mutex_destroy(&a->lock);
	free(a);
}

SspiAsyncContext *
SspiCreateAsyncContext(void)
{
	struct handle_table *t = root_handles();
	struct async *a = t ? calloc(1, sizeof *a) : NULL;

	if (!a)
		return NULL;
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->settled, NULL);
	if (!handle_new(t, KIND_ASYNC, a, &a->word)) {
		async_destroy(a);
		return NULL;
	}
	return async_handle(a);
}

/* --- completion --------------------------------------------------------------- */

/* Its queue was freed: it goes on with neither callback nor queue. */
static bool
queue_is_gone(const struct async *a)
{
	return a->queue && atomic_load(&a->queue->closed);
}

/* Under the lock; what is returned is released without it. */
static struct OLSA_ASYNC_QUEUE *
queue_leave(struct async *a)
{
	struct OLSA_ASYNC_QUEUE *gone = queue_is_gone(a) ? a->queue : NULL;

	if (gone) {
		a->queue = NULL;
		a->callback = NULL;
		a->data = NULL;
	}
	return gone;
}

/* Under the lock: the final status is visible, and every output before it. */
static void
publish(struct async *a, SECURITY_STATUS status)
{
	a->status = status;
	a->state = queue_is_gone(a) || (!a->due && !a->queue) ? ASYNC_NOTIFIED : ASYNC_DONE;
	if (a->waiters)
		pthread_cond_broadcast(&a->settled);
}

static void
settle_locked(struct async *a, unsigned run)
{
	if (a->run == run && a->state == ASYNC_DONE)
		a->state = ASYNC_NOTIFIED;
	if (a->waiters)
		pthread_cond_broadcast(&a->settled);
}

/* Whoever saw the final status may have begun the next run already; that one is not touched. */
static void
settle(struct async *a, unsigned run)
{
	struct OLSA_ASYNC_QUEUE *gone;

	pthread_mutex_lock(&a->lock);
	settle_locked(a, run);
	gone = a->run == run ? queue_leave(a) : NULL;
	pthread_mutex_unlock(&a->lock);
	queue_release(gone);
	async_release(a);
}

/* A popped one cannot have begun another run. */
void
async_settle(struct async *a)
{
	settle(a, a->run);
}

/* Runs the callback of one popped completion, with no lock held. */
void
async_notify(struct async *a)
{
	SspiAsyncNotifyCallback callback;
	struct why why = { NULL, 0, 0 };
	unsigned run;
	void *data;

	pthread_mutex_lock(&a->lock);
	run = a->run;
	callback = a->state == ASYNC_DONE ? a->due : NULL;
	data = a->due_data;
	if (callback) {
		a->in_callback = true;
		a->callback_thread = pthread_self();
		why_take(&why, bytes_of(a->why.at, a->why.len));
		if (why.len)
			why_thread_keep(a->status, &why);
	}
	pthread_mutex_unlock(&a->lock);
	if (callback)
		callback(async_handle(a), data);
	pthread_mutex_lock(&a->lock);
	if (a->run == run)
		a->in_callback = false;
	settle_locked(a, run);
	pthread_mutex_unlock(&a->lock);
	async_release(a);
}

/* --- operations ------------------------------------------------------------------ */

/* Idle to Pending; the callback is captured with its data. The operation holds the context until it is delivered. */
static SECURITY_STATUS
begin(struct async **ret_async, SspiAsyncContext *handle, enum async_op op)
{
	struct async *a = async_hold(handle);
	struct OLSA_ASYNC_QUEUE *gone;

	if (!a)
		return SEC_E_INVALID_HANDLE;
	pthread_mutex_lock(&a->lock);
	if (a->state != ASYNC_IDLE) {
		pthread_mutex_unlock(&a->lock);
		async_release(a);
		return SEC_E_OUT_OF_SEQUENCE;
	}
	gone = queue_leave(a);
	a->state = ASYNC_PENDING;
	a->run++;
	a->in_callback = false;		/* whatever runs now is an earlier run's */
	a->op = op;
	a->due = a->callback;
	a->due_data = a->data;
	a->status = SEC_I_ASYNC_CALL_PENDING;
	why_drop(&a->why);
	a->ask = (struct ask){ .owner = a };
	a->link = NULL;
	a->cancel_wanted = false;
	pthread_mutex_unlock(&a->lock);
	queue_release(gone);
	*ret_async = a;
	return SEC_E_OK;
}

/* Nothing was queued after all: as if it had never been asked. */
static SECURITY_STATUS
unbegin(struct async *a, SECURITY_STATUS status)
{
	pthread_mutex_lock(&a->lock);
	a->state = ASYNC_IDLE;
	a->op = OP_NONE;
	pthread_mutex_unlock(&a->lock);
	async_release(a);
	return status;
}

/* The link that this operation's completion comes over; no status of the queue call depends on it. */
static SECURITY_STATUS
op_link(struct async *a, uint64_t epoch, struct why *why)
{
	SECURITY_STATUS status = sec_of(queue_link(&a->link, a->queue, why));

	if (status == SEC_E_OK && epoch && a->link->epoch != epoch) {
		why_say(why, SEC_E_INVALID_HANDLE, TO_CALLER, "the daemon was restarted since this handle was made");
		status = SEC_E_INVALID_HANDLE;
	}
	return status;
}

/*
 * Around the sending of an operation: it may complete, be delivered and be
 * freed before the queue call returns, so what is needed afterwards is held.
 */
struct flight {
	struct async *a;		/* NULL: freed by another thread meanwhile */
	struct OLSA_ASYNC_QUEUE *queue;
	struct link *link;
	unsigned run;
};

static struct flight
flight_begin(struct async *a, void (*finished)(struct ask *))
{
	struct flight f = { .a = async_hold(async_handle(a)), .queue = a->queue, .link = a->link };

	if (f.queue)
		queue_hold(f.queue);
	link_hold(f.link);
	a->ask.finished = finished;
	pthread_mutex_lock(&a->lock);
	f.run = a->run;
	a->flying = true;
	pthread_mutex_unlock(&a->lock);
	return f;
}

static void flight_cancel(struct async *a);

static void
flight_end(struct flight *f)
{
	bool cancel = false;

	queue_sent(f->queue, f->link);
	if (f->a) {			/* a cancel that came before the call was sent found nothing */
		pthread_mutex_lock(&f->a->lock);
		cancel = f->a->cancel_wanted && f->a->flying && f->a->run == f->run;
		pthread_mutex_unlock(&f->a->lock);
		if (cancel)
			flight_cancel(f->a);
		async_release(f->a);
	}
	queue_release(f->queue);
	link_release(f->link);
}

/*
 * What every completion has in common: called with the lock, returns without
 * it. `why` is taken. The operation's own hold goes with it: to the queue or
 * the callback thread, or back to the table. A queue has it before the status
 * can be seen: whoever frees the context then finds it there.
 */
static void
complete(struct async *a, SECURITY_STATUS status, struct why *why)
{
	bool detached = a->state == ASYNC_DETACHED, taken = false, called;
	struct OLSA_ASYNC_QUEUE *gone = NULL;
	unsigned run = a->run;

	a->flying = false;
	a->why = *why;
	*why = (struct why){ NULL, 0, 0 };
	if (!detached) {
		publish(a, status);
		taken = a->queue && queue_push(a->queue, a);
		if (a->queue && !taken) {
			settle_locked(a, run);
			gone = queue_leave(a);
		}
	}
	called = !detached && !taken && a->state == ASYNC_DONE;
	pthread_mutex_unlock(&a->lock);
	queue_release(gone);
	if (taken || (called && pump_push(a)))
		return;
	if (called)
		settle(a, run);		/* no thread to call on: the status is there for whoever asks */
	else
		async_release(a);
}

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
	complete(a, status, &op.why);
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
	status = begin(&a, handle, OP_ACQUIRE);
	if (status != SEC_E_OK)
		return status;
	status = text_good ? acquire_open(op, logon_id, auth_data, wide) : SEC_E_UNKNOWN_CREDENTIALS;
	if (status == SEC_E_INSUFFICIENT_MEMORY) {
		acquire_drop(op);
		return unbegin(a, status);
	}
	if (status == SEC_E_OK)
		status = op_link(a, 0, &op->why);
	if (status != SEC_E_OK) {
		link_release(a->link);
		a->link = NULL;
		pthread_mutex_lock(&a->lock);
		complete(a, status, &op->why);
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

SECURITY_STATUS
SspiAcquireCredentialsHandleAsyncW(SspiAsyncContext *AsyncContext, LPWSTR pszPrincipal, LPWSTR pszPackage,
    ULONG fCredentialUse, PVOID pvLogonId, PVOID pAuthData, SEC_GET_KEY_FN pGetKeyFn, PVOID pvGetKeyArgument,
    PCredHandle phCredential, PTimeStamp ptsExpiry)
{
	struct text principal, package;
	bool good = text_of_wide(&package, pszPackage), named = text_of_wide(&principal, pszPrincipal);
	struct acquire op = { .package = package.at, .principal = principal.at, .use = fCredentialUse,
	    .handle = phCredential, .expiry = ptsExpiry };
	SECURITY_STATUS status;

	(void)pGetKeyFn;
	(void)pvGetKeyArgument;
	status = acquire_queue(AsyncContext, &op, pszPackage, pvLogonId, pAuthData, true, good && named);
	text_drop(&principal);
	text_drop(&package);
	return status;
}

SECURITY_STATUS
SspiAcquireCredentialsHandleAsyncA(SspiAsyncContext *AsyncContext, LPSTR pszPrincipal, LPSTR pszPackage,
    ULONG fCredentialUse, PVOID pvLogonId, PVOID pAuthData, SEC_GET_KEY_FN pGetKeyFn, PVOID pvGetKeyArgument,
    PCredHandle phCredential, PTimeStamp ptsExpiry)
{
	struct text principal, package;
	bool good = text_of_ansi(&package, pszPackage), named = text_of_ansi(&principal, pszPrincipal);
	struct acquire op = { .package = package.at, .principal = principal.at, .use = fCredentialUse,
	    .handle = phCredential, .expiry = ptsExpiry };

	(void)pGetKeyFn;
	(void)pvGetKeyArgument;
	return acquire_queue(AsyncContext, &op, pszPackage, pvLogonId, pAuthData, false, good && named);
}

/* The kernel-mode shape: counted strings. */
SECURITY_STATUS
SspiAcquireCredentialsHandleAsyncU(SspiAsyncContext *AsyncContext, PSECURITY_STRING pszPrincipal,
    PSECURITY_STRING pszPackage, ULONG fCredentialUse, PVOID pvLogonId, PVOID pAuthData, SEC_GET_KEY_FN pGetKeyFn,
    PVOID pvGetKeyArgument, PCredHandle phCredential, PTimeStamp ptsExpiry)
{
	struct text principal, package;
	bool good = text_of_counted(&package, pszPackage), named = text_of_counted(&principal, pszPrincipal);
	struct acquire op = { .package = package.at, .principal = principal.at, .use = fCredentialUse,
	    .handle = phCredential, .expiry = ptsExpiry };
	SECURITY_STATUS status;

	(void)pGetKeyFn;
	(void)pvGetKeyArgument;
	status = acquire_queue(AsyncContext, &op, pszPackage, pvLogonId, pAuthData, true, good && named);
	text_drop(&principal);
	text_drop(&package);
	return status;
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
	complete(a, SEC_E_OK, &none);	/* the LSA has dropped it, or is gone itself */
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
	status = begin(&a, AsyncContext, OP_FREE);
	if (status != SEC_E_OK)
		return status;
	cred = cred_hold(phCredential);
	if (!cred || handle_close(root_handles(), KIND_CRED, cred->word) != HANDLE_CLOSED) {
		cred_release(cred);
		why_say(&why, SEC_E_INVALID_HANDLE, TO_CALLER, "the credential handle names nothing");
		pthread_mutex_lock(&a->lock);
		complete(a, SEC_E_INVALID_HANDLE, &why);
		return SEC_E_OK;
	}
	if (atomic_fetch_or(&cred->flights, CRED_FREED) != 0 || op_link(a, cred->epoch, &why) != SEC_E_OK) {
		link_release(a->link);
		why_drop(&why);
		pthread_mutex_lock(&a->lock);
		complete(a, SEC_E_OK, &why);
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
	complete(a, status, &op.why);
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

static void
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
	status = begin(&a, handle, OP_LEG);
	if (status != SEC_E_OK)
		return status;
	status = text_good ? leg_open(op, LEG_ASYNC) : SEC_E_INVALID_TOKEN;
	if (status == SEC_E_OUT_OF_SEQUENCE || status == SEC_E_INSUFFICIENT_MEMORY) {
		leg_drop(op);
		return unbegin(a, status);
	}
	if (status == SEC_E_OK) {
		pthread_mutex_lock(&op->context->fate);
		op->context->flight = a;
		a->cancel_wanted = atomic_load(&op->context->doomed);
		pthread_mutex_unlock(&op->context->fate);
		if (!leg_is_kept(op))
			status = op_link(a, op->context->epoch, &op->why);
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

static SECURITY_STATUS
init_queue(SspiAsyncContext *handle, PCredHandle cred, PCtxtHandle context, struct bytes target, bool text_good,
    ULONG wants, ULONG data_rep, PSecBufferDesc input, PCtxtHandle fresh, PSecBufferDesc output, PULONG attributes,
    PTimeStamp expiry)
{
	struct leg op = { .has_cred = cred != NULL, .has_context = context != NULL, .wants = wants,
	    .data_rep = data_rep, .target = target, .input = input, .new_context = fresh, .output = output,
	    .attributes = attributes, .expiry = expiry };

	if (cred)
		op.cred_handle = *cred;
	if (context)
		op.context_handle = *context;
	return leg_queue(handle, &op, text_good);
}

SECURITY_STATUS
SspiInitializeSecurityContextAsyncW(SspiAsyncContext *AsyncContext, PCredHandle phCredential, PCtxtHandle phContext,
    LPWSTR pszTargetName, ULONG fContextReq, ULONG Reserved1, ULONG TargetDataRep, PSecBufferDesc pInput,
    ULONG Reserved2, PCtxtHandle phNewContext, PSecBufferDesc pOutput, PULONG pfContextAttr, PTimeStamp ptsExpiry)
{
	struct text target;
	bool good = text_of_wide(&target, pszTargetName);
	SECURITY_STATUS status;

	(void)Reserved1;
	(void)Reserved2;
	status = init_queue(AsyncContext, phCredential, phContext, target.at, good, fContextReq, TargetDataRep, pInput,
	    phNewContext, pOutput, pfContextAttr, ptsExpiry);
	text_drop(&target);
	return status;
}

SECURITY_STATUS
SspiInitializeSecurityContextAsyncA(SspiAsyncContext *AsyncContext, PCredHandle phCredential, PCtxtHandle phContext,
    LPSTR pszTargetName, ULONG fContextReq, ULONG Reserved1, ULONG TargetDataRep, PSecBufferDesc pInput,
    ULONG Reserved2, PCtxtHandle phNewContext, PSecBufferDesc pOutput, PULONG pfContextAttr, PTimeStamp ptsExpiry)
{
	struct text target;
	bool good = text_of_ansi(&target, pszTargetName);

	(void)Reserved1;
	(void)Reserved2;
	return init_queue(AsyncContext, phCredential, phContext, target.at, good, fContextReq, TargetDataRep, pInput,
	    phNewContext, pOutput, pfContextAttr, ptsExpiry);
}

SECURITY_STATUS
SspiInitializeSecurityContextAsyncU(SspiAsyncContext *AsyncContext, PCredHandle phCredential, PCtxtHandle phContext,
    PSECURITY_STRING pszTargetName, ULONG fContextReq, ULONG Reserved1, ULONG TargetDataRep, PSecBufferDesc pInput,
    ULONG Reserved2, PCtxtHandle phNewContext, PSecBufferDesc pOutput, PULONG pfContextAttr, PTimeStamp ptsExpiry)
{
	struct text target;
	bool good = text_of_counted(&target, pszTargetName);
	SECURITY_STATUS status;

	(void)Reserved1;
	(void)Reserved2;
	status = init_queue(AsyncContext, phCredential, phContext, target.at, good, fContextReq, TargetDataRep, pInput,
	    phNewContext, pOutput, pfContextAttr, ptsExpiry);
	text_drop(&target);
	return status;
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
	complete(a, SEC_E_OK, &none);	/* the LSA has dropped it, or is gone itself */
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
	status = begin(&a, AsyncContext, OP_DELETE);
	if (status != SEC_E_OK)
		return status;
	ctx = context_hold(phContext);
	if (!ctx || handle_close(root_handles(), KIND_CONTEXT, ctx->word) != HANDLE_CLOSED) {
		context_release(ctx);
		why_say(&why, SEC_E_INVALID_HANDLE, TO_CALLER, "the context handle names nothing");
		pthread_mutex_lock(&a->lock);
		complete(a, SEC_E_INVALID_HANDLE, &why);
		return SEC_E_OK;
	}
	a->u.context = ctx;
	pthread_mutex_lock(&ctx->fate);
	ctx->after = a;
	pthread_mutex_unlock(&ctx->fate);
	if (async_doom(ctx))
		return SEC_E_OK;	/* the leg in flight completes first, then this */
	status = op_link(a, ctx->epoch, &why);
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

/* --- states ------------------------------------------------------------------------------------ */

SECURITY_STATUS
SspiGetAsyncCallStatus(SspiAsyncContext *Handle)
{
	struct async *a = async_hold(Handle);
	struct why why = { NULL, 0, 0 };
	SECURITY_STATUS status;

	if (!a)
		return SEC_E_INVALID_HANDLE;
	pthread_mutex_lock(&a->lock);
	status = a->state == ASYNC_IDLE ? SEC_E_OK : a->state == ASYNC_PENDING ? SEC_I_ASYNC_CALL_PENDING :
	    a->state == ASYNC_DETACHED ? SEC_E_INVALID_HANDLE : a->status;
	if (status < 0 && a->why.len)
		why_take(&why, bytes_of(a->why.at, a->why.len));
	pthread_mutex_unlock(&a->lock);
	if (why.len)
		why_thread_keep(status, &why);
	async_release(a);
	return status;
}

SECURITY_STATUS
SspiSetAsyncNotifyCallback(SspiAsyncContext *Context, SspiAsyncNotifyCallback Callback, void *CallbackData)
{
	struct async *a = async_hold(Context);
	SECURITY_STATUS status = SEC_E_OUT_OF_SEQUENCE;

	if (!a)
		return SEC_E_INVALID_HANDLE;
	pthread_mutex_lock(&a->lock);
	if (a->state == ASYNC_IDLE || a->state == ASYNC_NOTIFIED) {
		a->callback = Callback;
		a->data = Callback ? CallbackData : NULL;
		status = SEC_E_OK;
	}
	pthread_mutex_unlock(&a->lock);
	async_release(a);
	return status;
}

BOOLEAN
SspiAsyncContextRequiresNotify(SspiAsyncContext *AsyncContext)
{
	struct async *a = async_hold(AsyncContext);
	BOOLEAN requires;

	if (!a)
		return FALSE;
	pthread_mutex_lock(&a->lock);
	requires = !queue_is_gone(a) && (a->queue ||
	    (a->state == ASYNC_PENDING || a->state == ASYNC_DONE ? a->due : a->callback));
	pthread_mutex_unlock(&a->lock);
	async_release(a);
	return requires;
}

static bool
in_own_callback(const struct async *a)
{
	return a->in_callback && pthread_equal(a->callback_thread, pthread_self());
}

NTSTATUS
SspiReinitAsyncContext(SspiAsyncContext *Handle)
{
	struct async *a = async_hold(Handle);
	NTSTATUS status = STATUS_SUCCESS;

	if (!a)
		return STATUS_INVALID_HANDLE;
	pthread_mutex_lock(&a->lock);
	if (a->state == ASYNC_PENDING || (a->state == ASYNC_DONE && !in_own_callback(a))) {
		status = STATUS_UNSUCCESSFUL;
	} else {
		a->state = ASYNC_IDLE;
		a->status = SEC_E_OK;
	}
	pthread_mutex_unlock(&a->lock);
	async_release(a);
	return status;
}

/* Freed while pending: abandoned. The call is asked to stop (a delete or a free runs on), outputs stay as they are. */
static void
abandon(struct async *a)
{
	static _Atomic bool said;

	if (a->op == OP_DELETE || a->op == OP_FREE)
		return;
	if (!atomic_exchange(&said, true))
		why_thread_say(SEC_E_INTERNAL_ERROR, "an asynchronous context was freed while its call was pending");
	flight_cancel(a);
}

VOID
SspiFreeAsyncContext(SspiAsyncContext *Handle)
{
	struct async *a = async_hold(Handle);
	bool pending;

	if (!a)
		return;
	if (handle_close(root_handles(), KIND_ASYNC, a->word) != HANDLE_CLOSED) {
		async_release(a);
		return;
	}
	pthread_mutex_lock(&a->lock);
	pending = a->state == ASYNC_PENDING;
	if (pending) {
		a->state = ASYNC_DETACHED;
	} else if (a->state == ASYNC_DONE && a->queue && !a->in_callback && queue_remove(a->queue, a)) {
		a->state = ASYNC_DETACHED;
		pthread_mutex_unlock(&a->lock);
		async_release(a);		/* the queue's hold */
		pthread_mutex_lock(&a->lock);
	} else {
		a->waiters++;
		while (a->state == ASYNC_DONE && !in_own_callback(a))
			pthread_cond_wait(&a->settled, &a->lock);
		a->waiters--;
	}
	pthread_mutex_unlock(&a->lock);
	if (pending)
		abandon(a);
	async_release(a);
}

/* --- what is ours --------------------------------------------------------------------------------- */

SECURITY_STATUS
OlsaSspiBindAsyncContext(SspiAsyncContext *Context, OLSA_ASYNC_QUEUE *Queue, void *Cookie)
{
	struct async *a = async_hold(Context);
	struct OLSA_ASYNC_QUEUE *old = NULL;
	SECURITY_STATUS status = SEC_E_OUT_OF_SEQUENCE;

	if (!a)
		return SEC_E_INVALID_HANDLE;
	pthread_mutex_lock(&a->lock);
	if (a->state == ASYNC_IDLE) {
		old = a->queue;
		a->queue = Queue;
		a->cookie = Cookie;
		if (Queue)
			queue_hold(Queue);
		status = SEC_E_OK;
	}
	pthread_mutex_unlock(&a->lock);
	queue_release(old);
	async_release(a);
	return status;
}

SECURITY_STATUS
OlsaSspiSetAsyncDeadline(SspiAsyncContext *Context, ULONG Milliseconds)
{
	struct async *a = async_hold(Context);
	SECURITY_STATUS status = SEC_E_OUT_OF_SEQUENCE;

	if (!a)
		return SEC_E_INVALID_HANDLE;
	pthread_mutex_lock(&a->lock);
	if (a->state == ASYNC_IDLE) {
		a->deadline = Milliseconds;
		status = SEC_E_OK;
	}
	pthread_mutex_unlock(&a->lock);
	async_release(a);
	return status;
}

SECURITY_STATUS
OlsaSspiCancelAsync(SspiAsyncContext *Context)
{
	struct async *a = async_hold(Context);
	bool pending;

	if (!a)
		return SEC_E_INVALID_HANDLE;
	pthread_mutex_lock(&a->lock);
	pending = a->state == ASYNC_PENDING && (a->op == OP_LEG || a->op == OP_ACQUIRE);
	pthread_mutex_unlock(&a->lock);
	if (pending)
		flight_cancel(a);
	async_release(a);
	return pending ? SEC_E_OK : SEC_E_INVALID_HANDLE;
}

/* Looks at an empty queue, and now and then at a full one: calls under way come home only when it is turned. */
#define TURN_EVERY 16u

static struct async *
take(OLSA_ASYNC_QUEUE *q)
{
	struct async *a = ++q->since_turn < TURN_EVERY ? queue_pop(q) : NULL;

	if (a)
		return a;
	q->since_turn = 0;
	queue_turn(q, 0);
	return queue_pop(q);
}

unsigned
OlsaSspiAsyncDispatch(OLSA_ASYNC_QUEUE *Queue, unsigned Max)
{
	unsigned done = 0;

	if (!Queue || atomic_exchange(&Queue->dispatching, true))
		return 0;
	queue_hold(Queue);			/* a callback may free it */
	while (done < Max) {
		struct async *a = take(Queue);

		if (!a)
			break;
		async_notify(a);
		done++;
	}
	atomic_store(&Queue->dispatching, false);
	queue_release(Queue);
	return done;
}

SspiAsyncContext *
OlsaSspiAsyncNext(OLSA_ASYNC_QUEUE *Queue, void **Cookie)
{
	SspiAsyncContext *handle;
	struct async *a;

	if (!Queue || atomic_exchange(&Queue->dispatching, true))
		return NULL;
	a = take(Queue);
	atomic_store(&Queue->dispatching, false);
	if (!a)
		return NULL;
	handle = async_handle(a);
	if (Cookie)
		*Cookie = a->cookie;
	async_settle(a);
	return handle;
}

static void
wait_on_condition(struct async *a, uint64_t ms)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += (time_t)(ms / 1000);
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	(void)pthread_cond_timedwait(&a->settled, &a->lock, &until);
}

#define SLICE_MS 20u		/* another thread may complete what a queue's own wheel does not show */

SECURITY_STATUS
OlsaSspiWaitAsync(SspiAsyncContext *Context, int TimeoutMs)
{
	struct async *a = async_hold(Context);
	uint64_t until = TimeoutMs < 0 ? UINT64_MAX : time_mono_ms() + (uint64_t)TimeoutMs;
	SECURITY_STATUS status;

	if (!a)
		return SEC_E_INVALID_HANDLE;
	pthread_mutex_lock(&a->lock);
	while (a->state == ASYNC_PENDING) {
		uint64_t now = time_mono_ms(), left;
		struct OLSA_ASYNC_QUEUE *q = a->queue;

		if (now >= until)
			break;
		left = until - now < SLICE_MS ? until - now : SLICE_MS;
		if (q) {
			pthread_mutex_unlock(&a->lock);
			queue_turn(q, (int)left);
			pthread_mutex_lock(&a->lock);
		} else {
			a->waiters++;
			wait_on_condition(a, left);
			a->waiters--;
		}
	}
	status = a->state == ASYNC_IDLE ? SEC_E_OK : a->state == ASYNC_PENDING ? SEC_I_ASYNC_CALL_PENDING : a->status;
	pthread_mutex_unlock(&a->lock);
	async_release(a);
	return status;
}
