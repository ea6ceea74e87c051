/*
 * async_callbacks_test.c - callbacks on threads of the library: once each,
 * after the results, on two threads at most, with all signals blocked, and
 * never in the way of a completion.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/api/api.h"
#include "tests/check.h"

static CredHandle cred;
static _Atomic unsigned called;

static void
counts(SspiAsyncContext *a, void *data)
{
	(void)a, (void)data;
	called++;
}

/* --- when ------------------------------------------------------------------------- */

struct outputs {
	CtxtHandle ctx;
	ULONG attr;
	char room[64];
	SecBuffer b;
	SecBufferDesc d;
	_Atomic unsigned called, early;
};

static void
looks(SspiAsyncContext *a, void *data)
{
	struct outputs *o = data;

	if (SspiGetAsyncCallStatus(a) != SEC_E_OK || o->ctx.dwLower == 7 || o->attr == 77 || o->b.cbBuffer != 4 || o->room[0] != 1)
		o->early++;
	o->called++;
}

TEST(results_stand_before_the_callback)
{
	static const char *const ways[] = { "ok", "ms:1", "job:1" };
	unsigned many = api_scale(600, 60, 6000);

	for (unsigned i = 0; i < many; i++) {
		struct outputs o = { .ctx = { 7, 7 }, .attr = 77 };
		SspiAsyncContext *a = SspiCreateAsyncContext();

		o.b = (SecBuffer){ sizeof o.room, SECBUFFER_TOKEN, o.room };
		o.d = (SecBufferDesc){ SECBUFFER_VERSION, 1, &o.b };
		CHECK(SspiSetAsyncNotifyCallback(a, looks, &o) == SEC_E_OK);
		CHECK(SspiInitializeSecurityContextAsyncA(a, &cred, NULL, (char *)(uintptr_t)ways[i % 3], 0, 0, 0, NULL, 0, &o.ctx,
		    &o.d, &o.attr, NULL) == SEC_E_OK);
		CHECK(api_reaches(&o.called, 1, 3000));
		SspiFreeAsyncContext(a);			/* waits until the callback has returned */
		CHECK_U64(o.called, 1);
		CHECK_U64(o.early, 0);
		CHECK(DeleteSecurityContext(&o.ctx) == SEC_E_OK);
	}
}

TEST(no_callback_for_what_was_not_queued)
{
	SspiAsyncContext *a = SspiCreateAsyncContext();
	CtxtHandle ctx;

	called = 0;
	CHECK(SspiSetAsyncNotifyCallback(a, counts, NULL) == SEC_E_OK);
	CHECK(SspiDeleteSecurityContextAsync(a, NULL) == SEC_E_INVALID_HANDLE);
	CHECK(stall_start(a, &cred, "ms:20", &ctx) == SEC_E_OK);
	CHECK(stall_start(a, &cred, "ok", &ctx) == SEC_E_OUT_OF_SEQUENCE);
	CHECK(api_reaches(&called, 1, 3000));
	usleep(10000);
	CHECK_U64(called, 1);
	SspiFreeAsyncContext(a);
	CHECK(DeleteSecurityContext(&ctx) == SEC_E_OK);
}

/* Begun again as soon as the status was final, this time with a callback: it comes, whatever is still left to do for the run before. */
TEST(a_run_knows_nothing_of_the_one_before)
{
	unsigned many = api_scale(2000, 200, 50000);
	SspiAsyncContext *a = SspiCreateAsyncContext();
	CtxtHandle ctx, nothing = { 0, 0 };

	called = 0;
	for (unsigned i = 1; i <= many; i++) {
		CHECK(SspiSetAsyncNotifyCallback(a, NULL, NULL) == SEC_E_OK);
		CHECK(stall_start(a, &cred, i % 4 ? "job:0" : "ms:1", &ctx) == SEC_E_OK);
		while (SspiGetAsyncCallStatus(a) == SEC_I_ASYNC_CALL_PENDING)
			;
		CHECK(SspiReinitAsyncContext(a) == STATUS_SUCCESS);
		CHECK(SspiSetAsyncNotifyCallback(a, counts, NULL) == SEC_E_OK);
		CHECK(SspiDeleteSecurityContextAsync(a, &nothing) == SEC_E_OK);
		if (!CHECK(api_reaches(&called, i, 3000)))
			break;
		while (SspiReinitAsyncContext(a) != STATUS_SUCCESS)
			;
		CHECK(DeleteSecurityContext(&ctx) == SEC_E_OK);
	}
	SspiFreeAsyncContext(a);
}

/* --- where -------------------------------------------------------------------------- */

static pthread_t seen[8];
static _Atomic unsigned threads_seen, signals_open;
static pthread_mutex_t seen_lock = PTHREAD_MUTEX_INITIALIZER;

static void
notes_its_thread(SspiAsyncContext *a, void *data)
{
	sigset_t blocked;
	unsigned i;

	(void)a, (void)data;
	pthread_sigmask(SIG_SETMASK, NULL, &blocked);
	for (int s = 1; s < 32; s++)
		if (s != SIGKILL && s != SIGSTOP && !sigismember(&blocked, s))
			signals_open++;
	pthread_mutex_lock(&seen_lock);
	for (i = 0; i < threads_seen && !pthread_equal(seen[i], pthread_self()); i++)
		;
	if (i == threads_seen && i < 8)
		seen[threads_seen++] = pthread_self();
	pthread_mutex_unlock(&seen_lock);
	usleep(*(unsigned *)data * 1000);
	called++;
}

static void
a_crowd(unsigned many, unsigned each_ms)
{
	SspiAsyncContext *all[64];
	CtxtHandle nothing = { 0, 0 };

	threads_seen = signals_open = called = 0;
	for (unsigned i = 0; i < many; i++) {
		all[i] = SspiCreateAsyncContext();
		CHECK(SspiSetAsyncNotifyCallback(all[i], notes_its_thread, &each_ms) == SEC_E_OK);
		CHECK(SspiDeleteSecurityContextAsync(all[i], &nothing) == SEC_E_OK);
	}
	CHECK(api_reaches(&called, many, 10000));
	for (unsigned i = 0; i < many; i++)
		SspiFreeAsyncContext(all[i]);
	CHECK_U64(called, many);
	CHECK_U64(signals_open, 0);
	for (unsigned i = 0; i < threads_seen; i++)
		CHECK(!pthread_equal(seen[i], pthread_self()));
}

TEST(two_threads_at_most)
{
	a_crowd(20, 30);
	CHECK_U64(threads_seen, 2);
}

/* --- a callback that does not come back soon ------------------------------------------ */

static _Atomic unsigned inside, may_leave;

static void
stays(SspiAsyncContext *a, void *data)
{
	(void)a, (void)data;
	inside++;
	while (!may_leave)
		usleep(500);
	called++;
}

static int
takes_over(void)
{
	SspiAsyncContext *a = SspiCreateAsyncContext(), *b = SspiCreateAsyncContext();
	CtxtHandle nothing = { 0, 0 };
	bool came;

	SspiSetAsyncNotifyCallback(a, stays, NULL);
	SspiSetAsyncNotifyCallback(b, counts, NULL);
	if (SspiDeleteSecurityContextAsync(a, &nothing) != SEC_E_OK || SspiDeleteSecurityContextAsync(b, &nothing) != SEC_E_OK)
		return 1;
	came = api_reaches(&called, 1, 3000);
	may_leave = 1;
	return came && api_reaches(&called, 2, 3000) ? 0 : 1;
}

/*
 * Two completions come one behind the other; the first callback stays, the
 * second must not wait for it. In fresh processes, whose callback threads
 * are still to be started.
 */
TEST(the_second_thread_takes_over)
{
	for (unsigned i = 0; i < api_scale(40, 3, 200); i++) {
		int status = 0;
		pid_t child = fork();

		if (child == 0)
			_exit(takes_over());
		CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
}

/* Both callback threads stay inside; completions go on all the same, and are seen by asking. */
TEST(completions_wait_for_no_callback)
{
	SspiAsyncContext *a[2], *c = SspiCreateAsyncContext(), *due = SspiCreateAsyncContext();
	CtxtHandle nothing = { 0, 0 }, ctx[2];

	inside = may_leave = called = 0;
	for (int i = 0; i < 2; i++) {
		a[i] = SspiCreateAsyncContext();
		CHECK(SspiSetAsyncNotifyCallback(a[i], stays, NULL) == SEC_E_OK);
		CHECK(SspiDeleteSecurityContextAsync(a[i], &nothing) == SEC_E_OK);
	}
	CHECK(api_reaches(&inside, 2, 3000));
	CHECK(stall_start(c, &cred, "ms:5", &ctx[0]) == SEC_E_OK);
	CHECK(api_wait(c, NULL, 3000) == SEC_E_OK);
	CHECK(SspiSetAsyncNotifyCallback(due, counts, NULL) == SEC_E_OK);
	CHECK(stall_start(due, &cred, "ms:5", &ctx[1]) == SEC_E_OK);
	CHECK(OlsaSspiWaitAsync(due, 3000) == SEC_E_OK);
	usleep(30000);
	CHECK_U64(called, 0);					/* there is no third thread */
	CHECK(SspiReinitAsyncContext(due) == STATUS_UNSUCCESSFUL);
	may_leave = 1;
	CHECK(api_reaches(&called, 3, 3000));
	for (int i = 0; i < 2; i++) {
		SspiFreeAsyncContext(a[i]);
		CHECK(DeleteSecurityContext(&ctx[i]) == SEC_E_OK);
	}
	SspiFreeAsyncContext(due);
	SspiFreeAsyncContext(c);
}

/* --- inside a callback --------------------------------------------------------------------- */

static _Atomic unsigned done_inside;

static void
does_it_all(SspiAsyncContext *a, void *data)
{
	struct pair p;
	SspiAsyncContext *other = SspiCreateAsyncContext();
	CtxtHandle ctx, nothing = { 0, 0 };
	HANDLE lsa;

	(void)data;
	CHECK(SspiGetAsyncCallStatus(a) == SEC_E_INVALID_HANDLE && SspiAsyncContextRequiresNotify(a));
	pair_begin(&p, API_PASSWORD);
	CHECK(pair_shake(&p) == SEC_E_OK);
	pair_end(&p);
	CHECK(LsaConnectUntrusted(&lsa) == STATUS_SUCCESS && OlsaPing(lsa) == STATUS_SUCCESS);
	CHECK(LsaDeregisterLogonProcess(lsa) == STATUS_SUCCESS);
	CHECK(stall_start(other, &cred, "ms:5", &ctx) == SEC_E_OK);
	CHECK(OlsaSspiWaitAsync(other, 3000) == SEC_E_OK);
	CHECK(DeleteSecurityContext(&ctx) == SEC_E_OK);
	CHECK(SspiReinitAsyncContext(other) == STATUS_SUCCESS);
	/* Freeing one whose own callback is still to come waits for that: on the other thread. */
	CHECK(SspiSetAsyncNotifyCallback(other, counts, NULL) == SEC_E_OK);
	CHECK(SspiDeleteSecurityContextAsync(other, &nothing) == SEC_E_OK);
	CHECK(OlsaSspiWaitAsync(other, 3000) == SEC_E_INVALID_HANDLE);
	SspiFreeAsyncContext(other);
	CHECK_U64(called, 1);
	CHECK(SspiReinitAsyncContext(a) == STATUS_SUCCESS);
	CHECK(SspiSetAsyncNotifyCallback(a, NULL, NULL) == SEC_E_OK);
	SspiFreeAsyncContext(a);
	done_inside = 1;
}

TEST(everything_may_be_called_inside_a_callback)
{
	SspiAsyncContext *a = SspiCreateAsyncContext();
	CtxtHandle nothing = { 0, 0 };

	called = done_inside = 0;
	CHECK(SspiSetAsyncNotifyCallback(a, does_it_all, NULL) == SEC_E_OK);
	CHECK(SspiDeleteSecurityContextAsync(a, &nothing) == SEC_E_OK);
	CHECK(api_reaches(&done_inside, 1, 10000));
	CHECK(SspiGetAsyncCallStatus(a) == SEC_E_INVALID_HANDLE);
}

/* A callback under a lock of the application's that the queueing thread holds as well: no recursion, no deadlock. */
static pthread_mutex_t own_lock = PTHREAD_MUTEX_INITIALIZER;

static void
takes_the_lock(SspiAsyncContext *a, void *data)
{
	pthread_mutex_lock(&own_lock);
	counts(a, data);
	pthread_mutex_unlock(&own_lock);
}

TEST(never_on_the_queueing_thread)
{
	CtxtHandle nothing = { 0, 0 };
	SspiAsyncContext *a = SspiCreateAsyncContext();

	called = 0;
	CHECK(SspiSetAsyncNotifyCallback(a, takes_the_lock, NULL) == SEC_E_OK);
	for (unsigned i = 1; i <= 500; i++) {
		pthread_mutex_lock(&own_lock);
		CHECK(SspiDeleteSecurityContextAsync(a, &nothing) == SEC_E_OK);
		CHECK(called == i - 1);
		pthread_mutex_unlock(&own_lock);
		CHECK(api_reaches(&called, i, 3000));
		while (SspiReinitAsyncContext(a) != STATUS_SUCCESS)
			usleep(50);
	}
	SspiFreeAsyncContext(a);
}

/* --- order ------------------------------------------------------------------------------------ */

static _Atomic unsigned leg_began, order_wrong, deletes_told;

static void
leg_comes(SspiAsyncContext *a, void *data)
{
	(void)data;
	leg_began = 1;
	if (SspiGetAsyncCallStatus(a) != SEC_E_UNFINISHED_CONTEXT_DELETED)
		order_wrong++;
	usleep(*(unsigned *)data * 1000);
}

static void
delete_comes(SspiAsyncContext *a, void *data)
{
	(void)data;
	if (!leg_began || SspiGetAsyncCallStatus(a) != SEC_E_OK)
		order_wrong++;
	deletes_told++;
}

/*
 * A leg's callback begins before that of the delete behind it, however long
 * it stays: also where the next two come just as the first thread returns
 * from one that was slow, and both threads reach for them.
 */
TEST(a_leg_before_its_delete)
{
	unsigned many = api_scale(100, 30, 1000);

	for (unsigned i = 0; i < many; i++) {
		char room[64];
		SecBuffer in_b = { 7, SECBUFFER_TOKEN, (char *)(uintptr_t)"forever" }, out_b = { sizeof room, SECBUFFER_TOKEN, room };
		SecBufferDesc in = { SECBUFFER_VERSION, 1, &in_b }, out = { SECBUFFER_VERSION, 1, &out_b };
		SspiAsyncContext *leg = SspiCreateAsyncContext(), *del = SspiCreateAsyncContext();
		unsigned stay = i % 3 == 0 ? 12 : 0;
		CtxtHandle ctx;

		leg_began = order_wrong = deletes_told = 0;
		CHECK(SspiSetAsyncNotifyCallback(leg, leg_comes, &stay) == SEC_E_OK);
		CHECK(SspiSetAsyncNotifyCallback(del, delete_comes, NULL) == SEC_E_OK);
		CHECK(InitializeSecurityContextA(&cred, NULL, (char *)(uintptr_t)"legs:3", 0, 0, 0, NULL, 0, &ctx, &out, NULL, NULL) ==
		    SEC_I_CONTINUE_NEEDED);
		out_b.cbBuffer = sizeof room;
		CHECK(SspiInitializeSecurityContextAsyncA(leg, &cred, &ctx, NULL, 0, 0, 0, &in, 0, &ctx, &out, NULL, NULL) == SEC_E_OK);
		CHECK(SspiDeleteSecurityContextAsync(del, &ctx) == SEC_E_OK);
		CHECK(api_reaches(&deletes_told, 1, 3000));
		SspiFreeAsyncContext(leg);
		SspiFreeAsyncContext(del);
		CHECK_U64(order_wrong, 0);
	}
}

/* --- the end of a process ---------------------------------------------------------------------- */

/* The program itself, started anew with an argument. */
static void
exits(void)
{
	static CtxtHandle ctx[32];

	api_begin();
	cred = api_cred("Stall", false, "x");
	for (int i = 0; i < 32; i++) {
		SspiAsyncContext *a = SspiCreateAsyncContext();

		SspiSetAsyncNotifyCallback(a, stays, NULL);
		if (stall_start(a, &cred, i % 2 ? "ms:1" : "forever", &ctx[i]) != SEC_E_OK)
			_exit(1);
	}
	(void)api_reaches(&inside, 1, 3000);
	alarm(20);
	exit(inside ? 0 : 2);
}

/* exit() with callbacks pending and running: no crash, no hang. */
TEST(exit_with_callbacks_pending)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		execl("/proc/self/exe", "async_callbacks", "exits", (char *)NULL);
		_exit(127);
	}
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST(a_forked_child_has_callbacks_of_its_own)
{
	SspiAsyncContext *parents = SspiCreateAsyncContext();
	CtxtHandle ctx;
	int status = 0;
	pid_t child;

	if (api_scale(0, 1, 0)) {
		SspiFreeAsyncContext(parents);
		CHECK_SKIP("ThreadSanitizer starts no threads in a forked child");
		return;
	}
	called = 0;
	CHECK(SspiSetAsyncNotifyCallback(parents, counts, NULL) == SEC_E_OK);
	CHECK(stall_start(parents, &cred, "ms:150", &ctx) == SEC_E_OK);
	child = fork();
	if (child == 0) {
		SspiAsyncContext *a;
		CredHandle own;
		int bad = SspiGetAsyncCallStatus(parents) != SEC_E_INVALID_HANDLE;

		bad |= stall_start(parents, &cred, "ok", &ctx) != SEC_E_INVALID_HANDLE;
		SspiFreeAsyncContext(parents);
		a = SspiCreateAsyncContext();
		own = api_cred("Stall", false, "x");
		called = 0;
		bad |= SspiSetAsyncNotifyCallback(a, counts, NULL) != SEC_E_OK || stall_start(a, &own, "ms:5", &ctx) != SEC_E_OK;
		bad |= !api_reaches(&called, 1, 5000) || SspiGetAsyncCallStatus(a) != SEC_E_OK;
		usleep(200000);
		_exit(bad || called != 1);		/* the parent's call is none of ours */
	}
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	CHECK(api_reaches(&called, 1, 3000));
	CHECK(SspiGetAsyncCallStatus(parents) == SEC_E_OK);
	SspiFreeAsyncContext(parents);
	CHECK(DeleteSecurityContext(&ctx) == SEC_E_OK);
}

int
main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "exits") == 0)
		exits();
	RUN(the_second_thread_takes_over);	/* first: while there are no threads to fork beside */
	api_begin();
	cred = api_cred("Stall", false, "x");
	RUN(results_stand_before_the_callback);
	RUN(no_callback_for_what_was_not_queued);
	RUN(a_run_knows_nothing_of_the_one_before);
	RUN(two_threads_at_most);
	RUN(completions_wait_for_no_callback);
	RUN(everything_may_be_called_inside_a_callback);
	RUN(never_on_the_queueing_thread);
	RUN(a_leg_before_its_delete);
	RUN(exit_with_callbacks_pending);
	RUN(a_forked_child_has_callbacks_of_its_own);
	CHECK(FreeCredentialsHandle(&cred) == SEC_E_OK);
	return check_end();
}
