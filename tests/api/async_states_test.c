/*
 * async_states_test.c - the state table of an asynchronous context, cell by
 * cell: in each state each function, what it answers and where it leads.
 * Covers secur32/async.c, secur32/sspi_async.c.
 */
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "tests/api/api.h"
#include "tests/check.h"

static CredHandle cred;
static OLSA_ASYNC_QUEUE *queue;
static _Atomic unsigned entered, left, may_leave;

static void
holds(SspiAsyncContext *a, void *data)
{
	(void)a, (void)data;
	entered++;
	while (!may_leave)
		usleep(200);
	left++;
}

enum state { IDLE, PENDING, IN_CALLBACK, UNPOPPED, NOTIFIED, FREED, STATES };
static const char *const state_names[] = { "idle", "pending", "in callback", "bound, not popped", "notified", "freed" };

struct subject { SspiAsyncContext *a; CtxtHandle ctx; enum state state; };

/* An asynchronous context brought into a state. */
static struct subject
brought_to(enum state state)
{
	struct subject s = { .a = SspiCreateAsyncContext(), .state = state };

	entered = left = may_leave = 0;
	switch (state) {
	case PENDING:
		CHECK(stall_start(s.a, &cred, "forever", &s.ctx) == SEC_E_OK);
		break;
	case IN_CALLBACK:
		SspiSetAsyncNotifyCallback(s.a, holds, NULL);
		CHECK(stall_start(s.a, &cred, "ok", &s.ctx) == SEC_E_OK);
		CHECK(api_reaches(&entered, 1, 3000));
		break;
	case UNPOPPED:
		CHECK(OlsaSspiBindAsyncContext(s.a, queue, NULL) == SEC_E_OK);
		CHECK(stall_start(s.a, &cred, "ok", &s.ctx) == SEC_E_OK);
		CHECK(OlsaSspiWaitAsync(s.a, 3000) == SEC_E_OK);
		break;
	case NOTIFIED:
		CHECK(stall_start(s.a, &cred, "ok", &s.ctx) == SEC_E_OK);
		CHECK(api_wait(s.a, NULL, 3000) == SEC_E_OK);
		break;
	case FREED:
		SspiFreeAsyncContext(s.a);
		break;
	case IDLE:
	default:
		break;
	}
	return s;
}

static void
end(struct subject *s)
{
	if (s->state == PENDING) {
		OlsaSspiCancelAsync(s->a);
		api_wait(s->a, NULL, 3000);
	}
	may_leave = 1;
	if (s->state == IN_CALLBACK)
		CHECK(api_reaches(&left, 1, 3000));
	SspiFreeAsyncContext(s->a);
	while (OlsaSspiAsyncDispatch(queue, 10))
		;
}

/* Rows: functions. Columns: idle, pending, in callback, not popped, notified, freed. */
static void
get_status(void)
{
	static const SECURITY_STATUS want[STATES] = { SEC_E_OK, SEC_I_ASYNC_CALL_PENDING, SEC_E_OK, SEC_E_OK, SEC_E_OK,
	    SEC_E_INVALID_HANDLE };

	for (int i = 0; i < STATES; i++) {
		struct subject s = brought_to((enum state)i);

		for (int k = 0; k < 3; k++)		/* as often as one likes */
			if (!CHECK(SspiGetAsyncCallStatus(s.a) == want[i]))
				printf("   in state %s\n", state_names[i]);
		end(&s);
	}
	CHECK(SspiGetAsyncCallStatus(NULL) == SEC_E_INVALID_HANDLE);
	CHECK(SspiGetAsyncCallStatus((SspiAsyncContext *)(uintptr_t)0x123456) == SEC_E_INVALID_HANDLE);
}

static void
queue_functions(void)
{
	static const SECURITY_STATUS want[STATES] = { SEC_E_OK, SEC_E_OUT_OF_SEQUENCE, SEC_E_OUT_OF_SEQUENCE,
	    SEC_E_OUT_OF_SEQUENCE, SEC_E_OUT_OF_SEQUENCE, SEC_E_INVALID_HANDLE };

	for (int i = 0; i < STATES; i++) {
		struct subject s = brought_to((enum state)i);
		CtxtHandle nothing = { 0, 0 }, fresh = { 7, 7 };
		CredHandle no_cred = { 0, 0 }, new_cred = { 7, 7 };

		CHECK(stall_start(s.a, &cred, "ok", &fresh) == want[i]);
		if (i != IDLE) {
			CHECK(SspiDeleteSecurityContextAsync(s.a, &nothing) == want[i]);
			CHECK(SspiFreeCredentialsHandleAsync(s.a, &no_cred) == want[i]);
			CHECK(SspiAcquireCredentialsHandleAsyncA(s.a, NULL, (char *)(uintptr_t)"Stall", 1, NULL, NULL, NULL,
			    NULL, &new_cred, NULL) == want[i]);
			CHECK(fresh.dwLower == 7 && new_cred.dwLower == 7);
		} else {
			CHECK(api_wait(s.a, NULL, 3000) == SEC_E_OK);
		}
		end(&s);
	}
}

static void
set_callback(void)
{
	static const SECURITY_STATUS want[STATES] = { SEC_E_OK, SEC_E_OUT_OF_SEQUENCE, SEC_E_OUT_OF_SEQUENCE,
	    SEC_E_OUT_OF_SEQUENCE, SEC_E_OK, SEC_E_INVALID_HANDLE };

	for (int i = 0; i < STATES; i++) {
		struct subject s = brought_to((enum state)i);

		CHECK(SspiSetAsyncNotifyCallback(s.a, NULL, NULL) == want[i]);
		end(&s);
	}
}

static void
requires_notify(void)
{
	static const BOOLEAN want[STATES] = { FALSE, FALSE, TRUE, TRUE, FALSE, FALSE };

	for (int i = 0; i < STATES; i++) {
		struct subject s = brought_to((enum state)i);

		CHECK(SspiAsyncContextRequiresNotify(s.a) == want[i]);
		end(&s);
	}
}

static void
reinit(void)
{
	static const NTSTATUS want[STATES] = { STATUS_SUCCESS, STATUS_UNSUCCESSFUL, STATUS_UNSUCCESSFUL,
	    STATUS_UNSUCCESSFUL, STATUS_SUCCESS, STATUS_INVALID_HANDLE };

	for (int i = 0; i < STATES; i++) {
		struct subject s = brought_to((enum state)i);

		CHECK(SspiReinitAsyncContext(s.a) == want[i]);
		end(&s);
	}
}

static void
bind_and_deadline(void)
{
	static const SECURITY_STATUS want[STATES] = { SEC_E_OK, SEC_E_OUT_OF_SEQUENCE, SEC_E_OUT_OF_SEQUENCE,
	    SEC_E_OUT_OF_SEQUENCE, SEC_E_OUT_OF_SEQUENCE, SEC_E_INVALID_HANDLE };

	for (int i = 0; i < STATES; i++) {
		struct subject s = brought_to((enum state)i);

		CHECK(OlsaSspiBindAsyncContext(s.a, NULL, NULL) == want[i]);
		CHECK(OlsaSspiSetAsyncDeadline(s.a, 5) == want[i]);
		end(&s);
	}
}

/* Freed while pending: no callback, nothing is written, nothing is lost. */
static void
abandoned(void)
{
	unsigned many = api_scale(300, 50, 1000);

	entered = left = 0;
	may_leave = 1;
	for (unsigned i = 0; i < many; i++) {
		SspiAsyncContext *a = SspiCreateAsyncContext();
		CtxtHandle ctx = { 7, 7 };

		SspiSetAsyncNotifyCallback(a, holds, NULL);
		CHECK(stall_start(a, &cred, i % 2 ? "forever" : "ms:1", &ctx) == SEC_E_OK);
		SspiFreeAsyncContext(a);
		CHECK(ctx.dwLower == 7 || SspiGetAsyncCallStatus(a) == SEC_E_INVALID_HANDLE);
	}
	usleep(30000);
	CHECK(entered == 0 || entered < many);
	SspiFreeAsyncContext(NULL);
}

/* From another thread, Free waits until the callback has returned. */
static void
free_waits_for_the_callback(void)
{
	struct subject s = brought_to(IN_CALLBACK);

	may_leave = 1;
	SspiFreeAsyncContext(s.a);
	CHECK(left == 1);
	DeleteSecurityContext(&s.ctx);
}

int
main(void)
{
	api_begin();
	cred = api_cred("Stall", false, "x");
	CHECK(OlsaSspiAsyncQueueCreate(&queue) == 0);
	RUN(get_status);
	RUN(queue_functions);
	RUN(set_callback);
	RUN(requires_notify);
	RUN(reinit);
	RUN(bind_and_deadline);
	RUN(abandoned);
	RUN(free_waits_for_the_callback);
	OlsaSspiAsyncQueueFree(queue);
	return check_end();
}
