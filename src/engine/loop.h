/*
 * loop.h - the reactor: descriptors, timers, posted work, one pollable
 * descriptor. Any thread may turn it and several may do so at once: each
 * event is taken by exactly one of them. One short lock guards who waits for
 * what; it is never held while calling out, except for `claim`, which only
 * marks. Survives every failed allocation. Knows nothing of calls or clients.
 */
#ifndef OPENLSA_ENGINE_LOOP_H
#define OPENLSA_ENGINE_LOOP_H

#include "base/bytes.h"

struct loop;

struct loop *loop_new(void) MUST_CHECK;			/* NULL: no memory or no descriptors */
void loop_drop(struct loop *l);				/* nothing may be armed any more */
int loop_fd(const struct loop *l);			/* readable: turning it has work */
/* Handles what is due; waits up to timeout_ms for it (-1: without end). Returns how much was done. */
unsigned loop_turn(struct loop *l, int timeout_ms);
void loop_wake(struct loop *l);				/* a turning thread that waits returns */

void loop_lock(struct loop *l);
void loop_unlock(struct loop *l);

/* Work handed over by another thread. */
struct work {
	struct work *next;
	bool (*claim)(struct work *);	/* under the lock, when taken; false: leave it out */
	void (*run)(struct work *);
};
void loop_post_locked(struct loop *l, struct work *work);
/* Takes back what was posted and not yet claimed. */
void loop_unpost_locked(struct loop *l, struct work *work);

/* place is 0 while it is not armed. */
struct timer {
	uint64_t due;			/* monotonic ms */
	size_t place;
	bool (*claim)(struct timer *);	/* under the lock, when due */
	void (*fire)(struct timer *);
};
bool timer_start_locked(struct loop *l, struct timer *t, uint64_t due) MUST_CHECK;
void timer_stop_locked(struct loop *l, struct timer *t);

/*
 * A descriptor watched for one event, which one thread claims as it does a
 * timer; start it again for the next. Stop it before it is freed or its
 * descriptor is closed. place is 0 while the loop does not know it.
 */
struct shot {
	int fd;
	uint32_t place;
	bool (*claim)(struct shot *, uint32_t events);	/* under the lock */
	void (*fire)(struct shot *);
};
bool shot_start_locked(struct loop *l, struct shot *s, uint32_t events) MUST_CHECK;
void shot_stop_locked(struct loop *l, struct shot *s);

/* A descriptor; `ready` runs on one thread at a time only where one thread alone turns the loop. */
struct watch {
	int fd;
	void (*ready)(struct watch *, uint32_t events);
};
bool loop_watch(struct loop *l, struct watch *w, uint32_t events) MUST_CHECK;
bool loop_rewatch(struct loop *l, struct watch *w, uint32_t events) MUST_CHECK;
void loop_unwatch(struct loop *l, struct watch *w);

#endif
