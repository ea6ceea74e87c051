/*
 * sandbox_test.c - what is left once lsad has given everything up: each step
 * in a child of its own, then the running daemon as the kernel sees it.
 * Covers lsad/sandbox.c, daemon.c.
 */
#include "lsad/sandbox.h"

#include "lsad_child.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define NOBODY	65534u

/* A child counts its failed checks into its exit status. */
static void
in_child(void (*body)(void))
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		atomic_store(&check_bad, 0u);
		body();
		fflush(stderr);
		_exit(atomic_load(&check_bad) ? 1 : 0);
	}
	CHECK_U64(lsad_wait(pid), 0);
}

static void
body_process(void)
{
	char why[SANDBOX_WHY];
	struct rlimit core = { 1, 1 }, files = { 0, 1 };

	CHECK(harden_process(why));
	CHECK(getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 && core.rlim_max == 0);
	CHECK(getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur == files.rlim_max);
	CHECK_U64(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
	CHECK_U64(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
	CHECK_U64(umask(077), 077);
}

TEST(the_process_is_hardened)
{
	in_child(body_process);
}

static void
body_user(void)
{
	char why[SANDBOX_WHY];

	CHECK(harden_user("nobody", NOBODY, NOBODY, why));
	CHECK(harden_capabilities(why));
	CHECK_U64(geteuid(), NOBODY);
	CHECK_U64(getegid(), NOBODY);
	CHECK(setresuid(0, 0, 0) != 0 && setresgid(0, 0, 0) != 0);
	CHECK_U64(proc_number(getpid(), "CapEff", 16), 0);
	CHECK_U64(proc_number(getpid(), "CapPrm", 16), 0);
	CHECK_U64(proc_number(getpid(), "CapBnd", 16), 0);
	CHECK(open("/etc/shadow", O_RDONLY | O_CLOEXEC) < 0);
}

static void
body_capabilities(void)
{
	char why[SANDBOX_WHY];

	CHECK(harden_capabilities(why));
	CHECK_U64(proc_number(getpid(), "CapEff", 16), 0);
	CHECK_U64(proc_number(getpid(), "CapInh", 16), 0);
}

TEST(a_user_is_become_for_good)
{
	in_child(body_capabilities);
	if (geteuid() != 0)
		CHECK_SKIP("only root can become somebody else");
	else
		in_child(body_user);
}

#ifndef OPENLSA_NO_SANDBOX

static char state[128], key[128], elsewhere[128];

static bool
opens(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void
body_files(void)
{
	const struct sandbox_places places = { .state = state, .socket_folder = room, .key_file = key };
	char why[SANDBOX_WHY], path[160], other[160];
	enum sandbox_end end;

	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	end = sandbox_files(&places, why);
	CHECK(end != SANDBOX_FAILED);
	if (end != SANDBOX_DONE)
		return;				/* a kernel without Landlock */
	(void)snprintf(path, sizeof path, "%s/file", state);
	(void)snprintf(other, sizeof other, "%s/other", state);
	CHECK(opens(path, O_CREAT | O_RDWR | O_TRUNC));
	CHECK(rename(path, other) == 0 && unlink(other) == 0);
	CHECK(mkdir(path, 0700) == 0 && rmdir(path) == 0);
	CHECK(opens(key, O_RDONLY));
	CHECK(!opens(key, O_WRONLY));
	CHECK(opens("/etc/passwd", O_RDONLY));
	CHECK(!opens("/etc/shadow", O_RDONLY));
	CHECK(!opens("/etc/hostname", O_RDONLY));
	CHECK(!opens("/proc/1/status", O_RDONLY));
	CHECK(!opens(elsewhere, O_RDONLY));
	CHECK(!opens("/tmp", O_RDONLY | O_DIRECTORY));
	(void)snprintf(path, sizeof path, "%s/made", room);
	CHECK(!opens(path, O_CREAT | O_WRONLY));
	CHECK(unlink(elsewhere) == 0);		/* in the socket's folder: that is how the socket goes */
}

TEST(files_elsewhere_are_out_of_reach)
{
	FILE *f;

	(void)snprintf(state, sizeof state, "%s/box", room);
	(void)snprintf(key, sizeof key, "%s/key", room);
	(void)snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", room);
	CHECK(mkdir(state, 0700) == 0);
	for (int i = 0; i < 2; i++) {
		f = fopen(i ? key : elsewhere, "w");
		CHECK(f && fclose(f) == 0);
	}
	in_child(body_files);
}

static void *
thread_body(void *arg)
{
	CHECK(execl("/bin/true", "true", (char *)NULL) == -1 && errno == EPERM);
	return arg;
}

/* Begun before the filter is loaded. */
static atomic_bool filtered;

static void *
older_body(void *arg)
{
	while (!atomic_load(&filtered))
		(void)usleep(1000);
	return thread_body(arg);
}

static void
body_calls(void)
{
	const struct sockaddr here = { .sa_family = AF_INET };
	char why[SANDBOX_WHY];
	pthread_t thread, older;
	void *p;
	int fd;

	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(pthread_create(&older, NULL, older_body, NULL) == 0);
	if (!CHECK(sandbox_calls(why) == SANDBOX_DONE))
		fprintf(stderr, "    %s\n", why);
	atomic_store(&filtered, true);
	CHECK(execl("/bin/true", "true", (char *)NULL) == -1 && errno == EPERM);
	CHECK(fork() == -1 && errno == EPERM);
	CHECK(syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0) == -1 && errno == EPERM);
	fd = socket(AF_INET, SOCK_STREAM, 0);		/* to a KDC, but nobody comes in here */
	CHECK(fd >= 0 && bind(fd, &here, sizeof here) == -1 && errno == EPERM);
	CHECK(listen(fd, 1) == -1 && errno == EPERM);
	(void)close(fd);
	CHECK(socket(AF_NETLINK, SOCK_RAW, 0) == -1 && errno == EPERM);
	CHECK(syscall(SYS_unshare, 0) == -1 && errno == EPERM);
	CHECK(syscall(SYS_kill, getpid(), 0) == -1 && errno == EPERM);
	CHECK(setresuid((uid_t)-1, (uid_t)-1, (uid_t)-1) == -1 && errno == EPERM);
	CHECK(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == -1 && errno == EPERM);
	p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(p == MAP_FAILED && errno == EPERM);
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(p != MAP_FAILED && mprotect(p, 4096, PROT_READ | PROT_EXEC) == -1 && errno == EPERM);
	/* What serving needs. */
	CHECK(mprotect(p, 4096, PROT_READ) == 0 && munmap(p, 4096) == 0);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(fd >= 0 && close(fd) == 0);
	CHECK(pthread_create(&thread, NULL, thread_body, NULL) == 0 && pthread_join(thread, NULL) == 0);
	CHECK(pthread_join(older, NULL) == 0);
	CHECK_U64(proc_number(getpid(), "Seccomp", 10), 2);
}

TEST(calls_that_nobody_needs_are_refused)
{
	in_child(body_calls);
}

#endif

/* --- the daemon itself -------------------------------------------------------------- */

/* /proc/PID of one that cannot be dumped belongs to root, whoever runs it. */
static uint32_t
proc_owner(pid_t pid)
{
	char path[64];
	struct stat s;

	(void)snprintf(path, sizeof path, "/proc/%d/environ", (int)pid);
	return stat(path, &s) == 0 ? s.st_uid : UINT32_MAX;
}

static void
daemon_look(pid_t lsad)
{
	int fd = dial_in();

	CHECK(alive(fd));
	CHECK_U64(proc_number(lsad, "NoNewPrivs", 10), 1);
	CHECK_U64(proc_owner(lsad), 0);
#ifndef OPENLSA_NO_SANDBOX
	CHECK_U64(proc_number(lsad, "Seccomp", 10), 2);
#endif
	close(fd);
}

TEST(the_daemon_gave_all_that_up)
{
	pid_t lsad = lsad_up("");

	daemon_look(lsad);
	lsad_down(lsad);
}

TEST(the_daemon_runs_without_when_told)
{
	pid_t lsad = lsad_up("sandbox = off\n");
	int fd = dial_in();

	CHECK(alive(fd));
	CHECK_U64(proc_number(lsad, "NoNewPrivs", 10), 1);
	CHECK_U64(proc_number(lsad, "Seccomp", 10), 0);
	close(fd);
	lsad_down(lsad);
}

TEST(the_daemon_becomes_its_user)
{
	pid_t lsad;

	if (geteuid() != 0) {
		CHECK_SKIP("only root can become somebody else");
		return;
	}
	(void)snprintf(at, sizeof at, "%s/run/sock", room);	/* a folder that it makes for its user */
	lsad = lsad_up_as("", "nobody", NULL);
	daemon_look(lsad);
	CHECK_U64(proc_number(lsad, "Uid", 10), NOBODY);
	CHECK_U64(proc_number(lsad, "Gid", 10), NOBODY);
	CHECK_U64(proc_number(lsad, "CapEff", 16), 0);
	CHECK_U64(proc_number(lsad, "CapPrm", 16), 0);
	CHECK_U64(proc_number(lsad, "CapBnd", 16), 0);
	lsad_down(lsad);
	CHECK(access(at, F_OK) != 0);
}

int
main(void)
{
	room_make();
	RUN(the_process_is_hardened);
	RUN(a_user_is_become_for_good);
#ifndef OPENLSA_NO_SANDBOX
	RUN(files_elsewhere_are_out_of_reach);
	RUN(calls_that_nobody_needs_are_refused);
#endif
	RUN(the_daemon_gave_all_that_up);
	RUN(the_daemon_runs_without_when_told);
	RUN(the_daemon_becomes_its_user);
	room_remove();
	return check_end();
}
