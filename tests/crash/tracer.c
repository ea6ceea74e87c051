/*
 * tracer.c - see tracer.h. It must never learn what the program is.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "tests/crash/tracer.h"

#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define OPTIONS	(PTRACE_O_TRACECLONE | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)
#define REST_MS	3

static long
ask(enum __ptrace_request request, pid_t tid, uintptr_t data)
{
	return ptrace(request, tid, NULL, (void *)data);
}

static void
remember(struct traced *t, pid_t tid)
{
	for (unsigned i = 0; i < t->thread_count; i++)
		if (t->threads[i] == tid)
			return;
	if (t->thread_count < TRACER_THREADS)
		t->threads[t->thread_count++] = tid;
}

static void
forget(struct traced *t, pid_t tid)
{
	for (unsigned i = 0; i < t->thread_count; i++)
		if (t->threads[i] == tid) {
			t->threads[i] = t->threads[--t->thread_count];
			return;
		}
}

static void
go_on(struct traced *t, pid_t tid, int signal)
{
	(void)ask(t->counting ? PTRACE_SYSCALL : PTRACE_CONT, tid, (uintptr_t)signal);
}

static void
call_seen(struct traced *t, pid_t tid)
{
	struct __ptrace_syscall_info info;

	memset(&info, 0, sizeof info);
	if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, (void *)sizeof info, &info) <= 0 || info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return;
	t->last = (long)info.entry.nr;
	t->entries++;
	if (t->entries == t->kill_at)
		(void)kill(t->pid, SIGKILL);
}

static void
event(struct traced *t, pid_t tid, int status)
{
	int signal;

	if (WIFEXITED(status) || WIFSIGNALED(status)) {
		if (tid == t->pid)
			t->dead = true;
		forget(t, tid);
		return;
	}
	if (!WIFSTOPPED(status))
		return;
	remember(t, tid);
	signal = WSTOPSIG(status);
	if (signal == (SIGTRAP | 0x80)) {
		call_seen(t, tid);
		signal = 0;
	} else if (status >> 16) {		/* a new thread, or a stop that was asked for */
		signal = 0;
	}
	go_on(t, tid, signal);
}

bool
tracer_turn(struct traced *t)
{
	bool any = false;
	int status;
	pid_t tid;

	while ((tid = waitpid(-1, &status, __WALL | WNOHANG)) > 0) {
		any = true;
		if (tid != t->client) {
			event(t, tid, status);
		} else if (!WIFSTOPPED(status)) {
			t->client_ended = true;
			t->client_status = status;
		}
	}
	return any;
}

bool
tracer_start(struct traced *t, const char *const *argv, int log, unsigned kill_at)
{
	int gate[2], status;
	char c = 0;
	pid_t pid;

	memset(t, 0, sizeof *t);
	if (pipe(gate) != 0)
		return false;
	pid = fork();
	if (pid == 0) {
		close(gate[1]);
		if (read(gate[0], &c, 1) != 1)
			_exit(126);
		close(gate[0]);
		if (dup2(log, 2) != 2 || dup2(log, 1) != 1)
			_exit(125);
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	close(gate[0]);
	t->pid = pid;
	t->threads[0] = pid;
	t->thread_count = 1;
	if (pid < 0 || ask(PTRACE_SEIZE, pid, OPTIONS) != 0) {
		close(gate[1]);
		if (pid > 0)
			(void)waitpid(pid, &status, 0);
		return false;
	}
	if (kill_at) {				/* it waits at the gate, and enters that wait once more */
		t->counting = true;
		(void)ask(PTRACE_INTERRUPT, pid, 0);
		while (t->entries == 0 && !t->dead)
			if (!tracer_turn(t))
				(void)usleep(50);
		t->entries = 0;
		t->kill_at = kill_at;
	}
	status = (int)write(gate[1], &c, 1);
	close(gate[1]);
	return status == 1;
}

void
tracer_count(struct traced *t, unsigned kill_at)
{
	t->counting = true;
	t->kill_at = 0;
	for (unsigned i = 0; i < t->thread_count; i++)
		(void)ask(PTRACE_INTERRUPT, t->threads[i], 0);
	for (unsigned quiet = 0; quiet < REST_MS * 4 && !t->dead; quiet++) {
		if (tracer_turn(t))
			quiet = 0;
		(void)usleep(250);
	}
	t->entries = 0;
	t->kill_at = kill_at;
}

void
tracer_end(struct traced *t)
{
	if (t->pid <= 0 || t->dead)
		return;
	(void)kill(t->pid, SIGKILL);
	while (!t->dead)
		if (!tracer_turn(t))
			(void)usleep(100);
}
