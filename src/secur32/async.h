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

/* Popped by a queue that is no more: notified without its callback. */
void async_settle(struct async *a);

#endif
