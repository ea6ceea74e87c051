/*
 * call.h - a call and its life.
 *
 *     submitted --> turning --> waiting --+
 *                   ^   |       |  ^    |  timer, job end: turn again
 *                   |   |       +--|----+
 *                   |   v          |
 *                   |  ended       +-- cancel: drop the wait, drop the frames inner to outer, end
 *
 * Whoever turns a call owns it: nobody else touches it until it waits again
 * or has ended. Who claims a waiting call does so under the loop's lock.
 * Ending never allocates. Knows nothing of frames on a wire, of clients or of
 * packages; `turn` and `done` are given.
 */
#ifndef OPENLSA_ENGINE_CALL_H
#define OPENLSA_ENGINE_CALL_H

#include "base/nt.h"

#include "base/bytes.h"
#include "base/why.h"
#include "engine/jobs.h"
#include "engine/loop.h"

#define CALL_FRAMES	4u
#define CALL_SMALL	448u		/* bytes of call memory that cost no allocation */

struct call;
struct call_chunk;
struct call_job;
struct net;

/*
 * A wait that another file of this room makes (net); it stays until the call
 * makes the next one or ends. `over` and `says` are set by whoever owns the call.
 */
struct call_wait {
	bool over;
	NTSTATUS says;
	bool (*arm)(struct call_wait *w);	/* under the loop's lock, as the call begins to wait; false: it cannot */
	void (*disarm)(struct call_wait *w);	/* under it, whoever claims the call */
	const char *(*tell)(struct call_wait *w);	/* what it came to, for the reason of a deadline */
	void (*drop)(struct call_wait *w);	/* no lock held */
};

struct call {
	struct loop *loop;
	struct jobs *jobs;
	struct net *net;			/* or NULL: no KDC can be asked */
	NTSTATUS (*turn)(struct call *);
	void (*done)(struct call *, NTSTATUS status);	/* the last touch: may free the call */
	/* Under the loop's lock, when it begins to wait for the first time; may be NULL. What it makes `cancelled` does not wait. */
	void (*waits)(struct call *);
	bool inline_jobs;			/* the submitting thread blocks anyway: run jobs here */
	NTSTATUS cancel_status, deadline_status;
	uint32_t deadline_ms;

	/* The call's own. */
	enum { CALL_TURNING, CALL_WAITING, CALL_ENDED } at;
	bool cancelled, has_waited, woken;
	enum { AWAIT_NOTHING, AWAIT_TIMER, AWAIT_JOB, AWAIT_OTHER } wait;
	uint64_t started;
	uint64_t wait_until;
	NTSTATUS awaited;
	struct call_job *job;
	struct call_wait *other;
	struct timer wait_timer, deadline;
	struct { void *at; size_t size; void (*drop)(void *); } frames[CALL_FRAMES];
	unsigned depth;
	struct why why;
	struct call_chunk *chunks;
	uint32_t small_used;
	bool starved;				/* call memory was asked for and there was none */
	_Alignas(16) uint8_t small[CALL_SMALL];
};

/* Sets the call's own part; what is given stays. */
void call_begin(struct call *c);
/* Turns it on this thread until it waits or has ended; after this the call may be gone. */
void call_run(struct call *c);
/*
 * Asks it to end with its cancel_status. Under the loop's lock. True: it waited and is the caller's now:
 * unlock, then call_end_cancelled. False: someone turns it and will see the mark.
 */
bool call_cancel_locked(struct call *c) MUST_CHECK;
void call_end_cancelled(struct call *c);
/* For makers of waits: the wait is this one now, maybe once more (another one before is dropped); returns STATUS_PENDING. */
NTSTATUS call_await(struct call *c, struct call_wait *w);
/* Under the loop's lock. True: it waited for something other and is the caller's now, to be resumed without the lock. */
bool call_claim_locked(struct call *c) MUST_CHECK;
void call_resume(struct call *c);
/*
 * Something that a call in await_nothing may wait for has happened. Under the loop's lock. True: it waited and is
 * the caller's now, to be posted and run. False: someone turns it, and turns it once more.
 */
bool call_wake_locked(struct call *c) MUST_CHECK;
/* Enters a deeper frame and leaves it; leaving with a final status drops it. */
void call_enter(struct call *c);
void call_leave(struct call *c, NTSTATUS status);
/* For `done`, when the reply has been packed: reasons and call memory, wiped. */
void call_drop_memory(struct call *c);

#endif
