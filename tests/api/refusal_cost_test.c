/*
 * refusal_cost_test.c - row D10: an unknown name, a wrong password, a locked
 * account and one that an administrator has locked cost the same - one status,
 * one write that is waited for, about the same time. How exactly the same
 * time, bench/timing.sh measures. Covers pkg/ntlm/ntlm_check.c,
 * lsa/services.c, store/attempt.c, counters.c.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/api/logon.h"
#include "tests/check.h"

#define WRONG	"not the password"
#define TIMES	40u
#define APART	10u			/* times: a disk has moods, and a write that is left out makes a hundred of it */

enum cause { WRONG_PASSWORD, UNKNOWN, GUESSED_AT, LOCKED, CAUSES };

static const char *const users[CAUSES] = { "anna", "nobody", "carl", "dora" };
static CredHandle server;

/* What is waited for is counted, where the LSA is in here. */
static _Atomic unsigned syncs;

int
fdatasync(int fd)
{
	syncs++;
	return (int)syscall(SYS_fdatasync, fd);
}

struct cost { unsigned syncs; uint64_t us; };

/* One network logon; what the acceptor's last leg cost. */
static SECURITY_STATUS
try(const char *user, const char *password, struct cost *ret)
{
	SEC_WINNT_AUTH_IDENTITY_A id = { (unsigned char *)(uintptr_t)user, (ULONG)strlen(user), NULL, 0,
	    (unsigned char *)(uintptr_t)password, (ULONG)strlen(password), SEC_WINNT_AUTH_IDENTITY_ANSI };
	char up[4096], down[4096];
	SecBuffer up_b = { sizeof up, SECBUFFER_TOKEN, up }, down_b = { sizeof down, SECBUFFER_TOKEN, down };
	SecBufferDesc to_server = { SECBUFFER_VERSION, 1, &up_b }, to_client = { SECBUFFER_VERSION, 1, &down_b };
	struct timespec from, to;
	CtxtHandle client, peer;
	SECURITY_STATUS status;
	CredHandle cred;
	ULONG attr;

	CHECK(AcquireCredentialsHandleA(NULL, (char *)(uintptr_t)"NTLM", SECPKG_CRED_OUTBOUND, NULL, &id, NULL, NULL, &cred,
	    NULL) == SEC_E_OK);
	CHECK(InitializeSecurityContextA(&cred, NULL, NULL, 0, 0, 0, NULL, 0, &client, &to_server, &attr, NULL) ==
	    SEC_I_CONTINUE_NEEDED);
	CHECK(AcceptSecurityContext(&server, NULL, &to_server, 0, 0, &peer, &to_client, &attr, NULL) == SEC_I_CONTINUE_NEEDED);
	up_b.cbBuffer = sizeof up;
	CHECK(InitializeSecurityContextA(&cred, &client, NULL, 0, 0, 0, &to_client, 0, &client, &to_server, &attr, NULL) ==
	    SEC_E_OK);
	down_b.cbBuffer = sizeof down;
	ret->syncs = syncs;
	clock_gettime(CLOCK_MONOTONIC, &from);
	status = AcceptSecurityContext(&server, &peer, &to_server, 0, 0, &peer, &to_client, &attr, NULL);
	clock_gettime(CLOCK_MONOTONIC, &to);
	ret->syncs = syncs - ret->syncs;
	ret->us = (uint64_t)(to.tv_sec - from.tv_sec) * 1000000u + (uint64_t)(to.tv_nsec - from.tv_nsec + 1000000000) / 1000u -
	    1000000u;
	DeleteSecurityContext(&client);
	DeleteSecurityContext(&peer);
	FreeCredentialsHandle(&cred);
	return status;
}

static int
by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

TEST(refusals_cost_the_same)
{
	static uint64_t us[CAUSES][TIMES];
	uint64_t least = UINT64_MAX, most = 0;

	for (unsigned n = 0; n < TIMES; n++)
		for (unsigned c = 0; c < CAUSES; c++) {
			struct cost cost, other;
			char name[32];

			snprintf(name, sizeof name, c == UNKNOWN ? "%s%u" : "%s", users[c], n);
			/* Who has guessed a few times gets it right in between, so that nobody is locked by this test. */
			if (c == WRONG_PASSWORD && n % 5 == 4)
				CHECK(try(name, API_PASSWORD, &other) == SEC_E_OK && other.syncs == 0);
			CHECK_U64((ULONG)try(name, c == LOCKED ? API_PASSWORD : WRONG, &cost), (ULONG)SEC_E_LOGON_DENIED);
			if (!CHECK_U64(cost.syncs, api_far() ? 0 : 1))
				fprintf(stderr, "   of %s\n", name);
			us[c][n] = cost.us;
		}
	for (unsigned c = 0; c < CAUSES; c++) {
		qsort(us[c], TIMES, sizeof us[c][0], by_size);
		printf("   %-6s %llu us\n", users[c], (unsigned long long)us[c][TIMES / 4]);
		least = us[c][TIMES / 4] < least ? us[c][TIMES / 4] : least;
		most = us[c][TIMES / 4] > most ? us[c][TIMES / 4] : most;
	}
	CHECK(most <= APART * least);
}

int
main(void)
{
	struct cost cost;
	HANDLE lsa;

	api_begin();
	for (unsigned c = 0; c < CAUSES; c++)
		if (c != UNKNOWN)
			logon_user(users[c], API_PASSWORD);
	lsa = logon_trusted();
	CHECK(OlsaUserLock(lsa, users[LOCKED], TRUE) == STATUS_SUCCESS);
	CHECK(LsaDeregisterLogonProcess(lsa) == STATUS_SUCCESS);
	CHECK(AcquireCredentialsHandleA(NULL, (char *)(uintptr_t)"NTLM", SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL, &server,
	    NULL) == SEC_E_OK);
	for (unsigned n = 0; n < 12; n++)
		CHECK(try(users[GUESSED_AT], WRONG, &cost) == SEC_E_LOGON_DENIED);
	CHECK(try(users[GUESSED_AT], API_PASSWORD, &cost) == SEC_E_LOGON_DENIED);	/* locked indeed */
	RUN(refusals_cost_the_same);
	CHECK(FreeCredentialsHandle(&server) == SEC_E_OK);
	return check_end();
}
