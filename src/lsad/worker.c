/*
 * worker.c - the thread around a home of connections. A connection arrives
 * as posted work, so nothing of it is ever touched by another thread.
 */
#include "lsad/worker.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/time.h"
#include "lsad/conn.h"

#define DRAIN_MS	5000u
#define STACK		(1024u * 1024u)		/* only what is touched costs memory */

struct worker {
	struct home home;
	pthread_t thread;
	struct work stop;
	uint64_t drain_until;			/* 0: it serves */
	bool ended;
	_Atomic unsigned load;
	_Atomic uint64_t turns;
};

/* --- arrival ------------------------------------------------------------------ */

struct arrival {
	struct work work;
	struct worker *worker;
	struct lsa_peer peer;
	int fd;
};

static bool
work_claim(struct work *work)
{
	(void)work;
	return true;
}

static void
arrive(struct work *work)
{
	struct arrival *a = (struct arrival *)(void *)work;

	if (!conn_open(&a->worker->home, a->fd, &a->peer))
		atomic_fetch_sub(&a->worker->load, 1);
	free(a);
}

void
worker_take(struct worker *w, int fd, const struct lsa_peer *peer)
{
	struct arrival *a = malloc(sizeof *a);

	if (!a) {
		(void)close(fd);
		return;
	}
	*a = (struct arrival){ .work = { .claim = work_claim, .run = arrive }, .worker = w, .peer = *peer, .fd = fd };
	atomic_fetch_add(&w->load, 1);
	loop_lock(w->home.loop);
	loop_post_locked(w->home.loop, &a->work);
	loop_unlock(w->home.loop);
}

/* --- the thread ----------------------------------------------------------------- */

static int
patience(const struct worker *w)
{
	uint64_t until = conns_due(&w->home), now;

	if (w->drain_until && (!until || w->drain_until < until))
		until = w->drain_until;
	if (!until)
		return -1;
	now = time_mono_ms();
	return until > now ? (int)(until - now) : 0;
}

static void
bury(struct worker *w)
{
	unsigned n = conns_bury(&w->home);

	if (n)
		atomic_fetch_sub(&w->load, n);
}

/* Told to end: nothing more is read, and what waits is answered. */
static void
drain(struct work *work)
{
	struct worker *w = (struct worker *)(void *)((char *)work - offsetof(struct worker, stop));

	w->drain_until = time_mono_ms() + DRAIN_MS;
	conns_drain(&w->home);
}

static void *
worker_main(void *arg)
{
	struct worker *w = arg;

	while (!w->ended) {
		(void)loop_turn(w->home.loop, patience(w));
		conns_expire(&w->home);
		if (w->drain_until)
			conns_part(&w->home, time_mono_ms() >= w->drain_until);
		bury(w);
		w->ended = w->drain_until && !w->home.conns;
		atomic_fetch_add_explicit(&w->turns, 1, memory_order_relaxed);
	}
	return NULL;
}

struct worker *
worker_new(struct lsa *lsa)
{
	struct worker *w = calloc(1, sizeof *w);
	pthread_attr_t attr;
	bool runs = false;

	if (!w)
		return NULL;
	w->stop = (struct work){ .claim = work_claim, .run = drain };
	w->home.lsa = lsa;
	w->home.loop = loop_new();
	if (w->home.loop && pthread_attr_init(&attr) == 0) {
		(void)pthread_attr_setstacksize(&attr, STACK);
		runs = pthread_create(&w->thread, &attr, worker_main, w) == 0;
		(void)pthread_attr_destroy(&attr);
	}
	if (!runs) {
		worker_drop(w);
		return NULL;
	}
	return w;
}

struct loop *
worker_loop(const struct worker *w)
{
	return w->home.loop;
}

unsigned
worker_load(const struct worker *w)
{
	return atomic_load_explicit(&w->load, memory_order_relaxed);
}

uint64_t
worker_poke(struct worker *w)
{
	uint64_t turns = atomic_load(&w->turns);

	loop_wake(w->home.loop);
	return turns;
}

void
worker_stop(struct worker *w)
{
	loop_lock(w->home.loop);
	loop_post_locked(w->home.loop, &w->stop);
	loop_unlock(w->home.loop);
}

void
worker_join(struct worker *w)
{
	(void)pthread_join(w->thread, NULL);
}

void
worker_drop(struct worker *w)
{
	if (!w)
		return;
	loop_drop(w->home.loop);
	free(w);
}
