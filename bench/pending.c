/*
 * pending.c - calls that nobody answers, held by one thread: the legs of the
 * tests' package "Stall", in an LSA of this process or of the lsad beside.
 *
 *     pending N      starts N, checks that all are pending, cancels them;
 *                    MORE is the memory they held
 */
#define SECURITY_WIN32
#include <openlsa.h>
#include <ntstatus.h>

#include <poll.h>
#include <stdbool.h>

#include "lsa/lsa.h"
#include "tests/api/stall.h"
#include "worker.h"

#define WINDOW	256u		/* cancels without an answer */

struct wait {
	SspiAsyncContext *async;
	CtxtHandle ctx;
	unsigned char token[16];
	SecBuffer buffer;
	SecBufferDesc out;
	TimeStamp expiry;
	ULONG granted;
};

static void
wait_start(struct wait *w, CredHandle *cred, OLSA_ASYNC_QUEUE *queue)
{
	static char target[] = "forever";

	w->buffer = (SecBuffer){ sizeof w->token, SECBUFFER_TOKEN, w->token };
	w->out = (SecBufferDesc){ SECBUFFER_VERSION, 1, &w->buffer };
	w->async = SspiCreateAsyncContext();
	MUST(w->async);
	MUST_BE(OlsaSspiBindAsyncContext(w->async, queue, w), SEC_E_OK);
	MUST_BE(SspiInitializeSecurityContextAsyncA(w->async, cred, NULL, target, 0, 0, SECURITY_NATIVE_DREP, NULL, 0,
	    &w->ctx, &w->out, &w->granted, &w->expiry), SEC_E_OK);
}

/* How many ended: one, or none yet. */
static unsigned
one_ended(OLSA_ASYNC_QUEUE *queue)
{
	struct pollfd p = { .fd = OlsaSspiAsyncQueueFd(queue), .events = POLLIN };
	SspiAsyncContext *async = OlsaSspiAsyncNext(queue, NULL);

	if (!async) {
		MUST(poll(&p, 1, 10000) == 1);
		return 0;
	}
	MUST_BE(SspiGetAsyncCallStatus(async), SEC_E_UNFINISHED_CONTEXT_DELETED);
	SspiFreeAsyncContext(async);
	return 1;
}

static uint64_t
pending(unsigned long n, unsigned long arg)
{
	static char package[] = "Stall";
	struct wait *waits = calloc(n, sizeof *waits);
	OLSA_ASYNC_QUEUE *queue;
	unsigned long before, ended = 0;
	uint64_t grown;
	CredHandle cred;
	TimeStamp expiry;

	(void)arg;
	MUST(waits && OlsaSspiAsyncQueueCreate(&queue) == 0);
	memset(waits, 1, n * sizeof *waits);
	MUST_BE(AcquireCredentialsHandleA(NULL, package, SECPKG_CRED_OUTBOUND, NULL, NULL, NULL, NULL, &cred, &expiry),
	    SEC_E_OK);
	before = proc_self("smaps_rollup", "Rss:");
	for (unsigned long i = 0; i < n; i++)
		wait_start(&waits[i], &cred, queue);
	grown = (proc_self("smaps_rollup", "Rss:") - before) * 1024u;
	MUST_BE(proc_self("status", "Threads:"), 1);
	for (unsigned long i = 0; i < n; i++)
		MUST_BE(SspiGetAsyncCallStatus(waits[i].async), SEC_I_ASYNC_CALL_PENDING);
	for (unsigned long i = 0; i < n; i++) {
		MUST_BE(OlsaSspiCancelAsync(waits[i].async), SEC_E_OK);
		while (i - ended > WINDOW)		/* a daemon drops who asks and asks and does not listen */
			ended += one_ended(queue);
	}
	while (ended < n)
		ended += one_ended(queue);
	OlsaSspiAsyncQueueFree(queue);
	FreeCredentialsHandle(&cred);
	free(waits);
	return grown;
}

int
main(void)
{
	static const struct work list[] = { { "pending", pending, 0 } };

	package_add(&stall_lsa);
	return worker_serve(list, sizeof list / sizeof *list);
}
