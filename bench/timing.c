/*
 * timing.c - what the time of a refusal tells: the last leg of an acceptor,
 * for a wrong password and for every other cause, in random order, compared
 * by Welch's t. It reports and asserts nothing: a busy machine widens the
 * spread and now and then makes a difference of its own, so the control row,
 * wrong passwords against wrong passwords, is what to read the others by.
 *
 *     timing [SAMPLES-OF-EACH]
 *
 * Public API alone. The environment says whether it is embedded or asks lsad.
 */
#define SECURITY_WIN32
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>

#include <ntsecapi.h>
#include <openlsa.h>
#include <sspi.h>

#include <math.h>

#include "worker.h"

#define THRESHOLD	900u		/* guesses before an account locks */
#define RIGHT		"Correct-Horse-9"
#define WRONG		"Incorrect-Cow-9"

enum cause { CAUSE_WRONG, CAUSE_CONTROL, CAUSE_UNKNOWN, CAUSE_LOCKED, CAUSE_BARRED, CAUSES };

static const struct { const char *user, *password, *text; } rows[CAUSES] = {
	[CAUSE_WRONG]   = { "alice0", WRONG, "wrong password" },
	[CAUSE_CONTROL] = { "bobby0", WRONG, "wrong password, another account (control)" },
	[CAUSE_UNKNOWN] = { "nobody", WRONG, "unknown user" },
	[CAUSE_LOCKED]  = { "carol0", WRONG, "locked by guesses" },
	[CAUSE_BARRED]  = { "david0", RIGHT, "locked by an administrator, right password" },
};

static CredHandle server;
static unsigned guesses[CAUSES];

static CredHandle
cred_of(const char *user, const char *password)
{
	SEC_WINNT_AUTH_IDENTITY_A id = {
		.User = (unsigned char *)(uintptr_t)user, .UserLength = (ULONG)strlen(user),
		.Password = (unsigned char *)(uintptr_t)password, .PasswordLength = (ULONG)strlen(password),
		.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
	};
	char ntlm[] = "NTLM";
	CredHandle cred;

	MUST_BE(AcquireCredentialsHandleA(NULL, ntlm, SECPKG_CRED_OUTBOUND, NULL, &id, NULL, NULL, &cred, NULL), SEC_E_OK);
	return cred;
}

/* One logon; nanoseconds of its last leg at the acceptor. */
static uint64_t
logon(const char *user, const char *password, SECURITY_STATUS want)
{
	char up[4096], down[4096], target[] = "host/localhost";
	SecBuffer up_buffer = { sizeof up, SECBUFFER_TOKEN, up }, down_buffer = { sizeof down, SECBUFFER_TOKEN, down };
	SecBufferDesc to_server = { SECBUFFER_VERSION, 1, &up_buffer }, to_client = { SECBUFFER_VERSION, 1, &down_buffer };
	CredHandle cred = cred_of(user, password);
	CtxtHandle initiator, acceptor;
	SECURITY_STATUS status;
	ULONG granted;
	uint64_t began;

	MUST_BE(InitializeSecurityContextA(&cred, NULL, target, ISC_REQ_INTEGRITY, 0, SECURITY_NATIVE_DREP, NULL, 0,
	    &initiator, &to_server, &granted, NULL), SEC_I_CONTINUE_NEEDED);
	MUST_BE(AcceptSecurityContext(&server, NULL, &to_server, 0, SECURITY_NATIVE_DREP, &acceptor, &to_client, &granted,
	    NULL), SEC_I_CONTINUE_NEEDED);
	up_buffer.cbBuffer = sizeof up;
	MUST_BE(InitializeSecurityContextA(&cred, &initiator, NULL, ISC_REQ_INTEGRITY, 0, SECURITY_NATIVE_DREP, &to_client, 0,
	    &initiator, &to_server, &granted, NULL), SEC_E_OK);
	down_buffer.cbBuffer = sizeof down;
	began = clock_ns(CLOCK_MONOTONIC);
	status = AcceptSecurityContext(&server, &acceptor, &to_server, 0, SECURITY_NATIVE_DREP, &acceptor, &to_client,
	    &granted, NULL);
	began = clock_ns(CLOCK_MONOTONIC) - began;
	MUST_BE(status, want);
	DeleteSecurityContext(&initiator);
	DeleteSecurityContext(&acceptor);
	FreeCredentialsHandle(&cred);
	return began;
}

static uint64_t
refusal(enum cause cause)
{
	char name[32];

	snprintf(name, sizeof name, "%s", rows[cause].user);
	if (cause == CAUSE_UNKNOWN)		/* none often enough to lock */
		snprintf(name, sizeof name, "n%05u", ++guesses[cause] % 100000);
	if ((cause == CAUSE_WRONG || cause == CAUSE_CONTROL) && ++guesses[cause] >= THRESHOLD / 2) {
		(void)logon(name, RIGHT, SEC_E_OK);
		guesses[cause] = 1;
	}
	return logon(name, rows[cause].password, SEC_E_LOGON_DENIED);
}

static void
estate_make(void)
{
	LSA_STRING name = { 6, 6, (char *)(uintptr_t)"timing" };
	LSA_OPERATIONAL_MODE mode;
	char ntlm[] = "NTLM";
	HANDLE lsa;

	MUST_BE(LsaRegisterLogonProcess(&name, &lsa, &mode), STATUS_SUCCESS);
	MUST_BE(OlsaPolicySet(lsa, "lockout-threshold", THRESHOLD), STATUS_SUCCESS);
	for (int n = 0; n < CAUSES; n++)
		if (n != CAUSE_UNKNOWN)
			MUST_BE(OlsaUserAdd(lsa, rows[n].user, "", RIGHT, NULL), STATUS_SUCCESS);
	MUST_BE(OlsaUserLock(lsa, rows[CAUSE_BARRED].user, TRUE), STATUS_SUCCESS);
	LsaDeregisterLogonProcess(lsa);
	MUST_BE(AcquireCredentialsHandleA(NULL, ntlm, SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL, &server, NULL), SEC_E_OK);
	for (unsigned n = 0; n <= THRESHOLD; n++)
		(void)logon(rows[CAUSE_LOCKED].user, WRONG, SEC_E_LOGON_DENIED);
}

/* --- what the samples say ------------------------------------------------------------ */

struct moments { double n, mean, variance; };

static struct moments
moments_of(const double *x, size_t n, double limit)
{
	struct moments m = { 0, 0, 0 };

	for (size_t i = 0; i < n; i++)
		if (x[i] <= limit) {
			double d = x[i] - m.mean;

			m.n++;
			m.mean += d / m.n;
			m.variance += d * (x[i] - m.mean);
		}
	m.variance /= m.n - 1;
	return m;
}

static double
welch(struct moments a, struct moments b)
{
	return (a.mean - b.mean) / sqrt(a.variance / a.n + b.variance / b.n);
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* One limit for all classes, so that cropping favours none. */
static double
limit_of(double *const *x, size_t n, double share)
{
	double *all = malloc(CAUSES * n * sizeof *all), limit;

	MUST(all);
	for (size_t c = 0; c < CAUSES; c++)
		memcpy(all + c * n, x[c], n * sizeof *all);
	qsort(all, CAUSES * n, sizeof *all, by_size);
	limit = all[(size_t)(share * (double)(CAUSES * n - 1))];
	free(all);
	return limit;
}

static void
report(double *const *x, size_t n)
{
	double most = limit_of(x, n, 0.9);
	struct moments all = moments_of(x[0], n, INFINITY), calm = moments_of(x[0], n, most);

	printf("| cause | mean, us | below the 90th percentile, us | t, all | t, below |\n|---|---|---|---|---|\n");
	for (size_t c = 0; c < CAUSES; c++) {
		struct moments a = moments_of(x[c], n, INFINITY), b = moments_of(x[c], n, most);

		printf("| %s | %.2f | %.2f | ", rows[c].text, a.mean / 1000, b.mean / 1000);
		if (c)
			printf("%.1f | %.1f |\n", welch(a, all), welch(b, calm));
		else
			printf("- | - |\n");
	}
}

int
main(int argc, char **argv)
{
	size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000;
	size_t done[CAUSES] = { 0 }, left = CAUSES * n;
	uint64_t seed = 88172645463325252ull;
	double *x[CAUSES];

	MUST(n > 1);
	for (size_t c = 0; c < CAUSES; c++)
		MUST((x[c] = malloc(n * sizeof *x[c])) != NULL);
	estate_make();
	while (left) {
		size_t c;

		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		c = seed % CAUSES;
		if (done[c] == n)
			continue;
		x[c][done[c]++] = (double)refusal((enum cause)c);
		left--;
	}
	report(x, n);
	for (size_t c = 0; c < CAUSES; c++)
		free(x[c]);
	FreeCredentialsHandle(&server);
	return 0;
}
