/*
 * blocking_thread.c - threads that a third-party package starts for itself:
 * at once (CreateThread), or each time an interval is over
 * (RegisterNotification), on a thread of that notification's own. They serve
 * no call, so the services that need one refuse them. No thread of a package
 * ever holds up another, or the LSA's end.
 */
#include "lsa/blocking.h"

#include <stdlib.h>
#include <time.h>

#define THREADS_MOST		32u
#define NOTIFICATIONS_MOST	32u
#define INTERVAL_MOST		(30ull * 24 * 60 * 60)	/* seconds */

static _Atomic unsigned threads;

/* A handle that means: it was started. There is nothing that can be asked of it. */
static HANDLE const thread_mark = (HANDLE)(uintptr_t)0x54;

static bool
thread_start(void *(*main)(void *), void *arg)
{
	bool started = atomic_fetch_add(&threads, 1) < THREADS_MOST && plug_thread(main, arg);

	if (!started)
		atomic_fetch_sub(&threads, 1);
	return started;
}

struct errand {
	SEC_THREAD_START start;
	void *parameter;
};

static void *
errand_main(void *arg)
{
	struct errand e = *(struct errand *)arg;

	free(arg);
	(void)e.start(e.parameter);
	atomic_fetch_sub(&threads, 1);
	return NULL;
}

HANDLE NTAPI
plug_create_thread(SEC_ATTRS attributes, ULONG stack, SEC_THREAD_START start, PVOID parameter, ULONG flags, PULONG ret_id)
{
	static _Atomic ULONG number;
	struct errand *e = start && !flags ? malloc(sizeof *e) : NULL;

	(void)attributes, (void)stack;
	if (!e)
		return NULL;
	*e = (struct errand){ start, parameter };
	if (!thread_start(errand_main, e)) {
		free(e);
		return NULL;
	}
	if (ret_id)
		*ret_id = atomic_fetch_add(&number, 1) + 1;
	return thread_mark;
}

/* --- notifications ------------------------------------------------------------ */

struct notification {
	struct notification *next;
	uintptr_t number;		/* its handle */
	struct errand what;
	uint64_t seconds;		/* 0: at once, and only once */
	bool once, cancelled;
};

static struct notification *notifications;
static unsigned notification_count, under_way;
static uintptr_t notification_number;
static bool ended;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

/* With the lock held. False: it was cancelled. */
static bool
interval_wait(struct notification *n, struct timespec *due)
{
	due->tv_sec += (time_t)n->seconds;
	while (!n->cancelled && !ended && pthread_cond_clockwait(&changed, &lock, CLOCK_MONOTONIC, due) == 0)
		;
	return !n->cancelled && !ended;
}

static void
notification_leave(struct notification *n)
{
	struct notification **at = &notifications;

	while (*at != n)
		at = &(*at)->next;
	*at = n->next;
	notification_count--;
	free(n);
}

static void *
notification_main(void *arg)
{
	struct notification *n = arg;
	struct timespec due;

	(void)clock_gettime(CLOCK_MONOTONIC, &due);
	pthread_mutex_lock(&lock);
	while (interval_wait(n, &due)) {
		struct errand what = n->what;

		under_way++;
		pthread_mutex_unlock(&lock);
		(void)what.start(what.parameter);
		pthread_mutex_lock(&lock);
		under_way--;
		pthread_cond_broadcast(&changed);
		if (n->once)
			break;
	}
	notification_leave(n);
	pthread_mutex_unlock(&lock);
	atomic_fetch_sub(&threads, 1);
	return NULL;
}

/* In minutes, or in seconds where the flags say so. 0: nothing that is waited for here. */
static bool
interval_of(uint64_t *ret_seconds, ULONG type, ULONG flags, ULONG interval)
{
	*ret_seconds = interval * (flags & NOTIFIER_FLAG_SECONDS ? 1ull : 60ull);
	if (type == NOTIFIER_TYPE_IMMEDIATE)
		*ret_seconds = 0;
	return type == NOTIFIER_TYPE_IMMEDIATE || (type == NOTIFIER_TYPE_INTERVAL && *ret_seconds && *ret_seconds <= INTERVAL_MOST);
}

HANDLE NTAPI
plug_register_notification(SEC_THREAD_START start, PVOID parameter, ULONG type, ULONG class, ULONG flags, ULONG interval,
    HANDLE event)
{
	struct notification *n;
	uintptr_t number = 0;
	uint64_t seconds;

	(void)class, (void)event;
	if (!start || !interval_of(&seconds, type, flags, interval))
		return NULL;
	n = calloc(1, sizeof *n);
	if (!n)
		return NULL;
	n->what = (struct errand){ start, parameter };
	n->seconds = seconds;
	n->once = !seconds || (flags & NOTIFIER_FLAG_ONE_SHOT);
	pthread_mutex_lock(&lock);
	if (!ended && notification_count < NOTIFICATIONS_MOST && thread_start(notification_main, n)) {
		number = n->number = ++notification_number;
		n->next = notifications;
		notifications = n;
		notification_count++;
	}
	pthread_mutex_unlock(&lock);
	if (!number)
		free(n);
	return (HANDLE)number;
}

/* It may be under way; it is not begun again. */
NTSTATUS NTAPI
plug_cancel_notification(HANDLE handle)
{
	struct notification *n;

	pthread_mutex_lock(&lock);
	n = notifications;
	while (n && (n->cancelled || n->number != (uintptr_t)handle))
		n = n->next;
	if (n) {
		n->cancelled = true;
		pthread_cond_broadcast(&changed);
	}
	pthread_mutex_unlock(&lock);
	return n ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

void
plug_notifications_end(unsigned ms)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	pthread_mutex_lock(&lock);
	ended = true;
	pthread_cond_broadcast(&changed);
	while (under_way > 0 && pthread_cond_clockwait(&changed, &lock, CLOCK_MONOTONIC, &until) == 0)
		;
	pthread_mutex_unlock(&lock);
}
