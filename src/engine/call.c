/*
 * call.c - the life of a call, and the verbs of pkg/lsa_mode.h that need
 * nothing but the call itself.
 */
#include "engine/call.h"

#include <stdlib.h>

#include "base/time.h"
#include "engine/wait.h"

struct call_chunk {
	struct call_chunk *next;
	size_t len;
	_Alignas(16) uint8_t at[];
};

/* A job outlives its call when the call is cancelled; then it drops itself. */
struct call_job {
	struct job job;
	struct work back;		/* how it comes home */
	struct call *call;		/* NULL: orphan. Guarded by the loop's lock */
	struct loop *loop;
	struct jobs *jobs;		/* whose threads it is for */
	NTSTATUS (*work)(void *arg);
	void (*drop)(void *arg);
	void *arg;
	NTSTATUS result;
};

static bool call_timer_claim(struct timer *t);
static void call_timer_fire(struct timer *t);
static bool call_deadline_claim(struct timer *t);
static void call_deadline_fire(struct timer *t);

#define CALL_OF(member, pointer) ((struct call *)(void *)((char *)(pointer) - offsetof(struct call, member)))

void
call_begin(struct call *c)
{
	c->at = CALL_TURNING;
	c->cancelled = c->has_waited = c->woken = c->starved = false;
	c->wait = AWAIT_NOTHING;
	c->started = 0;
	c->awaited = STATUS_SUCCESS;
	c->job = NULL;
	c->other = NULL;
	c->wait_timer = (struct timer){ .claim = call_timer_claim, .fire = call_timer_fire };
	c->deadline = (struct timer){ .claim = call_deadline_claim, .fire = call_deadline_fire };
	for (unsigned i = 0; i < CALL_FRAMES; i++)
		c->frames[i].at = NULL;
	c->depth = 0;
	c->why = (struct why){ NULL, 0, 0 };
	c->chunks = NULL;
	c->small_used = 0;
}

/* --- memory and frames ---------------------------------------------- */

void *
call_memory(struct call *c, size_t len)
{
	size_t size = (len + 15u) & ~(size_t)15u;
	struct call_chunk *chunk;

	if (size < len)
		return NULL;
	if (size <= CALL_SMALL - c->small_used) {
		uint8_t *at = c->small + c->small_used;

		c->small_used += (uint32_t)size;
		bytes_zero(at, size);
		return at;
	}
	chunk = calloc(1, sizeof *chunk + size);
	c->starved |= !chunk;
	if (!chunk)
		return NULL;
	chunk->len = size;
	chunk->next = c->chunks;
	c->chunks = chunk;
	return chunk->at;
}

bool
call_starved(const struct call *c)
{
	return c->starved;
}

void
call_starve(struct call *c)
{
	c->starved = true;
}

static void
memory_drop(struct call *c)
{
	while (c->chunks) {
		struct call_chunk *chunk = c->chunks;

		c->chunks = chunk->next;
		bytes_wipe(chunk->at, chunk->len);
		free(chunk);
	}
	bytes_wipe(c->small, c->small_used);
	c->small_used = 0;
}

void *
frame(struct call *c, size_t size, void (*drop)(void *))
{
	if (!c->frames[c->depth].at) {
		c->frames[c->depth].at = calloc(1, size);
		c->frames[c->depth].size = size;
		c->frames[c->depth].drop = drop;
	}
	return c->frames[c->depth].at;
}

static void
frame_drop(struct call *c, unsigned depth)
{
	void *at = c->frames[depth].at;

	if (!at)
		return;
	c->frames[depth].at = NULL;
	if (c->frames[depth].drop)
		c->frames[depth].drop(at);
	bytes_wipe(at, c->frames[depth].size);
	free(at);
}

void
call_enter(struct call *c)
{
	if (c->depth + 1 < CALL_FRAMES)
		c->depth++;
}

void
call_leave(struct call *c, NTSTATUS status)
{
	if (status != STATUS_PENDING)
		frame_drop(c, c->depth);
	if (c->depth)
		c->depth--;
}

/* --- waiting --------------------------------------------------------- */

NTSTATUS
await_timer(struct call *c, uint32_t ms)
{
	c->wait = AWAIT_TIMER;
	c->wait_until = time_mono_ms() + ms;
	return STATUS_PENDING;
}

NTSTATUS
await_nothing(struct call *c)
{
	c->wait = AWAIT_NOTHING;
	return STATUS_PENDING;
}

NTSTATUS
awaited(const struct call *c)
{
	return c->awaited;
}

static void
job_drop(struct call_job *j)
{
	if (j->drop)
		j->drop(j->arg);
	free(j);
}

static void
job_run(struct job *job)
{
	struct call_job *j = (struct call_job *)(void *)job;

	j->result = j->work(j->arg);
}

static bool
job_claim(struct work *w)
{
	struct call_job *j = (struct call_job *)(void *)((char *)w - offsetof(struct call_job, back));

	if (!j->call)
		return true;			/* an orphan comes home to be dropped */
	j->call->at = CALL_TURNING;
	timer_stop_locked(j->loop, &j->call->deadline);
	return true;
}

static void
job_home(struct work *w)
{
	struct call_job *j = (struct call_job *)(void *)((char *)w - offsetof(struct call_job, back));
	struct call *c = j->call;

	if (c) {
		c->awaited = j->result;
		c->job = NULL;
	}
	job_drop(j);
	if (c)
		call_run(c);
}

static void
job_ended(struct job *job)
{
	struct call_job *j = (struct call_job *)(void *)job;
	struct loop *loop = j->loop;
	bool orphan;

	loop_lock(loop);
	orphan = j->call == NULL;
	if (!orphan)
		loop_post_locked(loop, &j->back);
	loop_unlock(loop);
	if (orphan)
		job_drop(j);		/* nobody waits: no loop has to turn for it */
}

NTSTATUS
await_job(struct call *c, NTSTATUS (*work)(void *), void (*drop)(void *), void *arg)
{
	return await_job_of(c, c->jobs, work, drop, arg);
}

NTSTATUS
await_job_of(struct call *c, struct jobs *jobs, NTSTATUS (*work)(void *), void (*drop)(void *), void *arg)
{
	struct call_job *j = calloc(1, sizeof *j);

	if (!j) {
		if (drop)
			drop(arg);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	*j = (struct call_job){ .job = { NULL, job_run, job_ended }, .back = { NULL, job_claim, job_home },
	    .call = c, .loop = c->loop, .jobs = jobs, .work = work, .drop = drop, .arg = arg };
	c->job = j;
	c->wait = AWAIT_JOB;
	return STATUS_PENDING;
}

static bool
call_timer_claim(struct timer *t)
{
	struct call *c = CALL_OF(wait_timer, t);

	if (c->at != CALL_WAITING)
		return false;
	c->at = CALL_TURNING;
	timer_stop_locked(c->loop, &c->deadline);
	return true;
}

static void
call_timer_fire(struct timer *t)
{
	struct call *c = CALL_OF(wait_timer, t);

	c->awaited = STATUS_SUCCESS;
	call_run(c);
}

static bool
call_deadline_claim(struct timer *t)
{
	return call_cancel_locked(CALL_OF(deadline, t));
}

static void
other_drop(struct call *c)
{
	struct call_wait *w = c->other;

	c->other = NULL;
	if (w)
		w->drop(w);
}

NTSTATUS
call_await(struct call *c, struct call_wait *w)
{
	if (c->other != w)
		other_drop(c);
	c->other = w;
	c->wait = AWAIT_OTHER;
	return STATUS_PENDING;
}

/* --- the end ---------------------------------------------------------- */

static void
call_end(struct call *c, NTSTATUS status)
{
	__atomic_store_n(&c->at, CALL_ENDED, __ATOMIC_RELAXED);	/* who cancels may look at it now */
	for (unsigned i = CALL_FRAMES; i-- > 0; )
		frame_drop(c, i);
	other_drop(c);
	c->done(c, status);
}

static void
call_deadline_fire(struct timer *t)
{
	struct call *c = CALL_OF(deadline, t);

	if (c->wait == AWAIT_OTHER && c->other)
		why_say(&c->why, c->deadline_status, TO_CALLER, "%s", c->other->tell(c->other));
	why_say(&c->why, c->deadline_status, TO_CALLER, "no answer within %u ms: the call's deadline has passed",
	    c->deadline_ms);
	call_end(c, c->deadline_status);
}

/* From waiting to turning, whatever it waited for; a job is left to itself. */
static void
call_unwait(struct call *c)
{
	c->at = CALL_TURNING;
	timer_stop_locked(c->loop, &c->deadline);
	timer_stop_locked(c->loop, &c->wait_timer);
	if (c->job) {
		c->job->call = NULL;
		c->job = NULL;
	}
	if (c->wait == AWAIT_OTHER)
		c->other->disarm(c->other);
}

bool
call_claim_locked(struct call *c)
{
	/* One that was cancelled ends outside the lock; what it waited for is not dropped before. */
	if (__atomic_load_n(&c->at, __ATOMIC_RELAXED) != CALL_WAITING || c->wait != AWAIT_OTHER)
		return false;
	call_unwait(c);
	return true;
}

bool
call_cancel_locked(struct call *c)
{
	c->cancelled = true;
	if (__atomic_load_n(&c->at, __ATOMIC_RELAXED) != CALL_WAITING)
		return false;
	call_unwait(c);
	return true;
}

bool
call_wake_locked(struct call *c)
{
	c->woken = c->at == CALL_TURNING;
	if (c->at != CALL_WAITING || c->wait != AWAIT_NOTHING)
		return false;
	call_unwait(c);
	return true;
}

void
call_end_cancelled(struct call *c)
{
	why_say(&c->why, c->cancel_status, TO_CALLER, "the call was cancelled");
	call_end(c, c->cancel_status);
}

void
call_drop_memory(struct call *c)
{
	why_drop(&c->why);
	memory_drop(c);
}

/* Under the loop's lock; false when something could not be armed. */
static bool
call_arm(struct call *c)
{
	if (!c->started)
		c->started = time_mono_ms();
	if (c->wait == AWAIT_TIMER && !timer_start_locked(c->loop, &c->wait_timer, c->wait_until))
		return false;
	if ((c->wait == AWAIT_OTHER && !c->other->arm(c->other)) ||
	    (c->deadline_ms && !timer_start_locked(c->loop, &c->deadline, c->started + c->deadline_ms))) {
		call_unwait(c);
		return false;
	}
	return true;
}

/* True: the job ran here, or there is nothing left to wait for: the call turns again. */
static bool
waited(struct call *c)
{
	struct call_job *j = c->job;

	if (c->wait == AWAIT_OTHER && c->other->over) {
		c->awaited = c->other->says;
		return true;
	}
	if (c->wait != AWAIT_JOB || !c->inline_jobs)
		return false;
	c->job = NULL;
	c->awaited = j->work(j->arg);
	job_drop(j);
	return true;
}

/* The call begins to wait. False: it could not, and must end; or *ret_again, it was woken before. */
static bool
call_wait(struct call *c, bool *ret_again)
{
	struct call_job *job = c->job;
	bool armed;

	loop_lock(c->loop);
	*ret_again = c->woken && !c->cancelled && c->wait == AWAIT_NOTHING;
	c->woken = false;
	if (*ret_again) {
		loop_unlock(c->loop);
		return false;
	}
	armed = !c->cancelled && call_arm(c);
	if (armed) {
		c->at = CALL_WAITING;
		if (!c->has_waited && c->waits)
			c->waits(c);
		c->has_waited = true;
	}
	/* The job is handed over under the lock: it cannot come home before the call waits. */
	if (armed && (c->cancelled || (job && !jobs_add(job->jobs, &job->job)))) {
		call_unwait(c);
		if (job)
			job_drop(job);
		armed = false;
	} else if (!armed && job) {
		c->job = NULL;
		job_drop(job);
	}
	loop_unlock(c->loop);
	return armed;
}

/* True: it turned and must wait (again). */
static bool
call_turn(struct call *c)
{
	NTSTATUS status;

	c->depth = 0;
	c->wait = AWAIT_NOTHING;
	status = c->turn(c);
	if (status != STATUS_PENDING)
		call_end(c, status);
	return status == STATUS_PENDING;
}

void
call_resume(struct call *c)
{
	bool again;

	for (;;) {
		while (waited(c))
			if (!call_turn(c))
				return;
		if (call_wait(c, &again))
			return;
		if (!again)
			break;
		if (!call_turn(c))
			return;
	}
	if (c->cancelled) {
		call_end_cancelled(c);
	} else {
		why_say(&c->why, STATUS_INSUFFICIENT_RESOURCES, TO_CALLER, "no memory or thread to wait with");
		call_end(c, STATUS_INSUFFICIENT_RESOURCES);
	}
}

void
call_run(struct call *c)
{
	if (call_turn(c))
		call_resume(c);
}
