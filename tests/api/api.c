/*
 * api.c - what the API tests share.
 */
#include "tests/api/api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lsa/lsa.h"
#include "secur32/usermode.h"
#include "tests/api/stall.h"

void
api_begin(void)
{
	LSA_STRING name = { 8, 8, (char *)(uintptr_t)"api-test" };
	LSA_OPERATIONAL_MODE mode;
	NTSTATUS status;
	HANDLE lsa;

	package_add(&stall_lsa);
	usermode_add(&stall_user);
	status = LsaRegisterLogonProcess(&name, &lsa, &mode);
	if (status == STATUS_SUCCESS) {
		status = OlsaUserAdd(lsa, API_USER, "Alice", API_PASSWORD, NULL);
		if (status == STATUS_USER_EXISTS)
			status = OlsaUserLock(lsa, API_USER, FALSE);
		LsaDeregisterLogonProcess(lsa);
	}
	if (status != STATUS_SUCCESS) {
		LPSTR why = NULL;

		OlsaExplain(status, NULL, &why);
		fprintf(stderr, "api_begin: %08x %s\n", (unsigned)status, why ? why : "");
		exit(1);
	}
}

bool
api_far(void)
{
	return OlsaMode() == OLSA_MODE_DAEMON;
}

unsigned
api_scale(unsigned usual, unsigned tsan, unsigned full)
{
	const char *scale = getenv("OPENLSA_TEST_SCALE");

	if (!scale)
		return usual;
	return strcmp(scale, "tsan") == 0 ? tsan : full;
}

uint64_t
api_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

CredHandle
api_cred(const char *package, bool inbound, const char *password)
{
	SEC_WINNT_AUTH_IDENTITY_A id = {
		.User = (unsigned char *)(uintptr_t)API_USER, .UserLength = sizeof API_USER - 1,
		.Password = (unsigned char *)(uintptr_t)password, .PasswordLength = password ? (ULONG)strlen(password) : 0,
		.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
	};
	CredHandle cred;
	SECURITY_STATUS status = AcquireCredentialsHandleA(NULL, (char *)(uintptr_t)package,
	    inbound ? SECPKG_CRED_INBOUND : SECPKG_CRED_OUTBOUND, NULL, inbound ? NULL : &id, NULL, NULL, &cred, NULL);

	if (status != SEC_E_OK) {
		fprintf(stderr, "api_cred %s: %08x\n", package, (unsigned)status);
		exit(1);
	}
	return cred;
}

static void
desc(SecBufferDesc *d, SecBuffer *b, void *at, ULONG len)
{
	*b = (SecBuffer){ .cbBuffer = len, .BufferType = SECBUFFER_TOKEN, .pvBuffer = at };
	*d = (SecBufferDesc){ .ulVersion = SECBUFFER_VERSION, .cBuffers = 1, .pBuffers = b };
}

void
pair_begin(struct pair *p, const char *password)
{
	memset(p, 0, sizeof *p);
	p->client_cred = api_cred("NTLM", false, password);
	p->server_cred = api_cred("NTLM", true, NULL);
	SecInvalidateHandle(&p->client);
	SecInvalidateHandle(&p->server);
	desc(&p->client_in_desc, &p->client_in, p->to_client, 0);
	desc(&p->client_out_desc, &p->client_out, p->to_server, sizeof p->to_server);
	desc(&p->server_in_desc, &p->server_in, p->to_server, 0);
	desc(&p->server_out_desc, &p->server_out, p->to_client, sizeof p->to_client);
}

#define WANTS_C (ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY | ISC_REQ_REPLAY_DETECT)
#define WANTS_S (ASC_REQ_CONFIDENTIALITY | ASC_REQ_INTEGRITY)

SECURITY_STATUS
pair_shake(struct pair *p)
{
	SECURITY_STATUS status = InitializeSecurityContextA(&p->client_cred, NULL, (char *)(uintptr_t)"host/localhost",
	    WANTS_C, 0, SECURITY_NATIVE_DREP, NULL, 0, &p->client, &p->client_out_desc, &p->client_attr, &p->expiry);

	if (status != SEC_I_CONTINUE_NEEDED)
		return status;
	p->server_in.cbBuffer = p->client_out.cbBuffer;
	status = AcceptSecurityContext(&p->server_cred, NULL, &p->server_in_desc, WANTS_S, SECURITY_NATIVE_DREP,
	    &p->server, &p->server_out_desc, &p->server_attr, &p->expiry);
	if (status != SEC_I_CONTINUE_NEEDED)
		return status;
	p->client_in.cbBuffer = p->server_out.cbBuffer;
	p->client_out.cbBuffer = sizeof p->to_server;
	status = InitializeSecurityContextA(&p->client_cred, &p->client, NULL, WANTS_C, 0, SECURITY_NATIVE_DREP,
	    &p->client_in_desc, 0, &p->client, &p->client_out_desc, &p->client_attr, &p->expiry);
	if (status != SEC_E_OK)
		return status;
	p->server_in.cbBuffer = p->client_out.cbBuffer;
	p->server_out.cbBuffer = sizeof p->to_client;
	return AcceptSecurityContext(&p->server_cred, &p->server, &p->server_in_desc, WANTS_S, SECURITY_NATIVE_DREP,
	    &p->server, &p->server_out_desc, &p->server_attr, &p->expiry);
}

void
pair_end(struct pair *p)
{
	if (SecIsValidHandle(&p->client))
		DeleteSecurityContext(&p->client);
	if (SecIsValidHandle(&p->server))
		DeleteSecurityContext(&p->server);
	FreeCredentialsHandle(&p->client_cred);
	FreeCredentialsHandle(&p->server_cred);
}

SECURITY_STATUS
api_wait(SspiAsyncContext *a, OLSA_ASYNC_QUEUE *q, unsigned ms)
{
	uint64_t until = api_ms() + ms;
	SECURITY_STATUS status;

	while ((status = SspiGetAsyncCallStatus(a)) == SEC_I_ASYNC_CALL_PENDING && api_ms() < until) {
		if (q)
			OlsaSspiAsyncDispatch(q, 64);
		else
			usleep(100);
	}
	return status;
}

bool
api_reaches(_Atomic unsigned *value, unsigned wanted, unsigned ms)
{
	uint64_t until = api_ms() + ms;

	while (*value < wanted && api_ms() < until)
		usleep(200);
	return *value >= wanted;
}

SECURITY_STATUS
stall_start(SspiAsyncContext *a, PCredHandle cred, const char *target, PCtxtHandle ret_context)
{
	/* Each leg writes to buffers of its own until it has completed; they are used again much later. */
	enum { LEGS = 1 << 17 };
	static struct out { char room[64]; SecBuffer b; SecBufferDesc d; } outs[LEGS];
	static _Atomic unsigned next;
	struct out *o = &outs[next++ % LEGS];

	desc(&o->d, &o->b, o->room, sizeof o->room);
	return SspiInitializeSecurityContextAsyncA(a, cred, NULL, (char *)(uintptr_t)target, 0, 0, 0, NULL, 0, ret_context,
	    &o->d, NULL, NULL);
}
