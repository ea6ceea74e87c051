/*
 * ours.c - OpenLSA from outside: what include/ offers and no more. The
 * environment says whether it is embedded or asks lsad.
 */
#define SECURITY_WIN32
#include <openlsa.h>
#include <ntstatus.h>

#include <poll.h>
#include <semaphore.h>
#include <stdatomic.h>

static PSecurityFunctionTableA sspi;
static char domain[64];

static inline void
server_told(CtxtHandle *ctx)
{
	(void)ctx;
}

static inline SECURITY_STATUS
server_ended(CtxtHandle *ctx, SecBufferDesc *out, SECURITY_STATUS status)
{
	(void)ctx;
	(void)out;
	return status;
}

#include "pair.h"

/* --- asynchronous handshakes ------------------------------------------------------ */

/* One handshake under way. Each completion sets out on the next leg. */
struct flight {
	SspiAsyncContext *async;
	struct flights *all;
	struct pair pair;
	struct token up, down;
	SecBuffer in_buffer, out_buffer;
	SecBufferDesc in, out;
	TimeStamp expiry;
	ULONG granted;
	enum { CLIENT_FIRST, SERVER_FIRST, CLIENT_LAST, SERVER_LAST } leg;
};

struct flights {
	struct creds creds;
	atomic_ulong to_start, to_end;
	OLSA_ASYNC_QUEUE *queue;	/* NULL: callback threads */
	sem_t ended;
};

static void
leg_start(struct flight *f, struct token *in, struct token *out)
{
	struct creds *c = &f->all->creds;
	bool server = f->leg == SERVER_FIRST || f->leg == SERVER_LAST, first = f->leg < CLIENT_LAST;

	f->in_buffer = (SecBuffer){ in->len, SECBUFFER_TOKEN, in->b };
	f->out_buffer = (SecBuffer){ TOKEN_MOST, SECBUFFER_TOKEN, out->b };
	f->in = (SecBufferDesc){ SECBUFFER_VERSION, 1, &f->in_buffer };
	f->out = (SecBufferDesc){ SECBUFFER_VERSION, 1, &f->out_buffer };
	if (server)
		MUST_BE(SspiAcceptSecurityContextAsync(f->async, &c->server, first ? NULL : &f->pair.server, &f->in,
		    SERVER_WANTS, SECURITY_NATIVE_DREP, &f->pair.server, &f->out, &f->granted, &f->expiry), SEC_E_OK);
	else
		MUST_BE(SspiInitializeSecurityContextAsyncA(f->async, &c->client, first ? NULL : &f->pair.client,
		    target_name, CLIENT_WANTS, 0, SECURITY_NATIVE_DREP, first ? NULL : &f->in, 0, &f->pair.client, &f->out,
		    &f->granted, &f->expiry), SEC_E_OK);
}

/* False: every handshake that was wanted has been started. */
static bool
flight_start(struct flight *f)
{
	unsigned long left = atomic_load(&f->all->to_start);

	while (left && !atomic_compare_exchange_weak(&f->all->to_start, &left, left - 1))
		;
	if (!left)
		return false;
	f->leg = CLIENT_FIRST;
	f->down.len = 0;
	leg_start(f, &f->down, &f->up);
	return true;
}

static void
flight_ended(struct flight *f)
{
	pair_close(&f->pair);
	if (!flight_start(f)) {
		SspiFreeAsyncContext(f->async);
		f->async = NULL;
	}
	if (atomic_fetch_sub(&f->all->to_end, 1) == 1)
		sem_post(&f->all->ended);
}

static void
flight_goes_on(struct flight *f)
{
	struct token *out = f->leg == CLIENT_FIRST || f->leg == CLIENT_LAST ? &f->up : &f->down;
	SECURITY_STATUS status = SspiGetAsyncCallStatus(f->async);

	MUST_BE(status, f->leg < CLIENT_LAST ? SEC_I_CONTINUE_NEEDED : SEC_E_OK);
	out->len = f->out_buffer.cbBuffer;
	MUST_BE(SspiReinitAsyncContext(f->async), STATUS_SUCCESS);
	if (f->leg == SERVER_LAST) {
		flight_ended(f);
		return;
	}
	f->leg++;
	if (out == &f->up)
		leg_start(f, &f->up, &f->down);
	else
		leg_start(f, &f->down, &f->up);
}

static void
on_callback(SspiAsyncContext *async, void *data)
{
	(void)async;
	flight_goes_on(data);
}

/* One thread, one descriptor, as an event loop would do it. */
static void
loop(struct flights *all)
{
	struct pollfd p = { .fd = OlsaSspiAsyncQueueFd(all->queue), .events = POLLIN };
	void *flight;

	while (atomic_load(&all->to_end))
		if (OlsaSspiAsyncNext(all->queue, &flight))
			flight_goes_on(flight);
		else
			MUST(poll(&p, 1, 10000) == 1);
}

/* n handshakes, up to `wide` at a time. Peak number of threads. */
static uint64_t
fly(unsigned long n, unsigned long wide, bool queued)
{
	struct flights all = { .to_start = n, .to_end = n };
	struct flight *flights;
	unsigned long count = wide < n ? wide : n;
	uint64_t threads;

	creds_take(&all.creds);
	MUST(sem_init(&all.ended, 0, 0) == 0 && (flights = calloc(count, sizeof *flights)) != NULL);
	if (queued)
		MUST(OlsaSspiAsyncQueueCreate(&all.queue) == 0);
	for (unsigned long i = 0; i < count; i++) {
		struct flight *f = &flights[i];

		f->all = &all;
		f->async = SspiCreateAsyncContext();
		MUST(f->async);
		if (queued)
			MUST_BE(OlsaSspiBindAsyncContext(f->async, all.queue, f), SEC_E_OK);
		else
			MUST_BE(SspiSetAsyncNotifyCallback(f->async, on_callback, f), SEC_E_OK);
	}
	for (unsigned long i = 0; i < count; i++)
		(void)flight_start(&flights[i]);
	threads = proc_self("status", "Threads:");
	if (queued)
		loop(&all);
	while (sem_wait(&all.ended) != 0)
		;
	if (queued)
		OlsaSspiAsyncQueueFree(all.queue);
	creds_put(&all.creds);
	free(flights);
	return threads;
}

static uint64_t
by_queue(unsigned long n, unsigned long wide)
{
	return fly(n, wide, true);
}

static uint64_t
by_callbacks(unsigned long n, unsigned long wide)
{
	return fly(n, wide, false);
}

/* --- others ------------------------------------------------------------------------- */

static HANDLE
untrusted(void)
{
	HANDLE lsa = NULL;

	MUST_BE(LsaConnectUntrusted(&lsa), STATUS_SUCCESS);
	return lsa;
}

static uint64_t
ping(unsigned long n, unsigned long arg)
{
	static HANDLE lsa;

	(void)arg;
	if (!lsa)
		lsa = untrusted();
	while (n--)
		MUST_BE(OlsaPing(lsa), STATUS_SUCCESS);
	return 0;
}

/* The account, where it is missing, and the name of its domain. */
static void
account_make(void)
{
	LSA_STRING name = { 5, 6, (PCHAR)(uintptr_t)"bench" };
	LSA_OPERATIONAL_MODE mode;
	OlsaStatusInfo info;
	NTSTATUS status;
	HANDLE lsa;

	MUST_BE(LsaRegisterLogonProcess(&name, &lsa, &mode), STATUS_SUCCESS);
	status = OlsaUserAdd(lsa, USER, "", PASSWORD, NULL);
	MUST(status == STATUS_SUCCESS || status == STATUS_USER_EXISTS);
	MUST_BE(OlsaStatus(lsa, &info), STATUS_SUCCESS);
	(void)snprintf(domain, sizeof domain, "%s", info.Computer);
	LsaDeregisterLogonProcess(lsa);
}

int
main(int argc, char **argv)
{
	static const struct work list[] = {
		PAIR_WORK,
		{ "ping",      ping,         0 },
		{ "queue",     by_queue,     64 },
		{ "callbacks", by_callbacks, 64 },
		{ "in-flight", by_queue,     10000 },
	};

	if (argc > 1 && strcmp(argv[1], "--version") == 0) {
		puts(OLSA_VERSION);
		return 0;
	}
	sspi = InitSecurityInterfaceA();
	MUST(sspi);
	account_make();
	return worker_serve(list, sizeof list / sizeof *list);
}
