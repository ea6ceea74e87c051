/*
 * async_args_test.c - arguments of asynchronous calls: what the queue call
 * refuses and what the call itself tells, how long what was given is needed,
 * when results are written, and the three shapes of strings.
 * Covers secur32/sspi_async.c, secur32/sspi_async_leg.c, secur32/sspi_async_cred.c, secur32/leg.c.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/api/api.h"
#include "tests/check.h"

/* The kernel's shapes; sspi.h maps the W names to them there. */
SECURITY_STATUS SspiAcquireCredentialsHandleAsyncU(SspiAsyncContext *, PSECURITY_STRING, PSECURITY_STRING, ULONG, PVOID,
    PVOID, SEC_GET_KEY_FN, PVOID, PCredHandle, PTimeStamp);
SECURITY_STATUS SspiInitializeSecurityContextAsyncU(SspiAsyncContext *, PCredHandle, PCtxtHandle, PSECURITY_STRING, ULONG,
    ULONG, ULONG, PSecBufferDesc, ULONG, PCtxtHandle, PSecBufferDesc, PULONG, PTimeStamp);

static CredHandle cred;

static char *
copy(const char *text)
{
	char *c = strdup(text);

	if (!c)
		abort();
	return c;
}

/* Overwritten and freed: whoever still reads it reads nonsense, and is reported under a sanitizer. */
static void
gone(void *at, size_t len)
{
	memset(at, 0xDB, len);
	free(at);
}

/* --- what the queue call refuses ----------------------------------------------------- */

enum op { OP_ACQUIRE, OP_INIT, OP_ACCEPT, OP_DELETE, OP_FREE, OP_COUNT };

struct args {
	const char *package;
	bool no_handle, no_cred;
	ULONG version;
	bool no_buffers, out_wrong, no_attr;
};

static CtxtHandle new_context;
static CredHandle new_cred;

static SECURITY_STATUS
queued(SspiAsyncContext *a, enum op op, const struct args *args)
{
	static char token[] = "ok", room[64];
	SecBuffer in_b = { 2, SECBUFFER_TOKEN, token }, out_b = { sizeof room, SECBUFFER_TOKEN, room };
	SecBufferDesc in = { args->out_wrong ? SECBUFFER_VERSION : args->version, 1, args->no_buffers ? NULL : &in_b };
	SecBufferDesc out = { args->out_wrong ? args->version : SECBUFFER_VERSION, 1, &out_b };
	PCtxtHandle fresh = args->no_handle ? NULL : &new_context;
	ULONG attr;
	SECURITY_STATUS status;

	new_context = (CtxtHandle){ 7, 7 };
	new_cred = (CredHandle){ 7, 7 };
	switch (op) {
	case OP_ACQUIRE:
		status = SspiAcquireCredentialsHandleAsyncA(a, NULL, (char *)(uintptr_t)args->package, SECPKG_CRED_OUTBOUND, NULL,
		    NULL, NULL, NULL, args->no_handle ? NULL : &new_cred, NULL);
		break;
	case OP_INIT:
		status = SspiInitializeSecurityContextAsyncA(a, args->no_cred ? NULL : &cred, NULL, (char *)(uintptr_t)"ok", 0, 0, 0,
		    args->version || args->no_buffers ? &in : NULL, 0, fresh, &out, args->no_attr ? NULL : &attr, NULL);
		break;
	case OP_ACCEPT:
		status = SspiAcceptSecurityContextAsync(a, args->no_cred ? NULL : &cred, NULL, &in, 0, 0, fresh, &out,
		    args->no_attr ? NULL : &attr, NULL);
		break;
	case OP_DELETE:
		status = SspiDeleteSecurityContextAsync(a, args->no_handle ? NULL : &new_context);
		break;
	case OP_FREE:
	default:
		status = SspiFreeCredentialsHandleAsync(a, args->no_handle ? NULL : &new_cred);
		break;
	}
	/* The descriptors stand on this stack, so the call must be over. */
	if (status == SEC_E_OK)
		CHECK(api_wait(a, NULL, 5000) != SEC_I_ASYNC_CALL_PENDING);
	return status;
}

static const struct { const char *what; enum op op; struct args args; SECURITY_STATUS want; } refused[] = {
	{ "acquire without a package",      OP_ACQUIRE, { 0 },                                        SEC_E_SECPKG_NOT_FOUND },
	{ "acquire without a handle",       OP_ACQUIRE, { .package = "Stall", .no_handle = true },    SEC_E_INVALID_HANDLE },
	{ "first leg without a credential", OP_INIT,    { .no_cred = true },                          SEC_E_INVALID_HANDLE },
	{ "first leg without a context",    OP_INIT,    { .no_handle = true },                        SEC_E_INVALID_HANDLE },
	{ "input of another version",       OP_INIT,    { .version = 1 },                             SEC_E_INVALID_TOKEN },
	{ "input without its array",        OP_INIT,    { .no_buffers = true },                       SEC_E_INVALID_TOKEN },
	{ "output of another version",      OP_INIT,    { .version = 9, .out_wrong = true },          SEC_E_INVALID_TOKEN },
	{ "accept without a credential",    OP_ACCEPT,  { .no_cred = true },                          SEC_E_INVALID_HANDLE },
	{ "accept without a context",       OP_ACCEPT,  { .no_handle = true },                        SEC_E_INVALID_HANDLE },
	{ "accept, another version",        OP_ACCEPT,  { .version = 0xffffffff },                    SEC_E_INVALID_TOKEN },
	{ "accept without an array",        OP_ACCEPT,  { .no_buffers = true },                       SEC_E_INVALID_TOKEN },
	{ "delete of NULL",                 OP_DELETE,  { .no_handle = true },                        SEC_E_INVALID_HANDLE },
	{ "free of NULL",                   OP_FREE,    { .no_handle = true },                        SEC_E_INVALID_HANDLE },
};

static _Atomic unsigned called;

static void
counts(SspiAsyncContext *a, void *data)
{
	(void)a, (void)data;
	called++;
}

TEST(refused_when_queued)
{
	SspiAsyncContext *a = SspiCreateAsyncContext();
	CtxtHandle ctx;

	called = 0;
	CHECK(SspiSetAsyncNotifyCallback(a, counts, NULL) == SEC_E_OK);
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		bool good = CHECK_U64((ULONG)queued(a, refused[i].op, &refused[i].args), (ULONG)refused[i].want);

		/* Nothing was queued: still idle, nothing written. */
		good &= CHECK(SspiGetAsyncCallStatus(a) == SEC_E_OK);
		good &= CHECK(new_context.dwLower == 7 && new_context.dwUpper == 7 && new_cred.dwLower == 7);
		if (!good)
			printf("   %s\n", refused[i].what);
	}
	usleep(5000);
	CHECK_U64(called, 0);
	CHECK(stall_start(a, &cred, "ok", &ctx) == SEC_E_OK);		/* without a reinit */
	CHECK(api_reaches(&called, 1, 3000));
	SspiFreeAsyncContext(a);
	CHECK(DeleteSecurityContext(&ctx) == SEC_E_OK);
}

TEST(no_asynchronous_context)
{
	SspiAsyncContext *dead = SspiCreateAsyncContext();
	SspiAsyncContext *const bad[] = { NULL, dead, (SspiAsyncContext *)(uintptr_t)0x7777, (SspiAsyncContext *)(uintptr_t)-1 };
	struct args args = { .package = "Stall" };

	SspiFreeAsyncContext(dead);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		for (int op = 0; op < OP_COUNT; op++)
			CHECK(queued(bad[i], (enum op)op, &args) == SEC_E_INVALID_HANDLE);
		CHECK(SspiReinitAsyncContext(bad[i]) == STATUS_INVALID_HANDLE);
		CHECK(!SspiAsyncContextRequiresNotify(bad[i]));
		CHECK(SspiSetAsyncNotifyCallback(bad[i], counts, NULL) == SEC_E_INVALID_HANDLE);
		SspiFreeAsyncContext(bad[i]);
	}
	/* A handle of another kind is none either. */
	CHECK(SspiGetAsyncCallStatus((SspiAsyncContext *)(uintptr_t)cred.dwLower) == SEC_E_INVALID_HANDLE);
}

/* --- what the call tells -------------------------------------------------------------- */

TEST(told_by_the_call)
{
	SspiAsyncContext *a = SspiCreateAsyncContext();
	char room[64], stall[] = "Stall", nonsense[] = "nonsense";
	SecBuffer in_b = { 2, SECBUFFER_TOKEN, (char *)(uintptr_t)"ok" }, out_b = { sizeof room, SECBUFFER_TOKEN, room };
	SecBufferDesc in = { SECBUFFER_VERSION, 1, &in_b }, out = { SECBUFFER_VERSION, 1, &out_b };
	CredHandle other = api_cred("NTLM", true, NULL), fresh_cred = { 7, 7 }, never = { 1, 2 };
	CtxtHandle ctx = { 7, 7 }, bad_ctx = { 3, 4 };
	ULONG garbage[12];

	memset(garbage, 0xEE, sizeof garbage);
#define TOLD(call, want)                                                               \
	do {                                                                           \
		CHECK((call) == SEC_E_OK);                                             \
		CHECK_U64((ULONG)api_wait(a, NULL, 3000), (ULONG)(want));              \
		CHECK(SspiReinitAsyncContext(a) == STATUS_SUCCESS);                    \
		CHECK(ctx.dwLower == 7 && ctx.dwUpper == 7 && fresh_cred.dwLower == 7 && fresh_cred.dwUpper == 7); \
		out_b.cbBuffer = sizeof room;                                          \
	} while (0)
	TOLD(SspiAcquireCredentialsHandleAsyncA(a, NULL, nonsense, 1, NULL, NULL, NULL, NULL, &fresh_cred, NULL),
	    SEC_E_SECPKG_NOT_FOUND);
	TOLD(SspiAcquireCredentialsHandleAsyncA(a, NULL, stall, 0, NULL, NULL, NULL, NULL, &fresh_cred, NULL),
	    SEC_E_NO_CREDENTIALS);
	TOLD(SspiAcquireCredentialsHandleAsyncA(a, NULL, stall, 2, NULL, garbage, NULL, NULL, &fresh_cred, NULL),
	    SEC_E_UNKNOWN_CREDENTIALS);
	TOLD(SspiInitializeSecurityContextAsyncA(a, &never, NULL, NULL, 0, 0, 0, NULL, 0, &ctx, &out, NULL, NULL),
	    SEC_E_INVALID_HANDLE);
	CHECK_U64(out_b.cbBuffer, sizeof room);
	TOLD(SspiInitializeSecurityContextAsyncA(a, &cred, &bad_ctx, NULL, 0, 0, 0, &in, 0, &ctx, &out, NULL, NULL),
	    SEC_E_INVALID_HANDLE);
	TOLD(SspiInitializeSecurityContextAsyncA(a, &other, NULL, NULL, 0, 0, 0, NULL, 0, &ctx, &out, NULL, NULL),
	    SEC_E_NO_CREDENTIALS);
	TOLD(SspiInitializeSecurityContextAsyncA(a, &cred, NULL, (char *)(uintptr_t)"deny", 0, 0, 0, NULL, 0, &ctx, &out, NULL,
	    NULL), SEC_E_LOGON_DENIED);
	TOLD(SspiAcceptSecurityContextAsync(a, &cred, NULL, &in, 0, 0, &ctx, &out, NULL, NULL), SEC_E_NO_CREDENTIALS);
	in_b.BufferType = SECBUFFER_DATA;
	TOLD(SspiAcceptSecurityContextAsync(a, &other, NULL, &in, 0, 0, &ctx, &out, NULL, NULL), SEC_E_INVALID_TOKEN);
	TOLD(SspiDeleteSecurityContextAsync(a, &bad_ctx), SEC_E_INVALID_HANDLE);
	TOLD(SspiFreeCredentialsHandleAsync(a, &never), SEC_E_INVALID_HANDLE);
#undef TOLD
	SspiFreeAsyncContext(a);
	CHECK(FreeCredentialsHandle(&other) == SEC_E_OK);
}

/* A failed leg that sends nothing: whoever sends its buffer blindly sends nothing. */
TEST(a_failure_leaves_an_empty_token)
{
	SspiAsyncContext *a = SspiCreateAsyncContext();
	char room[64];
	SecBuffer out_b = { sizeof room, SECBUFFER_TOKEN, room };
	SecBufferDesc out = { SECBUFFER_VERSION, 1, &out_b };
	CtxtHandle ctx;

	CHECK(SspiInitializeSecurityContextAsyncA(a, &cred, NULL, (char *)(uintptr_t)"deny", 0, 0, 0, NULL, 0, &ctx, &out, NULL,
	    NULL) == SEC_E_OK);
	CHECK(api_wait(a, NULL, 3000) == SEC_E_LOGON_DENIED);
	CHECK_U64(out_b.cbBuffer, 0);
	SspiFreeAsyncContext(a);
}

/* --- how long arguments live ------------------------------------------------------------- */

/* Everything that is read when the call is queued goes at once; the call waits for 30 ms after that. */
TEST(names_identities_and_handles_are_copied)
{
	SspiAsyncContext *a = SspiCreateAsyncContext();
	char *principal = copy("ms:30"), *package = copy("Stall"), *user = copy("somebody"), *password = copy("secret words");
	SEC_WINNT_AUTH_IDENTITY_A *id = calloc(1, sizeof *id);
	CredHandle fresh = { 7, 7 }, *storage = malloc(sizeof *storage);
	CtxtHandle ctx = { 7, 7 };
	TimeStamp expiry = { .QuadPart = 77 };
	char room[64], *target = copy("ms:30");
	SecBuffer out_b = { sizeof room, SECBUFFER_TOKEN, room };
	SecBufferDesc out = { SECBUFFER_VERSION, 1, &out_b };
	ULONG attr = 77;

	*id = (SEC_WINNT_AUTH_IDENTITY_A){ .User = (unsigned char *)user, .UserLength = 8, .Password = (unsigned char *)password,
	    .PasswordLength = 12, .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI };
	CHECK(SspiAcquireCredentialsHandleAsyncA(a, principal, package, SECPKG_CRED_OUTBOUND, NULL, id, NULL, NULL, &fresh,
	    &expiry) == SEC_E_OK);
	gone(principal, 6);
	gone(package, 6);
	gone(user, 9);
	gone(password, 13);
	gone(id, sizeof *id);
	CHECK(fresh.dwLower == 7 && fresh.dwUpper == 7 && expiry.QuadPart == 77);	/* not before completion */
	CHECK(api_wait(a, NULL, 3000) == SEC_E_OK);
	CHECK(fresh.dwLower != 7 && expiry.QuadPart != 77);
	CHECK(SspiReinitAsyncContext(a) == STATUS_SUCCESS);

	*storage = fresh;
	CHECK(SspiInitializeSecurityContextAsyncA(a, storage, NULL, target, 0, 0, 0, NULL, 0, &ctx, &out, &attr, &expiry) ==
	    SEC_E_OK);
	gone(target, 6);
	gone(storage, sizeof *storage);
	CHECK(FreeCredentialsHandle(&fresh) == SEC_E_OK);	/* the call holds it */
	CHECK(ctx.dwLower == 7 && attr == 77 && out_b.cbBuffer == sizeof room);
	CHECK(api_wait(a, NULL, 3000) == SEC_E_OK);
	CHECK(ctx.dwLower != 7 && attr != 77);
	CHECK_U64(out_b.cbBuffer, 4);
	SspiFreeAsyncContext(a);
	CHECK(DeleteSecurityContext(&ctx) == SEC_E_OK);
}

/* Legs that were queued are served though their credential is freed behind them, by a call that may take another road. */
TEST(a_credential_is_freed_behind_its_legs)
{
	unsigned many = api_scale(200, 40, 2000);

	for (unsigned i = 0; i < many; i++) {
		CredHandle own = api_cred("Stall", false, "x");
		SspiAsyncContext *a[3], *f = SspiCreateAsyncContext();
		char room[3][64];
		SecBuffer b[3];
		SecBufferDesc d[3];
		CtxtHandle ctx[3];

		for (int k = 0; k < 3; k++) {
			a[k] = SspiCreateAsyncContext();
			b[k] = (SecBuffer){ 64, SECBUFFER_TOKEN, room[k] };
			d[k] = (SecBufferDesc){ SECBUFFER_VERSION, 1, &b[k] };
			CHECK(SspiInitializeSecurityContextAsyncA(a[k], &own, NULL, (char *)(uintptr_t)(k ? "ok" : "ms:2"), 0, 0, 0, NULL, 0,
			    &ctx[k], &d[k], NULL, NULL) == SEC_E_OK);
		}
		if (i % 2)
			CHECK(FreeCredentialsHandle(&own) == SEC_E_OK);
		else
			CHECK(SspiFreeCredentialsHandleAsync(f, &own) == SEC_E_OK && api_wait(f, NULL, 3000) == SEC_E_OK);
		CHECK(FreeCredentialsHandle(&own) == SEC_E_INVALID_HANDLE);
		for (int k = 0; k < 3; k++) {
			CHECK(api_wait(a[k], NULL, 3000) == SEC_E_OK);
			SspiFreeAsyncContext(a[k]);
			CHECK(DeleteSecurityContext(&ctx[k]) == SEC_E_OK);
		}
		SspiFreeAsyncContext(f);
	}
}

/* phContext's value is read at once, and *phNewContext is written at the end, so they may be one. */
TEST(a_context_handles_storage)
{
	SspiAsyncContext *a = SspiCreateAsyncContext();
	char in_room[] = "ms:20", room[64];
	SecBuffer in_b = { 5, SECBUFFER_TOKEN, in_room }, out_b = { sizeof room, SECBUFFER_TOKEN, room };
	SecBufferDesc in = { SECBUFFER_VERSION, 1, &in_b }, out = { SECBUFFER_VERSION, 1, &out_b };
	CtxtHandle first, *storage = malloc(sizeof *storage), last = { 7, 7 };

	CHECK(InitializeSecurityContextA(&cred, NULL, (char *)(uintptr_t)"legs:2", 0, 0, 0, NULL, 0, &first, &out, NULL, NULL) ==
	    SEC_I_CONTINUE_NEEDED);
	out_b.cbBuffer = sizeof room;
	*storage = first;
	CHECK(SspiInitializeSecurityContextAsyncA(a, &cred, storage, NULL, 0, 0, 0, &in, 0, &last, &out, NULL, NULL) == SEC_E_OK);
	gone(storage, sizeof *storage);
	CHECK(last.dwLower == 7);
	CHECK(api_wait(a, NULL, 3000) == SEC_E_OK);
	CHECK(memcmp(&last, &first, sizeof last) == 0);
	SspiFreeAsyncContext(a);
	CHECK(DeleteSecurityContext(&last) == SEC_E_OK);
}

/* What the house promises beyond Windows: tokens of packages that run in the LSA are copied when queued. */
TEST(token_bytes_are_copied)
{
	SspiAsyncContext *a = SspiCreateAsyncContext();
	CredHandle inbound = api_cred("Stall", true, NULL);
	char *token = copy("ms:30"), room[64];
	SecBuffer in_b = { 5, SECBUFFER_TOKEN, token }, out_b = { sizeof room, SECBUFFER_TOKEN, room };
	SecBufferDesc in = { SECBUFFER_VERSION, 1, &in_b }, out = { SECBUFFER_VERSION, 1, &out_b };
	uint64_t from = api_ms();
	CtxtHandle ctx;

	CHECK(SspiAcceptSecurityContextAsync(a, &inbound, NULL, &in, 0, 0, &ctx, &out, NULL, NULL) == SEC_E_OK);
	memcpy(token, "deny", 5);
	CHECK(api_wait(a, NULL, 3000) == SEC_E_OK);
	CHECK(api_ms() - from >= 25);
	free(token);
	SspiFreeAsyncContext(a);
	CHECK(DeleteSecurityContext(&ctx) == SEC_E_OK);
	CHECK(FreeCredentialsHandle(&inbound) == SEC_E_OK);
}

/* Given up: all that results would go to is freed at once. Nothing may be written, and nothing may be left in the LSA. */
static void
counted(OlsaStatusInfo *now)
{
	HANDLE lsa = NULL;

	CHECK(LsaConnectUntrusted(&lsa) == STATUS_SUCCESS);
	CHECK(OlsaStatus(lsa, now) == STATUS_SUCCESS);
	CHECK(LsaDeregisterLogonProcess(lsa) == STATUS_SUCCESS);
}

static OlsaStatusInfo at_first;

TEST(nothing_is_left)
{
	OlsaStatusInfo now;
	uint64_t until = api_ms() + 5000;

	do {
		counted(&now);
		usleep(5000);
	} while ((now.Contexts != at_first.Contexts || now.Credentials != at_first.Credentials || now.Calls != at_first.Calls) &&
	    api_ms() < until);
	CHECK_U64(now.Contexts, at_first.Contexts);
	CHECK_U64(now.Credentials, at_first.Credentials);
	CHECK_U64(now.Calls, at_first.Calls);
}

TEST(abandoned_calls_leave_nothing)
{
	static const char *const ways[] = { "forever", "ms:5", "job:5" };
	unsigned many = api_scale(400, 50, 5000);

	for (unsigned i = 0; i < many; i++) {
		SspiAsyncContext *a = SspiCreateAsyncContext(), *b = SspiCreateAsyncContext();
		CtxtHandle *ctx = malloc(sizeof *ctx);
		CredHandle *fresh = malloc(sizeof *fresh);
		ULONG *attr = malloc(sizeof *attr);
		TimeStamp *expiry = malloc(sizeof *expiry);
		char *room = malloc(64);
		SecBuffer *out_b = malloc(sizeof *out_b);
		SecBufferDesc *out = malloc(sizeof *out);

		*ctx = (CtxtHandle){ 7, 7 };
		*fresh = (CredHandle){ 7, 7 };
		*out_b = (SecBuffer){ 64, SECBUFFER_TOKEN, room };
		*out = (SecBufferDesc){ SECBUFFER_VERSION, 1, out_b };
		CHECK(SspiInitializeSecurityContextAsyncA(a, &cred, NULL, (char *)(uintptr_t)ways[i % 3], 0, 0, 0, NULL, 0, ctx, out,
		    attr, expiry) == SEC_E_OK);
		CHECK(SspiAcquireCredentialsHandleAsyncA(b, (char *)(uintptr_t)ways[i % 3], (char *)(uintptr_t)"Stall", 2, NULL, NULL,
		    NULL, NULL, fresh, expiry) == SEC_E_OK);
		if (i % 4 == 3)
			usleep(i % 7 * 1000);
		SspiFreeAsyncContext(a);
		SspiFreeAsyncContext(b);
		/* Nothing comes any more: what was faster than the free is the caller's. */
		if (ctx->dwLower != 7)
			CHECK(DeleteSecurityContext(ctx) == SEC_E_OK);
		if (fresh->dwLower != 7)
			CHECK(FreeCredentialsHandle(fresh) == SEC_E_OK);
		gone(ctx, sizeof *ctx);
		gone(fresh, sizeof *fresh);
		gone(attr, sizeof *attr);
		gone(expiry, sizeof *expiry);
		gone(room, 64);
		gone(out_b, sizeof *out_b);
		gone(out, sizeof *out);
	}
	nothing_is_left();
}

/* --- memory by the library, tokens that do not fit ------------------------------------------- */

TEST(memory_by_the_library)
{
	SspiAsyncContext *a = SspiCreateAsyncContext();
	SecBuffer out_b = { 3, SECBUFFER_TOKEN, NULL };
	SecBufferDesc out = { SECBUFFER_VERSION, 1, &out_b };
	CtxtHandle ctx;
	ULONG attr = 0;

	CHECK(SspiInitializeSecurityContextAsyncA(a, &cred, NULL, (char *)(uintptr_t)"ms:10", ISC_REQ_ALLOCATE_MEMORY, 0, 0, NULL,
	    0, &ctx, &out, &attr, NULL) == SEC_E_OK);
	CHECK(out_b.pvBuffer == NULL && out_b.cbBuffer == 3);
	CHECK(api_wait(a, NULL, 3000) == SEC_E_OK);
	CHECK(out_b.pvBuffer != NULL && out_b.cbBuffer == 4 && (attr & ISC_RET_ALLOCATED_MEMORY));
	CHECK(FreeContextBuffer(out_b.pvBuffer) == SEC_E_OK);
	SspiFreeAsyncContext(a);
	CHECK(DeleteSecurityContext(&ctx) == SEC_E_OK);
}

TEST(a_token_that_does_not_fit_waits_for_a_larger_buffer)
{
	SspiAsyncContext *a = SspiCreateAsyncContext();
	char room[64];
	SecBuffer in_b = { 2, SECBUFFER_TOKEN, (char *)(uintptr_t)"ok" }, out_b = { 2, SECBUFFER_TOKEN, room };
	SecBufferDesc in = { SECBUFFER_VERSION, 1, &in_b }, out = { SECBUFFER_VERSION, 1, &out_b };
	CtxtHandle ctx = { 7, 7 };

	CHECK(SspiInitializeSecurityContextAsyncA(a, &cred, NULL, (char *)(uintptr_t)"legs:2", 0, 0, 0, NULL, 0, &ctx, &out, NULL,
	    NULL) == SEC_E_OK);
	CHECK(api_wait(a, NULL, 3000) == SEC_E_BUFFER_TOO_SMALL);
	CHECK(out_b.cbBuffer == 4 && ctx.dwLower == 7);		/* a first leg: no context */
	CHECK(SspiReinitAsyncContext(a) == STATUS_SUCCESS);
	CHECK(SspiInitializeSecurityContextAsyncA(a, &cred, NULL, (char *)(uintptr_t)"legs:2", 0, 0, 0, NULL, 0, &ctx, &out, NULL,
	    NULL) == SEC_E_OK);
	CHECK(api_wait(a, NULL, 3000) == SEC_I_CONTINUE_NEEDED);
	out_b.cbBuffer = 1;
	for (int i = 0; i < 2; i++) {
		CHECK(SspiReinitAsyncContext(a) == STATUS_SUCCESS);
		CHECK(SspiInitializeSecurityContextAsyncA(a, &cred, &ctx, NULL, 0, 0, 0, &in, 0, &ctx, &out, NULL, NULL) == SEC_E_OK);
		CHECK(api_wait(a, NULL, 3000) == (i ? SEC_E_OK : SEC_E_BUFFER_TOO_SMALL));
		CHECK_U64(out_b.cbBuffer, 4);
	}
	CHECK(room[0] == 2);					/* the second leg's token, made once */
	SspiFreeAsyncContext(a);
	CHECK(DeleteSecurityContext(&ctx) == SEC_E_OK);
}

TEST(what_may_be_null)
{
	SspiAsyncContext *a = SspiCreateAsyncContext();
	struct args args = { .no_attr = true };

	CHECK(queued(a, OP_INIT, &args) == SEC_E_OK);		/* no attributes, no expiry */
	CHECK(SspiGetAsyncCallStatus(a) == SEC_E_OK);
	CHECK(DeleteSecurityContext(&new_context) == SEC_E_OK);
	SspiFreeAsyncContext(a);
}

/* --- three shapes of strings ------------------------------------------------------------------- */

static void
wide(WCHAR *to, const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i <= n; i++)
		to[i] = (WCHAR)text[i];
}

TEST(wide_and_counted_strings)
{
	SspiAsyncContext *a = SspiCreateAsyncContext();
	WCHAR package[16], target[16], principal[16];
	SECURITY_STRING counted_package = { 10, 10, (PUSHORT)package }, counted_target = { 4, 4, (PUSHORT)target };
	char room[64];
	SecBuffer out_b = { sizeof room, SECBUFFER_TOKEN, room };
	SecBufferDesc out = { SECBUFFER_VERSION, 1, &out_b };

	for (int shape = 0; shape < 2; shape++) {
		CredHandle fresh = { 7, 7 };
		CtxtHandle ctx = { 7, 7 };

		wide(package, shape ? "StallXYZ" : "Stall");	/* counted strings end where their length says */
		wide(target, shape ? "okforever" : "ok");
		wide(principal, "ms:5");
		CHECK((shape ? SspiAcquireCredentialsHandleAsyncU(a, NULL, &counted_package, 2, NULL, NULL, NULL, NULL, &fresh, NULL) :
		    SspiAcquireCredentialsHandleAsyncW(a, principal, package, 2, NULL, NULL, NULL, NULL, &fresh, NULL)) == SEC_E_OK);
		memset(package, 0xDB, sizeof package);
		CHECK(api_wait(a, NULL, 3000) == SEC_E_OK);
		CHECK(SspiReinitAsyncContext(a) == STATUS_SUCCESS);
		out_b.cbBuffer = sizeof room;
		CHECK((shape ? SspiInitializeSecurityContextAsyncU(a, &fresh, NULL, &counted_target, 0, 0, 0, NULL, 0, &ctx, &out,
		    NULL, NULL) : SspiInitializeSecurityContextAsyncW(a, &fresh, NULL, target, 0, 0, 0, NULL, 0, &ctx, &out, NULL,
		    NULL)) == SEC_E_OK);
		memset(target, 0xDB, sizeof target);
		CHECK(api_wait(a, NULL, 3000) == SEC_E_OK);
		CHECK(SspiReinitAsyncContext(a) == STATUS_SUCCESS);
		CHECK(DeleteSecurityContext(&ctx) == SEC_E_OK && FreeCredentialsHandle(&fresh) == SEC_E_OK);
	}
	{
		CredHandle fresh = { 7, 7 };

		CHECK(SspiAcquireCredentialsHandleAsyncW(a, NULL, NULL, 2, NULL, NULL, NULL, NULL, &fresh, NULL) ==
		    SEC_E_SECPKG_NOT_FOUND);
		CHECK(SspiAcquireCredentialsHandleAsyncU(a, NULL, NULL, 2, NULL, NULL, NULL, NULL, &fresh, NULL) ==
		    SEC_E_SECPKG_NOT_FOUND);
		/* Half a surrogate pair is no text: told by the call. */
		wide(package, "Stall");
		package[0] = (WCHAR)0xD800;
		CHECK(SspiAcquireCredentialsHandleAsyncW(a, NULL, package, 2, NULL, NULL, NULL, NULL, &fresh, NULL) == SEC_E_OK);
		CHECK(api_wait(a, NULL, 3000) < 0 && fresh.dwLower == 7);
	}
	SspiFreeAsyncContext(a);
}

/* --- a context that is busy ------------------------------------------------------------------------ */

struct sync_leg { CtxtHandle ctx; _Atomic unsigned done; SECURITY_STATUS status; };

static void *
runs_a_leg(void *arg)
{
	struct sync_leg *l = arg;
	char room[64];
	SecBuffer in_b = { 7, SECBUFFER_TOKEN, (char *)(uintptr_t)"ms:1000" }, out_b = { sizeof room, SECBUFFER_TOKEN, room };
	SecBufferDesc in = { SECBUFFER_VERSION, 1, &in_b }, out = { SECBUFFER_VERSION, 1, &out_b };
	CtxtHandle same;

	l->status = InitializeSecurityContextA(&cred, &l->ctx, NULL, 0, 0, 0, &in, 0, &same, &out, NULL, NULL);
	l->done = 1;
	return NULL;
}

/* A queue call waits for nobody, not even for a synchronous leg of the context that it deletes; that leg ends as it would. */
TEST(deleting_a_context_that_another_thread_uses)
{
	struct sync_leg l = { .done = 0 };
	SspiAsyncContext *a = SspiCreateAsyncContext();
	char room[64];
	SecBuffer out_b = { sizeof room, SECBUFFER_TOKEN, room };
	SecBufferDesc out = { SECBUFFER_VERSION, 1, &out_b };
	SecPkgContext_Flags flags;
	pthread_t t;

	CHECK(InitializeSecurityContextA(&cred, NULL, (char *)(uintptr_t)"legs:2", 0, 0, 0, NULL, 0, &l.ctx, &out, NULL, NULL) ==
	    SEC_I_CONTINUE_NEEDED);
	CHECK(pthread_create(&t, NULL, runs_a_leg, &l) == 0);
	usleep(100000);
	CHECK(SspiDeleteSecurityContextAsync(a, &l.ctx) == SEC_E_OK);
	CHECK(!l.done);
	CHECK(QueryContextAttributesA(&l.ctx, SECPKG_ATTR_FLAGS, &flags) == SEC_E_INVALID_HANDLE);
	pthread_join(t, NULL);
	CHECK(l.status == SEC_E_OK);
	CHECK(api_wait(a, NULL, 3000) == SEC_E_OK);
	SspiFreeAsyncContext(a);
}

/* While a leg is pending, synchronous calls on its context are out of sequence. */
TEST(synchronous_calls_behind_a_pending_leg)
{
	SspiAsyncContext *a = SspiCreateAsyncContext();
	char in_room[] = "forever", room[64], token[16], data[4] = "abc";
	SecBuffer in_b = { 7, SECBUFFER_TOKEN, in_room }, out_b = { sizeof room, SECBUFFER_TOKEN, room };
	SecBuffer m_b[2] = { { sizeof token, SECBUFFER_TOKEN, token }, { 3, SECBUFFER_DATA, data } };
	SecBufferDesc in = { SECBUFFER_VERSION, 1, &in_b }, out = { SECBUFFER_VERSION, 1, &out_b };
	SecBufferDesc m = { SECBUFFER_VERSION, 2, m_b };
	SecPkgContext_PackageInfoA package;
	SecPkgContext_Sizes sizes;
	uint64_t from = api_ms();
	CtxtHandle ctx;

	CHECK(InitializeSecurityContextA(&cred, NULL, (char *)(uintptr_t)"legs:3", 0, 0, 0, NULL, 0, &ctx, &out, NULL, NULL) ==
	    SEC_I_CONTINUE_NEEDED);
	out_b.cbBuffer = sizeof room;
	CHECK(SspiInitializeSecurityContextAsyncA(a, &cred, &ctx, NULL, 0, 0, 0, &in, 0, &ctx, &out, NULL, NULL) == SEC_E_OK);
	CHECK(QueryContextAttributesA(&ctx, SECPKG_ATTR_SIZES, &sizes) == SEC_E_OUT_OF_SEQUENCE);
	CHECK(QueryContextAttributesA(&ctx, SECPKG_ATTR_PACKAGE_INFO, &package) == SEC_E_OUT_OF_SEQUENCE);
	CHECK(EncryptMessage(&ctx, 0, &m, 0) == SEC_E_OUT_OF_SEQUENCE);
	CHECK(DecryptMessage(&ctx, &m, 0, NULL) == SEC_E_OUT_OF_SEQUENCE);
	CHECK(MakeSignature(&ctx, 0, &m, 0) == SEC_E_OUT_OF_SEQUENCE);
	CHECK(CompleteAuthToken(&ctx, &m) < 0 && ApplyControlToken(&ctx, &m) < 0);
	CHECK(api_ms() - from < 1000);
	CHECK(SspiGetAsyncCallStatus(a) == SEC_I_ASYNC_CALL_PENDING);
	CHECK(OlsaSspiCancelAsync(a) == SEC_E_OK);
	CHECK(api_wait(a, NULL, 3000) == SEC_E_UNFINISHED_CONTEXT_DELETED);
	SspiFreeAsyncContext(a);
	CHECK(DeleteSecurityContext(&ctx) == SEC_E_OK);
}

struct race { pthread_barrier_t start; CtxtHandle ctx; bool sync; SECURITY_STATUS deleted; };

static void *
deletes(void *arg)
{
	struct race *r = arg;
	SspiAsyncContext *a = SspiCreateAsyncContext();

	pthread_barrier_wait(&r->start);
	if (r->sync) {
		r->deleted = DeleteSecurityContext(&r->ctx);
	} else {
		r->deleted = SspiDeleteSecurityContextAsync(a, &r->ctx);
		if (r->deleted == SEC_E_OK)
			r->deleted = api_wait(a, NULL, 5000);
	}
	SspiFreeAsyncContext(a);
	return NULL;
}

/* Queued and deleted in the same moment: each leg ends in one of the three ways it may, every delete ends well. */
TEST(a_leg_races_its_delete)
{
	unsigned many = api_scale(300, 60, 5000);

	for (unsigned i = 0; i < many; i++) {
		char room[64];
		SecBuffer in_b = { 2, SECBUFFER_TOKEN, (char *)(uintptr_t)"ok" }, out_b = { sizeof room, SECBUFFER_TOKEN, room };
		SecBufferDesc in = { SECBUFFER_VERSION, 1, &in_b }, out = { SECBUFFER_VERSION, 1, &out_b };
		struct race r = { .sync = i % 2 };
		SECURITY_STATUS status = SEC_E_OK;
		CtxtHandle same;
		pthread_t t;

		pthread_barrier_init(&r.start, NULL, 2);
		CHECK(InitializeSecurityContextA(&cred, NULL, (char *)(uintptr_t)"legs:4", 0, 0, 0, NULL, 0, &r.ctx, &out, NULL, NULL) ==
		    SEC_I_CONTINUE_NEEDED);
		for (int leg = 0; leg < 2; leg++) {		/* the first one leaves nothing behind that the second could trip over */
			SspiAsyncContext *a = SspiCreateAsyncContext();

			out_b.cbBuffer = sizeof room;
			if (leg) {
				in_b = (SecBuffer){ 7, SECBUFFER_TOKEN, (char *)(uintptr_t)"forever" };
				CHECK(pthread_create(&t, NULL, deletes, &r) == 0);
				pthread_barrier_wait(&r.start);
			}
			status = SspiInitializeSecurityContextAsyncA(a, &cred, &r.ctx, NULL, 0, 0, 0, &in, 0, &same, &out, NULL, NULL);
			CHECK(status == SEC_E_OK);
			status = api_wait(a, NULL, 5000);
			SspiFreeAsyncContext(a);
		}
		pthread_join(t, NULL);
		pthread_barrier_destroy(&r.start);
		CHECK(status == SEC_E_UNFINISHED_CONTEXT_DELETED || status == SEC_E_INVALID_HANDLE);
		CHECK(r.deleted == SEC_E_OK);
	}
}


/* What the tests above made is gone from the LSA. */
int
main(void)
{
	api_begin();
	cred = api_cred("Stall", false, "x");
	counted(&at_first);
	RUN(refused_when_queued);
	RUN(no_asynchronous_context);
	RUN(told_by_the_call);
	RUN(a_failure_leaves_an_empty_token);
	RUN(names_identities_and_handles_are_copied);
	RUN(a_credential_is_freed_behind_its_legs);
	RUN(a_context_handles_storage);
	RUN(token_bytes_are_copied);
	RUN(abandoned_calls_leave_nothing);
	RUN(memory_by_the_library);
	RUN(a_token_that_does_not_fit_waits_for_a_larger_buffer);
	RUN(what_may_be_null);
	RUN(wide_and_counted_strings);
	RUN(deleting_a_context_that_another_thread_uses);
	RUN(synchronous_calls_behind_a_pending_leg);
	RUN(a_leg_races_its_delete);
	RUN(nothing_is_left);
	CHECK(FreeCredentialsHandle(&cred) == SEC_E_OK);
	return check_end();
}
