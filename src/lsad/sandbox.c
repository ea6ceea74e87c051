/*
 * sandbox.c - limits, ids, capabilities, Landlock, seccomp (rows D8, E3, E6
 * and E8 of the bug list). Landlock and capabilities are spoken by raw system
 * call, since libc has no words for them. Built with OPENLSA_NO_SANDBOX, for
 * the sanitizers, the last two steps are left out and say so.
 */
#include "lsad/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef OPENLSA_NO_SANDBOX
#include <seccomp.h>
#endif

static bool
because_of(char why[SANDBOX_WHY], const char *what, int error)
{
	(void)snprintf(why, SANDBOX_WHY, "%.200s%s%.80s.", what, error ? ": " : "", error ? strerror(error) : "");
	return false;
}

/* --- the process ----------------------------------------------------------- */

static void
limits_raise(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_MEMLOCK, &limit);
	}
}

bool
harden_process(char why[SANDBOX_WHY])
{
	const struct rlimit none = { 0, 0 };

	(void)umask(077);
	limits_raise();
	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return because_of(why, "core dumps cannot be forbidden", errno);
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
		return because_of(why, "tracing cannot be forbidden", errno);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return because_of(why, "new privileges cannot be forbidden", errno);
	return true;
}

/* Needs a capability itself, so whoever has none has nothing to give up here. */
static void
bounding_drop(void)
{
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
}

bool
harden_user(const char *name, uint32_t uid, uint32_t gid, char why[SANDBOX_WHY])
{
	uid_t r, e, s;
	gid_t rg, eg, sg;

	if (uid != 0)
		bounding_drop();
	if (initgroups(name, gid) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
		return because_of(why, "lsad cannot become another user", errno);
	if (getresuid(&r, &e, &s) != 0 || getresgid(&rg, &eg, &sg) != 0 || r != uid || e != uid || s != uid ||
	    rg != gid || eg != gid || sg != gid)
		return because_of(why, "lsad did not become that user", 0);
	if (uid != 0 && (setresuid(0, 0, 0) == 0 || (gid != 0 && setresgid(0, 0, 0) == 0)))
		return because_of(why, "lsad could become root again", 0);
	return true;
}

bool
harden_capabilities(char why[SANDBOX_WHY])
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { { 0 } }, now[2] = { { 0 } };

	bounding_drop();
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capset, &head, none) != 0 || syscall(SYS_capget, &head, now) != 0)
		return because_of(why, "capabilities cannot be dropped", errno);
	for (int i = 0; i < 2; i++)
		if (now[i].effective || now[i].permitted || now[i].inheritable)
			return because_of(why, "capabilities were not dropped", 0);
	return true;
}

#ifdef OPENLSA_NO_SANDBOX

enum sandbox_end
sandbox_files(const struct sandbox_places *places, char why[SANDBOX_WHY])
{
	(void)places;
	(void)because_of(why, "this lsad is built without Landlock", 0);
	return SANDBOX_UNKNOWN;
}

enum sandbox_end
sandbox_calls(char why[SANDBOX_WHY])
{
	(void)because_of(why, "this lsad is built without seccomp", 0);
	return SANDBOX_UNKNOWN;
}

#else

/* --- Landlock ------------------------------------------------------------------ */

/* Older headers know fewer of these than newer kernels do. */
#define FILES_READ	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FILES_MAKE	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR)
#define FILES_REMOVE	(LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR)
#define FILES_TRUNCATE	(1ull << 14)		/* from version 3 */
#define FILES_NO_FOLDER	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | FILES_TRUNCATE)

/* As the kernel reads it; a shorter one is fine for an older kernel. */
struct ruleset {
	uint64_t files;			/* version 1: 13 rights, 2: 14, 3: 15, 5: 16 */
	uint64_t net;			/* version 4: bind and connect TCP */
	uint64_t scoped;		/* version 6: 2 is signals to processes outside */
};

static struct ruleset
ruleset_of(long version)
{
	struct ruleset r = { .files = (1ull << 13) - 1 };

	if (version >= 2)
		r.files |= 1ull << 13;
	if (version >= 3)
		r.files |= FILES_TRUNCATE;
	if (version >= 4)
		r.net = 1;		/* nothing listens; KDCs are connected to */
	if (version >= 5)
		r.files |= 1ull << 15;
	if (version >= 6)
		r.scoped = 2;
	return r;
}

/* What is not there needs no rule. */
static bool
place_allow(int rules, const char *path, uint64_t rights)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = rights };
	struct stat s;
	bool good;
	int fd;

	if (!path)
		return true;
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES;
	if (fstat(fd, &s) == 0 && !S_ISDIR(s.st_mode))
		rule.allowed_access &= FILES_NO_FOLDER;
	rule.parent_fd = fd;
	good = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
	close(fd);
	return good;
}

/* "FILE:/a:/b", "/a": files and folders between colons, perhaps behind a kind. */
static bool
list_allow(int rules, const char *list)
{
	char path[4096];
	bool good = true;
	size_t len;

	for (; good && list && *list; list += len + (list[len] != 0)) {
		len = strcspn(list, ":");
		if (*list != '/' || len >= sizeof path)
			continue;
		(void)snprintf(path, sizeof path, "%.*s", (int)len, list);
		good = place_allow(rules, path, FILES_READ);
	}
	return good;
}

/* What Kerberos' libraries are told by. */
static bool
kerberos_allow(int rules, const char *keytab)
{
	static const char *const names[] = { "KRB5_CONFIG", "KRB5_KTNAME", "KRB5_CLIENT_KTNAME" };
	bool good = list_allow(rules, keytab);

	for (size_t i = 0; good && i < sizeof names / sizeof *names; i++)
		good = list_allow(rules, getenv(names[i]));
	return good;
}

enum sandbox_end
sandbox_files(const struct sandbox_places *places, char why[SANDBOX_WHY])
{
	/* Libraries loaded late, name service, Kerberos, time zones, OpenSSL, the limits glibc looks up. */
	static const char *const readable[] = {
		"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache",
		"/etc/passwd", "/etc/group", "/etc/nsswitch.conf",
		"/etc/krb5.conf", "/etc/krb5.conf.d", "/etc/krb5", "/etc/krb5.keytab", "/var/lib/sss/pubconf",
		"/etc/resolv.conf", "/run/systemd/resolve", "/etc/hosts", "/etc/host.conf", "/etc/gai.conf", "/etc/services",
		"/etc/localtime", "/usr/share/zoneinfo", "/etc/ssl", "/etc/pki/tls", "/usr/lib/ssl",
		"/proc/self", "/proc/sys/crypto", "/proc/sys/kernel", "/proc/sys/vm", "/proc/stat", "/sys/devices/system/cpu",
		"/dev/null", "/dev/urandom",
	};
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset handled = ruleset_of(version);
	enum sandbox_end end = SANDBOX_FAILED;
	uint64_t all = handled.files;
	size_t size = version >= 6 ? sizeof handled : version >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
	bool good;
	int rules;

	if (version < 0 && (errno == ENOSYS || errno == EOPNOTSUPP)) {
		(void)because_of(why, "this kernel has no Landlock, so files are guarded by their modes alone", 0);
		return SANDBOX_UNKNOWN;
	}
	rules = version < 1 ? -1 : (int)syscall(SYS_landlock_create_ruleset, &handled, size, 0);
	if (rules < 0) {
		(void)because_of(why, "Landlock cannot be set up (sandbox = off does without)", errno);
		return SANDBOX_FAILED;
	}
	good = place_allow(rules, places->state, (FILES_READ | FILES_MAKE | FILES_REMOVE | FILES_TRUNCATE) & all) &&
	    place_allow(rules, places->socket_folder, LANDLOCK_ACCESS_FS_REMOVE_FILE) &&
	    place_allow(rules, places->audit_folder, (FILES_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |
		LANDLOCK_ACCESS_FS_REMOVE_FILE | FILES_TRUNCATE) & all) &&
	    place_allow(rules, places->key_file, LANDLOCK_ACCESS_FS_READ_FILE) &&
	    place_allow(rules, getenv("CREDENTIALS_DIRECTORY"), FILES_READ) && kerberos_allow(rules, places->keytab) &&
	    place_allow(rules, places->keytab_folder, FILES_READ);
	for (size_t i = 0; good && i < sizeof readable / sizeof *readable; i++)
		good = place_allow(rules, readable[i], FILES_READ);
	if (good && syscall(SYS_landlock_restrict_self, rules, 0) == 0)
		end = SANDBOX_DONE;
	else
		(void)because_of(why, "Landlock cannot be set up (sandbox = off does without)", errno);
	close(rules);
	return end;
}

/* --- seccomp --------------------------------------------------------------------- */

/*
 * What libc, SQLite, OpenSSL and the house need once everything is loaded.
 * Both spellings where architectures differ; a name that one of them lacks
 * is passed over.
 */
static const char *const allowed[] = {
	"read", "write", "readv", "writev", "pread64", "pwrite64", "lseek", "_llseek",
	"open", "openat", "close", "fstat", "fstat64", "stat", "stat64", "lstat", "lstat64", "newfstatat", "fstatat64",
	"statx", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "getdents64", "getcwd", "umask",
	"fcntl", "fcntl64", "flock", "fsync", "fdatasync", "ftruncate", "ftruncate64", "fallocate", "msync",
	"unlink", "unlinkat", "rename", "renameat", "renameat2", "mkdir", "mkdirat", "rmdir", "fchmod", "fchown", "fchown32",
	"statfs", "fstatfs", "statfs64", "fstatfs64",
	"munmap", "mremap", "madvise", "brk", "mlock", "mlock2", "munlock", "mincore", "memfd_secret",
	"futex", "futex_time64", "sched_yield", "sched_getaffinity", "membarrier", "rseq", "set_robust_list",
	"getrandom", "clock_gettime", "clock_gettime64", "clock_getres", "clock_getres_time64", "clock_nanosleep",
	"clock_nanosleep_time64", "nanosleep", "gettimeofday", "time", "sysinfo", "uname", "getrusage", "times",
	"getpid", "gettid", "getppid", "getuid", "getuid32", "geteuid", "geteuid32", "getgid", "getgid32", "getegid",
	"getegid32", "getresuid", "getresgid",
	"connect", "sendto", "recvfrom", "sendmsg", "sendmmsg", "recvmsg", "send", "recv", "getsockopt", "setsockopt", "getsockname",
	"getpeername", "shutdown", "accept4", "poll", "ppoll", "ppoll_time64", "epoll_create1", "epoll_ctl",
	"epoll_wait", "epoll_pwait", "epoll_pwait2", "eventfd2", "timerfd_create", "timerfd_settime", "timerfd_settime64",
	"signalfd4", "dup", "dup2", "dup3", "pipe2", "pidfd_open",
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigreturn", "rt_sigtimedwait", "sigaltstack",
	"restart_syscall", "exit", "exit_group",
};

/* A call with a condition on one argument: (argument & mask) == value. */
struct guarded {
	const char *name;
	unsigned argument;
	uint64_t mask, value;
};

#define NEW_SPACES (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

static const struct guarded guarded[] = {
	{ "socket",     0, UINT32_MAX, AF_UNIX },
	{ "socket",     0, UINT32_MAX, AF_INET },		/* KDCs and name servers */
	{ "socket",     0, UINT32_MAX, AF_INET6 },
	{ "ioctl",      1, UINT32_MAX, 0x541b },		/* FIONREAD: the resolver's */
	{ "socketpair", 0, UINT32_MAX, AF_UNIX },
	/* Nothing becomes executable, so nothing can be loaded. */
	{ "mmap",       2, PROT_EXEC, 0 },
	{ "mmap2",      2, PROT_EXEC, 0 },
	{ "mprotect",   2, PROT_EXEC, 0 },
	/* Threads, not processes: clone3 answers ENOSYS, and libc comes back with this one. */
	{ "clone",      0, NEW_SPACES | CLONE_THREAD, CLONE_THREAD },
	{ "prctl",      0, UINT32_MAX, PR_SET_NAME },
	{ "prctl",      0, UINT32_MAX, PR_GET_NAME },
	{ "prctl",      0, UINT32_MAX, PR_GET_DUMPABLE },
	{ "prctl",      0, UINT32_MAX, 0x53564d41 },		/* PR_SET_VMA: names for memory */
	{ "prlimit64",  2, UINT64_MAX, 0 },			/* to read a limit */
	/* abort() may end this process, and nobody else. */
	{ "tgkill",     2, UINT32_MAX, 6 },
};

static int
call_allow(scmp_filter_ctx filter, const struct guarded *g)
{
	int call = seccomp_syscall_resolve_name(g->name), rc;

	if (call == __NR_SCMP_ERROR)
		return 0;
	if (g->mask)
		rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
		    SCMP_CMP(g->argument, SCMP_CMP_MASKED_EQ, g->mask, g->value));
	else
		rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
	return rc == -EDOM ? 0 : rc;		/* not on this architecture */
}

enum sandbox_end
sandbox_calls(char why[SANDBOX_WHY])
{
	scmp_filter_ctx filter;
	int rc, call;

	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0 && errno == EINVAL) {
		(void)because_of(why, "this kernel has no seccomp, so every system call stays open", 0);
		return SANDBOX_UNKNOWN;
	}
	filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	rc = filter ? seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) : -ENOMEM;
	for (size_t i = 0; rc == 0 && i < sizeof allowed / sizeof *allowed; i++)
		rc = call_allow(filter, &(struct guarded){ .name = allowed[i] });
	for (size_t i = 0; rc == 0 && i < sizeof guarded / sizeof *guarded; i++)
		rc = call_allow(filter, &guarded[i]);
	call = seccomp_syscall_resolve_name("clone3");
	if (rc == 0 && call != __NR_SCMP_ERROR)
		rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), call, 0);
	if (rc == 0)
		rc = seccomp_load(filter);
	if (filter)
		seccomp_release(filter);
	if (rc == 0)
		return SANDBOX_DONE;
	(void)because_of(why, "seccomp cannot be set up (sandbox = off does without)", -rc);
	return SANDBOX_FAILED;
}

#endif
