/*
 * kill_test.c - lsad killed at each system call of a request. For every scene
 * and every N the daemon runs under ptrace on a copy of the same store, a
 * client asks, and at the N-th entry into the kernel lsad gets SIGKILL. Then:
 *
 *   the client has one defined status, within two seconds: the request's own,
 *   or STATUS_PORT_DISCONNECTED (LSA functions), SEC_E_INTERNAL_ERROR (SSPI),
 *   ERROR_INVALID_HANDLE (Audit functions: PORT_DISCONNECTED in Win32); never a success that is none;
 *   lsad starts again on that store, which shows the old state or the new one,
 *   and the new one where the request was answered; no wrong password is granted;
 *   the audit file has whole lines.
 *
 *     kill_test LSAD [EVERY]      every EVERY-th point, beginning with each scene's first (1: all)
 *
 * Covers src/lsad as a whole, store/ledger.c, counters.c, attempt.c, folder.c, secur32/link_far.c.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/check.h"
#include "tests/crash/scenes.h"
#include "tests/crash/tracer.h"

#define PATIENCE_MS	20000
#define PROMPT_MS	2000u

static const char *lsad;
static char room[64], at[80], state[80];
static int children = -1, log_fd = -1;

static uint64_t
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* In the room. */
static bool
shell(const char *command)
{
	return CHECK(system(command) == 0);
}

/* --- the daemon ----------------------------------------------------------------- */

static const char *const *
arguments(void)
{
	static const char *args[9];

	args[0] = lsad;
	args[1] = "--foreground";
	args[2] = "--socket";
	args[3] = at;
	args[4] = "--state";
	args[5] = state;
	return args;
}

static bool
dials(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool good;

	memcpy(to.sun_path, at, sizeof at);
	good = connect(fd, (const struct sockaddr *)&to, sizeof to) == 0;
	close(fd);
	return good;
}

static bool
up(struct traced *t)
{
	for (uint64_t until = now_ms() + PATIENCE_MS; now_ms() < until; (void)usleep(500)) {
		(void)tracer_turn(t);
		if (t->dead)
			return false;
		if (dials())
			return true;
	}
	return false;
}

/* Again, on what the killed one left; not traced. */
static pid_t
restart(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (dup2(log_fd, 2) != 2)
			_exit(125);
		execv(lsad, (char *const *)(uintptr_t)arguments());
		_exit(127);
	}
	for (uint64_t until = now_ms() + PATIENCE_MS; now_ms() < until; (void)usleep(500)) {
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return -1;
		if (dials())
			return pid;
	}
	if (pid > 0) {
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
	}
	return -1;
}

static bool
stops(pid_t pid)
{
	int status = -1;

	if (pid <= 0 || kill(pid, SIGTERM) != 0)	/* kill(-1) would be everybody */
		return false;
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void
log_show(void)
{
	(void)shell("tail -5 log >&2");
}

/* --- the client ------------------------------------------------------------------ */

struct client { pid_t pid; int to, from; };
struct answer { LONG status; uint32_t ms; };

static bool
all(int fd, void *to, size_t len)
{
	ssize_t n;

	do
		n = read(fd, to, len);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)len;
}

static void
client_body(const struct scene *scene, int from, int to)
{
	struct answer answer;
	uint64_t begun;
	char c = 'r';

	scene->ready();
	if (write(to, &c, 1) != 1 || !all(from, &c, 1))
		_exit(4);
	begun = now_ms();
	answer.status = scene->act();
	answer.ms = (uint32_t)(now_ms() - begun);
	if (write(to, &answer, sizeof answer) != sizeof answer || !all(from, &c, 1))
		_exit(4);
	c = (char)scene->look();
	_exit(write(to, &c, 1) == 1 ? 0 : 4);
}

static struct client
client_begin(const struct scene *scene)
{
	struct client c = { -1, -1, -1 };
	int down[2], back[2];

	if (pipe2(down, O_CLOEXEC) != 0 || pipe2(back, O_CLOEXEC) != 0)
		return c;
	(void)fflush(NULL);
	c.pid = fork();
	if (c.pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(down[1]);
		close(back[0]);
		client_body(scene, down[0], back[1]);
	}
	close(down[0]);
	close(back[1]);
	c.to = down[1];
	c.from = back[0];
	return c;
}

static bool
client_tell(struct client *c)
{
	return write(c->to, "g", 1) == 1;
}

/* What it says next, while the daemon is traced (t) or not. */
static bool
client_hear(struct client *c, struct traced *t, void *to, size_t len)
{
	uint64_t until = now_ms() + PATIENCE_MS;

	while (now_ms() < until) {
		struct pollfd fds[2] = { { .fd = c->from, .events = POLLIN }, { .fd = t ? children : -1, .events = POLLIN } };

		if (t)
			(void)tracer_turn(t);
		if (poll(fds, 2, 50) < 0 && errno != EINTR)
			return false;
		if (fds[1].revents) {
			struct signalfd_siginfo info;

			(void)!read(children, &info, sizeof info);
		}
		if (fds[0].revents)
			return all(c->from, to, len);
	}
	return false;
}

static void
client_end(struct client *c, const struct traced *t)
{
	close(c->to);
	close(c->from);
	if (c->pid > 0 && !t->client_ended) {
		(void)kill(c->pid, SIGKILL);
		(void)waitpid(c->pid, NULL, 0);
	}
}

/* --- one point -------------------------------------------------------------------- */

/* Each line begins with { and ends with }, and the last one ends. */
static bool
audit_whole(void)
{
	char path[100], line[8192];
	bool good = true;
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/audit.json", state);
	f = fopen(path, "r");
	while (f && good && fgets(line, sizeof line, f)) {
		size_t len = strlen(line);

		good = len > 3 && line[0] == '{' && line[len - 2] == '}' && line[len - 1] == '\n';
	}
	if (f)
		(void)fclose(f);
	return good;
}

static unsigned points, disconnected, answered, shown_old, shown_new;
static long call_numbers[1024];		/* how often it was killed at each */

static bool
judge(const struct scene *scene, const struct answer *answer, enum seen seen, bool killed)
{
	bool done = answer->status == scene->done, lost = answer->status == scene->lost;

	if (!(done || (lost && killed)) || answer->ms > PROMPT_MS) {
		fprintf(stderr, "    status 0x%08X after %u ms\n", (unsigned)answer->status, answer->ms);
		return false;
	}
	if (seen == BROKEN)
		return false;
	if (done && !scene->reads && seen != NEW) {
		fprintf(stderr, "    it was answered and has not happened\n");
		return false;
	}
	if (killed) {
		answered += done;
		disconnected += lost;
		shown_old += !scene->reads && seen == OLD;
		shown_new += !scene->reads && seen == NEW;
	}
	return true;
}

/* False: the test is over for this scene, it failed. *ret_killed: the request was still under way. */
static bool
point(const struct scene *scene, unsigned kill_at, bool *ret_killed)
{
	struct traced t = { .pid = -1 };
	struct client c = { -1, -1, -1 };
	struct answer answer = { -1, 0 };
	char byte = 0, seen = BROKEN;
	const char *step = "lsad does not start under ptrace";
	pid_t again = -1;
	bool good;

	good = shell("rm -rf state && cp -a template state") && tracer_start(&t, arguments(), log_fd, 0) && up(&t);
	if (good) {
		step = "the client is not ready";
		c = client_begin(scene);
		t.client = c.pid;
		good = client_hear(&c, &t, &byte, 1);
	}
	if (good) {
		step = "the client has no status";
		tracer_count(&t, kill_at);
		good = client_tell(&c) && client_hear(&c, &t, &answer, sizeof answer);
	}
	*ret_killed = t.entries >= kill_at;
	tracer_end(&t);
	if (good) {
		step = "lsad does not start again";
		again = restart();
		good = again > 0;
	}
	if (good) {
		step = "the client sees nothing afterwards";
		good = client_tell(&c) && client_hear(&c, NULL, &seen, 1);
	}
	client_end(&c, &t);
	if (good) {
		step = "what became of it";
		good = judge(scene, &answer, (enum seen)seen, *ret_killed);
	}
	if (again > 0 && (!stops(again) || !audit_whole())) {
		step = "the end of lsad, or a torn audit line";
		good = false;
	}
	if (good && *ret_killed && t.last >= 0 && t.last < 1024)
		call_numbers[t.last]++;
	points += *ret_killed;
	if (!good) {
		fprintf(stderr, "%s, killed at call %u (number %ld): %s\n", scene->name, kill_at, t.last, step);
		log_show();
	}
	return CHECK(good);
}

static void
scene_all(const struct scene *scene, unsigned every)
{
	unsigned before = points, bad = 0, n = 1;
	bool killed = true;

	for (; killed && bad < 3; n += every)
		bad += !point(scene, n, &killed);
	printf("%-36s %4u points of %4u calls\n", scene->name, points - before, killed ? n : n - every);
}

/* --- all ------------------------------------------------------------------------------ */

static void
furnish(void)
{
	const struct scene make = { .ready = scene_furnish };
	pid_t pid = restart();
	struct client c;
	char byte = 0;
	int status = -1;

	if (!CHECK(pid > 0))
		return;
	c = client_begin(&make);
	CHECK(client_hear(&c, NULL, &byte, 1) && byte == 'r');
	close(c.to);
	close(c.from);
	(void)waitpid(c.pid, &status, 0);
	CHECK(stops(pid));
	(void)shell("mv state template && test -s template/db/accounts.db");
}

static unsigned every = 1;

TEST(killed_at_each_call)
{
	unsigned calls = 0;
	struct traced t;

	if (!tracer_start(&t, (const char *const[]){ "/bin/true", NULL }, log_fd, 0)) {
		CHECK_SKIP("ptrace is not allowed here");
		return;
	}
	tracer_end(&t);
	furnish();
	for (unsigned i = 0; i < scene_count && atomic_load(&check_bad) < 10; i++)
		scene_all(&scenes[i], every);
	for (unsigned i = 0; i < 1024; i++)
		calls += call_numbers[i] > 0;
	printf("%u points of kill -9, at %u different system calls: %u clients answered, %u disconnected; %u changes had not happened, %u had; 0 grants\n",
	    points, calls, answered, disconnected, shown_old, shown_new);
	CHECK(points * every >= 900);
	CHECK(shown_old > 0 && shown_new > 0);		/* else the kills do not hit what is to be hit */
}

int
main(int argc, char **argv)
{
	sigset_t child;

	lsad = argc > 1 ? realpath(argv[1], NULL) : NULL;
	if (!lsad)
		return 2;
	every = argc > 2 ? (unsigned)atoi(argv[2]) : 1;
	(void)snprintf(room, sizeof room, "%s", "/tmp/openlsa-kill-XXXXXX");
	if (!mkdtemp(room) || chdir(room) != 0)
		return 2;
	(void)snprintf(at, sizeof at, "%s/s", room);
	(void)snprintf(state, sizeof state, "%s/state", room);
	log_fd = open("log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	(void)setenv("OPENLSA_MODE", "daemon", 1);
	(void)setenv("OPENLSA_SOCKET", at, 1);
	(void)sigemptyset(&child);
	(void)sigaddset(&child, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &child, NULL);
	children = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	RUN(killed_at_each_call);
	(void)shell("rm -rf \"$PWD\"");
	return check_end();
}
