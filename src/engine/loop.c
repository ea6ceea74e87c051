/*
 * loop.c - epoll, one timerfd for the earliest timer, one eventfd to wake.
 * Timers are a binary heap of pointers, place 1 the earliest. epoll holds no
 * pointer to a shot, since a thread may hold an event of one that another
 * thread frees: it holds a place and how often that place was given away.
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

struct target;

struct loop {
	pthread_mutex_t lock;
	int ep, wake, clock;
	bool awake;			/* the eventfd is raised */
	uint64_t set_for;		/* what the timerfd is set for; 0: nothing */
	struct timer **heap;		/* heap[1..timers] */
	size_t timers, room;
	struct work *first, **last;
	struct target *targets;		/* targets[1..room) */
	uint32_t targets_room, target_free;
};

struct target {
	struct shot *shot;		/* NULL: free */
	uint32_t given;			/* counts its holders; an event of an earlier one finds another number */
	uint32_t next_free;
};

static bool
loop_add(int ep, int fd, void *tag)
{
	struct epoll_event e = { .events = EPOLLIN, .data.u64 = (uintptr_t)tag };

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
	free(l->targets);
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

void
loop_unpost_locked(struct loop *l, struct work *work)
{
	struct work **at = &l->first;

	while (*at && *at != work)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = work->next;
	if (!*at)
		l->last = at;
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

/* --- shots ----------------------------------------------------------- */

/* Addresses of watches are even. */
static uint64_t
shot_tag(const struct loop *l, uint32_t place)
{
	return (uint64_t)l->targets[place].given << 32 | (uint64_t)place << 1 | 1u;
}

static bool
targets_grow(struct loop *l)
{
	uint32_t room = l->targets_room ? l->targets_room * 2 : 32;
	struct target *more = room < 1u << 30 ? realloc(l->targets, room * sizeof *more) : NULL;

	if (!more)
		return false;
	l->targets = more;
	for (uint32_t i = l->targets_room ? l->targets_room : 1; i < room; i++) {
		more[i] = (struct target){ .next_free = l->target_free };
		l->target_free = i;
	}
	l->targets_room = room;
	return true;
}

bool
shot_start_locked(struct loop *l, struct shot *s, uint32_t events)
{
	struct epoll_event e = { .events = events | EPOLLONESHOT };
	bool known = s->place != 0;
	uint32_t place = s->place;

	if (!known) {
		if (!l->target_free && !targets_grow(l))
			return false;
		place = l->target_free;
	}
	e.data.u64 = shot_tag(l, place);
	if (epoll_ctl(l->ep, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, s->fd, &e) != 0)
		return false;
	if (!known) {
		l->target_free = l->targets[place].next_free;
		l->targets[place].shot = s;
		s->place = place;
	}
	return true;
}

void
shot_stop_locked(struct loop *l, struct shot *s)
{
	struct target *t;

	if (!s->place)
		return;
	(void)epoll_ctl(l->ep, EPOLL_CTL_DEL, s->fd, NULL);
	t = &l->targets[s->place];
	t->shot = NULL;
	t->given++;
	t->next_free = l->target_free;
	l->target_free = s->place;
	s->place = 0;
}

static unsigned
run_shot(struct loop *l, uint64_t tag, uint32_t events)
{
	uint32_t place = (uint32_t)tag >> 1;
	struct shot *s = NULL;

	loop_lock(l);
	if (tag == shot_tag(l, place))
		s = l->targets[place].shot;
	if (s && !s->claim(s, events))
		s = NULL;
	loop_unlock(l);
	if (s)
		s->fire(s);
	return s != NULL;
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
		} else if (events[i].data.u64 & 1u) {
			done += run_shot(l, events[i].data.u64, events[i].events);
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
	struct epoll_event e = { .events = events, .data.u64 = (uintptr_t)w };

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
