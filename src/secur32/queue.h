/*
 * queue.h - where completions of asynchronous calls go: a queue of the
 * application, or the pump, which is a queue with a thread of ours and with
 * callback threads beside it.
 */
#ifndef OPENLSA_SECUR32_QUEUE_H
#define OPENLSA_SECUR32_QUEUE_H

#include <pthread.h>

#include <openlsa.h>

#include "secur32/link.h"

struct async;

struct OLSA_ASYNC_QUEUE {
	pthread_mutex_t lock;
	_Atomic unsigned refs;		/* the application's, and one for each bound context; QUEUE_ADOPTED */
	int ep, bell;
	bool rung, wants_out;
	_Atomic bool closed, dispatching;
	unsigned since_turn;
	struct link *link;
	struct async *first, **last;
	struct OLSA_ASYNC_QUEUE *next_adopted;
};

/* A thread of the library's own, which hears no signal and nobody waits for. False: there is none to be had. */
bool thread_start(void *(*run)(void *), void *arg);

struct OLSA_ASYNC_QUEUE *queue_new(int *ret_errno);
void queue_hold(struct OLSA_ASYNC_QUEUE *q);
void queue_release(struct OLSA_ASYNC_QUEUE *q);
/* The queue's own link to the LSA, held; opened at first need. NULL queue: the pump's. */
NTSTATUS queue_link(struct link **ret_link, struct OLSA_ASYNC_QUEUE *q, struct why *why);
/* After something was sent: bytes may wait until the socket takes them. */
void queue_sent(struct OLSA_ASYNC_QUEUE *q, struct link *link);
/* Moves bytes, completes calls; never calls out. Waits up to timeout_ms for something to move. */
void queue_turn(struct OLSA_ASYNC_QUEUE *q, int timeout_ms);
/* False: the queue is closed. */
bool queue_push(struct OLSA_ASYNC_QUEUE *q, struct async *a);
bool queue_remove(struct OLSA_ASYNC_QUEUE *q, struct async *a);
struct async *queue_pop(struct OLSA_ASYNC_QUEUE *q);

/* A completion without a queue: its callback runs on a callback thread. False: no thread could be started. */
bool pump_push(struct async *a);

/* async.c: runs one popped completion's callback. */
void async_notify(struct async *a);

#endif
