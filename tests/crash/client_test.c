/*
 * client_test.c - a client of lsad killed at each of its system calls: in the
 * midst of a handshake, a logon, a change of policy, asynchronous calls. What
 * it had in the daemon - links, credentials, contexts, calls, sessions,
 * descriptors - is gone within a second, and the daemon goes on serving
 * others. The program is its own victim: `client_test act SCENE`.
 *
 *     client_test LSAD [EVERY]     every EVERY-th call of each scene (1: all)
 *
 * Covers lsad/conn.c, lsa/client.c, lsa/link.c, lsa/served.c at their ends.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/api/logon.h"
#include "tests/check.h"
#include "tests/crash/tracer.h"

#define GONE_MS	1000u
#define GROWTH_KB 512

static const char *lsad;
static char self[4096], room[64], at[80], state[80];
static unsigned every = 1;
static int log_fd = -1;

/* --- what the victim does ------------------------------------------------------------ */

static int
act_handshake(void)
{
	HANDLE token = NULL;
	struct pair p;

	pair_begin(&p, API_PASSWORD);
	return pair_shake(&p) == SEC_E_OK && QuerySecurityContextToken(&p.server, &token) == SEC_E_OK ? 0 : 1;
}

static int
act_logon(void)
{
	struct logging l = { .lsa = logon_untrusted(), .type = Interactive };
	PSECURITY_LOGON_SESSION_DATA data = NULL;

	l.package = logon_package(l.lsa, "NTLM");
	logon_interactive(&l, "", API_USER, API_PASSWORD, false);
	return logon_run(&l) == STATUS_SUCCESS && LsaGetLogonSessionData(&l.luid, &data) == STATUS_SUCCESS ? 0 : 1;
}

static int
act_policy(void)
{
	LSA_OBJECT_ATTRIBUTES none = { .Length = sizeof none };
	WCHAR key[] = u"L$client", value[] = u"value";
	LSA_UNICODE_STRING name = { sizeof key - 2, sizeof key, key }, text = { sizeof value - 2, sizeof value, value };
	PLSA_UNICODE_STRING back = NULL;
	LSA_HANDLE policy = NULL;

	return LsaOpenPolicy(NULL, &none, POLICY_ALL_ACCESS, &policy) == STATUS_SUCCESS &&
	    LsaStorePrivateData(policy, &name, &text) == STATUS_SUCCESS &&
	    LsaRetrievePrivateData(policy, &name, &back) == STATUS_SUCCESS ? 0 : 1;
}

static int
act_async(void)
{
	OLSA_ASYNC_QUEUE *q = NULL;
	char token[4096];
	SecBuffer out = { sizeof token, SECBUFFER_TOKEN, token };
	SecBufferDesc outs = { SECBUFFER_VERSION, 1, &out };
	CredHandle cred = api_cred("NTLM", false, API_PASSWORD);
	SspiAsyncContext *a = SspiCreateAsyncContext();
	CtxtHandle ctx;
	TimeStamp expiry;
	ULONG attr;

	if (OlsaSspiAsyncQueueCreate(&q) != 0 || !a || OlsaSspiBindAsyncContext(a, q, NULL) != SEC_E_OK ||
	    SspiInitializeSecurityContextAsyncA(a, &cred, NULL, NULL, 0, 0, SECURITY_NATIVE_DREP, NULL, 0, &ctx, &outs, &attr,
	    &expiry) != SEC_E_OK)
		return 1;
	return api_wait(a, q, 5000) == SEC_I_CONTINUE_NEEDED ? 0 : 1;
}

static const struct { const char *name; int (*act)(void); } scenes[] = {
	{ "handshake", act_handshake }, { "logon", act_logon }, { "policy", act_policy }, { "asynchronous", act_async },
};
#define SCENES (sizeof scenes / sizeof *scenes)

static int
act(const char *name)
{
	for (size_t i = 0; i < SCENES; i++)
		if (strcmp(scenes[i].name, name) == 0)
			return scenes[i].act();
	return 2;
}

/* --- what the daemon has ------------------------------------------------------------- */

static pid_t daemon_pid;
static HANDLE eye;

struct held { ULONG links, calls, creds, contexts, sessions; unsigned fds; };

static unsigned
descriptors(void)
{
	char path[64];
	unsigned count = 0;
	DIR *d;

	(void)snprintf(path, sizeof path, "/proc/%d/fd", (int)daemon_pid);
	d = opendir(path);
	while (d && readdir(d))
		count++;
	if (d)
		(void)closedir(d);
	return count;
}

static long
resident_kb(void)
{
	char path[64];
	long size = 0, resident = 0;
	FILE *f;

	(void)snprintf(path, sizeof path, "/proc/%d/statm", (int)daemon_pid);
	f = fopen(path, "r");
	if (f) {
		if (fscanf(f, "%ld %ld", &size, &resident) != 2)
			resident = 0;
		(void)fclose(f);
	}
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static struct held
look(void)
{
	struct held h = { 0 };
	OlsaStatusInfo s;

	if (OlsaStatus(eye, &s) == STATUS_SUCCESS)
		h = (struct held){ s.Links, s.Calls, s.Credentials, s.Contexts, s.Sessions, descriptors() };
	return h;
}

static bool
same(const struct held *a, const struct held *b)
{
	return a->links == b->links && a->calls == b->calls && a->creds == b->creds && a->contexts == b->contexts &&
	    a->sessions == b->sessions && a->fds == b->fds;
}

static bool
comes_back(const struct held *calm, struct held *ret_last)
{
	uint64_t until = api_ms() + GONE_MS;

	do {
		*ret_last = look();
		if (same(ret_last, calm))
			return true;
		(void)usleep(500);
	} while (api_ms() < until);
	return false;
}

/* --- one point -------------------------------------------------------------------------- */

static unsigned points, in_flight;

static struct traced
victim(size_t scene, unsigned kill_at)
{
	const char *const words[] = { self, "act", scenes[scene].name, NULL };
	struct traced t;

	if (!CHECK(tracer_start(&t, words, log_fd, kill_at)))
		t.dead = true;
	while (!t.dead)
		if (!tracer_turn(&t))
			(void)usleep(50);
	return t;
}

/* Else the kills do not hit what is to be hit: on its way a victim has the daemon hold something for it. */
static bool
holds(size_t scene, const struct held *calm)
{
	const char *const words[] = { self, "act", scenes[scene].name, NULL };
	struct traced t;
	struct held now;
	bool held = false;

	if (!tracer_start(&t, words, log_fd, 1000000))
		return false;
	while (!t.dead) {
		if (!tracer_turn(&t))
			(void)usleep(50);
		now = look();
		held |= !same(&now, calm);
	}
	return comes_back(calm, &now) && held;
}

/* False: the victim came to its end before. */
static bool
point(size_t scene, unsigned kill_at, const struct held *calm)
{
	struct traced t = victim(scene, kill_at);
	struct held last = look();
	bool held, gone;

	held = !same(&last, calm);
	gone = comes_back(calm, &last);
	if (!gone)
		fprintf(stderr, "%s, killed at call %u (number %ld): links %u/%u calls %u/%u creds %u/%u contexts %u/%u sessions %u/%u fds %u/%u\n",
		    scenes[scene].name, kill_at, t.last, (unsigned)last.links, (unsigned)calm->links, (unsigned)last.calls,
		    (unsigned)calm->calls, (unsigned)last.creds, (unsigned)calm->creds, (unsigned)last.contexts,
		    (unsigned)calm->contexts, (unsigned)last.sessions, (unsigned)calm->sessions, last.fds, calm->fds);
	CHECK(gone);
	in_flight += held;
	points += t.entries >= kill_at;
	return t.entries >= kill_at;
}

static bool
daemon_up(void)
{
	uint64_t until = api_ms() + 10000;

	daemon_pid = fork();
	if (daemon_pid == 0) {
		if (dup2(log_fd, 2) != 2)
			_exit(125);
		execl(lsad, lsad, "--foreground", "--socket", at, "--state", state, (char *)NULL);
		_exit(127);
	}
	while (access(at, F_OK) != 0 && api_ms() < until)
		(void)usleep(1000);
	return access(at, F_OK) == 0;
}

TEST(killed_at_each_of_its_calls)
{
	struct held calm;
	struct traced t;
	long before;

	if (!tracer_start(&t, (const char *const[]){ "/bin/true", NULL }, log_fd, 0)) {
		CHECK_SKIP("ptrace is not allowed here");
		return;
	}
	tracer_end(&t);
	if (!CHECK(daemon_up()))
		return;
	eye = logon_trusted();
	CHECK(OlsaUserAdd(eye, API_USER, "Alice", API_PASSWORD, NULL) == STATUS_SUCCESS);
	for (size_t i = 0; i < SCENES; i++)	/* whole, and once, so that what is made once is there */
		for (int k = 0; k < 3; k++)
			(void)victim(i, 1000000);
	for (int i = 0; i < 50; i++) {		/* until what is left of them is gone */
		struct held now;

		calm = look();
		(void)usleep(100000);
		now = look();
		if (same(&now, &calm))
			break;
	}
	before = resident_kb();
	for (size_t i = 0; i < SCENES && atomic_load(&check_bad) < 10; i++) {
		unsigned n = 1, from = points;

		CHECK(holds(i, &calm));
		while (point(i, n, &calm) && atomic_load(&check_bad) < 10)
			n += every;
		printf("%-14s %4u points of %4u calls\n", scenes[i].name, points - from, n);
		CHECK(points > from);
	}
	printf("%u points, after %u of them the daemon still had something at first; it grew by %ld KiB\n", points, in_flight,
	    resident_kb() - before);
	CHECK(resident_kb() - before < GROWTH_KB);
	LsaDeregisterLogonProcess(eye);
	CHECK(kill(daemon_pid, SIGTERM) == 0);
	{
		int status = -1;

		CHECK(waitpid(daemon_pid, &status, 0) == daemon_pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
}

int
main(int argc, char **argv)
{
	if (argc > 2 && strcmp(argv[1], "act") == 0)
		return act(argv[2]);
	lsad = argc > 1 ? realpath(argv[1], NULL) : NULL;
	if (!lsad || !realpath("/proc/self/exe", self))
		return 2;
	every = argc > 2 ? (unsigned)atoi(argv[2]) : 1;
	(void)snprintf(room, sizeof room, "%s", "/tmp/openlsa-client-XXXXXX");
	if (!mkdtemp(room) || chdir(room) != 0)
		return 2;
	(void)snprintf(at, sizeof at, "%s/s", room);
	(void)snprintf(state, sizeof state, "%s/state", room);
	log_fd = open("log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	(void)setenv("OPENLSA_MODE", "daemon", 1);
	(void)setenv("OPENLSA_SOCKET", at, 1);
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	RUN(killed_at_each_of_its_calls);
	if (daemon_pid > 0)
		(void)kill(daemon_pid, SIGKILL);
	(void)!system("rm -rf \"$PWD\"");
	return check_end();
}
