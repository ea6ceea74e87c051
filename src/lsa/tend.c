/*
 * tend.c - what packages keep with sessions and want to be looked at from
 * time to time (tickets, which end), in a daemon: a timer, and one call at a
 * time. It never blocks a thread, and knows nothing of what is kept.
 *
 *     asleep --timer--> looking --something is due--> a call --ended--> asleep
 */
#include "lsa/client.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/time.h"

#define SLEEP_MOST	60000u		/* ms */
#define PAUSE_LEAST	5000u		/* when nobody answers */
#define PAUSE_MOST	300000u
#define DEADLINE_MS	30000u

struct tend {
	struct lsa *lsa;
	struct loop *loop;
	struct lsa_link *link;
	struct timer timer;		/* all below is guarded by the loop's lock */
	bool busy, again, stopped;
	struct served *running;		/* the call, once it may be cancelled */
	uint32_t pause;			/* until the next call may begin, ms; nobody answered the last one */
	uint64_t quiet_until;
};

/* What a call tends. */
struct tended {
	struct served s;		/* first */
	struct tend *home;
	const struct lsa_package *package;
	struct kept *kept;
};

/* Without memory for it the next poke tries again. */
static void
arm_locked(struct tend *t, uint64_t due)
{
	if (!t->stopped && !timer_start_locked(t->loop, &t->timer, due))
		t->again = true;
}

static void
sleep_locked(struct tend *t, uint32_t ms)
{
	uint64_t now = time_mono_ms(), due = now + (ms < SLEEP_MOST ? ms : SLEEP_MOST);

	t->busy = false;
	if (due < t->quiet_until)
		due = t->quiet_until;
	if (t->again && now >= t->quiet_until)
		due = now;
	t->again = false;
	arm_locked(t, due);
}

/* --- one call ------------------------------------------------------------------- */

static NTSTATUS
tended_turn(struct call *c)
{
	struct tended *d = (struct tended *)(void *)c;
	NTSTATUS status;

	call_enter(c);
	status = d->package->tend(c, d->kept);
	call_leave(c, status);
	return status;
}

static void
tended_done(struct call *c, NTSTATUS status)
{
	struct tended *d = (struct tended *)(void *)c;
	struct tend *t = d->home;

	services_forget(&d->s);
	kept_drop(d->kept);
	call_drop_memory(c);
	loop_lock(t->loop);
	t->running = NULL;
	if (status == STATUS_NO_LOGON_SERVERS || status == STATUS_IO_TIMEOUT) {
		t->pause = t->pause ? t->pause * 2 : PAUSE_LEAST;
		t->pause = t->pause < PAUSE_MOST ? t->pause : PAUSE_MOST;
		t->quiet_until = time_mono_ms() + t->pause;
	} else {
		t->pause = 0;
	}
	sleep_locked(t, 0);
	loop_unlock(t->loop);
	free(d);
}

static bool
tend_begin(struct tend *t, const struct lsa_package *package, struct kept *kept)
{
	struct tended *d = calloc(1, sizeof *d);

	if (!d)
		return false;
	d->home = t;
	d->package = package;
	d->kept = kept;
	d->s.link = t->link;
	d->s.call.loop = t->loop;
	d->s.call.jobs = t->lsa->jobs;
	d->s.call.net = t->lsa->net;
	d->s.call.turn = tended_turn;
	d->s.call.done = tended_done;
	d->s.call.cancel_status = STATUS_CANCELLED;
	d->s.call.deadline_status = STATUS_IO_TIMEOUT;
	d->s.call.deadline_ms = DEADLINE_MS;
	call_begin(&d->s.call);
	loop_lock(t->loop);
	t->running = &d->s;
	loop_unlock(t->loop);
	call_run(&d->s.call);
	return true;
}

/* --- the timer -------------------------------------------------------------------- */

static bool
tend_claim(struct timer *timer)
{
	struct tend *t = (struct tend *)(void *)((char *)timer - offsetof(struct tend, timer));

	if (t->stopped || t->busy)
		return false;
	t->busy = true;
	return true;
}

static void
tend_fire(struct timer *timer)
{
	struct tend *t = (struct tend *)(void *)((char *)timer - offsetof(struct tend, timer));
	const struct lsa_package *package = NULL;
	struct kept *kept = NULL;
	uint32_t ms = keep_due(t->lsa, &package, &kept);

	if (kept && tend_begin(t, package, kept))
		return;
	kept_drop(kept);
	loop_lock(t->loop);
	sleep_locked(t, kept ? PAUSE_LEAST : ms);
	loop_unlock(t->loop);
}

void
tend_poke(struct lsa *lsa)
{
	struct tend *t = lsa->tend;

	if (!t)
		return;
	loop_lock(t->loop);
	if (t->busy)
		t->again = true;
	else
		arm_locked(t, time_mono_ms() > t->quiet_until ? time_mono_ms() : t->quiet_until);
	loop_unlock(t->loop);
}

bool
lsa_tend(struct lsa *lsa, struct loop *loop)
{
	struct lsa_peer self = { .known = true, .near = true, .uid = (uint32_t)geteuid(), .gid = (uint32_t)getegid(),
	    .pid = (int32_t)getpid() };
	struct tend *t = calloc(1, sizeof *t);

	if (t)
		t->link = lsa_link_open(lsa, loop, &self);
	if (!t || !t->link) {
		free(t);
		return false;
	}
	t->lsa = lsa;
	t->loop = loop;
	t->timer = (struct timer){ .claim = tend_claim, .fire = tend_fire };
	lsa->tend = t;
	return true;
}

/* Nobody turns the loop any more, so a call that is there waits. */
void
lsa_tend_stop(struct lsa *lsa)
{
	struct tend *t = lsa ? lsa->tend : NULL;
	struct served *s;

	if (!t)
		return;
	loop_lock(t->loop);
	t->stopped = true;
	timer_stop_locked(t->loop, &t->timer);
	s = t->running && call_cancel_locked(&t->running->call) ? t->running : NULL;
	loop_unlock(t->loop);
	if (s)
		call_end_cancelled(&s->call);
	lsa->tend = NULL;
	lsa_link_gone(t->link);
	free(t);
}
