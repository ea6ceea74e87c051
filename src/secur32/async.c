/*
 * async.c - an asynchronous context and what every operation on one has in
 * common: how it begins, flies and completes. It must never learn to know
 * which operation it is.
 *
 * Locks: an asynchronous context's own, then a context's or a queue's.
 */
#include <stdlib.h>

#include "base/nt.h"
#include <openlsa.h>

#include "secur32/async.h"
#include "secur32/core.h"
#include "secur32/explain.h"

/* --- the object ------------------------------------------------------------- */

struct async *
async_hold(const SspiAsyncContext *handle)
{
	struct handle_table *t = root_handles();

	return t && handle ? handle_hold(t, KIND_ASYNC, (uint64_t)(uintptr_t)handle) : NULL;
}

void
async_release(struct async *a)
{
	handle_release(root_handles(), a->word);
}

SspiAsyncContext *
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
bool
async_queue_gone(const struct async *a)
{
	return a->queue && atomic_load(&a->queue->closed);
}

/* Under the lock; what is returned is released without it. */
static struct OLSA_ASYNC_QUEUE *
queue_leave(struct async *a)
{
	struct OLSA_ASYNC_QUEUE *gone = async_queue_gone(a) ? a->queue : NULL;

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
	a->state = async_queue_gone(a) || (!a->due && !a->queue) ? ASYNC_NOTIFIED : ASYNC_DONE;
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
SECURITY_STATUS
async_begin(struct async **ret_async, SspiAsyncContext *handle, enum async_op op)
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
SECURITY_STATUS
async_unbegin(struct async *a, SECURITY_STATUS status)
{
	pthread_mutex_lock(&a->lock);
	a->state = ASYNC_IDLE;
	a->op = OP_NONE;
	pthread_mutex_unlock(&a->lock);
	async_release(a);
	return status;
}

/* The link that this operation's completion comes over; no status of the queue call depends on it. */
SECURITY_STATUS
async_link(struct async *a, uint64_t epoch, struct why *why)
{
	SECURITY_STATUS status = sec_of(queue_link(&a->link, a->queue, why));

	if (status == SEC_E_OK && epoch && a->link->epoch != epoch) {
		why_say(why, SEC_E_INVALID_HANDLE, TO_CALLER, "the daemon was restarted since this handle was made");
		status = SEC_E_INVALID_HANDLE;
	}
	return status;
}

struct flight
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

void
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
void
async_complete(struct async *a, SECURITY_STATUS status, struct why *why)
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
