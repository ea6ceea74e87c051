/*
 * loop.c - epoll, one timerfd for the earliest timer, one eventfd to wake.
 * Timers are a binary heap of pointers, place 1 the earliest.
 */
#include "engine/loop.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/time.h"

#define EVENTS	64

struct loop {
	pthread_mutex_t lock;
	int ep, wake, clock;
	bool awake;			/* the eventfd is raised */
	uint64_t set_for;		/* what the timerfd is set for; 0: nothing */
	struct timer **heap;		/* heap[1..timers] */
	size_t timers, room;
	struct work *first, **last;
};

static bool
loop_add(int ep, int fd, void *tag)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = tag };

	return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e) == 0;
}

struct loop *
loop_new(void)
{
	struct loop *l = calloc(1, sizeof *l);

	if (!l)
		return NULL;
	pthread_mutex_init(&l->lock, NULL);
	l->last = &l->first;
	l->ep = epoll_create1(EPOLL_CLOEXEC);
	l->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	l->clock = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (l->ep < 0 || l->wake < 0 || l->clock < 0 ||
	    !loop_add(l->ep, l->wake, &l->wake) || !loop_add(l->ep, l->clock, &l->clock)) {
		loop_drop(l);
		return NULL;
	}
	return l;
}

void
loop_drop(struct loop *l)
{
	if (!l)
		return;
	if (l->ep >= 0)
		close(l->ep);
	if (l->wake >= 0)
		close(l->wake);
	if (l->clock >= 0)
		close(l->clock);
	pthread_mutex_destroy(&l->lock);
	free(l->heap);
	free(l);
}

int
loop_fd(const struct loop *l)
{
	return l->ep;
}

void
loop_lock(struct loop *l)
{
	pthread_mutex_lock(&l->lock);
}

void
loop_unlock(struct loop *l)
{
	pthread_mutex_unlock(&l->lock);
}

static void
wake_locked(struct loop *l)
{
	uint64_t one = 1;

	if (!l->awake && write(l->wake, &one, sizeof one) == sizeof one)
		l->awake = true;
}

void
loop_wake(struct loop *l)
{
	loop_lock(l);
	wake_locked(l);
	loop_unlock(l);
}

void
loop_post_locked(struct loop *l, struct work *work)
{
	work->next = NULL;
	*l->last = work;
	l->last = &work->next;
	wake_locked(l);
}

/* --- the heap ------------------------------------------------------- */

static void
heap_set(struct loop *l, size_t place, struct timer *t)
{
	l->heap[place] = t;
	t->place = place;
}

static void
heap_up(struct loop *l, size_t place, struct timer *t)
{
	while (place > 1 && l->heap[place / 2]->due > t->due) {
		heap_set(l, place, l->heap[place / 2]);
		place /= 2;
	}
	heap_set(l, place, t);
}

static void
heap_down(struct loop *l, size_t place, struct timer *t)
{
	for (;;) {
		size_t child = place * 2;

		if (child > l->timers)
			break;
		if (child < l->timers && l->heap[child + 1]->due < l->heap[child]->due)
			child++;
		if (l->heap[child]->due >= t->due)
			break;
		heap_set(l, place, l->heap[child]);
		place = child;
	}
	heap_set(l, place, t);
}

/* The timerfd follows the earliest timer; one set too early only wakes for nothing. */
static void
clock_follow(struct loop *l)
{
	uint64_t due = l->timers ? l->heap[1]->due : 0;
	struct itimerspec when = { 0 };

	if (!due || (l->set_for && l->set_for <= due))
		return;
	when.it_value.tv_sec = (time_t)(due / 1000);
	when.it_value.tv_nsec = (long)(due % 1000) * 1000000 + 1;
	if (timerfd_settime(l->clock, TFD_TIMER_ABSTIME, &when, NULL) == 0)
		l->set_for = due;
}

bool
timer_start_locked(struct loop *l, struct timer *t, uint64_t due)
{
	timer_stop_locked(l, t);
	if (l->timers + 2 > l->room) {
		size_t room = l->room ? l->room * 2 : 32;
		struct timer **heap = realloc(l->heap, room * sizeof *heap);

		if (!heap)
			return false;
		l->heap = heap;
		l->room = room;
	}
	t->due = due;
	heap_up(l, ++l->timers, t);
	clock_follow(l);
	return true;
}

void
timer_stop_locked(struct loop *l, struct timer *t)
{
	size_t place = t->place;
	struct timer *moved;

	if (!place)
		return;
	t->place = 0;
	moved = l->heap[l->timers--];
	if (moved == t)
		return;
	if (place > 1 && l->heap[place / 2]->due > moved->due)
		heap_up(l, place, moved);
	else
		heap_down(l, place, moved);
}

/* --- turning -------------------------------------------------------- */

static struct timer *
take_due(struct loop *l, uint64_t now)
{
	while (l->timers && l->heap[1]->due <= now) {
		struct timer *t = l->heap[1];

		timer_stop_locked(l, t);
		if (t->claim(t))
			return t;
	}
	return NULL;
}

static unsigned
run_timers(struct loop *l)
{
	uint64_t ticks, now = time_mono_ms();
	unsigned done = 0;
	struct timer *t;

	loop_lock(l);
	if (read(l->clock, &ticks, sizeof ticks) == sizeof ticks)
		l->set_for = 0;
	while ((t = take_due(l, now)) != NULL) {
		loop_unlock(l);
		t->fire(t);
		done++;
		loop_lock(l);
	}
	clock_follow(l);
	loop_unlock(l);
	return done;
}

static unsigned
run_posted(struct loop *l)
{
	uint64_t count;
	unsigned done = 0;

	loop_lock(l);
	if (l->awake && read(l->wake, &count, sizeof count) == sizeof count)
		l->awake = false;
	while (l->first) {
		struct work *w = l->first;

		l->first = w->next;
		if (!l->first)
			l->last = &l->first;
		if (!w->claim(w))
			continue;
		loop_unlock(l);
		w->run(w);
		done++;
		loop_lock(l);
	}
	loop_unlock(l);
	return done;
}

unsigned
loop_turn(struct loop *l, int timeout_ms)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(l->ep, events, EVENTS, timeout_ms);
	unsigned done = 0;

	for (int i = 0; i < n; i++) {
		void *tag = events[i].data.ptr;

		if (tag == &l->wake) {
			done += run_posted(l);
		} else if (tag == &l->clock) {
			done += run_timers(l);
		} else {
			struct watch *w = tag;

			w->ready(w, events[i].events);
			done++;
		}
	}
	return done;
}

static bool
watch_set(struct loop *l, int how, struct watch *w, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = w };

	return epoll_ctl(l->ep, how, w->fd, &e) == 0;
}

bool
loop_watch(struct loop *l, struct watch *w, uint32_t events)
{
	return watch_set(l, EPOLL_CTL_ADD, w, events);
}

bool
loop_rewatch(struct loop *l, struct watch *w, uint32_t events)
{
	return watch_set(l, EPOLL_CTL_MOD, w, events);
}

void
loop_unwatch(struct loop *l, struct watch *w)
{
	(void)epoll_ctl(l->ep, EPOLL_CTL_DEL, w->fd, NULL);
}
