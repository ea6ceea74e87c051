/*
 * blocking_work.c - tasks, the threads of a package, and how a call waits for
 * a task.
 *
 *     queued --> running --> returned --> its call turns again
 *        \          \
 *         \          +--> abandoned: the call has ended; what comes back is dropped
 *          +--> abandoned: never begun
 *
 * Whoever moves the state from running owns the rest: the thread, then it
 * posts the task to its loop; the call that ends, then the thread touches
 * nothing but the task. So a package that returns after an hour finds no
 * call, no loop and no LSA that it could harm.
 */
#include "lsa/blocking.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/time.h"
#include "lsa/raise.h"

static _Thread_local struct plug_task *current;

struct plug_task *
task_current(void)
{
	return current;
}

#define TASK_OF(member, pointer) \
	((struct plug_task *)(void *)((char *)(pointer) - offsetof(struct plug_task, member)))

/* --- holders ------------------------------------------------------------------ */

static struct plug_task *
task_hold(struct plug_task *t)
{
	atomic_fetch_add(&t->refs, 1);
	return t;
}

void
task_drop(struct plug_task *t)
{
	if (!t || atomic_fetch_sub(&t->refs, 1) != 1)
		return;
	for (unsigned i = 0; i < PLUG_LUIDS; i++)
		if (t->luids[i])
			plug_forget_session(t->luids[i]);
	regions_drop(t);
	free(t->made);
	t->drop(t);
}

/* --- threads -------------------------------------------------------------------- */

static bool
moved(struct plug_task *t, int from, int to)
{
	return atomic_compare_exchange_strong(&t->state, &from, to);
}

static void
task_home(struct plug_task *t)
{
	struct plug *p = t->plug;

	atomic_fetch_add(&p->posting, 1);
	if (moved(t, TASK_RUNNING, TASK_RETURNED)) {
		struct loop *loop = t->loop;

		if (loop) {
			loop_lock(loop);
			loop_post_locked(loop, &t->home);	/* the thread's hold goes along */
			loop_unlock(loop);
		} else {
			task_drop(t);
		}
	} else {
		task_drop(t);
	}
	atomic_fetch_sub(&p->posting, 1);
}

/* Both with the package's lock held, which is let go meanwhile. */
static void
task_run(struct plug *p, struct plug_task *t)
{
	struct plug_task **at = &p->running;

	t->started = time_mono_ms();
	t->next = p->running;
	p->running = t;
	pthread_mutex_unlock(&p->lock);
	current = t;
	t->run(t);
	current = NULL;
	pthread_mutex_lock(&p->lock);
	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	pthread_mutex_unlock(&p->lock);
	task_home(t);
	pthread_mutex_lock(&p->lock);
}

static void
task_forget(struct plug *p, struct plug_task *t)
{
	pthread_mutex_unlock(&p->lock);
	task_drop(t);
	pthread_mutex_lock(&p->lock);
}

/* Each of its threads is in a task that was given up and is late. */
static bool
plug_stuck(struct plug *p)
{
	uint64_t now = time_mono_ms();
	unsigned lost = 0;

	pthread_mutex_lock(&p->lock);
	for (const struct plug_task *t = p->running; t; t = t->next)
		lost += atomic_load(&t->state) == TASK_ABANDONED && (atomic_load(&t->late) || now - t->started > t->deadline_ms);
	pthread_mutex_unlock(&p->lock);
	return lost >= p->cap;
}

static void *
plug_main(void *arg)
{
	struct plug *p = arg;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		struct plug_task *t;

		while (!p->first && !p->closing) {
			p->idle++;
			pthread_cond_wait(&p->more, &p->lock);
			p->idle--;
		}
		t = p->first;
		if (!t)
			break;
		p->first = t->next;
		if (!p->first)
			p->last = &p->first;
		p->queued--;
		if (moved(t, TASK_QUEUED, TASK_RUNNING))
			task_run(p, t);
		else
			task_forget(p, t);
	}
	p->threads--;
	pthread_cond_broadcast(&p->less);
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

bool
plug_thread(void *(*main)(void *), void *arg)
{
	sigset_t all, old;
	pthread_attr_t how;
	pthread_t id;
	bool started;

	if (pthread_attr_init(&how) != 0)
		return false;
	(void)pthread_attr_setdetachstate(&how, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	started = pthread_create(&id, &how, main, arg) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	(void)pthread_attr_destroy(&how);
	return started;
}

/* In a forked child nothing of the parent's threads is left, and their lock may be taken for ever. */
static void
plug_renew(struct plug *p)
{
	int32_t self = (int32_t)getpid(), was = atomic_load(&p->pid);

	while (was != self && (was == -1 || !atomic_compare_exchange_strong(&p->pid, &was, -1))) {
		(void)sched_yield();
		was = atomic_load(&p->pid);
	}
	if (was == self)
		return;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->more, NULL);
	pthread_cond_init(&p->less, NULL);
	p->first = p->running = NULL;
	p->last = &p->first;
	p->threads = p->idle = p->queued = 0;
	p->closing = false;
	atomic_store(&p->posting, 0);
	atomic_store(&p->pid, self);
}

static bool
task_queue(struct plug_task *t)
{
	struct plug *p = t->plug;
	bool taken;

	pthread_mutex_lock(&p->lock);
	if (p->queued >= p->idle && p->threads < p->cap && !p->closing)
		p->threads += plug_thread(plug_main, p);
	taken = p->threads > 0 && !p->closing;
	if (taken) {
		t->next = NULL;
		*p->last = t;
		p->last = &t->next;
		p->queued++;
		pthread_cond_signal(&p->more);
	}
	pthread_mutex_unlock(&p->lock);
	return taken;
}

bool
plug_close(struct plug *p, unsigned ms)
{
	struct timespec until;
	bool none;

	plug_renew(p);
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += ms / 1000;
	pthread_mutex_lock(&p->lock);
	p->closing = true;
	pthread_cond_broadcast(&p->more);
	while (p->threads > 0 && pthread_cond_timedwait(&p->less, &p->lock, &until) == 0)
		;
	none = p->threads == 0;
	pthread_mutex_unlock(&p->lock);
	/* None of these is in the package: they only hand over. */
	while (atomic_load(&p->posting) > 0)
		(void)usleep(1000);
	return none;
}

/* --- a call that waits --------------------------------------------------------------- */

static bool
home_claim(struct work *w)
{
	struct plug_task *t = TASK_OF(home, w);
	struct call *c = t->call;

	if (c && call_claim_locked(c))
		t->woken = c;
	return true;
}

static void
home_run(struct work *w)
{
	struct plug_task *t = TASK_OF(home, w);
	struct call *c = t->woken;

	if (c) {
		t->wait.over = true;
		t->wait.says = STATUS_SUCCESS;
		call_resume(c);
	}
	task_drop(t);
}

static bool
wait_arm(struct call_wait *w)
{
	struct plug_task *t = TASK_OF(wait, w);

	if (!task_queue(task_hold(t))) {
		task_drop(t);
		return false;
	}
	return true;
}

static void
wait_disarm(struct call_wait *w)
{
	struct plug_task *t = TASK_OF(wait, w);

	t->call = NULL;
	if (!moved(t, TASK_QUEUED, TASK_ABANDONED))
		(void)moved(t, TASK_RUNNING, TASK_ABANDONED);
}

/* Asked when the deadline has passed, with the wait disarmed. */
static const char *
wait_tell(struct call_wait *w)
{
	struct plug_task *t = TASK_OF(wait, w);
	struct plug *p = t->plug;
	bool begun;

	atomic_store(&t->late, true);
	pthread_mutex_lock(&p->lock);
	begun = t->started != 0;
	pthread_mutex_unlock(&p->lock);
	(void)snprintf(t->story, sizeof t->story, begun ? "the package %s has not returned from %s" :
	    "the package %s had no thread free for %s", p->name, t->what);
	if (!atomic_exchange(&p->late_told, true))
		raise_package(t->lsa, STATUS_IO_TIMEOUT, p->name, t->story);
	return t->story;
}

static void
wait_drop(struct call_wait *w)
{
	task_drop(TASK_OF(wait, w));
}

NTSTATUS
task_await(struct plug_task *t, struct call *call)
{
	struct plug *p = t->plug;

	plug_renew(p);
	if (plug_stuck(p))
		return because(call, call->deadline_status, TO_CALLER,
		    "the package %s is stuck: none of its %u threads comes back to the LSA", p->name, p->cap);
	t->deadline_ms = call->deadline_ms;
	t->call = call;
	t->loop = call->loop;
	t->wait = (struct call_wait){ .arm = wait_arm, .disarm = wait_disarm, .tell = wait_tell, .drop = wait_drop };
	(void)task_hold(t);
	return call_await(call, &t->wait);
}

void
task_alone(struct plug_task *t)
{
	plug_renew(t->plug);
	t->loop = NULL;
	if (!task_queue(t))
		task_drop(t);
}

void
task_begin(struct plug_task *t, struct plug *plug, struct call *call, const char *what)
{
	atomic_init(&t->refs, 1);
	atomic_init(&t->state, TASK_QUEUED);
	t->plug = plug;
	t->what = what;
	t->home = (struct work){ .claim = home_claim, .run = home_run };
	t->status = STATUS_INTERNAL_ERROR;
	if (call) {
		struct served *s = SERVED(call);
		struct session_view own;

		t->lsa = s->link->lsa;
		t->caller = (struct plug_caller){ .pid = (uint32_t)s->link->peer.pid, .near = s->link->peer.near,
		    .tcb = s->link->rank >= TRUSTED };
		if (services(call)->session(call, 0, &own) == STATUS_SUCCESS)
			t->caller.luid = own.luid;
	}
}
