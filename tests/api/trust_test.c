/*
 * trust_test.c - whom the library believes: who serves a socket, and what an
 * environment may say. Far by nature; servers here are children of the test.
 * What is about other users needs root, and is skipped without.
 *
 * As "trust connect|mode|tickets" the program is its own victim: it says what it
 * found on standard output, perhaps with privileges that its caller lacks. Covers
 * secur32/root.c, secur32/surroundings.c, secur32/link_far.c, and pkg/kerberos/kerb_gather.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>

#include <ntsecapi.h>
#include <openlsa.h>
#include <sspi.h>

#include "pkg/kerberos/kerb_gather.h"
#include "tests/check.h"

#define STRANGER	65533u

static char folder[] = "/tmp/openlsa-trust-XXXXXX", sock[100], state[100], victim[100];

/* --- the victim ------------------------------------------------------------------ */

static int
say_mode(void)
{
	printf("secure=%lu mode=%u\n", getauxval(AT_SECURE) ? 1ul : 0ul, (unsigned)OlsaMode());
	return 0;
}

static int
say_connect(void)
{
	CredHandle cred;
	char ntlm[] = "NTLM";
	SECURITY_STATUS status = AcquireCredentialsHandleA(NULL, ntlm, SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL, &cred, NULL);
	LPSTR why = NULL;

	OlsaExplain(status, NULL, &why);
	printf("secure=%lu mode=%u status=%08x %s", getauxval(AT_SECURE) ? 1ul : 0ul, (unsigned)OlsaMode(), (unsigned)status,
	    why ? why : "\n");
	FreeContextBuffer(why);
	return 0;
}

/* What brings Kerberos tickets to the LSA reads libkrb5's variables. */
static int
say_tickets(void)
{
	struct secret *tickets = NULL;

	(void)kerb_gather(&tickets, true);
	secret_drop(&tickets);
	printf("secure=%lu\n", getauxval(AT_SECURE) ? 1ul : 0ul);
	return 0;
}

/* --- servers that are none --------------------------------------------------------- */

struct server { pid_t pid; int tells; };

/* Serves `sock` as uid; tells through a pipe how many bytes came before the other side hung up. */
static struct server
serve_as(uid_t uid)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct server s = { -1, -1 };
	int ends[2], ready[2];
	char byte;

	memcpy(at.sun_path, sock, strlen(sock));
	unlink(sock);
	if (!CHECK(pipe(ends) == 0 && pipe(ready) == 0))
		return s;
	s.pid = fork();
	if (s.pid == 0) {
		struct pollfd p;
		char bytes[512];
		ssize_t n, all = 0;
		int fd, one;

		alarm(30);
		/* Who serves is who called listen(). */
		if (setresuid(uid, uid, uid) != 0)
			_exit(1);
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
		if (bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 4) != 0 || chmod(sock, 0777) != 0)
			_exit(2);
		if (write(ready[1], "r", 1) != 1)
			_exit(3);
		one = accept(fd, NULL, NULL);
		p = (struct pollfd){ .fd = one, .events = POLLIN };
		while (poll(&p, 1, 1000) > 0 && (n = read(one, bytes, sizeof bytes)) > 0)
			all += n;
		if (write(ends[1], &all, sizeof all) != sizeof all)
			_exit(4);
		_exit(0);
	}
	close(ends[1]);
	close(ready[1]);
	CHECK(read(ready[0], &byte, 1) == 1);
	close(ready[0]);
	s.tells = ends[0];
	return s;
}

/* The bytes that the client gave away; -1: nobody came. */
static ssize_t
served(struct server *s, bool somebody)
{
	ssize_t all = -1;

	if (somebody && read(s->tells, &all, sizeof all) != sizeof all)
		all = -1;
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	close(s->tells);
	unlink(sock);
	return all;
}

/* Runs a program with an environment of its own, as uid; its output. */
static void
run(char *to, size_t room, const char *program, const char *what, uid_t uid, const char *mode)
{
	int ends[2], status = 0;
	size_t len = 0;
	ssize_t n;
	pid_t child;

	*to = 0;
	if (!CHECK(pipe(ends) == 0))
		return;
	child = fork();
	if (child == 0) {
		char env_mode[60], env_socket[160], env_state[160], env_trace[160], env_cache[160], env_conf[160], env_krb[160];
		char *env[] = { env_socket, env_state, env_trace, env_cache, env_conf, env_krb, mode ? env_mode : NULL, NULL };
		char *argv[] = { (char *)(uintptr_t)program, (char *)(uintptr_t)what, NULL };

		snprintf(env_mode, sizeof env_mode, "OPENLSA_MODE=%s", mode ? mode : "");
		snprintf(env_socket, sizeof env_socket, "OPENLSA_SOCKET=%s", sock);
		snprintf(env_state, sizeof env_state, "OPENLSA_STATE=%s", state);
		snprintf(env_trace, sizeof env_trace, "OPENLSA_TRACE=%s/trace", folder);
		snprintf(env_cache, sizeof env_cache, "KRB5CCNAME=FILE:%s/cache", folder);
		snprintf(env_conf, sizeof env_conf, "KRB5_CONFIG=%s/krb5.conf", folder);
		snprintf(env_krb, sizeof env_krb, "KRB5_TRACE=%s/krb-trace", folder);
		if (dup2(ends[1], 1) < 0 || setresgid(uid, uid, uid) != 0 || setresuid(uid, uid, uid) != 0)
			_exit(126);
		execve(program, argv, env);
		_exit(127);
	}
	close(ends[1]);
	while (len + 1 < room && (n = read(ends[0], to + len, room - 1 - len)) > 0)
		len += (size_t)n;
	to[len] = 0;
	close(ends[0]);
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* A copy of this program that a stranger may run, as it is or with more rights than the stranger has. */
static bool
copy_self(mode_t mode)
{
	char bytes[65536];
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), to;
	ssize_t n = -1;

	unlink(victim);
	to = open(victim, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	while (from >= 0 && to >= 0 && (n = read(from, bytes, sizeof bytes)) > 0)
		if (write(to, bytes, (size_t)n) != n)
			break;
	close(from);
	if (to >= 0 && fchmod(to, mode) != 0)
		n = -1;
	close(to);
	return n == 0;
}

static bool
need_root(void)
{
	if (geteuid() == 0)
		return true;
	CHECK_SKIP("needs root");
	return false;
}

/* --- who serves ------------------------------------------------------------------------ */

TEST(a_socket_of_another_user_is_refused_and_sent_nothing)
{
	char out[1000];
	struct server s;

	if (!need_root())
		return;
	s = serve_as(STRANGER);
	run(out, sizeof out, victim, "connect", STRANGER - 1, "daemon");
	CHECK(strstr(out, "mode=2") && strstr(out, "status=80090304"));
	CHECK(strstr(out, "is served by uid 65533, who is neither root nor the configured lsad_uid; nothing was sent"));
	CHECK_U64((uint64_t)served(&s, true), 0);
	/* Root is no exception to that. */
	s = serve_as(STRANGER);
	run(out, sizeof out, victim, "connect", 0, "daemon");
	CHECK(strstr(out, "nothing was sent"));
	CHECK_U64((uint64_t)served(&s, true), 0);
}

/* The caller's own, where the caller itself named the socket: then bytes do come. */
TEST(a_socket_of_ones_own_is_spoken_to)
{
	char out[1000];
	struct server s = serve_as(geteuid());

	run(out, sizeof out, victim, "connect", geteuid(), "daemon");
	CHECK(strstr(out, "mode=2") && !strstr(out, "nothing was sent"));
	CHECK((int64_t)served(&s, true) > 0);
}

/* --- what the environment says ------------------------------------------------------------ */

TEST(a_mode_that_is_none_fails_closed)
{
	static const char *const modes[] = { "", "Embedded", "embedded ", "both", "daemon,embedded", "1" };
	char out[1000];

	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		run(out, sizeof out, victim, "connect", geteuid(), modes[i]);
		if (!CHECK(strstr(out, "mode=0 status=80090304") && strstr(out, "not guessing between daemon and embedded")))
			printf("   mode \"%s\": %s", modes[i], out);
		CHECK(access(state, F_OK) != 0);		/* and no store was made */
	}
}

TEST(no_fall_to_embedded)
{
	char out[1000];

	unlink(sock);
	run(out, sizeof out, victim, "connect", geteuid(), "daemon");
	CHECK(strstr(out, "mode=2 status=80090304") && strstr(out, "lsad does not answer at"));
	CHECK(access(state, F_OK) != 0);
}

/* --- programs that have more rights than their caller ---------------------------------------- */

/* As a stranger, with an environment that names a mode, a socket and a state of the stranger's own. */
static bool
secure(char *out, size_t room, const char *what, const char *mode)
{
	run(out, room, victim, what, STRANGER, mode);
	if (strstr(out, "secure=1"))
		return true;
	CHECK_SKIP("the folder's file system takes no set-uid bit or capability");
	return false;
}

TEST(set_uid_mode_is_without_effect)
{
	char out[1000];

	if (!need_root() || !CHECK(copy_self(04755)))
		return;
	if (secure(out, sizeof out, "mode", "embedded"))
		CHECK(strstr(out, "mode=2"));
	if (secure(out, sizeof out, "mode", "nonsense"))
		CHECK(strstr(out, "mode=2"));		/* not even to stop it */
}

TEST(set_uid_socket_is_without_effect)
{
	char out[1000];
	struct server s;

	if (!need_root() || !CHECK(copy_self(04755)))
		return;
	s = serve_as(0);					/* it would be trusted, if it were asked */
	if (secure(out, sizeof out, "connect", "daemon"))
		CHECK(!strstr(out, sock));
	CHECK(served(&s, false) == -1);
}

TEST(set_uid_state_is_without_effect)
{
	char out[1000];

	if (!need_root() || !CHECK(copy_self(04755)))
		return;
	(void)secure(out, sizeof out, "connect", "embedded");
	CHECK(access(state, F_OK) != 0);
}

/* --- files that the environment names --- */

/* Runs the victim as a stranger; which of the folder's files it has opened, each as " NAME ". */
static void
opened(char *names, size_t room, char *out, size_t out_room, const char *what)
{
	static const char *const files[] = { "trace", "cache", "krb5.conf", "krb-trace" };
	_Alignas(struct inotify_event) char events[4096];
	char path[160];
	size_t len = 0;
	ssize_t n;
	int eye;

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		int fd;

		snprintf(path, sizeof path, "%s/%s", folder, files[i]);
		fd = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
		CHECK(fd >= 0 && fchmod(fd, 0666) == 0 && fchown(fd, STRANGER, STRANGER) == 0);
		close(fd);
	}
	eye = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	CHECK(eye >= 0 && inotify_add_watch(eye, folder, IN_OPEN) >= 0);
	run(out, out_room, victim, what, STRANGER, "embedded");
	*names = 0;
	while ((n = read(eye, events, sizeof events)) > 0)
		for (ssize_t at = 0; at < n; ) {
			const struct inotify_event *e = (const void *)(events + at);

			if (e->len && len < room)
				len += (size_t)snprintf(names + len, room - len, " %s ", e->name);
			at += (ssize_t)(sizeof *e + e->len);
		}
	close(eye);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, files[i]);
		unlink(path);
	}
}

/* The set-uid copy leaves `file` alone; the same copy without that right opens it. */
static void
without_effect(const char *what, const char *file)
{
	char out[1000], names[1000];

	if (!need_root() || !CHECK(copy_self(0755)))
		return;
	opened(names, sizeof names, out, sizeof out, what);
	CHECK(strstr(out, "secure=0") && strstr(names, file));
	if (!CHECK(copy_self(04755)))
		return;
	opened(names, sizeof names, out, sizeof out, what);
	if (!strstr(out, "secure=1"))
		CHECK_SKIP("the folder's file system takes no set-uid bit");
	else
		CHECK(strstr(names, " victim ") && !strstr(names, file));
}

TEST(set_uid_trace_is_without_effect)
{
	without_effect("mode", " trace ");
}

TEST(set_uid_ticket_cache_is_without_effect)
{
	without_effect("tickets", " cache ");
}

TEST(set_uid_kerberos_configuration_is_without_effect)
{
	without_effect("tickets", " krb5.conf ");
}

TEST(set_uid_kerberos_trace_is_without_effect)
{
	without_effect("tickets", " krb-trace ");
}

TEST(set_gid_mode_is_without_effect)
{
	char out[1000];

	if (!need_root() || !CHECK(copy_self(02755)))
		return;
	if (secure(out, sizeof out, "mode", "embedded"))
		CHECK(strstr(out, "mode=2"));
}

TEST(capabilities_mode_is_without_effect)
{
	char out[1000], command[200];

	if (!need_root() || !CHECK(copy_self(0755)))
		return;
	snprintf(command, sizeof command, "setcap cap_net_bind_service=ep %s 2>/dev/null", victim);
	if (system(command) != 0) {
		CHECK_SKIP("no setcap here");
		return;
	}
	if (secure(out, sizeof out, "mode", "embedded"))
		CHECK(strstr(out, "mode=2"));
	if (secure(out, sizeof out, "connect", "embedded"))
		CHECK(!strstr(out, sock) && access(state, F_OK) != 0);
}

/* The same copy without any such right does what it is told: so it was the right that made the difference. */
TEST(an_ordinary_copy_follows_its_environment)
{
	char out[1000];

	if (!need_root() || !CHECK(copy_self(0755)))
		return;
	run(out, sizeof out, victim, "mode", STRANGER, "embedded");
	CHECK(strstr(out, "secure=0 mode=1"));
}

int
main(int argc, char **argv)
{
	char command[100];

	if (argc > 1) {
		int code = strcmp(argv[1], "mode") == 0 ? say_mode() : strcmp(argv[1], "tickets") == 0 ? say_tickets() :
		    say_connect();

		fflush(stdout);
		_exit(code);		/* a leak checker cannot look into a process with such rights */
	}
	unsetenv("OPENLSA_MODE");
	CHECK(mkdtemp(folder) && chmod(folder, 01777) == 0);
	snprintf(sock, sizeof sock, "%s/s", folder);
	snprintf(state, sizeof state, "%s/state", folder);
	snprintf(victim, sizeof victim, "%s/victim", folder);
	CHECK(copy_self(0755));
	RUN(a_socket_of_another_user_is_refused_and_sent_nothing);
	RUN(a_socket_of_ones_own_is_spoken_to);
	RUN(a_mode_that_is_none_fails_closed);
	RUN(no_fall_to_embedded);
	RUN(set_uid_mode_is_without_effect);
	RUN(set_uid_socket_is_without_effect);
	RUN(set_uid_state_is_without_effect);
	RUN(set_uid_trace_is_without_effect);
	RUN(set_uid_ticket_cache_is_without_effect);
	RUN(set_uid_kerberos_configuration_is_without_effect);
	RUN(set_uid_kerberos_trace_is_without_effect);
	RUN(set_gid_mode_is_without_effect);
	RUN(capabilities_mode_is_without_effect);
	RUN(an_ordinary_copy_follows_its_environment);
	snprintf(command, sizeof command, "rm -rf %s", folder);
	CHECK(system(command) == 0);
	return check_end();
}
