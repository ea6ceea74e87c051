/*
 * lockout_test.c - row D6 through the public API: sixty-four guesses at once,
 * in threads of one process and in several processes, count for exactly the
 * threshold; a right password for an account that may not be used counts for
 * nothing. Covers store/attempt.c, lsa/services.c and pkg/ntlm/ntlm_check.c.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/api/api.h"
#include "tests/check.h"

#define AT_ONCE		64u
#define PROCESSES	8u

/* Shared by all processes of a round. */
struct shared {
	pthread_barrier_t start;
	_Atomic unsigned denied, other;
};

static struct shared *shared;

static HANDLE
admin(void)
{
	LSA_STRING name = { 8, 8, (char *)(uintptr_t)"api-test" };
	LSA_OPERATIONAL_MODE mode;
	HANDLE lsa = NULL;

	CHECK(LsaRegisterLogonProcess(&name, &lsa, &mode) == STATUS_SUCCESS);
	return lsa;
}

static ULONG
failed_attempts(HANDLE lsa, bool *ret_locked)
{
	OlsaUserInfo info;
	ULONG failed;

	if (!CHECK(OlsaUserGet(lsa, 0, API_USER, &info) == STATUS_SUCCESS))
		return UINT32_MAX;
	failed = info.FailedAttempts;
	*ret_locked = info.Flags & OLSA_USER_LOCKED;
	OlsaUserFree(&info);
	return failed;
}

static SECURITY_STATUS
guess(const char *password)
{
	SECURITY_STATUS status;
	struct pair p;

	pair_begin(&p, password);
	status = pair_shake(&p);
	pair_end(&p);
	return status;
}

static void *
guesser(void *unused)
{
	SECURITY_STATUS status;

	(void)unused;
	pthread_barrier_wait(&shared->start);
	status = guess("not the password");
	if (status == SEC_E_LOGON_DENIED)
		shared->denied++;
	else
		shared->other++;
	return NULL;
}

static void
guess_in_threads(unsigned count)
{
	pthread_t threads[AT_ONCE];

	for (unsigned n = 0; n < count; n++)
		if (pthread_create(&threads[n], NULL, guesser, NULL) != 0)
			_exit(99);
	for (unsigned n = 0; n < count; n++)
		(void)pthread_join(threads[n], NULL);
}

static void
guess_in_processes(unsigned count)
{
	pid_t children[PROCESSES];

	for (unsigned n = 0; n < PROCESSES; n++) {
		children[n] = fork();
		if (children[n] == 0) {
			guess_in_threads(count / PROCESSES);
			_exit(0);
		}
	}
	for (unsigned n = 0; n < PROCESSES; n++) {
		int status = 0;

		CHECK(waitpid(children[n], &status, 0) == children[n] && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
}

/* Lines of the audit file that name this status; behind `from`, which moves to its end. */
static unsigned
audit_count(long *from, const char *status)
{
	const char *state = getenv("OPENLSA_STATE"), *socket_at = getenv("OPENLSA_SOCKET");
	char path[512], line[32768];
	unsigned count = 0;
	FILE *f;

	if (api_far())
		snprintf(path, sizeof path, "%.*s/far/audit.json", (int)(strrchr(socket_at, '/') - socket_at), socket_at);
	else
		snprintf(path, sizeof path, "%s/audit.json", state);
	f = fopen(path, "r");
	if (!f)
		return 0;
	fseek(f, *from, SEEK_SET);
	while (fgets(line, sizeof line, f))
		count += strstr(line, status) != NULL;
	*from = ftell(f);
	fclose(f);
	return count;
}

/* The daemon writes by a thread of its own: a second for it, and a moment more for a line too many. */
static unsigned
audit_wait(long *from, const char *status, unsigned count)
{
	unsigned seen = 0;

	for (unsigned i = 0; i < 50 && seen < count; i++) {
		usleep(20000);
		seen += audit_count(from, status);
	}
	usleep(50000);
	return seen + audit_count(from, status);
}

/* `told`: few enough for the audit file to tell each. */
static void
round_of(ULONG threshold, unsigned count, bool told, void (*all)(unsigned))
{
	pthread_barrierattr_t among;
	HANDLE lsa = admin();
	bool locked = false;
	long at = 0;

	CHECK(OlsaPolicySet(lsa, "lockout-threshold", threshold) == STATUS_SUCCESS);
	CHECK(OlsaUserLock(lsa, API_USER, FALSE) == STATUS_SUCCESS);
	CHECK(failed_attempts(lsa, &locked) == 0 && !locked);
	shared->denied = shared->other = 0;
	pthread_barrierattr_init(&among);
	pthread_barrierattr_setpshared(&among, PTHREAD_PROCESS_SHARED);
	pthread_barrier_init(&shared->start, &among, count);
	if (told)
		usleep(1100000);
	(void)audit_count(&at, "");
	all(count);
	CHECK_U64(shared->denied, count);
	CHECK_U64(shared->other, 0);
	CHECK_U64(failed_attempts(lsa, &locked), threshold);
	CHECK(locked);
	if (told)
		CHECK_U64(audit_wait(&at, "\"status\":\"STATUS_WRONG_PASSWORD\"", threshold), threshold);
	CHECK(guess(API_PASSWORD) == SEC_E_LOGON_DENIED);
	CHECK(OlsaUserLock(lsa, API_USER, FALSE) == STATUS_SUCCESS);
	CHECK(guess(API_PASSWORD) == SEC_E_OK);
	CHECK(OlsaPolicySet(lsa, "lockout-threshold", 10) == STATUS_SUCCESS);
	pthread_barrier_destroy(&shared->start);
	LsaDeregisterLogonProcess(lsa);
}

TEST(threads_of_one_process)
{
	round_of(5, AT_ONCE, false, guess_in_threads);
	round_of(10, AT_ONCE, false, guess_in_threads);
	round_of(5, 40, true, guess_in_threads);
}

TEST(several_processes)
{
	round_of(5, AT_ONCE, false, guess_in_processes);
	round_of(10, AT_ONCE, false, guess_in_processes);
	round_of(10, 40, true, guess_in_processes);
}

TEST(a_right_password_is_no_guess)
{
	HANDLE lsa = admin();
	bool locked = false;

	CHECK(OlsaPolicySet(lsa, "lockout-threshold", 5) == STATUS_SUCCESS);
	CHECK(OlsaUserLock(lsa, API_USER, TRUE) == STATUS_SUCCESS);
	for (unsigned n = 0; n < 12; n++)
		CHECK(guess(API_PASSWORD) == SEC_E_LOGON_DENIED);
	CHECK_U64(failed_attempts(lsa, &locked), 0);
	CHECK(locked);
	for (unsigned n = 0; n < 3; n++)
		CHECK(guess("not the password") == SEC_E_LOGON_DENIED);
	CHECK_U64(failed_attempts(lsa, &locked), 3);
	CHECK(OlsaUserLock(lsa, API_USER, FALSE) == STATUS_SUCCESS);
	CHECK(guess(API_PASSWORD) == SEC_E_OK);
	CHECK(OlsaPolicySet(lsa, "lockout-threshold", 10) == STATUS_SUCCESS);
	LsaDeregisterLogonProcess(lsa);
}

int
main(void)
{
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 1;
	api_begin();
	RUN(several_processes);
	RUN(threads_of_one_process);
	RUN(a_right_password_is_no_guess);
	return check_end();
}
