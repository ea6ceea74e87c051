/*
 * policy_notify_test.c - secur32/notify.c and secur32/events.c with lsa/changes.c
 * behind them: registrations, events and descriptors that are signalled after
 * the commit, writers at once; OlsaCreateEventA, OlsaCreateEventW, OlsaSetEvent,
 * OlsaResetEvent and OlsaWaitForSingleObject under kernel32's names. Spec lsa-policy 8, 9.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tests/api/policy.h"

#define SOON	5000u
#define NEVER	300u

static NTSTATUS
role_set(LSA_HANDLE h, int role)
{
	POLICY_LSA_SERVER_ROLE_INFO info = { (POLICY_LSA_SERVER_ROLE)role };

	return LsaSetInformationPolicy(h, PolicyLsaServerRoleInformation, &info);
}

TEST(events_of_their_own)
{
	HANDLE a = CreateEventA(NULL, FALSE, FALSE, NULL), m = CreateEventW(NULL, TRUE, TRUE, NULL);

	CHECK(a && m);
	CHECK_U64(WaitForSingleObject(a, 0), WAIT_TIMEOUT);
	CHECK_U64(WaitForSingleObject(m, 0), WAIT_OBJECT_0);
	CHECK_U64(WaitForSingleObject(m, INFINITE), WAIT_OBJECT_0);
	CHECK(SetEvent(a) && ResetEvent(m));
	CHECK_U64(WaitForSingleObject(a, 1000), WAIT_OBJECT_0);
	CHECK_U64(WaitForSingleObject(a, 10), WAIT_TIMEOUT);
	CHECK_U64(WaitForSingleObject(m, 10), WAIT_TIMEOUT);
	CHECK(CloseHandle(a) && CloseHandle(m));
	CHECK(!CloseHandle(a) && GetLastError() == ERROR_INVALID_HANDLE);
	CHECK_U64(WaitForSingleObject(a, 0), WAIT_FAILED);
	CHECK(!SetEvent(m));
	CHECK(CreateEventA(NULL, FALSE, FALSE, "named") == NULL && GetLastError() == ERROR_NOT_SUPPORTED);
}

TEST(registrations)
{
	HANDLE e = CreateEventA(NULL, FALSE, FALSE, NULL);

	CHECK_ST(LsaRegisterPolicyChangeNotification(0, e), STATUS_INVALID_PARAMETER);
	CHECK_ST(LsaRegisterPolicyChangeNotification(9, e), STATUS_INVALID_PARAMETER);
	CHECK_ST(LsaRegisterPolicyChangeNotification(1, NULL), STATUS_INVALID_HANDLE);
	CHECK_ST(LsaUnregisterPolicyChangeNotification(1, e), STATUS_INVALID_HANDLE);
	CHECK_ST(OlsaRegisterPolicyChangeFd(1, -1), STATUS_INVALID_HANDLE);
	CHECK_ST(OlsaUnregisterPolicyChangeFd(1, 0), STATUS_INVALID_HANDLE);
	/* The same pair twice counts twice. */
	CHECK_ST(LsaRegisterPolicyChangeNotification(3, e), STATUS_SUCCESS);
	CHECK_ST(LsaRegisterPolicyChangeNotification(3, e), STATUS_SUCCESS);
	CHECK_ST(LsaUnregisterPolicyChangeNotification(3, e), STATUS_SUCCESS);
	CHECK_ST(LsaUnregisterPolicyChangeNotification(4, e), STATUS_INVALID_HANDLE);
	CHECK_ST(LsaUnregisterPolicyChangeNotification(3, e), STATUS_SUCCESS);
	CHECK_ST(LsaUnregisterPolicyChangeNotification(3, e), STATUS_INVALID_HANDLE);
	CloseHandle(e);
}

TEST(told_after_the_commit)
{
	LSA_HANDLE h = policy_open_for(POLICY_ALL_ACCESS);
	HANDLE role = CreateEventA(NULL, FALSE, FALSE, NULL), dns = CreateEventA(NULL, TRUE, FALSE, NULL);
	POLICY_LSA_SERVER_ROLE_INFO *info;
	LSA_UNICODE_STRING data = { 2, 2, (PWSTR)(uintptr_t)"xy" };
	struct pollfd p = { .fd = eventfd(0, EFD_CLOEXEC), .events = POLLIN };
	int pipes[2];
	uint64_t count;

	CHECK(pipe2(pipes, O_CLOEXEC | O_NONBLOCK) == 0);
	CHECK_ST(LsaRegisterPolicyChangeNotification(PolicyNotifyServerRoleInformation, role), STATUS_SUCCESS);
	CHECK_ST(LsaRegisterPolicyChangeNotification(PolicyNotifyDnsDomainInformation, dns), STATUS_SUCCESS);
	CHECK_ST(OlsaRegisterPolicyChangeFd(PolicyNotifyServerRoleInformation, p.fd), STATUS_SUCCESS);
	CHECK_ST(OlsaRegisterPolicyChangeFd(PolicyNotifyMachineAccountPasswordInformation, pipes[1]), STATUS_SUCCESS);
	CHECK_U64(WaitForSingleObject(role, NEVER), WAIT_TIMEOUT);
	for (int i = 0; i < 3; i++) {
		CHECK_ST(role_set(h, 2 + i % 2), STATUS_SUCCESS);
		CHECK_U64(WaitForSingleObject(role, SOON), WAIT_OBJECT_0);
		CHECK_ST(LsaQueryInformationPolicy(h, PolicyLsaServerRoleInformation, (PVOID *)&info), STATUS_SUCCESS);
		CHECK_U64(info->LsaServerRole, 2 + i % 2);
		LsaFreeMemory(info);
		CHECK(poll(&p, 1, (int)SOON) == 1 && read(p.fd, &count, 8) == 8 && count >= 1);
		CHECK_U64(WaitForSingleObject(role, 0), WAIT_TIMEOUT);
	}
	CHECK_U64(WaitForSingleObject(dns, 0), WAIT_TIMEOUT);	/* another class */
	CHECK_ST(LsaStorePrivateData(h, U("$machine.acc"), &data), STATUS_SUCCESS);
	p.fd = pipes[0];
	CHECK(poll(&p, 1, (int)SOON) == 1 && read(pipes[0], &count, 8) == 8 && count == 1);
	/* Closing the handle is not unregistering; the event is kept. */
	CHECK(CloseHandle(dns));
	CHECK_ST(LsaUnregisterPolicyChangeNotification(PolicyNotifyDnsDomainInformation, dns), STATUS_SUCCESS);
	CHECK_ST(LsaUnregisterPolicyChangeNotification(PolicyNotifyServerRoleInformation, role), STATUS_SUCCESS);
	CHECK_ST(role_set(h, 3), STATUS_SUCCESS);
	CHECK_U64(WaitForSingleObject(role, NEVER), WAIT_TIMEOUT);
	CHECK_ST(OlsaUnregisterPolicyChangeFd(PolicyNotifyMachineAccountPasswordInformation, pipes[1]), STATUS_SUCCESS);
	close(pipes[0]);
	close(pipes[1]);
	CloseHandle(role);
	LsaClose(h);
}

/* --- 9.9: writers at once ---------------------------------------------------------------- */

#define WRITERS	4u

static void *
writer(void *arg)
{
	LSA_HANDLE h = policy_open_for(POLICY_ALL_ACCESS);
	unsigned rounds = api_scale(10, 5, 50);
	ULONGLONG last = policy_modified(h);

	for (unsigned i = 0; i < rounds; i++) {
		ULONGLONG now;

		CHECK_ST(role_set(h, 2 + (int)((uintptr_t)arg + i) % 2), STATUS_SUCCESS);
		now = policy_modified(h);
		CHECK(now > last);
		last = now;
	}
	LsaClose(h);
	return NULL;
}

TEST(writers_at_once)
{
	LSA_HANDLE h = policy_open_for(POLICY_VIEW_LOCAL_INFORMATION);
	HANDLE e = CreateEventA(NULL, FALSE, FALSE, NULL);
	ULONGLONG before = policy_modified(h);
	pthread_t threads[WRITERS];

	CHECK_ST(LsaRegisterPolicyChangeNotification(PolicyNotifyServerRoleInformation, e), STATUS_SUCCESS);
	for (uintptr_t i = 0; i < WRITERS; i++)
		CHECK(pthread_create(&threads[i], NULL, writer, (void *)i) == 0);
	CHECK_U64(WaitForSingleObject(e, SOON), WAIT_OBJECT_0);
	for (unsigned i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	CHECK_U64(policy_modified(h), before + WRITERS * api_scale(10, 5, 50));
	CHECK_ST(LsaUnregisterPolicyChangeNotification(PolicyNotifyServerRoleInformation, e), STATUS_SUCCESS);
	CloseHandle(e);
	LsaClose(h);
}

int
main(void)
{
	api_begin();
	RUN(events_of_their_own);
	RUN(registrations);
	RUN(told_after_the_commit);
	RUN(writers_at_once);
	return check_end();
}
