/*
 * async_queue_test.c - completion queues: the descriptor, binding, Dispatch,
 * Next and Wait, deadlines, cancelling, and queues that are freed with
 * members. No application code runs on any thread but the one that dispatches.
 * Covers secur32/queue.c, secur32/async.c.
 */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/api/api.h"
#include "tests/check.h"

static CredHandle cred;
static OLSA_ASYNC_QUEUE *queue;

static bool
readable(OLSA_ASYNC_QUEUE *q, int ms)
{
	struct pollfd p = { .fd = OlsaSspiAsyncQueueFd(q), .events = POLLIN };

	return poll(&p, 1, ms) == 1 && (p.revents & POLLIN);
}

/* --- a bound context ---------------------------------------------------------- */

static pthread_t here;
static _Atomic unsigned called, elsewhere;
static SECURITY_STATUS status_seen;

static void
notes(SspiAsyncContext *a, void *data)
{
	status_seen = SspiGetAsyncCallStatus(a);
	if (!pthread_equal(pthread_self(), here))
		elsewhere++;
	called++;
	if (data)
		*(SspiAsyncContext **)data = a;
}

static SspiAsyncContext *
bound(SspiAsyncNotifyCallback callback, void *data, void *cookie)
{
	SspiAsyncContext *a = SspiCreateAsyncContext();

	CHECK(a != NULL);
	CHECK(SspiSetAsyncNotifyCallback(a, callback, data) == SEC_E_OK);
	CHECK(OlsaSspiBindAsyncContext(a, queue, cookie) == SEC_E_OK);
	called = elsewhere = 0;
	return a;
}

/* Dispatches, sleeping on the descriptor alone, until something was handled. */
static unsigned
dispatched(unsigned ms)
{
	uint64_t until = api_ms() + ms;
	unsigned n = 0;

	while (!n && api_ms() < until)
		if (readable(queue, 50))
			n = OlsaSspiAsyncDispatch(queue, 10);
	return n;
}

/* --- the descriptor -------------------------------------------------------------- */

TEST(the_descriptor_is_all_one_needs_to_watch)
{
	static const char *const targets[] = { "ok", "ms:20", "job:20", "deny" };
	static const SECURITY_STATUS want[] = { SEC_E_OK, SEC_E_OK, SEC_E_OK, SEC_E_LOGON_DENIED };
	SspiAsyncContext *a = bound(notes, NULL, NULL);

	for (unsigned i = 0; i < 4; i++) {
		CtxtHandle ctx;

		called = 0;
		CHECK(stall_start(a, &cred, targets[i], &ctx) == SEC_E_OK);
		CHECK_U64(called, 0);			/* never inside the queue call */
		CHECK_U64(dispatched(3000), 1);
		CHECK_U64(called, 1);
		CHECK_U64(elsewhere, 0);
		CHECK_U64((ULONG)status_seen, (ULONG)want[i]);
		CHECK(SspiReinitAsyncContext(a) == STATUS_SUCCESS);
		if (want[i] == SEC_E_OK)
			CHECK(DeleteSecurityContext(&ctx) == SEC_E_OK);
	}
	SspiFreeAsyncContext(a);
}

TEST(the_descriptor_is_level_triggered_and_falls_silent)
{
	SspiAsyncContext *a = bound(notes, NULL, NULL);
	CtxtHandle ctx;

	CHECK(stall_start(a, &cred, "ok", &ctx) == SEC_E_OK);
	CHECK(OlsaSspiWaitAsync(a, 3000) == SEC_E_OK);
	for (int i = 0; i < 3; i++)
		CHECK(readable(queue, 1000));		/* as long as nobody dispatches */
	CHECK_U64(OlsaSspiAsyncDispatch(queue, 0), 0);
	CHECK_U64(called, 0);
	CHECK_U64(OlsaSspiAsyncDispatch(queue, 10), 1);
	CHECK_U64(OlsaSspiAsyncDispatch(queue, 10), 0);
	CHECK(!readable(queue, 50));
	CHECK(fcntl(OlsaSspiAsyncQueueFd(queue), F_GETFD) & FD_CLOEXEC);
	SspiFreeAsyncContext(a);
	CHECK(DeleteSecurityContext(&ctx) == SEC_E_OK);
	CHECK(OlsaSspiAsyncQueueFd(NULL) == -1);
}

/* --- turning and popping -------------------------------------------------------- */

TEST(dispatch_takes_as_many_as_it_may)
{
	enum { MANY = 10 };
	SspiAsyncContext *all[MANY];
	CtxtHandle ctx[MANY];
	unsigned got[4];

	for (int i = 0; i < MANY; i++) {
		all[i] = bound(notes, NULL, NULL);
		CHECK(stall_start(all[i], &cred, "ok", &ctx[i]) == SEC_E_OK);
	}
	for (int i = 0; i < MANY; i++)
		CHECK(OlsaSspiWaitAsync(all[i], 3000) == SEC_E_OK);
	for (int i = 0; i < 4; i++)
		got[i] = OlsaSspiAsyncDispatch(queue, i == 0 ? 1 : 3);
	CHECK_U64(got[0], 1);
	CHECK_U64(got[1] + got[2] + got[3], 9);
	CHECK_U64(called, MANY);
	for (int i = 0; i < MANY; i++) {
		SspiFreeAsyncContext(all[i]);
		CHECK(DeleteSecurityContext(&ctx[i]) == SEC_E_OK);
	}
}

TEST(next_pops_without_the_callback)
{
	SspiAsyncContext *a = bound(notes, NULL, &called), *popped;
	void *cookie = NULL;
	CtxtHandle ctx;

	CHECK(OlsaSspiAsyncNext(queue, &cookie) == NULL && cookie == NULL);
	CHECK(stall_start(a, &cred, "ok", &ctx) == SEC_E_OK);
	CHECK(OlsaSspiWaitAsync(a, 3000) == SEC_E_OK);
	popped = OlsaSspiAsyncNext(queue, &cookie);
	CHECK(popped == a && cookie == &called);
	CHECK(OlsaSspiAsyncNext(queue, NULL) == NULL);
	CHECK_U64(called, 0);
	CHECK(SspiReinitAsyncContext(a) == STATUS_SUCCESS);	/* popped is notified */
	SspiFreeAsyncContext(a);
	CHECK(DeleteSecurityContext(&ctx) == SEC_E_OK);
	CHECK(OlsaSspiAsyncNext(NULL, NULL) == NULL);
	CHECK_U64(OlsaSspiAsyncDispatch(NULL, 1), 0);
}

TEST(status_and_wait_pop_nothing)
{
	SspiAsyncContext *a = bound(notes, NULL, NULL);
	CtxtHandle ctx;

	CHECK(OlsaSspiWaitAsync(a, 0) == SEC_E_OK);		/* idle */
	CHECK(stall_start(a, &cred, "ms:40", &ctx) == SEC_E_OK);
	CHECK(OlsaSspiWaitAsync(a, 0) == SEC_I_ASYNC_CALL_PENDING);
	CHECK(OlsaSspiWaitAsync(a, 5) == SEC_I_ASYNC_CALL_PENDING);
	CHECK(OlsaSspiWaitAsync(a, -1) == SEC_E_OK);
	for (int i = 0; i < 3; i++) {
		CHECK(SspiGetAsyncCallStatus(a) == SEC_E_OK);
		CHECK(OlsaSspiWaitAsync(a, 1000) == SEC_E_OK);
		CHECK(SspiReinitAsyncContext(a) == STATUS_UNSUCCESSFUL);
	}
	CHECK_U64(called, 0);
	CHECK_U64(OlsaSspiAsyncDispatch(queue, 10), 1);
	CHECK_U64(called, 1);
	CHECK(SspiReinitAsyncContext(a) == STATUS_SUCCESS);
	SspiFreeAsyncContext(a);
	CHECK(DeleteSecurityContext(&ctx) == SEC_E_OK);
	CHECK(OlsaSspiWaitAsync(NULL, 10) == SEC_E_INVALID_HANDLE && OlsaSspiWaitAsync(a, 10) == SEC_E_INVALID_HANDLE);
}

TEST(bound_or_not)
{
	SspiAsyncContext *a = SspiCreateAsyncContext();
	OLSA_ASYNC_QUEUE *other;
	CtxtHandle ctx;

	called = 0;
	CHECK(OlsaSspiAsyncQueueCreate(&other) == 0);
	CHECK(!SspiAsyncContextRequiresNotify(a));
	CHECK(OlsaSspiBindAsyncContext(a, queue, NULL) == SEC_E_OK && SspiAsyncContextRequiresNotify(a));
	CHECK(OlsaSspiBindAsyncContext(a, other, &ctx) == SEC_E_OK && SspiAsyncContextRequiresNotify(a));
	CHECK(stall_start(a, &cred, "ok", &ctx) == SEC_E_OK && OlsaSspiWaitAsync(a, 3000) == SEC_E_OK);
	CHECK_U64(OlsaSspiAsyncDispatch(queue, 10), 0);
	CHECK_U64(OlsaSspiAsyncDispatch(other, 10), 1);		/* without a callback it counts all the same */
	CHECK(DeleteSecurityContext(&ctx) == SEC_E_OK);
	/* It stays bound over a reinit, until it is unbound. */
	CHECK(SspiReinitAsyncContext(a) == STATUS_SUCCESS && SspiAsyncContextRequiresNotify(a));
	CHECK(OlsaSspiBindAsyncContext(a, NULL, NULL) == SEC_E_OK && !SspiAsyncContextRequiresNotify(a));
	CHECK(SspiSetAsyncNotifyCallback(a, notes, NULL) == SEC_E_OK);
	here = pthread_self();
	elsewhere = 0;
	CHECK(stall_start(a, &cred, "ok", &ctx) == SEC_E_OK);
	CHECK(api_reaches(&called, 1, 3000) && elsewhere == 1);	/* a callback thread of ours again */
	SspiFreeAsyncContext(a);
	CHECK(DeleteSecurityContext(&ctx) == SEC_E_OK);
	OlsaSspiAsyncQueueFree(other);
	OlsaSspiAsyncQueueFree(NULL);
}

/* --- inside a callback ------------------------------------------------------------- */

static unsigned inner_dispatch = 77;
static SspiAsyncContext *inner_next;
static SECURITY_STATUS inner_sync;

static void
dispatches_inside(SspiAsyncContext *a, void *data)
{
	CtxtHandle *ctx = data, fresh;
	char room[64];
	SecBuffer b = { sizeof room, SECBUFFER_TOKEN, room };
	SecBufferDesc d = { SECBUFFER_VERSION, 1, &b };

	called++;
	if (called > 1)
		return;
	inner_dispatch = OlsaSspiAsyncDispatch(queue, 10);
	inner_next = OlsaSspiAsyncNext(queue, NULL);
	inner_sync = InitializeSecurityContextA(&cred, NULL, (char *)(uintptr_t)"ms:5", 0, 0, 0, NULL, 0, &fresh, &d, NULL,
	    NULL);
	if (inner_sync == SEC_E_OK)
		inner_sync = DeleteSecurityContext(&fresh);
	CHECK(SspiReinitAsyncContext(a) == STATUS_SUCCESS);
	CHECK(SspiSetAsyncNotifyCallback(a, notes, NULL) == SEC_E_OK);
	CHECK(stall_start(a, &cred, "ms:2", ctx + 1) == SEC_E_OK);
	CHECK(OlsaSspiWaitAsync(a, 3000) == SEC_E_OK);		/* waiting turns the queue, here too */
	CHECK(called == 1);
}

TEST(everything_may_be_called_inside_a_callback)
{
	CtxtHandle ctx[2];
	SspiAsyncContext *a = bound(dispatches_inside, ctx, NULL), *b = bound(notes, NULL, NULL);
	CtxtHandle other;

	CHECK(stall_start(a, &cred, "ok", &ctx[0]) == SEC_E_OK && stall_start(b, &cred, "ok", &other) == SEC_E_OK);
	CHECK(OlsaSspiWaitAsync(a, 3000) == SEC_E_OK && OlsaSspiWaitAsync(b, 3000) == SEC_E_OK);
	CHECK(OlsaSspiAsyncDispatch(queue, 10) >= 2);
	while (called < 3 && OlsaSspiAsyncDispatch(queue, 10))
		;
	CHECK_U64(inner_dispatch, 0);
	CHECK(inner_next == NULL);
	CHECK(inner_sync == SEC_E_OK);
	CHECK_U64(called, 3);
	CHECK_U64(elsewhere, 0);
	SspiFreeAsyncContext(a);
	SspiFreeAsyncContext(b);
	CHECK(DeleteSecurityContext(&ctx[0]) == SEC_E_OK && DeleteSecurityContext(&ctx[1]) == SEC_E_OK);
	CHECK(DeleteSecurityContext(&other) == SEC_E_OK);
}

/* A callback that queues the next leg; that one is done, not popped, and then freed. */
static void
requeues_once(SspiAsyncContext *a, void *data)
{
	if (called++ == 0) {
		CHECK(SspiReinitAsyncContext(a) == STATUS_SUCCESS);
		CHECK(stall_start(a, &cred, "ok", data) == SEC_E_OK);
	}
}

TEST(requeued_in_its_callback_and_freed_unpopped)
{
	CtxtHandle ctx[2];
	SspiAsyncContext *a = bound(requeues_once, &ctx[1], NULL);

	CHECK(stall_start(a, &cred, "ok", &ctx[0]) == SEC_E_OK);
	CHECK(OlsaSspiWaitAsync(a, 3000) == SEC_E_OK);
	CHECK_U64(OlsaSspiAsyncDispatch(queue, 1), 1);
	CHECK_U64(called, 1);
	CHECK(OlsaSspiWaitAsync(a, 3000) == SEC_E_OK);
	CHECK(SspiReinitAsyncContext(a) == STATUS_UNSUCCESSFUL);	/* its callback is due, though an earlier one ran on this thread */
	SspiFreeAsyncContext(a);
	CHECK_U64(OlsaSspiAsyncDispatch(queue, 10), 0);
	CHECK_U64(called, 1);
	CHECK(DeleteSecurityContext(&ctx[0]) == SEC_E_OK && DeleteSecurityContext(&ctx[1]) == SEC_E_OK);
}

static void *
frees(void *arg)
{
	SspiFreeAsyncContext(arg);
	called += 100;
	return NULL;
}

/* The same, freed from another thread: it has nothing to wait for. */
TEST(requeued_in_its_callback_and_freed_elsewhere)
{
	CtxtHandle ctx[2];
	SspiAsyncContext *a = bound(requeues_once, &ctx[1], NULL);
	pthread_t t;

	CHECK(stall_start(a, &cred, "ok", &ctx[0]) == SEC_E_OK);
	CHECK(OlsaSspiWaitAsync(a, 3000) == SEC_E_OK);
	CHECK_U64(OlsaSspiAsyncDispatch(queue, 1), 1);
	CHECK(OlsaSspiWaitAsync(a, 3000) == SEC_E_OK);
	CHECK(pthread_create(&t, NULL, frees, a) == 0);
	CHECK(api_reaches(&called, 101, 2000));
	while (called < 101)			/* lets the thread go, when the check has failed */
		OlsaSspiAsyncDispatch(queue, 10);
	pthread_join(t, NULL);
	CHECK_U64(OlsaSspiAsyncDispatch(queue, 10), 0);
	CHECK_U64(called, 101);
	CHECK(DeleteSecurityContext(&ctx[0]) == SEC_E_OK && DeleteSecurityContext(&ctx[1]) == SEC_E_OK);
}

static _Atomic unsigned stop;

/* A synchronous caller turns whatever wheel there is, and completes what others wait for. */
static void *
turns(void *arg)
{
	(void)arg;
	while (!stop) {
		char room[64];
		SecBuffer b = { sizeof room, SECBUFFER_TOKEN, room };
		SecBufferDesc d = { SECBUFFER_VERSION, 1, &b };
		CtxtHandle ctx;

		CHECK(InitializeSecurityContextA(&cred, NULL, (char *)(uintptr_t)"ms:1", 0, 0, 0, NULL, 0, &ctx, &d, NULL, NULL) ==
		    SEC_E_OK);
		CHECK(DeleteSecurityContext(&ctx) == SEC_E_OK);
	}
	return NULL;
}

/* Freed at the very moment when its status is final: it is in the queue by then, and comes out of it. */
TEST(freed_as_soon_as_it_is_done)
{
	unsigned many = api_scale(400, 60, 10000);
	pthread_t t;

	stop = called = 0;
	CHECK(pthread_create(&t, NULL, turns, NULL) == 0);
	for (unsigned i = 0; i < many; i++) {
		SspiAsyncContext *a = SspiCreateAsyncContext();
		uint64_t until = api_ms() + 3000;
		CtxtHandle ctx;

		CHECK(SspiSetAsyncNotifyCallback(a, notes, NULL) == SEC_E_OK && OlsaSspiBindAsyncContext(a, queue, NULL) == SEC_E_OK);
		CHECK(stall_start(a, &cred, "ms:1", &ctx) == SEC_E_OK);
		while (SspiGetAsyncCallStatus(a) == SEC_I_ASYNC_CALL_PENDING && api_ms() < until)
			if (api_far())
				OlsaSspiWaitAsync(a, 1);	/* over a socket of the queue's own nobody else brings it */
		CHECK(SspiGetAsyncCallStatus(a) == SEC_E_OK);
		SspiFreeAsyncContext(a);
		CHECK(DeleteSecurityContext(&ctx) == SEC_E_OK);
	}
	stop = 1;
	pthread_join(t, NULL);
	CHECK_U64(OlsaSspiAsyncDispatch(queue, 10), 0);
	CHECK_U64(called, 0);
}

static void
frees_itself(SspiAsyncContext *a, void *data)
{
	(void)data;
	called++;
	SspiFreeAsyncContext(a);
	CHECK(SspiGetAsyncCallStatus(a) == SEC_E_INVALID_HANDLE);
}

TEST(freed_inside_its_callback)
{
	SspiAsyncContext *a = bound(frees_itself, NULL, NULL);
	CtxtHandle nothing = { 0, 0 };

	CHECK(SspiDeleteSecurityContextAsync(a, &nothing) == SEC_E_OK);
	CHECK_U64(dispatched(3000), 1);
	CHECK_U64(called, 1);
	CHECK_U64(OlsaSspiAsyncDispatch(queue, 10), 0);
}

static OLSA_ASYNC_QUEUE *doomed;

static void
frees_the_queue(SspiAsyncContext *a, void *data)
{
	(void)a, (void)data;
	called++;
	OlsaSspiAsyncQueueFree(doomed);
}

TEST(a_callback_may_free_its_queue)
{
	SspiAsyncContext *a = SspiCreateAsyncContext(), *b = SspiCreateAsyncContext();
	CtxtHandle nothing = { 0, 0 };

	called = 0;
	CHECK(OlsaSspiAsyncQueueCreate(&doomed) == 0);
	for (int i = 0; i < 2; i++) {
		CHECK(SspiSetAsyncNotifyCallback(i ? b : a, frees_the_queue, NULL) == SEC_E_OK);
		CHECK(OlsaSspiBindAsyncContext(i ? b : a, doomed, NULL) == SEC_E_OK);
		CHECK(SspiDeleteSecurityContextAsync(i ? b : a, &nothing) == SEC_E_OK);
	}
	CHECK(OlsaSspiWaitAsync(a, 3000) == SEC_E_INVALID_HANDLE && OlsaSspiWaitAsync(b, 3000) == SEC_E_INVALID_HANDLE);
	CHECK_U64(OlsaSspiAsyncDispatch(doomed, 10), 1);	/* the other one went with the queue */
	CHECK_U64(called, 1);
	CHECK(SspiReinitAsyncContext(b) == STATUS_SUCCESS);
	SspiFreeAsyncContext(a);
	SspiFreeAsyncContext(b);
}

/* --- deadlines and cancelling ---------------------------------------------------------- */

TEST(the_shorter_deadline_counts)
{
	static const struct { ULONG of_cred, of_async, want; } rows[] = { { 0, 80, 80 }, { 80, 0, 80 }, { 80, 5000, 80 }, { 5000, 80, 80 } };
	SspiAsyncContext *a = bound(notes, NULL, NULL);

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		CredHandle own = api_cred("Stall", false, "x");
		ULONG ms = rows[i].of_cred;
		CtxtHandle ctx = { 7, 7 };
		uint64_t from;

		CHECK(SetCredentialsAttributesA(&own, OLSA_CRED_ATTR_DEADLINE, &ms, sizeof ms) == SEC_E_OK);
		CHECK(OlsaSspiSetAsyncDeadline(a, rows[i].of_async) == SEC_E_OK);
		from = api_ms();
		CHECK(stall_start(a, &own, "forever", &ctx) == SEC_E_OK);
		CHECK(OlsaSspiWaitAsync(a, 4000) == SEC_E_NO_AUTHENTICATING_AUTHORITY);
		CHECK(api_ms() - from >= rows[i].want - 5 && api_ms() - from < 1500);
		CHECK(ctx.dwLower == 7 && ctx.dwUpper == 7);
		CHECK_U64(OlsaSspiAsyncDispatch(queue, 10), 1);
		CHECK(SspiReinitAsyncContext(a) == STATUS_SUCCESS);
		/* The credential is none the worse for it. */
		CHECK(stall_start(a, &own, "ok", &ctx) == SEC_E_OK && OlsaSspiWaitAsync(a, 3000) == SEC_E_OK);
		CHECK_U64(OlsaSspiAsyncDispatch(queue, 10), 1);
		CHECK(DeleteSecurityContext(&ctx) == SEC_E_OK);
		CHECK(SspiReinitAsyncContext(a) == STATUS_SUCCESS);
		CHECK(FreeCredentialsHandle(&own) == SEC_E_OK);
	}
	SspiFreeAsyncContext(a);
}

TEST(cancelling)
{
	SspiAsyncContext *a = bound(notes, NULL, NULL);
	CtxtHandle ctx, nothing = { 0, 0 };
	CredHandle fresh = { 7, 7 };

	CHECK(OlsaSspiCancelAsync(NULL) == SEC_E_INVALID_HANDLE);
	CHECK(OlsaSspiCancelAsync(a) == SEC_E_INVALID_HANDLE);	/* idle */
	CHECK(stall_start(a, &cred, "forever", &ctx) == SEC_E_OK);
	CHECK(OlsaSspiCancelAsync(a) == SEC_E_OK);
	CHECK_U64(dispatched(3000), 1);
	CHECK(status_seen == SEC_E_UNFINISHED_CONTEXT_DELETED);
	CHECK(OlsaSspiCancelAsync(a) == SEC_E_INVALID_HANDLE);	/* over */
	CHECK(SspiReinitAsyncContext(a) == STATUS_SUCCESS);
	CHECK(SspiAcquireCredentialsHandleAsyncA(a, (char *)(uintptr_t)"forever", (char *)(uintptr_t)"Stall",
	    SECPKG_CRED_OUTBOUND, NULL, NULL, NULL, NULL, &fresh, NULL) == SEC_E_OK);
	CHECK(OlsaSspiCancelAsync(a) == SEC_E_OK);
	CHECK_U64(dispatched(3000), 1);
	CHECK(status_seen == SEC_E_INTERNAL_ERROR);
	CHECK(fresh.dwLower == 7 && fresh.dwUpper == 7);
	CHECK(SspiReinitAsyncContext(a) == STATUS_SUCCESS);
	/* Nobody takes a delete back. */
	CHECK(SspiDeleteSecurityContextAsync(a, &nothing) == SEC_E_OK);
	CHECK(OlsaSspiCancelAsync(a) == SEC_E_INVALID_HANDLE);
	CHECK_U64(dispatched(3000), 1);
	SspiFreeAsyncContext(a);
}

/* A leg of a later kind: cancelled, it leaves a context that takes no leg and is still to be deleted. */
TEST(a_cancelled_later_leg_fails_its_context)
{
	char in_room[] = "forever", out_room[64];
	SecBuffer in_b = { 7, SECBUFFER_TOKEN, in_room }, out_b = { 64, SECBUFFER_TOKEN, out_room };
	SecBufferDesc in = { SECBUFFER_VERSION, 1, &in_b }, out = { SECBUFFER_VERSION, 1, &out_b };
	SspiAsyncContext *a = bound(notes, NULL, NULL);
	CtxtHandle ctx, before;

	CHECK(InitializeSecurityContextA(&cred, NULL, (char *)(uintptr_t)"legs:3", 0, 0, 0, NULL, 0, &ctx, &out, NULL,
	    NULL) == SEC_I_CONTINUE_NEEDED);
	before = ctx;
	out_b.cbBuffer = 64;
	CHECK(SspiInitializeSecurityContextAsyncA(a, &cred, &ctx, NULL, 0, 0, 0, &in, 0, &ctx, &out, NULL, NULL) == SEC_E_OK);
	CHECK(OlsaSspiCancelAsync(a) == SEC_E_OK);
	CHECK_U64(dispatched(3000), 1);
	CHECK(status_seen == SEC_E_UNFINISHED_CONTEXT_DELETED);
	CHECK(memcmp(&ctx, &before, sizeof ctx) == 0 && out_b.cbBuffer == 0);
	out_b.cbBuffer = 64;
	in_b = (SecBuffer){ 2, SECBUFFER_TOKEN, (char *)(uintptr_t)"ok" };
	CHECK(InitializeSecurityContextA(&cred, &ctx, NULL, 0, 0, 0, &in, 0, &ctx, &out, NULL, NULL) == SEC_E_OUT_OF_SEQUENCE);
	SspiFreeAsyncContext(a);
	CHECK(DeleteSecurityContext(&ctx) == SEC_E_OK);
}

/* --- queues that go with members ------------------------------------------------------------ */

TEST(a_freed_queue_lets_its_members_go)
{
	SspiAsyncContext *pending = SspiCreateAsyncContext(), *unpopped = SspiCreateAsyncContext();
	CtxtHandle ctx[2];
	OLSA_ASYNC_QUEUE *q;

	called = 0;
	CHECK(OlsaSspiAsyncQueueCreate(&q) == 0);
	for (int i = 0; i < 2; i++) {
		CHECK(SspiSetAsyncNotifyCallback(i ? pending : unpopped, notes, NULL) == SEC_E_OK);
		CHECK(OlsaSspiBindAsyncContext(i ? pending : unpopped, q, NULL) == SEC_E_OK);
		CHECK(stall_start(i ? pending : unpopped, &cred, i ? "ms:60" : "ok", &ctx[i]) == SEC_E_OK);
	}
	CHECK(OlsaSspiWaitAsync(unpopped, 3000) == SEC_E_OK);
	OlsaSspiAsyncQueueFree(q);
	/* Neither callback nor queue: over as soon as the status is final. */
	CHECK(SspiGetAsyncCallStatus(unpopped) == SEC_E_OK);
	CHECK(SspiReinitAsyncContext(unpopped) == STATUS_SUCCESS);
	CHECK(SspiGetAsyncCallStatus(pending) == SEC_I_ASYNC_CALL_PENDING);
	CHECK(api_wait(pending, NULL, 3000) == SEC_E_OK);
	CHECK(SspiReinitAsyncContext(pending) == STATUS_SUCCESS);
	usleep(20000);
	CHECK_U64(called, 0);
	SspiFreeAsyncContext(pending);
	SspiFreeAsyncContext(unpopped);
	CHECK(DeleteSecurityContext(&ctx[0]) == SEC_E_OK && DeleteSecurityContext(&ctx[1]) == SEC_E_OK);
}

static unsigned
descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

/* Queues come and go, each with a member under way and an idle one: no descriptor is left behind. */
TEST(freed_queues_leave_no_descriptor)
{
	unsigned before, after = 0, many = 50;

	for (unsigned round = 0; round < 2; round++) {		/* the first round starts threads and links */
		before = descriptors();
		for (unsigned i = 0; i < (round ? many : 2); i++) {
			SspiAsyncContext *a = SspiCreateAsyncContext(), *idle = SspiCreateAsyncContext();
			OLSA_ASYNC_QUEUE *q;
			CtxtHandle ctx;

			CHECK(OlsaSspiAsyncQueueCreate(&q) == 0);
			CHECK(OlsaSspiBindAsyncContext(a, q, NULL) == SEC_E_OK);
			CHECK(OlsaSspiBindAsyncContext(idle, q, NULL) == SEC_E_OK);
			CHECK(stall_start(a, &cred, "ms:2", &ctx) == SEC_E_OK);
			OlsaSspiAsyncQueueFree(q);
			CHECK(api_wait(a, NULL, 3000) == SEC_E_OK);
			SspiFreeAsyncContext(a);
			SspiFreeAsyncContext(idle);
			CHECK(DeleteSecurityContext(&ctx) == SEC_E_OK);
		}
		for (uint64_t until = api_ms() + 2000; (after = descriptors()) > before && api_ms() < until; )
			usleep(10000);
	}
	CHECK_U64(after > before ? after - before : 0, 0);
}

/* --- two queues, two threads -------------------------------------------------------------------- */

struct loop { OLSA_ASYNC_QUEUE *q; pthread_t thread; unsigned rounds, handled, strange; };

static void
on_its_thread(SspiAsyncContext *a, void *data)
{
	struct loop *l = data;

	(void)a;
	l->handled++;
	if (!pthread_equal(pthread_self(), l->thread))
		l->strange++;
}

static void *
loop_main(void *arg)
{
	struct loop *l = arg;
	SspiAsyncContext *a = SspiCreateAsyncContext();
	struct pollfd p = { .fd = OlsaSspiAsyncQueueFd(l->q), .events = POLLIN };

	l->thread = pthread_self();
	CHECK(OlsaSspiBindAsyncContext(a, l->q, NULL) == SEC_E_OK && SspiSetAsyncNotifyCallback(a, on_its_thread, l) == SEC_E_OK);
	for (unsigned i = 0; i < l->rounds; i++) {
		uint64_t until = api_ms() + 3000;
		unsigned n = 0;
		CtxtHandle ctx;

		CHECK(stall_start(a, &cred, i % 8 ? "ok" : "ms:1", &ctx) == SEC_E_OK);
		while (!n && api_ms() < until)
			if (poll(&p, 1, 100) > 0)
				n = OlsaSspiAsyncDispatch(l->q, 4);
		CHECK(n == 1 && SspiGetAsyncCallStatus(a) == SEC_E_OK);
		CHECK(SspiReinitAsyncContext(a) == STATUS_SUCCESS);
		CHECK(DeleteSecurityContext(&ctx) == SEC_E_OK);
	}
	SspiFreeAsyncContext(a);
	return NULL;
}

TEST(two_loops_keep_to_themselves)
{
	struct loop loops[2] = { { .rounds = api_scale(1000, 100, 10000) }, { .rounds = api_scale(1000, 100, 10000) } };
	pthread_t t[2];

	for (int i = 0; i < 2; i++)
		CHECK(OlsaSspiAsyncQueueCreate(&loops[i].q) == 0);
	for (int i = 0; i < 2; i++)
		CHECK(pthread_create(&t[i], NULL, loop_main, &loops[i]) == 0);
	for (int i = 0; i < 2; i++) {
		pthread_join(t[i], NULL);
		CHECK_U64(loops[i].handled, loops[i].rounds);
		CHECK_U64(loops[i].strange, 0);
		OlsaSspiAsyncQueueFree(loops[i].q);
	}
}

int
main(void)
{
	here = pthread_self();
	api_begin();
	cred = api_cred("Stall", false, "x");
	CHECK(OlsaSspiAsyncQueueCreate(&queue) == 0);
	RUN(the_descriptor_is_all_one_needs_to_watch);
	RUN(the_descriptor_is_level_triggered_and_falls_silent);
	RUN(dispatch_takes_as_many_as_it_may);
	RUN(next_pops_without_the_callback);
	RUN(status_and_wait_pop_nothing);
	RUN(bound_or_not);
	RUN(everything_may_be_called_inside_a_callback);
	RUN(requeued_in_its_callback_and_freed_unpopped);
	RUN(requeued_in_its_callback_and_freed_elsewhere);
	RUN(freed_as_soon_as_it_is_done);
	RUN(freed_inside_its_callback);
	RUN(a_callback_may_free_its_queue);
	RUN(the_shorter_deadline_counts);
	RUN(cancelling);
	RUN(a_cancelled_later_leg_fails_its_context);
	RUN(a_freed_queue_lets_its_members_go);
	RUN(freed_queues_leave_no_descriptor);
	RUN(two_loops_keep_to_themselves);
	OlsaSspiAsyncQueueFree(queue);
	CHECK(FreeCredentialsHandle(&cred) == SEC_E_OK);
	return check_end();
}
