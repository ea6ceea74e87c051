/*
 * sweep.c - every scene once with each allocation (and each fallible system
 * call) failing, and once with all of them failing from there on.
 *
 *     sweep                  within about a minute: long scenes are sampled, and the output says so
 *     OPENLSA_SWEEP=full     every single one
 *     sweep NAME             the scenes whose name has NAME in it
 *
 * Each run is a process of its own with five seconds to live. After the
 * failing run memory is back, and the scene is played once more: it must
 * succeed now, and then no more may be held than after two runs in which
 * nothing failed.
 *
 *     crash   a signal ended it             hang    it did not end
 *     grant   a wrong password got in       wrong   a success that is none
 *     leak    the house holds more          stuck   it never worked again
 *     misled  want of memory was called a wrong password, an unknown user, an altered message
 *
 * All but "misled" are failures; that one is a nuisance and is counted too,
 * as a failure as well. The far scenes fail the library's side against a
 * daemon that has all it wants; the last part fails the daemon's side.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>

#include "fail.h"
#include "lsad/daemon.h"
#include "scenes.h"

#define ALARM_S		5u
#define RUNS_USUAL	200u		/* of one kind and way of a scene */
#define HANDSHAKES	1000u
#define ALLOWED		100u		/* allocations of one complete handshake, both sides */

enum end { OK_DONE, OK_REFUSED, BAD_GRANT, BAD_WRONG, BAD_MISLED, BAD_LEAK, BAD_STUCK, BAD_CRASH, BAD_HANG, ENDS };

static char room[64], sock[96];
static unsigned passed, failed;
static bool full;
static pid_t home;

/* --- the place ---------------------------------------------------------------------- */

static int
unlink_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	(void)remove(path);
	return 0;
}

static void
room_end(void)
{
	if (getpid() == home)
		(void)nftw(room, unlink_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void
room_make(void)
{
	const char *tmp = getenv("TMPDIR");
	char path[128];

	if (!tmp || !*tmp || strlen(tmp) > 32)
		tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	(void)snprintf(room, sizeof room, "%s/openlsa-sweep-XXXXXX", tmp);
	if (!mkdtemp(room) || chmod(room, 0755) != 0) {
		perror(room);
		exit(1);
	}
	home = getpid();
	(void)atexit(room_end);
	(void)snprintf(sock, sizeof sock, "%s/sock", room);
	(void)setenv("OPENLSA_STATE", room, 1);
	(void)snprintf(path, sizeof path, "FILE:%s/tickets", room);
	(void)setenv("KRB5CCNAME", path, 1);
	(void)snprintf(path, sizeof path, "%s/krb5.conf", room);
	(void)setenv("KRB5_CONFIG", path, 1);
	(void)snprintf(path, sizeof path, "FILE:%s/keytab", room);
	(void)setenv("KRB5_KTNAME", path, 1);
	(void)setenv("HOME", room, 1);
}

static void
near_or_far(bool far)
{
	(void)setenv("OPENLSA_MODE", far ? "daemon" : "embedded", 1);
	(void)setenv("OPENLSA_SOCKET", sock, 1);
}

/* --- one run ------------------------------------------------------------------------ */

/* What a child tells besides its exit status. */
struct told {
	unsigned long counts[FAIL_KINDS];
	unsigned long failed;
	long blocks, bytes;		/* held at the end */
	int how;
};

struct run {
	const struct scene *scene;
	int kind;
	unsigned long at;
	bool on, warm;
};

static struct told *told;		/* shared: one place for each child that may be under way */

/*
 * libkrb5 1.20 and its plug-ins dereference what they could not allocate.
 * That is told apart by where it happened, and counts as refused.
 */
#define THEIRS 97

static bool
is_krb5s(const void *at, bool *ret_libc)
{
	Dl_info where;
	const char *name = dladdr(at, &where) && where.dli_fname ? where.dli_fname : "";

	*ret_libc = strstr(name, "/libc.so") != NULL;
	return strstr(name, "/libkrb5") || strstr(name, "/libk5crypto") || strstr(name, "/krb5/plugins/");
}

static void
crashed(int sig, siginfo_t *info, void *context)
{
	void *frames[16];
	bool libc = true;
	int count;

	(void)info;
	(void)context;
	fail_disarm();
	count = backtrace(frames, 16);
	/* This function and the signal's frame are the first two; what libc was asked for by whom comes next. */
	for (int i = 2; i < count && libc; i++)
		if (is_krb5s(frames[i], &libc))
			_exit(THEIRS);
	(void)signal(sig, SIG_DFL);
}

static void
crash_watch(void)
{
	void *load[1];
	struct sigaction on_crash = { .sa_sigaction = crashed, .sa_flags = SA_SIGINFO };

	(void)backtrace(load, 1);		/* loads what it needs now */
	(void)sigaction(SIGSEGV, &on_crash, NULL);
	(void)sigaction(SIGABRT, &on_crash, NULL);
}

static void
child(const struct run *r, struct told *t)
{
	static struct fail_plan plan;
	enum outcome how;

	fail_plan = &plan;
	crash_watch();
	(void)alarm(ALARM_S);
	(void)ERR_peek_error();			/* libcrypto's queue of this thread, made at its first error */
	if (r->warm && r->scene->run() != DONE)
		_exit(BAD_STUCK);
	fail_arm(r->kind, r->at, r->on);
	how = r->scene->run();
	fail_disarm();
	for (int k = 0; k < FAIL_KINDS; k++)
		t->counts[k] = atomic_load(&plan.count[k]);
	t->failed = atomic_load(&plan.failed);
	t->how = (int)how;
	if (how == GRANTED)
		_exit(BAD_GRANT);
	if (how == WRONG)
		_exit(BAD_WRONG);
	if (r->scene->run() != DONE && r->scene->run() != DONE)
		_exit(BAD_STUCK);
	scene_settle();
	ERR_clear_error();
	t->blocks = atomic_load(&fail_live_blocks);
	t->bytes = atomic_load(&fail_live_bytes);
	if (how == MISLED)
		_exit(BAD_MISLED);
	_exit(how == DONE ? OK_DONE : OK_REFUSED);
}

static pid_t
launch(const struct run *r, struct told *t)
{
	pid_t pid;

	memset(t, 0, sizeof *t);
	pid = fork();
	if (pid == 0)
		child(r, t);
	if (pid < 0) {
		perror("fork");
		exit(1);
	}
	return pid;
}

static enum end
ended(int status)
{
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGALRM ? BAD_HANG : BAD_CRASH;
	if (WEXITSTATUS(status) == THEIRS)
		return OK_REFUSED;
	return WEXITSTATUS(status) < ENDS ? (enum end)WEXITSTATUS(status) : BAD_CRASH;
}

static enum end
run_alone(const struct run *r, struct told *ret)
{
	int status = 0;
	pid_t pid = launch(r, &told[0]);

	(void)waitpid(pid, &status, 0);
	*ret = told[0];
	return ended(status);
}

/* --- many ---------------------------------------------------------------------------- */

#define SIDE_BY_SIDE 2

static const char *const names[ENDS] = {
	[OK_DONE] = "done", [OK_REFUSED] = "refused", [BAD_GRANT] = "grant", [BAD_WRONG] = "wrong", [BAD_MISLED] = "misled",
	[BAD_LEAK] = "leak", [BAD_STUCK] = "stuck", [BAD_CRASH] = "crash", [BAD_HANG] = "hang",
};

static const char *
kind_name(int kind)
{
	return kind == FAIL_MEMORY ? "memory" : "system";
}

static void
note(const struct run *r, enum end end, const struct told *t, long blocks)
{
	printf("    %s: %s, %s call %lu %s", names[end], r->scene->name, kind_name(r->kind), r->at,
	    r->on ? "and all after it" : "alone");
	if (end == BAD_LEAK)
		printf(": %ld blocks more", t->blocks - blocks);
	printf("\n");
}

struct tally {
	unsigned ends[ENDS];
	unsigned noted;
};

static void
count(struct tally *tally, const struct run *r, int status, const struct told *t, long blocks)
{
	enum end end = ended(status);

	if (end == BAD_HANG) {			/* a machine that is busy is no hang: once more, alone */
		struct told again;

		end = run_alone(r, &again);
		if (end <= OK_REFUSED && again.blocks > blocks)
			end = BAD_LEAK;
	} else if (end <= OK_REFUSED && t->blocks > blocks) {
		end = BAD_LEAK;
	}
	tally->ends[end]++;
	if (end > OK_REFUSED && (tally->noted++ < 12 || end == BAD_LEAK))
		note(r, end, t, blocks);
}

static void
sweep_way(struct tally *tally, struct run r, unsigned long total, unsigned long step, long blocks)
{
	struct { pid_t pid; struct run run; } flying[SIDE_BY_SIDE] = { { 0 } };
	unsigned long at = 1;

	for (;;) {
		bool any = false;

		for (int i = 0; i < (r.scene->alone ? 1 : SIDE_BY_SIDE); i++) {
			int status;

			if (flying[i].pid) {
				any = true;
				if (waitpid(flying[i].pid, &status, 0) != flying[i].pid)
					exit(1);
				flying[i].pid = 0;
				count(tally, &flying[i].run, status, &told[i], blocks);
			}
			if (at <= total) {
				r.at = at;
				at += step;
				flying[i].run = r;
				flying[i].pid = launch(&r, &told[i]);
				any = true;
			}
		}
		if (!any)
			break;
	}
}

static void
sweep_scene(const struct scene *scene, bool warm, int kind)
{
	struct run none = { scene, kind, 0, false, warm };
	struct tally tally = { .noted = 0 };
	struct told reference;
	unsigned long total, step;
	unsigned bad = 0;
	enum end end = run_alone(&none, &reference);

	if (end != OK_DONE) {
		printf("%-26s does not even work when nothing fails (%s)\n", scene->name, names[end]);
		failed++;
		return;
	}
	total = reference.counts[kind];
	step = full || total <= RUNS_USUAL ? 1 : (total + RUNS_USUAL - 1) / RUNS_USUAL;
	for (int on = 0; on < 2; on++)
		sweep_way(&tally, (struct run){ scene, kind, 0, on != 0, warm }, total, step,
		    reference.blocks + (warm ? 0 : scene->kept));
	printf("%-26s %-4s %-6s %6lu", scene->name, warm ? "warm" : "cold", kind_name(kind), total);
	for (int e = 0; e < ENDS; e++)
		printf(" %6u", tally.ends[e]);
	if (step > 1)
		printf("   1 of %lu", step);
	printf("\n");
	fflush(stdout);
	/*
	 * In a process that has never used them, libcrypto, libsqlite3 and the loader keep a failure of their own
	 * first initialisation for ever; what is stuck after that is listed above and is no failure of the house.
	 */
	for (int e = OK_REFUSED + 1; e < ENDS; e++)
		bad += e == BAD_STUCK && !warm && kind == FAIL_MEMORY ? 0 : tally.ends[e];
	if (bad)
		failed++;
	else
		passed++;
}

static void
sweep_scenes(bool far, const char *only)
{
	near_or_far(far);
	for (unsigned i = 0; i < scene_count; i++) {
		if (scenes[i].far != far || (only && !strstr(scenes[i].name, only)))
			continue;
		for (int kind = 0; kind < FAIL_KINDS; kind++) {
			sweep_scene(&scenes[i], true, kind);
			if (scenes[i].at_once)
				sweep_scene(&scenes[i], false, kind);
		}
	}
}

/* --- the daemon ------------------------------------------------------------------------- */

static struct fail_plan *daemon_plan;	/* shared with it */

static pid_t
daemon_start(void)
{
	static char conf[96], state[96];
	const char *args[] = { "lsad", "--foreground", "--socket", sock, "--state", state, "--config", conf, NULL };
	FILE *f;
	pid_t pid;

	(void)snprintf(conf, sizeof conf, "%s/lsad.conf", room);
	(void)snprintf(state, sizeof state, "%s/lsad", room);
	f = fopen(conf, "w");
	if (!f || fputs("sandbox = no\nworkers = 1\n", f) < 0 || fclose(f) != 0) {
		perror(conf);
		exit(1);
	}
	(void)chmod(conf, 0644);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		fail_plan = daemon_plan;
		crash_watch();
		if (!freopen("/dev/null", "w", stderr))
			_exit(9);
		_exit(lsad_main(8, (char **)(uintptr_t)args));
	}
	return pid;
}

enum answer { NOT_THERE, TURNED_AWAY, ANSWERED };

/* The socket is there before the LSA behind it: only a reply says that somebody serves. */
static enum answer
daemon_ask(void)
{
	static const uint8_t hello[] = { 36, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1 };
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct pollfd p = { .events = POLLIN };
	uint8_t frame[36] = { 0 }, c;
	enum answer answer = NOT_THERE;

	memcpy(frame, hello, sizeof hello);	/* connect: version 1, untrusted, no name, no cookie */
	memcpy(to.sun_path, sock, sizeof sock);
	p.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (p.fd >= 0 && connect(p.fd, (const struct sockaddr *)&to, sizeof to) == 0) {
		answer = TURNED_AWAY;
		if (send(p.fd, frame, sizeof frame, MSG_NOSIGNAL) > 0 && poll(&p, 1, 5000) == 1 && recv(p.fd, &c, 1, 0) == 1)
			answer = ANSWERED;
	}
	if (p.fd >= 0)
		close(p.fd);
	return answer;
}

/*
 * True when it serves, or lives and turns people away for want of memory;
 * false when it has ended, with its status, or hangs (-1).
 */
static bool
daemon_up(pid_t pid, int *ret_status)
{
	const struct timespec nap = { 0, 2 * 1000 * 1000 };
	unsigned away = 0;

	for (int i = 0; i < 2500; i++) {
		enum answer answer = daemon_ask();

		if (answer == ANSWERED)
			return true;
		if (waitpid(pid, ret_status, WNOHANG) == pid)
			return false;
		if (answer == TURNED_AWAY && ++away == 50)
			return true;
		nanosleep(&nap, NULL);
	}
	*ret_status = -1;
	return false;
}

static int
daemon_down(pid_t pid)
{
	const struct timespec nap = { 0, 2 * 1000 * 1000 };
	int status = -1;

	(void)kill(pid, SIGTERM);
	for (int i = 0; i < 2500; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return status;
		nanosleep(&nap, NULL);
	}
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, &status, 0);
	return -1;
}

/* A client in a process of its own, which lacks nothing. */
static enum end
client(enum outcome (*scene)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		enum outcome how;

		(void)alarm(ALARM_S);
		how = scene();
		_exit(how == GRANTED ? BAD_GRANT : how == WRONG ? BAD_WRONG : how == MISLED ? BAD_MISLED :
		    how == DONE ? OK_DONE : OK_REFUSED);
	}
	(void)waitpid(pid, &status, 0);
	return ended(status);
}

static void
daemon_plan_set(int kind, unsigned long at, bool on, bool armed)
{
	struct fail_plan *mine = fail_plan;

	fail_plan = daemon_plan;
	fail_arm(kind, at, on);
	if (!armed)
		fail_disarm();
	fail_plan = mine;
}

static void
daemon_row(const char *name, int kind, unsigned long total, const struct tally *tally, unsigned long step)
{
	unsigned bad = 0;

	printf("%-26s %-4s %-6s %6lu", name, "", kind_name(kind), total);
	for (int e = 0; e < ENDS; e++) {
		printf(" %6u", tally->ends[e]);
		if (e > OK_REFUSED)
			bad += tally->ends[e];
	}
	if (step > 1)
		printf("   1 of %lu", step);
	printf("\n");
	fflush(stdout);
	if (bad)
		failed++;
	else
		passed++;
}

/* Fails while it starts: it serves, or ends with a status. */
static void
sweep_daemon_start(int kind)
{
	struct tally tally = { .noted = 0 };
	unsigned long total, step;
	int status = 0;
	pid_t pid;

	daemon_plan_set(kind, 0, false, true);
	pid = daemon_start();
	if (!daemon_up(pid, &status)) {
		printf("lsad does not start\n");
		failed++;
		return;
	}
	total = atomic_load(&daemon_plan->count[kind]);
	(void)daemon_down(pid);
	step = full || total <= RUNS_USUAL / 4 ? 1 : (total + RUNS_USUAL / 4 - 1) / (RUNS_USUAL / 4);
	for (unsigned long at = 1; at <= total; at += step)
		for (int on = 0; on < 2; on++) {
			enum end end;

			daemon_plan_set(kind, at, on != 0, true);
			pid = daemon_start();
			if (daemon_up(pid, &status)) {
				daemon_plan_set(kind, 0, false, false);
				end = client(scene_handshake);
				if (end == OK_REFUSED)
					end = client(scene_handshake) == OK_DONE ? OK_REFUSED : BAD_STUCK;
				status = daemon_down(pid);
				if (status == -1)
					end = BAD_HANG;
				else if (WIFSIGNALED(status))
					end = BAD_CRASH;
			} else if (status == -1) {
				(void)daemon_down(pid);
				end = BAD_HANG;
			} else {
				end = WIFSIGNALED(status) ? BAD_CRASH : WEXITSTATUS(status) ? OK_REFUSED : BAD_WRONG;
			}
			tally.ends[end]++;
			if (end > OK_REFUSED && tally.noted++ < 12)
				printf("    %s: lsad starts, %s call %lu %s\n", names[end], kind_name(kind), at,
				    on ? "and all after it" : "alone");
		}
	daemon_row("lsad: starts", kind, total, &tally, step);
}

/* Fails while it serves; it goes on and the next client has what it wants. */
static void
sweep_daemon_serves(const char *name, enum outcome (*scene)(void), int kind)
{
	struct tally tally = { .noted = 0 };
	unsigned long total, step;
	int status = 0;
	pid_t pid;

	daemon_plan_set(kind, 0, false, false);
	pid = daemon_start();
	if (!daemon_up(pid, &status) || client(scene) != OK_DONE) {
		printf("%s does not even work when nothing fails\n", name);
		failed++;
		(void)daemon_down(pid);
		return;
	}
	daemon_plan_set(kind, 0, false, true);
	(void)client(scene);
	total = atomic_load(&daemon_plan->count[kind]);
	step = full || total <= RUNS_USUAL ? 1 : (total + RUNS_USUAL - 1) / RUNS_USUAL;
	for (unsigned long at = 1; at <= total; at += step)
		for (int on = 0; on < 2; on++) {
			enum end end;

			daemon_plan_set(kind, at, on != 0, true);
			end = client(scene);
			daemon_plan_set(kind, 0, false, false);
			if (end <= OK_REFUSED && client(scene) != OK_DONE && client(scene) != OK_DONE)
				end = BAD_STUCK;
			if (waitpid(pid, &status, WNOHANG) == pid) {
				end = BAD_CRASH;
				pid = daemon_start();
				(void)daemon_up(pid, &status);
			}
			tally.ends[end]++;
			if (end > OK_REFUSED && tally.noted++ < 12)
				printf("    %s: %s, %s call %lu %s\n", names[end], name, kind_name(kind), at,
				    on ? "and all after it" : "alone");
		}
	if (daemon_down(pid) != 0)
		tally.ends[BAD_CRASH]++;
	daemon_row(name, kind, total, &tally, step);
}

/* --- the steady state ---------------------------------------------------------------------- */

static void
steady(void)
{
	static struct fail_plan plan;
	struct told *t = &told[0];
	int status = 0;
	pid_t pid = fork();
	unsigned long each;

	if (pid == 0) {
		long blocks, bytes;

		fail_plan = &plan;
		(void)alarm(60);
		for (unsigned i = 0; i < 100; i++)
			if (scene_handshake() != DONE)
				_exit(1);
		blocks = atomic_load(&fail_live_blocks);
		bytes = atomic_load(&fail_live_bytes);
		fail_arm(FAIL_MEMORY, 0, false);
		for (unsigned i = 0; i < HANDSHAKES; i++)
			if (scene_handshake() != DONE)
				_exit(1);
		fail_disarm();
		t->counts[0] = atomic_load(&plan.count[FAIL_MEMORY]);
		t->blocks = atomic_load(&fail_live_blocks) - blocks;
		t->bytes = atomic_load(&fail_live_bytes) - bytes;
		_exit(0);
	}
	(void)waitpid(pid, &status, 0);
	if (status != 0) {
		printf("steady state: the handshakes did not work\n");
		failed++;
		return;
	}
	each = (t->counts[0] + HANDSHAKES - 1) / HANDSHAKES;
	printf("steady state: %lu allocations per complete embedded handshake (both credentials, both contexts, names, "
	    "messages); at most %u are allowed\n", each, ALLOWED);
	printf("steady state: balance after %u handshakes: %ld blocks, %ld bytes\n", HANDSHAKES, t->blocks, t->bytes);
	if (each <= ALLOWED && !t->blocks && !t->bytes)
		passed++;
	else
		failed++;
}

static bool
accounts(bool far)
{
	int status = 0;
	pid_t pid;

	near_or_far(far);
	pid = fork();
	if (pid == 0)
		_exit(scene_accounts() ? 0 : 1);
	(void)waitpid(pid, &status, 0);
	return status == 0;
}

int
main(int argc, char **argv)
{
	const char *how = getenv("OPENLSA_SWEEP"), *only = argc > 1 ? argv[1] : NULL;
	int status = 0;
	pid_t pid;

	full = how && strcmp(how, "full") == 0;
	(void)signal(SIGPIPE, SIG_IGN);
	room_make();
	told = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	daemon_plan = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (told == MAP_FAILED || daemon_plan == MAP_FAILED || !accounts(false)) {
		fprintf(stderr, "the account could not be made\n");
		return 1;
	}
	printf("%-26s %-4s %-6s %6s", "scene", "", "fails", "calls");
	for (int e = 0; e < ENDS; e++)
		printf(" %6s", names[e]);
	printf("\n");
	fflush(stdout);
	sweep_scenes(false, only);
	daemon_plan_set(FAIL_MEMORY, 0, false, false);
	pid = daemon_start();
	if (!daemon_up(pid, &status) || !accounts(true)) {
		printf("lsad does not start\n");
		failed++;
	} else {
		sweep_scenes(true, only);
		(void)daemon_down(pid);
	}
	near_or_far(true);
	for (int kind = 0; kind < FAIL_KINDS && (!only || strstr("lsad", only)); kind++) {
		sweep_daemon_start(kind);
		sweep_daemon_serves("lsad: handshake", scene_handshake, kind);
		sweep_daemon_serves("lsad: wrong password", scene_wrong_password, kind);
	}
	near_or_far(false);
	steady();
	printf("\n%u passed, %u failed\n", passed, failed);
	return failed ? 1 : 0;
}
