/*
 * sspi_async.c - the states of an asynchronous context, and what OpenLSA adds
 * to the family. An operation is the synchronous one's call, submitted and
 * not waited for; nothing below knows the difference. Rules: spec sspi-async;
 * each cell of its state table stands in tests/api/async_states_test.c.
 */
#include <time.h>

#include "base/nt.h"
#include <openlsa.h>

#include "base/time.h"
#include "secur32/async.h"
#include "secur32/core.h"
#include "secur32/explain.h"

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
	requires = !async_queue_gone(a) && (a->queue ||
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
