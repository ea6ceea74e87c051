/*
 * async_sequences_test.c - the canonical sequences of the asynchronous API,
 * by their numbers in the specification (7 is in s01). Covers
 * secur32/sspi_async.c, secur32/sspi_async_leg.c,
 * secur32/sspi_async_cred.c, secur32/async.c, secur32/queue.c.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/handle.h"
#include "secur32/root.h"
#include "tests/api/api.h"
#include "tests/check.h"

static CredHandle stall_cred;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PENDING_BYTES	65536u		/* their shadows count, too */
#else
#define PENDING_BYTES	4096u		/* of memory that one pending call may take, embedded LSA included */
#endif

/* What there is: objects of this process by handle, asynchronous contexts among them, and contexts of the LSA. */
struct stock { size_t handles; ULONG contexts; };

static struct stock
stock_now(void)
{
	struct stock now = { 0, 0 };
	OlsaStatusInfo info;
	HANDLE lsa = NULL;

	CHECK(LsaConnectUntrusted(&lsa) == STATUS_SUCCESS && OlsaStatus(lsa, &info) == STATUS_SUCCESS);
	now.contexts = info.Contexts;
	CHECK(LsaDeregisterLogonProcess(lsa) == STATUS_SUCCESS);
	now.handles = handle_count(root_handles());
	return now;
}

/* Within five seconds there is no more than there was; what somebody else has just let go may go meanwhile. */
static void
stock_returns(struct stock was)
{
	struct stock now = stock_now();

	for (uint64_t until = api_ms() + 5000; api_ms() < until; usleep(1000)) {
		if (now.handles <= was.handles && now.contexts <= was.contexts)
			break;
		now = stock_now();
	}
	CHECK(now.handles <= was.handles);
	CHECK(now.contexts <= was.contexts);
}

/* --- 1 and 7: legs driven from the callback ------------------------------------- */

/* A server whose every step happens in its callback, phContext and phNewContext the same. */
struct driven {
	struct pair pair;
	SspiAsyncContext *async;
	_Atomic unsigned callbacks, finished;
	SECURITY_STATUS last;
	unsigned legs;
};

static void
driven_client(struct driven *d)
{
	struct pair *p = &d->pair;
	bool first = d->legs == 0;
	SECURITY_STATUS status;

	p->client_in.cbBuffer = first ? 0 : p->server_out.cbBuffer;
	p->client_out.cbBuffer = sizeof p->to_server;
	status = InitializeSecurityContextA(&p->client_cred, first ? NULL : &p->client, (char *)(uintptr_t)"host/localhost",
	    ISC_REQ_CONFIDENTIALITY, 0, 0, first ? NULL : &p->client_in_desc, 0, &p->client, &p->client_out_desc,
	    &p->client_attr, NULL);
	CHECK(status == (first ? SEC_I_CONTINUE_NEEDED : SEC_E_OK));
	p->server_in.cbBuffer = p->client_out.cbBuffer;
	p->server_out.cbBuffer = sizeof p->to_client;
	d->legs++;			/* before it is queued: the callback may come first */
	status = SspiAcceptSecurityContextAsync(d->async, &p->server_cred, first ? NULL : &p->server, &p->server_in_desc,
	    ASC_REQ_CONFIDENTIALITY, 0, &p->server, &p->server_out_desc, &p->server_attr, NULL);
	CHECK(status == SEC_E_OK);
}

static void
driven_step(SspiAsyncContext *a, void *data)
{
	struct driven *d = data;

	d->callbacks++;
	d->last = SspiGetAsyncCallStatus(a);
	if (d->last == SEC_I_CONTINUE_NEEDED) {
		CHECK(SspiReinitAsyncContext(a) == STATUS_SUCCESS);
		driven_client(d);
		return;
	}
	SspiFreeAsyncContext(a);
	d->finished = 1;
}

static void
s01_legs_in_the_callback(void)
{
	struct driven d = { .async = SspiCreateAsyncContext() };

	pair_begin(&d.pair, API_PASSWORD);
	CHECK(SspiSetAsyncNotifyCallback(d.async, driven_step, &d) == SEC_E_OK);
	driven_client(&d);
	CHECK(api_reaches(&d.finished, 1, 5000));
	CHECK(d.callbacks == 2 && d.last == SEC_E_OK);
	CHECK(SspiGetAsyncCallStatus(d.async) == SEC_E_INVALID_HANDLE);
	pair_end(&d.pair);
}

/* --- 2, 3, 4, 8: deletes ------------------------------------------------------------ */

static _Atomic unsigned f_called;
static SECURITY_STATUS f_status;

static void
f(SspiAsyncContext *a, void *data)
{
	(void)data;
	f_status = SspiGetAsyncCallStatus(a);
	f_called++;
}

static CtxtHandle
established(void)
{
	char room[64];
	SecBuffer b = { sizeof room, SECBUFFER_TOKEN, room };
	SecBufferDesc d = { SECBUFFER_VERSION, 1, &b };
	CtxtHandle ctx;
	ULONG attr;

	CHECK(InitializeSecurityContextA(&stall_cred, NULL, (char *)(uintptr_t)"ok", 0, 0, 0, NULL, 0, &ctx, &d, &attr,
	    NULL) == SEC_E_OK);
	return ctx;
}

static bool
context_gone(PCtxtHandle ctx)
{
	SecPkgContext_Flags flags;
	uint64_t until = api_ms() + 3000;

	while (QueryContextAttributesA(ctx, SECPKG_ATTR_FLAGS, &flags) != SEC_E_INVALID_HANDLE && api_ms() < until)
		usleep(200);
	return QueryContextAttributesA(ctx, SECPKG_ATTR_FLAGS, &flags) == SEC_E_INVALID_HANDLE;
}

static void
s02_delete_and_free_at_once(void)
{
	struct stock was = stock_now();

	for (int i = 0; i < 200; i++) {
		CtxtHandle ctx = established();
		SspiAsyncContext *a = SspiCreateAsyncContext();

		CHECK(SspiDeleteSecurityContextAsync(a, &ctx) == SEC_E_OK);
		SspiFreeAsyncContext(a);
		CHECK(context_gone(&ctx));
		CHECK(DeleteSecurityContext(&ctx) == SEC_E_OK);		/* already deleted */
	}
	stock_returns(was);
}

static void
s03_opt_out_later(void)
{
	CtxtHandle one = established(), two = established();
	SspiAsyncContext *a = SspiCreateAsyncContext();

	f_called = 0;
	CHECK(SspiSetAsyncNotifyCallback(a, f, NULL) == SEC_E_OK && SspiAsyncContextRequiresNotify(a));
	CHECK(SspiDeleteSecurityContextAsync(a, &one) == SEC_E_OK);
	CHECK(api_reaches(&f_called, 1, 3000) && f_status == SEC_E_OK);
	while (SspiReinitAsyncContext(a) != STATUS_SUCCESS)
		usleep(100);
	CHECK(SspiSetAsyncNotifyCallback(a, NULL, NULL) == SEC_E_OK && !SspiAsyncContextRequiresNotify(a));
	CHECK(SspiDeleteSecurityContextAsync(a, &two) == SEC_E_OK);
	SspiFreeAsyncContext(a);
	CHECK(context_gone(&two));
	usleep(20000);
	CHECK(f_called == 1);
}

static void
s04_delete_of_nothing(void)
{
	CtxtHandle zero = { 0, 0 }, random = { 0x123456789abcdefu, 0xfedcba987654321u }, gone = established();
	CtxtHandle *const bad[] = { &zero, &random, &gone };

	CHECK(DeleteSecurityContext(&gone) == SEC_E_OK);
	for (size_t i = 0; i < 3; i++) {
		SspiAsyncContext *a = SspiCreateAsyncContext();

		f_called = 0;
		CHECK(SspiSetAsyncNotifyCallback(a, f, NULL) == SEC_E_OK);
		CHECK(SspiDeleteSecurityContextAsync(a, bad[i]) == SEC_E_OK);
		CHECK(api_reaches(&f_called, 1, 3000) && f_status == SEC_E_INVALID_HANDLE);
		usleep(2000);
		CHECK(f_called == 1);
		SspiFreeAsyncContext(a);
	}
}

static void
s08_storage_is_the_callers_again(void)
{
	CtxtHandle one = established(), two = established(), copy = one;
	SspiAsyncContext *a = SspiCreateAsyncContext();
	SecPkgContext_Flags flags;

	CHECK(SspiDeleteSecurityContextAsync(a, &one) == SEC_E_OK);
	memset(&one, 0xff, sizeof one);
	CHECK(api_wait(a, NULL, 3000) == SEC_E_OK);
	CHECK(QueryContextAttributesA(&copy, SECPKG_ATTR_FLAGS, &flags) == SEC_E_INVALID_HANDLE);
	CHECK(QueryContextAttributesA(&two, SECPKG_ATTR_FLAGS, &flags) == SEC_E_OK);
	SspiFreeAsyncContext(a);
	CHECK(DeleteSecurityContext(&two) == SEC_E_OK);
}

/* --- 5, 12, 13: states ------------------------------------------------------------------ */

static void
s05_two_calls_without_reinit(void)
{
	SspiAsyncContext *a = SspiCreateAsyncContext();
	CtxtHandle one, two;

	CHECK(stall_start(a, &stall_cred, "ms:30", &one) == SEC_E_OK);
	CHECK(stall_start(a, &stall_cred, "ok", &two) == SEC_E_OUT_OF_SEQUENCE);
	CHECK(api_wait(a, NULL, 3000) == SEC_E_OK);
	CHECK(stall_start(a, &stall_cred, "ok", &two) == SEC_E_OUT_OF_SEQUENCE);
	SspiFreeAsyncContext(a);
	CHECK(DeleteSecurityContext(&one) == SEC_E_OK);
}

static void
s12_polling_without_callback(void)
{
	SspiAsyncContext *a = SspiCreateAsyncContext();

	for (int i = 0; i < 100; i++) {
		CtxtHandle ctx;

		CHECK(SspiGetAsyncCallStatus(a) == SEC_E_OK);
		CHECK(stall_start(a, &stall_cred, i % 10 ? "ok" : "ms:1", &ctx) == SEC_E_OK);
		CHECK(api_wait(a, NULL, 3000) == SEC_E_OK);
		CHECK(SspiReinitAsyncContext(a) == STATUS_SUCCESS);
		CHECK(DeleteSecurityContext(&ctx) == SEC_E_OK);
	}
	SspiFreeAsyncContext(a);
	CHECK(SspiReinitAsyncContext(a) == STATUS_INVALID_HANDLE);
}

static _Atomic unsigned g_called;
static SECURITY_STATUS set_in_callback;

static void
g(SspiAsyncContext *a, void *data)
{
	(void)a, (void)data;
	g_called++;
}

static void
f_sets(SspiAsyncContext *a, void *data)
{
	(void)data;
	set_in_callback = SspiSetAsyncNotifyCallback(a, NULL, NULL);
	f_called++;
}

static void
s13_callback_cannot_change_under_way(void)
{
	SspiAsyncContext *a = SspiCreateAsyncContext();
	CtxtHandle ctx;

	f_called = g_called = 0;
	CHECK(SspiSetAsyncNotifyCallback(a, f_sets, NULL) == SEC_E_OK);
	CHECK(stall_start(a, &stall_cred, "ms:50", &ctx) == SEC_E_OK);
	CHECK(SspiSetAsyncNotifyCallback(a, g, NULL) == SEC_E_OUT_OF_SEQUENCE);
	CHECK(SspiSetAsyncNotifyCallback(a, NULL, NULL) == SEC_E_OUT_OF_SEQUENCE);
	CHECK(api_reaches(&f_called, 1, 3000));
	CHECK(set_in_callback == SEC_E_OUT_OF_SEQUENCE);
	usleep(5000);
	CHECK(f_called == 1 && g_called == 0);
	SspiFreeAsyncContext(a);
	CHECK(DeleteSecurityContext(&ctx) == SEC_E_OK);
}

/* --- 6: Microsoft's sample -------------------------------------------------------------- */

static void
frees(SspiAsyncContext *a, void *data)
{
	SspiFreeAsyncContext(a);
	(*(_Atomic unsigned *)data)++;
}

static void
s06_free_in_callback_read_afterwards(void)
{
	unsigned many = api_scale(100000, 2000, 100000), odd = 0;
	_Atomic unsigned freed = 0;

	for (unsigned i = 0; i < many; i++) {
		SspiAsyncContext *a = SspiCreateAsyncContext();
		CtxtHandle nothing = { 0, 0 };
		SECURITY_STATUS late;

		SspiSetAsyncNotifyCallback(a, frees, &freed);
		if (SspiDeleteSecurityContextAsync(a, &nothing) != SEC_E_OK)
			odd++;
		late = SspiGetAsyncCallStatus(a);
		odd += late != SEC_I_ASYNC_CALL_PENDING && late != SEC_E_INVALID_HANDLE;
	}
	CHECK_U64(odd, 0);
	CHECK(api_reaches(&freed, many, 20000));
}

/* --- 9: requeue from the callback ---------------------------------------------------------- */

struct again { _Atomic unsigned left, done; _Atomic uintptr_t deepest; };

static void
requeues(SspiAsyncContext *a, void *data)
{
	static _Thread_local uintptr_t first;		/* callback threads have a stack each */
	struct again *r = data;
	CtxtHandle nothing = { 0, 0 };
	uintptr_t here = (uintptr_t)__builtin_frame_address(0), deep;

	first = first ? first : here;
	deep = first > here ? first - here : here - first;
	if (deep > r->deepest)
		r->deepest = deep;
	if (r->left-- == 0) {
		r->done = 1;
		return;
	}
	if (SspiReinitAsyncContext(a) != STATUS_SUCCESS || SspiDeleteSecurityContextAsync(a, &nothing) != SEC_E_OK)
		r->done = 2;
}

static void
s09_requeue_a_million_times(void)
{
	struct again r = { .left = api_scale(1000000, 10000, 1000000) };
	SspiAsyncContext *a = SspiCreateAsyncContext();
	CtxtHandle nothing = { 0, 0 };

	SspiSetAsyncNotifyCallback(a, requeues, &r);
	CHECK(SspiDeleteSecurityContextAsync(a, &nothing) == SEC_E_OK);
	CHECK(api_reaches(&r.done, 1, 60000) && r.done == 1);
	CHECK(r.deepest < 1024);
	while (SspiReinitAsyncContext(a) != STATUS_SUCCESS)	/* the last callback has returned */
		usleep(100);
	SspiFreeAsyncContext(a);
}

/* --- 10, 15, 16: legs in flight ---------------------------------------------------------------- */

static _Atomic unsigned order;
static _Atomic unsigned leg_at, delete_at;
static SECURITY_STATUS leg_status, delete_status;

static void
leg_ended(SspiAsyncContext *a, void *data)
{
	(void)data;
	leg_status = SspiGetAsyncCallStatus(a);
	leg_at = ++order;
}

static void
delete_ended(SspiAsyncContext *a, void *data)
{
	(void)data;
	delete_status = SspiGetAsyncCallStatus(a);
	delete_at = ++order;
}

/* A context with a second leg in flight; it writes to *ctx until it has completed. */
static void
leg_in_flight(PCtxtHandle ctx, SspiAsyncContext *a, SecBufferDesc *in, SecBufferDesc *out)
{
	CHECK(InitializeSecurityContextA(&stall_cred, NULL, (char *)(uintptr_t)"legs:3", 0, 0, 0, NULL, 0, ctx, out, NULL,
	    NULL) == SEC_I_CONTINUE_NEEDED);
	out->pBuffers->cbBuffer = 64;
	CHECK(SspiInitializeSecurityContextAsyncA(a, &stall_cred, ctx, NULL, 0, 0, 0, in, 0, ctx, out, NULL, NULL) ==
	    SEC_E_OK);
}

static void
s10_delete_behind_a_leg(void)
{
	char in_room[] = "forever", out_room[64];
	SecBuffer in_b = { 7, SECBUFFER_TOKEN, in_room }, out_b = { 64, SECBUFFER_TOKEN, out_room };
	SecBufferDesc in = { SECBUFFER_VERSION, 1, &in_b }, out = { SECBUFFER_VERSION, 1, &out_b };
	SspiAsyncContext *leg = SspiCreateAsyncContext(), *del = SspiCreateAsyncContext();
	uint64_t from = api_ms();
	CtxtHandle ctx;

	order = leg_at = delete_at = 0;
	SspiSetAsyncNotifyCallback(leg, leg_ended, NULL);
	SspiSetAsyncNotifyCallback(del, delete_ended, NULL);
	leg_in_flight(&ctx, leg, &in, &out);
	CHECK(SspiDeleteSecurityContextAsync(del, &ctx) == SEC_E_OK);
	CHECK(api_reaches(&delete_at, 1, 3000));
	CHECK(api_ms() - from < 1000);
	CHECK(leg_at == 1 && delete_at == 2);
	CHECK(leg_status == SEC_E_UNFINISHED_CONTEXT_DELETED && delete_status == SEC_E_OK);
	CHECK(context_gone(&ctx));
	SspiFreeAsyncContext(leg);
	SspiFreeAsyncContext(del);
}

static void
s10b_synchronous_delete_behind_a_leg(void)
{
	char in_room[] = "forever", out_room[64];
	SecBuffer in_b = { 7, SECBUFFER_TOKEN, in_room }, out_b = { 64, SECBUFFER_TOKEN, out_room };
	SecBufferDesc in = { SECBUFFER_VERSION, 1, &in_b }, out = { SECBUFFER_VERSION, 1, &out_b };
	SspiAsyncContext *leg = SspiCreateAsyncContext();
	uint64_t from = api_ms();
	CtxtHandle ctx;

	leg_in_flight(&ctx, leg, &in, &out);
	CHECK(DeleteSecurityContext(&ctx) == SEC_E_OK);
	CHECK(api_wait(leg, NULL, 3000) == SEC_E_UNFINISHED_CONTEXT_DELETED);
	CHECK(api_ms() - from < 1000);
	SspiFreeAsyncContext(leg);
}

static void
s15_second_leg_while_one_is_pending(void)
{
	char in_room[] = "ms:60", out_room[64], second_room[64];
	SecBuffer in_b = { 5, SECBUFFER_TOKEN, in_room }, out_b = { 64, SECBUFFER_TOKEN, out_room };
	SecBuffer second_b = { 64, SECBUFFER_TOKEN, second_room };
	SecBufferDesc in = { SECBUFFER_VERSION, 1, &in_b }, out = { SECBUFFER_VERSION, 1, &out_b };
	SecBufferDesc second = { SECBUFFER_VERSION, 1, &second_b };
	SspiAsyncContext *a = SspiCreateAsyncContext(), *b = SspiCreateAsyncContext();
	CtxtHandle ctx, same;

	leg_in_flight(&ctx, a, &in, &out);
	CHECK(SspiInitializeSecurityContextAsyncA(b, &stall_cred, &ctx, NULL, 0, 0, 0, &in, 0, &same, &second, NULL,
	    NULL) == SEC_E_OUT_OF_SEQUENCE);
	CHECK(SspiGetAsyncCallStatus(b) == SEC_E_OK);		/* still idle */
	CHECK(InitializeSecurityContextA(&stall_cred, &ctx, NULL, 0, 0, 0, &in, 0, &same, &second, NULL, NULL) ==
	    SEC_E_OUT_OF_SEQUENCE);
	CHECK(api_wait(a, NULL, 3000) == SEC_I_CONTINUE_NEEDED);
	SspiFreeAsyncContext(a);
	SspiFreeAsyncContext(b);
	CHECK(DeleteSecurityContext(&ctx) == SEC_E_OK);
}

static void
s16_a_thousand_cancelled_legs(void)
{
	unsigned many = api_scale(1000, 200, 1000), cancelled = 0;
	SspiAsyncContext *a = SspiCreateAsyncContext();
	CredHandle cred = api_cred("Stall", false, "x");
	CtxtHandle ctx;

	for (unsigned i = 0; i < many; i++) {
		SECURITY_STATUS status;

		if (stall_start(a, &cred, "forever", &ctx) != SEC_E_OK)
			break;
		if (OlsaSspiCancelAsync(a) != SEC_E_OK)
			break;
		status = api_wait(a, NULL, 3000);
		cancelled += status == SEC_E_UNFINISHED_CONTEXT_DELETED;
		if (SspiReinitAsyncContext(a) != STATUS_SUCCESS)
			break;
	}
	CHECK_U64(cancelled, many);
	CHECK(stall_start(a, &cred, "ok", &ctx) == SEC_E_OK);
	CHECK(api_wait(a, NULL, 3000) == SEC_E_OK);
	SspiFreeAsyncContext(a);
	CHECK(DeleteSecurityContext(&ctx) == SEC_E_OK);
	CHECK(FreeCredentialsHandle(&cred) == SEC_E_OK);
}

/* --- 11: many at once --------------------------------------------------------------------------- */

static size_t
resident_kib(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[200];
	size_t kib = 0;

	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "VmRSS: %zu", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib;
}

static void
s11_a_hundred_thousand_pending(void)
{
	unsigned many = api_scale(100000, 500, 100000), queued = 0, ended = 0;
	SspiAsyncContext **all = calloc(many, sizeof *all);
	CtxtHandle *contexts = calloc(many, sizeof *contexts);
	OLSA_ASYNC_QUEUE *q;
	struct pair p;
	size_t before, grown;

	CHECK(OlsaSspiAsyncQueueCreate(&q) == 0);
	before = resident_kib();
	for (unsigned i = 0; i < many; i++) {
		all[i] = SspiCreateAsyncContext();
		OlsaSspiBindAsyncContext(all[i], q, NULL);
		queued += stall_start(all[i], &stall_cred, "forever", &contexts[i]) == SEC_E_OK;
		if (i % 256 == 0)
			OlsaSspiAsyncDispatch(q, 1);
	}
	CHECK_U64(queued, many);
	grown = resident_kib() - before;
	printf("   %zu bytes for each pending call\n", grown * 1024 / many);
	CHECK(grown * 1024 / many < PENDING_BYTES);
	/* Others are not held up. */
	pair_begin(&p, API_PASSWORD);
	CHECK(pair_shake(&p) == SEC_E_OK);
	pair_end(&p);
	for (unsigned i = 0; i < many; i++)
		OlsaSspiCancelAsync(all[i]);
	for (uint64_t until = api_ms() + 20000; ended < many && api_ms() < until; ) {
		SspiAsyncContext *a = OlsaSspiAsyncNext(q, NULL);

		if (a) {
			ended++;
			SspiFreeAsyncContext(a);
		} else {
			usleep(200);
		}
	}
	CHECK_U64(ended, many);
	OlsaSspiAsyncQueueFree(q);
	free(all);
	free(contexts);
}

/* --- 14: bound and not popped ----------------------------------------------------------------------- */

static void
s14_bound_and_not_popped(void)
{
	OLSA_ASYNC_QUEUE *q;
	SspiAsyncContext *a = SspiCreateAsyncContext();
	CtxtHandle ctx;

	f_called = 0;
	CHECK(OlsaSspiAsyncQueueCreate(&q) == 0);
	SspiSetAsyncNotifyCallback(a, f, NULL);
	CHECK(OlsaSspiBindAsyncContext(a, q, NULL) == SEC_E_OK);
	CHECK(stall_start(a, &stall_cred, "ms:5", &ctx) == SEC_E_OK);
	CHECK(OlsaSspiWaitAsync(a, 3000) == SEC_E_OK);
	CHECK(SspiReinitAsyncContext(a) == STATUS_UNSUCCESSFUL);
	CHECK(SspiAsyncContextRequiresNotify(a));
	SspiFreeAsyncContext(a);
	CHECK(OlsaSspiAsyncDispatch(q, 10) == 0);
	CHECK(f_called == 0);
	OlsaSspiAsyncQueueFree(q);
	CHECK(DeleteSecurityContext(&ctx) == SEC_E_OK);
}

static void
deadline_and_wait(void)
{
	SspiAsyncContext *a = SspiCreateAsyncContext();
	uint64_t from;
	CtxtHandle ctx;

	CHECK(OlsaSspiSetAsyncDeadline(a, 80) == SEC_E_OK);
	from = api_ms();
	CHECK(stall_start(a, &stall_cred, "forever", &ctx) == SEC_E_OK);
	CHECK(OlsaSspiWaitAsync(a, 10) == SEC_I_ASYNC_CALL_PENDING);
	CHECK(OlsaSspiWaitAsync(a, 5000) == SEC_E_NO_AUTHENTICATING_AUTHORITY);
	CHECK(api_ms() - from >= 75 && api_ms() - from < 1000);
	SspiFreeAsyncContext(a);
}

int
main(void)
{
	api_begin();
	stall_cred = api_cred("Stall", false, "x");
	RUN(s01_legs_in_the_callback);
	RUN(s02_delete_and_free_at_once);
	RUN(s03_opt_out_later);
	RUN(s04_delete_of_nothing);
	RUN(s05_two_calls_without_reinit);
	RUN(s06_free_in_callback_read_afterwards);
	RUN(s08_storage_is_the_callers_again);
	RUN(s09_requeue_a_million_times);
	RUN(s10_delete_behind_a_leg);
	RUN(s10b_synchronous_delete_behind_a_leg);
	RUN(s11_a_hundred_thousand_pending);
	RUN(s12_polling_without_callback);
	RUN(s13_callback_cannot_change_under_way);
	RUN(s14_bound_and_not_popped);
	RUN(s15_second_leg_while_one_is_pending);
	RUN(s16_a_thousand_cancelled_legs);
	RUN(deadline_and_wait);
	CHECK(FreeCredentialsHandle(&stall_cred) == SEC_E_OK);
	return check_end();
}
