/*
 * side.h - one side of a handshake, for programs that are built against an installation alone.
 */
#ifndef SIDE_H
#define SIDE_H

#include <windows.h>
#include <ntsecapi.h>
#include <ntstatus.h>
#include <sspi.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static uint64_t
ms_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

struct side {
	CredHandle cred;
	CtxtHandle ctx;
	int begun, async, server;
	char token[4096];
	ULONG token_len, attr;
	SECURITY_STATUS status;
};

static SECURITY_STATUS
wait_for(SspiAsyncContext *a, unsigned ms)
{
	uint64_t until = ms_now() + ms;

	while (SspiGetAsyncCallStatus(a) == SEC_I_ASYNC_CALL_PENDING && ms_now() < until)
		(void)usleep(1000);
	return SspiGetAsyncCallStatus(a);
}

static int
cred_get(struct side *s, const char *package, const char *user, const char *phrase)
{
	SEC_WINNT_AUTH_IDENTITY_A id = { .User = (unsigned char *)(uintptr_t)user, .UserLength = user ? (ULONG)strlen(user) : 0,
	    .Password = (unsigned char *)(uintptr_t)phrase, .PasswordLength = phrase ? (ULONG)strlen(phrase) : 0,
	    .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI };
	TimeStamp expiry;

	return AcquireCredentialsHandleA(NULL, (SEC_CHAR *)(uintptr_t)package, s->server ? SECPKG_CRED_INBOUND : SECPKG_CRED_OUTBOUND,
	    NULL, user ? &id : NULL, NULL, NULL, &s->cred, &expiry);
}

/* One leg of this side on what the other said. */
static SECURITY_STATUS
leg(struct side *s, const struct side *from, const char *target)
{
	SecBuffer in = { from ? from->token_len : 0, SECBUFFER_TOKEN, from ? (void *)(uintptr_t)from->token : NULL };
	SecBuffer out = { sizeof s->token, SECBUFFER_TOKEN, s->token };
	SecBufferDesc ins = { SECBUFFER_VERSION, 1, &in }, outs = { SECBUFFER_VERSION, 1, &out };
	PSecBufferDesc given = from && from->token_len ? &ins : NULL;
	PCtxtHandle ctx = s->begun ? &s->ctx : NULL;
	SspiAsyncContext *a = s->async ? SspiCreateAsyncContext() : NULL;
	SECURITY_STATUS st;
	TimeStamp expiry;

	if (a && s->server)
		st = SspiAcceptSecurityContextAsync(a, &s->cred, ctx, given, 0, SECURITY_NATIVE_DREP, &s->ctx, &outs, &s->attr, &expiry);
	else if (a)
		st = SspiInitializeSecurityContextAsyncA(a, &s->cred, ctx, (LPSTR)(uintptr_t)target, 0, 0, SECURITY_NATIVE_DREP, given, 0,
		    &s->ctx, &outs, &s->attr, &expiry);
	else if (s->server)
		st = AcceptSecurityContext(&s->cred, ctx, given, 0, SECURITY_NATIVE_DREP, &s->ctx, &outs, &s->attr, &expiry);
	else
		st = InitializeSecurityContextA(&s->cred, ctx, (SEC_CHAR *)(uintptr_t)target, ISC_REQ_CONFIDENTIALITY, 0,
		    SECURITY_NATIVE_DREP, given, 0, &s->ctx, &outs, &s->attr, &expiry);
	if (a) {
		CHECK(st == SEC_E_OK);
		st = wait_for(a, 10000);
		SspiFreeAsyncContext(a);
	}
	s->begun = s->begun || st >= 0;
	s->token_len = st >= 0 ? out.cbBuffer : 0;
	return s->status = st;
}

static void
side_end(struct side *s)
{
	if (s->begun)
		CHECK(DeleteSecurityContext(&s->ctx) == SEC_E_OK);
	CHECK(FreeCredentialsHandle(&s->cred) == SEC_E_OK);
}

#endif
