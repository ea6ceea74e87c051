/*
 * queue.c - completion queues, the pump thread and the callback threads.
 * Locks here are short and never held while calling out.
 */
#include "secur32/queue.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/fork.h"
#include "base/time.h"
#include "secur32/async.h"
#include "secur32/root.h"

#define SLOW_CALLBACK_MS 10u
#define QUEUE_ADOPTED	0x80000000u	/* in refs: freed by the application, one of the others is the pump's */

static void pump_reap_soon(const struct OLSA_ASYNC_QUEUE *q);

/* --- queues ------------------------------------------------------------------ */

struct OLSA_ASYNC_QUEUE *
queue_new(int *ret_errno)
{
	struct OLSA_ASYNC_QUEUE *q = calloc(1, sizeof *q);
	struct epoll_event e = { .events = EPOLLIN };

	*ret_errno = ENOMEM;
	if (!q)
		return NULL;
	pthread_mutex_init(&q->lock, NULL);
	q->refs = 1;
	q->last = &q->first;
	q->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	q->ep = epoll_create1(EPOLL_CLOEXEC);
	if (q->bell < 0 || q->ep < 0 || epoll_ctl(q->ep, EPOLL_CTL_ADD, q->bell, &e) != 0) {
		*ret_errno = errno;
		queue_release(q);
		return NULL;
	}
	*ret_errno = 0;
	return q;
}

void
queue_hold(struct OLSA_ASYNC_QUEUE *q)
{
	atomic_fetch_add(&q->refs, 1);
}

void
queue_release(struct OLSA_ASYNC_QUEUE *q)
{
	unsigned before = q ? atomic_fetch_sub(&q->refs, 1) : 0;

	if (before == (QUEUE_ADOPTED | 2))
		pump_reap_soon(q);	/* a mere name by now */
	if (before != 1)
		return;
	link_release(q->link);
	if (q->ep >= 0)
		close(q->ep);
	if (q->bell >= 0)
		close(q->bell);
	pthread_mutex_destroy(&q->lock);
	free(q);
}

/* Under the lock. The link's descriptor with what is wanted of it; only a far link ever wants out. */
static bool
link_watch(struct OLSA_ASYNC_QUEUE *q, int how, bool out)
{
	struct epoll_event e = { .events = EPOLLIN | (out ? EPOLLOUT : 0), .data.ptr = q };

	return epoll_ctl(q->ep, how, q->link->kind->fd(q->link), &e) == 0;
}

/* Gives up a link that died, so that the next call opens another. Under the lock. */
static struct link *
link_bury(struct OLSA_ASYNC_QUEUE *q)
{
	struct link *dead = q->link;

	if (!dead || dead->kind->alive(dead))
		return NULL;
	(void)epoll_ctl(q->ep, EPOLL_CTL_DEL, dead->kind->fd(dead), NULL);
	q->link = NULL;
	return dead;
}

static NTSTATUS
own_link(struct link **ret_link, struct OLSA_ASYNC_QUEUE *q, struct why *why)
{
	struct link *fresh = NULL, *dead;
	NTSTATUS status = STATUS_SUCCESS;

	pthread_mutex_lock(&q->lock);
	dead = link_bury(q);
	if (!q->link) {
		status = root_mode(why) == MODE_EMBEDDED ? root_sspi_link(&fresh, why) :
		    root_link_open(&fresh, LINK_SSPI, BYTES_NONE, why);
		if (status == STATUS_SUCCESS) {
			q->link = fresh;
			q->wants_out = false;
			if (!link_watch(q, EPOLL_CTL_ADD, false)) {
				q->link = NULL;
				status = STATUS_INSUFFICIENT_RESOURCES;
				dead = dead ? dead : fresh;
			}
		}
	}
	if (status == STATUS_SUCCESS) {
		link_hold(q->link);
		*ret_link = q->link;
	}
	pthread_mutex_unlock(&q->lock);
	link_release(dead);
	return status;
}

void
queue_turn(struct OLSA_ASYNC_QUEUE *q, int timeout_ms)
{
	struct link *link = NULL, *dead = NULL;
	struct pollfd p = { .events = POLLIN };

	pthread_mutex_lock(&q->lock);
	if (q->link) {
		link = q->link;
		link_hold(link);
		p.fd = link->kind->fd(link);
		p.events = (short)(POLLIN | (q->wants_out ? POLLOUT : 0));
	}
	pthread_mutex_unlock(&q->lock);
	if (!link)
		return;
	if (poll(&p, 1, timeout_ms) > 0) {
		link->kind->pump(link);
		pthread_mutex_lock(&q->lock);
		dead = link_bury(q);
		if (q->wants_out && q->link == link && !link->kind->backlog(link)) {
			q->wants_out = false;
			(void)link_watch(q, EPOLL_CTL_MOD, false);
		}
		pthread_mutex_unlock(&q->lock);
	}
	link_release(dead);
	link_release(link);
}

bool
queue_push(struct OLSA_ASYNC_QUEUE *q, struct async *a)
{
	uint64_t one = 1;
	bool open;

	pthread_mutex_lock(&q->lock);
	open = !q->closed;
	if (open) {
		a->next = NULL;
		a->queued = true;
		*q->last = a;
		q->last = &a->next;
		if (!q->rung && write(q->bell, &one, sizeof one) == sizeof one)
			q->rung = true;
	}
	pthread_mutex_unlock(&q->lock);
	return open;
}

bool
queue_remove(struct OLSA_ASYNC_QUEUE *q, struct async *a)
{
	struct async **at;
	bool was;

	pthread_mutex_lock(&q->lock);
	was = a->queued;
	for (at = &q->first; was && *at != a; at = &(*at)->next)
		;
	if (was) {
		*at = a->next;
		if (!*at)
			q->last = at;
		a->queued = false;
	}
	pthread_mutex_unlock(&q->lock);
	return was;
}

/* The bell stays rung behind the last one: the next look at an empty queue silences it. */
struct async *
queue_pop(struct OLSA_ASYNC_QUEUE *q)
{
	struct async *a;
	uint64_t rings;

	pthread_mutex_lock(&q->lock);
	a = q->first;
	if (a) {
		q->first = a->next;
		if (!q->first)
			q->last = &q->first;
		a->queued = false;
	} else if (q->rung && read(q->bell, &rings, sizeof rings) == sizeof rings) {
		q->rung = false;
	}
	pthread_mutex_unlock(&q->lock);
	return a;
}

/* --- the pump ------------------------------------------------------------------ */

enum { FIRST, SECOND };		/* callback threads */

struct pump {
	uint64_t stamp;
	struct OLSA_ASYNC_QUEUE *queue;
	pthread_mutex_t lock;
	pthread_cond_t more[2];		/* a callback thread's each */
	struct async *first, **last;
	unsigned callback_threads;
	uint64_t since[2];		/* when the first and the second callback thread went into one; 0: not inside */
	bool watches;			/* the second looks by itself whether the first stays too long */
	struct OLSA_ASYNC_QUEUE *adopted;	/* guarded by pump_lock; only the pump's thread takes one out */
};

static struct pump *pump;
static pthread_mutex_t pump_lock = PTHREAD_MUTEX_INITIALIZER;

bool
thread_start(void *(*run)(void *), void *arg)
{
	pthread_attr_t attr;
	sigset_t all, old;
	pthread_t thread;
	bool started;

	if (pthread_attr_init(&attr) != 0)
		return false;
	(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	started = pthread_create(&thread, &attr, run, arg) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return started;
}

/* Adopted queues that nobody else holds any more. */
static void
pump_reap(struct pump *p)
{
	struct OLSA_ASYNC_QUEUE *q, **at, *gone = NULL;

	pthread_mutex_lock(&pump_lock);
	for (at = &p->adopted; (q = *at) != NULL; ) {
		if (atomic_load(&q->refs) != (QUEUE_ADOPTED | 1)) {
			at = &q->next_adopted;
			continue;
		}
		*at = q->next_adopted;
		q->next_adopted = gone;
		gone = q;
	}
	pthread_mutex_unlock(&pump_lock);
	while ((q = gone) != NULL) {
		gone = q->next_adopted;
		(void)epoll_ctl(p->queue->ep, EPOLL_CTL_DEL, q->ep, NULL);
		atomic_store(&q->refs, 1);
		queue_release(q);
	}
}

/* q may have been reaped meanwhile; then another's bell is rung at worst. */
static void
pump_reap_soon(const struct OLSA_ASYNC_QUEUE *q)
{
	struct OLSA_ASYNC_QUEUE *at;
	uint64_t one = 1;

	pthread_mutex_lock(&pump_lock);
	for (at = pump ? pump->adopted : NULL; at && at != q; at = at->next_adopted)
		;
	if (at && write(pump->queue->bell, &one, sizeof one) != sizeof one)
		at = NULL;		/* rung before, and not heard yet */
	pthread_mutex_unlock(&pump_lock);
}

static void *
pump_main(void *arg)
{
	struct pump *p = arg;

	for (;;) {
		struct epoll_event e;
		uint64_t rings;

		if (epoll_wait(p->queue->ep, &e, 1, -1) <= 0)
			continue;
		if (e.data.ptr)
			queue_turn(e.data.ptr, 0);
		else if (read(p->queue->bell, &rings, sizeof rings) < 0)
			continue;
		pump_reap(p);
	}
	return NULL;
}

/* A fork leaves the pump of the parent behind: its threads do not exist in the child. */
static struct pump *
pump_get(void)
{
	pthread_condattr_t how;
	struct pump *p;
	int error;

	pthread_mutex_lock(&pump_lock);
	if (pump && fork_changed(pump->stamp))
		pump = NULL;
	if (!pump) {
		p = calloc(1, sizeof *p);
		if (p) {
			p->stamp = root_stamp();
			p->last = &p->first;
			pthread_mutex_init(&p->lock, NULL);
			(void)pthread_condattr_init(&how);
			(void)pthread_condattr_setclock(&how, CLOCK_MONOTONIC);
			pthread_cond_init(&p->more[FIRST], &how);
			pthread_cond_init(&p->more[SECOND], &how);
			(void)pthread_condattr_destroy(&how);
			p->queue = queue_new(&error);
			if (!p->queue || !thread_start(pump_main, p)) {
				queue_release(p->queue);
				free(p);
				p = NULL;
			}
		}
		pump = p;
	}
	p = pump;
	pthread_mutex_unlock(&pump_lock);
	return p;
}

NTSTATUS
queue_link(struct link **ret_link, struct OLSA_ASYNC_QUEUE *q, struct why *why)
{
	struct pump *p = q ? NULL : pump_get();

	if (!q && !p)
		return STATUS_INSUFFICIENT_RESOURCES;
	return own_link(ret_link, q ? q : p->queue, why);
}

/*
 * A freed queue whose calls are still under way: the pump watches it until
 * the last of its members has let go. Its own descriptor becomes a member of
 * the pump's.
 */
static void
queue_adopt(struct OLSA_ASYNC_QUEUE *q)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = q };
	struct pump *p = atomic_load(&q->refs) > 1 ? pump_get() : NULL;

	if (!p)
		return;
	(void)epoll_ctl(q->ep, EPOLL_CTL_DEL, q->bell, NULL);
	pthread_mutex_lock(&pump_lock);
	if (epoll_ctl(p->queue->ep, EPOLL_CTL_ADD, q->ep, &e) == 0) {
		q->next_adopted = p->adopted;
		p->adopted = q;
		atomic_fetch_add(&q->refs, QUEUE_ADOPTED + 1);
	}
	pthread_mutex_unlock(&pump_lock);
}

void
queue_sent(struct OLSA_ASYNC_QUEUE *q, struct link *link)
{
	struct pump *p = q ? NULL : pump_get();

	if (p)
		q = p->queue;
	if (!q || !link->kind->backlog(link))
		return;
	pthread_mutex_lock(&q->lock);
	if (q->link == link && !q->wants_out)
		q->wants_out = link_watch(q, EPOLL_CTL_MOD, true);
	pthread_mutex_unlock(&q->lock);
}

/* --- callback threads ------------------------------------------------------------- */

/*
 * The first one takes what comes. The second takes over while the first has
 * been inside a callback for more than 10 ms, and then the first leaves what
 * comes behind to the same measure: a callback that has just been taken is
 * entered before the next one is. There is no third.
 */
static bool
is_slow(uint64_t since)
{
	return since && time_mono_ms() >= since + SLOW_CALLBACK_MS;
}

static bool
may_take(const struct pump *p, unsigned me)
{
	return me == FIRST ? !p->since[SECOND] || is_slow(p->since[SECOND]) : is_slow(p->since[FIRST]);
}

/* Until something comes, or until the other one has been inside for long enough. */
static void
callback_wait(struct pump *p, unsigned me)
{
	uint64_t since = p->since[!me], at = since + SLOW_CALLBACK_MS;
	struct timespec until = { .tv_sec = (time_t)(at / 1000), .tv_nsec = (long)(at % 1000) * 1000000 };

	if (p->first && since) {
		p->watches = me == SECOND;
		(void)pthread_cond_timedwait(&p->more[me], &p->lock, &until);
		p->watches = false;
	} else {
		pthread_cond_wait(&p->more[me], &p->lock);
	}
}

/* Under the lock: something is there to be taken. */
static void
callback_wake(struct pump *p)
{
	pthread_cond_signal(&p->more[FIRST]);
	if (p->since[FIRST] && !p->watches)
		pthread_cond_signal(&p->more[SECOND]);
}

static void *callback_second(void *arg);

static void
callback_loop(struct pump *p, unsigned me)
{
	pthread_mutex_lock(&p->lock);
	for (;;) {
		struct async *a;

		while (!p->first || !may_take(p, me))
			callback_wait(p, me);
		a = p->first;
		p->first = a->next;
		if (!p->first)
			p->last = &p->first;
		a->queued = false;
		p->since[me] = time_mono_ms();
		if (p->first && p->callback_threads == 1 && thread_start(callback_second, p))
			p->callback_threads = 2;
		if (p->first)
			callback_wake(p);
		pthread_mutex_unlock(&p->lock);
		async_notify(a);
		pthread_mutex_lock(&p->lock);
		p->since[me] = 0;
		if (p->first)
			callback_wake(p);		/* the first one takes it, if it is back */
	}
}

static void *
callback_first(void *arg)
{
	callback_loop(arg, FIRST);
	return NULL;
}

static void *
callback_second(void *arg)
{
	callback_loop(arg, SECOND);
	return NULL;
}

bool
pump_push(struct async *a)
{
	struct pump *p = pump_get();
	bool taken;

	if (!p)
		return false;
	pthread_mutex_lock(&p->lock);
	if (p->callback_threads == 0 && thread_start(callback_first, p))
		p->callback_threads = 1;
	if (p->callback_threads == 1 && p->since[FIRST] && thread_start(callback_second, p))
		p->callback_threads = 2;
	taken = p->callback_threads > 0;
	if (taken) {
		a->next = NULL;
		a->queued = true;
		*p->last = a;
		p->last = &a->next;
		callback_wake(p);
	}
	pthread_mutex_unlock(&p->lock);
	return taken;
}

/* --- the application's side of a queue ------------------------------------------------ */

int
OlsaSspiAsyncQueueCreate(OLSA_ASYNC_QUEUE **Queue)
{
	int error;
	OLSA_ASYNC_QUEUE *q = queue_new(&error);

	if (q)
		*Queue = q;
	return error;
}

int
OlsaSspiAsyncQueueFd(OLSA_ASYNC_QUEUE *Queue)
{
	return Queue ? Queue->ep : -1;
}

/* Calls that are waited for still have to come home: the queue lives on inside until they have. */
void
OlsaSspiAsyncQueueFree(OLSA_ASYNC_QUEUE *Queue)
{
	struct async *a;

	if (!Queue)
		return;
	pthread_mutex_lock(&Queue->lock);
	Queue->closed = true;
	pthread_mutex_unlock(&Queue->lock);
	while ((a = queue_pop(Queue)) != NULL)
		async_settle(a);
	queue_adopt(Queue);
	queue_release(Queue);
}
