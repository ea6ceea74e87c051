/*
 * jobs.c - a queue and at most a few threads. A thread is started when a job
 * finds none idle and the limit is not reached.
 */
#include "engine/jobs.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#define THREADS_MAX 16

struct jobs {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct job *first, **last;
	unsigned limit, running, idle, queued;
	bool closing;
	pthread_t threads[THREADS_MAX];
};

struct jobs *
jobs_new(unsigned threads)
{
	struct jobs *j = calloc(1, sizeof *j);

	if (!j)
		return NULL;
	pthread_mutex_init(&j->lock, NULL);
	pthread_cond_init(&j->more, NULL);
	j->last = &j->first;
	j->limit = threads < THREADS_MAX ? threads : THREADS_MAX;
	return j;
}

static void *
jobs_main(void *arg)
{
	struct jobs *j = arg;

	pthread_mutex_lock(&j->lock);
	for (;;) {
		struct job *job;

		while (!j->first && !j->closing) {
			j->idle++;
			pthread_cond_wait(&j->more, &j->lock);
			j->idle--;
		}
		job = j->first;
		if (!job)
			break;
		j->first = job->next;
		if (!j->first)
			j->last = &j->first;
		j->queued--;
		pthread_mutex_unlock(&j->lock);
		job->run(job);
		job->ended(job);
		pthread_mutex_lock(&j->lock);
	}
	pthread_mutex_unlock(&j->lock);
	return NULL;
}

static bool
jobs_start(struct jobs *j)
{
	sigset_t all, old;
	bool started;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	started = pthread_create(&j->threads[j->running], NULL, jobs_main, j) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (started)
		j->running++;
	return started;
}

bool
jobs_add(struct jobs *j, struct job *job)
{
	bool taken;

	pthread_mutex_lock(&j->lock);
	if (j->queued >= j->idle && j->running < j->limit)
		(void)jobs_start(j);
	taken = j->running > 0;
	if (taken) {
		job->next = NULL;
		*j->last = job;
		j->last = &job->next;
		j->queued++;
		pthread_cond_signal(&j->more);
	}
	pthread_mutex_unlock(&j->lock);
	return taken;
}

void
jobs_drop(struct jobs *j)
{
	if (!j)
		return;
	pthread_mutex_lock(&j->lock);
	j->closing = true;
	pthread_cond_broadcast(&j->more);
	pthread_mutex_unlock(&j->lock);
	for (unsigned i = 0; i < j->running; i++)
		pthread_join(j->threads[i], NULL);
	pthread_cond_destroy(&j->more);
	pthread_mutex_destroy(&j->lock);
	free(j);
}
