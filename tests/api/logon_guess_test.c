/*
 * logon_guess_test.c - guesses through LsaLogonUser: sixty-four at once, in
 * threads and in processes, of which the threshold are evaluated; and a
 * locked account, a wrong password and an unknown name told alike. Covers
 * pkg/ntlm/ntlm_msv.c, lsa/serve_logon_user.c, store/attempt.c.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/api/logon.h"
#include "tests/check.h"

#define AT_ONCE		64u
#define PROCESSES	8u
#define THRESHOLD	5u

struct shared {
	pthread_barrier_t start;
	_Atomic unsigned failure, other;
};

static struct shared *shared;

static NTSTATUS
guess(HANDLE lsa, const char *user, const char *password, NTSTATUS *ret_substatus)
{
	struct logging l = { .lsa = lsa, .type = Interactive, .package = logon_package(lsa, "NTLM") };
	NTSTATUS status;

	logon_interactive(&l, "", user, password, false);
	status = logon_run(&l);
	*ret_substatus = l.substatus;
	if (status == STATUS_SUCCESS)
		logon_end(&l);
	return status;
}

static void *
guesser(void *arg)
{
	HANDLE lsa = logon_untrusted();
	NTSTATUS substatus = -1, status;

	pthread_barrier_wait(&shared->start);
	status = guess(lsa, API_USER, "not the password", &substatus);
	if (status == STATUS_LOGON_FAILURE && substatus == 0)
		shared->failure++;
	else
		shared->other++;
	LsaDeregisterLogonProcess(lsa);
	return arg;
}

static void
guessers(unsigned count)
{
	pthread_t threads[AT_ONCE];

	for (unsigned i = 0; i < count; i++)
		if (pthread_create(&threads[i], NULL, guesser, NULL) != 0)
			_exit(1);
	for (unsigned i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
}

/* Who is told what, once it is locked. */
static void
locked_now(void)
{
	HANDLE untrusted = logon_untrusted(), trusted = logon_trusted();
	NTSTATUS sub = -1;
	OlsaUserInfo info;

	if (CHECK(OlsaUserGet(trusted, 0, API_USER, &info) == STATUS_SUCCESS)) {
		CHECK_U64(info.FailedAttempts, THRESHOLD);
		CHECK(info.Flags & OLSA_USER_LOCKED);
		OlsaUserFree(&info);
	}
	CHECK(guess(untrusted, API_USER, API_PASSWORD, &sub) == STATUS_LOGON_FAILURE && sub == 0);
	CHECK(guess(untrusted, API_USER, "wrong", &sub) == STATUS_LOGON_FAILURE && sub == 0);
	CHECK(guess(untrusted, "nobody-at-all", "wrong", &sub) == STATUS_LOGON_FAILURE && sub == 0);
	CHECK(guess(trusted, API_USER, API_PASSWORD, &sub) == STATUS_ACCOUNT_LOCKED_OUT && sub == 0);
	CHECK(OlsaUserLock(trusted, API_USER, FALSE) == STATUS_SUCCESS);
	CHECK(guess(untrusted, API_USER, API_PASSWORD, &sub) == STATUS_SUCCESS && sub == 0);
	LsaDeregisterLogonProcess(untrusted);
	LsaDeregisterLogonProcess(trusted);
}

static void
round_of(unsigned processes)
{
	pthread_barrierattr_t attr;

	shared->failure = shared->other = 0;
	pthread_barrierattr_init(&attr);
	pthread_barrierattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_barrier_init(&shared->start, &attr, AT_ONCE);
	for (unsigned p = 1; p < processes; p++)
		if (fork() == 0) {
			guessers(AT_ONCE / processes);
			_exit(0);
		}
	guessers(AT_ONCE / processes);
	while (wait(NULL) > 0)
		;
	CHECK_U64(shared->failure, AT_ONCE);
	CHECK_U64(shared->other, 0);
	locked_now();
	pthread_barrier_destroy(&shared->start);
}

static void
in_threads(void)
{
	round_of(1);
}

static void
in_processes(void)
{
	round_of(PROCESSES);
}

int
main(void)
{
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 1;
	api_begin();
	logon_policy("lockout-threshold", THRESHOLD);
	RUN(in_threads);
	RUN(in_processes);
	return check_end();
}
