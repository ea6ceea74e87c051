/*
 * async.h - an asynchronous context as the library holds it.
 *
 *     Idle -> Pending -> Done -> Notified -> Idle | Freed
 *                 \-> Detached (freed while pending)
 */
#ifndef OPENLSA_SECUR32_ASYNC_H
#define OPENLSA_SECUR32_ASYNC_H

#include <pthread.h>

#include "secur32/acquire.h"
#include "secur32/leg.h"
#include "secur32/queue.h"

enum async_op { OP_NONE, OP_ACQUIRE, OP_LEG, OP_DELETE, OP_FREE };

struct async {
	uint64_t word;
	pthread_mutex_t lock;
	pthread_cond_t settled;
	enum { ASYNC_IDLE, ASYNC_PENDING, ASYNC_DONE, ASYNC_NOTIFIED, ASYNC_DETACHED } state;
	bool in_callback;
	pthread_t callback_thread;
	unsigned run;			/* counts operations */
	unsigned waiters;
	SspiAsyncNotifyCallback callback, due;
	void *data, *due_data;
	struct OLSA_ASYNC_QUEUE *queue;
	void *cookie;
	uint32_t deadline;
	SECURITY_STATUS status;
	struct why why;
	/* The operation. */
	enum async_op op;
	bool flying;			/* sent, not told yet */
	bool cancel_wanted;
	struct ask ask;
	struct link *link;
	union {
		struct acquire acquire;
		struct leg leg;
		struct context *context;
		struct cred *cred;
	} u;
	/* Among those completed; guarded by the queue's or the pump's lock. */
	struct async *next;
	bool queued;
};

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

struct async *async_hold(const SspiAsyncContext *handle);	/* NULL: it names none */
void async_release(struct async *a);
SspiAsyncContext *async_handle(const struct async *a);
/* Its queue was freed: it goes on with neither callback nor queue. */
bool async_queue_gone(const struct async *a);

/* Idle to Pending, and back where nothing was queued after all. */
SECURITY_STATUS async_begin(struct async **ret_async, SspiAsyncContext *handle, enum async_op op);
SECURITY_STATUS async_unbegin(struct async *a, SECURITY_STATUS status);
/* The link that the operation's completion comes over. */
SECURITY_STATUS async_link(struct async *a, uint64_t epoch, struct why *why);
struct flight flight_begin(struct async *a, void (*finished)(struct ask *));
void flight_end(struct flight *f);
void flight_cancel(struct async *a);
/* Called with the lock, returns without it; `why` is taken. */
void async_complete(struct async *a, SECURITY_STATUS status, struct why *why);

/* Popped by a queue that is no more: notified without its callback. */
void async_settle(struct async *a);

#endif
