/*
 * events.c - event objects: the part of kernel32 that notifications of policy
 * need. They live in this process and die in a forked child.
 */
#include "secur32/events.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "secur32/handles.h"

void
event_destroy(void *object)
{
	struct event *e = object;

	pthread_cond_destroy(&e->changed);
	pthread_mutex_destroy(&e->lock);
	free(e);
}

struct event *
event_hold(HANDLE handle)
{
	struct handle_table *t = root_handles();

	return t && handle ? handle_hold(t, KIND_EVENT, (uint64_t)(uintptr_t)handle) : NULL;
}

void
event_release(struct event *e)
{
	if (e)
		handle_release(root_handles(), e->word);
}

void
event_signal(struct event *e)
{
	pthread_mutex_lock(&e->lock);
	e->signalled = true;
	if (e->manual)
		pthread_cond_broadcast(&e->changed);
	else
		pthread_cond_signal(&e->changed);
	pthread_mutex_unlock(&e->lock);
}

bool
event_close(HANDLE handle)
{
	return root_handles() && handle_close(root_handles(), KIND_EVENT, (uint64_t)(uintptr_t)handle) == HANDLE_CLOSED;
}

static HANDLE
event_new(bool manual, bool signalled)
{
	struct event *e = calloc(1, sizeof *e);
	pthread_condattr_t how;

	if (e) {
		e->manual = manual;
		e->signalled = signalled;
		pthread_mutex_init(&e->lock, NULL);
		(void)pthread_condattr_init(&how);
		(void)pthread_condattr_setclock(&how, CLOCK_MONOTONIC);
		pthread_cond_init(&e->changed, &how);
		(void)pthread_condattr_destroy(&how);
		if (root_handles() && handle_new(root_handles(), KIND_EVENT, e, &e->word))
			return (HANDLE)(uintptr_t)e->word;
		event_destroy(e);
	}
	SetLastError(ERROR_NOT_ENOUGH_MEMORY);
	return NULL;
}

/* Names are for other processes, which cannot open them here. */
HANDLE
CreateEventA(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset, BOOL bInitialState, LPCSTR lpName)
{
	(void)lpEventAttributes;
	if (lpName) {
		SetLastError(ERROR_NOT_SUPPORTED);
		return NULL;
	}
	return event_new(bManualReset, bInitialState);
}

HANDLE
CreateEventW(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset, BOOL bInitialState, LPCWSTR lpName)
{
	(void)lpEventAttributes;
	if (lpName) {
		SetLastError(ERROR_NOT_SUPPORTED);
		return NULL;
	}
	return event_new(bManualReset, bInitialState);
}

static BOOL
event_put(HANDLE handle, bool signalled)
{
	struct event *e = event_hold(handle);

	if (!e) {
		SetLastError(ERROR_INVALID_HANDLE);
		return FALSE;
	}
	if (signalled) {
		event_signal(e);
	} else {
		pthread_mutex_lock(&e->lock);
		e->signalled = false;
		pthread_mutex_unlock(&e->lock);
	}
	event_release(e);
	return TRUE;
}

BOOL
SetEvent(HANDLE hEvent)
{
	return event_put(hEvent, true);
}

BOOL
ResetEvent(HANDLE hEvent)
{
	return event_put(hEvent, false);
}

DWORD
WaitForSingleObject(HANDLE hHandle, DWORD dwMilliseconds)
{
	struct event *e = event_hold(hHandle);
	struct timespec until;
	int error = 0;
	bool there;

	if (!e) {
		SetLastError(ERROR_INVALID_HANDLE);
		return WAIT_FAILED;
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)(dwMilliseconds / 1000);
	until.tv_nsec += (long)(dwMilliseconds % 1000) * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	pthread_mutex_lock(&e->lock);
	while (!e->signalled && error != ETIMEDOUT)
		error = dwMilliseconds == INFINITE ? pthread_cond_wait(&e->changed, &e->lock) :
		    pthread_cond_timedwait(&e->changed, &e->lock, &until);
	there = e->signalled;
	if (there && !e->manual)
		e->signalled = false;
	pthread_mutex_unlock(&e->lock);
	event_release(e);
	return there ? WAIT_OBJECT_0 : WAIT_TIMEOUT;
}
