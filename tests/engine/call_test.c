/*
 * call_test.c - the life of a call: turns, waits, cancel, deadline, jobs,
 * frames dropped inner to outer, memory wiped.
 * Covers engine/call.c, loop.c, jobs.c.
 */
#include "engine/call.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "engine/wait.h"
#include "tests/check.h"

/* A call that does what `script` says, one letter a turn: t timer, j job, n nothing, then ends with `last`. */
struct scripted {
	struct call call;
	const char *script;
	NTSTATUS last, ended;
	int turns, drops;
	_Atomic int done, jobs_dropped;
	NTSTATUS job_says;
};

static _Thread_local char drop_order[8];

static void
outer_drop(void *at)
{
	(void)at;
	if (strlen(drop_order) < 6)
		strcat(drop_order, "o");
}

static void
inner_drop(void *at)
{
	(void)at;
	if (strlen(drop_order) < 6)
		strcat(drop_order, "i");
}

static NTSTATUS
job_work(void *arg)
{
	usleep(2000);
	return ((struct scripted *)arg)->job_says;
}

static void
job_dropped(void *arg)
{
	((struct scripted *)arg)->jobs_dropped++;
}

static NTSTATUS
turn(struct call *c)
{
	struct scripted *s = (struct scripted *)c;
	char what = s->script[s->turns];
	NTSTATUS status = s->last;

	s->turns++;
	if (!frame(c, 8, outer_drop))
		return STATUS_NO_MEMORY;
	call_enter(c);
	if (!frame(c, 8, inner_drop))
		return STATUS_NO_MEMORY;
	if (what == 't')
		status = await_timer(c, 5);
	else if (what == 'j')
		status = await_job(c, job_work, job_dropped, s);
	else if (what == 'n')
		status = await_nothing(c);
	call_leave(c, status);
	return status;
}

static void
done(struct call *c, NTSTATUS status)
{
	struct scripted *s = (struct scripted *)c;

	s->ended = status;
	s->done++;
	call_drop_memory(c);
}

static struct loop *loop;
static struct jobs *jobs;

static void
begin(struct scripted *s, const char *script, uint32_t deadline)
{
	*s = (struct scripted){ .script = script, .last = STATUS_ACCESS_DENIED };
	s->call.loop = loop;
	s->call.jobs = jobs;
	s->call.turn = turn;
	s->call.done = done;
	s->call.cancel_status = STATUS_CANCELLED;
	s->call.deadline_status = STATUS_IO_TIMEOUT;
	s->call.deadline_ms = deadline;
	drop_order[0] = 0;
	call_begin(&s->call);
}

static void
turn_until_done(struct scripted *s)
{
	uint64_t until = time_mono_ms() + 3000;

	while (!s->done && time_mono_ms() < until)
		(void)loop_turn(loop, 50);
}

static void
ends_at_once(void)
{
	struct scripted s;

	begin(&s, "", 1000);
	call_run(&s.call);
	CHECK(s.done == 1 && s.ended == STATUS_ACCESS_DENIED && s.turns == 1);
	CHECK_TEXT(drop_order, "io");
}

static void
waits_and_resumes(void)
{
	struct scripted s;

	begin(&s, "tjt", 5000);
	call_run(&s.call);
	CHECK(s.done == 0);
	turn_until_done(&s);
	CHECK(s.done == 1 && s.ended == STATUS_ACCESS_DENIED && s.turns == 4 && s.jobs_dropped == 1);
	CHECK_TEXT(drop_order, "io");
}

static void
jobs_can_run_inline(void)
{
	struct scripted s;

	begin(&s, "jj", 5000);
	s.call.inline_jobs = true;
	call_run(&s.call);
	CHECK(s.done == 1 && s.turns == 3 && s.jobs_dropped == 2);
}

static void
cancel_drops_the_wait(void)
{
	static const char *const scripts[] = { "n", "t", "j" };

	for (size_t i = 0; i < 3; i++) {
		struct scripted s;
		bool mine;

		begin(&s, scripts[i], 5000);
		call_run(&s.call);
		loop_lock(loop);
		mine = call_cancel_locked(&s.call);
		loop_unlock(loop);
		CHECK(mine);
		call_end_cancelled(&s.call);
		CHECK(s.done == 1 && s.ended == STATUS_CANCELLED && s.turns == 1);
		CHECK_TEXT(drop_order, "io");
		/* What was waited for comes late and finds nobody. */
		for (uint64_t until = time_mono_ms() + 30; time_mono_ms() < until; )
			(void)loop_turn(loop, 10);
		CHECK(s.done == 1 && s.turns == 1 && s.jobs_dropped == (i == 2));
	}
}

static void
deadline_ends_it(void)
{
	struct scripted s;
	uint64_t from = time_mono_ms();

	begin(&s, "n", 40);
	call_run(&s.call);
	turn_until_done(&s);
	CHECK(s.done == 1 && s.ended == STATUS_IO_TIMEOUT);
	CHECK(time_mono_ms() - from >= 40 && time_mono_ms() - from < 1500);
}

static void
many_timers(void)
{
	enum { MANY = 2000 };
	struct scripted *s = calloc(MANY, sizeof *s);
	int left = MANY;
	uint64_t until = time_mono_ms() + 5000;

	for (int i = 0; i < MANY; i++) {
		begin(&s[i], "t", 4000 + (uint32_t)(i * 7919 % 1000));
		call_run(&s[i].call);
	}
	while (left && time_mono_ms() < until) {
		(void)loop_turn(loop, 50);
		left = 0;
		for (int i = 0; i < MANY; i++)
			left += !s[i].done;
	}
	CHECK(left == 0);
	free(s);
}

static void *
canceller(void *arg)
{
	struct scripted *s = arg;
	bool mine;

	loop_lock(loop);
	mine = call_cancel_locked(&s->call);
	loop_unlock(loop);
	if (mine)
		call_end_cancelled(&s->call);
	return NULL;
}

static void
cancel_races_completion(void)
{
	for (int i = 0; i < 300; i++) {
		struct scripted *s = calloc(1, sizeof *s);
		pthread_t t;

		begin(s, "t", 5000);
		call_run(&s->call);
		CHECK(pthread_create(&t, NULL, canceller, s) == 0);
		turn_until_done(s);
		pthread_join(t, NULL);
		CHECK(s->done == 1 && (s->ended == STATUS_CANCELLED || s->ended == STATUS_ACCESS_DENIED));
		free(s);
	}
}

static void
memory_lives_with_the_call(void)
{
	struct scripted s;
	uint8_t *small, *large;

	begin(&s, "", 0);
	small = call_memory(&s.call, 100);
	large = call_memory(&s.call, 100000);
	CHECK(small && large && (uintptr_t)small % 16 == 0);
	memset(small, 0xaa, 100);
	call_run(&s.call);
	CHECK(small[0] == 0 && small[99] == 0);
}

int
main(void)
{
	loop = loop_new();
	jobs = jobs_new(2);
	CHECK(loop && jobs);
	RUN(ends_at_once);
	RUN(waits_and_resumes);
	RUN(jobs_can_run_inline);
	RUN(cancel_drops_the_wait);
	RUN(deadline_ends_it);
	RUN(many_timers);
	RUN(cancel_races_completion);
	RUN(memory_lives_with_the_call);
	jobs_drop(jobs);
	loop_drop(loop);
	return check_end();
}
