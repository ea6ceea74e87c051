/*
 * stuck.c - Kerberos calls that no KDC ends, and NTLM beside them. In an
 * environment whose krb5.conf leads into a black hole, and where the LSA has
 * the account STUCK_USER of STUCK_DOMAIN with STUCK_PASSWORD.
 *
 *     held N        starts N legs with ten minutes each
 *     let-go N      cancels them; MORE: microseconds until the last one was told
 *     deadline N    N legs with 1000 ms each; MORE: microseconds of the latest after that (0: each ended before)
 *     blocked N     the same, one after the other, by the blocking call
 *     derive N      first legs, one after the other, by the password DERIVE_PASSWORD of alice in the realm DERIVE_REALM:
 *                   for that one a KDC must be there
 *     ntlm N        handshakes; MORE: nanoseconds that 99 of 100 took at most
 *
 * A leg into the hole that ends with anything but an error ends the program.
 */
#define SECURITY_WIN32
#include <openlsa.h>
#include <ntstatus.h>

#include <poll.h>

#include "worker.h"

#define DEADLINE_MS	1000u
#define LONG_MS		600000u
#define MOST		4096u

struct flight {
	SspiAsyncContext *async;
	CredHandle cred;
	CtxtHandle ctx;
	unsigned char token[4096];
	SecBuffer buffer;
	SecBufferDesc out;
	TimeStamp expiry;
	ULONG granted;
};

static char target[] = "HTTP/localhost", hole[] = "HOLE.TEST", who[] = "alice", password[] = "x";
static struct flight *flights[MOST];
static unsigned long count;
static OLSA_ASYNC_QUEUE *queue;

static SEC_WINNT_AUTH_IDENTITY_A
identity(char *user, char *domain, char *secret)
{
	return (SEC_WINNT_AUTH_IDENTITY_A){ .User = (unsigned char *)user, .UserLength = (ULONG)strlen(user),
		.Domain = (unsigned char *)domain, .DomainLength = (ULONG)strlen(domain),
		.Password = (unsigned char *)secret, .PasswordLength = (ULONG)strlen(secret), .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI };
}

static CredHandle
cred_take(const char *package, ULONG use, SEC_WINNT_AUTH_IDENTITY_A *as)
{
	CredHandle cred;

	MUST_BE(AcquireCredentialsHandleA(NULL, (char *)(uintptr_t)package, use, NULL, as, NULL, NULL, &cred, NULL), SEC_E_OK);
	return cred;
}

/* --- stuck ------------------------------------------------------------------------- */

static void
flight_start(ULONG ms)
{
	SEC_WINNT_AUTH_IDENTITY_A as = identity(who, hole, password);
	struct flight *f = calloc(1, sizeof *f);

	MUST(f && count < MOST && (queue || OlsaSspiAsyncQueueCreate(&queue) == 0));
	flights[count++] = f;
	f->cred = cred_take("Kerberos", SECPKG_CRED_OUTBOUND, &as);
	f->buffer = (SecBuffer){ sizeof f->token, SECBUFFER_TOKEN, f->token };
	f->out = (SecBufferDesc){ SECBUFFER_VERSION, 1, &f->buffer };
	f->async = SspiCreateAsyncContext();
	MUST(f->async);
	MUST_BE(OlsaSspiBindAsyncContext(f->async, queue, f), SEC_E_OK);
	MUST_BE(OlsaSspiSetAsyncDeadline(f->async, ms), SEC_E_OK);
	MUST_BE(SspiInitializeSecurityContextAsyncA(f->async, &f->cred, NULL, target, ISC_REQ_MUTUAL_AUTH, 0, SECURITY_NATIVE_DREP,
	    NULL, 0, &f->ctx, &f->out, &f->granted, &f->expiry), SEC_E_OK);
}

/* Takes all that were started. */
static void
flights_end(void)
{
	struct pollfd p = { .fd = OlsaSspiAsyncQueueFd(queue), .events = POLLIN };
	void *at;

	for (unsigned long left = count; left;) {
		SspiAsyncContext *async = OlsaSspiAsyncNext(queue, &at);
		SECURITY_STATUS status;
		struct flight *f = at;

		if (!async) {
			MUST(poll(&p, 1, 60000) == 1);
			continue;
		}
		status = SspiGetAsyncCallStatus(async);
		MUST(status < 0 && status != SEC_I_ASYNC_CALL_PENDING);
		SspiFreeAsyncContext(async);
		FreeCredentialsHandle(&f->cred);
		free(f);
		left--;
	}
	count = 0;
}

static uint64_t
held(unsigned long n, unsigned long arg)
{
	(void)arg;
	while (n--)
		flight_start(LONG_MS);
	return 0;
}

static uint64_t
let_go(unsigned long n, unsigned long arg)
{
	uint64_t began = clock_ns(CLOCK_MONOTONIC);

	(void)n;
	(void)arg;
	/* What has ended by itself, where the hole answers with something, is no longer there to be cancelled. */
	for (unsigned long i = 0; i < count; i++) {
		SECURITY_STATUS status = OlsaSspiCancelAsync(flights[i]->async);

		MUST(status == SEC_E_OK || status == SEC_E_INVALID_HANDLE);
	}
	flights_end();
	return (clock_ns(CLOCK_MONOTONIC) - began) / 1000;
}

static uint64_t
late(uint64_t took)
{
	return took / 1000 > DEADLINE_MS * 1000u ? took / 1000 - DEADLINE_MS * 1000u : 0;
}

static uint64_t
deadline(unsigned long n, unsigned long arg)
{
	uint64_t began = clock_ns(CLOCK_MONOTONIC);

	(void)arg;
	while (n--)
		flight_start(DEADLINE_MS);
	flights_end();
	return late(clock_ns(CLOCK_MONOTONIC) - began);
}

static uint64_t
blocked(unsigned long n, unsigned long arg)
{
	uint64_t latest = 0;

	(void)arg;
	while (n--) {
		SEC_WINNT_AUTH_IDENTITY_A as = identity(who, hole, password);
		CredHandle cred = cred_take("Kerberos", SECPKG_CRED_OUTBOUND, &as);
		unsigned char token[4096];
		SecBuffer buffer = { sizeof token, SECBUFFER_TOKEN, token };
		SecBufferDesc out = { SECBUFFER_VERSION, 1, &buffer };
		ULONG ms = DEADLINE_MS, granted;
		uint64_t began;
		CtxtHandle ctx;

		MUST_BE(SetCredentialsAttributesA(&cred, OLSA_CRED_ATTR_DEADLINE, &ms, sizeof ms), SEC_E_OK);
		began = clock_ns(CLOCK_MONOTONIC);
		MUST(InitializeSecurityContextA(&cred, NULL, target, ISC_REQ_MUTUAL_AUTH, 0, SECURITY_NATIVE_DREP, NULL, 0, &ctx, &out,
		    &granted, NULL) < 0);
		began = late(clock_ns(CLOCK_MONOTONIC) - began);
		latest = began > latest ? began : latest;
		FreeCredentialsHandle(&cred);
	}
	return latest;
}

static uint64_t
derive(unsigned long n, unsigned long arg)
{
	(void)arg;
	while (n--) {
		SEC_WINNT_AUTH_IDENTITY_A as = identity(who, getenv("DERIVE_REALM"), getenv("DERIVE_PASSWORD"));
		CredHandle cred = cred_take("Kerberos", SECPKG_CRED_OUTBOUND, &as);
		unsigned char token[4096];
		SecBuffer buffer = { sizeof token, SECBUFFER_TOKEN, token };
		SecBufferDesc out = { SECBUFFER_VERSION, 1, &buffer };
		ULONG granted;
		CtxtHandle ctx;

		MUST_BE(InitializeSecurityContextA(&cred, NULL, target, ISC_REQ_MUTUAL_AUTH, 0, SECURITY_NATIVE_DREP, NULL, 0, &ctx,
		    &out, &granted, NULL), SEC_I_CONTINUE_NEEDED);
		DeleteSecurityContext(&ctx);
		FreeCredentialsHandle(&cred);
	}
	return 0;
}

/* --- beside -------------------------------------------------------------------------- */

static CredHandle ours, theirs;

static void
handshake(void)
{
	unsigned char up[2048], down[2048];
	SecBuffer u = { sizeof up, SECBUFFER_TOKEN, up }, d = { sizeof down, SECBUFFER_TOKEN, down };
	SecBufferDesc ud = { SECBUFFER_VERSION, 1, &u }, dd = { SECBUFFER_VERSION, 1, &d };
	ULONG wants = ISC_REQ_INTEGRITY | ISC_REQ_CONFIDENTIALITY, granted;
	CtxtHandle client, server;

	MUST_BE(InitializeSecurityContextA(&ours, NULL, target, wants, 0, SECURITY_NATIVE_DREP, NULL, 0, &client, &ud, &granted,
	    NULL), SEC_I_CONTINUE_NEEDED);
	MUST_BE(AcceptSecurityContext(&theirs, NULL, &ud, ASC_REQ_CONFIDENTIALITY, SECURITY_NATIVE_DREP, &server, &dd, &granted,
	    NULL), SEC_I_CONTINUE_NEEDED);
	u.cbBuffer = sizeof up;
	MUST_BE(InitializeSecurityContextA(&ours, &client, target, wants, 0, SECURITY_NATIVE_DREP, &dd, 0, &client, &ud, &granted,
	    NULL), SEC_E_OK);
	d.cbBuffer = sizeof down;
	MUST_BE(AcceptSecurityContext(&theirs, &server, &ud, ASC_REQ_CONFIDENTIALITY, SECURITY_NATIVE_DREP, &server, &dd, &granted,
	    NULL), SEC_E_OK);
	DeleteSecurityContext(&client);
	DeleteSecurityContext(&server);
}

static int
order(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t
ntlm(unsigned long n, unsigned long arg)
{
	uint64_t *took = calloc(n, sizeof *took), slow;

	(void)arg;
	MUST(took && n);
	if (!ours.dwLower && !ours.dwUpper) {
		SEC_WINNT_AUTH_IDENTITY_A as = identity(getenv("STUCK_USER"), getenv("STUCK_DOMAIN"), getenv("STUCK_PASSWORD"));

		ours = cred_take("NTLM", SECPKG_CRED_OUTBOUND, &as);
		theirs = cred_take("NTLM", SECPKG_CRED_INBOUND, NULL);
	}
	for (unsigned long i = 0; i < n; i++) {
		took[i] = clock_ns(CLOCK_MONOTONIC);
		handshake();
		took[i] = clock_ns(CLOCK_MONOTONIC) - took[i];
	}
	qsort(took, n, sizeof *took, order);
	slow = took[(n - 1) * 99 / 100];
	free(took);
	return slow;
}

int
main(void)
{
	static const struct work list[] = {
		{ "held",     held,     0 },
		{ "let-go",   let_go,   0 },
		{ "deadline", deadline, 0 },
		{ "blocked",  blocked,  0 },
		{ "derive",   derive,   0 },
		{ "ntlm",     ntlm,     0 },
	};

	return worker_serve(list, sizeof list / sizeof *list);
}
