/*
 * reach_test.c - what can still be reached after the start of lsad: a child
 * takes every step of lsad's sandbox, in lsad's order, and then tries what it
 * must not; and the running daemon as /proc shows it, thread by thread.
 * Covers lsad/sandbox.c, lsad/daemon.c.
 */
#include "lsad/sandbox.h"

#include "lsad_child.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define NOBODY	65534u

#ifndef OPENLSA_NO_SANDBOX

static char state[128], beside[128];
static pid_t parent;

/* --- what must not work: each is true when it did ------------------------------- */

static bool
opens(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool
kernel(long number, long a, long b, long c, long d)
{
	return syscall(number, a, b, c, d, 0, 0) != -1;
}

static bool
socket_of(int family, int type, int protocol)
{
	int fd = socket(family, type, protocol);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool try_shadow(void) { return opens("/etc/shadow", O_RDONLY); }
static bool try_root_key(void) { return opens("/root/.profile", O_RDONLY) || opens("/root", O_RDONLY | O_DIRECTORY); }
static bool try_tmp(void) { return opens("/tmp/openlsa-reach-test", O_CREAT | O_WRONLY); }
static bool try_beside(void) { return opens(beside, O_RDONLY) || opens(beside, O_WRONLY); }
static bool try_etc(void) { return opens("/etc/openlsa-reach-test", O_CREAT | O_WRONLY); }
static bool try_proc_one(void) { return opens("/proc/1/environ", O_RDONLY) || opens("/proc/1/status", O_RDONLY); }
static bool try_sysrq(void) { return opens("/proc/sysrq-trigger", O_WRONLY) || opens("/proc/sys/kernel/core_pattern", O_WRONLY); }
static bool try_disk(void) { return opens("/dev/sda", O_RDONLY) || opens("/dev/vda", O_RDONLY) || opens("/dev/mem", O_RDONLY); }
static bool try_own_memory(void) { return opens("/proc/self/mem", O_RDWR); }
static bool try_dots(void) { char p[180]; (void)snprintf(p, sizeof p, "%s/../beside", state); return opens(p, O_RDONLY); }
static bool try_link(void) { char p[180]; (void)snprintf(p, sizeof p, "%s/out", state); return opens(p, O_RDONLY); }
static bool try_exec(void) { return execl("/bin/true", "true", (char *)NULL) != -1; }
static bool try_execat(void) { return kernel(SYS_execveat, AT_FDCWD, (long)"/bin/true", 0, 0); }
static bool try_vfork(void) { return kernel(SYS_fork, 0, 0, 0, 0) || kernel(SYS_vfork, 0, 0, 0, 0); }
static bool try_clone3(void) { return kernel(SYS_clone3, 0, 0, 0, 0); }
static bool try_trace(void) { return kernel(SYS_ptrace, PTRACE_SEIZE, parent, 0, 0) || kernel(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0); }
static bool try_write_memory(void) { struct iovec v = { state, 1 }; return kernel(SYS_process_vm_readv, parent, (long)&v, 1, (long)&v) || kernel(SYS_process_vm_writev, parent, (long)&v, 1, (long)&v); }
static bool try_signal(void) { return kernel(SYS_kill, parent, 0, 0, 0) || kernel(SYS_tgkill, parent, parent, 0, 0) || kernel(SYS_tkill, parent, 0, 0, 0); }
static bool try_steal(void) { int fd = (int)syscall(SYS_pidfd_open, parent, 0); return fd >= 0 && kernel(SYS_pidfd_getfd, fd, 0, 0, 0); }
static bool try_pidfd_signal(void) { int fd = (int)syscall(SYS_pidfd_open, parent, 0); return fd >= 0 && kernel(SYS_pidfd_send_signal, fd, 0, 0, 0); }
static bool try_netlink(void) { return socket_of(AF_NETLINK, SOCK_RAW, 0); }
static bool try_packet(void) { return socket_of(AF_PACKET, SOCK_RAW, 0) || socket_of(AF_VSOCK, SOCK_STREAM, 0) || socket_of(AF_ALG, SOCK_SEQPACKET, 0) || socket_of(AF_KEY, SOCK_RAW, 2); }
static bool try_raw(void) { return socket_of(AF_INET, SOCK_RAW, 1); }
static bool try_listen(void) { struct sockaddr a = { .sa_family = AF_INET }; int fd = socket(AF_INET, SOCK_STREAM, 0); return bind(fd, &a, sizeof a) == 0 || listen(fd, 1) == 0; }
static bool try_mount(void) { return kernel(SYS_mount, (long)"none", (long)state, (long)"tmpfs", 0) || kernel(SYS_umount2, (long)"/", MNT_DETACH, 0, 0); }
static bool try_root(void) { return kernel(SYS_chroot, (long)state, 0, 0, 0) || kernel(SYS_pivot_root, (long)state, (long)state, 0, 0); }
static bool try_spaces(void) { return kernel(SYS_unshare, CLONE_NEWUSER, 0, 0, 0) || kernel(SYS_setns, 0, 0, 0, 0) || kernel(SYS_clone, CLONE_NEWUSER | 17, 0, 0, 0); }
static bool try_uid(void) { return kernel(SYS_setuid, 0, 0, 0, 0) || kernel(SYS_setresuid, 0, 0, 0, 0) || kernel(SYS_setgroups, 0, 0, 0, 0); }
static bool try_capset(void) { return kernel(SYS_capset, 0, 0, 0, 0); }
static bool try_module(void) { return kernel(SYS_init_module, 0, 0, 0, 0) || kernel(SYS_finit_module, 0, 0, 0, 0) || kernel(SYS_kexec_load, 0, 0, 0, 0); }
static bool try_bpf(void) { return kernel(SYS_bpf, 0, 0, 0, 0) || kernel(SYS_perf_event_open, 0, 0, 0, 0) || kernel(SYS_userfaultfd, 0, 0, 0, 0); }
static bool try_ring(void) { return kernel(SYS_io_uring_setup, 8, 0, 0, 0) || kernel(SYS_io_setup, 8, 0, 0, 0); }
static bool try_keys(void) { return kernel(SYS_keyctl, 0, -3, 0, 0) || kernel(SYS_add_key, 0, 0, 0, 0) || kernel(SYS_request_key, 0, 0, 0, 0); }
static bool try_device(void) { char p[180]; (void)snprintf(p, sizeof p, "%s/dev", state); return mknod(p, S_IFCHR | 0600, 0) == 0; }
static bool try_mode(void) { return kernel(SYS_chmod, (long)state, 07777, 0, 0) || kernel(SYS_chown, (long)state, 0, 0, 0) || kernel(SYS_setxattr, (long)state, (long)"user.x", 0, 0); }
static bool try_dumpable(void) { return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0; }
static bool try_limit(void) { struct rlimit l = { 1, 1 }; return setrlimit(RLIMIT_CORE, &l) == 0; }
static bool try_code(void) { return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED; }
static bool try_memfd(void) { return kernel(SYS_memfd_create, (long)"x", 0, 0, 0); }
static bool try_clock(void) { return kernel(SYS_settimeofday, 0, 0, 0, 0) || kernel(SYS_clock_settime, 0, 0, 0, 0) || kernel(SYS_adjtimex, 0, 0, 0, 0); }
static bool try_host(void) { return kernel(SYS_sethostname, (long)"x", 1, 0, 0) || kernel(SYS_reboot, 0, 0, 0, 0) || kernel(SYS_swapon, 0, 0, 0, 0); }
static bool try_watch(void) { return kernel(SYS_inotify_init1, 0, 0, 0, 0) || kernel(SYS_fanotify_init, 0, 0, 0, 0); }
static bool try_filter(void) { return kernel(SYS_seccomp, 0, 0, 0, 0) || prctl(PR_SET_SECCOMP, 1, 0, 0, 0) == 0; }
static bool try_terminal(void) { return kernel(SYS_ioctl, 0, 0x5412, (long)"x", 0); }	/* TIOCSTI */

#define TRY(name) { #name, try_##name }
static const struct { const char *name; bool (*worked)(void); } tries[] = {
	TRY(shadow), TRY(root_key), TRY(tmp), TRY(beside), TRY(etc), TRY(proc_one), TRY(sysrq), TRY(disk), TRY(own_memory), TRY(dots), TRY(link),
	TRY(exec), TRY(execat), TRY(vfork), TRY(clone3), TRY(trace), TRY(write_memory), TRY(signal), TRY(steal), TRY(pidfd_signal),
	TRY(netlink), TRY(packet), TRY(raw), TRY(listen), TRY(mount), TRY(root), TRY(spaces), TRY(uid), TRY(capset), TRY(module), TRY(bpf), TRY(ring),
	TRY(keys), TRY(device), TRY(mode), TRY(dumpable), TRY(limit), TRY(code), TRY(memfd), TRY(clock), TRY(host), TRY(watch), TRY(filter),
	TRY(terminal),
};

/* As daemon_open does it. */
static void
shut_in(void)
{
	const struct sandbox_places places = { .state = state, .socket_folder = room };
	char why[SANDBOX_WHY];

	CHECK(harden_process(why));
	if (geteuid() == 0)
		CHECK(chown(state, NOBODY, NOBODY) == 0 && harden_user("nobody", NOBODY, NOBODY, why));
	CHECK(harden_capabilities(why) && harden_process(why));
	CHECK(sandbox_files(&places, why) != SANDBOX_FAILED);
	CHECK(sandbox_calls(why) == SANDBOX_DONE);
}

TEST(nothing_forbidden_works)
{
	char out_link[180];
	int status = -1;
	pid_t pid;
	int fd;

	parent = getpid();
	(void)snprintf(state, sizeof state, "%s/box", room);
	(void)snprintf(beside, sizeof beside, "%s/beside", room);
	(void)snprintf(out_link, sizeof out_link, "%s/out", state);
	CHECK(mkdir(state, 0700) == 0 && symlink("../beside", out_link) == 0);
	fd = open(beside, O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
	CHECK(fd >= 0 && fchmod(fd, 0666) == 0);
	close(fd);
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 1) {
		CHECK_SKIP("this kernel has no Landlock");
		return;
	}
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		char path[180];

		atomic_store(&check_bad, 0u);
		shut_in();
		for (size_t i = 0; i < sizeof tries / sizeof *tries; i++)
			if (!CHECK(!tries[i].worked()))
				fprintf(stderr, "    it worked: %s\n", tries[i].name);
		/* What it lives on. */
		(void)snprintf(path, sizeof path, "%s/own", state);
		CHECK(opens(path, O_CREAT | O_RDWR) && opens("/etc/passwd", O_RDONLY) && socket_of(AF_UNIX, SOCK_STREAM, 0));
		fflush(stderr);
		_exit(atomic_load(&check_bad) ? 1 : 0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	printf("%zu ways out tried, none open\n", sizeof tries / sizeof *tries);
}

#endif

/* --- the daemon ------------------------------------------------------------------------ */

static bool
text_has(const char *path, const char *text)
{
	char line[512];
	bool has = false;
	FILE *f = fopen(path, "r");

	while (f && !has && fgets(line, sizeof line, f))
		has = strstr(line, text) != NULL;
	if (f)
		fclose(f);
	return has;
}

static void
thread_look(pid_t tid, bool as_user)
{
	CHECK_U64(proc_number(tid, "NoNewPrivs", 10), 1);
#ifndef OPENLSA_NO_SANDBOX
	CHECK_U64(proc_number(tid, "Seccomp", 10), 2);
#endif
	if (!as_user)
		return;
	CHECK_U64(proc_number(tid, "Uid", 10), NOBODY);
	CHECK_U64(proc_number(tid, "CapInh", 16), 0);
	CHECK_U64(proc_number(tid, "CapPrm", 16), 0);
	CHECK_U64(proc_number(tid, "CapEff", 16), 0);
	CHECK_U64(proc_number(tid, "CapBnd", 16), 0);
	CHECK_U64(proc_number(tid, "CapAmb", 16), 0);
}

static void
core_look(pid_t pid)
{
	char path[64], line[256];
	bool none = false;
	FILE *f;

	(void)snprintf(path, sizeof path, "/proc/%d/limits", (int)pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f)) {
		char soft[32], hard[32];

		if (sscanf(line, "Max core file size %31s %31s", soft, hard) == 2)
			none = strcmp(soft, "0") == 0 && strcmp(hard, "0") == 0;
	}
	if (f)
		fclose(f);
	CHECK(none);
}

/* Nothing is writable and executable; what is secret lies where the kernel itself does not map it, if it can. */
static void
memory_look(pid_t pid)
{
	int probe = (int)syscall(SYS_memfd_secret, 0);
	char path[64], line[512];
	FILE *f;

	(void)snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
	f = fopen(path, "r");
	if (!f)
		return;					/* not root: it cannot be looked at, as it should be */
	while (fgets(line, sizeof line, f))
		CHECK(!strstr(line, " rwx") && !strstr(line, " -wx"));
	fclose(f);
	if (probe >= 0) {
		CHECK(text_has(path, "secretmem"));
		close(probe);
	}
}

TEST(each_thread_of_the_daemon)
{
	bool as_user = geteuid() == 0;
	unsigned threads = 0;
	struct dirent *e;
	char path[64];
	pid_t pid;
	DIR *d;
	int fd;

	(void)snprintf(at, sizeof at, "%s/run/sock", room);
	pid = lsad_up_as("workers = 3\n", as_user ? "nobody" : NULL, NULL);
	if (!CHECK(pid > 0))
		return;
	fd = dial_in();
	CHECK(alive(fd));
	(void)snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
	d = opendir(path);
	while (d && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.') {
			thread_look((pid_t)atoi(e->d_name), as_user);
			threads++;
		}
	if (d)
		closedir(d);
	CHECK(threads >= 4);
	core_look(pid);
	memory_look(pid);
	CHECK(alive(fd));
	close(fd);
	lsad_down(pid);
}

int
main(void)
{
	room_make();
#ifndef OPENLSA_NO_SANDBOX
	RUN(nothing_forbidden_works);
#endif
	RUN(each_thread_of_the_daemon);
	room_remove();
	return check_end();
}
