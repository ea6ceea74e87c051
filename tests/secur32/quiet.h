/*
 * quiet.h - for tests that look whether something stays in the application:
 * every allocation of the process is counted, and a child locks itself in so
 * that the kernel kills it for anything but write and exit. Both are proved by
 * tests of their own. Not together with a sanitizer.
 */
#ifndef OPENLSA_TESTS_SECUR32_QUIET_H
#define OPENLSA_TESTS_SECUR32_QUIET_H

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#define NO_FILTER	77		/* the child's exit status where it cannot be locked in */

/* --- every allocation of the process ---------------- */

static _Atomic unsigned long allocations;

void *__libc_malloc(size_t len);
void *__libc_calloc(size_t n, size_t len);
void *__libc_realloc(void *at, size_t len);
void *__libc_memalign(size_t align, size_t len);

void *
malloc(size_t len)
{
	atomic_fetch_add(&allocations, 1u);
	return __libc_malloc(len);
}

void *
calloc(size_t n, size_t len)
{
	atomic_fetch_add(&allocations, 1u);
	return __libc_calloc(n, len);
}

void *
realloc(void *at, size_t len)
{
	atomic_fetch_add(&allocations, 1u);
	return __libc_realloc(at, len);
}

void *
aligned_alloc(size_t align, size_t len)
{
	atomic_fetch_add(&allocations, 1u);
	return __libc_memalign(align, len);
}

int
posix_memalign(void **ret_at, size_t align, size_t len)
{
	void *at = aligned_alloc(align, len);

	if (!at)
		return ENOMEM;
	*ret_at = at;
	return 0;
}

/* --- the lock ------------------------------------------------------------------------ */

/* write and the exits; whatever else is asked, the process is killed. */
static bool
lock_in(void)
{
	struct sock_filter rules[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof rules / sizeof *rules, rules };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* The signal or exit status of a child that runs what is given. */
static int
child(int (*run)(void))
{
	int status = -1;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0)
		_exit(run());
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* --- proofs of both ------------------------------------------------------------------ */

static int
asks_the_kernel(void)
{
	if (!lock_in())
		return NO_FILTER;
	return syscall(SYS_getppid) > 0 ? 0 : 1;
}

TEST(the_lock_is_locked)
{
	int end = child(asks_the_kernel);

	if (end == NO_FILTER)
		CHECK_SKIP("no seccomp filters here");
	else
		CHECK_U64(end, 1000 + SIGSYS);
}

TEST(allocations_are_counted)
{
	unsigned long before = allocations;
	void *volatile at = malloc(1);

	free(at);
	CHECK_U64(allocations, before + 1);
}

#endif
