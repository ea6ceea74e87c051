/*
 * tend_test.c - what is kept with sessions is looked after one thing at a
 * time, and rests longer and longer while nobody answers: 5 s, 10 s, ... 300 s,
 * until somebody does. Time here is what the test says, so nothing waits.
 * Covers lsa/tend.c, and keep_due of lsa/keep.c.
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "lsa/client.h"
#include "tests/check.h"

/* The clock of this program, moved by the test alone. */
static uint64_t ahead_ms;

int
clock_gettime(clockid_t id, struct timespec *ret)
{
	int result = (int)syscall(SYS_clock_gettime, id, ret);

	if (id == CLOCK_MONOTONIC)
		ret->tv_sec += (time_t)(ahead_ms / 1000);
	return result;
}

/* The kernel's timer is set by its own clock; when ours moves it is set once more. */
static int timer_fd = -1;
static struct itimerspec timer_for;

static int
timer_follow(void)
{
	struct itimerspec when = timer_for;
	time_t ahead = (time_t)(ahead_ms / 1000);

	if (when.it_value.tv_sec || when.it_value.tv_nsec) {
		when.it_value.tv_sec = when.it_value.tv_sec > ahead ? when.it_value.tv_sec - ahead : 0;
		when.it_value.tv_nsec += !when.it_value.tv_sec && !when.it_value.tv_nsec;
	}
	return (int)syscall(SYS_timerfd_settime, timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

int
timerfd_settime(int fd, int flags, const struct itimerspec *value, struct itimerspec *old)
{
	CHECK(flags == TFD_TIMER_ABSTIME && !old);
	timer_fd = fd;
	timer_for = *value;
	return timer_follow();
}

/* --- a package that keeps something ------------------------------------------------ */

static NTSTATUS answer;
static unsigned tended, under_way, drops;
static uint32_t due_ms;

static uint32_t
due(struct kept *kept)
{
	(void)kept;
	return due_ms;
}

static NTSTATUS
tend(struct call *call, struct kept *kept)
{
	(void)call, (void)kept;
	CHECK_U64(++under_way, 1);
	tended++;
	under_way--;
	return answer;
}

static void
kept_end(struct kept *kept)
{
	(void)kept;
	drops++;
}

static const struct lsa_package package = { .name = "Tended", .due = due, .tend = tend };

/* Turns until nothing is left to do now. */
static unsigned
after(struct loop *l, uint64_t seconds)
{
	unsigned before = tended;

	ahead_ms += seconds * 1000;
	(void)timer_follow();
	for (int i = 0; i < 20; i++)
		(void)loop_turn(l, 0);
	return tended - before;
}

static struct lsa *lsa;
static struct loop *loop;

TEST(rests_longer_while_nobody_answers)
{
	static const unsigned pauses[] = { 5, 10, 20, 40, 80, 160, 300, 300, 300 };

	due_ms = 0;
	answer = STATUS_NO_LOGON_SERVERS;
	tend_poke(lsa);
	CHECK_U64(after(loop, 0), 1);
	for (size_t i = 0; i < sizeof pauses / sizeof *pauses; i++) {
		CHECK_U64(after(loop, pauses[i] - 2), 0);
		tend_poke(lsa);				/* a new session is no reason to ask sooner */
		CHECK_U64(after(loop, 0), 0);
		CHECK_U64(after(loop, 3), 1);
	}
	/* Somebody answers: at once again, and the next silence begins anew. */
	answer = STATUS_SUCCESS;
	due_ms = 30000;
	CHECK_U64(after(loop, 301), 0);			/* not due any more */
	due_ms = 0;
	CHECK_U64(after(loop, 61) > 0, 1);
	due_ms = 30000;
	(void)after(loop, 0);
	answer = STATUS_NO_LOGON_SERVERS;
	due_ms = 0;
	CHECK_U64(after(loop, 61), 1);
	CHECK_U64(after(loop, 3), 0);
	CHECK_U64(after(loop, 3), 1);
	answer = STATUS_IO_TIMEOUT;			/* silence, too: the pause doubles on */
	CHECK_U64(after(loop, 8), 0);
	CHECK_U64(after(loop, 3), 1);
	CHECK_U64(after(loop, 18), 0);
	CHECK_U64(after(loop, 3), 1);
}

TEST(other_failures_do_not_hold_others_up)
{
	answer = STATUS_LOGON_FAILURE;
	CHECK_U64(after(loop, 301) > 1, 1);
	due_ms = UINT32_MAX;
	(void)after(loop, 0);
	CHECK_U64(after(loop, 3600), 0);
}

int
main(void)
{
	struct kept kept = { .drop = kept_end };
	struct kept_row row = { .package = &package, .luid = 0x12345, .kept = &kept };
	struct lsa_settings settings = { 0 };
	char state[] = "/tmp/openlsa-tend.XXXXXX", why[LSA_SENTENCE];

	settings.state = mkdtemp(state);
	atomic_store(&kept.refs, 1);
	CHECK(settings.state && lsa_open(&lsa, &settings, why) == STATUS_SUCCESS);
	loop = loop_new();
	if (lsa && loop && CHECK(lsa_tend(lsa, loop))) {
		lsa->session_kept[0] = &row;
		RUN(rests_longer_while_nobody_answers);
		RUN(other_failures_do_not_hold_others_up);
		lsa->session_kept[0] = NULL;
		lsa_tend_stop(lsa);
		CHECK_U64(drops, 0);
		(void)loop_turn(loop, 0);
	}
	lsa_close(lsa);
	loop_drop(loop);
	(void)rmdir(state);
	return check_end();
}
