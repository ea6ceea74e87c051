/*
 * tracer.h - a program under ptrace from its birth, which is killed at a
 * chosen system call. It runs free until it is told to count; from then on
 * every entry into the kernel by any of its threads is one point. Linux only.
 */
#ifndef OPENLSA_TESTS_CRASH_TRACER_H
#define OPENLSA_TESTS_CRASH_TRACER_H

#include <stdbool.h>
#include <sys/types.h>

#define TRACER_THREADS 64

struct traced {
	pid_t pid;
	pid_t threads[TRACER_THREADS];
	unsigned thread_count;
	bool counting, dead;
	pid_t client;			/* another child of the caller's, and what its end was */
	bool client_ended;
	int client_status;
	unsigned entries;		/* since it counts */
	unsigned kill_at;		/* 0: never */
	long last;			/* the number of the call that it was killed at */
};

/*
 * Starts it, with `log` for its standard output and error. kill_at: it counts from its first call on; 0: it runs free.
 * False: ptrace is not allowed here.
 */
bool tracer_start(struct traced *t, const char *const *argv, int log, unsigned kill_at);
/* Whatever has happened until now; never waits. All children are reaped here. False: there was nothing. */
bool tracer_turn(struct traced *t);
/* From now on: at entry number kill_at the whole program is killed. Returns when its threads rest. */
void tracer_count(struct traced *t, unsigned kill_at);
/* Kills and reaps it. */
void tracer_end(struct traced *t);

#endif
