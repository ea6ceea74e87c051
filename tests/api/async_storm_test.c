/*
 * async_storm_test.c - a million asynchronous calls from two threads: real
 * handshakes, deletes, cancels, frees; each callback exactly once.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/api/api.h"
#include "tests/check.h"

struct one { _Atomic unsigned called; };

static _Atomic unsigned queued, called, doubled, wrong;
static _Atomic SECURITY_STATUS first_wrong;

static void
counts(SspiAsyncContext *a, void *data)
{
	struct one *o = data;

	(void)a;
	if (o->called++)
		doubled++;
	called++;
}

/* A thread with a queue of its own: NTLM legs, then the end of all. */
static void *
on_a_queue(void *arg)
{
	unsigned rounds = *(unsigned *)arg;
	CredHandle client = api_cred("NTLM", false, API_PASSWORD), server = api_cred("NTLM", true, NULL);
	SspiAsyncContext *a = SspiCreateAsyncContext();
	OLSA_ASYNC_QUEUE *q;
	struct one o;

	if (OlsaSspiAsyncQueueCreate(&q) != 0)
		return NULL;
	OlsaSspiBindAsyncContext(a, q, NULL);
	SspiSetAsyncNotifyCallback(a, counts, &o);
#define STEP(call, want)                                                       \
	do {                                                                   \
		o.called = 0;                                                  \
		if ((call) == SEC_E_OK)                                        \
			queued++;                                              \
		while (!o.called)                                              \
			OlsaSspiAsyncDispatch(q, 4);                           \
		if (SspiGetAsyncCallStatus(a) != (want) && !wrong++)           \
			first_wrong = SspiGetAsyncCallStatus(a);               \
		SspiReinitAsyncContext(a);                                     \
	} while (0)
	for (unsigned i = 0; i < rounds; i++) {
		char up[4096], down[4096];
		SecBuffer ci = { 0, SECBUFFER_TOKEN, down }, co = { sizeof up, SECBUFFER_TOKEN, up };
		SecBuffer si = { 0, SECBUFFER_TOKEN, up }, so = { sizeof down, SECBUFFER_TOKEN, down };
		SecBufferDesc cid = { 0, 1, &ci }, cod = { 0, 1, &co }, sid = { 0, 1, &si }, sod = { 0, 1, &so };
		CtxtHandle c, s;

		STEP(SspiInitializeSecurityContextAsyncA(a, &client, NULL, NULL, 0, 0, 0, NULL, 0, &c, &cod, NULL, NULL),
		    SEC_I_CONTINUE_NEEDED);
		si.cbBuffer = co.cbBuffer;
		STEP(SspiAcceptSecurityContextAsync(a, &server, NULL, &sid, 0, 0, &s, &sod, NULL, NULL),
		    SEC_I_CONTINUE_NEEDED);
		ci.cbBuffer = so.cbBuffer;
		co.cbBuffer = sizeof up;
		STEP(SspiInitializeSecurityContextAsyncA(a, &client, &c, NULL, 0, 0, 0, &cid, 0, &c, &cod, NULL, NULL), SEC_E_OK);
		si.cbBuffer = co.cbBuffer;
		so.cbBuffer = sizeof down;
		STEP(SspiAcceptSecurityContextAsync(a, &server, &s, &sid, 0, 0, &s, &sod, NULL, NULL), SEC_E_OK);
		STEP(SspiDeleteSecurityContextAsync(a, &c), SEC_E_OK);
		STEP(SspiDeleteSecurityContextAsync(a, &s), SEC_E_OK);
	}
	SspiFreeAsyncContext(a);
	OlsaSspiAsyncQueueFree(q);
	FreeCredentialsHandle(&client);
	FreeCredentialsHandle(&server);
	return NULL;
}

static void
handshakes_on_two_queues(void)
{
	/* Six calls a handshake on each of two threads: over a million near. */
	unsigned rounds = api_scale(api_far() ? 5000 : 85000, 400, 85000);
	pthread_t t[2];

	queued = called = doubled = 0;
	for (int i = 0; i < 2; i++)
		CHECK(pthread_create(&t[i], NULL, on_a_queue, &rounds) == 0);
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	CHECK_U64(queued, rounds * 12);
	CHECK_U64(called, rounds * 12);
	CHECK_U64(doubled, 0);
	CHECK_U64(wrong, 0);
	CHECK_U64((uint32_t)first_wrong, 0);
}

/* Legs that wait, raced by cancels and deletes from the thread that queued them; callbacks on threads of ours. */
static void
cancels_and_deletes(void)
{
	unsigned many = api_scale(3000, 300, 20000);
	CredHandle cred = api_cred("Stall", false, "x");
	struct one *all = calloc(many, sizeof *all);
	SspiAsyncContext **legs = calloc(many, sizeof *legs);
	CtxtHandle *contexts = calloc(many, sizeof *contexts);
	static const char *const targets[] = { "ok", "forever", "ms:1", "job:1", "deny", "ms:3" };
	unsigned started = 0;

	called = doubled = 0;
	for (unsigned i = 0; i < many; i++) {
		legs[i] = SspiCreateAsyncContext();
		SspiSetAsyncNotifyCallback(legs[i], counts, &all[i]);
		started += stall_start(legs[i], &cred, targets[i % 6], &contexts[i]) == SEC_E_OK;
		if (i % 3 == 1)
			OlsaSspiCancelAsync(legs[i]);
		if (i % 7 == 0)
			usleep(i % 50);
	}
	for (unsigned i = 0; i < many; i++)
		OlsaSspiCancelAsync(legs[i]);
	CHECK_U64(started, many);
	CHECK(api_reaches(&called, many, 30000));
	usleep(10000);
	CHECK_U64(called, many);
	CHECK_U64(doubled, 0);
	for (unsigned i = 0; i < many; i++) {
		if (SspiGetAsyncCallStatus(legs[i]) == SEC_E_OK)
			CHECK(DeleteSecurityContext(&contexts[i]) == SEC_E_OK);
		SspiFreeAsyncContext(legs[i]);
	}
	CHECK(FreeCredentialsHandle(&cred) == SEC_E_OK);
	free(all);
	free(legs);
	free(contexts);
}

int
main(void)
{
	api_begin();
	RUN(handshakes_on_two_queues);
	RUN(cancels_and_deletes);
	return check_end();
}
