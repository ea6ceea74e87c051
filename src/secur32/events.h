/*
 * events.h - event objects as other files of the library signal them.
 */
#ifndef OPENLSA_SECUR32_EVENTS_H
#define OPENLSA_SECUR32_EVENTS_H

#include <windows.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "secur32/root.h"

struct event {
	uint64_t word;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool manual, signalled;
};

/* Held, or NULL: no event of this process image. A held one outlives CloseHandle. */
struct event *event_hold(HANDLE handle);
void event_release(struct event *e);
void event_signal(struct event *e);
bool event_close(HANDLE handle);		/* false: no event */

#endif
